//! Repeated sweeps over the states of a model, in slices: what value iteration and policy evaluation share.

use crate::env::Model;

/// How far a solver has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Sweeps finished.
    pub sweeps: u32,
    /// Largest change of a value in the last whole sweep; infinite before the first is finished.
    pub change: f64,
    /// State-action pairs looked at in this call.
    pub work: u64,
    /// Whether the change is below the tolerance, or the sweeps are used up.
    pub done: bool,
}

/// Which values a sweep reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The newest ones (Gauss-Seidel): converges in fewer sweeps.
    InPlace,
    /// Those of the sweep before (Jacobi): `n` sweeps from zero give the return of `n` steps.
    Synchronous,
}

/// A sweep over all states that may stop and go on anywhere.
#[derive(Clone, Debug)]
pub struct Sweeps {
    gamma: f64,
    tolerance: f64,
    limit: u32,
    order: Order,
    values: Vec<f64>,
    fresh: Vec<f64>,
    state: u32,
    change: f64,
    last: Progress,
    row: Vec<f64>,
}

impl Sweeps {
    /// Sweeps from `values` (one a state) until no value changes by more than `tolerance`, at most `limit` times.
    #[must_use]
    pub fn new(values: Vec<f64>, gamma: f64, tolerance: f64, limit: u32, order: Order) -> Self {
        let fresh = match order {
            Order::InPlace => Vec::new(),
            Order::Synchronous => values.clone(),
        };
        Self {
            gamma,
            tolerance,
            limit,
            order,
            values,
            fresh,
            state: 0,
            change: 0.0,
            last: Progress {
                sweeps: 0,
                change: f64::INFINITY,
                work: 0,
                done: false,
            },
            row: Vec::new(),
        }
    }

    /// The values so far, one a state; 0 in terminal states.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The values, when nothing else is wanted.
    #[must_use]
    pub fn into_values(self) -> Vec<f64> {
        self.values
    }

    /// The discount.
    #[must_use]
    pub fn gamma(&self) -> f64 {
        self.gamma
    }

    /// Looks at about `work` state-action pairs. `value_of` makes a state's value of its Q-values.
    pub fn advance(
        &mut self,
        model: &impl Model,
        work: u64,
        mut value_of: impl FnMut(u32, &[f64]) -> f64,
    ) -> Progress {
        let mut used = 0;
        while used < work && !self.last.done {
            used += self.visit(model, &mut value_of);
            if self.state == model.states() {
                self.finish_sweep();
            }
        }
        Progress {
            work: used,
            ..self.last
        }
    }

    fn visit(&mut self, model: &impl Model, value_of: &mut impl FnMut(u32, &[f64]) -> f64) -> u64 {
        let state = self.state;
        self.state += 1;
        let actions = model.actions(state);
        if actions == 0 {
            return 1;
        }
        self.row.clear();
        self.row.resize(actions as usize, 0.0);
        model.backup(state, &self.values, self.gamma, &mut self.row);
        let value = value_of(state, &self.row);
        let change = (value - self.values[state as usize]).abs();
        // NaN counts as a change: it must not look like convergence.
        if change > self.change || change.is_nan() {
            self.change = change;
        }
        match self.order {
            Order::InPlace => self.values[state as usize] = value,
            Order::Synchronous => self.fresh[state as usize] = value,
        }
        u64::from(actions)
    }

    fn finish_sweep(&mut self) {
        if self.order == Order::Synchronous {
            std::mem::swap(&mut self.values, &mut self.fresh);
        }
        let sweeps = self.last.sweeps + 1;
        self.last = Progress {
            sweeps,
            change: self.change,
            work: 0,
            done: self.change < self.tolerance || sweeps >= self.limit || self.change.is_nan(),
        };
        self.state = 0;
        self.change = 0.0;
    }
}
