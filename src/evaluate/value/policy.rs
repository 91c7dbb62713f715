//! Policies that give each action of a state a probability.

use crate::env::Environment;
use crate::problem::{Problem, Text};
use crate::random::{Rng, draw};

/// A policy: for every state a distribution over its actions, row after row as in
/// [`crate::agent::table::QTable::values`].
#[derive(Clone, Debug, PartialEq)]
pub struct Stochastic {
    /// State `s` has `start[s] .. start[s + 1]`.
    start: Vec<u32>,
    probability: Vec<f64>,
}

impl Stochastic {
    /// Any policy: `fill` writes the weights of a state's actions, which are scaled to add up to 1.
    ///
    /// # Errors
    /// `policy.weights` where a weight is negative or not finite, or all of a state are 0.
    pub fn from_fn(
        environment: &impl Environment,
        mut fill: impl FnMut(u32, &mut [f64]),
    ) -> Result<Self, Problem> {
        let mut policy = Self {
            start: vec![0],
            probability: Vec::new(),
        };
        for state in 0..environment.states() {
            let from = policy.probability.len();
            policy
                .probability
                .resize(from + environment.actions(state) as usize, 0.0);
            let row = &mut policy.probability[from..];
            if !row.is_empty() {
                fill(state, row);
                let sum: f64 = row.iter().sum();
                if row.iter().any(|w| !(*w >= 0.0)) || !(sum > 0.0 && sum.is_finite()) {
                    return Err(bad_weights(state));
                }
                for w in row {
                    *w /= sum;
                }
            }
            policy.start.push(policy.probability.len() as u32);
        }
        Ok(policy)
    }

    /// Every action alike.
    #[must_use]
    pub fn uniform(environment: &impl Environment) -> Self {
        Self::build(environment, |_, row| {
            let share = 1.0 / row.len() as f64;
            row.fill(share);
        })
    }

    /// The action with the largest score, the lowest number among equals. `scores` are in rows, one a pair: Q-values give
    /// the greedy policy, likelihoods the behaviour model's, counts the most popular.
    #[must_use]
    pub fn greedy(environment: &impl Environment, scores: &[f64]) -> Self {
        Self::epsilon_greedy(environment, scores, 0.0)
    }

    /// The greedy action with probability 1 - epsilon, else any action, each equally often.
    #[must_use]
    pub fn epsilon_greedy(environment: &impl Environment, scores: &[f64], epsilon: f64) -> Self {
        let mut at = 0;
        Self::build(environment, |_, row| {
            let best = argmax(&scores[at..at + row.len()]);
            at += row.len();
            let share = epsilon / row.len() as f64;
            row.fill(share);
            row[best] += 1.0 - epsilon;
        })
    }

    /// Probabilities in proportion to exp(score / temperature), temperature above 0 (Boltzmann exploration).
    #[must_use]
    pub fn softmax(environment: &impl Environment, scores: &[f64], temperature: f64) -> Self {
        let mut at = 0;
        Self::build(environment, |_, row| {
            let scores = &scores[at..at + row.len()];
            at += row.len();
            let top = scores[argmax(scores)];
            for (p, q) in row.iter_mut().zip(scores) {
                *p = libm::exp((q - top) / temperature);
            }
            let sum: f64 = row.iter().sum();
            for p in row {
                *p /= sum;
            }
        })
    }

    fn build(environment: &impl Environment, mut fill: impl FnMut(u32, &mut [f64])) -> Self {
        let mut policy = Self {
            start: vec![0],
            probability: Vec::new(),
        };
        for state in 0..environment.states() {
            let from = policy.probability.len();
            policy
                .probability
                .resize(from + environment.actions(state) as usize, 0.0);
            if policy.probability.len() > from {
                fill(state, &mut policy.probability[from..]);
            }
            policy.start.push(policy.probability.len() as u32);
        }
        policy
    }

    /// How many states there are.
    #[must_use]
    pub fn states(&self) -> usize {
        self.start.len() - 1
    }

    /// The number of the pair (state, action): its place in tables of rows.
    #[must_use]
    pub fn pair(&self, state: u32, action: u32) -> usize {
        (self.start[state as usize] + action) as usize
    }

    /// How many pairs there are.
    #[must_use]
    pub fn pairs(&self) -> usize {
        self.probability.len()
    }

    /// The probabilities of a state's actions.
    #[must_use]
    pub fn row(&self, state: u32) -> &[f64] {
        &self.probability
            [self.start[state as usize] as usize..self.start[state as usize + 1] as usize]
    }

    /// What a state is worth under the policy, given the Q-values of its actions.
    #[must_use]
    pub fn value(&self, state: u32, q: &[f64]) -> f64 {
        self.row(state).iter().zip(q).map(|(p, q)| p * q).sum()
    }

    /// Draws an action of a state that has any.
    pub fn draw(&self, state: u32, rng: &mut Rng) -> u32 {
        let u = draw::unit(rng);
        let sums = self.row(state).iter().scan(0.0, |sum, p| {
            *sum += p;
            Some(*sum)
        });
        draw::pick(sums, u) as u32
    }
}

fn argmax(row: &[f64]) -> usize {
    let mut best = 0;
    for (index, value) in row.iter().enumerate() {
        if *value > row[best] {
            best = index;
        }
    }
    best
}

fn bad_weights(state: u32) -> Problem {
    Problem::new(
        "policy.weights",
        Text::new(
            format!("In state {state} the policy's weights are no distribution."),
            format!("在状态 {state}，策略的权重不构成分布。"),
        ),
        Text::new(
            "Give weights of at least 0, not all 0.",
            "请给出不小于 0 且不全为 0 的权重。",
        ),
    )
}
