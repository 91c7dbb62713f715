//! How good a policy is, said honestly: with intervals, their n, and words for what the data can't tell.

pub mod distribution;
pub mod ope;
