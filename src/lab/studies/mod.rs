//! The policy board of a laboratory: one study at a time, slice by slice.

mod advice;
mod agents;
mod conduct;
mod networks;
mod off_policy;
mod offline;
mod policies;
mod sequences;
mod sessions;
mod trial;
mod value;

use super::networks::{approximated, costs};
use super::protocol::{Lesson, Pupil, Response, StudyAnswer, StudyReport, StudyRequest};
use super::{Answer, Lab, done};
use crate::behaviour::Sessions;
use crate::evaluate::abtest::{Design, Trial};
use crate::experiment::parameters::Value;
use crate::experiment::study::{Study, TrialLogTerms, TrialTerms};
use crate::problem::{Problem, Text};
pub(super) use advice::report;
use conduct::Conducted;
pub use policies::policies_of;
use policies::{Ground, Supposed};

/// A study under way.
trait Work {
    /// A slice of about `work` elementary operations; the report when it was the last.
    fn advance(&mut self, work: u64) -> Result<Option<StudyReport>, Problem>;
    /// The share that is done, from 0 to 1.
    fn fraction(&self) -> f64;
    /// Who learns for it at the moment, and how.
    fn lesson(&self) -> Option<Lesson> {
        None
    }
}

/// What the policy board is doing.
#[derive(Default)]
pub struct Studies {
    task: Option<Task>,
    conducted: Option<Conducted>,
    /// The users that batches are drawn from, and the experiment they are of.
    crowd: Option<(TrialTerms, trial::Crowd)>,
    supposed: Option<Supposed>,
}

struct Task {
    study: Study,
    work: Box<dyn Work>,
    told: u32,
}

impl Task {
    fn progress(&self) -> StudyAnswer {
        StudyAnswer::Progress {
            kind: self.study.kind().to_owned(),
            fraction: self.work.fraction(),
            lesson: self.work.lesson(),
        }
    }
}

impl Lab {
    /// Whether a study needs slices of work.
    pub(super) fn is_studying(&self) -> bool {
        self.studies.task.is_some()
    }

    /// Forgets what hangs on the decision problem.
    pub(super) fn forget_studies(&mut self) {
        self.studies = Studies::default();
    }

    /// Carries out a request to the policy board.
    pub(super) fn answer_study(&mut self, request: StudyRequest) -> Answer {
        match request {
            StudyRequest::Begin { study } => self.begin_study(study),
            StudyRequest::Conduct { terms } => self.conduct(terms),
            StudyRequest::Recruit { terms, batch } => self.recruit(&terms, batch),
            StudyRequest::Join { users } => self.join(&users),
            StudyRequest::Look => self.look_at_trial(),
            StudyRequest::Conclude => self.conclude(),
            StudyRequest::Plan { terms, power } => self.plan(&terms, power),
            StudyRequest::Measure { pupil } => self.measure_pupil(pupil),
            StudyRequest::Cancel => {
                self.studies.task = None;
                self.studies.conducted = None;
                done()
            }
            StudyRequest::Suppose { learned } => {
                let supposed = Some(Supposed::read(&learned, &self.study_ground()?)?);
                self.studies = Studies {
                    supposed,
                    ..Studies::default()
                };
                done()
            }
        }
    }

    fn begin_study(&mut self, study: Study) -> Answer {
        study.check()?;
        let work = self.work(&study)?;
        let task = Task {
            study,
            work,
            told: 0,
        };
        let progress = task.progress();
        self.studies.task = Some(task);
        Ok(vec![Response::Study { answer: progress }])
    }

    /// What it takes to have somebody learn for a study of values.
    fn measure_pupil(&self, pupil: Pupil) -> Answer {
        let answer = match pupil {
            Pupil::Network(name) => {
                let choice = networks::choice(name, self.study_ground()?.gamma)?;
                let sessions = Sessions::from_log(&self.data()?.log);
                let info = costs(&choice.to_string(), &sessions, self.clock.unwrap_or(|| 0.0))?;
                StudyAnswer::Measured {
                    weights: f64::from(info.weights),
                    bytes: info.bytes,
                    seconds: info.seconds,
                }
            }
            Pupil::Agent(name) => {
                let value = Value::Choice(name.name().to_owned());
                let settings = approximated(&self.settings, &self.problem, value)?;
                let run = self.measure_run(&settings)?;
                StudyAnswer::Measured {
                    weights: run.weights,
                    bytes: run.bytes,
                    seconds: run.seconds,
                }
            }
        };
        Ok(vec![Response::Study { answer }])
    }

    fn work(&mut self, study: &Study) -> Result<Box<dyn Work>, Problem> {
        Ok(match study {
            Study::Value(terms) => Box::new(value::Valuing::new(self.study_ground()?, terms)?),
            Study::OffPolicy(terms) => Box::new(off_policy::study(self, terms)?),
            Study::Sequences(terms) => {
                Box::new(sequences::Judging::new(&self.study_ground()?, terms)?)
            }
            Study::SequencesLog(terms) => Box::new(sessions::study(self, terms)?),
            Study::Trial(terms) => Box::new(trial::Recruiting::new(self.study_ground()?, terms)?),
            Study::TrialLog(terms) => Box::new(self.trial_log(terms)?),
            Study::Offline(terms) if terms.own => {
                Box::new(offline::Learning::new(Some(self.study_ground()?), *terms)?)
            }
            Study::Offline(terms) => Box::new(offline::Learning::new(None, *terms)?),
            Study::Split(terms) => Box::new(Ready(Some(StudyReport::Split(self.split(*terms)?)))),
            Study::Advice(terms) => Box::new(advice::Learning::new(terms, &self.data()?.log)?),
        })
    }

    pub(super) fn advance_study(&mut self, work: u64) -> Answer {
        let Some(mut task) = self.studies.task.take() else {
            return done();
        };
        if let Some(report) = task.work.advance(work)? {
            return studied(&task.study, report);
        }
        let percent = (task.work.fraction() * 100.0) as u32;
        let news = percent != task.told;
        task.told = percent;
        let answer = task.progress();
        self.studies.task = Some(task);
        Ok(if news {
            vec![Response::Study { answer }]
        } else {
            Vec::new()
        })
    }

    /// The decision problem with its optimum and what was learned.
    fn study_ground(&self) -> Result<Ground, Problem> {
        let decided = self.decided()?;
        let optimum = decided.optimum().ok_or_else(super::not_solved)?;
        let mut ground = Ground::new(
            decided.problem.clone(),
            optimum,
            self.data.as_ref().map(|data| data.log.clone()),
            &self.settings,
        );
        let training = self.training.as_ref().filter(|training| training.done());
        if let Some(trainer) = training.and_then(super::learning::Training::learned) {
            ground.learned = Some(Supposed::from_trainer(trainer));
        } else {
            ground.learned.clone_from(&self.studies.supposed);
        }
        Ok(ground)
    }

    /// An experiment that the log holds.
    fn trial_log(&self, terms: &TrialLogTerms) -> Result<Ready, Problem> {
        let log = &self.data()?.log;
        let trial = Trial::from_log(log, terms.outcome, terms.control.as_deref())?;
        let design = Design {
            alpha: terms.alpha,
            ..trial.even()
        };
        let mut report = trial.replay(design)?.report();
        if trial.mixed > 0 {
            report.notes.push(mixed(trial.mixed));
        }
        Ok(Ready(Some(StudyReport::TrialLog(report))))
    }
}

/// A study that needs no slices.
struct Ready(Option<StudyReport>);

impl Work for Ready {
    fn advance(&mut self, _: u64) -> Result<Option<StudyReport>, Problem> {
        Ok(self.0.take())
    }

    fn fraction(&self) -> f64 {
        0.0
    }
}

/// The answer that ends a study.
fn studied(study: &Study, report: StudyReport) -> Answer {
    let finding = study.finding(&report)?;
    let report = Box::new(report);
    Ok(vec![Response::Study {
        answer: StudyAnswer::Studied { report, finding },
    }])
}

fn mixed(users: u32) -> Text {
    Text::new(
        format!("{users} users were seen in more than one variant and are left out."),
        format!("有 {users} 名用户出现在多个分组中，已排除。"),
    )
}
