//! Training with a network in the place of the table.

use std::sync::Arc;

use super::{Phase, SCHEDULE_EVERY, Trainer};
use crate::agent::network::{Learned, NetworkLearner, TOGETHER};
use crate::env::{Model, draw};
use crate::problem::Problem;
use crate::train::snapshot::{StopReason, TrainEvent};
use crate::train::trace::StepTrace;

impl<M: Model> Trainer<M> {
    /// The network, where one learns.
    #[must_use]
    pub fn network(&self) -> Option<&NetworkLearner> {
        self.network.as_deref()
    }

    /// Makes the network that the settings ask for.
    ///
    /// # Errors
    /// `agent.memory`.
    pub(super) fn make_network(&mut self) -> Result<(), Problem> {
        let Some(config) = self.config.network else {
            return Ok(());
        };
        let network = NetworkLearner::new(&self.model, config, self.config.seed)?;
        self.step_work = network.step_work();
        self.ask_work = network.row_work() * u64::from(self.model.states());
        self.network = Some(Box::new(network));
        Ok(())
    }

    /// A step, and an update of the network where one is due. Told steps say what they did to the value, which costs two more looks.
    pub(super) fn network_step(&mut self, told: bool) -> StepTrace {
        if self.step.is_multiple_of(SCHEDULE_EVERY) {
            self.look_up_schedules();
        }
        let (state, gamma) = (self.state, self.config.gamma);
        let Some(network) = &mut self.network else {
            let model = Arc::clone(&self.model);
            return self.one_step(&*model);
        };
        let model = &Arc::clone(&self.model);
        let explored = self.epsilon > 0.0 && draw::unit(&mut self.explore) < self.epsilon;
        let action = if explored {
            draw::below(&mut self.explore, model.actions(state))
        } else {
            network.best(model, state)
        };
        let step = model.step(state, action, &mut self.dynamics);
        self.learner.count(state, action);
        let value = |network: &mut NetworkLearner| network.value(model, state, action);
        let (old, target) = if told {
            (value(network), network.aim(model, step, gamma))
        } else {
            (0.0, 0.0)
        };
        self.step += 1;
        let budget = self.config.budget_steps;
        let how = (self.config.algorithm, gamma);
        let alpha = network.rate(self.step, budget);
        match network.take(model, (state, action, step), how, (self.step, budget)) {
            Ok(Some(learned)) => {
                self.window.updates += 1;
                self.window.td_error += learned.td_error;
                self.window.alpha += alpha;
            }
            Ok(None) => {}
            Err(problem) => self.stop = Some(StopReason::Failed(problem)),
        }
        let new = if told { value(network) } else { 0.0 };
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

    /// What the newest update of the network in the place of the table came to.
    #[must_use]
    pub fn newest_update(&self) -> Option<Learned> {
        self.network.as_ref()?.newest()
    }

    /// Has the network write down what it thinks of the next few states; begins to measure after the last.
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

    /// Has the network write down what it thinks of every state.
    pub(super) fn ask_all(&mut self) {
        let mut first = 0;
        while self.network.is_some() && first < self.model.states() {
            first = self.write_down(first);
        }
    }

    /// Writes the values of a few states into the table and says where to go on. Values that are no finite numbers are left out, and like
    /// those beyond every bound end training.
    fn write_down(&mut self, first: u32) -> u32 {
        let Some(network) = &mut self.network else {
            return self.model.states();
        };
        let mut values = Vec::new();
        let next = first + network.many(&self.model, first, &mut values);
        let mut rest = values.as_slice();
        for state in first..next {
            let (row, others) = rest.split_at(self.learner.table().row(state).len());
            rest = others;
            if row.iter().all(|value| value.is_finite()) {
                self.learner.table_mut().set_row(state, row);
            }
            let beyond = |value: &f64| !(value.abs() <= self.bound);
            if self.stop.is_none()
                && let Some(action) = row.iter().position(beyond)
            {
                self.diverge((state, action as u32), row[action]);
            }
        }
        next
    }
}
