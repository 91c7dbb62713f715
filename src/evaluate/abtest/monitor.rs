//! The running state of an experiment: users come in one by one, and it may be looked at after each.

use serde::{Deserialize, Serialize};

use super::sequential::Mixture;
use super::trial::User;
use crate::evaluate::value::Returns;
use crate::problem::{Problem, Text};

/// The most variants of one experiment; a column with more is no variant column.
pub const MOST_VARIANTS: usize = 20;
/// No look before each group has this many users: the estimate isn't near normal.
pub const FEWEST_USERS: u64 = 30;
/// No look before both groups together have this many outcomes other than 0, for the same reason. Looking less often keeps
/// an always-valid test valid.
const FEWEST_OUTCOMES: u64 = 10;
/// Without a planned effect, effects of this many standard deviations (Cohen's "small") are looked for.
const SMALL: f64 = 0.2;
/// Points of the series lie at least this factor apart.
const SPACING: f64 = 1.01;

/// What was fixed before the first user came.
#[derive(Clone, Debug, PartialEq)]
pub struct Design {
    /// Names of the variants; the first is the control.
    pub variants: Vec<String>,
    /// Share of users that each variant was to get; they add up to 1.
    pub shares: Vec<f64>,
    /// Names of the segments; empty where users have none.
    pub segments: Vec<String>,
    /// The probability of finding a difference where there is none, over all comparisons and looks.
    pub alpha: f64,
    /// The difference one hopes to find (other than 0). Absent: a fifth of the standard deviation before the first look.
    pub effect: Option<f64>,
}

impl Design {
    /// An even split at alpha 0.05.
    #[must_use]
    pub fn even(variants: Vec<String>) -> Self {
        let share = 1.0 / variants.len() as f64;
        Self {
            shares: vec![share; variants.len()],
            variants,
            segments: Vec::new(),
            alpha: 0.05,
            effect: None,
        }
    }

    fn check(&self) -> Result<(), Problem> {
        let n = self.variants.len();
        if n < 2 {
            return Err(Problem::new(
                "ab.one-variant",
                Text::new(
                    "There is only one variant: nothing to compare it with.",
                    "只有一个分组：没有可比较的对象。",
                ),
                Text::new(
                    "Use a log whose variant column has at least two values.",
                    "请使用分组列至少含两个取值的日志。",
                ),
            ));
        }
        if n > MOST_VARIANTS {
            return Err(Problem::new(
                "ab.many-variants",
                Text::new(
                    format!("There are {n} variants: that looks like another kind of column."),
                    format!("共有 {n} 个分组：这更像是其他类型的列。"),
                ),
                Text::new(
                    format!(
                        "Map a column with 2 to {MOST_VARIANTS} variants, or keep only those to compare."
                    ),
                    format!("请指定含 2 至 {MOST_VARIANTS} 个分组的列，或只保留要比较的分组。"),
                ),
            ));
        }
        let sum: f64 = self.shares.iter().sum();
        let fine = self.shares.len() == n
            && self.shares.iter().all(|share| *share > 0.0)
            && (sum - 1.0).abs() < 1e-9
            && self.alpha > 0.0
            && self.alpha < 1.0
            && self
                .effect
                .is_none_or(|effect| effect != 0.0 && effect.is_finite());
        if fine {
            return Ok(());
        }
        Err(Problem::new(
            "ab.design",
            Text::new(
                "The design of the experiment is not usable.",
                "实验设计不可用。",
            ),
            Text::new(
                "Give each variant a share above 0, all adding up to 1, an alpha between 0 and 1 and an effect other than 0.",
                "请为每个分组给出大于 0 且总和为 1 的份额，alpha 取 0 到 1 之间，效应不为 0。",
            ),
        ))
    }
}

/// One look at one comparison.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Users so far, in all variants.
    pub users: u64,
    /// Treatment mean less control mean.
    pub difference: f64,
    /// The confidence sequence there.
    pub ci: [f64; 2],
}

/// The running comparison of one treatment with the control.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Running {
    pub series: Vec<Point>,
    /// The smallest always-valid p-value so far, adjusted for the number of comparisons.
    pub p: f64,
    /// The look at which 0 left the confidence sequence for the first time.
    pub stopped: Option<Point>,
    pub last: Option<Point>,
}

/// An experiment while users come in.
#[derive(Clone, Debug, PartialEq)]
pub struct Monitor {
    pub(super) design: Design,
    pub(super) groups: Vec<Returns>,
    /// `[segment * variants + variant]`.
    pub(super) parts: Vec<Returns>,
    pub(super) running: Vec<Running>,
    pub(super) binary: bool,
    pub(super) nonzero: Vec<u64>,
    users: u64,
    all: Returns,
    mixture: Option<Mixture>,
}

impl Monitor {
    /// An experiment without users.
    ///
    /// # Errors
    /// `ab.one-variant`, `ab.many-variants`, `ab.design`.
    pub fn new(design: Design) -> Result<Self, Problem> {
        design.check()?;
        let variants = design.variants.len();
        let running = Running {
            p: 1.0,
            ..Running::default()
        };
        Ok(Self {
            groups: vec![Returns::default(); variants],
            parts: vec![Returns::default(); variants * design.segments.len()],
            running: vec![running; variants - 1],
            binary: true,
            nonzero: vec![0; variants],
            users: 0,
            all: Returns::default(),
            mixture: design.effect.map(Mixture::new),
            design,
        })
    }

    /// Takes in a user and looks at every comparison. The variant and the segment must be among the design's.
    pub fn add(&mut self, user: User) {
        let variant = user.variant as usize;
        self.users += 1;
        self.groups[variant].add(user.outcome);
        self.all.add(user.outcome);
        self.nonzero[variant] += u64::from(user.outcome != 0.0);
        self.binary &= user.outcome == 0.0 || user.outcome == 1.0;
        let part = user.segment as usize * self.groups.len() + variant;
        if let Some(part) = self.parts.get_mut(part) {
            part.add(user.outcome);
        }
        if variant > 0 {
            self.look(variant);
        } else {
            for treatment in 1..self.groups.len() {
                self.look(treatment);
            }
        }
    }

    /// How many users came in.
    #[must_use]
    pub fn users(&self) -> u64 {
        self.users
    }

    /// The design.
    #[must_use]
    pub fn design(&self) -> &Design {
        &self.design
    }

    /// Whether every treatment has been told from the control, so that one may stop.
    #[must_use]
    pub fn decided(&self) -> bool {
        self.running.iter().all(|running| running.stopped.is_some())
    }

    fn look(&mut self, treatment: usize) {
        let (a, b) = (&self.groups[0], &self.groups[treatment]);
        let outcomes = self.nonzero[0] + self.nonzero[treatment];
        if a.n < FEWEST_USERS || b.n < FEWEST_USERS || outcomes < FEWEST_OUTCOMES {
            return;
        }
        let v = variance(a, b);
        if !(v > 0.0 && v.is_finite()) {
            return;
        }
        let sd = self.all.variance().sqrt();
        let mixture = *self.mixture.get_or_insert_with(|| Mixture::new(SMALL * sd));
        let comparisons = self.running.len() as f64;
        let difference = b.mean - a.mean;
        let half = mixture.half_width(v, self.design.alpha / comparisons);
        let point = Point {
            users: self.users,
            difference,
            ci: [difference - half, difference + half],
        };
        let running = &mut self.running[treatment - 1];
        running.p = running.p.min(comparisons / mixture.ratio(difference, v));
        if running.stopped.is_none() && difference.abs() > half {
            running.stopped = Some(point);
        }
        let due = running
            .series
            .last()
            .is_none_or(|last| self.users as f64 >= SPACING * last.users as f64);
        if due {
            running.series.push(point);
        }
        running.last = Some(point);
    }
}

/// Variance of the difference of two means: the larger of the separate and the pooled form. The separate one alone is far too
/// small while one group has seen hardly any outcome.
fn variance(a: &Returns, b: &Returns) -> f64 {
    let (n, m) = (a.n as f64, b.n as f64);
    let separate = a.variance() / n + b.variance() / m;
    let pooled = ((n - 1.0) * a.variance() + (m - 1.0) * b.variance()) / (n + m - 2.0);
    separate.max(pooled * (1.0 / n + 1.0 / m))
}
