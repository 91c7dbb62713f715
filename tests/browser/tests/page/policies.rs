//! The policy board: what policies are worth, judged exactly, from a log and in experiments; and repeated from a link.

use crate::repeat_natively;
use anyhow::{Result, ensure};
use qcart_browser_tests::{Page, Setting, scenario};

const LOG: &[u8] = include_bytes!("../../../fixtures/obd/obd_random_men.csv");
const TARGET: &[u8] = include_bytes!("../../../fixtures/obd/action_dist_bts_men.csv");

#[test]
fn a_log_with_propensities_gives_the_known_figures_and_a_link_repeats_them() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        page.drop_file("obd_random_men.csv", LOG)?;
        open(page, "offPolicy")?;
        let target = qcart_browser_tests::acts::scratch("action_dist_bts_men.csv", TARGET)?;
        page.choose_file("#po-file-offPolicy", &target)?;
        page.wait_for_text("34 lines")?;
        run(page, "offPolicy")?;
        let table = page.text("[data-testid=estimates]")?;
        // Field notes C3: IPS .00453, SNIPS .00460, DR .00464; an effective sample of 2,467.
        for figure in ["0.004534", "0.004604", "0.004638"] {
            ensure!(table.contains(figure), "no {figure} in: {table}");
        }
        let result = page.text("[data-testid=result-offPolicy]")?;
        ensure!(result.contains("2,467"), "the result says: {result}");
        let verdict = page.text("[data-testid=ope-verdict]")?;
        ensure!(verdict.contains("can't tell"), "the verdict is: {verdict}");
        page.check_accessibility()?;
        page.check_width()?;
        let link = page.make_link()?;
        let other = Page::open(&Setting::default())?;
        other.visit(&link)?;
        other.wait_for_text("This experiment needs a file")?;
        other.drop_file("obd_random_men.csv", LOG)?;
        other.wait_for("document.querySelector('[data-testid=run-offPolicy]:enabled')")?;
        run(&other, "offPolicy")?;
        let verdict = other.text("[data-testid=finding-verdict]")?;
        ensure!(verdict.contains("Reproduced"), "it says: {verdict}");
        Ok(())
    });
}

#[test]
fn an_experiment_stops_with_a_verdict_however_many_workers_simulate() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        page.click("button", "Cliff")?;
        page.wait_for_text("-13")?;
        page.train()?;
        open(page, "trial")?;
        page.click("button", "How many users?")?;
        page.wait_for("document.querySelector('[data-testid=planned]')")?;
        let mut digests = Vec::new();
        for workers in ["1", "3"] {
            page.fill("spinbutton", "Workers", workers)?;
            run(page, "trial")?;
            let verdict = page.text("[data-testid=ab-verdict]")?;
            ensure!(verdict.contains("is better than"), "it says: {verdict}");
            digests.push(page.text("[data-testid=result-trial] code")?);
            page.wait_for("document.querySelector('[data-testid=run-trial]:enabled')")?;
        }
        ensure!(digests[0] == digests[1], "digests {digests:?}");
        page.check_accessibility()?;
        page.check_width()
    });
}

/// Stock: its textbook rule beside its optimum, and an experiment between two rules, whose link the native runner repeats.
#[test]
fn rules_of_stock_are_valued_and_compared_and_the_runner_repeats_them() {
    scenario(&Setting::default(), |page| {
        crate::decisions::choose(page, "stock", Some("reorder"))?;
        page.fill("spinbutton", "Budget", "20000")?;
        open(page, "value")?;
        run(page, "value")?;
        page.wait_for_text("Best (s, S) in the long run")?;
        page.wait_for_text("Best base stock")?;
        open(page, "trial")?;
        for (at, policy) in ["baseStock", "reorderPoint"].into_iter().enumerate() {
            page.value(&format!(
                "((s) => {{ s.value = '{policy}'; s.dispatchEvent(new Event('change')); }})(document.querySelectorAll('[data-testid=arm]')[{at}])"
            ))?;
        }
        run(page, "trial")?;
        let verdict = page.text("[data-testid=ab-verdict]")?;
        ensure!(verdict.contains("is better than"), "it says: {verdict}");
        repeat_natively(&page.make_link()?)?;
        page.check_accessibility()?;
        page.check_width()
    });
}

#[test]
fn policies_are_valued_and_careful_learning_is_shown() {
    scenario(&Setting::default(), |page| {
        page.train()?;
        open(page, "value")?;
        run(page, "value")?;
        let rows =
            page.value("document.querySelectorAll('[data-testid=values] tbody tr').length")?;
        ensure!(rows == 8, "{rows} policies");
        for plot in ["Acceptance lift", "Discount"] {
            page.click("button", plot)?;
        }
        page.check_accessibility()?;
        page.check_width()?;
        open(page, "sequences")?;
        run(page, "sequences")?;
        open(page, "offline")?;
        run(page, "offline")?;
        let verdict = page.text("[data-testid=offline-verdict]")?;
        ensure!(
            verdict.contains("Plain Q-learning claims"),
            "it says: {verdict}"
        );
        page.check_accessibility()?;
        page.check_width()
    });
}

/// A network from the log and one in the place of the table say what they take before they learn, and how it goes while they do.
#[test]
fn who_learns_for_the_values_says_what_it_takes_and_how_it_goes() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        open(page, "value")?;
        for kind in ["agents", "networks"] {
            page.value(&format!(
                "document.querySelector('[data-kind={kind}][data-network=mlp]').click()"
            ))?;
        }
        for name in ["MLP", "mlp from the log"] {
            page.wait_for(&format!("[...document.querySelectorAll('[data-testid=value-costs] tbody tr')].some((row) => row.cells[0].innerText === '{name}' && /\\d/.test(row.cells[1].innerText) && /\\d (MB|kB)/.test(row.cells[2].innerText) && /\\d/.test(row.cells[3].innerText))"))?;
        }
        page.check_accessibility()?;
        page.check_width()?;
        page.wait_for("document.querySelector('[data-testid=run-value]:enabled')")?;
        page.value("document.querySelector('[data-testid=run-value]').click()")?;
        for figure in ["Done", "Loss", "Gradient norm", "Samples\\/s", "Time left"] {
            page.wait_for(&format!("[...document.querySelectorAll('[data-testid=lesson] .figures div')].some((one) => /^{figure}\\s+[\\d.]/.test(one.innerText))"))?;
        }
        page.check_accessibility()?;
        page.check_width()?;
        page.click("button", "Cancel")
    });
}

/// Opens a section of the policy board.
fn open(page: &Page, section: &str) -> Result<()> {
    page.wait_for("document.querySelector('[data-testid=open-boards]:enabled, #board-policies')")?;
    page.value("document.querySelector('[data-testid=open-boards]:enabled')?.click()")?;
    page.wait_for("document.querySelector('#board-policies')")?;
    page.value("document.querySelector('#board-policies').click()")?;
    let chip = format!("document.querySelector('[data-testid=section-{section}]')");
    page.wait_for(&chip)?;
    page.value(&format!("{chip}.click()"))?;
    page.wait_for(&format!(
        "document.querySelector('[data-testid=run-{section}]')"
    ))
    .map(drop)
}

/// Runs the study of a section and waits for its result.
fn run(page: &Page, section: &str) -> Result<()> {
    let button = format!("document.querySelector('[data-testid=run-{section}]:enabled')");
    page.wait_for(&button)?;
    let runs = page.value(&format!("{button}.dataset.runs"))?;
    page.value(&format!("{button}.click()"))?;
    page.wait_for(&format!(
        "{button} && {button}.dataset.runs !== {runs} && document.querySelector('[data-testid=result-{section}], #evaluate .message.bad')"
    ))?;
    page.text(&format!("[data-testid=result-{section}]"))
        .map(drop)
}
