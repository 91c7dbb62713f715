//! What goes wrong on the way: each time a sentence says what and how to mend it, and what was there stays.

use anyhow::{Context, Result, ensure};
use qcart_browser_tests::{Page, Setting, acts, scenario, served};
use serde_json::json;
use std::time::{Duration, SystemTime};
use std::{fs, iter, path::Path};
use xtask::site::File;
use xtask::workspace;

const LOG: &str = "user,item,event,time\nann,tea,view,2026-03-01 09:30\nann,cup,cart,2026-03-01 09:31\n\
                   bob,tea,view,2026-03-01 10:00\nbob,pot,purchase,2026-03-01 10:05\n";

/// How long the page may take to say it; a silent worker is given ten seconds before that.
const SAID: Duration = Duration::from_secs(40);

/// A first visit to a site that lacks something; `before` runs in the page before its own code.
fn visit(name: &str, before: &str, change: impl Fn(&mut File), says: &str) {
    let outcome = || -> Result<()> {
        let page = Page::open(&Setting::default())?;
        page.server.replace(served::changed(name, change)?);
        page.driver.devtools(
            "Page.addScriptToEvaluateOnNewDocument",
            &json!({ "source": before }),
        )?;
        page.visit("")?;
        let said = format!(
            "document.querySelector('#notices')?.innerText.includes({})",
            json!(says)
        );
        page.driver.wait_for(&said, SAID)?;
        page.check_accessibility()
    };
    outcome()
        .with_context(|| format!("a visit with {name}"))
        .unwrap_or_else(|problem| panic!("{problem:#}"));
}

#[test]
fn a_browser_without_webassembly_is_told_so() {
    visit(
        "no-webassembly",
        "delete globalThis.WebAssembly",
        |_| {},
        "has no WebAssembly",
    );
}

#[test]
fn a_site_without_its_engine_says_so() {
    let rename = |file: &mut File| {
        if file.path.contains("pkg/engine/") {
            file.path = file.path.replace("pkg/engine/", "pkg/elsewhere/");
        }
    };
    visit("no-engine", "", rename, "missing from this site (404)");
}

#[test]
fn a_policy_that_forbids_webassembly_is_named() {
    let forbid = |file: &mut File| {
        if file.path == "index.html" {
            let html = String::from_utf8_lossy(&file.bytes).into_owned();
            file.bytes = html.replace(" 'wasm-unsafe-eval'", "").into_bytes();
        }
    };
    visit("strict", "", forbid, "A security policy keeps this page");
}

/// An engine of other bytes than the bindings expect: half of an old version, half of a new one.
#[test]
fn parts_of_different_versions_are_noticed() {
    let empty = |file: &mut File| {
        if file.path.ends_with("pkg/engine/qcart_bg.wasm") {
            file.bytes = b"\0asm\x01\0\0\0".to_vec();
        }
    };
    visit(
        "mixed",
        "",
        empty,
        "Parts of the page are of different versions",
    );
}

/// Browsers end workers without a word, as when memory runs short.
#[test]
fn a_worker_that_was_killed_is_noticed_and_replaced() {
    scenario(&Setting::default(), |page| {
        with_kept_workers(page)?;
        page.drop_file("killed-idle.csv", LOG.as_bytes())?;
        page.wait_until_ready()?;
        page.value("workers.forEach((worker) => worker.terminate())")?;
        notices_silence(page)?;
        page.check_accessibility()?;
        replaces_it(page)?;
        ensure!(page.figure("Users")? == "2", "the log is gone");
        page.train().map(drop)
    });
}

#[test]
fn a_worker_killed_while_it_trained_is_replaced_and_trains_again() {
    scenario(&Setting::default(), |page| {
        with_kept_workers(page)?;
        page.fill("spinbutton", "Seed", "5")?;
        page.wait_until_ready()?;
        page.click("button", "Train")?;
        page.wait_for("document.querySelector('#learn-view progress').value > 0")?;
        page.value("workers.forEach((worker) => worker.terminate())")?;
        notices_silence(page)?;
        replaces_it(page)?;
        let seed = page.value("document.querySelector('#p-seed').value")?;
        ensure!(seed == "5", "the settings are gone: seed {seed}");
        page.train().map(drop)
    });
}

#[test]
fn a_worker_killed_while_it_read_is_replaced_and_reads_again() {
    scenario(&Setting::default(), |page| {
        with_kept_workers(page)?;
        page.drop_file("killed-before.csv", LOG.as_bytes())?;
        page.value(
            "new MutationObserver((_, watching) => {
               if (!document.querySelector('#data-view .progress table')) return;
               watching.disconnect();
               workers.forEach((worker) => worker.terminate());
             }).observe(document.querySelector('#data-view'), { childList: true, subtree: true })",
        )?;
        let rows = (0..1_500_000_u32).map(|n| format!("{},{},view,{n}\n", n / 5, n % 977));
        let long: String = iter::once("user,item,event,time\n".to_owned())
            .chain(rows)
            .collect();
        page.choose_file("#file", &acts::scratch("killed.csv", long.as_bytes())?)?;
        notices_silence(page)?;
        ensure!(page.figure("Users")? == "2", "the log from before is gone");
        replaces_it(page)?;
        ensure!(
            page.figure("Users")? == "300,000",
            "the file was not read again"
        );
        page.wait_until_ready()
    });
}

/// Whatever broke it, what the engine said can be read, and another one takes its place.
#[test]
fn an_engine_that_broke_down_says_why_and_is_replaced() {
    scenario(&Setting::default(), |page| {
        with_kept_workers(page)?;
        page.drop_file("broken.csv", LOG.as_bytes())?;
        page.wait_until_ready()?;
        page.value(
            "workers.at(-1).postMessage({ act: 'takeWeights', id: 1e6, model: '', blob: null })",
        )?;
        page.wait_for_text("The engine broke down and was replaced.")?;
        page.value("document.querySelector('#notices summary').click()")?;
        page.wait_for_text("Cannot read properties of null")?;
        page.check_accessibility()?;
        page.wait_until_ready()?;
        ensure!(page.figure("Users")? == "2", "the log is gone");
        page.train().map(drop)
    });
}

/// A person goes on working on a file that the page has open: it can't be read again, and what was read stays.
#[test]
fn a_file_that_changed_after_it_was_chosen_is_noticed() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        let rows = (0..600_000_u32).map(|n| format!("{},{},view,{n}\n", n / 5, n % 31));
        let large: String = iter::once("user,item,event,time\n".to_owned())
            .chain(rows)
            .collect();
        for (name, text, users) in [
            ("moved.csv", LOG, "2"),
            ("moved-large.csv", &large, "120,000"),
        ] {
            page.drop_file(name, text.as_bytes())?;
            ensure!(page.figure("Users")? == users);
            let path = acts::scratch(name, b"user,item\n")?;
            // Browsers look at whole seconds.
            fs::File::options()
                .write(true)
                .open(path)?
                .set_modified(SystemTime::now() + Duration::from_secs(5))?;
            page.click("button", "All as guessed")?;
            page.wait_for(&format!(
                "document.querySelector('#data-view [role=alert]')?.innerText.includes('{name}')"
            ))?;
            let said = page.text("#data-view [role=alert]")?;
            ensure!(
                said.contains("The log read before is still in use."),
                "the page says: {said}"
            );
            ensure!(page.figure("Users")? == users, "the log is gone");
        }
        page.wait_until_ready()
    });
}

/// The page once more, so that its workers are in `workers`.
fn with_kept_workers(page: &Page) -> Result<()> {
    keep_workers(page)?;
    page.visit("?again")?;
    page.wait_until_ready()
}

fn notices_silence(page: &Page) -> Result<()> {
    let said = "document.querySelector('#notices').innerText.includes('has not answered')";
    page.driver.wait_for(said, SAID).map(drop)
}

/// Restarts the engine and waits until it has read the log again: what is shown before that is still the page of the old one.
fn replaces_it(page: &Page) -> Result<()> {
    let before = page.value("document.querySelector('#data-view').dataset.reads")?;
    page.click("button", "Restart the engine")?;
    page.wait_for_text("was replaced")?;
    page.wait_for(&format!(
        "((view) => view.dataset.reads !== {before} && view.ariaBusy === 'false')(document.querySelector('#data-view'))"
    ))
    .map(drop)
}

/// The page's own workers, in `workers`.
fn keep_workers(page: &Page) -> Result<()> {
    let keep = "globalThis.workers = [];
                globalThis.Worker = class extends Worker { constructor(...all) { super(...all); workers.push(this); } };";
    page.driver
        .devtools(
            "Page.addScriptToEvaluateOnNewDocument",
            &json!({ "source": keep }),
        )
        .map(drop)
}

#[test]
fn a_dropped_folder_is_refused_in_words() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        page.drop_file("shop.csv", LOG.as_bytes())?;
        let folder = workspace::target_dir().join("browser-tests/folder");
        fs::create_dir_all(&folder)?;
        drop_on_page(page, &folder)?;
        page.wait_for_text("That was a folder")?;
        ensure!(page.figure("Users")? == "2", "the log is gone");
        let file = workspace::target_dir().join("browser-tests/dropped.csv");
        fs::write(&file, LOG.replace("bob", "eve"))?;
        drop_on_page(page, &file)?;
        page.wait_for("document.querySelector('#user-list')?.innerText.includes('eve')")?;
        Ok(())
    });
}

/// As a person drags something from the desktop.
fn drop_on_page(page: &Page, path: &Path) -> Result<()> {
    for kind in ["dragEnter", "dragOver", "drop"] {
        let event = json!({
            "type": kind, "x": 200, "y": 200,
            "data": { "items": [], "files": [path], "dragOperationsMask": 1 },
        });
        page.driver.devtools("Input.dispatchDragEvent", &event)?;
    }
    Ok(())
}

/// The same name, other content: the link's promise can't be kept, and the verdict says where.
#[test]
fn a_file_that_changed_between_visits_is_noticed() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        page.drop_file("shop.csv", LOG.as_bytes())?;
        page.train()?;
        let link = page.make_link()?;
        let other = Page::open(&Setting::default())?;
        other.visit(&link)?;
        other.wait_for_text("This experiment needs a file")?;
        other.drop_file("shop.csv", LOG.replace("pot", "jar").as_bytes())?;
        other.train()?;
        let verdict = other.text("[data-testid=verdict]")?;
        ensure!(
            verdict.contains("Differs") && verdict.contains("the file"),
            "the page says: {verdict}"
        );
        Ok(())
    });
}

/// Nobody looks, but the worker goes on.
#[test]
fn training_goes_on_while_the_tab_is_hidden() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        page.click("button", "Train")?;
        page.driver.behind_another_tab(|| {
            page.driver.wait_for("document.hidden", SAID)?;
            page.wait_for("document.querySelector('#status').textContent.includes('Converged')")
                .map(drop)
        })?;
        page.wait_until_trained()
    });
}
