//! The click rates of a log of ads, and what a problem can take from them.

use std::collections::BTreeMap;

use super::super::protocol::{AdView, ClicksView};
use super::find;
use super::orders::rounded;
use crate::demand::clicks::{ClickRates, fit, read};
use crate::experiment::parameters::{Settings, Value};
use crate::problem::Problem;

/// The rates of a log of ads; they are proposed where the problem takes click rates.
pub fn view(text: &str, problem: &str, settings: &Settings) -> Result<ClicksView, Problem> {
    let found = fit(&read(text)?)?;
    let takes = find(problem).is_some_and(|entry| entry.parameters.contains(&"clickRates"));
    let proposal = if takes {
        proposal(&found, settings)
    } else {
        BTreeMap::new()
    };
    let view = |ad: &crate::demand::clicks::AdRate| AdView {
        name: ad.ad.name.clone(),
        shown: ad.ad.shown,
        clicks: ad.ad.clicks,
        interval: ad.interval,
        rate: ad.rate,
    };
    Ok(ClicksView {
        ads: found.ads.iter().map(view).collect(),
        mean: found.mean,
        strength: found.strength,
        chi_square: found.chi_square,
        chance: found.chance,
        proposal,
    })
}

/// A log of ads says nothing of money: where there are not as many costs and values as ads, each is the first that was typed.
fn proposal(found: &ClickRates, settings: &Settings) -> BTreeMap<String, Value> {
    let rates = found.ads.iter().map(|ad| rounded(ad.rate).to_string());
    let rates: Vec<String> = rates.collect();
    let mut proposal = BTreeMap::new();
    for key in ["clickCosts", "clickValues"] {
        let typed = settings.numbers(key);
        if typed.len() != rates.len() {
            let first = typed.first().copied().unwrap_or(0.0).to_string();
            let all = vec![first; rates.len()].join(", ");
            proposal.insert(key.to_owned(), Value::Choice(all));
        }
    }
    proposal.insert("clickRates".to_owned(), Value::Choice(rates.join(", ")));
    proposal
}
