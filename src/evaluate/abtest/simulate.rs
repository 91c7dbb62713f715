//! Users who never were: an experiment between policies in one simulated shop.

use super::monitor::Monitor;
use super::trial::User;
use crate::env::Environment;
use crate::evaluate::value::episode;
use crate::random::{Rng, draw};

/// Lets `users` more users come: each is assigned a variant by the design's shares, lives through one episode under
/// that variant's policy, and is taken in with the undiscounted return as outcome.
///
/// `policy(variant, state, rng)` gives the action; `segment(state)` the segment of a user who starts there. Episodes end
/// after `horizon` steps at the latest. Recruiting in slices gives the same experiment.
pub fn recruit(
    monitor: &mut Monitor,
    environment: &impl Environment,
    mut policy: impl FnMut(u32, u32, &mut Rng) -> u32,
    segment: impl Fn(u32) -> u32,
    (users, horizon): (u32, u32),
    rng: &mut Rng,
) {
    for _ in 0..users {
        let u = draw::unit(rng);
        let shares = monitor.design().shares.iter().scan(0.0, |sum, share| {
            *sum += share;
            Some(*sum)
        });
        let variant = draw::pick(shares, u) as u32;
        let start = environment.reset(rng);
        let act = |state, rng: &mut Rng| policy(variant, state, rng);
        let outcome = episode(environment, start, act, 1.0, horizon, rng);
        monitor.add(User {
            variant,
            outcome,
            segment: segment(start),
        });
    }
}
