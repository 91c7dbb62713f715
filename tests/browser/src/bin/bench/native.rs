//! The same kernels in native code: Cargo's benchmarks, which print lines that start with `BENCH`.

use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use xtask::workspace;

/// Name, then the value and whatever stands after its unit.
#[derive(Default)]
pub struct Results(BTreeMap<String, (f64, String)>);

impl Results {
    /// Runs a benchmark with these arguments, the log of imports at hand. Of rates measured before, the better stay.
    pub fn run(&mut self, bench: &str, arguments: &[String], log: &Path) -> Result<()> {
        let mut cargo = workspace::cargo();
        cargo.args(["bench", "--quiet", "--package", "qcart", "--bench", bench]);
        let output = cargo
            .arg("--")
            .args(arguments)
            .env("QCART_BENCH_FILE", log)
            .stderr(Stdio::inherit())
            .output()?;
        ensure!(output.status.success(), "the benchmark {bench} failed");
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let Some((name, (value, unit, note))) = read(line) else {
                continue;
            };
            let entry = self.0.entry(name).or_insert((value, note));
            let is_rate = unit.ends_with("/s");
            entry.0 = if is_rate {
                entry.0.max(value)
            } else {
                entry.0.min(value)
            };
        }
        Ok(())
    }

    /// The value that a benchmark printed.
    pub fn value(&self, name: &str) -> Result<f64> {
        Ok(self.get(name)?.0)
    }

    /// What it printed after the unit: a digest or a count.
    pub fn note(&self, name: &str) -> Result<&str> {
        Ok(&self.get(name)?.1)
    }

    /// What follows a prefix in the names of what was printed.
    pub fn after(&self, prefix: &str) -> Vec<String> {
        let names = self.0.keys().filter_map(|name| name.strip_prefix(prefix));
        names.map(str::to_owned).collect()
    }

    fn get(&self, name: &str) -> Result<&(f64, String)> {
        self.0
            .get(name)
            .with_context(|| format!("no benchmark printed {name}"))
    }
}

/// `BENCH <name> <value> <unit> [note]`.
fn read(line: &str) -> Option<(String, (f64, String, String))> {
    let mut words = line.strip_prefix("BENCH ")?.split_whitespace();
    let (name, value) = (words.next()?, words.next()?.parse().ok()?);
    let unit = words.next().unwrap_or("").to_owned();
    let note = words.next().unwrap_or("").to_owned();
    Some((name.to_owned(), (value, unit, note)))
}
