//! Networks: steps of learning in native code and in the browser, with the same bits.

use super::table::Row;
use super::{Bench, TURNS, hexadecimal, number, rivals, shape};
use anyhow::Result;
use serde_json::json;
use std::path::Path;

/// Steps and updates of a round, as in `benches/nn.rs`.
const STEPS: u32 = 20;
const BATCH: f64 = 128.0;
const UPDATES: u32 = 20_000;
/// Updates of one transition a second that a deep Q-network of size 8-100-4 must make in wasm.
const SINGLE_UPDATES: f64 = 200_000.0;
/// Epochs at most, before all sessions are learned from again: the default of `behaviour/neural/settings.rs`.
const EPOCHS: f64 = 16.0;

impl Bench {
    /// The GRU step beside other libraries' and its siblings, a deep Q-network of size 8-100-4, and an epoch of a whole log.
    pub fn networks(&mut self, scratch: &Path) -> Result<Vec<Row>> {
        for _ in 0..TURNS {
            self.run_native("nn", &[])?;
        }
        let mut rows = self.beside_libraries(scratch)?;
        rows.extend(self.epochs()?);
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
                (rate, "samples/s"),
                (None, least),
                &hexadecimal(&result),
            )?;
        }
        for batch in [1, 32] {
            let request =
                json!({ "what": "deepUpdates", "batch": batch, "updates": UPDATES, "rounds": 5 });
            let result = self.chromium.measure("engine.js", &request)?;
            let rate = f64::from(UPDATES) / number(&result, "seconds");
            let aim = (batch == 1).then_some(SINGLE_UPDATES);
            self.compare(
                &mut rows,
                &format!("dqn.batch{batch}"),
                (rate, "updates/s"),
                (aim, None),
                &hexadecimal(&result),
            )?;
        }
        Ok(rows)
    }

    /// The GRU step in turns with the same step in other libraries, all in wasm.
    fn beside_libraries(&self, scratch: &Path) -> Result<Vec<Row>> {
        let rivals = [
            (
                "TensorFlow.js",
                "tfjs.js",
                4,
                12.0,
                rivals::fetch_tensorflow(scratch, &self.site)?,
            ),
            ("burn", "burn.js", 10, 2.5, rivals::build_burn(&self.site)?),
        ];
        let mut own = 0.0_f64;
        let mut theirs = [0.0_f64; 2];
        for _ in 0..TURNS {
            let request = json!({ "what": "networks", "kind": "gru", "all": false, "steps": STEPS, "rounds": 8 });
            let result = self.chromium.measure("engine.js", &request)?;
            own = own.max(f64::from(STEPS) * BATCH / number(&result, "seconds"));
            for ((_, script, steps, _, is_there), best) in rivals.iter().zip(&mut theirs) {
                if *is_there {
                    let request = json!({ "steps": steps, "rounds": 3 });
                    let result = self.chromium.measure(script, &request)?;
                    *best = best.max(f64::from(*steps) * BATCH / number(&result, "seconds"));
                }
            }
        }
        let mut rows = Vec::new();
        for ((name, _, _, least, is_there), best) in rivals.iter().zip(theirs) {
            let ratio = format!("network step, gru.sampled, wasm / {name}");
            if *is_there {
                let rate = format!("network step, gru.sampled, {name}");
                rows.push(Row::measured(&rate, best, "samples/s"));
                rows.push(Row::at_least(&ratio, own / best, *least));
            } else {
                rows.push(Row::skipped(&ratio, "it can't be had here"));
            }
        }
        Ok(rows)
    }

    /// One epoch of learning, with its look at the validation window, on a log of the size of RSC15-100k; and what all
    /// of learning takes at most.
    fn epochs(&self) -> Result<Vec<Row>> {
        let clicks = &shape::CLICKS[0];
        let mut rows = Vec::new();
        for kind in ["gru", "transformer", "cnn", "mlp"] {
            let request = json!({
                "what": "ranking", "file": format!("{}.csv", clicks.name), "share": clicks.tested,
                "model": format!("{kind}:epochs=1:again=no"), "repeats": 1,
            });
            let seconds = self
                .chromium
                .least("engine.js", &request, "fit", TURNS.min(2))?;
            let of = |what: &str| format!("network, size of {}, {kind}, {what}", clicks.name);
            rows.push(Row::measured(&of("an epoch, wasm"), seconds, "s"));
            let all = 2.0 * EPOCHS * seconds;
            rows.push(Row::at_most(&of("at most, wasm"), all, "s", 300.0));
        }
        Ok(rows)
    }

    /// Adds the rows of what was measured in wasm beside its native twin: what the rate must reach, and its ratio to the twin's.
    fn compare(
        &self,
        rows: &mut Vec<Row>,
        what: &str,
        (rate, unit): (f64, &str),
        (aim, least): (Option<f64>, Option<f64>),
        digest: &str,
    ) -> Result<()> {
        let name = format!("nn.{what}");
        let native = self.native.value(&name)?;
        let of = |part: &str| format!("network step, {what}, {part}");
        rows.push(Row::measured(&of("native"), native, unit));
        rows.push(match aim {
            Some(aim) => Row::reaching(&of("wasm"), (rate, unit), aim),
            None => Row::measured(&of("wasm"), rate, unit),
        });
        if let Some(least) = least {
            rows.push(Row::at_least(&of("wasm / native"), rate / native, least));
        }
        rows.push(Row::equal(&of("digests"), digest, self.native.note(&name)?));
        Ok(())
    }
}
