//! Both languages, light and dark, phone to wide screen: nothing violates accessibility, nothing overflows.

use anyhow::{Result, ensure};
use qcart_browser_tests::{Page, Setting, scenario};
use serde_json::json;

fn in_every_state(page: &Page) -> Result<()> {
    page.wait_until_ready()?;
    page.check_accessibility()?;
    page.train()?;
    page.driver
        .click(&page.driver.find("#user-list [role=option]")?)?;
    page.wait_for("document.querySelector('table.items')")?;
    page.check_accessibility()?;
    page.check_width()
}

#[test]
fn dark() {
    scenario(
        &Setting {
            dark: true,
            ..Setting::default()
        },
        in_every_state,
    );
}

#[test]
fn on_a_phone_without_motion() {
    let setting = Setting {
        size: (360, 740),
        scale: 3.0,
        still: true,
        ..Setting::default()
    };
    scenario(&setting, |page| {
        in_every_state(page)?;
        ensure!(
            page.value(MOVING)? == json!([]),
            "this moves: {}",
            page.value(MOVING)?
        );
        // Where nobody minds, something does move: the list above could have had entries.
        page.emulate(&Setting {
            still: false,
            ..setting.clone()
        })?;
        page.wait_for(&format!("{MOVING}.length > 0")).map(drop)
    });
}

/// What would move or fade, and what scrolls smoothly.
const MOVING: &str = "[...document.querySelectorAll('*')].flatMap((node) => [null, '::before', '::after'].map((part) => [node, part, getComputedStyle(node, part)]))
    .filter(([, , style]) => /[1-9]/.test(style.transitionDuration + style.animationDuration) || style.scrollBehavior === 'smooth')
    .map(([node, part]) => `${node.tagName}.${node.className}${part ?? ''}`)";

#[test]
fn in_chinese_from_the_start() {
    scenario(
        &Setting {
            language: "zh-CN",
            ..Setting::default()
        },
        |page| {
            in_every_state(page)?;
            ensure!(page.value("document.documentElement.lang")? == "zh-CN");
            ensure!(
                page.text("h1")?.contains("学习"),
                "the heading is {}",
                page.text("h1")?
            );
            Ok(())
        },
    );
}

#[test]
fn the_language_can_be_changed_and_is_remembered() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        page.driver.run(
            "const choice = document.querySelector('#preferences select');
             choice.value = 'zh-CN'; choice.dispatchEvent(new Event('change', { bubbles: true }));",
            &[],
        )?;
        page.wait_for("document.documentElement.lang === 'zh-CN'")?;
        page.visit("?again")?;
        page.wait_for("document.documentElement.lang === 'zh-CN'")?;
        page.wait_until_ready()
    });
}

#[test]
fn the_keyboard_alone_is_enough() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        go_to(
            page,
            "document.activeElement.innerText === \"Article's log\"",
        )?;
        page.driver.press(ENTER)?;
        page.wait_for("document.querySelector('#data-view').innerText.includes('article.csv')")?;
        page.wait_until_ready()?;
        go_to(page, "document.activeElement.dataset.testid === 'train'")?;
        page.driver.press(ENTER)?;
        page.wait_until_trained()?;
        go_to(page, "document.activeElement.id === 'user-search'")?;
        page.driver.press("2")?;
        page.wait_for("document.querySelectorAll('#user-list [role=option]').length === 1")?;
        page.driver.press(&format!("{DOWN}{ENTER}"))?;
        let user = page.text("#user-list [role=option] .clip")?;
        page.wait_for(&format!(
            "document.querySelector('.person')?.innerText.includes('History of {user}')"
        ))?;
        page.wait_for("document.querySelector('#user-search').getAttribute('aria-activedescendant') === 'user-0'")
            .map(drop)
    });
}

const TAB: &str = "\u{E004}";
const ENTER: &str = "\u{E007}";
const DOWN: &str = "\u{E015}";

/// Presses Tab until something has the focus.
fn go_to(page: &Page, reached: &str) -> Result<()> {
    for _ in 0..200 {
        page.driver.press(TAB)?;
        if page.value(reached)? == true {
            return Ok(());
        }
    }
    anyhow::bail!("the Tab key does not lead to where {reached}")
}
