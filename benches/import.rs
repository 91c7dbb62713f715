//! Reading a behaviour log in native code: `QCART_BENCH_FILE=LOG cargo bench --bench import`.
//! Prints `BENCH import.read <rate> MB/s <events>` for splitting, typing, interning and storing every row, and
//! `BENCH import.whole` for the same followed by sorting into sessions and counting; the browser does the same.

#![allow(clippy::unwrap_used)]

use qcart::log::{ImportOptions, Importer};
use std::time::Instant;

/// Bytes handed over at a time, as the page's worker does.
const PUSH: usize = 512 << 10;

fn main() {
    let Some(path) = std::env::var_os("QCART_BENCH_FILE") else {
        println!("QCART_BENCH_FILE names no log: nothing to measure");
        return;
    };
    let bytes = std::fs::read(path).unwrap();
    let (mut read, mut whole, mut events) = (f64::INFINITY, f64::INFINITY, 0);
    for _ in 0..3 {
        let start = Instant::now();
        let mut importer = Importer::new(
            "events.csv",
            Some(bytes.len() as u64),
            ImportOptions::default(),
        );
        for chunk in bytes.chunks(PUSH) {
            importer.push(chunk).unwrap();
        }
        let mut finishing = importer.finish().unwrap();
        read = read.min(start.elapsed().as_secs_f64());
        let imported = loop {
            if let Some(imported) = finishing.advance().unwrap() {
                break imported;
            }
        };
        whole = whole.min(start.elapsed().as_secs_f64());
        events = imported.log.len();
    }
    let rate = |seconds: f64| bytes.len() as f64 / seconds / 1e6;
    println!("BENCH import.read {:.1} MB/s {events}", rate(read));
    println!("BENCH import.whole {:.1} MB/s {events}", rate(whole));
}
