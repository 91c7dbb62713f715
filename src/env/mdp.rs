//! An explicit finite decision problem: every outcome of every action written down.

use crate::env::{Environment, Model, Step};
use crate::problem::{Problem, Text};
use crate::random::{Rng, draw};

/// One thing that may follow an action.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// The state entered. Entering a state without actions ends the episode.
    pub next: u32,
    /// Probability, in `(0, 1]`.
    pub probability: f64,
    /// Expected reward.
    pub reward: f64,
    /// Standard deviation of the reward, which is drawn from a normal distribution; 0 where it is certain.
    pub spread: f64,
}

/// A finite decision problem in compressed rows: state -> actions -> outcomes.
///
/// States without actions are terminal.
#[derive(Clone, Debug, PartialEq)]
pub struct Mdp {
    /// State `s` has the pairs `pair_start[s] .. pair_start[s + 1]`.
    pair_start: Vec<u32>,
    /// Pair `p` has the outcomes `outcome_start[p] .. outcome_start[p + 1]`.
    outcome_start: Vec<u32>,
    outcomes: Vec<Outcome>,
    starts: Vec<(u32, f64)>,
    state_names: Vec<String>,
    action_names: Vec<Vec<String>>,
}

impl Mdp {
    /// The name of a state.
    #[must_use]
    pub fn state_name(&self, state: u32) -> &str {
        &self.state_names[state as usize]
    }

    /// The name of an action of a state.
    #[must_use]
    pub fn action_name(&self, state: u32, action: u32) -> &str {
        &self.action_names[state as usize][action as usize]
    }

    /// Everything that may follow an action.
    #[must_use]
    pub fn outcomes(&self, state: u32, action: u32) -> &[Outcome] {
        let pair = (self.pair_start[state as usize] + action) as usize;
        &self.outcomes[self.outcome_start[pair] as usize..self.outcome_start[pair + 1] as usize]
    }

    /// Whether an episode ends on entering this state.
    #[must_use]
    pub fn is_terminal(&self, state: u32) -> bool {
        self.pair_start[state as usize] == self.pair_start[state as usize + 1]
    }
}

impl Environment for Mdp {
    fn states(&self) -> u32 {
        self.state_names.len() as u32
    }

    fn actions(&self, state: u32) -> u32 {
        self.pair_start[state as usize + 1] - self.pair_start[state as usize]
    }

    fn reset(&self, rng: &mut Rng) -> u32 {
        let u = draw::unit(rng);
        self.starts[draw::pick(running_sum(self.starts.iter().map(|start| start.1)), u)].0
    }

    fn step(&self, state: u32, action: u32, rng: &mut Rng) -> Step {
        let outcomes = self.outcomes(state, action);
        let chosen = if outcomes.len() == 1 {
            outcomes[0]
        } else {
            let u = draw::unit(rng);
            outcomes[draw::pick(running_sum(outcomes.iter().map(|o| o.probability)), u)]
        };
        let reward = if chosen.spread > 0.0 {
            chosen.reward + chosen.spread * draw::normal(rng)
        } else {
            chosen.reward
        };
        Step {
            reward,
            next: chosen.next,
            end: self.is_terminal(chosen.next),
        }
    }
}

impl Model for Mdp {
    fn backup(&self, state: u32, values: &[f64], gamma: f64, q: &mut [f64]) {
        for (action, place) in q.iter_mut().enumerate() {
            let mut sum = 0.0;
            for outcome in self.outcomes(state, action as u32) {
                let follows = if self.is_terminal(outcome.next) {
                    0.0
                } else {
                    gamma * values[outcome.next as usize]
                };
                sum += outcome.probability * (outcome.reward + follows);
            }
            *place = sum;
        }
    }

    fn starts(&self) -> &[(u32, f64)] {
        &self.starts
    }
}

fn running_sum(shares: impl Iterator<Item = f64>) -> impl Iterator<Item = f64> {
    shares.scan(0.0, |sum, share| {
        *sum += share;
        Some(*sum)
    })
}

/// Writes down an [`Mdp`], state by state.
///
/// Call [`MdpBuilder::state`] for each state in the order of its number, after it
/// [`MdpBuilder::action`] for each of its actions, and [`MdpBuilder::build`] at the end.
#[derive(Clone, Debug, Default)]
pub struct MdpBuilder {
    actions: Vec<Vec<(String, Vec<Outcome>)>>,
    state_names: Vec<String>,
    starts: Vec<(u32, f64)>,
}

impl MdpBuilder {
    /// Adds a state and returns its number. Without actions it is terminal.
    pub fn state(&mut self, name: impl Into<String>) -> u32 {
        self.state_names.push(name.into());
        self.actions.push(Vec::new());
        self.state_names.len() as u32 - 1
    }

    /// Adds an action to the state added last: `(next, probability, reward)` for each outcome.
    pub fn action(&mut self, name: impl Into<String>, outcomes: &[(u32, f64, f64)]) {
        let certain = outcomes
            .iter()
            .map(|&(next, probability, reward)| Outcome {
                next,
                probability,
                reward,
                spread: 0.0,
            })
            .collect();
        self.drawn_action(name, certain);
    }

    /// Adds an action whose rewards may be drawn.
    pub fn drawn_action(&mut self, name: impl Into<String>, outcomes: Vec<Outcome>) {
        if let Some(actions) = self.actions.last_mut() {
            actions.push((name.into(), outcomes));
        }
    }

    /// Episodes start in these states with these probabilities.
    pub fn starts(&mut self, starts: Vec<(u32, f64)>) {
        self.starts = starts;
    }

    /// Episodes start in every state that has actions, each equally often.
    pub fn start_anywhere(&mut self) {
        let open = (0..self.actions.len()).filter(|&state| !self.actions[state].is_empty());
        let states: Vec<u32> = open.map(|state| state as u32).collect();
        let share = 1.0 / states.len() as f64;
        self.starts = states.into_iter().map(|state| (state, share)).collect();
    }

    /// Checks and packs the problem.
    ///
    /// # Errors
    /// `mdp.probability` when the probabilities of an action or of the starts do not add up to 1 (within 1e-9)
    /// or one is not in `(0, 1]`; `mdp.reward` when a reward is not finite; `mdp.state` when a state does not
    /// exist or an episode would start in a terminal one.
    pub fn build(self) -> Result<Mdp, Problem> {
        let mut mdp = Mdp {
            pair_start: vec![0],
            outcome_start: vec![0],
            outcomes: Vec::new(),
            starts: self.starts,
            state_names: self.state_names,
            action_names: Vec::new(),
        };
        let states = mdp.state_names.len();
        for (state, actions) in self.actions.into_iter().enumerate() {
            let mut names = Vec::with_capacity(actions.len());
            for (name, outcomes) in actions {
                let place = format!("{} / {name}", mdp.state_names[state]);
                check_shares(&place, outcomes.iter().map(|o| o.probability))?;
                for outcome in &outcomes {
                    check_outcome(&place, outcome, states)?;
                }
                mdp.outcomes.extend(outcomes);
                mdp.outcome_start.push(mdp.outcomes.len() as u32);
                names.push(name);
            }
            mdp.action_names.push(names);
            mdp.pair_start.push(mdp.outcome_start.len() as u32 - 1);
        }
        check_shares("start", mdp.starts.iter().map(|start| start.1))?;
        for &(state, _) in &mdp.starts {
            if state as usize >= states || mdp.is_terminal(state) {
                return Err(no_state("start", state));
            }
        }
        Ok(mdp)
    }
}

fn check_shares(place: &str, shares: impl Iterator<Item = f64>) -> Result<(), Problem> {
    let mut sum = 0.0;
    let mut valid = true;
    for share in shares {
        valid &= share > 0.0 && share <= 1.0;
        sum += share;
    }
    if valid && (sum - 1.0).abs() <= 1e-9 {
        return Ok(());
    }
    Err(Problem::new(
        "mdp.probability",
        Text::new(
            format!(
                "The probabilities at {place} add up to {sum}, not to 1, or one of them is outside 0 to 1."
            ),
            format!("{place} 处的概率之和为 {sum}，不等于 1，或其中有超出 0 到 1 的值。"),
        ),
        Text::new(
            "Give each outcome a probability above 0, adding up to 1.",
            "请使每个结果的概率大于 0，且总和为 1。",
        ),
    ))
}

fn check_outcome(place: &str, outcome: &Outcome, states: usize) -> Result<(), Problem> {
    if outcome.next as usize >= states {
        return Err(no_state(place, outcome.next));
    }
    if outcome.reward.is_finite() && outcome.spread.is_finite() && outcome.spread >= 0.0 {
        return Ok(());
    }
    Err(Problem::new(
        "mdp.reward",
        Text::new(
            format!(
                "A reward at {place} is {}, which is not a finite number.",
                outcome.reward
            ),
            format!("{place} 处的奖励为 {}，不是有限的数。", outcome.reward),
        ),
        Text::new("Use finite rewards.", "请使用有限的奖励值。"),
    ))
}

fn no_state(place: &str, state: u32) -> Problem {
    Problem::new(
        "mdp.state",
        Text::new(
            format!(
                "State {state}, named at {place}, does not exist or has no actions to start with."
            ),
            format!("{place} 处提到的状态 {state} 不存在，或没有可供开始的动作。"),
        ),
        Text::new(
            "Name states that were added; start only where there is something to do.",
            "请只引用已添加的状态；起始状态必须有可选动作。",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_that_do_not_add_up_are_refused() {
        let mut builder = MdpBuilder::default();
        let state = builder.state("only");
        builder.action("go", &[(state, 0.5, 0.0), (state, 0.4, 0.0)]);
        builder.start_anywhere();
        assert_eq!(
            builder.build().err().map(|p| p.code),
            Some("mdp.probability".to_owned())
        );
    }

    #[test]
    fn unknown_states_and_infinite_rewards_are_refused() {
        for (next, reward, code) in [(7, 0.0, "mdp.state"), (0, f64::INFINITY, "mdp.reward")] {
            let mut builder = MdpBuilder::default();
            builder.state("only");
            builder.action("go", &[(next, 1.0, reward)]);
            builder.start_anywhere();
            assert_eq!(builder.build().err().map(|p| p.code), Some(code.to_owned()));
        }
    }
}
