//! A gated recurrent unit (Cho et al. 2014, in the form of cuDNN and PyTorch, whose reset gate acts after the product).

use wide::f32x4;

use super::gemm::{Matrix, Pack, gemm};
use super::linear::Linear;
use super::vector::{SIDE, add, add_rows_to, add_to_rows, each, put, sigmoid4, take, tanh4};
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

/// What the backward pass needs.
#[derive(Clone, Debug, Default)]
pub struct GruCache {
    /// `x W + b` of all positions; then its gradient.
    input: Vec<f32>,
    /// `h U + c` of all positions; then its gradient.
    hidden: Vec<f32>,
    /// The gates r, z, n of all positions, side by side.
    gates: Vec<f32>,
    /// The states, those before the first position first.
    state: Vec<f32>,
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
        self.input.forward(weights, x, &mut cache.input, pack);
        fit(&mut cache.hidden, shape.rows() * 3 * width);
        fit(&mut cache.gates, shape.rows() * 3 * width);
        clear(&mut cache.state, (shape.rows() + batch) * width);
        let u = Matrix::new(weights.get(self.recurrent), 3 * width);
        for t in 0..shape.time {
            let wide = t * batch * 3 * width..(t + 1) * batch * 3 * width;
            let (before, after) = cache.state.split_at_mut((t + 1) * batch * width);
            let before = &before[t * batch * width..];
            let hidden = &mut cache.hidden[wide.clone()];
            if t == 0 {
                // Before the first position the state is zero.
                hidden.fill(0.0);
            } else {
                let shape = (batch, 3 * width, width);
                gemm(hidden, shape, Matrix::new(before, width), u, false, pack);
            }
            add_to_rows(weights.get(self.bias), hidden);
            let rows = cache.input[wide.clone()]
                .chunks_exact(3 * width)
                .zip(hidden.chunks_exact(3 * width));
            let gates = cache.gates[wide].chunks_exact_mut(3 * width);
            let states = before
                .chunks_exact(width)
                .zip(after.chunks_exact_mut(width));
            for (((input, hidden), gates), (before, after)) in rows.zip(gates).zip(states) {
                step(width, (input, hidden), gates, before, after);
            }
        }
        y.clear();
        y.extend_from_slice(&cache.state[batch * width..]);
    }

    /// Writes the gradient of `x` and adds to those of the weights, given the gradient of the states. Uses up the cache.
    #[expect(
        clippy::too_many_arguments,
        reason = "one step's parts, borrowed apart"
    )]
    pub fn backward(
        &self,
        (weights, gradients): (&Weights, &mut Gradients),
        shape: Shape,
        x: &[f32],
        dy: &[f32],
        cache: &mut GruCache,
        dx: &mut Vec<f32>,
        pack: &mut Pack,
    ) {
        let (width, batch) = (self.width, shape.batch);
        clear(&mut cache.back, batch * width);
        let u = Matrix::transposed(weights.get(self.recurrent), 3 * width);
        for t in (0..shape.time).rev() {
            let narrow = t * batch * width..(t + 1) * batch * width;
            let wide = t * batch * 3 * width..(t + 1) * batch * 3 * width;
            add(&dy[narrow.clone()], &mut cache.back);
            let input = cache.input[wide.clone()].chunks_exact_mut(3 * width);
            let hidden = cache.hidden[wide.clone()].chunks_exact_mut(3 * width);
            let gates = cache.gates[wide.clone()].chunks_exact(3 * width);
            let states = cache.state[narrow]
                .chunks_exact(width)
                .zip(cache.back.chunks_exact_mut(width));
            for (((input, hidden), gates), (before, back)) in
                input.zip(hidden).zip(gates).zip(states)
            {
                step_back(width, (input, hidden), gates, before, back);
            }
            if t > 0 {
                let wide = Matrix::new(&cache.hidden[wide], 3 * width);
                let shape = (batch, width, 3 * width);
                gemm(&mut cache.back, shape, wide, u, true, pack);
            }
        }
        // The zeros before the first position give the recurrent weights nothing.
        let rows = shape.rows().saturating_sub(batch);
        let before = Matrix::transposed(&cache.state[batch * width..][..rows * width], width);
        let hidden = Matrix::new(
            &cache.hidden[(batch * 3 * width).min(cache.hidden.len())..],
            3 * width,
        );
        let into = gradients.get(self.recurrent);
        gemm(into, (width, 3 * width, rows), before, hidden, true, pack);
        add_rows_to(&cache.hidden, gradients.get(self.bias));
        self.input
            .backward_weights(gradients, x, &cache.input, pack);
        self.input
            .backward_input(weights, &cache.input, dx, false, pack);
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

fn step(
    width: usize,
    (input, hidden): (&[f32], &[f32]),
    gates: &mut [f32],
    before: &[f32],
    after: &mut [f32],
) {
    let (both, new) = gates.split_at_mut(2 * width);
    let (before, after) = (&before[..width], &mut after[..width]);
    for ((gate, x), h) in both.iter_mut().zip(input).zip(hidden) {
        *gate = x + h;
    }
    each(both, sigmoid4);
    let (r, z) = both.split_at(width);
    let (x, h) = (&input[2 * width..], &hidden[2 * width..]);
    for (((new, x), r), h) in new.iter_mut().zip(x).zip(r).zip(h) {
        *new = x + r * h;
    }
    each(new, tanh4);
    for (((after, n), z), before) in after.iter_mut().zip(&*new).zip(z).zip(before) {
        *after = n + z * (before - n);
    }
}

/// Replaces what went into the gates by its gradient, and the gradient of the state after by the part of that of the state before
/// which does not pass the product.
fn step_back(
    width: usize,
    (input, hidden): (&mut [f32], &mut [f32]),
    gates: &[f32],
    before: &[f32],
    back: &mut [f32],
) {
    let [r, z, n] = thirds(gates, width);
    let [xr, xz, xn] = thirds_mut(input, width);
    let [hr, hz, hn] = thirds_mut(hidden, width);
    let (before, back) = (&before[..width], &mut back[..width]);
    let one = f32x4::splat(1.0);
    for at in 0..width.div_ceil(SIDE) {
        let [r, z, n, d, hn_at] = [
            take(r, at),
            take(z, at),
            take(n, at),
            take(back, at),
            take(hn, at),
        ];
        let dn = d * (one - z) * (one - n * n);
        let dr = dn * hn_at * r * (one - r);
        let dz = d * (take(before, at) - n) * z * (one - z);
        for (row, value) in [
            (&mut *xr, dr),
            (hr, dr),
            (xz, dz),
            (hz, dz),
            (xn, dn),
            (hn, dn * r),
            (back, d * z),
        ] {
            put(row, at, value);
        }
    }
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
                            &dy,
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
