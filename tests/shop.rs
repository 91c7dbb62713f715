//! The shop environment: a valid decision problem, equal to its dense twin, with the planted answers.

#![allow(clippy::unwrap_used)]

mod common;

use common::{generated, log_of, views};
use proptest::prelude::*;
use qcart::env::generated::GeneratorConfig;
use qcart::env::shop::build::Building;
use qcart::env::shop::{Shop, ShopConfig};
use qcart::env::{Environment, Model};
use qcart::log::{EventType, Log};
use qcart::random::stream;
use qcart::solve::value_iteration::solve;

fn sessions() -> impl Strategy<Value = Vec<Vec<u32>>> {
    let session = prop::collection::vec(0u32..6, 1..8);
    prop::collection::vec(session, 1..25).prop_filter("something must follow something", |all| {
        all.iter().any(|s| s.len() > 1)
    })
}

fn configs() -> impl Strategy<Value = ShopConfig> {
    (1u32..4, 1u32..4, 1u32..8, 1.0f64..6.0, 1u32..4).prop_map(
        |(order, min_support, candidates, lift, support)| ShopConfig {
            order,
            min_support,
            candidates,
            lift,
            support,
            ..ShopConfig::default()
        },
    )
}

/// Every outcome of an action written out: (next state or none, probability, reward).
fn outcomes(shop: &Shop, state: u32, action: u32) -> Vec<(Option<u32>, f64, f64)> {
    let row = shop.entries(state);
    let p = row[action as usize].probability;
    let lifted = shop.lifted(p);
    let scale = if p < 1.0 {
        (1.0 - lifted) / (1.0 - p)
    } else {
        0.0
    };
    let mut all: Vec<_> = row
        .iter()
        .enumerate()
        .map(|(index, entry)| {
            let chosen = index == action as usize;
            let probability = if chosen {
                lifted
            } else {
                scale * entry.probability
            };
            (Some(entry.next), probability, entry.reward)
        })
        .collect();
    let (other, leave) = (shop.other(state), shop.leave(state));
    all.push((Some(1), scale * other.0, other.1));
    all.push((None, scale * leave.0, leave.1));
    all
}

proptest! {
    /// Rows add up to 1 under every recommendation, and the structured backup equals the dense one.
    #[test]
    fn is_a_decision_problem_and_equals_its_dense_twin(log in sessions(), config in configs()) {
        let shop = Shop::build(&views(&log), config).unwrap();
        let values: Vec<f64> = (0..shop.states()).map(|s| f64::from(s * 7 % 11)).collect();
        for state in 0..shop.states() {
            prop_assert!(shop.actions(state) > 0 || state == 1);
            prop_assert!(shop.actions(state) as usize <= shop.entries(state).len());
            let mut q = vec![0.0; shop.actions(state) as usize];
            shop.backup(state, &values, 0.9, &mut q);
            for action in 0..shop.actions(state) {
                let all = outcomes(&shop, state, action);
                let sum: f64 = all.iter().map(|o| o.1).sum();
                prop_assert!((sum - 1.0).abs() < 1e-12, "state {state} action {action}: {sum}");
                prop_assert!(all.iter().all(|o| (0.0..=1.0 + 1e-12).contains(&o.1)));
                let dense: f64 = all
                    .iter()
                    .map(|&(next, p, r)| p * (r + 0.9 * next.map_or(0.0, |n| values[n as usize])))
                    .sum();
                prop_assert!((dense - q[action as usize]).abs() < 1e-12 * (1.0 + dense.abs()));
            }
        }
    }

    /// What an item is called is of no consequence.
    #[test]
    fn permuting_item_numbers_changes_no_value(log in sessions(), config in configs(), shift in 1u32..6) {
        let original = views(&log);
        let mut renamed = original.clone();
        let items = original.items.len() as u32;
        for item in &mut renamed.events.item {
            *item = (*item + shift) % items;
        }
        let value = |log: &Log| solve(&Shop::build(log, config).unwrap(), 0.9).unwrap().start_value;
        prop_assert!((value(&original) - value(&renamed)).abs() < 1e-9);
    }

    /// Without a lift a recommendation changes nothing.
    #[test]
    fn without_lift_all_actions_are_worth_the_same(log in sessions(), config in configs()) {
        let shop = Shop::build(&views(&log), ShopConfig { lift: 1.0, ..config }).unwrap();
        let optimum = solve(&shop, 0.9).unwrap();
        let mut from = 0;
        for state in 0..shop.states() {
            let to = from + shop.actions(state) as usize;
            for q in &optimum.q[from..to] {
                prop_assert!((q - optimum.values[state as usize]).abs() < 1e-7);
            }
            from = to;
        }
    }

    /// With one reward for every item and no future, a small lift ranks as the behaviour model does.
    #[test]
    fn a_small_lift_ranks_by_likelihood(log in sessions(), config in configs()) {
        let config = ShopConfig { lift: 1.0 + 1e-6, ..config };
        let shop = Shop::build(&views(&log), config).unwrap();
        for state in 0..shop.states() {
            let mut q = vec![0.0; shop.actions(state) as usize];
            shop.backup(state, &vec![0.0; shop.states() as usize], 0.0, &mut q);
            for pair in q.windows(2) {
                prop_assert!(pair[0] >= pair[1] - 1e-12);
            }
        }
    }
}

#[test]
fn sampling_agrees_with_the_model() {
    let log = generated(GeneratorConfig {
        users: 100,
        items: 20,
        categories: 4,
        ..GeneratorConfig::default()
    });
    let shop = Shop::build(
        &log,
        ShopConfig {
            candidates: 6,
            ..ShopConfig::default()
        },
    )
    .unwrap();
    let values: Vec<f64> = (0..shop.states()).map(f64::from).collect();
    let mut rng = stream(1, "test");
    for (state, action) in [(0, 0), (3, 1), (5, shop.actions(5) - 1)] {
        let mut q = vec![0.0; shop.actions(state) as usize];
        shop.backup(state, &values, 1.0, &mut q);
        let draws = 200_000;
        let (mut sum, mut squares) = (0.0, 0.0);
        for _ in 0..draws {
            let step = shop.step(state, action, &mut rng);
            let worth = step.reward
                + if step.end {
                    0.0
                } else {
                    values[step.next as usize]
                };
            sum += worth;
            squares += worth * worth;
        }
        let mean = sum / f64::from(draws);
        let error = ((squares / f64::from(draws) - mean * mean) / f64::from(draws)).sqrt();
        assert!(
            (mean - q[action as usize]).abs() < 4.5 * error,
            "{mean} {}",
            q[action as usize]
        );
    }
}

#[test]
fn the_planted_accessory_is_the_best_recommendation_after_its_main_product() {
    let config = GeneratorConfig {
        users: 3000,
        ..GeneratorConfig::default()
    };
    let log = generated(config);
    let shop = Shop::build(&log, ShopConfig::default()).unwrap();
    let optimum = solve(&shop, 0.9).unwrap();
    let number = |name: &str| {
        log.items
            .iter()
            .position(|item| item == name)
            .map(|n| n as u32)
    };
    let (mut right, mut asked) = (0, 0);
    let mut from = 0;
    let rows: Vec<&[f64]> = (0..shop.states())
        .map(|state| {
            let row = &optimum.q[from..from + shop.actions(state) as usize];
            from += row.len();
            row
        })
        .collect();
    for item in 0..config.items {
        let Some(accessory) = config.accessory(item) else {
            continue;
        };
        let state = shop.state_of(&[number(&config.item_name(item)).unwrap()]);
        if shop.order(state) == 0 {
            continue;
        }
        let row = rows[state as usize];
        let best = (0..row.len())
            .max_by(|&a, &b| row[a].total_cmp(&row[b]))
            .unwrap();
        asked += 1;
        right +=
            u32::from(log.items.get(shop.entries(state)[best].item) == config.item_name(accessory));
    }
    assert!(asked >= 60, "{asked}");
    assert_eq!(right, asked);
}

#[test]
fn events_on_one_item_are_one_visit_where_the_log_has_types() {
    use EventType::{Cart, Purchase, View};
    let row = |item: &str, kind, time| ("u".to_owned(), item.to_owned(), kind, time);
    let rows = vec![
        row("a", View, 0),
        row("b", View, 1),
        row("b", Cart, 2),
        row("b", Purchase, 3),
    ];
    let config = ShopConfig {
        min_support: 1,
        support: 1,
        reward_prior: 0.0,
        ..ShopConfig::default()
    };
    let shop = Shop::build(&log_of(rows, true), config).unwrap();
    let after_a = shop.state_of(&[0]);
    let b = shop.entries(after_a)[0];
    assert_eq!((b.item, b.probability), (1, 1.0));
    assert!(
        (b.reward - 1.6).abs() < 1e-12,
        "view, cart and purchase: {}",
        b.reward
    );
}

#[test]
fn leaving_without_a_purchase_costs_once() {
    use EventType::{Purchase, View};
    let row = |user: &str, item: &str, kind, time| (user.to_owned(), item.to_owned(), kind, time);
    let rows = vec![
        row("u", "a", View, 0),
        row("u", "b", View, 1),
        row("v", "a", View, 0),
        row("v", "b", Purchase, 1),
    ];
    let config = ShopConfig {
        min_support: 1,
        support: 1,
        ..ShopConfig::default()
    };
    let shop = Shop::build(&log_of(rows, true), config).unwrap();
    let back_off = shop.state_of(&[1]);
    assert_eq!(shop.order(back_off), 0, "nothing follows b");
    let (p, reward) = shop.leave(back_off);
    assert!(
        (p - 0.5).abs() < 1e-12 && (reward + 0.05).abs() < 1e-12,
        "half of them leave, half of those unhappy"
    );
}

#[test]
fn logs_without_sequences_are_refused_in_words() {
    let code = |log: &Log| Shop::build(log, ShopConfig::default()).unwrap_err().code;
    assert_eq!(code(&Log::default()), "shop.empty");
    assert_eq!(code(&views(&[vec![1], vec![2]])), "shop.no-sequence");
    let one_item = Shop::build(&views(&[vec![1, 1, 1]]), ShopConfig::default()).unwrap();
    assert_eq!(one_item.states(), 2);
}

#[test]
fn a_shop_is_the_same_however_it_was_sliced() {
    let log = generated(GeneratorConfig::default());
    for order in 1..=3 {
        let config = ShopConfig {
            order,
            min_support: 2,
            ..ShopConfig::default()
        };
        let whole = Shop::build(&log, config).unwrap();
        for work in [1, 7, 1000] {
            let mut building = Building::new(&log, config).unwrap();
            let (mut slices, mut made) = (0, None);
            while made.is_none() {
                made = building.advance(work).unwrap();
                slices += 1;
            }
            assert!(slices > 10, "{work}: {slices} slices");
            assert!(made.unwrap() == whole, "order {order}, slices of {work}");
        }
    }
}

#[test]
fn a_shop_that_would_not_fit_in_memory_is_refused_before_it_is_made() {
    let log = generated(GeneratorConfig::default());
    let config = ShopConfig {
        order: 3,
        min_support: 2,
        candidates: 100,
        ..ShopConfig::default()
    };
    // What happened before the refusal, if there was one: nothing, or counting.
    let refused = |room: u64| {
        let mut building = match Building::within(room, &log, config) {
            Ok(building) => building,
            Err(problem) => return Some(("nothing", problem)),
        };
        loop {
            match building.advance(1000) {
                Ok(Some(_)) => return None,
                Ok(None) => {}
                Err(problem) => return Some(("counting", problem)),
            }
        }
    };
    for (room, after) in [(1 << 20, "nothing"), (1 << 22, "counting")] {
        let (happened, problem) = refused(room).unwrap();
        assert_eq!((happened, problem.code.as_str()), (after, "shop.memory"));
        assert!(problem.mend.en.contains("candidates"));
    }
    assert!(refused(1 << 30).is_none());
}
