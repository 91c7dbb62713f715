//! What `cargo xtask bench` has the engine do, natively and in the browser alike: answers for users, and a model of the
//! ranking board on a log. Nothing here knows a clock; whoever calls it takes the time.

#[cfg(feature = "whole")]
use crate::behaviour::{BehaviourModel, Choice, Sessions, Watch};
#[cfg(feature = "whole")]
use crate::evaluate::{Metric, Run, Segment, Split, build};
use crate::experiment::Source;
use crate::experiment::parameters::Value;
use crate::lab::Lab;
use crate::lab::protocol::{Request, Response};
use crate::log::ImportOptions;
#[cfg(feature = "whole")]
use crate::log::{Importer, Log};
use crate::problem::Problem;

/// Operations that a laboratory does at a time.
const SLICE: u64 = 1_000_000;
/// Users asked about.
const USERS: u32 = 1000;

/// A laboratory that has read a log and learned from it, and the names of its users.
pub struct Lists {
    lab: Lab,
    users: Vec<String>,
}

impl Lists {
    /// Reads a log, makes a shop of it and trains for a moment.
    ///
    /// # Errors
    /// The first problem that the laboratory reports.
    pub fn new(csv: &[u8]) -> Result<Self, Problem> {
        let mut lab = Lab::default();
        let source = Source::File {
            name: String::new(),
            size: 0,
            fingerprint: String::new(),
        };
        let begin = Request::BeginImport {
            source,
            name: "clicks.csv".to_owned(),
            size: Some(csv.len() as u64),
            options: ImportOptions::default(),
        };
        good(lab.request(begin))?;
        good(lab.push(csv))?;
        carry_out(&mut lab, Request::EndImport)?;
        let decide = Request::Decide {
            problem: "shop".to_owned(),
        };
        carry_out(&mut lab, decide)?;
        let set = Request::Set {
            key: "budget".to_owned(),
            value: Value::Number(100_000.0),
        };
        carry_out(&mut lab, set)?;
        carry_out(&mut lab, Request::Train)?;
        let all = Request::Users {
            query: String::new(),
            offset: 0,
            limit: USERS,
        };
        let mut names = Vec::new();
        for response in good(lab.request(all))? {
            if let Response::Users { users, .. } = response {
                names.extend(users.into_iter().map(|user| user.name));
            }
        }
        Ok(Self { lab, users: names })
    }

    /// How many users there are to ask about.
    #[must_use]
    pub fn users(&self) -> usize {
        self.users.len()
    }

    /// The ten items to recommend to a user, as the page gets them.
    ///
    /// # Errors
    /// When the laboratory knows none.
    pub fn answer(&mut self, user: usize) -> Result<Vec<Response>, Problem> {
        let user = self.users.get(user).cloned().unwrap_or_default();
        good(self.lab.request(Request::Recommend { user, k: 10 }))
    }
}

fn carry_out(lab: &mut Lab, request: Request) -> Result<(), Problem> {
    good(lab.request(request))?;
    while lab.busy() {
        good(lab.advance(SLICE))?;
    }
    Ok(())
}

fn good(responses: Vec<Response>) -> Result<Vec<Response>, Problem> {
    let wrong = responses.iter().find_map(|response| match response {
        Response::Problem { problem } => Some(problem.clone()),
        _ => None,
    });
    wrong.map_or(Ok(responses), Err)
}

/// Reads a log to its end.
///
/// # Errors
/// When it can't be read.
#[cfg(feature = "whole")]
pub fn read(csv: &[u8]) -> Result<Log, Problem> {
    let mut importer = Importer::new(
        "clicks.csv",
        Some(csv.len() as u64),
        ImportOptions::default(),
    );
    importer.push(csv)?;
    let mut finishing = importer.finish()?;
    loop {
        if let Some(imported) = finishing.advance()? {
            return Ok(imported.log);
        }
    }
}

/// A model of the ranking board with its newest sessions held out.
#[cfg(feature = "whole")]
pub struct Board {
    split: Split,
    model: Box<dyn BehaviourModel>,
}

#[cfg(feature = "whole")]
impl Board {
    /// A model named as on the command line; the newest `share` of the sessions is held out.
    ///
    /// # Errors
    /// When there is no such model, or a part has no sessions.
    pub fn new(log: &Log, share: f64, model: &str) -> Result<Self, Problem> {
        Ok(Self {
            split: Split::by_share(&Sessions::from_log(log), share, false)?,
            model: build(&Choice::parse(model)?)?,
        })
    }

    /// Learns.
    ///
    /// # Errors
    /// When there is nothing to learn from.
    pub fn fit(&mut self) -> Result<(), Problem> {
        let mut go_on = |_| true;
        self.model
            .fit(&self.split.train, &mut Watch::new(&mut go_on))
    }

    /// Recommends 20 items at every position of every held-out session: how many times, and MRR@20.
    #[must_use]
    pub fn recommend(&self) -> (usize, f64) {
        let mut run = Run::new(self.model.as_ref(), &self.split, 20);
        while run.advance(1000) {}
        let outcome = run.finish();
        (
            outcome.len(),
            outcome.tally(Segment::All).mean(Metric::Mrr, 2),
        )
    }
}
