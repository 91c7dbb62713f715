//! Variable-order Markov counts: what follows each suffix of the last items, as in a suffix tree.
//!
//! A node is a suffix of up to `k` items, seen often enough. Two nodes stand apart: the start of a session, and the
//! empty suffix ("after any item"), to which every suffix that is too rare backs off.

mod counting;

pub use counting::Counting;

/// The node of an empty session: nothing seen yet.
pub const START: u32 = 0;
/// The node of the empty suffix: some item was seen, but no suffix of the history was seen often enough.
pub const ANY: u32 = 1;
/// Stands for "no item": the older item of nodes without one.
const NO_ITEM: u32 = u32::MAX;

/// Sequences of items, one after the other, each item with the reward it brought.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sequences {
    /// Item numbers.
    pub items: Vec<u32>,
    /// Reward of each item, same length.
    pub rewards: Vec<f64>,
    /// Sequence `s` holds places `start[s] .. start[s + 1]`; none is empty.
    pub start: Vec<u32>,
    /// Whether a sequence is to be counted among those that ended badly (such as without a purchase).
    pub unhappy: Vec<bool>,
}

/// What was counted after one suffix for one next item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Follower {
    /// The next item.
    pub item: u32,
    /// How often it followed.
    pub count: u32,
    /// Sum of the rewards it brought then.
    pub reward: f64,
}

/// A suffix and how often things followed it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Node {
    /// The suffix without its oldest item.
    pub shorter: u32,
    /// Its oldest item; no item for [`START`] and [`ANY`].
    pub oldest: u32,
    /// How many items it has.
    pub order: u32,
    /// How often it was seen (with or without something following).
    pub count: u32,
    /// How often the session ended after it.
    pub left: u32,
    /// How often such a session was an unhappy one.
    pub left_unhappy: u32,
}

/// Counts for every suffix of up to `k` items that was seen at least so often and was followed by something.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Suffixes {
    nodes: Vec<Node>,
    /// Node `n` has the followers `follower_start[n] .. follower_start[n + 1]`.
    follower_start: Vec<u32>,
    followers: Vec<Follower>,
    /// `(shorter suffix, older item)` of each longer node, sorted, with the node beside it.
    children: Vec<(u64, u32)>,
}

impl Suffixes {
    /// Counts suffixes of up to `order` items that were seen at least `min_support` times (at least 1).
    ///
    /// Item numbers lie below `items`. Followers stand in the order in which they were first seen.
    #[must_use]
    pub fn count(sequences: &Sequences, items: u32, order: u32, min_support: u32) -> Self {
        let mut counting = Counting::new(sequences, items, order, min_support);
        while !counting.advance(sequences, u64::MAX) {}
        counting.finish()
    }

    /// How many nodes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Never: there is always a start.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// A node's suffix and counts.
    #[must_use]
    pub fn node(&self, node: u32) -> &Node {
        &self.nodes[node as usize]
    }

    /// What followed a node's suffix, in the order of first sight.
    #[must_use]
    pub fn followers(&self, node: u32) -> &[Follower] {
        let node = node as usize;
        &self.followers[self.follower_start[node] as usize..self.follower_start[node + 1] as usize]
    }

    /// The node of the suffix that is one item longer into the past.
    #[must_use]
    pub fn longer(&self, node: u32, older: u32) -> Option<u32> {
        let key = child_key(node, older);
        let place = self.children.partition_point(|child| child.0 < key);
        let found = self.children.get(place)?;
        (found.0 == key).then_some(found.1)
    }

    /// The node of the longest suffix of a history that was counted. `newest_first` yields the items, newest first.
    #[must_use]
    pub fn longest(&self, newest_first: impl Iterator<Item = u32>) -> u32 {
        let mut node = START;
        for item in newest_first {
            let from = if node == START { ANY } else { node };
            let Some(longer) = self.longer(from, item) else {
                return from;
            };
            node = longer;
        }
        node
    }

    /// Bytes held.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.nodes.len() * size_of::<Node>()
            + 4 * self.follower_start.len()
            + self.followers.len() * size_of::<Follower>()
            + self.children.len() * size_of::<(u64, u32)>()
    }

    /// The items of a node's suffix, newest first.
    pub fn newest_first(&self, node: u32) -> impl Iterator<Item = u32> {
        // Going to shorter suffixes yields the oldest item first.
        let mut items = Vec::new();
        let mut at = node;
        while self.nodes[at as usize].order > 0 {
            items.push(self.nodes[at as usize].oldest);
            at = self.nodes[at as usize].shorter;
        }
        items.into_iter().rev()
    }
}

fn child_key(node: u32, older: u32) -> u64 {
    (u64::from(node) << 32) | u64::from(older)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequences(lists: &[&[u32]]) -> Sequences {
        let mut made = Sequences {
            start: vec![0],
            ..Sequences::default()
        };
        for list in lists {
            made.items.extend(*list);
            made.rewards
                .extend(list.iter().map(|&item| f64::from(item)));
            made.start.push(made.items.len() as u32);
            made.unhappy.push(false);
        }
        made
    }

    #[test]
    fn counts_what_follows_each_suffix() {
        let made = sequences(&[&[0, 1, 2], &[0, 1, 2], &[3, 1, 0]]);
        let counted = Suffixes::count(&made, 4, 2, 1);
        assert_eq!(counted.node(START).count, 3);
        let after_1 = counted.longest([1].into_iter());
        let followers: Vec<_> = counted
            .followers(after_1)
            .iter()
            .map(|f| (f.item, f.count))
            .collect();
        assert_eq!(followers, [(2, 2), (0, 1)]);
        let after_0_1 = counted.longest([1, 0].into_iter());
        assert_eq!(counted.node(after_0_1).order, 2);
        assert_eq!(counted.followers(after_0_1)[0].count, 2);
        assert_eq!(counted.newest_first(after_0_1).collect::<Vec<_>>(), [1, 0]);
    }

    #[test]
    fn rare_and_dead_end_suffixes_back_off() {
        let made = sequences(&[&[0, 1, 2], &[0, 1, 2], &[3, 1, 0]]);
        let counted = Suffixes::count(&made, 4, 2, 2);
        assert_eq!(counted.longest([3].into_iter()), ANY, "seen once");
        assert_eq!(counted.longest([2].into_iter()), ANY, "nothing follows");
        assert_eq!(counted.longest(std::iter::empty()), START);
        let after_1 = counted.longest([1].into_iter());
        assert_eq!(counted.longest([1, 3].into_iter()), after_1);
    }
}
