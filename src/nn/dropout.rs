//! Dropout (Srivastava et al., JMLR 2014): while learning, some numbers are set to zero and the others scaled up.

use rand::Rng as _;

use crate::random::Rng;

/// Dropout of a share of the numbers, in steps of 1/65536.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dropout {
    threshold: u32,
    scale: f32,
}

/// What each number was multiplied by; empty where nothing was dropped.
#[derive(Clone, Debug, Default)]
pub struct Dropped(Vec<f32>);

impl Dropout {
    /// Dropout of this share, from 0 to 0.95.
    #[must_use]
    pub fn new(share: f32) -> Self {
        let threshold = (share.clamp(0.0, 0.95) * 65_536.0) as u32;
        Self {
            threshold,
            scale: 65_536.0 / (65_536 - threshold) as f32,
        }
    }

    /// Drops in place; without `luck` (when nothing is learned) all stays as it is.
    pub fn forward(self, x: &mut [f32], dropped: &mut Dropped, luck: Option<&mut Rng>) {
        dropped.0.clear();
        let Some(rng) = luck.filter(|_| self.threshold > 0) else {
            return;
        };
        dropped.0.resize(x.len(), 0.0);
        for chunk in dropped.0.chunks_mut(4) {
            let mut draw = rng.next_u64();
            for factor in chunk {
                let keep = (draw & 0xffff) as u32 >= self.threshold;
                *factor = if keep { self.scale } else { 0.0 };
                draw >>= 16;
            }
        }
        self.backward(x, dropped);
    }

    /// Turns the gradient of what came out into that of what went in, in place.
    pub fn backward(self, d: &mut [f32], dropped: &Dropped) {
        for (d, factor) in d.iter_mut().zip(&dropped.0) {
            *d *= factor;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::stream;

    #[test]
    fn drops_the_share_it_was_told_and_keeps_the_mean() {
        let mut x = vec![1.0; 40_000];
        let mut dropped = Dropped::default();
        let mut rng = stream(1, "dropout");
        Dropout::new(0.25).forward(&mut x, &mut dropped, Some(&mut rng));
        let zeros = x.iter().filter(|&&x| x == 0.0).count() as f64;
        // Four standard deviations of a binomial count.
        assert!((zeros - 10_000.0).abs() < 4.0 * (40_000.0f64 * 0.25 * 0.75).sqrt());
        let mut d = vec![1.0; 40_000];
        Dropout::new(0.25).backward(&mut d, &dropped);
        assert_eq!(d, x);
    }

    #[test]
    fn does_nothing_when_nothing_is_learned() {
        let mut x = vec![1.0; 10];
        Dropout::new(0.5).forward(&mut x, &mut Dropped::default(), None);
        assert_eq!(x, [1.0; 10]);
    }
}
