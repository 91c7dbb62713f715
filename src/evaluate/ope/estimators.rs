//! The single-step estimators, computed together from one weighted set of rows.
//!
//! Notation: row i shows item a in stratum x and earns r; p is its propensity, pi the target policy, w = pi(a|x) / p
//! its importance weight, q(x,a) the reward model, d(x) = sum_a pi(a|x) q(x,a), n the number of rows.

use super::bootstrap;
use super::cells::{Cells, SUMS};
use super::logged::Logged;
use super::target::Target;
use crate::random::Rng;

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

/// One row (or several alike): what it adds to the sums of its cell, which no resample changes.
#[derive(Clone, Copy, Debug)]
struct Term {
    /// Its cell, among those that the log shows.
    cell: u32,
    sums: [f64; SUMS],
}

impl Term {
    /// The term of a row; the three limits share one knee: M = tau = `knee`, lambda = `knee`^2.
    fn new(cell: u32, weight: f64, reward: f64, knee: f64) -> Self {
        let switched = if weight <= knee { weight } else { 0.0 };
        // lambda w / (w^2 + lambda) divided through by lambda: safe for a weight whose square overflows.
        let shrunk = weight / ((weight / knee) * (weight / knee) + 1.0);
        Self {
            cell,
            sums: [
                1.0,
                reward,
                weight,
                weight * reward,
                weight.min(knee) * reward,
                switched,
                switched * reward,
                shrunk,
                shrunk * reward,
            ],
        }
    }
}

/// The rows gathered into the units that the bootstrap draws.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    rows: Vec<Term>,
    /// Unit `u` holds rows `start[u] .. start[u + 1]`.
    start: Vec<u32>,
    /// The unit of each slot to draw, ascending; a slot stands for one cluster. Single rows that are alike share a unit:
    /// they only need counting.
    slots: Vec<u32>,
    cells: Cells,
}

impl Terms {
    pub fn new(logged: &Logged, target: &Target, knee: f64, prior: f64) -> Self {
        let mut order: Vec<u32> = (0..logged.len() as u32).collect();
        order.sort_by_key(|&row| logged.cluster[row as usize]);
        let cells = Cells::new(logged, target, prior);
        let term = |row: u32| {
            let row = row as usize;
            let weight = super::weight(logged, target, row);
            Term::new(
                cells.find(logged.cell(row)),
                weight,
                logged.reward[row],
                knee,
            )
        };
        let mut terms = Self {
            rows: Vec::with_capacity(order.len()),
            start: vec![0],
            slots: Vec::new(),
            cells: cells.clone(),
        };
        let mut single = Vec::new();
        for group in
            order.chunk_by(|&a, &b| logged.cluster[a as usize] == logged.cluster[b as usize])
        {
            if let [row] = *group {
                single.push(term(row));
            } else {
                terms.push(group.iter().map(|&row| term(row)), 1);
            }
        }
        single.sort_by_key(key);
        for alike in single.chunk_by(|a, b| key(a) == key(b)) {
            terms.push([alike[0]].into_iter(), alike.len());
        }
        terms
    }

    /// Adds a unit that stands for `clusters` clusters alike.
    fn push(&mut self, rows: impl Iterator<Item = Term>, clusters: usize) {
        let unit = self.units() as u32;
        self.slots.extend(std::iter::repeat_n(unit, clusters));
        self.rows.extend(rows);
        self.start.push(self.rows.len() as u32);
    }

    pub fn clusters(&self) -> usize {
        self.slots.len()
    }

    pub fn units(&self) -> usize {
        self.start.len() - 1
    }

    /// How many clusters each unit stands for: the counts of the sample itself.
    pub fn counts(&self) -> Vec<u32> {
        let mut counts = vec![0; self.units()];
        for &unit in &self.slots {
            counts[unit as usize] += 1;
        }
        counts
    }

    /// Draws a resample and counts its units.
    pub fn draw(&self, rng: &mut Rng, counts: &mut [u32]) {
        // Where no two clusters are alike a slot is its own unit: one look-up less in the innermost loop.
        if self.units() == self.clusters() {
            bootstrap::draw(rng, self.clusters(), |slot| slot, counts);
        } else {
            bootstrap::draw(
                rng,
                self.clusters(),
                |slot| self.slots[slot] as usize,
                counts,
            );
        }
    }

    /// Every estimator and the plain mean, with each unit taken `counts[unit]` times; the reward model is fitted anew,
    /// so that its uncertainty is in the interval too.
    pub fn evaluate(&mut self, counts: &[u32]) -> [f64; VALUES] {
        self.cells.clear();
        if self.units() == self.rows.len() {
            for (term, &count) in self.rows.iter().zip(counts) {
                self.cells.add(term.cell, f64::from(count), &term.sums);
            }
        } else {
            for (range, &count) in self
                .start
                .windows(2)
                .zip(counts)
                .filter(|(_, count)| **count > 0)
            {
                for term in &self.rows[range[0] as usize..range[1] as usize] {
                    self.cells.add(term.cell, f64::from(count), &term.sums);
                }
            }
        }
        let totals = self.cells.totals();
        let [n, r, w, wr, cr, ..] = totals.sums;
        let [we, se, oe] = totals.errors;
        let direct = totals.direct / n;
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
}

/// What makes two single rows alike.
fn key(term: &Term) -> (u32, u64, u64) {
    (term.cell, term.sums[2].to_bits(), term.sums[1].to_bits())
}
