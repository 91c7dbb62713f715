//! Q-learning on linear features: values are sums of the weights of active tiles, so that large and continuous states need no table.

use super::schedule::Schedule;
use super::tiles::TileCoder;
use crate::env::axes::Axes;
use crate::env::{Environment, draw};
use crate::problem::{Problem, Text};
use crate::random::stream;

/// Most weights: 800 MB of them.
const MOST_WEIGHTS: u64 = 100_000_000;

/// The rule of the update's target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The best next action (Watkins 1989).
    Q,
    /// The next action taken (Rummery & Niranjan 1994): semi-gradient Sarsa, which is stable with linear features where
    /// Q-learning need not be.
    Sarsa,
}

/// How a linear agent learns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinearConfig {
    /// Discount, in `[0, 1]`.
    pub gamma: f64,
    /// Learning rate of a value; each of its active weights moves by this over the number of tilings.
    pub alpha: Schedule,
    /// Probability of a random action.
    pub epsilon: Schedule,
    /// The update's target.
    pub target: Target,
    /// Value of every pair before learning.
    pub initial_q: f64,
    /// Steps after which an episode is cut, at least 1; the last step still bootstraps.
    pub episode_cap: u32,
    /// Steps that schedules with horizon 0 stretch over.
    pub budget_steps: u64,
    /// Seed of every draw.
    pub seed: u64,
}

/// The weights of a linear agent: one a tile and action.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearQ {
    coder: TileCoder,
    actions: u32,
    weights: Vec<f64>,
    point: Vec<f64>,
}

impl LinearQ {
    /// An agent that values every action of every point at `initial`.
    ///
    /// # Errors
    /// `agent.memory` when there would be over 100 million weights.
    pub fn new(coder: TileCoder, actions: u32, initial: f64) -> Result<Self, Problem> {
        let weights = u64::from(coder.features()) * u64::from(actions);
        if weights > MOST_WEIGHTS {
            return Err(too_large(weights));
        }
        Ok(Self {
            weights: vec![initial / f64::from(coder.tilings()); weights as usize],
            point: vec![0.0; coder.dimensions()],
            actions,
            coder,
        })
    }

    /// The tiles it sees by.
    #[must_use]
    pub fn coder(&self) -> &TileCoder {
        &self.coder
    }

    /// Every weight, tile after tile, by action.
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Writes the active tiles of a state.
    pub fn tiles(&mut self, environment: &impl Axes, state: u32, tiles: &mut [u32]) {
        environment.point(state, &mut self.point);
        self.coder.active(&self.point, tiles);
    }

    /// Value of an action where these tiles are active.
    #[inline]
    #[must_use]
    pub fn value(&self, tiles: &[u32], action: u32) -> f64 {
        let weight = |&tile: &u32| self.weights[(tile * self.actions + action) as usize];
        tiles.iter().map(weight).sum()
    }

    /// The best of the first `actions` actions and its value; ties go to the lowest number.
    #[must_use]
    pub fn best(&self, tiles: &[u32], actions: u32) -> (u32, f64) {
        let mut best = (0, self.value(tiles, 0));
        for action in 1..actions.min(self.actions) {
            let value = self.value(tiles, action);
            if value > best.1 {
                best = (action, value);
            }
        }
        best
    }

    /// Moves the value of an action towards a target and returns the temporal-difference error.
    #[inline]
    pub fn learn(&mut self, tiles: &[u32], action: u32, target: f64, alpha: f64) -> f64 {
        let error = target - self.value(tiles, action);
        let part = alpha * error / f64::from(self.coder.tilings());
        for &tile in tiles {
            self.weights[(tile * self.actions + action) as usize] += part;
        }
        error
    }
}

/// A linear agent at work in an environment.
#[derive(Clone, Debug)]
pub struct LinearAgent<E> {
    environment: E,
    config: LinearConfig,
    q: LinearQ,
    explore: crate::random::Rng,
    dynamics: crate::random::Rng,
    state: u32,
    action: u32,
    tiles: Vec<u32>,
    next_tiles: Vec<u32>,
    step: u64,
    episode_steps: u32,
    /// Steps that each finished episode took.
    lengths: Vec<u32>,
}

impl<E: Environment + Axes> LinearAgent<E> {
    /// An agent at step 0. `actions` is the largest number of actions of any state.
    ///
    /// # Errors
    /// `agent.memory` when there would be over 100 million weights.
    pub fn new(
        environment: E,
        coder: TileCoder,
        actions: u32,
        config: LinearConfig,
    ) -> Result<Self, Problem> {
        let tilings = coder.tilings() as usize;
        let mut agent = Self {
            q: LinearQ::new(coder, actions, config.initial_q)?,
            explore: stream(config.seed, "explore"),
            dynamics: stream(config.seed, "environment"),
            state: 0,
            action: 0,
            tiles: vec![0; tilings],
            next_tiles: vec![0; tilings],
            step: 0,
            episode_steps: 0,
            lengths: Vec::new(),
            environment,
            config,
        };
        agent.begin();
        Ok(agent)
    }

    /// What was learned.
    #[must_use]
    pub fn q(&self) -> &LinearQ {
        &self.q
    }

    /// Steps that each finished episode took.
    #[must_use]
    pub fn lengths(&self) -> &[u32] {
        &self.lengths
    }

    /// Takes this many steps. The result does not depend on how they are sliced.
    pub fn advance(&mut self, steps: u64) {
        for _ in 0..steps {
            self.one_step();
        }
    }

    /// The greedy action of every state, for states that can be counted.
    #[must_use]
    pub fn policy(&self) -> Vec<u32> {
        let mut q = self.q.clone();
        let mut tiles = vec![0; self.tiles.len()];
        let greedy = |state| {
            q.tiles(&self.environment, state, &mut tiles);
            q.best(&tiles, self.environment.actions(state)).0
        };
        (0..self.environment.states()).map(greedy).collect()
    }

    fn begin(&mut self) {
        self.state = self.environment.reset(&mut self.dynamics);
        self.episode_steps = 0;
        self.q.tiles(&self.environment, self.state, &mut self.tiles);
        self.action = self.act(false);
    }

    /// An epsilon-greedy action at the current tiles, or at the next ones.
    fn act(&mut self, next: bool) -> u32 {
        let tiles = if next { &self.next_tiles } else { &self.tiles };
        let actions = self.environment.actions(self.state);
        let epsilon = self.config.epsilon.at(self.step, self.config.budget_steps);
        if epsilon > 0.0 && draw::unit(&mut self.explore) < epsilon {
            return draw::below(&mut self.explore, actions);
        }
        self.q.best(tiles, actions).0
    }

    fn one_step(&mut self) {
        let step = self
            .environment
            .step(self.state, self.action, &mut self.dynamics);
        let alpha = self.config.alpha.at(self.step, self.config.budget_steps);
        self.step += 1;
        self.episode_steps += 1;
        if step.end {
            self.q.learn(&self.tiles, self.action, step.reward, alpha);
            self.lengths.push(self.episode_steps);
            self.begin();
            return;
        }
        self.state = step.next;
        self.q
            .tiles(&self.environment, step.next, &mut self.next_tiles);
        let next_action = self.act(true);
        let follows = match self.config.target {
            Target::Q => {
                self.q
                    .best(&self.next_tiles, self.environment.actions(step.next))
                    .1
            }
            Target::Sarsa => self.q.value(&self.next_tiles, next_action),
        };
        let target = step.reward + self.config.gamma * follows;
        self.q.learn(&self.tiles, self.action, target, alpha);
        std::mem::swap(&mut self.tiles, &mut self.next_tiles);
        self.action = next_action;
        if self.episode_steps >= self.config.episode_cap {
            self.begin();
        }
    }
}

fn too_large(weights: u64) -> Problem {
    Problem::new(
        "agent.memory",
        Text::new(
            format!("Tiles and actions make {weights} weights, more than there is room for."),
            format!("瓦片与动作共需 {weights} 个权重，超出可用内存。"),
        ),
        Text::new(
            "Use fewer tiles, tilings or actions.",
            "请减少瓦片、层数或动作数。",
        ),
    )
}
