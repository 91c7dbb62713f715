//! Logs for tests, read by a few plain lines instead of the reader under test elsewhere.

#![allow(clippy::unwrap_used, dead_code)]

use std::collections::HashMap;

use qcart::env::generated::{Generator, GeneratorConfig};
use qcart::log::{EventType, Log, Names};

/// One row: user, item, event type, time in seconds.
pub type Row = (String, String, EventType, i64);

/// Builds a log; sessions are cut where a user pauses for more than half an hour.
pub fn log_of(mut rows: Vec<Row>, has_kinds: bool) -> Log {
    let mut log = Log {
        has_time: true,
        has_kinds,
        session_start: vec![0],
        ..Log::default()
    };
    let mut numbers = HashMap::new();
    let mut number = |names: &mut Names, kind: u8, name: &str| -> u32 {
        *numbers
            .entry((kind, name.to_owned()))
            .or_insert_with(|| names.push(name))
    };
    let rank: HashMap<String, usize> = rows
        .iter()
        .enumerate()
        .rev()
        .map(|(i, row)| (row.0.clone(), i))
        .collect();
    rows.sort_by_key(|row| (rank[&row.0], row.3));
    let mut last: Option<(u32, i64)> = None;
    for (user, item, kind, time) in rows {
        let user = number(&mut log.users, 0, &user);
        let goes_on = last.is_some_and(|(u, t)| u == user && time - t <= 1800);
        if !goes_on {
            if last.is_some() {
                log.session_start.push(log.events.item.len() as u32);
            }
            log.session_user.push(user);
        }
        last = Some((user, time));
        log.events.item.push(number(&mut log.items, 1, &item));
        log.events.kind.push(kind);
        log.events.time.push(time * 1000);
    }
    if last.is_some() {
        log.session_start.push(log.events.item.len() as u32);
    }
    log
}

/// The log of a generated shop.
pub fn generated(config: GeneratorConfig) -> Log {
    let mut generator = Generator::new(config).unwrap();
    let mut text = Vec::new();
    while let Some(chunk) = generator.next_chunk() {
        text.extend(chunk);
    }
    let text = String::from_utf8(text).unwrap();
    let rows = text.lines().skip(1).map(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        let kind = match fields[2] {
            "view" => EventType::View,
            "cart" => EventType::Cart,
            "purchase" => EventType::Purchase,
            other => panic!("unknown event {other}"),
        };
        (
            fields[0].to_owned(),
            fields[1].to_owned(),
            kind,
            fields[3].parse().unwrap(),
        )
    });
    log_of(rows.collect(), true)
}

/// A log of bare views: one session a list.
pub fn views(sessions: &[Vec<u32>]) -> Log {
    let mut rows = Vec::new();
    for (user, items) in sessions.iter().enumerate() {
        for (place, item) in items.iter().enumerate() {
            rows.push((
                format!("u{user}"),
                format!("i{item}"),
                EventType::View,
                place as i64,
            ));
        }
    }
    log_of(rows, false)
}
