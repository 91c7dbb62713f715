//! Is the test itself sound? Signs that training has seen the future, and data that a sound test must score lower.

use rand::RngExt;

use super::split::Split;
use crate::behaviour::{History, Sessions};
use crate::problem::Text;
use crate::random::{Rng, stream};

/// What in a split lets a model see the future: empty where nothing was found. The first check needs times.
#[must_use]
pub fn leaks(split: &Split) -> Vec<Text> {
    let mut found = Vec::new();
    let (train, test) = (&split.train, &split.test);
    if train.has_time && test.has_time {
        let ends = |sessions: &Sessions, s: usize| sessions.session(s).now();
        let first = (0..test.len()).map(|s| ends(test, s)).min();
        let late = (0..train.len()).filter(|&s| Some(ends(train, s)) > first);
        let late = late.count();
        if first.is_some() && late > 0 {
            found.push(Text::new(
                format!("{late} training sessions end after the first test session has ended: models learn from the future, so these scores are too good."),
                format!("有 {late} 个训练会话晚于第一个测试会话结束：模型学到了未来的数据，因此这些分数偏高。"),
            ));
        }
    }
    let twice = shared_sessions(train, test);
    if twice > 0 {
        found.push(Text::new(
            format!("{twice} test sessions also stand in the training part, event for event: models know the answers."),
            format!("有 {twice} 个测试会话也原样出现在训练部分中：模型已经知道答案。"),
        ));
    }
    found
}

/// How many test sessions occur in training with the same items at the same times. Without times only long sessions count: short ones
/// may well be alike.
fn shared_sessions(train: &Sessions, test: &Sessions) -> usize {
    let timed = train.has_time && test.has_time;
    let same =
        |a: History<'_>, b: History<'_>| a.items == b.items && (!timed || a.times == b.times);
    let key = |session: History<'_>| {
        let time = if timed { session.now() } else { 0 };
        (session.items.len(), time, session.items.first().copied())
    };
    let shortest = if timed { 2 } else { 6 };
    let mut order: Vec<usize> = (0..train.len()).collect();
    order.sort_by_key(|&s| key(train.session(s)));
    let known = |&s: &usize| {
        let session = test.session(s);
        if session.items.len() < shortest {
            return false;
        }
        let from = order.partition_point(|&t| key(train.session(t)) < key(session));
        order[from..]
            .iter()
            .take_while(|&&t| key(train.session(t)) == key(session))
            .any(|&t| same(train.session(t), session))
    };
    (0..test.len()).filter(known).count()
}

/// The same split with the events of every session in random order, as if the times had been shuffled. A model that uses
/// order must score lower on it; where it doesn't, order was lost before.
#[must_use]
pub fn shuffled(split: &Split, seed: u64) -> Split {
    let mut rng = stream(seed, "shuffled times");
    Split {
        train: shuffle(&split.train, &mut rng),
        test: shuffle(&split.test, &mut rng),
        unseen_events: split.unseen_events,
    }
}

fn shuffle(sessions: &Sessions, rng: &mut Rng) -> Sessions {
    let mut shuffled = sessions.clone();
    for session in 0..sessions.len() {
        let (start, end) = (sessions.start[session], sessions.start[session + 1]);
        for last in (start + 1..end).rev() {
            let other = rng.random_range(start..=last) as usize;
            shuffled.item.swap(last as usize, other);
            shuffled.kind.swap(last as usize, other);
        }
    }
    shuffled
}
