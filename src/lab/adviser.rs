//! A network that recommends to the users of the log: learned from all sessions, opened from a file, or the one that the ranking board
//! tested last.

use super::protocol::{AdviceView, AdviserInfo, AdviserSource, InsightEvent, Response};
use super::studies::report;
use super::{Answer, Lab, done, look};
use crate::behaviour::neural::{Course, Neural};
use crate::behaviour::{BehaviourModel, Choice, Sessions};
use crate::experiment::study::{AdviceTerms, Study};
use crate::nn::saved::save;
use crate::problem::{Problem, Text};
use crate::recommend::network;

/// The most items a user.
const MOST: u32 = 1000;

/// A network that recommends.
pub struct Adviser {
    choice: Choice,
    model: Box<dyn BehaviourModel>,
    from: AdviserSource,
}

/// The network that recommends to users, and the writing of what it recommends to all.
#[derive(Default)]
pub struct Advising {
    adviser: Option<Adviser>,
    export: Option<network::Export>,
}

impl Adviser {
    /// A network that has learned.
    pub fn new(choice: Choice, model: Box<dyn BehaviourModel>, from: AdviserSource) -> Self {
        Self {
            choice,
            model,
            from,
        }
    }

    fn info(&self) -> Result<AdviserInfo, Problem> {
        let course = self.model.network().and_then(Neural::course);
        let learned = (self.from == AdviserSource::Sessions)
            .then(|| self.model.network().and_then(report))
            .flatten();
        let model = self.choice.to_string();
        let study = Study::Advice(AdviceTerms {
            model: model.clone(),
        });
        Ok(AdviserInfo {
            from: self.from,
            weights: course.map_or(0, |course| course.learner.weights.len() as u32),
            learning: learned
                .is_some()
                .then(|| course.map(Course::learning))
                .flatten(),
            finding: learned.map(|report| study.finding(&report)).transpose()?,
            model,
        })
    }
}

impl Advising {
    /// Whether the recommendations of all users are being written.
    pub fn writes(&self) -> bool {
        self.export.is_some()
    }

    /// Ends the writing.
    pub fn forget_export(&mut self) {
        self.export = None;
    }
}

impl Lab {
    /// Has a network learn from all sessions.
    pub(super) fn begin_adviser(&mut self, model: &str) -> Answer {
        let terms = AdviceTerms {
            model: model.to_owned(),
        };
        let (choice, _) = terms.network()?;
        let train = Sessions::from_log(&self.data()?.log);
        self.begin_learning(choice, train)
    }

    /// Takes a network that recommends in the place of the one before.
    pub(super) fn take_adviser(&mut self, adviser: Adviser) -> Answer {
        let info = adviser.info()?;
        self.board.advising = Advising {
            adviser: Some(adviser),
            export: None,
        };
        Ok(vec![Response::Adviser(info)])
    }

    /// Has a network with the weights of a file recommend. Where they can't be taken, the one before stays.
    pub fn take_weights(&mut self, model: &str, bytes: &[u8]) -> Vec<Response> {
        super::answered(self.open_weights(model, bytes))
    }

    fn open_weights(&mut self, model: &str, bytes: &[u8]) -> Answer {
        let terms = AdviceTerms {
            model: model.to_owned(),
        };
        let (choice, built) = terms.network()?;
        let settings = built.network().map(|network| network.settings().clone());
        let mut network = Neural::of(settings.ok_or_else(no_adviser)?);
        network.take_weights(&Sessions::from_log(&self.data()?.log), bytes)?;
        self.take_adviser(Adviser::new(choice, Box::new(network), AdviserSource::File))
    }

    /// The weights of the network that recommends, as the bytes of a safetensors file.
    ///
    /// # Errors
    /// `lab.no-adviser` where there is none.
    pub fn weights(&self) -> Result<Vec<u8>, Problem> {
        let (_, network, _) = self.adviser()?;
        let course = network.course().ok_or_else(no_adviser)?;
        save(&course.learner.weights)
    }

    /// The network that recommends, its name, and where its weights come from.
    fn adviser(&self) -> Result<(String, &Neural, AdviserSource), Problem> {
        let own = self.board.advising.adviser.as_ref();
        let own = own.map(|own| (own.choice.to_string(), own.model.as_ref(), own.from));
        let tested = self.board.network();
        let (name, model, from) = own
            .or_else(|| {
                tested.map(|(name, model, _)| (name.to_owned(), model, AdviserSource::Board))
            })
            .ok_or_else(no_adviser)?;
        Ok((name, model.network().ok_or_else(no_adviser)?, from))
    }

    /// What the network recommends to a user, and why.
    pub(super) fn advise(&self, user: &str, k: u32) -> Answer {
        let data = self.data()?;
        let (model, network, from) = self.adviser()?;
        let number = data.log.users.iter().position(|name| name == user);
        let newest = number.and_then(|number| data.index.latest_session(number as u32));
        let newest = newest.ok_or_else(|| look::no_such_user(user))?;
        let k = k.min(MOST) as usize;
        let found = network::advise(network, &data.log, newest, k);
        let named = |rows: &[(u32, f64)]| -> Vec<(String, f64)> {
            let name = |&(item, value): &(u32, f64)| (data.log.items.get(item).to_owned(), value);
            rows.iter().map(name).collect()
        };
        let events = named(&found.why).into_iter();
        Ok(vec![Response::Advice(AdviceView {
            model,
            from,
            user: user.to_owned(),
            recommended: named(&found.recommended),
            events: events
                .map(|(item, change)| InsightEvent { item, change })
                .collect(),
            neighbours: named(&found.alike),
        })])
    }

    /// Starts to write what the network recommends to all users.
    pub(super) fn begin_advising(&mut self, k: u32) -> Answer {
        self.adviser()?;
        self.board.advising.export = Some(network::Export::new(k.min(MOST) as usize));
        done()
    }

    /// The next lines of it: a score of an item counts for its width in operations.
    pub(super) fn advance_advising(&mut self, work: u64) -> Answer {
        let Some(mut export) = self.board.advising.export.take() else {
            return done();
        };
        let data = self.data()?;
        let (_, network, _) = self.adviser()?;
        let each = network.settings().width * data.log.items.len().max(1);
        let users = work as usize / each;
        let text = export.next_chunk(network, &data.log, &data.index, users);
        let last = text.is_none();
        if !last {
            self.board.advising.export = Some(export);
        }
        Ok(vec![Response::Chunk {
            text: text.unwrap_or_default(),
            last,
        }])
    }
}

fn no_adviser() -> Problem {
    Problem::new(
        "lab.no-adviser",
        Text::new("No network has learned yet.", "还没有学习过的网络。"),
        Text::new(
            "Have one learn from all sessions, test one on the ranking board, or open weights.",
            "请让网络从全部会话学习、在排序榜上测试一个，或打开权重文件。",
        ),
    )
}
