//! Decision problems: what an agent can see, do and earn.
//!
//! Every problem of the laboratory is one [`Environment`]; those whose dynamics are known are a [`Model`] too,
//! so that an exact solver gives the optimum that learning is compared with.

use std::rc::Rc;
use std::sync::Arc;

use crate::random::Rng;

pub mod ads;
pub mod axes;
pub mod cart_pole;
pub mod draw;
pub mod generated;
pub mod inventory;
pub mod mdp;
pub mod mountain_car;
pub mod pricing;
pub mod shop;
pub mod simulator;
pub mod staged;
pub mod textbook;

/// What happened after one action.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// The reward received.
    pub reward: f64,
    /// The state entered; meaningless when the episode ended.
    pub next: u32,
    /// Whether the episode ended: nothing follows, so nothing is bootstrapped.
    pub end: bool,
}

/// A decision problem with numbered states and, in each state, numbered actions `0..actions(state)`.
pub trait Environment {
    /// How many states there are.
    fn states(&self) -> u32;
    /// How many actions a state offers; 0 in a terminal state.
    fn actions(&self, state: u32) -> u32;
    /// Draws the first state of an episode. Never a terminal state.
    fn reset(&self, rng: &mut Rng) -> u32;
    /// Takes an action (below `actions(state)`) and draws what follows.
    fn step(&self, state: u32, action: u32, rng: &mut Rng) -> Step;
}

/// An environment whose dynamics are known.
pub trait Model: Environment {
    /// Writes, for each action of `state`, the expected reward plus `gamma` times the expected value of what follows:
    /// `q[a] = sum_s' p(s'|s,a) (r(s,a,s') + gamma * values[s'])`, 0 beyond an episode's end (Sutton & Barto 2018, eq. 4.10).
    /// `values` holds one value a state, `q` has exactly `actions(state)` places.
    fn backup(&self, state: u32, values: &[f64], gamma: f64, q: &mut [f64]);

    /// The states an episode may start in, each with its probability; the probabilities add up to 1.
    fn starts(&self) -> &[(u32, f64)];
}

/// A problem behind a pointer is the same problem: trainers may share one model.
macro_rules! through_pointer {
    ($pointer:ty) => {
        impl<M: Environment + ?Sized> Environment for $pointer {
            fn states(&self) -> u32 {
                (**self).states()
            }
            fn actions(&self, state: u32) -> u32 {
                (**self).actions(state)
            }
            fn reset(&self, rng: &mut Rng) -> u32 {
                (**self).reset(rng)
            }
            fn step(&self, state: u32, action: u32, rng: &mut Rng) -> Step {
                (**self).step(state, action, rng)
            }
        }

        impl<M: Model + ?Sized> Model for $pointer {
            fn backup(&self, state: u32, values: &[f64], gamma: f64, q: &mut [f64]) {
                (**self).backup(state, values, gamma, q);
            }
            fn starts(&self) -> &[(u32, f64)] {
                (**self).starts()
            }
        }
    };
}

through_pointer!(&M);
through_pointer!(Rc<M>);
through_pointer!(Arc<M>);
