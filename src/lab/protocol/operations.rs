//! What is asked about price, stock and ads, and what the laboratory answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::demand::orders::OrderReport;
use crate::experiment::finding::Finding;
use crate::experiment::parameters::Value;
use crate::problem::{Problem, Text};

/// A request about price, stock or ads: `{type: "operations", request: {type, ...}}` of the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum OperationsRequest {
    /// What the agent does, beside the optimum.
    Show {
        /// Seed of the episode that is played.
        seed: u32,
        /// Places on the axes that the map does not show, in their order; the first place where one is missing.
        at: Vec<u32>,
    },
    /// Simple methods on the same problem.
    Baselines,
    /// Sets several parameters at once, and builds the problem anew where it takes one of them.
    Apply {
        /// Values by key.
        settings: BTreeMap<String, Value>,
    },
    /// Demand of an item in the log: series, price response, forecast, as the settings say.
    Demand {
        /// The item's name; the best seller if absent.
        item: Option<String>,
    },
    /// Orders of the best sellers of the log under one budget, as the settings say.
    Split,
    /// How often a bid wins, from a log of bids.
    Wins {
        /// Its text: CSV with bid and won, or bid, wins and auctions.
        text: String,
    },
    /// How often each ad is clicked, from a log of ads that were shown.
    Clicks {
        /// Its text: CSV with ad and click, or ad, clicks and impressions.
        text: String,
    },
}

/// An answer about price, stock or ads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OperationsAnswer {
    /// What the agent does.
    Shown(Shown),
    /// Simple methods.
    Baselines(Vec<BaselineRow>),
    /// Demand of an item.
    Demand(DemandView),
    /// Orders under one budget.
    Split {
        /// The orders.
        split: SplitView,
        /// How they were found, with their digest, as a link holds it.
        finding: Finding,
    },
    /// How often a bid wins.
    Wins(WinsView),
    /// How often each ad is clicked.
    Clicks(ClicksView),
}

/// The click rates of a log of ads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClicksView {
    /// Ads, those shown most first, at most 100.
    pub ads: Vec<AdView>,
    /// Clicks among all their impressions.
    pub mean: f64,
    /// How many impressions at the mean rate each ad is moved by; absent where all rates are the mean.
    pub strength: Option<f64>,
    /// Pearson's statistic of equal rates.
    pub chi_square: f64,
    /// Chance of a statistic as large without differences.
    pub chance: f64,
    /// Parameters that the current problem could take from here.
    pub proposal: BTreeMap<String, Value>,
}

/// An ad of a log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AdView {
    /// Its name.
    pub name: String,
    /// How often it was shown.
    pub shown: f64,
    /// How often it was clicked.
    pub clicks: f64,
    /// 95 % interval of its own rate.
    pub interval: (f64, f64),
    /// Its rate, moved towards the mean.
    pub rate: f64,
}

/// A fitted win-rate curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WinsView {
    /// The bid that wins half of the auctions, in currency.
    pub median: f64,
    /// Its standard error.
    pub median_error: f64,
    /// Its 95 % interval.
    pub median_interval: (f64, f64),
    /// Percent of the odds of winning for each percent of the bid.
    pub shape: f64,
    /// Its standard error.
    pub shape_error: f64,
    /// Its 95 % interval.
    pub shape_interval: (f64, f64),
    /// Auctions.
    pub auctions: f64,
    /// Auctions won.
    pub wins: f64,
    /// Share won at the bids that were made, cheapest first, at most 60 of them: bid, share, auctions.
    pub tried: Vec<(f64, f64, f64)>,
    /// Points of the fitted curve.
    pub curve: Vec<(f64, f64)>,
    /// Parameters that the current problem could take from here.
    pub proposal: BTreeMap<String, Value>,
}

/// What a quantity is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Measure {
    /// Money.
    Money,
    /// Units, periods, or a number.
    Count,
}

/// What the agent does, beside the optimum. What was not learned yet is absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    /// How far the learned policy is from the optimum.
    pub gap: Option<Gap>,
    /// The actions: what they are called and what they stand for.
    pub actions: Actions,
    /// Of a problem with one state: what each action earns.
    pub earnings: Option<Earnings>,
    /// Of a problem with one quantity to look at: the action for each value.
    pub rule: Option<Rule>,
    /// Of a problem with more: the actions on two of them.
    pub map: Option<PolicyMap>,
    /// An episode as the policies play it, with the same chance; absent for a single decision.
    pub episode: Option<Episode>,
}

/// The shortfall of the greedy policy's expected return from the optimum's. Each run's is exact; runs differ by seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Gap {
    /// Runs measured.
    pub runs: u32,
    /// Mean, in percent of the optimum; of the mean |Q*| where the optimum is 0.
    pub percent: f64,
    /// Its 95 % interval over seeds (Student's t); absent with a single run.
    pub interval: Option<(f64, f64)>,
    /// Mean expected return of the learned policies.
    pub value: f64,
    /// Expected return of the optimum.
    pub optimum: f64,
}

/// The actions of a problem.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Actions {
    /// What is chosen.
    pub name: Text,
    /// What each action stands for.
    pub amounts: Vec<f64>,
    /// In what.
    pub measure: Measure,
}

/// What each action of a single state earns in expectation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Earnings {
    /// Learned Q-values.
    pub learned: Option<Vec<f64>>,
    /// Optimal Q-values.
    pub optimal: Vec<f64>,
}

/// The action for each value of one quantity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// The quantity.
    pub axis: AxisView,
    /// Learned actions; nothing where a state was never seen.
    pub learned: Option<Vec<Option<u32>>>,
    /// Optimal actions.
    pub optimal: Vec<u32>,
    /// What the learned action loses against the best one, if the optimum is followed afterwards.
    pub loss: Option<Vec<Option<f64>>>,
    /// Share of the values shown for which the learned action is among the best.
    pub agree: Option<f64>,
}

/// A quantity of a state and the values of it that are shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AxisView {
    /// Its name.
    pub name: Text,
    /// Its values, in the order of the picture.
    pub values: Vec<f64>,
}

/// Actions over two quantities, row after row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyMap {
    /// From left to right.
    pub columns: AxisView,
    /// From the top down.
    pub rows: AxisView,
    /// The other quantities, and the place on each that is shown.
    pub fixed: Vec<(AxisView, u32)>,
    /// Learned actions; nothing where a state was never seen.
    pub learned: Option<Vec<Option<u32>>>,
    /// Optimal actions.
    pub optimal: Vec<u32>,
    /// What the learned action loses against the best one, if the optimum is followed afterwards.
    pub loss: Option<Vec<Option<f64>>>,
    /// States shown, and states in all.
    pub shown: (u32, u32),
    /// Share of the states shown in which the learned action is among the best.
    pub agree: Option<f64>,
}

/// An episode as policies play it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Episode {
    /// What passes from left to right.
    pub time: Text,
    /// What is watched.
    pub panels: Vec<Panel>,
    /// Undiscounted sum of rewards under the learned policy.
    pub learned: Option<f64>,
    /// The same under the optimum.
    pub optimal: f64,
    /// How many periods were played, where the episode would have gone on.
    pub cut: Option<u32>,
}

/// A quantity watched over an episode.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Panel {
    /// Its name.
    pub name: Text,
    /// In what it is measured.
    pub measure: Measure,
    /// Points under the learned policy.
    pub learned: Option<Vec<(f64, f64)>>,
    /// Points under the optimum.
    pub optimal: Vec<(f64, f64)>,
    /// Points of an even pace.
    pub even: Option<Vec<(f64, f64)>>,
}

/// A simple method, or a bound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BaselineRow {
    /// What it is.
    pub name: Text,
    /// Its numbers, such as a price or levels; empty where it has none.
    pub detail: String,
    /// Expected return.
    pub value: f64,
    /// The same in percent of the optimum, 100 being optimal also where returns are negative; absent where the optimum is 0.
    pub percent: Option<f64>,
    /// 95 % interval of the value and the days it was played, where it was played rather than computed.
    pub played: Option<(f64, f64, u32)>,
    /// Whether it is a bound that no policy reaches, rather than a policy.
    pub bound: bool,
}

/// Demand of an item of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DemandView {
    /// What was found among the rows.
    pub report: OrderReport,
    /// Best sellers with their units.
    pub items: Vec<(String, f64)>,
    /// The item looked at.
    pub item: String,
    /// When its first period begins, in milliseconds since 1970, and how long a period is, in milliseconds.
    pub first: i64,
    /// Length of a period in milliseconds.
    pub step: i64,
    /// Units in each period.
    pub series: Vec<f64>,
    /// Mean units a period.
    pub mean: f64,
    /// Variance over mean.
    pub scatter: f64,
    /// What was sold at each price.
    pub prices: Vec<AtPrice>,
    /// The price response, or why there is none.
    pub response: Result<ResponseView, Problem>,
    /// The forecast, or why there is none.
    pub forecast: Result<ForecastView, Problem>,
    /// Parameters that the current problem could take from here.
    pub proposal: BTreeMap<String, Value>,
}

/// Sales at a price; prices within half a percent of each other are one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AtPrice {
    /// The price.
    pub price: f64,
    /// Mean units a period.
    pub units: f64,
    /// Their 95 % interval; absent with a single period.
    pub interval: Option<(f64, f64)>,
    /// Periods.
    pub periods: u32,
}

/// A fitted price response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResponseView {
    /// How fast demand falls.
    pub slope: f64,
    /// Its standard error.
    pub slope_error: f64,
    /// Its 95 % interval.
    pub slope_interval: (f64, f64),
    /// Percent of demand lost for each percent of price, at the mean price.
    pub elasticity: f64,
    /// Periods used.
    pub periods: u32,
    /// Lowest and highest price seen.
    pub seen: (f64, f64),
    /// Whether the data tell the effect of the price from none.
    pub certain: bool,
    /// Points of the fitted curve.
    pub curve: Vec<(f64, f64)>,
}

/// A forecast with its test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ForecastView {
    /// The method, chosen by its error on the last third of the series.
    pub method: Text,
    /// Expected units.
    pub mean: Vec<f64>,
    /// Lower ends of the intervals.
    pub low: Vec<f64>,
    /// Upper ends.
    pub high: Vec<f64>,
    /// Periods it was tested on.
    pub tested: u32,
    /// Mean absolute error there, in units.
    pub error: f64,
    /// That of repeating the last value.
    pub naive_error: f64,
    /// Methods among which it was chosen on the same periods, repeating the last value not counted.
    pub among: u32,
    /// How much nearer it was, in units.
    pub gain: f64,
    /// The 95 % interval of the gain, which allows for the choice; absent where the periods are too few to tell.
    pub interval: Option<(f64, f64)>,
    /// What the interval says.
    pub verdict: Text,
}

/// Orders of several items under one budget.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SplitView {
    /// Item, mean demand, unit cost, price, units to order.
    pub lines: Vec<SplitLine>,
    /// Money spent.
    pub spent: f64,
    /// Expected profit.
    pub profit: f64,
    /// No orders within the budget earn more.
    pub bound: f64,
    /// What one more unit of money would earn.
    pub price: f64,
    /// Items left out because the log has no price for them.
    pub unpriced: u32,
}

/// An item under the budget.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SplitLine {
    /// Its name.
    pub item: String,
    /// Units a period.
    pub mean: f64,
    /// Mean price.
    pub price: f64,
    /// Cost of a unit.
    pub unit_cost: f64,
    /// Units to order.
    pub units: u32,
}
