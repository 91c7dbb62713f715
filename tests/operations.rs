//! Price, stock and ads in the laboratory: every problem opens, is compared with its optimum, and reads its demand from a log.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::collections::BTreeMap;

use qcart::demand::discrete::Discrete;
use qcart::demand::planted;
use qcart::env::Environment;
use qcart::env::axes::Axes;
use qcart::env::inventory::Costs;
use qcart::env::inventory::backorder::Backorder;
use qcart::experiment::finding::Finding;
use qcart::experiment::parameters::{Settings, Value};
use qcart::experiment::{Experiment, Source, link};
use qcart::lab::Lab;
use qcart::lab::operations::{ALL, Operation};
use qcart::lab::protocol::{
    BaselineRow, Carry, DemandView, OperationsAnswer, OperationsRequest, Request, Response, Shown,
    SplitView, World,
};
use qcart::log::ImportOptions;
use qcart::solve::value_iteration;

fn work(lab: &mut Lab) -> Vec<Response> {
    let mut all = Vec::new();
    while lab.busy() {
        all.extend(lab.advance(10_000_000));
    }
    all
}

fn code(responses: &[Response]) -> Option<String> {
    responses.iter().find_map(|response| match response {
        Response::Problem { problem } => Some(problem.code.clone()),
        _ => None,
    })
}

/// Chooses a problem with some settings; its world, or the code of what was wrong.
fn decide(lab: &mut Lab, problem: &str, settings: &[(&str, Value)]) -> Result<World, String> {
    let problem = problem.to_owned();
    let mut responses = lab.request(Request::Decide { problem });
    let settings: BTreeMap<String, Value> = settings
        .iter()
        .map(|(key, value)| ((*key).to_owned(), value.clone()))
        .collect();
    responses.extend(lab.request(Request::Operations(OperationsRequest::Apply { settings })));
    responses.extend(work(lab));
    if let Some(code) = code(&responses) {
        return Err(code);
    }
    let world = responses
        .into_iter()
        .rev()
        .find_map(|response| match response {
            Response::World { world } => Some(world),
            _ => None,
        });
    Ok(world.unwrap())
}

fn answer(lab: &mut Lab, request: OperationsRequest) -> OperationsAnswer {
    let responses = lab.request(Request::Operations(request));
    assert_eq!(code(&responses), None);
    responses
        .into_iter()
        .find_map(|response| match response {
            Response::Operations { answer } => Some(*answer),
            _ => None,
        })
        .unwrap()
}

fn shown(lab: &mut Lab) -> Shown {
    let request = OperationsRequest::Show {
        seed: 1,
        at: Vec::new(),
    };
    match answer(lab, request) {
        OperationsAnswer::Shown(shown) => shown,
        other => panic!("{other:?}"),
    }
}

fn baselines(lab: &mut Lab) -> Vec<BaselineRow> {
    match answer(lab, OperationsRequest::Baselines) {
        OperationsAnswer::Baselines(rows) => rows,
        other => panic!("{other:?}"),
    }
}

fn demand(lab: &mut Lab, item: &str) -> DemandView {
    let item = Some(item.to_owned());
    match answer(lab, OperationsRequest::Demand { item }) {
        OperationsAnswer::Demand(view) => view,
        other => panic!("{other:?}"),
    }
}

const fn number(value: f64) -> Value {
    Value::Number(value)
}

fn words(text: &str) -> Value {
    Value::Choice(text.to_owned())
}

/// Nothing exceeds the optimum but bounds, and no bound is below it.
#[test]
fn every_problem_stands_between_its_simple_methods_and_its_bounds() {
    for entry in ALL {
        let mut lab = Lab::default();
        let world = decide(&mut lab, entry.id, &[]).unwrap();
        assert!(world.optimum.is_some(), "{}", entry.id);
        let view = shown(&mut lab);
        let pictures = [
            view.earnings.is_some(),
            view.rule.is_some(),
            view.map.is_some(),
        ];
        assert_eq!(pictures.iter().filter(|p| **p).count(), 1, "{}", entry.id);
        assert!(view.gap.is_none());
        assert_eq!(view.episode.is_none(), world.states == 1, "{}", entry.id);
        let rows = baselines(&mut lab);
        let single = ["perishable", "mountaincar"].contains(&entry.id);
        assert!(
            rows.len() >= 2 || (single && rows.len() == 1),
            "{}",
            entry.id
        );
        for row in rows {
            let name = format!("{} {}", entry.id, row.name.en);
            // What was played scatters; it is over only if its whole interval is.
            let (low, high) = row
                .played
                .map_or((row.value, row.value), |(low, high, _)| (low, high));
            let best = world.optimum.unwrap();
            let slack = 1e-6 * best.abs();
            if row.bound {
                assert!(high >= best - slack, "{name} {}", row.value);
            } else {
                assert!(low <= best + slack, "{name} {}", row.value);
            }
        }
    }
}

#[test]
fn a_price_is_learned_to_its_optimum_and_its_link_repeats_it() {
    let mut lab = Lab::default();
    decide(
        &mut lab,
        "price",
        &[("budget", number(100_000.0)), ("currency", words("CHF"))],
    )
    .unwrap();
    lab.request(Request::Train);
    let trained = work(&mut lab);
    let digest = |responses: &[Response]| {
        responses.iter().find_map(|response| match response {
            Response::Trained {
                digest, verdict, ..
            } => Some((digest.clone(), verdict.as_ref().map(|v| v.reproduced))),
            _ => None,
        })
    };
    let (first, verdict) = digest(&trained).unwrap();
    assert_eq!(verdict, None);
    let gap = shown(&mut lab).gap.unwrap();
    assert_eq!(gap.runs, 5);
    assert!(gap.percent <= 0.5 && gap.interval.is_some(), "{gap:?}");

    let responses = lab.request(Request::Share {
        carry: Carry::Nothing,
    });
    let experiment = responses
        .into_iter()
        .find_map(|response| match response {
            Response::Shared { experiment, .. } => Some(*experiment),
            _ => None,
        })
        .unwrap();
    assert_eq!(experiment.source, Source::None);
    let text = link::write(&experiment).unwrap();
    let mut other = Lab::default();
    other.open(link::read(&text).unwrap());
    other.request(Request::Decide {
        problem: "price".to_owned(),
    });
    work(&mut other);
    other.request(Request::Train);
    assert_eq!(digest(&work(&mut other)).unwrap(), (first, Some(true)));
}

#[test]
fn links_leave_the_new_settings_out_at_their_defaults() {
    let json = serde_json::to_string(&Settings::default()).unwrap();
    assert!(json.contains("gamma") && !json.contains("currency"));
    let mut settings = Settings::default();
    settings.set("currency", words("CHF")).unwrap();
    assert!(serde_json::to_string(&settings).unwrap().contains("CHF"));
    settings.set("demandFactors", words("0.5 1; 2，1")).unwrap();
    assert_eq!(settings.numbers("demandFactors"), [0.5, 1.0, 2.0, 1.0]);
    for wrong in ["", "1, x", "1, 101", "NaN"] {
        assert!(
            settings.set("demandFactors", words(wrong)).is_err(),
            "{wrong}"
        );
    }
}

#[test]
fn numbers_that_do_not_go_together_are_said() {
    for (problem, settings, expected) in [
        ("price", vec![("unitCost", number(60.0))], "pricing.loss"),
        (
            "price",
            vec![("demandBase", number(0.0))],
            "pricing.no_demand",
        ),
        ("price", vec![("priceHigh", number(1.0))], "pricing.ladder"),
        ("price", vec![("priceStep", number(0.01))], "config.count"),
        ("season", vec![("scatter", number(0.5))], "config.range"),
        (
            "reorder",
            vec![("meanDemand", number(0.0))],
            "inventory.no_demand",
        ),
        ("reorder", vec![("maxStock", number(3.0))], "inventory.grid"),
        ("lostsales", vec![("leadTime", number(9.0))], "config.range"),
        (
            "newsvendor",
            vec![("meanDemand", number(0.0))],
            "inventory.no_demand",
        ),
        (
            "perishable",
            vec![("meanDemand", number(0.0))],
            "inventory.no_demand",
        ),
        (
            "newsvendor",
            vec![("meanDemand", number(2e4))],
            "parameter.range",
        ),
        ("ads", vec![("adBudget", number(0.0))], "ads.budget"),
        ("ads", vec![("adBudget", number(0.5))], "ads.budget"),
        ("ads", vec![("clickCosts", words("0.4, 2, 3"))], "ads.grain"),
        (
            "ads",
            vec![("clickRates", words("0, 0.1, 0.2"))],
            "ads.never",
        ),
        (
            "ads",
            vec![("clickCosts", words("0, 0, 0"))],
            "config.range",
        ),
        ("bids", vec![("shares", words("1"))], "ads.lengths"),
        ("adday", vec![("adLevel", number(0.0001))], "config.range"),
    ] {
        let mut lab = Lab::default();
        let wrong = decide(&mut lab, problem, &settings).unwrap_err();
        assert_eq!(wrong, expected, "{problem} {settings:?}");
        // After a refusal, right numbers are taken again.
        let presets = ALL.iter().find(|entry| entry.id == problem).unwrap();
        let presets: Vec<_> = presets.suggested();
        assert!(decide(&mut lab, "article", &[]).is_ok());
        assert!(decide(&mut lab, problem, &presets).is_ok());
    }
}

/// The smallest store that is accepted holds what the best policy orders, and the backlog what it lets wait: on a far larger grid
/// the optimum is the same.
#[test]
fn no_edge_of_the_reorder_grid_decides_anything() {
    for (fixed, unit_cost, gamma, lead_time) in [
        (5.0, 0.0, 0.9, 0),
        (1_000.0, 0.0, 0.9, 0),
        (600.0, 0.0, 0.9, 0),
        (50.0, 10.0, 0.9, 2),
        (0.0, 1.0, 0.9, 1),
    ] {
        let mut settings = Settings::default();
        let entry = qcart::lab::operations::find("reorder").unwrap();
        for (key, value) in entry.suggested() {
            settings.set(key, value).unwrap();
        }
        for (key, value) in [
            ("fixedCost", fixed),
            ("unitCost", unit_cost),
            ("gamma", gamma),
            ("leadTime", f64::from(lead_time)),
        ] {
            settings.set(key, number(value)).unwrap();
        }
        let least = (1..500).find_map(|stock| {
            settings.set("maxStock", number(f64::from(stock))).unwrap();
            Some((stock, entry.build(&settings).ok()?))
        });
        let (stock, Operation::Backorder(least)) = least.unwrap() else {
            panic!("another problem");
        };
        let costs = Costs {
            price: 0.0,
            unit_cost,
            fixed,
            holding: 1.0,
            penalty: 4.0,
        };
        let demand = Discrete::poisson(6.0).unwrap();
        let large = Backorder::new(demand, lead_time, costs, 2 * stock, 350).unwrap();
        let [least, large] =
            [&least, &large].map(|model| value_iteration::solve(model, gamma).unwrap().start_value);
        // A millionth of demand is cut off at the edge and sweeps stop within a billionth; neither shows.
        assert!(
            (least / large - 1.0).abs() < 1e-9,
            "{fixed} {unit_cost} {lead_time}: {stock} {least} {large}"
        );
    }
}

/// A store that does not hold the best order answers another question: it is refused, as is an order that is never worth while.
#[test]
fn a_reorder_grid_too_small_is_refused() {
    for (settings, expected) in [
        (vec![("maxStock", number(6.0))], "inventory.grid"),
        (vec![("maxStock", number(9.0))], "inventory.grid"),
        (vec![("fixedCost", number(600.0))], "inventory.grid"),
        (
            vec![("fixedCost", number(1e6)), ("maxStock", number(5_000.0))],
            "inventory.order_cost",
        ),
        (vec![("unitCost", number(50.0))], "inventory.wait"),
    ] {
        let mut lab = Lab::default();
        let wrong = decide(&mut lab, "reorder", &settings).unwrap_err();
        assert_eq!(wrong, expected, "{settings:?}");
    }
    let mut lab = Lab::default();
    assert!(decide(&mut lab, "reorder", &[("maxStock", number(10.0))]).is_ok());
}

/// Where nothing can be earned the best is to do nothing, and nothing is a share of 0.
#[test]
fn a_problem_that_only_loses_is_left_alone() {
    for (problem, settings, optimum) in [
        // Mean demand 3, shortage cost 9 and 1 a unit, discount 0.9: 10 periods' worth of shortage.
        ("lostsales", vec![("unitCost", number(60.0))], -270.0),
        ("perishable", vec![("unitCost", number(60.0))], -30.0),
        (
            "newsvendor",
            vec![("unitCost", number(60.0)), ("penalty", number(0.0))],
            0.0,
        ),
        ("ads", vec![("clickValues", words("0, 0, 0"))], 0.0),
    ] {
        let mut lab = Lab::default();
        let world = decide(&mut lab, problem, &settings).unwrap();
        // Value iteration stops within a millionth.
        assert!(
            (world.optimum.unwrap() - optimum).abs() < 1e-5,
            "{problem} {world:?}"
        );
        let rows = baselines(&mut lab);
        assert!(!rows.is_empty());
        for row in rows {
            assert_eq!(row.percent.is_some(), optimum != 0.0, "{problem} {row:?}");
        }
    }
}

/// An order is as large as it may be where demand is beyond it; a single price is the best price.
#[test]
fn narrow_choices_are_solved_and_shown() {
    let mut lab = Lab::default();
    let few = [("maxOrder", number(2.0))];
    let world = decide(&mut lab, "newsvendor", &few).unwrap();
    let earned = shown(&mut lab).earnings.unwrap().optimal;
    assert_eq!(earned.len(), 3);
    assert!(earned.is_sorted(), "{earned:?}");
    assert_eq!(world.optimum, Some(earned[2]));
    assert!(decide(&mut lab, "perishable", &few).is_ok());
    let map = shown(&mut lab).map.unwrap();
    assert_eq!(
        map.optimal.first(),
        Some(&2),
        "an empty shelf takes all it may"
    );
    assert!(!baselines(&mut lab).is_empty());
    for problem in ["price", "season"] {
        let single = [
            ("priceLow", number(20.0)),
            ("priceHigh", number(20.0)),
            ("demandBase", number(200.0)),
            ("demandSlope", number(0.1)),
        ];
        let world = decide(&mut lab, problem, &single).unwrap();
        assert_eq!(shown(&mut lab).actions.amounts, [20.0], "{problem}");
        let rows = baselines(&mut lab);
        let fixed = rows.iter().find(|row| !row.bound).unwrap();
        assert!(
            (fixed.value / world.optimum.unwrap() - 1.0).abs() < 1e-12,
            "{problem} {fixed:?}"
        );
    }
}

/// Certain demand is rounded to whole units, which no formula knows: there it is no bound.
#[test]
fn the_price_formula_is_no_bound_of_certain_demand() {
    let bounds = |scatter: f64| {
        let mut lab = Lab::default();
        decide(&mut lab, "price", &[("scatter", number(scatter))]).unwrap();
        let rows = baselines(&mut lab);
        rows.iter().filter(|row| row.bound).count()
    };
    assert_eq!((bounds(0.0), bounds(1.0)), (0, 1));
}

/// A picture that ends before its episode says so; one that ends with it does not.
#[test]
fn a_picture_that_is_cut_says_so() {
    let mut lab = Lab::default();
    let mut cut = |problem: &str, settings: &[(&str, Value)]| {
        decide(&mut lab, problem, settings).unwrap();
        shown(&mut lab).episode.unwrap().cut
    };
    assert_eq!(cut("season", &[]), None);
    // At prices at which one unit is sold in ten thousand periods the stock lasts.
    let long = [("periods", number(2_100.0)), ("demandBase", number(1e-4))];
    assert_eq!(cut("season", &long), Some(2_000));
    assert_eq!(cut("reorder", &[]), Some(30));
}

fn import(lab: &mut Lab, csv: &[u8]) {
    let begin = Request::BeginImport {
        source: Source::Generated,
        name: "orders.csv".to_owned(),
        size: None,
        options: ImportOptions::default(),
    };
    lab.request(begin);
    assert_eq!(code(&lab.push(csv)), None);
    lab.request(Request::EndImport);
    assert_eq!(code(&work(lab)), None);
}

#[test]
fn planted_demand_is_read_from_the_log_and_can_be_used() {
    let mut lab = Lab::default();
    let before = decide(&mut lab, "price", &[]).unwrap();
    import(&mut lab, planted::orders(1).unwrap().as_bytes());
    // A log does not take the place of what is decided.
    assert_eq!(shown(&mut lab).actions.amounts.len() as u64, before.pairs);

    lab.request(Request::Operations(OperationsRequest::Apply {
        settings: BTreeMap::from([("priceForm".to_owned(), words("logLinear"))]),
    }));
    work(&mut lab);
    let tea = demand(&mut lab, "tea");
    let fit = tea.response.as_ref().unwrap();
    let (low, high) = fit.slope_interval;
    assert!(low <= 0.3 && 0.3 <= high && fit.certain, "{fit:?}");
    let cake = demand(&mut lab, "cake");
    assert_eq!(cake.response.unwrap_err().code, "demand.flat_prices");
    let ahead = cake.forecast.unwrap();
    assert!(
        ahead.interval.unwrap().0 > 0.0 && ahead.mean.len() == 14,
        "{ahead:?}"
    );
    let mug = demand(&mut lab, "mug");
    assert!(mug.report.returns > 0 && mug.report.unmatched_units == 0.0);

    lab.request(Request::Operations(OperationsRequest::Apply {
        settings: tea.proposal,
    }));
    assert_eq!(code(&work(&mut lab)), None);
    let amounts = shown(&mut lab).actions.amounts;
    assert_eq!((amounts[0], amounts.len()), (4.0, 8), "{amounts:?}");

    let SplitView {
        lines,
        spent,
        profit,
        bound,
        ..
    } = split(&mut lab).0;
    assert_eq!(lines.len(), 5);
    assert!(spent <= 100.0 && profit > 0.0 && profit <= bound + 1e-9);
}

/// How a budget is split travels in the link, with the log that it needs; another laboratory finds the same, and another
/// budget another digest. A problem that needs no log doesn't ask for one on its account.
#[test]
fn the_split_of_a_budget_travels_in_the_link() {
    let orders = planted::orders(1).unwrap().into_bytes();
    let mut lab = Lab::default();
    import(&mut lab, &orders);
    decide(&mut lab, "newsvendor", &[("splitBudget", number(60.0))]).unwrap();
    let without = shared(&mut lab);
    assert_eq!(
        (&without.source, without.findings.len()),
        (&Source::None, 0)
    );
    let (view, finding) = split(&mut lab);
    assert_eq!(kept(&mut lab, finding.clone()), None);
    let experiment = shared(&mut lab);
    assert_ne!(experiment.source, Source::None);
    assert_eq!(experiment.problem, "newsvendor");
    let link = link::write(&experiment).unwrap();

    let mut other = Lab::default();
    other.open(link::read(&link).unwrap());
    import(&mut other, &orders);
    let (again, found) = split(&mut other);
    assert_eq!((&again, &found), (&view, &finding));
    assert_eq!(kept(&mut other, found), Some(true));

    // What can't be: a split without its log, or of what needs none, or of no items.
    let edits: [fn(&mut Experiment); 3] = [
        |experiment| experiment.source = Source::None,
        |experiment| experiment.problem = "gridworld".to_owned(),
        |experiment| {
            let finding = &mut experiment.findings[0];
            finding.study = finding.study.replace("\"items\":10", "\"items\":0");
        },
    ];
    for edit in edits {
        let mut edited = experiment.clone();
        edit(&mut edited);
        assert_ne!(edited, experiment);
        let refused = link::read(&link::write(&edited).unwrap()).unwrap_err();
        assert!(
            ["link.finding", "parameter.range"].contains(&refused.code.as_str()),
            "{refused:?}"
        );
    }
    // Settings that are not the terms' differ, and the split that stood is no part of the experiment any more.
    lab.request(Request::Set {
        key: "splitBudget".to_owned(),
        value: number(61.0),
    });
    let (_, dearer) = split(&mut lab);
    assert_ne!(dearer.digest, finding.digest);
    assert!(shared(&mut lab).findings.is_empty());
    let mut edited = experiment;
    edited.settings.set("splitBudget", number(61.0)).unwrap();
    other.open(edited);
    let found = split(&mut other).1;
    assert_eq!(kept(&mut other, found), Some(false));
    kept(&mut lab, dearer);
    decide(&mut lab, "price", &[]).unwrap();
    assert_eq!(shared(&mut lab).source, Source::None);
}

fn shared(lab: &mut Lab) -> Experiment {
    let carry = Carry::Nothing;
    let responses = lab.request(Request::Share { carry }).into_iter();
    let found = responses.rev().find_map(|response| match response {
        Response::Shared { experiment, .. } => Some(*experiment),
        _ => None,
    });
    found.unwrap()
}

fn kept(lab: &mut Lab, finding: Finding) -> Option<bool> {
    match lab.request(Request::KeepFinding { finding }).pop() {
        Some(Response::FindingKept { reproduced }) => reproduced,
        other => panic!("{other:?}"),
    }
}

fn split(lab: &mut Lab) -> (SplitView, Finding) {
    match answer(lab, OperationsRequest::Split) {
        OperationsAnswer::Split { split, finding } => (split, finding),
        other => panic!("{other:?}"),
    }
}

/// A log of bids gives the curve with its errors, the large day takes it, and a log that tells nothing is refused.
#[test]
fn a_win_rate_is_fitted_from_a_log_of_bids() {
    let mut lab = Lab::default();
    decide(&mut lab, "adday", &[("budget", number(10_000.0))]).unwrap();
    // 1 / (1 + (b / 0.03)^-2) of 1000 auctions at each bid.
    let text = "bid,wins,auctions\n0.01,100,1000\n0.03,500,1000\n0.06,800,1000\n".to_owned();
    let OperationsAnswer::Wins(view) = answer(&mut lab, OperationsRequest::Wins { text }) else {
        panic!("another answer");
    };
    assert!((view.median - 0.03).abs() < 1e-6, "{view:?}");
    assert!((view.shape - 2.0).abs() < 1e-6 && view.shape_error < 0.1);
    assert_eq!((view.auctions, view.wins), (3000.0, 1400.0));
    assert_eq!(view.proposal["marketMean"], number(0.03));
    assert_eq!(view.proposal["winShape"], number(2.0));
    let settings: Vec<(&str, Value)> = view
        .proposal
        .iter()
        .map(|(key, value)| (key.as_str(), value.clone()))
        .collect();
    let before = decide(&mut lab, "adday", &[]).unwrap().optimum.unwrap();
    let after = decide(&mut lab, "adday", &settings).unwrap();
    assert!(after.optimum.unwrap() < before, "dearer auctions earn less");
    let refused = OperationsRequest::Wins {
        text: "bid,won\n1,1\n".to_owned(),
    };
    let responses = lab.request(Request::Operations(refused));
    assert_eq!(code(&responses).as_deref(), Some("bids.few"));
}

/// Single auctions take the fitted curve as well: one auction with money enough is worth what winning is worth times how often the
/// highest bid wins, and the money gets a grain that fits the bids.
#[test]
fn single_auctions_take_the_fitted_win_rate() {
    let one = [
        ("marketForm", words("curve")),
        ("marketMean", number(5.0)),
        ("winShape", number(2.5)),
        ("adDecisions", number(1.0)),
        ("adBudget", number(100.0)),
        ("bids", words("3, 6")),
        ("shares", words("1")),
        ("winValues", words("10")),
    ];
    let mut lab = Lab::default();
    let world = decide(&mut lab, "bids", &one).unwrap();
    let wins = 1.0 / (1.0 + (6.0_f64 / 5.0).powf(-2.5));
    assert!((world.optimum.unwrap() - 10.0 * wins).abs() < 1e-12);

    let proposal = |lab: &mut Lab, text: &str| {
        let text = text.to_owned();
        match answer(lab, OperationsRequest::Wins { text }) {
            OperationsAnswer::Wins(view) => view.proposal,
            other => panic!("{other:?}"),
        }
    };
    // Odds 1 to 3, 1 and 3 to 1 at bids that double: steepness log2 3.
    let fits = proposal(
        &mut lab,
        "bid,wins,auctions\n4,250,1000\n8,500,1000\n16,750,1000\n",
    );
    let steep = number(1.585);
    assert_eq!(
        (&fits["marketMean"], &fits["winShape"]),
        (&number(8.0), &steep)
    );
    assert_eq!((&fits["marketForm"], fits.len()), (&words("curve"), 3));
    let cents = proposal(
        &mut lab,
        "bid,wins,auctions\n.01,250,1000\n.02,500,1000\n.04,750,1000\n",
    );
    assert_eq!(
        (&cents["adLevel"], &cents["adBudget"]),
        (&number(0.004), &number(0.4))
    );
    assert_eq!(cents["bids"], words("0.012, 0.024, 0.036, 0.048"));
    let settings: Vec<(&str, Value)> = cents
        .iter()
        .map(|(key, value)| (key.as_str(), value.clone()))
        .collect();
    // As many levels of budget as before, and four bids beside staying out.
    assert_eq!(decide(&mut lab, "bids", &settings).unwrap().pairs, 100 * 5);
}

/// Both logs of ads that ship: the planted rates are found again, the real ones differ no more than chance makes them; the
/// problem takes them with as many costs and values.
#[test]
fn click_rates_are_taken_from_a_log_of_ads() {
    let mut lab = Lab::default();
    decide(&mut lab, "ads", &[("budget", number(10_000.0))]).unwrap();
    let planted = include_str!("../www/samples/ads.csv").to_owned();
    assert_eq!(planted, planted::ads(1));
    let OperationsAnswer::Clicks(view) =
        answer(&mut lab, OperationsRequest::Clicks { text: planted })
    else {
        panic!("another answer");
    };
    for (ad, planted) in view.ads.iter().zip([0.02, 0.03, 0.05, 0.08, 0.1]) {
        let (low, high) = ad.interval;
        assert!((low..=high).contains(&planted), "{ad:?}");
        assert!((low..=high).contains(&ad.rate), "{ad:?}");
    }
    assert!(view.chance < 1e-6);
    let text = include_str!("../www/samples/open-bandit.csv").to_owned();
    let OperationsAnswer::Clicks(view) = answer(&mut lab, OperationsRequest::Clicks { text })
    else {
        panic!("another answer");
    };
    let shown: f64 = view.ads.iter().map(|ad| ad.shown).sum();
    assert_eq!((view.ads.len(), shown, view.mean), (34, 10_000.0, 0.0046));
    assert!(view.chance > 0.2, "{view:?}");
    let settings: Vec<(&str, Value)> = view
        .proposal
        .iter()
        .map(|(key, value)| (key.as_str(), value.clone()))
        .collect();
    assert_eq!(settings.len(), 3, "rates, and as many costs and values");
    let world = decide(&mut lab, "ads", &settings).unwrap();
    assert!(world.optimum.unwrap() >= 0.0);
    let refused = OperationsRequest::Clicks {
        text: "ad,click\na,1\n".to_owned(),
    };
    let responses = lab.request(Request::Operations(refused));
    assert_eq!(code(&responses).as_deref(), Some("clicks.few"));
}

/// The real orders that ship span five days: one tested day tells nothing, and an item that was never sold nothing at all.
#[test]
fn a_short_log_claims_nothing() {
    let mut lab = Lab::default();
    decide(&mut lab, "newsvendor", &[]).unwrap();
    import(&mut lab, include_bytes!("../www/samples/online-retail.csv"));
    let ahead = demand(&mut lab, "22086").forecast.unwrap();
    assert_eq!((ahead.tested, ahead.interval), (1, None));
    assert!(ahead.verdict.en.starts_with("Too few"), "{ahead:?}");

    import(
        &mut lab,
        b"user,item,event,time\nann,tea,view,2024-05-01\nann,cup,buy,2024-05-09\n",
    );
    let unsold = demand(&mut lab, "tea");
    assert!(unsold.series.is_empty());
    assert_eq!(unsold.mean, 0.0);
    assert_eq!(unsold.forecast.unwrap_err().code, "demand.short");
    assert!(unsold.response.is_err());
}

#[test]
fn demand_without_a_log_or_item_is_said() {
    let mut lab = Lab::default();
    let ask = |lab: &mut Lab, item: Option<&str>| {
        let item = item.map(str::to_owned);
        code(&lab.request(Request::Operations(OperationsRequest::Demand { item })))
    };
    assert_eq!(ask(&mut lab, None).as_deref(), Some("lab.no-log"));
    import(&mut lab, planted::orders(1).unwrap().as_bytes());
    assert_eq!(
        ask(&mut lab, Some("gold")).as_deref(),
        Some("demand.no-item")
    );
    let wrong = lab.request(Request::Operations(OperationsRequest::Baselines));
    assert_eq!(code(&wrong).as_deref(), Some("lab.undecided"));
}

/// An episode is a fair draw: over many seeds its mean is the optimum's expected return.
#[test]
fn episodes_of_the_optimum_average_to_its_value() {
    let mut lab = Lab::default();
    for problem in ["season", "ads"] {
        let best = decide(&mut lab, problem, &[]).unwrap().optimum.unwrap();
        let totals: Vec<f64> = (0..400)
            .map(|seed| {
                match answer(
                    &mut lab,
                    OperationsRequest::Show {
                        seed,
                        at: Vec::new(),
                    },
                ) {
                    OperationsAnswer::Shown(shown) => shown.episode.unwrap().optimal,
                    other => panic!("{other:?}"),
                }
            })
            .collect();
        let n = totals.len() as f64;
        let mean = totals.iter().sum::<f64>() / n;
        let spread = totals.iter().map(|t| (t - mean).powi(2)).sum::<f64>() / n;
        let error = (spread / n).sqrt();
        assert!(
            (mean - best).abs() < 4.0 * error,
            "{problem}: {mean} ± {error}, {best}"
        );
    }
}

/// The settings that suit a problem, with some changed.
fn settings(problem: &str, changes: &[(&str, Value)]) -> Settings {
    let mut settings = Settings::default();
    let suggested = qcart::lab::operations::find(problem).unwrap().suggested();
    for (key, value) in suggested.into_iter().chain(changes.iter().cloned()) {
        settings.set(key, value).unwrap();
    }
    settings
}

/// Q* of a problem by the solver alone, a row for each state.
fn solved(problem: &str, settings: &Settings) -> (Operation, Vec<Vec<f64>>) {
    let entry = qcart::lab::operations::find(problem).unwrap();
    let operation = entry.build(settings).unwrap();
    let optimum = value_iteration::solve(&operation, settings.number("gamma")).unwrap();
    let mut left = optimum.q.as_slice();
    let rows = (0..operation.states()).map(|state| {
        let (row, rest) = left.split_at(operation.actions(state) as usize);
        left = rest;
        row.to_vec()
    });
    let rows = rows.collect();
    (operation, rows)
}

/// Enough to see most states and too little to learn them all.
const SOME: [(&str, Value); 2] = [
    ("budget", Value::Number(100_000.0)),
    ("repeats", Value::Number(1.0)),
];

fn trained(lab: &mut Lab, problem: &str) -> Shown {
    decide(lab, problem, &SOME).unwrap();
    lab.request(Request::Train);
    assert_eq!(code(&work(lab)), None);
    shown(lab)
}

/// The three grids of a policy map, state by state: the optimum's action is the best by the solver's Q*, and what a learned action loses is
/// Q* of the best less Q* of the learned one, nothing where both agree. Returns how many learned actions lose something.
fn check_grids(
    q: &[&Vec<f64>],
    optimal: &[u32],
    learned: Option<&Vec<Option<u32>>>,
    loss: Option<&Vec<Option<f64>>>,
    agree: Option<f64>,
) -> usize {
    assert_eq!(q.len(), optimal.len());
    let most = |row: &[f64]| row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // Value iteration stops when a sweep changes nothing by more than 1e-9; Q* taken from it once more is as near.
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-7 * a.abs().max(1.0);
    for (row, &action) in q.iter().zip(optimal) {
        assert!(near(row[action as usize], most(row)), "{row:?} {action}");
    }
    let (learned, loss, agree) = (learned.unwrap(), loss.unwrap(), agree.unwrap());
    assert!(learned.len() == q.len() && loss.len() == q.len());
    let (mut worse, mut same) = (0, 0);
    for (place, (chosen, lost)) in learned.iter().zip(loss).enumerate() {
        assert_eq!(chosen.is_none(), lost.is_none());
        let (Some(chosen), &Some(lost)) = (chosen, lost) else {
            continue;
        };
        if *chosen == optimal[place] {
            assert_eq!(lost, 0.0, "{place}");
        }
        assert!(lost >= 0.0);
        let row = q[place];
        let exact = most(row) - row[*chosen as usize];
        assert!(
            (exact - lost).abs() <= 1e-6 * most(row).abs().max(1.0),
            "{place}: {exact} {lost}"
        );
        worse += usize::from(lost > 1e-6);
        same += usize::from(lost <= 1e-6);
    }
    // A tie of the page is narrower than a millionth, so that it counts no more states than these.
    assert!(agree <= same as f64 / q.len() as f64 + 1e-12);
    let equal = learned
        .iter()
        .zip(optimal)
        .filter(|(a, b)| **a == Some(**b));
    assert!(agree >= equal.count() as f64 / q.len() as f64 - 1e-12);
    worse
}

#[test]
fn the_policy_map_is_the_solvers_and_its_difference_is_what_is_lost() {
    for problem in ["season", "lostsales", "bids", "perishable"] {
        let mut lab = Lab::default();
        let map = trained(&mut lab, problem).map.unwrap();
        let (operation, rows) = solved(problem, &settings(problem, &SOME));
        let axes = operation.axes();
        let wide: Vec<usize> = (0..axes.len())
            .filter(|&i| axes[i].high > axes[i].low)
            .collect();
        let mut point: Vec<f64> = axes.iter().map(|axis| axis.low).collect();
        for ((axis, at), &place) in map.fixed.iter().zip(&wide[2..]) {
            point[place] = axis.values[*at as usize];
        }
        let mut q = Vec::new();
        for &row in &map.rows.values {
            for &column in &map.columns.values {
                (point[wide[0]], point[wide[1]]) = (column, row);
                q.push(&rows[operation.state_at(&point).unwrap() as usize]);
            }
        }
        let (learned, loss) = (map.learned.as_ref(), map.loss.as_ref());
        let worse = check_grids(&q, &map.optimal, learned, loss, map.agree);
        assert!(
            worse > 0,
            "{problem}: so little training leaves something to lose"
        );
    }
}

#[test]
fn the_rule_of_a_reorder_tells_what_it_loses_too() {
    let mut lab = Lab::default();
    decide(&mut lab, "reorder", &[]).unwrap();
    let rule = shown(&mut lab).rule.unwrap();
    assert!(rule.learned.is_none() && rule.loss.is_none() && rule.agree.is_none());
    let rule = trained(&mut lab, "reorder").rule.unwrap();
    let (operation, rows) = solved("reorder", &settings("reorder", &SOME));
    let values = rule.axis.values.iter();
    let q: Vec<&Vec<f64>> = values
        .map(|&position| &rows[operation.state_at(&[position]).unwrap() as usize])
        .collect();
    let (learned, loss) = (rule.learned.as_ref(), rule.loss.as_ref());
    assert!(check_grids(&q, &rule.optimal, learned, loss, rule.agree) > 0);
}

/// Stock of a period is that of the one before, plus what the rule orders at it, less a demand that both policies meet alike; the costs of
/// all periods add up to what the episode earned. As Scarf (1960) says, the optimum orders up to one level and lets it be in between: a saw.
#[test]
fn an_episode_of_a_reorder_is_a_saw_that_balances() {
    let mut lab = Lab::default();
    let view = trained(&mut lab, "reorder");
    let (rule, episode) = (view.rule.unwrap(), view.episode.unwrap());
    let set = settings("reorder", &SOME);
    assert_eq!(set.integer("leadTime"), 0);
    let cost = |order: f64, left: f64| {
        let ordering = if order > 0.0 {
            set.number("fixedCost") + set.number("unitCost") * order
        } else {
            0.0
        };
        ordering
            + set.number("holdingCost") * left.max(0.0)
            + set.number("penalty") * (-left).max(0.0)
    };
    // The orders, and the demand, of each period.
    let play = |points: &[(f64, f64)], orders: &dyn Fn(usize) -> u32, earned: f64| {
        let (mut position, mut spent) = (0.0, 0.0);
        let mut played = Vec::new();
        for (t, pair) in points.chunks(2).enumerate() {
            let [(from, before), (to, after)] = *pair else {
                panic!("{pair:?}");
            };
            assert_eq!((from, to), (t as f64, t as f64 + 1.0));
            let place = rule.axis.values.iter().position(|&value| value == position);
            let order = f64::from(orders(place.unwrap()));
            assert_eq!(before, position + order, "period {t}");
            let demand = before - after;
            assert!(
                demand >= 0.0 && demand.fract() == 0.0,
                "period {t}: {demand}"
            );
            played.push((order, before, demand));
            spent += cost(order, after);
            position = after;
        }
        // Some thirty costs in the same order; only their digits differ.
        assert!((spent + earned).abs() < 1e-9, "{spent} {earned}");
        played
    };
    let [panel] = episode.panels.as_slice() else {
        panic!("{:?}", episode.panels);
    };
    let optimal = play(
        &panel.optimal,
        &|place| rule.optimal[place],
        episode.optimal,
    );
    let seen = rule.learned.as_ref().unwrap();
    let chosen = |place: usize| seen[place].unwrap();
    let learned = play(
        panel.learned.as_ref().unwrap(),
        &chosen,
        episode.learned.unwrap(),
    );
    for (one, other) in optimal.iter().zip(&learned) {
        assert_eq!(one.2, other.2, "the same chance");
    }
    assert_eq!(Some(optimal.len() as u32), episode.cut);
    type Periods = Vec<(f64, f64, f64)>;
    let (ordered, waited): (Periods, Periods) = optimal.iter().partition(|period| period.0 > 0.0);
    assert!(ordered.len() > 1 && waited.len() > 1, "{optimal:?}");
    assert!(
        ordered.iter().all(|period| period.1 == ordered[0].1),
        "{optimal:?}"
    );
}

/// Every click of a day of ads costs what the ad costs and brings what it is worth, a bid won in a second-price auction costs at most the bid:
/// the curve of what is spent is the sum of these, begins at nothing and never passes the budget.
#[test]
fn the_spend_of_a_day_is_what_its_clicks_cost_and_never_more_than_the_budget() {
    for problem in ["ads", "bids", "adday"] {
        let set = settings(problem, &SOME);
        let mut lab = Lab::default();
        let world = decide(&mut lab, problem, &SOME);
        assert!(world.is_ok());
        let budget = set.number("adBudget");
        for seed in 1..=20 {
            let request = OperationsRequest::Show {
                seed,
                at: Vec::new(),
            };
            let OperationsAnswer::Shown(Shown {
                episode: Some(day), ..
            }) = answer(&mut lab, request)
            else {
                panic!("another answer");
            };
            let [spent, won] = day.panels.as_slice() else {
                panic!("{:?}", day.panels);
            };
            let even = spent.even.as_ref().unwrap();
            assert_eq!((even[0], even[1].1), ((0.0, 0.0), budget), "{problem}");
            assert_eq!(spent.optimal[0], (0.0, 0.0));
            assert_eq!(won.optimal.last().unwrap().1, day.optimal);
            // The last decision of the day is in both.
            assert_eq!(spent.optimal.len(), won.optimal.len());
            let pairs = spent.optimal.windows(2).zip(won.optimal.windows(2));
            for (money, value) in pairs {
                let (paid, earned) = (money[1].1 - money[0].1, value[1].1 - value[0].1);
                assert_eq!(money[0].0, value[0].0);
                assert!(paid >= 0.0 && earned >= -1e-9, "{problem} {money:?}");
                assert!(money[1].1 <= budget + 1e-9, "{problem} {money:?}");
                check_price(problem, &set, paid, earned);
            }
        }
    }
}

/// That one decision paid and earned what the problem's numbers say.
fn check_price(problem: &str, set: &Settings, paid: f64, earned: f64) {
    // Differences of sums of a few hundred.
    let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
    let nothing = near(paid, 0.0) && near(earned, 0.0);
    match problem {
        "ads" => {
            let (costs, values) = (set.numbers("clickCosts"), set.numbers("clickValues"));
            let mut clicks = costs.iter().zip(&values);
            assert!(
                nothing || clicks.any(|(&cost, &value)| near(paid, cost) && near(earned, value)),
                "{paid} {earned}"
            );
        }
        "bids" => {
            let most = set.numbers("bids").into_iter().fold(0.0, f64::max);
            let mut values = set.numbers("winValues").into_iter();
            assert!(
                nothing || values.any(|value| near(earned, value)),
                "{earned}"
            );
            assert!(paid <= most + 1e-9, "{paid} {earned}");
        }
        // A batch of auctions: nothing is won for nothing.
        _ => assert!(nothing || paid > 0.0, "{paid} {earned}"),
    }
}

/// Where bids are made the best fixed choice is one of them, in money; ads have numbers.
#[test]
fn the_best_fixed_choice_is_named_by_its_bid() {
    let fixed = |problem: &str, changes: &[(&str, Value)]| {
        let mut lab = Lab::default();
        decide(&mut lab, problem, changes).unwrap();
        let mut rows = baselines(&mut lab).into_iter();
        rows.find(|row| row.name.en == "best fixed choice")
            .unwrap()
            .detail
    };
    assert_eq!(fixed("bids", &[("bids", words("7"))]), "7");
    let day = settings("adday", &[]).numbers("bids");
    let bid: f64 = fixed("adday", &[]).parse().unwrap();
    assert!(day.contains(&bid), "{bid}");
    let ads = settings("ads", &[]).numbers("clickRates").len();
    let number: usize = fixed("ads", &[]).parse().unwrap();
    assert!((1..=ads).contains(&number));
}
