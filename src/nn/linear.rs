//! A linear layer: `y = x W + b`.

use super::fit;
use super::gemm::{Matrix, Pack, Plus, gemm};
use super::vector::add_rows_to;
use super::weights::{Gradients, Id, Start, Weights};

/// A linear layer from `inputs` to `outputs` numbers a row.
#[derive(Clone, Debug)]
pub struct Linear {
    weight: Id,
    bias: Id,
    inputs: usize,
    outputs: usize,
}

impl Linear {
    /// A layer whose weights begin evenly within the root of `1 / inputs`.
    #[must_use]
    pub fn new(
        weights: &mut Weights,
        name: &str,
        inputs: usize,
        outputs: usize,
        seed: u64,
    ) -> Self {
        let bound = 1.0 / (inputs.max(1) as f32).sqrt();
        Self {
            weight: weights.push(
                &format!("{name}.weight"),
                [inputs, outputs],
                Start::Even(bound),
                seed,
            ),
            bias: weights.push(
                &format!("{name}.bias"),
                [1, outputs],
                Start::Constant(0.0),
                seed,
            ),
            inputs,
            outputs,
        }
    }

    /// Numbers of a row that comes out.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Writes `y`, one row for each row of `x`.
    pub fn forward(&self, weights: &Weights, x: &[f32], y: &mut Vec<f32>, pack: &mut Pack) {
        let rows = x.len() / self.inputs;
        fit(y, rows * self.outputs);
        let w = Matrix::new(weights.get(self.weight), self.outputs);
        let shape = (rows, self.outputs, self.inputs);
        let bias = Plus::Row(weights.get(self.bias));
        gemm(y, shape, Matrix::new(x, self.inputs), w, bias, pack);
    }

    /// Adds to the gradients of the weights, given the gradient of `y`.
    pub fn backward_weights(
        &self,
        gradients: &mut Gradients,
        x: &[f32],
        dy: &[f32],
        pack: &mut Pack,
    ) {
        let rows = x.len() / self.inputs;
        let shape = (self.inputs, self.outputs, rows);
        let (left, right) = (
            Matrix::transposed(x, self.inputs),
            Matrix::new(dy, self.outputs),
        );
        gemm(
            gradients.get(self.weight),
            shape,
            left,
            right,
            Plus::Itself,
            pack,
        );
        add_rows_to(dy, gradients.get(self.bias));
    }

    /// Writes the gradient of `x`.
    pub fn backward_input(
        &self,
        weights: &Weights,
        dy: &[f32],
        dx: &mut Vec<f32>,
        pack: &mut Pack,
    ) {
        let rows = dy.len() / self.outputs;
        fit(dx, rows * self.inputs);
        let w = Matrix::transposed(weights.get(self.weight), self.outputs);
        let shape = (rows, self.inputs, self.outputs);
        gemm(
            dx,
            shape,
            Matrix::new(dy, self.outputs),
            w,
            Plus::Nothing,
            pack,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::check::{check, random};

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let mut weights = Weights::default();
        let layer = Linear::new(&mut weights, "l", 5, 7, 1);
        let mut pack = Pack::default();
        check(
            &mut weights,
            &random(6 * 5, 3),
            |weights, x, dy, gradients| {
                let mut y = Vec::new();
                layer.forward(weights, x, &mut y, &mut pack);
                let mut dx = Vec::new();
                if let Some(gradients) = gradients {
                    let dy = dy(&y);
                    layer.backward_weights(gradients, x, &dy, &mut pack);
                    layer.backward_input(weights, &dy, &mut dx, &mut pack);
                }
                (y, dx)
            },
        );
    }
}
