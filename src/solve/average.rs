//! Long-run average reward: relative value iteration (White 1963; Puterman, *Markov Decision Processes*, section 8.5).

use crate::env::Model;

/// Sweeps after which the bounds are given as they stand.
const SWEEP_LIMIT: u32 = 100_000;

/// The long-run average reward a step, in bounds that were proved by the last sweep (Odoni 1969).
#[derive(Clone, Debug, PartialEq)]
pub struct Average {
    /// At least this much a step.
    pub low: f64,
    /// At most this much a step.
    pub high: f64,
    /// An action of each state that attains `low` or more.
    pub policy: Vec<u32>,
}

impl Average {
    /// The middle of the bounds.
    #[must_use]
    pub fn reward(&self) -> f64 {
        0.5 * (self.low + self.high)
    }
}

/// The best average reward of a model whose episodes never end and whose states all reach state 0 under every
/// sensible policy, to `tolerance` between the bounds.
#[must_use]
pub fn solve(model: &impl Model, tolerance: f64) -> Average {
    iterate(model, tolerance, |_, row| {
        let mut best = 0;
        for (action, value) in row.iter().enumerate() {
            if *value > row[best] {
                best = action;
            }
        }
        best
    })
}

/// The average reward of a policy, one action number a state, to `tolerance` between the bounds.
#[must_use]
pub fn evaluate(model: &impl Model, policy: &[u32], tolerance: f64) -> Average {
    iterate(model, tolerance, |state, _| policy[state as usize] as usize)
}

fn iterate(model: &impl Model, tolerance: f64, choose: impl Fn(u32, &[f64]) -> usize) -> Average {
    let states = model.states() as usize;
    let (mut values, mut fresh) = (vec![0.0; states], vec![0.0; states]);
    let mut policy = vec![0; states];
    let mut row = Vec::new();
    let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
    for _ in 0..SWEEP_LIMIT {
        (low, high) = (f64::INFINITY, f64::NEG_INFINITY);
        for state in 0..states {
            row.clear();
            row.resize(model.actions(state as u32) as usize, 0.0);
            model.backup(state as u32, &values, 1.0, &mut row);
            let action = choose(state as u32, &row);
            policy[state] = action as u32;
            let gain = row[action] - values[state];
            low = low.min(gain);
            high = high.max(gain);
            fresh[state] = row[action];
        }
        // Only differences between states matter: values are kept near 0, where doubles are finest.
        let anchor = fresh[0];
        for (value, new) in values.iter_mut().zip(&fresh) {
            *value = new - anchor;
        }
        if high - low <= tolerance {
            break;
        }
    }
    Average { low, high, policy }
}
