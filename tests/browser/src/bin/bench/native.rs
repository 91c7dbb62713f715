//! The same kernels in native code: Cargo's benchmarks, which print lines that start with `BENCH`.

use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use xtask::workspace;

/// Name, then the value and whatever stands after its unit.
pub struct Results(BTreeMap<String, (f64, String)>);

/// Runs the benchmarks of the import and of the table.
pub fn run(log: &Path) -> Result<Results> {
    let mut results = BTreeMap::new();
    for bench in ["qtable", "import"] {
        let mut cargo = workspace::cargo();
        cargo.args(["bench", "--quiet", "--package", "qcart", "--bench", bench]);
        let output = cargo
            .env("QCART_BENCH_FILE", log)
            .stderr(Stdio::inherit())
            .output()?;
        ensure!(output.status.success(), "the benchmark {bench} failed");
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            results.extend(read(line));
        }
    }
    Ok(Results(results))
}

/// `BENCH <name> <value> <unit> [note]`.
fn read(line: &str) -> Option<(String, (f64, String))> {
    let mut words = line.strip_prefix("BENCH ")?.split_whitespace();
    let (name, value) = (words.next()?, words.next()?.parse().ok()?);
    let note = words.nth(1).unwrap_or("").to_owned();
    Some((name.to_owned(), (value, note)))
}

impl Results {
    /// The value that a benchmark printed.
    pub fn value(&self, name: &str) -> Result<f64> {
        Ok(self.get(name)?.0)
    }

    /// What it printed after the unit: a digest or a count.
    pub fn note(&self, name: &str) -> Result<&str> {
        Ok(&self.get(name)?.1)
    }

    fn get(&self, name: &str) -> Result<&(f64, String)> {
        self.0
            .get(name)
            .with_context(|| format!("no benchmark printed {name}"))
    }
}
