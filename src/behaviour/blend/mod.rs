//! The house model: many simple witnesses, weighed by what they were worth on the newest part of the training sessions.
//!
//! Candidates come from the rows of the history's items (who follows, precedes, shares sessions), from
//! neighbouring sessions (VSTAN), from popularity and from the history itself. Each has the features of `features.rs`; their weights
//! (`learn.rs`) are learned on a window at the end of training that the witnesses haven't seen, then the witnesses learn from
//! all of it. Nothing is tuned to a data set, and the test part plays no role. The scores are probabilities.

mod fast;
mod features;
mod learn;
mod pairs;

use super::index::Index;
use super::neighbours::Neighbours;
use super::prior::Prior;
use super::{BehaviourModel, History, Scratch, Sessions, Values, Watch, need_events};
use crate::problem::Problem;
use features::Base;
use learn::{Examples, Weights, softmax};
use pairs::Pairs;

pub use features::Table;

/// Events of training for each example learned from: more teach little more, and learning must not take longer than all the rest.
const EVENTS_PER_EXAMPLE: usize = 15;
/// Candidates of an example beside the right one: the likeliest, and some of the rest.
const LIKELIEST: usize = 60;
const SPREAD: usize = 40;

/// Blend of all simple models, with learned weights.
#[derive(Clone, Debug)]
pub struct Blend {
    /// Items of the history are never recommended.
    novel: bool,
    examples: usize,
    passes: usize,
    base: Base,
    near: Neighbours,
    weights: Weights,
}

impl Blend {
    /// A model not yet fitted.
    #[must_use]
    pub fn new(values: &Values, novel: bool) -> Self {
        Self {
            novel,
            examples: values.whole("examples"),
            passes: values.whole("passes"),
            base: Base::default(),
            near: Neighbours::vstan(values),
            weights: Weights::default(),
        }
    }

    /// Lets the witnesses learn.
    fn learn_base(&mut self, train: &Sessions, watch: &mut Watch<'_>) -> Result<(), Problem> {
        let index = Index::new(train);
        let pairs = Pairs::build(&index, watch)?;
        self.base = Base::new(index, pairs, Prior::new(train));
        for session in 0..train.len() {
            self.base.note_kinds(train.session(session));
        }
        self.near.fit(train, watch)
    }

    fn fill(&self, history: History<'_>, scratch: &mut Scratch) {
        self.near.score_raw(history, scratch);
        let Scratch {
            scores,
            recent,
            table,
            ..
        } = scratch;
        self.base.fill(history, recent, scores, table);
    }

    /// Examples from the window, spread evenly over it.
    fn collect(&self, window: &Sessions, watch: &mut Watch<'_>) -> Result<Examples, Problem> {
        let most = self.examples.min(window.events());
        let known = self.base.index.item.len() + window.events();
        let wanted = most.min(known / EVENTS_PER_EXAMPLE).max(300);
        let stride = (window.events() - window.len()).div_ceil(wanted).max(1);
        let mut examples = Examples::default();
        let mut scratch = Scratch::new();
        let mut seen = 0;
        for number in 0..window.len() {
            if number % 256 == 0 {
                watch.report(number, window.len())?;
            }
            let session = window.session(number);
            for length in 1..session.items.len() {
                seen += 1;
                if seen % stride == 0 {
                    let target = session.items[length];
                    self.collect_one(session.first(length), target, &mut scratch, &mut examples);
                }
            }
        }
        Ok(examples)
    }

    fn collect_one(
        &self,
        history: History<'_>,
        target: u32,
        scratch: &mut Scratch,
        examples: &mut Examples,
    ) {
        let barred = |item: u32| self.novel && history.items.contains(&item);
        if target >= self.base.index.items || barred(target) {
            return;
        }
        self.fill(history, scratch);
        let Some(right) = scratch.table.find(target) else {
            return;
        };
        let contexts = self.base.contexts(history);
        let weights = examples.weights().sum(&contexts);
        softmax(&scratch.table.row, &weights, &mut scratch.chances);
        let table = &scratch.table;
        let mut others: Vec<u32> = (0..table.item.len() as u32)
            .filter(|&at| at as usize != right && !barred(table.item[at as usize]))
            .collect();
        // It must be told from the likeliest by what is known so far, and, so that no other can rise unseen, from some of the rest.
        if others.len() > LIKELIEST + SPREAD {
            let chance = |at: u32| scratch.chances[at as usize];
            let better = |a: &u32, b: &u32| chance(*b).total_cmp(&chance(*a)).then(a.cmp(b));
            others.select_nth_unstable_by(LIKELIEST, better);
            let mut rest = others.split_off(LIKELIEST);
            rest.sort_unstable();
            let every = rest.len().div_ceil(SPREAD);
            others.extend(rest.into_iter().step_by(every));
            others.sort_unstable();
        }
        let rows = others.iter().map(|&at| table.row[at as usize]);
        examples.push(std::iter::once(table.row[right]).chain(rows), contexts);
    }
}

/// Which sessions make the validation window: the newest ones that hold a tenth of the events, more on a short log.
pub(super) fn window(train: &Sessions) -> Vec<bool> {
    let events = train.events();
    let wanted = (events / 10).max((events / 3).min(3000));
    let mut inside = vec![false; train.len()];
    let mut taken = 0;
    for &session in train.by_last_time().iter().rev() {
        let length = train.session(session as usize).items.len();
        if taken + length > wanted {
            break;
        }
        taken += length;
        inside[session as usize] = true;
    }
    inside
}

impl BehaviourModel for Blend {
    fn fit(&mut self, train: &Sessions, watch: &mut Watch<'_>) -> Result<(), Problem> {
        need_events(train)?;
        let inside = window(train);
        let head = train.filter(|session| !inside[session]);
        let tail = train.filter(|session| inside[session]);
        self.weights = Weights::default();
        if head.events() > 0 && !tail.is_empty() {
            watch.part(0.0, 0.1, |watch| self.learn_base(&head, watch))?;
            let examples = watch.part(0.1, 0.6, |watch| self.collect(&tail, watch))?;
            self.weights = watch.part(0.6, 0.9, |watch| examples.learn(self.passes, watch))?;
        }
        watch.part(0.9, 1.0, |watch| self.learn_base(train, watch))
    }

    fn score(&self, history: History<'_>, scratch: &mut Scratch) {
        self.fill(history, scratch);
        let weights = self.weights.sum(&self.base.contexts(history));
        softmax(&scratch.table.row, &weights, &mut scratch.chances);
        scratch.scores.begin(self.base.index.items as usize);
        for (&item, &chance) in scratch.table.item.iter().zip(&scratch.chances) {
            if !(self.novel && history.items.contains(&item)) {
                scratch.scores.add(item, f64::from(chance));
            }
        }
        self.base.prior.break_ties(&mut scratch.scores);
    }

    fn update(&mut self, session: History<'_>) {
        self.base.update(session);
        self.near.update(session);
    }

    fn memory(&self) -> usize {
        self.base.index.memory()
            + self.base.pairs.memory()
            + 5 * self.base.prior.memory() / 3
            + self.near.memory()
    }
}
