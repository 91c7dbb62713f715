//! Whether a forecast beats repeating the last value, on periods it has not seen.

use super::forecast::check;
use super::smooth::{Method, Run};
use crate::problem::{Problem, Text};

/// How a method did one period ahead over the last third of a series, tuned on the rest alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backtest {
    /// The method.
    pub method: Method,
    /// Periods it was tested on.
    pub periods: usize,
    /// Mean absolute error, in units.
    pub error: f64,
    /// Mean absolute error of the naive forecast on the same periods.
    pub naive_error: f64,
    /// Mean absolute scaled error: `error` over that of the naive forecast while tuning (Hyndman & Koehler 2006). `None` when
    /// demand never changed there.
    pub scaled: Option<f64>,
    /// How much nearer than the naive forecast it was on average, in units, with its 95 % interval `(low, high)`.
    pub gain: (f64, f64, f64),
}

impl Backtest {
    /// What the interval of the gain says.
    #[must_use]
    pub fn verdict(&self) -> Text {
        let (_, low, high) = self.gain;
        if low > 0.0 {
            Text::new(
                "Nearer to what was sold than repeating the last value.",
                "比沿用上一期数值更接近实际销量。",
            )
        } else if high < 0.0 {
            Text::new(
                "Farther from what was sold than repeating the last value.",
                "不如沿用上一期数值接近实际销量。",
            )
        } else {
            Text::new(
                "These periods can't tell it apart from repeating the last value.",
                "这些周期的数据无法区分它与沿用上一期数值的优劣。",
            )
        }
    }
}

/// Tests a method on the last third of a series.
///
/// # Errors
/// `demand.short` when the first two thirds are too short for the method; those of [`super::forecast::forecast`].
pub fn backtest(series: &[f64], method: Method) -> Result<Backtest, Problem> {
    let cut = series.len() - series.len() / 3;
    check(&series[..cut], method)?;
    check(series, method)?;
    let run = Run::new(method, method.tune(&series[..cut]), series);
    // What can't be predicted yet (Croston before the first sale) is predicted as 0.
    let error = |t: usize| {
        let predicted = run.predicted[t];
        (series[t]
            - if predicted.is_nan() {
                0.0
            } else {
                predicted.max(0.0)
            })
        .abs()
    };
    let naive = |t: usize| (series[t] - series[t - 1]).abs();
    let tested: Vec<(f64, f64)> = (cut..series.len()).map(|t| (error(t), naive(t))).collect();
    let n = tested.len() as f64;
    let scale = (1..cut).map(naive).sum::<f64>() / (cut as f64 - 1.0);
    let mean_error = tested.iter().map(|pair| pair.0).sum::<f64>() / n;
    let naive_error = tested.iter().map(|pair| pair.1).sum::<f64>() / n;
    let gain = naive_error - mean_error;
    let spread = tested
        .iter()
        .map(|(e, s)| (s - e - gain) * (s - e - gain))
        .sum::<f64>();
    let half = 1.96 * libm::sqrt(spread / (n - 1.0).max(1.0) / n);
    Ok(Backtest {
        method,
        periods: tested.len(),
        error: mean_error,
        naive_error,
        scaled: (scale > 0.0).then(|| mean_error / scale),
        gain: (gain, gain - half, gain + half),
    })
}

/// The method of the list with the least error on the last third; ties go to the earlier one. Those that need a longer
/// series are left out.
///
/// # Errors
/// That of the first method when none can be tested.
pub fn choose(series: &[f64], methods: &[Method]) -> Result<Backtest, Problem> {
    let mut best: Option<Backtest> = None;
    let mut refused = None;
    for &method in methods {
        match backtest(series, method) {
            Ok(tested) if best.is_none_or(|best| tested.error < best.error) => best = Some(tested),
            Ok(_) => {}
            Err(problem) => {
                refused.get_or_insert(problem);
            }
        }
    }
    best.ok_or_else(|| {
        refused.unwrap_or_else(|| {
            Problem::new(
                "demand.no_method",
                Text::new("No forecast method was chosen.", "没有选择预测方法。"),
                Text::new("Choose at least one method.", "请至少选择一种方法。"),
            )
        })
    })
}
