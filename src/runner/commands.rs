//! The commands of the runner, each a short walk through the laboratory.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use qcart::demand::planted;
use qcart::experiment::outcome::{Outcome, Verdict};
use qcart::experiment::parameters::{Settings, Value, parameter};
use qcart::experiment::{Experiment, SHOP, Source, known, link, project};
use qcart::lab::protocol::{Carry, Request, Response, World};
use qcart::lab::{Lab, generator};
use qcart::log::ImportOptions;
use qcart::problem::{Problem, Text};
use serde_json::json;

use super::advise::advise;
use super::drive::{ask, finish, import_bytes, import_file, unreadable};
use super::evaluate::evaluate;
use super::{Command, Common, networks, operations, output, policies, repeat};

/// Looks at a network's learning that JSON holds at most.
const LOOKS: usize = 200;

/// Address in the links that the runner prints; the fragment is what counts.
pub const BASE: &str = "index.html";

/// Runs one command.
pub fn run(command: Command) -> Result<ExitCode, Problem> {
    match command {
        Command::Inspect {
            log,
            rejects,
            common,
        } => inspect(&log, rejects.as_deref(), &common),
        Command::Run {
            experiment,
            log,
            common,
        } => repeat(&experiment, log.as_deref(), &common),
        Command::Recommend {
            log,
            user,
            all,
            k,
            advice,
            common,
        } if advice.model.is_some() => {
            let whom = (k, all.as_deref());
            advise(&log, user.as_deref(), whom, &advice, common.json)
        }
        Command::Recommend {
            log,
            user,
            all,
            k,
            common,
            ..
        } => recommend(&log, user, all, k, &common),
        Command::Train {
            log,
            problem,
            common,
        } => train(log.as_deref(), problem, &common),
        Command::Decide(arguments) => operations::decide(&arguments),
        Command::Demand(arguments) => operations::demand(&arguments),
        Command::Split(arguments) => operations::split(&arguments),
        Command::Bids(arguments) => operations::bids(&arguments),
        Command::Ads(arguments) => operations::ads(&arguments),
        Command::Evaluate(arguments) => evaluate(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Value(arguments) => policies::value(&arguments),
        Command::Ope(arguments) => policies::ope(&arguments),
        Command::Abtest(arguments) => policies::abtest(&arguments),
        Command::Generate {
            out,
            orders,
            bids,
            ads,
            common,
        } => generate(&out, (orders, bids, ads), &common),
    }
}

fn inspect(log: &Path, rejects_to: Option<&Path>, common: &Common) -> Result<ExitCode, Problem> {
    let mut lab = lab(&common.settings()?)?;
    let responses = open(&mut lab, log)?;
    let imported = output::last(responses, |response| match response {
        Response::Imported {
            report,
            rejects,
            dialect,
            file,
        } => Some((report, rejects, dialect, file)),
        _ => None,
    });
    let Some((report, rejects, dialect, file)) = imported else {
        return Ok(ExitCode::SUCCESS);
    };
    if let Some(path) = rejects_to {
        write_chunks(path, ask(&mut lab, Request::Rejects)?)?;
    }
    if common.json {
        output::json(&output::inspection_json(&report, &rejects, &file, &dialect));
    } else {
        output::inspection(&report, &rejects, &file, &dialect);
    }
    Ok(ExitCode::SUCCESS)
}

fn repeat(text: &str, log: Option<&Path>, common: &Common) -> Result<ExitCode, Problem> {
    let experiment = read_experiment(text)?;
    let mut lab = Lab::default();
    lab.open(experiment.clone());
    if experiment.problem == SHOP || experiment.source != Source::None {
        give_data(&mut lab, &experiment, log)?;
    }
    repeat::repeat(&mut lab, &experiment, common)
}

/// Gives the laboratory the log that an experiment asks for.
pub fn give_data(
    lab: &mut Lab,
    experiment: &Experiment,
    log: Option<&Path>,
) -> Result<(), Problem> {
    let options = experiment.options.clone();
    let source = experiment.source.clone();
    match (&experiment.source, log) {
        (_, Some(path)) => import_file(lab, path, source, options).map(drop),
        (Source::Generated, None) => {
            let pieces = generator(&experiment.settings)?;
            import_bytes(lab, "generated-shop.csv", source, options, pieces).map(drop)
        }
        (Source::Inline { name, data }, None) => {
            let bytes = link::unpack(data, project::LARGEST as u64)?;
            import_bytes(lab, name, source, options, std::iter::once(bytes)).map(drop)
        }
        (Source::Sample { id }, None) => {
            let file = known::sample_file(id).unwrap_or(id);
            Err(asks_for(&format!("the sample {file} (in www/samples)")))
        }
        (
            Source::File {
                name,
                size,
                fingerprint,
            },
            None,
        ) => Err(asks_for(&format!(
            "{name} ({size} bytes, BLAKE3 {fingerprint})"
        ))),
        (Source::None, None) => Err(asks_for("a behaviour log")),
    }
}

fn asks_for(what: &str) -> Problem {
    Problem::new(
        "runner.log",
        Text::new(
            format!("The experiment needs {what}."),
            format!("该实验需要 {what}。"),
        ),
        Text::new("Give it with --log.", "请用 --log 指定。"),
    )
}

/// Reads a link, or the project file of a path.
pub fn read_experiment(text: &str) -> Result<Experiment, Problem> {
    let path = Path::new(text);
    if !path.is_file() {
        return link::read(text);
    }
    let content = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    if content.trim_start().starts_with('{') {
        project::read(&content)
    } else {
        link::read(&content)
    }
}

fn recommend(
    log: &Path,
    user: Option<String>,
    all: Option<PathBuf>,
    k: u32,
    common: &Common,
) -> Result<ExitCode, Problem> {
    let mut lab = lab(&common.settings()?)?;
    open(&mut lab, log)?;
    decide(&mut lab, SHOP.to_owned())?;
    ask(&mut lab, Request::Train)?;
    finish(&mut lab)?;
    if let Some(path) = all {
        let mut responses = ask(&mut lab, Request::ExportRecommendations { k })?;
        responses.extend(finish(&mut lab)?);
        write_chunks(&path, responses)?;
        return Ok(ExitCode::SUCCESS);
    }
    let responses = ask(
        &mut lab,
        Request::Recommend {
            user: user.unwrap_or_default(),
            k,
        },
    )?;
    let view = output::last(responses, |response| match response {
        Response::Recommendation { view } => Some(view),
        _ => None,
    });
    if let Some(view) = view {
        if common.json {
            output::json(&json!(view));
        } else {
            output::recommendation(&view);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn train(log: Option<&Path>, problem: String, common: &Common) -> Result<ExitCode, Problem> {
    let mut lab = lab(&common.settings()?)?;
    if let Some(path) = log {
        open(&mut lab, path)?;
    }
    let shop = problem == SHOP;
    let mut world = decide(&mut lab, problem)?;
    // Other problems bring settings of their own; what was asked for comes after them.
    if !shop {
        world = operations::apply(&mut lab, common.changes()?)?.or(world);
    }
    report_training(&mut lab, world.as_ref(), common)
}

/// Chooses a problem and computes its optimum.
pub fn decide(lab: &mut Lab, problem: String) -> Result<Option<World>, Problem> {
    ask(lab, Request::Decide { problem })?;
    let responses = finish(lab)?;
    Ok(output::last(responses, |response| match response {
        Response::World { world } => Some(world),
        _ => None,
    }))
}

/// Trains, then prints the outcome and the link.
fn report_training(
    lab: &mut Lab,
    world: Option<&World>,
    common: &Common,
) -> Result<ExitCode, Problem> {
    announce_approximator(lab)?;
    let responses = train_to_the_end(lab)?;
    let learning = updates(&responses);
    let Some((outcome, _)) = outcome_of(responses) else {
        return Ok(ExitCode::SUCCESS);
    };
    let link = share(lab)?;
    if common.json {
        let digest = outcome.digest.short();
        output::json(
            &json!({ "world": world, "outcome": outcome, "digest": digest, "verdict": null, "link": link, "learning": learning }),
        );
    } else {
        output::outcome(world, &outcome);
        println!("{link}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Says what a network or tiles in the place of the table take; nothing of a table.
fn announce_approximator(lab: &mut Lab) -> Result<(), Problem> {
    let Some(name) = lab.approximator() else {
        return Ok(());
    };
    let name = name.to_owned();
    for response in ask(lab, Request::Network)? {
        if let Response::Approximator {
            weights,
            bytes,
            seconds,
            ..
        } = response
        {
            networks::announce(&name, weights, bytes, seconds);
        }
    }
    Ok(())
}

/// Trains to the end: what it came to, and how that compares with what was promised.
pub fn trained(lab: &mut Lab) -> Result<Option<(Outcome, Option<Verdict>)>, Problem> {
    Ok(outcome_of(train_to_the_end(lab)?))
}

fn train_to_the_end(lab: &mut Lab) -> Result<Vec<Response>, Problem> {
    let mut responses = ask(lab, Request::Train)?;
    responses.extend(finish(lab)?);
    Ok(responses)
}

fn outcome_of(responses: Vec<Response>) -> Option<(Outcome, Option<Verdict>)> {
    output::last(responses, |response| match response {
        Response::Trained {
            outcome, verdict, ..
        } => Some((outcome, verdict)),
        _ => None,
    })
}

/// How a network in the place of the table learned: its newest update at each look, thinned out to at most [`LOOKS`].
fn updates(responses: &[Response]) -> Vec<serde_json::Value> {
    let update = |response: &Response| match response {
        Response::TrainProgress {
            run,
            step,
            network: Some(update),
            ..
        } => Some(json!({ "run": run, "step": step, "loss": update.loss, "norm": update.norm })),
        _ => None,
    };
    let all: Vec<_> = responses.iter().filter_map(update).collect();
    let every = all.len().div_ceil(LOOKS).max(1);
    all.into_iter().step_by(every).collect()
}

/// A link to the experiment as it stands.
pub fn share(lab: &mut Lab) -> Result<String, Problem> {
    let share = Request::Share {
        carry: Carry::Nothing,
    };
    let shared = output::last(ask(lab, share)?, |response| match response {
        Response::Shared { experiment, .. } => Some(experiment),
        _ => None,
    });
    let Some(experiment) = shared else {
        return Ok(String::new());
    };
    Ok(format!("{BASE}#{}", link::write(&experiment)?))
}

fn generate(
    out: &Path,
    (orders, bids, ads): (bool, bool, bool),
    common: &Common,
) -> Result<ExitCode, Problem> {
    let settings = common.settings()?;
    let mut file = fs::File::create(out).map_err(|error| unreadable(out, &error))?;
    let seed = u64::from(settings.integer("shopSeed"));
    let planted = match (orders, bids, ads) {
        (true, ..) => Some(planted::orders(seed)?),
        (_, true, _) => Some(planted::bids(seed)),
        (.., true) => Some(planted::ads(seed)),
        _ => None,
    };
    if let Some(text) = planted {
        return file
            .write_all(text.as_bytes())
            .map(|()| ExitCode::SUCCESS)
            .map_err(|error| unreadable(out, &error));
    }
    for piece in generator(&settings)? {
        file.write_all(&piece)
            .map_err(|error| unreadable(out, &error))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A laboratory with these settings.
pub fn lab(settings: &Settings) -> Result<Lab, Problem> {
    let mut lab = Lab::with_clock(networks::clock);
    for (key, value) in settings.iter() {
        // What nobody asked for may still become what suits the rest.
        if parameter(key)?.default_value() == *value {
            continue;
        }
        ask(
            &mut lab,
            Request::Set {
                key: key.to_owned(),
                value: Value::clone(value),
            },
        )?;
    }
    Ok(lab)
}

/// Imports a log with nothing given but its bytes.
pub fn open(lab: &mut Lab, path: &Path) -> Result<Vec<Response>, Problem> {
    let source = Source::File {
        name: String::new(),
        size: 0,
        fingerprint: String::new(),
    };
    import_file(lab, path, source, ImportOptions::default())
}

fn write_chunks(path: &Path, responses: Vec<Response>) -> Result<(), Problem> {
    let mut file = fs::File::create(path).map_err(|error| unreadable(path, &error))?;
    for response in responses {
        if let Response::Chunk { text, .. } = response {
            file.write_all(text.as_bytes())
                .map_err(|error| unreadable(path, &error))?;
        }
    }
    Ok(())
}

/// A file of text, such as a table of probabilities or a log of bids.
pub fn read_text(path: &Path) -> Result<String, Problem> {
    let bytes = fs::read(path).map_err(|error| unreadable(path, &error))?;
    String::from_utf8(bytes).map_err(|_| {
        Problem::new(
            "runner.text",
            Text::new(
                format!("{} is not UTF-8 text.", path.display()),
                format!("{} 不是 UTF-8 文本。", path.display()),
            ),
            Text::new("Save it as CSV in UTF-8.", "请保存为 UTF-8 编码的 CSV。"),
        )
    })
}
