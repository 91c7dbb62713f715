//! What learning is said to take, before it starts, is what it takes at most: counted natively by the allocator, in a browser's worker by
//! how far its memory grows.

#![allow(clippy::unwrap_used)]

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
    }
}
