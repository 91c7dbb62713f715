//! Mountain car: an engine too weak for the slope must first swing back (Moore 1990; Sutton & Barto 2018, example 10.1). The check of
//! function approximation.
//!
//! Position and velocity are continuous; here they lie on a grid, so that the optimum can be computed. A step's outcome between
//! grid points is drawn among the four around it, each as likely as it is near, which keeps the mean of the continuous motion
//! (Munos & Moore 2002); rounding to the nearest would stop a slow car.

use crate::demand::range::within;
use crate::env::axes::{Axes, Axis};
use crate::env::{Environment, Model, Step};
use crate::problem::Problem;
use crate::random::{Rng, draw};

const POSITION: (f64, f64) = (-1.2, 0.5);
const VELOCITY: (f64, f64) = (-0.07, 0.07);
/// Episodes start at rest, anywhere in here.
const STARTS: (f64, f64) = (-0.6, -0.4);

/// The car. Actions: 0 full throttle reverse, 1 none, 2 full throttle forward. Reward -1 a step until position 0.5 is reached.
/// State `position * cells + velocity`, each a place on its grid.
#[derive(Clone, Debug, PartialEq)]
pub struct MountainCar {
    cells: u32,
    /// What gravity does to the velocity at each position.
    slope: Vec<f64>,
    starts: Vec<(u32, f64)>,
}

/// A place between two grid points: the lower one, and the chance of the upper one.
#[derive(Clone, Copy)]
struct Between {
    low: u32,
    share: f64,
}

impl MountainCar {
    /// The car on a grid of `cells` positions and as many velocities, 16 to 1,000.
    ///
    /// # Errors
    /// `config.range` for another number of cells.
    pub fn new(cells: u32) -> Result<Self, Problem> {
        within(("cells", "网格数"), f64::from(cells), 16.0, 1e3)?;
        let mut car = Self {
            cells,
            slope: Vec::new(),
            starts: Vec::new(),
        };
        let slope = |place| -0.0025 * libm::cos(3.0 * car.value(place, POSITION));
        car.slope = (0..cells).map(slope).collect();
        let rest = car.between(0.0, VELOCITY);
        let inside = |place: &u32| {
            let position = car.value(*place, POSITION);
            (STARTS.0..=STARTS.1).contains(&position)
        };
        let places: Vec<u32> = (0..cells).filter(inside).collect();
        let chance = 1.0 / places.len() as f64;
        for place in places {
            for (velocity, share) in rest.both() {
                car.starts.push((place * cells + velocity, chance * share));
            }
        }
        car.starts.retain(|(_, share)| *share > 0.0);
        Ok(car)
    }

    fn value(&self, place: u32, (low, high): (f64, f64)) -> f64 {
        low + (high - low) * f64::from(place) / f64::from(self.cells - 1)
    }

    fn between(&self, value: f64, (low, high): (f64, f64)) -> Between {
        let place = (value - low) / (high - low) * f64::from(self.cells - 1);
        let below = (libm::floor(place) as u32).min(self.cells - 2);
        Between {
            low: below,
            share: place - f64::from(below),
        }
    }

    /// Where a step leads: position and velocity, each between two grid points.
    #[inline]
    fn drive(&self, state: u32, action: u32) -> (Between, Between) {
        let place = state / self.cells;
        let position = self.value(place, POSITION);
        let push = 0.001 * (f64::from(action) - 1.0) + self.slope[place as usize];
        let mut velocity = self.value(state % self.cells, VELOCITY) + push;
        velocity = velocity.clamp(VELOCITY.0, VELOCITY.1);
        let position = (position + velocity).clamp(POSITION.0, POSITION.1);
        if position <= POSITION.0 {
            velocity = 0.0;
        }
        (
            self.between(position, POSITION),
            self.between(velocity, VELOCITY),
        )
    }

    /// Whether this place on the grid of positions is the goal.
    fn is_goal(&self, place: u32) -> bool {
        place == self.cells - 1
    }

    /// The state at a point within the axes: the nearest one. `None` where there are fewer or more numbers.
    #[must_use]
    pub fn state_at(&self, point: &[f64]) -> Option<u32> {
        match *point {
            [position, velocity] => {
                let nearest = |value, range| {
                    let between = self.between(value, range);
                    between.low + u32::from(between.share >= 0.5)
                };
                Some(nearest(position, POSITION) * self.cells + nearest(velocity, VELOCITY))
            }
            _ => None,
        }
    }
}

impl Between {
    /// The two grid points with their chances.
    fn both(self) -> [(u32, f64); 2] {
        [(self.low, 1.0 - self.share), (self.low + 1, self.share)]
    }

    fn draw(self, rng: &mut Rng) -> u32 {
        self.low + u32::from(draw::unit(rng) < self.share)
    }
}

impl Environment for MountainCar {
    fn states(&self) -> u32 {
        self.cells * self.cells
    }

    #[inline]
    fn actions(&self, state: u32) -> u32 {
        if self.is_goal(state / self.cells) {
            0
        } else {
            3
        }
    }

    fn reset(&self, rng: &mut Rng) -> u32 {
        let mut left = draw::unit(rng);
        for &(state, share) in &self.starts {
            left -= share;
            if left < 0.0 {
                return state;
            }
        }
        self.starts.last().map_or(0, |start| start.0)
    }

    #[inline]
    fn step(&self, state: u32, action: u32, rng: &mut Rng) -> Step {
        let (position, velocity) = self.drive(state, action);
        let place = position.draw(rng);
        Step {
            reward: -1.0,
            next: place * self.cells + velocity.draw(rng),
            end: self.is_goal(place),
        }
    }

    fn coordinates(&self) -> Option<&dyn Axes> {
        Some(self)
    }
}

impl Model for MountainCar {
    fn backup(&self, state: u32, values: &[f64], gamma: f64, q: &mut [f64]) {
        for (action, place) in (0..).zip(q) {
            let (position, velocity) = self.drive(state, action);
            let mut follows = 0.0;
            for (along, share) in position.both() {
                for (speed, chance) in velocity.both() {
                    // Values at the goal are 0.
                    follows += share * chance * values[(along * self.cells + speed) as usize];
                }
            }
            *place = gamma * follows - 1.0;
        }
    }

    fn starts(&self) -> &[(u32, f64)] {
        &self.starts
    }
}

impl Axes for MountainCar {
    fn axes(&self) -> Vec<Axis> {
        let axis = |name, (low, high): (f64, f64)| Axis {
            name,
            low,
            high,
            step: (high - low) / f64::from(self.cells - 1),
        };
        vec![
            axis(("position", "位置"), POSITION),
            axis(("velocity", "速度"), VELOCITY),
        ]
    }

    fn point(&self, state: u32, point: &mut [f64]) {
        if let [position, velocity] = point {
            *position = self.value(state / self.cells, POSITION);
            *velocity = self.value(state % self.cells, VELOCITY);
        }
    }
}
