//! The ranking metrics, each a function of the target's rank, and sums of them.
//!
//! | name | of one prediction with the target at rank r | source |
//! |---|---|---|
//! | HR@k | 1 where r <= k | Hidasi et al., ICLR 2016 (there Recall@k) |
//! | MRR@k | 1 / r where r <= k | Hidasi et al., ICLR 2016 |
//! | NDCG@k | 1 / log2(r + 1) where r <= k | Järvelin & Kekäläinen, TOIS 2002, with one relevant item |
//!
//! A metric of several predictions is their mean. r counts from 1; a target that is not recommended gives 0.

use serde::{Deserialize, Serialize};

/// The list lengths that metrics are given for.
pub const CUTOFFS: [u32; 3] = [5, 10, 20];

/// A ranking metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Metric {
    /// Hit rate.
    Hr,
    /// Mean reciprocal rank.
    Mrr,
    /// Normalised discounted cumulative gain.
    Ndcg,
}

impl Metric {
    /// Every metric.
    pub const ALL: [Self; 3] = [Self::Hr, Self::Mrr, Self::Ndcg];

    /// Its usual name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hr => "HR",
            Self::Mrr => "MRR",
            Self::Ndcg => "NDCG",
        }
    }

    /// Value for one target at `rank` (from 1; None: not recommended) in a list of `k`.
    #[must_use]
    pub fn of(self, rank: Option<u32>, k: u32) -> f64 {
        match rank {
            Some(rank) if rank >= 1 && rank <= k => match self {
                Self::Hr => 1.0,
                Self::Mrr => 1.0 / f64::from(rank),
                Self::Ndcg => 1.0 / libm::log2(f64::from(rank) + 1.0),
            },
            _ => 0.0,
        }
    }
}

/// How many sums a [`Tally`] holds: every metric at every cutoff.
pub const SUMS: usize = Metric::ALL.len() * CUTOFFS.len();

/// Sums of every metric at every cutoff over predictions.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tally {
    /// How many predictions.
    pub n: f64,
    /// Sum of each metric at each cutoff, at `3 * metric + cutoff`.
    pub sum: [f64; SUMS],
}

impl Tally {
    /// Adds a prediction.
    pub fn add(&mut self, rank: Option<u32>) {
        self.n += 1.0;
        for (m, metric) in Metric::ALL.iter().enumerate() {
            for (c, &k) in CUTOFFS.iter().enumerate() {
                self.sum[CUTOFFS.len() * m + c] += metric.of(rank, k);
            }
        }
    }

    /// Adds `times` times the sums of another.
    pub fn add_times(&mut self, other: &Self, times: f64) {
        self.n += times * other.n;
        for (sum, more) in self.sum.iter_mut().zip(&other.sum) {
            *sum += times * more;
        }
    }

    /// The mean of a metric at `CUTOFFS[cutoff]`; 0 without predictions.
    #[must_use]
    pub fn mean(&self, metric: Metric, cutoff: usize) -> f64 {
        if self.n > 0.0 {
            self.sum[CUTOFFS.len() * metric as usize + cutoff] / self.n
        } else {
            0.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_by_hand() {
        assert_eq!(Metric::Hr.of(Some(5), 5), 1.0);
        assert_eq!(Metric::Hr.of(Some(6), 5), 0.0);
        assert_eq!(Metric::Mrr.of(Some(4), 5), 0.25);
        assert_eq!(Metric::Ndcg.of(Some(3), 5), 0.5);
        assert_eq!(Metric::Ndcg.of(None, 5), 0.0);
        let mut tally = Tally::default();
        for rank in [Some(1), Some(8), None, Some(21)] {
            tally.add(rank);
        }
        assert_eq!(tally.mean(Metric::Hr, 0), 0.25);
        assert_eq!(tally.mean(Metric::Hr, 2), 0.5);
        assert_eq!(tally.mean(Metric::Mrr, 2), (1.0 + 0.125) / 4.0);
    }
}
