//! Pairs of items that share sessions, with several weights each: what the blend knows of one item from another.

use std::collections::BTreeMap;

use crate::behaviour::index::Index;
use crate::behaviour::{Scores, Watch};
use crate::problem::Problem;

/// Weights of a pair of items `i`, `j`, in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Weights {
    /// How often `j` came right after `i`.
    pub next: f32,
    /// Sum of 1 / distance where `j` came after `i`.
    pub after: f32,
    /// Sum of 1 / distance where `j` came before `i`.
    pub before: f32,
    /// Events of `i` near which `j` stands.
    pub shared: f32,
    /// As `after`, old sessions weighing less.
    pub recent: f32,
}

impl Weights {
    fn add(&mut self, more: &Self) {
        self.next += more.next;
        self.after += more.after;
        self.before += more.before;
        self.shared += more.shared;
        self.recent += more.recent;
    }

    /// What rows are cut by.
    fn strength(&self) -> f32 {
        self.after + 0.5 * self.before
    }
}

/// Furthest distance of a pair in events.
const REACH: usize = 20;
/// Entries kept for each item.
const MOST: usize = 200;
/// The share of all sessions over which the weight of an old one halves.
const HALF_LIFE: f64 = 0.1;

/// For each item the items that go with it, strongest first.
#[derive(Clone, Debug, Default)]
pub struct Pairs {
    start: Vec<u32>,
    item: Vec<u32>,
    weight: Vec<Weights>,
    /// Sums of whole rows, before they were cut.
    total: Vec<Weights>,
    /// Rows that changed after the fit.
    changed: BTreeMap<u32, (Vec<u32>, Vec<Weights>)>,
    /// How many sessions there were at the fit.
    sessions: usize,
}

/// Room for making one row.
#[derive(Default)]
struct Maker {
    /// Place of each item in the row.
    slot: Scores,
    /// The event by which each item was last counted as sharing.
    shared: Scores,
    row: Vec<(u32, Weights)>,
}

impl Pairs {
    /// Makes the rows of all items.
    ///
    /// # Errors
    /// `behaviour.stopped` when the watch said to stop.
    pub fn build(index: &Index, watch: &mut Watch<'_>) -> Result<Self, Problem> {
        let items = index.items as usize;
        let mut pairs = Self {
            start: vec![0],
            total: vec![Weights::default(); items],
            sessions: index.time.len(),
            ..Self::default()
        };
        let age: Vec<f32> = (0..pairs.sessions).map(|s| pairs.age(s)).collect();
        let mut maker = Maker::default();
        for item in 0..index.items {
            if item % 1024 == 0 {
                watch.report(item as usize, items)?;
            }
            pairs.total[item as usize] = maker.make(index, item, |session| age[session]);
            pairs.item.extend(maker.row.iter().map(|entry| entry.0));
            pairs.weight.extend(maker.row.iter().map(|entry| entry.1));
            pairs.start.push(pairs.item.len() as u32);
        }
        Ok(pairs)
    }

    /// Makes the rows of these items anew, after sessions were added to the index.
    pub fn refresh(&mut self, index: &Index, items: &[u32]) {
        let mut maker = Maker::default();
        for &item in items {
            self.total[item as usize] = maker.make(index, item, |session| self.age(session));
            let row = maker.row.iter().copied().unzip();
            self.changed.insert(item, row);
        }
    }

    fn age(&self, session: usize) -> f32 {
        let sessions = self.sessions.max(1) as f64;
        libm::exp2((session as f64 - sessions) / (HALF_LIFE * sessions)) as f32
    }

    /// The row of an item: items and their weights.
    pub fn row(&self, item: u32) -> (&[u32], &[Weights]) {
        if let Some((items, weights)) = self.changed.get(&item) {
            return (items, weights);
        }
        let range = self.start[item as usize] as usize..self.start[item as usize + 1] as usize;
        (&self.item[range.clone()], &self.weight[range])
    }

    /// The sum of an item's whole row.
    pub fn total(&self, item: u32) -> &Weights {
        &self.total[item as usize]
    }

    /// Bytes held.
    pub fn memory(&self) -> usize {
        let changed: usize = self.changed.values().map(|row| 24 * row.0.len()).sum();
        24 * self.item.len() + 24 * self.start.len() + changed
    }
}

impl Maker {
    /// Leaves the row of an item in `self.row` and returns its sum. `age` weighs sessions.
    fn make(&mut self, index: &Index, item: u32, age: impl Fn(usize) -> f32) -> Weights {
        self.slot.begin(index.items as usize);
        self.shared.begin(index.items as usize);
        self.row.clear();
        for &place in &index.places[item as usize] {
            let session = index.session[place as usize];
            let events = index.items_of(session);
            let own = (place - index.start[session as usize]) as usize;
            let age = age(session as usize);
            let first = own.saturating_sub(REACH);
            for (back, &before) in events[first..own].iter().rev().enumerate() {
                self.at(before, place, item).before += 1.0 / (back + 1) as f32;
            }
            for (ahead, &after) in events[own + 1..].iter().take(REACH).enumerate() {
                let entry = self.at(after, place, item);
                let weight = 1.0 / (ahead + 1) as f32;
                entry.next += f32::from(u8::from(ahead == 0));
                entry.after += weight;
                entry.recent += weight * age;
            }
        }
        let mut total = Weights::default();
        for (_, weights) in &self.row {
            total.add(weights);
        }
        let better = |a: &(u32, Weights), b: &(u32, Weights)| {
            let order = b.1.strength().total_cmp(&a.1.strength());
            order.then(a.0.cmp(&b.0))
        };
        if self.row.len() > MOST {
            self.row.select_nth_unstable_by(MOST, better);
            self.row.truncate(MOST);
        }
        self.row.sort_unstable_by(better);
        total
    }

    /// The entry of `other`, counted as sharing the event at `place` once.
    fn at(&mut self, other: u32, place: u32, item: u32) -> &mut Weights {
        if !self.slot.has(other) {
            self.slot.set(other, self.row.len() as f64);
            self.row.push((other, Weights::default()));
        }
        let at = self.slot.get(other) as usize;
        let event = f64::from(place) + 1.0;
        if other != item && self.shared.get(other) != event {
            self.shared.set(other, event);
            self.row[at].1.shared += 1.0;
        }
        &mut self.row[at].1
    }
}
