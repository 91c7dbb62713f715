//! The shop: which item to recommend next, as a decision problem made from a behaviour log.
//!
//! After Shani, Heckerman & Brafman, "An MDP-Based Recommender System", JMLR 6 (2005). A state is the longest suffix of
//! the session's items that the log saw often enough; an action recommends an item; what follows is the next item
//! of the user, or leaving. Recommending item `a` raises its probability `p_a` to
//! `p'_a = max(p_a, min(L p_a, 0.95))` and scales all other outcomes by `(1 - p'_a) / (1 - p_a)`.
//!
//! Where we differ from the paper: the next items of a state beyond the [`ShopConfig::candidates`] most likely ones are
//! one outcome, "some other item", with their mean reward, which leads to the empty suffix; p is the equal mixture of the
//! orders 1 to k that the state has, as in the paper, without skipping and clustering; mean rewards back off to
//! shorter suffixes.

pub mod build;
pub mod config;
pub mod visits;

pub use config::{RewardConfig, ShopConfig};

use crate::behaviour::markov::{ANY, START, Suffixes};
use crate::env::{Environment, Model, NO_TOKEN, Sight, Step};
use crate::log::Names;
use crate::random::{Rng, draw};

/// Recommending never makes an item more likely than this (unless it was before).
pub const PROBABILITY_CAP: f64 = 0.95;

/// One item that may follow a state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// The item.
    pub item: u32,
    /// State entered with it.
    pub next: u32,
    /// How often it followed the state's suffix in the log: n(s,a).
    pub support: u32,
    /// p(item | state) without a recommendation.
    pub probability: f64,
    /// Expected reward.
    pub reward: f64,
    /// Sum of the probabilities up to and with this one.
    cumulative: f64,
}

/// What may follow a state beside its entries.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rest {
    /// How many of the entries may be recommended: the first ones.
    actions: u32,
    /// Probability of an item that is not among the entries, and its expected reward.
    other: (f64, f64),
    /// Probability of leaving, and its expected reward (0 or negative).
    leave: (f64, f64),
}

/// A decision problem made from a behaviour log. State 0 is the start of a session, state 1 the empty suffix
/// ("after any item"), which has no actions where nothing leads to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Shop {
    config: ShopConfig,
    suffixes: Suffixes,
    row_start: Vec<u32>,
    entries: Vec<Entry>,
    rests: Vec<Rest>,
    starts: [(u32, f64); 1],
}

impl Shop {
    /// The settings it was built with.
    #[must_use]
    pub fn config(&self) -> &ShopConfig {
        &self.config
    }

    /// The same shop under another assumption about what recommending does; `lift` must be in the range of [`ShopConfig::lift`].
    ///
    /// # Errors
    /// `shop.range` when it is not.
    pub fn set_lift(&mut self, lift: f64) -> Result<(), crate::problem::Problem> {
        let config = ShopConfig {
            lift,
            ..self.config
        };
        config.check()?;
        self.config = config;
        Ok(())
    }

    /// The items that may follow a state one by one; the first [`Environment::actions`] of them, by falling
    /// probability, are the actions in the order of their numbers.
    #[must_use]
    pub fn entries(&self, state: u32) -> &[Entry] {
        let state = state as usize;
        &self.entries[self.row_start[state] as usize..self.row_start[state + 1] as usize]
    }

    /// Probability and expected reward of an item that is not among the entries of a state.
    #[must_use]
    pub fn other(&self, state: u32) -> (f64, f64) {
        self.rests[state as usize].other
    }

    /// Probability and expected reward of leaving from a state.
    #[must_use]
    pub fn leave(&self, state: u32) -> (f64, f64) {
        self.rests[state as usize].leave
    }

    /// The state after a history (oldest item first): its longest suffix that is a state.
    #[must_use]
    pub fn state_of(&self, history: &[u32]) -> u32 {
        let newest_first = history.iter().rev().take(self.config.order as usize);
        self.suffixes.longest(newest_first.copied())
    }

    /// How many items of the history a state holds.
    #[must_use]
    pub fn order(&self, state: u32) -> u32 {
        self.suffixes.node(state).order
    }

    /// The state of the same suffix without its oldest item; "after any item" for suffixes of one item and less.
    #[must_use]
    pub fn shorter(&self, state: u32) -> u32 {
        self.suffixes.node(state).shorter
    }

    /// How often the log was in a state.
    #[must_use]
    pub fn seen(&self, state: u32) -> u32 {
        self.suffixes.node(state).count
    }

    /// The items of a state, oldest first.
    #[must_use]
    pub fn state_items(&self, state: u32) -> Vec<u32> {
        let mut items: Vec<u32> = self.suffixes.newest_first(state).collect();
        items.reverse();
        items
    }

    /// A state's name: its items, oldest first; `∅` for the start and `…` for "after any item".
    #[must_use]
    pub fn state_name(&self, state: u32, items: &Names) -> String {
        match state {
            START => "∅".to_owned(),
            ANY => "…".to_owned(),
            _ => {
                let numbers = self.state_items(state);
                let names: Vec<&str> = numbers.into_iter().map(|item| items.get(item)).collect();
                names.join(" → ")
            }
        }
    }

    /// The probability with which a recommended item is taken, given its probability without.
    #[inline]
    #[must_use]
    pub fn lifted(&self, probability: f64) -> f64 {
        probability.max((self.config.lift * probability).min(PROBABILITY_CAP))
    }

    /// Expected reward and discounted value of all that may follow a state without any recommendation:
    /// the `S` of the structured backup.
    #[must_use]
    pub fn undirected(&self, state: u32, values: &[f64], gamma: f64) -> f64 {
        let rest = &self.rests[state as usize];
        let mut sum = rest.leave.0 * rest.leave.1;
        sum += rest.other.0 * (rest.other.1 + gamma * values[ANY as usize]);
        for entry in self.entries(state) {
            sum += entry.probability * entry.branch(values, gamma);
        }
        sum
    }

    /// What recommending an item is worth, given what taking it is worth and the state's [`Shop::undirected`] value.
    #[inline]
    #[must_use]
    pub fn recommended(&self, entry: &Entry, branch: f64, undirected: f64) -> f64 {
        let lifted = self.lifted(entry.probability);
        let others = undirected - entry.probability * branch;
        lifted * branch + shrink(entry.probability, lifted) * others
    }

    /// The worst that may follow a state where that is negative, else 0: what likelihood times value is measured from.
    #[must_use]
    pub fn floor(&self, state: u32, values: &[f64], gamma: f64) -> f64 {
        let branches = self.entries(state).iter();
        let branches = branches.map(|entry| entry.branch(values, gamma));
        branches.fold(self.leave(state).1.min(0.0), f64::min)
    }

    /// The states that a list is filled from: a state, its shorter suffixes, the empty one, the start of a session.
    pub fn back_off(&self, state: u32) -> impl Iterator<Item = u32> + '_ {
        let shorter = std::iter::successors(Some(state), |&at| {
            (self.order(at) > 0).then(|| self.shorter(at))
        });
        shorter.chain((state != START).then_some(START))
    }

    /// Bytes that it holds.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.suffixes.memory()
            + 4 * self.row_start.len()
            + self.entries.len() * size_of::<Entry>()
            + self.rests.len() * size_of::<Rest>()
    }
}

impl Entry {
    /// What taking the item is worth: its reward and the discounted value of where it leads.
    #[inline]
    #[must_use]
    pub fn branch(&self, values: &[f64], gamma: f64) -> f64 {
        self.reward + gamma * values[self.next as usize]
    }
}

/// The factor by which the outcomes other than the recommended one shrink.
#[inline]
pub(crate) fn shrink(probability: f64, lifted: f64) -> f64 {
    if probability < 1.0 {
        (1.0 - lifted) / (1.0 - probability)
    } else {
        0.0
    }
}

impl Environment for Shop {
    fn states(&self) -> u32 {
        self.rests.len() as u32
    }

    fn actions(&self, state: u32) -> u32 {
        self.rests[state as usize].actions
    }

    fn reset(&self, _: &mut Rng) -> u32 {
        START
    }

    /// One uniform number decides: below `p'_a` the item is taken, what is above is stretched over the other outcomes.
    fn step(&self, state: u32, action: u32, rng: &mut Rng) -> Step {
        let row = self.entries(state);
        let taken = &row[action as usize];
        let lifted = self.lifted(taken.probability);
        let u = draw::unit(rng);
        let entered = |entry: &Entry| Step {
            reward: entry.reward,
            next: entry.next,
            end: false,
        };
        if u < lifted {
            return entered(taken);
        }
        let mut v = (u - lifted) * (1.0 - taken.probability) / (1.0 - lifted);
        if v >= taken.cumulative - taken.probability {
            v += taken.probability;
        }
        let place = row.partition_point(|entry| entry.cumulative <= v);
        if let Some(entry) = row.get(place) {
            return entered(entry);
        }
        let rest = &self.rests[state as usize];
        let items = row.last().map_or(0.0, |last| last.cumulative);
        if v < items + rest.other.0 {
            return Step {
                reward: rest.other.1,
                next: ANY,
                end: false,
            };
        }
        Step {
            reward: rest.leave.1,
            next: START,
            end: true,
        }
    }

    /// Items, and two more tokens for the start of a session and for "after any item".
    fn sight(&self) -> Sight {
        let entries = self.entries.iter().map(|entry| entry.item);
        let states = (0..self.states()).flat_map(|state| self.suffixes.newest_first(state));
        let items = entries.chain(states).max().map_or(0, |item| item + 1);
        Sight {
            tokens: items + 2,
            actions: items,
            length: self.config.order,
        }
    }

    fn look(&self, state: u32, tokens: &mut [u32]) {
        tokens.fill(NO_TOKEN);
        let mut newest_first = tokens.iter_mut().rev();
        if state == START || state == ANY {
            if let Some(place) = newest_first.next() {
                *place = state;
            }
            return;
        }
        for (place, item) in newest_first.zip(self.suffixes.newest_first(state)) {
            *place = item + 2;
        }
    }

    fn action_token(&self, state: u32, action: u32) -> u32 {
        self.entries(state)[action as usize].item
    }

    /// What recommending adds to the item's probability: it is that much of the item's own value that Q gains.
    fn action_share(&self, state: u32, action: u32) -> f64 {
        let probability = self.entries(state)[action as usize].probability;
        8.0 * (self.lifted(probability) - probability)
    }
}

impl Model for Shop {
    /// The structured backup: with `S` the value of all that may follow without a recommendation and `x_a` that of
    /// taking `a`, `Q(s,a) = p'_a x_a + (1 - p'_a) / (1 - p_a) (S - p_a x_a)`; no outcomes are written out.
    fn backup(&self, state: u32, values: &[f64], gamma: f64, q: &mut [f64]) {
        let sum = self.undirected(state, values, gamma);
        for (entry, place) in self.entries(state).iter().zip(q) {
            *place = self.recommended(entry, entry.branch(values, gamma), sum);
        }
    }

    fn starts(&self) -> &[(u32, f64)] {
        &self.starts
    }
}
