//! The decision problems that a laboratory can open, behind one type.

use std::rc::Rc;

use serde::Serialize;

#[cfg(feature = "whole")]
use super::operations::{self, Entry, Operation};
#[cfg(feature = "whole")]
use crate::env::axes::Axes;
use crate::env::mdp::Mdp;
use crate::env::shop::Shop;
use crate::env::textbook::{self, Textbook};
use crate::env::{Environment, Model, Sight, Step, Visitor};
use crate::experiment::SHOP;
use crate::experiment::parameters::{Settings, Value};
use crate::log::Log;
use crate::problem::{Problem as Refusal, Text};
use crate::random::Rng;

/// A decision problem in the list of the page.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProblemInfo {
    /// Stable id, as in links.
    pub id: &'static str,
    /// Its name.
    pub title: Text,
    /// What it is and what it shows.
    pub note: Text,
    /// Where it is from.
    pub source: &'static str,
    /// Whether it needs a log.
    pub needs_log: bool,
    /// What is decided: `recommend`, `textbook`, `price`, `stock` or `ads`.
    pub family: &'static str,
    /// The parameters of its own that it takes, in the order of the page; the shop's are known by their groups.
    pub parameters: &'static [&'static str],
}

/// Every decision problem, the shop first.
#[must_use]
pub fn problems() -> Vec<ProblemInfo> {
    let shop = ProblemInfo {
        id: SHOP,
        title: shop_title(),
        note: shop_note(),
        source: SHANI,
        needs_log: true,
        family: "recommend",
        parameters: &[],
    };
    let textbook = textbook::ALL.iter().map(|problem| ProblemInfo {
        id: problem.id,
        title: problem.title(),
        note: problem.note(),
        source: problem.source,
        needs_log: false,
        family: "textbook",
        parameters: &[],
    });
    let all = std::iter::once(shop).chain(textbook);
    #[cfg(feature = "whole")]
    let all = all.chain(operations::ALL.iter().map(|entry| ProblemInfo {
        id: entry.id,
        title: entry.title(),
        note: entry.note(),
        source: entry.source,
        needs_log: false,
        family: entry.family,
        parameters: entry.parameters,
    }));
    all.collect()
}

const SHANI: &str = "Shani, Heckerman & Brafman, JMLR 6 (2005)";

/// The name of the recommendation problem.
#[must_use]
pub fn shop_title() -> Text {
    Text::new("What to recommend", "推荐什么商品")
}

/// What the recommendation problem is, with its assumption.
#[must_use]
pub fn shop_note() -> Text {
    Text::new(
        "The state is what the user looked at last; the action is the item to show next. The log tells what users do by \
         themselves; that showing an item multiplies its probability by L is an assumption, which a log without \
         exposures can't test.",
        "状态是用户最近看过的商品；动作是下一步展示的商品。日志说明用户自发的行为；而展示会使其概率乘以 L 是一个假设，没有曝光记录的日志无法检验。",
    )
}

/// Any decision problem of the laboratory.
#[derive(Clone)]
pub enum Problem {
    /// A shop, made from a log.
    Shop(Rc<Shop>),
    /// A problem of the textbooks.
    Textbook(&'static Textbook, Rc<Mdp>),
    /// A problem of price, stock or ads.
    #[cfg(feature = "whole")]
    Operation(&'static Entry, Rc<Operation>),
}

impl Problem {
    /// Its stable id, as in links.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::Shop(_) => SHOP,
            Self::Textbook(textbook, _) => textbook.id,
            #[cfg(feature = "whole")]
            Self::Operation(entry, _) => entry.id,
        }
    }

    /// Its name and what it is.
    pub fn words(&self) -> (Text, Text) {
        match self {
            Self::Shop(_) => (shop_title(), shop_note()),
            Self::Textbook(textbook, _) => (textbook.title(), textbook.note()),
            #[cfg(feature = "whole")]
            Self::Operation(entry, _) => (entry.title(), entry.note()),
        }
    }

    /// The name of a state; `log` names the items of a shop.
    pub fn state_name(&self, state: u32, log: Option<&Log>) -> String {
        match (self, log) {
            (Self::Shop(shop), Some(log)) => shop.state_name(state, &log.items),
            (Self::Shop(_), None) => state.to_string(),
            (Self::Textbook(_, mdp), _) => mdp.state_name(state).to_owned(),
            #[cfg(feature = "whole")]
            (Self::Operation(_, operation), _) => operation.state_name(state),
        }
    }

    /// The name of an action; `log` names the items of a shop.
    pub fn action_name(&self, state: u32, action: u32, log: Option<&Log>) -> String {
        match (self, log) {
            (Self::Shop(shop), Some(log)) => log
                .items
                .get(shop.entries(state)[action as usize].item)
                .to_owned(),
            (Self::Shop(_), None) => action.to_string(),
            (Self::Textbook(_, mdp), _) => mdp.action_name(state, action).to_owned(),
            #[cfg(feature = "whole")]
            (Self::Operation(_, operation), _) => operation.action_name(action),
        }
    }
}

impl Environment for Problem {
    #[inline]
    fn states(&self) -> u32 {
        match self {
            Self::Shop(shop) => shop.states(),
            Self::Textbook(_, mdp) => mdp.states(),
            #[cfg(feature = "whole")]
            Self::Operation(_, operation) => operation.states(),
        }
    }
    #[inline]
    fn actions(&self, state: u32) -> u32 {
        match self {
            Self::Shop(shop) => shop.actions(state),
            Self::Textbook(_, mdp) => mdp.actions(state),
            #[cfg(feature = "whole")]
            Self::Operation(_, operation) => operation.actions(state),
        }
    }
    #[inline]
    fn reset(&self, rng: &mut Rng) -> u32 {
        match self {
            Self::Shop(shop) => shop.reset(rng),
            Self::Textbook(_, mdp) => mdp.reset(rng),
            #[cfg(feature = "whole")]
            Self::Operation(_, operation) => operation.reset(rng),
        }
    }
    #[inline]
    fn step(&self, state: u32, action: u32, rng: &mut Rng) -> Step {
        match self {
            Self::Shop(shop) => shop.step(state, action, rng),
            Self::Textbook(_, mdp) => mdp.step(state, action, rng),
            #[cfg(feature = "whole")]
            Self::Operation(_, operation) => operation.step(state, action, rng),
        }
    }
    fn sight(&self) -> Sight {
        match self {
            Self::Shop(shop) => shop.sight(),
            Self::Textbook(_, mdp) => mdp.sight(),
            #[cfg(feature = "whole")]
            Self::Operation(_, operation) => operation.sight(),
        }
    }
    fn look(&self, state: u32, tokens: &mut [u32]) {
        match self {
            Self::Shop(shop) => shop.look(state, tokens),
            Self::Textbook(_, mdp) => mdp.look(state, tokens),
            #[cfg(feature = "whole")]
            Self::Operation(_, operation) => operation.look(state, tokens),
        }
    }
    fn action_token(&self, state: u32, action: u32) -> u32 {
        match self {
            Self::Shop(shop) => shop.action_token(state, action),
            Self::Textbook(_, mdp) => mdp.action_token(state, action),
            #[cfg(feature = "whole")]
            Self::Operation(_, operation) => operation.action_token(state, action),
        }
    }
    fn action_share(&self, state: u32, action: u32) -> f64 {
        match self {
            Self::Shop(shop) => shop.action_share(state, action),
            _ => 1.0,
        }
    }
    #[cfg(feature = "whole")]
    fn coordinates(&self) -> Option<&dyn Axes> {
        match self {
            Self::Operation(_, operation) => operation.coordinates(),
            _ => None,
        }
    }
}

impl Model for Problem {
    #[inline]
    fn backup(&self, state: u32, values: &[f64], gamma: f64, q: &mut [f64]) {
        match self {
            Self::Shop(shop) => shop.backup(state, values, gamma, q),
            Self::Textbook(_, mdp) => mdp.backup(state, values, gamma, q),
            #[cfg(feature = "whole")]
            Self::Operation(_, operation) => operation.backup(state, values, gamma, q),
        }
    }
    fn starts(&self) -> &[(u32, f64)] {
        match self {
            Self::Shop(shop) => shop.starts(),
            Self::Textbook(_, mdp) => mdp.starts(),
            #[cfg(feature = "whole")]
            Self::Operation(_, operation) => operation.starts(),
        }
    }
    #[cfg(feature = "whole")]
    fn ends_within(&self) -> Option<u32> {
        match self {
            Self::Operation(_, operation) => operation.ends_within(),
            _ => None,
        }
    }
    fn visit<V: Visitor>(&self, visitor: V) -> V::Output {
        match self {
            Self::Shop(shop) => visitor.work(&**shop),
            Self::Textbook(_, mdp) => visitor.work(&**mdp),
            #[cfg(feature = "whole")]
            Self::Operation(_, operation) => (**operation).visit(visitor),
        }
    }
}

/// The settings that suit a problem better than the table's defaults do.
///
/// # Errors
/// `textbook.unknown` when there is no such problem.
pub fn presets(id: &str) -> Result<Vec<(&'static str, Value)>, Refusal> {
    if id == SHOP {
        return Ok(Vec::new());
    }
    #[cfg(feature = "whole")]
    if let Some(entry) = operations::find(id) {
        return Ok(entry.suggested());
    }
    Ok(suggested(textbook::find(id)?))
}

/// The parameters of its own that a problem takes; none for the shop and the textbook problems.
#[must_use]
pub fn own_parameters(id: &str) -> &'static [&'static str] {
    #[cfg(feature = "whole")]
    if let Some(entry) = operations::find(id) {
        return entry.parameters;
    }
    let _ = id;
    &[]
}

/// A problem that is made of the settings alone.
///
/// # Errors
/// `textbook.unknown` when there is no such problem; what is wrong with the settings that describe it.
pub fn build(id: &str, settings: &Settings) -> Result<Problem, Refusal> {
    #[cfg(feature = "whole")]
    if let Some(entry) = operations::find(id) {
        return Ok(Problem::Operation(entry, Rc::new(entry.build(settings)?)));
    }
    let _ = settings;
    let textbook = textbook::find(id)?;
    Ok(Problem::Textbook(textbook, Rc::new(textbook.build()?)))
}

fn suggested(problem: &Textbook) -> Vec<(&'static str, Value)> {
    let suggested = problem.suggested;
    let constant = || Value::Choice("constant".to_owned());
    vec![
        ("gamma", Value::Number(suggested.gamma)),
        ("alphaSchedule", constant()),
        ("alpha", Value::Number(suggested.alpha)),
        ("epsilonSchedule", constant()),
        ("epsilon", Value::Number(suggested.epsilon)),
        ("budget", Value::Number(suggested.steps as f64)),
        (
            "episodeCap",
            Value::Number(f64::from(suggested.episode_cap)),
        ),
    ]
}

/// The keys that `suggested` sets: switching problems returns them to their defaults first.
pub const SUGGESTED: [&str; 7] = [
    "gamma",
    "alphaSchedule",
    "alpha",
    "epsilonSchedule",
    "epsilon",
    "budget",
    "episodeCap",
];

/// What suits a network on a problem better than the table's defaults do, where not the table of Q-values' own suggestions: measured by
/// `cargo bench --bench deep`. The budget is among them everywhere.
#[cfg(feature = "whole")]
#[must_use]
pub fn network_presets(id: &str) -> &'static [(&'static str, f64)] {
    match id {
        "" | SHOP => &[("budget", 4_000_000.0)],
        _ => &[
            ("budget", 100_000.0),
            ("networkEvery", 4.0),
            ("networkBatch", 32.0),
        ],
    }
}

/// What suits tiles on price, stock and ads: a learning rate that falls over the steps. Tiles are visited so often that one that falls
/// with visits would be spent before values have passed from the end of an episode to its beginning.
#[cfg(feature = "whole")]
#[must_use]
pub fn tile_presets(id: &str) -> Vec<(&'static str, Value)> {
    match operations::find(id).map(|entry| entry.family) {
        Some("price" | "stock" | "ads") => vec![
            ("alphaSchedule", Value::Choice("linear".to_owned())),
            ("alpha", Value::Number(0.2)),
            ("alphaFinal", Value::Number(0.001)),
        ],
        _ => Vec::new(),
    }
}

/// The keys that [`network_presets`] and [`tile_presets`] may set.
#[cfg(feature = "whole")]
pub const APPROXIMATOR_SUGGESTED: [&str; 6] = [
    "budget",
    "networkEvery",
    "networkBatch",
    "alphaSchedule",
    "alpha",
    "alphaFinal",
];
