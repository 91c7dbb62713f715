//! How the ranking of policies depends on an assumption (the acceptance lift, the discount), and where the winner changes.

use serde::{Deserialize, Serialize};

use crate::problem::Problem;

/// Halvings of the step in which a crossing was found: a thousandth of it.
const HALVINGS: u32 = 10;
/// Values closer than this, relative to the larger, share the first place: no winner changes between them.
const TIE: f64 = 1e-6;

/// Where one winner gives way to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crossing {
    /// The value of the assumption.
    pub at: f64,
    /// Index of the policy that wins below.
    pub below: usize,
    /// Index of the policy that wins above.
    pub above: usize,
}

/// Values of policies over a range of an assumption.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sensitivity {
    /// The values of the assumption.
    pub at: Vec<f64>,
    /// Each policy's value there: `[step][policy]`.
    pub values: Vec<Vec<f64>>,
    /// The index of the winner of each step; among equals, the winner before, else the lowest.
    pub winner: Vec<usize>,
    /// Where the winner changes, in order.
    pub crossings: Vec<Crossing>,
}

/// A search for crossings in the making: it says at which value of the assumption the policies are to be valued next.
#[derive(Clone, Debug)]
pub struct Scan {
    found: Sensitivity,
    /// Values of the assumption still to be stepped on start here.
    step: usize,
    /// A bisection under way.
    halving: Option<Halving>,
}

/// The bisection of the step in which the winner changed.
#[derive(Clone, Debug)]
struct Halving {
    low: f64,
    high: f64,
    left: u32,
    below: usize,
    above: usize,
}

impl Scan {
    /// Over these values of the assumption, ascending.
    #[must_use]
    pub fn new(at: Vec<f64>) -> Self {
        let found = Sensitivity {
            values: Vec::with_capacity(at.len()),
            winner: Vec::with_capacity(at.len()),
            at,
            crossings: Vec::new(),
        };
        Self {
            found,
            step: 0,
            halving: None,
        }
    }

    /// Where the policies are to be valued next; absent when all is found.
    #[must_use]
    pub fn wanted(&self) -> Option<f64> {
        match &self.halving {
            Some(halving) => Some(0.5 * (halving.low + halving.high)),
            None => self.found.at.get(self.step).copied(),
        }
    }

    /// Takes the values of the policies, always as many, at what was [`Scan::wanted`].
    pub fn take(&mut self, row: Vec<f64>) {
        if self.halving.is_some() {
            self.halve(&row);
        } else if self.step < self.found.at.len() {
            self.stride(row);
        }
    }

    fn halve(&mut self, row: &[f64]) {
        let Some(mut halving) = self.halving.take() else {
            return;
        };
        let middle = 0.5 * (halving.low + halving.high);
        if best(row, Some(halving.below)) == halving.below {
            halving.low = middle;
        } else {
            halving.high = middle;
        }
        halving.left -= 1;
        if halving.left > 0 {
            self.halving = Some(halving);
        } else {
            self.found.crossings.push(Crossing {
                at: 0.5 * (halving.low + halving.high),
                below: halving.below,
                above: halving.above,
            });
        }
    }

    fn stride(&mut self, row: Vec<f64>) {
        let before = self.found.winner.last().copied();
        let above = best(&row, before);
        if let Some(below) = before
            && below != above
        {
            self.halving = Some(Halving {
                low: self.found.at[self.step - 1],
                high: self.found.at[self.step],
                left: HALVINGS,
                below,
                above,
            });
        }
        self.found.winner.push(above);
        self.found.values.push(row);
        self.step += 1;
    }

    /// The share that is done, from 0 to 1, bisections aside.
    #[must_use]
    pub fn progress(&self) -> f64 {
        self.step as f64 / self.found.at.len().max(1) as f64
    }

    /// What was found.
    #[must_use]
    pub fn finish(self) -> Sensitivity {
        self.found
    }
}

/// Values the policies at each value of the assumption (ascending), and finds the crossings by bisection. `values` gives
/// one number a policy, always as many.
///
/// # Errors
/// Those of `values`.
pub fn sensitivity(
    at: &[f64],
    mut values: impl FnMut(f64) -> Result<Vec<f64>, Problem>,
) -> Result<Sensitivity, Problem> {
    let mut scan = Scan::new(at.to_vec());
    while let Some(x) = scan.wanted() {
        scan.take(values(x)?);
    }
    Ok(scan.finish())
}

/// The index of the largest value; among equals `favourite`, else the lowest.
fn best(row: &[f64], favourite: Option<usize>) -> usize {
    let top = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let wins = |value: f64| top - value <= TIE * top.abs();
    let favourite = favourite.filter(|&index| row.get(index).is_some_and(|&value| wins(value)));
    let lowest = row.iter().position(|&value| wins(value));
    favourite.or(lowest).unwrap_or(0)
}
