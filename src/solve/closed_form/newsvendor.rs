//! The newsvendor: one order before one uncertain demand (Arrow, Harris & Marschak 1951), and base-stock levels.

use crate::demand::discrete::Discrete;
use crate::demand::range::within;
use crate::demand::special::normal_density;
use crate::distribution::normal_quantile;
use crate::problem::Problem;

/// A stock level with its expected cost a period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// Units to order up to.
    pub units: f64,
    /// Expected cost a period, in currency.
    pub cost: f64,
}

/// The best level for normal demand: `mean + z * deviation` at the critical ratio `under / (under + over)`,
/// with cost `(over + under) * deviation * density(z)`.
///
/// `over` and `under` are the costs of one unit too many and one too few.
///
/// # Errors
/// `config.range` when a cost is not above 0 or a parameter not finite.
pub fn normal(mean: f64, deviation: f64, over: f64, under: f64) -> Result<Level, Problem> {
    within(("mean demand", "平均需求"), mean, -1e12, 1e12)?;
    within(("standard deviation", "标准差"), deviation, 0.0, 1e12)?;
    check_costs(over, under)?;
    let z = normal_quantile(under / (over + under));
    Ok(Level {
        units: mean + z * deviation,
        cost: (over + under) * deviation * normal_density(z),
    })
}

/// The best level for demand in whole units: the smallest with `P(demand <= level)` at least the critical ratio.
///
/// # Errors
/// `config.range` when a cost is not above 0.
pub fn discrete(demand: &Discrete, over: f64, under: f64) -> Result<Level, Problem> {
    check_costs(over, under)?;
    let units = f64::from(demand.quantile(under / (over + under)));
    Ok(Level {
        units,
        cost: mismatch_cost(demand, units, over, under),
    })
}

/// Expected cost of having `units` before `demand`: `over` for each unit left, `under` for each unit short.
#[must_use]
pub fn mismatch_cost(demand: &Discrete, units: f64, over: f64, under: f64) -> f64 {
    demand.expect(|d| over * (units - d).max(0.0) + under * (d - units).max(0.0))
}

/// The best base-stock level for normal demand, orders that arrive `lead_time` periods later, and
/// backorders: a newsvendor over `lead_time + 1` periods (Zipkin, *Foundations of Inventory Management*, 2000, ch. 9).
///
/// # Errors
/// `config.range` when a cost is not above 0 or a parameter not finite.
pub fn base_stock(
    mean: f64,
    deviation: f64,
    lead_time: u32,
    over: f64,
    under: f64,
) -> Result<Level, Problem> {
    let exposed = f64::from(lead_time) + 1.0;
    normal(mean * exposed, deviation * libm::sqrt(exposed), over, under)
}

fn check_costs(over: f64, under: f64) -> Result<(), Problem> {
    within(("cost of a unit too many", "多余单位成本"), over, 1e-9, 1e9)?;
    within(("cost of a unit short", "缺货单位成本"), under, 1e-9, 1e9)?;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn printed(level: Level, units: f64, cost: f64) {
        assert!((level.units - units).abs() < 5e-7, "{level:?}");
        assert!((level.cost - cost).abs() < 5e-7, "{level:?}");
    }

    #[test]
    fn printed_optima() {
        printed(
            normal(50.0, 8.0, 0.18, 0.70).unwrap(),
            56.603_956,
            1.997_605,
        );
        printed(
            normal(120.0, 10.0, 2.0, 18.0).unwrap(),
            132.815_516,
            35.099_666,
        );
        let poisson = Discrete::poisson(6.0).unwrap();
        printed(discrete(&poisson, 1.0, 4.0).unwrap(), 8.0, 3.570_107);
        printed(
            base_stock(10.0, 3.0, 2, 1.0, 9.0).unwrap(),
            36.659_137,
            9.119_161,
        );
    }

    #[test]
    fn the_discrete_level_is_the_best_of_all_levels() {
        let demand = Discrete::negative_binomial(7.0, 30.0).unwrap();
        let best = discrete(&demand, 2.0, 5.0).unwrap();
        for units in 0..60 {
            assert!(mismatch_cost(&demand, f64::from(units), 2.0, 5.0) >= best.cost - 1e-12);
        }
    }
}
