//! What charts draw on: plotters' drawing area in CSS pixels, with text that fits and lines that are sharp.

use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, RGBAColor, ShapeStyle, TextStyle};
use plotters_backend::BackendCoord;

use super::backend::{Recording, UNITS};
use super::decimate;
use super::spec::Look;
use super::theme::{Colour, Marker, Palette, tint};
use crate::problem::{Problem, Text};

/// A place in CSS pixels, from the top left.
pub type Point = (f64, f64);

/// A rectangle in CSS pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub left: f64,
    /// Upper edge.
    pub top: f64,
    /// Right edge.
    pub right: f64,
    /// Lower edge.
    pub bottom: f64,
}

impl Rect {
    /// Width.
    pub fn width(&self) -> f64 {
        self.right - self.left
    }
    /// Height.
    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }
    /// Whether a point lies inside.
    pub fn holds(&self, (x, y): Point) -> bool {
        (self.left..=self.right).contains(&x) && (self.top..=self.bottom).contains(&y)
    }
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Stroke<'a> {
    /// Colour.
    pub colour: Colour,
    /// Opacity.
    pub alpha: f64,
    /// Width in CSS pixels.
    pub width: f64,
    /// Dash pattern in CSS pixels.
    pub dash: &'a [f64],
}

impl Stroke<'_> {
    /// An opaque, solid line.
    pub fn solid(colour: Colour, width: f64) -> Self {
        Self {
            colour,
            alpha: 1.0,
            width,
            dash: &[],
        }
    }
}

/// How a text is set.
#[derive(Clone, Copy, Debug)]
pub struct Type {
    /// Font size in CSS pixels.
    pub size: f64,
    /// Bold.
    pub bold: bool,
    /// Colour.
    pub colour: Colour,
    /// Which end of the text stands at the given place.
    pub side: Side,
}

/// Horizontal alignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The text starts there.
    Start,
    /// Its middle is there.
    Middle,
    /// It ends there.
    End,
}

/// A drawing surface that records.
pub struct Sheet<'a> {
    area: DrawingArea<Recording<'a>, Shift>,
    look: &'a Look,
    /// Colours.
    pub palette: Palette,
    /// Whether the drawing leaves the page (then it carries ground, title and legend itself).
    pub export: bool,
}

impl<'a> Sheet<'a> {
    /// A sheet that records what `look` asks for.
    pub(super) fn new(recording: Recording<'a>, look: &'a Look, export: bool) -> Self {
        Self {
            area: recording.into_drawing_area(),
            look,
            palette: Palette::of(look),
            export,
        }
    }

    /// The whole surface.
    pub fn bounds(&self) -> Rect {
        Rect {
            left: 0.0,
            top: 0.0,
            right: self.look.width,
            bottom: self.look.height,
        }
    }

    /// Device pixels per CSS pixel.
    pub fn ratio(&self) -> f64 {
        self.look.ratio
    }

    fn unit(&self, css: f64) -> i32 {
        (css * self.look.ratio * UNITS).round().clamp(-1e8, 1e8) as i32
    }

    fn units(&self, (x, y): Point) -> BackendCoord {
        (self.unit(x), self.unit(y))
    }

    /// The place nearest to `css` where a horizontal or vertical line of this width covers whole device pixels.
    pub fn crisp(&self, css: f64, width: f64) -> f64 {
        let pixels = (width * self.look.ratio).round().max(1.0);
        let offset = pixels % 2.0 / 2.0;
        ((css * self.look.ratio - offset).round() + offset) / self.look.ratio
    }

    /// Draws a line.
    ///
    /// # Errors
    /// `plot.backend` when the backend can't draw, as for the other methods.
    pub fn line(&self, points: &[Point], stroke: Stroke<'_>) -> Result<(), Problem> {
        if points.len() < 2 {
            return Ok(());
        }
        // A line that folds over itself, and the faint one behind another, are drawn one device pixel wide: rasterisers
        // take sixty times as long for wider ones (measured: 4 x 2,000 noisy points 2 ms against 145 ms), and dashes or
        // width of such a line can't be seen.
        let length = decimate::length(points);
        let folded = length > 4.0 * (self.look.width + self.look.height);
        // Exports are made once, and to be magnified: there, widths are kept.
        let faint = stroke.alpha < 1.0;
        let hair = !self.export && (folded || faint);
        let ratio = self.look.ratio.max(1.0);
        let width = match (hair, folded) {
            (true, _) => 1.0 / self.look.ratio,
            (false, true) => stroke.width.min(1.0),
            (false, false) => stroke.width,
        };
        // A hair is narrower than asked for where pixels are small; more of its colour makes up for it.
        let alpha = if hair && faint {
            (stroke.alpha * ratio.sqrt()).min(0.6)
        } else {
            stroke.alpha
        };
        // Dashes of a line that trembles are stretched, so that along its way they look, and cost, as on a calm one.
        let stretch = (length / decimate::reach(points)).clamp(1.0, 4.0);
        let dash = if folded || faint { &[] } else { stroke.dash };
        let dash: Vec<f64> = dash.iter().map(|d| d * stretch).collect();
        let style = ShapeStyle {
            color: tint(stroke.colour, alpha),
            filled: false,
            stroke_width: self.unit(width).max(UNITS as i32) as u32,
        };
        for part in decimate::dashes(points, &dash) {
            let path: Vec<BackendCoord> = part.into_iter().map(|p| self.units(p)).collect();
            if hair && !faint && ratio >= 1.5 {
                let beside = path.iter().map(|&(x, y)| (x + UNITS as i32, y));
                let beside = PathElement::new(beside.collect::<Vec<_>>(), style);
                self.area.draw(&beside).map_err(fault)?;
            }
            if folded || faint {
                self.area
                    .draw(&PathElement::new(path, style))
                    .map_err(fault)?;
            } else {
                self.pieces(&path, style)?;
            }
        }
        Ok(())
    }

    /// Draws an opaque line piece by piece: rasterising takes longer than in proportion to the vertices of a path.
    /// Pieces share a segment, so that no joint shows.
    fn pieces(&self, path: &[BackendCoord], style: ShapeStyle) -> Result<(), Problem> {
        const PIECE: usize = 24;
        let mut start = 0;
        loop {
            let end = (start + PIECE).min(path.len());
            let piece = PathElement::new(&path[start..end], style);
            self.area.draw(&piece).map_err(fault)?;
            if end == path.len() {
                return Ok(());
            }
            start = end - 2;
        }
    }

    /// A sharp one-pixel line, horizontal or vertical.
    ///
    /// # Errors
    /// `plot.backend`.
    pub fn rule(&self, from: Point, to: Point, stroke: Stroke<'_>) -> Result<(), Problem> {
        let (mut from, mut to) = (from, to);
        if from.0 == to.0 {
            from.0 = self.crisp(from.0, stroke.width);
            to.0 = from.0;
        } else {
            from.1 = self.crisp(from.1, stroke.width);
            to.1 = from.1;
        }
        self.line(&[from, to], stroke)
    }

    /// Fills a polygon.
    ///
    /// # Errors
    /// `plot.backend`.
    pub fn fill(&self, points: &[Point], colour: RGBAColor) -> Result<(), Problem> {
        if points.len() < 3 {
            return Ok(());
        }
        let path: Vec<_> = points.iter().map(|&p| self.units(p)).collect();
        self.area
            .draw(&Polygon::new(path, colour.filled()))
            .map_err(fault)
    }

    /// Fills a rectangle, its edges on whole device pixels.
    ///
    /// # Errors
    /// `plot.backend`.
    pub fn block(&self, rect: Rect, colour: RGBAColor) -> Result<(), Problem> {
        let sharp = |v: f64| (v * self.look.ratio).round() / self.look.ratio;
        let corners = [
            (sharp(rect.left), sharp(rect.top)),
            (sharp(rect.right), sharp(rect.bottom)),
        ];
        let corners = corners.map(|p| self.units(p));
        self.area
            .draw(&Rectangle::new(corners, colour.filled()))
            .map_err(fault)
    }

    /// Fills the shape of a marker around a point.
    ///
    /// # Errors
    /// `plot.backend`.
    pub fn marker(
        &self,
        (x, y): Point,
        radius: f64,
        shape: Marker,
        colour: Colour,
    ) -> Result<(), Problem> {
        let r = radius;
        let colour = tint(colour, 1.0);
        match shape {
            Marker::Circle => {
                let disc = Circle::new(self.units((x, y)), self.unit(r), colour.filled());
                self.area.draw(&disc).map_err(fault)
            }
            Marker::Square => {
                let s = r * 0.88;
                self.fill(
                    &[
                        (x - s, y - s),
                        (x + s, y - s),
                        (x + s, y + s),
                        (x - s, y + s),
                    ],
                    colour,
                )
            }
            Marker::Triangle => self.fill(
                &[
                    (x, y - r * 1.15),
                    (x + r, y + r * 0.75),
                    (x - r, y + r * 0.75),
                ],
                colour,
            ),
            Marker::Wedge => self.fill(
                &[
                    (x, y + r * 1.15),
                    (x + r, y - r * 0.75),
                    (x - r, y - r * 0.75),
                ],
                colour,
            ),
            Marker::Diamond => {
                let d = r * 1.2;
                self.fill(&[(x, y - d), (x + d, y), (x, y + d), (x - d, y)], colour)
            }
        }
    }

    fn style(&self, face: Type) -> TextStyle<'a> {
        let weight = if face.bold {
            FontStyle::Bold
        } else {
            FontStyle::Normal
        };
        let side = match face.side {
            Side::Start => HPos::Left,
            Side::Middle => HPos::Center,
            Side::End => HPos::Right,
        };
        let size = face.size * self.look.ratio * UNITS;
        let font = FontDesc::new(FontFamily::Name(&self.look.font), size, weight);
        TextStyle {
            font,
            color: tint(face.colour, 1.0).to_backend_color(),
            pos: Pos::new(side, VPos::Center),
        }
    }

    /// Writes a text, vertically centred at `at`.
    ///
    /// # Errors
    /// `plot.backend`.
    pub fn text(&self, text: &str, at: Point, face: Type) -> Result<(), Problem> {
        if text.is_empty() {
            return Ok(());
        }
        self.area
            .draw_text(text, &self.style(face), self.units(at))
            .map_err(fault)
    }

    /// Width of a text in CSS pixels.
    pub fn width(&self, text: &str, face: Type) -> f64 {
        let size = self.area.estimate_text_size(text, &self.style(face));
        size.map_or(0.0, |(w, _)| f64::from(w) / UNITS / self.look.ratio)
    }

    /// The text itself if it is at most `room` wide, else its beginning with an ellipsis.
    pub fn fit(&self, text: &str, face: Type, room: f64) -> String {
        if self.width(text, face) <= room {
            return text.to_owned();
        }
        let cuts: Vec<usize> = text.char_indices().map(|(i, _)| i).collect();
        let shortened = |n: usize| format!("{}…", text[..cuts[n]].trim_end());
        // The longest beginning that fits, by bisection; the width grows with the length.
        let (mut fits, mut too_long) = (0, cuts.len());
        while too_long - fits > 1 {
            let middle = (fits + too_long) / 2;
            if self.width(&shortened(middle), face) <= room {
                fits = middle;
            } else {
                too_long = middle;
            }
        }
        if fits == 0 {
            String::new()
        } else {
            shortened(fits)
        }
    }
}

// By value: it stands in `map_err`.
#[allow(clippy::needless_pass_by_value)]
pub(super) fn fault(error: impl std::fmt::Display) -> Problem {
    Problem::new(
        "plot.backend",
        Text::new(
            format!("The chart could not be drawn: {error}."),
            format!("图表无法绘制：{error}。"),
        ),
        Text::new(
            "Reload the page; your data are kept.",
            "请重新加载页面；数据会保留。",
        ),
    )
}
