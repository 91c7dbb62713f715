//! Names to dense numbers: every user, item and session name of the file gets the number of its first appearance.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;

use super::numerals::{self, Numerals};
use super::{NONE, Names};

/// Bytes that must be readable after the end of every text handed in, so that short names load in one go.
pub(super) const PADDING: usize = 16;
/// Names up to this length stand in the table itself.
const SHORT: usize = 12;
/// The tag of names that don't: no UTF-8 text holds the byte 0xff.
const LONG: u32 = u32::MAX;
/// The tag of plain numbers, which stand in a table of their own; nor does any hold the byte 0xfe.
const PLAIN: u32 = 0xfefe_fefe;
/// Bytes of names that one table may hold (ends are 32 bits wide), less one block.
const MOST_TEXT: usize = u32::MAX as usize - (1 << 20);

/// A part of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Span {
    pub(super) fn of(self, text: &[u8]) -> &[u8] {
        &text[self.start as usize..self.end as usize]
    }

    pub(super) fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// A slot: a short name itself (`low`, then `tag`, zero-padded), the value of a plain number, or the hash of a long
/// name.
#[derive(Clone, Copy)]
struct Slot {
    low: u64,
    tag: u32,
    number: u32,
}

const EMPTY: Slot = Slot {
    low: 0,
    tag: 0,
    number: NONE,
};

/// An open-addressing table over raw bytes with linear probing, at most two thirds full. Names hold no NUL and are
/// not empty. The numbers depend only on the order of the names, never on the hash.
pub(super) struct Interner {
    slots: Vec<Slot>,
    shift: u32,
    /// The names by number while all are plain numbers: their values, which say all of them.
    values: Vec<u32>,
    /// The names by number once one is not: their texts, one after the other, and where each ends.
    text: Vec<u8>,
    ends: Vec<u32>,
    hasher: FixedState,
    numerals: Numerals,
    /// Names in `slots`.
    hashed: usize,
    /// Keys of the names being looked up.
    keys: Vec<Slot>,
    /// Which of them may be new.
    fresh: Vec<u32>,
    /// The short name looked up last by itself.
    last: Slot,
}

impl Interner {
    pub(super) fn new() -> Self {
        Self {
            slots: vec![EMPTY; 1 << 8],
            shift: 64 - 8,
            values: Vec::new(),
            text: Vec::new(),
            ends: Vec::new(),
            hasher: FixedState::with_seed(0),
            numerals: Numerals::new(),
            hashed: 0,
            keys: Vec::new(),
            fresh: Vec::new(),
            last: EMPTY,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.values.len() + self.ends.len()
    }

    /// Whether the names have outgrown 32-bit offsets.
    pub(super) fn is_full(&self) -> bool {
        self.text.len() >= MOST_TEXT
    }

    /// Bytes of memory taken, with those that the names will take as text.
    pub(super) fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<Slot>()
            + self.numerals.bytes()
            + self.values.capacity() * 4
            + self.values.len() * (numerals::LONGEST + 4)
            + self.text.capacity()
            + self.ends.capacity() * 4
    }

    /// The name with this number, as text.
    pub(super) fn name(&self, number: u32) -> String {
        match self.values.get(number as usize) {
            Some(value) => value.to_string(),
            None => String::from_utf8_lossy(self.text_of(number)).into_owned(),
        }
    }

    /// The text of the name with this number, once names stand as texts.
    fn text_of(&self, number: u32) -> &[u8] {
        let index = number as usize;
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.text[start as usize..self.ends[index] as usize]
    }

    /// The numbers of names that all are plain numbers, in order; `false` if one is not, and nothing was done.
    /// Name `i` has the value `values[i]`, as [`numerals::plain`] gives it, and stands at `span(i)` of `text`.
    ///
    /// All are looked up before the new ones get their numbers: those reads don't wait for each other, so that the
    /// memory's latency is paid once for many names and not once for each; nor for a guess whether a name is new.
    pub(super) fn plain_numbers(
        &mut self,
        text: &[u8],
        values: &[u32],
        span: impl Fn(usize) -> Span,
        out: &mut Vec<u32>,
    ) -> bool {
        if values.contains(&NONE) {
            return false;
        }
        out.clear();
        out.extend(values.iter().map(|&value| self.numerals.get(value)));
        let mut fresh = std::mem::take(&mut self.fresh);
        fresh.resize(out.len().max(fresh.len()), 0);
        let mut count = 0;
        for (index, &number) in out.iter().enumerate() {
            fresh[count] = index as u32;
            count += usize::from(number == NONE);
        }
        for &index in &fresh[..count] {
            let index = index as usize;
            let value = values[index];
            // The same name may have come twice.
            out[index] = match self.numerals.get(value) {
                NONE => self.add_plain(value, text, span(index)),
                number => number,
            };
        }
        self.fresh = fresh;
        true
    }

    /// The numbers of the names at `spans` of `text` (which must go on for [`PADDING`] bytes after each), in order;
    /// [`NONE`] for empty spans. Touches first, as [`Interner::plain_numbers`] does.
    pub(super) fn numbers(&mut self, text: &[u8], spans: &[Span], out: &mut Vec<u32>) {
        let mut keys = std::mem::take(&mut self.keys);
        let mask = self.slots.len() - 1;
        let mut touched = 0;
        keys.clear();
        keys.extend(spans.iter().map(|&span| self.key(text, span)));
        for &key in &keys {
            touched ^= if key.tag == PLAIN {
                self.numerals.get(key.low as u32)
            } else {
                self.slots[place(key, self.shift) & mask].number
            };
        }
        std::hint::black_box(touched);
        out.clear();
        out.extend(keys.iter().zip(spans).map(|(&key, &span)| {
            if span.is_empty() {
                NONE
            } else {
                self.find(key, text, span)
            }
        }));
        self.keys = keys;
    }

    /// The number of the name at `span` of `text`, which must go on for [`PADDING`] bytes after it.
    #[inline(always)]
    pub(super) fn number(&mut self, text: &[u8], span: Span) -> u32 {
        // Event words and categories come in runs.
        let short = short(text, span);
        if let Some(key) = short
            && (key.low, key.tag) == (self.last.low, self.last.tag)
        {
            return self.last.number;
        }
        self.other_number(short, text, span)
    }

    #[inline(never)]
    fn other_number(&mut self, short: Option<Slot>, text: &[u8], span: Span) -> u32 {
        let number = self.find(self.key(text, span), text, span);
        if let Some(key) = short {
            self.last = Slot { number, ..key };
        }
        number
    }

    #[inline(always)]
    fn find(&mut self, key: Slot, text: &[u8], span: Span) -> u32 {
        if key.tag == PLAIN {
            let value = key.low as u32;
            let number = self.numerals.get(value);
            if number == NONE {
                return self.add_plain(value, text, span);
            }
            return number;
        }
        let mut index = place(key, self.shift);
        let mask = self.slots.len() - 1;
        loop {
            let slot = self.slots[index & mask];
            if slot.number == NONE {
                return self.insert(index & mask, key, text, span);
            }
            if slot.low == key.low
                && slot.tag == key.tag
                && (key.tag != LONG || self.text_of(slot.number) == span.of(text))
            {
                return slot.number;
            }
            index += 1;
        }
    }

    #[inline(always)]
    fn key(&self, text: &[u8], span: Span) -> Slot {
        let value = numerals::plain(text, span);
        if value != NONE {
            return Slot {
                low: u64::from(value),
                tag: PLAIN,
                number: NONE,
            };
        }
        short(text, span).unwrap_or_else(|| Slot {
            low: self.hasher.hash_one(span.of(text)),
            tag: LONG,
            number: NONE,
        })
    }

    #[cold]
    fn grow(&mut self) {
        let size = self.slots.len() * 2;
        self.shift -= 1;
        let mut slots = vec![EMPTY; size];
        for slot in &self.slots {
            if slot.number != NONE {
                let mut index = place(*slot, self.shift) & (size - 1);
                while slots[index].number != NONE {
                    index = (index + 1) & (size - 1);
                }
                slots[index] = *slot;
            }
        }
        self.slots = slots;
    }

    #[inline]
    fn insert(&mut self, index: usize, key: Slot, text: &[u8], span: Span) -> u32 {
        if !self.values.is_empty() {
            self.write_out();
        }
        let number = self.add(text, span);
        self.slots[index] = Slot { number, ..key };
        self.hashed += 1;
        if self.hashed * 3 > self.slots.len() * 2 {
            self.grow();
        }
        number
    }

    /// Gives the next number to a name that is a plain number.
    #[inline]
    fn add_plain(&mut self, value: u32, text: &[u8], span: Span) -> u32 {
        let number = if self.ends.is_empty() {
            self.values.push(value);
            self.values.len() as u32 - 1
        } else {
            self.add(text, span)
        };
        self.numerals.set(value, number);
        number
    }

    /// Writes as texts the names that stand as values.
    #[cold]
    fn write_out(&mut self) {
        let values = std::mem::take(&mut self.values);
        self.ends.reserve(values.len());
        self.text.reserve(values.len() * numerals::LONGEST);
        for value in values {
            numerals::write(value, &mut self.text);
            self.ends.push(self.text.len() as u32);
        }
    }

    /// Gives the next number to a name.
    #[inline]
    fn add(&mut self, text: &[u8], span: Span) -> u32 {
        let number = self.ends.len() as u32;
        let (start, length) = (span.start as usize, (span.end - span.start) as usize);
        if length <= PADDING {
            // Copying a fixed number of bytes takes no call.
            let end = self.text.len() + length;
            let bytes = load(text, start, length).to_le_bytes();
            self.text.extend_from_slice(&bytes);
            self.text.truncate(end);
        } else {
            self.text.extend_from_slice(span.of(text));
        }
        self.ends.push(self.text.len() as u32);
        number
    }

    /// Gives back the memory that only looking up needs: no name is looked up from now on.
    pub(super) fn close(&mut self) {
        (self.slots, self.keys) = (Vec::new(), Vec::new());
        self.numerals = Numerals::new();
    }

    /// The names alone; the table is given back. The bytes handed in were UTF-8.
    pub(super) fn into_names(mut self) -> Names {
        self.close();
        self.write_out();
        match String::from_utf8(self.text) {
            Ok(text) => Names {
                text,
                ends: self.ends,
            },
            Err(_) => Names::default(),
        }
    }
}

/// The key that is a short name itself.
#[inline(always)]
fn short(text: &[u8], span: Span) -> Option<Slot> {
    let (start, length) = (span.start as usize, (span.end - span.start) as usize);
    if length > SHORT {
        return None;
    }
    let word = load(text, start, length);
    let mut key = EMPTY;
    key.low = word as u64;
    if length <= 8 {
        key.low &= u64::MAX >> (64 - 8 * length as u32).min(63);
    } else {
        key.tag = (word >> 64) as u32 & (u32::MAX >> (96 - 8 * length as u32));
    }
    Some(key)
}

/// The 16 bytes from `start`; where the text ends before, the `length` bytes from there and zeros.
#[inline]
fn load(text: &[u8], start: usize, length: usize) -> u128 {
    if let Some(words) = text.get(start..).and_then(<[u8]>::first_chunk::<PADDING>) {
        return u128::from_le_bytes(*words);
    }
    let mut words = [0; PADDING];
    words[..length].copy_from_slice(&text[start..start + length]);
    u128::from_le_bytes(words)
}

/// Where the search for a key begins. Multiply-xorshift mixes all bits of the key into the top ones.
#[inline]
fn place(key: Slot, shift: u32) -> usize {
    let mut hash = key.low ^ (u64::from(key.tag) << 32 | u64::from(key.tag)).rotate_left(17);
    hash = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash = (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (hash >> shift) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    fn number(interner: &mut Interner, name: &str) -> u32 {
        let mut text = b"xx".to_vec();
        text.extend_from_slice(name.as_bytes());
        let span = Span {
            start: 2,
            end: text.len() as u32,
        };
        text.extend_from_slice(&[b'7'; PADDING]);
        interner.number(&text, span)
    }

    fn twin_order<'a>(twin: &HashMap<&'a str, u32>) -> Vec<&'a str> {
        let mut names: Vec<&str> = twin.keys().copied().collect();
        names.sort_by_key(|name| twin[name]);
        names
    }

    proptest! {
        #[test]
        fn numbers_are_those_of_first_appearance(
            names in prop_oneof![
                prop::collection::vec("[a-c0-9é]{1,5}|[0-9]{8,20}", 0..600),
                prop::collection::vec("[1-9][0-9]{0,5}", 0..300),
                prop::collection::vec("[1-9][0-9]{0,2}|[0-9]{1,3}", 0..300),
            ]
        ) {
            let mut interner = Interner::new();
            let mut twin: HashMap<&str, u32> = HashMap::new();
            for name in &names {
                let next = twin.len() as u32;
                let want = *twin.entry(name).or_insert(next);
                prop_assert_eq!(number(&mut interner, name), want);
            }
            for (number, name) in (0..).zip(twin_order(&twin)) {
                prop_assert_eq!(interner.name(number), name);
            }
            let stored = interner.into_names();
            prop_assert_eq!(stored.len(), twin.len());
            for name in &names {
                prop_assert_eq!(stored.get(twin[name.as_str()]), name);
            }
        }
    }
}
