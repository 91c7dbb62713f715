//! A chart with what a person does to it: zoom, focus; and everything the page may ask of it.

use plotters::prelude::SVGBackend;
use plotters_backend::DrawingBackend;
use serde::Serialize;

use super::backend::{Measure, Measured, UNITS};
use super::curve::Curve;
use super::frame::{Frame, draw_head};
use super::lines::{self, Zoom};
use super::sheet::{Point, Rect, Sheet, Stroke};
use super::spec::{Chart, Look, Series};
use super::theme::{self, Marker};
use crate::problem::Problem;

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
    /// Shape of its points; none for areas.
    pub marker: Option<Marker>,
    #[serde(skip)]
    style: usize,
}

impl Legend {
    pub(super) fn draw_swatch<B: DrawingBackend>(
        &self,
        sheet: &Sheet<'_, B>,
        (x, y): Point,
        width: f64,
    ) -> Result<(), Problem> {
        let colour = sheet.palette.series(self.style);
        let Some(marker) = self.marker else {
            let square = Rect {
                left: x + width - 12.0,
                top: y - 6.0,
                right: x + width,
                bottom: y + 6.0,
            };
            return sheet.block(square, theme::tint(colour, 1.0));
        };
        let stroke = Stroke {
            dash: &self.dash,
            ..Stroke::solid(colour, sheet.palette.stroke)
        };
        sheet.line(&[(x, y), (x + width, y)], stroke)?;
        sheet.marker((x + width / 2.0, y), 3.5, marker, colour)
    }
}

/// Where things are after drawing.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Layout {
    /// Left, top, right and bottom of the plot in CSS pixels.
    pub plot: [f64; 4],
    /// Range of x shown.
    pub x: [f64; 2],
    /// Range of y shown.
    pub y: [f64; 2],
}

/// A chart on display.
pub struct View {
    chart: Chart,
    curves: Vec<Curve>,
    zoom: Zoom,
    frame: Option<Frame>,
}

impl View {
    /// A view of a checked chart.
    ///
    /// # Errors
    /// Those of [`Chart::check`].
    pub fn new(mut chart: Chart) -> Result<Self, Problem> {
        chart.check()?;
        let curves = curves_of(&mut chart);
        Ok(Self {
            chart,
            curves,
            zoom: Zoom::default(),
            frame: None,
        })
    }

    /// Draws onto a backend of `look.width x look.height` times `look.ratio` device pixels (see [`Measured`]).
    ///
    /// # Errors
    /// `plot.backend`.
    pub fn draw<B: DrawingBackend>(&mut self, backend: B, export: bool) -> Result<Layout, Problem> {
        let sheet = Sheet::new(backend, &self.chart.look, export);
        let frame = self.draw_on(&sheet)?;
        let plot = frame.plot;
        let layout = Layout {
            plot: [plot.left, plot.top, plot.right, plot.bottom],
            x: frame.x.domain,
            y: frame.y.domain,
        };
        self.frame = Some(frame);
        Ok(layout)
    }

    fn draw_on<B: DrawingBackend>(&self, sheet: &Sheet<'_, B>) -> Result<Frame, Problem> {
        let top = draw_head(sheet, &self.chart, &self.legend())?;
        let (x, y) = lines::ranges(&self.chart, &self.curves, self.zoom);
        let frame = Frame::new(sheet, &self.chart, x, y, top);
        frame.draw(sheet, &self.chart)?;
        lines::draw(sheet, &self.chart, &self.curves, &frame)?;
        sheet.finish()?;
        Ok(frame)
    }

    /// Width and height of the canvas to draw on, in device pixels.
    pub fn device_size(&self) -> (u32, u32) {
        let look = &self.chart.look;
        let device = |css: f64| (css * look.ratio).round() as u32;
        (device(look.width), device(look.height))
    }

    /// The font stack, as in CSS.
    pub fn font(&self) -> &str {
        &self.chart.look.font
    }

    /// The chart as an SVG document with its ground, title and legend.
    ///
    /// # Errors
    /// `plot.backend`.
    pub fn svg(&self, measure: Measure<'_>) -> Result<String, Problem> {
        let look = Look {
            ratio: 1.0,
            ..self.chart.look.clone()
        };
        let (width, height) = (look.width.round(), look.height.round());
        let size = (width as u32, height as u32);
        let mut body = String::new();
        {
            let units = (size.0 * UNITS as u32, size.1 * UNITS as u32);
            let inner = SVGBackend::with_string(&mut body, units);
            let backend = Measured::new(inner, size, measure).with_font_factor(1.24);
            self.draw_on(&Sheet::new(backend, &look, true))?;
        }
        // plotters' own opening tag knows no size apart from its units.
        let inside = body.split_once(">\n").map_or("", |(_, rest)| rest);
        let title = escaped(&self.chart.title);
        let (wide, high) = (width * UNITS, height * UNITS);
        Ok(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {wide} {high}\" \
             role=\"img\" stroke-linejoin=\"round\">\n<title>{title}</title>\n{inside}"
        ))
    }

    /// What each colour, dash and marker stands for.
    pub fn legend(&self) -> Vec<Legend> {
        let palette = theme::Palette::of(&self.chart.look);
        let entry = |(i, series): (usize, &Series)| {
            let style = lines::style_of(series, i);
            Legend {
                label: series.label.clone(),
                colour: theme::hex(palette.series(style)),
                dash: theme::dash(lines::dash_of(series, i)).to_vec(),
                marker: Some(theme::marker(style)),
                style,
            }
        };
        self.chart.series.iter().enumerate().map(entry).collect()
    }

    /// Adds points to a series; unknown series are ignored.
    pub fn append(&mut self, series: usize, x: &[f64], y: &[f64]) {
        if let Some(curve) = self.curves.get_mut(series) {
            curve.extend(x, y, &[], &[]);
        }
    }
}

/// The points move into curves: they are kept once.
fn curves_of(chart: &mut Chart) -> Vec<Curve> {
    let weight = chart.smoothing;
    let curve = |series: &mut Series| {
        let curve = Curve::new(series, weight);
        for column in [
            &mut series.x,
            &mut series.y,
            &mut series.low,
            &mut series.high,
        ] {
            *column = Vec::new();
        }
        curve
    };
    chart.series.iter_mut().map(curve).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
