//! The small instances on which learning is compared with the optimum, and one large day of ads.

use qcart::demand::discrete::Discrete;
use qcart::demand::response::PriceResponse;
use qcart::env::ads::offer::{Moments, batch, bid, placement as shown};
use qcart::env::ads::{Campaign, Segment};
use qcart::env::inventory::Costs;
use qcart::env::inventory::backorder::Backorder;
use qcart::env::inventory::lost::LostSales;
use qcart::env::inventory::newsvendor::Newsvendor;
use qcart::env::inventory::perishable::{Issue, Perishable};
use qcart::env::pricing::{Pricing, PricingConfig};

/// Nothing but holding and shortage.
pub const COSTS: Costs = Costs {
    price: 0.0,
    unit_cost: 0.0,
    fixed: 0.0,
    holding: 1.0,
    penalty: 4.0,
};

/// Poisson demand.
pub fn poisson(mean: f64) -> Discrete {
    Discrete::poisson(mean).unwrap()
}

/// Demand 100 - 2 p at cost 10, one period, nine prices.
pub fn monopoly() -> Pricing {
    let config = PricingConfig {
        response: PriceResponse::Linear {
            base: 100.0,
            slope: 2.0,
        },
        ladder: (0..9).map(|i| 14.0 + 4.0 * f64::from(i)).collect(),
        unit_cost: 10.0,
        stock: None,
        periods: 1,
        ..PricingConfig::season().unwrap()
    };
    Pricing::new(&config).unwrap()
}

/// Gallego & van Ryzin's demand in 20 periods with 10 units and eight prices.
pub fn season() -> Pricing {
    let ladder = (0..8).map(|i| 0.6 + 0.2 * f64::from(i)).collect();
    Pricing::new(&PricingConfig {
        ladder,
        ..PricingConfig::season().unwrap()
    })
    .unwrap()
}

/// One order before Poisson demand: at a mean of 100 the documented costs of a popular environment whose formula is
/// wrong; the right optimum is 103.
pub fn documented(mean: f64, most: u32) -> Newsvendor {
    let costs = Costs {
        price: 50.0,
        unit_cost: 20.0,
        holding: 1.0,
        penalty: 5.0,
        ..COSTS
    };
    Newsvendor::new(poisson(mean), costs, 0.0, most).unwrap()
}

/// One order before Poisson demand of mean 20.
pub fn newsvendor() -> Newsvendor {
    documented(20.0, 40)
}

/// The (s, S) instance of the field notes, on a grid that learning can cover.
pub fn reorder() -> Backorder {
    reorder_within(20, 21)
}

/// The same on any grid.
pub fn reorder_within(stock: u32, backlog: u32) -> Backorder {
    let costs = Costs {
        fixed: 5.0,
        ..COSTS
    };
    Backorder::new(poisson(6.0), 0, costs, stock, backlog).unwrap()
}

/// Two periods of lead time, backorders.
pub fn lead_time() -> Backorder {
    Backorder::new(
        poisson(3.0),
        2,
        Costs {
            penalty: 9.0,
            ..COSTS
        },
        20,
        14,
    )
    .unwrap()
}

/// Two periods of lead time, lost sales.
pub fn lost_sales() -> LostSales {
    LostSales::new(
        poisson(3.0),
        2,
        Costs {
            penalty: 9.0,
            ..COSTS
        },
        14,
        6,
    )
    .unwrap()
}

/// Units that keep for three periods.
pub fn perishable() -> Perishable {
    let costs = Costs {
        price: 10.0,
        unit_cost: 4.0,
        holding: 0.1,
        penalty: 1.0,
        fixed: 0.0,
    };
    Perishable::new(poisson(3.0), costs, 1.0, 3, 7, Issue::OldestFirst).unwrap()
}

/// Three ads: often clicked and cheap, seldom and worth much, and one that never pays off.
pub fn three_ads(budget: u32, decisions: u32) -> Campaign {
    let offers = vec![
        shown(0.3, 1, 1.0).unwrap(),
        shown(0.1, 2, 6.0).unwrap(),
        shown(0.2, 3, 1.5).unwrap(),
    ];
    Campaign::new(budget, decisions, &[Segment { share: 1.0, offers }]).unwrap()
}

/// Thirty impressions of them, money for six clicks.
pub fn placement() -> Campaign {
    three_ads(6, 30)
}

/// Two kinds of visitors, fifteen second-price auctions.
pub fn auctions() -> Campaign {
    let market = Discrete::negative_binomial(5.0, 12.0).unwrap();
    let segment = |share, value| Segment {
        share,
        offers: (1..=4)
            .map(|step| bid(&market, 3 * step, value).unwrap())
            .collect(),
    };
    Campaign::new(30, 15, &[segment(0.3, 12.0), segment(0.7, 5.0)]).unwrap()
}

/// A day of 96,000 auctions, bid on `slots` times, its budget in `levels`. Prices are in levels, so they scale with them.
pub fn day(levels: u32, slots: u32) -> Campaign {
    let unit = f64::from(levels) / 300.0;
    let segment = |share, value: f64| Segment {
        share,
        offers: (1..=6)
            .map(|step| {
                let bid = 0.01 * unit * f64::from(step);
                let one = Moments::log_logistic_bid(0.02 * unit, 2.5, bid, value);
                batch(one, 96_000.0 / f64::from(slots)).unwrap()
            })
            .collect(),
    };
    Campaign::new(levels, slots, &[segment(0.5, 0.05), segment(0.5, 0.02)]).unwrap()
}
