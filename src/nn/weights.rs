//! The weights of a network, by name, and their gradients in the same layout.

use rand::Rng as _;

use super::vector::{set_length, squares};
use crate::random::{Rng, stream};

/// Names a tensor of [`Weights`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id(usize);

/// One tensor of weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Its name in files.
    pub name: String,
    /// Rows and columns; a single row is a vector.
    pub shape: [usize; 2],
    /// Its numbers, row by row.
    pub value: Vec<f32>,
    /// Whether a step touches few of its rows: an embedding.
    pub sparse: bool,
    /// The Euclidean length that each row of an embedding is kept at; 0: whatever learning makes of it.
    pub length: f32,
}

/// All weights of a network. A copy is a target network, or the best so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weights {
    /// The tensors, in the order in which they were made.
    pub tensors: Vec<Tensor>,
    /// What their rows stand for: a digest of the names; empty where they have none.
    pub rows: String,
}

/// How a tensor begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Start {
    /// All of one value.
    Constant(f32),
    /// Evenly between minus and plus this bound.
    Even(f32),
}

impl Weights {
    /// Adds a tensor. Its first values depend on the seed and its name only.
    pub fn push(&mut self, name: &str, shape: [usize; 2], start: Start, seed: u64) -> Id {
        let length = shape[0] * shape[1];
        let value = match start {
            Start::Constant(value) => vec![value; length],
            Start::Even(bound) => {
                let mut rng = stream(seed, &format!("weights {name}"));
                (0..length)
                    .map(|_| bound * (2.0 * unit(&mut rng) - 1.0))
                    .collect()
            }
        };
        self.tensors.push(Tensor {
            name: name.to_owned(),
            shape,
            value,
            sparse: false,
            length: 0.0,
        });
        Id(self.tensors.len() - 1)
    }

    /// The same for an embedding, of whose rows a step touches few.
    pub fn push_sparse(&mut self, name: &str, shape: [usize; 2], start: Start, seed: u64) -> Id {
        let id = self.push(name, shape, start, seed);
        self.tensors[id.0].sparse = true;
        id
    }

    /// Keeps every row of an embedding at one length, from now on and after each step of Adam. Rows of zeros stay.
    pub fn keep_length(&mut self, id: Id, length: f32) {
        let tensor = &mut self.tensors[id.0];
        tensor.length = length;
        if length > 0.0 {
            for row in tensor.value.chunks_exact_mut(tensor.shape[1]) {
                set_length(length, row);
            }
        }
    }

    /// The numbers of a tensor.
    #[must_use]
    pub fn get(&self, id: Id) -> &[f32] {
        &self.tensors[id.0].value
    }

    /// The numbers of a tensor, to be changed.
    pub fn get_mut(&mut self, id: Id) -> &mut [f32] {
        &mut self.tensors[id.0].value
    }

    /// How many weights there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tensors.iter().map(|tensor| tensor.value.len()).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A digest of all numbers, in which every bit counts.
    #[must_use]
    pub fn digest(&self) -> u32 {
        let mut hash = 0x811c_9dc5u32;
        for value in self.tensors.iter().flat_map(|tensor| &tensor.value) {
            hash = (hash ^ value.to_bits()).wrapping_mul(0x0100_0193);
        }
        hash
    }

    /// Takes over the values of weights of the same layout.
    pub fn copy_from(&mut self, other: &Self) {
        for (own, other) in self.tensors.iter_mut().zip(&other.tensors) {
            own.value.copy_from_slice(&other.value);
        }
    }
}

/// An even draw from [0, 1).
pub fn unit(rng: &mut Rng) -> f32 {
    (rng.next_u32() >> 8) as f32 / 16_777_216.0
}

/// Gradients, one for each weight. Of sparse tensors only the rows that were touched are kept up.
#[derive(Clone, Debug)]
pub struct Gradients {
    tensors: Vec<Gradient>,
}

/// The gradient of one tensor.
#[derive(Clone, Debug)]
pub struct Gradient {
    /// Its numbers: all of a dense tensor; of a sparse one only those of the rows that were touched, in the order of `touched`.
    pub value: Vec<f32>,
    /// Rows of a sparse tensor with anything in them; none for a dense tensor.
    pub touched: Option<Touched>,
    width: usize,
}

/// Which rows of a sparse gradient hold anything.
#[derive(Clone, Debug)]
pub struct Touched {
    /// Their numbers, in the order in which they were first touched.
    pub rows: Vec<u32>,
    /// Where each row of the tensor is among them, or [`NOWHERE`].
    place: Vec<u32>,
}

impl Touched {
    /// Writes the rows that were touched, as they lie side by side, where they are in the tensor.
    fn spread(&self, rows: &[f32], width: usize, into: &mut [f32]) {
        for (&row, own) in self.rows.iter().zip(rows.chunks_exact(width.max(1))) {
            into[row as usize * width..][..width].copy_from_slice(own);
        }
    }
}

/// Place of a row that was not touched.
const NOWHERE: u32 = u32::MAX;

impl Gradients {
    /// Zeros for all of these weights.
    #[must_use]
    pub fn new(weights: &Weights) -> Self {
        let of = |tensor: &Tensor| {
            let [rows, width] = tensor.shape;
            let touched = tensor.sparse.then(|| Touched {
                rows: Vec::with_capacity(rows),
                place: vec![NOWHERE; rows],
            });
            // Room for all rows from the beginning: what learning takes is told before it starts.
            let mut value = Vec::with_capacity(rows * width);
            if touched.is_none() {
                value.resize(rows * width, 0.0);
            }
            Gradient {
                value,
                touched,
                width,
            }
        };
        Self {
            tensors: weights.tensors.iter().map(of).collect(),
        }
    }

    /// The gradient of a dense tensor, to be added to.
    pub fn get(&mut self, id: Id) -> &mut [f32] {
        &mut self.tensors[id.0].value
    }

    /// One row of a sparse tensor, to be added to.
    pub fn row(&mut self, id: Id, row: usize) -> &mut [f32] {
        self.tensors[id.0].row(row)
    }

    /// All rows of a sparse tensor in their order, to be added to.
    pub fn all_rows(&mut self, id: Id) -> &mut [f32] {
        self.tensors[id.0].all_rows()
    }

    /// The gradients, in the order of the weights.
    #[must_use]
    pub fn tensors(&self) -> &[Gradient] {
        &self.tensors
    }

    /// Euclidean length of all gradients together.
    #[must_use]
    pub fn norm(&self) -> f64 {
        let mut total = 0.0;
        for gradient in &self.tensors {
            for row in gradient.parts() {
                total += squares(row);
            }
        }
        libm::sqrt(total)
    }

    /// Sets what was touched back to zero.
    pub fn clear(&mut self) {
        for gradient in &mut self.tensors {
            match &mut gradient.touched {
                Some(touched) => {
                    for row in touched.rows.drain(..) {
                        touched.place[row as usize] = NOWHERE;
                    }
                    gradient.value.clear();
                }
                None => gradient.value.fill(0.0),
            }
        }
    }
}

impl Gradient {
    fn row(&mut self, row: usize) -> &mut [f32] {
        let place = match &mut self.touched {
            None => row,
            Some(touched) if touched.place[row] != NOWHERE => touched.place[row] as usize,
            Some(touched) => {
                let place = touched.rows.len();
                touched.place[row] = place as u32;
                touched.rows.push(row as u32);
                self.value.resize(self.value.len() + self.width, 0.0);
                place
            }
        };
        &mut self.value[place * self.width..][..self.width]
    }

    fn all_rows(&mut self) -> &mut [f32] {
        if let Some(touched) = &mut self.touched
            && !touched
                .rows
                .iter()
                .copied()
                .eq(0..touched.place.len() as u32)
        {
            let (rows, width) = (touched.place.len(), self.width);
            let before = self.value.clone();
            self.value.clear();
            self.value.resize(rows * width, 0.0);
            touched.spread(&before, width, &mut self.value);
            touched.rows.clear();
            touched.rows.extend(0..rows as u32);
            touched.place.copy_from_slice(&touched.rows);
        }
        &mut self.value
    }

    /// All its numbers in the layout of the tensor: zeros in rows that were not touched.
    #[must_use]
    pub fn dense(&self) -> Vec<f32> {
        let Some(touched) = &self.touched else {
            return self.value.clone();
        };
        let mut dense = vec![0.0; touched.place.len() * self.width];
        touched.spread(&self.value, self.width, &mut dense);
        dense
    }

    /// The parts that hold anything: touched rows of a sparse tensor, the whole of a dense one.
    fn parts(&self) -> impl Iterator<Item = &[f32]> {
        let part = match &self.touched {
            Some(_) => self.width,
            None => self.value.len(),
        };
        self.value.chunks_exact(part.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows keep what was added to them, in whatever order they are touched and asked for, until all is cleared.
    #[test]
    fn sparse_gradients_are_those_of_dense_ones() {
        let mut weights = Weights::default();
        let id = weights.push_sparse("s", [4, 2], Start::Constant(1.0), 0);
        let mut gradients = Gradients::new(&weights);
        for _ in 0..2 {
            gradients.row(id, 3)[1] += 5.0;
            gradients.row(id, 1)[0] -= 2.0;
            gradients.row(id, 3)[0] += 1.0;
            let dense = [0.0, 0.0, -2.0, 0.0, 0.0, 0.0, 1.0, 5.0];
            assert_eq!(gradients.tensors()[0].dense(), dense);
            assert!((gradients.norm() - 30f64.sqrt()).abs() < 1e-12);
            assert_eq!(gradients.all_rows(id), dense);
            gradients.row(id, 2)[1] += 1.0;
            assert_eq!(gradients.all_rows(id)[5], 1.0);
            gradients.clear();
            assert_eq!(gradients.tensors()[0].dense(), [0.0; 8]);
        }
    }
}
