//! The canvas side: a chart on a canvas of the page. Translates between JavaScript and [`View`]; decides nothing.

use plotters_canvas::CanvasBackend;
use wasm_bindgen::prelude::*;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::error::{into_js, to_js};
use crate::plot::backend::{Measured, UNITS, typical_width};
use crate::plot::{Chart, View};
use crate::problem::{Problem, Text};

/// A chart on a canvas element.
#[wasm_bindgen]
pub struct ChartView {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    view: View,
}

#[wasm_bindgen]
impl ChartView {
    /// An empty chart on `canvas`.
    ///
    /// # Errors
    /// `plot.canvas` where the browser gives no 2D context.
    #[wasm_bindgen(constructor)]
    pub fn new(canvas: HtmlCanvasElement) -> Result<Self, JsValue> {
        let view = View::new(Chart::default()).map_err(into_js)?;
        let context = context_of(&canvas)?;
        Ok(Self {
            canvas,
            context,
            view,
        })
    }

    /// Shows a chart (see `Chart` in the crate's documentation) and draws it. Returns where things are.
    ///
    /// # Errors
    /// `plot.spec`, `plot.size`, `plot.lengths`, `plot.backend`.
    pub fn draw(&mut self, chart: JsValue) -> Result<JsValue, JsValue> {
        let chart: Chart =
            serde_wasm_bindgen::from_value(chart).map_err(|e| into_js(bad_spec(&e.to_string())))?;
        self.view = View::new(chart).map_err(into_js)?;
        self.redraw()
    }

    /// Draws again, after `append` or a zoom.
    ///
    /// # Errors
    /// `plot.backend`.
    pub fn redraw(&mut self) -> Result<JsValue, JsValue> {
        let (width, height) = self.view.device_size();
        // Setting the size clears the canvas and its state, and costs a new buffer.
        if (self.canvas.width(), self.canvas.height()) != (width, height) {
            self.canvas.set_width(width);
            self.canvas.set_height(height);
        }
        let layout = draw_on(&self.canvas, &self.context, &mut self.view, false)?;
        Ok(to_js(&layout))
    }

    /// Adds points to series number `series`; draw again to see them.
    pub fn append(&mut self, series: usize, x: &[f64], y: &[f64]) {
        self.view.append(series, x, y);
    }

    /// The chart as an SVG document.
    ///
    /// # Errors
    /// `plot.backend`.
    pub fn svg(&self) -> Result<String, JsValue> {
        self.view.svg(&typical_width).map_err(into_js)
    }

    /// What each colour, dash and marker stands for.
    pub fn legend(&self) -> JsValue {
        to_js(&self.view.legend())
    }
}

fn context_of(canvas: &HtmlCanvasElement) -> Result<CanvasRenderingContext2d, JsValue> {
    let context = canvas.get_context("2d").ok().flatten();
    context
        .and_then(|c| c.dyn_into().ok())
        .ok_or_else(|| into_js(no_canvas()))
}

fn draw_on(
    canvas: &HtmlCanvasElement,
    context: &CanvasRenderingContext2d,
    view: &mut View,
    export: bool,
) -> Result<crate::plot::Layout, JsValue> {
    let (width, height) = (canvas.width(), canvas.height());
    let inner =
        CanvasBackend::with_canvas_object(canvas.clone()).ok_or_else(|| into_js(no_canvas()))?;
    context.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0)?;
    context.clear_rect(0.0, 0.0, width.into(), height.into());
    context.set_transform(1.0 / UNITS, 0.0, 0.0, 1.0 / UNITS, 0.0, 0.0)?;
    context.set_line_join("round");
    let font = view.font().to_owned();
    let measure = |text: &str, size: f64, bold: bool| {
        let weight = if bold { "bold" } else { "normal" };
        context.set_font(&format!("{weight} {size}px {font}"));
        let measured = context.measure_text(text);
        measured.map_or_else(|_| typical_width(text, size, bold), |m| m.width())
    };
    let backend = Measured::new(inner, (width, height), &measure);
    view.draw(backend, export).map_err(into_js)
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
