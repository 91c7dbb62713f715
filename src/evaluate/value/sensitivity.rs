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

/// Values the policies at each value of the assumption (ascending), and finds the crossings by bisection. `values` gives
/// one number a policy, always as many.
///
/// # Errors
/// Those of `values`.
pub fn sensitivity(
    at: &[f64],
    mut values: impl FnMut(f64) -> Result<Vec<f64>, Problem>,
) -> Result<Sensitivity, Problem> {
    let mut found = Sensitivity {
        at: at.to_vec(),
        values: Vec::with_capacity(at.len()),
        winner: Vec::with_capacity(at.len()),
        crossings: Vec::new(),
    };
    for (step, &x) in at.iter().enumerate() {
        let row = values(x)?;
        let before = found.winner.last().copied();
        let winner = best(&row, before);
        if let Some(below) = before
            && below != winner
        {
            let (mut low, mut high) = (at[step - 1], x);
            for _ in 0..HALVINGS {
                let middle = 0.5 * (low + high);
                if best(&values(middle)?, Some(below)) == below {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            found.crossings.push(Crossing {
                at: 0.5 * (low + high),
                below,
                above: winner,
            });
        }
        found.winner.push(winner);
        found.values.push(row);
    }
    Ok(found)
}

/// The index of the largest value; `favourite` where it ties with it, else the lowest.
fn best(row: &[f64], favourite: Option<usize>) -> usize {
    let mut best = 0;
    for (index, value) in row.iter().enumerate() {
        if *value > row[best] {
            best = index;
        }
    }
    match favourite {
        Some(index) if index < row.len() && row[best] - row[index] <= TIE * row[best].abs() => {
            index
        }
        _ => best,
    }
}
