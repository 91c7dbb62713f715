//! What is asked of the ranking board, and what it answers.

use serde::{Deserialize, Serialize};

use super::EventView;
use crate::behaviour::neural::Learning;
use crate::behaviour::{Given, ModelKind, Parameter, Range};
use crate::evaluate::is_tuned;
use crate::experiment::finding::Finding;
use crate::experiment::ranking::Terms;
use crate::problem::Text;

/// A request to the ranking board: `{type: "board", request: {type, ...}}` of the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum BoardRequest {
    /// The models that can be tested.
    Models,
    /// Tunes (if the terms say so), fits and tests a model of behaviour on the log. Models tested before under the same
    /// terms are kept beside it; under other terms, forgotten.
    EvaluateModel {
        /// The model's name.
        model: String,
        /// How models are compared.
        terms: Terms,
    },
    /// Measures by a few steps what a network would take to learn under these terms.
    Measure {
        /// The network's name.
        model: String,
        /// How models are compared; absent: it would learn from all sessions, to recommend to users.
        #[serde(default)]
        terms: Option<Terms>,
    },
    /// Has a network learn from all sessions of the log, to recommend to users; the one that did so far stays until then.
    Learn {
        /// The network's name, with hyperparameters if wanted: `gru:steps=500`.
        model: String,
    },
    /// What a network recommends to a user after the newest session, and why: the one that learned from all sessions or was opened
    /// from a file, else the one tested last.
    Advise {
        /// The user's name.
        user: String,
        /// How many items.
        k: u32,
    },
    /// What it recommends to all users as CSV, in `Response::Chunk`s.
    AdviseAll {
        /// How many items a user.
        k: u32,
    },
    /// Asks, before its bytes come by `Lab::take_weights`, whether a file of weights can be opened.
    OfferWeights {
        /// Its name.
        name: String,
        /// Its bytes.
        size: f64,
    },
    /// Ends the learning of the network under way: the best weights so far are tested.
    StopLearning,
    /// Why the network tested last recommends what it does at the end of a test session.
    Explain {
        /// Number of the test session; beyond the last one it begins again at the first.
        session: u32,
    },
    /// Ends the evaluation under way, between two slices of it; the models tested before stay.
    CancelEvaluation,
    /// The tested models of this list on one leaderboard.
    Compare {
        /// Names of models; those not tested are passed over.
        models: Vec<String>,
        /// The model that the others are compared with.
        reference: String,
    },
    /// The test sessions on which two tested models differ most, by MRR@20.
    Differ {
        /// Name of a model.
        first: String,
        /// Name of another.
        second: String,
        /// How many sessions at most.
        count: u32,
    },
}

/// A model that the ranking board can test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelInfo {
    /// Name in links, JSON and on the command line.
    pub name: String,
    /// What it is.
    pub title: Text,
    /// Where it comes from.
    pub paper: String,
    /// Whether tuning looks for its hyperparameters.
    pub tuned: bool,
    /// Its hyperparameters.
    pub parameters: Vec<HyperparameterInfo>,
}

/// A hyperparameter of a behaviour model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HyperparameterInfo {
    /// Name in links, JSON and on the command line.
    pub name: String,
    /// What it is called, where the page offers it.
    pub label: Option<Text>,
    /// What it does.
    pub meaning: Text,
    /// Unit, empty where it has none.
    pub unit: String,
    /// The values it takes.
    pub domain: HyperparameterDomain,
    /// The value where none is given.
    pub default: Given,
    /// Whether tuning tries other values.
    pub searched: bool,
}

/// What values a hyperparameter takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum HyperparameterDomain {
    /// A whole number from `min` to `max`.
    Integer {
        /// The least.
        min: f64,
        /// The greatest.
        max: f64,
    },
    /// A number from `min` to `max`.
    Number {
        /// The least.
        min: f64,
        /// The greatest.
        max: f64,
    },
    /// A word.
    Choice {
        /// The words, each with what it means.
        options: Vec<WordInfo>,
    },
}

/// A word that a hyperparameter may be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WordInfo {
    /// The word in links, JSON and on the command line.
    pub key: String,
    /// What it means.
    pub label: Text,
}

impl From<&ModelKind> for ModelInfo {
    fn from(kind: &ModelKind) -> Self {
        let [en, zh] = kind.title;
        Self {
            name: kind.name.to_owned(),
            title: Text::new(en, zh),
            paper: kind.paper.to_owned(),
            tuned: is_tuned(kind.name),
            parameters: kind
                .parameters
                .iter()
                .map(HyperparameterInfo::from)
                .collect(),
        }
    }
}

impl From<&Parameter> for HyperparameterInfo {
    fn from(parameter: &Parameter) -> Self {
        let text = |[en, zh]: [&'static str; 2]| Text::new(en, zh);
        Self {
            name: parameter.name.to_owned(),
            label: parameter.label.map(text),
            meaning: text(parameter.meaning),
            unit: parameter.unit.to_owned(),
            domain: HyperparameterDomain::from(parameter),
            default: parameter.given(parameter.default),
            searched: parameter.searched,
        }
    }
}

impl From<&Parameter> for HyperparameterDomain {
    fn from(parameter: &Parameter) -> Self {
        match parameter.range {
            Range::Whole(min, max, _) => Self::Integer {
                min: f64::from(min),
                max: f64::from(max),
            },
            Range::Real(min, max, _) => Self::Number { min, max },
            Range::Word(words) => {
                let meanings = parameter.words.iter().copied();
                let meanings = meanings.map(Some).chain(std::iter::repeat(None));
                let options = words.iter().zip(meanings).map(|(&word, meaning)| {
                    let [en, zh] = meaning.unwrap_or([word, word]);
                    WordInfo {
                        key: word.to_owned(),
                        label: Text::new(en, zh),
                    }
                });
                Self::Choice {
                    options: options.collect(),
                }
            }
        }
    }
}

/// What a network will take to learn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkInfo {
    /// The network's name.
    pub model: String,
    /// Its weights.
    pub weights: u32,
    /// Bytes that learning takes, above what the log takes.
    pub bytes: f64,
    /// Targets of an epoch.
    pub targets: u32,
    /// Epochs at most, the second run over all sessions included.
    pub epochs: u32,
    /// Targets learned from in a second, measured on a few batches.
    pub targets_per_second: f64,
    /// Seconds that learning takes at most.
    pub seconds: f64,
}

/// Why a network recommends what it does at the end of a test session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Insight {
    /// The network's name.
    pub model: String,
    /// Number of the test session.
    pub session: u32,
    /// How many test sessions there are.
    pub sessions: u32,
    /// The last events of the history with what each does for the first recommended item, oldest first.
    pub events: Vec<InsightEvent>,
    /// The recommended items, best first, with their scores.
    pub recommended: Vec<(String, f64)>,
    /// What came next in truth.
    pub truth: String,
    /// The items most like the first recommended one, with the cosine of the angle between their embeddings.
    pub neighbours: Vec<(String, f64)>,
}

/// Where the weights of a network that recommends come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AdviserSource {
    /// Learned from all sessions of the log.
    Sessions,
    /// Learned from the training part of the ranking board.
    Board,
    /// Read from a file.
    File,
}

/// A network that recommends to users.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AdviserInfo {
    /// The network's name, with the steps after which it was stopped, where it was.
    pub model: String,
    /// Where its weights come from.
    pub from: AdviserSource,
    /// Its weights.
    pub weights: u32,
    /// How it learned; absent where the weights come from a file.
    pub learning: Option<Learning>,
    /// The study of its learning and the digest of its weights, for the link; absent where the weights come from a file.
    pub finding: Option<Finding>,
}

/// What a network recommends to a user, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AdviceView {
    /// The network's name.
    pub model: String,
    /// Where its weights come from.
    pub from: AdviserSource,
    /// The user's name.
    pub user: String,
    /// The recommended items, best first, with their scores.
    pub recommended: Vec<(String, f64)>,
    /// The last events of the newest session with what each does for the first recommended item, oldest first.
    pub events: Vec<InsightEvent>,
    /// The items most like the first recommended one, with the cosine of the angle between their embeddings.
    pub neighbours: Vec<(String, f64)>,
}

/// An event of a history and what it does for a recommendation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InsightEvent {
    /// Name of the item.
    pub item: String,
    /// By how much the logarithm of the recommended item's score falls when this event is left out.
    pub change: f64,
}

/// What is being done with a model under evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EvaluationStage {
    /// Hyperparameters are searched on the last window of the training part.
    Tune,
    /// It learns from the training part.
    Fit,
    /// It is tested.
    Test,
}

/// A test session on which two models differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DifferingSession {
    /// Name as logged; empty if sessions were cut by time.
    pub name: String,
    /// MRR@20 of the first model less that of the second.
    pub difference: f64,
    /// The first events, oldest first.
    pub events: Vec<DifferingEvent>,
    /// Events left out of `events`.
    pub hidden: u32,
}

/// An event of a session on which two models differ, and what they had expected in its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DifferingEvent {
    /// What happened.
    pub event: EventView,
    /// What each of the two models had expected; absent for the first event.
    pub expected: Option<[Expected; 2]>,
}

/// What a model expected next.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Expected {
    /// Rank of what happened, from 1; absent where it was not among the first 20.
    pub rank: Option<u32>,
    /// Names of the first items of the list.
    pub items: Vec<String>,
}
