//! How large a grid the stock whose customers wait needs, so that its edges decide nothing.

use crate::demand::discrete::Discrete;
use crate::env::inventory::Costs;
use crate::env::inventory::backorder::Backorder;
use crate::problem::{Problem, Text};
use crate::solve::closed_form::newsvendor::mismatch_cost;
use crate::solve::closed_form::reorder::{self, economic_order_quantity};

/// Most units of stock, and of backlog.
const MOST: f64 = 10_000.0;

/// The backlog that the best policy never exceeds but by chance, in units, for a stock that holds what it orders.
///
/// # Errors
/// `inventory.grid` when `stock` units do not hold the best order-up-to level; `inventory.order_cost` when no grid would; `inventory.wait`
/// when letting customers wait for ever is cheaper than to order; those of the closed form.
pub fn backlog(
    demand: &Discrete,
    lead_time: u32,
    costs: &Costs,
    gamma: f64,
    stock: u32,
) -> Result<u32, Problem> {
    let (_, burst) = Backorder::grid(demand, lead_time, costs)?;
    // Money spent a period later costs less: a unit that waits earns interest, a unit in stock loses it. With these two costs the discounted
    // problem with a unit cost is one without.
    let interest = (1.0 - gamma) * costs.unit_cost;
    let (holding, penalty) = (costs.holding + interest, costs.penalty - interest);
    if costs.penalty > 0.0 && penalty <= 0.0 {
        return Err(never_orders(interest));
    }
    // Where units left or short cost nothing there is no best level, and where nothing was ever sold the model refuses.
    if holding < 1e-9 || penalty < 1e-9 || demand.max() == 0 {
        return Ok(burst);
    }
    if costs.fixed > 0.0 {
        let (lot, _) = economic_order_quantity(costs.fixed, holding, demand.mean())?;
        // With backorders a lot is larger by this factor (Zipkin 2000, section 3.3).
        if lot * libm::sqrt((holding + penalty) / penalty) > 2.0 * MOST {
            return Err(order_too_dear());
        }
    }
    let best = reorder::best_reorder_policy(demand, lead_time, costs.fixed, holding, penalty)?;
    if i64::from(stock) < best.up_to {
        return Err(stock_too_small(stock, best.up_to));
    }
    let exposed = demand.over(lead_time + 1)?;
    let lowest = lowest_reorder_point(&exposed, costs.fixed, holding, penalty);
    // Demand falls on a position above the reorder point.
    let backlog = (-lowest).max(0.0) + f64::from(burst);
    if backlog > MOST {
        return Err(order_too_dear());
    }
    Ok(backlog as u32)
}

/// The reorder point is not below this at any discount: from one unit less, an order at once pays for itself within the period (Veinott,
/// SIAM Journal on Applied Mathematics 14, 1966).
fn lowest_reorder_point(exposed: &Discrete, fixed: f64, holding: f64, penalty: f64) -> f64 {
    let cost = |level: i64| mismatch_cost(exposed, level as f64, holding, penalty);
    let best = i64::from(exposed.quantile(penalty / (holding + penalty)));
    let limit = cost(best) + fixed;
    // Below 0 every unit less costs one penalty more.
    let at_zero = cost(0);
    if at_zero <= limit {
        return -libm::floor((limit - at_zero) / penalty);
    }
    (0..=best)
        .find(|&level| cost(level) <= limit)
        .unwrap_or(best) as f64
}

fn stock_too_small(stock: u32, up_to: i64) -> Problem {
    Problem::new(
        "inventory.grid",
        Text::new(
            format!(
                "The best policy orders up to {up_to} units; a largest stock of {stock} does not hold them."
            ),
            format!("最优策略订至 {up_to} 件；最大库存 {stock} 容纳不下。"),
        ),
        Text::new(
            format!("Type a largest stock of at least {up_to} units, or scale units into boxes."),
            format!("请输入不小于 {up_to} 的最大库存，或将单位换算为整箱。"),
        ),
    )
}

fn order_too_dear() -> Problem {
    Problem::new(
        "inventory.order_cost",
        Text::new(
            "An order costs so much that over 10,000 units would be stocked or waited for, more than the grid can hold.",
            "每次订货成本过高，库存或欠货将超过 10000 件，超出网格容量。",
        ),
        Text::new(
            "Type a lower cost of an order, or scale units into boxes.",
            "请输入更低的每次订货成本，或将单位换算为整箱。",
        ),
    )
}

fn never_orders(interest: f64) -> Problem {
    Problem::new(
        "inventory.wait",
        Text::new(
            format!(
                "Putting off the purchase of a unit by a period saves {interest}, at least as much as its shortage costs: the best is never to order, and customers wait for ever."
            ),
            format!(
                "将一件的采购推迟一期可省 {interest}，不低于其缺货成本：最优是永不订货，顾客永远等待。"
            ),
        ),
        Text::new(
            "Type a larger shortage cost, a lower unit cost, or a discount nearer to 1.",
            "请输入更高的缺货成本、更低的单位成本，或更接近 1 的折扣。",
        ),
    )
}
