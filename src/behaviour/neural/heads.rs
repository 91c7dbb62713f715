//! What a network is trained for: telling the next item (behaviour head), and the value of each item (Q head).

use rand::RngExt;

use super::network::Network;
use super::settings::Settings;
use super::step::any_item;
use crate::behaviour::Sessions;
use crate::nn::gemm::{Matrix, Pack, gemm};
use crate::nn::loss::huber;
use crate::nn::vector::{add, axpy, dot, exp, greatest, softmax};
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
/// Items a row's action is told from in the temporal-difference loss (SNQN, Xin et al. 2022).
const NEGATIVES: usize = 10;

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

    /// Notes the likeliest items of a row of probabilities; `name` gives the item of a place.
    fn note(&mut self, row: usize, chances: &[f32], name: impl Fn(usize) -> u32) {
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

    fn supported(&self, row: usize) -> impl Iterator<Item = u32> {
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
    shift: Vec<f32>,
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
            shift: Vec::new(),
        }
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
            self.sample(network, both.0, rng);
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
        let mut loss = 0.0;
        for (number, (row, scores)) in rows
            .iter()
            .zip(self.scores.chunks_exact_mut(items))
            .enumerate()
        {
            let target = row.item as usize;
            let right = scores[target];
            loss += f64::from(softmax(scores) - right);
            heads.note(first + number, scores, |place| place as u32);
            scores[target] -= 1.0 - self.smoothing;
            soften(scores, 1.0, self.smoothing / items as f32, over);
        }
        let table = network.item.table();
        let scores = Matrix::new(&self.scores, items);
        let shape = (rows.len(), width, items);
        gemm(
            d_states,
            shape,
            scores,
            Matrix::new(weights.get(table), width),
            true,
            pack,
        );
        let turned = Matrix::transposed(&self.scores, items);
        let shape = (items, width, rows.len());
        gemm(
            gradients.all_rows(table),
            shape,
            turned,
            Matrix::new(states, width),
            true,
            pack,
        );
        crate::nn::vector::add_rows_to(&self.scores, gradients.all_rows(network.item_bias.table()));
        loss
    }

    /// Draws the negatives of a batch, all different, and gathers their embeddings.
    fn sample(&mut self, network: &Network, weights: &Weights, rng: &mut Rng) {
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
        self.table.clear();
        self.shift.clear();
        for &item in &self.drawn {
            self.table
                .extend_from_slice(network.item.row(weights, item));
            let bias = network.item_bias.row(weights, item)[0];
            self.shift.push(bias - self.correction(item));
        }
        clear(&mut self.d_table, self.table.len());
    }

    /// Logarithm of the probability that an item is in the sample (Jean et al., ACL 2015).
    fn correction(&self, item: u32) -> f32 {
        let at = item as usize;
        let before = if at == 0 { 0 } else { self.sums[at - 1] };
        let share = (self.sums[at] - before) as f64 / self.sums.last().copied().unwrap_or(1) as f64;
        let inside = 1.0 - libm::pow(1.0 - share, self.negatives as f64);
        libm::log(inside.max(1e-12)) as f32
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
            false,
            pack,
        );
        let mut loss = 0.0;
        let each = states
            .chunks_exact(width)
            .zip(d_states.chunks_exact_mut(width));
        for (number, (row, (state, d_state))) in rows.iter().zip(each).enumerate() {
            let scores = &mut self.scores[number * count..(number + 1) * count];
            add(&self.shift, scores);
            let itself = self.drawn.binary_search(&row.item).ok();
            if let Some(place) = itself {
                scores[place] = f32::MIN;
            }
            let own = network.item.row(weights, row.item);
            let bias = network.item_bias.row(weights, row.item)[0];
            let correct = dot(state, own) + bias - {
                let at = row.item as usize;
                let before = if at == 0 { 0 } else { self.sums[at - 1] };
                let share = (self.sums[at] - before) as f64 / self.sums[self.sums.len() - 1] as f64;
                libm::log((1.0 - libm::pow(1.0 - share, self.negatives as f64)).max(1e-12)) as f32
            };
            let others = softmax(scores);
            // The target against the sample: two probabilities that add up to 1.
            let most = if others > correct { others } else { correct };
            let log = most + libm::logf(exp(others - most) + exp(correct - most));
            let (chance, rest) = (exp(correct - log), exp(others - log));
            loss += f64::from(log - correct);
            heads.note(first + number, scores, |place| self.drawn[place]);
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
            true,
            pack,
        );
        let turned = Matrix::transposed(&self.scores, count);
        gemm(
            &mut self.d_table,
            (count, width, rows.len()),
            turned,
            Matrix::new(states, width),
            true,
            pack,
        );
        for (place, &item) in self.drawn.iter().enumerate() {
            let column = self.scores[place..].iter().step_by(count);
            let d: f32 = column.fold(0.0, |sum, d| sum + d);
            gradients.row(network.item_bias.table(), item as usize)[0] += d;
        }
        loss
    }
}

/// Turns probabilities, of which these are a share, into the gradient of the mean cross-entropy against an even distribution.
fn soften(chances: &mut [f32], share: f32, even: f32, over: f32) {
    let each = 1.0 / over;
    for chance in chances {
        *chance = (*chance * share - even) * each;
    }
}

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

    /// Adds to the gradients of the states and weights; returns the mean loss.
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
                self.looked_at.push((row.item, -self.conservative));
                let at = self.looked_at.len();
                let others = heads.supported(number).map(|item| (item, value(item)));
                self.looked_at.extend(others);
                self.looked_at.push((row.item, value(row.item)));
                let own = &mut self.looked_at[at..];
                let most = own
                    .iter()
                    .fold(f32::MIN, |a, b| if b.1 > a { b.1 } else { a });
                let total: f32 = own.iter().map(|entry| exp(entry.1 - most)).sum();
                for entry in own {
                    entry.1 = self.conservative * exp(entry.1 - most) / total;
                }
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
            .backward_input(weights, &self.d_projected, &mut self.d_states, false, pack);
        add(&self.d_states, d_states);
        loss / f64::from(over)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::behaviour::{History, Values as Given};
    use crate::log::EventType;
    use crate::nn::check::{check, random};
    use crate::nn::encoder::Kind;
    use crate::random::stream;

    const ITEMS: u32 = 7;
    const WIDTH: usize = 4;

    fn settings(negatives: usize, smoothing: f32) -> Settings {
        Settings {
            width: WIDTH,
            negatives,
            smoothing,
            value_weight: 1.0,
            gamma: 0.0,
            ..Settings::new(Kind::Mlp, &Given::defaults(super::super::PARAMETERS))
        }
    }

    fn sessions() -> Sessions {
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
    fn rows() -> Vec<Row> {
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
    fn plain(loss: f64, dy: &dyn Fn(&[f32]) -> Vec<f32>) -> Vec<f32> {
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

    /// Without a discount nothing is bootstrapped, and the head fits rewards: a plain gradient.
    #[test]
    fn gradients_of_the_q_head_are_those_of_finite_differences() {
        let settings = settings(0, 0.0);
        let (network, mut weights) = Network::new(&settings, &sessions());
        let target = weights.clone();
        let mut head = Values::new(&settings);
        let states = random(3 * WIDTH, 5);
        check(&mut weights, &states, |weights, x, dy, gradients| {
            let mut spare = Gradients::new(weights);
            let wanted = gradients.is_some();
            let (mut d, mut heads) = (vec![0.0; x.len()], Heads::default());
            heads.begin(true, 3);
            let loss = head.learn(
                &network,
                (weights, &target, gradients.unwrap_or(&mut spare)),
                &rows(),
                ((x, x), &mut d),
                &heads,
                &mut Pack::default(),
                &mut stream(3, "negatives"),
            );
            (plain(loss, dy), if wanted { d } else { Vec::new() })
        });
    }

    /// With label smoothing the gradient of a score is its probability less its share of the target, which all items have some of.
    #[test]
    fn smoothing_spreads_the_target_over_all_items() {
        let settings = settings(0, 0.3);
        let sessions = sessions();
        let (network, weights) = Network::new(&settings, &sessions);
        let states = random(WIDTH, 5);
        let (mut d, mut gradients) = (vec![0.0; WIDTH], Gradients::new(&weights));
        let mut heads = Heads::default();
        heads.begin(false, 1);
        Behaviour::new(&settings, &sessions).learn(
            &network,
            (&weights, &mut gradients),
            &rows()[..1],
            (&states, &mut d),
            &mut heads,
            &mut Pack::default(),
            &mut stream(3, "negatives"),
        );
        let item = |i: u32| network.item.row(&weights, i);
        let score = |i: u32| libm::exp(f64::from(dot(item(i), &states)));
        let total: f64 = (0..ITEMS).map(score).sum();
        for (place, &found) in d.iter().enumerate() {
            let part = |i: u32| {
                let share = 0.3 / f64::from(ITEMS) + if i == 1 { 0.7 } else { 0.0 };
                (score(i) / total - share) * f64::from(item(i)[place])
            };
            let right: f64 = (0..ITEMS).map(part).sum();
            // Rounding of a few sums in f32.
            assert!((f64::from(found) - right).abs() < 1e-6);
        }
    }
}
