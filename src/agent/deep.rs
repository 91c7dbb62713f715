//! The deep Q-network (Mnih et al. 2015) with double Q-learning (van Hasselt, Guez & Silver 2016): a network of one or two hidden
//! layers, a replay buffer, a target network, and epsilon-greedy exploration.

use rand::RngExt;

use super::schedule::Schedule;
use crate::env::simulator::Simulator;
use crate::nn::activation::Activation;
use crate::nn::adam::{Adam, AdamConfig, Rate, follow};
use crate::nn::clear;
use crate::nn::gemm::Pack;
use crate::nn::linear::Linear;
use crate::nn::loss::huber;
use crate::nn::weights::{Gradients, Weights};
use crate::problem::{Problem, Text};
use crate::random::{Rng, draw, stream};

/// Bytes that a replay buffer may take.
const MOST_BYTES: u64 = 512 << 20;

/// How a deep Q-network learns.
#[derive(Clone, Debug, PartialEq)]
pub struct DeepConfig {
    /// Hidden units of each layer, from the input on.
    pub hidden: Vec<usize>,
    /// Discount, in `[0, 1]`.
    pub gamma: f32,
    /// Adam's learning rate and the rest.
    pub adam: AdamConfig,
    /// The learning rate over [`DeepConfig::budget_steps`].
    pub rate: Rate,
    /// Temporal difference beyond which the loss is linear: about the size of the returns.
    pub limit: f32,
    /// Probability of a random action, over [`DeepConfig::budget_steps`].
    pub epsilon: Schedule,
    /// Transitions kept, at least [`DeepConfig::batch`].
    pub replay: usize,
    /// Transitions of an update.
    pub batch: usize,
    /// Steps before the first update.
    pub warm_up: u64,
    /// Steps between updates, at least 1.
    pub every: u64,
    /// Updates between copies to the target network, at least 1.
    pub target: u64,
    /// Steps that schedules with horizon 0 stretch over.
    pub budget_steps: u64,
    /// Seed of every draw.
    pub seed: u64,
}

/// Layers of a network from observations to the values of all actions.
#[derive(Clone, Debug)]
pub struct Layers {
    layers: Vec<Linear>,
}

/// What passes through [`Layers`]: before and after each activation.
#[derive(Clone, Debug, Default)]
pub struct Activity {
    before: Vec<Vec<f32>>,
    after: Vec<Vec<f32>>,
    back: Vec<f32>,
    spare: Vec<f32>,
    pack: Pack,
}

impl Layers {
    /// Layers of these sizes.
    #[must_use]
    pub fn new(
        weights: &mut Weights,
        inputs: usize,
        hidden: &[usize],
        outputs: usize,
        seed: u64,
    ) -> Self {
        let sizes: Vec<usize> = std::iter::once(inputs)
            .chain(hidden.iter().copied())
            .chain([outputs])
            .collect();
        let layer = |(number, pair): (usize, &[usize])| {
            Linear::new(weights, &format!("layer{number}"), pair[0], pair[1], seed)
        };
        Self {
            layers: sizes.windows(2).enumerate().map(layer).collect(),
        }
    }

    /// Values of all actions, one row for each observation.
    pub fn forward<'a>(
        &self,
        weights: &Weights,
        x: &[f32],
        activity: &'a mut Activity,
    ) -> &'a [f32] {
        let count = self.layers.len();
        activity.before.resize_with(count, Vec::new);
        activity.after.resize_with(count, Vec::new);
        for (number, layer) in self.layers.iter().enumerate() {
            let (done, rest) = activity.after.split_at_mut(number);
            let input = done.last().map_or(x, Vec::as_slice);
            layer.forward(
                weights,
                input,
                &mut activity.before[number],
                &mut activity.pack,
            );
            Activation::Relu.forward(&activity.before[number], &mut rest[0]);
        }
        activity.before.last().map_or(&[], Vec::as_slice)
    }

    /// Adds to the gradients, given that of the values.
    pub fn backward(
        &self,
        (weights, gradients): (&Weights, &mut Gradients),
        x: &[f32],
        d: &[f32],
        activity: &mut Activity,
    ) {
        activity.back.clear();
        activity.back.extend_from_slice(d);
        for (number, layer) in self.layers.iter().enumerate().rev() {
            let input = if number == 0 {
                x
            } else {
                &activity.after[number - 1]
            };
            layer.backward_weights(gradients, input, &activity.back, &mut activity.pack);
            if number > 0 {
                layer.backward_input(
                    weights,
                    &activity.back,
                    &mut activity.spare,
                    &mut activity.pack,
                );
                Activation::Relu.backward(&activity.before[number - 1], &mut activity.spare);
                std::mem::swap(&mut activity.back, &mut activity.spare);
            }
        }
    }
}

/// The transitions last seen, the oldest overwritten by the newest.
#[derive(Clone, Debug)]
struct Replay {
    width: usize,
    capacity: usize,
    states: Vec<f32>,
    nexts: Vec<f32>,
    actions: Vec<u32>,
    rewards: Vec<f32>,
    ends: Vec<bool>,
    newest: usize,
}

impl Replay {
    fn push(&mut self, state: &[f32], next: &[f32], (action, reward, end): (u32, f32, bool)) {
        if self.actions.len() < self.capacity {
            self.states.extend_from_slice(state);
            self.nexts.extend_from_slice(next);
            self.actions.push(action);
            self.rewards.push(reward);
            self.ends.push(end);
            return;
        }
        let at = self.newest;
        self.newest = (at + 1) % self.capacity;
        self.states[at * self.width..][..self.width].copy_from_slice(state);
        self.nexts[at * self.width..][..self.width].copy_from_slice(next);
        (self.actions[at], self.rewards[at], self.ends[at]) = (action, reward, end);
    }
}

/// A deep Q-network at work in a problem.
#[derive(Clone, Debug)]
pub struct DeepAgent<S> {
    simulator: S,
    config: DeepConfig,
    layers: Layers,
    weights: Weights,
    target: Weights,
    gradients: Gradients,
    adam: Adam,
    replay: Replay,
    explore: Rng,
    dynamics: Rng,
    sample: Rng,
    activity: Activity,
    other: Activity,
    state: Vec<f32>,
    next: Vec<f32>,
    batch: [Vec<f32>; 2],
    d: Vec<f32>,
    steps: u64,
    updates: u64,
    episode_steps: u32,
    episode_return: f64,
    returns: Vec<f64>,
    loss: f64,
    norm: f64,
}

impl<S: Simulator> DeepAgent<S> {
    /// An agent at step 0.
    ///
    /// # Errors
    /// `agent.memory` when the replay buffer would be over 512 MB.
    pub fn new(mut simulator: S, config: DeepConfig) -> Result<Self, Problem> {
        let width = simulator.width();
        let bytes = 8 * (width as u64 + 2) * config.replay as u64;
        if bytes > MOST_BYTES {
            return Err(too_large(bytes));
        }
        let mut weights = Weights::default();
        let layers = Layers::new(
            &mut weights,
            width,
            &config.hidden,
            simulator.actions(),
            config.seed,
        );
        let mut dynamics = stream(config.seed, "environment");
        simulator.reset(&mut dynamics);
        let mut state = vec![0.0; width];
        simulator.observe(&mut state);
        Ok(Self {
            layers,
            target: weights.clone(),
            gradients: Gradients::new(&weights),
            adam: Adam::new(&weights),
            weights,
            replay: Replay {
                width,
                capacity: config.replay.max(config.batch).max(1),
                states: Vec::new(),
                nexts: Vec::new(),
                actions: Vec::new(),
                rewards: Vec::new(),
                ends: Vec::new(),
                newest: 0,
            },
            explore: stream(config.seed, "explore"),
            dynamics,
            sample: stream(config.seed, "replay"),
            activity: Activity::default(),
            other: Activity::default(),
            next: state.clone(),
            state,
            batch: [Vec::new(), Vec::new()],
            d: Vec::new(),
            steps: 0,
            updates: 0,
            episode_steps: 0,
            episode_return: 0.0,
            returns: Vec::new(),
            loss: 0.0,
            norm: 0.0,
            simulator,
            config,
        })
    }

    /// Steps taken.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Updates made.
    #[must_use]
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// Undiscounted return of each finished or cut episode.
    #[must_use]
    pub fn returns(&self) -> &[f64] {
        &self.returns
    }

    /// Loss and length of the gradient of the last update.
    #[must_use]
    pub fn last(&self) -> (f64, f64) {
        (self.loss, self.norm)
    }

    /// The weights.
    #[must_use]
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// Takes `steps` steps in the problem and the updates that are due.
    ///
    /// # Errors
    /// `neural.diverged` where a loss or its gradient is no finite number; the weights stay those before.
    pub fn advance(&mut self, steps: u64) -> Result<(), Problem> {
        for _ in 0..steps {
            self.act();
            if self.steps >= self.config.warm_up
                && self.steps.is_multiple_of(self.config.every.max(1))
            {
                self.update()?;
            }
        }
        Ok(())
    }

    fn act(&mut self) {
        let epsilon = self.config.epsilon.at(self.steps, self.config.budget_steps);
        let action = if draw::unit(&mut self.explore) < epsilon {
            self.explore
                .random_range(0..self.simulator.actions() as u32)
        } else {
            best(
                self.layers
                    .forward(&self.weights, &self.state, &mut self.activity),
            )
        };
        let outcome = self.simulator.step(action, &mut self.dynamics);
        self.simulator.observe(&mut self.next);
        let what = (action, outcome.reward as f32, outcome.end);
        self.replay.push(&self.state, &self.next, what);
        self.steps += 1;
        self.episode_steps += 1;
        self.episode_return += outcome.reward;
        if outcome.end || self.episode_steps >= self.simulator.cap() {
            self.returns.push(self.episode_return);
            (self.episode_steps, self.episode_return) = (0, 0.0);
            self.simulator.reset(&mut self.dynamics);
            self.simulator.observe(&mut self.next);
        }
        std::mem::swap(&mut self.state, &mut self.next);
    }

    /// Learns from a sample of the replay buffer.
    ///
    /// # Errors
    /// `neural.diverged`.
    pub fn update(&mut self) -> Result<(), Problem> {
        let (kept, width) = (self.replay.actions.len() as u32, self.replay.width);
        if kept == 0 {
            return Ok(());
        }
        let places: Vec<usize> = (0..self.config.batch)
            .map(|_| self.sample.random_range(0..kept) as usize)
            .collect();
        let [states, nexts] = &mut self.batch;
        for (into, from) in [
            (&mut *states, &self.replay.states),
            (&mut *nexts, &self.replay.nexts),
        ] {
            into.clear();
            for &at in &places {
                into.extend_from_slice(&from[at * width..][..width]);
            }
        }
        let actions = self.simulator.actions();
        let chosen = self
            .layers
            .forward(&self.weights, nexts, &mut self.activity);
        let chosen: Vec<u32> = chosen.chunks_exact(actions).map(best).collect();
        let ahead = self.layers.forward(&self.target, nexts, &mut self.other);
        let values = self
            .layers
            .forward(&self.weights, states, &mut self.activity);
        clear(&mut self.d, values.len());
        let over = places.len() as f32;
        let mut loss = 0.0;
        for (row, &at) in places.iter().enumerate() {
            let action = self.replay.actions[at] as usize;
            let future = ahead[row * actions + chosen[row] as usize];
            let future = if self.replay.ends[at] { 0.0 } else { future };
            let target = self.replay.rewards[at] + self.config.gamma * future;
            let (cost, slope) = huber(values[row * actions + action] - target, self.config.limit);
            loss += f64::from(cost);
            self.d[row * actions + action] = slope / over;
        }
        self.loss = loss / f64::from(over);
        let both = (&self.weights, &mut self.gradients);
        self.layers
            .backward(both, states, &self.d, &mut self.activity);
        if !self.loss.is_finite() {
            self.gradients.clear();
            return Err(diverged(self.updates));
        }
        let share = self.config.rate.share(self.steps, self.config.budget_steps);
        // Takes no step along a gradient that is no finite number.
        self.norm = self.adam.step(
            &self.config.adam,
            share,
            &mut self.weights,
            &mut self.gradients,
        );
        if !self.norm.is_finite() {
            return Err(diverged(self.updates));
        }
        self.updates += 1;
        if self.updates.is_multiple_of(self.config.target.max(1)) {
            follow(&mut self.target, &self.weights, 1.0);
        }
        Ok(())
    }

    /// Undiscounted returns of `episodes` episodes of the greedy policy.
    pub fn play(&mut self, episodes: u32, simulator: &mut S, seed: u64) -> Vec<f64> {
        let mut rng = stream(seed, "play");
        let mut point = vec![0.0; simulator.width()];
        let mut one = || {
            simulator.reset(&mut rng);
            let mut total = 0.0;
            for _ in 0..simulator.cap() {
                simulator.observe(&mut point);
                let action = best(
                    self.layers
                        .forward(&self.weights, &point, &mut self.activity),
                );
                let outcome = simulator.step(action, &mut rng);
                total += outcome.reward;
                if outcome.end {
                    break;
                }
            }
            total
        };
        (0..episodes).map(|_| one()).collect()
    }

    /// The values that the network gives to all actions of an observation.
    pub fn values(&mut self, point: &[f32]) -> &[f32] {
        self.layers
            .forward(&self.weights, point, &mut self.activity)
    }
}

/// The number of the greatest value, the lowest among equals.
fn best(values: &[f32]) -> u32 {
    let mut best = 0;
    for (number, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = number;
        }
    }
    best as u32
}

fn too_large(bytes: u64) -> Problem {
    let megabytes = bytes >> 20;
    Problem::new(
        "agent.memory",
        Text::new(
            format!("The replay buffer would take {megabytes} MB, over the 512 MB allowed."),
            format!("回放缓冲区需要 {megabytes} MB，超过允许的 512 MB。"),
        ),
        Text::new("Keep fewer transitions.", "请减少保留的转移数。"),
    )
}

fn diverged(updates: u64) -> Problem {
    Problem::new(
        "neural.diverged",
        Text::new(
            format!(
                "Learning diverged at update {updates}: the loss is no finite number. The weights before were kept."
            ),
            format!("学习在第 {updates} 次更新时发散：损失不是有限数。已保留此前的权重。"),
        ),
        Text::new("Try a smaller learning rate.", "请尝试更小的学习率。"),
    )
}
