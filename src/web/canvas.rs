//! The canvas side: a chart on a canvas of the page. Translates between JavaScript and [`View`]; decides nothing.

use plotters_canvas::CanvasBackend;
use wasm_bindgen::prelude::*;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::error::{into_js, to_js};
use crate::plot::backend::{Measured, UNITS, typical_width};
use crate::plot::{Chart, Look, View};
use crate::problem::{Problem, Text};

/// A chart on a canvas element, with an optional transparent canvas above it for the focus.
#[wasm_bindgen]
pub struct ChartView {
    base: Surface,
    overlay: Option<Surface>,
    view: View,
}

/// A canvas and its context.
struct Surface {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
}

#[wasm_bindgen]
impl ChartView {
    /// An empty chart on `canvas`; crosshair and outlines go to `overlay`.
    ///
    /// # Errors
    /// `plot.canvas` where the browser gives no 2D context.
    #[wasm_bindgen(constructor)]
    pub fn new(
        canvas: HtmlCanvasElement,
        overlay: Option<HtmlCanvasElement>,
    ) -> Result<Self, JsValue> {
        Ok(Self {
            view: View::new(Chart::default()).map_err(into_js)?,
            base: Surface::of(canvas)?,
            overlay: overlay.map(Surface::of).transpose()?,
        })
    }

    /// Shows a chart (`Chart` of the plot room, camelCase) and draws it. Returns the layout
    /// `{plot: [left, top, right, bottom], x, y, zoomed, height}` in CSS pixels and values.
    ///
    /// # Errors
    /// `plot.spec`, `plot.size`, `plot.lengths`, `plot.backend`.
    pub fn draw(&mut self, chart: JsValue) -> Result<JsValue, JsValue> {
        let chart: Chart = read(chart)?;
        self.view.show(chart).map_err(into_js)?;
        self.redraw()
    }

    /// Changes size or appearance (`Look`) and draws again.
    ///
    /// # Errors
    /// `plot.spec`, `plot.size`, `plot.backend`.
    pub fn restyle(&mut self, look: JsValue) -> Result<JsValue, JsValue> {
        let look: Look = read(look)?;
        self.view.restyle(look).map_err(into_js)?;
        self.redraw()
    }

    /// Draws again, after `append` or a change of zoom. Returns the layout.
    ///
    /// # Errors
    /// `plot.backend`.
    pub fn redraw(&mut self) -> Result<JsValue, JsValue> {
        let size = self.view.device_size();
        self.base.clear(size)?;
        let font = self.view.font().to_owned();
        let measure = self.base.measure(&font);
        let layout = self
            .view
            .draw(Measured::new(self.base.backend()?, size, &measure));
        let layout = layout.map_err(into_js)?;
        self.draw_overlay()?;
        Ok(to_js(&layout))
    }

    fn draw_overlay(&self) -> Result<(), JsValue> {
        let Some(overlay) = &self.overlay else {
            return Ok(());
        };
        let size = self.view.device_size();
        overlay.clear(size)?;
        let measure = overlay.measure(self.view.font());
        self.view
            .draw_overlay(Measured::new(overlay.backend()?, size, &measure))
            .map_err(into_js)
    }

    /// Adds points to series number `series`; `redraw` shows them.
    pub fn append(&mut self, series: usize, x: &[f64], y: &[f64]) {
        self.view.append(series, x, y);
    }

    /// Focuses what is nearest to a place in CSS pixels. Returns its read-out, or null.
    ///
    /// # Errors
    /// `plot.backend`.
    pub fn hover(&mut self, x: f64, y: f64) -> Result<JsValue, JsValue> {
        let readout = self.view.hover(x, y);
        self.draw_overlay()?;
        Ok(to_js(&readout))
    }

    /// Moves the focus by a key as named by `KeyboardEvent.key`. Returns the read-out; null if the key is not for the chart.
    ///
    /// # Errors
    /// `plot.backend`.
    pub fn key(&mut self, key: &str) -> Result<JsValue, JsValue> {
        let readout = self.view.key(key);
        self.draw_overlay()?;
        Ok(to_js(&readout))
    }

    /// Takes the focus away.
    ///
    /// # Errors
    /// `plot.backend`.
    pub fn leave(&mut self) -> Result<(), JsValue> {
        self.view.leave();
        self.draw_overlay()
    }

    /// Shows the part between two horizontal places in CSS pixels. Returns the layout.
    ///
    /// # Errors
    /// `plot.backend`.
    #[wasm_bindgen(js_name = zoomTo)]
    pub fn zoom_to(&mut self, from: f64, to: f64) -> Result<JsValue, JsValue> {
        self.view.zoom_to(from, to);
        self.redraw()
    }

    /// Zooms by a factor around a horizontal place in CSS pixels, or the middle. Returns the layout.
    ///
    /// # Errors
    /// `plot.backend`.
    pub fn zoom(&mut self, factor: f64, around: Option<f64>) -> Result<JsValue, JsValue> {
        self.view.zoom_by(factor, around);
        self.redraw()
    }

    /// Moves by a share of the width shown. Returns the layout.
    ///
    /// # Errors
    /// `plot.backend`.
    pub fn pan(&mut self, share: f64) -> Result<JsValue, JsValue> {
        self.view.pan(share);
        self.redraw()
    }

    /// Shows everything again. Returns the layout.
    ///
    /// # Errors
    /// `plot.backend`.
    pub fn reset(&mut self) -> Result<JsValue, JsValue> {
        self.view.reset();
        self.redraw()
    }

    /// The values `[x, y]` at a place in CSS pixels, or null.
    #[wasm_bindgen(js_name = valuesAt)]
    pub fn values_at(&self, x: f64, y: f64) -> JsValue {
        to_js(&self.view.values_at(x, y))
    }

    /// The place `[x, y]` in CSS pixels of two values, or null.
    #[wasm_bindgen(js_name = placeOf)]
    pub fn place_of(&self, x: f64, y: f64) -> JsValue {
        to_js(&self.view.place_of(x, y))
    }

    /// What each colour, dash and marker stands for: `[{label, colour, dash, marker}]`.
    pub fn legend(&self) -> JsValue {
        to_js(&self.view.legend())
    }

    /// The chart as an SVG document with ground, title and legend.
    ///
    /// # Errors
    /// `plot.backend`.
    pub fn svg(&self) -> Result<String, JsValue> {
        // The context's font is the only state that measuring changes; drawing sets it anew.
        let measure = self.base.measure(self.view.font());
        self.view.svg(&measure).map_err(into_js)
    }

    /// Draws the export onto another canvas with `scale` device pixels per CSS pixel, for `toBlob`.
    ///
    /// # Errors
    /// `plot.canvas`, `plot.size`, `plot.backend`.
    #[wasm_bindgen(js_name = exportTo)]
    pub fn export_to(&self, canvas: HtmlCanvasElement, scale: f64) -> Result<(), JsValue> {
        let size = self.view.export_size(scale).map_err(into_js)?;
        let surface = Surface::of(canvas)?;
        surface.clear(size)?;
        let measure = surface.measure(self.view.font());
        let backend = Measured::new(surface.backend()?, size, &measure);
        self.view.draw_export(backend, scale).map_err(into_js)
    }

    /// All numbers with all their digits as CSV.
    pub fn csv(&self) -> String {
        self.view.csv()
    }

    /// What the picture shows, in words; `language` as in the page's `lang`.
    pub fn summary(&self, language: &str) -> String {
        let text = self.view.summary();
        if language.starts_with("zh") {
            text.zh
        } else {
            text.en
        }
    }

    /// The table twin: `{columns, rows, total}`, at most `most` rows.
    pub fn table(&self, most: usize) -> JsValue {
        to_js(&self.view.table(most))
    }
}

impl Surface {
    fn of(canvas: HtmlCanvasElement) -> Result<Self, JsValue> {
        let context = canvas.get_context("2d").ok().flatten();
        let context = context
            .and_then(|c| c.dyn_into().ok())
            .ok_or_else(|| into_js(no_canvas()))?;
        Ok(Self { canvas, context })
    }

    /// Empties the canvas, sizes it, and sets up the eighths that the plot room counts in.
    fn clear(&self, (width, height): (u32, u32)) -> Result<(), JsValue> {
        // Setting the size makes a new buffer: only when it changes.
        if (self.canvas.width(), self.canvas.height()) != (width, height) {
            self.canvas.set_width(width);
            self.canvas.set_height(height);
        }
        self.context.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0)?;
        self.context
            .clear_rect(0.0, 0.0, width.into(), height.into());
        self.context
            .set_transform(1.0 / UNITS, 0.0, 0.0, 1.0 / UNITS, 0.0, 0.0)?;
        // Round joins cost a third more and differ only under a magnifier.
        self.context.set_line_join("bevel");
        Ok(())
    }

    fn backend(&self) -> Result<CanvasBackend, JsValue> {
        CanvasBackend::with_canvas_object(self.canvas.clone()).ok_or_else(|| into_js(no_canvas()))
    }

    fn measure(&self, font: &str) -> impl Fn(&str, f64, bool) -> f64 + use<> {
        let (context, font) = (self.context.clone(), font.to_owned());
        move |text, size, bold| {
            let weight = if bold { "bold" } else { "normal" };
            context.set_font(&format!("{weight} {size}px {font}"));
            let measured = context.measure_text(text);
            measured.map_or_else(|_| typical_width(text, size, bold), |m| m.width())
        }
    }
}

fn read<T: serde::de::DeserializeOwned>(value: JsValue) -> Result<T, JsValue> {
    serde_wasm_bindgen::from_value(value).map_err(|e| into_js(bad_spec(&e.to_string())))
}

fn bad_spec(why: &str) -> Problem {
    Problem::new(
        "plot.spec",
        Text::new(
            format!("The description of a chart can't be read: {why}."),
            format!("无法读取图表描述：{why}。"),
        ),
        Text::new(
            "This is a fault of the page; reload it.",
            "这是页面的错误，请重新加载。",
        ),
    )
}

fn no_canvas() -> Problem {
    Problem::new(
        "plot.canvas",
        Text::new(
            "The browser gives no canvas to draw on.",
            "浏览器未提供可绘制的画布。",
        ),
        Text::new(
            "Allow canvas drawing for this page, or read the tables.",
            "请允许此页面使用画布，或查看数据表。",
        ),
    )
}
