//! Popularity, of the whole log and of the session: the floors that every other model must clear.
//! Session popularity follows Hidasi et al., "Session-based recommendations with recurrent neural networks" (ICLR 2016).

use super::{BehaviourModel, History, LONGEST_LIST, Scratch, Sessions, Watch, need_events};
use crate::problem::Problem;

/// Ranks items by how often they occur in the training sessions; with `session`, first by how often they occur in the
/// history: `count in history + n / (n + 1)` where `n` is the item's training count.
#[derive(Clone, Debug, Default)]
pub struct Popularity {
    session: bool,
    count: Vec<u32>,
    /// The most popular items, best first.
    best: Vec<u32>,
}

impl Popularity {
    /// A model not yet fitted.
    #[must_use]
    pub fn new(session: bool) -> Self {
        Self {
            session,
            ..Self::default()
        }
    }

    fn rank(&mut self) {
        let mut order: Vec<u32> = (0..self.count.len() as u32)
            .filter(|&item| self.count[item as usize] > 0)
            .collect();
        let popular = |item: &u32| (u32::MAX - self.count[*item as usize], *item);
        // Twice the longest list, so that a tie at its end still counts against the tied items.
        let keep = 2 * LONGEST_LIST;
        if order.len() > keep {
            order.select_nth_unstable_by_key(keep, popular);
            order.truncate(keep);
        }
        order.sort_unstable_by_key(popular);
        self.best = order;
    }
}

impl BehaviourModel for Popularity {
    fn fit(&mut self, train: &Sessions, watch: &mut Watch<'_>) -> Result<(), Problem> {
        need_events(train)?;
        self.count = vec![0; train.items as usize];
        for &item in &train.item {
            if let Some(count) = self.count.get_mut(item as usize) {
                *count += 1;
            }
        }
        self.rank();
        watch.report(1, 1)
    }

    fn score(&self, history: History<'_>, scratch: &mut Scratch) {
        scratch.scores.begin(self.count.len());
        for &item in &self.best {
            let count = f64::from(self.count[item as usize]);
            scratch.scores.add(item, count / (count + 1.0));
        }
        if !self.session {
            return;
        }
        for &item in history.items {
            let Some(&count) = self.count.get(item as usize) else {
                continue;
            };
            if !scratch.scores.has(item) {
                let count = f64::from(count);
                scratch.scores.add(item, count / (count + 1.0));
            }
            scratch.scores.add(item, 1.0);
        }
    }

    fn update(&mut self, session: History<'_>) {
        for &item in session.items {
            if let Some(count) = self.count.get_mut(item as usize) {
                *count += 1;
            }
        }
        self.rank();
    }

    fn memory(&self) -> usize {
        4 * (self.count.len() + self.best.len())
    }
}
