//! The command line: what it takes, what it prints, how it exits.

mod advise;
mod commands;
mod drive;
mod evaluate;
mod networks;
mod operations;
mod output;
mod policies;
mod repeat;
mod study_output;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use qcart::experiment::parameters::{Domain, Settings, Value, parameter};
use qcart::problem::{Problem, Text};

/// Exit code when the input can't be used.
const PROBLEM: u8 = 1;
/// Exit code when a repeated experiment gave other bits than its link promised.
const DIFFERS: u8 = 3;

/// Reads shop logs, repeats Qcart experiments and recommends, with the engine of the page.
///
/// Exit codes: 0 done, 1 the input can't be used, 2 wrong usage, 3 the experiment differs from its link.
#[derive(Parser)]
#[command(name = "qcart", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Says what is in a log: users, items, sessions, events, rejected rows.
    Inspect {
        /// The log: CSV in any of the known dialects, may be gzipped.
        log: PathBuf,
        /// Write every rejected row to this file.
        #[arg(long)]
        rejects: Option<PathBuf>,
        #[command(flatten)]
        common: Common,
    },
    /// Repeats an experiment and compares the result with what its link promised.
    Run {
        /// A link, or the path of a project file.
        experiment: String,
        /// The log, if the experiment needs one that does not travel with it.
        #[arg(long)]
        log: Option<PathBuf>,
        #[command(flatten)]
        common: Common,
    },
    /// Trains on a log and recommends to one user, or to all.
    Recommend {
        /// The log.
        #[arg(long)]
        log: PathBuf,
        /// The user's name as in the log.
        #[arg(long, required_unless_present = "all")]
        user: Option<String>,
        /// Write the recommendations of all users to this file instead.
        #[arg(long, conflicts_with = "user")]
        all: Option<PathBuf>,
        /// How many items.
        #[arg(short, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
        k: u32,
        #[command(flatten)]
        advice: Advice,
        #[command(flatten)]
        common: Common,
    },
    /// Trains on a log or a textbook problem and prints the link to the experiment.
    Train {
        /// The log; without it, a textbook problem.
        #[arg(long)]
        log: Option<PathBuf>,
        /// `shop`, or a textbook problem such as `gridworld`.
        #[arg(long, default_value = "shop")]
        problem: String,
        #[command(flatten)]
        common: Common,
    },
    /// Decides on price, stock or ads: trains, and compares with the optimum, simple methods and bounds.
    Decide(operations::Decide),
    /// Says what was sold of an item of a log, how demand answered its price, and what may be sold next.
    Demand(operations::Demand),
    /// Splits one budget among the best sellers of a log: units of each to order, with what they earn and the most they could.
    Split(operations::Split),
    /// Says how often a bid wins, from a log of bids, with standard errors.
    Bids(operations::Bids),
    /// Says how often each ad is clicked, from a log of ads that were shown.
    Ads(operations::Ads),
    /// Compares models of what a user does next: the ranking board.
    Evaluate(evaluate::Evaluate),
    /// Says what policies are worth: exactly, simulated, and as a share of the optimum.
    Value(policies::ValueArguments),
    /// Says what a policy would have earned, from the log that another one wrote.
    Ope(policies::OpeArguments),
    /// Makes an experiment between policies on simulated users, or reads one from a log with a variant column.
    Abtest(policies::AbtestArguments),
    /// Writes the generated shop's log to a file.
    Generate {
        /// Where to.
        out: PathBuf,
        /// Write the generated orders instead: quantities and prices with planted demand.
        #[arg(long)]
        orders: bool,
        /// Write the generated bids instead: auctions with a planted win-rate curve.
        #[arg(long, conflicts_with = "orders")]
        bids: bool,
        /// Write the generated log of ads instead: impressions and clicks with planted rates.
        #[arg(long, conflicts_with_all = ["orders", "bids"])]
        ads: bool,
        #[command(flatten)]
        common: Common,
    },
}

/// A network that recommends in the place of the shop's policy.
#[derive(Args)]
struct Advice {
    /// A network learned from all sessions recommends, with its reasons: mlp, cnn, gru or transformer, with hyperparameters if wanted, such as
    /// gru:width=32.
    #[arg(long)]
    model: Option<String>,
    /// Take the network's weights from this safetensors file instead of learning them.
    #[arg(long, requires = "model")]
    weights: Option<PathBuf>,
    /// Write the network's weights to this file.
    #[arg(long, requires = "model")]
    save_weights: Option<PathBuf>,
}

#[derive(Args)]
struct Common {
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
    /// Set a parameter, such as `gamma=0.5`; may be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl Common {
    /// The default settings with what `--set` changes.
    fn settings(&self) -> Result<Settings, Problem> {
        Settings::from_values(&self.changes()?)
    }

    /// What `--set` changes.
    fn changes(&self) -> Result<BTreeMap<String, Value>, Problem> {
        let mut changes = BTreeMap::new();
        for assignment in &self.set {
            let (key, text) = assignment
                .split_once('=')
                .ok_or_else(|| not_an_assignment(assignment))?;
            let value = match parameter(key)?.domain {
                Domain::Choice { .. } | Domain::List { .. } | Domain::Text { .. } => {
                    Value::Choice(text.to_owned())
                }
                Domain::Flag { .. } => text
                    .parse()
                    .map_or_else(|_| Value::Choice(text.to_owned()), Value::Flag),
                _ => text
                    .parse()
                    .map_or_else(|_| Value::Choice(text.to_owned()), Value::Number),
            };
            changes.insert(key.to_owned(), value);
        }
        Ok(changes)
    }
}

fn not_an_assignment(text: &str) -> Problem {
    Problem::new(
        "runner.set",
        Text::new(
            format!("“{text}” is not of the form key=value."),
            format!("“{text}”不是 key=value 的形式。"),
        ),
        Text::new(
            "Write for example --set gamma=0.5.",
            "例如：--set gamma=0.5。",
        ),
    )
}

/// Runs the command line.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let json = cli.command.json();
    match commands::run(cli.command) {
        Ok(code) => code,
        Err(problem) => {
            output::problem(&problem, json);
            ExitCode::from(PROBLEM)
        }
    }
}

impl Command {
    /// Whether answers are wanted as JSON.
    fn json(&self) -> bool {
        match self {
            Self::Evaluate(evaluate) => evaluate.json,
            Self::Decide(decide) => decide.common.json,
            Self::Demand(demand) => demand.common.json,
            Self::Split(split) => split.common.json,
            Self::Bids(bids) => bids.common.json,
            Self::Ads(ads) => ads.common.json,
            Self::Value(value) => value.common.json,
            Self::Ope(ope) => ope.common.json,
            Self::Abtest(abtest) => abtest.common.json,
            Self::Inspect { common, .. }
            | Self::Run { common, .. }
            | Self::Recommend { common, .. }
            | Self::Train { common, .. }
            | Self::Generate { common, .. } => common.json,
        }
    }
}
