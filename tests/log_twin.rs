//! The importer against a plain twin that reads the whole text at once, keeps strings, and sorts: the same log,
//! whatever the content and however the bytes are cut.
#![allow(clippy::unwrap_used)]

mod log_common;

use std::collections::{BTreeMap, BTreeSet};

use csv_core::{ReadRecordResult, ReaderBuilder};
use log_common::import_in;
use proptest::prelude::*;
use qcart::log::{Delimiter, EventType, Events, ImportOptions, Log, Names, Role, TextEncoding};

const LONGEST_ROW: usize = 128 << 10;
const GAP: i64 = 30 * 60_000;

/// The twin's rows: the fields, or `None` for rows that can't be split.
fn records(text: &[u8]) -> Vec<Option<Vec<String>>> {
    let mut rows = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest[0] == b'\n' || rest[0] == b'\r' {
            at += 1;
            continue;
        }
        match record(rest) {
            Some((length, fields)) => {
                at += length;
                rows.push(Some(fields));
            }
            None => {
                at += rest
                    .iter()
                    .position(|&b| b == b'\n' || b == b'\r')
                    .unwrap_or(rest.len());
                rows.push(None);
            }
        }
    }
    rows
}

/// The record at the start of the text, unless it is longer than allowed or its quote never closes.
fn record(text: &[u8]) -> Option<(usize, Vec<String>)> {
    let mut reader = ReaderBuilder::new().build();
    let room = &text[..text.len().min(LONGEST_ROW)];
    let (mut out, mut ends) = (vec![0; room.len() + 1], vec![0; room.len() + 1]);
    // No byte-order mark is expected in the middle of a file.
    let _ = reader.read_record(b"\n", &mut out, &mut ends);
    let (result, read, wrote, count) = reader.read_record(room, &mut out, &mut ends);
    let (length, wrote, count) = match result {
        ReadRecordResult::Record => (read, wrote, count),
        _ if room.len() < text.len() || room.len() == LONGEST_ROW => return None,
        _ => match reader.read_record(b"\n", &mut out[wrote..], &mut ends[count..]) {
            (ReadRecordResult::Record, _, more, fields) => {
                (room.len(), wrote + more, count + fields)
            }
            _ => return None,
        },
    };
    let mut start = 0;
    let fields = ends[..count].iter().map(|&end| {
        let field = String::from_utf8(out[start..end].to_vec()).unwrap();
        start = end;
        field
    });
    let fields = fields.collect();
    assert!(wrote <= out.len());
    Some((length, fields))
}

fn kind(word: &str) -> Option<EventType> {
    match word.trim_matches(' ').to_lowercase().as_str() {
        "" | "view" => Some(EventType::View),
        "click" | "点击" => Some(EventType::Click),
        "cart" => Some(EventType::Cart),
        "buy" => Some(EventType::Purchase),
        _ => None,
    }
}

struct Row {
    user: Option<String>,
    session: Option<String>,
    item: String,
    kind: EventType,
    time: i64,
    price: f32,
}

/// One row: an event, nothing (ignored), or an error (rejected).
fn row(fields: &[String], sessions: bool) -> Result<Option<Row>, ()> {
    let field = |index: usize| fields[index].trim_matches(' ');
    let name = |index: usize| {
        Some(field(index))
            .filter(|name| !matches!(*name, "" | "NA" | "null"))
            .map(str::to_owned)
    };
    if fields.len() != 5 + usize::from(sessions) || fields.iter().any(|field| field.contains('\0'))
    {
        return Err(());
    }
    let item = name(1).ok_or(())?;
    let user = name(0);
    let session = if sessions { name(5) } else { None };
    if user.is_none() && session.is_none() {
        return Err(());
    }
    let time = field(3).parse::<i64>().map_err(|_| ())? * 1000;
    if !(631_152_000_000..4_102_444_800_000).contains(&time) {
        return Err(());
    }
    let price = match field(4) {
        "" | "NA" | "null" => f32::NAN,
        text => text.parse().map_err(|_| ())?,
    };
    if price.is_infinite() || price < 0.0 {
        return Err(());
    }
    Ok(kind(field(2)).map(|kind| Row {
        user,
        session,
        item,
        kind,
        time,
        price,
    }))
}

fn number(names: &mut BTreeMap<String, u32>, list: &mut Names, name: &str) -> u32 {
    *names
        .entry(name.to_owned())
        .or_insert_with(|| list.push(name))
}

/// Whether more than a tenth of the sessions name several users, so that ids are only unique within users.
fn ids_restart(rows: &[Row]) -> bool {
    let mut users: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in rows {
        if let Some(session) = &row.session {
            users
                .entry(session)
                .or_default()
                .extend(row.user.as_deref());
        }
    }
    let shared = users.values().filter(|users| users.len() > 1).count();
    shared * 10 > users.len()
}

/// The twin: the log, rejected rows, ignored rows.
fn plain(text: &[u8], sessions: bool) -> (Log, u64, u64) {
    let (mut rows, mut rejected, mut ignored) = (Vec::new(), 0, 0);
    for record in records(text).into_iter().skip(1) {
        match record.ok_or(()).and_then(|fields| row(&fields, sessions)) {
            Ok(Some(row)) => rows.push(row),
            Ok(None) => ignored += 1,
            Err(()) => rejected += 1,
        }
    }
    let mut log = Log {
        has_time: true,
        has_kinds: true,
        ..Log::default()
    };
    let (mut users, mut items) = (BTreeMap::new(), BTreeMap::new());
    let user: Vec<Option<u32>> = rows
        .iter()
        .map(|row| {
            row.user
                .as_ref()
                .map(|name| number(&mut users, &mut log.users, name))
        })
        .collect();
    let item: Vec<u32> = rows
        .iter()
        .map(|row| number(&mut items, &mut log.items, &row.item))
        .collect();
    let split = ids_restart(&rows);
    let mut groups: BTreeMap<(Option<&str>, Option<u32>), Vec<usize>> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        let session = row.session.as_deref();
        let user = user[index].filter(|_| session.is_none() || split);
        groups.entry((session, user)).or_default().push(index);
    }
    let mut cut: Vec<(Option<&str>, Vec<usize>)> = Vec::new();
    for ((session, _), mut group) in groups {
        group.sort_by_key(|&index| (rows[index].time, index));
        let mut parts = vec![vec![group[0]]];
        for pair in group.windows(2) {
            if session.is_none() && rows[pair[1]].time - rows[pair[0]].time > GAP {
                parts.push(Vec::new());
            }
            parts.last_mut().unwrap().push(pair[1]);
        }
        cut.extend(parts.into_iter().map(|part| (session, part)));
    }
    cut.sort_by_key(|(_, part)| (rows[part[0]].time, part[0]));
    let mut events = Events {
        price: Some(Vec::new()),
        ..Events::default()
    };
    log.session_start.push(0);
    for (session, part) in &cut {
        for &index in part {
            events.item.push(item[index]);
            events.kind.push(rows[index].kind);
            events.time.push(rows[index].time);
            events.price.as_mut().unwrap().push(rows[index].price);
        }
        log.session_start.push(events.item.len() as u32);
        let known = part.iter().find_map(|&index| user[index]);
        let name = session.unwrap_or("");
        log.session_user
            .push(known.unwrap_or_else(|| log.users.push(&format!("session:{name}"))));
        if sessions {
            log.session_names.push(name);
        }
    }
    log.events = events;
    (log, rejected, ignored)
}

fn options(sessions: bool) -> ImportOptions {
    let mut roles = vec![Role::User, Role::Item, Role::Event, Role::Time, Role::Price];
    if sessions {
        roles.push(Role::Session);
    }
    ImportOptions {
        encoding: Some(TextEncoding::Utf8),
        delimiter: Some(Delimiter::Comma),
        header: Some(true),
        roles: Some(roles),
        decimal_comma: Some(false),
        ..ImportOptions::default()
    }
}

/// Good rows in front, so that the format of times is beyond doubt.
fn start(sessions: bool) -> String {
    let mut text = format!(
        "user,item,event,time,price{}\n",
        if sessions { ",session" } else { "" }
    );
    for index in 0..40 {
        let session = if sessions {
            format!(",v{}", index % 9)
        } else {
            String::new()
        };
        text.push_str(&format!(
            "u{},i{},view,{},1.5{session}\n",
            index % 9,
            index % 4,
            1_500_000_000 + index * 700
        ));
    }
    text
}

fn assert_same(text: &[u8], sessions: bool, chunk: usize) {
    let imported = import_in(text, chunk, &options(sessions)).unwrap();
    let (log, rejected, ignored) = plain(text, sessions);
    assert_eq!(
        (imported.report.rejected, imported.report.ignored),
        (rejected, ignored)
    );
    assert_eq!(imported.rejects.count, rejected);
    // NaN prices are not equal to themselves: compare their bits.
    let bits = |log: &Log| {
        log.events
            .price
            .as_ref()
            .map(|prices| prices.iter().map(|p| p.to_bits()).collect::<Vec<_>>())
    };
    assert_eq!(bits(&imported.log), bits(&log));
    let bare = |mut log: Log| {
        log.events.price = None;
        log
    };
    assert_eq!(bare(imported.log), bare(log));
}

fn field() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-c]{1,2}",
        2 => "[0-9]{1,14}",
        1 => Just(String::new()),
        1 => Just("NA".to_owned()),
        1 => " [x-z]{1,13} ",
        1 => Just("\"a,b\"".to_owned()),
        1 => Just("\"say \"\"hi\"\"\r\nthere\"".to_owned()),
        1 => Just("商品é".to_owned()),
        1 => "[a\", ]{0,4}",
        1 => Just("nul\0".to_owned()),
    ]
}

fn line(sessions: bool) -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "view", "CLICK", " cart", "buy", "点击", "", "remove", "\"view\"", "odd",
    ]);
    let time = prop_oneof![
        8 => (1_500_000_000_u64..1_500_020_000).prop_map(|time| time.to_string()),
        1 => Just("15".to_owned()),
        1 => Just("soon".to_owned()),
    ];
    let price = prop::sample::select(vec!["2.5", "", "NA", "-1", "inf", "x", "0"]);
    let end = prop::sample::select(vec!["\n", "\n", "\n", "\r\n", "\n\n", "\r"]);
    (field(), field(), word, time, price, end, 0_usize..12).prop_map(
        move |(user, item, word, time, price, end, odd)| {
            let session = if sessions {
                format!(
                    ",s{}",
                    user.trim().replace(['"', ',', '\r', '\n', '\0'], "")
                )
            } else {
                String::new()
            };
            let extra = if odd == 0 { ",more" } else { "" };
            format!("{user},{item},{word},{time},{price}{session}{extra}{end}")
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn any_content_in_any_chunks_gives_the_twins_log(
        lines in prop::collection::vec(line(false), 0..60),
        chunk in 1_usize..400,
    ) {
        let text = start(false) + &lines.concat();
        assert_same(text.as_bytes(), false, chunk);
    }

    #[test]
    fn logged_sessions_too(lines in prop::collection::vec(line(true), 0..60), chunk in 1_usize..400) {
        let text = start(true) + &lines.concat();
        assert_same(text.as_bytes(), true, chunk);
    }
}

/// Longer than several blocks, with quotes, rows too long and an open quote at the edges of pieces and blocks.
#[test]
fn long_files_are_read_as_in_one_piece() {
    let mut text = start(false);
    let mut seed = 7_u64;
    let mut next = |bound: u64| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % bound
    };
    while text.len() < 1_400_000 {
        let (user, item, time) = (next(300), next(50), 1_500_000_000 + next(400_000));
        match next(4000) {
            0..40 => text.push_str(&format!("u{user},\"item, {item}\",click,{time},1\n")),
            40 => text.push_str(&format!("\"u{user}\n,x,buy,{time},1\n")),
            41..=50 => text.push_str(&format!(
                "u{user},{},view,{time},2\r\n",
                "long".repeat(next(60_000) as usize)
            )),
            51..54 => text.push_str(&format!(
                "u{user},\"{}\",view,{time},2\n",
                "a\nb".repeat(next(60_000) as usize)
            )),
            54..100 => text.push_str("\r\n\n"),
            _ => text.push_str(&format!("u{user},i{item},view,{time},0.5\n")),
        }
    }
    for chunk in [1 << 20, 65_537, 4096, 13] {
        assert_same(text.as_bytes(), false, chunk);
    }
}

/// The whole result, report and rejected rows included, is that of the bytes and not of the chunks.
#[test]
fn chunks_change_nothing() {
    let mut text = start(true).into_bytes();
    text.extend_from_slice(
        b"a,,view,1500000000,1,s\nb,\xff\xfe,view,1500000000,1,t\nc,d,view,1,1,q",
    );
    let whole = import_in(&text, text.len(), &options(true)).unwrap();
    for chunk in [1, 2, 3, 1000] {
        assert_eq!(import_in(&text, chunk, &options(true)).unwrap(), whole);
    }
    assert_eq!(whole.report.rejected, 3);
}
