//! The points of one curve as they are drawn: finite, in order, smoothed.

use std::ops::Range;

use super::scale::LARGEST;
use super::spec::Series;

/// Exponential moving average without the pull of its start: the weighted mean of all points so far, each counting `weight`
/// times as much as the next. The same as Kingma & Ba (2015) eq. for bias correction, written so that constants stay exact.
#[derive(Clone, Copy, Debug)]
pub struct Smoother {
    weight: f64,
    mean: f64,
    fading: f64,
}

impl Smoother {
    /// `weight` of the past: 0 leaves points as they are; at most 0.99.
    pub fn new(weight: f64) -> Self {
        Self {
            weight: if weight.is_nan() {
                0.0
            } else {
                weight.clamp(0.0, 0.99)
            },
            mean: 0.0,
            fading: 1.0,
        }
    }

    /// Takes the next point and gives the smoothed one.
    pub fn next(&mut self, value: f64) -> f64 {
        self.fading *= self.weight;
        self.mean += (1.0 - self.weight) / (1.0 - self.fading) * (value - self.mean);
        self.mean
    }
}

/// A curve ready to be drawn. All columns are equally long, `x` never decreases, all values are finite.
#[derive(Clone, Debug)]
pub struct Curve {
    /// Positions.
    pub x: Vec<f64>,
    /// Values as given.
    pub raw: Vec<f64>,
    /// Values as drawn: smoothed, or as given.
    pub y: Vec<f64>,
    /// Band edges, or empty.
    pub low: Vec<f64>,
    /// Band edges, or empty.
    pub high: Vec<f64>,
    weight: f64,
    smoother: Smoother,
}

impl Curve {
    /// The curve of a series, smoothed with `weight`.
    pub fn new(series: &Series, weight: f64) -> Self {
        let weight = if series.exact { 0.0 } else { weight };
        let mut curve = Self {
            x: Vec::new(),
            raw: Vec::new(),
            y: Vec::new(),
            low: Vec::new(),
            high: Vec::new(),
            weight,
            smoother: Smoother::new(weight),
        };
        curve.extend(&series.x, &series.y, &series.low, &series.high);
        curve
    }

    /// Whether the curve drawn differs from the values given.
    pub fn smoothed(&self) -> bool {
        self.weight > 0.0
    }

    /// Adds points; those that are not finite are left out, those out of order are put where they belong.
    /// Without both `low` and `high` for all points so far there is no band.
    pub fn extend(&mut self, x: &[f64], y: &[f64], low: &[f64], high: &[f64]) {
        let before = self.x.len();
        let banded = low.len() == x.len() && high.len() == x.len() && self.low.len() == before;
        let mut ordered = true;
        for (i, (&x, &y)) in x.iter().zip(y).enumerate() {
            if !(x.abs() <= LARGEST && y.abs() <= LARGEST) {
                continue;
            }
            ordered &= self.x.last().is_none_or(|&last| last <= x);
            self.x.push(x);
            self.raw.push(y);
            if banded {
                let edge = |v: f64| if v.abs() <= LARGEST { v } else { y };
                self.low.push(edge(low[i]));
                self.high.push(edge(high[i]));
            }
        }
        if !banded {
            self.low.clear();
            self.high.clear();
        }
        if ordered {
            self.smooth_from(before);
        } else {
            self.sort();
        }
    }

    fn sort(&mut self) {
        let mut order: Vec<usize> = (0..self.x.len()).collect();
        order.sort_by(|&a, &b| self.x[a].total_cmp(&self.x[b]));
        for column in [&mut self.x, &mut self.raw, &mut self.low, &mut self.high] {
            if !column.is_empty() {
                *column = order.iter().map(|&i| column[i]).collect();
            }
        }
        self.y.clear();
        self.smoother = Smoother::new(self.weight);
        self.smooth_from(0);
    }

    fn smooth_from(&mut self, start: usize) {
        let smoother = &mut self.smoother;
        self.y
            .extend(self.raw[start..].iter().map(|&v| smoother.next(v)));
    }

    /// The indices of the points at positions in `[from, to]`.
    pub fn inside(&self, from: f64, to: f64) -> Range<usize> {
        let start = self.x.partition_point(|&x| x < from);
        let end = self.x.partition_point(|&x| x <= to);
        start..end.max(start)
    }

    /// The indices to draw for positions in `[from, to]`: those inside and one on each side, where the line enters and leaves.
    pub fn window(&self, from: f64, to: f64) -> Range<usize> {
        let inside = self.inside(from, to);
        inside.start.saturating_sub(1)..(inside.end + 1).min(self.x.len())
    }
}
