//! Demand: from the orders of a log to what may be sold next period, and at what price.
//!
//! [`orders`] turns purchases into units per item and period, [`forecast`] looks ahead, [`backtest`] says
//! whether looking ahead beats repeating the last value, [`fit`] estimates how demand answers
//! the price ([`response`]), [`wins`] how often a bid wins, [`clicks`] how often an ad is clicked, and [`discrete`] holds the distributions that decision problems draw from.
//!
//! The forecasts are written out here: the crates that have them (`augurs` and what it builds on) take `exp` and
//! `ln` from the platform, whose last bit differs between machines, and weigh more than these few recursions.

pub mod backtest;
pub mod clicks;
pub mod discrete;
pub mod fit;
pub mod forecast;
pub mod orders;
pub mod planted;
pub mod range;
pub mod response;
pub mod smooth;
pub mod special;
mod table;
pub mod wins;
