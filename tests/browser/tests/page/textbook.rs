//! The textbook problems, where a first-time reader sees Q-learning work.

use anyhow::ensure;
use qcart_browser_tests::{Setting, scenario};

#[test]
fn cliff_walking_comes_to_its_optimum() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        page.click("button", "Cliff")?;
        page.wait_for_text("-13")?;
        let words = page.train()?;
        ensure!(words.contains("100"), "the page says: {words}");
        page.check_accessibility()
    });
}
