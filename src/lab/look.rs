//! Looking at what was learned: single steps, policies, recommendations.

use super::data::{Data, category};
use super::problems::Problem as Decision;
use super::protocol::{PolicyState, RecommendationView, RecommendedItem, Response};
use super::{Answer, Lab};
use crate::agent::table::QTable;
use crate::env::Environment;
use crate::env::shop::Shop;
use crate::log::Log;
use crate::problem::{Problem, Text};
use crate::recommend::export::Export;
use crate::recommend::{Recommendation, Recommender};
use crate::train::StepTrace;

/// What a single step did, with names.
pub fn trace(problem: &Decision, log: Option<&Log>, trace: &StepTrace) -> Response {
    let state = |state: u32| problem.state_name(state, log);
    Response::Trace {
        state: state(trace.state),
        action: problem.action_name(trace.state, trace.action, log),
        next: (!trace.end).then(|| state(trace.next)),
        trace: *trace,
    }
}

impl Lab {
    /// The learned and the optimal policy of a textbook problem, state by state.
    pub(super) fn policy(&self) -> Answer {
        let decided = self.decided()?;
        let Decision::Textbook(textbook, mdp) = &decided.problem else {
            return Err(not_a_textbook_problem());
        };
        let optimum = decided.optimum().ok_or_else(super::not_solved)?;
        let learned = self
            .training
            .as_ref()
            .and_then(|training| training.learned());
        let layout = textbook.layout();
        let mut pair = 0;
        let mut states = Vec::new();
        for state in 0..mdp.states() {
            let actions = mdp.actions(state);
            let pairs = pair..pair + actions as usize;
            pair = pairs.end;
            let cell = layout.as_ref().map(|layout| {
                let (column, row) = layout.cells[state as usize];
                u32::from(row) * u32::from(layout.width) + u32::from(column)
            });
            states.push(PolicyState {
                name: mdp.state_name(state).to_owned(),
                cell,
                actions: (0..actions)
                    .map(|action| mdp.action_name(state, action).to_owned())
                    .collect(),
                q: learned.map_or_else(Vec::new, |trainer| trainer.q().row(state).to_vec()),
                q_star: optimum.q[pairs.clone()].to_vec(),
                visits: learned.map_or_else(Vec::new, |trainer| {
                    trainer.learner().visits()[pairs].to_vec()
                }),
            });
        }
        let grid = layout.map(|layout| (u32::from(layout.width), u32::from(layout.height)));
        Ok(vec![Response::Policy { states, grid }])
    }
}

/// What recommendations speak from: the learned values, or before training those of the optimum.
enum Values<'a> {
    Learned(&'a QTable, &'a [u32]),
    Optimal(QTable, Vec<u32>),
}

impl Lab {
    /// The history of a user, and what to recommend.
    pub(super) fn recommend(&self, user: &str, k: u32) -> Answer {
        let data = self.data()?;
        let number = data.log.users.iter().position(|name| name == user);
        let number = number.ok_or_else(|| no_such_user(user))? as u32;
        let view = self.with_recommender(|recommender, learned| {
            let recommended = recommender.for_user(number, k as usize);
            let (sessions, hidden) = data.users.history(&data.log, number);
            let log = &data.log;
            let popular = recommender.index.popular(k as usize).iter();
            RecommendationView {
                user: user.to_owned(),
                sessions,
                hidden,
                state: names(log, &recommender.shop.state_items(recommended.state)),
                backed_off: recommended.backed_off,
                items: recommended
                    .items
                    .iter()
                    .map(|item| data.item(recommender.shop, item))
                    .collect(),
                popular: popular
                    .map(|&(item, events)| (log.items.get(item).to_owned(), events))
                    .collect(),
                by_q: recommender.shop.config().lift > 1.0,
                learned,
            }
        })?;
        Ok(vec![Response::Recommendation {
            view: Box::new(view),
        }])
    }

    pub(super) fn begin_export(&mut self, k: u32) -> Answer {
        self.with_recommender(|_, _| ())?;
        self.export = Some(Export::new(k as usize));
        super::done()
    }

    pub(super) fn advance_export(&mut self) -> Answer {
        let Some(mut export) = self.export.take() else {
            return super::done();
        };
        let chunk = self.with_recommender(|recommender, _| export.next_chunk(recommender))?;
        // The exporter writes text; were it not, the replacement characters would show it.
        let text = chunk.as_deref().map_or_else(String::new, |bytes| {
            String::from_utf8_lossy(bytes).into_owned()
        });
        let last = chunk.is_none();
        if !last {
            self.export = Some(export);
        }
        Ok(vec![Response::Chunk { text, last }])
    }

    /// Calls `f` with a recommender on the values at hand, and whether these were learned.
    fn with_recommender<T>(
        &self,
        f: impl FnOnce(&Recommender<'_>, bool) -> T,
    ) -> Result<T, Problem> {
        let data = self.data()?;
        let decided = self.decided()?;
        let Decision::Shop(shop) = &decided.problem else {
            return Err(not_a_shop());
        };
        let optimum = decided.optimum().ok_or_else(super::not_solved)?;
        let trainer = self
            .training
            .as_ref()
            .and_then(|training| training.learned());
        let values = match trainer.filter(|trainer| trainer.steps() > 0) {
            Some(trainer) => Values::Learned(trainer.q(), trainer.learner().visits()),
            None => Values::Optimal(
                QTable::from_values(shop, &optimum.q)?,
                vec![1; optimum.q.len()],
            ),
        };
        let (table, visits, learned) = match &values {
            Values::Learned(table, visits) => (*table, *visits, true),
            Values::Optimal(table, visits) => (table, visits.as_slice(), false),
        };
        let recommender = Recommender {
            log: &data.log,
            index: &data.index,
            shop,
            table,
            visits,
            q_star: &optimum.q,
            gamma: optimum.gamma,
        };
        Ok(f(&recommender, learned))
    }
}

impl Data {
    /// A recommended item with names.
    fn item(&self, shop: &Shop, item: &Recommendation) -> RecommendedItem {
        RecommendedItem {
            item: self.log.items.get(item.item).to_owned(),
            category: category(&self.log, item.item),
            score: item.score,
            q: item.q,
            q_star: item.q_star,
            p_unasked: item.p_behaviour,
            p_accept: item.p_accept,
            reward: item.reward,
            future: item.future,
            otherwise: item.otherwise,
            part_reward: item.p_accept * item.reward,
            part_future: item.p_accept * item.future,
            part_otherwise: (1.0 - item.p_accept) * item.otherwise,
            support: item.support,
            tried: item.tried,
            state: names(&self.log, &shop.state_items(item.state)),
            popularity_rank: self.index.rank(item.item),
        }
    }
}

fn names(log: &Log, items: &[u32]) -> Vec<String> {
    items
        .iter()
        .map(|&item| log.items.get(item).to_owned())
        .collect()
}

pub(super) fn no_such_user(user: &str) -> Problem {
    Problem::new(
        "lab.no-user",
        Text::new(
            format!("There is no user “{user}” in the log."),
            format!("日志中没有用户“{user}”。"),
        ),
        Text::new("Search for a part of the name.", "请搜索名称的一部分。"),
    )
}

fn not_a_shop() -> Problem {
    Problem::new(
        "lab.not-a-shop",
        Text::new("A textbook problem has no users.", "教科书问题没有用户。"),
        Text::new(
            "Choose “What to recommend” under Decide.",
            "请在“决策”处选择“推荐什么商品”。",
        ),
    )
}

fn not_a_textbook_problem() -> Problem {
    Problem::new(
        "lab.no-policy-map",
        Text::new(
            "A shop has too many states to draw.",
            "商店的状态太多，无法绘制。",
        ),
        Text::new(
            "Search a user under Look instead.",
            "请在“查看”处搜索用户。",
        ),
    )
}
