//! A plotters backend that draws nothing and remembers everything.

use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
    FontStyle,
};
use qcart::plot::backend::typical_width;

/// A text and the box it fills, in CSS pixels.
#[derive(Clone, Debug)]
#[allow(dead_code)] // the words are for messages of failed assertions
pub struct Written {
    pub text: String,
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Written {
    pub fn overlaps(&self, other: &Self) -> bool {
        self.left + 1.0 < other.right
            && other.left + 1.0 < self.right
            && self.top + 1.0 < other.bottom
            && other.top + 1.0 < self.bottom
    }
}

/// What was drawn, in CSS pixels.
#[derive(Debug)]
pub struct Recorded {
    units: f64,
    pub texts: Vec<Written>,
    pub points: Vec<(f64, f64)>,
}

impl Recorded {
    pub fn new(units: f64) -> Self {
        Self {
            units,
            texts: Vec::new(),
            points: Vec::new(),
        }
    }

    fn add(&mut self, (x, y): BackendCoord) {
        self.points
            .push((f64::from(x) / self.units, f64::from(y) / self.units));
    }
}

pub struct Recorder<'a> {
    into: &'a mut Recorded,
    size: (u32, u32),
}

impl<'a> Recorder<'a> {
    pub fn new(into: &'a mut Recorded, size: (u32, u32)) -> Self {
        Self { into, size }
    }
}

type Done = Result<(), DrawingErrorKind<std::io::Error>>;

impl DrawingBackend for Recorder<'_> {
    type ErrorType = std::io::Error;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }
    fn ensure_prepared(&mut self) -> Done {
        Ok(())
    }
    fn present(&mut self) -> Done {
        Ok(())
    }
    fn draw_pixel(&mut self, point: BackendCoord, _: BackendColor) -> Done {
        self.into.add(point);
        Ok(())
    }
    fn draw_rect<S: BackendStyle>(
        &mut self,
        a: BackendCoord,
        b: BackendCoord,
        _: &S,
        _: bool,
    ) -> Done {
        self.into.add(a);
        self.into.add(b);
        Ok(())
    }
    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        _: &S,
    ) -> Done {
        path.into_iter().for_each(|p| self.into.add(p));
        Ok(())
    }
    fn draw_circle<S: BackendStyle>(&mut self, at: BackendCoord, _: u32, _: &S, _: bool) -> Done {
        self.into.add(at);
        Ok(())
    }
    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        _: &S,
    ) -> Done {
        path.into_iter().for_each(|p| self.into.add(p));
        Ok(())
    }
    fn draw_text<S: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &S,
        (x, y): BackendCoord,
    ) -> Done {
        let units = self.into.units;
        let (x, y, size) = (
            f64::from(x) / units,
            f64::from(y) / units,
            style.size() / units,
        );
        let width = typical_width(text, size, matches!(style.style(), FontStyle::Bold));
        let left = match style.anchor().h_pos {
            HPos::Left => x,
            HPos::Center => x - width / 2.0,
            HPos::Right => x - width,
        };
        let top = match style.anchor().v_pos {
            VPos::Top => y,
            VPos::Center => y - size / 2.0,
            VPos::Bottom => y - size,
        };
        self.into.texts.push(Written {
            text: text.to_owned(),
            left,
            top,
            right: left + width,
            bottom: top + size,
        });
        Ok(())
    }
}
