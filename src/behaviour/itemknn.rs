//! Item-based nearest neighbours: similarity of items through the sessions they share.
//! Sarwar et al., "Item-based collaborative filtering recommendation algorithms" (WWW 2001), with the regularised cosine of
//! session-rec: `sum over sessions of n_i n_j / ((n_i + lambda)^alpha (n_j + lambda)^(1 - alpha))`; an item is no neighbour of itself.

use super::index::Index;
use super::rules::Rows;
use super::{BehaviourModel, History, Scratch, Sessions, Values, Watch, need_events};
use crate::problem::Problem;

/// Ranks items by their similarity to the newest item of the history.
#[derive(Clone, Debug)]
pub struct ItemKnn {
    neighbours: usize,
    lambda: f64,
    alpha: f64,
    count: Vec<f64>,
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
            count: Vec::new(),
            pairs: Rows::default(),
        }
    }
}

impl BehaviourModel for ItemKnn {
    fn fit(&mut self, train: &Sessions, watch: &mut Watch<'_>) -> Result<(), Problem> {
        need_events(train)?;
        let index = Index::new(train);
        self.count = index.places.iter().map(|p| p.len() as f64).collect();
        self.pairs = Rows::build(train.items, |item, sums| {
            if item % 1024 == 0 {
                watch.report(item as usize, train.items as usize)?;
            }
            for &place in &index.places[item as usize] {
                let others = index.items_of(index.session[place as usize]);
                for &other in others.iter().filter(|&&other| other != item) {
                    sums.add(other, 1.0);
                }
            }
            Ok(())
        })?;
        watch.report(1, 1)
    }

    fn score(&self, history: History<'_>, scratch: &mut Scratch) {
        let items = self.count.len();
        scratch.scores.begin(items);
        let Some(&newest) = history.items.last() else {
            return;
        };
        if newest as usize >= items {
            return;
        }
        let own = libm::pow(self.count[newest as usize] + self.lambda, self.alpha);
        let list = &mut scratch.neighbours;
        list.clear();
        self.pairs.visit(newest, usize::MAX, |other, pairs| {
            let norm = own * libm::pow(self.count[other as usize] + self.lambda, 1.0 - self.alpha);
            list.push((pairs / norm, other));
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

    fn update(&mut self, session: History<'_>) {
        let known = |item: &u32| (*item as usize) < self.count.len();
        let items: Vec<u32> = session.items.iter().copied().filter(known).collect();
        for (place, &item) in items.iter().enumerate() {
            self.count[item as usize] += 1.0;
            for &other in items[..place].iter().filter(|&&other| other != item) {
                self.pairs.add(item, other, 1.0);
                self.pairs.add(other, item, 1.0);
            }
        }
    }

    fn memory(&self) -> usize {
        self.pairs.memory() + 8 * self.count.len()
    }
}
