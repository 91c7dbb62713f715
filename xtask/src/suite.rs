//! `cargo xtask test`: everything that must hold, one line for each step, all steps whatever fails.

use crate::{browser, dist, size, wasm, workspace};
use anyhow::{Context, Result, bail, ensure};
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

/// How many checks held and how many did not.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Tests that passed, and steps without tests that did.
    pub passed: u64,
    /// Those that failed.
    pub failed: u64,
}

/// Runs all steps, prints a line for each and the sum, and tells whether everything held.
#[must_use]
pub fn run() -> bool {
    let mut sum = Count::default();
    for (name, step) in STEPS {
        let start = Instant::now();
        let outcome = step();
        let seconds = start.elapsed().as_secs_f64();
        let (count, report) = match outcome {
            Ok(done) => (done.count, done.report),
            Err(problem) => (
                Count {
                    passed: 0,
                    failed: 1,
                },
                format!("{problem:#}"),
            ),
        };
        sum.passed += count.passed;
        sum.failed += count.failed;
        let verdict = if count.failed == 0 {
            "ok    "
        } else {
            "FAILED"
        };
        if count.failed > 0 || !report.is_empty() {
            println!("{report}");
        }
        println!(
            "{verdict} {name:<34} {:>5} passed {:>3} failed {seconds:>7.1} s",
            count.passed, count.failed
        );
    }
    println!("{} passed, {} failed", sum.passed, sum.failed);
    sum.failed == 0
}

/// What a step did: its counts, and whatever is worth showing even so.
struct Done {
    count: Count,
    report: String,
}

type Step = fn() -> Result<Done>;

/// In an order that fails early for what is quick to see.
const STEPS: [(&str, Step); 10] = [
    ("format", || checked(cargo("fmt", &["--all", "--check"]))),
    ("lints, native", || {
        checked(cargo(
            "clippy",
            &["--workspace", "--all-targets", "--", "-D", "warnings"],
        ))
    }),
    ("lints, wasm32", lints_for_wasm),
    ("documentation", documentation),
    ("tests, native", || {
        counted(cargo(
            "test",
            &["--workspace", "--exclude", BROWSER_TESTS, "--no-fail-fast"],
        ))
    }),
    ("tests, network layers against burn", tests_of_layers),
    ("browser at hand", || {
        browser::ensure_chromium().map(|()| Done::one_passed())
    }),
    ("tests, wasm32 in a worker", tests_in_worker),
    ("size of the first load", first_load),
    ("tests, page in Chromium", || {
        counted(cargo(
            "test",
            &["--package", BROWSER_TESTS, "--no-fail-fast"],
        ))
    }),
];

const BROWSER_TESTS: &str = "qcart-browser-tests";

impl Done {
    fn one_passed() -> Self {
        Self {
            count: Count {
                passed: 1,
                failed: 0,
            },
            report: String::new(),
        }
    }
}

fn cargo(command: &str, arguments: &[&str]) -> Command {
    let mut cargo = workspace::cargo();
    // What failed and why is in the message; where the harness called it from is noise.
    cargo
        .arg(command)
        .args(arguments)
        .env("RUST_BACKTRACE", "0");
    cargo
}

fn lints_for_wasm() -> Result<Done> {
    wasm::ensure_target()?;
    for features in ["engine", "page"] {
        let mut part = cargo(
            "clippy",
            &["--package", "qcart", "--lib", "--target", wasm::TARGET],
        );
        part.args(["--no-default-features", "--features", features]);
        part.args(["--", "-D", "warnings"]);
        checked(part)?;
    }
    let mut clippy = cargo(
        "clippy",
        &["--package", "qcart", "--lib", "--target", wasm::TARGET],
    );
    clippy
        .args(test_arguments()?)
        .args(["--", "-D", "warnings"]);
    checked(clippy)
}

fn documentation() -> Result<Done> {
    let mut doc = cargo("doc", &["--workspace", "--no-deps"]);
    doc.env("RUSTDOCFLAGS", "-D warnings");
    checked(doc)
}

/// In a workspace of its own, so that no other step compiles what they are checked against.
fn tests_of_layers() -> Result<Done> {
    let mut test = cargo("test", &["--manifest-path", "tests/twin/Cargo.toml"]);
    test.env("CARGO_TARGET_DIR", workspace::target_dir().join("twin"));
    counted(test)
}

fn tests_in_worker() -> Result<Done> {
    checked(cargo("build", &["--package", "wasm-runner"]))?;
    let runner = workspace::target_dir().join("debug/wasm-runner");
    let mut test = cargo(
        "test",
        &[
            "--package",
            "qcart",
            "--target",
            wasm::TARGET,
            "--no-fail-fast",
        ],
    );
    test.args(test_arguments()?);
    test.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner);
    // The runner takes the first driver that it finds: it shall be the one that all other tests use.
    test.env("CHROMEDRIVER", "chromedriver");
    counted(test)
}

/// `--test NAME` for each file of `tests` that holds tests for the browser's worker.
fn test_arguments() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(workspace::root().join("tests"))? {
        let path = entry?.path();
        let is_rust = path.extension().is_some_and(|extension| extension == "rs");
        if is_rust && fs::read_to_string(&path)?.contains("wasm_bindgen_test") {
            names.extend(
                path.file_stem()
                    .map(|name| name.to_string_lossy().into_owned()),
            );
        }
    }
    names.sort();
    Ok(names
        .into_iter()
        .flat_map(|name| ["--test".to_owned(), name])
        .collect())
}

fn first_load() -> Result<Done> {
    wasm::build(wasm::Profile::Release)?;
    let weight = size::weigh(&dist::published(&workspace::root())?)?;
    ensure!(
        weight.total <= size::LIMIT,
        "{}\ntoo heavy by {} bytes",
        weight.table,
        weight.total - size::LIMIT
    );
    Ok(Done {
        report: weight.table,
        ..Done::one_passed()
    })
}

/// A step that is one check.
fn checked(command: Command) -> Result<Done> {
    let (success, output) = finish(command)?;
    ensure!(success, "{output}");
    Ok(Done::one_passed())
}

/// A step of many tests, whose output says how many passed.
fn counted(command: Command) -> Result<Done> {
    let (success, output) = finish(command)?;
    let count = count(&output);
    if success && count.passed > 0 && count.failed == 0 {
        return Ok(Done {
            count,
            report: String::new(),
        });
    }
    if count.failed == 0 {
        bail!("{output}\nthe tests could not all be run");
    }
    Ok(Done {
        count,
        report: output,
    })
}

/// Adds up the lines `test result: ok. 3 passed; 0 failed; ...` of all test programs.
fn count(output: &str) -> Count {
    let mut count = Count::default();
    for line in output
        .lines()
        .filter(|line| line.starts_with("test result:"))
    {
        let words: Vec<&str> = line.split_whitespace().collect();
        let before = |word| {
            let at = words.iter().position(|candidate| *candidate == word)?;
            words.get(at.checked_sub(1)?)?.parse::<u64>().ok()
        };
        count.passed += before("passed;").unwrap_or(0);
        count.failed += before("failed;").unwrap_or(0);
    }
    count
}

/// Runs a command to its end and gives whether it succeeded and all that it printed, both streams in their order.
fn finish(mut command: Command) -> Result<(bool, String)> {
    let path = log_path()?;
    let log = File::create(&path)?;
    command
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log);
    let status = command
        .status()
        .with_context(|| format!("{command:?} could not be started"))?;
    let output = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
    Ok((status.success(), output))
}

fn log_path() -> Result<PathBuf> {
    let folder = workspace::target_dir().join("xtask");
    fs::create_dir_all(&folder)?;
    Ok(folder.join("step.log"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_several_programs_add_up() {
        let output = "test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 1 filtered out\n\
                      noise\n\
                      test result: FAILED. 3 passed; 2 failed; 0 ignored\n";
        assert_eq!(
            count(output),
            Count {
                passed: 15,
                failed: 2
            }
        );
        assert_eq!(count("nothing ran"), Count::default());
    }
}
