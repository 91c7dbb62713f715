//! How soon answers come: `cargo bench --bench answers -- NAME=LOG:SHARE ...`, logs of clicks of which the newest
//! share of the sessions is held out; the first also serves the lists of ten for single users.
//!
//! Prints `BENCH lists.<name> <microseconds a list> us <lists>`, and for the model `blend`
//! `BENCH fit.<name> <seconds> s` and `BENCH next.<name> <microseconds a recommendation> us <MRR@20>`; the best of
//! several rounds. The same work is done in wasm.

use std::time::Instant;

use qcart::problem::Problem;
use qcart::workload::{Board, Lists, read};

/// Rounds over all users, and over all models.
const ROUNDS: usize = 5;
const FITS: usize = 3;

fn main() {
    let logs = std::env::args()
        .skip(1)
        .filter(|log| !log.starts_with("--"));
    for (index, log) in logs.enumerate() {
        let Some((name, path, share)) = parse(&log) else {
            println!("{log} is not NAME=LOG:SHARE");
            continue;
        };
        let Ok(csv) = std::fs::read(path) else {
            println!("{path} can't be read");
            continue;
        };
        let lists = if index == 0 {
            lists(name, &csv)
        } else {
            Ok(())
        };
        if let Err(problem) = lists.and_then(|()| board(name, &csv, share)) {
            println!("{path}: {problem}");
        }
    }
}

fn parse(log: &str) -> Option<(&str, &str, f64)> {
    let (name, rest) = log.split_once('=')?;
    let (path, share) = rest.rsplit_once(':')?;
    Some((name, path, share.parse().ok()?))
}

fn lists(name: &str, csv: &[u8]) -> Result<(), Problem> {
    let mut lists = Lists::new(csv)?;
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for user in 0..lists.users() {
            std::hint::black_box(lists.answer(user)?);
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    let users = lists.users();
    println!(
        "BENCH lists.{name} {:.2} us {users}",
        1e6 * best / users as f64
    );
    Ok(())
}

fn board(name: &str, csv: &[u8], share: f64) -> Result<(), Problem> {
    let mut board = Board::new(&read(csv)?, share, "blend")?;
    let (mut fit, mut next) = (f64::INFINITY, f64::INFINITY);
    let mut mrr = 0.0;
    for _ in 0..FITS {
        let start = Instant::now();
        board.fit()?;
        fit = fit.min(start.elapsed().as_secs_f64());
        let start = Instant::now();
        let (count, quality) = board.recommend();
        next = next.min(start.elapsed().as_secs_f64() / count.max(1) as f64);
        mrr = quality;
    }
    println!("BENCH fit.{name} {fit:.3} s");
    println!("BENCH next.{name} {:.2} us {mrr:.6}", 1e6 * next);
    Ok(())
}
