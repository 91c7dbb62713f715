//! What a recurrent unit makes of each item before it looks back, for weights that many batches go through: the target network's.

use super::network::Network;
use crate::nn::embedding::EMPTY;
use crate::nn::gemm::Pack;
use crate::nn::weights::Weights;

/// Bytes it may take at most; with more items nothing is kept.
const MOST_BYTES: u64 = 64 << 20;

/// The first product of the unit for every item, made when it is first asked for.
#[derive(Clone, Debug)]
pub struct Known {
    /// One row an item, then that of an empty place.
    rows: Vec<f32>,
    made: Vec<bool>,
    missing: Vec<usize>,
    /// What goes into the unit, and what it makes of it.
    x: Vec<f32>,
    fresh: Vec<f32>,
}

/// Bytes for a network of such a width over so many items; 0 where it keeps nothing.
pub fn bytes(items: u64, width: u64) -> u64 {
    let bytes = (items + 1) * 4 * (3 * width + 1);
    if bytes > MOST_BYTES { 0 } else { bytes }
}

impl Known {
    /// Nothing yet. None where the network's inputs are more than items, or its encoder isn't a recurrent unit, or it has too many items.
    #[must_use]
    pub fn new(network: &Network) -> Option<Self> {
        let (items, width) = (network.items, network.width);
        let wanted = network.unit().is_some() && bytes(items as u64, width as u64) > 0;
        wanted.then(|| Self {
            rows: vec![0.0; (items + 1) * 3 * width],
            made: vec![false; items + 1],
            missing: Vec::new(),
            x: Vec::new(),
            fresh: Vec::new(),
        })
    }

    /// The weights have changed.
    pub fn forget(&mut self) {
        self.made.fill(false);
    }

    /// Writes the rows of these items, or empty places.
    pub fn recall(
        &mut self,
        network: &Network,
        weights: &Weights,
        items: &[u32],
        into: &mut Vec<f32>,
        pack: &mut Pack,
    ) {
        into.clear();
        let Some(unit) = network.unit() else {
            return;
        };
        let (empty, width) = (network.items, network.width);
        let place = |item: u32| if item == EMPTY { empty } else { item as usize };
        self.missing.clear();
        self.x.clear();
        for &item in items {
            if !std::mem::replace(&mut self.made[place(item)], true) {
                self.missing.push(place(item));
                if item == EMPTY {
                    self.x.resize(self.x.len() + width, 0.0);
                } else {
                    self.x.extend_from_slice(network.item.row(weights, item));
                }
            }
        }
        unit.look(weights, &self.x, &mut self.fresh, pack);
        let row = |place: usize| place * 3 * width..(place + 1) * 3 * width;
        for (&place, fresh) in self.missing.iter().zip(self.fresh.chunks_exact(3 * width)) {
            self.rows[row(place)].copy_from_slice(fresh);
        }
        for &item in items {
            into.extend_from_slice(&self.rows[row(place(item))]);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::behaviour::{History, Sessions, Values};
    use crate::log::EventType;
    use crate::nn::encoder::Kind;
    use crate::nn::{Shape, encoder::Cache};

    fn network(kind: Kind) -> (Network, Weights) {
        let mut sessions = Sessions::new(6, false);
        let history = History {
            items: &[0, 1, 5],
            kinds: &[EventType::View; 3],
            times: &[0; 3],
        };
        sessions.push(history, 0);
        let values = Values::defaults(super::super::PARAMETERS);
        Network::new(&super::super::Settings::new(kind, &values), &sessions)
    }

    /// What is kept is what the unit would make of the items, bit by bit, whatever batch they come in, and of changed weights anew.
    #[test]
    fn what_is_recalled_changes_nothing() {
        let (network, mut weights) = network(Kind::Gru);
        let mut known = Known::new(&network).unwrap();
        let mut pack = Pack::default();
        let batches = [[0, 3, 3, EMPTY, 5, 1], [5, EMPTY, 2, 0, 0, 4]];
        for round in 0..3 {
            for items in &batches {
                let mut x = vec![0.0; items.len() * network.width];
                network.item.add_to(&weights, items, &mut x);
                let (shape, encoder) = (Shape { time: 3, batch: 2 }, &network.encoder);
                let (mut plain, mut quick) = (Cache::default(), Cache::default());
                encoder.forward(&weights, shape, &x, &mut plain, None, &mut pack);
                known.recall(&network, &weights, items, quick.looked_at(), &mut pack);
                encoder.forward(&weights, shape, &x, &mut quick, None, &mut pack);
                assert!(!quick.looked_at().is_empty());
                assert_eq!(plain.out, quick.out, "round {round}");
            }
            for value in &mut weights.tensors[0].value {
                *value *= 1.5;
            }
            known.forget();
        }
    }

    #[test]
    fn other_encoders_and_too_many_items_keep_nothing() {
        assert!(Known::new(&network(Kind::Mlp).0).is_none());
        assert_eq!(bytes(1_000_000, 64), 0);
        assert_eq!(bytes(9, 1), 160);
    }
}
