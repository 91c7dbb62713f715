//! What an ad or a bid may cost and win.

use crate::demand::discrete::Discrete;
use crate::demand::range::within;
use crate::demand::wins::log_logistic;
use crate::problem::Problem;
use crate::random::Rng;

/// Points on which a batch's spend is laid out, over eight standard deviations.
const POINTS: u32 = 257;

/// One thing that may happen: a cost in levels of budget and the value won, in currency.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Outcome {
    cost: u32,
    reward: f64,
}

/// What an offer costs and wins on average.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mean {
    /// In levels of budget.
    pub cost: f64,
    /// In currency.
    pub reward: f64,
}

/// A lottery over costs and values.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    outcomes: Vec<Outcome>,
    chance: Discrete,
    /// Whether what the budget doesn't cover is bought in part (a batch) or not at all (one impression).
    divisible: bool,
    /// Expected value won when the budget is no limit.
    mean_reward: f64,
    mean_cost: f64,
}

impl Offer {
    /// Staying out: costs and wins nothing.
    ///
    /// # Errors
    /// Never in fact: kept for the shared way of building.
    pub fn nothing() -> Result<Self, Problem> {
        Self::new(vec![(1.0, 0, 0.0)], false)
    }

    /// A lottery of `(probability, cost in levels, value in currency)`.
    fn new(lines: Vec<(f64, u32, f64)>, divisible: bool) -> Result<Self, Problem> {
        let chance = Discrete::from_masses(lines.iter().map(|line| line.0).collect())?;
        let outcomes: Vec<Outcome> = lines
            .into_iter()
            .map(|(_, cost, reward)| Outcome { cost, reward })
            .collect();
        let mean = |of: fn(&Outcome) -> f64| {
            chance
                .masses()
                .iter()
                .zip(&outcomes)
                .map(|(p, o)| p * of(o))
                .sum()
        };
        Ok(Self {
            mean_reward: mean(|o| o.reward),
            mean_cost: mean(|o| f64::from(o.cost)),
            outcomes,
            chance,
            divisible,
        })
    }

    /// Expected cost of taking the offer once, in levels.
    #[must_use]
    pub fn mean_cost(&self) -> f64 {
        self.mean_cost
    }

    /// Expected value won by taking the offer once, in currency.
    #[must_use]
    pub fn mean_reward(&self) -> f64 {
        self.mean_reward
    }

    /// The largest cost that may fall due, in levels.
    #[must_use]
    pub fn most_cost(&self) -> u32 {
        let masses = self.chance.masses().iter().zip(&self.outcomes);
        let possible = masses.filter(|(mass, _)| **mass > 0.0);
        possible.map(|(_, outcome)| outcome.cost).max().unwrap_or(0)
    }

    /// Expected cost and value with `levels` of budget left.
    #[must_use]
    pub fn mean(&self, levels: u32) -> Mean {
        let nothing = Mean {
            cost: 0.0,
            reward: 0.0,
        };
        self.outcomes(levels)
            .fold(nothing, |mean, (p, cost, reward)| Mean {
                cost: mean.cost + p * f64::from(cost),
                reward: mean.reward + p * reward,
            })
    }

    /// Draws cost and value with `levels` of budget left.
    #[inline]
    pub fn draw(&self, levels: u32, rng: &mut Rng) -> (u32, f64) {
        let outcome = self.outcomes[self.chance.draw(rng) as usize];
        self.afford(outcome, levels)
    }

    /// Every `(probability, cost, value)` with `levels` of budget left.
    pub fn outcomes(&self, levels: u32) -> impl Iterator<Item = (f64, u32, f64)> {
        let masses = self.chance.masses().iter();
        masses.zip(&self.outcomes).map(move |(&p, &outcome)| {
            let (cost, reward) = self.afford(outcome, levels);
            (p, cost, reward)
        })
    }

    #[inline]
    fn afford(&self, outcome: Outcome, levels: u32) -> (u32, f64) {
        if outcome.cost <= levels {
            (outcome.cost, outcome.reward)
        } else if self.divisible {
            let share = f64::from(levels) / f64::from(outcome.cost);
            (levels, outcome.reward * share)
        } else {
            (0, 0.0)
        }
    }
}

/// Showing an ad once: with probability `click` (0 to 1) it is clicked, which costs `cost` levels (1 to 100,000) and is worth
/// `value` (0 to 1e6, in currency). A click the budget can't pay for is not sold.
///
/// # Errors
/// `config.range` names what is out of range.
pub fn placement(click: f64, cost: u32, value: f64) -> Result<Offer, Problem> {
    within(("click rate", "点击率"), click, 0.0, 1.0)?;
    within(
        ("cost of a click", "每次点击费用"),
        f64::from(cost),
        1.0,
        1e5,
    )?;
    within(("value of a click", "每次点击价值"), value, 0.0, 1e6)?;
    Offer::new(vec![(1.0 - click, 0, 0.0), (click, cost, value)], false)
}

/// One bid in a second-price auction (Vickrey 1961): it wins when the highest competing bid, drawn from `market` in
/// levels, is at most `bid`, and then pays that (at least 1 level); winning is worth `value` (0 to 1e6, in currency).
///
/// # Errors
/// `config.range` names what is out of range.
pub fn bid(market: &Discrete, bid: u32, value: f64) -> Result<Offer, Problem> {
    within(("bid in levels", "出价档数"), f64::from(bid), 1.0, 1e5)?;
    within(("value of winning", "胜出价值"), value, 0.0, 1e6)?;
    let won = market.masses().iter().take(bid as usize + 1);
    let mut lines = vec![(0.0, 0, 0.0)];
    lines.extend(
        won.enumerate()
            .map(|(price, &p)| (p, (price as u32).max(1), value)),
    );
    let winning: f64 = lines.iter().map(|line| line.0).sum();
    lines[0].0 = (1.0 - winning).max(0.0);
    Offer::new(lines, false)
}

/// The highest competing bid with the [`log_logistic`] distribution, in whole levels: a bid of any of the levels 0 to `most` wins just as often as
/// on the curve, and pays in whole levels, rounded up. Above `most` lies the rest.
///
/// # Errors
/// `config.range` names what is out of range.
pub fn log_logistic_market(median: f64, shape: f64, most: u32) -> Result<Discrete, Problem> {
    within(("rival bid in levels", "竞争出价档数"), median, 1e-4, 1e5)?;
    within(("bid in levels", "出价档数"), f64::from(most), 1.0, 1e5)?;
    let below = |level: u32| log_logistic(median, shape, f64::from(level));
    let steps = (1..=most).map(|level| below(level) - below(level - 1));
    let masses = std::iter::once(0.0).chain(steps);
    Discrete::from_masses(masses.chain([1.0 - below(most)]).collect())
}

/// What one impression costs and wins, as moments: the building block of batches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    /// Expected cost, in levels (fractions of a level allowed).
    pub cost: f64,
    /// Expected squared cost.
    pub cost_squared: f64,
    /// Expected value won, in currency.
    pub reward: f64,
    /// Expected product of cost and value.
    pub product: f64,
}

impl Moments {
    /// Moments of showing an ad that is clicked with probability `click`, at `cost` levels and `value` a click.
    #[must_use]
    pub fn placement(click: f64, cost: f64, value: f64) -> Self {
        Self {
            cost: click * cost,
            cost_squared: click * cost * cost,
            reward: click * value,
            product: click * cost * value,
        }
    }

    /// Moments of a bid against a highest competing bid with the [`log_logistic`] distribution. Prices in levels; integrated by
    /// Simpson's rule.
    #[must_use]
    pub fn log_logistic_bid(median: f64, shape: f64, bid: f64, value: f64) -> Self {
        let wins = |x: f64| log_logistic(median, shape, x);
        // By parts: E[x; x <= b] = b F(b) - integral of F, E[x^2; x <= b] = b^2 F(b) - 2 integral of x F.
        let pieces = 200;
        let width = bid / f64::from(pieces);
        let (mut plain, mut weighted) = (0.0, 0.0);
        for i in 0..=pieces {
            let x = width * f64::from(i);
            let weight = match i {
                0 => 1.0,
                i if i == pieces => 1.0,
                i if i % 2 == 1 => 4.0,
                _ => 2.0,
            };
            plain += weight * wins(x);
            weighted += weight * x * wins(x);
        }
        let won = wins(bid);
        let cost = bid * won - plain * width / 3.0;
        Self {
            cost,
            cost_squared: bid * bid * won - 2.0 * weighted * width / 3.0,
            reward: won * value,
            product: cost * value,
        }
    }
}

/// A batch: the same choice for `impressions` (1 to 1e9) visitors in a row, whose spend is nearly normal (central limit).
///
/// The spend is laid out on a fine grid and split between the two nearest levels so that its mean is kept; the value
/// won given the spend is its linear regression, so that its mean is exact too. A batch that the budget doesn't cover is
/// bought in part.
///
/// # Errors
/// `config.range` names what is out of range.
pub fn batch(one: Moments, impressions: f64) -> Result<Offer, Problem> {
    within(
        ("impressions of a batch", "每批展示次数"),
        impressions,
        1.0,
        1e9,
    )?;
    let mean = one.cost * impressions;
    within(
        ("spend of a batch in levels", "每批花费档数"),
        mean,
        0.0,
        1e5,
    )?;
    let variance = ((one.cost_squared - one.cost * one.cost) * impressions).max(0.0);
    let covariance = (one.product - one.cost * one.reward) * impressions;
    let slope = if variance > 0.0 {
        covariance / variance
    } else {
        0.0
    };
    let deviation = libm::sqrt(variance);
    let mut masses: Vec<(f64, f64)> = Vec::new();
    let (mut total, mut spent) = (0.0, 0.0);
    let points = if deviation > 0.0 { POINTS } else { 1 };
    let at = |i: u32| {
        let z = if points == 1 {
            0.0
        } else {
            8.0 * f64::from(i) / f64::from(points - 1) - 4.0
        };
        (libm::exp(-0.5 * z * z), (mean + z * deviation).max(0.0))
    };
    for (weight, spend) in (0..points).map(at) {
        total += weight;
        spent += weight * spend;
    }
    // Cutting at 0 raises the mean of small spends: scaled back, so that no money is made up.
    let scale = if spent > 0.0 {
        mean * total / spent
    } else {
        1.0
    };
    for (weight, spend) in (0..points).map(at) {
        let reward = one.reward * impressions + slope * (spend * scale - mean);
        let level = libm::floor(spend * scale);
        let upper = spend * scale - level;
        let level = level as usize;
        if masses.len() < level + 2 {
            masses.resize(level + 2, (0.0, 0.0));
        }
        for (place, share) in [(level, 1.0 - upper), (level + 1, upper)] {
            masses[place].0 += weight * share;
            masses[place].1 += weight * share * reward;
        }
    }
    let lines = masses.iter().enumerate().filter(|(_, mass)| mass.0 > 0.0);
    let lines = lines.map(|(cost, mass)| (mass.0, cost as u32, mass.1 / mass.0));
    Offer::new(lines.collect(), true)
}
