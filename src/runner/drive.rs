//! Drives a laboratory to the end of what it was asked, with a progress bar on a terminal.

use std::fs::{self, File};
use std::io::{IsTerminal, Read};
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use qcart::experiment::Source;
use qcart::lab::Lab;
use qcart::lab::protocol::{Request, Response};
use qcart::log::ImportOptions;
use qcart::problem::{Problem, Text};

/// Bytes read from a file at a time.
const CHUNK: usize = 1 << 20;
/// Elementary operations between two looks at the progress.
const SLICE: u64 = 20_000_000;

/// Imports a file; the responses are what the page would have got.
pub fn import_file(
    lab: &mut Lab,
    path: &Path,
    source: Source,
    options: ImportOptions,
) -> Result<Vec<Response>, Problem> {
    let name = file_name(path);
    let size = fs::metadata(path)
        .ok()
        .filter(fs::Metadata::is_file)
        .map(|metadata| metadata.len());
    let begin = Request::BeginImport {
        source,
        name,
        size,
        options,
    };
    let mut responses = ask(lab, begin)?;
    read_chunks(path, |chunk| {
        responses.extend(checked(lab.push(chunk))?);
        Ok(())
    })?;
    responses.extend(ask(lab, Request::EndImport)?);
    responses.extend(finish(lab)?);
    Ok(responses)
}

/// Reads a file piece by piece, under a progress bar.
pub fn read_chunks(
    path: &Path,
    mut take: impl FnMut(&[u8]) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let mut file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let size = file.metadata().map_or(0, |metadata| metadata.len());
    let bar = bar(size, "{bytes}/{total_bytes} {bytes_per_sec} {eta}");
    let mut buffer = vec![0; CHUNK];
    loop {
        let count = file
            .read(&mut buffer)
            .map_err(|error| unreadable(path, &error))?;
        if count == 0 {
            bar.finish_and_clear();
            return Ok(());
        }
        take(&buffer[..count])?;
        bar.inc(count as u64);
    }
}

/// The last part of a path.
pub fn file_name(path: &Path) -> String {
    path.file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// Imports bytes that are at hand.
pub fn import_bytes(
    lab: &mut Lab,
    name: &str,
    source: Source,
    options: ImportOptions,
    pieces: impl Iterator<Item = Vec<u8>>,
) -> Result<Vec<Response>, Problem> {
    let mut responses = ask(
        lab,
        Request::BeginImport {
            source,
            name: name.to_owned(),
            size: None,
            options,
        },
    )?;
    for piece in pieces {
        responses.extend(checked(lab.push(&piece))?);
    }
    responses.extend(ask(lab, Request::EndImport)?);
    responses.extend(finish(lab)?);
    Ok(responses)
}

/// Sends a request; a problem among the answers becomes an error.
pub fn ask(lab: &mut Lab, request: Request) -> Result<Vec<Response>, Problem> {
    checked(lab.request(request))
}

/// Works until nothing is under way.
pub fn finish(lab: &mut Lab) -> Result<Vec<Response>, Problem> {
    let bar = bar(0, "{pos}/{len} steps {per_sec} {eta} {msg}");
    let mut all = Vec::new();
    while lab.busy() {
        let responses = checked(lab.advance(SLICE))?;
        for response in &responses {
            if let Response::TrainProgress {
                step,
                budget,
                network,
                ..
            } = response
            {
                bar.set_length(*budget);
                bar.set_position(*step);
                if let Some(update) = network {
                    let (loss, norm) = (update.loss, update.norm);
                    bar.set_message(format!("loss {loss:.4} gradient {norm:.3}"));
                }
            }
        }
        all.extend(responses);
    }
    bar.finish_and_clear();
    Ok(all)
}

fn checked(responses: Vec<Response>) -> Result<Vec<Response>, Problem> {
    for response in &responses {
        if let Response::Problem { problem } = response {
            return Err(problem.clone());
        }
    }
    Ok(responses)
}

/// A progress bar on a terminal, nothing elsewhere.
pub fn bar(length: u64, template: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(length);
    if let Ok(style) = ProgressStyle::with_template(&format!("{{wide_bar}} {template}")) {
        bar.set_style(style);
    }
    bar
}

/// The problem of a file that the system does not give.
pub fn unreadable(path: &Path, error: &std::io::Error) -> Problem {
    Problem::new(
        "runner.file",
        Text::new(
            format!("{} can't be read or written: {error}.", path.display()),
            format!("无法读取或写入 {}：{error}。", path.display()),
        ),
        Text::new(
            "Check the path and its permissions.",
            "请检查路径及其权限。",
        ),
    )
}
