//! The page itself: how long its main thread is ever busy while the worker trains and reads, and how long a chart takes to be drawn.

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
/// Milliseconds of a frame, which a redraw must not outlast; and how many seeds the curves drawn are of.
const FRAME: f64 = 16.0;
const SEEDS: u32 = 5;
/// Visits of the page: other work on the machine may lengthen a task of any one of them.
const VISITS: usize = 3;

/// Trains on the sample that the page opens with, then reads the large log; the middle of a few visits.
pub fn long_tasks(scratch: &Path, site: &Path) -> Result<Vec<Row>> {
    wasm::build(wasm::Profile::Release)?;
    let folder = scratch.join("page");
    dist::write_into(&folder, &dist::published(&workspace::root())?)?;
    let listen = Listen {
        port: 0,
        ..Listen::default()
    };
    let server = Server::bind(&listen, Source::Folder(folder))?.spawn();
    let log = site.join("events.csv").canonicalize()?;
    let visits = (0..VISITS)
        .map(|_| visit(server.url(), &log))
        .collect::<Result<Vec<_>>>()?;
    let middle = |of: fn(&Visit) -> f64| {
        let mut all: Vec<f64> = visits.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all[VISITS / 2]
    };
    Ok(vec![
        row("training", middle(|visit| visit.training)),
        row("reading 3 million rows", middle(|visit| visit.reading)),
        Row::at_most(
            &format!("curves of {SEEDS} runs, drawn anew"),
            middle(|visit| visit.redraw),
            "ms",
            FRAME,
        ),
    ])
}

/// Milliseconds of the longest tasks of one visit, and of a chart drawn anew.
struct Visit {
    training: f64,
    reading: f64,
    redraw: f64,
}

fn visit(url: &str, log: &Path) -> Result<Visit> {
    let driver = Driver::start("en-US", 1.0)?;
    driver.open(url)?;
    driver.wait_for(READY, PATIENCE)?;
    listen_for_tasks(&driver)?;
    train(&driver)?;
    let training = longest(&driver)?;
    let redraw = redraw(&driver)?;
    longest(&driver)?;
    let view = "document.querySelector('#data-view')";
    let before = driver.run(&format!("return {view}.dataset.reads;"), &[])?;
    driver.type_into(&driver.find("#file")?, &log.to_string_lossy())?;
    let read = format!("{view}.dataset.reads !== {before} && {view}.ariaBusy === 'false'");
    driver.wait_for(&read, PATIENCE)?;
    let reading = longest(&driver)?;
    Ok(Visit {
        training,
        reading,
        redraw,
    })
}

const READY: &str = "document.querySelector('[data-testid=train]')?.disabled === false";

fn train(driver: &Driver) -> Result<()> {
    driver.wait_for(READY, PATIENCE)?;
    driver.click(&driver.find("[data-testid=train]")?)?;
    let full = "document.querySelector('#learn-view progress')?.value === 1";
    let outcome = "document.querySelector('.outcome .message b')";
    driver
        .wait_for(&format!("!!({full} && {outcome})"), PATIENCE)
        .map(drop)
}

/// Trains with several seeds and draws the three curves of the distance to the optimum, each with its band, again and again: the
/// middle of what that takes, with the words and the legend beside them.
fn redraw(driver: &Driver) -> Result<f64> {
    let several = format!(
        "const runs = document.querySelector('#p-repeats');
         runs.value = {SEEDS};
         runs.dispatchEvent(new Event('change', {{ bubbles: true }}));
         document.querySelector('#tab-error').click();
         document.querySelector('#curve').scrollIntoView({{ behavior: 'instant', block: 'center' }});"
    );
    driver.run(&several, &[])?;
    train(driver)?;
    driver.wait_for(
        "document.querySelectorAll('#curve .legend li').length >= 3",
        PATIENCE,
    )?;
    let middle = driver.run(
        "return (async () => {
           const chart = document.querySelector('#curve q-chart');
           const { requestAnimationFrame: later } = window;
           const times = [];
           window.requestAnimationFrame = (act) => later((now) => {
             const start = performance.now();
             act(now);
             times.push(performance.now() - start);
           });
           for (let turn = 0; turn < 40; turn += 1) {
             chart.refresh();
             await new Promise((done) => later(done));
           }
           window.requestAnimationFrame = later;
           return times.sort((one, other) => one - other)[times.length >> 1];
         })();",
        &[],
    )?;
    Ok(middle.as_f64().unwrap_or(f64::NAN))
}

fn row(during: &str, longest: f64) -> Row {
    let name = format!("longest task of the page over {LONGEST} ms, {during}, middle of {VISITS}");
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
