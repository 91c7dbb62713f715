//! Resampling: the nonparametric bootstrap (Efron 1979) over clusters, and what is read off its draws.

use rand::Rng as _;

use crate::random::Rng;

/// Draws as many clusters as there are, with replacement, and counts them by unit.
///
/// A cluster is chosen by the high half of a 32 by 32 bit product: off uniform by less than one part in
/// 2^32 / clusters, and two draws come from one number of the generator.
pub fn draw(rng: &mut Rng, clusters: usize, unit: impl Fn(usize) -> usize, counts: &mut [u32]) {
    counts.fill(0);
    let bound = clusters as u64;
    let mut left = clusters;
    while left > 0 {
        let bits = rng.next_u64();
        counts[unit((((bits & 0xffff_ffff) * bound) >> 32) as usize)] += 1;
        if left > 1 {
            counts[unit((((bits >> 32) * bound) >> 32) as usize)] += 1;
        }
        left = left.saturating_sub(2);
    }
}

/// The quantile of sorted values by linear interpolation (Hyndman & Fan 1996, type 7); NaN for none.
#[must_use]
pub fn quantile(sorted: &[f64], p: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let at = p.clamp(0.0, 1.0) * last as f64;
    let low = at as usize;
    let high = (low + 1).min(last);
    sorted[low] + (at - low as f64) * (sorted[high] - sorted[low])
}

/// The percentile interval of a set of draws (Efron 1981).
#[must_use]
pub fn percentile(mut draws: Vec<f64>, confidence: f64) -> [f64; 2] {
    draws.sort_unstable_by(f64::total_cmp);
    let tail = 0.5 * (1.0 - confidence);
    [quantile(&draws, tail), quantile(&draws, 1.0 - tail)]
}
