//! Networks and tiles in a laboratory: what they will take, and why networks recommend what they do.

use super::learning::needs;
use super::protocol::{Insight, InsightEvent, NetworkInfo, Response};
use super::ranking::Ground;
use super::{Answer, Lab, configure, done, problems};
use crate::agent::network::NetworkConfig;
use crate::behaviour::neural::{Neural, Settings as Hyperparameters};
use crate::behaviour::{Choice, Sessions};
use crate::evaluate::build;
use crate::experiment::parameters::{Settings, Value, parameter};
use crate::experiment::ranking::Terms;
use crate::problem::{Problem, Text};
use crate::train::{TrainConfig, Trainer};

/// Batches of a network that learns from the log that are taken to measure it: at least so many, and at most so many.
const BATCHES: (usize, usize) = (4, 60);

/// Milliseconds after which no more is taken, once there is enough. Browsers run code slowly at first, and compile it better meanwhile.
const PATIENCE: f64 = 500.0;

/// Recommended items and neighbours shown.
const SHOWN: usize = 8;

/// Updates of a network in the place of the table that are taken to measure it, at least; more where more lie between two copies of the
/// network, because the first steps after a copy cost the most.
const UPDATES: u64 = 20;
/// With tiles or a table, so many steps count as one of those.
const LEARNING_STEPS: u64 = 5000;

/// Seconds that one unit of work takes: does some of it at least and at most so many times, and counts the later half. `take` does some and
/// says how much was done by then, in all, and whether there is more.
fn timed(
    (least, most): (usize, usize),
    clock: fn() -> f64,
    mut take: impl FnMut() -> Result<(f64, bool), Problem>,
) -> Result<f64, Problem> {
    let start = clock();
    let (mut marks, mut more) = (Vec::new(), true);
    while more && (marks.len() < least || (marks.len() < most && clock() - start < PATIENCE)) {
        let (done, left) = take()?;
        marks.push((done, clock()));
        more = left;
    }
    let (Some(middle), Some(last)) = (marks.get((marks.len().max(1) - 1) / 2), marks.last()) else {
        return Ok(0.0);
    };
    Ok((last.1 - middle.1) / 1e3 / (last.0 - middle.0).max(1.0))
}

/// What a network is measured on.
enum Part {
    Board(Ground),
    All(Sessions),
}

impl Part {
    fn sessions(&self) -> &Sessions {
        match self {
            Self::Board(ground) => &ground.split.train,
            Self::All(sessions) => sessions,
        }
    }
}

/// What one network takes to learn.
struct Measured {
    weights: usize,
    bytes: u64,
    epochs: u32,
    /// Seconds of an epoch.
    seconds: f64,
}

/// Takes a few steps with a network that is then forgotten.
fn measure(
    settings: &Hyperparameters,
    train: &Sessions,
    clock: fn() -> f64,
) -> Result<Measured, Problem> {
    let mut network = Neural::of(settings.clone());
    network.begin(train)?;
    network.advance(train, 1)?;
    let taken = |network: &Neural| {
        let course = network.course();
        course.map_or(0.0, |course| course.learning().targets)
    };
    let each = timed(BATCHES, clock, || {
        let done = network.advance(train, 1)?;
        Ok((taken(&network), done < 1.0))
    })?;
    let weights = network
        .course()
        .map_or(0, |course| course.learner.weights.len());
    Ok(Measured {
        weights,
        bytes: settings.bytes(train),
        epochs: settings.runs() * settings.epochs,
        seconds: f64::from(targets(train)) * each.max(1e-9),
    })
}

/// Targets of an epoch: every event but the first of its session.
fn targets(train: &Sessions) -> u32 {
    (train.events() - train.len().min(train.events())) as u32
}

/// What a network takes to learn from these sessions, or a model that asks networks: a few steps are taken and forgotten. `clock` gives
/// milliseconds since any moment.
///
/// # Errors
/// `lab.no-network` for a model without networks; those of its name and of learning.
pub fn costs(model: &str, train: &Sessions, clock: fn() -> f64) -> Result<NetworkInfo, Problem> {
    let built = build(&Choice::parse(model)?)?;
    let networks = built.networks().into_iter();
    let measured = networks.map(|network| measure(network.settings(), train, clock));
    let measured: Vec<Measured> = measured.collect::<Result<_, Problem>>()?;
    if measured.is_empty() {
        return Err(no_network(model));
    }
    let targets = targets(train);
    let epoch: f64 = measured.iter().map(|one| one.seconds).sum();
    let total = |one: &Measured| one.seconds * f64::from(one.epochs);
    Ok(NetworkInfo {
        model: model.to_owned(),
        weights: measured.iter().map(|one| one.weights as u32).sum(),
        bytes: measured.iter().map(|one| one.bytes).sum::<u64>() as f64,
        targets,
        epochs: measured.iter().map(|one| one.epochs).max().unwrap_or(0),
        targets_per_second: f64::from(targets) / epoch.max(1e-9),
        seconds: measured.iter().map(total).sum(),
    })
}

/// What a run of training takes.
pub(super) struct Run {
    /// Weights, or entries of a table.
    pub weights: f64,
    pub bytes: f64,
    pub updates: f64,
    pub seconds: f64,
}

/// What suits a problem with this to hold the action values.
fn suggestion(problem: &str, approximator: &str, key: &str) -> Result<Value, Problem> {
    let of_network = problems::network_presets(problem).iter();
    let own = match approximator {
        "table" => None,
        "tiles" => problems::tile_presets(problem)
            .into_iter()
            .find(|preset| preset.0 == key),
        _ => of_network
            .map(|&(key, number)| (key, Value::Number(number)))
            .find(|preset| preset.0 == key),
    };
    if let Some((_, value)) = own {
        return Ok(value);
    }
    let presets = problems::presets(problem).unwrap_or_default();
    // Of several, the last one holds.
    match presets.into_iter().rfind(|preset| preset.0 == key) {
        Some((_, value)) => Ok(value),
        None => Ok(parameter(key)?.default_value()),
    }
}

/// The same settings with something else to hold the action values; what nobody changed by hand becomes what suits it.
pub(super) fn approximated(
    settings: &Settings,
    problem: &str,
    value: Value,
) -> Result<Settings, Problem> {
    let mut changed = settings.clone();
    changed.set("approximator", value)?;
    let [before, now] = [settings, &changed].map(|of| of.choice("approximator").to_owned());
    for key in problems::APPROXIMATOR_SUGGESTED {
        let old = suggestion(problem, &before, key)?;
        if settings.get(key) == Some(&old) {
            changed.set(key, suggestion(problem, &now, key)?)?;
        }
    }
    Ok(changed)
}

impl Lab {
    /// The settings that suit a network or tiles on another problem, where they are chosen.
    pub(super) fn suit_network(&mut self, problem: &str, first: bool) -> Result<(), Problem> {
        let now = self.settings.choice("approximator").to_owned();
        for key in problems::APPROXIMATOR_SUGGESTED {
            let table = suggestion(problem, "table", key)?;
            if !first || self.settings.get(key) == Some(&table) {
                let suggested = suggestion(problem, &now, key)?;
                self.settings.set(key, suggested)?;
            }
        }
        Ok(())
    }

    /// Puts a network or tiles in the place of the table, or the other way round. What nobody changed by hand becomes what suits it.
    pub(super) fn approximate(&mut self, value: Value) -> Answer {
        self.settings = approximated(&self.settings, &self.problem, value)?;
        self.promise = super::Promise::default();
        self.forget_training();
        Ok(vec![Response::Forgotten, self.settings_response()])
    }

    /// Makes the network or the tiles that the settings ask for, times a few updates and forgets it.
    pub(super) fn measure_approximator(&self) -> Answer {
        if self.settings.choice("approximator") == "table" {
            return Err(no_network("table"));
        }
        let run = self.measure_run(&self.settings)?;
        Ok(vec![Response::Approximator {
            weights: run.weights,
            bytes: run.bytes,
            updates: run.updates,
            seconds: run.seconds * f64::from(self.settings.integer("repeats")),
        }])
    }

    /// Trains a little under these settings and forgets it.
    pub(super) fn measure_run(&self, settings: &Settings) -> Result<Run, Problem> {
        let decided = self.decided()?;
        let config = configure::training(settings, 0);
        // Steps between updates; tables and tiles learn at every step.
        let (every, trial) = match config.network {
            Some(network) => {
                let now = NetworkConfig {
                    warm_up: 0,
                    ..network
                };
                let network = Some(now);
                (now.every, TrainConfig { network, ..config })
            }
            None => (LEARNING_STEPS, config),
        };
        let updates = match config.network {
            None => config.budget_steps,
            Some(network) => (config.budget_steps.saturating_sub(network.warm_up) / every).max(1),
        };
        let optimum = decided.optimum().cloned().ok_or_else(super::not_solved)?;
        let mut trainer = Trainer::new(decided.problem.clone(), optimum, trial)?;
        let (weights, bytes) = needs(&config, &decided.problem).map_or_else(
            || (decided.pairs(), decided.table_bytes(settings)),
            |needs| (needs.weights, needs.bytes),
        );
        let clock = self.clock.unwrap_or(|| 0.0);
        let work = every * trainer.step_work();
        // The first measurement comes before the first step.
        while trainer.snapshots().is_empty() && trainer.stop_reason().is_none() {
            trainer.advance(work);
        }
        let apart = config.network.map_or(0, |network| network.target);
        let counts = (UPDATES as usize, apart.max(UPDATES) as usize);
        let each = timed(counts, clock, || {
            trainer.advance(work);
            Ok((trainer.steps() as f64, trainer.stop_reason().is_none()))
        })?;
        Ok(Run {
            weights: weights as f64,
            bytes: bytes as f64,
            updates: updates as f64,
            seconds: each * config.budget_steps as f64,
        })
    }

    /// Takes a few steps with a network, or each that a blend asks, which is then forgotten, and says what all of them would take.
    pub(super) fn measure_network(&mut self, model: &str, terms: Option<Terms>) -> Answer {
        let part = match terms {
            Some(terms) => {
                terms.check()?;
                Part::Board(self.ground(terms)?)
            }
            None => Part::All(Sessions::from_log(&self.data()?.log)),
        };
        let clock = self.clock.unwrap_or(|| 0.0);
        costs(model, part.sessions(), clock).map(|info| vec![Response::Network(info)])
    }

    /// Why the network tested last recommends what it does at the end of a test session.
    pub(super) fn explain_network(&self, session: u32) -> Answer {
        let Some((name, model, ground)) = self.board.network() else {
            return Err(no_network("?"));
        };
        let Some(network) = model.network() else {
            return done();
        };
        let items = &self.data()?.log.items;
        let test = &ground.split.test;
        let number = session as usize % test.len().max(1);
        let whole = test.session(number);
        let last = whole.items.len() - 1;
        let history = whole.first(last);
        let explanation = network.explain(history, SHOWN);
        let named = |item: u32| items.get(item).to_owned();
        let best = explanation.recommended.first().map(|entry| entry.0);
        let neighbours = best.map_or_else(Vec::new, |item| network.neighbours(item, SHOWN));
        let event = |&(place, change): &(u32, f64)| InsightEvent {
            item: named(history.items[place as usize]),
            change,
        };
        Ok(vec![Response::Insight(Insight {
            model: name.to_owned(),
            session: number as u32,
            sessions: test.len() as u32,
            events: explanation.events.iter().map(event).collect(),
            recommended: explanation
                .recommended
                .iter()
                .map(|&(item, score)| (named(item), score))
                .collect(),
            truth: named(whole.items[last]),
            neighbours: neighbours
                .into_iter()
                .map(|(item, alike)| (named(item), f64::from(alike)))
                .collect(),
        })])
    }
}

fn no_network(model: &str) -> Problem {
    Problem::new(
        "lab.no-network",
        Text::new(
            format!("“{model}” is no network that was tested here."),
            format!("“{model}”不是在此测试过的网络。"),
        ),
        Text::new(
            "Choose mlp, cnn, gru or transformer and press Run.",
            "请选择 mlp、cnn、gru 或 transformer 并点击“运行”。",
        ),
    )
}
