//! Text to rows and fields. Blocks without quotes are split eight bytes at a time; blocks with quotes (or with lone
//! carriage returns) go through `csv-core`. Both read the same rows: a property test holds them equal.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::intern::{PADDING, Span};
use super::reject::RejectReason;

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
    /// `shape.used.len()` spans a row, in that order, into the block or into `unquoted`.
    pub(super) spans: Vec<Span>,
    /// Rows that can't be split, by index, and why.
    pub(super) faults: Vec<(u32, RejectReason)>,
    /// The fields without their quotes; only filled by the careful splitter.
    pub(super) unquoted: Vec<u8>,
    separators: Vec<u32>,
}

impl Batch {
    pub(super) fn clear(&mut self) {
        self.rows.clear();
        self.spans.clear();
        self.faults.clear();
        self.unquoted.clear();
    }

    /// Takes the first row out: the header.
    pub(super) fn drop_first(&mut self, width: usize) {
        self.rows.remove(0);
        self.spans.drain(..width);
        self.faults.retain(|&(row, _)| row > 0);
        for (row, _) in &mut self.faults {
            *row -= 1;
        }
    }

    fn push_fault(&mut self, shape: &Shape, row: RowAt, reason: RejectReason) {
        self.faults.push((self.rows.len() as u32, reason));
        self.rows.push(row);
        self.spans
            .resize(self.rows.len() * shape.used.len(), Span::default());
    }
}

/// What a piece of text contains that decides how it has to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Traits {
    /// A quotation mark, or a carriage return without a line feed.
    pub(super) careful: bool,
    /// A NUL byte.
    pub(super) nul: bool,
}

/// Looks a piece of text over. Written as plain sums so that the compiler uses vectors.
pub(super) fn traits(text: &[u8]) -> Traits {
    let (mut quote, mut nul, mut lone) = (0_u8, 0_u8, 0_u8);
    for &byte in text {
        quote |= u8::from(byte == b'"');
        nul |= u8::from(byte == 0);
    }
    let next = text.get(1..).unwrap_or(&[]);
    for (&byte, &next) in text.iter().zip(next) {
        lone |= u8::from(byte == b'\r') & u8::from(next != b'\n');
    }
    Traits {
        careful: quote != 0 || lone != 0,
        nul: nul != 0,
    }
}

/// High bit of every byte of `word` that equals the byte repeated in `pattern` (exact, no false neighbours).
#[inline]
fn equal(word: u64, pattern: u64) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let difference = word ^ pattern;
    !(((difference & LOW) + LOW) | difference | LOW)
}

/// Positions of delimiters and line feeds in `text[from..to]`, each times two, plus one for line feeds.
fn separators(text: &[u8], from: usize, to: usize, delimiter: u8, out: &mut Vec<u32>) {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let (commas, lines) = (ONES * u64::from(delimiter), ONES * u64::from(b'\n'));
    out.clear();
    let (words, rest) = text[from..to].as_chunks::<8>();
    let mut base = from as u32;
    for word in words {
        let word = u64::from_le_bytes(*word);
        let line = equal(word, lines) >> 7;
        let any = line | (equal(word, commas) >> 7);
        if any != 0 {
            let line = line.wrapping_mul(GATHER) >> 56;
            let mut any = any.wrapping_mul(GATHER) >> 56;
            while any != 0 {
                let bit = any.trailing_zeros();
                out.push((base + bit) << 1 | (line >> bit & 1) as u32);
                any &= any - 1;
            }
        }
        base += 8;
    }
    for &byte in rest {
        if byte == delimiter || byte == b'\n' {
            out.push(base << 1 | u32::from(byte == b'\n'));
        }
        base += 1;
    }
}

/// Splits `text[from..to]`, which holds whole rows (the last byte is a line feed) and nothing that needs care.
/// `line` is the line of the block at which it starts; returns the line after it.
pub(super) fn split_fast(
    shape: &Shape,
    text: &[u8],
    (from, to): (usize, usize),
    mut line: u32,
    batch: &mut Batch,
) -> u32 {
    let mut found = std::mem::take(&mut batch.separators);
    separators(text, from, to, shape.delimiter, &mut found);
    let columns = shape.columns;
    let mut start = from as u32;
    let mut next = 0;
    while next < found.len() {
        let whole = found.get(next..next + columns).filter(|row| is_row(row));
        let (row, count) = match whole {
            Some(row) => (row, columns),
            None => {
                let count = found[next..].iter().take_while(|&&f| f & 1 == 0).count() + 1;
                (&found[next..(next + count).min(found.len())], count)
            }
        };
        let end = row.last().map_or(to as u32 - 1, |last| last >> 1);
        let bare = end - u32::from(end > start && text[end as usize - 1] == b'\r');
        let at = RowAt {
            start,
            end: bare,
            line,
        };
        if bare == start {
            // An empty line is no row.
        } else if end + 1 - start > LONGEST_ROW as u32 {
            batch.push_fault(shape, at, RejectReason::TooLong);
        } else if count != columns {
            batch.push_fault(shape, at, RejectReason::Columns);
        } else {
            push_spans(shape, row, at, &mut batch.spans);
            batch.rows.push(at);
        }
        line += 1;
        start = end + 1;
        next += count;
    }
    batch.separators = found;
    line
}

/// Whether these separators are those of one row: only the last is a line feed.
#[inline]
fn is_row(row: &[u32]) -> bool {
    let Some((last, others)) = row.split_last() else {
        return false;
    };
    last & 1 == 1 && others.iter().fold(0, |any, other| any | other) & 1 == 0
}

#[inline]
fn push_spans(shape: &Shape, row: &[u32], at: RowAt, spans: &mut Vec<Span>) {
    for &column in &shape.used {
        let start = if column == 0 {
            at.start
        } else {
            (row[column - 1] >> 1) + 1
        };
        let end = (row[column] >> 1).min(at.end);
        spans.push(Span { start, end });
    }
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
            batch.push_fault(shape, row, reason);
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
            batch.push_fault(self.shape, row, RejectReason::Columns);
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
            batch.spans.push(Span {
                start: base + start,
                end: base + end,
            });
        }
        batch.rows.push(row);
        self.written += self.bytes;
    }
}
