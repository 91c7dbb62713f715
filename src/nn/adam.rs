//! Adam (Kingma & Ba 2015), clipped gradients, and schedules of the learning rate.

use super::vector::set_length;
use super::weights::{Gradients, Weights};

/// Settings of Adam.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamConfig {
    /// Learning rate.
    pub rate: f32,
    /// Decay of the mean of gradients.
    pub first: f32,
    /// Decay of the mean of their squares.
    pub second: f32,
    /// Added to the root, against division by zero.
    pub epsilon: f32,
    /// Greatest Euclidean length of the gradient; longer ones are shortened to it. Infinite: never.
    pub clip: f32,
}

impl Default for AdamConfig {
    fn default() -> Self {
        Self {
            rate: 1e-3,
            first: 0.9,
            second: 0.999,
            epsilon: 1e-8,
            clip: 5.0,
        }
    }
}

/// The optimiser's memory: means of gradients and of their squares. Of sparse tensors only touched rows are stepped (lazy Adam), so
/// that a step costs as much as it touches.
#[derive(Clone, Debug)]
pub struct Adam {
    /// Of each tensor both means; of a sparse one those of a row stand together, for it is rows that are looked up.
    means: Vec<Vec<f32>>,
    powers: [f64; 2],
}

impl Adam {
    /// Zeros for these weights.
    #[must_use]
    pub fn new(weights: &Weights) -> Self {
        let tensors = weights.tensors.iter();
        Self {
            means: tensors
                .map(|tensor| vec![0.0; 2 * tensor.value.len()])
                .collect(),
            powers: [1.0; 2],
        }
    }

    /// Takes a step at `share` of the configured rate, and sets the gradients back to zero. Returns the length that the gradient had
    /// before it was clipped; where that is not a finite number no weight is changed.
    pub fn step(
        &mut self,
        config: &AdamConfig,
        share: f32,
        weights: &mut Weights,
        gradients: &mut Gradients,
    ) -> f64 {
        let norm = gradients.norm();
        if norm.is_finite() {
            let shrink = if norm > f64::from(config.clip) {
                config.clip / norm as f32
            } else {
                1.0
            };
            self.powers[0] *= f64::from(config.first);
            self.powers[1] *= f64::from(config.second);
            let root = libm::sqrt(1.0 - self.powers[1]);
            let rate = (f64::from(config.rate * share) * root / (1.0 - self.powers[0])) as f32;
            let rule = Rule {
                rate,
                epsilon: config.epsilon * root as f32,
                first: config.first,
                second: config.second,
                shrink,
            };
            let tensors = weights.tensors.iter_mut().zip(gradients.tensors());
            for ((weights, gradient), means) in tensors.zip(&mut self.means) {
                let (width, length) = (weights.shape[1], weights.length);
                let Some(touched) = &gradient.touched else {
                    rule.apply(&mut weights.value, &gradient.value, means);
                    continue;
                };
                let rows = gradient.value.chunks_exact(width);
                for (&row, gradient) in touched.rows.iter().zip(rows) {
                    let row = row as usize;
                    let values = &mut weights.value[row * width..][..width];
                    rule.apply(values, gradient, &mut means[2 * row * width..][..2 * width]);
                    if length > 0.0 {
                        set_length(length, values);
                    }
                }
            }
        }
        gradients.clear();
        norm
    }
}

/// One step's numbers.
struct Rule {
    rate: f32,
    epsilon: f32,
    first: f32,
    second: f32,
    shrink: f32,
}

impl Rule {
    fn apply(&self, weights: &mut [f32], gradient: &[f32], means: &mut [f32]) {
        let length = weights.len();
        let gradient = &gradient[..length];
        let (first, second) = means.split_at_mut(length);
        let second = &mut second[..length];
        let (rest_first, rest_second) = (1.0 - self.first, 1.0 - self.second);
        for i in 0..length {
            let g = gradient[i] * self.shrink;
            first[i] = self.first * first[i] + rest_first * g;
            second[i] = self.second * second[i] + rest_second * g * g;
            weights[i] -= self.rate * first[i] / (second[i].sqrt() + self.epsilon);
        }
    }
}

/// The learning rate over time, as a share of the configured one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// Always the same.
    Constant,
    /// Up in a straight line over the first hundredth of the steps, then down along a cosine to a twentieth (Loshchilov & Hutter 2017).
    Cosine,
}

impl Rate {
    /// The share at `step` of `steps`.
    #[must_use]
    pub fn share(self, step: u64, steps: u64) -> f32 {
        match self {
            Self::Constant => 1.0,
            Self::Cosine => {
                let (step, steps) = (step as f64, steps.max(1) as f64);
                let warm = (steps / 100.0).max(1.0);
                let up = ((step + 1.0) / warm).min(1.0);
                let along = (step / steps).min(1.0);
                let down = 0.05 + 0.475 * (1.0 + libm::cos(std::f64::consts::PI * along));
                (up * down) as f32
            }
        }
    }
}

/// Moves the weights of a target network, or of an average, a share of the way to those of the learner (1: copies them).
pub fn follow(target: &mut Weights, learner: &Weights, share: f32) {
    if share >= 1.0 {
        return target.copy_from(learner);
    }
    for (target, learner) in target.tensors.iter_mut().zip(&learner.tensors) {
        for (target, learner) in target.value.iter_mut().zip(&learner.value) {
            *target += share * (learner - *target);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::weights::Start;

    /// The first step of Adam has the size of the rate, whatever the gradient; by hand from algorithm 1 of the paper.
    #[test]
    fn steps_are_those_of_the_paper() {
        let mut weights = Weights::default();
        let id = weights.push("w", [1, 2], Start::Constant(1.0), 0);
        let mut gradients = Gradients::new(&weights);
        let mut adam = Adam::new(&weights);
        let config = AdamConfig {
            rate: 0.1,
            clip: f32::INFINITY,
            ..AdamConfig::default()
        };
        let (mut m, mut v, mut truth) = ([0.0f64; 2], [0.0f64; 2], [1.0f64; 2]);
        for step in 1..20 {
            let g = [3.0 / f64::from(step), -0.01];
            gradients.get(id).copy_from_slice(&g.map(|g| g as f32));
            adam.step(&config, 1.0, &mut weights, &mut gradients);
            for i in 0..2 {
                m[i] = 0.9 * m[i] + 0.1 * g[i];
                v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
                let (mh, vh) = (
                    m[i] / (1.0 - 0.9f64.powi(step)),
                    v[i] / (1.0 - 0.999f64.powi(step)),
                );
                truth[i] -= 0.1 * mh / (vh.sqrt() + 1e-8);
                // Rounding of twenty f32 steps.
                assert!((f64::from(weights.get(id)[i]) - truth[i]).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn untouched_rows_stay_and_touched_ones_move_as_if_dense() {
        let mut weights = Weights::default();
        let sparse = weights.push_sparse("s", [4, 3], Start::Even(1.0), 1);
        let dense = weights.push("d", [1, 3], Start::Constant(0.0), 1);
        let before = weights.clone();
        weights
            .get_mut(dense)
            .copy_from_slice(&before.get(sparse)[6..9]);
        let mut gradients = Gradients::new(&weights);
        let mut adam = Adam::new(&weights);
        for _ in 0..3 {
            gradients.row(sparse, 2).copy_from_slice(&[1.0, -2.0, 0.5]);
            gradients.get(dense).copy_from_slice(&[1.0, -2.0, 0.5]);
            adam.step(&AdamConfig::default(), 1.0, &mut weights, &mut gradients);
        }
        assert_eq!(weights.get(sparse)[..6], before.get(sparse)[..6]);
        assert_eq!(weights.get(sparse)[6..9], *weights.get(dense));
        assert!(
            gradients
                .tensors()
                .iter()
                .all(|g| g.value.iter().all(|&g| g == 0.0))
                && gradients.row(sparse, 2) == [0.0; 3]
        );
    }

    #[test]
    fn rows_of_a_kept_length_keep_it_and_still_turn() {
        let mut weights = Weights::default();
        let id = weights.push_sparse("s", [3, 4], Start::Even(1.0), 1);
        weights.get_mut(id)[8..].fill(0.0);
        weights.keep_length(id, 1.5);
        let before = weights.clone();
        let mut gradients = Gradients::new(&weights);
        let mut adam = Adam::new(&weights);
        for _ in 0..50 {
            gradients.row(id, 1)[2] = -1.0;
            adam.step(&AdamConfig::default(), 1.0, &mut weights, &mut gradients);
        }
        for row in weights.get(id)[..8].chunks(4) {
            let length = row.iter().map(|x| x * x).sum::<f32>().sqrt();
            // Roundings of four squares and a root.
            assert!((length - 1.5).abs() < 1e-6, "{length}");
        }
        assert!(weights.get(id)[6] > before.get(id)[6] + 0.03);
        assert_eq!(weights.get(id)[..4], before.get(id)[..4]);
        assert_eq!(weights.get(id)[8..], [0.0; 4]);
    }

    #[test]
    fn a_gradient_that_is_no_number_changes_nothing() {
        let mut weights = Weights::default();
        let id = weights.push("w", [1, 2], Start::Constant(1.0), 0);
        let mut gradients = Gradients::new(&weights);
        gradients.get(id)[1] = f32::NAN;
        let norm =
            Adam::new(&weights).step(&AdamConfig::default(), 1.0, &mut weights, &mut gradients);
        assert!(norm.is_nan());
        assert_eq!(weights.get(id), [1.0, 1.0]);
    }

    #[test]
    fn the_cosine_rises_then_falls() {
        let share = |step| Rate::Cosine.share(step, 1000);
        assert!(share(0) < share(9) && share(9) > 0.99 && share(500) < 0.6 && share(999) < 0.06);
    }
}
