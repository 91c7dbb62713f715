//! What the blend looks at: for each item that may come next, how the history speaks for it in several ways.

use super::fast::ln_1p;
use super::members::Opinion;
use super::pairs::Pairs;
use crate::behaviour::index::Index;
use crate::behaviour::prior::Prior;
use crate::behaviour::{History, Scores};
use crate::log::EventType;

/// How many features a candidate has.
pub const FEATURES: usize = 32;
/// The features of one candidate.
pub type Row = [f32; FEATURES];

// Shares of what went with the newest item c; then of the earlier items; then of whole sessions; then of no history.
const NEXT: usize = 0;
const AFTER: usize = 1;
const BEFORE: usize = 2;
const COSINE: usize = 3;
const SECOND_AFTER: usize = 4;
const REST_AFTER: usize = 5;
const REST_COSINE: usize = 6;
const NEIGHBOURS: usize = 7;
const PAIR_NEXT: usize = 8;
const POPULAR: usize = 9;
const TENTH: usize = 10;
/// The item is the newest, second newest, third newest of the history, or an older one.
const REPEAT: usize = 11;
const TIMES: usize = 15;
const OLD_REPEAT: usize = 16;
const RECENT: usize = 17;
const ROOT_NEXT: usize = 18;
const ROOT_NEIGHBOURS: usize = 19;
const ROOT_AFTER: usize = 20;
const ROOT_COSINE: usize = 21;
const FIFTIETH: usize = 22;
const BREADTH: usize = 23;
/// The item was put in the cart, or bought, in this session.
const CARTED: usize = 24;
const BOUGHT: usize = 25;
/// Share of the item's events that are carts or purchases.
const WANTED: usize = 26;
/// What was last done with the item in this session was to buy it.
const JUST_BOUGHT: usize = 27;
/// What networks hold of it, where any were asked, on three scales; and on the last one if the session does not hold it yet.
pub const NETWORK: usize = 28;
const ROOT_NETWORK: usize = 29;
const LONG_NETWORK: usize = 30;
const NEW_NETWORK: usize = 31;

/// Distinct items of the history that are looked at.
const DEPTH: usize = 10;
/// Popular items that are always candidates.
const ALWAYS: usize = 30;
/// Newest events of the last item searched for the pair of the last two.
const PAIR_PLACES: usize = 1000;

/// Kinds of situations with weights of their own: all; then one of the history's length, of the newest item's support,
/// of how it repeats, and of the newest event's type.
pub const CONTEXTS: usize = 18;
/// The contexts of one situation; the first is the one of all.
pub type Contexts = [usize; 5];

/// Candidates with their features.
#[derive(Clone, Debug, Default)]
pub struct Table {
    slot: Scores,
    /// The candidates.
    pub item: Vec<u32>,
    /// The features of each.
    pub row: Vec<Row>,
}

impl Table {
    fn begin(&mut self, items: usize) {
        self.slot.begin(items);
        self.item.clear();
        self.row.clear();
    }

    #[inline]
    fn at(&mut self, item: u32) -> &mut Row {
        if !self.slot.has(item) {
            self.slot.set(item, self.item.len() as f64);
            self.item.push(item);
            self.row.push([0.0; FEATURES]);
        }
        &mut self.row[self.slot.get(item) as usize]
    }

    /// Where a candidate stands.
    pub fn find(&self, item: u32) -> Option<usize> {
        self.slot.has(item).then(|| self.slot.get(item) as usize)
    }
}

/// How often each item occurs among the newest events, a share of all.
#[derive(Clone, Debug, Default)]
struct Window {
    share: f64,
    from: usize,
    count: Vec<u32>,
}

impl Window {
    fn new(index: &Index, share: f64) -> Self {
        let mut window = Self {
            share,
            from: index.item.len(),
            count: vec![0; index.items as usize],
        };
        window.advance(index, 0);
        window
    }

    /// Takes in the events from place `new` on and lets the oldest go.
    fn advance(&mut self, index: &Index, new: usize) {
        for &item in &index.item[new..] {
            self.count[item as usize] += 1;
        }
        let from = index.item.len() - libm::ceil(self.share * index.item.len() as f64) as usize;
        for &item in &index.item[self.from.min(new)..from.max(self.from.min(new))] {
            self.count[item as usize] -= 1;
        }
        self.from = from;
    }
}

/// All that features are made from.
#[derive(Clone, Debug, Default)]
pub struct Base {
    pub index: Index,
    pub pairs: Pairs,
    pub prior: Prior,
    tenth: Window,
    fiftieth: Window,
    /// Carts and purchases of each item.
    wanted: Vec<u32>,
}

impl Base {
    /// Puts together what was learned.
    pub fn new(index: Index, pairs: Pairs, prior: Prior) -> Self {
        Self {
            tenth: Window::new(&index, 0.1),
            fiftieth: Window::new(&index, 0.02),
            wanted: vec![0; index.items as usize],
            index,
            pairs,
            prior,
        }
    }

    /// Counts carts and purchases.
    pub fn note_kinds(&mut self, session: History<'_>) {
        for (&item, &kind) in session.items.iter().zip(session.kinds) {
            if item < self.index.items && kind >= EventType::Cart {
                self.wanted[item as usize] += 1;
            }
        }
    }

    /// Learns from one more session.
    pub fn update(&mut self, session: History<'_>) {
        let before = self.index.item.len();
        self.prior.update(session);
        self.note_kinds(session);
        self.index.push(session);
        self.tenth.advance(&self.index, before);
        self.fiftieth.advance(&self.index, before);
        let mut items = self.index.item[before..].to_vec();
        items.sort_unstable();
        items.dedup();
        self.pairs.refresh(&self.index, &items);
    }

    /// The contexts of a history.
    pub fn contexts(&self, history: History<'_>) -> Contexts {
        let (n, items) = (history.items.len(), history.items);
        let newest = items.last().copied().unwrap_or(u32::MAX);
        let count = self.prior.count.get(newest as usize).copied().unwrap_or(0);
        let length = [2, 3, 5, 9].iter().filter(|&&from| n >= from).count();
        let support = [4, 16, 64, 256]
            .iter()
            .filter(|&&from| count >= from)
            .count();
        let repeats = match n {
            0 | 1 => 0,
            _ if items[n - 1] == items[n - 2] => 1,
            _ if items[..n - 1].contains(&newest) => 2,
            _ => 3,
        };
        let kind = match history.kinds.last() {
            Some(EventType::Cart) => 1,
            Some(EventType::Purchase) => 2,
            _ => 0,
        };
        [0, 1 + length, 6 + support, 11 + repeats, 15 + kind]
    }

    /// Fills the table with the candidates of a history. `recent` are its distinct items, newest first, each with its distance from
    /// the end; `near` holds what the neighbouring sessions say, `opinion` what networks do.
    pub fn fill(
        &self,
        history: History<'_>,
        recent: &[(u32, u32)],
        near: &Scores,
        opinion: &Opinion,
        table: &mut Table,
    ) {
        table.begin(self.index.items as usize);
        let total: f64 = near.touched().iter().map(|&item| near.get(item)).sum();
        if total > 0.0 {
            for &item in near.touched() {
                table.at(item)[NEIGHBOURS] = (near.get(item) / total) as f32;
            }
        }
        for (rank, &(item, back)) in recent.iter().take(DEPTH).enumerate() {
            self.add_row(item, rank, 1.0 / back as f32, table);
        }
        self.add_pair(history.items, table);
        for &item in self.prior.popular().iter().take(ALWAYS) {
            table.at(item);
        }
        for &item in &opinion.likeliest {
            table.at(item);
        }
        self.add_repeats(history, recent, table);
        self.shape(recent.len().clamp(1, DEPTH) as f32, table);
        if !opinion.chances.is_empty() {
            add_opinion(&opinion.chances, table);
        }
    }

    fn add_row(&self, item: u32, rank: usize, decay: f32, table: &mut Table) {
        let total = self.pairs.total(item);
        let own = self.prior.count[item as usize] as f32 + 20.0;
        let (next, after) = (1.0 / (total.next + 1.0), 1.0 / (total.after + 1.0));
        let (before, recent) = (1.0 / (total.before + 1.0), 1.0 / (total.recent + 0.1));
        let (items, weights) = self.pairs.row(item);
        for (&other, weight) in items.iter().zip(weights) {
            let norm = own * (self.prior.count[other as usize] as f32 + 20.0);
            let cosine = weight.shared / norm.sqrt();
            let row = table.at(other);
            row[BREADTH] += 1.0;
            if rank == 0 {
                row[NEXT] = weight.next * next;
                row[AFTER] = weight.after * after;
                row[BEFORE] = weight.before * before;
                row[COSINE] = cosine;
                row[RECENT] = weight.recent * recent;
                continue;
            }
            if rank == 1 {
                row[SECOND_AFTER] = weight.after * after;
            }
            row[REST_AFTER] += decay * weight.after * after;
            row[REST_COSINE] += decay * cosine;
        }
    }

    /// What followed the last two items together.
    fn add_pair(&self, items: &[u32], table: &mut Table) {
        let &[.., second, newest] = items else {
            return;
        };
        let Some(places) = self.index.places.get(newest as usize) else {
            return;
        };
        let mut seen = 0.0f32;
        for &place in places.iter().rev().take(PAIR_PLACES) {
            let place = place as usize;
            let session = self.index.session[place] as usize;
            let inside = place > self.index.start[session] as usize
                && place + 1 < self.index.start[session + 1] as usize;
            if inside && self.index.item[place - 1] == second {
                table.at(self.index.item[place + 1])[PAIR_NEXT] += 1.0;
                seen += 1.0;
            }
        }
        if seen > 0.0 {
            for row in &mut table.row {
                row[PAIR_NEXT] /= seen + 1.0;
            }
        }
    }

    fn add_repeats(&self, history: History<'_>, recent: &[(u32, u32)], table: &mut Table) {
        for &(item, back) in recent {
            let row = table.at(item);
            row[REPEAT + back.min(4) as usize - 1] = 1.0;
            if back > 3 {
                row[OLD_REPEAT] = 1.0 / back as f32;
            }
        }
        for (&item, &kind) in history.items.iter().zip(history.kinds) {
            if item >= self.index.items {
                continue;
            }
            let row = table.at(item);
            row[TIMES] += 1.0;
            row[JUST_BOUGHT] = f32::from(u8::from(kind == EventType::Purchase));
            match kind {
                EventType::Cart => row[CARTED] = 1.0,
                EventType::Purchase => row[BOUGHT] = 1.0,
                EventType::View | EventType::Click => {}
            }
        }
    }

    /// Brings sums and shares to a scale on which weights can add them.
    fn shape(&self, distinct: f32, table: &mut Table) {
        let events = self.index.item.len().max(1) as f32;
        let scale = 1e4 / events;
        for (&item, row) in table.item.iter().zip(&mut table.row) {
            let item = item as usize;
            row[ROOT_NEXT] = row[NEXT].sqrt();
            row[ROOT_NEIGHBOURS] = row[NEIGHBOURS].sqrt();
            row[ROOT_AFTER] = row[AFTER].sqrt();
            row[ROOT_COSINE] = row[COSINE].sqrt();
            for feature in [
                NEXT,
                AFTER,
                BEFORE,
                SECOND_AFTER,
                REST_AFTER,
                NEIGHBOURS,
                PAIR_NEXT,
                RECENT,
            ] {
                row[feature] = ln_1p(1e3 * row[feature]);
            }
            row[COSINE] = ln_1p(1e2 * row[COSINE]);
            row[REST_COSINE] = ln_1p(1e2 * row[REST_COSINE]);
            let count = self.prior.count[item] as f32;
            row[POPULAR] = ln_1p(count * scale);
            row[TENTH] = ln_1p(self.tenth.count[item] as f32 * 10.0 * scale);
            row[FIFTIETH] = ln_1p(self.fiftieth.count[item] as f32 * 50.0 * scale);
            row[TIMES] = ln_1p((row[TIMES] - 1.0).max(0.0));
            row[BREADTH] /= distinct;
            row[WANTED] = self.wanted[item] as f32 / (count + 10.0);
        }
    }
}

/// What networks say, on the scales of the other features.
fn add_opinion(chances: &[f32], table: &mut Table) {
    for (&item, row) in table.item.iter().zip(&mut table.row) {
        let chance = chances[item as usize];
        row[NETWORK] = ln_1p(1e3 * chance);
        row[ROOT_NETWORK] = chance.sqrt();
        row[LONG_NETWORK] = ln_1p(1e6 * chance);
        let held = row[REPEAT..REPEAT + 4].iter().any(|&place| place > 0.0);
        row[NEW_NETWORK] = if held { 0.0 } else { row[LONG_NETWORK] };
    }
}
