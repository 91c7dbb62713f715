//! Price, stock and ads: loaded when first chosen, learned to their optimum, shown beside it, and repeated from a link.

use crate::repeat_natively;
use anyhow::{Context, Result, ensure};
use qcart_browser_tests::{Page, Setting, scenario};

#[test]
fn a_price_is_learned_to_its_optimum_and_repeated_from_its_link() {
    scenario(&Setting::default(), |page| {
        choose(page, "price", None)?;
        page.fill("textbox", "Currency", "CHF")?;
        let words = page.train()?;
        ensure!(words.contains("100.00%"), "the page says: {words}");
        ensure!(gap(page)? <= 0.5);
        page.wait_for_text("CHF\u{a0}800.00")?;
        let link = page.make_link()?;
        repeat_natively(&link)?;
        let other = Page::open(&Setting::default())?;
        other.visit(&link)?;
        other.train()?;
        let verdict = other.text("[data-testid=verdict]")?;
        ensure!(
            verdict.contains("Reproduced"),
            "the other browser says: {verdict}"
        );
        page.check_accessibility()
    });
}

#[test]
fn stock_and_ads_come_near_their_optimum() {
    scenario(&Setting::default(), |page| {
        for (family, problem) in [
            ("stock", "newsvendor"),
            ("stock", "perishable"),
            ("ads", "ads"),
        ] {
            choose(page, family, Some(problem))?;
            page.train()?;
            if problem == "newsvendor" {
                repeat_natively(&page.make_link()?)?;
            }
            let gap = gap(page)?;
            ensure!(gap <= 0.5, "{problem}: {gap} % from the optimum");
            page.wait_for(
                "document.querySelectorAll('[data-testid=methods] tbody tr').length >= 3",
            )?;
        }
        page.check_width()?;
        page.check_accessibility()?;
        // Back to the shop: its log is read again and can be learned.
        page.click("button", "Recommend")?;
        page.wait_until_ready()?;
        page.wait_for("document.querySelector('#user-list [role=option]')")
            .map(drop)
    });
}

#[test]
fn demand_is_read_from_the_log_or_refused() {
    scenario(&Setting::default(), |page| {
        choose(page, "price", None)?;
        page.click("button", "Generated orders")?;
        page.wait_for_text("orders.csv")?;
        page.wait_until_ready()?;
        page.value("document.querySelector('[data-testid=demand]').open = true")?;
        page.wait_for("document.querySelector('#demand-item option[value=tea]')")?;
        page.value("((s) => { s.value = 'cake'; s.dispatchEvent(new Event('change')); })(document.querySelector('#demand-item'))")?;
        page.wait_for(
            "document.querySelector('[data-testid=refusal]')?.innerText.includes('hardly varied')",
        )?;
        page.value("((s) => { s.value = 'coffee'; s.dispatchEvent(new Event('change')); })(document.querySelector('#demand-item'))")?;
        page.wait_for("document.querySelector('[data-testid=use-demand]:enabled')")?;
        page.value("document.querySelector('[data-testid=use-demand]').click()")?;
        page.wait_for("document.querySelector('#p-priceHigh').value === '9'")?;
        page.wait_until_ready()?;
        // Another problem is offered what it takes, not what the one before took.
        choose(page, "stock", Some("newsvendor"))?;
        page.wait_for("document.querySelector('[data-testid=use-demand]:enabled')")?;
        let before = page.value("document.querySelector('#p-meanDemand').value")?;
        page.value("document.querySelector('[data-testid=use-demand]').click()")?;
        page.wait_for(&format!(
            "document.querySelector('#p-meanDemand').value !== {before}"
        ))?;
        page.wait_until_ready()?;
        page.check_accessibility()
    });
}

/// How money is split travels in the link: another browser reads the log again and says whether the same came out.
#[test]
fn a_split_of_money_is_repeated_from_its_link() {
    scenario(&Setting::default(), |page| {
        choose(page, "stock", Some("newsvendor"))?;
        page.value("document.querySelector('[data-testid=demand] summary').click()")?;
        page.click("button", "Generated orders")?;
        page.wait_until_ready()?;
        page.wait_for("document.querySelector('#demand-item option[value=tea]')")?;
        page.value("[...document.querySelectorAll('summary')].find((s) => s.textContent === 'Several items, one budget').click()")?;
        page.fill("spinbutton", "Money for orders", "60")?;
        page.click("button", "Share the money")?;
        page.wait_for("document.querySelector('[data-testid=split]')")?;
        let split = page.text("[data-testid=split]")?;
        let link = page.make_link()?;
        let other = Page::open(&Setting::default())?;
        other.visit(&link)?;
        other.wait_for("document.querySelector('[data-testid=split-verdict]')")?;
        let verdict = other.text("[data-testid=split-verdict]")?;
        ensure!(verdict.contains("Reproduced"), "it says: {verdict}");
        ensure!(other.text("[data-testid=split]")? == split);
        other.wait_until_ready()?;
        // Another log takes the place of what the link asked for; what was decided stays so and can be trained.
        other.click("button", "Online Retail, 5 days")?;
        other.wait_for("!document.querySelector('[data-testid=split-verdict]')")?;
        other.wait_until_ready()?;
        other.wait_for("document.querySelector('#problem').value === 'newsvendor'")?;
        // An edited split is refused before anything changes.
        let edited = other.value(&format!(
            "(async () => {{
               const main = document.querySelector('script[type=module]').src;
               const page = await (await import(main.replace('main.js', 'load.js'))).loadPage();
               const experiment = page.readLink({link:?});
               const [finding] = experiment.findings;
               finding.study = finding.study.replace('\"items\":10', '\"items\":0');
               return page.writeLink(experiment);
             }})()"
        ))?;
        let edited = edited.as_str().context("no link")?;
        let (address, _) = link.split_once('#').context("no fragment")?;
        let fragment = edited.rsplit('#').next().unwrap_or_default();
        other.visit(&format!("{address}#{fragment}"))?;
        other.wait_for("document.querySelector('#notices .bad')")?;
        other.wait_until_ready()?;
        other.check_accessibility()?;
        other.check_width()
    });
}

#[test]
fn a_win_rate_is_fitted_from_typed_bids_or_refused() {
    scenario(&Setting::default(), |page| {
        choose(page, "ads", Some("adday"))?;
        page.value("document.querySelector('[data-testid=bids] summary').click()")?;
        page.fill("textbox", "Or type it", "bid,won\n1,1\n")?;
        page.click("button", "Fit the curve")?;
        page.wait_for_text("too little for a curve")?;
        page.fill(
            "textbox",
            "Or type it",
            "bid,wins,auctions\n0.01,100,1000\n0.03,500,1000\n0.06,800,1000\n",
        )?;
        page.click("button", "Fit the curve")?;
        page.wait_for("document.querySelector('[data-testid=wins]')")?;
        page.value("document.querySelector('[data-testid=use-bids]').click()")?;
        page.wait_until_ready()?;
        page.wait_for("[...document.querySelectorAll('#decide input')].some((input) => input.value === '0.03')")?;
        page.check_accessibility()?;
        page.check_width()?;
        // Single auctions take the curve as well.
        choose(page, "ads", Some("bids"))?;
        page.wait_for(
            "!document.querySelector('#p-winShape') && document.querySelector('#p-marketScatter')",
        )?;
        page.wait_for("document.querySelector('[data-testid=use-bids]:enabled')")?;
        page.value("document.querySelector('[data-testid=use-bids]').click()")?;
        page.wait_until_ready()?;
        page.wait_for("document.querySelector('#p-marketForm').value === 'curve' && document.querySelector('#p-winShape') && !document.querySelector('#p-marketScatter')")
            .map(drop)
    });
}

#[test]
fn click_rates_are_estimated_from_a_real_log_of_ads_and_taken() {
    scenario(&Setting::default(), |page| {
        choose(page, "ads", Some("ads"))?;
        page.value("document.querySelector('[data-testid=ads] summary').click()")?;
        page.fill("textbox", "Or type it", "ad,click\na,1\n")?;
        page.click("button", "Estimate the rates")?;
        page.wait_for_text("too little for rates")?;
        page.click("button", "Open Bandit: ads of ZOZOTOWN (real)")?;
        page.wait_for("document.querySelectorAll('[data-testid=clicks] tbody tr').length === 34")?;
        page.wait_for_text("chi-square 34 on 33 degrees of freedom")?;
        page.value("document.querySelector('[data-testid=use-ads]').click()")?;
        page.wait_until_ready()?;
        page.wait_for("[...document.querySelectorAll('#decide input')].some(({ value }) => value.split(',').length === 34)")?;
        page.check_accessibility()?;
        page.check_width()
    });
}

#[test]
fn they_speak_chinese() {
    let setting = Setting {
        language: "zh-CN",
        ..Setting::default()
    };
    scenario(&setting, |page| {
        choose(page, "stock", Some("newsvendor"))?;
        page.train()?;
        page.wait_for_text("与最优值的差距")?;
        page.wait_for_text("临界比")?;
        page.check_accessibility()
    });
}

/// Chooses a family, then one of its problems, and waits until it can be trained.
pub fn choose(page: &Page, family: &str, problem: Option<&str>) -> Result<()> {
    page.wait_until_ready()?;
    page.value(&format!(
        "document.querySelector('[data-family={family}]').click()"
    ))?;
    page.wait_for(&format!(
        "document.querySelector('[data-family={family}][aria-pressed=true]')"
    ))?;
    if let Some(problem) = problem {
        page.value(&format!(
            "((s) => {{ s.value = '{problem}'; s.dispatchEvent(new Event('change')); }})(document.querySelector('#problem'))"
        ))?;
        page.wait_for(&format!(
            "document.querySelector('#problem').value === '{problem}'"
        ))?;
    }
    page.wait_until_ready()
}

/// The gap that the page shows, in percent.
fn gap(page: &Page) -> Result<f64> {
    page.wait_for("document.querySelector('[data-testid=gap]')")?;
    let words = page.text("[data-testid=gap]")?;
    let percent = words
        .split_whitespace()
        .find_map(|word| word.trim_end_matches('.').strip_suffix('%')?.parse().ok());
    percent.with_context(|| format!("the page says: {words}"))
}
