//! Hyperparameters by random search (Bergstra & Bengio, JMLR 2012), with the same budget for every model, on the last window of the
//! training part: the test part is never looked at.

use super::metrics::Metric;
use super::policies::{build, kind};
use super::ranking::{Run, Segment};
use super::split::Split;
use crate::behaviour::{Choice, ModelKind, Values, Watch};
use crate::problem::Problem;
use crate::random::{Rng, stream};

/// Validation sessions used at most; of more, every so many-th is taken.
const SESSIONS: usize = 3000;

/// What a search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Tuned {
    /// The best setting; of equally good ones the first tried. The defaults are tried first.
    pub choice: Choice,
    /// Its score on the validation window.
    pub score: f64,
    /// Every setting tried, with its score.
    pub trials: Vec<(Choice, f64)>,
}

/// The last window of a training part, as large a share of it as the test part is of the whole (2 % to 30 %).
///
/// # Errors
/// `evaluate.empty` where the training part is too short to be split.
pub fn validation(split: &Split) -> Result<Split, Problem> {
    let (train, test) = (split.train.len() as f64, split.test.len() as f64);
    let share = (test / (train + test)).clamp(0.02, 0.3);
    let mut inner = Split::by_share(&split.train, share, false)?;
    let every = inner.test.len().div_ceil(SESSIONS);
    inner.test = inner.test.filter(|session| session % every == 0);
    Ok(inner)
}

/// Tries `budget` settings of a model (at least 1: the defaults) on a validation split and keeps the best by `metric` at 20.
///
/// # Errors
/// `behaviour.model.unknown`, problems of learning, or `behaviour.stopped` when the watch said to stop.
pub fn tune(
    model: &str,
    validation: &Split,
    metric: Metric,
    budget: u32,
    seed: u64,
    watch: &mut Watch<'_>,
) -> Result<Tuned, Problem> {
    let mut search = Search::new(model, metric, budget, seed)?;
    let mut left = true;
    while left {
        let (done, of) = search.progress();
        watch.report(done, of)?;
        let [from, to] = [done, done + 1].map(|n| n as f64 / of as f64);
        left = watch.part(from, to, |watch| search.advance(validation, watch))?;
    }
    Ok(search.finish())
}

/// A search under way: call [`Search::advance`] until nothing is left.
pub struct Search {
    kind: &'static ModelKind,
    metric: Metric,
    budget: u32,
    rng: Rng,
    trials: Vec<(Choice, f64)>,
}

impl Search {
    /// A search for the best of `budget` settings of a model (at least 1: the defaults) by `metric` at 20.
    ///
    /// # Errors
    /// `behaviour.model.unknown`.
    pub fn new(model: &str, metric: Metric, budget: u32, seed: u64) -> Result<Self, Problem> {
        let kind = kind(&Choice::named(model))?;
        let searched = kind.parameters.iter().any(|parameter| parameter.searched);
        Ok(Self {
            kind,
            metric,
            budget: if searched { budget.max(1) } else { 1 },
            rng: stream(seed, &format!("tune {model}")),
            trials: Vec::new(),
        })
    }

    /// How many settings were tried of how many.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        (self.trials.len(), self.budget as usize)
    }

    /// Tries the next setting on a validation split; returns whether any are left.
    ///
    /// # Errors
    /// Problems of learning, or `behaviour.stopped` when the watch said to stop.
    pub fn advance(&mut self, validation: &Split, watch: &mut Watch<'_>) -> Result<bool, Problem> {
        let parameters = self.kind.parameters;
        let values = if self.trials.is_empty() {
            Values::defaults(parameters)
        } else {
            Values::draw(parameters, &mut self.rng)
        };
        let choice = Choice {
            model: self.kind.name.to_owned(),
            parameters: values.given(parameters),
        };
        let score = score(&choice, validation, self.metric, watch)?;
        self.trials.push((choice, score));
        Ok(self.trials.len() < self.budget as usize)
    }

    /// The best of what was tried so far; the defaults, without a score, where nothing was.
    #[must_use]
    pub fn finish(self) -> Tuned {
        let mut best = (Choice::named(self.kind.name), 0.0);
        for (place, trial) in self.trials.iter().enumerate() {
            if place == 0 || trial.1 > best.1 {
                best.clone_from(trial);
            }
        }
        Tuned {
            choice: best.0,
            score: best.1,
            trials: self.trials,
        }
    }
}

fn score(
    choice: &Choice,
    split: &Split,
    metric: Metric,
    watch: &mut Watch<'_>,
) -> Result<f64, Problem> {
    let mut model = build(choice)?;
    watch.part(0.0, 0.5, |watch| model.fit(&split.train, watch))?;
    let mut run = Run::new(model.as_ref(), split, 20);
    while run.advance(500) {
        let (done, all) = run.progress();
        watch.part(0.5, 1.0, |watch| watch.report(done, all))?;
    }
    Ok(run.finish().tally(Segment::All).mean(metric, 2))
}
