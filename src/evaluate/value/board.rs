//! The board of policies: each one's value, as a share of the optimum, and the regret of learning.

use serde::{Deserialize, Serialize};

use super::policy::Stochastic;
use super::simulate::simulate;
use crate::env::Model;
use crate::evaluate::ope::Estimate;
use crate::problem::Problem;
use crate::solve::sweeps::{Order, Sweeps};
use crate::solve::value_iteration::{TOLERANCE, solve, start_value};

/// Sweeps after which a policy's values are taken as they are.
const SWEEP_LIMIT: u32 = 100_000;

/// One policy on the board.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyValue {
    /// Its name.
    pub name: String,
    /// Expected return from the starts, exactly.
    pub exact: f64,
    /// The same as a share of the optimum, where the optimum is above 0.
    pub of_optimum: Option<f64>,
    /// Mean return of simulated episodes; must agree with `exact`.
    pub simulated: Estimate,
}

/// Policies against the optimum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Board {
    /// Expected return of the optimal policy.
    pub optimum: f64,
    /// Each policy, in the order given.
    pub policies: Vec<PolicyValue>,
    /// Simulated episodes a policy.
    pub episodes: u32,
    /// Discount.
    pub gamma: f64,
}

/// The values of a policy, one a state (Sutton & Barto 2018, eq. 4.4), to [`TOLERANCE`].
///
/// Below a discount of 1 `horizon` is not used; at 1 it is the value of the first `horizon` steps, so that a policy
/// that goes round in circles for ever has a value too.
#[must_use]
pub fn exact(model: &impl Model, policy: &Stochastic, gamma: f64, horizon: u32) -> Vec<f64> {
    let zeros = vec![0.0; model.states() as usize];
    let mut sweeps = if gamma < 1.0 {
        Sweeps::new(zeros, gamma, TOLERANCE, SWEEP_LIMIT, Order::InPlace)
    } else {
        Sweeps::new(zeros, gamma, TOLERANCE, horizon, Order::Synchronous)
    };
    while !sweeps
        .advance(model, u64::MAX, |state, q| policy.value(state, q))
        .done
    {}
    sweeps.into_values()
}

/// Values every policy exactly and by `episodes` simulated episodes of at most `horizon` steps.
///
/// # Errors
/// `solve.no-limit` where the optimum has no limit.
pub fn board(
    model: &impl Model,
    policies: &[(&str, &Stochastic)],
    gamma: f64,
    horizon: u32,
    (episodes, seed): (u32, u64),
) -> Result<Board, Problem> {
    let optimum = solve(model, gamma)?.start_value;
    let policies = policies
        .iter()
        .map(|(name, policy)| {
            let value = start_value(model, &exact(model, policy, gamma, horizon));
            let label = format!("value.{name}");
            PolicyValue {
                name: (*name).to_owned(),
                exact: value,
                of_optimum: (optimum > 0.0).then(|| value / optimum),
                simulated: simulate(model, policy, gamma, horizon, episodes, (seed, &label))
                    .estimate(name, 0.95),
            }
        })
        .collect();
    Ok(Board {
        optimum,
        policies,
        episodes,
        gamma,
    })
}

/// How much was lost by learning, up to one point of the training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Regret {
    /// Episodes so far.
    pub episodes: f64,
    /// What one more episode loses: the optimum less the value of the policy in force.
    pub simple: f64,
    /// What all episodes lost together.
    pub cumulative: f64,
}

/// The regret over a training run from points (episodes, value of the policy in force), in order. Between two points
/// the value is taken as the mean of both (trapezoid rule); before the first, as that of the first.
#[must_use]
pub fn regret(points: &[(f64, f64)], optimum: f64) -> Vec<Regret> {
    let mut series: Vec<Regret> = Vec::with_capacity(points.len());
    for &(episodes, value) in points {
        let simple = optimum - value;
        let before = series.last().copied().unwrap_or(Regret {
            episodes: 0.0,
            simple,
            cumulative: 0.0,
        });
        let cumulative =
            before.cumulative + 0.5 * (before.simple + simple) * (episodes - before.episodes);
        series.push(Regret {
            episodes,
            simple,
            cumulative,
        });
    }
    series
}
