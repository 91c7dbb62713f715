//! The blend's weights: multinomial logistic regression over the candidates of each example (McFadden 1974), with weights that are the
//! sum of those of its contexts, found by AdaGrad (Duchi, Hazan & Singer, JMLR 2011) and averaged over the later passes.

use super::fast::exp;
use super::features::{CONTEXTS, Contexts, FEATURES, NETWORK, Row};
use crate::behaviour::Watch;
use crate::problem::Problem;

/// First guess, which a log too short to learn from keeps: the likelier by any measure, the better.
const GUESS: Row = {
    let mut guess = [0.0; FEATURES];
    guess[1] = 0.3;
    guess[3] = 0.3;
    guess[5] = 0.3;
    guess[7] = 0.4;
    guess[10] = 0.1;
    guess[11] = 0.9;
    guess[12] = 0.9;
    guess[13] = 0.9;
    guess[14] = 0.9;
    guess[NETWORK] = 0.3;
    guess
};
const RATE: f32 = 0.05;
/// How strongly the weights of contexts are drawn to 0.
const DECAY: f32 = 0.1;

/// Weights of every context.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights(Vec<Row>);

impl Default for Weights {
    fn default() -> Self {
        let mut weights = vec![[0.0; FEATURES]; CONTEXTS];
        weights[0] = GUESS;
        Self(weights)
    }
}

impl Weights {
    /// The weights in a situation.
    pub fn sum(&self, contexts: &Contexts) -> Row {
        let mut sum = [0.0; FEATURES];
        for &context in contexts {
            for (sum, weight) in sum.iter_mut().zip(&self.0[context]) {
                *sum += weight;
            }
        }
        sum
    }
}

/// Situations from the validation window, each with its candidates; the first of them is what came next. Weights are learned
/// while examples come in, so that what the next one is told from can be chosen by them, and then in passes.
#[derive(Clone, Debug)]
pub struct Examples {
    weights: Weights,
    squares: Vec<Row>,
    chances: Vec<f32>,
    rows: Vec<Row>,
    ends: Vec<u32>,
    contexts: Vec<Contexts>,
}

impl Default for Examples {
    fn default() -> Self {
        Self {
            weights: Weights::default(),
            squares: vec![[1e-3; FEATURES]; CONTEXTS],
            chances: Vec::new(),
            rows: Vec::new(),
            ends: Vec::new(),
            contexts: Vec::new(),
        }
    }
}

impl Examples {
    /// Adds an example and learns from it once.
    pub fn push(&mut self, rows: impl IntoIterator<Item = Row>, contexts: Contexts) {
        let first = self.rows.len();
        self.rows.extend(rows);
        self.ends.push(self.rows.len() as u32);
        self.contexts.push(contexts);
        self.step(first, self.rows.len(), contexts);
    }

    /// The weights learned so far.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// One step of AdaGrad on the example whose rows are `first .. end`.
    fn step(&mut self, first: usize, end: usize, contexts: Contexts) {
        let rows = &self.rows[first..end];
        let gradient = gradient(rows, &self.weights.sum(&contexts), &mut self.chances);
        for context in contexts {
            let pull = if context == 0 { 0.0 } else { DECAY };
            let squares = &mut self.squares[context];
            step(&mut self.weights.0[context], squares, &gradient, pull);
        }
    }

    /// Learns weights in `passes` more passes.
    ///
    /// # Errors
    /// `behaviour.stopped` when the watch said to stop.
    pub fn learn(mut self, passes: usize, watch: &mut Watch<'_>) -> Result<Weights, Problem> {
        let mut mean = vec![[0.0f32; FEATURES]; CONTEXTS];
        let averaged = (passes - passes / 2).max(1);
        for pass in 0..passes {
            watch.report(pass, passes)?;
            let mut first = 0;
            for example in 0..self.ends.len() {
                let end = self.ends[example] as usize;
                self.step(first, end, self.contexts[example]);
                first = end;
            }
            if pass >= passes / 2 {
                let weights = self.weights.0.iter().flatten();
                for (mean, weight) in mean.iter_mut().flatten().zip(weights) {
                    *mean += weight / averaged as f32;
                }
            }
        }
        Ok(Weights(mean))
    }
}

/// One step of AdaGrad.
fn step(weights: &mut Row, squares: &mut Row, gradient: &Row, pull: f32) {
    for feature in 0..FEATURES {
        let slope = gradient[feature] + pull * weights[feature];
        squares[feature] += slope * slope;
        weights[feature] -= RATE * slope / squares[feature].sqrt();
    }
}

/// The slope of -ln p(first row) in the weights.
fn gradient(rows: &[Row], weights: &Row, chances: &mut Vec<f32>) -> Row {
    softmax(rows, weights, chances);
    let mut gradient = [0.0f32; FEATURES];
    for (row, &chance) in rows.iter().zip(chances.iter()) {
        for (slope, x) in gradient.iter_mut().zip(row) {
            *slope += chance * x;
        }
    }
    for (slope, x) in gradient.iter_mut().zip(&rows[0]) {
        *slope -= x;
    }
    gradient
}

/// The probability of each row.
pub fn softmax(rows: &[Row], weights: &Row, chances: &mut Vec<f32>) {
    chances.clear();
    chances.extend(rows.iter().map(|row| dot(row, weights)));
    let most = chances.iter().copied().fold(f32::MIN, f32::max);
    let mut sum = 0.0;
    for chance in chances.iter_mut() {
        *chance = exp(*chance - most);
        sum += *chance;
    }
    for chance in chances.iter_mut() {
        *chance /= sum;
    }
}

/// Sum of products, in four lanes so that compilers may use vectors without changing the order of additions.
fn dot(row: &Row, weights: &Row) -> f32 {
    let mut lanes = [0.0f32; 4];
    for (x, w) in row.chunks_exact(4).zip(weights.chunks_exact(4)) {
        for lane in 0..4 {
            lanes[lane] += x[lane] * w[lane];
        }
    }
    (lanes[0] + lanes[2]) + (lanes[1] + lanes[3])
}
