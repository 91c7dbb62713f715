//! What the page (or the runner) asks of the laboratory, and what it answers.
//!
//! Both sides are plain data. The worker adds an id to each request and puts the same id on its responses.

#[cfg(feature = "whole")]
mod operations;
#[cfg(feature = "whole")]
mod ranking;
#[cfg(feature = "whole")]
mod study;

use serde::{Deserialize, Serialize};

use std::collections::BTreeMap;

pub use super::findings::Learned;
#[cfg(feature = "whole")]
use crate::agent::network::Learned as Updated;
#[cfg(feature = "whole")]
use crate::behaviour::neural::Learning;
use crate::experiment::finding::Finding;
use crate::experiment::outcome::{Outcome, Verdict};
use crate::experiment::parameters::Value;
use crate::experiment::ranking::Ranking;
use crate::experiment::{Experiment, Source};
use crate::log::{
    Dialect, EventWord, ImportOptions, ImportProgress, Preview, RejectGroup, Rejects, Report,
    SourceFile,
};
use crate::problem::{Problem, Text};
use crate::train::{Snapshot, StepTrace};

#[cfg(feature = "whole")]
pub use operations::{
    Actions, AdView, AtPrice, AxisView, BaselineRow, ClicksView, DemandView, Earnings, Episode,
    ForecastView, Gap, Measure, OperationsAnswer, OperationsRequest, Panel, PolicyMap,
    ResponseView, Rule, Shown, SplitLine, SplitView, WinsView,
};
#[cfg(feature = "whole")]
pub use ranking::{
    AdviceView, AdviserInfo, AdviserSource, BoardRequest, DifferingEvent, DifferingSession,
    EvaluationStage, Expected, HyperparameterDomain, HyperparameterInfo, Insight, InsightEvent,
    ModelInfo, NetworkInfo, WordInfo,
};
#[cfg(feature = "whole")]
pub use study::{
    AdviceReport, Lesson, OfflineMethod, OfflineReport, Plan, Pupil, SequenceReport, StudyAnswer,
    StudyReport, StudyRequest, Trouble, ValueReport,
};

/// One request. The page's `{type, ...}` becomes serde's `{type: {...}}` on the way in, which reads without a buffer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Request {
    /// Starts reading a log; its bytes follow by `push`, then [`Request::EndImport`].
    BeginImport {
        /// Where the bytes come from, as the link will say it.
        source: Source,
        /// Name of the file.
        name: String,
        /// Its size in bytes, if known.
        size: Option<u64>,
        /// What is not to be guessed.
        options: ImportOptions,
    },
    /// Before the first bytes: the fingerprint of the file is taken elsewhere meanwhile, and follows.
    LeaveFingerprint,
    /// The fingerprint that was left to somebody else, before [`Request::EndImport`].
    Fingerprint {
        /// 64 hexadecimal digits.
        fingerprint: String,
    },
    /// All bytes were pushed: sort, cut into sessions, report.
    EndImport,
    /// Forgets the import under way; the log read before it stays.
    CancelImport,
    /// Every row that was rejected, as CSV.
    Rejects,
    /// Chooses what to decide: `shop`, or the id of a textbook problem.
    Decide {
        /// The problem's id.
        problem: String,
    },
    /// Sets parameters; a running training takes the live ones at once, the others start it anew.
    Set {
        /// Key of the parameter table.
        key: String,
        /// Its new value.
        value: Value,
    },
    /// Trains, or goes on training after a pause.
    Train,
    /// Holds training.
    Pause,
    /// Makes a single step of training and tells what it did.
    Step,
    /// Ends training where it is.
    Stop,
    /// Forgets what was learned; the same seed starts again.
    Reset,
    /// Users whose name contains the query, in the order of the log.
    Users {
        /// Part of a name; empty for all.
        query: String,
        /// How many to skip.
        offset: u32,
        /// How many to answer at most.
        limit: u32,
    },
    /// The history of a user, and what to recommend.
    Recommend {
        /// The user's name.
        user: String,
        /// How many items.
        k: u32,
    },
    /// Recommendations of all users as CSV, in [`Response::Chunk`]s.
    ExportRecommendations {
        /// How many items a user.
        k: u32,
    },
    /// The learned and the optimal policy of a textbook problem, state by state.
    Policy,
    /// The experiment as it stands, for a link or a project file.
    Share {
        /// Whether the log itself shall travel inside.
        carry: Carry,
    },
    /// Something of the ranking board.
    #[cfg(feature = "whole")]
    Board(BoardRequest),
    /// Puts a comparison that was made in another laboratory on the same log into the experiment of this one.
    KeepRanking {
        /// The comparison.
        ranking: Ranking,
    },
    /// What was learned, for the policy board of another laboratory.
    Learned,
    /// Puts what the policy board of another laboratory found into the experiment of this one.
    KeepFinding {
        /// What it found.
        finding: Finding,
    },
    /// Asks the policy board.
    #[cfg(feature = "whole")]
    Study(StudyRequest),
    /// Something of price, stock and ads.
    #[cfg(feature = "whole")]
    Operations(OperationsRequest),
    /// What the network that the settings ask for will take to learn; a few updates are made and forgotten.
    #[cfg(feature = "whole")]
    Network,
}

/// Whether a log shall travel with its experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Carry {
    /// It stays where it is; whoever repeats the experiment is asked for it.
    Nothing,
    /// Inside a link, if it is very small.
    InLink,
    /// Inside a project file, if it was small enough to be kept.
    InFile,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Response {
    /// The request was carried out and has nothing more to say.
    Done,
    /// What the first rows look like.
    Preview {
        /// Guesses and first rows.
        preview: Box<Preview>,
    },
    /// The event words of a file that could not be read, most frequent first: one may say what they mean.
    EventWords {
        /// The words, with how often they occur and what they were taken for.
        words: Vec<EventWord>,
    },
    /// How far the import is.
    ImportProgress {
        /// Bytes and rows so far.
        progress: ImportProgress,
    },
    /// All bytes were read; the events are being sorted and counted.
    Sorting {
        /// How far, from 0 to 1.
        fraction: f64,
    },
    /// The log was read.
    Imported {
        /// What is in it.
        report: Box<Report>,
        /// The rows that could not be read.
        rejects: Box<Rejected>,
        /// How it was read.
        dialect: Box<Dialect>,
        /// Its name, size and fingerprint.
        file: SourceFile,
    },
    /// Every parameter as it now stands: another problem brings settings of its own.
    Settings {
        /// Values by key.
        settings: BTreeMap<String, Value>,
    },
    /// A parameter was changed that training depends on: what was learned is gone.
    Forgotten,
    /// The shop is being made anew: what was known of the one before no longer holds.
    Building,
    /// The decision problem stands; its optimum is being computed or known.
    World {
        /// What it is.
        world: World,
    },
    /// How far the exact solver is.
    Solving {
        /// Sweeps over all states so far.
        sweeps: u32,
        /// Largest change in the last sweep.
        change: f64,
    },
    /// Measurements since the last answer.
    Snapshots {
        /// Number of the run (0 for the first seed).
        run: u32,
        /// The measurements.
        snapshots: Vec<Snapshot>,
    },
    /// Steps so far, between two measurements.
    TrainProgress {
        /// Number of the run.
        run: u32,
        /// Steps of this run so far.
        step: u64,
        /// Steps of a run at most.
        budget: u64,
        /// What the newest update of a network in the place of the table came to.
        #[cfg(feature = "whole")]
        network: Option<Updated>,
    },
    /// A parameter was changed while training ran.
    Changed {
        /// Number of the run.
        run: u32,
        /// At which step it took effect.
        step: u64,
        /// Which parameter.
        key: String,
        /// Its new value.
        value: Value,
    },
    /// What a single step did.
    Trace {
        /// The update, with names.
        trace: StepTrace,
        /// Name of the state.
        state: String,
        /// Name of the action.
        action: String,
        /// Name of the state entered; absent at an episode's end.
        next: Option<String>,
    },
    /// A run ended.
    RunEnded {
        /// Number of the run.
        run: u32,
        /// Stable name of the reason: `converged`, `budget`, `diverged`, `stopped`, `failed`.
        reason: String,
        /// The reason in words.
        text: Text,
    },
    /// All runs ended.
    Trained {
        /// What came out.
        outcome: Outcome,
        /// One short digest over all parts, as shown to people.
        digest: String,
        /// Against the outcome that the opened link promised, if one was opened.
        verdict: Option<Verdict>,
    },
    /// Some users.
    Users {
        /// Name and number of events of each.
        users: Vec<UserRow>,
        /// How many match in all.
        total: u32,
    },
    /// Recommendations for one user.
    Recommendation {
        /// History and items.
        view: Box<RecommendationView>,
    },
    /// A part of a text file.
    Chunk {
        /// The text.
        text: String,
        /// Whether this was the last part.
        last: bool,
    },
    /// States of a textbook problem.
    Policy {
        /// One entry a state.
        states: Vec<PolicyState>,
        /// Columns and rows of the grid; absent where the problem has none.
        grid: Option<(u32, u32)>,
    },
    /// The experiment, to be written as a link or a project file.
    Shared {
        /// It as it stands.
        experiment: Box<Experiment>,
        /// It in a few words, for the text of a Markdown link.
        headline: String,
        /// Whether the log travels inside.
        inline: bool,
        /// Why the log does not travel inside although that was wished for.
        note: Option<Text>,
    },
    /// The models that a board can test.
    #[cfg(feature = "whole")]
    Models {
        /// In the order of a board.
        models: Vec<ModelInfo>,
    },
    /// How far the evaluation of a model is.
    #[cfg(feature = "whole")]
    EvaluationProgress {
        /// The model's name.
        model: String,
        /// What is being done.
        stage: EvaluationStage,
        /// How much of the stage is done, from 0 to 1.
        fraction: f64,
        /// How a network learns, where the model is one.
        learning: Option<Learning>,
    },
    /// What a network will take to learn.
    #[cfg(feature = "whole")]
    Network(NetworkInfo),
    /// What a network in the place of the table will take to learn.
    #[cfg(feature = "whole")]
    Approximator {
        /// Weights.
        weights: f64,
        /// Bytes for learning.
        bytes: f64,
        /// Updates of one run.
        updates: f64,
        /// Seconds of all runs at the speed just measured; 0 where nobody has a clock.
        seconds: f64,
    },
    /// Why a tested network recommends what it does.
    #[cfg(feature = "whole")]
    Insight(Insight),
    /// A network stands that recommends to users.
    #[cfg(feature = "whole")]
    Adviser(AdviserInfo),
    /// What it recommends to one of them.
    #[cfg(feature = "whole")]
    Advice(AdviceView),
    /// A model was tested; `BoardRequest::Compare` shows it.
    #[cfg(feature = "whole")]
    Evaluated {
        /// The model's name.
        model: String,
    },
    /// Tested models compared.
    #[cfg(feature = "whole")]
    Board {
        /// The leaderboard.
        board: Box<crate::evaluate::Leaderboard>,
        /// How it was made and its digest, as a link holds them.
        ranking: Ranking,
    },
    /// Sessions on which two models differ.
    #[cfg(feature = "whole")]
    Differing {
        /// Most different first.
        sessions: Vec<DifferingSession>,
    },
    /// A comparison is now a part of the experiment.
    RankingKept {
        /// Whether it came to what the opened link promised; absent where nothing was promised on the same terms.
        reproduced: Option<bool>,
    },
    /// What was learned.
    Learned {
        /// Its Q-values and how they came to be.
        learned: Learned,
    },
    /// A finding of the policy board is now a part of the experiment.
    FindingKept {
        /// Whether it is what the opened link promised; absent where nothing was promised of the same study.
        reproduced: Option<bool>,
    },
    /// Something of price, stock and ads.
    #[cfg(feature = "whole")]
    Operations {
        /// The answer.
        answer: Box<OperationsAnswer>,
    },
    /// An answer of the policy board.
    #[cfg(feature = "whole")]
    Study {
        /// What it says.
        answer: StudyAnswer,
    },
    /// It could not be done.
    Problem {
        /// Why.
        problem: Problem,
    },
}

/// The rows that could not be read, without their texts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rejected {
    /// How many.
    pub count: u64,
    /// How many the download holds.
    pub kept: u64,
    /// By reason, with the first examples of each.
    pub groups: Vec<RejectGroup>,
}

impl From<&Rejects> for Rejected {
    fn from(rejects: &Rejects) -> Self {
        Self {
            count: rejects.count,
            kept: rejects.kept,
            groups: rejects.groups.clone(),
        }
    }
}

/// A decision problem in numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct World {
    /// Id: `shop` or a textbook problem's.
    pub problem: String,
    /// Its title.
    pub title: Text,
    /// A paragraph on it.
    pub note: Text,
    /// States.
    pub states: u32,
    /// Pairs of state and action.
    pub pairs: u64,
    /// Memory of the table and the model, in bytes.
    pub bytes: u64,
    /// Expected return of the optimal policy from the start; absent until solved.
    pub optimum: Option<f64>,
    /// Sweeps that value iteration took.
    pub sweeps: Option<u32>,
}

/// A user in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserRow {
    /// Name as logged.
    pub name: String,
    /// Events of the user.
    pub events: u32,
    /// Sessions of the user.
    pub sessions: u32,
}

/// History of a user and what to recommend next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecommendationView {
    /// Name as logged.
    pub user: String,
    /// Sessions, newest last; of long histories the newest 200 events.
    pub sessions: Vec<SessionView>,
    /// Events left out of `sessions`.
    pub hidden: u32,
    /// The items of the state that was found in the history, oldest first.
    pub state: Vec<String>,
    /// Whether the state was found for fewer items than the order asks.
    pub backed_off: bool,
    /// Items, best first.
    pub items: Vec<RecommendedItem>,
    /// What the popularity baseline would have shown: item and its events.
    pub popular: Vec<(String, u32)>,
    /// Whether the ranking is by Q (lift above 1) or by likelihood x value (lift 1).
    pub by_q: bool,
    /// Whether Q was learned (else nothing was trained yet and the optimum is shown).
    pub learned: bool,
}

/// One session of a history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    /// Name as logged; empty if sessions were cut by time.
    pub name: String,
    /// Events: item, type, milliseconds since 1970 (absent in logs without time).
    pub events: Vec<EventView>,
}

/// One event of a history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventView {
    /// Item name.
    pub item: String,
    /// What was done.
    pub kind: crate::log::EventType,
    /// Milliseconds since 1970; absent in logs without time.
    pub time: Option<i64>,
}

/// A recommended item with its reasons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecommendedItem {
    /// Item name.
    pub item: String,
    /// Category name, where the log has one.
    pub category: Option<String>,
    /// What the list is ranked by: Q where the lift is above 1, else likelihood times value.
    pub score: f64,
    /// Learned Q-value.
    pub q: f64,
    /// Optimal Q-value.
    pub q_star: f64,
    /// Probability that the user takes the item unasked.
    pub p_unasked: f64,
    /// Probability that the user accepts it when recommended.
    pub p_accept: f64,
    /// Mean reward at once when it is taken.
    pub reward: f64,
    /// Discounted value of what follows when it is taken.
    pub future: f64,
    /// Expected value when it is not taken.
    pub otherwise: f64,
    /// Contribution of the reward at once: `p_accept * reward`.
    pub part_reward: f64,
    /// Contribution of what follows: `p_accept * future`.
    pub part_future: f64,
    /// Contribution of everything else that the user may do instead: `(1 - p_accept) * otherwise`.
    pub part_otherwise: f64,
    /// How often the item followed this state in the log: n(s,a).
    pub support: u32,
    /// How often training tried it in this state.
    pub tried: u32,
    /// The items of the state it was recommended in; fewer than the user's own where the list was filled up from a
    /// shorter history.
    pub state: Vec<String>,
    /// Its rank by popularity in the whole log, from 1.
    pub popularity_rank: u32,
}

/// A state of a textbook problem.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyState {
    /// Its name.
    pub name: String,
    /// Cell of the grid (row-major), where there is a grid.
    pub cell: Option<u32>,
    /// Names of the actions; empty in a terminal state.
    pub actions: Vec<String>,
    /// Learned Q-values; empty before training.
    pub q: Vec<f64>,
    /// Optimal Q-values.
    pub q_star: Vec<f64>,
    /// Visits of each action; empty before training.
    pub visits: Vec<u32>,
}
