//! Text to rows and fields. Blocks without quotes are split eight bytes at a time; blocks with quotes (or with lone
//! carriage returns) go through `csv-core`. Both read the same rows: a property test holds them equal.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::intern::PADDING;
use super::reject::RejectReason;
use super::scan;

/// The longest row that is read, in bytes with its line end.
pub(super) const LONGEST_ROW: usize = 128 << 10;

/// Which columns are read and how many there are.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) delimiter: u8,
    /// Columns of the file.
    pub(super) columns: usize,
    /// The columns wanted, each below `columns`.
    pub(super) used: Vec<usize>,
}

/// Where a row stands in the block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RowAt {
    pub(super) start: u32,
    pub(super) end: u32,
    /// Lines between the start of the block and the row.
    pub(super) line: u32,
}

/// Rows of a block, with the wanted fields of each.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) rows: Vec<RowAt>,
    /// Where the fields begin, in the block or in `unquoted`, and the places one after their ends: `stride` numbers a
    /// row. Where nothing but the separators stands between the fields, one's end is the next one's beginning.
    pub(super) marks: Vec<u32>,
    pub(super) stride: usize,
    /// Which of a row's marks begins the field of each slot; the mark after it, less one, ends the field.
    pub(super) offsets: Vec<usize>,
    /// Rows that can't be split, by index, and why.
    pub(super) faults: Vec<(u32, RejectReason)>,
    /// The fields without their quotes; only filled by the careful splitter.
    pub(super) unquoted: Vec<u8>,
    separators: Vec<u32>,
}

/// The marks of an empty field.
const EMPTY: [u32; 2] = [0, 1];

impl Batch {
    /// Empties the batch; rows will have `width` fields with two marks each.
    pub(super) fn clear(&mut self, width: usize) {
        self.rows.clear();
        self.marks.clear();
        self.stride = 2 * width;
        self.offsets.clear();
        self.offsets.extend((0..width).map(|slot| 2 * slot));
        self.faults.clear();
        self.unquoted.clear();
    }

    /// Takes the first row out: the header.
    pub(super) fn drop_first(&mut self) {
        self.rows.remove(0);
        self.marks.drain(..self.stride);
        self.faults.retain(|&(row, _)| row > 0);
        for (row, _) in &mut self.faults {
            *row -= 1;
        }
    }

    /// Takes the spaces around all fields away; they stand in `unquoted` if `quoted`, else in `block`. Every field has
    /// two marks of its own.
    pub(super) fn trim(&mut self, quoted: bool, block: &[u8]) {
        let text = if quoted {
            self.unquoted.as_slice()
        } else {
            block
        };
        for [start, end] in self.marks.as_chunks_mut().0 {
            while *start + 1 < *end && text[*start as usize] == b' ' {
                *start += 1;
            }
            while *start + 1 < *end && text[*end as usize - 2] == b' ' {
                *end -= 1;
            }
        }
    }

    /// Adds a row that can't be split; its marks follow with [`Batch::even_out`].
    fn push_fault(&mut self, row: RowAt, reason: RejectReason) {
        self.faults.push((self.rows.len() as u32, reason));
        self.rows.push(row);
    }

    /// Gives every row its marks: those of empty fields to those added last without.
    fn even_out(&mut self) {
        while self.marks.len() < self.rows.len() * self.stride {
            self.marks.extend_from_slice(&EMPTY);
        }
    }
}

/// What a piece of text contains that decides how it has to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Traits {
    /// A quotation mark, or a carriage return without a line feed.
    pub(super) careful: bool,
    /// A NUL byte.
    pub(super) nul: bool,
    /// A space.
    pub(super) space: bool,
    /// A carriage return.
    pub(super) carriage: bool,
    /// A byte beyond ASCII.
    pub(super) wide: bool,
}

/// Looks a piece of text over. Written as plain sums so that the compiler uses vectors.
pub(super) fn traits(text: &[u8]) -> Traits {
    let (mut quote, mut nul, mut space, mut carriage) = (0_u8, 0_u8, 0_u8, 0_u8);
    let mut all = 0;
    for &byte in text {
        all |= byte;
        space |= u8::from(byte == b' ');
        quote |= u8::from(byte == b'"');
        nul |= u8::from(byte == 0);
        carriage |= u8::from(byte == b'\r');
    }
    Traits {
        careful: quote != 0 || (carriage != 0 && has_lone_carriage(text)),
        nul: nul != 0,
        space: space != 0,
        carriage: carriage != 0,
        wide: !all.is_ascii(),
    }
}

/// Whether a carriage return stands without a line feed.
fn has_lone_carriage(text: &[u8]) -> bool {
    let next = text.get(1..).unwrap_or(&[]);
    let pairs = text.iter().zip(next);
    let lone = pairs.map(|(&byte, &next)| u8::from(byte == b'\r') & u8::from(next != b'\n'));
    lone.fold(0, |any, lone| any | lone) != 0
}

/// Finds the delimiters and line feeds in `text[from..to]`: the positions where fields begin. The first entry is
/// `from`, and each separator gives the entry after it. Returns how many line feeds there are.
fn separators(text: &[u8], from: usize, to: usize, delimiter: u8, out: &mut Vec<u32>) -> usize {
    out.clear();
    out.push(from as u32);
    let mut feeds = 0;
    let mut take = |bytes: &[u8; 64], base: u32| {
        let (mut bits, ends) = scan::separators(bytes, delimiter);
        feeds += ends.count_ones();
        out.extend((0..bits.count_ones()).map(|_| {
            let bit = bits.trailing_zeros();
            bits &= bits.wrapping_sub(1);
            base + bit
        }));
    };
    let (blocks, rest) = text[from..to].as_chunks::<64>();
    let mut base = from as u32 + 1;
    for block in blocks {
        take(block, base);
        base += 64;
    }
    let mut last = [0; 64];
    last[..rest.len()].copy_from_slice(rest);
    take(&last, base);
    feeds as usize
}

/// Splits `text[from..to]`, which holds whole rows (the last byte is a line feed) and nothing that needs care.
/// `line` is the line of the block at which it starts; returns the line after it.
pub(super) fn split_fast(
    shape: &Shape,
    text: &[u8],
    (from, to): (usize, usize),
    traits: Traits,
    line: u32,
    batch: &mut Batch,
) -> u32 {
    let mut found = std::mem::take(&mut batch.separators);
    let feeds = separators(text, from, to, shape.delimiter, &mut found);
    let columns = shape.columns;
    let even = columns > 1
        && to - from <= LONGEST_ROW
        && found.len() == feeds * columns + 1
        && !traits.space
        && !traits.carriage
        && (1..=feeds).all(|row| text[found[row * columns] as usize - 1] == b'\n');
    if even {
        // The separators themselves are the marks.
        batch.rows.extend((0..feeds).map(|row| RowAt {
            start: found[row * columns],
            end: found[(row + 1) * columns] - 1,
            line: line + row as u32,
        }));
        std::mem::swap(&mut batch.marks, &mut found);
        batch.stride = columns;
        batch.offsets.clone_from(&shape.used);
    } else {
        split_uneven(shape, text, &found, line, batch);
    }
    batch.separators = found;
    line + feeds as u32
}

/// Splits rows that have too few or too many fields, or fields that don't end at their separator.
fn split_uneven(shape: &Shape, text: &[u8], found: &[u32], mut line: u32, batch: &mut Batch) {
    let mut first = 0;
    while first + 1 < found.len() {
        let count = fields(text, &found[first + 1..]);
        let row = &found[first..=first + count];
        let (start, next) = (row[0], row[count]);
        let end = next - 1;
        let at = RowAt {
            start,
            end: end - u32::from(end > start && text[end as usize - 1] == b'\r'),
            line,
        };
        line += 1;
        first += count;
        // An empty line is no row.
        if at.start == at.end {
            continue;
        }
        if next - start > LONGEST_ROW as u32 {
            batch.push_fault(at, RejectReason::TooLong);
            batch.even_out();
        } else if count != shape.columns {
            batch.push_fault(at, RejectReason::Columns);
            batch.even_out();
        } else {
            for &column in &shape.used {
                let end = row[column + 1].min(at.end + 1);
                batch.marks.extend_from_slice(&[row[column], end]);
            }
            batch.rows.push(at);
        }
    }
}

/// How many fields the row has that these separators end.
#[inline]
fn fields(text: &[u8], separators: &[u32]) -> usize {
    let ends = separators
        .iter()
        .position(|&next| text[next as usize - 1] == b'\n');
    ends.map_or(separators.len(), |last| last + 1)
}

/// How the careful splitter ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Careful {
    /// Where the first row begins that is not complete.
    pub(super) consumed: usize,
    /// The line of the block at which it begins.
    pub(super) line: u32,
    /// Whether the text up to the next line end belongs to a row that was given up.
    pub(super) skipping: bool,
}

/// Splits the rows of `text[..to]` that begin in `from..stop`, by the rules of `csv-core`, up to the first that is
/// not complete. `ended`: the file ends at `to` (with a line end). A row that is too long, or whose quote never
/// closes, costs its first line only.
pub(super) fn split_careful(
    shape: &Shape,
    text: &[u8],
    (from, stop, to): (usize, usize, usize),
    mut line: u32,
    ended: bool,
    batch: &mut Batch,
) -> Careful {
    let mut records = Records::new(shape, to - from);
    let mut at = from;
    let mut skipping = false;
    while at < stop {
        let rest = &text[at..to];
        let (length, fault) = if matches!(rest[0], b'\n' | b'\r') {
            (Some(line_end(rest)), None)
        } else {
            let limit = rest.len().min(LONGEST_ROW);
            match records.read(&rest[..limit]) {
                Some(length) => (
                    Some(
                        length
                            + usize::from(
                                rest[length - 1] == b'\r' && rest.get(length) == Some(&b'\n'),
                            ),
                    ),
                    None,
                ),
                None if limit < LONGEST_ROW && !ended => break,
                None => given_up(rest),
            }
        };
        let length = length.unwrap_or(rest.len());
        if !ended && at + length == to && rest[length - 1] == b'\r' && length < LONGEST_ROW {
            break;
        }
        let row = RowAt {
            start: at as u32,
            end: (at + bare(&rest[..length]).len()) as u32,
            line,
        };
        if let Some(reason) = fault {
            batch.push_fault(row, reason);
            batch.even_out();
        } else if row.start < row.end {
            records.keep(row, batch);
        }
        skipping = fault == Some(RejectReason::TooLong) && !ends_line(rest, length);
        line += lines(&rest[..length]);
        at += length;
    }
    records.unquoted.truncate(records.written + PADDING);
    batch.unquoted = records.unquoted;
    Careful {
        consumed: at,
        line,
        skipping,
    }
}

/// A row without an end: how much of it to give up (`None`: all there is, and more to come), and why.
fn given_up(rest: &[u8]) -> (Option<usize>, Option<RejectReason>) {
    let first = first_line(rest);
    let reason = match first {
        Some(length) if length <= LONGEST_ROW => RejectReason::OpenQuote,
        _ => RejectReason::TooLong,
    };
    (first, Some(reason))
}

fn ends_line(text: &[u8], length: usize) -> bool {
    matches!(text[length - 1], b'\n' | b'\r')
}

/// Bytes of the first line with its end, if it ends.
pub(super) fn first_line(text: &[u8]) -> Option<usize> {
    let at = text.iter().position(|byte| matches!(byte, b'\n' | b'\r'))?;
    Some(at + line_end(&text[at..]))
}

/// Bytes of the line end with which the text begins.
fn line_end(text: &[u8]) -> usize {
    if text.starts_with(b"\r\n") { 2 } else { 1 }
}

/// The text without its line end.
fn bare(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.strip_suffix(b"\r").unwrap_or(text)
}

/// Line ends in a text.
fn lines(text: &[u8]) -> u32 {
    let mut count = 0;
    let mut before = 0;
    for &byte in text {
        count += u32::from(byte == b'\r') + u32::from(byte == b'\n' && before != b'\r');
        before = byte;
    }
    count
}

/// `csv-core` on one row at a time.
struct Records<'a> {
    shape: &'a Shape,
    reader: Reader,
    unquoted: Vec<u8>,
    written: usize,
    ends: Vec<usize>,
    /// Bytes and fields of the row read last.
    bytes: usize,
    fields: usize,
}

impl<'a> Records<'a> {
    fn new(shape: &'a Shape, bytes: usize) -> Self {
        Self {
            shape,
            reader: ReaderBuilder::new().delimiter(shape.delimiter).build(),
            unquoted: vec![0; bytes + PADDING + 1],
            written: 0,
            ends: vec![0; shape.columns + 1],
            bytes: 0,
            fields: 0,
        }
    }

    /// Reads the row at the start of `input`: its length, or `None` when it doesn't end there.
    fn read(&mut self, input: &[u8]) -> Option<usize> {
        self.reader.reset();
        // A byte-order mark is special at the very start of a file only: let that start be an empty line.
        let _ = self.reader.read_record(b"\n", &mut [0; 1], &mut [0; 1]);
        (self.bytes, self.fields) = (0, 0);
        let mut at = 0;
        loop {
            let out = &mut self.unquoted[self.written + self.bytes..];
            let from = self.fields.min(self.shape.columns);
            let (result, read, wrote, ends) =
                self.reader
                    .read_record(&input[at..], out, &mut self.ends[from..]);
            at += read;
            self.bytes += wrote;
            self.fields += ends;
            match result {
                ReadRecordResult::Record => return Some(at),
                ReadRecordResult::OutputEndsFull => {}
                ReadRecordResult::InputEmpty if at < input.len() => {}
                _ => return None,
            }
        }
    }

    /// Takes the row read last into the batch.
    fn keep(&mut self, row: RowAt, batch: &mut Batch) {
        if self.fields != self.shape.columns {
            batch.push_fault(row, RejectReason::Columns);
            batch.even_out();
            return;
        }
        let base = self.written as u32;
        for &column in &self.shape.used {
            let start = if column == 0 {
                0
            } else {
                self.ends[column - 1] as u32
            };
            let end = self.ends[column] as u32;
            batch
                .marks
                .extend_from_slice(&[base + start, base + end + 1]);
        }
        batch.rows.push(row);
        self.written += self.bytes;
    }
}
