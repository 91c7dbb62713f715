//! The sessions of a log judged as sequences: the state is the item that was shown before, the action the item shown.

use super::Work;
use super::off_policy::refuse_rejected;
use crate::env::{Environment, Step};
use crate::evaluate::ope::{
    Decision, Episodes, Logged, Propensities, SequenceOptions, SequenceStudy, Success, Table,
    Target,
};
use crate::evaluate::value::Stochastic;
use crate::experiment::study::{SequencesLogTerms, TargetChoice};
use crate::lab::Lab;
use crate::lab::protocol::StudyReport;
use crate::log::{EventType, Log};
use crate::problem::{Problem, Text};
use crate::random::Rng;

/// The most pairs of an item and the one before it.
const MOST_PAIRS: u64 = 1 << 20;
/// Elementary operations that a resample counts for.
const RESAMPLE: u64 = 1_000_000;

/// A study of sessions under way.
pub struct Judging {
    study: SequenceStudy,
    done: u32,
    resamples: u32,
}

/// Prepares a study of the laboratory's log.
pub fn study(lab: &Lab, terms: &SequencesLogTerms) -> Result<Judging, Problem> {
    let data = lab.data()?;
    let log = &data.log;
    refuse_rejected(&data.rejects)?;
    let items = log.items.len() as u32;
    if u64::from(items) * u64::from(items + 1) > MOST_PAIRS {
        return Err(too_many(items));
    }
    // Checks the propensities, and knows the targets.
    let logged = Logged::from_log(log, terms.success, Propensities::Logged, None)?;
    let target = match &terms.target {
        TargetChoice::Uniform => Target::uniform(&logged),
        TargetChoice::Popularity => Target::popularity(&logged),
        TargetChoice::Table { text, .. } => {
            let table = Table::read(text)?;
            if table.columns() > 1 {
                return Err(several_columns());
            }
            Target::from_table(&logged, &log.items, &table)?
        }
        TargetChoice::Trained { .. } => return Err(trained()),
    };
    if target.unknown(0) > 0.0 {
        return Err(unknown_items(target.unknown(0)));
    }
    let policy = Stochastic::from_fn(&Shown { items }, |_, row| {
        row.copy_from_slice(target.stratum(0));
    })?;
    let episodes = Episodes::new(&sessions(log, terms.success), &policy)?;
    let options = SequenceOptions {
        seed: u64::from(terms.seed),
        resamples: terms.resamples,
        gamma: terms.gamma,
        ..SequenceOptions::default()
    };
    Ok(Judging {
        study: SequenceStudy::new(episodes, policy, options)?,
        done: 0,
        resamples: terms.resamples,
    })
}

/// The decisions of every session.
fn sessions(log: &Log, success: Success) -> Vec<Vec<Decision>> {
    let propensity = log.events.propensity.as_deref().unwrap_or_default();
    let hit = |kind: EventType| match success {
        Success::Click => kind != EventType::View,
        Success::Purchase => kind == EventType::Purchase,
    };
    let session = |number: usize| {
        let mut state = 0;
        let decision = |event: usize| {
            let action = log.events.item[event];
            let before = std::mem::replace(&mut state, action + 1);
            Decision {
                state: before,
                action,
                reward: f64::from(u8::from(hit(log.events.kind[event]))),
                propensity: propensity.get(event).copied().unwrap_or(f64::NAN),
            }
        };
        log.session(number).map(decision).collect()
    };
    (0..log.session_user.len()).map(session).collect()
}

/// What may be shown: in state 0 nothing was shown yet, in state i + 1 item i was; any item may follow. Nothing is ever played in it.
struct Shown {
    items: u32,
}

impl Environment for Shown {
    fn states(&self) -> u32 {
        self.items + 1
    }

    fn actions(&self, _: u32) -> u32 {
        self.items
    }

    fn reset(&self, _: &mut Rng) -> u32 {
        0
    }

    fn step(&self, _: u32, action: u32, _: &mut Rng) -> Step {
        Step {
            reward: 0.0,
            next: action + 1,
            end: true,
        }
    }
}

impl Work for Judging {
    fn advance(&mut self, work: u64) -> Result<Option<StudyReport>, Problem> {
        let resamples = (work / RESAMPLE).clamp(1, 1 << 20) as u32;
        self.done += resamples.min(self.resamples - self.done);
        let done = self.study.advance(resamples);
        Ok(done.then(|| StudyReport::SequencesLog(self.study.report())))
    }

    fn fraction(&self) -> f64 {
        f64::from(self.done) / f64::from(self.resamples)
    }
}

fn too_many(items: u32) -> Problem {
    Problem::new(
        "study.items",
        Text::new(
            format!(
                "{items} items are too many to judge sequences of: a table of every item after every other would be too large."
            ),
            format!("{items} 件商品太多，无法评估序列：每件商品后接每件商品的表会过大。"),
        ),
        Text::new(
            "Judge single rows, or group the items.",
            "请按单行评估，或归并商品。",
        ),
    )
}

fn several_columns() -> Problem {
    Problem::new(
        "study.columns",
        Text::new(
            "A table with a column for each position says nothing of sequences.",
            "按位置分列的概率表不能描述序列。",
        ),
        Text::new(
            "Give one column: item,probability.",
            "请只给一列：item,probability。",
        ),
    )
}

fn unknown_items(share: f64) -> Problem {
    let percent = 100.0 * share;
    Problem::new(
        "study.unknown-items",
        Text::new(
            format!("{percent:.0} % of the target lies on items that the log doesn't know."),
            format!("目标策略有 {percent:.0}% 落在日志中没有的商品上。"),
        ),
        Text::new(
            "Use a target over the items of the log.",
            "请使用日志中商品上的目标策略。",
        ),
    )
}

fn trained() -> Problem {
    Problem::new(
        "study.policy",
        Text::new(
            "The trained policy decides by states of the shop; these sequences have the item shown before as their state.",
            "训练出的策略按商店的状态决策；而这里序列的状态是之前展示的商品。",
        ),
        Text::new(
            "Judge it row by row, or record a log in the decision problem.",
            "请按单行评估，或在决策问题中记录日志。",
        ),
    )
}
