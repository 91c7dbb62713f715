//! Counts suffixes in slices: those of one item, then those of two, each group of places split by the item before.

use super::{ANY, Follower, NO_ITEM, Node, Sequences, Suffixes, child_key};

/// A place where something follows: the place in [`Sequences::items`] that follows, or would if the
/// sequence had not ended, and the sequence.
#[derive(Clone, Copy, Debug, Default)]
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

/// Groups of slots, one after the other.
#[derive(Clone, Debug, Default)]
struct Groups {
    /// What each group is called, and where it ends in `slots`.
    ends: Vec<(u32, usize)>,
    slots: Vec<Slot>,
}

impl Groups {
    fn range(&self, group: usize) -> std::ops::Range<usize> {
        let start = group.checked_sub(1).map_or(0, |before| self.ends[before].1);
        start..self.ends[group].1
    }

    fn clear(&mut self) {
        self.ends.clear();
        self.slots.clear();
    }
}

/// What is being done with the group that is split.
#[derive(Clone, Copy, Debug)]
enum Stage {
    /// Each slot gets the number of its part; so many slots have theirs.
    Number(usize),
    /// Each slot goes to its part; so many have.
    Scatter(usize),
    /// Each part that is large enough becomes a node; so many were looked at.
    Count(usize),
}

/// Suffixes being counted, shortest first. [`Counting::advance`] until it says so, then [`Counting::finish`].
#[derive(Clone, Debug)]
pub struct Counting {
    order: u32,
    min_support: u32,
    result: Suffixes,
    /// For each item: the group that saw it last, and its number in that group.
    seen: Vec<(u32, u32)>,
    group: u32,
    /// How many items the suffixes have that are being split off.
    depth: u32,
    /// The nodes that are split by the item `depth` places back, and those found so far that are one item longer.
    level: Groups,
    longer: Groups,
    /// The node of `level` that is being split, and how far that is.
    at: usize,
    stage: Stage,
    /// For each of its slots one more than the number of its part, 0 without one; the parts by their oldest item.
    numbers: Vec<u32>,
    parts: Groups,
}

impl Counting {
    /// Counting of suffixes of up to `order` items that were seen at least `min_support` times (at least 1). Item numbers lie
    /// below `items`.
    #[must_use]
    pub fn new(sequences: &Sequences, items: u32, order: u32, min_support: u32) -> Self {
        let mut counting = Self {
            order,
            min_support: min_support.max(1),
            result: Suffixes {
                nodes: Vec::new(),
                follower_start: vec![0],
                followers: Vec::new(),
                children: Vec::new(),
            },
            seen: vec![(0, 0); items as usize],
            group: 0,
            depth: 1,
            level: Groups::default(),
            longer: Groups::default(),
            at: 0,
            stage: Stage::Number(0),
            numbers: Vec::new(),
            parts: Groups::default(),
        };
        let (first, rest) = sequences.slots();
        counting.add_node(sequences, ANY, NO_ITEM, 0, &first);
        counting.add_node(sequences, ANY, NO_ITEM, 0, &rest);
        counting.level = Groups {
            ends: vec![(ANY, rest.len())],
            slots: rest,
        };
        counting.begin_group();
        counting
    }

    /// About how many bytes counting takes at most, with the sequences of so many items.
    #[must_use]
    pub fn bytes_needed(items: u64, order: u32, min_support: u32) -> u64 {
        let orders = u64::from(order);
        let nodes = 2 + orders * items / u64::from(min_support.max(1));
        let per_node = (size_of::<Node>() + size_of::<u32>() + size_of::<(u64, u32)>()) as u64;
        let per_item = 12 + 4 + 3 * size_of::<Slot>() as u64;
        let followers = (orders + 1) * items * size_of::<Follower>() as u64;
        nodes * per_node + items * per_item + followers
    }

    /// Handles about `work` slots more of the same sequences; true when all is counted.
    pub fn advance(&mut self, sequences: &Sequences, mut work: u64) -> bool {
        while self.depth <= self.order {
            if self.at == self.level.ends.len() {
                self.begin_depth();
                continue;
            }
            if work == 0 {
                return false;
            }
            let done = match self.stage {
                Stage::Number(from) => self.number_slots(sequences, from, work),
                Stage::Scatter(from) => self.scatter(from, work),
                Stage::Count(part) => self.count_part(sequences, part),
            };
            work = work.saturating_sub(done);
        }
        true
    }

    /// What was counted, which is taken.
    #[must_use]
    pub fn finish(&mut self) -> Suffixes {
        let mut counted = std::mem::take(&mut self.result);
        counted.children.sort_unstable();
        counted
    }

    fn begin_depth(&mut self) {
        self.depth += 1;
        std::mem::swap(&mut self.level, &mut self.longer);
        self.longer.clear();
        self.at = 0;
        if !self.level.ends.is_empty() {
            self.begin_group();
        }
    }

    fn begin_group(&mut self) {
        self.group += 1;
        self.numbers.clear();
        self.parts.clear();
        self.stage = Stage::Number(0);
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

    /// Numbers the parts by first sight, and counts their slots in the place of their ends.
    fn number_slots(&mut self, sequences: &Sequences, from: usize, work: u64) -> u64 {
        let range = self.level.range(self.at);
        let to = range.len().min(from.saturating_add(work as usize));
        for place in range.start + from..range.start + to {
            let Some(older) = sequences.before(self.level.slots[place], self.depth) else {
                self.numbers.push(0);
                continue;
            };
            let (number, new) = self.number(older, self.parts.ends.len() as u32);
            if new {
                self.parts.ends.push((older, 0));
            }
            self.parts.ends[number as usize].1 += 1;
            self.numbers.push(number + 1);
        }
        self.stage = Stage::Number(to);
        if to == range.len() {
            self.lay_out();
        }
        (to - from) as u64
    }

    /// Gives each part its room: until all slots are there, its end is where the next one goes.
    fn lay_out(&mut self) {
        let mut start = 0;
        for (_, end) in &mut self.parts.ends {
            let length = *end;
            *end = start;
            start += length;
        }
        self.parts.slots.resize(start, Slot::default());
        self.stage = Stage::Scatter(0);
    }

    fn scatter(&mut self, from: usize, work: u64) -> u64 {
        let slots = &self.level.slots[self.level.range(self.at)];
        let to = slots.len().min(from.saturating_add(work as usize));
        for (slot, &number) in slots[from..to].iter().zip(&self.numbers[from..to]) {
            if let Some(number) = number.checked_sub(1) {
                let end = &mut self.parts.ends[number as usize].1;
                self.parts.slots[*end] = *slot;
                *end += 1;
            }
        }
        self.stage = if to == slots.len() {
            Stage::Count(0)
        } else {
            Stage::Scatter(to)
        };
        (to - from) as u64
    }

    /// Makes a part a node if it is large enough and goes on.
    fn count_part(&mut self, sequences: &Sequences, part: usize) -> u64 {
        let Some(&(older, _)) = self.parts.ends.get(part) else {
            self.at += 1;
            if self.at < self.level.ends.len() {
                self.begin_group();
            }
            return 0;
        };
        self.stage = Stage::Count(part + 1);
        let shorter = self.level.ends[self.at].0;
        let parts = std::mem::take(&mut self.parts);
        let slots = &parts.slots[parts.range(part)];
        let goes_on = slots.iter().any(|&slot| sequences.next(slot).is_some());
        if slots.len() as u32 >= self.min_support && goes_on {
            let node = self.add_node(sequences, shorter, older, self.depth, slots);
            let child = (child_key(shorter, older), node);
            self.result.children.push(child);
            if self.depth < self.order {
                self.longer.slots.extend_from_slice(slots);
                self.longer.ends.push((node, self.longer.slots.len()));
            }
        }
        let done = slots.len() as u64;
        self.parts = parts;
        done
    }

    fn add_node(
        &mut self,
        sequences: &Sequences,
        shorter: u32,
        oldest: u32,
        order: u32,
        slots: &[Slot],
    ) -> u32 {
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
            let Some(item) = sequences.next(slot) else {
                node.left += 1;
                node.left_unhappy += u32::from(sequences.unhappy[slot.sequence as usize]);
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
            follower.reward += sequences.rewards[slot.place as usize];
        }
        self.result
            .follower_start
            .push(self.result.followers.len() as u32);
        self.result.nodes.push(node);
        self.result.nodes.len() as u32 - 1
    }
}
