//! The product of two matrices, packed and blocked after Goto & van de Geijn (ACM TOMS 2008), with a 4 x 8 kernel.
//!
//! Each element is summed in the order of the inner dimension, in blocks of `INNER`, whatever the width of the machine's
//! vectors: so the bits are the same on every platform.

use wide::f32x4;

use super::vector::{add_to_rows, dot, lanes};

/// Rows and columns of the kernel.
const HIGH: usize = 4;
const WIDE: usize = 8;
/// Inner dimension of a block.
const INNER: usize = 256;
/// Rows of a block, so that a packed one stays in the first or second cache.
const ROWS: usize = 64;
/// Columns of a block, so that a packed one stays in the second cache.
const COLUMNS: usize = 512;

/// A matrix to be read: element `(i, j)` is `data[i * row + j * column]`.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    data: &'a [f32],
    row: usize,
    column: usize,
}

impl<'a> Matrix<'a> {
    /// Rows of `width` numbers, one after the other.
    #[must_use]
    pub fn new(data: &'a [f32], width: usize) -> Self {
        Self {
            data,
            row: width,
            column: 1,
        }
    }

    /// The transpose of rows of `width` numbers.
    #[must_use]
    pub fn transposed(data: &'a [f32], width: usize) -> Self {
        Self {
            data,
            row: 1,
            column: width,
        }
    }
}

/// Room for packed blocks, used again for the next product.
#[derive(Clone, Debug, Default)]
pub struct Pack {
    a: Vec<f32>,
    b: Vec<f32>,
}

/// What is added to a product.
#[derive(Clone, Copy, Debug)]
pub enum Plus<'a> {
    /// Nothing: what was in the place of the result is written over.
    Nothing,
    /// What was in the place of the result.
    Itself,
    /// One row to every row, last.
    Row(&'a [f32]),
}

/// `out = a b` and what is added to it. `a` is `m` by `k`, `b` is `k` by `n`, `out` holds `m` rows of `n`.
pub fn gemm(
    out: &mut [f32],
    (m, n, k): (usize, usize, usize),
    a: Matrix<'_>,
    b: Matrix<'_>,
    plus: Plus<'_>,
    pack: &mut Pack,
) {
    let out = &mut out[..m * n];
    let by_rows = (m < HIGH || k == 1) && b.column == 1;
    let by_dots = m < HIGH && a.column == 1 && b.row == 1;
    if by_rows || by_dots || k == 0 {
        if !matches!(plus, Plus::Itself) {
            out.fill(0.0);
        }
        // Few rows, or the product of a column and a row.
        if by_rows {
            add_by_rows(out, n, k, a, b);
        } else if by_dots {
            add_by_dots(out, n, k, a, b);
        }
        if let Plus::Row(row) = plus {
            add_to_rows(row, out);
        }
        return;
    }
    for column in (0..n).step_by(COLUMNS) {
        let columns = COLUMNS.min(n - column);
        for inner in (0..k).step_by(INNER) {
            let depth = INNER.min(k - inner);
            let part = &b.data[(inner * b.row + column * b.column).min(b.data.len())..];
            pack_panels::<WIDE>(&mut pack.b, part, (b.column, b.row), columns, depth);
            let ends = Ends {
                fresh: inner == 0 && !matches!(plus, Plus::Itself),
                last: match plus {
                    Plus::Row(row) if inner + depth == k => Some(&row[column..column + columns]),
                    _ => None,
                },
            };
            for row in (0..m).step_by(ROWS) {
                let rows = ROWS.min(m - row);
                let part = &a.data[(row * a.row + inner * a.column).min(a.data.len())..];
                pack_panels::<HIGH>(&mut pack.a, part, (a.row, a.column), rows, depth);
                let out = &mut out[row * n + column..];
                block(out, n, (rows, columns, depth), ends, pack);
            }
        }
    }
}

/// What comes before and after the sums of a block.
#[derive(Clone, Copy)]
struct Ends<'a> {
    /// Whether they are the first: nothing is in their place yet.
    fresh: bool,
    /// What is added when they are the last, one number a column.
    last: Option<&'a [f32]>,
}

/// The rows of `b` are added up in registers, nothing is packed.
fn add_by_rows(out: &mut [f32], n: usize, k: usize, a: Matrix<'_>, b: Matrix<'_>) {
    if n == 0 {
        return;
    }
    for (i, out) in out.chunks_exact_mut(n).enumerate() {
        let factors = Matrix {
            data: &a.data[(i * a.row).min(a.data.len())..],
            ..a
        };
        let (wide, rest) = out.as_chunks_mut::<32>();
        let first = 32 * wide.len();
        for (number, out) in wide.iter_mut().enumerate() {
            sum_rows::<8>(out, k, factors, b, 32 * number);
        }
        let (narrow, rest) = rest.as_chunks_mut::<4>();
        let last = first + 4 * narrow.len();
        for (number, out) in narrow.iter_mut().enumerate() {
            sum_rows::<1>(out, k, factors, b, first + 4 * number);
        }
        for (j, out) in rest.iter_mut().enumerate() {
            for p in 0..k {
                *out += factors.data[p * a.column] * b.data[p * b.row + last + j];
            }
        }
    }
}

/// Adds to `4 * N` columns of one row, from column `first` on.
#[inline]
fn sum_rows<const N: usize>(
    out: &mut [f32],
    k: usize,
    factors: Matrix<'_>,
    b: Matrix<'_>,
    first: usize,
) {
    let (out, _) = out.as_chunks_mut::<4>();
    let mut sums = [f32x4::splat(0.0); N];
    for (sum, out) in sums.iter_mut().zip(&*out) {
        *sum = f32x4::new(*out);
    }
    for p in 0..k {
        let factor = f32x4::splat(factors.data[p * factors.column]);
        let (row, _) = b.data[p * b.row + first..][..4 * N].as_chunks::<4>();
        for (sum, row) in sums.iter_mut().zip(row) {
            *sum += factor * f32x4::new(*row);
        }
    }
    for (sum, out) in sums.iter().zip(out) {
        *out = sum.to_array();
    }
}

/// Few rows against a transposed matrix: inner products, nothing is packed.
fn add_by_dots(out: &mut [f32], n: usize, k: usize, a: Matrix<'_>, b: Matrix<'_>) {
    if n == 0 {
        return;
    }
    for (i, out) in out.chunks_exact_mut(n).enumerate() {
        let row = &a.data[i * a.row..i * a.row + k];
        if let (Some(row), true) = (row.first_chunk::<4>(), k == 4 && b.column == 4) {
            by_fours(out, f32x4::new(*row), b.data);
            continue;
        }
        for (j, out) in out.iter_mut().enumerate() {
            *out += dot(row, &b.data[j * b.column..j * b.column + k]);
        }
    }
}

/// Inner products with rows of four, four at a time, added as [`dot`] adds them.
fn by_fours(out: &mut [f32], row: f32x4, b: &[f32]) {
    let (fours, rest) = out.as_chunks_mut::<4>();
    let (rows, _) = b.as_chunks::<4>();
    let (blocks, _) = rows.as_chunks::<4>();
    let taken = 4 * fours.len();
    for (out, block) in fours.iter_mut().zip(blocks) {
        let [one, two, three, four] = f32x4::transpose(block.map(|b| row * f32x4::new(b)));
        *out = (f32x4::new(*out) + ((one + three) + (two + four))).to_array();
    }
    for (out, b) in rest.iter_mut().zip(&rows[taken..]) {
        *out += dot(&row.to_array(), b);
    }
}

/// Copies `length` lines of `depth` numbers into panels of `N` lines, the numbers of one depth side by side; missing lines
/// are zeros. `line` and `step` are the distances between lines and along them.
fn pack_panels<const N: usize>(
    into: &mut Vec<f32>,
    from: &[f32],
    (line, step): (usize, usize),
    length: usize,
    depth: usize,
) {
    let panels = length.div_ceil(N);
    into.resize(panels * N * depth, 0.0);
    for (number, panel) in into.chunks_exact_mut(N * depth).enumerate() {
        let first = number * N;
        let lines = N.min(length - first);
        let (panel, _) = panel.as_chunks_mut::<N>();
        if lines < N {
            panel.fill([0.0; N]);
        }
        if line == 1 && lines == N {
            for (p, place) in panel.iter_mut().enumerate() {
                let at = first + p * step;
                // By vectors: plain copies were slower in wasm.
                let (into, _) = place.as_chunks_mut::<4>();
                let (four, _) = from[at..at + N].as_chunks::<4>();
                for (into, four) in into.iter_mut().zip(four) {
                    *into = f32x4::new(*four).to_array();
                }
            }
        } else if step == 1 {
            for four in (0..lines).step_by(4) {
                let row = |i: usize| {
                    let at = (first + four + i.min(lines - four - 1)) * line;
                    &from[at..at + depth]
                };
                turn(
                    panel,
                    four,
                    (lines - four).min(4),
                    [row(0), row(1), row(2), row(3)],
                );
            }
        } else {
            for (p, place) in panel.iter_mut().enumerate() {
                for (i, value) in place.iter_mut().enumerate().take(lines) {
                    *value = from[(first + i) * line + p * step];
                }
            }
        }
    }
}

/// Writes up to four lines of one length into a panel, from place `first` of each depth on: blocks of four by four are transposed in registers.
#[inline]
fn turn<const N: usize>(panel: &mut [[f32; N]], first: usize, lines: usize, rows: [&[f32]; 4]) {
    let (blocks, rest) = panel.as_chunks_mut::<4>();
    let done = 4 * blocks.len();
    let fours = rows.map(|row| row.as_chunks::<4>().0);
    for (number, block) in blocks.iter_mut().enumerate() {
        let turned = f32x4::transpose(fours.map(|four| f32x4::new(four[number])));
        for (place, turned) in block.iter_mut().zip(turned) {
            let turned = turned.to_array();
            if lines == 4 {
                place[first..first + 4].copy_from_slice(&turned);
            } else {
                place[first..first + lines].copy_from_slice(&turned[..lines]);
            }
        }
    }
    for (p, place) in rest.iter_mut().enumerate() {
        for (i, row) in rows.iter().enumerate().take(lines) {
            place[first + i] = row[done + p];
        }
    }
}

/// Adds the product of two packed blocks.
fn block(
    out: &mut [f32],
    width: usize,
    (rows, columns, depth): (usize, usize, usize),
    ends: Ends<'_>,
    pack: &Pack,
) {
    for (q, b) in pack.b.chunks_exact(WIDE * depth).enumerate() {
        let column = q * WIDE;
        let wide = WIDE.min(columns - column);
        let mut last = [0.0; WIDE];
        if let Some(row) = ends.last {
            last[..wide].copy_from_slice(&row[column..column + wide]);
        }
        let last = ends.last.map(|_| lanes(&last));
        for (p, a) in pack.a.chunks_exact(HIGH * depth).enumerate() {
            let tile = kernel(a, b);
            let row = p * HIGH;
            let high = HIGH.min(rows - row);
            let at = row * width + column;
            for (i, sums) in tile.into_iter().enumerate().take(high) {
                let out = &mut out[at + i * width..];
                if wide == WIDE
                    && let Some(out) = out.first_chunk_mut::<WIDE>()
                {
                    write(out, sums, ends.fresh, last);
                } else {
                    let mut whole = [0.0; WIDE];
                    whole[..wide].copy_from_slice(&out[..wide]);
                    write(&mut whole, sums, ends.fresh, last);
                    out[..wide].copy_from_slice(&whole[..wide]);
                }
            }
        }
    }
}

/// Writes one row of a tile.
#[inline]
fn write(out: &mut [f32; WIDE], mut sums: [f32x4; 2], fresh: bool, last: Option<[f32x4; 2]>) {
    if !fresh {
        let before = lanes(out);
        sums = [before[0] + sums[0], before[1] + sums[1]];
    }
    if let Some(last) = last {
        sums = [sums[0] + last[0], sums[1] + last[1]];
    }
    let (halves, _) = out.as_chunks_mut::<4>();
    for (half, sum) in halves.iter_mut().zip(sums) {
        *half = sum.to_array();
    }
}

/// A tile of the product of two panels.
#[inline]
fn kernel(a: &[f32], b: &[f32]) -> [[f32x4; 2]; HIGH] {
    let mut sums = [[f32x4::splat(0.0); 2]; HIGH];
    let (a, _) = a.as_chunks::<HIGH>();
    let (b, _) = b.as_chunks::<4>();
    let (b, _) = b.as_chunks::<2>();
    for (a, b) in a.iter().zip(b) {
        let low = f32x4::new(b[0]);
        let high = f32x4::new(b[1]);
        for i in 0..HIGH {
            let a = f32x4::splat(a[i]);
            sums[i][0] += a * low;
            sums[i][1] += a * high;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        let mut x = seed | 1;
        let mut next = || {
            x ^= x << 13;
            x ^= x >> 17;
            x ^= x << 5;
            (x >> 8) as f32 / 8_388_608.0 - 1.0
        };
        (0..count).map(|_| next()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn products_are_those_of_plain_loops(
            m in 1usize..80, n in 1usize..40, k in 1usize..300,
            ta in any::<bool>(), tb in any::<bool>(), more in 0usize..3, seed in any::<u32>(),
        ) {
            let (a, b) = (numbers(m * k, seed), numbers(k * n, seed ^ 77));
            let (before, row) = (numbers(m * n, seed ^ 5), numbers(n, seed ^ 9));
            let plus = [Plus::Nothing, Plus::Itself, Plus::Row(&row)][more];
            let mut out = before.clone();
            let left = if ta { Matrix::transposed(&a, m) } else { Matrix::new(&a, k) };
            let right = if tb { Matrix::transposed(&b, k) } else { Matrix::new(&b, n) };
            gemm(&mut out, (m, n, k), left, right, plus, &mut Pack::default());
            for i in 0..m {
                for j in 0..n {
                    let mut truth = f64::from([0.0, before[i * n + j], row[j]][more]);
                    for p in 0..k {
                        let x = if ta { a[p * m + i] } else { a[i * k + p] };
                        let y = if tb { b[j * k + p] } else { b[p * n + j] };
                        truth += f64::from(x) * f64::from(y);
                    }
                    // Rounding of k additions of numbers below 1: at most k * k * 2^-24, in practice its root.
                    let bound = 1e-6 * (k as f64 + 4.0);
                    prop_assert!((f64::from(out[i * n + j]) - truth).abs() < bound);
                }
            }
        }
    }

    #[test]
    fn nothing_is_a_matrix_too() {
        let mut pack = Pack::default();
        gemm(
            &mut [],
            (0, 3, 2),
            Matrix::new(&[], 2),
            Matrix::new(&[0.0; 6], 3),
            Plus::Nothing,
            &mut pack,
        );
        let mut out = [7.0; 6];
        gemm(
            &mut out,
            (2, 3, 0),
            Matrix::new(&[], 0),
            Matrix::new(&[], 3),
            Plus::Nothing,
            &mut pack,
        );
        assert_eq!(out, [0.0; 6]);
    }
}
