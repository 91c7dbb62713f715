//! What everyone meets first: the page opens, cleanly, from any path, and talks to nobody.

use anyhow::{Context, ensure};
use qcart_browser_tests::{Setting, scenario};
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

/// The policy of the page must bind its worker as well, or the sentence about privacy would be a mere intention.
#[test]
fn nothing_could_be_sent_elsewhere_even_from_a_worker() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        let script = "
            const code = `fetch('http://127.0.0.1:9/').then(() => postMessage('sent'), () => postMessage('refused'));`;
            const worker = new Worker(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })), { type: 'module' });
            return new Promise((resolve) => { worker.onmessage = ({ data }) => resolve(data); });";
        ensure!(page.driver.run(script, &[])? == "refused");
        let complaints = page.complaints()?.join("\n");
        ensure!(
            complaints.contains("Content Security Policy directive: \"connect-src 'self'\""),
            "a worker like the page's own could ask elsewhere: {complaints}"
        );
        Ok(())
    });
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
