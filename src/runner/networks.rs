//! Networks on the command line: what they take is said before they learn, and how it goes while they do.

use std::sync::OnceLock;
use std::time::Instant;

use qcart::behaviour::neural::{Course, Epoch, Learning};
use qcart::behaviour::{BehaviourModel, Choice, Sessions, Watch};
use qcart::evaluate::build;
use qcart::lab;
use qcart::problem::Problem;

use super::drive::bar;

/// Elementary operations between two looks at how it goes.
const SLICE: u64 = 20_000_000;

/// Milliseconds since the first call.
pub fn clock() -> f64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64() * 1e3
}

/// Says on the error stream what something takes to learn: weights, memory above the log's, and time where it is known.
pub fn announce(name: &str, weights: f64, bytes: f64, seconds: f64) {
    let memory = bytes / f64::from(1 << 20);
    eprintln!("{name}: {weights} weights, {memory:.1} MB for learning, {seconds:.0} s at most");
}

/// Says what the networks of a model take to learn; nothing of a model without.
pub fn announce_networks(choice: &Choice, train: &Sessions) -> Result<(), Problem> {
    if build(choice)?.networks().is_empty() {
        return Ok(());
    }
    let info = lab::costs(&choice.to_string(), train, clock)?;
    announce(
        &info.model,
        f64::from(info.weights),
        info.bytes,
        info.seconds,
    );
    Ok(())
}

/// Lets a model learn under a progress bar, on a terminal with a line for each epoch of its networks.
pub fn fit(name: &str, model: &mut dyn BehaviourModel, train: &Sessions) -> Result<(), Problem> {
    let bar = bar(1_000, "{msg} {percent} % {eta}");
    bar.set_message(name.to_owned());
    let start = Instant::now();
    let (mut first, mut told) = (true, 0);
    loop {
        let mut listen = |share: f64| {
            bar.set_position((share * 1e3) as u64);
            true
        };
        let done = model.fit_slice(train, first, SLICE, &mut Watch::new(&mut listen))?;
        first = false;
        if let Some(learning) = learnings(model).last() {
            for (number, epoch) in learning.epochs.iter().enumerate().skip(told) {
                let speed = learning.targets / start.elapsed().as_secs_f64();
                bar.println(format!("{name} {}", line(number + 1, epoch, speed)));
            }
            told = learning.epochs.len();
        }
        if done >= 1.0 {
            bar.finish_and_clear();
            return Ok(());
        }
    }
}

/// How the networks of a model learned.
pub fn learnings(model: &dyn BehaviourModel) -> Vec<Learning> {
    let networks = model.networks().into_iter();
    let courses = networks.filter_map(|network| network.course());
    courses.map(Course::learning).collect()
}

/// An epoch in words.
fn line(number: usize, epoch: &Epoch, speed: f64) -> String {
    let Epoch { loss, norm, .. } = epoch;
    let judged = epoch
        .hr
        .zip(epoch.mrr)
        .map_or_else(String::new, |(hr, mrr)| {
            format!(", HR@20 {hr:.4}, MRR@20 {mrr:.4}")
        });
    format!("epoch {number}: loss {loss:.4}, gradient {norm:.3}{judged}, {speed:.0} samples/s")
}
