//! Problems that run down to an end.

use crate::env::Model;

/// A model in which every step ends the episode or enters a state with a lower number, as when
/// states are numbered by the periods left. One sweep in ascending order then solves it exactly.
pub trait Staged: Model {}
