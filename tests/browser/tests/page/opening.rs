//! What everyone meets first: the page opens, cleanly, from any path, and talks to nobody.

use qcart_browser_tests::{Setting, scenario};

#[test]
fn opens_without_complaints_below_a_sub_path() {
    scenario(&Setting::default(), |page| {
        page.wait_for("document.title.includes('Qcart')")?;
        page.check_accessibility()
    });
}
