//! Losses with their gradients.

use super::vector::softmax;

/// Softmax cross-entropy: turns each row of `scores` (of `width`) into its gradient, divided by `over`, in place, and returns the sum
/// of the losses. `targets` are the right places of the rows.
pub fn cross_entropy(scores: &mut [f32], width: usize, targets: &[u32], over: f32) -> f64 {
    let mut loss = 0.0;
    for (row, &target) in scores.chunks_exact_mut(width).zip(targets) {
        let target = target as usize;
        let right = row[target];
        let log = softmax(row);
        loss += f64::from(log - right);
        row[target] -= 1.0;
        super::vector::scale(1.0 / over, row);
    }
    loss
}

/// Huber's loss of a temporal difference, quadratic within `limit` and linear beyond, and its derivative. Mnih et al. (2015) have
/// a limit of 1; where returns are much larger than that, rare large differences (the end of an episode) count too little
/// and values run away.
#[must_use]
pub fn huber(difference: f32, limit: f32) -> (f32, f32) {
    let size = difference.abs();
    if size <= limit {
        (0.5 * difference * difference, difference)
    } else {
        (limit * (size - 0.5 * limit), limit * difference.signum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::check::{check, random};
    use crate::nn::weights::Weights;

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let targets = [1, 0, 4];
        check(
            &mut Weights::default(),
            &random(15, 3),
            |_, x, dy, gradients| {
                let mut d = x.to_vec();
                let loss = cross_entropy(&mut d, 5, &targets, 1.0) as f32;
                let factor = dy(&[loss])[0];
                d.iter_mut().for_each(|d| *d *= factor);
                (vec![loss], if gradients.is_some() { d } else { Vec::new() })
            },
        );
        for x in [-3.0, -0.4, 0.0, 0.7, 2.0] {
            let numeric = (huber(x + 1e-2, 1.0).0 - huber(x - 1e-2, 1.0).0) / 2e-2;
            assert!((numeric - huber(x, 1.0).1).abs() < 1e-3);
        }
    }

    #[test]
    fn even_scores_cost_the_logarithm_of_their_number() {
        let loss = cross_entropy(&mut [0.0; 8], 8, &[3], 1.0);
        assert!((loss - 8.0f64.ln()).abs() < 1e-6);
    }
}
