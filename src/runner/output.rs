//! How answers are printed: text for people, JSON for scripts.

use std::collections::BTreeMap;

use qcart::evaluate::{Interval, Leaderboard};
use qcart::experiment::finding::Finding;
use qcart::experiment::outcome::{Outcome, Verdict};
use qcart::lab::protocol::{RecommendationView, Rejected, Response, World};
use qcart::log::EventType;
use qcart::log::Report;
use qcart::log::{Dialect, Role, SourceFile};
use qcart::problem::Problem;
use serde_json::{Value, json};

/// Prints a JSON value on one line of standard output.
pub fn json(value: &Value) {
    println!("{value}");
}

/// Prints a problem: on standard error, or as JSON on standard output.
pub fn problem(problem: &Problem, as_json: bool) {
    if as_json {
        json(&json!({ "problem": problem, "message": problem.to_string() }));
    } else {
        eprintln!("qcart: {problem}");
    }
}

/// Says on standard error why a model's learning ended before its time; what is printed of it still holds for what was kept.
pub fn trouble(model: &str, trouble: &Problem) {
    eprintln!("qcart: {model}: {trouble}");
}

/// The account of a log as JSON: the report with a few names that scripts expect.
pub fn inspection_json(
    report: &Report,
    rejects: &Rejected,
    file: &SourceFile,
    dialect: &Dialect,
) -> Value {
    let used = dialect
        .columns
        .iter()
        .zip(&dialect.roles)
        .filter(|(_, role)| **role != Role::Ignore);
    let roles: BTreeMap<String, &String> = used
        .map(|(column, role)| (json!(role).as_str().unwrap_or_default().to_owned(), column))
        .collect();
    json!({
        "file": file.name,
        "size": file.size,
        "fingerprint": file.fingerprint,
        "encoding": dialect.encoding.name(),
        "delimiter": char::from(dialect.delimiter.byte()).to_string(),
        "header": dialect.header,
        "columns": dialect.columns,
        "roles": roles,
        "rows": report.rows,
        "events": report.accepted,
        "rejected": report.rejected,
        "ignored": report.ignored,
        "users": report.users,
        "items": report.items,
        "sessions": report.sessions,
        "rejectedByReason": rejects.groups,
        "report": report,
    })
}

/// The account of a log as text.
pub fn inspection(report: &Report, rejects: &Rejected, file: &SourceFile, dialect: &Dialect) {
    println!(
        "{} ({} bytes, BLAKE3 {})",
        file.name, file.size, file.fingerprint
    );
    println!(
        "read as {}, separated by {:?}",
        dialect.encoding.name(),
        char::from(dialect.delimiter.byte())
    );
    for (column, role) in dialect.columns.iter().zip(&dialect.roles) {
        println!("  {column}: {}", role.text().en);
    }
    println!(
        "{} users, {} items, {} sessions, {} events",
        report.users, report.items, report.sessions, report.events
    );
    for (kind, count) in EventType::ALL.iter().zip(report.events_by_type) {
        if count > 0 {
            println!("  {kind:?}: {count}");
        }
    }
    if let Some(dates) = &report.dates {
        println!("from {} to {}", dates.first, dates.last);
    }
    println!(
        "{} rows: {} accepted, {} rejected, {} ignored",
        report.rows, report.accepted, report.rejected, report.ignored
    );
    for group in &rejects.groups {
        println!(
            "  rejected {}: {} {}",
            group.count, group.what.en, group.mend.en
        );
        if let Some(first) = group.examples.first() {
            println!(
                "    first at line {}, column {}: {}",
                first.place.line, first.place.column, first.value
            );
        }
    }
    for note in &report.notes {
        println!("note: {}", note.en);
    }
}

/// What a training came to, as text.
pub fn outcome(world: Option<&World>, outcome: &Outcome) {
    if let Some(world) = world {
        println!(
            "{}: {} states, {} pairs of state and action",
            world.title.en, world.states, world.pairs
        );
    }
    println!(
        "greedy policy: {} % of the optimum ({} .. {} over {} runs), {} steps, ended: {}",
        shown(outcome.value_percent, 3),
        shown(outcome.value_percent_low, 3),
        shown(outcome.value_percent_high, 3),
        outcome.runs,
        outcome.steps,
        outcome.reasons.join(", "),
    );
    println!("mean |Q - Q*| {}", shown(outcome.q_distance, 6));
    println!("digest {}", outcome.digest.short());
}

/// What a repetition came to, as text.
pub fn repeated(
    world: Option<&World>,
    trained: Option<&Outcome>,
    findings: &[Finding],
    verdict: Option<&Verdict>,
) {
    if let Some(trained) = trained {
        outcome(world, trained);
    }
    for finding in findings {
        println!("study {}: digest {}", finding.kind, finding.digest);
    }
    match verdict {
        Some(verdict) if verdict.reproduced => println!("reproduced"),
        Some(verdict) => {
            println!("differs");
            for difference in &verdict.differences {
                println!(
                    "  {}: promised {}, here {}",
                    difference.label.en, difference.promised, difference.here
                );
            }
        }
        None => {}
    }
}

/// A leaderboard as text: the metrics at 20, with their 95 % intervals.
pub fn leaderboard(board: &Leaderboard) {
    println!(
        "trained on {} sessions, {} items; tested on {} sessions, {} predictions; {} events of unseen items",
        board.train.sessions,
        board.train.items,
        board.test.sessions,
        board.predictions,
        board.unseen_events,
    );
    for line in &board.lines {
        println!("{}", line.name);
        for segment in &line.segments {
            print!("  {:<8} n {:>7}", segment.segment, segment.predictions);
            for score in segment.scores.iter().filter(|score| score.k == 20) {
                let Interval { value, low, high } = score.interval;
                print!(
                    "  {}@20 {value:.4} [{low:.4}, {high:.4}]",
                    score.metric.name()
                );
            }
            println!();
        }
        println!(
            "  fitted in {:.0} ms, {:.1} µs a recommendation, {} bytes",
            line.fit_ms, line.recommend_us, line.bytes
        );
        if let Some(difference) = &line.difference {
            println!("  {}", difference.verdict.en);
        }
    }
}

/// Recommendations for one user, as text.
pub fn recommendation(view: &RecommendationView) {
    println!(
        "after {}: ",
        if view.state.is_empty() {
            "nothing".to_owned()
        } else {
            view.state.join(", ")
        }
    );
    println!(
        "{:>4} {:<24} {:>10} {:>10} {:>10} {:>10} {:>9} {:>7}",
        "rank", "item", "Q", "p(accept)", "reward", "future", "otherwise", "n(s,a)"
    );
    for (rank, item) in view.items.iter().enumerate() {
        println!(
            "{:>4} {:<24} {:>10.4} {:>10.4} {:>10.4} {:>10.4} {:>9.4} {:>7}",
            rank + 1,
            item.item,
            item.q,
            item.p_accept,
            item.part_reward,
            item.part_future,
            item.part_otherwise,
            item.support,
        );
    }
}

/// The last response that the picker takes.
pub fn last<T>(responses: Vec<Response>, pick: impl Fn(Response) -> Option<T>) -> Option<T> {
    responses.into_iter().rev().find_map(pick)
}

/// A number to so many digits; a question mark where there is none.
pub fn shown(number: Option<f64>, digits: usize) -> String {
    number.map_or_else(|| "?".to_owned(), |number| format!("{number:.digits$}"))
}
