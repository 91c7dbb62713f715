//! From a log's events to visits: sequences of items, each with its reward.

use crate::behaviour::markov::Sequences;
use crate::env::shop::config::RewardConfig;
use crate::log::{EventType, Log};

/// The visits of a log, session after session.
///
/// Where the log has event types, consecutive events on one item are one visit (viewing an item, putting it in the
/// cart and buying it are steps of one visit), and each event type counts once a visit. In a log of bare views a
/// repeated item is a return to it, a visit of its own.
#[must_use]
pub fn visits(log: &Log, rewards: &RewardConfig) -> Sequences {
    let prices = rewards.price.then(|| mean_prices(log));
    let mut visits = Visits::new(*rewards, log.has_kinds, prices);
    for session in 0..log.sessions() {
        let events = log.session(session);
        visits.push(&log.events.item[events.clone()], &log.events.kind[events]);
    }
    visits.finish()
}

/// Visits in the making, session by session.
#[derive(Clone, Debug)]
pub struct Visits {
    rewards: RewardConfig,
    merge: bool,
    prices: Option<Vec<f64>>,
    made: Sequences,
}

impl Visits {
    /// No visits yet. With `merge`, consecutive events on one item are one visit; `prices` are by item.
    #[must_use]
    pub fn new(rewards: RewardConfig, merge: bool, prices: Option<Vec<f64>>) -> Self {
        let made = Sequences {
            start: vec![0],
            ..Sequences::default()
        };
        Self {
            rewards,
            merge,
            prices,
            made,
        }
    }

    /// Adds a session: its items, oldest first, and what was done with each.
    pub fn push(&mut self, items: &[u32], kinds: &[EventType]) {
        if items.is_empty() {
            return;
        }
        let mut at = 0;
        while at < items.len() {
            let item = items[at];
            let mut seen = 0_u8;
            let from = at;
            while at < items.len() && items[at] == item && (at == from || self.merge) {
                seen |= 1 << kinds[at] as u8;
                at += 1;
            }
            let prices = self.prices.as_ref();
            let price = prices.map_or(1.0, |prices| prices[item as usize]);
            self.made.items.push(item);
            self.made.rewards.push(reward(&self.rewards, seen, price));
        }
        self.made.start.push(self.made.items.len() as u32);
        let bought = kinds.contains(&EventType::Purchase);
        self.made.unhappy.push(!bought);
    }

    /// All visits. In a log without purchases no session counts as one that should have had one.
    #[must_use]
    pub fn finish(mut self) -> Sequences {
        if self.made.unhappy.iter().all(|&unhappy| unhappy) {
            self.made.unhappy.fill(false);
        }
        self.made
    }
}

fn reward(rewards: &RewardConfig, kinds: u8, price: f64) -> f64 {
    let weights = [
        rewards.view,
        rewards.click,
        rewards.cart,
        rewards.purchase * price,
    ];
    let mut sum = 0.0;
    for (kind, weight) in weights.into_iter().enumerate() {
        if kinds & (1 << kind) != 0 {
            sum += weight;
        }
    }
    sum
}

/// Mean logged price of each item; the mean of those where an item has none, 1 where no item has one.
fn mean_prices(log: &Log) -> Vec<f64> {
    let mut sums = vec![(0.0, 0u32); log.items.len()];
    for (&item, &price) in log
        .events
        .item
        .iter()
        .zip(log.events.price.iter().flatten())
    {
        if price.is_finite() {
            let sum = &mut sums[item as usize];
            *sum = (sum.0 + f64::from(price), sum.1 + 1);
        }
    }
    let means: Vec<Option<f64>> = sums
        .into_iter()
        .map(|(sum, count)| (count > 0).then(|| sum / f64::from(count)))
        .collect();
    let known = means.iter().flatten().count();
    let overall = if known == 0 {
        1.0
    } else {
        means.iter().flatten().sum::<f64>() / known as f64
    };
    means
        .into_iter()
        .map(|mean| mean.unwrap_or(overall))
        .collect()
}
