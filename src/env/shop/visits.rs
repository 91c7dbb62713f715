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
    let has_purchases = log.events.kind.contains(&EventType::Purchase);
    let mut made = Sequences {
        start: vec![0],
        ..Sequences::default()
    };
    for session in 0..log.sessions() {
        let events = log.session(session);
        if events.is_empty() {
            continue;
        }
        let bought = log.events.kind[events.clone()].contains(&EventType::Purchase);
        let mut at = events.start;
        while at < events.end {
            let item = log.events.item[at];
            let mut kinds = 0_u8;
            let from = at;
            while at < events.end && log.events.item[at] == item && (at == from || log.has_kinds) {
                kinds |= 1 << log.events.kind[at] as u8;
                at += 1;
            }
            let price = prices.as_ref().map_or(1.0, |prices| prices[item as usize]);
            made.items.push(item);
            made.rewards.push(reward(rewards, kinds, price));
        }
        made.start.push(made.items.len() as u32);
        made.unhappy.push(has_purchases && !bought);
    }
    made
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
