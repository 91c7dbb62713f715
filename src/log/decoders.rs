//! The decoders of encodings other than UTF-8 and of gzip, which whoever runs the importer supplies.
//!
//! Their tables weigh as much as a third of the page. Natively they are simply there; the page loads them from a
//! module of their own when a file needs them.

use std::rc::Rc;

use super::options::TextEncoding;
use crate::problem::{Problem, Text};

/// What one call of [`Decode::decode`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// Bytes of the source used.
    pub read: usize,
    /// Bytes of text written.
    pub written: usize,
    /// Whether all of the source was used (else the target is full).
    pub done: bool,
}

/// Decodes the bytes of a file to UTF-8 as they stream; what it can't read becomes U+FFFD.
pub trait Decode {
    /// Decodes the beginning of `source` into `target`, of at least four bytes; `last`: the file ends with `source`.
    fn decode(&mut self, source: &[u8], target: &mut [u8], last: bool) -> Decoded;
}

/// Undoes one member of a gzip file (RFC 1952) as it streams.
pub trait Unpack {
    /// Takes the beginning of `packed` and says how many bytes of it; none once the member is over. `None`: it is damaged.
    fn push(&mut self, packed: &[u8]) -> Option<usize>;

    /// Ends the member: whether it was complete and its checksum right.
    fn end(&mut self) -> bool;

    /// Hands over what came out since the last call.
    fn take(&mut self) -> Vec<u8>;
}

/// Makes decoders.
#[derive(Clone)]
pub struct Decoders(Rc<dyn Make>);

/// What makes decoders; `None` where it has none.
pub trait Make {
    /// Of an encoding other than UTF-8, at the start of a file.
    fn decoder(&self, encoding: TextEncoding) -> Option<Box<dyn Decode>>;

    /// Of gzip, at the start of a member.
    fn unpacker(&self) -> Option<Box<dyn Unpack>>;
}

impl Decoders {
    /// Decoders as `make` makes them.
    pub fn new(make: impl Make + 'static) -> Self {
        Self(Rc::new(make))
    }

    /// A decoder at the start of a file.
    #[must_use]
    pub fn decoder(&self, encoding: TextEncoding) -> Option<Box<dyn Decode>> {
        self.0.decoder(encoding)
    }

    /// An unpacker at the start of a member.
    #[must_use]
    pub fn unpacker(&self) -> Option<Box<dyn Unpack>> {
        self.0.unpacker()
    }
}

/// The problem of a file for which a decoder is needed that is not there.
pub(super) fn missing(what: &str) -> Problem {
    Problem::new(
        "log.needs-decoder",
        Text::new(
            format!("The file is {what}, and the decoder for it could not be loaded."),
            format!("该文件为 {what}，但无法加载相应的解码器。"),
        ),
        Text::new(
            "Check the connection and open the file again, or save it as plain UTF-8.",
            "请检查网络后重新打开文件，或将其另存为未压缩的 UTF-8。",
        ),
    )
}

/// No decoders at all.
pub struct Nothing;

impl Make for Nothing {
    fn decoder(&self, _: TextEncoding) -> Option<Box<dyn Decode>> {
        None
    }

    fn unpacker(&self) -> Option<Box<dyn Unpack>> {
        None
    }
}

/// Those that are compiled in: natively all, in the page none.
impl Default for Decoders {
    fn default() -> Self {
        #[cfg(not(target_arch = "wasm32"))]
        let make = native::CompiledIn;
        #[cfg(target_arch = "wasm32")]
        let make = Nothing;
        Self::new(make)
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use std::io::{ErrorKind, Write};

    use encoding_rs::{CoderResult, Decoder, Encoding};
    use flate2::write::GzDecoder;

    use super::{Decode, Decoded, Make, TextEncoding, Unpack};

    pub(super) struct CompiledIn;

    impl Make for CompiledIn {
        fn decoder(&self, encoding: TextEncoding) -> Option<Box<dyn Decode>> {
            let found = Encoding::for_label(encoding.label().as_bytes())?;
            Some(Box::new(found.new_decoder_without_bom_handling()))
        }

        fn unpacker(&self) -> Option<Box<dyn Unpack>> {
            Some(Box::new(GzDecoder::new(Vec::new())))
        }
    }

    impl Unpack for GzDecoder<Vec<u8>> {
        fn push(&mut self, packed: &[u8]) -> Option<usize> {
            match self.write(packed) {
                Ok(used) => Some(used),
                Err(error) if error.kind() == ErrorKind::Interrupted => Some(0),
                Err(_) => None,
            }
        }

        fn end(&mut self) -> bool {
            self.try_finish().is_ok()
        }

        fn take(&mut self) -> Vec<u8> {
            std::mem::take(self.get_mut())
        }
    }

    impl Decode for Decoder {
        fn decode(&mut self, source: &[u8], target: &mut [u8], last: bool) -> Decoded {
            let (result, read, written, _) = self.decode_to_utf8(source, target, last);
            Decoded {
                read,
                written,
                done: result == CoderResult::InputEmpty,
            }
        }
    }
}
