//! Recommendations for a user: the top items with what each number is made of.

pub mod export;
pub mod network;

use serde::Serialize;

use crate::agent::table::QTable;
use crate::behaviour::markov::ANY;
use crate::env::Environment as _;
use crate::env::shop::{Entry, Shop, shrink};
use crate::log::Log;

/// What is looked up in a log for every recommendation, made once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserIndex {
    /// One more than the latest session of each user; 0 without one.
    latest: Vec<u32>,
    /// Items with their numbers of events, most first; ties by item number.
    popular: Vec<(u32, u32)>,
    /// Place of each item in `popular`, from 1.
    rank: Vec<u32>,
}

impl UserIndex {
    /// Looks through a log.
    #[must_use]
    pub fn new(log: &Log) -> Self {
        let mut latest = vec![0; log.users.len()];
        for (session, &user) in log.session_user.iter().enumerate() {
            let before = latest[user as usize];
            let time = |session: usize| log.events.time.get(log.session(session).start).copied();
            if before == 0 || time(session) >= time(before as usize - 1) {
                latest[user as usize] = session as u32 + 1;
            }
        }
        let mut counts = vec![0_u32; log.items.len()];
        for &item in &log.events.item {
            counts[item as usize] += 1;
        }
        let popular = most_first(&counts);
        let mut rank = vec![0; popular.len()];
        for (place, &(item, _)) in popular.iter().enumerate() {
            rank[item as usize] = place as u32 + 1;
        }
        Self {
            latest,
            popular,
            rank,
        }
    }

    /// The rank of an item of the log by popularity, from 1.
    #[must_use]
    pub fn rank(&self, item: u32) -> u32 {
        self.rank[item as usize]
    }

    /// The latest session of a user.
    #[must_use]
    pub fn latest_session(&self, user: u32) -> Option<u32> {
        self.latest.get(user as usize)?.checked_sub(1)
    }

    /// The popularity baseline: the items with most events, each with its number.
    #[must_use]
    pub fn popular(&self, k: usize) -> &[(u32, u32)] {
        &self.popular[..k.min(self.popular.len())]
    }
}

/// The items with their counts, largest first; ties in the order of first sight.
fn most_first(counts: &[u32]) -> Vec<(u32, u32)> {
    let mut order: Vec<(u64, u32)> = counts
        .iter()
        .zip(0..)
        .map(|(&count, item)| (u64::from(!count), item))
        .collect();
    order.sort_unstable();
    order
        .into_iter()
        .map(|(_, item)| (item, counts[item as usize]))
        .collect()
}

/// One recommended item and what its numbers are made of.
///
/// `explained = p_accept * (reward + future) + (1 - p_accept) * otherwise` is what the model expects one step ahead of the
/// learned values; it differs from the learned `q` by what is still to learn (the Bellman residual of the pair).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Recommendation {
    /// The item.
    pub item: u32,
    /// What the list is ranked by: the learned Q-value where recommending has a lift; else likelihood times the value of the
    /// accepted branch, measured from the worst branch of the state where that is negative.
    pub score: f64,
    /// Learned Q(s,a).
    pub q: f64,
    /// Q*(s,a).
    pub q_star: f64,
    /// Probability of the item without a recommendation.
    pub p_behaviour: f64,
    /// Probability that it is taken when recommended.
    pub p_accept: f64,
    /// Expected immediate reward when taken.
    pub reward: f64,
    /// Discounted learned value of the state entered with it: gamma * V(next).
    pub future: f64,
    /// Expected value when it is not taken.
    pub otherwise: f64,
    /// The parts put together, see above.
    pub explained: f64,
    /// n(s,a): how often the item followed the state in the log.
    pub support: u32,
    /// How often the agent tried it while learning.
    pub tried: u32,
    /// The state it was recommended in; another than the user's own where the list was filled up from a shorter suffix.
    pub state: u32,
}

/// The recommendations for one history.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recommended {
    /// The state of the history.
    pub state: u32,
    /// How many of the latest items the state holds: fewer than the history has (up to the shop's order) means that
    /// longer suffixes were too rare and backed off.
    pub order: u32,
    /// Whether it backed off.
    pub backed_off: bool,
    /// The items, best first.
    pub items: Vec<Recommendation>,
}

/// Everything recommending needs, by reference.
#[derive(Clone, Copy, Debug)]
pub struct Recommender<'a> {
    /// The log.
    pub log: &'a Log,
    /// Its index.
    pub index: &'a UserIndex,
    /// The shop made of it.
    pub shop: &'a Shop,
    /// Learned Q-values on that shop.
    pub table: &'a QTable,
    /// How often each pair was tried, in the order of [`QTable::values`].
    pub visits: &'a [u32],
    /// Q*, in that order too.
    pub q_star: &'a [f64],
    /// The discount of both.
    pub gamma: f64,
}

impl Recommender<'_> {
    /// The history of a user: the items of the latest session, oldest first, repeats on one item merged as in the shop.
    #[must_use]
    pub fn history(&self, user: u32) -> Vec<u32> {
        let Some(session) = self.index.latest_session(user) else {
            return Vec::new();
        };
        let mut items = self.log.session_items(session as usize).to_vec();
        if self.log.has_kinds {
            items.dedup();
        }
        items
    }

    /// The `k` best items for a user.
    #[must_use]
    pub fn for_user(&self, user: u32, k: usize) -> Recommended {
        self.for_history(&self.history(user), k)
    }

    /// The `k` best items after a history (oldest item first). Where the state has fewer actions, the list is filled up
    /// from its shorter suffixes, then from the start of a session; no item stands twice.
    #[must_use]
    pub fn for_history(&self, history: &[u32], k: usize) -> Recommended {
        let state = self.shop.state_of(history);
        let order = self.shop.order(state);
        let wanted = history.len().min(self.shop.config().order as usize);
        let mut items: Vec<Recommendation> = Vec::new();
        let current = history.last();
        for from in self.shop.back_off(state) {
            if items.len() >= k {
                break;
            }
            let mut ranked = self.rank(from);
            if from != state {
                ranked.retain(|new| {
                    Some(&new.item) != current && items.iter().all(|old| old.item != new.item)
                });
            }
            items.extend(ranked);
        }
        items.truncate(k);
        Recommended {
            state,
            order,
            backed_off: (order as usize) < wanted,
            items,
        }
    }

    /// The actions of one state, best first.
    fn rank(&self, state: u32) -> Vec<Recommendation> {
        let actions = self.shop.actions(state);
        let entries = self.shop.entries(state);
        let undirected = self.undirected(state);
        let floor = self.floor(state);
        let mut ranked: Vec<Recommendation> = entries[..actions as usize]
            .iter()
            .enumerate()
            .map(|(action, entry)| self.explain(state, action as u32, entry, undirected, floor))
            .collect();
        // An untried pair still has its initial value, which says nothing: tried ones go first. The sort is stable, so that
        // ties go to the more likely item.
        ranked.sort_by(|a, b| {
            let tried = (b.tried > 0).cmp(&(a.tried > 0));
            tried.then(b.score.total_cmp(&a.score))
        });
        ranked
    }

    fn explain(
        &self,
        state: u32,
        action: u32,
        entry: &Entry,
        undirected: f64,
        floor: f64,
    ) -> Recommendation {
        let pair = self.table.pair(state, action);
        let p_accept = self.shop.lifted(entry.probability);
        let future = self.gamma * self.table.max(entry.next);
        let branch = entry.reward + future;
        let others = undirected - entry.probability * branch;
        let otherwise = if entry.probability < 1.0 {
            others / (1.0 - entry.probability)
        } else {
            0.0
        };
        let q = self.table.get(state, action);
        let score = if self.shop.config().lift > 1.0 {
            q
        } else {
            entry.probability * (branch - floor)
        };
        Recommendation {
            item: entry.item,
            score,
            q,
            q_star: self.q_star[pair],
            p_behaviour: entry.probability,
            p_accept,
            reward: entry.reward,
            future,
            otherwise,
            explained: p_accept * branch + shrink(entry.probability, p_accept) * others,
            support: entry.support,
            tried: self.visits[pair],
            state,
        }
    }

    /// Value of all that may follow a state without a recommendation, by the learned values.
    fn undirected(&self, state: u32) -> f64 {
        let (leave, other) = (self.shop.leave(state), self.shop.other(state));
        let mut sum = leave.0 * leave.1 + other.0 * (other.1 + self.gamma * self.table.max(ANY));
        for entry in self.shop.entries(state) {
            sum += entry.probability * (entry.reward + self.gamma * self.table.max(entry.next));
        }
        sum
    }

    /// The worst branch of a state where that is negative, else 0.
    fn floor(&self, state: u32) -> f64 {
        let leave = self.shop.leave(state);
        let branches = self
            .shop
            .entries(state)
            .iter()
            .map(|entry| entry.reward + self.gamma * self.table.max(entry.next));
        branches.fold(leave.1.min(0.0), f64::min)
    }
}
