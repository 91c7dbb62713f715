//! Recommendations: ranked as promised, explained to the last part, quick.

#![allow(clippy::unwrap_used)]

mod common;

use std::time::Instant;

use qcart::agent::learner::Learner;
use qcart::env::Environment;
use qcart::env::generated::GeneratorConfig;
use qcart::env::shop::{Shop, ShopConfig};
use qcart::log::Log;
use qcart::recommend::export::{Export, HEADER};
use qcart::recommend::{Recommender, UserIndex};
use qcart::solve::value_iteration::{Optimum, solve};
use qcart::train::{TrainConfig, Trainer};

/// A log, its index, its shop, a trained agent and the optimum.
struct Trained {
    log: Log,
    index: UserIndex,
    shop: Shop,
    learner: Learner,
    optimum: Optimum,
}

impl Trained {
    fn new(users: u32, shop: ShopConfig, train: TrainConfig) -> Self {
        let log = common::generated(GeneratorConfig {
            users,
            ..GeneratorConfig::default()
        });
        let shop = Shop::build(&log, shop).unwrap();
        let optimum = solve(&shop, train.gamma).unwrap();
        let mut trainer = Trainer::new(&shop, optimum.clone(), train).unwrap();
        trainer.advance(u64::MAX);
        let learner = trainer.learner().clone();
        Self {
            index: UserIndex::new(&log),
            log,
            shop,
            learner,
            optimum,
        }
    }

    fn recommender(&self) -> Recommender<'_> {
        Recommender {
            log: &self.log,
            index: &self.index,
            shop: &self.shop,
            table: self.learner.table(),
            visits: self.learner.visits(),
            q_star: &self.optimum.q,
            gamma: 0.9,
        }
    }
}

fn short() -> TrainConfig {
    TrainConfig {
        budget_steps: 1_000_000,
        snapshots: 2,
        ..TrainConfig::default()
    }
}

#[test]
fn lists_are_full_ranked_and_explained() {
    let trained = Trained::new(500, ShopConfig::default(), short());
    let recommender = trained.recommender();
    for user in 0..trained.log.users.len() as u32 {
        let found = recommender.for_user(user, 10);
        assert_eq!(found.items.len(), 10);
        let mut items: Vec<u32> = found.items.iter().map(|r| r.item).collect();
        let own = found.items.iter().filter(|r| r.state == found.state);
        let scores: Vec<f64> = own.clone().map(|r| r.score).collect();
        assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
        for r in found.items {
            let sum = r.p_accept * (r.reward + r.future) + (1.0 - r.p_accept) * r.otherwise;
            assert!((sum - r.explained).abs() < 1e-9);
            assert!((r.q - r.q_star).abs() < 0.5 && r.support > 0 && r.p_accept >= r.p_behaviour);
        }
        items.sort_unstable();
        items.dedup();
        assert_eq!(items.len(), 10, "an item stands twice");
    }
}

#[test]
fn without_lift_likelihood_times_value_decides() {
    let config = ShopConfig {
        lift: 1.0,
        ..ShopConfig::default()
    };
    let trained = Trained::new(300, config, short());
    let found = trained.recommender().for_user(0, 5);
    for r in found.items {
        assert!(
            (r.explained - r.q_star).abs() < 0.3,
            "all actions are worth the same"
        );
        assert!(r.score <= r.p_behaviour * (r.reward + r.future + 0.1 + 1e-9));
    }
}

#[test]
fn untried_pairs_never_lead_however_optimistic_the_start() {
    let train = TrainConfig {
        initial_q: 100.0,
        budget_steps: 300,
        ..short()
    };
    let trained = Trained::new(300, ShopConfig::default(), train);
    let recommender = trained.recommender();
    for state in 0..trained.shop.states() {
        let found = recommender.for_history(&trained.shop.state_items(state), 3);
        let Some(first) = found.items.first() else {
            continue;
        };
        let some_tried = found
            .items
            .iter()
            .any(|r| r.tried > 0 && r.state == first.state);
        assert!(first.tried > 0 || !some_tried);
        assert!(first.support > 0);
    }
}

#[test]
fn unknown_users_and_strange_histories_get_a_list_too() {
    let trained = Trained::new(300, ShopConfig::default(), short());
    let recommender = trained.recommender();
    assert_eq!(recommender.for_user(u32::MAX, 10).items.len(), 10);
    assert_eq!(recommender.for_history(&[u32::MAX], 10).items.len(), 10);
    assert!(recommender.for_history(&[u32::MAX], 10).backed_off);
    assert!(recommender.for_history(&[], 0).items.is_empty());
    assert!(recommender.for_history(&[], usize::MAX).items.len() <= trained.log.items.len());
}

#[test]
fn the_export_holds_every_user_and_is_quick() {
    let trained = Trained::new(500, ShopConfig::default(), short());
    let recommender = trained.recommender();
    let mut export = Export::new(10);
    let mut text = Vec::new();
    let begin = Instant::now();
    while let Some(chunk) = export.next_chunk(&recommender) {
        text.extend(chunk);
    }
    let each = begin.elapsed().as_secs_f64() / 500.0;
    let text = String::from_utf8(text).unwrap();
    assert!(text.starts_with(HEADER));
    assert_eq!(text.lines().count(), 1 + 500 * 10);
    let columns = HEADER.split(',').count();
    assert!(text.lines().all(|line| line.split(',').count() == columns));
    println!("{:.1} microseconds a user", each * 1e6);
}
