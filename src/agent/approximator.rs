//! What may stand in the place of the table of Q-values, behind one type: the training loop does not ask which it is.

use super::learner::Algorithm;
use super::linear::{Lesson, TileLearner};
use super::network::{NetworkLearner, TOGETHER};
use crate::env::{Environment, Step};
use crate::problem::Problem;

/// A learner that holds the action values in weights.
#[derive(Clone, Debug)]
pub enum Approximator {
    /// A deep Q-network.
    Network(Box<NetworkLearner>),
    /// Linear Q-learning on tiles.
    Tiles(Box<TileLearner>),
}

/// What learning from a step found, where it made an update.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Learned {
    /// Mean |target - Q(s,a)| of the transitions learned from.
    pub td_error: f64,
    /// Learning rate of the update.
    pub alpha: f64,
}

impl Approximator {
    /// Work that a step counts for in the training loop, in state-action pairs looked at.
    #[must_use]
    pub fn step_work(&self) -> u64 {
        match self {
            Self::Network(network) => network.step_work(),
            Self::Tiles(tiles) => 16 + 3 * tiles.row_work(),
        }
    }

    /// The same for the values of one state.
    #[must_use]
    pub fn row_work(&self) -> u64 {
        match self {
            Self::Network(network) => network.row_work(),
            Self::Tiles(tiles) => tiles.row_work(),
        }
    }

    /// The greedy action of a state, the lowest number among equals.
    pub fn best(&mut self, environment: &impl Environment, state: u32) -> u32 {
        match self {
            Self::Network(network) => network.best(environment, state),
            Self::Tiles(tiles) => tiles.best(environment, state),
        }
    }

    /// The value of an action.
    pub fn value(&mut self, environment: &impl Environment, state: u32, action: u32) -> f64 {
        match self {
            Self::Network(network) => network.value(environment, state, action),
            Self::Tiles(tiles) => tiles.value(environment, state, action),
        }
    }

    /// What a step's value is moved towards: `r + gamma max Q(s',.)`, nothing beyond an end.
    pub fn aim(&mut self, environment: &impl Environment, step: Step, gamma: f64) -> f64 {
        match self {
            Self::Network(network) => network.aim(environment, step, gamma),
            Self::Tiles(tiles) => tiles.aim(environment, step, gamma),
        }
    }

    /// The values of up to [`TOGETHER`] states from `first` on, one after the other; gives how many states they are.
    pub fn many(
        &mut self,
        environment: &impl Environment,
        first: u32,
        values: &mut Vec<f64>,
    ) -> u32 {
        let tiles = match self {
            Self::Network(network) => return network.many(environment, first, values),
            Self::Tiles(tiles) => tiles,
        };
        let last = (first + TOGETHER as u32).min(environment.states());
        values.clear();
        for state in first..last {
            let from = values.len();
            values.resize(from + environment.actions(state) as usize, 0.0);
            tiles.values(environment, state, &mut values[from..]);
        }
        last - first
    }

    /// Keeps a network's weights aside as the best so far, for [`Approximator::take_best`]. False for tiles, which are taken as they are
    /// at the end.
    pub fn keep_best(&mut self) -> bool {
        match self {
            Self::Network(network) => network.keep_best(),
            Self::Tiles(_) => return false,
        }
        true
    }

    /// Puts the best weights of a network in place, where there are any.
    pub fn take_best(&mut self) {
        if let Self::Network(network) = self {
            network.take_best();
        }
    }

    /// Gives back what only learning needs, at its end.
    pub fn rest(&mut self) {
        if let Self::Network(network) = self {
            network.rest();
        }
    }

    /// Takes in a step, and learns where an update is due; the lesson counts that step.
    ///
    /// # Errors
    /// `neural.diverged` where the loss of a network is no finite number.
    pub fn take(
        &mut self,
        environment: &impl Environment,
        (state, action, step): (u32, u32, Step),
        algorithm: Algorithm,
        lesson: &Lesson,
    ) -> Result<Option<Learned>, Problem> {
        let network = match self {
            Self::Network(network) => network,
            Self::Tiles(tiles) => {
                let (error, alpha) = tiles.learn(environment, (state, action), step, lesson);
                let td_error = error.abs();
                return Ok(Some(Learned { td_error, alpha }));
            }
        };
        let alpha = network.rate(lesson.step, lesson.budget);
        let (seen, how) = ((state, action, step), (algorithm, lesson.gamma));
        let learned = network.take(environment, seen, how, (lesson.step, lesson.budget))?;
        Ok(learned.map(|learned| Learned {
            td_error: learned.td_error,
            alpha,
        }))
    }
}
