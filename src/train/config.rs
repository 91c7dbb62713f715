//! What a training run is asked to do, and the changes made to it while it runs.

use serde::{Deserialize, Serialize};

use crate::agent::learner::Algorithm;
use crate::agent::linear::TilesConfig;
use crate::agent::network::NetworkConfig;
use crate::agent::schedule::{Schedule, Shape};
use crate::env::textbook::Textbook;
use crate::problem::{Problem, Text};

/// The settings of a training run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainConfig {
    /// The update rule.
    pub algorithm: Algorithm,
    /// Discount, in `[0, 1]`.
    pub gamma: f64,
    /// Learning rate. Under [`Shape::Inverse`] it falls with the visits of each pair, otherwise with steps.
    pub alpha: Schedule,
    /// Exploration: probability of a random action, by steps.
    pub epsilon: Schedule,
    /// Value of every pair before learning: 0, or above what can be earned to explore by optimism.
    pub initial_q: f64,
    /// Steps to train at most, at least 1.
    pub budget_steps: u64,
    /// Measurements planned, at least 2. They lie denser at the front: number `i` of `n` at `budget (i/n)^2` steps.
    /// Fewer are made when measuring would take more than two fifths of the work of learning (and more than a moment).
    pub snapshots: u32,
    /// Converged when the mean Bellman residual is at most this share of the mean |Q*|; 0 never stops for it.
    pub tolerance: f64,
    /// Converged when the greedy policy's value stayed within 0.2 % of the optimum's size over at least this many
    /// measurements that span the last quarter of all steps, while the Bellman residual no longer fell (by a fifth or more);
    /// 0 never stops for it.
    pub patience: u32,
    /// Steps after which an episode is cut, at least 1. Cutting is no ending: the last step still bootstraps. Problems that end by
    /// themselves are never cut before.
    pub episode_cap: u32,
    /// Seed of every draw.
    pub seed: u64,
    /// A network in the place of the table; then `alpha` and `initial_q` are not used. Only the whole engine has networks.
    #[serde(skip)]
    pub network: Option<NetworkConfig>,
    /// Tiles in the place of the table, where no network is. Only the whole engine has them.
    #[serde(skip)]
    pub tiles: Option<TilesConfig>,
}

impl Default for TrainConfig {
    /// What suits the shop (see `tests/training.rs`).
    fn default() -> Self {
        Self {
            algorithm: Algorithm::Q,
            gamma: 0.9,
            alpha: Schedule {
                shape: Shape::Inverse,
                initial: 1.0,
                last: 0.0,
                horizon: 8,
            },
            epsilon: Schedule {
                shape: Shape::Exponential,
                initial: 1.0,
                last: 0.05,
                horizon: 0,
            },
            initial_q: 0.0,
            budget_steps: 20_000_000,
            snapshots: 100,
            tolerance: 0.0001,
            patience: 10,
            episode_cap: 100,
            seed: 1,
            network: None,
            tiles: None,
        }
    }
}

impl TrainConfig {
    /// What suits a textbook problem.
    #[must_use]
    pub fn suggested(problem: &Textbook) -> Self {
        let suggested = problem.suggested;
        Self {
            gamma: suggested.gamma,
            alpha: Schedule::constant(suggested.alpha),
            epsilon: Schedule::constant(suggested.epsilon),
            budget_steps: suggested.steps,
            episode_cap: suggested.episode_cap,
            ..Self::default()
        }
    }

    /// The step of measurement `number`: `budget (number / snapshots)^2`, at most the budget.
    #[must_use]
    pub fn measured_at(&self, number: u64) -> u64 {
        let planned = u128::from(self.snapshots);
        let number = u128::from(number).min(planned);
        (u128::from(self.budget_steps) * number * number / (planned * planned)) as u64
    }

    /// Checks every range.
    ///
    /// # Errors
    /// `train.range`, naming the setting and its range.
    pub fn check(&self) -> Result<(), Problem> {
        let unit = [
            ("gamma", self.gamma),
            ("alpha", self.alpha.initial),
            ("alpha (last)", self.alpha.last),
            ("epsilon", self.epsilon.initial),
            ("epsilon (last)", self.epsilon.last),
            ("tolerance", self.tolerance),
        ];
        for (name, value) in unit {
            if !(0.0..=1.0).contains(&value) {
                return Err(out_of_range(name, value, "0", "1"));
            }
        }
        if !(-1e9..=1e9).contains(&self.initial_q) {
            return Err(out_of_range("initial_q", self.initial_q, "-1e9", "1e9"));
        }
        let counts = [
            ("budget_steps", self.budget_steps, 1, 1_000_000_000_000),
            ("snapshots", u64::from(self.snapshots), 2, 100_000),
            ("episode_cap", u64::from(self.episode_cap), 1, 1_000_000_000),
        ];
        for (name, value, least, most) in counts {
            if !(least..=most).contains(&value) {
                return Err(out_of_range(
                    name,
                    value as f64,
                    &least.to_string(),
                    &most.to_string(),
                ));
            }
        }
        Ok(())
    }
}

/// A setting that may be changed while training runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parameter {
    /// Discount. The optimum is solved for anew before training goes on.
    Gamma,
    /// Initial value of the learning-rate schedule.
    Alpha,
    /// Last value of the learning-rate schedule.
    AlphaLast,
    /// Initial value of the exploration schedule.
    Epsilon,
    /// Last value of the exploration schedule.
    EpsilonLast,
}

/// One change of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The setting.
    pub parameter: Parameter,
    /// Its new value, in `[0, 1]`.
    pub value: f64,
}

impl Change {
    /// Applies the change to settings.
    ///
    /// # Errors
    /// `train.range` when the value is not in `[0, 1]`; the settings are then as they were.
    pub fn apply(self, config: &mut TrainConfig) -> Result<(), Problem> {
        let mut changed = *config;
        let constant = |schedule: &mut Schedule| {
            if schedule.shape == Shape::Constant {
                schedule.last = schedule.initial;
            }
        };
        match self.parameter {
            Parameter::Gamma => changed.gamma = self.value,
            Parameter::Alpha => changed.alpha.initial = self.value,
            Parameter::AlphaLast => changed.alpha.last = self.value,
            Parameter::Epsilon => changed.epsilon.initial = self.value,
            Parameter::EpsilonLast => changed.epsilon.last = self.value,
        }
        constant(&mut changed.alpha);
        constant(&mut changed.epsilon);
        changed.check()?;
        *config = changed;
        Ok(())
    }
}

fn out_of_range(name: &str, value: f64, least: &str, most: &str) -> Problem {
    Problem::new(
        "train.range",
        Text::new(
            format!("The setting {name} is {value}, outside its range."),
            format!("设置项 {name} 的值为 {value}，超出范围。"),
        ),
        Text::new(
            format!("Give a value from {least} to {most}."),
            format!("请给出 {least} 到 {most} 之间的值。"),
        ),
    )
}
