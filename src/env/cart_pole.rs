//! Cart and pole: keep a pole upright by pushing its cart left or right (Barto, Sutton & Anderson 1983; constants and limits of
//! Gymnasium's CartPole-v1). A known check of deep Q-learning: solved at a mean return of 475 over 100 episodes.

use crate::env::simulator::{Outcome, Simulator};
use crate::random::{Rng, draw};

const GRAVITY: f64 = 9.8;
const CART: f64 = 1.0;
const POLE: f64 = 0.1;
/// Half of the pole's length.
const LENGTH: f64 = 0.5;
const FORCE: f64 = 10.0;
/// Seconds of a step.
const STEP: f64 = 0.02;
/// The episode ends beyond this place.
const PLACE_LIMIT: f64 = 2.4;
/// And beyond this angle: 12 degrees.
const ANGLE_LIMIT: f64 = 12.0 * 2.0 * std::f64::consts::PI / 360.0;

/// The cart. Actions: 0 left, 1 right. Reward 1 a step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CartPole {
    place: f64,
    speed: f64,
    angle: f64,
    turn: f64,
}

impl Simulator for CartPole {
    fn width(&self) -> usize {
        4
    }

    fn actions(&self) -> usize {
        2
    }

    fn cap(&self) -> u32 {
        500
    }

    fn reset(&mut self, rng: &mut Rng) {
        let mut small = || 0.1 * draw::unit(rng) - 0.05;
        *self = Self {
            place: small(),
            speed: small(),
            angle: small(),
            turn: small(),
        };
    }

    fn step(&mut self, action: u32, _rng: &mut Rng) -> Outcome {
        let force = if action == 1 { FORCE } else { -FORCE };
        let (sin, cos) = (libm::sin(self.angle), libm::cos(self.angle));
        let mass = CART + POLE;
        let push = (force + POLE * LENGTH * self.turn * self.turn * sin) / mass;
        let turning =
            (GRAVITY * sin - cos * push) / (LENGTH * (4.0 / 3.0 - POLE * cos * cos / mass));
        let moving = push - POLE * LENGTH * turning * cos / mass;
        self.place += STEP * self.speed;
        self.speed += STEP * moving;
        self.angle += STEP * self.turn;
        self.turn += STEP * turning;
        Outcome {
            reward: 1.0,
            end: self.place.abs() > PLACE_LIMIT || self.angle.abs() > ANGLE_LIMIT,
        }
    }

    fn observe(&self, point: &mut [f32]) {
        let scaled = [
            self.place / PLACE_LIMIT,
            self.speed / 2.0,
            self.angle / ANGLE_LIMIT,
            self.turn / 2.0,
        ];
        for (place, value) in point.iter_mut().zip(scaled) {
            *place = value as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::stream;

    /// From the upright rest a push right speeds the cart by (F + m l w) / M, where the pole turns back by w.
    #[test]
    fn the_first_push_is_that_of_the_equations() {
        let mut cart = CartPole::default();
        cart.step(1, &mut stream(1, "t"));
        // Gymnasium 0.29 from (0, 0, 0, 0), action 1: (0, 0.19512196, 0, -0.29268293).
        assert!(
            (cart.speed - 0.195_121_95).abs() < 1e-7 && (cart.turn + 0.292_682_93).abs() < 1e-7
        );
    }

    #[test]
    fn pushing_one_way_ends_soon() {
        let mut rng = stream(1, "t");
        let mut cart = CartPole::default();
        cart.reset(&mut rng);
        let steps = (1..500).find(|_| cart.step(1, &mut rng).end);
        assert!(
            steps.is_some_and(|steps| (6..15).contains(&steps)),
            "{steps:?}"
        );
    }
}
