//! Networks as models of behaviour: an MLP, a convolutional network (NextItNet), a GRU (GRU4Rec) and a transformer
//! (SASRec), each with a behaviour head and, where it is asked for, a Q head that learn together (SQN and SNQN: Xin et al., SIGIR
//! 2020 and WSDM 2022).
//!
//! A state is what an encoder makes of the last [`Settings::events`] events. Every position of every session is a target; positions are
//! encoded all at once. Both heads score items by their embeddings, which are the inputs' too.

mod course;
mod explain;
mod heads;
mod known;
mod network;
mod rank;
mod settings;
mod step;
mod values;
mod windows;

use super::{BehaviourModel, History, ModelKind, Scratch, Sessions, Values, Watch, need_events};
use crate::nn::encoder::{Kind, pass_bytes};
use crate::nn::vector::softmax;
use crate::problem::{Problem, Text};

pub use course::{Course, Epoch, Learning};
pub use explain::Explanation;
pub use network::{Network, Pass};
pub use rank::products;
pub use settings::{PARAMETERS, RankBy, Settings};
pub use step::{Learner, Step};
pub use windows::{Window, windows};

/// Bytes that learning may take: what a tab can give.
const MOST_BYTES: u64 = 1 << 30;

/// The networks that the ranking board offers.
pub const NETWORKS: &[ModelKind] = &[
    ModelKind {
        name: "mlp",
        title: ["MLP over the last items", "多层感知机：最近商品"],
        paper: "after Covington, Adams & Sargin, RecSys 2016",
        parameters: PARAMETERS,
        make: |values| Box::new(Neural::new(Kind::Mlp, values)),
    },
    ModelKind {
        name: "cnn",
        title: [
            "Dilated convolutions (NextItNet)",
            "空洞卷积网络（NextItNet）",
        ],
        paper: "Yuan et al., WSDM 2019",
        parameters: PARAMETERS,
        make: |values| Box::new(Neural::new(Kind::Cnn, values)),
    },
    ModelKind {
        name: "gru",
        title: ["Recurrent network (GRU4Rec)", "循环网络（GRU4Rec）"],
        paper: "Hidasi et al., ICLR 2016",
        parameters: PARAMETERS,
        make: |values| Box::new(Neural::new(Kind::Gru, values)),
    },
    ModelKind {
        name: "transformer",
        title: ["Self-attention (SASRec)", "自注意力网络（SASRec）"],
        paper: "Kang & McAuley, ICDM 2018",
        parameters: PARAMETERS,
        make: |values| Box::new(Neural::new(Kind::Transformer, values)),
    },
];

/// A network as a model of behaviour.
#[derive(Clone, Debug)]
pub struct Neural {
    settings: Settings,
    course: Option<Course>,
}

impl Neural {
    /// A network that has learned nothing yet.
    #[must_use]
    pub fn new(encoder: Kind, values: &Values) -> Self {
        Self::of(Settings::new(encoder, values))
    }

    /// The same from settings.
    #[must_use]
    pub fn of(settings: Settings) -> Self {
        Self {
            settings,
            course: None,
        }
    }

    /// What it was told before learning.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// How learning goes, or went.
    #[must_use]
    pub fn course(&self) -> Option<&Course> {
        self.course.as_ref()
    }

    /// Prepares to learn from sessions.
    ///
    /// # Errors
    /// `behaviour.empty`; `neural.memory` when learning would take too much.
    pub fn begin(&mut self, train: &Sessions) -> Result<(), Problem> {
        need_events(train)?;
        check_memory(self.settings.bytes(train))?;
        // The window is judged by likelihood, which says nothing of values: those learn for all epochs.
        let mut held_out = super::blend::window(train);
        let alone = held_out.iter().all(|&inside| inside);
        if alone || self.settings.rank != RankBy::Likelihood {
            held_out.clear();
        }
        self.course = Some(Course::new(&self.settings, train, &held_out));
        Ok(())
    }

    /// Takes over weights that were learned from these sessions' items before, instead of learning.
    ///
    /// # Errors
    /// Those of [`Neural::begin`] and of [`crate::nn::saved::load`]; nothing is taken over then.
    pub fn take_weights(&mut self, train: &Sessions, bytes: &[u8]) -> Result<(), Problem> {
        self.begin(train)?;
        let loaded = match &mut self.course {
            Some(course) => crate::nn::saved::load(&mut course.learner.weights, bytes),
            None => Ok(()),
        };
        match &mut self.course {
            Some(course) if loaded.is_ok() => course.rest(),
            _ => self.course = None,
        }
        loaded
    }

    /// Learns for about `work` elementary operations; returns the share done.
    ///
    /// # Errors
    /// `neural.diverged`.
    pub fn advance(&mut self, train: &Sessions, work: u64) -> Result<f64, Problem> {
        self.advance_while(train, work, |_| true)
    }

    /// The same, for as long as `more` says so before a step.
    ///
    /// # Errors
    /// Those of [`Neural::advance`].
    pub(super) fn advance_while(
        &mut self,
        train: &Sessions,
        work: u64,
        more: impl Fn(&Course) -> bool,
    ) -> Result<f64, Problem> {
        let Some(course) = &mut self.course else {
            return Ok(1.0);
        };
        let mut spent = 0;
        while spent < work.max(1) && more(course) {
            match course.step(train)? {
                Some(step) => spent += self.settings.work(train, step.targets),
                None => return Ok(1.0),
            }
        }
        Ok(course.progress().min(0.999))
    }
}

impl Neural {
    /// How likely each item is to come next: by the weights as they are or, where they must not have learned from the validation window,
    /// by the best of the search. None where the history holds no item that the network knows.
    pub(super) fn chances<'a>(
        &self,
        history: History<'_>,
        unseen: bool,
        pass: &'a mut Pass,
    ) -> Option<&'a [f32]> {
        let course = self.course.as_ref()?;
        let weights = if unseen {
            course.searched()
        } else {
            &course.learner.weights
        };
        let (chances, _) = course
            .learner
            .network
            .judge(weights, history, false, pass)?;
        softmax(chances);
        Some(chances)
    }

    /// Ends learning before its time: the best so far is kept.
    pub(super) fn stop(&mut self) {
        if let Some(course) = &mut self.course {
            course.keep_best();
        }
    }
}

/// Refuses to learn what would take too much.
///
/// # Errors
/// `neural.memory`.
pub fn check_memory(bytes: u64) -> Result<(), Problem> {
    if bytes > MOST_BYTES {
        return Err(too_large(bytes));
    }
    Ok(())
}

impl Settings {
    /// Bytes that learning from these sessions takes.
    #[must_use]
    pub fn bytes(&self, train: &Sessions) -> u64 {
        let (width, items) = (self.width as u64, u64::from(train.items));
        let categories = network::category_count(&train.category).filter(|_| self.categories);
        // The encoders hold at most some 14 width * width weights (two blocks of attention); small tables and biases have less than 64
        // rows together.
        let rows = items + categories.unwrap_or(0) as u64 + 64;
        let weights = rows * (width + 2) + 20 * width * width;
        let values = self.value_weight > 0.0;
        let known = match self.encoder {
            Kind::Gru if values => known::bytes(items, width),
            _ => 0,
        };
        let learner = Learner::bytes(weights, values);
        // What passes through for a batch, most of all in attention; with a target network, twice.
        let passes = if values { 2 } else { 1 };
        let (sequences, positions) = (
            self.batch.max(course::AT_ONCE),
            self.events.min(longest(train)),
        );
        let batch = (sequences * positions) as u64;
        // The mean that goes past the encoder, beside its states, and their gradients.
        let past = if self.mean > 0.0 { 5 } else { 0 };
        let through = pass_bytes(sequences as u64, positions as u64, width);
        let pass = (through + 4 * batch * past * width) * passes;
        let against = match self.negatives_among(train.items as usize) {
            0 => items,
            some => some as u64,
        };
        let scores = 4 * (2 * against * width).max(heads::most_scores(against, batch));
        // Of each item: its counts and sums for drawing negatives, places of touched rows, and its scores in validation.
        let each = 40 + 4 * course::SCORED_AT_ONCE as u64;
        let lists = each * items + 40 * train.events() as u64;
        learner + known + pass + scores + lists
    }

    /// Elementary operations (about a nanosecond each) of a step with so many targets.
    fn work(&self, train: &Sessions, targets: u32) -> u64 {
        let items = train.items as usize;
        let against = match self.negatives_among(items) {
            0 => items,
            some => some,
        };
        let per_target = self.width * (against + 40 * self.width);
        u64::from(targets.max(1)) * per_target as u64 / 2
    }
}

/// Events of the longest session.
fn longest(train: &Sessions) -> usize {
    let lengths = train.start.windows(2).map(|pair| pair[1] - pair[0]);
    lengths.max().unwrap_or(0) as usize
}

/// Lowers the scores of these items, of each once.
fn hold_back(scores: &mut [f32], seen: &[u32], by: f32) {
    for (place, &item) in seen.iter().enumerate() {
        if let Some(score) = scores.get_mut(item as usize)
            && !seen[..place].contains(&item)
        {
            *score -= by;
        }
    }
}

fn too_large(bytes: u64) -> Problem {
    let megabytes = bytes >> 20;
    Problem::new(
        "neural.memory",
        Text::new(
            format!(
                "Learning this network would take {megabytes} MB, more than a browser tab can be trusted with (1024 MB)."
            ),
            format!("学习该网络需要 {megabytes} MB 内存，超过浏览器标签页可靠可用的 1024 MB。"),
        ),
        Text::new(
            "Choose a smaller width, or a log with fewer items.",
            "请选择更小的维数，或商品更少的日志。",
        ),
    )
}

impl BehaviourModel for Neural {
    fn fit(&mut self, train: &Sessions, watch: &mut Watch<'_>) -> Result<(), Problem> {
        self.begin(train)?;
        loop {
            let done = self.advance(train, 20_000_000)?;
            watch.report((done * 1e4) as usize, 10_000)?;
            if done >= 1.0 {
                return Ok(());
            }
        }
    }

    fn fit_slice(
        &mut self,
        train: &Sessions,
        first: bool,
        work: u64,
        watch: &mut Watch<'_>,
    ) -> Result<f64, Problem> {
        if first {
            self.begin(train)?;
        }
        let done = self.advance(train, work)?;
        watch.report((done * 1e4) as usize, 10_000)?;
        Ok(done)
    }

    fn stop_early(&mut self) {
        self.stop();
    }

    fn steps(&self) -> u64 {
        self.course.as_ref().map_or(0, Course::steps)
    }

    fn network(&self) -> Option<&Neural> {
        Some(self)
    }

    fn network_mut(&mut self) -> Option<&mut Neural> {
        Some(self)
    }

    fn score(&self, history: History<'_>, scratch: &mut Scratch) {
        let Scratch {
            scores,
            network: pass,
            ..
        } = scratch;
        let Some(Course { learner, .. }) = &self.course else {
            return scores.begin(0);
        };
        scores.begin(learner.network.items);
        let by = self.settings.rank;
        let Some((chances, values)) =
            learner
                .network
                .judge(&learner.weights, history, by != RankBy::Likelihood, pass)
        else {
            return;
        };
        let Settings { events, seen, .. } = self.settings;
        hold_back(chances, history.last(events).items, seen);
        softmax(chances);
        rank::score(by, chances, values, scores);
    }

    /// A network does not learn from one session alone.
    fn update(&mut self, _session: History<'_>) {}

    fn memory(&self) -> usize {
        let weights = self
            .course
            .as_ref()
            .map_or(0, |course| course.learner.weights.len());
        4 * weights
    }
}
