//! Every layer against the same formula in burn's tensors, whose gradients burn derives by itself.
//!
//! Both sides compute in `f32` but add in different orders: results of order 1 over a few dozen terms agree within 1e-4.

#![allow(clippy::unwrap_used)]

use burn_tensor::activation::{log_softmax, relu, sigmoid, softmax};
use burn_tensor::{Device, Tensor, TensorData};
use qcart::nn::Shape;
use qcart::nn::activation::Activation;
use qcart::nn::attention::{Attention, AttentionCache};
use qcart::nn::convolution::Convolution;
use qcart::nn::dropout::{Dropout, Dropped};
use qcart::nn::embedding::{EMPTY, Embedding};
use qcart::nn::encoder::Kind;
use qcart::nn::gemm::Pack;
use qcart::nn::gru::{Gru, GruCache};
use qcart::nn::linear::Linear;
use qcart::nn::loss::{cross_entropy, huber};
use qcart::nn::norm::{LayerNorm, Normalised};
use qcart::nn::pool::Pool;
use qcart::nn::projection::{Projected, Projection};
use qcart::nn::weights::{Gradients, Start, Weights};

type T = Tensor<2>;

const WIDTH: usize = 8;
const SHAPE: Shape = Shape { time: 5, batch: 3 };

fn random(length: usize, seed: u64) -> Vec<f32> {
    let mut weights = Weights::default();
    let id = weights.push("random", [1, length], Start::Even(1.0), seed);
    weights.get(id).to_vec()
}

fn tensor(values: &[f32], shape: [usize; 2]) -> T {
    let device = Device::flex().autodiff();
    T::from_data(TensorData::new(values.to_vec(), shape), &device)
}

fn numbers(tensor: T) -> Vec<f32> {
    tensor.into_data().to_vec::<f32>().unwrap()
}

fn agree(what: &str, ours: &[f32], theirs: &[f32]) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (place, (a, b)) in ours.iter().zip(theirs).enumerate() {
        assert!(
            (a - b).abs() <= 1e-4 * (1.0 + b.abs()),
            "{what} {place}: {a} is not {b}"
        );
    }
}

/// Compares outputs and all gradients, for a loss that projects the output onto fixed numbers. `ours` returns the output and the gradient of
/// the input, given the gradient of the output; `theirs` gets the weights in their order.
fn compare(
    weights: &Weights,
    x: &[f32],
    ours: impl FnOnce(&mut Gradients, &dyn Fn(usize) -> Vec<f32>) -> (Vec<f32>, Vec<f32>),
    theirs: impl FnOnce(T, &[T]) -> T,
) {
    let project = |length| random(length, 99);
    let mut gradients = Gradients::new(weights);
    let (y, dx) = ours(&mut gradients, &project);
    let input = tensor(x, [SHAPE.rows(), x.len() / SHAPE.rows()]).require_grad();
    let tensors: Vec<T> = weights
        .tensors
        .iter()
        .map(|t| tensor(&t.value, t.shape).require_grad())
        .collect();
    let output = theirs(input.clone(), &tensors);
    agree("output", &y, &numbers(output.clone()));
    let shape = output.dims();
    let loss = (output * tensor(&project(y.len()), shape)).sum();
    let found = loss.backward();
    agree("input", &dx, &numbers(input.grad(&found).unwrap()));
    for ((own, theirs), gradient) in weights
        .tensors
        .iter()
        .zip(&tensors)
        .zip(gradients.tensors())
    {
        agree(
            &own.name,
            &gradient.dense(),
            &numbers(theirs.grad(&found).unwrap()),
        );
    }
}

#[test]
fn linear() {
    let mut weights = Weights::default();
    let layer = Linear::new(&mut weights, "l", WIDTH, 5, 1);
    let x = random(SHAPE.rows() * WIDTH, 2);
    let mut pack = Pack::default();
    compare(
        &weights,
        &x,
        |gradients, project| {
            let (mut y, mut dx) = (Vec::new(), Vec::new());
            layer.forward(&weights, &x, &mut y, &mut pack);
            let dy = project(y.len());
            layer.backward_weights(gradients, &x, &dy, &mut pack);
            layer.backward_input(&weights, &dy, &mut dx, &mut pack);
            (y, dx)
        },
        |x, w| x.matmul(w[0].clone()) + w[1].clone(),
    );
}

#[test]
fn activations() {
    let x = random(SHAPE.rows() * WIDTH, 2);
    for activation in [Activation::Relu, Activation::Gelu] {
        compare(
            &Weights::default(),
            &x,
            |_, project| {
                let mut y = Vec::new();
                activation.forward(&x, &mut y);
                let mut d = project(y.len());
                activation.backward(&x, &mut d);
                (y, d)
            },
            |x, _| match activation {
                Activation::Relu => relu(x),
                Activation::Gelu => {
                    let cubed = x.clone() * x.clone() * x.clone();
                    let inner =
                        (x.clone() + cubed * 0.044_715) * (2.0 / std::f64::consts::PI).sqrt();
                    x * 0.5 * (inner.tanh() + 1.0)
                }
            },
        );
    }
}

#[test]
fn layer_norm() {
    let mut weights = Weights::default();
    let layer = LayerNorm::new(&mut weights, "n", WIDTH);
    let x = random(SHAPE.rows() * WIDTH, 2);
    compare(
        &weights,
        &x,
        |gradients, project| {
            let (mut y, mut cache) = (Vec::new(), Normalised::default());
            layer.forward(&weights, &x, &mut y, &mut cache);
            let mut d = project(y.len());
            layer.backward(&weights, gradients, &cache, &mut d);
            (y, d)
        },
        |x, w| {
            let centred = x.clone() - x.mean_dim(1);
            let variance = (centred.clone() * centred.clone()).mean_dim(1);
            centred / (variance + 1e-5).sqrt() * w[0].clone() + w[1].clone()
        },
    );
}

#[test]
fn gru() {
    let mut weights = Weights::default();
    let layer = Gru::new(&mut weights, "g", WIDTH, 6, 1);
    let x = random(SHAPE.rows() * WIDTH, 2);
    let (mut cache, mut pack) = (GruCache::default(), Pack::default());
    compare(
        &weights,
        &x,
        |gradients, project| {
            let (mut y, mut dx) = (Vec::new(), Vec::new());
            layer.forward(&weights, SHAPE, &x, &mut y, &mut cache, &mut pack);
            let dy = project(y.len());
            layer.backward(
                (&weights, gradients),
                SHAPE,
                &x,
                (&y, &dy),
                &mut cache,
                &mut dx,
                &mut pack,
            );
            (y, dx)
        },
        |x, w| {
            let third = |t: &T, part: usize| {
                let rows = t.dims()[0];
                t.clone().slice([0..rows, 6 * part..6 * (part + 1)])
            };
            let mut h = tensor(&[0.0; 18], [3, 6]);
            let mut states = Vec::new();
            for t in 0..SHAPE.time {
                let now = x
                    .clone()
                    .slice([t * SHAPE.batch..(t + 1) * SHAPE.batch, 0..WIDTH]);
                let gx = now.matmul(w[0].clone()) + w[1].clone();
                let gh = h.clone().matmul(w[2].clone()) + w[3].clone();
                let r = sigmoid(third(&gx, 0) + third(&gh, 0));
                let z = sigmoid(third(&gx, 1) + third(&gh, 1));
                let n = (third(&gx, 2) + r * third(&gh, 2)).tanh();
                h = n.clone() + z * (h - n);
                states.push(h.clone());
            }
            T::cat(states, 0)
        },
    );
}

#[test]
fn attention() {
    let mut weights = Weights::default();
    let layer = Attention::new(&mut weights, "a", WIDTH, 2, 1);
    let x = random(SHAPE.rows() * WIDTH, 2);
    let (mut cache, mut pack) = (AttentionCache::default(), Pack::default());
    compare(
        &weights,
        &x,
        |gradients, project| {
            let (mut y, mut dx) = (Vec::new(), Vec::new());
            layer.forward(&weights, SHAPE, &x, &mut y, &mut cache, &mut pack);
            let dy = project(y.len());
            layer.backward(
                (&weights, gradients),
                SHAPE,
                &x,
                &dy,
                &mut cache,
                &mut dx,
                &mut pack,
            );
            (y, dx)
        },
        |x, w| {
            let (batch, time, deep) = (SHAPE.batch, SHAPE.time, WIDTH / 2);
            let rows: Vec<Vec<usize>> = (0..batch)
                .map(|b| (0..time).map(|t| t * batch + b).collect())
                .collect();
            // Never seen: what comes later.
            let mask: Vec<f32> = (0..time * time)
                .map(|at| if at % time > at / time { -1e9 } else { 0.0 })
                .collect();
            let mask = tensor(&mask, [time, time]);
            let projected = x.matmul(w[0].clone()) + w[1].clone();
            let row =
                |at: usize, from: usize| projected.clone().slice([at..at + 1, from..from + deep]);
            let part = |rows: &[usize], from: usize| {
                T::cat(rows.iter().map(|&at| row(at, from)).collect(), 0)
            };
            let mixed: Vec<T> = rows
                .iter()
                .map(|rows| {
                    let heads = (0..2).map(|head| {
                        let [q, k, v] = [0, 1, 2].map(|p| part(rows, p * WIDTH + head * deep));
                        let scores = q.matmul(k.transpose()) / (deep as f64).sqrt() + mask.clone();
                        softmax(scores, 1).matmul(v)
                    });
                    T::cat(heads.collect(), 1)
                })
                .collect();
            let place = |at: usize| {
                mixed[at % batch]
                    .clone()
                    .slice([at / batch..at / batch + 1, 0..WIDTH])
            };
            let mixed = T::cat((0..batch * time).map(place).collect(), 0);
            mixed.matmul(w[2].clone()) + w[3].clone()
        },
    );
}

#[test]
fn convolution() {
    let mut weights = Weights::default();
    let layer = Convolution::new(&mut weights, "c", WIDTH, 2, 1);
    let x = random(SHAPE.rows() * WIDTH, 2);
    let mut pack = Pack::default();
    compare(
        &weights,
        &x,
        |gradients, project| {
            let (mut y, mut dx) = (Vec::new(), Vec::new());
            layer.forward(&weights, SHAPE, &x, &mut y, &mut pack);
            let dy = project(y.len());
            layer.backward((&weights, gradients), SHAPE, &x, &dy, &mut dx, &mut pack);
            (y, dx)
        },
        |x, w| {
            let rows = SHAPE.rows();
            let back = |steps: usize| {
                let empty = steps * SHAPE.batch;
                let zeros = tensor(&vec![0.0; empty.max(1) * WIDTH], [empty.max(1), WIDTH]);
                let kept = x.clone().slice([0..rows - empty, 0..WIDTH]);
                if empty == 0 {
                    kept
                } else {
                    T::cat(vec![zeros, kept], 0)
                }
            };
            let taps = (0..3).map(|tap| back(2 * tap).matmul(w[tap].clone()));
            taps.reduce(|sum, tap| sum + tap).unwrap() + w[3].clone()
        },
    );
}

/// What the behaviour head learns by where it looks at all items, without label smoothing and with it.
#[test]
fn softmax_cross_entropy() {
    let (width, count) = (7, SHAPE.rows());
    let x = random(count * width, 2);
    let targets = || (0..count as u32).map(|row| row * 3 % 7);
    let scores = || tensor(&x, [count, width]).require_grad();
    let against = |scores: &T, share: f32, even: f32| {
        let one = |target: u32| (0..7).map(move |at| even + if at == target { share } else { 0.0 });
        let wanted: Vec<f32> = targets().flat_map(one).collect();
        (log_softmax(scores.clone(), 1) * tensor(&wanted, [count, width]))
            .sum()
            .neg()
    };
    for smoothing in [0.0, 0.3] {
        let mut ours = x.clone();
        let mut told = Vec::new();
        let loss = cross_entropy(&mut ours, width, targets(), (smoothing, 1.0), |_, row| {
            told.extend_from_slice(row);
        });
        let theirs = scores();
        let alone = against(&theirs, 1.0, 0.0).into_data().to_vec::<f32>().unwrap()[0];
        agree("loss", &[loss as f32], &[alone]);
        agree("chances", &told, &numbers(softmax(theirs.clone(), 1)));
        let found = against(&theirs, 1.0 - smoothing, smoothing / 7.0).backward();
        agree("scores", &ours, &numbers(theirs.grad(&found).unwrap()));
    }
}

/// Rows of a table, added to what is there, are a product with a matrix of ones and zeros.
#[test]
fn embedding() {
    let mut weights = Weights::default();
    let layer = Embedding::new(&mut weights, "e", (6, WIDTH), 0.5, 1);
    let mut numbers: Vec<u32> = (0..SHAPE.rows() as u32).map(|row| row * 5 % 6).collect();
    numbers[3] = EMPTY;
    let x = random(SHAPE.rows() * WIDTH, 2);
    let ones: Vec<f32> = numbers
        .iter()
        .flat_map(|&n| (0..6).map(move |at| f32::from(at == n)))
        .collect();
    compare(
        &weights,
        &x,
        |gradients, project| {
            let mut y = x.clone();
            layer.add_to(&weights, &numbers, &mut y);
            let dy = project(y.len());
            layer.backward(gradients, &numbers, &dy);
            (y, dy)
        },
        |x, w| x + tensor(&ones, [SHAPE.rows(), 6]).matmul(w[0].clone()),
    );
}

/// What was dropped and how the rest was scaled is read off ones that went through the same draws.
#[test]
fn dropout() {
    let layer = Dropout::new(0.4);
    let x = random(SHAPE.rows() * WIDTH, 2);
    let through = |x: &[f32], dropped: &mut Dropped| {
        let mut y = x.to_vec();
        layer.forward(
            &mut y,
            dropped,
            Some(&mut qcart::random::stream(5, "dropout")),
        );
        y
    };
    let factors = through(&vec![1.0; x.len()], &mut Dropped::default());
    compare(
        &Weights::default(),
        &x,
        |_, project| {
            let mut dropped = Dropped::default();
            let y = through(&x, &mut dropped);
            let mut d = project(y.len());
            layer.backward(&mut d, &dropped);
            (y, d)
        },
        |x, _| x * tensor(&factors, [SHAPE.rows(), WIDTH]),
    );
}

/// The newest position, and a mean in which each step back counts 0.8 times as much: both products with matrices over the positions.
#[test]
fn pool() {
    let x = random(SHAPE.rows() * WIDTH, 2);
    let rows = SHAPE.rows();
    let mut mean = vec![0.0; rows * rows];
    for t in 0..SHAPE.time {
        let total: f32 = (0..=t).map(|back| 0.8f32.powi(back as i32)).sum();
        for back in 0..=t {
            for sequence in 0..SHAPE.batch {
                let (to, from) = (
                    t * SHAPE.batch + sequence,
                    (t - back) * SHAPE.batch + sequence,
                );
                mean[to * rows + from] = 0.8f32.powi(back as i32) / total;
            }
        }
    }
    compare(
        &Weights::default(),
        &x,
        |_, project| {
            let (mut y, mut dx) = (Vec::new(), Vec::new());
            let pool = Pool { width: WIDTH };
            pool.forward(SHAPE, &x, &mut y);
            pool.backward(SHAPE, &project(y.len()), &mut dx);
            (y, dx)
        },
        |x, _| T::cat(vec![x.clone(), tensor(&mean, [rows, rows]).matmul(x)], 1),
    );
}

/// Behind a recurrent unit: a linear layer, and what went in added to what comes out.
#[test]
fn projection() {
    let mut weights = Weights::default();
    let layer = Projection::new(&mut weights, Kind::Gru, WIDTH, 0.0, 1);
    let x = random(SHAPE.rows() * WIDTH, 2);
    let past = random(SHAPE.rows() * WIDTH, 3);
    let mut pack = Pack::default();
    compare(
        &weights,
        &x,
        |gradients, project| {
            let mut through = Projected::default();
            through.hidden.clone_from(&x);
            through.past.clone_from(&past);
            layer.forward(&weights, &mut through, None, &mut pack);
            let y = through.states.clone();
            let mut d = project(y.len());
            layer.backward((&weights, gradients), &mut through, &mut d, &mut pack);
            (y, through.hidden)
        },
        |x, w| x.matmul(w[0].clone()) + w[1].clone() + tensor(&past, [SHAPE.rows(), WIDTH]),
    );
}

#[test]
fn huber_loss() {
    let x: Vec<f32> = random(SHAPE.rows() * WIDTH, 2)
        .iter()
        .map(|x| 3.0 * x)
        .collect();
    for limit in [1.0, 2.5] {
        compare(
            &Weights::default(),
            &x,
            |_, project| {
                let (y, slope): (Vec<f32>, Vec<f32>) = x.iter().map(|&x| huber(x, limit)).unzip();
                let d = project(y.len())
                    .iter()
                    .zip(slope)
                    .map(|(d, s)| d * s)
                    .collect();
                (y, d)
            },
            // Quadratic in what is within the limit, linear in what is beyond.
            |x, _| {
                let within = x.clone().abs().clamp_max(limit);
                let beyond = x.abs() - within.clone();
                within.clone() * within * 0.5 + beyond * limit
            },
        );
    }
}
