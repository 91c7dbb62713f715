//! Whether a forecast beats repeating the last value, on periods it has not seen.

use super::forecast::{check, too_short};
use super::smooth::{Method, Run};
use crate::distribution::student_quantile;
use crate::problem::{Problem, Text};

/// Fewest tested periods that tell anything: with fewer, one odd period decides, and Student's interval stands on errors that are far
/// from normal.
const FEWEST: usize = 8;

/// How a method did one period ahead over the last third of a series, tuned on the rest alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backtest {
    /// The method.
    pub method: Method,
    /// Periods it was tested on, at least 1.
    pub periods: usize,
    /// Methods that it was the best of on the same periods, repeating the last value not counted; 1 where it was not chosen.
    pub among: usize,
    /// Mean absolute error, in units.
    pub error: f64,
    /// Mean absolute error of the naive forecast on the same periods.
    pub naive_error: f64,
    /// Mean absolute scaled error: `error` over that of the naive forecast while tuning (Hyndman & Koehler 2006). `None` when
    /// demand never changed there.
    pub scaled: Option<f64>,
    /// How much nearer than the naive forecast it was on average, in units.
    pub gain: f64,
    /// The 95 % interval of the gain by Student's t, `(low, high)`. It holds for all the methods at once that it was chosen among
    /// (Bonferroni). `None` below 8 periods.
    pub interval: Option<(f64, f64)>,
}

impl Backtest {
    /// What the interval of the gain says.
    #[must_use]
    pub fn verdict(&self) -> Text {
        match self.interval {
            None => Text::new(
                format!(
                    "Too few periods to tell whether that is better: {} tested, at least {FEWEST} are needed.",
                    self.periods
                ),
                format!(
                    "周期太少，无法判断是否更好：仅检验了 {} 期，至少需要 {FEWEST} 期。",
                    self.periods
                ),
            ),
            Some((low, _)) if low > 0.0 => Text::new(
                "Nearer to what was sold than repeating the last value.",
                "比沿用上一期数值更接近实际销量。",
            ),
            Some((_, high)) if high < 0.0 => Text::new(
                "Farther from what was sold than repeating the last value.",
                "不如沿用上一期数值接近实际销量。",
            ),
            Some(_) => Text::new(
                "These periods can't tell it apart from repeating the last value.",
                "这些周期的数据无法区分它与沿用上一期数值的优劣。",
            ),
        }
    }
}

/// Tests a method on the last third of a series.
///
/// # Errors
/// `demand.short` when the first two thirds are too short for the method, or there are fewer than 3 periods; those of
/// [`super::forecast::forecast`].
pub fn backtest(series: &[f64], method: Method) -> Result<Backtest, Problem> {
    test(series, method, 1)
}

/// Whether a method can be tested on the last third of a series, which begins at the number given back.
fn testable(series: &[f64], method: Method) -> Result<usize, Problem> {
    if series.len() < 3 {
        return Err(too_short(series.len(), 3));
    }
    let cut = series.len() - series.len() / 3;
    check(&series[..cut], method)?;
    check(series, method)?;
    Ok(cut)
}

fn test(series: &[f64], method: Method, among: usize) -> Result<Backtest, Problem> {
    let cut = testable(series, method)?;
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
    let gains: Vec<f64> = tested.iter().map(|(error, naive)| naive - error).collect();
    let gain = naive_error - mean_error;
    Ok(Backtest {
        method,
        periods: tested.len(),
        among,
        error: mean_error,
        naive_error,
        scaled: (scale > 0.0).then(|| mean_error / scale),
        gain,
        interval: (gains.len() >= FEWEST).then(|| interval(&gains, gain, among)),
    })
}

/// The interval of a mean, one of `among` that shall all hold with 95 %.
fn interval(values: &[f64], mean: f64, among: usize) -> (f64, f64) {
    let n = values.len();
    let squares = values.iter().map(|value| (value - mean) * (value - mean));
    let error = libm::sqrt(squares.sum::<f64>() / (n as f64 - 1.0) / n as f64);
    let half = student_quantile(1.0 - 0.025 / among.max(1) as f64, (n - 1) as f64) * error;
    (mean - half, mean + half)
}

/// The method of the list with the least error on the last third; ties go to the earlier one. Those that need a longer
/// series are left out. The best of several looks better on the periods that chose it than it is: its interval allows for that.
///
/// # Errors
/// That of the first method when none can be tested.
pub fn choose(series: &[f64], methods: &[Method]) -> Result<Backtest, Problem> {
    let mut best: Option<Backtest> = None;
    let mut refused = None;
    let rivals = methods.iter().filter(|method| **method != Method::Naive);
    let among = rivals.filter(|method| testable(series, **method).is_ok());
    let among = among.count();
    for &method in methods {
        match test(series, method, among) {
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
