//! What a network is trained for: telling the next item (behaviour head), and the value of each item (Q head).

use rand::RngExt;

use super::network::Network;
use super::settings::Settings;
use crate::behaviour::Sessions;
use crate::nn::gemm::{Matrix, Pack, Plus, gemm};
use crate::nn::loss::{cross_entropy, soften};
use crate::nn::vector::{add, add_rows_to, axpy, dot, exp, greatest, softmax};
use crate::nn::weights::{Gradients, Weights};
use crate::nn::{clear, fit};
use crate::random::Rng;

/// Scores held at once, at most: batches with more are done in parts.
const MOST_SCORES: usize = 1 << 21;
/// Rows whose scores of so many candidates are held at once.
fn rows_at_once(candidates: usize) -> usize {
    (MOST_SCORES / candidates.max(1)).max(16)
}

/// Scores of so many candidates held at once for a batch with so many targets.
pub fn most_scores(candidates: u64, targets: u64) -> u64 {
    candidates * targets.min(rows_at_once(candidates as usize) as u64)
}

/// A bootstrap looks at no more items than these, the likeliest.
const SUPPORT: usize = 8;
/// And only at those at least so likely, relative to the likeliest (BCQ, Fujimoto et al. 2019).
const SUPPORT_SHARE: f32 = 0.3;

/// One target: what was done after a state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// Row of the state in the batch.
    pub at: usize,
    /// The item that came next: the action.
    pub item: u32,
    /// What it earned.
    pub reward: f32,
    /// The target (by its number in the list) whose state is the next one.
    pub next: Option<u32>,
    /// Whether the session ends with it. Where it does not and nothing is next, the window was cut there.
    pub end: bool,
}

/// What the behaviour head tells the Q head: which items are likely after each state.
#[derive(Clone, Debug, Default)]
pub struct Heads {
    wanted: bool,
    support: Vec<[(u32, f32); SUPPORT]>,
}

impl Heads {
    /// Forgets the batch before; `wanted` where a Q head learns too.
    pub fn begin(&mut self, wanted: bool, rows: usize) {
        self.wanted = wanted;
        self.support.clear();
        if wanted {
            self.support.resize(rows, [(u32::MAX, 0.0); SUPPORT]);
        }
    }

    /// Notes the likeliest items of a row of probabilities, of which only the ratios count; `name` gives the item of a place.
    pub(super) fn note(&mut self, row: usize, chances: &[f32], name: impl Fn(usize) -> u32) {
        if !self.wanted {
            return;
        }
        let least = SUPPORT_SHARE * greatest(chances);
        let best = &mut self.support[row];
        for (place, &chance) in chances.iter().enumerate() {
            if chance >= least && chance > best[SUPPORT - 1].1 {
                let after = best.partition_point(|entry| entry.1 >= chance);
                best[after..].rotate_right(1);
                best[after] = (name(place), chance);
            }
        }
    }

    /// The items noted for a row, the likeliest first.
    pub(super) fn supported(&self, row: usize) -> impl Iterator<Item = u32> {
        let known = self.support[row].iter().map(|entry| entry.0);
        known.take_while(|&item| item != u32::MAX)
    }
}

/// The behaviour head's way of learning: full softmax, or softmax over a sample.
#[derive(Clone, Debug)]
pub struct Behaviour {
    negatives: usize,
    /// Share of the target's probability that is spread over all that it competes with (Szegedy et al., CVPR 2016).
    smoothing: f32,
    /// Running sums of what items are drawn by, where a sample is taken.
    sums: Vec<u64>,
    drawn: Vec<u32>,
    inside: Vec<bool>,
    scores: Vec<f32>,
    table: Vec<f32>,
    d_table: Vec<f32>,
    d_bias: Vec<f32>,
    /// Biases of the drawn items, and the same less what corrects for the draw.
    bias: Vec<f32>,
    shift: Vec<f32>,
    likely: Vec<f32>,
}

impl Behaviour {
    /// Draws negatives by how often items occur, to the power of 3/4 (Mikolov et al. 2013).
    #[must_use]
    pub fn new(settings: &Settings, sessions: &Sessions) -> Self {
        let items = sessions.items as usize;
        let negatives = settings.negatives_among(items);
        let mut sums = Vec::new();
        if negatives > 0 {
            let mut count = vec![0u32; items];
            for &item in &sessions.item {
                count[item as usize] += 1;
            }
            let mut total = 0u64;
            for count in count {
                total += 1 + (1024.0 * libm::pow(f64::from(count), 0.75)) as u64;
                sums.push(total);
            }
        }
        Self {
            negatives,
            smoothing: settings.smoothing,
            sums,
            drawn: Vec::new(),
            inside: vec![false; if negatives > 0 { items } else { 0 }],
            scores: Vec::new(),
            table: Vec::new(),
            d_table: Vec::new(),
            d_bias: Vec::new(),
            bias: Vec::new(),
            shift: Vec::new(),
            likely: Vec::new(),
        }
    }

    /// Gives back what learning held.
    pub fn release(&mut self) {
        for list in [
            &mut self.scores,
            &mut self.table,
            &mut self.d_table,
            &mut self.d_bias,
            &mut self.bias,
            &mut self.shift,
            &mut self.likely,
        ] {
            *list = Vec::new();
        }
        (self.sums, self.drawn, self.inside) = (Vec::new(), Vec::new(), Vec::new());
    }

    /// Adds to the gradients of the states and weights; returns the mean cross-entropy.
    #[expect(
        clippy::too_many_arguments,
        clippy::needless_pass_by_value,
        reason = "one step's parts, borrowed apart"
    )]
    pub fn learn(
        &mut self,
        network: &Network,
        both: (&Weights, &mut Gradients),
        rows: &[Row],
        states: (&[f32], &mut [f32]),
        heads: &mut Heads,
        pack: &mut Pack,
        rng: &mut Rng,
    ) -> f64 {
        let candidates = if self.negatives > 0 {
            self.negatives + 1
        } else {
            network.items
        };
        if self.negatives > 0 {
            self.draw(rng);
            self.gather(network, both.0);
        }
        let (weights, gradients) = both;
        let part = rows_at_once(candidates);
        let width = network.width;
        let over = rows.len().max(1) as f32;
        let mut loss = 0.0;
        for from in (0..rows.len()).step_by(part) {
            let to = (from + part).min(rows.len());
            let own = (
                &states.0[from * width..to * width],
                &mut states.1[from * width..to * width],
            );
            let both = (weights, &mut *gradients);
            loss += if self.negatives > 0 {
                self.sampled(
                    network,
                    both,
                    (&rows[from..to], from),
                    own,
                    over,
                    heads,
                    pack,
                )
            } else {
                self.full(
                    network,
                    both,
                    (&rows[from..to], from),
                    own,
                    over,
                    heads,
                    pack,
                )
            };
        }
        if self.negatives > 0 {
            for (&item, d) in self.drawn.iter().zip(self.d_table.chunks_exact(width)) {
                add(d, gradients.row(network.item.table(), item as usize));
                self.inside[item as usize] = false;
            }
        }
        loss / f64::from(over)
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one step's parts, borrowed apart"
    )]
    fn full(
        &mut self,
        network: &Network,
        (weights, gradients): (&Weights, &mut Gradients),
        (rows, first): (&[Row], usize),
        (states, d_states): (&[f32], &mut [f32]),
        over: f32,
        heads: &mut Heads,
        pack: &mut Pack,
    ) -> f64 {
        let (items, width) = (network.items, network.width);
        network.scores(weights, states, &mut self.scores, pack);
        let targets = rows.iter().map(|row| row.item);
        let how = (self.smoothing, over);
        let loss = cross_entropy(&mut self.scores, items, targets, how, |number, chances| {
            heads.note(first + number, chances, |place| place as u32);
        });
        let table = network.item.table();
        let scores = Matrix::new(&self.scores, items);
        let shape = (rows.len(), width, items);
        gemm(
            d_states,
            shape,
            scores,
            Matrix::new(weights.get(table), width),
            Plus::Itself,
            pack,
        );
        let turned = Matrix::transposed(&self.scores, items);
        let shape = (items, width, rows.len());
        gemm(
            gradients.all_rows(table),
            shape,
            turned,
            Matrix::new(states, width),
            Plus::Itself,
            pack,
        );
        add_rows_to(&self.scores, gradients.all_rows(network.item_bias.table()));
        loss
    }

    /// Draws the negatives of a batch, all different.
    fn draw(&mut self, rng: &mut Rng) {
        let total = self.sums.last().copied().unwrap_or(1);
        self.drawn.clear();
        for _ in 0..self.negatives {
            let draw = rng.random_range(0..total);
            let item = self.sums.partition_point(|&sum| sum <= draw);
            if !std::mem::replace(&mut self.inside[item], true) {
                self.drawn.push(item as u32);
            }
        }
        self.drawn.sort_unstable();
    }

    /// Gathers embeddings and biases of what was drawn.
    fn gather(&mut self, network: &Network, weights: &Weights) {
        self.table.clear();
        self.bias.clear();
        self.shift.clear();
        for &item in &self.drawn {
            self.table
                .extend_from_slice(network.item.row(weights, item));
            let bias = network.item_bias.row(weights, item)[0];
            self.bias.push(bias);
            self.shift
                .push(bias - correction(&self.sums, self.negatives, item));
        }
        clear(&mut self.d_table, self.table.len());
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one step's parts, borrowed apart"
    )]
    fn sampled(
        &mut self,
        network: &Network,
        (weights, gradients): (&Weights, &mut Gradients),
        (rows, first): (&[Row], usize),
        (states, d_states): (&[f32], &mut [f32]),
        over: f32,
        heads: &mut Heads,
        pack: &mut Pack,
    ) -> f64 {
        let (width, count) = (network.width, self.drawn.len());
        fit(&mut self.scores, rows.len() * count);
        let table = Matrix::transposed(&self.table, width);
        let shape = (rows.len(), count, width);
        gemm(
            &mut self.scores,
            shape,
            Matrix::new(states, width),
            table,
            Plus::Nothing,
            pack,
        );
        let mut loss = 0.0;
        let each = states
            .chunks_exact(width)
            .zip(d_states.chunks_exact_mut(width));
        for (number, (row, (state, d_state))) in rows.iter().zip(each).enumerate() {
            let scores = &mut self.scores[number * count..(number + 1) * count];
            let own = network.item.row(weights, row.item);
            let plain = dot(state, own) + network.item_bias.row(weights, row.item)[0];
            let itself = self.drawn.binary_search(&row.item).ok();
            if heads.wanted {
                // By what the network says: corrected scores would call likely what is rarely drawn.
                self.likely.clear();
                let both = scores.iter().zip(&self.bias);
                self.likely.extend(both.map(|(score, bias)| score + bias));
                self.likely.extend(itself.is_none().then_some(plain));
                softmax(&mut self.likely);
                let name = |place: usize| self.drawn.get(place).copied().unwrap_or(row.item);
                heads.note(first + number, &self.likely, name);
            }
            add(&self.shift, scores);
            if let Some(place) = itself {
                scores[place] = f32::MIN;
            }
            let correct = plain - correction(&self.sums, self.negatives, row.item);
            let others = softmax(scores);
            // The target against the sample: two probabilities that add up to 1.
            let most = if others > correct { others } else { correct };
            let log = most + libm::logf(exp(others - most) + exp(correct - most));
            let (chance, rest) = (exp(correct - log), exp(others - log));
            loss += f64::from(log - correct);
            let competing = count + usize::from(itself.is_none());
            let even = self.smoothing / competing as f32;
            soften(scores, rest, even, over);
            if let Some(place) = itself {
                scores[place] = 0.0;
            }
            let d = (chance - (1.0 - self.smoothing) - even) / over;
            axpy(d, own, d_state);
            axpy(
                d,
                state,
                gradients.row(network.item.table(), row.item as usize),
            );
            gradients.row(network.item_bias.table(), row.item as usize)[0] += d;
        }
        let scores = Matrix::new(&self.scores, count);
        gemm(
            d_states,
            (rows.len(), width, count),
            scores,
            Matrix::new(&self.table, width),
            Plus::Itself,
            pack,
        );
        let turned = Matrix::transposed(&self.scores, count);
        gemm(
            &mut self.d_table,
            (count, width, rows.len()),
            turned,
            Matrix::new(states, width),
            Plus::Itself,
            pack,
        );
        clear(&mut self.d_bias, count);
        add_rows_to(&self.scores, &mut self.d_bias);
        for (d, &item) in self.d_bias.iter().zip(&self.drawn) {
            gradients.row(network.item_bias.table(), item as usize)[0] += d;
        }
        loss
    }
}

/// Logarithm of the probability that an item is among so many drawn by these running sums (Jean et al., ACL 2015).
fn correction(sums: &[u64], negatives: usize, item: u32) -> f32 {
    let at = item as usize;
    let before = if at == 0 { 0 } else { sums[at - 1] };
    let share = (sums[at] - before) as f64 / sums.last().copied().unwrap_or(1) as f64;
    let inside = 1.0 - libm::pow(1.0 - share, negatives as f64);
    libm::log(inside.max(1e-12)) as f32
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::behaviour::{History, Values as Given};
    use crate::log::EventType;
    use crate::nn::check::{check, random};
    use crate::nn::encoder::Kind;
    use crate::random::stream;

    pub const ITEMS: u32 = 7;
    pub const WIDTH: usize = 4;

    pub fn settings(negatives: usize, smoothing: f32) -> Settings {
        Settings {
            width: WIDTH,
            negatives,
            smoothing,
            ..Settings::new(Kind::Mlp, &Given::defaults(super::super::PARAMETERS))
        }
    }

    pub fn sessions() -> Sessions {
        let mut sessions = Sessions::new(ITEMS, false);
        let history = History {
            items: &[0, 1, 2, 1, 5],
            kinds: &[EventType::View; 5],
            times: &[0; 5],
        };
        sessions.push(history, 0);
        sessions
    }

    /// Three targets, the last one an end.
    pub fn rows() -> Vec<Row> {
        let row = |(at, item): (usize, u32)| Row {
            at,
            item,
            reward: 0.3 * item as f32,
            next: (at < 2).then_some(at as u32 + 1),
            end: at == 2,
        };
        [(0, 1), (1, 2), (2, 5)].map(row).to_vec()
    }

    /// The factor that the check multiplies an output by is taken out: what is checked is the loss itself.
    pub fn plain(loss: f64, dy: &dyn Fn(&[f32]) -> Vec<f32>) -> Vec<f32> {
        vec![loss as f32 / dy(&[0.0])[0]]
    }

    #[test]
    fn gradients_of_the_behaviour_head_are_those_of_finite_differences() {
        for negatives in [0, 4] {
            let settings = settings(negatives, 0.0);
            let sessions = sessions();
            let (network, mut weights) = Network::new(&settings, &sessions);
            let mut head = Behaviour::new(&settings, &sessions);
            let states = random(3 * WIDTH, 5);
            check(&mut weights, &states, |weights, x, dy, gradients| {
                let mut spare = Gradients::new(weights);
                let wanted = gradients.is_some();
                let (mut d, mut heads) = (vec![0.0; x.len()], Heads::default());
                heads.begin(true, 3);
                let loss = head.learn(
                    &network,
                    (weights, gradients.unwrap_or(&mut spare)),
                    &rows(),
                    (x, &mut d),
                    &mut heads,
                    &mut Pack::default(),
                    &mut stream(3, "negatives"),
                );
                (plain(loss, dy), if wanted { d } else { Vec::new() })
            });
        }
    }

    /// Of one target in `f64`: its cross-entropy, and the derivative by the score of every item. `logs` corrects the scores of those
    /// that compete; the others have none.
    fn twin(
        scores: &[f64],
        logs: &[Option<f64>],
        target: usize,
        smoothing: f64,
    ) -> (f64, Vec<f64>) {
        let powers: Vec<f64> = scores
            .iter()
            .zip(logs)
            .map(|(score, log)| log.map_or(0.0, |log| (score - log).exp()))
            .collect();
        let total: f64 = powers.iter().sum();
        let competing = logs.iter().flatten().count() as f64;
        let slope = |(item, power): (usize, &f64)| {
            let even = logs[item].map_or(0.0, |_| smoothing / competing);
            let right = if item == target { 1.0 - smoothing } else { 0.0 };
            power / total - even - right
        };
        let slopes = powers.iter().enumerate().map(slope).collect();
        (-(powers[target] / total).ln(), slopes)
    }

    /// Loss and all gradients, over all items and over a sample, whose corrections are the logarithms of Jean et al., without label
    /// smoothing and with it.
    #[test]
    fn the_behaviour_head_is_as_its_formula() {
        for (negatives, smoothing) in [(0, 0.0), (0, 0.3), (4, 0.0), (4, 0.3)] {
            let (settings, sessions) = (settings(negatives, smoothing), sessions());
            let (network, mut weights) = Network::new(&settings, &sessions);
            let biases = random(ITEMS as usize, 8);
            let table = network.item_bias.table();
            weights.get_mut(table).copy_from_slice(&biases);
            let states = random(3 * WIDTH, 5);
            let (mut d, mut gradients) = (vec![0.0; states.len()], Gradients::new(&weights));
            let mut heads = Heads::default();
            heads.begin(false, 3);
            let mut head = Behaviour::new(&settings, &sessions);
            let loss = head.learn(
                &network,
                (&weights, &mut gradients),
                &rows(),
                (&states, &mut d),
                &mut heads,
                &mut Pack::default(),
                &mut stream(3, "negatives"),
            );
            // Items of the log occur 1, 2, 1, 0, 0, 1 and 0 times; each counts 1 and 1024 times its count to the power of 3/4.
            let shares = [1025.0, 1723.0, 1025.0, 1.0, 1.0, 1025.0, 1.0].map(|n: f64| n / 4801.0);
            let log = |item: u32| match negatives {
                0 => 0.0,
                _ => (1.0 - (1.0 - shares[item as usize]).powi(negatives as i32)).ln(),
            };
            let exact = |a: &[f32], b: &[f32]| -> f64 {
                a.iter()
                    .zip(b)
                    .map(|(a, b)| f64::from(*a) * f64::from(*b))
                    .sum()
            };
            let mut total = 0.0;
            let mut by_state = vec![0.0; states.len()];
            let mut by_item = vec![[0.0; WIDTH]; ITEMS as usize];
            let mut by_bias = [0.0; ITEMS as usize];
            for (number, row) in rows().iter().enumerate() {
                let state = &states[number * WIDTH..][..WIDTH];
                let embedding = |item| network.item.row(&weights, item);
                let score = |item| exact(state, embedding(item)) + f64::from(biases[item as usize]);
                let competes =
                    |item| negatives == 0 || item == row.item || head.drawn.contains(&item);
                let scores: Vec<f64> = (0..ITEMS).map(score).collect();
                let logs: Vec<_> = (0..ITEMS).map(|i| competes(i).then(|| log(i))).collect();
                let (cost, slopes) = twin(&scores, &logs, row.item as usize, f64::from(smoothing));
                total += cost / 3.0;
                for (item, slope) in slopes.iter().enumerate() {
                    by_bias[item] += slope / 3.0;
                    for place in 0..WIDTH {
                        let other = f64::from(embedding(item as u32)[place]);
                        by_state[number * WIDTH + place] += slope / 3.0 * other;
                        by_item[item][place] += slope / 3.0 * f64::from(state[place]);
                    }
                }
            }
            // Sums of a dozen terms of order 1 in f32, and its exponential.
            let agree = |found: f32, right: f64| {
                assert!(
                    (f64::from(found) - right).abs() < 1e-6,
                    "{found} is not {right}"
                );
            };
            agree(loss as f32, total);
            for (found, right) in d.iter().zip(&by_state) {
                agree(*found, *right);
            }
            for item in 0..ITEMS as usize {
                agree(gradients.row(table, item)[0], by_bias[item]);
                let row = gradients.row(network.item.table(), item);
                for (found, right) in row.iter().zip(&by_item[item]) {
                    agree(*found, *right);
                }
            }
        }
    }

    /// Item 0 is hardly ever drawn and less than a third as likely as item 5, which came next but was not drawn. By scores corrected for
    /// the draw it would be likelier than item 1, and item 5 would be nowhere.
    #[test]
    fn what_is_likely_in_a_sample_is_by_the_network_and_holds_what_came_next() {
        let (settings, sessions) = (settings(2, 0.1), sessions());
        let (network, mut weights) = Network::new(&settings, &sessions);
        weights.get_mut(network.item.table()).fill(0.0);
        let biases = [0.0, 1.0, 9.0, 9.0, 9.0, 2.0, 9.0];
        weights
            .get_mut(network.item_bias.table())
            .copy_from_slice(&biases);
        let mut head = Behaviour::new(&settings, &sessions);
        head.sums = vec![1, 1001, 1002, 1003, 1004, 2004, 2005];
        head.drawn = vec![0, 1];
        head.gather(&network, &weights);
        let mut heads = Heads::default();
        heads.begin(true, 2);
        let (first, last) = (rows()[0], rows()[2]);
        head.sampled(
            &network,
            (&weights, &mut Gradients::new(&weights)),
            (&[last, first], 0),
            (&random(2 * WIDTH, 5), &mut [0.0; 2 * WIDTH]),
            2.0,
            &mut heads,
            &mut Pack::default(),
        );
        let supported = |row| heads.supported(row).collect::<Vec<_>>();
        assert_eq!(supported(0), [5, 1]);
        // Item 1 came next and was drawn: it counts once.
        assert_eq!(supported(1), [1, 0]);
    }
}
