//! Losses with their gradients.

use super::vector::softmax;

/// Softmax cross-entropy with label smoothing (Szegedy et al., CVPR 2016): a share `smoothing` of each row's target is spread evenly
/// over all places. Turns each row of `scores` (of `width`) into its gradient, divided by `over`, in place, and returns the sum of the
/// cross-entropies of the right places alone, which are `targets`. `told` hears the probabilities of each row, by its number.
pub fn cross_entropy(
    scores: &mut [f32],
    width: usize,
    targets: impl Iterator<Item = u32>,
    (smoothing, over): (f32, f32),
    mut told: impl FnMut(usize, &[f32]),
) -> f64 {
    let mut loss = 0.0;
    for (number, (row, target)) in scores.chunks_exact_mut(width).zip(targets).enumerate() {
        let target = target as usize;
        let right = row[target];
        loss += f64::from(softmax(row) - right);
        told(number, row);
        row[target] -= 1.0 - smoothing;
        soften(row, 1.0, smoothing / width as f32, over);
    }
    loss
}

/// Turns probabilities, of which these are a share, into the gradient of the mean cross-entropy against an even distribution.
pub fn soften(chances: &mut [f32], share: f32, even: f32, over: f32) {
    let each = 1.0 / over;
    for chance in chances {
        *chance = (*chance * share - even) * each;
    }
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
                let loss =
                    cross_entropy(&mut d, 5, targets.into_iter(), (0.0, 1.0), |_, _| ()) as f32;
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
        let loss = cross_entropy(&mut [0.0; 8], 8, [3].into_iter(), (0.1, 1.0), |_, _| ());
        assert!((loss - 8.0f64.ln()).abs() < 1e-6);
    }
}
