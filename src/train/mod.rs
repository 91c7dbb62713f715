//! The training loop: budgeted steps, measurements against the optimum, convergence, reasons to stop.

pub mod config;
mod judge;
pub mod measure;
pub mod snapshot;
pub mod trace;
pub mod trainer;

pub use config::{Change, Parameter, TrainConfig};
pub use snapshot::{Criterion, Snapshot, StopReason, TrainEvent};
pub use trace::StepTrace;
pub use trainer::Trainer;
