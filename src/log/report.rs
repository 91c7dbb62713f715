//! What is in a log, counted: the report that the page shows after an import.

use serde::{Deserialize, Serialize};

use super::EventType;
use crate::problem::Text;

/// How one event word of the file was understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventWord {
    /// The word as logged; empty for rows without one.
    pub word: String,
    /// Rows with this word that were not bad.
    pub count: u64,
    /// What it was taken for; `None`: the rows were ignored.
    pub mapped: Option<EventType>,
    /// Whether the word is known (built in or given); unknown words are ignored.
    pub known: bool,
}

/// The time span of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DateRange {
    /// First event, ISO 8601 in UTC.
    pub first: String,
    /// Last event, ISO 8601 in UTC.
    pub last: String,
    /// First event, milliseconds since 1970-01-01 UTC.
    pub first_ms: i64,
    /// Last event, milliseconds since 1970-01-01 UTC.
    pub last_ms: i64,
}

/// A bar of the histogram of session lengths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LengthBin {
    /// Fewest events of a session in this bar.
    pub from: u32,
    /// Most events of a session in this bar.
    pub to: u32,
    /// Sessions.
    pub count: u64,
}

/// How many events sessions have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionLengths {
    /// Arithmetic mean.
    pub mean: f64,
    /// Lower median.
    pub median: u32,
    /// The longest.
    pub max: u32,
    /// Bars 1, 2, 3, 4, 5, 6-10, 11-20, 21-50, 51-100, 101-; empty bars at the end are left out.
    pub bins: Vec<LengthBin>,
}

/// An item and how often it occurs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemCount {
    /// Item number in the log.
    pub item: u32,
    /// Its name.
    pub name: String,
    /// Events with it.
    pub count: u64,
}

/// Share of sessions that went from one event type on to a later one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Conversion {
    /// Sessions with this type ...
    pub from: EventType,
    /// ... that also have this type.
    pub to: EventType,
    /// Sessions that have the first.
    pub of: u64,
    /// Sessions that have both.
    pub count: u64,
}

/// What is in a log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Users named in the file; where it has no user column, the sessions.
    pub users: u64,
    /// Sessions without a named user in a log that has a user column: each stands as a user of its own
    /// besides those of `users`.
    pub anonymous_users: u64,
    /// Items.
    pub items: u64,
    /// Sessions.
    pub sessions: u64,
    /// Events in the log: accepted rows less the repeats that were merged.
    pub events: u64,
    /// Events by type, in the order of [`EventType::ALL`].
    pub events_by_type: [u64; 4],
    /// Every event word of the file, most frequent first.
    pub event_words: Vec<EventWord>,
    /// First and last event; `None` where the log has no time.
    pub dates: Option<DateRange>,
    /// Events equal in item and type to the one before them in their session.
    pub repeated: u64,
    /// Events equal in everything to another one of their session.
    pub duplicates: u64,
    /// Repeated events that were dropped because the options say so.
    pub merged: u64,
    /// Events with a negative quantity.
    pub returns: u64,
    /// Session lengths.
    pub lengths: SessionLengths,
    /// The 20 items with most events; ties by item number.
    pub top_items: Vec<ItemCount>,
    /// How many sessions went on from views to carts to purchases.
    pub conversions: Vec<Conversion>,
    /// Rows read, without the header and empty lines: accepted + rejected + ignored.
    pub rows: u64,
    /// Rows that became events.
    pub accepted: u64,
    /// Bad rows.
    pub rejected: u64,
    /// Rows whose event word is not wanted or not known.
    pub ignored: u64,
    /// What a person should know about how the file was understood.
    pub notes: Vec<Text>,
    /// Bytes of memory that the log takes.
    pub memory_bytes: u64,
}
