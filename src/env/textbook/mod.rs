//! Textbook problems with known answers, by id: where a first-time reader sees Q-learning work.

use crate::env::mdp::Mdp;
use crate::problem::{Problem, Text};

mod grids;
mod small;

/// Where each state is drawn on a grid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Columns of the grid.
    pub width: u16,
    /// Rows of the grid.
    pub height: u16,
    /// Column and row of each state, from the top left.
    pub cells: Vec<(u16, u16)>,
}

/// Hyperparameters that suit a problem; where one has no say, the trainer's own default holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Suggested {
    /// Discount.
    pub gamma: f64,
    /// Learning rate, constant.
    pub alpha: f64,
    /// Exploration, constant.
    pub epsilon: f64,
    /// Steps to train.
    pub steps: u64,
    /// Steps after which an episode is cut.
    pub episode_cap: u32,
}

/// A problem of the registry.
#[derive(Clone, Copy, Debug)]
pub struct Textbook {
    /// Stable name, as it stands in links.
    pub id: &'static str,
    title: [&'static str; 2],
    note: [&'static str; 2],
    /// Where the problem is from.
    pub source: &'static str,
    /// Hyperparameters that suit it.
    pub suggested: Suggested,
    build: fn() -> Result<Mdp, Problem>,
    layout: fn() -> Option<Layout>,
}

impl Textbook {
    /// The problem's name.
    #[must_use]
    pub fn title(&self) -> Text {
        Text::new(self.title[0], self.title[1])
    }

    /// One paragraph: what it is and what it shows.
    #[must_use]
    pub fn note(&self) -> Text {
        Text::new(self.note[0], self.note[1])
    }

    /// The problem itself.
    ///
    /// # Errors
    /// Those of [`crate::env::mdp::MdpBuilder::build`]; none for the problems of the registry, as their tests show.
    pub fn build(&self) -> Result<Mdp, Problem> {
        (self.build)()
    }

    /// How to draw it, where it lies on a grid.
    #[must_use]
    pub fn layout(&self) -> Option<Layout> {
        (self.layout)()
    }
}

/// Every problem, in the order of the sample list.
pub const ALL: &[Textbook] = &[
    grids::GRID_WORLD,
    grids::CLIFF,
    grids::FROZEN_LAKE,
    small::RANDOM_WALK,
    small::DOUBLE_Q,
    small::ARTICLE,
];

/// The problem with this id.
///
/// # Errors
/// `textbook.unknown` when there is none.
pub fn find(id: &str) -> Result<&'static Textbook, Problem> {
    ALL.iter().find(|problem| problem.id == id).ok_or_else(|| {
        let ids: Vec<&str> = ALL.iter().map(|problem| problem.id).collect();
        Problem::new(
            "textbook.unknown",
            Text::new(
                format!("There is no textbook problem named {id:?}."),
                format!("没有名为 {id:?} 的教科书问题。"),
            ),
            Text::new(
                format!("Choose one of: {}.", ids.join(", ")),
                format!("请从以下名称中选择：{}。", ids.join("、")),
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::env::Environment as _;

    #[test]
    fn every_problem_builds_and_fits_its_layout() {
        for problem in ALL {
            let mdp = find(problem.id).unwrap().build().unwrap();
            if let Some(layout) = problem.layout() {
                assert_eq!(layout.cells.len(), mdp.states() as usize, "{}", problem.id);
                for (column, row) in layout.cells {
                    assert!(column < layout.width && row < layout.height);
                }
            }
        }
        assert_eq!(find("chess").unwrap_err().code, "textbook.unknown");
    }
}
