//! Periodic review with lost sales: who can't be served now buys elsewhere.
//!
//! With a lead time there is no closed form and no single number that sums up the pipeline, so the state holds the stock on hand and
//! every outstanding order (Karlin & Scarf 1958; Zipkin, Operations Research 56, 2008). Exact on small grids.

use super::{Costs, check_demand};
use crate::demand::discrete::Discrete;
use crate::demand::range::{states, within};
use crate::env::axes::{Axes, Axis};
use crate::env::{Environment, Model, Step};
use crate::problem::Problem;
use crate::random::Rng;

/// A stock under periodic review whose customers don't wait.
///
/// State: units on hand (the order due now included) and, in mixed radix, the orders arriving in 1, 2, ... `lead_time - 1` periods.
/// Action: units to order, as far as stock on hand and on order stays within `max_stock`; they arrive before the
/// demand of `lead_time` periods later. Reward, in currency: sales less the costs of the order, of units left and of
/// sales lost. Episodes don't end by themselves.
#[derive(Clone, Debug, PartialEq)]
pub struct LostSales {
    demand: Discrete,
    lead_time: u32,
    costs: Costs,
    max_stock: u32,
    /// `max_order + 1`: values of one outstanding order.
    radix: u32,
    /// What one unit of the newest outstanding order adds to a state.
    newest: u32,
    /// Actions of each state.
    actions: Vec<u16>,
    /// Expected reward of a period, but for the order, by units on hand before demand.
    expected: Vec<f64>,
    starts: Vec<(u32, f64)>,
}

impl LostSales {
    /// Checks the numbers and prepares the tables. `lead_time` in periods, 0 to 4; `max_stock` (on hand and on order) and
    /// `max_order` 1 to 1,000 units. The grid may be smaller than demand: then what doesn't fit is lost, as it would be in a
    /// store of that size.
    ///
    /// # Errors
    /// `config.range` names what is out of range; `config.states` when there are over 20 million states;
    /// `inventory.no_demand` when demand is always 0.
    pub fn new(
        demand: Discrete,
        lead_time: u32,
        costs: Costs,
        max_stock: u32,
        max_order: u32,
    ) -> Result<Self, Problem> {
        check_demand(&demand)?;
        let costs = costs.checked()?;
        within(("lead time", "提前期"), f64::from(lead_time), 0.0, 4.0)?;
        within(
            ("largest stock", "最大库存"),
            f64::from(max_stock),
            1.0,
            1e3,
        )?;
        within(
            ("largest order", "最大订货量"),
            f64::from(max_order),
            1.0,
            1e3,
        )?;
        let (levels, radix) = (max_stock + 1, max_order + 1);
        let outstanding = lead_time.saturating_sub(1);
        let states = states(
            u64::from(levels) * u64::from(radix).saturating_pow(outstanding),
            20_000_000,
        )?;
        let room = |state: u32| {
            let (mut rest, mut units) = (state / levels, state % levels);
            while rest > 0 {
                units += rest % radix;
                rest /= radix;
            }
            (max_order.min(max_stock.saturating_sub(units)) + 1) as u16
        };
        let expected = (0..levels).map(|units| {
            demand.expect(|d| {
                let sold = d.min(f64::from(units));
                costs.price * sold
                    - costs.holding * (f64::from(units) - sold)
                    - costs.penalty * (d - sold)
            })
        });
        Ok(Self {
            expected: expected.collect(),
            actions: (0..states).map(room).collect(),
            newest: levels * radix.pow(outstanding.saturating_sub(1)),
            demand,
            lead_time,
            costs,
            max_stock,
            radix,
            starts: vec![(0, 1.0)],
        })
    }

    /// Periods until an order arrives.
    #[must_use]
    pub fn lead_time(&self) -> u32 {
        self.lead_time
    }

    /// Units on hand, and the outstanding orders in the order of their arrival.
    #[must_use]
    pub fn parts(&self, state: u32) -> (u32, Vec<u32>) {
        let levels = self.max_stock + 1;
        let mut rest = state / levels;
        let orders = (1..self.lead_time).map(|_| {
            let order = rest % self.radix;
            rest /= self.radix;
            order
        });
        (state % levels, orders.collect())
    }

    /// The policy "order what is missing up to `up_to`, but at most `cap`" (capped base-stock; Xin, Operations
    /// Research 69, 2021), one action a state. Without a cap (`u32::MAX`) it is the base-stock policy.
    #[must_use]
    pub fn capped_base_stock(&self, up_to: u32, cap: u32) -> Vec<u32> {
        let order = |state| {
            let (units, orders) = self.parts(state);
            let position = units + orders.iter().sum::<u32>();
            up_to
                .saturating_sub(position)
                .min(cap)
                .min(u32::from(self.actions[state as usize]) - 1)
        };
        (0..self.states()).map(order).collect()
    }

    /// Units on hand before demand, and the state but for them once `action` was ordered: what arrives next period too.
    #[inline]
    fn after_order(&self, state: u32, action: u32) -> (u32, u32, u32) {
        let levels = self.max_stock + 1;
        let units = state % levels;
        match self.lead_time {
            0 => (units + action, 0, 0),
            1 => (units, action, 0),
            _ => {
                let rest = state / levels;
                let arriving = rest % self.radix;
                (
                    units,
                    arriving,
                    rest / self.radix * levels + action * self.newest,
                )
            }
        }
    }
}

impl Environment for LostSales {
    fn states(&self) -> u32 {
        self.actions.len() as u32
    }

    #[inline]
    fn actions(&self, state: u32) -> u32 {
        u32::from(self.actions[state as usize])
    }

    fn reset(&self, _rng: &mut Rng) -> u32 {
        0
    }

    #[inline]
    fn step(&self, state: u32, action: u32, rng: &mut Rng) -> Step {
        let (units, arriving, pipeline) = self.after_order(state, action);
        let wanted = self.demand.draw(rng);
        let sold = wanted.min(units);
        let left = units - sold;
        let costs = &self.costs;
        let reward = costs.price * f64::from(sold)
            - costs.order(action)
            - costs.holding * f64::from(left)
            - costs.penalty * f64::from(wanted - sold);
        Step {
            reward,
            next: pipeline + (left + arriving).min(self.max_stock),
            end: false,
        }
    }

    fn coordinates(&self) -> Option<&dyn Axes> {
        Some(self)
    }
}

impl Model for LostSales {
    fn backup(&self, state: u32, values: &[f64], gamma: f64, q: &mut [f64]) {
        for (action, place) in q.iter_mut().enumerate() {
            let (units, arriving, pipeline) = self.after_order(state, action as u32);
            let (mut follows, mut beyond) = (0.0, 1.0);
            let at =
                |left: u32| values[(pipeline + (left + arriving).min(self.max_stock)) as usize];
            for (sold, p) in self.demand.masses().iter().take(units as usize).enumerate() {
                follows += p * at(units - sold as u32);
                beyond -= p;
            }
            follows += f64::max(beyond, 0.0) * at(0);
            *place =
                self.expected[units as usize] - self.costs.order(action as u32) + gamma * follows;
        }
    }

    fn starts(&self) -> &[(u32, f64)] {
        &self.starts
    }
}

impl Axes for LostSales {
    fn axes(&self) -> Vec<Axis> {
        let mut axes = vec![Axis {
            name: ("units on hand", "现有库存"),
            low: 0.0,
            high: f64::from(self.max_stock),
            step: 1.0,
        }];
        let order = Axis {
            name: ("units on order", "在途数量"),
            low: 0.0,
            high: f64::from(self.radix - 1),
            step: 1.0,
        };
        axes.extend((1..self.lead_time).map(|_| order));
        axes
    }

    fn point(&self, state: u32, point: &mut [f64]) {
        let (units, orders) = self.parts(state);
        for (place, value) in point.iter_mut().zip(std::iter::once(units).chain(orders)) {
            *place = f64::from(value);
        }
    }
}

impl LostSales {
    /// The state at a point of whole numbers within the axes, one an axis; `None` where there are fewer or more numbers.
    #[must_use]
    pub fn state_at(&self, point: &[f64]) -> Option<u32> {
        let (units, orders) = point.split_first()?;
        let orders = orders.iter().rev();
        let pipeline = orders.fold(0, |rest, &order| rest * self.radix + order as u32);
        Some(pipeline * (self.max_stock + 1) + *units as u32)
    }
}
