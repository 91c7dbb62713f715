//! How much a first visit loads, compressed as hosts do, and the limit for it.

use crate::site::File;
use anyhow::Result;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fmt::Write as _;
use std::io::Write as _;

/// What everything together may weigh at most, in bytes after gzip.
pub const LIMIT: usize = 400_000;

/// What is loaded only when somebody asks for it (and, once the page is at rest, kept for use offline).
const ON_DEMAND: [&str; 10] = [
    "/pkg/decoder/",
    "/pkg/fingerprint/",
    "/pkg/page/",
    "/pkg/whole/",
    "/reader.js",
    "/boards/",
    "/decisions/",
    "/networks/",
    "/samples/",
    // A text for people that no code loads.
    "/vendor/lit-html.LICENSE.txt",
];

/// Whether the file at this address is loaded on demand only.
#[must_use]
pub fn is_on_demand(path: &str) -> bool {
    ON_DEMAND.iter().any(|part| path.contains(part))
}

/// The weight of a site.
#[derive(Debug)]
pub struct Weight {
    /// One line for each file, heaviest first, and the sum.
    pub table: String,
    /// The sum after compression, in bytes, without what is loaded on demand.
    pub total: usize,
}

/// Weighs every file of a published site but what is loaded on demand, whether the page loads it at once or the
/// service worker a little later.
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
    let (later, first): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| is_on_demand(row.2));
    let total = first.iter().map(|row| row.0).sum();
    let mut table = format!("{:>9} {:>9}  file\n", "gzip", "bytes");
    for (gzip, bytes, path) in &first {
        writeln!(table, "{gzip:>9} {bytes:>9}  {path}")?;
    }
    let bytes: usize = first.iter().map(|row| row.1).sum();
    write!(
        table,
        "{total:>9} {bytes:>9}  together; the limit is {LIMIT}"
    )?;
    for (gzip, bytes, path) in &later {
        write!(table, "\n{gzip:>9} {bytes:>9}  {path}, on demand")?;
    }
    Ok(Weight { table, total })
}

fn compressed(bytes: &[u8]) -> Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}
