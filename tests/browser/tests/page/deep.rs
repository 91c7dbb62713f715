//! A deep Q-network in the place of the table: loaded when first chosen, its cost told, learned, and repeated from its link.

use anyhow::{Result, ensure};
use qcart_browser_tests::{Page, Setting, scenario};

#[test]
fn a_deep_q_network_learns_a_textbook_problem_and_its_link_repeats_it() {
    scenario(&Setting::default(), |page| -> Result<()> {
        page.wait_until_ready()?;
        page.click("button", "Textbook")?;
        page.wait_for("document.querySelector('#problem')")?;
        page.value("((s) => { s.value = 'cliff'; s.dispatchEvent(new Event('change')); })(document.querySelector('#problem'))")?;
        page.click("button", "GRU")?;
        page.wait_for(
            "/\\d (MB|kB)/.test(document.querySelector('[data-testid=network-costs]')?.innerText)",
        )?;
        page.fill("spinbutton", "Budget", "20000")?;
        page.wait_for(
            "document.querySelector('[data-testid=network-costs]')?.innerText.includes('4,750')",
        )?;
        page.train()?;
        page.wait_for("/Loss\\s*\\d[^]*Gradient norm\\s*\\d/.test(document.querySelector('[data-testid=network-live]')?.innerText)")?;
        page.check_accessibility()?;
        page.check_width()?;
        let link = page.make_link()?;
        let other = Page::open(&Setting::default())?;
        other.visit(&link)?;
        other.wait_for("document.querySelector('[data-approximator=gru][aria-pressed=true]')")?;
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
fn the_shop_is_learned_by_a_network_and_by_the_table_again() {
    scenario(&Setting::default(), |page| -> Result<()> {
        page.wait_until_ready()?;
        page.click("button", "MLP")?;
        page.wait_for(
            "/\\d (MB|kB)/.test(document.querySelector('[data-testid=network-costs]')?.innerText)",
        )?;
        page.wait_until_ready()?;
        page.fill("spinbutton", "Budget", "60000")?;
        let words = page.train()?;
        ensure!(words.contains('%'), "the page says: {words}");
        page.wait_for("document.querySelector('#user-list [role=option]')")?;
        // A network learned from the log is a policy beside the trained one.
        page.value("document.querySelector('[data-testid=open-boards]').click()")?;
        page.wait_for("document.querySelector('#board-policies')")?;
        page.value("document.querySelector('#board-policies').click()")?;
        page.wait_for("document.querySelector('[data-kind=networks][data-network=mlp]')")?;
        page.value("document.querySelector('[data-kind=networks][data-network=mlp]').click()")?;
        page.value("document.querySelector('[data-kind=agents][data-network=mlp]').click()")?;
        page.value("document.querySelector('[data-testid=run-value]').click()")?;
        page.wait_for("document.querySelector('[data-testid=values]')?.innerText.includes('mlp: likelihood × value')")?;
        // One trained for the study beside the trained one, on the same settings: the same policy.
        let worth = |name: &str| {
            page.value(&format!(
            "[...document.querySelectorAll('[data-testid=values] tbody tr')].find((row) => row.cells[0].innerText === '{name}').cells[1].innerText"
        ))
        };
        let (own, beside) = (worth("Q-greedy (MLP)")?, worth("Q-learning (MLP)")?);
        ensure!(own == beside, "{own} beside {beside}");
        page.check_accessibility()?;
        page.click("button", "a table")?;
        page.wait_for("!document.querySelector('[data-testid=network-costs]')")
            .map(drop)
    });
}
