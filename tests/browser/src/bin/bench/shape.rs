//! The logs that the benchmark measures on, generated: the same rows always.
//!
//! Imports are measured on rows of the shape of RetailRocket's `events.csv`. As there, a visitor has about two events,
//! which stand near each other among those of the others who are in the shop. Rankings are measured on clicks of the
//! sizes of RSC15-100k and Diginetica, whose items follow each other in ways that can be learned.

use anyhow::Result;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

/// Writes `rows` rows of events unless the file is there.
pub fn write(path: &Path, rows: u64) -> Result<()> {
    if path.exists() {
        return Ok(());
    }
    let partial = path.with_extension("partial");
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&partial)?);
    writeln!(out, "timestamp,visitorid,event,itemid,transactionid")?;
    let mut random = SplitMix(1);
    let mut present = [0; PRESENT];
    let pause = 2 * SPAN / rows;
    let mut time = 1_430_622_004_384;
    for _ in 0..rows {
        time += random.below(pause + 1);
        let place = random.below(PRESENT as u64) as usize;
        if random.below(2) == 0 {
            present[place] = random.below(1_407_580);
        }
        let visitor = present[place];
        let item = random.skewed(466_868);
        // Of 1000 events 967 are views, 25 additions to a cart, 8 purchases, as in the original.
        match random.below(1000) {
            0..967 => writeln!(out, "{time},{visitor},view,{item},")?,
            967..992 => writeln!(out, "{time},{visitor},addtocart,{item},")?,
            _ => writeln!(
                out,
                "{time},{visitor},transaction,{item},{}",
                random.below(17_672)
            )?,
        }
    }
    out.into_inner()?.sync_all()?;
    fs::rename(partial, path)?;
    Ok(())
}

/// A log of clicks: its sessions, its items, and how many of 1000 clicks after the first are followed by another.
pub struct Clicks {
    /// Name of the file, without ending.
    pub name: &'static str,
    pub sessions: u64,
    pub items: u64,
    pub go_on: u64,
    /// The share of the sessions, the newest ones, that models are tested on.
    pub tested: f64,
}

/// The sizes of what the ranking board is judged by: 83,846 clicks in 21,210 sessions on 2,933 items, and 982,961 in
/// 202,633 on 43,097 (session-rec's RSC15-100k; Diginetica as split for SR-GNN).
pub const CLICKS: [Clicks; 2] = [
    Clicks {
        name: "rsc15-100k",
        sessions: 21_210,
        items: 2_933,
        go_on: 661,
        tested: 0.161,
    },
    Clicks {
        name: "diginetica",
        sessions: 202_633,
        items: 43_097,
        go_on: 741,
        tested: 0.078,
    },
];

/// Writes a log of clicks unless the file is there.
pub fn write_clicks(path: &Path, clicks: &Clicks) -> Result<()> {
    if path.exists() {
        return Ok(());
    }
    let partial = path.with_extension("partial");
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&partial)?);
    writeln!(out, "session_id,item_id,timestamp")?;
    let mut random = SplitMix(2);
    for session in 0..clicks.sessions {
        let mut time = 1_396_300_000 + session * 600_000 / clicks.sessions;
        let mut before = random.skewed(clicks.items);
        let mut item = before;
        writeln!(out, "{session},{item},{time}")?;
        loop {
            time += 20 + random.below(100);
            let next = match random.below(1000) {
                0..200 => before,
                200..750 => (item * 7 + random.skewed(12)) % clicks.items,
                _ => random.skewed(clicks.items),
            };
            (before, item) = (item, next);
            writeln!(out, "{session},{item},{time}")?;
            if random.below(1000) >= clicks.go_on {
                break;
            }
        }
    }
    out.into_inner()?.sync_all()?;
    fs::rename(partial, path)?;
    Ok(())
}

/// Visitors who are in the shop at the same time.
const PRESENT: usize = 100;
/// Milliseconds from the first event to the last.
const SPAN: u64 = 11_923_183_428;

/// SplitMix64 (Steele, Lea & Flood 2014).
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(limit)) >> 64) as u64
    }

    /// Small numbers far oftener than large ones, as customers and goods are.
    fn skewed(&mut self, limit: u64) -> u64 {
        let once = self.below(limit);
        self.below(once + 1)
    }
}
