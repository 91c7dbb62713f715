//! Curves over a common axis.

use plotters_backend::DrawingBackend;

use super::curve::Curve;
use super::decimate::{clip_line, clip_polygon, decimate};
use super::frame::{Frame, LABEL, label_type};
use super::scale::{extent, padded};
use super::sheet::{Point, Rect, Sheet, Side, Stroke, Type};
use super::spec::{Chart, Series};
use super::theme::{self, mix, tint};
use crate::problem::Problem;

/// Part of the plot that a person zoomed into.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Zoom {
    /// Range of x, if not all.
    pub x: Option<[f64; 2]>,
    /// Range of y, if not all that is visible.
    pub y: Option<[f64; 2]>,
}

/// Colour number of a series.
pub fn style_of(series: &Series, place: usize) -> usize {
    series.style.map_or(place, |s| s as usize)
}

/// Dash pattern number of a series.
pub fn dash_of(series: &Series, place: usize) -> usize {
    series
        .dash
        .map_or_else(|| style_of(series, place), |d| d as usize)
}

/// The ranges of x and y that a chart shows.
pub fn ranges(chart: &Chart, curves: &[Curve], zoom: Zoom) -> ([f64; 2], [f64; 2]) {
    let ends = |c: &Curve| [c.x.first().copied(), c.x.last().copied()];
    let above = |log: bool| move |v: &f64| !log || *v > 0.0;
    let all_x = || {
        let data = curves.iter().flat_map(ends).flatten();
        extent(
            data.chain(chart.marks.iter().map(|m| m.x))
                .filter(above(chart.x.log)),
        )
        .unwrap_or([0.0, 1.0])
    };
    let x = zoom.x.or(chart.x.range).unwrap_or_else(all_x);
    let y = zoom
        .y
        .or(chart.y.range)
        .unwrap_or_else(|| visible_y(chart, curves, x));
    (x, y)
}

fn visible_y(chart: &Chart, curves: &[Curve], x: [f64; 2]) -> [f64; 2] {
    let log = chart.y.log;
    let one = |c: &Curve| {
        let seen = c.window(x[0].min(x[1]), x[0].max(x[1]));
        let column = |values: &[f64]| {
            let values = values.get(seen.clone()).unwrap_or_default().iter().copied();
            extent(values.filter(|v| !log || *v > 0.0))
        };
        [column(&c.raw), column(&c.low), column(&c.high)]
    };
    let data = curves.iter().flat_map(one).flatten().flatten();
    let levels = chart
        .references
        .iter()
        .map(|r| r.y)
        .filter(|v| !log || *v > 0.0);
    let Some(range) = extent(data.chain(levels)) else {
        return [0.0, 1.0];
    };
    let grown = padded(range, 0.05, log);
    // A range that nearly reaches zero starts there: heights can then be compared by eye.
    let from_zero = !log && range[0] >= 0.0 && range[0] < 0.25 * range[1];
    if from_zero { [0.0, grown[1]] } else { grown }
}

/// Draws bands, raw lines, curves, levels and marks into the frame.
///
/// # Errors
/// `plot.backend`.
pub fn draw<B: DrawingBackend>(
    sheet: &Sheet<'_, B>,
    chart: &Chart,
    curves: &[Curve],
    frame: &Frame,
) -> Result<(), Problem> {
    draw_references(sheet, chart, frame)?;
    draw_marks(sheet, chart, frame)?;
    for (i, curve) in curves.iter().enumerate() {
        let colour = sheet.palette.series(style_of(&chart.series[i], i));
        draw_band(sheet, curve, frame, colour)?;
        if curve.smoothed() {
            let faint = Stroke {
                alpha: 0.30,
                ..Stroke::solid(colour, 1.0)
            };
            draw_column(sheet, curve, &curve.raw, frame, faint)?;
        }
    }
    for (i, curve) in curves.iter().enumerate() {
        let series = &chart.series[i];
        let stroke = Stroke {
            dash: theme::dash(dash_of(series, i)),
            ..Stroke::solid(
                sheet.palette.series(style_of(series, i)),
                sheet.palette.stroke,
            )
        };
        draw_column(sheet, curve, &curve.y, frame, stroke)?;
        draw_markers(sheet, curve, frame, i, style_of(series, i))?;
    }
    Ok(())
}

fn pixels<B: DrawingBackend>(
    sheet: &Sheet<'_, B>,
    curve: &Curve,
    values: &[f64],
    frame: &Frame,
) -> Vec<Point> {
    let ratio = sheet.ratio();
    let seen = curve.window(frame.x.domain[0], frame.x.domain[1]);
    let device = seen.map(|i| {
        let (x, y) = frame.place(curve.x[i], values[i]);
        (x * ratio, y * ratio)
    });
    let kept = decimate(device);
    kept.into_iter()
        .map(|(x, y)| (x / ratio, y / ratio))
        .collect()
}

/// The plot with room for half a line's width.
fn clip_area(frame: &Frame) -> Rect {
    let p = frame.plot;
    Rect {
        left: p.left - 0.5,
        top: p.top - 1.0,
        right: p.right + 0.5,
        bottom: p.bottom + 1.0,
    }
}

fn draw_column<B: DrawingBackend>(
    sheet: &Sheet<'_, B>,
    curve: &Curve,
    values: &[f64],
    frame: &Frame,
    stroke: Stroke<'_>,
) -> Result<(), Problem> {
    let points = pixels(sheet, curve, values, frame);
    for part in clip_line(&points, clip_area(frame)) {
        sheet.line(&part, stroke)?;
    }
    Ok(())
}

fn draw_band<B: DrawingBackend>(
    sheet: &Sheet<'_, B>,
    curve: &Curve,
    frame: &Frame,
    colour: theme::Colour,
) -> Result<(), Problem> {
    if curve.low.is_empty() {
        return Ok(());
    }
    let mut outline = pixels(sheet, curve, &curve.high, frame);
    outline.extend(pixels(sheet, curve, &curve.low, frame).into_iter().rev());
    sheet.fill(&clip_polygon(outline, clip_area(frame)), tint(colour, 0.16))
}

/// A marker on each point where there is room; on dense curves a few, each series at places of its own,
/// so that curves can be told apart without their colour. A lone dense curve needs none.
fn draw_markers<B: DrawingBackend>(
    sheet: &Sheet<'_, B>,
    curve: &Curve,
    frame: &Frame,
    place: usize,
    style: usize,
) -> Result<(), Problem> {
    let seen = curve.window(frame.x.domain[0], frame.x.domain[1]);
    let room = clip_area(frame);
    let points = seen
        .map(|i| frame.place(curve.x[i], curve.y[i]))
        .filter(|&p| room.holds(p));
    let points: Vec<Point> = points.collect();
    let sparse = points.len() as f64 * 14.0 <= frame.plot.width();
    let (first, stride) = if sparse {
        (0, 1)
    } else {
        let stride = points.len() / 4;
        (stride / 3 + place % 4 * stride / 5, stride)
    };
    for &point in points.iter().skip(first).step_by(stride.max(1)) {
        let (shape, colour) = (theme::marker(style), sheet.palette.series(style));
        sheet.marker(point, 5.0, shape, sheet.palette.paper)?;
        sheet.marker(point, 3.5, shape, colour)?;
    }
    Ok(())
}

fn draw_references<B: DrawingBackend>(
    sheet: &Sheet<'_, B>,
    chart: &Chart,
    frame: &Frame,
) -> Result<(), Problem> {
    let plot = frame.plot;
    for level in &chart.references {
        let y = frame.y.place(level.y);
        if !(plot.top..=plot.bottom).contains(&y) || !level.y.is_finite() {
            continue;
        }
        let stroke = Stroke {
            dash: &[4.0, 3.0],
            ..Stroke::solid(sheet.palette.soft, 1.0)
        };
        sheet.rule((plot.left, y), (plot.right, y), stroke)?;
        let face = annotation(sheet, Side::End);
        let label = sheet.fit(&level.label, face, plot.width() * 0.8);
        // Above the line, or below where there is no room.
        let above = y - LABEL * 0.75;
        let at = if above - LABEL / 2.0 < plot.top {
            y + LABEL * 0.8
        } else {
            above
        };
        sheet.text(&label, (plot.right - 2.0, at), face)?;
    }
    Ok(())
}

fn draw_marks<B: DrawingBackend>(
    sheet: &Sheet<'_, B>,
    chart: &Chart,
    frame: &Frame,
) -> Result<(), Problem> {
    let plot = frame.plot;
    let face = annotation(sheet, Side::Start);
    let mut taken = f64::NEG_INFINITY;
    for mark in &chart.marks {
        let x = frame.x.place(mark.x);
        if !(plot.left..=plot.right).contains(&x) || !mark.x.is_finite() {
            continue;
        }
        let stroke = Stroke {
            dash: &[2.0, 3.0],
            ..Stroke::solid(sheet.palette.soft, 1.0)
        };
        sheet.rule((x, plot.top), (x, plot.bottom), stroke)?;
        let width = sheet.width(&mark.label, face);
        let start = if x + 4.0 + width <= plot.right {
            x + 4.0
        } else {
            x - 4.0 - width
        };
        // A label that would cover its neighbour is left to the read-out.
        if start >= taken && start >= plot.left {
            sheet.text(&mark.label, (start, plot.top + LABEL * 0.6), face)?;
            taken = start + width + 8.0;
        }
    }
    Ok(())
}

fn annotation<B: DrawingBackend>(sheet: &Sheet<'_, B>, side: Side) -> Type {
    let label = label_type(sheet, side);
    Type {
        size: 11.0,
        colour: mix(label.colour, sheet.palette.ink, 0.25),
        ..label
    }
}
