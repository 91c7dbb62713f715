//! The policies of a decision problem by name, and the problem that they are policies of.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::env::{Environment, Model};
use crate::evaluate::value::Stochastic;
use crate::experiment::SHOP;
use crate::experiment::parameters::Settings;
use crate::experiment::study::{Exploring, PolicyName};
use crate::lab::findings::Learned;
use crate::lab::operations;
use crate::lab::problems::Problem as Decision;
use crate::log::Log;
use crate::problem::{Problem, Text};
use crate::solve::value_iteration::Optimum;
use crate::train::Trainer;
use std::rc::Rc;

/// What was learned: the Q-values of the first run, and how their value rose.
#[derive(Clone)]
pub struct Supposed {
    pub q: Vec<f64>,
    /// Episodes so far and the value of the greedy policy, at each measurement.
    pub points: Vec<(f64, f64)>,
}

impl Supposed {
    /// What a trainer has learned.
    pub fn from_trainer(trainer: &Trainer<Decision>) -> Self {
        Self {
            q: trainer.q().values().to_vec(),
            points: points(trainer),
        }
    }

    /// What another laboratory learned on the same problem.
    pub fn read(learned: &Learned, ground: &Ground) -> Result<Self, Problem> {
        let bytes = URL_SAFE_NO_PAD.decode(&learned.q).unwrap_or_default();
        let (numbers, rest) = bytes.as_chunks::<8>();
        let q: Vec<f64> = numbers
            .iter()
            .map(|&bits| f64::from_le_bytes(bits))
            .collect();
        let fits = q.len() == ground.solution.q.len() && rest.is_empty();
        if fits && q.iter().all(|number| number.is_finite()) {
            let points = learned.points.clone();
            return Ok(Self { q, points });
        }
        Err(Problem::new(
            "study.learned",
            Text::new(
                "The Q-values are of another decision problem.",
                "这些 Q 值属于另一个决策问题。",
            ),
            Text::new("Train again.", "请重新训练。"),
        ))
    }
}

/// Episodes and value of the greedy policy at each measurement of a training.
fn points(trainer: &Trainer<Decision>) -> Vec<(f64, f64)> {
    let snapshots = trainer.snapshots().iter();
    snapshots
        .map(|snapshot| (snapshot.episodes as f64, snapshot.value))
        .collect()
}

/// The policies that a decision problem has once its agent is trained, in the order of the board.
#[must_use]
pub fn policies_of(problem: &str) -> Vec<PolicyName> {
    let here = |name: &PolicyName| {
        (!name.of_shop() || problem == SHOP)
            && (!name.of_operations() || operations::has_policy(problem, *name))
    };
    PolicyName::ALL.into_iter().filter(here).collect()
}

/// A decision problem that policies are compared in.
#[derive(Clone)]
pub struct Ground {
    pub problem: Decision,
    pub log: Option<Rc<Log>>,
    pub gamma: f64,
    /// Steps after which an episode is cut off.
    pub horizon: u32,
    /// Expected return of the optimal policy.
    pub optimum: f64,
    pub solution: Rc<Optimum>,
    pub learned: Option<Supposed>,
    pub settings: Settings,
}

impl Ground {
    /// Nothing learned yet.
    pub fn new(
        problem: Decision,
        optimum: &Optimum,
        log: Option<Rc<Log>>,
        settings: &Settings,
    ) -> Self {
        let log = log.filter(|_| matches!(problem, Decision::Shop(_)));
        // What ends by itself is not cut before, as in training: else a policy would be valued at part of its season.
        let whole = problem.ends_within().unwrap_or(1);
        Self {
            problem,
            log,
            gamma: settings.number("gamma"),
            horizon: settings.integer("episodeCap").max(whole),
            optimum: optimum.start_value,
            solution: Rc::new(optimum.clone()),
            learned: None,
            settings: settings.clone(),
        }
    }

    fn has(&self, name: PolicyName) -> bool {
        (!name.of_shop() || self.log.is_some()) && (!name.trained() || self.learned.is_some())
    }

    /// A policy by name.
    pub fn policy(&self, name: PolicyName, exploring: Exploring) -> Result<Stochastic, Problem> {
        if !self.has(name) {
            return Err(missing(name));
        }
        let learned = self.learned.as_ref().map_or(&[][..], |learned| &learned.q);
        let world = &self.problem;
        Ok(match name {
            PolicyName::Optimal => Stochastic::greedy(world, &self.solution.q),
            PolicyName::QGreedy => Stochastic::greedy(world, learned),
            PolicyName::EpsilonGreedy => {
                Stochastic::epsilon_greedy(world, learned, exploring.epsilon)
            }
            PolicyName::Softmax => Stochastic::softmax(world, learned, exploring.temperature),
            PolicyName::Likelihood => Stochastic::greedy(world, &self.shop_scores(|_, p| p)),
            PolicyName::Popularity => {
                let counts = self.counts();
                let seen = |item: u32, _| f64::from(counts[item as usize]);
                Stochastic::greedy(world, &self.shop_scores(seen))
            }
            PolicyName::Myopic => Stochastic::greedy(world, &self.at_once()),
            PolicyName::Constant
            | PolicyName::BaseStock
            | PolicyName::ReorderPoint
            | PolicyName::CappedBaseStock => {
                let chosen = self.simple(name).ok_or_else(|| missing(name))?;
                Stochastic::from_fn(world, |state, row| {
                    row[chosen[state as usize] as usize] = 1.0;
                })?
            }
            PolicyName::Random => Stochastic::uniform(world),
        })
    }

    /// What each pair earns at once, in expectation.
    fn at_once(&self) -> Vec<f64> {
        let world = &self.problem;
        let zeros = vec![0.0; world.states() as usize];
        let mut earned = Vec::with_capacity(self.solution.q.len());
        for state in 0..world.states() {
            let from = earned.len();
            earned.resize(from + world.actions(state) as usize, 0.0);
            world.backup(state, &zeros, 0.0, &mut earned[from..]);
        }
        earned
    }

    /// A simple method of price, stock or ads, as one action a state.
    fn simple(&self, name: PolicyName) -> Option<Vec<u32>> {
        match &self.problem {
            Decision::Operation(_, operation) => {
                let search = operations::Search::new(self.gamma, self.optimum, &self.settings);
                operations::policy(operation, name, &search)
            }
            _ => None,
        }
    }

    /// A score for each pair of a shop, from the item and its probability.
    fn shop_scores(&self, score: impl Fn(u32, f64) -> f64) -> Vec<f64> {
        let Decision::Shop(shop) = &self.problem else {
            return Vec::new();
        };
        let mut scores = Vec::with_capacity(self.solution.q.len());
        for state in 0..shop.states() {
            let actions = shop.actions(state) as usize;
            let entries = shop.entries(state)[..actions].iter();
            scores.extend(entries.map(|entry| score(entry.item, entry.probability)));
        }
        scores
    }

    /// Events of each item in the log.
    fn counts(&self) -> Vec<u32> {
        let Some(log) = &self.log else {
            return Vec::new();
        };
        let mut counts = vec![0; log.items.len()];
        for &item in &log.events.item {
            counts[item as usize] += 1;
        }
        counts
    }
}

fn missing(name: PolicyName) -> Problem {
    let name_text = name.name();
    if name.trained() {
        return Problem::new(
            "study.untrained",
            Text::new(
                format!("The policy {name_text} needs a trained agent."),
                format!("策略 {name_text} 需要先训练。"),
            ),
            Text::new("Train first, under Learn.", "请先在“学习”处训练。"),
        );
    }
    Problem::new(
        "study.policy",
        Text::new(
            format!("This problem has no policy {name_text}."),
            format!("该问题没有策略 {name_text}。"),
        ),
        Text::new(
            "Choose another policy, or another problem.",
            "请选择其他策略或其他问题。",
        ),
    )
}
