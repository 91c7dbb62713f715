//! The problems of price, stock and ads as benchmarks run them, native and in the browser alike.

use std::rc::Rc;

use super::super::problems::Problem as Decision;
use super::{Entry, find};
use crate::env::{Model, Visitor};
use crate::experiment::parameters::Settings;
use crate::lab::configure;
use crate::problem::Problem;
use crate::random::{draw, stream};
use crate::solve::value_iteration;
use crate::train::Trainer;

/// The problem with the settings that suit it; nothing of an unknown one.
fn open(id: &str) -> Result<Option<(Decision, Settings)>, Problem> {
    let Some(entry) = find(id) else {
        return Ok(None);
    };
    let mut settings = Settings::default();
    for (key, value) in Entry::suggested(entry) {
        settings.set(key, value)?;
    }
    let operation = Rc::new(entry.build(&settings)?);
    Ok(Some((Decision::Operation(entry, operation), settings)))
}

/// Takes so many steps of random actions, the environment alone; gives the sum of rewards (0 of an unknown problem).
///
/// # Errors
/// Never in fact: the registry's own numbers go together.
pub fn steps(id: &str, count: u32) -> Result<f64, Problem> {
    let Some((Decision::Operation(_, operation), _)) = open(id)? else {
        return Ok(0.0);
    };
    Ok(operation.visit(Steps(count)))
}

/// So many steps of random actions.
struct Steps(u32);

impl Visitor for Steps {
    type Output = f64;

    fn work(self, model: &impl Model) -> f64 {
        let (mut actions, mut dynamics) = (stream(1, "actions"), stream(1, "environment"));
        let mut state = model.reset(&mut dynamics);
        let mut sum = 0.0;
        for _ in 0..self.0 {
            let action = draw::below(&mut actions, model.actions(state));
            let step = model.step(state, action, &mut dynamics);
            sum += step.reward;
            state = if step.end {
                model.reset(&mut dynamics)
            } else {
                step.next
            };
        }
        sum
    }
}

/// Trains for so many steps, measuring at the end alone; gives the value of the learned policy in percent of the optimum.
///
/// # Errors
/// As [`steps`].
pub fn train(id: &str, count: u32) -> Result<f64, Problem> {
    let Some((decision, settings)) = open(id)? else {
        return Ok(0.0);
    };
    let mut config = configure::training(&settings, 0);
    config.budget_steps = u64::from(count);
    config.snapshots = 2;
    let optimum = value_iteration::solve(&decision, config.gamma)?;
    let mut trainer = Trainer::new(decision, optimum, config)?;
    while trainer.stop_reason().is_none() {
        trainer.advance(1 << 30);
    }
    Ok(trainer.snapshots().last().map_or(0.0, |s| s.value_percent))
}
