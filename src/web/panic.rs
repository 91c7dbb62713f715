//! The text of a panic, which WebAssembly itself turns into a bare `unreachable`.

use std::cell::RefCell;

use wasm_bindgen::prelude::wasm_bindgen;

thread_local! {
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Keeps the text of a panic for [`panic_text`].
#[wasm_bindgen(start)]
pub fn keep_panics() {
    std::panic::set_hook(Box::new(|panic| {
        PANIC.with(|text| *text.borrow_mut() = Some(panic.to_string()));
    }));
}

/// What the engine said as it broke down; nothing if it did not.
#[wasm_bindgen(js_name = panicText)]
#[must_use]
pub fn panic_text() -> Option<String> {
    PANIC.with(|text| text.borrow().clone())
}
