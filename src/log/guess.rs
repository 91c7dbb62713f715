//! Finding out which column plays which role.

use std::collections::{BTreeMap, BTreeSet};

use super::names::{self, ORDERS};
use super::options::Role;
use super::sampled::{NAMED, Sampled, UNNAMED};
use super::schema::{role_twice, unreadable_time, wrong_role_count};
use super::time::{TimeFormat, TimeOffset};
use super::{EventType, words};
use crate::problem::{Problem, Text};

/// Everything a guess works on.
pub(super) struct Guess<'a> {
    pub(super) columns: Vec<Sampled<'a>>,
    pub(super) header: bool,
    pub(super) names: Vec<String>,
    pub(super) roles: Vec<Role>,
    pub(super) why: Vec<Text>,
    pub(super) day_first: bool,
}

impl Guess<'_> {
    pub(super) fn column(&self, role: Role) -> Option<usize> {
        self.roles.iter().position(|&other| other == role)
    }

    pub(super) fn set(&mut self, column: usize, role: Role, en: &str, zh: &str) {
        self.roles[column] = role;
        self.why[column] = Text::new(en, zh);
    }

    /// Takes the roles that a person gave.
    pub(super) fn take(&mut self, roles: &[Role]) -> Result<(), Problem> {
        if roles.len() != self.roles.len() {
            return Err(wrong_role_count(roles.len(), self.roles.len()));
        }
        self.roles = roles.to_vec();
        self.why = vec![Text::new("chosen by you", "由您指定"); roles.len()];
        for role in Role::ALL {
            let most = match role {
                Role::Ignore => usize::MAX,
                Role::Time => 2,
                _ => 1,
            };
            if roles.iter().filter(|&&other| other == role).count() > most {
                return Err(role_twice(role));
            }
        }
        Ok(())
    }

    pub(super) fn find(&mut self) {
        if self.header {
            self.find_by_name();
        }
        self.find_by_values();
        self.say_what_does_not_fit();
    }

    /// A column whose name says a role that its values can't play.
    pub(super) fn say_what_does_not_fit(&mut self) {
        for index in 0..self.columns.len() {
            let column = &self.columns[index];
            let named = names::role(&column.name);
            if let Some(role) = named
                && self.roles[index] == Role::Ignore
                && !column.fits(role)
            {
                let Text { en, zh } = role.text();
                let name = &self.names[index];
                self.why[index] = if column.mostly_present() {
                    Text::new(
                        format!("called {name}, but its values can't be read as {en}"),
                        format!("列名为 {name},但其值无法作为{zh}解读"),
                    )
                } else {
                    Text::new("mostly empty", "大多为空")
                };
            }
        }
    }

    pub(super) fn find_by_name(&mut self) {
        for role in names::roles() {
            let best = (0..self.columns.len())
                .filter(|&index| self.roles[index] == Role::Ignore)
                .filter_map(|index| {
                    let column = &self.columns[index];
                    let rank = names::of(role).position(|name| name == column.name)?;
                    column.fits(role).then_some((rank, index))
                })
                .min();
            if let Some((_, index)) = best {
                self.name_says(index, role);
            }
        }
        self.find_second_time();
        for (role, stems) in [
            (Role::Session, &["session"][..]),
            (
                Role::User,
                &["user", "customer", "visitor", "client", "member", "shopper"],
            ),
            (Role::Item, &["item", "product", "sku", "goods", "article"]),
        ] {
            if self.column(role).is_none() {
                self.find_by_stem(role, stems);
            }
        }
    }

    /// `shop_user_id` and the like: a stem at the beginning or anywhere, and an ending that says "id".
    pub(super) fn find_by_stem(&mut self, role: Role, stems: &[&str]) {
        let found = (0..self.columns.len()).find(|&index| {
            let column = &self.columns[index];
            self.roles[index] == Role::Ignore
                && stems.iter().any(|stem| column.name.contains(stem))
                && ["id", "no", "number", "code", "key", "hash"]
                    .iter()
                    .any(|end| column.name.ends_with(end))
                && column.fits(role)
        });
        if let Some(index) = found {
            self.name_says(index, role);
        }
    }

    pub(super) fn name_says(&mut self, index: usize, role: Role) {
        let name = self.names[index].clone();
        self.set(
            index,
            role,
            &format!("the column is called {name}"),
            &format!("列名为 {name}"),
        );
    }

    /// A date alone may come with milliseconds since the session began, or with a time of day.
    pub(super) fn find_second_time(&mut self) {
        let Some(first) = self.column(Role::Time) else {
            return;
        };
        if !self.columns[first].mostly(80, |value| !value.contains(':') && value.len() <= 10)
            || !matches!(
                self.columns[first].time_format(self.day_first, NAMED),
                Some(
                    TimeFormat::YearFirst
                        | TimeFormat::DayFirst
                        | TimeFormat::MonthFirst
                        | TimeFormat::Compact
                )
            )
        {
            return;
        }
        let second = (0..self.columns.len()).find(|&index| {
            let column = &self.columns[index];
            self.roles[index] == Role::Ignore
                && matches!(
                    column.name.as_str(),
                    "timeframe" | "time" | "timeofday" | "timestamp" | "时间"
                )
                && column.time_format(self.day_first, UNNAMED).is_none()
                && column.time_offset().is_some()
        });
        if let Some(index) = second {
            let (en, zh) = match self.columns[index].time_offset() {
                Some(TimeOffset::Clock) => ("time of day, added to the date", "时刻，与日期相加"),
                _ => (
                    "milliseconds since the session began, added to the date",
                    "会话开始后的毫秒数，与日期相加",
                ),
            };
            self.set(index, Role::Time, en, zh);
        }
    }

    pub(super) fn find_by_values(&mut self) {
        let free = |guess: &Self, index: usize| guess.roles[index] == Role::Ignore;
        if self.column(Role::Event).is_none()
            && let Some(index) =
                (0..self.columns.len()).find(|&i| free(self, i) && self.columns[i].has_words(80))
        {
            self.set(
                index,
                Role::Event,
                "its values are event words",
                "其值为行为词",
            );
        }
        if self.column(Role::Time).is_none()
            && let Some(index) = self.time_by_values()
        {
            self.set(index, Role::Time, "its values are times", "其值为时间");
        }
        let ids: Vec<usize> = (0..self.columns.len())
            .filter(|&i| free(self, i) && self.columns[i].is_id() && !self.described(i))
            .collect();
        let mut ids = ids.into_iter();
        let alone = self.column(Role::User).is_none() && self.column(Role::Session).is_none();
        if alone
            && (ids.len() > 1 || self.column(Role::Item).is_some())
            && !self.header
            && let Some(index) = ids.next()
        {
            self.actor_by_values(index);
        }
        if self.column(Role::Item).is_none()
            && let Some(index) = ids.next()
        {
            self.set(
                index,
                Role::Item,
                "the first column of names that is left",
                "余下的第一个标识列",
            );
        }
        if !self.header {
            self.rest_by_values();
        }
    }

    /// Whether a named column says that it holds something else than an id.
    pub(super) fn described(&self, index: usize) -> bool {
        let name = &self.columns[index].name;
        self.header
            && [
                "feature",
                "age",
                "gender",
                "name",
                "country",
                "brand",
                "city",
                "title",
                "description",
                "price",
                "rating",
            ]
            .iter()
            .any(|word| name.contains(word))
    }

    /// The column of times; dates before numbers, which may be ids by chance.
    pub(super) fn time_by_values(&self) -> Option<usize> {
        let formats: Vec<(usize, TimeFormat)> = (0..self.columns.len())
            .filter(|&index| self.roles[index] == Role::Ignore)
            .filter_map(|index| {
                Some((
                    index,
                    self.columns[index].time_format(self.day_first, UNNAMED)?,
                ))
            })
            .collect();
        let written = |format: TimeFormat| {
            matches!(
                format,
                TimeFormat::YearFirst
                    | TimeFormat::DayFirst
                    | TimeFormat::MonthFirst
                    | TimeFormat::Mail
            )
        };
        formats
            .iter()
            .find(|(_, format)| written(*format))
            .or_else(|| formats.last().filter(|_| !self.header))
            .map(|&(index, _)| index)
    }

    /// The first column without a name is who acted: visits come in one piece and are short, users come back.
    pub(super) fn actor_by_values(&mut self, index: usize) {
        if self.is_visit(index) {
            self.set(
                index,
                Role::Session,
                "first column; equal values stand together and span little time",
                "第一列；相同的值相邻且时间跨度短",
            );
        } else {
            self.set(index, Role::User, "first column of names", "第一个标识列");
        }
    }

    pub(super) fn is_visit(&self, index: usize) -> bool {
        const SHORT: i64 = 6 * 3_600_000;
        let Some(time) = self.column(Role::Time) else {
            return false;
        };
        let Some(format) = self.columns[time].time_format(self.day_first, NAMED) else {
            return false;
        };
        let times = self.columns[time]
            .values
            .iter()
            .map(|value| format.parse(value.as_bytes()).ok());
        let mut spans: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
        let mut last = "";
        for (value, time) in self.columns[index].values.iter().zip(times) {
            let Some(time) = time else { continue };
            match spans.get_mut(value) {
                Some(_) if *value != last => return false,
                Some(span) => *span = (span.0.min(time), span.1.max(time)),
                None => {
                    spans.insert(value, (time, time));
                }
            }
            last = value;
        }
        let short = spans
            .values()
            .filter(|span| span.1 - span.0 < SHORT)
            .count();
        spans.len() >= 20 && short * 100 >= spans.len() * 95
    }

    /// Prices, then categories, among the columns without a name that are left.
    pub(super) fn rest_by_values(&mut self) {
        let Some(item) = self.column(Role::Item) else {
            return;
        };
        for index in 0..self.columns.len() {
            if self.roles[index] != Role::Ignore {
                continue;
            }
            let column = &self.columns[index];
            let decimals =
                column.is_number() && column.mostly(50, |value| value.contains(['.', ',']));
            if decimals && self.column(Role::Price).is_none() {
                self.set(
                    index,
                    Role::Price,
                    "its values are numbers with decimals",
                    "其值为小数",
                );
            } else if self.column(Role::Category).is_none()
                && column.belongs_to(&self.columns[item])
            {
                self.set(
                    index,
                    Role::Category,
                    "each item has one value of it",
                    "每个商品对应一个值",
                );
            }
        }
    }

    /// How the time columns are written: the one with dates first, what adds to it second.
    #[allow(clippy::type_complexity)]
    pub(super) fn times(
        &mut self,
        notes: &mut Vec<Text>,
    ) -> Result<(Option<(usize, TimeFormat)>, Option<(usize, TimeOffset)>), Problem> {
        let columns: Vec<usize> = (0..self.roles.len())
            .filter(|&i| self.roles[i] == Role::Time)
            .collect();
        let order = |column: &Sampled| ORDERS.contains(&column.name.as_str());
        let format = |index: usize| {
            let column = &self.columns[index];
            if order(column) {
                None
            } else {
                column.time_format(self.day_first, NAMED)
            }
        };
        let Some(first) = columns
            .iter()
            .copied()
            .find(|&index| format(index).is_some())
        else {
            let Some(&first) = columns.first() else {
                return Ok((None, None));
            };
            if !self.columns[first].is_number() {
                return Err(unreadable_time(
                    first,
                    &self.names[first],
                    self.columns[first].present.first(),
                ));
            }
            let name = &self.names[first];
            notes.push(Text::new(
                format!("Column {name} only orders the events of a session: the log has no dates."),
                format!("{name} 列只表示会话内的顺序：日志没有日期。"),
            ));
            return Ok((Some((first, TimeFormat::Order)), None));
        };
        let time = format(first).map(|format| (first, format));
        let Some(second) = columns.into_iter().find(|&index| index != first) else {
            return Ok((time, None));
        };
        match self.columns[second].time_offset() {
            Some(offset) => Ok((time, Some((second, offset)))),
            None => Err(unreadable_time(
                second,
                &self.names[second],
                self.columns[second].present.first(),
            )),
        }
    }

    /// Meanings of event words that follow from the file itself.
    pub(super) fn event_types(&self) -> BTreeMap<String, Option<EventType>> {
        let Some(event) = self.column(Role::Event) else {
            let bought = self.column(Role::Quantity).is_some()
                || (self.column(Role::Price).is_some() && self.column(Role::Session).is_some());
            let kind = if bought {
                EventType::Purchase
            } else {
                EventType::View
            };
            return BTreeMap::from([(String::new(), Some(kind))]);
        };
        let column = &self.columns[event];
        if column.is_flag() {
            words::flag_meaning(&column.name)
        } else if column.name == "behaviortype"
            && column.mostly(100, |value| matches!(value, "1" | "2" | "3" | "4"))
        {
            words::tianchi_meaning()
        } else {
            BTreeMap::new()
        }
    }

    pub(super) fn samples(&self) -> Vec<Vec<String>> {
        let of = |column: &Sampled| {
            let mut seen = BTreeSet::new();
            column
                .values
                .iter()
                .filter(|value| seen.insert(**value))
                .take(5)
                .map(|value| value.chars().take(80).collect())
                .collect()
        };
        self.columns.iter().map(of).collect()
    }

    pub(super) fn duplicate_names(&self) -> Vec<Text> {
        let mut notes = Vec::new();
        for (index, column) in self.columns.iter().enumerate() {
            if !self.header || column.name.is_empty() {
                continue;
            }
            let before = &self.columns[..index];
            if let Some(other) = before.iter().rposition(|other| other.name == column.name) {
                let (name, one, two) = (&self.names[index], other + 1, index + 1);
                notes.push(Text::new(
                    format!("Columns {one} and {two} are both called {name}. Check in the table of columns which one is meant."),
                    format!("第 {one} 列和第 {two} 列都叫 {name}。请在列表中确认使用哪一列。"),
                ));
            }
        }
        notes
    }
}
