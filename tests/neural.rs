//! Networks as models of behaviour, and deep Q-learning: that they learn what there is to learn, however the work is sliced, and
//! refuse what they must.

#![allow(clippy::unwrap_used)]

use qcart::agent::deep::{DeepAgent, DeepConfig};
use qcart::agent::schedule::{Schedule, Shape};
use qcart::behaviour::neural::{Neural, Settings};
use qcart::behaviour::{BehaviourModel, Choice, History, Scratch, Sessions, Watch};
use qcart::env::mdp::MdpBuilder;
use qcart::env::simulator::Numbered;
use qcart::env::textbook;
use qcart::evaluate::build;
use qcart::log::EventType;
use qcart::nn::adam::{AdamConfig, Rate};
use qcart::nn::saved::save;
use qcart::solve::value_iteration::solve;
use safetensors::SafeTensors;

const NAMES: [&str; 4] = ["mlp", "cnn", "gru", "transformer"];

fn sessions(lists: &[Vec<u32>], items: u32, kind: impl Fn(usize) -> EventType) -> Sessions {
    let mut sessions = Sessions::new(items, true);
    for (number, list) in lists.iter().enumerate() {
        let kinds: Vec<_> = (0..list.len()).map(&kind).collect();
        let times: Vec<_> = (0..list.len())
            .map(|t| (number * 100 + t) as i64 * 1000)
            .collect();
        let history = History {
            items: list,
            kinds: &kinds,
            times: &times,
        };
        sessions.push(history, number as u32);
    }
    sessions
}

/// After item `i` comes `i + 1`, in a circle.
fn circle(items: u32) -> Sessions {
    let lists: Vec<Vec<u32>> = (0..120)
        .map(|s| (0..6).map(|t| (s + t) % items).collect())
        .collect();
    sessions(&lists, items, |_| EventType::View)
}

fn model(text: &str) -> Box<dyn BehaviourModel> {
    build(&Choice::parse(text).unwrap()).unwrap()
}

fn fitted(text: &str, train: &Sessions) -> Box<dyn BehaviourModel> {
    let mut model = model(text);
    model.fit(train, &mut Watch::new(&mut |_| true)).unwrap();
    model
}

fn scores(model: &dyn BehaviourModel, items: &[u32], count: u32) -> Vec<f64> {
    let (kinds, times) = (vec![EventType::View; items.len()], vec![0; items.len()]);
    let mut scratch = Scratch::new();
    let history = History {
        items,
        kinds: &kinds,
        times: &times,
    };
    model.score(history, &mut scratch);
    (0..count).map(|item| scratch.scores.get(item)).collect()
}

#[test]
fn every_network_learns_what_follows_what() {
    let train = circle(10);
    for negatives in [0, 8] {
        for name in NAMES {
            let model = fitted(
                &format!(
                    "{name}:width=16:epochs=40:rate=0.01:batch=16:dropout=0:negatives={negatives}"
                ),
                &train,
            );
            for item in 0..10 {
                let scores = scores(
                    model.as_ref(),
                    &[(item + 8) % 10, (item + 9) % 10, item],
                    10,
                );
                let best = (0..10)
                    .max_by(|&a, &b| scores[a].total_cmp(&scores[b]))
                    .unwrap();
                assert_eq!(
                    best as u32,
                    (item + 1) % 10,
                    "{name} {negatives} after {item}: {scores:?}"
                );
            }
        }
    }
}

/// Pairs of a rare item and the star of its category: what the rare ones have in common, only the category says.
fn stars() -> Sessions {
    const CATEGORIES: u32 = 6;
    let mut lists = Vec::new();
    for rare in CATEGORIES..180 {
        lists.push(vec![rare, rare % CATEGORIES]);
    }
    // The last sixty are known by their category alone.
    let mut train = sessions(&lists, 240, |_| EventType::View);
    train.category = (0..240).map(|item| item % CATEGORIES).collect();
    train
}

#[test]
fn the_category_of_an_item_is_an_input() {
    let train = stars();
    let right = |name: &str, categories: &str| {
        let model = fitted(
            &format!(
                "{name}:width=16:epochs=40:rate=0.01:batch=16:dropout=0:again=no:categories={categories}"
            ),
            &train,
        );
        let first = |item: &u32| {
            let scores = scores(model.as_ref(), &[*item], 240);
            (0..6).max_by(|&a: &usize, &b| scores[a].total_cmp(&scores[b]))
                == Some(*item as usize % 6)
        };
        (180..240).filter(first).count()
    };
    for name in NAMES {
        // Of sixty items that no session holds: with their category nearly all lead to its star, without it one in six by chance.
        let (with, without) = (right(name, "yes"), right(name, "no"));
        assert!(with >= 54 && without <= 30, "{name}: {with}, {without}");
    }
}

/// Item 0, then item 1, between which an hour or a second passes, as a view or a purchase: which of items 2 and 3 follows is told by the one
/// or by the other alone.
fn told(by_gap: bool) -> Sessions {
    let mut train = Sessions::new(4, true);
    for number in 0..160_u32 {
        let (late, bought) = (number % 2 == 1, number / 2 % 2 == 1);
        let history = told_history(late, bought);
        let follows = 2 + u32::from(if by_gap { late } else { bought });
        let kinds = [history.1[0], history.1[1], EventType::View];
        let start = i64::from(number) * 100_000_000;
        let times = [start, start + history.0[1], start + history.0[1] + 1000];
        let session = History {
            items: &[0, 1, follows],
            kinds: &kinds,
            times: &times,
        };
        train.push(session, number);
    }
    train
}

/// Times and types of the first two events.
fn told_history(late: bool, bought: bool) -> ([i64; 2], [EventType; 2]) {
    let gap = if late { 3_600_000 } else { 1000 };
    let kind = if bought {
        EventType::Purchase
    } else {
        EventType::View
    };
    ([0, gap], [EventType::View, kind])
}

/// Of the four kinds of history, for how many the network ranks the item that follows above the other.
fn rightly_told(model: &dyn BehaviourModel, by_gap: bool) -> usize {
    let all = [(false, false), (false, true), (true, false), (true, true)];
    let right = |&(late, bought): &(bool, bool)| {
        let (times, kinds) = told_history(late, bought);
        let mut scratch = Scratch::new();
        let history = History {
            items: &[0, 1],
            kinds: &kinds,
            times: &times,
        };
        model.score(history, &mut scratch);
        let second = scratch.scores.get(3) > scratch.scores.get(2);
        second == if by_gap { late } else { bought }
    };
    all.iter().filter(|case| right(case)).count()
}

#[test]
fn the_time_between_events_is_an_input() {
    let train = told(true);
    for name in NAMES {
        let of = |gaps| {
            let text =
                format!("{name}:width=16:epochs=40:rate=0.01:batch=16:dropout=0:gaps={gaps}");
            rightly_told(fitted(&text, &train).as_ref(), true)
        };
        // Without it nothing tells the two apart: one answer for both, right for half of them.
        assert_eq!((of("yes"), of("no")), (4, 2), "{name}");
    }
}

#[test]
fn the_type_of_an_event_is_an_input() {
    let train = told(false);
    for name in NAMES {
        let text = format!("{name}:width=16:epochs=40:rate=0.01:batch=16:dropout=0");
        assert_eq!(
            rightly_told(fitted(&text, &train).as_ref(), false),
            4,
            "{name}"
        );
    }
}

/// What a network has learned reaches the blend that asks it: the star of a category, which no other witness knows.
#[test]
fn a_blend_hears_its_networks() {
    let lists: Vec<Vec<u32>> = (6..400).map(|rare| vec![rare, rare % 6]).collect();
    let mut train = sessions(&lists, 460, |_| EventType::View);
    train.category = (0..460).map(|item| item % 6).collect();
    let right = |text: &str| {
        let model = fitted(text, &train);
        let first = |item: &u32| {
            let scores = scores(model.as_ref(), &[*item], 460);
            (0..6).max_by(|&a: &usize, &b| scores[a].total_cmp(&scores[b]))
                == Some(*item as usize % 6)
        };
        (400..460).filter(first).count()
    };
    let (with, without) = (right("blend:networks=mlp"), right("blend"));
    assert!(with >= 54 && without <= 30, "{with}, {without}");
    // The same by the name that the page and links know.
    assert_eq!(right("blend-networks:networks=mlp"), with);
}

/// A file of weights holds the embeddings of categories, and a network that takes it over says the same.
#[test]
fn saved_weights_hold_the_categories() {
    let train = stars();
    let learned = fitted("gru:width=8:epochs=2:categories=yes", &train);
    let bytes = save(&learned.network().unwrap().course().unwrap().learner.weights).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(file.tensor("category").unwrap().shape(), [6, 8]);
    let settings = learned.network().unwrap().settings().clone();
    let mut other = Neural::of(settings.clone());
    other.take_weights(&train, &bytes).unwrap();
    assert_eq!(
        scores(learned.as_ref(), &[7, 200], 240),
        scores(&other, &[7, 200], 240)
    );
    let mut without = Neural::of(Settings {
        categories: false,
        ..settings
    });
    let problem = without.take_weights(&train, &bytes).unwrap_err();
    assert_eq!(problem.code, "weights.shape");
}

/// A state is made of as many events as were asked for: older ones change nothing, and aren't explained.
#[test]
fn a_state_is_made_of_so_many_events() {
    let train = circle(10);
    for kind in NAMES {
        let learn = |events: u32| {
            let asked = format!("{kind}:width=16:epochs=1:again=no:seen=0:events={events}");
            fitted(&asked, &train)
        };
        let (short, long) = (learn(3), learn(20));
        let differs = |model: &dyn BehaviourModel| {
            let [one, other] = [[1, 2, 3, 4, 5], [9, 7, 3, 4, 5]];
            scores(model, &one, 10) != scores(model, &other, 10)
        };
        assert!(!differs(short.as_ref()), "{kind}");
        assert!(differs(long.as_ref()), "{kind}");
        let history = History {
            items: &[9, 7, 3, 4, 5],
            kinds: &[EventType::View; 5],
            times: &[0; 5],
        };
        let explained = short.network().unwrap().explain(history, 1).events;
        let places: Vec<u32> = explained.iter().map(|event| event.0).collect();
        assert_eq!(places, [2, 3, 4], "{kind}");
    }
}

/// What the session holds already is held back by the power of e that was asked for, once, however often it occurs.
#[test]
fn items_of_the_session_are_held_back() {
    let train = circle(10);
    let fitted = |seen| {
        fitted(
            &format!("mlp:width=16:epochs=1:again=no:seen={seen}"),
            &train,
        )
    };
    let odds = |seen| {
        let scores = scores(fitted(seen).as_ref(), &[3, 4, 3], 10);
        (scores[3] / scores[7], scores[4] / scores[7])
    };
    let (plain, held) = (odds("0"), odds("2"));
    for (plain, held) in [(plain.0, held.0), (plain.1, held.1)] {
        // Scores are f32.
        assert!((held / plain / (-2.0f64).exp() - 1.0).abs() < 1e-5);
    }
}

/// View, then purchase: with rewards 0.2 and 1 and a discount of 0.5 the first is worth 0.7, the second 1.
#[test]
fn the_q_head_learns_the_values_of_what_the_log_did() {
    let train = sessions(&vec![vec![0, 1, 2]; 64], 6, |t| {
        if t == 2 {
            EventType::Purchase
        } else {
            EventType::View
        }
    });
    let model = fitted(
        "gru:width=16:epochs=60:rate=0.01:batch=16:dropout=0:rank=value:gamma=0.5:again=no",
        &train,
    );
    let value = |items: &[u32], item: usize| scores(model.as_ref(), items, 6)[item].ln();
    // A network that still moves at the end of its schedule: two digits.
    assert!((value(&[0], 1) - 0.7).abs() < 0.05, "{}", value(&[0], 1));
    assert!(
        (value(&[0, 1], 2) - 1.0).abs() < 0.05,
        "{}",
        value(&[0, 1], 2)
    );
}

#[test]
fn what_is_learned_does_not_depend_on_slices() {
    let train = circle(7);
    let text = "transformer:width=8:epochs=3:batch=16:rank=product:length=1.5:mean=0.5";
    let whole = fitted(text, &train);
    let mut sliced = model(text);
    let mut first = true;
    while sliced
        .fit_slice(
            &train,
            std::mem::take(&mut first),
            1,
            &mut Watch::new(&mut |_| true),
        )
        .unwrap()
        < 1.0
    {}
    assert_eq!(
        scores(whole.as_ref(), &[3, 4], 7),
        scores(sliced.as_ref(), &[3, 4], 7)
    );
}

#[test]
fn odd_logs_are_learned_from_all_the_same() {
    let long: Vec<u32> = (0..300).map(|t| t % 3).collect();
    let logs = [
        sessions(&[vec![0], vec![0, 0]], 1, |_| EventType::View),
        sessions(&vec![vec![0]; 5], 1, |_| EventType::View),
        sessions(&[long.clone(), long.clone(), vec![2]], 3, |_| {
            EventType::Cart
        }),
    ];
    for name in NAMES {
        for train in &logs {
            let model = fitted(&format!("{name}:width=8:epochs=2"), train);
            let scores = scores(model.as_ref(), &long, train.items);
            assert!(
                scores.iter().all(|score| score.is_finite() && *score > 0.0),
                "{name}"
            );
            assert_eq!(model.memory() % 4, 0);
        }
        // Nothing known in the history: nothing is said.
        let model = fitted(&format!("{name}:width=8:epochs=1"), &logs[2]);
        assert!(
            scores(model.as_ref(), &[77], 3)
                .iter()
                .all(|&score| score == 0.0)
        );
        assert!(
            scores(model.as_ref(), &[], 3)
                .iter()
                .all(|&score| score == 0.0)
        );
        assert!(
            scores(model.as_ref(), &[77, 1], 3)
                .iter()
                .all(|&score| score > 0.0)
        );
    }
}

/// A blend takes the same odd logs, with its network as a witness or, where that can't learn, without.
#[test]
fn odd_logs_are_learned_by_a_blend_with_a_network_too() {
    let long: Vec<u32> = (0..300).map(|t| t % 3).collect();
    let logs = [
        sessions(&[vec![0], vec![0, 0]], 1, |_| EventType::View),
        sessions(&vec![vec![0]; 5], 1, |_| EventType::View),
        sessions(&[vec![0], vec![1], vec![2]], 3, |_| EventType::View),
        sessions(&[long.clone(), vec![2]], 3, |_| EventType::Cart),
    ];
    for train in &logs {
        let model = fitted("blend-networks", train);
        for history in [&long[..], &[0], &[77, 0]] {
            let scores = scores(model.as_ref(), history, train.items);
            let sum: f64 = scores.iter().sum();
            // Probabilities of all items there are, at most three, each rounded to f32; ties change them by less.
            assert!(
                (sum - 1.0).abs() < 3.0 * f64::from(f32::EPSILON),
                "{scores:?}"
            );
            assert!(scores.iter().all(|&score| score > 0.0), "{scores:?}");
        }
    }
}

#[test]
fn what_does_not_fit_in_memory_is_refused_before_it_is_taken() {
    let mut train = circle(10);
    train.items = 50_000_000;
    let problem = model("gru")
        .fit(&train, &mut Watch::new(&mut |_| true))
        .unwrap_err();
    assert_eq!(problem.code, "neural.memory");
}

#[test]
fn learning_stops_when_told_to() {
    let problem = model("gru")
        .fit(&circle(5), &mut Watch::new(&mut |_| false))
        .unwrap_err();
    assert_eq!(problem.code, "behaviour.stopped");
}

fn deep(seed: u64) -> DeepConfig {
    DeepConfig {
        hidden: vec![32],
        gamma: 0.9,
        adam: AdamConfig {
            rate: 3e-3,
            ..AdamConfig::default()
        },
        rate: Rate::Constant,
        limit: 1.0,
        epsilon: Schedule {
            shape: Shape::Linear,
            initial: 1.0,
            last: 0.1,
            horizon: 0,
        },
        replay: 4000,
        batch: 32,
        warm_up: 500,
        every: 2,
        target: 100,
        budget_steps: 12_000,
        seed,
    }
}

/// The grid of Sutton & Barto's example 3.5: the values of the network's greedy actions are those of value iteration.
#[test]
fn a_deep_q_network_finds_the_optimum_of_the_gridworld() {
    let entry = textbook::ALL
        .iter()
        .find(|entry| entry.id == "gridworld")
        .unwrap();
    let model = entry.build().unwrap();
    let optimum = solve(&model, 0.9).unwrap();
    let mut agent = DeepAgent::new(Numbered::new(model, 50), deep(1)).unwrap();
    agent.advance(12_000).unwrap();
    let mut worst = 0.0f64;
    for state in 0..25 {
        let mut point = vec![0.0; 25];
        point[state] = 1.0;
        let best = agent
            .values(&point)
            .iter()
            .copied()
            .fold(f32::MIN, f32::max);
        worst = worst.max((f64::from(best) - optimum.values[state]).abs() / 24.4);
    }
    // A tenth of the greatest value: the network generalises, it is no table.
    assert!(worst < 0.1, "{worst}");
}

/// Takes steps until learning diverges, which must leave the weights as they were before that step, bit by bit.
fn diverge(mut agent: DeepAgent<impl qcart::env::simulator::Simulator>) {
    let (before, problem) = loop {
        let before = agent.weights().digest();
        if let Err(problem) = agent.advance(1) {
            break (before, problem);
        }
        assert!(agent.steps() < 12_000);
    };
    assert_eq!(problem.code, "neural.diverged");
    assert_eq!(agent.weights().digest(), before);
}

/// A reward beyond the numbers of 32 bits: the loss is infinite, its gradient, by Huber's limit, is not.
#[test]
fn no_step_is_taken_along_an_infinite_loss() {
    let mut builder = MdpBuilder::default();
    let first = builder.state("first");
    builder.action("a", &[(first, 0.5, 1e300), (1, 0.5, 0.0)]);
    builder.state("over");
    builder.starts(vec![(first, 1.0)]);
    let mdp = builder.build().unwrap();
    diverge(DeepAgent::new(Numbered::new(mdp, 50), deep(1)).unwrap());
}

#[test]
fn divergence_is_caught_and_the_weights_before_kept() {
    let entry = textbook::ALL
        .iter()
        .find(|entry| entry.id == "gridworld")
        .unwrap();
    let mut config = deep(1);
    config.adam.rate = f32::MAX;
    diverge(DeepAgent::new(Numbered::new(entry.build().unwrap(), 50), config).unwrap());
}
