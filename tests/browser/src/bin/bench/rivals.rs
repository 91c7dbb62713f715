//! What people use instead: PapaParse, of a fixed version, from npm, for CSV in browsers; TensorFlow.js, likewise, and burn for
//! networks; numpy for off-policy evaluation.

use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::{Command, Stdio};
use xtask::{browser, wasm, workspace};

const PAPAPARSE: (&str, &[&str]) = ("papaparse@5.7.1", &["papaparse/papaparse.min.js"]);
const TENSORFLOW: [(&str, &[&str]); 2] = [
    (
        "@tensorflow/tfjs@4.22.0",
        &["@tensorflow/tfjs/dist/tf.min.js"],
    ),
    (
        "@tensorflow/tfjs-backend-wasm@4.22.0",
        &[
            "@tensorflow/tfjs-backend-wasm/dist/tf-backend-wasm.min.js",
            "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm",
        ],
    ),
];

/// Puts PapaParse into the folder, unless npm isn't there; tells whether it is.
pub fn fetch_papaparse(scratch: &Path, site: &Path) -> Result<bool> {
    fetch(&[PAPAPARSE], scratch, site)
}

/// Puts TensorFlow.js and its wasm backend into the folder, unless npm isn't there; tells whether they are.
pub fn fetch_tensorflow(scratch: &Path, site: &Path) -> Result<bool> {
    fetch(&TENSORFLOW, scratch, site)
}

/// Puts files of packages from npm into the folder, unless npm isn't there; tells whether they are.
fn fetch(packages: &[(&str, &[&str])], scratch: &Path, site: &Path) -> Result<bool> {
    let files = || packages.iter().flat_map(|package| package.1).map(Path::new);
    let names: Vec<&str> = packages.iter().map(|package| package.0).collect();
    let place = |file: &Path| file.file_name().map(|name| site.join(name));
    if files().filter_map(place).all(|file| file.exists()) {
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
        .args(&names)
        .stdin(Stdio::null())
        .status()?;
    ensure!(status.success(), "npm could not install {names:?}");
    for file in files() {
        if let Some(place) = place(file) {
            std::fs::copy(scratch.join("node_modules").join(file), place)?;
        }
    }
    Ok(true)
}

/// Compiles the GRU step in burn, which takes minutes the first time, and puts it into the folder.
pub fn build_burn(site: &Path) -> Result<bool> {
    let module = wasm::build_apart("rival", "qcart_rival")?;
    std::fs::copy(module, site.join("burn.wasm"))?;
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
