//! Q-learning where there is only a log: three ways not to believe what was hardly ever tried.
//!
//! Replaying a log until nothing changes brings Q-learning to the fixed point of its own counts,
//! `Q(s,a) = mean r + gamma mean max Q(s',.)`. There the maximum prefers whatever was lucky a few times, or was never
//! tried and keeps its first value, and bootstrapping carries the error on. The options below change that fixed point; they
//! can be combined.

use serde::{Deserialize, Serialize};

use crate::agent::table::QTable;
use crate::env::Environment;
use crate::problem::{Problem, Text};

/// Sweeps at most.
const SWEEPS: u32 = 50_000;
/// A sweep that changes no value by more than this ends the fit.
const TOLERANCE: f64 = 1e-9;

/// One logged decision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transition {
    /// The state it was taken in.
    pub state: u32,
    /// The action taken.
    pub action: u32,
    /// The reward received.
    pub reward: f64,
    /// The state entered; absent where the episode ended.
    pub next: Option<u32>,
}

/// How careful to be. The default is plain Q-learning.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OfflineConfig {
    /// Discount, in `[0, 1]`.
    pub gamma: f64,
    /// Value of what was never tried.
    pub initial: f64,
    /// Only actions tried at least this often in their state count; 0: all.
    pub least_tries: u32,
    /// Only actions tried at least this share of the state's most tried one count, in `[0, 1]`; 0: all.
    /// Discrete BCQ (Fujimoto et al. 2019, arXiv 1910.01708, eq. 12), which suggests 0.3.
    pub threshold: f64,
    /// Takes `pessimism / sqrt(n)` off an action tried n times: a lower confidence bound
    /// (Jin, Yang & Wang, ICML 2021; Rashidinejad et al., NeurIPS 2021). 0: none.
    pub pessimism: f64,
    /// Weight of the conservative penalty `log sum exp Q(s,.)` (CQL: Kumar et al., NeurIPS 2020, eq. 1 with mu the softmax of Q).
    /// Without the second term of their eq. 2, which would give back to what was often done more than the data say: so
    /// every single Q-value stays below its target (theorem 3.1). 0: none.
    pub conservatism: f64,
}

impl Default for OfflineConfig {
    fn default() -> Self {
        Self {
            gamma: 0.9,
            initial: 0.0,
            least_tries: 0,
            threshold: 0.0,
            pessimism: 0.0,
            conservatism: 0.0,
        }
    }
}

/// What was learned from a log.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// The Q-values; those of pairs without support keep their first value and mean nothing.
    pub q: QTable,
    /// How often each pair was tried, in rows.
    pub tries: Vec<u32>,
    /// Whether each pair may be chosen and bootstrapped from, in rows.
    pub supported: Vec<bool>,
    /// Sweeps it took.
    pub sweeps: u32,
    /// Whether the last sweep changed no value by more than 1e-9.
    pub converged: bool,
}

impl Fitted {
    /// The Q-values with minus infinity where there is no support: their largest is the greedy action.
    /// A state without any supported action keeps its values.
    #[must_use]
    pub fn scores(&self) -> Vec<f64> {
        let mut scores = self.q.values().to_vec();
        for state in 0..self.q.states() {
            let from = self.q.pair(state, 0);
            let range = from..from + self.q.row(state).len();
            if self.supported[range.clone()].iter().any(|&yes| yes) {
                for pair in range.filter(|&pair| !self.supported[pair]) {
                    scores[pair] = f64::NEG_INFINITY;
                }
            }
        }
        scores
    }

    /// What the fit claims a state is worth: its largest supported value, or the first value where nothing is supported.
    #[must_use]
    pub fn value(&self, state: u32, initial: f64) -> f64 {
        let from = self.q.pair(state, 0);
        let row = self.q.row(state).iter().zip(&self.supported[from..]);
        let best = row
            .filter(|(_, yes)| **yes)
            .map(|(q, _)| *q)
            .fold(f64::NEG_INFINITY, f64::max);
        if best == f64::NEG_INFINITY {
            initial
        } else {
            best
        }
    }
}

/// Learns from a log until nothing changes.
///
/// # Errors
/// `agent.log` for a transition that the environment doesn't know or whose reward is not finite; `agent.offline` for an
/// option out of its range; `agent.memory` where the table would not fit.
pub fn fit(
    environment: &impl Environment,
    log: &[Transition],
    config: &OfflineConfig,
) -> Result<Fitted, Problem> {
    check(config)?;
    let mut fitted = Fitted {
        q: QTable::new(environment, config.initial)?,
        tries: Vec::new(),
        supported: Vec::new(),
        sweeps: 0,
        converged: false,
    };
    let counts = Counts::new(&fitted.q, log)?;
    fitted.supported = support(&fitted.q, &counts.tries, config);
    let mut values: Vec<f64> = (0..fitted.q.states())
        .map(|state| fitted.state_value(state, config))
        .collect();
    while fitted.sweeps < SWEEPS && !fitted.converged {
        fitted.sweeps += 1;
        let change = counts.sweep(&mut fitted, &mut values, config);
        fitted.converged = change <= TOLERANCE;
    }
    fitted.tries = counts.tries;
    Ok(fitted)
}

impl Fitted {
    fn state_value(&self, state: u32, config: &OfflineConfig) -> f64 {
        if self.q.row(state).is_empty() {
            0.0
        } else {
            self.value(state, config.initial)
        }
    }
}

/// The log, counted.
struct Counts {
    tries: Vec<u32>,
    reward: Vec<f64>,
    /// Pair `p` was followed by `next[start[p] .. start[p + 1]]`: states and how often.
    start: Vec<u32>,
    next: Vec<(u32, f64)>,
}

impl Counts {
    fn new(q: &QTable, log: &[Transition]) -> Result<Self, Problem> {
        let pairs = q.values().len();
        let mut counts = Self {
            tries: vec![0; pairs],
            reward: vec![0.0; pairs],
            start: vec![0],
            next: Vec::new(),
        };
        let mut follows = Vec::with_capacity(log.len());
        for (row, transition) in log.iter().enumerate() {
            let Transition {
                state,
                action,
                reward,
                next,
            } = *transition;
            let known = state < q.states()
                && (action as usize) < q.row(state).len()
                && next.is_none_or(|next| next < q.states());
            if !known || !reward.is_finite() {
                return Err(bad_row(row + 1));
            }
            let pair = q.pair(state, action);
            counts.tries[pair] += 1;
            counts.reward[pair] += reward;
            follows.extend(next.map(|next| (pair as u32, next)));
        }
        follows.sort_unstable();
        let mut at = 0;
        for pair in 0..pairs as u32 {
            while at < follows.len() && follows[at].0 == pair {
                let next = follows[at].1;
                let alike = follows[at..]
                    .iter()
                    .take_while(|f| **f == (pair, next))
                    .count();
                counts.next.push((next, alike as f64));
                at += alike;
            }
            counts.start.push(counts.next.len() as u32);
        }
        Ok(counts)
    }

    /// The target of a tried pair: mean reward, discounted mean value of what followed, less the pessimism.
    fn target(&self, pair: usize, values: &[f64], config: &OfflineConfig) -> f64 {
        let n = f64::from(self.tries[pair]);
        let next = &self.next[self.start[pair] as usize..self.start[pair + 1] as usize];
        let follows: f64 = next
            .iter()
            .map(|(state, times)| times * values[*state as usize])
            .sum();
        (self.reward[pair] + config.gamma * follows) / n - config.pessimism / n.sqrt()
    }

    /// One backup of every tried pair; returns the largest change of a Q-value.
    ///
    /// The conservative penalty asks for `Q = target - alpha mu / share` with mu the softmax of Q over the supported
    /// actions. A step of size eta towards it, eta = 1 / (1 + alpha / (4 least share)), keeps the whole sweep a
    /// contraction in the largest difference, with factor 1 - eta (1 - gamma) at most.
    fn sweep(&self, fitted: &mut Fitted, values: &mut [f64], config: &OfflineConfig) -> f64 {
        let mut change: f64 = 0.0;
        let mut penalty = Vec::new();
        for state in 0..fitted.q.states() {
            let from = fitted.q.pair(state, 0);
            let eta = self.penalise(fitted, state, config, &mut penalty);
            for (action, penalty) in penalty.iter().enumerate() {
                let pair = from + action;
                if self.tries[pair] == 0 {
                    continue;
                }
                let old = fitted.q.get(state, action as u32);
                let new = old + eta * (self.target(pair, values, config) - penalty - old);
                fitted.q.set(state, action as u32, new);
                change = change.max((new - old).abs());
            }
            values[state as usize] = fitted.state_value(state, config);
        }
        change
    }

    /// Writes alpha mu / share for every action of a state; returns eta.
    fn penalise(
        &self,
        fitted: &Fitted,
        state: u32,
        config: &OfflineConfig,
        penalty: &mut Vec<f64>,
    ) -> f64 {
        let row = fitted.q.row(state);
        penalty.clear();
        penalty.resize(row.len(), 0.0);
        if config.conservatism == 0.0 {
            return 1.0;
        }
        let from = fitted.q.pair(state, 0);
        let counts = |action: usize| {
            let yes = fitted.supported[from + action];
            if yes {
                f64::from(self.tries[from + action])
            } else {
                0.0
            }
        };
        let n: f64 = (0..row.len()).map(counts).sum();
        let top = fitted.value(state, 0.0);
        let (mut mass, mut least) = (0.0, f64::INFINITY);
        for (action, place) in penalty.iter_mut().enumerate() {
            if counts(action) > 0.0 {
                *place = libm::exp(row[action] - top);
                mass += *place;
                least = least.min(counts(action) / n);
            }
        }
        for (action, place) in penalty.iter_mut().enumerate() {
            if counts(action) > 0.0 {
                *place = config.conservatism * (*place / mass) / (counts(action) / n);
            }
        }
        1.0 / (1.0 + 0.25 * config.conservatism / least)
    }
}

/// Which pairs may be chosen. Penalties say nothing about what was never tried, so with one of them such pairs are out.
fn support(q: &QTable, tries: &[u32], config: &OfflineConfig) -> Vec<bool> {
    let careful = config.pessimism > 0.0 || config.conservatism > 0.0 || config.threshold > 0.0;
    let least = config.least_tries.max(u32::from(careful));
    let mut supported = Vec::with_capacity(tries.len());
    for state in 0..q.states() {
        let from = q.pair(state, 0);
        let row = &tries[from..from + q.row(state).len()];
        let most = f64::from(row.iter().copied().max().unwrap_or(0));
        supported.extend(
            row.iter()
                .map(|&n| n >= least && f64::from(n) >= config.threshold * most),
        );
    }
    supported
}

fn check(config: &OfflineConfig) -> Result<(), Problem> {
    let penalty = |x: f64| x >= 0.0 && x.is_finite();
    let fine = (0.0..=1.0).contains(&config.gamma)
        && config.initial.is_finite()
        && (0.0..=1.0).contains(&config.threshold)
        && penalty(config.pessimism)
        && penalty(config.conservatism);
    if fine {
        return Ok(());
    }
    Err(Problem::new(
        "agent.offline",
        Text::new(
            "An option of offline learning is out of its range.",
            "离线学习的某个选项超出范围。",
        ),
        Text::new(
            "Use a discount and a threshold from 0 to 1, and penalties of at least 0.",
            "折扣因子与阈值取 0 到 1，惩罚项不小于 0。",
        ),
    ))
}

fn bad_row(row: usize) -> Problem {
    Problem::new(
        "agent.log",
        Text::new(
            format!(
                "Transition {row} names a state or an action that doesn't exist, or has no finite reward."
            ),
            format!("第 {row} 条转移的状态或动作不存在，或奖励不是有限数。"),
        ),
        Text::new("Use a log of the same problem.", "请使用同一问题的日志。"),
    )
}
