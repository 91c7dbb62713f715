//! How far Q-learning's greedy policy is from the optimum, over five seeds.

// Every test file that takes this in uses a part of it.
#![allow(dead_code, clippy::unwrap_used)]

pub mod problems;

use qcart::agent::schedule::{Schedule, Shape};
use qcart::env::Model;
use qcart::solve::value_iteration::{self, Policy};
use qcart::train::{TrainConfig, Trainer};

/// What suits price, stock and ads: visits count for the learning rate as (H + 1) / (H + n) (Jin et al. 2018), and
/// exploration falls from a half to a twentieth.
pub fn training(gamma: f64, steps: u64) -> TrainConfig {
    TrainConfig {
        gamma,
        alpha: Schedule {
            shape: Shape::Inverse,
            initial: 1.0,
            last: 0.0,
            horizon: 20,
        },
        epsilon: Schedule {
            shape: Shape::Linear,
            initial: 0.5,
            last: 0.05,
            horizon: 0,
        },
        budget_steps: steps,
        snapshots: 2,
        tolerance: 0.0,
        patience: 0,
        ..TrainConfig::default()
    }
}

/// The shortfall of the greedy policy from the optimum, as a share of the optimum's expected return, one a seed.
pub fn gaps(model: &(impl Model + Clone), config: TrainConfig) -> Vec<f64> {
    let optimum = value_iteration::solve(model, config.gamma).unwrap();
    (1..=5)
        .map(|seed| {
            let config = TrainConfig { seed, ..config };
            let mut trainer = Trainer::new(model.clone(), optimum.clone(), config).unwrap();
            while trainer.stop_reason().is_none() {
                trainer.advance(1 << 30);
            }
            let greedy = (0..model.states())
                .map(|state| trainer.q().best(state))
                .collect();
            let policy = Policy {
                greedy,
                epsilon: 0.0,
            };
            let values = value_iteration::evaluate(model, policy, config.gamma, 20_000);
            let value = value_iteration::start_value(model, &values);
            (optimum.start_value - value) / optimum.start_value.abs()
        })
        .collect()
}
