//! Looking closer: the sessions on which two models differ most, and recommendation lists as a table that others can score.

use std::fmt::Write;

use super::metrics::Metric;
use super::ranking::Outcome;
use super::split::Split;

/// A test session on which two models differ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Differing {
    /// The test session (index into the test sessions).
    pub session: u32,
    /// How many predictions it has.
    pub predictions: u32,
    /// The mean of the metric over them, of the first model less that of the second.
    pub difference: f64,
}

/// The `count` test sessions whose mean metric at `k` differs most between two models, in either direction; of equal ones the one with more
/// predictions first, then the earlier.
#[must_use]
pub fn differ_most(
    first: &Outcome,
    second: &Outcome,
    metric: Metric,
    k: u32,
    count: usize,
) -> Vec<Differing> {
    let mut found: Vec<Differing> = Vec::new();
    for prediction in 0..first.len().min(second.len()) {
        let session = first.session[prediction];
        let of = |outcome: &Outcome| metric.of(outcome.rank_of(prediction), k);
        let difference = of(first) - of(second);
        match found.last_mut() {
            Some(last) if last.session == session => {
                last.predictions += 1;
                last.difference += difference;
            }
            _ => found.push(Differing {
                session,
                predictions: 1,
                difference,
            }),
        }
    }
    for entry in &mut found {
        entry.difference /= f64::from(entry.predictions);
    }
    found.retain(|entry| entry.difference != 0.0);
    found.sort_by(|a, b| {
        let order = b.difference.abs().total_cmp(&a.difference.abs());
        order
            .then(b.predictions.cmp(&a.predictions))
            .then(a.session.cmp(&b.session))
    });
    found.truncate(count);
    found
}

/// Writes recommendation lists as CSV: `session,position,items`, with position 0 after the first event of a session and the
/// items best first, separated by blanks. `session_name` names a session of the log that was tested, `item_name` a training item.
#[must_use]
pub fn recommendations_csv<'a>(
    outcome: &Outcome,
    split: &Split,
    session_name: &dyn Fn(u32) -> String,
    item_name: &dyn Fn(u32) -> &'a str,
) -> String {
    let mut out = String::from("session,position,items\n");
    for prediction in 0..outcome.len() {
        let session = split.test.source[outcome.session[prediction] as usize];
        let mut items = String::new();
        for (place, item) in outcome.recommended(prediction).enumerate() {
            if place > 0 {
                items.push(' ');
            }
            items.push_str(item_name(item));
        }
        let position = outcome.position[prediction];
        // Writing to a string can't fail.
        let _ = writeln!(
            out,
            "{},{position},{}",
            quoted(&session_name(session)),
            quoted(&items)
        );
    }
    out
}

fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}
