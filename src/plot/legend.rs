//! What the colours, dashes and markers of a chart stand for.

use serde::Serialize;

use super::lines;
use super::sheet::{Point, Rect, Sheet, Stroke};
use super::spec::{Chart, Kind, Series};
use super::theme::{self, Marker};
use crate::problem::Problem;

/// What an entry of a legend is drawn as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Shape {
    /// A curve.
    Line,
    /// A filled part of a bar.
    Area,
    /// A stroke across a bar.
    Stroke,
}

/// One line of a legend, for the page to draw.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Legend {
    /// Name.
    pub label: String,
    /// `#rrggbb`.
    pub colour: String,
    /// Lengths drawn and left out in CSS pixels; empty is solid.
    pub dash: Vec<f64>,
    /// Shape of its points; none for areas and levels.
    pub marker: Option<Marker>,
    /// What it is drawn as.
    pub shape: Shape,
    #[serde(skip)]
    style: usize,
}

impl Legend {
    /// Room for the swatch, in CSS pixels.
    pub fn swatch(&self) -> f64 {
        match self.shape {
            Shape::Line => 26.0,
            Shape::Area => 18.0,
            Shape::Stroke => 8.0,
        }
    }

    /// Draws what the entry looks like, from `(x, y)` to the right.
    ///
    /// # Errors
    /// `plot.backend`.
    pub fn draw_swatch(&self, sheet: &Sheet<'_>, (x, y): Point, width: f64) -> Result<(), Problem> {
        let colour = sheet.palette.series(self.style);
        let Some(marker) = self.marker else {
            let (width, colour) = match self.shape {
                Shape::Stroke => (2.0, sheet.palette.ink),
                Shape::Line | Shape::Area => (12.0, colour),
            };
            let block = Rect {
                left: x,
                top: y - 6.0,
                right: x + width,
                bottom: y + 6.0,
            };
            return sheet.block(block, theme::tint(colour, 1.0));
        };
        let stroke = Stroke {
            dash: &self.dash,
            ..Stroke::solid(colour, sheet.palette.stroke)
        };
        sheet.line(&[(x, y), (x + width, y)], stroke)?;
        sheet.marker((x + width / 2.0, y), 3.5, marker, colour)
    }
}

/// The legend of a chart.
pub fn legend(chart: &Chart) -> Vec<Legend> {
    let palette = theme::Palette::of(&chart.look);
    let area = |(i, label): (usize, &String)| Legend {
        label: label.clone(),
        colour: theme::hex(palette.series(i)),
        dash: Vec::new(),
        marker: None,
        shape: Shape::Area,
        style: i,
    };
    let baseline = || Legend {
        label: chart.baseline.clone(),
        colour: theme::hex(palette.ink),
        dash: Vec::new(),
        marker: None,
        shape: Shape::Stroke,
        style: 0,
    };
    let line = |(i, series): (usize, &Series)| {
        let style = lines::style_of(series, i);
        Legend {
            label: series.label.clone(),
            colour: theme::hex(palette.series(style)),
            dash: theme::dash(lines::dash_of(series, i)).to_vec(),
            marker: Some(theme::marker(style)),
            shape: Shape::Line,
            style,
        }
    };
    match chart.kind {
        Kind::Lines => chart.series.iter().enumerate().map(line).collect(),
        Kind::Bars => {
            let baseline = (!chart.baseline.is_empty()).then(baseline);
            let parts = chart.parts.iter().enumerate().map(area);
            parts.chain(baseline).collect()
        }
        Kind::Histogram | Kind::Grid | Kind::Forest => Vec::new(),
    }
}
