//! Inventory against its known optima: closed forms, the (s, S) algorithm, published lost-sales costs, and Q-learning.

#![allow(clippy::unwrap_used)]

mod gap;

use gap::problems::{COSTS, documented, poisson, reorder_within};
use qcart::demand::discrete::Discrete;
use qcart::env::inventory::Costs;
use qcart::env::inventory::backorder::Backorder;
use qcart::env::inventory::lost::LostSales;
use qcart::env::inventory::newsvendor::Newsvendor;
use qcart::env::inventory::perishable::{Issue, Perishable};
use qcart::env::{Environment, Model};
use qcart::random::stream;
use qcart::solve::average;
use qcart::solve::closed_form::{newsvendor, reorder};

#[test]
fn the_newsvendor_has_its_critical_ratio() {
    let problem = documented(100.0, 160);
    let (best, profit) = problem
        .expected()
        .iter()
        .enumerate()
        .max_by(|a, b| a.1.total_cmp(b.1))
        .unwrap();
    let exact = newsvendor::discrete(&poisson(100.0), 21.0, 35.0).unwrap();
    assert_eq!((best, exact.units), (103, 103.0));
    assert_eq!(profit.floor(), 2786.0);
    assert!((profit - (30.0 * 100.0 - exact.cost)).abs() < 1e-8);
}

#[test]
fn an_order_that_always_loses_is_not_made() {
    let costs = Costs {
        price: 5.0,
        unit_cost: 20.0,
        ..Costs {
            penalty: 0.0,
            ..COSTS
        }
    };
    let problem = Newsvendor::new(poisson(10.0), costs, 0.0, 30).unwrap();
    let best = problem
        .expected()
        .iter()
        .copied()
        .fold(f64::NEG_INFINITY, f64::max);
    assert_eq!(best, problem.expected()[0]);
    assert_eq!(best, 0.0);
}

#[test]
fn reorder_point_and_level_are_those_of_the_algorithm() {
    let problem = reorder_within(40, 30);
    let best = average::solve(&problem, 1e-9);
    assert!((-best.reward() - 8.034_112).abs() < 5e-7, "{best:?}");
    let exact = problem.reorder_policy(4, 10);
    for position in -10..=10i64 {
        let state = (position + 30) as usize;
        assert_eq!(best.policy[state], exact[state], "at {position}");
    }
    assert!((average::evaluate(&problem, &exact, 1e-9).reward() + 8.034_112).abs() < 5e-7);
}

#[test]
fn base_stock_is_best_with_a_lead_time() {
    for lead_time in [1, 2, 5] {
        let exact =
            newsvendor::discrete(&poisson(3.0).over(lead_time + 1).unwrap(), 1.0, 9.0).unwrap();
        let costs = Costs {
            penalty: 9.0,
            ..COSTS
        };
        let (stock, backlog) = Backorder::grid(&poisson(3.0), lead_time, &costs).unwrap();
        let problem = Backorder::new(poisson(3.0), lead_time, costs, stock, backlog).unwrap();
        let best = average::solve(&problem, 1e-8);
        assert!((-best.reward() - exact.cost).abs() < 1e-6, "{lead_time}");
        let zs = reorder::best_reorder_policy(&poisson(3.0), lead_time, 0.0, 1.0, 9.0).unwrap();
        assert_eq!(zs.up_to as f64, exact.units);
    }
}

/// Zipkin (Operations Research 56, 2008), Poisson demand of mean 5, holding cost 1: optimal average costs as printed.
#[test]
fn lost_sales_cost_what_zipkin_prints() {
    for (penalty, lead_time, printed) in [
        (4.0, 1, 4.04),
        (9.0, 1, 5.44),
        (4.0, 2, 4.40),
        (9.0, 2, 6.09),
    ] {
        let costs = Costs { penalty, ..COSTS };
        let problem = LostSales::new(poisson(5.0), lead_time, costs, 30, 12).unwrap();
        let best = average::solve(&problem, 1e-5);
        assert!(
            (-best.reward() - printed).abs() < 0.006,
            "L {lead_time} p {penalty}: {}",
            best.reward()
        );
    }
}

#[test]
fn the_optimum_beats_capped_base_stock_and_that_beats_base_stock() {
    let costs = Costs {
        penalty: 9.0,
        ..COSTS
    };
    let problem = LostSales::new(poisson(5.0), 2, costs, 28, 10).unwrap();
    let best = average::solve(&problem, 1e-5).reward();
    let value = |up_to, cap| {
        average::evaluate(&problem, &problem.capped_base_stock(up_to, cap), 1e-5).reward()
    };
    let base = (14..24)
        .map(|up_to| value(up_to, u32::MAX))
        .fold(f64::NEG_INFINITY, f64::max);
    let capped = (14..24)
        .flat_map(|up_to| (5..9).map(move |cap| value(up_to, cap)))
        .fold(f64::NEG_INFINITY, f64::max);
    assert!(best > capped && capped > base);
    assert!((best - capped) / best.abs() < 0.01);
}

#[test]
fn steps_average_to_the_backup() {
    let costs = Costs {
        price: 7.0,
        unit_cost: 2.0,
        fixed: 3.0,
        holding: 0.5,
        penalty: 1.5,
    };
    check_steps(&documented(100.0, 160));
    check_steps(&Backorder::new(poisson(3.0), 2, costs, 30, 20).unwrap());
    for lead_time in 0..4 {
        check_steps(&LostSales::new(poisson(3.0), lead_time, costs, 12, 6).unwrap());
    }
    for issue in [Issue::OldestFirst, Issue::FreshestFirst] {
        check_steps(&Perishable::new(poisson(3.0), costs, 4.0, 3, 6, issue).unwrap());
    }
}

fn check_steps(model: &impl Model) {
    let mut rng = stream(4, "check");
    let values: Vec<f64> = (0..model.states())
        .map(|state| f64::from(state * 7 % 13))
        .collect();
    for state in [
        0,
        model.states() / 3,
        model.states() / 2,
        model.states() - 1,
    ] {
        let mut q = vec![0.0; model.actions(state) as usize];
        model.backup(state, &values, 0.9, &mut q);
        let action = q.len() / 2;
        let n = 30_000;
        let (mut sum, mut squares) = (0.0, 0.0);
        for _ in 0..n {
            let step = model.step(state, action as u32, &mut rng);
            let follows = if step.end {
                0.0
            } else {
                0.9 * values[step.next as usize]
            };
            sum += step.reward + follows;
            squares += (step.reward + follows).powi(2);
        }
        let mean = sum / f64::from(n);
        let error = ((squares / f64::from(n) - mean * mean).max(0.0) / f64::from(n)).sqrt();
        assert!(
            (mean - q[action]).abs() < 5.0 * error + 1e-9,
            "state {state}: {mean} {}",
            q[action]
        );
    }
}

#[test]
fn older_units_first_wastes_less() {
    let costs = Costs {
        price: 10.0,
        unit_cost: 4.0,
        holding: 0.1,
        penalty: 1.0,
        fixed: 0.0,
    };
    let value = |issue| {
        let problem = Perishable::new(poisson(4.0), costs, 1.0, 3, 10, issue).unwrap();
        average::solve(&problem, 1e-6).reward()
    };
    let (oldest, freshest) = (value(Issue::OldestFirst), value(Issue::FreshestFirst));
    assert!(oldest > freshest && freshest > 0.0, "{oldest} {freshest}");
    // Units that never grew old would earn at most the newsvendor's lost-sales profit without waste.
    assert!(oldest < 6.0 * 4.0);
}

#[test]
fn impossible_problems_are_said() {
    let code =
        |result: Result<(), qcart::problem::Problem>| result.err().map(|problem| problem.code);
    let none = Discrete::constant(0).unwrap();
    assert_eq!(
        code(Backorder::new(none.clone(), 0, COSTS, 10, 10).map(drop)).as_deref(),
        Some("inventory.no_demand")
    );
    assert_eq!(
        code(LostSales::new(none, 0, COSTS, 10, 10).map(drop)).as_deref(),
        Some("inventory.no_demand")
    );
    assert_eq!(
        code(Backorder::new(poisson(50.0), 0, COSTS, 10, 10).map(drop)).as_deref(),
        Some("inventory.grid")
    );
    assert_eq!(
        code(
            Backorder::new(
                poisson(5.0),
                0,
                Costs {
                    holding: -1.0,
                    ..COSTS
                },
                30,
                30
            )
            .map(drop)
        )
        .as_deref(),
        Some("config.range")
    );
    assert_eq!(
        code(LostSales::new(poisson(5.0), 4, COSTS, 1000, 1000).map(drop)).as_deref(),
        Some("config.states")
    );
    assert_eq!(
        code(Newsvendor::new(poisson(5.0), COSTS, 0.0, 0).map(drop)).as_deref(),
        Some("config.range")
    );
    // A store smaller than demand loses sales; it is a fair question all the same.
    let small = LostSales::new(poisson(50.0), 0, COSTS, 10, 10).unwrap();
    assert_eq!(average::solve(&small, 1e-6).policy[0], 10);
    assert_eq!(small.states(), 11);
}

#[test]
fn q_learning_is_within_half_a_percent() {
    let check =
        |name, gaps: Vec<f64>| assert!(gaps.iter().all(|gap| *gap <= 0.005), "{name} {gaps:?}");
    check(
        "newsvendor",
        gap::gaps(&gap::problems::newsvendor(), gap::training(1.0, 1_000_000)),
    );
    // Smaller stores than the benchmark's, to keep the suite quick; `benches/operations.rs` has the larger ones.
    let costs = Costs {
        fixed: 3.0,
        ..COSTS
    };
    let small = Backorder::new(poisson(1.5), 0, costs, 7, 10).unwrap();
    let waiting = Backorder::new(
        poisson(1.5),
        1,
        Costs {
            penalty: 9.0,
            ..COSTS
        },
        8,
        10,
    )
    .unwrap();
    check(
        "lead time",
        gap::gaps(&waiting, gap::training(0.9, 4_000_000)),
    );
    check("reorder", gap::gaps(&small, gap::training(0.9, 4_000_000)));
    let leaving = LostSales::new(
        poisson(1.5),
        2,
        Costs {
            penalty: 9.0,
            ..COSTS
        },
        7,
        3,
    )
    .unwrap();
    check(
        "lost sales",
        gap::gaps(&leaving, gap::training(0.9, 8_000_000)),
    );
    check(
        "perishable",
        gap::gaps(&gap::problems::perishable(), gap::training(0.9, 2_000_000)),
    );
}
