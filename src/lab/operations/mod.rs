//! Price, stock and ads in the laboratory, and the mountain car: the registry of these problems, and the one type behind which they
//! stand.

mod answers;
mod baselines;
mod clicks;
mod drill;
mod episode;
mod grid;
mod orders;
mod registry;
mod simple;
mod view;
mod wins;

use std::fmt::Write as _;

use crate::env::ads::Campaign;
use crate::env::axes::{Axes, Axis};
use crate::env::inventory::backorder::Backorder;
use crate::env::inventory::lost::LostSales;
use crate::env::inventory::newsvendor::Newsvendor;
use crate::env::inventory::perishable::Perishable;
use crate::env::mountain_car::MountainCar;
use crate::env::pricing::Pricing;
use crate::env::{Environment, Model, Step, Visitor};
use crate::experiment::parameters::{Settings, Value};
use crate::problem::{Problem, Text};
use crate::random::Rng;

pub use drill::{steps, train};
pub use orders::Orders;
pub use registry::ALL;
pub(super) use simple::{Search, has as has_policy, policy};

/// What a problem sets beyond the table's defaults.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Preset {
    /// A number.
    Number(f64),
    /// An option, or a list as written.
    Words(&'static str),
}

/// An entry of the registry.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Stable id, as in links.
    pub id: &'static str,
    /// What is decided: `price`, `stock` or `ads`; or `textbook`.
    pub family: &'static str,
    title: [&'static str; 2],
    note: [&'static str; 2],
    /// Where the problem is from.
    pub source: &'static str,
    /// The parameters it takes, in the order of the page.
    pub parameters: &'static [&'static str],
    presets: &'static [(&'static str, Preset)],
    build: fn(&Settings) -> Result<Operation, Problem>,
}

impl Entry {
    /// Its name.
    #[must_use]
    pub fn title(&self) -> Text {
        Text::new(self.title[0], self.title[1])
    }

    /// What it is and what it shows.
    #[must_use]
    pub fn note(&self) -> Text {
        Text::new(self.note[0], self.note[1])
    }

    /// What suits it beyond the table's defaults.
    #[must_use]
    pub fn suggested(&self) -> Vec<(&'static str, Value)> {
        let value = |preset: Preset| match preset {
            Preset::Number(number) => Value::Number(number),
            Preset::Words(words) => Value::Choice(words.to_owned()),
        };
        let common = registry::TRAINING.iter();
        common
            .chain(self.presets)
            .map(|&(key, preset)| (key, value(preset)))
            .collect()
    }

    /// The problem that the settings describe.
    ///
    /// # Errors
    /// Those of the environments, for numbers that don't go together.
    pub fn build(&self, settings: &Settings) -> Result<Operation, Problem> {
        (self.build)(settings)
    }
}

/// The entry with this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Entry> {
    ALL.iter().find(|entry| entry.id == id)
}

/// A problem of price, stock or ads.
#[derive(Clone, Debug)]
pub enum Operation {
    /// Which price to ask.
    Pricing(Pricing),
    /// One order.
    Newsvendor(Newsvendor),
    /// Periodic review, customers wait.
    Backorder(Backorder),
    /// Periodic review, customers leave.
    LostSales(LostSales),
    /// Units that don't keep.
    Perishable(Perishable),
    /// A day of ads.
    Campaign(Campaign),
    /// The check of function approximation.
    MountainCar(MountainCar),
}

/// The same expression for whichever model it is.
macro_rules! each {
    ($operation:expr, $model:ident => $value:expr) => {
        match $operation {
            Operation::Pricing($model) => $value,
            Operation::Newsvendor($model) => $value,
            Operation::Backorder($model) => $value,
            Operation::LostSales($model) => $value,
            Operation::Perishable($model) => $value,
            Operation::Campaign($model) => $value,
            Operation::MountainCar($model) => $value,
        }
    };
}

impl Environment for Operation {
    fn states(&self) -> u32 {
        each!(self, model => model.states())
    }
    #[inline]
    fn actions(&self, state: u32) -> u32 {
        each!(self, model => model.actions(state))
    }
    fn reset(&self, rng: &mut Rng) -> u32 {
        each!(self, model => model.reset(rng))
    }
    // Loops over steps visit the model itself.
    #[inline(never)]
    fn step(&self, state: u32, action: u32, rng: &mut Rng) -> Step {
        each!(self, model => model.step(state, action, rng))
    }
    fn coordinates(&self) -> Option<&dyn Axes> {
        each!(self, model => model.coordinates())
    }
}

impl Model for Operation {
    fn backup(&self, state: u32, values: &[f64], gamma: f64, q: &mut [f64]) {
        each!(self, model => model.backup(state, values, gamma, q));
    }
    fn starts(&self) -> &[(u32, f64)] {
        each!(self, model => model.starts())
    }
    fn ends_within(&self) -> Option<u32> {
        each!(self, model => model.ends_within())
    }
    fn visit<V: Visitor>(&self, visitor: V) -> V::Output {
        each!(self, model => visitor.work(model))
    }
}

impl Axes for Operation {
    fn axes(&self) -> Vec<Axis> {
        self.coordinates().map_or_else(Vec::new, Axes::axes)
    }
    fn point(&self, state: u32, point: &mut [f64]) {
        if let Some(axes) = self.coordinates() {
            axes.point(state, point);
        }
    }
}

impl Operation {
    /// The state at a point within the axes; `None` where there is none.
    #[must_use]
    pub fn state_at(&self, point: &[f64]) -> Option<u32> {
        match self {
            Self::Pricing(model) => model.state_at(point),
            Self::Newsvendor(_) => Some(0),
            Self::Backorder(model) => model.state_at(point),
            Self::LostSales(model) => model.state_at(point),
            Self::Perishable(model) => model.state_at(point),
            Self::Campaign(model) => model.state_at(point),
            Self::MountainCar(model) => model.state_at(point),
        }
    }

    /// The numbers that make up a state, such as `(20, 10)`: periods left and units in stock.
    #[must_use]
    pub fn state_name(&self, state: u32) -> String {
        let axes = self.axes();
        let mut point = vec![0.0; axes.len()];
        self.point(state, &mut point);
        let mut name = "(".to_owned();
        for (place, (axis, value)) in axes.iter().zip(point).enumerate() {
            if axis.high > axis.low {
                let comma = if place > 0 { ", " } else { "" };
                let value = view::tidy(value);
                // Writing to a string can't fail.
                let _ = write!(name, "{comma}{value}");
            }
        }
        name + ")"
    }

    /// What an action stands for: a price, units to order, a bid, or the number of an ad (0 stays out).
    #[must_use]
    pub fn amount(&self, action: u32) -> f64 {
        match self {
            Self::Pricing(model) => model.ladder()[action as usize],
            Self::Campaign(model) => model.amount(action),
            Self::MountainCar(_) => f64::from(action) - 1.0,
            _ => f64::from(action),
        }
    }

    /// An action as a number.
    #[must_use]
    pub fn action_name(&self, action: u32) -> String {
        self.amount(action).to_string()
    }
}
