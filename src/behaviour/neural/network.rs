//! The network: item embeddings, an encoder, and two heads that share the embeddings.

use std::sync::Arc;

use super::settings::Settings;
use crate::behaviour::{History, Sessions};
use crate::log::EventType;
use crate::nn::dropout::{Dropout, Dropped};
use crate::nn::embedding::{EMPTY, Embedding};
use crate::nn::encoder::{Cache, Encoder};
use crate::nn::gemm::{Matrix, Pack, Plus, gemm};
use crate::nn::gru::Gru;
use crate::nn::linear::Linear;
use crate::nn::pool::Pool;
use crate::nn::projection::{Projected, Projection};
use crate::nn::vector::{add, axpy};
use crate::nn::weights::{Gradients, Weights};
use crate::nn::{Shape, clear, fit};
use crate::random::Rng;

/// Classes of the time since the event before: powers of two of seconds, up to about a day and beyond.
const GAPS: usize = 18;

/// Where everything of a network is among its weights.
#[derive(Clone, Debug)]
pub struct Network {
    /// Events of the history that make the state.
    events: usize,
    /// Numbers of a state.
    pub width: usize,
    /// Items.
    pub items: usize,
    /// The items' embeddings: both inputs and outputs.
    pub item: Embedding,
    /// What each item gains whatever the state, for the behaviour head.
    pub item_bias: Embedding,
    /// The same for the Q head.
    pub value_bias: Embedding,
    /// From the state to what the Q head compares items with.
    pub value: Linear,
    kind: Option<Embedding>,
    gap: Option<Embedding>,
    category: Option<Categories>,
    pub(super) encoder: Encoder,
    dropout: Dropout,
    /// From what the encoder leaves at a position to its state.
    projection: Projection,
    /// Weight of the events' faded mean in what goes past the encoder.
    mean: f32,
}

/// What items of one category share as inputs.
#[derive(Clone, Debug)]
struct Categories {
    table: Embedding,
    /// Category of each item.
    of: Arc<[u32]>,
}

impl Categories {
    /// The category of each of these items; [`EMPTY`], which is also how sessions say that it is not known, where there is none.
    fn look_up(&self, items: &[u32], numbers: &mut Vec<u32>) {
        let one = |&item: &u32| self.of.get(item as usize).copied().unwrap_or(EMPTY);
        numbers.clear();
        numbers.extend(items.iter().map(one));
    }
}

/// The rows that go in: one for each position of each sequence, the time outermost.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// Items; [`EMPTY`] where a sequence has ended.
    pub items: Vec<u32>,
    /// Types of events.
    pub kinds: Vec<u32>,
    /// Classes of the time since the event before.
    pub gaps: Vec<u32>,
}

/// Room for a pass through the network.
#[derive(Clone, Debug, Default)]
pub struct Pass {
    /// The rows that go into the encoder.
    pub x: Vec<f32>,
    /// The encoder's own.
    pub cache: Cache,
    /// For products of matrices.
    pub pack: Pack,
    /// What went from positions to states.
    pub projected: Projected,
    /// Each position beside the mean up to it, and room for their gradients.
    pooled: Vec<f32>,
    d_pooled: Vec<f32>,
    d_x: Vec<f32>,
    d_encoded: Vec<f32>,
    dropped: Dropped,
    inputs: Inputs,
    categories: Vec<u32>,
    scores: Vec<f32>,
    values: Vec<f32>,
    compared: Vec<f32>,
}

fn gap_class(gap: i64) -> u32 {
    let seconds = (gap / 1000).clamp(0, 1 << 30) as u32;
    (32 - seconds.leading_zeros()).min(GAPS as u32 - 1)
}

/// How many categories these items have; none where the log knows none.
pub fn category_count(of_item: &[u32]) -> Option<usize> {
    let known = of_item.iter().filter(|&&category| category != EMPTY);
    known.max().map(|&last| last as usize + 1)
}

fn kind_class(kind: EventType) -> u32 {
    EventType::ALL.iter().position(|&k| k == kind).unwrap_or(0) as u32
}

impl Inputs {
    /// Room for so many positions, all empty.
    pub fn clear(&mut self, shape: Shape) {
        for list in [&mut self.items, &mut self.kinds, &mut self.gaps] {
            list.clear();
            list.resize(shape.rows(), EMPTY);
        }
    }

    /// Fills in one sequence.
    pub fn set(&mut self, shape: Shape, sequence: usize, history: History<'_>) {
        let mut before = None;
        for t in 0..history.items.len() {
            let at = t * shape.batch + sequence;
            self.items[at] = history.items[t];
            self.kinds[at] = kind_class(history.kinds[t]);
            let time = history.times[t];
            self.gaps[at] = before.map_or(EMPTY, |before| gap_class(time.saturating_sub(before)));
            before = Some(time);
        }
    }
}

impl Network {
    /// A network for these sessions' items, with its first weights.
    #[must_use]
    pub fn new(settings: &Settings, sessions: &Sessions) -> (Self, Weights) {
        let mut weights = Weights {
            rows: sessions.names.to_string(),
            ..Weights::default()
        };
        let (seed, width, items) = (settings.seed, settings.width, sessions.items as usize);
        let several_kinds = sessions.kind.windows(2).any(|pair| pair[0] != pair[1]);
        let item = Embedding::new(&mut weights, "item", (items, width), settings.spread, seed);
        weights.keep_length(item.table(), settings.length);
        let item_bias = Embedding::new(&mut weights, "item.bias", (items, 1), 0.0, seed);
        let value_bias = Embedding::new(&mut weights, "item.value", (items, 1), 0.0, seed);
        let value = Linear::new(&mut weights, "value", width, width, seed);
        let mut side = |name, count| Embedding::new(&mut weights, name, (count, width), 0.05, seed);
        let kind = several_kinds.then(|| side("kind", EventType::ALL.len()));
        let gap = (sessions.has_time && settings.gaps).then(|| side("gap", GAPS));
        let category = category_count(&sessions.category).filter(|_| settings.categories);
        let category = category.map(|count| Categories {
            table: side("category", count),
            of: sessions.category.clone(),
        });
        let size = (width, settings.events);
        let encoder = Encoder::new(&mut weights, settings.encoder, size, settings.dropout, seed);
        let projection = Projection::new(
            &mut weights,
            settings.encoder,
            width,
            settings.dropout,
            seed,
        );
        let network = Self {
            events: settings.events,
            width,
            items,
            item,
            item_bias,
            value_bias,
            value,
            kind,
            gap,
            category,
            encoder,
            dropout: Dropout::new(settings.dropout),
            projection,
            mean: settings.mean,
        };
        (network, weights)
    }

    /// Leaves what is encoded in `pass.cache.out`. With `luck` some numbers are dropped, as when learning.
    pub fn forward(
        &self,
        weights: &Weights,
        shape: Shape,
        inputs: &Inputs,
        pass: &mut Pass,
        mut luck: Option<&mut Rng>,
    ) {
        clear(&mut pass.x, shape.rows() * self.width);
        self.item.add_to(weights, &inputs.items, &mut pass.x);
        if let Some(kind) = &self.kind {
            kind.add_to(weights, &inputs.kinds, &mut pass.x);
        }
        if let Some(gap) = &self.gap {
            gap.add_to(weights, &inputs.gaps, &mut pass.x);
        }
        if let Some(category) = &self.category {
            category.look_up(&inputs.items, &mut pass.categories);
            category
                .table
                .add_to(weights, &pass.categories, &mut pass.x);
        }
        self.dropout
            .forward(&mut pass.x, &mut pass.dropped, luck.as_deref_mut());
        if let Some(pool) = self.pool() {
            pool.forward(shape, &pass.x, &mut pass.pooled);
        }
        self.encoder.forward(
            weights,
            shape,
            &pass.x,
            &mut pass.cache,
            luck,
            &mut pass.pack,
        );
    }

    /// The recurrent unit that encodes, where nothing but items goes into it.
    pub fn unit(&self) -> Option<&Gru> {
        let more = self.kind.is_some() || self.gap.is_some() || self.category.is_some();
        self.encoder.unit().filter(|_| !more)
    }

    /// What makes the mean that goes past the encoder, where there is one.
    fn pool(&self) -> Option<Pool> {
        let wanted = self.mean > 0.0 && self.projection.goes_past();
        wanted.then_some(Pool { width: self.width })
    }

    /// Leaves the states at some rows of what was encoded in `pass.projected.states`.
    pub fn states(
        &self,
        weights: &Weights,
        rows: impl Iterator<Item = usize>,
        pass: &mut Pass,
        luck: Option<&mut Rng>,
    ) {
        let width = self.width;
        let through = &mut pass.projected;
        through.hidden.clear();
        through.past.clear();
        for row in rows {
            let at = row * width..(row + 1) * width;
            if self.projection.goes_past() {
                let from = through.past.len();
                through.past.extend_from_slice(&pass.x[at.clone()]);
                if self.pool().is_some() {
                    let mean = &pass.pooled[(2 * row + 1) * width..][..width];
                    axpy(self.mean, mean, &mut through.past[from..]);
                }
            }
            through.hidden.extend_from_slice(&pass.cache.out[at]);
        }
        self.projection
            .forward(weights, &mut pass.projected, luck, &mut pass.pack);
    }

    /// Adds to the gradients, given that of the states at some rows, which is used up. The pass must be that of the forward pass.
    pub fn backward(
        &self,
        (weights, gradients): (&Weights, &mut Gradients),
        shape: Shape,
        inputs: &Inputs,
        (rows, d): (impl Iterator<Item = usize> + Clone, &mut [f32]),
        pass: &mut Pass,
    ) {
        let width = self.width;
        let both = (weights, &mut *gradients);
        self.projection
            .backward(both, &mut pass.projected, d, &mut pass.pack);
        clear(&mut pass.d_encoded, shape.rows() * width);
        for (row, d) in rows.clone().zip(pass.projected.hidden.chunks_exact(width)) {
            pass.d_encoded[row * width..][..width].copy_from_slice(d);
        }
        let both = (weights, &mut *gradients);
        let d_encoded = &pass.d_encoded;
        self.encoder.backward(
            both,
            shape,
            (&pass.x, d_encoded),
            &mut pass.cache,
            &mut pass.pack,
        );
        let dx = &mut pass.cache.dx;
        if self.projection.goes_past() {
            for (row, d) in rows.clone().zip(d.chunks_exact(width)) {
                add(d, &mut dx[row * width..][..width]);
            }
        }
        if let Some(pool) = self.pool() {
            clear(&mut pass.d_pooled, 2 * dx.len());
            for (row, d) in rows.zip(d.chunks_exact(width)) {
                let mean = &mut pass.d_pooled[(2 * row + 1) * width..][..width];
                axpy(self.mean, d, mean);
            }
            pool.backward(shape, &pass.d_pooled, &mut pass.d_x);
            add(&pass.d_x, dx);
        }
        self.dropout.backward(dx, &pass.dropped);
        self.item.backward(gradients, &inputs.items, dx);
        if let Some(kind) = &self.kind {
            kind.backward(gradients, &inputs.kinds, dx);
        }
        if let Some(gap) = &self.gap {
            gap.backward(gradients, &inputs.gaps, dx);
        }
        if let Some(category) = &self.category {
            category.table.backward(gradients, &pass.categories, dx);
        }
    }

    /// Scores of all items by the behaviour head (logits) for each of these states.
    pub fn scores(
        &self,
        weights: &Weights,
        states: &[f32],
        scores: &mut Vec<f32>,
        pack: &mut Pack,
    ) {
        let rows = states.len() / self.width;
        fit(scores, rows * self.items);
        let table = Matrix::transposed(weights.get(self.item.table()), self.width);
        let shape = (rows, self.items, self.width);
        gemm(
            scores,
            shape,
            Matrix::new(states, self.width),
            table,
            Plus::Row(weights.get(self.item_bias.table())),
            pack,
        );
    }

    /// Q-values of all items for each of these states.
    fn values(
        &self,
        weights: &Weights,
        states: &[f32],
        (values, compared): (&mut Vec<f32>, &mut Vec<f32>),
        pack: &mut Pack,
    ) {
        let rows = states.len() / self.width;
        self.value.forward(weights, states, compared, pack);
        fit(values, rows * self.items);
        let table = Matrix::transposed(weights.get(self.item.table()), self.width);
        let shape = (rows, self.items, self.width);
        gemm(
            values,
            shape,
            Matrix::new(compared, self.width),
            table,
            Plus::Row(weights.get(self.value_bias.table())),
            pack,
        );
    }

    /// Scores of all items after a history by the behaviour head, and Q-values where they are asked for. None where the history
    /// holds no item that the network knows.
    pub fn judge<'a>(
        &self,
        weights: &Weights,
        history: History<'_>,
        want_values: bool,
        pass: &'a mut Pass,
    ) -> Option<(&'a mut [f32], &'a [f32])> {
        let mut inputs = std::mem::take(&mut pass.inputs);
        let known = |item: &u32| (*item as usize) < self.items;
        let recent = history.last(self.events);
        let time = recent.items.len();
        let any = recent.items.iter().any(known);
        if any {
            let shape = Shape { time, batch: 1 };
            inputs.clear(shape);
            inputs.set(shape, 0, recent);
            for item in &mut inputs.items {
                *item = if known(item) { *item } else { EMPTY };
            }
            self.forward(weights, shape, &inputs, pass, None);
            self.states(weights, std::iter::once(time - 1), pass, None);
            let state = &pass.projected.states;
            self.scores(weights, state, &mut pass.scores, &mut pass.pack);
            if want_values {
                let into = (&mut pass.values, &mut pass.compared);
                self.values(weights, state, into, &mut pass.pack);
            }
        }
        pass.inputs = inputs;
        any.then_some((&mut pass.scores, &pass.values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::behaviour::Values;
    use crate::nn::check::check;
    use crate::nn::encoder::Kind;

    /// Two sequences of items with types, times and categories, one item of no known category.
    fn sessions() -> Sessions {
        let mut sessions = Sessions::new(5, true);
        sessions.category = [1, 0, 1, EMPTY, 0].into();
        for (items, first) in [([0, 3, 1], 10_000), ([4, 2, 2], 90_000)] {
            let history = History {
                items: &items,
                kinds: &[EventType::View, EventType::Cart, EventType::View],
                times: &[0, first, 3 * first],
            };
            sessions.push(history, 0);
        }
        sessions
    }

    /// From the items, their categories, types and gaps to the states, with the mean that goes past the encoder. Embeddings are larger than at the start of learning, for layer
    /// normalisation of tiny rows bends too much for finite differences; and convolutions are left out, whose kinks have none: what
    /// surrounds them here is what surrounds the MLP.
    #[test]
    fn gradients_of_all_inputs_are_those_of_finite_differences() {
        let sessions = sessions();
        let shape = Shape { time: 3, batch: 2 };
        let mut inputs = Inputs::default();
        inputs.clear(shape);
        for sequence in 0..2 {
            inputs.set(shape, sequence, sessions.session(sequence));
        }
        for kind in [Kind::Mlp, Kind::Gru, Kind::Transformer] {
            let settings = Settings {
                spread: 3.0,
                width: 4,
                dropout: 0.0,
                gaps: true,
                categories: true,
                mean: 0.7,
                ..Settings::new(kind, &Values::defaults(super::super::PARAMETERS))
            };
            let (network, mut weights) = Network::new(&settings, &sessions);
            assert!(weights.tensors.iter().any(|t| t.name == "category"));
            let mut pass = Pass::default();
            check(&mut weights, &[], |weights, _, dy, gradients| {
                network.forward(weights, shape, &inputs, &mut pass, None);
                network.states(weights, 0..6, &mut pass, None);
                let states = pass.projected.states.clone();
                if let Some(gradients) = gradients {
                    let d = &mut dy(&states)[..];
                    let both = (weights, gradients);
                    network.backward(both, shape, &inputs, (0..6, d), &mut pass);
                }
                (states, Vec::new())
            });
        }
    }
}
