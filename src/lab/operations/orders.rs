//! Demand from the log: what was sold of an item, how it answered the price, what may be sold next, and what a problem
//! can take from that.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::super::protocol::{
    AtPrice, DemandView, ForecastView, ResponseView, SplitLine, SplitView,
};
use super::find;
use crate::demand::backtest::choose;
use crate::demand::discrete::Discrete;
use crate::demand::fit::{Form, PriceFit, fit};
use crate::demand::forecast::forecast;
use crate::demand::orders::{Demand, Observation, Period};
use crate::demand::response::PriceResponse;
use crate::demand::smooth::Method;
use crate::distribution::student_quantile;
use crate::env::inventory::Costs;
use crate::env::inventory::newsvendor::Newsvendor;
use crate::experiment::parameters::{Settings, Value};
use crate::experiment::study::SplitTerms;
use crate::log::Log;
use crate::problem::{Problem, Text};
use crate::solve::closed_form::budget;

/// Items that are listed.
const LISTED: usize = 100;
/// Points of a fitted curve.
const POINTS: u32 = 40;
/// Prices of a proposed ladder.
const PRICES: f64 = 8.0;

/// How long a period is, as the settings have it.
pub fn period(settings: &Settings) -> Period {
    match settings.choice("demandPeriod") {
        "hour" => Period::Hour,
        "week" => Period::Week,
        _ => Period::Day,
    }
}

/// How a budget is split, as the settings have it.
pub fn split_terms(settings: &Settings) -> SplitTerms {
    SplitTerms {
        budget: settings.number("splitBudget"),
        items: settings.integer("splitItems"),
        cost_share: settings.number("splitCostShare"),
        period: period(settings),
    }
}

/// Demand of the log, kept while the log and the period stay.
#[derive(Default)]
pub struct Orders {
    kept: Option<(String, Rc<Ordered>)>,
}

/// Demand with the items by units sold.
pub struct Ordered {
    demand: Demand,
    best: Vec<u32>,
}

impl Orders {
    /// Demand of a log, which `fingerprint` names.
    pub fn of(
        &mut self,
        log: &Log,
        fingerprint: &str,
        period: Period,
    ) -> Result<Rc<Ordered>, Problem> {
        let key = format!("{fingerprint} {period:?} {}", log.len());
        if let Some((_, ordered)) = self.kept.as_ref().filter(|(kept, _)| *kept == key) {
            return Ok(ordered.clone());
        }
        let demand = Demand::of(log, period)?;
        let best = demand.best_sellers();
        let ordered = Rc::new(Ordered { demand, best });
        self.kept = Some((key, ordered.clone()));
        Ok(ordered)
    }
}

impl Ordered {
    /// Everything about an item (the best seller if none is named); `problem` says for what its numbers are proposed.
    pub fn view(
        &self,
        log: &Log,
        wish: Option<&str>,
        settings: &Settings,
        problem: &str,
    ) -> Result<DemandView, Problem> {
        let demand = &self.demand;
        let item = match wish {
            None => self.best.first().copied(),
            Some(name) => (0..log.items.len() as u32).find(|&item| log.items.get(item) == name),
        };
        let item = item.ok_or_else(|| no_such_item(wish.unwrap_or("")))?;
        let series = demand.series(item);
        let observations = demand.observations(item);
        let form = match settings.choice("priceForm") {
            "linear" => Form::Linear,
            "logit" => Form::Logit,
            "isoElastic" => Form::IsoElastic,
            _ => Form::LogLinear,
        };
        let fitted = fit(&observations, form);
        let (mean, scatter) = moments(&series);
        let proposal = propose(
            problem,
            (mean, scatter),
            fitted.as_ref().ok(),
            form,
            settings,
        );
        let listed = self.best.iter().take(LISTED);
        let first = demand.periods() - series.len() as u32;
        Ok(DemandView {
            report: *demand.report(),
            items: listed
                .map(|&item| (log.items.get(item).to_owned(), demand.units(item)))
                .filter(|(_, units)| *units > 0.0)
                .collect(),
            item: log.items.get(item).to_owned(),
            first: demand.begin(first),
            step: demand.period().millis(),
            mean,
            scatter,
            prices: at_prices(&observations),
            response: fitted.map(|fitted| response(&fitted)),
            forecast: look_ahead(&series, settings),
            series,
            proposal,
        })
    }

    /// Orders of the best sellers under one budget, each for one period.
    pub fn split(&self, log: &Log, terms: SplitTerms) -> Result<SplitView, Problem> {
        let mut unpriced = 0;
        let (mut lines, mut choices) = (Vec::new(), Vec::new());
        for &item in self.best.iter().take(terms.items as usize) {
            let (mean, scatter) = moments(&self.demand.series(item));
            let prices = self.demand.observations(item);
            let price = prices.iter().map(|o| o.price).sum::<f64>() / prices.len().max(1) as f64;
            if !(price > 0.0) || !(mean > 0.0) {
                unpriced += 1;
                continue;
            }
            let costs = Costs {
                price,
                unit_cost: price * terms.cost_share,
                fixed: 0.0,
                holding: 0.0,
                penalty: 0.0,
            };
            let demand = spread(mean, scatter)?;
            let most = demand.quantile(0.999).clamp(1, 10_000);
            choices.push(budget::Item {
                unit_cost: costs.unit_cost,
                profit: Newsvendor::new(demand, costs, 0.0, most)?
                    .expected()
                    .to_vec(),
            });
            lines.push(SplitLine {
                item: log.items.get(item).to_owned(),
                mean,
                price,
                unit_cost: costs.unit_cost,
                units: 0,
            });
        }
        let split = budget::split(&choices, terms.budget)?;
        for (line, &units) in lines.iter_mut().zip(&split.units) {
            line.units = units;
        }
        Ok(SplitView {
            lines,
            spent: split.spent,
            profit: split.profit,
            bound: split.bound,
            price: split.price,
            unpriced,
        })
    }
}

fn spread(mean: f64, scatter: f64) -> Result<Discrete, Problem> {
    crate::env::pricing::scattered(mean.min(1e4), scatter.clamp(1.0, 100.0))
}

/// Mean, and variance over mean, of a series.
fn moments(series: &[f64]) -> (f64, f64) {
    let n = series.len().max(1) as f64;
    let mean = series.iter().sum::<f64>() / n;
    let squares = series.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>();
    let variance = squares / (n - 1.0).max(1.0);
    (mean, if mean > 0.0 { variance / mean } else { 1.0 })
}

/// Mean units at each price, cheapest first.
fn at_prices(observations: &[Observation]) -> Vec<AtPrice> {
    let mut sorted = observations.to_vec();
    sorted.sort_by(|a, b| a.price.total_cmp(&b.price));
    let groups = sorted.chunk_by(|a, b| b.price <= a.price * 1.005);
    groups
        .map(|group| {
            let n = group.len();
            let mean = |of: fn(&Observation) -> f64| group.iter().map(of).sum::<f64>() / n as f64;
            let units = mean(|o| o.units);
            let squares: f64 = group
                .iter()
                .map(|o| (o.units - units) * (o.units - units))
                .sum();
            let interval = (n > 1).then(|| {
                let error = libm::sqrt(squares / (n as f64 - 1.0) / n as f64);
                let half = student_quantile(0.975, (n - 1) as f64) * error;
                ((units - half).max(0.0), units + half)
            });
            AtPrice {
                price: mean(|o| o.price),
                units,
                interval,
                periods: n as u32,
            }
        })
        .collect()
}

fn response(fitted: &PriceFit) -> ResponseView {
    let (low, high) = fitted.seen;
    let at = |i: u32| low + (high - low) * f64::from(i) / f64::from(POINTS);
    ResponseView {
        slope: fitted.slope,
        slope_error: fitted.slope_error,
        slope_interval: fitted.slope_interval,
        elasticity: fitted.elasticity,
        periods: fitted.periods as u32,
        seen: fitted.seen,
        certain: fitted.is_certain(),
        curve: (0..=POINTS)
            .map(|i| (at(i), fitted.response.units(at(i))))
            .collect(),
    }
}

/// The method that did best on the last third, and what it says comes.
fn look_ahead(series: &[f64], settings: &Settings) -> Result<ForecastView, Problem> {
    let season = settings.integer("forecastSeason") as usize;
    let methods = [
        Method::Naive,
        Method::SeasonalNaive(season),
        Method::Smoothing,
        Method::HoltWinters(season),
        Method::Croston,
    ];
    let horizon = settings.integer("forecastHorizon") as usize;
    let tested = choose(series, &methods)?;
    let ahead = forecast(
        series,
        tested.method,
        horizon,
        settings.number("forecastCoverage"),
    )?;
    Ok(ForecastView {
        method: method_name(tested.method),
        mean: ahead.mean,
        low: ahead.low,
        high: ahead.high,
        tested: tested.periods as u32,
        error: tested.error,
        naive_error: tested.naive_error,
        among: tested.among as u32,
        gain: tested.gain,
        interval: tested.interval,
        verdict: if tested.method == Method::Naive && tested.interval.is_some() {
            Text::new(
                "No other method came nearer than repeating the last value.",
                "没有其他方法比沿用上一期数值更接近。",
            )
        } else {
            tested.verdict()
        },
    })
}

fn method_name(method: Method) -> Text {
    match method {
        Method::Naive => Text::new("the last value again", "沿用上一期"),
        Method::SeasonalNaive(_) => Text::new("the last season again", "沿用上一季"),
        Method::Smoothing => Text::new("exponential smoothing", "指数平滑"),
        Method::HoltWinters(_) => Text::new("Holt-Winters", "Holt-Winters"),
        Method::Croston => Text::new("Croston", "Croston"),
    }
}

/// What a problem can take from an item: mean demand and its scatter, and the price response where the log tells one.
fn propose(
    problem: &str,
    (mean, scatter): (f64, f64),
    fitted: Option<&PriceFit>,
    form: Form,
    settings: &Settings,
) -> BTreeMap<String, Value> {
    let mut proposal = BTreeMap::new();
    let Some(entry) = find(problem) else {
        return proposal;
    };
    let mut put = |key: &str, value: f64| {
        if entry.parameters.contains(&key) {
            proposal.insert(key.to_owned(), Value::Number(rounded(value)));
        }
    };
    if entry.family == "stock" {
        put("meanDemand", mean);
        put("scatter", scatter.clamp(1.0, 100.0));
    }
    let Some(fitted) = fitted.filter(|_| entry.family == "price") else {
        return proposal;
    };
    // The scatter of a line is the variance of what it leaves, that of the others is over their mean already.
    let around = if form == Form::Linear {
        fitted.scatter / mean.max(1e-9)
    } else {
        fitted.scatter
    };
    put("scatter", around.clamp(1.0, 100.0));
    let (low, high) = fitted.seen;
    // The log knows no costs: one that belongs to another item would make every sale a loss.
    if settings.number("unitCost") >= high {
        put("unitCost", 0.0);
    }
    put("priceLow", low);
    put("priceHigh", high);
    put("priceStep", ((high - low) / (PRICES - 1.0)).max(1e-4));
    let name = match fitted.response {
        PriceResponse::Linear { base, slope } => {
            put("demandBase", base);
            put("demandSlope", slope);
            "linear"
        }
        PriceResponse::LogLinear { base, slope } => {
            put("demandBase", base);
            put("demandSlope", slope);
            "logLinear"
        }
        PriceResponse::Logit {
            visitors,
            utility,
            slope,
        } => {
            put("demandBase", visitors);
            put("demandUtility", utility);
            put("demandSlope", slope);
            "logit"
        }
        PriceResponse::IsoElastic { base, elasticity } => {
            put("demandBase", base);
            put("demandElasticity", elasticity);
            "isoElastic"
        }
    };
    proposal.insert("priceForm".to_owned(), Value::Choice(name.to_owned()));
    proposal
}

/// Four digits that matter.
pub(super) fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let digits = 3 - libm::floor(libm::log10(value.abs())) as i32;
    let scale = libm::pow(10.0, f64::from(digits.abs()));
    if digits >= 0 {
        libm::round(value * scale) / scale
    } else {
        libm::round(value / scale) * scale
    }
}

fn no_such_item(name: &str) -> Problem {
    Problem::new(
        "demand.no-item",
        Text::new(
            format!("There is no item “{name}” in the log."),
            format!("日志中没有商品“{name}”。"),
        ),
        Text::new("Choose one of the best sellers.", "请从畅销商品中选择。"),
    )
}
