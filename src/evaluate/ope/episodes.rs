//! Logged sequences of decisions: episodes with the probability of every action taken. Checked once, here.

use crate::env::Environment;
use crate::evaluate::value::Stochastic;
use crate::problem::{Problem, Text};
use crate::random::Rng;

/// One decision of an episode.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decision {
    /// The state it was taken in.
    pub state: u32,
    /// The action taken.
    pub action: u32,
    /// The reward received.
    pub reward: f64,
    /// Probability with which the logging policy took the action.
    pub propensity: f64,
}

/// Checked episodes. The state after the last decision of an episode is its end: nothing follows.
#[derive(Clone, Debug, PartialEq)]
pub struct Episodes {
    decisions: Vec<Decision>,
    /// Episode `e` holds decisions `start[e] .. start[e + 1]`.
    start: Vec<u32>,
}

impl Episodes {
    /// Checks episodes against the policy that will be asked about, which knows every state and action.
    ///
    /// # Errors
    /// `ope.empty` without an episode or with an empty one; `ope.item` for a state or action unknown to the policy;
    /// `ope.reward`; `ope.propensity-range`.
    pub fn new(episodes: &[Vec<Decision>], policy: &Stochastic) -> Result<Self, Problem> {
        let mut checked = Self {
            decisions: Vec::new(),
            start: vec![0],
        };
        for (number, episode) in episodes.iter().enumerate() {
            if episode.is_empty() {
                return Err(empty());
            }
            for decision in episode {
                check(decision, number + 1, policy)?;
            }
            checked.decisions.extend_from_slice(episode);
            checked.start.push(checked.decisions.len() as u32);
        }
        if episodes.is_empty() {
            Err(empty())
        } else {
            Ok(checked)
        }
    }

    /// Records episodes of a logging policy in an environment, each of at most `horizon` steps.
    pub fn record(
        environment: &impl Environment,
        logging: &Stochastic,
        episodes: u32,
        horizon: u32,
        rng: &mut Rng,
    ) -> Self {
        let mut recorded = Self {
            decisions: Vec::new(),
            start: vec![0],
        };
        for _ in 0..episodes {
            let mut state = environment.reset(rng);
            for _ in 0..horizon.max(1) {
                let action = logging.draw(state, rng);
                let step = environment.step(state, action, rng);
                recorded.decisions.push(Decision {
                    state,
                    action,
                    reward: step.reward,
                    propensity: logging.row(state)[action as usize],
                });
                if step.end {
                    break;
                }
                state = step.next;
            }
            recorded.start.push(recorded.decisions.len() as u32);
        }
        recorded
    }

    /// How many episodes there are; at least 1.
    #[must_use]
    pub fn len(&self) -> usize {
        self.start.len() - 1
    }

    /// Never: empty logs are refused. Here because every `len` has its `is_empty`.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The decisions of an episode, first to last.
    #[must_use]
    pub fn episode(&self, episode: usize) -> &[Decision] {
        &self.decisions[self.start[episode] as usize..self.start[episode + 1] as usize]
    }

    /// All decisions, episode after episode.
    #[must_use]
    pub fn decisions(&self) -> &[Decision] {
        &self.decisions
    }
}

fn check(decision: &Decision, episode: usize, policy: &Stochastic) -> Result<(), Problem> {
    let Decision {
        state,
        action,
        reward,
        propensity,
    } = *decision;
    if state as usize >= policy.states() || action as usize >= policy.row(state).len() {
        return Err(Problem::new(
            "ope.item",
            Text::new(
                format!(
                    "Episode {episode} has action {action} in state {state}, which the target policy doesn't know."
                ),
                format!("第 {episode} 个回合在状态 {state} 采取动作 {action}，目标策略不认识它。"),
            ),
            Text::new(
                "Use a log and a policy of the same problem.",
                "请使用同一问题的日志与策略。",
            ),
        ));
    }
    if !reward.is_finite() {
        return Err(Problem::new(
            "ope.reward",
            Text::new(
                format!("Episode {episode} has a reward that is not finite."),
                format!("第 {episode} 个回合含有非有限的奖励。"),
            ),
            Text::new(
                "Leave the episode out or give it a number.",
                "请去掉该回合或填入数字。",
            ),
        ));
    }
    if !(propensity > 0.0 && propensity <= 1.0) {
        return Err(Problem::new(
            "ope.propensity-range",
            Text::new(
                format!(
                    "Episode {episode} has a propensity of {propensity}: what was done must have had a probability above 0 and at most 1."
                ),
                format!(
                    "第 {episode} 个回合的倾向概率为 {propensity}：已采取的动作，其概率必须大于 0 且不超过 1。"
                ),
            ),
            Text::new(
                "Log the probability of the action that was taken.",
                "请记录所采取动作的概率。",
            ),
        ));
    }
    Ok(())
}

fn empty() -> Problem {
    Problem::new(
        "ope.empty",
        Text::new(
            "The log has no episodes, or an empty one.",
            "日志没有回合，或含有空回合。",
        ),
        Text::new(
            "Choose a log with at least one decision an episode.",
            "请选择每个回合至少含一次决策的日志。",
        ),
    )
}
