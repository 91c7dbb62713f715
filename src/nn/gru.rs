//! A gated recurrent unit (Cho et al. 2014, in the form of cuDNN and PyTorch, whose reset gate acts after the product).

use wide::f32x4;

use super::gemm::{Matrix, Pack, Plus, gemm};
use super::linear::Linear;
use super::vector::{Exponential, add, add_rows_to, along};
use super::weights::{Gradients, Id, Start, Weights};
use super::{Shape, clear, fit};

/// A gated recurrent unit of `inputs` numbers into a state of `width`, which begins at zero.
///
/// `r = sigmoid(x Wr + br + h Ur + cr)`, `z = sigmoid(x Wz + bz + h Uz + cz)`, `n = tanh(x Wn + bn + r (h Un + cn))`,
/// `h' = (1 - z) n + z h`.
#[derive(Clone, Debug)]
pub struct Gru {
    input: Linear,
    recurrent: Id,
    bias: Id,
    width: usize,
}

/// What the backward pass needs, and room for both passes.
#[derive(Clone, Debug, Default)]
pub struct GruCache {
    /// `x W + b` of all positions, where it is known before the pass; else empty.
    pub(super) looked_at: Vec<f32>,
    /// `x W + b` and `h U + c` of one position.
    input: Vec<f32>,
    hidden: Vec<f32>,
    /// The gates r, z, n of all positions, side by side.
    gates: Vec<f32>,
    /// `h Un + cn` of all positions.
    recalled: Vec<f32>,
    /// The states before the first position: zeros.
    begin: Vec<f32>,
    /// The gradients of `x W + b` and `h U + c` of all positions.
    d_input: Vec<f32>,
    d_hidden: Vec<f32>,
    /// The gradient of the state.
    back: Vec<f32>,
}

impl Gru {
    /// A unit whose weights begin evenly within the root of `1 / width`.
    #[must_use]
    pub fn new(weights: &mut Weights, name: &str, inputs: usize, width: usize, seed: u64) -> Self {
        let bound = 1.0 / (width.max(1) as f32).sqrt();
        let even = Start::Even(bound);
        Self {
            input: Linear::new(weights, &format!("{name}.input"), inputs, 3 * width, seed),
            recurrent: weights.push(&format!("{name}.recurrent"), [width, 3 * width], even, seed),
            bias: weights.push(&format!("{name}.bias"), [1, 3 * width], even, seed),
            width,
        }
    }

    /// Writes `x W + b`, which doesn't depend on states.
    pub fn look(&self, weights: &Weights, x: &[f32], y: &mut Vec<f32>, pack: &mut Pack) {
        self.input.forward(weights, x, y, pack);
    }

    /// Writes the state after every position.
    pub fn forward(
        &self,
        weights: &Weights,
        shape: Shape,
        x: &[f32],
        y: &mut Vec<f32>,
        cache: &mut GruCache,
        pack: &mut Pack,
    ) {
        let (width, batch) = (self.width, shape.batch);
        fit(&mut cache.hidden, batch * 3 * width);
        fit(&mut cache.gates, shape.rows() * 3 * width);
        fit(&mut cache.recalled, shape.rows() * width);
        clear(&mut cache.begin, batch * width);
        fit(y, shape.rows() * width);
        let u = Matrix::new(weights.get(self.recurrent), 3 * width);
        let bias = weights.get(self.bias);
        let exponential = Exponential::ready();
        let inputs = x.len() / shape.rows().max(1);
        for t in 0..shape.time {
            let [from, to] = [t, t + 1].map(|t| t * batch * width);
            let input = if cache.looked_at.is_empty() {
                // One position after the other: what is made of it is still in the cache when it is used.
                let x = &x[t * batch * inputs..(t + 1) * batch * inputs];
                self.look(weights, x, &mut cache.input, pack);
                &cache.input
            } else {
                &cache.looked_at[3 * from..3 * to]
            };
            let (before, after) = y.split_at_mut(t * batch * width);
            let before = if t == 0 {
                for row in cache.hidden.chunks_exact_mut(3 * width) {
                    row.copy_from_slice(bias);
                }
                &cache.begin
            } else {
                let before = &before[(t - 1) * batch * width..];
                let (shape, bias) = ((batch, 3 * width, width), Plus::Row(bias));
                let rows = Matrix::new(before, width);
                gemm(&mut cache.hidden, shape, rows, u, bias, pack);
                before
            };
            let rows = input.chunks_exact(3 * width);
            let rows = rows.zip(cache.hidden.chunks_exact(3 * width));
            let gates = cache.gates[3 * from..3 * to].chunks_exact_mut(3 * width);
            let gates = gates.zip(cache.recalled[from..to].chunks_exact_mut(width));
            let states = before
                .chunks_exact(width)
                .zip(after.chunks_exact_mut(width));
            for ((went_in, gates), states) in rows.zip(gates).zip(states) {
                step(&exponential, width, went_in, gates, states);
            }
        }
    }

    /// Writes the gradient of `x` and adds to those of the weights, given the states and their gradient. Uses up the cache.
    #[expect(
        clippy::too_many_arguments,
        reason = "one step's parts, borrowed apart"
    )]
    pub fn backward(
        &self,
        (weights, gradients): (&Weights, &mut Gradients),
        shape: Shape,
        x: &[f32],
        (y, dy): (&[f32], &[f32]),
        cache: &mut GruCache,
        dx: &mut Vec<f32>,
        pack: &mut Pack,
    ) {
        let (width, batch) = (self.width, shape.batch);
        clear(&mut cache.back, batch * width);
        fit(&mut cache.d_input, shape.rows() * 3 * width);
        fit(&mut cache.d_hidden, shape.rows() * 3 * width);
        let u = Matrix::transposed(weights.get(self.recurrent), 3 * width);
        for t in (0..shape.time).rev() {
            let [from, to] = [t, t + 1].map(|t| t * batch * width);
            let wide = 3 * from..3 * to;
            add(&dy[from..to], &mut cache.back);
            let before = match t.checked_sub(1) {
                Some(before) => &y[before * batch * width..][..batch * width],
                None => &cache.begin,
            };
            let d = cache.d_input[wide.clone()].chunks_exact_mut(3 * width);
            let d = d.zip(cache.d_hidden[wide.clone()].chunks_exact_mut(3 * width));
            let gates = cache.gates[wide.clone()].chunks_exact(3 * width);
            let gates = gates.zip(cache.recalled[from..to].chunks_exact(width));
            let states = before
                .chunks_exact(width)
                .zip(cache.back.chunks_exact_mut(width));
            for ((d, gates), states) in d.zip(gates).zip(states) {
                step_back(width, d, gates, states);
            }
            if t > 0 {
                let wide = Matrix::new(&cache.d_hidden[wide], 3 * width);
                let shape = (batch, width, 3 * width);
                gemm(&mut cache.back, shape, wide, u, Plus::Itself, pack);
            }
        }
        // The zeros before the first position give the recurrent weights nothing.
        let rows = shape.rows().saturating_sub(batch);
        let before = Matrix::transposed(&y[..rows * width], width);
        let hidden = &cache.d_hidden[(batch * 3 * width).min(cache.d_hidden.len())..];
        gemm(
            gradients.get(self.recurrent),
            (width, 3 * width, rows),
            before,
            Matrix::new(hidden, 3 * width),
            Plus::Itself,
            pack,
        );
        add_rows_to(&cache.d_hidden, gradients.get(self.bias));
        self.input
            .backward_weights(gradients, x, &cache.d_input, pack);
        self.input.backward_input(weights, &cache.d_input, dx, pack);
    }
}

/// A row cut into its three gates.
fn thirds(row: &[f32], width: usize) -> [&[f32]; 3] {
    [
        &row[..width],
        &row[width..2 * width],
        &row[2 * width..3 * width],
    ]
}

fn thirds_mut(row: &mut [f32], width: usize) -> [&mut [f32]; 3] {
    let (first, rest) = row.split_at_mut(width);
    let (second, third) = rest.split_at_mut(width);
    [first, second, &mut third[..width]]
}

/// One position of one sequence: its gates, what it recalls, and the state after it.
fn step(
    exponential: &Exponential,
    width: usize,
    (input, hidden): (&[f32], &[f32]),
    (gates, recalled): (&mut [f32], &mut [f32]),
    (before, after): (&[f32], &mut [f32]),
) {
    // Two loops: the second waits for the first number by number, and a processor looks only so far ahead for work that needn't wait.
    let (both, n) = gates.split_at_mut(2 * width);
    along([input, hidden], [&mut *both], |[x, h], _| {
        [exponential.sigmoid(x + h)]
    });
    let (r, z) = both.split_at(width);
    let from = [r, z, &input[2 * width..], &hidden[2 * width..], before];
    along(from, [n, recalled, after], |[r, z, x, h, before], _| {
        let n = exponential.tanh(x + r * h);
        [n, h, n + z * (before - n)]
    });
}

/// Writes the gradients of what went into the gates, and replaces the gradient of the state after by the part of that of the state
/// before which does not pass the product.
fn step_back(
    width: usize,
    (d_input, d_hidden): (&mut [f32], &mut [f32]),
    (gates, recalled): (&[f32], &[f32]),
    (before, back): (&[f32], &mut [f32]),
) {
    let [xr, xz, xn] = thirds_mut(d_input, width);
    let [hr, hz, hn] = thirds_mut(d_hidden, width);
    let [r, z, n] = thirds(gates, width);
    let one = f32x4::splat(1.0);
    let from = [r, z, n, recalled, before];
    along(from, [xr, hr, xz, hz, xn, hn, back], |from, into| {
        let ([r, z, n, recalled, before], d) = (from, into[6]);
        let dn = d * (one - z) * (one - n * n);
        let dr = dn * recalled * r * (one - r);
        let dz = d * (before - n) * z * (one - z);
        [dr, dr, dz, dz, dn, dn * r, d * z]
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::check::{check, random};

    #[test]
    fn gradients_are_those_of_finite_differences() {
        for batch in [1, 5] {
            let shape = Shape { time: 4, batch };
            let mut weights = Weights::default();
            let layer = Gru::new(&mut weights, "g", 3, 5, 1);
            let (mut cache, mut pack) = (GruCache::default(), Pack::default());
            check(
                &mut weights,
                &random(shape.rows() * 3, 3),
                |weights, x, dy, gradients| {
                    let (mut y, mut dx) = (Vec::new(), Vec::new());
                    layer.forward(weights, shape, x, &mut y, &mut cache, &mut pack);
                    if let Some(gradients) = gradients {
                        let dy = dy(&y);
                        layer.backward(
                            (weights, gradients),
                            shape,
                            x,
                            (&y, &dy),
                            &mut cache,
                            &mut dx,
                            &mut pack,
                        );
                    }
                    (y, dx)
                },
            );
        }
    }
}
