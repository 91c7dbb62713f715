//! What a network recommends, and why: `recommend --model gru`.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use qcart::behaviour::neural::{Course, Learning, Neural};
use qcart::behaviour::{Choice, Sessions};
use qcart::evaluate::build;
use qcart::log::Log;
use qcart::nn::saved::{check_size, save};
use qcart::problem::{Problem, Text};
use qcart::recommend::{UserIndex, network};
use serde_json::json;

use super::drive::unreadable;
use super::evaluate::read_log;
use super::{Advice, networks, output};

/// Learns, or takes the weights of a file, then recommends to a user after their newest session, or writes the lists of all users.
pub fn advise(
    log: &Path,
    user: Option<&str>,
    (k, all): (u32, Option<&Path>),
    advice: &Advice,
    as_json: bool,
) -> Result<ExitCode, Problem> {
    let name = advice.model.as_deref().unwrap_or_default();
    let choice = Choice::parse(name)?;
    let settings = match build(&choice)?.network() {
        Some(network) => network.settings().clone(),
        None => return Err(no_network(name)),
    };
    let log = read_log(log)?;
    let index = UserIndex::new(&log);
    let user = user.map(|user| Ok((user, newest_session(&log, &index, user)?)));
    let user = user.transpose()?;
    let sessions = Sessions::from_log(&log);
    let mut network = Neural::of(settings);
    match &advice.weights {
        Some(path) => network.take_weights(&sessions, &read(path)?)?,
        None => {
            networks::announce_networks(&choice, &sessions)?;
            networks::fit(name, &mut network, &sessions)?;
        }
    }
    if let Some(trouble) = network.course().and_then(|c| c.learning().trouble) {
        output::trouble(name, &trouble);
    }
    if let (Some(path), Some(course)) = (&advice.save_weights, network.course()) {
        let bytes = save(&course.learner.weights)?;
        fs::write(path, bytes).map_err(|error| unreadable(path, &error))?;
    }
    if let Some(path) = all {
        write_all(path, &network, &log, &index, k as usize)?;
    }
    if let Some((user, newest)) = user {
        let found = network::advise(&network, &log, newest, k as usize);
        let learned = advice.weights.is_none();
        let learning = network.course().filter(|_| learned).map(Course::learning);
        tell((name, user), &log, &found, as_json.then_some(learning));
    }
    Ok(ExitCode::SUCCESS)
}

/// What is recommended to one user, and why: as text, or as JSON with how the network learned, where it did.
fn tell(
    (model, user): (&str, &str),
    log: &Log,
    found: &network::Advice,
    as_json: Option<Option<Learning>>,
) {
    let item = |number: u32| log.items.get(number).to_owned();
    if let Some(learning) = as_json {
        let rows = |rows: &[(u32, f64)], of: &str| -> Vec<_> {
            let row = |&(number, value): &(u32, f64)| json!({ "item": item(number), of: value });
            rows.iter().map(row).collect()
        };
        output::json(&json!({
            "model": model,
            "user": user,
            "recommended": rows(&found.recommended, "score"),
            "why": rows(&found.why, "change"),
            "alike": rows(&found.alike, "cosine"),
            "learning": learning,
        }));
        return;
    }
    println!("{:>4} {:<24} {:>10}", "rank", "item", "score");
    for (rank, &(number, score)) in found.recommended.iter().enumerate() {
        println!("{:>4} {:<24} {score:>10.5}", rank + 1, item(number));
    }
    if let Some(&(best, _)) = found.recommended.first() {
        let best = item(best);
        println!("leaving an event out lowers the logarithm of the score of {best} by");
        for &(number, change) in &found.why {
            println!("     {:<24} {change:>10.3}", item(number));
        }
        println!("items learned to be like {best}");
        for &(number, cosine) in &found.alike {
            println!("     {:<24} {cosine:>10.3}", item(number));
        }
    }
}

/// The lists of all users, as the page writes them.
fn write_all(
    path: &Path,
    network: &Neural,
    log: &Log,
    index: &UserIndex,
    k: usize,
) -> Result<(), Problem> {
    let failed = |error| unreadable(path, &error);
    let mut file = fs::File::create(path).map_err(failed)?;
    let mut export = network::Export::new(k);
    while let Some(text) = export.next_chunk(network, log, index, 1000) {
        file.write_all(text.as_bytes()).map_err(failed)?;
    }
    Ok(())
}

/// The user's newest session.
fn newest_session(log: &Log, index: &UserIndex, user: &str) -> Result<u32, Problem> {
    let number = log.users.iter().position(|name| name == user);
    let newest = number.and_then(|number| index.latest_session(number as u32));
    newest.ok_or_else(|| {
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
    check_size(&path.display().to_string(), size.len())?;
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
