//! Popularity, of the whole log and of the session: the floors that every other model must clear.
//! Session popularity follows Hidasi et al., "Session-based recommendations with recurrent neural networks" (ICLR 2016).

use super::prior::Prior;
use super::{BehaviourModel, History, Scratch, Sessions, Watch, need_events};
use crate::problem::Problem;

/// Ranks items by how often they occur in the training sessions; with `session`, first by how often they occur in the
/// history: `count in history + n / (n + 1)` where `n` is the item's training count.
#[derive(Clone, Debug, Default)]
pub struct Popularity {
    session: bool,
    prior: Prior,
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

    fn share(&self, item: u32) -> f64 {
        let count = f64::from(self.prior.count[item as usize]);
        count / (count + 1.0)
    }
}

impl BehaviourModel for Popularity {
    fn fit(&mut self, train: &Sessions, watch: &mut Watch<'_>) -> Result<(), Problem> {
        need_events(train)?;
        self.prior = Prior::new(train);
        watch.report(1, 1)
    }

    fn score(&self, history: History<'_>, scratch: &mut Scratch) {
        let items = self.prior.count.len();
        scratch.scores.begin(items);
        for &item in self.prior.popular() {
            scratch.scores.add(item, self.share(item));
        }
        if self.session {
            for &item in history.items.iter().filter(|&&i| (i as usize) < items) {
                if !scratch.scores.has(item) {
                    scratch.scores.add(item, self.share(item));
                }
                scratch.scores.add(item, 1.0);
            }
        }
        self.prior.settle(&mut scratch.scores);
    }

    fn update(&mut self, session: History<'_>) {
        self.prior.update(session);
    }

    fn memory(&self) -> usize {
        self.prior.memory()
    }
}
