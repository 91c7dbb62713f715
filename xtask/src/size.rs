//! How much a first visit loads, compressed as hosts do, and the limit for it.

use crate::site::File;
use anyhow::Result;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fmt::Write as _;
use std::io::Write as _;

/// The most that everything together may weigh, in bytes after gzip.
pub const LIMIT: usize = 400_000;

/// The weight of a site.
#[derive(Debug)]
pub struct Weight {
    /// One line for each file, heaviest first, and the sum.
    pub table: String,
    /// The sum after compression, in bytes.
    pub total: usize,
}

/// Weighs every file of a published site, whether the page loads it at once or the service worker a little later.
///
/// # Errors
/// When compression fails.
pub fn weigh(files: &[File]) -> Result<Weight> {
    let mut rows = Vec::new();
    for file in files {
        rows.push((
            compressed(&file.bytes)?,
            file.bytes.len(),
            file.path.as_str(),
        ));
    }
    rows.sort_by(|a, b| b.cmp(a));
    let total = rows.iter().map(|row| row.0).sum();
    let mut table = format!("{:>9} {:>9}  file\n", "gzip", "bytes");
    for (gzip, bytes, path) in &rows {
        writeln!(table, "{gzip:>9} {bytes:>9}  {path}")?;
    }
    let bytes: usize = rows.iter().map(|row| row.1).sum();
    write!(table, "{total:>9} {bytes:>9}  together, of {LIMIT} allowed")?;
    Ok(Weight { table, total })
}

fn compressed(bytes: &[u8]) -> Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}
