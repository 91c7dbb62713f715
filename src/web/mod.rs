//! The only room that knows the browser: it translates, and holds no logic.

#[cfg(target_arch = "wasm32")]
pub mod canvas;
#[cfg(target_arch = "wasm32")]
pub mod error;
