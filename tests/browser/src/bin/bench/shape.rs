//! The log that imports are measured on: generated rows of the shape of RetailRocket's `events.csv`.
//!
//! As there, a visitor has about two events, which stand near each other among those of the others who are in the shop.

use anyhow::Result;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

/// Writes `rows` rows unless the file is there; the same rows always.
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
