//! Why a network recommends what it does, and what it holds to be alike.

use super::Neural;
use crate::behaviour::{BehaviourModel, History, Scratch};
use crate::nn::vector::dot;

/// What the events of a history do for the recommended item.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Explanation {
    /// The recommended items and their scores, best first.
    pub recommended: Vec<(u32, f64)>,
    /// For each of the last events, oldest first: its place in the history, and by how much the logarithm of the best item's score
    /// falls when the event is left out (occlusion; Zeiler & Fergus 2014). Negative: the event speaks against the item.
    pub events: Vec<(u32, f64)>,
}

impl Neural {
    /// The `count` best items after a history and what each event of the state does for the first of them.
    #[must_use]
    pub fn explain(&self, history: History<'_>, count: usize) -> Explanation {
        let mut scratch = Scratch::new();
        self.score(history, &mut scratch);
        let mut recommended = Vec::new();
        scratch.scores.top(count, &mut recommended);
        let Some(&(best, score)) = recommended.first() else {
            return Explanation::default();
        };
        let from = history.items.len().saturating_sub(self.settings().events);
        let mut events = Vec::new();
        for left_out in from..history.items.len() {
            let without = |at: &usize| *at != left_out;
            let rest: Vec<usize> = (0..history.items.len()).filter(without).collect();
            let items: Vec<u32> = rest.iter().map(|&at| history.items[at]).collect();
            let kinds: Vec<_> = rest.iter().map(|&at| history.kinds[at]).collect();
            let times: Vec<i64> = rest.iter().map(|&at| history.times[at]).collect();
            let shorter = History {
                items: &items,
                kinds: &kinds,
                times: &times,
            };
            self.score(shorter, &mut scratch);
            // Of nothing at all, every item is as likely as any other.
            let even = 1.0 / self.items().max(1) as f64;
            let other = scratch.scores.get(best);
            let other = if other > 0.0 { other } else { even };
            events.push((left_out as u32, libm::log(score / other)));
        }
        Explanation {
            recommended,
            events,
        }
    }

    fn items(&self) -> usize {
        self.course()
            .map_or(0, |course| course.learner.network.items)
    }

    /// The `count` items whose embeddings point most nearly in the direction of this one's, with the cosine of the angle between them.
    #[must_use]
    pub fn neighbours(&self, item: u32, count: usize) -> Vec<(u32, f32)> {
        let Some(course) = self.course() else {
            return Vec::new();
        };
        let (network, weights) = (&course.learner.network, &course.learner.weights);
        if item as usize >= network.items {
            return Vec::new();
        }
        let own = network.item.row(weights, item);
        let length = |row: &[f32]| dot(row, row).sqrt().max(f32::MIN_POSITIVE);
        let others = (0..network.items as u32).filter(|&other| other != item);
        let mut found: Vec<(u32, f32)> = others
            .map(|other| {
                let row = network.item.row(weights, other);
                (other, dot(own, row) / (length(own) * length(row)))
            })
            .collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found.truncate(count);
        found
    }
}
