//! Curves over a common axis.

use super::curve::Curve;
use super::decimate::{clip_line, clip_polygon, decimate};
use super::frame::{Frame, LABEL, axis_name, label_type};
use super::reading::{Focus, closest};
use super::scale::{extent, padded};
use super::sheet::{Point, Rect, Sheet, Side, Stroke, Type};
use super::spec::{Chart, Mark, Series};
use super::theme::{self, Marker, mix, tint};
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
pub fn draw(
    sheet: &Sheet<'_>,
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

fn pixels(sheet: &Sheet<'_>, curve: &Curve, values: &[f64], frame: &Frame) -> Vec<Point> {
    let ratio = sheet.ratio();
    let seen = curve.window(frame.x.domain[0], frame.x.domain[1]);
    // Thinned before the values are placed: scales keep order, and logarithms are dear.
    let device = seen.map(|i| (frame.x.place(curve.x[i]) * ratio, values[i]));
    let kept = decimate(device);
    kept.into_iter()
        .map(|(x, value)| (x / ratio, frame.y.place(value)))
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

fn draw_column(
    sheet: &Sheet<'_>,
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

fn draw_band(
    sheet: &Sheet<'_>,
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
fn draw_markers(
    sheet: &Sheet<'_>,
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
    let sparse = points.len() as f64 * 32.0 <= frame.plot.width();
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

fn draw_references(sheet: &Sheet<'_>, chart: &Chart, frame: &Frame) -> Result<(), Problem> {
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
        draw_level_label(sheet, chart, frame, &level.label, y)?;
    }
    Ok(())
}

/// The label stands over its line at the left, where curves that approach the level have not arrived yet;
/// of a level at the very top, beside the name of the axis, clear of everything.
fn draw_level_label(
    sheet: &Sheet<'_>,
    chart: &Chart,
    frame: &Frame,
    label: &str,
    y: f64,
) -> Result<(), Problem> {
    let plot = frame.plot;
    let at_end = annotation(sheet, Side::End);
    let label = sheet.fit(label, at_end, plot.width() * 0.8);
    let above = y - LABEL * 0.75;
    let inside = above - LABEL / 2.0 >= plot.top;
    let name = sheet.width(&axis_name(&chart.y), at_end) + 2.0 * LABEL;
    if !inside && name + sheet.width(&label, at_end) < plot.right {
        return sheet.text(&label, (plot.right - 2.0, plot.top - LABEL * 0.9), at_end);
    }
    let at = if inside { above } else { y + LABEL * 0.8 };
    sheet.text(
        &label,
        (plot.left + 4.0, at),
        annotation(sheet, Side::Start),
    )
}

fn draw_marks(sheet: &Sheet<'_>, chart: &Chart, frame: &Frame) -> Result<(), Problem> {
    let plot = frame.plot;
    let inside =
        |m: &&Mark| m.x.is_finite() && m.x >= frame.x.domain[0] && m.x <= frame.x.domain[1];
    let mut marks: Vec<&Mark> = chart.marks.iter().filter(inside).collect();
    marks.sort_by(|a, b| a.x.total_cmp(&b.x));
    let stroke = Stroke {
        dash: &[2.0, 3.0],
        ..Stroke::solid(sheet.palette.soft, 1.0)
    };
    let face = annotation(sheet, Side::Start);
    let mut taken = plot.left;
    for (i, mark) in marks.iter().enumerate() {
        let x = frame.x.place(mark.x);
        sheet.rule((x, plot.top), (x, plot.bottom), stroke)?;
        let next = marks.get(i + 1).map_or(plot.right, |m| frame.x.place(m.x));
        let width = sheet.width(&mark.label, face) + 4.0;
        // Beside its line, on the side that has room; where neither has, the read-out tells.
        let start = if x + width + 4.0 <= next {
            x + 4.0
        } else if x - width >= taken {
            x - width
        } else {
            taken = x;
            continue;
        };
        sheet.text(&mark.label, (start, plot.top + LABEL * 0.6), face)?;
        taken = (start + width).max(x);
    }
    Ok(())
}

fn annotation(sheet: &Sheet<'_>, side: Side) -> Type {
    let label = label_type(sheet, side);
    Type {
        size: 11.0,
        colour: mix(label.colour, sheet.palette.ink, 0.25),
        ..label
    }
}

/// A crosshair through the point in focus, a ring around it, and dots on the other curves.
///
/// # Errors
/// `plot.backend`.
pub fn draw_focus(
    sheet: &Sheet<'_>,
    chart: &Chart,
    curves: &[Curve],
    frame: &Frame,
    focus: Focus,
) -> Result<(), Problem> {
    let Some(&x) = curves.get(focus.series).and_then(|c| c.x.get(focus.index)) else {
        return Ok(());
    };
    let plot = frame.plot;
    if !(frame.x.domain[0]..=frame.x.domain[1]).contains(&x) {
        return Ok(());
    }
    let px = frame.x.place(x);
    let cross = Stroke::solid(sheet.palette.axis, 1.0);
    sheet.rule((px, plot.top), (px, plot.bottom), cross)?;
    for (i, curve) in curves.iter().enumerate().filter(|(_, c)| !c.x.is_empty()) {
        let mine = i == focus.series;
        let index = if mine { focus.index } else { closest(curve, x) };
        let (cx, cy) = frame.place(curve.x[index], curve.y[index]);
        if !plot.holds((cx, cy.clamp(plot.top - 1.0, plot.bottom + 1.0))) {
            continue;
        }
        let colour = sheet.palette.series(style_of(&chart.series[i], i));
        let (ring, ground, dot) = if mine {
            (7.0, 5.0, 3.5)
        } else {
            (4.5, 0.0, 3.0)
        };
        if mine {
            sheet.marker((cx, cy), ring, Marker::Circle, sheet.palette.ink)?;
            sheet.marker((cx, cy), ground, Marker::Circle, sheet.palette.paper)?;
        } else {
            sheet.marker((cx, cy), ring, Marker::Circle, sheet.palette.paper)?;
        }
        sheet.marker((cx, cy), dot, Marker::Circle, colour)?;
    }
    Ok(())
}
