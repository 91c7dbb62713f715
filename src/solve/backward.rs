//! Backward induction: the exact optimum of problems that run down to an end (Bellman 1957).

use crate::env::staged::Staged;
use crate::solve::value_iteration::{Optimum, start_value};

/// The exact optimum, in one sweep.
#[must_use]
pub fn solve(model: &impl Staged, gamma: f64) -> Optimum {
    let mut q = Vec::new();
    let values = sweep(model, gamma, |_, row| {
        q.extend_from_slice(row);
        row.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    });
    Optimum {
        gamma,
        start_value: start_value(model, &values),
        values,
        q,
        sweeps: 1,
    }
}

/// The exact value of each state under a policy, one action number a state.
#[must_use]
pub fn evaluate(model: &impl Staged, policy: &[u32], gamma: f64) -> Vec<f64> {
    sweep(model, gamma, |state, row| {
        row[policy[state as usize] as usize]
    })
}

/// The best policy that takes one and the same action in every state, and its value: the best fixed price, the best
/// constant bid. `None` when no action is open in every state.
#[must_use]
pub fn best_fixed_action(model: &impl Staged, gamma: f64) -> Option<(u32, f64)> {
    let common = (0..model.states())
        .map(|state| model.actions(state))
        .min()?;
    let mut best = None;
    for action in 0..common {
        let values = sweep(model, gamma, |_, row| row[action as usize]);
        let value = start_value(model, &values);
        if best.is_none_or(|(_, most)| value > most) {
            best = Some((action, value));
        }
    }
    best
}

fn sweep(model: &impl Staged, gamma: f64, mut value: impl FnMut(u32, &[f64]) -> f64) -> Vec<f64> {
    let mut values = vec![0.0; model.states() as usize];
    let mut row = Vec::new();
    for state in 0..model.states() {
        row.clear();
        row.resize(model.actions(state) as usize, 0.0);
        if !row.is_empty() {
            model.backup(state, &values, gamma, &mut row);
            values[state as usize] = value(state, &row);
        }
    }
    values
}
