//! How the table is written: what kind of file it is, which delimiter, whether a header comes first.

use csv_core::{ReadRecordResult, ReaderBuilder};

use super::options::Delimiter;
use super::time::TimeFormat;
use super::{names, words};
use crate::problem::{Problem, Text};

/// Rows of the sample that guesses look at.
const ROWS: usize = 2000;

/// Refuses files that are no tables of text, by name. `sample`: the first bytes after decompression.
///
/// # Errors
/// `log.binary` with the kind of file, `log.json`, `log.web-page`.
pub(super) fn refuse(sample: &[u8]) -> Result<(), Problem> {
    if let Some(kind) = binary_kind(sample) {
        return Err(binary(kind));
    }
    let start = sample
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(sample)
        .trim_ascii_start();
    if is_json(start) {
        return Err(json());
    }
    let head: Vec<u8> = start.iter().take(14).map(u8::to_ascii_lowercase).collect();
    if head.starts_with(b"<!doctype html")
        || head.starts_with(b"<html")
        || head.starts_with(b"<?xml")
    {
        return Err(web_page());
    }
    Ok(())
}

/// The kind of a binary file by its first bytes.
fn binary_kind(sample: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 17] = [
        (b"\x89PNG", "PNG"),
        (b"\xff\xd8\xff", "JPEG"),
        (b"GIF8", "GIF"),
        (b"%PDF", "PDF"),
        (b"PAR1", "Parquet"),
        (b"ARROW1", "Arrow"),
        (b"Obj\x01", "Avro"),
        (b"ORC", "ORC"),
        (b"SQLite format 3", "SQLite"),
        (b"\x28\xb5\x2f\xfd", "Zstandard"),
        (b"\xfd7zXZ\0", "xz"),
        (b"BZh", "bzip2"),
        (b"7z\xbc\xaf", "7-Zip"),
        (b"Rar!", "RAR"),
        (b"\xd0\xcf\x11\xe0", "Excel (.xls)"),
        (b"\x7fELF", "ELF"),
        (b"\x80\x04\x95", "pickle"),
    ];
    if sample.starts_with(b"PK\x03\x04") {
        let excel = [&b"[Content_Types].xml"[..], b"xl/", b"_rels/"]
            .iter()
            .any(|part| {
                sample
                    .windows(part.len())
                    .take(4096)
                    .any(|window| window == *part)
            });
        return Some(if excel { "Excel (.xlsx)" } else { "ZIP" });
    }
    let named = KINDS.iter().find(|(magic, _)| sample.starts_with(magic));
    // Short magics could begin a text; binary files also hold control characters.
    named
        .filter(|(magic, _)| magic.len() > 4 || !magic.is_ascii() || has_controls(sample))
        .map(|&(_, kind)| kind)
}

/// Whether text (after decoding) holds so many control characters that it is none.
pub(super) fn has_controls(text: &[u8]) -> bool {
    let controls = text
        .iter()
        .filter(|&&byte| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r'))
        .count();
    controls * 20 > text.len()
}

fn is_json(start: &[u8]) -> bool {
    let Some((&first, rest)) = start.split_first() else {
        return false;
    };
    let second = rest.trim_ascii_start().first();
    match first {
        b'{' => matches!(second, Some(b'"' | b'}')),
        b'[' => matches!(second, Some(b'{' | b'[' | b']')),
        _ => false,
    }
}

pub(super) fn binary(kind: &str) -> Problem {
    let (name, name_zh) = if kind.is_empty() {
        (
            "This is no text file.".to_owned(),
            "这不是文本文件。".to_owned(),
        )
    } else {
        (
            format!("This is a {kind} file, not a table of text."),
            format!("这是 {kind} 文件，不是文本表格。"),
        )
    };
    Problem::new(
        "log.binary",
        Text::new(name, name_zh),
        Text::new(
            "Export the log as CSV (in Excel: Save as, CSV UTF-8), unpacked or as .gz, and open that.",
            "请将日志导出为 CSV(Excel:另存为 CSV UTF-8)，不压缩或用 .gz 压缩，再打开。",
        ),
    )
}

fn json() -> Problem {
    Problem::new(
        "log.json",
        Text::new(
            "This file holds JSON, and the importer reads tables.",
            "这是 JSON 文件，而导入器只读取表格。",
        ),
        Text::new(
            "Convert it to CSV with one event a row, for example session,item,time,type, and open that.",
            "请转换为 CSV，每行一个事件，例如 session,item,time,type，再打开。",
        ),
    )
}

fn web_page() -> Problem {
    Problem::new(
        "log.web-page",
        Text::new(
            "This file is a web page or XML, not a table; perhaps the download asked for a login.",
            "这是网页或 XML，不是表格；下载时可能需要登录。",
        ),
        Text::new("Download the file itself, as CSV.", "请下载 CSV 文件本身。"),
    )
}

/// The sample's rows as text, at most 2,000. A last row that may be cut off (`whole` is false) is left out.
pub(super) fn rows(text: &[u8], delimiter: u8, whole: bool) -> Vec<Vec<String>> {
    let mut reader = ReaderBuilder::new().delimiter(delimiter).build();
    let mut rows = Vec::new();
    let (mut out, mut ends) = (vec![0; text.len() + 1], vec![0_usize; text.len() + 2]);
    let mut at = 0;
    while rows.len() < ROWS {
        let (result, read, _, count) = reader.read_record(&text[at..], &mut out, &mut ends);
        at += read;
        let complete = match result {
            ReadRecordResult::Record => count,
            ReadRecordResult::InputEmpty if whole && read > 0 => {
                // The end of the last field is only known once the reader hears that the input is over.
                let (_, _, _, last) = reader.read_record(&[], &mut [], &mut ends[count..]);
                count + last
            }
            _ => break,
        };
        let mut start = 0;
        let mut row = Vec::with_capacity(complete);
        for &end in &ends[..complete] {
            row.push(String::from_utf8_lossy(&out[start..end]).into_owned());
            start = end;
        }
        rows.push(row);
    }
    rows.retain(|row| !row.is_empty());
    rows
}

/// The delimiter under which most rows have one and the same number of columns, the first row among them; more
/// columns win among equals. `None` when no delimiter makes columns.
pub(super) fn guess_delimiter(text: &[u8], whole: bool) -> Option<Delimiter> {
    let mut best: Option<(u64, usize, Delimiter)> = None;
    for delimiter in Delimiter::ALL {
        let rows = rows(text, delimiter.byte(), whole);
        let columns = usual_columns(&rows);
        if columns < 2 {
            continue;
        }
        let same = rows.iter().filter(|row| row.len() == columns).count();
        let first = rows.first().is_some_and(|row| row.len() == columns);
        // Steps of 2 %, so that a stray bad row doesn't decide between delimiters.
        let score = (same * 50 / rows.len()) as u64 + if first { 25 } else { 0 };
        if best.is_none_or(|(other, width, _)| (score, columns) > (other, width)) {
            best = Some((score, columns, delimiter));
        }
    }
    best.map(|(_, _, delimiter)| delimiter)
}

/// The most frequent number of columns; the larger one among equals.
pub(super) fn usual_columns(rows: &[Vec<String>]) -> usize {
    let mut counts = std::collections::BTreeMap::new();
    for row in rows {
        *counts.entry(row.len()).or_insert(0_usize) += 1;
    }
    counts
        .into_iter()
        .max_by_key(|&(columns, count)| (count, columns))
        .map_or(0, |(columns, _)| columns)
}

/// Whether the first row names the columns.
pub(super) fn guess_header(rows: &[Vec<String>]) -> bool {
    let Some((first, rest)) = rows.split_first() else {
        return false;
    };
    if first.iter().any(|field| is_value(field)) {
        return false;
    }
    let recurs = |column: usize| rest.iter().any(|row| row.get(column) == first.get(column));
    let named = first
        .iter()
        .enumerate()
        .any(|(column, field)| names::is_column_name(field) && !recurs(column));
    if named {
        return true;
    }
    (0..first.len()).any(|column| {
        let values = rest
            .iter()
            .filter_map(|row| row.get(column))
            .filter(|value| !value.is_empty());
        let (numbers, all) = values.fold((0, 0), |(numbers, all), value| {
            (numbers + usize::from(is_value(value)), all + 1)
        });
        !first[column].is_empty() && all > 0 && numbers * 5 >= all * 4
    })
}

/// Whether a field is a number or a date, which no column is called.
fn is_value(field: &str) -> bool {
    let field = field.trim();
    !words::is_missing(field.as_bytes())
        && (field.parse::<f64>().is_ok()
            || TimeFormat::YearFirst.parse(field.as_bytes()).is_ok()
            || TimeFormat::DayFirst.parse(field.as_bytes()).is_ok()
            || TimeFormat::MonthFirst.parse(field.as_bytes()).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiter_is_the_consistent_one() {
        for (text, want) in [
            ("a,b,c\n1,2,3\n", Some(Delimiter::Comma)),
            ("a;b;c\n1;2,5;3\n1;2,5;3\n", Some(Delimiter::Semicolon)),
            ("a\tb\n1\t2\n", Some(Delimiter::Tab)),
            ("a|b\n1|2\n", Some(Delimiter::Pipe)),
            ("a\n1\n2\n", None),
            ("s;p;r\n1;0;4,5,6\n1;1;7,8,9\n", Some(Delimiter::Semicolon)),
        ] {
            assert_eq!(guess_delimiter(text.as_bytes(), true), want, "{text}");
        }
    }

    #[test]
    fn header_is_told_from_data() {
        let header = |text: &str| guess_header(&rows(text.as_bytes(), b',', true));
        assert!(header("user,item,time\n1,2,3\n"));
        assert!(header("a,b\n1,2\n"));
        assert!(!header(
            "1,2268318,2520377,pv,1511544070\n1,2333346,2520771,pv,1511561733\n"
        ));
        assert!(!header("alice,apple,view\nbob,pear,view\n"));
        assert!(header(
            "timestamp,item_id,click\n2019-11-24T00:01:03Z,2,0\n"
        ));
    }

    #[test]
    fn a_row_cut_by_the_sample_is_left_out() {
        assert_eq!(rows(b"a,b\n1,2\n3", b',', false).len(), 2);
        assert_eq!(rows(b"a,b\n1,2\n3,4", b',', true).len(), 3);
        assert_eq!(rows(b"a,b\n1,2\n3,4", b',', true)[2], ["3", "4"]);
    }
}
