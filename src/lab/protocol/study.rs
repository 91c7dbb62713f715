//! What is asked of the policy board, and what it answers.

use serde::{Deserialize, Serialize};

use crate::behaviour::neural::Learning;
use crate::evaluate::abtest::{AbReport, Sizes};
use crate::evaluate::ope;
use crate::evaluate::value::{Board, Regret, Sensitivity};
use crate::experiment::finding::Finding;
use crate::experiment::study::{AgentName, NetworkName, PolicyName, Study, TrialTerms};
use crate::lab::findings::Learned;
use crate::lab::protocol::operations::SplitView;
use crate::problem::Text;

/// A request to the policy board: `{type: "study", request: {type, ...}}` of the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum StudyRequest {
    /// Starts a study; one under way is given up.
    Begin {
        /// The study.
        study: Study,
    },
    /// Starts an experiment whose users other laboratories simulate: they come in by [`StudyRequest::Join`].
    Conduct {
        /// The experiment.
        terms: TrialTerms,
    },
    /// Simulates a batch of the users of an experiment.
    Recruit {
        /// The experiment.
        terms: TrialTerms,
        /// Number of the batch, from 0.
        batch: u32,
    },
    /// The users of the next batch of the experiment under way, as [`StudyAnswer::Recruits`] brought them.
    Join {
        /// The users.
        users: String,
    },
    /// What the experiment under way shows so far.
    Look,
    /// Ends the experiment under way as it stands.
    Conclude,
    /// How many users an experiment takes.
    Plan {
        /// The experiment; its effect is what one hopes to find.
        terms: TrialTerms,
        /// The probability of finding it.
        power: f64,
    },
    /// What it takes to have somebody learn for a study of values: a few steps are taken and forgotten.
    Measure {
        /// Who would learn.
        pupil: Pupil,
    },
    /// Gives up the study under way.
    Cancel,
    /// Q-values learned in another laboratory on the same decision problem.
    Suppose {
        /// What was learned.
        learned: Learned,
    },
}

/// Who learns before policies are valued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Pupil {
    /// A network, from the log.
    Network(NetworkName),
    /// An agent, in the problem.
    Agent(AgentName),
}

/// How somebody learns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lesson {
    /// Who.
    pub pupil: Pupil,
    /// The share that is learned, from 0 to 1.
    pub done: f64,
    /// The newest loss: of an agent's network its last update's, of a network from the log the mean of the epoch so far; tables have none.
    pub loss: Option<f64>,
    /// Length of the gradient, likewise.
    pub norm: Option<f64>,
    /// Samples learned from so far.
    pub samples: f64,
}

/// One answer of the policy board.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "step",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum StudyAnswer {
    /// How far the study under way is.
    Progress {
        /// Kind of the study.
        kind: String,
        /// The share that is done, from 0 to 1.
        fraction: f64,
        /// Who learns for it at the moment, and how.
        lesson: Option<Lesson>,
    },
    /// What it takes to have somebody learn.
    Measured {
        /// Weights, or entries of a table.
        weights: f64,
        /// Bytes that learning takes.
        bytes: f64,
        /// Seconds that it takes at most, at the speed just measured; 0 where nobody has a clock.
        seconds: f64,
    },
    /// Users came into the experiment under way.
    Joined {
        /// Users so far.
        users: u64,
        /// Whether the experiment is over: by its rule, or because no more users are to come.
        over: bool,
    },
    /// What the experiment under way shows so far.
    Running {
        /// The report so far.
        report: Box<AbReport>,
    },
    /// A study is finished.
    Studied {
        /// What it found.
        report: Box<StudyReport>,
        /// The study with its digest, as a link holds it.
        finding: Finding,
    },
    /// The users of a batch.
    Recruits {
        /// Number of the batch.
        batch: u32,
        /// The users, packed.
        users: String,
    },
    /// What an experiment takes.
    Planned {
        /// The plan.
        plan: Plan,
    },
}

/// What a study found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StudyReport {
    /// Policies against the optimum.
    Value(ValueReport),
    /// A policy judged from a log.
    OffPolicy(ope::Report),
    /// Sequences.
    Sequences(SequenceReport),
    /// Sequences of the log.
    SequencesLog(ope::Report),
    /// An experiment on simulated users.
    Trial(AbReport),
    /// An experiment that was already made.
    TrialLog(AbReport),
    /// Learning from a log alone.
    Offline(OfflineReport),
    /// A network that learned from all sessions.
    Advice(AdviceReport),
    /// One budget, several items.
    Split(SplitView),
}

/// A network that learned from all sessions of a log to recommend to its users.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AdviceReport {
    /// Digest of the bits of its weights.
    pub weights: String,
    /// How it learned.
    pub learning: Learning,
}

/// Policies against the optimum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ValueReport {
    /// The values.
    pub board: Board,
    /// What learning lost, over the first run; empty without training.
    pub regret: Vec<Regret>,
    /// The policies of the scans, in their order.
    pub scanned: Vec<PolicyName>,
    /// Each policy's share of the optimum over the acceptance lift; only in a shop.
    pub lift: Option<Sensitivity>,
    /// The same over the discount.
    pub gamma: Sensitivity,
    /// What learned for this study and diverged: it stands on the board with what was kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub troubles: Vec<Trouble>,
}

/// That somebody's learning diverged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trouble {
    /// Who learned: `gru` from the log, `gru.q` in the problem.
    pub who: String,
    /// What happened.
    pub what: Text,
}

/// Sequences on a log recorded where the truth is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SequenceReport {
    /// The estimates.
    pub report: ope::Report,
    /// The target's exact value.
    pub truth: f64,
    /// The logging policy's exact value.
    pub logging: f64,
}

/// What each way of learning from a log claims, and what it is worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OfflineReport {
    /// Expected return of the optimal policy.
    pub optimum: f64,
    /// Expected return of the policy that wrote the logs.
    pub logging: f64,
    /// Plain Q-learning and the careful ways.
    pub methods: Vec<OfflineMethod>,
}

/// One way of learning from a log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OfflineMethod {
    /// Stable name: `plain`, `support`, `pessimism`, `conservative`.
    pub name: String,
    /// What it claims its greedy policy earns, on each log.
    pub claims: Vec<f64>,
    /// What that policy earns.
    pub truths: Vec<f64>,
    /// Mean of the claims less the truths, with its interval over the logs.
    pub excess: ope::Estimate,
}

/// How many users an experiment takes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Mean outcome of the control on a pilot of simulated users.
    pub mean: f64,
    /// Its standard deviation.
    pub sd: f64,
    /// Users of the pilot.
    pub pilot: u64,
    /// The difference that is looked for.
    pub effect: f64,
    /// Users that a test of fixed size takes, in each of two groups.
    pub sizes: Sizes,
    /// The difference that a test with the users at most finds with this power.
    pub detectable: f64,
}
