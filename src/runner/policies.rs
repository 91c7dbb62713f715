//! The policy board on the command line: what policies are worth, off-policy estimates, and experiments.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use qcart::evaluate::abtest::Outcome;
use qcart::evaluate::ope::Success;
use qcart::experiment::study::{
    AgentName, Exploring, NetworkName, OffPolicyTerms, PolicyName, SequencesLogTerms, Study,
    TargetChoice, TrialLogTerms, TrialTerms, ValueTerms,
};
use qcart::experiment::{SHOP, Source};
use qcart::lab::Lab;
use qcart::lab::protocol::{Request, Response, StudyAnswer, StudyReport, StudyRequest};
use qcart::log::{Dialect, EventType, ImportOptions, Importer, Role};
use qcart::problem::{Problem, Text};
use serde_json::{Value, json};

use super::commands;
use super::drive::{ask, file_name, finish, import_file, read_chunks};
use super::{Common, output, study_output};

/// Policies against the optimum.
#[derive(Args)]
pub struct ValueArguments {
    /// A link, the path of a project file, or the id of a problem: `shop`, `season`, `gridworld` or any other.
    experiment: String,
    /// The log, if the experiment needs one that does not travel with it.
    #[arg(long)]
    log: Option<PathBuf>,
    /// Simulated episodes a policy.
    #[arg(long, default_value_t = 10_000)]
    episodes: u32,
    #[command(flatten)]
    exploring: ExploringArguments,
    /// Networks that learn from the log first, separated by commas: mlp, cnn, gru, transformer. Each brings three policies.
    #[arg(long, value_delimiter = ',', value_parser = network)]
    networks: Vec<NetworkName>,
    /// Agents that learn in the problem first, side by side, separated by commas: table, tiles, mlp, cnn, gru, transformer. Each has the settings
    /// given by --set, and what suits it in the place of those not given.
    #[arg(long, value_delimiter = ',', value_parser = agent)]
    agents: Vec<AgentName>,
    /// Leave the agent untrained and its policies out.
    #[arg(long)]
    untrained: bool,
    #[command(flatten)]
    pub common: Common,
}

/// A policy judged from the log that another one wrote.
#[derive(Args)]
pub struct OpeArguments {
    /// The log, with a propensity column.
    #[arg(long)]
    log: PathBuf,
    /// The policy: a CSV file of probabilities (one row an item and one column a position, or item,probability), or `uniform`,
    /// `popularity`, `trained`.
    #[arg(long)]
    target: String,
    /// Estimate the propensities by how often each item was shown. The result is labelled so.
    #[arg(long)]
    estimate_propensities: bool,
    /// Judge sessions as sequences of decisions, by importance sampling a step and fitted Q evaluation.
    #[arg(long, conflicts_with = "estimate_propensities")]
    sequences: bool,
    /// With --sequences: discount from one row of a session to the next.
    #[arg(long, default_value_t = 1.0, requires = "sequences")]
    gamma: f64,
    /// What counts as a success.
    #[arg(long, value_enum, default_value = "click")]
    success: SuccessArgument,
    /// Bootstrap resamples.
    #[arg(long, default_value_t = 2000)]
    resamples: u32,
    /// Share of random items of the trained policy.
    #[arg(long, default_value_t = 0.1)]
    epsilon: f64,
    /// Seed of the resampling.
    #[arg(long, default_value_t = 1)]
    seed: u32,
    #[command(flatten)]
    pub common: Common,
}

/// An experiment between policies.
#[derive(Args)]
pub struct AbtestArguments {
    /// The log: of the shop that is simulated, or of the experiment with --variant.
    #[arg(long)]
    log: Option<PathBuf>,
    /// The experiment is in the log already: the column that says which variant a user was in.
    #[arg(long, value_name = "COLUMN", requires = "log")]
    variant: Option<String>,
    /// With --variant: what counts as a user's outcome.
    #[arg(long, value_enum, default_value = "purchase", requires = "variant")]
    outcome: OutcomeArgument,
    /// With --variant: the control; the first variant by name if left out.
    #[arg(long, requires = "variant")]
    control: Option<String>,
    /// The problem whose users are simulated; `shop` needs --log.
    #[arg(long)]
    problem: Option<String>,
    /// The policies, separated by commas; the first is the control. The same one twice makes an A/A test.
    #[arg(long, value_delimiter = ',', default_value = "popularity,qGreedy", value_parser = policy)]
    policies: Vec<PolicyName>,
    /// Simulated users at most.
    #[arg(long, default_value_t = 100_000)]
    users: u32,
    /// Go on to the last user, also when every policy was told from the control.
    #[arg(long)]
    to_the_end: bool,
    /// The difference one hopes to find; a fifth of the standard deviation if left out.
    #[arg(long)]
    effect: Option<f64>,
    /// The probability of finding a difference where there is none.
    #[arg(long, default_value_t = 0.05)]
    alpha: f64,
    /// For the plan: the probability of finding the effect.
    #[arg(long, default_value_t = 0.8)]
    power: f64,
    #[command(flatten)]
    exploring: ExploringArguments,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Args)]
struct ExploringArguments {
    /// Share of random actions of the policy epsilonGreedy.
    #[arg(long, default_value_t = 0.1)]
    epsilon: f64,
    /// Temperature of the policy softmax, in units of Q.
    #[arg(long, default_value_t = 0.1)]
    temperature: f64,
}

#[derive(Clone, Copy, ValueEnum)]
enum SuccessArgument {
    Click,
    Purchase,
}

#[derive(Clone, Copy, ValueEnum)]
enum OutcomeArgument {
    Click,
    Cart,
    Purchase,
    Clicks,
    Purchases,
    Revenue,
}

impl ExploringArguments {
    fn exploring(&self) -> Exploring {
        Exploring {
            epsilon: self.epsilon,
            temperature: self.temperature,
        }
    }
}

impl From<SuccessArgument> for Success {
    fn from(success: SuccessArgument) -> Self {
        match success {
            SuccessArgument::Click => Self::Click,
            SuccessArgument::Purchase => Self::Purchase,
        }
    }
}

impl From<OutcomeArgument> for Outcome {
    fn from(outcome: OutcomeArgument) -> Self {
        match outcome {
            OutcomeArgument::Click => Self::Did(EventType::Click),
            OutcomeArgument::Cart => Self::Did(EventType::Cart),
            OutcomeArgument::Purchase => Self::Did(EventType::Purchase),
            OutcomeArgument::Clicks => Self::Times(EventType::Click),
            OutcomeArgument::Purchases => Self::Times(EventType::Purchase),
            OutcomeArgument::Revenue => Self::Revenue,
        }
    }
}

fn policy(name: &str) -> Result<PolicyName, String> {
    let named = |policy: &PolicyName| policy.name() == name;
    PolicyName::ALL.into_iter().find(named).ok_or_else(|| {
        let names = PolicyName::ALL.map(PolicyName::name);
        format!("choose from {}", names.join(", "))
    })
}

fn network(name: &str) -> Result<NetworkName, String> {
    let named = |network: &NetworkName| network.name() == name;
    NetworkName::ALL.into_iter().find(named).ok_or_else(|| {
        let names = NetworkName::ALL.map(NetworkName::name);
        format!("choose from {}", names.join(", "))
    })
}

fn agent(name: &str) -> Result<AgentName, String> {
    let named = |agent: &AgentName| agent.name() == name;
    AgentName::ALL.into_iter().find(named).ok_or_else(|| {
        let names = AgentName::ALL.map(AgentName::name);
        format!("choose from {}", names.join(", "))
    })
}

/// Values policies.
pub fn value(arguments: &ValueArguments) -> Result<ExitCode, Problem> {
    let common = &arguments.common;
    let text = &arguments.experiment;
    let mut lab = if text.contains("v1.") || Path::new(text).is_file() {
        let experiment = commands::read_experiment(text)?;
        let mut lab = Lab::default();
        lab.open(experiment.clone());
        if experiment.problem == SHOP {
            commands::give_data(&mut lab, &experiment, arguments.log.as_deref())?;
        }
        commands::decide(&mut lab, experiment.problem)?;
        lab
    } else {
        prepared(arguments.log.as_deref(), Some(text), common)?
    };
    if !arguments.untrained {
        train(&mut lab)?;
    }
    let here = qcart::lab::policies_of(lab.problem()).into_iter();
    let known = here.filter(|policy| !(arguments.untrained && policy.trained()));
    let study = Study::Value(ValueTerms {
        policies: known.collect(),
        episodes: arguments.episodes,
        exploring: arguments.exploring.exploring(),
        seed: 1,
        networks: arguments.networks.clone(),
        agents: arguments.agents.clone(),
    });
    let done = carry_out(&mut lab, study)?;
    if common.json {
        print_json(&done);
    } else if let StudyReport::Value(report) = &done.report {
        study_output::value(report, lab.settings().choice("approximator"));
        println!("{}", done.link);
    }
    Ok(ExitCode::SUCCESS)
}

/// Judges a policy from a log.
pub fn ope(arguments: &OpeArguments) -> Result<ExitCode, Problem> {
    let common = &arguments.common;
    let mut lab = commands::lab(&common.settings()?)?;
    commands::open(&mut lab, &arguments.log)?;
    let target = match arguments.target.as_str() {
        "uniform" => TargetChoice::Uniform,
        "popularity" => TargetChoice::Popularity,
        "trained" => {
            commands::decide(&mut lab, SHOP.to_owned())?;
            train(&mut lab)?;
            TargetChoice::Trained {
                epsilon: arguments.epsilon,
            }
        }
        path => table(Path::new(path))?,
    };
    let (success, seed) = (arguments.success.into(), arguments.seed);
    let study = if arguments.sequences {
        Study::SequencesLog(SequencesLogTerms {
            target,
            success,
            gamma: arguments.gamma,
            resamples: arguments.resamples.min(5000),
            seed,
        })
    } else {
        Study::OffPolicy(OffPolicyTerms {
            target,
            success,
            estimate_propensities: arguments.estimate_propensities,
            resamples: arguments.resamples,
            seed,
        })
    };
    let done = carry_out(&mut lab, study)?;
    if common.json {
        print_json(&done);
    } else if let StudyReport::OffPolicy(report) | StudyReport::SequencesLog(report) = &done.report
    {
        study_output::off_policy(report);
        println!("{}", done.link);
    }
    Ok(ExitCode::SUCCESS)
}

fn table(path: &Path) -> Result<TargetChoice, Problem> {
    let text = commands::read_text(path)?;
    Ok(TargetChoice::Table {
        name: file_name(path),
        text,
    })
}

/// Makes an experiment, or reads one from a log.
pub fn abtest(arguments: &AbtestArguments) -> Result<ExitCode, Problem> {
    let common = &arguments.common;
    let mut plan = None;
    let (mut lab, study) = match (&arguments.variant, &arguments.log) {
        (Some(column), Some(log)) => {
            let mut lab = commands::lab(&common.settings()?)?;
            let source = Source::File {
                name: String::new(),
                size: 0,
                fingerprint: String::new(),
            };
            import_file(&mut lab, log, source, with_variant(log, column)?)?;
            let terms = TrialLogTerms {
                outcome: arguments.outcome.into(),
                control: arguments.control.clone(),
                alpha: arguments.alpha,
            };
            (lab, Study::TrialLog(terms))
        }
        (_, log) => {
            let problem = arguments.problem.as_deref();
            let mut lab = prepared(log.as_deref(), problem, common)?;
            let terms = TrialTerms {
                policies: arguments.policies.clone(),
                users: arguments.users,
                stop: !arguments.to_the_end,
                alpha: arguments.alpha,
                effect: arguments.effect,
                exploring: arguments.exploring.exploring(),
                seed: common.settings()?.integer("seed"),
            };
            if terms.policies.iter().any(|policy| policy.trained()) {
                train(&mut lab)?;
            }
            plan = planned(&mut lab, &terms, arguments.power)?;
            (lab, Study::Trial(terms))
        }
    };
    let done = carry_out(&mut lab, study)?;
    if common.json {
        let mut value = as_json(&done);
        value["plan"] = json!(plan);
        output::json(&value);
    } else if let StudyReport::Trial(report) | StudyReport::TrialLog(report) = &done.report {
        if let Some(plan) = plan {
            study_output::plan(&plan);
        }
        study_output::trial(report);
        println!("{}", done.link);
    }
    Ok(ExitCode::SUCCESS)
}

fn planned(
    lab: &mut Lab,
    terms: &TrialTerms,
    power: f64,
) -> Result<Option<qcart::lab::protocol::Plan>, Problem> {
    let request = StudyRequest::Plan {
        terms: terms.clone(),
        power,
    };
    let responses = ask(lab, Request::Study(request))?;
    Ok(output::last(responses, |response| match response {
        Response::Study {
            answer: StudyAnswer::Planned { plan },
        } => Some(plan),
        _ => None,
    }))
}

/// The import options that make this column the one of the variants; everything else is guessed as always.
fn with_variant(log: &Path, column: &str) -> Result<ImportOptions, Problem> {
    let mut importer = Importer::new(&file_name(log), None, ImportOptions::default());
    read_chunks(log, |chunk| importer.push(chunk))?;
    let mut finishing = importer.finish()?;
    let dialect = loop {
        if let Some(imported) = finishing.advance()? {
            break imported.dialect;
        }
    };
    let Dialect { columns, roles, .. } = &dialect;
    let Some(place) = columns.iter().position(|name| name == column) else {
        return Err(Problem::new(
            "runner.variant",
            Text::new(
                format!("The log has no column “{column}”."),
                format!("日志中没有列“{column}”。"),
            ),
            Text::new(
                format!("Choose one of: {}.", columns.join(", ")),
                format!("请从以下列中选择：{}。", columns.join("、")),
            ),
        ));
    };
    let mut roles = roles.clone();
    for role in &mut roles {
        if *role == Role::Variant {
            *role = Role::Ignore;
        }
    }
    roles[place] = Role::Variant;
    Ok(ImportOptions {
        roles: Some(roles),
        ..ImportOptions::default()
    })
}

/// A laboratory with a log, if given, and a decision problem: the shop of the log, or a textbook one.
fn prepared(log: Option<&Path>, problem: Option<&str>, common: &Common) -> Result<Lab, Problem> {
    let mut lab = commands::lab(&common.settings()?)?;
    if let Some(path) = log {
        commands::open(&mut lab, path)?;
    }
    commands::decide(&mut lab, problem.unwrap_or(SHOP).to_owned())?;
    Ok(lab)
}

fn train(lab: &mut Lab) -> Result<(), Problem> {
    ask(lab, Request::Train)?;
    finish(lab).map(drop)
}

/// What a study came to, and the link that repeats it.
struct Done {
    study: Study,
    report: StudyReport,
    digest: String,
    link: String,
}

/// Carries a study out and puts its finding into the experiment.
fn carry_out(lab: &mut Lab, study: Study) -> Result<Done, Problem> {
    let (report, finding) = studied(lab, study.clone())?;
    let digest = finding.digest.clone();
    ask(lab, Request::KeepFinding { finding })?;
    Ok(Done {
        study,
        report,
        digest,
        link: commands::share(lab)?,
    })
}

/// Carries a study out.
pub fn studied(
    lab: &mut Lab,
    study: Study,
) -> Result<(StudyReport, qcart::experiment::finding::Finding), Problem> {
    let request = StudyRequest::Begin { study };
    let mut responses = ask(lab, Request::Study(request))?;
    responses.extend(finish(lab)?);
    let found = output::last(responses, |response| match response {
        Response::Study {
            answer: StudyAnswer::Studied { report, finding },
        } => Some((*report, finding)),
        _ => None,
    });
    found.ok_or_else(|| {
        Problem::new(
            "runner.study",
            Text::new("The study came to no end.", "评估未能完成。"),
            Text::new("Report this.", "请报告此问题。"),
        )
    })
}

fn print_json(done: &Done) {
    output::json(&as_json(done));
}

/// The report's own fields, with the link. The verdict is a sentence; `verdict_texts` has it in both languages.
fn as_json(done: &Done) -> Value {
    let mut value = match &done.report {
        StudyReport::Value(report) => json!(report),
        StudyReport::OffPolicy(report) | StudyReport::SequencesLog(report) => json!(report),
        StudyReport::Sequences(report) => json!(report),
        StudyReport::Trial(report) | StudyReport::TrialLog(report) => json!(report),
        StudyReport::Offline(report) => json!(report),
        StudyReport::Advice(report) => json!(report),
        StudyReport::Split(report) => json!(report),
    };
    if let Some(texts) = value.get("verdict").cloned() {
        value["verdict"] = texts["en"].clone();
        value["verdict_texts"] = texts;
    }
    value["study"] = json!(done.study.kind());
    value["digest"] = json!(done.digest);
    value["link"] = json!(done.link);
    value
}
