//! Naive Q-learning on a log, kept as the teaching example of what goes wrong: not a way to rank.
//!
//! The state is the newest item, the action the item that came next, the reward 1 for every logged transition. As
//! only what was done is ever rewarded, Q(s,a) tells how much follows after `a`, not how likely `a` is: its argmax takes long
//! shots that led to long sessions before what nearly everybody does. Counting ranks far better, as the board shows.

use crate::behaviour::{
    BehaviourModel, History, Prior, Scratch, Sessions, Values, Watch, need_events,
};
use crate::problem::Problem;

/// A table of Q-values over the logged pairs.
#[derive(Clone, Debug, Default)]
pub struct NaiveQ {
    gamma: f64,
    alpha: f64,
    passes: usize,
    /// For each item, the items that ever followed it with their Q-values, in the order of first sight.
    rows: Vec<Vec<(u32, f64)>>,
    prior: Prior,
}

impl NaiveQ {
    /// A model not yet fitted.
    #[must_use]
    pub fn new(values: &Values) -> Self {
        Self {
            gamma: values.real("gamma"),
            alpha: values.real("alpha"),
            passes: values.whole("passes"),
            ..Self::default()
        }
    }

    /// One step of Q-learning for each transition of a session (Watkins 1989): nothing follows the last one.
    fn learn(&mut self, items: &[u32]) {
        for (place, pair) in items.windows(2).enumerate() {
            let (state, action) = (pair[0] as usize, pair[1]);
            if state.max(action as usize) >= self.rows.len() {
                continue;
            }
            let goes_on = place + 2 < items.len();
            let follows = if goes_on { self.best(action) } else { 0.0 };
            let target = 1.0 + self.gamma * follows;
            let row = &mut self.rows[state];
            match row.iter_mut().find(|entry| entry.0 == action) {
                Some(entry) => entry.1 += self.alpha * (target - entry.1),
                None => row.push((action, self.alpha * target)),
            }
        }
    }

    /// The largest Q-value of a state; 0 where nothing ever followed.
    fn best(&self, state: u32) -> f64 {
        let row = self.rows[state as usize].iter();
        row.fold(0.0, |best, entry| best.max(entry.1))
    }
}

impl BehaviourModel for NaiveQ {
    fn fit(&mut self, train: &Sessions, watch: &mut Watch<'_>) -> Result<(), Problem> {
        need_events(train)?;
        self.prior = Prior::new(train);
        self.rows = vec![Vec::new(); train.items as usize];
        let order = train.by_last_time();
        for pass in 0..self.passes {
            watch.report(pass, self.passes)?;
            for &session in &order {
                self.learn(train.session(session as usize).items);
            }
        }
        watch.report(1, 1)
    }

    fn score(&self, history: History<'_>, scratch: &mut Scratch) {
        scratch.scores.begin(self.rows.len());
        let newest = history.items.last().copied().unwrap_or(u32::MAX);
        let row = self.rows.get(newest as usize);
        for &(item, value) in row.into_iter().flatten() {
            scratch.scores.set(item, value);
        }
        self.prior.settle(&mut scratch.scores);
    }

    fn update(&mut self, session: History<'_>) {
        self.prior.update(session);
        self.learn(session.items);
    }

    fn memory(&self) -> usize {
        let rows = self
            .rows
            .iter()
            .map(|row| size_of::<Vec<(u32, f64)>>() + row.capacity() * size_of::<(u32, f64)>());
        rows.sum::<usize>() + self.prior.memory()
    }
}
