//! Empirical Bernstein bounds: intervals that hold for every n, not only for large ones.

/// The two-sided interval of Maurer & Pontil (COLT 2009, theorem 4, a union over both sides) for the mean of
/// independent values within a span of `range`: mean +- sqrt(2 V ln(4/delta) / n) + 7 range ln(4/delta) / (3 (n - 1)),
/// V the sample variance.
///
/// Fewer than two values bound nothing: the interval is infinite.
#[must_use]
pub fn interval(values: &[f64], range: f64, confidence: f64) -> [f64; 2] {
    let n = values.len() as f64;
    if values.len() < 2 {
        return [f64::NEG_INFINITY, f64::INFINITY];
    }
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0);
    let log = libm::log(4.0 / (1.0 - confidence));
    let width = (2.0 * variance * log / n).sqrt() + 7.0 * range * log / (3.0 * (n - 1.0));
    [mean - width, mean + width]
}
