//! An experiment on simulated users: they come in numbered batches, each with random numbers of its own, so that it does not
//! matter who simulates which batch.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Work;
use super::policies::Ground;
use crate::env::Environment;
use crate::evaluate::abtest::{Design, Measure, Monitor, User, detectable, sample_size};
use crate::evaluate::value::{Returns, Stochastic, episode};
use crate::experiment::study::TrialTerms;
use crate::lab::problems::Problem as Decision;
use crate::lab::protocol::{Plan, StudyReport};
use crate::log::NONE;
use crate::problem::{Problem, Text};
use crate::random::{Rng, draw, stream};

/// Users of a batch.
pub const BATCH: u32 = 2000;
/// Elementary operations that a user counts for.
const USER: u64 = 2000;
/// Batches of the pilot behind a plan.
const PILOT: u32 = 2;

/// Simulated users between policies.
pub struct Crowd {
    ground: Ground,
    policies: Vec<Stochastic>,
    seed: u64,
}

impl Crowd {
    pub fn new(ground: Ground, terms: &TrialTerms) -> Result<Self, Problem> {
        let policies = terms.policies.iter();
        let policies: Result<_, _> = policies
            .map(|&name| ground.policy(name, terms.exploring))
            .collect();
        Ok(Self {
            policies: policies?,
            ground,
            seed: u64::from(terms.seed),
        })
    }

    /// The users of a batch, the same whoever asks.
    pub fn batch(&self, number: u32) -> Vec<User> {
        let mut rng = stream(self.seed, &format!("trial.{number}"));
        let variants = self.policies.len() as u32;
        (0..BATCH)
            .map(|_| {
                let variant = draw::below(&mut rng, variants);
                self.user(variant, &mut rng)
            })
            .collect()
    }

    /// A user enters, without a recommendation, then lives through an episode under the variant's policy. The outcome is the
    /// undiscounted return.
    fn user(&self, variant: u32, rng: &mut Rng) -> User {
        let (start, segment) = self.enter(rng);
        let policy = &self.policies[variant as usize];
        let act = |state, rng: &mut Rng| policy.draw(state, rng);
        let outcome = if self.ground.problem.actions(start) == 0 {
            0.0
        } else {
            let world = &self.ground.problem;
            episode(world, start, act, 1.0, self.ground.horizon, rng)
        };
        User {
            variant,
            outcome,
            segment,
        }
    }

    /// Where a user starts and the segment: in a shop, an item that users come to by themselves, and its category. So
    /// the segment is known before any policy acts.
    fn enter(&self, rng: &mut Rng) -> (u32, u32) {
        let start = self.ground.problem.reset(rng);
        let Decision::Shop(shop) = &self.ground.problem else {
            return (start, NONE);
        };
        let entries = shop.entries(start);
        let sums = entries.iter().scan(0.0, |sum, entry| {
            *sum += entry.probability;
            Some(*sum)
        });
        let all: f64 = entries.iter().map(|entry| entry.probability).sum();
        let Some(entry) = entries.get(draw::pick(sums, all * draw::unit(rng))) else {
            return (start, NONE);
        };
        let categories = self.ground.log.as_ref().map(|log| &log.item_category);
        let segment = categories.and_then(|all| all.get(entry.item as usize));
        (entry.next, segment.copied().unwrap_or(NONE))
    }

    /// The design of the experiment.
    pub fn design(&self, terms: &TrialTerms) -> Design {
        let names = terms.policies.iter().map(|policy| policy.name().to_owned());
        let log = self.ground.log.as_ref();
        let segments = log.map(|log| log.categories.iter().map(str::to_owned).collect());
        Design {
            alpha: terms.alpha,
            effect: terms.effect,
            segments: segments.unwrap_or_default(),
            ..Design::even(names.collect())
        }
    }

    /// How many users it takes, by a pilot of other users under the control.
    pub fn plan(&self, terms: &TrialTerms, power: f64) -> Result<Plan, Problem> {
        let mut pilot = Returns::default();
        let mut rng = stream(self.seed, "trial.pilot");
        for _ in 0..PILOT * BATCH {
            pilot.add(self.user(0, &mut rng).outcome);
        }
        let sd = pilot.variance().sqrt();
        let measure = Measure::Mean { sd };
        let effect = terms.effect.unwrap_or(0.2 * sd);
        let comparisons = (self.policies.len() - 1).max(1);
        let alpha = terms.alpha / comparisons as f64;
        let each = u64::from(terms.users) / self.policies.len() as u64;
        let most = crate::evaluate::abtest::Sizes {
            control: each,
            treatment: each,
        };
        Ok(Plan {
            mean: pilot.mean,
            sd,
            pilot: pilot.n,
            effect,
            sizes: sample_size(measure, effect, alpha, power, 1.0)?,
            detectable: detectable(measure, alpha, power, most)?,
        })
    }
}

/// An experiment that takes in users in their order.
pub struct Progress {
    monitor: Monitor,
    users: u32,
    stop: bool,
}

impl Progress {
    pub fn new(design: Design, terms: &TrialTerms) -> Result<Self, Problem> {
        Ok(Self {
            monitor: Monitor::new(design)?,
            users: terms.users,
            stop: terms.stop,
        })
    }

    /// Takes in users until the experiment is over; returns whether it is.
    pub fn take(&mut self, users: &[User]) -> bool {
        for &user in users {
            if self.over() {
                break;
            }
            self.monitor.add(user);
        }
        self.over()
    }

    fn over(&self) -> bool {
        let told = self.stop && self.monitor.decided();
        told || self.monitor.users() >= u64::from(self.users)
    }

    pub fn monitor(&self) -> &Monitor {
        &self.monitor
    }
}

/// An experiment whose users this laboratory simulates itself.
pub struct Recruiting {
    crowd: Crowd,
    progress: Progress,
    batch: u32,
}

impl Recruiting {
    pub fn new(ground: Ground, terms: &TrialTerms) -> Result<Self, Problem> {
        let crowd = Crowd::new(ground, terms)?;
        Ok(Self {
            progress: Progress::new(crowd.design(terms), terms)?,
            crowd,
            batch: 0,
        })
    }
}

impl Work for Recruiting {
    fn advance(&mut self, work: u64) -> Result<Option<StudyReport>, Problem> {
        let batches = (work / (USER * u64::from(BATCH))).max(1);
        for _ in 0..batches {
            let users = self.crowd.batch(self.batch);
            self.batch += 1;
            if self.progress.take(&users) {
                let report = self.progress.monitor.report();
                return Ok(Some(StudyReport::Trial(report)));
            }
        }
        Ok(None)
    }

    fn fraction(&self) -> f64 {
        self.progress.monitor.users() as f64 / f64::from(self.progress.users)
    }
}

/// Users as text: for each 16 bytes in base64url, low byte first.
pub fn pack(users: &[User]) -> String {
    let mut bytes = Vec::with_capacity(16 * users.len());
    for user in users {
        bytes.extend(user.variant.to_le_bytes());
        bytes.extend(user.segment.to_le_bytes());
        bytes.extend(user.outcome.to_le_bytes());
    }
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The reverse of [`pack`]; `variants` is how many there are.
pub fn unpack(text: &str, variants: usize) -> Result<Vec<User>, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
    let (users, rest) = bytes.as_chunks::<16>();
    let user = |bytes: &[u8; 16]| {
        let [v0, v1, v2, v3, s0, s1, s2, s3, outcome @ ..] = *bytes;
        User {
            variant: u32::from_le_bytes([v0, v1, v2, v3]),
            segment: u32::from_le_bytes([s0, s1, s2, s3]),
            outcome: f64::from_le_bytes(outcome),
        }
    };
    let users: Vec<User> = users.iter().map(user).collect();
    let fine = |user: &User| (user.variant as usize) < variants && user.outcome.is_finite();
    if users.is_empty() || !rest.is_empty() || !users.iter().all(fine) {
        return Err(Problem::new(
            "study.users",
            Text::new("The simulated users can't be read.", "无法读取模拟用户。"),
            Text::new("Start the experiment again.", "请重新开始实验。"),
        ));
    }
    Ok(users)
}
