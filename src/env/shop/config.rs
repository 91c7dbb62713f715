//! What a shop environment is asked to be.

use serde::{Deserialize, Serialize};

use crate::problem::{Problem, Text};

/// What each thing a user does is worth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RewardConfig {
    /// Reward of a view.
    pub view: f64,
    /// Reward of a click.
    pub click: f64,
    /// Reward of putting an item into the cart.
    pub cart: f64,
    /// Reward of a purchase; a factor on the price where `price` is set.
    pub purchase: f64,
    /// Whether a purchase earns its item's mean logged price (the mean of all items where it has none) times `purchase`.
    pub price: bool,
    /// What is taken off once, when a session ends without a purchase; at least 0. Counts only in logs that have purchases.
    pub no_purchase_penalty: f64,
}

impl Default for RewardConfig {
    fn default() -> Self {
        Self {
            view: 0.1,
            click: 0.2,
            cart: 0.5,
            purchase: 1.0,
            price: false,
            no_purchase_penalty: 0.1,
        }
    }
}

/// How a shop environment is made of a log.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShopConfig {
    /// Most items of the history that make a state, 1 to 3.
    pub order: u32,
    /// How often a suffix must have been seen to be a state, at least 1.
    pub min_support: u32,
    /// Most items that may follow a state one by one (and so most actions), 1 to 1000. What is less likely is one
    /// outcome, "some other item".
    pub candidates: u32,
    /// Factor by which recommending an item raises its probability, 1 to 100. An assumption: a log without
    /// exposures can't tell.
    pub lift: f64,
    /// How often an item must have followed the state to be recommended there, at least 1; where none did, the one
    /// that followed most may be.
    pub support: u32,
    /// Strength of back-off of mean rewards: how many observations the mean after the shorter suffix counts for; at least 0.
    pub reward_prior: f64,
    /// The rewards.
    pub rewards: RewardConfig,
}

impl Default for ShopConfig {
    fn default() -> Self {
        Self {
            order: 1,
            min_support: 5,
            candidates: 20,
            lift: 2.0,
            support: 2,
            reward_prior: 5.0,
            rewards: RewardConfig::default(),
        }
    }
}

impl ShopConfig {
    /// Checks every range.
    ///
    /// # Errors
    /// `shop.range`, naming the setting and its range.
    pub fn check(&self) -> Result<(), Problem> {
        let rewards = &self.rewards;
        let settings = [
            ("order", f64::from(self.order), 1.0, 3.0),
            ("min_support", f64::from(self.min_support), 1.0, 1e9),
            ("candidates", f64::from(self.candidates), 1.0, 1000.0),
            ("support", f64::from(self.support), 1.0, 1e9),
            ("lift", self.lift, 1.0, 100.0),
            ("reward_prior", self.reward_prior, 0.0, 1e6),
            ("view", rewards.view, -1e6, 1e6),
            ("click", rewards.click, -1e6, 1e6),
            ("cart", rewards.cart, -1e6, 1e6),
            ("purchase", rewards.purchase, -1e6, 1e6),
            ("no_purchase_penalty", rewards.no_purchase_penalty, 0.0, 1e6),
        ];
        for (name, value, least, most) in settings {
            if !(least..=most).contains(&value) {
                return Err(Problem::new(
                    "shop.range",
                    Text::new(
                        format!("The setting {name} is {value}, outside its range."),
                        format!("设置项 {name} 的值为 {value}，超出范围。"),
                    ),
                    Text::new(
                        format!("Give a value from {least} to {most}."),
                        format!("请给出 {least} 到 {most} 之间的值。"),
                    ),
                ));
            }
        }
        Ok(())
    }
}
