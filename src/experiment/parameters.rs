//! The one table of parameters: what the page shows, what a link may hold and what the engine takes.
//!
//! Each parameter has a key, a name and a sentence of help in both languages, a unit, a default and a range.
//! [`Settings`] holds one valid value for each of them and can hold nothing else.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use crate::problem::{Problem, Text};

pub use super::table::parameters;

/// A fixed sentence in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Words {
    /// English.
    pub en: &'static str,
    /// Simplified Chinese.
    pub zh: &'static str,
}

impl From<Words> for Text {
    fn from(words: Words) -> Self {
        Self::new(words.en, words.zh)
    }
}

/// The step of the page under which a parameter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Group {
    /// How events become sessions.
    Sessions,
    /// What each kind of event is worth.
    Reward,
    /// The shop as a decision problem.
    Shop,
    /// What the agent learns and how it explores.
    Agent,
    /// How long to train and when to stop.
    Training,
    /// The generated shop.
    Generator,
    /// Price, stock and ads; each problem says which of these it takes.
    Operations,
    /// Deep Q-networks.
    Network,
}

impl Group {
    /// Whether links were out before these parameters were: they leave them out at their defaults.
    fn is_later(self) -> bool {
        matches!(self, Self::Operations | Self::Network)
    }
}

/// One option of a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// The value in links and scripts.
    pub key: &'static str,
    /// The name on the page.
    pub label: Words,
}

/// What values a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Domain {
    /// A real number in `min..=max`.
    Number {
        /// Value of a new experiment.
        default: f64,
        /// Smallest valid value.
        min: f64,
        /// Largest valid value.
        max: f64,
        /// Step of the page's control.
        step: f64,
    },
    /// A whole number in `min..=max`.
    Integer {
        /// Value of a new experiment.
        default: u32,
        /// Smallest valid value.
        min: u32,
        /// Largest valid value.
        max: u32,
    },
    /// One of a few options; the default is the first.
    Choice {
        /// The options.
        options: &'static [Choice],
    },
    /// On or off.
    Flag {
        /// Value of a new experiment.
        default: bool,
    },
    /// Numbers in `min..=max`, written one after the other with commas or spaces between.
    List {
        /// Value of a new experiment.
        default: &'static str,
        /// Smallest valid number.
        min: f64,
        /// Largest valid number.
        max: f64,
        /// Most numbers; there is at least one.
        longest: u32,
    },
    /// A few characters.
    Text {
        /// Value of a new experiment.
        default: &'static str,
        /// Most characters.
        longest: u32,
    },
}

/// The numbers of a list; nothing where one of its words is no number.
#[must_use]
pub fn listed(text: &str) -> Option<Vec<f64>> {
    text.split([',', ' ', ';', '，', '、'])
        .filter(|word| !word.is_empty())
        .map(|word| word.parse().ok())
        .collect()
}

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameter {
    /// Stable key, as in links.
    pub key: &'static str,
    /// Where it stands on the page.
    pub group: Group,
    /// Its name.
    pub label: Words,
    /// One sentence: what it does, and what larger values mean.
    pub help: Words,
    /// Its unit; empty for pure numbers.
    pub unit: Words,
    /// Whether it may be changed while training runs.
    pub live: bool,
    /// Whether it belongs to the folded part of its group.
    pub expert: bool,
    /// Its values.
    pub domain: Domain,
}

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// Of a flag.
    Flag(bool),
    /// Of a number or an integer.
    Number(f64),
    /// Of a choice: the option's key; of a list or a text: what was written.
    Choice(String),
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ValueVisitor)
    }
}

/// Takes a value as it comes; serde's own way to read untagged enums first buffers any content.
struct ValueVisitor;

impl Visitor<'_> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, a text, true or false")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Flag(value))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Number(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Choice(value.to_owned()))
    }
}

impl Parameter {
    /// The value of a new experiment.
    #[must_use]
    pub fn default_value(&self) -> Value {
        match self.domain {
            Domain::Number { default, .. } => Value::Number(default),
            Domain::Integer { default, .. } => Value::Number(f64::from(default)),
            Domain::Choice { options } => {
                Value::Choice(options.first().map_or("", |o| o.key).to_owned())
            }
            Domain::Flag { default } => Value::Flag(default),
            Domain::List { default, .. } | Domain::Text { default, .. } => {
                Value::Choice(default.to_owned())
            }
        }
    }

    /// Checks a value against the range.
    ///
    /// # Errors
    /// `parameter.range` or `parameter.type`, with the value given and the values allowed.
    pub fn check(&self, value: &Value) -> Result<(), Problem> {
        match (self.domain, value) {
            (Domain::Number { min, max, .. }, Value::Number(x)) => self.check_range(*x, min, max),
            (Domain::Integer { min, max, .. }, Value::Number(x)) => {
                if libm::floor(*x) != *x {
                    return Err(self.wrong(x, &format!("{min}, {}, …, {max}", min + 1)));
                }
                self.check_range(*x, f64::from(min), f64::from(max))
            }
            (Domain::Choice { options }, Value::Choice(key)) => {
                if options.iter().any(|option| option.key == key) {
                    return Ok(());
                }
                let keys: Vec<_> = options.iter().map(|option| option.key).collect();
                Err(self.wrong(key, &keys.join(", ")))
            }
            (
                Domain::List {
                    min, max, longest, ..
                },
                Value::Choice(text),
            ) => {
                let fine = |list: Vec<f64>| {
                    let inside = |x: &f64| x.is_finite() && (min..=max).contains(x);
                    (1..=longest as usize).contains(&list.len()) && list.iter().all(inside)
                };
                if text.len() < 4096 && listed(text).is_some_and(fine) {
                    return Ok(());
                }
                Err(self.wrong(text, &format!("1–{longest} × {min} … {max}")))
            }
            (Domain::Text { longest, .. }, Value::Choice(text)) => {
                let fine = |c: char| !c.is_control();
                if text.chars().count() <= longest as usize && text.chars().all(fine) {
                    return Ok(());
                }
                Err(self.wrong(text, &format!("≤ {longest}")))
            }
            (Domain::List { .. } | Domain::Text { .. }, other) => {
                Err(self.wrong(&shown(other), "“…”"))
            }
            (Domain::Flag { .. }, Value::Flag(_)) => Ok(()),
            (Domain::Flag { .. }, other) => Err(self.wrong(&shown(other), "true, false")),
            (Domain::Choice { options }, other) => {
                let keys: Vec<_> = options.iter().map(|option| option.key).collect();
                Err(self.wrong(&shown(other), &keys.join(", ")))
            }
            (Domain::Number { min, max, .. }, other) => {
                Err(self.wrong(&shown(other), &format!("{min} … {max}")))
            }
            (Domain::Integer { min, max, .. }, other) => {
                Err(self.wrong(&shown(other), &format!("{min} … {max}")))
            }
        }
    }

    fn check_range(&self, value: f64, min: f64, max: f64) -> Result<(), Problem> {
        if value.is_finite() && (min..=max).contains(&value) {
            return Ok(());
        }
        Err(self.wrong(&value, &format!("{min} … {max}")))
    }

    fn wrong(&self, value: &dyn fmt::Display, allowed: &str) -> Problem {
        Problem::new(
            "parameter.range",
            Text::new(
                format!("{} can't be {value}.", self.label.en),
                format!("{}不能是 {value}。", self.label.zh),
            ),
            Text::new(
                format!("Allowed: {allowed}."),
                format!("可取值：{allowed}。"),
            ),
        )
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Flag(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Choice(key) => key.clone(),
    }
}

/// The parameter with this key.
///
/// # Errors
/// `parameter.unknown` when there is none.
pub fn parameter(key: &str) -> Result<&'static Parameter, Problem> {
    parameters()
        .find(|parameter| parameter.key == key)
        .ok_or_else(|| {
            Problem::new(
                "parameter.unknown",
                Text::new(
                    format!("There is no parameter “{key}”."),
                    format!("没有名为“{key}”的参数。"),
                ),
                Text::new(
                    "It may come from a later version of Qcart.",
                    "它可能来自更新版本的 Qcart。",
                ),
            )
        })
}

/// One valid value for every parameter of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings(BTreeMap<String, Value>);

impl Default for Settings {
    fn default() -> Self {
        // One by one: collecting into a map brings a sort of its own into the module that a visit begins with.
        let mut values = BTreeMap::new();
        for parameter in parameters() {
            values.insert(parameter.key.to_owned(), parameter.default_value());
        }
        Self(values)
    }
}

/// Every parameter by its key, but for later ones at their defaults: older links hold neither, and stay the same.
impl Serialize for Settings {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let said = |(key, value): &(&str, &Value)| {
            let later = parameter(key).ok().filter(|p| p.group.is_later());
            later.is_none_or(|p| p.default_value() != **value)
        };
        to.collect_map(self.iter().filter(said))
    }
}

impl Settings {
    /// Settings from keys and values, the default where a key is missing.
    ///
    /// # Errors
    /// The first unknown key or value out of range.
    pub fn from_values(values: &BTreeMap<String, Value>) -> Result<Self, Problem> {
        let mut settings = Self::default();
        for (key, value) in values {
            settings.set(key, value.clone())?;
        }
        Ok(settings)
    }

    /// Sets one value.
    ///
    /// # Errors
    /// An unknown key or a value out of range; the settings are then as before.
    pub fn set(&mut self, key: &str, value: Value) -> Result<(), Problem> {
        parameter(key)?.check(&value)?;
        self.0.insert(key.to_owned(), value);
        Ok(())
    }

    /// The values by key.
    #[must_use]
    pub fn values(&self) -> &BTreeMap<String, Value> {
        &self.0
    }

    /// Every key with its value, in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// The value of a key of the table.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// The number under a key of the table that holds numbers; NaN for any other key.
    #[must_use]
    pub fn number(&self, key: &str) -> f64 {
        match self.0.get(key) {
            Some(Value::Number(number)) => *number,
            _ => f64::NAN,
        }
    }

    /// The whole number under a key of the table that holds integers; 0 for any other key.
    #[must_use]
    pub fn integer(&self, key: &str) -> u32 {
        match self.0.get(key) {
            Some(Value::Number(number)) => *number as u32,
            _ => 0,
        }
    }

    /// The option chosen under a key of the table that holds a choice, or what was written; empty for any other key.
    #[must_use]
    pub fn choice(&self, key: &str) -> &str {
        match self.0.get(key) {
            Some(Value::Choice(option)) => option,
            _ => "",
        }
    }

    /// The numbers under a key of the table that holds a list; none for any other key.
    #[must_use]
    pub fn numbers(&self, key: &str) -> Vec<f64> {
        listed(self.choice(key)).unwrap_or_default()
    }

    /// Whether the flag under this key of the table is on.
    #[must_use]
    pub fn flag(&self, key: &str) -> bool {
        matches!(self.0.get(key), Some(Value::Flag(true)))
    }
}
