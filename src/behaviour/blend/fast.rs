//! Logarithm and exponential for features: a few multiplications, the same bits on every machine, wrong by at most
//! about three parts in ten thousand. Both are increasing, which is what ranking needs.

/// ln(1 + x) for x >= 0.
#[inline]
pub fn ln_1p(x: f32) -> f32 {
    const LN_2: f32 = core::f32::consts::LN_2;
    let bits = (1.0 + x).to_bits();
    let exponent = ((bits >> 23) as i32 - 127) as f32;
    let t = f32::from_bits((bits & 0x007f_ffff) | 0x3f80_0000) - 1.0;
    // log2(1 + t) on 0..1: exact at both ends, with the right slope there and the right value in the middle.
    let log2 = t + t * (1.0 - t) * (0.442_695 + t * (-0.247_337_5 + t * 0.083_295));
    (exponent + log2) * LN_2
}

/// e to the power of `x`, for x <= 0; not below 1e-30.
#[inline]
pub fn exp(x: f32) -> f32 {
    let power = (x * core::f32::consts::LOG2_E).max(-99.0);
    let whole = power as i32 - i32::from(power < 0.0);
    let t = power - whole as f32;
    let two_to_t = 1.0 + t + t * (t - 1.0) * (0.306_852_8 + t * 0.073_9);
    two_to_t * f32::from_bits(((whole + 127) as u32) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_to_the_library_and_increasing() {
        let mut before = (-1.0, 0.0);
        for step in 0..20_000 {
            let x = step as f32 * 0.05;
            let now = (ln_1p(x), exp(x / 10.0 - 100.0));
            // The polynomial is off by 3.2e-4 at most, worked out in double precision; the rest is rounding of f32.
            assert!((now.0 - libm::log1pf(x)).abs() < 3.3e-4, "at {x}");
            assert!(now.0 >= before.0 && now.1 >= before.1, "at {x}");
            before = now;
        }
        for step in 0..6000 {
            let x = -0.01 * step as f32;
            let right = libm::expf(x);
            assert!((exp(x) - right).abs() <= 3e-4 * right, "at {x}");
        }
        assert_eq!(exp(0.0), 1.0);
    }
}
