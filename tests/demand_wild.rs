//! Demand taken from real orders: the sample that ships, and the logs of the collection where this machine has them (`QCART_DATA`, or
//! the folder `shared/data` beside the project).
#![allow(clippy::unwrap_used)]

mod log_common;

use std::path::PathBuf;

use qcart::demand::backtest::choose;
use qcart::demand::fit::{Form, fit};
use qcart::demand::forecast::forecast;
use qcart::demand::orders::{Demand, Period};
use qcart::demand::smooth::Method;
use qcart::log::Log;
use qcart::problem::Problem;

/// Best sellers that are looked at one by one.
const LOOKED_AT: usize = 200;

/// What a log holds, counted apart from the engine.
struct Expected {
    items: u32,
    days: u32,
    orders: u64,
    returns: u64,
    returned_units: f64,
    /// Rows of 0 units.
    ignored: u64,
    /// Units of all orders.
    sold: f64,
    best: &'static str,
}

fn data() -> Option<PathBuf> {
    let given = std::env::var_os("QCART_DATA").map(PathBuf::from);
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let beside = ["../shared/data", "../../shared/data"].map(|path| root.join(path));
    given.into_iter().chain(beside).find(|path| path.is_dir())
}

/// The bytes of a file of the collection; says so where it is absent.
fn wild(file: &str) -> Option<Vec<u8>> {
    let bytes = data().and_then(|data| std::fs::read(data.join(file)).ok());
    if bytes.is_none() {
        println!("skipped: {file} is not on this machine");
    }
    bytes
}

fn demand(bytes: &[u8], expected: &Expected) -> (Log, Demand) {
    let log = log_common::import(bytes).unwrap().log;
    let demand = Demand::of(&log, Period::Day).unwrap();
    assert_eq!(log.items.len() as u32, expected.items);
    assert_eq!(demand.periods(), expected.days);
    let report = demand.report();
    assert_eq!(
        (report.orders, report.returns, report.ignored),
        (expected.orders, expected.returns, expected.ignored)
    );
    assert_eq!(report.returned_units, expected.returned_units);
    let best = demand.best_sellers()[0];
    assert_eq!(log.items.get(best), expected.best);
    (log, demand)
}

/// No demand is negative, and what was sold less what came back of it is all there is.
fn check_units(log: &Log, demand: &Demand, expected: &Expected) {
    let mut left = 0.0;
    for item in 0..log.items.len() as u32 {
        let series = demand.series(item);
        assert!(
            series
                .iter()
                .all(|&units| units >= 0.0 && units.is_finite())
        );
        assert!(series.len() as u32 <= demand.periods());
        left += series.iter().sum::<f64>();
    }
    let report = demand.report();
    let taken = report.returned_units - report.unmatched_units;
    // Whole units, of which a double holds 2^53.
    assert_eq!(left, expected.sold - taken);
}

/// Every best seller gets a price response and a forecast that mean something, or is told in words why not: how many of each.
fn check_answers(demand: &Demand) -> (usize, usize) {
    let (mut fitted, mut ahead) = (0, 0);
    for item in demand.best_sellers().into_iter().take(LOOKED_AT) {
        let observations = demand.observations(item);
        for form in [Form::Linear, Form::LogLinear, Form::IsoElastic] {
            match fit(&observations, form) {
                Ok(fit) => {
                    fitted += 1;
                    assert!(fit.slope > 0.0 && fit.slope_error > 0.0, "{fit:?}");
                    let (low, high) = fit.slope_interval;
                    assert!(low < fit.slope && fit.slope < high, "{fit:?}");
                    assert!(fit.response.units(fit.seen.0) >= fit.response.units(fit.seen.1));
                }
                Err(problem) => said(&problem),
            }
        }
        let series = demand.series(item);
        let methods = [Method::Naive, Method::Smoothing, Method::Croston];
        match choose(&series, &methods) {
            Ok(tested) => {
                ahead += 1;
                let seen = forecast(&series, tested.method, 7, 0.9).unwrap();
                let ends = seen.low.iter().zip(&seen.mean).zip(&seen.high);
                for ((low, mean), high) in ends {
                    assert!(0.0 <= *low && low <= mean && mean <= high, "{seen:?}");
                }
            }
            Err(problem) => said(&problem),
        }
    }
    (fitted, ahead)
}

fn said(problem: &Problem) {
    for text in [&problem.what, &problem.mend] {
        assert!(!text.en.is_empty() && !text.zh.is_empty(), "{problem:?}");
    }
}

/// Five days hold no eight periods, so that no price response is claimed of any item.
#[test]
fn the_sample_that_ships_tells_its_demand_and_no_price_response() {
    let expected = Expected {
        items: 12,
        days: 5,
        orders: 593,
        returns: 1,
        returned_units: 1.0,
        ignored: 0,
        sold: 7311.0,
        best: "85123A",
    };
    let (log, demand) = demand(
        include_bytes!("../www/samples/online-retail.csv"),
        &expected,
    );
    check_units(&log, &demand, &expected);
    assert_eq!(check_answers(&demand).0, 0);
}

#[test]
fn online_retail_has_returns_beyond_its_orders() {
    let Some(bytes) = wild("uci-online-retail/OnlineRetail-10k.csv") else {
        return;
    };
    let expected = Expected {
        items: 2015,
        days: 5,
        orders: 9870,
        returns: 130,
        returned_units: 12_215.0,
        ignored: 0,
        sold: 90_501.0,
        best: "84077",
    };
    let (log, demand) = demand(&bytes, &expected);
    check_units(&log, &demand, &expected);
    assert!(demand.report().unmatched_units > 0.0);
    assert_eq!(check_answers(&demand).0, 0);
}

/// A year of groceries: some prices move enough to be read from it.
#[test]
fn the_complete_journey_tells_prices_and_forecasts() {
    let Some(bytes) = wild("complete-journey/completejourney_120hh.csv") else {
        return;
    };
    let expected = Expected {
        items: 17_577,
        days: 366,
        orders: 74_051,
        returns: 0,
        returned_units: 0.0,
        ignored: 491,
        sold: 9_530_118.0,
        best: "6534178",
    };
    let (log, demand) = demand(&bytes, &expected);
    check_units(&log, &demand, &expected);
    let (fitted, ahead) = check_answers(&demand);
    assert!(fitted > 0 && ahead > 0, "{fitted} {ahead}");
}
