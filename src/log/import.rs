//! The importer: bytes pushed in any chunks become a log. What comes out depends on the bytes alone, never on how
//! they were cut.

use super::blocks::Blocks;
use super::decoders::Decoders;
use super::finish::Finishing;
use super::inflate::Inflate;
use super::look::{empty, look};
use super::options::{ImportOptions, ImportProgress, Preview, SourceFile};
use super::report::EventWord;
use crate::problem::{Problem, Text};

/// Bytes that guesses are made from.
pub(super) const SAMPLE: usize = 64 << 10;

/// Most events that a log may have.
pub const MOST_EVENTS: u64 = 64 << 20;
/// Bytes that a log may take unless the caller says otherwise.
pub const MEMORY: u64 = 3 << 30;

/// Reads a behaviour log as its bytes arrive.
pub struct Importer {
    name: String,
    size: Option<u64>,
    options: ImportOptions,
    decoders: Decoders,
    memory: u64,
    bytes_in: u64,
    fingerprint: Fingerprint,
    /// The first two bytes, until they tell whether the file is compressed.
    head: Vec<u8>,
    packing: Packing,
    stage: Stage,
    preview: Option<Preview>,
    failed: Option<Problem>,
}

/// BLAKE3 of all bytes of the file.
enum Fingerprint {
    /// Taken here, as the bytes arrive.
    Own(Box<blake3::Hasher>),
    /// Taken elsewhere at the same time, and to come.
    Awaited,
    /// Taken elsewhere.
    Given(String),
}

enum Packing {
    Unknown,
    Plain,
    Gzip(Box<Inflate>),
}

enum Stage {
    /// Collecting the bytes that guesses are made from.
    Sample(Vec<u8>),
    Rows(Box<Blocks>),
}

impl Importer {
    /// An importer for a file of this name and, where known, size in bytes.
    #[must_use]
    pub fn new(name: &str, size: Option<u64>, options: ImportOptions) -> Self {
        Self {
            name: name.to_owned(),
            size,
            options,
            decoders: Decoders::default(),
            memory: MEMORY,
            bytes_in: 0,
            fingerprint: Fingerprint::Own(Box::default()),
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

    /// The same importer with these decoders instead of those that are compiled in.
    #[must_use]
    pub fn with_decoders(mut self, decoders: Decoders) -> Self {
        self.decoders = decoders;
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
        if let Fingerprint::Own(hasher) = &mut self.fingerprint {
            hasher.update(chunk);
        }
        let result = self.unpack(chunk);
        self.failed = result.as_ref().err().cloned();
        result
    }

    /// Leaves the fingerprint to somebody else, who reads the same bytes and gives it with
    /// [`Importer::give_fingerprint`] before the end. To be called before the first bytes.
    pub fn leave_fingerprint(&mut self) {
        self.fingerprint = Fingerprint::Awaited;
    }

    /// Takes the fingerprint that was left to somebody else: 64 hexadecimal digits.
    ///
    /// # Errors
    /// `log.fingerprint` where none is awaited, or this is none.
    pub fn give_fingerprint(&mut self, text: &str) -> Result<(), Problem> {
        let digits = blake3::Hash::from_hex(text).map_err(|_| no_fingerprint())?;
        match self.fingerprint {
            Fingerprint::Awaited => {
                self.fingerprint = Fingerprint::Given(digits.to_hex().to_string());
                Ok(())
            }
            _ => Err(no_fingerprint()),
        }
    }

    /// What the first 64 KiB say about the file; `None` until they are there (or the file has ended).
    #[must_use]
    pub fn preview(&self) -> Option<&Preview> {
        self.preview.as_ref()
    }

    /// The event words of the file so far, most frequent first; none before its rows are read.
    #[must_use]
    pub fn event_words(&self) -> Vec<EventWord> {
        match &self.stage {
            Stage::Rows(rows) => rows.event_words(),
            Stage::Sample(_) => Vec::new(),
        }
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
    /// As [`Importer::push`]; and `log.empty`, `log.no-rows`, `log.no-events`, `log.gzip-truncated`, `log.fingerprint`.
    pub fn finish(mut self) -> Result<Finishing, Problem> {
        self.end()?;
        let source = SourceFile {
            name: self.name,
            size: self.bytes_in,
            fingerprint: match self.fingerprint {
                Fingerprint::Own(hasher) => hasher.finalize().to_hex().to_string(),
                Fingerprint::Given(text) => text,
                Fingerprint::Awaited => return Err(no_fingerprint()),
            },
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
            Packing::Gzip(Box::new(Inflate::new(&self.decoders)?))
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
        let (rows, preview, checked) =
            look(sample, whole, &self.options, &self.decoders, self.memory)?;
        self.preview = Some(preview);
        checked?;
        self.stage = Stage::Rows(Box::new(rows));
        match &mut self.stage {
            Stage::Rows(rows) => rows.feed(sample),
            Stage::Sample(_) => Ok(()),
        }
    }
}

fn no_fingerprint() -> Problem {
    Problem::new(
        "log.fingerprint",
        Text::new(
            "The fingerprint of the file was not taken.",
            "未能取得文件的指纹。",
        ),
        Text::new("Open the file again.", "请重新打开该文件。"),
    )
}
