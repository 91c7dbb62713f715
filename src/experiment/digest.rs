//! The digest of a result: equal digests mean equal bits, part by part.

use serde::{Deserialize, Serialize};

use crate::problem::Text;

/// Hexadecimal digests of the parts of a result, in the order in which one follows from another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Digest {
    /// The bytes of the log.
    pub data: String,
    /// The events read from them.
    pub events: String,
    /// The decision problem: rewards and dynamics, by its optimal Q-values.
    pub optimum: String,
    /// The learned Q-values of all runs.
    pub learned: String,
    /// The measurements of all runs.
    pub measured: String,
}

/// A part that came out differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// Stable name of the part.
    pub part: String,
    /// The part in words.
    pub label: Text,
    /// What the link promised.
    pub promised: String,
    /// What came out here.
    pub here: String,
}

impl Digest {
    /// The parts that differ from what was promised, the first cause first.
    #[must_use]
    pub fn differences(&self, promised: &Self) -> Vec<Difference> {
        let parts = [
            ("data", "the file", "文件", &promised.data, &self.data),
            (
                "events",
                "the events read from it",
                "读出的事件",
                &promised.events,
                &self.events,
            ),
            (
                "optimum",
                "the optimum",
                "最优值",
                &promised.optimum,
                &self.optimum,
            ),
            (
                "learned",
                "the learned Q-values",
                "学到的 Q 值",
                &promised.learned,
                &self.learned,
            ),
            (
                "measured",
                "the measurements",
                "测量值",
                &promised.measured,
                &self.measured,
            ),
        ];
        parts
            .into_iter()
            .filter(|(.., promised, here)| promised != here)
            .map(|(part, en, zh, promised, here)| Difference {
                part: part.to_owned(),
                label: Text::new(en, zh),
                promised: promised.clone(),
                here: here.clone(),
            })
            .collect()
    }

    /// One short digest over all parts, as shown to people.
    #[must_use]
    pub fn short(&self) -> String {
        let mut sum = Sum::default();
        for part in [
            &self.data,
            &self.events,
            &self.optimum,
            &self.learned,
            &self.measured,
        ] {
            sum.bytes(part.as_bytes());
        }
        sum.hex()
    }
}

/// Bytes gathered before they are hashed: many small updates are slow.
const GATHERED: usize = 16 * 1024;

/// A running digest over numbers and bytes.
#[derive(Clone, Default)]
pub struct Sum {
    hasher: blake3::Hasher,
    gathered: Vec<u8>,
}

impl Sum {
    /// Adds bytes, with their count so that neighbours can't run together.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.whole(bytes.len() as u64);
        self.gather(bytes);
    }

    /// Adds a whole number.
    pub fn whole(&mut self, number: u64) {
        self.gather(&number.to_le_bytes());
    }

    /// Adds real numbers by their bits; both zeros count as one, and so do all NaNs.
    pub fn reals(&mut self, numbers: &[f64]) {
        self.whole(numbers.len() as u64);
        for &number in numbers {
            let bits = if number.is_nan() {
                f64::NAN.to_bits()
            } else {
                (number + 0.0).to_bits()
            };
            self.gather(&bits.to_le_bytes());
        }
    }

    /// Adds 32-bit numbers.
    pub fn numbers(&mut self, numbers: &[u32]) {
        self.whole(numbers.len() as u64);
        for number in numbers {
            self.gather(&number.to_le_bytes());
        }
    }

    /// The digest: 16 hexadecimal digits.
    #[must_use]
    pub fn hex(mut self) -> String {
        self.hasher.update(&self.gathered);
        let hex = self.hasher.finalize().to_hex();
        hex.as_str()[..16].to_owned()
    }

    fn gather(&mut self, bytes: &[u8]) {
        self.gathered.extend_from_slice(bytes);
        if self.gathered.len() >= GATHERED {
            self.hasher.update(&self.gathered);
            self.gathered.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_first_part_that_differs() {
        let promised = Digest {
            data: "a".into(),
            learned: "b".into(),
            ..Digest::default()
        };
        let here = Digest {
            data: "a".into(),
            learned: "c".into(),
            measured: "d".into(),
            ..Digest::default()
        };
        let parts: Vec<_> = here
            .differences(&promised)
            .into_iter()
            .map(|d| d.part)
            .collect();
        assert_eq!(parts, ["learned", "measured"]);
        assert!(here.differences(&here).is_empty());
    }

    #[test]
    fn neighbours_do_not_run_together() {
        let sum = |parts: &[&[u8]]| {
            let mut sum = Sum::default();
            for part in parts {
                sum.bytes(part);
            }
            sum.hex()
        };
        assert_ne!(sum(&[b"ab", b"c"]), sum(&[b"a", b"bc"]));
    }

    #[test]
    fn the_sign_of_zero_does_not_count() {
        let sum = |number: f64| {
            let mut sum = Sum::default();
            sum.reals(&[number]);
            sum.hex()
        };
        assert_eq!(sum(0.0), sum(-0.0));
        assert_ne!(sum(0.0), sum(f64::MIN_POSITIVE));
    }
}
