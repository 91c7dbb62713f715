//! The known check of the deep Q-network: cart and pole, with the settings and the budget that solve it.

use super::deep::{DeepAgent, DeepConfig};
use super::schedule::{Schedule, Shape};
use crate::env::cart_pole::CartPole;
use crate::nn::adam::{AdamConfig, Rate};
use crate::problem::Problem;

/// Steps in which cart and pole is solved: a mean return of 475 over 100 episodes (Gymnasium's CartPole-v1).
pub const CART_POLE_STEPS: u64 = 60_000;

/// An agent before its first step at cart and pole, to be given [`CART_POLE_STEPS`].
///
/// # Errors
/// Never: its replay buffer fits.
pub fn cart_pole(seed: u64) -> Result<DeepAgent<CartPole>, Problem> {
    let config = DeepConfig {
        hidden: vec![128, 128],
        gamma: 0.99,
        adam: AdamConfig {
            rate: 1e-3,
            clip: 10.0,
            ..AdamConfig::default()
        },
        rate: Rate::Cosine,
        limit: 100.0,
        epsilon: Schedule {
            shape: Shape::Linear,
            initial: 1.0,
            last: 0.04,
            horizon: CART_POLE_STEPS / 5,
        },
        replay: 50_000,
        batch: 64,
        warm_up: 1000,
        every: 2,
        target: 200,
        budget_steps: CART_POLE_STEPS,
        seed,
    };
    DeepAgent::new(CartPole::default(), config)
}
