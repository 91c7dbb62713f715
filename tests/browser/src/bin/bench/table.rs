//! The results, for people and for programs.

use anyhow::Result;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// One line of the table.
pub struct Row {
    name: String,
    value: String,
    number: Option<f64>,
    bar: String,
    holds: Option<bool>,
}

impl Row {
    /// A number without a bar.
    pub fn measured(name: &str, value: f64, unit: &str) -> Self {
        Self {
            name: name.into(),
            value: shown(value, unit),
            number: Some(value),
            bar: String::new(),
            holds: None,
        }
    }

    /// A ratio that must reach the bar.
    pub fn at_least(name: &str, value: f64, bar: f64) -> Self {
        Self::reaching(name, (value, "x"), bar)
    }

    /// A number in its unit that must reach the bar.
    pub fn reaching(name: &str, (value, unit): (f64, &str), bar: f64) -> Self {
        Self {
            bar: format!(">= {bar}"),
            holds: Some(value >= bar),
            ..Self::measured(name, value, unit)
        }
    }

    /// A number that must not pass the bar.
    pub fn at_most(name: &str, value: f64, unit: &str, bar: f64) -> Self {
        Self {
            bar: format!("<= {bar}"),
            holds: Some(value <= bar),
            ..Self::measured(name, value, unit)
        }
    }

    /// Two digests that must be equal.
    pub fn equal(name: &str, one: &str, other: &str) -> Self {
        let value = if one == other {
            one.to_owned()
        } else {
            format!("{one} / {other}")
        };
        Self {
            name: name.into(),
            value,
            number: None,
            bar: "equal".into(),
            holds: Some(one == other),
        }
    }

    /// A row that could not be measured.
    pub fn skipped(name: &str, why: &str) -> Self {
        Self {
            name: name.into(),
            value: format!("skipped: {why}"),
            number: None,
            bar: String::new(),
            holds: None,
        }
    }
}

fn shown(value: f64, unit: &str) -> String {
    let decimals = if value >= 1000.0 { 0 } else { 2 };
    format!("{value:.decimals$} {unit}").trim_end().to_owned()
}

/// The table as aligned text.
pub fn text(rows: &[Row]) -> String {
    let mut text = String::new();
    for Row {
        name,
        value,
        bar,
        holds,
        ..
    } in rows
    {
        let verdict = holds.map_or("", |holds| if holds { "holds" } else { "MISSED" });
        // Writing to a string can't fail.
        let _ = writeln!(text, "{name:<48} {value:>22} {bar:>9} {verdict}");
    }
    text
}

/// The table as JSON: name, value, bar, whether it holds.
pub fn json(rows: &[Row]) -> Result<String> {
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            let value = row
                .number
                .map_or_else(|| json!(row.value), |number| json!(number));
            json!({ "name": row.name, "value": value, "bar": row.bar, "holds": row.holds })
        })
        .collect();
    Ok(serde_json::to_string_pretty(&rows)?)
}
