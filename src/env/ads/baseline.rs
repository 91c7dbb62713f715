//! What simple methods make of the same day without knowing the click rates: greedy, Thompson sampling, and pacing.

use super::Campaign;
use crate::env::draw::{normal, unit};
use crate::env::{Environment, Step};
use crate::random::Rng;

/// How often an offer is tried before its mean is trusted.
const TRIES: f64 = 30.0;

/// A method that decides while it learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Baseline {
    /// The offer with the largest mean value so far, as long as the budget lasts; each is first tried thirty times.
    Greedy,
    /// The largest mean of value less cost times a price of budget that rises when spending runs ahead of an even pace
    /// and falls when it lags (adaptive pacing, Balseiro & Gur, Management Science 65, 2019).
    Pacing,
    /// Like pacing, with how often an offer pays drawn from its Beta posterior (Thompson 1933).
    Thompson,
}

/// What a method has seen of one action for one segment.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    times: f64,
    paid: f64,
    cost: f64,
    value: f64,
}

/// Plays `days` days in a row, learning on, and gives the value won on each.
#[must_use]
pub fn play(campaign: &Campaign, baseline: Baseline, days: u32, rng: &mut Rng) -> Vec<f64> {
    let mut player = Player::new(campaign, baseline);
    (0..days).map(|_| player.day(campaign, rng)).collect()
}

struct Player {
    baseline: Baseline,
    actions: u32,
    seen: Vec<Seen>,
    /// What one level of budget is taken to be worth.
    price: f64,
    /// Decisions so far, which make the steps of the price smaller.
    taken: f64,
    /// Most value won by a decision, and most value won for a level spent.
    best_value: f64,
    worth: f64,
}

impl Player {
    fn new(campaign: &Campaign, baseline: Baseline) -> Self {
        let actions = campaign.actions(0);
        Self {
            baseline,
            actions,
            seen: vec![Seen::default(); campaign.shares().len() * actions as usize],
            price: 0.0,
            taken: 0.0,
            best_value: 0.0,
            worth: 0.0,
        }
    }

    fn day(&mut self, campaign: &Campaign, rng: &mut Rng) -> f64 {
        let pace = f64::from(campaign.budget()) / f64::from(campaign.decisions());
        let mut state = campaign.reset(rng);
        let mut total = 0.0;
        loop {
            let (_, before, segment) = campaign.parts(state);
            let action = self.choose(segment, rng);
            let Step { reward, next, end } = campaign.step(state, action, rng);
            let after = if end {
                None
            } else {
                Some(campaign.parts(next).1)
            };
            // A day that ends with its last decision no longer tells its cost; one that ends with its budget spent it all.
            if let Some(after) = after {
                self.learn(segment, action, f64::from(before - after), reward, pace);
            }
            total += reward;
            if end {
                return total;
            }
            state = next;
        }
    }

    fn choose(&self, segment: u32, rng: &mut Rng) -> u32 {
        let row = (segment * self.actions) as usize;
        let seen = &self.seen[row..row + self.actions as usize];
        let mut best = (0, 0.0);
        for (action, known) in seen.iter().enumerate().skip(1) {
            if known.times < TRIES {
                return action as u32;
            }
            let score = match self.baseline {
                Baseline::Greedy => known.value / known.times,
                Baseline::Pacing => (known.value - self.price * known.cost) / known.times,
                Baseline::Thompson => self.sampled(known, rng),
            };
            if score > best.1 {
                best = (action as u32, score);
            }
        }
        best.0
    }

    /// What an offer is worth if it pays as often as drawn.
    fn sampled(&self, known: &Seen, rng: &mut Rng) -> f64 {
        let rate = beta(1.0 + known.paid, 1.0 + known.times - known.paid, rng);
        // An offer that never paid yet may be worth anything: it is tried again as its posterior allows.
        if known.paid == 0.0 {
            return rate * self.best_value;
        }
        rate * (known.value - self.price * known.cost) / known.paid
    }

    fn learn(&mut self, segment: u32, action: u32, cost: f64, value: f64, pace: f64) {
        let known = &mut self.seen[(segment * self.actions + action) as usize];
        known.times += 1.0;
        known.paid += f64::from(u8::from(cost > 0.0));
        known.cost += cost;
        known.value += value;
        self.best_value = self.best_value.max(value);
        self.taken += 1.0;
        if cost > 0.0 {
            self.worth = self.worth.max(value / cost);
        }
        let ahead = (cost - pace) / pace.max(1.0);
        self.price = (self.price + self.worth * ahead / libm::sqrt(self.taken)).max(0.0);
    }
}

fn beta(a: f64, b: f64, rng: &mut Rng) -> f64 {
    let (x, y) = (gamma(a, rng), gamma(b, rng));
    x / (x + y)
}

/// A gamma draw of shape at least 1 (Marsaglia & Tsang 2000).
fn gamma(shape: f64, rng: &mut Rng) -> f64 {
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / libm::sqrt(9.0 * d);
    loop {
        let x = normal(rng);
        let v = 1.0 + c * x;
        if v <= 0.0 {
            continue;
        }
        let v = v * v * v;
        if libm::log(1.0 - unit(rng)) < 0.5 * x * x + d - d * v + d * libm::log(v) {
            return d * v;
        }
    }
}
