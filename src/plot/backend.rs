//! Wrapped plotters backends: text is measured by a supplied function, and plotters' whole numbers count eighths of a device pixel.
//!
//! The eighths make curves smooth where whole pixels would show as steps; the wrapped backend is told to shrink by
//! [`UNITS`] (a transform on a canvas, a view box in SVG).

use plotters::style::text_anchor::Pos;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
    FontFamily, FontStyle, FontTransform,
};

/// Backend units per device pixel.
pub const UNITS: f64 = 8.0;

/// Width of a text: text, font size, whether bold. Width and size are in the same unit.
pub type Measure<'a> = &'a dyn Fn(&str, f64, bool) -> f64;

/// A backend that measures text by a supplied function and says which size it has.
pub struct Measured<'a, B> {
    inner: B,
    size: (u32, u32),
    measure: Measure<'a>,
    font_factor: f64,
}

impl<'a, B: DrawingBackend> Measured<'a, B> {
    /// Wraps `inner`, which draws `size` device pixels.
    pub fn new(inner: B, size: (u32, u32), measure: Measure<'a>) -> Self {
        let units = |v: u32| v.saturating_mul(UNITS as u32);
        Self {
            inner,
            size: (units(size.0), units(size.1)),
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
}

/// A text style with its size multiplied.
struct Resized<'a, S>(&'a S, f64);

impl<S: BackendTextStyle> BackendTextStyle for Resized<'_, S> {
    type FontError = S::FontError;

    fn color(&self) -> BackendColor {
        self.0.color()
    }
    fn size(&self) -> f64 {
        self.0.size() * self.1
    }
    fn transform(&self) -> FontTransform {
        self.0.transform()
    }
    fn style(&self) -> FontStyle {
        self.0.style()
    }
    fn anchor(&self) -> Pos {
        self.0.anchor()
    }
    fn family(&self) -> FontFamily<'_> {
        self.0.family()
    }
    fn layout_box(&self, _: &str) -> Result<((i32, i32), (i32, i32)), Self::FontError> {
        // Never asked by the backends in use; answering from the font would reach for the page.
        Ok(((0, 0), (0, 0)))
    }
    fn draw<E, D: FnMut(i32, i32, BackendColor) -> Result<(), E>>(
        &self,
        text: &str,
        pos: BackendCoord,
        draw: D,
    ) -> Result<Result<(), E>, Self::FontError> {
        self.0.draw(text, pos, draw)
    }
}

type Done<B> = Result<(), DrawingErrorKind<<B as DrawingBackend>::ErrorType>>;

impl<B: DrawingBackend> DrawingBackend for Measured<'_, B> {
    type ErrorType = B::ErrorType;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }
    fn ensure_prepared(&mut self) -> Done<B> {
        self.inner.ensure_prepared()
    }
    fn present(&mut self) -> Done<B> {
        self.inner.present()
    }
    fn draw_pixel(&mut self, point: BackendCoord, color: BackendColor) -> Done<B> {
        self.inner.draw_pixel(point, color)
    }
    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Done<B> {
        self.inner.draw_line(from, to, style)
    }
    fn draw_rect<S: BackendStyle>(
        &mut self,
        a: BackendCoord,
        b: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Done<B> {
        self.inner.draw_rect(a, b, style, fill)
    }
    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Done<B> {
        self.inner.draw_path(path, style)
    }
    fn draw_circle<S: BackendStyle>(
        &mut self,
        at: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Done<B> {
        self.inner.draw_circle(at, radius, style, fill)
    }
    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        vert: I,
        style: &S,
    ) -> Done<B> {
        self.inner.fill_polygon(vert, style)
    }
    fn draw_text<S: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &S,
        pos: BackendCoord,
    ) -> Done<B> {
        self.inner
            .draw_text(text, &Resized(style, self.font_factor), pos)
    }
    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Self::ErrorType>> {
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
