//! The frame of a chart with two axes: margins that hold every label, ticks, names, title and legend.

use super::legend::Legend;
use super::scale::{Scale, Ticks};
use super::sheet::{Point, Rect, Sheet, Side, Stroke, Type};
use super::spec::{Axis, Chart};
use super::theme;
use crate::problem::Problem;

/// Font size of labels in CSS pixels.
pub const LABEL: f64 = 12.0;
const TITLE: f64 = 14.0;
const EDGE: f64 = 8.0;
const GAP: f64 = 7.0;

/// Two scales, their ticks, and the rectangle that data are drawn in.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// Where the data go, in CSS pixels.
    pub plot: Rect,
    /// Horizontal scale.
    pub x: Scale,
    /// Vertical scale.
    pub y: Scale,
    x_ticks: Ticks,
    y_ticks: Ticks,
    top: f64,
}

/// What fits into the corners: ordinary label type.
pub fn label_type(sheet: &Sheet<'_>, side: Side) -> Type {
    Type {
        size: LABEL,
        bold: false,
        colour: sheet.palette.soft,
        side,
    }
}

/// A label with its unit.
pub fn axis_name(axis: &Axis) -> String {
    match (axis.label.is_empty(), axis.unit.is_empty()) {
        (_, true) => axis.label.clone(),
        (true, false) => axis.unit.clone(),
        (false, false) => format!("{} ({})", axis.label, axis.unit),
    }
}

impl Frame {
    /// Lays the frame out for ranges of x and y, below `top`.
    pub fn new(sheet: &Sheet<'_>, chart: &Chart, x: [f64; 2], y: [f64; 2], top: f64) -> Self {
        let bounds = sheet.bounds();
        let face = label_type(sheet, Side::End);
        let named = |axis: &Axis| !axis_name(axis).is_empty();
        let name_row = if named(&chart.y) {
            LABEL + 10.0
        } else {
            LABEL * 0.5
        };
        let below = GAP + LABEL + EDGE + if named(&chart.x) { LABEL + 6.0 } else { 0.0 };
        let plot_top = top + EDGE + name_row;
        let plot_bottom = (bounds.bottom - below).max(plot_top + 10.0);
        let y = Scale::new(y, chart.y.log, [plot_bottom, plot_top]);
        // More than seven levels help nobody to read a height.
        let levels = ((plot_bottom - plot_top) / 33.0).min(7.0);
        let y_ticks = y.ticks(levels as usize, chart.y.whole);
        let widest = y_ticks
            .labels
            .iter()
            .map(|l| sheet.width(l, face))
            .fold(0.0, f64::max);
        let left = (EDGE + widest + GAP).min(bounds.right - 16.0);
        let right = bounds.right - EDGE - 4.0;
        let x = Scale::new(x, chart.x.log, [left, right]);
        let x_ticks = fitting_ticks(sheet, &x, chart.x.whole);
        let plot = Rect {
            left,
            top: plot_top,
            right,
            bottom: plot_bottom,
        };
        Self {
            plot,
            x,
            y,
            x_ticks,
            y_ticks,
            top,
        }
    }

    /// The pixel of a pair of values.
    pub fn place(&self, x: f64, y: f64) -> Point {
        (self.x.place(x), self.y.place(y))
    }

    /// Draws grid lines, axes, tick labels and names: what lies under the data.
    ///
    /// # Errors
    /// `plot.backend`.
    pub fn draw(&self, sheet: &Sheet<'_>, chart: &Chart) -> Result<(), Problem> {
        self.draw_y(sheet)?;
        self.draw_x(sheet)?;
        self.draw_names(sheet, chart)
    }

    fn draw_y(&self, sheet: &Sheet<'_>) -> Result<(), Problem> {
        let grid = Stroke::solid(sheet.palette.grid, 1.0);
        let face = label_type(sheet, Side::End);
        let plot = self.plot;
        for (&v, label) in self.y_ticks.at.iter().zip(&self.y_ticks.labels) {
            let y = self.y.place(v);
            sheet.rule((plot.left, y), (plot.right, y), grid)?;
            sheet.text(label, (plot.left - GAP, y), face)?;
        }
        let axis = Stroke::solid(sheet.palette.axis, 1.0);
        for &v in &self.y_ticks.minor {
            let y = self.y.place(v);
            sheet.rule((plot.left - 3.0, y), (plot.left, y), axis)?;
        }
        Ok(())
    }

    fn draw_x(&self, sheet: &Sheet<'_>) -> Result<(), Problem> {
        let axis = Stroke::solid(sheet.palette.axis, 1.0);
        let face = label_type(sheet, Side::Middle);
        let plot = self.plot;
        sheet.rule((plot.left, plot.bottom), (plot.right, plot.bottom), axis)?;
        let ends = x_label_spans(sheet, &self.x, &self.x_ticks);
        for ((&v, label), span) in self.x_ticks.at.iter().zip(&self.x_ticks.labels).zip(ends) {
            let x = self.x.place(v);
            sheet.rule((x, plot.bottom), (x, plot.bottom + 4.0), axis)?;
            let middle = (span.0 + span.1) / 2.0;
            sheet.text(label, (middle, plot.bottom + GAP + LABEL * 0.6), face)?;
        }
        for &v in &self.x_ticks.minor {
            let x = self.x.place(v);
            sheet.rule((x, plot.bottom), (x, plot.bottom + 3.0), axis)?;
        }
        Ok(())
    }

    fn draw_names(&self, sheet: &Sheet<'_>, chart: &Chart) -> Result<(), Problem> {
        let bounds = sheet.bounds();
        let room = bounds.width() - 2.0 * EDGE;
        let start = label_type(sheet, Side::Start);
        let name = sheet.fit(&axis_name(&chart.y), start, room);
        sheet.text(&name, (EDGE, self.top + EDGE + LABEL * 0.5), start)?;
        let end = label_type(sheet, Side::End);
        let name = sheet.fit(&axis_name(&chart.x), end, room);
        sheet.text(
            &name,
            (self.plot.right, bounds.bottom - EDGE - LABEL * 0.5),
            end,
        )
    }
}

/// As many ticks as their labels leave room for.
fn fitting_ticks(sheet: &Sheet<'_>, scale: &Scale, whole: bool) -> Ticks {
    let width = (scale.pixels[1] - scale.pixels[0]).abs();
    let most = ((width / 56.0) as usize).clamp(2, 12);
    let tries = (2..=most).rev().map(|n| scale.ticks(n, whole));
    let fits = |ticks: &Ticks| {
        let spans = x_label_spans(sheet, scale, ticks);
        spans.windows(2).all(|pair| pair[0].1 + 14.0 <= pair[1].0)
    };
    let mut ticks = tries
        .into_iter()
        .find(fits)
        .unwrap_or_else(|| scale.ticks(2, whole));
    while ticks.at.len() > 1 && !fits(&ticks) {
        ticks.at.pop();
        ticks.labels.pop();
    }
    ticks
}

/// From where to where each label reaches: centred at its tick, but moved inside the surface.
fn x_label_spans(sheet: &Sheet<'_>, scale: &Scale, ticks: &Ticks) -> Vec<(f64, f64)> {
    let face = label_type(sheet, Side::Middle);
    let bounds = sheet.bounds();
    let span = |(&v, label): (&f64, &String)| {
        let half = sheet.width(label, face) / 2.0;
        let furthest = (bounds.right - 3.0 - half).max(half + 3.0);
        let middle = scale.place(v).clamp(half + 3.0, furthest);
        (middle - half, middle + half)
    };
    ticks.at.iter().zip(&ticks.labels).map(span).collect()
}

/// On an export, paints the ground, title and legend. Returns where the chart itself begins.
///
/// # Errors
/// `plot.backend`.
pub fn draw_head(sheet: &Sheet<'_>, chart: &Chart, legend: &[Legend]) -> Result<f64, Problem> {
    if !sheet.export {
        return Ok(0.0);
    }
    let bounds = sheet.bounds();
    sheet.block(bounds, theme::tint(sheet.palette.paper, 1.0))?;
    let mut top = 0.0;
    if !chart.title.is_empty() {
        let face = Type {
            size: TITLE,
            bold: true,
            colour: sheet.palette.ink,
            side: Side::Start,
        };
        let title = sheet.fit(&chart.title, face, bounds.width() - 2.0 * EDGE);
        top += EDGE + TITLE + 2.0;
        sheet.text(&title, (EDGE, top - TITLE / 2.0), face)?;
    }
    if legend.len() > 1 {
        top = draw_legend(sheet, legend, top + EDGE)?;
    }
    Ok(top)
}

fn draw_legend(sheet: &Sheet<'_>, legend: &[Legend], top: f64) -> Result<f64, Problem> {
    const ROW: f64 = 18.0;
    let face = Type {
        colour: sheet.palette.ink,
        ..label_type(sheet, Side::Start)
    };
    let end = sheet.bounds().right - EDGE;
    let (mut x, mut y) = (EDGE, top + ROW / 2.0);
    for entry in legend {
        let swatch = entry.swatch();
        let label = sheet.fit(&entry.label, face, end - EDGE - swatch);
        let width = swatch + sheet.width(&label, face);
        if x > EDGE && x + width > end {
            x = EDGE;
            y += ROW;
        }
        entry.draw_swatch(sheet, (x, y), swatch - 6.0)?;
        sheet.text(&label, (x + swatch, y), face)?;
        x += width + 18.0;
    }
    Ok(y + ROW / 2.0)
}
