//! Events in columns while they are read: appended in pieces, so that no column is ever copied to grow.

use super::NONE;

const BITS: u32 = 16;
const PIECE: usize = 1 << BITS;

/// A column of values, one an event.
#[derive(Debug)]
pub(super) struct Column<T> {
    pieces: Vec<Vec<T>>,
    len: usize,
}

impl<T: Copy> Column<T> {
    pub(super) fn new() -> Self {
        Self {
            pieces: Vec::new(),
            len: 0,
        }
    }

    pub(super) fn extend(&mut self, mut values: &[T]) {
        while !values.is_empty() {
            let room = PIECE - (self.len & (PIECE - 1));
            if room == PIECE {
                self.pieces.push(Vec::with_capacity(PIECE));
            }
            let (now, later) = values.split_at(room.min(values.len()));
            if let Some(piece) = self.pieces.last_mut() {
                piece.extend_from_slice(now);
                self.len += now.len();
            }
            values = later;
        }
    }

    /// The value of an event; `index` must be below the number of events.
    #[inline]
    pub(super) fn get(&self, index: usize) -> T {
        self.pieces[index >> BITS][index & (PIECE - 1)]
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn bytes(&self) -> usize {
        self.pieces.len() * PIECE * size_of::<T>()
    }
}

/// Everything kept of the accepted rows, in the order of the file.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) item: Column<u32>,
    pub(super) kind: Column<u8>,
    /// Absent without a user column; [`NONE`] where the row names none.
    pub(super) user: Option<Column<u32>>,
    /// Absent without a session column; [`NONE`] where the row names none.
    pub(super) session: Option<Column<u32>>,
    /// Absent without a time column.
    pub(super) time: Option<Column<i64>>,
    pub(super) price: Option<Column<f32>>,
    pub(super) quantity: Option<Column<f32>>,
    pub(super) propensity: Option<Column<f64>>,
    pub(super) position: Option<Column<u32>>,
    pub(super) variant: Option<Column<u32>>,
    /// Category of each item, by item number.
    pub(super) item_category: Vec<u32>,
}

impl Store {
    /// Number of accepted rows.
    pub(super) fn len(&self) -> usize {
        self.item.len()
    }

    /// Bytes of memory taken.
    pub(super) fn bytes(&self) -> usize {
        fn of<T: Copy>(column: Option<&Column<T>>) -> usize {
            column.map_or(0, Column::bytes)
        }
        self.item.bytes()
            + self.kind.bytes()
            + of(self.user.as_ref())
            + of(self.session.as_ref())
            + of(self.time.as_ref())
            + of(self.price.as_ref())
            + of(self.quantity.as_ref())
            + of(self.propensity.as_ref())
            + of(self.position.as_ref())
            + of(self.variant.as_ref())
            + self.item_category.capacity() * 4
    }

    /// Makes room for the categories of `items` items.
    pub(super) fn grow_categories(&mut self, items: usize) {
        self.item_category.resize(items, NONE);
    }
}
