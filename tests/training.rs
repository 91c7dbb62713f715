//! Training: the shop is learnt within the default budget, and how the work was cut never shows.

#![allow(clippy::unwrap_used)]

mod common;

use proptest::prelude::*;
use qcart::agent::learner::Algorithm;
use qcart::agent::schedule::{Schedule, Shape};
use qcart::env::generated::GeneratorConfig;
use qcart::env::shop::{Shop, ShopConfig};
use qcart::env::{Environment, textbook};
use qcart::solve::value_iteration::solve;
use qcart::train::{Change, Parameter, StopReason, TrainConfig, TrainEvent, Trainer};

fn small_shop() -> Shop {
    let config = GeneratorConfig {
        users: 60,
        items: 12,
        categories: 3,
        ..GeneratorConfig::default()
    };
    Shop::build(&common::generated(config), ShopConfig::default()).unwrap()
}

/// Bits of everything a run leaves behind.
fn bits<M: qcart::env::Model>(trainer: &Trainer<M>) -> (Vec<u64>, String) {
    let q = trainer.q().values().iter().map(|q| q.to_bits()).collect();
    (
        q,
        format!("{:?} {:?}", trainer.snapshots(), trainer.stop_reason()),
    )
}

#[test]
fn q_learning_reaches_99_5_percent_of_the_generated_shops_optimum() {
    let log = common::generated(GeneratorConfig::default());
    let shop = Shop::build(&log, ShopConfig::default()).unwrap();
    let config = TrainConfig::default();
    let optimum = solve(&shop, config.gamma).unwrap();
    let reached = &|seed| {
        let config = TrainConfig { seed, ..config };
        let mut trainer = Trainer::new(&shop, optimum.clone(), config).unwrap();
        trainer.advance(u64::MAX);
        trainer.snapshots().last().unwrap().value_percent
    };
    let percents: Vec<f64> = std::thread::scope(|scope| {
        let runs: Vec<_> = (1..=5)
            .map(|seed| scope.spawn(move || reached(seed)))
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    for percent in &percents {
        assert!((99.5..100.0 + 1e-6).contains(percent), "{percents:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Any way of cutting the work gives the same bits, and a replay of the changes made gives them again.
    #[test]
    fn slices_never_show(
        slices in prop::collection::vec(1u64..60_000, 1..20),
        change_after in 0usize..8,
        gamma in 0.3f64..0.95,
        double in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let shop = small_shop();
        let config = TrainConfig {
            algorithm: if double { Algorithm::DoubleQ } else { Algorithm::Q },
            budget_steps: 20_000,
            snapshots: 10,
            seed,
            ..TrainConfig::default()
        };
        let optimum = solve(&shop, config.gamma).unwrap();
        let mut live = Trainer::new(&shop, optimum.clone(), config).unwrap();
        let mut slice = 0;
        while live.stop_reason().is_none() {
            if slice == change_after {
                live.change(Change { parameter: Parameter::Epsilon, value: 0.7 }).unwrap();
                live.change(Change { parameter: Parameter::Gamma, value: gamma }).unwrap();
            }
            live.advance(slices[slice % slices.len()]);
            slice += 1;
        }
        let mut replay = Trainer::replay(&shop, optimum, config, live.changes().to_vec()).unwrap();
        replay.advance(u64::MAX);
        prop_assert_eq!(bits(&live), bits(&replay));
    }
}

#[test]
fn single_steps_and_slices_come_to_the_same() {
    let shop = small_shop();
    let config = TrainConfig {
        budget_steps: 2000,
        ..TrainConfig::default()
    };
    let optimum = solve(&shop, config.gamma).unwrap();
    let mut whole = Trainer::new(&shop, optimum.clone(), config).unwrap();
    whole.advance(u64::MAX);
    let mut single = Trainer::new(&shop, optimum, config).unwrap();
    let mut steps = 0;
    while let (Some(trace), _) = single.step_once() {
        steps += 1;
        assert_eq!(trace.step, steps);
        let follows = trace.target - trace.reward;
        assert!(
            !trace.end || follows.abs() < 1e-12,
            "nothing is bootstrapped through an end"
        );
        let moved = trace.old + trace.alpha * (trace.target - trace.old);
        assert!((trace.new - moved).abs() < 1e-12);
    }
    assert_eq!(steps, 2000);
    assert_eq!(bits(&whole), bits(&single));
}

#[test]
fn a_change_holds_from_the_next_step_and_bad_ones_change_nothing() {
    let shop = small_shop();
    let config = TrainConfig {
        epsilon: Schedule::constant(0.2),
        ..TrainConfig::default()
    };
    let optimum = solve(&shop, config.gamma).unwrap();
    let mut trainer = Trainer::new(&shop, optimum, config).unwrap();
    trainer.step_once();
    let change = |value| Change {
        parameter: Parameter::Epsilon,
        value,
    };
    assert_eq!(
        trainer.change(change(f64::NAN)).unwrap_err().code,
        "train.range"
    );
    trainer.change(change(0.9)).unwrap();
    assert_eq!(trainer.step_once().0.unwrap().epsilon, 0.9);
    assert_eq!(trainer.changes(), [(1, change(0.9))]);
}

#[test]
fn divergence_is_caught_at_once_and_explained() {
    let mut builder = qcart::env::mdp::MdpBuilder::default();
    let rich = builder.state("rich");
    builder.action("stay", &[(rich, 1.0, 1.0)]);
    builder.start_anywhere();
    let model = builder.build().unwrap();
    assert_eq!(solve(&model, 1.0).unwrap_err().code, "solve.no-limit");
    let optimum = solve(&model, 0.5).unwrap();
    let config = TrainConfig {
        gamma: 1.0,
        alpha: Schedule::constant(1.0),
        patience: 0,
        ..TrainConfig::default()
    };
    let mut trainer = Trainer::new(&model, optimum, config).unwrap();
    let events = trainer.advance(u64::MAX);
    let Some(TrainEvent::Stopped(StopReason::Diverged { value, bound, .. })) = events.last() else {
        panic!("{events:?}");
    };
    assert!(
        value > bound && value - bound <= 1.0,
        "at the first value beyond the bound"
    );
    assert!(!trainer.snapshots().is_empty());
    assert!(trainer.snapshots().iter().all(|s| s.q_distance.is_finite()));
}

#[test]
fn settings_out_of_range_are_refused_by_name() {
    let model = textbook::find("cliff").unwrap().build().unwrap();
    let optimum = solve(&model, 1.0).unwrap();
    let good = TrainConfig::default();
    let bad = [
        TrainConfig {
            gamma: 1.01,
            ..good
        },
        TrainConfig {
            gamma: f64::NAN,
            ..good
        },
        TrainConfig {
            alpha: Schedule::constant(-0.1),
            ..good
        },
        TrainConfig {
            budget_steps: 0,
            ..good
        },
        TrainConfig {
            snapshots: 1,
            ..good
        },
        TrainConfig {
            initial_q: f64::INFINITY,
            ..good
        },
    ];
    for config in bad {
        let problem = Trainer::new(&model, optimum.clone(), config).unwrap_err();
        assert_eq!(problem.code, "train.range");
    }
}

/// With a zero start exploration finds the shop's best actions; with an optimistic start curiosity alone does.
#[test]
fn optimistic_values_explore_without_random_actions() {
    let shop = small_shop();
    let config = TrainConfig {
        initial_q: 5.0,
        epsilon: Schedule::constant(0.0),
        alpha: Schedule {
            shape: Shape::Inverse,
            initial: 1.0,
            last: 0.0,
            horizon: 8,
        },
        budget_steps: 1_000_000,
        ..TrainConfig::default()
    };
    let optimum = solve(&shop, config.gamma).unwrap();
    let mut trainer = Trainer::new(&shop, optimum, config).unwrap();
    trainer.advance(u64::MAX);
    for state in (0..shop.states()).filter(|&state| shop.actions(state) > 0) {
        let best = trainer.q().best(state);
        let pair = trainer.q().pair(state, best);
        assert!(
            trainer.learner().visits()[pair] > 0,
            "an untried pair leads state {state}"
        );
        assert!(
            shop.entries(state)[best as usize].support > 0,
            "a pair the log never saw leads"
        );
    }
}
