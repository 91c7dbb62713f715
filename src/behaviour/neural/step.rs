//! One step of learning: a batch of windows through the network, both losses, and back.

use rand::RngExt;

use super::heads::{Behaviour, Heads, Row};
use super::known::Known;
use super::network::{Inputs, Network, Pass};
use super::settings::Settings;
use super::values::Values;
use super::windows::Window;
use crate::behaviour::{History, Sessions};
use crate::log::EventType;
use crate::nn::adam::{Adam, AdamConfig, follow};
use crate::nn::weights::{Gradients, Weights};
use crate::nn::{Shape, clear};
use crate::random::{Rng, stream};

/// Steps after which the target network becomes a copy of the learner (hard update, Mnih et al. 2015).
const TARGET_STEPS: u64 = 100;

/// How fast the average of the weights forgets: those of step `t` count as `t` to this power (polynomial decay, Shamir & Zhang,
/// ICML 2013), so that it spans about the last seventh of the steps, however many there are.
const AVERAGE_POWER: f32 = 6.0;
/// Steps between updates of the average, once there are many.
const AVERAGE_STEPS: u64 = 8;

/// A loss so many times what it was at the first step, or what guessing costs, says that the weights explode, though they are finite yet:
/// learning lowers losses, and what single batches differ by is far from this.
const EXPLOSION: f64 = 100.0;

/// What is earned by an event (SQN, Xin et al. 2020: click 0.2, purchase 1; a cart lies between).
fn reward(kind: EventType) -> f32 {
    match kind {
        EventType::View | EventType::Click => 0.2,
        EventType::Cart => 0.5,
        EventType::Purchase => 1.0,
    }
}

/// What a step came to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Step {
    /// Mean cross-entropy of the targets.
    pub loss: f64,
    /// Mean temporal-difference loss; 0 without Q head.
    pub value_loss: f64,
    /// Euclidean length of the gradient; no number where the step was not taken.
    pub norm: f64,
    /// How many targets there were.
    pub targets: u32,
}

impl Step {
    /// Whether the step could be taken: everything is a finite number, and no loss has exploded.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.loss.is_finite() && self.value_loss.is_finite() && self.norm.is_finite()
    }
}

/// A network that learns.
#[derive(Clone, Debug)]
pub struct Learner {
    /// Where everything is.
    pub network: Network,
    /// Its weights.
    pub weights: Weights,
    average: Weights,
    target: Option<Weights>,
    /// What the target network makes of items.
    known: Option<Known>,
    gradients: Gradients,
    adam: Adam,
    config: AdamConfig,
    behaviour: Behaviour,
    values: Option<Values>,
    heads: Heads,
    pass: Pass,
    target_pass: Pass,
    inputs: Inputs,
    d_states: Vec<f32>,
    /// Losses that say that learning explodes; of the first step, what guessing costs and the most that can be earned stand for it.
    most: [f64; 2],
    luck: Rng,
    draws: Rng,
    steps: u64,
}

impl Learner {
    /// A network with its first weights.
    #[must_use]
    pub fn new(settings: &Settings, sessions: &Sessions) -> Self {
        let (network, weights) = Network::new(settings, sessions);
        let values = (settings.value_weight > 0.0).then(|| Values::new(settings));
        Self {
            target: values.is_some().then(|| weights.clone()),
            average: weights.clone(),
            gradients: Gradients::new(&weights),
            adam: Adam::new(&weights),
            config: AdamConfig {
                rate: settings.rate,
                ..AdamConfig::default()
            },
            behaviour: Behaviour::new(settings, sessions),
            known: values.as_ref().and_then(|_| Known::new(&network)),
            values,
            heads: Heads::default(),
            network,
            weights,
            pass: Pass::default(),
            target_pass: Pass::default(),
            inputs: Inputs::default(),
            d_states: Vec::new(),
            most: [
                libm::log(f64::from(sessions.items.max(3))),
                f64::from((1.0 + settings.conservative) / (1.0 - settings.gamma)),
            ],
            luck: stream(settings.seed, "dropout"),
            draws: stream(settings.seed, "negatives"),
            steps: 0,
        }
    }

    /// Learns from a batch of windows.
    pub fn step(&mut self, sessions: &Sessions, windows: &[Window]) -> Step {
        let (shape, rows) = self.load(sessions, windows);
        let Self {
            network,
            weights,
            gradients,
            pass,
            heads,
            ..
        } = self;
        let places = || rows.iter().map(|row| row.at);
        network.forward(weights, shape, &self.inputs, pass, Some(&mut self.luck));
        network.states(weights, places(), pass, Some(&mut self.luck));
        let states = &pass.projected.states;
        clear(&mut self.d_states, states.len());
        let mut step = Step {
            targets: rows.len() as u32,
            ..Step::default()
        };
        let bootstraps = self.values.is_some();
        heads.begin(bootstraps, rows.len());
        let into = (&states[..], &mut self.d_states[..]);
        step.loss = self.behaviour.learn(
            network,
            (weights, gradients),
            &rows,
            into,
            heads,
            &mut pass.pack,
            &mut self.draws,
        );
        if let (Some(values), Some(target)) = (&mut self.values, &self.target) {
            let theirs = &mut self.target_pass;
            if let Some(known) = &mut self.known {
                let into = theirs.cache.looked_at();
                known.recall(network, target, &self.inputs.items, into, &mut pass.pack);
            }
            network.forward(target, shape, &self.inputs, theirs, None);
            network.states(target, places(), theirs, None);
            let states = (&states[..], &theirs.projected.states[..]);
            let into = (states, &mut self.d_states[..]);
            step.value_loss = values.learn(
                network,
                (weights, target, gradients),
                &rows,
                into,
                heads,
                &mut pass.pack,
                &mut self.draws,
            );
        }
        let both = (&*weights, &mut *gradients);
        let d = (places(), &mut self.d_states[..]);
        network.backward(both, shape, &self.inputs, d, pass);
        step.norm = if Self::is_sound(&mut self.most, self.steps == 0, step) {
            self.adam.step(&self.config, 1.0, weights, gradients)
        } else {
            gradients.clear();
            f64::NAN
        };
        self.steps += 1;
        let gap = if self.steps < 8 * AVERAGE_STEPS {
            1
        } else {
            AVERAGE_STEPS
        };
        if self.steps.is_multiple_of(gap) && step.holds() {
            let share = gap as f32 * (AVERAGE_POWER + 1.0) / (self.steps as f32 + AVERAGE_POWER);
            follow(&mut self.average, weights, share);
        }
        if let Some(target) = &mut self.target
            && self.steps.is_multiple_of(TARGET_STEPS)
        {
            follow(target, weights, 1.0);
            if let Some(known) = &mut self.known {
                known.forget();
            }
        }
        step
    }

    /// Whether the losses are finite numbers and far below those of an explosion, for which the first ones count too.
    fn is_sound(most: &mut [f64; 2], first: bool, step: Step) -> bool {
        let losses = [step.loss, step.value_loss];
        if first {
            *most = [most[0].max(losses[0]), most[1].max(losses[1])];
        }
        let mut both = losses.iter().zip(most);
        both.all(|(loss, most)| loss.is_finite() && *loss <= EXPLOSION * *most)
    }

    /// Puts the average of the weights over the newest steps in their place, and them in its: what is learned at a constant rate
    /// never comes to rest, its average does.
    pub fn swap_average(&mut self) {
        std::mem::swap(&mut self.weights, &mut self.average);
    }

    /// Lays out a batch: the inputs, and one row for each target.
    fn load(&mut self, sessions: &Sessions, windows: &[Window]) -> (Shape, Vec<Row>) {
        let longest = windows.iter().map(|w| w.length - 1).max().unwrap_or(0);
        let shape = Shape {
            time: longest as usize,
            batch: windows.len(),
        };
        self.inputs.clear(shape);
        let mut rows = Vec::new();
        for (sequence, window) in windows.iter().enumerate() {
            let range = window.start as usize..(window.start + window.length) as usize;
            let history = History {
                items: &sessions.item[range.clone()],
                kinds: &sessions.kind[range.clone()],
                times: &sessions.time[range],
            };
            self.inputs
                .set(shape, sequence, history.first(window.length as usize - 1));
            let last = window.length as usize - 1;
            for t in window.skip as usize..last {
                let follows = t + 1 < last;
                rows.push(Row {
                    at: t * shape.batch + sequence,
                    item: history.items[t + 1],
                    reward: reward(history.kinds[t + 1]),
                    next: follows.then_some(rows.len() as u32 + 1),
                    end: !follows && window.end,
                });
            }
        }
        (shape, rows)
    }

    /// States after every target of these windows' inputs, with the targets: for validation.
    pub fn states<'a>(
        &'a mut self,
        sessions: &Sessions,
        windows: &[Window],
    ) -> (&'a [f32], Vec<Row>) {
        let (shape, rows) = self.load(sessions, windows);
        self.network
            .forward(&self.weights, shape, &self.inputs, &mut self.pass, None);
        let places = rows.iter().map(|row| row.at);
        self.network
            .states(&self.weights, places, &mut self.pass, None);
        (&self.pass.projected.states, rows)
    }

    /// Gives back what the network holds, when it is not needed any more.
    pub(super) fn release(&mut self) {
        self.rest();
        self.weights = Weights::default();
    }

    /// Gives back what only learning needs: all but the weights.
    pub(super) fn rest(&mut self) {
        let nothing = Weights::default();
        self.gradients = Gradients::new(&nothing);
        self.adam = Adam::new(&nothing);
        (self.target, self.pass, self.target_pass) = (None, Pass::default(), Pass::default());
        self.average = nothing;
        self.behaviour.release();
        (self.values, self.known, self.heads) = (None, None, Heads::default());
        (self.inputs, self.d_states) = (Inputs::default(), Vec::new());
    }

    /// Bytes that learning takes for so many weights: themselves, gradients, two means, the average, the best so far, the target
    /// network.
    #[must_use]
    pub fn bytes(weights: u64, values: bool) -> u64 {
        4 * weights * if values { 7 } else { 6 }
    }
}

/// An item drawn evenly.
pub fn any_item(items: usize, rng: &mut Rng) -> u32 {
    rng.random_range(0..items.max(1) as u32)
}
