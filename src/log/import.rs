//! The importer: bytes pushed in any chunks become a log. What comes out depends on the bytes alone, never on how
//! they were cut.

use std::cell::Cell;

use super::dialect;
use super::encoding::{self, TextDecoder};
use super::finish::Finishing;
use super::inflate::Inflate;
use super::intern::PADDING;
use super::options::{
    Delimiter, Dialect, ImportOptions, ImportProgress, Preview, PreviewColumn, SourceFile,
    TextEncoding,
};
use super::rows::{Events, Piece, Reading};
use super::schema::{self, Schema};
use super::splitter::{self, Batch, LONGEST_ROW};
use crate::problem::{Place, Problem, Text};

/// Bytes that guesses are made from.
const SAMPLE: usize = 64 << 10;
/// Bytes of text that are read at a time.
const BLOCK: usize = 256 << 10;
/// Bytes of text that are split at a time, so that the fields stay in the cache.
const PIECE: usize = 32 << 10;
/// Rows that the preview shows.
const PREVIEW_ROWS: usize = 100;

/// Most events that a log may have.
pub const MOST_EVENTS: u64 = 64 << 20;
/// Bytes that a log may take unless the caller says otherwise.
pub const MEMORY: u64 = 3 << 30;

/// Reads a behaviour log as its bytes arrive.
pub struct Importer {
    name: String,
    size: Option<u64>,
    options: ImportOptions,
    memory: u64,
    bytes_in: u64,
    hash: blake3::Hasher,
    /// The first two bytes, until they tell whether the file is compressed.
    head: Vec<u8>,
    packing: Packing,
    stage: Stage,
    preview: Option<Preview>,
    failed: Option<Problem>,
}

enum Packing {
    Unknown,
    Plain,
    Gzip(Box<Inflate>),
}

enum Stage {
    /// Collecting the bytes that guesses are made from.
    Sample(Vec<u8>),
    Rows(Box<Rows>),
}

impl Importer {
    /// An importer for a file of this name and, where known, size in bytes.
    #[must_use]
    pub fn new(name: &str, size: Option<u64>, options: ImportOptions) -> Self {
        Self {
            name: name.to_owned(),
            size,
            options,
            memory: MEMORY,
            bytes_in: 0,
            hash: blake3::Hasher::new(),
            head: Vec::new(),
            packing: Packing::Unknown,
            stage: Stage::Sample(Vec::new()),
            preview: None,
            failed: None,
        }
    }

    /// The same importer with another bound on the memory of the log, in bytes.
    #[must_use]
    pub fn with_memory(mut self, bytes: u64) -> Self {
        self.memory = bytes;
        self
    }

    /// Takes the next bytes of the file.
    ///
    /// # Errors
    /// Whatever makes the file unreadable as a whole (codes `log.*`), and in strict mode the first bad row. The
    /// importer then stays in that state: the preview, if there is one, can still be read.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), Problem> {
        if let Some(problem) = &self.failed {
            return Err(problem.clone());
        }
        self.bytes_in += chunk.len() as u64;
        self.hash.update(chunk);
        let result = self.unpack(chunk);
        self.failed = result.as_ref().err().cloned();
        result
    }

    /// What the first 64 KiB say about the file; `None` until they are there (or the file has ended).
    #[must_use]
    pub fn preview(&self) -> Option<&Preview> {
        self.preview.as_ref()
    }

    /// How far the import has come.
    #[must_use]
    pub fn progress(&self) -> ImportProgress {
        let mut progress = ImportProgress {
            size: self.size,
            bytes_in: self.bytes_in,
            ..ImportProgress::default()
        };
        if let Stage::Rows(rows) = &self.stage {
            rows.progress(&mut progress);
        }
        progress
    }

    /// Ends the file: what is left is sorting and counting, in slices.
    ///
    /// # Errors
    /// As [`Importer::push`]; and `log.empty`, `log.no-rows`, `log.no-events`, `log.gzip-truncated`.
    pub fn finish(mut self) -> Result<Finishing, Problem> {
        self.end()?;
        let source = SourceFile {
            name: self.name,
            size: self.bytes_in,
            fingerprint: self.hash.finalize().to_hex().to_string(),
        };
        match self.stage {
            Stage::Rows(rows) => rows.finish(source, &self.options),
            Stage::Sample(_) => Err(empty()),
        }
    }

    /// Ends the file but keeps the importer, so that the preview of a short file can be read.
    ///
    /// # Errors
    /// As [`Importer::finish`].
    pub fn end(&mut self) -> Result<(), Problem> {
        if let Some(problem) = &self.failed {
            return Err(problem.clone());
        }
        let result = self.unpack_rest();
        self.failed = result.as_ref().err().cloned();
        result
    }

    fn unpack(&mut self, chunk: &[u8]) -> Result<(), Problem> {
        if !matches!(self.packing, Packing::Unknown) {
            return self.unpack_on(chunk);
        }
        self.head.extend_from_slice(chunk);
        if self.head.len() < 2 {
            return Ok(());
        }
        self.packing = if self.head.starts_with(&[0x1f, 0x8b]) {
            Packing::Gzip(Box::new(Inflate::new()))
        } else {
            Packing::Plain
        };
        let head = std::mem::take(&mut self.head);
        self.unpack_on(&head)
    }

    fn unpack_on(&mut self, chunk: &[u8]) -> Result<(), Problem> {
        let mut packing = std::mem::replace(&mut self.packing, Packing::Plain);
        let result = match &mut packing {
            Packing::Gzip(inflate) => self.inflate(inflate, chunk),
            _ => self.bytes(chunk),
        };
        self.packing = packing;
        result
    }

    fn inflate(&mut self, inflate: &mut Inflate, mut chunk: &[u8]) -> Result<(), Problem> {
        while !chunk.is_empty() {
            let used = inflate.step(chunk, &mut |bytes| self.bytes(bytes))?;
            chunk = &chunk[used..];
        }
        Ok(())
    }

    fn unpack_rest(&mut self) -> Result<(), Problem> {
        if matches!(self.packing, Packing::Unknown) {
            let head = std::mem::take(&mut self.head);
            self.packing = Packing::Plain;
            self.bytes(&head)?;
        }
        let mut packing = std::mem::replace(&mut self.packing, Packing::Plain);
        if let Packing::Gzip(inflate) = &mut packing {
            inflate.finish(&mut |bytes| self.bytes(bytes))?;
        }
        if let Stage::Sample(sample) = &mut self.stage {
            let sample = std::mem::take(sample);
            self.begin(&sample, true)?;
        }
        match &mut self.stage {
            Stage::Rows(rows) => rows.end(),
            Stage::Sample(_) => Ok(()),
        }
    }

    /// Takes bytes of the file after decompression.
    fn bytes(&mut self, mut bytes: &[u8]) -> Result<(), Problem> {
        if let Stage::Sample(sample) = &mut self.stage {
            let room = SAMPLE - sample.len();
            let (head, rest) = bytes.split_at(room.min(bytes.len()));
            sample.extend_from_slice(head);
            if sample.len() < SAMPLE {
                return Ok(());
            }
            let sample = std::mem::take(sample);
            self.begin(&sample, false)?;
            bytes = rest;
        }
        match &mut self.stage {
            Stage::Rows(rows) => rows.feed(bytes),
            Stage::Sample(_) => Ok(()),
        }
    }

    /// Looks at the sample, makes all guesses, and reads it.
    fn begin(&mut self, sample: &[u8], whole: bool) -> Result<(), Problem> {
        let (rows, preview, checked) = look(sample, whole, &self.options, self.memory)?;
        self.preview = Some(preview);
        checked?;
        self.stage = Stage::Rows(Box::new(rows));
        match &mut self.stage {
            Stage::Rows(rows) => rows.feed(sample),
            Stage::Sample(_) => Ok(()),
        }
    }
}

/// Makes all guesses from the sample. The inner result says whether the file can be read with them; the preview is
/// there either way.
#[allow(clippy::type_complexity)]
fn look(
    sample: &[u8],
    whole: bool,
    options: &ImportOptions,
    memory: u64,
) -> Result<(Rows, Preview, Result<(), Problem>), Problem> {
    if !(options.session_gap_minutes > 0.0 && options.session_gap_minutes.is_finite()) {
        return Err(session_gap(options.session_gap_minutes));
    }
    dialect::refuse(sample)?;
    let encoding = options
        .encoding
        .unwrap_or_else(|| encoding::guess(sample, whole));
    let settled =
        options.encoding.is_some() || encoding != TextEncoding::Utf8 || !sample.is_ascii();
    let text = decode_all(encoding, sample, whole);
    if dialect::has_controls(&text) {
        return Err(dialect::binary(""));
    }
    if text
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(&text)
        .trim_ascii()
        .is_empty()
    {
        return Err(empty());
    }
    dialect::refuse(&text)?;
    if !whole && splitter::first_line(&text).is_none() {
        return Err(long_first_line());
    }
    let guessed = options
        .delimiter
        .or_else(|| dialect::guess_delimiter(&text, whole));
    let delimiter = guessed.unwrap_or(Delimiter::Comma);
    let mut rows = dialect::rows(&text, delimiter.byte(), whole);
    let header = options
        .header
        .unwrap_or_else(|| dialect::guess_header(&rows));
    let names = (header && !rows.is_empty()).then(|| rows.remove(0));
    let width = match dialect::usual_columns(&rows) {
        0 => names.as_ref().map_or(0, Vec::len),
        width => width,
    };
    if rows.is_empty() && whole {
        return Err(no_rows());
    }
    if width < 2 {
        return Err(one_column());
    }
    rows.retain(|row| row.len() == width);
    let (schema, checked) = schema::guess(
        names.as_deref(),
        width,
        &rows,
        delimiter == Delimiter::Semicolon,
        options,
    );
    let preview = preview(encoding, delimiter, header, &schema, rows);
    let rows = Rows::new(
        encoding, settled, delimiter, header, schema, options, memory,
    );
    Ok((rows, preview, checked))
}

fn decode_all(encoding: TextEncoding, sample: &[u8], whole: bool) -> Vec<u8> {
    let mut text = vec![0; sample.len() * 3 + 16];
    let decoded = TextDecoder::new(encoding).decode(sample, &mut text, whole);
    text.truncate(decoded.written);
    text
}

fn preview(
    encoding: TextEncoding,
    delimiter: Delimiter,
    header: bool,
    schema: &Schema,
    mut rows: Vec<Vec<String>>,
) -> Preview {
    rows.truncate(PREVIEW_ROWS);
    let columns = schema
        .columns
        .iter()
        .enumerate()
        .map(|(index, name)| PreviewColumn {
            name: name.clone(),
            role: schema.roles[index],
            why: schema.why[index].clone(),
            samples: schema.samples[index].clone(),
        });
    Preview {
        encoding,
        delimiter,
        header,
        decimal_comma: schema.decimal_comma,
        day_first: schema.day_first,
        time_format: schema.time_text(),
        columns: columns.collect(),
        rows,
    }
}

/// Reads text block by block.
struct Rows {
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

impl Rows {
    fn new(
        encoding: TextEncoding,
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
            decoder: TextDecoder::new(encoding),
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

    fn progress(&self, progress: &mut ImportProgress) {
        progress.bytes_text = self.text_bytes;
        progress.rows = self.rows;
        progress.accepted = self.events.store.len() as u64;
        progress.rejected = self.events.rejects.count;
        progress.ignored = self.events.ignored;
    }

    /// Takes bytes of the file; while all were ASCII the encoding is open, and the first others decide.
    fn feed(&mut self, bytes: &[u8]) -> Result<(), Problem> {
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
            self.decoder = TextDecoder::new(encoding);
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
    fn end(&mut self) -> Result<(), Problem> {
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
            self.batch.clear();
            let mut open = false;
            let quoted = traits.careful || stop.is_none();
            match stop {
                Some(stop) if !traits.careful => {
                    line = splitter::split_fast(
                        &self.reading.shape,
                        block,
                        (at, stop),
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
                || std::str::from_utf8(&block[start..at]).map_or(true, self.may_be_replaced());
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
            self.batch.drop_first(self.reading.shape.used.len());
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

    fn finish(self, source: SourceFile, options: &ImportOptions) -> Result<Finishing, Problem> {
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
    let pieces = bytes.chunks(PIECE).take_while(|piece| piece.is_ascii());
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

fn empty() -> Problem {
    Problem::new(
        "log.empty",
        Text::new("The file is empty.", "文件是空的。"),
        Text::new(
            "Open a log with one event a row: user, item, event type, time.",
            "请打开每行一个事件的日志：用户、商品、行为类型、时间。",
        ),
    )
}

fn no_rows() -> Problem {
    Problem::new(
        "log.no-rows",
        Text::new(
            "The file has a header but no rows.",
            "文件只有表头，没有数据行。",
        ),
        Text::new(
            "Check the export: it should hold at least one event.",
            "请检查导出结果：至少应有一个事件。",
        ),
    )
    .at(Place {
        line: 2,
        column: 0,
        byte: 0,
    })
}

fn one_column() -> Problem {
    Problem::new(
        "log.one-column",
        Text::new(
            "The file has only one column: no comma, semicolon, tab or | divides its rows.",
            "文件只有一列：各行没有被逗号、分号、制表符或 | 分开。",
        ),
        Text::new(
            "Export at least who and what (user, item) as two columns, or choose the delimiter.",
            "请至少导出用户和商品两列，或指定分隔符。",
        ),
    )
    .at(Place {
        line: 1,
        column: 0,
        byte: 0,
    })
}

fn long_first_line() -> Problem {
    Problem::new(
        "log.long-line",
        Text::new(
            "The first line doesn't end within 64 KiB: this is no table with one event a row.",
            "首行超过 64 KiB 仍未结束：这不是每行一个事件的表格。",
        ),
        Text::new(
            "Check that the export has line ends.",
            "请检查导出的文件是否有换行。",
        ),
    )
    .at(Place {
        line: 1,
        column: 0,
        byte: 0,
    })
}

fn session_gap(minutes: f64) -> Problem {
    Problem::new(
        "log.session-gap",
        Text::new(
            format!("A pause of {minutes} minutes can't end sessions."),
            format!("{minutes} 分钟的停顿无法用来切分会话。"),
        ),
        Text::new(
            "Give a number of minutes above 0, for example 30.",
            "请给出大于 0 的分钟数，例如 30。",
        ),
    )
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
