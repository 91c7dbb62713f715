//! Value iteration: the optimal values of a model, to a stated tolerance; and the value of a given policy.

use crate::env::Model;
use crate::problem::{Problem, Text};
use crate::solve::sweeps::{Order, Progress, Sweeps};

/// Tolerance of the oracles: no value changes by more in a whole sweep.
pub const TOLERANCE: f64 = 1e-9;

/// Sweeps after which values that still change are taken to have no limit.
const SWEEP_LIMIT: u32 = 100_000;

/// The optimum of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Optimum {
    /// Discount it was solved for.
    pub gamma: f64,
    /// V*(s), one a state; 0 in terminal states.
    pub values: Vec<f64>,
    /// Q*(s,a), row after row, in the order of [`crate::agent::table::QTable::values`].
    pub q: Vec<f64>,
    /// Expected return from the starts: sum of p(s) V*(s).
    pub start_value: f64,
    /// Sweeps it took.
    pub sweeps: u32,
}

/// Value iteration (Bellman 1957; Sutton & Barto 2018, section 4.4), in place and in slices.
#[derive(Clone, Debug)]
pub struct ValueIteration {
    sweeps: Sweeps,
}

impl ValueIteration {
    /// Starts from zero. `gamma` in `[0, 1]`; 1 only where episodes end whatever one does, or idling costs.
    #[must_use]
    pub fn new(model: &impl Model, gamma: f64, tolerance: f64) -> Self {
        Self::from_values(vec![0.0; model.states() as usize], gamma, tolerance)
    }

    /// Starts from values that may be near, such as those for another discount.
    #[must_use]
    pub fn from_values(values: Vec<f64>, gamma: f64, tolerance: f64) -> Self {
        Self {
            sweeps: Sweeps::new(values, gamma, tolerance, SWEEP_LIMIT, Order::InPlace),
        }
    }

    /// Goes on for about `work` state-action pairs. The result never depends on how the work was sliced.
    ///
    /// # Errors
    /// `solve.no-limit` when the values grow without end.
    pub fn advance(&mut self, model: &impl Model, work: u64) -> Result<Progress, Problem> {
        let progress = self.sweeps.advance(model, work, |_, row| largest(row));
        let unfinished = progress.sweeps >= SWEEP_LIMIT && progress.change >= TOLERANCE.max(1e-6);
        if unfinished || (progress.done && !progress.change.is_finite()) {
            return Err(no_limit(self.sweeps.gamma()));
        }
        Ok(progress)
    }

    /// V* alone, as far as the sweeps have come.
    #[must_use]
    pub fn into_values(self) -> Vec<f64> {
        self.sweeps.into_values()
    }

    /// The optimum that the sweeps have come to.
    #[must_use]
    pub fn optimum(&self, model: &impl Model, sweeps: u32) -> Optimum {
        let gamma = self.sweeps.gamma();
        let values = self.sweeps.values().to_vec();
        let mut q = Vec::new();
        for state in 0..model.states() {
            let from = q.len();
            q.resize(from + model.actions(state) as usize, 0.0);
            model.backup(state, &values, gamma, &mut q[from..]);
        }
        Optimum {
            gamma,
            start_value: start_value(model, &values),
            values,
            q,
            sweeps,
        }
    }
}

/// Solves a model in one go, to [`TOLERANCE`].
///
/// # Errors
/// `solve.no-limit` when the values grow without end.
pub fn solve(model: &impl Model, gamma: f64) -> Result<Optimum, Problem> {
    let mut iteration = ValueIteration::new(model, gamma, TOLERANCE);
    loop {
        let progress = iteration.advance(model, u64::MAX)?;
        if progress.done {
            return Ok(iteration.optimum(model, progress.sweeps));
        }
    }
}

/// Expected value over the starts of a model.
#[must_use]
pub fn start_value(model: &impl Model, values: &[f64]) -> f64 {
    let starts = model.starts().iter();
    starts
        .map(|&(state, share)| share * values[state as usize])
        .sum()
}

/// A policy to evaluate: the greedy action with probability 1 - epsilon, else any action, each equally often.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// The greedy action of each state.
    pub greedy: Vec<u32>,
    /// Probability of an action drawn at random, in `[0, 1]`; 1 is the random policy.
    pub epsilon: f64,
}

impl Policy {
    /// What a state is worth under the policy, given its Q-values.
    #[must_use]
    pub fn value(&self, state: u32, row: &[f64]) -> f64 {
        let best = row[self.greedy[state as usize] as usize];
        if self.epsilon == 0.0 {
            return best;
        }
        let mean = row.iter().sum::<f64>() / row.len() as f64;
        (1.0 - self.epsilon) * best + self.epsilon * mean
    }
}

/// The value of a policy (Sutton & Barto 2018, section 4.1), in slices.
#[derive(Clone, Debug)]
pub struct PolicyEvaluation {
    sweeps: Sweeps,
    policy: Policy,
}

impl PolicyEvaluation {
    /// Evaluates `policy` to `tolerance`. Below a discount of 1 it starts from `near`, values that may be close.
    /// At 1 it starts from zero and makes at most `horizon` synchronous sweeps: the return of the first `horizon`
    /// steps, so that a policy that goes round in circles for ever has a value too.
    #[must_use]
    pub fn new(policy: Policy, near: Vec<f64>, gamma: f64, tolerance: f64, horizon: u32) -> Self {
        let sweeps = if gamma < 1.0 {
            Sweeps::new(near, gamma, tolerance, SWEEP_LIMIT, Order::InPlace)
        } else {
            Sweeps::new(
                vec![0.0; near.len()],
                gamma,
                tolerance,
                horizon,
                Order::Synchronous,
            )
        };
        Self { sweeps, policy }
    }

    /// Evaluates `policy` where every step leads to a lower state or to the end: one sweep in ascending order is exact
    /// ([`crate::solve::backward`]). `near` holds one value a state.
    #[must_use]
    pub fn staged(policy: Policy, near: Vec<f64>, gamma: f64) -> Self {
        Self {
            sweeps: Sweeps::new(near, gamma, 0.0, 1, Order::InPlace),
            policy,
        }
    }

    /// Goes on for about `work` state-action pairs.
    pub fn advance(&mut self, model: &impl Model, work: u64) -> Progress {
        let policy = &self.policy;
        self.sweeps
            .advance(model, work, |state, row| policy.value(state, row))
    }

    /// The values so far, one a state.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        self.sweeps.values()
    }

    /// The policy and its values.
    #[must_use]
    pub fn into_parts(self) -> (Policy, Vec<f64>) {
        (self.policy, self.sweeps.into_values())
    }
}

/// The value of a policy in one go, to [`TOLERANCE`].
#[must_use]
pub fn evaluate(model: &impl Model, policy: Policy, gamma: f64, horizon: u32) -> Vec<f64> {
    let zeros = vec![0.0; model.states() as usize];
    let mut evaluation = PolicyEvaluation::new(policy, zeros, gamma, TOLERANCE, horizon);
    while !evaluation.advance(model, u64::MAX).done {}
    evaluation.into_parts().1
}

fn largest(row: &[f64]) -> f64 {
    row.iter()
        .copied()
        .fold(f64::NEG_INFINITY, |a, b| if b > a { b } else { a })
}

fn no_limit(gamma: f64) -> Problem {
    Problem::new(
        "solve.no-limit",
        Text::new(
            format!(
                "With a discount of {gamma} the values grow without end: some way of acting earns for ever."
            ),
            format!("折扣因子为 {gamma} 时价值会无限增长：存在一种可以永远获得奖励的行为方式。"),
        ),
        Text::new(
            "Use a discount below 1, such as 0.95.",
            "请使用小于 1 的折扣因子，例如 0.95。",
        ),
    )
}
