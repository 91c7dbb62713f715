//! Builds a [`Shop`] from a log: suffix counts -> probabilities and mean rewards -> rows.

use crate::behaviour::markov::{ANY, START, Sequences, Suffixes};
use crate::env::shop::config::ShopConfig;
use crate::env::shop::visits::visits;
use crate::env::shop::{Entry, Rest, Shop};
use crate::log::Log;
use crate::problem::{Problem, Text};

impl Shop {
    /// About how many bytes building a shop takes at most: counts, rows and the work in between.
    #[must_use]
    pub fn estimate_bytes(log: &Log, config: &ShopConfig) -> u64 {
        let events = log.len() as u64;
        let orders = u64::from(config.order);
        let by_support = orders * events / u64::from(config.min_support.max(1));
        let longer = if config.order > 1 { by_support } else { 0 };
        let states = 2 + (log.items.len() as u64).min(by_support) + longer;
        let entries = (states * u64::from(config.candidates)).min((orders + 1) * events);
        let rows = entries * size_of::<Entry>() as u64 + states * size_of::<Rest>() as u64;
        let counts = (orders + 1) * events * 16 + states * 40;
        let slots = 24 * events;
        rows + counts + slots
    }

    /// Makes the decision problem of a log.
    ///
    /// # Errors
    /// `shop.range` for a setting out of its range, `shop.empty` for a log without events, `shop.no-sequence` for one in which no
    /// session goes on after its first item.
    pub fn build(log: &Log, config: ShopConfig) -> Result<Self, Problem> {
        Self::from_visits(&visits(log, &config.rewards), log.items.len(), config)
    }

    /// The same from visits to items numbered below `items`.
    ///
    /// # Errors
    /// Those of [`Shop::build`].
    pub fn from_visits(
        sequences: &Sequences,
        items: usize,
        config: ShopConfig,
    ) -> Result<Self, Problem> {
        config.check()?;
        if sequences.items.is_empty() {
            return Err(empty());
        }
        let suffixes = Suffixes::count(sequences, items as u32, config.order, config.min_support);
        if suffixes.followers(ANY).is_empty() {
            return Err(no_sequence());
        }
        let mut rows = Rows::new(&suffixes, items, config);
        for node in 0..suffixes.len() as u32 {
            rows.add(node);
        }
        let Rows {
            row_start,
            entries,
            mut rests,
            ..
        } = rows;
        let backs_off = entries.iter().any(|entry| entry.next == ANY)
            || rests.iter().any(|rest| rest.other.0 > 0.0);
        if !backs_off {
            // Nothing ever leads to the empty suffix: without actions it stays out of every mean over pairs.
            rests[ANY as usize].actions = 0;
        }
        Ok(Self {
            config,
            suffixes,
            row_start,
            entries,
            rests,
            starts: [(START, 1.0)],
        })
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
struct Rows<'a> {
    suffixes: &'a Suffixes,
    config: ShopConfig,
    row_start: Vec<u32>,
    entries: Vec<Entry>,
    rests: Vec<Rest>,
    /// Mean reward of each item, whatever came before.
    overall: Vec<f64>,
    /// For each item, one more than its place in the draft; 0 without one.
    place: Vec<u32>,
}

impl<'a> Rows<'a> {
    fn new(suffixes: &'a Suffixes, items: usize, config: ShopConfig) -> Self {
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

    fn add(&mut self, node: u32) {
        let mut draft = self.draft(node);
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
    draft.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    let most = draft.iter().map(|entry| entry.support).max().unwrap_or(0);
    let needed = support.min(most);
    draft.sort_by_key(|entry| entry.support < needed);
    if most < support {
        return 1;
    }
    draft.iter().filter(|entry| entry.support >= needed).count() as u32
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
