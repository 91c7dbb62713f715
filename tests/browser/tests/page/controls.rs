//! Fields, the search and the address: what is typed is taken, or refused where it was typed.

use anyhow::{Result, ensure};
use qcart_browser_tests::{Page, Setting, scenario};

#[test]
fn a_field_says_beside_itself_why_it_refuses_a_value() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        for (typed, said) in [
            ("1.5", "Discount γ can't be 1.5. Allowed: 0 … 1."),
            ("", "This needs a number."),
        ] {
            page.fill("spinbutton", "Discount γ", typed)?;
            let beside = "document.querySelector('#p-gamma').closest('.field').querySelector('.wrong')?.innerText";
            page.wait_for(&format!("{beside}?.includes({said:?})"))?;
            ensure!(page.value("document.querySelector('#p-gamma').ariaInvalid")? == "true");
            // Whoever can't see it hears it with the field.
            ensure!(page.value("document.querySelector('#p-gamma').getAttribute('aria-describedby').includes('w-gamma')")? == true);
        }
        page.check_accessibility()?;
        page.fill("spinbutton", "Discount γ", "0.8")?;
        page.wait_for("!document.querySelector('#w-gamma')")?;
        page.wait_until_ready()
    });
}

#[test]
fn the_search_finds_a_user() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        page.wait_for("document.querySelectorAll('#user-list [role=option]').length > 50")?;
        page.fill("combobox", "Search a user", "u00042")?;
        page.wait_for("document.querySelectorAll('#user-list [role=option]').length === 1")?;
        page.driver
            .click(&page.driver.find("#user-list [role=option]")?)?;
        page.wait_for(
            "document.querySelector('.person')?.innerText.includes('History of u00042')",
        )?;
        page.fill("combobox", "Search a user", "nobody")?;
        page.wait_for_text("No user's name contains “nobody”.")
    });
}

/// A link pasted into the address of an open page loads nothing anew: the page has to take it up itself.
#[test]
fn another_link_in_the_address_is_taken_up() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        page.choose("Grid world")?;
        page.wait_until_ready()?;
        page.fill("spinbutton", "Discount γ", "0.7")?;
        let link = page.make_link()?;
        page.choose("Cliff")?;
        page.wait_until_ready()?;
        mark(page)?;
        page.visit(&link)?;
        page.wait_for_text("An experiment was opened from a link.")?;
        page.wait_for("document.querySelector('#p-gamma').value === '0.7'")?;
        page.wait_until_ready()?;
        page.visit("#v1.broken")?;
        page.wait_for(
            "document.querySelector('#notices').innerText.includes('The link is damaged')",
        )?;
        ensure!(
            page.value("document.querySelector('#p-gamma').value")? == "0.7",
            "the experiment is gone"
        );
        ensure!(
            page.value("globalThis.marked")? == true,
            "the page was loaded anew"
        );
        Ok(())
    });
}

fn mark(page: &Page) -> Result<()> {
    page.value("globalThis.marked = true").map(drop)
}
