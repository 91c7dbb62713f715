//! What is known of an item without any history: how often it occurs and when last. It settles what models leave open.

use super::{History, LONGEST_LIST, Scores, Sessions};

/// Popular items kept to fill short lists: twice the longest list, so that a tie at its end still counts against the tied.
const POPULAR: usize = 2 * LONGEST_LIST;
/// Relative change that breaks ties; sums of the same terms in another order differ by less.
const TIE: f64 = 1e-9;
/// Score of the most popular item where a model has nothing to say; below every score that a model gives.
const FILL: f64 = 1e-12;

/// Counts and last places of items.
#[derive(Clone, Debug, Default)]
pub struct Prior {
    /// How often each item occurs in the training sessions.
    pub count: Vec<u32>,
    /// Number of the newest event of each item, from 1 in the order of sessions; 0 where it has none.
    last: Vec<u32>,
    events: u32,
    /// The most popular items, best first; of equally popular ones the one seen last.
    popular: Vec<u32>,
}

impl Prior {
    /// Counts the events of items that have a number.
    #[must_use]
    pub fn new(train: &Sessions) -> Self {
        let items = train.items as usize;
        let mut prior = Self {
            count: vec![0; items],
            last: vec![0; items],
            ..Self::default()
        };
        for session in train.by_last_time() {
            prior.note(train.session(session as usize));
        }
        let seen = (0..train.items).filter(|&item| prior.count[item as usize] > 0);
        prior.popular = seen.collect();
        prior.cut();
        prior
    }

    /// Counts one more session, newer than all others.
    pub fn update(&mut self, session: History<'_>) {
        self.note(session);
        let items = self.count.len();
        let known = session
            .items
            .iter()
            .filter(|&&item| (item as usize) < items);
        for &item in known {
            if !self.popular.contains(&item) {
                self.popular.push(item);
            }
        }
        self.cut();
    }

    fn note(&mut self, session: History<'_>) {
        for &item in session.items {
            if let Some(count) = self.count.get_mut(item as usize) {
                *count += 1;
                self.events += 1;
                self.last[item as usize] = self.events;
            }
        }
    }

    fn cut(&mut self) {
        let popular = |item: &u32| {
            let at = *item as usize;
            (u32::MAX - self.count[at], u32::MAX - self.last[at], *item)
        };
        if self.popular.len() > POPULAR {
            self.popular.select_nth_unstable_by_key(POPULAR, popular);
            self.popular.truncate(POPULAR);
        }
        self.popular.sort_unstable_by_key(popular);
    }

    /// The most popular items, best first.
    #[must_use]
    pub fn popular(&self) -> &[u32] {
        &self.popular
    }

    /// Breaks ties: of equal scores the item seen last in training comes first.
    pub fn break_ties(&self, scores: &mut Scores) {
        let total = f64::from(self.events.max(1));
        scores.scale(|item| 1.0 + TIE * f64::from(self.last[item as usize]) / total);
    }

    /// Breaks ties and, where fewer than [`LONGEST_LIST`] items have a score, lets popular items follow.
    pub fn settle(&self, scores: &mut Scores) {
        self.break_ties(scores);
        let total = f64::from(self.events.max(1));
        if scores.touched().len() >= LONGEST_LIST {
            return;
        }
        for &item in &self.popular {
            if !scores.has(item) {
                scores.add(item, FILL * f64::from(self.count[item as usize]) / total);
            }
        }
    }

    /// Bytes held.
    #[must_use]
    pub fn memory(&self) -> usize {
        4 * (self.count.len() + self.last.len() + self.popular.len())
    }
}
