//! Charts over any plotters drawing backend: scales, decimation, smoothing, hit-testing, and the words and table that say the same.
//!
//! A [`View`] holds a [`Chart`] (what to show) with what a person does to it (zoom, focus) and draws it through a [`Sheet`]
//! onto a canvas, into an SVG string, or onto a recording backend in tests. Text is measured by a function that the caller
//! supplies ([`backend::Measured`]): plotters' own measuring inserts a styled span into the page, which a strict content policy
//! silently disables and a worker does not have. For the same reason plotters' legend is not used; [`View::legend`] gives its data.

pub mod backend;
mod bars;
mod curve;
mod decimate;
mod forest;
mod frame;
mod grid;
mod heat;
mod interact;
mod legend;
mod lines;
mod number;
mod reading;
mod scale;
mod sheet;
mod spec;
mod theme;
mod view;
mod words;

pub use curve::{Curve, Smoother};
pub use decimate::{clip_line, clip_polygon, dashes, decimate};
pub use legend::{Legend, Shape};
pub use number::{short, tick_labels};
pub use reading::{Reading, Readout};
pub use scale::{Scale, Ticks};
pub use sheet::{Point, Rect, Sheet};
pub use spec::{Axis, Bar, Cell, Chart, Direction, Grid, Kind, Look, Mark, Reference, Series};
pub use theme::Theme;
pub use view::{Layout, View};
pub use words::Table;
