//! Agents that learn in the decision problem as a part of the study, side by side.

use super::policies::Ground;
use crate::agent::learner::Algorithm;
use crate::evaluate::value::Stochastic;
use crate::experiment::parameters::Value;
use crate::experiment::study::AgentName;
use crate::lab::configure;
use crate::lab::networks::approximated;
use crate::lab::problems::Problem as Decision;
use crate::lab::protocol::{Lesson, Pupil, Trouble};
use crate::problem::Problem;
use crate::train::{StopReason, Trainer};

/// An agent under way.
pub struct Training {
    agent: AgentName,
    name: String,
    trainer: Box<Trainer<Decision>>,
}

impl Training {
    /// An agent that has learned nothing yet, with the settings of the experiment, or what suits it where nobody changed those.
    pub fn new(agent: AgentName, ground: &Ground) -> Result<Self, Problem> {
        let value = Value::Choice(agent.name().to_owned());
        let settings = approximated(&ground.settings, ground.problem.id(), value)?;
        let config = configure::training(&settings, 0);
        let by = match config.algorithm {
            Algorithm::Q => "q",
            Algorithm::DoubleQ => "doubleQ",
        };
        let optimum = ground.solution.as_ref().clone();
        Ok(Self {
            agent,
            name: format!("{}.{by}", agent.name()),
            trainer: Box::new(Trainer::new(ground.problem.clone(), optimum, config)?),
        })
    }

    /// The share that is learned.
    pub fn done(&self) -> f64 {
        self.trainer.steps() as f64 / self.trainer.config().budget_steps.max(1) as f64
    }

    /// How it learns.
    pub fn lesson(&self) -> Lesson {
        let newest = self.trainer.newest_update();
        let steps = self.trainer.steps();
        let batches = self.trainer.config().network.map_or(steps, |network| {
            steps.saturating_sub(network.warm_up) / network.every * network.batch as u64
        });
        Lesson {
            pupil: Pupil::Agent(self.agent),
            done: self.done(),
            loss: newest.map(|update| update.loss),
            norm: newest.map(|update| update.norm),
            samples: batches as f64,
        }
    }

    /// Learns for about `work` elementary operations; true when all is learned.
    pub fn advance(&mut self, work: u64) -> Result<bool, Problem> {
        self.trainer.advance(work);
        match self.trainer.stop_reason() {
            Some(StopReason::Failed(problem)) if self.trainer.snapshots().is_empty() => {
                Err(problem.clone())
            }
            reason => Ok(reason.is_some()),
        }
    }

    /// Why learning ended before its time, where it diverged.
    pub fn trouble(&self) -> Option<Trouble> {
        let reason = self.trainer.stop_reason()?;
        let diverged = matches!(reason, StopReason::Diverged { .. } | StopReason::Failed(_));
        diverged.then(|| Trouble {
            who: self.name.clone(),
            what: reason.explain(),
        })
    }

    /// The greedy policy of what it learned, named for what it is: `gru.q`, `table.doubleQ`.
    pub fn policy(self) -> (String, Stochastic) {
        let greedy = Stochastic::greedy(self.trainer.model(), self.trainer.q().values());
        (self.name, greedy)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::agent::network::NetworkConfig;
    use crate::env::textbook;
    use crate::nn::encoder::Kind;
    use crate::solve::value_iteration::solve;
    use crate::train::TrainConfig;

    fn training(rate: f32) -> Training {
        let entry = textbook::find("gridworld").unwrap();
        let problem = Decision::Textbook(entry, std::rc::Rc::new(entry.build().unwrap()));
        let config = TrainConfig {
            budget_steps: 2000,
            network: Some(NetworkConfig {
                kind: Kind::Mlp,
                width: 8,
                rate,
                batch: 8,
                replay: 1000,
                every: 4,
                target: 50,
                warm_up: 100,
            }),
            ..TrainConfig::default()
        };
        let optimum = solve(&problem, config.gamma).unwrap();
        Training {
            agent: AgentName::Mlp,
            name: "mlp.q".to_owned(),
            trainer: Box::new(Trainer::new(problem, optimum, config).unwrap()),
        }
    }

    #[test]
    fn an_agent_that_diverged_is_on_the_board_with_words() {
        for (rate, diverges) in [(0.004, false), (1e3, true), (f32::MAX, true)] {
            let mut training = training(rate);
            while !training.advance(1_000_000).unwrap() {}
            let trouble = training.trouble();
            assert_eq!(trouble.is_some(), diverges, "{trouble:?}");
            assert!(trouble.is_none_or(|trouble| trouble.who == "mlp.q"));
            assert_eq!(training.policy().0, "mlp.q");
        }
    }
}
