//! Which behaviour model, with which hyperparameters: the list of all models, and one choice from it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::blend::{self, Blend};
use super::itemknn::ItemKnn;
use super::markov_rank::MarkovRank;
use super::neighbours::Neighbours;
use super::popularity::Popularity;
use super::rules::{Decay, Rules};
use super::{BehaviourModel, Given, Parameter, Values};
use crate::problem::{Problem, Text};

/// A kind of behaviour model.
pub struct ModelKind {
    /// Name in links, JSON and on the command line.
    pub name: &'static str,
    /// What it is, in English and Simplified Chinese.
    pub title: [&'static str; 2],
    /// Where it comes from.
    pub paper: &'static str,
    /// Its hyperparameters.
    pub parameters: &'static [Parameter],
    /// Makes one, not yet fitted, from checked values.
    pub make: fn(&Values) -> Box<dyn BehaviourModel>,
}

impl ModelKind {
    /// Builds a model of this kind, not yet fitted.
    ///
    /// # Errors
    /// An unknown hyperparameter, or a value out of range.
    pub fn build(
        &self,
        given: &BTreeMap<String, Given>,
    ) -> Result<Box<dyn BehaviourModel>, Problem> {
        let values = Values::check(self.parameters, given)?;
        Ok((self.make)(&values))
    }
}

/// A model and its hyperparameters; those not named have their defaults.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Choice {
    /// Name of the model.
    pub model: String,
    /// Hyperparameters by name.
    #[serde(default)]
    pub parameters: BTreeMap<String, Given>,
}

/// As [`Choice::parse`] reads it.
impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.model)?;
        for (name, value) in &self.parameters {
            match value {
                Given::Number(number) => write!(f, ":{name}={number}")?,
                Given::Word(word) => write!(f, ":{name}={word}")?,
            }
        }
        Ok(())
    }
}

impl Choice {
    /// A model with its default hyperparameters.
    #[must_use]
    pub fn named(model: &str) -> Self {
        Self {
            model: model.to_owned(),
            parameters: BTreeMap::new(),
        }
    }

    /// Reads `model` or `model:name=value:name=value`, as on the command line. Nothing is checked yet but the form.
    ///
    /// # Errors
    /// `behaviour.choice.form` where a hyperparameter has no `=`.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let mut parts = text.split(':');
        let mut choice = Self::named(parts.next().unwrap_or("").trim());
        for part in parts {
            let Some((name, value)) = part.split_once('=') else {
                return Err(Problem::new(
                    "behaviour.choice.form",
                    Text::new(
                        format!("“{part}” is not name=value."),
                        format!("“{part}”不是 名称=值 的形式。"),
                    ),
                    Text::new(
                        "Write a model as vsknn or vsknn:k=100:sample=500.",
                        "请写成 vsknn 或 vsknn:k=100:sample=500 的形式。",
                    ),
                ));
            };
            let value = value.trim();
            let given = value
                .parse()
                .map_or_else(|_| Given::Word(value.to_owned()), Given::Number);
            choice.parameters.insert(name.trim().to_owned(), given);
        }
        Ok(choice)
    }

    /// The kind of model, one of [`MODELS`].
    ///
    /// # Errors
    /// `behaviour.model.unknown`, with the names there are.
    pub fn kind(&self) -> Result<&'static ModelKind, Problem> {
        self.kind_among(MODELS.iter())
    }

    /// The kind of model, one of those given.
    ///
    /// # Errors
    /// `behaviour.model.unknown`, with the names there are.
    pub fn kind_among(
        &self,
        mut kinds: impl Iterator<Item = &'static ModelKind> + Clone,
    ) -> Result<&'static ModelKind, Problem> {
        let all = kinds.clone();
        kinds.find(|kind| kind.name == self.model).ok_or_else(|| {
            let names: Vec<&str> = all.map(|kind| kind.name).collect();
            Problem::new(
                "behaviour.model.unknown",
                Text::new(
                    format!("There is no behaviour model “{}”.", self.model),
                    format!("没有名为“{}”的行为模型。", self.model),
                ),
                Text::new(
                    format!("The models are: {}.", names.join(", ")),
                    format!("可用的模型有：{}。", names.join("、")),
                ),
            )
        })
    }

    /// Builds the model, not yet fitted.
    ///
    /// # Errors
    /// An unknown model or hyperparameter, or a value out of range.
    pub fn build(&self) -> Result<Box<dyn BehaviourModel>, Problem> {
        self.kind()?.build(&self.parameters)
    }
}

const K: Parameter = Parameter::whole(
    "k",
    ["Neighbouring sessions that vote", "参与投票的相似会话数"],
    50,
    2000,
    500,
);
const SAMPLE: Parameter = Parameter::whole(
    "sample",
    [
        "Newest sessions compared with the history",
        "与历史比较的最近会话数",
    ],
    500,
    10_000,
    5000,
);
const PRUNE: Parameter = Parameter::whole(
    "prune",
    ["Rules kept for each item", "每个商品保留的规则数"],
    20,
    1000,
    100,
)
.fixed();
const SPW: Parameter = Parameter::real(
    "spw",
    [
        "Events over which the weight of the history falls to 1/e",
        "历史权重降到 1/e 所经的事件数",
    ],
    0.4,
    10.0,
    1.02,
)
.logarithmic()
.unit("events");
const SNH: Parameter = Parameter::real(
    "snh",
    [
        "Days over which the weight of an old session falls to 1/e",
        "旧会话权重降到 1/e 所经的天数",
    ],
    1.0,
    200.0,
    5.0,
)
.logarithmic()
.unit("days");
const INH: Parameter = Parameter::real(
    "inh",
    [
        "Positions over which the weight around the shared item falls to 1/e",
        "共有商品周围权重降到 1/e 所经的位置数",
    ],
    0.4,
    10.0,
    2.05,
)
.logarithmic()
.unit("events");
const IPW: Parameter = Parameter::real(
    "ipw",
    [
        "Events over which the weight of the shared item falls to 1/e",
        "共有商品权重降到 1/e 所经的事件数",
    ],
    0.4,
    10.0,
    1.02,
)
.logarithmic()
.unit("events");
const IDF: Parameter = Parameter::real(
    "idf",
    ["Weight of rare items", "稀有商品的权重"],
    0.0,
    10.0,
    5.0,
);

const BLEND: &[Parameter] = &[
    Parameter::whole(
        "examples",
        [
            "Most examples that weights are learned from",
            "学习权重所用样例数的上限",
        ],
        300,
        100_000,
        16_000,
    )
    .fixed(),
    Parameter::whole(
        "passes",
        ["Passes over the examples", "遍历样例的次数"],
        1,
        50,
        6,
    )
    .fixed(),
    Parameter {
        default: 500.0,
        ..K
    },
    Parameter {
        default: 2000.0,
        ..SAMPLE
    },
    Parameter {
        default: 1.5,
        ..SPW
    },
    Parameter {
        default: 20.0,
        ..SNH
    },
    Parameter {
        default: 4.0,
        ..INH
    },
    Parameter {
        default: 1.0,
        ..IPW
    },
    Parameter {
        default: 3.0,
        ..IDF
    },
    Parameter::whole(
        "steps",
        [
            "Steps of all its networks together after which their learning stops and keeps the best so far; 0: it goes on to its end",
            "其全部神经网络合计在多少步后停止学习并保留此前最佳；0 表示学到底",
        ],
        0,
        1_000_000_000,
        0,
    )
    .fixed(),
    NETWORKS,
];
const NETWORKS: Parameter = Parameter::word(
    "networks",
    [
        "Networks that are asked too; they take minutes to learn",
        "一并参考的神经网络（学习需数分钟）",
    ],
    blend::NETWORKS,
    0,
)
.fixed();
/// [`BLEND`] where networks are asked.
const BLEND_OF_NETWORKS: &[Parameter] = &{
    let mut list = [NETWORKS; BLEND.len()];
    let mut at = 0;
    while at < BLEND.len() {
        list[at] = BLEND[at];
        at += 1;
    }
    list[BLEND.len() - 1].default = 3.0;
    list
};

/// The blend with networks, by a name of its own: it takes as long to learn as they do.
pub const BLEND_NETWORKS: ModelKind = ModelKind {
    name: "blend-networks",
    title: ["Blend with a network", "含神经网络的混合"],
    paper: "Qcart",
    parameters: BLEND_OF_NETWORKS,
    make: |values| Box::new(Blend::new(values, false)),
};

/// Every model of behaviour alone. The board ranks policies beside them: see `evaluate::models`.
pub const MODELS: &[ModelKind] = &[
    ModelKind {
        name: "pop",
        title: ["Popularity", "热门度"],
        paper: "counts of the training events",
        parameters: &[],
        make: |_| Box::new(Popularity::new(false)),
    },
    ModelKind {
        name: "spop",
        title: ["Session popularity", "会话热门度"],
        paper: "Hidasi et al., ICLR 2016",
        parameters: &[],
        make: |_| Box::new(Popularity::new(true)),
    },
    ModelKind {
        name: "markov",
        title: ["Markov chain with back-off", "带回退的马尔可夫链"],
        paper: "Shani, Heckerman & Brafman, JMLR 2005; back-off: Brants et al., EMNLP 2007",
        parameters: &[
            Parameter {
                range: super::Range::Whole(1, 3, false),
                ..Parameter::whole(
                    "order",
                    ["Newest items that make the state", "构成状态的最近商品数"],
                    1,
                    3,
                    1,
                )
            },
            Parameter::real(
                "backoff",
                [
                    "Factor for each step to a shorter suffix",
                    "每回退一步的系数",
                ],
                0.05,
                1.0,
                0.4,
            ),
        ],
        make: |values| Box::new(MarkovRank::new(values)),
    },
    ModelKind {
        name: "ar",
        title: ["Association rules", "关联规则"],
        paper: "Kamehkhosh, Jannach & Ludewig, TempRec 2017",
        parameters: &[PRUNE],
        make: |values| Box::new(Rules::association(values)),
    },
    ModelKind {
        name: "sr",
        title: ["Sequential rules", "序列规则"],
        paper: "Kamehkhosh, Jannach & Ludewig, TempRec 2017",
        parameters: &[
            Parameter::whole(
                "steps",
                ["Furthest distance of a rule", "规则的最远距离"],
                1,
                50,
                20,
            )
            .unit("events"),
            Parameter::word(
                "decay",
                ["How weight falls with distance", "权重随距离的衰减方式"],
                Decay::WORDS,
                3,
            ),
            PRUNE,
        ],
        make: |values| Box::new(Rules::sequential(values)),
    },
    ModelKind {
        name: "itemknn",
        title: ["Similar items", "相似商品"],
        paper: "Sarwar et al., WWW 2001",
        parameters: &[
            Parameter::whole(
                "neighbours",
                ["Similar items kept", "保留的相似商品数"],
                20,
                1000,
                100,
            ),
            Parameter::real(
                "lambda",
                ["Discount of rare items", "对稀有商品的折扣"],
                0.0,
                100.0,
                20.0,
            )
            .unit("events"),
            Parameter::real(
                "alpha",
                [
                    "0.5: cosine; 1: share of the newest item's events",
                    "0.5 为余弦；1 为占最近商品事件的比例",
                ],
                0.0,
                1.0,
                0.5,
            ),
        ],
        make: |values| Box::new(ItemKnn::new(values)),
    },
    ModelKind {
        name: "sknn",
        title: ["Similar sessions (SKNN)", "相似会话（SKNN）"],
        paper: "Jannach & Ludewig, RecSys 2017",
        parameters: &[
            Parameter {
                default: 100.0,
                ..K
            },
            Parameter {
                default: 500.0,
                ..SAMPLE
            },
        ],
        make: |values| Box::new(Neighbours::sknn(values)),
    },
    ModelKind {
        name: "vsknn",
        title: [
            "Similar sessions, newest items first (VSKNN)",
            "相似会话，重视最近商品（VSKNN）",
        ],
        paper: "Ludewig & Jannach, UMUAI 2018",
        parameters: &[
            K,
            SAMPLE,
            Parameter::word(
                "weighting",
                [
                    "How the weight of the history falls with age",
                    "历史权重随远近的衰减方式",
                ],
                Decay::WORDS,
                3,
            ),
            Parameter::word(
                "score",
                [
                    "How the weight of a neighbour falls with the age of the shared item",
                    "相似会话权重随共有商品远近的衰减方式",
                ],
                Decay::WORDS,
                1,
            ),
            IDF,
        ],
        make: |values| Box::new(Neighbours::vsknn(values)),
    },
    ModelKind {
        name: "stan",
        title: [
            "Similar sessions in time (STAN)",
            "考虑时间的相似会话（STAN）",
        ],
        paper: "Garg et al., SIGIR 2019",
        parameters: &[
            Parameter {
                default: 100.0,
                ..K
            },
            Parameter {
                default: 500.0,
                ..SAMPLE
            },
            SPW,
            SNH,
            INH,
        ],
        make: |values| Box::new(Neighbours::stan(values)),
    },
    ModelKind {
        name: "vstan",
        title: [
            "Similar sessions in time, rare items first (VSTAN)",
            "考虑时间与稀有度的相似会话（VSTAN）",
        ],
        paper: "Ludewig et al., UMUAI 2021",
        parameters: &[K, SAMPLE, SPW, SNH, INH, IPW, IDF],
        make: |values| Box::new(Neighbours::vstan(values)),
    },
    ModelKind {
        name: "blend",
        title: ["Blend of all of these", "以上模型的混合"],
        paper: "Qcart",
        parameters: BLEND,
        make: |values| Box::new(Blend::new(values, false)),
    },
    ModelKind {
        name: "blend-novel",
        title: [
            "Blend, only items new to the session",
            "混合，仅推荐会话中未出现的商品",
        ],
        paper: "Qcart",
        parameters: BLEND,
        make: |values| Box::new(Blend::new(values, true)),
    },
];
