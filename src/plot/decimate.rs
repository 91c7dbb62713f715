//! Geometry of lines in pixels: thinning, clipping, dashing.

use super::sheet::{Point, Rect};

/// Keeps, of all points in one pixel column, the lowest and the highest, in their order: at most two points per column,
/// and the same picture. `x` must not decrease; columns are whole numbers of `x`.
pub fn decimate(points: impl Iterator<Item = Point>) -> Vec<Point> {
    let mut out = Vec::new();
    let mut column: Option<Column> = None;
    for (i, point) in points.enumerate() {
        match &mut column {
            Some(c) if c.at == point.0.floor() => c.add(i, point),
            _ => {
                if let Some(full) = column.take() {
                    full.flush(&mut out);
                }
                column = Some(Column::new(i, point));
            }
        }
    }
    if let Some(last) = column {
        last.flush(&mut out);
    }
    out
}

struct Column {
    at: f64,
    low: (usize, Point),
    high: (usize, Point),
}

impl Column {
    fn new(i: usize, point: Point) -> Self {
        Self {
            at: point.0.floor(),
            low: (i, point),
            high: (i, point),
        }
    }

    fn add(&mut self, i: usize, point: Point) {
        if point.1 < self.low.1.1 {
            self.low = (i, point);
        }
        if point.1 > self.high.1.1 {
            self.high = (i, point);
        }
    }

    fn flush(&self, out: &mut Vec<Point>) {
        let (first, second) = if self.low.0 <= self.high.0 {
            (self.low, self.high)
        } else {
            (self.high, self.low)
        };
        out.push(first.1);
        if second.0 != first.0 {
            out.push(second.1);
        }
    }
}

/// The parts of a line inside a rectangle (Liang & Barsky 1984).
pub fn clip_line(points: &[Point], to: Rect) -> Vec<Vec<Point>> {
    let mut parts: Vec<Vec<Point>> = Vec::new();
    let mut open = false;
    for pair in points.windows(2) {
        let Some((a, b, cut)) = clip_segment(pair[0], pair[1], to) else {
            open = false;
            continue;
        };
        match parts.last_mut() {
            Some(part) if open => part.push(b),
            _ => parts.push(vec![a, b]),
        }
        open = !cut;
    }
    parts
}

/// The part of a segment inside, and whether its far end was cut off.
fn clip_segment(a: Point, b: Point, to: Rect) -> Option<(Point, Point, bool)> {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    for (run, room) in [
        (-dx, a.0 - to.left),
        (dx, to.right - a.0),
        (-dy, a.1 - to.top),
        (dy, to.bottom - a.1),
    ] {
        if run == 0.0 {
            if room < 0.0 {
                return None;
            }
        } else if run < 0.0 {
            enter = enter.max(room / run);
        } else {
            leave = leave.min(room / run);
        }
    }
    let at = |t: f64| (a.0 + t * dx, a.1 + t * dy);
    (enter <= leave).then(|| {
        let start = if enter > 0.0 { at(enter) } else { a };
        let end = if leave < 1.0 { at(leave) } else { b };
        (start, end, leave < 1.0)
    })
}

/// The part of a polygon inside a rectangle (Sutherland & Hodgman 1974).
pub fn clip_polygon(points: Vec<Point>, to: Rect) -> Vec<Point> {
    // Each side as (distance inside, of a point).
    let sides: [&dyn Fn(Point) -> f64; 4] = [
        &|p| p.0 - to.left,
        &|p| to.right - p.0,
        &|p| p.1 - to.top,
        &|p| to.bottom - p.1,
    ];
    sides.iter().fold(points, |points, inside| {
        let mut kept = Vec::with_capacity(points.len() + 4);
        for (i, &b) in points.iter().enumerate() {
            let a = points[(i + points.len() - 1) % points.len()];
            let (da, db) = (inside(a), inside(b));
            if (da < 0.0) != (db < 0.0) {
                let t = da / (da - db);
                kept.push((a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1)));
            }
            if db >= 0.0 {
                kept.push(b);
            }
        }
        kept
    })
}

/// Length of a line.
pub fn length(points: &[Point]) -> f64 {
    points
        .windows(2)
        .map(|p| libm::hypot(p[1].0 - p[0].0, p[1].1 - p[0].1))
        .sum()
}

/// The diagonal of the smallest box around some points.
pub fn reach(points: &[Point]) -> f64 {
    let spread = |pick: fn(&Point) -> f64| {
        let low = points.iter().map(pick).fold(f64::INFINITY, f64::min);
        let high = points.iter().map(pick).fold(f64::NEG_INFINITY, f64::max);
        high - low
    };
    libm::hypot(spread(|p| p.0), spread(|p| p.1)).max(1.0)
}

/// Cuts a line into dashes: `pattern` holds the lengths drawn and left out by turns, all positive; empty leaves the line whole.
pub fn dashes(points: &[Point], pattern: &[f64]) -> Vec<Vec<Point>> {
    if pattern.is_empty() || points.len() < 2 {
        return vec![points.to_vec()];
    }
    let mut parts: Vec<Vec<Point>> = vec![vec![points[0]]];
    let (mut turn, mut left) = (0, pattern[0]);
    for pair in points.windows(2) {
        let (mut a, b) = (pair[0], pair[1]);
        loop {
            let rest = libm::hypot(b.0 - a.0, b.1 - a.1);
            if rest.is_nan() || rest < left {
                left -= rest;
                break;
            }
            let t = left / rest;
            a = (a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1));
            if turn % 2 == 0 {
                if let Some(part) = parts.last_mut() {
                    part.push(a);
                }
            } else {
                parts.push(vec![a]);
            }
            turn = (turn + 1) % (pattern.len() + pattern.len() % 2);
            left = pattern[turn % pattern.len()];
        }
        if turn % 2 == 0
            && let Some(part) = parts.last_mut()
        {
            part.push(b);
        }
    }
    parts.retain(|part| part.len() > 1);
    parts
}
