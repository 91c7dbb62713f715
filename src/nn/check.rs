//! Finite differences: the slow twin of every gradient.

use super::weights::{Gradients, Start, Weights};

/// Numbers between -1 and 1.
pub fn random(length: usize, seed: u64) -> Vec<f32> {
    let mut weights = Weights::default();
    let id = weights.push("random", [1, length], Start::Even(1.0), seed);
    weights.get(id).to_vec()
}

/// Checks the gradients of a layer for its input and all its weights. `layer` computes the output and, where gradients
/// are given, adds to them and returns the gradient of its input (empty: has none), for the gradient of the output that it gets by calling its third
/// argument with the output.
///
/// The loss is a fixed random projection of the output. Central differences of step 2e-3 in `f32` are off by the rounding of
/// the loss (1e-6 to 2e-6 through a whole encoder) over 4e-3, and by a sixth of the third derivative times 4e-6: together by less than
/// 1e-3 where gradients and third derivatives are of order 1. The layers here are off by 5e-4 at most. A wrong term shows as an
/// error of its own size: of order 1, or 1e-2 where it is one of many.
pub fn check(
    weights: &mut Weights,
    input: &[f32],
    mut layer: impl FnMut(
        &Weights,
        &[f32],
        &dyn Fn(&[f32]) -> Vec<f32>,
        Option<&mut Gradients>,
    ) -> (Vec<f32>, Vec<f32>),
) {
    const STEP: f32 = 2e-3;
    let project = |y: &[f32]| random(y.len(), 99);
    let mut gradients = Gradients::new(weights);
    let (_, dx) = layer(weights, input, &project, Some(&mut gradients));
    let mut loss = |weights: &Weights, x: &[f32]| -> f64 {
        let (y, _) = layer(weights, x, &project, None);
        y.iter()
            .zip(project(&y))
            .map(|(y, p)| f64::from(y * p))
            .sum()
    };
    let agree = |what: &str, numeric: f64, exact: f32| {
        let off = (numeric - f64::from(exact)).abs();
        assert!(
            off < 1e-3 * (1.0 + f64::from(exact).abs()),
            "{what}: {numeric} is not {exact}"
        );
    };
    let two = 2.0 * f64::from(STEP);
    let mut x = input.to_vec();
    for at in (0..x.len()).filter(|_| !dx.is_empty()) {
        let old = x[at];
        x[at] = old + STEP;
        let above = loss(weights, &x);
        x[at] = old - STEP;
        let below = loss(weights, &x);
        x[at] = old;
        agree(&format!("input {at}"), (above - below) / two, dx[at]);
    }
    for tensor in 0..weights.tensors.len() {
        let exact = gradients.tensors()[tensor].dense();
        for (at, exact) in exact.into_iter().enumerate() {
            let old = weights.tensors[tensor].value[at];
            weights.tensors[tensor].value[at] = old + STEP;
            let above = loss(weights, input);
            weights.tensors[tensor].value[at] = old - STEP;
            let below = loss(weights, input);
            weights.tensors[tensor].value[at] = old;
            let what = format!("{} {at}", weights.tensors[tensor].name);
            agree(&what, (above - below) / two, exact);
        }
    }
}
