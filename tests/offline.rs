//! Learning from a log alone: plain Q-learning believes luck, the careful options don't.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use qcart::agent::offline::{Fitted, OfflineConfig, Transition, fit};
use qcart::agent::table::QTable;
use qcart::env::mdp::{Mdp, MdpBuilder, Outcome};
use qcart::evaluate::ope::Episodes;
use qcart::evaluate::value::{Stochastic, exact};
use qcart::random::stream;
use qcart::solve::value_iteration::start_value;

const GAMMA: f64 = 0.9;
const RARE: usize = 30;

/// Two pages; on each one item that sells (0.5) and thirty that sell less (0.2), all with noise of 1.
fn shop() -> Mdp {
    let mut builder = MdpBuilder::default();
    for state in 0..2_u32 {
        builder.state("page");
        for action in 0..=RARE {
            let reward = if action == 0 { 0.5 } else { 0.2 };
            let outcome = Outcome {
                next: state + 1,
                probability: 1.0,
                reward,
                spread: 1.0,
            };
            builder.drawn_action("show", vec![outcome]);
        }
    }
    builder.state("end");
    builder.starts(vec![(0, 1.0)]);
    builder.build().unwrap()
}

/// What a shop that mostly shows the first item would have logged.
fn log(shop: &Mdp, seed: u64) -> Vec<Transition> {
    let logging = Stochastic::from_fn(shop, |_, row| {
        row.fill(0.1 / RARE as f64);
        row[0] = 0.9;
    });
    let episodes = Episodes::record(shop, &logging.unwrap(), 1000, 10, &mut stream(seed, "log"));
    let mut log = Vec::new();
    for number in 0..episodes.len() {
        let episode = episodes.episode(number);
        for (at, decision) in episode.iter().enumerate() {
            log.push(Transition {
                state: decision.state,
                action: decision.action,
                reward: decision.reward,
                next: episode.get(at + 1).map(|next| next.state),
            });
        }
    }
    log
}

/// What the fit claims the start is worth, and what its greedy policy is worth.
fn claim_and_truth(shop: &Mdp, fitted: &Fitted) -> (f64, f64) {
    assert!(fitted.converged);
    let policy = Stochastic::greedy(shop, &fitted.scores());
    (
        fitted.value(0, 0.0),
        start_value(shop, &exact(shop, &policy, GAMMA, 10)),
    )
}

#[test]
fn plain_q_learning_over_estimates_and_the_careful_options_do_not() {
    let shop = shop();
    let plain = OfflineConfig {
        gamma: GAMMA,
        ..OfflineConfig::default()
    };
    let optimum = 0.5 * (1.0 + GAMMA);
    for seed in 0..10 {
        let log = log(&shop, seed);
        let (claim, truth) = claim_and_truth(&shop, &fit(&shop, &log, &plain).unwrap());
        assert!(claim > 1.5 * optimum, "{claim} {truth}");
        assert!(truth < 0.6 * optimum, "{claim} {truth}");
        for careful in [
            OfflineConfig {
                least_tries: 30,
                ..plain
            },
            OfflineConfig {
                threshold: 0.3,
                ..plain
            },
            OfflineConfig {
                pessimism: 3.0,
                ..plain
            },
            OfflineConfig {
                conservatism: 0.5,
                ..plain
            },
        ] {
            let (claim, truth) = claim_and_truth(&shop, &fit(&shop, &log, &careful).unwrap());
            // Noise of the mean of 900 rewards at two pages: 4 standard errors are 4 * sqrt(2 / 900) = 0.19.
            assert!(claim < truth + 0.19, "{careful:?}: {claim} {truth}");
            assert!((truth - optimum).abs() < 1e-9, "{careful:?}: {truth}");
        }
    }
}

/// The plain fixed point is where replaying the log with step 1/n arrives on a one-step problem, and
/// where constant small steps arrive on two steps.
#[test]
fn replaying_the_log_arrives_at_the_plain_fixed_point() {
    let shop = shop();
    let log = log(&shop, 1);
    let fitted = fit(
        &shop,
        &log,
        &OfflineConfig {
            gamma: GAMMA,
            ..OfflineConfig::default()
        },
    )
    .unwrap();
    let mut table = QTable::new(&shop, 0.0).unwrap();
    let mut tries = vec![0.0; table.values().len()];
    for t in log
        .iter()
        .rev()
        .filter(|t| t.next.is_none())
        .chain(log.iter().filter(|t| t.next.is_some()))
    {
        let pair = table.pair(t.state, t.action);
        tries[pair] += 1.0;
        let target = t.reward + GAMMA * t.next.map_or(0.0, |next| table.max(next));
        table.learn(t.state, t.action, target, 1.0 / tries[pair]);
    }
    for (replayed, fixed) in table.values().iter().zip(fitted.q.values()) {
        assert!((replayed - fixed).abs() < 1e-9, "{replayed} {fixed}");
    }
}

/// At the fixed point of the conservative penalty Q = target - alpha mu / share, with one page and two actions by hand.
#[test]
fn the_conservative_fixed_point_solves_its_equation() {
    let mut builder = MdpBuilder::default();
    builder.state("page");
    builder.action("a", &[(1, 1.0, 1.0)]);
    builder.action("b", &[(1, 1.0, 2.0)]);
    builder.state("end");
    builder.starts(vec![(0, 1.0)]);
    let page = builder.build().unwrap();
    let row = |action, reward| Transition {
        state: 0,
        action,
        reward,
        next: None,
    };
    let log = [row(0, 1.0), row(0, 1.0), row(0, 1.0), row(1, 2.0)];
    for alpha in [0.01, 0.3, 5.0] {
        let config = OfflineConfig {
            conservatism: alpha,
            ..OfflineConfig::default()
        };
        let fitted = fit(&page, &log, &config).unwrap();
        let q = fitted.q.row(0);
        let mu = 1.0 / (1.0 + libm::exp(q[0] - q[1]));
        let want = [1.0 - alpha * (1.0 - mu) / 0.75, 2.0 - alpha * mu / 0.25];
        assert!(
            (q[0] - want[0]).abs() < 1e-7 && (q[1] - want[1]).abs() < 1e-7,
            "{q:?} {want:?}"
        );
        // Under what was done the penalty takes off exactly alpha.
        assert!((0.75 * q[0] + 0.25 * q[1] - (1.25 - alpha)).abs() < 1e-7);
    }
}

#[test]
fn what_was_never_tried_is_never_chosen_by_a_careful_fit() {
    let shop = shop();
    let bad = Transition {
        state: 0,
        action: 3,
        reward: -1.0,
        next: Some(1),
    };
    let plain = OfflineConfig {
        gamma: GAMMA,
        ..OfflineConfig::default()
    };
    let greedy = |config: &OfflineConfig| {
        let scores = fit(&shop, &[bad, bad], config).unwrap().scores();
        scores[..=RARE].iter().position(|s| {
            *s == scores[..=RARE]
                .iter()
                .copied()
                .fold(f64::NEG_INFINITY, f64::max)
        })
    };
    assert_eq!(greedy(&plain), Some(0));
    for careful in [
        OfflineConfig {
            least_tries: 1,
            ..plain
        },
        OfflineConfig {
            threshold: 0.3,
            ..plain
        },
        OfflineConfig {
            pessimism: 1.0,
            ..plain
        },
        OfflineConfig {
            conservatism: 1.0,
            ..plain
        },
    ] {
        assert_eq!(greedy(&careful), Some(3));
    }
}

#[test]
fn bad_logs_and_options_are_refused_in_words() {
    let shop = shop();
    let fine = OfflineConfig::default();
    let row = Transition {
        state: 0,
        action: 0,
        reward: 1.0,
        next: Some(1),
    };
    for bad in [
        Transition { state: 9, ..row },
        Transition { action: 99, ..row },
        Transition {
            reward: f64::INFINITY,
            ..row
        },
        Transition {
            next: Some(9),
            ..row
        },
    ] {
        assert_eq!(
            fit(&shop, &[row, bad], &fine).unwrap_err().code,
            "agent.log"
        );
    }
    for config in [
        OfflineConfig { gamma: 1.1, ..fine },
        OfflineConfig {
            threshold: -0.1,
            ..fine
        },
        OfflineConfig {
            pessimism: f64::NAN,
            ..fine
        },
        OfflineConfig {
            conservatism: -1.0,
            ..fine
        },
    ] {
        assert_eq!(
            fit(&shop, &[row], &config).unwrap_err().code,
            "agent.offline"
        );
    }
    assert!(fit(&shop, &[], &fine).unwrap().converged);
}
