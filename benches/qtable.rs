//! Q-learning updates a second, on tables of 16 actions that fit in caches and that do not.
//!
//! Prints `BENCH qtable.<states> <million updates a second> M/s <digest>`: the best of five rounds, and the digest
//! of the table after the first round, which the same kernel in wasm and in JavaScript must give too. Arguments replace
//! the numbers of states.

use std::time::Instant;

use qcart::agent::kernel::{digest, drive, table};
use qcart::problem::Problem;

/// Numbers of states, unless arguments give others.
const TABLES: [u32; 4] = [1_000, 10_000, 100_000, 1_000_000];
/// Updates a round.
const UPDATES: u64 = 4_000_000;

fn main() -> Result<(), Problem> {
    let chosen: Vec<u32> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    let sizes: &[u32] = if chosen.is_empty() { &TABLES } else { &chosen };
    for &states in sizes {
        let mut q = table(states, 16)?;
        drive(&mut q, UPDATES, 1);
        let digest = digest(&q);
        let mut best = 0.0_f64;
        for round in 0..5 {
            let begin = Instant::now();
            drive(&mut q, UPDATES, 2 + round);
            best = best.max(UPDATES as f64 / begin.elapsed().as_secs_f64());
        }
        println!("BENCH qtable.{states} {:.2} M/s {digest:08x}", best / 1e6);
    }
    Ok(())
}
