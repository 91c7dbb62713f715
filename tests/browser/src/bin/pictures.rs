//! `cargo xtask screenshots`: pictures of the page for the README, taken of the page as it is now.

use anyhow::Result;
use qcart_browser_tests::{Page, Setting};
use xtask::{browser, workspace};

fn main() -> Result<()> {
    browser::ensure_chromium()?;
    let wide = Setting {
        size: (1440, 1000),
        still: true,
        ..Setting::default()
    };
    let phone = Setting {
        size: (390, 844),
        scale: 2.0,
        ..wide.clone()
    };
    take("wide", &wide)?;
    take(
        "dark",
        &Setting {
            dark: true,
            ..wide.clone()
        },
    )?;
    take(
        "chinese",
        &Setting {
            language: "zh-CN",
            ..wide.clone()
        },
    )?;
    take("phone", &phone)
}

/// The generated shop after training, with the recommendations for its first user.
fn take(name: &str, setting: &Setting) -> Result<()> {
    let page = Page::open(setting)?;
    page.visit("")?;
    page.train()?;
    page.driver
        .click(&page.driver.find("#user-list [role=option]")?)?;
    page.wait_for("document.querySelector('table.items')")?;
    let top = if setting.size.0 < 1000 {
        "document.querySelector('#learn')"
    } else {
        "document.body"
    };
    page.value(&format!(
        "{top}.scrollIntoView({{ behavior: 'instant', block: 'start' }})"
    ))?;
    page.value("document.activeElement.blur()")?;
    // What draws comes with the first chart in view.
    page.wait_for("document.querySelector('#learn-view q-chart button.icon')?.disabled === false")?;
    let path = workspace::root().join("docs").join(format!("{name}.png"));
    std::fs::create_dir_all(workspace::root().join("docs"))?;
    std::fs::write(&path, page.picture()?)?;
    println!("{}", path.display());
    Ok(())
}
