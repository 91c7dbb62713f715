//! Networks: samples a second of a step of learning, updates a second of a small deep Q-network, and its known checks.
//!
//! Prints `BENCH nn.<what> <value> <unit> <digest>`: the best of five rounds, and the digest of the weights after the first, which
//! wasm must give too. `cargo bench --bench nn -- cartpole` or `mountaincar` plays that problem to the end instead.

use std::time::Instant;

use qcart::agent::deep::DeepAgent;
use qcart::agent::drill::{BATCH, Drill, Updates};
use qcart::agent::known::{self, CART_POLE_STEPS, MOUNTAIN_CAR_CAP, MOUNTAIN_CAR_STEPS};
use qcart::env::cart_pole::CartPole;
use qcart::env::simulator::Simulator;
use qcart::nn::encoder::Kind;
use qcart::problem::Problem;

const STEPS: u32 = 20;
const UPDATES: u32 = 20_000;

fn main() -> Result<(), Problem> {
    let asked = |name: &str| std::env::args().any(|argument| argument == name);
    if asked("cartpole") {
        return (1..=3).try_for_each(cart_pole);
    }
    if asked("mountaincar") {
        return (1..=3).try_for_each(mountain_car);
    }
    for (name, kind) in [
        ("gru", Kind::Gru),
        ("transformer", Kind::Transformer),
        ("cnn", Kind::Cnn),
        ("mlp", Kind::Mlp),
    ] {
        for (softmax, all) in [("sampled", false), ("full", true)] {
            let mut drill = Drill::new(kind, all);
            drill.drive(STEPS);
            let digest = drill.digest();
            let rate = fastest(|| drill.drive(STEPS), STEPS * BATCH);
            println!("BENCH nn.{name}.{softmax} {rate:.0} samples/s {digest:08x}");
        }
    }
    for batch in [1, 32] {
        let mut updates = Updates::new(batch)?;
        updates.drive(UPDATES)?;
        let digest = updates.digest();
        let rate = fastest(|| drop(updates.drive(UPDATES)), UPDATES);
        println!("BENCH nn.dqn.batch{batch} {rate:.0} updates/s {digest:08x}");
    }
    Ok(())
}

fn fastest(mut round: impl FnMut(), count: u32) -> f64 {
    let mut best = 0.0_f64;
    for _ in 0..5 {
        let begin = Instant::now();
        round();
        best = best.max(f64::from(count) / begin.elapsed().as_secs_f64());
    }
    best
}

/// Cart and pole within its budget.
fn cart_pole(seed: u64) -> Result<(), Problem> {
    let agent = known::cart_pole(seed)?;
    learn(
        ("cartpole", seed),
        agent,
        CartPole::default(),
        CART_POLE_STEPS,
    )
}

/// Mountain car within its budget.
fn mountain_car(seed: u64) -> Result<(), Problem> {
    let agent = known::mountain_car(seed)?;
    let judge = known::mountain_road(MOUNTAIN_CAR_CAP)?;
    learn(("mountaincar", seed), agent, judge, MOUNTAIN_CAR_STEPS)
}

/// Learns in six parts; prints after each the mean return of 100 episodes of the greedy policy.
fn learn<S: Simulator>(
    (name, seed): (&str, u64),
    mut agent: DeepAgent<S>,
    mut judge: S,
    steps: u64,
) -> Result<(), Problem> {
    let begin = Instant::now();
    for part in 1..=6 {
        agent.advance(steps / 6)?;
        let played = agent.play(100, &mut judge, seed + 1000);
        let mean = played.iter().sum::<f64>() / 100.0;
        let seconds = begin.elapsed().as_secs_f64();
        println!(
            "BENCH nn.{name}.seed{seed}.steps{} {mean:.1} mean-return {seconds:.1} s",
            part * steps / 6
        );
    }
    Ok(())
}
