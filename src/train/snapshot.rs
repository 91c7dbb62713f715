//! What is measured while training, and why training ended.

use serde::{Deserialize, Serialize};

use crate::problem::{Problem, Text};

/// One measurement. Means over pairs are over all pairs of the model, each counted once.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// Steps trained.
    pub step: u64,
    /// Episodes finished or cut.
    pub episodes: u64,
    /// Mean |target - Q(s,a)| over the updates since the last measurement; `None` without any.
    pub td_error: Option<f64>,
    /// Mean |Q(s,a) - Q*(s,a)|.
    pub q_distance: f64,
    /// Mean |(TQ)(s,a) - Q(s,a)|, where T is the Bellman optimality operator.
    pub bellman_residual: f64,
    /// Expected return of the greedy policy from the starts, as a share of the optimum in percent:
    /// `100 (1 - (V* - V) / |V*|)`, so that 100 is optimal also where returns are negative. Where V* is 0
    /// the mean |Q*| stands for |V*|.
    pub value_percent: f64,
    /// That expected return itself.
    pub value: f64,
    /// Exploration at this step.
    pub epsilon: f64,
    /// Mean learning rate of the updates since the last measurement; `None` without any.
    pub alpha: Option<f64>,
    /// Share of states with a choice whose greedy action is another than at the last measurement.
    pub greedy_changed: f64,
    /// Mean sum of rewards of the episodes that finished or were cut since the last measurement; `None` without any.
    pub mean_return: Option<f64>,
}

/// By what training was found to have converged.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// The mean Bellman residual fell to this share of the mean |Q*|.
    Residual(f64),
    /// The value of the greedy policy stayed within 0.2 % over at least this many measurements, and the Bellman residual no longer fell.
    Policy(u32),
}

/// Why training ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// It converged.
    Converged(Criterion),
    /// The budget of steps was used up.
    Budget,
    /// A Q-value left every bound; its update was the last one made.
    Diverged {
        /// State of the pair.
        state: u32,
        /// Action of the pair.
        action: u32,
        /// The value it got.
        value: f64,
        /// The largest size that was allowed.
        bound: f64,
    },
    /// It was stopped from outside.
    Stopped,
    /// It could not go on, for example because a new discount has no optimum.
    Failed(Problem),
}

impl StopReason {
    /// Whether training ended before its time: by hand, or because it went wrong.
    #[must_use]
    pub fn is_early(&self) -> bool {
        !matches!(self, Self::Converged(_) | Self::Budget)
    }

    /// The reason in words.
    #[must_use]
    pub fn explain(&self) -> Text {
        match self {
            Self::Converged(Criterion::Residual(share)) => Text::new(
                format!(
                    "Converged: the mean Bellman residual is at most {share} of the mean |Q*|."
                ),
                format!("已收敛：平均贝尔曼残差不超过平均 |Q*| 的 {share}。"),
            ),
            Self::Converged(Criterion::Policy(count)) => Text::new(
                format!(
                    "Converged: the value of the greedy policy stayed within 0.2 % over the last quarter of the steps ({count} measurements or more), and the Bellman residual no longer falls."
                ),
                format!(
                    "已收敛：贪心策略的价值在最近四分之一的步数内(不少于 {count} 次测量)变化不超过 0.2 %，且贝尔曼残差不再下降。"
                ),
            ),
            Self::Budget => Text::new("The budget of steps is used up.", "步数预算已用完。"),
            Self::Diverged { value, bound, .. } => Text::new(
                format!(
                    "Diverged: a Q-value or its error became {value:e}, beyond {bound:e}, far more than anything that can be earned. Lower the learning rate; with a discount of 1, make sure that episodes end."
                ),
                format!(
                    "已发散：某个 Q 值或其误差变为 {value:e}，超出 {bound:e}，远大于可能获得的回报。请降低学习率；折扣因子为 1 时，请确保回合会结束。"
                ),
            ),
            Self::Stopped => Text::new("Stopped by hand.", "已手动停止。"),
            Self::Failed(problem) => problem.what.clone(),
        }
    }
}

/// Something that happened while training.
#[derive(Clone, Debug, PartialEq)]
pub enum TrainEvent {
    /// A measurement was made: its number.
    Snapshot(usize),
    /// Training ended.
    Stopped(StopReason),
}
