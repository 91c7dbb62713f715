//! The step of learning of `src/agent/drill.rs` (GRU, softmax over 512 shared negatives, temporal differences with a target
//! network, Adam) in burn's tensors on its CPU backend flex, for `cargo xtask bench networks`.
//!
//! It does a little less than ours: the bootstrap takes the action that was taken instead of the best of the likely ones. Adam
//! goes over all rows of the tables, as burn's own does; ours steps the touched rows only.

use std::cell::RefCell;

use burn_tensor::activation::{log_softmax, sigmoid};
use burn_tensor::{Device, Int, Tensor, TensorData};

const WIDTH: usize = 64;
const ITEMS: usize = 10_000;
const SEQUENCES: usize = 128;
const TIME: usize = 11;
const NEGATIVES: usize = 512;
/// Items that the Q head tells each action from.
const EVEN: usize = 10;

type T = Tensor<2>;

/// The places of the weights.
const ITEM: usize = 0;
const ITEM_BIAS: usize = 1;
const VALUE_BIAS: usize = 2;
const INPUT: usize = 3;
const RECURRENT: usize = 5;
const OUT: usize = 7;
const VALUE: usize = 9;
const SHAPES: [([usize; 2], f32); 11] = [
    ([ITEMS, WIDTH], 0.2),
    ([ITEMS, 1], 0.0),
    ([ITEMS, 1], 0.0),
    ([WIDTH, 3 * WIDTH], 0.125),
    ([1, 3 * WIDTH], 0.0),
    ([WIDTH, 3 * WIDTH], 0.125),
    ([1, 3 * WIDTH], 0.0),
    ([WIDTH, WIDTH], 0.125),
    ([1, WIDTH], 0.0),
    ([WIDTH, WIDTH], 0.125),
    ([1, WIDTH], 0.0),
];

thread_local! {
    static LEARNER: RefCell<Option<Learner>> = const { RefCell::new(None) };
}

/// Takes steps; gives the loss of the last one.
#[unsafe(no_mangle)]
pub extern "C" fn drive(steps: u32) -> f32 {
    LEARNER.with(|place| {
        let mut place = place.borrow_mut();
        let learner = place.get_or_insert_with(Learner::new);
        (0..steps).fold(0.0, |_, _| learner.step())
    })
}

struct Learner {
    device: Device,
    weights: Vec<T>,
    target: Vec<T>,
    moments: Vec<[T; 2]>,
    powers: [f32; 2],
    luck: u64,
}

impl Learner {
    fn new() -> Self {
        let device = Device::flex();
        let mut luck = 7;
        let mut made = || -> Vec<T> {
            let tensor = |(shape, bound): &([usize; 2], f32)| {
                let mut even = || bound * (2.0 * unit(&mut luck) - 1.0);
                let values: Vec<f32> = (0..shape[0] * shape[1]).map(|_| even()).collect();
                T::from_data(TensorData::new(values, *shape), &device)
            };
            SHAPES.iter().map(tensor).collect()
        };
        let (weights, target) = (made(), made());
        let zeros = |(shape, _): &([usize; 2], f32)| {
            let zeros = || T::zeros(*shape, &device);
            [zeros(), zeros()]
        };
        Self {
            moments: SHAPES.iter().map(zeros).collect(),
            weights: weights
                .into_iter()
                .map(|w| w.autodiff().require_grad())
                .collect(),
            target,
            powers: [1.0; 2],
            luck,
            device,
        }
    }

    fn step(&mut self) -> f32 {
        let history = self.items(TIME * SEQUENCES);
        let next = self.items(2 * SEQUENCES);
        let negatives = self.items(NEGATIVES);
        let even = (0..2 * SEQUENCES * EVEN).map(|_| (ITEMS as f32 * unit(&mut self.luck)) as i32);
        let even = Numbers(even.collect());
        let loss = self.loss(&history, &next, &negatives, &even);
        let gradients = loss.backward();
        let mut found: Vec<Option<T>> = self.weights.iter().map(|w| w.grad(&gradients)).collect();
        self.powers[0] *= 0.9;
        self.powers[1] *= 0.999;
        let rate = 0.003 * (1.0 - self.powers[1]).sqrt() / (1.0 - self.powers[0]);
        let squares = found.iter().flatten();
        let squares = squares.map(|g| number(g.clone().square().sum()));
        let shrink = 5.0 / squares.sum::<f32>().sqrt().max(5.0);
        let all = self
            .weights
            .iter_mut()
            .zip(&mut self.moments)
            .zip(&mut found);
        for ((weights, [first, second]), gradient) in all {
            let Some(gradient) = gradient.take() else {
                continue;
            };
            let gradient = gradient * shrink;
            *first = first.clone() * 0.9 + gradient.clone() * 0.1;
            *second = second.clone() * 0.999 + gradient.square() * 0.001;
            let update = first.clone() / (second.clone().sqrt() + 1e-8) * rate;
            *weights = (weights.clone().inner() - update).autodiff().require_grad();
        }
        number(loss.inner())
    }

    fn loss(
        &self,
        history: &Numbers,
        next: &Numbers,
        negatives: &Numbers,
        even: &Numbers,
    ) -> Tensor<1> {
        let own = &self.weights;
        let at = |list: &Numbers| list.of(&self.device.clone().autodiff());
        let after = states(own, at(history), &self.device.clone().autodiff());
        let chosen = own[ITEM].clone().select(0, at(next));
        let right =
            inner(after.clone(), chosen.clone()) + own[ITEM_BIAS].clone().select(0, at(next));
        let others = after
            .clone()
            .matmul(own[ITEM].clone().select(0, at(negatives)).transpose());
        let shift = own[ITEM_BIAS].clone().select(0, at(negatives)).transpose();
        let scores = Tensor::cat(vec![right, others + shift], 1);
        let entropy = -log_softmax(scores, 1).narrow(1, 0, 1).mean();
        let bias = own[VALUE_BIAS].clone().select(0, at(next));
        let compared = linear(own, VALUE, after);
        let value = inner(compared.clone(), chosen) + bias;
        let plain = |list: &Numbers| list.of(&self.device);
        let target = &self.target;
        let ahead = inner(
            linear(target, VALUE, states(target, plain(history), &self.device)),
            target[ITEM].clone().select(0, plain(next)),
        ) + target[VALUE_BIAS].clone().select(0, plain(next));
        // What was not done leaves the state as it is and earns nothing.
        let rows: Tensor<3> =
            own[ITEM]
                .clone()
                .select(0, at(even))
                .reshape([2 * SEQUENCES, EVEN, WIDTH]);
        let compared: Tensor<3> = compared.reshape([2 * SEQUENCES, 1, WIDTH]);
        let others: T = (rows * compared).sum_dim(2).reshape([2 * SEQUENCES, EVEN]);
        let bias: T = own[VALUE_BIAS]
            .clone()
            .select(0, at(even))
            .reshape([2 * SEQUENCES, EVEN]);
        let left = others + bias - (ahead.clone() * 0.5).autodiff();
        // The session ends with the second of two targets.
        let ahead = ahead.narrow(0, SEQUENCES, SEQUENCES);
        let future = Tensor::cat(vec![ahead, T::zeros([SEQUENCES, 1], &self.device)], 0);
        let difference = value - (future * 0.5 + 0.2).autodiff();
        entropy + difference.square().mean() + left.square().mean()
    }

    /// Products of two draws: few items are frequent, as in shops.
    fn items(&mut self, count: usize) -> Numbers {
        let item = |_| (ITEMS as f32 * unit(&mut self.luck) * unit(&mut self.luck)) as i32;
        Numbers((0..count).map(item).collect())
    }
}

fn number(tensor: Tensor<1>) -> f32 {
    let values = tensor.into_data().try_to_vec::<f32>();
    values.map_or(f32::NAN, |values| values[0])
}

/// Numbers of items.
struct Numbers(Vec<i32>);

impl Numbers {
    fn of(&self, device: &Device) -> Tensor<1, Int> {
        Tensor::from_data(TensorData::new(self.0.clone(), [self.0.len()]), device)
    }
}

/// An even draw from [0, 1) (Steele, Lea & Flood 2014).
fn unit(luck: &mut u64) -> f32 {
    *luck = luck.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *luck;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 40) as f32 / 16_777_216.0
}

fn inner(a: T, b: T) -> T {
    (a * b).sum_dim(1)
}

fn linear(weights: &[T], place: usize, x: T) -> T {
    x.matmul(weights[place].clone()) + weights[place + 1].clone()
}

/// The states after ten items and after eleven.
fn states(weights: &[T], history: Tensor<1, Int>, device: &Device) -> T {
    let x = weights[ITEM].clone().select(0, history);
    let inputs = linear(weights, INPUT, x.clone());
    let mut state = T::zeros([SEQUENCES, WIDTH], device);
    let mut last = Vec::new();
    for t in 0..TIME {
        let input = inputs.clone().narrow(0, t * SEQUENCES, SEQUENCES);
        let hidden = linear(weights, RECURRENT, state.clone());
        let gates =
            sigmoid(input.clone().narrow(1, 0, 2 * WIDTH) + hidden.clone().narrow(1, 0, 2 * WIDTH));
        let (reset, keep) = (
            gates.clone().narrow(1, 0, WIDTH),
            gates.narrow(1, WIDTH, WIDTH),
        );
        let fresh = hidden.narrow(1, 2 * WIDTH, WIDTH);
        let candidate = (input.narrow(1, 2 * WIDTH, WIDTH) + reset * fresh).tanh();
        state = candidate.clone() + keep * (state - candidate);
        if t + 2 >= TIME {
            last.push(state.clone());
        }
    }
    let past = x.narrow(0, (TIME - 2) * SEQUENCES, 2 * SEQUENCES);
    linear(weights, OUT, Tensor::cat(last, 0)) + past
}
