//! The best single price of an item that nobody else sells.

use crate::demand::range::within;
use crate::demand::response::PriceResponse;
use crate::demand::special::lambert_w;
use crate::problem::{Problem, Text};

/// A price with what it earns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Priced {
    /// Price of one unit, in currency.
    pub price: f64,
    /// Expected profit a period, in currency.
    pub profit: f64,
}

/// The price that maximises `(price - cost) * units(price)`.
///
/// Linear: `(base / slope + cost) / 2`; log-linear: `cost + 1 / slope`; iso-elastic: `cost e / (e - 1)`;
/// logit: `cost + (1 + W(exp(u - slope cost - 1))) / slope` with Lambert's W (Phillips, *Pricing and Revenue
/// Optimization*, 2005; Li & Huh 2011). Where every price above cost loses, the price is the one at which
/// demand ends and the profit is 0.
///
/// # Errors
/// `pricing.unbounded` when demand does not fall fast enough for a best price to exist (slope 0, elasticity at
/// most 1 or, for iso-elastic demand, cost 0); `config.range` when a number is out of range.
pub fn best_price(response: PriceResponse, cost: f64) -> Result<Priced, Problem> {
    let response = response.checked()?;
    within(("unit cost", "单位成本"), cost, 0.0, 1e9)?;
    let price = match response {
        PriceResponse::Linear { base, slope } if slope > 0.0 => {
            let choke = base / slope;
            if choke > cost {
                0.5 * (choke + cost)
            } else {
                choke
            }
        }
        PriceResponse::LogLinear { slope, .. } if slope > 0.0 => cost + 1.0 / slope,
        PriceResponse::Logit { utility, slope, .. } if slope > 0.0 => {
            let inner = libm::exp(utility - slope * cost - 1.0);
            cost + (1.0 + lambert_w(inner)) / slope
        }
        PriceResponse::IsoElastic { elasticity, .. } if elasticity > 1.0 && cost > 0.0 => {
            cost * elasticity / (elasticity - 1.0)
        }
        _ => return Err(unbounded()),
    };
    let profit = (price - cost).max(0.0) * response.units(price);
    Ok(Priced { price, profit })
}

fn unbounded() -> Problem {
    Problem::new(
        "pricing.unbounded",
        Text::new(
            "There is no best price: demand hardly falls when the price rises, so dearer always earns more.",
            "不存在最优价格：价格上涨时需求几乎不降，因此越贵收益越高。",
        ),
        Text::new(
            "Type a larger price slope (or an elasticity above 1 with a cost above 0), or limit the price ladder.",
            "请输入更大的价格斜率(或大于 1 的弹性并使成本大于 0)，或限制价格档位。",
        ),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn printed_optima() {
        let linear = best_price(
            PriceResponse::Linear {
                base: 100.0,
                slope: 2.0,
            },
            10.0,
        )
        .unwrap();
        assert_eq!(
            linear,
            Priced {
                price: 30.0,
                profit: 800.0
            }
        );
        let logit = PriceResponse::Logit {
            visitors: 1.0,
            utility: 3.0,
            slope: 0.5,
        };
        let best = best_price(logit, 2.0).unwrap();
        assert!((best.price - 6.0).abs() < 1e-12 && (best.profit - 2.0).abs() < 1e-12);
        let elastic = best_price(
            PriceResponse::IsoElastic {
                base: 7.0,
                elasticity: 3.0,
            },
            2.0,
        )
        .unwrap();
        assert!((elastic.price - 3.0).abs() < 1e-12);
    }

    #[test]
    fn every_price_at_a_loss_earns_nothing_and_no_optimum_is_said() {
        let hopeless = best_price(
            PriceResponse::Linear {
                base: 10.0,
                slope: 2.0,
            },
            50.0,
        )
        .unwrap();
        assert_eq!(hopeless.profit, 0.0);
        let stiff = PriceResponse::IsoElastic {
            base: 1.0,
            elasticity: 0.8,
        };
        assert_eq!(
            best_price(stiff, 2.0).unwrap_err().code,
            "pricing.unbounded"
        );
        let flat = PriceResponse::Linear {
            base: 1.0,
            slope: 0.0,
        };
        assert_eq!(best_price(flat, 2.0).unwrap_err().code, "pricing.unbounded");
    }
}
