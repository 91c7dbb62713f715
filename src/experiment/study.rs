//! The studies of the policy board and beside it: everything that decides what one finds, as a link holds it, and the digest of what it found.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::digest::Sum;
use super::finding::{Finding, SPLIT, edited};
use super::parameters::{self, parameter};
use crate::behaviour::{BehaviourModel, Choice};
use crate::demand::orders::Period;
use crate::evaluate::abtest::Outcome;
use crate::evaluate::build;
use crate::evaluate::ope::Success;
use crate::problem::{Problem, Text};

/// One study.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Study {
    /// Policies against the optimum.
    Value(ValueTerms),
    /// A policy judged from a log that another one wrote.
    OffPolicy(OffPolicyTerms),
    /// The same for sequences of decisions, on a log that is recorded in the decision problem, where the truth is known.
    Sequences(SequenceTerms),
    /// The same on the sessions of the log, where its rows have propensities.
    SequencesLog(SequencesLogTerms),
    /// An experiment between policies on simulated users.
    Trial(TrialTerms),
    /// An experiment that was already made: a log with a variant column.
    TrialLog(TrialLogTerms),
    /// What plain Q-learning from a log believes, beside careful ways of it.
    Offline(OfflineTerms),
    /// A network that learns from all sessions of the log to recommend to its users.
    Advice(AdviceTerms),
    /// One budget split among the best sellers of the log.
    Split(SplitTerms),
}

/// A policy of the decision problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PolicyName {
    /// The greedy policy of the optimal Q-values.
    Optimal,
    /// The greedy policy of the learned Q-values.
    QGreedy,
    /// The learned Q-values with exploration: any action with probability epsilon.
    EpsilonGreedy,
    /// The learned Q-values by Boltzmann's distribution.
    Softmax,
    /// The behaviour model alone: what is likeliest next anyway. Only in a shop.
    Likelihood,
    /// What was seen most often in the log. Only in a shop.
    Popularity,
    /// What earns the most at once, whatever follows.
    Myopic,
    /// The same choice throughout, the best of them. Only in problems of price, stock and ads, but not where customers wait.
    Constant,
    /// Order up to one level every period, the best of them. Only where stock is held from period to period.
    BaseStock,
    /// At or below s, order up to S, best in the long run. Only where an order has a fixed cost and customers wait.
    ReorderPoint,
    /// Order up to a level, but never more than a cap, the best of them. Only where customers leave.
    CappedBaseStock,
    /// Every action alike.
    Random,
}

impl PolicyName {
    /// Every policy, in the order of the board.
    pub const ALL: [Self; 12] = [
        Self::Optimal,
        Self::QGreedy,
        Self::EpsilonGreedy,
        Self::Softmax,
        Self::Likelihood,
        Self::Popularity,
        Self::Myopic,
        Self::Constant,
        Self::BaseStock,
        Self::ReorderPoint,
        Self::CappedBaseStock,
        Self::Random,
    ];

    /// Its stable name, as in links.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Optimal => "optimal",
            Self::QGreedy => "qGreedy",
            Self::EpsilonGreedy => "epsilonGreedy",
            Self::Softmax => "softmax",
            Self::Likelihood => "likelihood",
            Self::Popularity => "popularity",
            Self::Myopic => "myopic",
            Self::Constant => "constant",
            Self::BaseStock => "baseStock",
            Self::ReorderPoint => "reorderPoint",
            Self::CappedBaseStock => "cappedBaseStock",
            Self::Random => "random",
        }
    }

    /// Whether it needs a trained agent.
    #[must_use]
    pub fn trained(self) -> bool {
        matches!(self, Self::QGreedy | Self::EpsilonGreedy | Self::Softmax)
    }

    /// Whether it exists only in a shop made from a log.
    #[must_use]
    pub fn of_shop(self) -> bool {
        matches!(self, Self::Likelihood | Self::Popularity)
    }

    /// Whether it is a simple method of problems of price, stock or ads.
    #[must_use]
    pub fn of_operations(self) -> bool {
        matches!(
            self,
            Self::Constant | Self::BaseStock | Self::ReorderPoint | Self::CappedBaseStock
        )
    }
}

/// How policies that explore do it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exploring {
    /// Share of random actions, 0 to 1.
    pub epsilon: f64,
    /// Boltzmann's temperature, in units of Q, above 0.
    pub temperature: f64,
}

impl Default for Exploring {
    fn default() -> Self {
        Self {
            epsilon: 0.1,
            temperature: 0.1,
        }
    }
}

/// How policies are valued.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValueTerms {
    /// The policies; with a trained one, the regret of training is told too.
    pub policies: Vec<PolicyName>,
    /// Simulated episodes a policy, 100 to 1,000,000.
    pub episodes: u32,
    /// How policies explore.
    pub exploring: Exploring,
    /// Seed of the simulation.
    pub seed: u32,
    /// Networks that are learned from the log first, by name; each brings three policies: what it takes to be likely, its Q-values, and both
    /// multiplied. Only in a shop.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<NetworkName>,
    /// Agents that learn in the problem first, side by side, whatever was trained before: what holds their action values. Each has the
    /// settings of the experiment, and in the place of what nobody changed there what suits it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agents: Vec<AgentName>,
}

/// What holds the action values of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AgentName {
    /// One number a pair of state and action.
    Table,
    /// Linear in tiles of states and actions, where states are points.
    Tiles,
    /// A deep Q-network over the faded mean of the state's items.
    Mlp,
    /// The same with dilated convolutions.
    Cnn,
    /// The same with a recurrent network.
    Gru,
    /// The same with self-attention.
    Transformer,
}

impl AgentName {
    /// Every agent, in the order of the board.
    pub const ALL: [Self; 6] = [
        Self::Table,
        Self::Tiles,
        Self::Mlp,
        Self::Cnn,
        Self::Gru,
        Self::Transformer,
    ];

    /// Its name, as the setting `approximator` has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Tiles => "tiles",
            Self::Mlp => "mlp",
            Self::Cnn => "cnn",
            Self::Gru => "gru",
            Self::Transformer => "transformer",
        }
    }
}

/// A network that learns from a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NetworkName {
    /// Faded mean of the last items.
    Mlp,
    /// Dilated convolutions.
    Cnn,
    /// A recurrent network.
    Gru,
    /// Self-attention.
    Transformer,
}

impl NetworkName {
    /// Every network, in the order of the board.
    pub const ALL: [Self; 4] = [Self::Mlp, Self::Cnn, Self::Gru, Self::Transformer];

    /// Its name, as on the ranking board and in links.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mlp => "mlp",
            Self::Cnn => "cnn",
            Self::Gru => "gru",
            Self::Transformer => "transformer",
        }
    }
}

/// Which policy a log is asked about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum TargetChoice {
    /// Every item alike.
    Uniform,
    /// Each item in proportion to its successes in the log.
    Popularity,
    /// The trained policy with exploration, in the state that the user's session so far leads to.
    Trained {
        /// Share of random actions.
        epsilon: f64,
    },
    /// Probabilities from a file.
    Table {
        /// Its name.
        name: String,
        /// Its text: CSV.
        text: String,
    },
}

/// How a policy is judged from a log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OffPolicyTerms {
    /// The policy.
    pub target: TargetChoice,
    /// What counts as a success.
    pub success: Success,
    /// Whether propensities are estimated by frequency.
    pub estimate_propensities: bool,
    /// Bootstrap resamples, 100 to 20,000.
    pub resamples: u32,
    /// Seed of the resampling.
    pub seed: u32,
}

/// How sequences are judged.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SequenceTerms {
    /// The policy that writes the log.
    pub logging: PolicyName,
    /// The policy that is judged.
    pub target: PolicyName,
    /// Recorded episodes, 10 to 100,000.
    pub episodes: u32,
    /// How policies explore.
    pub exploring: Exploring,
    /// Bootstrap resamples, 100 to 5,000.
    pub resamples: u32,
    /// Seed of the log and the resampling.
    pub seed: u32,
}

/// How the sessions of a log are judged as sequences: the state is the item shown before, the action the item shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SequencesLogTerms {
    /// The policy; a trained one is of a state of the shop, not of a session as here, and is refused.
    pub target: TargetChoice,
    /// What counts as a success.
    pub success: Success,
    /// Discount from one row of a session to the next, 0 to 1.
    pub gamma: f64,
    /// Bootstrap resamples, 100 to 5,000.
    pub resamples: u32,
    /// Seed of the resampling.
    pub seed: u32,
}

/// An experiment on simulated users.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrialTerms {
    /// The policies; the first is the control.
    pub policies: Vec<PolicyName>,
    /// Users at most, 100 to 10,000,000.
    pub users: u32,
    /// Whether the experiment ends when every treatment is told from the control.
    pub stop: bool,
    /// The probability of finding a difference where there is none.
    pub alpha: f64,
    /// The difference in return one hopes to find; absent: a fifth of the standard deviation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<f64>,
    /// How policies explore.
    pub exploring: Exploring,
    /// Seed of the users.
    pub seed: u32,
}

/// An experiment read from the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrialLogTerms {
    /// What counts as a user's outcome.
    pub outcome: Outcome,
    /// Name of the control; absent: the first variant by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control: Option<String>,
    /// The probability of finding a difference where there is none.
    pub alpha: f64,
}

/// A demonstration of learning from a log alone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OfflineTerms {
    /// Whether the decision problem in progress is used; else a small shop in which plain Q-learning goes wrong.
    pub own: bool,
    /// Logs, each learned from by itself, 1 to 100.
    pub logs: u32,
    /// Episodes of each log, 10 to 100,000.
    pub episodes: u32,
    /// Share of the state's most tried action below which an action is not supported (BCQ), 0 to 1.
    pub threshold: f64,
    /// Pessimism: its factor over 1 / sqrt(n), at least 0.
    pub pessimism: f64,
    /// Weight of the conservative penalty (CQL), at least 0.
    pub conservatism: f64,
    /// Seed of the logs.
    pub seed: u32,
}

/// Which network recommends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdviceTerms {
    /// Its name, with hyperparameters if wanted: `gru`, or `gru:steps=500` where it was stopped by hand.
    pub model: String,
}

/// How one budget is split among the best sellers of a log, each ordered for one period.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SplitTerms {
    /// What all orders may cost together, in currency.
    pub budget: f64,
    /// How many of the best sellers share it.
    pub items: u32,
    /// Unit cost as a share of an item's mean price.
    pub cost_share: f64,
    /// How long the orders are to last.
    pub period: Period,
}

impl SplitTerms {
    fn check(self) -> Result<(), Problem> {
        for (key, value) in [
            ("splitBudget", self.budget),
            ("splitItems", f64::from(self.items)),
            ("splitCostShare", self.cost_share),
        ] {
            parameter(key)?.check(&parameters::Value::Number(value))?;
        }
        Ok(())
    }
}

impl Study {
    /// Reads a study from its JSON and checks it.
    ///
    /// # Errors
    /// `link.finding` where the JSON is no study; `study.range` for a value out of its range.
    pub fn read(json: &str) -> Result<Self, Problem> {
        let study: Self = serde_json::from_str(json).map_err(|_| edited())?;
        study.check()?;
        Ok(study)
    }

    /// Stable name of its kind.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Value(_) => "value",
            Self::OffPolicy(_) => "offPolicy",
            Self::Sequences(_) => "sequences",
            Self::SequencesLog(_) => "sequencesLog",
            Self::Trial(_) => "trial",
            Self::TrialLog(_) => "trialLog",
            Self::Offline(_) => "offline",
            Self::Advice(_) => "advice",
            Self::Split(_) => SPLIT,
        }
    }

    /// Whether it depends on the decision problem and its training.
    #[must_use]
    pub fn trained(&self) -> bool {
        match self {
            Self::Value(_) | Self::Sequences(_) | Self::Trial(_) => true,
            Self::OffPolicy(terms) => matches!(terms.target, TargetChoice::Trained { .. }),
            Self::SequencesLog(_) | Self::TrialLog(_) | Self::Advice(_) | Self::Split(_) => false,
            Self::Offline(terms) => terms.own,
        }
    }

    /// Whether every value is in its range.
    ///
    /// # Errors
    /// `study.range`, which names the value.
    pub fn check(&self) -> Result<(), Problem> {
        match self {
            Self::Value(terms) => {
                several("policies", &terms.policies, 2)?;
                whole("episodes", terms.episodes, 100, 1_000_000)?;
                once("networks", &terms.networks, NetworkName::ALL.len())?;
                once("agents", &terms.agents, AgentName::ALL.len())?;
                terms.exploring.check()
            }
            Self::OffPolicy(terms) => {
                if let TargetChoice::Trained { epsilon } = terms.target {
                    real("epsilon", epsilon, 0.0, 1.0)?;
                }
                whole("resamples", terms.resamples, 100, 20_000)
            }
            Self::Sequences(terms) => {
                whole("episodes", terms.episodes, 10, 100_000)?;
                whole("resamples", terms.resamples, 100, 5_000)?;
                terms.exploring.check()
            }
            Self::SequencesLog(terms) => {
                real("gamma", terms.gamma, 0.0, 1.0)?;
                whole("resamples", terms.resamples, 100, 5_000)
            }
            Self::Trial(terms) => {
                several("policies", &terms.policies, 2)?;
                whole("users", terms.users, 100, 10_000_000)?;
                real("alpha", terms.alpha, 0.0001, 0.5)?;
                terms.exploring.check()
            }
            Self::TrialLog(terms) => real("alpha", terms.alpha, 0.0001, 0.5),
            Self::Advice(terms) => terms.check(),
            Self::Split(terms) => terms.check(),
            Self::Offline(terms) => {
                whole("logs", terms.logs, 1, 100)?;
                whole("episodes", terms.episodes, 10, 100_000)?;
                real("threshold", terms.threshold, 0.0, 1.0)?;
                real("pessimism", terms.pessimism, 0.0, 1e6)?;
                real("conservatism", terms.conservatism, 0.0, 1e6)
            }
        }
    }

    /// The study with the digest of its result, as a link holds it.
    ///
    /// # Errors
    /// `link.finding` if it can't be written, which no checked study is.
    pub fn finding(&self, result: &impl Serialize) -> Result<Finding, Problem> {
        Ok(Finding {
            kind: self.kind().to_owned(),
            trained: self.trained(),
            study: serde_json::to_string(self).map_err(|_| edited())?,
            digest: digest(result)?,
        })
    }
}

impl AdviceTerms {
    /// The network, not yet fitted.
    ///
    /// # Errors
    /// Those of [`build`]; `study.network` where the model is no network.
    pub fn network(&self) -> Result<(Choice, Box<dyn BehaviourModel>), Problem> {
        let choice = Choice::parse(&self.model)?;
        let model = build(&choice)?;
        if model.network().is_none() {
            return Err(no_network(&self.model));
        }
        Ok((choice, model))
    }

    fn check(&self) -> Result<(), Problem> {
        self.network().map(drop)
    }
}

fn no_network(name: &str) -> Problem {
    Problem::new(
        "study.network",
        Text::new(
            format!("“{name}” is no network."),
            format!("“{name}”不是神经网络。"),
        ),
        Text::new(
            "Choose mlp, cnn, gru or transformer.",
            "请选择 mlp、cnn、gru 或 transformer。",
        ),
    )
}

impl Exploring {
    fn check(self) -> Result<(), Problem> {
        real("epsilon", self.epsilon, 0.0, 1.0)?;
        real("temperature", self.temperature, 1e-6, 1e6)
    }
}

/// Digest of all that a result says but its sentences, which another version may word otherwise.
fn digest(result: &impl Serialize) -> Result<String, Problem> {
    let value = serde_json::to_value(result).map_err(|_| edited())?;
    let mut sum = Sum::default();
    add(&mut sum, &value);
    Ok(sum.hex())
}

fn add(sum: &mut Sum, value: &Value) {
    match value {
        Value::Null => sum.whole(0),
        Value::Bool(yes) => sum.whole(1 + u64::from(*yes)),
        Value::Number(number) => sum.reals(&[number.as_f64().unwrap_or(f64::NAN)]),
        Value::String(text) => sum.bytes(text.as_bytes()),
        Value::Array(values) => {
            sum.whole(values.len() as u64);
            for value in values {
                add(sum, value);
            }
        }
        Value::Object(fields) => {
            let sentence =
                fields.len() == 2 && fields.contains_key("en") && fields.contains_key("zh");
            for (name, value) in fields.iter().filter(|_| !sentence) {
                sum.bytes(name.as_bytes());
                add(sum, value);
            }
        }
    }
}

/// The most policies of a study: each of them twice.
const MOST: usize = 2 * PolicyName::ALL.len();

fn several(name: &str, policies: &[PolicyName], least: usize) -> Result<(), Problem> {
    if (least..=MOST).contains(&policies.len()) {
        return Ok(());
    }
    let (here, least, most) = (policies.len().to_string(), least as f64, MOST as f64);
    Err(out_of_range(name, &here, least, most))
}

/// Whether no name stands twice among the `most` that there are.
fn once<T: PartialEq>(name: &str, names: &[T], most: usize) -> Result<(), Problem> {
    let twice = |(place, one)| names[..place].contains(one);
    if names.iter().enumerate().any(twice) {
        let count = names.len().to_string();
        return Err(out_of_range(name, &count, 0.0, most as f64));
    }
    Ok(())
}

fn whole(name: &str, value: u32, least: u32, most: u32) -> Result<(), Problem> {
    if (least..=most).contains(&value) {
        Ok(())
    } else {
        Err(out_of_range(
            name,
            &value.to_string(),
            f64::from(least),
            f64::from(most),
        ))
    }
}

fn real(name: &str, value: f64, least: f64, most: f64) -> Result<(), Problem> {
    if (least..=most).contains(&value) {
        Ok(())
    } else {
        Err(out_of_range(name, &value.to_string(), least, most))
    }
}

fn out_of_range(name: &str, value: &str, least: f64, most: f64) -> Problem {
    Problem::new(
        "study.range",
        Text::new(
            format!("{name} can't be {value}."),
            format!("{name} 不能为 {value}。"),
        ),
        Text::new(
            format!("Give a value from {least} to {most}."),
            format!("请填 {least} 到 {most} 之间的值。"),
        ),
    )
}
