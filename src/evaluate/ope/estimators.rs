//! The single-step estimators, computed together from one weighted set of rows.
//!
//! Notation: row i shows item a in stratum x and earns r; p is its propensity, pi the target policy, w = pi(a|x) / p
//! its importance weight, q(x,a) the reward model, d(x) = sum_a pi(a|x) q(x,a), n the number of rows.

use super::logged::Logged;
use super::reward_model::RewardModel;
use super::target::Target;

/// What an estimator is: the same words in page, runner and documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimator {
    /// Its fixed name.
    pub name: &'static str,
    /// Its formula, in the notation of this file.
    pub formula: &'static str,
    /// Where it comes from.
    pub source: &'static str,
}

/// How many estimators there are.
pub const COUNT: usize = 8;

/// Every single-step estimator, in the order of every result.
pub const ESTIMATORS: [Estimator; COUNT] = [
    Estimator {
        name: "DM",
        formula: "mean d(x)",
        source: "Beygelzimer & Langford, KDD 2009 (regression estimator)",
    },
    Estimator {
        name: "IPS",
        formula: "mean w r",
        source: "Horvitz & Thompson, JASA 1952; Strehl et al., NIPS 2010",
    },
    Estimator {
        name: "clipped IPS",
        formula: "mean min(w, M) r",
        source: "Ionides, J. Comput. Graph. Stat. 2008: M = sqrt(n)",
    },
    Estimator {
        name: "SNIPS",
        formula: "sum w r / sum w",
        source: "Hajek 1971; Swaminathan & Joachims, NIPS 2015, eq. 5",
    },
    Estimator {
        name: "DR",
        formula: "mean d(x) + w (r - q)",
        source: "Dudik, Langford & Li, ICML 2011, eq. 1",
    },
    Estimator {
        name: "SNDR",
        formula: "mean d(x) + sum w (r - q) / sum w",
        source: "Thomas & Brunskill, ICML 2016 (weighted doubly robust), one step",
    },
    Estimator {
        name: "Switch-DR",
        formula: "mean d(x) + w 1[w <= tau] (r - q)",
        source: "Wang, Agarwal & Dudik, ICML 2017, section 3",
    },
    Estimator {
        name: "DRos",
        formula: "mean d(x) + lambda w / (w^2 + lambda) (r - q)",
        source: "Su, Dimakopoulou, Krishnamurthy & Dudik, ICML 2020, eq. 8",
    },
];

/// The place of "DR" in [`ESTIMATORS`].
pub(super) const DR: usize = 4;
/// The place of "clipped IPS" in [`ESTIMATORS`].
pub(super) const CLIPPED: usize = 2;
/// Behind the estimators: the plain mean reward, the value of the logging policy itself.
pub(super) const LOGGED: usize = COUNT;
/// How many numbers one evaluation gives.
pub(super) const VALUES: usize = COUNT + 1;

/// One row (or several alike), with everything about it that no resample changes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Term {
    pub cell: u32,
    pub stratum: u32,
    pub reward: f64,
    /// The importance weight.
    pub weight: f64,
    /// min(w, M).
    pub clipped: f64,
    /// w where w <= tau, else 0.
    pub switched: f64,
    /// lambda w / (w^2 + lambda).
    pub shrunk: f64,
}

impl Term {
    /// The term of a row; the three limits share one knee: M = tau = `knee`, lambda = `knee`^2.
    fn new(logged: &Logged, target: &Target, row: usize, knee: f64) -> Self {
        let stratum = logged.stratum[row];
        let probability = target.stratum(stratum as usize)[logged.item[row] as usize];
        let weight = probability / logged.propensity[row];
        Self {
            cell: logged.cell(row) as u32,
            stratum,
            reward: logged.reward[row],
            weight,
            clipped: weight.min(knee),
            switched: if weight <= knee { weight } else { 0.0 },
            // lambda w / (w^2 + lambda) divided through by lambda: safe for a weight whose square overflows.
            shrunk: weight / ((weight / knee) * (weight / knee) + 1.0),
        }
    }
}

/// The rows gathered into the units that the bootstrap draws.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    rows: Vec<Term>,
    /// Unit `u` holds rows `start[u] .. start[u + 1]`.
    start: Vec<u32>,
    /// The unit of each cluster. Single rows that are alike share a unit: they only need counting.
    unit: Vec<u32>,
    target: Target,
    model: RewardModel,
    strata: Vec<f64>,
}

impl Terms {
    pub fn new(logged: &Logged, target: &Target, knee: f64, prior: f64) -> Self {
        let mut order: Vec<u32> = (0..logged.len() as u32).collect();
        order.sort_by_key(|&row| logged.cluster[row as usize]);
        let term = |row: u32| Term::new(logged, target, row as usize, knee);
        let mut start = vec![0];
        let mut rows = Vec::with_capacity(order.len());
        let mut unit = vec![0; logged.clusters as usize];
        let mut single = Vec::new();
        for group in
            order.chunk_by(|&a, &b| logged.cluster[a as usize] == logged.cluster[b as usize])
        {
            if let [row] = *group {
                single.push((key(&term(row)), row));
                continue;
            }
            unit[logged.cluster[group[0] as usize] as usize] = start.len() as u32 - 1;
            rows.extend(group.iter().map(|&row| term(row)));
            start.push(rows.len() as u32);
        }
        single.sort_unstable();
        for alike in single.chunk_by(|a, b| a.0 == b.0) {
            for (_, row) in alike {
                unit[logged.cluster[*row as usize] as usize] = start.len() as u32 - 1;
            }
            rows.push(term(alike[0].1));
            start.push(rows.len() as u32);
        }
        Self {
            rows,
            start,
            unit,
            target: target.clone(),
            model: RewardModel::new(logged.strata.len(), logged.items as usize, prior),
            strata: vec![0.0; logged.strata.len()],
        }
    }

    pub fn clusters(&self) -> usize {
        self.unit.len()
    }

    pub fn units(&self) -> usize {
        self.start.len() - 1
    }

    /// The unit of a cluster.
    pub fn unit(&self, cluster: usize) -> usize {
        self.unit[cluster] as usize
    }

    /// How many clusters each unit stands for: the counts of the sample itself.
    pub fn counts(&self) -> Vec<u32> {
        let mut counts = vec![0; self.units()];
        for &unit in &self.unit {
            counts[unit as usize] += 1;
        }
        counts
    }

    /// Every estimator and the plain mean, with each unit taken `counts[unit]` times; the reward model is fitted anew,
    /// so that its uncertainty is in the interval too.
    pub fn evaluate(&mut self, counts: &[u32]) -> [f64; VALUES] {
        self.model.clear();
        self.strata.fill(0.0);
        for (unit, &count) in counts.iter().enumerate() {
            if count == 0 {
                continue;
            }
            let c = f64::from(count);
            for term in &self.rows[self.start[unit] as usize..self.start[unit + 1] as usize] {
                self.model.add(term.cell as usize, c, c * term.reward);
                self.strata[term.stratum as usize] += c;
            }
        }
        self.model.fit();
        let q = self.model.values();
        let (mut n, mut w, mut r) = (0.0, 0.0, 0.0);
        let (mut wr, mut cr, mut we, mut se, mut oe) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (unit, &count) in counts.iter().enumerate() {
            if count == 0 {
                continue;
            }
            let c = f64::from(count);
            for term in &self.rows[self.start[unit] as usize..self.start[unit + 1] as usize] {
                let error = c * (term.reward - q[term.cell as usize]);
                let reward = c * term.reward;
                n += c;
                r += reward;
                w += c * term.weight;
                wr += term.weight * reward;
                cr += term.clipped * reward;
                we += term.weight * error;
                se += term.switched * error;
                oe += term.shrunk * error;
            }
        }
        let direct = self.direct(q) / n;
        // Without any weight the ratio is 0/0: nothing was seen of what the target would show.
        let ratio = |x: f64| if w > 0.0 { x / w } else { 0.0 };
        [
            direct,
            wr / n,
            cr / n,
            ratio(wr),
            direct + we / n,
            direct + ratio(we),
            direct + se / n,
            direct + oe / n,
            r / n,
        ]
    }

    /// The sum over rows of d(x).
    fn direct(&self, q: &[f64]) -> f64 {
        let items = q.len() / self.strata.len();
        let mut sum = 0.0;
        for (stratum, (&n, q)) in self.strata.iter().zip(q.chunks_exact(items)).enumerate() {
            let pi = self.target.stratum(stratum);
            sum += n * pi.iter().zip(q).map(|(pi, q)| pi * q).sum::<f64>();
        }
        sum
    }
}

/// What makes two single rows alike.
fn key(term: &Term) -> (u32, u64, u64) {
    (term.cell, term.weight.to_bits(), term.reward.to_bits())
}
