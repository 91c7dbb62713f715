//! The known checks of the deep Q-network: cart and pole, and mountain car, each with its settings and its budget.

use super::deep::{DeepAgent, DeepConfig};
use super::schedule::{Schedule, Shape};
use crate::env::cart_pole::CartPole;
use crate::env::mountain_car::MountainCar;
use crate::env::simulator::Points;
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

/// Steps given to mountain car, which is solved by a mean return of -110 over 100 episodes of at most
/// [`MOUNTAIN_CAR_CAP`] steps (Gymnasium's MountainCar-v0).
pub const MOUNTAIN_CAR_STEPS: u64 = 300_000;

/// Steps after which an episode that is judged is cut.
pub const MOUNTAIN_CAR_CAP: u32 = 200;

/// Steps after which an episode is cut while the agent learns. Within 200, chance hardly ever reaches the goal.
const LONG_CAP: u32 = 1000;

/// Mountain car as a network sees it: position and velocity, on a grid so fine that it is all but continuous.
///
/// # Errors
/// Never: the grid is within its range.
pub fn mountain_road(cap: u32) -> Result<Points<MountainCar>, Problem> {
    Ok(Points::new(MountainCar::new(1000)?, 3, cap))
}

/// An agent before its first step at mountain car, to be given [`MOUNTAIN_CAR_STEPS`].
///
/// # Errors
/// Never: its replay buffer fits.
pub fn mountain_car(seed: u64) -> Result<DeepAgent<Points<MountainCar>>, Problem> {
    let config = DeepConfig {
        hidden: vec![64, 64],
        gamma: 0.99,
        adam: AdamConfig {
            rate: 4e-3,
            clip: 10.0,
            ..AdamConfig::default()
        },
        rate: Rate::Cosine,
        limit: 100.0,
        epsilon: Schedule {
            shape: Shape::Linear,
            initial: 1.0,
            last: 0.05,
            horizon: MOUNTAIN_CAR_STEPS / 5,
        },
        replay: 100_000,
        batch: 128,
        warm_up: 1000,
        // Until the goal is first seen all values are nearly equal. A policy that stays for some steps then swings the car;
        // one that changes every other step only shakes it.
        every: 8,
        target: 100,
        budget_steps: MOUNTAIN_CAR_STEPS,
        seed,
    };
    DeepAgent::new(mountain_road(LONG_CAP)?, config)
}
