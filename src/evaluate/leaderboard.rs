//! The ranking leaderboard: one value that the page, the runner, links and JSON share.

use serde::{Deserialize, Serialize};

use super::bootstrap::{Interval, resample};
use super::metrics::{CUTOFFS, Metric, Tally};
use super::policies::{build, plain};
use super::ranking::{Outcome, Run, Segment};
use super::split::Split;
use crate::behaviour::{BehaviourModel, Choice, Sessions, Watch};
use crate::problem::{Problem, Text};

/// What all models of a leaderboard share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Protocol {
    /// Length of recommendation lists (1 to 100).
    pub k: u32,
    /// Resamples of the bootstrap; 0 for none.
    pub resamples: u32,
    /// Seed of the bootstrap and of tuning.
    pub seed: u64,
    /// Name of the model that the others are compared with; without settings, it is the first one of its kind where none is called so.
    pub reference: String,
    /// Metric of the comparison, at a list length of 20.
    pub metric: Metric,
}

impl Default for Protocol {
    fn default() -> Self {
        Self {
            k: 20,
            resamples: 500,
            seed: 1,
            reference: "vsknn".to_owned(),
            metric: Metric::Mrr,
        }
    }
}

/// One tested model, with all its predictions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trial {
    /// What the model is called: what was asked for, without what is the default anyway.
    pub name: String,
    /// The model, with what tuning found.
    pub choice: Choice,
    /// How many settings were tried to find its hyperparameters; 0: none, they were given.
    pub tuned: u32,
    /// Time of learning in milliseconds.
    pub fit_ms: f64,
    /// Time of one recommendation list in microseconds, ranking of all items included.
    pub recommend_us: f64,
    /// Bytes that the fitted model holds.
    pub bytes: u64,
    /// Its predictions.
    pub outcome: Outcome,
}

impl Trial {
    /// Learns and tests a model. `clock` gives milliseconds since any moment.
    ///
    /// # Errors
    /// Those of the choice and of learning; `behaviour.stopped` when the watch said to stop.
    pub fn run(
        choice: &Choice,
        split: &Split,
        k: u32,
        clock: &mut dyn FnMut() -> f64,
        watch: &mut Watch<'_>,
    ) -> Result<Self, Problem> {
        Self::run_and_keep(choice, split, k, clock, watch).map(|(trial, _)| trial)
    }

    /// The same, with the model as it was tested.
    ///
    /// # Errors
    /// As for [`Trial::run`].
    pub fn run_and_keep(
        choice: &Choice,
        split: &Split,
        k: u32,
        clock: &mut dyn FnMut() -> f64,
        watch: &mut Watch<'_>,
    ) -> Result<(Self, Box<dyn BehaviourModel>), Problem> {
        let mut model = build(choice)?;
        let start = clock();
        watch.part(0.0, 0.3, |watch| model.fit(&split.train, watch))?;
        let fit_ms = clock() - start;
        let test =
            |watch: &mut Watch<'_>| Self::test(choice, model.as_ref(), (split, k), clock, watch);
        let trial = watch.part(0.3, 1.0, test)?;
        Ok((Self { fit_ms, ..trial }, model))
    }

    /// Tests a model that has learned, by lists of `k` items. How long it learned, whoever had it learn knows.
    ///
    /// # Errors
    /// Those of the choice; `behaviour.stopped` when the watch said to stop.
    pub fn test(
        choice: &Choice,
        model: &dyn BehaviourModel,
        (split, k): (&Split, u32),
        clock: &mut dyn FnMut() -> f64,
        watch: &mut Watch<'_>,
    ) -> Result<Self, Problem> {
        let start = clock();
        let mut run = Run::new(model, split, k);
        while run.advance(200) {
            let (done, all) = run.progress();
            watch.report(done, all)?;
        }
        let outcome = run.finish();
        Ok(Self {
            name: plain(choice)?.to_string(),
            choice: choice.clone(),
            tuned: 0,
            fit_ms: 0.0,
            recommend_us: 1000.0 * (clock() - start) / outcome.len().max(1) as f64,
            bytes: model.memory() as u64,
            outcome,
        })
    }
}

/// How large a part of the data is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// Sessions.
    pub sessions: u32,
    /// Events.
    pub events: u32,
    /// Distinct items.
    pub items: u32,
}

/// A metric with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Score {
    /// Which metric.
    pub metric: Metric,
    /// List length.
    pub k: u32,
    /// The estimate and its 95 % interval.
    #[serde(flatten)]
    pub interval: Interval,
}

/// The metrics of the predictions of one segment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SegmentScores {
    /// `all`, `repeat`, `novel`, or the event type of the target.
    pub segment: String,
    /// How many predictions.
    pub predictions: u32,
    /// Every metric at every cutoff.
    pub scores: Vec<Score>,
}

/// Metrics at one list length, or at one position of the sessions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Point {
    /// List length, or position: 0 after the first event of a session.
    pub at: u32,
    /// How many predictions.
    pub predictions: u32,
    /// Hit rate.
    pub hr: f64,
    /// Mean reciprocal rank.
    pub mrr: f64,
    /// Normalised discounted cumulative gain.
    pub ndcg: f64,
}

/// How a model compares with the reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// The metric at 20, of this model less that of the reference, on the same resamples.
    #[serde(flatten)]
    pub interval: Interval,
    /// Whether the interval holds 0.
    pub undecided: bool,
    /// That in words.
    pub verdict: Text,
}

/// One model's line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// What the model is called: what was asked for, without what is the default anyway.
    pub name: String,
    /// The model, with what tuning found.
    pub choice: Choice,
    /// How many settings were tried to find its hyperparameters; 0: they were given.
    pub tuned: u32,
    /// Time of learning in milliseconds.
    pub fit_ms: f64,
    /// Time of one recommendation list in microseconds.
    pub recommend_us: f64,
    /// Bytes that the fitted model holds.
    pub bytes: u64,
    /// Metrics of all predictions, repeat targets, novel targets, and targets of each event type where there are several.
    pub segments: Vec<SegmentScores>,
    /// Share of the training items that occur in the first 5, 10, 20 of any list.
    pub coverage: Vec<f64>,
    /// Mean training count of the items in the first 5, 10, 20 of the lists, as a share of the greatest count.
    pub popularity: Vec<f64>,
    /// Metrics for each list length from 1 to `k`.
    pub by_length: Vec<Point>,
    /// Metrics at 20 for each position in the session, the last one taking in all beyond.
    pub by_position: Vec<Point>,
    /// Comparison with the reference; none for the reference itself or where it was not tested.
    pub difference: Option<Difference>,
}

/// Models compared on one split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Leaderboard {
    /// What all models share.
    pub protocol: Protocol,
    /// The training part.
    pub train: Part,
    /// The test part.
    pub test: Part,
    /// Test events whose item training never saw.
    pub unseen_events: u32,
    /// Predictions made by each model.
    pub predictions: u32,
    /// One line for each model, in the order given.
    pub lines: Vec<Line>,
}

/// Positions shown one by one.
const POSITIONS: u32 = 10;

impl Leaderboard {
    /// Puts tested models together. All trials must come from the same split.
    ///
    /// # Errors
    /// `behaviour.stopped` when the watch said to stop.
    pub fn new(
        protocol: &Protocol,
        split: &Split,
        trials: &[Trial],
        watch: &mut Watch<'_>,
    ) -> Result<Self, Problem> {
        let segments = segments(&split.test);
        let sessions = split.test.len();
        // One column of session sums for each model and segment; all are resampled together.
        let columns: Vec<Vec<Tally>> = trials
            .iter()
            .flat_map(|trial| {
                let of = |&segment| trial.outcome.tally_sessions(segment, sessions);
                segments.iter().map(of)
            })
            .collect();
        let replicates = resample(&columns, protocol.resamples, protocol.seed, watch)?;
        let called = |trial: &Trial| trial.name == protocol.reference;
        let kind = |trial: &Trial| trial.choice.model == protocol.reference;
        let reference = trials.iter().position(called);
        let reference = reference.or_else(|| trials.iter().position(kind));
        let lines = trials.iter().enumerate().map(|(place, trial)| {
            let own = &replicates[place * segments.len()..(place + 1) * segments.len()];
            let scores = segments.iter().zip(own).map(|(&segment, replicates)| {
                let cells = Metric::ALL.iter().flat_map(|&metric| {
                    (0..CUTOFFS.len()).map(move |cutoff| Score {
                        metric,
                        k: CUTOFFS[cutoff],
                        interval: replicates.interval(metric, cutoff),
                    })
                });
                SegmentScores {
                    segment: segment.name().to_owned(),
                    predictions: replicates.predictions(),
                    scores: cells.collect(),
                }
            });
            let other = reference.filter(|&other| other != place);
            let difference = other.map(|other| {
                let base = &replicates[other * segments.len()];
                let interval = own[0].difference(base, protocol.metric, CUTOFFS.len() - 1);
                let names = [&trial.name, &trials[other].name];
                difference(names, protocol.metric, interval)
            });
            line(trial, split, scores.collect(), difference)
        });
        Ok(Self {
            protocol: protocol.clone(),
            train: part(&split.train),
            test: part(&split.test),
            unseen_events: split.unseen_events,
            predictions: (split.test.events() - split.test.len()) as u32,
            lines: lines.collect(),
        })
    }

    /// The same without what differs from run to run and from machine to machine: times and memory. This is what a
    /// digest may cover.
    #[must_use]
    pub fn without_times(mut self) -> Self {
        for line in &mut self.lines {
            line.fit_ms = 0.0;
            line.recommend_us = 0.0;
            line.bytes = 0;
        }
        self
    }
}

/// The segments that a test part has something in.
fn segments(test: &Sessions) -> Vec<Segment> {
    let mut segments = vec![Segment::All, Segment::Repeat, Segment::Novel];
    let kinds = crate::log::EventType::ALL.into_iter();
    let present: Vec<_> = kinds.filter(|kind| test.kind.contains(kind)).collect();
    if present.len() > 1 {
        segments.extend(present.into_iter().map(Segment::Kind));
    }
    segments
}

fn part(sessions: &Sessions) -> Part {
    let mut items = sessions.item.clone();
    items.sort_unstable();
    items.dedup();
    Part {
        sessions: sessions.len() as u32,
        events: sessions.events() as u32,
        items: items.len() as u32,
    }
}

fn line(
    trial: &Trial,
    split: &Split,
    segments: Vec<SegmentScores>,
    difference: Option<Difference>,
) -> Line {
    let (coverage, popularity) = spread(&trial.outcome, &split.train);
    Line {
        name: trial.name.clone(),
        choice: trial.choice.clone(),
        tuned: trial.tuned,
        fit_ms: trial.fit_ms,
        recommend_us: trial.recommend_us,
        bytes: trial.bytes,
        segments,
        coverage,
        popularity,
        by_length: by_length(&trial.outcome),
        by_position: by_position(&trial.outcome),
        difference,
    }
}

/// Coverage and mean popularity of the lists at every cutoff.
fn spread(outcome: &Outcome, train: &Sessions) -> (Vec<f64>, Vec<f64>) {
    let mut count = vec![0u32; train.items as usize];
    for &item in &train.item {
        if let Some(count) = count.get_mut(item as usize) {
            *count += 1;
        }
    }
    let seen = count.iter().filter(|&&n| n > 0).count().max(1);
    let most = f64::from(count.iter().copied().max().unwrap_or(1).max(1));
    let of = |&k: &u32| {
        let mut shown = vec![false; count.len()];
        let (mut sum, mut entries) = (0.0, 0u32);
        for prediction in 0..outcome.len() {
            for item in outcome.recommended(prediction).take(k as usize) {
                shown[item as usize] = true;
                sum += f64::from(count[item as usize]) / most;
                entries += 1;
            }
        }
        let covered = shown.iter().filter(|&&shown| shown).count();
        (
            covered as f64 / seen as f64,
            sum / f64::from(entries.max(1)),
        )
    };
    CUTOFFS.iter().map(of).unzip()
}

fn point(at: u32, k: u32, ranks: impl Iterator<Item = Option<u32>>) -> Point {
    let (mut n, mut sums) = (0u32, [0.0; 3]);
    for rank in ranks {
        n += 1;
        for (sum, metric) in sums.iter_mut().zip(Metric::ALL) {
            *sum += metric.of(rank, k);
        }
    }
    let [hr, mrr, ndcg] = sums.map(|sum| sum / f64::from(n.max(1)));
    Point {
        at,
        predictions: n,
        hr,
        mrr,
        ndcg,
    }
}

fn by_length(outcome: &Outcome) -> Vec<Point> {
    (1..=outcome.k)
        .map(|k| point(k, k, (0..outcome.len()).map(|p| outcome.rank_of(p))))
        .collect()
}

fn by_position(outcome: &Outcome) -> Vec<Point> {
    (0..=POSITIONS)
        .map(|at| {
            let here = |&p: &usize| outcome.position[p].min(POSITIONS) == at;
            let ranks = (0..outcome.len()).filter(here).map(|p| outcome.rank_of(p));
            point(at, 20, ranks)
        })
        .filter(|point| point.predictions > 0)
        .collect()
}

fn difference(names: [&String; 2], metric: Metric, interval: Interval) -> Difference {
    let [name, reference] = names;
    let metric = metric.name();
    let undecided = interval.low <= 0.0 && interval.high >= 0.0;
    let Interval { value, low, high } = interval;
    let verdict = if undecided {
        Text::new(
            format!(
                "{name} and {reference} can't be told apart on this data: {metric}@20 differs by {value:+.4}, 95 % interval {low:+.4} to {high:+.4}."
            ),
            format!(
                "在这份数据上无法区分 {name} 与 {reference}：{metric}@20 相差 {value:+.4}，95% 区间 {low:+.4} 至 {high:+.4}。"
            ),
        )
    } else {
        let (en, zh) = if value > 0.0 {
            ("better", "优于")
        } else {
            ("worse", "劣于")
        };
        Text::new(
            format!(
                "{name} is {en} than {reference} on this data: {metric}@20 differs by {value:+.4}, 95 % interval {low:+.4} to {high:+.4}."
            ),
            format!(
                "在这份数据上 {name} {zh} {reference}：{metric}@20 相差 {value:+.4}，95% 区间 {low:+.4} 至 {high:+.4}。"
            ),
        )
    };
    Difference {
        interval,
        undecided,
        verdict,
    }
}
