//! Fitted Q evaluation on tables: the value of a policy in the model that the log's own counts describe.

use super::episodes::Episodes;
use crate::evaluate::value::Stochastic;

/// Sweeps at most; a log's episodes end, so that far fewer are needed.
const SWEEPS: u32 = 10_000;
/// A sweep that changes no value by more than this ends the fit.
const TOLERANCE: f64 = 1e-10;
/// The end of an episode, in place of a state.
const END: u32 = u32::MAX;

/// Fitted Q evaluation (Le, Voloshin & Yue, ICML 2019, algorithm 3), tabular and to its fixed point:
/// Q(s,a) = mean over the log's (s,a) of r + gamma sum_a' pi(a'|s') Q(s',a'). Pairs never logged are worth 0.
#[derive(Clone, Debug)]
pub(super) struct FittedQ {
    gamma: f64,
    /// Distinct (pair, next), ordered; each decision's place among them.
    kinds: Vec<(u32, u32)>,
    kind: Vec<u32>,
    /// The state of each pair.
    state: Vec<u32>,
    count: Vec<f64>,
    pair_count: Vec<f64>,
    pair_reward: Vec<f64>,
    q: Vec<f64>,
    v: Vec<f64>,
}

impl FittedQ {
    pub fn new(episodes: &Episodes, policy: &Stochastic, gamma: f64) -> Self {
        let mut every = Vec::with_capacity(episodes.decisions().len());
        for number in 0..episodes.len() {
            let episode = episodes.episode(number);
            for (at, decision) in episode.iter().enumerate() {
                let next = episode.get(at + 1).map_or(END, |next| next.state);
                every.push((policy.pair(decision.state, decision.action) as u32, next));
            }
        }
        let mut kinds = every.clone();
        kinds.sort_unstable();
        kinds.dedup();
        let kind = every
            .iter()
            .map(|one| kinds.partition_point(|k| k < one) as u32)
            .collect();
        let mut state = Vec::with_capacity(policy.pairs());
        for s in 0..policy.states() as u32 {
            state.resize(state.len() + policy.row(s).len(), s);
        }
        Self {
            gamma,
            count: vec![0.0; kinds.len()],
            kinds,
            kind,
            state,
            pair_count: vec![0.0; policy.pairs()],
            pair_reward: vec![0.0; policy.pairs()],
            q: vec![0.0; policy.pairs()],
            v: vec![0.0; policy.states()],
        }
    }

    /// Fits to the episodes, each taken `counts[episode]` times, from the values of the last fit.
    pub fn fit(&mut self, episodes: &Episodes, policy: &Stochastic, counts: &[u32]) {
        self.count.fill(0.0);
        self.pair_count.fill(0.0);
        self.pair_reward.fill(0.0);
        let mut at = 0;
        for (number, &count) in counts.iter().enumerate() {
            let c = f64::from(count);
            for decision in episodes.episode(number) {
                let pair = policy.pair(decision.state, decision.action);
                self.count[self.kind[at] as usize] += c;
                self.pair_count[pair] += c;
                self.pair_reward[pair] += c * decision.reward;
                at += 1;
            }
        }
        for _ in 0..SWEEPS {
            if self.sweep(policy) <= TOLERANCE {
                break;
            }
        }
    }

    /// One backup of every logged pair, in place; returns the largest change of a Q-value.
    fn sweep(&mut self, policy: &Stochastic) -> f64 {
        let mut change: f64 = 0.0;
        let mut at = 0;
        while at < self.kinds.len() {
            let pair = self.kinds[at].0;
            let mut follows = 0.0;
            while at < self.kinds.len() && self.kinds[at].0 == pair {
                let next = self.kinds[at].1;
                if next != END {
                    follows += self.count[at] * self.v[next as usize];
                }
                at += 1;
            }
            let pair = pair as usize;
            let n = self.pair_count[pair];
            let q = if n > 0.0 {
                (self.pair_reward[pair] + self.gamma * follows) / n
            } else {
                0.0
            };
            let state = self.state[pair];
            let off = q - self.q[pair];
            self.q[pair] = q;
            self.v[state as usize] += policy.row(state)[pair - policy.pair(state, 0)] * off;
            change = change.max(off.abs());
        }
        change
    }

    /// Q of a pair.
    pub fn q(&self, pair: usize) -> f64 {
        self.q[pair]
    }

    /// V of a state.
    pub fn v(&self, state: u32) -> f64 {
        self.v[state as usize]
    }
}
