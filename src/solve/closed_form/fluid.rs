//! The fluid bound of a day's budget, and of a season's stock: what could be earned if chance averaged out.

use crate::env::Environment;
use crate::env::ads::Campaign;
use crate::env::ads::offer::{Mean, Offer};
use crate::env::pricing::Pricing;

/// The bound with the price of budget that attains it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fluid {
    /// No policy earns more in expectation, in currency.
    pub bound: f64,
    /// Lagrange multiplier: what one more level of budget, or unit of stock, is worth, in currency.
    pub price: f64,
}

/// The least over `price >= 0` of `price * budget + decisions * max_levels E[max_a (value_a - price * cost_a)]`, by weak duality an
/// upper bound on every policy (Gallego & van Ryzin 1994; Balseiro & Gur 2019). Value and cost are those with `levels` of budget left, from
/// 1 to all of it: what the rest of the budget can't pay for is not sold, so a last level may be worth more than one of many. The function is
/// convex, so golden-section search finds its least value; every price gives a valid bound.
#[must_use]
pub fn bound(campaign: &Campaign) -> Fluid {
    let table = means_by_levels(campaign);
    let dual = |price: f64| {
        let most = table
            .chunks(row_length(campaign))
            .map(|row| net(campaign, row, price))
            .fold(0.0, f64::max);
        price * f64::from(campaign.budget()) + f64::from(campaign.decisions()) * most
    };
    let worth = table.iter().map(|mean| mean.reward / mean.cost);
    // An offer that costs nothing with so few levels wins nothing either: 0 / 0 is passed over.
    least(dual, worth.fold(0.0, f64::max))
}

/// The same for a stock of units and a deadline (Gallego & van Ryzin 1994): the least over `price >= 0` of `(price + salvage) * stock`
/// plus, for each period, `E[max(0, max_a (margin_a - salvage - price) * demand_a)]` over its situation. Holding costs are left out, which keeps it
/// a bound.
#[must_use]
pub fn season(pricing: &Pricing) -> Fluid {
    let situations = pricing.situations_over_time();
    let actions = 0..pricing.ladder().len() as u32;
    let dual = |price: f64| {
        let unit = price + pricing.salvage();
        let best = |situation: usize| {
            let earned = actions.clone().map(|action| {
                let (margin, demand) = pricing.offer(situation as u32, action);
                (margin - unit) * demand
            });
            earned.fold(0.0, f64::max)
        };
        let periods = situations.iter();
        let each = periods.map(|shares| {
            let shares = shares.iter().enumerate();
            shares.map(|(s, share)| share * best(s)).sum::<f64>()
        });
        unit * f64::from(pricing.stock()) + each.sum::<f64>()
    };
    let margins = actions.clone().map(|action| pricing.offer(0, action).0);
    let dearest = margins.fold(0.0, f64::max) - pricing.salvage().min(0.0);
    least(dual, dearest)
}

/// The least value of a convex dual at prices from 0 to `dearest`, by golden-section search.
fn least(dual: impl Fn(f64) -> f64, dearest: f64) -> Fluid {
    let (mut low, mut high) = (0.0, dearest);
    let golden = 0.5 * (libm::sqrt(5.0) - 1.0);
    for _ in 0..120 {
        let width = golden * (high - low);
        if dual(high - width) <= dual(low + width) {
            high = low + width;
        } else {
            low = high - width;
        }
    }
    let price = 0.5 * (low + high);
    let (at_zero, inside) = (dual(0.0), dual(price));
    if at_zero <= inside {
        return Fluid {
            bound: at_zero,
            price: 0.0,
        };
    }
    Fluid {
        bound: inside,
        price,
    }
}

/// Pairs of a segment and an offer other than staying out.
fn row_length(campaign: &Campaign) -> usize {
    campaign.shares().len() * (campaign.actions(0) as usize - 1)
}

/// What each offer costs and wins on average with 1, 2, ... levels left, as far as more levels make a difference: a row a level, segment
/// after segment.
fn means_by_levels(campaign: &Campaign) -> Vec<Mean> {
    let segments = 0..campaign.shares().len() as u32;
    let offers: Vec<&Offer> = segments
        .flat_map(|segment| (1..campaign.actions(0)).map(move |action| (segment, action)))
        .map(|(segment, action)| campaign.offer(segment, action))
        .collect();
    let dearest = offers.iter().map(|offer| offer.most_cost()).max();
    let levels = 1..=campaign.budget().min(dearest.unwrap_or(1)).max(1);
    levels
        .flat_map(|level| offers.iter().map(move |offer| offer.mean(level)))
        .collect()
}

/// What the best action is worth on average over the segments, each level spent at `price`.
fn net(campaign: &Campaign, row: &[Mean], price: f64) -> f64 {
    let each = row.chunks(campaign.actions(0) as usize - 1);
    let best = each.map(|offers| {
        let nets = offers.iter().map(|mean| mean.reward - price * mean.cost);
        nets.fold(0.0, f64::max)
    });
    let shares = campaign.shares().iter();
    shares.zip(best).map(|(share, best)| share * best).sum()
}
