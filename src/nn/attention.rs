//! Causal multi-head self-attention (Vaswani et al. 2017; SASRec, Kang & McAuley, ICDM 2018).

use super::gemm::Pack;
use super::linear::Linear;
use super::vector::{axpy, dot, softmax};
use super::weights::{Gradients, Weights};
use super::{Shape, clear, fit};

/// Self-attention of `width` numbers a position in `heads` heads; a position sees itself and what came before.
#[derive(Clone, Debug)]
pub struct Attention {
    project: Linear,
    out: Linear,
    width: usize,
    heads: usize,
}

/// What the backward pass needs.
#[derive(Clone, Debug, Default)]
pub struct AttentionCache {
    /// Queries, keys and values of each position, side by side.
    projected: Vec<f32>,
    /// How much each position attends to each before it: one triangle (rows of full length) a sequence and head.
    attends: Vec<f32>,
    /// The mixed values.
    mixed: Vec<f32>,
    d_projected: Vec<f32>,
    d_mixed: Vec<f32>,
    d_attends: Vec<f32>,
}

impl Attention {
    /// Attention with as many of `heads` heads as divide the width.
    #[must_use]
    pub fn new(weights: &mut Weights, name: &str, width: usize, heads: usize, seed: u64) -> Self {
        let heads = (1..=heads.max(1))
            .rev()
            .find(|h| width.is_multiple_of(*h))
            .unwrap_or(1);
        Self {
            project: Linear::new(weights, &format!("{name}.project"), width, 3 * width, seed),
            out: Linear::new(weights, &format!("{name}.out"), width, width, seed),
            width,
            heads,
        }
    }

    /// Where the part (0 query, 1 key, 2 value) of a head at a row begins.
    fn place(&self, row: usize, part: usize, head: usize) -> usize {
        row * 3 * self.width + part * self.width + head * (self.width / self.heads)
    }

    /// Writes `y`.
    pub fn forward(
        &self,
        weights: &Weights,
        shape: Shape,
        x: &[f32],
        y: &mut Vec<f32>,
        cache: &mut AttentionCache,
        pack: &mut Pack,
    ) {
        self.project.forward(weights, x, &mut cache.projected, pack);
        let (deep, time) = (self.width / self.heads, shape.time);
        let scale = 1.0 / (deep as f32).sqrt();
        clear(&mut cache.mixed, x.len());
        fit(&mut cache.attends, shape.batch * self.heads * time * time);
        let projected = &cache.projected;
        let part = |row, part, head| &projected[self.place(row, part, head)..][..deep];
        for (number, attends) in cache
            .attends
            .chunks_exact_mut((time * time).max(1))
            .enumerate()
        {
            let (b, head) = (number / self.heads, number % self.heads);
            for (t, row) in attends.chunks_exact_mut(time.max(1)).enumerate() {
                let at = t * shape.batch + b;
                let query = part(at, 0, head);
                for (s, score) in row[..=t].iter_mut().enumerate() {
                    *score = scale * dot(query, part(s * shape.batch + b, 1, head));
                }
                softmax(&mut row[..=t]);
                let mixed = &mut cache.mixed[at * self.width + head * deep..][..deep];
                for (s, &share) in row[..=t].iter().enumerate() {
                    axpy(share, part(s * shape.batch + b, 2, head), mixed);
                }
            }
        }
        self.out.forward(weights, &cache.mixed, y, pack);
    }

    /// Writes the gradient of `x` and adds to those of the weights, given the gradient of `y`.
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
        cache: &mut AttentionCache,
        dx: &mut Vec<f32>,
        pack: &mut Pack,
    ) {
        self.out.backward_weights(gradients, &cache.mixed, dy, pack);
        self.out
            .backward_input(weights, dy, &mut cache.d_mixed, pack);
        let (deep, time) = (self.width / self.heads, shape.time);
        let scale = 1.0 / (deep as f32).sqrt();
        clear(&mut cache.d_projected, cache.projected.len());
        fit(&mut cache.d_attends, time);
        let projected = &cache.projected;
        let part = |row, part, head| &projected[self.place(row, part, head)..][..deep];
        for (number, attends) in cache.attends.chunks_exact((time * time).max(1)).enumerate() {
            let (b, head) = (number / self.heads, number % self.heads);
            for (t, row) in attends.chunks_exact(time.max(1)).enumerate() {
                let at = t * shape.batch + b;
                let d_mixed = &cache.d_mixed[at * self.width + head * deep..][..deep];
                let d_row = &mut cache.d_attends[..=t];
                for (s, d) in d_row.iter_mut().enumerate() {
                    let other = s * shape.batch + b;
                    *d = dot(d_mixed, part(other, 2, head));
                    let d_value = &mut cache.d_projected[self.place(other, 2, head)..][..deep];
                    axpy(row[s], d_mixed, d_value);
                }
                let along = dot(d_row, &row[..=t]);
                for (s, &d) in d_row.iter().enumerate() {
                    let other = s * shape.batch + b;
                    let d_score = scale * row[s] * (d - along);
                    let d_query = &mut cache.d_projected[self.place(at, 0, head)..][..deep];
                    axpy(d_score, part(other, 1, head), d_query);
                    let d_key = &mut cache.d_projected[self.place(other, 1, head)..][..deep];
                    axpy(d_score, part(at, 0, head), d_key);
                }
            }
        }
        self.project
            .backward_weights(gradients, x, &cache.d_projected, pack);
        self.project
            .backward_input(weights, &cache.d_projected, dx, pack);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::check::{check, random};

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let shape = Shape { time: 4, batch: 2 };
        for heads in [1, 2] {
            let mut weights = Weights::default();
            let layer = Attention::new(&mut weights, "a", 4, heads, 1);
            let (mut cache, mut pack) = (AttentionCache::default(), Pack::default());
            check(
                &mut weights,
                &random(shape.rows() * 4, 3),
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
