//! What a report means in words, and when the log is refused an answer.

use serde::{Deserialize, Serialize};

use super::Report;
use crate::problem::Text;

/// Fewer effective rows than this answer nothing: one row would carry a tenth of the result.
const FEWEST_ROWS: f64 = 10.0;
/// More of the target than this outside the support, and the answer would be about another policy.
const MOST_OUTSIDE: f64 = 0.5;
/// Below these the interval itself is doubtful: a percentile of so few rewarded rows is too narrow.
const FEW_ROWS: f64 = 100.0;
/// See [`FEW_ROWS`].
const FEW_CLICKS: f64 = 10.0;

/// Whether the log can answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// It can't: the numbers are shown, but mean nothing.
    Refused,
    /// It can, but so thinly that the intervals are likely too narrow.
    Weak,
    /// It can.
    Given,
}

/// The words that differ between single steps and sequences.
pub(super) struct Words {
    /// The place of the estimator that speaks.
    speaker: usize,
    /// How many there are of what has a weight.
    units: usize,
    unit: &'static str,
    unit_zh: &'static str,
}

impl Words {
    /// Of `units` rows.
    pub fn rows(speaker: usize, units: usize) -> Self {
        Self {
            speaker,
            units,
            unit: "row",
            unit_zh: "行",
        }
    }

    /// Of `units` episodes.
    pub fn episodes(speaker: usize, units: usize) -> Self {
        Self {
            speaker,
            units,
            unit: "episode",
            unit_zh: "回合",
        }
    }
}

/// The verdict on a report whose numbers are filled in.
pub(super) fn verdict(report: &Report, words: &Words) -> (Answer, Text) {
    if let Some(text) = refusal(report, words) {
        return (Answer::Refused, text);
    }
    let mut text = value(report, words);
    add(&mut text, &comparison(report));
    if report.ess < FEW_ROWS || report.effective_clicks < FEW_CLICKS {
        let (rows, clicks) = (report.ess, report.effective_clicks);
        let Words { unit, unit_zh, .. } = words;
        add(
            &mut text,
            &Text::new(
                format!(
                    "It rests on {rows:.0} effective {unit}s and {clicks:.1} effective successes: the interval is likely too narrow."
                ),
                format!(
                    "它只依据 {rows:.0} 个有效{unit_zh}和 {clicks:.1} 次有效成功：区间可能偏窄。"
                ),
            ),
        );
        return (Answer::Weak, text);
    }
    (Answer::Given, text)
}

fn refusal(report: &Report, words: &Words) -> Option<Text> {
    if report.clicks == 0 {
        return Some(Text::new(
            format!(
                "This log can't answer that: none of its {} rows has a reward.",
                report.n
            ),
            format!("这份日志无法回答：{} 行中没有任何奖励。", report.n),
        ));
    }
    let Words {
        units,
        unit,
        unit_zh,
        ..
    } = words;
    let outside = 100.0 * report.outside_support;
    if report.outside_support > MOST_OUTSIDE {
        return Some(Text::new(
            format!(
                "This log can't answer that: {outside:.0} % of what the target would do was never done here."
            ),
            format!("这份日志无法回答：目标策略会做的事中，有 {outside:.0}% 在日志里从未出现。"),
        ));
    }
    (report.ess < FEWEST_ROWS).then(|| {
        Text::new(
            format!(
                "This log can't answer that: {:.1} effective {unit}s of {units}. The logging policy hardly ever did what the target would do.",
                report.ess
            ),
            format!(
                "这份日志无法回答：{units} 个{unit_zh}中只有 {:.1} 个有效。日志策略几乎从未做过目标策略会做的事。",
                report.ess
            ),
        )
    })
}

fn value(report: &Report, words: &Words) -> Text {
    let Words {
        speaker,
        unit,
        unit_zh,
        ..
    } = words;
    let dr = &report.estimators[*speaker];
    let (value, [low, high]) = (digits(dr.value), dr.ci.map(digits));
    let confidence = percent(report.confidence);
    let article = if *unit == "episode" { "an" } else { "a" };
    Text::new(
        format!(
            "The target would earn {value} {article} {unit} ({confidence} %: {low} to {high}; DR)."
        ),
        format!("目标策略每{unit_zh}可得 {value}（{confidence}% 区间：{low} 至 {high}；DR）。"),
    )
}

fn comparison(report: &Report) -> Text {
    let logged = digits(report.logged.value);
    let [low, high] = report.difference.ci;
    let ends = [low, high].map(digits);
    if low > 0.0 {
        return Text::new(
            format!(
                "That is more than the logging policy's {logged}: by {} to {}.",
                ends[0], ends[1]
            ),
            format!("高于日志策略的 {logged}：高出 {} 至 {}。", ends[0], ends[1]),
        );
    }
    if high < 0.0 {
        return Text::new(
            format!(
                "That is less than the logging policy's {logged}: by {} to {}.",
                digits(-high),
                digits(-low)
            ),
            format!(
                "低于日志策略的 {logged}：低 {} 至 {}。",
                digits(-high),
                digits(-low)
            ),
        );
    }
    Text::new(
        format!(
            "The log can't tell it from the logging policy's {logged} (difference {} to {}).",
            ends[0], ends[1]
        ),
        format!(
            "这份日志无法区分它与日志策略的 {logged}（差值 {} 至 {}）。",
            ends[0], ends[1]
        ),
    )
}

/// What else the reader should know. `error` is the standard error of the mean weight.
pub(super) fn notes(report: &Report, error: f64) -> Vec<Text> {
    let mut notes = Vec::new();
    let outside = 100.0 * report.outside_support;
    if report.outside_support > 0.001 {
        notes.push(Text::new(
            format!("{outside:.1} % of the target lies on what was never done here: the weighted estimators take its reward for 0, the others guess it by the reward model."),
            format!("目标策略有 {outside:.1}% 落在日志从未出现的选择上：加权类估计视其奖励为 0，其他估计用奖励模型推测。"),
        ));
    }
    let expected = 1.0 - report.outside_support;
    if (report.mean_weight - expected).abs() > 5.0 * error + 1e-9
        && report.answer != Answer::Refused
    {
        notes.push(Text::new(
            format!("The mean weight is {:.3} where {expected:.3} is expected: the propensities are probably wrong.", report.mean_weight),
            format!("平均权重为 {:.3}，应为 {expected:.3}：倾向概率很可能不正确。", report.mean_weight),
        ));
    }
    notes.extend(report.knee.map(|knee| limit(knee, report.max_weight)));
    notes
}

fn limit(knee: f64, max: f64) -> Text {
    if max > knee {
        Text::new(
            format!(
                "Weights are limited at {knee:.1} in clipped IPS, Switch-DR and DRos; the largest is {max:.1}."
            ),
            format!(
                "clipped IPS、Switch-DR 与 DRos 在 {knee:.1} 处限制权重；最大权重为 {max:.1}。"
            ),
        )
    } else {
        Text::new(
            format!(
                "No weight reaches the limit of {knee:.1}: clipped IPS equals IPS, and Switch-DR equals DR."
            ),
            format!("没有权重达到上限 {knee:.1}：clipped IPS 与 IPS 相同，Switch-DR 与 DR 相同。"),
        )
    }
}

fn add(text: &mut Text, more: &Text) {
    text.en.push(' ');
    text.en.push_str(&more.en);
    text.zh.push_str(&more.zh);
}

/// Three significant digits, as plain decimals.
fn digits(x: f64) -> String {
    if x == 0.0 || !x.is_finite() {
        return format!("{x}");
    }
    let magnitude = libm::floor(libm::log10(x.abs())) as i32;
    let decimals = (2 - magnitude).clamp(0, 12) as usize;
    format!("{x:.decimals$}")
}

/// A confidence as a percentage without needless decimals.
fn percent(confidence: f64) -> String {
    let text = format!("{:.1}", 100.0 * confidence);
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}
