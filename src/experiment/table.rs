//! The lines of the parameter table.

// The page checks links that only the whole engine can repeat.
#[cfg(any(feature = "whole", feature = "page"))]
mod networks;
#[cfg(any(feature = "whole", feature = "page"))]
mod operations;

use super::parameters::{Choice, Domain, Group, Parameter, Words};

const fn words(en: &'static str, zh: &'static str) -> Words {
    Words { en, zh }
}

const NO_UNIT: Words = words("", "");
const MINUTES: Words = words("min", "分钟");
const STEPS: Words = words("steps", "步");
const POINTS: Words = words("reward", "奖励");

const SCHEDULES: &[Choice] = &[
    Choice {
        key: "inverse",
        label: words("1 / n", "1 / n"),
    },
    Choice {
        key: "constant",
        label: words("constant", "恒定"),
    },
    Choice {
        key: "linear",
        label: words("linear", "线性"),
    },
    Choice {
        key: "exponential",
        label: words("exponential", "指数"),
    },
];

const EPSILON_SCHEDULES: &[Choice] = &[
    Choice {
        key: "exponential",
        label: words("exponential", "指数"),
    },
    Choice {
        key: "linear",
        label: words("linear", "线性"),
    },
    Choice {
        key: "constant",
        label: words("constant", "恒定"),
    },
    Choice {
        key: "inverse",
        label: words("1 / n", "1 / n"),
    },
];

/// A parameter that always shows and can't change while training runs; the functions of `impl Parameter` vary that.
const fn line(
    key: &'static str,
    group: Group,
    label: Words,
    help: Words,
    domain: Domain,
) -> Parameter {
    Parameter {
        key,
        group,
        label,
        // Who only checks links explains nothing.
        help: if cfg!(feature = "engine") {
            help
        } else {
            NO_UNIT
        },
        unit: NO_UNIT,
        live: false,
        expert: false,
        domain,
    }
}

const fn number(
    key: &'static str,
    group: Group,
    label: Words,
    help: Words,
    (default, min, max, step): (f64, f64, f64, f64),
) -> Parameter {
    let domain = Domain::Number {
        default,
        min,
        max,
        step,
    };
    line(key, group, label, help, domain)
}

const fn integer(
    key: &'static str,
    group: Group,
    label: Words,
    help: Words,
    (default, min, max): (u32, u32, u32),
) -> Parameter {
    line(
        key,
        group,
        label,
        help,
        Domain::Integer { default, min, max },
    )
}

const fn choice(
    key: &'static str,
    group: Group,
    label: Words,
    help: Words,
    options: &'static [Choice],
) -> Parameter {
    line(key, group, label, help, Domain::Choice { options })
}

const fn flag(
    key: &'static str,
    group: Group,
    label: Words,
    help: Words,
    default: bool,
) -> Parameter {
    line(key, group, label, help, Domain::Flag { default })
}

impl Parameter {
    const fn unit(mut self, unit: Words) -> Self {
        self.unit = unit;
        self
    }
    const fn live(mut self) -> Self {
        self.live = true;
        self
    }
    const fn expert(mut self) -> Self {
        self.expert = true;
        self
    }
}

/// A list of numbers, each in `min..=max`.
#[cfg(any(feature = "whole", feature = "page"))]
const fn numbers(
    key: &'static str,
    group: Group,
    label: Words,
    help: Words,
    (default, min, max, longest): (&'static str, f64, f64, u32),
) -> Parameter {
    let domain = Domain::List {
        default,
        min,
        max,
        longest,
    };
    line(key, group, label, help, domain)
}

/// Every parameter of Qcart, in the order in which the page shows them.
pub fn parameters() -> impl Iterator<Item = &'static Parameter> {
    #[cfg(any(feature = "whole", feature = "page"))]
    const TABLES: &[&[Parameter]] = &[PARAMETERS, operations::PARAMETERS, networks::PARAMETERS];
    #[cfg(not(any(feature = "whole", feature = "page")))]
    const TABLES: &[&[Parameter]] = &[PARAMETERS];
    TABLES.iter().flat_map(|table| table.iter())
}

const PARAMETERS: &[Parameter] = &[
    number(
        "sessionGap",
        Group::Sessions,
        words("Session gap", "会话间隔"),
        words(
            "A pause longer than this starts a new session; used where the log has no session column.",
            "停顿超过该时长即开始新会话；仅在日志没有会话列时使用。",
        ),
        (30.0, 1.0, 43_200.0, 1.0),
    )
    .unit(MINUTES),
    flag(
        "mergeRepeats",
        Group::Sessions,
        words("Merge repeated events", "合并重复事件"),
        words(
            "Counts identical consecutive events (same item, same type) of a session once.",
            "同一会话中连续相同的事件（同商品、同类型）只计一次。",
        ),
        false,
    )
    .expert(),
    number(
        "rewardView",
        Group::Reward,
        words("View", "浏览"),
        words(
            "What it is worth when the user views an item. In a log of views only, this alone counts.",
            "用户浏览一件商品的价值。若日志只有浏览，则只有它起作用。",
        ),
        (0.1, -10.0, 100.0, 0.05),
    )
    .unit(POINTS),
    number(
        "rewardClick",
        Group::Reward,
        words("Click", "点击"),
        words("What a click is worth.", "一次点击的价值。"),
        (0.2, -10.0, 100.0, 0.05),
    )
    .unit(POINTS),
    number(
        "rewardCart",
        Group::Reward,
        words("Cart", "加购"),
        words("What it is worth when an item goes into the cart.", "商品加入购物车的价值。"),
        (0.5, -10.0, 100.0, 0.05),
    )
    .unit(POINTS),
    number(
        "rewardPurchase",
        Group::Reward,
        words("Purchase", "购买"),
        words("What a purchase is worth.", "一次购买的价值。"),
        (1.0, -10.0, 100.0, 0.05),
    )
    .unit(POINTS),
    flag(
        "rewardPrice",
        Group::Reward,
        words("Purchases count by price", "购买按价格计"),
        words(
            "Multiplies the purchase reward by the item's mean logged price; needs a price column.",
            "将购买奖励乘以该商品的平均成交价；需要价格列。",
        ),
        false,
    ),
    number(
        "noPurchasePenalty",
        Group::Reward,
        words("Left without buying", "未购买离开"),
        words(
            "Taken off once, at the end of a session in which nothing was bought; only where the log has purchases.",
            "会话结束且未购买时扣除一次；仅在日志含购买事件时生效。",
        ),
        (0.1, 0.0, 100.0, 0.05),
    )
    .unit(POINTS),
    integer(
        "order",
        Group::Shop,
        words("Items remembered", "记忆商品数"),
        words(
            "The state is the last so many items of the session; rare combinations fall back to fewer.",
            "状态为会话中最近的若干商品；罕见组合回退到更少的商品。",
        ),
        (1, 1, 3),
    ),
    integer(
        "minSupport",
        Group::Shop,
        words("Smallest state support", "状态最小支持数"),
        words(
            "A combination of items becomes a state of its own when it was seen at least this often.",
            "商品组合至少出现这么多次才成为独立状态。",
        ),
        (5, 1, 1_000),
    )
    .expert(),
    integer(
        "candidates",
        Group::Shop,
        words("Candidates per state", "每个状态的候选数"),
        words(
            "The agent may recommend this many of the most probable next items.",
            "智能体可推荐的最可能的后续商品数量。",
        ),
        (20, 2, 200),
    ),
    number(
        "lift",
        Group::Shop,
        words("Acceptance lift L", "接受提升 L"),
        words(
            "Recommending an item multiplies its probability by L. This is an assumption: a log without exposures can't tell it.",
            "推荐某商品会使其概率乘以 L。这是一个假设：没有曝光记录的日志无法得出它。",
        ),
        (2.0, 1.0, 20.0, 0.1),
    ),
    integer(
        "minPairSupport",
        Group::Shop,
        words("Smallest action support n₀", "动作最小支持数 n₀"),
        words(
            "Only actions seen at least this often in a state may be chosen: a pair seen once is no evidence.",
            "在某状态下至少出现这么多次的动作才可选：只出现一次不足为据。",
        ),
        (2, 1, 1_000),
    ),
    number(
        "rewardPrior",
        Group::Shop,
        words("Reward back-off", "奖励回退强度"),
        words(
            "Mean rewards of rare combinations lean on shorter ones, as if these had been seen so many times.",
            "罕见组合的平均奖励向更短的组合靠拢，相当于后者被观察了这么多次。",
        ),
        (5.0, 0.0, 1_000.0, 1.0),
    )
    .expert(),
    choice(
        "algorithm",
        Group::Agent,
        words("Algorithm", "算法"),
        words(
            "Double Q-learning keeps two tables and so avoids the upward bias of the maximum.",
            "双 Q 学习使用两张表，从而避免取最大值带来的高估。",
        ),
        &[
            Choice { key: "q", label: words("Q-learning", "Q 学习") },
            Choice { key: "doubleQ", label: words("Double Q-learning", "双 Q 学习") },
        ],
    ),
    number(
        "gamma",
        Group::Agent,
        words("Discount γ", "折扣因子 γ"),
        words(
            "How much a reward one step later is worth; 0 looks at the next event only.",
            "晚一步得到的奖励折算多少；0 表示只看下一个事件。",
        ),
        (0.9, 0.0, 1.0, 0.01),
    )
    .live(),
    choice(
        "alphaSchedule",
        Group::Agent,
        words("Learning rate falls by", "学习率衰减"),
        words(
            "1 / n falls with the visits of each state and action, which makes learning converge.",
            "1 / n 随每个状态动作的访问次数下降，使学习收敛。",
        ),
        SCHEDULES,
    ),
    number(
        "alpha",
        Group::Agent,
        words("Learning rate α", "学习率 α"),
        words(
            "How far one experience moves a Q-value; the start of the schedule.",
            "一次经验使 Q 值移动多少；衰减的起点。",
        ),
        (1.0, 0.0001, 1.0, 0.01),
    )
    .live(),
    integer(
        "alphaVisits",
        Group::Agent,
        words("1 / n: half after", "1 / n：减半所需访问"),
        words(
            "Under 1 / n, the learning rate has halved after so many visits of a state and action.",
            "在 1 / n 下，某状态动作被访问这么多次后学习率减半。",
        ),
        (8, 1, 1_000_000),
    )
    .unit(words("visits", "次"))
    .expert(),
    number(
        "alphaFinal",
        Group::Agent,
        words("Final learning rate", "最终学习率"),
        words("Where the schedule of the learning rate ends.", "学习率衰减的终点。"),
        (0.0, 0.0, 1.0, 0.001),
    )
    .live()
    .expert(),
    choice(
        "epsilonSchedule",
        Group::Agent,
        words("Exploration falls by", "探索率衰减"),
        words(
            "How exploration goes from its start to its end over the training budget.",
            "探索率在训练预算内如何从起点降到终点。",
        ),
        EPSILON_SCHEDULES,
    ),
    number(
        "epsilon",
        Group::Agent,
        words("Exploration ε", "探索率 ε"),
        words(
            "Share of steps at which a random action is tried; the start of the schedule.",
            "随机尝试动作的步数占比；衰减的起点。",
        ),
        (1.0, 0.0, 1.0, 0.01),
    )
    .live(),
    number(
        "epsilonFinal",
        Group::Agent,
        words("Final exploration", "最终探索率"),
        words("Where the schedule of exploration ends.", "探索率衰减的终点。"),
        (0.05, 0.0, 1.0, 0.01),
    )
    .live()
    .expert(),
    number(
        "initialQ",
        Group::Agent,
        words("Initial Q-value", "初始 Q 值"),
        words(
            "Where every Q-value starts; above the true values it makes the agent try everything (optimism).",
            "每个 Q 值的起点；高于真实值会促使智能体尝试一切（乐观初始化）。",
        ),
        (0.0, -1_000.0, 1_000.0, 0.1),
    )
    .expert(),
    integer(
        "budget",
        Group::Training,
        words("Budget", "预算"),
        words(
            "Training stops after so many steps, if it has not converged before.",
            "若此前未收敛，训练在这么多步后停止。",
        ),
        (20_000_000, 1, 2_000_000_000),
    )
    .unit(STEPS),
    integer(
        "snapshots",
        Group::Training,
        words("Measurements", "测量次数"),
        words(
            "How many points of the budget are measured and plotted.",
            "在预算内测量并绘制的点数。",
        ),
        (100, 2, 1_000),
    )
    .expert(),
    number(
        "tolerance",
        Group::Training,
        words("Tolerance", "容差"),
        words(
            "Training has converged when the mean Bellman residual, as a share of the mean |Q*|, is at most this; 0 never stops for it.",
            "当平均贝尔曼残差占平均 |Q*| 的比例不超过它时，训练即收敛；0 表示不据此停止。",
        ),
        (0.0001, 0.0, 1.0, 0.0001),
    ),
    integer(
        "patience",
        Group::Training,
        words("Patience", "耐心"),
        words(
            "Training has converged, too, when the greedy policy stayed the same over this many measurements; 0 never stops for it.",
            "连续这么多次测量中贪婪策略都不变，也视为收敛；0 表示不据此停止。",
        ),
        (10, 0, 1_000),
    )
    .expert(),
    integer(
        "episodeCap",
        Group::Training,
        words("Longest episode", "最长回合"),
        words("An episode is cut (not ended) after this many steps.", "回合在这么多步后被截断（并非终止）。"),
        (100, 1, 1_000_000),
    )
    .unit(STEPS)
    .expert(),
    integer(
        "repeats",
        Group::Training,
        words("Runs", "运行次数"),
        words(
            "Trains with this many seeds, one after the other, and shows the band between them.",
            "用这么多个随机种子依次训练，并显示其间的区间带。",
        ),
        (1, 1, 20),
    ),
    integer(
        "seed",
        Group::Training,
        words("Seed", "随机种子"),
        words(
            "The same seed gives the same bits, on every machine.",
            "相同的种子在任何机器上都给出完全相同的结果。",
        ),
        (1, 0, u32::MAX),
    ),
    integer(
        "shopUsers",
        Group::Generator,
        words("Users", "用户数"),
        words("How many users visit the generated shop.", "生成商店的访客数量。"),
        (1_000, 1, 10_000_000),
    ),
    integer(
        "shopItems",
        Group::Generator,
        words("Items", "商品数"),
        words("How many items it sells.", "出售的商品数量。"),
        (200, 2, 1_000_000),
    ),
    integer(
        "shopCategories",
        Group::Generator,
        words("Categories", "类目数"),
        words("Into how many categories the items fall.", "商品分为多少个类目。"),
        (10, 1, 1_000),
    ),
    integer(
        "shopDays",
        Group::Generator,
        words("Days", "天数"),
        words("Over how many days the visits are spread.", "访问分布的天数。"),
        (30, 1, 366),
    )
    .expert(),
    integer(
        "shopSeed",
        Group::Generator,
        words("Shop seed", "商店种子"),
        words("Another seed gives another shop of the same kind.", "换一个种子得到另一家同类商店。"),
        (1, 0, u32::MAX),
    ),
];
