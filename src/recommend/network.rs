//! What a network recommends to the users of a log, and why: for one user with reasons, for all as CSV, chunk by chunk.

use std::fmt::Write as _;

use super::UserIndex;
use super::export::quoted;
use crate::behaviour::neural::Neural;
use crate::behaviour::{BehaviourModel as _, History, Scratch};
use crate::log::Log;

/// The header line of the file.
pub const HEADER: &str = "user,rank,item,score\n";

/// Items shown as alike.
const ALIKE: usize = 8;

/// Bytes after which a chunk is handed out.
const CHUNK: usize = 1 << 16;

/// What a network recommends after a session, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Advice {
    /// The items, best first, with their scores.
    pub recommended: Vec<(u32, f64)>,
    /// The item of each of the session's last events, oldest first, with by how much the logarithm of the first recommended item's score falls when
    /// the event is left out.
    pub why: Vec<(u32, f64)>,
    /// The items that the network holds to be most like the first recommended one, with the cosine of the angle between their embeddings.
    pub alike: Vec<(u32, f64)>,
}

/// What a network recommends after a session of the log, `k` items at most.
#[must_use]
pub fn advise(network: &Neural, log: &Log, session: u32, k: usize) -> Advice {
    let history = history(log, session);
    let found = network.explain(history, k);
    let best = found.recommended.first().map(|entry| entry.0);
    let alike = best.map_or_else(Vec::new, |best| network.neighbours(best, ALIKE));
    let why = found.events.iter();
    Advice {
        why: why
            .map(|&(place, change)| (history.items[place as usize], change))
            .collect(),
        alike: alike
            .iter()
            .map(|&(item, cosine)| (item, f64::from(cosine)))
            .collect(),
        recommended: found.recommended,
    }
}

fn history(log: &Log, session: u32) -> History<'_> {
    let range = log.session(session as usize);
    History {
        items: &log.events.item[range.clone()],
        kinds: &log.events.kind[range.clone()],
        times: &log.events.time[range],
    }
}

/// The export under way: users in the order of their numbers, `k` items each, after their newest sessions.
#[derive(Clone, Debug)]
pub struct Export {
    k: usize,
    user: u32,
    text: String,
    scratch: Scratch,
    best: Vec<(u32, f64)>,
}

impl Export {
    /// An export at the first line.
    #[must_use]
    pub fn new(k: usize) -> Self {
        Self {
            k,
            user: 0,
            text: HEADER.to_owned(),
            scratch: Scratch::new(),
            best: Vec::new(),
        }
    }

    /// The next lines of the file, of at most so many users and some 64 KiB; `None` at the end.
    pub fn next_chunk(
        &mut self,
        network: &Neural,
        log: &Log,
        index: &UserIndex,
        users: usize,
    ) -> Option<String> {
        for _ in 0..users.max(1) {
            if self.user as usize >= log.users.len() || self.text.len() >= CHUNK {
                break;
            }
            self.write_user(network, log, index);
            self.user += 1;
        }
        let left = (self.user as usize) < log.users.len();
        (left || !self.text.is_empty()).then(|| std::mem::take(&mut self.text))
    }

    fn write_user(&mut self, network: &Neural, log: &Log, index: &UserIndex) {
        let Some(session) = index.latest_session(self.user) else {
            return;
        };
        network.score(history(log, session), &mut self.scratch);
        self.scratch.scores.top(self.k, &mut self.best);
        let user = quoted(log.users.get(self.user));
        for (place, &(item, score)) in self.best.iter().enumerate() {
            let name = quoted(log.items.get(item));
            // Writing into a String can't fail.
            let _ = writeln!(self.text, "{user},{},{name},{score}", place + 1);
        }
    }
}
