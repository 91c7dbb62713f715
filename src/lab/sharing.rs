//! The experiment in progress, as links and project files carry it.

use super::protocol::{Carry, Response};
use super::{Answer, Lab};
use crate::experiment::{Source, link, project};
use crate::problem::{Problem, Text};

impl Lab {
    /// The experiment as it stands, with its log inside where that is wished for and small enough.
    pub(super) fn share(&self, carry: Carry) -> Answer {
        let source = self.source()?;
        let packed = match (carry, &source) {
            (Carry::InLink, _) if self.needs_log() => self.data()?.inline(link::LARGEST_INLINE),
            (Carry::InFile, Source::File { .. }) => self.data()?.inline(project::LARGEST / 2),
            _ => None,
        };
        let note = match carry {
            Carry::InLink if packed.is_none() && self.needs_log() => Some(too_large_to_travel()),
            Carry::InFile if packed.is_none() && matches!(source, Source::File { .. }) => {
                Some(too_large_for_a_file())
            }
            _ => None,
        };
        let inline = packed.is_some();
        Ok(vec![Response::Shared {
            experiment: Box::new(self.experiment(packed.unwrap_or(source))),
            headline: self.headline(),
            inline,
            note,
        }])
    }

    fn source(&self) -> Result<Source, Problem> {
        if self.needs_log() {
            Ok(self.data()?.source.clone())
        } else {
            Ok(Source::None)
        }
    }

    /// A few words for the text of a Markdown link, without characters that Markdown would take as its own.
    fn headline(&self) -> String {
        let seed = self.settings.integer("seed");
        match &self.outcome {
            Some(outcome) => {
                let value = outcome
                    .value_percent
                    .map_or_else(|| "?".to_owned(), |percent| format!("{percent:.1}"));
                format!(
                    "{}, seed {seed}, {value} % of the optimum, digest {}",
                    self.problem,
                    outcome.digest.short()
                )
            }
            None => format!("{}, seed {seed}", self.problem),
        }
    }
}

fn too_large_for_a_file() -> Text {
    Text::new(
        "The log is too large to travel inside the project file; whoever opens it will be asked for the file.",
        "日志太大，无法放入项目文件；打开者将被要求提供该文件。",
    )
}

fn too_large_to_travel() -> Text {
    Text::new(
        "The log is too large to travel inside the link; whoever opens it will be asked for the file. A project file can carry more.",
        "日志太大，无法放入链接；打开者将被要求提供该文件。项目文件可以携带更多数据。",
    )
}
