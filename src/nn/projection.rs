//! From what the encoder leaves at a position to the state that a network's heads read: only where a target stands.

use super::dropout::{Dropout, Dropped};
use super::encoder::Kind;
use super::gemm::Pack;
use super::linear::Linear;
use super::vector::add;
use super::weights::{Gradients, Weights};
use crate::random::Rng;

/// A linear layer behind encoders that need one, with a way past both for the newest event (He et al., CVPR 2016), and dropout.
#[derive(Clone, Debug)]
pub struct Projection {
    linear: Option<Linear>,
    past: bool,
    dropout: Dropout,
}

/// What goes through for a batch of targets.
#[derive(Clone, Debug, Default)]
pub struct Projected {
    /// What the encoder left, one row for each target; after the backward pass its gradient.
    pub hidden: Vec<f32>,
    /// What went into the encoder at the same places, where it goes past it.
    pub past: Vec<f32>,
    /// The states.
    pub states: Vec<f32>,
    dropped: Dropped,
    spare: Vec<f32>,
}

impl Projection {
    /// The layer that an encoder of this kind needs.
    #[must_use]
    pub fn new(weights: &mut Weights, kind: Kind, width: usize, dropout: f32, seed: u64) -> Self {
        // A recurrent unit's states lie between -1 and 1; scores against embeddings need more room.
        let linear = (kind == Kind::Gru).then(|| Linear::new(weights, "out", width, width, seed));
        // A transformer's are normalised last, and learn better with half as much dropped.
        let share = if kind == Kind::Transformer {
            0.5 * dropout
        } else {
            dropout
        };
        Self {
            linear,
            // The other encoders let what went in past themselves, to the end.
            past: matches!(kind, Kind::Gru | Kind::Transformer),
            dropout: Dropout::new(share),
        }
    }

    /// Whether the newest event goes past the encoder.
    #[must_use]
    pub fn goes_past(&self) -> bool {
        self.past
    }

    /// Writes the states from what is hidden. With `luck` some numbers are dropped, as when learning.
    pub fn forward(
        &self,
        weights: &Weights,
        through: &mut Projected,
        luck: Option<&mut Rng>,
        pack: &mut Pack,
    ) {
        match &self.linear {
            Some(linear) => linear.forward(weights, &through.hidden, &mut through.states, pack),
            None => through.states.clone_from(&through.hidden),
        }
        add(&through.past, &mut through.states);
        self.dropout
            .forward(&mut through.states, &mut through.dropped, luck);
    }

    /// Turns what is hidden into its gradient and adds to those of the weights, given the gradient of the states, which becomes
    /// that of what went past.
    pub fn backward(
        &self,
        (weights, gradients): (&Weights, &mut Gradients),
        through: &mut Projected,
        d_states: &mut [f32],
        pack: &mut Pack,
    ) {
        self.dropout.backward(d_states, &through.dropped);
        let Some(linear) = &self.linear else {
            through.hidden.clear();
            return through.hidden.extend_from_slice(d_states);
        };
        linear.backward_weights(gradients, &through.hidden, d_states, pack);
        linear.backward_input(weights, d_states, &mut through.spare, pack);
        std::mem::swap(&mut through.hidden, &mut through.spare);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::check::{check, random};

    #[test]
    fn gradients_are_those_of_finite_differences() {
        const HALF: usize = 3 * 4;
        for kind in [Kind::Gru, Kind::Transformer, Kind::Mlp] {
            let mut weights = Weights::default();
            let layer = Projection::new(&mut weights, kind, 4, 0.0, 1);
            let (mut through, mut pack) = (Projected::default(), Pack::default());
            // What is hidden, then what goes past.
            let length = if layer.goes_past() { 2 * HALF } else { HALF };
            check(
                &mut weights,
                &random(length, 3),
                |weights, x, dy, gradients| {
                    through.hidden = x[..HALF].to_vec();
                    through.past = x[HALF..].to_vec();
                    layer.forward(weights, &mut through, None, &mut pack);
                    let y = through.states.clone();
                    let mut dx = Vec::new();
                    if let Some(gradients) = gradients {
                        let mut d = dy(&y);
                        layer.backward((weights, gradients), &mut through, &mut d, &mut pack);
                        dx.clone_from(&through.hidden);
                        dx.extend(d);
                        dx.truncate(length);
                    }
                    (y, dx)
                },
            );
        }
    }

    #[test]
    fn what_is_dropped_on_the_way_in_is_dropped_on_the_way_out() {
        let mut weights = Weights::default();
        let layer = Projection::new(&mut weights, Kind::Mlp, 8, 0.5, 1);
        let mut through = Projected {
            hidden: vec![1.0; 64],
            ..Projected::default()
        };
        let (mut luck, mut pack) = (crate::random::stream(1, "projection"), Pack::default());
        layer.forward(&weights, &mut through, Some(&mut luck), &mut pack);
        let states = through.states.clone();
        assert!(states.contains(&0.0) && states.contains(&2.0));
        let mut gradients = Gradients::new(&weights);
        let both = (&weights, &mut gradients);
        layer.backward(both, &mut through, &mut [1.0; 64], &mut pack);
        assert_eq!(through.hidden, states);
    }
}
