//! The ranking board of the laboratory, as the page drives it: test models one by one, compare them, look closer.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use proptest::prelude::*;
use qcart::evaluate::Leaderboard;
use qcart::experiment::ranking::{Ranking, Terms, Unit, Window};
use qcart::experiment::{Source, link};
use qcart::lab::Lab;
use qcart::lab::protocol::{
    BoardRequest, Carry, DifferingSession, EvaluationStage, Request, Response,
};
use qcart::log::ImportOptions;

/// Forty users walk along a ring of items; every fifth goes the other way.
fn ring(times: bool) -> Vec<u8> {
    let mut csv = String::from(if times {
        "user,item,event,time\n"
    } else {
        "user,item,event\n"
    });
    for user in 0..40_i64 {
        for step in 0..6 {
            let way = if user % 5 == 0 { -1 } else { 1 };
            let item = (user + way * step).rem_euclid(9);
            csv.push_str(&format!("u{user},i{item},view"));
            if times {
                csv.push_str(&format!(",{}", 1_700_000_000 + user * 40_000 + step * 60));
            }
            csv.push('\n');
        }
    }
    csv.into_bytes()
}

fn lab(csv: &[u8]) -> Lab {
    let mut lab = Lab::default();
    let begin = Request::BeginImport {
        source: Source::File {
            name: String::new(),
            size: 0,
            fingerprint: String::new(),
        },
        name: "log.csv".to_owned(),
        size: Some(csv.len() as u64),
        options: ImportOptions::default(),
    };
    lab.request(begin);
    lab.push(csv);
    lab.request(Request::EndImport);
    work(&mut lab, 1_000_000);
    lab
}

fn work(lab: &mut Lab, slice: u64) -> Vec<Response> {
    let mut all = Vec::new();
    while lab.busy() {
        all.extend(lab.advance(slice));
    }
    all
}

const TERMS: Terms = Terms {
    window: Window {
        unit: Unit::Share,
        size: 0.3,
    },
    keep_unseen: false,
    tune: 0,
    seed: 1,
};

fn evaluate(lab: &mut Lab, model: &str, terms: Terms, slice: u64) -> Vec<Response> {
    let model = model.to_owned();
    let mut responses = lab.request(Request::Board(BoardRequest::EvaluateModel { model, terms }));
    responses.extend(work(lab, slice));
    responses
}

fn code(responses: &[Response]) -> Option<&str> {
    responses.iter().find_map(|response| match response {
        Response::Problem { problem } => Some(problem.code.as_str()),
        _ => None,
    })
}

fn compare(lab: &mut Lab, models: &[&str], reference: &str) -> (Leaderboard, Ranking) {
    let responses = lab.request(Request::Board(BoardRequest::Compare {
        models: models.iter().map(|&model| model.to_owned()).collect(),
        reference: reference.to_owned(),
    }));
    match responses.into_iter().next() {
        Some(Response::Board { board, ranking }) => (*board, ranking),
        other => panic!("{other:?}"),
    }
}

fn differ(lab: &mut Lab, first: &str, second: &str) -> Vec<DifferingSession> {
    let responses = lab.request(Request::Board(BoardRequest::Differ {
        first: first.to_owned(),
        second: second.to_owned(),
        count: 3,
    }));
    match responses.into_iter().next() {
        Some(Response::Differing { sessions }) => sessions,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_model_that_sees_the_order_beats_popularity_and_says_so() {
    let mut lab = lab(&ring(true));
    for model in ["sr", "pop"] {
        let responses = evaluate(&mut lab, model, TERMS, 1_000);
        assert_eq!(code(&responses), None);
        assert!(responses.contains(&Response::Evaluated {
            model: model.to_owned()
        }));
    }
    let (board, ranking) = compare(&mut lab, &["sr", "pop"], "pop");
    // Lines stand in the order in which models are declared, whatever was tested first.
    assert_eq!(ranking.models, ["pop", "sr"]);
    assert_eq!(board.test.sessions, 12);
    let difference = board.lines[1].difference.as_ref().unwrap();
    assert!(!difference.undecided && difference.interval.value > 0.0);
    assert!(difference.verdict.en.contains("better than pop"));
    assert!(board.lines[0].difference.is_none());
}

/// What tuning chose is found again by whoever tunes: a link holds the terms and the models' names. Rules have a hyperparameter
/// named as the steps of networks are, which must not be taken for those.
#[test]
fn a_tuned_comparison_is_repeated_from_what_a_link_holds() {
    let terms = Terms { tune: 4, ..TERMS };
    let board = |models: &[&str]| {
        let mut lab = lab(&ring(true));
        for model in models {
            assert_eq!(code(&evaluate(&mut lab, model, terms, 1_000)), None);
        }
        compare(&mut lab, models, models[0]).1
    };
    let promised = board(&["pop", "sr"]);
    assert_eq!(promised.models, ["pop", "sr"]);
    let models: Vec<&str> = promised.models.iter().map(String::as_str).collect();
    assert_eq!(board(&models), promised);
}

#[test]
fn progress_names_the_stage_and_never_goes_back_within_it() {
    let mut lab = lab(&ring(true));
    let terms = Terms { tune: 4, ..TERMS };
    let responses = evaluate(&mut lab, "sknn", terms, 100);
    let told: Vec<(EvaluationStage, f64)> = responses
        .iter()
        .filter_map(|response| match response {
            Response::EvaluationProgress {
                stage, fraction, ..
            } => Some((*stage, *fraction)),
            _ => None,
        })
        .collect();
    let mut stages: Vec<_> = told.iter().map(|(stage, _)| *stage).collect();
    stages.dedup();
    assert_eq!(
        stages,
        [
            EvaluationStage::Tune,
            EvaluationStage::Fit,
            EvaluationStage::Test
        ]
    );
    assert!(told.is_sorted_by(|a, b| a.0 != b.0 || a.1 <= b.1));
    let (board, _) = compare(&mut lab, &["sknn"], "sknn");
    assert_eq!(board.lines[0].tuned, 4);
}

#[test]
fn cancelling_keeps_what_was_tested_and_other_terms_forget_it() {
    let mut lab = lab(&ring(true));
    evaluate(&mut lab, "pop", TERMS, 1_000);
    lab.request(Request::Board(BoardRequest::EvaluateModel {
        model: "vsknn".to_owned(),
        terms: TERMS,
    }));
    lab.advance(1);
    lab.request(Request::Board(BoardRequest::CancelEvaluation));
    assert!(!lab.busy());
    let (board, _) = compare(&mut lab, &["pop", "vsknn"], "vsknn");
    assert_eq!(board.lines.len(), 1);
    assert_eq!(board.protocol.reference, "pop");

    let other = Terms { seed: 2, ..TERMS };
    evaluate(&mut lab, "ar", other, 1_000);
    let (board, _) = compare(&mut lab, &["pop", "ar"], "pop");
    assert_eq!(board.lines.len(), 1);
    assert_eq!(board.lines[0].choice.model, "ar");
}

#[test]
fn a_test_in_days_needs_times() {
    let days = Terms {
        window: Window {
            unit: Unit::Days,
            size: 4.0,
        },
        ..TERMS
    };
    let mut timed = lab(&ring(true));
    assert_eq!(code(&evaluate(&mut timed, "pop", days, 1_000)), None);
    let mut untimed = lab(&ring(false));
    assert_eq!(
        code(&evaluate(&mut untimed, "pop", days, 1_000)),
        Some("ranking.no-times")
    );
    assert_eq!(code(&evaluate(&mut untimed, "pop", TERMS, 1_000)), None);
}

#[test]
fn bad_requests_are_answered_by_a_sentence() {
    let mut empty = Lab::default();
    assert_eq!(
        code(&evaluate(&mut empty, "pop", TERMS, 1)),
        Some("lab.no-log")
    );
    let mut lab = lab(&ring(true));
    assert_eq!(
        code(&evaluate(&mut lab, "oracle", TERMS, 1)),
        Some("behaviour.model.unknown")
    );
    let window = Window {
        size: f64::NAN,
        ..TERMS.window
    };
    assert_eq!(
        code(&evaluate(&mut lab, "pop", Terms { window, ..TERMS }, 1)),
        Some("ranking.window")
    );
    let responses = lab.request(Request::Board(BoardRequest::Differ {
        first: "pop".to_owned(),
        second: "sr".to_owned(),
        count: 3,
    }));
    assert_eq!(code(&responses), Some("lab.not-evaluated"));
}

#[test]
fn the_sessions_that_differ_most_show_what_each_model_expected() {
    let mut lab = lab(&ring(true));
    evaluate(&mut lab, "sr", TERMS, 1_000);
    evaluate(&mut lab, "pop", TERMS, 1_000);
    let sessions = differ(&mut lab, "sr", "pop");
    assert_eq!(sessions.len(), 3);
    assert!(sessions.is_sorted_by(|a, b| a.difference.abs() >= b.difference.abs()));
    let session = &sessions[0];
    assert_eq!(session.events.len(), 6);
    assert!(session.events[0].expected.is_none());
    let mut difference = 0.0;
    for event in &session.events[1..] {
        let [sr, pop] = event.expected.clone().unwrap();
        for expected in [&sr, &pop] {
            assert!(!expected.items.is_empty() && expected.items.len() <= 5);
            // The rank told is the place in the list shown, where it is shown.
            if let Some(place) = expected
                .items
                .iter()
                .position(|item| *item == event.event.item)
            {
                assert!(expected.rank.unwrap() as usize > place);
            }
        }
        let of = |rank: Option<u32>| rank.map_or(0.0, |rank| 1.0 / f64::from(rank));
        difference += (of(sr.rank) - of(pop.rank)) / 5.0;
    }
    assert!((difference - session.difference).abs() < 1e-12);
}

#[test]
fn a_link_promises_the_board_and_a_repetition_is_told_from_another_log() {
    let mut lab = lab(&ring(true));
    evaluate(&mut lab, "sr", TERMS, 1_000);
    evaluate(&mut lab, "pop", TERMS, 1_000);
    let (_, ranking) = compare(&mut lab, &["sr", "pop"], "pop");
    lab.request(Request::Decide {
        problem: "shop".to_owned(),
    });
    let kept = lab.request(Request::KeepRanking {
        ranking: ranking.clone(),
    });
    assert_eq!(kept, [Response::RankingKept { reproduced: None }]);
    let shared = lab.request(Request::Share {
        carry: Carry::Nothing,
    });
    let Response::Shared { experiment, .. } = &shared[0] else {
        panic!("{shared:?}")
    };
    let experiment = link::read(&link::write(experiment).unwrap()).unwrap();
    assert_eq!(experiment.ranking.as_ref(), Some(&ranking));

    lab.open(experiment);
    let kept = lab.request(Request::KeepRanking {
        ranking: ranking.clone(),
    });
    assert_eq!(
        kept,
        [Response::RankingKept {
            reproduced: Some(true)
        }]
    );
    let digest = "0123456789abcdef".to_owned();
    let other = Ranking {
        digest,
        ..ranking.clone()
    };
    let kept = lab.request(Request::KeepRanking { ranking: other });
    assert_eq!(
        kept,
        [Response::RankingKept {
            reproduced: Some(false)
        }]
    );
    let nonsense = Ranking {
        reference: "ar".to_owned(),
        ..ranking
    };
    assert_eq!(
        code(&lab.request(Request::KeepRanking { ranking: nonsense })),
        Some("link.ranking")
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_board_does_not_depend_on_slices(slice in 1_u64..5_000) {
        let digest = |slice| {
            let mut lab = lab(&ring(true));
            evaluate(&mut lab, "vsknn", TERMS, slice);
            evaluate(&mut lab, "markov", TERMS, slice);
            compare(&mut lab, &["markov", "vsknn"], "markov").1.digest
        };
        prop_assert_eq!(digest(slice), digest(1_000_000));
    }
}
