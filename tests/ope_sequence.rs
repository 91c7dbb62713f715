//! Sequences and policy values against problems whose answers can be written down.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use qcart::env::mdp::{Mdp, MdpBuilder};
use qcart::evaluate::ope::{Answer, Decision, Episodes, SequenceOptions, SequenceStudy};
use qcart::evaluate::value::{
    BoardStudy, Conditions, Stochastic, board, exact, regret, sensitivity, simulate,
};
use qcart::random::stream;
use qcart::solve::value_iteration::{solve, start_value};

/// Two decisions: `stay` or `go` from A, then 1 of 2 rewards; all certain, so that four episodes are all there is.
fn two_steps() -> Mdp {
    let mut builder = MdpBuilder::default();
    builder.state("A");
    builder.action("stay", &[(1, 1.0, 0.0)]);
    builder.action("go", &[(2, 1.0, 1.0)]);
    builder.state("B");
    builder.action("take", &[(3, 1.0, 4.0)]);
    builder.action("leave", &[(3, 1.0, 0.0)]);
    builder.state("C");
    builder.action("take", &[(3, 1.0, 2.0)]);
    builder.action("leave", &[(3, 1.0, -1.0)]);
    builder.state("end");
    builder.starts(vec![(0, 1.0)]);
    builder.build().unwrap()
}

/// A shop of three states in which leaving is one of the outcomes.
fn chain() -> Mdp {
    let mut builder = MdpBuilder::default();
    for state in 0..3_u32 {
        builder.state(format!("s{state}"));
        let next = (state + 1) % 3;
        builder.action("near", &[(next, 0.6, 0.0), (3, 0.3, 1.0), (3, 0.1, 0.0)]);
        builder.action(
            "far",
            &[
                (state, 0.3, 0.0),
                (3, 0.2, f64::from(state) * 2.0),
                (next, 0.5, 0.2),
            ],
        );
    }
    builder.state("end");
    builder.starts(vec![(0, 0.5), (1, 0.5)]);
    builder.build().unwrap()
}

fn decision(state: u32, action: u32, reward: f64) -> Decision {
    Decision {
        state,
        action,
        reward,
        propensity: 0.5,
    }
}

#[test]
fn a_log_of_every_episode_once_gives_the_value_exactly() {
    let model = two_steps();
    let target = Stochastic::from_fn(&model, |_, row| row.copy_from_slice(&[0.8, 0.2])).unwrap();
    let log: Vec<Vec<Decision>> = vec![
        vec![decision(0, 0, 0.0), decision(1, 0, 4.0)],
        vec![decision(0, 0, 0.0), decision(1, 1, 0.0)],
        vec![decision(0, 1, 1.0), decision(2, 0, 2.0)],
        vec![decision(0, 1, 1.0), decision(2, 1, -1.0)],
    ];
    for gamma in [1.0, 0.9, 0.5] {
        let truth = start_value(&model, &exact(&model, &target, gamma, 10));
        let by_hand = 0.8 * gamma * 3.2 + 0.2 * (1.0 + gamma * 1.4);
        assert!((truth - by_hand).abs() < 1e-12);
        let episodes = Episodes::new(&log, &target).unwrap();
        let options = SequenceOptions {
            gamma,
            resamples: 100,
            ..SequenceOptions::default()
        };
        let mut study = SequenceStudy::new(episodes, target.clone(), options).unwrap();
        study.advance(100);
        for estimate in study.report().estimators {
            assert!(
                (estimate.value - truth).abs() < 1e-9,
                "{} {} {truth}",
                estimate.name,
                estimate.value
            );
        }
    }
}

#[test]
fn judging_the_logging_policy_itself_gives_its_mean_return() {
    let model = chain();
    let policy = Stochastic::uniform(&model);
    let log = Episodes::record(&model, &policy, 300, 100, &mut stream(3, "log"));
    let mut study = SequenceStudy::new(log, policy, SequenceOptions::default()).unwrap();
    study.advance(500);
    let report = study.report();
    for name in ["PDIS", "WIS", "CWPDIS"] {
        let estimate = report.estimators.iter().find(|e| e.name == name).unwrap();
        assert!(
            (estimate.value - report.logged.value).abs() < 1e-12,
            "{name}"
        );
        assert!(
            (estimate.ci[0] - report.logged.ci[0]).abs() < 1e-12,
            "{name}"
        );
    }
    assert!((report.ess - 300.0).abs() < 1e-9);
    assert_eq!(report.answer, Answer::Given);
}

#[test]
fn every_sequence_estimator_finds_the_exact_value_of_another_policy() {
    let model = chain();
    let logging = Stochastic::uniform(&model);
    let target = Stochastic::from_fn(&model, |_, row| row.copy_from_slice(&[0.7, 0.3])).unwrap();
    let truth = start_value(&model, &exact(&model, &target, 0.9, 1000));
    let log = Episodes::record(&model, &logging, 4000, 1000, &mut stream(5, "log"));
    let options = SequenceOptions {
        gamma: 0.9,
        resamples: 200,
        confidence: 0.9999,
        ..SequenceOptions::default()
    };
    let mut study = SequenceStudy::new(log, target, options).unwrap();
    while !study.advance(33) {}
    for estimate in study.report().estimators {
        // The 99.99 % interval of a fixed seed: by far wide enough for an estimator that is right.
        assert!(
            estimate.ci[0] < truth && truth < estimate.ci[1],
            "{estimate:?} {truth}"
        );
        assert!(
            estimate.ci[1] - estimate.ci[0] < 0.3 * truth,
            "{estimate:?}"
        );
    }
}

#[test]
fn slices_do_not_change_a_sequence_study() {
    let model = chain();
    let logging = Stochastic::uniform(&model);
    let log = Episodes::record(&model, &logging, 100, 50, &mut stream(9, "log"));
    let target = Stochastic::greedy(&model, &[1.0, 0.0, 1.0, 0.0, 0.0, 1.0]);
    let mut whole = SequenceStudy::new(
        log,
        target,
        SequenceOptions {
            resamples: 100,
            ..SequenceOptions::default()
        },
    )
    .unwrap();
    let mut sliced = whole.clone();
    whole.advance(100);
    while !sliced.advance(7) {}
    assert_eq!(whole.report(), sliced.report());
}

#[test]
fn a_long_horizon_that_the_log_hardly_follows_is_refused() {
    let mut builder = MdpBuilder::default();
    for state in 0..12_u32 {
        builder.state("s");
        builder.action("a", &[(state + 1, 1.0, 1.0)]);
        builder.action("b", &[(state + 1, 1.0, 0.0)]);
    }
    builder.state("end");
    builder.starts(vec![(0, 1.0)]);
    let model = builder.build().unwrap();
    let log = Episodes::record(
        &model,
        &Stochastic::uniform(&model),
        500,
        50,
        &mut stream(1, "log"),
    );
    let target = Stochastic::greedy(&model, &[1.0, 0.0].repeat(12));
    let mut study = SequenceStudy::new(
        log,
        target,
        SequenceOptions {
            resamples: 100,
            ..SequenceOptions::default()
        },
    )
    .unwrap();
    study.advance(100);
    let report = study.report();
    assert_eq!(report.answer, Answer::Refused);
    assert!(
        report.verdict.en.contains("can't answer that")
            && report.verdict.en.contains("effective episodes")
    );
    assert!(report.verdict.zh.contains("无法回答"));
}

#[test]
fn bad_sequences_are_refused_in_words() {
    let model = two_steps();
    let policy = Stochastic::uniform(&model);
    let code = |log: &[Vec<Decision>]| Episodes::new(log, &policy).unwrap_err().code;
    assert_eq!(code(&[]), "ope.empty");
    assert_eq!(code(&[vec![]]), "ope.empty");
    assert_eq!(code(&[vec![decision(9, 0, 0.0)]]), "ope.item");
    assert_eq!(code(&[vec![decision(0, 2, 0.0)]]), "ope.item");
    assert_eq!(code(&[vec![decision(0, 0, f64::NAN)]]), "ope.reward");
    for propensity in [0.0, 1.5, f64::NAN, -0.1] {
        let bad = Decision {
            propensity,
            ..decision(0, 0, 1.0)
        };
        assert_eq!(code(&[vec![bad]]), "ope.propensity-range");
    }
}

#[test]
fn the_board_ranks_policies_against_the_optimum() {
    let model = chain();
    let gamma = 0.9;
    let optimum = solve(&model, gamma).unwrap();
    let greedy = Stochastic::greedy(&model, &optimum.q);
    let epsilon = Stochastic::epsilon_greedy(&model, &optimum.q, 0.2);
    let soft = Stochastic::softmax(&model, &optimum.q, 0.5);
    let random = Stochastic::uniform(&model);
    let named = [
        ("optimal", &greedy),
        ("epsilon", &epsilon),
        ("softmax", &soft),
        ("random", &random),
    ]
    .map(|(name, policy)| (name.to_owned(), policy.clone()));
    let conditions = Conditions {
        gamma,
        horizon: 1000,
        episodes: 20_000,
        seed: 7,
    };
    let mut sliced = BoardStudy::new(optimum.start_value, named.to_vec(), conditions);
    while !sliced.advance(&model, 777) {}
    let board = board(&model, named.to_vec(), conditions).unwrap();
    assert_eq!(sliced.board(), board);
    assert!((board.policies[0].of_optimum.unwrap() - 1.0).abs() < 1e-9);
    for policy in &board.policies {
        assert!(policy.exact <= board.optimum + 1e-9);
        // Five standard errors, with a fixed seed.
        let half = policy.simulated.value - policy.simulated.ci[0];
        assert!(
            (policy.simulated.value - policy.exact).abs() < 2.6 * half,
            "{policy:?}"
        );
    }
    let one = exact(
        &model,
        &Stochastic::epsilon_greedy(&model, &optimum.q, 1.0),
        gamma,
        1000,
    );
    assert_eq!(one, exact(&model, &random, gamma, 1000));
    let again = simulate(&model, &soft, gamma, 1000, 100, (1, "a"));
    assert_eq!(again, simulate(&model, &soft, gamma, 1000, 100, (1, "a")));
}

/// Sutton & Barto 2018, exercise 3.5: the 5 x 5 grid under the random policy, first row, to the printed digit.
#[test]
fn policy_evaluation_gives_the_grid_of_the_book() {
    let mut builder = MdpBuilder::default();
    for cell in 0..25_i32 {
        builder.state("cell");
        let (row, column) = (cell / 5, cell % 5);
        for (down, right) in [(-1, 0), (1, 0), (0, -1), (0, 1)] {
            let (r, c) = (row + down, column + right);
            let outcome = match cell {
                1 => (21, 1.0, 10.0),
                3 => (13, 1.0, 5.0),
                _ if !(0..5).contains(&r) || !(0..5).contains(&c) => (cell as u32, 1.0, -1.0),
                _ => ((5 * r + c) as u32, 1.0, 0.0),
            };
            builder.action("move", &[outcome]);
        }
    }
    builder.start_anywhere();
    let grid = builder.build().unwrap();
    let values = exact(&grid, &Stochastic::uniform(&grid), 0.9, 0);
    for (value, printed) in values.iter().zip([3.3, 8.8, 4.4, 5.3, 1.5]) {
        assert!((value - printed).abs() <= 0.05 + 1e-9, "{value} {printed}");
    }
}

#[test]
fn regret_of_a_policy_that_stays_as_it_is_grows_in_a_line() {
    let series = regret(&[(0.0, 3.0), (10.0, 3.0), (30.0, 3.0)], 5.0);
    assert_eq!(
        series.iter().map(|r| r.cumulative).collect::<Vec<_>>(),
        [0.0, 20.0, 60.0]
    );
    let learned = regret(&[(0.0, 3.0), (10.0, 5.0), (20.0, 5.0)], 5.0);
    assert_eq!(learned[2].cumulative, 10.0);
    assert_eq!(learned[2].simple, 0.0);
}

#[test]
fn the_winner_changes_where_two_lines_cross() {
    let found = sensitivity(&[1.0, 2.0, 3.0, 4.0], |x| {
        Ok(vec![5.0, 2.0 * x, x * x * 0.5])
    })
    .unwrap();
    assert_eq!(found.winner, [0, 0, 1, 1]);
    assert_eq!(found.crossings.len(), 1);
    assert!((found.crossings[0].at - 2.5).abs() < 0.001);
    assert_eq!((found.crossings[0].below, found.crossings[0].above), (0, 1));
    let tie = sensitivity(&[0.0, 1.0], |_| Ok(vec![1.0, 1.0])).unwrap();
    assert!(tie.crossings.is_empty());
}
