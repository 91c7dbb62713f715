//! What the agent does, beside the optimum: actions over the states, the gap, and an episode.

use super::super::problems::Problem as Decision;
use super::super::protocol::{Actions, AxisView, Earnings, Gap, Measure, PolicyMap, Rule, Shown};
use super::{Entry, Operation};
use crate::distribution::student_quantile;
use crate::env::axes::{Axes, Axis};
use crate::env::{Environment, Model};
use crate::experiment::parameters::Settings;
use crate::problem::Text;
use crate::solve::value_iteration::Optimum;
use crate::train::{Snapshot, Trainer};

/// Most columns and rows of a map.
const COLUMNS: usize = 60;
const ROWS: usize = 40;

/// An action is among the best when it loses no more than this share of the best one's value.
const TIE: f64 = 1e-9;

/// The learned actions beside the best ones, state by state.
struct Comparison {
    learned: Option<Vec<Option<u32>>>,
    optimal: Vec<u32>,
    loss: Option<Vec<Option<f64>>>,
    agree: Option<f64>,
}

/// What a view is made from.
pub struct View<'a> {
    pub entry: &'static Entry,
    pub operation: &'a Operation,
    pub optimum: &'a Optimum,
    pub settings: &'a Settings,
    pub trainer: Option<&'a Trainer<Decision>>,
}

impl View<'_> {
    /// Everything that the page shows; `latest` holds the last measurement of each run.
    pub fn show(&self, latest: &[Snapshot], seed: u32, at: &[u32]) -> Shown {
        let axes = self.operation.axes();
        let wide: Vec<usize> = (0..axes.len())
            .filter(|&i| axes[i].high > axes[i].low)
            .collect();
        let mut shown = Shown {
            gap: self.gap(latest),
            actions: self.actions(),
            earnings: None,
            rule: None,
            map: None,
            episode: self.episode(seed),
        };
        match wide.as_slice() {
            [] => shown.earnings = Some(self.earnings()),
            [only] => shown.rule = Some(self.rule(&axes, *only)),
            [columns, rows, rest @ ..] => {
                shown.map = Some(self.map(&axes, (*columns, *rows), rest, at));
            }
        }
        shown
    }

    /// The trainer, once it has taken a step.
    pub fn learned(&self) -> Option<&Trainer<Decision>> {
        self.trainer.filter(|trainer| trainer.steps() > 0)
    }

    /// The learned greedy action; nothing in a state that was never seen, or without actions. A network and tiles have an opinion on
    /// states that they never saw, too.
    pub fn learned_action(&self, state: u32) -> Option<u32> {
        let trainer = self.learned()?;
        if trainer.approximates() {
            return (self.operation.actions(state) > 0).then(|| trainer.q().best(state));
        }
        let from = trainer.q().pair(state, 0);
        let to = from + self.operation.actions(state) as usize;
        let seen = trainer.learner().visits()[from..to].iter().any(|&n| n > 0);
        seen.then(|| trainer.q().best(state))
    }

    /// The optimal Q-values of a state.
    pub fn optimal_q(&self, state: u32) -> Vec<f64> {
        let mut q = vec![0.0; self.operation.actions(state) as usize];
        let Optimum { values, gamma, .. } = self.optimum;
        self.operation.backup(state, values, *gamma, &mut q);
        q
    }

    /// The optimal action, the first of equals.
    pub fn optimal_action(&self, state: u32) -> u32 {
        best(&self.optimal_q(state))
    }

    fn gap(&self, latest: &[Snapshot]) -> Option<Gap> {
        let percents: Vec<f64> = latest.iter().map(|s| 100.0 - s.value_percent).collect();
        let n = percents.len();
        if n == 0 {
            return None;
        }
        let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / n as f64;
        let percent = mean(&mut percents.iter().copied());
        let interval = (n > 1).then(|| {
            let squares = mean(&mut percents.iter().map(|p| (p - percent) * (p - percent)));
            let half =
                student_quantile(0.975, (n - 1) as f64) * libm::sqrt(squares / (n as f64 - 1.0));
            // No policy is better than the optimum.
            ((percent - half).max(0.0), percent + half)
        });
        Some(Gap {
            runs: n as u32,
            percent,
            interval,
            value: mean(&mut latest.iter().map(|s| s.value)),
            optimum: self.optimum.start_value,
        })
    }

    fn actions(&self) -> Actions {
        let (name, measure) = match (self.entry.family, self.entry.id) {
            ("price", _) => (Text::new("price", "价格"), Measure::Money),
            ("stock", _) => (Text::new("units to order", "订货量"), Measure::Count),
            ("textbook", _) => (Text::new("throttle", "油门"), Measure::Count),
            (_, "ads") => (
                Text::new("ad (0: none)", "广告（0：不投放）"),
                Measure::Count,
            ),
            _ => (Text::new("bid", "出价"), Measure::Money),
        };
        Actions {
            name,
            amounts: amounts(self.operation),
            measure,
        }
    }

    fn earnings(&self) -> Earnings {
        Earnings {
            learned: self.learned().map(|trainer| trainer.q().row(0).to_vec()),
            optimal: self.optimal_q(0),
        }
    }

    fn rule(&self, axes: &[Axis], only: usize) -> Rule {
        let axis = axis_view(&axes[only], COLUMNS * 4);
        let states: Vec<u32> = axis
            .values
            .iter()
            .filter_map(|&value| self.state(axes, &[(only, value)]))
            .collect();
        let Comparison {
            learned,
            optimal,
            loss,
            agree,
        } = self.compare(&states);
        Rule {
            axis,
            learned,
            optimal,
            loss,
            agree,
        }
    }

    fn learned_actions(&self, states: &[u32]) -> Option<Vec<Option<u32>>> {
        self.learned()?;
        Some(states.iter().map(|&s| self.learned_action(s)).collect())
    }

    fn compare(&self, states: &[u32]) -> Comparison {
        let q: Vec<Vec<f64>> = states.iter().map(|&s| self.optimal_q(s)).collect();
        let learned = self.learned_actions(states);
        let loss: Option<Vec<Option<f64>>> = learned.as_ref().map(|learned| {
            let pairs = q.iter().zip(learned);
            pairs
                .map(|(q, action)| action.map(|a| q[best(q) as usize] - q[a as usize]))
                .collect()
        });
        let tie = TIE * self.optimum.start_value.abs().max(1.0);
        let agree = loss.as_ref().map(|loss| {
            let same = loss.iter().flatten().filter(|&&l| l <= tie).count();
            same as f64 / loss.len().max(1) as f64
        });
        Comparison {
            learned,
            optimal: q.iter().map(|q| best(q)).collect(),
            loss,
            agree,
        }
    }

    fn state(&self, axes: &[Axis], chosen: &[(usize, f64)]) -> Option<u32> {
        let mut point: Vec<f64> = axes.iter().map(|axis| axis.low).collect();
        for &(place, value) in chosen {
            point[place] = value;
        }
        self.operation.state_at(&point)
    }

    fn map(
        &self,
        axes: &[Axis],
        (across, down): (usize, usize),
        rest: &[usize],
        at: &[u32],
    ) -> PolicyMap {
        let mut columns = axis_view(&axes[across], COLUMNS);
        // Time flows to the right: what is left shrinks.
        if matches!(self.entry.family, "price" | "ads") {
            columns.values.reverse();
        }
        let mut rows = axis_view(&axes[down], ROWS);
        rows.values.reverse();
        let fixed: Vec<(usize, AxisView, u32)> = rest
            .iter()
            .enumerate()
            .map(|(number, &place)| {
                let axis = axis_view(&axes[place], 1_000);
                let last = axis.values.len() as u32 - 1;
                (place, axis, at.get(number).copied().unwrap_or(0).min(last))
            })
            .collect();
        let mut states = Vec::new();
        for &row in &rows.values {
            for &column in &columns.values {
                let mut chosen = vec![(across, column), (down, row)];
                chosen.extend(
                    fixed
                        .iter()
                        .map(|(place, axis, at)| (*place, axis.values[*at as usize])),
                );
                states.extend(self.state(axes, &chosen));
            }
        }
        let Comparison {
            learned,
            optimal,
            loss,
            agree,
        } = self.compare(&states);
        PolicyMap {
            optimal,
            shown: (states.len() as u32, self.operation.states()),
            fixed: fixed.into_iter().map(|(_, axis, at)| (axis, at)).collect(),
            columns,
            rows,
            learned,
            loss,
            agree,
        }
    }
}

/// What each action stands for in the problem's own measure.
pub fn amounts(operation: &Operation) -> Vec<f64> {
    let states = operation.states().min(10_000);
    let most = (0..states).map(|state| operation.actions(state)).max();
    (0..most.unwrap_or(0))
        .map(|action| operation.amount(action))
        .collect()
}

fn best(q: &[f64]) -> u32 {
    let mut at = 0;
    for (action, value) in q.iter().enumerate() {
        if *value > q[at] {
            at = action;
        }
    }
    at as u32
}

/// Without the digits that only rounding made.
pub fn tidy(value: f64) -> f64 {
    libm::round(value * 1e4) / 1e4
}

/// The values of an axis from low to high, at most so many, evenly spread.
fn axis_view(axis: &Axis, most: usize) -> AxisView {
    let last = libm::round((axis.high - axis.low) / axis.step);
    let shown = (last as usize + 1).min(most);
    let value = |i: usize| {
        if shown < 2 {
            return axis.low;
        }
        tidy(axis.low + axis.step * libm::round(last * i as f64 / (shown - 1) as f64))
    };
    AxisView {
        name: Text::new(axis.name.0, axis.name.1),
        values: (0..shown).map(value).collect(),
    }
}
