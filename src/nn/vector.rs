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
pub(super) fn lanes(chunk: &[f32; LANES]) -> [f32x4; 2] {
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

/// Numbers that are worked on side by side, element by element.
const SIDE: usize = 4;

/// Writes rows, four numbers at once: each is a function of what stands at its place in the rows `from`, and in those that are
/// written over. All rows are as long as the first of those; zeros are read after the end, and nothing is written there.
#[inline]
pub fn along<const FROM: usize, const INTO: usize>(
    from: [&[f32]; FROM],
    mut into: [&mut [f32]; INTO],
    of: impl Fn([f32x4; FROM], [f32x4; INTO]) -> [f32x4; INTO],
) {
    let length = into.first().map_or(0, |row| row.len());
    let whole = length / SIDE;
    let (fours, rest) = (
        from.map(|row| &row[..length].as_chunks::<SIDE>().0[..whole]),
        from.map(|row| &row[whole * SIDE..length]),
    );
    let mut written = into
        .each_mut()
        .map(|row| &mut row.as_chunks_mut::<SIDE>().0[..whole]);
    for at in 0..whole {
        let before = written.each_ref().map(|row| f32x4::new(row[at]));
        let after = of(fours.map(|row| f32x4::new(row[at])), before);
        for (row, four) in written.iter_mut().zip(after) {
            row[at] = four.to_array();
        }
    }
    // Apart from the loop, which it would slow down: copies of unknown length are calls in wasm.
    if length > whole * SIDE {
        let padded = |row: &[f32]| {
            let mut four = [0.0; SIDE];
            four[..row.len()].copy_from_slice(row);
            f32x4::new(four)
        };
        let before = into.each_ref().map(|row| padded(&row[whole * SIDE..]));
        let after = of(rest.map(padded), before);
        for (row, four) in into.iter_mut().zip(after) {
            let row = &mut row[whole * SIDE..];
            row.copy_from_slice(&four.to_array()[..row.len()]);
        }
    }
}

/// Puts a function of each number in its place.
#[inline]
pub fn each(row: &mut [f32], of: impl Fn(f32x4) -> f32x4) {
    along([], [row], |[], [x]| [of(x)]);
}

/// Four numbers, none above `most` or below `least`; what is no number stays. Lanes compared one by one would be branches in wasm.
#[inline]
fn bound(x: f32x4, most: f32x4, least: f32x4) -> f32x4 {
    // Of two numbers that can't be compared wasm's instructions take the first, others the second.
    if cfg!(target_feature = "simd128") {
        x.fast_min(most).fast_max(least)
    } else {
        least.fast_max(most.fast_min(x))
    }
}

/// `e^x` of four numbers within 2 units in the last place, with the same bits on every platform (polynomial of Cephes' `expf`), and
/// functions made of it; below -87 it is about 1e-38 and above 88 about 1.6e38.
#[derive(Clone, Copy, Debug)]
pub struct Exponential {
    most: f32x4,
    least: f32x4,
    log2_e: f32x4,
    /// 1.5 * 2^23: adding it leaves the nearest whole number in the lowest bits.
    magic: f32x4,
    /// The logarithm of 2 in two parts.
    ln_2: [f32x4; 2],
    polynomial: [f32x4; 6],
    one: f32x4,
}

impl Exponential {
    const CONSTANTS: Self = Self {
        most: f32x4::splat(88.0),
        least: f32x4::splat(-87.0),
        log2_e: f32x4::splat(std::f32::consts::LOG2_E),
        magic: f32x4::splat(12_582_912.0),
        ln_2: [f32x4::splat(0.693_359_4), f32x4::splat(-2.121_944_4e-4)],
        polynomial: [
            f32x4::splat(1.987_569_1e-4),
            f32x4::splat(1.398_199_9e-3),
            f32x4::splat(8.333_452e-3),
            f32x4::splat(4.166_579_6e-2),
            f32x4::splat(1.666_666_6e-1),
            f32x4::splat(0.5),
        ],
        one: f32x4::splat(1.0),
    };

    /// Ready for a loop. What the compiler took for constants a browser would make anew in every round, by three instructions each.
    #[inline]
    #[must_use]
    pub fn ready() -> Self {
        std::hint::black_box(Self::CONSTANTS)
    }

    /// `e^x`.
    #[inline]
    #[must_use]
    pub fn of(&self, x: f32x4) -> f32x4 {
        let x = bound(x, self.most, self.least);
        let shifted = x * self.log2_e + self.magic;
        let whole = shifted - self.magic;
        let r = (x - whole * self.ln_2[0]) - whole * self.ln_2[1];
        let [first, rest @ ..] = self.polynomial;
        let p = rest.into_iter().fold(first, |p, next| p * r + next);
        let p = p * r * r + r + self.one;
        // The bits of 1 are those of the exponent that 2^0 has.
        p * f32x4::from_bits((shifted.to_bits() << 23_u32) + self.one.to_bits())
    }

    /// The logistic function `1 / (1 + e^-x)`.
    #[inline]
    #[must_use]
    pub fn sigmoid(&self, x: f32x4) -> f32x4 {
        self.one / (self.one + self.of(-x))
    }

    /// The hyperbolic tangent, within 2e-7.
    #[inline]
    #[must_use]
    pub fn tanh(&self, x: f32x4) -> f32x4 {
        self.one - (self.one + self.one) / (self.of(x + x) + self.one)
    }
}

/// `e^x` of one number.
#[must_use]
pub fn exp(x: f32) -> f32 {
    Exponential::CONSTANTS.of(f32x4::splat(x)).to_array()[0]
}

/// Turns scores into probabilities in place; returns the logarithm of the sum of their exponentials.
pub fn softmax(row: &mut [f32]) -> f32 {
    let most = greatest(row);
    let (four, exponential) = (f32x4::splat(most), Exponential::ready());
    each(row, |value| exponential.of(value - four));
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
            let here = Exponential::ready().tanh(f32x4::splat(x)).to_array()[3];
            let off = (f64::from(here) - f64::from(x).tanh()).abs();
            assert!(off < 2e-7, "{x}: {off:e}");
        }
    }

    /// Neighbours have nothing to do with one another, whatever they are, and rows of any length are done to their end.
    #[test]
    fn each_number_has_its_own_exponential() {
        for length in 0..11 {
            let all = [
                1.5,
                f32::NAN,
                -3.0,
                f32::INFINITY,
                f32::NEG_INFINITY,
                0.0,
                88.5,
                -87.5,
            ];
            let row: Vec<f32> = all.into_iter().cycle().take(length).collect();
            let mut done = row.clone();
            each(&mut done, |x| Exponential::ready().of(x));
            for (x, y) in row.iter().zip(&done) {
                assert_eq!(y.to_bits(), exp(*x).to_bits(), "{x}");
                assert_eq!(y.is_nan(), x.is_nan());
            }
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
