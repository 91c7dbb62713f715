//! Periodic review with backorders: customers wait, orders arrive after a lead time, each order has a fixed cost.
//!
//! With backorders the inventory position (on hand, plus on order, less waiting) is all that matters: what is ordered now
//! meets the demand of the lead time and one period more (Scarf 1960). So the state is the position, whatever the lead
//! time; the cost that today's position causes `lead_time` periods later is charged today.

use super::{Costs, check_demand, grid_too_small};
use crate::demand::discrete::Discrete;
use crate::demand::range::within;
use crate::env::axes::{Axes, Axis};
use crate::env::{Environment, Model, Step};
use crate::problem::Problem;
use crate::random::Rng;

/// A stock under periodic review whose customers wait.
///
/// State: inventory position plus `max_backlog`. Action: units to order, as far as the position stays within `max_stock`.
/// Reward, in currency and never above 0: less the cost of the order, of units left and of units short. The price of
/// [`Costs`] plays no part, since every sale is made sooner or later. Episodes don't end by themselves.
#[derive(Clone, Debug, PartialEq)]
pub struct Backorder {
    demand: Discrete,
    /// Demand of the lead time, after the first period.
    later: Discrete,
    costs: Costs,
    max_stock: u32,
    max_backlog: u32,
    /// Expected cost of units left and short, by state after ordering.
    mismatch: Vec<f64>,
    starts: Vec<(u32, f64)>,
}

impl Backorder {
    /// Checks the numbers and prepares the distributions. `lead_time` in periods, 0 to 20; `max_stock` and `max_backlog` 1
    /// to 10,000 units. Demand that would push the backlog beyond the grid is counted as waiting at its edge.
    ///
    /// # Errors
    /// `config.range` names what is out of range; `inventory.no_demand` when demand is always 0; `inventory.grid`
    /// when the grid is smaller than a period's demand, or the stock smaller than demand over the lead time.
    pub fn new(
        demand: Discrete,
        lead_time: u32,
        costs: Costs,
        max_stock: u32,
        max_backlog: u32,
    ) -> Result<Self, Problem> {
        check_demand(&demand)?;
        let costs = costs.checked()?;
        within(("lead time", "提前期"), f64::from(lead_time), 0.0, 20.0)?;
        within(
            ("largest stock", "最大库存"),
            f64::from(max_stock),
            1.0,
            1e4,
        )?;
        within(
            ("largest backlog", "最大欠货"),
            f64::from(max_backlog),
            1.0,
            1e4,
        )?;
        let later = demand.over(lead_time)?;
        let exposed = later.plus(&demand)?;
        // One period in a million may go beyond the grid: no policy is told apart by that.
        let burst = demand.quantile(1.0 - 1e-6);
        if max_backlog < burst {
            return Err(grid_too_small(
                ("largest backlog", "最大欠货"),
                max_backlog,
                burst,
            ));
        }
        let typical = libm::ceil(exposed.mean()) as u32;
        if max_stock < typical {
            return Err(grid_too_small(
                ("largest stock", "最大库存"),
                max_stock,
                typical,
            ));
        }
        let levels = 0..=max_stock + max_backlog;
        let mismatch = levels.map(|state| {
            let level = f64::from(state) - f64::from(max_backlog);
            exposed.expect(|d| {
                costs.holding * (level - d).max(0.0) + costs.penalty * (d - level).max(0.0)
            })
        });
        Ok(Self {
            mismatch: mismatch.collect(),
            later,
            costs,
            max_stock,
            max_backlog,
            starts: vec![(max_backlog, 1.0)],
            demand,
        })
    }

    /// A grid that holds what a sensible policy visits: `(max_stock, max_backlog)` for this demand and lead time.
    ///
    /// # Errors
    /// `config.count` when the demand of the lead time is too large to write down.
    pub fn grid(demand: &Discrete, lead_time: u32, costs: &Costs) -> Result<(u32, u32), Problem> {
        let exposed = demand.over(lead_time + 1)?;
        let lot = libm::sqrt(2.0 * costs.fixed * demand.mean() / costs.holding.max(1e-3));
        let stock = exposed.quantile(0.9999) + libm::ceil(lot).min(1e4) as u32;
        Ok((
            stock.clamp(1, 10_000),
            demand.quantile(1.0 - 1e-6).clamp(1, 10_000),
        ))
    }

    /// Inventory position of a state, in units; below 0 when customers wait.
    #[must_use]
    pub fn position(&self, state: u32) -> i64 {
        i64::from(state) - i64::from(self.max_backlog)
    }

    /// The policy "at or below `reorder`, order up to `up_to`", one action a state.
    #[must_use]
    pub fn reorder_policy(&self, reorder: i64, up_to: i64) -> Vec<u32> {
        let order = |state| {
            let position = self.position(state);
            let wanted = if position <= reorder {
                up_to - position
            } else {
                0
            };
            wanted.clamp(0, i64::from(self.actions(state)) - 1) as u32
        };
        (0..self.states()).map(order).collect()
    }
}

impl Environment for Backorder {
    fn states(&self) -> u32 {
        self.max_stock + self.max_backlog + 1
    }

    #[inline]
    fn actions(&self, state: u32) -> u32 {
        self.states() - state
    }

    fn reset(&self, _rng: &mut Rng) -> u32 {
        self.max_backlog
    }

    #[inline]
    fn step(&self, state: u32, action: u32, rng: &mut Rng) -> Step {
        let ordered = state + action;
        let now = self.demand.draw(rng);
        let wanted = if self.later.max() == 0 {
            now
        } else {
            now + self.later.draw(rng)
        };
        let level = i64::from(ordered) - i64::from(self.max_backlog) - i64::from(wanted);
        let mismatch = if level >= 0 {
            self.costs.holding * level as f64
        } else {
            self.costs.penalty * -level as f64
        };
        Step {
            reward: -self.costs.order(action) - mismatch,
            next: ordered.saturating_sub(now),
            end: false,
        }
    }

    fn coordinates(&self) -> Option<&dyn Axes> {
        Some(self)
    }
}

impl Model for Backorder {
    fn backup(&self, state: u32, values: &[f64], gamma: f64, q: &mut [f64]) {
        for (action, place) in q.iter_mut().enumerate() {
            let ordered = state as usize + action;
            let masses = self.demand.masses().iter().enumerate();
            let follows: f64 = masses
                .map(|(d, p)| p * values[ordered.saturating_sub(d)])
                .sum();
            *place = gamma * follows - self.costs.order(action as u32) - self.mismatch[ordered];
        }
    }

    fn starts(&self) -> &[(u32, f64)] {
        &self.starts
    }
}

impl Axes for Backorder {
    fn axes(&self) -> Vec<Axis> {
        vec![Axis {
            name: ("inventory position", "库存位置"),
            low: -f64::from(self.max_backlog),
            high: f64::from(self.max_stock),
            step: 1.0,
        }]
    }

    fn point(&self, state: u32, point: &mut [f64]) {
        if let [place] = point {
            *place = self.position(state) as f64;
        }
    }
}

impl Backorder {
    /// The state at a point of whole numbers within the axes, one an axis; `None` where there are fewer or more numbers.
    #[must_use]
    pub fn state_at(&self, point: &[f64]) -> Option<u32> {
        match *point {
            [position] => Some((position + f64::from(self.max_backlog)) as u32),
            _ => None,
        }
    }
}
