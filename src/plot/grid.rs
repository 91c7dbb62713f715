//! Grid worlds as in the textbooks: values as colour and number, greedy actions as arrows.

use super::bars::Target;
use super::heat;
use super::number::tick_labels;
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
pub fn draw(sheet: &Sheet<'_>, chart: &Chart, top: f64) -> Result<Vec<Target>, Problem> {
    if !chart.grid.across.is_empty() {
        return heat::draw(sheet, chart, top);
    }
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
    let texts = value_texts(sheet, cells, side);
    let mut targets = Vec::with_capacity(cells.len());
    for (index, (cell, text)) in cells.iter().zip(&texts).enumerate() {
        let (column, row) = ((index % columns) as f64, (index / columns) as f64);
        let rect = Rect {
            left: left + side * column,
            top: first + side * row,
            right: left + side * (column + 1.0),
            bottom: first + side * (row + 1.0),
        };
        draw_cell(sheet, cell, text, rect, reach)?;
        targets.push(Target { rect, index });
    }
    Ok(targets)
}

/// Ground of a cell: blue above zero, vermilion below, deeper the further from it.
fn ground(sheet: &Sheet<'_>, cell: &Cell, reach: f64) -> Colour {
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

fn draw_cell(
    sheet: &Sheet<'_>,
    cell: &Cell,
    value: &str,
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
    sheet.text(value, middle, face(value_size(side), false, Side::Middle))?;
    for &direction in &cell.best {
        draw_arrow(sheet, middle, side, direction, ink)?;
    }
    Ok(())
}

fn value_size(side: f64) -> f64 {
    (side * 0.21).clamp(7.0, 15.0)
}

/// The values with the same decimals, as many as fit between the arrows of every cell; nothing where not even whole numbers do.
fn value_texts(sheet: &Sheet<'_>, cells: &[Cell], side: f64) -> Vec<String> {
    let face = Type {
        size: value_size(side),
        bold: false,
        colour: sheet.palette.ink,
        side: Side::Middle,
    };
    let values: Vec<Option<f64>> = cells.iter().map(|c| c.value.filter(|_| !c.wall)).collect();
    let with = |step: f64| -> Vec<String> {
        let text =
            |v: &Option<f64>| v.and_then(|v| tick_labels(&[v, 999.0], step).into_iter().next());
        values.iter().map(|v| text(v).unwrap_or_default()).collect()
    };
    let fits = |texts: &Vec<String>| texts.iter().all(|t| sheet.width(t, face) <= side * 0.62);
    let mut tries = [0.01, 0.1, 1.0].into_iter().map(with);
    tries
        .find(fits)
        .unwrap_or_else(|| vec![String::new(); cells.len()])
}

/// A small triangle near the edge that the action leads to.
fn draw_arrow(
    sheet: &Sheet<'_>,
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
    let (tip, base, half) = (side * 0.46, side * 0.37, side * 0.08);
    let at = |along: f64, across: f64| {
        let x = middle.0 + dx * along - dy * across;
        (x, middle.1 + dy * along + dx * across)
    };
    sheet.fill(
        &[at(tip, 0.0), at(base, half), at(base, -half)],
        tint(colour, 0.9),
    )
}
