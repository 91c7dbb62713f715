//! The policy board of the laboratory: results depend neither on slices, nor on where the agent was trained, nor on how many
//! laboratories simulate users.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::fmt::Write as _;

use qcart::evaluate::ope::{Answer, Success};
use qcart::experiment::finding::Finding;
use qcart::experiment::parameters::Value;
use qcart::experiment::study::{
    AgentName, Exploring, NetworkName, OffPolicyTerms, OfflineTerms, PolicyName, SequenceTerms,
    Study, TargetChoice, TrialTerms, ValueTerms,
};
use qcart::experiment::{Experiment, Source, link};
use qcart::lab::Lab;
use qcart::lab::protocol::{
    Carry, Lesson, Pupil, Request, Response, StudyAnswer, StudyReport, StudyRequest,
};
use qcart::log::ImportOptions;

/// Two hundred users walk along a ring of items; every third buys where the walk ends. What was shown has a propensity.
fn log() -> String {
    named_log(|item| item)
}

/// The same log with its items named otherwise.
fn named_log(name: impl Fn(i64) -> i64) -> String {
    let mut csv = "user,item,event,time,category,propensity\n".to_owned();
    for user in 0..200_i64 {
        for step in 0..5 {
            let item = (user * 7 + step * (1 + user % 2)).rem_euclid(9);
            let event = if step == 4 && user % 3 == 0 {
                "purchase"
            } else {
                "view"
            };
            let time = 1_700_000_000 + user * 40_000 + step * 60;
            writeln!(
                csv,
                "u{user},i{},{event},{time},c{},0.1111111111",
                name(item),
                item % 2
            )
            .unwrap();
        }
    }
    csv
}

fn ask(lab: &mut Lab, request: Request) -> Vec<Response> {
    let responses = lab.request(request);
    if let Some(code) = code(&responses) {
        panic!("{code}");
    }
    responses
}

fn code(responses: &[Response]) -> Option<String> {
    responses.iter().find_map(|response| match response {
        Response::Problem { problem } => Some(problem.code.clone()),
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

/// The shop of the log, decided on; trained if asked to.
fn shop(train: bool) -> Lab {
    shop_of(&log(), train)
}

fn shop_of(log: &str, train: bool) -> Lab {
    let mut lab = Lab::default();
    for (key, value) in [
        ("budget", 20_000.0),
        ("minSupport", 1.0),
        ("minPairSupport", 1.0),
    ] {
        let (key, value) = (key.to_owned(), Value::Number(value));
        ask(&mut lab, Request::Set { key, value });
    }
    let source = Source::File {
        name: String::new(),
        size: 0,
        fingerprint: String::new(),
    };
    let begin = Request::BeginImport {
        source,
        name: "log.csv".to_owned(),
        size: None,
        options: ImportOptions::default(),
    };
    ask(&mut lab, begin);
    lab.push(log.as_bytes());
    ask(&mut lab, Request::EndImport);
    work(&mut lab, 1_000_000);
    let problem = "shop".to_owned();
    ask(&mut lab, Request::Decide { problem });
    work(&mut lab, 1_000_000);
    if train {
        ask(&mut lab, Request::Train);
        work(&mut lab, 1_000_000);
    }
    lab
}

fn study(lab: &mut Lab, study: Study, slice: u64) -> Result<(StudyReport, Finding), String> {
    let mut responses = lab.request(Request::Study(StudyRequest::Begin { study }));
    responses.extend(work(lab, slice));
    if let Some(code) = code(&responses) {
        return Err(code);
    }
    let found = responses
        .into_iter()
        .rev()
        .find_map(|response| match response {
            Response::Study {
                answer: StudyAnswer::Studied { report, finding },
            } => Some((*report, finding)),
            _ => None,
        });
    Ok(found.unwrap())
}

/// A link to the experiment as it stands.
fn shared(lab: &mut Lab) -> String {
    let share = Request::Share {
        carry: Carry::Nothing,
    };
    let Response::Shared { experiment, .. } = ask(lab, share).remove(0) else {
        panic!("nothing shared");
    };
    link::write(&experiment).unwrap()
}

fn values() -> Study {
    Study::Value(ValueTerms {
        networks: Vec::new(),
        agents: Vec::new(),
        policies: qcart::lab::policies_of("shop"),
        episodes: 500,
        exploring: Exploring::default(),
        seed: 3,
    })
}

/// Networks learn from the log in slices that never show, bring three policies each, and are refused where there is no log.
#[test]
fn networks_are_policies_too() {
    let terms = ValueTerms {
        networks: NetworkName::ALL.to_vec(),
        agents: Vec::new(),
        policies: vec![PolicyName::Optimal, PolicyName::Likelihood],
        episodes: 200,
        exploring: Exploring::default(),
        seed: 3,
    };
    let mut lab = shop(false);
    let (report, finding) = study(&mut lab, Study::Value(terms.clone()), 7_000_000).unwrap();
    let StudyReport::Value(report) = report else {
        panic!("{report:?}");
    };
    let names: Vec<&str> = report
        .board
        .policies
        .iter()
        .map(|policy| policy.name.as_str())
        .collect();
    let by = ["likelihood", "value", "product"];
    let networks = ["mlp", "cnn", "gru", "transformer"];
    let mut expected = vec!["optimal".to_owned(), "likelihood".to_owned()];
    expected.extend(
        networks
            .iter()
            .flat_map(|name| by.map(|by| format!("{name}.{by}"))),
    );
    assert_eq!(names, expected);
    for policy in &report.board.policies {
        let share = policy.of_optimum.unwrap();
        assert!((0.5..1.0 + 1e-9).contains(&share), "{policy:?}");
    }
    assert!(
        finding
            .study
            .contains(r#""networks":["mlp","cnn","gru","transformer"]"#)
    );
    // That slices change nothing, the quickest of them shows as well.
    let terms = ValueTerms {
        networks: vec![NetworkName::Mlp],
        ..terms
    };
    let (_, finding) = study(&mut lab, Study::Value(terms.clone()), 7_000_000).unwrap();
    let (_, again) = study(&mut shop(false), Study::Value(terms.clone()), u64::MAX).unwrap();
    assert_eq!(finding.digest, again.digest);
    let mut textbook = Lab::default();
    let problem = "cliff".to_owned();
    ask(&mut textbook, Request::Decide { problem });
    work(&mut textbook, 1_000_000);
    let policies = vec![PolicyName::Optimal, PolicyName::Random];
    let refused = study(
        &mut textbook,
        Study::Value(ValueTerms {
            policies,
            ..terms.clone()
        }),
        1_000_000,
    );
    assert_eq!(refused.unwrap_err(), "study.networks");
    let twice = ValueTerms {
        networks: vec![NetworkName::Mlp; 2],
        ..terms
    };
    assert_eq!(
        study(&mut lab, Study::Value(twice), 1).unwrap_err(),
        "study.range"
    );
}

fn trial() -> TrialTerms {
    TrialTerms {
        policies: vec![PolicyName::Random, PolicyName::QGreedy, PolicyName::Optimal],
        users: 7_000,
        stop: true,
        alpha: 0.05,
        effect: None,
        exploring: Exploring::default(),
        seed: 5,
    }
}

fn every_study() -> Vec<Study> {
    let off_policy = |target| {
        Study::OffPolicy(OffPolicyTerms {
            target,
            success: Success::Purchase,
            estimate_propensities: false,
            resamples: 150,
            seed: 1,
        })
    };
    vec![
        values(),
        off_policy(TargetChoice::Popularity),
        off_policy(TargetChoice::Trained { epsilon: 0.2 }),
        Study::Sequences(SequenceTerms {
            logging: PolicyName::Random,
            target: PolicyName::EpsilonGreedy,
            episodes: 3000,
            exploring: Exploring {
                epsilon: 0.6,
                temperature: 0.1,
            },
            resamples: 120,
            seed: 2,
        }),
        Study::Trial(trial()),
        Study::Offline(OfflineTerms {
            own: true,
            logs: 2,
            episodes: 200,
            threshold: 0.3,
            pessimism: 1.0,
            conservatism: 0.1,
            seed: 4,
        }),
    ]
}

#[test]
fn slices_change_no_study() {
    let mut lab = shop(true);
    for one in every_study() {
        let whole = study(&mut lab, one.clone(), u64::MAX).unwrap();
        let sliced = study(&mut lab, one.clone(), 1_000).unwrap();
        assert_eq!(whole, sliced, "{}", one.kind());
    }
}

#[test]
fn what_another_laboratory_learned_gives_the_same_findings() {
    let mut first = shop(true);
    let learned =
        ask(&mut first, Request::Learned)
            .into_iter()
            .find_map(|response| match response {
                Response::Learned { learned } => Some(learned),
                _ => None,
            });
    let mut second = shop(false);
    let untrained = study(&mut second, values(), 1_000_000).unwrap_err();
    assert_eq!(untrained, "study.untrained");
    let learned = learned.unwrap();
    ask(
        &mut second,
        Request::Study(StudyRequest::Suppose {
            learned: learned.clone(),
        }),
    );
    for one in every_study() {
        let here = study(&mut first, one.clone(), 1_000_000).unwrap();
        let there = study(&mut second, one, 1_000_000).unwrap();
        assert_eq!(here, there);
    }
    let other = Request::Decide {
        problem: "gridworld".to_owned(),
    };
    ask(&mut second, other);
    work(&mut second, 1_000_000);
    let refused = second.request(Request::Study(StudyRequest::Suppose { learned }));
    assert_eq!(code(&refused).as_deref(), Some("study.learned"));
}

#[test]
fn users_simulated_by_several_laboratories_make_the_same_experiment() {
    let mut alone = shop(true);
    let (report, finding) = study(&mut alone, Study::Trial(trial()), 1_000_000).unwrap();
    let StudyReport::Trial(found) = &report else {
        panic!("another report");
    };
    assert!(
        found.comparisons.iter().all(|one| one.stopped.is_some()),
        "{}",
        found.verdict.en
    );
    assert!(!found.segments.is_empty());

    let mut host = shop(true);
    let mut helpers = [shop(true), shop(true)];
    ask(
        &mut host,
        Request::Study(StudyRequest::Conduct { terms: trial() }),
    );
    let mut over = false;
    for batch in 0..100 {
        if over {
            break;
        }
        let recruit = StudyRequest::Recruit {
            terms: trial(),
            batch,
        };
        let responses = ask(&mut helpers[batch as usize % 2], Request::Study(recruit));
        let Response::Study {
            answer: StudyAnswer::Recruits { users, .. },
        } = &responses[0]
        else {
            panic!("no recruits");
        };
        let users = users.clone();
        let responses = ask(&mut host, Request::Study(StudyRequest::Join { users }));
        let Response::Study {
            answer: StudyAnswer::Joined { over: ends, .. },
        } = responses[0]
        else {
            panic!("nobody joined");
        };
        over = ends;
    }
    let responses = ask(&mut host, Request::Study(StudyRequest::Conclude));
    let Response::Study {
        answer:
            StudyAnswer::Studied {
                report: pooled,
                finding: own,
            },
    } = &responses[0]
    else {
        panic!("no end");
    };
    assert_eq!((&report, &finding), (&**pooled, own));
    let broken = host.request(Request::Study(StudyRequest::Join {
        users: "AAAA".to_owned(),
    }));
    assert_eq!(code(&broken).as_deref(), Some("study.no-trial"));
}

#[test]
fn an_experiment_ended_by_hand_is_one_of_as_many_users_as_came() {
    let terms = TrialTerms {
        policies: vec![PolicyName::Random, PolicyName::Random],
        users: 1_000_000,
        ..trial()
    };
    let mut lab = shop(false);
    ask(
        &mut lab,
        Request::Study(StudyRequest::Conduct {
            terms: terms.clone(),
        }),
    );
    let recruit = StudyRequest::Recruit { terms, batch: 0 };
    let Response::Study {
        answer: StudyAnswer::Recruits { users, .. },
    } = ask(&mut lab, Request::Study(recruit)).remove(0)
    else {
        panic!("no recruits");
    };
    ask(&mut lab, Request::Study(StudyRequest::Join { users }));
    let Response::Study {
        answer: StudyAnswer::Studied { finding, .. },
    } = ask(&mut lab, Request::Study(StudyRequest::Conclude)).remove(0)
    else {
        panic!("no end");
    };
    let Study::Trial(ended) = Study::read(&finding.study).unwrap() else {
        panic!("another study");
    };
    assert_eq!(ended.users, 2_000);
    let (_, again) = study(&mut lab, Study::Trial(ended), 1_000_000).unwrap();
    assert_eq!(again, finding);
}

#[test]
fn findings_travel_in_links_and_say_whether_they_came_out_the_same() {
    let mut lab = shop(true);
    let mut found = Vec::new();
    for one in [every_study().remove(1), values()] {
        let (_, finding) = study(&mut lab, one, 1_000_000).unwrap();
        ask(
            &mut lab,
            Request::KeepFinding {
                finding: finding.clone(),
            },
        );
        found.push(finding);
    }
    let link = shared(&mut lab);
    let experiment = link::read(&link).unwrap();
    assert_eq!(experiment.findings, found);
    let mut other = shop(true);
    other.open(experiment.clone());
    let mut wrong = found[1].clone();
    wrong.digest = "0123456789abcdef".to_owned();
    for (finding, same) in [(found[0].clone(), true), (wrong, false)] {
        let kept = ask(&mut other, Request::KeepFinding { finding });
        assert_eq!(
            kept,
            [Response::FindingKept {
                reproduced: Some(same)
            }]
        );
    }
    // Another discount is another problem: what hangs on it is forgotten, what the log alone says stays.
    let (key, value) = ("gamma".to_owned(), Value::Number(0.5));
    ask(&mut lab, Request::Set { key, value });
    let link = shared(&mut lab);
    assert_eq!(link::read(&link).unwrap().findings, found[..1]);

    let edited = |change: fn(&mut Finding)| {
        let mut experiment = experiment.clone();
        change(&mut experiment.findings[0]);
        let json = experiment.to_json().unwrap();
        Experiment::from_json(&json).unwrap_err().code
    };
    assert_eq!(edited(|finding| finding.digest.clear()), "link.finding");
    assert_eq!(
        edited(|finding| finding.kind = "trial".to_owned()),
        "link.finding"
    );
    assert_eq!(
        edited(|finding| finding.study = "{}".to_owned()),
        "link.finding"
    );
    assert_eq!(
        edited(|finding| finding.study = finding
            .study
            .replace("\"resamples\":150", "\"resamples\":1")),
        "study.range"
    );
}

#[test]
fn a_shop_that_changes_nothing_makes_every_policy_equal_and_the_optimum_is_never_beaten() {
    let mut lab = shop(true);
    let (report, _) = study(&mut lab, values(), 1_000_000).unwrap();
    let StudyReport::Value(report) = report else {
        panic!("another report");
    };
    let lift = report.lift.unwrap();
    assert_eq!(lift.at[0], 1.0);
    // At a lift of 1 recommending changes nothing.
    for share in &lift.values[0] {
        assert!((share - 1.0).abs() < 1e-6, "{share}");
    }
    for share in lift.values.iter().chain(&report.gamma.values).flatten() {
        assert!(*share < 1.0 + 1e-6, "{share}");
    }
    for crossing in &lift.crossings {
        assert!(crossing.at > 1.0 && crossing.at < 10.0 && crossing.below != crossing.above);
    }
    assert!(
        report
            .regret
            .windows(2)
            .all(|pair| pair[0].cumulative <= pair[1].cumulative + 1e-4)
    );
}

/// Agents learn in the problem, each with what suits it, in slices that never show; what was set by hand holds for all.
#[test]
fn agents_learn_side_by_side() {
    let terms = |agents: Vec<AgentName>| ValueTerms {
        networks: Vec::new(),
        agents,
        policies: vec![PolicyName::Optimal, PolicyName::Random],
        episodes: 100,
        exploring: Exploring::default(),
        seed: 3,
    };
    let cliff = || {
        let mut lab = Lab::default();
        let problem = "cliff".to_owned();
        ask(&mut lab, Request::Decide { problem });
        let (key, value) = ("networkWidth".to_owned(), Value::Choice("16".to_owned()));
        ask(&mut lab, Request::Set { key, value });
        work(&mut lab, 1_000_000);
        lab
    };
    let both = Study::Value(terms(vec![AgentName::Table, AgentName::Mlp]));
    let (report, finding) = study(&mut cliff(), both.clone(), 300_000).unwrap();
    let StudyReport::Value(report) = report else {
        panic!("{report:?}");
    };
    let policies = &report.board.policies;
    let names: Vec<&str> = policies.iter().map(|policy| policy.name.as_str()).collect();
    assert_eq!(names, ["optimal", "random", "table.q", "mlp.q"]);
    for policy in &policies[2..] {
        assert!(policy.of_optimum.unwrap() > 0.99, "{policy:?}");
    }
    assert!(finding.study.contains(r#""agents":["table","mlp"]"#));
    let (_, again) = study(&mut cliff(), both, u64::MAX).unwrap();
    assert_eq!(finding.digest, again.digest);

    // The other networks learn here too, only for a moment: what they reach is measured elsewhere. Tiles have no use for a cliff.
    let mut briefly = cliff();
    let (key, value) = ("budget".to_owned(), Value::Number(2_000.0));
    ask(&mut briefly, Request::Set { key, value });
    let all = AgentName::ALL.into_iter();
    let all: Vec<AgentName> = all.filter(|&agent| agent != AgentName::Tiles).collect();
    let (report, _) = study(&mut briefly, Study::Value(terms(all)), 1_000_000).unwrap();
    let StudyReport::Value(report) = report else {
        panic!("{report:?}");
    };
    let learned = report.board.policies.iter().skip(2);
    let learned: Vec<&str> = learned.map(|policy| policy.name.as_str()).collect();
    assert_eq!(
        learned,
        ["table.q", "mlp.q", "cnn.q", "gru.q", "transformer.q"]
    );

    // The one agent is the one that Learn would have trained.
    let mut trained = cliff();
    for (key, value) in [
        ("approximator", Value::Choice("mlp".to_owned())),
        ("algorithm", Value::Choice("doubleQ".to_owned())),
        ("budget", Value::Number(3_000.0)),
    ] {
        let key = key.to_owned();
        ask(&mut trained, Request::Set { key, value });
    }
    ask(&mut trained, Request::Train);
    work(&mut trained, 1_000_000);
    let compared = Study::Value(ValueTerms {
        policies: vec![PolicyName::Optimal, PolicyName::QGreedy],
        ..terms(vec![AgentName::Mlp])
    });
    let (report, _) = study(&mut trained, compared, 1_000_000).unwrap();
    let StudyReport::Value(report) = report else {
        panic!("{report:?}");
    };
    let policies = &report.board.policies;
    assert_eq!(policies[2].name, "mlp.doubleQ");
    assert_eq!(policies[1].exact, policies[2].exact);
    let twice = Study::Value(terms(vec![AgentName::Gru; 2]));
    let refused = study(&mut cliff(), twice, 1_000_000).unwrap_err();
    assert_eq!(refused, "study.range");
}

/// What somebody takes to learn for a study, as it is said before.
fn measured(lab: &mut Lab, pupil: Pupil) -> [f64; 2] {
    match ask(lab, Request::Study(StudyRequest::Measure { pupil })).remove(0) {
        Response::Study {
            answer: StudyAnswer::Measured { weights, bytes, .. },
        } => [weights, bytes],
        other => panic!("{other:?}"),
    }
}

/// Before networks and agents learn for a study, it is said what they take; while they do, how it goes.
#[test]
fn what_learning_for_a_study_takes_and_how_it_goes_is_told() {
    let mut lab = shop(false);
    let network = Pupil::Network(NetworkName::Mlp);
    let agents = [AgentName::Table, AgentName::Mlp, AgentName::Gru].map(Pupil::Agent);
    let [table, mlp, gru] = agents.map(|agent| measured(&mut lab, agent));
    assert!(gru[0] > mlp[0] && mlp[1] > 4.0 * mlp[0] && table[1] >= 8.0 * table[0]);
    let [weights, bytes] = measured(&mut lab, network);
    // Adam holds five more numbers for each weight.
    assert!(weights > 9.0 * 96.0 && bytes > 24.0 * weights);

    let study = Study::Value(ValueTerms {
        networks: vec![NetworkName::Mlp],
        agents: vec![AgentName::Mlp],
        policies: vec![PolicyName::Optimal, PolicyName::Random],
        episodes: 100,
        exploring: Exploring::default(),
        seed: 3,
    });
    ask(&mut lab, Request::Study(StudyRequest::Begin { study }));
    let lessons = work(&mut lab, 1_000_000)
        .into_iter()
        .filter_map(|response| match response {
            Response::Study {
                answer: StudyAnswer::Progress { lesson, .. },
            } => lesson,
            _ => None,
        });
    let lessons: Vec<Lesson> = lessons.collect();
    for pupil in [Pupil::Agent(AgentName::Mlp), network] {
        let own: Vec<&Lesson> = lessons.iter().filter(|one| one.pupil == pupil).collect();
        assert!(own.is_sorted_by(|a, b| a.samples <= b.samples && a.done <= b.done));
        let last = own.last().unwrap();
        assert!(
            last.samples > 0.0 && last.loss.is_some() && last.norm.is_some(),
            "{last:?}"
        );
    }
}

/// Names are names: what policies are worth hangs on nothing but how users behave.
#[test]
fn renaming_the_items_changes_no_value() {
    let values = |log: &str| {
        let mut lab = shop_of(log, false);
        let policies = qcart::lab::policies_of("shop").into_iter();
        let terms = ValueTerms {
            networks: Vec::new(),
            agents: Vec::new(),
            policies: policies.filter(|name| !name.trained()).collect(),
            episodes: 100,
            exploring: Exploring::default(),
            seed: 3,
        };
        let (report, _) = study(&mut lab, Study::Value(terms), 1_000_000).unwrap();
        let StudyReport::Value(report) = report else {
            panic!("another report");
        };
        report
    };
    let (plain, renamed) = (
        values(&log()),
        values(&named_log(|item| (item * 5 + 3) % 9)),
    );
    assert_ne!(log(), named_log(|item| (item * 5 + 3) % 9));
    assert!((plain.board.optimum - renamed.board.optimum).abs() < 1e-9);
    for (a, b) in plain.board.policies.iter().zip(&renamed.board.policies) {
        assert_eq!(a.name, b.name);
        assert!((a.exact - b.exact).abs() < 1e-9, "{}", a.name);
    }
    let scans = |report: &qcart::lab::protocol::ValueReport| {
        let lift = report.lift.clone().unwrap();
        [lift.values, report.gamma.values.clone()].concat().concat()
    };
    for (a, b) in scans(&plain).iter().zip(scans(&renamed)) {
        assert!((a - b).abs() < 1e-6, "{a} {b}");
    }
}

#[test]
fn plain_q_learning_over_estimates_in_the_demonstration_and_the_careful_ways_do_not() {
    let mut lab = Lab::default();
    let demonstration = Study::Offline(OfflineTerms {
        own: false,
        logs: 10,
        episodes: 1000,
        threshold: 0.3,
        pessimism: 3.0,
        conservatism: 0.5,
        seed: 1,
    });
    let (report, _) = study(&mut lab, demonstration, 1_000_000).unwrap();
    let StudyReport::Offline(report) = report else {
        panic!("another report");
    };
    let [plain, careful @ ..] = &report.methods[..] else {
        panic!("no methods");
    };
    assert!(plain.excess.ci[0] > 0.5, "{:?}", plain.excess);
    for method in careful {
        // Noise of one log's mean of 900 rewards at two pages: 4 standard errors are 4 sqrt(2 / 900) = 0.19.
        assert!(method.excess.ci[1] < 0.19, "{method:?}");
        assert!(
            method
                .truths
                .iter()
                .all(|truth| (truth - report.optimum).abs() < 1e-9)
        );
    }
}

#[test]
fn sequences_are_judged_beside_the_truth() {
    let mut lab = shop(true);
    let (report, _) = study(&mut lab, every_study().remove(3), 1_000_000).unwrap();
    let StudyReport::Sequences(report) = report else {
        panic!("another report");
    };
    assert_ne!(report.report.answer, Answer::Refused);
    let covers = |estimate: &&qcart::evaluate::ope::Estimate| {
        estimate.ci[0] <= report.truth && report.truth <= estimate.ci[1]
    };
    // A fixed seed; each 95 % interval by itself may miss.
    assert!(
        report.report.estimators.iter().filter(covers).count() >= 3,
        "{report:?}"
    );
}

#[test]
fn what_cannot_be_studied_is_refused_in_words() {
    let mut lab = Lab::default();
    assert_eq!(study(&mut lab, values(), 1).unwrap_err(), "lab.undecided");
    assert_eq!(
        study(&mut lab, every_study().remove(1), 1).unwrap_err(),
        "lab.no-log"
    );
    let problem = "gridworld".to_owned();
    ask(&mut lab, Request::Decide { problem });
    work(&mut lab, 1_000_000);
    let popular = TrialTerms {
        policies: vec![PolicyName::Random, PolicyName::Popularity],
        ..trial()
    };
    assert_eq!(
        study(&mut lab, Study::Trial(popular), 1).unwrap_err(),
        "study.policy"
    );
    let one = TrialTerms {
        policies: vec![PolicyName::Random],
        ..trial()
    };
    assert_eq!(
        study(&mut lab, Study::Trial(one), 1).unwrap_err(),
        "study.range"
    );
}

/// A season longer than the longest episode is valued and played to its end: the optimal policy is worth the optimum.
#[test]
fn a_long_season_is_not_cut_at_the_longest_episode() {
    let mut lab = Lab::default();
    let problem = "season".to_owned();
    ask(&mut lab, Request::Decide { problem });
    for (key, value) in [("periods", 150.0), ("episodeCap", 100.0)] {
        let (key, value) = (key.to_owned(), Value::Number(value));
        ask(&mut lab, Request::Set { key, value });
    }
    work(&mut lab, 1_000_000);
    let terms = ValueTerms {
        networks: Vec::new(),
        agents: Vec::new(),
        policies: vec![PolicyName::Optimal, PolicyName::Random],
        episodes: 2_000,
        exploring: Exploring::default(),
        seed: 3,
    };
    let (report, _) = study(&mut lab, Study::Value(terms), 1_000_000).unwrap();
    let StudyReport::Value(report) = report else {
        panic!("{report:?}");
    };
    let optimal = &report.board.policies[0];
    // Sums of the same 150 terms in another order.
    assert!(
        (optimal.of_optimum.unwrap() - 1.0).abs() < 1e-9,
        "{optimal:?}"
    );
    // Four standard errors: twice the 95 % interval.
    let [low, high] = optimal.simulated.ci;
    let away = (optimal.simulated.value - report.board.optimum).abs();
    assert!(away < high - low, "{optimal:?}");
}
