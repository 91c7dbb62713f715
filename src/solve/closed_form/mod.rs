//! Optima that are known in closed form, or by a finite sum: the oracles of price, stock and ads.

pub mod budget;
pub mod fluid;
pub mod monopoly;
pub mod newsvendor;
pub mod reorder;
pub mod season;
