//! The ranking board of a laboratory: models of behaviour tested one by one on the log, then compared.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::adviser::{Adviser, Advising};
use super::protocol::{
    AdviserSource, BoardRequest, DifferingEvent, DifferingSession, EvaluationStage, EventView,
    Expected, ModelInfo, Response,
};
use super::{Answer, Lab, done};
use crate::behaviour::neural::{Course, Learning, Neural};
use crate::behaviour::{BehaviourModel, Choice, Given, Sessions, Watch};
use crate::evaluate::{
    Leaderboard, Metric, Outcome, Protocol, Search, Split, Trial, Walk, all_models, build,
    differ_most, is_tuned, plain, validation,
};
use crate::experiment::ranking::{Ranking, Terms, Unit, digest};
use crate::log::Log;
use crate::problem::{Problem, Text};

/// Length of the lists: the greatest cutoff of the metrics.
const LIST: u32 = 20;

/// A prediction counts as so many elementary operations.
const PREDICTION: u64 = 50;

/// Events of a differing session that are shown.
const EVENTS: usize = 30;

/// Items of each expectation that are shown.
const SHOWN: usize = 5;

/// Tested models, and the one under test.
#[derive(Default)]
pub struct Board {
    ground: Option<Ground>,
    trials: Vec<Trial>,
    /// What networks whose learning was stopped by hand are called, by what they were asked for as: `gru:steps=500` by `gru`.
    stopped: BTreeMap<String, String>,
    task: Option<Task>,
    /// The network tested last: to be asked for its reasons.
    network: Option<(String, Box<dyn BehaviourModel>)>,
    /// The network that recommends to users, and the writing of what it recommends to all.
    pub(super) advising: Advising,
}

/// What all models of a board are tested on.
#[derive(Clone)]
pub(super) struct Ground {
    pub(super) terms: Terms,
    pub(super) split: Rc<Split>,
}

/// One model on its way.
struct Task {
    /// What it was asked for as, without what is the default anyway.
    model: String,
    split: Rc<Split>,
    stage: Stage,
    told: u32,
    /// Whether it learns to recommend to users, and not to be tested.
    advises: bool,
}

enum Stage {
    /// Hyperparameters are searched, but for those that were given.
    Tune(Search, Box<Split>, Choice),
    Fit(Box<Fit>),
    Test(Box<Test>),
}

/// A model that learns.
struct Fit {
    choice: Choice,
    tuned: u32,
    model: Box<dyn BehaviourModel>,
    begun: bool,
    done: f64,
    spent_ms: f64,
}

impl Fit {
    fn new(choice: Choice, tuned: u32) -> Result<Self, Problem> {
        Ok(Self {
            model: build(&choice)?,
            choice,
            tuned,
            begun: false,
            done: 0.0,
            spent_ms: 0.0,
        })
    }

    /// Ends learning here and notes where, so that it can be repeated. Before the first step there is nothing to keep.
    fn stop(&mut self) {
        let steps = self.model.steps();
        if steps > 0 {
            self.model.stop_early();
            let steps = Given::Number(steps as f64);
            self.choice.parameters.insert("steps".to_owned(), steps);
        }
    }
}

/// What a model is called that was asked for by this name: without what is the default anyway. One that is unknown keeps its name.
fn called(name: &str) -> String {
    let plain = Choice::parse(name).and_then(|choice| plain(&choice));
    plain.map_or_else(|_| name.to_owned(), |choice| choice.to_string())
}

/// What a tested model is called: as it was asked for, with the steps after which the learning of its networks was stopped by hand, where it
/// was; `steps` of a model without is a hyperparameter like any other. What tuning found is found again, and is no part of the name.
fn name(asked: &str, tested: &Choice, networks: &[&Neural]) -> Result<String, Problem> {
    let mut named = Choice::parse(asked)?;
    let steps = tested.parameters.get("steps");
    if let Some(steps) = steps.filter(|_| !networks.is_empty()) {
        named.parameters.insert("steps".to_owned(), steps.clone());
    }
    Ok(plain(&named)?.to_string())
}

/// How the one of these networks learns that is at it: they do so one after the other.
fn at_work<'a>(networks: &[&'a Neural]) -> Option<&'a Course> {
    let mut courses = networks.iter().filter_map(|network| network.course());
    courses.rfind(|course| course.steps() > 0)
}

/// The choice of a network whose list is ranked by values, whichever way, without that way.
fn but_rank(choice: &Choice) -> Option<Choice> {
    let mut rest = choice.clone();
    rest.parameters.remove("rank").map(|_| rest)
}

struct Test {
    choice: Choice,
    tuned: u32,
    model: Box<dyn BehaviourModel>,
    walk: Walk,
    fit_ms: f64,
    spent_ms: f64,
}

impl Board {
    /// The network tested last, its name, and what it was tested on.
    pub(super) fn network(&self) -> Option<(&str, &dyn BehaviourModel, &Ground)> {
        let (name, model) = self.network.as_ref()?;
        Some((name, model.as_ref(), self.ground.as_ref()?))
    }

    /// The network tested last, about to be tested as this one, where all that differs is whether values or products rank.
    fn ranked_otherwise(&mut self, choice: &Choice) -> Result<Option<Test>, Problem> {
        let Some((name, _)) = &self.network else {
            return Ok(None);
        };
        let learned = but_rank(&Choice::parse(name)?);
        if learned.is_none() || learned != but_rank(choice) {
            return Ok(None);
        }
        let spent = self.trials.iter().find(|trial| trial.name == *name);
        let fit_ms = spent.map_or(0.0, |trial| trial.fit_ms);
        let wanted = build(choice)?;
        let (Some(wanted), Some((_, mut model))) = (wanted.network(), self.network.take()) else {
            return Ok(None);
        };
        if let Some(network) = model.network_mut() {
            network.rank_by(wanted.settings().rank);
        }
        Ok(Some(Test {
            choice: choice.clone(),
            tuned: 0,
            model,
            walk: Walk::new(LIST),
            fit_ms,
            spent_ms: 0.0,
        }))
    }

    /// What a tested model is called that was asked for by this name.
    fn tested(&self, name: &str) -> String {
        let name = called(name);
        self.stopped.get(&name).cloned().unwrap_or(name)
    }

    /// Keeps what was tested, in the place of what is called the same.
    fn keep(&mut self, asked: &str, trial: Trial) {
        self.stopped.remove(asked);
        if trial.name != asked {
            self.stopped.insert(asked.to_owned(), trial.name.clone());
        }
        self.trials.retain(|other| other.name != trial.name);
        self.trials.push(trial);
    }

    fn trial(&self, model: &str) -> Result<&Trial, Problem> {
        let name = self.tested(model);
        let found = self.trials.iter().find(|trial| trial.name == name);
        found.ok_or_else(|| {
            Problem::new(
                "lab.not-evaluated",
                Text::new(
                    format!("The model “{model}” was not tested yet."),
                    format!("模型“{model}”尚未测试。"),
                ),
                Text::new(
                    "Choose it under Evaluate and press Run.",
                    "请在“评估”处选择它并点击“运行”。",
                ),
            )
        })
    }
}

impl Stage {
    /// The first thing to do with a model.
    fn first(choice: Choice, ground: &Ground) -> Result<Self, Problem> {
        let Terms { tune, seed, .. } = ground.terms;
        if tune == 0 || !is_tuned(&choice.model) {
            return Ok(Self::Fit(Box::new(Fit::new(choice, 0)?)));
        }
        let search = Search::new(&choice.model, Metric::Mrr, tune, u64::from(seed))?;
        let inner = Box::new(validation(&ground.split)?);
        Ok(Self::Tune(search, inner, choice))
    }

    fn name(&self) -> EvaluationStage {
        match self {
            Self::Tune(..) => EvaluationStage::Tune,
            Self::Fit(_) => EvaluationStage::Fit,
            Self::Test(_) => EvaluationStage::Test,
        }
    }

    /// How a network learns.
    fn learning(&self) -> Option<Learning> {
        let model = match self {
            Self::Fit(fit) => &fit.model,
            Self::Test(test) => &test.model,
            Self::Tune(..) => return None,
        };
        at_work(&model.networks()).map(Course::learning)
    }

    fn fraction(&self, split: &Split) -> f64 {
        let (done, of) = match self {
            Self::Tune(search, ..) => search.progress(),
            Self::Fit(fit) => return fit.done,
            Self::Test(test) => (test.walk.done(), split.test.events() - split.test.len()),
        };
        done as f64 / of.max(1) as f64
    }

    /// A slice: one setting tried, some of learning, or some predictions.
    fn advance(self, split: &Split, work: u64, clock: fn() -> f64) -> Result<Next, Problem> {
        let mut listen = |_: f64| true;
        let mut watch = Watch::new(&mut listen);
        match self {
            Self::Tune(mut search, inner, given) => {
                if search.advance(&inner, &mut watch)? {
                    return Ok(Next::Stage(Self::Tune(search, inner, given)));
                }
                let mut best = search.finish();
                best.choice.parameters.extend(given.parameters);
                let fit = Fit::new(best.choice, best.trials.len() as u32)?;
                Ok(Next::Stage(Self::Fit(Box::new(fit))))
            }
            Self::Fit(mut fit) => {
                let start = clock();
                let first = !std::mem::replace(&mut fit.begun, true);
                fit.done = fit.model.fit_slice(&split.train, first, work, &mut watch)?;
                fit.spent_ms += clock() - start;
                if fit.done < 1.0 {
                    return Ok(Next::Stage(Self::Fit(fit)));
                }
                Ok(Next::Stage(Self::Test(Box::new(Test {
                    choice: fit.choice,
                    tuned: fit.tuned,
                    model: fit.model,
                    walk: Walk::new(LIST),
                    fit_ms: fit.spent_ms,
                    spent_ms: 0.0,
                }))))
            }
            Self::Test(mut test) => {
                let start = clock();
                let most = (work / PREDICTION).clamp(1, 100_000) as usize;
                let left = test.walk.advance(test.model.as_ref(), &split.test, most);
                test.spent_ms += clock() - start;
                Ok(if left {
                    Next::Stage(Self::Test(test))
                } else {
                    Next::Tested(test)
                })
            }
        }
    }
}

impl Test {
    /// What came out of the model that was asked for by this name, and the model.
    fn trial(self, asked: &str) -> Result<(Trial, Box<dyn BehaviourModel>), Problem> {
        let outcome = self.walk.finish();
        let trial = Trial {
            name: name(asked, &self.choice, &self.model.networks())?,
            choice: self.choice,
            tuned: self.tuned,
            fit_ms: self.fit_ms,
            recommend_us: 1000.0 * self.spent_ms / outcome.len().max(1) as f64,
            bytes: self.model.memory() as u64,
            outcome,
        };
        Ok((trial, self.model))
    }
}

/// What a slice came to.
enum Next {
    Stage(Stage),
    Tested(Box<Test>),
}

impl Lab {
    pub(super) fn answer_board(&mut self, request: BoardRequest) -> Answer {
        match request {
            BoardRequest::Models => Ok(vec![Response::Models {
                models: all_models().map(ModelInfo::from).collect(),
            }]),
            BoardRequest::EvaluateModel { model, terms } => self.evaluate_model(&model, terms),
            BoardRequest::Measure { model, terms } => self.measure_network(&model, terms),
            BoardRequest::StopLearning => {
                if let Some(Stage::Fit(fit)) = self.board.task.as_mut().map(|task| &mut task.stage)
                {
                    fit.stop();
                }
                done()
            }
            BoardRequest::Learn { model } => self.begin_adviser(&model),
            BoardRequest::Advise { user, k } => self.advise(&user, k),
            BoardRequest::AdviseAll { k } => self.begin_advising(k),
            BoardRequest::OfferWeights { name, size } => {
                crate::nn::saved::check_size(&name, size as u64)?;
                done()
            }
            BoardRequest::Explain { session } => self.explain_network(session),
            BoardRequest::CancelEvaluation => {
                self.board.task = None;
                self.board.advising.forget_export();
                done()
            }
            BoardRequest::Compare { models, reference } => self.compare(&models, &reference),
            BoardRequest::Differ {
                first,
                second,
                count,
            } => self.differ(&first, &second, count),
        }
    }

    /// Starts to test a model; a test under way is given up.
    fn evaluate_model(&mut self, model: &str, terms: Terms) -> Answer {
        terms.check()?;
        let ground = self.ground(terms)?;
        let choice = plain(&Choice::parse(model)?)?;
        let ready = self.board.ranked_otherwise(&choice)?;
        let task = Task {
            model: choice.to_string(),
            stage: match ready {
                Some(test) => Stage::Test(Box::new(test)),
                None => Stage::first(choice, &ground)?,
            },
            split: ground.split,
            told: 0,
            advises: false,
        };
        Ok(self.begin_task(task))
    }

    fn begin_task(&mut self, task: Task) -> Vec<Response> {
        let progress = task.progress();
        self.board.task = Some(task);
        vec![progress]
    }

    /// Has a network learn from all sessions; a test under way is given up.
    pub(super) fn begin_learning(
        &mut self,
        choice: Choice,
        train: Sessions,
    ) -> Result<Vec<Response>, Problem> {
        let test = Sessions::new(train.items, train.has_time);
        let task = Task {
            model: choice.model.clone(),
            stage: Stage::Fit(Box::new(Fit::new(choice, 0)?)),
            split: Rc::new(Split {
                train,
                test,
                unseen_events: 0,
            }),
            told: 0,
            advises: true,
        };
        Ok(self.begin_task(task))
    }

    /// The split for these terms. Under other terms than before, all that was tested before is forgotten.
    pub(super) fn ground(&mut self, terms: Terms) -> Result<Ground, Problem> {
        if let Some(ground) = &self.board.ground
            && ground.terms == terms
        {
            return Ok(ground.clone());
        }
        let all = Sessions::from_log(&self.data()?.log);
        let (size, keep) = (terms.window.size, terms.keep_unseen);
        let split = match terms.window.unit {
            Unit::Share => Split::by_share(&all, size, keep),
            Unit::Days if !all.has_time => Err(no_times()),
            Unit::Days => Split::by_days(&all, size, keep),
        }?;
        let split = Rc::new(split);
        let ground = Ground { terms, split };
        self.board = Board {
            ground: Some(ground.clone()),
            advising: std::mem::take(&mut self.board.advising),
            ..Board::default()
        };
        Ok(ground)
    }

    pub(super) fn is_comparing(&self) -> bool {
        self.board.task.is_some() || self.board.advising.writes()
    }

    pub(super) fn forget_board(&mut self) {
        self.board = Board::default();
    }

    pub(super) fn advance_comparing(&mut self, work: u64) -> Answer {
        let Some(mut task) = self.board.task.take() else {
            return self.advance_advising(work);
        };
        let clock = self.clock.unwrap_or(|| 0.0);
        let before = task.stage.name();
        match task.stage.advance(&task.split, work, clock)? {
            Next::Stage(Stage::Test(test)) if task.advises => self.take_adviser(Adviser::new(
                test.choice,
                test.model,
                AdviserSource::Sessions,
            )),
            Next::Stage(stage) => {
                task.stage = stage;
                let permille = (task.stage.fraction(&task.split) * 1e3) as u32;
                let news = task.stage.name() != before || permille / 10 != task.told / 10;
                task.told = permille;
                let responses = if news {
                    vec![task.progress()]
                } else {
                    Vec::new()
                };
                self.board.task = Some(task);
                Ok(responses)
            }
            Next::Tested(test) => {
                let model = task.model;
                let (trial, fitted) = test.trial(&model)?;
                if fitted.network().is_some() {
                    self.board.network = Some((trial.name.clone(), fitted));
                }
                self.board.keep(&model, trial);
                Ok(vec![Response::Evaluated { model }])
            }
        }
    }

    /// A leaderboard of the tested models of a list, in the order in which models are declared, those of one kind by their names.
    fn compare(&mut self, names: &[String], reference: &str) -> Answer {
        let names: Vec<String> = names.iter().map(|name| self.board.tested(name)).collect();
        let reference = self.board.tested(reference);
        let Board { ground, trials, .. } = &mut self.board;
        let Some(Ground { terms, split }) = ground else {
            return Err(nothing_tested());
        };
        // The models asked for come first, each kind at its place: no copy of all their lists is needed.
        let asked = |trial: &Trial| names.contains(&trial.name);
        let place = |trial: &Trial| all_models().position(|kind| kind.name == trial.choice.model);
        trials.sort_by_cached_key(|trial| (!asked(trial), place(trial), trial.name.clone()));
        let trials = &trials[..trials.iter().filter(|trial| asked(trial)).count()];
        let Some(first) = trials.first() else {
            return Err(nothing_tested());
        };
        let reference = trials.iter().find(|trial| trial.name == reference);
        let protocol = Protocol {
            k: LIST,
            seed: u64::from(terms.seed),
            reference: reference.unwrap_or(first).name.clone(),
            ..Protocol::default()
        };
        let mut listen = |_: f64| true;
        let board = Leaderboard::new(&protocol, split, trials, &mut Watch::new(&mut listen))?;
        let ranking = Ranking {
            terms: *terms,
            models: trials.iter().map(|trial| trial.name.clone()).collect(),
            reference: reference.unwrap_or(first).name.clone(),
            digest: digest(&board),
        };
        Ok(vec![Response::Board {
            board: Box::new(board),
            ranking,
        }])
    }

    /// The test sessions on which two models differ most.
    fn differ(&self, first: &str, second: &str, count: u32) -> Answer {
        let outcomes = [first, second].map(|model| self.board.trial(model));
        let [first, second] = outcomes;
        let outcomes = [&first?.outcome, &second?.outcome];
        let Some(Ground { split, .. }) = &self.board.ground else {
            return Err(nothing_tested());
        };
        let log = &*self.data()?.log;
        let [first, second] = outcomes;
        let found = differ_most(first, second, Metric::Mrr, LIST, count.min(100) as usize);
        let sessions = found
            .iter()
            .map(|entry| session(log, split, outcomes, entry.session, entry.difference))
            .collect();
        Ok(vec![Response::Differing { sessions }])
    }
}

impl Task {
    fn progress(&self) -> Response {
        Response::EvaluationProgress {
            model: self.model.clone(),
            stage: self.stage.name(),
            fraction: self.stage.fraction(&self.split),
            learning: self.stage.learning(),
        }
    }
}

fn session(
    log: &Log,
    split: &Split,
    outcomes: [&Outcome; 2],
    number: u32,
    difference: f64,
) -> DifferingSession {
    let tested = split.test.session(number as usize);
    let source = split.test.source[number as usize];
    let name = if log.session_names.is_empty() {
        String::new()
    } else {
        log.session_names.get(source).to_owned()
    };
    let first = outcomes[0].session.partition_point(|&other| other < number);
    let event = |place: usize| DifferingEvent {
        event: EventView {
            item: log.items.get(tested.items[place]).to_owned(),
            kind: tested.kinds[place],
            time: log.has_time.then(|| tested.times[place]),
        },
        expected: (place > 0).then(|| {
            outcomes.map(|outcome| Expected {
                rank: outcome
                    .rank_of(first + place - 1)
                    .filter(|&rank| rank <= LIST),
                items: outcome
                    .recommended(first + place - 1)
                    .take(SHOWN)
                    .map(|item| log.items.get(item).to_owned())
                    .collect(),
            })
        }),
    };
    let shown = tested.items.len().min(EVENTS);
    DifferingSession {
        name,
        difference,
        events: (0..shown).map(event).collect(),
        hidden: (tested.items.len() - shown) as u32,
    }
}

fn nothing_tested() -> Problem {
    Problem::new(
        "lab.no-board",
        Text::new("No model was tested yet.", "尚未测试任何模型。"),
        Text::new(
            "Choose models under Evaluate and press Run.",
            "请在“评估”处选择模型并点击“运行”。",
        ),
    )
}

fn no_times() -> Problem {
    Problem::new(
        "ranking.no-times",
        Text::new(
            "The log has no times, so its last days can't be told.",
            "该日志没有时间，无法确定最后几天。",
        ),
        Text::new(
            "Give the test window as a share of the sessions.",
            "请按会话比例给出测试窗口。",
        ),
    )
}
