//! The page in a real browser, used as a person uses it.

mod appearance;
mod decisions;
mod evaluate;
mod import;
mod networks;
mod offline;
mod opening;
mod policies;
mod session;
mod textbook;
mod trouble;
