//! Horizontal bars stacked of parts, and histograms.

use super::curve::Curve;
use super::frame::{Frame, LABEL, axis_name, label_type};
use super::number::{exponent, power_of_ten, short, tick_labels};
use super::scale::{LARGEST, Scale, extent};
use super::sheet::{Rect, Sheet, Side, Stroke, Type};
use super::spec::{Axis, Bar, Chart};
use super::theme::tint;
use crate::problem::Problem;

/// A rectangle that answers when pointed at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// Where.
    pub rect: Rect,
    /// Which bar, bin or cell.
    pub index: usize,
}

pub(super) const EDGE: f64 = 8.0;
pub(super) const GAP: f64 = 8.0;
const ROW: f64 = 30.0;

/// The sum of the drawable parts of a bar.
pub fn total(bar: &Bar) -> f64 {
    parts(bar).sum()
}

fn parts(bar: &Bar) -> impl Iterator<Item = f64> + '_ {
    // Not a number counts as nothing; beyond the drawable, sums could overflow.
    let usable = |&v: &f64| {
        if v.is_nan() {
            0.0
        } else {
            v.clamp(-LARGEST / 64.0, LARGEST / 64.0)
        }
    };
    bar.parts.iter().take(32).map(usable)
}

/// A value with its unit.
pub fn with_unit(value: f64, axis: &Axis) -> String {
    let number = short(value);
    if axis.unit.is_empty() {
        number
    } else {
        format!("{number} {}", axis.unit)
    }
}

/// The totals, written with the same decimals: three digits of the largest.
pub(super) fn totals(bars: &[Bar]) -> Vec<String> {
    let values: Vec<f64> = bars.iter().map(total).collect();
    let largest = values.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    let step = if largest > 0.0 {
        power_of_ten(exponent(largest) - 2)
    } else {
        1.0
    };
    tick_labels(&values, step)
}

/// The height in CSS pixels at which all bars of a chart have comfortable room.
pub fn comfortable_height(chart: &Chart) -> f64 {
    head_height(chart) + ROW * chart.bars.len().max(1) as f64 + EDGE
}

fn head_height(chart: &Chart) -> f64 {
    if axis_name(&chart.x).is_empty() {
        EDGE
    } else {
        EDGE + LABEL + 6.0
    }
}

/// Writes the name of the axis; gives where the first row begins, how high a row is, and the bars that have room.
pub(super) fn head<'a>(
    sheet: &Sheet<'_>,
    chart: &'a Chart,
    top: f64,
) -> Result<(f64, f64, &'a [Bar]), Problem> {
    let bounds = sheet.bounds();
    let start = label_type(sheet, Side::Start);
    let name = sheet.fit(&axis_name(&chart.x), start, bounds.width() - 2.0 * EDGE);
    sheet.text(&name, (EDGE, top + EDGE + LABEL / 2.0), start)?;
    let first = top + head_height(chart);
    let room = bounds.bottom - EDGE - first;
    let row = (room / chart.bars.len().max(1) as f64).clamp(LABEL + 6.0, 44.0);
    let shown = ((room / row + 1e-6) as usize).min(chart.bars.len());
    Ok((first, row, &chart.bars[..shown]))
}

/// Draws horizontal bars below `top`. Bars that have no room are left out.
///
/// # Errors
/// `plot.backend`.
pub fn draw_bars(sheet: &Sheet<'_>, chart: &Chart, top: f64) -> Result<Vec<Target>, Problem> {
    let bounds = sheet.bounds();
    let (first, row, bars) = head(sheet, chart, top)?;
    let shown = bars.len();
    let totals = totals(bars);
    let (scale, label_room) = bar_scale(sheet, bars, &totals);
    let zero = scale.place(0.0);
    let mut targets = Vec::with_capacity(shown);
    for (index, (bar, total)) in bars.iter().zip(&totals).enumerate() {
        let rect = Rect {
            left: EDGE,
            top: first + row * index as f64,
            right: bounds.right - EDGE,
            bottom: first + row * (index + 1) as f64,
        };
        let end = draw_bar(sheet, bar, &scale, rect, label_room)?;
        draw_total(sheet, total, end, rect)?;
        let rect = Rect {
            left: rect.left - 4.0,
            right: rect.right + 4.0,
            ..rect
        };
        targets.push(Target { rect, index });
    }
    let axis = Stroke::solid(sheet.palette.axis, 1.0);
    sheet.rule((zero, first), (zero, first + row * shown as f64), axis)?;
    Ok(targets)
}

/// The scale of the bars, and the room for their labels.
fn bar_scale(sheet: &Sheet<'_>, bars: &[Bar], totals: &[String]) -> (Scale, f64) {
    let width = sheet.bounds().width();
    let widest = |face: Type, texts: &mut dyn Iterator<Item = String>| {
        texts.map(|t| sheet.width(&t, face)).fold(0.0, f64::max)
    };
    let face = label_type(sheet, Side::Start);
    let labels = widest(face, &mut bars.iter().map(|b| b.label.clone())).min(width * 0.38);
    let values = widest(bold(sheet), &mut totals.iter().cloned());
    let ends = |b: &Bar| {
        let (up, down): (Vec<f64>, Vec<f64>) = parts(b).partition(|&v| v > 0.0);
        [
            up.iter().sum::<f64>(),
            down.iter().sum(),
            b.baseline.unwrap_or(0.0),
        ]
    };
    let [low, high] = extent(bars.iter().flat_map(ends).chain([0.0])).unwrap_or([0.0, 1.0]);
    let range = if high > low { [low, high] } else { [0.0, 1.0] };
    let left = EDGE + labels + GAP;
    let right = (width - EDGE - values - GAP).max(left + 8.0);
    (Scale::new(range, false, [left, right]), labels)
}

pub(super) fn bold(sheet: &Sheet<'_>) -> Type {
    Type {
        bold: true,
        colour: sheet.palette.ink,
        ..label_type(sheet, Side::Start)
    }
}

/// Draws label, parts and baseline; returns where the total goes.
fn draw_bar(
    sheet: &Sheet<'_>,
    bar: &Bar,
    scale: &Scale,
    row: Rect,
    label_room: f64,
) -> Result<f64, Problem> {
    let middle = (row.top + row.bottom) / 2.0;
    let half = (row.height() * 0.31).clamp(4.0, 11.0);
    let face = Type {
        colour: sheet.palette.ink,
        ..label_type(sheet, Side::Start)
    };
    sheet.text(
        &sheet.fit(&bar.label, face, label_room),
        (row.left, middle),
        face,
    )?;
    let (mut up, mut down) = (0.0, 0.0);
    for (part, value) in parts(bar).enumerate() {
        let side = if value > 0.0 { &mut up } else { &mut down };
        let (from, to) = (*side, *side + value);
        *side = to;
        let (a, b) = (scale.place(from), scale.place(to));
        // A hair of ground between the parts keeps them apart without their colours.
        let seam = if from == 0.0 { 0.0 } else { 1.0 };
        let rect = Rect {
            left: a.min(b) + if value > 0.0 { seam } else { 0.0 },
            top: middle - half,
            right: a.max(b) - if value > 0.0 { 0.0 } else { seam },
            bottom: middle + half,
        };
        if rect.width() > 0.0 {
            sheet.block(rect, tint(sheet.palette.series(part), 1.0))?;
        }
    }
    let mut end = scale.place(up);
    if let Some(baseline) = bar.baseline.filter(|v| v.is_finite()) {
        let x = scale.place(baseline);
        let stroke = Stroke::solid(sheet.palette.ink, 2.0);
        sheet.rule((x, middle - half - 3.0), (x, middle + half + 3.0), stroke)?;
        // The value must not stand on the stroke.
        if x > end && x < end + 60.0 {
            end = x;
        }
    }
    Ok(end)
}

fn draw_total(sheet: &Sheet<'_>, text: &str, end: f64, row: Rect) -> Result<(), Problem> {
    let face = bold(sheet);
    let furthest = row.right - sheet.width(text, face);
    let middle = (row.top + row.bottom) / 2.0;
    sheet.text(text, ((end + 6.0).min(furthest), middle), face)
}

/// The ranges of a histogram: all bins, from zero.
pub fn histogram_ranges(curve: &Curve, whole: bool) -> ([f64; 2], [f64; 2]) {
    let edges = (0..curve.x.len()).flat_map(|i| {
        let (from, to) = bin(curve, i, whole);
        [from, to]
    });
    let x = extent(edges).unwrap_or([0.0, 1.0]);
    let top = extent(curve.raw.iter().copied()).map_or(1.0, |r| r[1]);
    (x, [0.0, if top > 0.0 { top * 1.05 } else { 1.0 }])
}

/// Edges of bin `i`; the last is as wide as the one before it. Bins that hold one whole number each stand around it.
pub fn bin(curve: &Curve, i: usize, whole: bool) -> (f64, f64) {
    let x = &curve.x;
    if whole && x.windows(2).all(|pair| pair[1] - pair[0] == 1.0) {
        return (x[i] - 0.5, x[i] + 0.5);
    }
    let width = match x.len() {
        0 | 1 => 1.0,
        n => x[(i + 1).min(n - 1)] - x[(i + 1).min(n - 1) - 1],
    };
    (x[i], x.get(i + 1).copied().unwrap_or(x[i] + width))
}

/// Draws the bins of a histogram into a frame.
///
/// # Errors
/// `plot.backend`.
pub fn draw_histogram(
    sheet: &Sheet<'_>,
    curve: &Curve,
    whole: bool,
    frame: &Frame,
) -> Result<Vec<Target>, Problem> {
    let colour = tint(sheet.palette.series(0), 1.0);
    let mut targets = Vec::with_capacity(curve.x.len());
    for index in 0..curve.x.len() {
        let (from, to) = bin(curve, index, whole);
        let (left, right) = (frame.x.place(from), frame.x.place(to));
        let seam = if right - left > 3.0 { 0.5 } else { 0.0 };
        let rect = Rect {
            left: left + seam,
            top: frame.y.place(curve.raw[index]),
            right: right - seam,
            bottom: frame.plot.bottom,
        };
        if rect.height() > 0.0 {
            sheet.block(rect, colour)?;
        }
        let rect = Rect {
            left,
            right,
            top: frame.plot.top,
            ..rect
        };
        targets.push(Target { rect, index });
    }
    Ok(targets)
}
