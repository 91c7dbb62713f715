//! Demand: from the orders of a log to what may be sold next period, and at what price.
//!
//! [`orders`] turns purchases into units per item and period, [`forecast`] looks ahead, [`backtest`] says
//! whether looking ahead beats repeating the last value, [`fit`] estimates how demand answers
//! the price ([`response`]), and [`discrete`] holds the distributions that decision problems draw from.

pub mod discrete;
pub mod range;
pub mod response;
