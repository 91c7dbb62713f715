//! What people read CSV with in browsers today: PapaParse, of a fixed version, from npm.

use anyhow::{Result, ensure};
use std::path::Path;
use std::process::{Command, Stdio};
use xtask::browser;

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
