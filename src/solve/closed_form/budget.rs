//! Several items under one budget: orders that compete for the same money (Hadley & Whitin 1963), by Lagrangian decomposition.
//!
//! Approximate: each item is solved alone at a common price of money, and the price is set so that the orders just fit. What whole units
//! leave over is spent greedily. The dual gives an upper bound, so the distance from the optimum is known to be at most the gap.

use crate::demand::range::{count, within};
use crate::problem::{Problem, Text};

/// One item: what each order quantity earns in expectation, and what a unit costs.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Cost of a unit, in currency, above 0 and at most 1e6.
    pub unit_cost: f64,
    /// Expected profit of ordering 0, 1, 2, ... units, in currency, with ever smaller gains, as a newsvendor's are.
    pub profit: Vec<f64>,
}

/// Orders that fit the budget.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// Units of each item.
    pub units: Vec<u32>,
    /// Money spent, in currency.
    pub spent: f64,
    /// Expected profit of these orders, in currency.
    pub profit: f64,
    /// No orders within the budget earn more than this.
    pub bound: f64,
    /// What one more unit of money would earn, in currency.
    pub price: f64,
}

/// Orders of `items` (1 to 10,000) whose cost stays within `budget` (0 to 1e12, in currency). A budget of 0 orders nothing.
///
/// # Errors
/// `config.range` and `config.count` name what is out of range; `inventory.gains` when an item's gains grow with the quantity,
/// for which the decomposition promises nothing.
pub fn split(items: &[Item], budget: f64) -> Result<Split, Problem> {
    count(("items", "商品"), items.len(), 1, 10_000)?;
    within(("budget", "预算"), budget, 0.0, 1e12)?;
    for item in items {
        within(("unit cost", "单位成本"), item.unit_cost, 1e-6, 1e6)?;
        count(
            ("order quantities", "订货数量"),
            item.profit.len(),
            1,
            100_000,
        )?;
        check_gains(&item.profit)?;
    }
    let spent = |units: &[u32]| {
        items
            .iter()
            .zip(units)
            .map(|(item, &n)| item.unit_cost * f64::from(n))
            .sum::<f64>()
    };
    let at = |price: f64| {
        items
            .iter()
            .map(|item| best_at(item, price))
            .collect::<Vec<u32>>()
    };
    let (mut low, mut high) = (0.0, dearest(items));
    if spent(&at(0.0)) <= budget {
        high = 0.0;
    }
    // Spending falls as money gets dearer: bisection keeps `high` within the budget.
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if spent(&at(middle)) <= budget {
            high = middle;
        } else {
            low = middle;
        }
    }
    let mut units = at(high);
    fill(items, &mut units, budget);
    let worth = |units: &[u32]| {
        items
            .iter()
            .zip(units)
            .map(|(item, &n)| item.profit[n as usize])
            .sum::<f64>()
    };
    let relaxed = at(high);
    Ok(Split {
        bound: worth(&relaxed) + high * (budget - spent(&relaxed)),
        profit: worth(&units),
        spent: spent(&units),
        price: high,
        units,
    })
}

/// The largest quantity whose last unit earns more than its money costs; with falling gains, the best one.
fn best_at(item: &Item, price: f64) -> u32 {
    let worth = |pair: &[f64]| pair[1] - pair[0] > price * item.unit_cost;
    item.profit
        .windows(2)
        .take_while(|pair| worth(pair))
        .count() as u32
}

/// Spends what is left, unit by unit, where it earns most for its cost.
fn fill(items: &[Item], units: &mut [u32], budget: f64) {
    let mut left = budget
        - items
            .iter()
            .zip(&*units)
            .map(|(item, &n)| item.unit_cost * f64::from(n))
            .sum::<f64>();
    loop {
        let mut best: Option<(usize, f64)> = None;
        for (i, item) in items.iter().enumerate() {
            let n = units[i] as usize;
            if item.unit_cost <= left && n + 1 < item.profit.len() {
                let rate = (item.profit[n + 1] - item.profit[n]) / item.unit_cost;
                if rate > best.map_or(0.0, |(_, most)| most) {
                    best = Some((i, rate));
                }
            }
        }
        let Some((i, _)) = best else {
            return;
        };
        units[i] += 1;
        left -= items[i].unit_cost;
    }
}

/// A price of money at which nothing is worth ordering.
fn dearest(items: &[Item]) -> f64 {
    let first = |item: &Item| {
        item.profit
            .get(1)
            .map_or(0.0, |second| (second - item.profit[0]) / item.unit_cost)
    };
    items.iter().map(first).fold(0.0, f64::max)
}

fn check_gains(profit: &[f64]) -> Result<(), Problem> {
    let slack = 1e-9 * profit.iter().fold(1.0, |most: f64, p| most.max(p.abs()));
    let concave = profit
        .windows(3)
        .all(|p| p[2] - p[1] <= p[1] - p[0] + slack);
    if concave && profit.iter().all(|p| p.is_finite()) {
        return Ok(());
    }
    Err(Problem::new(
        "inventory.gains",
        Text::new(
            "For some item a further unit earns more than the one before it, as with a fixed order cost; one budget can't be split by a price of money then.",
            "某商品每多订一件的收益反而递增(例如存在固定订货成本)，此时无法用资金价格分配预算。",
        ),
        Text::new(
            "Leave out fixed order costs when several items share a budget.",
            "多个商品共用预算时，请去掉固定订货成本。",
        ),
    ))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::demand::discrete::Discrete;
    use crate::env::inventory::Costs;
    use crate::env::inventory::newsvendor::Newsvendor;

    fn item(mean: f64, price: f64, unit_cost: f64) -> Item {
        let costs = Costs {
            price,
            unit_cost,
            fixed: 0.0,
            holding: 0.0,
            penalty: 0.0,
        };
        let problem = Newsvendor::new(Discrete::poisson(mean).unwrap(), costs, 0.0, 30).unwrap();
        Item {
            unit_cost,
            profit: problem.expected().to_vec(),
        }
    }

    /// Best profit by trying every split of whole money.
    fn exact(items: &[Item], budget: usize) -> f64 {
        let mut best = vec![0.0; budget + 1];
        for item in items {
            let before = best.clone();
            for (money, place) in best.iter_mut().enumerate() {
                for (n, profit) in item.profit.iter().enumerate() {
                    let cost = n * item.unit_cost as usize;
                    if cost <= money {
                        *place = f64::max(*place, before[money - cost] + profit);
                    }
                }
            }
        }
        best[budget]
    }

    #[test]
    fn the_split_is_between_the_knapsack_optimum_and_its_bound() {
        let items = [
            item(5.0, 10.0, 4.0),
            item(8.0, 9.0, 3.0),
            item(3.0, 30.0, 11.0),
        ];
        for budget in [0, 2, 7, 20, 33, 50, 61, 80, 1000] {
            let found = split(&items, budget as f64).unwrap();
            let best = exact(&items, budget);
            assert!(found.spent <= budget as f64);
            assert!(
                found.profit <= best + 1e-9 && best <= found.bound + 1e-9,
                "{budget} {found:?} {best}"
            );
            if budget >= 20 {
                assert!(found.profit >= 0.97 * best, "{budget} {found:?} {best}");
            }
        }
        assert_eq!(split(&items, 0.0).unwrap().units, [0, 0, 0]);
        assert_eq!(split(&items, 1000.0).unwrap().price, 0.0);
    }

    #[test]
    fn growing_gains_are_refused() {
        let fixed = Item {
            unit_cost: 1.0,
            profit: vec![0.0, -4.0, 1.0],
        };
        assert_eq!(split(&[fixed], 5.0).unwrap_err().code, "inventory.gains");
    }
}
