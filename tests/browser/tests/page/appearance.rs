//! Both languages, light and dark, phone to wide screen: nothing violates accessibility, nothing overflows.

use anyhow::{Result, ensure};
use qcart_browser_tests::{Page, Setting, scenario};

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
    scenario(&setting, in_every_state);
}

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
fn the_keyboard_alone_is_enough_to_train() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        for _ in 0..200 {
            page.driver.press("\u{E004}")?;
            if page.value("document.activeElement?.dataset.testid === 'train'")? == true {
                page.driver.press("\u{E007}")?;
                page.wait_until_trained()?;
                return Ok(());
            }
        }
        anyhow::bail!("the Tab key does not lead to the button Train")
    });
}
