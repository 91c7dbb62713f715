//! The deep Q-network on problems of numbered states: replay, target network and epsilon-greedy (Mnih et al. 2015), with any of
//! the four encoders.
//!
//! `Q(s,a) = h(s) . e(a) + b(a) + v(s)`: the encoder makes `h` of the rows of the state's tokens ([`crate::env::Sight`]), each
//! action has a row `e` and a number `b` of its own, and `v` is linear in `h`. Only the actions that a state offers are looked at: its support is
//! the mask. Rewards are divided by their root mean square over the warm-up, so that one learning rate suits all problems.
//!
//! The weights of the best measurement are kept aside, for a stop or a divergence after it.
//!
//! Where we differ from the paper: the agent acts on the target network, a copy at most [`NetworkConfig::target`] updates old, and what that
//! copy says of a state is kept until the next one; so a step costs hardly more than with a table. The loss is the plain square: rewards
//! of a shop are rare and large, and Huber's would learn less than their mean.

use rand::RngExt;
use serde::Serialize;

use crate::agent::learner::Algorithm;
use crate::env::{Environment, Sight, Step};
use crate::nn::adam::{Adam, AdamConfig, Rate, follow};
use crate::nn::embedding::Embedding;
use crate::nn::encoder::{Cache, Encoder, Kind, pass_bytes};
use crate::nn::gemm::Pack;
use crate::nn::vector::{axpy, dot};
use crate::nn::weights::{Gradients, Id, Start, Weights};
use crate::nn::{Shape, clear};
use crate::problem::{Problem, Text};
use crate::random::{Rng, stream};

/// Bytes that learning may take.
const MOST_BYTES: u64 = 1 << 30;
/// Gradients are shortened to this length.
const CLIP: f32 = 10.0;
/// States whose values are asked for at once.
pub const TOGETHER: usize = 64;

/// How a deep Q-network is made and learns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NetworkConfig {
    /// Its encoder.
    pub kind: Kind,
    /// Numbers of a row, even and at least 2.
    pub width: usize,
    /// Adam's learning rate, which falls along a cosine over the budget.
    pub rate: f32,
    /// Transitions of an update, at least 1.
    pub batch: usize,
    /// Transitions kept, at least 1.
    pub replay: usize,
    /// Steps between updates, at least 1.
    pub every: u64,
    /// Updates between copies to the target network, at least 1.
    pub target: u64,
    /// Steps before the first update.
    pub warm_up: u64,
}

/// Transitions seen, the newest in the place of the oldest.
#[derive(Clone, Debug, Default)]
struct Replay {
    seen: Vec<(u32, u32, Step)>,
    next: usize,
}

/// The parts of the network and where their weights lie.
#[derive(Clone, Debug)]
struct Parts {
    width: usize,
    states: Embedding,
    encoder: Encoder,
    actions: Embedding,
    offset: Id,
    worth: Id,
}

/// What passes through the network, used again.
#[derive(Clone, Debug, Default)]
struct Flow {
    tokens: Vec<u32>,
    x: Vec<f32>,
    cache: Cache,
    pack: Pack,
}

/// A deep Q-network with its optimiser, its replay buffer and its target network.
#[derive(Clone, Debug)]
pub struct NetworkLearner {
    config: NetworkConfig,
    sight: Sight,
    /// State `s` has the pairs `start[s] .. start[s + 1]`.
    start: Vec<u32>,
    parts: Parts,
    weights: Weights,
    /// Those of the best measurement so far, and the unit of rewards then.
    best: Option<(Weights, f32)>,
    target: Weights,
    gradients: Gradients,
    adam: Adam,
    replay: Replay,
    draws: Rng,
    /// What the target network says of each pair, and of which copy that is.
    kept: Vec<f32>,
    kept_of: Vec<u32>,
    copies: u32,
    unit: f32,
    updates: u64,
    newest: Option<Learned>,
    flow: Flow,
    wanted: Vec<u32>,
}

/// What one update found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Learned {
    /// Mean of the squared errors over the batch, in the square of the network's unit of rewards.
    pub loss: f64,
    /// Mean |target - Q(s,a)| over the batch.
    pub td_error: f64,
    /// Euclidean length of the gradient.
    pub norm: f64,
}

/// What a network takes, known before it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// Weights.
    pub weights: u64,
    /// Bytes for learning at most: weights, copies, gradients, replay buffer, what is kept of the target network, what passes through.
    pub bytes: u64,
}

impl NetworkConfig {
    /// What a network for this problem takes; nothing of its size is allocated.
    #[must_use]
    pub fn needs(&self, environment: &impl Environment) -> Needs {
        let sight = environment.sight();
        let (width, states) = (self.width as u64, environment.states());
        let pairs: u64 = (0..states).map(|s| u64::from(environment.actions(s))).sum();
        let rows = u64::from(sight.tokens) * width + u64::from(sight.actions) * (width + 1);
        let mut scratch = Weights::default();
        let length = sight.length as usize;
        let _ = Encoder::new(&mut scratch, self.kind, (self.width, length), 0.0, 0);
        let weights = rows + scratch.len() as u64 + width;
        let transition = size_of::<(u32, u32, Step)>() as u64;
        let replayed = transition * (self.replay + self.batch) as u64;
        let together = self.batch.max(TOGETHER) as u64;
        let passing = pass_bytes(together, u64::from(sight.length), width);
        // Weights, the best of them, target, gradients and the optimiser's two means, 4 bytes each.
        let marks = 10 * (u64::from(sight.tokens) + 2 * u64::from(sight.actions));
        let bytes = 24 * weights + marks + replayed + 4 * pairs + 8 * u64::from(states) + passing;
        Needs { weights, bytes }
    }
}

impl NetworkLearner {
    /// A network that has learned nothing yet.
    ///
    /// # Errors
    /// `agent.memory` when learning would take over 1 GB, before any of it is taken.
    pub fn new(
        environment: &impl Environment,
        config: NetworkConfig,
        seed: u64,
    ) -> Result<Self, Problem> {
        let needs = config.needs(environment);
        if needs.bytes > MOST_BYTES {
            return Err(too_large(needs));
        }
        let sight = environment.sight();
        let mut start = vec![0];
        for state in 0..environment.states() {
            start.push(start[state as usize] + environment.actions(state));
        }
        let mut weights = Weights::default();
        let parts = Parts::new(&mut weights, &config, sight, seed);
        let pairs = start.last().map_or(0, |&pairs| pairs as usize);
        Ok(Self {
            kept: vec![0.0; pairs],
            kept_of: vec![0; start.len() - 1],
            copies: 1,
            start,
            parts,
            best: None,
            target: weights.clone(),
            gradients: Gradients::new(&weights),
            adam: Adam::new(&weights),
            weights,
            replay: Replay::new(config.replay),
            draws: stream(seed, "replay"),
            unit: 1.0,
            updates: 0,
            newest: None,
            flow: Flow::default(),
            wanted: Vec::new(),
            sight,
            config,
        })
    }

    /// Updates made.
    #[must_use]
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// The weights.
    #[must_use]
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// Keeps these weights aside as the best so far.
    pub fn keep_best(&mut self) {
        match &mut self.best {
            Some((best, unit)) => {
                best.copy_from(&self.weights);
                *unit = self.unit;
            }
            None => self.best = Some((self.weights.clone(), self.unit)),
        }
    }

    /// Puts the best weights that were kept aside in place, where there are any.
    pub fn take_best(&mut self) {
        if let Some((best, unit)) = self.best.take() {
            (self.weights, self.unit) = (best, unit);
        }
    }

    /// Gives back what only learning needs: nothing can be learned any more.
    pub fn rest(&mut self) {
        let nothing = Weights::default();
        self.gradients = Gradients::new(&nothing);
        self.adam = Adam::new(&nothing);
        (self.best, self.replay) = (None, Replay::default());
    }

    /// The learning rate after so many of `budget` steps.
    #[must_use]
    pub fn rate(&self, step: u64, budget: u64) -> f64 {
        f64::from(self.config.rate * Rate::Cosine.share(step, budget))
    }

    /// What a step of learning counts for beside a state-action pair that is looked at (measured natively).
    #[must_use]
    pub fn step_work(&self) -> u64 {
        16 + self.row_work() * 4 * self.config.batch as u64 / self.config.every.max(1)
    }

    /// The same for the values of one state.
    #[must_use]
    pub fn row_work(&self) -> u64 {
        let width = self.config.width as u64;
        let inner = match self.config.kind {
            Kind::Mlp => 6,
            Kind::Gru => 7,
            Kind::Cnn => 12,
            Kind::Transformer => 18,
        };
        1 + u64::from(self.sight.length) * inner * width * width / 6
    }

    /// The action that the target network thinks best in a state, the lowest number among equals.
    pub fn best(&mut self, environment: &impl Environment, state: u32) -> u32 {
        self.keep(environment, &[state]);
        highest(&self.kept[self.pairs(state)]) as u32
    }

    /// Q(s,a) in units of reward.
    pub fn value(&mut self, environment: &impl Environment, state: u32, action: u32) -> f64 {
        let mut row = Vec::new();
        self.values(environment, state, &mut row);
        row.get(action as usize).copied().unwrap_or(0.0)
    }

    /// What a step's value is moved towards: `r + gamma max Q'(s',.)`, Q' by the target network, nothing beyond an end.
    pub fn aim(&mut self, environment: &impl Environment, step: Step, gamma: f64) -> f64 {
        if step.end {
            return step.reward;
        }
        self.keep(environment, &[step.next]);
        let row = &self.kept[self.pairs(step.next)];
        let best = row.get(highest(row)).copied().unwrap_or(0.0);
        step.reward + gamma * f64::from(best) * f64::from(self.unit)
    }

    /// The values of a state's actions, in units of reward.
    pub fn values(&mut self, environment: &impl Environment, state: u32, row: &mut Vec<f64>) {
        self.flow.encode(
            &self.parts,
            &self.weights,
            environment,
            &[state],
            self.sight,
        );
        let mut place = vec![0.0; self.pairs(state).len()];
        let h = self.flow.last(self.config.width, 1);
        self.parts
            .score(&self.weights, environment, (state, h), &mut place);
        row.clear();
        row.extend(place.iter().map(|&q| f64::from(q) * f64::from(self.unit)));
    }

    /// The values of up to [`TOGETHER`] states from `first` on, one after the other, in units of reward; gives how many states they are.
    pub fn many(
        &mut self,
        environment: &impl Environment,
        first: u32,
        values: &mut Vec<f64>,
    ) -> u32 {
        let last = (first + TOGETHER as u32).min(self.start.len() as u32 - 1);
        let states: Vec<u32> = (first..last).collect();
        self.flow
            .encode(&self.parts, &self.weights, environment, &states, self.sight);
        let width = self.config.width;
        let h = self.flow.last(width, states.len()).chunks_exact(width);
        values.clear();
        let mut place = Vec::new();
        for (&state, h) in states.iter().zip(h) {
            place.resize(
                self.start[state as usize + 1] as usize - self.start[state as usize] as usize,
                0.0,
            );
            self.parts
                .score(&self.weights, environment, (state, h), &mut place);
            values.extend(place.iter().map(|&q| f64::from(q) * f64::from(self.unit)));
        }
        states.len() as u32
    }

    /// Remembers a step, and learns where an update is due; `steps` were taken of `budget`.
    ///
    /// # Errors
    /// `neural.diverged` where the loss or its gradient is no finite number; the weights stay those before.
    pub fn take(
        &mut self,
        environment: &impl Environment,
        (state, action, step): (u32, u32, Step),
        (algorithm, gamma): (Algorithm, f64),
        (steps, budget): (u64, u64),
    ) -> Result<Option<Learned>, Problem> {
        self.replay.push((state, action, step), self.config.replay);
        let due = steps >= self.config.warm_up && steps.is_multiple_of(self.config.every.max(1));
        if !due {
            return Ok(None);
        }
        if self.updates == 0 {
            self.unit = self.replay.unit();
        }
        let share = Rate::Cosine.share(steps, budget);
        self.update(environment, algorithm, gamma as f32, share)
            .map(Some)
    }

    fn update(
        &mut self,
        environment: &impl Environment,
        algorithm: Algorithm,
        gamma: f32,
        share: f32,
    ) -> Result<Learned, Problem> {
        let count = self.config.batch;
        let drawn: Vec<(u32, u32, Step)> = (0..count)
            .map(|_| {
                self.replay.seen[self.draws.random_range(0..self.replay.seen.len() as u32) as usize]
            })
            .collect();
        let aims = self.aims(environment, &drawn, algorithm, gamma);
        let states: Vec<u32> = drawn.iter().map(|seen| seen.0).collect();
        self.flow
            .encode(&self.parts, &self.weights, environment, &states, self.sight);
        let width = self.config.width;
        let shape = Shape {
            time: self.sight.length as usize,
            batch: count,
        };
        let mut d = Vec::new();
        clear(&mut d, shape.rows() * width);
        let newest = (shape.rows() - count) * width;
        let (mut loss, mut away) = (0.0, 0.0);
        let rows = self.flow.last(width, count).chunks_exact(width);
        let slots = d[newest..].chunks_exact_mut(width);
        for (((h, dh), &(state, action, _)), aim) in rows.zip(slots).zip(&drawn).zip(aims) {
            let token = environment.action_token(state, action);
            let part = environment.action_share(state, action) as f32;
            let error = self.parts.one(&self.weights, (token, part), h) - aim;
            loss += f64::from(error * error);
            away += f64::from(error.abs());
            let slope = error / count as f32;
            self.parts.one_back(
                (&self.weights, &mut self.gradients),
                (token, part),
                h,
                slope,
                dh,
            );
        }
        let Flow {
            tokens,
            x,
            cache,
            pack,
        } = &mut self.flow;
        let both = (&self.weights, &mut self.gradients);
        self.parts
            .encoder
            .backward(both, shape, (x, &d), cache, pack);
        self.parts
            .states
            .backward(&mut self.gradients, tokens, &cache.dx);
        let config = AdamConfig {
            rate: self.config.rate,
            clip: CLIP,
            ..AdamConfig::default()
        };
        if !loss.is_finite() {
            self.gradients.clear();
            return Err(diverged(self.updates));
        }
        // Takes no step along a gradient that is no finite number.
        let norm = self
            .adam
            .step(&config, share, &mut self.weights, &mut self.gradients);
        if !norm.is_finite() {
            return Err(diverged(self.updates));
        }
        self.updates += 1;
        if self.updates.is_multiple_of(self.config.target.max(1)) {
            follow(&mut self.target, &self.weights, 1.0);
            self.copies += 1;
        }
        let learned = Learned {
            loss: loss / count as f64,
            td_error: away / count as f64 * f64::from(self.unit),
            norm,
        };
        self.newest = Some(learned);
        Ok(learned)
    }

    /// What the newest update found.
    #[must_use]
    pub fn newest(&self) -> Option<Learned> {
        self.newest
    }

    /// What the values of drawn transitions are moved towards, in the network's unit. Q-learning takes the target network's greatest value,
    /// Double Q-learning (van Hasselt, Guez & Silver 2016) the target network's value of the action that the network itself thinks best.
    fn aims(
        &mut self,
        environment: &impl Environment,
        drawn: &[(u32, u32, Step)],
        algorithm: Algorithm,
        gamma: f32,
    ) -> Vec<f32> {
        let nexts: Vec<u32> = drawn
            .iter()
            .filter(|(_, _, step)| !step.end)
            .map(|(_, _, step)| step.next)
            .collect();
        self.keep(environment, &nexts);
        let mut own = Vec::new();
        if algorithm == Algorithm::DoubleQ {
            self.flow
                .encode(&self.parts, &self.weights, environment, &nexts, self.sight);
            let width = self.config.width;
            let mut place = Vec::new();
            for (&state, h) in nexts
                .iter()
                .zip(self.flow.last(width, nexts.len()).chunks_exact(width))
            {
                place.resize(
                    (self.start[state as usize + 1] - self.start[state as usize]) as usize,
                    0.0,
                );
                self.parts
                    .score(&self.weights, environment, (state, h), &mut place);
                own.push(highest(&place));
            }
        }
        let mut own = own.into_iter();
        let aim = |(_, _, step): &(u32, u32, Step)| {
            let reward = step.reward as f32 / self.unit;
            if step.end {
                return reward;
            }
            let row = &self.kept[self.pairs(step.next)];
            let best = own.next().unwrap_or_else(|| highest(row));
            reward + gamma * row.get(best).copied().unwrap_or(0.0)
        };
        drawn.iter().map(aim).collect()
    }

    fn pairs(&self, state: u32) -> std::ops::Range<usize> {
        self.start[state as usize] as usize..self.start[state as usize + 1] as usize
    }

    /// Asks the target network for the values of those of these states that it was not asked for since it was copied.
    fn keep(&mut self, environment: &impl Environment, states: &[u32]) {
        let mut wanted = std::mem::take(&mut self.wanted);
        wanted.clear();
        for &state in states {
            let of = &mut self.kept_of[state as usize];
            if *of != self.copies {
                *of = self.copies;
                wanted.push(state);
            }
        }
        if !wanted.is_empty() {
            self.flow
                .encode(&self.parts, &self.target, environment, &wanted, self.sight);
            let width = self.config.width;
            let h = self.flow.last(width, wanted.len()).chunks_exact(width);
            for (&state, h) in wanted.iter().zip(h) {
                let place =
                    self.start[state as usize] as usize..self.start[state as usize + 1] as usize;
                self.parts
                    .score(&self.target, environment, (state, h), &mut self.kept[place]);
            }
        }
        self.wanted = wanted;
    }
}

impl Parts {
    fn new(weights: &mut Weights, config: &NetworkConfig, sight: Sight, seed: u64) -> Self {
        let width = config.width;
        let bound = 1.0 / (width as f32).sqrt();
        let rows = (sight.tokens as usize, width);
        Self {
            width,
            states: Embedding::new(weights, "states", rows, bound, seed),
            encoder: Encoder::new(
                weights,
                config.kind,
                (width, sight.length as usize),
                0.0,
                seed,
            ),
            actions: Embedding::new(
                weights,
                "actions",
                (sight.actions as usize, width),
                0.1 * bound,
                seed,
            ),
            offset: weights.push_sparse(
                "actions.bias",
                [sight.actions as usize, 1],
                Start::Constant(0.0),
                seed,
            ),
            worth: weights.push("worth", [1, width], Start::Constant(0.0), seed),
        }
    }

    /// Q of one action of a state that was encoded as `h`.
    fn one(&self, weights: &Weights, (action, share): (u32, f32), h: &[f32]) -> f32 {
        share
            * (dot(h, self.actions.row(weights, action))
                + weights.get(self.offset)[action as usize])
            + dot(h, weights.get(self.worth))
    }

    /// Adds to the gradients, and to that of `h`.
    fn one_back(
        &self,
        (weights, gradients): (&Weights, &mut Gradients),
        (action, share): (u32, f32),
        h: &[f32],
        slope: f32,
        dh: &mut [f32],
    ) {
        let row = action as usize;
        let part = share * slope;
        axpy(part, self.actions.row(weights, action), dh);
        axpy(slope, weights.get(self.worth), dh);
        axpy(part, h, gradients.row(self.actions.table(), row));
        axpy(1.0, &[part], gradients.row(self.offset, row));
        axpy(slope, h, gradients.get(self.worth));
    }

    /// Q of all actions of a state.
    fn score(
        &self,
        weights: &Weights,
        environment: &impl Environment,
        (state, h): (u32, &[f32]),
        row: &mut [f32],
    ) {
        let worth = dot(h, weights.get(self.worth));
        for (action, place) in row.iter_mut().enumerate() {
            let token = environment.action_token(state, action as u32);
            let share = environment.action_share(state, action as u32) as f32;
            *place = share
                * (dot(h, self.actions.row(weights, token))
                    + weights.get(self.offset)[token as usize])
                + worth;
        }
    }
}

impl Flow {
    /// Encodes states; what comes of them is [`Flow::last`].
    fn encode(
        &mut self,
        parts: &Parts,
        weights: &Weights,
        environment: &impl Environment,
        states: &[u32],
        sight: Sight,
    ) {
        let shape = Shape {
            time: sight.length as usize,
            batch: states.len(),
        };
        self.tokens.resize(shape.rows(), 0);
        let mut line = vec![0; shape.time];
        for (column, &state) in states.iter().enumerate() {
            environment.look(state, &mut line);
            for (t, &token) in line.iter().enumerate() {
                self.tokens[t * shape.batch + column] = token;
            }
        }
        clear(&mut self.x, shape.rows() * parts.width);
        parts.states.add_to(weights, &self.tokens, &mut self.x);
        parts.encoder.forward(
            weights,
            shape,
            &self.x,
            &mut self.cache,
            None,
            &mut self.pack,
        );
    }

    /// The state vectors after the newest tokens.
    fn last(&self, width: usize, count: usize) -> &[f32] {
        &self.cache.out[self.cache.out.len() - width * count..]
    }
}

impl Replay {
    /// Room for so many transitions, and no more.
    fn new(capacity: usize) -> Self {
        Self {
            seen: Vec::with_capacity(capacity.max(1)),
            next: 0,
        }
    }

    fn push(&mut self, seen: (u32, u32, Step), capacity: usize) {
        if self.seen.len() < capacity.max(1) {
            self.seen.push(seen);
        } else {
            self.seen[self.next] = seen;
            self.next = (self.next + 1) % self.seen.len();
        }
    }

    /// The root mean square of rewards; 1 where there are none.
    fn unit(&self) -> f32 {
        let squares: f64 = self
            .seen
            .iter()
            .map(|(_, _, step)| step.reward * step.reward)
            .sum();
        let unit = libm::sqrt(squares / self.seen.len().max(1) as f64) as f32;
        if unit > 0.0 && unit.is_finite() {
            unit
        } else {
            1.0
        }
    }
}

/// The place of the greatest value, the first among equals.
fn highest(row: &[f32]) -> usize {
    let mut best = 0;
    for (place, value) in row.iter().enumerate() {
        if *value > row[best] {
            best = place;
        }
    }
    best
}

fn too_large(needs: Needs) -> Problem {
    let megabytes = needs.bytes >> 20;
    Problem::new(
        "agent.memory",
        Text::new(
            format!("This network would take {megabytes} MB to learn, over the 1,024 MB allowed."),
            format!("该网络学习需要 {megabytes} MB，超过允许的 1,024 MB。"),
        ),
        Text::new(
            "Choose a smaller width, fewer transitions to keep, or a smaller problem.",
            "请减小宽度、减少保留的转移数，或选择更小的问题。",
        ),
    )
}

fn diverged(updates: u64) -> Problem {
    Problem::new(
        "neural.diverged",
        Text::new(
            format!(
                "Learning diverged at update {updates}: the loss is no finite number. The best weights measured before were kept."
            ),
            format!("学习在第 {updates} 次更新时发散：损失不是有限数。已保留此前测得的最好权重。"),
        ),
        Text::new("Try a smaller learning rate.", "请尝试更小的学习率。"),
    )
}
