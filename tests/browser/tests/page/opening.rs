//! What everyone meets first: the page opens, cleanly, from any path, and talks to nobody.

use anyhow::{Context, Result, ensure};
use qcart_browser_tests::page::PATIENCE;
use qcart_browser_tests::{Page, Setting, acts, scenario, served};
use serde_json::json;
use xtask::size;

#[test]
fn shows_a_sample_ready_to_train() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        ensure!(
            page.value("document.title")?
                .as_str()
                .is_some_and(|title| title.contains("Qcart"))
        );
        page.check_accessibility()
    });
}

/// What `size of the first load` weighs is what a visit loads: the rest waits until it is needed.
#[test]
fn loads_first_only_what_is_weighed_as_such() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        let loaded =
            "performance.getEntriesByType('resource').map((entry) => new URL(entry.name).pathname)";
        let loaded = page.value(loaded)?;
        let paths = loaded.as_array().context("no list")?;
        ensure!(
            paths
                .iter()
                .any(|path| path.as_str().is_some_and(|path| path.ends_with(".wasm")))
        );
        let later: Vec<_> = paths
            .iter()
            .filter_map(|path| path.as_str())
            .filter(|path| size::is_on_demand(path))
            .collect();
        ensure!(later.is_empty(), "a first visit loads {later:?}");
        Ok(())
    });
}

#[test]
fn asks_for_nothing_once_it_is_stored() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        page.wait_until_stored()?;
        let (first, _) = (page.server.take_requests(), page.take_requests()?);
        ensure!(
            first.iter().any(|path| path.ends_with("qcart_bg.wasm")),
            "the server saw {first:?}"
        );
        page.drop_file(
            "private.csv",
            b"user,item,event,time\nann,tea,view,1\nann,cup,purchase,2\nbob,tea,view,3\n",
        )?;
        page.choose("Generated shop")?;
        page.train()?;
        page.make_link()?;
        let (at_server, from_page) = (page.server.take_requests(), page.take_requests()?);
        // What is loaded when it is first needed comes from what the browser has stored.
        let elsewhere = from_page
            .iter()
            .filter(|address| !address.starts_with(page.server.url()));
        ensure!(
            at_server.is_empty() && elsewhere.count() == 0,
            "asked for {at_server:?} and {from_page:?}"
        );
        Ok(())
    });
}

/// The policy of the page must bind its workers as well, or the sentence about privacy would be a mere intention: were the
/// page's own workers to ask elsewhere, the browser would refuse.
#[test]
fn nothing_could_be_sent_elsewhere_even_from_a_worker() {
    let outcome = || -> Result<()> {
        let page = Page::open(&Setting::default())?;
        let nosy = served::changed("nosy-workers", |file| {
            let address = match file.path.as_str() {
                "www/worker.js" => "http://127.0.0.1:9/engine",
                "www/reader.js" => "http://127.0.0.1:9/reader",
                _ => return,
            };
            file.bytes
                .extend(format!("\nfetch('{address}').catch(() => {{}});\n").bytes());
        })?;
        page.server.replace(nosy);
        page.visit("")?;
        // The waiting that tests share would stop at the very complaints that are looked for.
        let ready = "document.querySelector('[data-testid=train]')?.disabled === false";
        page.driver.wait_for(ready, PATIENCE)?;
        let large = "ann,tea,view,1\nann,cup,purchase,2\nbob,tea,view,3\n".repeat(200_000);
        let large = format!("user,item,event,time\n{large}");
        page.choose_file(
            "#file",
            &acts::scratch("private-large.csv", large.as_bytes())?,
        )?;
        let read =
            "document.querySelector('#data-view .facts')?.innerText.includes('private-large.csv')";
        page.driver.wait_for(read, PATIENCE)?;
        let complaints = page.complaints()?;
        for who in ["engine", "reader"] {
            let refused = |line: &&String| {
                line.contains(&format!("http://127.0.0.1:9/{who}"))
                    && line.contains("Content Security Policy directive: \"connect-src 'self'\"")
            };
            ensure!(
                complaints.iter().any(|line| refused(&line)),
                "the worker ({who}) could ask elsewhere: {complaints:?}"
            );
        }
        Ok(())
    };
    outcome().unwrap_or_else(|problem| panic!("{problem:#}"));
}

#[test]
fn works_where_storage_is_forbidden() {
    scenario(&Setting::default(), |page| {
        let forbid = "for (const name of ['localStorage', 'sessionStorage', 'indexedDB', 'caches'])
                        Object.defineProperty(window, name, { get() { throw new DOMException('forbidden', 'SecurityError'); } });";
        page.driver.devtools(
            "Page.addScriptToEvaluateOnNewDocument",
            &json!({ "source": forbid }),
        )?;
        page.visit("?again")?;
        page.wait_until_ready()?;
        page.wait_for_text("This browser stores nothing for this page.")
    });
}
