//! The ranking board on the command line: models fitted on one part of a log and tested on the other.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use qcart::behaviour::neural::{Course, Learning, Neural};
use qcart::behaviour::{Choice, Sessions, Watch};
use qcart::evaluate::{
    Leaderboard, Metric, Protocol, Split, Trial, build, is_tuned, models, plain,
    recommendations_csv, tune, validation,
};
use qcart::log::{ImportOptions, Importer, Log, Names};
use qcart::nn::saved::save;
use qcart::problem::Problem;
use serde_json::json;

use super::drive::{bar, file_name, read_chunks, unreadable};
use super::{networks, output};

/// What `evaluate` is asked.
#[derive(Args)]
pub struct Evaluate {
    /// The training log.
    #[arg(long, requires = "test", required_unless_present = "log")]
    train: Option<PathBuf>,
    /// The test log.
    #[arg(long, requires = "train")]
    test: Option<PathBuf>,
    /// One log, to be split by time.
    #[arg(long, conflicts_with_all = ["train", "test"])]
    log: Option<PathBuf>,
    /// With --log: sessions that start in the last so many days are the test part.
    #[arg(long, default_value_t = 7.0)]
    test_days: f64,
    /// Models, separated by commas, each with hyperparameters if wanted: vsknn:k=100:sample=500. All models if left out.
    #[arg(long = "model", value_delimiter = ',')]
    models: Vec<String>,
    /// Length of the recommendation lists.
    #[arg(short, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100))]
    k: u32,
    /// Try so many settings of each model on the last window of the training part, and keep the best.
    #[arg(long, default_value_t = 0)]
    tune: u32,
    /// Count test items that training never saw as misses, instead of leaving them out of the sessions first.
    #[arg(long)]
    keep_unseen: bool,
    /// Model that the others are compared with; the first one if left out.
    #[arg(long)]
    reference: Option<String>,
    /// Seed of the bootstrap and of tuning.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write every recommendation list to this file; with several models, the name of each is added to the file's.
    #[arg(long)]
    recommendations: Option<PathBuf>,
    /// Write the weights of every network to this file as safetensors; with several models, the name of each is added.
    #[arg(long)]
    weights: Option<PathBuf>,
    /// Print JSON instead of text.
    #[arg(long)]
    pub json: bool,
}

/// Fits, tests and compares.
pub fn evaluate(arguments: &Evaluate) -> Result<(), Problem> {
    let Parts {
        split,
        tested,
        items,
    } = parts(arguments)?;
    let choices = choices(arguments)?;
    let protocol = Protocol {
        k: arguments.k,
        seed: arguments.seed,
        reference: reference(arguments, &choices[0])?,
        ..Protocol::default()
    };
    let mut trials = Vec::new();
    let mut learned = BTreeMap::new();
    for choice in choices {
        let (trial, learnings) = try_model(&choice, &split, arguments)?;
        if !learnings.is_empty() {
            learned.insert(trial.name.clone(), learnings);
        }
        if let Some(path) = &arguments.recommendations {
            let path = named(path, &trial.name, arguments.models.len() != 1);
            let csv = recommendations_csv(
                &trial.outcome,
                &split,
                &|session| session_name(&tested, session),
                &|item| items.get(item),
            );
            fs::write(&path, csv).map_err(|error| unreadable(&path, &error))?;
        }
        trials.push(trial);
    }
    let board = with_bar("comparing", |watch| {
        Leaderboard::new(&protocol, &split, &trials, watch)
    })?;
    if arguments.json {
        let mut told = json!(board);
        told["learning"] = json!(learned);
        output::json(&told);
    } else {
        output::leaderboard(&board);
    }
    Ok(())
}

/// The name of the model that the others are compared with; of one without settings the first of its kind.
fn reference(arguments: &Evaluate, first: &Choice) -> Result<String, Problem> {
    let given = arguments.reference.as_deref().map(Choice::parse);
    let choice = given.unwrap_or_else(|| Ok(first.clone()))?;
    Ok(plain(&choice).map_or(choice.model, |plain| plain.to_string()))
}

/// What is trained and tested on.
struct Parts {
    split: Split,
    /// The log that the test sessions are from.
    tested: Log,
    /// Names of the training items.
    items: Names,
}

fn parts(arguments: &Evaluate) -> Result<Parts, Problem> {
    if let Some(path) = &arguments.log {
        let tested = read_log(path)?;
        let sessions = Sessions::from_log(&tested);
        return Ok(Parts {
            split: Split::by_days(&sessions, arguments.test_days, arguments.keep_unseen)?,
            items: tested.items.clone(),
            tested,
        });
    }
    let path = |path: &Option<PathBuf>| path.clone().unwrap_or_default();
    let train = read_log(&path(&arguments.train))?;
    let tested = read_log(&path(&arguments.test))?;
    Ok(Parts {
        split: Split::given(&train, &tested, arguments.keep_unseen)?,
        tested,
        items: train.items,
    })
}

/// The name of a session as logged; its number where sessions were cut by time.
fn session_name(log: &Log, session: u32) -> String {
    if log.session_names.is_empty() {
        session.to_string()
    } else {
        log.session_names.get(session).to_owned()
    }
}

fn choices(arguments: &Evaluate) -> Result<Vec<Choice>, Problem> {
    if arguments.models.is_empty() {
        return Ok(models().map(|kind| Choice::named(kind.name)).collect());
    }
    let choices = arguments.models.iter().map(|text| Choice::parse(text));
    choices
        .map(|choice| choice.and_then(|choice| build(&choice).map(|_| choice)))
        .collect()
}

/// Tunes a model if asked to, then fits and tests it; beside it, how its networks learned.
fn try_model(
    asked: &Choice,
    split: &Split,
    arguments: &Evaluate,
) -> Result<(Trial, Vec<Learning>), Problem> {
    let name = plain(asked)?.to_string();
    let (choice, tuned) = tuned(asked, split, arguments)?;
    networks::announce_networks(&choice, &split.train)?;
    let start = networks::clock();
    let mut model = build(&choice)?;
    networks::fit(&name, model.as_mut(), &split.train)?;
    let fit_ms = networks::clock() - start;
    let trial = with_bar(&name, |watch| {
        let lists = (split, arguments.k);
        Trial::test(&choice, model.as_ref(), lists, &mut networks::clock, watch)
    })?;
    for network in model.networks() {
        let course = network.course().map(Course::learning);
        if let Some(trouble) = course.and_then(|learning| learning.trouble) {
            output::trouble(&name, &trouble);
        }
    }
    if let (Some(path), Some(course)) =
        (&arguments.weights, model.network().and_then(Neural::course))
    {
        let path = named(path, &name, arguments.models.len() != 1);
        let bytes = save(&course.learner.weights)?;
        fs::write(&path, bytes).map_err(|error| unreadable(&path, &error))?;
    }
    let trial = Trial {
        name,
        tuned,
        fit_ms,
        ..trial
    };
    Ok((trial, networks::learnings(model.as_ref())))
}

/// The best setting of a model beside what was given, and how many were tried.
fn tuned(asked: &Choice, split: &Split, arguments: &Evaluate) -> Result<(Choice, u32), Problem> {
    if arguments.tune == 0 {
        return Ok((asked.clone(), 0));
    }
    if !is_tuned(&asked.model) {
        eprintln!("{}: networks are not tuned", asked.model);
        return Ok((asked.clone(), 0));
    }
    let inner = validation(split)?;
    let mut best = with_bar(&format!("tuning {}", asked.model), |watch| {
        let (metric, budget) = (Metric::Mrr, arguments.tune);
        tune(&asked.model, &inner, metric, budget, arguments.seed, watch)
    })?;
    best.choice.parameters.extend(asked.parameters.clone());
    Ok((best.choice, best.trials.len() as u32))
}

/// Does a piece of work under a progress bar.
pub fn with_bar<T>(
    name: &str,
    work: impl FnOnce(&mut Watch<'_>) -> Result<T, Problem>,
) -> Result<T, Problem> {
    let bar = bar(1_000, "{msg} {percent} % {eta}");
    bar.set_message(name.to_owned());
    let mut listen = |share: f64| {
        bar.set_position((share * 1e3) as u64);
        true
    };
    let result = work(&mut Watch::new(&mut listen));
    bar.finish_and_clear();
    result
}

/// Reads a log with nothing given but its bytes.
pub fn read_log(path: &Path) -> Result<Log, Problem> {
    let mut importer = Importer::new(&file_name(path), None, ImportOptions::default());
    read_chunks(path, |chunk| importer.push(chunk))?;
    let mut finishing = importer.finish()?;
    loop {
        if let Some(imported) = finishing.advance()? {
            return Ok(imported.log);
        }
    }
}

/// The path itself, or with the model's name before its extension: `lists-gru-rank-value.csv`.
fn named(path: &Path, model: &str, several: bool) -> PathBuf {
    if !several {
        return path.to_owned();
    }
    let stem = path
        .file_stem()
        .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let extension = path
        .extension()
        .map_or_else(String::new, |e| format!(".{}", e.to_string_lossy()));
    let model = model.replace([':', '='], "-");
    path.with_file_name(format!("{stem}-{model}{extension}"))
}
