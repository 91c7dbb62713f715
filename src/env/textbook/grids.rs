//! Problems on a grid: the 5 x 5 grid world, cliff walking and the slippery frozen lake.

use super::{Layout, Suggested, Textbook};
use crate::env::mdp::{Mdp, MdpBuilder};
use crate::problem::Problem;

/// The moves in the order of their action numbers: name, columns, rows.
const MOVES: [(&str, i32, i32); 4] = [("←", -1, 0), ("↓", 0, 1), ("→", 1, 0), ("↑", 0, -1)];

pub(super) const GRID_WORLD: Textbook = Textbook {
    id: "gridworld",
    title: ["Grid world, 5 × 5", "5 × 5 网格世界"],
    note: [
        "Four moves on a 5 by 5 grid. Bumping into the edge costs 1. Any move from A (top row, second cell) pays 10 and leads to A' in the bottom row; any from B (top row, fourth) pays 5 and leads to B'. It never ends, so the discount of 0.9 is what makes values finite: the best value is 24.4, at A.",
        "在 5 × 5 的网格上有四种移动。撞到边缘奖励为 -1。从 A(第一行第二格)出发的任何移动奖励为 10 并到达底行的 A';从 B(第一行第四格)出发奖励为 5 并到达 B'。任务永不结束，因此要靠 0.9 的折扣因子使价值有限：最优价值为 24.4，位于 A。",
    ],
    source: "Sutton & Barto 2018, Examples 3.5 and 3.8",
    suggested: Suggested {
        gamma: 0.9,
        alpha: 0.5,
        epsilon: 0.5,
        steps: 200_000,
        episode_cap: 100,
    },
    build: grid_world,
    layout: || Some(full_layout(5, 5)),
};

pub(super) const CLIFF: Textbook = Textbook {
    id: "cliff",
    title: ["Cliff walking", "悬崖行走"],
    note: [
        "From the bottom left to the bottom right, each step costs 1. Between them is a cliff: stepping off it costs 100 and sends you back to the start. Q-learning learns the shortest path along the edge, with a return of -13.",
        "从左下角走到右下角，每一步奖励为 -1。两者之间是悬崖：踏空奖励为 -100 并被送回起点。Q-learning 学到沿着悬崖边缘的最短路径，回报为 -13。",
    ],
    source: "Sutton & Barto 2018, Example 6.6",
    suggested: Suggested {
        gamma: 1.0,
        alpha: 0.5,
        epsilon: 0.1,
        steps: 100_000,
        episode_cap: 1000,
    },
    build: cliff,
    layout: || {
        Some(Layout {
            width: 12,
            height: 4,
            cells: cliff_cells(),
        })
    },
};

pub(super) const FROZEN_LAKE: Textbook = Textbook {
    id: "frozenlake",
    title: ["Frozen lake, slippery", "结冰的湖面(会打滑)"],
    note: [
        "Cross a frozen lake without falling through a hole. The ice is slippery: you go where you want only one time in three, else to one side of it. Reaching the far corner pays 1, all else nothing. Even the best policy arrives only 14 times in 17.",
        "穿过结冰的湖面而不掉进冰洞。冰面很滑：只有三分之一的概率朝想去的方向走，否则滑向两侧之一。到达对角的终点奖励为 1，其余为 0。即使是最优策略，17 次中也只能到达 14 次。",
    ],
    source: "Gymnasium, FrozenLake-v1 (4x4, is_slippery)",
    suggested: Suggested {
        gamma: 0.99,
        alpha: 0.05,
        epsilon: 0.5,
        steps: 2_000_000,
        episode_cap: 200,
    },
    build: frozen_lake,
    layout: || Some(full_layout(4, 4)),
};

fn full_layout(width: u16, height: u16) -> Layout {
    let rows = 0..height;
    Layout {
        width,
        height,
        cells: rows
            .flat_map(|row| (0..width).map(move |column| (column, row)))
            .collect(),
    }
}

/// The cell reached from `(column, row)`, which stays where it is at the edge.
fn moved(cell: (u16, u16), step: usize, width: u16, height: u16) -> (u16, u16) {
    let (_, columns, rows) = MOVES[step];
    let column = (i32::from(cell.0) + columns).clamp(0, i32::from(width) - 1);
    let row = (i32::from(cell.1) + rows).clamp(0, i32::from(height) - 1);
    (column as u16, row as u16)
}

fn cell_name(cell: (u16, u16)) -> String {
    format!("({}, {})", cell.1 + 1, cell.0 + 1)
}

fn grid_world() -> Result<Mdp, Problem> {
    let mut builder = MdpBuilder::default();
    for cell in full_layout(5, 5).cells {
        builder.state(cell_name(cell));
        for (step, (name, _, _)) in MOVES.iter().enumerate() {
            let to = moved(cell, step, 5, 5);
            let (next, reward) = match cell {
                (1, 0) => ((1, 4), 10.0),
                (3, 0) => ((3, 2), 5.0),
                _ => (to, if to == cell { -1.0 } else { 0.0 }),
            };
            builder.action(*name, &[(u32::from(next.1 * 5 + next.0), 1.0, reward)]);
        }
    }
    builder.start_anywhere();
    builder.build()
}

/// The cells of the cliff problem that can be stood on; the start and the goal are the last two.
fn cliff_cells() -> Vec<(u16, u16)> {
    let mut cells = full_layout(12, 3).cells;
    cells.extend([(0, 3), (11, 3)]);
    cells
}

fn cliff() -> Result<Mdp, Problem> {
    let cells = cliff_cells();
    let start = cells.len() as u32 - 2;
    let mut builder = MdpBuilder::default();
    for &cell in &cells {
        builder.state(cell_name(cell));
        if cell == (11, 3) {
            break;
        }
        for (step, (name, _, _)) in MOVES.iter().enumerate() {
            let to = moved(cell, step, 12, 4);
            let outcome = match cells.iter().position(|&other| other == to) {
                Some(next) => (next as u32, 1.0, -1.0),
                None => (start, 1.0, -100.0),
            };
            builder.action(*name, &[outcome]);
        }
    }
    builder.starts(vec![(start, 1.0)]);
    builder.build()
}

fn frozen_lake() -> Result<Mdp, Problem> {
    const MAP: &[u8; 16] = b"SFFFFHFHFFFHHFFG";
    let mut builder = MdpBuilder::default();
    for (state, cell) in full_layout(4, 4).cells.into_iter().enumerate() {
        builder.state(cell_name(cell));
        if matches!(MAP[state], b'H' | b'G') {
            continue;
        }
        for (step, (name, _, _)) in MOVES.iter().enumerate() {
            let outcomes = [(step + 3) % 4, step, (step + 1) % 4].map(|slip| {
                let to = moved(cell, slip, 4, 4);
                let next = u32::from(to.1 * 4 + to.0);
                let reward = if MAP[next as usize] == b'G' { 1.0 } else { 0.0 };
                (next, 1.0 / 3.0, reward)
            });
            builder.action(*name, &outcomes);
        }
    }
    builder.starts(vec![(0, 1.0)]);
    builder.build()
}
