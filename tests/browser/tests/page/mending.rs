//! What a person can put right: a file that was read wrongly, one that could not be read, a link that someone edited.

use crate::import::{GOOD, noise};
use anyhow::{Context, Result, ensure};
use qcart_browser_tests::{Page, Setting, scenario};
use serde_json::json;

/// Chooses an option of a list by its words and waits until the file was read with it.
fn choose(page: &Page, list: &str, option: &str) -> Result<()> {
    let reads = page.value("Number(document.querySelector('#data-view').dataset.reads)")?;
    let field = page.named("combobox", list)?;
    page.driver.type_into(&field, option)?;
    page.wait_for(&format!(
        "Number(document.querySelector('#data-view').dataset.reads) > {reads}
         && document.querySelector('#data-view').ariaBusy === 'false'"
    ))
    .with_context(|| format!("{option} for {list}"))?;
    Ok(())
}

/// What a list shows as chosen.
fn chosen(page: &Page, list: &str) -> Result<String> {
    let found = page.value(&format!(
        "document.querySelector('#data-view select[aria-label=' + JSON.stringify({}) + ']').selectedOptions[0].innerText",
        json!(list)
    ))?;
    Ok(found.as_str().unwrap_or_default().to_owned())
}

#[test]
fn each_guess_of_the_reader_can_be_changed() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        page.drop_file("good.csv", GOOD.as_bytes())?;
        ensure!(page.figure("Users")? == "2" && page.figure("Items")? == "3");
        // Whoever had the role takes the other's: one change is enough to exchange two columns.
        choose(page, "Role of column user", "item")?;
        ensure!(page.figure("Users")? == "3" && page.figure("Items")? == "2");
        ensure!(chosen(page, "Role of column item")? == "user");
        choose(page, "view counts as", "click")?;
        ensure!(page.text("#data-view")?.contains("click"));
        choose(page, "First row", "is data")?;
        ensure!(page.text("#data-view")?.contains("column 1"));
        page.click("button", "All as guessed")?;
        page.wait_for("document.querySelector('#data-view').ariaBusy === 'false'")?;
        ensure!(page.figure("Users")? == "2" && page.figure("Items")? == "3");
        choose(page, "Delimiter", "semicolon")?;
        page.wait_for("document.querySelector('#data-view .message.bad')")?;
        // What can't be read so stays open to change, and what was read before in use.
        ensure!(page.figure("Users")? == "2");
        choose(page, "Delimiter", "comma")?;
        page.wait_for("!document.querySelector('#data-view .message.bad')")?;
        ensure!(page.figure("Users")? == "2" && page.figure("Items")? == "3");
        page.check_accessibility()
    });
}

#[test]
fn a_file_that_could_not_be_read_can_be_put_right() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        page.drop_file("good.csv", GOOD.as_bytes())?;
        let words = "user,item,event\nann,tee,angesehen\nann,tasse,gekauft\neva,tee,angesehen\n";
        page.drop_file("worte.csv", words.as_bytes())?;
        page.wait_for_text("No row has an event word that is known")?;
        page.wait_for_text("How “worte.csv” is read")?;
        ensure!(page.figure("Users")? == "2", "the log before is gone");
        page.check_accessibility()?;
        choose(page, "angesehen counts as", "view")?;
        ensure!(page.figure("Events")? == "2");
        choose(page, "gekauft counts as", "purchase")?;
        ensure!(page.figure("Events")? == "3");
        // Or it is left alone.
        choose(page, "Role of column item", "not used")?;
        page.wait_for_text("None of the columns seems to name the items")?;
        ensure!(page.figure("Events")? == "3");
        page.click("button", "Leave this file")?;
        page.wait_for("!document.querySelector('#data-view .message.bad')")?;
        ensure!(page.figure("Events")? == "3");
        page.train().map(drop)
    });
}

/// A picture of 300 kB is dropped while the agent learns: it is refused in words, and the agent learns on.
#[test]
fn a_refused_file_does_not_stop_what_is_under_way() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        page.fill("spinbutton", "Budget", "100000000")?;
        page.click("button", "Train")?;
        page.wait_for("document.querySelector('#learn-view progress')?.value > 0")?;
        page.drop_file(
            "picture.png",
            &[b"\x89PNG\r\n\x1a\n", &noise(300_000)[..]].concat(),
        )?;
        page.wait_for("document.querySelector('#data-view .message.bad')")?;
        let at = page.value("document.querySelector('#learn-view progress').value")?;
        page.wait_for(&format!(
            "document.querySelector('#learn-view progress').value > {at}"
        ))?;
        page.click("button", "Stop")?;
        page.wait_for_text("Stopped")
    });
}

/// The link with its experiment changed by a JavaScript expression on `it`.
fn edited(page: &Page, link: &str, change: &str) -> Result<String> {
    let script = format!(
        "const through = async (bytes, stream) => new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
         const [, packed] = {}.split('#v1.');
         const bytes = Uint8Array.from(atob(packed.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
         const it = JSON.parse(new TextDecoder().decode(await through(bytes, new DecompressionStream('deflate'))));
         {change};
         const again = await through(new TextEncoder().encode(JSON.stringify(it)), new CompressionStream('deflate'));
         return 'v1.' + btoa(String.fromCharCode(...again)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');",
        json!(link)
    );
    let text = page
        .driver
        .run(&format!("return (async () => {{ {script} }})();"), &[])?;
    Ok(text.as_str().context("no link came of it")?.to_owned())
}

/// Whatever is wrong with it, nothing of it is opened: not its settings, not its data.
#[test]
fn an_edited_link_is_refused_before_it_changes_anything() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        page.drop_file("good.csv", GOOD.as_bytes())?;
        page.train()?;
        let link = page.make_link()?;
        let percent = page.text(".outcome")?;
        for (change, word) in [
            ("it.problem = 'chess'", "chess"),
            ("it.source = { type: 'sample', id: 'nope' }", "nope"),
            (
                "it.source = { type: 'inline', name: 'x.csv', data: 'AAAA' }",
                "damaged",
            ),
            ("it.source = { type: 'none' }", "needs a log"),
            ("it.settings.gamma = 7", "Discount"),
            ("it.settings.gammma = 0.5", "gammma"),
            ("it.options.sessionGapMinutes = -5", "gap"),
            (
                "it.changes = [{ run: 0, step: 5, key: 'order', value: 1 }]",
                "can't change",
            ),
            ("it.more = 1", "more"),
        ] {
            let text = edited(page, &link, change)?;
            page.fill("textbox", "Open a link that someone sent", &text)?;
            page.click("button", "Open")?;
            let said = format!(
                "document.querySelector('#share-view form .message.bad')?.innerText.includes({})",
                json!(word)
            );
            page.wait_for(&said).with_context(|| change.to_owned())?;
            ensure!(page.figure("Users")? == "2", "the log is gone: {change}");
            ensure!(
                page.text(".outcome")? == percent,
                "what was learned is gone: {change}"
            );
        }
        // In the address bar it says so at the top.
        let text = edited(page, &link, "it.problem = 'chess'")?;
        page.value(&format!("location.hash = {}", json!(text)))?;
        page.wait_for("document.querySelector('#notices')?.innerText.includes('chess')")?;
        ensure!(page.text(".outcome")? == percent);
        // One that is whole is opened, whatever was tried before.
        let text = edited(page, &link, "it.settings.gamma = 0.25")?;
        page.fill("textbox", "Open a link that someone sent", &text)?;
        page.click("button", "Open")?;
        page.wait_for_text("An experiment was opened from a link.")
    });
}
