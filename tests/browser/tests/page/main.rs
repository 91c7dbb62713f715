//! The page in a real browser, used as a person uses it.

mod appearance;
mod charts;
mod controls;
mod decisions;
mod deep;
mod evaluate;
mod import;
mod mending;
mod networks;
mod offline;
mod opening;
mod policies;
mod saved;
mod session;
mod textbook;
mod tiles;
mod trouble;

/// The native runner repeats all that a link of the page promises, to the bit.
fn repeat_natively(link: &str) -> anyhow::Result<()> {
    repeat_natively_with(link, &[])
}

/// The same with further arguments.
fn repeat_natively_with(link: &str, more: &[&str]) -> anyhow::Result<()> {
    let told = natively(&[&["run", link, "--json"], more].concat())?;
    let verdict = serde_json::from_str::<serde_json::Value>(&told)?["verdict"].clone();
    anyhow::ensure!(
        verdict["reproduced"] == true,
        "the native runner says: {verdict}"
    );
    Ok(())
}

/// What the native runner prints.
fn natively(arguments: &[&str]) -> anyhow::Result<String> {
    let mut runner = xtask::workspace::cargo();
    runner.args(["run", "--quiet", "--package", "qcart", "--"]);
    let output = runner.args(arguments).output()?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    anyhow::ensure!(
        output.status.success(),
        "the native runner says: {told} {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(told)
}
