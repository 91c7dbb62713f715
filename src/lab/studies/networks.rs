//! Networks that learn from the log, as policies of the shop: what is likely, what is worth most, and the product of both
//! ([`products`]).

use std::rc::Rc;

use super::policies::Ground;
use crate::behaviour::neural::{Course, Pass, products};
use crate::behaviour::{BehaviourModel, Choice, History, Sessions, Watch};
use crate::env::Environment;
use crate::evaluate::build;
use crate::evaluate::value::Stochastic;
use crate::experiment::study::NetworkName;
use crate::lab::problems::Problem as Decision;
use crate::lab::protocol::{Lesson, Pupil, Trouble};
use crate::log::EventType;
use crate::nn::vector::softmax;
use crate::problem::Problem;

/// A network that learns from all sessions of the log.
pub struct Learning {
    name: NetworkName,
    model: Box<dyn BehaviourModel>,
    sessions: Rc<Sessions>,
    done: f64,
}

/// A network with a Q head of this discount.
pub fn choice(name: NetworkName, gamma: f64) -> Result<Choice, Problem> {
    let gamma = gamma.min(0.99);
    Choice::parse(&format!("{}:valueWeight=1:gamma={gamma}", name.name()))
}

impl Learning {
    /// A network with a Q head of this discount that has learned nothing yet.
    pub fn new(name: NetworkName, gamma: f64, sessions: Rc<Sessions>) -> Result<Self, Problem> {
        Ok(Self {
            name,
            model: build(&choice(name, gamma)?)?,
            sessions,
            done: 0.0,
        })
    }

    /// The share that is learned.
    pub fn done(&self) -> f64 {
        self.done
    }

    /// How it learns.
    pub fn lesson(&self) -> Lesson {
        let course = self.model.network().and_then(|network| network.course());
        let learning = course.map(Course::learning);
        Lesson {
            pupil: Pupil::Network(self.name),
            done: self.done,
            loss: learning.as_ref().map(|learning| learning.loss),
            norm: learning.as_ref().map(|learning| learning.norm),
            samples: learning.map_or(0.0, |learning| learning.targets),
        }
    }

    /// Learns for about `work` elementary operations; true when all is learned.
    pub fn advance(&mut self, work: u64) -> Result<bool, Problem> {
        let mut listen = |_| true;
        let first = self.done == 0.0;
        let watch = &mut Watch::new(&mut listen);
        // Never 0 again: the first slice is the one that forgets.
        let done = self.model.fit_slice(&self.sessions, first, work, watch)?;
        self.done = done.max(1e-9);
        Ok(done >= 1.0)
    }

    /// Why learning ended before its time, where it diverged.
    pub fn trouble(&self) -> Option<Trouble> {
        let course = self.model.network()?.course()?;
        Some(Trouble {
            who: self.name.name().to_owned(),
            what: course.learning().trouble?.what,
        })
    }

    /// The three policies. Where a state holds no item, at the start and after any item, the network has nothing to go by and the
    /// likeliest candidate is recommended.
    pub fn policies(&self, ground: &Ground) -> Result<Vec<(String, Stochastic)>, Problem> {
        let (Decision::Shop(shop), Some(course)) = (
            &ground.problem,
            self.model.network().and_then(|network| network.course()),
        ) else {
            return Ok(Vec::new());
        };
        let learner = &course.learner;
        let mut pass = Pass::default();
        let mut scores = [Vec::new(), Vec::new(), Vec::new()];
        for state in 0..shop.states() {
            let entries = &shop.entries(state)[..shop.actions(state) as usize];
            let items = shop.state_items(state);
            let history = History {
                items: &items,
                kinds: &vec![EventType::View; items.len()],
                times: &vec![0; items.len()],
            };
            let judged = learner
                .network
                .judge(&learner.weights, history, true, &mut pass);
            let Some((chances, values)) = judged else {
                for scores in &mut scores {
                    scores.extend(entries.iter().map(|entry| entry.probability));
                }
                continue;
            };
            softmax(chances);
            let products: Vec<f64> = products(chances, values).collect();
            for entry in entries {
                let item = entry.item as usize;
                scores[0].push(f64::from(chances[item]));
                scores[1].push(f64::from(values[item]));
                scores[2].push(products[item]);
            }
        }
        let names = ["likelihood", "value", "product"].iter().zip(&scores);
        Ok(names
            .map(|(by, scores)| {
                let name = format!("{}.{by}", self.name.name());
                (name, Stochastic::greedy(&ground.problem, scores))
            })
            .collect())
    }
}
