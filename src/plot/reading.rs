//! What a pointer or the keyboard reads from a chart.

use serde::Serialize;

use super::bars::{self, Target, with_unit};
use super::curve::Curve;
use super::forest;
use super::frame::Frame;
use super::lines;
use super::number::short;
use super::sheet::Point;
use super::spec::{Axis, Chart, Kind};
use super::theme::{self, Palette};

/// A point of a chart: a series and the number of its point, bar, bin or cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Focus {
    /// Which series; 0 where there is only one.
    pub series: usize,
    /// Which point.
    pub index: usize,
}

/// A line of a read-out.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reading {
    /// Series or part.
    pub label: String,
    /// Its value, written out.
    pub text: String,
    /// `#rrggbb`.
    pub colour: String,
}

/// What is known about the point in focus.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Readout {
    /// Which series.
    pub series: usize,
    /// Which point.
    pub index: usize,
    /// Name of the series, bar or cell.
    pub label: String,
    /// Position.
    pub x: f64,
    /// Value as given (not smoothed).
    pub y: f64,
    /// Position, written out.
    pub x_text: String,
    /// Value, written out.
    pub y_text: String,
    /// Where it is drawn, in CSS pixels.
    pub px: f64,
    /// Where it is drawn, in CSS pixels.
    pub py: f64,
    /// All series at this position, or all parts.
    pub rows: Vec<Reading>,
    /// What happened here, if a mark is near.
    pub mark: Option<String>,
}

/// How far from the pointer a point may be, horizontally.
const REACH: f64 = 14.0;

/// The drawn point nearest to a pixel. Beyond the reach of all, the one nearest in x.
pub fn nearest_point(curves: &[Curve], frame: &Frame, (px, py): Point) -> Option<Focus> {
    let mut best: Option<(f64, Focus)> = None;
    for (series, curve) in curves.iter().enumerate() {
        let shown = curve.inside(frame.x.domain[0], frame.x.domain[1]);
        let Some(last) = shown.end.checked_sub(1).filter(|&last| last >= shown.start) else {
            continue;
        };
        let first = shown.start;
        let centre = closest(curve, frame.x.value(px)).clamp(first, last);
        let near = curve.window(frame.x.value(px - REACH), frame.x.value(px + REACH));
        let near = near.filter(|i| (first..=last).contains(i)).chain([centre]);
        for index in near {
            let (x, y) = frame.place(curve.x[index], curve.y[index]);
            // Along the axis counts double: people point above or below what they mean.
            let distance = libm::hypot((x - px) * 2.0, y - py);
            if best.is_none_or(|(least, _)| distance < least) {
                best = Some((distance, Focus { series, index }));
            }
        }
    }
    best.map(|(_, focus)| focus)
}

/// The point nearest in x; 0 for an empty curve.
pub fn closest(curve: &Curve, x: f64) -> usize {
    let after = curve.x.partition_point(|&v| v < x);
    let before = after.saturating_sub(1);
    match (curve.x.get(before), curve.x.get(after)) {
        (Some(a), Some(b)) if (x - a).abs() > (b - x).abs() => after,
        _ => before,
    }
}

/// Where a key leads among the points of curves; none if the key means nothing here.
pub fn step_points(
    curves: &[Curve],
    frame: &Frame,
    from: Option<Focus>,
    key: &str,
) -> Option<Focus> {
    let some = |s: &usize| !curves[*s].x.is_empty();
    let start = || {
        (0..curves.len())
            .find(some)
            .map(|series| Focus { series, index: 0 })
    };
    let at = from
        .filter(|f| curves.get(f.series).is_some_and(|c| f.index < c.x.len()))
        .or_else(start)?;
    let curve = &curves[at.series];
    let shown = curve.inside(frame.x.domain[0], frame.x.domain[1]);
    let (first, last) = (shown.start, shown.end.saturating_sub(1).max(shown.start));
    let page = ((last - first) / 10).max(1);
    let to = |index: usize| {
        Some(Focus {
            index: index.clamp(first, last),
            ..at
        })
    };
    let side = |series: Option<usize>| {
        let series = series.unwrap_or(at.series);
        let index = closest(&curves[series], curve.x[at.index]);
        Some(Focus { series, index })
    };
    match key {
        "ArrowRight" if from.is_none() => to(first),
        "ArrowLeft" if from.is_none() => to(last),
        "ArrowRight" => to(at.index + 1),
        "ArrowLeft" => to(at.index.saturating_sub(1)),
        "PageUp" => to(at.index + page),
        "PageDown" => to(at.index.saturating_sub(page)),
        "Home" => to(first),
        "End" => to(last),
        "ArrowDown" => side((at.series + 1..curves.len()).find(some)),
        "ArrowUp" => side((0..at.series).rev().find(some)),
        _ => None,
    }
}

/// Where a key leads among bars, bins or the cells of a grid of `columns` columns.
pub fn step_targets(count: usize, columns: usize, from: Option<Focus>, key: &str) -> Option<Focus> {
    let last = count.checked_sub(1)?;
    let at = from.map_or(0, |f| f.index.min(last));
    let index = match key {
        "ArrowRight" | "ArrowLeft" | "ArrowDown" | "ArrowUp" if from.is_none() => 0,
        "ArrowRight" => at + 1,
        "ArrowLeft" => at.saturating_sub(1),
        "ArrowDown" => at + columns,
        "ArrowUp" => at.checked_sub(columns).unwrap_or(at),
        "Home" => 0,
        "End" => last,
        _ => return None,
    };
    let index = if index > last { at } else { index };
    Some(Focus { series: 0, index })
}

/// Everything about a point of a curve.
pub fn read_point(chart: &Chart, curves: &[Curve], frame: &Frame, focus: Focus) -> Option<Readout> {
    let curve = curves.get(focus.series)?;
    let (&x, &y) = (curve.x.get(focus.index)?, curve.raw.get(focus.index)?);
    let palette = Palette::of(&chart.look);
    let row = |(i, other): (usize, &Curve)| {
        let index = if i == focus.series {
            focus.index
        } else {
            closest(other, x)
        };
        let &value = other.raw.get(index)?;
        let mut text = with_unit(value, &chart.y);
        if other.smoothed() {
            text = format!("{text} (≈ {})", short(other.y[index]));
        }
        Some(Reading {
            label: chart.series[i].label.clone(),
            text,
            colour: theme::hex(palette.series(lines::style_of(&chart.series[i], i))),
        })
    };
    let (px, py) = frame.place(x, curve.y[focus.index]);
    let mark = chart
        .marks
        .iter()
        .find(|m| (frame.x.place(m.x) - px).abs() <= 4.0);
    Some(Readout {
        series: focus.series,
        index: focus.index,
        label: chart.series[focus.series].label.clone(),
        x,
        y,
        x_text: position(x, &chart.x),
        y_text: with_unit(y, &chart.y),
        px,
        py,
        rows: curves.iter().enumerate().filter_map(row).collect(),
        mark: mark.map(|m| m.label.clone()),
    })
}

/// A position: whole numbers with all their digits.
fn position(x: f64, axis: &Axis) -> String {
    if axis.whole && x.abs() < 1e15 {
        format!("{x:.0}")
    } else {
        with_unit(x, axis)
    }
}

/// Everything about a bar, a bin or a cell.
pub fn read_target(chart: &Chart, curves: &[Curve], target: Target) -> Option<Readout> {
    let (index, rect) = (target.index, target.rect);
    let palette = Palette::of(&chart.look);
    let mut readout = Readout {
        series: 0,
        index,
        label: String::new(),
        x: index as f64,
        y: f64::NAN,
        x_text: String::new(),
        y_text: String::new(),
        px: (rect.left + rect.right) / 2.0,
        py: (rect.top + rect.bottom) / 2.0,
        rows: Vec::new(),
        mark: None,
    };
    match chart.kind {
        Kind::Bars => {
            let bar = chart.bars.get(index)?;
            let row = |(i, &value): (usize, &f64)| Reading {
                label: chart.parts.get(i).cloned().unwrap_or_default(),
                text: with_unit(value, &chart.x),
                colour: theme::hex(palette.series(i)),
            };
            readout.rows = bar.parts.iter().enumerate().map(row).collect();
            readout.rows.extend(bar.baseline.map(|value| Reading {
                label: chart.baseline.clone(),
                text: with_unit(value, &chart.x),
                colour: theme::hex(palette.ink),
            }));
            readout.label.clone_from(&bar.label);
            readout.x_text.clone_from(&bar.label);
            readout.y = bars::total(bar);
            readout.y_text = with_unit(readout.y, &chart.x);
        }
        Kind::Forest => {
            let bar = chart.bars.get(index)?;
            readout.label.clone_from(&bar.label);
            readout.x_text.clone_from(&bar.label);
            readout.y = bars::total(bar);
            readout.y_text = forest::with_interval(bar, &chart.x);
            readout.rows = vec![Reading {
                label: chart.x.label.clone(),
                text: readout.y_text.clone(),
                colour: theme::hex(forest::colour(bar, &palette)),
            }];
        }
        Kind::Histogram => {
            let curve = curves.first()?;
            let (from, to) = bars::bin(curve, index, false);
            readout.x = from;
            readout.x_text = if chart.x.whole && to - from == 1.0 {
                position(from, &chart.x)
            } else {
                format!("{} – {}", position(from, &chart.x), position(to, &chart.x))
            };
            readout.label.clone_from(&readout.x_text);
            readout.y = curve.raw[index];
            readout.y_text = with_unit(readout.y, &chart.y);
        }
        Kind::Grid => {
            let cell = chart.grid.cells.get(index)?;
            let columns = (chart.grid.columns as usize).max(1);
            let (row, column) = (index / columns, index % columns);
            readout.x_text = format!("({}, {})", row + 1, column + 1);
            if let (Some(x), Some(y)) = (chart.grid.across.get(column), chart.grid.down.get(row)) {
                readout.x_text = format!("{} {x}, {} {y}", chart.x.label, chart.y.label);
                readout.rows.push(Reading {
                    label: chart.title.clone(),
                    text: cell.text.clone(),
                    colour: theme::hex(palette.series(0)),
                });
            }
            readout.label.clone_from(&cell.text);
            readout.y = cell.value.unwrap_or(f64::NAN);
            readout.y_text = short(readout.y);
        }
        Kind::Lines => return None,
    }
    Some(readout)
}
