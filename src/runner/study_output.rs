//! What studies of the policy board found, as text for people.

use qcart::evaluate::abtest::AbReport;
use qcart::evaluate::ope::{Estimate, Report};
use qcart::evaluate::value::Sensitivity;
use qcart::experiment::study::PolicyName;
use qcart::lab::protocol::{Plan, ValueReport};

/// Policies against the optimum. Those of the trained agent are named for what holds its action values, where that is no table.
pub fn value(report: &ValueReport, approximator: &str) {
    let board = &report.board;
    println!(
        "optimum {:.6} at a discount of {}; {} simulated episodes a policy",
        board.optimum, board.gamma, board.episodes
    );
    let trained = |name: &str| {
        let all = PolicyName::ALL.into_iter();
        all.filter(|policy| policy.trained())
            .any(|policy| policy.name() == name)
    };
    let names = board.policies.iter().map(|policy| {
        let network = approximator != "table" && trained(&policy.name);
        let name = &policy.name;
        if network {
            format!("{name} ({approximator})")
        } else {
            name.clone()
        }
    });
    let names: Vec<String> = names.collect();
    let width = names.iter().map(String::len).fold(14, usize::max);
    println!(
        "{:<width$} {:>12} {:>10}  simulated [95 %]",
        "policy", "value", "of optimum"
    );
    for (policy, name) in board.policies.iter().zip(&names) {
        let share = policy.of_optimum;
        let share = share.map_or_else(|| "?".to_owned(), |share| format!("{:.2} %", 100.0 * share));
        let Estimate { value, ci, .. } = &policy.simulated;
        println!(
            "{name:<width$} {:>12.6} {share:>10}  {value:.6} [{:.6}, {:.6}]",
            policy.exact, ci[0], ci[1]
        );
    }
    for trouble in &report.troubles {
        println!("{}: {}", trouble.who, trouble.what.en);
    }
    if let Some(regret) = report.regret.last() {
        println!(
            "regret: {:.4} over {} episodes; the next one loses {:.6}",
            regret.cumulative, regret.episodes, regret.simple
        );
    }
    if let Some(lift) = &report.lift {
        crossings("lift", lift, &report.scanned);
    }
    crossings("discount", &report.gamma, &report.scanned);
}

fn crossings(of: &str, found: &Sensitivity, names: &[PolicyName]) {
    if let (true, Some(&winner)) = (found.crossings.is_empty(), found.winner.first()) {
        println!("{of}: {} is best throughout", names[winner].name());
    }
    for crossing in &found.crossings {
        println!(
            "{of}: below {:.3} {} is best, above it {}",
            crossing.at,
            names[crossing.below].name(),
            names[crossing.above].name()
        );
    }
}

/// A policy judged from a log.
pub fn off_policy(report: &Report) {
    println!(
        "{} rows, {} successes, {} clusters; {} resamples",
        report.n, report.clicks, report.clusters, report.resamples
    );
    for estimate in report.estimators.iter().chain([&report.logged]) {
        let [low, high] = estimate.ci;
        println!(
            "  {:<12} {:.6} [{low:.6}, {high:.6}]",
            estimate.name, estimate.value
        );
    }
    println!(
        "effective rows {:.1}, largest weight {:.3}, {:.2} % outside the support",
        report.ess,
        report.max_weight,
        100.0 * report.outside_support
    );
    println!("{}", report.verdict.en);
    for note in &report.notes {
        println!("note: {}", note.en);
    }
}

/// How many users an experiment takes.
pub fn plan(plan: &Plan) {
    println!(
        "pilot of {} users under the control: {:.4} a user, standard deviation {:.4}",
        plan.pilot, plan.mean, plan.sd
    );
    println!(
        "a test of fixed size takes {} + {} users to find a difference of {:.4}; the users at most show {:.4}",
        plan.sizes.control, plan.sizes.treatment, plan.effect, plan.detectable
    );
}

/// What an experiment showed.
pub fn trial(report: &AbReport) {
    for arm in &report.arms {
        let [low, high] = arm.mean.ci;
        println!(
            "  {:<14} {:>9} users {:.4} [{low:.4}, {high:.4}]",
            arm.name, arm.users, arm.mean.value
        );
    }
    for comparison in &report.comparisons {
        let fixed = &comparison.fixed.difference;
        println!(
            "  {} - {}: {:.4} [{:.4}, {:.4}] at fixed size, always-valid p {:.4}",
            comparison.name,
            comparison.against,
            fixed.value,
            fixed.ci[0],
            fixed.ci[1],
            comparison.always_p
        );
    }
    for segment in &report.segments {
        let effect = &segment.effect.difference;
        println!(
            "  {} in {}: {:.4} [{:.4}, {:.4}], adjusted p {:.4}",
            segment.name,
            segment.segment,
            effect.value,
            effect.ci[0],
            effect.ci[1],
            segment.adjusted_p
        );
    }
    println!("{}", report.verdict.en);
    for note in &report.notes {
        println!("note: {}", note.en);
    }
}
