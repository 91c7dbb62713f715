//! After the first visit the page needs no network, and a new version arrives as a whole or not at all.

use crate::decisions;
use anyhow::{Result, ensure};
use qcart_browser_tests::{Setting, scenario, served};

#[test]
fn opens_again_when_the_server_is_gone() {
    scenario(&Setting::default(), |page| {
        page.wait_until_stored()?;
        page.server.stop();
        page.visit("")?;
        page.wait_until_ready()?;
        page.train()?;
        page.choose("Article's log")?;
        page.wait_for("document.querySelector('#data-view').innerText.includes('article.csv')")?;
        page.train()?;
        ensure!(page.figure("Users")? == "10");
        // The rest of the engine comes from what is stored, too.
        decisions::choose(page, "price", None)?;
        page.train()?;
        page.visit("index.html?from=elsewhere#x")?;
        page.wait_until_ready()
    });
}

#[test]
fn a_new_version_waits_until_it_is_asked_for() {
    scenario(&Setting::default(), |page| {
        page.wait_until_stored()?;
        page.driver.run(
            "window.heard = [];
             navigator.serviceWorker.addEventListener('message', (event) => heard.push(event.data.type));
             navigator.serviceWorker.startMessages();",
            &[],
        )?;
        page.server.replace(described_as("the next version")?);
        page.driver.run("return navigator.serviceWorker.getRegistration().then((r) => r.update()).then(() => null);", &[])?;
        page.wait_for("heard.includes('qcart-new-version')")?;
        page.visit("?still")?;
        page.wait_until_ready()?;
        ensure!(
            page.value(DESCRIPTION)? != "the next version",
            "the old version was left unasked"
        );
        page.driver.run(
            "return navigator.serviceWorker.getRegistration().then((r) => r.waiting.postMessage({ type: 'qcart-take-over' }));",
            &[],
        )?;
        page.wait_until_stored()?;
        page.wait_for("navigator.serviceWorker.getRegistration().then((r) => r.waiting === null)")?;
        page.visit("")?;
        page.wait_for(&format!("{DESCRIPTION} === 'the next version'"))?;
        Ok(())
    });
}

/// A part of `index.html` that no script changes.
const DESCRIPTION: &str = "document.querySelector('meta[name=description]').content";

fn described_as(words: &str) -> Result<xtask::site::Source> {
    const START: &str = "<meta name=\"description\" content=\"";
    served::changed("next-version", |file| {
        if file.path == "index.html" {
            let html = String::from_utf8_lossy(&file.bytes).into_owned();
            file.bytes = html
                .replace(START, &format!("{START}{words}\" title=\""))
                .into_bytes();
        }
    })
}
