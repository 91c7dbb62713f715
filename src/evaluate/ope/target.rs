//! Target policies: whom we ask about. One distribution over the items for each stratum of the log.

use super::logged::{Logged, Stratum};
use crate::log::Names;
use crate::problem::{Problem, Text};

/// How far the probabilities of one distribution may miss 1 before they are refused; within it they are rescaled.
const SLACK: f64 = 0.005;

/// A target policy over the items of one log.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    items: usize,
    /// `[stratum * items + item]`.
    probability: Vec<f64>,
    /// For each stratum, the probability of items that the log doesn't know.
    unknown: Vec<f64>,
}

impl Target {
    /// Every item alike.
    #[must_use]
    pub fn uniform(logged: &Logged) -> Self {
        let items = logged.items as usize;
        Self {
            items,
            probability: vec![1.0 / items as f64; items * logged.strata.len()],
            unknown: vec![0.0; logged.strata.len()],
        }
    }

    /// Each item in proportion to its successes in the log, one added to each so that none is impossible.
    ///
    /// It is learned from the rows it is then judged on, which flatters it: the more so, the fewer the successes.
    #[must_use]
    pub fn popularity(logged: &Logged) -> Self {
        let mut weight = vec![1.0; logged.items as usize];
        for (&item, &reward) in logged.item.iter().zip(&logged.reward) {
            weight[item as usize] += f64::from(u8::from(reward > 0.0));
        }
        let sum: f64 = weight.iter().sum();
        for w in &mut weight {
            *w /= sum;
        }
        Self {
            items: weight.len(),
            probability: weight.repeat(logged.strata.len()),
            unknown: vec![0.0; logged.strata.len()],
        }
    }

    /// Any policy: `fill` writes the probability of every item in a stratum.
    ///
    /// # Errors
    /// `ope.target-range` or `ope.target-sum` where what it wrote is no distribution.
    pub fn from_fn(
        logged: &Logged,
        mut fill: impl FnMut(Stratum, &mut [f64]),
    ) -> Result<Self, Problem> {
        let items = logged.items as usize;
        let mut probability = vec![0.0; items * logged.strata.len()];
        for (stratum, row) in logged
            .strata
            .iter()
            .zip(probability.chunks_exact_mut(items))
        {
            fill(*stratum, row);
            normalise(row, &mut 0.0, stratum.position)?;
        }
        Ok(Self {
            items,
            probability,
            unknown: vec![0.0; logged.strata.len()],
        })
    }

    /// The policy of a table of probabilities; `names` are the items of the log.
    ///
    /// A table with one column serves every position. Columns stand for positions 1, 2, ... (or 0, 1, ... in a log that
    /// counts from 0).
    ///
    /// # Errors
    /// `ope.target-positions` where the table has too few columns; `ope.target-range` and `ope.target-sum`.
    pub fn from_table(logged: &Logged, names: &Names, table: &Table) -> Result<Self, Problem> {
        let items = logged.items as usize;
        let base = u32::from(logged.strata.iter().all(|s| s.position > 0));
        let known = table.numbers(names);
        let mut probability = vec![0.0; items * logged.strata.len()];
        let mut unknown = vec![0.0; logged.strata.len()];
        for (index, stratum) in logged.strata.iter().enumerate() {
            let column = if table.columns == 1 {
                0
            } else {
                (stratum.position - base) as usize
            };
            if column >= table.columns {
                return Err(too_few_columns(table.columns, stratum.position));
            }
            let row = &mut probability[index * items..(index + 1) * items];
            for (line, number) in known.iter().enumerate() {
                let p = table.probability[line * table.columns + column];
                match number {
                    Some(item) if (*item as usize) < items => row[*item as usize] += p,
                    _ => unknown[index] += p,
                }
            }
            normalise(row, &mut unknown[index], stratum.position)?;
        }
        Ok(Self {
            items,
            probability,
            unknown,
        })
    }

    /// The distribution of a stratum.
    #[must_use]
    pub fn stratum(&self, stratum: usize) -> &[f64] {
        &self.probability[stratum * self.items..(stratum + 1) * self.items]
    }

    /// The probability, in a stratum, of items that the log doesn't know.
    #[must_use]
    pub fn unknown(&self, stratum: usize) -> f64 {
        self.unknown[stratum]
    }
}

/// Probabilities read from a file: one line an item, one column a position.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Item names; empty where the file has none, and lines then stand for the items 0, 1, 2, ...
    names: Vec<String>,
    columns: usize,
    /// `[line * columns + column]`.
    probability: Vec<f64>,
}

impl Table {
    /// Reads a comma-separated table with a header: `item,probability`, or one column a position, with or without
    /// a first column `item` (`item_id`, `商品`).
    ///
    /// # Errors
    /// `ope.target-table` with the line that can't be read.
    pub fn read(text: &str) -> Result<Self, Problem> {
        let mut records = records(text.trim_start_matches('\u{feff}')).into_iter();
        let Some((_, header)) = records.next() else {
            return Err(bad_table(1, "the file is empty", "文件为空"));
        };
        let width = header.len();
        let named = header.first().is_some_and(|first| {
            matches!(
                first.to_lowercase().as_str(),
                "item" | "item_id" | "itemid" | "商品"
            )
        });
        let columns = width - usize::from(named);
        if columns == 0 {
            return Err(bad_table(
                1,
                "there is no column of probabilities",
                "没有概率列",
            ));
        }
        let mut table = Self {
            names: Vec::new(),
            columns,
            probability: Vec::new(),
        };
        for (line, fields) in records {
            if fields.len() != width {
                return Err(bad_table(
                    line,
                    "the number of fields differs from the header's",
                    "字段数与表头不同",
                ));
            }
            let (names, numbers) = fields.split_at(usize::from(named));
            table.names.extend_from_slice(names);
            for field in numbers {
                let p = field
                    .parse()
                    .map_err(|_| bad_table(line, "a field is not a number", "有字段不是数字"))?;
                table.probability.push(p);
            }
        }
        if table.probability.is_empty() {
            return Err(bad_table(
                2,
                "there is no line below the header",
                "表头之下没有数据",
            ));
        }
        Ok(table)
    }

    /// How many columns of probabilities there are.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The number, in `names`, of the item of each line.
    fn numbers(&self, names: &Names) -> Vec<Option<u32>> {
        let mut order: Vec<(&str, u32)> = names.iter().zip(0..).collect();
        order.sort_unstable();
        let find = |name: &str| {
            order
                .binary_search_by(|(n, _)| (*n).cmp(name))
                .ok()
                .map(|at| order[at].1)
        };
        if self.names.is_empty() {
            let lines = self.probability.len() / self.columns;
            return (0..lines).map(|line| find(&line.to_string())).collect();
        }
        self.names.iter().map(|name| find(name)).collect()
    }
}

/// The records of a table, each with the line it ends on and its fields trimmed; empty ones are passed over.
fn records(text: &str) -> Vec<(u64, Vec<String>)> {
    let mut reader = csv_core::Reader::new();
    let mut rest = text.as_bytes();
    // No record is longer than the text, or has more fields than it has bytes and one.
    let (mut bytes, mut ends) = (vec![0; rest.len() + 1], vec![0; rest.len() + 2]);
    let (mut written, mut fields) = (0, 0);
    let mut records = Vec::new();
    loop {
        let (result, read, more_bytes, more_fields) =
            reader.read_record(rest, &mut bytes[written..], &mut ends[fields..]);
        rest = &rest[read..];
        written += more_bytes;
        fields += more_fields;
        match result {
            csv_core::ReadRecordResult::InputEmpty => continue,
            csv_core::ReadRecordResult::Record => {}
            _ => return records,
        }
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let field = |(from, to): (usize, usize)| {
            String::from_utf8_lossy(&bytes[from..to]).trim().to_owned()
        };
        let record: Vec<String> = starts
            .zip(ends[..fields].iter().copied())
            .map(field)
            .collect();
        if record.iter().any(|field| !field.is_empty()) {
            let read = text.len() - rest.len();
            let whole = text.as_bytes()[..read].ends_with(b"\n");
            records.push((reader.line() - u64::from(whole), record));
        }
        (written, fields) = (0, 0);
    }
}

/// Checks one distribution (its part outside the log is `unknown`) and rescales it to add up to 1.
fn normalise(row: &mut [f64], unknown: &mut f64, position: u32) -> Result<(), Problem> {
    if let Some(bad) = row
        .iter()
        .chain([&*unknown])
        .find(|p| !(**p >= 0.0 && p.is_finite()))
    {
        return Err(Problem::new(
            "ope.target-range",
            Text::new(
                format!("At position {position} the target policy has a probability of {bad}."),
                format!("在位置 {position}，目标策略含有概率 {bad}。"),
            ),
            Text::new(
                "Probabilities lie between 0 and 1.",
                "概率必须在 0 与 1 之间。",
            ),
        ));
    }
    let sum: f64 = row.iter().sum::<f64>() + *unknown;
    if (sum - 1.0).abs() > SLACK {
        return Err(Problem::new(
            "ope.target-sum",
            Text::new(
                format!(
                    "At position {position} the target's probabilities add up to {sum:.4}, not to 1."
                ),
                format!("在位置 {position}，目标策略的概率之和为 {sum:.4}，而不是 1。"),
            ),
            Text::new(
                "Give each position one distribution over all items: every column must add up to 1.",
                "请为每个位置给出全部商品上的一个分布：每列之和必须为 1。",
            ),
        ));
    }
    for p in row.iter_mut().chain([unknown]) {
        *p /= sum;
    }
    Ok(())
}

fn bad_table(line: u64, en: &str, zh: &str) -> Problem {
    Problem::new(
        "ope.target-table",
        Text::new(
            format!("The table of target probabilities can't be read: {en}."),
            format!("无法读取目标策略的概率表：{zh}。"),
        ),
        Text::new(
            "Use a header and one line an item: item,probability or one column a position.",
            "请使用表头，每件商品一行：item,probability，或每个位置一列。",
        ),
    )
    .at(crate::problem::Place {
        line,
        column: 0,
        byte: 0,
    })
}

fn too_few_columns(columns: usize, position: u32) -> Problem {
    Problem::new(
        "ope.target-positions",
        Text::new(
            format!(
                "The log has a position {position}, but the target table has {columns} columns."
            ),
            format!("日志含有位置 {position}，但目标概率表只有 {columns} 列。"),
        ),
        Text::new(
            "Give one column a position, or a single one for all.",
            "请为每个位置给出一列，或只给一列供全部位置使用。",
        ),
    )
}
