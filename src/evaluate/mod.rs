//! Is it any good? How well behaviour is predicted and how much a policy earns, said honestly: with intervals, their n,
//! and words for what the data can't tell.

pub mod abtest;
mod bootstrap;
pub mod canary;
mod compare;
mod leaderboard;
mod metrics;
pub mod ope;
pub mod policies;
mod ranking;
mod split;
mod tune;
pub mod value;

pub use bootstrap::{Interval, Replicates, resample};
pub use compare::{Differing, differ_most, recommendations_csv};
pub use leaderboard::{
    Difference, Leaderboard, Line, Part, Point, Protocol, Score, SegmentScores, Trial,
};
pub use metrics::{CUTOFFS, Metric, Tally};
pub use policies::{all_models, build, is_tuned, kind, models, plain};
pub use ranking::{Outcome, Run, Segment, Walk};
pub use split::Split;
pub use tune::{Search, Tuned, tune, validation};
