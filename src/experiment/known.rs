//! What an experiment may name: the problems that can be decided, and the logs that ship with the page.

use super::{SHOP, Source, link, project};
use crate::problem::{Problem, Text};

/// The ids of all problems. The rooms that hold them stand to the right of this one and aren't in every module.
pub const PROBLEMS: [&str; 17] = [
    SHOP,
    "gridworld",
    "cliff",
    "frozenlake",
    "randomwalk",
    "doubleq",
    "article",
    "mountaincar",
    "price",
    "season",
    "newsvendor",
    "reorder",
    "lostsales",
    "perishable",
    "ads",
    "bids",
    "adday",
];

/// The logs that ship with the page: id and file below `www/samples`.
pub const SAMPLES: [(&str, &str); 6] = [
    ("article", "article.csv"),
    ("otto", "otto-20-sessions.csv"),
    ("orders", "orders.csv"),
    ("retail", "online-retail.csv"),
    ("bandit", "open-bandit.csv"),
    ("serenade", "serenade-8-days.csv"),
];

/// The problems of stock, beside which a budget is split among the items of a log.
pub(super) const STOCK: [&str; 4] = ["newsvendor", "reorder", "lostsales", "perishable"];

/// The file of a sample, by its id.
#[must_use]
pub fn sample_file(id: &str) -> Option<&'static str> {
    let found = SAMPLES.iter().find(|(known, _)| *known == id);
    found.map(|(_, file)| *file)
}

/// Checks that there is such a problem.
///
/// # Errors
/// `link.unknown`.
pub(super) fn check_problem(id: &str) -> Result<(), Problem> {
    if PROBLEMS.contains(&id) {
        return Ok(());
    }
    Err(unknown(&format!("problem “{id}”"), &format!("问题“{id}”")))
}

/// Checks that there is such a sample.
///
/// # Errors
/// `link.unknown`.
pub(super) fn check_source(source: &Source) -> Result<(), Problem> {
    match source {
        Source::Sample { id } if sample_file(id).is_none() => {
            Err(unknown(&format!("sample “{id}”"), &format!("示例“{id}”")))
        }
        _ => Ok(()),
    }
}

/// Checks that a log inside can be unpacked. Whoever reads an experiment from text does so; the worker's first module, which only takes over
/// what was read, can't unpack anything.
///
/// # Errors
/// Those of [`link::unpack`].
pub(super) fn check_log(source: &Source) -> Result<(), Problem> {
    let Source::Inline { data, .. } = source else {
        return Ok(());
    };
    match link::unpack(data, project::LARGEST as u64) {
        Err(problem) if problem.code == "link.long" => Err(too_long()),
        unpacked => unpacked.map(drop),
    }
}

fn too_long() -> Problem {
    Problem::new(
        "link.long",
        Text::new(
            "The log inside the experiment unpacks to more than 16 MiB, which none does that Qcart puts there.",
            "实验内的日志解包后超过 16 MiB，而 Qcart 不会放入这么大的日志。",
        ),
        Text::new(
            "It was edited: ask for the link and for the file of the log instead.",
            "它被改动过：请重新索取链接以及日志文件。",
        ),
    )
}

fn unknown(en: &str, zh: &str) -> Problem {
    Problem::new(
        "link.unknown",
        Text::new(
            format!("The experiment asks for the {en}, which this version of Qcart does not have."),
            format!("该实验需要{zh}，而此版本的 Qcart 没有。"),
        ),
        Text::new(
            "It was edited, or comes from a newer version: reload the page to get that, or ask for the link again.",
            "它被改动过，或来自更新的版本：请重新加载页面以获取新版本，或重新索取链接。",
        ),
    )
}
