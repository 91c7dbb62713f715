//! The Q half of the ranking board: policies that rank items, behind the trait of the models of behaviour.
//!
//! They need decision problems and solvers, which `behaviour` may not know, so they live here. [`models`] is the whole
//! list that the board offers.

mod naive;
mod shop;

use crate::behaviour::neural::NETWORKS;
use crate::behaviour::{
    BLEND_NETWORKS, BehaviourModel, Choice, MODELS, ModelKind, Parameter, Values,
};
use crate::problem::Problem;
use naive::NaiveQ;
use shop::ShopRank;

const ORDER: Parameter = Parameter::whole(
    "order",
    ["Newest items that make the state", "构成状态的最近商品数"],
    1,
    3,
    1,
);
const GAMMA: Parameter = Parameter::real("gamma", ["Discount", "折扣因子"], 0.0, 0.99, 0.9);

/// The policies.
const POLICIES: &[ModelKind] = &[
    ModelKind {
        name: "shop-q",
        title: [
            "Shop policy: likelihood times value",
            "商店策略：可能性乘以价值",
        ],
        paper: "Shani, Heckerman & Brafman, JMLR 2005",
        parameters: &[
            ORDER,
            GAMMA,
            Parameter::real(
                "lift",
                [
                    "Factor by which recommending raises the probability of an item; 1: not at all",
                    "推荐使商品被选中的概率提高的倍数；1 表示不提高",
                ],
                1.0,
                100.0,
                1.0,
            )
            .fixed(),
        ],
        make: |values| Box::new(ShopRank::policy(values)),
    },
    ModelKind {
        name: "shop-likelihood",
        title: [
            "What the shop policy takes to be likely, without value",
            "商店策略所用的行为模型，不计价值",
        ],
        paper: "Shani, Heckerman & Brafman, JMLR 2005",
        parameters: &[ORDER],
        make: |values| Box::new(ShopRank::likelihood(values)),
    },
    ModelKind {
        name: "naive-q",
        title: ["Naive Q-learning: what goes wrong", "朴素 Q 学习：反面示例"],
        paper: "Watkins 1989, on a log as if it were an environment",
        parameters: &[
            GAMMA,
            Parameter::real("alpha", ["Learning rate", "学习率"], 0.01, 1.0, 0.1).logarithmic(),
            Parameter::whole(
                "passes",
                ["Passes over the log", "遍历日志的次数"],
                1,
                50,
                10,
            )
            .fixed(),
        ],
        make: |values| Box::new(NaiveQ::new(values)),
    },
];

/// Every quick model that the ranking board offers: those of behaviour, then the policies.
pub fn models() -> impl Iterator<Item = &'static ModelKind> + Clone {
    MODELS.iter().chain(POLICIES)
}

/// The same and the networks and what asks them, which take a thousand times as long to learn: tested only where they are asked for.
pub fn all_models() -> impl Iterator<Item = &'static ModelKind> + Clone {
    models().chain([&BLEND_NETWORKS]).chain(NETWORKS)
}

/// The kind of model that a choice names.
///
/// # Errors
/// `behaviour.model.unknown`, with the names there are.
pub fn kind(choice: &Choice) -> Result<&'static ModelKind, Problem> {
    choice.kind_among(all_models())
}

/// The same choice without what is the default anyway, so that models that are alike are called alike: `gru:width=64`.
///
/// # Errors
/// An unknown model or hyperparameter, or a value out of range.
pub fn plain(choice: &Choice) -> Result<Choice, Problem> {
    let parameters = kind(choice)?.parameters;
    Ok(Choice {
        model: choice.model.clone(),
        parameters: Values::check(parameters, &choice.parameters)?.changes(parameters),
    })
}

/// Whether random search looks for the hyperparameters of a model: not where networks learn, which would take hours.
#[must_use]
pub fn is_tuned(model: &str) -> bool {
    models().any(|kind| kind.name == model)
}

/// Builds the model that a choice names, not yet fitted.
///
/// # Errors
/// An unknown model or hyperparameter, or a value out of range.
pub fn build(choice: &Choice) -> Result<Box<dyn BehaviourModel>, Problem> {
    kind(choice)?.build(&choice.parameters)
}
