//! The ranking protocol: at every position of every test session, rank all training items and see where the item that
//! came next stands. Ties count against it. After Ludewig & Jannach, UMUAI 2018.

use serde::{Deserialize, Serialize};

use super::metrics::Tally;
use super::split::Split;
use crate::behaviour::{BehaviourModel, Scratch, Sessions};
use crate::log::{EventType, NONE};

/// What a model did on each prediction of a test, in columns; predictions in the order of sessions and positions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Length of the recommendation lists.
    pub k: u32,
    /// Test session of each prediction (index into the test sessions).
    pub session: Vec<u32>,
    /// How many events of the session had been seen, less one: 0 after the first event.
    pub position: Vec<u32>,
    /// The item that came next.
    pub target: Vec<u32>,
    /// What was done with it.
    pub kind: Vec<EventType>,
    /// Whether the target was already in the history.
    pub repeat: Vec<bool>,
    /// Rank of the target, from 1; 0 where it was not among the recommended.
    pub rank: Vec<u32>,
    /// The recommended items, `k` for each prediction, [`NONE`] where there were fewer.
    pub list: Vec<u32>,
}

/// Which predictions are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    /// All.
    All,
    /// Those whose target was already in the history.
    Repeat,
    /// Those whose target was new to the session.
    Novel,
    /// Those whose target was of this event type.
    Kind(EventType),
}

impl Segment {
    /// Name in JSON and links.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Repeat => "repeat",
            Self::Novel => "novel",
            Self::Kind(EventType::View) => "view",
            Self::Kind(EventType::Click) => "click",
            Self::Kind(EventType::Cart) => "cart",
            Self::Kind(EventType::Purchase) => "purchase",
        }
    }
}

impl Outcome {
    /// How many predictions there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rank.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rank.is_empty()
    }

    /// The rank of a prediction's target, None where it was not recommended.
    #[must_use]
    pub fn rank_of(&self, prediction: usize) -> Option<u32> {
        (self.rank[prediction] > 0).then_some(self.rank[prediction])
    }

    /// The recommended items of a prediction, best first.
    pub fn recommended(&self, prediction: usize) -> impl Iterator<Item = u32> + '_ {
        let k = self.k as usize;
        self.list[prediction * k..(prediction + 1) * k]
            .iter()
            .copied()
            .take_while(|&item| item != NONE)
    }

    /// Whether a prediction belongs to a segment.
    #[must_use]
    pub fn is_in(&self, prediction: usize, segment: Segment) -> bool {
        match segment {
            Segment::All => true,
            Segment::Repeat => self.repeat[prediction],
            Segment::Novel => !self.repeat[prediction],
            Segment::Kind(kind) => self.kind[prediction] == kind,
        }
    }

    /// Sums over the predictions of a segment.
    #[must_use]
    pub fn tally(&self, segment: Segment) -> Tally {
        let mut tally = Tally::default();
        for prediction in (0..self.len()).filter(|&p| self.is_in(p, segment)) {
            tally.add(self.rank_of(prediction));
        }
        tally
    }

    /// Sums over the predictions of a segment, session by session (one entry for each of `sessions` test sessions).
    #[must_use]
    pub fn tally_sessions(&self, segment: Segment, sessions: usize) -> Vec<Tally> {
        let mut tallies = vec![Tally::default(); sessions];
        for prediction in (0..self.len()).filter(|&p| self.is_in(p, segment)) {
            tallies[self.session[prediction] as usize].add(self.rank_of(prediction));
        }
        tallies
    }
}

/// A test under way: call [`Run::advance`] until nothing is left. The outcome doesn't depend on how the work is sliced.
pub struct Run<'a> {
    model: &'a dyn BehaviourModel,
    test: &'a Sessions,
    walk: Walk,
}

impl<'a> Run<'a> {
    /// Tests a fitted model with lists of `k` items (at most [`crate::behaviour::LONGEST_LIST`]).
    #[must_use]
    pub fn new(model: &'a dyn BehaviourModel, split: &'a Split, k: u32) -> Self {
        Self {
            model,
            test: &split.test,
            walk: Walk::new(k),
        }
    }

    /// Makes at most `most` predictions; returns whether any are left.
    pub fn advance(&mut self, most: usize) -> bool {
        self.walk.advance(self.model, self.test, most)
    }

    /// How many predictions are made of how many.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        (self.walk.done(), self.test.events() - self.test.len())
    }

    /// What was found so far.
    #[must_use]
    pub fn finish(self) -> Outcome {
        self.walk.finish()
    }
}

/// A [`Run`] that holds neither model nor test: for whoever keeps these itself. Every call must be given the same ones.
pub struct Walk {
    scratch: Scratch,
    best: Vec<(u32, f64)>,
    session: usize,
    position: usize,
    outcome: Outcome,
}

impl Walk {
    /// A test with lists of `k` items (at most [`crate::behaviour::LONGEST_LIST`]).
    #[must_use]
    pub fn new(k: u32) -> Self {
        Self {
            scratch: Scratch::new(),
            best: Vec::new(),
            session: 0,
            position: 0,
            outcome: Outcome {
                k: k.clamp(1, crate::behaviour::LONGEST_LIST as u32),
                ..Outcome::default()
            },
        }
    }

    /// Makes at most `most` predictions; returns whether any are left.
    pub fn advance(&mut self, model: &dyn BehaviourModel, test: &Sessions, most: usize) -> bool {
        for _ in 0..most {
            while self.session < test.len()
                && self.position + 1 >= test.session(self.session).items.len()
            {
                self.session += 1;
                self.position = 0;
            }
            if self.session >= test.len() {
                return false;
            }
            self.predict(model, test);
            self.position += 1;
        }
        true
    }

    /// How many predictions are made.
    #[must_use]
    pub fn done(&self) -> usize {
        self.outcome.len()
    }

    /// What was found so far.
    #[must_use]
    pub fn finish(self) -> Outcome {
        self.outcome
    }

    fn predict(&mut self, model: &dyn BehaviourModel, test: &Sessions) {
        let session = test.session(self.session);
        let history = session.first(self.position + 1);
        let target = session.items[self.position + 1];
        model.score(history, &mut self.scratch);
        let k = self.outcome.k as usize;
        self.scratch.scores.top(k, &mut self.best);
        let out = &mut self.outcome;
        out.session.push(self.session as u32);
        out.position.push(self.position as u32);
        out.target.push(target);
        out.kind.push(session.kinds[self.position + 1]);
        out.repeat.push(history.items.contains(&target));
        out.rank.push(self.scratch.scores.rank(target).unwrap_or(0));
        let items = self.best.iter().map(|entry| entry.0);
        out.list
            .extend(items.chain(std::iter::repeat(NONE)).take(k));
    }
}
