//! Bad input: each gives a clear sentence or a counted reason, and never a panic, a hang or unbounded memory.
#![allow(clippy::unwrap_used)]

mod log_common;

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use log_common::{import, import_in, problem};
use proptest::prelude::*;
use qcart::log::{ImportOptions, Imported, Importer, RejectReason, Role};

const HEADER: &str = "user,item,event,time,price\n";

/// Good rows around a bad one.
fn with_row(row: &[u8]) -> Vec<u8> {
    let good = "ann,tea,view,1500000000,1\nbob,tea,buy,1500000009,2\n".repeat(10);
    [HEADER.as_bytes(), good.as_bytes(), row, good.as_bytes()].concat()
}

/// The one reason for which rows of this file are rejected, with line and column of the first.
fn reason(bytes: &[u8]) -> (RejectReason, u64, u32) {
    let imported = import(bytes).unwrap();
    assert_eq!(
        imported.rejects.groups.len(),
        1,
        "{:?}",
        imported.rejects.groups
    );
    assert_eq!(
        imported.report.accepted + imported.report.rejected,
        imported.report.rows
    );
    let group = &imported.rejects.groups[0];
    assert!(!group.what.zh.is_empty() && !group.mend.zh.is_empty());
    let place = group.examples[0].place;
    (group.reason, place.line, place.column)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn files_that_are_no_logs_are_named() {
    for (bytes, code) in [
        (&b""[..], "log.empty"),
        (b"\xef\xbb\xbf", "log.empty"),
        (b"\n\n \r\n", "log.empty"),
        (b"user,item,time\n", "log.no-rows"),
        (b"user,item,time", "log.no-rows"),
        (b"user\nann\nbob\n", "log.one-column"),
        (b"{\"session\":0,\"events\":[]}\n", "log.json"),
        (b"[{\"user\":1}]", "log.json"),
        (b"<!DOCTYPE html><html>", "log.web-page"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "log.binary"),
        (b"PK\x03\x04\x14\0\x06\0[Content_Types].xml", "log.binary"),
        (b"PAR1\x15\x04\x15\0\x15", "log.binary"),
        (b"\x01\x02\x03\x04\0\0\0\x07abc\0\0\0", "log.binary"),
        (b"price,brand\n1.5,x\n2.5,y\n", "log.no-item"),
        (
            b"user,item,event\nann,tea,flew\nbob,tea,swam\n",
            "log.no-events",
        ),
        (
            b"user,item,price\nann,tea,-1\nbob,tea,-2\n",
            "log.no-events",
        ),
    ] {
        let problem = problem(bytes);
        assert_eq!(
            problem.code,
            code,
            "{:?}: {problem}",
            String::from_utf8_lossy(bytes)
        );
    }
    assert!(
        problem(b"PK\x03\x04\x14\0\x06\0[Content_Types].xml")
            .what
            .en
            .contains("xlsx")
    );
    assert!(
        problem(b"PAR1\x15\x04\x15\0\x15")
            .what
            .en
            .contains("Parquet")
    );
    assert!(
        problem(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
            .what
            .zh
            .contains("PNG")
    );
}

#[test]
fn bad_rows_are_rejected_where_they_stand() {
    for (row, want) in [
        (&b"ann,tea\n"[..], (RejectReason::Columns, 22, 0)),
        (
            b"ann,tea,view,1500000000,1,more\n",
            (RejectReason::Columns, 22, 0),
        ),
        (b"ann,t\0a,view,1500000000,1\n", (RejectReason::Nul, 22, 0)),
        (b"ann,,view,1500000000,1\n", (RejectReason::NoItem, 22, 2)),
        (
            b"NULL,tea,view,1500000000,1\n",
            (RejectReason::NoUser, 22, 1),
        ),
        (b"ann,tea,view,soon,1\n", (RejectReason::Time, 22, 4)),
        (b"ann,tea,view,,1\n", (RejectReason::Time, 22, 4)),
        (b"ann,tea,view,15,1\n", (RejectReason::TimeRange, 22, 4)),
        (
            b"ann,tea,view,99999999999,1\n",
            (RejectReason::TimeRange, 22, 4),
        ),
        (
            b"ann,tea,view,1500000000,NaN\n",
            (RejectReason::Price, 22, 5),
        ),
        (
            b"ann,tea,view,1500000000,inf\n",
            (RejectReason::Price, 22, 5),
        ),
        (
            b"ann,tea,view,1500000000,1e400\n",
            (RejectReason::Price, 22, 5),
        ),
        (
            b"ann,tea,view,1500000000,cheap\n",
            (RejectReason::Price, 22, 5),
        ),
        (
            b"ann,tea,view,1500000000,-1\n",
            (RejectReason::NegativePrice, 22, 5),
        ),
    ] {
        assert_eq!(
            reason(&with_row(row)),
            want,
            "{}",
            String::from_utf8_lossy(row)
        );
        let strict = ImportOptions {
            strict: true,
            ..ImportOptions::default()
        };
        let stopped = import_in(&with_row(row), 10, &strict).unwrap_err();
        assert_eq!(stopped.place.unwrap().line, 22);
        assert_eq!(stopped.code, format!("log.row.{}", want.0.name()));
    }
}

#[test]
fn rejected_rows_can_be_downloaded() {
    let imported = import(with_row(b"ann,\"te\"\"a\",view,soon,1\n")).unwrap();
    let csv = imported.rejects.csv();
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "line,column,byte,reason,value,row");
    let byte = HEADER.len() + "ann,tea,view,1500000000,1\nbob,tea,buy,1500000009,2\n".len() * 10;
    assert_eq!(
        lines[1],
        format!("22,4,{byte},time,\"soon\",\"ann,\"\"te\"\"\"\"a\"\",view,soon,1\"")
    );
    assert_eq!(lines.len(), 2);
}

#[test]
fn the_download_says_when_it_is_capped() {
    let row = format!("ann,tea,view,{},1\n", "x".repeat(3000));
    let good = "ann,tea,view,1500000000,1\n".repeat(4000);
    let imported = import(HEADER.to_owned() + &good + &row.repeat(8000)).unwrap();
    assert_eq!(imported.rejects.count, 8000);
    assert!(imported.rejects.kept < 8000 && imported.rejects.csv().len() < 18 << 20);
    assert_eq!(imported.rejects.groups[0].examples.len(), 20);
    let missing = 8000 - imported.rejects.kept;
    assert!(
        imported
            .rejects
            .csv()
            .lines()
            .last()
            .unwrap()
            .contains(&format!("{missing} more"))
    );
}

#[test]
fn an_open_quote_costs_its_line_only() {
    let imported = import(with_row(b"\"ann,tea,view,1500000000,1\n")).unwrap();
    assert_eq!(imported.report.accepted, 40);
    assert_eq!(
        reason(&with_row(b"\"ann,tea,view,1500000000,1\n")),
        (RejectReason::OpenQuote, 22, 0)
    );
}

#[test]
fn a_line_of_ten_megabytes_is_left_out() {
    let mut row = b"ann,".to_vec();
    row.resize(10 << 20, b'x');
    for end in [&b"\n"[..], b",view,1500000000,1\r\n"] {
        let long = [&row[..], end].concat();
        assert_eq!(reason(&with_row(&long)), (RejectReason::TooLong, 22, 0));
        let imported = import(with_row(&long)).unwrap();
        assert_eq!(
            (imported.report.accepted, imported.report.rejected),
            (40, 1)
        );
    }
    assert_eq!(problem(&row).code, "log.long-line");
}

#[test]
fn mixed_encodings_reject_the_odd_rows() {
    let gbk = encoding_rs::GB18030
        .encode("张三,茶,view,1500000000,1\n")
        .0
        .into_owned();
    let mut text = HEADER.as_bytes().to_vec();
    for _ in 0..20 {
        text.extend_from_slice("李四,茶,view,1500000000,1\n".as_bytes());
    }
    text.extend_from_slice(&gbk);
    let imported = import(&text).unwrap();
    assert_eq!(
        (imported.report.accepted, imported.report.rejected),
        (20, 1)
    );
    assert_eq!(imported.rejects.groups[0].reason, RejectReason::Undecodable);
    assert_eq!(imported.log.users.iter().collect::<Vec<_>>(), ["李四"]);
}

#[test]
fn the_place_in_a_transcoded_file_is_that_of_the_file() {
    let text =
        "user,item,time\n张三,茶,1500000000\n李四,茶,soon\n王五,茶,1500000000\n赵六,茶,1500000001\n"
            .to_owned() + &"a,b,1500000000\n".repeat(20);
    for (bytes, width) in [
        (
            encoding_rs::GB18030.encode(&text).0.into_owned(),
            15 + 4 + 1 + 2 + 1 + 10 + 1,
        ),
        (
            text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            2 * (15 + 2 + 1 + 1 + 1 + 10 + 1),
        ),
    ] {
        let imported = import(&bytes).unwrap();
        let place = imported.rejects.groups[0].examples[0].place;
        assert_eq!((place.line, place.column, place.byte), (3, 3, width));
    }
}

#[test]
fn headers_with_one_name_twice_are_told_apart_by_place() {
    let imported = import("user,item,item,time\na,x,y,1500000000\nb,x,z,1500000001\n").unwrap();
    assert_eq!(
        imported.dialect.roles,
        [Role::User, Role::Item, Role::Ignore, Role::Time]
    );
    assert!(
        imported
            .report
            .notes
            .iter()
            .any(|note| note.en.contains("Columns 2 and 3"))
    );
}

#[test]
fn one_user_or_one_item_is_said() {
    let imported = import("user,item,time\na,x,1500000000\na,x,1500000001\n").unwrap();
    let notes: Vec<&str> = imported
        .report
        .notes
        .iter()
        .map(|note| note.en.as_str())
        .collect();
    assert!(notes.iter().any(|note| note.contains("only one item")));
    assert!(notes.iter().any(|note| note.contains("only one user")));
}

#[test]
fn a_few_stray_dates_are_pointed_out() {
    let mut text = "user,item,time\nz,x,1400000000\n".to_owned();
    for row in 0..3000 {
        text.push_str(&format!(
            "u{},i{},{}\n",
            row % 70,
            row % 9,
            1_500_000_000 + row * 60
        ));
    }
    let imported = import(text).unwrap();
    assert!(
        imported
            .report
            .notes
            .iter()
            .any(|note| note.en.starts_with("1 event lies far outside"))
    );
}

#[test]
fn wrong_choices_are_refused() {
    let text = b"user,item,time\na,x,1500000000\n";
    let with = |roles: Vec<Role>| ImportOptions {
        roles: Some(roles),
        ..ImportOptions::default()
    };
    for (roles, code) in [
        (vec![Role::User, Role::Item], "log.roles"),
        (vec![Role::Item, Role::Item, Role::Time], "log.roles"),
        (vec![Role::User, Role::Ignore, Role::Time], "log.no-item"),
        (
            vec![Role::Time, Role::Item, Role::Ignore],
            "log.time-format",
        ),
    ] {
        let mut importer = Importer::new("log", None, with(roles));
        importer.push(text).unwrap();
        assert_eq!(importer.end().unwrap_err().code, code);
        // The person can still see the table and choose again.
        assert_eq!(importer.preview().unwrap().rows, [["a", "x", "1500000000"]]);
        assert_eq!(importer.push(b"more").unwrap_err().code, code);
    }
    for gap in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let options = ImportOptions {
            session_gap_minutes: gap,
            ..ImportOptions::default()
        };
        assert_eq!(
            import_in(text, 9, &options).unwrap_err().code,
            "log.session-gap"
        );
    }
}

#[test]
fn event_columns_that_hold_ids_are_refused() {
    let mut text = "user,item,event\n".to_owned();
    for row in 0..20_000 {
        text.push_str(&format!("u{},i{},e{row}\n", row % 9, row % 7));
    }
    let roles = Some(vec![Role::User, Role::Item, Role::Event]);
    let options = ImportOptions {
        roles,
        ..ImportOptions::default()
    };
    assert_eq!(
        import_in(text.as_bytes(), 5000, &options).unwrap_err().code,
        "log.event-words"
    );
}

#[test]
fn gzip_is_read_in_any_chunks_and_members() {
    let text = with_row(b"ann,cup,cart,1500000000,1\n");
    let want = import(&text).unwrap();
    let (head, tail) = text.split_at(300);
    let packed = [gzip(head), gzip(b""), gzip(tail), vec![0; 20]].concat();
    for chunk in [1, 7, 100_000] {
        let got = import_in(&packed, chunk, &ImportOptions::default()).unwrap();
        assert_eq!((&got.log, &got.report), (&want.log, &want.report));
        assert_eq!(got.source.size, packed.len() as u64);
        assert_eq!(
            got.source.fingerprint,
            blake3::hash(&packed).to_hex().as_str()
        );
    }
}

#[test]
fn damaged_gzip_is_refused() {
    let packed = gzip(&with_row(b""));
    for cut in [3, 9, 15, packed.len() / 2, packed.len() - 1] {
        assert_eq!(
            problem(&packed[..cut]).code,
            "log.gzip-truncated",
            "cut at {cut}"
        );
    }
    let mut broken = packed.clone();
    let at = broken.len() - 6;
    broken[at] ^= 1;
    assert!(problem(&broken).code.starts_with("log.gzip"));
    assert_eq!(
        problem([&packed[..], b"junk"].concat()).code,
        "log.gzip-corrupt"
    );
    assert_eq!(problem(b"\x1f\x8bzzzzzzzzzzzzzzz").code, "log.gzip-corrupt");
}

/// 200 MB of one letter, 200 kB packed: read as it streams, in the memory of a block.
#[test]
fn a_gzip_bomb_is_a_line_too_long() {
    let packed = gzip(&vec![b'x'; 60 << 20]);
    assert!(packed.len() < 100_000);
    assert_eq!(problem(&packed).code, "log.long-line");
    let mut text = HEADER.as_bytes().to_vec();
    text.extend_from_slice(&b"ann,tea,view,1500000000,1\n".repeat(4000));
    text.resize(60 << 20, b'x');
    let imported = import(gzip(&text)).unwrap();
    assert_eq!(
        (imported.report.accepted, imported.report.rejected),
        (4000, 1)
    );
}

#[test]
fn memory_is_bounded() {
    let mut importer = Importer::new("log", None, ImportOptions::default()).with_memory(4 << 20);
    let mut result = importer.push(b"user,item\n");
    for row in 0..400_000 {
        if result.is_err() {
            break;
        }
        result = importer.push(format!("u{row},i{row}\n").as_bytes());
    }
    assert_eq!(result.unwrap_err().code, "log.too-large");
}

#[test]
fn progress_counts_rows() {
    let text = with_row(b"ann,,view,1500000000,1\nann,tea,return,1500000000,1\n");
    let mut importer = Importer::new("log", Some(text.len() as u64), ImportOptions::default());
    importer.push(&text).unwrap();
    assert!(importer.preview().is_none());
    importer.end().unwrap();
    let progress = importer.progress();
    assert_eq!(
        (
            progress.rows,
            progress.accepted,
            progress.rejected,
            progress.ignored
        ),
        (42, 40, 1, 1)
    );
    assert_eq!(
        (progress.bytes_in, progress.bytes_text),
        (text.len() as u64, text.len() as u64)
    );
    let preview = importer.preview().unwrap();
    assert_eq!((preview.rows.len(), preview.columns.len()), (42, 5));
}

/// The log that came out holds together.
fn assert_sound(imported: &Imported) {
    let log = &imported.log;
    let events = log.len();
    assert_eq!(log.session_start.len(), log.sessions() + 1);
    assert_eq!(*log.session_start.last().unwrap() as usize, events);
    assert!(log.session_start.is_sorted_by(|a, b| a < b));
    assert!(
        log.events
            .item
            .iter()
            .all(|&item| (item as usize) < log.items.len())
    );
    assert!(
        log.session_user
            .iter()
            .all(|&user| (user as usize) < log.users.len())
    );
    assert_eq!(
        (log.events.kind.len(), log.events.time.len()),
        (events, events)
    );
    let report = &imported.report;
    assert_eq!(
        report.rows,
        report.accepted + report.rejected + report.ignored
    );
    assert_eq!(report.events_by_type.iter().sum::<u64>(), report.events);
    assert_eq!(report.events + report.merged, report.accepted);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes_give_a_log_or_a_problem(
        head in prop::sample::select(vec!["", HEADER, "user;item;time\n", "a\tb\n", "\u{feff}1,2\n"]),
        bytes in prop::collection::vec(prop_oneof![
            6 => prop::sample::select(&b"abz019,;\t|\"\n\r.-: "[..]),
            1 => any::<u8>(),
        ], 0..500),
        chunk in 1_usize..64,
    ) {
        let text = [head.as_bytes(), &bytes].concat();
        let whole = import(&text);
        let parts = import_in(&text, chunk, &ImportOptions::default());
        prop_assert_eq!(format!("{whole:?}"), format!("{parts:?}"));
        if let Ok(imported) = whole {
            assert_sound(&imported);
        }
    }
}
