//! A single step of training, for whoever wants to watch.

use serde::{Deserialize, Serialize};

/// One step of training, told in full.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepTrace {
    /// Number of the step, counted from 1.
    pub step: u64,
    /// State it was taken in.
    pub state: u32,
    /// Action taken.
    pub action: u32,
    /// Reward received.
    pub reward: f64,
    /// State entered; meaningless when the episode ended.
    pub next: u32,
    /// Whether the episode ended.
    pub end: bool,
    /// Q(s,a) before.
    pub old: f64,
    /// Q(s,a) after.
    pub new: f64,
    /// What it was moved towards.
    pub target: f64,
    /// Learning rate of the step.
    pub alpha: f64,
    /// Exploration of the step.
    pub epsilon: f64,
    /// Whether the action was drawn at random.
    pub explored: bool,
}
