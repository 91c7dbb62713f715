//! Rows to events: checks the fields of a batch column by column, then interns and stores the good rows.

use std::collections::BTreeMap;

use super::columns::{Column, Store};
use super::intern::Interner;
use super::options::Role;
use super::reject::Rejects;
use super::schema::Schema;
use super::splitter::{Batch, Shape};
use super::values::{Fields, Names, Slots, Values};
use super::words::is_missing;
use super::{EventType, NONE, words};
use crate::problem::{Place, Problem, Text};

/// Different event words that a log may have.
const MOST_WORDS: usize = 5000;
/// Event word of rows that have none.
const NO_WORD: u32 = 0;

/// One event word of the file.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) mapped: Option<EventType>,
    pub(super) known: bool,
    pub(super) count: u64,
}

/// How rows are read: fixed once the sample has been seen.
pub(super) struct Reading {
    pub(super) shape: Shape,
    pub(super) slots: Slots,
    pub(super) decimal_comma: bool,
    pub(super) price_is_total: bool,
    strict: bool,
    event_types: BTreeMap<String, Option<EventType>>,
}

/// What a batch stands in: its bytes, where it is in the file.
pub(super) struct Piece<'a> {
    /// The block, as rows refer to it.
    pub(super) block: &'a [u8],
    /// Where fields stand: the block, or the batch's unquoted text.
    pub(super) quoted: bool,
    /// Whether rows of the piece may hold NUL bytes or broken characters.
    pub(super) suspect: bool,
    /// The line of the file at which the block starts, and its offset in the file.
    pub(super) line: u64,
    pub(super) byte: &'a dyn Fn(usize) -> u64,
}

/// Everything that grows while rows are read.
pub(super) struct Events {
    pub(super) store: Store,
    pub(super) users: Interner,
    pub(super) items: Interner,
    pub(super) sessions: Interner,
    pub(super) categories: Interner,
    pub(super) variants: Interner,
    word_names: Interner,
    pub(super) words: Vec<Word>,
    pub(super) rejects: Rejects,
    pub(super) ignored: u64,
    values: Values,
}

impl Reading {
    pub(super) fn new(
        schema: &Schema,
        delimiter: u8,
        strict: bool,
        event_types: BTreeMap<String, Option<EventType>>,
    ) -> Self {
        let mut used = Vec::new();
        let mut slots = Slots::default();
        for (column, role) in schema.roles.iter().enumerate() {
            let slot = used.len();
            match role {
                Role::User => slots.user = Some(slot),
                Role::Item => slots.item = slot,
                Role::Event => slots.event = Some(slot),
                Role::Session => slots.session = Some(slot),
                Role::Price => slots.price = Some(slot),
                Role::Quantity => slots.quantity = Some(slot),
                Role::Category => slots.category = Some(slot),
                Role::Propensity => slots.propensity = Some(slot),
                Role::Position => slots.position = Some(slot),
                Role::Variant => slots.variant = Some(slot),
                Role::Time => match (schema.time, schema.offset) {
                    (Some((at, format)), _) if at == column => slots.time = Some((slot, format)),
                    (_, Some((at, offset))) if at == column => slots.offset = Some((slot, offset)),
                    _ => continue,
                },
                Role::Ignore => continue,
            }
            used.push(column);
        }
        Self {
            shape: Shape {
                delimiter,
                columns: schema.columns.len(),
                used,
            },
            slots,
            decimal_comma: schema.decimal_comma,
            price_is_total: schema.price_is_total,
            strict,
            event_types,
        }
    }

    /// What a word means here, and whether that is known.
    fn meaning(&self, word: &[u8]) -> Word {
        let word = words::normal(&String::from_utf8_lossy(word));
        let found = match self.event_types.get(&word) {
            Some(given) => Some(*given),
            None if word.is_empty() => Some(Some(EventType::View)),
            None => words::meaning(&word),
        };
        Word {
            mapped: found.flatten(),
            known: found.is_some(),
            count: 0,
        }
    }
}

impl Events {
    pub(super) fn new(reading: &Reading) -> Self {
        fn column<S, T: Copy>(slot: Option<S>) -> Option<Column<T>> {
            slot.map(|_| Column::new())
        }
        let slots = &reading.slots;
        Self {
            store: Store {
                item: Column::new(),
                kind: Column::new(),
                user: column(slots.user),
                session: column(slots.session),
                time: column(slots.time),
                price: column(slots.price),
                quantity: column(slots.quantity),
                propensity: column(slots.propensity),
                position: column(slots.position),
                variant: column(slots.variant),
                item_category: Vec::new(),
            },
            users: Interner::new(),
            items: Interner::new(),
            sessions: Interner::new(),
            categories: Interner::new(),
            variants: Interner::new(),
            word_names: Interner::new(),
            words: vec![reading.meaning(b"")],
            rejects: Rejects::default(),
            ignored: 0,
            values: Values::default(),
        }
    }

    /// The event words of the file with what is known of each; the empty word first.
    pub(super) fn event_words(&self) -> impl Iterator<Item = (String, &Word)> {
        self.words.iter().enumerate().map(|(index, word)| {
            let name = match index.checked_sub(1) {
                None => String::new(),
                Some(index) => self.word_names.name(index as u32),
            };
            (name, word)
        })
    }

    /// Bytes of memory taken.
    pub(super) fn bytes(&self) -> usize {
        self.store.bytes()
            + self.users.bytes()
            + self.items.bytes()
            + self.sessions.bytes()
            + self.categories.bytes()
            + self.variants.bytes()
            + self.rejects.bytes()
    }

    /// Gives back what only reading needs.
    pub(super) fn close(&mut self) {
        for names in [
            &mut self.users,
            &mut self.items,
            &mut self.sessions,
            &mut self.categories,
            &mut self.variants,
        ] {
            names.close();
        }
        self.values = Values::default();
    }

    /// Whether any table of names has outgrown its offsets.
    pub(super) fn names_full(&self) -> bool {
        [
            &self.users,
            &self.items,
            &self.sessions,
            &self.categories,
            &self.variants,
        ]
        .iter()
        .any(|names| names.is_full())
    }

    /// Reads a batch.
    ///
    /// # Errors
    /// In strict mode, the first bad row; `log.event-words` when the event column holds no event words.
    pub(super) fn read(
        &mut self,
        reading: &Reading,
        piece: &Piece,
        batch: &Batch,
    ) -> Result<(), Problem> {
        let mut values = std::mem::take(&mut self.values);
        let text = if piece.quoted {
            batch.unquoted.as_slice()
        } else {
            piece.block
        };
        let fields = Fields {
            text,
            marks: &batch.marks,
            stride: batch.stride,
            offsets: &batch.offsets,
        };
        values.check(reading, piece, batch, &fields);
        self.check_words(reading, &fields, &mut values)?;
        let result = self.sort_out(reading, piece, batch, &fields, &mut values);
        if result.is_ok() {
            self.keep(reading, &fields, &mut values);
        }
        self.values = values;
        result
    }

    /// Numbers the event words of the rows without fault.
    fn check_words(
        &mut self,
        reading: &Reading,
        fields: &Fields,
        values: &mut Values,
    ) -> Result<(), Problem> {
        values.word.clear();
        let Some(slot) = reading.slots.event else {
            return Ok(());
        };
        for (row, span) in fields.spans(slot).enumerate() {
            let number = if values.fault[row].is_some() || span.is_empty() {
                NO_WORD
            } else {
                self.word_names.number(fields.text, span) + 1
            };
            if number as usize == self.words.len() {
                self.words.push(reading.meaning(fields.get(row, slot)));
                if self.words.len() > MOST_WORDS {
                    return Err(too_many_words());
                }
            }
            values.word.push(number);
        }
        Ok(())
    }

    /// Rejects the faulty rows and finds those to keep, in the order of the file.
    fn sort_out(
        &mut self,
        reading: &Reading,
        piece: &Piece,
        batch: &Batch,
        fields: &Fields,
        values: &mut Values,
    ) -> Result<(), Problem> {
        values.good.clear();
        values.kind.clear();
        if values.fault.iter().all(Option::is_none) && self.all_kinds(values) {
            values.good.extend(0..values.fault.len() as u32);
            return Ok(());
        }
        values.kind.clear();
        for row in 0..values.fault.len() {
            if let Some((reason, slot)) = values.fault[row] {
                let at = batch.rows[row];
                let raw = &piece.block[at.start as usize..at.end as usize];
                let slot = usize::from(slot).checked_sub(1);
                let place = Place {
                    line: piece.line + u64::from(at.line),
                    column: slot.map_or(0, |slot| reading.shape.used[slot] as u32 + 1),
                    byte: (piece.byte)(at.start as usize),
                };
                let value = slot.map_or(raw, |slot| fields.get(row, slot));
                self.rejects.add(reason, place, value, raw);
                if reading.strict {
                    return Err(reason.problem(place));
                }
                continue;
            }
            let word = &mut self.words[values.word.get(row).map_or(0, |&word| word as usize)];
            word.count += 1;
            if let Some(kind) = word.mapped {
                values.good.push(row as u32);
                values.kind.push(kind as u8);
            } else {
                self.ignored += 1;
            }
        }
        Ok(())
    }

    /// The event types of rows without fault, a run of equal words at a time; `false`, and nothing counted, if some are
    /// to be ignored.
    fn all_kinds(&mut self, values: &mut Values) -> bool {
        let rows = values.fault.len();
        if values.word.is_empty() {
            values.word.resize(rows, NO_WORD);
        }
        for run in values.word.chunk_by(PartialEq::eq) {
            let Some(kind) = self.words[run[0] as usize].mapped else {
                return false;
            };
            values
                .kind
                .resize(values.kind.len() + run.len(), kind as u8);
        }
        for run in values.word.chunk_by(PartialEq::eq) {
            self.words[run[0] as usize].count += run.len() as u64;
        }
        true
    }

    /// Stores the good rows, one column after the other.
    fn keep(&mut self, reading: &Reading, fields: &Fields, values: &mut Values) {
        let slots = &reading.slots;
        let store = &mut self.store;
        let good = &values.good;
        intern(&mut self.items, &mut values.items, good, fields, slots.item);
        store.item.extend(&values.items.numbers);
        for (slot, table, names, column) in [
            (
                slots.user,
                &mut self.users,
                &mut values.users,
                &mut store.user,
            ),
            (
                slots.session,
                &mut self.sessions,
                &mut values.sessions,
                &mut store.session,
            ),
        ] {
            if let (Some(slot), Some(column)) = (slot, column) {
                intern(table, names, good, fields, slot);
                column.extend(&names.numbers);
            }
        }
        if let (Some(slot), Some(column)) = (slots.variant, &mut store.variant) {
            let names = &mut values.sessions;
            fields.of(good, slot, &mut names.spans);
            self.variants
                .numbers(fields.text, &names.spans, &mut names.numbers);
            column.extend(&names.numbers);
        }
        if let Some(slot) = slots.category {
            store.grow_categories(self.items.len());
            for (&item, &row) in values.items.numbers.iter().zip(good) {
                let category = &mut store.item_category[item as usize];
                let span = fields.span(row as usize, slot);
                if *category == NONE && !is_missing(span.of(fields.text)) {
                    *category = self.categories.number(fields.text, span);
                }
            }
        }
        store.kind.extend(&values.kind);
        take(&mut store.time, good, &mut values.time);
        take(&mut store.price, good, &mut values.price);
        take(&mut store.quantity, good, &mut values.quantity);
        take(&mut store.propensity, good, &mut values.propensity);
        take(&mut store.position, good, &mut values.position);
    }
}

/// Numbers the names of a slot in the good rows.
fn intern(table: &mut Interner, names: &mut Names, good: &[u32], fields: &Fields, slot: usize) {
    let values = if good.len() == names.values.len() {
        &names.values
    } else {
        names.good.clear();
        names
            .good
            .extend(good.iter().map(|&row| names.values[row as usize]));
        &names.good
    };
    let span = |index: usize| fields.span(good[index] as usize, slot);
    if !table.plain_numbers(fields.text, values, span, &mut names.numbers) {
        fields.of(good, slot, &mut names.spans);
        table.numbers(fields.text, &names.spans, &mut names.numbers);
    }
}

/// Stores the values of the good rows; `good` rises.
fn take<T: Copy>(column: &mut Option<Column<T>>, good: &[u32], values: &mut [T]) {
    if let Some(column) = column {
        if good.len() < values.len() {
            for (index, &row) in good.iter().enumerate() {
                values[index] = values[row as usize];
            }
        }
        column.extend(&values[..good.len()]);
    }
}

fn too_many_words() -> Problem {
    Problem::new(
        "log.event-words",
        Text::new(
            format!(
                "The event column holds more than {MOST_WORDS} different values: these are no event types."
            ),
            format!("行为列含有超过 {MOST_WORDS} 种不同的值：这不是行为类型。"),
        ),
        Text::new(
            "Choose another column as event type, or none.",
            "请选择其他列作为行为类型，或不选。",
        ),
    )
}
