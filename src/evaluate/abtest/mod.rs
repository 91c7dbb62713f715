//! Experiments that split users between policies: how many users it takes, when one may stop, and what came out.

mod effect;
mod monitor;
mod power;
mod report;
mod sequential;
mod simulate;
mod trial;

pub use effect::{Effect, effect, holm};
pub use monitor::{Design, Monitor, Point};
pub use power::{Measure, Sizes, detectable, power, sample_size};
pub use report::{AbReport, Arm, Comparison, SegmentEffect, SplitCheck};
pub use sequential::Mixture;
pub use simulate::recruit;
pub use trial::{Outcome, Trial, User};
