//! Behaviour models and the ranking protocol: small examples worked by hand, canaries, and bad input.

#![allow(clippy::unwrap_used)]

use qcart::behaviour::{BehaviourModel, Choice, History, MODELS, Scratch, Sessions, Watch};
use qcart::evaluate::{
    Leaderboard, Metric, Protocol, Run, Segment, Split, Trial, canary, differ_most,
    recommendations_csv, tune, validation,
};
use qcart::log::EventType;
use qcart::problem::Problem;

/// Sessions of items, one event a second, one session an hour.
fn sessions(items: u32, lists: &[&[u32]]) -> Sessions {
    let mut all = Sessions::new(items, true);
    for (number, list) in lists.iter().enumerate() {
        let times: Vec<i64> = (0..list.len() as i64)
            .map(|second| 3_600_000 * number as i64 + 1000 * second)
            .collect();
        let history = History {
            items: list,
            kinds: &vec![EventType::View; list.len()],
            times: &times,
        };
        all.push(history, number as u32);
    }
    all
}

fn fitted(choice: &str, train: &Sessions) -> Result<Box<dyn BehaviourModel>, Problem> {
    let mut model = Choice::parse(choice)?.build()?;
    model.fit(train, &mut Watch::new(&mut |_| true))?;
    Ok(model)
}

fn scores(model: &dyn BehaviourModel, items: &[u32]) -> Scratch {
    let mut scratch = Scratch::new();
    let kinds = vec![EventType::View; items.len()];
    let times = vec![0; items.len()];
    let history = History {
        items,
        kinds: &kinds,
        times: &times,
    };
    model.score(history, &mut scratch);
    scratch
}

/// Scores of some items after a history, ties unbroken (the tie rule moves a score by less than 2e-9).
fn expect(choice: &str, train: &Sessions, history: &[u32], right: &[(u32, f64)]) {
    let model = fitted(choice, train).unwrap();
    let scratch = scores(model.as_ref(), history);
    for &(item, score) in right {
        let found = scratch.scores.get(item);
        assert!(
            (found - score).abs() < 1e-8,
            "{choice}: item {item} scores {found}, not {score}"
        );
    }
}

#[test]
fn models_by_hand() {
    let train = sessions(5, &[&[0, 1, 2], &[0, 1], &[0, 2, 1], &[3, 0]]);
    // Counts 4, 3, 2, 1, 0.
    expect(
        "pop",
        &train,
        &[],
        &[(0, 0.8), (1, 0.75), (3, 0.5), (4, 0.0)],
    );
    expect("spop", &train, &[3, 3], &[(3, 2.5), (0, 0.8)]);
    // After 0: 1 twice, 2 once.
    expect(
        "markov",
        &train,
        &[0],
        &[(1, 2.0 / 3.0), (2, 1.0 / 3.0), (3, 0.0)],
    );
    // After 0, 1 came 2 alone; what followed 1 alone: 2.
    expect("markov:order=2", &train, &[0, 1], &[(2, 1.0)]);
    // No one was seen at 3, 1: back to 1 alone.
    expect("markov:order=2", &train, &[3, 1], &[(2, 1.0)]);
    // Pairs with 0: with 1 three times, with 2 twice, with 3 once, whatever the order.
    expect(
        "ar",
        &train,
        &[0],
        &[(1, 1.0), (2, 2.0 / 3.0), (3, 1.0 / 3.0)],
    );
    // From 0 to 1: at distance 1, 1, 2; to 2: 2, 1.
    expect("sr", &train, &[0], &[(1, 1.0), (2, 1.25 / 2.25), (3, 0.0)]);
    expect("sr:steps=1", &train, &[0], &[(1, 1.0), (2, 0.5)]);
    // Sessions of 0 with 1: 3, over the root of 4 and 3.
    let cosine = |shared: f64, n: f64| shared / libm::sqrt(4.0 * n);
    let right = [
        (0, 0.0),
        (1, cosine(3.0, 3.0)),
        (2, cosine(2.0, 2.0)),
        (3, cosine(1.0, 1.0)),
    ];
    expect("itemknn:lambda=0", &train, &[0], &right[1..]);
    // After 3 the only neighbour is the last session: similarity 1 / sqrt(2), so 3 and 0 score the same.
    let near = 1.0 / libm::sqrt(2.0);
    expect("sknn", &train, &[3], &[(3, near), (0, near), (1, 0.0)]);
    // VSKNN adds ln(sessions / count) times idf: ln 4 for item 3, ln 1 for item 0.
    let rare = 1.0 + 5.0 * libm::log(4.0);
    expect("vsknn", &train, &[3], &[(3, rare), (0, 1.0)]);
    // STAN: similarity 1 / sqrt(2); 0 stands one place from the shared item.
    let apart = near * libm::exp(-1.0 / 2.05);
    expect(
        "stan:snh=5",
        &sessions(5, &[&[3, 0]]),
        &[3],
        &[(3, near), (0, apart)],
    );
}

#[test]
fn update_gives_what_fitting_on_everything_gives() {
    let lists: [&[u32]; 5] = [
        &[0, 1, 2, 1],
        &[0, 1],
        &[3, 2, 1],
        &[2, 3, 3],
        &[1, 3, 0, 2],
    ];
    let all = sessions(4, &lists);
    for kind in MODELS {
        let whole = fitted(kind.name, &all).unwrap();
        let mut grown = fitted(kind.name, &all.filter(|s| s < 4)).unwrap();
        grown.update(all.session(4));
        if kind.name.starts_with("blend") {
            // Its weights were learned from fewer sessions; what it knows of the new one must still show.
            assert!(scores(grown.as_ref(), &[1]).scores.get(3) > 0.0);
            continue;
        }
        for item in 0..4 {
            let (a, b) = (
                scores(whole.as_ref(), &[item]),
                scores(grown.as_ref(), &[item]),
            );
            for other in 0..4 {
                let (a, b) = (a.scores.get(other), b.scores.get(other));
                // Ages count from the newest training session: a factor that all scores share.
                let timed = kind.name.contains("stan");
                assert!(
                    (a - b).abs() < if timed { 0.02 } else { 1e-8 } * (1.0 + a),
                    "{} {a} {b}",
                    kind.name
                );
            }
        }
    }
}

/// Sessions that walk a circle of 40 items with a little noise; what comes next depends on order.
fn walks(count: u32) -> Sessions {
    let lists: Vec<Vec<u32>> = (0..count)
        .map(|s| {
            (0..4 + s % 5)
                .map(|step| (7 * s + 3 * step + u32::from((s + step) % 6 == 0)) % 40)
                .collect()
        })
        .collect();
    let lists: Vec<&[u32]> = lists.iter().map(Vec::as_slice).collect();
    sessions(40, &lists)
}

fn tested(model: &dyn BehaviourModel, split: &Split) -> f64 {
    let mut run = Run::new(model, split, 20);
    while run.advance(7) {}
    run.finish().tally(Segment::All).mean(Metric::Mrr, 2)
}

#[test]
fn shuffled_times_lower_the_score() {
    let split = Split::by_share(&walks(400), 0.2, false).unwrap();
    let shuffled = canary::shuffled(&split, 3);
    for name in ["markov", "sr", "blend"] {
        let straight = tested(fitted(name, &split.train).unwrap().as_ref(), &split);
        let lost = tested(fitted(name, &shuffled.train).unwrap().as_ref(), &shuffled);
        assert!(
            lost < straight - 0.1,
            "{name}: {straight} in order, {lost} shuffled"
        );
    }
}

#[test]
fn a_model_that_has_seen_the_future_is_caught() {
    let split = Split::by_share(&walks(300), 0.2, false).unwrap();
    assert!(canary::leaks(&split).is_empty());
    let mut leaking = split.clone();
    for session in 0..split.test.len() {
        leaking.train.push(split.test.session(session), 1000);
    }
    let found = canary::leaks(&leaking);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[1].en.starts_with("60 test sessions"),
        "{}",
        found[1].en
    );
    // And the gain is real: that is why it has to be said.
    let order3 =
        |train: &Sessions| tested(fitted("markov:order=3", train).unwrap().as_ref(), &split);
    assert!(order3(&leaking.train) > order3(&split.train));
}

#[test]
fn unseen_items_are_left_out_or_missed() {
    let train = sessions(3, &[&[0, 1], &[0, 1], &[2, 0]]);
    let mut test = sessions(3, &[&[0, 9, 1], &[9, 8], &[2, 9]]);
    test.items = 3;
    let dropped = Split::new(train.clone(), &test, false).unwrap();
    assert_eq!((dropped.test.len(), dropped.unseen_events), (1, 4));
    assert_eq!(dropped.test.session(0).items, [0, 1]);
    let kept = Split::new(train.clone(), &test, true).unwrap();
    assert_eq!(kept.test.events() - kept.test.len(), 4);
    for kind in MODELS {
        let model = fitted(kind.name, &train).unwrap();
        assert!(
            tested(model.as_ref(), &kept) <= 0.25,
            "{}: only one of four can be hit",
            kind.name
        );
    }
    let nothing = Split::new(train, &sessions(3, &[&[9, 8]]), false).unwrap_err();
    assert_eq!(nothing.code, "evaluate.empty");
}

#[test]
fn no_model_fails_on_odd_logs() {
    let long: Vec<u32> = (0..300).map(|n| n * n % 11).collect();
    let mut instant = sessions(11, &[&[1, 2, 3], &[3, 2, 1], &[1, 2]]);
    instant.time.fill(5);
    let odd = [
        sessions(1, &[&[0]]),
        sessions(2, &[&[0, 1]]),
        sessions(3, &[&[0], &[1], &[2]]),
        sessions(11, &[&long, &[1, 2], &long]),
        instant,
        sessions(
            500_000,
            &[&[499_999, 0], &[0, 250_000, 499_999], &[250_000, 0]],
        ),
    ];
    for (case, train) in odd.iter().enumerate() {
        for kind in MODELS {
            let mut model = fitted(kind.name, train).unwrap();
            model.update(train.session(0));
            for history in [
                &[][..],
                &[0],
                &[0, 0, 1],
                &[u32::MAX, 0],
                &[77_777_777],
                &long,
            ] {
                let scratch = scores(model.as_ref(), history);
                for &item in scratch.scores.touched() {
                    let score = scratch.scores.get(item);
                    assert!(
                        score.is_finite() && score >= 0.0,
                        "{} on log {case}",
                        kind.name
                    );
                    assert!(item < train.items);
                }
            }
        }
    }
    for kind in MODELS {
        let problem = fitted(kind.name, &Sessions::new(4, true)).err().unwrap();
        assert_eq!(problem.code, "behaviour.empty", "{}", kind.name);
    }
}

#[test]
fn the_novel_blend_never_repeats() {
    let split = Split::by_share(&walks(300), 0.2, false).unwrap();
    let model = fitted("blend-novel", &split.train).unwrap();
    let mut run = Run::new(model.as_ref(), &split, 20);
    while run.advance(100) {}
    let outcome = run.finish();
    for prediction in 0..outcome.len() {
        let session = split.test.session(outcome.session[prediction] as usize);
        let seen = &session.items[..=outcome.position[prediction] as usize];
        assert!(
            outcome
                .recommended(prediction)
                .all(|item| !seen.contains(&item))
        );
    }
}

#[test]
fn a_leaderboard_says_what_it_knows() {
    let split = Split::by_share(&walks(300), 0.2, false).unwrap();
    let mut now = 0.0;
    let mut clock = || {
        now += 1.0;
        now
    };
    let mut trials = Vec::new();
    for name in ["pop", "sr", "blend", "vsknn"] {
        let mut go_on = |_| true;
        let mut watch = Watch::new(&mut go_on);
        trials.push(Trial::run(&Choice::named(name), &split, 20, &mut clock, &mut watch).unwrap());
    }
    let protocol = Protocol {
        reference: "sr".to_owned(),
        resamples: 200,
        ..Protocol::default()
    };
    let board = |protocol| {
        Leaderboard::new(protocol, &split, &trials, &mut Watch::new(&mut |_| true)).unwrap()
    };
    let found = board(&protocol);
    assert_eq!(found, board(&protocol));
    let line = &found.lines[0];
    assert_eq!(
        line.segments
            .iter()
            .map(|s| s.segment.as_str())
            .collect::<Vec<_>>(),
        ["all", "repeat", "novel"]
    );
    assert_eq!(line.segments[0].predictions, found.predictions);
    assert_eq!(
        line.segments[1].predictions + line.segments[2].predictions,
        found.predictions
    );
    for line in &found.lines {
        for score in line.segments.iter().flat_map(|segment| &segment.scores) {
            let interval = score.interval;
            assert!(interval.low <= interval.value && interval.value <= interval.high);
        }
        let mrr = line.segments[0].scores[5].interval.value;
        assert!((line.by_length[19].mrr - mrr).abs() < 1e-12);
    }
    let worse = line.difference.as_ref().unwrap();
    assert!(!worse.undecided && worse.interval.high < 0.0 && worse.verdict.en.contains("worse"));
    assert!(found.lines[1].difference.is_none());
    let text = serde_json::to_string(&found.clone().without_times()).unwrap();
    assert!(text.contains("\"recommendUs\":0.0") && text.contains("\"byPosition\""));
    assert_eq!(
        serde_json::from_str::<Leaderboard>(&serde_json::to_string(&found).unwrap()).unwrap(),
        found
    );

    let differing = differ_most(&trials[1].outcome, &trials[0].outcome, Metric::Mrr, 20, 5);
    assert_eq!(differing.len(), 5);
    assert!(differing[0].difference.abs() >= differing[4].difference.abs());
    let csv = recommendations_csv(&trials[1].outcome, &split, &|s| format!("s,{s}"), &|_| "x");
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("session,position,items"));
    assert!(lines.next().unwrap().starts_with("\"s,240\",0,x x"));
    assert_eq!(lines.count() + 1, found.predictions as usize);
}

#[test]
fn slices_do_not_matter_and_stopping_stops() {
    let split = Split::by_share(&walks(200), 0.2, false).unwrap();
    let model = fitted("blend", &split.train).unwrap();
    let (mut one, mut many) = (
        Run::new(model.as_ref(), &split, 10),
        Run::new(model.as_ref(), &split, 10),
    );
    while one.advance(usize::MAX) {}
    while many.advance(1) {}
    assert_eq!(one.finish(), many.finish());
    for kind in MODELS {
        let mut model = Choice::named(kind.name).build().unwrap();
        let stopped = model
            .fit(&split.train, &mut Watch::new(&mut |_| false))
            .unwrap_err();
        assert_eq!(stopped.code, "behaviour.stopped", "{}", kind.name);
    }
}

#[test]
fn tuning_never_does_worse_than_the_defaults_where_it_looks() {
    let split = Split::by_share(&walks(300), 0.2, false).unwrap();
    let inner = validation(&split).unwrap();
    assert!(inner.train.events() + inner.test.events() <= split.train.events());
    let search = || {
        tune(
            "vsknn",
            &inner,
            Metric::Mrr,
            6,
            5,
            &mut Watch::new(&mut |_| true),
        )
        .unwrap()
    };
    let found = search();
    assert_eq!(found, search());
    assert_eq!(found.trials.len(), 6);
    assert!(found.score >= found.trials[0].1);
    found.choice.build().unwrap();
    let fixed = tune(
        "pop",
        &inner,
        Metric::Mrr,
        6,
        5,
        &mut Watch::new(&mut |_| true),
    )
    .unwrap();
    assert_eq!(fixed.trials.len(), 1);
}

#[test]
fn choices_are_checked() {
    let code = |text: &str| {
        Choice::parse(text)
            .and_then(|c| c.build().map(|_| ()))
            .unwrap_err()
            .code
    };
    assert_eq!(code("nope"), "behaviour.model.unknown");
    assert_eq!(code("vsknn:k"), "behaviour.choice.form");
    assert_eq!(code("vsknn:k=0"), "behaviour.parameter.range");
    assert_eq!(code("vsknn:k=1.5"), "behaviour.parameter.range");
    assert_eq!(code("vsknn:idf=NaN"), "behaviour.parameter.range");
    assert_eq!(code("vsknn:weighting=odd"), "behaviour.parameter.range");
    assert_eq!(code("pop:k=3"), "behaviour.parameter.unknown");
    let choice = Choice::parse("vsknn:k=100:weighting=log").unwrap();
    assert!(choice.build().is_ok());
    let json = serde_json::to_string(&choice).unwrap();
    assert_eq!(serde_json::from_str::<Choice>(&json).unwrap(), choice);
}

#[test]
fn time_splits_never_cut_sessions() {
    let all = walks(100);
    let split = Split::by_days(&all, 1.0, false).unwrap();
    // The last day holds the sessions that end within 24 hours of the newest event.
    assert_eq!(split.test.len(), 24);
    assert_eq!(split.train.len(), 76);
    assert!(canary::leaks(&split).is_empty());
    assert_eq!(
        Split::by_days(&all, 0.0, false).unwrap_err().code,
        "evaluate.window"
    );
    assert_eq!(
        Split::by_days(&all, 1000.0, false).unwrap_err().code,
        "evaluate.empty"
    );
    let one = Split::by_days(&sessions(3, &[&[0, 1, 2]]), 1.0, false).unwrap_err();
    assert_eq!(one.code, "evaluate.empty");
}
