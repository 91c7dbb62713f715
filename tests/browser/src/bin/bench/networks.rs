//! Networks: steps of learning in native code and in the browser, with the same bits.

use super::table::Row;
use super::{Bench, TURNS, hexadecimal, number};
use anyhow::Result;
use serde_json::json;

/// Steps and updates of a round, as in `benches/nn.rs`.
const STEPS: u32 = 20;
const BATCH: f64 = 128.0;
const UPDATES: u32 = 20_000;

impl Bench {
    /// The GRU step and its siblings, and a deep Q-network of size 8-100-4.
    pub fn networks(&mut self) -> Result<Vec<Row>> {
        for _ in 0..TURNS {
            self.run_native("nn", &[])?;
        }
        let mut rows = Vec::new();
        for (kind, all) in [
            ("gru", false),
            ("gru", true),
            ("transformer", false),
            ("cnn", false),
            ("mlp", false),
        ] {
            let softmax = if all { "full" } else { "sampled" };
            let request = json!({ "what": "networks", "kind": kind, "all": all, "steps": STEPS, "rounds": 5 });
            let result = self.chromium.measure("engine.js", &request)?;
            let rate = f64::from(STEPS) * BATCH / number(&result, "seconds");
            let least = (kind == "gru" && !all).then_some(0.5);
            self.compare(
                &mut rows,
                &format!("{kind}.{softmax}"),
                "samples/s",
                (rate, least),
                &hexadecimal(&result),
            )?;
        }
        for batch in [1, 32] {
            let request =
                json!({ "what": "deepUpdates", "batch": batch, "updates": UPDATES, "rounds": 5 });
            let result = self.chromium.measure("engine.js", &request)?;
            let rate = f64::from(UPDATES) / number(&result, "seconds");
            self.compare(
                &mut rows,
                &format!("dqn.batch{batch}"),
                "updates/s",
                (rate, None),
                &hexadecimal(&result),
            )?;
        }
        Ok(rows)
    }

    fn compare(
        &self,
        rows: &mut Vec<Row>,
        what: &str,
        unit: &str,
        (rate, least): (f64, Option<f64>),
        digest: &str,
    ) -> Result<()> {
        let name = format!("nn.{what}");
        let native = self.native.value(&name)?;
        let of = |part: &str| format!("network step, {what}, {part}");
        rows.push(Row::measured(&of("native"), native, unit));
        rows.push(Row::measured(&of("wasm"), rate, unit));
        if let Some(least) = least {
            rows.push(Row::at_least(&of("wasm / native"), rate / native, least));
        }
        rows.push(Row::equal(&of("digests"), digest, self.native.note(&name)?));
        Ok(())
    }
}
