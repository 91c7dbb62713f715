//! Models of behaviour compared on the page, looked at closely, and compared again from a link.

use anyhow::{Result, ensure};
use qcart_browser_tests::{Page, Setting, scenario};

#[test]
fn models_are_compared_and_a_link_repeats_the_board() {
    scenario(&Setting::default(), |page| {
        compare(page)?;
        let verdicts = page.text("[data-testid=verdicts]")?;
        ensure!(
            verdicts.contains("pop is worse than vsknn"),
            "the verdicts are: {verdicts}"
        );
        page.click("button", "Sessions on which pop differs most")?;
        page.wait_for("document.querySelectorAll('#differing table.differ tbody tr').length > 1")?;
        page.check_accessibility()?;
        page.check_width()?;
        let link = page.make_link()?;
        let other = Page::open(&Setting::default())?;
        other.visit(&link)?;
        compare(&other)?;
        let verdict = other.text("[data-testid=ranking-verdict]")?;
        ensure!(
            verdict.contains("Reproduced"),
            "the other browser says: {verdict}"
        );
        Ok(())
    });
}

#[test]
fn cancelling_a_comparison_leaves_the_page_as_it_was() {
    scenario(&Setting::default(), |page| {
        open_boards(page)?;
        page.value(
            "(() => { const tune = document.querySelector('#e-tune'); tune.value = '35'; tune.dispatchEvent(new Event('change')); })()",
        )?;
        page.value("document.querySelector('[data-testid=evaluate]').click()")?;
        page.wait_for("document.querySelector('#evaluate .states .now')")?;
        page.value("document.querySelectorAll('#evaluate .transport button')[1].click()")?;
        page.wait_for("document.querySelector('[data-testid=evaluate]:enabled')")?;
        page.wait_for_text("The comparison was cancelled")
    });
}

/// The boards are loaded when they are first opened; an opened link with a comparison opens them.
fn open_boards(page: &Page) -> Result<()> {
    page.wait_for(
        "document.querySelector('[data-testid=open-boards]:enabled, [data-testid=evaluate]')",
    )?;
    page.value("document.querySelector('[data-testid=open-boards]:enabled')?.click()")?;
    page.wait_for("document.querySelector('[data-testid=evaluate]:enabled')")?;
    Ok(())
}

fn compare(page: &Page) -> Result<()> {
    open_boards(page)?;
    page.value("document.querySelector('[data-testid=evaluate]').click()")?;
    page.wait_for("document.querySelectorAll('[data-testid=board] tbody tr').length === 6")?;
    Ok(())
}
