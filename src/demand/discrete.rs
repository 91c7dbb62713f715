//! Distributions of whole numbers: demand in a period, clicks, prices of an auction.
//!
//! Masses are written down once, so that expectations are sums, and drawn by the alias method (Walker 1977;
//! Vose 1991): one generator call and one table look-up a draw, however long the list is.

use rand::Rng as _;

use super::range::{count, within};
use crate::problem::{Problem, Text};
use crate::random::Rng;

/// Mass beyond which a tail is cut off (and given back by normalising).
const TAIL: f64 = 1e-13;

/// Longest list of masses.
const LONGEST: usize = 200_000;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Slot {
    /// The slot's own value is kept when 32 random bits are below this.
    keep: u32,
    /// The value taken otherwise.
    other: u32,
}

/// A distribution over `0, 1, 2, ...`.
#[derive(Clone, Debug, PartialEq)]
pub struct Discrete {
    mass: Vec<f64>,
    slots: Vec<Slot>,
}

impl Discrete {
    /// The distribution with these (not yet normalised) masses of 0, 1, 2, ...
    ///
    /// # Errors
    /// `demand.masses` when a mass is negative or not finite, or all are 0; `config.count` when there are none or
    /// more than 200,000.
    pub fn from_masses(mut mass: Vec<f64>) -> Result<Self, Problem> {
        count(("values of demand", "需求取值"), mass.len(), 1, LONGEST)?;
        let total: f64 = mass.iter().sum();
        let valid = mass.iter().all(|&m| m.is_finite() && m >= 0.0);
        if !valid || !total.is_finite() || total <= 0.0 {
            return Err(Problem::new(
                "demand.masses",
                Text::new(
                    "The probabilities of demand hold a negative or infinite value, or are all 0.",
                    "需求的概率中有负值或无穷值，或全部为 0。",
                ),
                Text::new(
                    "Give probabilities of at least 0, with at least one above 0.",
                    "请给出不小于 0 的概率，且至少一个大于 0。",
                ),
            ));
        }
        while mass.len() > 1 && mass.last() == Some(&0.0) {
            mass.pop();
        }
        for m in &mut mass {
            *m /= total;
        }
        let slots = alias(&mass);
        Ok(Self { mass, slots })
    }

    /// Always `value` (at most 199,999).
    ///
    /// # Errors
    /// `config.range` when the value is larger.
    pub fn constant(value: u32) -> Result<Self, Problem> {
        within(
            ("demand", "需求量"),
            f64::from(value),
            0.0,
            (LONGEST - 1) as f64,
        )?;
        let mut mass = vec![0.0; value as usize + 1];
        mass[value as usize] = 1.0;
        Self::from_masses(mass)
    }

    /// Poisson with this mean, 0 to 100,000.
    ///
    /// # Errors
    /// `config.range` when the mean is outside.
    pub fn poisson(mean: f64) -> Result<Self, Problem> {
        within(("mean demand", "平均需求"), mean, 0.0, 1e5)?;
        if mean == 0.0 {
            return Self::constant(0);
        }
        let log_mean = libm::log(mean);
        Self::from_log_masses(mean, libm::sqrt(mean), |k| {
            k * log_mean - mean - libm::lgamma(k + 1.0)
        })
    }

    /// Negative binomial with this mean (above 0) and this variance (above the mean): demand more scattered than Poisson.
    ///
    /// # Errors
    /// `config.range` when the mean is not within `(0, 100,000]` or the variance not above the mean.
    pub fn negative_binomial(mean: f64, variance: f64) -> Result<Self, Problem> {
        within(("mean demand", "平均需求"), mean, 1e-6, 1e5)?;
        within(
            ("variance of demand", "需求方差"),
            variance,
            mean * (1.0 + 1e-9),
            1e8,
        )?;
        let size = mean * mean / (variance - mean);
        let log_stop = libm::log(mean / variance);
        let log_go = libm::log1p(-mean / variance);
        let base = size * log_stop - libm::lgamma(size);
        Self::from_log_masses(mean, libm::sqrt(variance), |k| {
            base + libm::lgamma(k + size) - libm::lgamma(k + 1.0) + k * log_go
        })
    }

    /// Binomial: successes in `trials` (0 to 100,000) with probability `chance` each.
    ///
    /// # Errors
    /// `config.range` when a parameter is outside.
    pub fn binomial(trials: u32, chance: f64) -> Result<Self, Problem> {
        within(
            ("number of trials", "试验次数"),
            f64::from(trials),
            0.0,
            1e5,
        )?;
        within(("probability", "概率"), chance, 0.0, 1.0)?;
        if trials == 0 || chance == 0.0 {
            return Self::constant(0);
        }
        if chance == 1.0 {
            return Self::constant(trials);
        }
        let n = f64::from(trials);
        let (yes, no) = (libm::log(chance), libm::log1p(-chance));
        let all = libm::lgamma(n + 1.0);
        let mass = (0..=trials)
            .map(|k| {
                let k = f64::from(k);
                let ways = all - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0);
                libm::exp(ways + k * yes + (n - k) * no)
            })
            .collect();
        Self::from_masses(mass)
    }

    /// Normal demand rounded to whole units; what would fall below 0 counts as 0.
    ///
    /// # Errors
    /// `config.range` when the mean is not within `0..=100,000` or the deviation not within `0..=30,000`.
    pub fn rounded_normal(mean: f64, deviation: f64) -> Result<Self, Problem> {
        within(("mean demand", "平均需求"), mean, 0.0, 1e5)?;
        within(("standard deviation", "标准差"), deviation, 0.0, 3e4)?;
        if deviation == 0.0 {
            return Self::constant(libm::round(mean) as u32);
        }
        let below = |x: f64| 0.5 * libm::erfc((mean - x) / (deviation * std::f64::consts::SQRT_2));
        let last = libm::ceil(mean + 8.0 * deviation) as usize;
        let mass = (0..=last.min(LONGEST - 1))
            .map(|k| {
                let low = if k == 0 { 0.0 } else { below(k as f64 - 0.5) };
                below(k as f64 + 0.5) - low
            })
            .collect();
        Self::from_masses(mass)
    }

    /// The distribution seen in past periods. Values are rounded to whole units; negative ones count as 0.
    ///
    /// # Errors
    /// `config.count` when there are no values; `config.range` when one is not finite or above 199,999.
    pub fn empirical(values: &[f64]) -> Result<Self, Problem> {
        count(
            ("periods of demand", "需求周期"),
            values.len(),
            1,
            usize::MAX,
        )?;
        let mut mass = Vec::new();
        for &value in values {
            within(
                ("demand of a period", "某周期的需求"),
                value,
                -1e12,
                (LONGEST - 1) as f64,
            )?;
            let units = libm::round(value.max(0.0)) as usize;
            if units >= mass.len() {
                mass.resize(units + 1, 0.0);
            }
            mass[units] += 1.0;
        }
        Self::from_masses(mass)
    }

    /// Walks outward from the mean until both tails are negligible.
    fn from_log_masses(
        mean: f64,
        deviation: f64,
        log_mass: impl Fn(f64) -> f64,
    ) -> Result<Self, Problem> {
        let mut mass = Vec::new();
        let mut k = 0.0;
        loop {
            let m = libm::exp(log_mass(k));
            mass.push(m);
            if (k > mean + 3.0 * deviation && m < TAIL * 1e-3) || mass.len() >= LONGEST {
                return Self::from_masses(mass);
            }
            k += 1.0;
        }
    }

    /// The sum of this and an independent draw of `other`.
    ///
    /// # Errors
    /// `config.count` when the sum could exceed 199,999.
    pub fn plus(&self, other: &Self) -> Result<Self, Problem> {
        let length = self.mass.len() + other.mass.len() - 1;
        count(("values of demand", "需求取值"), length, 1, LONGEST)?;
        let mut mass = vec![0.0; length];
        for (i, a) in self.mass.iter().enumerate() {
            for (place, b) in mass[i..].iter_mut().zip(&other.mass) {
                *place += a * b;
            }
        }
        while mass.len() > 1 && mass.last().is_some_and(|&m| m < TAIL * 1e-3) {
            mass.pop();
        }
        Self::from_masses(mass)
    }

    /// The sum over `periods` independent periods; 0 periods give the constant 0.
    ///
    /// # Errors
    /// `config.count` when the sum could exceed 199,999.
    pub fn over(&self, periods: u32) -> Result<Self, Problem> {
        let mut sum = Self::constant(0)?;
        for _ in 0..periods {
            sum = sum.plus(self)?;
        }
        Ok(sum)
    }

    /// Draws a value.
    #[inline]
    pub fn draw(&self, rng: &mut Rng) -> u32 {
        let bits = rng.next_u64();
        let index = ((bits >> 32) * self.slots.len() as u64) >> 32;
        let slot = self.slots[index as usize];
        if (bits as u32) < slot.keep {
            index as u32
        } else {
            slot.other
        }
    }

    /// Probabilities of 0, 1, 2, ...; they add up to 1.
    #[must_use]
    pub fn masses(&self) -> &[f64] {
        &self.mass
    }

    /// The largest value with any probability.
    #[must_use]
    pub fn max(&self) -> u32 {
        self.mass.len() as u32 - 1
    }

    /// Expectation.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.expect(|k| k)
    }

    /// Variance.
    #[must_use]
    pub fn variance(&self) -> f64 {
        let mean = self.mean();
        self.expect(|k| (k - mean) * (k - mean))
    }

    /// Expectation of a function of the value.
    pub fn expect(&self, f: impl Fn(f64) -> f64) -> f64 {
        self.mass
            .iter()
            .enumerate()
            .map(|(k, m)| m * f(k as f64))
            .sum()
    }

    /// The smallest value at or below which lies at least this share of the mass.
    #[must_use]
    pub fn quantile(&self, share: f64) -> u32 {
        let mut below = 0.0;
        for (k, m) in self.mass.iter().enumerate() {
            below += m;
            if below >= share {
                return k as u32;
            }
        }
        self.max()
    }
}

/// Vose's construction: every slot holds its own value and at most one other.
fn alias(mass: &[f64]) -> Vec<Slot> {
    let n = mass.len();
    let mut share: Vec<f64> = mass.iter().map(|m| m * n as f64).collect();
    let (mut small, mut large): (Vec<u32>, Vec<u32>) =
        (0..n as u32).partition(|&k| share[k as usize] < 1.0);
    let mut slots: Vec<Slot> = (0..n as u32)
        .map(|k| Slot {
            keep: u32::MAX,
            other: k,
        })
        .collect();
    while let (Some(poor), Some(&rich)) = (small.pop(), large.last()) {
        let left = share[poor as usize];
        slots[poor as usize] = Slot {
            keep: (left * 4_294_967_296.0) as u32,
            other: rich,
        };
        share[rich as usize] -= 1.0 - left;
        if share[rich as usize] < 1.0 {
            large.pop();
            small.push(rich);
        }
    }
    slots
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::random::stream;

    #[test]
    fn moments_are_those_of_the_named_distribution() {
        let cases = [
            (Discrete::poisson(6.0), 6.0, 6.0),
            (Discrete::negative_binomial(5.0, 12.0), 5.0, 12.0),
            (Discrete::binomial(40, 0.3), 12.0, 8.4),
            (Discrete::constant(7), 7.0, 0.0),
            (Discrete::poisson(800.0), 800.0, 800.0),
            (Discrete::poisson(3.0).unwrap().over(4), 12.0, 12.0),
            (Discrete::empirical(&[1.0, 3.0, -2.0, 4.0]), 2.0, 2.5),
        ];
        for (distribution, mean, variance) in cases {
            let distribution = distribution.unwrap();
            assert!(
                (distribution.mean() - mean).abs() < 1e-8 * (1.0 + mean),
                "{mean}"
            );
            assert!(
                (distribution.variance() - variance).abs() < 1e-6 * (1.0 + variance),
                "{variance}"
            );
        }
    }

    #[test]
    fn draws_follow_the_masses() {
        let distribution = Discrete::poisson(2.5).unwrap();
        let mut rng = stream(1, "draws");
        let n = 200_000;
        let mut seen = vec![0.0; distribution.masses().len()];
        for _ in 0..n {
            seen[distribution.draw(&mut rng) as usize] += 1.0;
        }
        // Pearson's statistic against the 99.99 % point of chi-square with 9 degrees of freedom (33.7).
        let chi: f64 = (0..10)
            .map(|k| {
                let expected = f64::from(n) * distribution.masses()[k];
                (seen[k] - expected) * (seen[k] - expected) / expected
            })
            .sum();
        assert!(chi < 33.7, "{chi}");
    }

    #[test]
    fn impossible_masses_and_ranges_are_refused() {
        assert_eq!(
            Discrete::from_masses(vec![0.0, 0.0]).unwrap_err().code,
            "demand.masses"
        );
        assert_eq!(
            Discrete::from_masses(vec![0.5, f64::NAN]).unwrap_err().code,
            "demand.masses"
        );
        assert_eq!(
            Discrete::from_masses(vec![]).unwrap_err().code,
            "config.count"
        );
        assert_eq!(Discrete::poisson(-1.0).unwrap_err().code, "config.range");
        assert_eq!(
            Discrete::empirical(&[f64::INFINITY]).unwrap_err().code,
            "config.range"
        );
    }
}
