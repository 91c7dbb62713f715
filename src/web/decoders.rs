//! Decoders from the page's second module, which the worker loads when a file needs them.

use js_sys::Function;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use crate::log::{Decode, Decoded, Decoders};

#[wasm_bindgen]
extern "C" {
    /// The class `Decoder` of the second module.
    type Loaded;

    #[wasm_bindgen(method, structural)]
    fn decode(this: &Loaded, bytes: &[u8], last: bool) -> Vec<u8>;
}

/// Decoders that `make` makes: a function from an encoding's label to a `Decoder`.
pub(super) fn loaded(make: Function) -> Decoders {
    Decoders::new(move |encoding| {
        let decoder = make.call1(&JsValue::NULL, &encoding.label().into()).ok()?;
        Some(Box::new(Handed::new(decoder.unchecked_into())))
    })
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
