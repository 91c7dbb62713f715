//! Selling a fixed stock by a deadline (Gallego & van Ryzin, Management Science 40, 1994).

use super::monopoly::Priced;
use crate::demand::discrete::Discrete;
use crate::demand::range::within;
use crate::problem::Problem;

/// Expected revenue and current price of the best dynamic policy under demand `base * exp(-slope * price)` a unit
/// of time: `J = ln(sum_{i<=n} (base t / e)^i / i!) / slope`, price `J(n, t) - J(n - 1, t) + 1 / slope`.
///
/// # Errors
/// `config.range` when a number is out of range.
pub fn best_dynamic_price(base: f64, slope: f64, stock: u32, time: f64) -> Result<Priced, Problem> {
    within(("size of demand", "需求规模"), base, 0.0, 1e6)?;
    within(("price slope", "价格斜率"), slope, 1e-9, 1e4)?;
    within(("stock", "库存"), f64::from(stock), 1.0, 1e6)?;
    within(("time left", "剩余时间"), time, 0.0, 1e6)?;
    let rate = base * time / std::f64::consts::E;
    let (all, but_one) = log_partial_sums(rate, stock);
    Ok(Priced {
        price: (all - but_one + 1.0) / slope,
        profit: all / slope,
    })
}

/// `ln sum_{i<=n} x^i / i!` and the same up to `n - 1`, without overflow.
fn log_partial_sums(x: f64, n: u32) -> (f64, f64) {
    let (mut scale, mut sum, mut before) = (0.0, 1.0, 1.0);
    let mut term = 1.0;
    for i in 1..=n {
        before = sum;
        term *= x / f64::from(i);
        sum += term;
        if sum > 1e200 {
            scale += libm::log(1e200);
            (term, sum, before) = (term * 1e-200, sum * 1e-200, before * 1e-200);
        }
    }
    (scale + libm::log(sum), scale + libm::log(before))
}

/// What one price kept over the whole season earns in expectation: `price * E[min(stock, Poisson(mean))]`, with `mean`
/// the units that would be bought in the whole season if stock lasted.
///
/// # Errors
/// `config.range` when the mean is not within `0..=100,000`.
pub fn fixed_price_revenue(price: f64, mean: f64, stock: u32) -> Result<f64, Problem> {
    let demand = Discrete::poisson(mean)?;
    Ok(price * demand.expect(|d| d.min(f64::from(stock))))
}

/// The best of the given prices when kept over the whole season; `units(price)` is the season's mean demand.
///
/// # Errors
/// `config.range` when a mean is not within `0..=100,000`; `config.count` when there is no price.
pub fn best_fixed_price(
    ladder: &[f64],
    units: impl Fn(f64) -> f64,
    stock: u32,
) -> Result<Priced, Problem> {
    crate::demand::range::count(("prices", "价格"), ladder.len(), 1, usize::MAX)?;
    let mut best = Priced {
        price: ladder[0],
        profit: f64::NEG_INFINITY,
    };
    for &price in ladder {
        let profit = fixed_price_revenue(price, units(price), stock)?;
        if profit > best.profit {
            best = Priced { price, profit };
        }
    }
    Ok(best)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn printed_optima() {
        let best = best_dynamic_price(1.0, 1.0, 10, 20.0).unwrap();
        assert!((best.profit - 7.223_107).abs() < 5e-7, "{best:?}");
        assert!((best.price - 1.098_123).abs() < 5e-7, "{best:?}");
        let ladder: Vec<f64> = (50..300).map(|cents| f64::from(cents) / 100.0).collect();
        let fixed = best_fixed_price(&ladder, |price| 20.0 * libm::exp(-price), 10).unwrap();
        assert_eq!(fixed.price, 1.12);
        assert!((fixed.profit - 7.161_071).abs() < 5e-7, "{fixed:?}");
    }

    #[test]
    fn plenty_of_stock_sells_at_the_monopoly_price() {
        let best = best_dynamic_price(5.0, 0.5, 100_000, 4.0).unwrap();
        assert!((best.price - 2.0).abs() < 1e-9);
        assert!((best.profit - 5.0 * 4.0 / std::f64::consts::E / 0.5).abs() < 1e-9);
    }
}
