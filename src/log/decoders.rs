//! The decoders of encodings other than UTF-8, which whoever runs the importer supplies.
//!
//! Their tables weigh as much as a third of the page. Natively they are simply there; the page loads them from a
//! module of their own when a file needs them.

use std::rc::Rc;

use super::options::TextEncoding;

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

/// Makes decoders.
#[derive(Clone)]
pub struct Decoders(Rc<Make>);

type Make = dyn Fn(TextEncoding) -> Option<Box<dyn Decode>>;

impl Decoders {
    /// Decoders as `make` makes them for all encodings but UTF-8; `None` where it has none.
    pub fn new(make: impl Fn(TextEncoding) -> Option<Box<dyn Decode>> + 'static) -> Self {
        Self(Rc::new(make))
    }

    /// A decoder at the start of a file.
    #[must_use]
    pub fn make(&self, encoding: TextEncoding) -> Option<Box<dyn Decode>> {
        (self.0)(encoding)
    }
}

/// Those that are compiled in: natively all, in the page none.
impl Default for Decoders {
    fn default() -> Self {
        #[cfg(not(target_arch = "wasm32"))]
        let make = native::make;
        #[cfg(target_arch = "wasm32")]
        let make = |_| None;
        Self::new(make)
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use super::{Decode, Decoded, TextEncoding};
    use encoding_rs::{CoderResult, Decoder, Encoding};

    pub(super) fn make(encoding: TextEncoding) -> Option<Box<dyn Decode>> {
        let found = Encoding::for_label(encoding.label().as_bytes())?;
        Some(Box::new(found.new_decoder_without_bom_handling()))
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
