//! How sure is that? Percentile intervals by bootstrap over sessions (Efron & Tibshirani 1993, ch. 13), and paired
//! differences on the same resamples.

use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::metrics::{Metric, Tally};
use crate::behaviour::Watch;
use crate::problem::Problem;
use crate::random::stream;

/// An estimate with its 95 % interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The estimate.
    pub value: f64,
    /// 2.5 % quantile of the bootstrap; the estimate itself where nothing was resampled.
    pub low: f64,
    /// 97.5 % quantile of the bootstrap; the estimate itself where nothing was resampled.
    pub high: f64,
}

/// The sums of one column (one model's predictions of one segment) as they are and on each resample.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Replicates {
    whole: Tally,
    samples: Vec<Tally>,
}

/// Resamples sessions with replacement, `samples` times. Each column holds one sum a session; all columns see the same
/// resamples, so that their differences are paired.
///
/// # Errors
/// `behaviour.stopped` when the watch said to stop.
pub fn resample(
    columns: &[Vec<Tally>],
    samples: u32,
    seed: u64,
    watch: &mut Watch<'_>,
) -> Result<Vec<Replicates>, Problem> {
    let mut rng = stream(seed, "bootstrap");
    let sessions = columns.first().map_or(0, Vec::len);
    let mut all = vec![Replicates::default(); columns.len()];
    let mut times = vec![1.0f64; sessions];
    for (replicates, column) in all.iter_mut().zip(columns) {
        replicates.whole = sum(column, &times);
    }
    for sample in 0..samples {
        if sample % 16 == 0 {
            watch.report(sample as usize, samples as usize)?;
        }
        times.fill(0.0);
        for _ in 0..sessions {
            times[rng.random_range(0..sessions as u32) as usize] += 1.0;
        }
        for (replicates, column) in all.iter_mut().zip(columns) {
            replicates.samples.push(sum(column, &times));
        }
    }
    Ok(all)
}

fn sum(column: &[Tally], times: &[f64]) -> Tally {
    let mut sum = Tally::default();
    for (tally, &n) in column.iter().zip(times) {
        if n > 0.0 && tally.n > 0.0 {
            sum.add_times(tally, n);
        }
    }
    sum
}

impl Replicates {
    /// How many predictions the column has.
    #[must_use]
    pub fn predictions(&self) -> u32 {
        self.whole.n as u32
    }

    /// A metric at `CUTOFFS[cutoff]` with its interval.
    #[must_use]
    pub fn interval(&self, metric: Metric, cutoff: usize) -> Interval {
        let values = self.samples.iter().map(|s| s.mean(metric, cutoff));
        interval(self.whole.mean(metric, cutoff), values.collect())
    }

    /// This column's metric less that of another on the same resamples.
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

/// The quantile of sorted values; none of nothing.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    (!sorted.is_empty()).then(|| super::ope::bootstrap::quantile(sorted, share))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_by_hand() {
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), Some(3.0));
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn the_interval_has_the_width_of_the_normal_one() {
        // 400 sessions of one prediction, half of them hits: standard error 0.025.
        let column: Vec<Tally> = (0..400)
            .map(|s| {
                let mut tally = Tally::default();
                tally.add((s % 2 == 0).then_some(1));
                tally
            })
            .collect();
        let mut go_on = |_| true;
        let all = resample(
            &[column.clone(), column],
            2000,
            7,
            &mut Watch::new(&mut go_on),
        );
        let all = all.unwrap();
        let found = all[0].interval(Metric::Hr, 0);
        assert_eq!(found.value, 0.5);
        assert!((found.high - found.low - 2.0 * 1.96 * 0.025).abs() < 0.006);
        let same = all[0].difference(&all[1], Metric::Hr, 0);
        assert_eq!((same.low, same.high), (0.0, 0.0));
    }
}
