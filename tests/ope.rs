//! Off-policy evaluation against the Open Bandit data and against refusals in words.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use qcart::evaluate::ope::{Answer, Columns, Logged, Options, Report, Table, Target, estimate};
use qcart::log::Names;

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
