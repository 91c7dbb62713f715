//! The end of an import: rows become a [`Log`] and its report, in slices.

use std::cmp::Reverse;

use super::columns::{Column, Store};
use super::count::Counting;
use super::intern::Interner;
use super::options::{Dialect, SourceFile};
use super::reject::Rejects;
use super::report::{EventWord, Report};
use super::rows::Events as Read;
use super::schema::Schema;
use super::session::{Found, SLICE, Sessioniser, Sessions};
use super::time::TimeFormat;
use super::{EventType, Events, Log, NONE, Names};
use crate::problem::{Problem, Text};

/// A log with everything known about how it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// The log.
    pub log: Log,
    /// What is in it.
    pub report: Report,
    /// The rows that were left out because they were bad.
    pub rejects: Rejects,
    /// How the file was read: importing it again with these options gives the same log.
    pub dialect: Dialect,
    /// The file.
    pub source: SourceFile,
}

/// An import whose bytes are all in. [`Finishing::advance`] until it gives the log.
pub struct Finishing {
    state: State,
    plan: Option<Box<Plan>>,
}

enum State {
    Sort(Box<Sessioniser>),
    Gather(Box<Gather>),
    Count(Box<(Log, Counting)>),
    Over,
}

/// What is known besides the events.
struct Plan {
    events: Read,
    words: Vec<EventWord>,
    dialect: Dialect,
    source: SourceFile,
    rows: u64,
    accepted: u64,
    notes: Vec<Text>,
    real_time: bool,
    has_kinds: bool,
    found: Found,
    merged: u64,
}

impl Finishing {
    pub(super) fn new(
        mut events: Read,
        schema: &Schema,
        dialect: Dialect,
        source: SourceFile,
        rows: u64,
    ) -> Result<Self, Problem> {
        let accepted = events.store.len() as u64;
        let words = words(&events);
        if accepted == 0 {
            return Err(no_events(&events, &words));
        }
        events.close();
        let real_time = matches!(schema.time, Some((_, format)) if format != TimeFormat::Order);
        let gap = real_time.then_some((dialect.session_gap_minutes * 60_000.0) as i64);
        let sorter = Sessioniser::new(
            &events.store,
            &events.users,
            &events.sessions,
            gap,
            dialect.merge_repeats,
        );
        let mut notes = schema.notes.clone();
        notes.extend(super::notes::of_schema(schema));
        let plan = Plan {
            has_kinds: dialect.roles.contains(&super::options::Role::Event),
            events,
            words,
            dialect,
            source,
            rows,
            accepted,
            notes,
            real_time,
            found: Found::default(),
            merged: 0,
        };
        Ok(Self {
            state: State::Sort(Box::new(sorter)),
            plan: Some(Box::new(plan)),
        })
    }

    /// The share of this work that is done, 0 to 1.
    #[must_use]
    pub fn fraction(&self) -> f64 {
        match &self.state {
            State::Sort(sorter) => 0.6 * sorter.fraction(),
            State::Gather(gather) => 0.6 + 0.2 * gather.fraction(),
            State::Count(counting) => 0.8 + 0.2 * counting.1.fraction(),
            State::Over => 1.0,
        }
    }

    /// Does the next slice, about 30 ms at most; gives the log when all is done.
    ///
    /// # Errors
    /// `log.finished` when the log was given already.
    pub fn advance(&mut self) -> Result<Option<Imported>, Problem> {
        let Some(plan) = &mut self.plan else {
            return Err(finished());
        };
        self.state = match std::mem::replace(&mut self.state, State::Over) {
            State::Sort(mut sorter) => {
                if !sorter.advance(&mut plan.events.store) {
                    State::Sort(sorter)
                } else {
                    let (sessions, found) = sorter.finish();
                    (plan.found, plan.merged) = (found, sessions.merged);
                    State::Gather(Box::new(Gather::new(sessions)))
                }
            }
            State::Gather(mut gather) => {
                if !gather.advance(&mut plan.events.store) {
                    State::Gather(gather)
                } else {
                    let log = plan.log(*gather);
                    let counting = Counting::new(&log);
                    State::Count(Box::new((log, counting)))
                }
            }
            State::Count(mut counting) => {
                let (log, counts) = &mut *counting;
                if !counts.advance(log) {
                    State::Count(counting)
                } else {
                    let (log, counts) = *counting;
                    return Ok(self.plan.take().map(|plan| plan.imported(log, &counts)));
                }
            }
            State::Over => State::Over,
        };
        Ok(None)
    }
}

/// Brings columns into their final order, one slice of one column at a time.
struct Gather {
    sessions: Sessions,
    events: Events,
    column: usize,
    at: usize,
}

/// How many columns [`Gather`] goes through.
const COLUMNS: usize = 7;

impl Gather {
    fn new(sessions: Sessions) -> Self {
        Self {
            sessions,
            events: Events::default(),
            column: 0,
            at: 0,
        }
    }

    fn fraction(&self) -> f64 {
        let length = self.sessions.order.len().max(1) as f64;
        (self.column as f64 + self.at as f64 / length) / COLUMNS as f64
    }

    fn advance(&mut self, store: &mut Store) -> bool {
        let order = &self.sessions.order;
        let to = order.len().min(self.at + SLICE);
        let rows = &order[self.at..to];
        let events = &mut self.events;
        match self.column {
            0 => gather(&mut events.item, &store.item, rows, order.len()),
            1 => {
                events.kind.reserve_exact(order.len() - events.kind.len());
                let kinds = rows
                    .iter()
                    .map(|&row| EventType::ALL[usize::from(store.kind.get(row as usize) & 3)]);
                events.kind.extend(kinds);
            }
            2 => gather_some(&mut events.price, store.price.as_ref(), rows, order.len()),
            3 => gather_some(
                &mut events.quantity,
                store.quantity.as_ref(),
                rows,
                order.len(),
            ),
            4 => gather_some(
                &mut events.propensity,
                store.propensity.as_ref(),
                rows,
                order.len(),
            ),
            5 => gather_some(
                &mut events.position,
                store.position.as_ref(),
                rows,
                order.len(),
            ),
            _ => gather_some(
                &mut events.variant,
                store.variant.as_ref(),
                rows,
                order.len(),
            ),
        }
        self.at = to;
        if to == order.len() {
            self.at = 0;
            self.free(store);
            self.column += 1;
        }
        self.column == COLUMNS
    }

    /// Gives back the memory of the column just done.
    fn free(&self, store: &mut Store) {
        match self.column {
            0 => store.item = Column::new(),
            1 => store.kind = Column::new(),
            2 => store.price = None,
            3 => store.quantity = None,
            4 => store.propensity = None,
            5 => store.position = None,
            _ => store.variant = None,
        }
    }
}

fn gather<T: Copy>(out: &mut Vec<T>, column: &Column<T>, rows: &[u32], total: usize) {
    out.reserve_exact(total - out.len());
    out.extend(rows.iter().map(|&row| column.get(row as usize)));
}

fn gather_some<T: Copy>(
    out: &mut Option<Vec<T>>,
    column: Option<&Column<T>>,
    rows: &[u32],
    total: usize,
) {
    if let Some(column) = column {
        gather(out.get_or_insert_default(), column, rows, total);
    }
}

impl Plan {
    fn log(&mut self, gather: Gather) -> Log {
        let Gather {
            sessions,
            mut events,
            ..
        } = gather;
        let read = &mut self.events;
        let take = |names: &mut Interner| std::mem::replace(names, Interner::new());
        let logged = take(&mut read.sessions).into_names();
        let mut users = take(&mut read.users).into_names();
        let mut session_user = sessions.user;
        events.time = if self.real_time {
            sessions.time
        } else if read.store.time.is_some() {
            // The file orders events within sessions only: the order of the whole log stands for time.
            (0..sessions.order.len() as i64).collect()
        } else {
            sessions.order.iter().map(|&row| i64::from(row)).collect()
        };
        let mut session_names = Names::default();
        if read.store.session.is_some() {
            for &name in &sessions.name {
                session_names.push(if name == NONE { "" } else { logged.get(name) });
            }
        }
        if read.store.user.is_some() {
            for (session, user) in session_user.iter_mut().enumerate() {
                if *user == NONE {
                    *user = users.push(&format!("session:{}", session_names.get(session as u32)));
                }
            }
        } else {
            session_user = (0..sessions.name.len() as u32).collect();
            users = if read.store.session.is_some() {
                session_names.clone()
            } else {
                let mut names = Names::default();
                for &at in &sessions.start[..sessions.name.len()] {
                    names.push(&format!("row {}", sessions.order[at as usize] + 1));
                }
                names
            };
        }
        Log {
            users,
            items: take(&mut read.items).into_names(),
            session_names,
            categories: take(&mut read.categories).into_names(),
            item_category: std::mem::take(&mut read.store.item_category),
            variants: take(&mut read.variants).into_names(),
            events,
            session_start: sessions.start,
            session_user,
            has_time: self.real_time,
            has_kinds: self.has_kinds,
        }
    }

    fn imported(self: Box<Self>, log: Log, counts: &Counting) -> Imported {
        let mut report = counts.report(&log);
        let has_users = self.events.store.user.is_some();
        report.anonymous_users = self.found.anonymous;
        report.users = log.users.len() as u64 - self.found.anonymous;
        report.merged = self.merged;
        report.event_words = self.words;
        report.rows = self.rows;
        report.accepted = self.accepted;
        report.rejected = self.events.rejects.count;
        report.ignored = self.events.ignored;
        report.notes = self.notes;
        super::notes::of_log(
            &mut report,
            &log,
            &self.found,
            has_users,
            self.events.store.session.is_some(),
        );
        Imported {
            log,
            report,
            rejects: self.events.rejects,
            dialect: self.dialect,
            source: self.source,
        }
    }
}

/// The event words of the file, most frequent first. A log without an event column has the empty word only.
pub(super) fn words(events: &Read) -> Vec<EventWord> {
    let mut words: Vec<EventWord> = Vec::new();
    for (name, word) in events.event_words().filter(|(_, word)| word.count > 0) {
        let place = words.partition_point(|other| {
            (Reverse(other.count), &other.word) < (Reverse(word.count), &name)
        });
        words.insert(
            place,
            EventWord {
                word: name,
                count: word.count,
                mapped: word.mapped,
                known: word.known,
            },
        );
    }
    words
}

fn no_events(events: &Read, words: &[EventWord]) -> Problem {
    if events.ignored > 0 {
        let list = words
            .iter()
            .take(10)
            .map(|word| word.word.as_str())
            .collect::<Vec<_>>()
            .join(", ");
        return Problem::new(
            "log.no-events",
            Text::new(
                format!("No row has an event word that is known. The file has: {list}"),
                format!("没有一行的行为词是已知的。文件中有：{list}"),
            ),
            Text::new(
                "Say what these words mean (view, click, cart, purchase), or choose another event column.",
                "请指定这些词的含义(浏览、点击、加购、购买)，或选择其他行为列。",
            ),
        );
    }
    let Some(group) = events.rejects.groups.iter().max_by_key(|group| group.count) else {
        return Problem::new(
            "log.no-events",
            Text::new("The file holds no event.", "文件中没有事件。"),
            Text::new("Check the export.", "请检查导出结果。"),
        );
    };
    let problem = Problem::new(
        "log.no-events",
        Text::new(
            format!("Every row is bad. Most often: {}", group.what.en),
            format!("每一行都有问题。最常见的是：{}", group.what.zh),
        ),
        group.mend.clone(),
    );
    match group.examples.first() {
        Some(example) => problem.at(example.place),
        None => problem,
    }
}

fn finished() -> Problem {
    Problem::new(
        "log.finished",
        Text::new("The import is over already.", "导入已经结束。"),
        Text::new(
            "Open the file again to import it anew.",
            "请重新打开文件以再次导入。",
        ),
    )
}
