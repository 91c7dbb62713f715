//! What a study found (on the policy board, under Look, or how a budget was split), as a link holds it: which study, and the digest of its result.

use serde::{Deserialize, Serialize};

use crate::problem::{Problem, Text};

/// The longest study in characters: a table of some thousand items and positions.
const LONGEST: usize = 200_000;

/// The kind of the study that needs the log beside a decision problem that needs none: the split of a budget.
pub const SPLIT: &str = "split";

/// A study and what came of it. The study stays the text that it was written as: the page's first module passes it on
/// without knowing studies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Stable name of the kind of study; an experiment holds one of each.
    pub kind: String,
    /// Whether it depends on the decision problem and its training, not on the log alone.
    pub trained: bool,
    /// The study: its canonical JSON.
    pub study: String,
    /// Digest of the result.
    pub digest: String,
}

impl Finding {
    /// Whether the log is needed to find it again, whatever is decided.
    #[must_use]
    pub fn needs_log(&self) -> bool {
        self.kind == SPLIT
    }

    /// Whether every part can be what a study came to.
    ///
    /// # Errors
    /// `link.finding` where it can't; with the whole engine, also what the study's own check says.
    pub fn check(&self) -> Result<(), Problem> {
        let hex = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
        let fine = self.digest.len() == 16
            && self.digest.bytes().all(hex)
            && self.kind.len() <= 20
            && self.study.len() <= LONGEST;
        if !fine {
            return Err(edited());
        }
        self.check_study()
    }

    #[cfg(feature = "whole")]
    fn check_study(&self) -> Result<(), Problem> {
        let study = super::study::Study::read(&self.study)?;
        if (study.kind(), study.trained()) == (self.kind.as_str(), self.trained) {
            Ok(())
        } else {
            Err(edited())
        }
    }

    /// The whole engine checks it before it does anything with it.
    #[cfg(not(feature = "whole"))]
    fn check_study(&self) -> Result<(), Problem> {
        Ok(())
    }
}

/// The problem of a finding that no engine wrote.
pub(super) fn edited() -> Problem {
    Problem::new(
        "link.finding",
        Text::new(
            "What the link says of a study contradicts itself.",
            "链接中关于某项研究的内容自相矛盾。",
        ),
        Text::new(
            "The link was edited; ask for it again.",
            "链接被改动过；请重新索取。",
        ),
    )
}
