//! Hyperparameters by random search (Bergstra & Bengio, JMLR 2012), with the same budget for every model, on the last window of the
//! training part: the test part is never looked at.

use super::metrics::Metric;
use super::policies::{build, kind};
use super::ranking::{Run, Segment};
use super::split::Split;
use crate::behaviour::{Choice, Values, Watch};
use crate::problem::Problem;
use crate::random::stream;

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
    let kind = kind(&Choice::named(model))?;
    let mut rng = stream(seed, &format!("tune {model}"));
    let searched = kind.parameters.iter().any(|parameter| parameter.searched);
    let budget = if searched { budget.max(1) } else { 1 };
    let mut trials: Vec<(Choice, f64)> = Vec::new();
    for trial in 0..budget {
        watch.report(trial as usize, budget as usize)?;
        let values = if trial == 0 {
            Values::defaults(kind.parameters)
        } else {
            Values::draw(kind.parameters, &mut rng)
        };
        let choice = Choice {
            model: model.to_owned(),
            parameters: values.given(kind.parameters),
        };
        let from = f64::from(trial) / f64::from(budget);
        let to = f64::from(trial + 1) / f64::from(budget);
        let score = watch.part(from, to, |watch| score(&choice, validation, metric, watch))?;
        trials.push((choice, score));
    }
    let mut best = 0;
    for (place, trial) in trials.iter().enumerate() {
        if trial.1 > trials[best].1 {
            best = place;
        }
    }
    let (choice, score) = trials[best].clone();
    Ok(Tuned {
        choice,
        score,
        trials,
    })
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
