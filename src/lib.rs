//! Qcart: a Q-learning laboratory for shops that runs wholly in the browser.
//!
//! The rooms, in the order in which data flows; none imports one that stands below it:
//!
//! - [`log`]: a behaviour log, from bytes to sessions;
//! - [`demand`]: orders as units by item and period, price response, forecasts; [`nn`]: neural networks, which know nothing of shops;
//! - [`behaviour`]: what a user does next;
//! - [`env`](mod@env): decision problems: the shop, textbook problems, price, stock and ads;
//! - [`agent`]: Q-learning; [`solve`]: the exact optimum that it is held against;
//! - [`train`]: the training loop;
//! - [`evaluate`]: both boards, off-policy estimates, experiments; [`recommend`]: lists for users, with reasons;
//! - [`experiment`]: a whole experiment as one checked value, its link and its digest;
//! - [`lab`]: the experiment in progress, driven by requests and slices of work;
//! - [`plot`]: charts, and `web`: the browser boundary.
//!
//! [`problem`], [`random`] and [`distribution`] serve them all. ARCHITECTURE.md says which rules hold between them, and why.

pub mod agent;
pub mod behaviour;
pub mod demand;
pub mod distribution;
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
