//! Price, stock and ads on the command line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use qcart::experiment::parameters::Value;
use qcart::lab::Lab;
use qcart::lab::protocol::{
    BaselineRow, ClicksView, DemandView, OperationsAnswer, OperationsRequest, Request, Response,
    Shown, SplitView, WinsView, World,
};
use qcart::problem::Problem;
use serde_json::json;

use super::commands::{self, lab, open, share, trained};
use super::drive::{ask, finish};
use super::{Common, output};

#[derive(Args)]
pub struct Decide {
    /// `price`, `season`, `newsvendor`, `reorder`, `lostsales`, `perishable`, `ads`, `bids` or `adday`.
    problem: String,
    /// Take demand from an item of this log.
    #[arg(long)]
    log: Option<PathBuf>,
    /// The item; by default the best seller.
    #[arg(long)]
    item: Option<String>,
    /// Take the win rate from this log of bids: CSV with bid and won, or bid, wins and auctions.
    #[arg(long, conflicts_with = "log")]
    bids: Option<PathBuf>,
    /// Take the click rates from this log of ads: CSV with ad and click, or ad, clicks and impressions.
    #[arg(long, conflicts_with_all = ["log", "bids"])]
    ads: Option<PathBuf>,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Args)]
pub struct Ads {
    /// The log of ads: CSV with ad (or item_id) and click (0 or 1), or ad, clicks and impressions.
    log: PathBuf,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Args)]
pub struct Bids {
    /// The log of bids: CSV with bid and won (0 or 1), or bid, wins and auctions.
    log: PathBuf,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Args)]
pub struct Demand {
    /// The log: orders with item, time and, best, quantity and price.
    log: PathBuf,
    /// The item; by default the best seller.
    #[arg(long)]
    item: Option<String>,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Args)]
pub struct Split {
    /// The log: orders with item, time, price and, best, quantity.
    log: PathBuf,
    #[command(flatten)]
    pub common: Common,
}

/// Trains on a problem of price, stock or ads and prints it beside the optimum and simple methods.
pub fn decide(arguments: &Decide) -> Result<ExitCode, Problem> {
    let Decide {
        problem,
        log,
        item,
        bids,
        ads,
        common,
    } = arguments;
    let mut lab = lab(&common.settings()?)?;
    if let Some(log) = log {
        open(&mut lab, log)?;
    }
    let mut world = commands::decide(&mut lab, problem.clone())?;
    let mut changes = BTreeMap::new();
    if log.is_some() {
        changes = look(&mut lab, item.as_ref())?.proposal;
    }
    if let Some(bids) = bids {
        changes = won(&mut lab, bids)?.proposal;
    }
    if let Some(ads) = ads {
        changes = clicked(&mut lab, ads)?.proposal;
    }
    changes.extend(common.changes()?);
    world = apply(&mut lab, changes)?.or(world);
    let Some((outcome, _)) = trained(&mut lab)? else {
        return Ok(ExitCode::SUCCESS);
    };
    let show = OperationsRequest::Show {
        seed: 1,
        at: Vec::new(),
    };
    let shown = match answer(&mut lab, show)? {
        Some(OperationsAnswer::Shown(shown)) => Some(shown),
        _ => None,
    };
    let baselines = match answer(&mut lab, OperationsRequest::Baselines)? {
        Some(OperationsAnswer::Baselines(rows)) => rows,
        _ => Vec::new(),
    };
    let link = share(&mut lab)?;
    if common.json {
        let digest = outcome.digest.short();
        let gap = shown.and_then(|shown| shown.gap);
        output::json(&json!({
            "world": world, "gap": gap, "outcome": outcome, "digest": digest, "baselines": baselines, "link": link,
        }));
    } else {
        output::outcome(world.as_ref(), &outcome);
        print_gap(shown.as_ref());
        print_baselines(&baselines);
        println!("{link}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Sets what was asked for and computes the optimum anew where that changes it.
pub fn apply(lab: &mut Lab, settings: BTreeMap<String, Value>) -> Result<Option<World>, Problem> {
    if settings.is_empty() {
        return Ok(None);
    }
    ask(
        lab,
        Request::Operations(OperationsRequest::Apply { settings }),
    )?;
    Ok(output::last(finish(lab)?, |response| match response {
        Response::World { world } => Some(world),
        _ => None,
    }))
}

/// Prints what was sold of an item of a log and what follows from it.
pub fn demand(arguments: &Demand) -> Result<ExitCode, Problem> {
    let Demand { log, item, common } = arguments;
    let mut lab = lab(&common.settings()?)?;
    open(&mut lab, Path::new(log))?;
    let view = look(&mut lab, item.as_ref())?;
    if common.json {
        output::json(&json!(view));
    } else {
        print_demand(&view);
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints how many units of each best seller to order under one budget.
pub fn split(arguments: &Split) -> Result<ExitCode, Problem> {
    let Split { log, common } = arguments;
    let mut lab = lab(&common.settings()?)?;
    open(&mut lab, log)?;
    // Where the page has it, too.
    commands::decide(&mut lab, "newsvendor".to_owned())?;
    let Some(OperationsAnswer::Split { split, finding }) =
        answer(&mut lab, OperationsRequest::Split)?
    else {
        return Err(no_answer());
    };
    let digest = finding.digest.clone();
    ask(&mut lab, Request::KeepFinding { finding })?;
    let link = share(&mut lab)?;
    if common.json {
        let mut value = json!(split);
        value["digest"] = json!(digest);
        value["link"] = json!(link);
        output::json(&value);
    } else {
        print_split(&split);
        println!("{link}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints how often a bid wins.
pub fn bids(arguments: &Bids) -> Result<ExitCode, Problem> {
    let Bids { log, common } = arguments;
    let mut lab = lab(&common.settings()?)?;
    commands::decide(&mut lab, "adday".to_owned())?;
    let view = won(&mut lab, log)?;
    if common.json {
        output::json(&json!(view));
    } else {
        println!("{} auctions, {} won", view.auctions, view.wins);
        let print = |name: &str, value: f64, error: f64, (low, high): (f64, f64)| {
            println!("{name} {value:.5} (standard error {error:.5}, 95 % {low:.5} to {high:.5})");
        };
        let (median, shape) = (view.median_interval, view.shape_interval);
        print("bid that wins half", view.median, view.median_error, median);
        print("steepness of the odds", view.shape, view.shape_error, shape);
    }
    Ok(ExitCode::SUCCESS)
}

fn won(lab: &mut Lab, log: &Path) -> Result<WinsView, Problem> {
    let text = commands::read_text(log)?;
    match answer(lab, OperationsRequest::Wins { text })? {
        Some(OperationsAnswer::Wins(view)) => Ok(view),
        _ => Err(no_answer()),
    }
}

/// Prints how often each ad is clicked.
pub fn ads(arguments: &Ads) -> Result<ExitCode, Problem> {
    let Ads { log, common } = arguments;
    let mut lab = lab(&common.settings()?)?;
    commands::decide(&mut lab, "ads".to_owned())?;
    let view = clicked(&mut lab, log)?;
    if common.json {
        output::json(&json!(view));
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "{:<20} {:>9} {:>9} {:>9} {:>19} {:>9}",
        "ad", "shown", "clicks", "share %", "95 % interval", "rate %"
    );
    for ad in &view.ads {
        let (low, high) = ad.interval;
        let range = format!("{:.3} to {:.3}", 100.0 * low, 100.0 * high);
        let (share, rate) = (100.0 * ad.clicks / ad.shown, 100.0 * ad.rate);
        println!(
            "{:<20} {:>9} {:>9} {share:>9.3} {range:>19} {rate:>9.3}",
            ad.name, ad.shown, ad.clicks
        );
    }
    let (mean, chi, free) = (100.0 * view.mean, view.chi_square, view.ads.len() - 1);
    println!(
        "mean {mean:.3} %; chi-square {chi:.1} on {free} degrees of freedom, p = {:.3}",
        view.chance
    );
    Ok(ExitCode::SUCCESS)
}

fn clicked(lab: &mut Lab, log: &Path) -> Result<ClicksView, Problem> {
    let text = commands::read_text(log)?;
    match answer(lab, OperationsRequest::Clicks { text })? {
        Some(OperationsAnswer::Clicks(view)) => Ok(view),
        _ => Err(no_answer()),
    }
}

fn look(lab: &mut Lab, item: Option<&String>) -> Result<DemandView, Problem> {
    let request = OperationsRequest::Demand {
        item: item.cloned(),
    };
    match answer(lab, request)? {
        Some(OperationsAnswer::Demand(view)) => Ok(view),
        // The laboratory answers a question about demand with demand or a problem.
        _ => Err(no_answer()),
    }
}

fn no_answer() -> Problem {
    Problem::new(
        "runner.answer",
        qcart::problem::Text::new("The engine gave no answer.", "引擎没有给出答案。"),
        qcart::problem::Text::new("Please report this.", "请报告此问题。"),
    )
}

fn answer(lab: &mut Lab, request: OperationsRequest) -> Result<Option<OperationsAnswer>, Problem> {
    let responses = ask(lab, Request::Operations(request))?;
    Ok(output::last(responses, |response| match response {
        Response::Operations { answer } => Some(*answer),
        _ => None,
    }))
}

fn print_gap(shown: Option<&Shown>) {
    let Some(gap) = shown.and_then(|shown| shown.gap.as_ref()) else {
        return;
    };
    let of = if gap.optimum.abs() > 1e-9 {
        ""
    } else {
        " of the mean |Q*|, as the optimum is 0"
    };
    print!(
        "gap to the optimum {:.3} %{of} (value {:.4} of {:.4}",
        gap.percent, gap.value, gap.optimum
    );
    match gap.interval {
        Some((low, high)) => println!(
            "; 95 % interval over {} seeds {low:.3} to {high:.3} %)",
            gap.runs
        ),
        None => println!("; one run)"),
    }
}

fn print_baselines(rows: &[BaselineRow]) {
    for row in rows {
        let kind = if row.bound { "bound" } else { "policy" };
        print!(
            "{kind:<7} {:<42} {:<16} {:>14.4} {:>9} %",
            row.name.en,
            row.detail,
            row.value,
            output::shown(row.percent, 3)
        );
        match row.played {
            Some((low, high, days)) => println!("  [{low:.4}, {high:.4}] over {days} days"),
            None => println!(),
        }
    }
}

fn print_demand(view: &DemandView) {
    let report = &view.report;
    println!(
        "{} orders, {} returns ({} units, {} without an earlier order), {} rows without a quantity, {} without a price",
        report.orders,
        report.returns,
        report.returned_units,
        report.unmatched_units,
        report.ignored,
        report.unpriced
    );
    println!(
        "{}: {} periods, {:.3} units a period, variance over mean {:.3}",
        view.item,
        view.series.len(),
        view.mean,
        view.scatter
    );
    match &view.response {
        Ok(fit) => println!(
            "price slope {:.4} (standard error {:.4}, 95 % {:.4} to {:.4}), elasticity {:.3}, {} periods, prices {} to {}{}",
            fit.slope,
            fit.slope_error,
            fit.slope_interval.0,
            fit.slope_interval.1,
            fit.elasticity,
            fit.periods,
            fit.seen.0,
            fit.seen.1,
            if fit.certain {
                ""
            } else {
                ": not told from none"
            }
        ),
        Err(problem) => println!("price: {problem}"),
    }
    match &view.forecast {
        Ok(ahead) => {
            println!(
                "forecast by {}, the nearest of {} on {} periods: mean absolute error {:.3}, the last value again {:.3}. {}",
                ahead.method.en,
                ahead.among + 1,
                ahead.tested,
                ahead.error,
                ahead.naive_error,
                ahead.verdict.en
            );
            for (i, mean) in ahead.mean.iter().enumerate() {
                println!(
                    "  {:>3} {mean:>10.3} [{:.3}, {:.3}]",
                    i + 1,
                    ahead.low[i],
                    ahead.high[i]
                );
            }
        }
        Err(problem) => println!("forecast: {problem}"),
    }
}

fn print_split(view: &SplitView) {
    println!(
        "{:<20} {:>12} {:>12} {:>12} {:>8}",
        "item", "mean demand", "price", "unit cost", "order"
    );
    for line in &view.lines {
        println!(
            "{:<20} {:>12.3} {:>12.4} {:>12.4} {:>8}",
            line.item, line.mean, line.price, line.unit_cost, line.units
        );
    }
    println!(
        "spent {:.2}, expected profit {:.4}, no split earns more than {:.4}; one more unit of money earns {:.4}",
        view.spent, view.profit, view.bound, view.price
    );
    if view.unpriced > 0 {
        println!(
            "{} items left out: the log has no price or no demand of them",
            view.unpriced
        );
    }
}
