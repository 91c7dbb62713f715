//! Hyperparameters of behaviour models: declared once with name, meaning and range, so that the page, the links, the
//! runner and the random search can't differ.

use std::collections::BTreeMap;

use rand::RngExt;
use serde::{Deserialize, Serialize};

use crate::problem::{Problem, Text};
use crate::random::Rng;

/// What values a hyperparameter takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Range {
    /// A whole number from the first to the second; searched evenly on a logarithmic scale where the flag is set.
    Whole(u32, u32, bool),
    /// A real number from the first to the second; searched evenly on a logarithmic scale where the flag is set.
    Real(f64, f64, bool),
    /// One of these words.
    Word(&'static [&'static str]),
}

/// One hyperparameter of a behaviour model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameter {
    /// Name in links, JSON and on the command line.
    pub name: &'static str,
    /// What it does, in English and Simplified Chinese.
    pub meaning: [&'static str; 2],
    /// What it is called, in both languages, where the page offers it.
    pub label: Option<[&'static str; 2]>,
    /// What its words mean, in both languages and in their order, where the page offers them.
    pub words: &'static [[&'static str; 2]],
    /// Unit, empty where it has none.
    pub unit: &'static str,
    /// Values taken.
    pub range: Range,
    /// Value used where none is given: a number, or the place of the word in its list.
    pub default: f64,
    /// Whether random search may change it.
    pub searched: bool,
}

/// A checked value of every hyperparameter of one model. Words are held as their place in the list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values(BTreeMap<&'static str, f64>);

/// A value as given from outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Given {
    /// A number.
    Number(f64),
    /// A word.
    Word(String),
}

impl Values {
    /// The defaults.
    #[must_use]
    pub fn defaults(parameters: &[Parameter]) -> Self {
        Self(parameters.iter().map(|p| (p.name, p.default)).collect())
    }

    /// Checks what was given and adds the defaults of what was not.
    ///
    /// # Errors
    /// `behaviour.parameter.unknown` or `behaviour.parameter.range`, naming the parameter and what would be right.
    pub fn check(
        parameters: &[Parameter],
        given: &BTreeMap<String, Given>,
    ) -> Result<Self, Problem> {
        let mut values = Self::defaults(parameters);
        for (name, value) in given {
            let Some(parameter) = parameters.iter().find(|p| p.name == name) else {
                return Err(unknown(name, parameters));
            };
            let number = parameter
                .number(value)
                .ok_or_else(|| parameter.out_of_range(value))?;
            values.0.insert(parameter.name, number);
        }
        Ok(values)
    }

    /// Draws every searched parameter from its range; the others keep their defaults.
    pub fn draw(parameters: &[Parameter], rng: &mut Rng) -> Self {
        let mut values = Self::defaults(parameters);
        for parameter in parameters.iter().filter(|p| p.searched) {
            values.0.insert(parameter.name, parameter.draw(rng));
        }
        values
    }

    /// A real or whole value, or the place of a word. 0 for a name that was not declared.
    #[must_use]
    pub fn real(&self, name: &str) -> f64 {
        self.0.get(name).copied().unwrap_or(0.0)
    }

    /// A whole value.
    #[must_use]
    pub fn whole(&self, name: &str) -> usize {
        self.real(name) as usize
    }

    /// Those other than the defaults, as they would be given from outside.
    #[must_use]
    pub fn changes(&self, parameters: &[Parameter]) -> BTreeMap<String, Given> {
        let mut changes = self.given(parameters);
        let changed = |p: &&Parameter| self.real(p.name) != p.default;
        let kept: Vec<&str> = parameters.iter().filter(changed).map(|p| p.name).collect();
        changes.retain(|name, _| kept.contains(&name.as_str()));
        changes
    }

    /// The values as they would be given from outside.
    #[must_use]
    pub fn given(&self, parameters: &[Parameter]) -> BTreeMap<String, Given> {
        parameters
            .iter()
            .map(|p| {
                let given = p.given(self.real(p.name));
                (p.name.to_owned(), given)
            })
            .collect()
    }
}

impl Parameter {
    /// A whole number, searched on a logarithmic scale.
    #[must_use]
    pub const fn whole(
        name: &'static str,
        meaning: [&'static str; 2],
        from: u32,
        to: u32,
        default: u32,
    ) -> Self {
        Self {
            name,
            meaning,
            label: None,
            words: &[],
            unit: "",
            range: Range::Whole(from, to, true),
            default: default as f64,
            searched: true,
        }
    }

    /// A real number, searched evenly.
    #[must_use]
    pub const fn real(
        name: &'static str,
        meaning: [&'static str; 2],
        from: f64,
        to: f64,
        default: f64,
    ) -> Self {
        Self {
            name,
            meaning,
            label: None,
            words: &[],
            unit: "",
            range: Range::Real(from, to, false),
            default,
            searched: true,
        }
    }

    /// One of several words; `default` is the place of the default.
    #[must_use]
    pub const fn word(
        name: &'static str,
        meaning: [&'static str; 2],
        words: &'static [&'static str],
        default: u32,
    ) -> Self {
        Self {
            name,
            meaning,
            label: None,
            words: &[],
            unit: "",
            range: Range::Word(words),
            default: default as f64,
            searched: true,
        }
    }

    /// The same parameter, called so on the page.
    #[must_use]
    pub const fn label(mut self, label: [&'static str; 2]) -> Self {
        self.label = Some(label);
        self
    }

    /// The same parameter, with what its words mean.
    #[must_use]
    pub const fn words(mut self, words: &'static [[&'static str; 2]]) -> Self {
        self.words = words;
        self
    }

    /// The same parameter with a unit.
    #[must_use]
    pub const fn unit(mut self, unit: &'static str) -> Self {
        self.unit = unit;
        self
    }

    /// The same parameter, searched evenly on a logarithmic scale. Its range must be above 0.
    #[must_use]
    pub const fn logarithmic(mut self) -> Self {
        if let Range::Real(from, to, _) = self.range {
            self.range = Range::Real(from, to, true);
        }
        self
    }

    /// The same parameter, left alone by random search.
    #[must_use]
    pub const fn fixed(mut self) -> Self {
        self.searched = false;
        self
    }

    /// One of its values as it would be given from outside; words are numbered by their places.
    #[must_use]
    pub fn given(&self, number: f64) -> Given {
        match self.range {
            Range::Word(words) => Given::Word(words[number as usize].to_owned()),
            _ => Given::Number(number),
        }
    }

    fn number(&self, given: &Given) -> Option<f64> {
        match (self.range, given) {
            (Range::Whole(from, to, _), Given::Number(n)) => {
                (*n >= f64::from(from) && *n <= f64::from(to) && n.trunc() == *n).then_some(*n)
            }
            (Range::Real(from, to, _), Given::Number(n)) => (*n >= from && *n <= to).then_some(*n),
            (Range::Word(words), Given::Word(word)) => words
                .iter()
                .position(|known| known == word)
                .map(|place| place as f64),
            _ => None,
        }
    }

    fn draw(&self, rng: &mut Rng) -> f64 {
        let share: f64 = rng.random();
        let between = |from: f64, to: f64, logarithmic: bool| {
            if logarithmic && from > 0.0 {
                from * libm::exp(share * libm::log(to / from))
            } else {
                from + share * (to - from)
            }
        };
        match self.range {
            Range::Whole(from, to, logarithmic) => {
                let drawn = between(f64::from(from), f64::from(to), logarithmic);
                libm::round(drawn).clamp(f64::from(from), f64::from(to))
            }
            Range::Real(from, to, logarithmic) => between(from, to, logarithmic).clamp(from, to),
            Range::Word(words) => libm::floor(share * words.len() as f64),
        }
    }

    fn out_of_range(&self, given: &Given) -> Problem {
        let shown = match given {
            Given::Number(n) => n.to_string(),
            Given::Word(word) => format!("“{word}”"),
        };
        let name = self.name;
        let right = match self.range {
            Range::Whole(from, to, _) => Text::new(
                format!("Give a whole number from {from} to {to}."),
                format!("请填 {from} 到 {to} 之间的整数。"),
            ),
            Range::Real(from, to, _) => Text::new(
                format!("Give a number from {from} to {to}."),
                format!("请填 {from} 到 {to} 之间的数。"),
            ),
            Range::Word(words) => Text::new(
                format!("Give one of: {}.", words.join(", ")),
                format!("请从这些值中选择：{}。", words.join("、")),
            ),
        };
        Problem::new(
            "behaviour.parameter.range",
            Text::new(
                format!("The parameter {name} can't be {shown}."),
                format!("参数 {name} 不能取值 {shown}。"),
            ),
            right,
        )
    }
}

fn unknown(name: &str, parameters: &[Parameter]) -> Problem {
    let names: Vec<&str> = parameters.iter().map(|p| p.name).collect();
    Problem::new(
        "behaviour.parameter.unknown",
        Text::new(
            format!("There is no parameter “{name}” for this model."),
            format!("该模型没有参数“{name}”。"),
        ),
        if names.is_empty() {
            Text::new("This model has no parameters.", "该模型没有任何参数。")
        } else {
            Text::new(
                format!("Its parameters are: {}.", names.join(", ")),
                format!("可用的参数有：{}。", names.join("、")),
            )
        },
    )
}
