//! A chart with what a person does to it: zoom, focus; and everything the page may ask of it.

use plotters::prelude::SVGBackend;
use plotters_backend::DrawingBackend;
use serde::Serialize;

use super::backend::{Measure, Measured, UNITS};
use super::bars::{self, Target};
use super::curve::Curve;
use super::forest;
use super::frame::{Frame, draw_head};
use super::grid;
use super::legend::{Legend, legend};
use super::lines::{self, Zoom};
use super::reading::Focus;
use super::sheet::{self, Rect, Sheet, Stroke};
use super::spec::{Chart, Kind, Look, Series};
use super::words::{self, Table};
use crate::problem::{Problem, Text};

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
    /// Whether only a part is shown.
    pub zoomed: bool,
    /// The height in CSS pixels that would suit the content; that of the look where any does.
    pub height: f64,
}

/// What was drawn where.
#[derive(Clone, Debug, Default)]
pub(super) struct Scene {
    pub(super) frame: Option<Frame>,
    pub(super) targets: Vec<Target>,
}

/// A chart on display.
pub struct View {
    pub(super) chart: Chart,
    pub(super) curves: Vec<Curve>,
    pub(super) zoom: Zoom,
    pub(super) focus: Option<Focus>,
    pub(super) scene: Scene,
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
            focus: None,
            scene: Scene::default(),
        })
    }

    /// Shows another chart. Zoom and focus stay if it has the same form and as many series, as when numbers arrive.
    ///
    /// # Errors
    /// Those of [`Chart::check`]; then everything stays as it was.
    pub fn show(&mut self, chart: Chart) -> Result<(), Problem> {
        let next = Self::new(chart)?;
        let same = next.chart.kind == self.chart.kind && next.curves.len() == self.curves.len();
        let (zoom, focus) = (self.zoom, self.focus);
        *self = next;
        if same {
            (self.zoom, self.focus) = (zoom, focus);
        }
        Ok(())
    }

    /// Changes size or appearance, keeping the data.
    ///
    /// # Errors
    /// `plot.size`.
    pub fn restyle(&mut self, look: Look) -> Result<(), Problem> {
        look.check()?;
        self.chart.look = look;
        Ok(())
    }

    /// Draws onto a backend of [`View::device_size`] pixels.
    ///
    /// # Errors
    /// `plot.backend`.
    pub fn draw<B: DrawingBackend>(&mut self, onto: Measured<'_, B>) -> Result<Layout, Problem> {
        self.scene = paint(onto, &self.chart.look, false, |sheet| self.draw_on(sheet))?;
        Ok(self.layout())
    }

    /// Draws an export: with ground, title and legend, `scale` times as many pixels. Nothing of the view changes.
    ///
    /// # Errors
    /// `plot.backend`; `plot.size` for a scale that makes the picture too large.
    pub fn draw_export<B: DrawingBackend>(
        &self,
        onto: Measured<'_, B>,
        scale: f64,
    ) -> Result<(), Problem> {
        let look = self.export_look(scale)?;
        paint(onto, &look, true, |sheet| self.draw_on(sheet)).map(|_| ())
    }

    fn export_look(&self, scale: f64) -> Result<Look, Problem> {
        let look = Look {
            ratio: scale,
            ..self.chart.look.clone()
        };
        look.check()?;
        Ok(look)
    }

    fn draw_on(&self, sheet: &Sheet<'_>) -> Result<Scene, Problem> {
        let chart = &self.chart;
        let top = draw_head(sheet, chart, &self.legend())?;
        let mut scene = Scene::default();
        match chart.kind {
            Kind::Lines => {
                let (x, y) = lines::ranges(chart, &self.curves, self.zoom);
                let frame = Frame::new(sheet, chart, x, y, top);
                frame.draw(sheet, chart)?;
                lines::draw(sheet, chart, &self.curves, &frame)?;
                scene.frame = Some(frame);
            }
            Kind::Histogram => {
                if let Some(curve) = self.curves.first() {
                    let (x, y) = bars::histogram_ranges(curve, chart.x.whole);
                    let frame = Frame::new(sheet, chart, x, y, top);
                    frame.draw(sheet, chart)?;
                    scene.targets = bars::draw_histogram(sheet, curve, chart.x.whole, &frame)?;
                    scene.frame = Some(frame);
                }
            }
            Kind::Bars => scene.targets = bars::draw_bars(sheet, chart, top)?,
            Kind::Grid => scene.targets = grid::draw(sheet, chart, top)?,
            Kind::Forest => scene.targets = forest::draw(sheet, chart, top)?,
        }
        Ok(scene)
    }

    fn layout(&self) -> Layout {
        let look = &self.chart.look;
        let mut layout = Layout {
            plot: [0.0, 0.0, look.width, look.height],
            zoomed: self.zoom != Zoom::default(),
            height: look.height,
            ..Layout::default()
        };
        if let Some(frame) = &self.scene.frame {
            let plot = frame.plot;
            layout.plot = [plot.left, plot.top, plot.right, plot.bottom];
            (layout.x, layout.y) = (frame.x.domain, frame.y.domain);
        }
        if matches!(self.chart.kind, Kind::Bars | Kind::Forest) {
            layout.height = bars::comfortable_height(&self.chart);
        }
        layout
    }

    /// Draws the focus alone, for a transparent canvas above the chart: a crosshair and rings, or an outline.
    ///
    /// # Errors
    /// `plot.backend`.
    pub fn draw_overlay<B: DrawingBackend>(&self, onto: Measured<'_, B>) -> Result<(), Problem> {
        paint(onto, &self.chart.look, false, |sheet| {
            let Some(focus) = self.focus else {
                return Ok(());
            };
            match (&self.scene.frame, self.chart.kind) {
                (Some(frame), Kind::Lines) => {
                    lines::draw_focus(sheet, &self.chart, &self.curves, frame, focus)
                }
                _ => self.outline_target(sheet, focus),
            }
        })
    }

    fn outline_target(&self, sheet: &Sheet<'_>, focus: Focus) -> Result<(), Problem> {
        let Some(target) = self.scene.targets.get(focus.index) else {
            return Ok(());
        };
        let Rect {
            left,
            top,
            right,
            bottom,
        } = target.rect;
        let stroke = Stroke::solid(sheet.palette.ink, 1.5);
        let corners = [
            (left, top),
            (right, top),
            (right, bottom),
            (left, bottom),
            (left, top),
        ];
        corners
            .windows(2)
            .try_for_each(|side| sheet.rule(side[0], side[1], stroke))
    }

    /// What each colour, dash and marker stands for.
    pub fn legend(&self) -> Vec<Legend> {
        legend(&self.chart)
    }

    /// All numbers as CSV.
    pub fn csv(&self) -> String {
        words::csv(&self.chart, &self.curves)
    }

    /// The table twin, at most `most` rows.
    pub fn table(&self, most: usize) -> Table {
        words::table(&self.chart, &self.curves, most)
    }

    /// What the picture shows, in words.
    pub fn summary(&self) -> Text {
        words::summary(&self.chart, &self.curves)
    }

    /// Width and height of the canvas to draw on, in device pixels.
    pub fn device_size(&self) -> (u32, u32) {
        self.chart.look.device_size()
    }

    /// Width and height of an export with `scale` device pixels per CSS pixel.
    ///
    /// # Errors
    /// `plot.size` for a scale out of range.
    pub fn export_size(&self, scale: f64) -> Result<(u32, u32), Problem> {
        self.export_look(scale).map(|look| look.device_size())
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
        let look = self.export_look(1.0)?;
        let (width, height) = (look.width.round(), look.height.round());
        let size = (width as u32, height as u32);
        let mut body = String::new();
        {
            let units = (size.0 * UNITS as u32, size.1 * UNITS as u32);
            let inner = SVGBackend::with_string(&mut body, units);
            let onto = Measured::new(inner, size, measure).with_font_factor(1.24);
            paint(onto, &look, true, |sheet| self.draw_on(sheet))?;
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

    /// Adds points to a series; unknown series are ignored.
    pub fn append(&mut self, series: usize, x: &[f64], y: &[f64]) {
        if let Some(curve) = self.curves.get_mut(series) {
            curve.extend(x, y, &[], &[]);
        }
    }
}

/// Records what `draw` draws, and plays it to the real backend.
fn paint<B: DrawingBackend, R>(
    onto: Measured<'_, B>,
    look: &Look,
    export: bool,
    draw: impl FnOnce(&Sheet<'_>) -> Result<R, Problem>,
) -> Result<R, Problem> {
    let recording = onto.recording();
    let drawing = recording.drawing();
    let result = draw(&Sheet::new(recording, look, export))?;
    onto.play(&drawing).map_err(sheet::fault)?;
    Ok(result)
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
