//! Whether training has converged, judged by the measurements alone.

use crate::train::config::TrainConfig;
use crate::train::snapshot::{Criterion, Snapshot};

/// The policy counts as settled only when the Bellman residual stays above this share of what it was.
const LEVEL: f64 = 0.8;

/// The policy counts as settled when its value stays within so many percent of the optimum's size.
const SETTLED: f64 = 0.2;

/// By which criterion the last of the snapshots shows convergence, if by any, for a model of so many pairs with the
/// mean |Q*| `scale`.
pub(super) fn converged(
    snapshots: &[Snapshot],
    config: &TrainConfig,
    pairs: u64,
    scale: f64,
) -> Option<Criterion> {
    let last = snapshots.last()?;
    // Too few steps can't have shown anything: each pair should have had its chance some ten times.
    if last.step < 10 * pairs {
        return None;
    }
    let TrainConfig {
        tolerance,
        patience,
        ..
    } = *config;
    if tolerance > 0.0 && last.bellman_residual <= tolerance * scale {
        return Some(Criterion::Residual(tolerance));
    }
    let first = snapshots.partition_point(|s| s.step < last.step - last.step / 4);
    let recent = &snapshots[first..];
    let mut range = (last.value_percent, last.value_percent);
    for snapshot in recent {
        range = (
            range.0.min(snapshot.value_percent),
            range.1.max(snapshot.value_percent),
        );
    }
    let settled =
        range.1 - range.0 <= SETTLED && last.bellman_residual >= LEVEL * recent[0].bellman_residual;
    let long = patience > 0 && recent.len() >= patience as usize;
    (settled && long).then_some(Criterion::Policy(patience))
}
