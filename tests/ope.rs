//! Off-policy evaluation against the Open Bandit data and against refusals in words.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use qcart::evaluate::ope::{
    Answer, Columns, Logged, Options, Propensities, Report, Study, Success, Table, Target, estimate,
};
use qcart::log::{EventType, Events, Log, Names};

#[path = "ope_simulated/mod.rs"]
mod ope_simulated;
use ope_simulated::simulated;

const RANDOM: &str = include_str!("fixtures/obd/obd_random_men.csv");
const BTS: &str = include_str!("fixtures/obd/obd_bts_men.csv");
const TARGET: &str = include_str!("fixtures/obd/action_dist_bts_men.csv");

/// item_id, position, click, propensity_score.
fn open_bandit(text: &str) -> Logged {
    let mut columns = Columns {
        items: 34,
        position: Some(vec![]),
        propensity: Some(vec![]),
        ..Columns::default()
    };
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        columns.item.push(cells[0].parse().unwrap());
        columns
            .position
            .as_mut()
            .unwrap()
            .push(cells[1].parse().unwrap());
        columns.reward.push(cells[2].parse().unwrap());
        columns
            .propensity
            .as_mut()
            .unwrap()
            .push(cells[3].parse().unwrap());
    }
    Logged::new(columns).unwrap()
}

fn numbered(items: u32) -> Names {
    let mut names = Names::default();
    for item in 0..items {
        names.push(&item.to_string());
    }
    names
}

fn bts_target(logged: &Logged) -> Target {
    Target::from_table(logged, &numbered(34), &Table::read(TARGET).unwrap()).unwrap()
}

fn of<'a>(report: &'a Report, name: &str) -> &'a qcart::evaluate::ope::Estimate {
    report.estimators.iter().find(|e| e.name == name).unwrap()
}

fn within_one_percent(got: f64, want: f64) {
    assert!(
        (got - want).abs() <= 0.01 * want,
        "{got} is not within 1 % of {want}"
    );
}

/// The numbers of field.md C3, computed there with numpy; printed to three digits.
#[test]
fn open_bandit_random_to_thompson() {
    let logged = open_bandit(RANDOM);
    let report = estimate(&logged, &bts_target(&logged), Options::default()).unwrap();
    within_one_percent(report.logged.value, 0.00460);
    within_one_percent(of(&report, "IPS").value, 0.00453);
    within_one_percent(of(&report, "SNIPS").value, 0.00460);
    within_one_percent(of(&report, "DR").value, 0.00464);
    within_one_percent(report.ess, 2467.0);
    assert_eq!(
        (report.n, report.clicks, report.outside_support),
        (10_000, 46, 0.0)
    );
    assert_eq!(report.answer, Answer::Given);

    let on_policy = open_bandit(BTS);
    let truth = estimate(&on_policy, &Target::uniform(&on_policy), Options::default()).unwrap();
    within_one_percent(truth.logged.value, 0.00690);
}

/// Bootstrap ends of C3 (.0024 and .0071, printed to two digits). An end's own noise at 2,000 resamples is
/// sqrt(.025 * .975 / 2000) / density = 7e-5 in each of the two computations; three times both together, and the rounding.
#[test]
fn open_bandit_interval_agrees_within_resampling_noise() {
    let logged = open_bandit(RANDOM);
    for seed in 1..=3 {
        let options = Options {
            seed,
            ..Options::default()
        };
        let report = estimate(&logged, &bts_target(&logged), options).unwrap();
        let slack = 5e-5 + 3.0 * 7e-5 * std::f64::consts::SQRT_2;
        for (end, printed) in of(&report, "IPS").ci.iter().zip([0.0024, 0.0071]) {
            assert!((end - printed).abs() < slack, "{end} {printed}");
        }
    }
}

#[test]
fn permuting_the_items_changes_no_value() {
    let logged = open_bandit(RANDOM);
    let place = |item: u32| (item * 7 + 3) % 34;
    let mut columns = Columns {
        items: 34,
        position: Some(vec![]),
        propensity: Some(vec![]),
        ..Columns::default()
    };
    for line in RANDOM.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        columns.item.push(place(cells[0].parse().unwrap()));
        columns
            .position
            .as_mut()
            .unwrap()
            .push(cells[1].parse().unwrap());
        columns.reward.push(cells[2].parse().unwrap());
        columns
            .propensity
            .as_mut()
            .unwrap()
            .push(cells[3].parse().unwrap());
    }
    let permuted = Logged::new(columns).unwrap();
    let mut names = Names::default();
    for number in 0..34 {
        let item = (0..34).find(|&item| place(item) == number).unwrap();
        names.push(&item.to_string());
    }
    let target = Target::from_table(&permuted, &names, &Table::read(TARGET).unwrap()).unwrap();
    let options = Options {
        resamples: 100,
        ..Options::default()
    };
    let (a, b) = (
        estimate(&logged, &bts_target(&logged), options).unwrap(),
        estimate(&permuted, &target, options).unwrap(),
    );
    for (a, b) in a.estimators.iter().zip(&b.estimators) {
        assert!((a.value - b.value).abs() < 1e-12, "{a:?} {b:?}");
    }
    assert!((a.ess - b.ess).abs() < 1e-6);
}

#[test]
fn slices_do_not_change_a_study() {
    let logged = open_bandit(BTS);
    let options = Options {
        resamples: 200,
        ..Options::default()
    };
    let mut whole = Study::new(&logged, &Target::uniform(&logged), options).unwrap();
    let mut sliced = whole.clone();
    assert!(whole.advance(200) && whole.advance(1));
    while !sliced.advance(13) {}
    assert_eq!(whole.report(), sliced.report());
    assert_eq!(whole.progress(), 1.0);
}

/// Judging the logging policy by its own log: every weight is 1 and every weighted estimator is the mean.
#[test]
fn the_logging_policy_is_worth_what_it_earned() {
    let logged = open_bandit(RANDOM);
    let report = estimate(&logged, &Target::uniform(&logged), Options::default()).unwrap();
    for name in ["IPS", "clipped IPS", "SNIPS"] {
        assert!((of(&report, name).value - 0.0046).abs() < 1e-12);
        assert!((of(&report, name).ci[0] - report.logged.ci[0]).abs() < 1e-12);
    }
    assert!((report.ess - 10_000.0).abs() < 1e-6 && (report.mean_weight - 1.0).abs() < 1e-9);
}

/// Items 0..n, `rows` rows of a uniform log, with a click now and then.
fn uniform_log(items: u32, rows: u32) -> Columns {
    Columns {
        items,
        item: (0..rows).map(|row| row % items).collect(),
        reward: (0..rows)
            .map(|row| f64::from(u8::from(row % 7 == 0)))
            .collect(),
        propensity: Some(vec![1.0 / f64::from(items); rows as usize]),
        ..Columns::default()
    }
}

#[test]
fn a_click_on_a_row_with_propensity_one_in_a_million_is_refused() {
    let mut columns = uniform_log(5, 1000);
    columns.propensity.as_mut().unwrap()[7] = 1e-6;
    let logged = Logged::new(columns).unwrap();
    let report = estimate(&logged, &Target::uniform(&logged), Options::default()).unwrap();
    assert_eq!(report.answer, Answer::Refused);
    assert!(
        report
            .verdict
            .en
            .starts_with("This log can't answer that: 1.0 effective rows of 1000."),
        "{}",
        report.verdict.en
    );
    assert!(report.verdict.zh.contains("无法回答") && report.verdict.zh.contains("1.0 个有效"));
    assert!((report.max_weight - 200_000.0).abs() < 1.0);
}

#[test]
fn bad_propensities_are_refused_in_words() {
    let with = |p: f64| {
        let mut columns = uniform_log(5, 100);
        columns.propensity.as_mut().unwrap()[2] = p;
        Logged::new(columns).unwrap_err()
    };
    for p in [0.0, 1.5, -0.1, f64::INFINITY] {
        let problem = with(p);
        assert_eq!(problem.code, "ope.propensity-range");
        assert!(problem.what.en.contains("Row 3"), "{}", problem.what.en);
    }
    let problem = with(f64::NAN);
    assert_eq!(problem.code, "ope.propensity-missing");
    assert!(problem.what.en.contains("1 of 100"));
    for p in [0.5, 0.01] {
        let columns = Columns {
            propensity: Some(vec![p; 100]),
            ..uniform_log(5, 100)
        };
        assert_eq!(Logged::new(columns).unwrap_err().code, "ope.propensity-sum");
    }
    let columns = Columns {
        propensity: Some(vec![0.2; 99]),
        ..uniform_log(5, 100)
    };
    assert_eq!(Logged::new(columns).unwrap_err().code, "ope.columns");
    assert_eq!(
        Logged::new(Columns::default()).unwrap_err().code,
        "ope.empty"
    );
    let columns = Columns {
        reward: vec![f64::NAN; 100],
        ..uniform_log(5, 100)
    };
    assert_eq!(Logged::new(columns).unwrap_err().code, "ope.reward");
    let columns = Columns {
        item: vec![5; 100],
        ..uniform_log(5, 100)
    };
    assert_eq!(Logged::new(columns).unwrap_err().code, "ope.item");
}

#[test]
fn logs_that_cannot_answer_are_refused_in_words() {
    let idle = Columns {
        reward: vec![0.0; 100],
        ..uniform_log(5, 100)
    };
    let idle = Logged::new(idle).unwrap();
    let report = estimate(&idle, &Target::uniform(&idle), Options::default()).unwrap();
    assert_eq!(report.answer, Answer::Refused);
    assert!(
        report
            .verdict
            .en
            .contains("none of its 100 rows has a reward")
    );

    // Six items, of which the sixth is never shown: propensities of the five shown add up to 5/6.
    let columns = Columns {
        items: 6,
        propensity: Some(vec![1.0 / 6.0; 1000]),
        ..uniform_log(5, 1000)
    };
    let logged = Logged::new(columns).unwrap();
    let beyond = |share: f64| {
        Target::from_fn(&logged, |_, row| {
            row.fill((1.0 - share) / 5.0);
            row[5] = share;
        })
        .unwrap()
    };
    let report = estimate(&logged, &beyond(0.9), Options::default()).unwrap();
    assert!((report.outside_support - 0.9).abs() < 1e-12);
    assert_eq!(report.answer, Answer::Refused);
    assert!(
        report
            .verdict
            .en
            .contains("90 % of what the target would do was never done")
    );
    let report = estimate(&logged, &beyond(0.1), Options::default()).unwrap();
    assert_eq!(report.answer, Answer::Given);
    assert!(report.notes.iter().any(|note| {
        note.en
            .contains("10.0 % of the target lies on what was never done")
    }));
}

#[test]
fn estimated_propensities_are_labelled() {
    let columns = Columns {
        propensity: None,
        ..uniform_log(5, 1000)
    };
    let logged = Logged::new(columns).unwrap();
    let report = estimate(&logged, &Target::popularity(&logged), Options::default()).unwrap();
    assert!(report.estimated_propensities);
    assert!(report.notes[0].en.contains("estimated"));
}

#[test]
fn target_tables_are_read_or_refused_in_words() {
    let logged = Logged::new(uniform_log(3, 300)).unwrap();
    let names = numbered(3);
    let read = |text: &str| {
        Table::read(text).and_then(|table| Target::from_table(&logged, &names, &table))
    };
    let target = read("item,probability\n2,0.5\n0,0.25\n1,0.25\n").unwrap();
    assert_eq!(target.stratum(0), [0.25, 0.25, 0.5]);
    let target = read("\u{feff}item_id,probability\r\n\"2\",0.5\r\nx,0.5\r\n").unwrap();
    assert_eq!((target.stratum(0)[2], target.unknown(0)), (0.5, 0.5));
    let target = read("item,probability\n\"2\",0.5\n\n\"Tee, red \"\"M\"\"\",\"0.5\"").unwrap();
    assert_eq!((target.stratum(0)[2], target.unknown(0)), (0.5, 0.5));
    let broken = read("item,probability\n0,1\n1\n").unwrap_err();
    assert_eq!(broken.place.unwrap().line, 3);
    let code = |text: &str| read(text).unwrap_err().code;
    assert_eq!(code(""), "ope.target-table");
    assert_eq!(code("item\n1\n"), "ope.target-table");
    assert_eq!(code("pos1\n"), "ope.target-table");
    assert_eq!(code("pos1\n0.5\nx\n"), "ope.target-table");
    assert_eq!(code("pos1,pos2\n0.5\n"), "ope.target-table");
    assert_eq!(code("pos1\n0.5\n0.1\n0.1\n"), "ope.target-sum");
    assert_eq!(code("pos1\n1.5\n-0.5\n0\n"), "ope.target-range");
    let three = open_bandit(RANDOM);
    let two = Table::read("pos1,pos2\n1,1\n").unwrap();
    assert_eq!(
        Target::from_table(&three, &names, &two).unwrap_err().code,
        "ope.target-positions"
    );
}

#[test]
fn options_out_of_range_are_refused() {
    let logged = Logged::new(uniform_log(3, 300)).unwrap();
    let target = Target::uniform(&logged);
    for options in [
        Options {
            resamples: 99,
            ..Options::default()
        },
        Options {
            confidence: 1.0,
            ..Options::default()
        },
        Options {
            knee: Some(0.0),
            ..Options::default()
        },
        Options {
            prior: 0.0,
            ..Options::default()
        },
    ] {
        assert_eq!(
            estimate(&logged, &target, options).unwrap_err().code,
            "ope.options"
        );
    }
}

#[test]
fn users_are_resampled_as_a_whole() {
    // Ten rows a user that all say the same: the interval must be that of a tenth of the rows.
    let rows = 2000;
    let columns = |cluster| Columns {
        reward: (0..rows)
            .map(|row| f64::from(u8::from((row / 10) % 4 == 0)))
            .collect(),
        cluster,
        ..uniform_log(5, rows)
    };
    let width = |cluster| {
        let logged = Logged::new(columns(cluster)).unwrap();
        let report = estimate(&logged, &Target::uniform(&logged), Options::default()).unwrap();
        report.logged.ci[1] - report.logged.ci[0]
    };
    let ratio = width(Some((0..rows).map(|row| row / 10).collect())) / width(None);
    // sqrt(10), within the noise of two interval ends at 2,000 resamples (about 3 % each).
    assert!((ratio / 10.0_f64.sqrt() - 1.0).abs() < 0.12, "{ratio}");
}

/// 95 % intervals of all estimators over 100 seeds. If they cover in 92 % at least (the bar), 84 or fewer of 100 happen
/// with probability 0.006 (binomial). The bench runs all 500 seeds.
#[test]
fn intervals_cover_the_truth() {
    let mut covered = [0; 8];
    let options = Options {
        resamples: 400,
        ..Options::default()
    };
    for seed in 0..100 {
        let (logged, target, truth) = simulated(seed);
        let report = estimate(&logged, &target, options).unwrap();
        for (count, estimate) in covered.iter_mut().zip(&report.estimators) {
            *count += u32::from(estimate.ci[0] <= truth && truth <= estimate.ci[1]);
        }
        let [low, high] = report.bernstein.unwrap().ci;
        assert!(low <= truth && truth <= high);
    }
    println!("covered {covered:?} of 100");
    assert!(covered.iter().all(|&count| count > 84), "{covered:?}");
}

/// Two users with two events each, as a log with propensities and positions holds them.
fn small_log() -> Log {
    let mut log = Log {
        has_kinds: true,
        session_start: vec![0, 2, 4],
        session_user: vec![0, 1],
        ..Log::default()
    };
    for (user, item) in [("u", "0"), ("v", "1")] {
        log.users.push(user);
        log.items.push(item);
    }
    log.events = Events {
        item: vec![0, 1, 1, 0],
        kind: vec![
            EventType::View,
            EventType::Click,
            EventType::Purchase,
            EventType::View,
        ],
        time: vec![0, 1, 2, 3],
        propensity: Some(vec![0.5; 4]),
        position: Some(vec![1, 2, 1, 2]),
        ..Events::default()
    };
    log
}

#[test]
fn a_behaviour_log_becomes_rows() {
    let mut log = small_log();
    let clicks = Logged::from_log(&log, Success::Click, Propensities::Logged, None).unwrap();
    assert_eq!(
        (
            clicks.len(),
            clicks.clusters(),
            clicks.successes(),
            clicks.strata().len()
        ),
        (4, 2, 2, 2)
    );
    let bought = Logged::from_log(&log, Success::Purchase, Propensities::Logged, None).unwrap();
    assert_eq!(bought.successes(), 1);
    log.events.propensity = None;
    let problem = Logged::from_log(&log, Success::Click, Propensities::Logged, None).unwrap_err();
    assert_eq!(problem.code, "ope.propensity-column");
    assert!(Logged::from_log(&log, Success::Click, Propensities::Estimated, None).is_ok());
}

#[test]
fn the_report_keeps_the_names_that_scripts_read() {
    let logged = open_bandit(RANDOM);
    let options = Options {
        resamples: 100,
        ..Options::default()
    };
    let json =
        serde_json::to_value(estimate(&logged, &bts_target(&logged), options).unwrap()).unwrap();
    for name in ["ess", "max_weight", "outside_support"] {
        assert!(json[name].is_number(), "{name}");
    }
    assert_eq!(json["estimators"][1]["name"], "IPS");
    assert!(json["estimators"][1]["ci"][1].is_number());
    assert!(json["verdict"]["en"].is_string() && json["verdict"]["zh"].is_string());
    assert_eq!(json["answer"], "given");
}
