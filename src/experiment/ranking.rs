//! A comparison of behaviour models as a link holds it: the terms, the models, and the digest of the leaderboard.

use serde::{Deserialize, Serialize};

use super::digest::Sum;
use crate::behaviour::Given;
use crate::evaluate::{Leaderboard, Point};
use crate::problem::{Problem, Text};

/// How much of the log is the test part.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Window {
    /// What the size counts.
    pub unit: Unit,
    /// 0.01 to 0.5 as a share of the sessions, 0.01 to 3650 in days.
    pub size: f64,
}

/// What the size of a test window counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Unit {
    /// A share of the sessions, newest last.
    Share,
    /// Days before the newest event.
    Days,
}

/// What all models of a comparison share.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Terms {
    /// The test part.
    pub window: Window,
    /// Whether test items that training never saw count as misses, instead of being left out first.
    pub keep_unseen: bool,
    /// How many settings of each model are tried (0 to 100); 0: the defaults are taken as they are.
    pub tune: u32,
    /// Seed of tuning and of the bootstrap.
    pub seed: u32,
}

/// A comparison and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ranking {
    /// What all models shared.
    pub terms: Terms,
    /// The models, in the order of the leaderboard.
    pub models: Vec<String>,
    /// The model that the others were compared with.
    pub reference: String,
    /// Digest of the leaderboard.
    pub digest: String,
}

impl Terms {
    /// Whether the values are in range.
    ///
    /// # Errors
    /// `ranking.window` or `ranking.tune`.
    pub fn check(&self) -> Result<(), Problem> {
        let Window { unit, size } = self.window;
        let (right, [en, zh]) = match unit {
            Unit::Share => (
                (0.01..=0.5).contains(&size),
                ["Give a share from 1 % to 50 %.", "请填 1% 到 50% 的比例。"],
            ),
            Unit::Days => (
                (0.01..=3650.0).contains(&size),
                [
                    "Give a number of days from 0.01 to 3650.",
                    "请填 0.01 到 3650 天。",
                ],
            ),
        };
        if !right {
            return Err(Problem::new(
                "ranking.window",
                Text::new(
                    "The test window is out of range.",
                    "测试窗口超出允许的范围。",
                ),
                Text::new(en, zh),
            ));
        }
        if self.tune > 100 {
            return Err(Problem::new(
                "ranking.tune",
                Text::new(
                    format!("{} settings of each model are too many to try.", self.tune),
                    format!("每个模型尝试 {} 组超参数过多。", self.tune),
                ),
                Text::new("Try at most 100.", "最多尝试 100 组。"),
            ));
        }
        Ok(())
    }
}

impl Ranking {
    /// Whether every part can be what a comparison came to.
    ///
    /// # Errors
    /// Those of [`Terms::check`]; `behaviour.model.unknown`; `link.ranking` for models named twice, a reference that is not among
    /// them, or a digest that is none.
    pub fn check(&self) -> Result<(), Problem> {
        self.terms.check()?;
        for (place, model) in self.models.iter().enumerate() {
            known(model)?;
            if self.models[..place].contains(model) {
                return Err(edited());
            }
        }
        let hex = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
        if self.models.contains(&self.reference)
            && self.digest.len() == 16
            && self.digest.bytes().all(hex)
        {
            Ok(())
        } else {
            Err(edited())
        }
    }
}

/// Longer than a model with every setting.
const LONGEST_NAME: usize = 400;

/// The first module knows no models; whether one exists, the whole engine says. `gru:steps=500` is one stopped by hand.
fn known(model: &str) -> Result<(), Problem> {
    #[cfg(feature = "whole")]
    crate::evaluate::build(&crate::behaviour::Choice::parse(model)?)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.@:=+".contains(&byte);
    if model.len() <= LONGEST_NAME && model.bytes().all(plain) {
        Ok(())
    } else {
        Err(edited())
    }
}

fn edited() -> Problem {
    Problem::new(
        "link.ranking",
        Text::new(
            "The comparison of models in the link contradicts itself.",
            "链接中的模型比较自相矛盾。",
        ),
        Text::new(
            "The link was edited; ask for it again.",
            "链接被改动过；请重新索取。",
        ),
    )
}

/// Digest of all that a leaderboard says but times and memory, which differ between machines.
#[must_use]
pub fn digest(board: &Leaderboard) -> String {
    let mut sum = Sum::default();
    for part in [board.train, board.test] {
        sum.numbers(&[part.sessions, part.events, part.items]);
    }
    sum.numbers(&[board.unseen_events, board.predictions]);
    // Its settings are hashed with its line.
    let reference = board.protocol.reference.split(':').next();
    sum.bytes(reference.unwrap_or_default().as_bytes());
    for line in &board.lines {
        sum.bytes(line.choice.model.as_bytes());
        for (name, value) in &line.choice.parameters {
            sum.bytes(name.as_bytes());
            match value {
                Given::Number(number) => sum.reals(&[*number]),
                Given::Word(word) => sum.bytes(word.as_bytes()),
            }
        }
        for segment in &line.segments {
            sum.bytes(segment.segment.as_bytes());
            for score in &segment.scores {
                sum.reals(&[
                    score.interval.value,
                    score.interval.low,
                    score.interval.high,
                ]);
            }
        }
        sum.reals(&line.coverage);
        sum.reals(&line.popularity);
        for Point { hr, mrr, ndcg, .. } in line.by_length.iter().chain(&line.by_position) {
            sum.reals(&[*hr, *mrr, *ndcg]);
        }
        if let Some(difference) = &line.difference {
            let interval = difference.interval;
            sum.reals(&[interval.value, interval.low, interval.high]);
        }
    }
    sum.hex()
}
