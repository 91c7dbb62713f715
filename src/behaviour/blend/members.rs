//! Networks that the blend may ask: what they hold likely, on average (deep ensembles: Lakshminarayanan, Pritzel & Blundell, NeurIPS
//! 2017).
//!
//! One course of learning serves both halves of the blend. Its search for the number of epochs leaves out the very window that weights
//! are learned on, so that the best weights of the search are witnesses that haven't seen it; afterwards it learns from everything.

use crate::behaviour::neural::{Course, Neural, PARAMETERS, Pass, Settings, check_memory};
use crate::behaviour::{BehaviourModel as _, History, Sessions, Values};
use crate::nn::encoder::Kind;
use crate::nn::vector::add;
use crate::problem::Problem;

/// What may be asked for, each with its networks.
const CHOICES: [(&str, &[Kind]); 7] = [
    ("none", &[]),
    ("mlp", &[Kind::Mlp]),
    ("cnn", &[Kind::Cnn]),
    ("gru", &[Kind::Gru]),
    ("transformer", &[Kind::Transformer]),
    ("gru+transformer", &[Kind::Gru, Kind::Transformer]),
    ("all", &[Kind::Mlp, Kind::Cnn, Kind::Gru, Kind::Transformer]),
];

/// The words for [`CHOICES`].
pub const WORDS: &[&str] = &{
    let mut words = [""; CHOICES.len()];
    let mut at = 0;
    while at < CHOICES.len() {
        words[at] = CHOICES[at].0;
        at += 1;
    }
    words
};

/// Items that networks hold likeliest, which are candidates whatever the other witnesses say.
const LIKELIEST: usize = 40;

/// Networks at work for the blend.
#[derive(Clone, Debug, Default)]
pub struct Members {
    networks: Vec<Neural>,
    /// Steps of all together after which learning stops; 0: none.
    most: u64,
}

/// What networks say of each item, and which they hold likeliest. Empty where they say nothing.
#[derive(Clone, Debug, Default)]
pub struct Opinion {
    /// The mean probability of each item.
    pub chances: Vec<f32>,
    /// The likeliest items, in the order of their numbers.
    pub likeliest: Vec<u32>,
}

impl Members {
    /// The networks of a choice, by its place among [`WORDS`], whose learning stops after `most` steps together (0: not before its end).
    pub fn new(place: usize, most: u64) -> Self {
        let kinds = CHOICES.get(place).map_or(&[][..], |choice| choice.1);
        let defaults = Values::defaults(PARAMETERS);
        let of = |&kind: &Kind| {
            Neural::of(Settings {
                // What the session holds already, the blend weighs by itself.
                seen: 0.0,
                // No other witness knows of them.
                categories: true,
                ..Settings::new(kind, &defaults)
            })
        };
        Self {
            networks: kinds.iter().map(of).collect(),
            most,
        }
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = &Neural> {
        self.networks.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.networks.is_empty()
    }

    /// Prepares all to learn.
    ///
    /// # Errors
    /// Those of [`Neural::begin`]; `neural.memory` too where all of them together would take too much.
    pub fn begin(&mut self, train: &Sessions) -> Result<(), Problem> {
        let bytes = self
            .networks
            .iter()
            .map(|network| network.settings().bytes(train));
        check_memory(bytes.sum())?;
        self.networks
            .iter_mut()
            .try_for_each(|network| network.begin(train))
    }

    /// Learns for about `work` elementary operations: `all` the way, or until the number of epochs is known. Returns whether all
    /// networks are there. One network learns after the other, whatever the slices, so that the number of their steps says how far
    /// each of them is.
    ///
    /// # Errors
    /// Those of [`Neural::advance`].
    pub fn advance(&mut self, train: &Sessions, all: bool, work: u64) -> Result<bool, Problem> {
        let goes_on = |course: &Course| course.searches() || all && !course.is_over();
        for place in 0..self.networks.len() {
            let left = self.left();
            if left == 0 {
                self.stop();
            }
            let network = &mut self.networks[place];
            if !network.course().is_some_and(goes_on) {
                continue;
            }
            let until = network.steps().saturating_add(left);
            let more = |course: &Course| course.steps() < until && goes_on(course);
            let done = network.advance_while(train, work, more)?;
            if done < 1.0 && network.course().is_some_and(goes_on) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Steps that may still be taken.
    fn left(&self) -> u64 {
        match self.most {
            0 => u64::MAX,
            most => most.saturating_sub(self.steps()),
        }
    }

    /// Steps that all have taken.
    pub fn steps(&self) -> u64 {
        self.networks.iter().map(Neural::steps).sum()
    }

    /// The share that is learned.
    pub fn progress(&self) -> f64 {
        let courses = self.networks.iter().filter_map(Neural::course);
        let sum: f64 = courses.map(Course::progress).sum();
        sum / self.networks.len().max(1) as f64
    }

    /// Ends learning before its time.
    pub fn stop(&mut self) {
        self.networks.iter_mut().for_each(Neural::stop);
    }

    /// What the networks say after a history: as they are now or, where they must not have seen the window, as they were best before.
    pub fn judge(
        &self,
        history: History<'_>,
        unseen: bool,
        pass: &mut Pass,
        opinion: &mut Opinion,
    ) {
        let Opinion { chances, likeliest } = opinion;
        chances.clear();
        likeliest.clear();
        for network in &self.networks {
            let Some(own) = network.chances(history, unseen, pass) else {
                continue;
            };
            if chances.is_empty() {
                chances.extend_from_slice(own);
            } else {
                add(own, chances);
            }
        }
        if chances.is_empty() {
            return;
        }
        let share = 1.0 / self.networks.len() as f32;
        chances.iter_mut().for_each(|chance| *chance *= share);
        likeliest.extend(0..chances.len() as u32);
        if likeliest.len() > LIKELIEST {
            let chance = |item: u32| chances[item as usize];
            likeliest.select_nth_unstable_by(LIKELIEST, |a, b| {
                chance(*b).total_cmp(&chance(*a)).then(a.cmp(b))
            });
            likeliest.truncate(LIKELIEST);
            likeliest.sort_unstable();
        }
    }

    /// Bytes that the networks hold.
    pub fn memory(&self) -> usize {
        self.networks.iter().map(Neural::memory).sum()
    }
}
