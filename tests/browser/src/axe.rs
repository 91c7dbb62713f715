//! Automatic checks of accessibility, by axe-core (vendored, under the Mozilla Public License 2.0).

use crate::driver::Driver;
use anyhow::{Result, ensure};
use serde_json::Value;

/// From the npm package `axe-core` 4.14.1.
const AXE: &str = include_str!("../vendor/axe.min.js");

/// Fails with a list when the page as it stands violates any rule of WCAG 2.2 A and AA or any best practice.
///
/// # Errors
/// When there is a violation.
pub fn check(driver: &Driver) -> Result<()> {
    driver.run(AXE, &[])?;
    let violations = driver.run(
        // The size of targets belongs to WCAG 2.2 AA (2.5.8), but axe does not look at it unasked.
        "const rules = { 'target-size': { enabled: true } };
         // The steps stay at the top: only where nothing is scrolled is nothing under them.
         const at = scrollY;
         scrollTo({ top: 0, behavior: 'instant' });
         return axe.run(document, { rules }).then((result) => {
           scrollTo({ top: at, behavior: 'instant' });
           return result.violations;
         });",
        &[],
    )?;
    let list: Vec<String> = violations
        .as_array()
        .into_iter()
        .flatten()
        .map(described)
        .collect();
    ensure!(
        list.is_empty(),
        "axe found {} violations:\n{}",
        list.len(),
        list.join("\n")
    );
    Ok(())
}

fn described(violation: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let mut lines = format!(
        "{} ({}): {}",
        text(&violation["id"]),
        text(&violation["impact"]),
        text(&violation["help"])
    );
    for node in violation["nodes"].as_array().into_iter().flatten() {
        lines.push_str(&format!(
            "\n    {}\n      {}",
            node["target"],
            text(&node["failureSummary"]).replace('\n', "\n      ")
        ));
    }
    lines
}
