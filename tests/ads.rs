//! Ads against a plain recursion, the fluid bound, and the simple methods; and Q-learning on the same day.

#![allow(clippy::unwrap_used)]

mod gap;

use gap::problems::three_ads;
use qcart::demand::discrete::Discrete;
use qcart::env::ads::baseline::{Baseline, play};
use qcart::env::ads::offer::{Moments, batch, bid, placement};
use qcart::env::ads::{Campaign, Segment};
use qcart::env::{Environment, Model};
use qcart::random::stream;
use qcart::solve::backward;
use qcart::solve::closed_form::fluid;

/// Two kinds of visitors in second-price auctions, worth 12 and 5 levels' worth of money when won.
fn auctions(budget: u32, decisions: u32) -> Campaign {
    let market = Discrete::negative_binomial(5.0, 12.0).unwrap();
    let segment = |share, value| Segment {
        share,
        offers: (1..=6)
            .map(|step| bid(&market, 2 * step, value).unwrap())
            .collect(),
    };
    Campaign::new(budget, decisions, &[segment(0.3, 12.0), segment(0.7, 5.0)]).unwrap()
}

/// A day of 96 quarter hours with about 100,000 auctions, and a budget for about a quarter of what could be won.
fn day() -> Campaign {
    batches(300, 96)
}

/// Batches of a thousand auctions for two kinds of visitors, a bid for each batch.
fn batches(budget: u32, decisions: u32) -> Campaign {
    let segment = |share, value: f64| Segment {
        share,
        offers: (1..=10)
            .map(|step| {
                let one = Moments::log_logistic_bid(0.02, 2.5, 0.006 * f64::from(step), value);
                batch(one, 1_000.0).unwrap()
            })
            .collect(),
    };
    Campaign::new(budget, decisions, &[segment(0.5, 0.05), segment(0.5, 0.02)]).unwrap()
}

#[test]
fn the_optimum_is_that_of_a_plain_recursion() {
    // Three ads, written out by hand.
    fn value(budget: i32, left: i32) -> f64 {
        if left == 0 || budget == 0 {
            return 0.0;
        }
        let stay = value(budget, left - 1);
        [(0.3, 1, 1.0), (0.1, 2, 6.0), (0.2, 3, 1.5)]
            .iter()
            .filter(|ad| ad.1 <= budget)
            .map(|ad| ad.0 * (ad.2 + value(budget - ad.1, left - 1)) + (1.0 - ad.0) * stay)
            .fold(stay, f64::max)
    }
    let optimum = backward::solve(&three_ads(4, 8), 1.0);
    assert!((optimum.start_value - value(4, 8)).abs() < 1e-12);
}

#[test]
fn no_optimum_exceeds_the_fluid_bound_and_large_days_approach_it() {
    let mut last = 1.0;
    for scale in [1, 4, 16] {
        let campaign = three_ads(6 * scale, 30 * scale);
        let share =
            1.0 - backward::solve(&campaign, 1.0).start_value / fluid::bound(&campaign).bound;
        assert!(share > 0.0 && share < last, "{share} after {last}");
        last = share;
    }
    for campaign in [auctions(60, 40), day()] {
        let optimum = backward::solve(&campaign, 1.0).start_value;
        let bound = fluid::bound(&campaign).bound;
        assert!(
            optimum <= bound && optimum > 0.8 * bound,
            "{optimum} {bound}"
        );
    }
    let share = backward::solve(&day(), 1.0).start_value / fluid::bound(&day()).bound;
    assert!(share > 0.98, "{share}");
}

/// What a small budget can't pay for is not sold, or in part: that must not lift the optimum above the bound.
#[test]
fn no_optimum_exceeds_the_fluid_bound_on_a_budget_of_a_few_purchases() {
    let check = |campaign: &Campaign| {
        let optimum = backward::solve(campaign, 1.0).start_value;
        let bound = fluid::bound(campaign).bound;
        let (budget, decisions) = (campaign.budget(), campaign.decisions());
        // Both are sums of at most a hundred terms: rounding alone may part them.
        assert!(
            optimum <= bound * (1.0 + 1e-12),
            "{budget} {decisions}: {optimum} {bound}"
        );
    };
    for budget in 1..=12 {
        for decisions in [1, 2, 15, 100] {
            check(&auctions(budget, decisions));
            check(&three_ads(budget, decisions));
            check(&batches(budget, decisions));
        }
    }
}

#[test]
fn a_budget_for_everything_buys_the_best_ad_every_time() {
    let campaign = three_ads(1_000, 20);
    let optimum = backward::solve(&campaign, 1.0);
    assert!((optimum.start_value - 20.0 * 0.6).abs() < 1e-9);
    let fluid = fluid::bound(&campaign);
    assert!((fluid.bound - 12.0).abs() < 1e-9 && fluid.price < 1e-9);
}

#[test]
fn a_winning_bid_pays_the_second_price() {
    let market = Discrete::from_masses(vec![0.0, 0.5, 0.25, 0.25]).unwrap();
    let offer = bid(&market, 2, 10.0).unwrap();
    assert!((offer.mean_cost() - (0.5 + 0.5)).abs() < 1e-12);
    assert!((offer.mean_reward() - 7.5).abs() < 1e-12);
}

#[test]
fn batches_keep_the_means() {
    let one = Moments::log_logistic_bid(0.02, 2.5, 0.03, 0.05);
    for impressions in [1.0, 10.0, 1_000.0, 100_000.0] {
        let offer = batch(one, impressions).unwrap();
        assert!((offer.mean_cost() / (one.cost * impressions) - 1.0).abs() < 1e-9);
        assert!((offer.mean_reward() / (one.reward * impressions) - 1.0).abs() < 1e-2);
    }
    // Placement moments: a certain click costs and wins what it says.
    let sure = batch(Moments::placement(1.0, 2.5, 4.0), 3.0).unwrap();
    assert!((sure.mean_cost() - 7.5).abs() < 1e-12 && (sure.mean_reward() - 12.0).abs() < 1e-12);
}

#[test]
fn simple_methods_stay_below_the_optimum_and_pacing_beats_greed() {
    let campaign = three_ads(12, 200);
    let optimum = backward::solve(&campaign, 1.0).start_value;
    let mean = |baseline| {
        let won = play(&campaign, baseline, 2_000, &mut stream(5, "baseline"));
        won[200..].iter().sum::<f64>() / 1_800.0
    };
    let [greedy, pacing, thompson] =
        [Baseline::Greedy, Baseline::Pacing, Baseline::Thompson].map(mean);
    for value in [greedy, pacing, thompson] {
        assert!(
            value < optimum * 1.01 && value > 0.3 * optimum,
            "{value} {optimum}"
        );
    }
    let tight = auctions(60, 100);
    let mean = |baseline| {
        let won = play(&tight, baseline, 2_000, &mut stream(5, "baseline"));
        won[200..].iter().sum::<f64>() / 1_800.0
    };
    assert!(mean(Baseline::Pacing) > mean(Baseline::Greedy));
}

#[test]
fn steps_average_to_the_backup() {
    for model in [three_ads(6, 20), auctions(40, 10), day()] {
        let values: Vec<f64> = (0..model.states())
            .map(|state| f64::from(state * 7 % 13))
            .collect();
        let mut rng = stream(6, "check");
        for state in [0, model.states() / 2, model.states() - 1] {
            let mut q = vec![0.0; model.actions(state) as usize];
            model.backup(state, &values, 0.9, &mut q);
            for action in [1, q.len() - 1] {
                let n = 40_000;
                let (mut sum, mut squares) = (0.0, 0.0);
                for _ in 0..n {
                    let step = model.step(state, action as u32, &mut rng);
                    let sample = step.reward
                        + if step.end {
                            0.0
                        } else {
                            0.9 * values[step.next as usize]
                        };
                    sum += sample;
                    squares += sample * sample;
                }
                let mean = sum / f64::from(n);
                let error = ((squares / f64::from(n) - mean * mean).max(0.0) / f64::from(n)).sqrt();
                assert!(
                    (mean - q[action]).abs() < 5.0 * error + 1e-9,
                    "{state} {action}"
                );
            }
        }
    }
}

#[test]
fn impossible_problems_are_said() {
    let offers = vec![placement(0.3, 1, 1.0).unwrap()];
    let segment = |share| Segment {
        share,
        offers: offers.clone(),
    };
    let code = |budget, decisions, segments: &[Segment]| {
        Campaign::new(budget, decisions, segments)
            .err()
            .map(|problem| problem.code)
    };
    assert_eq!(code(0, 10, &[segment(1.0)]).as_deref(), Some("ads.budget"));
    assert_eq!(code(5, 0, &[segment(1.0)]).as_deref(), Some("config.range"));
    assert_eq!(code(5, 5, &[]).as_deref(), Some("config.count"));
    assert_eq!(
        code(5, 5, &[segment(-1.0)]).as_deref(),
        Some("config.range")
    );
    assert_eq!(
        code(
            5,
            5,
            &[Segment {
                share: 1.0,
                offers: vec![placement(0.0, 1, 1.0).unwrap()]
            }]
        )
        .as_deref(),
        Some("ads.never")
    );
    assert_eq!(
        code(100_000, 1_000_000, &[segment(1.0)]).as_deref(),
        Some("config.states")
    );
    assert_eq!(placement(1.5, 1, 1.0).unwrap_err().code, "config.range");
    // Ads that always lose: staying out is free, so the best is 0.
    let hopeless = Segment {
        share: 1.0,
        offers: vec![placement(0.5, 1, 0.0).unwrap()],
    };
    assert_eq!(
        backward::solve(&Campaign::new(5, 5, &[hopeless]).unwrap(), 1.0).start_value,
        0.0
    );
}

#[test]
fn q_learning_is_within_half_a_percent() {
    let gaps = gap::gaps(&gap::problems::placement(), gap::training(1.0, 4_000_000));
    assert!(gaps.iter().all(|gap| *gap <= 0.005), "{gaps:?}");
}

/// Fewer auctions and less money than the benchmark's, to keep the suite quick; `benches/operations.rs` has the whole day.
#[test]
fn q_learning_of_bids_is_within_half_a_percent() {
    let market = Discrete::negative_binomial(5.0, 12.0).unwrap();
    let segment = |share, value| Segment {
        share,
        offers: [3, 6, 9]
            .map(|level| bid(&market, level, value).unwrap())
            .into(),
    };
    let campaign = Campaign::new(12, 6, &[segment(0.3, 12.0), segment(0.7, 5.0)]).unwrap();
    let gaps = gap::gaps(&campaign, gap::training(1.0, 4_000_000));
    assert!(gaps.iter().all(|gap| *gap <= 0.005), "{gaps:?}");
}
