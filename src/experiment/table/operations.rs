//! The lines of the table for price, stock and ads. Which of them a problem takes, its entry in the registry says.

use super::super::parameters::{Choice, Domain, Group, Parameter, Words};
use super::{choice, integer, line, number, numbers, words};

const GROUP: Group = Group::Operations;
const UNITS: Words = words("units", "件");
const PERIODS: Words = words("periods", "期");

const FORMS: &[Choice] = &[
    Choice {
        key: "logLinear",
        label: words("exponential", "指数"),
    },
    Choice {
        key: "linear",
        label: words("linear", "线性"),
    },
    Choice {
        key: "logit",
        label: words("logit", "Logit"),
    },
    Choice {
        key: "isoElastic",
        label: words("constant elasticity", "恒定弹性"),
    },
];

const SITUATIONS: &[Choice] = &[
    Choice {
        key: "none",
        label: words("nothing", "无"),
    },
    Choice {
        key: "season",
        label: words("a season", "季节"),
    },
    Choice {
        key: "competitor",
        label: words("a competitor", "竞争者"),
    },
];

const MARKETS: &[Choice] = &[
    Choice {
        key: "counts",
        label: words("whole levels", "整数档"),
    },
    Choice {
        key: "curve",
        label: words("win-rate curve", "胜率曲线"),
    },
];

const PERIOD_LENGTHS: &[Choice] = &[
    Choice {
        key: "day",
        label: words("a day", "一天"),
    },
    Choice {
        key: "hour",
        label: words("an hour", "一小时"),
    },
    Choice {
        key: "week",
        label: words("a week", "一周"),
    },
];

const ISSUES: &[Choice] = &[
    Choice {
        key: "oldest",
        label: words("the oldest", "最旧的"),
    },
    Choice {
        key: "freshest",
        label: words("the freshest", "最新鲜的"),
    },
];

/// In the order in which the page shows them.
pub(super) const PARAMETERS: &[Parameter] = &[
    line(
        "currency",
        GROUP,
        words("Currency", "货币"),
        words("Stands beside every amount; nothing is converted.", "显示在每个金额旁；不做换算。"),
        Domain::Text { default: "€", longest: 8 },
    ),
    choice(
        "priceForm",
        GROUP,
        words("Demand by price", "需求随价格"),
        words(
            "How demand answers the price: base·e^(−slope·price); base − slope·price; visitors·logistic(utility − slope·price); base·price^(−elasticity).",
            "需求如何随价格变化：基数·e^(−斜率·价格)；基数 − 斜率·价格；访客·logistic(效用 − 斜率·价格)；基数·价格^(−弹性)。",
        ),
        FORMS,
    ),
    number(
        "demandBase",
        GROUP,
        words("Demand base", "需求基数"),
        words(
            "Units a period at price 0 (logit: visitors; constant elasticity: at price 1).",
            "价格为 0 时每期的件数（Logit：访客数；恒定弹性：价格为 1 时）。",
        ),
        (1.0, 0.0, 1e6, 0.1),
    ),
    number(
        "demandSlope",
        GROUP,
        words("Price slope", "价格斜率"),
        words(
            "How fast demand falls for each unit of currency; larger is more sensitive.",
            "每提高一个货币单位需求下降多快；越大越敏感。",
        ),
        (1.0, 0.0, 1e4, 0.05),
    ),
    number(
        "demandUtility",
        GROUP,
        words("Utility at price 0", "零价效用"),
        words("Logit only: what the item is worth to a visitor, against not buying.", "仅 Logit：商品相对于不购买的效用。"),
        (3.0, -50.0, 50.0, 0.1),
    )
    .expert(),
    number(
        "demandElasticity",
        GROUP,
        words("Elasticity", "弹性"),
        words(
            "Constant elasticity only: percent of demand lost for each percent of price.",
            "仅恒定弹性：价格每涨 1% 需求减少的百分比。",
        ),
        (3.0, 0.0, 20.0, 0.1),
    )
    .expert(),
    number(
        "priceLow",
        GROUP,
        words("Lowest price", "最低价格"),
        words("Where the ladder of prices begins.", "价格阶梯的起点。"),
        (0.6, 0.0, 1e6, 0.1),
    ),
    number(
        "priceHigh",
        GROUP,
        words("Highest price", "最高价格"),
        words("Where the ladder of prices ends.", "价格阶梯的终点。"),
        (2.0, 0.0, 1e6, 0.1),
    ),
    number(
        "priceStep",
        GROUP,
        words("Price step", "价格步长"),
        words("From one price of the ladder to the next; at most 200 prices.", "相邻价格之差；最多 200 个价格。"),
        (0.2, 0.0001, 1e6, 0.1),
    ),
    number(
        "sellingPrice",
        GROUP,
        words("Selling price", "售价"),
        words("What a unit sold brings.", "每售出一件的收入。"),
        (0.0, 0.0, 1e6, 0.5),
    ),
    number(
        "unitCost",
        GROUP,
        words("Unit cost", "单位成本"),
        words("What a unit costs you.", "每件商品的成本。"),
        (0.0, 0.0, 1e6, 0.5),
    ),
    integer(
        "stock",
        GROUP,
        words("Stock", "库存"),
        words("Units to sell in the season; no more come.", "整季可售件数；不再补货。"),
        (10, 1, 10_000),
    )
    .unit(UNITS),
    integer(
        "periods",
        GROUP,
        words("Periods", "周期数"),
        words("Over how many periods they may be sold.", "可销售的周期数。"),
        (20, 1, 10_000),
    )
    .unit(PERIODS),
    number(
        "salvage",
        GROUP,
        words("Salvage value", "残值"),
        words("What a unit left at the end brings; below 0 it costs.", "期末每件剩余的价值；负值表示费用。"),
        (0.0, -1e6, 1e6, 0.1),
    ),
    number(
        "meanDemand",
        GROUP,
        words("Mean demand", "平均需求"),
        words("Units wanted in a period, on average.", "平均每期需求件数。"),
        (6.0, 0.0, 1e4, 0.5),
    )
    .unit(UNITS),
    number(
        "scatter",
        GROUP,
        words("Scatter of demand", "需求离散度"),
        words(
            "Variance over mean: 1 for Poisson, above 1 negative binomial, 0 for certain demand.",
            "方差与均值之比：1 为泊松，大于 1 为负二项，0 为确定需求。",
        ),
        (1.0, 0.0, 100.0, 0.1),
    )
    .expert(),
    number(
        "fixedCost",
        GROUP,
        words("Cost of an order", "每次订货成本"),
        words("What each order costs, however large.", "每次订货的固定成本，与数量无关。"),
        (5.0, 0.0, 1e6, 0.5),
    ),
    number(
        "holdingCost",
        GROUP,
        words("Holding cost", "持有成本"),
        words("What each unit left at the end of a period costs.", "每期末每件剩余库存的成本。"),
        (1.0, 0.0, 1e6, 0.1),
    ),
    number(
        "penalty",
        GROUP,
        words("Shortage cost", "缺货成本"),
        words("What each unit short at the end of a period costs.", "每期末每缺一件的成本。"),
        (4.0, 0.0, 1e6, 0.5),
    ),
    integer(
        "leadTime",
        GROUP,
        words("Lead time", "提前期"),
        words(
            "Periods until an order arrives: 0 to 20 where customers wait, 0 to 4 where sales are lost.",
            "订货到达所需周期：可欠货时 0 到 20，失销时 0 到 4。",
        ),
        (0, 0, 20),
    )
    .unit(PERIODS),
    integer(
        "maxStock",
        GROUP,
        words("Largest stock", "最大库存"),
        words("On hand and on order together: the edge of the state grid.", "现有与在途之和的上限：状态网格的边界。"),
        (14, 1, 10_000),
    )
    .unit(UNITS),
    integer(
        "maxOrder",
        GROUP,
        words("Largest order", "最大订货量"),
        words("The most that may be ordered at once.", "一次最多可订的件数。"),
        (6, 1, 10_000),
    )
    .unit(UNITS),
    integer(
        "lifetime",
        GROUP,
        words("Keeps for", "保质期"),
        words("Periods after which a unit is wasted.", "超过这么多周期即报废。"),
        (3, 2, 4),
    )
    .unit(PERIODS),
    number(
        "wasteCost",
        GROUP,
        words("Cost of waste", "报废成本"),
        words("What each unit wasted costs, beside what was paid for it.", "每报废一件的额外成本。"),
        (1.0, 0.0, 1e6, 0.1),
    ),
    choice(
        "issue",
        GROUP,
        words("Sold first", "先售出"),
        words("Which units customers take first.", "顾客先取走哪些。"),
        ISSUES,
    ),
    choice(
        "situation",
        GROUP,
        words("What moves demand", "影响需求的因素"),
        words(
            "A season goes through its factors in turn; a competitor's price changes by chance.",
            "季节依次经过各系数；竞争者价格随机变化。",
        ),
        SITUATIONS,
    )
    .expert(),
    numbers(
        "demandFactors",
        GROUP,
        words("Demand factors", "需求系数"),
        words(
            "What demand is multiplied by in each season (1 to 53) or at each price of the competitor (2 to 20).",
            "每个季节（1 到 53 个）或竞争者每个价格（2 到 20 个）下需求的乘数。",
        ),
        ("0.6, 1, 1.4", 0.0, 100.0, 53),
    )
    .expert(),
    number(
        "competitorStays",
        GROUP,
        words("Competitor stays", "竞争者保持"),
        words(
            "Probability that the competitor keeps its price for another period.",
            "竞争者下一期保持价格的概率。",
        ),
        (0.8, 0.0, 1.0, 0.05),
    )
    .expert(),
    number(
        "adBudget",
        GROUP,
        words("Budget", "预算"),
        words("Money for the day.", "当日预算。"),
        (30.0, 0.0, 1e9, 1.0),
    ),
    number(
        "adLevel",
        GROUP,
        words("Grain of money", "金额精度"),
        words(
            "The state counts the budget in steps of so much; single costs are rounded to it.",
            "状态以此为单位计预算；单次费用按此取整。",
        ),
        (1.0, 0.0001, 1e6, 0.1),
    )
    .expert(),
    integer(
        "adDecisions",
        GROUP,
        words("Decisions a day", "每日决策数"),
        words("How often is decided: impressions, auctions or batches of them.", "决策次数：展示、竞价或其批次。"),
        (30, 1, 1_000_000),
    ),
    numbers(
        "clickRates",
        GROUP,
        words("Click rates", "点击率"),
        words("One for each ad.", "每个广告一个。"),
        ("0.3, 0.1, 0.2", 0.0, 1.0, 100),
    ),
    numbers(
        "clickCosts",
        GROUP,
        words("Cost of a click", "每次点击费用"),
        words("One for each ad.", "每个广告一个。"),
        ("1, 2, 3", 0.0, 1e6, 100),
    ),
    numbers(
        "clickValues",
        GROUP,
        words("Value of a click", "每次点击价值"),
        words("One for each ad.", "每个广告一个。"),
        ("1, 6, 1.5", 0.0, 1e6, 100),
    ),
    numbers(
        "bids",
        GROUP,
        words("Bids", "出价"),
        words("What may be bid.", "可选的出价。"),
        ("3, 6, 9, 12", 0.0001, 1e6, 100),
    ),
    numbers(
        "shares",
        GROUP,
        words("Kinds of visitors", "访客群占比"),
        words("Share of each kind, before normalising.", "各类访客的占比（归一化前）。"),
        ("0.3, 0.7", 0.0, 1e6, 20),
    ),
    numbers(
        "winValues",
        GROUP,
        words("Value of winning", "胜出价值"),
        words("One for each kind of visitors.", "每类访客一个。"),
        ("12, 5", 0.0, 1e6, 20),
    ),
    number(
        "marketMean",
        GROUP,
        words("Rival bid", "竞争出价"),
        words(
            "The highest competing bid: its mean, or with a win-rate curve its median.",
            "最高竞争出价：取均值；若用胜率曲线则取中位数。",
        ),
        (5.0, 0.0001, 1e6, 0.1),
    ),
    choice(
        "marketForm",
        GROUP,
        words("Rival bids by", "竞争出价按"),
        words(
            "Whole levels around a mean, or the win-rate curve around a median, as fitted from a log of bids.",
            "围绕均值的整数档，或围绕中位数的胜率曲线（可由出价日志拟合）。",
        ),
        MARKETS,
    ),
    number(
        "marketScatter",
        GROUP,
        words("Scatter of rival bids", "竞价离散度"),
        words("Variance over mean of the highest competing bid.", "最高竞争出价的方差与均值之比。"),
        (2.4, 1.0, 100.0, 0.1),
    )
    .expert(),
    number(
        "winShape",
        GROUP,
        words("Steepness of winning", "胜率陡度"),
        words(
            "Of the win-rate curve 1 / (1 + (bid / median)^−steepness).",
            "胜率曲线 1 / (1 + (出价 / 中位数)^−陡度) 的陡度。",
        ),
        (2.5, 0.1, 50.0, 0.1),
    )
    .expert(),
    integer(
        "batch",
        GROUP,
        words("Auctions a batch", "每批竞价数"),
        words("A bid holds for so many auctions before the next is chosen.", "一次出价持续这么多次竞价。"),
        (1_000, 1, 1_000_000_000),
    ),
    choice(
        "demandPeriod",
        GROUP,
        words("A period is", "周期为"),
        words("How long a period is when demand is read from the log.", "从日志读取需求时一个周期的长度。"),
        PERIOD_LENGTHS,
    ),
    integer(
        "forecastHorizon",
        GROUP,
        words("Look ahead", "预测期数"),
        words("How many periods are forecast.", "预测多少个周期。"),
        (14, 1, 1_000),
    )
    .unit(PERIODS),
    number(
        "forecastCoverage",
        GROUP,
        words("Coverage", "置信水平"),
        words("Share of what may come that the intervals shall hold.", "区间应包含的未来比例。"),
        (0.9, 0.5, 0.999, 0.01),
    ),
    integer(
        "forecastSeason",
        GROUP,
        words("Season", "季节长度"),
        words("After how many periods demand repeats: 7 days, 24 hours, 52 weeks.", "需求重复的周期数：7 天、24 小时、52 周。"),
        (7, 2, 1_000),
    )
    .unit(PERIODS),
    number(
        "splitBudget",
        GROUP,
        words("Money for orders", "订货资金"),
        words("What the orders of all items may cost together.", "全部商品订货总额上限。"),
        (100.0, 0.0, 1e9, 10.0),
    ),
    integer(
        "splitItems",
        GROUP,
        words("Items", "商品数"),
        words("How many of the best sellers share the money.", "由多少种畅销商品分享资金。"),
        (10, 1, 1_000),
    ),
    number(
        "splitCostShare",
        GROUP,
        words("Cost of the price", "成本占价格"),
        words("Unit cost as a share of the mean price in the log.", "单位成本占日志平均价格的比例。"),
        (0.5, 0.01, 10.0, 0.05),
    ),
];
