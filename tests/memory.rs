//! What learning is said to take, before it starts, is what it takes at most: counted natively by the allocator, in a browser's worker by
//! how far its memory grows.

#![allow(clippy::unwrap_used)]

#[cfg(not(target_arch = "wasm32"))]
mod common;

use qcart::behaviour::neural::{Neural, PARAMETERS, Settings};
use qcart::behaviour::{History, Sessions, Values};
use qcart::log::EventType;
use qcart::nn::encoder::Kind;

mod count;

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// Sessions over so many items, some of them longer than what a network looks at.
fn sessions(items: u32, count: u32) -> Sessions {
    let mut sessions = Sessions::new(items, true);
    sessions.category = (0..items).map(|item| item % 300).collect();
    for number in 0..count {
        let list: Vec<u32> = (0..4 + number % 24)
            .map(|t| (number * 7919 + t * t * 131) % items)
            .collect();
        let history = History {
            items: &list,
            kinds: &vec![EventType::View; list.len()],
            times: &vec![i64::from(number) * 1000; list.len()],
        };
        sessions.push(history, number);
    }
    sessions
}

/// Learns to the end, the run over all sessions included, and gives what was said and what was taken.
fn learn(kind: Kind, train: &Sessions, change: impl Fn(&mut Settings)) -> (u64, u64) {
    let mut settings = Settings::new(kind, &Values::defaults(PARAMETERS));
    (settings.epochs, settings.categories) = (2, true);
    change(&mut settings);
    let said = settings.bytes(train);
    let taken = count::most(|| {
        let mut network = Neural::of(settings);
        network.begin(train).unwrap();
        while network.advance(train, 1_000_000_000).unwrap() < 1.0 {}
    });
    (said, taken)
}

/// What a network that has learned, or taken weights from a file, still holds, beside its weights.
#[cfg(not(target_arch = "wasm32"))]
fn left(train: &Sessions) -> [u64; 2] {
    let before = count::now();
    let mut settings = Settings::new(Kind::Gru, &Values::defaults(PARAMETERS));
    (settings.epochs, settings.value_weight) = (2, 1.0);
    let mut network = Neural::of(settings.clone());
    network.begin(train).unwrap();
    while network.advance(train, 1_000_000_000).unwrap() < 1.0 {}
    let weights = &network.course().unwrap().learner.weights;
    let numbers = 4 * weights.len() as u64;
    let learned = count::now() - before - numbers;
    let bytes = qcart::nn::saved::save(weights).unwrap();
    drop(network);
    let before = count::now();
    let mut other = Neural::of(settings);
    other.take_weights(train, &bytes).unwrap();
    [learned, count::now() - before - numbers]
}

/// A deep Q-network in the place of the table: its replay buffer filled and gone round, every state asked for, the best kept aside.
#[cfg(not(target_arch = "wasm32"))]
fn play(kind: Kind, width: usize, batch: usize, replay: usize) -> (u64, u64) {
    use qcart::agent::learner::Algorithm;
    use qcart::agent::network::{NetworkConfig, NetworkLearner, TOGETHER};
    use qcart::env::Environment;
    use qcart::env::generated::GeneratorConfig;
    use qcart::env::shop::{Shop, ShopConfig};
    let log = common::generated(GeneratorConfig {
        users: 150,
        items: 12,
        categories: 3,
        ..GeneratorConfig::default()
    });
    let shop = Shop::build(
        &log,
        ShopConfig {
            order: 2,
            ..ShopConfig::default()
        },
    )
    .unwrap();
    let config = NetworkConfig {
        kind,
        width,
        rate: 0.001,
        batch,
        replay,
        every: 40,
        target: 4,
        warm_up: 100,
    };
    let said = config.needs(&shop).bytes;
    let taken = count::most(|| {
        let mut learner = NetworkLearner::new(&shop, config, 1).unwrap();
        let mut rng = qcart::random::stream(1, "environment");
        let mut state = shop.reset(&mut rng);
        let steps = replay as u64 + 400;
        for number in 1..=steps {
            let action = learner.best(&shop, state);
            let step = shop.step(state, action, &mut rng);
            let (how, along) = ((Algorithm::DoubleQ, 0.9), (number, steps));
            learner
                .take(&shop, (state, action, step), how, along)
                .unwrap();
            state = if step.end {
                shop.reset(&mut rng)
            } else {
                step.next
            };
        }
        let mut values = Vec::new();
        for first in (0..shop.states()).step_by(TOGETHER) {
            learner.many(&shop, first, &mut values);
        }
        learner.keep_best();
    });
    (said, taken)
}

/// One test, so that nothing else allocates meanwhile.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn no_more_is_taken_than_was_said() {
    let large = sessions(50_000, 60);
    let (said, taken) = learn(Kind::Gru, &large, |settings| settings.width = 64);
    // 50,000 items of 64 numbers, six times over: most of it can be known, and is not guessed too high either.
    assert!(taken <= said && said < 130_000_000, "{taken} of {said}");
    #[cfg(not(target_arch = "wasm32"))]
    {
        assert!(2 * taken > said, "{taken} of {said}");
        let small = sessions(400, 300);
        for kind in [Kind::Mlp, Kind::Cnn, Kind::Gru, Kind::Transformer] {
            for (width, batch, values) in [(8, 8, 0.0), (64, 256, 0.0), (64, 256, 1.0)] {
                let (said, taken) = learn(kind, &small, |settings| {
                    (settings.width, settings.batch) = (width, batch);
                    settings.value_weight = values;
                });
                assert!(taken <= said, "{kind:?} {width} {batch}: {taken} of {said}");
            }
        }
        // Names of tensors, epochs, and what vectors were rounded up to.
        let left = left(&small);
        assert!(left.iter().all(|&left| left < 16_384), "{left:?}");
        for kind in [Kind::Mlp, Kind::Cnn, Kind::Gru, Kind::Transformer] {
            for (width, batch, replay) in [(8, 16, 500), (64, 256, 500), (32, 32, 20_000)] {
                let (said, taken) = play(kind, width, batch, replay);
                assert!(taken <= said, "{kind:?} {width} {batch}: {taken} of {said}");
            }
        }
        // Where the replay buffer is most of it, it is not guessed too high either.
        let (said, taken) = play(Kind::Gru, 16, 16, 100_000);
        assert!(taken <= said && 2 * taken > said, "{taken} of {said}");
    }
}
