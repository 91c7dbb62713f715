//! What surrounds a sale and can't be changed by it: the season, or what a competitor asks.

use crate::demand::discrete::Discrete;
use crate::demand::range::{count, within};
use crate::problem::Problem;

/// A Markov chain whose state multiplies demand.
#[derive(Clone, Debug, PartialEq)]
pub struct Situation {
    factors: Vec<f64>,
    next: Vec<Discrete>,
    starts: Vec<f64>,
}

impl Situation {
    /// Nothing changes from period to period.
    ///
    /// # Errors
    /// Never in fact: kept for the shared way of building.
    pub fn none() -> Result<Self, Problem> {
        Self::seasons(&[1.0])
    }

    /// Seasons in a cycle, one a period, starting with the first: demand is multiplied by `factors[season]` (0 to 100).
    ///
    /// # Errors
    /// `config.range` for a factor out of range, `config.count` unless there are 1 to 53 seasons.
    pub fn seasons(factors: &[f64]) -> Result<Self, Problem> {
        count(("seasons", "季节"), factors.len(), 1, 53)?;
        let seasons = factors.len() as u32;
        let next = (1..=seasons).map(|season| Discrete::constant(season % seasons));
        let mut starts = vec![0.0; factors.len()];
        starts[0] = 1.0;
        Self::checked(factors.to_vec(), next.collect::<Result<_, _>>()?, starts)
    }

    /// A competitor whose price stays with probability `stay` from period to period, else becomes any other of its
    /// prices; demand is multiplied by `factors[its price]` (0 to 100). It starts at any price, each equally often.
    ///
    /// # Errors
    /// `config.range` for a number out of range, `config.count` unless there are 2 to 20 prices.
    pub fn competitor(factors: &[f64], stay: f64) -> Result<Self, Problem> {
        count(("competitor prices", "竞争者价格"), factors.len(), 2, 20)?;
        within(("chance to stay", "保持概率"), stay, 0.0, 1.0)?;
        let others = (factors.len() - 1) as f64;
        let next = (0..factors.len()).map(|from| {
            let mut mass = vec![(1.0 - stay) / others; factors.len()];
            mass[from] = stay;
            Discrete::from_masses(mass)
        });
        let starts = vec![1.0 / factors.len() as f64; factors.len()];
        Self::checked(factors.to_vec(), next.collect::<Result<_, _>>()?, starts)
    }

    fn checked(factors: Vec<f64>, next: Vec<Discrete>, starts: Vec<f64>) -> Result<Self, Problem> {
        for &factor in &factors {
            within(("demand factor", "需求系数"), factor, 0.0, 100.0)?;
        }
        Ok(Self {
            factors,
            next,
            starts,
        })
    }

    /// What demand is multiplied by, one a situation.
    #[must_use]
    pub fn factors(&self) -> &[f64] {
        &self.factors
    }

    /// What follows each situation.
    #[must_use]
    pub fn next(&self) -> &[Discrete] {
        &self.next
    }

    /// Probability that an episode starts in each situation.
    #[must_use]
    pub fn starts(&self) -> &[f64] {
        &self.starts
    }
}
