//! Project files: an experiment as a file, for what is too large for a link.

use serde::{Deserialize, Serialize};

use super::Experiment;
use crate::problem::{Problem, Text};

/// The version that this engine writes.
const VERSION: u32 = 1;

/// The largest project file read, in bytes.
pub const LARGEST: usize = 16 * 1024 * 1024;

#[derive(Serialize)]
struct Written<'a> {
    qcart: u32,
    experiment: &'a Experiment,
}

#[derive(Deserialize)]
struct Head {
    qcart: u32,
    experiment: Box<serde_json::value::RawValue>,
}

/// The text of the project file of this experiment.
///
/// # Errors
/// As [`Experiment::to_json`].
pub fn write(experiment: &Experiment) -> Result<String, Problem> {
    serde_json::to_string_pretty(&Written {
        qcart: VERSION,
        experiment,
    })
    .map_err(|_| not_a_project())
}

/// Reads the text of a project file.
///
/// # Errors
/// `project.long`, `project.none`, `project.version`, or what is wrong with the experiment in it.
pub fn read(text: &str) -> Result<Experiment, Problem> {
    if text.len() > LARGEST {
        return Err(Problem::new(
            "project.long",
            Text::new(
                "This project file is larger than 16 MiB.",
                "该项目文件超过 16 MiB。",
            ),
            Text::new(
                "Open the log itself and the link to the experiment.",
                "请改为打开日志本身和实验链接。",
            ),
        ));
    }
    let head: Head = serde_json::from_str(text).map_err(|_| not_a_project())?;
    if head.qcart != VERSION {
        return Err(Problem::new(
            "project.version",
            Text::new(
                format!(
                    "This project file is of version {}; this page reads version {VERSION}.",
                    head.qcart
                ),
                format!(
                    "该项目文件为版本 {}；本页面读取版本 {VERSION}。",
                    head.qcart
                ),
            ),
            Text::new(
                "Reload the page to get its newest version.",
                "请重新加载页面以获得最新版本。",
            ),
        ));
    }
    Experiment::from_json(head.experiment.get())
}

fn not_a_project() -> Problem {
    Problem::new(
        "project.none",
        Text::new(
            "This is not a project file of Qcart.",
            "这不是 Qcart 的项目文件。",
        ),
        Text::new(
            "Choose a file that Share → Project file wrote; a behaviour log is opened under Data.",
            "请选择由“分享 → 项目文件”生成的文件；行为日志请在“数据”处打开。",
        ),
    )
}
