//! Generated logs with planted demand, so that what is read from them has a right answer.
//!
//! Bids: 20 of them from 0.005 to 0.1, each made in 500 auctions of which `1 / (1 + (bid / 0.025)^-2)` are won on average.
//!
//! Orders: 26 weeks of five items, one row for each day and item on which something was sold:
//! - `tea`: log-linear, `60 exp(-0.3 price)` a day, prices 4 to 8 changed weekly;
//! - `coffee`: linear, `40 - 3 price` a day, prices 5 to 9 changed weekly;
//! - `cake`: 12 a day at one price that never changes, twice as many on Saturdays and half on Mondays;
//! - `lamp`: 0.25 a day at 89 or 99, so that most days sell none;
//! - `mug`: 5 a day at 12 or 12.05, which tells nothing about prices; one sale in twenty comes back the next day.

use std::fmt::Write as _;

use super::discrete::Discrete;
use super::response::PriceResponse;
use crate::problem::Problem;
use crate::random::draw::{below, unit};
use crate::random::stream;

const WEEKS: u32 = 26;
/// Days from 1970-01-01 to Monday, 2024-01-01.
const FIRST_DAY: u32 = 19_723;

struct Planted {
    name: &'static str,
    response: PriceResponse,
    prices: &'static [f64],
    weekdays: [f64; 7],
    returns: f64,
}

const EVEN: [f64; 7] = [1.0; 7];

const ITEMS: [Planted; 5] = [
    Planted {
        name: "tea",
        response: PriceResponse::LogLinear {
            base: 60.0,
            slope: 0.3,
        },
        prices: &[4.0, 5.0, 6.0, 7.0, 8.0],
        weekdays: EVEN,
        returns: 0.0,
    },
    Planted {
        name: "coffee",
        response: PriceResponse::Linear {
            base: 40.0,
            slope: 3.0,
        },
        prices: &[5.0, 6.0, 7.0, 8.0, 9.0],
        weekdays: EVEN,
        returns: 0.0,
    },
    Planted {
        name: "cake",
        response: PriceResponse::Linear {
            base: 12.0,
            slope: 0.0,
        },
        prices: &[4.5],
        weekdays: [0.5, 1.0, 1.0, 1.0, 1.0, 2.0, 1.0],
        returns: 0.0,
    },
    Planted {
        name: "lamp",
        response: PriceResponse::Linear {
            base: 0.25,
            slope: 0.0,
        },
        prices: &[89.0, 99.0],
        weekdays: EVEN,
        returns: 0.0,
    },
    Planted {
        name: "mug",
        response: PriceResponse::Linear {
            base: 5.0,
            slope: 0.0,
        },
        prices: &[12.0, 12.05],
        weekdays: EVEN,
        returns: 0.05,
    },
];

/// The log as CSV: order, date, item, quantity and unit price.
///
/// # Errors
/// Never in fact: the planted means are in range.
pub fn orders(seed: u64) -> Result<String, Problem> {
    let mut text = "order,date,item,quantity,price\n".to_owned();
    let mut rng = stream(seed, "orders");
    let mut order = 1;
    let mut row = |day: u32, item: &Planted, units: i64, price: f64| {
        if units != 0 {
            // Writing to a string can't fail.
            let _ = writeln!(text, "{order},{},{},{units},{price}", date(day), item.name);
            order += 1;
        }
    };
    let mut prices = ITEMS.map(|item| item.prices[0]);
    let mut back = [0i64; ITEMS.len()];
    for day in 0..7 * WEEKS {
        for (number, item) in ITEMS.iter().enumerate() {
            if day % 7 == 0 {
                prices[number] = item.prices[below(&mut rng, item.prices.len() as u32) as usize];
            }
            let price = prices[number];
            row(day, item, -back[number], price);
            let mean = item.response.units(price) * item.weekdays[(day % 7) as usize];
            let units = i64::from(Discrete::poisson(mean)?.draw(&mut rng));
            back[number] = (0..units).filter(|_| unit(&mut rng) < item.returns).count() as i64;
            row(day, item, units, price);
        }
    }
    Ok(text)
}

/// A log of bids as CSV: bid, wins and auctions.
#[must_use]
pub fn bids(seed: u64) -> String {
    let mut text = "bid,wins,auctions\n".to_owned();
    let mut rng = stream(seed, "bids");
    for step in 1..=20 {
        let bid = 5.0 * f64::from(step) / 1000.0;
        let chance = 1.0 / (1.0 + libm::pow(bid / 0.025, -2.0));
        let wins = (0..500).filter(|_| unit(&mut rng) < chance).count();
        // Writing to a string can't fail.
        let _ = writeln!(text, "{bid},{wins},500");
    }
    text
}

/// A log of ads as CSV: ad, clicks and impressions. The rates are .02, .03, .05, .08 and .1; the first ad was shown most.
#[must_use]
pub fn ads(seed: u64) -> String {
    let mut text = "ad,clicks,impressions\n".to_owned();
    let mut rng = stream(seed, "ads");
    let planted = [
        ("banner", 0.02, 4000),
        ("shoes", 0.03, 2000),
        ("jacket", 0.05, 1000),
        ("gift", 0.08, 500),
        ("outlet", 0.1, 250),
    ];
    for (name, rate, shown) in planted {
        let clicks = (0..shown).filter(|_| unit(&mut rng) < rate).count();
        // Writing to a string can't fail.
        let _ = writeln!(text, "{name},{clicks},{shown}");
    }
    text
}

/// `2024-01-01` for day 0 (days from civil, Howard Hinnant's algorithm run backwards).
fn date(day: u32) -> String {
    let days = FIRST_DAY + day + 719_468;
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, later) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    format!("{:04}-{month:02}-{day:02}", year + era * 400 + later)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::demand::wins;

    #[test]
    fn the_planted_curve_is_found() {
        let fit = wins::fit(&wins::read(&bids(1)).unwrap()).unwrap();
        let inside = |value, (low, high)| low <= value && value <= high;
        assert!(inside(0.025, fit.median_interval), "{fit:?}");
        assert!(inside(2.0, fit.shape_interval), "{fit:?}");
    }

    #[test]
    fn the_log_starts_and_ends_on_its_days() {
        assert_eq!(date(0), "2024-01-01");
        assert_eq!(date(59), "2024-02-29");
        assert_eq!(date(366), "2025-01-01");
        let text = orders(1).unwrap();
        assert!(text.lines().nth(1).unwrap().contains("2024-01-01"));
        assert!(text.contains(",mug,-1,"));
    }
}
