//! From a shop's log to a policy, to recommendations with reasons, to a link that gives the same numbers elsewhere.

use anyhow::{Result, ensure};
use qcart_browser_tests::{Page, Setting, scenario};
use std::process::Command;
use xtask::workspace;

#[test]
fn a_shop_is_learned_explained_and_repeated_elsewhere() {
    scenario(&Setting::default(), |page| {
        let words = page.train()?;
        let percent = percentage(&words).unwrap_or(0.0);
        ensure!(
            words.contains("Converged") && percent >= 99.5,
            "the page says: {words}"
        );
        recommendations_have_reasons(page)?;
        let link = page.make_link()?;
        let digest = page.text("#share-view code")?;
        repeated_in_another_browser(&link)?;
        repeated_by_the_runner(&link, &digest)
    });
}

fn percentage(words: &str) -> Option<f64> {
    words
        .split_whitespace()
        .find_map(|word| word.strip_suffix('%')?.parse().ok())
}

fn recommendations_have_reasons(page: &Page) -> Result<()> {
    page.driver
        .click(&page.driver.find("#user-list [role=option]")?)?;
    page.wait_for("document.querySelectorAll('table.items tbody').length >= 5")?;
    let reason = page.text("table.items .why")?;
    ensure!(
        reason.contains("% take it when it is shown"),
        "the reason is: {reason}"
    );
    page.check_accessibility()
}

fn repeated_in_another_browser(link: &str) -> Result<()> {
    let other = Page::open(&Setting::default())?;
    other.visit(link)?;
    other.train()?;
    let verdict = other.text("[data-testid=verdict]")?;
    ensure!(
        verdict.contains("Reproduced"),
        "the other browser says: {verdict}"
    );
    Ok(())
}

fn repeated_by_the_runner(link: &str, digest: &str) -> Result<()> {
    let mut cargo: Command = workspace::cargo();
    let output = cargo
        .args([
            "run",
            "--quiet",
            "--package",
            "qcart",
            "--",
            "run",
            link,
            "--json",
        ])
        .output()?;
    let (said, failed) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    ensure!(
        output.status.success(),
        "the runner ended with {}: {said}{failed}",
        output.status
    );
    ensure!(
        said.contains(digest),
        "the page's digest is {digest}, the runner says {said}"
    );
    Ok(())
}

#[test]
fn training_obeys_at_once() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        page.click("button", "Step")?;
        page.wait_for("document.querySelector('.equation')")?;
        page.click("button", "Resume")?;
        page.click("button", "Pause")?;
        page.named("button", "Resume")?;
        page.click("button", "Stop")?;
        page.wait_for_text("Stopped")?;
        page.click("button", "Reset")?;
        page.wait_for_text("Ready to train.")
    });
}

#[test]
fn a_damaged_link_is_explained_and_harms_nothing() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        let users = page.figure("Users")?;
        for link in ["v1.", "v1.AAAA", "v9.AAAA", "v1.%00%ff", "nothing"] {
            page.fill("textbox", "Open a link that someone sent", link)?;
            page.click("button", "Open")?;
            page.wait_for(
                "document.querySelector('#share-view form .message.bad')?.innerText.length > 20",
            )?;
            ensure!(
                page.figure("Users")? == users,
                "the data is gone after {link}"
            );
        }
        page.check_accessibility()
    });
}
