//! What an experiment came to, and whether a repetition gave the same.

use serde::{Deserialize, Serialize};

use super::digest::{Difference, Digest};

/// What a training came to. Means are over the runs (one a seed); numbers that no run has are absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Outcome {
    /// Digest, part by part.
    pub digest: Digest,
    /// Runs.
    pub runs: u32,
    /// Steps of all runs.
    pub steps: u64,
    /// Value of the greedy policy as % of the optimum, mean.
    pub value_percent: Option<f64>,
    /// The same, smallest of the runs.
    pub value_percent_low: Option<f64>,
    /// The same, largest of the runs.
    pub value_percent_high: Option<f64>,
    /// Mean |Q - Q*| over the supported pairs, mean.
    pub q_distance: Option<f64>,
    /// How each run ended: `converged`, `budget`, `diverged` or `stopped`.
    pub reasons: Vec<String>,
}

/// Whether a repeated experiment gave the same bits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Whether everything is the same.
    pub reproduced: bool,
    /// The parts that differ, the first cause first.
    pub differences: Vec<Difference>,
}

impl Outcome {
    /// Compares this outcome with the one that a link promised.
    #[must_use]
    pub fn verdict(&self, promised: &Self) -> Verdict {
        let differences = self.digest.differences(&promised.digest);
        Verdict {
            reproduced: differences.is_empty(),
            differences,
        }
    }
}
