//! Decoders from the page's second module, which the worker loads when a file needs them.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::log::{Decode, Decoded, Decoders, Make, TextEncoding, Unpack};

#[wasm_bindgen]
extern "C" {
    /// The class `Decoder` of the second module.
    type Loaded;

    #[wasm_bindgen(method, structural)]
    fn decode(this: &Loaded, bytes: &[u8], last: bool) -> Vec<u8>;

    /// The class `Unpacker` of the second module.
    type LoadedUnpacker;

    #[wasm_bindgen(method, structural)]
    fn push(this: &LoadedUnpacker, packed: &[u8]) -> Option<u32>;

    #[wasm_bindgen(method, structural)]
    fn end(this: &LoadedUnpacker) -> bool;

    #[wasm_bindgen(method, structural)]
    fn take(this: &LoadedUnpacker) -> Vec<u8>;

    /// What makes them: `{decoder(label), unpacker()}`.
    #[wasm_bindgen(
        typescript_type = "{ decoder(label: string): object | undefined, unpacker(): object }"
    )]
    pub type Maker;

    #[wasm_bindgen(method, structural)]
    fn decoder(this: &Maker, label: &str) -> Option<Loaded>;

    #[wasm_bindgen(method, structural)]
    fn unpacker(this: &Maker) -> LoadedUnpacker;
}

/// Decoders of the second module.
pub(super) fn loaded(maker: Maker) -> Decoders {
    Decoders::new(maker)
}

impl Make for Maker {
    fn decoder(&self, encoding: TextEncoding) -> Option<Box<dyn Decode>> {
        let decoder = Maker::decoder(self, encoding.label())?;
        Some(Box::new(Handed::new(decoder)))
    }

    fn unpacker(&self) -> Option<Box<dyn Unpack>> {
        Some(Box::new(Maker::unpacker(self)))
    }
}

impl Unpack for LoadedUnpacker {
    fn push(&mut self, packed: &[u8]) -> Option<usize> {
        LoadedUnpacker::push(self, packed).map(|used| used as usize)
    }

    fn end(&mut self) -> bool {
        LoadedUnpacker::end(self)
    }

    fn take(&mut self) -> Vec<u8> {
        LoadedUnpacker::take(self)
    }
}

/// Hands the decoder's text on in pieces that fit.
struct Handed {
    decoder: Loaded,
    text: Vec<u8>,
    handed: usize,
    ended: bool,
}

impl Handed {
    fn new(decoder: Loaded) -> Self {
        Self {
            decoder,
            text: Vec::new(),
            handed: 0,
            ended: false,
        }
    }
}

impl Decode for Handed {
    fn decode(&mut self, source: &[u8], target: &mut [u8], last: bool) -> Decoded {
        let mut read = 0;
        if self.handed == self.text.len() && !self.ended {
            self.text = self.decoder.decode(source, last);
            self.handed = 0;
            self.ended = last;
            read = source.len();
        }
        let left = &self.text[self.handed..];
        let written = left.len().min(target.len());
        target[..written].copy_from_slice(&left[..written]);
        self.handed += written;
        Decoded {
            read,
            written,
            done: read == source.len() && self.handed == self.text.len(),
        }
    }
}
