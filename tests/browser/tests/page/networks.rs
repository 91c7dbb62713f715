//! A network on the ranking board: its cost before it learns, its curves while it does, its reasons afterwards.

use anyhow::Result;
use qcart_browser_tests::{Setting, scenario};

#[test]
fn a_network_says_what_it_takes_learns_and_explains_itself() {
    scenario(&Setting::default(), |page| -> Result<()> {
        page.wait_for("document.querySelector('[data-testid=open-boards]:enabled')")?;
        page.value("document.querySelector('[data-testid=open-boards]').click()")?;
        page.wait_for("document.querySelector('#evaluate .models')")?;
        page.value("document.querySelectorAll('#evaluate .models input').forEach((box) => { const wanted = ['pop', 'mlp'].includes(box.closest('li').querySelector('b').textContent); if (box.checked !== wanted) box.click(); })")?;
        page.wait_for("/\\d MB|\\d kB/.test(document.querySelector('[data-testid=networks] tbody')?.innerText)")?;
        page.value("document.querySelector('[data-testid=evaluate]').click()")?;
        page.wait_for("document.querySelector('[data-testid=board]')")?;
        page.wait_for_text("mlp learns")?;
        page.value("document.querySelector('[data-testid=insight] button:last-of-type').click()")?;
        page.wait_for_text("Items learned to be like")?;
        page.check_accessibility()?;
        page.check_width()
    });
}
