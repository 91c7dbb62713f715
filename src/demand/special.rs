//! The few special functions that closed forms need, portable to the last bit through `libm`.

use std::f64::consts::{E, PI};

/// Density of the standard normal distribution.
#[must_use]
pub fn normal_density(z: f64) -> f64 {
    libm::exp(-0.5 * z * z) / libm::sqrt(2.0 * PI)
}

/// Principal branch of Lambert's W: the `w >= -1` with `w e^w = x`, for `x >= -1/e` (NaN below), by Halley's method
/// (Corless et al. 1996).
#[must_use]
pub fn lambert_w(x: f64) -> f64 {
    if x < -1.0 / E {
        return f64::NAN;
    }
    let mut w = if x > E {
        libm::log(x) - libm::log(libm::log(x))
    } else {
        libm::log1p(x.max(-0.35))
    };
    for _ in 0..50 {
        let grown = libm::exp(w);
        let miss = w * grown - x;
        let step = miss / (grown * (w + 1.0) - (w + 2.0) * miss / (2.0 * w + 2.0));
        if !step.is_finite() {
            break;
        }
        w -= step;
        if step.abs() <= 1e-16 * (1.0 + w.abs()) {
            break;
        }
    }
    w
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lambert_inverts_w_times_its_exponential() {
        for w in [-0.9, -0.5, 0.0, 0.1, 1.0, 5.0, 40.0] {
            let x = w * libm::exp(w);
            assert!((lambert_w(x) - w).abs() < 1e-7 * (1.0 + w.abs()), "{w}");
        }
        assert!(lambert_w(-1.0).is_nan());
    }
}
