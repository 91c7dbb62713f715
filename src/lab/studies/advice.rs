//! A network that learns from all sessions of the log to recommend to its users, as a study: what a link of it repeats.

use super::Work;
use crate::behaviour::neural::Neural;
use crate::behaviour::{BehaviourModel, Sessions, Watch};
use crate::experiment::digest::Sum;
use crate::experiment::study::AdviceTerms;
use crate::lab::protocol::{AdviceReport, StudyReport};
use crate::log::Log;
use crate::problem::Problem;

/// A network on its way.
pub struct Learning {
    model: Box<dyn BehaviourModel>,
    sessions: Sessions,
    begun: bool,
    done: f64,
}

impl Learning {
    /// A network that has learned nothing yet.
    pub fn new(terms: &AdviceTerms, log: &Log) -> Result<Self, Problem> {
        Ok(Self {
            model: terms.network()?.1,
            sessions: Sessions::from_log(log),
            begun: false,
            done: 0.0,
        })
    }
}

impl Work for Learning {
    fn advance(&mut self, work: u64) -> Result<Option<StudyReport>, Problem> {
        let mut listen = |_| true;
        let first = !std::mem::replace(&mut self.begun, true);
        let watch = &mut Watch::new(&mut listen);
        self.done = self.model.fit_slice(&self.sessions, first, work, watch)?;
        let over = self.done >= 1.0;
        Ok(self.model.network().filter(|_| over).and_then(report))
    }

    fn fraction(&self) -> f64 {
        self.done
    }
}

/// What a network that has learned came to.
pub fn report(network: &Neural) -> Option<StudyReport> {
    let course = network.course()?;
    let mut sum = Sum::default();
    for tensor in &course.learner.weights.tensors {
        sum.bytes(tensor.name.as_bytes());
        for value in &tensor.value {
            sum.bytes(&value.to_le_bytes());
        }
    }
    Some(StudyReport::Advice(AdviceReport {
        weights: sum.hex(),
        learning: course.learning(),
    }))
}
