//! The only room that knows the browser: it translates, and holds no logic.

#[cfg(feature = "bench")]
pub mod bench;
pub mod canvas;
pub mod catalog;
mod decoders;
pub mod error;
pub mod panic;
mod values;
pub mod worker;
