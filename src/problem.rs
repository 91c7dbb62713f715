//! What went wrong, said so that a person can mend it.
//!
//! Every error of the core is a [`Problem`] value: what happened, where, and what would be right, in each
//! language of the page. The two languages stand side by side at the place that knows the facts, so
//! that neither can be forgotten or fall behind.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One sentence in every language of the page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// English.
    pub en: String,
    /// Simplified Chinese.
    pub zh: String,
}

impl Text {
    /// A sentence in both languages.
    pub fn new(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self {
            en: en.into(),
            zh: zh.into(),
        }
    }
}

/// A place in an input file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Line, counted from 1.
    pub line: u64,
    /// Column (field), counted from 1; 0 when the whole line is meant.
    pub column: u32,
    /// Offset in the (decompressed) file, in bytes.
    pub byte: u64,
}

/// What was wrong, where, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Stable name of the kind of problem, such as `log.empty`; tests and scripts match on it.
    pub code: String,
    /// What happened.
    pub what: Text,
    /// Where in the input, if it was in one.
    pub place: Option<Place>,
    /// What to do about it.
    pub mend: Text,
}

impl Problem {
    /// A problem without a place.
    pub fn new(code: &str, what: Text, mend: Text) -> Self {
        Self {
            code: code.to_owned(),
            what,
            place: None,
            mend,
        }
    }

    /// The same problem at a place in the input.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what.en)?;
        if let Some(place) = self.place {
            write!(f, " (line {}", place.line)?;
            if place.column > 0 {
                write!(f, ", column {}", place.column)?;
            }
            f.write_str(")")?;
        }
        write!(f, " {}", self.mend.en)
    }
}

impl std::error::Error for Problem {}
