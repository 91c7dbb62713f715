//! Demand: orders become series, forecasts meet published numbers, and price responses are found or refused.

#![allow(clippy::unwrap_used)]

use qcart::demand::backtest::{backtest, choose};
use qcart::demand::discrete::Discrete;
use qcart::demand::fit::{Form, fit};
use qcart::demand::forecast::forecast;
use qcart::demand::orders::{Demand, Observation, Period};
use qcart::demand::response::PriceResponse;
use qcart::demand::smooth::Method;
use qcart::log::{EventType, Log};
use qcart::random::stream;

const DAY: i64 = 86_400_000;

/// A log of `(item, day, kind, price, quantity)` rows of one user.
fn log(rows: &[(u32, i64, EventType, f32, f32)]) -> Log {
    let mut log = Log {
        has_time: true,
        has_kinds: true,
        ..Log::default()
    };
    for item in 0..=rows.iter().map(|row| row.0).max().unwrap_or(0) {
        log.items.push(&format!("item {item}"));
    }
    log.events.item = rows.iter().map(|row| row.0).collect();
    log.events.time = rows.iter().map(|row| row.1 * DAY + 1000).collect();
    log.events.kind = rows.iter().map(|row| row.2).collect();
    log.events.price = Some(rows.iter().map(|row| row.3).collect());
    log.events.quantity = Some(rows.iter().map(|row| row.4).collect());
    log
}

use EventType::{Cart, Click, Purchase, View};

#[test]
fn gaps_are_zeros_and_returns_are_netted_and_counted() {
    let log = log(&[
        (0, 100, View, 2.0, 1.0),
        (0, 101, Purchase, 2.0, 3.0),
        (0, 101, Purchase, 4.0, 1.0),
        (0, 103, Purchase, 3.0, 5.0),
        (0, 105, Purchase, 3.0, -7.0),
        (1, 106, Purchase, f32::NAN, 2.0),
        (1, 106, Purchase, -1.0, 0.0),
        (1, 106, Purchase, -1.0, 2.0),
        (1, 107, Purchase, 1.0, -5.0),
        (2, 108, View, 1.0, 1.0),
    ]);
    let demand = Demand::of(&log, Period::Day).unwrap();
    assert_eq!(demand.periods(), 9);
    assert_eq!(demand.begin(0), 100 * DAY);
    assert_eq!(demand.series(0), [2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(demand.cells(0)[1].price, 2.5);
    assert!(demand.series(2).is_empty());
    assert_eq!(demand.best_sellers()[0], 0);
    let report = demand.report();
    assert_eq!(
        (
            report.orders,
            report.returns,
            report.ignored,
            report.unpriced
        ),
        (5, 2, 1, 2)
    );
    assert_eq!((report.returned_units, report.unmatched_units), (12.0, 1.0));
    // A price below 0 is none, whatever was sold at it.
    assert!(demand.cells(1)[0].price.is_nan() && demand.observations(1).is_empty());
    // The price stands while nothing is sold.
    let seen: Vec<f64> = demand.observations(0).iter().map(|o| o.price).collect();
    assert_eq!(seen, [2.5, 2.5, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0]);
    let week = Demand::of(&log, Period::Week).unwrap();
    assert_eq!(
        week.begin(0).rem_euclid(7 * DAY),
        4 * DAY,
        "weeks begin on a Monday"
    );
    assert_eq!(week.units(0), 2.0);
}

/// Visitors are those who viewed or clicked: who puts an item in the cart, or buys it, has been counted before.
#[test]
fn visitors_are_views_and_clicks() {
    let log = log(&[
        (0, 1, View, 2.0, 1.0),
        (0, 1, Click, 2.0, 1.0),
        (0, 1, Cart, 2.0, 1.0),
        (0, 1, Purchase, 2.0, 1.0),
        (0, 2, Cart, 2.0, 1.0),
    ]);
    let demand = Demand::of(&log, Period::Day).unwrap();
    let visits: Vec<f64> = demand.observations(0).iter().map(|o| o.visits).collect();
    assert_eq!(visits, [2.0, 0.0]);
}

#[test]
fn logs_without_orders_or_times_are_refused() {
    let code = |log: &Log| {
        Demand::of(log, Period::Day)
            .err()
            .map(|problem| problem.code)
    };
    let mut views = log(&[(0, 1, View, 1.0, 1.0)]);
    assert_eq!(code(&views).as_deref(), Some("demand.no_orders"));
    assert_eq!(
        code(&Log {
            has_time: true,
            ..Log::default()
        })
        .as_deref(),
        Some("demand.no_orders")
    );
    // Rows with a quantity but no event types, as in a list of invoices, are orders.
    views.has_kinds = false;
    assert_eq!(code(&views), None);
    views.has_time = false;
    assert_eq!(code(&views).as_deref(), Some("demand.no_time"));
    let mut torn = log(&[(0, 1, Purchase, 1.0, 1.0), (0, 2, Purchase, 1.0, 1.0)]);
    torn.events.time[0] = i64::MIN;
    assert_eq!(code(&torn).as_deref(), Some("demand.span"));
}

/// Annual oil production of Saudi Arabia, 1996-2013: the worked example of Hyndman & Athanasopoulos (*Forecasting: Principles and
/// Practice*, 2nd ed., section 7.1), with its printed parameters and forecast.
#[test]
fn smoothing_gives_the_textbook_numbers() {
    let oil = [
        445.36, 453.20, 454.41, 422.38, 456.04, 440.39, 425.19, 486.21, 500.43, 521.28, 508.95,
        488.89, 509.87, 456.72, 473.82, 525.95, 549.83, 542.34,
    ];
    let ahead = forecast(&oil, Method::Smoothing, 3, 0.95).unwrap();
    assert!((ahead.tuning.alpha - 0.83).abs() < 0.005, "{ahead:?}");
    assert!((ahead.tuning.level - 446.6).abs() < 0.1, "{ahead:?}");
    assert!(
        ahead.mean.iter().all(|mean| (mean - 542.68).abs() < 0.02),
        "{ahead:?}"
    );
    assert!(ahead.high[2] - ahead.low[2] > ahead.high[0] - ahead.low[0]);
}

#[test]
fn holt_winters_continues_a_trend_with_a_season() {
    let season = [5.0, -3.0, -2.0, 0.0];
    let value = |t: usize| 20.0 + 0.5 * t as f64 + season[t % 4];
    for length in [20, 21, 23] {
        let series: Vec<f64> = (0..length).map(value).collect();
        let ahead = forecast(&series, Method::HoltWinters(4), 6, 0.9).unwrap();
        for (step, mean) in ahead.mean.iter().enumerate() {
            assert!(
                (mean - value(length + step)).abs() < 1e-6,
                "{length} {step}"
            );
        }
        assert!(ahead.deviation < 1e-6);
    }
}

#[test]
fn croston_gives_the_rate_of_regular_orders() {
    let series: Vec<f64> = (0..40)
        .map(|t| if t % 4 == 3 { 8.0 } else { 0.0 })
        .collect();
    let ahead = forecast(&series, Method::Croston, 2, 0.8).unwrap();
    // Size 8 every 4 periods, less the correction of Syntetos & Boylan at alpha 0.1.
    assert!((ahead.mean[0] - 0.95 * 2.0).abs() < 1e-12);
    assert!(ahead.low[0] == 0.0 && ahead.high[0] > ahead.mean[0]);
}

/// Share of 400 simulated series of 60 periods whose value `steps` periods later lies in the 90 % interval.
fn coverage(method: Method, steps: usize, mut draw: impl FnMut(usize) -> f64) -> f64 {
    let inside = (0..400).filter(|_| {
        let series: Vec<f64> = (0..60 + steps).map(&mut draw).collect();
        let ahead = forecast(&series[..60], method, steps, 0.9).unwrap();
        let (low, high, came) = (
            ahead.low[steps - 1],
            ahead.high[steps - 1],
            series[59 + steps],
        );
        (low..=high).contains(&came)
    });
    inside.count() as f64 / 400.0
}

#[test]
fn intervals_hold_what_they_say() {
    // Four standard errors of a share of 0.9 among 400.
    let close = |share: f64| (share - 0.9).abs() < 0.06;
    let demand = Discrete::poisson(40.0).unwrap();
    let mut rng = stream(7, "demand");
    let mut draw = |_: usize| f64::from(demand.draw(&mut rng));
    let season = [18.0, -10.0, -8.0, 0.0];
    for steps in [1, 6] {
        for method in [Method::Smoothing, Method::HoltWinters(4)] {
            let share = coverage(method, steps, &mut draw);
            assert!(close(share), "{method:?} {steps} {share}");
        }
        let rising = |t: usize| draw(t) + season[t % 4] + 0.5 * t as f64;
        let share = coverage(Method::HoltWinters(4), steps, rising);
        assert!(close(share), "rising {steps} {share}");
    }
}

/// Where most periods sell nothing, none is above the lower end: all but the upper 5 % lie in a 90 % interval.
#[test]
fn intervals_of_rare_sales_hold_the_periods_without_any() {
    let mut rng = stream(9, "slow");
    let size = Discrete::poisson(6.0).unwrap();
    let often = Discrete::binomial(1, 0.3).unwrap();
    for steps in [1, 6] {
        let share = coverage(Method::Croston, steps, |_| {
            f64::from(often.draw(&mut rng) * (1 + size.draw(&mut rng)))
        });
        // Four standard errors of a share of 0.95 among 400.
        assert!((share - 0.95).abs() < 0.044, "{steps} {share}");
    }
}

/// One period, or a few, tell nothing of a method; two leave none to test it on.
#[test]
fn the_backtest_claims_nothing_from_a_few_periods() {
    let methods = [Method::Naive, Method::Smoothing, Method::Croston];
    let short = [6.0, 2.0];
    for method in methods {
        assert_eq!(backtest(&short, method).unwrap_err().code, "demand.short");
    }
    assert_eq!(choose(&short, &methods).unwrap_err().code, "demand.short");
    for series in [&[6.0, 2.0, 4.0][..], &[6.0, 2.0, 4.0, 3.0, 9.0]] {
        for tested in [
            choose(series, &methods).unwrap(),
            backtest(series, Method::Smoothing).unwrap(),
        ] {
            assert_eq!((tested.periods, tested.interval), (1, None));
            assert!(tested.error.is_finite() && tested.gain.is_finite());
            let words = tested.verdict();
            assert!(words.en.starts_with("Too few periods"), "{words:?}");
            assert!(words.zh.starts_with("周期太少"), "{words:?}");
        }
    }
}

/// The best of several on the periods that chose it has a wider interval than the same method tested alone.
#[test]
fn the_interval_allows_for_the_choice() {
    let demand = Discrete::poisson(20.0).unwrap();
    let mut rng = stream(8, "demand");
    let noise: Vec<f64> = (0..60).map(|_| f64::from(demand.draw(&mut rng))).collect();
    let methods = [Method::Naive, Method::SeasonalNaive(7), Method::Smoothing];
    let chosen = choose(&noise, &methods).unwrap();
    let alone = backtest(&noise, chosen.method).unwrap();
    assert_eq!((chosen.among, alone.among), (2, 1));
    let width = |tested: qcart::demand::backtest::Backtest| {
        let (low, high) = tested.interval.unwrap();
        high - low
    };
    // Student's 98.75 % point over its 97.5 % point, 19 degrees of freedom: 2.433 / 2.093.
    assert!((width(chosen) / width(alone) - 2.433 / 2.093).abs() < 1e-3);
}

#[test]
fn the_backtest_tells_better_worse_and_no_difference() {
    let demand = Discrete::poisson(20.0).unwrap();
    let mut rng = stream(8, "demand");
    let noise: Vec<f64> = (0..300).map(|_| f64::from(demand.draw(&mut rng))).collect();
    let smoothed = backtest(&noise, Method::Smoothing).unwrap();
    assert!(smoothed.interval.unwrap().0 > 0.0 && smoothed.scaled.unwrap() < 0.9);
    assert!(smoothed.verdict().en.starts_with("Nearer"));
    let naive = backtest(&noise, Method::Naive).unwrap();
    assert_eq!((naive.gain, naive.interval), (0.0, Some((0.0, 0.0))));
    let weekly: Vec<f64> = (0..140)
        .map(|t| if t % 7 == 5 { 30.0 } else { 10.0 } + noise[t] / 10.0)
        .collect();
    let all = [
        Method::Naive,
        Method::Smoothing,
        Method::Croston,
        Method::SeasonalNaive(7),
        Method::HoltWinters(7),
    ];
    assert_eq!(
        choose(&weekly, &all).unwrap().method,
        Method::HoltWinters(7)
    );
    assert_eq!(
        backtest(&[3.0; 30], Method::Smoothing).unwrap().scaled,
        None
    );
}

#[test]
fn series_that_cannot_be_forecast_are_refused() {
    let code = |series: &[f64], method| {
        forecast(series, method, 1, 0.9)
            .err()
            .map(|problem| problem.code)
    };
    assert_eq!(code(&[], Method::Naive).as_deref(), Some("demand.short"));
    assert_eq!(
        code(&[1.0; 9], Method::HoltWinters(7)).as_deref(),
        Some("demand.short")
    );
    assert_eq!(
        code(&[1.0, -2.0, 1.0], Method::Smoothing).as_deref(),
        Some("demand.values")
    );
    assert_eq!(
        code(&[1.0; 9], Method::SeasonalNaive(0)).as_deref(),
        Some("config.range")
    );
    assert_eq!(
        choose(&[1.0], &[Method::Smoothing]).unwrap_err().code,
        "demand.short"
    );
    // No demand at all is forecast as none.
    for method in [
        Method::Naive,
        Method::Smoothing,
        Method::Croston,
        Method::HoltWinters(3),
    ] {
        let ahead = forecast(&[0.0; 12], method, 2, 0.9).unwrap();
        assert_eq!((ahead.mean[1], ahead.high[1]), (0.0, 0.0), "{method:?}");
    }
}

/// Periods with prices in a cycle and sales drawn from a response.
fn sold(response: PriceResponse, periods: u32, seed: u64) -> Vec<Observation> {
    let mut rng = stream(seed, "sales");
    (0..periods)
        .map(|t| {
            let price = 8.0 + f64::from(t * 7 % 9);
            let units = f64::from(
                Discrete::poisson(response.units(price))
                    .unwrap()
                    .draw(&mut rng),
            );
            Observation {
                price,
                units,
                visits: 0.0,
            }
        })
        .collect()
}

#[test]
fn price_responses_are_recovered_within_their_errors() {
    let cases = [
        (
            Form::Linear,
            PriceResponse::Linear {
                base: 100.0,
                slope: 4.0,
            },
            4.0,
        ),
        (
            Form::LogLinear,
            PriceResponse::LogLinear {
                base: 60.0,
                slope: 0.15,
            },
            0.15,
        ),
        (
            Form::IsoElastic,
            PriceResponse::IsoElastic {
                base: 3000.0,
                elasticity: 2.0,
            },
            2.0,
        ),
    ];
    for (form, response, slope) in cases {
        let mut inside = 0;
        for seed in 0..100 {
            let found = fit(&sold(response, 90, seed), form).unwrap();
            assert!(found.is_certain());
            inside += u32::from(found.slope_interval.0 <= slope && slope <= found.slope_interval.1);
        }
        // 95 % intervals cover 95 of 100, give or take four standard errors.
        assert!(inside >= 87, "{form:?} {inside}");
    }
    let logit = PriceResponse::Logit {
        visitors: 200.0,
        utility: 3.0,
        slope: 0.3,
    };
    let mut rng = stream(1, "buyers");
    let seen: Vec<Observation> = (0..60)
        .map(|t| {
            let price = 6.0 + f64::from(t % 8);
            let buyers = Discrete::binomial(200, logit.units(price) / 200.0).unwrap();
            Observation {
                price,
                units: f64::from(buyers.draw(&mut rng)),
                visits: 200.0,
            }
        })
        .collect();
    let found = fit(&seen, Form::Logit).unwrap();
    assert!(
        (found.slope - 0.3).abs() < 4.0 * found.slope_error && found.slope_error < 0.03,
        "{found:?}"
    );
    assert!((found.scatter - 1.0).abs() < 0.8);
}

/// Least squares on the first of Anscombe's data sets (1973) turned over: slope 0.500 with standard error 0.118.
#[test]
fn standard_errors_are_those_of_least_squares() {
    let x = [10.0, 8.0, 13.0, 9.0, 11.0, 14.0, 6.0, 4.0, 12.0, 7.0, 5.0];
    let y = [
        8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68,
    ];
    let turned: Vec<Observation> = x
        .iter()
        .zip(y)
        .map(|(x, units)| Observation {
            price: 20.0 - x,
            units,
            visits: 0.0,
        })
        .collect();
    let found = fit(&turned, Form::Linear).unwrap();
    assert!((found.slope - 0.5001).abs() < 5e-5, "{found:?}");
    assert!((found.slope_error - 0.1179).abs() < 5e-5, "{found:?}");
    // Student's 97.5 % point for 9 degrees of freedom is 2.262.
    assert!(((found.slope_interval.1 - found.slope) / found.slope_error - 2.262).abs() < 2e-3);
}

#[test]
fn prices_that_hardly_vary_are_refused() {
    let at = |price: fn(u32) -> f64, units: fn(u32) -> f64| -> Vec<Observation> {
        (0..30)
            .map(|t| Observation {
                price: price(t),
                units: units(t),
                visits: 0.0,
            })
            .collect()
    };
    let code = |seen: &[Observation], form| fit(seen, form).err().map(|problem| problem.code);
    let busy = |t: u32| f64::from(5 + t % 3);
    assert_eq!(
        code(&at(|_| 9.99, busy), Form::Linear).as_deref(),
        Some("demand.flat_prices")
    );
    assert_eq!(
        code(
            &at(|t| 10.0 + 0.01 * f64::from(t % 2), busy),
            Form::LogLinear
        )
        .as_deref(),
        Some("demand.flat_prices")
    );
    assert_eq!(
        code(&at(|t| f64::from(5 + t % 5), |_| 0.0), Form::LogLinear).as_deref(),
        Some("demand.no_sales")
    );
    assert_eq!(
        code(
            &at(|t| f64::from(5 + t % 5), |t| f64::from(5 + t % 5)),
            Form::Linear
        )
        .as_deref(),
        Some("demand.price_sign")
    );
    assert_eq!(
        code(&at(|t| f64::from(5 + t % 5), busy), Form::Logit).as_deref(),
        Some("demand.no_visits")
    );
    assert_eq!(
        code(&at(|_| -1.0, busy), Form::Linear).as_deref(),
        Some("demand.few_prices")
    );
    assert_eq!(code(&[], Form::Logit).as_deref(), Some("demand.few_prices"));
}
