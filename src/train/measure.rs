//! One measurement of an agent against the optimum, in slices.

use crate::agent::table::QTable;
use crate::env::Model;
use crate::solve::value_iteration::{Optimum, Policy, PolicyEvaluation, start_value};

/// Sums over pairs and states.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    distance: f64,
    residual: f64,
    changed: u32,
    choices: u32,
}

/// What a finished measurement found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// Mean |Q - Q*|.
    pub q_distance: f64,
    /// Mean |TQ - Q|.
    pub bellman_residual: f64,
    /// Share of states with a choice whose greedy action changed.
    pub greedy_changed: f64,
    /// Expected return of the greedy policy from the starts.
    pub value: f64,
    /// State-action pairs looked at.
    pub work: u64,
}

/// A measurement under way: first one pass over all pairs, then the evaluation of the greedy policy.
#[derive(Clone, Debug)]
pub struct Measurement {
    state: u32,
    values: Vec<f64>,
    row: Vec<f64>,
    sums: Sums,
    work: u64,
    tolerance: f64,
    horizon: u32,
    /// The greedy policy of the last measurement, then this one's; and the values it had.
    policy: Policy,
    near: Vec<f64>,
    evaluation: Option<PolicyEvaluation>,
}

impl Measurement {
    /// Begins a measurement. `last` is what [`Measurement::finish`] gave the last time, the greedy policy and its values.
    #[must_use]
    pub fn new(table: &QTable, last: (Policy, Vec<f64>), tolerance: f64, horizon: u32) -> Self {
        Self {
            state: 0,
            values: (0..table.states()).map(|state| table.max(state)).collect(),
            row: Vec::new(),
            sums: Sums::default(),
            work: 0,
            tolerance,
            horizon,
            policy: last.0,
            near: last.1,
            evaluation: None,
        }
    }

    /// Goes on for about `work` pairs; returns how many were looked at and whether all is done.
    pub fn advance(
        &mut self,
        model: &impl Model,
        table: &QTable,
        optimum: &Optimum,
        work: u64,
    ) -> (u64, bool) {
        let mut used = 0;
        while used < work && self.state < model.states() {
            used += self.visit(model, table, optimum);
        }
        let mut done = false;
        if self.state == model.states() {
            let evaluation = self.evaluation.get_or_insert_with(|| {
                let policy = self.policy.clone();
                let near = std::mem::take(&mut self.near);
                match model.ends_within() {
                    Some(_) => PolicyEvaluation::staged(policy, near, optimum.gamma),
                    None => PolicyEvaluation::new(
                        policy,
                        near,
                        optimum.gamma,
                        self.tolerance,
                        self.horizon,
                    ),
                }
            });
            let progress = evaluation.advance(model, work.saturating_sub(used));
            used += progress.work;
            done = progress.done;
        }
        self.work += used;
        (used, done)
    }

    /// What was found, and the policy and values with which the next measurement begins.
    pub fn finish(self, model: &impl Model, pairs: usize) -> (Measured, (Policy, Vec<f64>)) {
        let (policy, values) = match self.evaluation {
            Some(evaluation) => evaluation.into_parts(),
            None => (self.policy, self.near),
        };
        let measured = Measured {
            q_distance: self.sums.distance / pairs as f64,
            bellman_residual: self.sums.residual / pairs as f64,
            greedy_changed: f64::from(self.sums.changed) / f64::from(self.sums.choices.max(1)),
            value: start_value(model, &values),
            work: self.work,
        };
        (measured, (policy, values))
    }

    fn visit(&mut self, model: &impl Model, table: &QTable, optimum: &Optimum) -> u64 {
        let state = self.state;
        self.state += 1;
        let q = table.row(state);
        if q.is_empty() {
            return 1;
        }
        self.row.clear();
        self.row.resize(q.len(), 0.0);
        model.backup(state, &self.values, optimum.gamma, &mut self.row);
        let from = table.pair(state, 0);
        let best = &optimum.q[from..from + q.len()];
        for ((&q, &backed_up), &star) in q.iter().zip(&self.row).zip(best) {
            self.sums.distance += (q - star).abs();
            self.sums.residual += (backed_up - q).abs();
        }
        if q.len() > 1 {
            self.sums.choices += 1;
            let greedy = &mut self.policy.greedy[state as usize];
            self.sums.changed += u32::from(*greedy != table.best(state));
            *greedy = table.best(state);
        }
        q.len() as u64
    }
}
