//! Sequences of decisions judged from a log that is recorded where the truth is known.

use super::Work;
use super::policies::Ground;
use crate::evaluate::ope::{Episodes, SequenceOptions, SequenceStudy};
use crate::evaluate::value::exact;
use crate::experiment::study::SequenceTerms;
use crate::lab::protocol::{SequenceReport, StudyReport};
use crate::problem::Problem;
use crate::random::stream;
use crate::solve::value_iteration::start_value;

/// Elementary operations that a resample counts for.
const RESAMPLE: u64 = 1_000_000;

/// A study of sequences under way.
pub struct Judging {
    study: SequenceStudy,
    done: u32,
    resamples: u32,
    truth: f64,
    logging: f64,
}

impl Judging {
    pub fn new(ground: &Ground, terms: &SequenceTerms) -> Result<Self, Problem> {
        let logging = ground.policy(terms.logging, terms.exploring)?;
        let target = ground.policy(terms.target, terms.exploring)?;
        let world = &ground.problem;
        let seed = u64::from(terms.seed);
        let episodes = Episodes::record(
            world,
            &logging,
            terms.episodes,
            ground.horizon,
            &mut stream(seed, "study.sequences"),
        );
        let value = |policy| {
            let values = exact(world, policy, ground.gamma, ground.horizon);
            start_value(world, &values)
        };
        let (truth, logging) = (value(&target), value(&logging));
        let options = SequenceOptions {
            seed,
            resamples: terms.resamples,
            gamma: ground.gamma,
            ..SequenceOptions::default()
        };
        Ok(Self {
            study: SequenceStudy::new(episodes, target, options)?,
            done: 0,
            resamples: terms.resamples,
            truth,
            logging,
        })
    }
}

impl Work for Judging {
    fn advance(&mut self, work: u64) -> Result<Option<StudyReport>, Problem> {
        let resamples = (work / RESAMPLE).clamp(1, 1 << 20) as u32;
        self.done += resamples.min(self.resamples - self.done);
        Ok(self.study.advance(resamples).then(|| {
            StudyReport::Sequences(SequenceReport {
                report: self.study.report(),
                truth: self.truth,
                logging: self.logging,
            })
        }))
    }

    fn fraction(&self) -> f64 {
        f64::from(self.done) / f64::from(self.resamples)
    }
}
