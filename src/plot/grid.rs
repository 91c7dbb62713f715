//! Grid worlds as in the textbooks: values as colour and number, greedy actions as arrows.

use plotters_backend::DrawingBackend;

use super::bars::Target;
use super::number::short;
use super::scale::extent;
use super::sheet::{Point, Rect, Sheet, Side, Type};
use super::spec::{Cell, Chart, Direction};
use super::theme::{Colour, luminance, mix, tint};
use crate::problem::Problem;

const EDGE: f64 = 8.0;

/// Draws the grid below `top`, with square cells, centred.
///
/// # Errors
/// `plot.backend`.
pub fn draw<B: DrawingBackend>(
    sheet: &Sheet<'_, B>,
    chart: &Chart,
    top: f64,
) -> Result<Vec<Target>, Problem> {
    let (cells, bounds) = (&chart.grid.cells, sheet.bounds());
    let columns = (chart.grid.columns as usize).clamp(1, cells.len().max(1));
    let rows = cells.len().div_ceil(columns).max(1);
    let (wide, high) = (
        bounds.width() - 2.0 * EDGE,
        bounds.bottom - top - 2.0 * EDGE,
    );
    let side = (wide / columns as f64).min(high / rows as f64).max(1.0);
    let left = EDGE + (wide - side * columns as f64) / 2.0;
    let first = top + EDGE + (high - side * rows as f64) / 2.0;
    let range = extent(cells.iter().filter_map(|c| c.value)).unwrap_or([0.0, 0.0]);
    let reach = range[0].abs().max(range[1].abs());
    let mut targets = Vec::with_capacity(cells.len());
    for (index, cell) in cells.iter().enumerate() {
        let (column, row) = ((index % columns) as f64, (index / columns) as f64);
        let rect = Rect {
            left: left + side * column,
            top: first + side * row,
            right: left + side * (column + 1.0),
            bottom: first + side * (row + 1.0),
        };
        draw_cell(sheet, cell, rect, reach)?;
        targets.push(Target { rect, index });
    }
    Ok(targets)
}

/// Ground of a cell: blue above zero, vermilion below, deeper the further from it.
fn ground<B: DrawingBackend>(sheet: &Sheet<'_, B>, cell: &Cell, reach: f64) -> Colour {
    let palette = &sheet.palette;
    if cell.wall {
        return palette.axis;
    }
    let Some(value) = cell.value.filter(|v| v.is_finite()) else {
        return mix(palette.paper, palette.ink, 0.04);
    };
    let hue = palette.series(usize::from(value < 0.0));
    let depth = if reach > 0.0 {
        (value.abs() / reach).min(1.0)
    } else {
        0.0
    };
    mix(palette.paper, hue, 0.06 + 0.64 * depth)
}

fn draw_cell<B: DrawingBackend>(
    sheet: &Sheet<'_, B>,
    cell: &Cell,
    rect: Rect,
    reach: f64,
) -> Result<(), Problem> {
    let ground = ground(sheet, cell, reach);
    let inner = Rect {
        left: rect.left + 0.5,
        top: rect.top + 0.5,
        right: rect.right - 0.5,
        bottom: rect.bottom - 0.5,
    };
    sheet.block(inner, tint(ground, 1.0))?;
    let side = rect.width();
    let ink = if luminance(ground) > 0.25 {
        [0x11, 0x14, 0x18]
    } else {
        [0xFF; 3]
    };
    let middle = (
        (rect.left + rect.right) / 2.0,
        (rect.top + rect.bottom) / 2.0,
    );
    let face = |size: f64, bold: bool, align: Side| Type {
        size,
        bold,
        colour: ink,
        side: align,
    };
    if !cell.text.is_empty() && side >= 14.0 {
        let small = face((side * 0.2).clamp(8.0, 12.0), true, Side::Start);
        let text = sheet.fit(&cell.text, small, side - 6.0);
        sheet.text(
            &text,
            (rect.left + 4.0, rect.top + 3.0 + small.size * 0.6),
            small,
        )?;
    }
    if let Some(value) = cell.value.filter(|_| !cell.wall) {
        let normal = face((side * 0.24).clamp(8.0, 15.0), false, Side::Middle);
        let text = short_enough(sheet, value, normal, side - 4.0);
        sheet.text(&text, middle, normal)?;
    }
    for &direction in &cell.best {
        draw_arrow(sheet, middle, side, direction, ink)?;
    }
    Ok(())
}

/// The value with as many digits as fit; none if not even one does.
fn short_enough<B: DrawingBackend>(
    sheet: &Sheet<'_, B>,
    value: f64,
    face: Type,
    room: f64,
) -> String {
    let small = value.abs() < 1000.0;
    let rounded = [2, 1, 0].into_iter().filter(|_| small).map(|d| {
        let scale = [1.0, 10.0, 100.0][d];
        short((value * scale).round() / scale)
    });
    let mut texts = rounded.chain([short(value)]);
    texts
        .find(|t| sheet.width(t, face) <= room)
        .unwrap_or_default()
}

/// A small triangle near the edge that the action leads to.
fn draw_arrow<B: DrawingBackend>(
    sheet: &Sheet<'_, B>,
    middle: Point,
    side: f64,
    direction: Direction,
    colour: Colour,
) -> Result<(), Problem> {
    let (dx, dy) = match direction {
        Direction::Up => (0.0, -1.0),
        Direction::Right => (1.0, 0.0),
        Direction::Down => (0.0, 1.0),
        Direction::Left => (-1.0, 0.0),
    };
    let (tip, base, half) = (side * 0.44, side * 0.33, side * 0.09);
    let at = |along: f64, across: f64| {
        let x = middle.0 + dx * along - dy * across;
        (x, middle.1 + dy * along + dx * across)
    };
    sheet.fill(
        &[at(tip, 0.0), at(base, half), at(base, -half)],
        tint(colour, 0.9),
    )
}
