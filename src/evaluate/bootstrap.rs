//! How sure is that? Percentile intervals by bootstrap over sessions (Efron & Tibshirani 1993, ch. 13), and paired
//! differences on the same resamples.

use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::metrics::{Metric, Tally};
use crate::random::stream;

/// An estimate with its 95 % interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The estimate.
    pub value: f64,
    /// 2.5 % quantile of the bootstrap.
    pub low: f64,
    /// 97.5 % quantile of the bootstrap.
    pub high: f64,
}

/// The sums of one model on each resample of the test sessions. Models tested on the same sessions with the
/// same seed share their resamples, so that their differences are paired.
#[derive(Clone, Debug, PartialEq)]
pub struct Replicates {
    whole: Tally,
    samples: Vec<Tally>,
}

impl Replicates {
    /// Resamples sessions with replacement, `samples` times.
    #[must_use]
    pub fn new(sessions: &[Tally], samples: u32, seed: u64) -> Self {
        let mut rng = stream(seed, "bootstrap");
        let mut whole = Tally::default();
        for tally in sessions {
            whole.add_times(tally, 1.0);
        }
        let mut times = vec![0.0f64; sessions.len()];
        let samples = (0..samples)
            .map(|_| {
                times.fill(0.0);
                for _ in 0..sessions.len() {
                    times[rng.random_range(0..sessions.len() as u32) as usize] += 1.0;
                }
                let mut sum = Tally::default();
                for (tally, &n) in sessions.iter().zip(&times) {
                    if n > 0.0 && tally.n > 0.0 {
                        sum.add_times(tally, n);
                    }
                }
                sum
            })
            .collect();
        Self { whole, samples }
    }

    /// A metric at `CUTOFFS[cutoff]` with its interval.
    #[must_use]
    pub fn interval(&self, metric: Metric, cutoff: usize) -> Interval {
        let values = self.samples.iter().map(|s| s.mean(metric, cutoff));
        interval(self.whole.mean(metric, cutoff), values.collect())
    }

    /// This model's metric less that of another model on the same resamples.
    #[must_use]
    pub fn difference(&self, other: &Self, metric: Metric, cutoff: usize) -> Interval {
        let pairs = self.samples.iter().zip(&other.samples);
        let values = pairs.map(|(a, b)| a.mean(metric, cutoff) - b.mean(metric, cutoff));
        interval(
            self.whole.mean(metric, cutoff) - other.whole.mean(metric, cutoff),
            values.collect(),
        )
    }
}

fn interval(value: f64, mut values: Vec<f64>) -> Interval {
    values.sort_unstable_by(f64::total_cmp);
    Interval {
        value,
        low: quantile(&values, 0.025).unwrap_or(value),
        high: quantile(&values, 0.975).unwrap_or(value),
    }
}

/// Linear interpolation between order statistics (definition 7 of Hyndman & Fan 1996).
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share * sorted.len().checked_sub(1)? as f64;
    let below = libm::floor(place);
    let low = sorted[below as usize];
    let high = sorted[(below as usize + 1).min(sorted.len() - 1)];
    Some(low + (place - below) * (high - low))
}
