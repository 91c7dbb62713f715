//! States as points: what the number of a state stands for, so that a map can show it and tiles can cover it.

/// One quantity of a state, on a grid of evenly spaced values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    /// Name in English and in Simplified Chinese.
    pub name: (&'static str, &'static str),
    /// Smallest value.
    pub low: f64,
    /// Largest value.
    pub high: f64,
    /// Distance between neighbouring values, above 0.
    pub step: f64,
}

/// An environment whose states are points in a box.
pub trait Axes {
    /// The quantities that make up a state.
    fn axes(&self) -> Vec<Axis>;
    /// Writes the point of a state, one number an axis.
    fn point(&self, state: u32, point: &mut [f64]);
}
