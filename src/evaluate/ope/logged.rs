//! Logged bandit feedback: what was shown, with which probability, and what it earned. Checked once, here.

use serde::{Deserialize, Serialize};

use crate::log::{EventType, Log};
use crate::problem::{Problem, Text};

/// Which events count as a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Success {
    /// A click, or anything beyond it.
    Click,
    /// A purchase.
    Purchase,
}

/// Where the probabilities of the logging policy come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Propensities {
    /// As logged.
    Logged,
    /// Estimated by how often the item was shown in its stratum: unbiased only if nothing else steered the choice.
    Estimated,
}

/// The columns of a log, unchecked; every column present has one length.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// How many items there are; every entry of `item` is below it.
    pub items: u32,
    /// The item shown.
    pub item: Vec<u32>,
    /// The slot it was shown in. Absent: one slot.
    pub position: Option<Vec<u32>>,
    /// Which kind of user or situation it was (a stratum). Absent: one kind.
    pub context: Option<Vec<u32>>,
    /// What it earned; finite.
    pub reward: Vec<f64>,
    /// Probability with which the logging policy showed the item. Absent: estimated by frequency.
    pub propensity: Option<Vec<f64>>,
    /// The user or session, resampled as a whole. Absent: every row stands for itself.
    pub cluster: Option<Vec<u32>>,
}

/// A stratum: rows with one context and one position, among which the logging policy was one distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stratum {
    /// The context, as in the log (0 where it has none).
    pub context: u32,
    /// The position, as in the log (0 where it has none).
    pub position: u32,
}

/// A checked log of bandit feedback.
#[derive(Clone, Debug)]
pub struct Logged {
    pub(super) items: u32,
    pub(super) strata: Vec<Stratum>,
    pub(super) item: Vec<u32>,
    pub(super) stratum: Vec<u32>,
    pub(super) reward: Vec<f64>,
    pub(super) propensity: Vec<f64>,
    pub(super) cluster: Vec<u32>,
    pub(super) clusters: u32,
    pub(super) estimated: bool,
    pub(super) notes: Vec<Text>,
}

impl Logged {
    /// Checks the columns.
    ///
    /// # Errors
    /// `ope.empty`, `ope.columns`, `ope.item`, `ope.reward`, `ope.propensity-missing`, `ope.propensity-range`,
    /// `ope.propensity-sum`: each says which row, how many, and how to mend it.
    pub fn new(columns: Columns) -> Result<Self, Problem> {
        let rows = columns.item.len();
        check_shape(&columns)?;
        let (strata, stratum) = strata(
            rows,
            columns.position.as_deref(),
            columns.context.as_deref(),
        );
        let (cluster, clusters) = match columns.cluster {
            Some(names) => dense(&names),
            None => ((0..rows as u32).collect(), rows as u32),
        };
        let mut logged = Self {
            items: columns.items,
            strata,
            item: columns.item,
            stratum,
            reward: columns.reward,
            propensity: Vec::new(),
            cluster,
            clusters,
            estimated: columns.propensity.is_none(),
            notes: Vec::new(),
        };
        logged.propensity = match columns.propensity {
            Some(propensity) => {
                check_propensities(&propensity)?;
                propensity
            }
            None => logged.frequencies(),
        };
        if logged.estimated {
            logged.notes.push(Text::new(
                "The log has no propensities: they were estimated by how often each item was shown. If anything else steered what was shown, every estimate here is biased by it.",
                "日志没有倾向概率：已按每件商品的展示频率估计。如果展示还受其他因素影响，这里的所有估计都会因此有偏。",
            ));
        } else {
            logged.check_sums()?;
        }
        Ok(logged)
    }

    /// Reads a behaviour log: one row an event that has a propensity, reward 1 for a success and 0 otherwise, resampled by user.
    ///
    /// With [`Propensities::Estimated`] every event is a row. Where every user has one event, users are rows. `contexts` says
    /// which kind of situation each event was in; absent: one kind.
    ///
    /// # Errors
    /// Those of [`Logged::new`]; `ope.propensity-column` where the log has no such column.
    pub fn from_log(
        log: &Log,
        success: Success,
        propensities: Propensities,
        contexts: Option<Vec<u32>>,
    ) -> Result<Self, Problem> {
        let mut columns = Columns {
            context: contexts,
            items: log.items.len() as u32,
            item: log.events.item.clone(),
            position: log.events.position.clone(),
            reward: log
                .events
                .kind
                .iter()
                .map(|&kind| reward(kind, success))
                .collect(),
            cluster: Some(users(log)),
            ..Columns::default()
        };
        if propensities == Propensities::Logged {
            columns.propensity = Some(log.events.propensity.clone().ok_or_else(no_column)?);
        }
        Self::new(columns)
    }

    /// How many items there are.
    #[must_use]
    pub fn items(&self) -> u32 {
        self.items
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.item.len()
    }

    /// Never: an empty log is refused. Here because every `len` has its `is_empty`.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.item.is_empty()
    }

    /// The strata, ordered by context and position. A target policy gives one distribution for each.
    #[must_use]
    pub fn strata(&self) -> &[Stratum] {
        &self.strata
    }

    /// How many users or sessions there are to resample.
    #[must_use]
    pub fn clusters(&self) -> u32 {
        self.clusters
    }

    /// How many rows have a reward other than 0.
    #[must_use]
    pub fn successes(&self) -> usize {
        self.reward.iter().filter(|&&r| r != 0.0).count()
    }

    /// Times each item was shown in each stratum: `[stratum * items + item]`.
    pub(super) fn shown(&self) -> Vec<u32> {
        let mut shown = vec![0; self.strata.len() * self.items as usize];
        for row in 0..self.len() {
            shown[self.cell(row)] += 1;
        }
        shown
    }

    /// The cell (stratum, item) of a row.
    pub(super) fn cell(&self, row: usize) -> usize {
        self.stratum[row] as usize * self.items as usize + self.item[row] as usize
    }

    fn frequencies(&self) -> Vec<f64> {
        let shown = self.shown();
        let mut total = vec![0_u32; self.strata.len()];
        for &stratum in &self.stratum {
            total[stratum as usize] += 1;
        }
        (0..self.len())
            .map(|row| {
                f64::from(shown[self.cell(row)]) / f64::from(total[self.stratum[row] as usize])
            })
            .collect()
    }

    /// In a stratum where every item kept one propensity, these are the logging policy: their sum may not exceed 1,
    /// and falls short of 1 only by the items never shown.
    fn check_sums(&self) -> Result<(), Problem> {
        const SLACK: f64 = 0.01;
        let items = self.items as usize;
        let mut seen = vec![f64::NAN; self.strata.len() * items];
        let mut fixed = vec![true; self.strata.len()];
        for row in 0..self.len() {
            let cell = self.cell(row);
            if seen[cell].is_nan() {
                seen[cell] = self.propensity[row];
            } else if (seen[cell] - self.propensity[row]).abs() > 1e-9 {
                fixed[self.stratum[row] as usize] = false;
            }
        }
        for (index, stratum) in self.strata.iter().enumerate() {
            let cells = &seen[index * items..(index + 1) * items];
            let sum: f64 = cells.iter().filter(|p| !p.is_nan()).sum();
            let complete = cells.iter().all(|p| !p.is_nan());
            if fixed[index] && (sum > 1.0 + SLACK || (complete && sum < 1.0 - SLACK)) {
                return Err(bad_sum(*stratum, sum));
            }
        }
        Ok(())
    }
}

fn reward(kind: EventType, success: Success) -> f64 {
    let hit = match success {
        Success::Click => kind != EventType::View,
        Success::Purchase => kind == EventType::Purchase,
    };
    f64::from(u8::from(hit))
}

/// The user of every event.
fn users(log: &Log) -> Vec<u32> {
    let mut users = Vec::with_capacity(log.len());
    for (session, &user) in log.session_user.iter().enumerate() {
        users.resize(users.len() + log.session(session).len(), user);
    }
    users
}

/// Numbers the (context, position) pairs that occur, in order.
fn strata(
    rows: usize,
    position: Option<&[u32]>,
    context: Option<&[u32]>,
) -> (Vec<Stratum>, Vec<u32>) {
    let at = |row: usize| Stratum {
        context: context.map_or(0, |column| column[row]),
        position: position.map_or(0, |column| column[row]),
    };
    let mut strata: Vec<Stratum> = (0..rows).map(at).collect();
    strata.sort_unstable();
    strata.dedup();
    let stratum = (0..rows)
        .map(|row| strata.partition_point(|s| *s < at(row)) as u32)
        .collect();
    (strata, stratum)
}

/// Renumbers labels densely, in their order; returns how many there are.
fn dense(labels: &[u32]) -> (Vec<u32>, u32) {
    let mut distinct = labels.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let numbers = labels
        .iter()
        .map(|label| distinct.partition_point(|d| d < label) as u32)
        .collect();
    (numbers, distinct.len() as u32)
}

fn check_shape(columns: &Columns) -> Result<(), Problem> {
    let rows = columns.item.len();
    if rows == 0 {
        return Err(Problem::new(
            "ope.empty",
            Text::new("The log has no rows.", "日志没有任何行。"),
            Text::new(
                "Choose a log with at least one impression.",
                "请选择至少含一次展示的日志。",
            ),
        ));
    }
    let lengths = [
        Some(columns.reward.len()),
        columns.position.as_ref().map(Vec::len),
        columns.context.as_ref().map(Vec::len),
        columns.propensity.as_ref().map(Vec::len),
        columns.cluster.as_ref().map(Vec::len),
    ];
    if rows > u32::MAX as usize || lengths.into_iter().flatten().any(|length| length != rows) {
        return Err(Problem::new(
            "ope.columns",
            Text::new(
                "The columns of the log differ in length.",
                "日志各列长度不同。",
            ),
            Text::new(
                "Give every column one value a row.",
                "请让每列在每行都有一个值。",
            ),
        ));
    }
    if let Some(row) = columns.item.iter().position(|&item| item >= columns.items) {
        return Err(Problem::new(
            "ope.item",
            Text::new(
                format!(
                    "Row {} names item {}, but there are {} items.",
                    row + 1,
                    columns.item[row],
                    columns.items
                ),
                format!(
                    "第 {} 行的商品编号为 {}，但只有 {} 件商品。",
                    row + 1,
                    columns.item[row],
                    columns.items
                ),
            ),
            Text::new("Number the items from 0.", "请从 0 开始为商品编号。"),
        ));
    }
    if let Some(row) = columns.reward.iter().position(|reward| !reward.is_finite()) {
        return Err(Problem::new(
            "ope.reward",
            Text::new(
                format!("Row {} has no finite reward.", row + 1),
                format!("第 {} 行没有有限的奖励。", row + 1),
            ),
            Text::new(
                "Leave the row out or give it a number.",
                "请去掉该行或填入数字。",
            ),
        ));
    }
    Ok(())
}

fn check_propensities(propensity: &[f64]) -> Result<(), Problem> {
    let rows = propensity.len();
    let missing = propensity.iter().filter(|p| p.is_nan()).count();
    if missing > 0 {
        return Err(Problem::new(
            "ope.propensity-missing",
            Text::new(
                format!("{missing} of {rows} rows have no propensity."),
                format!("{rows} 行中有 {missing} 行没有倾向概率。"),
            ),
            Text::new(
                "Leave those rows out, or have the propensities estimated by frequency (the result is then labelled so).",
                "请去掉这些行，或改用按频率估计的倾向概率（结果会注明）。",
            ),
        ));
    }
    if let Some(row) = propensity.iter().position(|&p| !(p > 0.0 && p <= 1.0)) {
        let bad = propensity
            .iter()
            .filter(|&&p| !(p > 0.0 && p <= 1.0))
            .count();
        return Err(Problem::new(
            "ope.propensity-range",
            Text::new(
                format!(
                    "Row {} has propensity {} ({bad} such rows): what was shown must have had a probability above 0 and at most 1.",
                    row + 1,
                    propensity[row]
                ),
                format!(
                    "第 {} 行的倾向概率为 {}（共 {bad} 行）：已展示的商品，其概率必须大于 0 且不超过 1。",
                    row + 1,
                    propensity[row]
                ),
            ),
            Text::new(
                "Check that the column holds probabilities (not percent or scores) of the item that was shown.",
                "请确认该列是所展示商品的概率（而不是百分数或分数）。",
            ),
        ));
    }
    Ok(())
}

fn no_column() -> Problem {
    Problem::new(
        "ope.propensity-column",
        Text::new("The log has no propensity column.", "日志没有倾向概率列。"),
        Text::new(
            "Map one on the Data step, or have the propensities estimated by frequency (the result is then labelled so).",
            "请在“数据”一步指定该列，或改用按频率估计的倾向概率（结果会注明）。",
        ),
    )
}

fn bad_sum(stratum: Stratum, sum: f64) -> Problem {
    Problem::new(
        "ope.propensity-sum",
        Text::new(
            format!(
                "At position {} the propensities of the items add up to {sum:.4}, not to 1.",
                stratum.position
            ),
            format!(
                "在位置 {}，各商品的倾向概率之和为 {sum:.4}，而不是 1。",
                stratum.position
            ),
        ),
        Text::new(
            "Log the probability of each item at its position, given everything that steered the choice.",
            "请记录每件商品在其位置上、给定全部决策依据时的展示概率。",
        ),
    )
}
