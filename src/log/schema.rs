//! What the columns of a table mean: by their names in the header, checked against their values; without names, by
//! values.

use std::collections::BTreeMap;

use super::EventType;
use super::guess::Guess;
use super::names::TOTALS;
use super::options::{ImportOptions, Role};
use super::sampled::{Sampled, day_order, has_decimal_commas};
use super::time::{TimeFormat, TimeOffset};
use crate::problem::{Place, Problem, Text};

/// The meaning of a table's columns.
#[derive(Clone, Debug)]
pub(super) struct Schema {
    pub(super) columns: Vec<String>,
    pub(super) roles: Vec<Role>,
    pub(super) why: Vec<Text>,
    pub(super) samples: Vec<Vec<String>>,
    /// The column that says when.
    pub(super) time: Option<(usize, TimeFormat)>,
    /// The column that adds to it.
    pub(super) offset: Option<(usize, TimeOffset)>,
    pub(super) day_first: bool,
    /// Whether the dates of the sample can be read day first as well as month first.
    pub(super) day_unsure: bool,
    pub(super) decimal_comma: bool,
    /// Meanings that this file gives to event words, before the person's own.
    pub(super) event_types: BTreeMap<String, Option<EventType>>,
    /// Whether the price column holds totals of rows.
    pub(super) price_is_total: bool,
    /// What a person should know.
    pub(super) notes: Vec<Text>,
}

/// Finds out what the columns mean. `names` are those of the header, or `None`; `rows` are the sample's data rows
/// with as many fields as there are columns.
///
/// # Errors
/// `log.roles` when the given roles don't fit the columns, `log.no-item` when no column names items,
/// `log.time-format` when the times can't be read.
pub(super) fn guess(
    names: Option<&[String]>,
    width: usize,
    rows: &[Vec<String>],
    semicolons: bool,
    options: &ImportOptions,
) -> (Schema, Result<(), Problem>) {
    let header = names.is_some();
    let names: Vec<String> = (0..width)
        .map(|index| match names.and_then(|names| names.get(index)) {
            Some(name) if !name.trim().is_empty() => name.trim().to_owned(),
            _ => format!("column {}", index + 1),
        })
        .collect();
    let columns: Vec<Sampled> = names
        .iter()
        .enumerate()
        .map(|(index, name)| Sampled::new(name, index, rows))
        .collect();
    let decimal_comma = options
        .decimal_comma
        .unwrap_or_else(|| has_decimal_commas(&columns));
    let european = semicolons || decimal_comma;
    let (day_first, day_unsure) = day_order(&columns, european, options.day_first);
    let mut guess = Guess {
        roles: vec![Role::Ignore; width],
        why: vec![Text::new("nothing speaks for a use", "没有可用的依据"); width],
        columns,
        header,
        names,
        day_first,
    };
    let mut checked = Ok(());
    match &options.roles {
        Some(roles) => checked = guess.take(roles),
        None => guess.find(),
    }
    let mut notes = guess.duplicate_names();
    let (time, offset) = match guess.times(&mut notes) {
        Ok(times) => times,
        Err(problem) => {
            checked = checked.and(Err(problem));
            (None, None)
        }
    };
    if checked.is_ok() && guess.column(Role::Item).is_none() {
        checked = Err(no_item(&guess.names));
    }
    let schema = Schema {
        event_types: guess.event_types(),
        price_is_total: guess
            .column(Role::Price)
            .is_some_and(|column| TOTALS.contains(&guess.columns[column].name.as_str()))
            && guess.column(Role::Quantity).is_some(),
        samples: guess.samples(),
        columns: guess.names,
        roles: guess.roles,
        why: guess.why,
        time,
        offset,
        day_first,
        day_unsure,
        decimal_comma,
        notes,
    };
    (schema, checked)
}

impl Schema {
    /// Whether dates are written with days and months first.
    pub(super) fn time_is_slashed(&self) -> bool {
        matches!(
            self.time,
            Some((_, TimeFormat::DayFirst | TimeFormat::MonthFirst))
        )
    }

    /// How times are written, in words.
    pub(super) fn time_text(&self) -> Text {
        let mut text = match self.time {
            None => Text::new(
                "no time column: the order of the rows is used",
                "没有时间列：按行的顺序",
            ),
            Some((_, format)) => format.text(),
        };
        match self.offset {
            Some((_, TimeOffset::Milliseconds)) => {
                text.en
                    .push_str(", plus milliseconds since the session began");
                text.zh.push_str(",加会话开始后的毫秒数");
            }
            Some((_, TimeOffset::Clock)) => {
                text.en
                    .push_str(", plus the time of day of a second column");
                text.zh.push_str(",加另一列的时刻");
            }
            None => {}
        }
        if self.time_is_slashed() && self.day_unsure {
            text.en
                .push_str(" (a guess: the first rows could be read either way)");
            text.zh.push_str("(猜测：前面的行两种读法都可以)");
        }
        text
    }
}

pub(super) fn wrong_role_count(given: usize, columns: usize) -> Problem {
    Problem::new(
        "log.roles",
        Text::new(
            format!("{given} roles were given for {columns} columns."),
            format!("为 {columns} 列指定了 {given} 个角色。"),
        ),
        Text::new(
            "Give every column one role, left to right.",
            "请从左到右为每列指定一个角色。",
        ),
    )
}

pub(super) fn role_twice(role: Role) -> Problem {
    let Text { en, zh } = role.text();
    Problem::new(
        "log.roles",
        Text::new(
            format!("Too many columns have the role {en}."),
            format!("角色“{zh}”被指定给了过多的列。"),
        ),
        Text::new(
            "Set all but one of them to \"not used\".",
            "请将其余的列设为“不使用”。",
        ),
    )
}

fn no_item(names: &[String]) -> Problem {
    let names = names.join(", ");
    Problem::new(
        "log.no-item",
        Text::new(
            format!("None of the columns seems to name the items. The columns are: {names}"),
            format!("没有一列像是商品。各列为：{names}"),
        ),
        Text::new(
            "Say in the table of columns which one holds the item.",
            "请在列表中指定商品所在的列。",
        ),
    )
    .at(Place {
        line: 1,
        column: 0,
        byte: 0,
    })
}

pub(super) fn unreadable_time(column: usize, name: &str, value: Option<&&str>) -> Problem {
    let value = value
        .copied()
        .unwrap_or("")
        .chars()
        .take(80)
        .collect::<String>();
    Problem::new(
        "log.time-format",
        Text::new(
            format!("The times in column {name} are written in a way that can't be read, such as \"{value}\"."),
            format!("无法解读 {name} 列的时间，例如“{value}”。"),
        ),
        Text::new(
            "Write them as 2024-05-31 18:00:00 or as seconds since 1970, or set the column to \"not used\".",
            "请写成 2024-05-31 18:00:00 或自 1970 年起的秒数，或将该列设为“不使用”。",
        ),
    )
    .at(Place { line: 1, column: column as u32 + 1, byte: 0 })
}
