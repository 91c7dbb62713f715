//! How the learning rate and exploration change while an agent learns.

use serde::{Deserialize, Serialize};

/// The form of a [`Schedule`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// Always the initial value.
    Constant,
    /// Inversely with time, `initial * horizon / (horizon + t)`: with horizon 1 and initial 1 the 1, 1/2, 1/3 ... of a running mean.
    Inverse,
    /// In equal steps from initial to last over the horizon.
    Linear,
    /// By equal factors from initial to last over the horizon.
    Exponential,
}

/// A quantity that changes with time `t`, never going below `last` (above it, when it rises).
///
/// For the learning rate under [`Shape::Inverse`], `t` is the number of earlier visits of the pair; otherwise it is
/// the number of steps taken.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// The form.
    pub shape: Shape,
    /// Value at `t` = 0, in `[0, 1]`.
    pub initial: f64,
    /// Value from the horizon on (for [`Shape::Inverse`]: the floor), in `[0, 1]`.
    pub last: f64,
    /// Time scale in the units of `t`; 0 stands for the whole step budget.
    pub horizon: u64,
}

impl Schedule {
    /// Always the same value.
    #[must_use]
    pub fn constant(value: f64) -> Self {
        Self {
            shape: Shape::Constant,
            initial: value,
            last: value,
            horizon: 0,
        }
    }

    /// The value at time `t`; `budget` stands in for a horizon of 0.
    #[must_use]
    pub fn at(&self, t: u64, budget: u64) -> f64 {
        let horizon = if self.horizon == 0 {
            budget
        } else {
            self.horizon
        };
        let horizon = horizon.max(1) as f64;
        let share = (t as f64 / horizon).min(1.0);
        match self.shape {
            Shape::Constant => self.initial,
            Shape::Inverse => (self.initial * horizon / (horizon + t as f64)).max(self.last),
            Shape::Linear => self.initial + (self.last - self.initial) * share,
            Shape::Exponential if self.initial > 0.0 => {
                self.initial * libm::pow(self.last.max(1e-12) / self.initial, share)
            }
            Shape::Exponential => self.last * share,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_start_and_end_where_they_say() {
        for shape in [Shape::Linear, Shape::Exponential] {
            let schedule = Schedule {
                shape,
                initial: 0.8,
                last: 0.05,
                horizon: 0,
            };
            assert!((schedule.at(0, 1000) - 0.8).abs() < 1e-12);
            assert!((schedule.at(1000, 1000) - 0.05).abs() < 1e-12);
            assert!((schedule.at(5000, 1000) - 0.05).abs() < 1e-12);
            assert!(schedule.at(300, 1000) > schedule.at(301, 1000));
        }
    }

    #[test]
    fn inverse_with_horizon_one_is_the_running_mean() {
        let schedule = Schedule {
            shape: Shape::Inverse,
            initial: 1.0,
            last: 0.0,
            horizon: 1,
        };
        assert_eq!(
            [0, 1, 2, 3].map(|t| schedule.at(t, 99)),
            [1.0, 0.5, 1.0 / 3.0, 0.25]
        );
    }
}
