//! A whole experiment as one checked value; its link; its result and digest.

pub mod digest;
pub mod finding;
pub mod known;
pub mod link;
pub mod outcome;
pub mod parameters;
pub mod project;
pub mod ranking;
#[cfg(feature = "whole")]
pub mod study;
mod table;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::log::ImportOptions;
use crate::problem::{Problem, Text};
use finding::Finding;
use outcome::Outcome;
use parameters::{Settings, Value, parameter};
use ranking::Ranking;

/// The version of the engine that made a result.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The id of the recommendation problem; every other problem is a textbook one.
pub const SHOP: &str = "shop";

/// Where the data of an experiment comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", try_from = "SourceFields")]
pub enum Source {
    /// No log: a textbook problem.
    None,
    /// A log that ships with the page.
    Sample {
        /// Its id.
        id: String,
    },
    /// The generated shop, as the settings of the generator say.
    Generated,
    /// A file of the user's own, which is asked for when the link is opened.
    File {
        /// Its name.
        name: String,
        /// Its size in bytes.
        size: u64,
        /// BLAKE3 of its bytes, in hexadecimal.
        fingerprint: String,
    },
    /// A small log that travels inside the link or project file.
    Inline {
        /// The name of the file it was.
        name: String,
        /// Its bytes: packed by zlib, then base64url.
        data: String,
    },
}

/// A source as written. Read flat, because serde reads tagged enums through a buffer of any content, whose code is
/// compiled anew for every type in it: fifty kilobytes of the page's module.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceFields {
    r#type: SourceKind,
    id: Option<String>,
    name: Option<String>,
    size: Option<u64>,
    fingerprint: Option<String>,
    data: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum SourceKind {
    None,
    Sample,
    Generated,
    File,
    Inline,
}

impl TryFrom<SourceFields> for Source {
    type Error = &'static str;

    fn try_from(fields: SourceFields) -> Result<Self, Self::Error> {
        let SourceFields {
            r#type,
            id,
            name,
            size,
            fingerprint,
            data,
        } = fields;
        Ok(match (r#type, id, name, size, fingerprint, data) {
            (SourceKind::None, None, None, None, None, None) => Self::None,
            (SourceKind::Generated, None, None, None, None, None) => Self::Generated,
            (SourceKind::Sample, Some(id), None, None, None, None) => Self::Sample { id },
            (SourceKind::File, None, Some(name), Some(size), Some(fingerprint), None) => {
                Self::File {
                    name,
                    size,
                    fingerprint,
                }
            }
            (SourceKind::Inline, None, Some(name), None, None, Some(data)) => {
                Self::Inline { name, data }
            }
            _ => return Err("the fields of the source are not those of its type"),
        })
    }
}

/// A parameter changed while training ran.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Number of the run.
    pub run: u32,
    /// The step before which it took effect.
    pub step: u64,
    /// Key of the parameter table.
    pub key: String,
    /// The new value.
    pub value: Value,
}

/// Where training was stopped by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// Number of the run; later ones were not made.
    pub run: u32,
    /// Steps of that run.
    pub step: u64,
}

/// Everything that decides the outcome of an experiment, and the outcome itself once it is known.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Experiment {
    /// Version of the engine that made it.
    pub engine: String,
    /// Where the data comes from.
    pub source: Source,
    /// How the log is read, with nothing left to guess.
    pub options: ImportOptions,
    /// What is decided: [`SHOP`] or the id of a textbook problem.
    pub problem: String,
    /// Every parameter.
    pub settings: Settings,
    /// Parameters changed while training ran, in the order of time.
    pub changes: Vec<Change>,
    /// Where training was stopped by hand, if it was.
    pub stop: Option<Stop>,
    /// What came out, if it was run to its end.
    pub outcome: Option<Outcome>,
    /// How models of behaviour were compared on the log, and the digest of what came out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranking: Option<Ranking>,
    /// What the policy board found, one of each kind of study.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

/// An experiment as it was written, before anything in it is believed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unchecked {
    engine: String,
    source: Source,
    options: ImportOptions,
    problem: String,
    settings: BTreeMap<String, Value>,
    changes: Vec<Change>,
    stop: Option<Stop>,
    outcome: Option<Outcome>,
    #[serde(default)]
    ranking: Option<Ranking>,
    #[serde(default)]
    findings: Vec<Finding>,
}

impl Experiment {
    /// Reads an experiment from its JSON and checks every part of it.
    ///
    /// # Errors
    /// `link.content` where the JSON is not of this shape; those of [`Unchecked::check`], and of [`link::unpack`] for a log inside.
    pub fn from_json(json: &str) -> Result<Self, Problem> {
        let raw: Unchecked = serde_json::from_str(json).map_err(|error| unreadable(&error))?;
        known::check_log(&raw.source)?;
        raw.check()
    }

    /// The canonical JSON: equal experiments give equal text.
    ///
    /// # Errors
    /// `link.content` if a value can't be written, which no checked experiment holds.
    pub fn to_json(&self) -> Result<String, Problem> {
        serde_json::to_string(self).map_err(|error| unreadable(&error))
    }
}

impl Unchecked {
    /// Checks every part.
    ///
    /// # Errors
    /// What the parameter table says of a value out of range, what is wrong with a change, a comparison or a finding; `link.unknown`
    /// for a problem or sample that there is none of.
    pub fn check(self) -> Result<Experiment, Problem> {
        known::check_problem(&self.problem)?;
        known::check_source(&self.source)?;
        let gap = Value::Number(self.options.session_gap_minutes);
        parameter("sessionGap")?.check(&gap)?;
        for change in &self.changes {
            check_change(change)?;
        }
        if let Some(ranking) = &self.ranking {
            ranking.check()?;
        }
        for (place, finding) in self.findings.iter().enumerate() {
            finding.check()?;
            let twice = |other: &Finding| other.kind == finding.kind;
            let has_log =
                self.source != Source::None && known::STOCK.contains(&self.problem.as_str());
            if self.findings[..place].iter().any(twice) || (finding.needs_log() && !has_log) {
                return Err(finding::edited());
            }
        }
        Ok(Experiment {
            engine: self.engine,
            source: self.source,
            options: self.options,
            problem: self.problem,
            settings: Settings::from_values(&self.settings)?,
            changes: self.changes,
            stop: self.stop,
            outcome: self.outcome,
            ranking: self.ranking,
            findings: self.findings,
        })
    }
}

fn check_change(change: &Change) -> Result<(), Problem> {
    let parameter = parameter(&change.key)?;
    parameter.check(&change.value)?;
    if parameter.live {
        return Ok(());
    }
    Err(Problem::new(
        "link.change",
        Text::new(
            format!("{} can't change while training runs.", parameter.label.en),
            format!("训练运行时不能更改{}。", parameter.label.zh),
        ),
        Text::new(
            "The link was edited; ask for it again.",
            "链接被改动过；请重新索取。",
        ),
    ))
}

fn unreadable(error: &serde_json::Error) -> Problem {
    Problem::new(
        "link.content",
        Text::new(
            format!("The experiment can't be read: {error}."),
            format!("无法读取该实验：{error}。"),
        ),
        Text::new(
            "It was edited, or comes from another version of Qcart; ask for it again.",
            "它被改动过，或来自其他版本的 Qcart；请重新索取。",
        ),
    )
}
