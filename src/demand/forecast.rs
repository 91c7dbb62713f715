//! Forecasts with intervals.

use super::range::within;
use super::smooth::{Method, Run, Tuning};
use crate::distribution::normal_quantile;
use crate::problem::{Problem, Text};

/// What may be sold in the coming periods.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// The method.
    pub method: Method,
    /// What it was tuned to.
    pub tuning: Tuning,
    /// Expected units in each coming period, not below 0.
    pub mean: Vec<f64>,
    /// Lower end of the interval, not below 0.
    pub low: Vec<f64>,
    /// Upper end of the interval.
    pub high: Vec<f64>,
    /// Standard deviation of the error one period ahead, in units.
    pub deviation: f64,
}

/// Forecasts `horizon` periods (1 to 1,000) of a series, with intervals that hold `coverage` (0.5 to 0.999) of what may
/// come if the past is a guide: normal ones, except for Croston's method, whose errors are far from normal and taken as they were. Where more
/// periods than the lower tail sold nothing, nothing is also its lower end. What is expected always lies within.
///
/// # Errors
/// `demand.short` when the series is too short for the method; `demand.values` when a value is below 0 or not finite;
/// `config.range` names a setting out of range.
pub fn forecast(
    series: &[f64],
    method: Method,
    horizon: usize,
    coverage: f64,
) -> Result<Forecast, Problem> {
    check(series, method)?;
    within(("horizon", "预测周期数"), horizon as f64, 1.0, 1e3)?;
    within(("coverage", "置信水平"), coverage, 0.5, 0.999)?;
    let tuning = method.tune(series);
    let run = Run::new(method, tuning, series);
    let mut errors = run.errors(series);
    let squares: f64 = errors.iter().map(|error| error * error).sum();
    let free = errors.len().saturating_sub(method.degrees()).max(1);
    let deviation = libm::sqrt(squares / free as f64);
    let tail = 0.5 * (1.0 - coverage);
    let (below, above) = if method == Method::Croston {
        errors.sort_by(f64::total_cmp);
        // The error of a period without sales is the rate that was expected then. When the rate has risen since, the lowest errors would not
        // reach down to 0.
        let below = if zeros(series) > tail {
            f64::NEG_INFINITY
        } else {
            share_point(&errors, tail)
        };
        let above = share_point(&errors, 1.0 - tail);
        // Few errors may all lie on one side, as when sales fell: what is expected may come all the same.
        (below.min(0.0), above.max(0.0))
    } else {
        let z = normal_quantile(1.0 - tail);
        (-z * deviation, z * deviation)
    };
    let mean: Vec<f64> = (1..=horizon).map(|step| run.ahead(step).max(0.0)).collect();
    let bound = |offset: f64| {
        let ends = mean.iter().enumerate();
        ends.map(|(i, mean)| (mean + offset * run.growth(i + 1)).max(0.0))
            .collect()
    };
    Ok(Forecast {
        method,
        tuning,
        low: bound(below),
        high: bound(above),
        mean,
        deviation,
    })
}

/// Share of the periods without sales.
fn zeros(series: &[f64]) -> f64 {
    let without = series.iter().filter(|value| **value == 0.0).count();
    without as f64 / series.len().max(1) as f64
}

/// The value below which this share of sorted values lies; 0 of none.
fn share_point(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted
        .get(libm::round(share * last as f64) as usize)
        .copied()
        .unwrap_or(0.0)
}

/// Whether a series can be forecast by a method.
pub(super) fn check(series: &[f64], method: Method) -> Result<(), Problem> {
    if let Method::SeasonalNaive(season) | Method::HoltWinters(season) = method {
        let least = if matches!(method, Method::HoltWinters(_)) {
            2.0
        } else {
            1.0
        };
        within(
            ("length of the season", "季节长度"),
            season as f64,
            least,
            1e3,
        )?;
    }
    if series.len() < method.warm_up() {
        return Err(too_short(series.len(), method.warm_up()));
    }
    if series
        .iter()
        .all(|value| value.is_finite() && *value >= 0.0)
    {
        return Ok(());
    }
    Err(Problem::new(
        "demand.values",
        Text::new(
            "The demand of some period is below 0 or not a number.",
            "某个周期的需求为负数或不是数值。",
        ),
        Text::new(
            "Give units of at least 0 for every period.",
            "请为每个周期给出不小于 0 的数量。",
        ),
    ))
}

/// What is said of a series with fewer periods than are needed.
pub(super) fn too_short(given: usize, needed: usize) -> Problem {
    Problem::new(
        "demand.short",
        Text::new(
            format!("There are {given} periods of demand; this method needs at least {needed}."),
            format!("只有 {given} 个周期的需求数据，该方法至少需要 {needed} 个。"),
        ),
        Text::new(
            "Choose a shorter period or season, or a simpler method.",
            "请选择更短的周期或季节，或更简单的方法。",
        ),
    )
}
