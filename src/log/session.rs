//! Events to sessions: grouped, sorted by time, cut, and put in order, a slice of the work at a time.

use super::NONE;
use super::columns::{Column, Store};
use super::intern::Interner;

/// Steps of work that one slice does (events or sessions touched once).
pub(super) const SLICE: usize = 1 << 19;
/// Sessions that are sorted in one go before runs are merged.
const RUN: usize = 1 << 16;

/// A session among the grouped events.
#[derive(Clone, Copy, Debug)]
struct Cut {
    /// Time of the first event; with its row it decides the order of sessions.
    time: i64,
    /// Where the session stands among the grouped events.
    start: u32,
    end: u32,
}

/// What grouping found out about the log.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Found {
    /// Events that stood in the file after a later event of their group.
    pub(super) disordered: u64,
    /// Logged sessions that name several users.
    pub(super) shared: u64,
    /// Whether those were taken apart by user.
    pub(super) split: bool,
    /// Logged sessions without a named user.
    pub(super) anonymous: u64,
}

/// The result: events as row numbers, in their final order, and the sessions over them.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    /// Row of each event.
    pub(super) order: Vec<u32>,
    /// Time of each event; empty where the log has none.
    pub(super) time: Vec<i64>,
    pub(super) start: Vec<u32>,
    /// User of each session; [`NONE`] where it has none.
    pub(super) user: Vec<u32>,
    /// Number of each logged session; [`NONE`] for those cut by a gap.
    pub(super) name: Vec<u32>,
    pub(super) merged: u64,
}

enum Step {
    Count(usize),
    Place(usize),
    SortGroups(usize, usize),
    Cut(usize),
    SortRuns(usize),
    Merge { width: usize, at: usize },
    Emit(usize),
    Done,
}

/// The work of sorting a log into sessions.
pub(super) struct Sessioniser {
    step: Step,
    gap: Option<i64>,
    merge_repeats: bool,
    /// Logged sessions; groups from there on are users.
    names: usize,
    /// Where each group begins; while placing, where its next event goes.
    groups: Vec<u32>,
    order: Vec<u32>,
    time: Vec<i64>,
    cuts: Vec<Cut>,
    spare: Vec<Cut>,
    result: Sessions,
    found: Found,
    work_done: u64,
    work: u64,
}

impl Sessioniser {
    /// `gap`: milliseconds without an event that end a session of a user; `None` for logs without time.
    pub(super) fn new(
        store: &Store,
        users: &Interner,
        sessions: &Interner,
        gap: Option<i64>,
        merge: bool,
    ) -> Self {
        let names = if store.session.is_some() {
            sessions.len()
        } else {
            0
        };
        let groups = if store.session.is_none() && store.user.is_none() {
            store.len()
        } else {
            names + users.len()
        };
        Self {
            step: Step::Count(0),
            gap,
            merge_repeats: merge,
            names,
            groups: vec![0; groups + 1],
            order: vec![0; store.len()],
            time: vec![0; if store.time.is_some() { store.len() } else { 0 }],
            cuts: Vec::new(),
            spare: Vec::new(),
            result: Sessions::default(),
            found: Found::default(),
            work_done: 0,
            work: 6 * store.len() as u64 + 1,
        }
    }

    /// The share of the work that is done, 0 to 1.
    pub(super) fn fraction(&self) -> f64 {
        (self.work_done as f64 / self.work as f64).min(1.0)
    }

    /// Does a slice of the work; `true` when all is done.
    pub(super) fn advance(&mut self, store: &mut Store) -> bool {
        self.work_done += SLICE as u64;
        self.step = match std::mem::replace(&mut self.step, Step::Done) {
            Step::Count(from) => self.count(store, from),
            Step::Place(from) => self.place(store, from),
            Step::SortGroups(group, start) => self.sort_groups(group, start),
            Step::Cut(group) => self.cut(store, group),
            Step::SortRuns(from) => self.sort_runs(from),
            Step::Merge { width, at } => self.merge(width, at),
            Step::Emit(from) => self.emit(store, from),
            Step::Done => Step::Done,
        };
        matches!(self.step, Step::Done)
    }

    /// What came out; to be called when [`Sessioniser::advance`] is done.
    pub(super) fn finish(self) -> (Sessions, Found) {
        (self.result, self.found)
    }

    /// The group of a row: its session, else its user, else itself.
    fn group(&self, store: &Store, row: usize) -> usize {
        if let Some(session) = &store.session {
            let session = session.get(row);
            if session != NONE {
                return session as usize;
            }
        }
        match &store.user {
            Some(user) => self.names + user.get(row) as usize,
            None => row,
        }
    }

    fn count(&mut self, store: &Store, from: usize) -> Step {
        let to = store.len().min(from + SLICE);
        for row in from..to {
            let group = self.group(store, row);
            self.groups[group] += 1;
        }
        if to < store.len() {
            return Step::Count(to);
        }
        let mut sum = 0;
        for group in &mut self.groups {
            sum += std::mem::replace(group, sum);
        }
        Step::Place(0)
    }

    fn place(&mut self, store: &mut Store, from: usize) -> Step {
        let to = store.len().min(from + SLICE);
        for row in from..to {
            let group = self.group(store, row);
            let at = self.groups[group] as usize;
            self.groups[group] += 1;
            self.order[at] = row as u32;
            if let Some(time) = &store.time {
                self.time[at] = time.get(row);
            }
        }
        if to < store.len() {
            return Step::Place(to);
        }
        // The times now stand in `self.time`; the column's memory can go.
        if store.time.is_some() {
            store.time = Some(Column::new());
        }
        Step::SortGroups(0, 0)
    }

    /// After placing, `groups[g]` is the end of group g.
    fn sort_groups(&mut self, mut group: usize, mut start: usize) -> Step {
        if self.time.is_empty() {
            return Step::Cut(0);
        }
        let mut left = SLICE;
        while group + 1 < self.groups.len() {
            if left == 0 {
                return Step::SortGroups(group, start);
            }
            let end = self.groups[group] as usize;
            self.sort_group(start, end);
            left = left.saturating_sub(1 + end - start);
            start = end;
            group += 1;
        }
        Step::Cut(0)
    }

    fn sort_group(&mut self, start: usize, end: usize) {
        let (times, rows) = (&mut self.time[start..end], &mut self.order[start..end]);
        let falls = times.windows(2).filter(|pair| pair[1] < pair[0]).count();
        if falls == 0 {
            return;
        }
        let mut latest = i64::MIN;
        for &time in &*times {
            self.found.disordered += u64::from(time < latest);
            latest = latest.max(time);
        }
        let mut pairs: Vec<(i64, u32)> = times.iter().copied().zip(rows.iter().copied()).collect();
        pairs.sort_unstable();
        for (index, (time, row)) in pairs.into_iter().enumerate() {
            times[index] = time;
            rows[index] = row;
        }
    }

    /// Cuts groups into sessions.
    fn cut(&mut self, store: &Store, mut group: usize) -> Step {
        if group == 0 {
            self.look_for_shared(store);
        }
        let mut left = SLICE;
        let mut start = group
            .checked_sub(1)
            .map_or(0, |before| self.groups[before] as usize);
        while group + 1 < self.groups.len() {
            if left == 0 {
                return Step::Cut(group);
            }
            let end = self.groups[group] as usize;
            if start < end {
                self.cut_group(store, group, start, end);
            }
            left = left.saturating_sub(1 + end - start);
            start = end;
            group += 1;
        }
        self.groups = Vec::new();
        Step::SortRuns(0)
    }

    /// Session ids that name several users are kept whole (somebody logged in) unless so many do that the ids are
    /// only unique within a user.
    fn look_for_shared(&mut self, store: &Store) {
        let Some(user) = &store.user else { return };
        let mut start = 0;
        let mut present = 0;
        for &end in &self.groups[..self.names] {
            let end = end as usize;
            let mut users = self.order[start..end]
                .iter()
                .map(|&row| user.get(row as usize))
                .filter(|&user| user != NONE);
            if let Some(first) = users.next() {
                self.found.shared += u64::from(users.any(|user| user != first));
            }
            present += u64::from(start < end);
            start = end;
        }
        self.found.split = self.found.shared * 10 > present;
    }

    fn cut_group(&mut self, store: &Store, group: usize, start: usize, end: usize) {
        if group < self.names {
            match &store.user {
                Some(user) if self.found.split => self.cut_by_user(user, start, end),
                _ => self.push_cut(start, end),
            }
            return;
        }
        let Some(gap) = self.gap.filter(|_| !self.time.is_empty()) else {
            return self.push_cut(start, end);
        };
        let mut first = start;
        for at in start + 1..end {
            if self.time[at] - self.time[at - 1] > gap {
                self.push_cut(first, at);
                first = at;
            }
        }
        self.push_cut(first, end);
    }

    /// Sorts a session's events by user, keeping their order, and cuts between users.
    fn cut_by_user(&mut self, user: &Column<u32>, start: usize, end: usize) {
        let rows = self.order[start..end].to_vec();
        let times = self.time.get(start..end).unwrap_or(&[]).to_vec();
        let mut by_user: Vec<(u64, u32)> = rows
            .iter()
            .zip(0..)
            .map(|(&row, place)| (user.get(row as usize).into(), place))
            .collect();
        by_user.sort_unstable();
        let mut first = start;
        for (index, &(user, place)) in by_user.iter().enumerate() {
            let at = start + index;
            self.order[at] = rows[place as usize];
            if let Some(slot) = self.time.get_mut(at) {
                *slot = times[place as usize];
            }
            if index > 0 && by_user[index - 1].0 != user {
                self.push_cut(first, at);
                first = at;
            }
        }
        self.push_cut(first, end);
    }

    fn push_cut(&mut self, start: usize, end: usize) {
        let time = self.time.get(start).copied().unwrap_or(0);
        self.cuts.push(Cut {
            time,
            start: start as u32,
            end: end as u32,
        });
    }

    fn sort_runs(&mut self, from: usize) -> Step {
        let to = self.cuts.len().min(from + RUN);
        let order = &self.order;
        self.cuts[from..to].sort_unstable_by_key(|cut| key(order, *cut));
        if to < self.cuts.len() {
            return Step::SortRuns(to);
        }
        Step::Merge { width: RUN, at: 0 }
    }

    /// Merges neighbouring sorted runs of `width` cuts, pair after pair.
    fn merge(&mut self, width: usize, at: usize) -> Step {
        let total = self.cuts.len();
        if width >= total {
            self.spare = Vec::new();
            return Step::Emit(0);
        }
        if at == 0 {
            self.spare.clear();
            self.spare.reserve_exact(total);
        }
        let middle = total.min(at + width);
        let end = total.min(middle + width);
        let (mut left, mut right) = (at, middle);
        while left < middle && right < end {
            let (a, b) = (self.cuts[left], self.cuts[right]);
            let first = key(&self.order, a) <= key(&self.order, b);
            self.spare.push(if first { a } else { b });
            left += usize::from(first);
            right += usize::from(!first);
        }
        self.spare.extend_from_slice(&self.cuts[left..middle]);
        self.spare.extend_from_slice(&self.cuts[right..end]);
        if end < total {
            return Step::Merge { width, at: end };
        }
        std::mem::swap(&mut self.cuts, &mut self.spare);
        Step::Merge {
            width: width * 2,
            at: 0,
        }
    }

    /// Writes the sessions out in their order.
    fn emit(&mut self, store: &Store, from: usize) -> Step {
        let mut left = SLICE;
        for index in from..self.cuts.len() {
            if left == 0 {
                return Step::Emit(index);
            }
            let Cut { start, end, .. } = self.cuts[index];
            self.emit_session(store, start as usize, end as usize);
            left = left.saturating_sub((end - start) as usize);
        }
        self.result.start.push(self.result.order.len() as u32);
        (self.order, self.time, self.cuts) = (Vec::new(), Vec::new(), Vec::new());
        Step::Done
    }

    fn emit_session(&mut self, store: &Store, start: usize, end: usize) {
        let result = &mut self.result;
        result.start.push(result.order.len() as u32);
        let mut before = None;
        let mut known = NONE;
        for at in start..end {
            let row = self.order[at] as usize;
            if known == NONE
                && let Some(user) = &store.user
            {
                known = user.get(row);
            }
            if self.merge_repeats {
                let same = (store.item.get(row), store.kind.get(row));
                if before.replace(same) == Some(same) {
                    result.merged += 1;
                    continue;
                }
            }
            result.order.push(row as u32);
            if let Some(&time) = self.time.get(at) {
                result.time.push(time);
            }
        }
        let row = self.order[start] as usize;
        let name = store
            .session
            .as_ref()
            .map_or(NONE, |session| session.get(row));
        result.name.push(name);
        result.user.push(known);
        self.found.anonymous += u64::from(known == NONE && store.user.is_some());
    }
}

/// What sessions are ordered by: time of the first event, then its row.
fn key(order: &[u32], cut: Cut) -> (i64, u32) {
    (cut.time, order[cut.start as usize])
}
