//! Counting what a log holds, a slice of sessions at a time.

use super::report::{Conversion, DateRange, ItemCount, LengthBin, Report, SessionLengths};
use super::session::SLICE;
use super::{EventType, Log, time};

/// Upper ends of the bars of the histogram of session lengths.
const BINS: [u32; 10] = [1, 2, 3, 4, 5, 10, 20, 50, 100, u32::MAX];
/// Items that the report lists.
const TOP: usize = 20;
/// Steps along the way to a purchase.
const STEPS: [(EventType, EventType); 5] = [
    (EventType::View, EventType::Click),
    (EventType::View, EventType::Cart),
    (EventType::Click, EventType::Cart),
    (EventType::View, EventType::Purchase),
    (EventType::Cart, EventType::Purchase),
];

/// Counts over the sessions seen so far.
pub(super) struct Counting {
    session: usize,
    sessions: usize,
    by_type: [u64; 4],
    /// Sessions by the set of types they hold (bit `t` for type `t`).
    by_types: [u64; 16],
    repeated: u64,
    duplicates: u64,
    returns: u64,
    items: Vec<u64>,
    lengths: Vec<u64>,
    dates: Option<(i64, i64)>,
}

impl Counting {
    pub(super) fn new(log: &Log) -> Self {
        Self {
            session: 0,
            sessions: log.sessions(),
            by_type: [0; 4],
            by_types: [0; 16],
            repeated: 0,
            duplicates: 0,
            returns: 0,
            items: vec![0; log.items.len()],
            lengths: Vec::new(),
            dates: None,
        }
    }

    pub(super) fn fraction(&self) -> f64 {
        self.session as f64 / self.sessions.max(1) as f64
    }

    /// Counts the next sessions; `true` when all are counted.
    pub(super) fn advance(&mut self, log: &Log) -> bool {
        let mut left = SLICE;
        while self.session < self.sessions && left > 0 {
            let range = log.session(self.session);
            left = left.saturating_sub(1 + range.len());
            self.count_session(log, range);
            self.session += 1;
        }
        self.session == self.sessions
    }

    fn count_session(&mut self, log: &Log, range: std::ops::Range<usize>) {
        let events = &log.events;
        let length = range.len();
        if self.lengths.len() <= length {
            self.lengths.resize(length + 1, 0);
        }
        self.lengths[length] += 1;
        let mut types = 0;
        let mut before = None;
        for at in range.clone() {
            let (item, kind) = (events.item[at], events.kind[at]);
            self.by_type[kind as usize] += 1;
            types |= 1 << kind as usize;
            self.items[item as usize] += 1;
            self.repeated += u64::from(before.replace((item, kind)) == Some((item, kind)));
        }
        self.by_types[types] += 1;
        if let Some(quantity) = &events.quantity {
            self.returns += quantity[range.clone()]
                .iter()
                .filter(|&&quantity| quantity < 0.0)
                .count() as u64;
        }
        if log.has_time && !range.is_empty() {
            let (first, last) = (events.time[range.start], events.time[range.end - 1]);
            let (low, high) = self.dates.unwrap_or((first, last));
            self.dates = Some((low.min(first), high.max(last)));
            self.count_duplicates(log, range);
        }
    }

    /// Duplicates share their time, so they are looked for among events of one time only.
    fn count_duplicates(&mut self, log: &Log, range: std::ops::Range<usize>) {
        let times = &log.events.time[range.clone()];
        let mut start = range.start;
        for run in times.chunk_by(|a, b| a == b) {
            let end = start + run.len();
            if run.len() > 1 {
                let mut seen: Vec<_> = (start..end).map(|at| content(log, at)).collect();
                seen.sort_unstable();
                self.duplicates += seen.windows(2).filter(|pair| pair[0] == pair[1]).count() as u64;
            }
            start = end;
        }
    }

    pub(super) fn report(&self, log: &Log) -> Report {
        Report {
            items: log.items.len() as u64,
            sessions: log.sessions() as u64,
            events: log.len() as u64,
            events_by_type: self.by_type,
            dates: self.dates.map(|(first_ms, last_ms)| DateRange {
                first: time::iso(first_ms),
                last: time::iso(last_ms),
                first_ms,
                last_ms,
            }),
            repeated: self.repeated,
            duplicates: self.duplicates,
            returns: self.returns,
            lengths: self.session_lengths(log),
            top_items: self.top_items(log),
            conversions: self.conversions(),
            memory_bytes: log.bytes(),
            ..Report::default()
        }
    }

    fn session_lengths(&self, log: &Log) -> SessionLengths {
        let mut bins: Vec<LengthBin> = Vec::new();
        let mut from = 1;
        for to in BINS {
            let high = (to as usize).min(self.lengths.len().saturating_sub(1));
            let count = self
                .lengths
                .get(from as usize..=high)
                .map_or(0, |counts| counts.iter().sum());
            bins.push(LengthBin { from, to, count });
            from = to.saturating_add(1);
        }
        while bins.last().is_some_and(|bin| bin.count == 0) {
            bins.pop();
        }
        let max = self.lengths.len().saturating_sub(1) as u32;
        if let Some(last) = bins.last_mut() {
            last.to = last.to.min(max);
        }
        let mut rank = self.sessions.div_ceil(2) as u64;
        let mut median = 0;
        for (length, &count) in self.lengths.iter().enumerate() {
            if rank <= count {
                median = length as u32;
                break;
            }
            rank -= count;
        }
        SessionLengths {
            mean: log.len() as f64 / self.sessions.max(1) as f64,
            median,
            max,
            bins,
        }
    }

    fn top_items(&self, log: &Log) -> Vec<ItemCount> {
        let mut top: Vec<(u64, u32)> = Vec::with_capacity(TOP + 1);
        for (item, &count) in self.items.iter().enumerate() {
            if top.len() == TOP && top[TOP - 1].0 >= count {
                continue;
            }
            let at = top.partition_point(|&(other, _)| other >= count);
            top.insert(at, (count, item as u32));
            top.truncate(TOP);
        }
        top.into_iter()
            .map(|(count, item)| ItemCount {
                item,
                name: log.items.get(item).to_owned(),
                count,
            })
            .collect()
    }

    fn conversions(&self) -> Vec<Conversion> {
        let with = |types: usize| -> u64 {
            (0..16)
                .filter(|set| set & types == types)
                .map(|set| self.by_types[set])
                .sum()
        };
        STEPS
            .into_iter()
            .map(|(from, to)| Conversion {
                from,
                to,
                of: with(1 << from as usize),
                count: with(1 << from as usize | 1 << to as usize),
            })
            .filter(|conversion| conversion.of > 0 && conversion.count > 0)
            .collect()
    }
}

/// Everything about an event except its time, comparable.
fn content(log: &Log, at: usize) -> (u32, u8, [u32; 2], u64, [u32; 2]) {
    let events = &log.events;
    let float =
        |column: &Option<Vec<f32>>| column.as_ref().map_or(0, |column| column[at].to_bits());
    let number = |column: &Option<Vec<u32>>| column.as_ref().map_or(0, |column| column[at]);
    (
        events.item[at],
        events.kind[at] as u8,
        [float(&events.price), float(&events.quantity)],
        events
            .propensity
            .as_ref()
            .map_or(0, |column| column[at].to_bits()),
        [number(&events.position), number(&events.variant)],
    )
}
