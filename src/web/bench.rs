//! What `cargo xtask bench` measures in the browser: the kernels themselves, without the page's protocol.

#[cfg(feature = "whole")]
use crate::agent::drill::{Drill, Updates};
use crate::agent::kernel;
use crate::agent::table::QTable;
use crate::evaluate::ope::{Columns, Logged, Options, Target, estimate};
#[cfg(feature = "whole")]
use crate::nn::encoder::Kind;
use crate::web::error::{into_js, to_js};
use crate::workload::Lists;
#[cfg(feature = "whole")]
use crate::workload::{Board, read};
use wasm_bindgen::prelude::*;

/// A table for the kernel of updates.
#[wasm_bindgen]
pub struct BenchTable {
    table: QTable,
}

#[wasm_bindgen]
impl BenchTable {
    /// `states` rows of 16 zeros.
    ///
    /// # Errors
    /// When they don't fit in memory.
    #[wasm_bindgen(constructor)]
    pub fn new(states: u32) -> Result<Self, JsValue> {
        let table = kernel::table(states, 16).map_err(into_js)?;
        Ok(Self { table })
    }

    /// Makes this many updates.
    pub fn drive(&mut self, updates: u32, seed: u32) {
        kernel::drive(&mut self.table, u64::from(updates), seed);
    }

    /// A digest of all values.
    #[must_use]
    pub fn digest(&self) -> u32 {
        kernel::digest(&self.table)
    }
}

/// Judges a policy from 10,000 rows over 80 items and 3 positions, each row with a propensity of its own, with this many
/// resamples; gives the value of DR. The log is the one that `tests/browser/bench/ope.py` makes.
///
/// # Errors
/// None, as the log is fixed; those of the study otherwise.
#[wasm_bindgen(js_name = benchOpe)]
pub fn bench_ope(resamples: u32) -> Result<f64, JsValue> {
    let rows = 0..10_000_u32;
    let columns = Columns {
        items: 80,
        item: rows.clone().map(|row| row * 7919 % 104_729 % 80).collect(),
        position: Some(rows.clone().map(|row| row % 3).collect()),
        reward: rows
            .clone()
            .map(|row| f64::from(u8::from(row * 31 % 97 < 5)))
            .collect(),
        propensity: Some(
            rows.map(|row| (0.5 + f64::from(row * 48_271 % 65_537) / 65_537.0) / 80.0)
                .collect(),
        ),
        ..Columns::default()
    };
    let logged = Logged::new(columns).map_err(into_js)?;
    let target = Target::popularity(&logged);
    let options = Options {
        resamples,
        ..Options::default()
    };
    let report = estimate(&logged, &target, options).map_err(into_js)?;
    let mut estimators = report.estimators.iter();
    let dr = estimators.find(|estimate| estimate.name == "DR");
    Ok(dr.map_or(f64::NAN, |dr| dr.value))
}

/// Recommendations for users.
#[wasm_bindgen]
pub struct BenchLists(Lists);

#[wasm_bindgen]
impl BenchLists {
    /// Reads a log and learns from it.
    ///
    /// # Errors
    /// When either fails.
    #[wasm_bindgen(constructor)]
    pub fn new(csv: &[u8]) -> Result<Self, JsValue> {
        Lists::new(csv).map(Self).map_err(into_js)
    }

    /// How many users there are to ask about.
    #[must_use]
    pub fn users(&self) -> usize {
        self.0.users()
    }

    /// What the page gets when it asks about a user.
    ///
    /// # Errors
    /// When there is nothing to recommend.
    pub fn answer(&mut self, user: usize) -> Result<JsValue, JsValue> {
        let responses = self.0.answer(user).map_err(into_js)?;
        Ok(to_js(&responses))
    }
}

/// A model of the ranking board.
#[cfg(feature = "whole")]
#[wasm_bindgen]
pub struct BenchBoard {
    board: Board,
    mrr: f64,
}

#[cfg(feature = "whole")]
#[wasm_bindgen]
impl BenchBoard {
    /// Reads a log and holds its newest sessions out.
    ///
    /// # Errors
    /// When it can't be read, or there is no such model.
    #[wasm_bindgen(constructor)]
    pub fn new(csv: &[u8], share: f64, model: &str) -> Result<Self, JsValue> {
        let board = read(csv).and_then(|log| Board::new(&log, share, model));
        let board = board.map_err(into_js)?;
        Ok(Self { board, mrr: 0.0 })
    }

    /// Learns.
    ///
    /// # Errors
    /// When there is nothing to learn from.
    pub fn fit(&mut self) -> Result<(), JsValue> {
        self.board.fit().map_err(into_js)
    }

    /// Recommends at every position held out; how many there are.
    pub fn recommend(&mut self) -> usize {
        let (count, mrr) = self.board.recommend();
        self.mrr = mrr;
        count
    }

    /// How good the recommendations were.
    #[must_use]
    pub fn mrr(&self) -> f64 {
        self.mrr
    }
}

/// Steps of a next-item network.
#[cfg(feature = "whole")]
#[wasm_bindgen]
pub struct BenchNetwork {
    drill: Drill,
}

#[cfg(feature = "whole")]
#[wasm_bindgen]
impl BenchNetwork {
    /// A network of this kind (`mlp`, `cnn`, `gru`, else transformer); `all` has every item compete instead of 512.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(kind: &str, all: bool) -> Self {
        let kind = match kind {
            "mlp" => Kind::Mlp,
            "cnn" => Kind::Cnn,
            "gru" => Kind::Gru,
            _ => Kind::Transformer,
        };
        Self {
            drill: Drill::new(kind, all),
        }
    }

    /// Takes this many steps of 128 sequences.
    pub fn drive(&mut self, steps: u32) {
        self.drill.drive(steps);
    }

    /// A digest of all weights.
    #[must_use]
    pub fn digest(&self) -> u32 {
        self.drill.digest()
    }
}

/// Updates of a deep Q-network of size 8-100-4.
#[cfg(feature = "whole")]
#[wasm_bindgen]
pub struct BenchUpdates {
    updates: Updates,
}

#[cfg(feature = "whole")]
#[wasm_bindgen]
impl BenchUpdates {
    /// A network that learns from `batch` transitions an update.
    ///
    /// # Errors
    /// When they don't fit in memory.
    #[wasm_bindgen(constructor)]
    pub fn new(batch: u32) -> Result<Self, JsValue> {
        let updates = Updates::new(batch as usize).map_err(into_js)?;
        Ok(Self { updates })
    }

    /// Makes this many updates.
    ///
    /// # Errors
    /// When learning diverges.
    pub fn drive(&mut self, updates: u32) -> Result<(), JsValue> {
        self.updates.drive(updates).map_err(into_js)
    }

    /// A digest of all weights.
    #[must_use]
    pub fn digest(&self) -> u32 {
        self.updates.digest()
    }
}

/// Steps of random actions on a problem of price, stock or ads; the sum of rewards.
///
/// # Errors
/// As `operations::steps`.
#[cfg(feature = "whole")]
#[wasm_bindgen(js_name = benchSteps)]
pub fn bench_steps(problem: &str, count: u32) -> Result<f64, JsValue> {
    crate::lab::operations::steps(problem, count).map_err(into_js)
}

/// Training on a problem of price, stock or ads; percent of the optimum.
///
/// # Errors
/// As `operations::train`.
#[cfg(feature = "whole")]
#[wasm_bindgen(js_name = benchTraining)]
pub fn bench_training(problem: &str, count: u32) -> Result<f64, JsValue> {
    crate::lab::operations::train(problem, count).map_err(into_js)
}
