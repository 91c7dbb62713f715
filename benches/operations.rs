//! Price, stock and ads: environment steps a second, and how near Q-learning comes to the optimum with its budget.
//!
//! With `--quick`, only what `cargo xtask bench` compares with the browser:
//! `BENCH operations.random.<problem> <million steps a second> M/s <sum of rewards>` for every problem and, for some,
//! `BENCH operations.training.<problem> <million steps a second> M/s <percent of the optimum>`. Without it,
//! prints `BENCH operations.steps.<problem> <million steps a second> M/s <sum of rewards>` and, for five seeds,
//! `BENCH operations.gap.<problem> <mean percent below the optimum> % <worst> <seconds a run>`; for the day of ads also its share of the fluid bound.

#![allow(clippy::unwrap_used)]

#[path = "../tests/gap/mod.rs"]
mod gap;

use std::time::Instant;

use gap::problems;
use qcart::env::{Environment, Model};
use qcart::lab::operations;
use qcart::random::{draw, stream};
use qcart::solve::backward;
use qcart::solve::closed_form::fluid;

/// Steps a round.
const STEPS: u32 = 5_000_000;

/// Problems whose environments the browser runs too: all of price, stock and ads.
fn run_in_browser() -> impl Iterator<Item = &'static str> {
    let all = qcart::lab::problems::problems().into_iter();
    all.filter(|problem| ["price", "stock", "ads"].contains(&problem.family))
        .map(|problem| problem.id)
}

/// Those of them that it trains on.
const TRAINED: [&str; 3] = ["season", "reorder", "bids"];

fn main() {
    if std::env::args().any(|argument| argument == "--quick") {
        run_in_browser().for_each(quick);
        return;
    }
    measure("monopoly", &problems::monopoly(), 1.0, 1_000_000);
    measure("season", &problems::season(), 1.0, 20_000_000);
    measure("newsvendor", &problems::newsvendor(), 1.0, 1_000_000);
    measure("reorder", &problems::reorder(), 0.9, 20_000_000);
    measure("lead_time", &problems::lead_time(), 0.9, 20_000_000);
    measure("lost_sales", &problems::lost_sales(), 0.9, 40_000_000);
    measure("perishable", &problems::perishable(), 0.9, 20_000_000);
    measure("placement", &problems::placement(), 1.0, 4_000_000);
    measure("auctions", &problems::auctions(), 1.0, 20_000_000);
    let hours = problems::day(100, 24);
    measure("day_hours", &hours, 1.0, 40_000_000);
    let quarters = problems::day(300, 96);
    steps("day_quarters", &quarters);
    for (name, day) in [("hours", hours), ("quarters", quarters)] {
        let share = backward::solve(&day, 1.0).start_value / fluid::bound(&day).bound;
        println!("BENCH operations.fluid.{name} {:.2} %", 100.0 * share);
    }
}

fn quick(name: &str) {
    let best = |work: &dyn Fn() -> f64| {
        let (mut seconds, mut result) = (f64::INFINITY, 0.0);
        for _ in 0..3 {
            let start = Instant::now();
            result = work();
            seconds = seconds.min(start.elapsed().as_secs_f64());
        }
        (f64::from(STEPS) / seconds / 1e6, result)
    };
    let (rate, sum) = best(&|| operations::steps(name, STEPS).unwrap());
    println!("BENCH operations.random.{name} {rate:.2} M/s {sum:.6}");
    if !TRAINED.contains(&name) {
        return;
    }
    let (rate, percent) = best(&|| operations::train(name, STEPS).unwrap());
    println!("BENCH operations.training.{name} {rate:.2} M/s {percent:.6}");
}

fn measure(name: &str, model: &(impl Model + Clone), gamma: f64, budget: u64) {
    steps(name, model);
    let start = Instant::now();
    let gaps = gap::gaps(model, gap::training(gamma, budget));
    let seconds = start.elapsed().as_secs_f64() / 5.0;
    let mean = 100.0 * gaps.iter().sum::<f64>() / 5.0;
    let worst = 100.0 * gaps.iter().copied().fold(0.0, f64::max);
    println!("BENCH operations.gap.{name} {mean:.3} % {worst:.3} {seconds:.2}");
}

/// Random actions, so that the environment alone is measured.
fn steps(name: &str, environment: &impl Environment) {
    let (mut best, mut sum) = (f64::INFINITY, 0.0);
    for _ in 0..3 {
        let (mut actions, mut dynamics) = (stream(1, "actions"), stream(1, "environment"));
        let mut state = environment.reset(&mut dynamics);
        let start = Instant::now();
        sum = 0.0;
        for _ in 0..STEPS {
            let action = draw::below(&mut actions, environment.actions(state));
            let step = environment.step(state, action, &mut dynamics);
            sum += step.reward;
            state = if step.end {
                environment.reset(&mut dynamics)
            } else {
                step.next
            };
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!(
        "BENCH operations.steps.{name} {:.1} M/s {sum:.3}",
        f64::from(STEPS) / best / 1e6
    );
}
