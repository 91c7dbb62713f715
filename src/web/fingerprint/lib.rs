//! The fingerprint of a large file, taken by a worker of its own while another reads the rows.

use wasm_bindgen::prelude::wasm_bindgen;

/// BLAKE3 of the bytes so far.
#[wasm_bindgen]
#[derive(Default)]
pub struct Fingerprint(blake3::Hasher);

#[wasm_bindgen]
impl Fingerprint {
    /// Of no bytes.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The fingerprint: 64 hexadecimal digits.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.finalize().to_hex().to_string()
    }
}
