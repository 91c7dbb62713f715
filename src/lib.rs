//! Qcart: a Q-learning laboratory for shops that runs wholly in the browser.

pub mod agent;
pub mod behaviour;
pub mod demand;
pub mod env;
pub mod evaluate;
pub mod experiment;
pub mod lab;
pub mod log;
pub mod nn;
pub mod plot;
pub mod problem;
pub mod random;
pub mod recommend;
pub mod solve;
pub mod train;
#[cfg(target_arch = "wasm32")]
pub mod web;
pub mod workload;
