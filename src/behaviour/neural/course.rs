//! The course of learning: epochs, the validation window, the best weights so far, slice by slice.

use serde::{Deserialize, Serialize};

use super::hold_back;
use super::settings::Settings;
use super::step::{Learner, Step};
use super::windows::{Window, batches, windows};
use crate::behaviour::Sessions;
use crate::nn::weights::Weights;
use crate::problem::{Problem, Text};
use crate::random::{Rng, stream};

/// Validation windows used at most; of more, every so many-th is taken.
const VALIDATION_WINDOWS: usize = 1500;
/// Validation windows that pass through the network at once.
pub const AT_ONCE: usize = 64;
/// Validation states whose items are scored together, so that the table of embeddings is read once for all of them.
pub const SCORED_AT_ONCE: usize = 16;
/// Epochs without a better validation after which learning stops, and steps that these must hold at least: on a short log an
/// epoch is only a few.
const PATIENCE: u32 = 3;
const PATIENT_STEPS: u64 = 300;

/// One epoch as it went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Epoch {
    /// Mean cross-entropy.
    pub loss: f64,
    /// Mean temporal-difference loss.
    pub value_loss: f64,
    /// Mean length of the gradient.
    pub norm: f64,
    /// Hit rate at 20 on the validation window; none where it is not looked at.
    pub hr: Option<f64>,
    /// Mean reciprocal rank at 20 on the validation window.
    pub mrr: Option<f64>,
}

/// How learning goes, for whoever watches.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Learning {
    /// The epochs that are over, those of the run that looks for their number first.
    pub epochs: Vec<Epoch>,
    /// How many of them belonged to that run.
    pub searched: u32,
    /// The epoch that was best on the validation window, from 1; 0 before there is one.
    pub best: u32,
    /// Mean cross-entropy of the epoch under way so far.
    pub loss: f64,
    /// Mean length of its gradients so far.
    pub norm: f64,
    /// Targets learned from, in all.
    pub targets: f64,
    /// Why learning ended before its time, where it diverged, and which weights were kept.
    pub trouble: Option<Problem>,
}

/// A network on its way. The same sessions must be given to every call.
#[derive(Clone, Debug)]
pub struct Course {
    settings: Settings,
    /// The network as it is now.
    pub learner: Learner,
    /// What was measured, epoch by epoch.
    pub epochs: Vec<Epoch>,
    windows: Vec<Window>,
    held_out: Vec<Window>,
    order: Rng,
    batches: Vec<std::ops::Range<usize>>,
    next: usize,
    sums: Epoch,
    best: Option<(f64, u32, Weights)>,
    /// Epochs of the final run over all sessions; none while they are still being found.
    again: Option<u32>,
    epoch: u32,
    targets: f64,
    taken: u64,
    searched: u32,
    best_epoch: u32,
    trouble: Option<Problem>,
    /// Whether learning has ended and the weights to keep are in place.
    over: bool,
}

impl Course {
    /// Before the first step. `held_out` says which sessions are the validation window; with none, all epochs are run.
    #[must_use]
    pub fn new(settings: &Settings, sessions: &Sessions, held_out: &[bool]) -> Self {
        let inside = |window: &Window| {
            let session = sessions
                .start
                .partition_point(|&start| start <= window.start)
                - 1;
            held_out.get(session).copied().unwrap_or(false)
        };
        let all = windows(sessions, settings.events).into_iter();
        let (held, windows): (Vec<_>, Vec<_>) = all.partition(inside);
        let every = held.len().div_ceil(VALIDATION_WINDOWS).max(1);
        Self {
            settings: settings.clone(),
            learner: Learner::new(settings, sessions),
            epochs: Vec::new(),
            windows,
            held_out: held.into_iter().step_by(every).collect(),
            order: stream(settings.seed, "order"),
            batches: Vec::new(),
            next: 0,
            sums: Epoch::default(),
            best: None,
            again: None,
            epoch: 0,
            targets: 0.0,
            taken: 0,
            searched: 0,
            best_epoch: 0,
            trouble: None,
            over: false,
        }
    }

    /// How learning goes.
    #[must_use]
    pub fn learning(&self) -> Learning {
        let taken = self.next.max(1) as f64;
        Learning {
            epochs: self.epochs.clone(),
            searched: self.searched,
            best: self.best_epoch,
            loss: self.sums.loss / taken,
            norm: self.sums.norm / taken,
            targets: self.targets,
            trouble: self.trouble.clone(),
        }
    }

    /// Steps taken so far, those of the run over all sessions included.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.taken
    }

    /// The share done, at most; learning may stop earlier.
    #[must_use]
    pub fn progress(&self) -> f64 {
        if self.over {
            return 1.0;
        }
        let within = self.next as f64 / self.batches.len().max(1) as f64;
        let search = f64::from(self.settings.epochs);
        match self.again {
            None => {
                (f64::from(self.epoch) + within) / (search * if self.repeats() { 2.0 } else { 1.0 })
            }
            Some(epochs) => 0.5 + 0.5 * (f64::from(self.epoch) + within) / f64::from(epochs.max(1)),
        }
    }

    /// Whether learning has ended and the weights to keep are in place.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Whether the number of epochs is still being looked for, or all is learned in one run.
    #[must_use]
    pub fn searches(&self) -> bool {
        self.again.is_none() && !self.over
    }

    /// The best weights that have not learned from the validation window; those of now where it was never looked at, or learning has
    /// ended.
    #[must_use]
    pub fn searched(&self) -> &Weights {
        let best = self.best.as_ref().map(|best| &best.2);
        best.unwrap_or(&self.learner.weights)
    }

    fn repeats(&self) -> bool {
        self.settings.again && !self.held_out.is_empty()
    }

    /// Takes one step. Returns what it came to, or nothing where learning is over.
    ///
    /// Where it can't be taken ([`Step::holds`]), learning is over: the best weights so far on the validation window are put in place
    /// or, before it was looked at, the average of those until then, and [`Learning::trouble`] says why.
    ///
    /// # Errors
    /// `neural.diverged` where it was the first of all.
    pub fn step(&mut self, sessions: &Sessions) -> Result<Option<Step>, Problem> {
        if self.windows.is_empty() || self.over {
            return Ok(None);
        }
        if self.settings.steps > 0 && self.taken >= self.settings.steps {
            self.keep_best();
            return Ok(None);
        }
        if self.next == 0 {
            self.batches = batches(&mut self.windows, self.settings.batch, &mut self.order);
            self.sums = Epoch::default();
        }
        let batch = &self.windows[self.batches[self.next].clone()];
        let step = self.learner.step(sessions, batch);
        if !step.holds() {
            if self.taken == 0 {
                return Err(diverged_at_once());
            }
            self.trouble = Some(self.diverged());
            self.keep_best();
            return Ok(None);
        }
        self.targets += f64::from(step.targets);
        self.sums.loss += step.loss;
        self.sums.value_loss += step.value_loss;
        self.sums.norm += step.norm;
        self.next += 1;
        self.taken += 1;
        if self.next == self.batches.len() {
            self.end_epoch(sessions);
        }
        Ok(Some(step))
    }

    fn end_epoch(&mut self, sessions: &Sessions) {
        let steps = self.batches.len() as f64;
        let mut epoch = Epoch {
            loss: self.sums.loss / steps,
            value_loss: self.sums.value_loss / steps,
            norm: self.sums.norm / steps,
            ..Epoch::default()
        };
        self.next = 0;
        self.epoch += 1;
        if self.again.is_none() && !self.held_out.is_empty() {
            self.learner.swap_average();
            let (hr, mrr) = self.validate(sessions);
            (epoch.hr, epoch.mrr) = (Some(hr), Some(mrr));
            if self.best.as_ref().is_none_or(|best| mrr > best.0) {
                self.best_epoch = self.epoch;
                self.best = Some((mrr, self.epoch, self.learner.weights.clone()));
            }
            self.learner.swap_average();
        }
        self.epochs.push(epoch);
        self.searched += u32::from(self.again.is_none());
        self.sums = Epoch::default();
        let best = self.best.as_ref().map_or(self.epoch, |best| best.1);
        let since = u64::from(self.epoch.saturating_sub(best)) * self.batches.len() as u64;
        let waited = self.epoch >= best + PATIENCE && since >= PATIENT_STEPS;
        match self.again {
            None if self.epoch < self.settings.epochs && !waited => {}
            None if self.repeats() => self.start_again(sessions, best),
            Some(epochs) if self.epoch < epochs => {}
            Some(_) => {
                self.best = None;
                self.keep_best();
            }
            None => self.keep_best(),
        }
    }

    /// Ends learning: puts the best weights on the validation window in place or, where none were looked at, the newest average.
    pub fn keep_best(&mut self) {
        if self.over {
            return;
        }
        match self.best.take() {
            Some((_, _, weights)) => self.learner.weights = weights,
            None => self.learner.swap_average(),
        }
        self.rest();
    }

    /// Ends learning with the weights as they are, and gives back all that only learning needs.
    pub(super) fn rest(&mut self) {
        self.over = true;
        self.learner.rest();
        (self.windows, self.held_out) = (Vec::new(), Vec::new());
        self.batches = Vec::new();
        self.best = None;
    }

    /// Learns afresh from all sessions, for as many epochs as were best.
    fn start_again(&mut self, sessions: &Sessions, epochs: u32) {
        // Not both at a time: either holds the network several times over.
        self.learner.release();
        self.learner = Learner::new(&self.settings, sessions);
        self.windows = Vec::new();
        self.windows = windows(sessions, self.settings.events);
        self.order = stream(self.settings.seed, "order");
        self.again = Some(epochs);
        self.epoch = 0;
    }

    /// Hit rate and mean reciprocal rank at 20 on the validation window; ties count against the target.
    fn validate(&mut self, sessions: &Sessions) -> (f64, f64) {
        let (mut hits, mut reciprocal, mut count) = (0.0, 0.0, 0.0);
        let mut scores = Vec::new();
        let mut pack = crate::nn::gemm::Pack::default();
        for at in (0..self.held_out.len()).step_by(AT_ONCE) {
            let part = &self.held_out[at..(at + AT_ONCE).min(self.held_out.len())];
            let (states, rows) = self.learner.states(sessions, part);
            let states = states.to_vec();
            let Learner {
                network, weights, ..
            } = &self.learner;
            let states = states.chunks(SCORED_AT_ONCE * network.width);
            for (rows, states) in rows.chunks(SCORED_AT_ONCE).zip(states) {
                network.scores(weights, states, &mut scores, &mut pack);
                for (row, scores) in rows.iter().zip(scores.chunks_exact_mut(network.items)) {
                    let window = part[row.at % part.len()];
                    let newest = window.start as usize + row.at / part.len();
                    let seen = &sessions.item[window.start as usize..=newest];
                    hold_back(scores, seen, self.settings.seen);
                    let rank = rank(scores, row.item);
                    if (1..=20).contains(&rank) {
                        hits += 1.0;
                        reciprocal += 1.0 / rank as f64;
                    }
                    count += 1.0;
                }
            }
        }
        let count = f64::max(count, 1.0);
        (hits / count, reciprocal / count)
    }

    /// That learning diverged here, and what will be kept.
    fn diverged(&self) -> Problem {
        let epoch = self.epoch + 1;
        let [kept, saved] = if self.best.is_some() {
            [
                "The best weights so far were kept.",
                "已保留此前最好的权重。",
            ]
        } else {
            [
                "The average of the weights until then was kept.",
                "已保留此前权重的平均值。",
            ]
        };
        Problem::new(
            "neural.diverged",
            Text::new(
                format!(
                    "Learning diverged in epoch {epoch}: the loss is no finite number any more, or far above what guessing costs. {kept}"
                ),
                format!("第 {epoch} 轮学习发散：损失已不是有限数，或远高于随机猜测。{saved}"),
            ),
            smaller_rate(),
        )
    }
}

fn diverged_at_once() -> Problem {
    Problem::new(
        "neural.diverged",
        Text::new(
            "Learning diverged at its first step: the loss is no finite number. Nothing was learned.",
            "学习在第一步就发散：损失不是有限数。什么也没有学到。",
        ),
        smaller_rate(),
    )
}

fn smaller_rate() -> Text {
    Text::new("Try a smaller learning rate.", "请尝试更小的学习率。")
}

/// The place of an item when all are ranked by score; ties count against it, and 0 is that of one whose score is no number.
fn rank(scores: &[f32], item: u32) -> usize {
    let own = scores[item as usize];
    scores.iter().filter(|&&score| score >= own).count()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::behaviour::{History, Values};
    use crate::log::EventType;
    use crate::nn::encoder::Kind;

    fn course() -> (Course, Sessions) {
        let mut sessions = Sessions::new(8, false);
        for number in 0..40 {
            let history = History {
                items: &[number % 8, (number + 1) % 8, (number + 2) % 8],
                kinds: &[EventType::View; 3],
                times: &[0; 3],
            };
            sessions.push(history, number);
        }
        let settings = Settings {
            width: 8,
            epochs: 30,
            batch: 8,
            ..Settings::new(Kind::Gru, &Values::defaults(super::super::PARAMETERS))
        };
        let held_out: Vec<bool> = (0..40).map(|session| session >= 32).collect();
        (Course::new(&settings, &sessions, &held_out), sessions)
    }

    /// What a step too far leaves behind.
    fn spoil(course: &mut Course) {
        for tensor in &mut course.learner.weights.tensors {
            tensor.value.fill(f32::INFINITY);
        }
    }

    #[test]
    fn a_loss_that_is_no_number_ends_learning_with_the_best_weights_and_the_reason() {
        let (mut course, sessions) = course();
        while course.epochs.len() < 3 {
            course.step(&sessions).unwrap().unwrap();
        }
        let best = course.searched().clone();
        spoil(&mut course);
        assert_eq!(course.step(&sessions).unwrap(), None);
        let trouble = course.learning().trouble.unwrap();
        assert_eq!(trouble.code, "neural.diverged");
        assert!(trouble.what.en.contains("epoch 4"), "{trouble:?}");
        assert_eq!(course.learner.weights, best);
        // It stays so.
        assert_eq!(course.step(&sessions).unwrap(), None);
        assert_eq!(course.learner.weights, best);
    }

    #[test]
    fn without_any_weights_to_keep_it_is_a_failure() {
        let (mut course, sessions) = course();
        spoil(&mut course);
        let problem = course.step(&sessions).unwrap_err();
        assert_eq!(problem.code, "neural.diverged");
        assert!(problem.what.en.contains("Nothing was learned"));
    }

    /// Before the first look at the validation window the average of what was learned is there to be kept.
    #[test]
    fn weights_are_kept_in_the_first_epoch_too() {
        let (mut course, sessions) = course();
        course.step(&sessions).unwrap().unwrap();
        // Of one step, the average is what it came to.
        let learned = course.learner.weights.clone();
        spoil(&mut course);
        assert_eq!(course.step(&sessions).unwrap(), None);
        assert!(course.is_over());
        assert_eq!(course.learner.weights, learned);
        let trouble = course.learning().trouble.unwrap();
        assert!(trouble.what.en.contains("average"), "{trouble:?}");
    }

    /// Weights that are far too large, though finite: every score is off by thousands.
    #[test]
    fn a_loss_that_is_finite_and_explodes_ends_learning() {
        for weight in [0.0, 1.0] {
            let (mut course, sessions) = course();
            course.settings.value_weight = weight;
            course.learner = Learner::new(&course.settings, &sessions);
            course.step(&sessions).unwrap().unwrap();
            let learned = course.learner.weights.clone();
            let name = if weight > 0.0 {
                "item.value"
            } else {
                "item.bias"
            };
            let mut tensors = course.learner.weights.tensors.iter_mut();
            let biases = tensors.find(|tensor| tensor.name == name).unwrap();
            biases.value[..4].fill(1e4);
            assert_eq!(course.step(&sessions).unwrap(), None);
            assert_eq!(course.learner.weights, learned);
            assert_eq!(course.learning().trouble.unwrap().code, "neural.diverged");
        }
    }

    /// Three epochs and at least 300 steps without a better validation.
    #[test]
    fn learning_stops_early_where_validation_gets_no_better() {
        let (mut course, sessions) = course();
        course.settings.epochs = 1000;
        while course.again.is_none() {
            course.step(&sessions).unwrap().unwrap();
        }
        let (searched, best) = (course.searched, course.best_epoch);
        let steps = u64::from(searched - best) * 4;
        assert!(
            searched >= best + PATIENCE && steps >= PATIENT_STEPS,
            "{searched} {best}"
        );
        assert!(
            u64::from(searched - 1 - best) * 4 < PATIENT_STEPS,
            "{searched} {best}"
        );
        // All sessions are then learned from for as many epochs as were best.
        while course.step(&sessions).unwrap().is_some() {}
        assert_eq!(course.epochs.len() as u32, searched + best);
    }
}
