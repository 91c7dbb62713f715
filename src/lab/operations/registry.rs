//! The problems of price, stock and ads: what each takes, what suits it, and how it is made of the settings.

use super::{Entry, Operation, Preset, grid};
use crate::demand::discrete::Discrete;
use crate::demand::range::count;
use crate::demand::response::PriceResponse;
use crate::env::ads::offer::{Moments, Offer, batch, bid, log_logistic_market, placement};
use crate::env::ads::{Campaign, Segment};
use crate::env::inventory::Costs;
use crate::env::inventory::backorder::Backorder;
use crate::env::inventory::lost::LostSales;
use crate::env::inventory::newsvendor::Newsvendor;
use crate::env::inventory::perishable::{Issue, Perishable};
use crate::env::mountain_car::MountainCar;
use crate::env::pricing::situation::Situation;
use crate::env::pricing::{Pricing, PricingConfig};
use crate::experiment::parameters::Settings;
use crate::problem::{Problem, Text};
use Preset::{Number, Words};

/// How these problems are trained unless their entry says otherwise: visits count for the learning rate as
/// (H + 1) / (H + n) (Jin et al. 2018), exploration falls from a half to a twentieth, nothing stops early.
pub(super) const TRAINING: &[(&str, Preset)] = &[
    ("gamma", Number(1.0)),
    ("alphaSchedule", Words("inverse")),
    ("alpha", Number(1.0)),
    ("alphaFinal", Number(0.0)),
    ("alphaVisits", Number(20.0)),
    ("epsilonSchedule", Words("linear")),
    ("epsilon", Number(0.5)),
    ("epsilonFinal", Number(0.05)),
    ("budget", Number(20_000_000.0)),
    ("episodeCap", Number(100.0)),
    ("tolerance", Number(0.0)),
    ("patience", Number(0.0)),
    ("repeats", Number(5.0)),
];

/// Every problem, in the order of the page.
pub const ALL: &[Entry] = &[
    Entry {
        id: "price",
        family: "price",
        title: ["The best price", "最优价格"],
        note: [
            "One item, plenty of stock, one period at a time: the monopolist's price. The agent tries the prices of a ladder and sees what is sold.",
            "单一商品、库存充足、逐期定价：垄断者定价。智能体尝试阶梯上的价格并观察销量。",
        ],
        source: "Phillips, Pricing and Revenue Optimization (2005)",
        parameters: &[
            "priceForm",
            "demandBase",
            "demandSlope",
            "priceLow",
            "priceHigh",
            "priceStep",
            "unitCost",
            "currency",
            "demandUtility",
            "demandElasticity",
            "scatter",
        ],
        presets: &[
            ("priceForm", Words("linear")),
            ("demandBase", Number(100.0)),
            ("demandSlope", Number(2.0)),
            ("unitCost", Number(10.0)),
            ("priceLow", Number(14.0)),
            ("priceHigh", Number(46.0)),
            ("priceStep", Number(4.0)),
            ("budget", Number(1_000_000.0)),
        ],
        build: price,
    },
    Entry {
        id: "season",
        family: "price",
        title: ["A stock to sell by a deadline", "限期售完的库存"],
        note: [
            "A fixed stock, a last day, and a price that may change every period: dear while time is long and stock short, cheap when it must go.",
            "库存固定、期限已定，每期可改价：时间充裕、库存少时定价高，临近期限时降价。",
        ],
        source: "Gallego & van Ryzin, Management Science 40 (1994)",
        parameters: &[
            "stock",
            "periods",
            "priceForm",
            "demandBase",
            "demandSlope",
            "priceLow",
            "priceHigh",
            "priceStep",
            "unitCost",
            "salvage",
            "currency",
            "holdingCost",
            "demandUtility",
            "demandElasticity",
            "scatter",
            "situation",
            "demandFactors",
            "competitorStays",
        ],
        presets: &[("holdingCost", Number(0.0))],
        build: season,
    },
    Entry {
        id: "newsvendor",
        family: "stock",
        title: ["One order before the sale", "一次订货"],
        note: [
            "The newsvendor: one order, then one demand. What is left is worth little, what is short is lost.",
            "报童问题：先订货，后出现需求。剩余的价值很低，不足的即失去。",
        ],
        source: "Arrow, Harris & Marschak, Econometrica 19 (1951)",
        parameters: &[
            "meanDemand",
            "sellingPrice",
            "unitCost",
            "holdingCost",
            "penalty",
            "salvage",
            "maxOrder",
            "currency",
            "scatter",
        ],
        presets: &[
            ("meanDemand", Number(20.0)),
            ("sellingPrice", Number(50.0)),
            ("unitCost", Number(20.0)),
            ("penalty", Number(5.0)),
            ("maxOrder", Number(40.0)),
            ("budget", Number(1_000_000.0)),
        ],
        build: newsvendor,
    },
    Entry {
        id: "reorder",
        family: "stock",
        title: ["When to order, and how much", "何时订货、订多少"],
        note: [
            "Periodic review; customers wait, each order has a fixed cost and arrives after the lead time. The best policy orders up to S once the position is at or below s.",
            "周期盘点；顾客愿意等待，每次订货有固定成本，并在提前期后到达。最优策略：库存位置不高于 s 时订至 S。",
        ],
        source: "Scarf (1960); Zheng & Federgruen, Operations Research 39 (1991)",
        parameters: &[
            "meanDemand",
            "fixedCost",
            "holdingCost",
            "penalty",
            "leadTime",
            "maxStock",
            "unitCost",
            "currency",
            "scatter",
        ],
        presets: &[("gamma", Number(0.9)), ("maxStock", Number(20.0))],
        build: reorder,
    },
    Entry {
        id: "lostsales",
        family: "stock",
        title: ["A lead time and lost sales", "有提前期的失销"],
        note: [
            "Orders take time and customers don't wait. There is no formula: the state holds every outstanding order, and value iteration gives the optimum on this grid.",
            "订货需要时间，顾客不等待。没有解析公式：状态包含所有在途订单，最优值由值迭代在此网格上给出。",
        ],
        source: "Zipkin, Operations Research 56 (2008)",
        parameters: &[
            "meanDemand",
            "holdingCost",
            "penalty",
            "leadTime",
            "maxStock",
            "maxOrder",
            "sellingPrice",
            "unitCost",
            "fixedCost",
            "currency",
            "scatter",
        ],
        presets: &[
            ("gamma", Number(0.9)),
            ("meanDemand", Number(3.0)),
            ("penalty", Number(9.0)),
            ("fixedCost", Number(0.0)),
            ("leadTime", Number(2.0)),
            ("budget", Number(40_000_000.0)),
        ],
        build: lost_sales,
    },
    Entry {
        id: "perishable",
        family: "stock",
        title: ["What does not keep", "易腐商品"],
        note: [
            "Units are wasted when they grow too old. The state holds the units of each age.",
            "商品过期即报废。状态为各剩余期限的件数。",
        ],
        source: "Nahmias, Operations Research 30 (1982)",
        parameters: &[
            "meanDemand",
            "sellingPrice",
            "unitCost",
            "holdingCost",
            "penalty",
            "wasteCost",
            "lifetime",
            "maxOrder",
            "issue",
            "currency",
            "fixedCost",
            "scatter",
        ],
        presets: &[
            ("gamma", Number(0.9)),
            ("meanDemand", Number(3.0)),
            ("sellingPrice", Number(10.0)),
            ("unitCost", Number(4.0)),
            ("holdingCost", Number(0.1)),
            ("penalty", Number(1.0)),
            ("fixedCost", Number(0.0)),
            ("maxOrder", Number(7.0)),
        ],
        build: perishable,
    },
    Entry {
        id: "ads",
        family: "ads",
        title: ["Which ad to show", "展示哪个广告"],
        note: [
            "A day's budget, so many impressions, several ads with their click rates, costs and values. Action 0 shows none and saves the budget.",
            "一天的预算、若干次展示，多个广告各有点击率、费用与价值。动作 0 不展示以节省预算。",
        ],
        source: "Badanidiyuru, Kleinberg & Slivkins, Journal of the ACM 65 (2018)",
        parameters: &[
            "adBudget",
            "adDecisions",
            "clickRates",
            "clickCosts",
            "clickValues",
            "adLevel",
            "currency",
        ],
        presets: &[("adBudget", Number(12.0)), ("budget", Number(10_000_000.0))],
        build: ads,
    },
    Entry {
        id: "bids",
        family: "ads",
        title: ["What to bid", "如何出价"],
        note: [
            "Second-price auctions for visitors of several kinds, out of one budget. The agent is not told how often a bid wins: it learns that by bidding.",
            "用同一预算为多类访客参加次价拍卖。智能体不知道出价的胜率，只能通过出价学习。",
        ],
        source: "Cai et al., Real-Time Bidding by Reinforcement Learning, WSDM 2017",
        parameters: &[
            "adBudget",
            "adDecisions",
            "bids",
            "shares",
            "winValues",
            "marketMean",
            "adLevel",
            "currency",
            "marketForm",
            "marketScatter",
            "winShape",
        ],
        presets: &[("adDecisions", Number(15.0))],
        build: bids,
    },
    Entry {
        id: "adday",
        family: "ads",
        title: ["A large day of bids", "大规模竞价日"],
        note: [
            "Tens of thousands of auctions, bid on in batches. No table could hold each auction; the fluid bound says what no policy can exceed.",
            "数万次竞价按批出价。表格无法容纳每次竞价；流体上界给出任何策略都无法超过的值。",
        ],
        source: "Balseiro & Gur, Management Science 65 (2019)",
        parameters: &[
            "adBudget",
            "adDecisions",
            "batch",
            "bids",
            "shares",
            "winValues",
            "marketMean",
            "adLevel",
            "currency",
            "winShape",
        ],
        presets: &[
            ("adBudget", Number(300.0)),
            ("adDecisions", Number(24.0)),
            ("batch", Number(4_000.0)),
            ("bids", Words("0.01, 0.02, 0.03, 0.04, 0.05, 0.06")),
            ("shares", Words("0.5, 0.5")),
            ("winValues", Words("0.05, 0.02")),
            ("marketMean", Number(0.02)),
            ("adLevel", Number(3.0)),
            ("budget", Number(40_000_000.0)),
            ("repeats", Number(1.0)),
        ],
        build: ad_day,
    },
    Entry {
        id: "mountaincar",
        family: "textbook",
        title: ["Mountain car", "山地车"],
        note: [
            "A car too weak for the slope must swing back first; each step costs 1 until it is up. Position and velocity are continuous and lie on a grid of 64 by 64 here, so that the optimum is known. Tiles learn it in a few hundred episodes; choose them under Learn and compare with the table.",
            "动力不足的小车须先后退再冲上坡；到达之前每步代价为 1。位置与速度是连续的，此处取 64×64 网格以便求得最优值。瓦片编码只需几百回合即可学会；可在“学习”处选择它并与表格比较。",
        ],
        source: "Sutton & Barto (2018), example 10.1; Moore (1990)",
        parameters: &[],
        presets: &[
            ("tilings", Number(8.0)),
            ("tilesAlong", Number(16.0)),
            ("alphaSchedule", Words("linear")),
            ("alpha", Number(0.5)),
            ("alphaFinal", Number(0.01)),
            ("epsilonSchedule", Words("constant")),
            ("epsilon", Number(0.0)),
            ("budget", Number(500_000.0)),
            ("episodeCap", Number(500.0)),
        ],
        build: mountain_car,
    },
];

fn mountain_car(_: &Settings) -> Result<Operation, Problem> {
    Ok(Operation::MountainCar(MountainCar::new(64)?))
}

pub(super) fn response(settings: &Settings) -> PriceResponse {
    let number = |key| settings.number(key);
    let (base, slope) = (number("demandBase"), number("demandSlope"));
    match settings.choice("priceForm") {
        "linear" => PriceResponse::Linear { base, slope },
        "logit" => PriceResponse::Logit {
            visitors: base,
            utility: number("demandUtility"),
            slope,
        },
        "isoElastic" => PriceResponse::IsoElastic {
            base,
            elasticity: number("demandElasticity"),
        },
        _ => PriceResponse::LogLinear { base, slope },
    }
}

/// The prices from lowest to highest, in steps.
fn ladder(settings: &Settings) -> Result<Vec<f64>, Problem> {
    let (low, high) = (settings.number("priceLow"), settings.number("priceHigh"));
    let step = settings.number("priceStep");
    if high < low {
        return Err(Problem::new(
            "pricing.ladder",
            Text::new(
                "The highest price is below the lowest.",
                "最高价格低于最低价格。",
            ),
            Text::new("Exchange the two.", "请交换两者。"),
        ));
    }
    // A step that just fails to reach the end by rounding still does.
    let steps = libm::floor((high - low) / step + 1e-9);
    if steps >= 200.0 {
        count(
            ("prices on the ladder", "价格档位"),
            steps.min(1e9) as usize + 1,
            1,
            200,
        )?;
    }
    // Rounded, so that 0.6 + 3 · 0.2 is 1.2 to the last bit.
    let price = |i: u32| libm::round((low + step * f64::from(i)) * 1e6) / 1e6;
    Ok((0..=steps as u32).map(price).collect())
}

fn pricing(settings: &Settings, config: PricingConfig) -> Result<Operation, Problem> {
    let config = PricingConfig {
        response: response(settings),
        ladder: ladder(settings)?,
        unit_cost: settings.number("unitCost"),
        scatter: settings.number("scatter"),
        ..config
    };
    Ok(Operation::Pricing(Pricing::new(&config)?))
}

fn price(settings: &Settings) -> Result<Operation, Problem> {
    let one = PricingConfig {
        stock: None,
        periods: 1,
        ..PricingConfig::season()?
    };
    pricing(settings, one)
}

fn season(settings: &Settings) -> Result<Operation, Problem> {
    let factors = settings.numbers("demandFactors");
    let situation = match settings.choice("situation") {
        "season" => Situation::seasons(&factors)?,
        "competitor" => Situation::competitor(&factors, settings.number("competitorStays"))?,
        _ => Situation::none()?,
    };
    let config = PricingConfig {
        stock: Some(settings.integer("stock")),
        periods: settings.integer("periods"),
        salvage: settings.number("salvage"),
        holding: settings.number("holdingCost"),
        situation,
        ..PricingConfig::season()?
    };
    pricing(settings, config)
}

pub(super) fn demand(settings: &Settings) -> Result<Discrete, Problem> {
    crate::env::pricing::scattered(settings.number("meanDemand"), settings.number("scatter"))
}

/// What a period costs, of which `used` counts for the problem; the rest is 0.
fn costs(settings: &Settings, used: &[&str]) -> Costs {
    let number = |key| {
        if used.contains(&key) {
            settings.number(key)
        } else {
            0.0
        }
    };
    Costs {
        price: number("sellingPrice"),
        unit_cost: number("unitCost"),
        fixed: number("fixedCost"),
        holding: number("holdingCost"),
        penalty: number("penalty"),
    }
}

fn newsvendor(settings: &Settings) -> Result<Operation, Problem> {
    let costs = costs(
        settings,
        &["sellingPrice", "unitCost", "holdingCost", "penalty"],
    );
    let salvage = settings.number("salvage");
    let order = settings.integer("maxOrder");
    let model = Newsvendor::new(demand(settings)?, costs, salvage, order)?;
    Ok(Operation::Newsvendor(model))
}

fn reorder(settings: &Settings) -> Result<Operation, Problem> {
    let costs = costs(
        settings,
        &["unitCost", "fixedCost", "holdingCost", "penalty"],
    );
    let (demand, lead_time) = (demand(settings)?, settings.integer("leadTime"));
    let stock = settings.integer("maxStock");
    let backlog = grid::backlog(&demand, lead_time, &costs, settings.number("gamma"), stock)?;
    let model = Backorder::new(demand, lead_time, costs, stock, backlog)?;
    Ok(Operation::Backorder(model))
}

const ALL_COSTS: &[&str] = &[
    "sellingPrice",
    "unitCost",
    "fixedCost",
    "holdingCost",
    "penalty",
];

fn lost_sales(settings: &Settings) -> Result<Operation, Problem> {
    let model = LostSales::new(
        demand(settings)?,
        settings.integer("leadTime"),
        costs(settings, ALL_COSTS),
        settings.integer("maxStock"),
        settings.integer("maxOrder"),
    )?;
    Ok(Operation::LostSales(model))
}

fn perishable(settings: &Settings) -> Result<Operation, Problem> {
    let issue = if settings.choice("issue") == "freshest" {
        Issue::FreshestFirst
    } else {
        Issue::OldestFirst
    };
    let model = Perishable::new(
        demand(settings)?,
        costs(settings, ALL_COSTS),
        settings.number("wasteCost"),
        settings.integer("lifetime"),
        settings.integer("maxOrder"),
        issue,
    )?;
    Ok(Operation::Perishable(model))
}

fn ads(settings: &Settings) -> Result<Operation, Problem> {
    let [rates, costs, values] =
        ["clickRates", "clickCosts", "clickValues"].map(|key| settings.numbers(key));
    same_length(&rates, &[&costs, &values])?;
    let level = settings.number("adLevel");
    if let Some(&cost) = costs.iter().find(|&&cost| cost > 0.0 && cost < 0.5 * level) {
        return Err(below_grain(cost, level));
    }
    let ads = rates.iter().zip(&costs).zip(&values);
    let levels = |cost: f64| libm::round(cost / level) as u32;
    let offers = ads.map(|((&rate, &cost), &value)| placement(rate, levels(cost), value));
    let segment = Segment {
        share: 1.0,
        offers: offers.collect::<Result<_, _>>()?,
    };
    Ok(Operation::Campaign(campaign(settings, &[segment])?))
}

fn bids(settings: &Settings) -> Result<Operation, Problem> {
    let level = settings.number("adLevel");
    let rival = settings.number("marketMean") / level;
    let whole = |price: f64| libm::round(price).max(1.0) as u32;
    let market = if settings.choice("marketForm") == "curve" {
        let bids = settings.numbers("bids");
        let most = bids.iter().map(|bid| whole(bid / level)).max().unwrap_or(1);
        log_logistic_market(rival, settings.number("winShape"), most)?
    } else {
        crate::env::pricing::scattered(rival, settings.number("marketScatter"))?
    };
    auctions(settings, |price, value| bid(&market, whole(price), value))
}

fn ad_day(settings: &Settings) -> Result<Operation, Problem> {
    let median = settings.number("marketMean") / settings.number("adLevel");
    let shape = settings.number("winShape");
    let impressions = f64::from(settings.integer("batch"));
    auctions(settings, |price, value| {
        batch(
            Moments::log_logistic_bid(median, shape, price, value),
            impressions,
        )
    })
}

fn auctions(
    settings: &Settings,
    offer: impl Fn(f64, f64) -> Result<Offer, Problem>,
) -> Result<Operation, Problem> {
    let (shares, values) = (settings.numbers("shares"), settings.numbers("winValues"));
    same_length(&shares, &[&values])?;
    let level = settings.number("adLevel");
    let bids: Vec<f64> = settings
        .numbers("bids")
        .iter()
        .map(|bid| bid / level)
        .collect();
    let mut segments = Vec::new();
    for (&share, &value) in shares.iter().zip(&values) {
        let offers = bids.iter().map(|&price| offer(price, value));
        segments.push(Segment {
            share,
            offers: offers.collect::<Result<_, _>>()?,
        });
    }
    let campaign = campaign(settings, &segments)?;
    Ok(Operation::Campaign(
        campaign.at_bids(&settings.numbers("bids")),
    ))
}

fn campaign(settings: &Settings, segments: &[Segment]) -> Result<Campaign, Problem> {
    // A budget of no whole level is one of 0, which the campaign refuses in its own words.
    let budget =
        libm::floor(settings.number("adBudget") / settings.number("adLevel") + 1e-9) as u32;
    let decisions = settings.integer("adDecisions");
    Campaign::new(budget, decisions, segments)
}

/// A cost that rounds to nothing would be another ad's: one that is free.
fn below_grain(cost: f64, level: f64) -> Problem {
    Problem::new(
        "ads.grain",
        Text::new(
            format!("A click that costs {cost} is less than half of the grain of money, {level}."),
            format!("单次点击费用 {cost} 不到金额精度 {level} 的一半。"),
        ),
        Text::new(
            format!("Type a grain of money of at most {cost}."),
            format!("请输入不大于 {cost} 的金额精度。"),
        ),
    )
}

fn same_length(first: &[f64], others: &[&[f64]]) -> Result<(), Problem> {
    if others.iter().all(|other| other.len() == first.len()) {
        return Ok(());
    }
    let lengths: Vec<_> = std::iter::once(first.len())
        .chain(others.iter().map(|o| o.len()))
        .collect();
    Err(Problem::new(
        "ads.lengths",
        Text::new(
            format!("The lists have different lengths: {lengths:?}."),
            format!("各列表长度不同：{lengths:?}。"),
        ),
        Text::new(
            "Give one number for each ad or kind of visitors in every list.",
            "每个列表须为每个广告或访客群各给一个数。",
        ),
    ))
}
