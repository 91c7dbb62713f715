//! Is it any good? How well behaviour is predicted and how much a policy earns, said honestly: with intervals, their n,
//! and words for what the data can't tell.

mod bootstrap;
pub mod distribution;
mod metrics;
pub mod ope;
mod ranking;
mod split;
pub mod value;

pub use bootstrap::{Interval, Replicates};
pub use metrics::{CUTOFFS, Metric, Tally};
pub use ranking::{Outcome, Run, Segment};
pub use split::Split;
