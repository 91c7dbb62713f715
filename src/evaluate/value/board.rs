//! The board of policies: each one's value, as a share of the optimum, and the regret of learning.

use serde::{Deserialize, Serialize};

use super::policy::Stochastic;
use super::simulate::{Returns, episode};
use crate::env::Model;
use crate::evaluate::ope::Estimate;
use crate::problem::Problem;
use crate::random::{Rng, stream};
use crate::solve::sweeps::{Order, Sweeps};
use crate::solve::value_iteration::{TOLERANCE, solve, start_value};

/// Sweeps after which a policy's values are taken as they are.
const SWEEP_LIMIT: u32 = 100_000;
/// State-action pairs whose look-up takes about as long as an episode.
const EPISODE: u64 = 200;

/// One policy on the board.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyValue {
    /// Its name.
    pub name: String,
    /// Expected return from the starts, exactly.
    pub exact: f64,
    /// The same as a share of the optimum, [`share`].
    pub of_optimum: Option<f64>,
    /// Mean return of simulated episodes; must agree with `exact`.
    pub simulated: Estimate,
}

/// Policies against the optimum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Board {
    /// Expected return of the optimal policy.
    pub optimum: f64,
    /// Each policy, in the order given.
    pub policies: Vec<PolicyValue>,
    /// Simulated episodes a policy.
    pub episodes: u32,
    /// Discount.
    pub gamma: f64,
}

/// The values of a policy, one a state (Sutton & Barto 2018, eq. 4.4), to [`TOLERANCE`].
///
/// Below a discount of 1 `horizon` is not used; at 1 it is the value of the first `horizon` steps, so that a policy
/// that goes round in circles for ever has a value too.
#[must_use]
pub fn exact(model: &impl Model, policy: &Stochastic, gamma: f64, horizon: u32) -> Vec<f64> {
    let mut evaluation = Evaluation::new(model, gamma, horizon);
    while !evaluation.advance(model, policy, u64::MAX) {}
    evaluation.into_values()
}

/// [`exact`] in slices of any size.
#[derive(Clone, Debug)]
pub struct Evaluation {
    sweeps: Sweeps,
}

impl Evaluation {
    /// Before the first sweep.
    #[must_use]
    pub fn new(model: &impl Model, gamma: f64, horizon: u32) -> Self {
        let zeros = vec![0.0; model.states() as usize];
        let sweeps = if gamma < 1.0 {
            Sweeps::new(zeros, gamma, TOLERANCE, SWEEP_LIMIT, Order::InPlace)
        } else {
            Sweeps::new(zeros, gamma, TOLERANCE, horizon, Order::Synchronous)
        };
        Self { sweeps }
    }

    /// Looks at about `work` state-action pairs; returns whether the values are found.
    pub fn advance(&mut self, model: &impl Model, policy: &Stochastic, work: u64) -> bool {
        let value = |state, q: &[f64]| policy.value(state, q);
        self.sweeps.advance(model, work, value).done
    }

    /// The values so far, one a state.
    #[must_use]
    pub fn into_values(self) -> Vec<f64> {
        self.sweeps.into_values()
    }
}

/// A value as a share of the optimum: `1 - (optimum - value) / |optimum|`, so that 1 is optimal also where returns are negative.
/// Absent where the optimum is 0.
#[must_use]
pub fn share(value: f64, optimum: f64) -> Option<f64> {
    (optimum != 0.0).then(|| 1.0 - (optimum - value) / optimum.abs())
}

/// How policies are valued.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conditions {
    /// Discount.
    pub gamma: f64,
    /// Steps after which a simulated episode is cut off; at a discount of 1, those that exact values count.
    pub horizon: u32,
    /// Simulated episodes a policy.
    pub episodes: u32,
    /// Seed of the simulation.
    pub seed: u64,
}

/// A board in the making: simulate in slices of any size, the result is the same.
#[derive(Clone, Debug)]
pub struct BoardStudy {
    optimum: f64,
    policies: Vec<(String, Stochastic)>,
    conditions: Conditions,
    done: Vec<PolicyValue>,
    current: Option<Current>,
}

/// The policy under way: first its exact value, then, with random numbers of its own, its returns.
#[derive(Clone, Debug)]
enum Current {
    Evaluate(Evaluation),
    Simulate(Rng, Returns, f64),
}

impl BoardStudy {
    /// Prepares the board of these policies; `optimum` is the expected return of the optimal one.
    #[must_use]
    pub fn new(optimum: f64, policies: Vec<(String, Stochastic)>, conditions: Conditions) -> Self {
        Self {
            optimum,
            policies,
            conditions,
            done: Vec::new(),
            current: None,
        }
    }

    /// Adds a policy behind the others.
    pub fn add(&mut self, name: String, policy: Stochastic) {
        self.policies.push((name, policy));
    }

    /// Simulates up to `episodes` more episodes, or takes about as long to find an exact value; returns whether all are done.
    pub fn advance(&mut self, model: &impl Model, episodes: u32) -> bool {
        let Some((name, policy)) = self.policies.get(self.done.len()) else {
            return true;
        };
        let Conditions { gamma, horizon, .. } = self.conditions;
        let current = self
            .current
            .get_or_insert_with(|| Current::Evaluate(Evaluation::new(model, gamma, horizon)));
        if let Current::Evaluate(evaluation) = current {
            if evaluation.advance(model, policy, EPISODE * u64::from(episodes)) {
                let value = start_value(model, &evaluation.clone().into_values());
                let rng = stream(self.conditions.seed, &format!("value.{name}"));
                *current = Current::Simulate(rng, Returns::default(), value);
            }
            return false;
        }
        let Current::Simulate(rng, returns, exact) = current else {
            return false;
        };
        let left = u64::from(self.conditions.episodes) - returns.n;
        for _ in 0..left.min(u64::from(episodes)) {
            let start = model.reset(rng);
            let draw = |state, rng: &mut Rng| policy.draw(state, rng);
            returns.add(episode(model, start, draw, gamma, horizon, rng));
        }
        if returns.n == u64::from(self.conditions.episodes) {
            self.done.push(PolicyValue {
                name: name.clone(),
                exact: *exact,
                of_optimum: share(*exact, self.optimum),
                simulated: returns.estimate(name, 0.95),
            });
            self.current = None;
        }
        self.done.len() == self.policies.len()
    }

    /// The share that is done, from 0 to 1.
    #[must_use]
    pub fn progress(&self) -> f64 {
        let current = match &self.current {
            Some(Current::Simulate(_, returns, _)) => returns.n as f64,
            _ => 0.0,
        };
        let part = current / f64::from(self.conditions.episodes.max(1));
        (self.done.len() as f64 + part) / self.policies.len().max(1) as f64
    }

    /// The board of the policies that are done.
    #[must_use]
    pub fn board(&self) -> Board {
        Board {
            optimum: self.optimum,
            policies: self.done.clone(),
            episodes: self.conditions.episodes,
            gamma: self.conditions.gamma,
        }
    }

    /// The policies, done or not, with their names.
    #[must_use]
    pub fn policies(&self) -> &[(String, Stochastic)] {
        &self.policies
    }
}

/// Values every policy exactly and by simulated episodes.
///
/// # Errors
/// `solve.no-limit` where the optimum has no limit.
pub fn board(
    model: &impl Model,
    policies: Vec<(String, Stochastic)>,
    conditions: Conditions,
) -> Result<Board, Problem> {
    let optimum = solve(model, conditions.gamma)?.start_value;
    let mut study = BoardStudy::new(optimum, policies, conditions);
    while !study.advance(model, u32::MAX) {}
    Ok(study.board())
}

/// How much was lost by learning, up to one point of the training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Regret {
    /// Episodes so far.
    pub episodes: f64,
    /// What one more episode loses: the optimum less the value of the policy in force.
    pub simple: f64,
    /// What all episodes lost together.
    pub cumulative: f64,
}

/// The regret over a training run from points (episodes, value of the policy in force), in order. Between two points
/// the value is taken as the mean of both (trapezoid rule); before the first, as that of the first.
#[must_use]
pub fn regret(points: &[(f64, f64)], optimum: f64) -> Vec<Regret> {
    let mut series: Vec<Regret> = Vec::with_capacity(points.len());
    for &(episodes, value) in points {
        let simple = optimum - value;
        let before = series.last().copied().unwrap_or(Regret {
            episodes: 0.0,
            simple,
            cumulative: 0.0,
        });
        let cumulative =
            before.cumulative + 0.5 * (before.simple + simple) * (episodes - before.episodes);
        series.push(Regret {
            episodes,
            simple,
            cumulative,
        });
    }
    series
}
