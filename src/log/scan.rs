//! Where delimiters and line ends stand in 64 bytes, as bits: by 16-byte vectors in WebAssembly, where their
//! intrinsics are safe, else by a loop that compilers turn into vectors. A test holds both to the plain meaning.

/// In the first, bit `i` is set where byte `i` is the delimiter or a line feed; in the second, where it is a line feed.
#[inline]
pub(super) fn separators(bytes: &[u8; 64], delimiter: u8) -> (u64, u64) {
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    return simd128(bytes, delimiter);
    #[allow(
        unreachable_code,
        reason = "on targets without such vectors this is the only way"
    )]
    portable(bytes, delimiter)
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[inline]
fn simd128(bytes: &[u8; 64], delimiter: u8) -> (u64, u64) {
    use std::arch::wasm32::{u8x16_bitmask, u8x16_eq, u8x16_splat, u64x2, v128_or};
    let (comma, feed) = (u8x16_splat(delimiter), u8x16_splat(b'\n'));
    let (mut either, mut feeds) = (0, 0);
    for (index, lane) in bytes.as_chunks::<16>().0.iter().enumerate() {
        let lane = u128::from_le_bytes(*lane);
        let lane = u64x2(lane as u64, (lane >> 64) as u64);
        let ends = u8x16_eq(lane, feed);
        let both = v128_or(ends, u8x16_eq(lane, comma));
        either |= u64::from(u8x16_bitmask(both)) << (16 * index);
        feeds |= u64::from(u8x16_bitmask(ends)) << (16 * index);
    }
    (either, feeds)
}

#[inline]
fn portable(bytes: &[u8; 64], delimiter: u8) -> (u64, u64) {
    let feeds = equal(bytes, b'\n');
    (feeds | equal(bytes, delimiter), feeds)
}

#[inline]
fn equal(bytes: &[u8; 64], wanted: u8) -> u64 {
    let mut ones = [0_u8; 64];
    for (one, &byte) in ones.iter_mut().zip(bytes) {
        *one = u8::from(byte == wanted);
    }
    let mut bits = 0;
    for (index, word) in ones.as_chunks::<8>().0.iter().enumerate() {
        // The multiplication moves the eight lowest bits side by side into the top byte.
        let gathered = u64::from_le_bytes(*word).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        bits |= gathered << (8 * index);
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn vectors_find_what_the_plain_loop_finds(
            bytes in prop::collection::vec(prop::sample::select(&b",\n;a\0\xff\x0b-,"[..]), 64)
        ) {
            let mut block = [0; 64];
            block.copy_from_slice(&bytes);
            let bits = |wanted: &[u8]| {
                (0..64).fold(0, |bits, index| bits | u64::from(wanted.contains(&block[index])) << index)
            };
            let want = (bits(b",\n"), bits(b"\n"));
            prop_assert_eq!(separators(&block, b','), want);
            prop_assert_eq!(portable(&block, b','), want);
        }
    }
}
