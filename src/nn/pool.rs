//! What came so far in one row: the newest position beside a mean of all up to it, in which each older one counts less.

use super::Shape;
use super::vector::{add, axpy, scale};

/// How much less each step back counts.
const FADE: f32 = 0.8;

/// Rows of `2 width` numbers from rows of `width`: the position itself, then the faded mean.
#[derive(Clone, Copy, Debug)]
pub struct Pool {
    /// Numbers of a row that goes in.
    pub width: usize,
}

/// One over the sum of the weights of the mean after so many positions.
fn inverse(positions: usize) -> f32 {
    let mut total = 0.0;
    for _ in 0..positions.min(200) {
        total = total * FADE + 1.0;
    }
    1.0 / total
}

impl Pool {
    /// Writes `y`.
    pub fn forward(self, shape: Shape, x: &[f32], y: &mut Vec<f32>) {
        let (width, line) = (self.width, shape.batch * self.width);
        super::clear(y, 2 * x.len());
        let mut sums = vec![0.0; line];
        for t in 0..shape.time {
            let now = &x[t * line..(t + 1) * line];
            scale(FADE, &mut sums);
            add(now, &mut sums);
            let factor = inverse(t + 1);
            let rows = y[2 * t * line..2 * (t + 1) * line].chunks_exact_mut(2 * width);
            let sources = now.chunks_exact(width).zip(sums.chunks_exact(width));
            for (row, (now, sums)) in rows.zip(sources) {
                row[..width].copy_from_slice(now);
                axpy(factor, sums, &mut row[width..]);
            }
        }
    }

    /// Writes the gradient of `x`, given that of `y`.
    pub fn backward(self, shape: Shape, dy: &[f32], dx: &mut Vec<f32>) {
        let (width, line) = (self.width, shape.batch * self.width);
        super::clear(dx, dy.len() / 2);
        let mut sums = vec![0.0; line];
        for t in (0..shape.time).rev() {
            scale(FADE, &mut sums);
            let factor = inverse(t + 1);
            let rows = dy[2 * t * line..2 * (t + 1) * line].chunks_exact(2 * width);
            let now = dx[t * line..(t + 1) * line].chunks_exact_mut(width);
            for ((row, now), sums) in rows.zip(now).zip(sums.chunks_exact_mut(width)) {
                axpy(factor, &row[width..], sums);
                add(&row[..width], now);
                add(sums, now);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::check::{check, random};
    use crate::nn::weights::Weights;

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let shape = Shape { time: 5, batch: 2 };
        let pool = Pool { width: 3 };
        check(
            &mut Weights::default(),
            &random(30, 3),
            |_, x, dy, gradients| {
                let (mut y, mut dx) = (Vec::new(), Vec::new());
                pool.forward(shape, x, &mut y);
                if gradients.is_some() {
                    pool.backward(shape, &dy(&y), &mut dx);
                }
                (y, dx)
            },
        );
    }

    #[test]
    fn a_constant_sequence_has_itself_as_its_mean() {
        let shape = Shape { time: 7, batch: 1 };
        let mut y = Vec::new();
        Pool { width: 1 }.forward(shape, &[2.0; 7], &mut y);
        assert!(y.iter().all(|&y| (y - 2.0).abs() < 1e-6), "{y:?}");
    }
}
