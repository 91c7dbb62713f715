//! Kernels on rows of numbers. Sums run in eight lanes that are added in one fixed order.

use wide::f32x4;

/// Lanes of a sum: two registers of four.
const LANES: usize = 8;

/// Adds the lanes in a fixed tree.
fn fold([low, high]: [f32x4; 2]) -> f32 {
    let four = (low + high).to_array();
    (four[0] + four[2]) + (four[1] + four[3])
}

/// Eight numbers as two registers; what is missing is zero.
#[inline]
fn lanes(chunk: &[f32; LANES]) -> [f32x4; 2] {
    let (halves, _) = chunk.as_chunks::<4>();
    [f32x4::new(halves[0]), f32x4::new(halves[1])]
}

/// What is left of a row after its full chunks.
fn padded(rest: &[f32]) -> [f32; LANES] {
    let mut chunk = [0.0; LANES];
    for (place, value) in chunk.iter_mut().zip(rest) {
        *place = *value;
    }
    chunk
}

/// The inner product of two rows of one length.
#[inline]
#[must_use]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [f32x4::splat(0.0); 2];
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    let mut take = |a: &[f32; LANES], b: &[f32; LANES]| {
        let (a, b) = (lanes(a), lanes(b));
        sums[0] += a[0] * b[0];
        sums[1] += a[1] * b[1];
    };
    for (a, b) in a.iter().zip(b) {
        take(a, b);
    }
    if !a_rest.is_empty() {
        take(&padded(a_rest), &padded(b_rest));
    }
    fold(sums)
}

/// The sum of a row.
#[must_use]
pub fn sum(row: &[f32]) -> f32 {
    let mut sums = [f32x4::splat(0.0); 2];
    let (chunks, rest) = row.as_chunks::<LANES>();
    for chunk in chunks.iter().chain([&padded(rest)]) {
        let chunk = lanes(chunk);
        sums[0] += chunk[0];
        sums[1] += chunk[1];
    }
    fold(sums)
}

/// The sum of squares, in `f64`: gradients of many millions of weights add up without losing the small ones.
#[must_use]
pub fn squares(row: &[f32]) -> f64 {
    let (chunks, rest) = row.as_chunks::<256>();
    let mut total = 0.0;
    for chunk in chunks {
        total += f64::from(dot(chunk, chunk));
    }
    total + f64::from(dot(rest, rest))
}

/// The greatest of a row; minus infinity of an empty one.
#[must_use]
pub fn greatest(row: &[f32]) -> f32 {
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let mut lane = [f32::NEG_INFINITY; LANES];
    let (chunks, rest) = row.as_chunks::<LANES>();
    for chunk in chunks {
        for i in 0..LANES {
            lane[i] = larger(lane[i], chunk[i]);
        }
    }
    for (most, &value) in lane.iter_mut().zip(rest) {
        *most = larger(*most, value);
    }
    lane.into_iter().fold(f32::NEG_INFINITY, larger)
}

/// `y += factor * x`.
pub fn axpy(factor: f32, x: &[f32], y: &mut [f32]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += factor * x;
    }
}

/// `y += x`.
pub fn add(x: &[f32], y: &mut [f32]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += x;
    }
}

/// `y *= factor`.
pub fn scale(factor: f32, y: &mut [f32]) {
    for y in y {
        *y *= factor;
    }
}

/// Stretches a row to a Euclidean length; one of zeros stays.
pub fn set_length(length: f32, row: &mut [f32]) {
    let own = dot(row, row).sqrt();
    if own > 0.0 {
        scale(length / own, row);
    }
}

/// Adds one row to every row of a matrix.
pub fn add_to_rows(row: &[f32], matrix: &mut [f32]) {
    for target in matrix.chunks_exact_mut(row.len()) {
        add(row, target);
    }
}

/// Adds every row of a matrix to one row.
pub fn add_rows_to(matrix: &[f32], row: &mut [f32]) {
    for source in matrix.chunks_exact(row.len()) {
        add(source, row);
    }
}

/// `e^x` within 2 units in the last place, with the same bits on every platform (polynomial of Cephes' `expf`); below -87 it
/// is about 1e-38 and above 88 about 1.6e38. Branchless, so that loops over it become SIMD.
#[inline]
#[must_use]
pub fn exp(x: f32) -> f32 {
    /// 1.5 * 2^23: adding it leaves the nearest whole number in the lowest bits.
    const MAGIC: f32 = 12_582_912.0;
    let x = if x > 88.0 { 88.0 } else { x };
    let x = if x < -87.0 { -87.0 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + MAGIC;
    let whole = shifted - MAGIC;
    let r = (x - whole * 0.693_359_4) - whole * -2.121_944_4e-4;
    let p = 1.987_569_1e-4;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_6e-1;
    let p = p * r + 0.5;
    let p = p * r * r + r + 1.0;
    p * f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000))
}

/// The logistic function `1 / (1 + e^-x)`.
#[inline]
#[must_use]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// The hyperbolic tangent, within 2e-7.
#[inline]
#[must_use]
pub fn tanh(x: f32) -> f32 {
    1.0 - 2.0 / (exp(2.0 * x) + 1.0)
}

/// Turns scores into probabilities in place; returns the logarithm of the sum of their exponentials.
pub fn softmax(row: &mut [f32]) -> f32 {
    let most = greatest(row);
    for value in row.iter_mut() {
        *value = exp(*value - most);
    }
    let total = sum(row);
    scale(1.0 / total, row);
    most + libm::logf(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_as_close_as_said() {
        let mut worst = 0.0f64;
        for step in -8_700..8_800 {
            let x = step as f32 / 100.0;
            let truth = f64::from(x).exp();
            worst = worst.max((f64::from(exp(x)) / truth - 1.0).abs());
        }
        // Two units in the last place of a 24-bit mantissa.
        assert!(worst < 2.0 * f64::from(f32::EPSILON), "{worst:e}");
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(f32::NAN).is_nan());
        assert!(exp(-1e30) > 0.0 && exp(1e30).is_finite());
    }

    #[test]
    fn the_hyperbolic_tangent_is_as_close_as_said() {
        for step in -1000..1000 {
            let x = step as f32 / 100.0;
            let off = (f64::from(tanh(x)) - f64::from(x).tanh()).abs();
            assert!(off < 2e-7, "{x}: {off:e}");
        }
    }

    #[test]
    fn sums_take_in_every_element() {
        for length in 0..40 {
            let row: Vec<f32> = (0..length).map(|i| i as f32).collect();
            let n = length as f32;
            assert_eq!(sum(&row), n * (n - 1.0) / 2.0);
            assert_eq!(dot(&row, &row), row.iter().map(|x| x * x).sum::<f32>());
            assert_eq!(
                greatest(&row),
                if length == 0 {
                    f32::NEG_INFINITY
                } else {
                    n - 1.0
                }
            );
        }
    }

    #[test]
    fn probabilities_add_up() {
        let mut row = [1.0, 2.0, 3.0, -1e9, 1000.0];
        let log = softmax(&mut row);
        assert!((log - 1000.0).abs() < 1e-3 && (sum(&row) - 1.0).abs() < 1e-6);
    }
}
