//! Item-based nearest neighbours: similarity of items through the sessions they share.
//! Sarwar et al., "Item-based collaborative filtering recommendation algorithms" (WWW 2001), with the regularised cosine of
//! session-rec: `(events of i in sessions with j) / ((n_i + lambda)^alpha (n_j + lambda)^(1 - alpha))`; an item is no neighbour of itself.

use super::index::Index;
use super::prior::Prior;
use super::rules::Rows;
use super::{BehaviourModel, History, Scores, Scratch, Sessions, Values, Watch, need_events};
use crate::problem::Problem;

/// Ranks items by their similarity to the newest item of the history.
#[derive(Clone, Debug)]
pub struct ItemKnn {
    neighbours: usize,
    lambda: f64,
    alpha: f64,
    prior: Prior,
    pairs: Rows,
}

impl ItemKnn {
    /// A model not yet fitted.
    #[must_use]
    pub fn new(values: &Values) -> Self {
        Self {
            neighbours: values.whole("neighbours"),
            lambda: values.real("lambda"),
            alpha: values.real("alpha"),
            prior: Prior::default(),
            pairs: Rows::default(),
        }
    }
}

impl ItemKnn {
    fn norm(&self, item: u32, exponent: f64) -> f64 {
        libm::pow(
            f64::from(self.prior.count[item as usize]) + self.lambda,
            exponent,
        )
    }

    fn score_from(&self, newest: u32, scratch: &mut Scratch) {
        let own = self.norm(newest, self.alpha);
        let list = &mut scratch.neighbours;
        list.clear();
        self.pairs.visit(newest, usize::MAX, |other, pairs| {
            list.push((pairs / (own * self.norm(other, 1.0 - self.alpha)), other));
        });
        if list.len() > self.neighbours {
            let better = |a: &(f64, u32), b: &(f64, u32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
            list.select_nth_unstable_by(self.neighbours, better);
            list.truncate(self.neighbours);
        }
        for &(similarity, other) in list.iter() {
            scratch.scores.add(other, similarity);
        }
    }
}

impl BehaviourModel for ItemKnn {
    fn fit(&mut self, train: &Sessions, watch: &mut Watch<'_>) -> Result<(), Problem> {
        need_events(train)?;
        let index = Index::new(train);
        self.prior = Prior::new(train);
        let mut seen = Scores::default();
        self.pairs = Rows::build(train.items, |item, sums| {
            if item % 1024 == 0 {
                watch.report(item as usize, train.items as usize)?;
            }
            for &place in &index.places[item as usize] {
                let others = index.items_of(index.session[place as usize]);
                add_others(item, others, &mut seen, |other| sums.add(other, 1.0));
            }
            Ok(())
        })?;
        watch.report(1, 1)
    }

    fn score(&self, history: History<'_>, scratch: &mut Scratch) {
        let items = self.prior.count.len();
        scratch.scores.begin(items);
        let newest = history.items.last().copied().unwrap_or(u32::MAX);
        if (newest as usize) < items {
            self.score_from(newest, scratch);
        }
        self.prior.settle(&mut scratch.scores);
    }

    fn update(&mut self, session: History<'_>) {
        self.prior.update(session);
        let known = |item: &u32| (*item as usize) < self.prior.count.len();
        let items: Vec<u32> = session.items.iter().copied().filter(known).collect();
        let mut seen = Scores::default();
        for &item in &items {
            add_others(item, &items, &mut seen, |other| {
                self.pairs.add(item, other, 1.0);
            });
        }
    }

    fn memory(&self) -> usize {
        self.pairs.memory() + self.prior.memory()
    }
}

/// Calls `add` once for each distinct item of a session that is not `item`.
fn add_others(item: u32, session: &[u32], seen: &mut Scores, mut add: impl FnMut(u32)) {
    seen.begin(session.iter().max().map_or(0, |&most| most as usize + 1));
    seen.set(item, 1.0);
    for &other in session {
        if !seen.has(other) {
            seen.set(other, 1.0);
            add(other);
        }
    }
}
