//! Looking at what was learned: single steps, policies, recommendations.

use super::data::{Data, category};
use super::learning::Decided;
use super::problems::Problem as Decision;
use super::protocol::{PolicyState, RecommendationView, RecommendedItem, Response};
use super::{Answer, Lab};
use crate::env::{Environment, Model};
use crate::log::Log;
use crate::problem::{Problem, Text};
use crate::train::StepTrace;

/// What a single step did, with names.
pub fn trace(problem: &Decision, log: Option<&Log>, trace: &StepTrace) -> Response {
    let state = |state: u32| problem.state_name(state, log);
    Response::Trace {
        state: state(trace.state),
        action: problem.action_name(trace.state, trace.action, log),
        next: (!trace.end).then(|| state(trace.next)),
        trace: *trace,
    }
}

impl Lab {
    /// The learned and the optimal policy of a textbook problem, state by state.
    pub(super) fn policy(&self) -> Answer {
        let decided = self.decided()?;
        let Decision::Textbook(textbook, mdp) = &decided.problem else {
            return Err(not_a_textbook_problem());
        };
        let optimum = decided.optimum().ok_or_else(super::not_solved)?;
        let learned = self
            .training
            .as_ref()
            .and_then(|training| training.learned());
        let layout = textbook.layout();
        let mut pair = 0;
        let mut states = Vec::new();
        for state in 0..mdp.states() {
            let actions = mdp.actions(state);
            let pairs = pair..pair + actions as usize;
            pair = pairs.end;
            let cell = layout.as_ref().map(|layout| {
                let (column, row) = layout.cells[state as usize];
                u32::from(row) * u32::from(layout.width) + u32::from(column)
            });
            states.push(PolicyState {
                name: mdp.state_name(state).to_owned(),
                cell,
                actions: (0..actions)
                    .map(|action| mdp.action_name(state, action).to_owned())
                    .collect(),
                q: learned.map_or_else(Vec::new, |trainer| trainer.q().row(state).to_vec()),
                q_star: optimum.q[pairs.clone()].to_vec(),
                visits: learned.map_or_else(Vec::new, |trainer| {
                    trainer.learner().visits()[pairs].to_vec()
                }),
            });
        }
        let grid = layout.map(|layout| (u32::from(layout.width), u32::from(layout.height)));
        Ok(vec![Response::Policy { states, grid }])
    }
}

fn not_a_textbook_problem() -> Problem {
    Problem::new(
        "lab.no-policy-map",
        Text::new(
            "A shop has too many states to draw.",
            "商店的状态太多，无法绘制。",
        ),
        Text::new(
            "Search a user under Look instead.",
            "请在“查看”处搜索用户。",
        ),
    )
}
/// stub
pub struct Export;
impl Lab {
    pub(super) fn begin_export(&mut self, _k: u32) -> Answer {
        super::done()
    }
    pub(super) fn advance_export(&mut self) -> Answer {
        super::done()
    }
    pub(super) fn recommend(&mut self, _user: &str, _k: u32) -> Answer {
        super::done()
    }
}
