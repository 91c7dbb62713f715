//! `cargo xtask bench`: the engine's kernels in native code, in Chromium, and what people use instead, in one run.

mod native;
mod rivals;
mod shape;
mod table;

use anyhow::{Context, Result};
use qcart_browser_tests::driver::Driver;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use table::Row;
use xtask::server::{Listen, Server};
use xtask::site::Source;
use xtask::{browser, wasm, workspace};

/// Rows of the file that speeds are measured on, and of the one that memory is.
const ROWS: u64 = 3_000_000;
const MANY_ROWS: u64 = 10_000_000;

/// Resamples of off-policy evaluation.
const RESAMPLES: u32 = 2000;

/// States of the tables, and the updates of a round on them, as in `benches/qtable.rs`.
const TABLES: [u32; 4] = [1_000, 10_000, 100_000, 1_000_000];
const UPDATES: u64 = 4_000_000;
/// The largest table that plain JavaScript takes part on.
const SMALL: u32 = 100_000;

fn main() -> Result<()> {
    browser::ensure_chromium()?;
    let folder = workspace::target_dir().join("bench");
    let site = folder.join("site");
    fs::create_dir_all(&site)?;
    shape::write(&site.join("events.csv"), ROWS)?;
    shape::write(&site.join("many.csv"), MANY_ROWS)?;
    let has_rival = rivals::fetch_papaparse(&folder, &site)?;
    let native = native::run(&site.join("events.csv"))?;
    wasm::build_bench(&site.join("pkg"))?;
    copy_pages(&site)?;
    let chromium = Chromium::start(&site)?;
    let mut rows = chromium.imports(&native, has_rival)?;
    rows.extend(chromium.updates(&native)?);
    rows.extend(chromium.judging()?);
    print!("{}", table::text(&rows));
    let path = workspace::target_dir().join("bench.json");
    fs::write(&path, table::json(&rows)?)?;
    println!("also in {}", path.display());
    Ok(())
}

fn copy_pages(site: &Path) -> Result<()> {
    let pages = workspace::root().join("tests/browser/bench");
    for name in ["index.html", "engine.js", "maps.js", "papaparse.js"] {
        fs::copy(pages.join(name), site.join(name))
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
        let kind = if script == "papaparse.js" {
            "classic"
        } else {
            "module"
        };
        self.driver.run(
            "return window.measure(...arguments);",
            &[json!(script), json!(kind), request.clone()],
        )
    }

    fn imports(&self, native: &native::Results, has_rival: bool) -> Result<Vec<Row>> {
        let speed = |result: &Value, key: &str| number(result, "bytes") / number(result, key) / 1e6;
        let request = json!({ "what": "importing", "file": "events.csv", "repeats": 3 });
        let engine = self.measure("engine.js", &request)?;
        let many = self.measure(
            "engine.js",
            &json!({ "what": "importing", "file": "many.csv", "repeats": 1 }),
        )?;
        let (read, whole) = (speed(&engine, "seconds"), speed(&engine, "whole"));
        let mut rows = vec![
            Row::measured("import: read, native", native.value("import.read")?, "MB/s"),
            Row::measured("import: read, wasm", read, "MB/s"),
            Row::at_least(
                "import: read, wasm / native",
                read / native.value("import.read")?,
                0.6,
            ),
            Row::measured(
                "import: whole, native",
                native.value("import.whole")?,
                "MB/s",
            ),
            Row::measured("import: whole, wasm", whole, "MB/s"),
            Row::measured("import: events accepted", number(&engine, "events"), ""),
            Row::at_most(
                "import: wasm memory for 10 million events",
                number(&many, "megabytes"),
                "MB",
                1073.0,
            ),
        ];
        if has_rival {
            let rival = self.measure(
                "papaparse.js",
                &json!({ "file": "events.csv", "repeats": 3 }),
            )?;
            let parse = speed(&rival, "seconds");
            rows.push(Row::measured(
                "import: PapaParse, parsing only",
                parse,
                "MB/s",
            ));
            rows.push(Row::at_least(
                "import: read, wasm / PapaParse",
                read / parse,
                6.0,
            ));
        } else {
            rows.push(Row::skipped("import: read, wasm / PapaParse", "no npm"));
        }
        Ok(rows)
    }

    fn updates(&self, native: &native::Results) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        for states in TABLES {
            let name = format!("qtable.{states}");
            let of = |what: &str| format!("updates, {states} states, {what}");
            let (rate, digest) = self.rate("engine.js", states, 5)?;
            rows.push(Row::measured(&of("native"), native.value(&name)?, "M/s"));
            rows.push(Row::measured(&of("wasm"), rate, "M/s"));
            rows.push(Row::at_least(
                &of("wasm / native"),
                rate / native.value(&name)?,
                0.7,
            ));
            rows.push(Row::equal(&of("digests"), &digest, native.note(&name)?));
            if states <= SMALL {
                let (plain, its_digest) = self.rate("maps.js", states, 1)?;
                rows.push(Row::measured(&of("JavaScript Maps"), plain, "M/s"));
                rows.push(Row::at_least(&of("wasm / Maps"), rate / plain, 10.0));
                rows.push(Row::equal(&of("digests, Maps"), &digest, &its_digest));
            }
        }
        Ok(rows)
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
}

fn number(result: &Value, key: &str) -> f64 {
    result[key].as_f64().unwrap_or(f64::NAN)
}

fn hexadecimal(result: &Value) -> String {
    format!("{:08x}", result["digest"].as_u64().unwrap_or(0))
}
