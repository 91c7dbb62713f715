//! Networks on the ranking board and beside the recommendations: their cost before they learn, their curves while they do, their reasons
//! afterwards, their weights as files, and links that repeat them.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use qcart_browser_tests::{Page, Setting, acts, scenario};
use serde_json::Value;

use crate::{natively, repeat_natively};

/// A size and a time stand there.
const COSTS: &str =
    "/\\d (MB|kB)/.test(document.querySelector('[data-testid=advice-costs]')?.innerText)";
/// The network says something of the user that is looked at.
const SAID: &str = "document.querySelector('[data-testid=advice-said][aria-busy=false] table')";

#[test]
fn a_network_says_what_it_takes_learns_and_explains_itself() {
    scenario(&Setting::default(), |page| -> Result<()> {
        compare_with_network(page)?;
        page.value("document.querySelector('[data-testid=evaluate]').click()")?;
        page.wait_for("document.querySelector('[data-testid=board]')")?;
        page.wait_for_text("mlp learns")?;
        page.value("document.querySelector('[data-testid=insight] button:last-of-type').click()")?;
        page.wait_for_text("Items learned to be like")?;
        page.check_accessibility()?;
        page.check_width()?;
        // What was tested recommends to users, too.
        open_advice(page)?;
        page.wait_for(SAID)?;
        page.wait_for_text("mlp, learned from the training part of the ranking board")
    });
}

/// Settings from the fold hold for the chosen networks; ranked all three ways, one stands there three times, and the link repeats that.
#[test]
fn three_rankings_of_a_network_stand_apart_and_a_link_repeats_them() {
    scenario(&Setting::default(), |page| -> Result<()> {
        compare_with_network(page)?;
        // A blend says what its networks take; tuning leaves both alone, and says so.
        check_model(page, "blend-networks")?;
        page.wait_for("/blend-networks\\s+[\\d.]+.*\\d (MB|kB)/.test(document.querySelector('[data-testid=networks] tbody').innerText)")?;
        set(page, "#e-tune", "10")?;
        let said = page.wait_for("document.querySelector('[data-testid=untuned]')?.innerText")?;
        let said = said.as_str().context("nothing is said of tuning")?;
        ensure!(
            said.contains("mlp, ") || said.contains("blend-networks, "),
            "{said}"
        );
        page.check_accessibility()?;
        set(page, "#e-tune", "0")?;
        check_model(page, "blend-networks")?;
        page.value("[...document.querySelectorAll('[data-testid=networks] details')].forEach((fold) => (fold.open = true))")?;
        for (field, value) in [("#h-epochs", "2"), ("#h-width", "16"), ("#h-rank", "apart")] {
            set(page, field, value)?;
        }
        page.wait_for("document.querySelector('[data-testid=apart]')")?;
        page.wait_for("document.querySelectorAll('[data-testid=networks] tbody tr').length === 3")?;
        page.check_accessibility()?;
        page.check_width()?;
        page.wait_for("document.querySelector('[data-testid=evaluate]:enabled')")?;
        page.value("document.querySelector('[data-testid=evaluate]').click()")?;
        page.wait_for("document.querySelector('[data-testid=board]')")?;
        let rows = page.value("[...document.querySelectorAll('[data-testid=board] tbody th')].map((cell) => cell.innerText)")?;
        let rows: Vec<String> = serde_json::from_value(rows)?;
        ensure!(rows.len() == 4, "{rows:?}");
        for settings in [
            "epochs=2, width=16",
            "epochs=2, rank=value, width=16",
            "epochs=2, rank=product, width=16",
        ] {
            let of_network = |row: &&String| row.starts_with("mlp") && row.contains(settings);
            let found = rows.iter().filter(of_network).count();
            ensure!(found == 1, "{found} rows of {settings} in {rows:?}");
        }
        page.check_accessibility()?;
        page.check_width()?;
        repeat_natively(&page.make_link()?)
    });
}

#[test]
fn a_network_stopped_by_hand_on_the_board_is_repeated_by_its_link() {
    scenario(&Setting::default(), |page| -> Result<()> {
        compare_with_network(page)?;
        page.value("document.querySelector('[data-testid=evaluate]').click()")?;
        stop_learning(page)?;
        page.wait_for("document.querySelector('[data-testid=board]')")?;
        let link = page.make_link()?;
        let other = Page::open(&Setting::default())?;
        other.visit(&link)?;
        other.wait_for("document.querySelector('[data-testid=evaluate]:enabled')")?;
        other.value("document.querySelector('[data-testid=evaluate]').click()")?;
        let verdict =
            other.wait_for("document.querySelector('[data-testid=ranking-verdict]')?.innerText")?;
        ensure!(
            verdict
                .as_str()
                .is_some_and(|words| words.contains("Reproduced")),
            "{verdict}"
        );
        repeat_natively(&link)
    });
}

#[test]
fn a_network_recommends_to_a_user_and_its_link_repeats_it() {
    scenario(&Setting::default(), |page| -> Result<()> {
        page.wait_until_ready()?;
        page.wait_for("document.querySelector('#user-list [role=option]')")?;
        open_advice(page)?;
        page.check_accessibility()?;
        choose(page, "mlp")?;
        page.value("document.querySelector('[data-testid=advice-learn]').click()")?;
        stop_learning(page)?;
        page.wait_for(SAID)?;
        let words = page.text("[data-testid=advice-said]")?;
        for part in [
            "mlp, stopped after",
            "Its best epoch was kept",
            "Why ",
            "Items learned to be like",
        ] {
            ensure!(words.contains(part), "no “{part}” in: {words}");
        }
        page.check_accessibility()?;
        page.check_width()?;
        // Another user gets a list of their own.
        let before = page.text("[data-testid=advice-said] h4")?;
        page.value("document.querySelectorAll('#user-list [role=option]')[1].click()")?;
        page.wait_for(&format!("{SAID} && document.querySelector('[data-testid=advice-said] h4').innerText !== '{before}'"))?;
        let list = recommended(page)?;
        let link = page.make_link()?;
        let other = Page::open(&Setting::default())?;
        other.visit(&link)?;
        other.wait_for("document.querySelector('[data-testid=advice-learn]:enabled')")?;
        other.value("document.querySelector('[data-testid=advice-learn]').click()")?;
        let verdict =
            other.wait_for("document.querySelector('[data-testid=advice-verdict]')?.innerText")?;
        ensure!(
            verdict
                .as_str()
                .is_some_and(|words| words.contains("Reproduced")),
            "{verdict}"
        );
        other.wait_for("document.querySelectorAll('#user-list [role=option]').length > 1")?;
        other.value("document.querySelectorAll('#user-list [role=option]')[1].click()")?;
        other.wait_for(SAID)?;
        ensure!(
            recommended(&other)? == list,
            "{:?} and {list:?}",
            recommended(&other)?
        );
        repeat_natively(&link)
    });
}

/// On a phone in the dark: weights that the native runner saved say the same here as there; files that are none change nothing.
#[test]
fn weights_of_the_native_runner_recommend_the_same_here() {
    let phone = Setting {
        size: (390, 844),
        dark: true,
        ..Setting::default()
    };
    scenario(&phone, |page| -> Result<()> {
        let log = acts::scratch("advice-log.csv", b"")?;
        let weights = acts::scratch("advice.safetensors", b"")?;
        let path = |path: &Path| path.to_string_lossy().into_owned();
        let (log, file) = (path(&log), path(&weights));
        natively(&["generate", &log])?;
        let told = natively(&[
            "recommend",
            "--log",
            &log,
            "--user",
            "u00001",
            "--model",
            "mlp:epochs=1",
            "--save-weights",
            &file,
            "--json",
        ])?;
        let told: Value = serde_json::from_str(&told)?;
        let items = told["recommended"].as_array().context("no list")?;
        let expected: Vec<&str> = items
            .iter()
            .filter_map(|row| row["item"].as_str())
            .collect();

        page.wait_until_ready()?;
        open_advice(page)?;
        choose(page, "mlp")?;
        page.choose_file("#weights-file", &weights)?;
        page.wait_for(SAID)?;
        ensure!(
            recommended(page)? == expected,
            "{:?} and {expected:?}",
            recommended(page)?
        );
        page.check_width()?;

        let bytes = std::fs::read(&weights)?;
        let cut = acts::scratch("cut.safetensors", &bytes[..bytes.len() / 2])?;
        let mut broken = bytes;
        let end = broken.len();
        broken[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
        let broken = acts::scratch("nan.safetensors", &broken)?;
        for (file, words) in [(cut, "does not hold weights"), (broken, "is NaN")] {
            page.choose_file("#weights-file", &file)?;
            page.wait_for(&format!("document.querySelector('[data-testid=advice] [role=alert]')?.innerText.includes('{words}')"))?;
            ensure!(recommended(page)? == expected, "what was there is gone");
        }
        choose(page, "gru")?;
        page.choose_file("#weights-file", &weights)?;
        page.wait_for("document.querySelector('[data-testid=advice] [role=alert]')?.innerText.includes('another network')")?;
        page.check_accessibility()?;
        page.check_width()
    });
}

/// Opens the boards and chooses a counting model and a network, whose cost is told.
fn compare_with_network(page: &Page) -> Result<()> {
    page.wait_for("document.querySelector('[data-testid=open-boards]:enabled')")?;
    page.value("document.querySelector('[data-testid=open-boards]').click()")?;
    page.wait_for("document.querySelector('#evaluate .models')")?;
    page.value("document.querySelectorAll('#evaluate .models input').forEach((box) => { const wanted = ['pop', 'mlp'].includes(box.closest('li').querySelector('b').textContent); if (box.checked !== wanted) box.click(); })")?;
    page.wait_for(
        "/\\d MB|\\d kB/.test(document.querySelector('[data-testid=networks] tbody')?.innerText)",
    )
    .map(drop)
}

/// Checks a model, or unchecks it.
fn check_model(page: &Page, name: &str) -> Result<()> {
    page.value(&format!("[...document.querySelectorAll('#evaluate .models li')].find((line) => line.querySelector('b').textContent === '{name}').querySelector('input').click()"))
        .map(drop)
}

/// Puts a value into a field, as a person who leaves it then.
fn set(page: &Page, field: &str, value: &str) -> Result<()> {
    page.wait_for(&format!("document.querySelector('{field}')"))?;
    page.value(&format!("((field) => {{ field.value = '{value}'; field.dispatchEvent(new Event('change', {{ bubbles: true }})); }})(document.querySelector('{field}'))"))
        .map(drop)
}

/// Ends the learning under way once an epoch was judged, and how fast it goes and how long still was told.
fn stop_learning(page: &Page) -> Result<()> {
    for figure in ["Samples/s", "Time left", "Loss", "Gradient norm"] {
        page.wait_for(&format!("[...document.querySelectorAll('.figures div')].some((one) => /^{}\\s+[\\d.]/.test(one.innerText))", figure.replace('/', "\\/")))?;
    }
    page.wait_for("[...document.querySelectorAll('.figures div')].some((figure) => /^MRR@20\\s+\\d/.test(figure.innerText))")?;
    page.wait_for("document.querySelector('[data-testid=stop-learning]:enabled')")?;
    page.value("document.querySelector('[data-testid=stop-learning]').click()")
        .map(drop)
}

fn open_advice(page: &Page) -> Result<()> {
    page.value("document.querySelector('[data-testid=open-advice]').click()")?;
    page.wait_for(COSTS).map(drop)
}

fn choose(page: &Page, network: &str) -> Result<()> {
    page.wait_for(&format!(
        "document.querySelector('[data-advice={network}]:enabled')"
    ))?;
    page.value(&format!(
        "document.querySelector('[data-advice={network}]').click()"
    ))?;
    page.wait_for(&format!(
        "document.querySelector('[data-advice={network}][aria-pressed=true]') && {COSTS}"
    ))
    .map(drop)
}

/// The items that the network recommends, best first.
fn recommended(page: &Page) -> Result<Vec<String>> {
    let list = page.value("[...document.querySelector('[data-testid=advice-said] table').tBodies[0].rows].map((row) => row.cells[0].innerText)")?;
    serde_json::from_value(list).context("no list")
}
