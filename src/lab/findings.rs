//! What the policy board found, as a part of the experiment, and what it has to be told of a training.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::protocol::Response;
use super::{Answer, Lab};
use crate::experiment::finding::Finding;
use crate::problem::{Problem, Text};

/// What another laboratory has to be told of a training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Learned {
    /// Q-values of the first run, one a pair: base64url of their bits, low byte first.
    pub q: String,
    /// Episodes so far and the value of the greedy policy, at each measurement.
    pub points: Vec<(f64, f64)>,
}

impl Lab {
    /// What was learned, once training has ended.
    pub(super) fn tell_learned(&self) -> Answer {
        let training = self.training.as_ref().filter(|training| training.done());
        let Some(trainer) = training.and_then(|training| training.learned()) else {
            return Err(Problem::new(
                "lab.untrained",
                Text::new("Training has not ended yet.", "训练尚未结束。"),
                Text::new("Train first, under Learn.", "请先在“学习”处训练。"),
            ));
        };
        let values = trainer.q().values();
        let bytes: Vec<u8> = values.iter().flat_map(|q| q.to_le_bytes()).collect();
        let snapshots = trainer.snapshots().iter();
        let learned = Learned {
            q: URL_SAFE_NO_PAD.encode(bytes),
            points: snapshots
                .map(|snapshot| (snapshot.episodes as f64, snapshot.value))
                .collect(),
        };
        Ok(vec![Response::Learned { learned }])
    }

    /// Takes over a finding; one of the same kind gives way.
    pub(super) fn keep_finding(&mut self, finding: Finding) -> Answer {
        finding.check()?;
        let reproduced = self.reproduced(&finding);
        self.findings.retain(|other| other.kind != finding.kind);
        let place = self
            .findings
            .partition_point(|other| other.kind < finding.kind);
        self.findings.insert(place, finding);
        Ok(vec![Response::FindingKept { reproduced }])
    }

    /// Whether a finding is what the opened link promised; nothing where it promised nothing of the same study.
    fn reproduced(&self, finding: &Finding) -> Option<bool> {
        let mut promised = self.promise.findings.iter();
        // A budget is split by the settings, which an edited link may hold otherwise than the terms.
        let same = |promised: &Finding| promised.study == finding.study;
        let promised = promised.find(|p| same(p) || (p.needs_log() && p.kind == finding.kind))?;
        Some(same(promised) && promised.digest == finding.digest)
    }
}
