//! Mountain car: an engine too weak for the slope, in continuous position and velocity (Moore 1990; Sutton & Barto 2018,
//! example 10.1). The check of function approximation.

use crate::env::axes::{Axes, Axis};
use crate::env::{Environment, Step, draw};
use crate::random::Rng;

/// Cells of each axis: so fine that a state number stands for a point of the continuum (half a thousandth of a
/// velocity step).
const CELLS: u32 = 1 << 15;

const POSITION: (f64, f64) = (-1.2, 0.5);
const VELOCITY: (f64, f64) = (-0.07, 0.07);

/// The car. Actions: 0 full throttle reverse, 1 none, 2 full throttle forward. Reward -1 a step until the goal at
/// position 0.5. State: position and velocity, each in one of 32,768 cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MountainCar;

fn cell(value: f64, (low, high): (f64, f64)) -> u32 {
    let share = (value - low) / (high - low);
    libm::round(share * f64::from(CELLS - 1)) as u32
}

fn value(cell: u32, (low, high): (f64, f64)) -> f64 {
    low + (high - low) * f64::from(cell) / f64::from(CELLS - 1)
}

fn state(position: f64, velocity: f64) -> u32 {
    cell(position, POSITION) * CELLS + cell(velocity, VELOCITY)
}

impl Environment for MountainCar {
    fn states(&self) -> u32 {
        CELLS * CELLS
    }

    fn actions(&self, _state: u32) -> u32 {
        3
    }

    fn reset(&self, rng: &mut Rng) -> u32 {
        state(-0.6 + 0.2 * draw::unit(rng), 0.0)
    }

    fn step(&self, from: u32, action: u32, _rng: &mut Rng) -> Step {
        let (position, velocity) = (value(from / CELLS, POSITION), value(from % CELLS, VELOCITY));
        let push = 0.001 * (f64::from(action) - 1.0) - 0.0025 * libm::cos(3.0 * position);
        let mut velocity = (velocity + push).clamp(VELOCITY.0, VELOCITY.1);
        let position = (position + velocity).clamp(POSITION.0, POSITION.1);
        if position <= POSITION.0 {
            velocity = 0.0;
        }
        Step {
            reward: -1.0,
            next: state(position, velocity),
            end: position >= POSITION.1,
        }
    }
}

impl Axes for MountainCar {
    fn axes(&self) -> Vec<Axis> {
        let axis = |name, (low, high)| Axis { name, low, high };
        vec![
            axis(("position", "位置"), POSITION),
            axis(("velocity", "速度"), VELOCITY),
        ]
    }

    fn point(&self, state: u32, point: &mut [f64]) {
        if let [position, velocity] = point {
            *position = value(state / CELLS, POSITION);
            *velocity = value(state % CELLS, VELOCITY);
        }
    }
}
