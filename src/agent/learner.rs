//! The agent: Q-learning or Double Q-learning on tables, acting epsilon-greedily.

use serde::{Deserialize, Serialize};

use crate::agent::table::{QTable, too_large};
use crate::env::{Environment, Step};
use crate::problem::Problem;
use crate::random::{Rng, draw};

/// Which update rule an agent learns by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// Q-learning (Watkins 1989).
    Q,
    /// Double Q-learning (van Hasselt 2010): two tables, each valued by the other, against maximisation bias.
    DoubleQ,
}

/// What one update did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Update {
    /// The value before.
    pub old: f64,
    /// What it was moved towards: `r + gamma * value of the next state`, the latter 0 at the end of an episode.
    pub target: f64,
    /// The value after.
    pub new: f64,
}

/// An agent with its tables.
#[derive(Clone, Debug, PartialEq)]
pub struct Learner {
    /// The table the agent acts on. For Double Q-learning the mean of the two tables.
    table: QTable,
    twins: Option<Box<[QTable; 2]>>,
    visits: Vec<u32>,
}

impl Learner {
    /// How many bytes an agent takes for this many states and pairs.
    #[must_use]
    pub fn bytes_needed(algorithm: Algorithm, states: u64, pairs: u64) -> u64 {
        let tables = match algorithm {
            Algorithm::Q => 1,
            Algorithm::DoubleQ => 3,
        };
        tables * QTable::bytes_needed(states, pairs) + 4 * pairs
    }

    /// An agent that knows nothing: every value is `initial`.
    ///
    /// # Errors
    /// `agent.memory` when its tables would not fit in memory.
    pub fn new(
        algorithm: Algorithm,
        environment: &impl Environment,
        initial: f64,
    ) -> Result<Self, Problem> {
        let table = QTable::new(environment, initial)?;
        let twins = match algorithm {
            Algorithm::Q => None,
            Algorithm::DoubleQ => Some(Box::new([
                QTable::new(environment, initial)?,
                QTable::new(environment, initial)?,
            ])),
        };
        let pairs = table.values().len();
        let mut visits = Vec::new();
        if visits.try_reserve_exact(pairs).is_err() {
            return Err(too_large(environment.states(), pairs as u64));
        }
        visits.resize(pairs, 0);
        Ok(Self {
            table,
            twins,
            visits,
        })
    }

    /// The values the agent acts on.
    #[must_use]
    pub fn table(&self) -> &QTable {
        &self.table
    }

    /// The table, for a network to write down what it thinks.
    pub fn table_mut(&mut self) -> &mut QTable {
        &mut self.table
    }

    /// Counts a step that a network learns from.
    pub fn count(&mut self, state: u32, action: u32) {
        let pair = self.table.pair(state, action);
        self.visits[pair] = self.visits[pair].saturating_add(1);
    }

    /// How often each pair was updated, in the order of [`QTable::values`].
    #[must_use]
    pub fn visits(&self) -> &[u32] {
        &self.visits
    }

    /// Chooses an action epsilon-greedily; says whether it was drawn at random.
    #[inline]
    pub fn act(&self, state: u32, actions: u32, epsilon: f64, rng: &mut Rng) -> (u32, bool) {
        if epsilon > 0.0 && draw::unit(rng) < epsilon {
            (draw::below(rng, actions), true)
        } else {
            (self.table.best(state), false)
        }
    }

    /// How often a pair was updated so far.
    #[inline]
    #[must_use]
    pub fn visited(&self, state: u32, action: u32) -> u32 {
        self.visits[self.table.pair(state, action)]
    }

    /// Learns from one step. `rng` chooses the table that Double Q-learning updates.
    #[inline]
    pub fn learn(
        &mut self,
        (state, action): (u32, u32),
        step: Step,
        alpha: f64,
        gamma: f64,
        rng: &mut Rng,
    ) -> Update {
        let pair = self.table.pair(state, action);
        self.visits[pair] = self.visits[pair].saturating_add(1);
        let Some(twins) = self.twins.as_deref_mut() else {
            let follows = if step.end {
                0.0
            } else {
                gamma * self.table.max(step.next)
            };
            return move_towards(&mut self.table, state, action, step.reward + follows, alpha);
        };
        let [first, second] = twins;
        let (learns, judges) = if draw::below(rng, 2) == 0 {
            (first, second)
        } else {
            (second, first)
        };
        let follows = if step.end {
            0.0
        } else {
            gamma * judges.get(step.next, learns.best(step.next))
        };
        let update = move_towards(learns, state, action, step.reward + follows, alpha);
        let mean = 0.5 * (learns.get(state, action) + judges.get(state, action));
        self.table.set(state, action, mean);
        update
    }
}

#[inline]
fn move_towards(table: &mut QTable, state: u32, action: u32, target: f64, alpha: f64) -> Update {
    let old = table.get(state, action);
    table.learn(state, action, target, alpha);
    Update {
        old,
        target,
        new: table.get(state, action),
    }
}
