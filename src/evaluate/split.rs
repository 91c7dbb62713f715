//! Training and test parts: by time, or as given. Sessions are never cut, and nothing of the test part is learned from.

use std::collections::HashMap;

use crate::behaviour::Sessions;
use crate::log::Log;
use crate::problem::{Problem, Text};

/// Milliseconds in a day.
const DAY: f64 = 86_400_000.0;

/// Training and test sessions over one numbering of items.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// What models learn from.
    pub train: Sessions,
    /// What they are tested on: sessions of two events or more.
    pub test: Sessions,
    /// Test events left out because training never saw their item.
    pub unseen_events: u32,
}

impl Split {
    /// Splits by time: sessions whose newest event is in the last `days` days are tested, the others learned from.
    /// A log without times is split by order: `days` is then taken as a share of the sessions, `days / 10`.
    ///
    /// # Errors
    /// `evaluate.window` for a window that is not above 0; `evaluate.empty` where a part would have no sessions.
    pub fn by_days(all: &Sessions, days: f64, keep_unseen: bool) -> Result<Self, Problem> {
        if !(days > 0.0 && days.is_finite()) {
            return Err(Problem::new(
                "evaluate.window",
                Text::new(
                    format!("A test window of {days} days holds nothing."),
                    format!("测试窗口 {days} 天内没有任何数据。"),
                ),
                Text::new("Give a number of days above 0.", "请填大于 0 的天数。"),
            ));
        }
        if !all.has_time {
            return Self::by_share(all, (days / 10.0).min(0.5), keep_unseen);
        }
        let newest = all.time.iter().copied().max().unwrap_or(0);
        let cut = newest.saturating_sub((days * DAY).min(9.0e18) as i64);
        let tested = |session: usize| all.session(session).now() > cut;
        Self::new(
            all.filter(|session| !tested(session)),
            &all.filter(tested),
            keep_unseen,
        )
    }

    /// Splits by order: the newest `share` of the sessions is tested.
    ///
    /// # Errors
    /// `evaluate.empty` where a part would have no sessions.
    pub fn by_share(all: &Sessions, share: f64, keep_unseen: bool) -> Result<Self, Problem> {
        let order = all.by_last_time();
        let tested = libm::round(share * order.len() as f64) as usize;
        let mut is_test = vec![false; order.len()];
        for &session in order.iter().rev().take(tested) {
            is_test[session as usize] = true;
        }
        Self::new(
            all.filter(|session| !is_test[session]),
            &all.filter(|session| is_test[session]),
            keep_unseen,
        )
    }

    /// Takes two logs as they are. Items are matched by name; those only in the test log get numbers above all training
    /// items.
    ///
    /// # Errors
    /// `evaluate.empty` where a part has no sessions left.
    pub fn given(train: &Log, test: &Log, keep_unseen: bool) -> Result<Self, Problem> {
        let numbers: HashMap<&str, u32> = train.items.iter().zip(0..).collect();
        let mut next = train.items.len() as u32;
        let renumbered: Vec<u32> = test
            .items
            .iter()
            .map(|name| {
                numbers.get(name).copied().unwrap_or_else(|| {
                    next += 1;
                    next - 1
                })
            })
            .collect();
        let train = Sessions::from_log(train);
        let mut tested = Sessions::from_log(test);
        tested.items = train.items;
        tested.has_time = test.has_time && train.has_time;
        for item in &mut tested.item {
            *item = renumbered[*item as usize];
        }
        Self::new(train, &tested, keep_unseen)
    }

    /// Makes a split of two parts over one numbering. Test events whose item training never saw are left out of their sessions, unless
    /// `keep_unseen`: then they stay, and as targets they are misses. Test sessions of fewer than two events are left out.
    ///
    /// # Errors
    /// `evaluate.empty` where a part has no sessions left.
    pub fn new(train: Sessions, test: &Sessions, keep_unseen: bool) -> Result<Self, Problem> {
        let mut seen = vec![false; train.items as usize];
        for &item in &train.item {
            if let Some(seen) = seen.get_mut(item as usize) {
                *seen = true;
            }
        }
        let known = |item: u32| seen.get(item as usize).copied().unwrap_or(false);
        let mut kept = Sessions::new(train.items, test.has_time);
        let mut unseen_events = 0;
        let (mut items, mut kinds, mut times) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..test.len() {
            let session = test.session(number);
            items.clear();
            kinds.clear();
            times.clear();
            for (place, &item) in session.items.iter().enumerate() {
                unseen_events += u32::from(!known(item));
                if keep_unseen || known(item) {
                    items.push(item);
                    kinds.push(session.kinds[place]);
                    times.push(session.times[place]);
                }
            }
            if items.len() > 1 {
                let session = crate::behaviour::History {
                    items: &items,
                    kinds: &kinds,
                    times: &times,
                };
                kept.push(session, test.source[number]);
            }
        }
        if train.events() == 0 || kept.is_empty() {
            return Err(empty(train.events() == 0));
        }
        Ok(Self {
            train,
            test: kept,
            unseen_events,
        })
    }
}

fn empty(train: bool) -> Problem {
    let what = if train {
        Text::new("No session is left to learn from.", "没有会话可供学习。")
    } else {
        Text::new(
            "No session is left to test on: the test part has no session with two events of items known from training.",
            "没有可供测试的会话：测试部分没有包含两个以上训练中见过的商品的会话。",
        )
    };
    Problem::new(
        "evaluate.empty",
        what,
        Text::new(
            "Change the test window, or use a longer log.",
            "请调整测试窗口，或使用更长的日志。",
        ),
    )
}
