//! The Q half of the ranking board: the shop policy costs next to nothing in ranking and wins in value; naive Q-learning
//! shows what goes wrong. (On real data: `ranking_golden`.)

#![allow(clippy::unwrap_used)]

mod common;

use std::collections::HashMap;

use qcart::behaviour::markov::ANY;
use qcart::behaviour::{BehaviourModel, Choice, History, Scratch, Sessions, Watch};
use qcart::env::Environment as _;
use qcart::env::generated::GeneratorConfig;
use qcart::env::shop::{Shop, ShopConfig};
use qcart::evaluate::value::{Stochastic, exact};
use qcart::evaluate::{Metric, Run, Segment, Split, Trial, build, models};
use qcart::log::{EventType, Log};
use qcart::solve::value_iteration::{solve, start_value};

const POLICIES: [&str; 4] = ["shop-q", "shop-q:lift=2", "shop-likelihood", "naive-q"];
const GAMMA: f64 = 0.9;

fn choice(text: &str) -> Choice {
    Choice::parse(text).unwrap()
}

fn fitted(text: &str, train: &Sessions) -> Box<dyn BehaviourModel> {
    let mut model = build(&choice(text)).unwrap();
    model.fit(train, &mut Watch::new(&mut |_| true)).unwrap();
    model
}

fn score(model: &dyn BehaviourModel, items: &[u32], scratch: &mut Scratch) {
    let history = History {
        items,
        kinds: &vec![EventType::View; items.len()],
        times: &vec![0; items.len()],
    };
    model.score(history, scratch);
}

/// The best items after a history, best first.
fn best(model: &dyn BehaviourModel, items: &[u32]) -> Vec<u32> {
    let mut scratch = Scratch::new();
    score(model, items, &mut scratch);
    let mut top = Vec::new();
    scratch.scores.top(20, &mut top);
    top.into_iter().map(|entry| entry.0).collect()
}

/// Sessions of views, one event a second, one session an hour.
fn views(items: u32, lists: &[&[u32]]) -> Sessions {
    let mut all = Sessions::new(items, true);
    for (number, list) in lists.iter().enumerate() {
        let times = (0..list.len() as i64).map(|second| 3_600_000 * number as i64 + 1000 * second);
        let history = History {
            items: list,
            kinds: &vec![EventType::View; list.len()],
            times: &times.collect::<Vec<_>>(),
        };
        all.push(history, number as u32);
    }
    all
}

fn generated(seed: u64) -> Log {
    common::generated(GeneratorConfig {
        seed,
        ..GeneratorConfig::default()
    })
}

/// The sessions of a log without anything but views.
fn only_views(log: &Log) -> Sessions {
    let all = Sessions::from_log(log);
    let mut kept = Sessions::new(all.items, true);
    for number in 0..all.len() {
        let session = all.session(number);
        let seen = (0..session.items.len()).filter(|&at| session.kinds[at] == EventType::View);
        let (items, times): (Vec<u32>, Vec<i64>) = seen
            .map(|at| (session.items[at], session.times[at]))
            .unzip();
        let history = History {
            items: &items,
            kinds: &vec![EventType::View; items.len()],
            times: &times,
        };
        kept.push(history, number as u32);
    }
    kept
}

fn mrr(text: &str, split: &Split) -> f64 {
    let model = fitted(text, &split.train);
    let mut run = Run::new(model.as_ref(), split, 20);
    while run.advance(1000) {}
    run.finish().tally(Segment::All).mean(Metric::Mrr, 2)
}

#[test]
fn on_views_value_costs_next_to_nothing_and_naive_q_learning_much() {
    // Categories of four have no showpieces, so that users leave alike from everywhere and all views are worth the same.
    let plain = GeneratorConfig {
        items: 80,
        categories: 20,
        ..GeneratorConfig::default()
    };
    // With showpieces, users leave twice as often from one item: full value would step aside, and ranking pay .0074 for it.
    for config in [plain, GeneratorConfig::default()] {
        let log = only_views(&common::generated(config));
        let split = Split::by_share(&log, 0.2, false).unwrap();
        let names = ["markov", "shop-likelihood", "shop-q", "naive-q"];
        let found = names.map(|text| mrr(text, &split));
        println!("{} items, MRR@20: {names:?} {found:.4?}", config.items);
        let [markov, likelihood, policy, naive] = found;
        assert!(policy >= likelihood - 0.005, "the price of value");
        assert!(policy >= markov - 0.005, "no default may lose to counting");
        assert!(naive < markov - 0.02);
    }
}

/// What a model earns in a shop when it recommends its favourite among the actions of each state.
fn earns(text: &str, train: &Log, shop: &Shop, log: &Log) -> f64 {
    let model = fitted(text, &Sessions::from_log(train));
    let numbers: HashMap<&str, u32> = (0..train.items.len() as u32)
        .map(|item| (train.items.get(item), item))
        .collect();
    let known = |item: u32| {
        let name = (item < log.items.len() as u32).then(|| log.items.get(item))?;
        numbers.get(name).copied()
    };
    let mut scratch = Scratch::new();
    let mut favourites = Vec::new();
    for state in 0..shop.states() {
        // "After any item" is the state after one that was never seen; every other has the items of its suffix.
        let items = match state {
            ANY => vec![u32::MAX],
            _ => shop.state_items(state),
        };
        let numbers = items.into_iter().map(|item| known(item).unwrap_or(item));
        let history: Vec<u32> = numbers.collect();
        score(model.as_ref(), &history, &mut scratch);
        let actions = &shop.entries(state)[..shop.actions(state) as usize];
        let worth = |item| known(item).map_or(0.0, |item| scratch.scores.get(item));
        favourites.extend(actions.iter().map(|entry| worth(entry.item)));
    }
    let policy = Stochastic::greedy(shop, &favourites);
    start_value(shop, &exact(shop, &policy, GAMMA, 1000))
}

#[test]
fn where_rewards_differ_the_q_policy_earns_most() {
    let learned = generated(1);
    // The problem that the policy itself has in mind: there it is optimal.
    let config = ShopConfig {
        candidates: 100,
        min_support: 1,
        support: 1,
        ..ShopConfig::default()
    };
    let own = Shop::build(&learned, config).unwrap();
    let optimum = solve(&own, GAMMA).unwrap().start_value;
    let names = [
        "shop-q:lift=2",
        "shop-q",
        "shop-likelihood",
        "markov",
        "pop",
    ];
    let at_home = names.map(|text| earns(text, &learned, &own, &learned) / optimum);
    println!("of the optimum, own problem: {names:?} {at_home:.4?}");
    assert!(at_home[0] > 1.0 - 1e-6, "Q is optimal where it was solved");
    // The same shop on other days, with other users: nothing of this log was learned from.
    let fresh = generated(2);
    let other = Shop::build(&fresh, ShopConfig::default()).unwrap();
    let optimum = solve(&other, GAMMA).unwrap().start_value;
    let away = names.map(|text| earns(text, &learned, &other, &fresh) / optimum);
    println!("of the optimum, fresh log: {names:?} {away:.4?}");
    for shares in [at_home, away] {
        for rival in &shares[2..] {
            assert!(shares[0] > rival + 0.02, "Q(s,a)");
            assert!(shares[1] > rival + 0.01, "likelihood times value");
        }
    }
}

#[test]
fn value_decides_between_items_that_are_about_as_likely() {
    let mut train = views(3, &[&[0, 1], &[0, 1], &[0, 1], &[0, 2], &[0, 2]]);
    assert_eq!(best(fitted("shop-q", &train).as_ref(), &[0])[0], 1);
    // Now both who went on to item 2 bought it.
    for bought in [7, 9] {
        train.kind[bought] = EventType::Purchase;
    }
    assert_eq!(best(fitted("shop-likelihood", &train).as_ref(), &[0])[0], 1);
    assert_eq!(best(fitted("shop-q", &train).as_ref(), &[0])[0], 2);
    assert_eq!(best(fitted("shop-q:lift=2", &train).as_ref(), &[0])[0], 2);
}

#[test]
fn naive_q_learning_prefers_one_long_shot_to_what_everybody_does() {
    let mut lists: Vec<&[u32]> = vec![&[0, 1]; 9];
    lists.push(&[0, 2, 3, 4, 5, 3, 4, 5, 3, 4, 5]);
    let train = views(6, &lists);
    for (name, first) in [
        ("markov", 1),
        ("shop-likelihood", 1),
        ("shop-q", 1),
        ("naive-q", 2),
    ] {
        assert_eq!(
            best(fitted(name, &train).as_ref(), &[0])[0],
            first,
            "{name}"
        );
    }
    let naive = models().find(|kind| kind.name == "naive-q").unwrap();
    assert!(naive.title[0].contains("what goes wrong"), "labelled so");
}

#[test]
fn a_visit_may_go_on_where_the_log_has_event_types() {
    let mut train = views(4, &[&[0, 0, 1, 1], &[1, 1, 0, 0], &[0, 0, 2], &[3, 3]]);
    for cart in [1, 3, 5, 7, 9, 12] {
        train.kind[cart] = EventType::Cart;
    }
    // After a view comes a cart of the same item, after a cart another item.
    for name in ["shop-q", "shop-likelihood"] {
        let model = fitted(name, &train);
        assert_eq!(best(model.as_ref(), &[0])[0], 0, "{name}");
        let mut scratch = Scratch::new();
        let history = History {
            items: &[0, 0],
            kinds: &[EventType::View, EventType::Cart],
            times: &[0, 0],
        };
        model.score(history, &mut scratch);
        let mut top = Vec::new();
        scratch.scores.top(1, &mut top);
        assert_ne!(top[0].0, 0, "{name}");
    }
}

#[test]
fn lists_are_filled_and_nothing_fails_on_odd_logs() {
    let long: Vec<u32> = (0..300).map(|n| n * n % 11).collect();
    let odd = [
        views(1, &[&[0]]),
        views(2, &[&[0, 1]]),
        views(3, &[&[0], &[1], &[2]]),
        views(11, &[&long, &[1, 2], &long]),
        views(
            500_000,
            &[&[499_999, 0], &[0, 250_000, 499_999], &[250_000, 0]],
        ),
    ];
    for train in &odd {
        let mut seen = train.item.clone();
        seen.sort_unstable();
        seen.dedup();
        for name in POLICIES {
            let mut model = fitted(name, train);
            for grown in [false, true] {
                if grown {
                    model.update(train.session(0));
                }
                for history in [
                    &[][..],
                    &[0],
                    &[0, 0, 1],
                    &[u32::MAX, 0],
                    &[77_777_777],
                    &long,
                ] {
                    let mut scratch = Scratch::new();
                    score(model.as_ref(), history, &mut scratch);
                    let scores = &scratch.scores;
                    let sound =
                        |&item: &u32| scores.get(item).is_finite() && scores.get(item) > 0.0;
                    assert!(scores.touched().iter().all(sound), "{name}");
                    assert_eq!(
                        scores.touched().len(),
                        seen.len(),
                        "{name}: every item has a place"
                    );
                }
            }
        }
    }
    for name in POLICIES {
        let fit = |train: &Sessions, go_on: bool| {
            let mut model = build(&choice(name)).unwrap();
            model
                .fit(train, &mut Watch::new(&mut |_| go_on))
                .unwrap_err()
                .code
        };
        assert_eq!(fit(&Sessions::new(4, true), true), "behaviour.empty");
        assert_eq!(fit(&odd[3], false), "behaviour.stopped");
    }
}

#[test]
fn one_more_session_is_learned_from() {
    let lists: [&[u32]; 4] = [&[0, 1, 2], &[0, 1], &[3, 2, 1], &[2, 3, 0]];
    let all = views(4, &lists);
    for name in [
        "shop-q",
        "shop-q:lift=2",
        "shop-q:order=2",
        "shop-likelihood",
    ] {
        let whole = fitted(name, &all);
        let mut grown = fitted(name, &all.filter(|session| session < 3));
        grown.update(all.session(3));
        for item in 0..4 {
            assert_eq!(
                best(whole.as_ref(), &[item]),
                best(grown.as_ref(), &[item]),
                "{name}"
            );
        }
    }
    let mut naive = fitted("naive-q", &all.filter(|session| session < 3));
    naive.update(all.session(3));
    assert_eq!(
        best(naive.as_ref(), &[2])[..2],
        [1, 3],
        "newly seen, little learned"
    );
}

#[test]
fn policies_are_chosen_like_any_model() {
    let code = |text: &str| build(&choice(text)).err().unwrap().code;
    assert_eq!(code("nope"), "behaviour.model.unknown");
    assert_eq!(code("shop-q:lift=0.5"), "behaviour.parameter.range");
    assert_eq!(code("shop-q:gamma=1"), "behaviour.parameter.range");
    assert_eq!(code("naive-q:order=2"), "behaviour.parameter.unknown");
    let problem = build(&choice("nope")).err().unwrap();
    for kind in models() {
        assert!(problem.mend.en.contains(kind.name), "{}", kind.name);
    }
    let mut names: Vec<&str> = models().map(|kind| kind.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), models().count(), "names are used once");
    let split = Split::by_share(&only_views(&generated(3)), 0.2, false).unwrap();
    let mut go_on = |_| true;
    let mut watch = Watch::new(&mut go_on);
    let trial = Trial::run(&choice("shop-q"), &split, 10, &mut || 0.0, &mut watch).unwrap();
    assert!(trial.bytes > 0 && !trial.outcome.is_empty());
}
