//! Rules between pairs of items: association rules (AR) and sequential rules (SR), as in Kamehkhosh, Jannach & Ludewig,
//! "A comparison of frequent pattern techniques and a deep learning method for session-based recommendation" (TempRec 2017)
//! and session-rec.

use std::collections::BTreeMap;

use super::prior::Prior;
use super::{BehaviourModel, History, Scores, Scratch, Sessions, Values, Watch, need_events};
use crate::problem::Problem;

/// How much a pair of events counts, by its distance of 1 or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decay {
    /// 1.
    Same,
    /// 1 / distance.
    Div,
    /// 1 / log10(distance + 1.7).
    Log,
    /// 1 / distance squared.
    Quadratic,
    /// 1 - distance / 10, not below 0.
    Linear,
}

impl Decay {
    /// The words for it, in the order of [`Decay::ALL`].
    pub const WORDS: &'static [&'static str] = &["same", "div", "log", "quadratic", "linear"];
    /// Every decay, in the order of [`Decay::WORDS`].
    pub const ALL: [Self; 5] = [
        Self::Same,
        Self::Div,
        Self::Log,
        Self::Quadratic,
        Self::Linear,
    ];

    /// The weight at a distance of 1 or more.
    #[must_use]
    pub fn at(self, distance: u32) -> f64 {
        let d = f64::from(distance);
        match self {
            Self::Same => 1.0,
            Self::Div => 1.0 / d,
            Self::Log => 1.0 / libm::log10(d + 1.7),
            Self::Quadratic => 1.0 / (d * d),
            Self::Linear => (1.0 - 0.1 * d).max(0.0),
        }
    }
}

/// For each item the items that go with it and their weights, heaviest first (of equal weights the lower number first).
#[derive(Clone, Debug, Default)]
pub struct Rows {
    start: Vec<u32>,
    item: Vec<u32>,
    weight: Vec<f64>,
    /// Rows that changed after the fit.
    changed: BTreeMap<u32, Vec<(u32, f64)>>,
}

impl Rows {
    /// Makes the row of every item from 0 to `items` by calling `fill` with the item and empty sums.
    ///
    /// # Errors
    /// Those of `fill`.
    pub fn build(
        items: u32,
        mut fill: impl FnMut(u32, &mut Scores) -> Result<(), Problem>,
    ) -> Result<Self, Problem> {
        let mut rows = Self {
            start: vec![0],
            ..Self::default()
        };
        let mut sums = Scores::default();
        let mut row = Vec::new();
        for item in 0..items {
            sums.begin(items as usize);
            fill(item, &mut sums)?;
            sums.top(usize::MAX, &mut row);
            rows.item.extend(row.iter().map(|entry| entry.0));
            rows.weight.extend(row.iter().map(|entry| entry.1));
            rows.start.push(rows.item.len() as u32);
        }
        Ok(rows)
    }

    /// Calls `visit` with the first `most` entries of an item's row.
    pub fn visit(&self, item: u32, most: usize, mut visit: impl FnMut(u32, f64)) {
        if let Some(row) = self.changed.get(&item) {
            row.iter().take(most).for_each(|&(to, w)| visit(to, w));
            return;
        }
        let at = item as usize;
        if at + 1 >= self.start.len() {
            return;
        }
        let range = self.start[at] as usize..self.start[at + 1] as usize;
        for place in range.take(most) {
            visit(self.item[place], self.weight[place]);
        }
    }

    /// Adds to one entry.
    pub fn add(&mut self, from: u32, to: u32, weight: f64) {
        if !self.changed.contains_key(&from) {
            let mut row = Vec::new();
            self.visit(from, usize::MAX, |item, w| row.push((item, w)));
            self.changed.insert(from, row);
        }
        let Some(row) = self.changed.get_mut(&from) else {
            return;
        };
        let sum = match row.iter().position(|entry| entry.0 == to) {
            Some(place) => row.remove(place).1 + weight,
            None => weight,
        };
        let place = row.partition_point(|&(item, w)| w > sum || (w == sum && item < to));
        row.insert(place, (to, sum));
    }

    /// Bytes held.
    #[must_use]
    pub fn memory(&self) -> usize {
        let changed: usize = self.changed.values().map(|row| 16 * row.len()).sum();
        4 * self.start.len() + 12 * self.item.len() + changed
    }
}

/// AR and SR: the score of an item is the weight of its rule from the newest item of the history, divided by the greatest.
#[derive(Clone, Debug)]
pub struct Rules {
    steps: usize,
    decay: Decay,
    /// Rules run both ways, and an item seen twice is paired with itself twice over (as in session-rec).
    both_ways: bool,
    most: usize,
    rows: Rows,
    prior: Prior,
}

impl Rules {
    /// Association rules: every pair of events of a session counts 1, both ways.
    #[must_use]
    pub fn association(values: &Values) -> Self {
        Self {
            steps: usize::MAX,
            decay: Decay::Same,
            both_ways: true,
            most: values.whole("prune"),
            rows: Rows::default(),
            prior: Prior::default(),
        }
    }

    /// Sequential rules: an event counts for each earlier event at most `steps` before it, weighted by distance.
    #[must_use]
    pub fn sequential(values: &Values) -> Self {
        Self {
            steps: values.whole("steps"),
            decay: Decay::ALL[values.whole("decay").min(Decay::ALL.len() - 1)],
            both_ways: false,
            most: values.whole("prune"),
            rows: Rows::default(),
            prior: Prior::default(),
        }
    }
}

/// Adds the pairs of the event at `place` of a session: with later events and, both ways, with earlier ones.
fn sum_pairs(rules: &Rules, session: &[u32], place: usize, sums: &mut Scores) {
    for (ahead, &next) in session[place + 1..].iter().take(rules.steps).enumerate() {
        sums.add(next, rules.decay.at(ahead as u32 + 1));
    }
    if rules.both_ways {
        for &before in &session[..place] {
            sums.add(before, 1.0);
        }
    }
}

impl BehaviourModel for Rules {
    fn fit(&mut self, train: &Sessions, watch: &mut Watch<'_>) -> Result<(), Problem> {
        need_events(train)?;
        self.prior = Prior::new(train);
        let index = super::index::Index::new(train);
        self.rows = Rows::build(train.items, |item, sums| {
            if item % 1024 == 0 {
                watch.report(item as usize, train.items as usize)?;
            }
            for &place in &index.places[item as usize] {
                let session = index.session[place as usize];
                let within = place - index.start[session as usize];
                sum_pairs(self, index.items_of(session), within as usize, sums);
            }
            Ok(())
        })?;
        watch.report(1, 1)
    }

    fn score(&self, history: History<'_>, scratch: &mut Scratch) {
        scratch.scores.begin(self.prior.count.len());
        if let Some(&newest) = history.items.last() {
            let scores = &mut scratch.scores;
            self.rows
                .visit(newest, self.most, |to, weight| scores.add(to, weight));
            scores.normalise();
        }
        self.prior.settle(&mut scratch.scores);
    }

    fn update(&mut self, session: History<'_>) {
        self.prior.update(session);
        let items: Vec<u32> = session
            .items
            .iter()
            .copied()
            .filter(|&item| (item as usize) < self.prior.count.len())
            .collect();
        for (place, &item) in items.iter().enumerate() {
            for (ahead, &next) in items[place + 1..].iter().take(self.steps).enumerate() {
                let weight = self.decay.at(ahead as u32 + 1);
                self.rows.add(item, next, weight);
                if self.both_ways {
                    self.rows.add(next, item, weight);
                }
            }
        }
    }

    fn memory(&self) -> usize {
        self.rows.memory() + self.prior.memory()
    }
}
