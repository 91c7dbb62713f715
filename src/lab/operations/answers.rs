//! What is asked about price, stock and ads, passed to those who know.

use std::rc::Rc;

use super::super::learning::Training;
use super::super::problems::Problem as Decision;
use super::super::protocol::{
    OperationsAnswer, OperationsRequest, Response, SplitView, StudyReport,
};
use super::super::{Answer, Lab, Promise, done, not_solved};
use super::orders::{Ordered, period, split_terms};
use super::{Entry, Operation, baselines, clicks, view, wins};
use crate::demand::orders::Period;
use crate::experiment::parameters::parameter;
use crate::experiment::study::{SplitTerms, Study};
use crate::log::Log;
use crate::problem::{Problem, Text};
use crate::solve::value_iteration::Optimum;

impl Lab {
    /// Answers a request about price, stock or ads.
    pub(in crate::lab) fn answer_operations(&mut self, request: OperationsRequest) -> Answer {
        let answer = match request {
            OperationsRequest::Show { seed, at } => {
                let (entry, operation, optimum) = self.operation()?;
                let runs = self.training.as_ref();
                let view = view::View {
                    entry,
                    operation,
                    optimum,
                    settings: &self.settings,
                    trainer: runs.and_then(|runs| runs.learned()),
                };
                let latest = runs.map_or_else(Vec::new, Training::latest);
                OperationsAnswer::Shown(view.show(&latest, seed, &at))
            }
            OperationsRequest::Baselines => {
                let (entry, operation, optimum) = self.operation()?;
                let rows = baselines::rows(entry, operation, optimum, &self.settings);
                OperationsAnswer::Baselines(rows)
            }
            OperationsRequest::Apply { settings } => {
                let mut concerned = false;
                for (key, value) in &settings {
                    let parameter = parameter(key)?;
                    parameter.check(value)?;
                    concerned |= self.rebuilds(parameter);
                }
                for (key, value) in settings {
                    self.settings.set(&key, value)?;
                }
                if concerned {
                    let problem = self.problem.clone();
                    let decided = self.decide(&problem)?;
                    self.promise = Promise::default();
                    return Ok(decided);
                }
                self.promise = Promise::default();
                self.forget_training();
                return done();
            }
            OperationsRequest::Demand { item } => {
                let (log, demand) = self.ordered(period(&self.settings))?;
                OperationsAnswer::Demand(demand.view(
                    &log,
                    item.as_deref(),
                    &self.settings,
                    &self.problem,
                )?)
            }
            OperationsRequest::Wins { text } => {
                OperationsAnswer::Wins(wins::view(&text, &self.problem, &self.settings)?)
            }
            OperationsRequest::Clicks { text } => {
                OperationsAnswer::Clicks(clicks::view(&text, &self.problem, &self.settings)?)
            }
            OperationsRequest::Split => {
                // Were it refused, the link would hold one of other terms.
                self.findings.retain(|finding| !finding.needs_log());
                let terms = split_terms(&self.settings);
                let split = self.split(terms)?;
                let report = StudyReport::Split(split.clone());
                let finding = Study::Split(terms).finding(&report)?;
                OperationsAnswer::Split { split, finding }
            }
        };
        Ok(vec![Response::Operations {
            answer: Box::new(answer),
        }])
    }

    /// Orders of the best sellers of the log under one budget.
    pub(in crate::lab) fn split(&mut self, terms: SplitTerms) -> Result<SplitView, Problem> {
        let (log, demand) = self.ordered(terms.period)?;
        demand.split(&log, terms)
    }

    /// The log and its demand in periods.
    fn ordered(&mut self, period: Period) -> Result<(Rc<Log>, Rc<Ordered>), Problem> {
        let data = self.data.as_ref().ok_or_else(no_log)?;
        let demand = self.orders.of(&data.log, &data.file.fingerprint, period)?;
        Ok((data.log.clone(), demand))
    }

    /// The problem of price, stock or ads that is decided, with its optimum.
    fn operation(&self) -> Result<(&'static Entry, &Operation, &Optimum), Problem> {
        let decided = self.decided()?;
        let Decision::Operation(entry, operation) = &decided.problem else {
            return Err(not_an_operation());
        };
        let optimum = decided.optimum().ok_or_else(not_solved)?;
        Ok((*entry, &**operation, optimum))
    }
}

fn no_log() -> Problem {
    Problem::new(
        "lab.no-log",
        Text::new("There is no log yet.", "还没有日志。"),
        Text::new(
            "Open one under Data, or type the demand by hand.",
            "请在“数据”处打开一个，或手工输入需求。",
        ),
    )
}

fn not_an_operation() -> Problem {
    Problem::new(
        "lab.not-an-operation",
        Text::new(
            "Neither price, stock nor ads are decided here.",
            "当前决策不涉及定价、库存或广告。",
        ),
        Text::new("Choose one of them under Decide.", "请在“决策”处选择其一。"),
    )
}
