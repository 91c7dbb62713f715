//! Off-policy evaluation and A/B tests: how fast, how often intervals cover, how often A/A tests stop.
//!
//! Prints `BENCH ope.<what> <value> <unit>`: seconds of 2,000 resamples, the coverage of each estimator's 95 % interval
//! over 500 seeds, the share of A/A experiments that ever stop, and simulated users a second.

#![allow(clippy::unwrap_used)]

#[path = "../tests/ope_simulated/mod.rs"]
mod ope_simulated;

use std::time::Instant;

use ope_simulated::simulated;
use qcart::env::mdp::MdpBuilder;
use qcart::evaluate::abtest::{Design, Monitor, User, recruit};
use qcart::evaluate::ope::{
    Columns, Episodes, Logged, Options, SequenceOptions, SequenceStudy, Target, estimate,
};
use qcart::evaluate::value::Stochastic;
use qcart::log::NONE;
use qcart::random::{Rng, draw, stream};

fn main() {
    speed("distinct_propensities", true);
    speed("uniform_log", false);
    sequences();
    coverage();
    let click = |share: f64| move |rng: &mut Rng| f64::from(u8::from(draw::unit(rng) < share));
    false_stops("half", click(0.5));
    false_stops("twentieth", click(0.05));
    false_stops("hundredth", click(0.01));
    false_stops("baskets", |rng| libm::exp(draw::normal(rng)));
    users();
}

/// 10,000 rows, 80 items, 3 positions, 2,000 resamples; at worst every row has a propensity of its own.
fn speed(name: &str, distinct: bool) {
    let mut rng = stream(1, "speed");
    let rows = 10_000;
    let mut columns = Columns {
        items: 80,
        ..Columns::default()
    };
    let (mut positions, mut propensities) = (Vec::new(), Vec::new());
    for row in 0..rows {
        columns.item.push(draw::below(&mut rng, 80));
        columns
            .reward
            .push(f64::from(u8::from(draw::unit(&mut rng) < 0.05)));
        positions.push(row % 3);
        let scale = if distinct {
            0.5 + draw::unit(&mut rng)
        } else {
            1.0
        };
        propensities.push(scale / 80.0);
    }
    columns.position = Some(positions);
    columns.propensity = Some(propensities);
    let logged = Logged::new(columns).unwrap();
    let target = Target::popularity(&logged);
    let begun = Instant::now();
    let report = estimate(&logged, &target, Options::default()).unwrap();
    println!(
        "BENCH ope.resample.{name} {:.3} s {:.6}",
        begun.elapsed().as_secs_f64(),
        report.estimators[4].value
    );
}

/// 2,000 episodes over 200 states with 8 actions, 500 resamples, the model fitted anew in each.
fn sequences() {
    let mut builder = MdpBuilder::default();
    for state in 0..200_u32 {
        builder.state("s");
        for action in 0..8 {
            let next = (state * 7 + action * 13 + 1) % 200;
            builder.action("a", &[(next, 0.7, 0.0), (200, 0.25, 0.0), (200, 0.05, 1.0)]);
        }
    }
    builder.state("end");
    builder.start_anywhere();
    let shop = builder.build().unwrap();
    let log = Episodes::record(
        &shop,
        &Stochastic::uniform(&shop),
        2000,
        50,
        &mut stream(1, "sequences"),
    );
    let target = Stochastic::from_fn(&shop, |_, row| {
        row.iter_mut()
            .enumerate()
            .for_each(|(i, p)| *p = 4.0 + i as f64);
    });
    let begun = Instant::now();
    let mut study = SequenceStudy::new(log, target.unwrap(), SequenceOptions::default()).unwrap();
    study.advance(500);
    println!(
        "BENCH ope.sequences {:.3} s {:.6}",
        begun.elapsed().as_secs_f64(),
        study.report().estimators[4].value
    );
}

fn coverage() {
    let seeds = 500;
    let mut covered = [0; 8];
    let mut names = Vec::new();
    for seed in 0..seeds {
        let (logged, target, truth) = simulated(seed);
        let report = estimate(&logged, &target, Options::default()).unwrap();
        for (count, estimate) in covered.iter_mut().zip(&report.estimators) {
            *count += u32::from(estimate.ci[0] <= truth && truth <= estimate.ci[1]);
        }
        names = report
            .estimators
            .into_iter()
            .map(|e| e.name.replace(' ', "_"))
            .collect();
    }
    for (name, count) in names.iter().zip(covered) {
        println!(
            "BENCH ope.coverage.{name} {:.1} %",
            100.0 * f64::from(count) / seeds as f64
        );
    }
}

/// 2,000 A/A experiments of 5,000 users, looked at after every user.
fn false_stops(name: &str, outcome: impl Fn(&mut Rng) -> f64) {
    let tests = 2000_u32;
    let mut stops = 0_u32;
    for test in 0..tests {
        let mut rng = stream(u64::from(test), name);
        let mut monitor = Monitor::new(Design::even(vec!["A".to_owned(), "B".to_owned()])).unwrap();
        for _ in 0..5000 {
            let variant = draw::below(&mut rng, 2);
            monitor.add(User {
                variant,
                outcome: outcome(&mut rng),
                segment: NONE,
            });
            if monitor.decided() {
                stops += 1;
                break;
            }
        }
    }
    println!(
        "BENCH abtest.false_stops.{name} {:.2} %",
        100.0 * f64::from(stops) / f64::from(tests)
    );
}

fn users() {
    let mut builder = MdpBuilder::default();
    for state in 0..100_u32 {
        builder.state("s");
        for action in 0..8 {
            let next = (state * 7 + action * 13 + 1) % 100;
            builder.action("a", &[(next, 0.8, 0.0), (100, 0.15, 0.0), (100, 0.05, 1.0)]);
        }
    }
    builder.state("end");
    builder.start_anywhere();
    let shop = builder.build().unwrap();
    let policy = Stochastic::uniform(&shop);
    let mut monitor = Monitor::new(Design::even(vec!["A".to_owned(), "B".to_owned()])).unwrap();
    let mut rng = stream(1, "users");
    let begun = Instant::now();
    let act = |_, state, rng: &mut Rng| policy.draw(state, rng);
    recruit(
        &mut monitor,
        &shop,
        act,
        |_| NONE,
        (1_000_000, 100),
        &mut rng,
    );
    println!(
        "BENCH abtest.users {:.2} M/s {}",
        1.0 / begun.elapsed().as_secs_f64(),
        monitor.users()
    );
}
