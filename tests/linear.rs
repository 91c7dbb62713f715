//! Function approximation: mountain car as in the book, and a pricing problem without its table.

#![allow(clippy::unwrap_used)]

use qcart::agent::linear::{LinearAgent, LinearConfig, Target};
use qcart::agent::schedule::Schedule;
use qcart::agent::tiles::TileCoder;
use qcart::env::axes::Axes;
use qcart::env::mountain_car::MountainCar;
use qcart::env::pricing::{Pricing, PricingConfig};
use qcart::solve::{backward, value_iteration};

/// Sutton & Barto (2018), figure 10.2: with 8 tilings of 8 by 8, epsilon 0 and alpha 0.5/8, episodes get from many hundreds
/// of steps down to between 100 and 150 within a few hundred episodes.
#[test]
fn mountain_car_is_learned_as_in_the_book() {
    for target in [Target::Sarsa, Target::Q] {
        let (mut early, mut late) = (0.0, 0.0);
        for seed in 1..=5 {
            let coder = TileCoder::new(&MountainCar.axes(), &[8, 8], 8).unwrap();
            let config = LinearConfig {
                gamma: 1.0,
                alpha: Schedule::constant(0.5),
                epsilon: Schedule::constant(0.0),
                target,
                initial_q: 0.0,
                episode_cap: 100_000,
                budget_steps: 200_000,
                seed,
            };
            let mut agent = LinearAgent::new(MountainCar, coder, 3, config).unwrap();
            while agent.lengths().len() < 500 {
                agent.advance(1_000);
            }
            let mean = |lengths: &[u32]| {
                lengths.iter().map(|&n| f64::from(n)).sum::<f64>() / lengths.len() as f64
            };
            early += mean(&agent.lengths()[..100]) / 5.0;
            late += mean(&agent.lengths()[400..500]) / 5.0;
        }
        assert!((150.0..300.0).contains(&early), "{target:?} {early}");
        assert!((100.0..145.0).contains(&late), "{target:?} {late}");
    }
}

#[test]
fn tiles_learn_a_season_of_prices() {
    let season = Pricing::new(&PricingConfig::season().unwrap()).unwrap();
    let optimum = backward::solve(&season, 1.0);
    let coder = TileCoder::new(&season.axes(), &[4, 4, 1], 4).unwrap();
    let config = LinearConfig {
        gamma: 1.0,
        alpha: Schedule {
            initial: 0.2,
            last: 0.002,
            ..qcart::train::TrainConfig::default().epsilon
        },
        epsilon: Schedule::constant(0.3),
        target: Target::Q,
        initial_q: 5.0,
        episode_cap: 1_000,
        budget_steps: 1_000_000,
        seed: 1,
    };
    let mut agent = LinearAgent::new(season.clone(), coder, 15, config).unwrap();
    agent.advance(1_000_000);
    let values = backward::evaluate(&season, &agent.policy(), 1.0);
    let share = value_iteration::start_value(&season, &values) / optimum.start_value;
    assert!(share > 0.95, "{share}");
}

#[test]
fn slices_do_not_show() {
    let agent = || {
        let coder = TileCoder::new(&MountainCar.axes(), &[8, 8], 8).unwrap();
        let config = LinearConfig {
            gamma: 0.99,
            alpha: Schedule::constant(0.3),
            epsilon: Schedule::constant(0.1),
            target: Target::Q,
            initial_q: 0.0,
            episode_cap: 500,
            budget_steps: 5_000,
            seed: 2,
        };
        LinearAgent::new(MountainCar, coder, 3, config).unwrap()
    };
    let (mut whole, mut sliced) = (agent(), agent());
    whole.advance(5_000);
    for steps in [1, 7, 992, 4_000] {
        sliced.advance(steps);
    }
    assert_eq!(whole.q(), sliced.q());
}
