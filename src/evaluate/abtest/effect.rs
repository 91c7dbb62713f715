//! After an experiment: the effect with its interval, and several effects at once.

use serde::{Deserialize, Serialize};

use crate::distribution::{normal_cdf, normal_quantile, student_quantile, student_tail};
use crate::evaluate::ope::Estimate;
use crate::evaluate::value::Returns;

/// The difference between two groups, treatment less control.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// The difference of the means: Welch's interval (1947), or Newcombe's (1998, method 10) where every outcome is 0 or 1.
    pub difference: Estimate,
    /// The difference as a share of the control's mean (delta method); absent where that is 0.
    pub relative: Option<Estimate>,
    /// Two-sided p-value: Welch's t test, or the pooled z test for outcomes of 0 and 1.
    pub p: f64,
}

/// The effect of a fixed-horizon test; of fewer than two users a group nothing is known. `binary` says that every outcome is 0 or 1.
#[must_use]
pub fn effect(control: &Returns, treatment: &Returns, binary: bool, confidence: f64) -> Effect {
    let difference = treatment.mean - control.mean;
    let (ci, p) = if control.n < 2 || treatment.n < 2 {
        ([f64::NEG_INFINITY, f64::INFINITY], 1.0)
    } else if binary {
        (
            newcombe(control, treatment, confidence),
            pooled_p(control, treatment),
        )
    } else {
        welch(control, treatment, confidence)
    };
    Effect {
        difference: Estimate {
            name: "difference".to_owned(),
            value: difference,
            ci,
        },
        relative: relative(control, treatment, confidence),
        p,
    }
}

fn error_squared(group: &Returns) -> f64 {
    group.variance() / group.n as f64
}

fn welch(control: &Returns, treatment: &Returns, confidence: f64) -> ([f64; 2], f64) {
    let difference = treatment.mean - control.mean;
    let (a, b) = (error_squared(control), error_squared(treatment));
    let v = a + b;
    if !(v > 0.0) {
        let p = if difference == 0.0 { 1.0 } else { 0.0 };
        return ([difference; 2], p);
    }
    let freedom = v * v / (a * a / (control.n - 1) as f64 + b * b / (treatment.n - 1) as f64);
    let half = student_quantile(0.5 + 0.5 * confidence, freedom) * v.sqrt();
    let p = 2.0 * student_tail(difference.abs() / v.sqrt(), freedom);
    ([difference - half, difference + half], p)
}

/// Wilson's interval (1927) of a proportion.
fn wilson(group: &Returns, z: f64) -> [f64; 2] {
    let n = group.n as f64;
    let centre = group.mean + z * z / (2.0 * n);
    let half = z
        * (group.mean * (1.0 - group.mean) / n + z * z / (4.0 * n * n))
            .max(0.0)
            .sqrt();
    [centre - half, centre + half].map(|end| end / (1.0 + z * z / n))
}

fn newcombe(control: &Returns, treatment: &Returns, confidence: f64) -> [f64; 2] {
    let z = normal_quantile(0.5 + 0.5 * confidence);
    let (a, b) = (wilson(control, z), wilson(treatment, z));
    let difference = treatment.mean - control.mean;
    let root = |x: f64, y: f64| (x * x + y * y).sqrt();
    [
        difference - root(treatment.mean - b[0], a[1] - control.mean),
        difference + root(b[1] - treatment.mean, control.mean - a[0]),
    ]
}

fn pooled_p(control: &Returns, treatment: &Returns) -> f64 {
    let (n, m) = (control.n as f64, treatment.n as f64);
    let pooled = (n * control.mean + m * treatment.mean) / (n + m);
    let v = pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m);
    if !(v > 0.0) {
        return 1.0;
    }
    2.0 * normal_cdf(-(treatment.mean - control.mean).abs() / v.sqrt())
}

fn relative(control: &Returns, treatment: &Returns, confidence: f64) -> Option<Estimate> {
    let base = control.mean;
    if base == 0.0 || control.n < 2 || treatment.n < 2 {
        return None;
    }
    let ratio = treatment.mean / base;
    let v = (error_squared(treatment) + ratio * ratio * error_squared(control)) / (base * base);
    let half = normal_quantile(0.5 + 0.5 * confidence) * v.sqrt();
    Some(Estimate {
        name: "relative".to_owned(),
        value: ratio - 1.0,
        ci: [ratio - 1.0 - half, ratio - 1.0 + half],
    })
}

/// Holm's adjusted p-values (1979), in the order given: reject those at most alpha, and a false rejection among all of them
/// happens with probability at most alpha, however they depend on each other.
#[must_use]
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut adjusted = vec![0.0; p.len()];
    let mut largest: f64 = 0.0;
    for (rank, index) in order.into_iter().enumerate() {
        largest = largest.max(p[index] * (p.len() - rank) as f64).min(1.0);
        adjusted[index] = largest;
    }
    adjusted
}
