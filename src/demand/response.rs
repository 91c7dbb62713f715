//! How demand answers the price.

use serde::{Deserialize, Serialize};

use super::range::within;
use crate::problem::Problem;

/// Expected units a period as a function of the price; never increasing in it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum PriceResponse {
    /// `base - slope * price`, not below 0.
    Linear {
        /// Units a period at price 0.
        base: f64,
        /// Units lost for each unit of currency.
        slope: f64,
    },
    /// `base * exp(-slope * price)`, the log-linear (exponential) demand of Gallego & van Ryzin (1994).
    LogLinear {
        /// Units a period at price 0.
        base: f64,
        /// Relative loss for each unit of currency.
        slope: f64,
    },
    /// `visitors * exp(u - slope * price) / (1 + exp(u - slope * price))`.
    Logit {
        /// Visitors a period, each of whom buys at most one unit.
        visitors: f64,
        /// Utility `u` of the item at price 0, against not buying.
        utility: f64,
        /// Utility lost for each unit of currency.
        slope: f64,
    },
    /// `base * price ^ -elasticity`.
    IsoElastic {
        /// Units a period at price 1.
        base: f64,
        /// Percent of demand lost for each percent of price.
        elasticity: f64,
    },
}

impl PriceResponse {
    /// The same response when every number is in its range.
    ///
    /// # Errors
    /// `config.range` names the number that is not: base or visitors in `0..=1e6`, slope in `0..=1e4`, utility
    /// in `-50..=50`, elasticity in `0..=20`.
    pub fn checked(self) -> Result<Self, Problem> {
        let size = |value| within(("size of demand", "需求规模"), value, 0.0, 1e6);
        let slope_in_range = |value| within(("price slope", "价格斜率"), value, 0.0, 1e4);
        match self {
            Self::Linear { base, slope } | Self::LogLinear { base, slope } => {
                size(base)?;
                slope_in_range(slope)?;
            }
            Self::Logit {
                visitors,
                utility,
                slope,
            } => {
                size(visitors)?;
                within(("utility", "效用"), utility, -50.0, 50.0)?;
                slope_in_range(slope)?;
            }
            Self::IsoElastic { base, elasticity } => {
                size(base)?;
                within(("elasticity", "价格弹性"), elasticity, 0.0, 20.0)?;
            }
        }
        Ok(self)
    }

    /// Expected units a period at this price (at least 0; iso-elastic demand needs a price above 0).
    #[must_use]
    pub fn units(&self, price: f64) -> f64 {
        match *self {
            Self::Linear { base, slope } => (base - slope * price).max(0.0),
            Self::LogLinear { base, slope } => base * libm::exp(-slope * price),
            Self::Logit {
                visitors,
                utility,
                slope,
            } => visitors / (1.0 + libm::exp(slope * price - utility)),
            Self::IsoElastic { base, elasticity } => base * libm::pow(price, -elasticity),
        }
    }
}
