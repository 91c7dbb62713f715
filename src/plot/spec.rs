//! What a chart shows: one plain description that the page fills in.

use serde::Deserialize;

use super::theme::Theme;
use crate::problem::{Problem, Text};

/// The forms of chart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// Curves over a common axis.
    #[default]
    Lines,
    /// Horizontal bars, each stacked of parts.
    Bars,
    /// Counts per bin: `x` of the first series holds the lower edges, `y` the counts.
    Histogram,
    /// Values and greedy actions of a grid world.
    Grid,
    /// A forest plot: one row for each bar, a point at its total, a whisker over its interval, and a line at zero.
    Forest,
}

/// One axis.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Axis {
    /// What it measures.
    pub label: String,
    /// Unit, shown after the label and after each value; empty for none.
    pub unit: String,
    /// Logarithmic: values at or below zero are drawn at the lower end.
    pub log: bool,
    /// Whether only whole numbers make sense (steps, episodes, counts).
    pub whole: bool,
    /// Fixed range; by default the data's.
    pub range: Option<[f64; 2]>,
}

/// One curve. `x` should not decrease; points that are not finite are left out.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Series {
    /// Name.
    pub label: String,
    /// Positions.
    pub x: Vec<f64>,
    /// Values, one per position.
    pub y: Vec<f64>,
    /// Lower edges of a band, one per position, or none.
    pub low: Vec<f64>,
    /// Upper edges of a band, one per position, or none.
    pub high: Vec<f64>,
    /// Colour and marker, by number; by default its place in the list.
    pub style: Option<u32>,
    /// Dash pattern, by number; by default that of the style. 0 is solid.
    pub dash: Option<u32>,
    /// Never smoothed (a schedule, say).
    pub exact: bool,
}

/// A moment on the x axis, such as a parameter changed during a run.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Mark {
    /// Where.
    pub x: f64,
    /// What happened.
    pub label: String,
}

/// A level on the y axis, such as the optimum.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Reference {
    /// Where.
    pub y: f64,
    /// What it is.
    pub label: String,
}

/// One horizontal bar.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Bar {
    /// What it stands for, such as an item.
    pub label: String,
    /// Its stacked parts, as many as the chart names; negative ones extend to the left.
    pub parts: Vec<f64>,
    /// A value to compare with, such as what the most popular items would earn.
    pub baseline: Option<f64>,
    /// Ends of the interval around the total, for a forest plot.
    pub interval: Option<[f64; 2]>,
}

/// A direction on a grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// To the row above.
    Up,
    /// To the next column.
    Right,
    /// To the row below.
    Down,
    /// To the column before.
    Left,
}

/// One cell of a grid world.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Cell {
    /// Its value, if it has one.
    pub value: Option<f64>,
    /// Its name, such as `A` or `goal`.
    pub text: String,
    /// Whether it can't be entered.
    pub wall: bool,
    /// The greedy actions.
    pub best: Vec<Direction>,
}

/// A grid world, row by row from the top left.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Grid {
    /// Cells in a row.
    pub columns: u32,
    /// All cells.
    pub cells: Vec<Cell>,
    /// Names of the columns. With them it is no grid world but a map: it fills the room, values are colours.
    pub across: Vec<String>,
    /// Names of the rows of a map.
    pub down: Vec<String>,
    /// Values of the palest and the deepest colour of a map; by default the cells' own.
    pub range: Option<[f64; 2]>,
}

/// Size and appearance.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Look {
    /// Colours.
    pub theme: Theme,
    /// Width in CSS pixels, 40 to 8192.
    pub width: f64,
    /// Height in CSS pixels, 40 to 8192.
    pub height: f64,
    /// Device pixels per CSS pixel, 0.25 to 8.
    pub ratio: f64,
    /// Font stack as in CSS.
    pub font: String,
    /// Colour of text and axes instead of the theme's (forced colours).
    pub ink: Option<[u8; 3]>,
    /// Colour behind the chart instead of the theme's; painted on exports only.
    pub paper: Option<[u8; 3]>,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            theme: Theme::Light,
            width: 640.0,
            height: 320.0,
            ratio: 1.0,
            font: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'PingFang SC', \
                   'Hiragino Sans GB', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif"
                .to_owned(),
            ink: None,
            paper: None,
        }
    }
}

/// A chart: what the page asks for.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Chart {
    /// The form.
    pub kind: Kind,
    /// Title: in the words of the chart always, drawn on exports only (on the page it is a heading).
    pub title: String,
    /// Horizontal axis.
    pub x: Axis,
    /// Vertical axis.
    pub y: Axis,
    /// Curves.
    pub series: Vec<Series>,
    /// Moments on the x axis.
    pub marks: Vec<Mark>,
    /// Levels on the y axis.
    pub references: Vec<Reference>,
    /// Bars, from the top.
    pub bars: Vec<Bar>,
    /// Names of the parts of the bars.
    pub parts: Vec<String>,
    /// Name of the baseline of the bars; empty for none.
    pub baseline: String,
    /// The grid world.
    pub grid: Grid,
    /// Weight of the past in exponential smoothing, 0 (none) to 0.99.
    pub smoothing: f64,
    /// Size and appearance.
    pub look: Look,
}

impl Chart {
    /// Whether the description can be drawn.
    ///
    /// # Errors
    /// `plot.size` for a size or pixel ratio out of range, `plot.lengths` for a series whose columns differ in length.
    pub fn check(&self) -> Result<(), Problem> {
        self.look.check()?;
        self.series.iter().try_for_each(Series::check)
    }
}

impl Look {
    /// Width and height in device pixels.
    pub(super) fn device_size(&self) -> (u32, u32) {
        let device = |css: f64| (css * self.ratio).round() as u32;
        (device(self.width), device(self.height))
    }

    pub(super) fn check(&self) -> Result<(), Problem> {
        let side = |v: f64| (40.0..=8192.0).contains(&v);
        if side(self.width) && side(self.height) && (0.25..=8.0).contains(&self.ratio) {
            return Ok(());
        }
        let (w, h, r) = (self.width, self.height, self.ratio);
        Err(Problem::new(
            "plot.size",
            Text::new(
                format!("A chart of {w} x {h} pixels at a pixel ratio of {r} can't be drawn."),
                format!("无法绘制 {w} x {h} 像素、像素比 {r} 的图表。"),
            ),
            Text::new(
                "Sides of 40 to 8192 pixels and ratios of 0.25 to 8 can.",
                "边长须为 40 至 8192 像素，像素比须为 0.25 至 8。",
            ),
        ))
    }
}

impl Series {
    fn check(&self) -> Result<(), Problem> {
        let n = self.x.len();
        let band = |edge: &[f64]| edge.is_empty() || edge.len() == n;
        if self.y.len() == n && band(&self.low) && band(&self.high) {
            return Ok(());
        }
        let (name, m) = (&self.label, self.y.len());
        Err(Problem::new(
            "plot.lengths",
            Text::new(
                format!(
                    "The series \"{name}\" has {n} positions and {m} values, or a band of another length."
                ),
                format!("序列“{name}”有 {n} 个位置和 {m} 个值，或其区间长度不同。"),
            ),
            Text::new(
                "Give one value for each position, and either no band or one with as many edges.",
                "每个位置须有一个值；区间可省略，否则长度须相同。",
            ),
        ))
    }
}
