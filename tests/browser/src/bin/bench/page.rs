//! The page itself: how long its main thread is ever busy while the worker trains and reads.

use crate::table::Row;
use anyhow::Result;
use qcart_browser_tests::driver::Driver;
use std::path::Path;
use std::time::Duration;
use xtask::server::{Listen, Server};
use xtask::site::Source;
use xtask::{dist, wasm, workspace};

/// The longest that anything may take.
const PATIENCE: Duration = Duration::from_secs(300);
/// Milliseconds that a task of the main thread may take; shorter ones are not reported by the browser.
const LONGEST: f64 = 50.0;

/// Trains on the sample that the page opens with, then reads the large log.
pub fn long_tasks(scratch: &Path, site: &Path) -> Result<Vec<Row>> {
    wasm::build(wasm::Profile::Release)?;
    let folder = scratch.join("page");
    dist::write_into(&folder, &dist::published(&workspace::root())?)?;
    let listen = Listen {
        port: 0,
        ..Listen::default()
    };
    let server = Server::bind(&listen, Source::Folder(folder))?.spawn();
    let driver = Driver::start("en-US", 1.0)?;
    driver.open(server.url())?;
    let train = "document.querySelector('[data-testid=train]')";
    driver.wait_for(&format!("{train}?.disabled === false"), PATIENCE)?;
    listen_for_tasks(&driver)?;
    driver.click(&driver.find("[data-testid=train]")?)?;
    let full = "document.querySelector('#learn-view progress')?.value === 1";
    let outcome = "document.querySelector('.outcome .message b')";
    driver.wait_for(&format!("!!({full} && {outcome})"), PATIENCE)?;
    let training = longest(&driver)?;
    let view = "document.querySelector('#data-view')";
    let before = driver.run(&format!("return {view}.dataset.reads;"), &[])?;
    let log = site.join("events.csv").canonicalize()?;
    driver.type_into(&driver.find("#file")?, &log.to_string_lossy())?;
    let read = format!("{view}.dataset.reads !== {before} && {view}.ariaBusy === 'false'");
    driver.wait_for(&read, PATIENCE)?;
    let reading = longest(&driver)?;
    Ok(vec![
        row("training", training),
        row("reading 3 million rows", reading),
    ])
}

fn row(during: &str, longest: f64) -> Row {
    let name = format!("longest task of the page over {LONGEST} ms, {during}");
    Row::at_most(&name, longest, "ms", LONGEST)
}

fn listen_for_tasks(driver: &Driver) -> Result<()> {
    let script = "window.longest = 0;
        new PerformanceObserver((list) => {
          for (const task of list.getEntries()) window.longest = Math.max(window.longest, task.duration);
        }).observe({ type: 'longtask' });";
    driver.run(script, &[]).map(drop)
}

/// The longest task since this was last asked; 0 where all were short.
fn longest(driver: &Driver) -> Result<f64> {
    let script = "const { longest } = window; window.longest = 0; return longest;";
    Ok(driver.run(script, &[])?.as_f64().unwrap_or(f64::NAN))
}
