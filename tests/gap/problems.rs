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

const COSTS: Costs = Costs {
    price: 0.0,
    unit_cost: 0.0,
    fixed: 0.0,
    holding: 1.0,
    penalty: 4.0,
};

fn poisson(mean: f64) -> Discrete {
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

/// One order before Poisson demand of mean 20.
pub fn newsvendor() -> Newsvendor {
    let costs = Costs {
        price: 50.0,
        unit_cost: 20.0,
        holding: 1.0,
        penalty: 5.0,
        ..COSTS
    };
    Newsvendor::new(poisson(20.0), costs, 0.0, 40).unwrap()
}

/// The (s, S) instance of the field notes.
pub fn reorder() -> Backorder {
    Backorder::new(
        poisson(6.0),
        0,
        Costs {
            fixed: 5.0,
            ..COSTS
        },
        20,
        21,
    )
    .unwrap()
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

/// Three ads, thirty impressions, money for six clicks.
pub fn placement() -> Campaign {
    let offers = vec![
        shown(0.3, 1, 1.0).unwrap(),
        shown(0.1, 2, 6.0).unwrap(),
        shown(0.2, 3, 1.5).unwrap(),
    ];
    Campaign::new(6, 30, &[Segment { share: 1.0, offers }]).unwrap()
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
