//! `run`: repeats all that an experiment promises (training, comparison of models, studies of policies) and says what differs.

use std::process::ExitCode;

use qcart::experiment::Experiment;
use qcart::experiment::digest::Difference;
use qcart::experiment::finding::Finding;
use qcart::experiment::outcome::{Outcome, Verdict};
use qcart::experiment::ranking::Ranking;
use qcart::experiment::study::Study;
use qcart::lab::Lab;
use qcart::lab::protocol::{BoardRequest, Request, Response, World};
use qcart::problem::{Problem, Text};
use serde_json::json;

use super::drive::{ask, finish};
use super::{Common, DIFFERS, commands, output, policies};

/// What a repetition came to.
#[derive(Default)]
struct Repeated {
    world: Option<World>,
    outcome: Option<Outcome>,
    /// Whether anything was promised.
    promised: bool,
    differences: Vec<Difference>,
    ranking: Option<Ranking>,
    findings: Vec<Finding>,
}

/// Repeats an experiment whose data, if it needs any, the laboratory has read.
pub fn repeat(
    lab: &mut Lab,
    experiment: &Experiment,
    common: &Common,
) -> Result<ExitCode, Problem> {
    let mut repeated = Repeated::default();
    // A log that was only judged or read may be none that a shop can be made of.
    let untrained = experiment.outcome.is_none()
        && !experiment.findings.is_empty()
        && experiment.findings.iter().all(|finding| !finding.trained);
    if !untrained {
        repeated.train(lab, experiment)?;
    }
    if let Some(ranking) = &experiment.ranking {
        repeated.rank(lab, ranking)?;
    }
    for finding in &experiment.findings {
        repeated.study(lab, finding)?;
    }
    repeated.tell(lab, common)
}

impl Repeated {
    fn train(&mut self, lab: &mut Lab, experiment: &Experiment) -> Result<(), Problem> {
        self.world = commands::decide(lab, experiment.problem.clone())?;
        if let Some((outcome, verdict)) = commands::trained(lab)? {
            self.outcome = Some(outcome);
            self.promised |= verdict.is_some();
            self.differences
                .extend(verdict.into_iter().flat_map(|verdict| verdict.differences));
        }
        Ok(())
    }

    fn rank(&mut self, lab: &mut Lab, promised: &Ranking) -> Result<(), Problem> {
        for model in &promised.models {
            let (model, terms) = (model.clone(), promised.terms);
            ask(
                lab,
                Request::Board(BoardRequest::EvaluateModel { model, terms }),
            )?;
            finish(lab)?;
        }
        let compare = BoardRequest::Compare {
            models: promised.models.clone(),
            reference: promised.reference.clone(),
        };
        let responses = ask(lab, Request::Board(compare))?;
        let ranking = output::last(responses, |response| match response {
            Response::Board { ranking, .. } => Some(ranking),
            _ => None,
        });
        if let Some(ranking) = ranking {
            let label = Text::new("the comparison of models", "模型比较");
            self.compare("ranking", label, &promised.digest, &ranking.digest);
            ask(
                lab,
                Request::KeepRanking {
                    ranking: ranking.clone(),
                },
            )?;
            self.ranking = Some(ranking);
        }
        Ok(())
    }

    fn study(&mut self, lab: &mut Lab, promised: &Finding) -> Result<(), Problem> {
        let study = Study::read(&promised.study)?;
        let (_, finding) = policies::studied(lab, study)?;
        let kind = &promised.kind;
        let label = if promised.needs_log() {
            Text::new("the split of the budget", "预算的分配")
        } else {
            Text::new(
                format!("the study of policies ({kind})"),
                format!("策略评估（{kind}）"),
            )
        };
        self.compare(kind, label, &promised.digest, &finding.digest);
        let kept = finding.clone();
        ask(lab, Request::KeepFinding { finding: kept })?;
        self.findings.push(finding);
        Ok(())
    }

    fn compare(&mut self, part: &str, label: Text, promised: &str, here: &str) {
        self.promised = true;
        if promised != here {
            self.differences.push(Difference {
                part: part.to_owned(),
                label,
                promised: promised.to_owned(),
                here: here.to_owned(),
            });
        }
    }

    fn tell(self, lab: &mut Lab, common: &Common) -> Result<ExitCode, Problem> {
        let link = commands::share(lab)?;
        let verdict = self.promised.then_some(Verdict {
            reproduced: self.differences.is_empty(),
            differences: self.differences,
        });
        let world = self.world.as_ref();
        if common.json {
            let digest = self.outcome.as_ref().map(|outcome| outcome.digest.short());
            output::json(&json!({
                "world": world,
                "outcome": self.outcome,
                "digest": digest,
                "ranking": self.ranking,
                "findings": self.findings,
                "verdict": verdict,
                "link": link,
            }));
        } else {
            output::repeated(
                world,
                self.outcome.as_ref(),
                &self.findings,
                verdict.as_ref(),
            );
            println!("{link}");
        }
        let differs = verdict.is_some_and(|verdict| !verdict.reproduced);
        Ok(if differs {
            ExitCode::from(DIFFERS)
        } else {
            ExitCode::SUCCESS
        })
    }
}
