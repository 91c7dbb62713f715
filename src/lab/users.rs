//! The users of a log: who they are and which sessions are theirs.

use super::protocol::{EventView, SessionView, UserRow};
use crate::log::{Log, Names};

/// Of a long history, at most so many of the newest events are shown.
const SHOWN: usize = 200;

/// The sessions of each user, oldest first.
pub struct Users {
    start: Vec<u32>,
    sessions: Vec<u32>,
    events: Vec<u32>,
}

impl Users {
    /// Groups the sessions of a log by user.
    pub fn new(log: &Log) -> Self {
        let users = log.users.len();
        let mut start = vec![0_u32; users + 1];
        let mut events = vec![0_u32; users];
        for (session, &user) in log.session_user.iter().enumerate() {
            start[user as usize + 1] += 1;
            events[user as usize] += log.session(session).len() as u32;
        }
        for user in 0..users {
            start[user + 1] += start[user];
        }
        let mut place = start.clone();
        let mut sessions = vec![0; log.sessions()];
        for (session, &user) in log.session_user.iter().enumerate() {
            let place = &mut place[user as usize];
            sessions[*place as usize] = session as u32;
            *place += 1;
        }
        Self {
            start,
            sessions,
            events,
        }
    }

    /// The sessions of a user, oldest first.
    pub fn sessions(&self, user: u32) -> &[u32] {
        let user = user as usize;
        &self.sessions[self.start[user] as usize..self.start[user + 1] as usize]
    }

    /// Up to `limit` users whose name contains `query`, after `offset` of them; and how many there are in all.
    pub fn find(&self, names: &Names, query: &str, offset: u32, limit: u32) -> (Vec<UserRow>, u32) {
        let mut total = 0;
        let mut rows = Vec::new();
        for (user, name) in names.iter().enumerate() {
            if !name.contains(query) {
                continue;
            }
            if total >= offset && rows.len() < limit as usize {
                let sessions = self.start[user + 1] - self.start[user];
                rows.push(UserRow {
                    name: name.to_owned(),
                    events: self.events[user],
                    sessions,
                });
            }
            total += 1;
        }
        (rows, total)
    }

    /// The newest events of a user by session, oldest first, and how many older ones are left out.
    pub fn history(&self, log: &Log, user: u32) -> (Vec<SessionView>, u32) {
        let mut left = SHOWN;
        let mut views = Vec::new();
        for &session in self.sessions(user).iter().rev() {
            let range = log.session(session as usize);
            let from = range.start.max(range.end.saturating_sub(left));
            if from < range.end {
                views.push(view(log, session, from..range.end));
            }
            left -= range.end - from;
        }
        views.reverse();
        let hidden = self.events[user as usize] as usize - (SHOWN - left);
        (views, hidden as u32)
    }
}

fn view(log: &Log, session: u32, events: std::ops::Range<usize>) -> SessionView {
    let name = if log.session_names.is_empty() {
        ""
    } else {
        log.session_names.get(session)
    };
    let events = events.map(|event| EventView {
        item: log.items.get(log.events.item[event]).to_owned(),
        kind: log.events.kind[event],
        time: log.has_time.then(|| log.events.time[event]),
    });
    SessionView {
        name: name.to_owned(),
        events: events.collect(),
    }
}
