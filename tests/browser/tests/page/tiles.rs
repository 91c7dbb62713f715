//! Tiles in the place of the table: offered where states are points, learned, and repeated from a link, by the native runner too.

use crate::repeat_natively;
use anyhow::{Result, ensure};
use qcart_browser_tests::{Page, Setting, scenario};

fn textbook(page: &Page, id: &str) -> Result<()> {
    page.wait_until_ready()?;
    page.click("button", "Textbook")?;
    page.wait_for("document.querySelector('#problem')")?;
    page.value(&format!("((s) => {{ s.value = '{id}'; s.dispatchEvent(new Event('change')); }})(document.querySelector('#problem'))"))?;
    Ok(())
}

#[test]
fn mountain_car_is_learned_on_tiles_and_its_link_repeats_it() {
    scenario(&Setting::default(), |page| -> Result<()> {
        textbook(page, "mountaincar")?;
        page.wait_for("document.querySelector('[data-approximator=tiles]')")?;
        page.wait_for_text("\u{2212}104.51")?;
        page.value("document.querySelector('[data-approximator=tiles]').click()")?;
        page.wait_for(
            "/\\d (MB|kB)/.test(document.querySelector('[data-testid=network-costs]')?.innerText)",
        )?;
        page.fill("spinbutton", "Runs", "1")?;
        page.train()?;
        let gap = page.text("[data-testid=gap]")?;
        ensure!(gap.contains('%'), "the page says: {gap}");
        page.check_accessibility()?;
        page.check_width()?;
        let link = page.make_link()?;
        repeat_natively(&link)?;
        let other = Page::open(&Setting::default())?;
        other.visit(&link)?;
        other.wait_for("document.querySelector('[data-approximator=tiles][aria-pressed=true]')")?;
        other.train()?;
        let verdict = other.text("[data-testid=verdict]")?;
        ensure!(
            verdict.contains("Reproduced"),
            "the other browser says: {verdict}"
        );
        Ok(())
    });
}

#[test]
fn tiles_are_offered_where_states_are_points() {
    scenario(&Setting::default(), |page| -> Result<()> {
        textbook(page, "cliff")?;
        page.wait_for("document.querySelector('[data-approximator=mlp]')")?;
        page.wait_for("!document.querySelector('[data-approximator=tiles]')")?;
        page.click("button", "Price")?;
        page.wait_for("document.querySelector('[data-approximator=tiles]')")
            .map(drop)
    });
}
