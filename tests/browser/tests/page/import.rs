//! Logs as people have them, good and bad.

use crate::repeat_natively_with;
use anyhow::{Result, ensure};
use qcart_browser_tests::{Page, Setting, scenario, served};
use std::path::Path;
use std::{fs, io::Write as _, iter};
use xtask::workspace;

pub const GOOD: &str = "user,item,event,time\nann,tea,view,2026-03-01 09:30\nann,cup,cart,2026-03-01 09:31\n\
                    bob,tea,view,2026-03-01 10:00\nbob,pot,purchase,2026-03-01 10:05\n";

#[test]
fn a_dropped_log_is_read_and_counted() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        page.drop_file("good.csv", GOOD.as_bytes())?;
        ensure!(
            page.figure("Users")? == "2"
                && page.figure("Items")? == "3"
                && page.figure("Events")? == "4"
        );
        page.check_accessibility()
    });
}

#[test]
fn a_file_of_another_encoding_and_packed_is_read_too() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        let utf16: Vec<u8> = iter::once(0xfeff)
            .chain(GOOD.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        page.drop_file("wide.csv", &utf16)?;
        ensure!(page.figure("Users")? == "2");
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(GOOD.replace("bob", "卡尔").as_bytes())?;
        page.drop_file("packed.csv.gz", &packed.finish()?)?;
        ensure!(page.figure("Users")? == "2");
        lists_user(page, "卡尔")?;
        Ok(())
    });
}

#[test]
fn cancelling_a_reading_keeps_what_was_there() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        page.drop_file("good.csv", GOOD.as_bytes())?;
        give_long_file(page)?;
        let told = page.wait_for("globalThis.told")?;
        let told = told.as_str().unwrap_or("");
        ensure!(
            told.contains('%')
                && told.contains("MB/s")
                && told.contains("rows")
                && told.contains("left"),
            "the page says: {told}"
        );
        page.wait_for("document.querySelector('#data-view').ariaBusy === 'false'")?;
        ensure!(page.figure("Users")? == "2", "the log is gone");
        page.drop_file("good.csv", GOOD.replace("bob", "eve").as_bytes())?;
        lists_user(page, "eve")?;
        page.train().map(drop)
    });
}

/// Gives the page a file of 600 MB, and presses Cancel as soon as its progress says how long it will take.
fn give_long_file(page: &Page) -> Result<()> {
    page.driver.run(
        "const view = document.querySelector('#data-view');
         new MutationObserver((_, watching) => {
           const told = view.querySelector('.progress .num')?.innerText;
           if (!told?.includes('left') || !view.querySelector('.progress table')) return;
           watching.disconnect();
           globalThis.told = told;
           view.querySelector('.progress button').click();
         }).observe(view, { childList: true, subtree: true, characterData: true });
         const rows = Array.from({ length: 40_000 }, (_, n) => `u${n % 9973},i${n % 977},view,${n}\\n`);
         const piece = new Blob(rows);
         const pieces = Array(Math.ceil(6e8 / piece.size)).fill(piece);
         const chosen = new DataTransfer();
         chosen.items.add(new File(['user,item,event,time\\n', ...pieces], 'long.csv'));
         const input = document.querySelector('#file');
         input.files = chosen.files;
         input.dispatchEvent(new Event('change', { bubbles: true }));",
        &[],
    )
    .map(drop)
}

/// Waits until the user is listed: the list comes a moment after the report.
fn lists_user(page: &Page, name: &str) -> Result<()> {
    page.wait_for(&format!(
        "document.querySelector('#user-list')?.innerText.includes('{name}')"
    ))
    .map(drop)
}

/// Nine megabytes on 30 items.
fn large() -> Vec<u8> {
    let rows = (0..600_000_u32).map(|n| format!("{},{},view,{n}\n", n / 5, (n / 7 + n % 5) % 31));
    let text: String = iter::once("user,item,event,time\n".to_owned())
        .chain(rows)
        .collect();
    text.into_bytes()
}

/// A worker of its own takes the fingerprint of a large file while its rows are read; the runner takes the same.
#[test]
fn a_large_file_has_the_fingerprint_that_the_runner_finds() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        page.drop_file("large.csv", &large())?;
        ensure!(page.figure("Events")? == "600,000");
        page.train()?;
        let link = page.make_link()?;
        let file = workspace::target_dir().join("browser-tests/large-again.csv");
        fs::write(&file, large())?;
        repeat_natively_with(&link, &["--log", &file.to_string_lossy()])
    });
}

/// Where that worker does not start, the file is read once more by the engine alone.
#[test]
fn a_large_file_is_read_without_the_worker_for_its_fingerprint() {
    let outcome = || -> Result<()> {
        let page = Page::open(&Setting::default())?;
        page.server
            .replace(served::changed("no-fingerprint", |file| {
                if file.path.contains("pkg/fingerprint/") {
                    file.path = file.path.replace("pkg/fingerprint/", "pkg/elsewhere/");
                }
            })?);
        page.visit("")?;
        page.wait_until_ready()?;
        page.drop_file("large.csv", &large())?;
        ensure!(page.figure("Events")? == "600,000");
        Ok(())
    };
    outcome().unwrap_or_else(|problem| panic!("{problem:#}"));
}

/// Decoders are a module of their own: it is fetched when the first file needs it, and kept for use offline.
#[test]
fn decoders_are_fetched_when_a_file_needs_them() {
    let asked_for_decoder = |page: &Page| {
        let asked = page.server.take_requests();
        asked.iter().any(|path| path.contains("/decoder/"))
    };
    scenario(&Setting::default(), |page| {
        page.wait_until_stored()?;
        drop(page.server.take_requests());
        page.drop_file("good.csv", GOOD.as_bytes())?;
        ensure!(page.figure("Users")? == "2");
        ensure!(!asked_for_decoder(page), "fetched for a file in UTF-8");
        page.server.stop();
        // "用户,商品\n张三,茶\n李四,壶\n王五,茶\n" as Excel in China writes it.
        let chinese = b"\xd3\xc3\xbb\xa7,\xc9\xcc\xc6\xb7\n\xd5\xc5\xc8\xfd,\xb2\xe8\n\
                        \xc0\xee\xcb\xc4,\xba\xf8\n\xcd\xf5\xce\xe5,\xb2\xe8\n";
        page.drop_file("gb.csv", chinese)?;
        ensure!(page.figure("Users")? == "3" && page.figure("Items")? == "2");
        lists_user(page, "张三")?;
        let western = b"user,item,event\nJos\xe9,caf\xe9,view\nZo\xeb,th\xe9,view\n";
        page.drop_file("western.csv", western)?;
        ensure!(page.figure("Users")? == "2");
        lists_user(page, "José")?;
        // The first byte beyond ASCII comes long after the guesses were made.
        let mut late = format!("user,item,event\n{}", "ann,tea,view\n".repeat(60_000)).into_bytes();
        late.extend_from_slice(b"Jos\xe9,caf\xe9,view\n");
        page.drop_file("late.csv", &late)?;
        ensure!(page.figure("Events")? == "60,001");
        lists_user(page, "José")?;
        Ok(())
    });
}

/// Bytes in which nothing can be read.
pub fn noise(length: u32) -> Vec<u8> {
    (0..length)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect()
}

/// Each is refused in words, and the log that was there before stays.
#[test]
fn what_is_no_log_is_refused_in_words() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        page.drop_file("good.csv", GOOD.as_bytes())?;
        let noise = noise(50_000);
        let cases: [(&str, &[u8]); 4] = [
            ("empty.csv", b""),
            ("header.csv", b"user,item,event,time\n"),
            ("noise.bin", &noise),
            ("column.csv", b"item\ntea\ncup\n"),
        ];
        for (name, content) in cases {
            refused(page, name, content)?;
        }
        page.check_accessibility()
    });
}

fn refused(page: &Page, name: &str, content: &[u8]) -> Result<()> {
    page.drop_file(name, content)?;
    let message = page.text("#data-view .message.bad")?;
    ensure!(message.len() > 40, "{name}: the page only says {message}");
    ensure!(
        page.figure("Users")? == "2",
        "{name}: the log from before is gone"
    );
    Ok(())
}

#[test]
fn bad_rows_are_counted_with_line_and_value() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        page.drop_file(
            "rows.csv",
            format!("{GOOD}cat,tea,view,yesterday\ndan\n").as_bytes(),
        )?;
        page.wait_for_text("Rejected rows")?;
        let words = page.text("#data-view")?;
        ensure!(
            words.contains("yesterday") && words.contains('6'),
            "the page says: {words}"
        );
        Ok(())
    });
}

/// Every real log of the collection beside the repository, where there is one, needs no hand.
#[test]
fn logs_from_the_wild_need_no_hand() {
    let near = workspace::root().join("../shared/data");
    let data = std::env::var_os("QCART_DATA").map_or(near, Into::into);
    if !data.is_dir() {
        println!("no collection of real logs here: set QCART_DATA to check them too");
        return;
    }
    let logs = [
        "serenade-example/train.txt",
        "session-rec-rsc15-100k/yoochoose-clicks-100k_test.txt",
    ];
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        logs.iter()
            .map(|log| data.join(log))
            .filter(|log| log.is_file())
            .try_for_each(|log| read(page, &log))
    });
}

fn read(page: &Page, log: &Path) -> Result<()> {
    let name = log
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    page.drop_file(&name, &fs::read(log)?)?;
    ensure!(
        page.value("document.querySelector('#data-view .message.bad') === null")? == true,
        "{name} was refused"
    );
    page.wait_until_ready()
}
