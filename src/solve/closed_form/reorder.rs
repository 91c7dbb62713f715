//! When to order again and how much: the economic order quantity and the best (s, S) policy.

use super::newsvendor::mismatch_cost;
use crate::demand::discrete::Discrete;
use crate::demand::range::within;
use crate::problem::{Problem, Text};

/// Best order quantity and cost a unit of time under constant demand (Harris 1913): `sqrt(2 K d / h)` and `sqrt(2 K d h)`.
///
/// # Errors
/// `config.range` when a number is not above 0.
pub fn economic_order_quantity(fixed: f64, holding: f64, rate: f64) -> Result<(f64, f64), Problem> {
    within(("fixed order cost", "固定订货成本"), fixed, 1e-9, 1e12)?;
    within(("holding cost", "持有成本"), holding, 1e-9, 1e12)?;
    within(("demand rate", "需求率"), rate, 1e-9, 1e12)?;
    let quantity = libm::sqrt(2.0 * fixed * rate / holding);
    Ok((quantity, holding * quantity))
}

/// A policy "at or below `reorder`, order up to `up_to`".
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReorderPolicy {
    /// The reorder point s.
    pub reorder: i64,
    /// The order-up-to level S.
    pub up_to: i64,
    /// Long-run average cost a period, in currency.
    pub cost: f64,
}

/// The best (s, S) policy for backordered demand, by the algorithm of Zheng & Federgruen (1991).
///
/// `demand` is one period's; orders arrive `lead_time` periods later; costs a period are `holding` for each unit
/// left over, `penalty` for each unit short and `fixed` for each order.
///
/// # Errors
/// `config.range` when a cost or the lead time (0 to 50) is out of range; `inventory.no_demand` when demand is always 0;
/// `config.count` when the demand of the lead time is too large to write down.
pub fn best_reorder_policy(
    demand: &Discrete,
    lead_time: u32,
    fixed: f64,
    holding: f64,
    penalty: f64,
) -> Result<ReorderPolicy, Problem> {
    within(("fixed order cost", "固定订货成本"), fixed, 0.0, 1e9)?;
    within(("holding cost", "持有成本"), holding, 1e-9, 1e9)?;
    within(("shortage cost", "缺货成本"), penalty, 1e-9, 1e9)?;
    within(("lead time", "提前期"), f64::from(lead_time), 0.0, 50.0)?;
    if demand.max() == 0 {
        return Err(no_demand());
    }
    let exposed = demand.over(lead_time + 1)?;
    let cost_at = |level: i64| mismatch_cost(&exposed, level as f64, holding, penalty);
    let mut renewal = Renewal::new(demand);

    let newsvendor = i64::from(exposed.quantile(penalty / (holding + penalty)));
    let mut up_to = newsvendor;
    let mut reorder = newsvendor - 1;
    while renewal.average(fixed, reorder, up_to, cost_at) > cost_at(reorder) {
        reorder -= 1;
    }
    let mut cost = renewal.average(fixed, reorder, up_to, cost_at);
    let mut candidate = up_to + 1;
    while cost_at(candidate) <= cost {
        if renewal.average(fixed, reorder, candidate, cost_at) < cost {
            up_to = candidate;
            while renewal.average(fixed, reorder, up_to, cost_at) <= cost_at(reorder + 1)
                && reorder + 1 < up_to
            {
                reorder += 1;
            }
            cost = renewal.average(fixed, reorder, up_to, cost_at);
        }
        candidate += 1;
    }
    Ok(ReorderPolicy {
        reorder,
        up_to,
        cost,
    })
}

/// Expected visits to the levels below S within one order cycle.
struct Renewal<'a> {
    demand: &'a [f64],
    /// `visits[j]`: expected periods spent at level S - j.
    visits: Vec<f64>,
}

impl<'a> Renewal<'a> {
    fn new(demand: &'a Discrete) -> Self {
        let demand = demand.masses();
        Self {
            demand,
            visits: vec![1.0 / (1.0 - demand[0])],
        }
    }

    fn grow(&mut self, length: usize) {
        for j in self.visits.len()..length {
            let reach = j.min(self.demand.len() - 1);
            let sum: f64 = (1..=reach)
                .map(|d| self.demand[d] * self.visits[j - d])
                .sum();
            self.visits.push(sum / (1.0 - self.demand[0]));
        }
    }

    /// Long-run average cost of (s, S): cost of a cycle over its length (renewal reward).
    fn average(
        &mut self,
        fixed: f64,
        reorder: i64,
        up_to: i64,
        cost_at: impl Fn(i64) -> f64,
    ) -> f64 {
        let depth = (up_to - reorder) as usize;
        self.grow(depth);
        let (mut cost, mut length) = (fixed, 0.0);
        for (j, visits) in self.visits[..depth].iter().enumerate() {
            cost += visits * cost_at(up_to - j as i64);
            length += visits;
        }
        cost / length
    }
}

fn no_demand() -> Problem {
    Problem::new(
        "inventory.no_demand",
        Text::new(
            "Demand is always 0, so there is nothing to order.",
            "需求始终为 0，无需订货。",
        ),
        Text::new(
            "Choose an item that sells, or type its mean demand.",
            "请选择有销量的商品，或输入其平均需求。",
        ),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn printed_optima() {
        let (quantity, cost) = economic_order_quantity(8.0, 0.225, 1300.0).unwrap();
        assert!((quantity - 304.046_780).abs() < 5e-7 && (cost - 68.410_526).abs() < 5e-7);
        let demand = Discrete::poisson(6.0).unwrap();
        let best = best_reorder_policy(&demand, 0, 5.0, 1.0, 4.0).unwrap();
        assert_eq!((best.reorder, best.up_to), (4, 10));
        assert!((best.cost - 8.034_112).abs() < 5e-7, "{best:?}");
    }

    #[test]
    fn the_policy_is_the_best_of_all_pairs() {
        for (mean, lead_time, fixed, penalty) in
            [(3.0, 0, 20.0, 9.0), (6.0, 1, 2.0, 4.0), (2.0, 2, 0.0, 19.0)]
        {
            let demand = Discrete::poisson(mean).unwrap();
            let best = best_reorder_policy(&demand, lead_time, fixed, 1.0, penalty).unwrap();
            let exposed = demand.over(lead_time + 1).unwrap();
            let mut renewal = Renewal::new(&demand);
            for up_to in 0..40 {
                for reorder in -5..up_to {
                    let cost = renewal.average(fixed, reorder, up_to, |y| {
                        mismatch_cost(&exposed, y as f64, 1.0, penalty)
                    });
                    assert!(
                        cost >= best.cost - 1e-9,
                        "({reorder}, {up_to}) costs {cost}, {best:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn no_demand_is_said() {
        let none = Discrete::constant(0).unwrap();
        assert_eq!(
            best_reorder_policy(&none, 0, 5.0, 1.0, 4.0)
                .unwrap_err()
                .code,
            "inventory.no_demand"
        );
    }
}
