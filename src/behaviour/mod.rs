//! What a user does next: models of p(item | history), each from its paper, behind one trait.
//!
//! Every model is one file. [`MODELS`] lists them with their hyperparameters; [`Choice`] names one with its values and
//! builds it. Scores are sparse sums in a reusable [`Scratch`]; higher is better, an item without a
//! positive score is not recommended, and of equal scores the lower item number comes first.

mod blend;
mod choice;
mod index;
mod itemknn;
mod markov_rank;
mod neighbours;
pub mod neural;
mod parameters;
mod popularity;
mod prior;
mod rules;
mod scores;
mod sessions;

pub mod markov;

pub use choice::{BLEND_NETWORKS, Choice, MODELS, ModelKind};
pub use parameters::{Given, Parameter, Range, Values};
pub use prior::Prior;
pub use scores::Scores;
pub use sessions::{History, Sessions};

use crate::problem::{Problem, Text};

/// How many items a model's list holds at least (where it knows so many): cutoffs of metrics and lists may not exceed it.
pub const LONGEST_LIST: usize = 100;

/// A model of what a user does next.
pub trait BehaviourModel {
    /// Learns from sessions, forgetting all that was learned before.
    ///
    /// # Errors
    /// `behaviour.stopped` when the watch said to stop; `behaviour.empty` when there is nothing to learn from.
    fn fit(&mut self, train: &Sessions, watch: &mut Watch<'_>) -> Result<(), Problem>;

    /// Learns in slices of about `work` elementary operations, forgetting all that was learned before at the `first`. Returns the share
    /// done: 1 when all is learned. What is learned does not depend on how it was sliced. Models that learn in a moment do it in one.
    ///
    /// # Errors
    /// Those of [`BehaviourModel::fit`].
    fn fit_slice(
        &mut self,
        train: &Sessions,
        first: bool,
        work: u64,
        watch: &mut Watch<'_>,
    ) -> Result<f64, Problem> {
        let _ = (first, work);
        self.fit(train, watch).map(|()| 1.0)
    }

    /// Ends learning in slices before its time: what is best so far is kept. Models that learn in one slice have nothing to end.
    fn stop_early(&mut self) {}

    /// Steps of learning in slices so far, of all networks together. The hyperparameter `steps` at this number ends learning at the same
    /// place. 0 for models that learn in one slice.
    fn steps(&self) -> u64 {
        0
    }

    /// The network behind the model, where there is one.
    fn network(&self) -> Option<&neural::Neural> {
        None
    }

    /// The same, to be changed.
    fn network_mut(&mut self) -> Option<&mut neural::Neural> {
        None
    }

    /// The network behind the model, or those that it asks.
    fn networks(&self) -> Vec<&neural::Neural> {
        self.network().into_iter().collect()
    }

    /// Leaves the score of each item that may come next in `scratch.scores`; no score is NaN.
    fn score(&self, history: History<'_>, scratch: &mut Scratch);

    /// Learns from one more session, newer than all others. Items that training did not number are passed over.
    fn update(&mut self, session: History<'_>);

    /// Bytes that the fitted model holds.
    fn memory(&self) -> usize;
}

/// Room for one prediction, used again for the next one. Any model may use any scratch.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    /// The score of each item.
    pub scores: Scores,
    /// Sums over training sessions.
    sessions: Scores,
    /// Candidate sessions with what they are chosen by.
    neighbours: Vec<(f64, u32)>,
    /// Distinct items of the history, newest first, each with its distance from the end (1: the newest event).
    recent: Vec<(u32, u32)>,
    /// Candidates with their features.
    table: blend::Table,
    /// The probability of each candidate.
    chances: Vec<f32>,
    /// For networks.
    network: neural::Pass,
    /// What the blend's networks say.
    opinion: blend::Opinion,
}

impl Scratch {
    /// An empty scratch.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes the distinct items of a history that a model with `items` items knows, newest first.
    fn note(&mut self, history: History<'_>, items: u32) {
        self.scores.begin(items as usize);
        self.recent.clear();
        for (back, &item) in history.items.iter().rev().enumerate() {
            if item < items && !self.scores.has(item) {
                self.scores.set(item, 0.0);
                self.recent.push((item, back as u32 + 1));
            }
        }
        self.scores.begin(items as usize);
    }
}

/// Hears how far a piece of work is and may end it.
pub struct Watch<'a>(&'a mut dyn FnMut(f64) -> bool);

impl<'a> Watch<'a> {
    /// Calls `listen` with the share done (0 to 1); work goes on while it returns true.
    pub fn new(listen: &'a mut dyn FnMut(f64) -> bool) -> Self {
        Self(listen)
    }

    /// Reports that `done` of `of` parts are done.
    ///
    /// # Errors
    /// `behaviour.stopped` when the listener wants no more.
    pub fn report(&mut self, done: usize, of: usize) -> Result<(), Problem> {
        if (self.0)(done as f64 / of.max(1) as f64) {
            Ok(())
        } else {
            Err(Problem::new(
                "behaviour.stopped",
                Text::new("Learning was stopped.", "学习已停止。"),
                Text::new("Start it again when you like.", "需要时可以重新开始。"),
            ))
        }
    }

    /// A watch for one part of the work, from share `from` to share `to` of the whole.
    pub fn part<R>(&mut self, from: f64, to: f64, work: impl FnOnce(&mut Watch<'_>) -> R) -> R {
        let mut listen = |share: f64| (self.0)(from + share * (to - from));
        work(&mut Watch(&mut listen))
    }
}

/// Refuses training sessions without any event.
///
/// # Errors
/// `behaviour.empty`.
pub fn need_events(train: &Sessions) -> Result<(), Problem> {
    if train.events() > 0 && train.items > 0 {
        return Ok(());
    }
    Err(Problem::new(
        "behaviour.empty",
        Text::new(
            "There are no sessions to learn from.",
            "没有可供学习的会话。",
        ),
        Text::new(
            "Use a longer log or a shorter test window.",
            "请使用更长的日志，或缩短测试窗口。",
        ),
    ))
}
