//! What leaves the page as a file or inside a link, and comes back.

use crate::{natively, repeat_natively};
use anyhow::{Context, Result, ensure};
use qcart_browser_tests::{Page, Setting, acts, scenario};
use std::fs;

/// Two rows of it are rejected.
const LOG: &str = "user,item,event,time\nann,tea,view,2026-03-01 09:30\nann,cup,cart,2026-03-01 09:31\n\
                   bob,tea,view,2026-03-01 10:00\nbob,pot,purchase,2026-03-01 10:05\n\
                   cat,tea,view,yesterday\ndan\n";

#[test]
fn the_generated_shop_and_its_recommendations_are_saved_as_csv() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        page.value("document.querySelector('#p-shopUsers').closest('details').open = true")?;
        page.fill("spinbutton", "Users", "90")?;
        page.fill("spinbutton", "Items", "25")?;
        page.fill("spinbutton", "Shop seed", "7")?;
        page.click("button", "Generate")?;
        page.wait_for("document.querySelector('#data-view').ariaBusy === 'false'")?;
        page.wait_until_ready()?;
        ensure!(page.figure("Users")? == "90" && page.figure("Items")? == "25");
        let saved = page.saved("generated-shop.csv", || {
            page.click("button", "Download as CSV")
        })?;
        ensure!(
            saved == generated_natively()?,
            "the runner generates another shop"
        );
        page.wait_for("document.querySelector('table.items')")?;
        let lists = page.saved("recommendations.csv", || {
            page.click("button", "All users as CSV")
        })?;
        let lists = String::from_utf8(lists)?;
        let header = lists.lines().next().unwrap_or("");
        ensure!(
            header.starts_with("user,") && header.contains("item"),
            "the header is {header}"
        );
        let first = page.text("table.items .item")?;
        let user = page.text("#user-list [aria-selected=true] .clip")?;
        let row = lists
            .lines()
            .find(|row| row.starts_with(&user))
            .context("the user is missing")?;
        ensure!(
            row.contains(&first),
            "{user} is shown {first}, and the file says {row}"
        );
        let mut users: Vec<&str> = lists
            .lines()
            .skip(1)
            .filter_map(|row| row.split(',').next())
            .collect();
        users.dedup();
        ensure!(users.len() == 90, "{} users", users.len());
        Ok(())
    });
}

fn generated_natively() -> Result<Vec<u8>> {
    let path = acts::scratch("generated-natively.csv", b"")?;
    let place = path.to_string_lossy();
    let settings = [
        "--set",
        "shopUsers=90",
        "--set",
        "shopItems=25",
        "--set",
        "shopSeed=7",
    ];
    natively(&[&["generate", &place][..], &settings].concat())?;
    Ok(fs::read(path)?)
}

#[test]
fn a_project_file_brings_everything_back() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        page.drop_file("shop.csv", LOG.as_bytes())?;
        let rejected = page.saved("rejected-rows.csv", || {
            page.click("button", "Download them as CSV")
        })?;
        let rejected = String::from_utf8(rejected)?;
        ensure!(
            rejected.lines().count() == 3 && rejected.contains("yesterday"),
            "{rejected}"
        );
        page.wait_until_ready()?;
        page.fill("spinbutton", "Discount γ", "0.5")?;
        page.fill("spinbutton", "Seed", "12")?;
        page.train()?;
        let project = page.saved("experiment.qcart.json", || page.click("button", "Download"))?;
        let file = acts::scratch("again.qcart.json", &project)?;
        comes_back(&Page::open(&Setting::default())?, &file)?;
        repeat_natively(&file.to_string_lossy())
    });
}

fn comes_back(page: &Page, file: &std::path::Path) -> Result<()> {
    page.visit("")?;
    page.wait_until_ready()?;
    page.choose_file("#share-view input[type=file]", file)?;
    page.wait_for_text("An experiment was opened from a link.")?;
    page.wait_for("document.querySelector('#data-view').innerText.includes('shop.csv')")?;
    page.wait_until_ready()?;
    ensure!(page.figure("Users")? == "2", "the log did not travel");
    let settings = page.value(
        "['gamma', 'seed'].map((key) => document.querySelector(`#p-${key}`).value).join()",
    )?;
    ensure!(settings == "0.5,12", "the settings are {settings}");
    page.train()?;
    let verdict = page.text("[data-testid=verdict]")?;
    ensure!(verdict.contains("Reproduced"), "the page says: {verdict}");
    Ok(())
}

#[test]
fn a_small_log_travels_inside_the_link_when_asked_to() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        page.drop_file("shop.csv", LOG.as_bytes())?;
        page.train()?;
        page.click(
            "checkbox",
            "Put the log itself into the link, if it is small",
        )?;
        let link = page.make_link()?;
        let markdown = page.value("document.querySelector('#s-markdown').value")?;
        let markdown = markdown.as_str().unwrap_or("");
        let digest = page.text("#share-view code")?;
        ensure!(
            markdown.starts_with("[Qcart: shop, seed 1, ") && markdown.contains(&digest),
            "{markdown}"
        );
        ensure!(
            markdown.ends_with(&format!("]({}{link})", page.server.url())),
            "{markdown}"
        );
        let other = Page::open(&Setting::default())?;
        other.visit(&link)?;
        other.wait_for("document.querySelector('#data-view').innerText.includes('shop.csv')")?;
        other.train()?;
        ensure!(other.text("[data-testid=verdict]")?.contains("Reproduced"));
        repeat_natively(&link)?;
        // Too large: it stays where it is, and the page says so.
        page.choose("Generated shop")?;
        page.wait_until_ready()?;
        page.click("button", "Update the link")?;
        page.wait_for_text("The log is too large to travel inside the link")
    });
}
