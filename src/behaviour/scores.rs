//! Sparse sums over dense arrays: scores of items (or sessions) that are cleared in no time and never hashed.

/// A sum for each number below a bound, most of them zero. Clearing costs nothing: an entry counts only when its
/// stamp is the current epoch.
#[derive(Clone, Debug, Default)]
pub struct Scores {
    value: Vec<f64>,
    stamp: Vec<u32>,
    epoch: u32,
    touched: Vec<u32>,
}

impl Scores {
    /// Forgets all sums; numbers up to `bound` (exclusive) may be used from now on.
    pub fn begin(&mut self, bound: usize) {
        if self.value.len() < bound {
            self.value.resize(bound, 0.0);
            self.stamp.resize(bound, 0);
        }
        self.touched.clear();
        self.epoch = self.epoch.wrapping_add(1);
        if self.epoch == 0 {
            self.stamp.fill(0);
            self.epoch = 1;
        }
    }

    /// Adds to the sum of `number`.
    #[inline]
    pub fn add(&mut self, number: u32, value: f64) {
        let at = number as usize;
        if self.stamp[at] == self.epoch {
            self.value[at] += value;
        } else {
            self.stamp[at] = self.epoch;
            self.value[at] = value;
            self.touched.push(number);
        }
    }

    /// Sets the sum of `number`.
    #[inline]
    pub fn set(&mut self, number: u32, value: f64) {
        let at = number as usize;
        if self.stamp[at] != self.epoch {
            self.stamp[at] = self.epoch;
            self.touched.push(number);
        }
        self.value[at] = value;
    }

    /// The sum of `number`; 0 where nothing was added.
    #[inline]
    #[must_use]
    pub fn get(&self, number: u32) -> f64 {
        let at = number as usize;
        if at < self.stamp.len() && self.stamp[at] == self.epoch {
            self.value[at]
        } else {
            0.0
        }
    }

    /// Whether `number` has a sum (which may be 0).
    #[inline]
    #[must_use]
    pub fn has(&self, number: u32) -> bool {
        let at = number as usize;
        at < self.stamp.len() && self.stamp[at] == self.epoch
    }

    /// The numbers that have a sum, in the order of their first addition.
    #[must_use]
    pub fn touched(&self) -> &[u32] {
        &self.touched
    }

    /// Divides every sum by the greatest, so that the best has 1. Does nothing unless the greatest is positive.
    pub fn normalise(&mut self) {
        let mut most = 0.0f64;
        for &number in &self.touched {
            most = most.max(self.value[number as usize]);
        }
        if most > 0.0 {
            for &number in &self.touched {
                self.value[number as usize] /= most;
            }
        }
    }

    /// Multiplies every sum by a factor that depends on its number.
    pub fn scale(&mut self, factor: impl Fn(u32) -> f64) {
        for &number in &self.touched {
            self.value[number as usize] *= factor(number);
        }
    }

    /// The `k` best items with a positive score, best first; of equal scores the lower item number comes first.
    pub fn top(&self, k: usize, out: &mut Vec<(u32, f64)>) {
        out.clear();
        if k == 0 {
            return;
        }
        let positive = |&&number: &&u32| self.value[number as usize] > 0.0;
        out.extend(
            self.touched
                .iter()
                .filter(positive)
                .map(|&number| (number, self.value[number as usize])),
        );
        let better = |a: &(u32, f64), b: &(u32, f64)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if out.len() > k {
            out.select_nth_unstable_by(k - 1, better);
            out.truncate(k);
        }
        out.sort_unstable_by(better);
    }

    /// The rank of `item` counted from 1, ties against it: how many items score at least as much. None where its
    /// score is not positive: then it is not recommended at all.
    #[must_use]
    pub fn rank(&self, item: u32) -> Option<u32> {
        let own = self.get(item);
        if own.is_nan() || own <= 0.0 {
            return None;
        }
        let as_good = |&&number: &&u32| self.value[number as usize] >= own;
        Some(self.touched.iter().filter(as_good).count() as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_count_against_the_target_and_zero_is_no_recommendation() {
        let mut scores = Scores::default();
        scores.begin(6);
        for (item, value) in [(4, 0.5), (1, 0.5), (2, 0.9), (3, 0.0)] {
            scores.add(item, value);
        }
        assert_eq!(scores.rank(2), Some(1));
        assert_eq!(scores.rank(1), Some(3));
        assert_eq!(scores.rank(4), Some(3));
        assert_eq!(scores.rank(3), None);
        assert_eq!(scores.rank(5), None);
        let mut top = Vec::new();
        scores.top(2, &mut top);
        assert_eq!(top, [(2, 0.9), (1, 0.5)]);
        scores.begin(6);
        assert_eq!(scores.rank(2), None);
    }
}
