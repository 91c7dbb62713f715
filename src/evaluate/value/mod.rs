//! What a policy is worth against the optimum: exactly where the dynamics are known, by simulation everywhere.

mod board;
mod policy;
mod sensitivity;
mod simulate;

pub use board::{
    Board, BoardStudy, Conditions, Evaluation, PolicyValue, Regret, board, exact, regret, share,
};
pub use policy::Stochastic;
pub use sensitivity::{Crossing, Scan, Sensitivity, sensitivity};
pub use simulate::{Returns, episode, simulate};
