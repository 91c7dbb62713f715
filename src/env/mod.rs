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

/// What a network is shown of a problem: states and actions in tokens, numbers that it learns a row of numbers for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    /// How many tokens describe states.
    pub tokens: u32,
    /// How many tokens describe actions.
    pub actions: u32,
    /// Tokens of a state at most.
    pub length: u32,
}

/// Stands for no token: an empty place.
pub const NO_TOKEN: u32 = u32::MAX;

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

    /// What a network is shown: by default the number of the state and that of the action.
    fn sight(&self) -> Sight {
        let most = (0..self.states()).map(|state| self.actions(state)).max();
        Sight {
            tokens: self.states(),
            actions: most.unwrap_or(0),
            length: 1,
        }
    }
    /// Writes the tokens of a state, the newest last, [`NO_TOKEN`] in places before the oldest. There are [`Sight::length`] places.
    fn look(&self, state: u32, tokens: &mut [u32]) {
        tokens.fill(state);
    }
    /// The token of an action.
    fn action_token(&self, _state: u32, action: u32) -> u32 {
        action
    }
    /// How much what an action sets apart counts in a state, of about unit size: 1 where nothing is known beforehand.
    fn action_share(&self, _state: u32, _action: u32) -> f64 {
        1.0
    }
    /// The quantities that states stand for, where they are points on a grid.
    fn coordinates(&self) -> Option<&dyn axes::Axes> {
        None
    }
}

/// An environment whose dynamics are known.
pub trait Model: Environment {
    /// Writes, for each action of `state`, the expected reward plus `gamma` times the expected value of what follows:
    /// `q[a] = sum_s' p(s'|s,a) (r(s,a,s') + gamma * values[s'])`, 0 beyond an episode's end (Sutton & Barto 2018, eq. 4.10).
    /// `values` holds one value a state, `q` has exactly `actions(state)` places.
    fn backup(&self, state: u32, values: &[f64], gamma: f64, q: &mut [f64]);

    /// The states an episode may start in, each with its probability; the probabilities add up to 1.
    fn starts(&self) -> &[(u32, f64)];

    /// Steps after which every episode is over, where each step ends it or enters a state with a lower number (see
    /// [`staged::Staged`]): then one sweep over the states in ascending order is exact, and no episode needs to be cut earlier.
    fn ends_within(&self) -> Option<u32> {
        None
    }

    /// Has the visitor work on the problem behind this one, where it stands for one of several: a loop over steps is then
    /// compiled for that problem alone, and does not ask at each step which it is.
    fn visit<V: Visitor>(&self, visitor: V) -> V::Output
    where
        Self: Sized,
    {
        visitor.work(self)
    }
}

/// Work on any model.
pub trait Visitor {
    /// What comes of it.
    type Output;
    /// Does it.
    fn work(self, model: &impl Model) -> Self::Output;
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
            fn sight(&self) -> Sight {
                (**self).sight()
            }
            fn look(&self, state: u32, tokens: &mut [u32]) {
                (**self).look(state, tokens);
            }
            fn action_token(&self, state: u32, action: u32) -> u32 {
                (**self).action_token(state, action)
            }
            fn action_share(&self, state: u32, action: u32) -> f64 {
                (**self).action_share(state, action)
            }
            fn coordinates(&self) -> Option<&dyn axes::Axes> {
                (**self).coordinates()
            }
        }

        impl<M: Model + ?Sized> Model for $pointer {
            fn backup(&self, state: u32, values: &[f64], gamma: f64, q: &mut [f64]) {
                (**self).backup(state, values, gamma, q);
            }
            fn starts(&self) -> &[(u32, f64)] {
                (**self).starts()
            }
            fn ends_within(&self) -> Option<u32> {
                (**self).ends_within()
            }
        }
    };
}

through_pointer!(&M);
through_pointer!(Rc<M>);
through_pointer!(Arc<M>);
