//! The page's second module: the decoders of gzip and of encodings other than UTF-8, loaded only when a file needs one.

use std::io::{ErrorKind, Write};

use encoding_rs::{CoderResult, Encoding};
use flate2::write::GzDecoder;
use wasm_bindgen::prelude::wasm_bindgen;

/// Decodes a file as it streams; what can't be read becomes U+FFFD.
#[wasm_bindgen]
pub struct Decoder(encoding_rs::Decoder);

#[wasm_bindgen]
impl Decoder {
    /// A decoder at the start of a file; nothing for an encoding that the Encoding Standard doesn't name so.
    #[must_use]
    pub fn of(label: &str) -> Option<Self> {
        let found = Encoding::for_label(label.as_bytes())?;
        Some(Self(found.new_decoder_without_bom_handling()))
    }

    /// The next bytes as UTF-8; `last`: the file ends with them.
    pub fn decode(&mut self, bytes: &[u8], last: bool) -> Vec<u8> {
        // Every call leaves the target full or the bytes used up, so that the loop ends.
        let room = self.0.max_utf8_buffer_length(bytes.len()).unwrap_or(4096);
        let mut text = vec![0; room];
        let (mut from, mut written) = (0, 0);
        loop {
            let (result, read, wrote, _) =
                self.0
                    .decode_to_utf8(&bytes[from..], &mut text[written..], last);
            (from, written) = (from + read, written + wrote);
            if result == CoderResult::InputEmpty {
                text.truncate(written);
                return text;
            }
            text.resize(written + room, 0);
        }
    }
}

/// Undoes one member of a gzip file as it streams.
#[wasm_bindgen]
pub struct Unpacker(GzDecoder<Vec<u8>>);

#[wasm_bindgen]
impl Unpacker {
    /// At the start of a member.
    #[wasm_bindgen(constructor)]
    #[must_use]
    #[allow(
        clippy::new_without_default,
        reason = "JavaScript knows constructors only"
    )]
    pub fn new() -> Self {
        Self(GzDecoder::new(Vec::new()))
    }

    /// How many bytes from the beginning were taken; none once the member is over, nothing where it is damaged.
    pub fn push(&mut self, packed: &[u8]) -> Option<u32> {
        match self.0.write(packed) {
            Ok(used) => Some(used as u32),
            Err(error) if error.kind() == ErrorKind::Interrupted => Some(0),
            Err(_) => None,
        }
    }

    /// Whether the member was complete and its checksum right.
    pub fn end(&mut self) -> bool {
        self.0.try_finish().is_ok()
    }

    /// What came out since the last call.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(self.0.get_mut())
    }
}
