//! Policies against the optimum: their values, the regret of learning, and what the ranking hangs on.

use super::Work;
use super::policies::Ground;
use crate::env::Model;
use crate::env::shop::Shop;
use crate::evaluate::value::{
    BoardStudy, Conditions, Scan, Sensitivity, Stochastic, exact, regret, share,
};
use crate::experiment::study::{PolicyName, ValueTerms};
use crate::lab::problems::Problem as Decision;
use crate::lab::protocol::{StudyReport, ValueReport};
use crate::problem::Problem;
use crate::solve::value_iteration::{solve, start_value};

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
        Ok(Self {
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
            ground,
        })
    }

    /// The policies of the scans: all but the optimal one, which every assumption has anew.
    fn scanned(&self) -> impl Iterator<Item = &Stochastic> {
        let optimal = PolicyName::Optimal.name();
        let policies = self.board.policies().iter();
        policies
            .filter(move |(name, _)| name != optimal)
            .map(|(_, policy)| policy)
    }

    /// Every scanned policy's share of the optimum.
    fn shares(&self, model: &impl Model, gamma: f64) -> Result<Vec<f64>, Problem> {
        let optimum = solve(model, gamma)?.start_value;
        let horizon = self.ground.horizon;
        let value = |policy| start_value(model, &exact(model, policy, gamma, horizon));
        // Where the optimum is worth 0, so is the difference to it as a share: the value itself is shown.
        Ok(self
            .scanned()
            .map(value)
            .map(|value| share(value, optimum).unwrap_or(value))
            .collect())
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
        })
    }
}

impl Work for Valuing {
    fn advance(&mut self, work: u64) -> Result<Option<StudyReport>, Problem> {
        if !self.boarded {
            let episodes = (work / EPISODE).clamp(1, 1 << 20) as u32;
            self.boarded = self.board.advance(&self.ground.problem, episodes);
            return Ok(None);
        }
        if let Some(lift) = self.lift.as_ref().and_then(Scan::wanted)
            && let Some(mut shop) = self.shop.take()
        {
            shop.set_lift(lift)?;
            let shares = self.shares(&shop, self.ground.gamma)?;
            self.shop = Some(shop);
            if let Some(scan) = &mut self.lift {
                scan.take(shares);
            }
            return Ok(None);
        }
        if let Some(gamma) = self.gamma.wanted() {
            let shares = self.shares(&self.ground.problem, gamma)?;
            self.gamma.take(shares);
            return Ok(None);
        }
        Ok(Some(self.report()))
    }

    fn fraction(&self) -> f64 {
        let lift = self.lift.as_ref().map_or(1.0, Scan::progress);
        (self.board.progress() + lift + self.gamma.progress()) / 3.0
    }
}
