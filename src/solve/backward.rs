//! Backward induction: the exact optimum of problems that run down to an end (Bellman 1957).

use crate::env::Model;

/// A model in which every step ends the episode or enters a state with a lower number, as when
/// states are numbered by the periods left. One sweep in ascending order then solves it.
pub trait Staged: Model {}

/// The exact optimum of a problem.
#[derive(Clone, Debug, PartialEq)]
pub struct Optimum {
    /// Optimal value of each state.
    pub values: Vec<f64>,
    /// The lowest-numbered best action of each state (0 where there is none).
    pub policy: Vec<u32>,
    /// Expected optimal return of an episode.
    pub value: f64,
}

/// Optimal values and policy, in one sweep.
#[must_use]
pub fn optimum(model: &(impl Staged + ?Sized), gamma: f64) -> Optimum {
    let mut policy = vec![0; model.states() as usize];
    let values = sweep(model, gamma, |state, q| {
        let mut best = 0;
        for (action, value) in q.iter().enumerate() {
            if *value > q[best] {
                best = action;
            }
        }
        policy[state as usize] = best as u32;
        best
    });
    let value = start_value(model, &values);
    Optimum {
        values,
        policy,
        value,
    }
}

/// Expected return of an episode under a fixed policy, one action number a state.
#[must_use]
pub fn policy_value(model: &(impl Staged + ?Sized), policy: &[u32], gamma: f64) -> f64 {
    let values = sweep(model, gamma, |state, _| policy[state as usize] as usize);
    start_value(model, &values)
}

/// The expectation of `values` over the states in which an episode starts.
#[must_use]
pub fn start_value(model: &(impl Model + ?Sized), values: &[f64]) -> f64 {
    model
        .starts()
        .iter()
        .map(|&(state, share)| share * values[state as usize])
        .sum()
}

fn sweep(
    model: &(impl Staged + ?Sized),
    gamma: f64,
    mut choose: impl FnMut(u32, &[f64]) -> usize,
) -> Vec<f64> {
    let mut values = vec![0.0; model.states() as usize];
    let mut q = Vec::new();
    for state in 0..model.states() {
        q.resize(model.actions(state) as usize, 0.0);
        if !q.is_empty() {
            model.backup(state, &values, gamma, &mut q);
            values[state as usize] = q[choose(state, &q)];
        }
    }
    values
}
