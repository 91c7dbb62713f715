//! What the sample says about one column: whether its values are times, numbers, event words, ids.

use std::collections::{BTreeMap, BTreeSet};

use super::names::{self, ORDERS};
use super::options::Role;
use super::time::{TimeFormat, TimeOffset};
use super::{number, words};

/// Percent of the values that must be times in a column that is called so, or was said to be times: the rest are bad rows.
pub(super) const NAMED: usize = 50;
/// The same for a column that nothing but its values speaks for.
pub(super) const UNNAMED: usize = 80;

/// What the sample says about one column.
pub(super) struct Sampled<'a> {
    pub(super) name: String,
    pub(super) values: Vec<&'a str>,
    /// Values that are there.
    pub(super) present: Vec<&'a str>,
    pub(super) distinct: BTreeSet<&'a str>,
}

/// One by one: collecting into a set brings a sort of its own into the module that a visit begins with.
fn distinct<'a>(values: &[&'a str]) -> BTreeSet<&'a str> {
    let mut distinct = BTreeSet::new();
    for value in values {
        distinct.insert(*value);
    }
    distinct
}

impl<'a> Sampled<'a> {
    pub(super) fn new(name: &str, index: usize, rows: &'a [Vec<String>]) -> Self {
        let values: Vec<&str> = rows
            .iter()
            .filter_map(|row| row.get(index))
            .map(|value| value.trim())
            .collect();
        let present: Vec<&str> = values
            .iter()
            .copied()
            .filter(|value| !words::is_missing(value.as_bytes()))
            .collect();
        Self {
            name: names::normal(name),
            distinct: distinct(&present),
            values,
            present,
        }
    }

    /// Whether at least `percent` of the values present pass.
    pub(super) fn mostly(&self, percent: usize, pass: impl Fn(&str) -> bool) -> bool {
        let passed = self.present.iter().filter(|value| pass(value)).count();
        !self.present.is_empty() && passed * 100 >= self.present.len() * percent
    }

    pub(super) fn mostly_present(&self) -> bool {
        self.present.len() * 2 >= self.values.len()
    }

    pub(super) fn is_flag(&self) -> bool {
        self.mostly(100, |value| value == "0" || value == "1")
    }

    pub(super) fn is_number(&self) -> bool {
        self.mostly(80, |value| {
            number::parse(value.as_bytes(), false).is_some()
                || number::parse(value.as_bytes(), true).is_some()
        })
    }

    pub(super) fn is_whole(&self) -> bool {
        self.mostly(80, |value| value.parse::<i64>().is_ok())
    }

    pub(super) fn has_words(&self, percent: usize) -> bool {
        self.mostly(percent, |value| {
            words::meaning(&words::normal(value)).is_some()
        })
    }

    /// Whether values look like names of things: not empty, no decimals, no sentences.
    pub(super) fn is_id(&self) -> bool {
        self.mostly_present()
            && !self.mostly(20, |value| {
                value.parse::<f64>().is_ok() && value.contains('.') && !value.ends_with(".0")
            })
            && !self.mostly(50, |value| value.len() > 80)
    }

    /// The time format that at least `percent` of the values have.
    pub(super) fn time_format(&self, day_first: bool, percent: usize) -> Option<TimeFormat> {
        use TimeFormat::*;
        let dated = if day_first {
            [DayFirst, MonthFirst]
        } else {
            [MonthFirst, DayFirst]
        };
        let formats = [
            Compact,
            Seconds,
            Milliseconds,
            Microseconds,
            Nanoseconds,
            YearFirst,
            dated[0],
            dated[1],
            Mail,
        ];
        let count = |format: TimeFormat| {
            self.present
                .iter()
                .filter(|value| format.parse(value.as_bytes()).is_ok())
                .count()
        };
        let mut best = (0, None);
        for format in formats {
            let count = count(format);
            if count > best.0 {
                best = (count, Some(format));
            }
        }
        best.1
            .filter(|_| best.0 * 100 >= self.present.len() * percent)
    }

    pub(super) fn time_offset(&self) -> Option<TimeOffset> {
        [TimeOffset::Clock, TimeOffset::Milliseconds]
            .into_iter()
            .find(|offset| self.mostly(80, |value| offset.parse(value.as_bytes()).is_some()))
    }

    /// Whether every value of `item` comes with one value of this column, and values repeat over items.
    pub(super) fn belongs_to(&self, item: &Self) -> bool {
        let mut first = BTreeMap::new();
        let pairs = item.values.iter().zip(&self.values);
        let (mut agree, mut all) = (0, 0);
        for (item, value) in pairs {
            agree += usize::from(*first.entry(item).or_insert(value) == value);
            all += 1;
        }
        all > 0 && agree * 100 >= all * 98 && self.distinct.len() * 10 <= item.distinct.len() * 8
    }

    /// Whether the values may play the role that the name suggests.
    pub(super) fn fits(&self, role: Role) -> bool {
        match role {
            Role::Event => match self.name.as_str() {
                "type" | "label" | "activity" => self.has_words(50) || self.is_flag(),
                "click" | "clicked" | "isclick" | "clicks" | "purchased" | "purchase"
                | "bought" => self.is_flag() || self.has_words(50),
                _ => self.distinct.len() <= 50,
            },
            Role::Time => {
                self.time_format(true, NAMED).is_some()
                    || self.time_offset().is_some()
                    || (ORDERS.contains(&self.name.as_str()) && self.is_number())
            }
            Role::Session => self.mostly_present(),
            Role::User => !self.present.is_empty(),
            Role::Item => self.mostly_present(),
            Role::Price | Role::Quantity | Role::Propensity => self.is_number(),
            Role::Position => self.is_whole(),
            Role::Category | Role::Variant => !self.present.is_empty(),
            Role::Ignore => true,
        }
    }
}

/// Whether numbers of any column have decimal commas.
pub(super) fn has_decimal_commas(columns: &[Sampled]) -> bool {
    columns.iter().any(|column| {
        let commas = column.mostly(30, |value| {
            value.split_once(',').is_some_and(|(whole, part)| {
                whole.trim_start_matches('-').parse::<u64>().is_ok()
                    && part.parse::<u64>().is_ok()
                    && part.len() != 3
            })
        });
        commas && column.mostly(90, |value| number::parse(value.as_bytes(), true).is_some())
    })
}

/// Whether days come first, and whether the sample leaves that open.
pub(super) fn day_order(columns: &[Sampled], european: bool, given: Option<bool>) -> (bool, bool) {
    if let Some(given) = given {
        return (given, false);
    }
    let count = |format: TimeFormat, column: &Sampled| {
        column
            .present
            .iter()
            .filter(|value| format.parse(value.as_bytes()).is_ok())
            .count()
    };
    for column in columns {
        let (day, month) = (
            count(TimeFormat::DayFirst, column),
            count(TimeFormat::MonthFirst, column),
        );
        if day.max(month) * 5 < column.present.len() * 4 || day.max(month) == 0 {
            continue;
        }
        if day != month {
            return (day > month, false);
        }
        let slashes = column.mostly(50, |value| value.contains('/'));
        return (european || !slashes, true);
    }
    (european, false)
}
