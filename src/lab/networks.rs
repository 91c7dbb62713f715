//! Networks and tiles in a laboratory: what they will take, and why networks recommend what they do.

use super::learning::needs;
use super::protocol::{Insight, InsightEvent, NetworkInfo, Response};
use super::ranking::Ground;
use super::{Answer, Lab, configure, done, problems};
use crate::agent::network::NetworkConfig;
use crate::behaviour::neural::{Neural, Settings as Hyperparameters};
use crate::behaviour::{BehaviourModel, Choice, Sessions};
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
/// With tiles, so many steps count as one of those.
const TILE_STEPS: u64 = 5000;

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
        let decided = self.decided()?;
        let config = configure::training(&self.settings, 0);
        // Steps between updates; tiles learn at every step.
        let (every, trial) = match (config.network, config.tiles) {
            (Some(network), _) => {
                let now = NetworkConfig {
                    warm_up: 0,
                    ..network
                };
                let network = Some(now);
                (now.every, TrainConfig { network, ..config })
            }
            (_, Some(_)) => (TILE_STEPS, config),
            _ => return Err(no_network("table")),
        };
        let before = config.network.map_or(0, |network| network.warm_up);
        let updates = match config.tiles {
            Some(_) => config.budget_steps,
            None => (config.budget_steps.saturating_sub(before) / every).max(1),
        };
        let optimum = decided.optimum().cloned().ok_or_else(super::not_solved)?;
        let mut trainer = Trainer::new(decided.problem.clone(), optimum, trial)?;
        let needs = needs(&config, &decided.problem).ok_or_else(|| no_network("table"))?;
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
        Ok(vec![Response::Approximator {
            weights: needs.weights as f64,
            bytes: needs.bytes as f64,
            updates: updates as f64,
            seconds: each
                * config.budget_steps as f64
                * f64::from(self.settings.integer("repeats")),
        }])
    }

    /// Takes a few steps with a network that is then forgotten, and says what all of them would take.
    pub(super) fn measure_network(&mut self, model: &str, terms: Option<Terms>) -> Answer {
        let part = match terms {
            Some(terms) => {
                terms.check()?;
                Part::Board(self.ground(terms)?)
            }
            None => Part::All(Sessions::from_log(&self.data()?.log)),
        };
        let clock = self.clock.unwrap_or(|| 0.0);
        let choice = Choice::named(model);
        let mut built = build(&choice)?;
        let settings: Hyperparameters = match built.network() {
            Some(network) => network.settings().clone(),
            None => return Err(no_network(model)),
        };
        let train = part.sessions();
        let mut watch = |_: f64| true;
        let mut watch = crate::behaviour::Watch::new(&mut watch);
        built.fit_slice(train, true, 1, &mut watch)?;
        let taken = |model: &dyn BehaviourModel| {
            let course = model.network().and_then(Neural::course);
            course.map_or((0.0, 0), |course| {
                (course.learning().targets, course.learner.weights.len())
            })
        };
        let each = timed(BATCHES, clock, || {
            let done = built.fit_slice(train, false, 1, &mut watch)?;
            Ok((taken(built.as_ref()).0, done < 1.0))
        })?;
        let (rate, weights) = (1.0 / each.max(1e-9), taken(built.as_ref()).1);
        let targets = (train.events() - train.len().min(train.events())) as u32;
        let epochs = settings.epochs * if settings.again { 2 } else { 1 };
        Ok(vec![Response::Network(NetworkInfo {
            model: model.to_owned(),
            weights: weights as u32,
            bytes: settings.bytes(train) as f64,
            targets,
            epochs,
            targets_per_second: rate,
            seconds: f64::from(targets) * f64::from(epochs) / rate,
        })])
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
