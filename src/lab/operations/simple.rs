//! Simple methods of price, stock and ads that are policies of the problem: the board of policies values them, baselines name them.

use super::{Operation, registry};
use crate::demand::discrete::Discrete;
use crate::env::inventory::lost::LostSales;
use crate::env::{Environment, Model};
use crate::experiment::parameters::Settings;
use crate::experiment::study::PolicyName;
use crate::solve::backward;
use crate::solve::closed_form::reorder::{self, ReorderPolicy};
use crate::solve::value_iteration::{Policy, PolicyEvaluation, start_value};

/// Elementary operations that a search among policies may take.
const SEARCH: f64 = 2e8;

/// A simple method as one action a state; nothing where the problem has no such method.
pub fn policy(operation: &Operation, name: PolicyName, search: &Search<'_>) -> Option<Vec<u32>> {
    let settings = search.settings;
    match (name, operation) {
        (PolicyName::Constant, Operation::Backorder(_) | Operation::MountainCar(_)) => None,
        (PolicyName::Constant, _) => search.constant(operation),
        (PolicyName::ReorderPoint, Operation::Backorder(model)) => {
            let best = long_run(settings, settings.number("fixedCost"))?;
            Some(model.reorder_policy(best.reorder, best.up_to))
        }
        (PolicyName::BaseStock, Operation::Backorder(model)) => {
            let best = long_run(settings, 0.0)?;
            Some(model.reorder_policy(best.up_to - 1, best.up_to))
        }
        (PolicyName::BaseStock, Operation::LostSales(model)) => {
            let up_to = |up_to| model.capped_base_stock(up_to, u32::MAX);
            let most = settings.integer("maxStock");
            let (best, _) = search.best(model, 1..=most, up_to)?;
            Some(up_to(best))
        }
        (PolicyName::CappedBaseStock, Operation::LostSales(model)) => {
            let (most, cap) = (settings.integer("maxStock"), settings.integer("maxOrder"));
            let ((up_to, cap), _) = search.capped(model, most, cap)?;
            Some(model.capped_base_stock(up_to, cap))
        }
        (PolicyName::BaseStock, Operation::Perishable(model)) => {
            let most = settings.integer("maxOrder") * settings.integer("lifetime");
            let up_to = |up_to| model.base_stock(up_to);
            let (best, _) = search.best(model, 1..=most, up_to)?;
            Some(up_to(best))
        }
        _ => None,
    }
}

/// Whether a problem has a simple method.
pub fn has(problem: &str, name: PolicyName) -> bool {
    match name {
        // Where customers wait, orders that don't answer to demand let stock or backlog grow without end; a car on constant throttle
        // goes nowhere.
        PolicyName::Constant => {
            !matches!(problem, "reorder" | "mountaincar") && super::find(problem).is_some()
        }
        PolicyName::BaseStock => matches!(problem, "reorder" | "lostsales" | "perishable"),
        PolicyName::ReorderPoint => problem == "reorder",
        PolicyName::CappedBaseStock => problem == "lostsales",
        _ => false,
    }
}

/// The (s, S) that is best in the long run when an order costs `fixed`.
pub fn long_run(settings: &Settings, fixed: f64) -> Option<ReorderPolicy> {
    let demand = registry::demand(settings).ok()?;
    let [holding, penalty] = ["holdingCost", "penalty"].map(|key| settings.number(key));
    let lead_time = settings.integer("leadTime");
    reorder::best_reorder_policy(&demand, lead_time, fixed, holding, penalty).ok()
}

/// A search among policies of a family by their exact values.
pub struct Search<'a> {
    gamma: f64,
    tolerance: f64,
    settings: &'a Settings,
}

impl<'a> Search<'a> {
    /// At this discount; `optimum`, the optimum's value, gives the scale of the values.
    pub fn new(gamma: f64, optimum: f64, settings: &'a Settings) -> Self {
        Self {
            gamma,
            tolerance: 1e-8 * optimum.abs().max(1.0),
            settings,
        }
    }

    /// The expected return of a policy from the starts.
    pub fn value(&self, model: &impl Model, greedy: Vec<u32>) -> f64 {
        let policy = Policy {
            greedy,
            epsilon: 0.0,
        };
        let zeros = vec![0.0; model.states() as usize];
        let mut evaluation =
            PolicyEvaluation::new(policy, zeros, self.gamma, self.tolerance, 10_000);
        while !evaluation.advance(model, u64::MAX).done {}
        start_value(model, evaluation.values())
    }

    /// The best of a family of policies, every so many where all would take too long.
    pub fn best<P: Copy>(
        &self,
        model: &impl Model,
        family: impl Iterator<Item = P> + Clone,
        policy: impl Fn(P) -> Vec<u32>,
    ) -> Option<(P, f64)> {
        let states = model.states();
        let pairs: f64 = (0..states)
            .map(|state| f64::from(model.actions(state)))
            .sum();
        let masses = registry::demand(self.settings).map_or(1.0, |d: Discrete| f64::from(d.max()));
        let sweeps = 18.0 / (1.0 - self.gamma).max(1e-3);
        let affordable = (SEARCH / (pairs * masses * sweeps)).max(1.0);
        let stride = libm::ceil(family.clone().count() as f64 / affordable) as usize;
        let mut best: Option<(P, f64)> = None;
        for parameters in family.step_by(stride.max(1)) {
            let value = self.value(model, policy(parameters));
            if best.is_none_or(|(_, most)| value > most) {
                best = Some((parameters, value));
            }
        }
        best
    }

    /// The best capped base stock, `(level, cap)`, and its value.
    pub fn capped(&self, model: &LostSales, most: u32, cap: u32) -> Option<((u32, u32), f64)> {
        let pairs = (1..=most * cap).map(|i| ((i - 1) / cap + 1, (i - 1) % cap + 1));
        self.best(model, pairs, |(up_to, cap)| {
            model.capped_base_stock(up_to, cap)
        })
    }

    /// The best action that is taken throughout; where a state has no such action, its last.
    fn constant(&self, operation: &Operation) -> Option<Vec<u32>> {
        let always = |action: u32| {
            let states = 0..operation.states();
            let take = |state| action.min(operation.actions(state).saturating_sub(1));
            states.map(take).collect::<Vec<_>>()
        };
        let best = match operation {
            Operation::Pricing(model) => backward::best_fixed_action(model, self.gamma)?,
            Operation::Campaign(model) => backward::best_fixed_action(model, self.gamma)?,
            _ => {
                let states = 0..operation.states();
                let most = states.map(|state| operation.actions(state)).max()?;
                self.best(operation, 0..most, always)?
            }
        };
        Some(always(best.0))
    }
}
