//! Neural networks on tensors of `f32`: kernels, layers with explicit gradients, losses, optimiser, weights on disk.
//!
//! Knows nothing of shops. Every kernel is safe Rust with a fixed order of additions, without fused multiply-add and with
//! its own polynomials for the exponential, so that native code and WebAssembly give the same bits. Loops are written over small
//! arrays that the compiler turns into SIMD instructions of either platform.
//!
//! Sequences are laid out with time outermost: row `t * batch + b` of a matrix is position `t` of sequence `b`. All encoders
//! are causal, so sequences shorter than the longest are filled up at their end, and nothing needs a mask but the loss.

pub mod activation;
pub mod adam;
pub mod attention;
pub mod convolution;
pub mod dropout;
pub mod embedding;
pub mod encoder;
pub mod gemm;
pub mod gru;
pub mod linear;
pub mod loss;
pub mod norm;
pub mod pool;
pub mod projection;
pub mod saved;
pub mod vector;
pub mod weights;

#[cfg(test)]
pub(crate) mod check;

/// How many positions and sequences a batch has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Positions of each sequence.
    pub time: usize,
    /// Sequences.
    pub batch: usize,
}

impl Shape {
    /// Rows of a matrix that holds every position of every sequence.
    #[must_use]
    pub fn rows(self) -> usize {
        self.time * self.batch
    }
}

/// Makes a buffer hold exactly `length` numbers, whatever they are: for results that are written over.
pub fn fit(buffer: &mut Vec<f32>, length: usize) {
    buffer.resize(length, 0.0);
}

/// Makes a buffer hold exactly `length` zeros: for sums.
pub fn clear(buffer: &mut Vec<f32>, length: usize) {
    buffer.clear();
    buffer.resize(length, 0.0);
}
