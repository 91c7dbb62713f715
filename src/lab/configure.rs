//! From checked settings to the configurations of the other rooms.

use crate::agent::learner::Algorithm;
use crate::agent::linear::TilesConfig;
use crate::agent::network::NetworkConfig;
use crate::agent::schedule::{Schedule, Shape};
use crate::env::generated::{Generator, GeneratorConfig};
use crate::env::shop::{RewardConfig, ShopConfig};
use crate::experiment::parameters::{Settings, Value};
use crate::log::ImportOptions;
use crate::nn::encoder::Kind;
use crate::problem::Problem;
use crate::train::{Change, Parameter, TrainConfig};

/// How sessions are cut, as the settings say; the rest of the options stays.
pub fn import_options(settings: &Settings, options: ImportOptions) -> ImportOptions {
    ImportOptions {
        session_gap_minutes: settings.number("sessionGap"),
        merge_repeats: settings.flag("mergeRepeats"),
        ..options
    }
}

/// The shop that the settings describe.
pub fn shop(settings: &Settings) -> ShopConfig {
    ShopConfig {
        order: settings.integer("order"),
        min_support: settings.integer("minSupport"),
        candidates: settings.integer("candidates"),
        lift: settings.number("lift"),
        support: settings.integer("minPairSupport"),
        reward_prior: settings.number("rewardPrior"),
        rewards: RewardConfig {
            view: settings.number("rewardView"),
            click: settings.number("rewardClick"),
            cart: settings.number("rewardCart"),
            purchase: settings.number("rewardPurchase"),
            price: settings.flag("rewardPrice"),
            no_purchase_penalty: settings.number("noPurchasePenalty"),
        },
    }
}

/// The training of one run; runs differ in nothing but the seed.
pub fn training(settings: &Settings, run: u32) -> TrainConfig {
    TrainConfig {
        algorithm: if settings.choice("algorithm") == "doubleQ" {
            Algorithm::DoubleQ
        } else {
            Algorithm::Q
        },
        gamma: settings.number("gamma"),
        alpha: Schedule {
            shape: shape(settings.choice("alphaSchedule")),
            initial: settings.number("alpha"),
            last: settings.number("alphaFinal"),
            // Under 1/n the horizon counts visits of a pair; the other shapes go over the whole budget.
            horizon: if settings.choice("alphaSchedule") == "inverse" {
                u64::from(settings.integer("alphaVisits"))
            } else {
                0
            },
        },
        epsilon: Schedule {
            shape: shape(settings.choice("epsilonSchedule")),
            initial: settings.number("epsilon"),
            last: settings.number("epsilonFinal"),
            horizon: 0,
        },
        initial_q: settings.number("initialQ"),
        budget_steps: u64::from(settings.integer("budget")),
        snapshots: settings.integer("snapshots"),
        tolerance: settings.number("tolerance"),
        patience: settings.integer("patience"),
        episode_cap: settings.integer("episodeCap"),
        seed: u64::from(settings.integer("seed")) + u64::from(run),
        network: network(settings),
        tiles: tiles(settings),
    }
}

/// The network in the place of the table, where the settings ask for one. The first module has no such settings.
fn network(settings: &Settings) -> Option<NetworkConfig> {
    let kind = match settings.choice("approximator") {
        "mlp" => Kind::Mlp,
        "cnn" => Kind::Cnn,
        "gru" => Kind::Gru,
        "transformer" => Kind::Transformer,
        _ => return None,
    };
    let whole = |key| settings.integer(key) as usize;
    Some(NetworkConfig {
        kind,
        width: settings.choice("networkWidth").parse().unwrap_or(32),
        rate: settings.number("networkRate") as f32,
        batch: whole("networkBatch"),
        replay: whole("networkReplay"),
        every: u64::from(settings.integer("networkEvery")),
        target: u64::from(settings.integer("networkTarget")),
        warm_up: u64::from(settings.integer("networkWarmUp")),
    })
}

/// The tiles in the place of the table, where the settings ask for them.
fn tiles(settings: &Settings) -> Option<TilesConfig> {
    (settings.choice("approximator") == "tiles").then(|| TilesConfig {
        tilings: settings.integer("tilings"),
        along: settings.integer("tilesAlong"),
    })
}

fn shape(choice: &str) -> Shape {
    match choice {
        "linear" => Shape::Linear,
        "exponential" => Shape::Exponential,
        "inverse" => Shape::Inverse,
        _ => Shape::Constant,
    }
}

/// The change of a running training that a new value of this key means; nothing where the key can't change live.
pub fn live(key: &str, value: &Value) -> Option<Change> {
    let Value::Number(value) = *value else {
        return None;
    };
    let parameter = match key {
        "gamma" => Parameter::Gamma,
        "alpha" => Parameter::Alpha,
        "alphaFinal" => Parameter::AlphaLast,
        "epsilon" => Parameter::Epsilon,
        "epsilonFinal" => Parameter::EpsilonLast,
        _ => return None,
    };
    Some(Change { parameter, value })
}

/// The rows of the generated shop that the settings describe.
///
/// # Errors
/// A range that the generator refuses, such as more categories than items.
pub fn generator(settings: &Settings) -> Result<impl Iterator<Item = Vec<u8>> + use<>, Problem> {
    let mut rows = Generator::new(GeneratorConfig {
        users: settings.integer("shopUsers"),
        items: settings.integer("shopItems"),
        categories: settings.integer("shopCategories"),
        days: settings.integer("shopDays"),
        seed: u64::from(settings.integer("shopSeed")),
    })?;
    Ok(std::iter::from_fn(move || rows.next_chunk()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table's defaults are those that the engine's own tests vouch for.
    #[test]
    fn the_table_and_the_engine_agree_on_defaults() {
        let settings = Settings::default();
        assert_eq!(shop(&settings), ShopConfig::default());
        assert_eq!(training(&settings, 0), TrainConfig::default());
        let options = import_options(&settings, ImportOptions::default());
        assert_eq!(options, ImportOptions::default());
    }
}
