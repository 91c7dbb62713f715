//! Layer normalisation (Ba, Kiros & Hinton 2016): every row to mean 0 and variance 1, then scaled and shifted.

use super::fit;
use super::vector::{dot, sum};
use super::weights::{Gradients, Id, Start, Weights};

/// Added to the variance, so that a constant row is no division by zero.
const EPSILON: f32 = 1e-5;

/// A layer normalisation of rows of `width` numbers.
#[derive(Clone, Debug)]
pub struct LayerNorm {
    scale: Id,
    shift: Id,
    width: usize,
}

/// What the backward pass needs.
#[derive(Clone, Debug, Default)]
pub struct Normalised {
    /// The rows at mean 0 and variance 1.
    rows: Vec<f32>,
    /// One over the standard deviation of each row.
    inverse: Vec<f32>,
}

impl LayerNorm {
    /// A layer that begins with scale 1 and shift 0.
    #[must_use]
    pub fn new(weights: &mut Weights, name: &str, width: usize) -> Self {
        let mut push = |part, value| {
            weights.push(
                &format!("{name}.{part}"),
                [1, width],
                Start::Constant(value),
                0,
            )
        };
        Self {
            scale: push("scale", 1.0),
            shift: push("shift", 0.0),
            width,
        }
    }

    /// Writes `y`.
    pub fn forward(&self, weights: &Weights, x: &[f32], y: &mut Vec<f32>, cache: &mut Normalised) {
        fit(y, x.len());
        fit(&mut cache.rows, x.len());
        cache.inverse.clear();
        let (scale, shift) = (weights.get(self.scale), weights.get(self.shift));
        let rows = y
            .chunks_exact_mut(self.width)
            .zip(cache.rows.chunks_exact_mut(self.width));
        for (x, (y, normal)) in x.chunks_exact(self.width).zip(rows) {
            let mean = sum(x) / self.width as f32;
            for (normal, x) in normal.iter_mut().zip(x) {
                *normal = x - mean;
            }
            let inverse = 1.0 / (dot(normal, normal) / self.width as f32 + EPSILON).sqrt();
            cache.inverse.push(inverse);
            for (((y, normal), scale), shift) in y.iter_mut().zip(normal).zip(scale).zip(shift) {
                *normal *= inverse;
                *y = *normal * scale + shift;
            }
        }
    }

    /// Turns the gradient of `y` into that of `x`, in place, and adds to those of the weights.
    pub fn backward(
        &self,
        weights: &Weights,
        gradients: &mut Gradients,
        cache: &Normalised,
        d: &mut [f32],
    ) {
        let scale = weights.get(self.scale);
        let width = self.width as f32;
        let rows = cache.rows.chunks_exact(self.width).zip(&cache.inverse);
        for (d, (normal, inverse)) in d.chunks_exact_mut(self.width).zip(rows) {
            for ((sum, d), normal) in gradients.get(self.scale).iter_mut().zip(&*d).zip(normal) {
                *sum += d * normal;
            }
            for (sum, d) in gradients.get(self.shift).iter_mut().zip(&*d) {
                *sum += d;
            }
            for (d, scale) in d.iter_mut().zip(scale) {
                *d *= scale;
            }
            let (mean, along) = (sum(d) / width, dot(d, normal) / width);
            for (d, normal) in d.iter_mut().zip(normal) {
                *d = inverse * (*d - mean - normal * along);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::check::{check, random};

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let mut weights = Weights::default();
        let layer = LayerNorm::new(&mut weights, "n", 9);
        let mut cache = Normalised::default();
        check(
            &mut weights,
            &random(4 * 9, 3),
            |weights, x, dy, gradients| {
                let mut y = Vec::new();
                layer.forward(weights, x, &mut y, &mut cache);
                let mut d = Vec::new();
                if let Some(gradients) = gradients {
                    d = dy(&y);
                    layer.backward(weights, gradients, &cache, &mut d);
                }
                (y, d)
            },
        );
    }

    #[test]
    fn a_constant_row_becomes_the_shift() {
        let mut weights = Weights::default();
        let layer = LayerNorm::new(&mut weights, "n", 4);
        let mut y = Vec::new();
        layer.forward(&weights, &[3.0; 4], &mut y, &mut Normalised::default());
        assert_eq!(y, [0.0; 4]);
    }
}
