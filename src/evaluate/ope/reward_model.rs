//! The reward model q(x, a): mean rewards, those of a stratum leaning on the item's, and those on the mean of all.

/// q(x,a) = (S(x,a) + m q(a)) / (N(x,a) + m), q(a) = (S(a) + m r) / (N(a) + m), with S sums of rewards, N counts,
/// r the mean reward and m the prior's weight in rows: the posterior mean under a beta prior of that weight.
#[derive(Clone, Debug)]
pub(super) struct RewardModel {
    prior: f64,
    /// Per cell `[stratum * items + item]`: rows and their rewards.
    cells: Vec<(f64, f64)>,
    items: Vec<(f64, f64)>,
    item_q: Vec<f64>,
    q: Vec<f64>,
}

impl RewardModel {
    pub fn new(strata: usize, items: usize, prior: f64) -> Self {
        Self {
            prior,
            cells: vec![(0.0, 0.0); strata * items],
            items: vec![(0.0, 0.0); items],
            item_q: vec![0.0; items],
            q: vec![0.0; strata * items],
        }
    }

    pub fn clear(&mut self) {
        self.cells.fill((0.0, 0.0));
    }

    /// Adds `count` rows of a cell with the sum of their rewards.
    #[inline]
    pub fn add(&mut self, cell: usize, count: f64, reward: f64) {
        let cell = &mut self.cells[cell];
        cell.0 += count;
        cell.1 += reward;
    }

    pub fn fit(&mut self) {
        let items = self.items.len();
        self.items.fill((0.0, 0.0));
        for row in self.cells.chunks_exact(items) {
            for (item, cell) in self.items.iter_mut().zip(row) {
                item.0 += cell.0;
                item.1 += cell.1;
            }
        }
        let (n, s) = self
            .items
            .iter()
            .fold((0.0, 0.0), |sum, item| (sum.0 + item.0, sum.1 + item.1));
        let mean = if n > 0.0 { s / n } else { 0.0 };
        for (q, item) in self.item_q.iter_mut().zip(&self.items) {
            *q = (item.1 + self.prior * mean) / (item.0 + self.prior);
        }
        for (row, cells) in self
            .q
            .chunks_exact_mut(items)
            .zip(self.cells.chunks_exact(items))
        {
            for ((q, cell), item) in row.iter_mut().zip(cells).zip(&self.item_q) {
                *q = (cell.1 + self.prior * item) / (cell.0 + self.prior);
            }
        }
    }

    /// q of every cell, after [`RewardModel::fit`].
    pub fn values(&self) -> &[f64] {
        &self.q
    }
}
