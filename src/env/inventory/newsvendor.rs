//! The newsvendor: one order, one demand, and what is left is worth little.

use super::{Costs, check_demand};
use crate::demand::discrete::Discrete;
use crate::demand::range::within;
use crate::env::axes::{Axes, Axis};
use crate::env::staged::Staged;
use crate::env::{Environment, Model, Step};
use crate::problem::Problem;
use crate::random::Rng;

/// One order before one demand. One state; action `a` orders `a` units; the episode ends.
///
/// Reward: `price * sold - order - holding * left - penalty * short`. A salvage value is a negative holding
/// cost in the textbooks; here it is [`Newsvendor::new`]'s `salvage`.
#[derive(Clone, Debug, PartialEq)]
pub struct Newsvendor {
    demand: Discrete,
    costs: Costs,
    salvage: f64,
    actions: u32,
    expected: Vec<f64>,
}

impl Newsvendor {
    /// Checks the numbers and writes down the expected profit of every order of 0 to `max_order` units (1 to 10,000).
    ///
    /// `salvage` is what each unit left brings, in currency, `0..=1e6`.
    ///
    /// # Errors
    /// `config.range` names what is out of range; `inventory.no_demand` when demand is always 0.
    pub fn new(
        demand: Discrete,
        costs: Costs,
        salvage: f64,
        max_order: u32,
    ) -> Result<Self, Problem> {
        check_demand(&demand)?;
        let costs = costs.checked()?;
        within(("salvage value", "残值"), salvage, 0.0, 1e6)?;
        within(
            ("largest order", "最大订货量"),
            f64::from(max_order),
            1.0,
            1e4,
        )?;
        let mut problem = Self {
            demand,
            costs,
            salvage,
            actions: max_order + 1,
            expected: Vec::new(),
        };
        problem.expected = (0..=max_order)
            .map(|order| problem.demand.expect(|d| problem.profit(order, d as u32)))
            .collect();
        Ok(problem)
    }

    /// Expected profit of each order of 0, 1, 2, ... units, in currency.
    #[must_use]
    pub fn expected(&self) -> &[f64] {
        &self.expected
    }

    #[inline]
    fn profit(&self, order: u32, wanted: u32) -> f64 {
        let sold = order.min(wanted);
        let (left, short) = (f64::from(order - sold), f64::from(wanted - sold));
        let costs = &self.costs;
        costs.price * f64::from(sold) - costs.order(order) + (self.salvage - costs.holding) * left
            - costs.penalty * short
    }
}

impl Environment for Newsvendor {
    fn states(&self) -> u32 {
        1
    }

    fn actions(&self, _state: u32) -> u32 {
        self.actions
    }

    fn reset(&self, _rng: &mut Rng) -> u32 {
        0
    }

    #[inline]
    fn step(&self, _state: u32, action: u32, rng: &mut Rng) -> Step {
        let wanted = self.demand.draw(rng);
        Step {
            reward: self.profit(action, wanted),
            next: 0,
            end: true,
        }
    }

    fn coordinates(&self) -> Option<&dyn Axes> {
        Some(self)
    }
}

impl Model for Newsvendor {
    fn backup(&self, _state: u32, _values: &[f64], _gamma: f64, q: &mut [f64]) {
        q.copy_from_slice(&self.expected);
    }

    fn starts(&self) -> &[(u32, f64)] {
        &[(0, 1.0)]
    }

    fn ends_within(&self) -> Option<u32> {
        Some(1)
    }
}

impl Staged for Newsvendor {}

/// Nothing is in stock before the order.
impl Axes for Newsvendor {
    fn axes(&self) -> Vec<Axis> {
        vec![Axis {
            name: ("units in stock", "库存"),
            low: 0.0,
            high: 0.0,
            step: 1.0,
        }]
    }

    fn point(&self, _state: u32, point: &mut [f64]) {
        point.fill(0.0);
    }
}
