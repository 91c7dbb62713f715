//! Networks in the laboratory, as the page drives it: measured, learned in slices, stopped, explained, and repeated from a link.
#![allow(clippy::unwrap_used, missing_docs)]

use qcart::behaviour::neural::Learning;
use qcart::experiment::ranking::{Ranking, Terms, Unit, Window};
use qcart::experiment::study::Study;
use qcart::experiment::{Source, link};
use qcart::lab::Lab;
use qcart::lab::protocol::{
    AdviceView, AdviserInfo, AdviserSource, BoardRequest, Carry, EvaluationStage, Request,
    Response, StudyAnswer, StudyRequest,
};
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
    begin_under(lab, TERMS, model)
}

fn begin_under(lab: &mut Lab, terms: Terms, model: &str) -> Vec<Response> {
    let model = model.to_owned();
    ask(lab, BoardRequest::EvaluateModel { model, terms })
}

/// Tests a model to the end, and says through which stages.
fn test(lab: &mut Lab, terms: Terms, model: &str) -> Vec<EvaluationStage> {
    let mut told = begin_under(lab, terms, model);
    told.extend(work(lab, 1_000_000));
    let mut stages: Vec<_> = told
        .iter()
        .filter_map(|response| match response {
            Response::EvaluationProgress { stage, .. } => Some(*stage),
            _ => None,
        })
        .collect();
    stages.dedup();
    stages
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
        terms: Some(TERMS),
    };
    let Response::Network(info) = &ask(&mut lab, request("transformer"))[0] else {
        panic!("no measure");
    };
    assert_eq!(info.targets, 64 * 6);
    assert!(
        info.weights > 9 * 64 && info.bytes >= 20.0 * f64::from(info.weights) && info.seconds > 0.0,
        "{info:?}"
    );
    // To recommend to users it would learn from all sessions.
    let model = "transformer".to_owned();
    let all = BoardRequest::Measure { model, terms: None };
    let Response::Network(info) = &ask(&mut lab, all)[0] else {
        panic!("no measure");
    };
    assert_eq!(info.targets, 80 * 6);
    // A blend takes what its networks take: one GRU, which is asked for categories too.
    let Response::Network(blend) = &ask(&mut lab, request("blend-networks"))[0] else {
        panic!("no measure");
    };
    let Response::Network(gru) = &ask(&mut lab, request("gru:categories=yes"))[0] else {
        panic!("no measure");
    };
    assert_eq!((blend.weights, blend.bytes), (gru.weights, gru.bytes));
    assert!(blend.seconds > 0.0 && blend.epochs == gru.epochs);
    // Where values rank, no window is held out and nothing learned afresh.
    let Response::Network(value) = &ask(&mut lab, request("gru:rank=value:width=32"))[0] else {
        panic!("no measure");
    };
    assert!(2 * value.epochs == gru.epochs && value.weights < gru.weights);
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

/// The embeddings of a saved network's items, in the order of the items' numbers.
fn embeddings(lab: &Lab) -> Vec<Vec<f64>> {
    let bytes = lab.weights().unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let item = tensors.tensor("item").unwrap();
    let numbers = item.data().chunks_exact(4);
    let numbers: Vec<f64> = numbers
        .map(|bytes| f64::from(f32::from_le_bytes(bytes.try_into().unwrap())))
        .collect();
    numbers
        .chunks(item.shape()[1])
        .map(<[f64]>::to_vec)
        .collect()
}

/// All other items, the most alike first, each with the cosine of the angle between the saved embeddings.
fn assert_neighbours(lab: &Lab, of: &str, found: &[(String, f64)]) {
    let rows = embeddings(lab);
    let place = |item: &str| item[1..].parse::<usize>().unwrap();
    let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(x, y)| x * y).sum() };
    let cosine = |other: &str| {
        let (a, b) = (&rows[place(of)], &rows[place(other)]);
        dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
    };
    for (item, alike) in found {
        // Summed in f32 there: 96 products, each rounded to 24 bits.
        assert!((alike - cosine(item)).abs() < 1e-5, "{item} {alike}");
    }
    assert!(found.is_sorted_by(|a, b| a.1 >= b.1), "{found:?}");
    let mut items: Vec<&str> = found.iter().map(|(item, _)| item.as_str()).collect();
    items.sort_unstable();
    items.dedup();
    assert!(items.len() == found.len() && !items.contains(&of));
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
    assert_neighbours(&lab, &insight.recommended[0].0, &insight.neighbours);
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

/// Works until the network under way has come so far, ends its learning there, and finishes what is left.
fn stop_when(lab: &mut Lab, far: fn(&Learning) -> bool) -> Vec<Response> {
    let there = |responses: &[Response]| {
        responses.iter().any(|response| {
            matches!(response, Response::EvaluationProgress { learning: Some(learning), .. } if far(learning))
        })
    };
    while !there(&lab.advance(1)) {}
    ask(lab, BoardRequest::StopLearning);
    work(lab, 1)
}

/// A stop by hand, after an epoch or at once, is a part of what the board says, and whoever repeats it comes to the same bits.
#[test]
fn a_stop_by_hand_is_repeated() {
    let mut whole = lab();
    begin(&mut whole, "mlp");
    work(&mut whole, 50_000_000);
    let whole = compared(&mut whole, &["mlp"]);
    let after_an_epoch: fn(&Learning) -> bool = |learning| learning.best > 0;
    for far in [after_an_epoch, |learning| learning.targets > 0.0] {
        let mut first = lab();
        begin(&mut first, "mlp");
        stop_when(&mut first, far);
        let stopped = compared(&mut first, &["mlp"]);
        assert!(stopped.models[0].starts_with("mlp:steps="), "{stopped:?}");
        assert_eq!(stopped.reference, stopped.models[0]);
        stopped.check().unwrap();
        let mut other = lab();
        begin(&mut other, &stopped.models[0]);
        work(&mut other, 50_000_000);
        assert_eq!(compared(&mut other, &[&stopped.models[0]]), stopped);
        assert_ne!(whole.digest, stopped.digest);
    }
}

/// The board as a link brings it to somebody else.
fn shared(board: &Ranking) -> Ranking {
    let mut lab = lab();
    let problem = "shop".to_owned();
    lab.request(Request::Decide { problem });
    let ranking = board.clone();
    lab.request(Request::KeepRanking { ranking });
    let carry = Carry::Nothing;
    let Response::Shared { experiment, .. } = lab.request(Request::Share { carry }).remove(0)
    else {
        panic!("nothing shared");
    };
    let link = link::write(&experiment).unwrap();
    link::read(&link).unwrap().ranking.unwrap()
}

/// The same network ranked by likelihood, by value and by both stands there three times. Values and products come of one course of
/// learning, and whoever repeats the board from its link, or learns for each afresh, comes to the same bits.
#[test]
fn three_rankings_stand_apart_and_are_repeated_from_a_link() {
    let asked = [
        "gru:epochs=2:width=16",
        "gru:epochs=2:rank=value:width=16",
        "gru:epochs=2:rank=product:width=16",
    ];
    let mut first = lab();
    let stages = asked.map(|model| test(&mut first, TERMS, model));
    assert_eq!(stages[1], [EvaluationStage::Fit, EvaluationStage::Test]);
    assert_eq!(stages[2], [EvaluationStage::Test]);
    let board = compared(&mut first, &asked);
    let mut sorted = asked;
    sorted.sort_unstable();
    assert_eq!(board.models, sorted);
    assert_eq!(board.reference, asked[0]);
    let promised = shared(&board);
    assert_eq!(promised, board);
    let mut other = lab();
    for model in &promised.models {
        // Products before values here: whichever comes first learns.
        test(&mut other, promised.terms, model);
    }
    let models = promised.models.iter().rev().map(String::as_str);
    let models: Vec<&str> = models.collect();
    assert_eq!(models[0], promised.reference);
    assert_eq!(compared(&mut other, &models), board);
    for (place, &model) in asked.iter().enumerate() {
        let mut alone = lab();
        test(&mut alone, TERMS, model);
        let alone = compared(&mut alone, &[model]);
        let others = asked
            .iter()
            .enumerate()
            .filter(|&(other, _)| other != place);
        for (_, other) in others {
            assert_ne!(alone.digest, compared(&mut first, &[other]).digest);
        }
        assert_eq!(alone.digest, compared(&mut first, &[model]).digest);
    }
}

/// Settings make models of their own; what is the default anyway makes none.
#[test]
fn networks_with_other_settings_stand_side_by_side() {
    let mut lab = lab();
    let narrow = "mlp:epochs=1:width=16";
    test(&mut lab, TERMS, narrow);
    test(&mut lab, TERMS, "mlp:rank=likelihood:epochs=1:width=32");
    let wide = "mlp:epochs=1:width=32";
    let board = compared(&mut lab, &[wide, narrow]);
    assert_eq!(board.models, [narrow, wide]);
    assert_eq!(board.reference, wide);
    board.check().unwrap();
    // Asked for by its plain name, none of them is meant.
    let models = vec!["mlp".to_owned()];
    let reference = "mlp".to_owned();
    let nothing = ask(&mut lab, BoardRequest::Compare { models, reference });
    assert_eq!(refused(&nothing), "lab.no-board");
}

/// Random search would take a network hours: tuning leaves networks as they are set, and says so beforehand.
#[test]
fn tuning_leaves_networks_alone() {
    let terms = Terms { tune: 10, ..TERMS };
    let (mut tuned, mut plain) = (lab(), lab());
    for model in ["mlp:epochs=1:width=16", "blend-networks"] {
        let stages = test(&mut tuned, terms, model);
        assert_eq!(stages, [EvaluationStage::Fit, EvaluationStage::Test]);
        test(&mut plain, TERMS, model);
        let boards = [&mut tuned, &mut plain].map(|lab| compared(lab, &[model]));
        assert_eq!(boards[0].digest, boards[1].digest);
    }
    let Response::Models { models } = &ask(&mut plain, BoardRequest::Models)[0] else {
        panic!("no models");
    };
    let kept = models.iter().filter(|model| !model.tuned);
    let kept: Vec<&str> = kept.map(|model| model.name.as_str()).collect();
    assert_eq!(kept, ["blend-networks", "mlp", "cnn", "gru", "transformer"]);
}

/// What the page offers of a network's settings, with what each means in both languages.
#[test]
fn the_settings_of_networks_are_told() {
    let Response::Models { models } = &ask(&mut lab(), BoardRequest::Models)[0] else {
        panic!("no models");
    };
    let gru = models.iter().find(|model| model.name == "gru").unwrap();
    let offered = gru.parameters.iter().filter(|one| one.label.is_some());
    let mut names: Vec<&str> = offered.clone().map(|one| one.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "categories",
            "conservative",
            "epochs",
            "events",
            "gaps",
            "rank",
            "rate",
            "valueWeight",
            "width"
        ]
    );
    for one in offered {
        let domain = serde_json::to_value(&one.domain).unwrap();
        let right = match domain["type"].as_str().unwrap() {
            "choice" => domain["options"].as_array().unwrap().len() > 1,
            _ => domain["min"].as_f64().unwrap() < domain["max"].as_f64().unwrap(),
        };
        assert!(right, "{domain}");
    }
}

fn learned(lab: &mut Lab, model: &str, slice: u64) -> AdviserInfo {
    let model = model.to_owned();
    let mut responses = ask(lab, BoardRequest::Learn { model });
    responses.extend(work(lab, slice));
    adviser(responses)
}

fn adviser(responses: Vec<Response>) -> AdviserInfo {
    let found = responses.into_iter().find_map(|response| match response {
        Response::Adviser(info) => Some(info),
        _ => None,
    });
    found.unwrap()
}

fn advised(lab: &mut Lab, user: &str) -> AdviceView {
    let user = user.to_owned();
    match ask(lab, BoardRequest::Advise { user, k: 3 }).remove(0) {
        Response::Advice(view) => view,
        other => panic!("{other:?}"),
    }
}

fn refused(responses: &[Response]) -> &str {
    match &responses[0] {
        Response::Problem { problem } => &problem.code,
        other => panic!("{other:?}"),
    }
}

fn all_as_csv(lab: &mut Lab, slice: u64) -> String {
    ask(lab, BoardRequest::AdviseAll { k: 2 });
    let mut csv = String::new();
    for response in work(lab, slice) {
        if let Response::Chunk { text, .. } = response {
            csv += &text;
        }
    }
    csv
}

/// On a ring of items the next one is recommended; the same whatever the slices, for one user and for all.
#[test]
fn a_network_recommends_to_users_and_its_study_repeats_it() {
    let mut lab = lab();
    let user = BoardRequest::Advise {
        user: "u0".to_owned(),
        k: 3,
    };
    assert_eq!(refused(&ask(&mut lab, user)), "lab.no-adviser");
    let info = learned(&mut lab, "gru:width=16", 1);
    assert_eq!(info.from, AdviserSource::Sessions);
    assert!(info.learning.is_some_and(|learning| learning.best > 0));
    // u0 walked from i0 to i6.
    let view = advised(&mut lab, "u0");
    assert_eq!(view.recommended[0].0, "i7");
    assert_eq!((view.events.len(), view.neighbours.len()), (7, 8));
    assert_eq!(view.events[6].item, "i6");
    let strongest = view
        .events
        .iter()
        .max_by(|a, b| a.change.total_cmp(&b.change));
    assert_eq!(strongest.unwrap().item, "i6");
    let csv = all_as_csv(&mut lab, 1);
    assert_eq!(csv.lines().count(), 1 + 80 * 2);
    let (item, score) = &view.recommended[0];
    assert_eq!(csv.lines().nth(1), Some(&*format!("u0,1,{item},{score}")));

    let mut other = self::lab();
    let again = learned(&mut other, "gru:width=16", 50_000_000);
    assert_eq!(again.finding, info.finding);
    assert_eq!(advised(&mut other, "u0"), view);
    assert_eq!(all_as_csv(&mut other, 50_000_000), csv);
    // The study of the link comes to the same digest.
    let finding = info.finding.unwrap();
    let study = Study::read(&finding.study).unwrap();
    other.request(Request::Study(StudyRequest::Begin { study }));
    let studied = work(&mut other, 1_000_000)
        .into_iter()
        .find_map(|response| match response {
            Response::Study {
                answer: StudyAnswer::Studied { finding, .. },
            } => Some(finding),
            _ => None,
        });
    assert_eq!(studied.unwrap(), finding);
}

#[test]
fn a_network_that_recommends_may_be_stopped_and_other_terms_of_the_board_leave_it() {
    let mut lab = lab();
    let model = "mlp:width=16".to_owned();
    ask(&mut lab, BoardRequest::Learn { model });
    let stopped = adviser(stop_when(&mut lab, |learning| learning.best > 0));
    assert!(stopped.model.starts_with("mlp:steps="), "{}", stopped.model);
    let view = advised(&mut lab, "u3");
    let terms = Terms { seed: 2, ..TERMS };
    let model = "pop".to_owned();
    ask(&mut lab, BoardRequest::EvaluateModel { model, terms });
    work(&mut lab, 1_000_000);
    assert_eq!(advised(&mut lab, "u3"), view);
}

/// A network tested on the board recommends where no other does.
#[test]
fn a_tested_network_recommends_too() {
    let mut lab = lab();
    begin(&mut lab, "mlp");
    work(&mut lab, 50_000_000);
    let view = advised(&mut lab, "u0");
    assert_eq!(
        (view.model.as_str(), view.from),
        ("mlp", AdviserSource::Board)
    );
}

/// Weights are saved, opened by another laboratory and say the same; whatever can't be taken leaves what was there.
#[test]
fn weights_are_saved_and_opened_and_what_is_no_such_file_changes_nothing() {
    let mut lab = lab();
    assert_eq!(lab.weights().unwrap_err().code, "lab.no-adviser");
    learned(&mut lab, "gru:width=16:epochs=2", 1_000_000);
    let (bytes, view) = (lab.weights().unwrap(), advised(&mut lab, "u5"));
    let mut other = self::lab();
    learned(&mut other, "mlp:epochs=1", 1_000_000);
    let before = advised(&mut other, "u5");
    let mut nan = bytes.clone();
    let end = nan.len();
    nan[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    for (model, bytes, code) in [
        ("gru:width=16", &bytes[..bytes.len() - 1], "weights.file"),
        ("gru:width=16", &bytes[..20], "weights.file"),
        ("gru:width=16", b"user,item,event,time", "weights.file"),
        ("gru:width=16", &nan[..], "weights.number"),
        ("gru:width=32", &bytes[..], "weights.shape"),
        ("mlp:width=16", &bytes[..], "weights.shape"),
        ("vsknn", &bytes[..], "study.network"),
    ] {
        assert_eq!(refused(&other.take_weights(model, bytes)), code);
        assert_eq!(advised(&mut other, "u5"), before);
    }
    let size = (1_u64 << 40) as f64;
    let name = "x.safetensors".to_owned();
    let offer = BoardRequest::OfferWeights { name, size };
    assert_eq!(refused(&ask(&mut other, offer)), "weights.file");
    let opened = adviser(other.take_weights("gru:width=16", &bytes));
    assert_eq!((opened.from, opened.finding), (AdviserSource::File, None));
    let found = advised(&mut other, "u5");
    assert_eq!(
        (found.recommended, found.events),
        (view.recommended, view.events)
    );
}

/// The blend that asks a network: progress is told, it may be given up, the slices change nothing and a link may hold it.
#[test]
fn a_blend_with_a_network_learns_in_slices() {
    let mut lab = lab();
    begin(&mut lab, "blend-networks");
    let mut shares = Vec::new();
    while shares.len() < 3 {
        for response in lab.advance(1) {
            if let Response::EvaluationProgress { fraction, .. } = response {
                shares.push(fraction);
            }
        }
    }
    assert!(shares.is_sorted() && shares[0] > 0.0 && shares[2] < 1.0);
    ask(&mut lab, BoardRequest::CancelEvaluation);
    assert!(!lab.busy());
    let mut ranking = |slice| {
        begin(&mut lab, "blend");
        work(&mut lab, slice);
        begin(&mut lab, "blend-networks");
        work(&mut lab, slice);
        compared(&mut lab, &["blend", "blend-networks"])
    };
    let (fine, coarse) = (ranking(1), ranking(50_000_000));
    assert_eq!(fine, coarse);
    fine.check().unwrap();
}

/// A stop ends the learning of the blend's networks, one after the other; what they came to is repeated to the same bits.
#[test]
fn a_stop_of_a_blend_with_networks_is_repeated() {
    let slices = |lab: &mut Lab| {
        let mut count = 0;
        while lab.busy() {
            lab.advance(1);
            count += 1;
        }
        count
    };
    let mut whole = lab();
    begin(&mut whole, "blend-networks");
    let length = slices(&mut whole);
    let mut first = lab();
    begin(&mut first, "blend-networks");
    for _ in 0..15 {
        first.advance(1);
    }
    ask(&mut first, BoardRequest::StopLearning);
    // A slice as small as this is one step of learning: at least twenty were left out.
    let rest = slices(&mut first);
    assert!(15 + rest + 20 < length, "{rest} after the stop, {length}");
    let stopped = compared(&mut first, &["blend-networks"]);
    let [name] = &stopped.models[..] else {
        panic!("{stopped:?}");
    };
    assert!(name.starts_with("blend-networks:steps="), "{name}");
    stopped.check().unwrap();
    assert_ne!(
        compared(&mut whole, &["blend-networks"]).digest,
        stopped.digest
    );
    let mut other = lab();
    begin(&mut other, name);
    work(&mut other, 50_000_000);
    assert_eq!(compared(&mut other, &[name]), stopped);
}
