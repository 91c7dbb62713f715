//! Inventory: how much to order now, when demand is uncertain and orders may take time.
//!
//! [`newsvendor`] orders once. [`backorder`] reviews the stock every period, orders at a fixed cost, and lets customers
//! wait; [`lost`] loses the sales it can't serve; [`perishable`] loses what grows too old. Rewards are money: sales less
//! costs, or costs alone (below 0) where every sale is made sooner or later.

pub mod backorder;
pub mod lost;
pub mod newsvendor;
pub mod perishable;

use crate::demand::discrete::Discrete;
use crate::demand::range::within;
use crate::problem::{Problem, Text};

/// What a period costs and earns, in currency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Costs {
    /// Price of each unit sold, `0..=1e6`.
    pub price: f64,
    /// Cost of each unit ordered, `0..=1e6`.
    pub unit_cost: f64,
    /// Cost of each order, however large, `0..=1e6`.
    pub fixed: f64,
    /// Cost of each unit left at the end of a period, `0..=1e6`.
    pub holding: f64,
    /// Cost of each unit short at the end of a period, `0..=1e6`.
    pub penalty: f64,
}

impl Costs {
    /// The same costs when every number is in its range.
    ///
    /// # Errors
    /// `config.range` names the number that is not.
    pub fn checked(self) -> Result<Self, Problem> {
        let amounts = [
            (("price", "价格"), self.price),
            (("unit cost", "单位成本"), self.unit_cost),
            (("fixed order cost", "固定订货成本"), self.fixed),
            (("holding cost", "持有成本"), self.holding),
            (("shortage cost", "缺货成本"), self.penalty),
        ];
        for (name, value) in amounts {
            within(name, value, 0.0, 1e6)?;
        }
        Ok(self)
    }

    /// What ordering `units` costs.
    #[inline]
    fn order(&self, units: u32) -> f64 {
        if units == 0 {
            0.0
        } else {
            self.fixed + self.unit_cost * f64::from(units)
        }
    }
}

/// Demand that is always 0 leaves nothing to decide.
fn check_demand(demand: &Discrete) -> Result<(), Problem> {
    if demand.max() > 0 {
        return Ok(());
    }
    Err(Problem::new(
        "inventory.no_demand",
        Text::new(
            "Demand is always 0, so there is nothing to order.",
            "需求始终为 0，无需订货。",
        ),
        Text::new(
            "Choose an item that sells, or type its mean demand.",
            "请选择有销量的商品，或输入其平均需求。",
        ),
    ))
}

/// A grid too small for the demand would answer another question than the one asked.
fn grid_too_small(what: (&str, &str), given: u32, needed: u32) -> Problem {
    let (en, zh) = what;
    Problem::new(
        "inventory.grid",
        Text::new(
            format!(
                "The {en} of {given} units is smaller than demand can be; it must be at least {needed}."
            ),
            format!("{zh} {given} 小于可能出现的需求，至少应为 {needed}。"),
        ),
        Text::new(
            format!("Type a {en} of at least {needed} units, or scale units into boxes."),
            format!("请输入不小于 {needed} 的{zh}，或将单位换算为整箱。"),
        ),
    )
}
