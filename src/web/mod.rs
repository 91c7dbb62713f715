//! The only room that knows the browser: it translates, and holds no logic.
//!
//! The modules that the page loads are built from it: `engine` for workers, `page` for charts and links.

#[cfg(feature = "bench")]
pub mod bench;
#[cfg(feature = "page")]
pub mod canvas;
#[cfg(feature = "engine")]
pub mod catalog;
#[cfg(feature = "engine")]
pub mod decoders;
pub mod error;
pub mod panic;
#[cfg(feature = "page")]
pub mod sharing;
mod values;
#[cfg(feature = "engine")]
pub mod worker;
