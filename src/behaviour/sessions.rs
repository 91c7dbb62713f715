//! Sessions in columns: what behaviour models learn from and are tested on.

use std::sync::Arc;

use crate::log::{EventType, Log};

/// Sessions of events, oldest session first, in columns of one length.
///
/// Item numbers below [`Sessions::items`] are the items that a model may rank. Sessions to be tested may hold larger
/// numbers: items that training never saw.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sessions {
    /// Session `s` holds events `start[s] .. start[s + 1]`; one more entry than sessions.
    pub start: Vec<u32>,
    /// Item of each event.
    pub item: Vec<u32>,
    /// What was done at each event.
    pub kind: Vec<EventType>,
    /// Time of each event in milliseconds; meaningless where `has_time` is false.
    pub time: Vec<i64>,
    /// Number of each session in the log it came from.
    pub source: Vec<u32>,
    /// How many items training knows.
    pub items: u32,
    /// Category of each item ([`crate::log::NONE`] where unknown); empty where the log has none. Parts of sessions share it.
    pub category: Arc<[u32]>,
    /// Digest of the items' names; empty where they have none. Parts of sessions share it.
    pub names: Arc<str>,
    /// Whether `time` holds real times; else only the order counts.
    pub has_time: bool,
}

/// The events of a session so far: what a model sees when it predicts. All slices have one length.
#[derive(Clone, Copy, Debug)]
pub struct History<'a> {
    /// Items, oldest first. Numbers that the model never saw in training are passed over.
    pub items: &'a [u32],
    /// What was done with each.
    pub kinds: &'a [EventType],
    /// Times in milliseconds (ignored by models fitted on sessions without times).
    pub times: &'a [i64],
}

impl<'a> History<'a> {
    /// The first `length` events.
    #[must_use]
    pub fn first(self, length: usize) -> Self {
        Self {
            items: &self.items[..length],
            kinds: &self.kinds[..length],
            times: &self.times[..length],
        }
    }

    /// The last `length` events, or all where there are no more.
    #[must_use]
    pub fn last(self, length: usize) -> Self {
        let from = self.items.len().saturating_sub(length);
        Self {
            items: &self.items[from..],
            kinds: &self.kinds[from..],
            times: &self.times[from..],
        }
    }

    /// The time of the newest event; 0 for an empty history.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.times.last().copied().unwrap_or(0)
    }
}

impl Sessions {
    /// No sessions yet, over `items` items.
    #[must_use]
    pub fn new(items: u32, has_time: bool) -> Self {
        Self {
            start: vec![0],
            items,
            has_time,
            ..Self::default()
        }
    }

    /// Every session of a log.
    #[must_use]
    pub fn from_log(log: &Log) -> Self {
        let mut start = log.session_start.clone();
        if start.is_empty() {
            start.push(0);
        }
        Self {
            start,
            item: log.events.item.clone(),
            kind: log.events.kind.clone(),
            time: log.events.time.clone(),
            source: (0..log.sessions() as u32).collect(),
            items: log.items.len() as u32,
            category: log.item_category.as_slice().into(),
            names: log.items.digest().into(),
            has_time: log.has_time,
        }
    }

    /// How many sessions there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.source.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.source.is_empty()
    }

    /// How many events there are.
    #[must_use]
    pub fn events(&self) -> usize {
        self.item.len()
    }

    /// The events of a session (number below [`Sessions::len`]).
    #[must_use]
    pub fn session(&self, session: usize) -> History<'_> {
        let range = self.start[session] as usize..self.start[session + 1] as usize;
        History {
            items: &self.item[range.clone()],
            kinds: &self.kind[range.clone()],
            times: &self.time[range],
        }
    }

    /// Appends a session that came from session number `source` of its log.
    pub fn push(&mut self, session: History<'_>, source: u32) {
        self.item.extend_from_slice(session.items);
        self.kind.extend_from_slice(session.kinds);
        self.time.extend_from_slice(session.times);
        self.source.push(source);
        self.start.push(self.item.len() as u32);
    }

    /// The sessions for which `keep` holds, in the same order.
    #[must_use]
    pub fn filter(&self, mut keep: impl FnMut(usize) -> bool) -> Self {
        let mut kept = Self::new(self.items, self.has_time);
        kept.category = self.category.clone();
        kept.names = self.names.clone();
        for session in 0..self.len() {
            if keep(session) {
                kept.push(self.session(session), self.source[session]);
            }
        }
        kept
    }

    /// Session numbers by the time of their newest event, oldest first; in their given order where there are no times.
    #[must_use]
    pub fn by_last_time(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.len() as u32).collect();
        if self.has_time {
            order.sort_by_key(|&session| self.session(session as usize).now());
        }
        order
    }
}
