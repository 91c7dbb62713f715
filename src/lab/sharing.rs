//! Links and project files of the experiment in progress.

use super::protocol::Response;
use super::{Answer, Lab};
use crate::experiment::{Source, link, project};
use crate::problem::{Problem, Text};

impl Lab {
    /// A link to the experiment as it stands.
    pub(super) fn share(&self, inline: bool, base: &str) -> Answer {
        let source = self.source()?;
        let packed = if inline && self.on_log() {
            self.data()?.inline(link::LARGEST_INLINE)
        } else {
            None
        };
        let note = (inline && packed.is_none()).then(too_large_to_travel);
        let inline = packed.is_some();
        let fragment = link::write(&self.experiment(packed.unwrap_or(source)))?;
        let link = format!("{base}#{fragment}");
        let markdown = format!("[Qcart: {}]({link})", self.headline());
        Ok(vec![Response::Shared {
            link,
            markdown,
            inline,
            note,
        }])
    }

    /// The experiment as a project file, with its log inside where that was small enough to be kept.
    pub(super) fn project(&self) -> Answer {
        let source = self.source()?;
        let packed = match &source {
            Source::File { .. } => self.data()?.inline(project::LARGEST / 2),
            _ => None,
        };
        let text = project::write(&self.experiment(packed.unwrap_or(source)))?;
        Ok(vec![Response::Project {
            name: "experiment.qcart.json".to_owned(),
            text,
        }])
    }

    fn source(&self) -> Result<Source, Problem> {
        if self.on_log() {
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

fn too_large_to_travel() -> Text {
    Text::new(
        "The log is too large to travel inside the link; whoever opens it will be asked for the file. A project file can carry more.",
        "日志太大，无法放入链接；打开者将被要求提供该文件。项目文件可以携带更多数据。",
    )
}
