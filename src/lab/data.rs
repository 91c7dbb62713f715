//! The log of a laboratory: the import under way and the log that was read before it.

use std::rc::Rc;

use super::protocol::Response;
use super::users::Users;
use crate::experiment::digest::Sum;
use crate::experiment::{Source, link, project};
use crate::log::{Finishing, Imported, Importer, Rejects};
use crate::log::{ImportOptions, SourceFile};
use crate::log::{Log, NONE};
use crate::problem::Problem;
use crate::recommend::UserIndex;

/// Logs of at most so many bytes are kept as they came, so that they can travel inside a project file.
const KEPT: usize = project::LARGEST / 4;

/// A log that was read.
pub struct Data {
    /// The events.
    pub log: Rc<Log>,
    /// Its users.
    pub users: Users,
    /// What is looked up for every recommendation.
    pub index: UserIndex,
    /// Name, size and fingerprint of the file.
    pub file: SourceFile,
    /// Where it came from, as a link says it.
    pub source: Source,
    /// How it was read, with nothing left to guess.
    pub options: ImportOptions,
    /// The rows that could not be read.
    pub rejects: Rejects,
    /// Digest of the events.
    pub digest: String,
    raw: Option<Vec<u8>>,
}

impl Data {
    /// The log as a source that travels inside a link or file; nothing where it packs to more than `limit` bytes
    /// or was too large to be kept.
    pub fn inline(&self, limit: usize) -> Option<Source> {
        let data = link::pack(self.raw.as_deref()?);
        // base64 writes three bytes as four characters.
        (data.len() / 4 * 3 <= limit).then(|| Source::Inline {
            name: self.file.name.clone(),
            data,
        })
    }
}

/// An import under way.
pub struct Import {
    stage: Stage,
    source: Source,
    raw: Option<Vec<u8>>,
    previewed: bool,
}

enum Stage {
    Reading(Box<Importer>),
    Finishing(Box<Finishing>),
}

/// Why a file could not be read, after what a person needs to mend how it was read: its first rows, its event words.
pub struct Refused {
    before: Vec<Response>,
    problem: Problem,
}

impl Refused {
    /// Everything there is to say.
    pub fn responses(self) -> Vec<Response> {
        let Self { before, problem } = self;
        let problem = Response::Problem { problem };
        before.into_iter().chain([problem]).collect()
    }
}

impl Import {
    /// Starts reading.
    pub fn new(source: Source, importer: Importer) -> Self {
        let stage = Stage::Reading(Box::new(importer));
        Self {
            stage,
            source,
            raw: Some(Vec::new()),
            previewed: false,
        }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<Response>, Refused> {
        let Stage::Reading(importer) = &mut self.stage else {
            return Ok(Vec::new());
        };
        let taken = importer.push(bytes);
        let mut responses = preview(importer, &mut self.previewed);
        if let Err(problem) = taken {
            let before = responses;
            return Err(Refused { before, problem });
        }
        self.raw = self
            .raw
            .take()
            .filter(|raw| raw.len() + bytes.len() <= KEPT)
            .map(|mut raw| {
                raw.extend_from_slice(bytes);
                raw
            });
        responses.push(Response::ImportProgress {
            progress: importer.progress(),
        });
        Ok(responses)
    }

    /// Leaves the fingerprint to whoever reads the same bytes elsewhere.
    pub fn leave_fingerprint(&mut self) {
        if let Stage::Reading(importer) = &mut self.stage {
            importer.leave_fingerprint();
        }
    }

    /// Takes the fingerprint that was left to somebody else.
    pub fn give_fingerprint(&mut self, fingerprint: &str) -> Result<(), Problem> {
        match &mut self.stage {
            Stage::Reading(importer) => importer.give_fingerprint(fingerprint),
            Stage::Finishing(_) => Ok(()),
        }
    }

    /// All bytes were taken.
    pub fn end(mut self) -> Result<(Self, Vec<Response>), Refused> {
        let Stage::Reading(mut importer) = self.stage else {
            return Ok((self, Vec::new()));
        };
        let ended = importer.end();
        let mut before = preview(&importer, &mut self.previewed);
        let progress = importer.progress();
        before.push(Response::ImportProgress { progress });
        let words = importer.event_words();
        match ended.and_then(|()| importer.finish()) {
            Ok(finishing) => {
                self.stage = Stage::Finishing(Box::new(finishing));
                Ok((self, before))
            }
            Err(problem) => {
                before.push(Response::EventWords { words });
                Err(Refused { before, problem })
            }
        }
    }

    /// Whether all bytes were taken and the events are being sorted.
    pub fn finishing(&self) -> bool {
        matches!(self.stage, Stage::Finishing(_))
    }

    /// A slice of sorting and counting.
    pub fn advance(&mut self) -> Result<Progress, Problem> {
        let Stage::Finishing(finishing) = &mut self.stage else {
            return Ok(Progress::Going(Vec::new()));
        };
        match finishing.advance()? {
            Some(imported) => Ok(Progress::Ready(Box::new(self.data(imported)))),
            None => {
                let fraction = finishing.fraction();
                Ok(Progress::Going(vec![Response::Sorting { fraction }]))
            }
        }
    }

    fn data(&mut self, imported: Imported) -> (Data, Response) {
        let Imported {
            log,
            report,
            rejects,
            dialect,
            source: file,
        } = imported;
        let mut source = self.source.clone();
        if let Source::File {
            name,
            size,
            fingerprint,
        } = &mut source
        {
            name.clone_from(&file.name);
            *size = file.size;
            fingerprint.clone_from(&file.fingerprint);
        }
        let options = dialect.options();
        let response = Response::Imported {
            report: Box::new(report),
            rejects: Box::new((&rejects).into()),
            dialect: Box::new(dialect),
            file: file.clone(),
        };
        let digest = digest(&log);
        let users = Users::new(&log);
        let index = UserIndex::new(&log);
        let data = Data {
            users,
            index,
            file,
            source,
            options,
            rejects,
            digest,
            raw: self.raw.take(),
            log: Rc::new(log),
        };
        (data, response)
    }
}

/// What a slice of an import came to.
pub enum Progress {
    /// There is more to do.
    Going(Vec<Response>),
    /// The log is read.
    Ready(Box<(Data, Response)>),
}

fn preview(importer: &Importer, previewed: &mut bool) -> Vec<Response> {
    if *previewed {
        return Vec::new();
    }
    let preview = importer.preview().cloned();
    *previewed = preview.is_some();
    preview
        .map(|preview| Response::Preview {
            preview: Box::new(preview),
        })
        .into_iter()
        .collect()
}

/// Digest of the events of a log: what every later number follows from.
fn digest(log: &Log) -> String {
    let mut sum = Sum::default();
    for names in [
        &log.users,
        &log.items,
        &log.session_names,
        &log.categories,
        &log.variants,
    ] {
        sum.whole(names.len() as u64);
        for name in names.iter() {
            sum.bytes(name.as_bytes());
        }
    }
    sum.numbers(&log.item_category);
    sum.numbers(&log.session_start);
    sum.numbers(&log.session_user);
    sum.numbers(&log.events.item);
    for event in 0..log.len() {
        sum.whole(log.events.time[event].cast_unsigned());
        sum.whole(log.events.kind[event] as u64);
    }
    let singles = |column: &Option<Vec<f32>>| -> Vec<f64> {
        column
            .iter()
            .flatten()
            .map(|&number| f64::from(number))
            .collect()
    };
    sum.reals(&singles(&log.events.price));
    sum.reals(&singles(&log.events.quantity));
    sum.reals(log.events.propensity.as_deref().unwrap_or_default());
    sum.numbers(log.events.position.as_deref().unwrap_or_default());
    sum.numbers(log.events.variant.as_deref().unwrap_or_default());
    sum.hex()
}

/// The category of an item, where the log has one.
pub fn category(log: &Log, item: u32) -> Option<String> {
    let category = *log.item_category.get(item as usize)?;
    (category != NONE).then(|| log.categories.get(category).to_owned())
}
