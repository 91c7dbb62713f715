//! A behaviour log: bytes -> rows -> events -> sessions.
//!
//! This file holds what the room gives to all others: the [`Log`], events in columns, grouped into sessions.

mod blocks;
mod columns;
mod count;
mod decoders;
mod dialect;
mod encoding;
mod finish;
mod guess;
mod import;
mod inflate;
mod intern;
mod look;
mod names;
mod notes;
mod number;
mod numerals;
mod options;
mod reject;
mod report;
mod rows;
mod sampled;
mod scan;
mod schema;
mod session;
mod splitter;
mod time;
mod values;
mod words;

use serde::{Deserialize, Serialize};

pub use decoders::{Decode, Decoded, Decoders, Make, Nothing, Unpack};
pub use finish::{Finishing, Imported};
pub use import::{Importer, MEMORY, MOST_EVENTS};
pub use options::{
    Delimiter, Dialect, ImportOptions, ImportProgress, Preview, PreviewColumn, Role, SourceFile,
    TextEncoding,
};
pub use reject::{RejectGroup, RejectReason, RejectedRow, Rejects};
pub use report::{Conversion, DateRange, EventWord, ItemCount, LengthBin, Report, SessionLengths};

/// What a user did with an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum EventType {
    /// Saw the item's page.
    View,
    /// Clicked the item in a list.
    Click,
    /// Put the item in the cart (or among the favourites).
    Cart,
    /// Bought the item.
    Purchase,
}

impl EventType {
    /// Every event type, in the order of its number.
    pub const ALL: [Self; 4] = [Self::View, Self::Click, Self::Cart, Self::Purchase];
}

/// A table of distinct names, each with a dense number (its index).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    text: String,
    ends: Vec<u32>,
}

impl Names {
    /// Appends a name and returns its number. The caller keeps the names distinct.
    pub fn push(&mut self, name: &str) -> u32 {
        let number = self.ends.len() as u32;
        self.text.push_str(name);
        self.ends.push(self.text.len() as u32);
        number
    }

    /// The name with this number; the number must be below [`Names::len`].
    #[must_use]
    pub fn get(&self, number: u32) -> &str {
        let index = number as usize;
        let start = if index == 0 {
            0
        } else {
            self.ends[index - 1] as usize
        };
        &self.text[start..self.ends[index] as usize]
    }

    /// How many names there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no name.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes of memory that the names take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.text.capacity() + self.ends.capacity() * 4
    }

    /// BLAKE3 of all names in the order of their numbers: 64 hexadecimal digits.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for name in self.iter() {
            hasher.update(&(name.len() as u64).to_le_bytes());
            hasher.update(name.as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }

    /// All names in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len() as u32).map(|number| self.get(number))
    }
}

/// The number that stands for "none" in optional columns of numbers.
pub const NONE: u32 = u32::MAX;

/// Events in columns, sorted by session, then time, then row of the file. All columns present have one length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Events {
    /// Item number, into [`Log::items`].
    pub item: Vec<u32>,
    /// What was done.
    pub kind: Vec<EventType>,
    /// Milliseconds since 1970-01-01 UTC; the row number where the log has no time.
    pub time: Vec<i64>,
    /// Unit price as logged; NaN where a row has none. Absent where the log has no price column.
    pub price: Option<Vec<f32>>,
    /// Quantity as logged (negative: a return). Absent where the log has no quantity column.
    pub quantity: Option<Vec<f32>>,
    /// Probability with which the logging policy showed the item. Absent where not logged.
    pub propensity: Option<Vec<f64>>,
    /// Position (slot) at which the item was shown. Absent where not logged.
    pub position: Option<Vec<u32>>,
    /// Variant number of an experiment, into [`Log::variants`]. Absent where not logged.
    pub variant: Option<Vec<u32>>,
}

/// A behaviour log: events grouped into sessions, sessions ordered by the time of their first event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Log {
    /// User names. Where the log has sessions but no users, each session is its own user.
    pub users: Names,
    /// Item names.
    pub items: Names,
    /// Session names as logged; empty where sessions were cut by a gap in time.
    pub session_names: Names,
    /// Category names; empty where the log has none.
    pub categories: Names,
    /// Category number of each item ([`NONE`] where unknown); empty where the log has none.
    pub item_category: Vec<u32>,
    /// Variant names; empty where the log has none.
    pub variants: Names,
    /// The events, session after session.
    pub events: Events,
    /// Session `s` holds events `session_start[s] .. session_start[s + 1]`: one more entry than sessions.
    pub session_start: Vec<u32>,
    /// User of each session.
    pub session_user: Vec<u32>,
    /// Whether the log had real times (else `time` is the row number).
    pub has_time: bool,
    /// Whether the log had an event type column (else every event is a view, or a purchase where the log has
    /// quantities or prices).
    pub has_kinds: bool,
}

impl Log {
    /// How many sessions there are.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.session_user.len()
    }

    /// How many events there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.events.item.len()
    }

    /// Bytes of memory that it takes: 13 an event and 4 more for each column of numbers that it has (8 for propensities), and the names.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let events = &self.events;
        let optional = usize::from(events.price.is_some())
            + usize::from(events.quantity.is_some())
            + 2 * usize::from(events.propensity.is_some())
            + usize::from(events.position.is_some())
            + usize::from(events.variant.is_some());
        let names = [
            &self.users,
            &self.items,
            &self.session_names,
            &self.categories,
            &self.variants,
        ]
        .iter()
        .map(|names| names.bytes())
        .sum::<usize>();
        (self.len() * (13 + 4 * optional)
            + names
            + (self.item_category.len() + 2 * self.sessions() + 1) * 4) as u64
    }

    /// Whether there are no events.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.item.is_empty()
    }

    /// The range of events of a session.
    #[must_use]
    pub fn session(&self, session: usize) -> std::ops::Range<usize> {
        self.session_start[session] as usize..self.session_start[session + 1] as usize
    }

    /// The items of a session, oldest first.
    #[must_use]
    pub fn session_items(&self, session: usize) -> &[u32] {
        &self.events.item[self.session(session)]
    }
}
