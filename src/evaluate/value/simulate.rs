//! Returns of simulated episodes, and their mean with its interval.

use super::policy::Stochastic;
use crate::distribution::student_quantile;
use crate::env::Environment;
use crate::evaluate::ope::Estimate;
use crate::random::{Rng, stream};

/// Running mean and variance (Welford 1962): one pass, no cancellation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Returns {
    /// How many values there were.
    pub n: u64,
    /// Their mean.
    pub mean: f64,
    squares: f64,
}

impl Returns {
    /// Takes in one value.
    pub fn add(&mut self, value: f64) {
        self.n += 1;
        let off = value - self.mean;
        self.mean += off / self.n as f64;
        self.squares += off * (value - self.mean);
    }

    /// The sample variance; 0 of fewer than two values.
    #[must_use]
    pub fn variance(&self) -> f64 {
        if self.n < 2 {
            0.0
        } else {
            self.squares / (self.n - 1) as f64
        }
    }

    /// The mean with Student's interval; infinite for fewer than two values.
    #[must_use]
    pub fn estimate(&self, name: &str, confidence: f64) -> Estimate {
        let half = if self.n < 2 {
            f64::INFINITY
        } else {
            let t = student_quantile(0.5 + 0.5 * confidence, (self.n - 1) as f64);
            t * (self.variance() / self.n as f64).sqrt()
        };
        Estimate {
            name: name.to_owned(),
            value: self.mean,
            ci: [self.mean - half, self.mean + half],
        }
    }
}

/// Plays one episode from a state and returns its discounted return; cut off after `horizon` steps.
pub fn episode(
    environment: &impl Environment,
    mut state: u32,
    mut policy: impl FnMut(u32, &mut Rng) -> u32,
    gamma: f64,
    horizon: u32,
    rng: &mut Rng,
) -> f64 {
    let (mut value, mut discount) = (0.0, 1.0);
    for _ in 0..horizon {
        let step = environment.step(state, policy(state, rng), rng);
        value += discount * step.reward;
        if step.end {
            break;
        }
        discount *= gamma;
        state = step.next;
    }
    value
}

/// Plays `episodes` episodes of a policy. `label` names the stream of random numbers: the same label gives every policy
/// the same luck at the start, other labels are independent.
#[must_use]
pub fn simulate(
    environment: &impl Environment,
    policy: &Stochastic,
    gamma: f64,
    horizon: u32,
    episodes: u32,
    (seed, label): (u64, &str),
) -> Returns {
    let mut rng = stream(seed, label);
    let mut returns = Returns::default();
    for _ in 0..episodes {
        let start = environment.reset(&mut rng);
        let draw = |state, rng: &mut Rng| policy.draw(state, rng);
        returns.add(episode(environment, start, draw, gamma, horizon, &mut rng));
    }
    returns
}
