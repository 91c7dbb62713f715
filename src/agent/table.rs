//! A table of Q-values whose greedy action and value are known at any time without looking along the row.

use crate::env::Environment;
use crate::problem::{Problem, Text};

/// What is kept for each row beside its values: one cache line holds four of them.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Head {
    /// The largest value of the row; 0 for a row without actions.
    max: f64,
    /// Where the row starts in the values.
    start: u32,
    /// The lowest action number that has the largest value.
    best: u32,
}

/// Q-values in rows of any length, one row a state.
///
/// The maximum of each row is maintained: an update looks along the row only when it lowers the row's best value.
/// Ties go to the lowest action number.
#[derive(Clone, Debug, PartialEq)]
pub struct QTable {
    /// One a state, and one more that ends the last row.
    heads: Vec<Head>,
    values: Vec<f64>,
}

impl QTable {
    /// How many bytes a table of this size takes.
    #[must_use]
    pub fn bytes_needed(states: u64, pairs: u64) -> u64 {
        (states + 1) * size_of::<Head>() as u64 + pairs * size_of::<f64>() as u64
    }

    /// A table for an environment with every value `initial`.
    ///
    /// # Errors
    /// `agent.memory` when the table would not fit in memory.
    pub fn new(environment: &impl Environment, initial: f64) -> Result<Self, Problem> {
        let states = environment.states();
        let mut pairs = 0u64;
        for state in 0..states {
            pairs += u64::from(environment.actions(state));
        }
        let too_large = || too_large(states, pairs);
        let mut heads = Vec::new();
        let mut values = Vec::new();
        if pairs >= u64::from(u32::MAX)
            || heads.try_reserve_exact(states as usize + 1).is_err()
            || values.try_reserve_exact(pairs as usize).is_err()
        {
            return Err(too_large());
        }
        let mut start = 0;
        for state in 0..states {
            let actions = environment.actions(state);
            let max = if actions == 0 { 0.0 } else { initial };
            heads.push(Head {
                max,
                start,
                best: 0,
            });
            start += actions;
        }
        heads.push(Head {
            max: 0.0,
            start,
            best: 0,
        });
        values.resize(pairs as usize, initial);
        Ok(Self { heads, values })
    }

    /// A table that holds given values, one for each pair in the order of [`QTable::values`].
    ///
    /// # Errors
    /// `agent.memory` when the table would not fit in memory.
    pub fn from_values(environment: &impl Environment, values: &[f64]) -> Result<Self, Problem> {
        let mut table = Self::new(environment, 0.0)?;
        table.values.copy_from_slice(values);
        for state in 0..table.states() {
            if !table.row(state).is_empty() {
                table.rescan(state);
            }
        }
        Ok(table)
    }

    /// How many states there are.
    #[must_use]
    pub fn states(&self) -> u32 {
        self.heads.len() as u32 - 1
    }

    /// The number of the pair (state, action): its place in [`QTable::values`].
    #[inline]
    #[must_use]
    pub fn pair(&self, state: u32, action: u32) -> usize {
        (self.heads[state as usize].start + action) as usize
    }

    /// Every value, row after row.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The values of a state, by action.
    #[inline]
    #[must_use]
    pub fn row(&self, state: u32) -> &[f64] {
        let start = self.heads[state as usize].start as usize;
        &self.values[start..self.heads[state as usize + 1].start as usize]
    }

    /// The largest value of a state; 0 where it has no actions.
    #[inline]
    #[must_use]
    pub fn max(&self, state: u32) -> f64 {
        self.heads[state as usize].max
    }

    /// The greedy action: the lowest one that has the largest value.
    #[inline]
    #[must_use]
    pub fn best(&self, state: u32) -> u32 {
        self.heads[state as usize].best
    }

    /// The value of an action.
    #[inline]
    #[must_use]
    pub fn get(&self, state: u32, action: u32) -> f64 {
        self.values[self.pair(state, action)]
    }

    /// Sets the value of an action; `value` must not be NaN.
    #[inline]
    pub fn set(&mut self, state: u32, action: u32, value: f64) {
        let head = &mut self.heads[state as usize];
        self.values[(head.start + action) as usize] = value;
        if action == head.best {
            if value >= head.max {
                head.max = value;
            } else {
                self.rescan(state);
            }
        } else if value > head.max || (value == head.max && action < head.best) {
            head.max = value;
            head.best = action;
        }
    }

    /// Sets all values of a state; none may be NaN.
    pub fn set_row(&mut self, state: u32, row: &[f64]) {
        let start = self.heads[state as usize].start as usize;
        if !row.is_empty() {
            self.values[start..start + row.len()].copy_from_slice(row);
            self.rescan(state);
        }
    }

    /// One step of Q-learning (Watkins 1989; Sutton & Barto 2018, eq. 6.8):
    /// `Q(s,a) += alpha (r + gamma max Q(s',.) - Q(s,a))`. Returns the temporal-difference error.
    #[inline]
    pub fn learn(&mut self, state: u32, action: u32, target: f64, alpha: f64) -> f64 {
        let old = self.get(state, action);
        let error = target - old;
        self.set(state, action, old + alpha * error);
        error
    }

    /// Finds the maximum of a row again. Kept out of line: it is the rare case.
    #[inline(never)]
    fn rescan(&mut self, state: u32) {
        let mut max = f64::NEG_INFINITY;
        let mut best = 0;
        for (action, &value) in self.row(state).iter().enumerate() {
            if value > max {
                max = value;
                best = action as u32;
            }
        }
        let head = &mut self.heads[state as usize];
        head.max = max;
        head.best = best;
    }
}

/// What to say of a table that does not fit.
pub(super) fn too_large(states: u32, pairs: u64) -> Problem {
    let megabytes = QTable::bytes_needed(u64::from(states), pairs).div_ceil(1 << 20);
    Problem::new(
        "agent.memory",
        Text::new(
            format!(
                "A table of {states} states and {pairs} state-action pairs takes {megabytes} MiB, more than there is room for."
            ),
            format!(
                "{states} 个状态、{pairs} 个状态-动作对的表需要 {megabytes} MiB，超出可用内存。"
            ),
        ),
        Text::new(
            "Use a shorter history, fewer actions a state, or a higher minimum support.",
            "请缩短历史长度、减少每个状态的动作数，或提高最低支持度。",
        ),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;
    use crate::env::textbook;

    proptest! {
        /// The maintained maximum is the one a scan of the row finds, ties included.
        #[test]
        fn maxima_equal_a_scan(writes in prop::collection::vec((0u32..25, 0u32..4, -3i8..4), 1..400)) {
            let mdp = textbook::find("gridworld").unwrap().build().unwrap();
            let mut table = QTable::new(&mdp, 1.0).unwrap();
            for (state, action, value) in writes {
                table.set(state, action, f64::from(value));
                let row = table.row(state);
                let max = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                prop_assert_eq!(table.max(state), max);
                prop_assert_eq!(table.best(state) as usize, row.iter().position(|&q| q == max).unwrap());
            }
        }
    }
}
