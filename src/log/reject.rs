//! Rows that could not be read: counted by reason, the first ones shown, all of them kept for download.

use serde::{Deserialize, Serialize};

use crate::problem::{Place, Problem, Text};

/// Why a row was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RejectReason {
    /// More or fewer columns than the file has.
    Columns,
    /// The row is longer than the importer reads.
    TooLong,
    /// A quote opens and never closes.
    OpenQuote,
    /// The row holds a NUL byte.
    Nul,
    /// The row holds bytes that are no text in the file's encoding.
    Undecodable,
    /// No item.
    NoItem,
    /// No user, and no session that could stand for one.
    NoUser,
    /// The time can't be read.
    Time,
    /// The time is before 1990 or after 2099.
    TimeRange,
    /// The price is no finite number.
    Price,
    /// The price is below zero.
    NegativePrice,
    /// The quantity is no finite number.
    Quantity,
    /// The propensity is no probability above 0.
    Propensity,
    /// The position is no whole number.
    Position,
}

/// How many rows of each reason are shown.
const EXAMPLES: usize = 20;
/// Bytes of one value that an example keeps.
const VALUE: usize = 200;
/// Bytes of rejected rows kept for download.
const KEPT: usize = 16 << 20;
/// Bytes of one rejected row kept for download.
const ROW: usize = 4096;

impl RejectReason {
    /// Every reason.
    pub const ALL: [Self; 14] = [
        Self::Columns,
        Self::TooLong,
        Self::OpenQuote,
        Self::Nul,
        Self::Undecodable,
        Self::NoItem,
        Self::NoUser,
        Self::Time,
        Self::TimeRange,
        Self::Price,
        Self::NegativePrice,
        Self::Quantity,
        Self::Propensity,
        Self::Position,
    ];

    /// Stable name, as in problems (`log.row.<name>`) and in the downloaded table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Columns => "columns",
            Self::TooLong => "too-long",
            Self::OpenQuote => "open-quote",
            Self::Nul => "nul",
            Self::Undecodable => "undecodable",
            Self::NoItem => "no-item",
            Self::NoUser => "no-user",
            Self::Time => "time",
            Self::TimeRange => "time-range",
            Self::Price => "price",
            Self::NegativePrice => "negative-price",
            Self::Quantity => "quantity",
            Self::Propensity => "propensity",
            Self::Position => "position",
        }
    }

    /// What was wrong.
    #[must_use]
    pub fn what(self) -> Text {
        let (en, zh) = match self {
            Self::Columns => (
                "The row has more or fewer columns than the file.",
                "该行的列数与文件不一致。",
            ),
            Self::TooLong => ("The row is longer than 128 KiB.", "该行超过 128 KiB。"),
            Self::OpenQuote => (
                "A quotation mark opens here and is never closed.",
                "此处的引号没有闭合。",
            ),
            Self::Nul => ("The row holds a NUL byte.", "该行含有 NUL 字节。"),
            Self::Undecodable => (
                "The row holds bytes that are no text in the file's encoding.",
                "该行含有无法按文件编码解读的字节。",
            ),
            Self::NoItem => ("The row names no item.", "该行没有商品。"),
            Self::NoUser => (
                "The row names neither a user nor a session.",
                "该行既没有用户也没有会话。",
            ),
            Self::Time => ("The time can't be read.", "无法解读时间。"),
            Self::TimeRange => (
                "The time is not between 1990 and 2099.",
                "时间不在 1990 至 2099 年之间。",
            ),
            Self::Price => ("The price is no finite number.", "价格不是有限的数。"),
            Self::NegativePrice => ("The price is below zero.", "价格为负。"),
            Self::Quantity => ("The quantity is no finite number.", "数量不是有限的数。"),
            Self::Propensity => (
                "The propensity is no probability above 0 and up to 1.",
                "倾向得分不是大于 0 且不超过 1 的概率。",
            ),
            Self::Position => (
                "The position is no whole number from 0.",
                "位置不是非负整数。",
            ),
        };
        Text::new(en, zh)
    }

    /// What to do about it.
    #[must_use]
    pub fn mend(self) -> Text {
        let (en, zh) = match self {
            Self::Columns => (
                "Check the delimiter, or put quotes around values that contain it.",
                "请检查分隔符，或为含有分隔符的值加上引号。",
            ),
            Self::TooLong => (
                "Check that the file has line ends, and leave out long texts.",
                "请检查文件是否有换行，并去掉过长的文本。",
            ),
            Self::OpenQuote => (
                "Close the quotation mark, or write it twice inside a quoted value.",
                "请补上引号；引号内的引号要写两次。",
            ),
            Self::Nul => (
                "Export the file again as plain text.",
                "请重新导出为纯文本。",
            ),
            Self::Undecodable => (
                "Choose another encoding, or export the file again as UTF-8.",
                "请选择其他编码，或重新导出为 UTF-8。",
            ),
            Self::NoItem => ("Fill in the item.", "请填写商品。"),
            Self::NoUser => ("Fill in the user or the session.", "请填写用户或会话。"),
            Self::Time => (
                "Write all times of the file in one way, for example 2024-05-31 18:00:00.",
                "请统一时间的写法，例如 2024-05-31 18:00:00。",
            ),
            Self::TimeRange => (
                "Check the time, and whether its unit is the same as in the other rows.",
                "请检查时间及其单位是否与其他行一致。",
            ),
            Self::Price | Self::Quantity => (
                "Write a plain number, or leave the value empty.",
                "请写成普通数字，或留空。",
            ),
            Self::NegativePrice => (
                "Write returns as a negative quantity, not as a negative price.",
                "退货请用负数量表示，不要用负价格。",
            ),
            Self::Propensity => (
                "Write the probability with which the item was shown, for example 0.25.",
                "请写出展示该商品的概率，例如 0.25。",
            ),
            Self::Position => ("Write the number of the slot.", "请写出位置编号。"),
        };
        Text::new(en, zh)
    }

    /// The problem that stops a strict import at such a row.
    #[must_use]
    pub fn problem(self, place: Place) -> Problem {
        Problem::new(
            &format!("log.row.{}", self.name()),
            self.what(),
            self.mend(),
        )
        .at(place)
    }
}

/// One rejected row as the report shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RejectedRow {
    /// Line, column and byte.
    pub place: Place,
    /// The value that was wrong, shortened to 200 bytes.
    pub value: String,
}

/// All rows rejected for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RejectGroup {
    /// Why.
    pub reason: RejectReason,
    /// Why, in words.
    pub what: Text,
    /// What to do about it.
    pub mend: Text,
    /// How many rows.
    pub count: u64,
    /// The first 20 of them.
    pub examples: Vec<RejectedRow>,
}

/// Every row that was left out because it was bad.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rejects {
    /// How many rows in all.
    pub count: u64,
    /// By reason, in the order of [`RejectReason::ALL`]; reasons without rows are left out.
    pub groups: Vec<RejectGroup>,
    /// How many rows the download holds: all of them, unless they are more than 16 MiB of text.
    pub kept: u64,
    #[serde(skip)]
    table: String,
}

impl Rejects {
    /// The rejected rows as a table in CSV: line, column, byte, reason, value, row. When not all were kept
    /// (16 MiB of text at most), the last line says how many are missing.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut csv = String::with_capacity(self.table.len() + 160);
        csv.push_str("line,column,byte,reason,value,row\n");
        csv.push_str(&self.table);
        if self.kept < self.count {
            let missing = self.count - self.kept;
            csv.push_str(&format!(
                ",,,capped,,\"{missing} more rejected rows were not kept / 另有 {missing} 行未保留\"\n"
            ));
        }
        csv
    }

    /// Adds a row. `row` is its whole text, `value` the part that was wrong, both as bytes of any kind.
    pub(super) fn add(&mut self, reason: RejectReason, place: Place, value: &[u8], row: &[u8]) {
        self.count += 1;
        let index = match self
            .groups
            .binary_search_by_key(&reason, |group| group.reason)
        {
            Ok(index) => index,
            Err(index) => {
                let group = RejectGroup {
                    reason,
                    what: reason.what(),
                    mend: reason.mend(),
                    count: 0,
                    examples: Vec::new(),
                };
                self.groups.insert(index, group);
                index
            }
        };
        let group = &mut self.groups[index];
        group.count += 1;
        if group.examples.len() < EXAMPLES {
            group.examples.push(RejectedRow {
                place,
                value: readable(value, VALUE),
            });
        }
        if self.kept + 1 == self.count && self.table.len() < KEPT {
            self.keep(reason, place, value, row);
        }
    }

    fn keep(&mut self, reason: RejectReason, place: Place, value: &[u8], row: &[u8]) {
        self.kept += 1;
        let Place { line, column, byte } = place;
        let name = reason.name();
        self.table
            .push_str(&format!("{line},{column},{byte},{name},"));
        push_quoted(&mut self.table, &readable(value, VALUE));
        self.table.push(',');
        push_quoted(&mut self.table, &readable(row, ROW));
        self.table.push('\n');
    }

    /// Bytes of memory that the kept rows take.
    pub(super) fn bytes(&self) -> usize {
        self.table.capacity()
    }
}

/// Bytes as text a person can look at: at most `limit` of them, what is no UTF-8 shown as the replacement
/// character.
fn readable(bytes: &[u8], limit: usize) -> String {
    if bytes.len() <= limit {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let mut text = String::from_utf8_lossy(&bytes[..limit]).into_owned();
    if text.ends_with('\u{fffd}') {
        text.pop();
    }
    text.push('…');
    text
}

/// Appends a CSV field. A leading `=`, `+`, `-`, `@` is left as it is: the table shows what the file held.
fn push_quoted(table: &mut String, text: &str) {
    table.push('"');
    for part in text.split_inclusive('"') {
        table.push_str(part);
        if part.ends_with('"') {
            table.push('"');
        }
    }
    table.push('"');
}
