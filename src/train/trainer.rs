//! The one training loop: steps, measurements and changes, in slices that never show in the result.

#[cfg(feature = "whole")]
mod approximator;

use std::sync::Arc;

#[cfg(feature = "whole")]
use crate::agent::approximator::Approximator;
use crate::agent::learner::Learner;
use crate::agent::schedule::Shape;
use crate::agent::table::QTable;
use crate::env::{Environment, Model, Visitor};
use crate::problem::Problem;
use crate::random::{Rng, stream};
use crate::solve::value_iteration::{Optimum, Policy, TOLERANCE, ValueIteration};
use crate::train::config::{Change, Parameter, TrainConfig};
use crate::train::judge::converged;
use crate::train::measure::Measurement;
use crate::train::snapshot::{Snapshot, StopReason, TrainEvent};
use crate::train::trace::StepTrace;

/// Work that one step of training counts for, in state-action pairs looked at (both measured natively).
const STEP_WORK: u64 = 16;

/// Schedules are looked up anew every so many steps; a power of two.
const SCHEDULE_EVERY: u64 = 64;

/// A measurement of less work than this (about two milliseconds) is never left out.
const CHEAP: u64 = 500_000;

/// Q-values beyond this multiple of the largest |Q*| mean divergence.
const DIVERGENCE: f64 = 1e4;

/// What is summed up between two measurements.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    updates: u64,
    td_error: f64,
    alpha: f64,
    episodes: u64,
    returns: f64,
}

impl Window {
    fn mean(sum: f64, count: u64) -> Option<f64> {
        (count > 0).then(|| sum / count as f64)
    }
}

/// What the trainer is busy with.
#[derive(Clone, Debug)]
enum Phase {
    Learn,
    /// Has the approximator write down what it thinks of every state, from this one on; a measurement follows.
    #[cfg(feature = "whole")]
    Ask(u32),
    Measure(Box<Measurement>),
    Solve(Box<ValueIteration>),
}

/// Steps of a trainer on the model behind its own: how many it took.
struct Steps<'a, M> {
    trainer: &'a mut Trainer<M>,
    steps: u64,
}

impl<M: Model> Visitor for Steps<'_, M> {
    type Output = u64;

    fn work(self, model: &impl Model) -> u64 {
        #[cfg(feature = "whole")]
        if self.trainer.approximator.is_some() {
            for taken in 1..=self.steps {
                self.trainer.approximate_step(model, false);
                if self.trainer.stop.is_some() {
                    return taken;
                }
            }
            return self.steps;
        }
        for taken in 1..=self.steps {
            self.trainer.one_step(model);
            if self.trainer.stop.is_some() {
                return taken;
            }
        }
        self.steps
    }
}

/// Trains an agent on a model and measures it against the optimum.
#[derive(Clone, Debug)]
pub struct Trainer<M> {
    model: Arc<M>,
    config: TrainConfig,
    optimum: Optimum,
    learner: Learner,
    /// What learns in the place of the learner's table: it writes its values there when they are measured, and at the end.
    #[cfg(feature = "whole")]
    approximator: Option<Approximator>,
    /// The measurement at which the network in the table's place was best.
    #[cfg(feature = "whole")]
    best: Option<usize>,
    /// Work that a step counts for, and asking for all values.
    step_work: u64,
    ask_work: u64,
    explore: Rng,
    dynamics: Rng,
    coin: Rng,
    phase: Phase,
    step: u64,
    episodes: u64,
    state: u32,
    episode_steps: u32,
    episode_return: f64,
    alpha: f64,
    epsilon: f64,
    window: Window,
    snapshots: Vec<Snapshot>,
    next_snapshot: u64,
    snapshot_number: u64,
    /// Greedy policy and its values at the last measurement.
    measured: (Policy, Vec<f64>),
    changes: Vec<(u64, Change)>,
    applied: usize,
    /// Step at which the run is to be stopped; `u64::MAX` for never.
    halt: u64,
    bound: f64,
    scale: f64,
    stop: Option<StopReason>,
}

impl<M: Model> Trainer<M> {
    /// A trainer at step 0. `optimum` is that of `model` at the discount of `config`.
    ///
    /// # Errors
    /// `train.range` for a setting out of its range, `agent.memory` when the tables would not fit.
    pub fn new(model: M, optimum: Optimum, config: TrainConfig) -> Result<Self, Problem> {
        Self::replay(model, optimum, config, Vec::new())
    }

    /// A trainer that makes the `changes` of an earlier run at their steps (ascending), and so comes to its very bits.
    ///
    /// # Errors
    /// Those of [`Trainer::new`], also for the values of the changes.
    pub fn replay(
        model: M,
        optimum: Optimum,
        mut config: TrainConfig,
        changes: Vec<(u64, Change)>,
    ) -> Result<Self, Problem> {
        config.check()?;
        // What ends by itself is not cut before: states near the end would never be seen.
        let whole = model.ends_within().unwrap_or(1);
        config.episode_cap = config.episode_cap.max(whole);
        let mut trial = config;
        for (_, change) in &changes {
            change.apply(&mut trial)?;
        }
        let learner = Learner::new(config.algorithm, &model, config.initial_q)?;
        let states = model.states() as usize;
        let mut dynamics = stream(config.seed, "environment");
        let state = model.reset(&mut dynamics);
        let mut trainer = Self {
            learner,
            #[cfg(feature = "whole")]
            approximator: None,
            #[cfg(feature = "whole")]
            best: None,
            step_work: STEP_WORK,
            ask_work: 0,
            explore: stream(config.seed, "explore"),
            coin: stream(config.seed, "double"),
            dynamics,
            phase: Phase::Learn,
            step: 0,
            episodes: 0,
            state,
            episode_steps: 0,
            episode_return: 0.0,
            alpha: 0.0,
            epsilon: 0.0,
            window: Window::default(),
            snapshots: Vec::new(),
            next_snapshot: 0,
            snapshot_number: 0,
            measured: (
                Policy {
                    greedy: vec![0; states],
                    epsilon: 0.0,
                },
                vec![0.0; states],
            ),
            changes,
            applied: 0,
            halt: u64::MAX,
            bound: 0.0,
            scale: 0.0,
            stop: None,
            model: Arc::new(model),
            config,
            optimum,
        };
        trainer.set_bounds();
        trainer.look_up_schedules();
        #[cfg(feature = "whole")]
        trainer.make_approximator()?;
        Ok(trainer)
    }

    /// Works for about as long as looking at `work` state-action pairs takes, measuring included, and tells what happened.
    /// The result never depends on how the work was sliced.
    pub fn advance(&mut self, work: u64) -> Vec<TrainEvent> {
        let mut events = Vec::new();
        let mut left = work;
        while left > 0 && self.stop.is_none() {
            let used = match self.phase {
                Phase::Learn => self.learn(left, &mut events),
                #[cfg(feature = "whole")]
                Phase::Ask(_) => self.ask(&mut events),
                Phase::Measure(_) => self.measure(left, &mut events),
                Phase::Solve(_) => self.solve(left, &mut events),
            };
            left = left.saturating_sub(used.max(1));
        }
        events
    }

    /// Takes one step and tells it in full, after finishing whatever stands before it. `None` when training has ended.
    pub fn step_once(&mut self) -> (Option<StepTrace>, Vec<TrainEvent>) {
        let mut events = Vec::new();
        while self.stop.is_none() {
            match self.phase {
                Phase::Learn if self.is_due() => {
                    self.prepare(&mut events);
                }
                Phase::Learn => {
                    let trace = self.told_step();
                    if let Some(reason) = self.stop.clone() {
                        self.end(reason, &mut events);
                    }
                    return (Some(trace), events);
                }
                #[cfg(feature = "whole")]
                Phase::Ask(_) => {
                    self.ask(&mut events);
                }
                Phase::Measure(_) => {
                    self.measure(u64::MAX, &mut events);
                }
                Phase::Solve(_) => {
                    self.solve(u64::MAX, &mut events);
                }
            }
        }
        (None, events)
    }

    /// Changes a setting from the next step on, and keeps the change for a replay.
    ///
    /// # Errors
    /// `train.range` when the value is out of its range; nothing is changed then.
    pub fn change(&mut self, change: Change) -> Result<(), Problem> {
        let mut trial = self.config;
        change.apply(&mut trial)?;
        self.changes
            .truncate(self.changes.partition_point(|&(step, _)| step <= self.step));
        self.changes.push((self.step, change));
        Ok(())
    }

    /// Ends training once this many steps are taken, but for a measurement that is due or under way there, which comes
    /// first: so a stop by hand and its replay come to the same. A network is measured there in any case, and its best measured weights
    /// are kept.
    pub fn stop_at(&mut self, step: u64) {
        self.halt = step;
    }

    /// The agent's Q-values.
    #[must_use]
    pub fn q(&self) -> &QTable {
        self.learner.table()
    }

    /// The agent.
    #[must_use]
    pub fn learner(&self) -> &Learner {
        &self.learner
    }

    /// The model it is trained on.
    #[must_use]
    pub fn model(&self) -> &M {
        &self.model
    }

    /// The optimum it is measured against.
    #[must_use]
    pub fn optimum(&self) -> &Optimum {
        &self.optimum
    }

    /// The settings as they stand after the changes made so far.
    #[must_use]
    pub fn config(&self) -> &TrainConfig {
        &self.config
    }

    /// The measurements so far.
    #[must_use]
    pub fn snapshots(&self) -> &[Snapshot] {
        &self.snapshots
    }

    /// The measurement of the values that are there: the newest or, where a network was stopped or diverged, its best.
    #[must_use]
    pub fn kept(&self) -> Option<&Snapshot> {
        let last = self.snapshots.last();
        #[cfg(feature = "whole")]
        if self.stop.as_ref().is_some_and(StopReason::is_early) {
            return self.best.and_then(|best| self.snapshots.get(best)).or(last);
        }
        last
    }

    /// The changes made or planned, each with the step after which it holds.
    #[must_use]
    pub fn changes(&self) -> &[(u64, Change)] {
        &self.changes
    }

    /// Why training ended, if it has.
    #[must_use]
    pub fn stop_reason(&self) -> Option<&StopReason> {
        self.stop.as_ref()
    }

    /// Steps taken.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.step
    }

    /// Work that a step counts for in [`Trainer::advance`].
    #[must_use]
    pub fn step_work(&self) -> u64 {
        self.step_work
    }

    /// Episodes finished or cut.
    #[must_use]
    pub fn episodes(&self) -> u64 {
        self.episodes
    }

    /// Whether a measurement, a change or the end comes before the next step.
    fn is_due(&self) -> bool {
        self.step >= self.next_snapshot
            || self.next_change().is_some_and(|step| step <= self.step)
            || self.step >= self.config.budget_steps.min(self.halt)
    }

    fn next_change(&self) -> Option<u64> {
        self.changes.get(self.applied).map(|&(step, _)| step)
    }

    /// Does what is due before the next step: first the measurement, then changes, then the end.
    fn prepare(&mut self, events: &mut Vec<TrainEvent>) {
        if self.step >= self.next_snapshot {
            self.next_snapshot = u64::MAX;
            #[cfg(feature = "whole")]
            if self.approximator.is_some() {
                self.phase = Phase::Ask(0);
                return;
            }
            self.begin_measuring();
        } else if self.step >= self.halt {
            #[cfg(feature = "whole")]
            if self.is_unmeasured() {
                self.phase = Phase::Ask(0);
                return;
            }
            self.end(StopReason::Stopped, events);
        } else if self.step >= self.config.budget_steps {
            self.end(StopReason::Budget, events);
        } else if let Some(&(_, change)) = self.changes.get(self.applied) {
            self.applied += 1;
            // The value was checked when the change was asked for.
            let _ = change.apply(&mut self.config);
            self.look_up_schedules();
            if change.parameter == Parameter::Gamma {
                let near = self.optimum.values.clone();
                let solver = ValueIteration::from_values(near, self.config.gamma, TOLERANCE);
                self.phase = Phase::Solve(Box::new(solver));
            }
        }
    }

    fn begin_measuring(&mut self) {
        let last = std::mem::take(&mut self.measured.1);
        let greedy = std::mem::take(&mut self.measured.0.greedy);
        let policy = Policy {
            greedy,
            epsilon: 0.0,
        };
        let tolerance = 1e-7 * self.scale;
        self.phase = Phase::Measure(Box::new(Measurement::new(
            self.learner.table(),
            (policy, last),
            tolerance,
            self.config.episode_cap,
        )));
    }

    fn end(&mut self, reason: StopReason, events: &mut Vec<TrainEvent>) {
        #[cfg(feature = "whole")]
        self.end_approximator(&reason);
        self.stop = Some(reason.clone());
        events.push(TrainEvent::Stopped(reason));
    }

    fn learn(&mut self, work: u64, events: &mut Vec<TrainEvent>) -> u64 {
        if self.is_due() {
            self.prepare(events);
            return 1;
        }
        let until = self
            .next_snapshot
            .min(self.config.budget_steps)
            .min(self.halt);
        let until = until.min(self.next_change().unwrap_or(u64::MAX));
        let steps = work.div_ceil(self.step_work).min(until - self.step);
        let taken = self.take_steps(steps);
        if let Some(reason) = self.stop.clone() {
            self.end(reason, events);
        }
        taken * self.step_work
    }

    /// Steps of the table or of what stands in its place until something ends the run; how many they were.
    fn take_steps(&mut self, steps: u64) -> u64 {
        let model = Arc::clone(&self.model);
        // Of the model itself: the pointer would be visited as such.
        M::visit(
            &model,
            Steps {
                trainer: self,
                steps,
            },
        )
    }

    /// A step that somebody wants to know of.
    fn told_step(&mut self) -> StepTrace {
        let model = Arc::clone(&self.model);
        #[cfg(feature = "whole")]
        if self.approximator.is_some() {
            return self.approximate_step(&*model, true);
        }
        self.one_step(&*model)
    }

    #[inline]
    fn one_step(&mut self, model: &impl Environment) -> StepTrace {
        if self.step.is_multiple_of(SCHEDULE_EVERY) {
            self.look_up_schedules();
        }
        let state = self.state;
        let actions = model.actions(state);
        let (action, explored) = self
            .learner
            .act(state, actions, self.epsilon, &mut self.explore);
        let step = model.step(state, action, &mut self.dynamics);
        let alpha = match self.config.alpha.shape {
            Shape::Inverse => {
                let visits = u64::from(self.learner.visited(state, action));
                self.config.alpha.at(visits, self.config.budget_steps)
            }
            _ => self.alpha,
        };
        let pair = (state, action);
        let update = self
            .learner
            .learn(pair, step, alpha, self.config.gamma, &mut self.coin);
        self.step += 1;
        self.window.updates += 1;
        self.window.td_error += (update.target - update.old).abs();
        self.window.alpha += alpha;
        if update.new.abs() > self.bound || update.new.is_nan() {
            self.diverge(pair, update.new);
        }
        self.episode_return += step.reward;
        self.episode_steps += 1;
        if step.end || self.episode_steps >= self.config.episode_cap {
            self.next_episode(model);
        } else {
            self.state = step.next;
        }
        StepTrace {
            step: self.step,
            state,
            action,
            reward: step.reward,
            next: step.next,
            end: step.end,
            old: update.old,
            new: update.new,
            target: update.target,
            alpha,
            epsilon: self.epsilon,
            explored,
        }
    }

    #[cold]
    fn diverge(&mut self, (state, action): (u32, u32), value: f64) {
        self.stop = Some(StopReason::Diverged {
            state,
            action,
            value,
            bound: self.bound,
        });
    }

    fn next_episode(&mut self, model: &impl Environment) {
        self.episodes += 1;
        self.window.episodes += 1;
        self.window.returns += self.episode_return;
        self.episode_return = 0.0;
        self.episode_steps = 0;
        self.state = model.reset(&mut self.dynamics);
    }

    fn look_up_schedules(&mut self) {
        let budget = self.config.budget_steps;
        self.epsilon = self.config.epsilon.at(self.step, budget);
        self.alpha = self.config.alpha.at(self.step, budget);
    }

    fn set_bounds(&mut self) {
        let sizes = self.optimum.q.iter().map(|q| q.abs());
        let pairs = self.optimum.q.len().max(1) as f64;
        let mean = sizes.clone().sum::<f64>() / pairs;
        self.scale = if mean > 0.0 { mean } else { 1.0 };
        let largest = sizes.fold(1.0, f64::max).max(self.config.initial_q.abs());
        self.bound = (DIVERGENCE * largest).min(1e12);
        #[cfg(feature = "whole")]
        {
            // Returns at another discount are no measure of those at this one.
            self.best = None;
        }
    }

    fn solve(&mut self, work: u64, events: &mut Vec<TrainEvent>) -> u64 {
        let Phase::Solve(solver) = &mut self.phase else {
            return 0;
        };
        match solver.advance(&*self.model, work) {
            Ok(progress) => {
                if progress.done {
                    self.optimum = solver.optimum(&*self.model, progress.sweeps);
                    self.phase = Phase::Learn;
                    self.set_bounds();
                }
                progress.work
            }
            Err(problem) => {
                self.end(StopReason::Failed(problem), events);
                1
            }
        }
    }

    fn measure(&mut self, work: u64, events: &mut Vec<TrainEvent>) -> u64 {
        let Phase::Measure(measurement) = &mut self.phase else {
            return 0;
        };
        let table = self.learner.table();
        let (used, done) = measurement.advance(&*self.model, table, &self.optimum, work);
        if done && let Phase::Measure(finished) = std::mem::replace(&mut self.phase, Phase::Learn) {
            self.keep(*finished, events);
        }
        used
    }

    /// Makes a snapshot of a finished measurement, plans the next one and looks whether training has converged.
    fn keep(&mut self, finished: Measurement, events: &mut Vec<TrainEvent>) {
        let pairs = self.optimum.q.len();
        let (found, measured) = finished.finish(&*self.model, pairs);
        self.measured = measured;
        let window = std::mem::take(&mut self.window);
        self.snapshots.push(Snapshot {
            step: self.step,
            episodes: self.episodes,
            td_error: Window::mean(window.td_error, window.updates),
            q_distance: found.q_distance,
            bellman_residual: found.bellman_residual,
            value_percent: self.percent(found.value),
            value: found.value,
            epsilon: self.config.epsilon.at(self.step, self.config.budget_steps),
            alpha: Window::mean(window.alpha, window.updates),
            greedy_changed: found.greedy_changed,
            mean_return: Window::mean(window.returns, window.episodes),
        });
        events.push(TrainEvent::Snapshot(self.snapshots.len() - 1));
        #[cfg(feature = "whole")]
        self.note_best();
        self.plan_next(found.work + self.ask_work);
        let pairs = self.optimum.q.len() as u64;
        if let Some(criterion) = converged(&self.snapshots, &self.config, pairs, self.scale) {
            self.end(StopReason::Converged(criterion), events);
        }
    }

    fn percent(&self, value: f64) -> f64 {
        let best = self.optimum.start_value;
        let unit = if best.abs() > 1e-9 {
            best.abs()
        } else {
            self.scale
        };
        100.0 * (1.0 - (best - value) / unit)
    }

    /// Plans the next measurement: the next point of the plan, or a later one when measuring costs more than
    /// two fifths of learning. `cost` is the work of the measurement just made.
    fn plan_next(&mut self, cost: u64) {
        let budget = self.config.budget_steps;
        if self.step >= budget {
            self.next_snapshot = u64::MAX;
            return;
        }
        let planned = u64::from(self.config.snapshots);
        let allowance = (budget.saturating_mul(self.step_work) / planned).saturating_mul(2) / 5;
        self.snapshot_number += 1 + cost / allowance.max(CHEAP);
        while self.config.measured_at(self.snapshot_number) <= self.step {
            self.snapshot_number += 1;
        }
        self.next_snapshot = self.config.measured_at(self.snapshot_number);
    }
}
