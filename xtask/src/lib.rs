//! Builds, serves, tests and measures Qcart: one command each.
//!
//! A library as well as a program, so that the browser tests can serve the site from their own process.

pub mod browser;
pub mod dist;
pub mod server;
pub mod site;
pub mod size;
pub mod suite;
pub mod wasm;
pub mod workspace;
