//! What people use instead: PapaParse, of a fixed version, from npm, for CSV in browsers; numpy for off-policy evaluation.

use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::{Command, Stdio};
use xtask::{browser, workspace};

const PAPAPARSE: &str = "papaparse@5.7.1";

/// Puts `papaparse.min.js` into the folder, unless npm isn't there; tells whether it is.
pub fn fetch_papaparse(scratch: &Path, site: &Path) -> Result<bool> {
    let script = site.join("papaparse.min.js");
    if script.exists() {
        return Ok(true);
    }
    if !browser::in_path("npm") {
        return Ok(false);
    }
    let install = [
        "install",
        "--silent",
        "--no-save",
        "--no-package-lock",
        "--ignore-scripts",
        "--prefix",
    ];
    let status = Command::new("npm")
        .args(install)
        .arg(scratch)
        .arg(PAPAPARSE)
        .stdin(Stdio::null())
        .status()?;
    ensure!(status.success(), "npm could not install {PAPAPARSE}");
    std::fs::copy(
        scratch.join("node_modules/papaparse/papaparse.min.js"),
        script,
    )?;
    Ok(true)
}

/// Seconds that a loop in Python with numpy takes for so many steps of the season; nothing where numpy isn't there.
pub fn season(steps: u32) -> Result<Option<f64>> {
    Ok(python("season.py", steps)?.map(|(seconds, _)| seconds))
}

/// Seconds that numpy takes for a bootstrap of the off-policy estimators, and the value of DR; nothing where it isn't there.
pub fn numpy(resamples: u32) -> Result<Option<(f64, f64)>> {
    python("ope.py", resamples)
}

/// The two numbers that a script prints; nothing where numpy isn't there.
fn python(script: &str, count: u32) -> Result<Option<(f64, f64)>> {
    let python = |arguments: &[&str]| {
        Command::new("python3")
            .args(arguments)
            .stdin(Stdio::null())
            .output()
    };
    if !python(&["-c", "import numpy"]).is_ok_and(|output| output.status.success()) {
        return Ok(None);
    }
    let path = workspace::root().join("tests/browser/bench").join(script);
    let output = python(&[&path.to_string_lossy(), &count.to_string()])?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut words = text.split_whitespace().map(str::parse);
    let (Some(Ok(seconds)), Some(Ok(value))) = (words.next(), words.next()) else {
        return Err(anyhow::anyhow!("{script} printed {text:?}")).context("numpy");
    };
    Ok(Some((seconds, value)))
}
