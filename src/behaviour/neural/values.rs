//! The value of each item: the Q head, which learns beside the behaviour head.

use super::heads::{Heads, Row};
use super::network::Network;
use super::settings::Settings;
use super::step::any_item;
use crate::nn::clear;
use crate::nn::gemm::Pack;
use crate::nn::loss::huber;
use crate::nn::vector::{add, axpy, dot, exp};
use crate::nn::weights::{Gradients, Weights};
use crate::random::Rng;

/// Items a row's action is told from in the temporal-difference loss (SNQN, Xin et al. 2022).
const NEGATIVES: usize = 10;

/// The Q head's way of learning: double Q-learning with a target network, on what the log did, what it did not do (at reward 0, after
/// SNQN) and, where it is asked for, with a conservative term (CQL, Kumar et al. 2020).
#[derive(Clone, Debug)]
pub struct Values {
    weight: f32,
    gamma: f32,
    conservative: f32,
    projected: Vec<f32>,
    target_projected: Vec<f32>,
    d_projected: Vec<f32>,
    d_states: Vec<f32>,
    looked_at: Vec<(u32, f32)>,
}

impl Values {
    /// Nothing held yet.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self {
            weight: settings.value_weight,
            gamma: settings.gamma,
            conservative: settings.conservative,
            projected: Vec::new(),
            target_projected: Vec::new(),
            d_projected: Vec::new(),
            d_states: Vec::new(),
            looked_at: Vec::new(),
        }
    }

    /// Adds to the gradients of the states and weights; returns the mean loss, before it is weighed against the behaviour head's.
    #[expect(
        clippy::too_many_arguments,
        reason = "one step's parts, borrowed apart"
    )]
    pub fn learn(
        &mut self,
        network: &Network,
        (weights, target, gradients): (&Weights, &Weights, &mut Gradients),
        rows: &[Row],
        ((states, target_states), d_states): ((&[f32], &[f32]), &mut [f32]),
        heads: &Heads,
        pack: &mut Pack,
        rng: &mut Rng,
    ) -> f64 {
        let width = network.width;
        network
            .value
            .forward(weights, states, &mut self.projected, pack);
        network
            .value
            .forward(target, target_states, &mut self.target_projected, pack);
        clear(&mut self.d_projected, self.projected.len());
        // The value of a state: the target network's, of the likely action that the learner holds to be best.
        let state_value = |own: &[f32], targets: &[f32], row: usize| {
            let own = &own[row * width..][..width];
            let value = |item| {
                dot(own, network.item.row(weights, item)) + network.value_bias.row(weights, item)[0]
            };
            let mut best: Option<(u32, f32)> = None;
            for item in heads.supported(row) {
                let value = value(item);
                if best.is_none_or(|(_, most)| value > most) {
                    best = Some((item, value));
                }
            }
            best.map_or(0.0, |(item, _)| {
                let theirs = &targets[row * width..][..width];
                dot(theirs, network.item.row(target, item))
                    + network.value_bias.row(target, item)[0]
            })
        };
        let over = rows.len().max(1) as f32;
        let mut loss = 0.0;
        for (number, row) in rows.iter().enumerate() {
            let own = &self.projected[number * width..][..width];
            let value = |item| {
                dot(own, network.item.row(weights, item)) + network.value_bias.row(weights, item)[0]
            };
            self.looked_at.clear();
            let future = |row| state_value(&self.projected, &self.target_projected, row);
            let bootstrap = match row.next {
                Some(next) => Some(future(next as usize)),
                None => row.end.then_some(0.0),
            };
            if let Some(bootstrap) = bootstrap {
                let (cost, slope) =
                    huber(value(row.item) - (row.reward + self.gamma * bootstrap), 1.0);
                loss += f64::from(cost);
                self.looked_at.push((row.item, slope));
            }
            let stay = self.gamma * future(number);
            for _ in 0..NEGATIVES {
                let item = any_item(network.items, rng);
                if item != row.item {
                    let (cost, slope) = huber(value(item) - stay, 1.0);
                    loss += f64::from(cost) / NEGATIVES as f64;
                    self.looked_at.push((item, slope / NEGATIVES as f32));
                }
            }
            if self.conservative > 0.0 {
                let likely = heads.supported(number);
                let looked_at = &mut self.looked_at;
                loss += f64::from(hold_down(
                    self.conservative,
                    row.item,
                    likely,
                    value,
                    looked_at,
                ));
            }
            let d_own = &mut self.d_projected[number * width..][..width];
            for &(item, slope) in &self.looked_at {
                let d = self.weight * slope / over;
                axpy(d, network.item.row(weights, item), d_own);
                axpy(d, own, gradients.row(network.item.table(), item as usize));
                gradients.row(network.value_bias.table(), item as usize)[0] += d;
            }
        }
        network
            .value
            .backward_weights(gradients, states, &self.d_projected, pack);
        network
            .value
            .backward_input(weights, &self.d_projected, &mut self.d_states, pack);
        add(&self.d_states, d_states);
        loss / f64::from(over)
    }
}

/// The conservative term of one row (CQL, Kumar et al. 2020, equation 4, over the likely items and the action instead of all):
/// `by (ln sum exp Q - Q(action))`. Adds its slopes to those of the items looked at, and returns it.
fn hold_down(
    by: f32,
    action: u32,
    likely: impl Iterator<Item = u32>,
    value: impl Fn(u32) -> f32,
    looked_at: &mut Vec<(u32, f32)>,
) -> f32 {
    let own = value(action);
    let from = looked_at.len();
    let others = likely.filter(|&item| item != action);
    looked_at.extend(others.map(|item| (item, value(item))));
    looked_at.push((action, own));
    let among = &mut looked_at[from..];
    let larger = |a, entry: &(u32, f32)| if entry.1 > a { entry.1 } else { a };
    let most = among.iter().fold(f32::MIN, larger);
    let total: f32 = among.iter().map(|entry| exp(entry.1 - most)).sum();
    for entry in among {
        entry.1 = by * exp(entry.1 - most) / total;
    }
    looked_at.push((action, -by));
    by * (most + libm::logf(total) - own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::behaviour::neural::heads::tests::{ITEMS, WIDTH, plain, rows, sessions, settings};
    use crate::nn::check::{check, random};
    use crate::random::stream;

    /// A learner and a target network that disagree: among items 1 and 2, which are likely after every state but the last, the learner
    /// holds 1 to be best and the target network 2. Both think most of item 6, which is not likely anywhere.
    struct Case {
        network: Network,
        weights: Weights,
        target: Weights,
        states: Vec<f32>,
        target_states: Vec<f32>,
        rows: Vec<Row>,
        heads: Heads,
    }

    impl Case {
        fn new() -> Self {
            let (network, mut weights) = Network::new(&settings(0, 0.0), &sessions());
            let mut target = weights.clone();
            let table = network.value_bias.table();
            let own = [0.1, 0.9, 0.5, -0.4, 0.3, 0.0, 3.0];
            let theirs = [0.2, 0.25, 0.8, -0.3, 0.35, 0.4, 2.0];
            weights.get_mut(table).copy_from_slice(&own);
            target.get_mut(table).copy_from_slice(&theirs);
            let mut heads = Heads::default();
            heads.begin(true, 4);
            for row in 0..3 {
                heads.note(row, &[0.1, 0.4, 0.5, 0.0, 0.0, 0.0, 0.0], |at| at as u32);
            }
            heads.note(3, &[0.1, 0.1, 0.1, 0.3, 0.3, 0.1, 0.0], |at| at as u32);
            let mut rows = rows();
            // Where the window was cut nothing is known of what follows.
            rows.push(Row {
                at: 3,
                item: 4,
                reward: 0.2,
                next: None,
                end: false,
            });
            Self {
                network,
                weights,
                target,
                states: random(4 * WIDTH, 5),
                target_states: random(4 * WIDTH, 6),
                rows,
                heads,
            }
        }

        fn head(gamma: f32, conservative: f32) -> Values {
            Values::new(&Settings {
                value_weight: 1.0,
                gamma,
                conservative,
                ..settings(0, 0.0)
            })
        }

        /// The loss; gradients and those of the states are added to.
        fn learn(
            &self,
            head: &mut Values,
            (weights, gradients): (&Weights, &mut Gradients),
            (states, d): (&[f32], &mut [f32]),
        ) -> f64 {
            head.learn(
                &self.network,
                (weights, &self.target, gradients),
                &self.rows,
                ((states, &self.target_states), d),
                &self.heads,
                &mut Pack::default(),
                &mut stream(3, "negatives"),
            )
        }
    }

    /// What is bootstrapped from is a number of the target network, and no gradient goes through it.
    #[test]
    fn gradients_of_the_q_head_are_those_of_finite_differences() {
        for (gamma, conservative) in [(0.0, 0.0), (0.7, 0.0), (0.7, 0.4)] {
            let case = Case::new();
            let mut head = Case::head(gamma, conservative);
            let mut weights = case.weights.clone();
            check(&mut weights, &case.states, |weights, x, dy, gradients| {
                let mut spare = Gradients::new(weights);
                let wanted = gradients.is_some();
                let mut d = vec![0.0; x.len()];
                let both = (weights, gradients.unwrap_or(&mut spare));
                let loss = case.learn(&mut head, both, (x, &mut d));
                (plain(loss, dy), if wanted { d } else { Vec::new() })
            });
        }
    }

    /// What the twin may leave out.
    #[derive(Clone, Copy, PartialEq)]
    enum Part {
        Nothing,
        Bootstrap,
        Support,
        Double,
        Target,
        Negatives,
        Conservative,
    }

    /// The loss in `f64`, word for word: the squares and lines of Huber's loss, the targets of Double Q-learning among likely items, ten
    /// items drawn evenly that earn nothing in an unchanged state, and the conservative term.
    fn twin(case: &Case, gamma: f64, conservative: f64, without: Part) -> f64 {
        let Case {
            network,
            heads,
            rows,
            ..
        } = case;
        let value = |weights: &Weights, states: &[f32], row: usize, item: u32| {
            let mut compared = Vec::new();
            let state = &states[row * WIDTH..][..WIDTH];
            let pack = &mut Pack::default();
            network.value.forward(weights, state, &mut compared, pack);
            let embedding = network.item.row(weights, item);
            let both = compared.iter().zip(embedding);
            let product: f64 = both.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            product + f64::from(network.value_bias.row(weights, item)[0])
        };
        let own = |row, item| value(&case.weights, &case.states, row, item);
        let theirs = |row, item| value(&case.target, &case.target_states, row, item);
        let huber = |x: f64| {
            if x.abs() <= 1.0 {
                x * x / 2.0
            } else {
                x.abs() - 0.5
            }
        };
        let future = |row: usize| {
            let mut items: Vec<u32> = heads.supported(row).collect();
            if without == Part::Support {
                items = (0..ITEMS).collect();
            }
            let by = |item: &u32| match without {
                Part::Double => theirs(row, *item),
                _ => own(row, *item),
            };
            let best = items.into_iter().max_by(|a, b| by(a).total_cmp(&by(b)));
            best.map_or(0.0, |item| match without {
                Part::Target => own(row, item),
                Part::Bootstrap => 0.0,
                _ => theirs(row, item),
            })
        };
        let mut rng = stream(3, "negatives");
        let mut loss = 0.0;
        for (number, row) in rows.iter().enumerate() {
            let reward = f64::from(row.reward);
            if let Some(next) = row.next {
                loss += huber(own(number, row.item) - reward - gamma * future(next as usize));
            } else if row.end {
                loss += huber(own(number, row.item) - reward);
            }
            for _ in 0..10 {
                let item = any_item(ITEMS as usize, &mut rng);
                if item != row.item && without != Part::Negatives {
                    loss += huber(own(number, item) - gamma * future(number)) / 10.0;
                }
            }
            if without != Part::Conservative {
                let mut among: Vec<u32> = heads.supported(number).collect();
                if !among.contains(&row.item) {
                    among.push(row.item);
                }
                let total: f64 = among.iter().map(|&item| own(number, item).exp()).sum();
                loss += conservative * (total.ln() - own(number, row.item));
            }
        }
        loss / rows.len() as f64
    }

    #[test]
    fn the_q_head_is_as_its_formula_and_every_part_of_it_counts() {
        let case = Case::new();
        let (gamma, conservative) = (0.7, 0.4);
        let mut gradients = Gradients::new(&case.weights);
        let loss = case.learn(
            &mut Case::head(gamma, conservative),
            (&case.weights, &mut gradients),
            (&case.states, &mut vec![0.0; case.states.len()]),
        );
        let twin = |without| twin(&case, f64::from(gamma), f64::from(conservative), without);
        // Some fifty terms of order 1, each rounded in f32.
        let off = (loss - twin(Part::Nothing)).abs();
        assert!(off < 2e-6, "{loss} {off}");
        for part in [
            Part::Bootstrap,
            Part::Support,
            Part::Double,
            Part::Target,
            Part::Negatives,
            Part::Conservative,
        ] {
            assert!((loss - twin(part)).abs() > 1e-3);
        }
    }

    /// What the conservative term adds to the gradient of each value is its weight times the softmax over the likely items and the
    /// action, less one for the action.
    #[test]
    fn the_conservative_term_pulls_towards_the_action() {
        let values = [0.5f32, -1.0, 2.0, 0.1];
        for (action, among) in [(2u32, [1u32, 2]), (0, [1, 3])] {
            let mut slopes = Vec::new();
            let value = |item: u32| values[item as usize];
            hold_down(0.3, action, among.into_iter(), value, &mut slopes);
            let mut found = [0.0f64; 4];
            for (item, slope) in slopes {
                found[item as usize] += f64::from(slope);
            }
            let power = |item: u32| {
                let inside = item == action || among.contains(&item);
                if inside {
                    f64::from(value(item)).exp()
                } else {
                    0.0
                }
            };
            let total: f64 = (0..4).map(power).sum();
            for item in 0..4 {
                let one = if item == action { 1.0 } else { 0.0 };
                let right = 0.3 * (power(item) / total - one);
                // One exponential and a few roundings of numbers below 1 in f32.
                assert!((found[item as usize] - right).abs() < 1e-7, "{item}");
            }
        }
    }
}
