//! `cargo xtask bench [PART...]`: the engine's kernels in native code, in Chromium, and what people use instead, in one run.
//! Parts: imports, updates, answers, networks, judging, operations, tasks; all where none is named.

mod native;
mod networks;
mod page;
mod rivals;
mod shape;
mod table;

use anyhow::{Context, Result};
use qcart_browser_tests::driver::Driver;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use table::Row;
use xtask::server::{Listen, Server};
use xtask::site::Source;
use xtask::{browser, wasm, workspace};

/// Rows of the file that speeds are measured on, and of the one that memory is.
const ROWS: u64 = 3_000_000;
const MANY_ROWS: u64 = 10_000_000;

/// The problem that is written in Python as well.
const PYTHON: &str = "season";
/// Steps of a round on a problem of price, stock or ads, as in `benches/operations.rs`.
const OPERATION_STEPS: u32 = 5_000_000;
/// Steps of the same in Python.
const PYTHON_STEPS: u32 = 300_000;

/// Resamples of off-policy evaluation.
const RESAMPLES: u32 = 2000;

/// States of the tables, and the updates of a round on them, as in `benches/qtable.rs`.
const TABLES: [u32; 4] = [1_000, 10_000, 100_000, 1_000_000];
const UPDATES: u64 = 4_000_000;
/// How often native code and the browser take turns: other work on the machine slows now one, now the other, and each
/// counts with its best.
const TURNS: usize = 3;

fn main() -> Result<()> {
    browser::ensure_chromium()?;
    let folder = workspace::target_dir().join("bench");
    let site = folder.join("site");
    fs::create_dir_all(&site)?;
    shape::write(&site.join("events.csv"), ROWS)?;
    shape::write(&site.join("many.csv"), MANY_ROWS)?;
    for clicks in &shape::CLICKS {
        shape::write_clicks(&site.join(clicks.name).with_extension("csv"), clicks)?;
    }
    let has_rival = rivals::fetch_papaparse(&folder, &site)?;
    wasm::build_bench(&site.join("pkg"))?;
    copy_pages(&site)?;
    let mut bench = Bench {
        chromium: Chromium::start(&site)?,
        native: native::Results::default(),
        site,
    };
    let mut rows = Vec::new();
    // Each part is shown when it is done: the next may take minutes.
    let mut show = |part: Vec<Row>| {
        print!("{}", table::text(&part));
        rows.extend(part);
    };
    let wished: Vec<String> = std::env::args().skip(1).collect();
    let is_wished = |part: &str| wished.is_empty() || wished.iter().any(|wish| wish == part);
    if is_wished("imports") {
        show(bench.imports(has_rival)?);
    }
    if is_wished("updates") {
        show(bench.updates()?);
    }
    if is_wished("answers") {
        show(bench.answers()?);
    }
    if is_wished("networks") {
        show(bench.networks(&folder)?);
    }
    if is_wished("judging") {
        show(bench.chromium.judging()?);
    }
    if is_wished("operations") {
        show(bench.operations()?);
    }
    if is_wished("tasks") {
        show(page::long_tasks(&folder, &bench.site)?);
    }
    let path = workspace::target_dir().join("bench.json");
    fs::write(&path, table::json(&rows)?)?;
    println!("also in {}", path.display());
    Ok(())
}

fn copy_pages(site: &Path) -> Result<()> {
    let pages = workspace::root().join("tests/browser/bench");
    for name in [
        "index.html",
        "engine.js",
        "maps.js",
        "papaparse.js",
        "tfjs.js",
        "burn.js",
    ] {
        fs::copy(pages.join(name), site.join(name))
            .with_context(|| format!("{name} can't be copied"))?;
    }
    // What the page's own worker has beside it.
    for name in ["reader.js", "reading.js", "spawn.js"] {
        fs::copy(workspace::root().join("www").join(name), site.join(name))
            .with_context(|| format!("{name} can't be copied"))?;
    }
    Ok(())
}

struct Chromium {
    driver: Driver,
}

impl Chromium {
    fn start(site: &Path) -> Result<Self> {
        let listen = Listen {
            port: 0,
            ..Listen::default()
        };
        let server = Server::bind(&listen, Source::Folder(PathBuf::from(site)))?.spawn();
        let driver = Driver::start("en-US", 1.0)?;
        driver.allow_scripts_to_take(300)?;
        driver.open(server.url())?;
        Ok(Self { driver })
    }

    fn measure(&self, script: &str, request: &Value) -> Result<Value> {
        let kind = if ["papaparse.js", "tfjs.js"].contains(&script) {
            "classic"
        } else {
            "module"
        };
        self.driver.run(
            "return window.measure(...arguments);",
            &[json!(script), json!(kind), request.clone()],
        )
    }

    /// Off-policy evaluation of 10,000 rows over 80 items, with 2,000 resamples.
    fn judging(&self) -> Result<Vec<Row>> {
        let request = json!({ "what": "judging", "resamples": RESAMPLES, "rounds": 3 });
        let result = self.measure("engine.js", &request)?;
        let seconds = number(&result, "seconds");
        let mut rows = vec![Row::at_most(
            "off-policy, 2,000 resamples, wasm",
            seconds,
            "s",
            1.0,
        )];
        let Some((theirs, value)) = rivals::numpy(RESAMPLES)? else {
            rows.push(Row::skipped("off-policy, numpy / wasm", "no numpy"));
            return Ok(rows);
        };
        rows.push(Row::measured(
            "off-policy, 2,000 resamples, numpy",
            theirs,
            "s",
        ));
        rows.push(Row::measured(
            "off-policy, numpy / wasm",
            theirs / seconds,
            "x",
        ));
        let digits = |value: f64| format!("{value:.9}");
        rows.push(Row::equal(
            "off-policy, DR, numpy",
            &digits(number(&result, "value")),
            &digits(value),
        ));
        Ok(rows)
    }

    /// Million updates a second, and the digest of the table after the first round.
    fn rate(&self, script: &str, states: u32, rounds: u32) -> Result<(f64, String)> {
        let request =
            json!({ "what": "updates", "states": states, "updates": UPDATES, "rounds": rounds });
        let result = self.measure(script, &request)?;
        Ok((
            UPDATES as f64 / number(&result, "seconds") / 1e6,
            hexadecimal(&result),
        ))
    }

    /// The least of a figure over some turns of the same measurement.
    fn least(&self, script: &str, request: &Value, key: &str, turns: usize) -> Result<f64> {
        let mut least = f64::INFINITY;
        for _ in 0..turns {
            least = least.min(number(&self.measure(script, request)?, key));
        }
        Ok(least)
    }
}

struct Bench {
    chromium: Chromium,
    native: native::Results,
    site: PathBuf,
}

impl Bench {
    /// Price, stock and ads: steps of the environments alone, and of training on them; what came out must be equal.
    fn operations(&mut self) -> Result<Vec<Row>> {
        let (mut rates, mut notes) = (BTreeMap::new(), Vec::new());
        let mut trained = Vec::new();
        for _ in 0..TURNS {
            self.run_native("operations", &["--quick".to_owned()])?;
            trained = self.native.after("operations.training.");
            notes.clear();
            for problem in self.native.after("operations.random.") {
                let request = json!({
                    "what": "operations", "problem": problem, "count": OPERATION_STEPS, "rounds": 3,
                    "trained": trained.contains(&problem),
                });
                let best = rates.entry(problem).or_insert([0.0_f64; 2]);
                let result = self.chromium.measure("engine.js", &request)?;
                for (place, key) in ["steps", "training"].into_iter().enumerate() {
                    best[place] =
                        best[place].max(f64::from(OPERATION_STEPS) / number(&result, key) / 1e6);
                }
                notes.push(["sum", "percent"].map(|key| format!("{:.6}", number(&result, key))));
            }
        }
        let mut rows = Vec::new();
        for ((problem, rates), notes) in rates.iter().zip(&notes) {
            let kinds = if trained.contains(problem) { 2 } else { 1 };
            for (place, kind) in ["random", "training"].into_iter().enumerate().take(kinds) {
                let name = format!("operations.{kind}.{problem}");
                let (rate, native) = (rates[place], self.native.value(&name)?);
                rows.push(Row::measured(
                    &format!("{problem}: {kind}, native"),
                    native,
                    "M steps/s",
                ));
                rows.push(Row::measured(
                    &format!("{problem}: {kind}, wasm"),
                    rate,
                    "M steps/s",
                ));
                if kind == "random" {
                    rows.push(Row::at_least(
                        &format!("{problem}: wasm, M steps/s"),
                        rate,
                        20.0,
                    ));
                    rows.push(Row::at_least(
                        &format!("{problem}: wasm / native"),
                        rate / native,
                        0.7,
                    ));
                }
                rows.push(Row::equal(
                    &format!("{problem}: {kind}, result"),
                    self.native.note(&name)?,
                    &notes[place],
                ));
            }
        }
        match rivals::season(PYTHON_STEPS)? {
            Some(seconds) => {
                let theirs = f64::from(PYTHON_STEPS) / seconds / 1e6;
                let ours = rates.get(PYTHON);
                rows.push(Row::measured(
                    "season: random, numpy loop",
                    theirs,
                    "M steps/s",
                ));
                rows.push(Row::measured(
                    "season: wasm / numpy loop",
                    ours.map_or(f64::NAN, |[steps, _]| steps / theirs),
                    "x",
                ));
            }
            None => rows.push(Row::skipped("season: random, numpy loop", "no numpy")),
        }
        Ok(rows)
    }

    fn run_native(&mut self, bench: &str, arguments: &[String]) -> Result<()> {
        let log = self.site.join("events.csv");
        self.native.run(bench, arguments, &log)
    }

    fn imports(&mut self, has_rival: bool) -> Result<Vec<Row>> {
        let request = json!({ "what": "importing", "file": "events.csv", "repeats": 3 });
        let (mut seconds, mut whole) = (f64::INFINITY, f64::INFINITY);
        let (mut events, mut bytes) = (0.0, 0.0);
        for _ in 0..TURNS {
            self.run_native("import", &[])?;
            let engine = self.chromium.measure("engine.js", &request)?;
            seconds = seconds.min(number(&engine, "seconds"));
            whole = whole.min(number(&engine, "whole"));
            (events, bytes) = (number(&engine, "events"), number(&engine, "bytes"));
        }
        let request = json!({ "what": "importing", "file": "many.csv", "repeats": 1 });
        let many = self.chromium.measure("engine.js", &request)?;
        let native = self.native.value("import.read")?;
        let read = bytes / seconds / 1e6;
        let mut rows = vec![
            Row::measured("import: read, native", native, "MB/s"),
            Row::measured("import: read, wasm", read, "MB/s"),
            Row::at_least("import: read, wasm / native", read / native, 0.6),
            Row::measured(
                "import: whole, native",
                self.native.value("import.whole")?,
                "MB/s",
            ),
            Row::measured("import: whole, wasm", bytes / whole / 1e6, "MB/s"),
            Row::measured("import: events accepted", events, ""),
            Row::at_most(
                "import: wasm memory for 10 million events",
                number(&many, "megabytes"),
                "MB",
                1073.0,
            ),
        ];
        for (how, header) in [("arrays", false), ("objects (header)", true)] {
            let ratio = format!("import: read, wasm / PapaParse {how}");
            if !has_rival {
                rows.push(Row::skipped(&ratio, "no npm"));
                continue;
            }
            let request = json!({ "file": "events.csv", "header": header, "repeats": 1 });
            let seconds = self
                .chromium
                .least("papaparse.js", &request, "seconds", TURNS)?;
            let parse = bytes / seconds / 1e6;
            rows.push(Row::measured(
                &format!("import: PapaParse, parsing to {how}"),
                parse,
                "MB/s",
            ));
            rows.push(Row::at_least(&ratio, read / parse, 6.0));
        }
        Ok(rows)
    }

    fn updates(&mut self) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        for states in TABLES {
            let name = format!("qtable.{states}");
            let of = |what: &str| format!("updates, {states} states, {what}");
            let (mut rate, mut digest) = (0.0_f64, String::new());
            for _ in 0..TURNS {
                self.run_native("qtable", &[states.to_string()])?;
                let (of_turn, its_digest) = self.chromium.rate("engine.js", states, 5)?;
                rate = rate.max(of_turn);
                digest = its_digest;
            }
            let native = self.native.value(&name)?;
            rows.push(Row::measured(&of("native"), native, "M/s"));
            rows.push(Row::measured(&of("wasm"), rate, "M/s"));
            rows.push(Row::at_least(&of("wasm / native"), rate / native, 0.7));
            rows.push(Row::equal(
                &of("digests"),
                &digest,
                self.native.note(&name)?,
            ));
            let (plain, its_digest) = self.chromium.rate("maps.js", states, 1)?;
            rows.push(Row::measured(&of("JavaScript Maps"), plain, "M/s"));
            rows.push(Row::at_least(&of("wasm / Maps"), rate / plain, 10.0));
            rows.push(Row::equal(&of("digests, Maps"), &digest, &its_digest));
        }
        Ok(rows)
    }

    /// Lists of ten for single users, and the model `blend` of the ranking board.
    fn answers(&mut self) -> Result<Vec<Row>> {
        let small = &shape::CLICKS[0];
        let mut rows = Vec::new();
        for (clicks, longest, turns) in [
            (&shape::CLICKS[0], 1.0, TURNS),
            (&shape::CLICKS[1], 10.0, 1),
        ] {
            rows.extend(self.board(clicks, longest, turns)?);
        }
        let request =
            json!({ "what": "lists", "file": format!("{}.csv", small.name), "repeats": 5 });
        let ms = 1e3
            * self
                .chromium
                .least("engine.js", &request, "seconds", TURNS)?;
        let native = self.native.value(&format!("lists.{}", small.name))? / 1e3;
        rows.push(Row::measured(
            "ten items for one user, native",
            native,
            "ms",
        ));
        rows.push(Row::at_most("ten items for one user, wasm", ms, "ms", 0.2));
        Ok(rows)
    }

    fn board(&mut self, clicks: &shape::Clicks, longest: f64, turns: usize) -> Result<Vec<Row>> {
        let name = clicks.name;
        let of = |what: &str| format!("blend, size of {name}, {what}");
        let request = json!({
            "what": "ranking", "file": format!("{name}.csv"),
            "share": clicks.tested, "model": "blend", "repeats": 3,
        });
        let path = self.site.join(name).with_extension("csv");
        let log = format!("{name}={}:{}", path.display(), clicks.tested);
        let (mut fit_wasm, mut next_wasm, mut mrr) = (f64::INFINITY, f64::INFINITY, 0.0);
        for _ in 0..turns {
            self.run_native("answers", std::slice::from_ref(&log))?;
            let result = self.chromium.measure("engine.js", &request)?;
            fit_wasm = fit_wasm.min(number(&result, "fit"));
            next_wasm = next_wasm.min(1e3 * number(&result, "next"));
            mrr = number(&result, "mrr");
        }
        let fit = self.native.value(&format!("fit.{name}"))?;
        let next = self.native.value(&format!("next.{name}"))? / 1e3;
        Ok(vec![
            Row::measured(&of("fit, native"), fit, "s"),
            Row::at_most(&of("fit, wasm"), fit_wasm, "s", longest),
            Row::at_least(&of("fit, wasm / native"), fit / fit_wasm, 0.6),
            Row::measured(&of("a list, native"), next, "ms"),
            Row::at_most(&of("a list, wasm"), next_wasm, "ms", 0.2),
            Row::at_least(&of("a list, wasm / native"), next / next_wasm, 0.6),
            Row::equal(
                &of("MRR@20"),
                &format!("{mrr:.6}"),
                self.native.note(&format!("next.{name}"))?,
            ),
        ])
    }
}

fn number(result: &Value, key: &str) -> f64 {
    result[key].as_f64().unwrap_or(f64::NAN)
}

fn hexadecimal(result: &Value) -> String {
    format!("{:08x}", result["digest"].as_u64().unwrap_or(0))
}
