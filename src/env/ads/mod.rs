//! Ads: how to spend a day's budget, decision by decision, on offers that cost and earn by chance.
//!
//! An offer is an ad to show ([`offer::placement`]) or a bid to make in a second-price auction ([`offer::bid`]); offer 0 is always
//! to stay out. The state holds the decisions left, the budget left in levels, and the segment of visitors
//! that comes next. The day ends with its last decision or with its budget.

pub mod baseline;
pub mod offer;

use crate::demand::discrete::Discrete;
use crate::demand::range::{count, states, within};
use crate::env::axes::{Axes, Axis};
use crate::env::staged::Staged;
use crate::env::{Environment, Model, Step};
use crate::problem::{Problem, Text};
use crate::random::Rng;
use offer::Offer;

/// A kind of visitors and what may be done for them.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// Share of decisions that concern this kind, before normalising, `0..=1e6`.
    pub share: f64,
    /// What may be done, beside staying out; the same number for every segment, 1 to 100.
    pub offers: Vec<Offer>,
}

/// A day's budget and the decisions it is for.
///
/// State `((left - 1) * budget + levels - 1) * segments + segment`; action 0 stays out, action `a` takes offer `a - 1`.
/// Reward: the value won, in currency.
#[derive(Clone, Debug, PartialEq)]
pub struct Campaign {
    budget: u32,
    decisions: u32,
    segments: u32,
    actions: u32,
    /// Offer of a segment and action, `segment * actions + action`.
    offers: Vec<Offer>,
    /// What each action stands for.
    amounts: Vec<f64>,
    next: Discrete,
    states: u32,
    starts: Vec<(u32, f64)>,
}

impl Campaign {
    /// Checks the numbers. `budget` in levels, 1 to 100,000; `decisions` 1 to 1,000,000; 1 to 20 segments.
    ///
    /// # Errors
    /// `ads.budget` for a budget of 0; `config.range`, `config.count` and `config.states` name what is out of
    /// range; `ads.never` when an offer is never clicked or won, so that there is nothing to decide about it.
    pub fn new(budget: u32, decisions: u32, segments: &[Segment]) -> Result<Self, Problem> {
        if budget == 0 {
            return Err(no_budget());
        }
        within(
            ("budget in levels", "预算档数"),
            f64::from(budget),
            1.0,
            1e5,
        )?;
        within(
            ("number of decisions", "决策次数"),
            f64::from(decisions),
            1.0,
            1e6,
        )?;
        count(("segments", "访客群"), segments.len(), 1, 20)?;
        let choices = segments[0].offers.len();
        let mut offers = Vec::new();
        for segment in segments {
            within(
                ("share of a segment", "访客群占比"),
                segment.share,
                0.0,
                1e6,
            )?;
            count(
                ("offers", "可选方案"),
                segment.offers.len(),
                choices.max(1),
                choices.min(100),
            )?;
            offers.push(Offer::nothing()?);
            for (place, offer) in segment.offers.iter().enumerate() {
                if offer.mean_cost() <= 0.0 {
                    return Err(never(place + 1));
                }
                offers.push(offer.clone());
            }
        }
        let next = Discrete::from_masses(segments.iter().map(|segment| segment.share).collect())?;
        let kinds = segments.len() as u32;
        let wanted = u64::from(budget) * u64::from(decisions) * u64::from(kinds);
        let states = states(wanted, 50_000_000)?;
        let shares = next.masses().iter().enumerate();
        let starts = shares
            .filter(|(_, share)| **share > 0.0)
            .map(|(segment, &share)| (states - kinds + segment as u32, share));
        Ok(Self {
            starts: starts.collect(),
            budget,
            decisions,
            segments: kinds,
            actions: choices as u32 + 1,
            amounts: (0..=choices).map(|action| action as f64).collect(),
            offers,
            next,
            states,
        })
    }

    /// The same, with what each offer is bid at, in currency; staying out is a bid of 0.
    #[must_use]
    pub fn at_bids(mut self, bids: &[f64]) -> Self {
        for (amount, &bid) in self.amounts.iter_mut().skip(1).zip(bids) {
            *amount = bid;
        }
        self
    }

    /// What an action stands for: the bid, or the number of the ad; 0 stays out.
    #[must_use]
    pub fn amount(&self, action: u32) -> f64 {
        self.amounts[action as usize]
    }

    /// Decisions left (this one included), budget left in levels, and segment.
    #[must_use]
    pub fn parts(&self, state: u32) -> (u32, u32, u32) {
        let segment = state % self.segments;
        let rest = state / self.segments;
        (rest / self.budget + 1, rest % self.budget + 1, segment)
    }

    /// Decisions of a day.
    #[must_use]
    pub fn decisions(&self) -> u32 {
        self.decisions
    }

    /// Budget of a day, in levels.
    #[must_use]
    pub fn budget(&self) -> u32 {
        self.budget
    }

    /// Share of each segment; the shares add up to 1.
    #[must_use]
    pub fn shares(&self) -> &[f64] {
        self.next.masses()
    }

    /// What an action does for a segment.
    #[must_use]
    pub fn offer(&self, segment: u32, action: u32) -> &Offer {
        &self.offers[(segment * self.actions + action) as usize]
    }

    /// Levels that [`Environment::step`] would pay with the same chance: where the day ends, the state that follows does not tell.
    pub fn cost(&self, state: u32, action: u32, rng: &mut Rng) -> u32 {
        let (_, levels, segment) = self.parts(state);
        self.offer(segment, action).draw(levels, rng).0
    }

    #[inline]
    fn state(&self, left: u32, levels: u32, segment: u32) -> u32 {
        ((left - 1) * self.budget + levels - 1) * self.segments + segment
    }
}

impl Environment for Campaign {
    fn states(&self) -> u32 {
        self.states
    }

    fn actions(&self, _state: u32) -> u32 {
        self.actions
    }

    fn reset(&self, rng: &mut Rng) -> u32 {
        let segment = if self.segments == 1 {
            0
        } else {
            self.next.draw(rng)
        };
        self.state(self.decisions, self.budget, segment)
    }

    #[inline]
    fn step(&self, state: u32, action: u32, rng: &mut Rng) -> Step {
        let (left, levels, segment) = self.parts(state);
        let (cost, reward) = self.offer(segment, action).draw(levels, rng);
        let end = left == 1 || cost == levels;
        let next = if end {
            0
        } else {
            let segment = if self.segments == 1 {
                0
            } else {
                self.next.draw(rng)
            };
            self.state(left - 1, levels - cost, segment)
        };
        Step { reward, next, end }
    }

    fn coordinates(&self) -> Option<&dyn Axes> {
        Some(self)
    }
}

impl Model for Campaign {
    fn backup(&self, state: u32, values: &[f64], gamma: f64, q: &mut [f64]) {
        let (left, levels, segment) = self.parts(state);
        let worth = |levels: u32| {
            if left == 1 || levels == 0 {
                return 0.0;
            }
            let first = self.state(left - 1, levels, 0) as usize;
            let shares = self.next.masses().iter();
            shares
                .zip(&values[first..])
                .map(|(share, v)| share * v)
                .sum()
        };
        for (action, place) in q.iter_mut().enumerate() {
            let offer = self.offer(segment, action as u32);
            let outcomes = offer.outcomes(levels);
            *place = outcomes
                .map(|(p, cost, reward)| p * (reward + gamma * worth(levels - cost)))
                .sum();
        }
    }

    fn starts(&self) -> &[(u32, f64)] {
        &self.starts
    }

    fn ends_within(&self) -> Option<u32> {
        Some(self.decisions)
    }
}

impl Staged for Campaign {}

impl Axes for Campaign {
    fn axes(&self) -> Vec<Axis> {
        let axis = |name, low: u32, high: u32| Axis {
            name,
            low: f64::from(low),
            high: f64::from(high),
            step: 1.0,
        };
        vec![
            axis(("decisions left", "剩余决策"), 1, self.decisions),
            axis(("budget left", "剩余预算"), 1, self.budget),
            axis(("segment", "访客群"), 0, self.segments - 1),
        ]
    }

    fn point(&self, state: u32, point: &mut [f64]) {
        let (left, levels, segment) = self.parts(state);
        for (place, value) in point.iter_mut().zip([left, levels, segment]) {
            *place = f64::from(value);
        }
    }
}

impl Campaign {
    /// The state at a point of whole numbers within the axes, one an axis; `None` where there are fewer or more numbers.
    #[must_use]
    pub fn state_at(&self, point: &[f64]) -> Option<u32> {
        match *point {
            [left, levels, segment] => Some(self.state(left as u32, levels as u32, segment as u32)),
            _ => None,
        }
    }
}

fn no_budget() -> Problem {
    Problem::new(
        "ads.budget",
        Text::new(
            "The budget holds not one step of money: nothing can be shown and the day earns 0.",
            "预算不足一档金额：无法投放，当日收益为 0。",
        ),
        Text::new(
            "Type a larger budget, or a finer grain of money.",
            "请输入更大的预算，或更细的金额精度。",
        ),
    )
}

/// A click that is sold costs at least a level: what costs nothing on average is never sold.
fn never(place: usize) -> Problem {
    Problem::new(
        "ads.never",
        Text::new(
            format!(
                "Ad or bid number {place} is never clicked or never wins, so it earns nothing whatever is decided."
            ),
            format!("第 {place} 个广告或出价从未被点击或从未胜出，无论如何决策都没有收益。"),
        ),
        Text::new(
            "Give it a click rate above 0 or a bid that can win, or leave it out.",
            "请给出大于 0 的点击率或可能胜出的出价，或将其去掉。",
        ),
    )
}
