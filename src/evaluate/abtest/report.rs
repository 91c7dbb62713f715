//! What an experiment showed, in numbers and in words.

use serde::{Deserialize, Serialize};

use super::effect::{Effect, effect, holm};
use super::monitor::{FEWEST_USERS, Monitor, Point};
use crate::distribution::chi_squared_tail;
use crate::evaluate::ope::{Answer, Estimate};
use crate::problem::Text;

/// Below this the split is taken as broken (Fabijan et al., KDD 2019: checks run on every experiment must hardly ever cry wolf).
const SPLIT_ALARM: f64 = 0.001;

/// One variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arm {
    /// Its name.
    pub name: String,
    /// Its users.
    pub users: u64,
    /// Users with an outcome other than 0.
    pub outcomes: u64,
    /// Mean outcome with Student's interval.
    pub mean: Estimate,
}

/// A treatment against the control.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// Name of the treatment.
    pub name: String,
    /// Name of the control.
    pub against: String,
    /// The effect as a test of fixed size sees it; only to be read at the size that was planned.
    pub fixed: Effect,
    /// The difference with its confidence sequence, valid whenever one looks. Absent before the first look.
    pub always: Option<Estimate>,
    /// Always-valid p-value.
    pub always_p: f64,
    /// The look at which the difference was first told from 0: whoever stops there errs with probability alpha at most.
    pub stopped: Option<Point>,
    /// The running estimate with its confidence sequence.
    pub series: Vec<Point>,
}

/// Whether the groups have the sizes they were to have (sample ratio mismatch).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SplitCheck {
    /// Users that each variant was to get.
    pub expected: Vec<f64>,
    /// Pearson's chi-squared test against the planned shares.
    pub p: f64,
    /// Whether p is below 0.001: assignment or logging is broken, and no effect may be read.
    pub alarm: bool,
}

/// The effect in one segment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SegmentEffect {
    /// Name of the segment.
    pub segment: String,
    /// Name of the treatment.
    pub name: String,
    /// Users of both groups.
    pub users: u64,
    /// The effect of a test of fixed size.
    pub effect: Effect,
    /// Its p-value adjusted for all segments and treatments (Holm 1979).
    pub adjusted_p: f64,
}

/// What an experiment showed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AbReport {
    /// The variants; the first is the control.
    pub arms: Vec<Arm>,
    /// Every treatment against the control. Error rates are divided by their number (Bonferroni).
    pub comparisons: Vec<Comparison>,
    /// Whether the groups have the sizes they were to have.
    pub split: SplitCheck,
    /// Segments with enough users in both groups.
    pub segments: Vec<SegmentEffect>,
    /// The error rate of the whole experiment.
    pub alpha: f64,
    /// Whether an effect may be read at all.
    pub answer: Answer,
    /// What it means, in words.
    pub verdict: Text,
    /// How it was tested, and what was left out.
    pub notes: Vec<Text>,
}

impl Monitor {
    /// What the experiment shows so far.
    #[must_use]
    pub fn report(&self) -> AbReport {
        let confidence = 1.0 - self.design.alpha / self.running.len() as f64;
        let mut report = AbReport {
            arms: self.arms(),
            comparisons: (1..self.groups.len())
                .map(|treatment| self.compare(treatment, confidence))
                .collect(),
            split: self.split(),
            segments: self.segment_effects(),
            alpha: self.design.alpha,
            answer: Answer::Refused,
            verdict: Text::default(),
            notes: vec![method()],
        };
        (report.answer, report.verdict) = verdict(&report);
        report
    }

    fn arms(&self) -> Vec<Arm> {
        let arms = self
            .design
            .variants
            .iter()
            .zip(&self.groups)
            .zip(&self.nonzero);
        arms.map(|((name, group), &outcomes)| Arm {
            name: name.clone(),
            users: group.n,
            outcomes,
            mean: group.estimate("mean", 0.95),
        })
        .collect()
    }

    fn compare(&self, treatment: usize, confidence: f64) -> Comparison {
        let running = &self.running[treatment - 1];
        let mut series = running.series.clone();
        series.extend(running.last.filter(|last| series.last() != Some(last)));
        Comparison {
            name: self.design.variants[treatment].clone(),
            against: self.design.variants[0].clone(),
            fixed: effect(
                &self.groups[0],
                &self.groups[treatment],
                self.binary,
                confidence,
            ),
            always: running.last.map(|last| Estimate {
                name: "difference".to_owned(),
                value: last.difference,
                ci: last.ci,
            }),
            always_p: running.p,
            stopped: running.stopped,
            series,
        }
    }

    fn split(&self) -> SplitCheck {
        let users = self.users() as f64;
        let expected: Vec<f64> = self
            .design
            .shares
            .iter()
            .map(|share| share * users)
            .collect();
        let statistic: f64 = expected
            .iter()
            .zip(&self.groups)
            .filter(|(expected, _)| **expected > 0.0)
            .map(|(expected, group)| {
                (group.n as f64 - expected) * (group.n as f64 - expected) / expected
            })
            .sum();
        let p = chi_squared_tail(statistic, (expected.len() - 1) as f64);
        SplitCheck {
            expected,
            p,
            alarm: p < SPLIT_ALARM,
        }
    }

    fn segment_effects(&self) -> Vec<SegmentEffect> {
        let mut found = Vec::new();
        for (name, parts) in self
            .design
            .segments
            .iter()
            .zip(self.parts.chunks_exact(self.groups.len()))
        {
            for (treatment, part) in parts.iter().enumerate().skip(1) {
                if parts[0].n < FEWEST_USERS || part.n < FEWEST_USERS {
                    continue;
                }
                found.push(SegmentEffect {
                    segment: name.clone(),
                    name: self.design.variants[treatment].clone(),
                    users: parts[0].n + part.n,
                    effect: effect(&parts[0], part, self.binary, 1.0 - self.design.alpha),
                    adjusted_p: 1.0,
                });
            }
        }
        let p: Vec<f64> = found.iter().map(|segment| segment.effect.p).collect();
        for (segment, p) in found.iter_mut().zip(holm(&p)) {
            segment.adjusted_p = p;
        }
        found
    }
}

fn method() -> Text {
    Text::new(
        "While it runs: mixture sequential probability ratio test with its confidence sequence, valid however often one looks. At the planned size: Welch's test, or the pooled z test with Newcombe's interval for yes-or-no outcomes. Several treatments share the error rate (Bonferroni); segments are adjusted by Holm.",
        "进行中：混合序贯概率比检验及其置信序列，任意次查看均有效。达到计划样本量时：Welch 检验；是/否结果用合并 z 检验与 Newcombe 区间。多个实验组平分错误率（Bonferroni），各细分用 Holm 校正。",
    )
}

fn verdict(report: &AbReport) -> (Answer, Text) {
    if let Some(text) = refusal(report) {
        return (Answer::Refused, text);
    }
    let mut text = Text::default();
    for comparison in &report.comparisons {
        let one = sentence(comparison);
        let space = if text.en.is_empty() { "" } else { " " };
        text.en.push_str(space);
        text.en.push_str(&one.en);
        text.zh.push_str(&one.zh);
    }
    (Answer::Given, text)
}

fn refusal(report: &AbReport) -> Option<Text> {
    let small = report.arms.iter().find(|arm| arm.users < FEWEST_USERS);
    let largest = report.arms.iter().map(|arm| arm.users).max().unwrap_or(0);
    if let Some(arm) = small {
        let (name, users) = (&arm.name, arm.users);
        let mut text = Text::new(
            format!(
                "This experiment can't answer that: \"{name}\" has {users} of at least {FEWEST_USERS} users (the largest group has {largest})."
            ),
            format!(
                "这个实验无法回答：“{name}”只有 {users} 名用户，至少需要 {FEWEST_USERS} 名（最大的组有 {largest} 名）。"
            ),
        );
        if report.split.alarm {
            text.en += " That is not the planned split either: assignment or logging loses users.";
            text.zh += "这也不符合计划的分流比例：分流或记录丢失了用户。";
        }
        return Some(text);
    }
    if report.split.alarm {
        let sizes: Vec<String> = report
            .arms
            .iter()
            .map(|arm| arm.users.to_string())
            .collect();
        let planned: Vec<String> = report
            .split
            .expected
            .iter()
            .map(|n| format!("{n:.0}"))
            .collect();
        let (sizes, planned, p) = (sizes.join(" / "), planned.join(" / "), report.split.p);
        return Some(Text::new(
            format!(
                "This experiment can't answer that: the groups have {sizes} users where {planned} were planned (p = {p:.1e}). Assignment or logging loses users; mend that first."
            ),
            format!(
                "这个实验无法回答：各组用户数为 {sizes}，而计划为 {planned}（p = {p:.1e}）。分流或记录丢失了用户，请先修复。"
            ),
        ));
    }
    if report.arms.iter().all(|arm| arm.outcomes == 0) {
        return Some(Text::new(
            "This experiment can't answer that: no user has an outcome.",
            "这个实验无法回答：没有任何用户产生结果。",
        ));
    }
    None
}

fn sentence(comparison: &Comparison) -> Text {
    let Comparison { name, against, .. } = comparison;
    let Some(always) = &comparison.always else {
        return Text::new(
            format!("Too few outcomes yet to compare \"{name}\" with \"{against}\"."),
            format!("结果太少，暂时无法比较“{name}”与“{against}”。"),
        );
    };
    let (value, [low, high]) = (always.value, always.ci);
    let Some(stopped) = comparison.stopped else {
        return Text::new(
            format!(
                "\"{name}\" can't be told from \"{against}\" yet: difference {value:.4} ({low:.4} to {high:.4})."
            ),
            format!("尚无法区分“{name}”与“{against}”：差值 {value:.4}（{low:.4} 至 {high:.4}）。"),
        );
    };
    let (word, word_zh) = if stopped.difference > 0.0 {
        ("better", "优于")
    } else {
        ("worse", "劣于")
    };
    let Point {
        users,
        difference,
        ci: [from, to],
    } = stopped;
    Text::new(
        format!(
            "\"{name}\" is {word} than \"{against}\": told apart at user {users}, by {difference:.4} ({from:.4} to {to:.4}); now {value:.4} ({low:.4} to {high:.4})."
        ),
        format!(
            "“{name}”{word_zh}“{against}”：在第 {users} 名用户时已可区分，差值 {difference:.4}（{from:.4} 至 {to:.4}）；目前为 {value:.4}（{low:.4} 至 {high:.4}）。"
        ),
    )
}
