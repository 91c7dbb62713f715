//! Policies against the optimum: their values, the regret of learning, and what the ranking hangs on.

use std::rc::Rc;

use super::Work;
use super::agents::Training;
use super::networks::Learning;
use super::policies::Ground;
use crate::behaviour::Sessions;
use crate::env::Model;
use crate::env::shop::Shop;
use crate::evaluate::value::{
    BoardStudy, Conditions, Evaluation, Scan, Sensitivity, Stochastic, regret, share,
};
use crate::experiment::study::{PolicyName, ValueTerms};
use crate::lab::problems::Problem as Decision;
use crate::lab::protocol::{Lesson, Pupil, StudyReport, Trouble, ValueReport};
use crate::problem::{Problem, Text};
use crate::solve::value_iteration::{TOLERANCE, ValueIteration, start_value};

/// The lifts at which policies are compared.
const LIFTS: [f64; 10] = [1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.5, 10.0];
/// The discounts at which policies are compared.
const DISCOUNTS: [f64; 11] = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95];
/// Elementary operations that a simulated step counts for, and steps that an episode is taken to have.
const EPISODE: u64 = 200;

/// A study of values under way: the board, then the scans.
pub struct Valuing {
    ground: Ground,
    board: BoardStudy,
    boarded: bool,
    scanned: Vec<PolicyName>,
    /// The shop whose lift is varied.
    shop: Option<Shop>,
    lift: Option<Scan>,
    gamma: Scan,
    point: Option<Point>,
    /// The networks and agents that are still to learn, the last one first.
    pupils: Vec<Pupil>,
    learning: Option<School>,
    sessions: Rc<Sessions>,
    count: usize,
    troubles: Vec<Trouble>,
}

/// One of them at it.
enum School {
    Log(Box<Learning>),
    Problem(Training),
}

impl School {
    fn new(pupil: Pupil, ground: &Ground, sessions: &Rc<Sessions>) -> Result<Self, Problem> {
        Ok(match pupil {
            Pupil::Network(name) => {
                let learning = Learning::new(name, ground.gamma, sessions.clone())?;
                Self::Log(Box::new(learning))
            }
            Pupil::Agent(name) => Self::Problem(Training::new(name, ground)?),
        })
    }

    fn done(&self) -> f64 {
        match self {
            Self::Log(learning) => learning.done(),
            Self::Problem(training) => training.done(),
        }
    }

    fn lesson(&self) -> Lesson {
        match self {
            Self::Log(learning) => learning.lesson(),
            Self::Problem(training) => training.lesson(),
        }
    }

    fn advance(&mut self, work: u64) -> Result<bool, Problem> {
        match self {
            Self::Log(learning) => learning.advance(work),
            Self::Problem(training) => training.advance(work),
        }
    }

    fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::Log(learning) => learning.trouble(),
            Self::Problem(training) => training.trouble(),
        }
    }

    /// The policies that came of it.
    fn policies(self, ground: &Ground) -> Result<Vec<(String, Stochastic)>, Problem> {
        match self {
            Self::Log(learning) => learning.policies(ground),
            Self::Problem(training) => Ok(vec![training.policy()]),
        }
    }
}

/// One point of a scan under way: its optimum, then each policy.
struct Point {
    gamma: f64,
    solving: Option<ValueIteration>,
    optimum: f64,
    evaluating: Option<Evaluation>,
    shares: Vec<f64>,
}

impl Valuing {
    pub fn new(ground: Ground, terms: &ValueTerms) -> Result<Self, Problem> {
        let mut policies = Vec::new();
        for &name in &terms.policies {
            let policy = ground.policy(name, terms.exploring)?;
            policies.push((name.name().to_owned(), policy));
        }
        let conditions = Conditions {
            gamma: ground.gamma,
            horizon: ground.horizon,
            episodes: terms.episodes,
            seed: u64::from(terms.seed),
        };
        let shop = match &ground.problem {
            Decision::Shop(shop) => Some(Shop::clone(shop)),
            _ => None,
        };
        let log = ground.log.as_ref().filter(|_| !terms.networks.is_empty());
        if log.is_none() && !terms.networks.is_empty() {
            return Err(no_log());
        }
        Ok(Self {
            sessions: Rc::new(log.map_or_else(Sessions::default, |log| Sessions::from_log(log))),
            count: terms.networks.len() + terms.agents.len(),
            pupils: pupils(terms),
            troubles: Vec::new(),
            learning: None,
            board: BoardStudy::new(ground.optimum, policies, conditions),
            boarded: false,
            scanned: terms
                .policies
                .iter()
                .copied()
                .filter(|&name| name != PolicyName::Optimal)
                .collect(),
            lift: shop.as_ref().map(|_| Scan::new(LIFTS.to_vec())),
            shop,
            gamma: Scan::new(DISCOUNTS.to_vec()),
            point: None,
            ground,
        })
    }

    fn report(&mut self) -> StudyReport {
        let learned = self.scanned.iter().any(|policy| policy.trained());
        let points = self.ground.learned.as_ref().filter(|_| learned);
        let points = points.map_or(&[][..], |learned| &learned.points);
        let finish = |scan: &Scan| -> Sensitivity { scan.clone().finish() };
        StudyReport::Value(ValueReport {
            board: self.board.board(),
            regret: regret(points, self.ground.optimum),
            scanned: self.scanned.clone(),
            lift: self.lift.as_ref().map(finish),
            gamma: finish(&self.gamma),
            troubles: self.troubles.clone(),
        })
    }
}

impl Point {
    fn new(model: &impl Model, gamma: f64) -> Self {
        Self {
            gamma,
            solving: Some(ValueIteration::new(model, gamma, TOLERANCE)),
            optimum: 0.0,
            evaluating: None,
            shares: Vec::new(),
        }
    }

    /// Goes on for about `work` pairs; every scanned policy's share of the optimum, when the last is found.
    fn advance(
        &mut self,
        model: &impl Model,
        board: &BoardStudy,
        horizon: u32,
        work: u64,
    ) -> Result<Option<Vec<f64>>, Problem> {
        if let Some(solving) = &mut self.solving {
            if solving.advance(model, work)?.done {
                let values = self.solving.take().map(ValueIteration::into_values);
                self.optimum = values.map_or(0.0, |values| start_value(model, &values));
            }
            return Ok(None);
        }
        // The optimal policy is left out: every assumption has it anew. So are those that were learned for this study, which have a point in their names.
        let optimal = PolicyName::Optimal.name();
        let scanned = |name: &str| name != optimal && !name.contains('.');
        let mut policies = board.policies().iter().filter(|(name, _)| scanned(name));
        let Some((_, policy)) = policies.nth(self.shares.len()) else {
            return Ok(Some(std::mem::take(&mut self.shares)));
        };
        let mut evaluating = self
            .evaluating
            .take()
            .unwrap_or_else(|| Evaluation::new(model, self.gamma, horizon));
        if evaluating.advance(model, policy, work) {
            let value = start_value(model, &evaluating.into_values());
            // Where the optimum is worth 0, so is the difference to it as a share: the value itself is shown.
            self.shares
                .push(share(value, self.optimum).unwrap_or(value));
        } else {
            self.evaluating = Some(evaluating);
        }
        Ok(None)
    }
}

impl Work for Valuing {
    fn advance(&mut self, work: u64) -> Result<Option<StudyReport>, Problem> {
        if let Some(mut learning) = self.learning.take() {
            if !learning.advance(work)? {
                self.learning = Some(learning);
                return Ok(None);
            }
            self.troubles.extend(learning.trouble());
            for (name, policy) in learning.policies(&self.ground)? {
                self.board.add(name, policy);
            }
            return Ok(None);
        }
        if let Some(pupil) = self.pupils.pop() {
            self.learning = Some(School::new(pupil, &self.ground, &self.sessions)?);
            return Ok(None);
        }
        if !self.boarded {
            let episodes = (work / EPISODE).clamp(1, 1 << 20) as u32;
            self.boarded = self.board.advance(&self.ground.problem, episodes);
            return Ok(None);
        }
        let (board, horizon) = (&self.board, self.ground.horizon);
        if let Some(lift) = self.lift.as_mut()
            && let Some(wanted) = lift.wanted()
            && let Some(shop) = &mut self.shop
        {
            if self.point.is_none() {
                shop.set_lift(wanted)?;
            }
            let gamma = self.ground.gamma;
            let point = self.point.get_or_insert_with(|| Point::new(shop, gamma));
            if let Some(shares) = point.advance(shop, board, horizon, work)? {
                lift.take(shares);
                self.point = None;
            }
            return Ok(None);
        }
        if let Some(gamma) = self.gamma.wanted() {
            let world = &self.ground.problem;
            let point = self.point.get_or_insert_with(|| Point::new(world, gamma));
            if let Some(shares) = point.advance(world, board, horizon, work)? {
                self.gamma.take(shares);
                self.point = None;
            }
            return Ok(None);
        }
        Ok(Some(self.report()))
    }

    fn lesson(&self) -> Option<Lesson> {
        self.learning.as_ref().map(School::lesson)
    }

    fn fraction(&self) -> f64 {
        let lift = self.lift.as_ref().map_or(1.0, Scan::progress);
        let rest = (self.board.progress() + lift + self.gamma.progress()) / 3.0;
        if self.count == 0 {
            return rest;
        }
        // Learning takes nearly all of the time.
        let under_way = self.learning.as_ref();
        let waiting = self.pupils.len() + usize::from(under_way.is_some());
        let learned = (self.count - waiting) as f64 + under_way.map_or(0.0, School::done);
        0.9 * learned / self.count as f64 + 0.1 * if waiting > 0 { 0.0 } else { rest }
    }
}

/// Who learns first, the last one first: agents, then networks.
fn pupils(terms: &ValueTerms) -> Vec<Pupil> {
    let networks = terms.networks.iter().rev().copied().map(Pupil::Network);
    let agents = terms.agents.iter().rev().copied().map(Pupil::Agent);
    networks.chain(agents).collect()
}

fn no_log() -> Problem {
    Problem::new(
        "study.networks",
        Text::new(
            "Networks learn from a log, and only a shop is made of one.",
            "网络从日志中学习，而只有商店由日志构建。",
        ),
        Text::new(
            "Decide what to recommend, or leave the networks out.",
            "请选择推荐问题，或不使用网络。",
        ),
    )
}
