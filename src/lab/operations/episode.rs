//! An episode as the policies play it: prices over time, stock as a saw, the spend of a day.

use super::super::protocol::{Episode, Measure, Panel};
use super::Operation;
use super::view::View;
use crate::env::axes::Axes;
use crate::env::{Environment, Step};
use crate::problem::Text;
use crate::random::{Rng, stream};

/// Periods shown of problems that don't end by themselves.
const ENDLESS: u32 = 30;
/// Most periods shown.
const LONGEST: u32 = 2_000;

type Points = Vec<(f64, f64)>;

/// Reads a quantity off what was played.
type Look<V> = fn(&V, &Played) -> Points;

/// What was seen in each period.
type Played = Vec<Period>;

struct Period {
    state: u32,
    action: u32,
    step: Step,
    /// Levels of a day's budget that were paid.
    paid: u32,
}

/// The periods played, where one of the policies was not at the end by then.
fn cut(played: [Option<&Played>; 2]) -> Option<u32> {
    let mut unended = played.into_iter().flatten().filter(|played| {
        let last = played.last();
        last.is_some_and(|period| !period.step.end)
    });
    unended.next().map(|played| played.len() as u32)
}

impl View<'_> {
    /// An episode under both policies with the same chance; nothing for a single decision.
    pub fn episode(&self, seed: u32) -> Option<Episode> {
        if self.operation.states() == 1 {
            return None;
        }
        let optimal = self.play(seed, |state| self.optimal_action(state));
        let learned = self
            .learned()
            .map(|trainer| self.play(seed, |state| trainer.q().best(state)));
        let total = |played: &Played| played.iter().map(|period| period.step.reward).sum();
        let watched = self.watched();
        let watched = watched.into_iter().enumerate();
        let panels = watched.map(|(place, (name, measure, look))| Panel {
            name,
            measure,
            learned: learned.as_ref().map(|played| look(self, played)),
            optimal: look(self, &optimal),
            even: (place == 0).then(|| self.even_pace()).flatten(),
        });
        Some(Episode {
            time: match self.entry.family {
                "ads" => Text::new("decision", "决策"),
                "textbook" => Text::new("step", "步"),
                _ => Text::new("period", "周期"),
            },
            panels: panels.collect(),
            cut: cut([Some(&optimal), learned.as_ref()]),
            learned: learned.as_ref().map(total),
            optimal: total(&optimal),
        })
    }

    fn play(&self, seed: u32, policy: impl Fn(u32) -> u32) -> Played {
        let mut rng = stream(u64::from(seed), "episode");
        let longest = if self.entry.family == "stock" {
            ENDLESS
        } else {
            LONGEST
        };
        let mut state = self.operation.reset(&mut rng);
        let mut played = Vec::new();
        for _ in 0..longest {
            let action = policy(state);
            let paid = self.paid(state, action, &rng);
            let step = self.operation.step(state, action, &mut rng);
            played.push(Period {
                state,
                action,
                step,
                paid,
            });
            if step.end {
                break;
            }
            state = step.next;
        }
        played
    }

    /// What the step with this chance pays.
    fn paid(&self, state: u32, action: u32, chance: &Rng) -> u32 {
        match self.operation {
            Operation::Campaign(model) => model.cost(state, action, &mut chance.clone()),
            _ => 0,
        }
    }

    /// Name, measure and points of each quantity that is watched.
    fn watched(&self) -> Vec<(Text, Measure, Look<Self>)> {
        match self.operation {
            Operation::Pricing(_) => vec![
                (Text::new("price", "价格"), Measure::Money, Self::prices),
                (
                    Text::new("units in stock", "库存"),
                    Measure::Count,
                    Self::units,
                ),
            ],
            Operation::Campaign(_) => vec![
                (
                    Text::new("budget spent", "已花预算"),
                    Measure::Money,
                    Self::spent,
                ),
                (
                    Text::new("value won", "累计价值"),
                    Measure::Money,
                    Self::won,
                ),
            ],
            Operation::Backorder(_) => {
                vec![(
                    Text::new("inventory position", "库存位置"),
                    Measure::Count,
                    Self::saw,
                )]
            }
            Operation::MountainCar(_) => vec![
                (Text::new("position", "位置"), Measure::Count, Self::first),
                (Text::new("throttle", "油门"), Measure::Count, Self::prices),
            ],
            _ => vec![(
                Text::new("units in stock", "库存"),
                Measure::Count,
                Self::saw,
            )],
        }
    }

    /// The action's amount, as steps.
    fn prices(&self, played: &Played) -> Points {
        let steps = played.iter().enumerate();
        steps
            .flat_map(|(t, period)| {
                let price = self.operation.amount(period.action);
                [(t as f64, price), (t as f64 + 1.0, price)]
            })
            .collect()
    }

    /// The first quantity of the state.
    fn first(&self, played: &Played) -> Points {
        let mut point = vec![0.0; self.operation.axes().len()];
        let steps = played.iter().enumerate();
        steps
            .map(|(t, period)| {
                self.operation.point(period.state, &mut point);
                (t as f64, point[0])
            })
            .collect()
    }

    fn units(&self, played: &Played) -> Points {
        let Operation::Pricing(model) = self.operation else {
            return Vec::new();
        };
        let steps = played.iter().enumerate();
        let mut points: Points = steps
            .map(|(t, period)| (t as f64, f64::from(model.parts(period.state).1)))
            .collect();
        if let Some(last) = played.last()
            && last.step.end
            && model.parts(last.state).0 > 1
        {
            points.push((played.len() as f64, 0.0));
        }
        points
    }

    /// Stock with what arrives, then what demand leaves of it.
    fn saw(&self, played: &Played) -> Points {
        let mut points = Vec::new();
        for (t, period) in played.iter().enumerate() {
            let &Period {
                state,
                action,
                step,
                ..
            } = period;
            let (before, after) = match self.operation {
                Operation::Backorder(model) => {
                    let ordered = model.position(state) + i64::from(action);
                    (ordered as f64, model.position(step.next) as f64)
                }
                Operation::LostSales(model) => {
                    let (units, orders) = model.parts(state);
                    let (left, _) = model.parts(step.next);
                    let (now, arriving) = match (model.lead_time(), orders.first()) {
                        (0, _) => (units + action, 0),
                        (1, _) => (units, action),
                        (_, first) => (units, first.copied().unwrap_or(0)),
                    };
                    (f64::from(now), f64::from(left.saturating_sub(arriving)))
                }
                Operation::Perishable(model) => (
                    f64::from(model.kept(state) + action),
                    f64::from(model.kept(step.next)),
                ),
                _ => return Vec::new(),
            };
            points.push((t as f64, before));
            points.push((t as f64 + 1.0, after));
        }
        points
    }

    fn spent(&self, played: &Played) -> Points {
        let level = self.settings.number("adLevel");
        let mut levels = 0;
        let mut points = vec![(0.0, 0.0)];
        for (t, period) in played.iter().enumerate() {
            levels += period.paid;
            points.push((t as f64 + 1.0, level * f64::from(levels)));
        }
        points
    }

    fn won(&self, played: &Played) -> Points {
        let mut sum = 0.0;
        let mut points = vec![(0.0, 0.0)];
        for (t, period) in played.iter().enumerate() {
            sum += period.step.reward;
            points.push((t as f64 + 1.0, sum));
        }
        points
    }

    fn even_pace(&self) -> Option<Points> {
        let Operation::Campaign(model) = self.operation else {
            return None;
        };
        let budget = f64::from(model.budget()) * self.settings.number("adLevel");
        Some(vec![(0.0, 0.0), (f64::from(model.decisions()), budget)])
    }
}
