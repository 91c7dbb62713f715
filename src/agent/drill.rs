//! The benchmark's networks: the same steps of learning in native code and in wasm, on made-up sequences.
//!
//! [`Drill`] is one step of a next-item network with a Q head: embedding 64, ten items and the one that follows them, batch 128,
//! 10,000 items, softmax over 512 shared negatives, double Q-learning. [`Updates`] is a deep Q-network of size 8-100-4 that
//! learns from one transition at a time (REINFORCEjs' shape).

use super::deep::{DeepAgent, DeepConfig};
use super::schedule::Schedule;
use crate::behaviour::neural::{Learner, PARAMETERS, Settings, Window, windows};
use crate::behaviour::{History, Sessions, Values};
use crate::env::simulator::{Outcome, Simulator};
use crate::log::EventType;
use crate::nn::adam::{AdamConfig, Rate};
use crate::nn::encoder::Kind;
use crate::problem::Problem;
use crate::random::{Rng, draw, stream};

/// Sequences of a step.
pub const BATCH: u32 = 128;
const ITEMS: u32 = 10_000;
const SEQUENCES: u32 = 2048;

/// Steps of a next-item network.
pub struct Drill {
    sessions: Sessions,
    windows: Vec<Window>,
    learner: Learner,
    next: usize,
}

impl Drill {
    /// A network before its first step; `all` has every item compete instead of 512.
    #[must_use]
    pub fn new(encoder: Kind, all: bool) -> Self {
        let mut rng = stream(7, "drill");
        let mut sessions = Sessions::new(ITEMS, false);
        for source in 0..SEQUENCES {
            // Products of two draws: few items are frequent, as in shops.
            let mut item =
                || (f64::from(ITEMS) * draw::unit(&mut rng) * draw::unit(&mut rng)) as u32;
            let items: Vec<u32> = (0..12).map(|_| item()).collect();
            let history = History {
                items: &items,
                kinds: &[EventType::View; 12],
                times: &[0; 12],
            };
            sessions.push(history, source);
        }
        let settings = Settings {
            width: 64,
            negatives: if all { ITEMS as usize } else { 512 },
            value_weight: 1.0,
            dropout: 0.0,
            ..Settings::new(encoder, &Values::defaults(PARAMETERS))
        };
        let mut windows = windows(&sessions, settings.events);
        for window in &mut windows {
            // The item after ten, and the one after that for the value of the state in between.
            window.skip = 9;
        }
        Self {
            learner: Learner::new(&settings, &sessions),
            sessions,
            windows,
            next: 0,
        }
    }

    /// Takes steps of [`BATCH`] sequences each.
    pub fn drive(&mut self, steps: u32) {
        for _ in 0..steps {
            let from = self.next * BATCH as usize;
            let batch = &self.windows[from..from + BATCH as usize];
            self.learner.step(&self.sessions, batch);
            self.next = (self.next + 1) % (SEQUENCES / BATCH) as usize;
        }
    }

    /// A digest of all weights.
    #[must_use]
    pub fn digest(&self) -> u32 {
        self.learner.weights.digest()
    }
}

/// Made-up transitions between random points.
#[derive(Clone, Debug)]
struct Noise([f32; 8]);

impl Simulator for Noise {
    fn width(&self) -> usize {
        8
    }

    fn actions(&self) -> usize {
        4
    }

    fn cap(&self) -> u32 {
        100
    }

    fn reset(&mut self, rng: &mut Rng) {
        self.0 = [0.0; 8].map(|_| draw::unit(rng) as f32);
    }

    fn step(&mut self, action: u32, rng: &mut Rng) -> Outcome {
        self.reset(rng);
        Outcome {
            reward: f64::from(self.0[action as usize]),
            end: false,
        }
    }

    fn observe(&self, point: &mut [f32]) {
        point.copy_from_slice(&self.0);
    }
}

/// Updates of a small deep Q-network.
pub struct Updates {
    agent: DeepAgent<Noise>,
}

impl Updates {
    /// A network whose replay buffer is full, learning from `batch` transitions an update.
    ///
    /// # Errors
    /// Never, for batches that fit in memory.
    pub fn new(batch: usize) -> Result<Self, Problem> {
        let config = DeepConfig {
            hidden: vec![100],
            gamma: 0.9,
            adam: AdamConfig::default(),
            rate: Rate::Constant,
            limit: 1.0,
            epsilon: Schedule::constant(1.0),
            replay: 5000,
            batch,
            warm_up: u64::MAX,
            every: 1,
            target: 100,
            budget_steps: 1,
            seed: 7,
        };
        let mut agent = DeepAgent::new(Noise([0.0; 8]), config)?;
        agent.advance(5000)?;
        Ok(Self { agent })
    }

    /// Makes updates.
    ///
    /// # Errors
    /// `neural.diverged`: never, on these transitions.
    pub fn drive(&mut self, updates: u32) -> Result<(), Problem> {
        (0..updates).try_for_each(|_| self.agent.update())
    }

    /// A digest of all weights.
    #[must_use]
    pub fn digest(&self) -> u32 {
        self.agent.weights().digest()
    }
}
