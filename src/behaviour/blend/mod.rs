//! The house model: many simple witnesses, weighed by what they were worth on the newest part of the training sessions.
//!
//! Candidates come from the rows of the history's items (who follows, precedes, shares sessions), from
//! neighbouring sessions (VSTAN), from popularity and from the history itself. Each has the features of `features.rs`; their weights
//! (`learn.rs`) are learned on a window at the end of training that the witnesses haven't seen, then the witnesses learn from
//! all of it. Nothing is tuned to a data set, and the test part plays no role. The scores are probabilities.
//!
//! Networks may be witnesses too (`members.rs`). Then learning goes in slices.

mod fast;
mod features;
mod learn;
mod members;
mod pairs;

use super::index::Index;
use super::neighbours::Neighbours;
use super::neural::Neural;
use super::prior::Prior;
use super::{BehaviourModel, History, Scratch, Sessions, Values, Watch, need_events};
use crate::problem::Problem;
use features::Base;
use learn::{Examples, Weights, softmax};
use members::Members;
use pairs::Pairs;

pub use features::Table;
pub use members::{Opinion, WORDS as NETWORKS};

/// Events of training for each example learned from: more teach little more, and learning must not take longer than all the rest.
const EVENTS_PER_EXAMPLE: usize = 15;
/// Candidates of an example beside the right one: the likeliest, and some of the rest.
const LIKELIEST: usize = 60;
const SPREAD: usize = 40;
/// A session of the window counts as so many elementary operations where networks are asked.
const SESSION: u64 = 5_000_000;

/// Blend of all simple models, with learned weights.
#[derive(Clone, Debug)]
pub struct Blend {
    /// Items of the history are never recommended.
    novel: bool,
    examples: usize,
    passes: usize,
    base: Base,
    near: Neighbours,
    members: Members,
    /// Whether the networks must not have seen the window.
    unseen: bool,
    stage: Stage,
    weights: Weights,
}

/// What a blend with networks does next.
#[derive(Clone, Debug, Default)]
enum Stage {
    /// The networks look for their number of epochs.
    #[default]
    Search,
    /// Examples come in.
    Collect(Box<Collection>),
    /// The networks learn from everything.
    Learn,
}

/// Examples on their way, from a window that the witnesses haven't seen.
#[derive(Clone, Debug)]
struct Collection {
    window: Sessions,
    /// One of so many targets is an example.
    stride: usize,
    /// The session that is next.
    next: usize,
    /// Targets passed.
    seen: usize,
    examples: Examples,
    scratch: Scratch,
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
            members: Members::new(values.whole("networks"), values.whole("steps") as u64),
            unseen: false,
            stage: Stage::Search,
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
            network,
            opinion,
            ..
        } = scratch;
        self.members.judge(history, self.unseen, network, opinion);
        self.base.fill(history, recent, scores, opinion, table);
    }

    /// Prepares to take examples from the window, spread evenly over it.
    fn collection(&self, window: Sessions) -> Collection {
        let most = self.examples.min(window.events());
        let known = self.base.index.item.len() + window.events();
        let wanted = most.min(known / EVENTS_PER_EXAMPLE).max(300);
        Collection {
            stride: (window.events() - window.len()).div_ceil(wanted).max(1),
            window,
            next: 0,
            seen: 0,
            examples: Examples::default(),
            scratch: Scratch::new(),
        }
    }

    /// Takes the examples of the next `count` sessions; returns whether any are left.
    fn collect(&self, from: &mut Collection, count: usize) -> bool {
        let end = from.window.len().min(from.next.saturating_add(count));
        for number in from.next..end {
            let session = from.window.session(number);
            for length in 1..session.items.len() {
                from.seen += 1;
                if from.seen.is_multiple_of(from.stride) {
                    let (history, target) = (session.first(length), session.items[length]);
                    self.collect_one(history, target, &mut from.scratch, &mut from.examples);
                }
            }
        }
        from.next = end;
        end < from.window.len()
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

/// The sessions before the window, and the window; none where either would be empty.
fn halves(train: &Sessions) -> Option<(Sessions, Sessions)> {
    let inside = window(train);
    let head = train.filter(|session| !inside[session]);
    let tail = train.filter(|session| inside[session]);
    (head.events() > 0 && !tail.is_empty()).then_some((head, tail))
}

impl Blend {
    /// Learns without networks.
    fn fit_plain(&mut self, train: &Sessions, watch: &mut Watch<'_>) -> Result<(), Problem> {
        if let Some((head, tail)) = halves(train) {
            watch.part(0.0, 0.1, |watch| self.learn_base(&head, watch))?;
            let mut from = self.collection(tail);
            watch.part(0.1, 0.6, |watch| {
                while self.collect(&mut from, 256) {
                    watch.report(from.next, from.window.len())?;
                }
                Ok(())
            })?;
            let examples = from.examples;
            self.weights = watch.part(0.6, 0.9, |watch| examples.learn(self.passes, watch))?;
        }
        watch.part(0.9, 1.0, |watch| self.learn_base(train, watch))
    }

    /// One slice of learning with networks: whether all is learned.
    fn advance(
        &mut self,
        train: &Sessions,
        work: u64,
        watch: &mut Watch<'_>,
    ) -> Result<bool, Problem> {
        match &mut self.stage {
            Stage::Search => {
                if self.members.advance(train, false, work)? {
                    self.stage = Stage::Learn;
                    if let Some((head, tail)) = halves(train) {
                        self.learn_base(&head, watch)?;
                        self.stage = Stage::Collect(Box::new(self.collection(tail)));
                    }
                }
            }
            Stage::Collect(_) => {
                let Stage::Collect(mut from) = std::mem::take(&mut self.stage) else {
                    return Ok(false);
                };
                self.unseen = true;
                let left = self.collect(&mut from, (work / SESSION).max(1) as usize);
                self.unseen = false;
                if left {
                    self.stage = Stage::Collect(from);
                } else {
                    self.weights = from.examples.learn(self.passes, watch)?;
                    self.stage = Stage::Learn;
                }
            }
            Stage::Learn => {
                if self.members.advance(train, true, work)? {
                    self.learn_base(train, watch)?;
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

impl BehaviourModel for Blend {
    fn fit(&mut self, train: &Sessions, watch: &mut Watch<'_>) -> Result<(), Problem> {
        let mut first = true;
        while self.fit_slice(train, first, 20_000_000, watch)? < 1.0 {
            first = false;
        }
        Ok(())
    }

    fn fit_slice(
        &mut self,
        train: &Sessions,
        first: bool,
        work: u64,
        watch: &mut Watch<'_>,
    ) -> Result<f64, Problem> {
        if first {
            need_events(train)?;
            self.weights = Weights::default();
            self.stage = Stage::Search;
            self.members.begin(train)?;
        }
        if self.members.is_empty() {
            return self.fit_plain(train, watch).map(|()| 1.0);
        }
        let mut silent = |_: f64| true;
        if self.advance(train, work, &mut Watch::new(&mut silent))? {
            watch.report(1, 1)?;
            return Ok(1.0);
        }
        let done = self.members.progress().min(0.999);
        watch.report((done * 1e4) as usize, 10_000)?;
        Ok(done)
    }

    fn stop_early(&mut self) {
        self.members.stop();
    }

    fn steps(&self) -> u64 {
        self.members.steps()
    }

    fn networks(&self) -> Vec<&Neural> {
        self.members.iter().collect()
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
            + self.members.memory()
    }
}
