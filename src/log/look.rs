//! The first look at a file: every guess about it, and the preview that shows them.

use super::blocks::Blocks;
use super::decoders::Decoders;
use super::dialect;
use super::encoding::{self, TextDecoder};
use super::options::{Delimiter, ImportOptions, Preview, PreviewColumn, TextEncoding};
use super::schema::{self, Schema};
use super::splitter;
use crate::problem::{Place, Problem, Text};

/// Rows that the preview shows.
const PREVIEW_ROWS: usize = 100;

/// Makes all guesses from the sample. The inner result says whether the file can be read with them; the preview is
/// there either way.
#[allow(clippy::type_complexity)]
pub(super) fn look(
    sample: &[u8],
    whole: bool,
    options: &ImportOptions,
    decoders: &Decoders,
    memory: u64,
) -> Result<(Blocks, Preview, Result<(), Problem>), Problem> {
    if !(options.session_gap_minutes > 0.0 && options.session_gap_minutes.is_finite()) {
        return Err(session_gap(options.session_gap_minutes));
    }
    dialect::refuse(sample)?;
    let encoding = options
        .encoding
        .unwrap_or_else(|| encoding::guess(sample, whole));
    let settled =
        options.encoding.is_some() || encoding != TextEncoding::Utf8 || !sample.is_ascii();
    let decoder = || TextDecoder::new(encoding, decoders);
    let text = decode_all(decoder()?, sample, whole);
    if dialect::has_controls(&text) {
        return Err(dialect::binary(""));
    }
    if text
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(&text)
        .trim_ascii()
        .is_empty()
    {
        return Err(empty());
    }
    dialect::refuse(&text)?;
    if !whole && splitter::first_line(&text).is_none() {
        return Err(long_first_line());
    }
    let guessed = options
        .delimiter
        .or_else(|| dialect::guess_delimiter(&text, whole));
    let delimiter = guessed.unwrap_or(Delimiter::Comma);
    let mut rows = dialect::rows(&text, delimiter.byte(), whole);
    let header = options
        .header
        .unwrap_or_else(|| dialect::guess_header(&rows));
    let names = (header && !rows.is_empty()).then(|| rows.remove(0));
    let width = match dialect::usual_columns(&rows) {
        0 => names.as_ref().map_or(0, Vec::len),
        width => width,
    };
    if rows.is_empty() && whole {
        return Err(no_rows());
    }
    if width < 2 {
        return Err(one_column());
    }
    rows.retain(|row| row.len() == width);
    let (schema, checked) = schema::guess(
        names.as_deref(),
        width,
        &rows,
        delimiter == Delimiter::Semicolon,
        options,
    );
    let preview = preview(encoding, delimiter, header, &schema, rows);
    let rows = Blocks::new(
        decoder()?,
        settled,
        delimiter,
        header,
        schema,
        options,
        memory,
    );
    Ok((rows, preview, checked))
}

fn decode_all(mut decoder: TextDecoder, sample: &[u8], whole: bool) -> Vec<u8> {
    let mut text = vec![0; sample.len() * 3 + 16];
    let decoded = decoder.decode(sample, &mut text, whole);
    text.truncate(decoded.written);
    text
}

fn preview(
    encoding: TextEncoding,
    delimiter: Delimiter,
    header: bool,
    schema: &Schema,
    mut rows: Vec<Vec<String>>,
) -> Preview {
    rows.truncate(PREVIEW_ROWS);
    let columns = schema
        .columns
        .iter()
        .enumerate()
        .map(|(index, name)| PreviewColumn {
            name: name.clone(),
            role: schema.roles[index],
            why: schema.why[index].clone(),
            samples: schema.samples[index].clone(),
        });
    Preview {
        encoding,
        delimiter,
        header,
        decimal_comma: schema.decimal_comma,
        day_first: schema.day_first,
        time_format: schema.time_text(),
        columns: columns.collect(),
        rows,
    }
}

pub(super) fn empty() -> Problem {
    Problem::new(
        "log.empty",
        Text::new("The file is empty.", "文件是空的。"),
        Text::new(
            "Open a log with one event a row: user, item, event type, time.",
            "请打开每行一个事件的日志：用户、商品、行为类型、时间。",
        ),
    )
}

pub(super) fn no_rows() -> Problem {
    Problem::new(
        "log.no-rows",
        Text::new(
            "The file has a header but no rows.",
            "文件只有表头，没有数据行。",
        ),
        Text::new(
            "Check the export: it should hold at least one event.",
            "请检查导出结果：至少应有一个事件。",
        ),
    )
    .at(Place {
        line: 2,
        column: 0,
        byte: 0,
    })
}

fn one_column() -> Problem {
    Problem::new(
        "log.one-column",
        Text::new(
            "The file has only one column: no comma, semicolon, tab or | divides its rows.",
            "文件只有一列：各行没有被逗号、分号、制表符或 | 分开。",
        ),
        Text::new(
            "Export at least who and what (user, item) as two columns, or choose the delimiter.",
            "请至少导出用户和商品两列，或指定分隔符。",
        ),
    )
    .at(Place {
        line: 1,
        column: 0,
        byte: 0,
    })
}

fn long_first_line() -> Problem {
    Problem::new(
        "log.long-line",
        Text::new(
            "The first line doesn't end within 64 KiB: this is no table with one event a row.",
            "首行超过 64 KiB 仍未结束：这不是每行一个事件的表格。",
        ),
        Text::new(
            "Check that the export has line ends.",
            "请检查导出的文件是否有换行。",
        ),
    )
    .at(Place {
        line: 1,
        column: 0,
        byte: 0,
    })
}

fn session_gap(minutes: f64) -> Problem {
    Problem::new(
        "log.session-gap",
        Text::new(
            format!("A pause of {minutes} minutes can't end sessions."),
            format!("{minutes} 分钟的停顿无法用来切分会话。"),
        ),
        Text::new(
            "Give a number of minutes above 0, for example 30.",
            "请给出大于 0 的分钟数，例如 30。",
        ),
    )
}
