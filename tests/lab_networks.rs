//! Networks in the laboratory, as the page drives it: measured, learned in slices, stopped, explained, and repeated from a link.
#![allow(clippy::unwrap_used, missing_docs)]

use qcart::experiment::Source;
use qcart::experiment::ranking::{Ranking, Terms, Unit, Window};
use qcart::lab::Lab;
use qcart::lab::protocol::{BoardRequest, EvaluationStage, Request, Response};
use qcart::log::ImportOptions;

/// Eighty users walk along a ring of items.
fn lab() -> Lab {
    let mut csv = String::from("user,item,event,time\n");
    for user in 0..80_i64 {
        for step in 0..7 {
            let (item, time) = ((user + step) % 9, 1_700_000_000 + user * 40_000 + step * 60);
            csv.push_str(&format!("u{user},i{item},view,{time}\n"));
        }
    }
    let mut lab = Lab::with_clock(|| 1.0);
    lab.request(Request::BeginImport {
        source: Source::File {
            name: String::new(),
            size: 0,
            fingerprint: String::new(),
        },
        name: "log.csv".to_owned(),
        size: None,
        options: ImportOptions::default(),
    });
    lab.push(csv.as_bytes());
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
        size: 0.2,
    },
    keep_unseen: false,
    tune: 0,
    seed: 1,
};

fn ask(lab: &mut Lab, request: BoardRequest) -> Vec<Response> {
    lab.request(Request::Board(request))
}

fn begin(lab: &mut Lab, model: &str) -> Vec<Response> {
    let model = model.to_owned();
    ask(
        lab,
        BoardRequest::EvaluateModel {
            model,
            terms: TERMS,
        },
    )
}

fn compared(lab: &mut Lab, models: &[&str]) -> Ranking {
    let request = BoardRequest::Compare {
        models: models.iter().map(|&model| model.to_owned()).collect(),
        reference: models[0].to_owned(),
    };
    let found = ask(lab, request)
        .into_iter()
        .find_map(|response| match response {
            Response::Board { ranking, .. } => Some(ranking),
            _ => None,
        });
    found.unwrap()
}

#[test]
fn what_a_network_takes_is_said_before_it_learns() {
    let mut lab = lab();
    let request = |model: &str| BoardRequest::Measure {
        model: model.to_owned(),
        terms: TERMS,
    };
    let Response::Network(info) = &ask(&mut lab, request("transformer"))[0] else {
        panic!("no measure");
    };
    assert_eq!(info.targets, 64 * 6);
    assert!(
        info.weights > 9 * 64 && info.bytes >= 20.0 * f64::from(info.weights) && info.seconds > 0.0,
        "{info:?}"
    );
    let Response::Problem { problem, .. } = &ask(&mut lab, request("vsknn"))[0] else {
        panic!("no problem");
    };
    assert_eq!(problem.code, "lab.no-network");
}

/// The same digest whatever the slices: what a link promises.
#[test]
fn slices_change_nothing_and_progress_is_told() {
    let ranking = |slice| {
        let mut lab = lab();
        let mut told = begin(&mut lab, "gru");
        told.extend(work(&mut lab, slice));
        let learning: Vec<_> = told
            .iter()
            .filter_map(|response| match response {
                Response::EvaluationProgress {
                    stage: EvaluationStage::Fit,
                    learning,
                    ..
                } => learning.clone(),
                _ => None,
            })
            .collect();
        let last = learning.last().unwrap();
        assert!(last.epochs.len() > 1 && last.best > 0 && last.targets > 0.0);
        assert!(last.epochs[0].mrr.is_some() && last.epochs[0].norm > 0.0);
        begin(&mut lab, "markov");
        work(&mut lab, slice);
        compared(&mut lab, &["markov", "gru"])
    };
    assert_eq!(ranking(1), ranking(50_000_000));
}

#[test]
fn a_stopped_network_is_tested_and_explained() {
    let mut lab = lab();
    begin(&mut lab, "mlp");
    let epoch = |responses: &[Response]| {
        responses.iter().any(|response| {
            matches!(response, Response::EvaluationProgress { learning: Some(learning), .. } if learning.best > 0)
        })
    };
    while !epoch(&lab.advance(1)) {}
    ask(&mut lab, BoardRequest::StopLearning);
    let rest = work(&mut lab, 1);
    assert!(
        rest.iter()
            .any(|response| matches!(response, Response::Evaluated { .. }))
    );
    let Response::Insight(insight) = &ask(&mut lab, BoardRequest::Explain { session: 3 })[0] else {
        panic!("no insight");
    };
    assert_eq!(insight.events.len(), 6);
    assert_eq!(insight.neighbours.len(), 8);
    assert!(
        insight
            .recommended
            .windows(2)
            .all(|pair| pair[0].1 >= pair[1].1)
    );
    // Whoever asks beyond the last session begins again.
    let Response::Insight(again) = &ask(
        &mut lab,
        BoardRequest::Explain {
            session: 3 + insight.sessions,
        },
    )[0] else {
        panic!("no insight");
    };
    assert_eq!(insight, again);
}
