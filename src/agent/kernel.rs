//! The benchmark's kernel: Q-learning updates on made-up transitions, the same in native code, wasm and JavaScript.
//!
//! A transition goes from the current state `s` to a random state: two numbers `u`, `v` are drawn from
//! xoshiro128++ (Blackman & Vigna 2019; 32-bit operations only, so that JavaScript can draw the same), then
//! `s' = floor(u * states / 2^32)`, `a = v mod actions`, `r = floor(v / 256) / 2^24`.

use crate::agent::table::QTable;
use crate::env::{Environment, Step};
use crate::problem::Problem;
use crate::random::Rng;

/// Learning rate of the kernel.
pub const ALPHA: f64 = 0.1;
/// Discount of the kernel.
pub const GAMMA: f64 = 0.9;

/// xoshiro128++ with its state filled by the splitmix32 sequence of a seed.
struct Xoshiro128 {
    state: [u32; 4],
}

impl Xoshiro128 {
    fn new(seed: u32) -> Self {
        let mut x = seed;
        let state = [0; 4].map(|_: u32| {
            x = x.wrapping_add(0x9e37_79b9);
            let mut z = x;
            z = (z ^ (z >> 16)).wrapping_mul(0x21f0_aaad);
            z = (z ^ (z >> 15)).wrapping_mul(0x735a_2d97);
            z ^ (z >> 15)
        });
        Self { state }
    }

    #[inline]
    fn next(&mut self) -> u32 {
        let [s0, s1, s2, s3] = &mut self.state;
        let result = s0.wrapping_add(*s3).rotate_left(7).wrapping_add(*s0);
        let t = *s1 << 9;
        *s2 ^= *s0;
        *s3 ^= *s1;
        *s1 ^= *s2;
        *s0 ^= *s3;
        *s2 ^= t;
        *s3 = s3.rotate_left(11);
        result
    }
}

/// The shape of a table without any dynamics.
struct Rectangle {
    states: u32,
    actions: u32,
}

impl Environment for Rectangle {
    fn states(&self) -> u32 {
        self.states
    }
    fn actions(&self, _: u32) -> u32 {
        self.actions
    }
    fn reset(&self, _: &mut Rng) -> u32 {
        0
    }
    fn step(&self, state: u32, _: u32, _: &mut Rng) -> Step {
        Step {
            reward: 0.0,
            next: state,
            end: true,
        }
    }
}

/// A table of `states` rows of `actions` zeros.
///
/// # Errors
/// `agent.memory` when it would not fit in memory.
pub fn table(states: u32, actions: u32) -> Result<QTable, Problem> {
    QTable::new(&Rectangle { states, actions }, 0.0)
}

/// Makes `updates` updates to a table of equally long rows (a power of two, at most 256 long).
pub fn drive(table: &mut QTable, updates: u64, seed: u32) {
    let states = u64::from(table.states());
    let mask = table.row(0).len() as u32 - 1;
    let mut random = Xoshiro128::new(seed);
    let mut state = 0;
    for _ in 0..updates {
        let next = ((u64::from(random.next()) * states) >> 32) as u32;
        let v = random.next();
        let reward = f64::from(v >> 8) * (1.0 / 16_777_216.0);
        let target = reward + GAMMA * table.max(next);
        table.learn(state, v & mask, target, ALPHA);
        state = next;
    }
}

/// A 32-bit digest of every bit of a table (FNV-1a over the low and the high word of each value).
#[must_use]
pub fn digest(table: &QTable) -> u32 {
    let mut hash = 0x811c_9dc5_u32;
    for value in table.values() {
        let bits = value.to_bits();
        for word in [bits as u32, (bits >> 32) as u32] {
            hash = (hash ^ word).wrapping_mul(0x0100_0193);
        }
    }
    hash
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The update with nothing clever: the row is scanned each time.
    #[test]
    fn the_kernel_equals_its_slow_twin() {
        let mut fast = table(50, 16).unwrap();
        drive(&mut fast, 20_000, 7);
        let mut slow = vec![[0.0_f64; 16]; 50];
        let mut random = Xoshiro128::new(7);
        let mut state = 0;
        for _ in 0..20_000 {
            let next = ((u64::from(random.next()) * 50) >> 32) as usize;
            let v = random.next();
            let best = slow[next].iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let target = f64::from(v >> 8) / 16_777_216.0 + GAMMA * best;
            let cell = &mut slow[state][(v & 15) as usize];
            *cell += ALPHA * (target - *cell);
            state = next;
        }
        assert_eq!(fast.values(), slow.concat());
    }
}
