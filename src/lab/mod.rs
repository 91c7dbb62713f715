//! The laboratory: one experiment in progress, driven by requests and slices of work.
//!
//! The page's worker and the native runner drive the same laboratory, so that both come to the same bits. It
//! knows no clock: whoever drives it decides how large a slice is, and the result does not depend on it.

#[cfg(feature = "whole")]
mod adviser;
pub mod configure;
mod data;
mod findings;
#[cfg(not(feature = "whole"))]
mod first;
mod learning;
mod look;
#[cfg(feature = "whole")]
mod networks;
#[cfg(feature = "whole")]
pub mod operations;
pub mod problems;
pub mod protocol;
#[cfg(feature = "whole")]
mod ranking;
mod sharing;
#[cfg(feature = "whole")]
mod studies;
mod users;

use std::rc::Rc;

use crate::env::Environment;
use crate::env::shop::build::Building;
use crate::experiment::finding::Finding;
use crate::experiment::outcome::Outcome;
use crate::experiment::parameters::{Group, Parameter, Settings, Value, parameter};
use crate::experiment::ranking::Ranking;
use crate::experiment::{Change, Experiment, SHOP, Source, Stop};
use crate::log::{Decoders, ImportOptions, Importer};
use crate::problem::{Problem, Text};
use crate::recommend::export::Export;

pub use configure::generator;
use data::{Data, Import, Progress};
use learning::{Decided, Training};
#[cfg(feature = "whole")]
pub use networks::costs;
use problems::Problem as Decision;
use protocol::{Request, Response, World};
#[cfg(feature = "whole")]
use ranking::Board;
#[cfg(feature = "whole")]
use studies::Studies;
#[cfg(feature = "whole")]
pub use studies::policies_of;

type Answer = Result<Vec<Response>, Problem>;

/// A decision problem on its way: a shop is made in slices, every other at once.
enum Begun {
    Building(Box<Building>),
    Made(Decision),
}

/// What an opened link asks to be repeated.
#[derive(Default)]
struct Promise {
    changes: Vec<Change>,
    stop: Option<Stop>,
    outcome: Option<Outcome>,
    ranking: Option<Ranking>,
    findings: Vec<Finding>,
}

/// One experiment in progress.
#[derive(Default)]
pub struct Lab {
    decoders: Decoders,
    settings: Settings,
    problem: String,
    promise: Promise,
    import: Option<Import>,
    data: Option<Data>,
    building: Option<Box<Building>>,
    decided: Option<Decided>,
    training: Option<Training>,
    outcome: Option<Outcome>,
    export: Option<Export>,
    #[cfg(feature = "whole")]
    board: Board,
    ranking: Option<Ranking>,
    #[cfg(feature = "whole")]
    studies: Studies,
    #[cfg(feature = "whole")]
    orders: operations::Orders,
    findings: Vec<Finding>,
    clock: Option<fn() -> f64>,
}

impl Lab {
    /// An empty laboratory that times models of behaviour by `clock`: milliseconds since any moment. Without a clock,
    /// their times are 0.
    #[must_use]
    pub fn with_clock(clock: fn() -> f64) -> Self {
        Self {
            clock: Some(clock),
            ..Self::default()
        }
    }

    /// What holds the action values in the place of the table, where something does: `gru`.
    #[must_use]
    pub fn approximator(&self) -> Option<&str> {
        Some(self.settings.choice("approximator")).filter(|&name| name != "table")
    }

    /// Takes over an experiment: its settings at once, its data and result as what is to be repeated.
    pub fn open(&mut self, experiment: Experiment) {
        *self = Self {
            decoders: self.decoders.clone(),
            settings: experiment.settings,
            problem: experiment.problem,
            promise: Promise {
                changes: experiment.changes,
                stop: experiment.stop,
                outcome: experiment.outcome,
                ranking: experiment.ranking,
                findings: experiment.findings,
            },
            import: self.import.take(),
            data: self.data.take(),
            clock: self.clock,
            ..Self::default()
        };
    }

    /// What is decided: [`SHOP`] or the id of another problem; empty before anything is.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// The settings as they stand.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Reads later logs with these decoders.
    pub fn use_decoders(&mut self, decoders: Decoders) {
        self.decoders = decoders;
    }

    /// Carries out a request. A problem is an answer like any other; what was there before it stays.
    pub fn request(&mut self, request: Request) -> Vec<Response> {
        let before = self.settings.clone();
        let answer = self.answer(request);
        if answer.is_err() {
            self.settings = before;
        }
        answered(answer)
    }

    /// The next bytes of the log being imported.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Response> {
        let Some(import) = &mut self.import else {
            return Vec::new();
        };
        import.push(bytes).unwrap_or_else(|refused| {
            self.import = None;
            refused.responses()
        })
    }

    /// Whether there is something under way that needs slices of work.
    #[must_use]
    pub fn busy(&self) -> bool {
        self.import.as_ref().is_some_and(Import::finishing)
            || self.building.is_some()
            || self.is_solving()
            || self.export.is_some()
            || self.is_comparing()
            || self.is_studying()
            || self.training.as_ref().is_some_and(Training::busy)
    }

    /// Does about `work` elementary operations of what is under way.
    pub fn advance(&mut self, work: u64) -> Vec<Response> {
        let answer = if self.import.as_ref().is_some_and(Import::finishing) {
            self.advance_import()
        } else if self.building.is_some() {
            self.advance_building(work)
        } else if self.is_solving() {
            self.advance_solving(work)
        } else if self.export.is_some() {
            self.advance_export()
        } else if self.is_comparing() {
            self.advance_comparing(work)
        } else if self.is_studying() {
            self.advance_study(work)
        } else {
            self.advance_training(work)
        };
        answered(answer)
    }

    fn answer(&mut self, request: Request) -> Answer {
        match request {
            Request::BeginImport {
                source,
                name,
                size,
                options,
            } => {
                let options = configure::import_options(&self.settings, options);
                let importer = Importer::new(&name, size, options);
                let importer = importer.with_decoders(self.decoders.clone());
                self.import = Some(Import::new(source, importer));
                done()
            }
            Request::LeaveFingerprint => {
                if let Some(import) = &mut self.import {
                    import.leave_fingerprint();
                }
                done()
            }
            Request::Fingerprint { fingerprint } => {
                if let Some(import) = &mut self.import {
                    import.give_fingerprint(&fingerprint)?;
                }
                done()
            }
            Request::EndImport => self.end_import(),
            Request::CancelImport => {
                self.import = None;
                done()
            }
            Request::Rejects => {
                let text = self.data()?.rejects.csv();
                Ok(vec![Response::Chunk { text, last: true }])
            }
            Request::Decide { problem } => self.decide(&problem),
            Request::Set { key, value } => self.set(&key, value),
            Request::Train => self.train(),
            Request::Pause => {
                self.hold(true);
                done()
            }
            Request::Step => self.step(),
            Request::Stop => self.stop(),
            Request::Reset => self.reset(),
            Request::Users {
                query,
                offset,
                limit,
            } => {
                let data = self.data()?;
                let (users, total) = data.users.find(&data.log.users, &query, offset, limit);
                Ok(vec![Response::Users { users, total }])
            }
            Request::Recommend { user, k } => self.recommend(&user, k),
            Request::ExportRecommendations { k } => self.begin_export(k),
            Request::Policy => self.policy(),
            Request::Share { carry } => self.share(carry),
            #[cfg(feature = "whole")]
            Request::Board(request) => self.answer_board(request),
            #[cfg(feature = "whole")]
            Request::Study(request) => self.answer_study(request),
            #[cfg(feature = "whole")]
            Request::Operations(request) => self.answer_operations(request),
            #[cfg(feature = "whole")]
            Request::Network => self.measure_approximator(),
            Request::KeepRanking { ranking } => self.keep_ranking(ranking),
            Request::Learned => self.tell_learned(),
            Request::KeepFinding { finding } => self.keep_finding(finding),
        }
    }

    fn data(&self) -> Result<&Data, Problem> {
        self.data.as_ref().ok_or_else(|| {
            Problem::new(
                "lab.no-log",
                Text::new("There is no log yet.", "还没有日志。"),
                Text::new(
                    "Open one under Data, or choose a sample.",
                    "请在“数据”处打开一个，或选择示例。",
                ),
            )
        })
    }

    fn decided(&self) -> Result<&Decided, Problem> {
        self.decided.as_ref().ok_or_else(|| {
            if self.building.is_some() {
                return not_solved();
            }
            Problem::new(
                "lab.undecided",
                Text::new("There is nothing to decide yet.", "还没有要决策的问题。"),
                Text::new(
                    "Choose a problem under Decide.",
                    "请在“决策”处选择一个问题。",
                ),
            )
        })
    }

    fn end_import(&mut self) -> Answer {
        let Some(import) = self.import.take() else {
            return done();
        };
        Ok(match import.end() {
            Ok((import, responses)) => {
                self.import = Some(import);
                responses
            }
            Err(refused) => refused.responses(),
        })
    }

    fn advance_import(&mut self) -> Answer {
        let Some(import) = &mut self.import else {
            return done();
        };
        match import.advance() {
            Ok(Progress::Going(responses)) => Ok(responses),
            Ok(Progress::Ready(ready)) => {
                let (data, response) = *ready;
                self.import = None;
                self.data = Some(data);
                self.forget_board();
                self.ranking = None;
                self.findings.clear();
                // What needs no log stays decided, and goes on learning.
                if self.problem == SHOP {
                    self.forget_decision();
                }
                Ok(vec![response])
            }
            Err(problem) => {
                self.import = None;
                Err(problem)
            }
        }
    }

    /// Makes the decision problem and starts solving it. Another problem brings the settings that suit it. A shop is made in
    /// slices, and told of when it is made. Where it is refused, what was decided before stays, with what was learned.
    fn decide(&mut self, problem: &str) -> Answer {
        let begun = self.begin_deciding(problem)?;
        self.forget_decision();
        if self.problem != problem {
            // Another problem's link is not to ask for the log.
            self.findings.retain(|finding| !finding.needs_log());
        }
        self.problem = problem.to_owned();
        match begun {
            Begun::Building(building) => {
                self.building = Some(building);
                Ok(vec![self.settings_response(), Response::Building])
            }
            Begun::Made(decision) => {
                self.decided = Some(Decided::new(decision, self.settings.number("gamma")));
                Ok(vec![self.settings_response(), self.world()?])
            }
        }
    }

    fn begin_deciding(&mut self, problem: &str) -> Result<Begun, Problem> {
        if problem != self.problem {
            self.suit(problem)?;
        }
        if problem == SHOP {
            let building = Building::new(&self.data()?.log, configure::shop(&self.settings))?;
            return Ok(Begun::Building(Box::new(building)));
        }
        problems::build(problem, &self.settings).map(Begun::Made)
    }

    fn advance_building(&mut self, work: u64) -> Answer {
        let Some(building) = &mut self.building else {
            return done();
        };
        match building.advance(work) {
            Ok(None) => Ok(Vec::new()),
            Ok(Some(shop)) => {
                self.building = None;
                let decision = Decision::Shop(Rc::new(shop));
                self.decided = Some(Decided::new(decision, self.settings.number("gamma")));
                Ok(vec![self.world()?])
            }
            Err(problem) => {
                self.forget_decision();
                Err(problem)
            }
        }
    }

    /// The settings that suit a problem. What was set before anything was decided stays.
    fn suit(&mut self, problem: &str) -> Result<(), Problem> {
        let suggested = problems::presets(problem)?;
        let first = self.problem.is_empty();
        if !first {
            let before = problems::presets(&self.problem).unwrap_or_default();
            let before = before.iter().map(|(key, _)| *key);
            let own = problems::own_parameters(problem).iter().copied();
            let own = own.filter(|key| *key != "currency");
            for key in problems::SUGGESTED.into_iter().chain(before).chain(own) {
                self.settings.set(key, parameter(key)?.default_value())?;
            }
        }
        let before = self.settings.clone();
        for (key, value) in suggested {
            if !first || before.get(key) == Some(&parameter(key)?.default_value()) {
                self.settings.set(key, value)?;
            }
        }
        #[cfg(feature = "whole")]
        self.suit_network(problem, first)?;
        Ok(())
    }

    fn world(&self) -> Result<Response, Problem> {
        let decided = self.decided()?;
        let optimum = decided.optimum();
        let (title, note) = decided.problem.words();
        let world = World {
            problem: self.problem.clone(),
            title,
            note,
            states: decided.problem.states(),
            pairs: decided.pairs(),
            bytes: decided.table_bytes(&self.settings),
            optimum: optimum.map(|optimum| optimum.start_value),
            sweeps: optimum.map(|optimum| optimum.sweeps),
        };
        Ok(Response::World { world })
    }

    fn settings_response(&self) -> Response {
        Response::Settings {
            settings: self.settings.values().clone(),
        }
    }

    fn keep_ranking(&mut self, ranking: Ranking) -> Answer {
        ranking.check()?;
        let promised = self.promise.ranking.as_ref().filter(|promised| {
            (promised.terms, &promised.models, &promised.reference)
                == (ranking.terms, &ranking.models, &ranking.reference)
        });
        let reproduced = promised.map(|promised| promised.digest == ranking.digest);
        self.ranking = Some(ranking);
        Ok(vec![Response::RankingKept { reproduced }])
    }

    fn is_solving(&self) -> bool {
        self.decided
            .as_ref()
            .is_some_and(|decided| decided.optimum().is_none())
    }

    fn advance_solving(&mut self, work: u64) -> Answer {
        let Some(decided) = &mut self.decided else {
            return done();
        };
        match decided.advance(work) {
            Ok((false, responses)) => Ok(responses),
            Ok((true, mut responses)) => {
                responses.push(self.world()?);
                Ok(responses)
            }
            Err(problem) => {
                self.forget_decision();
                Err(problem)
            }
        }
    }

    /// Sets a parameter. What it decides is made anew; live ones change the training under way instead.
    fn set(&mut self, key: &str, value: Value) -> Answer {
        let parameter = parameter(key)?;
        parameter.check(&value)?;
        if self.settings.get(key) == Some(&value) {
            return done();
        }
        if parameter.live
            && self
                .training
                .as_ref()
                .is_some_and(|training| !training.done())
        {
            self.promise = Promise::default();
            return self
                .training
                .as_mut()
                .map_or_else(done, |training| training.change(key, &value));
        }
        #[cfg(feature = "whole")]
        if key == "approximator" {
            return self.approximate(value);
        }
        self.settings.set(key, value)?;
        if self.rebuilds(parameter) {
            let problem = self.problem.clone();
            let decided = self.decide(&problem)?;
            self.promise = Promise::default();
            return Ok(decided);
        }
        self.promise = Promise::default();
        match parameter.group {
            Group::Sessions | Group::Generator | Group::Operations => done(),
            _ => {
                self.forget_training();
                Ok(vec![Response::Forgotten])
            }
        }
    }

    /// Whether another value of this parameter makes another decision problem, or another optimum, of the one at hand.
    fn rebuilds(&self, parameter: &Parameter) -> bool {
        match parameter.group {
            Group::Reward | Group::Shop => {
                self.problem == SHOP && (self.decided.is_some() || self.building.is_some())
            }
            Group::Agent => parameter.key == "gamma" && self.decided.is_some(),
            Group::Operations => {
                let own = problems::own_parameters(&self.problem);
                own.contains(&parameter.key) && parameter.key != "currency"
            }
            _ => false,
        }
    }

    fn train(&mut self) -> Answer {
        self.hold(false);
        self.begin_training()?;
        done()
    }

    /// Starts training if there is none. Solving comes first, and then this is called again.
    fn begin_training(&mut self) -> Result<(), Problem> {
        let decided = self.decided()?;
        if decided.optimum().is_none() {
            return Err(not_solved());
        }
        if self.training.is_none() {
            let (changes, stop) = (self.promise.changes.clone(), self.promise.stop);
            self.training = Some(Training::new(decided, &self.settings, changes, stop)?);
        }
        Ok(())
    }

    fn hold(&mut self, paused: bool) {
        if let Some(training) = &mut self.training {
            training.paused = paused;
        }
    }

    fn advance_training(&mut self, work: u64) -> Answer {
        let (Some(decided), Some(training)) = (&self.decided, &mut self.training) else {
            return done();
        };
        let responses = training.advance(decided, &self.settings, work)?;
        Ok(self.with_outcome(responses))
    }

    fn step(&mut self) -> Answer {
        self.begin_training()?;
        self.hold(true);
        let (Some(decided), Some(training)) = (&self.decided, &mut self.training) else {
            return done();
        };
        let (trace, mut responses) = training.step(decided, &self.settings)?;
        if let Some(trace) = trace {
            responses.push(look::trace(
                &decided.problem,
                self.data.as_ref().map(|data| &*data.log),
                &trace,
            ));
        }
        Ok(self.with_outcome(responses))
    }

    fn stop(&mut self) -> Answer {
        let (Some(decided), Some(training)) = (&self.decided, &mut self.training) else {
            return done();
        };
        let responses = training.end(decided, &self.settings)?;
        Ok(self.with_outcome(responses))
    }

    /// Starts anew. Parameters changed by hand while training ran keep their newest values; what an opened link
    /// asks to be repeated is repeated again.
    fn reset(&mut self) -> Answer {
        if self.promise.changes.is_empty() {
            let changes = self
                .training
                .as_ref()
                .map_or_else(Vec::new, |training| training.changes().to_vec());
            let mut gamma = false;
            for change in changes {
                gamma |= change.key == "gamma";
                self.settings.set(&change.key, change.value)?;
            }
            if gamma {
                let problem = self.problem.clone();
                return self.decide(&problem);
            }
        }
        self.forget_training();
        Ok(vec![self.settings_response()])
    }

    /// The same responses, and the outcome if the last run has just ended.
    fn with_outcome(&mut self, mut responses: Vec<Response>) -> Vec<Response> {
        if self.outcome.is_some() {
            return responses;
        }
        let (data, events) = match (&self.data, self.problem == SHOP) {
            (Some(data), true) => (data.file.fingerprint.as_str(), data.digest.as_str()),
            _ => ("", ""),
        };
        let optimum = self.decided.as_ref().and_then(Decided::optimum);
        let (Some(training), Some(optimum)) = (&self.training, optimum) else {
            return responses;
        };
        if let Some(outcome) = training.outcome(data, events, optimum) {
            let verdict = self
                .promise
                .outcome
                .as_ref()
                .map(|promised| outcome.verdict(promised));
            responses.push(Response::Trained {
                outcome: outcome.clone(),
                digest: outcome.digest.short(),
                verdict,
            });
            self.outcome = Some(outcome);
        }
        responses
    }

    fn forget_training(&mut self) {
        self.training = None;
        self.outcome = None;
        self.export = None;
        self.forget_studies();
        self.findings.retain(|finding| !finding.trained);
    }

    fn forget_decision(&mut self) {
        self.forget_training();
        self.building = None;
        self.decided = None;
    }

    /// The experiment as it stands.
    fn experiment(&self, source: Source) -> Experiment {
        let data = self.data.as_ref().filter(|_| self.needs_log());
        let training = self.training.as_ref();
        let findings = self.findings.iter();
        Experiment {
            engine: crate::experiment::VERSION.to_owned(),
            source,
            options: data.map_or_else(ImportOptions::default, |data| data.options.clone()),
            problem: if self.on_log() { SHOP } else { &self.problem }.to_owned(),
            settings: self.settings.clone(),
            changes: training.map_or_else(Vec::new, |training| training.changes().to_vec()),
            stop: training.and_then(Training::stopped),
            outcome: self.outcome.clone(),
            ranking: self.ranking.clone().filter(|_| self.on_log()),
            findings: findings
                .filter(|finding| finding.trained || finding.needs_log() || self.on_log())
                .cloned()
                .collect(),
        }
    }

    /// Whether the experiment can't be repeated without the log.
    fn needs_log(&self) -> bool {
        self.on_log() || self.findings.iter().any(Finding::needs_log)
    }

    /// Whether the experiment is about the log: what to recommend, or nothing decided yet.
    fn on_log(&self) -> bool {
        self.problem == SHOP || (self.problem.is_empty() && self.data.is_some())
    }
}

fn done() -> Answer {
    Ok(vec![Response::Done])
}

fn answered(answer: Answer) -> Vec<Response> {
    answer.unwrap_or_else(|problem| vec![Response::Problem { problem }])
}

/// The problem of asking for training before the optimum is known.
fn not_solved() -> Problem {
    Problem::new(
        "lab.solving",
        Text::new("The optimum is still being computed.", "最优值仍在计算中。"),
        Text::new("Training can start in a moment.", "稍后即可开始训练。"),
    )
}
