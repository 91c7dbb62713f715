//! What a network recommends to a user, and why: `recommend --model gru`.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use qcart::behaviour::neural::Neural;
use qcart::behaviour::{BehaviourModel, Choice, Sessions};
use qcart::evaluate::build;
use qcart::log::Log;
use qcart::nn::saved::save;
use qcart::problem::{Problem, Text};
use serde_json::json;

use super::drive::unreadable;
use super::evaluate::{read_log, with_bar};
use super::{Advice, output};

/// Bytes of the largest file of weights that is read.
const MOST_BYTES: u64 = 1 << 30;

/// Learns, or takes the weights of a file, then recommends to a user after their newest session.
pub fn advise(
    log: &Path,
    user: &str,
    k: u32,
    advice: &Advice,
    as_json: bool,
) -> Result<ExitCode, Problem> {
    let name = advice.model.as_deref().unwrap_or_default();
    let settings = match build(&Choice::parse(name)?)?.network() {
        Some(network) => network.settings().clone(),
        None => return Err(no_network(name)),
    };
    let log = read_log(log)?;
    let newest = newest_session(&log, user)?;
    let sessions = Sessions::from_log(&log);
    let mut network = Neural::of(settings);
    match &advice.weights {
        Some(path) => network.take_weights(&sessions, &read(path)?)?,
        None => with_bar(name, |watch| network.fit(&sessions, watch))?,
    }
    if let (Some(path), Some(course)) = (&advice.save_weights, network.course()) {
        let bytes = save(&course.learner.weights)?;
        fs::write(path, bytes).map_err(|error| unreadable(path, &error))?;
    }
    let history = sessions.session(newest);
    let found = network.explain(history, k as usize);
    let item = |number: u32| log.items.get(number).to_owned();
    let why: Vec<_> = found
        .events
        .iter()
        .map(|&(place, change)| (item(history.items[place as usize]), change))
        .collect();
    let best = found.recommended.first().map(|entry| entry.0);
    let alike = best.map_or_else(Vec::new, |best| network.neighbours(best, 8));
    if as_json {
        let rows = |rows: &[(u32, f64)]| -> Vec<_> {
            let row =
                |&(number, score): &(u32, f64)| json!({ "item": item(number), "score": score });
            rows.iter().map(row).collect()
        };
        output::json(&json!({
            "model": name,
            "user": user,
            "recommended": rows(&found.recommended),
            "why": why.iter().map(|(item, change)| json!({ "item": item, "change": change })).collect::<Vec<_>>(),
            "alike": alike.iter().map(|&(number, cosine)| json!({ "item": item(number), "cosine": cosine })).collect::<Vec<_>>(),
        }));
        return Ok(ExitCode::SUCCESS);
    }
    println!("{:>4} {:<24} {:>10}", "rank", "item", "score");
    for (rank, &(number, score)) in found.recommended.iter().enumerate() {
        println!("{:>4} {:<24} {score:>10.5}", rank + 1, item(number));
    }
    if let Some(best) = best {
        let best = item(best);
        println!("leaving an event out lowers the logarithm of the score of {best} by");
        for (item, change) in &why {
            println!("     {item:<24} {change:>10.3}");
        }
        println!("items learned to be like {best}");
        for (number, cosine) in alike {
            println!("     {:<24} {cosine:>10.3}", item(number));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The user's session that ended last.
fn newest_session(log: &Log, user: &str) -> Result<usize, Problem> {
    let number = log.users.iter().position(|name| name == user);
    let sessions = log.session_user.iter().enumerate();
    let newest = sessions
        .filter(|&(_, &owner)| Some(owner as usize) == number)
        .max_by_key(|&(session, _)| {
            let last = log.session(session).last().unwrap_or(0);
            (log.events.time.get(last).copied(), session)
        });
    newest.map(|(session, _)| session).ok_or_else(|| {
        Problem::new(
            "runner.user",
            Text::new(
                format!("There is no user “{user}” in the log."),
                format!("日志中没有用户“{user}”。"),
            ),
            Text::new("Give a name as in the log.", "请使用日志中的名称。"),
        )
    })
}

fn read(path: &Path) -> Result<Vec<u8>, Problem> {
    let size = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    if size.len() > MOST_BYTES {
        return Err(Problem::new(
            "weights.file",
            Text::new(
                format!(
                    "{} holds over 1 GB, more than any network here.",
                    path.display()
                ),
                format!("{} 超过 1 GB，大于此处的任何网络。", path.display()),
            ),
            Text::new("Give a file that was saved here.", "请提供在此保存的文件。"),
        ));
    }
    fs::read(path).map_err(|error| unreadable(path, &error))
}

fn no_network(name: &str) -> Problem {
    Problem::new(
        "runner.network",
        Text::new(
            format!("{name} is no network."),
            format!("{name} 不是神经网络。"),
        ),
        Text::new(
            "Choose mlp, cnn, gru or transformer; without --model the shop's policy recommends.",
            "请选择 mlp、cnn、gru 或 transformer；不加 --model 时由商店策略推荐。",
        ),
    )
}
