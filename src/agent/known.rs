//! Known checks of the deep Q-network: cart and pole, and mountain car, with the settings and the budgets that solve them.

use super::deep::{DeepAgent, DeepConfig};
use super::schedule::{Schedule, Shape};
use crate::env::cart_pole::CartPole;
use crate::env::mountain_car::MountainCar;
use crate::env::simulator::Points;
use crate::nn::adam::{AdamConfig, Rate};
use crate::problem::Problem;

/// Steps in which cart and pole is solved: a mean return of 475 over 100 episodes (Gymnasium's CartPole-v1).
pub const CART_POLE_STEPS: u64 = 60_000;
/// Steps in which mountain car is solved: a mean return of -110 over 100 episodes (Gymnasium's MountainCar-v0).
pub const MOUNTAIN_CAR_STEPS: u64 = 100_000;
/// Positions and velocities of the mountain car's grid, so fine that it is as good as continuous.
const MOUNTAIN_CAR_CELLS: u32 = 1000;
/// Steps after which an episode of mountain car is cut, as in Gymnasium.
const MOUNTAIN_CAR_CAP: u32 = 200;

/// What both have in common; the exploration falls over a fifth of the budget.
fn config(budget_steps: u64, seed: u64) -> DeepConfig {
    DeepConfig {
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
            horizon: budget_steps / 5,
        },
        replay: 50_000,
        batch: 64,
        warm_up: 1000,
        every: 2,
        target: 200,
        budget_steps,
        seed,
    }
}

/// The mountain car as a network sees it: position and velocity from -1 to 1.
///
/// # Errors
/// Never: its grid is within bounds.
pub fn car() -> Result<Points<MountainCar>, Problem> {
    let car = MountainCar::new(MOUNTAIN_CAR_CELLS)?;
    Ok(Points::new(car, 3, MOUNTAIN_CAR_CAP))
}

/// An agent before its first step at cart and pole, to be given [`CART_POLE_STEPS`].
///
/// # Errors
/// Never: its replay buffer fits.
pub fn cart_pole(seed: u64) -> Result<DeepAgent<CartPole>, Problem> {
    DeepAgent::new(CartPole::default(), config(CART_POLE_STEPS, seed))
}

/// An agent before its first step on mountain car, to be given [`MOUNTAIN_CAR_STEPS`].
///
/// # Errors
/// Never: its replay buffer fits.
pub fn mountain_car(seed: u64) -> Result<DeepAgent<Points<MountainCar>>, Problem> {
    DeepAgent::new(car()?, config(MOUNTAIN_CAR_STEPS, seed))
}
