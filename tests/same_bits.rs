//! The same seed gives the same bits in native code and in a browser's worker: these tests run in both.

#![allow(clippy::unwrap_used)]

use qcart::agent::kernel;
use qcart::env::textbook;
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
