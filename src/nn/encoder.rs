//! Encoders: from a sequence of rows to the state after each of them. Four kinds behind one type.

use super::Shape;
use super::activation::Activation;
use super::attention::{Attention, AttentionCache};
use super::convolution::Convolution;
use super::dropout::{Dropout, Dropped};
use super::gemm::Pack;
use super::gru::{Gru, GruCache};
use super::linear::Linear;
use super::norm::{LayerNorm, Normalised};
use super::pool::Pool;
use super::vector::{add, add_to_rows};
use super::weights::{Gradients, Id, Start, Weights};
use crate::random::Rng;

/// The kinds of encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One hidden layer over the newest item and the faded mean of all.
    Mlp,
    /// Two residual blocks of dilated causal convolutions (NextItNet).
    Cnn,
    /// A gated recurrent unit (GRU4Rec).
    Gru,
    /// Two blocks of causal self-attention (SASRec).
    Transformer,
}

/// Blocks of the deep encoders.
const BLOCKS: usize = 2;
/// Heads of attention.
const HEADS: usize = 2;

/// Numbers that a pass holds for each position, in widths, with those of its gradients and of the layers around the encoder; and in
/// attention for each position beside (two blocks of two heads that look at every position, with gradients).
const ACTIVATIONS: u64 = 64;
const ATTENDED: u64 = 8;
/// Bytes of the blocks that products of matrices pack, whatever the size.
const PACKED: u64 = 1 << 20;

/// Bytes that a pass of so many sequences of so many positions takes at most, forth and back.
#[must_use]
pub fn pass_bytes(sequences: u64, length: u64, width: u64) -> u64 {
    4 * sequences * length * (ACTIVATIONS * width + ATTENDED * length) + PACKED
}

/// An encoder of rows of `width` numbers into states of `width` numbers.
#[derive(Clone, Debug)]
pub struct Encoder {
    body: Body,
    width: usize,
    dropout: Dropout,
}

#[derive(Clone, Debug)]
enum Body {
    Mlp {
        first: Linear,
        second: Linear,
    },
    Cnn(Vec<ConvolutionBlock>),
    Gru(Gru),
    Transformer {
        positions: Id,
        blocks: Vec<AttentionBlock>,
        norm: LayerNorm,
    },
}

#[derive(Clone, Debug)]
struct ConvolutionBlock {
    norms: [LayerNorm; 2],
    convolutions: [Convolution; 2],
}

#[derive(Clone, Debug)]
struct AttentionBlock {
    norms: [LayerNorm; 2],
    attention: Attention,
    up: Linear,
    down: Linear,
}

/// What a forward pass leaves for the backward pass, and room for both. Any encoder of the same kind may use it again.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    /// The state after each position.
    pub out: Vec<f32>,
    /// The gradient of the rows that went in.
    pub dx: Vec<f32>,
    blocks: Vec<BlockCache>,
    gru: GruCache,
    norm: Normalised,
    spare: Vec<f32>,
}

/// What one block needs. The names are those of the attention block; the other encoders use the same places.
#[derive(Clone, Debug, Default)]
struct BlockCache {
    norms: [Normalised; 2],
    normal: [Vec<f32>; 2],
    attention: AttentionCache,
    active: [Vec<f32>; 2],
    up: Vec<f32>,
    drops: [Dropped; 2],
}

impl Cache {
    /// Where a recurrent unit looks for [`Gru::look`] of the rows of the next passes; they are not looked at then.
    pub fn looked_at(&mut self) -> &mut Vec<f32> {
        &mut self.gru.looked_at
    }
}

impl Encoder {
    /// An encoder for sequences of at most `length` positions.
    #[must_use]
    pub fn new(
        weights: &mut Weights,
        kind: Kind,
        (width, length): (usize, usize),
        dropout: f32,
        seed: u64,
    ) -> Self {
        let body = match kind {
            Kind::Mlp => Body::Mlp {
                first: Linear::new(weights, "mlp.first", 2 * width, 2 * width, seed),
                second: Linear::new(weights, "mlp.second", 2 * width, width, seed),
            },
            Kind::Cnn => Body::Cnn(
                (0..BLOCKS)
                    .map(|block| ConvolutionBlock::new(weights, block, width, seed))
                    .collect(),
            ),
            Kind::Gru => Body::Gru(Gru::new(weights, "gru", width, width, seed)),
            Kind::Transformer => Body::Transformer {
                positions: weights.push("positions", [length, width], Start::Even(0.05), seed),
                blocks: (0..BLOCKS)
                    .map(|block| AttentionBlock::new(weights, block, width, seed))
                    .collect(),
                norm: LayerNorm::new(weights, "norm", width),
            },
        };
        Self {
            body,
            width,
            dropout: Dropout::new(dropout),
        }
    }

    /// The recurrent unit, where that is all there is.
    #[must_use]
    pub fn unit(&self) -> Option<&Gru> {
        match &self.body {
            Body::Gru(unit) => Some(unit),
            _ => None,
        }
    }

    /// Leaves the states in `cache.out`. With `luck` some numbers are dropped, as when learning.
    pub fn forward(
        &self,
        weights: &Weights,
        shape: Shape,
        x: &[f32],
        cache: &mut Cache,
        mut luck: Option<&mut Rng>,
        pack: &mut Pack,
    ) {
        cache.blocks.resize_with(BLOCKS, BlockCache::default);
        match &self.body {
            Body::Mlp { first, second } => {
                let block = &mut cache.blocks[0];
                Pool { width: self.width }.forward(shape, x, &mut block.normal[0]);
                first.forward(weights, &block.normal[0], &mut block.up, pack);
                Activation::Gelu.forward(&block.up, &mut block.active[0]);
                second.forward(weights, &block.active[0], &mut cache.out, pack);
                add(x, &mut cache.out);
            }
            Body::Gru(gru) => {
                gru.forward(weights, shape, x, &mut cache.out, &mut cache.gru, pack);
            }
            Body::Cnn(blocks) => {
                cache.out.clear();
                cache.out.extend_from_slice(x);
                for (block, own) in blocks.iter().zip(&mut cache.blocks) {
                    block.forward(weights, shape, &mut cache.out, own, &mut cache.spare, pack);
                }
            }
            Body::Transformer {
                positions,
                blocks,
                norm,
            } => {
                cache.out.clear();
                cache.out.extend_from_slice(x);
                let line = shape.batch * self.width;
                let table = weights.get(*positions).chunks_exact(self.width);
                for (rows, position) in cache.out.chunks_exact_mut(line.max(1)).zip(table) {
                    add_to_rows(position, rows);
                }
                for (block, own) in blocks.iter().zip(&mut cache.blocks) {
                    let luck = luck.as_deref_mut();
                    block.forward(
                        weights,
                        shape,
                        (&mut cache.out, &mut cache.spare),
                        own,
                        (self.dropout, luck),
                        pack,
                    );
                }
                cache.spare.clone_from(&cache.out);
                norm.forward(weights, &cache.spare, &mut cache.out, &mut cache.norm);
            }
        }
    }

    /// Leaves the gradient of the rows in `cache.dx` and adds to those of the weights, given the gradient of the states.
    /// The cache must be that of the forward pass; it is used up.
    pub fn backward(
        &self,
        (weights, gradients): (&Weights, &mut Gradients),
        shape: Shape,
        (x, d): (&[f32], &[f32]),
        cache: &mut Cache,
        pack: &mut Pack,
    ) {
        match &self.body {
            Body::Mlp { first, second } => {
                let block = &mut cache.blocks[0];
                second.backward_weights(gradients, &block.active[0], d, pack);
                second.backward_input(weights, d, &mut block.active[1], pack);
                Activation::Gelu.backward(&block.up, &mut block.active[1]);
                first.backward_weights(gradients, &block.normal[0], &block.active[1], pack);
                first.backward_input(weights, &block.active[1], &mut block.normal[1], pack);
                Pool { width: self.width }.backward(shape, &block.normal[1], &mut cache.dx);
                add(d, &mut cache.dx);
            }
            Body::Gru(gru) => {
                let (own, dx) = (&mut cache.gru, &mut cache.dx);
                let states = (&cache.out[..], d);
                gru.backward((weights, gradients), shape, x, states, own, dx, pack);
            }
            Body::Cnn(blocks) => {
                cache.dx.clear();
                cache.dx.extend_from_slice(d);
                for (block, own) in blocks.iter().zip(&mut cache.blocks).rev() {
                    block.backward(
                        (weights, gradients),
                        shape,
                        &mut cache.dx,
                        own,
                        &mut cache.spare,
                        pack,
                    );
                }
            }
            Body::Transformer {
                positions,
                blocks,
                norm,
            } => {
                cache.dx.clear();
                cache.dx.extend_from_slice(d);
                norm.backward(weights, gradients, &cache.norm, &mut cache.dx);
                for (block, own) in blocks.iter().zip(&mut cache.blocks).rev() {
                    let both = (weights, &mut *gradients);
                    block.backward(
                        both,
                        shape,
                        (&mut cache.dx, &mut cache.spare),
                        own,
                        self.dropout,
                        pack,
                    );
                }
                let line = shape.batch * self.width;
                let table = gradients.get(*positions).chunks_exact_mut(self.width);
                for (rows, position) in cache.dx.chunks_exact(line.max(1)).zip(table) {
                    super::vector::add_rows_to(rows, position);
                }
            }
        }
    }
}

impl ConvolutionBlock {
    fn new(weights: &mut Weights, block: usize, width: usize, seed: u64) -> Self {
        let mut norm = |half| LayerNorm::new(weights, &format!("block{block}.norm{half}"), width);
        let norms = [norm(0), norm(1)];
        // Each layer looks twice as far back as the one before it: 1, 2, 4, 8.
        let mut convolution = |half: usize| {
            let name = format!("block{block}.convolution{half}");
            Convolution::new(weights, &name, width, 1 << (2 * block + half), seed)
        };
        Self {
            norms,
            convolutions: [convolution(0), convolution(1)],
        }
    }

    fn forward(
        &self,
        weights: &Weights,
        shape: Shape,
        stream: &mut [f32],
        cache: &mut BlockCache,
        spare: &mut Vec<f32>,
        pack: &mut Pack,
    ) {
        let [first, second] = &self.convolutions;
        self.norms[0].forward(weights, stream, &mut cache.normal[0], &mut cache.norms[0]);
        Activation::Relu.forward(&cache.normal[0], &mut cache.active[0]);
        first.forward(weights, shape, &cache.active[0], spare, pack);
        self.norms[1].forward(weights, spare, &mut cache.normal[1], &mut cache.norms[1]);
        Activation::Relu.forward(&cache.normal[1], &mut cache.active[1]);
        second.forward(weights, shape, &cache.active[1], spare, pack);
        add(spare, stream);
    }

    /// Turns the gradient of the stream after the block into that before it, in place.
    fn backward(
        &self,
        (weights, gradients): (&Weights, &mut Gradients),
        shape: Shape,
        d: &mut [f32],
        cache: &mut BlockCache,
        spare: &mut Vec<f32>,
        pack: &mut Pack,
    ) {
        let [first, second] = &self.convolutions;
        second.backward(
            (weights, gradients),
            shape,
            &cache.active[1],
            d,
            spare,
            pack,
        );
        Activation::Relu.backward(&cache.normal[1], spare);
        self.norms[1].backward(weights, gradients, &cache.norms[1], spare);
        first.backward(
            (weights, gradients),
            shape,
            &cache.active[0],
            spare,
            &mut cache.up,
            pack,
        );
        Activation::Relu.backward(&cache.normal[0], &mut cache.up);
        self.norms[0].backward(weights, gradients, &cache.norms[0], &mut cache.up);
        add(&cache.up, d);
    }
}

impl AttentionBlock {
    fn new(weights: &mut Weights, block: usize, width: usize, seed: u64) -> Self {
        let name = |part: &str| format!("block{block}.{part}");
        Self {
            norms: [0, 1].map(|half| LayerNorm::new(weights, &name(&format!("norm{half}")), width)),
            attention: Attention::new(weights, &name("attention"), width, HEADS, seed),
            up: Linear::new(weights, &name("up"), width, 2 * width, seed),
            down: Linear::new(weights, &name("down"), 2 * width, width, seed),
        }
    }

    fn forward(
        &self,
        weights: &Weights,
        shape: Shape,
        (stream, spare): (&mut [f32], &mut Vec<f32>),
        cache: &mut BlockCache,
        (dropout, mut luck): (Dropout, Option<&mut Rng>),
        pack: &mut Pack,
    ) {
        self.norms[0].forward(weights, stream, &mut cache.normal[0], &mut cache.norms[0]);
        self.attention.forward(
            weights,
            shape,
            &cache.normal[0],
            spare,
            &mut cache.attention,
            pack,
        );
        dropout.forward(spare, &mut cache.drops[0], luck.as_deref_mut());
        add(spare, stream);
        self.norms[1].forward(weights, stream, &mut cache.normal[1], &mut cache.norms[1]);
        self.up
            .forward(weights, &cache.normal[1], &mut cache.up, pack);
        Activation::Gelu.forward(&cache.up, &mut cache.active[0]);
        self.down.forward(weights, &cache.active[0], spare, pack);
        dropout.forward(spare, &mut cache.drops[1], luck);
        add(spare, stream);
    }

    /// Turns the gradient of the stream after the block into that before it, in place.
    fn backward(
        &self,
        (weights, gradients): (&Weights, &mut Gradients),
        shape: Shape,
        (d, spare): (&mut Vec<f32>, &mut Vec<f32>),
        cache: &mut BlockCache,
        dropout: Dropout,
        pack: &mut Pack,
    ) {
        spare.clone_from(d);
        dropout.backward(spare, &cache.drops[1]);
        self.down
            .backward_weights(gradients, &cache.active[0], spare, pack);
        self.down
            .backward_input(weights, spare, &mut cache.active[1], pack);
        Activation::Gelu.backward(&cache.up, &mut cache.active[1]);
        self.up
            .backward_weights(gradients, &cache.normal[1], &cache.active[1], pack);
        self.up
            .backward_input(weights, &cache.active[1], spare, pack);
        self.norms[1].backward(weights, gradients, &cache.norms[1], spare);
        add(spare, d);
        spare.clone_from(d);
        dropout.backward(spare, &cache.drops[0]);
        let both = (weights, &mut *gradients);
        let (own, dx) = (&mut cache.attention, &mut cache.active[1]);
        self.attention
            .backward(both, shape, &cache.normal[0], spare, own, dx, pack);
        self.norms[0].backward(weights, gradients, &cache.norms[0], dx);
        add(dx, d);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::check::{check, random};

    const ALL: [Kind; 4] = [Kind::Mlp, Kind::Cnn, Kind::Gru, Kind::Transformer];

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let shape = Shape { time: 5, batch: 2 };
        for kind in ALL {
            let mut weights = Weights::default();
            let encoder = Encoder::new(&mut weights, kind, (4, 5), 0.0, 1);
            let (mut cache, mut pack) = (Cache::default(), Pack::default());
            // Larger than at the start of learning: layer normalisation of tiny rows bends too much for finite differences.
            // With this seed no unit of the convolutions lies within a step of its kink, where a difference is no derivative.
            let x: Vec<f32> = random(shape.rows() * 4, 8)
                .iter()
                .map(|x| 3.0 * x)
                .collect();
            check(&mut weights, &x, |weights, x, dy, gradients| {
                encoder.forward(weights, shape, x, &mut cache, None, &mut pack);
                let y = cache.out.clone();
                let mut dx = Vec::new();
                if let Some(gradients) = gradients {
                    encoder.backward(
                        (weights, gradients),
                        shape,
                        (x, &dy(&y)),
                        &mut cache,
                        &mut pack,
                    );
                    dx.clone_from(&cache.dx);
                }
                (y, dx)
            });
        }
    }

    /// What comes later can't change a state: all encoders are causal, so filling up at the end is harmless.
    #[test]
    fn later_positions_change_nothing() {
        let (long, short) = (Shape { time: 6, batch: 3 }, Shape { time: 4, batch: 3 });
        for kind in ALL {
            let mut weights = Weights::default();
            let encoder = Encoder::new(&mut weights, kind, (8, 6), 0.0, 1);
            let x = random(long.rows() * 8, 3);
            let (mut one, mut two, mut pack) =
                (Cache::default(), Cache::default(), Pack::default());
            encoder.forward(&weights, long, &x, &mut one, None, &mut pack);
            encoder.forward(
                &weights,
                short,
                &x[..short.rows() * 8],
                &mut two,
                None,
                &mut pack,
            );
            assert_eq!(one.out[..two.out.len()], two.out, "{kind:?}");
        }
    }
}
