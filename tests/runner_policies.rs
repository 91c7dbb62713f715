//! The policy board on the command line: `value`, `ope`, `abtest`, and `run`, which repeats what a link promises.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("policies-{name}"));
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

fn fixture(name: &str) -> String {
    format!("{}/tests/fixtures/obd/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn estimate<'a>(report: &'a Value, name: &str) -> &'a Value {
    let estimators = report["estimators"].as_array().unwrap();
    estimators.iter().find(|e| e["name"] == name).unwrap()
}

#[test]
fn ope_finds_the_known_figures_of_the_open_bandit_data_and_a_link_repeats_them() {
    let log = fixture("obd_random_men.csv");
    let target = fixture("action_dist_bts_men.csv");
    let output = qcart(&["ope", "--log", &log, "--target", &target, "--json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report = json(&output);
    for (name, want) in [("IPS", 0.00453), ("SNIPS", 0.00460), ("DR", 0.00464)] {
        let value = estimate(&report, name)["value"].as_f64().unwrap();
        assert!((value - want).abs() <= 0.01 * want, "{name} {value}");
    }
    let ci = &estimate(&report, "IPS")["ci"];
    assert!(
        ci[0].as_f64().unwrap() < 0.003 && ci[1].as_f64().unwrap() > 0.0065,
        "{ci}"
    );
    assert!((report["ess"].as_f64().unwrap() - 2467.0).abs() < 24.0);
    assert_eq!(report["outside_support"], 0.0);
    assert!(report["max_weight"].as_f64().unwrap() > 10.0);
    assert!(report["verdict"].as_str().unwrap().contains("can't tell"));

    let link = report["link"].as_str().unwrap();
    let again = qcart(&["run", link, "--log", &log, "--json"]);
    assert_eq!(again.status.code(), Some(0), "{again:?}");
    assert_eq!(json(&again)["verdict"]["reproduced"], true);
    let other = qcart(&["run", link, "--log", &fixture("obd_bts_men.csv"), "--json"]);
    assert_eq!(other.status.code(), Some(3), "{other:?}");
    assert_eq!(
        json(&other)["verdict"]["differences"][0]["part"],
        "offPolicy"
    );
}

#[test]
fn ope_reads_quoted_names_and_refuses_in_words() {
    let folder = folder("ope");
    let mut rows = "user,item,click,propensity\n".to_owned();
    for row in 0..200 {
        let item = ["\"Tee, red\"", "Cap"][row % 2];
        writeln!(rows, "u{row},{item},{},0.5", u8::from(row % 10 == 0)).unwrap();
    }
    let log = write(&folder, "log.csv", &rows);
    let target = write(
        &folder,
        "target.csv",
        "item,probability\n\"Tee, red\",0.9\nCap,0.1\n",
    );
    let report = json(&qcart(&[
        "ope", "--log", &log, "--target", &target, "--json",
    ]));
    assert_eq!(report["outside_support"], 0.0, "{report}");
    // Every tenth row earned 1, always on the first item, which the target shows 1.8 times as often.
    let ips = estimate(&report, "IPS")["value"].as_f64().unwrap();
    assert!((ips - 0.18).abs() < 1e-9, "{ips}");

    let tiny = rows.replacen("u0,\"Tee, red\",1,0.5", "u0,\"Tee, red\",1,0.000001", 1);
    let log = write(&folder, "tiny.csv", &tiny);
    let output = qcart(&["ope", "--log", &log, "--target", &target, "--json"]);
    assert_eq!(output.status.code(), Some(0));
    let report = json(&output);
    assert_eq!(report["answer"], "refused");
    assert!(
        report["verdict"].as_str().unwrap().contains("can't answer"),
        "{report}"
    );

    let without = rows.replace(",propensity", ",x").replace(",0.5", ",a");
    let log = write(&folder, "without.csv", &without);
    let refused = qcart(&["ope", "--log", &log, "--target", &target, "--json"]);
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(json(&refused)["problem"]["code"], "ope.propensity-column");
    let arguments = [
        "ope",
        "--log",
        &log,
        "--target",
        &target,
        "--estimate-propensities",
        "--json",
    ];
    let labelled = json(&qcart(&arguments));
    assert_eq!(labelled["estimatedPropensities"], true);
    assert!(
        labelled["notes"][0]["en"]
            .as_str()
            .unwrap()
            .contains("estimated")
    );

    for (bad, code) in [
        ("1.5", "ope.propensity-range"),
        ("0", "ope.propensity-range"),
        ("", "ope.propensity-missing"),
    ] {
        let log = write(
            &folder,
            "bad.csv",
            &rows.replacen(",0.5", &format!(",{bad}"), 1),
        );
        let output = qcart(&["ope", "--log", &log, "--target", &target, "--json"]);
        let answer = json(&output);
        assert_eq!(answer["problem"]["code"], code, "{bad} {answer}");
    }
    let outside = write(
        &folder,
        "outside.csv",
        "item,probability\nBoots,0.9\nCap,0.1\n",
    );
    let log = write(&folder, "log.csv", &rows);
    let report = json(&qcart(&[
        "ope", "--log", &log, "--target", &outside, "--json",
    ]));
    assert_eq!(report["answer"], "refused");
    assert!((report["outside_support"].as_f64().unwrap() - 0.9).abs() < 1e-9);
}

/// Sessions of three rows under a uniform logging policy over two items; only the second row of `a` after `b` is ever clicked. The
/// target shows `a` with probability 0.75: its return is that of the click's chance.
#[test]
fn ope_judges_sessions_as_sequences() {
    let folder = folder("sequences");
    let mut rows = "session,item,click,propensity,time\n".to_owned();
    for session in 0..400_u32 {
        for row in 0..3 {
            let item = |at: u32| ["a", "b"][((session >> at) & 1) as usize];
            let click = u8::from(row == 1 && item(1) == "a" && item(0) == "b");
            let time = 1_700_000_000 + 86_400 * session + row;
            writeln!(rows, "s{session},{},{click},0.5,{time}", item(row)).unwrap();
        }
    }
    let log = write(&folder, "log.csv", &rows);
    let target = write(&folder, "target.csv", "item,probability\na,0.75\nb,0.25\n");
    let arguments = [
        "ope",
        "--log",
        &log,
        "--target",
        &target,
        "--sequences",
        "--resamples",
        "200",
        "--json",
    ];
    let output = qcart(&arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report = json(&output);
    // b first, then a: 0.25 * 0.75. The log holds all eight sessions equally often, so that every estimator is exact.
    for name in ["FQE", "PDIS", "WIS", "CWPDIS", "DR"] {
        let value = estimate(&report, name)["value"].as_f64().unwrap();
        assert!((value - 0.1875).abs() < 1e-9, "{name} {value}");
    }
    let link = report["link"].as_str().unwrap();
    let again = qcart(&["run", link, "--log", &log, "--json"]);
    assert_eq!(json(&again)["verdict"]["reproduced"], true, "{again:?}");
}

/// A user each with one view, and a purchase where `buys` says so.
fn experiment(users: u32, variant: impl Fn(u32) -> String, buys: impl Fn(u32) -> bool) -> String {
    let mut rows = "user,item,event,time,arm\n".to_owned();
    for user in 0..users {
        let (variant, time) = (variant(user), 1_700_000_000 + 60 * user);
        writeln!(rows, "u{user},x,view,{time},{variant}").unwrap();
        if buys(user) {
            writeln!(rows, "u{user},x,purchase,{},{variant}", time + 5).unwrap();
        }
    }
    rows
}

#[test]
fn abtest_reads_an_experiment_from_a_log_or_refuses_in_words() {
    let folder = folder("abtest");
    let run = |rows: &str, column: &str| {
        let log = write(&folder, "log.csv", rows);
        qcart(&["abtest", "--log", &log, "--variant", column, "--json"])
    };
    // A buys one in ten, B three in ten.
    let arm = |user: u32| ["A", "B"][user as usize % 2].to_owned();
    let rows = experiment(4000, arm, |user| (user / 2) % 10 < 1 + 2 * (user % 2));
    let output = run(&rows, "arm");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report = json(&output);
    assert_eq!(report["answer"], "given", "{report}");
    assert!(
        report["verdict"]
            .as_str()
            .unwrap()
            .contains("\"B\" is better than \"A\"")
    );
    let difference = report["comparisons"][0]["fixed"]["difference"]["value"].as_f64();
    assert!((difference.unwrap() - 0.2).abs() < 1e-9);
    assert_eq!(report["split"]["alarm"], false);
    let log = folder.join("log.csv");
    let link = report["link"].as_str().unwrap();
    let again = qcart(&["run", link, "--log", log.to_str().unwrap(), "--json"]);
    assert_eq!(again.status.code(), Some(0), "{again:?}");
    assert_eq!(json(&again)["verdict"]["reproduced"], true);

    let code = |rows: &str, column: &str| {
        let output = run(rows, column);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        json(&output)["problem"]["code"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(code(&rows, "nothing"), "runner.variant");
    let one = experiment(200, |_| "A".to_owned(), |user| user % 9 == 0);
    assert_eq!(code(&one, "arm"), "ab.one-variant");
    let fifty = experiment(1000, |user| (user % 50).to_string(), |user| user % 9 == 0);
    assert_eq!(code(&fifty, "arm"), "ab.many-variants");
    let refused = |rows: &str| {
        let report = json(&run(rows, "arm"));
        assert_eq!(report["answer"], "refused", "{report}");
        report["verdict"].as_str().unwrap().to_owned()
    };
    let nobody = experiment(400, arm, |_| false);
    assert!(refused(&nobody).contains("no user has an outcome"));
    let lone = experiment(2000, |user| arm(u32::from(user == 7)), |user| user % 9 == 0);
    assert!(refused(&lone).contains("1 of at least 30 users"));
}

#[test]
fn abtest_simulates_users_and_a_link_repeats_them() {
    let arguments = [
        "abtest",
        "--problem",
        "gridworld",
        "--policies",
        "random,optimal",
        "--users",
        "3000",
        "--effect",
        "1",
        "--json",
    ];
    let output = qcart(&arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report = json(&output);
    assert!(report["plan"]["sizes"]["control"].as_u64().unwrap() > 10);
    assert!(
        report["comparisons"][0]["stopped"]["users"]
            .as_u64()
            .unwrap()
            < 3000
    );
    assert!(report["verdict"].as_str().unwrap().contains("better"));
    let link = report["link"].as_str().unwrap();
    let again = qcart(&["run", link, "--json"]);
    assert_eq!(
        json(&again)["findings"][0]["digest"],
        report["digest"],
        "{again:?}"
    );
    assert_eq!(json(&again)["verdict"]["reproduced"], true);
}

#[test]
fn value_says_what_policies_are_worth_against_the_optimum() {
    let output = qcart(&[
        "value",
        "gridworld",
        "--set",
        "budget=5000",
        "--episodes",
        "2000",
        "--json",
    ]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report = json(&output);
    let policies = report["board"]["policies"].as_array().unwrap();
    let names: Vec<&str> = policies
        .iter()
        .map(|p| p["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "optimal",
            "qGreedy",
            "epsilonGreedy",
            "softmax",
            "myopic",
            "random"
        ]
    );
    assert_eq!(policies[0]["exact"], report["board"]["optimum"]);
    for policy in policies {
        // Five standard errors; the interval is 1.96 of them.
        let simulated = &policy["simulated"];
        let value = simulated["value"].as_f64().unwrap();
        let half = value - simulated["ci"][0].as_f64().unwrap();
        assert!(
            (value - policy["exact"].as_f64().unwrap()).abs() < 2.6 * half,
            "{policy}"
        );
    }
    assert_eq!(report["lift"], Value::Null);
    assert_eq!(report["gamma"]["values"][0].as_array().unwrap().len(), 5);
    assert!(!report["regret"].as_array().unwrap().is_empty());
    let link = report["link"].as_str().unwrap();
    let again = qcart(&["run", link, "--json"]);
    assert_eq!(again.status.code(), Some(0), "{again:?}");
    assert_eq!(json(&again)["verdict"]["reproduced"], true);
}

/// Of stock, price and ads: the simple methods are below the optimum, above chance, and their values are those of the baselines.
#[test]
fn value_sets_the_simple_methods_of_a_shop_s_other_decisions_beside_the_optimum() {
    for (problem, simple) in [
        ("season", &["constant"][..]),
        ("bids", &["constant"]),
        ("reorder", &["baseStock", "reorderPoint"]),
        ("perishable", &["constant", "baseStock"]),
        ("lostsales", &["constant", "baseStock", "cappedBaseStock"]),
    ] {
        let output = qcart(&[
            "value",
            problem,
            "--untrained",
            "--episodes",
            "400",
            "--set",
            "budget=2000",
            "--json",
        ]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let report = json(&output);
        let policies = report["board"]["policies"].as_array().unwrap();
        let value = |name: &str| {
            let policy = policies.iter().find(|policy| policy["name"] == name);
            policy.unwrap_or_else(|| panic!("{problem}: no {name}"))["exact"]
                .as_f64()
                .unwrap()
        };
        let optimum = report["board"]["optimum"].as_f64().unwrap();
        assert_eq!(policies.len(), 3 + simple.len(), "{problem}");
        for name in simple {
            let value = value(name);
            assert!(value <= optimum + 1e-6 * optimum.abs(), "{problem} {name}");
            assert!(value > value_of(policies, "random"), "{problem} {name}");
        }
        if problem == "reorder" {
            assert!(value("reorderPoint") > value("baseStock"));
        }
        if problem == "season" {
            let again = qcart(&["run", report["link"].as_str().unwrap(), "--json"]);
            assert_eq!(again.status.code(), Some(0), "{again:?}");
            assert_eq!(json(&again)["verdict"]["reproduced"], true);
        }
    }
}

fn value_of(policies: &[Value], name: &str) -> f64 {
    let policy = policies.iter().find(|policy| policy["name"] == name);
    policy.unwrap()["exact"].as_f64().unwrap()
}

/// The best fixed price against chance, stock by (s, S) against base stock, a paced bid against a constant one.
#[test]
fn abtest_works_for_price_stock_and_ads() {
    for (problem, policies, better) in [
        ("season", "random,constant", true),
        ("reorder", "baseStock,reorderPoint", true),
        ("bids", "constant,optimal", true),
        ("reorder", "reorderPoint,reorderPoint", false),
    ] {
        let arguments = ["abtest", "--problem", problem, "--policies", policies];
        let more = ["--users", "4000", "--set", "budget=2000", "--json"];
        let output = qcart(&[&arguments[..], &more].concat());
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let report = json(&output);
        let stopped = !report["comparisons"][0]["stopped"].is_null();
        assert_eq!(stopped, better, "{problem} {policies}");
        let says = report["verdict"].as_str().unwrap().contains("better");
        assert_eq!(says, better, "{problem} {policies}");
        assert!(report["plan"]["sizes"]["control"].as_u64().unwrap() > 10);
        if problem == "bids" {
            let again = qcart(&["run", report["link"].as_str().unwrap(), "--json"]);
            assert_eq!(json(&again)["findings"][0]["digest"], report["digest"]);
        }
    }
}

#[test]
fn run_repeats_a_comparison_of_models() {
    use qcart::experiment::ranking::{Ranking, Terms, Unit, Window};
    use qcart::experiment::{Experiment, link};

    let folder = folder("ranking");
    let log = folder.join("log.csv");
    let path = log.to_str().unwrap();
    let small = ["--set", "shopUsers=60", "--set", "shopItems=20"];
    assert!(
        qcart(&[&["generate", path], &small[..]].concat())
            .status
            .success()
    );
    let trained = json(&qcart(&[
        "train",
        "--log",
        path,
        "--set",
        "budget=20000",
        "--json",
    ]));
    let experiment = link::read(trained["link"].as_str().unwrap()).unwrap();
    let terms = Terms {
        window: Window {
            unit: Unit::Share,
            size: 0.2,
        },
        keep_unseen: false,
        tune: 0,
        seed: 1,
    };
    let promise = |digest: &str| {
        let ranking = Ranking {
            terms,
            models: vec!["pop".to_owned(), "markov".to_owned()],
            reference: "pop".to_owned(),
            digest: digest.to_owned(),
        };
        let ranking = Some(ranking);
        let promised = Experiment {
            ranking,
            ..experiment.clone()
        };
        qcart(&[
            "run",
            &link::write(&promised).unwrap(),
            "--log",
            path,
            "--json",
        ])
    };
    let differs = promise("0123456789abcdef");
    assert_eq!(differs.status.code(), Some(3), "{differs:?}");
    let difference = &json(&differs)["verdict"]["differences"][0];
    assert_eq!(difference["part"], "ranking");
    let same = promise(difference["here"].as_str().unwrap());
    assert_eq!(same.status.code(), Some(0), "{same:?}");
}
