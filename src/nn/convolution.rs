//! Causal dilated convolution over time (van den Oord et al. 2016; NextItNet, Yuan et al., WSDM 2019).

use super::gemm::{Matrix, Pack, Plus, gemm};
use super::vector::{add_rows_to, add_to_rows};
use super::weights::{Gradients, Id, Start, Weights};
use super::{Shape, clear, fit};

/// Taps of the filter.
const TAPS: usize = 3;

/// A convolution of `width` channels with 3 taps: position `t` sees `t`, `t - dilation` and `t - 2 dilation`; zeros before the
/// first.
#[derive(Clone, Debug)]
pub struct Convolution {
    taps: [Id; TAPS],
    bias: Id,
    width: usize,
    dilation: usize,
}

impl Convolution {
    /// A convolution whose weights begin evenly within the root of `1 / (3 width)`.
    #[must_use]
    pub fn new(
        weights: &mut Weights,
        name: &str,
        width: usize,
        dilation: usize,
        seed: u64,
    ) -> Self {
        let even = Start::Even(1.0 / ((TAPS * width).max(1) as f32).sqrt());
        let taps = std::array::from_fn(|tap| {
            weights.push(&format!("{name}.tap{tap}"), [width, width], even, seed)
        });
        Self {
            taps,
            bias: weights.push(
                &format!("{name}.bias"),
                [1, width],
                Start::Constant(0.0),
                seed,
            ),
            width,
            dilation,
        }
    }

    /// How many numbers before a place its `tap`-th input lies; none where it lies before the first position of all.
    fn back(&self, shape: Shape, tap: usize) -> Option<usize> {
        let positions = tap * self.dilation;
        (positions < shape.time).then_some(positions * shape.batch * self.width)
    }

    /// Writes `y`.
    pub fn forward(
        &self,
        weights: &Weights,
        shape: Shape,
        x: &[f32],
        y: &mut Vec<f32>,
        pack: &mut Pack,
    ) {
        let width = self.width;
        clear(y, x.len());
        for (tap, &id) in self.taps.iter().enumerate() {
            let Some(back) = self.back(shape, tap) else {
                break;
            };
            let rows = (x.len() - back) / width;
            let w = Matrix::new(weights.get(id), width);
            gemm(
                &mut y[back..],
                (rows, width, width),
                Matrix::new(x, width),
                w,
                Plus::Itself,
                pack,
            );
        }
        add_to_rows(weights.get(self.bias), y);
    }

    /// Writes the gradient of `x` and adds to those of the weights, given the gradient of `y`.
    pub fn backward(
        &self,
        (weights, gradients): (&Weights, &mut Gradients),
        shape: Shape,
        x: &[f32],
        dy: &[f32],
        dx: &mut Vec<f32>,
        pack: &mut Pack,
    ) {
        let width = self.width;
        fit(dx, x.len());
        for (tap, &id) in self.taps.iter().enumerate() {
            let Some(back) = self.back(shape, tap) else {
                break;
            };
            let rows = (x.len() - back) / width;
            let (left, right) = (
                Matrix::transposed(x, width),
                Matrix::new(&dy[back..], width),
            );
            gemm(
                gradients.get(id),
                (width, width, rows),
                left,
                right,
                Plus::Itself,
                pack,
            );
            let w = Matrix::transposed(weights.get(id), width);
            let plus = if tap > 0 { Plus::Itself } else { Plus::Nothing };
            gemm(dx, (rows, width, width), right, w, plus, pack);
        }
        add_rows_to(dy, gradients.get(self.bias));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::check::{check, random};

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let shape = Shape { time: 6, batch: 2 };
        for dilation in [1, 2, 4] {
            let mut weights = Weights::default();
            let layer = Convolution::new(&mut weights, "c", 3, dilation, 1);
            let mut pack = Pack::default();
            check(
                &mut weights,
                &random(shape.rows() * 3, 3),
                |weights, x, dy, gradients| {
                    let (mut y, mut dx) = (Vec::new(), Vec::new());
                    layer.forward(weights, shape, x, &mut y, &mut pack);
                    if let Some(gradients) = gradients {
                        let dy = dy(&y);
                        layer.backward((weights, gradients), shape, x, &dy, &mut dx, &mut pack);
                    }
                    (y, dx)
                },
            );
        }
    }
}
