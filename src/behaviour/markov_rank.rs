//! Markov chains of order 1 to 3 with back-off to shorter suffixes of the history.
//! Back-off without normalisation as in Brants et al., "Large language models in machine translation" (EMNLP 2007).

use super::index::Index;
use super::prior::Prior;
use super::{BehaviourModel, History, Scratch, Sessions, Values, Watch, need_events};
use crate::problem::Problem;

/// An item's score is its share among what followed the longest suffix of the history (at most `order` items) after
/// which it was ever seen, times `backoff` for each item by which that suffix is shorter than the longest one seen.
#[derive(Clone, Debug, Default)]
pub struct MarkovRank {
    order: usize,
    backoff: f64,
    index: Index,
    prior: Prior,
}

impl MarkovRank {
    /// A model not yet fitted.
    #[must_use]
    pub fn new(values: &Values) -> Self {
        Self {
            order: values.whole("order"),
            backoff: values.real("backoff"),
            index: Index::default(),
            prior: Prior::default(),
        }
    }

    /// How many of the history's newest items (at most `order`, at least 1) stand right before and at `place`.
    fn matched(&self, place: usize, history: &[u32]) -> usize {
        let session = self.index.session[place] as usize;
        let room = place - self.index.start[session] as usize + 1;
        let most = self.order.min(room).min(history.len());
        (1..most)
            .take_while(|&back| self.index.item[place - back] == history[history.len() - 1 - back])
            .count()
            + 1
    }

    fn score_from(&self, newest: u32, history: &[u32], scratch: &mut Scratch) {
        // One pass finds every occurrence; the pair (matched length, next item) is kept for the levels below.
        let seen = &mut scratch.neighbours;
        seen.clear();
        let mut total = [0.0f64; 4];
        for &place in &self.index.places[newest as usize] {
            let place = place as usize;
            let session = self.index.session[place] as usize;
            if place + 1 < self.index.start[session + 1] as usize {
                let matched = self.matched(place, history);
                for count in &mut total[1..=matched] {
                    *count += 1.0;
                }
                seen.push((matched as f64, self.index.item[place + 1]));
            }
        }
        let longest = (1..=3).rev().find(|&length| total[length] > 0.0);
        let mut factor = 1.0;
        for length in (1..=longest.unwrap_or(0)).rev() {
            scratch.sessions.begin(self.prior.count.len());
            for &(matched, next) in seen.iter() {
                if matched >= length as f64 && !scratch.scores.has(next) {
                    scratch.sessions.add(next, 1.0);
                }
            }
            for &next in scratch.sessions.touched() {
                let share = scratch.sessions.get(next) / total[length];
                scratch.scores.add(next, factor * share);
            }
            factor *= self.backoff;
        }
    }
}

impl BehaviourModel for MarkovRank {
    fn fit(&mut self, train: &Sessions, watch: &mut Watch<'_>) -> Result<(), Problem> {
        need_events(train)?;
        self.index = Index::new(train);
        self.prior = Prior::new(train);
        watch.report(1, 1)
    }

    fn score(&self, history: History<'_>, scratch: &mut Scratch) {
        let items = self.prior.count.len();
        scratch.scores.begin(items);
        let newest = history.items.last().copied().unwrap_or(u32::MAX);
        if (newest as usize) < items {
            self.score_from(newest, history.items, scratch);
        }
        self.prior.break_ties(&mut scratch.scores);
    }

    fn update(&mut self, session: History<'_>) {
        self.prior.update(session);
        self.index.push(session);
    }

    fn memory(&self) -> usize {
        self.index.memory() + self.prior.memory()
    }
}
