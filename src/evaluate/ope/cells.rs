//! The reward model q(x, a) and the sums of each cell (stratum x, item a) that the estimators are made of.
//!
//! q(x,a) = (S(x,a) + m q(a)) / (N(x,a) + m), q(a) = (S(a) + m r) / (N(a) + m), with S sums of rewards, N counts,
//! r the mean reward and m the prior's weight in rows: mean rewards, those of a cell leaning on the item's, and those on the
//! mean of all; the posterior mean under a beta prior of that weight. As q is one number a cell, the corrections
//! sum w (r - q) are sums of w r and of w, cell by cell: one pass over the rows is enough.

use super::logged::Logged;
use super::target::Target;

/// How many sums a cell keeps: of 1, r, w, w r, min(w, M) r, then of the weight of Switch-DR, that weight times r, the
/// weight of DRos, that weight times r.
pub(super) const SUMS: usize = 9;
/// Where the sums of a weight are, its sum times r follows: w, Switch-DR's, DRos's.
const WEIGHTS: [usize; 3] = [2, 5, 7];

/// The cells that the log shows, with their sums. Cells never shown need none: their q is the item's.
#[derive(Clone, Debug)]
pub(super) struct Cells {
    prior: f64,
    /// Numbers of the cells shown, `stratum * items + item`, ascending.
    numbers: Vec<u32>,
    sums: Vec<[f64; SUMS]>,
    target: Target,
    /// Rows of each stratum.
    strata: Vec<f64>,
    /// N and S of each item.
    items: Vec<(f64, f64)>,
    item_q: Vec<f64>,
}

/// What the estimators are made of.
pub(super) struct Totals {
    /// The sums over all cells.
    pub sums: [f64; SUMS],
    /// sum of weight (r - q), for w, Switch-DR's weight and DRos's.
    pub errors: [f64; 3],
    /// The sum over rows of d(x).
    pub direct: f64,
}

impl Cells {
    pub fn new(logged: &Logged, target: &Target, prior: f64) -> Self {
        let mut numbers: Vec<u32> = (0..logged.len())
            .map(|row| logged.cell(row) as u32)
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        let items = logged.items as usize;
        Self {
            prior,
            sums: vec![[0.0; SUMS]; numbers.len()],
            numbers,
            target: target.clone(),
            strata: vec![0.0; logged.strata.len()],
            items: vec![(0.0, 0.0); items],
            item_q: vec![0.0; items],
        }
    }

    /// The place of a cell that the log shows.
    pub fn find(&self, number: usize) -> u32 {
        self.numbers.partition_point(|n| (*n as usize) < number) as u32
    }

    pub fn clear(&mut self) {
        self.sums.fill([0.0; SUMS]);
    }

    /// Adds a row `count` times.
    #[inline]
    pub fn add(&mut self, cell: u32, count: f64, row: &[f64; SUMS]) {
        for (sum, term) in self.sums[cell as usize].iter_mut().zip(row) {
            *sum += count * term;
        }
    }

    /// Fits the reward model to the sums and totals everything.
    pub fn totals(&mut self) -> Totals {
        let mut totals = Totals {
            sums: [0.0; SUMS],
            errors: [0.0; 3],
            direct: 0.0,
        };
        self.fit_items(&mut totals.sums);
        let items = self.items.len();
        // d(x), first as if every q(x,a) were q(a), then with what the cells shown differ from that.
        for (stratum, n) in self.strata.iter().enumerate().filter(|(_, n)| **n > 0.0) {
            let pi = self.target.stratum(stratum).iter();
            totals.direct += n * pi.zip(&self.item_q).map(|(pi, q)| pi * q).sum::<f64>();
        }
        for (&number, sums) in self.numbers.iter().zip(&self.sums) {
            let (stratum, item) = (number as usize / items, number as usize % items);
            let item_q = self.item_q[item];
            let q = (sums[1] + self.prior * item_q) / (sums[0] + self.prior);
            totals.direct +=
                self.strata[stratum] * self.target.stratum(stratum)[item] * (q - item_q);
            for (error, at) in totals.errors.iter_mut().zip(WEIGHTS) {
                *error += sums[at + 1] - q * sums[at];
            }
        }
        totals
    }

    /// Totals the sums, counts the strata and fits q(a).
    fn fit_items(&mut self, totals: &mut [f64; SUMS]) {
        self.strata.fill(0.0);
        self.items.fill((0.0, 0.0));
        let items = self.items.len();
        for (&number, sums) in self.numbers.iter().zip(&self.sums) {
            self.strata[number as usize / items] += sums[0];
            let item = &mut self.items[number as usize % items];
            item.0 += sums[0];
            item.1 += sums[1];
            for (total, sum) in totals.iter_mut().zip(sums) {
                *total += sum;
            }
        }
        let mean = if totals[0] > 0.0 {
            totals[1] / totals[0]
        } else {
            0.0
        };
        for (q, (n, s)) in self.item_q.iter_mut().zip(&self.items) {
            *q = (s + self.prior * mean) / (n + self.prior);
        }
    }
}
