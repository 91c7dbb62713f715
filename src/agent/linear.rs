//! Linear Q-learning on tiles: values are sums of the weights of active tiles, so that a large grid of states needs no table
//! (Sutton & Barto 2018, sections 9.5 and 10.1).
//!
//! State and action are one point: the action is a coordinate too, so that near prices and near orders learn from each other.

use super::learner::Algorithm;
use super::network::Needs;
use super::schedule::{Schedule, Shape};
use super::tiles::TileCoder;
use crate::env::axes::Axis;
use crate::env::{Environment, Step};
use crate::problem::{Problem, Text};
use crate::random::{Rng, draw, stream};

/// Most weights: with their counts 600 MB of them.
const MOST_WEIGHTS: u64 = 50_000_000;

/// How fine the tiles are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TilesConfig {
    /// Grids over one another, 1 to 64.
    pub tilings: u32,
    /// Tiles along each axis, 1 to 1,000; fewer along an axis with fewer steps, where each value then has its own.
    pub along: u32,
}

/// How a step is learned from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lesson {
    /// Discount, in `[0, 1]`.
    pub gamma: f64,
    /// Learning rate. Under [`Shape::Inverse`] that of each weight falls with its own visits.
    pub alpha: Schedule,
    /// Steps taken before this one.
    pub step: u64,
    /// Steps that schedules with horizon 0 stretch over.
    pub budget: u64,
}

/// The weights of a linear agent: one a tile of states and a tile of actions.
#[derive(Clone, Debug)]
pub struct TileLearner {
    coder: TileCoder,
    columns: Columns,
    /// One set of weights, or two for Double Q-learning.
    sets: Vec<Vec<f64>>,
    visits: Vec<u32>,
    coin: Rng,
    point: Vec<f64>,
    /// The state whose active tiles stand in `here`, if any; and room for those of one more.
    seen: Option<u32>,
    here: Vec<u32>,
    there: Vec<u32>,
    row: Vec<f64>,
}

/// The tiles along the actions.
#[derive(Clone, Debug)]
struct Columns {
    /// How many there are.
    count: u32,
    /// Most actions of a state.
    actions: usize,
    /// The tile of each action, tiling after tiling.
    of: Vec<u32>,
}

impl TilesConfig {
    /// The tiles of a problem's states, how many tiles its actions have, and how many actions there are at most.
    ///
    /// # Errors
    /// `agent.no-coordinates` where states are no points; `tiles.size` where there would be too many tiles.
    fn tiles(&self, environment: &impl Environment) -> Result<(TileCoder, u32, u32), Problem> {
        let axes = environment.coordinates().ok_or_else(no_coordinates)?.axes();
        let finest = |axis: &Axis| libm::round((axis.high - axis.low) / axis.step) as u32;
        let along: Vec<u32> = axes
            .iter()
            .map(|axis| finest(axis).clamp(1, self.along))
            .collect();
        let coder = TileCoder::new(&axes, &along, self.tilings)?;
        let most = (0..environment.states()).map(|state| environment.actions(state));
        let actions = most.max().unwrap_or(0);
        Ok((coder, actions.saturating_sub(1).min(self.along), actions))
    }

    /// What tiles for this problem take; nothing of their size is allocated.
    ///
    /// # Errors
    /// `agent.no-coordinates` where states are no points; `tiles.size` where there would be too many tiles.
    pub fn needs(
        &self,
        environment: &impl Environment,
        algorithm: Algorithm,
    ) -> Result<Needs, Problem> {
        let (coder, along, _) = self.tiles(environment)?;
        let each = u64::from(coder.features()) * u64::from(along + 1);
        let sets = sets(algorithm);
        Ok(Needs {
            weights: each * sets,
            bytes: each * (8 * sets + 4),
        })
    }
}

fn sets(algorithm: Algorithm) -> u64 {
    match algorithm {
        Algorithm::Q => 1,
        Algorithm::DoubleQ => 2,
    }
}

impl TileLearner {
    /// An agent that values every action of every state at `initial`.
    ///
    /// # Errors
    /// Those of [`TilesConfig::needs`]; `agent.memory` when there would be over 50 million weights.
    pub fn new(
        environment: &impl Environment,
        config: TilesConfig,
        (algorithm, initial): (Algorithm, f64),
        seed: u64,
    ) -> Result<Self, Problem> {
        let needs = config.needs(environment, algorithm)?;
        if needs.weights > MOST_WEIGHTS {
            return Err(too_large(needs.weights));
        }
        let (coder, along, actions) = config.tiles(environment)?;
        let tilings = coder.tilings() as usize;
        let columns = Columns::new(&coder, along, actions);
        let each = (coder.features() * columns.count) as usize;
        Ok(Self {
            columns,
            sets: vec![vec![initial / tilings as f64; each]; sets(algorithm) as usize],
            visits: vec![0; each],
            coin: stream(seed, "double"),
            point: vec![0.0; coder.dimensions()],
            seen: None,
            here: vec![0; tilings],
            there: vec![0; tilings],
            row: vec![0.0; actions as usize],
            coder,
        })
    }

    /// The weights, the first set first.
    pub fn weights(&self) -> impl Iterator<Item = f64> {
        self.sets.iter().flatten().copied()
    }

    /// Work that the values of one state count for, in state-action pairs looked at (measured natively).
    #[must_use]
    pub fn row_work(&self) -> u64 {
        1 + u64::from(self.coder.tilings()) * (4 + self.columns.actions as u64) / 8
    }

    /// The action that is thought best in a state, the lowest number among equals.
    pub fn best(&mut self, environment: &impl Environment, state: u32) -> u32 {
        self.look(environment, state);
        let row = &mut self.row[..environment.actions(state) as usize];
        self.columns.add_up(&self.sets, &self.here, row);
        highest(row) as u32
    }

    /// The value of an action.
    pub fn value(&mut self, environment: &impl Environment, state: u32, action: u32) -> f64 {
        self.look(environment, state);
        let sets = self.sets.iter();
        let values = sets.map(|set| self.columns.one(set, &self.here, action));
        values.sum::<f64>() / self.sets.len() as f64
    }

    /// Writes the values of a state's actions.
    pub fn values(&mut self, environment: &impl Environment, state: u32, row: &mut [f64]) {
        self.look(environment, state);
        self.columns.add_up(&self.sets, &self.here, row);
    }

    /// What a step's value is moved towards: `r + gamma max Q(s',.)`, nothing beyond an end.
    pub fn aim(&mut self, environment: &impl Environment, step: Step, gamma: f64) -> f64 {
        if step.end {
            return step.reward;
        }
        let best = self.best(environment, step.next);
        step.reward + gamma * self.value(environment, step.next, best)
    }

    /// Learns from a step; says how far the value was from its target, and the mean learning rate of its weights.
    ///
    /// Q-learning moves the value towards `r + gamma max Q(s',.)`. Double Q-learning (van Hasselt 2010) draws the set that
    /// learns and has the other one judge its best action.
    pub fn learn(
        &mut self,
        environment: &impl Environment,
        (state, action): (u32, u32),
        step: Step,
        lesson: &Lesson,
    ) -> (f64, f64) {
        self.look(environment, state);
        let learns = match self.sets.len() {
            1 => 0,
            _ => draw::below(&mut self.coin, 2) as usize,
        };
        let follows = if step.end {
            0.0
        } else {
            self.follows(environment, step.next, learns)
        };
        let target = step.reward + lesson.gamma * follows;
        let error = target - self.columns.one(&self.sets[learns], &self.here, action);
        let alpha = self.move_weights(learns, action, error, lesson);
        if !step.end {
            std::mem::swap(&mut self.here, &mut self.there);
            self.seen = Some(step.next);
        }
        (error, alpha)
    }

    /// What follows in a state: the best value of one set or, with two, what the other one says of that action.
    fn follows(&mut self, environment: &impl Environment, next: u32, learns: usize) -> f64 {
        let room = (&mut self.point[..], &mut self.there[..]);
        find(&self.coder, environment, next, room);
        let row = &mut self.row[..environment.actions(next) as usize];
        let own = std::slice::from_ref(&self.sets[learns]);
        self.columns.add_up(own, &self.there, row);
        let best = highest(row);
        match self.sets.get(1 - learns) {
            Some(judge) => self.columns.one(judge, &self.there, best as u32),
            None => row.get(best).copied().unwrap_or(0.0),
        }
    }

    /// Moves the active weights of an action by their shares of the error; gives their mean learning rate.
    fn move_weights(&mut self, learns: usize, action: u32, error: f64, lesson: &Lesson) -> f64 {
        let tilings = self.here.len() as f64;
        let counts = lesson.alpha.shape == Shape::Inverse;
        let mut alpha = lesson.alpha.at(lesson.step, lesson.budget);
        let mut sum = 0.0;
        for (tiling, &tile) in self.here.iter().enumerate() {
            let place = self.columns.place(tiling, tile, action);
            let visits = &mut self.visits[place];
            if counts {
                alpha = lesson.alpha.at(u64::from(*visits), lesson.budget);
            }
            *visits = visits.saturating_add(1);
            sum += alpha;
            self.sets[learns][place] += alpha * error / tilings;
        }
        sum / tilings
    }

    /// Finds the active tiles of a state, unless they were found just before.
    fn look(&mut self, environment: &impl Environment, state: u32) {
        if self.seen != Some(state) {
            self.seen = Some(state);
            let room = (&mut self.point[..], &mut self.here[..]);
            find(&self.coder, environment, state, room);
        }
    }
}

impl Columns {
    /// Tiles along the actions, shifted from tiling to tiling like another axis of the coder.
    fn new(coder: &TileCoder, along: u32, actions: u32) -> Self {
        let tilings = coder.tilings();
        let scale = f64::from(along) / f64::from(actions.max(2) - 1);
        let shift = 2 * coder.dimensions() as u32 + 1;
        let of = (0..tilings).flat_map(|tiling| {
            let offset = f64::from(tiling * shift % tilings) / f64::from(tilings);
            (0..actions).map(move |action| (f64::from(action) * scale + offset) as u32)
        });
        Self {
            count: along + 1,
            actions: actions as usize,
            of: of.collect(),
        }
    }

    /// Where the weight of an action stands in a tile of a tiling.
    #[inline]
    fn place(&self, tiling: usize, tile: u32, action: u32) -> usize {
        let column = self.of[tiling * self.actions + action as usize];
        (tile * self.count + column) as usize
    }

    /// The value of an action where these tiles are active, in the eyes of one set.
    #[inline]
    fn one(&self, set: &[f64], tiles: &[u32], action: u32) -> f64 {
        let tiles = tiles.iter().enumerate();
        tiles
            .map(|(tiling, &tile)| set[self.place(tiling, tile, action)])
            .sum()
    }

    /// Writes the values of the first actions where these tiles are active: the mean over the sets.
    fn add_up(&self, sets: &[Vec<f64>], tiles: &[u32], row: &mut [f64]) {
        row.fill(0.0);
        for set in sets {
            for (tiling, &tile) in tiles.iter().enumerate() {
                let first = (tile * self.count) as usize;
                let weights = &set[first..first + self.count as usize];
                let of = &self.of[tiling * self.actions..];
                for (place, &column) in row.iter_mut().zip(of) {
                    *place += weights[column as usize];
                }
            }
        }
        if sets.len() > 1 {
            row.iter_mut().for_each(|q| *q *= 0.5);
        }
    }
}

/// Writes the active tiles of a state. Problems without coordinates were refused before.
fn find(
    coder: &TileCoder,
    environment: &impl Environment,
    state: u32,
    (point, tiles): (&mut [f64], &mut [u32]),
) {
    if let Some(axes) = environment.coordinates() {
        axes.point(state, point);
    }
    coder.active(point, tiles);
}

/// The place of the greatest value, the first among equals.
fn highest(row: &[f64]) -> usize {
    let mut best = 0;
    for (place, value) in row.iter().enumerate() {
        if *value > row[best] {
            best = place;
        }
    }
    best
}

fn no_coordinates() -> Problem {
    Problem::new(
        "agent.no-coordinates",
        Text::new(
            "Tiles need states that are points, such as units in stock and periods left. The states of this problem are \
             names without an order.",
            "瓦片编码要求状态是坐标点，例如库存数量与剩余周期。此问题的状态只是没有次序的名称。",
        ),
        Text::new(
            "Keep the table or choose a network here; tiles suit price, stock and ads, and the mountain car.",
            "请在此使用表格或网络；瓦片适用于定价、库存、广告以及山地车问题。",
        ),
    )
}

fn too_large(weights: u64) -> Problem {
    Problem::new(
        "agent.memory",
        Text::new(
            format!("Tiles and actions make {weights} weights, more than there is room for."),
            format!("瓦片与动作共需 {weights} 个权重，超出可用内存。"),
        ),
        Text::new(
            "Use fewer tiles along each axis, or fewer tilings.",
            "请减少每个维度的瓦片数或层数。",
        ),
    )
}
