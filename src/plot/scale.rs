//! From values to pixels and back, and where the ticks go. Every range ends up finite, ordered and wide enough to divide.

use super::number::{decade, exponent, power_of_ten, short, tick_labels};

/// Values beyond this are not drawn, so that no difference of two overflows.
pub const LARGEST: f64 = 4e299;

/// Ranges narrower than this can't be divided into ticks.
const NARROWEST: f64 = 1e-290;

/// An axis: a range of values laid over a range of pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Lowest and highest value; finite, and positive if logarithmic.
    pub domain: [f64; 2],
    /// Pixels of the lowest and the highest value.
    pub pixels: [f64; 2],
    /// Whether distances are ratios.
    pub log: bool,
}

/// Where an axis is labelled.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ticks {
    /// Values with a label, rising.
    pub at: Vec<f64>,
    /// Their labels.
    pub labels: Vec<String>,
    /// Values with a short stroke only.
    pub minor: Vec<f64>,
}

impl Scale {
    /// An axis over the range `[low, high]`, whatever it is: not a number and infinite become 0 and 1, reversed is turned,
    /// equal is padded, and a logarithmic axis starts above 0.
    pub fn new(range: [f64; 2], log: bool, pixels: [f64; 2]) -> Self {
        let domain = if log { positive(range) } else { wide(range) };
        Self {
            domain,
            pixels,
            log,
        }
    }

    /// The pixel of a value; on a logarithmic axis all values at or below 0 lie at the lower end. Never infinite.
    pub fn place(&self, value: f64) -> f64 {
        let [low, high] = self.domain;
        let share = if self.log {
            let value = value.max(f64::MIN_POSITIVE);
            if value <= low && low > 0.0 {
                // Below the range there is nothing to see but the floor.
                0.0
            } else {
                libm::log(value / low) / libm::log(high / low)
            }
        } else {
            (value - low) / (high - low)
        };
        let [start, end] = self.pixels;
        (start + share.clamp(-1e4, 1e4) * (end - start)).clamp(-1e7, 1e7)
    }

    /// The value at a pixel: the inverse of [`Scale::place`].
    pub fn value(&self, pixel: f64) -> f64 {
        let [low, high] = self.domain;
        let [start, end] = self.pixels;
        let share = (pixel - start) / (end - start);
        if self.log {
            low * libm::exp(share * libm::log(high / low))
        } else {
            low + share * (high - low)
        }
    }

    /// At most about `most` labelled ticks; only whole numbers if asked.
    pub fn ticks(&self, most: usize, whole: bool) -> Ticks {
        let most = most.clamp(2, 40);
        if self.log
            && let Some(ticks) = self.log_ticks(most)
        {
            return ticks;
        }
        let step = nice_step((self.domain[1] - self.domain[0]) / most as f64, whole);
        let at = multiples(step, self.domain);
        let labels = tick_labels(&at, step);
        Ticks {
            at,
            labels,
            minor: Vec::new(),
        }
    }

    /// Ticks at 1, or 1-2-5, or 1-2-..-9 times powers of ten: the finest that fit. None if fewer than two do.
    fn log_ticks(&self, most: usize) -> Option<Ticks> {
        const SETS: [&[i32]; 4] = [&[1, 2, 3, 4, 5, 6, 7, 8, 9], &[1, 2, 5], &[1, 3], &[1]];
        let [low, high] = self.domain;
        let powers = exponent(low)..=exponent(high);
        let inside = |v: f64| (low * (1.0 - 1e-12)..=high * (1.0 + 1e-12)).contains(&v);
        let every = |set: &[i32], stride: i32| -> Vec<(i32, i32)> {
            let kept = powers.clone().filter(|p| p.rem_euclid(stride) == 0);
            let pairs = kept.flat_map(|p| set.iter().map(move |&m| (m, p)));
            pairs
                .filter(|&(m, p)| inside(f64::from(m) * power_of_ten(p)))
                .collect()
        };
        let finest = SETS
            .iter()
            .map(|set| every(set, 1))
            .find(|ticks| ticks.len() <= most);
        let chosen = finest.unwrap_or_else(|| {
            let stride = (powers.clone().count() / most + 1) as i32;
            every(&[1], stride)
        });
        if chosen.len() < 2 {
            return None;
        }
        let value = |&(m, p): &(i32, i32)| f64::from(m) * power_of_ten(p);
        let plain = chosen.iter().all(|&(_, p)| (-3..=4).contains(&p));
        let label = |&(m, p): &(i32, i32)| match (plain, m) {
            (true, _) => short(f64::from(m) * power_of_ten(p)),
            (false, 1) => decade(p),
            (false, _) => format!("{m}×{}", decade(p)),
        };
        let all_minor = || every(SETS[0], 1).iter().map(value).collect();
        Some(Ticks {
            at: chosen.iter().map(value).collect(),
            labels: chosen.iter().map(label).collect(),
            minor: if powers.clone().count() < most {
                all_minor()
            } else {
                Vec::new()
            },
        })
    }
}

/// The range of finite, drawable values; none if there are none.
pub fn extent(values: impl Iterator<Item = f64>) -> Option<[f64; 2]> {
    values
        .filter(|v| v.abs() <= LARGEST)
        .fold(None, |range, v| match range {
            None => Some([v, v]),
            Some([low, high]) => Some([low.min(v), high.max(v)]),
        })
}

/// A range with `share` of itself added at both ends, in the axis's own measure.
pub fn padded(range: [f64; 2], share: f64, log: bool) -> [f64; 2] {
    if log {
        let [low, high] = positive(range);
        let factor = libm::exp(libm::log(high / low) * share);
        return [
            (low / factor).max(f64::MIN_POSITIVE),
            (high * factor).min(LARGEST),
        ];
    }
    let [low, high] = wide(range);
    let pad = (high - low) * share;
    [low - pad, high + pad]
}

fn finite(range: [f64; 2]) -> [f64; 2] {
    let limit = |v: f64, instead: f64| {
        if v.is_nan() {
            instead
        } else {
            v.clamp(-LARGEST, LARGEST)
        }
    };
    let (a, b) = (limit(range[0], 0.0), limit(range[1], 1.0));
    [a.min(b), a.max(b)]
}

fn wide(range: [f64; 2]) -> [f64; 2] {
    let [low, high] = finite(range);
    let size = low.abs().max(high.abs());
    if high - low > (size * 1e-11).max(NARROWEST) {
        return [low, high];
    }
    let middle = low / 2.0 + high / 2.0;
    let pad = if size < NARROWEST { 1.0 } else { size * 0.05 };
    [middle - pad, middle + pad]
}

fn positive(range: [f64; 2]) -> [f64; 2] {
    let [low, high] = finite(range);
    let high = if high > NARROWEST { high } else { 1.0 };
    // A floor many decades below the top would squeeze everything that can be read.
    let low = low.max(high * 1e-30).max(NARROWEST);
    if high / low > 1.0 + 1e-9 {
        [low, high]
    } else {
        [low / 2.0, high * 2.0]
    }
}

/// The smallest of 1, 2, 5 times a power of ten that is at least `least`.
fn nice_step(least: f64, whole: bool) -> f64 {
    let power = power_of_ten(exponent(least.max(NARROWEST)));
    let factor = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .find(|f| f * power >= least * (1.0 - 1e-9));
    let step = factor.unwrap_or(10.0) * power;
    if whole { step.max(1.0) } else { step }
}

fn multiples(step: f64, domain: [f64; 2]) -> Vec<f64> {
    let first = libm::ceil(domain[0] / step - 1e-9);
    let count = (libm::floor(domain[1] / step + 1e-9) - first + 1.0).clamp(0.0, 200.0);
    let at = |i: u32| {
        let v = (first + f64::from(i)) * step;
        // Multiples of 0.1 are not exact; through their reciprocal they are.
        let inverse = libm::round(1.0 / step);
        if step < 1.0 && inverse < 1e15 {
            (first + f64::from(i)) / inverse
        } else {
            v
        }
    };
    (0..count as u32).map(at).collect()
}
