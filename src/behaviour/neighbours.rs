//! Nearest sessions. SKNN: Jannach & Ludewig (RecSys 2017). VSKNN: Ludewig & Jannach, "Evaluation of session-based
//! recommendation algorithms" (UMUAI 2018). STAN: Garg et al. (SIGIR 2019). VSTAN: Ludewig et al. (UMUAI 2021).
//! Details follow session-rec; where it leaves an order to chance (equal similarity), the newer session comes first.

use super::prior::Prior;
use super::rules::Decay;
use super::{BehaviourModel, History, Scratch, Sessions, Values, Watch, need_events};
use crate::problem::Problem;

/// How the items of the history weigh in the similarity of sessions.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Weight {
    /// Decays with the distance `b` from the newest event in a history of `n`: the weight of session-rec's VSKNN, by its name.
    Position(Decay),
    /// exp(-b / lambda).
    Exponential(f64),
}

/// Which of the family, with what only that one has.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Flavour {
    weight: Weight,
    /// Divide by the lengths of both sessions (cosine); else by the history's only.
    cosine: bool,
    /// Weight of a neighbour by the distance of the newest shared item in the history.
    match_decay: Option<Weight>,
    /// Factor of the inverse document frequency in an item's score.
    idf: f64,
    /// Days over which a neighbour's weight falls to 1/e; 0: never.
    age_days: f64,
    /// Positions over which an item's weight falls to 1/e around the shared item; 0: never.
    item_distance: f64,
}

/// Distances from the shared item that are told apart.
const FURTHEST: u32 = 512;

/// A model of the SKNN family: items of the `k` training sessions most like the history.
#[derive(Clone, Debug)]
pub struct Neighbours {
    k: usize,
    sample: usize,
    flavour: Flavour,
    items: u32,
    has_time: bool,
    start: Vec<u32>,
    /// Distinct items of each session.
    item: Vec<u32>,
    /// Where each of them last stood in its session, counted from 1.
    position: Vec<u32>,
    time: Vec<i64>,
    /// Sessions that hold an item, oldest first.
    holders: Vec<Vec<u32>>,
    idf: Vec<f64>,
    /// Weight of each session by its age at the fit. The age of the history itself is a factor that all share: left out.
    fresh: Vec<f64>,
    newest: i64,
    /// Weight of an item by its distance from the shared one.
    around: Vec<f64>,
    prior: Prior,
}

impl Neighbours {
    /// SKNN with cosine similarity.
    #[must_use]
    pub fn sknn(values: &Values) -> Self {
        Self::new(
            values,
            Flavour {
                weight: Weight::Position(Decay::Same),
                cosine: true,
                match_decay: None,
                idf: 0.0,
                age_days: 0.0,
                item_distance: 0.0,
            },
        )
    }

    /// VSKNN.
    #[must_use]
    pub fn vsknn(values: &Values) -> Self {
        let decay = |name: &str| Decay::ALL[values.whole(name).min(Decay::ALL.len() - 1)];
        Self::new(
            values,
            Flavour {
                weight: Weight::Position(decay("weighting")),
                cosine: false,
                match_decay: Some(Weight::Position(decay("score"))),
                idf: values.real("idf"),
                age_days: 0.0,
                item_distance: 0.0,
            },
        )
    }

    /// STAN.
    #[must_use]
    pub fn stan(values: &Values) -> Self {
        Self::new(
            values,
            Flavour {
                weight: Weight::Exponential(values.real("spw")),
                cosine: true,
                match_decay: None,
                idf: 0.0,
                age_days: values.real("snh"),
                item_distance: values.real("inh"),
            },
        )
    }

    /// VSTAN.
    #[must_use]
    pub fn vstan(values: &Values) -> Self {
        let mut model = Self::stan(values);
        model.flavour.match_decay = Some(Weight::Exponential(values.real("ipw")));
        model.flavour.idf = values.real("idf");
        model
    }

    fn new(values: &Values, flavour: Flavour) -> Self {
        Self {
            k: values.whole("k"),
            sample: values.whole("sample"),
            flavour,
            items: 0,
            has_time: false,
            start: Vec::new(),
            item: Vec::new(),
            position: Vec::new(),
            time: Vec::new(),
            holders: Vec::new(),
            idf: Vec::new(),
            fresh: Vec::new(),
            newest: 0,
            around: Vec::new(),
            prior: Prior::default(),
        }
    }

    fn push(&mut self, session: History<'_>) {
        let number = self.time.len() as u32;
        let first = self.item.len();
        for (place, &item) in session.items.iter().enumerate() {
            if item >= self.items {
                continue;
            }
            match self.holders[item as usize].last() {
                Some(&last) if last == number => {
                    if let Some(at) = self.item[first..].iter().position(|&i| i == item) {
                        self.position[first + at] = place as u32 + 1;
                    }
                }
                _ => {
                    self.holders[item as usize].push(number);
                    self.item.push(item);
                    self.position.push(place as u32 + 1);
                }
            }
        }
        self.start.push(self.item.len() as u32);
        self.time.push(session.now());
        self.fresh.push(self.freshness(session.now()));
    }

    fn freshness(&self, time: i64) -> f64 {
        if self.flavour.age_days > 0.0 && self.has_time {
            let days = time.saturating_sub(self.newest) as f64 / 86_400_000.0;
            libm::exp((days / self.flavour.age_days).clamp(-500.0, 500.0))
        } else {
            1.0
        }
    }

    fn range(&self, session: u32) -> std::ops::Range<usize> {
        self.start[session as usize] as usize..self.start[session as usize + 1] as usize
    }

    fn idf_of(&self, item: u32) -> f64 {
        let count = f64::from(self.prior.count[item as usize].max(1));
        // An item with more events than there are sessions is not rare; it must not count against a session either.
        libm::log(self.time.len() as f64 / count).max(0.0)
    }

    /// Fills `scratch.neighbours` with the `k` nearest sessions and their similarities.
    fn find(&self, length: u32, scratch: &mut Scratch) {
        scratch.sessions.begin(self.time.len());
        let mut norm = 0.0;
        for &(item, back) in &scratch.recent {
            let weight = self.flavour.weight.of(back, length);
            norm += weight * weight;
            let holders = &self.holders[item as usize];
            // Sessions older than the newest `sample` holders of one item can't be among the newest `sample` of all.
            for &session in &holders[holders.len().saturating_sub(self.sample)..] {
                scratch.sessions.add(session, weight);
            }
        }
        let list = &mut scratch.neighbours;
        list.clear();
        let touched = scratch.sessions.touched();
        list.extend(touched.iter().map(|&session| (0.0, session)));
        if list.len() > self.sample {
            list.select_nth_unstable_by(self.sample, |a, b| b.1.cmp(&a.1));
            list.truncate(self.sample);
        }
        let distinct = scratch.recent.len() as f64;
        for (similarity, session) in list.iter_mut() {
            *similarity = scratch.sessions.get(*session);
            if self.flavour.cosine {
                *similarity /= libm::sqrt(norm) * libm::sqrt(self.range(*session).len() as f64);
            } else {
                *similarity /= distinct;
            }
            *similarity *= self.fresh[*session as usize];
        }
        if list.len() > self.k {
            list.select_nth_unstable_by(self.k, |a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
            list.truncate(self.k);
        }
        // The order in which scores are summed must not depend on how the library selects.
        list.sort_unstable_by_key(|entry| entry.1);
    }

    /// Scores without settling.
    pub fn score_raw(&self, history: History<'_>, scratch: &mut Scratch) {
        scratch.note(history, self.items);
        if !scratch.recent.is_empty() {
            self.score_known(history, scratch);
        }
    }

    /// Scores from the sessions nearest to a history of which at least one item is known.
    fn score_known(&self, history: History<'_>, scratch: &mut Scratch) {
        self.find(history.items.len() as u32, scratch);
        // Distance from the end of each history item, so that a neighbour's newest shared item is found in one pass.
        scratch.sessions.begin(self.items as usize);
        for &(item, back) in &scratch.recent {
            scratch.sessions.set(item, f64::from(back));
        }
        let length = history.items.len() as u32;
        let list = std::mem::take(&mut scratch.neighbours);
        for &(similarity, session) in &list {
            let (mut back, mut anchor) = (u32::MAX, 0);
            for place in self.range(session) {
                let item = self.item[place];
                if scratch.sessions.has(item) {
                    back = back.min(scratch.sessions.get(item) as u32);
                    anchor = anchor.max(self.position[place]);
                }
            }
            self.add_items(session, similarity, back, length, anchor, scratch);
        }
        scratch.neighbours = list;
    }

    /// Adds what one neighbour's items score. `scratch.sessions` is not used here, so it stays as `find` left it.
    fn add_items(
        &self,
        session: u32,
        similarity: f64,
        back: u32,
        length: u32,
        anchor: u32,
        scratch: &mut Scratch,
    ) {
        let mut weight = similarity;
        if let Some(decay) = self.flavour.match_decay {
            weight *= match decay {
                Weight::Position(decay) => decay.at(back),
                Weight::Exponential(_) => decay.of(back, length),
            };
        }
        for place in self.range(session) {
            let item = self.item[place];
            let mut score = weight;
            if self.flavour.item_distance > 0.0 {
                let distance = self.position[place].abs_diff(anchor);
                score *= self.around[(distance as usize).min(self.around.len() - 1)];
            }
            if self.flavour.idf > 0.0 {
                score += score * self.idf[item as usize] * self.flavour.idf;
            }
            scratch.scores.add(item, score);
        }
    }
}

impl Weight {
    /// The weight of the event `back` from the end (1: the newest) of a history of `length` events.
    fn of(self, back: u32, length: u32) -> f64 {
        let (behind, n) = (f64::from(back - 1), f64::from(length));
        match self {
            Self::Position(Decay::Same) => 1.0,
            Self::Position(Decay::Div) => (n - behind) / n,
            Self::Position(Decay::Log) => 1.0 / libm::log10(behind + 1.7),
            Self::Position(Decay::Quadratic) => (n - behind) / n * ((n - behind) / n),
            Self::Position(Decay::Linear) => (1.0 - 0.1 * behind).max(0.0),
            Self::Exponential(lambda) => libm::exp(-behind / lambda),
        }
    }
}

impl BehaviourModel for Neighbours {
    fn fit(&mut self, train: &Sessions, watch: &mut Watch<'_>) -> Result<(), Problem> {
        need_events(train)?;
        let items = train.items as usize;
        self.items = train.items;
        self.has_time = train.has_time;
        self.start = vec![0];
        self.item = Vec::with_capacity(train.events());
        self.position = Vec::with_capacity(train.events());
        self.time = Vec::with_capacity(train.len());
        self.holders = vec![Vec::new(); items];
        self.prior = Prior::new(train);
        self.fresh = Vec::with_capacity(train.len());
        self.newest = train.time.iter().copied().max().unwrap_or(0);
        self.around = (0..FURTHEST)
            .map(|distance| libm::exp(-f64::from(distance) / self.flavour.item_distance.max(1e-9)))
            .collect();
        for session in train.by_last_time() {
            self.push(train.session(session as usize));
        }
        self.idf = (0..train.items).map(|item| self.idf_of(item)).collect();
        watch.report(1, 1)
    }

    fn score(&self, history: History<'_>, scratch: &mut Scratch) {
        self.score_raw(history, scratch);
        if self.flavour.match_decay.is_none() && self.flavour.item_distance == 0.0 {
            self.prior.break_ties(&mut scratch.scores);
        } else {
            self.prior.settle(&mut scratch.scores);
        }
    }

    fn update(&mut self, session: History<'_>) {
        self.prior.update(session);
        self.push(session);
        for &item in session.items.iter().filter(|&&item| item < self.items) {
            self.idf[item as usize] = self.idf_of(item);
        }
    }

    fn memory(&self) -> usize {
        let holders: usize = self.holders.iter().map(|h| 24 + 4 * h.capacity()).sum();
        holders
            + 8 * self.item.len()
            + 20 * self.time.len()
            + 8 * self.idf.len()
            + self.prior.memory()
    }
}
