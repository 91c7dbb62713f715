//! The win rate of a log of bids, and what a problem can take from it.

use std::collections::BTreeMap;

use super::super::protocol::WinsView;
use super::find;
use super::orders::rounded;
use crate::demand::wins::{Tried, fit, read};
use crate::experiment::parameters::{Settings, Value};
use crate::problem::Problem;

/// Points of a fitted curve.
const POINTS: u32 = 40;
/// Bids that are shown, each with its share.
const SHOWN: usize = 60;

/// Levels of money in the bid that wins half, where the grain is proposed.
const GRAINS: f64 = 5.0;

/// The curve of a log of bids; `problem` says for what its numbers are proposed.
pub fn view(text: &str, problem: &str, settings: &Settings) -> Result<WinsView, Problem> {
    let fitted = fit(&read(text)?)?;
    let tried = &fitted.tried;
    let sum = |of: fn(&Tried) -> f64| tried.iter().map(of).sum::<f64>();
    let (low, high) = match (tried.first(), tried.last()) {
        (Some(first), Some(last)) => (first.bid, last.bid),
        _ => (0.0, 0.0),
    };
    let at = |i: u32| low + (high - low) * f64::from(i) / f64::from(POINTS);
    let takes = |key| find(problem).is_some_and(|entry| entry.parameters.contains(&key));
    let mut proposal = BTreeMap::new();
    if takes("winShape") {
        let number = |value: f64| Value::Number(rounded(value));
        proposal.insert("marketMean".to_owned(), number(fitted.median));
        proposal.insert("winShape".to_owned(), number(fitted.shape));
    }
    if takes("marketForm") {
        proposal.insert("marketForm".to_owned(), Value::Choice("curve".to_owned()));
        proposal.extend(grain(fitted.median, settings));
    }
    Ok(WinsView {
        median: fitted.median,
        median_error: fitted.median_error,
        median_interval: fitted.median_interval,
        shape: fitted.shape,
        shape_error: fitted.shape_error,
        shape_interval: fitted.shape_interval,
        auctions: sum(|t| t.auctions),
        wins: sum(|t| t.wins),
        tried: shown(tried),
        curve: (0..=POINTS).map(|i| (at(i), fitted.at(at(i)))).collect(),
        proposal,
    })
}

/// Auctions one by one are paid in whole levels of money. Where the bid that wins half is only a few of them, or very many, another
/// grain is proposed, with as many levels of budget and bids around that one.
fn grain(median: f64, settings: &Settings) -> BTreeMap<String, Value> {
    let level = settings.number("adLevel");
    if (2.0..=100.0).contains(&(median / level)) {
        return BTreeMap::new();
    }
    let new = rounded(median / GRAINS).max(1e-4);
    let bids = [0.6, 1.2, 1.8, 2.4].map(|share| rounded(share * median).to_string());
    [
        ("adLevel", Value::Number(new)),
        (
            "adBudget",
            Value::Number(rounded(settings.number("adBudget") / level * new)),
        ),
        ("bids", Value::Choice(bids.join(", "))),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into()
}

/// Share won at each bid; neighbouring bids are put together where there are many.
fn shown(tried: &[Tried]) -> Vec<(f64, f64, f64)> {
    let together = tried.len().div_ceil(SHOWN).max(1);
    let groups = tried.chunks(together);
    groups
        .map(|group| {
            let auctions: f64 = group.iter().map(|t| t.auctions).sum();
            let wins: f64 = group.iter().map(|t| t.wins).sum();
            let bids: f64 = group.iter().map(|t| t.auctions * t.bid).sum();
            (bids / auctions, wins / auctions, auctions)
        })
        .collect()
}
