//! The laboratory from end to end, natively: what the page's worker does, without a page.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use qcart::experiment::outcome::{Outcome, Verdict};
use qcart::experiment::parameters::Value;
use qcart::experiment::{Source, link};
use qcart::lab::Lab;
use qcart::lab::protocol::{Carry, OperationsRequest, RecommendationView, Request, Response};
use qcart::log::{ImportOptions, Role};

fn ask(lab: &mut Lab, request: Request) -> Vec<Response> {
    let responses = lab.request(request);
    for response in &responses {
        assert!(
            !matches!(response, Response::Problem { .. }),
            "{response:?}"
        );
    }
    responses
}

fn problem(responses: &[Response]) -> Option<&str> {
    responses.iter().find_map(|response| match response {
        Response::Problem { problem } => Some(problem.code.as_str()),
        _ => None,
    })
}

fn work(lab: &mut Lab, slice: u64) -> Vec<Response> {
    let mut all = Vec::new();
    while lab.busy() {
        all.extend(lab.advance(slice));
    }
    all
}

fn set(lab: &mut Lab, key: &str, value: f64) {
    ask(
        lab,
        Request::Set {
            key: key.to_owned(),
            value: Value::Number(value),
        },
    );
}

fn import(lab: &mut Lab, source: Source, csv: &[u8]) -> Vec<Response> {
    let begin = Request::BeginImport {
        source,
        name: "log.csv".to_owned(),
        size: Some(csv.len() as u64),
        options: ImportOptions::default(),
    };
    ask(lab, begin);
    let mut responses = lab.push(csv);
    responses.extend(lab.request(Request::EndImport));
    responses.extend(work(lab, 1_000_000));
    responses
}

/// What a reading came to whose fingerprint is taken elsewhere.
fn import_left(csv: &[u8], fingerprint: Option<&str>) -> Vec<Response> {
    let mut lab = Lab::default();
    let begin = Request::BeginImport {
        source: file(),
        name: "log.csv".to_owned(),
        size: None,
        options: ImportOptions::default(),
    };
    ask(&mut lab, begin);
    ask(&mut lab, Request::LeaveFingerprint);
    let mut responses = lab.push(csv);
    if let Some(fingerprint) = fingerprint {
        let fingerprint = fingerprint.to_owned();
        responses.extend(lab.request(Request::Fingerprint { fingerprint }));
    }
    responses.extend(lab.request(Request::EndImport));
    responses.extend(work(&mut lab, 1_000_000));
    responses
}

#[test]
fn a_fingerprint_may_be_taken_elsewhere_but_not_left_out() {
    let csv = b"user,item\nann,tea\nbob,pot\n";
    let own = import(&mut Lab::default(), file(), csv);
    let imported = |responses: &[Response]| {
        let found = |response: &Response| match response {
            Response::Imported { file, .. } => Some(file.clone()),
            _ => None,
        };
        responses.iter().find_map(found)
    };
    let taken = imported(&own).unwrap();
    let left = import_left(csv, Some(&taken.fingerprint));
    assert_eq!(imported(&left).unwrap(), taken);
    for wrong in [None, Some("beef"), Some("")] {
        let responses = import_left(csv, wrong);
        assert_eq!(imported(&responses), None);
        assert!(responses.iter().any(|response| matches!(
            response,
            Response::Problem { problem } if problem.code == "log.fingerprint"
        )));
    }
}

fn file() -> Source {
    Source::File {
        name: String::new(),
        size: 0,
        fingerprint: String::new(),
    }
}

fn trained(responses: Vec<Response>) -> (Outcome, Option<Verdict>) {
    let last = responses.into_iter().find_map(|response| match response {
        Response::Trained {
            outcome, verdict, ..
        } => Some((outcome, verdict)),
        _ => None,
    });
    last.expect("training ends with an outcome")
}

fn shared(lab: &mut Lab, inline: bool) -> String {
    let responses = ask(
        lab,
        Request::Share {
            carry: if inline {
                Carry::InLink
            } else {
                Carry::Nothing
            },
        },
    );
    match &responses[0] {
        Response::Shared { experiment, .. } => link::write(experiment).unwrap(),
        other => panic!("{other:?}"),
    }
}

/// A small shop: twelve users, each viewing a short chain of items, every third buying at its end.
fn small_log() -> Vec<u8> {
    let mut csv = String::from("user,item,event,time\n");
    for user in 0..12 {
        for step in 0..5 {
            let item = (user * 2 + step) % 7;
            let event = if step == 4 && user % 3 == 0 {
                "purchase"
            } else {
                "view"
            };
            csv.push_str(&format!(
                "u{user},i{item},{event},{}\n",
                1_700_000_000 + user * 4_000 + step * 60
            ));
        }
    }
    csv.into_bytes()
}

fn small_lab() -> Lab {
    let mut lab = Lab::default();
    import(&mut lab, file(), &small_log());
    set(&mut lab, "minSupport", 1.0);
    set(&mut lab, "minPairSupport", 1.0);
    set(&mut lab, "budget", 20_000.0);
    set(&mut lab, "tolerance", 0.0);
    ask(
        &mut lab,
        Request::Decide {
            problem: "shop".to_owned(),
        },
    );
    work(&mut lab, 10_000);
    lab
}

fn train(lab: &mut Lab, slice: u64) -> (Outcome, Option<Verdict>) {
    ask(lab, Request::Train);
    trained(work(lab, slice))
}

#[test]
fn the_digest_does_not_depend_on_how_work_is_sliced() {
    let one = train(&mut small_lab(), 1_000).0;
    let other = train(&mut small_lab(), 77_777).0;
    assert_eq!(one, other);
}

#[test]
fn a_link_reproduces_the_experiment_and_names_what_differs() {
    let mut first = small_lab();
    train(&mut first, 50_000);
    let link = shared(&mut first, false);

    let repeat = |csv: &[u8]| {
        let experiment = link::read(&link).unwrap();
        let mut lab = Lab::default();
        lab.open(experiment.clone());
        import(&mut lab, experiment.source, csv);
        ask(
            &mut lab,
            Request::Decide {
                problem: experiment.problem,
            },
        );
        work(&mut lab, 10_000);
        train(&mut lab, 30_000).1.expect("a promise was opened")
    };
    assert!(repeat(&small_log()).reproduced);

    let text = String::from_utf8(small_log()).unwrap();
    let differs = repeat(text.replacen("i3", "i4", 1).as_bytes());
    assert!(!differs.reproduced);
    assert_eq!(differs.differences[0].part, "data");
    assert!(
        differs
            .differences
            .iter()
            .any(|difference| difference.part == "events")
    );
}

#[test]
fn changes_and_a_stop_by_hand_are_repeated() {
    let mut first = small_lab();
    ask(&mut first, Request::Train);
    first.advance(40_000);
    let changed = ask(
        &mut first,
        Request::Set {
            key: "epsilon".to_owned(),
            value: Value::Number(0.9),
        },
    );
    assert!(
        matches!(
            changed[0],
            Response::Changed {
                run: 0,
                step: 1..,
                ..
            }
        ),
        "{changed:?}"
    );
    first.advance(40_000);
    let promised = trained(ask(&mut first, Request::Stop)).0;
    assert_eq!(promised.reasons, ["stopped"]);
    assert!(promised.steps < 20_000);
    let link = shared(&mut first, false);

    let experiment = link::read(&link).unwrap();
    let mut second = Lab::default();
    second.open(experiment.clone());
    import(&mut second, experiment.source, &small_log());
    ask(
        &mut second,
        Request::Decide {
            problem: experiment.problem,
        },
    );
    work(&mut second, 10_000);
    ask(&mut second, Request::Train);
    let responses = work(&mut second, 1_234);
    // The repeated change is told like the one that was made.
    let told: Vec<_> = responses
        .iter()
        .filter(|response| matches!(response, Response::Changed { .. }))
        .collect();
    assert_eq!(told, [&changed[0]]);
    let (outcome, verdict) = trained(responses);
    assert_eq!(outcome, promised);
    assert!(verdict.unwrap().reproduced);
}

/// Whether it comes before, in the midst of or after one of the measurements that a step may bring.
#[test]
fn a_stop_at_any_moment_is_repeated() {
    for approximator in ["table", "mlp"] {
        for slices in (0..240).step_by(9) {
            let (mut first, mut second) = (Lab::default(), Lab::default());
            let problem = "cliff".to_owned();
            ask(&mut first, Request::Decide { problem });
            work(&mut first, 1_000_000);
            let (key, value) = (
                "approximator".to_owned(),
                Value::Choice(approximator.to_owned()),
            );
            ask(&mut first, Request::Set { key, value });
            ask(&mut first, Request::Train);
            for _ in 0..slices {
                first.advance(1);
            }
            let mut told = ask(&mut first, Request::Stop);
            told.extend(work(&mut first, 1));
            let promised = trained(told).0;
            assert_eq!(promised.reasons, ["stopped"]);
            let experiment = link::read(&shared(&mut first, false)).unwrap();
            let problem = experiment.problem.clone();
            second.open(experiment);
            ask(&mut second, Request::Decide { problem });
            work(&mut second, 1_000_000);
            let (outcome, verdict) = train(&mut second, 1_000_000);
            assert_eq!(outcome, promised, "{approximator} after {slices} slices");
            assert!(verdict.unwrap().reproduced);
        }
    }
}

#[test]
fn a_small_log_travels_inside_the_link_on_request() {
    let mut first = small_lab();
    let link = shared(&mut first, true);
    let experiment = link::read(&link).unwrap();
    let Source::Inline { data, name } = experiment.source else {
        panic!("{:?}", experiment.source);
    };
    assert_eq!(name, "log.csv");
    assert_eq!(link::unpack(&data, 1 << 20).unwrap(), small_log());
}

#[test]
fn several_seeds_are_several_runs() {
    let mut lab = small_lab();
    set(&mut lab, "repeats", 3.0);
    let outcome = train(&mut lab, 100_000).0;
    assert_eq!(outcome.runs, 3);
    assert_eq!(outcome.reasons.len(), 3);
    assert!(outcome.value_percent_low <= outcome.value_percent_high);
}

#[test]
fn every_textbook_problem_trains_to_its_optimum() {
    for info in qcart::lab::problems::problems()
        .iter()
        .filter(|info| !info.needs_log)
    {
        let mut lab = Lab::default();
        ask(
            &mut lab,
            Request::Decide {
                problem: info.id.to_owned(),
            },
        );
        // The check of tiles: in a table its states would each have to be learned by themselves.
        let tiled = info.id == "mountaincar";
        if tiled {
            let (key, value) = ("approximator".to_owned(), Value::Choice("tiles".to_owned()));
            ask(&mut lab, Request::Set { key, value });
        }
        work(&mut lab, 1_000_000);
        let outcome = train(&mut lab, 1_000_000).0;
        let percent = outcome.value_percent.unwrap();
        // The greedy policy of each problem is optimal well before its suggested budget ends; FrozenLake's noise
        // leaves a state or two whose best actions are nearly equal, and sums of tiles are not exact.
        let least = if tiled { 95.0 } else { 97.0 };
        assert!(percent > least, "{}: {percent} %", info.id);
    }
}

#[test]
fn the_first_update_of_the_article_is_a_tenth_and_not_eleven_tenths() {
    let mut lab = Lab::default();
    ask(
        &mut lab,
        Request::Decide {
            problem: "article".to_owned(),
        },
    );
    work(&mut lab, 1_000_000);
    for _ in 0..10_000 {
        for response in ask(&mut lab, Request::Step) {
            if let Response::Trace { trace, .. } = response
                && trace.reward == 1.0
            {
                assert_eq!((trace.old, trace.new), (0.0, 0.1));
                return;
            }
        }
    }
    panic!("no rewarded step in ten thousand");
}

#[test]
fn a_failed_or_cancelled_import_leaves_the_log_before_it() {
    let mut lab = small_lab();
    let responses = import(&mut lab, file(), b"");
    assert!(
        problem(&responses).is_some_and(|code| code.starts_with("log.")),
        "{responses:?}"
    );
    ask(
        &mut lab,
        Request::Users {
            query: "u1".to_owned(),
            offset: 0,
            limit: 10,
        },
    );
    let begin = Request::BeginImport {
        source: file(),
        name: "x.csv".to_owned(),
        size: None,
        options: ImportOptions::default(),
    };
    ask(&mut lab, begin);
    lab.push(b"user,item\n1,2\n");
    ask(&mut lab, Request::CancelImport);
    assert!(!lab.busy());
    train(&mut lab, 100_000);
}

#[test]
fn asking_too_early_says_what_to_do_first() {
    let mut lab = Lab::default();
    let code = |lab: &mut Lab, request: Request| {
        problem(&lab.request(request)).unwrap_or("none").to_owned()
    };
    assert_eq!(code(&mut lab, Request::Train), "lab.undecided");
    assert_eq!(
        code(
            &mut lab,
            Request::Decide {
                problem: "shop".to_owned()
            }
        ),
        "lab.no-log"
    );
    assert_eq!(
        code(
            &mut lab,
            Request::Decide {
                problem: "chess".to_owned()
            }
        ),
        "textbook.unknown"
    );
    assert_eq!(code(&mut lab, Request::Rejects), "lab.no-log");
    let far = Request::Set {
        key: "gamma".to_owned(),
        value: Value::Number(7.0),
    };
    assert_eq!(code(&mut lab, far), "parameter.range");
}

fn recommendation(lab: &mut Lab, user: &str) -> RecommendationView {
    let responses = ask(
        lab,
        Request::Recommend {
            user: user.to_owned(),
            k: 5,
        },
    );
    match responses.into_iter().next() {
        Some(Response::Recommendation { view }) => *view,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_recommendation_comes_with_its_history_and_parts_that_add_up() {
    let mut lab = small_lab();
    let before = recommendation(&mut lab, "u3");
    assert!(!before.learned, "before training the optimum speaks");
    train(&mut lab, 100_000);
    let view = recommendation(&mut lab, "u3");
    assert!(view.learned);
    assert_eq!(
        view.sessions
            .iter()
            .map(|session| session.events.len())
            .sum::<usize>(),
        5
    );
    assert!(!view.items.is_empty() && !view.popular.is_empty());
    for item in &before.items {
        let parts = item.part_reward + item.part_future + item.part_otherwise;
        // At the optimum the parts are the Bellman equation itself, up to the solver's tolerance of 1e-9.
        assert!((parts - item.q).abs() < 1e-6, "{item:?}");
    }
    // The user's own state comes first; what fills the list up from shorter histories follows, each part by Q.
    for pair in view.items.windows(2) {
        assert!(
            pair[0].state != pair[1].state || pair[0].q >= pair[1].q,
            "{pair:?}"
        );
    }
}

#[test]
fn recommendations_of_all_users_are_a_table() {
    let mut lab = small_lab();
    train(&mut lab, 100_000);
    let mut responses = ask(&mut lab, Request::ExportRecommendations { k: 3 });
    responses.extend(work(&mut lab, 1_000));
    let text: String = responses
        .iter()
        .filter_map(|response| match response {
            Response::Chunk { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    let rows: Vec<&str> = text.lines().collect();
    assert!(rows[0].starts_with("user,rank,item,"), "{}", rows[0]);
    assert!(rows.len() > 12, "at least one row a user: {}", rows.len());
    assert!(matches!(
        responses.last(),
        Some(Response::Chunk { last: true, .. })
    ));
}

/// The first rows and the event words of a refused file come with the refusal, so that a person can say how to read it.
#[test]
fn a_refused_file_shows_what_can_be_mended() {
    let mut lab = Lab::default();
    import(&mut lab, file(), b"user,item\na,x\na,y\n");
    let unknown = b"user,item,event\na,x,angesehen\na,y,angesehen\nb,y,gekauft\n";
    let refused = import(&mut lab, file(), unknown);
    assert_eq!(problem(&refused), Some("log.no-events"));
    let columns = refused.iter().find_map(|response| match response {
        Response::Preview { preview } => Some(preview.columns.len()),
        _ => None,
    });
    assert_eq!(columns, Some(3));
    let words = refused.iter().find_map(|response| match response {
        Response::EventWords { words } => Some(words),
        _ => None,
    });
    let found: Vec<_> = words.unwrap().iter().map(|w| (&*w.word, w.count)).collect();
    assert_eq!(found, [("angesehen", 2), ("gekauft", 1)]);

    let begin = Request::BeginImport {
        source: file(),
        name: "log.csv".to_owned(),
        size: None,
        options: ImportOptions {
            roles: Some(vec![Role::User, Role::Ignore, Role::Ignore]),
            ..ImportOptions::default()
        },
    };
    ask(&mut lab, begin);
    // Refused in the middle of a large file, too.
    let rows = unknown.repeat(5_000);
    let refused = lab.push(&rows);
    assert_eq!(problem(&refused), Some("log.no-item"));
    assert!(matches!(&refused[0], Response::Preview { preview } if preview.rows.len() == 100));
    // The log read before is still there.
    let users = Request::Users {
        query: String::new(),
        offset: 0,
        limit: 9,
    };
    assert!(matches!(
        &lab.request(users)[0],
        Response::Users { total: 1, .. }
    ));
}

/// A setting that can't be had leaves what was decided and learned, and itself, as they were.
#[test]
fn a_refused_decision_harms_nothing() {
    let mut lab = Lab::default();
    ask(
        &mut lab,
        Request::Decide {
            problem: "reorder".to_owned(),
        },
    );
    work(&mut lab, 1_000_000);
    set(&mut lab, "budget", 2_000.0);
    ask(&mut lab, Request::Train);
    work(&mut lab, 1_000_000);
    let shared = lab.request(Request::Share {
        carry: Carry::Nothing,
    });
    let refused = lab.request(Request::Set {
        key: "maxStock".to_owned(),
        value: Value::Number(1.0),
    });
    assert!(problem(&refused).is_some(), "{refused:?}");
    assert_eq!(
        lab.request(Request::Share {
            carry: Carry::Nothing
        }),
        shared
    );
    let settings = [("maxStock".to_owned(), Value::Number(1.0))].into();
    let request = OperationsRequest::Apply { settings };
    let refused = lab.request(Request::Operations(request));
    assert!(problem(&refused).is_some(), "{refused:?}");
    assert_eq!(
        lab.request(Request::Share {
            carry: Carry::Nothing
        }),
        shared
    );
    let refused = lab.request(Request::Decide {
        problem: "chess".to_owned(),
    });
    assert!(problem(&refused).is_some());
    assert_eq!(
        lab.request(Request::Share {
            carry: Carry::Nothing
        }),
        shared
    );
}
