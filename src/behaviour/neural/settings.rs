//! What a network is told before it learns, and the table of its hyperparameters.

use crate::behaviour::{Parameter, Values};
use crate::nn::encoder::Kind;

/// What the list is ranked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RankBy {
    /// The behaviour head: how likely an item is to come next.
    Likelihood,
    /// The Q head.
    Value,
    /// Likelihood times value.
    Product,
}

/// Settings of a network, all checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Kind of encoder.
    pub encoder: Kind,
    /// Events of the history that make the state.
    pub events: usize,
    /// Numbers of a state and of an embedding.
    pub width: usize,
    /// Passes over the training sessions at most.
    pub epochs: u32,
    /// Steps after which learning stops and keeps the best, as a stop by hand does; 0: none.
    pub steps: u64,
    /// Windows in a batch.
    pub batch: usize,
    /// Learning rate.
    pub rate: f32,
    /// Share of numbers dropped while learning.
    pub dropout: f32,
    /// Share of the right item's probability that is given to all items alike.
    pub smoothing: f32,
    /// Items that each right one is told from; 0: all.
    pub negatives: usize,
    /// Whether the time since the event before is an input.
    pub gaps: bool,
    /// Whether the category of each item is an input, where the log has categories.
    pub categories: bool,
    /// Weight of the temporal-difference loss; 0: no Q head.
    pub value_weight: f32,
    /// Discount.
    pub gamma: f32,
    /// Weight of the conservative term (CQL).
    pub conservative: f32,
    /// By how much the logarithm of an item's likelihood is lowered where the history holds it already.
    pub seen: f32,
    /// What the list is ranked by.
    pub rank: RankBy,
    /// Whether, after the best number of epochs was found on a window at the end of training, all sessions are learned from
    /// afresh for as many.
    pub again: bool,
    /// Bound of the items' first embeddings.
    pub spread: f32,
    /// Length that the items' embeddings are kept at; 0: not kept.
    pub length: f32,
    /// Weight of the faded mean of the events so far in what goes past the encoder.
    pub mean: f32,
    /// Seed.
    pub seed: u64,
}

const WORDS: &[&str] = &["no", "yes"];
const YES_OR_NO: &[[&str; 2]] = &[["no", "否"], ["yes", "是"]];
const RANKS: &[&str] = &["likelihood", "value", "product"];
const RANKED_BY: &[[&str; 2]] = &[
    ["likelihood", "可能性"],
    ["Q-value", "Q 值"],
    ["likelihood × value", "可能性 × 价值"],
];

/// The hyperparameters of every network.
pub const PARAMETERS: &[Parameter] = &[
    Parameter::whole("width", ["Numbers of a state and of an item's embedding", "状态与商品嵌入的维数"], 8, 256, 96).fixed().label(["Width", "宽度"]),
    Parameter::whole("epochs", ["Passes over the training sessions at most; the best number is found on a window at their end", "遍历训练会话的最多次数；最佳次数由训练末尾的验证窗口确定"], 1, 200, 16).fixed().label(["Epochs at most", "最多轮数"]),
    Parameter::whole("steps", ["Steps after which learning stops and keeps the best so far; 0: it goes on to its end", "学习在多少步后停止并保留此前最佳；0 表示学到底"], 0, 1_000_000_000, 0).fixed(),
    Parameter::whole("batch", ["Windows of sessions in a step", "每一步的会话窗口数"], 8, 1024, 32).fixed(),
    Parameter::real("rate", ["Learning rate of Adam", "Adam 的学习率"], 1e-4, 1e-2, 3e-3).logarithmic().fixed().label(["Learning rate", "学习率"]),
    Parameter::real("dropout", ["Share of numbers dropped while learning", "学习时随机置零的比例"], 0.0, 0.8, 0.4).fixed(),
    Parameter::real("smoothing", ["Share of each right item's probability that learning spreads over all items", "学习时把正确商品的概率分摊到全部商品的比例"], 0.0, 0.5, 0.1).fixed(),
    Parameter::whole("negatives", ["Items that each right one is told from; 0: all of them, or 1024 where there are more than 10,000", "与正确商品对比的商品数；0 表示全部（超过 10,000 个时取 1024）"], 0, 8192, 0).fixed(),
    Parameter::word("gaps", ["Whether the time since the event before is an input", "是否把距上一事件的时间作为输入"], WORDS, 0).fixed().label(["Time gaps", "时间间隔"]).words(YES_OR_NO),
    Parameter::real("valueWeight", ["Weight of the temporal-difference loss; 0: no Q head", "时序差分损失的权重；0 表示没有 Q 头"], 0.0, 10.0, 0.0).fixed().label(["Weight of the values", "价值损失的权重"]),
    Parameter::real("gamma", ["Discount of the Q head", "Q 头的折扣因子"], 0.0, 0.99, 0.5).fixed(),
    Parameter::real("conservative", ["Weight of the conservative term (CQL)", "保守项（CQL）的权重"], 0.0, 10.0, 0.0).fixed().label(["Conservatism (CQL)", "保守程度（CQL）"]),
    Parameter::word("rank", ["What the list is ranked by: how likely an item comes next, its Q-value, or both multiplied", "列表的排序依据：下一商品的可能性、Q 值或两者之积"], RANKS, 0).fixed().label(["Rank by", "排序依据"]).words(RANKED_BY),
    Parameter::real("seen", ["How far items that the session holds already are held back, so that new ones rank higher: the logarithm of their likelihood is lowered by this", "会话中已出现的商品在排序时降低多少（其可能性的对数减去该值），使新商品排得更靠前"], 0.0, 3.0, 0.4).fixed(),
    Parameter::word("again", ["Learn all sessions afresh once the number of epochs is known", "确定次数后是否用全部会话重新学习"], WORDS, 1).fixed(),
    Parameter::real("spread", ["Bound of the items' first embeddings", "商品嵌入初始值的范围"], 0.01, 1.0, 0.2).logarithmic().fixed(),
    Parameter::real("length", ["Length that the items' embeddings are kept at; 0: not kept", "商品嵌入保持的长度；0 表示不限"], 0.0, 10.0, 0.0).fixed(),
    Parameter::real("mean", ["Weight of the mean of the session's events in the state (gru, transformer)", "会话事件均值在状态中的权重（gru、transformer）"], 0.0, 4.0, 0.0).fixed(),
    Parameter::whole("events", ["Events of the history that make the state: the last so many", "组成状态的历史事件数（取最近的若干个）"], 2, 100, 20).fixed().label(["Events of the state", "状态的事件数"]),
    Parameter::whole("seed", ["Seed of the first weights and of the order", "初始权重与顺序的种子"], 0, 1_000_000, 1).fixed(),
    Parameter::word("categories", ["Whether the category of each item is an input, where the log has categories", "日志含类目时，是否把商品的类目作为输入"], WORDS, 0).fixed().label(["Categories", "类目"]).words(YES_OR_NO),
];

impl Settings {
    /// The settings that checked values stand for.
    #[must_use]
    pub fn new(encoder: Kind, values: &Values) -> Self {
        let real = |name| values.real(name) as f32;
        let value_weight = real("valueWeight");
        let rank = match values.whole("rank") {
            1 => RankBy::Value,
            2 => RankBy::Product,
            _ => RankBy::Likelihood,
        };
        Self {
            encoder,
            events: values.whole("events"),
            width: values.whole("width"),
            epochs: values.whole("epochs") as u32,
            steps: values.whole("steps") as u64,
            batch: values.whole("batch"),
            rate: real("rate"),
            dropout: real("dropout"),
            smoothing: real("smoothing"),
            negatives: values.whole("negatives"),
            gaps: values.whole("gaps") == 1,
            categories: values.whole("categories") == 1,
            // A list that is ranked by values needs some.
            value_weight: if rank != RankBy::Likelihood && value_weight == 0.0 {
                1.0
            } else {
                value_weight
            },
            gamma: real("gamma"),
            conservative: real("conservative"),
            seen: real("seen"),
            rank,
            again: values.whole("again") == 1,
            spread: real("spread"),
            length: real("length"),
            mean: real("mean"),
            seed: values.whole("seed") as u64,
        }
    }

    /// How often the epochs are run through at most: once more over all sessions where the validation window says how many. By values,
    /// nothing is held out.
    #[must_use]
    pub fn runs(&self) -> u32 {
        if self.again && self.rank == RankBy::Likelihood {
            2
        } else {
            1
        }
    }

    /// How many items each right one is told from; 0: all.
    #[must_use]
    pub fn negatives_among(&self, items: usize) -> usize {
        match self.negatives {
            0 if items > 10_000 => 1024,
            given if given >= items => 0,
            given => given,
        }
    }
}
