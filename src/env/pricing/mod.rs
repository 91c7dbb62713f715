//! Pricing: which price of a ladder to ask, period after period, with or without a stock that must last.
//!
//! With one period and unlimited stock this is the monopolist's problem; with a stock it is the dynamic pricing of
//! Gallego & van Ryzin (1994) in discrete periods. Reward: margin of the units sold, less holding cost of the
//! units left, plus their salvage value when the last period ends. Selling out ends the episode.

pub mod situation;

use crate::demand::discrete::Discrete;
use crate::demand::range::{count, states, within};
use crate::demand::response::PriceResponse;
use crate::env::axes::{Axes, Axis};
use crate::env::staged::Staged;
use crate::env::{Environment, Model, Step};
use crate::problem::{Problem, Text};
use crate::random::{Rng, draw};
use situation::Situation;

/// What describes a pricing problem; [`Pricing::new`] checks it.
#[derive(Clone, Debug, PartialEq)]
pub struct PricingConfig {
    /// Expected units a period at each price, before the situation multiplies them.
    pub response: PriceResponse,
    /// Prices to choose from, in currency; 1 to 200 of them, each in `0..=1e6`.
    pub ladder: Vec<f64>,
    /// Cost of each unit sold, in currency, `0..=1e6`.
    pub unit_cost: f64,
    /// Units at the start, 1 to 10,000; `None` for a stock that never runs out.
    pub stock: Option<u32>,
    /// Periods to sell in, 1 to 10,000.
    pub periods: u32,
    /// Value of each unit left at the end, in currency, `-1e6..=1e6`.
    pub salvage: f64,
    /// Cost of each unit left at the end of each period, in currency, `0..=1e6`.
    pub holding: f64,
    /// Variance of a period's demand over its mean: 0 for certain demand (rounded), 1 for Poisson, up to 100 for
    /// negative binomial. Nothing between 0 and 1.
    pub scatter: f64,
    /// Season or competitor.
    pub situation: Situation,
}

impl PricingConfig {
    /// Ten units, twenty periods and demand `exp(-price)` a period: the printed instance of the field notes.
    ///
    /// # Errors
    /// Never in fact: the numbers are in range.
    pub fn season() -> Result<Self, Problem> {
        Ok(Self {
            response: PriceResponse::LogLinear {
                base: 1.0,
                slope: 1.0,
            },
            ladder: (6..=20).map(|tenths| f64::from(tenths) / 10.0).collect(),
            unit_cost: 0.0,
            stock: Some(10),
            periods: 20,
            salvage: 0.0,
            holding: 0.0,
            scatter: 1.0,
            situation: Situation::none()?,
        })
    }
}

/// A pricing problem whose every number is in range.
///
/// State `((left - 1) * stock + units - 1) * situations + situation`, with the periods `left` (this one included) and
/// the `units` in stock (always 1 where stock is unlimited). Action: the index of a price on the ladder.
#[derive(Clone, Debug, PartialEq)]
pub struct Pricing {
    ladder: Vec<f64>,
    margins: Vec<f64>,
    /// Demand in a situation at a price, `situation * prices + price`.
    demand: Vec<Discrete>,
    means: Vec<f64>,
    next: Vec<Discrete>,
    stock: u32,
    limited: bool,
    periods: u32,
    situations: u32,
    salvage: f64,
    holding: f64,
    states: u32,
    starts: Vec<(u32, f64)>,
}

impl Pricing {
    /// Checks a configuration and prepares its distributions.
    ///
    /// # Errors
    /// `config.range`, `config.count` and `config.states` name what is out of range; `pricing.loss` when every
    /// price is below the unit cost; `pricing.no_demand` when nobody buys at any price.
    pub fn new(config: &PricingConfig) -> Result<Self, Problem> {
        let response = config.response.checked()?;
        count(
            ("prices on the ladder", "价格档位"),
            config.ladder.len(),
            1,
            200,
        )?;
        for &price in &config.ladder {
            within(("price", "价格"), price, 0.0, 1e6)?;
        }
        within(("unit cost", "单位成本"), config.unit_cost, 0.0, 1e6)?;
        within(("salvage value", "残值"), config.salvage, -1e6, 1e6)?;
        within(("holding cost", "持有成本"), config.holding, 0.0, 1e6)?;
        within(
            ("number of periods", "周期数"),
            f64::from(config.periods),
            1.0,
            1e4,
        )?;
        let stock = config.stock.unwrap_or(1);
        within(("stock", "库存"), f64::from(stock), 1.0, 1e4)?;
        if config.ladder.iter().all(|&price| price < config.unit_cost) {
            return Err(loss());
        }
        let factors = config.situation.factors();
        let mut demand = Vec::new();
        for factor in factors {
            for &price in &config.ladder {
                demand.push(scattered(factor * response.units(price), config.scatter)?);
            }
        }
        if demand.iter().all(|d| d.max() == 0) {
            return Err(no_demand());
        }
        let situations = factors.len() as u64;
        let each = u64::from(stock) * situations;
        let states = states(each * u64::from(config.periods), 20_000_000)?;
        let last = states - situations as u32;
        let starts = config.situation.starts().iter().enumerate();
        Ok(Self {
            margins: config
                .ladder
                .iter()
                .map(|price| price - config.unit_cost)
                .collect(),
            ladder: config.ladder.clone(),
            means: demand.iter().map(Discrete::mean).collect(),
            demand,
            next: config.situation.next().to_vec(),
            stock,
            limited: config.stock.is_some(),
            periods: config.periods,
            situations: situations as u32,
            salvage: config.salvage,
            holding: config.holding,
            states,
            starts: starts
                .filter(|(_, share)| **share > 0.0)
                .map(|(situation, &share)| (last + situation as u32, share))
                .collect(),
        })
    }

    /// The prices, by action.
    #[must_use]
    pub fn ladder(&self) -> &[f64] {
        &self.ladder
    }

    /// Margin of a unit and mean units wanted in a period, by situation and action.
    #[must_use]
    pub fn offer(&self, situation: u32, action: u32) -> (f64, f64) {
        let place = situation as usize * self.ladder.len() + action as usize;
        (self.margins[action as usize], self.means[place])
    }

    /// Units at the start; 1 where the stock never runs out.
    #[must_use]
    pub fn stock(&self) -> u32 {
        self.stock
    }

    /// Value of each unit left at the end.
    #[must_use]
    pub fn salvage(&self) -> f64 {
        self.salvage
    }

    /// How likely each situation is, period by period from the first.
    #[must_use]
    pub fn situations_over_time(&self) -> Vec<Vec<f64>> {
        let mut shares = vec![0.0; self.situations as usize];
        for &(state, share) in &self.starts {
            shares[self.parts(state).2 as usize] += share;
        }
        let mut all = Vec::new();
        for _ in 0..self.periods {
            let mut follows = vec![0.0; shares.len()];
            for (share, next) in shares.iter().zip(&self.next) {
                for (place, chance) in follows.iter_mut().zip(next.masses()) {
                    *place += share * chance;
                }
            }
            all.push(std::mem::replace(&mut shares, follows));
        }
        all
    }

    /// Periods left (this one included), units in stock, and situation.
    #[must_use]
    pub fn parts(&self, state: u32) -> (u32, u32, u32) {
        let situation = state % self.situations;
        let rest = state / self.situations;
        (rest / self.stock + 1, rest % self.stock + 1, situation)
    }

    #[inline]
    fn state(&self, left: u32, units: u32, situation: u32) -> u32 {
        ((left - 1) * self.stock + units - 1) * self.situations + situation
    }

    /// Reward of ending a period with `rest` units, and what follows is worth, `left` counting the period that ended.
    fn rest_value(&self, rest: u32, left: u32, situation: u32, values: &[f64], gamma: f64) -> f64 {
        if rest == 0 {
            return 0.0;
        }
        let kept = if self.limited { f64::from(rest) } else { 0.0 };
        if left == 1 {
            return (self.salvage - self.holding) * kept;
        }
        let first = self.state(left - 1, rest, 0) as usize;
        let next = self.next[situation as usize].masses();
        let follows: f64 = next.iter().zip(&values[first..]).map(|(p, v)| p * v).sum();
        gamma * follows - self.holding * kept
    }
}

impl Environment for Pricing {
    fn states(&self) -> u32 {
        self.states
    }

    fn actions(&self, _state: u32) -> u32 {
        self.ladder.len() as u32
    }

    fn reset(&self, rng: &mut Rng) -> u32 {
        if self.starts.len() == 1 {
            return self.starts[0].0;
        }
        self.starts[draw::below(rng, self.starts.len() as u32) as usize].0
    }

    #[inline]
    fn step(&self, state: u32, action: u32, rng: &mut Rng) -> Step {
        let (left, units, situation) = self.parts(state);
        let wanted =
            self.demand[situation as usize * self.ladder.len() + action as usize].draw(rng);
        let margin = self.margins[action as usize];
        let (sold, rest, kept) = if self.limited {
            let sold = wanted.min(units);
            (sold, units - sold, f64::from(units - sold))
        } else {
            (wanted, units, 0.0)
        };
        let earned = margin * f64::from(sold) - self.holding * kept;
        if left == 1 || rest == 0 {
            return Step {
                reward: earned + self.salvage * kept,
                next: 0,
                end: true,
            };
        }
        let follows = if self.situations == 1 {
            0
        } else {
            self.next[situation as usize].draw(rng)
        };
        Step {
            reward: earned,
            next: self.state(left - 1, rest, follows),
            end: false,
        }
    }

    fn coordinates(&self) -> Option<&dyn Axes> {
        Some(self)
    }
}

impl Model for Pricing {
    fn backup(&self, state: u32, values: &[f64], gamma: f64, q: &mut [f64]) {
        let (left, units, situation) = self.parts(state);
        let at = |rest| self.rest_value(rest, left, situation, values, gamma);
        let row = situation as usize * self.ladder.len();
        if !self.limited {
            let follows = at(1);
            for (action, place) in q.iter_mut().enumerate() {
                *place = self.margins[action] * self.means[row + action] + follows;
            }
            return;
        }
        q.fill(0.0);
        let mut beyond = vec![1.0; q.len()];
        // Nobody wants more than this: what would follow counts for nothing.
        let wanted = self.demand[row..row + q.len()].iter().map(Discrete::max);
        let most = wanted.max().unwrap_or(0).saturating_add(1);
        for sold in 0..units.min(most) {
            let follows = at(units - sold);
            for (action, place) in q.iter_mut().enumerate() {
                let masses = self.demand[row + action].masses();
                let p = masses.get(sold as usize).copied().unwrap_or(0.0);
                beyond[action] -= p;
                *place += p * (self.margins[action] * f64::from(sold) + follows);
            }
        }
        for (action, place) in q.iter_mut().enumerate() {
            *place += beyond[action].max(0.0) * self.margins[action] * f64::from(units);
        }
    }

    fn starts(&self) -> &[(u32, f64)] {
        &self.starts
    }

    fn ends_within(&self) -> Option<u32> {
        Some(self.periods)
    }
}

impl Staged for Pricing {}

impl Axes for Pricing {
    fn axes(&self) -> Vec<Axis> {
        let axis = |name, low, high: u32| Axis {
            name,
            low,
            high: f64::from(high),
            step: 1.0,
        };
        vec![
            axis(("periods left", "剩余周期"), 1.0, self.periods),
            axis(("units in stock", "库存"), 1.0, self.stock),
            axis(("situation", "情境"), 0.0, self.situations - 1),
        ]
    }

    fn point(&self, state: u32, point: &mut [f64]) {
        let (left, units, situation) = self.parts(state);
        for (place, value) in point.iter_mut().zip([left, units, situation]) {
            *place = f64::from(value);
        }
    }
}

impl Pricing {
    /// The state at a point of whole numbers within the axes, one an axis; `None` where there are fewer or more numbers.
    #[must_use]
    pub fn state_at(&self, point: &[f64]) -> Option<u32> {
        match *point {
            [left, units, situation] => {
                Some(self.state(left as u32, units as u32, situation as u32))
            }
            _ => None,
        }
    }
}

/// Demand with this mean, 0 to 10,000, and this ratio of variance to mean: 0, or 1 to 100.
///
/// # Errors
/// `config.range` names what is out of range.
pub fn scattered(mean: f64, scatter: f64) -> Result<Discrete, Problem> {
    within(("demand a period", "每周期需求"), mean, 0.0, 1e4)?;
    if scatter == 0.0 {
        return Discrete::constant(libm::round(mean) as u32);
    }
    within(
        (
            "scatter of demand (0 or at least 1)",
            "需求离散度(0 或不小于 1)",
        ),
        scatter,
        1.0,
        100.0,
    )?;
    if scatter > 1.0 && mean > 1e-6 {
        Discrete::negative_binomial(mean, mean * scatter)
    } else {
        Discrete::poisson(mean)
    }
}

fn loss() -> Problem {
    Problem::new(
        "pricing.loss",
        Text::new(
            "Every price on the ladder is below the unit cost, so every sale is a loss.",
            "所有价格档位都低于单位成本，每卖一件都会亏损。",
        ),
        Text::new(
            "Add a price above the unit cost, or lower the cost.",
            "请添加高于单位成本的价格，或降低成本。",
        ),
    )
}

fn no_demand() -> Problem {
    Problem::new(
        "pricing.no_demand",
        Text::new(
            "Nobody buys at any price on the ladder.",
            "在任何价格档位上都没有需求。",
        ),
        Text::new(
            "Lower the prices or type a larger demand.",
            "请降低价格，或输入更大的需求。",
        ),
    )
}
