//! An embedding: one row of a table for each number.

use super::vector::add;
use super::weights::{Gradients, Id, Start, Weights};

/// Stands for no number: an empty place, whose row is all zeros.
pub const EMPTY: u32 = u32::MAX;

/// A table of `count` rows of `width` numbers.
#[derive(Clone, Debug)]
pub struct Embedding {
    table: Id,
    width: usize,
}

impl Embedding {
    /// A table that begins evenly within `bound`.
    #[must_use]
    pub fn new(
        weights: &mut Weights,
        name: &str,
        (count, width): (usize, usize),
        bound: f32,
        seed: u64,
    ) -> Self {
        Self {
            table: weights.push_sparse(name, [count, width], Start::Even(bound), seed),
            width,
        }
    }

    /// The table in the weights.
    #[must_use]
    pub fn table(&self) -> Id {
        self.table
    }

    /// One row.
    #[must_use]
    pub fn row<'a>(&self, weights: &'a Weights, number: u32) -> &'a [f32] {
        &weights.get(self.table)[number as usize * self.width..][..self.width]
    }

    /// Adds the row of each number to the rows of `x`; nothing where it is [`EMPTY`].
    pub fn add_to(&self, weights: &Weights, numbers: &[u32], x: &mut [f32]) {
        for (&number, x) in numbers.iter().zip(x.chunks_exact_mut(self.width)) {
            if number != EMPTY {
                add(self.row(weights, number), x);
            }
        }
    }

    /// Adds the gradient of each row of `x` to that of its number's row.
    pub fn backward(&self, gradients: &mut Gradients, numbers: &[u32], dx: &[f32]) {
        for (&number, dx) in numbers.iter().zip(dx.chunks_exact(self.width)) {
            if number != EMPTY {
                add(dx, gradients.row(self.table, number as usize));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::check::check;
    use crate::nn::clear;

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let mut weights = Weights::default();
        let layer = Embedding::new(&mut weights, "e", (5, 3), 0.5, 1);
        let numbers = [2, 0, EMPTY, 2];
        check(&mut weights, &[], |weights, _, dy, gradients| {
            let mut y = Vec::new();
            clear(&mut y, 12);
            layer.add_to(weights, &numbers, &mut y);
            if let Some(gradients) = gradients {
                layer.backward(gradients, &numbers, &dy(&y));
            }
            (y, Vec::new())
        });
    }
}
