//! Forest plots: estimates with their intervals, one a row, against a line at zero.

use super::bars::{EDGE, GAP, Target, bold, head, total, totals};
use super::frame::label_type;
use super::number::short;
use super::scale::{LARGEST, Scale, extent, padded};
use super::sheet::{Rect, Sheet, Side, Stroke, Type};
use super::spec::{Axis, Bar, Chart};
use super::theme::{Colour, Marker, Palette};
use crate::problem::Problem;

/// The interval of a bar with finite ends; its total twice where it has none.
fn ends(bar: &Bar) -> [f64; 2] {
    let total = total(bar);
    let usable = |end: f64| {
        if end.is_nan() {
            total
        } else {
            end.clamp(-LARGEST / 64.0, LARGEST / 64.0)
        }
    };
    bar.interval.map_or([total, total], |ends| ends.map(usable))
}

/// Whether the interval holds zero, so that the sign can't be told.
pub fn undecided(bar: &Bar) -> bool {
    let [low, high] = ends(bar);
    low <= 0.0 && high >= 0.0
}

/// What is clear of zero stands out by colour (and by the fill of its marker); the rest recedes.
pub fn colour(bar: &Bar, palette: &Palette) -> Colour {
    if undecided(bar) {
        palette.soft
    } else {
        palette.series(usize::from(total(bar) < 0.0))
    }
}

/// The estimate with its interval, written out.
pub fn with_interval(bar: &Bar, axis: &Axis) -> String {
    let unit = if axis.unit.is_empty() {
        String::new()
    } else {
        format!(" {}", axis.unit)
    };
    let value = short(total(bar));
    match bar.interval {
        Some(_) => {
            let [low, high] = ends(bar).map(short);
            format!("{value}{unit} [{low}, {high}]")
        }
        None => format!("{value}{unit}"),
    }
}

/// Draws the rows below `top`. Rows that have no room are left out.
///
/// # Errors
/// `plot.backend`.
pub fn draw(sheet: &Sheet<'_>, chart: &Chart, top: f64) -> Result<Vec<Target>, Problem> {
    let bounds = sheet.bounds();
    let start = label_type(sheet, Side::Start);
    let (first, row, bars) = head(sheet, chart, top)?;
    let shown = bars.len();
    let totals = totals(bars);
    let widest = |texts: &mut dyn Iterator<Item = &String>, face: Type| {
        texts.map(|t| sheet.width(t, face)).fold(0.0, f64::max)
    };
    let labels = widest(&mut bars.iter().map(|b| &b.label), start).min(bounds.width() * 0.38);
    let values = widest(&mut totals.iter(), bold(sheet));
    let range = extent(bars.iter().flat_map(ends).chain([0.0])).unwrap_or([0.0, 1.0]);
    let range = if range[1] > range[0] {
        padded(range, 0.05, false)
    } else {
        [-1.0, 1.0]
    };
    let left = EDGE + labels + GAP;
    let right = (bounds.width() - EDGE - values - GAP).max(left + 8.0);
    let scale = Scale::new(range, false, [left, right]);
    let zero = scale.place(0.0);
    let dashed = Stroke {
        dash: &[4.0, 3.0],
        ..Stroke::solid(sheet.palette.soft, 1.0)
    };
    sheet.rule((zero, first), (zero, first + row * shown as f64), dashed)?;
    let mut targets = Vec::with_capacity(shown);
    for (index, (bar, total)) in bars.iter().zip(&totals).enumerate() {
        let rect = Rect {
            left: EDGE - 4.0,
            top: first + row * index as f64,
            right: bounds.right - EDGE + 4.0,
            bottom: first + row * (index + 1) as f64,
        };
        draw_row(sheet, bar, &scale, rect, labels)?;
        let face = Type {
            side: Side::End,
            ..bold(sheet)
        };
        let middle = (rect.top + rect.bottom) / 2.0;
        sheet.text(total, (bounds.right - EDGE, middle), face)?;
        targets.push(Target { rect, index });
    }
    Ok(targets)
}

/// A label, a whisker with caps, and the estimate: filled where it is clear of zero, hollow where not.
fn draw_row(
    sheet: &Sheet<'_>,
    bar: &Bar,
    scale: &Scale,
    row: Rect,
    label_room: f64,
) -> Result<(), Problem> {
    let middle = (row.top + row.bottom) / 2.0;
    let face = Type {
        colour: sheet.palette.ink,
        ..label_type(sheet, Side::Start)
    };
    let label = sheet.fit(&bar.label, face, label_room);
    sheet.text(&label, (EDGE, middle), face)?;
    let colour = colour(bar, &sheet.palette);
    let whisker = Stroke::solid(colour, 2.0);
    let [low, high] = ends(bar).map(|end| scale.place(end));
    if high > low {
        sheet.rule((low, middle), (high, middle), whisker)?;
        for x in [low, high] {
            sheet.rule((x, middle - 4.0), (x, middle + 4.0), whisker)?;
        }
    }
    let at = (scale.place(total(bar)), middle);
    sheet.marker(at, 5.0, Marker::Square, colour)?;
    if undecided(bar) {
        sheet.marker(at, 3.0, Marker::Square, sheet.palette.paper)?;
    }
    Ok(())
}
