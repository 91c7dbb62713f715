//! A policy judged from the log that another one wrote.

use std::rc::Rc;

use super::Work;
use super::policies::Ground;
use crate::env::Environment;
use crate::evaluate::ope::{Logged, Options, Propensities, Study, Table, Target};
use crate::evaluate::value::Stochastic;
use crate::experiment::study::{OffPolicyTerms, TargetChoice};
use crate::lab::Lab;
use crate::lab::problems::Problem as Decision;
use crate::lab::protocol::StudyReport;
use crate::log::{Log, RejectReason, Rejects};
use crate::problem::{Problem, Text};

/// Elementary operations that a resample counts for: about what a log of ten thousand rows takes.
const RESAMPLE: u64 = 100_000;

/// A study of a log under way.
pub struct Judging(Study);

/// Prepares a study of the laboratory's log.
pub fn study(lab: &Lab, terms: &OffPolicyTerms) -> Result<Judging, Problem> {
    let data = lab.data()?;
    let log = &data.log;
    if !terms.estimate_propensities {
        refuse_rejected(&data.rejects)?;
    }
    let propensities = if terms.estimate_propensities {
        Propensities::Estimated
    } else {
        Propensities::Logged
    };
    let options = Options {
        seed: u64::from(terms.seed),
        resamples: terms.resamples,
        ..Options::default()
    };
    let (logged, target) = match &terms.target {
        TargetChoice::Trained { epsilon } => {
            let ground = lab.study_ground()?;
            let contexts = contexts(log, &ground)?;
            let logged = Logged::from_log(log, terms.success, propensities, Some(contexts))?;
            let target = trained(&logged, &ground, *epsilon)?;
            (logged, target)
        }
        choice => {
            let logged = Logged::from_log(log, terms.success, propensities, None)?;
            let target = match choice {
                TargetChoice::Popularity => Target::popularity(&logged),
                TargetChoice::Table { text, .. } => {
                    Target::from_table(&logged, &log.items, &Table::read(text)?)?
                }
                _ => Target::uniform(&logged),
            };
            (logged, target)
        }
    };
    Ok(Judging(Study::new(&logged, &target, options)?))
}

/// Rows that were left out for their propensity are no reason to go on with the others: what was left out was not left out by chance.
pub fn refuse_rejected(rejects: &Rejects) -> Result<(), Problem> {
    let mut groups = rejects.groups.iter();
    let Some(group) = groups.find(|group| group.reason == RejectReason::Propensity) else {
        return Ok(());
    };
    let count = group.count;
    let example = group.examples.first();
    let value = example.map_or("", |row| row.value.trim());
    let (code, en, zh) = if value.is_empty() {
        ("ope.propensity-missing", "none".to_owned(), "无".to_owned())
    } else {
        ("ope.propensity-range", value.to_owned(), value.to_owned())
    };
    let problem = Problem::new(
        code,
        Text::new(
            format!(
                "{count} rows have no propensity above 0 and up to 1; the first of them has {en}. An estimate without them would be about another log."
            ),
            format!(
                "有 {count} 行的倾向概率不在 (0, 1] 内；其中第一行为 {zh}。去掉这些行所得的估计属于另一份日志。"
            ),
        ),
        Text::new(
            "Log the probability of what was shown on every row, or have the propensities estimated by frequency (the result is then labelled so).",
            "请在每一行记录所展示商品的概率，或改用按频率估计的倾向概率（结果会注明）。",
        ),
    );
    Err(match example {
        Some(row) => problem.at(row.place),
        None => problem,
    })
}

/// The state of the shop before every event of the log.
fn contexts(log: &Rc<Log>, ground: &Ground) -> Result<Vec<u32>, Problem> {
    let Decision::Shop(shop) = &ground.problem else {
        return Err(no_shop());
    };
    let mut contexts = Vec::with_capacity(log.len());
    for session in 0..log.session_user.len() {
        let events = log.session(session);
        let first = events.start;
        for event in events {
            contexts.push(shop.state_of(&log.events.item[first..event]));
        }
    }
    Ok(contexts)
}

/// The trained policy with exploration: any item with probability epsilon, else the best by Q in the state.
fn trained(logged: &Logged, ground: &Ground, epsilon: f64) -> Result<Target, Problem> {
    let Decision::Shop(shop) = &ground.problem else {
        return Err(no_shop());
    };
    let Some(learned) = &ground.learned else {
        return Err(Problem::new(
            "study.untrained",
            Text::new(
                "The trained policy needs a trained agent.",
                "训练后的策略需要先训练。",
            ),
            Text::new("Train first, under Learn.", "请先在“学习”处训练。"),
        ));
    };
    let greedy = Stochastic::greedy(shop, &learned.q);
    Target::from_fn(logged, |stratum, row| {
        row.fill(epsilon / row.len() as f64);
        let state = stratum.context;
        let actions = shop.actions(state) as usize;
        let best = greedy.row(state).iter().position(|&p| p > 0.5);
        match best.filter(|_| actions > 0) {
            Some(action) => {
                row[shop.entries(state)[action].item as usize] += 1.0 - epsilon;
            }
            None => row.fill(1.0 / row.len() as f64),
        }
    })
}

impl Work for Judging {
    fn advance(&mut self, work: u64) -> Result<Option<StudyReport>, Problem> {
        let resamples = (work / RESAMPLE).clamp(1, 1 << 20) as u32;
        Ok(self
            .0
            .advance(resamples)
            .then(|| StudyReport::OffPolicy(self.0.report())))
    }

    fn fraction(&self) -> f64 {
        self.0.progress()
    }
}

fn no_shop() -> Problem {
    Problem::new(
        "study.no-shop",
        Text::new(
            "The trained policy is one of another decision problem than what to recommend.",
            "训练出的策略属于推荐以外的决策问题。",
        ),
        Text::new(
            "Decide what to recommend and train, or choose another target.",
            "请选择推荐问题并训练，或选择其他目标策略。",
        ),
    )
}
