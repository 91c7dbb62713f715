//! Chromium and its driver: found, or installed where that can be done without asking.

use anyhow::{Result, bail, ensure};
use std::env;
use std::process::{Command, Stdio};

/// What the browser tests need, as Debian and its relatives name it.
const PACKAGES: [&str; 2] = ["chromium", "chromium-driver"];

/// Makes sure that Chromium and ChromeDriver can be started.
///
/// # Errors
/// With a sentence that says what to install, where they are missing and can't be installed from here.
pub fn ensure_chromium() -> Result<()> {
    if is_installed() {
        return Ok(());
    }
    let by_hand = "the browser tests need Chromium and ChromeDriver in PATH; \
                   on Debian or Ubuntu: apt-get install chromium chromium-driver";
    if !(is_root() && in_path("apt-get")) {
        bail!("{by_hand}");
    }
    eprintln!("installing {}", PACKAGES.join(" and "));
    apt(&["update"])?;
    apt(&[
        &["install", "--yes", "--no-install-recommends"][..],
        &PACKAGES[..],
    ]
    .concat())?;
    ensure!(is_installed(), "{by_hand}");
    Ok(())
}

fn is_installed() -> bool {
    let browsers = ["chromium", "chromium-browser", "google-chrome", "chrome"];
    in_path("chromedriver") && browsers.into_iter().any(in_path)
}

fn apt(arguments: &[&str]) -> Result<()> {
    let status = Command::new("apt-get")
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .status()?;
    ensure!(status.success(), "apt-get {} failed", arguments.join(" "));
    Ok(())
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Whether a program of this name can be started.
#[must_use]
pub fn in_path(program: &str) -> bool {
    let folders = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&folders).any(|folder| folder.join(program).is_file())
}
