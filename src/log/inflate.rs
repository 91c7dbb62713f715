//! Gzip, undone as it streams: any chunking, any number of members, bounded memory.

use super::decoders::{Decoders, Unpack, missing};
use crate::problem::{Problem, Text};

/// A gzip stream fed chunk by chunk. Holds at most one window (32 KiB) and one output buffer at a time,
/// however much a chunk inflates to.
pub(super) struct Inflate {
    decoders: Decoders,
    member: Box<dyn Unpack>,
    /// Whether the current member has been given any byte.
    begun: bool,
    /// Whether the stream is over and only padding may follow.
    over: bool,
}

impl Inflate {
    /// A stream at its start.
    ///
    /// # Errors
    /// `log.needs-decoder` where `decoders` can't undo gzip.
    pub(super) fn new(decoders: &Decoders) -> Result<Self, Problem> {
        Ok(Self {
            decoders: decoders.clone(),
            member: unpacker(decoders)?,
            begun: false,
            over: false,
        })
    }

    /// Inflates the next part of `chunk` (not empty): returns how many bytes of it were used and hands what came out
    /// to `sink`. Call again with the rest until all is used.
    ///
    /// # Errors
    /// `log.gzip-corrupt`, and whatever `sink` says.
    pub(super) fn step(
        &mut self,
        chunk: &[u8],
        sink: &mut dyn FnMut(&[u8]) -> Result<(), Problem>,
    ) -> Result<usize, Problem> {
        if self.over || (!self.begun && chunk.first() == Some(&0)) {
            return self.padding(chunk);
        }
        if !self.begun && chunk.first() != Some(&0x1f) {
            return Err(corrupt());
        }
        let used = self.member.push(chunk).ok_or_else(corrupt)?;
        self.begun |= used > 0;
        self.drain(sink)?;
        if used == 0 {
            self.end_member(sink)?;
        }
        Ok(used)
    }

    /// Ends the stream.
    ///
    /// # Errors
    /// `log.gzip-truncated` when the last member is not complete.
    pub(super) fn finish(
        &mut self,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        if !self.begun {
            return Ok(());
        }
        let complete = self.member.end();
        self.drain(sink)?;
        if complete { Ok(()) } else { Err(truncated()) }
    }

    fn end_member(
        &mut self,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        if !self.member.end() {
            return Err(corrupt());
        }
        self.drain(sink)?;
        self.member = unpacker(&self.decoders)?;
        self.begun = false;
        Ok(())
    }

    fn drain(&mut self, sink: &mut dyn FnMut(&[u8]) -> Result<(), Problem>) -> Result<(), Problem> {
        let out = self.member.take();
        if out.is_empty() { Ok(()) } else { sink(&out) }
    }

    /// Tape tools pad archives with zeros; anything else after the end is damage.
    fn padding(&mut self, chunk: &[u8]) -> Result<usize, Problem> {
        self.over = true;
        if chunk.iter().all(|&byte| byte == 0) {
            Ok(chunk.len())
        } else {
            Err(corrupt())
        }
    }
}

fn unpacker(decoders: &Decoders) -> Result<Box<dyn Unpack>, Problem> {
    decoders.unpacker().ok_or_else(|| missing("gzip"))
}

fn truncated() -> Problem {
    Problem::new(
        "log.gzip-truncated",
        Text::new(
            "The compressed file ends too early: its last part is missing.",
            "压缩文件不完整：末尾缺失。",
        ),
        Text::new(
            "Download or copy the file again, then open it once more.",
            "请重新下载或复制该文件，然后再次打开。",
        ),
    )
}

fn corrupt() -> Problem {
    Problem::new(
        "log.gzip-corrupt",
        Text::new(
            "The compressed file is damaged: it can't be decompressed.",
            "压缩文件已损坏，无法解压。",
        ),
        Text::new(
            "Download or copy the file again, or open the uncompressed file.",
            "请重新下载或复制，或直接打开未压缩的文件。",
        ),
    )
}
