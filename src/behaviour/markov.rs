//! Variable-order Markov counts: what follows each suffix of the last items, as in a suffix tree.
//!
//! A node is a suffix of up to `k` items, seen often enough. Two nodes stand apart: the start of a session, and the
//! empty suffix ("after any item"), to which every suffix that is too rare backs off.

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
#[derive(Clone, Debug, PartialEq)]
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
        let mut counter = Counter::new(sequences, items, min_support);
        let (first, rest) = sequences.slots();
        counter.add_node(ANY, NO_ITEM, 0, &first);
        counter.add_node(ANY, NO_ITEM, 0, &rest);
        let mut level = vec![(ANY, rest)];
        for depth in 1..=order {
            level = counter.refine(&level, depth);
        }
        let mut counted = counter.result;
        counted.children.sort_unstable();
        counted
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

/// A place where something follows: the place in [`Sequences::items`] that follows, or would if the
/// sequence had not ended, and the sequence.
#[derive(Clone, Copy, Debug)]
struct Slot {
    place: u32,
    sequence: u32,
}

impl Sequences {
    /// The slots at the start of sequences, and all others.
    fn slots(&self) -> (Vec<Slot>, Vec<Slot>) {
        let mut first = Vec::with_capacity(self.unhappy.len());
        let mut rest = Vec::with_capacity(self.items.len());
        for (sequence, bounds) in self.start.windows(2).enumerate() {
            let sequence = sequence as u32;
            first.push(Slot {
                place: bounds[0],
                sequence,
            });
            rest.extend((bounds[0] + 1..=bounds[1]).map(|place| Slot { place, sequence }));
        }
        (first, rest)
    }

    /// The item `back` places before a slot, if the sequence goes back so far.
    fn before(&self, slot: Slot, back: u32) -> Option<u32> {
        let place = slot.place.checked_sub(back)?;
        (place >= self.start[slot.sequence as usize]).then(|| self.items[place as usize])
    }

    /// The item that follows at a slot, if the sequence goes on.
    fn next(&self, slot: Slot) -> Option<u32> {
        let end = self.start[slot.sequence as usize + 1];
        (slot.place < end).then(|| self.items[slot.place as usize])
    }
}

/// Counts nodes from groups of slots, with a note for each item that is cleared by moving on to the next group.
struct Counter<'a> {
    sequences: &'a Sequences,
    min_support: u32,
    result: Suffixes,
    /// For each item: the group that saw it last, and its number in that group.
    seen: Vec<(u32, u32)>,
    group: u32,
}

impl<'a> Counter<'a> {
    fn new(sequences: &'a Sequences, items: u32, min_support: u32) -> Self {
        Self {
            sequences,
            min_support: min_support.max(1),
            result: Suffixes {
                nodes: Vec::new(),
                follower_start: vec![0],
                followers: Vec::new(),
                children: Vec::new(),
            },
            seen: vec![(0, 0); items as usize],
            group: 0,
        }
    }

    /// The number of an item in the present group, and whether it is new there.
    fn number(&mut self, item: u32, next_number: u32) -> (u32, bool) {
        let seen = &mut self.seen[item as usize];
        let new = seen.0 != self.group;
        if new {
            *seen = (self.group, next_number);
        }
        (seen.1, new)
    }

    fn add_node(&mut self, shorter: u32, oldest: u32, order: u32, slots: &[Slot]) -> u32 {
        let mut node = Node {
            shorter,
            oldest,
            order,
            count: slots.len() as u32,
            left: 0,
            left_unhappy: 0,
        };
        self.group += 1;
        let from = self.result.followers.len();
        for &slot in slots {
            let Some(item) = self.sequences.next(slot) else {
                node.left += 1;
                node.left_unhappy += u32::from(self.sequences.unhappy[slot.sequence as usize]);
                continue;
            };
            let (number, new) = self.number(item, (self.result.followers.len() - from) as u32);
            if new {
                self.result.followers.push(Follower {
                    item,
                    count: 0,
                    reward: 0.0,
                });
            }
            let follower = &mut self.result.followers[from + number as usize];
            follower.count += 1;
            follower.reward += self.sequences.rewards[slot.place as usize];
        }
        self.result
            .follower_start
            .push(self.result.followers.len() as u32);
        self.result.nodes.push(node);
        self.result.nodes.len() as u32 - 1
    }

    /// Splits each group of slots by the item `depth` places back, and counts the groups that are large enough.
    fn refine(&mut self, level: &[(u32, Vec<Slot>)], depth: u32) -> Vec<(u32, Vec<Slot>)> {
        let mut next_level = Vec::new();
        for (shorter, slots) in level {
            for (older, group) in self.split(slots, depth) {
                let goes_on = group
                    .iter()
                    .any(|&slot| self.sequences.next(slot).is_some());
                if (group.len() as u32) < self.min_support || !goes_on {
                    continue;
                }
                let node = self.add_node(*shorter, older, depth, &group);
                self.result
                    .children
                    .push((child_key(*shorter, older), node));
                next_level.push((node, group));
            }
        }
        next_level
    }

    fn split(&mut self, slots: &[Slot], depth: u32) -> Vec<(u32, Vec<Slot>)> {
        self.group += 1;
        let mut groups: Vec<(u32, Vec<Slot>)> = Vec::new();
        for &slot in slots {
            let Some(older) = self.sequences.before(slot, depth) else {
                continue;
            };
            let (number, new) = self.number(older, groups.len() as u32);
            if new {
                groups.push((older, Vec::new()));
            }
            groups[number as usize].1.push(slot);
        }
        groups
    }
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
