//! Linear Q-learning on tiles: mountain car as in the book, a season too large for a table, and the same promises as for every agent: how
//! the work was cut never shows, links repeat it, and what can't be done is refused in words.

#![allow(clippy::unwrap_used)]

use qcart::agent::learner::Algorithm;
use qcart::agent::linear::{TileLearner, TilesConfig};
use qcart::agent::schedule::{Schedule, Shape};
use qcart::demand::response::PriceResponse;
use qcart::env::mountain_car::MountainCar;
use qcart::env::pricing::{Pricing, PricingConfig};
use qcart::env::{Environment, Model, textbook};
use qcart::experiment::link;
use qcart::experiment::parameters::Value;
use qcart::lab::Lab;
use qcart::lab::protocol::{Carry, Request, Response};
use qcart::solve::value_iteration::Optimum;
use qcart::solve::{backward, value_iteration};
use qcart::train::{Change, Parameter, TrainConfig, Trainer};

const EIGHT: TilesConfig = TilesConfig {
    tilings: 8,
    along: 8,
};

fn linear(initial: f64, last: f64) -> Schedule {
    Schedule {
        shape: Shape::Linear,
        initial,
        last,
        horizon: 0,
    }
}

/// How near a run comes to the optimum, in percent.
fn reached(model: &(impl Model + Clone), optimum: &Optimum, config: TrainConfig) -> f64 {
    let mut trainer = Trainer::new(model.clone(), optimum.clone(), config).unwrap();
    trainer.advance(u64::MAX);
    trainer.snapshots().last().unwrap().value_percent
}

/// The grid keeps the problem: Sutton & Barto's car takes between 100 and 110 steps when driven well.
#[test]
fn the_optimum_of_mountain_car_is_known() {
    let value = |cells| {
        let car = MountainCar::new(cells).unwrap();
        value_iteration::solve(&car, 1.0).unwrap().start_value
    };
    assert!((value(64) + 104.508_847_3).abs() < 1e-6, "{}", value(64));
    assert!((-110.0..-95.0).contains(&value(128)));
    assert_eq!(MountainCar::new(4).unwrap_err().code, "config.range");
}

/// Sutton & Barto (2018), figure 10.2: with 8 tilings of 8 by 8, epsilon 0 and alpha 0.5/8, episodes get from many hundreds of steps
/// down to between 100 and 150 within a few hundred episodes. A table of the same grid is nowhere near by then.
#[test]
fn mountain_car_is_learned_as_in_the_book() {
    let car = MountainCar::new(64).unwrap();
    let optimum = value_iteration::solve(&car, 1.0).unwrap();
    let config = |tiles| TrainConfig {
        gamma: 1.0,
        alpha: Schedule::constant(0.5),
        epsilon: Schedule::constant(0.0),
        budget_steps: 90_000,
        episode_cap: 5_000,
        snapshots: 3,
        patience: 0,
        tolerance: 0.0,
        tiles,
        ..TrainConfig::default()
    };
    let mean_steps = |tiles| {
        let mut trainer = Trainer::new(car.clone(), optimum.clone(), config(tiles)).unwrap();
        let mut lengths = Vec::new();
        let mut began = 0;
        while let Some(step) = trainer.step_once().0 {
            if step.end {
                lengths.push(step.step - began);
                began = step.step;
            }
        }
        let mean = |part: &[u64]| part.iter().sum::<u64>() as f64 / part.len() as f64;
        (
            mean(&lengths[..10]),
            mean(&lengths[lengths.len() - 50..]),
            lengths.len(),
        )
    };
    let (early, late, episodes) = mean_steps(Some(EIGHT));
    assert!(early > 250.0, "{early}");
    assert!((100.0..150.0).contains(&late), "{late}");
    assert!((400..800).contains(&episodes), "{episodes}");
    let (_, table, _) = mean_steps(None);
    assert!(table > 2.0 * late, "{table}");
}

/// With the settings that the page suggests.
#[test]
fn tiles_come_near_the_optimum_of_mountain_car_and_a_table_does_not() {
    let car = MountainCar::new(64).unwrap();
    let optimum = value_iteration::solve(&car, 1.0).unwrap();
    let config = |tiles| TrainConfig {
        gamma: 1.0,
        alpha: linear(0.5, 0.01),
        epsilon: Schedule::constant(0.0),
        budget_steps: 500_000,
        episode_cap: 500,
        snapshots: 2,
        patience: 0,
        tolerance: 0.0,
        tiles,
        ..TrainConfig::default()
    };
    let tiles = reached(
        &car,
        &optimum,
        config(Some(TilesConfig { along: 16, ..EIGHT })),
    );
    assert!(tiles > 95.0, "{tiles}");
    let table = reached(&car, &optimum, config(None));
    assert!(table < 50.0, "{table}");
}

/// Eight hundred units to sell in two hundred periods at fifteen prices: 2.4 million pairs of state and action.
fn large_season() -> Pricing {
    Pricing::new(&PricingConfig {
        response: PriceResponse::LogLinear {
            base: 16.0,
            slope: 1.0,
        },
        stock: Some(800),
        periods: 200,
        ..PricingConfig::season().unwrap()
    })
    .unwrap()
}

/// Each with the learning rate that suits it: visits of a pair for the table, steps for tiles.
#[test]
fn in_a_large_season_tiles_come_nearer_than_a_table_with_the_same_steps() {
    let season = large_season();
    let optimum = backward::solve(&season, 1.0);
    let config = TrainConfig {
        gamma: 1.0,
        alpha: Schedule {
            shape: Shape::Inverse,
            initial: 1.0,
            last: 0.0,
            horizon: 20,
        },
        epsilon: linear(0.5, 0.05),
        budget_steps: 2_000_000,
        snapshots: 2,
        patience: 0,
        tolerance: 0.0,
        ..TrainConfig::default()
    };
    let table = reached(&season, &optimum, config);
    let tiles = TrainConfig {
        alpha: linear(0.2, 0.001),
        tiles: Some(TilesConfig {
            tilings: 16,
            along: 4,
        }),
        ..config
    };
    let tiles = reached(&season, &optimum, tiles);
    assert!(tiles > 92.0, "{tiles}");
    assert!(100.0 - table > 1.5 * (100.0 - tiles), "{table} {tiles}");
}

/// Where each value and action has a tile of its own, tiles are a table: the same values to the rounding of their sums.
#[test]
fn tiles_as_fine_as_the_grid_are_a_table() {
    let season = Pricing::new(&PricingConfig {
        stock: Some(4),
        periods: 5,
        ..PricingConfig::season().unwrap()
    })
    .unwrap();
    let optimum = backward::solve(&season, 1.0);
    for algorithm in [Algorithm::Q, Algorithm::DoubleQ] {
        let config = TrainConfig {
            algorithm,
            gamma: 1.0,
            alpha: Schedule::constant(0.1),
            // Ties of values must not decide which way the two runs go.
            epsilon: Schedule::constant(1.0),
            budget_steps: 20_000,
            patience: 0,
            tolerance: 0.0,
            ..TrainConfig::default()
        };
        let learned = |tiles| {
            let config = TrainConfig { tiles, ..config };
            let mut trainer = Trainer::new(season.clone(), optimum.clone(), config).unwrap();
            trainer.advance(u64::MAX);
            trainer.q().values().to_vec()
        };
        let table = learned(None);
        let tiles = learned(Some(TilesConfig {
            tilings: 4,
            along: 20,
        }));
        for (table, tiles) in table.iter().zip(tiles) {
            assert!(
                (table - tiles).abs() < 1e-9,
                "{algorithm:?} {table} {tiles}"
            );
        }
    }
}

#[test]
fn slices_single_steps_and_changes_never_show() {
    let season = Pricing::new(&PricingConfig::season().unwrap()).unwrap();
    let optimum = backward::solve(&season, 1.0);
    for algorithm in [Algorithm::Q, Algorithm::DoubleQ] {
        let config = TrainConfig {
            algorithm,
            gamma: 1.0,
            alpha: Schedule::constant(0.1),
            budget_steps: 20_000,
            snapshots: 5,
            tiles: Some(EIGHT),
            ..TrainConfig::default()
        };
        let mut live = Trainer::new(&season, optimum.clone(), config).unwrap();
        live.advance(100_000);
        for _ in 0..50 {
            let told = live.step_once().0.unwrap();
            assert!(
                (told.new - told.old).abs() <= (told.target - told.old).abs() + 1e-12
                    || algorithm == Algorithm::DoubleQ
            );
        }
        let change = |parameter, value| Change { parameter, value };
        live.change(change(Parameter::Gamma, 0.9)).unwrap();
        live.change(change(Parameter::Alpha, 0.05)).unwrap();
        while live.stop_reason().is_none() {
            live.advance(7_777);
        }
        let changes = live.changes().to_vec();
        let mut replay = Trainer::replay(&season, optimum.clone(), config, changes).unwrap();
        replay.advance(u64::MAX);
        let bits = |trainer: &Trainer<&Pricing>| {
            let q: Vec<u64> = trainer.q().values().iter().map(|q| q.to_bits()).collect();
            (q, format!("{:?}", trainer.snapshots()))
        };
        assert_eq!(bits(&live), bits(&replay), "{algorithm:?}");
    }
}

/// Episodes of problems that end by themselves are not cut: with a cap of 100, a season of 150 periods would never see its end.
#[test]
fn a_season_longer_than_the_longest_episode_is_learned_to_its_end() {
    let season = Pricing::new(&PricingConfig {
        stock: Some(2),
        periods: 150,
        // So dear that hardly anything is sold.
        ladder: vec![5.0, 6.0, 7.0],
        ..PricingConfig::season().unwrap()
    })
    .unwrap();
    let optimum = backward::solve(&season, 1.0);
    let config = TrainConfig {
        gamma: 1.0,
        episode_cap: 100,
        budget_steps: 200_000,
        patience: 0,
        tolerance: 0.0,
        ..TrainConfig::default()
    };
    let mut trainer = Trainer::new(season, optimum, config).unwrap();
    trainer.advance(u64::MAX);
    // States are numbered by the periods left, two in each: the last period comes first.
    let last: u32 = trainer.learner().visits()[..6].iter().sum();
    assert!(last > 500, "{last}");
}

#[test]
fn what_has_no_coordinates_or_is_too_large_is_refused_in_words() {
    let cliff = textbook::find("cliff").unwrap().build().unwrap();
    let refused = TileLearner::new(&cliff, EIGHT, (Algorithm::Q, 0.0), 1).unwrap_err();
    assert_eq!(refused.code, "agent.no-coordinates");
    let season = large_season();
    assert_eq!(season.actions(0), 15);
    let vast = TilesConfig {
        tilings: 64,
        along: 200,
    };
    let needs = vast.needs(&season, Algorithm::DoubleQ).unwrap();
    assert!(needs.weights > 50_000_000 && needs.bytes == 10 * needs.weights);
    let refused = TileLearner::new(&season, vast, (Algorithm::DoubleQ, 0.0), 1).unwrap_err();
    assert_eq!(refused.code, "agent.memory");
    // What is said before is what is taken.
    let needs = EIGHT.needs(&season, Algorithm::DoubleQ).unwrap();
    let made = TileLearner::new(&season, EIGHT, (Algorithm::DoubleQ, 0.0), 1).unwrap();
    assert_eq!(needs.weights, made.weights().count() as u64);
}

fn ask(lab: &mut Lab, request: Request) -> Vec<Response> {
    let responses = lab.request(request);
    let refused = |response: &&Response| matches!(response, Response::Problem { .. });
    assert_eq!(responses.iter().find(refused), None);
    responses
}

fn work(lab: &mut Lab) -> Vec<Response> {
    let mut all = Vec::new();
    while lab.busy() {
        all.extend(lab.advance(3_000_000));
    }
    all
}

fn decide(lab: &mut Lab, problem: &str) {
    let problem = problem.to_owned();
    ask(lab, Request::Decide { problem });
    work(lab);
}

fn set(lab: &mut Lab, key: &str, value: Value) {
    let key = key.to_owned();
    ask(lab, Request::Set { key, value });
}

fn choose(lab: &mut Lab, approximator: &str) {
    set(lab, "approximator", Value::Choice(approximator.to_owned()));
}

#[test]
fn tiles_are_measured_trained_and_repeated_from_their_link() {
    let share = Request::Share {
        carry: Carry::Nothing,
    };
    let shared = |lab: &mut Lab| match &ask(lab, share.clone())[0] {
        Response::Shared { experiment, .. } => experiment.clone(),
        other => panic!("{other:?}"),
    };
    let outcome = |responses: Vec<Response>| {
        responses.into_iter().find_map(|response| match response {
            Response::Trained {
                outcome, verdict, ..
            } => Some((outcome, verdict)),
            _ => None,
        })
    };
    let mut lab = Lab::with_clock(|| 1.0);
    decide(&mut lab, "season");
    choose(&mut lab, "tiles");
    // The learning rate that suits tiles comes with them and goes with them.
    assert_eq!(shared(&mut lab).settings.choice("alphaSchedule"), "linear");
    choose(&mut lab, "table");
    assert_eq!(shared(&mut lab).settings.choice("alphaSchedule"), "inverse");
    choose(&mut lab, "tiles");
    set(&mut lab, "budget", Value::Number(20_000.0));
    set(&mut lab, "repeats", Value::Number(2.0));
    let measured = ask(&mut lab, Request::Network);
    assert!(
        matches!(measured[0], Response::Approximator { weights, bytes, updates, .. }
            if weights > 1000.0 && bytes > 8.0 * weights && updates == 20_000.0),
        "{measured:?}"
    );
    ask(&mut lab, Request::Train);
    let first = outcome(work(&mut lab)).unwrap().0;
    let text = link::write(&shared(&mut lab)).unwrap();
    let read = link::read(&text).unwrap();
    assert_eq!(read.settings.choice("approximator"), "tiles");
    let mut other = Lab::default();
    other.open(read);
    decide(&mut other, "season");
    ask(&mut other, Request::Train);
    let (second, verdict) = outcome(work(&mut other)).unwrap();
    assert_eq!(first, second);
    assert!(verdict.unwrap().reproduced);
}

#[test]
fn a_problem_without_coordinates_says_so_when_tiles_are_to_learn_it() {
    let mut lab = Lab::default();
    decide(&mut lab, "cliff");
    choose(&mut lab, "tiles");
    for request in [Request::Train, Request::Network] {
        let refused = lab.request(request);
        assert!(
            matches!(&refused[0], Response::Problem { problem } if problem.code == "agent.no-coordinates"),
            "{refused:?}"
        );
    }
}
