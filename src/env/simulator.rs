//! Problems with states that are points, not numbers: what a network sees is a row of reals.

use super::Environment;
use super::axes::Axes;
use crate::random::Rng;

/// What happened after one action.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// The reward received.
    pub reward: f64,
    /// Whether the episode ended: nothing is bootstrapped.
    pub end: bool,
}

/// A problem that holds its own state.
pub trait Simulator {
    /// Numbers of an observation.
    fn width(&self) -> usize;
    /// How many actions there are.
    fn actions(&self) -> usize;
    /// Steps after which an episode is cut.
    fn cap(&self) -> u32;
    /// Begins an episode.
    fn reset(&mut self, rng: &mut Rng);
    /// Takes an action below [`Simulator::actions`].
    fn step(&mut self, action: u32, rng: &mut Rng) -> Outcome;
    /// Writes the observation, of about unit size.
    fn observe(&self, point: &mut [f32]);
}

/// An environment whose states are points in a box, scaled to -1..1.
#[derive(Clone, Debug)]
pub struct Points<E> {
    environment: E,
    state: u32,
    actions: usize,
    cap: u32,
    raw: Vec<f64>,
}

impl<E: Environment + Axes> Points<E> {
    /// The environment, with its number of actions and the steps after which an episode is cut.
    #[must_use]
    pub fn new(environment: E, actions: usize, cap: u32) -> Self {
        Self {
            raw: vec![0.0; environment.axes().len()],
            environment,
            state: 0,
            actions,
            cap,
        }
    }
}

impl<E: Environment + Axes> Simulator for Points<E> {
    fn width(&self) -> usize {
        self.raw.len()
    }

    fn actions(&self) -> usize {
        self.actions
    }

    fn cap(&self) -> u32 {
        self.cap
    }

    fn reset(&mut self, rng: &mut Rng) {
        self.state = self.environment.reset(rng);
    }

    fn step(&mut self, action: u32, rng: &mut Rng) -> Outcome {
        let step = self.environment.step(self.state, action, rng);
        self.state = step.next;
        Outcome {
            reward: step.reward,
            end: step.end,
        }
    }

    fn observe(&self, point: &mut [f32]) {
        let mut raw = self.raw.clone();
        self.environment.point(self.state, &mut raw);
        for ((place, value), axis) in point.iter_mut().zip(raw).zip(self.environment.axes()) {
            *place = (2.0 * (value - axis.low) / (axis.high - axis.low) - 1.0) as f32;
        }
    }
}

/// A problem of numbered states as one sees it who knows nothing of them: a row with a 1 at the state.
#[derive(Clone, Debug)]
pub struct Numbered<E> {
    environment: E,
    state: u32,
    actions: usize,
    cap: u32,
}

impl<E: Environment> Numbered<E> {
    /// The environment, and the steps after which an episode is cut.
    #[must_use]
    pub fn new(environment: E, cap: u32) -> Self {
        let most = (0..environment.states())
            .map(|state| environment.actions(state))
            .max();
        Self {
            environment,
            state: 0,
            actions: most.unwrap_or(0) as usize,
            cap,
        }
    }
}

impl<E: Environment> Simulator for Numbered<E> {
    fn width(&self) -> usize {
        self.environment.states() as usize
    }

    fn actions(&self) -> usize {
        self.actions
    }

    fn cap(&self) -> u32 {
        self.cap
    }

    fn reset(&mut self, rng: &mut Rng) {
        self.state = self.environment.reset(rng);
    }

    /// Actions that the state does not offer are its last one.
    fn step(&mut self, action: u32, rng: &mut Rng) -> Outcome {
        let offered = self.environment.actions(self.state);
        let step = self
            .environment
            .step(self.state, action.min(offered.saturating_sub(1)), rng);
        self.state = step.next;
        Outcome {
            reward: step.reward,
            end: step.end,
        }
    }

    fn observe(&self, point: &mut [f32]) {
        point.fill(0.0);
        if let Some(place) = point.get_mut(self.state as usize) {
            *place = 1.0;
        }
    }
}
