//! Importing from memory, for the tests of the log.
#![allow(clippy::unwrap_used, dead_code)]

use qcart::log::{ImportOptions, Imported, Importer};
use qcart::problem::Problem;

/// Imports bytes pushed in chunks of `chunk` bytes.
pub fn import_in(bytes: &[u8], chunk: usize, options: &ImportOptions) -> Result<Imported, Problem> {
    let mut importer = Importer::new("log.csv", Some(bytes.len() as u64), options.clone());
    for part in bytes.chunks(chunk.max(1)) {
        importer.push(part)?;
    }
    let mut finishing = importer.finish()?;
    loop {
        if let Some(imported) = finishing.advance()? {
            return Ok(imported);
        }
    }
}

/// Imports bytes with everything guessed.
pub fn import(bytes: impl AsRef<[u8]>) -> Result<Imported, Problem> {
    import_in(bytes.as_ref(), 50_000, &ImportOptions::default())
}

/// The problem that bytes give.
pub fn problem(bytes: impl AsRef<[u8]>) -> Problem {
    let problem = import(bytes).unwrap_err();
    for text in [&problem.what, &problem.mend] {
        assert!(!text.en.is_empty() && !text.zh.is_empty(), "{problem:?}");
    }
    problem
}
