//! The fluid bound of a day's budget, and of a season's stock: what could be earned if chance averaged out.

use crate::env::Environment;
use crate::env::ads::Campaign;
use crate::env::pricing::Pricing;

/// The bound with the price of budget that attains it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fluid {
    /// No policy earns more in expectation, in currency, but for the one purchase that the end of the budget cuts short.
    pub bound: f64,
    /// Lagrange multiplier: what one more level of budget, or unit of stock, is worth, in currency.
    pub price: f64,
}

/// The least over `price >= 0` of `price * budget + decisions * E[max_a (value_a - price * cost_a)]`, by weak duality an
/// upper bound on every policy (Gallego & van Ryzin 1994; Balseiro & Gur 2019). The function is convex, so golden-section search finds it;
/// every price gives a valid bound.
#[must_use]
pub fn bound(campaign: &Campaign) -> Fluid {
    let dual = |price: f64| {
        let each = campaign
            .shares()
            .iter()
            .enumerate()
            .map(|(segment, share)| share * best_net(campaign, segment as u32, price));
        price * f64::from(campaign.budget()) + f64::from(campaign.decisions()) * each.sum::<f64>()
    };
    least(dual, dearest(campaign))
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

fn best_net(campaign: &Campaign, segment: u32, price: f64) -> f64 {
    (0..campaign.actions(0))
        .map(|action| campaign.offer(segment, action))
        .map(|offer| offer.mean_reward() - price * offer.mean_cost())
        .fold(0.0, f64::max)
}

/// A price of budget at which no offer is worth its cost.
fn dearest(campaign: &Campaign) -> f64 {
    let mut most = 0.0;
    for segment in 0..campaign.shares().len() as u32 {
        for action in 1..campaign.actions(0) {
            let offer = campaign.offer(segment, action);
            most = f64::max(most, offer.mean_reward() / offer.mean_cost());
        }
    }
    most
}
