//! Builds a [`Shop`] from a log, in slices: suffix counts -> probabilities and mean rewards -> rows.

use crate::behaviour::markov::{ANY, Counting, START, Sequences, Suffixes};
use crate::env::shop::config::ShopConfig;
use crate::env::shop::visits::visits;
use crate::env::shop::{Entry, Rest, Shop};
use crate::log::Log;
use crate::problem::{Problem, Text};

/// Bytes that a shop may take: what is left of the 4 GiB of a browser's engine for tables and answers beside it.
const ROOM: u64 = 5 << 29;
/// Bytes that a shop and its log may take together.
const ROOM_WITH_LOG: u64 = 7 << 29;

impl Shop {
    /// Makes the decision problem of a log.
    ///
    /// # Errors
    /// `shop.range` for a setting out of its range, `shop.memory` where there may not be room enough, `shop.empty` for a log without
    /// events, `shop.no-sequence` for one in which no session goes on after its first item.
    pub fn build(log: &Log, config: ShopConfig) -> Result<Self, Problem> {
        Building::new(log, config)?.complete()
    }

    /// The same from visits to items numbered below `items`.
    ///
    /// # Errors
    /// Those of [`Shop::build`].
    pub fn from_visits(
        sequences: Sequences,
        items: usize,
        config: ShopConfig,
    ) -> Result<Self, Problem> {
        Building::from_visits(ROOM, sequences, items, config)?.complete()
    }
}

/// A shop in the making. [`Building::advance`] until it gives the shop; what it gives does not depend on the slices.
#[derive(Clone, Debug)]
pub struct Building {
    config: ShopConfig,
    items: usize,
    room: u64,
    sequences: Sequences,
    stage: Stage,
}

#[derive(Clone, Debug)]
enum Stage {
    Counting(Box<Counting>),
    Rows(Box<Rows>),
}

impl Building {
    /// Begins with the decision problem of a log.
    ///
    /// # Errors
    /// Those of [`Shop::build`], but for `shop.no-sequence`.
    pub fn new(log: &Log, config: ShopConfig) -> Result<Self, Problem> {
        let left = ROOM_WITH_LOG.saturating_sub(log.bytes());
        Self::within(left.min(ROOM), log, config)
    }

    /// The same where the problem may take `room` bytes.
    ///
    /// # Errors
    /// Those of [`Building::new`].
    pub fn within(room: u64, log: &Log, config: ShopConfig) -> Result<Self, Problem> {
        let visits = visits(log, &config.rewards);
        Self::from_visits(room, visits, log.items.len(), config)
    }

    fn from_visits(
        room: u64,
        sequences: Sequences,
        items: usize,
        config: ShopConfig,
    ) -> Result<Self, Problem> {
        config.check()?;
        if sequences.items.is_empty() {
            return Err(empty());
        }
        let visits = sequences.items.len() as u64;
        let bytes = Counting::bytes_needed(visits, config.order, config.min_support);
        if bytes > room {
            return Err(too_large(visits, bytes));
        }
        let (order, least) = (config.order, config.min_support);
        let counting = Counting::new(&sequences, items as u32, order, least);
        Ok(Self {
            config,
            items,
            room,
            sequences,
            stage: Stage::Counting(Box::new(counting)),
        })
    }

    /// Does about `work` elementary operations more; gives the shop when it is made. Not to be called after that.
    ///
    /// # Errors
    /// `shop.no-sequence`; `shop.memory` where the rows would not fit.
    pub fn advance(&mut self, work: u64) -> Result<Option<Shop>, Problem> {
        match &mut self.stage {
            Stage::Counting(counting) => {
                if counting.advance(&self.sequences, work) {
                    let suffixes = counting.finish();
                    if suffixes.followers(ANY).is_empty() {
                        return Err(no_sequence());
                    }
                    let bytes = Rows::bytes_needed(&suffixes, self.config.candidates);
                    if bytes > self.room {
                        return Err(too_large(self.sequences.items.len() as u64, bytes));
                    }
                    let rows = Rows::new(suffixes, self.items, self.config);
                    self.stage = Stage::Rows(Box::new(rows));
                }
                Ok(None)
            }
            Stage::Rows(rows) => Ok(rows.advance(work).then(|| rows.finish())),
        }
    }

    fn complete(mut self) -> Result<Shop, Problem> {
        loop {
            if let Some(shop) = self.advance(u64::MAX)? {
                return Ok(shop);
            }
        }
    }
}

/// One item of a row in the making.
#[derive(Clone, Copy, Debug, Default)]
struct Draft {
    item: u32,
    support: u32,
    probability: f64,
    reward: f64,
}

/// Rows in the making, with notes for each item.
#[derive(Clone, Debug)]
struct Rows {
    suffixes: Suffixes,
    config: ShopConfig,
    row_start: Vec<u32>,
    entries: Vec<Entry>,
    rests: Vec<Rest>,
    /// Mean reward of each item, whatever came before.
    overall: Vec<f64>,
    /// For each item, one more than its place in the draft; 0 without one.
    place: Vec<u32>,
}

impl Rows {
    fn new(suffixes: Suffixes, items: usize, config: ShopConfig) -> Self {
        let mut sums = vec![(0.0, 0u32); items];
        for node in [START, ANY] {
            for follower in suffixes.followers(node) {
                let sum = &mut sums[follower.item as usize];
                *sum = (sum.0 + follower.reward, sum.1 + follower.count);
            }
        }
        Self {
            suffixes,
            config,
            row_start: vec![0],
            entries: Vec::new(),
            rests: Vec::new(),
            overall: sums
                .into_iter()
                .map(|(sum, count)| sum / f64::from(count.max(1)))
                .collect(),
            place: vec![0; items],
        }
    }

    /// At most how many bytes the rows of these suffixes take, with the suffixes.
    fn bytes_needed(suffixes: &Suffixes, candidates: u32) -> u64 {
        let mut entries = 0;
        for node in 0..suffixes.len() as u32 {
            let (mut followers, mut at) = (suffixes.followers(node).len(), node);
            while suffixes.node(at).order > 1 {
                at = suffixes.node(at).shorter;
                followers += suffixes.followers(at).len();
            }
            entries += followers.min(candidates as usize);
        }
        let rests = suffixes.len() * (size_of::<Rest>() + size_of::<u32>());
        // A vector that grows may have twice the room that it needs.
        2 * (entries * size_of::<Entry>() + rests) as u64 + suffixes.memory() as u64
    }

    /// Adds rows for about `work` items more; true when there is one for each node.
    fn advance(&mut self, mut work: u64) -> bool {
        let mut node = self.rests.len();
        while node < self.suffixes.len() {
            if work == 0 {
                return false;
            }
            let handled = self.add(node as u32);
            work = work.saturating_sub(handled.max(1));
            node += 1;
        }
        true
    }

    /// The shop of all rows, which are taken.
    fn finish(&mut self) -> Shop {
        let entries = std::mem::take(&mut self.entries);
        let mut rests = std::mem::take(&mut self.rests);
        let backs_off = entries.iter().any(|entry| entry.next == ANY)
            || rests.iter().any(|rest| rest.other.0 > 0.0);
        if !backs_off {
            // Nothing ever leads to the empty suffix: without actions it stays out of every mean over pairs.
            rests[ANY as usize].actions = 0;
        }
        Shop {
            config: self.config,
            suffixes: std::mem::take(&mut self.suffixes),
            row_start: std::mem::take(&mut self.row_start),
            entries,
            rests,
            starts: [(START, 1.0)],
        }
    }

    /// The node's suffix and its shorter ones that have items, longest first; the start and the empty suffix alone.
    fn orders(&self, node: u32) -> Vec<u32> {
        let mut nodes = vec![node];
        let mut at = self.suffixes.node(node);
        while at.order > 1 {
            nodes.push(at.shorter);
            at = self.suffixes.node(at.shorter);
        }
        nodes
    }

    /// Adds the row of a node; tells how many items it was made of.
    fn add(&mut self, node: u32) -> u64 {
        let mut draft = self.draft(node);
        let handled = draft.len() as u64;
        for entry in &draft {
            self.place[entry.item as usize] = 0;
        }
        let actions = recommendable_first(&mut draft, self.config.support);
        let tail = draft.split_off(draft.len().min(self.config.candidates as usize));
        let actions = actions.min(draft.len() as u32);
        let mut cumulative = 0.0;
        for entry in &draft {
            cumulative += entry.probability;
            let history = std::iter::once(entry.item).chain(self.suffixes.newest_first(node));
            let next = self
                .suffixes
                .longest(history.take(self.config.order as usize));
            self.entries.push(Entry {
                item: entry.item,
                next,
                support: entry.support,
                probability: entry.probability,
                reward: entry.reward,
                cumulative,
            });
        }
        self.row_start.push(self.entries.len() as u32);
        let leave = self.leaving(node);
        let rewards: f64 = tail
            .iter()
            .map(|entry| entry.probability * entry.reward)
            .sum();
        let mass: f64 = tail.iter().map(|entry| entry.probability).sum();
        let other = if tail.is_empty() {
            (0.0, 0.0)
        } else {
            (mass, rewards / mass)
        };
        self.rests.push(Rest {
            actions,
            other,
            leave,
        });
        handled
    }

    /// Every item that followed the node's suffix or a shorter one that has items, with probability and mean reward.
    fn draft(&mut self, node: u32) -> Vec<Draft> {
        let nodes = self.orders(node);
        let weight = 1.0 / nodes.len() as f64;
        let mut draft: Vec<Draft> = Vec::new();
        // Shortest suffix first, so that each longer one corrects the mean rewards of the one before.
        for &at in nodes.iter().rev() {
            let count = f64::from(self.suffixes.node(at).count);
            for follower in self.suffixes.followers(at) {
                let place = &mut self.place[follower.item as usize];
                if *place == 0 {
                    draft.push(Draft {
                        item: follower.item,
                        reward: self.overall[follower.item as usize],
                        ..Draft::default()
                    });
                    *place = draft.len() as u32;
                }
                let entry = &mut draft[*place as usize - 1];
                let n = f64::from(follower.count);
                let prior = self.config.reward_prior;
                entry.probability += weight * n / count;
                entry.reward = (follower.reward + prior * entry.reward) / (n + prior);
                if at == node {
                    entry.support = follower.count;
                }
            }
        }
        draft
    }

    /// Probability of leaving, and the expected penalty then.
    fn leaving(&self, node: u32) -> (f64, f64) {
        let nodes = self.orders(node);
        let (mut left, mut unhappy) = (0.0, 0.0);
        for &at in &nodes {
            let at = self.suffixes.node(at);
            left += f64::from(at.left) / f64::from(at.count);
            unhappy += f64::from(at.left_unhappy) / f64::from(at.count);
        }
        if left == 0.0 {
            return (0.0, 0.0);
        }
        let penalty = self.config.rewards.no_purchase_penalty;
        (left / nodes.len() as f64, -penalty * (unhappy / left))
    }
}

/// Puts the items seen often enough after the state itself first, then the others, each by falling probability (ties:
/// in the order of first sight). Where none was seen often enough, the most seen one is. Returns how many come first.
fn recommendable_first(draft: &mut [Draft], support: u32) -> u32 {
    let most = draft.iter().map(|entry| entry.support).max().unwrap_or(0);
    let needed = support.min(most);
    draft.sort_by(|a, b| {
        let rarely = (a.support < needed).cmp(&(b.support < needed));
        rarely.then_with(|| b.probability.total_cmp(&a.probability))
    });
    if most < support {
        return 1;
    }
    draft.iter().filter(|entry| entry.support >= needed).count() as u32
}

fn too_large(events: u64, bytes: u64) -> Problem {
    let megabytes = bytes >> 20;
    Problem::new(
        "shop.memory",
        Text::new(
            format!(
                "The decision problem of {events} visits may take {megabytes} MiB, more than there is room for."
            ),
            format!("{events} 次访问的决策问题可能需要 {megabytes} MiB，超出可用内存。"),
        ),
        Text::new(
            "Use a shorter history, fewer candidates a state or a higher minimum support, or open a shorter span of time.",
            "请缩短历史长度、减少每个状态的候选数或提高最低支持度，或截取较短的时间段。",
        ),
    )
}

fn empty() -> Problem {
    Problem::new(
        "shop.empty",
        Text::new(
            "The log has no events, so there is nothing to learn from.",
            "日志中没有事件，因此没有可学习的内容。",
        ),
        Text::new(
            "Open a log with at least one session of two items.",
            "请打开至少包含一个有两件商品的会话的日志。",
        ),
    )
}

fn no_sequence() -> Problem {
    Problem::new(
        "shop.no-sequence",
        Text::new(
            "No session in the log goes on after its first item, so it can't be learnt what follows what.",
            "日志中没有任何会话在第一件商品之后继续，因此无法学习商品之间的先后关系。",
        ),
        Text::new(
            "Check the columns for user, session and time, or allow a longer gap within a session.",
            "请检查用户、会话和时间列，或放宽会话内允许的间隔。",
        ),
    )
}
