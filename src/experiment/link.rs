//! Links: a whole experiment in the fragment of an address.
//!
//! `v1.` + base64url(zlib(canonical JSON)); the checksum of zlib tells damage from meaning. The version stands first and in clear, so that a link from
//! a later version is told apart from a damaged one before anything is unpacked.

use std::io::{Read, Write};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use super::Experiment;
use crate::problem::{Problem, Text};

/// The tag of links that this version writes.
const TAG: &str = "v1.";

/// The longest link read or written, in characters.
pub const LONGEST: usize = 32 * 1024;

/// The largest experiment inside a link, unpacked, in bytes. Reading and writing share it.
const LARGEST: u64 = 256 * 1024;

/// The largest log that may travel inside a link, packed, in bytes.
pub const LARGEST_INLINE: usize = 4 * 1024;

/// The fragment of the link to this experiment, without `#`.
///
/// # Errors
/// `link.long` when it would be longer than [`LONGEST`].
pub fn write(experiment: &Experiment) -> Result<String, Problem> {
    let json = experiment.to_json()?;
    if json.len() as u64 > LARGEST {
        return Err(too_long());
    }
    let text = format!("{TAG}{}", pack(json.as_bytes()));
    if text.len() > LONGEST {
        Err(too_long())
    } else {
        Ok(text)
    }
}

/// Reads a link, a fragment with or without `#`, or a whole address.
///
/// # Errors
/// `link.none` where there is no experiment in the text; `link.version` for a later version; `link.long`,
/// `link.damaged` and `link.content` for the rest.
pub fn read(text: &str) -> Result<Experiment, Problem> {
    let fragment = text.trim().rsplit('#').next().unwrap_or_default();
    let payload = payload(fragment)?;
    if payload.len() > LONGEST {
        return Err(too_long());
    }
    let bytes = unpack(payload, LARGEST)?;
    let json = String::from_utf8(bytes).map_err(|_| damaged())?;
    Experiment::from_json(&json)
}

fn payload(fragment: &str) -> Result<&str, Problem> {
    if let Some(payload) = fragment.strip_prefix(TAG) {
        return Ok(payload);
    }
    let version = fragment
        .strip_prefix('v')
        .and_then(|rest| rest.split_once('.'))
        .map(|(number, _)| number);
    match version {
        Some(number) if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => {
            Err(Problem::new(
                "link.version",
                Text::new(
                    format!("This link is of version {number}; this page reads version 1."),
                    format!("该链接为版本 {number}；本页面读取版本 1。"),
                ),
                Text::new(
                    "Reload the page to get its newest version, then open the link again.",
                    "请重新加载页面以获得最新版本，然后再打开链接。",
                ),
            ))
        }
        _ => Err(Problem::new(
            "link.none",
            Text::new("There is no experiment in this link.", "该链接中没有实验。"),
            Text::new(
                "Copy the whole link: what follows # starts with v1.",
                "请复制完整链接：# 之后应以 v1. 开头。",
            ),
        )),
    }
}

/// Packs bytes by zlib and writes them as base64url.
#[must_use]
pub fn pack(bytes: &[u8]) -> String {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    // Writing to a vector can't fail; were it to, the truncated payload would be refused on reading.
    let packed = encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .unwrap_or_default();
    URL_SAFE_NO_PAD.encode(packed)
}

/// The reverse of [`pack`], refusing to unpack more than `limit` bytes.
///
/// # Errors
/// `link.damaged` where the text is not what [`pack`] writes; `link.long` past the limit.
pub fn unpack(text: &str, limit: u64) -> Result<Vec<u8>, Problem> {
    let packed = URL_SAFE_NO_PAD.decode(text).map_err(|_| damaged())?;
    let mut bytes = Vec::new();
    let mut decoder = ZlibDecoder::new(packed.as_slice()).take(limit + 1);
    decoder.read_to_end(&mut bytes).map_err(|_| damaged())?;
    if bytes.len() as u64 > limit {
        Err(too_long())
    } else {
        Ok(bytes)
    }
}

fn damaged() -> Problem {
    Problem::new(
        "link.damaged",
        Text::new(
            "The link is damaged: a part of it is missing or was changed.",
            "链接已损坏：有部分缺失或被改动。",
        ),
        Text::new(
            "Copy it again, whole; a project file is safer for long ones.",
            "请重新完整复制；较长的实验用项目文件更稳妥。",
        ),
    )
}

fn too_long() -> Problem {
    Problem::new(
        "link.long",
        Text::new(
            "This experiment is too large for a link.",
            "该实验太大，无法放入链接。",
        ),
        Text::new("Use the project file instead.", "请改用项目文件。"),
    )
}
