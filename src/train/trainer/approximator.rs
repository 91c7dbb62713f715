//! Training with a network or with tiles in the place of the table.

use super::{Phase, SCHEDULE_EVERY, Trainer};
use crate::agent::approximator::Approximator;
use crate::agent::linear::{Lesson, TileLearner};
use crate::agent::network::{self, NetworkLearner, TOGETHER};
use crate::env::{Environment, Model};
use crate::problem::Problem;
use crate::random::draw;
use crate::train::snapshot::{Snapshot, StopReason, TrainEvent};
use crate::train::trace::StepTrace;

impl<M: Model> Trainer<M> {
    /// Whether something else than a table holds the action values.
    #[must_use]
    pub fn approximates(&self) -> bool {
        self.approximator.is_some()
    }

    /// Makes the network or the tiles that the settings ask for.
    ///
    /// # Errors
    /// `agent.memory`; `agent.no-coordinates` and `tiles.size` for tiles.
    pub(super) fn make_approximator(&mut self) -> Result<(), Problem> {
        let config = &self.config;
        let made = if let Some(network) = config.network {
            let network = NetworkLearner::new(&self.model, network, config.seed)?;
            Approximator::Network(Box::new(network))
        } else if let Some(tiles) = config.tiles {
            let how = (config.algorithm, config.initial_q);
            let tiles = TileLearner::new(&self.model, tiles, how, config.seed)?;
            Approximator::Tiles(Box::new(tiles))
        } else {
            return Ok(());
        };
        self.step_work = made.step_work();
        self.ask_work = made.row_work() * u64::from(self.model.states());
        self.approximator = Some(made);
        Ok(())
    }

    /// A step, and an update where one is due. Told steps say what they did to the value, which costs two more looks.
    #[inline]
    pub(super) fn approximate_step(&mut self, model: &impl Environment, told: bool) -> StepTrace {
        if self.step.is_multiple_of(SCHEDULE_EVERY) {
            self.look_up_schedules();
        }
        let (state, gamma) = (self.state, self.config.gamma);
        let Some(approximator) = &mut self.approximator else {
            return self.one_step(model);
        };
        let explored = self.epsilon > 0.0 && draw::unit(&mut self.explore) < self.epsilon;
        let action = if explored {
            draw::below(&mut self.explore, model.actions(state))
        } else {
            approximator.best(model, state)
        };
        let step = model.step(state, action, &mut self.dynamics);
        self.learner.count(state, action);
        let (old, target) = if told {
            (
                approximator.value(model, state, action),
                approximator.aim(model, step, gamma),
            )
        } else {
            (0.0, 0.0)
        };
        self.step += 1;
        let lesson = Lesson {
            gamma,
            alpha: self.config.alpha,
            step: self.step,
            budget: self.config.budget_steps,
        };
        let seen = (state, action, step);
        let (mut alpha, mut off) = (0.0, 0.0);
        match approximator.take(model, seen, self.config.algorithm, &lesson) {
            Ok(Some(learned)) => {
                off = learned.td_error;
                alpha = learned.alpha;
                self.window.updates += 1;
                self.window.td_error += learned.td_error;
                self.window.alpha += alpha;
            }
            Ok(None) => {}
            Err(problem) => self.stop = Some(StopReason::Failed(problem)),
        }
        let new = if told {
            approximator.value(model, state, action)
        } else {
            0.0
        };
        if !(off <= self.bound) {
            self.diverge((state, action), off);
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
            old,
            new,
            target,
            alpha,
            epsilon: self.epsilon,
            explored,
        }
    }

    /// What the newest update of a network in the place of the table came to.
    #[must_use]
    pub fn newest_update(&self) -> Option<network::Learned> {
        match self.approximator.as_ref()? {
            Approximator::Network(network) => network.newest(),
            Approximator::Tiles(_) => None,
        }
    }

    /// Has the approximator write down what it thinks of the next few states; begins to measure after the last.
    pub(super) fn ask(&mut self, events: &mut Vec<TrainEvent>) -> u64 {
        let Phase::Ask(first) = self.phase else {
            return 0;
        };
        let next = self.write_down(first);
        if self.stop.is_some() {
            let reason = self.stop.take().unwrap_or(StopReason::Stopped);
            self.phase = Phase::Learn;
            self.end(reason, events);
        } else if next < self.model.states() {
            self.phase = Phase::Ask(next);
        } else {
            self.phase = Phase::Learn;
            self.begin_measuring();
        }
        self.ask_work * TOGETHER as u64 / u64::from(self.model.states()).max(1)
    }

    /// Whether the network is another than when it was measured last.
    pub(super) fn is_unmeasured(&self) -> bool {
        let network = matches!(self.approximator, Some(Approximator::Network(_)));
        let before = |last: &Snapshot| last.step < self.step;
        network && self.snapshots.last().is_none_or(before)
    }

    /// After a measurement: keeps the weights where none were better.
    pub(super) fn note_best(&mut self) {
        let Some(approximator) = &mut self.approximator else {
            return;
        };
        let (newest, value) = (self.snapshots.len() - 1, |at: usize| {
            self.snapshots[at].value
        });
        if self.best.is_none_or(|best| value(newest) >= value(best)) && approximator.keep_best() {
            self.best = Some(newest);
        }
    }

    /// Writes down what counts of the approximator at the end: as it is where training came to its end, the best that was measured
    /// where it was stopped or diverged.
    pub(super) fn end_approximator(&mut self, reason: &StopReason) {
        if let Some(approximator) = self.approximator.as_mut().filter(|_| reason.is_early()) {
            approximator.take_best();
        }
        self.ask_all();
        if let Some(approximator) = &mut self.approximator {
            approximator.rest();
        }
    }

    /// Has the approximator write down what it thinks of every state.
    fn ask_all(&mut self) {
        let mut first = 0;
        while self.approximator.is_some() && first < self.model.states() {
            first = self.write_down(first);
        }
    }

    /// Writes the values of a few states into the table and says where to go on. Values that are no finite numbers or beyond every bound
    /// are left out, and end training.
    fn write_down(&mut self, first: u32) -> u32 {
        let Some(approximator) = &mut self.approximator else {
            return self.model.states();
        };
        let mut values = Vec::new();
        let next = first + approximator.many(&self.model, first, &mut values);
        let mut rest = values.as_slice();
        for state in first..next {
            let (row, others) = rest.split_at(self.learner.table().row(state).len());
            rest = others;
            let beyond = |value: &f64| !(value.abs() <= self.bound);
            match row.iter().position(beyond) {
                None => self.learner.table_mut().set_row(state, row),
                Some(action) if self.stop.is_none() => {
                    self.diverge((state, action as u32), row[action]);
                }
                Some(_) => {}
            }
        }
        next
    }
}
