//! The same seed gives the same bits in native code and in a browser's worker: these tests run in both.

#![allow(clippy::unwrap_used)]

mod common;

use qcart::agent::kernel;
use qcart::behaviour::{Choice, History, Scratch, Sessions, Watch};
use qcart::env::textbook;
use qcart::log::EventType;
use qcart::solve::value_iteration::solve;
use qcart::train::{TrainConfig, Trainer};

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn updates_of_a_table() {
    let mut table = kernel::table(1000, 16).unwrap();
    kernel::drive(&mut table, 200_000, 7);
    assert_eq!(kernel::digest(&table), 2_023_474_009);
}

/// Exploration, schedules and decaying rates, all drawn and computed as on every other machine.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn training_on_the_textbook_problems() {
    let digests: Vec<(&str, u32)> = textbook::ALL
        .iter()
        .map(|entry| (entry.id, trained(entry)))
        .collect();
    // A change of these numbers is a change of what links reproduce.
    let expected = [
        ("gridworld", 3_335_572_510),
        ("cliff", 685_476_837),
        ("frozenlake", 1_092_843_394),
        ("randomwalk", 2_151_456_963),
        ("doubleq", 3_194_964_626),
        ("article", 475_566_179),
    ];
    assert_eq!(digests, expected);
}

fn trained(entry: &textbook::Textbook) -> u32 {
    let config = TrainConfig {
        seed: 2026,
        ..TrainConfig::suggested(entry)
    };
    let model = entry.build().unwrap();
    let optimum = solve(&model, config.gamma).unwrap();
    let mut trainer = Trainer::new(model, optimum, config).unwrap();
    trainer.advance(300_000);
    kernel::digest(trainer.q())
}

/// Matrices, exponentials, dropout, sampling and Adam: the weights of every network after a short course of learning.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn learning_of_the_networks() {
    let digests: Vec<(&str, u32)> = ["mlp", "cnn", "gru", "transformer"]
        .iter()
        .map(|&name| (name, learned(name, false)))
        .collect();
    // A change of these numbers is a change of what links reproduce.
    let expected = [
        ("mlp", 3_909_013_218),
        ("cnn", 2_681_367_480),
        ("gru", 4_284_478_587),
        ("transformer", 421_367_738),
    ];
    assert_eq!(digests, expected);
    // The items' categories as one more input.
    assert_eq!(learned("gru", true), 1_676_471_377);
}

/// The agent that `cargo bench --bench nn -- cartpole` trains to the end: exploration, replay, target network and the cart's physics.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn cart_pole() {
    use qcart::agent::known;
    let mut agent = known::cart_pole(1).unwrap();
    agent.advance(2000).unwrap();
    let played = agent.play(20, &mut qcart::env::cart_pole::CartPole::default(), 1001);
    let total: f64 = played.iter().sum();
    // A change of these numbers is a change of what links reproduce.
    assert_eq!((agent.weights().digest(), total), (3_685_429_933, 199.0));
}

/// The agent that `cargo bench --bench nn -- mountaincar` trains to the end. A car that has not learned is cut at 200 steps.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn mountain_car() {
    use qcart::agent::known;
    let mut agent = known::mountain_car(1).unwrap();
    agent.advance(2000).unwrap();
    let mut judge = known::mountain_road(known::MOUNTAIN_CAR_CAP).unwrap();
    let total: f64 = agent.play(2, &mut judge, 1001).iter().sum();
    // A change of these numbers is a change of what links reproduce.
    assert_eq!((agent.weights().digest(), total), (2_482_778_647, -400.0));
}

/// A deep Q-network in the place of the table, with each of the encoders.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn deep_q_networks() {
    use qcart::agent::network::NetworkConfig;
    use qcart::nn::encoder::Kind;
    let model = textbook::find("frozenlake").unwrap().build().unwrap();
    let digest = |kind| {
        let config = TrainConfig {
            budget_steps: 6000,
            snapshots: 4,
            network: Some(NetworkConfig {
                kind,
                width: 16,
                rate: 0.004,
                batch: 32,
                replay: 2000,
                every: 8,
                target: 50,
                warm_up: 500,
            }),
            ..TrainConfig::default()
        };
        let optimum = solve(&model, config.gamma).unwrap();
        let mut trainer = Trainer::new(&model, optimum, config).unwrap();
        trainer.advance(u64::MAX);
        kernel::digest(trainer.q())
    };
    let digests = [Kind::Mlp, Kind::Cnn, Kind::Gru, Kind::Transformer].map(digest);
    // A change of these numbers is a change of what links reproduce.
    assert_eq!(
        digests,
        [3_133_120_894, 2_606_525_572, 2_517_417_830, 2_058_683_157]
    );
}

/// The shop as an environment: sequences of items, what recommending adds, and double Q-learning.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn deep_q_networks_in_a_shop() {
    use qcart::agent::learner::Algorithm;
    use qcart::agent::network::NetworkConfig;
    use qcart::env::generated::GeneratorConfig;
    use qcart::env::shop::{Shop, ShopConfig};
    use qcart::nn::encoder::Kind;
    let log = common::generated(GeneratorConfig {
        users: 60,
        items: 9,
        categories: 3,
        ..GeneratorConfig::default()
    });
    let how = ShopConfig {
        order: 2,
        ..ShopConfig::default()
    };
    let shop = Shop::build(&log, how).unwrap();
    let digest = |kind| {
        let config = TrainConfig {
            algorithm: Algorithm::DoubleQ,
            budget_steps: 3000,
            snapshots: 3,
            network: Some(NetworkConfig {
                kind,
                width: 16,
                rate: 0.004,
                batch: 32,
                replay: 1000,
                every: 10,
                target: 20,
                warm_up: 500,
            }),
            ..TrainConfig::default()
        };
        let optimum = solve(&shop, config.gamma).unwrap();
        let mut trainer = Trainer::new(&shop, optimum, config).unwrap();
        trainer.advance(u64::MAX);
        kernel::digest(trainer.q())
    };
    // A change of these numbers is a change of what links reproduce.
    assert_eq!(
        [Kind::Gru, Kind::Transformer].map(digest),
        [1_401_323_286, 4_167_654_147]
    );
}

/// Over all items and over a sample, with a Q head that holds values down, on a log with views, carts and purchases.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn learning_from_several_types_of_events() {
    let kind = |t: usize| [EventType::View, EventType::Cart, EventType::Purchase][t % 3];
    let text = |negatives| {
        format!("mlp:width=16:epochs=2:negatives={negatives}:rank=product:conservative=0.3")
    };
    let digests = [0, 16].map(|negatives| learned_from(&train(40, kind), &text(negatives)));
    // A change of these numbers is a change of what links reproduce.
    assert_eq!(digests, [1_588_135_513, 1_769_374_928]);
}

fn learned(name: &str, categories: bool) -> u32 {
    let text = format!(
        "{name}:width=24:epochs=2:negatives=16:rank=product:gaps=yes:conservative=0.1:rate=0.002:dropout=0.25:spread=0.1:categories={}",
        if categories { "yes" } else { "no" }
    );
    learned_from(&train(150, |_| EventType::View), &text)
}

/// So many sessions over forty items.
fn train(sessions: u32, kind: impl Fn(usize) -> EventType) -> Sessions {
    let mut train = Sessions::new(40, true);
    train.category = (0..40).map(|item| item % 6).collect();
    for session in 0..sessions {
        let items: Vec<u32> = (0..2 + session % 30)
            .map(|t| (session * 7 + t * t * 3) % 40)
            .collect();
        let times: Vec<i64> = (0..items.len() as i64)
            .map(|t| (i64::from(session) * 1000 + t * t) * 1000)
            .collect();
        let kinds: Vec<_> = (0..items.len()).map(&kind).collect();
        let history = History {
            items: &items,
            kinds: &kinds,
            times: &times,
        };
        train.push(history, session);
    }
    train
}

/// Digest of all scores after every session, once a model has learned.
fn learned_from(train: &Sessions, text: &str) -> u32 {
    let mut model = qcart::evaluate::build(&Choice::parse(text).unwrap()).unwrap();
    model.fit(train, &mut Watch::new(&mut |_| true)).unwrap();
    let mut scratch = Scratch::new();
    let mut hash = 0x811c_9dc5u32;
    for session in 0..train.len() {
        model.score(train.session(session), &mut scratch);
        for item in 0..40 {
            let bits = scratch.scores.get(item).to_bits();
            for word in [bits as u32, (bits >> 32) as u32] {
                hash = (hash ^ word).wrapping_mul(0x0100_0193);
            }
        }
    }
    hash
}
