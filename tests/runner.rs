//! The command line as scripts use it: its JSON, its files and its exit codes.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use qcart::experiment::parameters::Value as Parameter;
use qcart::experiment::{Experiment, Source, link, project};
use qcart::lab::Lab;
use qcart::lab::protocol::{BoardRequest, Carry, Request, Response};
use qcart::log::ImportOptions;
use qcart::problem::Text;
use serde_json::Value;

/// A folder of its own for each test, emptied when the test begins.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("runner-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn qcart(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_qcart"))
        .args(arguments)
        .output()
        .unwrap()
}

fn json(output: &Output) -> Value {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text} {output:?}"))
}

/// The log of a small generated shop.
fn generated(folder: &Path, users: u32, items: u32) -> PathBuf {
    let log = folder.join("log.csv");
    let (users, items) = (format!("shopUsers={users}"), format!("shopItems={items}"));
    let path = log.to_str().unwrap();
    assert!(
        qcart(&["generate", path, "--set", &users, "--set", &items])
            .status
            .success()
    );
    log
}

const LOG: &str = "user,item,event,time\na,x,view,1700000000\na,y,purchase,1700000060\nb,x,view,1700000120\nb,z,view,not-a-time\n";

#[test]
fn inspect_counts_and_writes_the_rejected_rows() {
    let folder = folder("inspect");
    let log = folder.join("log.csv");
    let rejects = folder.join("rejects.csv");
    std::fs::write(&log, LOG).unwrap();
    let output = qcart(&[
        "inspect",
        log.to_str().unwrap(),
        "--json",
        "--rejects",
        rejects.to_str().unwrap(),
    ]);
    assert!(output.status.success(), "{output:?}");
    let report = json(&output);
    assert_eq!(report["events"], 3);
    assert_eq!(report["rejected"], 1);
    assert_eq!(report["users"], 2);
    assert_eq!(report["items"], 2);
    assert_eq!(report["sessions"], 2);
    assert_eq!(report["encoding"], "UTF-8");
    assert_eq!(report["delimiter"], ",");
    assert_eq!(report["roles"]["user"], "user");
    assert_eq!(report["roles"]["event"], "event");
    let rows = std::fs::read_to_string(rejects).unwrap();
    assert!(
        rows.lines()
            .nth(1)
            .is_some_and(|row| row.starts_with("5,4,") && row.contains("not-a-time")),
        "{rows}"
    );
}

#[test]
fn a_link_is_repeated_and_a_difference_has_its_own_exit_code() {
    let folder = folder("run");
    let log = generated(&folder, 60, 20);
    let path = log.to_str().unwrap();
    let trained = qcart(&["train", "--log", path, "--set", "budget=20000", "--json"]);
    assert!(trained.status.success(), "{trained:?}");
    let link = json(&trained)["link"].as_str().unwrap().to_owned();

    let repeated = qcart(&["run", &link, "--log", path, "--json"]);
    assert_eq!(repeated.status.code(), Some(0), "{repeated:?}");
    assert_eq!(json(&repeated)["verdict"]["reproduced"], true);
    assert_eq!(json(&repeated)["digest"], json(&trained)["digest"]);

    let text = std::fs::read_to_string(&log).unwrap();
    let shorter: Vec<&str> = text.lines().take(text.lines().count() - 1).collect();
    std::fs::write(&log, shorter.join("\n")).unwrap();
    let differs = qcart(&["run", &link, "--log", path, "--json"]);
    assert_eq!(differs.status.code(), Some(3), "{differs:?}");
    assert_eq!(json(&differs)["verdict"]["differences"][0]["part"], "data");
}

#[test]
fn recommend_names_items_and_their_reasons() {
    let folder = folder("recommend");
    let log = generated(&folder, 60, 20);
    let text = std::fs::read_to_string(&log).unwrap();
    let user = text.lines().nth(1).unwrap().split(',').next().unwrap();
    let arguments = [
        "recommend",
        "--log",
        log.to_str().unwrap(),
        "--user",
        user,
        "-k",
        "3",
        "--set",
        "budget=20000",
        "--json",
    ];
    let output = qcart(&arguments);
    assert!(output.status.success(), "{output:?}");
    let view = json(&output);
    assert_eq!(view["user"], user);
    let items = view["items"].as_array().unwrap();
    assert!((1..=3).contains(&items.len()), "{view}");
    assert!(items.iter().all(|item| item["support"].as_u64() >= Some(1) && item["pAccept"].as_f64() > Some(0.0)));
}

#[test]
fn bad_input_is_a_sentence_and_exit_code_one() {
    let folder = folder("bad");
    let empty = folder.join("empty.csv");
    std::fs::write(&empty, "").unwrap();
    let nowhere = folder.join("nowhere.csv");
    let cases: [&[&str]; 4] = [
        &["inspect", empty.to_str().unwrap(), "--json"],
        &["inspect", nowhere.to_str().unwrap(), "--json"],
        &["run", "https://qcart.example/#v1.broken", "--json"],
        &[
            "train",
            "--problem",
            "gridworld",
            "--set",
            "gamma=7",
            "--json",
        ],
    ];
    for arguments in cases {
        let output = qcart(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?} {output:?}");
        let problem = json(&output);
        assert!(
            problem["problem"]["code"].is_string() && problem["message"].is_string(),
            "{problem}"
        );
    }
    assert_eq!(qcart(&["frobnicate"]).status.code(), Some(2));
}

#[test]
fn evaluate_compares_models_and_writes_their_lists() {
    let folder = folder("evaluate");
    let log = generated(&folder, 300, 40);
    let lists = folder.join("lists.csv");
    let arguments = [
        "evaluate",
        "--log",
        log.to_str().unwrap(),
        "--test-days",
        "7",
        "--model",
        "pop,sr,blend",
        "-k",
        "20",
        "--recommendations",
        lists.to_str().unwrap(),
        "--json",
    ];
    let output = qcart(&arguments);
    assert!(output.status.success(), "{output:?}");
    let board = json(&output);
    let predictions = board["predictions"].as_u64().unwrap();
    let models: Vec<&str> = board["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l["choice"]["model"].as_str().unwrap())
        .collect();
    assert_eq!(models, ["pop", "sr", "blend"]);
    let mrr = |line: usize| {
        let scores = board["lines"][line]["segments"][0]["scores"]
            .as_array()
            .unwrap();
        let score = scores
            .iter()
            .find(|score| score["metric"] == "mrr" && score["k"] == 20);
        score.unwrap()["value"].as_f64().unwrap()
    };
    // The planted structure is one of sequence: whatever sees it beats plain popularity by far.
    assert!(
        mrr(1) > mrr(0) && mrr(2) > mrr(0),
        "{} {} {}",
        mrr(0),
        mrr(1),
        mrr(2)
    );
    let text = std::fs::read_to_string(folder.join("lists-blend.csv")).unwrap();
    assert_eq!(text.lines().next(), Some("session,position,items"));
    assert_eq!(text.lines().count() as u64, predictions + 1);
    let items = text.lines().nth(1).unwrap().split(',').nth(2).unwrap();
    assert_eq!(items.split(' ').count(), 20);
}

/// Networks of one kind with other settings are told apart by name: on the board, in files, and in how they learned. Tuning leaves them alone.
#[test]
fn networks_of_one_kind_do_not_overwrite_each_other() {
    let folder = folder("networks");
    let log = generated(&folder, 60, 24);
    let lists = folder.join("lists.csv");
    let weights = folder.join("weights.safetensors");
    let output = qcart(&[
        "evaluate",
        "--log",
        log.to_str().unwrap(),
        "--model",
        "mlp:width=8:epochs=1,mlp:width=16:epochs=1",
        "--reference",
        "mlp:epochs=1:width=16",
        "--tune",
        "2",
        "--recommendations",
        lists.to_str().unwrap(),
        "--weights",
        weights.to_str().unwrap(),
        "--json",
    ]);
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(said.matches(" MB for learning, ").count(), 2, "{said}");
    assert!(said.contains("networks are not tuned"), "{said}");
    let board = json(&output);
    let names = ["mlp:epochs=1:width=8", "mlp:epochs=1:width=16"];
    for (line, name) in names.iter().enumerate() {
        assert_eq!(board["lines"][line]["name"], *name);
        assert!(board["learning"][name][0]["epochs"][0]["loss"].is_f64());
        let end = name.replace([':', '='], "-");
        for file in [
            format!("lists-{end}.csv"),
            format!("weights-{end}.safetensors"),
        ] {
            assert!(folder.join(&file).is_file(), "no {file}");
        }
    }
    assert!(board["lines"][1]["difference"].is_null());
    assert!(board["lines"][0]["difference"]["value"].is_f64());
}

/// A network in the place of the table says what it takes, and how it learned.
#[test]
fn training_with_a_network_says_what_it_takes_and_how_it_went() {
    let output = qcart(&[
        "train",
        "--problem",
        "cliff",
        "--set",
        "approximator=mlp",
        "--set",
        "budget=20000",
        "--json",
    ]);
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.starts_with("mlp: ") && said.contains(" weights, "),
        "{said}"
    );
    let learning = json(&output)["learning"].as_array().unwrap().clone();
    assert!(!learning.is_empty());
    assert!(
        learning
            .iter()
            .all(|look| look["loss"].is_f64() && look["norm"].is_f64())
    );
}

/// A network learns, recommends and says why; its weights are saved and give the same list; other files are refused in words.
#[test]
fn a_network_recommends_and_its_weights_are_taken_from_a_file() {
    let folder = folder("advice");
    let log = generated(&folder, 60, 24);
    let log = log.to_str().unwrap();
    let place = folder.join("weights.safetensors");
    let file = place.to_str().unwrap();
    let user = std::fs::read_to_string(log).unwrap();
    let user = user.lines().nth(1).unwrap().split(',').next().unwrap();
    let ask = |model: &str, more: &[&str]| {
        let first = [
            "recommend",
            "--log",
            log,
            "--user",
            user,
            "-k",
            "3",
            "--json",
        ];
        qcart(&[&first[..], &["--model", model], more].concat())
    };
    let model = "gru:width=8:epochs=2";
    let output = ask(model, &["--save-weights", file]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.starts_with("gru:epochs=2:width=8: ")
            && said.contains(" weights, ")
            && said.contains(" MB for learning, "),
        "{said}"
    );
    let mut learned = json(&output);
    let learning = learned["learning"].take();
    let epochs = learning["epochs"].as_array().unwrap();
    assert!(!epochs.is_empty() && epochs.iter().all(|epoch| epoch["loss"].is_f64()));
    assert_eq!(learned["recommended"].as_array().unwrap().len(), 3);
    let why = learned["why"].as_array().unwrap();
    assert!(!why.is_empty() && why.iter().all(|event| event["change"].is_f64()));
    // What was taken from a file did not learn here.
    assert_eq!(json(&ask(model, &["--weights", file])), learned);
    let lists = folder.join("lists.csv");
    let all = lists.to_str().unwrap();
    let written = qcart(&[
        "recommend",
        "--log",
        log,
        "--all",
        all,
        "-k",
        "3",
        "--model",
        model,
        "--weights",
        file,
    ]);
    assert!(written.status.success(), "{written:?}");
    let (list, csv) = on_the_page(log, user, model);
    assert_eq!(learned["recommended"], list);
    assert_eq!(std::fs::read_to_string(&lists).unwrap(), csv);
    let bytes = std::fs::read(&place).unwrap();
    let cut = folder.join("cut.safetensors");
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    for (model, path, code) in [
        (model, cut.to_str().unwrap(), "weights.file"),
        ("gru:width=16:epochs=2", file, "weights.shape"),
        ("mlp:width=8", file, "weights.shape"),
        (model, log, "weights.file"),
        ("vsknn", file, "runner.network"),
    ] {
        let refused = ask(model, &["--weights", path]);
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");
        let words = String::from_utf8_lossy(&refused.stderr).into_owned()
            + &String::from_utf8_lossy(&refused.stdout);
        assert!(words.contains(code), "{code}: {words}");
    }
}

/// Saved by the page with its log inside, a project file is repeated from itself alone; a damaged one is refused in words.
#[test]
fn a_project_file_is_repeated_with_the_log_it_carries() {
    let folder = folder("project");
    let mut lab = trained(&log_of(200));
    let (experiment, note) = shared(&mut lab, Carry::InFile);
    let (Source::Inline { name, .. }, None) = (&experiment.source, note) else {
        panic!("{:?}", experiment.source);
    };
    assert_eq!(name, "log.csv");
    let text = project::write(&experiment).unwrap();
    let run = |name: &str, text: &str| {
        let file = folder.join(name);
        std::fs::write(&file, text).unwrap();
        qcart(&["run", file.to_str().unwrap(), "--json"])
    };
    let repeated = run("whole.qcart.json", &text);
    assert_eq!(repeated.status.code(), Some(0), "{repeated:?}");
    assert_eq!(json(&repeated)["verdict"]["reproduced"], true);
    let promised = experiment.outcome.unwrap().digest.short();
    assert_eq!(json(&repeated)["digest"], promised);
    // A text file that holds a link is as good.
    let (with_log, _) = shared(&mut trained(&log_of(5)), Carry::InLink);
    let repeated = run("link.txt", &link::write(&with_log).unwrap());
    assert_eq!(json(&repeated)["verdict"]["reproduced"], true);
    for (name, text, code) in [
        ("cut", &text[..text.len() / 2], "project.none"),
        (
            "later",
            &text.replacen("\"qcart\": 1", "\"qcart\": 2", 1),
            "project.version",
        ),
        (
            "edited",
            &text.replacen("\"gamma\": 0.9", "\"gamma\": 9.0", 1),
            "parameter.range",
        ),
    ] {
        let refused = run(name, text);
        assert_eq!(refused.status.code(), Some(1), "{name}: {refused:?}");
        assert_eq!(json(&refused)["problem"]["code"], code, "{name}");
    }
}

/// A log goes into a link where it packs to 4 kB, into a project file where it was small enough to be kept; else it stays, and
/// the link's maker is told.
#[test]
fn a_log_travels_only_where_there_is_room_for_it() {
    let is_inside = |experiment: &Experiment| matches!(experiment.source, Source::Inline { .. });
    let mut small = trained(&log_of(5));
    for carry in [Carry::InLink, Carry::InFile] {
        let (experiment, note) = shared(&mut small, carry);
        assert!(is_inside(&experiment) && note.is_none(), "{carry:?}");
    }
    assert!(!is_inside(&shared(&mut small, Carry::Nothing).0));
    let mut middling = trained(&log_of(3000));
    let (experiment, note) = shared(&mut middling, Carry::InLink);
    let note = note.unwrap();
    assert!(
        !is_inside(&experiment) && note.en.contains("too large to travel") && !note.zh.is_empty()
    );
    let Source::File { fingerprint, .. } = &experiment.source else {
        panic!("{:?}", experiment.source);
    };
    assert_eq!(fingerprint.len(), 64);
    assert!(is_inside(&shared(&mut middling, Carry::InFile).0));
    let mut large = read(&log_of(60_000));
    assert!(!is_inside(&shared(&mut large, Carry::InFile).0));
}

/// A log of so many users, each of whom sees three items and buys some of the last.
fn log_of(users: u64) -> String {
    let mut csv = String::from("user,item,event,time\n");
    for user in 0..users {
        for step in 0..3 {
            let item = ((user * 2_654_435_761) >> 7) % 6 + step;
            let event = ["view", "cart", "purchase"][(step as usize) * usize::from(user % 3 > 0)];
            let time = 1_700_000_000 + user * 40_000 + step * 60;
            csv.push_str(&format!("u{user},i{item},{event},{time}\n"));
        }
    }
    csv
}

/// The laboratory of the page with a log of a person's own.
fn read(csv: &str) -> Lab {
    let mut lab = Lab::default();
    lab.request(Request::BeginImport {
        source: Source::File {
            name: "log.csv".to_owned(),
            size: csv.len() as u64,
            fingerprint: String::new(),
        },
        name: "log.csv".to_owned(),
        size: Some(csv.len() as u64),
        options: ImportOptions::default(),
    });
    lab.push(csv.as_bytes());
    lab.request(Request::EndImport);
    work(&mut lab);
    lab
}

/// The same, decided on and trained.
fn trained(csv: &str) -> Lab {
    let mut lab = read(csv);
    let (key, value) = ("budget".to_owned(), Parameter::Number(5_000.0));
    lab.request(Request::Set { key, value });
    let problem = "shop".to_owned();
    lab.request(Request::Decide { problem });
    work(&mut lab);
    lab.request(Request::Train);
    work(&mut lab);
    lab
}

fn shared(lab: &mut Lab, carry: Carry) -> (Experiment, Option<Text>) {
    match lab.request(Request::Share { carry }).remove(0) {
        Response::Shared {
            experiment, note, ..
        } => (*experiment, note),
        other => panic!("{other:?}"),
    }
}

fn work(lab: &mut Lab) -> Vec<Response> {
    let mut all = Vec::new();
    while lab.busy() {
        all.extend(lab.advance(1_000_000));
    }
    all
}

/// What the laboratory that the page drives recommends on the same log: to one user, and to all as CSV.
fn on_the_page(log: &str, user: &str, model: &str) -> (Value, String) {
    let mut lab = Lab::default();
    lab.request(Request::BeginImport {
        source: Source::Generated,
        name: "log.csv".to_owned(),
        size: None,
        options: ImportOptions::default(),
    });
    lab.push(&std::fs::read(log).unwrap());
    lab.request(Request::EndImport);
    work(&mut lab);
    let model = model.to_owned();
    lab.request(Request::Board(BoardRequest::Learn { model }));
    work(&mut lab);
    let user = user.to_owned();
    let found = lab.request(Request::Board(BoardRequest::Advise { user, k: 3 }));
    let Response::Advice(view) = &found[0] else {
        panic!("{found:?}");
    };
    let rows = view.recommended.iter();
    let rows = rows.map(|(item, score)| serde_json::json!({ "item": item, "score": score }));
    lab.request(Request::Board(BoardRequest::AdviseAll { k: 3 }));
    let text = work(&mut lab).into_iter().map(|response| match response {
        Response::Chunk { text, .. } => text,
        _ => String::new(),
    });
    (rows.collect(), text.collect())
}
