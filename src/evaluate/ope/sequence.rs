//! Off-policy evaluation of sequences: values are mean returns of an episode.
//!
//! Notation: rho_t = product of pi/p over the decisions 0..=t of an episode, Q and V by fitted Q evaluation.

use super::episodes::Episodes;
use super::estimators::Estimator;
use super::fitted::FittedQ;
use super::verdict::{self, Words};
use super::{Estimate, Report, Weights, bootstrap};
use crate::evaluate::value::Stochastic;
use crate::problem::{Problem, Text};
use crate::random::{Rng, stream};

/// How many estimators there are.
const COUNT: usize = 5;
/// Behind the estimators: the mean return of the log itself.
const LOGGED: usize = COUNT;
/// The place of "DR".
const DR: usize = 4;
type Values = [f64; COUNT + 1];

/// Every estimator for sequences, in the order of every result.
pub const ESTIMATORS: [Estimator; COUNT] = [
    Estimator {
        name: "FQE",
        formula: "mean V(s_0)",
        source: "Le, Voloshin & Yue, ICML 2019, algorithm 3 (tabular, to its fixed point)",
    },
    Estimator {
        name: "PDIS",
        formula: "mean sum_t gamma^t rho_t r_t",
        source: "Precup, Sutton & Singh, ICML 2000, section 3",
    },
    Estimator {
        name: "WIS",
        formula: "sum rho_T G / sum rho_T",
        source: "Precup, Sutton & Singh, ICML 2000, section 2",
    },
    Estimator {
        name: "CWPDIS",
        formula: "sum_t gamma^t (sum rho_t r_t) / (sum rho_t)",
        source: "Thomas, PhD thesis 2015, section 3.6",
    },
    Estimator {
        name: "DR",
        formula: "mean V(s_0) + sum_t gamma^t rho_t (r_t + gamma V(s_t+1) - Q(s_t,a_t))",
        source: "Jiang & Li, ICML 2016, eq. 10",
    },
];

/// How a study of sequences is done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SequenceOptions {
    /// Seed of the resampling.
    pub seed: u64,
    /// How many resamples, from 100 up; the model is fitted anew in each.
    pub resamples: u32,
    /// Confidence of every interval, between 0 and 1.
    pub confidence: f64,
    /// Discount, in [0, 1].
    pub gamma: f64,
}

impl Default for SequenceOptions {
    fn default() -> Self {
        Self {
            seed: 1,
            resamples: 500,
            confidence: 0.95,
            gamma: 1.0,
        }
    }
}

/// A study of sequences in the making: resample in slices of any size, the result is the same.
#[derive(Clone, Debug)]
pub struct SequenceStudy {
    episodes: Episodes,
    target: Stochastic,
    options: SequenceOptions,
    fitted: FittedQ,
    /// rho_t of every decision.
    rho: Vec<f64>,
    horizon: usize,
    rng: Rng,
    counts: Vec<u32>,
    point: Values,
    draws: Vec<Values>,
}

impl SequenceStudy {
    /// Prepares a study.
    ///
    /// # Errors
    /// `ope.options` for an option out of its range.
    pub fn new(
        episodes: Episodes,
        target: Stochastic,
        options: SequenceOptions,
    ) -> Result<Self, Problem> {
        check(&options)?;
        let n = episodes.len();
        let mut study = Self {
            fitted: FittedQ::new(&episodes, &target, options.gamma),
            rho: ratios(&episodes, &target),
            horizon: (0..n).map(|e| episodes.episode(e).len()).max().unwrap_or(0),
            rng: stream(options.seed, "ope.sequence"),
            counts: vec![1; n],
            point: Values::default(),
            draws: Vec::with_capacity(options.resamples as usize),
            episodes,
            target,
            options,
        };
        study.point = study.evaluate();
        Ok(study)
    }

    /// Draws up to `resamples` more; returns whether all are done.
    pub fn advance(&mut self, resamples: u32) -> bool {
        let n = self.episodes.len();
        for _ in 0..resamples.min(self.options.resamples - self.draws.len() as u32) {
            bootstrap::draw(&mut self.rng, n, |episode| episode, &mut self.counts);
            let values = self.evaluate();
            self.draws.push(values);
        }
        self.draws.len() as u32 == self.options.resamples
    }

    /// The share of the resamples that is done, from 0 to 1.
    #[must_use]
    pub fn progress(&self) -> f64 {
        self.draws.len() as f64 / f64::from(self.options.resamples)
    }

    fn evaluate(&mut self) -> Values {
        self.fitted.fit(&self.episodes, &self.target, &self.counts);
        let gamma = self.options.gamma;
        // Per step: weighted rewards and weights, over all episodes; an episode that has ended keeps its last weight.
        let mut steps = vec![(0.0, 0.0); self.horizon];
        let (mut n, mut fitted, mut pdis, mut doubly, mut logged) = (0.0, 0.0, 0.0, 0.0, 0.0);
        let (mut weighted, mut weight) = (0.0, 0.0);
        let mut at = 0;
        for (number, &count) in self.counts.iter().enumerate() {
            let episode = self.episodes.episode(number);
            let rho = &self.rho[at..at + episode.len()];
            at += episode.len();
            if count == 0 {
                continue;
            }
            let c = f64::from(count);
            let (mut discount, mut ret, mut last) = (1.0, 0.0, 1.0);
            n += c;
            fitted += c * self.fitted.v(episode[0].state);
            for (t, step) in steps.iter_mut().enumerate() {
                if let Some(decision) = episode.get(t) {
                    last = rho[t];
                    let next = episode
                        .get(t + 1)
                        .map_or(0.0, |next| self.fitted.v(next.state));
                    let q = self
                        .fitted
                        .q(self.target.pair(decision.state, decision.action));
                    ret += discount * decision.reward;
                    pdis += c * discount * last * decision.reward;
                    doubly += c * discount * last * (decision.reward + gamma * next - q);
                    step.0 += c * discount * last * decision.reward;
                    discount *= gamma;
                }
                step.1 += c * last;
            }
            logged += c * ret;
            weighted += c * last * ret;
            weight += c * last;
        }
        let ratio = |x: f64, w: f64| if w > 0.0 { x / w } else { 0.0 };
        [
            fitted / n,
            pdis / n,
            ratio(weighted, weight),
            steps.iter().map(|step| ratio(step.0, step.1)).sum(),
            (fitted + doubly) / n,
            logged / n,
        ]
    }

    /// What was found so far.
    #[must_use]
    pub fn report(&self) -> Report {
        let weights = self.weights();
        let mut report = Report {
            estimators: ESTIMATORS
                .iter()
                .enumerate()
                .map(|(i, e)| self.estimate(e.name, |v| v[i]))
                .collect(),
            ess: weights.ess,
            max_weight: weights.max,
            outside_support: weights.outside,
            verdict: Text::default(),
            answer: super::Answer::Refused,
            logged: self.estimate("logged", |v| v[LOGGED]),
            difference: self.estimate("DR - logged", |v| v[DR] - v[LOGGED]),
            bernstein: None,
            mean_weight: weights.mean,
            knee: None,
            n: self.episodes.decisions().len(),
            clusters: self.episodes.len(),
            rows_used: weights.used,
            clicks: self
                .episodes
                .decisions()
                .iter()
                .filter(|d| d.reward != 0.0)
                .count(),
            effective_clicks: weights.effective_clicks,
            estimated_propensities: false,
            resamples: self.draws.len() as u32,
            confidence: self.options.confidence,
            notes: Vec::new(),
        };
        (report.answer, report.verdict) =
            verdict::verdict(&report, &Words::episodes(DR, self.episodes.len()));
        report.notes = verdict::notes(&report, weights.error);
        report
    }

    /// What the weights of whole episodes say.
    fn weights(&self) -> Weights {
        let mut at = 0;
        let last = (0..self.episodes.len()).map(|number| {
            let episode = self.episodes.episode(number);
            at += episode.len();
            (self.rho[at - 1], episode.iter().map(|d| d.reward).sum())
        });
        let mut weights = Weights::of(last);
        weights.outside = self.outside();
        weights
    }

    /// The target's probability on pairs never logged, averaged over the logged decisions.
    fn outside(&self) -> f64 {
        let decisions = self.episodes.decisions();
        let mut seen = vec![false; self.target.pairs()];
        for d in decisions {
            seen[self.target.pair(d.state, d.action)] = true;
        }
        let missed = |state: u32| -> f64 {
            let from = self.target.pair(state, 0);
            let row = self.target.row(state).iter().zip(&seen[from..]);
            // Without the zero, the sum of nothing would be -0.
            row.filter(|(_, seen)| !**seen)
                .fold(0.0, |sum, (p, _)| sum + p)
        };
        decisions.iter().map(|d| missed(d.state)).sum::<f64>() / decisions.len() as f64
    }

    fn estimate(&self, name: &str, of: impl Fn(&Values) -> f64) -> Estimate {
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

/// rho_t of every decision.
fn ratios(episodes: &Episodes, target: &Stochastic) -> Vec<f64> {
    let mut rho = Vec::with_capacity(episodes.decisions().len());
    for number in 0..episodes.len() {
        let mut product = 1.0;
        for d in episodes.episode(number) {
            product *= target.row(d.state)[d.action as usize] / d.propensity;
            rho.push(product);
        }
    }
    rho
}

fn check(options: &SequenceOptions) -> Result<(), Problem> {
    if options.resamples >= 100
        && options.confidence > 0.0
        && options.confidence < 1.0
        && (0.0..=1.0).contains(&options.gamma)
    {
        return Ok(());
    }
    Err(Problem::new(
        "ope.options",
        Text::new("An option is out of its range.", "有选项超出范围。"),
        Text::new(
            "Use at least 100 resamples, a confidence between 0 and 1 and a discount from 0 to 1.",
            "请至少重采样 100 次，置信度取 0 到 1 之间，折扣因子取 0 到 1。",
        ),
    ))
}
