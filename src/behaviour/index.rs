//! Where each item occurs: the training sessions in columns with, for every item, the places of its events.

use super::{History, Sessions};

/// Training sessions in the order of their newest event, with the places of every item, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// How many items are numbered.
    pub items: u32,
    /// Session `s` holds places `start[s] .. start[s + 1]`.
    pub start: Vec<u32>,
    /// Item at each place.
    pub item: Vec<u32>,
    /// Session of each place.
    pub session: Vec<u32>,
    /// Time of the newest event of each session, in milliseconds.
    pub time: Vec<i64>,
    /// Places of each item.
    pub places: Vec<Vec<u32>>,
}

impl Index {
    /// Indexes sessions, leaving out events of items that have no number.
    #[must_use]
    pub fn new(train: &Sessions) -> Self {
        let mut index = Self {
            items: train.items,
            start: vec![0],
            item: Vec::with_capacity(train.events()),
            session: Vec::with_capacity(train.events()),
            time: Vec::with_capacity(train.len()),
            places: Vec::new(),
        };
        let mut count = vec![0u32; train.items as usize];
        for &item in &train.item {
            if let Some(count) = count.get_mut(item as usize) {
                *count += 1;
            }
        }
        index.places = count
            .iter()
            .map(|&n| Vec::with_capacity(n as usize))
            .collect();
        for session in train.by_last_time() {
            index.push(train.session(session as usize));
        }
        index
    }

    /// Adds a session, newer than all others.
    pub fn push(&mut self, session: History<'_>) {
        let number = self.time.len() as u32;
        for &item in session.items.iter().filter(|&&item| item < self.items) {
            self.places[item as usize].push(self.item.len() as u32);
            self.item.push(item);
            self.session.push(number);
        }
        self.start.push(self.item.len() as u32);
        self.time.push(session.now());
    }

    /// The items of a session, oldest first.
    #[must_use]
    pub fn items_of(&self, session: u32) -> &[u32] {
        let session = session as usize;
        &self.item[self.start[session] as usize..self.start[session + 1] as usize]
    }

    /// Bytes held.
    #[must_use]
    pub fn memory(&self) -> usize {
        let places = self.places.iter().map(|p| p.capacity() * 4).sum::<usize>();
        places
            + self.places.len() * size_of::<Vec<u32>>()
            + 4 * (self.start.len() + self.item.len() + self.session.len())
            + 8 * self.time.len()
    }
}
