//! What a log takes in memory once it is read.
#![allow(clippy::expect_used)]

mod log_common;

use log_common::import;
use qcart::log::Log;

/// Bytes an event of a log of so many columns, its sessions included: names and categories belong to users and items.
fn bytes_an_event(log: &Log) -> f64 {
    fn of<T>(column: &Vec<T>) -> usize {
        column.capacity() * size_of::<T>()
    }
    let events = &log.events;
    let optional = events.price.as_ref().map_or(0, of) + events.quantity.as_ref().map_or(0, of);
    let sessions = of(&log.session_start) + of(&log.session_user);
    let all = of(&events.item) + of(&events.kind) + of(&events.time) + optional + sessions;
    all as f64 / log.len() as f64
}

/// A shop's log with all that a shop logs: user, item, event, time, session, price, quantity, category.
#[test]
fn an_event_of_a_shop_takes_at_most_24_bytes() {
    let mut csv = String::from("user,item,event,time,session,price,quantity,category\n");
    for row in 0..120_000_u32 {
        let (user, item, session) = (row / 12, row % 701, row / 4);
        let event = ["view", "cart", "purchase"][row as usize % 3];
        let time = 1_700_000_000 + row * 20;
        csv.push_str(&format!(
            "u{user},i{item},{event},{time},s{session},{}.50,{},c{}\n",
            item % 90,
            1 + row % 3,
            item % 13
        ));
    }
    let imported = import(csv).expect("a log");
    let log = imported.log;
    assert_eq!(log.len(), 120_000);
    assert!(log.events.price.is_some() && log.events.quantity.is_some());
    let bytes = bytes_an_event(&log);
    assert!(bytes <= 24.0, "{bytes} bytes an event");
}
