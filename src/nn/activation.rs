//! Activations, element by element.

use wide::f32x4;

use super::vector::{Exponential, along, each};

/// An activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// `max(0, x)`.
    Relu,
    /// `x` times the probability that a standard normal is below it (Hendrycks & Gimpel 2016), by their formula with the hyperbolic
    /// tangent.
    Gelu,
}

/// Root of `2 / pi`.
const SLOPE: f32 = 0.797_884_6;
const CUBIC: f32 = 0.044_715;

fn gelu(exponential: &Exponential, x: f32x4) -> f32x4 {
    f32x4::splat(0.5) * x * (f32x4::splat(1.0) + gate(exponential, x))
}

fn gelu_slope(exponential: &Exponential, x: f32x4) -> f32x4 {
    let (half, one) = (f32x4::splat(0.5), f32x4::splat(1.0));
    let t = gate(exponential, x);
    let bend = one + f32x4::splat(3.0 * CUBIC) * x * x;
    half * (one + t) + half * x * (one - t * t) * f32x4::splat(SLOPE) * bend
}

fn gate(exponential: &Exponential, x: f32x4) -> f32x4 {
    exponential.tanh(f32x4::splat(SLOPE) * (x + f32x4::splat(CUBIC) * x * x * x))
}

impl Activation {
    /// Writes `y = f(x)`.
    pub fn forward(self, x: &[f32], y: &mut Vec<f32>) {
        y.clear();
        match self {
            Self::Relu => y.extend(x.iter().map(|&x| if x > 0.0 { x } else { 0.0 })),
            Self::Gelu => {
                y.extend_from_slice(x);
                let exponential = Exponential::ready();
                each(y, |x| gelu(&exponential, x));
            }
        }
    }

    /// Turns the gradient of `y` into that of `x`, in place.
    pub fn backward(self, x: &[f32], d: &mut [f32]) {
        match self {
            Self::Relu => {
                for (d, &x) in d.iter_mut().zip(x) {
                    *d = if x > 0.0 { *d } else { 0.0 };
                }
            }
            Self::Gelu => {
                let exponential = Exponential::ready();
                along([x], [d], |[x], [d]| [d * gelu_slope(&exponential, x)]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::check::check;
    use crate::nn::weights::Weights;

    #[test]
    fn gradients_are_those_of_finite_differences() {
        // Away from the kink of the rectifier, where there is no derivative.
        let x: Vec<f32> = (-6..6).map(|i| i as f32 / 3.0 + 0.1).collect();
        for activation in [Activation::Relu, Activation::Gelu] {
            check(&mut Weights::default(), &x, |_, x, dy, gradients| {
                let mut y = Vec::new();
                activation.forward(x, &mut y);
                let mut dx = Vec::new();
                if gradients.is_some() {
                    dx = dy(&y);
                    activation.backward(x, &mut dx);
                }
                (y, dx)
            });
        }
    }
}
