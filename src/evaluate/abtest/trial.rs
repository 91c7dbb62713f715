//! The users of an experiment, read from a log with a variant column.

use serde::{Deserialize, Serialize};

use super::monitor::{Design, Monitor};
use crate::log::{EventType, Log, NONE};
use crate::problem::{Problem, Text};

/// One user of an experiment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct User {
    /// Variant number.
    pub variant: u32,
    /// What the user did, as a number; finite.
    pub outcome: f64,
    /// Segment number; [`NONE`] where users have none.
    pub segment: u32,
}

/// What counts as a user's outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// Whether the user did this at least once.
    Did(EventType),
    /// How often the user did this.
    Times(EventType),
    /// What the user's purchases were worth: price times quantity (1 where the log has none).
    Revenue,
}

/// The users of a log, in the order of their first event.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Variant names; the first is the control.
    pub variants: Vec<String>,
    /// Names of the segments, [`User::segment`] counts into them.
    pub segments: Vec<String>,
    /// The users.
    pub users: Vec<User>,
    /// Users left out because they were in more than one variant.
    pub mixed: u32,
}

/// What is known of a user while the log is read.
#[derive(Clone, Copy)]
struct Seen {
    first: i64,
    variant: u32,
    segment: u32,
    outcome: f64,
    mixed: bool,
}

impl Trial {
    /// Reads a log. Variants are ordered by name, numbers by value, so that `A` or `0` or `control` tends to be the
    /// control; `control` names another one. A user's segment is the category of the first item, where the log has categories.
    ///
    /// # Errors
    /// `ab.no-variants` where the log has no variant column, `ab.control` where no variant has that name.
    pub fn from_log(log: &Log, outcome: Outcome, control: Option<&str>) -> Result<Self, Problem> {
        let Some(variants) = log.events.variant.as_ref() else {
            return Err(no_variants());
        };
        let (names, number) = order(log, control)?;
        let mut seen: Vec<Option<Seen>> = vec![None; log.users.len()];
        for (session, &user) in log.session_user.iter().enumerate() {
            for event in log.session(session) {
                let variant = variants[event];
                if variant == NONE {
                    continue;
                }
                let variant = number[variant as usize];
                let time = log.events.time[event];
                let fresh = Seen {
                    first: time,
                    variant,
                    segment: segment(log, event),
                    outcome: 0.0,
                    mixed: false,
                };
                let seen = seen[user as usize].get_or_insert(fresh);
                seen.mixed |= seen.variant != variant;
                if time < seen.first {
                    *seen = Seen {
                        outcome: seen.outcome,
                        mixed: seen.mixed,
                        ..fresh
                    };
                }
                seen.outcome = after(log, event, outcome, seen.outcome);
            }
        }
        let mut known: Vec<Seen> = seen.into_iter().flatten().collect();
        known.sort_by_key(|seen| seen.first);
        let mixed = known.iter().filter(|seen| seen.mixed).count() as u32;
        let users = known.iter().filter(|seen| !seen.mixed).map(|seen| User {
            variant: seen.variant,
            outcome: seen.outcome,
            segment: seen.segment,
        });
        Ok(Self {
            variants: names,
            segments: log.categories.iter().map(str::to_owned).collect(),
            users: users.collect(),
            mixed,
        })
    }

    /// Replays the users in their order.
    ///
    /// # Errors
    /// Those of [`Monitor::new`]; `ab.user` for a user whose variant the design doesn't have or whose outcome is not finite.
    pub fn replay(&self, design: Design) -> Result<Monitor, Problem> {
        let mut monitor = Monitor::new(design)?;
        for (index, user) in self.users.iter().enumerate() {
            if user.variant as usize >= monitor.design().variants.len() || !user.outcome.is_finite()
            {
                return Err(bad_user(index + 1));
            }
            monitor.add(*user);
        }
        Ok(monitor)
    }

    /// An even split between the trial's variants and segments.
    #[must_use]
    pub fn even(&self) -> Design {
        Design {
            segments: self.segments.clone(),
            ..Design::even(self.variants.clone())
        }
    }
}

fn segment(log: &Log, event: usize) -> u32 {
    let item = log.events.item[event] as usize;
    log.item_category.get(item).copied().unwrap_or(NONE)
}

/// The outcome with one more event.
fn after(log: &Log, event: usize, outcome: Outcome, so_far: f64) -> f64 {
    let kind = log.events.kind[event];
    match outcome {
        Outcome::Did(wanted) if kind == wanted => 1.0,
        Outcome::Times(wanted) if kind == wanted => so_far + 1.0,
        Outcome::Revenue if kind == EventType::Purchase => {
            let of = |column: &Option<Vec<f32>>, default: f32| {
                let value = column.as_ref().map_or(default, |column| column[event]);
                f64::from(if value.is_finite() { value } else { default })
            };
            so_far + of(&log.events.price, 0.0) * of(&log.events.quantity, 1.0)
        }
        _ => so_far,
    }
}

/// Variant names in their order, and each variant's place in it.
fn order(log: &Log, control: Option<&str>) -> Result<(Vec<String>, Vec<u32>), Problem> {
    let mut numbers: Vec<u32> = (0..log.variants.len() as u32).collect();
    let key = |&number: &u32| {
        let name = log.variants.get(number);
        (
            control != Some(name),
            name.parse::<i64>().unwrap_or(i64::MAX),
            name,
        )
    };
    numbers.sort_by(|a, b| key(a).cmp(&key(b)));
    if let Some(wanted) = control
        && numbers.first().map(|&n| log.variants.get(n)) != Some(wanted)
    {
        return Err(no_control(wanted));
    }
    let mut place = vec![0; numbers.len()];
    for (rank, &number) in numbers.iter().enumerate() {
        place[number as usize] = rank as u32;
    }
    Ok((
        numbers
            .iter()
            .map(|&n| log.variants.get(n).to_owned())
            .collect(),
        place,
    ))
}

fn no_variants() -> Problem {
    Problem::new(
        "ab.no-variants",
        Text::new("The log has no variant column.", "日志没有实验分组列。"),
        Text::new(
            "Map the column that says which variant each user was in.",
            "请指定说明每名用户所在分组的列。",
        ),
    )
}

fn no_control(wanted: &str) -> Problem {
    Problem::new(
        "ab.control",
        Text::new(
            format!("No variant is called \"{wanted}\"."),
            format!("没有名为“{wanted}”的分组。"),
        ),
        Text::new(
            "Name one of the variants of the log.",
            "请给出日志中的某个分组名。",
        ),
    )
}

fn bad_user(row: usize) -> Problem {
    Problem::new(
        "ab.user",
        Text::new(
            format!(
                "User {row} has a variant that the design doesn't know, or an outcome that is not finite."
            ),
            format!("第 {row} 名用户的分组不在设计中，或其结果不是有限数。"),
        ),
        Text::new(
            "Use the variants of the log in the design.",
            "请在设计中使用日志里的分组。",
        ),
    )
}
