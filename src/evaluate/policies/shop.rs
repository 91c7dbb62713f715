//! The shop policy as a ranking: items by likelihood times the value of the branch that taking them opens.
//!
//! After Shani, Heckerman & Brafman, "An MDP-Based Recommender System", JMLR 6 (2005). The decision problem is the shop
//! of the training sessions ([`crate::env::shop`]), solved by value iteration. Where recommending is taken to change nothing (a lift
//! of 1), Q(s,.) is constant and its order is noise; then the policy ranks by `p(a|s) (r + gamma V(s') - floor)`, else
//! by Q(s,a).
//!
//! Where all events are of one type, value can only tell after which items users go on for longer. It then counts with an exponent
//! ([`SHARES`]), the largest that costs next to nothing on the newest sessions of training: `p(a|s) (...)^share`.

use crate::behaviour::markov::ANY;
use crate::behaviour::{
    BehaviourModel, History, LONGEST_LIST, Prior, Scratch, Sessions, Values, Watch, need_events,
};
use crate::env::shop::visits::Visits;
use crate::env::shop::{RewardConfig, Shop, ShopConfig};
use crate::evaluate::{CUTOFFS, Metric, Run, Segment, Split};
use crate::log::EventType;
use crate::problem::Problem;
use crate::solve::value_iteration::{TOLERANCE, ValueIteration};

/// State-action pairs between two reports.
const SLICE: u64 = 1 << 20;
/// Most items that make a state.
const LONGEST_STATE: usize = 3;
/// The best score of a shorter suffix as a share of the best of the longer one; the worst has half of the best. So what
/// follows a shorter suffix never stands above what followed the longer one, as in the lists of `recommend`.
const LEVEL: f64 = 0.25;

/// Exponents of the value that are tried where all events are of one type, the largest first.
const SHARES: [f64; 5] = [1.0, 0.75, 0.5, 0.25, 0.0];
/// What value may cost in MRR@20 on the newest sessions of training: half of what is promised, since the test is another sample.
const COST: f64 = 0.0025;
/// The newest sessions that the exponent is chosen on: this part of all, and no more than this many.
const NEWEST: f64 = 0.1;
const MOST_NEWEST: usize = 2000;
/// The cutoff that the promise speaks of, an index into [`CUTOFFS`].
const PROMISED: usize = 2;
/// Fewer predictions than these tell nothing of a cost this small.
const FEWEST_PREDICTIONS: usize = 200;

/// The shop policy, or its behaviour model alone.
#[derive(Clone, Debug)]
pub struct ShopRank {
    config: ShopConfig,
    /// The discount; none: likelihood alone ranks.
    gamma: Option<f64>,
    /// The exponent of the value, one of [`SHARES`].
    share: f64,
    prior: Prior,
    /// The training sessions, one item a visit.
    train: Sessions,
    /// Whether events on one item are steps of one visit.
    merge: bool,
    /// How often, after an event of each type, the next one was on the same item, and on another.
    stays: [[u32; 2]; EventType::ALL.len()],
    /// None where no session goes on after its first item.
    solved: Option<Solved>,
}

/// A shop with its optimal values.
#[derive(Clone, Debug)]
struct Solved {
    shop: Shop,
    values: Vec<f64>,
}

impl ShopRank {
    /// Likelihood times value. Not yet fitted.
    #[must_use]
    pub fn policy(values: &Values) -> Self {
        let gamma = Some(values.real("gamma"));
        Self::new(values.whole("order"), values.real("lift"), gamma)
    }

    /// Likelihood alone. Not yet fitted.
    #[must_use]
    pub fn likelihood(values: &Values) -> Self {
        Self::new(values.whole("order"), 1.0, None)
    }

    fn new(order: usize, lift: f64, gamma: Option<f64>) -> Self {
        Self {
            config: ShopConfig {
                order: order as u32,
                lift,
                candidates: LONGEST_LIST as u32,
                // Every item that ever followed a state may be ranked there: rare ones stand low by their likelihood.
                min_support: 1,
                support: 1,
                ..ShopConfig::default()
            },
            gamma,
            share: 1.0,
            prior: Prior::default(),
            train: Sessions::default(),
            merge: false,
            stays: Default::default(),
            solved: None,
        }
    }

    /// Makes the shop of the training sessions and solves it.
    fn solve(&mut self, watch: &mut Watch<'_>) -> Result<(), Problem> {
        let train = &self.train;
        self.merge = train.kind.windows(2).any(|pair| pair[0] != pair[1]);
        self.stays = Default::default();
        let mut visits = Visits::new(RewardConfig::default(), self.merge, None);
        for session in 0..train.len() {
            let History { items, kinds, .. } = train.session(session);
            visits.push(items, kinds);
            for (pair, &kind) in items.windows(2).zip(kinds) {
                self.stays[kind as usize][usize::from(pair[0] != pair[1])] += 1;
            }
        }
        let visits = visits.finish();
        self.solved = None;
        if visits.start.windows(2).all(|ends| ends[1] - ends[0] < 2) {
            return watch.report(1, 1);
        }
        let shop = Shop::from_visits(visits, train.items as usize, self.config)?;
        let values = match self.gamma {
            Some(gamma) => optimum(&shop, gamma, watch)?,
            None => Vec::new(),
        };
        self.solved = Some(Solved { shop, values });
        watch.report(1, 1)
    }

    /// The newest items that make the state, oldest first, and how many they are.
    fn newest(&self, items: &[u32]) -> ([u32; LONGEST_STATE], usize) {
        let mut newest = [0; LONGEST_STATE];
        let mut length = 0;
        let mut last = None;
        for &item in items.iter().rev() {
            let stays = self.merge && last == Some(item);
            if item < self.train.items && !stays {
                newest[LONGEST_STATE - 1 - length] = item;
                length += 1;
                last = Some(item);
            }
            if length == self.config.order as usize {
                break;
            }
        }
        (newest, length)
    }

    /// What the policy ranks the items of a state by.
    fn worth<'a>(
        &'a self,
        solved: &'a Solved,
        state: u32,
    ) -> impl Iterator<Item = (u32, f64)> + Clone + 'a {
        let Solved { shop, values } = solved;
        let entries = shop.entries(state).iter();
        let (floor, undirected) = match self.gamma {
            Some(gamma) => (
                shop.floor(state, values, gamma),
                shop.undirected(state, values, gamma),
            ),
            None => (0.0, 0.0),
        };
        entries.map(move |entry| {
            let worth = match self.gamma {
                None => entry.probability,
                Some(gamma) => {
                    let branch = entry.branch(values, gamma);
                    if self.config.lift > 1.0 {
                        shop.recommended(entry, branch, undirected)
                    } else {
                        entry.probability * weighed(branch - floor, self.share)
                    }
                }
            };
            (entry.item, worth)
        })
    }

    /// A visit may go on with another event on the same item: as likely as after other events of its type, and worth as much as
    /// the average of what else may follow. A recommendation can't bring it about, so Q does not rank it.
    fn stay(&self, solved: &Solved, state: u32, history: History<'_>) -> Option<(u32, f64)> {
        let (&item, &kind) = history.items.last().zip(history.kinds.last())?;
        let known = self.merge && self.config.lift <= 1.0 && item < self.train.items;
        let [stays, goes] = self.stays[kind as usize];
        if !known || stays == 0 {
            return None;
        }
        let sum: f64 = self.worth(solved, state).map(|(_, worth)| worth).sum();
        Some((item, f64::from(stays) / f64::from(goes.max(1)) * sum))
    }
}

/// The value as it counts in the ranking; unchanged where all of it does.
fn weighed(value: f64, share: f64) -> f64 {
    if share < 1.0 {
        libm::pow(value.max(0.0), share)
    } else {
        value
    }
}

/// The largest exponent of the value that costs next to nothing on the newest sessions of training; 1 where events differ in
/// type (there value is what is wanted) or where there are too few to tell.
fn share_of_value(model: &ShopRank, all: &Sessions, watch: &mut Watch<'_>) -> Result<f64, Problem> {
    let undecided = model.gamma.is_none() || model.config.lift > 1.0;
    if undecided || all.kind.iter().any(|&kind| kind != all.kind[0]) {
        return Ok(SHARES[0]);
    }
    let newest = NEWEST.min(MOST_NEWEST as f64 / all.len() as f64);
    // Too short a log to hold sessions back from.
    let Ok(split) = Split::by_share(all, newest, false) else {
        return Ok(SHARES[0]);
    };
    if split.test.events() - split.test.len() < FEWEST_PREDICTIONS {
        return Ok(SHARES[0]);
    }
    let mut trial = model.clone();
    trial.learn(&split.train, watch)?;
    let mut mrr = |share: f64| {
        trial.share = share;
        let mut run = Run::new(&trial, &split, CUTOFFS[PROMISED]);
        while run.advance(MOST_NEWEST) {}
        run.finish().tally(Segment::All).mean(Metric::Mrr, PROMISED)
    };
    let alone = mrr(0.0);
    let cheap = SHARES.iter().find(|&&share| mrr(share) >= alone - COST);
    Ok(cheap.copied().unwrap_or(0.0))
}

/// The optimal values of a shop.
fn optimum(shop: &Shop, gamma: f64, watch: &mut Watch<'_>) -> Result<Vec<f64>, Problem> {
    let mut iteration = ValueIteration::new(shop, gamma, TOLERANCE);
    loop {
        let progress = iteration.advance(shop, SLICE)?;
        if progress.done {
            return Ok(iteration.into_values());
        }
        // The change falls by about the same factor in every sweep, from some 1 to the tolerance.
        let decades = libm::log10(progress.change.clamp(TOLERANCE, 1.0));
        watch.report((-100.0 * decades) as usize, 1000)?;
    }
}

impl BehaviourModel for ShopRank {
    fn fit(&mut self, train: &Sessions, watch: &mut Watch<'_>) -> Result<(), Problem> {
        need_events(train)?;
        self.share = watch.part(0.0, 0.5, |watch| share_of_value(self, train, watch))?;
        watch.part(0.5, 1.0, |watch| self.learn(train, watch))
    }

    fn score(&self, history: History<'_>, scratch: &mut Scratch) {
        let scores = &mut scratch.scores;
        scores.begin(self.train.items as usize);
        if let Some(solved) = &self.solved {
            let (newest, length) = self.newest(history.items);
            let state = if length == 0 && !history.items.is_empty() {
                ANY
            } else {
                solved.shop.state_of(&newest[LONGEST_STATE - length..])
            };
            let mut best = 1.0;
            for from in solved.shop.back_off(state) {
                let stay = (from == state)
                    .then(|| self.stay(solved, state, history))
                    .flatten();
                let level = stay.into_iter().chain(self.worth(solved, from));
                let worths = level.clone().map(|(_, worth)| worth);
                let low = worths.clone().fold(f64::INFINITY, f64::min);
                let high = worths.fold(f64::NEG_INFINITY, f64::max);
                let range = if high > low { high - low } else { 1.0 };
                for (item, worth) in level {
                    if !scores.has(item) {
                        scores.set(item, best * (0.5 + 0.5 * (worth - low) / range));
                    }
                }
                best *= LEVEL;
            }
        }
        self.prior.settle(scores);
    }

    /// Solves the whole problem again, as a shop would do from time to time: far slower than the update of a counting model.
    fn update(&mut self, session: History<'_>) {
        self.prior.update(session);
        self.keep(session);
        // The problem of more sessions has an optimum too, and this watch never stops; were it otherwise, popularity is left.
        if self.solve(&mut Watch::new(&mut |_| true)).is_err() {
            self.solved = None;
        }
    }

    fn memory(&self) -> usize {
        let train = &self.train;
        let sessions = 13 * train.events() + 8 * train.len();
        let solved = self.solved.as_ref();
        let solved = solved.map_or(0, |s| s.shop.memory() + 8 * s.values.len());
        sessions + solved + self.prior.memory()
    }
}

impl ShopRank {
    /// Learns everything but the exponent of the value.
    fn learn(&mut self, train: &Sessions, watch: &mut Watch<'_>) -> Result<(), Problem> {
        self.prior = Prior::new(train);
        self.train = Sessions::new(train.items, train.has_time);
        for session in 0..train.len() {
            self.keep(train.session(session));
        }
        self.solve(watch)
    }

    /// Keeps a session's events on items that have a number.
    fn keep(&mut self, session: History<'_>) {
        let train = &mut self.train;
        let events = session.items.iter().zip(session.kinds);
        for (&item, &kind) in events.filter(|&(&item, _)| item < train.items) {
            train.item.push(item);
            train.kind.push(kind);
            train.time.push(0);
        }
        train.source.push(0);
        train.start.push(train.item.len() as u32);
    }
}
