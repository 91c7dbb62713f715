//! Maps: one cell for each pair of two quantities, its value as colour, and as text where there is room.

use super::bars::Target;
use super::frame::{LABEL, axis_name, label_type};
use super::scale::extent;
use super::sheet::{Rect, Sheet, Side, Type};
use super::spec::{Cell, Chart};
use super::theme::{Colour, luminance, mix, tint};
use crate::problem::Problem;

const EDGE: f64 = 8.0;
const GAP: f64 = 6.0;

/// Draws the map below `top`, over the whole width.
///
/// # Errors
/// `plot.backend`.
pub fn draw(sheet: &Sheet<'_>, chart: &Chart, top: f64) -> Result<Vec<Target>, Problem> {
    let grid = &chart.grid;
    let columns = grid.across.len().max(1);
    let rows = grid.cells.len().div_ceil(columns).max(1);
    let bounds = sheet.bounds();
    let beside = label_type(sheet, Side::End);
    let widest = |texts: &[String]| {
        texts
            .iter()
            .map(|t| sheet.width(t, beside))
            .fold(0.0, f64::max)
    };
    let (x_name, y_name) = (axis_name(&chart.x), axis_name(&chart.y));
    let plot = Rect {
        left: (EDGE + widest(&grid.down) + GAP).min(bounds.width() / 2.0),
        top: top + EDGE + if y_name.is_empty() { 0.0 } else { LABEL + 6.0 },
        right: bounds.right - EDGE,
        bottom: bounds.bottom - EDGE - 2.0 * (LABEL + GAP),
    };
    let (wide, high) = (
        (plot.width() / columns as f64).max(0.5),
        (plot.height() / rows as f64).max(0.5),
    );
    let range = grid
        .range
        .or_else(|| extent(grid.cells.iter().filter_map(|c| c.value)));
    let [low, high_value] = range.unwrap_or([0.0, 1.0]);
    let mut targets = Vec::with_capacity(grid.cells.len());
    for (index, cell) in grid.cells.iter().enumerate() {
        let (column, row) = ((index % columns) as f64, (index / columns) as f64);
        let rect = Rect {
            left: plot.left + wide * column,
            top: plot.top + high * row,
            right: plot.left + wide * (column + 1.0),
            bottom: plot.top + high * (row + 1.0),
        };
        let gap = if wide.min(high) >= 6.0 { 0.5 } else { 0.0 };
        draw_cell(
            sheet,
            cell,
            ground(sheet, cell, [low, high_value]),
            rect,
            gap,
        )?;
        targets.push(Target { rect, index });
    }
    let start = label_type(sheet, Side::Start);
    let y_name = sheet.fit(&y_name, start, bounds.width() - 2.0 * EDGE);
    sheet.text(&y_name, (EDGE, top + EDGE + LABEL / 2.0), start)?;
    for (row, text) in every(&grid.down, high, LABEL + 4.0) {
        let text = sheet.fit(text, beside, plot.left - GAP - EDGE);
        sheet.text(
            &text,
            (plot.left - GAP, plot.top + high * (row as f64 + 0.5)),
            beside,
        )?;
    }
    let below = label_type(sheet, Side::Middle);
    let y = plot.bottom + GAP + LABEL / 2.0;
    let room = widest(&grid.across) + 8.0;
    for (column, text) in every(&grid.across, wide, room) {
        let half = sheet.width(text, below) / 2.0;
        let x = (plot.left + wide * (column as f64 + 0.5)).min(bounds.right - half - 1.0);
        sheet.text(text, (x, y), below)?;
    }
    let x_name = sheet.fit(&x_name, below, plot.width());
    let middle = (plot.left + plot.right) / 2.0;
    sheet.text(&x_name, (middle, y + LABEL + GAP), below)?;
    Ok(targets)
}

/// The names that have room, evenly spaced from the first.
fn every(names: &[String], step: f64, room: f64) -> impl Iterator<Item = (usize, &String)> {
    names
        .iter()
        .enumerate()
        .step_by((room / step).ceil().max(1.0) as usize)
}

/// Blue, deeper towards the upper end of the range; below zero vermilion, deeper the further from it.
fn ground(sheet: &Sheet<'_>, cell: &Cell, [low, high]: [f64; 2]) -> Colour {
    let palette = &sheet.palette;
    let Some(value) = cell.value.filter(|v| v.is_finite()) else {
        return mix(palette.paper, palette.ink, 0.08);
    };
    let share = |part: f64, whole: f64| {
        if whole > 0.0 {
            (part / whole).clamp(0.0, 1.0)
        } else {
            0.0
        }
    };
    if value < 0.0 {
        return mix(
            palette.paper,
            palette.series(1),
            0.25 + 0.65 * share(-value, -low),
        );
    }
    let low = low.max(0.0);
    mix(
        palette.paper,
        palette.series(0),
        0.06 + 0.84 * share(value - low, high - low),
    )
}

fn draw_cell(
    sheet: &Sheet<'_>,
    cell: &Cell,
    ground: Colour,
    rect: Rect,
    gap: f64,
) -> Result<(), Problem> {
    let inner = Rect {
        left: rect.left + gap,
        top: rect.top + gap,
        right: rect.right - gap,
        bottom: rect.bottom - gap,
    };
    sheet.block(inner, tint(ground, 1.0))?;
    let ink = if luminance(ground) > 0.25 {
        [0x11, 0x14, 0x18]
    } else {
        [0xFF; 3]
    };
    let face = Type {
        size: 11.0,
        bold: false,
        colour: ink,
        side: Side::Middle,
    };
    if cell.text.is_empty()
        || rect.height() < 13.0
        || sheet.width(&cell.text, face) > rect.width() - 3.0
    {
        return Ok(());
    }
    let middle = (
        (rect.left + rect.right) / 2.0,
        (rect.top + rect.bottom) / 2.0,
    );
    sheet.text(&cell.text, middle, face)
}
