//! Between plotters and what it draws on: a backend that records, and the real ones that a recording is played to.
//!
//! Text is measured by a supplied function, and plotters' whole numbers count eighths of a device pixel. The eighths
//! make curves smooth where whole pixels would show as steps; the real backend is told to shrink by [`UNITS`] (a
//! transform on a canvas, a view box in SVG). Recording first compiles plotters and the charts once instead of once
//! for each real backend: a hundred kilobytes of the page's module.

use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;

use plotters::style::text_anchor::Pos;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
    FontFamily, FontStyle, FontTransform,
};

/// Backend units per device pixel.
pub const UNITS: f64 = 8.0;

/// Width of a text: text, font size, whether bold. Width and size are in the same unit.
pub type Measure<'a> = &'a dyn Fn(&str, f64, bool) -> f64;

/// A real backend, its size, and how wide texts on it are.
pub struct Measured<'a, B> {
    inner: B,
    size: (u32, u32),
    measure: Measure<'a>,
    font_factor: f64,
}

impl<'a, B: DrawingBackend> Measured<'a, B> {
    /// `inner` draws `size` device pixels.
    pub fn new(inner: B, size: (u32, u32), measure: Measure<'a>) -> Self {
        Self {
            inner,
            size,
            measure,
            font_factor: 1.0,
        }
    }

    /// For a backend that draws text smaller than asked by this factor (plotters' SVG: 1.24).
    #[must_use]
    pub fn with_font_factor(mut self, factor: f64) -> Self {
        self.font_factor = factor;
        self
    }

    /// An empty recording of the same size and measure.
    pub(super) fn recording(&self) -> Recording<'a> {
        let units = |v: u32| v.saturating_mul(UNITS as u32);
        Recording {
            drawing: Rc::default(),
            size: (units(self.size.0), units(self.size.1)),
            measure: self.measure,
        }
    }

    /// Draws what was recorded.
    pub(super) fn play(mut self, drawing: &Drawing) -> Played<B> {
        self.inner.ensure_prepared()?;
        for drawn in drawing.borrow().iter() {
            drawn.draw(&mut self.inner, self.font_factor)?;
        }
        self.inner.present()
    }
}

type Played<B> = Result<(), DrawingErrorKind<<B as DrawingBackend>::ErrorType>>;

/// What was drawn, in order.
pub(super) type Drawing = Rc<RefCell<Vec<Drawn>>>;

/// One thing drawn.
pub(super) enum Drawn {
    Pixel(BackendCoord, BackendColor),
    Line(BackendCoord, BackendCoord, Pen),
    Rect(BackendCoord, BackendCoord, Pen, bool),
    Path(Vec<BackendCoord>, Pen),
    Circle(BackendCoord, u32, Pen, bool),
    Polygon(Vec<BackendCoord>, Pen),
    Text(String, BackendCoord, Face),
}

impl Drawn {
    fn draw<B: DrawingBackend>(&self, onto: &mut B, font_factor: f64) -> Played<B> {
        match self {
            Self::Pixel(at, colour) => onto.draw_pixel(*at, *colour),
            Self::Line(from, to, pen) => onto.draw_line(*from, *to, pen),
            Self::Rect(a, b, pen, fill) => onto.draw_rect(*a, *b, pen, *fill),
            Self::Path(path, pen) => onto.draw_path(path.iter().copied(), pen),
            Self::Circle(at, radius, pen, fill) => onto.draw_circle(*at, *radius, pen, *fill),
            Self::Polygon(path, pen) => onto.fill_polygon(path.iter().copied(), pen),
            Self::Text(text, at, face) => {
                let face = Face {
                    size: face.size * font_factor,
                    ..face.clone()
                };
                onto.draw_text(text, &face, *at)
            }
        }
    }
}

/// Colour and width of a line.
#[derive(Clone, Copy)]
pub(super) struct Pen(BackendColor, u32);

impl Pen {
    fn of(style: &impl BackendStyle) -> Self {
        Self(style.color(), style.stroke_width())
    }
}

impl BackendStyle for Pen {
    fn color(&self) -> BackendColor {
        self.0
    }
    fn stroke_width(&self) -> u32 {
        self.1
    }
}

/// How a text is written.
#[derive(Clone)]
pub(super) struct Face {
    colour: BackendColor,
    size: f64,
    bold: bool,
    anchor: Pos,
    family: Rc<str>,
}

impl BackendTextStyle for Face {
    type FontError = Infallible;

    fn color(&self) -> BackendColor {
        self.colour
    }
    fn size(&self) -> f64 {
        self.size
    }
    fn transform(&self) -> FontTransform {
        FontTransform::None
    }
    fn style(&self) -> FontStyle {
        if self.bold {
            FontStyle::Bold
        } else {
            FontStyle::Normal
        }
    }
    fn anchor(&self) -> Pos {
        self.anchor
    }
    fn family(&self) -> FontFamily<'_> {
        FontFamily::Name(&self.family)
    }
    fn layout_box(&self, _: &str) -> Result<((i32, i32), (i32, i32)), Self::FontError> {
        // Never asked by the backends in use; answering from the font would reach for the page.
        Ok(((0, 0), (0, 0)))
    }
    fn draw<E, D: FnMut(i32, i32, BackendColor) -> Result<(), E>>(
        &self,
        _: &str,
        _: BackendCoord,
        _: D,
    ) -> Result<Result<(), E>, Self::FontError> {
        // For backends that fill pixel by pixel, of which there is none here.
        Ok(Ok(()))
    }
}

/// A backend that only remembers, and measures text by the supplied function.
pub(super) struct Recording<'a> {
    drawing: Drawing,
    size: (u32, u32),
    measure: Measure<'a>,
}

impl Recording<'_> {
    /// Where the recording goes.
    pub(super) fn drawing(&self) -> Drawing {
        Rc::clone(&self.drawing)
    }

    fn add(&self, drawn: Drawn) -> Recorded {
        self.drawing.borrow_mut().push(drawn);
        Ok(())
    }

    /// The name of the font, kept once for all neighbours that use it.
    fn family(&self, name: &str) -> Rc<str> {
        match self.drawing.borrow().last() {
            Some(Drawn::Text(_, _, face)) if *face.family == *name => Rc::clone(&face.family),
            _ => name.into(),
        }
    }
}

type Recorded = Result<(), DrawingErrorKind<Infallible>>;

impl DrawingBackend for Recording<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }
    fn ensure_prepared(&mut self) -> Recorded {
        Ok(())
    }
    fn present(&mut self) -> Recorded {
        Ok(())
    }
    fn draw_pixel(&mut self, point: BackendCoord, color: BackendColor) -> Recorded {
        self.add(Drawn::Pixel(point, color))
    }
    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Recorded {
        self.add(Drawn::Line(from, to, Pen::of(style)))
    }
    fn draw_rect<S: BackendStyle>(
        &mut self,
        a: BackendCoord,
        b: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Recorded {
        self.add(Drawn::Rect(a, b, Pen::of(style), fill))
    }
    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Recorded {
        self.add(Drawn::Path(path.into_iter().collect(), Pen::of(style)))
    }
    fn draw_circle<S: BackendStyle>(
        &mut self,
        at: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Recorded {
        self.add(Drawn::Circle(at, radius, Pen::of(style), fill))
    }
    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        vert: I,
        style: &S,
    ) -> Recorded {
        self.add(Drawn::Polygon(vert.into_iter().collect(), Pen::of(style)))
    }
    fn draw_text<S: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &S,
        pos: BackendCoord,
    ) -> Recorded {
        let face = Face {
            colour: style.color(),
            size: style.size(),
            bold: matches!(style.style(), FontStyle::Bold),
            anchor: style.anchor(),
            family: self.family(style.family().as_str()),
        };
        self.add(Drawn::Text(text.to_owned(), pos, face))
    }
    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        let bold = matches!(style.style(), FontStyle::Bold);
        let width = (self.measure)(text, style.size(), bold);
        Ok((width.ceil() as u32, (style.size() * 1.2).ceil() as u32))
    }
}

/// Width of a text in a typical sans-serif font, from a table of its letters: where there is no canvas to ask.
pub fn typical_width(text: &str, size: f64, bold: bool) -> f64 {
    let width = |c: char| match c {
        'i' | 'j' | 'l' | '\'' | '|' | '.' | ',' | ':' | ';' | '!' => 0.28,
        'f' | 't' | 'r' | 'I' | '(' | ')' | '[' | ']' | '/' | ' ' | '-' => 0.34,
        '⁰'..='⁹' | '¹' | '²' | '³' | '⁻' => 0.40,
        'm' | 'M' | 'W' | '%' | '@' => 0.87,
        'w' | 'A'..='Z' => 0.72,
        '\u{2e80}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7ff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{ff00}'..='\u{ff60}' => 1.0,
        c if c > '\u{ffff}' => 1.0,
        _ => 0.62,
    };
    let bolder = if bold { 1.07 } else { 1.0 };
    text.chars().map(width).sum::<f64>() * size * bolder
}
