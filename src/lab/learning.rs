//! Learning in a laboratory: the decision problem, its optimum, and the runs of training.

use super::configure;
use super::problems::Problem as Decision;
use super::protocol::Response;
use crate::agent::learner::Learner;
#[cfg(feature = "whole")]
use crate::agent::network::Needs;
use crate::env::Environment;
use crate::experiment::digest::{Digest, Sum};
use crate::experiment::outcome::Outcome;
use crate::experiment::parameters::{Settings, Value};
use crate::experiment::{Change, Stop};
use crate::problem::Problem;
use crate::solve::value_iteration::{Optimum, TOLERANCE, ValueIteration};
#[cfg(feature = "whole")]
use crate::train::TrainConfig;
use crate::train::{Snapshot, StepTrace, StopReason, TrainEvent, Trainer};

/// The value iteration under way, then its result.
enum Solution {
    Solving(Box<ValueIteration>),
    Solved(Box<Optimum>),
}

/// A decision problem and its optimum.
pub struct Decided {
    /// The problem.
    pub problem: Decision,
    solution: Solution,
}

impl Decided {
    /// Starts solving a problem.
    pub fn new(problem: Decision, gamma: f64) -> Self {
        let iteration = ValueIteration::new(&problem, gamma, TOLERANCE);
        Self {
            problem,
            solution: Solution::Solving(Box::new(iteration)),
        }
    }

    /// The optimum, once it is known.
    pub fn optimum(&self) -> Option<&Optimum> {
        match &self.solution {
            Solution::Solved(optimum) => Some(optimum),
            Solution::Solving(_) => None,
        }
    }

    /// A slice of solving; true when this slice found the optimum.
    pub fn advance(&mut self, work: u64) -> Result<(bool, Vec<Response>), Problem> {
        let Solution::Solving(iteration) = &mut self.solution else {
            return Ok((false, Vec::new()));
        };
        let progress = iteration.advance(&self.problem, work)?;
        let response = Response::Solving {
            sweeps: progress.sweeps,
            change: progress.change,
        };
        if progress.done {
            let optimum = iteration.optimum(&self.problem, progress.sweeps);
            self.solution = Solution::Solved(Box::new(optimum));
        }
        Ok((progress.done, vec![response]))
    }

    /// Pairs of state and action.
    pub fn pairs(&self) -> u64 {
        (0..self.problem.states())
            .map(|state| u64::from(self.problem.actions(state)))
            .sum()
    }

    /// Memory of the agent's tables, in bytes.
    pub fn table_bytes(&self, settings: &Settings) -> u64 {
        let algorithm = configure::training(settings, 0).algorithm;
        let table =
            Learner::bytes_needed(algorithm, u64::from(self.problem.states()), self.pairs());
        #[cfg(feature = "whole")]
        if let Some(needs) = needs(&configure::training(settings, 0), &self.problem) {
            return table + needs.bytes;
        }
        table
    }
}

/// What a network or tiles take in the place of the table; nothing where the table learns, or tiles can't.
#[cfg(feature = "whole")]
pub(super) fn needs(config: &TrainConfig, problem: &Decision) -> Option<Needs> {
    match (config.network, config.tiles) {
        (Some(network), _) => Some(network.needs(problem)),
        (_, Some(tiles)) => tiles.needs(problem, config.algorithm).ok(),
        _ => None,
    }
}

impl From<Change> for Response {
    fn from(change: Change) -> Self {
        let Change {
            run,
            step,
            key,
            value,
        } = change;
        Self::Changed {
            run,
            step,
            key,
            value,
        }
    }
}

/// What remains of a run that ended.
struct Ended {
    /// The measurement of what it left.
    last: Option<Snapshot>,
    steps: u64,
    reason: &'static str,
}

/// The runs of one experiment, one a seed.
pub struct Training {
    /// Whether training is held.
    pub paused: bool,
    runs: u32,
    run: u32,
    current: Option<Box<Trainer<Decision>>>,
    /// The trainer of the first seed after its end: recommendations speak for it.
    first: Option<Box<Trainer<Decision>>>,
    told: usize,
    ended: Vec<Ended>,
    learned: Sum,
    measured: Sum,
    /// Changes and the stop that this training shall repeat, or that were made to it.
    changes: Vec<Change>,
    /// How many of the changes have come about and were told.
    changed: usize,
    stop: Option<Stop>,
}

impl Training {
    /// Training from step 0, which repeats `changes` and `stop` if there are any.
    pub fn new(
        decided: &Decided,
        settings: &Settings,
        changes: Vec<Change>,
        stop: Option<Stop>,
    ) -> Result<Self, Problem> {
        let mut training = Self {
            paused: false,
            runs: settings.integer("repeats"),
            run: 0,
            current: None,
            first: None,
            told: 0,
            ended: Vec::new(),
            learned: Sum::default(),
            measured: Sum::default(),
            changes,
            changed: 0,
            stop,
        };
        training.current = Some(training.trainer(decided, settings)?);
        Ok(training)
    }

    fn trainer(
        &self,
        decided: &Decided,
        settings: &Settings,
    ) -> Result<Box<Trainer<Decision>>, Problem> {
        let optimum = decided.optimum().cloned().ok_or_else(super::not_solved)?;
        let config = configure::training(settings, self.run);
        let mine = self.changes.iter().filter(|change| change.run == self.run);
        let changes = mine
            .filter_map(|c| Some((c.step, configure::live(&c.key, &c.value)?)))
            .collect();
        let mut trainer = Trainer::replay(decided.problem.clone(), optimum, config, changes)?;
        if let Some(stop) = self.stop.as_ref().filter(|stop| stop.run == self.run) {
            trainer.stop_at(stop.step);
        }
        Ok(Box::new(trainer))
    }

    /// Whether there is work to do.
    pub fn busy(&self) -> bool {
        self.current.is_some() && !self.paused
    }

    /// Whether every run has ended.
    pub fn done(&self) -> bool {
        self.current.is_none()
    }

    /// The trainer whose Q-values are shown: that of the first seed.
    pub fn learned(&self) -> Option<&Trainer<Decision>> {
        self.first.as_deref().or(self.current.as_deref())
    }

    /// The last measurement of each run.
    #[cfg(feature = "whole")]
    pub fn latest(&self) -> Vec<Snapshot> {
        let ended = self.ended.iter().map(|run| run.last);
        let current = self
            .current
            .iter()
            .map(|run| run.snapshots().last().copied());
        ended.chain(current).flatten().collect()
    }

    /// Changes made to training while it ran.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Where training was stopped by hand.
    pub fn stopped(&self) -> Option<Stop> {
        self.stop
    }

    /// A slice of training.
    pub fn advance(
        &mut self,
        decided: &Decided,
        settings: &Settings,
        work: u64,
    ) -> Result<Vec<Response>, Problem> {
        let Some(trainer) = &mut self.current else {
            return Ok(Vec::new());
        };
        let events = trainer.advance(work);
        self.tell(&events, decided, settings)
    }

    /// A single step, told in full.
    pub fn step(
        &mut self,
        decided: &Decided,
        settings: &Settings,
    ) -> Result<(Option<StepTrace>, Vec<Response>), Problem> {
        let Some(trainer) = &mut self.current else {
            return Ok((None, Vec::new()));
        };
        let (trace, events) = trainer.step_once();
        Ok((trace, self.tell(&events, decided, settings)?))
    }

    /// Changes a parameter of the run under way.
    pub fn change(&mut self, key: &str, value: &Value) -> Result<Vec<Response>, Problem> {
        let (Some(trainer), Some(change)) = (&mut self.current, configure::live(key, value)) else {
            return Ok(Vec::new());
        };
        trainer.change(change)?;
        let step = trainer.steps();
        // What a link promised for later steps no longer holds once a person has taken over.
        let run = self.run;
        self.changes
            .retain(|change| (change.run, change.step) <= (run, step));
        self.changes.push(Change {
            run,
            step,
            key: key.to_owned(),
            value: value.clone(),
        });
        Ok(self.tell_changes())
    }

    /// The changes that have come about since they were told last, be they made by a person or repeated.
    fn tell_changes(&mut self) -> Vec<Response> {
        let Some(trainer) = &self.current else {
            return Vec::new();
        };
        let now = (self.run, trainer.steps());
        let told = self.changed.min(self.changes.len());
        let new = self.changes[told..].iter();
        let new = new.take_while(|change| (change.run, change.step) <= now);
        let responses: Vec<_> = new.cloned().map(Response::from).collect();
        self.changed = told + responses.len();
        responses
    }

    /// Ends training where it is: at once, or after the measurement under way.
    pub fn end(
        &mut self,
        decided: &Decided,
        settings: &Settings,
    ) -> Result<Vec<Response>, Problem> {
        let Some(trainer) = &mut self.current else {
            return Ok(Vec::new());
        };
        let step = trainer.steps();
        trainer.stop_at(step);
        let events = trainer.advance(1);
        let run = self.run;
        self.stop = Some(Stop { run, step });
        self.paused = false;
        self.tell(&events, decided, settings)
    }

    fn tell(
        &mut self,
        events: &[TrainEvent],
        decided: &Decided,
        settings: &Settings,
    ) -> Result<Vec<Response>, Problem> {
        let mut responses = self.tell_changes();
        let Some(trainer) = &self.current else {
            return Ok(responses);
        };
        let snapshots = trainer.snapshots()[self.told..].to_vec();
        self.told += snapshots.len();
        if !snapshots.is_empty() {
            responses.push(Response::Snapshots {
                run: self.run,
                snapshots,
            });
        }
        let budget = trainer.config().budget_steps;
        responses.push(Response::TrainProgress {
            run: self.run,
            step: trainer.steps(),
            budget,
            #[cfg(feature = "whole")]
            network: trainer.newest_update(),
        });
        for event in events {
            if let TrainEvent::Stopped(reason) = event {
                let (reason, text) = (name(reason), reason.explain());
                responses.push(Response::RunEnded {
                    run: self.run,
                    reason: reason.to_owned(),
                    text,
                });
                self.end_run(reason, decided, settings)?;
            }
        }
        Ok(responses)
    }

    /// Takes down what counts of a run that ended, and starts the next.
    fn end_run(
        &mut self,
        reason: &'static str,
        decided: &Decided,
        settings: &Settings,
    ) -> Result<(), Problem> {
        let Some(trainer) = self.current.take() else {
            return Ok(());
        };
        self.learned.reals(trainer.q().values());
        for snapshot in trainer.snapshots() {
            add_snapshot(&mut self.measured, snapshot);
        }
        let last = trainer.kept().copied();
        self.ended.push(Ended {
            last,
            steps: trainer.steps(),
            reason,
        });
        if self.first.is_none() {
            self.first = Some(trainer);
        }
        self.told = 0;
        self.run += 1;
        let stopped = self.stop.is_some_and(|stop| stop.run < self.run);
        if self.run < self.runs && !stopped {
            self.current = Some(self.trainer(decided, settings)?);
        }
        Ok(())
    }

    /// What the runs came to, once all have ended.
    pub fn outcome(&self, data: &str, events: &str, optimum: &Optimum) -> Option<Outcome> {
        if !self.done() {
            return None;
        }
        let last = |pick: fn(&Snapshot) -> f64| -> Vec<f64> {
            let numbers = self
                .ended
                .iter()
                .filter_map(|run| run.last.as_ref().map(pick));
            numbers.filter(|number| number.is_finite()).collect()
        };
        let percents = last(|snapshot| snapshot.value_percent);
        let distances = last(|snapshot| snapshot.q_distance);
        let mut solved = Sum::default();
        solved.reals(&optimum.q);
        solved.reals(&[optimum.start_value]);
        Some(Outcome {
            digest: Digest {
                data: data.to_owned(),
                events: events.to_owned(),
                optimum: solved.hex(),
                learned: self.learned.clone().hex(),
                measured: self.measured.clone().hex(),
            },
            runs: self.ended.len() as u32,
            steps: self.ended.iter().map(|run| run.steps).sum(),
            value_percent: mean(&percents),
            value_percent_low: percents.iter().copied().reduce(f64::min),
            value_percent_high: percents.iter().copied().reduce(f64::max),
            q_distance: mean(&distances),
            reasons: self.ended.iter().map(|run| run.reason.to_owned()).collect(),
        })
    }
}

fn mean(numbers: &[f64]) -> Option<f64> {
    (!numbers.is_empty()).then(|| numbers.iter().sum::<f64>() / numbers.len() as f64)
}

fn add_snapshot(sum: &mut Sum, snapshot: &Snapshot) {
    sum.whole(snapshot.step);
    sum.whole(snapshot.episodes);
    let or_nan = |number: Option<f64>| number.unwrap_or(f64::NAN);
    sum.reals(&[
        or_nan(snapshot.td_error),
        snapshot.q_distance,
        snapshot.bellman_residual,
        snapshot.value_percent,
        snapshot.value,
        snapshot.epsilon,
        or_nan(snapshot.alpha),
        snapshot.greedy_changed,
        or_nan(snapshot.mean_return),
    ]);
}

fn name(reason: &StopReason) -> &'static str {
    match reason {
        StopReason::Converged(_) => "converged",
        StopReason::Budget => "budget",
        StopReason::Diverged { .. } => "diverged",
        StopReason::Stopped => "stopped",
        StopReason::Failed(_) => "failed",
    }
}
