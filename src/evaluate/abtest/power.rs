//! Before an experiment: how many users it takes, and what a given number of users can show.

use serde::{Deserialize, Serialize};

use crate::distribution::{normal_cdf, normal_quantile};
use crate::problem::{Problem, Text};

/// What is measured on each user.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Measure {
    /// Whether something happened: `base` is the control's probability, in (0, 1).
    Proportion {
        /// The control's probability.
        base: f64,
    },
    /// A number: `sd` is its standard deviation, above 0.
    Mean {
        /// The standard deviation in each group.
        sd: f64,
    },
}

/// Users in each group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    /// Users who get what they got before.
    pub control: u64,
    /// Users who get the new policy.
    pub treatment: u64,
}

impl Measure {
    /// Standard errors of the difference, times sqrt(control size): under no effect and under the effect.
    /// `ratio` is treatment users per control user.
    fn errors(self, effect: f64, ratio: f64) -> (f64, f64) {
        match self {
            Self::Proportion { base } => {
                let other = base + effect;
                let pooled = (base + ratio * other) / (1.0 + ratio);
                let null = pooled * (1.0 - pooled) * (1.0 + 1.0 / ratio);
                let real = base * (1.0 - base) + other * (1.0 - other) / ratio;
                (null.sqrt(), real.sqrt())
            }
            Self::Mean { sd } => {
                let error = sd * (1.0 + 1.0 / ratio).sqrt();
                (error, error)
            }
        }
    }

    fn check(self, effect: f64) -> bool {
        match self {
            Self::Proportion { base } => {
                base > 0.0 && base < 1.0 && base + effect > 0.0 && base + effect < 1.0
            }
            Self::Mean { sd } => sd > 0.0 && sd.is_finite() && effect.is_finite(),
        }
    }
}

/// Users that a two-sided test at `alpha` needs to find `effect` (a difference, of either sign) with probability
/// `power`; `ratio` is treatment users per control user. Fleiss, Levin & Paik 2003, eq. 4.14 without continuity
/// correction for proportions; the normal approximation for means.
///
/// # Errors
/// `ab.plan` where a value is out of its range.
pub fn sample_size(
    measure: Measure,
    effect: f64,
    alpha: f64,
    power: f64,
    ratio: f64,
) -> Result<Sizes, Problem> {
    check(measure, effect, alpha, ratio)?;
    if !(power > alpha && power < 1.0) || effect == 0.0 {
        return Err(bad_plan());
    }
    let (null, real) = measure.errors(effect, ratio);
    let root = (normal_quantile(1.0 - 0.5 * alpha) * null + normal_quantile(power) * real) / effect;
    let control = root * root;
    // Casting saturates: an effect too small to ever be found asks for the largest number there is.
    Ok(Sizes {
        control: libm::ceil(control) as u64,
        treatment: libm::ceil(control * ratio) as u64,
    })
}

/// The probability that a two-sided test at `alpha` with these users finds `effect`.
///
/// # Errors
/// `ab.plan` where a value is out of its range.
pub fn power(measure: Measure, effect: f64, alpha: f64, sizes: Sizes) -> Result<f64, Problem> {
    let ratio = sizes.treatment as f64 / sizes.control as f64;
    check(measure, effect, alpha, ratio)?;
    let (null, real) = measure.errors(effect, ratio);
    let critical = normal_quantile(1.0 - 0.5 * alpha) * null;
    let shift = effect.abs() * (sizes.control as f64).sqrt();
    Ok(normal_cdf((shift - critical) / real) + normal_cdf((-shift - critical) / real))
}

/// The smallest effect above 0 that a two-sided test at `alpha` with these users finds with probability `target`.
///
/// # Errors
/// `ab.plan` where a value is out of its range, or no effect can be found so surely.
pub fn detectable(measure: Measure, alpha: f64, target: f64, sizes: Sizes) -> Result<f64, Problem> {
    if !(target > alpha && target < 1.0) {
        return Err(bad_plan());
    }
    let (mut low, mut high) = match measure {
        Measure::Proportion { base } => (0.0, (1.0 - base) * (1.0 - 1e-9)),
        Measure::Mean { sd } => (0.0, 1e3 * sd),
    };
    if power(measure, high, alpha, sizes)? < target {
        return Err(bad_plan());
    }
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if power(measure, middle, alpha, sizes)? < target {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(high)
}

fn check(measure: Measure, effect: f64, alpha: f64, ratio: f64) -> Result<(), Problem> {
    let fine =
        measure.check(effect) && alpha > 0.0 && alpha < 1.0 && ratio > 0.0 && ratio.is_finite();
    if fine { Ok(()) } else { Err(bad_plan()) }
}

fn bad_plan() -> Problem {
    Problem::new(
        "ab.plan",
        Text::new(
            "With these values no experiment can be planned.",
            "这些数值无法用于实验规划。",
        ),
        Text::new(
            "Use an effect other than 0 that keeps probabilities between 0 and 1, a deviation above 0, an error rate below the power, and at least one user a group.",
            "请使用非 0 且使概率保持在 0 到 1 之间的效应、大于 0 的标准差、小于检验功效的错误率，并保证每组至少一名用户。",
        ),
    )
}
