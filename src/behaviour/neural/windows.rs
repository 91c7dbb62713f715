//! Sessions cut into windows, and windows into batches of like length.

use rand::RngExt;

use crate::behaviour::Sessions;
use crate::random::Rng;

/// Consecutive events of one session: each but the last is an input, each after the first `skip` a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First event.
    pub start: u32,
    /// Events, at least 2, at most one more than make a state.
    pub length: u32,
    /// Targets at the beginning that an earlier window has already.
    pub skip: u32,
    /// Whether the last event is the last of the session.
    pub end: bool,
}

/// Every target of every session exactly once, for states of so many events; in long sessions with at least half of them before it.
pub fn windows(sessions: &Sessions, events: usize) -> Vec<Window> {
    let longest = events as u32 + 1;
    let mut windows = Vec::new();
    for bounds in sessions.start.windows(2) {
        let (mut start, end) = (bounds[0], bounds[1]);
        if end - start < 2 {
            continue;
        }
        let mut skip = 0;
        loop {
            let length = (end - start).min(longest);
            windows.push(Window {
                start,
                length,
                skip,
                end: start + length == end,
            });
            if start + length == end {
                break;
            }
            start += longest / 2;
            skip = length - 1 - longest / 2;
        }
    }
    windows
}

/// Batches in random order. Windows are shuffled, then sorted by length within stretches of some batches, so that little is
/// filled up.
pub fn batches(windows: &mut [Window], size: usize, rng: &mut Rng) -> Vec<std::ops::Range<usize>> {
    const STRETCH: usize = 32;
    shuffle(windows, rng);
    for stretch in windows.chunks_mut(STRETCH * size) {
        stretch.sort_by_key(|window| window.length);
    }
    let mut batches: Vec<_> = (0..windows.len())
        .step_by(size)
        .map(|from| from..(from + size).min(windows.len()))
        .collect();
    shuffle(&mut batches, rng);
    batches
}

/// Fisher and Yates' shuffle.
fn shuffle<T>(list: &mut [T], rng: &mut Rng) {
    for last in (1..list.len() as u32).rev() {
        list.swap(last as usize, rng.random_range(0..=last) as usize);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::random::stream;

    fn sessions(lengths: &[u32]) -> Sessions {
        let mut sessions = Sessions::new(1, false);
        for &length in lengths {
            let end = sessions.start.last().unwrap() + length;
            sessions.start.push(end);
        }
        sessions
    }

    #[test]
    fn every_target_is_in_one_window() {
        let lengths = [1, 2, 20, 21, 22, 31, 32, 300];
        let all = [2, 3, 20, 100].map(|events| lengths.map(|length| (events, length)));
        for (events, length) in all.into_iter().flatten() {
            let mut seen = vec![0; length as usize];
            let cut = windows(&sessions(&[length]), events);
            for window in &cut {
                assert!(window.length >= 2 && window.length <= events as u32 + 1);
                for target in 1 + window.skip..window.length {
                    seen[(window.start + target) as usize] += 1;
                }
            }
            assert!(seen[1..].iter().all(|&n| n == 1), "{events}: {seen:?}");
            assert_eq!(
                cut.iter().filter(|w| w.end).count(),
                usize::from(length > 1)
            );
        }
    }

    #[test]
    fn batches_hold_every_window() {
        let lengths: Vec<u32> = (0..1000).map(|i| 2 + i % 19).collect();
        let mut all = windows(&sessions(&lengths), 20);
        let mut starts: Vec<u32> = all.iter().map(|w| w.start).collect();
        let batches = batches(&mut all, 64, &mut stream(1, "t"));
        let mut found: Vec<u32> = batches
            .into_iter()
            .flatten()
            .map(|at| all[at].start)
            .collect();
        starts.sort_unstable();
        found.sort_unstable();
        assert_eq!(starts, found);
    }
}
