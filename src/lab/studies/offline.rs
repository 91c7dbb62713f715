//! Learning from a log alone: what plain Q-learning claims and what it is worth, beside careful ways of it.

use super::Work;
use super::policies::Ground;
use crate::agent::offline::{OfflineConfig, Transition, fit};
use crate::env::mdp::{Mdp, MdpBuilder, Outcome};
use crate::env::{Environment, Model};
use crate::evaluate::ope::Episodes;
use crate::evaluate::value::{Returns, Stochastic, exact};
use crate::experiment::study::{OfflineTerms, PolicyName};
use crate::lab::protocol::{OfflineMethod, OfflineReport, StudyReport};
use crate::problem::Problem;
use crate::random::stream;
use crate::solve::value_iteration::{solve, start_value};

/// Items of the demonstration that sell less than the best one.
const RARE: u32 = 30;
/// Discount of the demonstration.
const GAMMA: f64 = 0.9;
/// Names of the methods, in the order of the report.
const METHODS: [&str; 4] = ["plain", "support", "pessimism", "conservative"];

/// A demonstration under way: one method on one log a slice.
pub struct Learning {
    world: World,
    terms: OfflineTerms,
    logging: Stochastic,
    gamma: f64,
    horizon: u32,
    log: Vec<Transition>,
    step: usize,
    claims: [Vec<f64>; METHODS.len()],
    truths: [Vec<f64>; METHODS.len()],
}

/// The decision problem of a demonstration.
enum World {
    Demonstration(Mdp),
    Own(Box<Ground>),
}

impl Learning {
    pub fn new(ground: Option<Ground>, terms: OfflineTerms) -> Result<Self, Problem> {
        let (world, logging, gamma, horizon) = match ground {
            Some(ground) => {
                let (gamma, horizon) = (ground.gamma, ground.horizon);
                let logging = own_logging(&ground)?;
                (World::Own(Box::new(ground)), logging, gamma, horizon)
            }
            None => {
                let shop = demonstration()?;
                let logging = mostly_first(&shop)?;
                (World::Demonstration(shop), logging, GAMMA, 10)
            }
        };
        Ok(Self {
            world,
            terms,
            logging,
            gamma,
            horizon,
            log: Vec::new(),
            step: 0,
            claims: Default::default(),
            truths: Default::default(),
        })
    }

    fn config(&self, method: usize) -> OfflineConfig {
        let plain = OfflineConfig {
            gamma: self.gamma,
            ..OfflineConfig::default()
        };
        let OfflineTerms {
            threshold,
            pessimism,
            conservatism,
            ..
        } = self.terms;
        match METHODS[method] {
            "support" => OfflineConfig { threshold, ..plain },
            "pessimism" => OfflineConfig { pessimism, ..plain },
            "conservative" => OfflineConfig {
                conservatism,
                ..plain
            },
            _ => plain,
        }
    }

    /// One method on one log.
    fn step(&mut self) -> Result<(), Problem> {
        let (number, method) = (self.step / METHODS.len(), self.step % METHODS.len());
        if method == 0 {
            self.log = match &self.world {
                World::Demonstration(shop) => self.record(shop, number),
                World::Own(ground) => self.record(&ground.problem, number),
            };
        }
        let (claim, truth) = match &self.world {
            World::Demonstration(shop) => self.learn(shop, method),
            World::Own(ground) => self.learn(&ground.problem, method),
        }?;
        self.claims[method].push(claim);
        self.truths[method].push(truth);
        self.step += 1;
        Ok(())
    }

    fn record(&self, world: &impl Environment, number: usize) -> Vec<Transition> {
        let mut rng = stream(u64::from(self.terms.seed), &format!("offline.{number}"));
        let (episodes, horizon) = (self.terms.episodes, self.horizon);
        let recorded = Episodes::record(world, &self.logging, episodes, horizon, &mut rng);
        let mut log = Vec::with_capacity(recorded.decisions().len());
        for number in 0..recorded.len() {
            let episode = recorded.episode(number);
            log.extend(episode.iter().enumerate().map(|(at, decision)| Transition {
                state: decision.state,
                action: decision.action,
                reward: decision.reward,
                next: episode.get(at + 1).map(|next| next.state),
            }));
        }
        log
    }

    /// What the fit claims the starts are worth, and what its greedy policy is worth.
    fn learn(&self, world: &impl Model, method: usize) -> Result<(f64, f64), Problem> {
        let config = self.config(method);
        let fitted = fit(world, &self.log, &config)?;
        let policy = Stochastic::greedy(world, &fitted.scores());
        let starts = world.starts().iter();
        let claim = starts
            .map(|&(state, p)| p * fitted.value(state, config.initial))
            .sum();
        Ok((claim, self.value(world, &policy)))
    }

    fn value(&self, world: &impl Model, policy: &Stochastic) -> f64 {
        start_value(world, &exact(world, policy, self.gamma, self.horizon))
    }

    fn report(&self) -> Result<StudyReport, Problem> {
        let (optimum, logging) = match &self.world {
            World::Demonstration(shop) => (
                solve(shop, self.gamma)?.start_value,
                self.value(shop, &self.logging),
            ),
            World::Own(ground) => (ground.optimum, self.value(&ground.problem, &self.logging)),
        };
        let methods = METHODS.iter().zip(self.claims.iter().zip(&self.truths));
        let methods = methods.map(|(name, (claims, truths))| {
            let mut excess = Returns::default();
            for (claim, truth) in claims.iter().zip(truths) {
                excess.add(claim - truth);
            }
            OfflineMethod {
                name: (*name).to_owned(),
                claims: claims.clone(),
                truths: truths.clone(),
                excess: excess.estimate("excess", 0.95),
            }
        });
        Ok(StudyReport::Offline(OfflineReport {
            optimum,
            logging,
            methods: methods.collect(),
        }))
    }

    fn steps(&self) -> usize {
        METHODS.len() * self.terms.logs as usize
    }
}

impl Work for Learning {
    fn advance(&mut self, _: u64) -> Result<Option<StudyReport>, Problem> {
        if self.step < self.steps() {
            self.step()?;
            return Ok(None);
        }
        self.report().map(Some)
    }

    fn fraction(&self) -> f64 {
        self.step as f64 / self.steps() as f64
    }
}

/// Two pages; on each one item that sells (0.5) and thirty that sell less (0.2), all with noise of 1. The maximum over thirty
/// items that were hardly ever shown prefers whichever was lucky.
fn demonstration() -> Result<Mdp, Problem> {
    let mut builder = MdpBuilder::default();
    for state in 0..2 {
        builder.state("page");
        for action in 0..=RARE {
            let outcome = Outcome {
                next: state + 1,
                probability: 1.0,
                reward: if action == 0 { 0.5 } else { 0.2 },
                spread: 1.0,
            };
            builder.drawn_action("show", vec![outcome]);
        }
    }
    builder.state("end");
    builder.starts(vec![(0, 1.0)]);
    builder.build()
}

/// What a shop does that mostly shows the first item.
fn mostly_first(shop: &Mdp) -> Result<Stochastic, Problem> {
    Stochastic::from_fn(shop, |_, row| {
        row.fill(0.1 / f64::from(RARE));
        row[0] = 0.9;
    })
}

/// What a shop does that mostly shows what is likeliest anyway; elsewhere, any action.
fn own_logging(ground: &Ground) -> Result<Stochastic, Problem> {
    let usual = if ground.log.is_some() {
        PolicyName::Likelihood
    } else {
        PolicyName::Random
    };
    let usual = ground.policy(usual, crate::experiment::study::Exploring::default())?;
    Stochastic::from_fn(&ground.problem, |state, row| {
        let n = row.len() as f64;
        for (place, p) in row.iter_mut().zip(usual.row(state)) {
            *place = 0.9 * p + 0.1 / n;
        }
    })
}
