//! Price, stock and ads on the command line: what `decide`, `demand`, `split`, `bids`, `ads` and `generate` say, as text and as JSON.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use qcart::demand::planted;
use serde_json::Value;

fn qcart(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_qcart"))
        .args(arguments)
        .output()
        .unwrap()
}

/// What a command that succeeds prints.
fn said(arguments: &[&str]) -> String {
    let output = qcart(arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?} {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The same with `--json`.
fn json(arguments: &[&str]) -> Value {
    let text = said(&[arguments, &["--json"]].concat());
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The code of what was wrong.
fn refused(arguments: &[&str]) -> String {
    let output = qcart(&[arguments, &["--json"]].concat());
    assert_eq!(output.status.code(), Some(1), "{arguments:?} {output:?}");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    answer["problem"]["code"].as_str().unwrap().to_owned()
}

fn sample(name: &str) -> String {
    format!("{}/www/samples/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value}"))
}

fn holds(interval: &Value, value: f64) -> bool {
    number(&interval[0]) <= value && value <= number(&interval[1])
}

/// Arguments that leave next to nothing to learn where learning is not what is looked at.
const SHORT: [&str; 4] = ["--set", "budget=10000", "--set", "repeats=1"];

/// `--set key=value` for everything that a log proposes.
fn assignments(proposal: &Value) -> Vec<String> {
    let proposal = proposal.as_object().unwrap();
    assert!(!proposal.is_empty());
    let text = |value: &Value| value.as_str().map_or(value.to_string(), str::to_owned);
    let pairs = proposal.iter();
    pairs
        .flat_map(|(key, value)| ["--set".to_owned(), format!("{key}={}", text(value))])
        .collect()
}

#[test]
fn decide_tells_the_gap_the_simple_methods_and_a_link() {
    let arguments = ["decide", "price", "--set", "budget=100000"];
    let decided = json(&arguments);
    let (gap, world) = (&decided["gap"], &decided["world"]);
    assert_eq!(gap["runs"], 5);
    assert!(number(&gap["percent"]) <= 0.5 && holds(&gap["interval"], number(&gap["percent"])));
    assert_eq!(gap["optimum"], world["optimum"]);
    let rows = decided["baselines"].as_array().unwrap();
    let names: Vec<&str> = rows
        .iter()
        .map(|row| row["name"]["en"].as_str().unwrap())
        .collect();
    assert!(names.contains(&"always the lowest price"), "{names:?}");
    let link = decided["link"].as_str().unwrap();
    assert_eq!(json(&["run", link])["digest"], decided["digest"]);

    let text = said(&arguments);
    for part in [
        "gap to the optimum",
        "over 5 seeds",
        "always the lowest price",
        link,
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

/// Where bids are made the best fixed choice is named by its bid in money, not by its place in the list.
#[test]
fn the_best_fixed_bid_is_told_in_money() {
    let arguments = ["decide", "bids", "--set", "bids=4, 7, 11"];
    let decided = json(&[&arguments[..], &SHORT].concat());
    let rows = decided["baselines"].as_array().unwrap();
    let fixed = rows
        .iter()
        .find(|row| row["name"]["en"] == "best fixed choice")
        .unwrap();
    let bid = fixed["detail"].as_str().unwrap();
    assert!(["4", "7", "11"].contains(&bid), "{fixed}");
}

#[test]
fn demand_finds_the_planted_price_response_and_says_where_there_is_none() {
    let log = sample("orders.csv");
    let of = |item| {
        [
            "demand",
            &log,
            "--item",
            item,
            "--set",
            "priceForm=logLinear",
        ]
        .map(str::to_owned)
    };
    let [tea, cake, gold] = ["tea", "cake", "gold"].map(of);
    let [tea, cake, gold] = [&tea, &cake, &gold].map(|words| words.each_ref().map(String::as_str));

    let view = json(&tea);
    assert_eq!(view["item"], "tea");
    assert_eq!(view["series"].as_array().unwrap().len(), 7 * 26);
    assert!(
        holds(&view["response"]["Ok"]["slopeInterval"], 0.3),
        "{view}"
    );
    let text = said(&tea);
    assert!(
        text.contains("tea: 182 periods") && text.contains("price slope 0."),
        "{text}"
    );
    assert!(text.contains("forecast by"), "{text}");

    assert_eq!(json(&cake)["response"]["Err"]["code"], "demand.flat_prices");
    assert!(said(&cake).contains("\nprice: "), "the refusal in words");
    assert_eq!(refused(&gold), "demand.no-item");
}

#[test]
fn bids_and_ads_find_what_was_planted() {
    let log = sample("bids.csv");
    let view = json(&["bids", &log]);
    assert!(holds(&view["medianInterval"], 0.025), "{view}");
    assert!(holds(&view["shapeInterval"], 2.0), "{view}");
    assert_eq!(number(&view["auctions"]), 10_000.0);
    let text = said(&["bids", &log]);
    assert!(text.starts_with("10000 auctions, ") && text.contains("bid that wins half 0.02"));

    let log = sample("ads.csv");
    let view = json(&["ads", &log]);
    let planted = [
        ("banner", 0.02),
        ("shoes", 0.03),
        ("jacket", 0.05),
        ("gift", 0.08),
        ("outlet", 0.1),
    ];
    let text = said(&["ads", &log]);
    for (ad, (name, rate)) in view["ads"].as_array().unwrap().iter().zip(planted) {
        assert_eq!(ad["name"], name);
        assert!(holds(&ad["interval"], rate), "{ad}");
        assert!(text.contains(name), "{text}");
    }
    assert!(text.contains("chi-square"), "{text}");

    // Each of the two logs is no log of the other kind.
    for (command, log) in [("bids", sample("ads.csv")), ("ads", sample("bids.csv"))] {
        let code = refused(&[command, &log]);
        assert!(!code.is_empty(), "{command} {log}");
    }
}

/// `decide` with a log is `decide` with what the log proposes set by hand.
#[test]
fn decide_takes_what_each_log_proposes() {
    let form = ["--set", "priceForm=logLinear"];
    let (orders, bids, ads) = (sample("orders.csv"), sample("bids.csv"), sample("ads.csv"));
    let with_orders = [
        "--log",
        &orders,
        "--item",
        "tea",
        "--set",
        "priceForm=logLinear",
    ];
    let decide = |problem, more: &[&str]| {
        json(&[&["decide", problem], more, &SHORT].concat())["world"].clone()
    };

    // The command `demand` looks at no problem and so proposes nothing; what the log says of the price is planted.
    let plain = decide("price", &form);
    let priced = decide("price", &with_orders);
    assert_eq!(
        number(&priced["pairs"]),
        8.0,
        "a ladder over the prices seen"
    );
    assert_ne!(priced["optimum"], plain["optimum"]);

    for (problem, command, log) in [("adday", "bids", &bids), ("ads", "ads", &ads)] {
        let proposal = json(&[command, log])["proposal"].clone();
        let by_hand = assignments(&proposal);
        let by_hand: Vec<&str> = by_hand.iter().map(String::as_str).collect();
        let option = format!("--{command}");
        let taken = decide(problem, &[&option, log]);
        assert_eq!(taken, decide(problem, &by_hand), "{problem}");
        assert_ne!(
            taken["optimum"],
            decide(problem, &[])["optimum"],
            "{problem}"
        );
    }
}

#[test]
fn split_spends_no_more_than_the_budget_and_more_money_earns_more() {
    let log = sample("orders.csv");
    let of = |budget: &str| {
        let budget = format!("splitBudget={budget}");
        json(&["split", &log, "--set", &budget])
    };
    let [small, large] = ["100", "200"].map(of);
    for (view, budget) in [(&small, 100.0), (&large, 200.0)] {
        let lines = view["lines"].as_array().unwrap();
        assert_eq!(lines.len(), 5);
        let cost = |line: &Value| number(&line["units"]) * number(&line["unitCost"]);
        let spent: f64 = lines.iter().map(cost).sum();
        // Sums of at most a few hundred in another order.
        assert!((spent - number(&view["spent"])).abs() < 1e-9, "{view}");
        assert!(spent <= budget + 1e-9, "{view}");
        assert!(
            number(&view["profit"]) <= number(&view["bound"]) + 1e-9,
            "{view}"
        );
    }
    assert!(number(&large["profit"]) > number(&small["profit"]));
    // Money is scarce, so that one unit more is worth something, and the less of it there is the more.
    assert!(number(&small["price"]) >= number(&large["price"]));

    // The link asks for the log and repeats the split.
    let link = small["link"].as_str().unwrap();
    assert_eq!(refused(&["run", link]), "runner.log");
    let again = json(&["run", link, "--log", &log]);
    assert_eq!(again["verdict"]["reproduced"], true, "{again}");
    assert_eq!(again["findings"][0]["digest"], small["digest"]);

    let text = said(&["split", &log]);
    for part in ["tea", "coffee", "mug", "spent", "expected profit", "#v1."] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let priceless = folder("split").join("log.csv");
    std::fs::write(
        &priceless,
        "user,item,event,time\nann,tea,view,2024-05-01\n",
    )
    .unwrap();
    assert_eq!(
        refused(&["split", priceless.to_str().unwrap()]),
        "demand.no_orders"
    );
}

/// A folder of its own for each test, emptied when the test begins.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("operations-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// What `generate` writes is what the engine plants, and the samples of the page are that.
#[test]
fn generate_writes_the_samples_of_the_page() {
    let folder = folder("generate");
    for (option, name, expected) in [
        ("--orders", "orders.csv", planted::orders(1).unwrap()),
        ("--bids", "bids.csv", planted::bids(1)),
        ("--ads", "ads.csv", planted::ads(1)),
    ] {
        let out = folder.join(name);
        said(&["generate", out.to_str().unwrap(), option]);
        assert_eq!(std::fs::read_to_string(&out).unwrap(), expected, "{name}");
        let shipped = std::fs::read_to_string(sample(name)).unwrap();
        assert_eq!(shipped, expected, "{name}");
    }
    let other = folder.join("other.csv");
    said(&[
        "generate",
        other.to_str().unwrap(),
        "--orders",
        "--set",
        "shopSeed=2",
    ]);
    assert_eq!(
        std::fs::read_to_string(other).unwrap(),
        planted::orders(2).unwrap()
    );
}
