//! Named, portable streams of random numbers: the same seed and label give the same bits on every machine.

pub mod draw;

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

/// The generator of every stream in the engine.
pub type Rng = Xoshiro256PlusPlus;

/// The stream for one purpose (`label`, such as `"explore"`) of an experiment with this `seed`.
///
/// Streams with different labels are independent, so that adding a consumer of randomness
/// in one place leaves the numbers drawn in every other place as they were.
#[must_use]
pub fn stream(seed: u64, label: &str) -> Rng {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes());
    hasher.update(label.as_bytes());
    Rng::from_seed(*hasher.finalize().as_bytes())
}
