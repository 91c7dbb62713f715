//! Off-policy evaluation: what a policy would have earned, judged from a log that another policy wrote.
//!
//! [`Logged`] is the checked log, [`Target`] the policy asked about, [`Study`] the work in slices, [`Report`] the answer.
//! [`Episodes`] and [`SequenceStudy`] are the same for sequences of decisions.

pub mod bernstein;
pub mod bootstrap;
mod cells;
mod episodes;
mod estimators;
mod fitted;
mod logged;
mod sequence;
mod target;
mod verdict;

use serde::{Deserialize, Serialize};

pub use episodes::{Decision, Episodes};
pub use estimators::{COUNT, ESTIMATORS, Estimator};
pub use logged::{Columns, Logged, Propensities, Stratum, Success};
pub use sequence::{ESTIMATORS as SEQUENCE_ESTIMATORS, SequenceOptions, SequenceStudy};
pub use target::{Table, Target};
pub use verdict::Answer;

use crate::problem::{Problem, Text};
use crate::random::{Rng, stream};
use estimators::{CLIPPED, DR, LOGGED, Terms, VALUES};
use verdict::Words;

/// The most cells (strata times items) that a study takes on.
const MAX_CELLS: usize = 1 << 18;

/// How a study is done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Seed of the resampling.
    pub seed: u64,
    /// How many resamples, from 100 up.
    pub resamples: u32,
    /// Confidence of every interval, between 0 and 1.
    pub confidence: f64,
    /// The knee M of the limited weights (clipping at M, switching at tau = M, shrinking with lambda = M^2).
    /// Absent: sqrt(n), which tends to no limit slowly enough to bound the variance, and never looks at a reward
    /// (Ionides 2008), so that it can't be tuned towards an answer.
    pub knee: Option<f64>,
    /// Weight of the reward model's prior, in rows; above 0.
    pub prior: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            resamples: 2000,
            confidence: 0.95,
            knee: None,
            prior: 10.0,
        }
    }
}

/// A number with its interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Name of the estimator or quantity.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// The interval, low end first.
    pub ci: [f64; 2],
}

/// What a study found. Values are mean rewards a row, or mean returns an episode for sequences.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Every estimator, in the order of [`ESTIMATORS`], with bootstrap intervals over clusters.
    pub estimators: Vec<Estimate>,
    /// The effective number of rows (of episodes, for sequences), (sum w)^2 / sum w^2 (Kish 1965).
    pub ess: f64,
    /// The largest importance weight.
    #[serde(rename = "max_weight")]
    pub max_weight: f64,
    /// Share of the target's probability on items that the log never shows in that stratum.
    #[serde(rename = "outside_support")]
    pub outside_support: f64,
    /// What it means, in words.
    pub verdict: Text,
    /// Whether the log can answer at all.
    pub answer: Answer,
    /// The logging policy's own value: the mean reward.
    pub logged: Estimate,
    /// DR minus the logging policy's value, on the same resamples.
    pub difference: Estimate,
    /// The clipped IPS with an empirical Bernstein interval, which holds for every n (Maurer & Pontil 2009) about the
    /// clipped value; for rewards that are never negative its low end bounds the target's value too.
    /// Absent for sequences, whose products of weights leave it without meaning.
    pub bernstein: Option<Estimate>,
    /// The mean weight, 1 where the propensities are right and the log covers the target.
    pub mean_weight: f64,
    /// The knee of the limited weights; absent for sequences, where none is limited.
    pub knee: Option<f64>,
    /// Rows of the log.
    pub n: usize,
    /// Clusters (users or sessions) that were resampled.
    pub clusters: usize,
    /// Rows with a weight above 0.
    pub rows_used: usize,
    /// Rows with a reward.
    pub clicks: usize,
    /// The effective number of rewarded rows, (sum w r)^2 / sum (w r)^2.
    pub effective_clicks: f64,
    /// Whether the propensities were estimated.
    pub estimated_propensities: bool,
    /// Resamples behind the intervals.
    pub resamples: u32,
    /// Confidence of the intervals.
    pub confidence: f64,
    /// What the reader should know besides.
    pub notes: Vec<Text>,
}

/// What the weights alone say.
#[derive(Clone, Copy, Debug, Default)]
struct Weights {
    ess: f64,
    max: f64,
    mean: f64,
    /// Standard error of the mean.
    error: f64,
    outside: f64,
    used: usize,
    effective_clicks: f64,
}

/// A study in the making: resample in slices of any size, the result is the same.
#[derive(Clone, Debug)]
pub struct Study {
    terms: Terms,
    rng: Rng,
    counts: Vec<u32>,
    point: [f64; VALUES],
    draws: Vec<[f64; VALUES]>,
    weights: Weights,
    bernstein: [f64; 2],
    knee: f64,
    n: usize,
    clicks: usize,
    estimated: bool,
    notes: Vec<Text>,
    options: Options,
}

impl Study {
    /// Prepares a study.
    ///
    /// # Errors
    /// `ope.options` for an option out of its range, `ope.too-large` for too many strata times items.
    pub fn new(logged: &Logged, target: &Target, options: Options) -> Result<Self, Problem> {
        check(logged, &options)?;
        let n = logged.len();
        let knee = options.knee.unwrap_or_else(|| (n as f64).sqrt());
        let mut terms = Terms::new(logged, target, knee, options.prior);
        let counts = terms.counts();
        let point = terms.evaluate(&counts);
        let weights = Weights::new(logged, target);
        Ok(Self {
            rng: stream(options.seed, "ope.bootstrap"),
            bernstein: bernstein_interval(
                logged,
                target,
                knee.min(weights.max),
                options.confidence,
            ),
            draws: Vec::with_capacity(options.resamples as usize),
            estimated: logged.estimated,
            notes: logged.notes.clone(),
            clicks: logged.successes(),
            terms,
            counts,
            point,
            weights,
            knee,
            n,
            options,
        })
    }

    /// Draws up to `resamples` more; returns whether all are done.
    pub fn advance(&mut self, resamples: u32) -> bool {
        for _ in 0..resamples.min(self.options.resamples - self.draws.len() as u32) {
            self.terms.draw(&mut self.rng, &mut self.counts);
            self.draws.push(self.terms.evaluate(&self.counts));
        }
        self.draws.len() as u32 == self.options.resamples
    }

    /// The share of the resamples that is done, from 0 to 1.
    #[must_use]
    pub fn progress(&self) -> f64 {
        self.draws.len() as f64 / f64::from(self.options.resamples)
    }

    /// What was found so far.
    #[must_use]
    pub fn report(&self) -> Report {
        let mut report = Report {
            estimators: ESTIMATORS
                .iter()
                .enumerate()
                .map(|(i, e)| self.estimate(e.name, |v| v[i]))
                .collect(),
            ess: self.weights.ess,
            max_weight: self.weights.max,
            outside_support: self.weights.outside,
            verdict: Text::default(),
            answer: Answer::Refused,
            logged: self.estimate("logged", |v| v[LOGGED]),
            difference: self.estimate("DR - logged", |v| v[DR] - v[LOGGED]),
            bernstein: Some(Estimate {
                name: ESTIMATORS[CLIPPED].name.to_owned(),
                value: self.point[CLIPPED],
                ci: self.bernstein,
            }),
            mean_weight: self.weights.mean,
            knee: Some(self.knee),
            n: self.n,
            clusters: self.terms.clusters(),
            rows_used: self.weights.used,
            clicks: self.clicks,
            effective_clicks: self.weights.effective_clicks,
            estimated_propensities: self.estimated,
            resamples: self.draws.len() as u32,
            confidence: self.options.confidence,
            notes: self.notes.clone(),
        };
        (report.answer, report.verdict) = verdict::verdict(&report, &Words::rows(DR, self.n));
        report
            .notes
            .extend(verdict::notes(&report, self.weights.error));
        report
    }

    fn estimate(&self, name: &str, of: impl Fn(&[f64; VALUES]) -> f64) -> Estimate {
        Estimate {
            name: name.to_owned(),
            value: of(&self.point),
            ci: bootstrap::percentile(
                self.draws.iter().map(&of).collect(),
                self.options.confidence,
            ),
        }
    }
}

/// A whole study at once.
///
/// # Errors
/// Those of [`Study::new`].
pub fn estimate(logged: &Logged, target: &Target, options: Options) -> Result<Report, Problem> {
    let mut study = Study::new(logged, target, options)?;
    study.advance(options.resamples);
    Ok(study.report())
}

impl Weights {
    fn new(logged: &Logged, target: &Target) -> Self {
        let rows = 0..logged.len();
        let mut weights =
            Self::of(rows.map(|row| (weight(logged, target, row), logged.reward[row])));
        weights.outside = outside_support(logged, target);
        weights
    }

    /// Of pairs (weight, reward).
    fn of(pairs: impl Iterator<Item = (f64, f64)>) -> Self {
        let mut weights = Self::default();
        let (mut n, mut sum, mut squares, mut wr, mut wr_squares) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (w, reward) in pairs {
            n += 1.0;
            sum += w;
            squares += w * w;
            wr += w * reward.abs();
            wr_squares += (w * reward) * (w * reward);
            weights.max = weights.max.max(w);
            weights.used += usize::from(w > 0.0);
        }
        let effective = |sum: f64, squares: f64| {
            if squares > 0.0 {
                sum * sum / squares
            } else {
                0.0
            }
        };
        weights.mean = sum / n;
        weights.error = ((squares / n - weights.mean * weights.mean).max(0.0) / n).sqrt();
        weights.ess = effective(sum, squares);
        weights.effective_clicks = effective(wr, wr_squares);
        weights
    }
}

fn weight(logged: &Logged, target: &Target, row: usize) -> f64 {
    target.stratum(logged.stratum[row] as usize)[logged.item[row] as usize] / logged.propensity[row]
}

/// The target's probability on what its stratum of the log never shows, averaged over rows.
fn outside_support(logged: &Logged, target: &Target) -> f64 {
    let items = logged.items as usize;
    let mut outside = 0.0;
    for (stratum, shown) in logged.shown().chunks_exact(items).enumerate() {
        let rows: f64 = shown.iter().map(|&n| f64::from(n)).sum();
        let missed: f64 = shown
            .iter()
            .zip(target.stratum(stratum))
            .filter(|(n, _)| **n == 0)
            .map(|(_, p)| p)
            .sum();
        outside += rows * (missed + target.unknown(stratum));
    }
    outside / logged.len() as f64
}

/// The empirical Bernstein interval of the clipped IPS; a cluster's sum is one value.
fn bernstein_interval(logged: &Logged, target: &Target, clip: f64, confidence: f64) -> [f64; 2] {
    let mut sums = vec![0.0; logged.clusters as usize];
    let mut sizes = vec![0_u32; logged.clusters as usize];
    let (mut low, mut high) = (0.0_f64, 0.0_f64);
    for row in 0..logged.len() {
        sums[logged.cluster[row] as usize] +=
            weight(logged, target, row).min(clip) * logged.reward[row];
        sizes[logged.cluster[row] as usize] += 1;
        low = low.min(logged.reward[row]);
        high = high.max(logged.reward[row]);
    }
    let largest = f64::from(sizes.iter().copied().max().unwrap_or(0));
    let rows_a_cluster = logged.len() as f64 / f64::from(logged.clusters);
    bernstein::interval(&sums, largest * clip * (high - low), confidence)
        .map(|end| end / rows_a_cluster)
}

fn check(logged: &Logged, options: &Options) -> Result<(), Problem> {
    let fine = options.resamples >= 100
        && options.confidence > 0.0
        && options.confidence < 1.0
        && options
            .knee
            .is_none_or(|knee| knee > 0.0 && knee.is_finite())
        && options.prior > 0.0
        && options.prior.is_finite();
    if !fine {
        return Err(Problem::new(
            "ope.options",
            Text::new("An option is out of its range.", "有选项超出范围。"),
            Text::new(
                "Use at least 100 resamples, a confidence between 0 and 1, and a knee and a prior above 0.",
                "请至少重采样 100 次，置信度取 0 到 1 之间，截断值与先验权重大于 0。",
            ),
        ));
    }
    let cells = logged.strata.len().saturating_mul(logged.items as usize);
    if cells > MAX_CELLS {
        return Err(Problem::new(
            "ope.too-large",
            Text::new(
                format!(
                    "{} strata times {} items are more than {MAX_CELLS} cells.",
                    logged.strata.len(),
                    logged.items
                ),
                format!(
                    "{} 个分层乘以 {} 件商品，超过 {MAX_CELLS} 个单元。",
                    logged.strata.len(),
                    logged.items
                ),
            ),
            Text::new(
                "Group the contexts or the items more coarsely.",
                "请把情境或商品归并得更粗一些。",
            ),
        ));
    }
    Ok(())
}
