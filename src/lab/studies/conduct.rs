//! An experiment whose users are simulated by several laboratories, and the plan of one.

use super::studied;
use super::trial::{Crowd, Progress, pack, unpack};
use crate::experiment::study::{Study, TrialTerms};
use crate::lab::protocol::{Response, StudyAnswer, StudyReport};
use crate::lab::{Answer, Lab};
use crate::problem::{Problem, Text};

/// An experiment under way.
pub struct Conducted {
    terms: TrialTerms,
    progress: Progress,
}

impl Lab {
    pub(super) fn conduct(&mut self, terms: TrialTerms) -> Answer {
        Study::Trial(terms.clone()).check()?;
        let crowd = Crowd::new(self.study_ground()?, &terms)?;
        let progress = Progress::new(crowd.design(&terms), &terms)?;
        self.studies.conducted = Some(Conducted { terms, progress });
        self.joined(false)
    }

    pub(super) fn recruit(&mut self, terms: &TrialTerms, batch: u32) -> Answer {
        let same = |(known, _): &(TrialTerms, Crowd)| known == terms;
        if !self.studies.crowd.as_ref().is_some_and(same) {
            let crowd = Crowd::new(self.study_ground()?, terms)?;
            self.studies.crowd = Some((terms.clone(), crowd));
        }
        let crowd = self.studies.crowd.as_ref();
        let users = crowd.map_or_else(String::new, |(_, crowd)| pack(&crowd.batch(batch)));
        Ok(vec![Response::Study {
            answer: StudyAnswer::Recruits { batch, users },
        }])
    }

    pub(super) fn join(&mut self, users: &str) -> Answer {
        let conducted = self.studies.conducted.as_mut().ok_or_else(no_trial)?;
        let users = unpack(users, conducted.terms.policies.len())?;
        let over = conducted.progress.take(&users);
        self.joined(over)
    }

    fn joined(&self, over: bool) -> Answer {
        let conducted = self.studies.conducted.as_ref().ok_or_else(no_trial)?;
        let users = conducted.progress.monitor().users();
        Ok(vec![Response::Study {
            answer: StudyAnswer::Joined { users, over },
        }])
    }

    pub(super) fn look_at_trial(&self) -> Answer {
        let conducted = self.studies.conducted.as_ref().ok_or_else(no_trial)?;
        let report = Box::new(conducted.progress.monitor().report());
        Ok(vec![Response::Study {
            answer: StudyAnswer::Running { report },
        }])
    }

    /// Ends the experiment. One that is ended before its rule says so has as many users at most as came.
    pub(super) fn conclude(&mut self) -> Answer {
        let Conducted {
            mut terms,
            progress,
        } = self.studies.conducted.take().ok_or_else(no_trial)?;
        let users = progress.monitor().users();
        if !(terms.stop && progress.monitor().decided()) {
            terms.users = u32::try_from(users).unwrap_or(terms.users);
        }
        let report = progress.monitor().report();
        let study = Study::Trial(terms);
        study.check()?;
        studied(&study, StudyReport::Trial(report))
    }

    pub(super) fn plan(&self, terms: &TrialTerms, power: f64) -> Answer {
        Study::Trial(terms.clone()).check()?;
        let crowd = Crowd::new(self.study_ground()?, terms)?;
        let plan = crowd.plan(terms, power)?;
        Ok(vec![Response::Study {
            answer: StudyAnswer::Planned { plan },
        }])
    }
}

fn no_trial() -> Problem {
    Problem::new(
        "study.no-trial",
        Text::new("No experiment is under way.", "没有正在进行的实验。"),
        Text::new("Start one first.", "请先开始一个实验。"),
    )
}
