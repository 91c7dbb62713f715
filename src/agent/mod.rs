//! Q-learning agents: tables of Q-values, update rules, exploration and schedules.

pub mod approximator;
pub mod deep;
pub mod drill;
pub mod kernel;
pub mod known;
pub mod learner;
pub mod linear;
pub mod network;
pub mod offline;
pub mod schedule;
pub mod table;
pub mod tiles;
