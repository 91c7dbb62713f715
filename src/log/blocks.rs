//! Bytes to blocks of text to batches of rows, wherever the bytes were cut.

use std::cell::Cell;

use super::encoding::{self, TextDecoder};
use super::finish::Finishing;
use super::import::{MOST_EVENTS, SAMPLE};
use super::intern::PADDING;
use super::look::no_rows;
use super::options::{Delimiter, Dialect, ImportOptions, ImportProgress, SourceFile, TextEncoding};
use super::report::EventWord;
use super::rows::{Events, Piece, Reading};
use super::schema::Schema;
use super::splitter::{self, Batch, LONGEST_ROW};
use crate::problem::{Problem, Text};

/// Bytes of text that are read at a time.
const BLOCK: usize = 256 << 10;
/// Bytes of text that are split at a time, so that the fields stay in the cache.
const PIECE: usize = 32 << 10;

/// Reads text block by block.
pub(super) struct Blocks {
    decoder: TextDecoder,
    /// Whether the encoding is certain; else everything so far was ASCII.
    settled: bool,
    /// Bytes beyond ASCII that wait for enough others to tell the encoding.
    waiting: Vec<u8>,
    delimiter: Delimiter,
    /// Whether the header is still to come.
    header_ahead: bool,
    /// Whether a byte-order mark may still come.
    mark_ahead: bool,
    header: bool,
    schema: Schema,
    reading: Reading,
    events: Events,
    batch: Batch,
    /// The text being read, `filled` bytes of it, and padding.
    block: Vec<u8>,
    filled: usize,
    /// Lines of the file before the block, and bytes of the file before it.
    line: u64,
    byte: u64,
    text_bytes: u64,
    /// Whether the text up to the next line end belongs to a row that was given up.
    skipping: bool,
    memory: u64,
    rows: u64,
}

impl Blocks {
    pub(super) fn new(
        decoder: TextDecoder,
        settled: bool,
        delimiter: Delimiter,
        header: bool,
        schema: Schema,
        options: &ImportOptions,
        memory: u64,
    ) -> Self {
        let mut event_types = schema.event_types.clone();
        event_types.extend(
            options
                .event_types
                .iter()
                .map(|(word, kind)| (super::words::normal(word), *kind)),
        );
        let reading = Reading::new(&schema, delimiter.byte(), options.strict, event_types);
        Self {
            decoder,
            settled,
            waiting: Vec::new(),
            delimiter,
            header_ahead: header,
            mark_ahead: true,
            header,
            events: Events::new(&reading),
            reading,
            schema,
            batch: Batch::default(),
            block: vec![0; BLOCK + PADDING],
            filled: 0,
            line: 1,
            byte: 0,
            text_bytes: 0,
            skipping: false,
            memory,
            rows: 0,
        }
    }

    pub(super) fn progress(&self, progress: &mut ImportProgress) {
        progress.bytes_text = self.text_bytes;
        progress.rows = self.rows;
        progress.accepted = self.events.store.len() as u64;
        progress.rejected = self.events.rejects.count;
        progress.ignored = self.events.ignored;
    }

    /// Takes bytes of the file; while all were ASCII the encoding is open, and the first others decide.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        if self.settled {
            return self.text(bytes, false);
        }
        if self.waiting.is_empty() {
            let ascii = ascii_len(bytes);
            self.text(&bytes[..ascii], false)?;
            if ascii == bytes.len() {
                return Ok(());
            }
            self.waiting.extend_from_slice(&bytes[ascii..]);
        } else {
            self.waiting.extend_from_slice(bytes);
        }
        if self.waiting.len() >= SAMPLE {
            self.settle(false)
        } else {
            Ok(())
        }
    }

    fn settle(&mut self, whole: bool) -> Result<(), Problem> {
        self.settled = true;
        let waiting = std::mem::take(&mut self.waiting);
        let sample = &waiting[..waiting.len().min(SAMPLE)];
        let encoding = encoding::guess(sample, whole);
        if matches!(encoding, TextEncoding::Gb18030 | TextEncoding::Windows1252) {
            self.decoder.turn_to(encoding)?;
        }
        self.text(&waiting, false)
    }

    /// Decodes bytes into the block, and reads the block whenever it is full.
    fn text(&mut self, mut bytes: &[u8], last: bool) -> Result<(), Problem> {
        loop {
            let target = &mut self.block[self.filled..BLOCK];
            let decoded = self.decoder.decode(bytes, target, last);
            self.filled += decoded.written;
            self.text_bytes += decoded.written as u64;
            bytes = &bytes[decoded.read..];
            if decoded.done && (self.filled < BLOCK || bytes.is_empty()) {
                return Ok(());
            }
            self.read_block(false)?;
        }
    }

    /// Ends the file.
    pub(super) fn end(&mut self) -> Result<(), Problem> {
        if !self.settled && !self.waiting.is_empty() {
            self.settle(true)?;
        }
        self.text(&[], true)?;
        if self.filled == BLOCK {
            self.read_block(false)?;
        }
        if self.filled > 0 && !matches!(self.block[self.filled - 1], b'\n') {
            self.block[self.filled] = b'\n';
            self.filled += 1;
        }
        self.read_block(true)
    }

    /// Reads the whole rows of the block and moves what is left to its front.
    fn read_block(&mut self, ended: bool) -> Result<(), Problem> {
        let mut block = std::mem::take(&mut self.block);
        let result = self.read_rows(&block, ended);
        if let Ok((consumed, line)) = result {
            self.byte += self.decoder.source_len(&block[..consumed]);
            block.copy_within(consumed..self.filled, 0);
            self.filled -= consumed;
            self.line += u64::from(line);
        }
        self.block = block;
        result?;
        self.check_size()
    }

    /// Reads whole rows: how many bytes and lines of the block they were.
    fn read_rows(&mut self, block: &[u8], ended: bool) -> Result<(usize, u32), Problem> {
        let filled = self.filled;
        let (mut at, mut line) = (0, 0);
        if std::mem::take(&mut self.mark_ahead) && block[..filled].starts_with(b"\xef\xbb\xbf") {
            at = 3;
        }
        if self.skipping {
            match splitter::first_line(&block[..filled]) {
                Some(length) => {
                    (at, line) = (length, 1);
                    self.skipping = false;
                }
                None => return Ok((filled, 0)),
            }
        }
        while at < filled {
            let stop = piece_end(&block[..filled], at);
            let traits = splitter::traits(&block[at..stop.unwrap_or(filled)]);
            let start = at;
            self.batch.clear(self.reading.shape.used.len());
            let mut open = false;
            let quoted = traits.careful || stop.is_none();
            match stop {
                Some(stop) if !traits.careful => {
                    line = splitter::split_fast(
                        &self.reading.shape,
                        block,
                        (at, stop),
                        traits,
                        line,
                        &mut self.batch,
                    );
                    at = stop;
                }
                None if !ended && filled - at < LONGEST_ROW => break,
                _ => {
                    let stop = stop.unwrap_or(filled);
                    let range = (at, stop, filled);
                    let careful = splitter::split_careful(
                        &self.reading.shape,
                        block,
                        range,
                        line,
                        ended,
                        &mut self.batch,
                    );
                    open = careful.consumed < stop;
                    (at, line, self.skipping) = (careful.consumed, careful.line, careful.skipping);
                }
            }
            let suspect = traits.nul
                || traits.wide
                    && std::str::from_utf8(&block[start..at]).map_or(true, self.may_be_replaced());
            if traits.space || quoted {
                self.batch.trim(quoted, block);
            }
            self.read_batch(block, quoted, suspect)?;
            if open {
                break;
            }
        }
        Ok((at, line))
    }

    /// Whether text may hold characters that the decoder put in place of broken ones.
    fn may_be_replaced(&self) -> impl Fn(&str) -> bool + use<> {
        let decoded = self.decoder.encoding() != TextEncoding::Utf8;
        move |text| decoded && text.contains('\u{fffd}')
    }

    fn read_batch(&mut self, block: &[u8], quoted: bool, suspect: bool) -> Result<(), Problem> {
        if self.header_ahead && !self.batch.rows.is_empty() {
            self.header_ahead = false;
            self.batch.drop_first();
        }
        self.rows += self.batch.rows.len() as u64;
        let decoder = &self.decoder;
        // Rows are asked for in order, so that the text is measured once.
        let known = Cell::new((0_usize, self.byte));
        let piece = Piece {
            block,
            quoted,
            suspect,
            line: self.line,
            byte: &|at| {
                let (from, byte) = known.get();
                let byte = byte + decoder.source_len(&block[from..at]);
                known.set((at, byte));
                byte
            },
        };
        self.events.read(&self.reading, &piece, &self.batch)
    }

    /// Stops before memory runs out.
    fn check_size(&self) -> Result<(), Problem> {
        let events = self.events.store.len() as u64;
        // Sorting holds the row numbers and times once more.
        let bytes = self.events.bytes() as u64 + events * 12;
        if events > MOST_EVENTS || bytes > self.memory || self.events.names_full() {
            return Err(too_large(events, bytes));
        }
        Ok(())
    }

    /// The event words so far, most frequent first.
    pub(super) fn event_words(&self) -> Vec<EventWord> {
        super::finish::words(&self.events)
    }

    pub(super) fn finish(
        self,
        source: SourceFile,
        options: &ImportOptions,
    ) -> Result<Finishing, Problem> {
        if self.rows == 0 {
            return Err(no_rows());
        }
        let mut event_types = options.event_types.clone();
        event_types.extend(
            self.events
                .event_words()
                .filter(|(_, word)| word.count > 0)
                .map(|(name, word)| (super::words::normal(&name), word.mapped)),
        );
        let dialect = Dialect {
            encoding: self.decoder.encoding(),
            delimiter: self.delimiter,
            header: self.header,
            columns: self.schema.columns.clone(),
            roles: self.schema.roles.clone(),
            day_first: self.schema.day_first,
            decimal_comma: self.schema.decimal_comma,
            event_types,
            session_gap_minutes: options.session_gap_minutes,
            merge_repeats: options.merge_repeats,
            strict: options.strict,
        };
        Finishing::new(self.events, &self.schema, dialect, source, self.rows)
    }
}

/// How many bytes from the start on are ASCII.
fn ascii_len(bytes: &[u8]) -> usize {
    // Unlike the library's way, this becomes vectors on every target.
    let all = |piece: &[u8]| piece.iter().fold(0, |all, byte| all | byte);
    let pieces = bytes
        .chunks(PIECE)
        .take_while(|piece| all(piece).is_ascii());
    let whole = pieces.map(<[u8]>::len).sum::<usize>();
    whole
        + bytes[whole..]
            .iter()
            .take_while(|byte| byte.is_ascii())
            .count()
}

/// The end of the next piece: after a line feed at most [`PIECE`] bytes on, or else the first one after that.
fn piece_end(text: &[u8], at: usize) -> Option<usize> {
    let near = text.len().min(at + PIECE);
    let before = text[at..near].iter().rposition(|&byte| byte == b'\n');
    if let Some(before) = before {
        return Some(at + before + 1);
    }
    let after = text[near..].iter().position(|&byte| byte == b'\n')?;
    Some(near + after + 1)
}

fn too_large(events: u64, bytes: u64) -> Problem {
    let megabytes = bytes >> 20;
    Problem::new(
        "log.too-large",
        Text::new(
            format!(
                "The log is too large for this page: {events} events and {megabytes} MiB so far, and more to come."
            ),
            format!("日志过大：已读取 {events} 个事件，占用 {megabytes} MiB，仍未结束。"),
        ),
        Text::new(
            "Take a shorter span of time or fewer users and open that.",
            "请截取较短的时间段或较少的用户后再打开。",
        ),
    )
}
