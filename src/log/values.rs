//! The fields of a batch of rows, read and checked one column after the other.

use super::intern::Span;
use super::reject::RejectReason;
use super::rows::{Piece, Reading};
use super::splitter::Batch;
use super::time::{TimeFault, TimeFormat, TimeOffset};
use super::words::is_missing;
use super::{NONE, number, numerals};

/// Where the fields of each role stand among the wanted ones.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Slots {
    pub(super) user: Option<usize>,
    pub(super) item: usize,
    pub(super) event: Option<usize>,
    pub(super) time: Option<(usize, TimeFormat)>,
    pub(super) offset: Option<(usize, TimeOffset)>,
    pub(super) session: Option<usize>,
    pub(super) price: Option<usize>,
    pub(super) quantity: Option<usize>,
    pub(super) category: Option<usize>,
    pub(super) propensity: Option<usize>,
    pub(super) position: Option<usize>,
    pub(super) variant: Option<usize>,
}

/// Values of the rows of one batch, before it is known which rows are good.
#[derive(Default)]
pub(super) struct Values {
    pub(super) fault: Vec<Option<(RejectReason, u8)>>,
    pub(super) word: Vec<u32>,
    /// Event types of the rows to keep.
    pub(super) kind: Vec<u8>,
    pub(super) time: Vec<i64>,
    pub(super) price: Vec<f32>,
    pub(super) quantity: Vec<f32>,
    pub(super) propensity: Vec<f64>,
    pub(super) position: Vec<u32>,
    /// The rows to keep.
    pub(super) good: Vec<u32>,
    pub(super) items: Names,
    pub(super) users: Names,
    pub(super) sessions: Names,
}

/// The names of a slot, while they get their numbers.
#[derive(Default)]
pub(super) struct Names {
    /// Of every row: the value of its name where that is a plain number, else [`NONE`].
    pub(super) values: Vec<u32>,
    /// Of the rows to keep: the values, where the names stand, their numbers.
    pub(super) good: Vec<u32>,
    pub(super) spans: Vec<Span>,
    pub(super) numbers: Vec<u32>,
}

/// The fields of a batch.
pub(super) struct Fields<'a> {
    pub(super) text: &'a [u8],
    /// As in [`Batch`].
    pub(super) marks: &'a [u32],
    pub(super) stride: usize,
    pub(super) offsets: &'a [usize],
}

impl<'a> Fields<'a> {
    #[inline]
    pub(super) fn span(&self, row: usize, slot: usize) -> Span {
        let at = row * self.stride + self.offsets[slot];
        Span {
            start: self.marks[at],
            end: self.marks[at + 1] - 1,
        }
    }

    /// The fields of these rows; an empty span where one is missing.
    pub(super) fn of(&self, rows: &[u32], slot: usize, spans: &mut Vec<Span>) {
        spans.clear();
        spans.extend(rows.iter().map(|&row| {
            let span = self.span(row as usize, slot);
            if is_missing(span.of(self.text)) {
                Span::default()
            } else {
                span
            }
        }));
    }

    /// Where the field of the slot stands in each row.
    pub(super) fn spans(&self, slot: usize) -> impl Iterator<Item = Span> {
        let at = self.offsets[slot];
        let rows = self.marks.get(at..).unwrap_or(&[]).chunks(self.stride);
        rows.filter_map(|field| {
            let &[start, end] = field.first_chunk()?;
            Some(Span {
                start,
                end: end - 1,
            })
        })
    }

    /// The value of the slot's name in each row, where it is a plain number.
    fn plain(&self, slot: usize, values: &mut Vec<u32>) {
        values.clear();
        values.extend(
            self.spans(slot)
                .map(|span| numerals::plain(self.text, span)),
        );
    }

    #[inline]
    pub(super) fn get(&self, row: usize, slot: usize) -> &'a [u8] {
        self.span(row, slot).of(self.text)
    }
}

impl Values {
    /// Reads everything that may be wrong, one column after the other; a row keeps its first fault. The number
    /// beside a fault is the slot of the field plus one, 0 for the whole row.
    pub(super) fn check(
        &mut self,
        reading: &Reading,
        piece: &Piece,
        batch: &Batch,
        fields: &Fields,
    ) {
        let slots = &reading.slots;
        self.fault.clear();
        self.fault.resize(batch.rows.len(), None);
        for &(row, reason) in &batch.faults {
            self.fault[row as usize] = Some((reason, 0));
        }
        if piece.suspect {
            self.check_text(piece, batch);
        }
        self.check_items(slots, fields);
        self.check_actors(slots, fields);
        self.check_times(slots, fields);
        let comma = reading.decimal_comma;
        let divided = reading.price_is_total;
        Self::numbers(
            &mut self.quantity,
            &mut self.fault,
            slots.quantity,
            fields,
            |text| optional(text, comma, RejectReason::Quantity),
        );
        Self::numbers(
            &mut self.price,
            &mut self.fault,
            slots.price,
            fields,
            |text| optional(text, comma, RejectReason::Price),
        );
        if divided && slots.quantity.is_some() {
            self.divide_totals();
        }
        self.refuse_negative_prices(slots);
        Self::numbers(
            &mut self.propensity,
            &mut self.fault,
            slots.propensity,
            fields,
            |text| match number::parse(text, comma) {
                Some(value) if value > 0.0 && value <= 1.0 => Ok(value),
                _ => Err(RejectReason::Propensity),
            },
        );
        Self::numbers(
            &mut self.position,
            &mut self.fault,
            slots.position,
            fields,
            |text| {
                if is_missing(text) {
                    return Ok(NONE);
                }
                let text = std::str::from_utf8(text).map_err(|_| RejectReason::Position)?;
                text.parse()
                    .ok()
                    .filter(|&position| position != NONE)
                    .ok_or(RejectReason::Position)
            },
        );
    }

    /// Prices that are totals of their row become prices of a unit. A return may be written with a total above 0 or, as its
    /// quantity is, below; of other rows a total below 0 stays, to be refused.
    fn divide_totals(&mut self) {
        for (price, &quantity) in self.price.iter_mut().zip(&self.quantity) {
            *price = if *price < 0.0 && quantity < 0.0 {
                *price / quantity
            } else if *price < 0.0 {
                *price
            } else if quantity == 0.0 {
                f32::NAN
            } else {
                *price / quantity.abs()
            };
        }
    }

    fn refuse_negative_prices(&mut self, slots: &Slots) {
        let Some(slot) = slots.price else { return };
        for (fault, &price) in self.fault.iter_mut().zip(&self.price) {
            if price < 0.0 && fault.is_none() {
                *fault = Some((RejectReason::NegativePrice, slot as u8 + 1));
            }
        }
    }

    pub(super) fn check_text(&mut self, piece: &Piece, batch: &Batch) {
        for (fault, row) in self.fault.iter_mut().zip(&batch.rows) {
            let text = &piece.block[row.start as usize..row.end as usize];
            if fault.is_some() {
                continue;
            }
            if text.contains(&0) {
                *fault = Some((RejectReason::Nul, 0));
            } else if std::str::from_utf8(text).map_or(true, |text| text.contains('\u{fffd}')) {
                *fault = Some((RejectReason::Undecodable, 0));
            }
        }
    }

    pub(super) fn check_items(&mut self, slots: &Slots, fields: &Fields) {
        fields.plain(slots.item, &mut self.items.values);
        for (row, (fault, &value)) in self.fault.iter_mut().zip(&self.items.values).enumerate() {
            if value == NONE && is_missing(fields.get(row, slots.item)) && fault.is_none() {
                *fault = Some((RejectReason::NoItem, slots.item as u8 + 1));
            }
        }
    }

    /// A row needs a user or a session, where the file has columns for them.
    pub(super) fn check_actors(&mut self, slots: &Slots, fields: &Fields) {
        for (slot, names) in [
            (slots.user, &mut self.users),
            (slots.session, &mut self.sessions),
        ] {
            if let Some(slot) = slot {
                fields.plain(slot, &mut names.values);
            }
        }
        let (first, second) = match (slots.user, slots.session) {
            (Some(user), session) => (user, session),
            (None, Some(session)) => (session, None),
            (None, None) => return,
        };
        let names = match slots.user {
            Some(_) => &self.users,
            None => &self.sessions,
        };
        for (row, (fault, &value)) in self.fault.iter_mut().zip(&names.values).enumerate() {
            let missing = |slot: usize| is_missing(fields.get(row, slot));
            if value == NONE && missing(first) && second.is_none_or(missing) && fault.is_none() {
                *fault = Some((RejectReason::NoUser, first as u8 + 1));
            }
        }
    }

    pub(super) fn check_times(&mut self, slots: &Slots, fields: &Fields) {
        let Some((slot, format)) = slots.time else {
            return;
        };
        // One loop for each of the common formats, so that none asks for its format in every row.
        match format {
            TimeFormat::Milliseconds => {
                self.times(slot, fields, |text| TimeFormat::Milliseconds.parse(text));
            }
            TimeFormat::Seconds => {
                self.times(slot, fields, |text| TimeFormat::Seconds.parse(text));
            }
            _ => self.times(slot, fields, |text| format.parse(text)),
        }
        let Some((slot, offset)) = slots.offset else {
            return;
        };
        for (row, fault) in self.fault.iter_mut().enumerate() {
            if fault.is_some() {
                continue;
            }
            match offset.parse(fields.get(row, slot)) {
                Some(add) => self.time[row] += add,
                None => *fault = Some((RejectReason::Time, slot as u8 + 1)),
            }
        }
    }

    #[inline(always)]
    fn times(
        &mut self,
        slot: usize,
        fields: &Fields,
        parse: impl Fn(&[u8]) -> Result<i64, TimeFault>,
    ) {
        self.time.clear();
        let rows = self.fault.iter_mut().zip(fields.spans(slot));
        self.time.extend(rows.map(|(fault, span)| {
            if fault.is_some() {
                return 0;
            }
            parse(span.of(fields.text)).unwrap_or_else(|reason| {
                *fault = Some((time_reason(reason), slot as u8 + 1));
                0
            })
        }));
    }

    pub(super) fn numbers<T: Copy + Default>(
        values: &mut Vec<T>,
        faults: &mut [Option<(RejectReason, u8)>],
        slot: Option<usize>,
        fields: &Fields,
        read: impl Fn(&[u8]) -> Result<T, RejectReason>,
    ) {
        let Some(slot) = slot else { return };
        values.clear();
        for (row, fault) in faults.iter_mut().enumerate() {
            let value = if fault.is_some() {
                Ok(T::default())
            } else {
                read(fields.get(row, slot))
            };
            values.push(value.unwrap_or_default());
            if let Err(reason) = value {
                *fault = Some((reason, slot as u8 + 1));
            }
        }
    }
}

fn time_reason(fault: TimeFault) -> RejectReason {
    match fault {
        TimeFault::Unreadable => RejectReason::Time,
        TimeFault::OutOfRange => RejectReason::TimeRange,
    }
}

/// A number that may be left out: NaN then.
fn optional(text: &[u8], comma: bool, reason: RejectReason) -> Result<f32, RejectReason> {
    match number::parse(text, comma) {
        Some(value) if (value as f32).is_finite() => Ok(value as f32),
        Some(_) => Err(reason),
        None if is_missing(text) => Ok(f32::NAN),
        None => Err(reason),
    }
}
