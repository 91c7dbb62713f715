//! Deep Q-networks in the place of the table: they reach the optimum, how the work was cut never shows, links repeat them, and
//! what can't be done is refused in words.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use qcart::agent::learner::Algorithm;
use qcart::agent::network::{NetworkConfig, NetworkLearner};
use qcart::env::generated::GeneratorConfig;
use qcart::env::mdp::MdpBuilder;
use qcart::env::shop::{Shop, ShopConfig};
use qcart::env::{Environment, Step, textbook};
use qcart::evaluate::value::{Stochastic, exact};
use qcart::experiment::link;
use qcart::experiment::parameters::Value;
use qcart::lab::Lab;
use qcart::lab::protocol::{Carry, Request, Response};
use qcart::nn::encoder::Kind;
use qcart::random::Rng;
use qcart::solve::value_iteration::{solve, start_value};
use qcart::train::{Change, Parameter, StopReason, TrainConfig, Trainer};

fn network(kind: Kind) -> NetworkConfig {
    NetworkConfig {
        kind,
        width: 16,
        rate: 0.004,
        batch: 32,
        replay: 200_000,
        every: 4,
        target: 200,
        warm_up: 1000,
    }
}

fn shop(order: u32) -> Shop {
    let config = GeneratorConfig {
        users: 150,
        items: 12,
        categories: 3,
        ..GeneratorConfig::default()
    };
    let shop = ShopConfig {
        order,
        ..ShopConfig::default()
    };
    Shop::build(&common::generated(config), shop).unwrap()
}

/// `cargo bench --bench deep` says the same of the shop of the page, which takes too long here.
#[test]
fn the_four_networks_reach_99_percent_of_a_small_shops_optimum() {
    let shop = shop(1);
    let reached = |kind| {
        let config = TrainConfig {
            budget_steps: 300_000,
            snapshots: 4,
            patience: 0,
            network: Some(NetworkConfig {
                every: 40,
                batch: 128,
                ..network(kind)
            }),
            ..TrainConfig::default()
        };
        let optimum = solve(&shop, config.gamma).unwrap();
        let mut trainer = Trainer::new(&shop, optimum, config).unwrap();
        trainer.advance(u64::MAX);
        trainer.snapshots().last().unwrap().value_percent
    };
    for kind in [Kind::Mlp, Kind::Cnn, Kind::Gru, Kind::Transformer] {
        let percent = reached(kind);
        assert!(
            (99.0..100.0 + 1e-6).contains(&percent),
            "{kind:?}: {percent} %"
        );
    }
}

#[test]
fn a_network_solves_the_textbook_problems() {
    for id in ["cliff", "frozenlake"] {
        let problem = textbook::find(id).unwrap();
        let config = TrainConfig {
            budget_steps: 100_000,
            snapshots: 10,
            network: Some(network(Kind::Mlp)),
            ..TrainConfig::suggested(problem)
        };
        let mdp = problem.build().unwrap();
        let optimum = solve(&mdp, config.gamma).unwrap();
        let mut trainer = Trainer::new(mdp, optimum, config).unwrap();
        trainer.advance(u64::MAX);
        let percent = trainer.snapshots().last().unwrap().value_percent;
        assert!(percent > 99.0, "{}: {percent} %", problem.id);
    }
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
fn slices_and_single_steps_never_show() {
    let shop = shop(2);
    for (kind, algorithm) in [
        (Kind::Mlp, Algorithm::Q),
        (Kind::Transformer, Algorithm::DoubleQ),
        (Kind::Gru, Algorithm::Q),
        (Kind::Cnn, Algorithm::DoubleQ),
    ] {
        let config = TrainConfig {
            algorithm,
            budget_steps: 3000,
            snapshots: 5,
            network: Some(NetworkConfig {
                target: 20,
                warm_up: 500,
                ..network(kind)
            }),
            ..TrainConfig::default()
        };
        let optimum = solve(&shop, config.gamma).unwrap();
        let mut live = Trainer::new(&shop, optimum.clone(), config).unwrap();
        live.advance(1_000_000);
        for _ in 0..50 {
            live.step_once();
        }
        let change = Change {
            parameter: Parameter::Gamma,
            value: 0.6,
        };
        live.change(change).unwrap();
        while live.stop_reason().is_none() {
            live.advance(77_777);
        }
        let changes = live.changes().to_vec();
        let mut replay = Trainer::replay(&shop, optimum, config, changes).unwrap();
        replay.advance(u64::MAX);
        assert_eq!(bits(&live), bits(&replay), "{kind:?}");
    }
}

/// A told step says what it did: on an update the value moves, and the target is reward plus discounted best of what follows.
#[test]
fn a_single_step_is_told() {
    let mdp = textbook::find("gridworld").unwrap().build().unwrap();
    let config = TrainConfig {
        budget_steps: 1000,
        network: Some(NetworkConfig {
            every: 1,
            warm_up: 1,
            ..network(Kind::Mlp)
        }),
        ..TrainConfig::default()
    };
    let optimum = solve(&mdp, config.gamma).unwrap();
    let mut trainer = Trainer::new(&mdp, optimum, config).unwrap();
    let trace = trainer.step_once().0.unwrap();
    assert_eq!(trace.step, 1);
    assert_ne!(trace.old, trace.new);
    assert!(trace.target.is_finite() && trace.alpha > 0.0);
    assert_eq!(trainer.learner().visits().iter().sum::<u32>(), 1);
}

/// A problem whose size is all there is to it.
struct Vast(u32);

impl Environment for Vast {
    fn states(&self) -> u32 {
        self.0
    }
    fn actions(&self, _: u32) -> u32 {
        1
    }
    fn reset(&self, _: &mut Rng) -> u32 {
        0
    }
    fn step(&self, state: u32, _: u32, _: &mut Rng) -> Step {
        Step {
            reward: 0.0,
            next: state,
            end: true,
        }
    }
}

#[test]
fn what_does_not_fit_is_refused_before_it_is_allocated() {
    let config = NetworkConfig {
        width: 128,
        ..network(Kind::Gru)
    };
    let needs = config.needs(&Vast(2_000_000));
    assert!(needs.weights > 256_000_000 && needs.bytes > 4 << 30);
    let refused = NetworkLearner::new(&Vast(2_000_000), config, 1);
    assert_eq!(refused.unwrap_err().code, "agent.memory");
    // What is said before is what is taken.
    let shop = shop(2);
    for kind in [Kind::Mlp, Kind::Cnn, Kind::Gru, Kind::Transformer] {
        let made = NetworkLearner::new(&shop, network(kind), 1).unwrap();
        let said = network(kind).needs(&shop).weights;
        assert_eq!(said, made.weights().len() as u64, "{kind:?}");
    }
}

/// The square of an error may be beyond the numbers of 32 bits where its gradient is not.
#[test]
fn no_step_is_taken_along_a_loss_that_is_no_number() {
    let mdp = textbook::find("gridworld").unwrap().build().unwrap();
    let config = network(Kind::Mlp);
    let mut learner = NetworkLearner::new(&mdp, config, 1).unwrap();
    let take = |learner: &mut NetworkLearner, step: u64, reward: f64| {
        let seen = Step {
            reward,
            next: 1,
            end: false,
        };
        let (how, along) = ((Algorithm::Q, 0.9), (step, 10_000));
        learner.take(&mdp, (0, 0, seen), how, along)
    };
    // The unit of rewards is known from the first update on.
    for step in 1..=config.warm_up {
        take(&mut learner, step, 1.0).unwrap();
    }
    assert_eq!(learner.updates(), 1);
    let mut steps = config.warm_up..;
    let (before, problem) = loop {
        let before = learner.weights().clone();
        if let Err(problem) = take(&mut learner, steps.next().unwrap() + 1, 1e25) {
            break (before, problem);
        }
    };
    assert_eq!(problem.code, "neural.diverged");
    assert_eq!(*learner.weights(), before);
}

/// A learning rate beyond all reason: the first update spoils the weights, which is seen at the second. What was measured before it
/// is in the table then, every bit of it.
#[test]
fn divergence_leaves_the_weights_of_the_best_measurement() {
    let mdp = textbook::find("gridworld").unwrap().build().unwrap();
    for rate in [1e3, f32::MAX] {
        let config = TrainConfig {
            budget_steps: 20_000,
            network: Some(NetworkConfig {
                rate,
                ..network(Kind::Mlp)
            }),
            ..TrainConfig::default()
        };
        let optimum = solve(&mdp, config.gamma).unwrap();
        let untrained = {
            let mut trainer = Trainer::new(&mdp, optimum.clone(), config).unwrap();
            while trainer.snapshots().is_empty() {
                trainer.advance(1);
            }
            trainer.q().values().to_vec()
        };
        let mut trainer = Trainer::new(&mdp, optimum, config).unwrap();
        trainer.advance(u64::MAX);
        let reason = trainer.stop_reason().unwrap();
        assert!(
            matches!(reason, StopReason::Diverged { .. } | StopReason::Failed(_)),
            "{reason:?}"
        );
        // The warm-up and a few updates, not the thousands of steps to the next measurement.
        assert!(trainer.steps() < 1100, "{}", trainer.steps());
        assert_eq!(trainer.q().values(), untrained);
    }
}

#[test]
fn a_loss_that_is_no_number_ends_learning_and_keeps_the_weights() {
    let mut builder = MdpBuilder::default();
    let first = builder.state("first");
    // More than the largest number of 32 bits.
    builder.action("a", &[(first, 0.5, 1e300), (1, 0.5, 0.0)]);
    builder.state("over");
    builder.starts(vec![(first, 1.0)]);
    let mdp = builder.build().unwrap();
    let config = TrainConfig {
        budget_steps: 20_000,
        network: Some(network(Kind::Gru)),
        ..TrainConfig::default()
    };
    let optimum = solve(&mdp, config.gamma).unwrap();
    let mut trainer = Trainer::new(mdp, optimum, config).unwrap();
    trainer.advance(u64::MAX);
    assert!(trainer.steps() < 2000);
    assert!(
        matches!(trainer.stop_reason(), Some(StopReason::Failed(problem)) if problem.code == "neural.diverged"),
        "{:?}",
        trainer.stop_reason()
    );
    assert!(trainer.q().values().iter().all(|q| q.is_finite()));
}

fn ask(lab: &mut Lab, request: Request) -> Vec<Response> {
    let responses = lab.request(request);
    let refused = |response: &&Response| matches!(response, Response::Problem { .. });
    assert_eq!(responses.iter().find(refused), None);
    responses
}

fn work(lab: &mut Lab) -> Vec<Response> {
    let mut all = Vec::new();
    while lab.busy() {
        all.extend(lab.advance(3_000_000));
    }
    all
}

fn set(lab: &mut Lab, key: &str, value: Value) -> Vec<Response> {
    let key = key.to_owned();
    ask(lab, Request::Set { key, value })
}

fn choose(lab: &mut Lab, approximator: &str) {
    set(lab, "approximator", Value::Choice(approximator.to_owned()));
}

fn budget(lab: &mut Lab) -> f64 {
    let shared = ask(
        lab,
        Request::Share {
            carry: Carry::Nothing,
        },
    );
    match &shared[0] {
        Response::Shared { experiment, .. } => experiment.settings.number("budget"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_network_brings_the_budget_that_suits_it_and_takes_it_away_again() {
    let mut lab = Lab::default();
    let problem = "gridworld".to_owned();
    ask(&mut lab, Request::Decide { problem });
    work(&mut lab);
    let table = budget(&mut lab);
    choose(&mut lab, "gru");
    let network = budget(&mut lab);
    assert_ne!(table, network);
    choose(&mut lab, "table");
    assert_eq!(budget(&mut lab), table);
    // What a person chose stays.
    set(&mut lab, "budget", Value::Number(12_345.0));
    choose(&mut lab, "mlp");
    assert_eq!(budget(&mut lab), 12_345.0);
}

#[test]
fn a_network_is_measured_trained_and_repeated_from_its_link() {
    let mut lab = Lab::with_clock(|| 1.0);
    // Set before anything is decided: kept.
    choose(&mut lab, "transformer");
    set(&mut lab, "budget", Value::Number(4000.0));
    let problem = "cliff".to_owned();
    ask(&mut lab, Request::Decide { problem });
    work(&mut lab);
    let measured = ask(&mut lab, Request::Network);
    assert!(
        matches!(measured[0], Response::Approximator { weights, bytes, updates, .. }
            if weights > 1000.0 && bytes > 20.0 * weights && updates == 750.0),
        "{measured:?}"
    );
    ask(&mut lab, Request::Train);
    let outcome = |responses: Vec<Response>| {
        responses.into_iter().find_map(|response| match response {
            Response::Trained {
                outcome, verdict, ..
            } => Some((outcome, verdict)),
            _ => None,
        })
    };
    let first = outcome(work(&mut lab)).unwrap().0;
    let shared = ask(
        &mut lab,
        Request::Share {
            carry: Carry::Nothing,
        },
    );
    let Response::Shared { experiment, .. } = &shared[0] else {
        panic!("{shared:?}");
    };
    let text = link::write(experiment).unwrap();
    let read = link::read(&text).unwrap();
    assert_eq!(read.settings.choice("approximator"), "transformer");
    let mut other = Lab::default();
    other.open(read);
    let problem = "cliff".to_owned();
    ask(&mut other, Request::Decide { problem });
    work(&mut other);
    ask(&mut other, Request::Train);
    let (second, verdict) = outcome(work(&mut other)).unwrap();
    assert_eq!(first, second);
    assert!(verdict.unwrap().reproduced);
    // Another network finds other values.
    choose(&mut other, "mlp");
    ask(&mut other, Request::Train);
    let third = outcome(work(&mut other)).unwrap().0;
    assert_ne!(first.digest.learned, third.digest.learned);
}

#[test]
fn a_table_has_no_network_to_measure() {
    let mut lab = Lab::default();
    let problem = "cliff".to_owned();
    ask(&mut lab, Request::Decide { problem });
    work(&mut lab);
    let refused = lab.request(Request::Network);
    assert!(
        matches!(&refused[0], Response::Problem { problem } if problem.code == "lab.no-network")
    );
}

#[test]
fn a_stop_by_hand_is_repeated() {
    let mdp = textbook::find("cliff").unwrap().build().unwrap();
    let config = TrainConfig {
        budget_steps: 20_000,
        network: Some(network(Kind::Mlp)),
        ..TrainConfig::default()
    };
    let optimum = solve(&mdp, config.gamma).unwrap();
    let mut live = Trainer::new(&mdp, optimum.clone(), config).unwrap();
    while live.steps() < 2345 {
        live.step_once();
    }
    live.stop_at(live.steps());
    live.advance(u64::MAX);
    let mut replay = Trainer::new(&mdp, optimum, config).unwrap();
    replay.stop_at(live.steps());
    replay.advance(u64::MAX);
    assert_eq!(replay.stop_reason(), Some(&StopReason::Stopped));
    assert_eq!(bits(&live), bits(&replay));
}

/// Learning that leaps about is measured where it is stopped, and what stays is the best that was measured. Nothing is put back where it
/// came to its end.
#[test]
fn a_stop_keeps_the_best_that_was_measured() {
    let mdp = textbook::find("cliff").unwrap().build().unwrap();
    let config = TrainConfig {
        budget_steps: 20_000,
        snapshots: 40,
        patience: 0,
        network: Some(NetworkConfig {
            rate: 0.02,
            ..network(Kind::Mlp)
        }),
        ..TrainConfig::default()
    };
    let optimum = solve(&mdp, config.gamma).unwrap();
    let mut fell = 0;
    for stop in [4321, 6789, 9876, 12_345, u64::MAX] {
        let mut trainer = Trainer::new(&mdp, optimum.clone(), config).unwrap();
        trainer.stop_at(stop);
        trainer.advance(u64::MAX);
        let snapshots = trainer.snapshots();
        let last = snapshots.last().unwrap();
        assert_eq!(last.step, stop.min(config.budget_steps));
        let best = snapshots.iter().map(|s| s.value).fold(f64::MIN, f64::max);
        fell += u32::from(last.value < best);
        let greedy = Stochastic::greedy(&mdp, trainer.q().values());
        let values = exact(&mdp, &greedy, config.gamma, config.episode_cap);
        let kept = start_value(&mdp, &values);
        let right = if stop == u64::MAX { last.value } else { best };
        assert_eq!(trainer.kept().unwrap().value, right);
        // Both are sums of at most a few hundred rewards, one of them to a tolerance of 1e-7.
        assert!((kept - right).abs() < 1e-5, "{stop}: {kept} {right}");
    }
    assert!(fell > 0);
}
