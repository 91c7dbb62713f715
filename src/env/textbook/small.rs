//! Small problems that each make one point: the random walk, maximisation bias, and the article's ten users.

use super::{Suggested, Textbook};
use crate::env::mdp::{Mdp, MdpBuilder, Outcome};
use crate::problem::Problem;

pub(super) const RANDOM_WALK: Textbook = Textbook {
    id: "randomwalk",
    title: ["Random walk", "随机游走"],
    note: [
        "Five states in a row; each step goes left or right by the toss of a coin, and leaving on the right pays 1. There is nothing to decide, so Q-learning only has to estimate: the values are 1/6, 2/6, 3/6, 4/6, 5/6.",
        "五个状态排成一行；每一步由抛硬币决定向左或向右，从右端离开奖励为 1。这里没有决策，Q-learning 只需估计价值：依次为 1/6、2/6、3/6、4/6、5/6。",
    ],
    source: "Sutton & Barto 2018, Example 6.2",
    suggested: Suggested {
        gamma: 1.0,
        alpha: 0.02,
        epsilon: 0.1,
        steps: 200_000,
        episode_cap: 1000,
    },
    build: random_walk,
    layout: || None,
};

pub(super) const DOUBLE_Q: Textbook = Textbook {
    id: "doubleq",
    title: ["Maximisation bias", "最大化偏差"],
    note: [
        "From A, going right ends with nothing; going left leads to B, where each of ten actions pays a random amount of mean -0.1. Left is the wrong choice, yet the largest of ten noisy estimates looks good: plain Q-learning goes left far too often, Double Q-learning soon does so only when exploring.",
        "在 A 处向右则结束且无奖励；向左到达 B，那里的十个动作各给出均值为 -0.1 的随机奖励。向左是错误的选择，但十个有噪声的估计中最大的一个看起来很好：普通 Q-learning 过于频繁地向左，而 Double Q-learning 很快就只在探索时才向左。",
    ],
    source: "Sutton & Barto 2018, Example 6.7; van Hasselt 2010",
    suggested: Suggested {
        gamma: 1.0,
        alpha: 0.1,
        epsilon: 0.1,
        steps: 2000,
        episode_cap: 100,
    },
    build: double_q,
    layout: || None,
};

pub(super) const ARTICLE: Textbook = Textbook {
    id: "article",
    title: ["The article's ten users", "文章中的十位用户"],
    note: [
        "Ten users, five products; showing a user the product that the article recommends pays 1, any other nothing, and the user stays the same. With a learning rate of 0.1 and a discount of 0.9 the first update from zero gives 0.1. The article says 1.1, because it expanded the update rule wrongly; every best value is 1 / (1 - 0.9) = 10.",
        "十位用户，五种商品；向用户展示文章所推荐的商品奖励为 1，其他商品为 0，用户状态不变。学习率为 0.1、折扣因子为 0.9 时，从零开始的第一次更新得到 0.1。文章写作 1.1，是因为它把更新公式展开错了；每个最优价值为 1 / (1 - 0.9) = 10。",
    ],
    source: "The article this project descends from, with its arithmetic corrected",
    suggested: Suggested {
        gamma: 0.9,
        alpha: 0.1,
        epsilon: 0.2,
        steps: 100_000,
        episode_cap: 10,
    },
    build: article,
    layout: || None,
};

fn random_walk() -> Result<Mdp, Problem> {
    let mut builder = MdpBuilder::default();
    for (state, name) in ["A", "B", "C", "D", "E"].into_iter().enumerate() {
        let state = state as u32;
        builder.state(name);
        let left = if state == 0 { 5 } else { state - 1 };
        let (right, reward) = if state == 4 {
            (6, 1.0)
        } else {
            (state + 1, 0.0)
        };
        builder.action("↔", &[(left, 0.5, 0.0), (right, 0.5, reward)]);
    }
    builder.state("0");
    builder.state("1");
    builder.starts(vec![(2, 1.0)]);
    builder.build()
}

fn double_q() -> Result<Mdp, Problem> {
    const ENDED: u32 = 2;
    let mut builder = MdpBuilder::default();
    builder.state("A");
    builder.action("→", &[(ENDED, 1.0, 0.0)]);
    builder.action("←", &[(1, 1.0, 0.0)]);
    builder.state("B");
    for arm in 1..=10 {
        let outcome = Outcome {
            next: ENDED,
            probability: 1.0,
            reward: -0.1,
            spread: 1.0,
        };
        builder.drawn_action(arm.to_string(), vec![outcome]);
    }
    builder.state("∎");
    builder.starts(vec![(0, 1.0)]);
    builder.build()
}

fn article() -> Result<Mdp, Problem> {
    /// The product the article recommends to users 1 to 10, as a place in A to E.
    const RECOMMENDED: [usize; 10] = [0, 1, 2, 3, 4, 1, 0, 2, 3, 4];
    let mut builder = MdpBuilder::default();
    for (user, recommended) in RECOMMENDED.into_iter().enumerate() {
        let user = builder.state((user + 1).to_string());
        for (product, name) in ["A", "B", "C", "D", "E"].into_iter().enumerate() {
            let reward = if product == recommended { 1.0 } else { 0.0 };
            builder.action(name, &[(user, 1.0, reward)]);
        }
    }
    builder.start_anywhere();
    builder.build()
}
