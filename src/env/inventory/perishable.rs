//! Perishables: units are sold while they keep and wasted when they don't (Nahmias, Operations Research 30, 1982).

use super::{Costs, check_demand};
use crate::demand::discrete::Discrete;
use crate::demand::range::{states, within};
use crate::env::axes::{Axes, Axis};
use crate::env::{Environment, Model, Step};
use crate::problem::Problem;
use crate::random::Rng;

/// Longest lifetime, in periods.
const LONGEST: usize = 4;

/// Which units customers take first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issue {
    /// The oldest first, as a shop that fills its shelves well sees it.
    OldestFirst,
    /// The freshest first, as customers choose it.
    FreshestFirst,
}

/// A stock whose units keep for `lifetime` periods; orders arrive at once, sales that can't be served are lost.
///
/// State: the units that keep for 1, 2, ... `lifetime - 1` more periods, in mixed radix of `max_order + 1`, soonest first. Action:
/// units to order, 0 to `max_order`. Reward, in currency: sales less the costs of the order, of units kept, of sales
/// lost, and of units wasted. Episodes don't end by themselves.
#[derive(Clone, Debug, PartialEq)]
pub struct Perishable {
    demand: Discrete,
    costs: Costs,
    waste: f64,
    issue: Issue,
    ages: usize,
    radix: u32,
    states: u32,
    starts: Vec<(u32, f64)>,
}

impl Perishable {
    /// Checks the numbers. `waste` is the cost of each unit wasted, in currency, `0..=1e6`; `lifetime` 2 to 4 periods;
    /// `max_order` 1 to 1,000 units.
    ///
    /// # Errors
    /// `config.range` names what is out of range; `config.states` when there are over 20 million states;
    /// `inventory.no_demand` when demand is always 0.
    pub fn new(
        demand: Discrete,
        costs: Costs,
        waste: f64,
        lifetime: u32,
        max_order: u32,
        issue: Issue,
    ) -> Result<Self, Problem> {
        check_demand(&demand)?;
        let costs = costs.checked()?;
        within(("cost of waste", "报废成本"), waste, 0.0, 1e6)?;
        within(
            ("lifetime", "保质期"),
            f64::from(lifetime),
            2.0,
            LONGEST as f64,
        )?;
        within(
            ("largest order", "最大订货量"),
            f64::from(max_order),
            1.0,
            1e3,
        )?;
        let radix = max_order + 1;
        Ok(Self {
            states: states(u64::from(radix).pow(lifetime - 1), 20_000_000)?,
            demand,
            costs,
            waste,
            issue,
            ages: lifetime as usize,
            radix,
            starts: vec![(0, 1.0)],
        })
    }

    /// Units kept in a state, of every age.
    #[must_use]
    pub fn kept(&self, state: u32) -> u32 {
        self.shelf(state, 0).iter().sum()
    }

    /// The policy "order what is missing up to `up_to`, whatever its age", one action a state.
    #[must_use]
    pub fn base_stock(&self, up_to: u32) -> Vec<u32> {
        let order = |state| up_to.saturating_sub(self.kept(state)).min(self.radix - 1);
        (0..self.states).map(order).collect()
    }

    /// Units by the periods they keep, soonest first, the order included.
    fn shelf(&self, state: u32, order: u32) -> [u32; LONGEST] {
        let mut shelf = [0; LONGEST];
        let mut rest = state;
        for place in &mut shelf[..self.ages - 1] {
            *place = rest % self.radix;
            rest /= self.radix;
        }
        shelf[self.ages - 1] = order;
        shelf
    }

    /// Serves `wanted` units and lets a period pass: reward (but for the order) and next state.
    #[inline]
    fn pass(&self, mut shelf: [u32; LONGEST], wanted: u32) -> (f64, u32) {
        let mut short = wanted;
        let mut serve = |units: &mut u32| {
            let sold = short.min(*units);
            *units -= sold;
            short -= sold;
        };
        match self.issue {
            Issue::OldestFirst => shelf[..self.ages].iter_mut().for_each(&mut serve),
            Issue::FreshestFirst => shelf[..self.ages].iter_mut().rev().for_each(&mut serve),
        }
        let (mut next, mut kept) = (0, 0);
        for &units in shelf[1..self.ages].iter().rev() {
            next = next * self.radix + units;
            kept += units;
        }
        let costs = &self.costs;
        let reward = costs.price * f64::from(wanted - short)
            - costs.penalty * f64::from(short)
            - costs.holding * f64::from(kept)
            - self.waste * f64::from(shelf[0]);
        (reward, next)
    }
}

impl Environment for Perishable {
    fn states(&self) -> u32 {
        self.states
    }

    fn actions(&self, _state: u32) -> u32 {
        self.radix
    }

    fn reset(&self, _rng: &mut Rng) -> u32 {
        0
    }

    #[inline]
    fn step(&self, state: u32, action: u32, rng: &mut Rng) -> Step {
        let wanted = self.demand.draw(rng);
        let (reward, next) = self.pass(self.shelf(state, action), wanted);
        Step {
            reward: reward - self.costs.order(action),
            next,
            end: false,
        }
    }

    fn coordinates(&self) -> Option<&dyn Axes> {
        Some(self)
    }
}

impl Model for Perishable {
    fn backup(&self, state: u32, values: &[f64], gamma: f64, q: &mut [f64]) {
        for (action, place) in q.iter_mut().enumerate() {
            let shelf = self.shelf(state, action as u32);
            let mut sum = 0.0;
            for (wanted, p) in self.demand.masses().iter().enumerate() {
                let (reward, next) = self.pass(shelf, wanted as u32);
                sum += p * (reward + gamma * values[next as usize]);
            }
            *place = sum - self.costs.order(action as u32);
        }
    }

    fn starts(&self) -> &[(u32, f64)] {
        &self.starts
    }
}

impl Axes for Perishable {
    fn axes(&self) -> Vec<Axis> {
        let names = [
            ("units that keep 1 period", "剩余 1 期的数量"),
            ("units that keep 2 periods", "剩余 2 期的数量"),
            ("units that keep 3 periods", "剩余 3 期的数量"),
        ];
        let axis = |name| Axis {
            name,
            low: 0.0,
            high: f64::from(self.radix - 1),
            step: 1.0,
        };
        names[..self.ages - 1]
            .iter()
            .map(|&name| axis(name))
            .collect()
    }

    fn point(&self, state: u32, point: &mut [f64]) {
        for (place, units) in point.iter_mut().zip(self.shelf(state, 0)) {
            *place = f64::from(units);
        }
    }
}

impl Perishable {
    /// The state at a point of whole numbers within the axes, one an axis; `None` where there are fewer or more numbers.
    #[must_use]
    pub fn state_at(&self, point: &[f64]) -> Option<u32> {
        let ages = point.iter().rev();
        Some(ages.fold(0, |rest, &units| rest * self.radix + units as u32))
    }
}
