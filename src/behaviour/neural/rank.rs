//! What a network's list is ranked by: how likely an item comes next, what it is worth, or both.

use super::{Neural, RankBy};
use crate::behaviour::Scores;
use crate::nn::vector::exp;

/// What an item counts as worth that is taken to be worth nothing, or less, which rewards of 0 and more rule out: so little that likelihood
/// alone orders such items, below all others.
const WORTHLESS: f32 = 1e-6;

/// Likelihood times value: what recommending an item is expected to bring if the user does as they would. One for each item.
///
/// `chances` are probabilities, `values` Q-values.
pub fn products<'a>(chances: &'a [f32], values: &'a [f32]) -> impl Iterator<Item = f64> + 'a {
    chances.iter().zip(values).map(|(&chance, &value)| {
        let value = if value > WORTHLESS { value } else { WORTHLESS };
        f64::from(chance) * f64::from(value)
    })
}

/// Leaves the score of each item. Values may be negative, and only positive scores are recommended: exponentials keep the order.
pub fn score(by: RankBy, chances: &[f32], values: &[f32], scores: &mut Scores) {
    let mut set = |item: usize, score| scores.set(item as u32, score);
    match by {
        RankBy::Likelihood => {
            for (item, &chance) in chances.iter().enumerate() {
                set(item, f64::from(chance));
            }
        }
        RankBy::Value => {
            for (item, &value) in values.iter().enumerate() {
                set(item, f64::from(exp(value)));
            }
        }
        RankBy::Product => {
            for (item, product) in products(chances, values).enumerate() {
                set(item, product);
            }
        }
    }
}

impl Neural {
    /// Ranks otherwise from now on. Values and products come of one course of learning; likelihood alone has another, which the
    /// validation window ends.
    pub fn rank_by(&mut self, by: RankBy) {
        self.settings.rank = by;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is likely and worth something comes first; of what is worth nothing, or less, the likelier.
    #[test]
    fn products_rank_by_likelihood_and_value() {
        let (chances, values) = ([0.25, 0.5, 0.125, 0.125], [0.0, -1.0, 1.0, 0.5]);
        let mut scores = Scores::default();
        scores.begin(4);
        score(RankBy::Product, &chances, &values, &mut scores);
        let mut ranked = Vec::new();
        scores.top(4, &mut ranked);
        let order: Vec<u32> = ranked.iter().map(|&(item, _)| item).collect();
        assert_eq!(order, [2, 3, 1, 0]);
    }
}
