//! Deep Q-networks in the place of the table: what share of the optimum's value they reach, and in how long.
//!
//! Prints `BENCH deep.<problem>.<network>.seed<n> <value> % of the optimum, <mean |Q - Q*| / mean |Q*|>, <seconds> s`. `cargo bench --bench deep --
//! [shop] [textbook] [mlp] [cnn] [gru] [transformer] [seeds=3]`; the settings are those that the page suggests.

use std::time::Instant;

use qcart::env::Model;
use qcart::env::generated::{Generator, GeneratorConfig};
use qcart::env::shop::{Shop, ShopConfig};
use qcart::env::textbook;
use qcart::experiment::SHOP;
use qcart::experiment::parameters::{Settings, Value};
use qcart::lab::configure;
use qcart::lab::problems::{network_presets, presets};
use qcart::log::{ImportOptions, Importer, Log};
use qcart::problem::Problem;
use qcart::solve::value_iteration::solve;
use qcart::train::Trainer;

const NETWORKS: [&str; 4] = ["mlp", "cnn", "gru", "transformer"];

fn main() -> Result<(), Problem> {
    let wished: Vec<String> = std::env::args().skip(1).collect();
    let wants = |name: &str| wished.iter().any(|wish| wish == name);
    let seeds = wished.iter().find_map(|wish| wish.strip_prefix("seeds="));
    let seeds: u32 = seeds.and_then(|text| text.parse().ok()).unwrap_or(1);
    let any = NETWORKS.iter().any(|name| wants(name));
    let networks = NETWORKS.into_iter().filter(|name| !any || wants(name));
    for network in networks {
        for seed in 1..=seeds {
            if !wants("textbook") || wants(SHOP) {
                let shop = Shop::build(&log()?, ShopConfig::default())?;
                reached(SHOP, &shop, network, seed)?;
            }
            if !wants(SHOP) || wants("textbook") {
                for problem in textbook::ALL {
                    reached(problem.id, &problem.build()?, network, seed)?;
                }
            }
        }
    }
    Ok(())
}

/// The generated shop of the page.
fn log() -> Result<Log, Problem> {
    let mut rows = Generator::new(GeneratorConfig::default())?;
    let mut importer = Importer::new("shop.csv", None, ImportOptions::default());
    while let Some(chunk) = rows.next_chunk() {
        importer.push(&chunk)?;
    }
    let mut finishing = importer.finish()?;
    loop {
        if let Some(imported) = finishing.advance()? {
            return Ok(imported.log);
        }
    }
}

fn reached(id: &str, model: &impl Model, network: &str, seed: u32) -> Result<(), Problem> {
    let mut settings = Settings::default();
    settings.set("approximator", Value::Choice(network.to_owned()))?;
    for (key, value) in presets(id)? {
        settings.set(key, value)?;
    }
    for &(key, number) in network_presets(id) {
        settings.set(key, Value::Number(number))?;
    }
    settings.set("seed", Value::Number(f64::from(seed)))?;
    let config = configure::training(&settings, 0);
    let optimum = solve(model, config.gamma)?;
    let scale = optimum.q.iter().map(|q| q.abs()).sum::<f64>() / optimum.q.len().max(1) as f64;
    let mut trainer = Trainer::new(model, optimum, config)?;
    let begin = Instant::now();
    trainer.advance(u64::MAX);
    let seconds = begin.elapsed().as_secs_f64();
    if let Some(last) = trainer.snapshots().last() {
        println!(
            "BENCH deep.{id}.{network}.seed{seed} {:.2} % of the optimum, {:.4}, {seconds:.1} s",
            last.value_percent,
            last.q_distance / scale
        );
    }
    Ok(())
}
