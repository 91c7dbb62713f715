//! Draws that demand, environments and agents share: portable to the last bit, one generator call where possible.

use rand::Rng as _;

use crate::random::Rng;

/// A number in `[0, 1)` with 53 random bits.
#[inline]
pub fn unit(rng: &mut Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
}

/// A whole number below `n` (`n >= 1`), by multiplication of 32 random bits (Lemire 2019, without
/// rejection: the bias is below `n / 2^32`).
#[inline]
pub fn below(rng: &mut Rng, n: u32) -> u32 {
    (((rng.next_u64() >> 32) * u64::from(n)) >> 32) as u32
}

/// A standard normal number (Box & Muller 1958), with `libm` so that every machine draws the same bits.
pub fn normal(rng: &mut Rng) -> f64 {
    let radius = libm::sqrt(-2.0 * libm::log(1.0 - unit(rng)));
    radius * libm::cos(std::f64::consts::TAU * unit(rng))
}

/// The index whose share of the cumulative sums `cumulative` (ascending, last one about 1) holds `u`.
#[inline]
pub fn pick(cumulative: impl Iterator<Item = f64>, u: f64) -> usize {
    let mut last = 0;
    for (index, bound) in cumulative.enumerate() {
        last = index;
        if u < bound {
            break;
        }
    }
    last
}
