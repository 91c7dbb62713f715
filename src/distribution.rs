//! The few distribution functions that intervals and tests need, from `libm` alone.
//!
//! The statistics crates call the platform's `ln`, `exp` and `pow`, whose last bits differ between machines; results
//! here are part of a link's digest, so these few lines stand on `libm` instead.

use std::f64::consts::SQRT_2;

/// The standard normal distribution function, `P(Z <= z)`.
#[must_use]
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z / SQRT_2)
}

/// The standard normal quantile, for `0 < p < 1`; infinite at the ends, NaN outside.
///
/// Bisection on [`normal_cdf`] in the smaller tail: exact to the last digits, and never in an inner loop.
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    if p > 0.5 {
        return -normal_quantile(1.0 - p);
    }
    if p == 0.0 {
        return f64::NEG_INFINITY;
    }
    bisect(-40.0, 0.0, p, normal_cdf)
}

/// The upper tail of the chi-squared distribution, `P(X > x)` with `freedom > 0` degrees of freedom.
#[must_use]
pub fn chi_squared_tail(x: f64, freedom: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    1.0 - gamma_lower(0.5 * freedom, 0.5 * x)
}

/// Student's t quantile with `freedom > 0` degrees of freedom, for `0 < p < 1`.
#[must_use]
pub fn student_quantile(p: f64, freedom: f64) -> f64 {
    if p > 0.5 {
        return -student_quantile(1.0 - p, freedom);
    }
    if freedom > 1e7 {
        return normal_quantile(p);
    }
    bisect(-1e6, 0.0, p, |t| student_tail(-t, freedom))
}

/// The upper tail of Student's t distribution, `P(T > t)`, for `t >= 0` and `freedom > 0` degrees of freedom.
#[must_use]
pub fn student_tail(t: f64, freedom: f64) -> f64 {
    0.5 * beta_lower(0.5 * freedom, 0.5, freedom / (freedom + t * t))
}

/// Where an increasing function crosses `target`, between `low` and `high`; NaN for a target that is none.
fn bisect(mut low: f64, mut high: f64, target: f64, f: impl Fn(f64) -> f64) -> f64 {
    if !(0.0..=1.0).contains(&target) {
        return f64::NAN;
    }
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if f(middle) < target {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// The regularised lower incomplete gamma function P(a, x): series below `a + 1`, continued fraction above
/// (Abramowitz & Stegun 6.5.29 and 6.5.31).
fn gamma_lower(a: f64, x: f64) -> f64 {
    let front = libm::exp(a * libm::log(x) - x - libm::lgamma(a));
    if x < a + 1.0 {
        let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
        while term > sum * 1e-17 {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        return front * sum;
    }
    1.0 - front * lentz(x + 1.0 - a, |i| (-i * (i - a), x + 2.0 * i + 1.0 - a))
}

/// The regularised incomplete beta function I_x(a, b) by its continued fraction (Abramowitz & Stegun 26.5.8).
fn beta_lower(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    // The fraction converges fast only on this side of the mean; the other side is its mirror.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - beta_lower(b, a, 1.0 - x);
    }
    let log_front = libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b)
        + a * libm::log(x)
        + b * libm::log1p(-x);
    let fraction = lentz(1.0, |i| {
        let m = libm::floor(0.5 * i);
        let numerator = if i % 2.0 == 0.0 {
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        } else {
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        };
        (numerator, 1.0)
    });
    libm::exp(log_front) / a * fraction
}

/// `1 / (b0 + a1 / (b1 + a2 / (b2 + ...)))` by the modified Lentz algorithm; `term(i)` gives `(a_i, b_i)`.
fn lentz(b0: f64, term: impl Fn(f64) -> (f64, f64)) -> f64 {
    const TINY: f64 = 1e-300;
    let nonzero = |x: f64| if x.abs() < TINY { TINY } else { x };
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / nonzero(b0);
    let mut value = d;
    for i in 1..10_000 {
        let (a, b) = term(f64::from(i));
        d = 1.0 / nonzero(a * d + b);
        c = nonzero(b + a / c);
        value *= c * d;
        if (c * d - 1.0).abs() < 1e-15 {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(got: f64, want: f64, tolerance: f64) {
        assert!((got - want).abs() <= tolerance, "{got} is not {want}");
    }

    #[test]
    fn quantiles_match_the_printed_tables() {
        near(normal_quantile(0.975), 1.959_963_984_540_054, 1e-12);
        near(normal_quantile(0.9), 1.281_551_565_544_600_4, 1e-12);
        near(normal_quantile(0.8), 0.841_621_233_572_914_2, 1e-12);
        near(normal_quantile(0.5), 0.0, 1e-12);
        assert_eq!(normal_quantile(1.0), f64::INFINITY);
        assert!(normal_quantile(1.5).is_nan() && normal_quantile(f64::NAN).is_nan());
        near(normal_quantile(1e-10), -6.361_340_902_404_056, 1e-9);
        near(student_quantile(0.975, 1.0), 12.706_204_736, 1e-6);
        near(student_quantile(0.975, 10.0), 2.228_138_852, 1e-8);
        near(student_quantile(0.95, 30.0), 1.697_260_887, 1e-8);
        near(chi_squared_tail(3.841_458_820_694_124, 1.0), 0.05, 1e-12);
        near(chi_squared_tail(18.307_038_053_275_146, 10.0), 0.05, 1e-12);
        near(
            chi_squared_tail(100.0, 1.0),
            1.523_970_604_832_105e-23,
            1e-15,
        );
    }

    #[test]
    fn normal_quantile_inverts_the_distribution() {
        for step in 1..1000 {
            let p = f64::from(step) / 1000.0;
            near(normal_cdf(normal_quantile(p)), p, 1e-14);
        }
    }

    /// Printed in Abramowitz & Stegun, table 26.10.
    #[test]
    fn student_quantiles_are_those_of_the_tables() {
        for (share, degrees, printed) in [
            (0.975, 7.0, 2.365),
            (0.995, 7.0, 3.499),
            (0.975, 20.0, 2.086),
            (0.995, 20.0, 2.845),
            (0.995, 60.0, 2.660),
        ] {
            let point = student_quantile(share, degrees);
            // Printed with four digits.
            assert!(
                (point / printed - 1.0).abs() < 2.5e-4,
                "{share} {degrees} {point}"
            );
        }
    }
}
