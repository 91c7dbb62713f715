//! Recommendations of all users as CSV, chunk by chunk.

use std::fmt::Write as _;

use crate::recommend::Recommender;

/// The header line of the file.
pub const HEADER: &str = "user,rank,item,score,q,q_star,p_behaviour,p_accept,reward,future,otherwise,support,tried,state\n";

/// Bytes after which a chunk is handed out.
const CHUNK: usize = 1 << 16;

/// The export under way: users in the order of their numbers, `k` items each.
#[derive(Clone, Debug)]
pub struct Export {
    k: usize,
    user: u32,
    text: String,
}

impl Export {
    /// An export at the first line.
    #[must_use]
    pub fn new(k: usize) -> Self {
        Self {
            k,
            user: 0,
            text: HEADER.to_owned(),
        }
    }

    /// Users written so far: for progress.
    #[must_use]
    pub fn users_done(&self) -> u32 {
        self.user
    }

    /// The next bytes of the file, some 64 KiB; `None` at the end.
    pub fn next_chunk(&mut self, recommender: &Recommender<'_>) -> Option<Vec<u8>> {
        while (self.user as usize) < recommender.log.users.len() && self.text.len() < CHUNK {
            self.write_user(recommender);
            self.user += 1;
        }
        (!self.text.is_empty()).then(|| std::mem::take(&mut self.text).into_bytes())
    }

    fn write_user(&mut self, recommender: &Recommender<'_>) {
        let log = recommender.log;
        let user = quoted(log.users.get(self.user));
        for (place, item) in recommender
            .for_user(self.user, self.k)
            .items
            .iter()
            .enumerate()
        {
            let name = quoted(log.items.get(item.item));
            let state = quoted(&recommender.shop.state_name(item.state, &log.items));
            // Writing into a String can't fail.
            let _ = writeln!(
                self.text,
                "{user},{},{name},{},{},{},{},{},{},{},{},{},{},{state}",
                place + 1,
                item.score,
                item.q,
                item.q_star,
                item.p_behaviour,
                item.p_accept,
                item.reward,
                item.future,
                item.otherwise,
                item.support,
                item.tried,
            );
        }
    }
}

/// A field as RFC 4180 wants it.
pub(super) fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}
