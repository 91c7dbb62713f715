//! How a log file is to be read: every choice can be left to the importer, and every guess can be overruled.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::EventType;
use crate::problem::Text;

/// How characters are stored in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TextEncoding {
    /// UTF-8, with or without a byte-order mark.
    Utf8,
    /// UTF-16, little end first.
    Utf16Le,
    /// UTF-16, big end first.
    Utf16Be,
    /// GB18030, the superset of GBK and GB2312 that Excel writes in China.
    Gb18030,
    /// Windows-1252, what Excel writes in the west.
    Windows1252,
}

impl TextEncoding {
    /// Its name in the Encoding Standard.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Gb18030 => "gb18030",
            Self::Windows1252 => "windows-1252",
        }
    }

    /// Every encoding, in the order in which a menu offers them.
    pub const ALL: [Self; 5] = [
        Self::Utf8,
        Self::Utf16Le,
        Self::Utf16Be,
        Self::Gb18030,
        Self::Windows1252,
    ];

    /// The encoding's own name, the same in every language.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
            Self::Gb18030 => "GB18030",
            Self::Windows1252 => "Windows-1252",
        }
    }
}

/// What stands between two columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Delimiter {
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// The tab character.
    Tab,
    /// `|`
    Pipe,
}

impl Delimiter {
    /// Every delimiter, in the order in which guesses prefer them.
    pub const ALL: [Self; 4] = [Self::Comma, Self::Semicolon, Self::Tab, Self::Pipe];

    /// The byte itself.
    #[must_use]
    pub fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Pipe => b'|',
        }
    }
}

/// What a column means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// Who acted.
    User,
    /// What was acted on.
    Item,
    /// What was done: a word such as `view`, or 0/1.
    Event,
    /// When. A second time column adds to the first (a date, then milliseconds since the session began).
    Time,
    /// The visit, basket or invoice to which the event belongs.
    Session,
    /// Unit price, or the row's total where the column's name says so.
    Price,
    /// How many.
    Quantity,
    /// Category of the item.
    Category,
    /// Probability with which the logging policy showed the item.
    Propensity,
    /// Slot in which the item was shown.
    Position,
    /// Arm of an experiment.
    Variant,
    /// Not read.
    Ignore,
}

impl Role {
    /// Every role, in the order in which a menu offers them.
    pub const ALL: [Self; 12] = [
        Self::User,
        Self::Item,
        Self::Event,
        Self::Time,
        Self::Session,
        Self::Price,
        Self::Quantity,
        Self::Category,
        Self::Propensity,
        Self::Position,
        Self::Variant,
        Self::Ignore,
    ];

    /// The role's name in both languages.
    #[must_use]
    pub fn text(self) -> Text {
        let (en, zh) = match self {
            Self::User => ("user", "用户"),
            Self::Item => ("item", "商品"),
            Self::Event => ("event type", "行为类型"),
            Self::Time => ("time", "时间"),
            Self::Session => ("session", "会话"),
            Self::Price => ("price", "价格"),
            Self::Quantity => ("quantity", "数量"),
            Self::Category => ("category", "类目"),
            Self::Propensity => ("propensity", "倾向得分"),
            Self::Position => ("position", "位置"),
            Self::Variant => ("variant", "实验分组"),
            Self::Ignore => ("not used", "不使用"),
        };
        Text::new(en, zh)
    }
}

/// How a file is to be read. `None` leaves the choice to the importer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ImportOptions {
    /// Encoding of the text.
    pub encoding: Option<TextEncoding>,
    /// What stands between columns.
    pub delimiter: Option<Delimiter>,
    /// Whether the first row holds the names of the columns.
    pub header: Option<bool>,
    /// The role of each column, left to right.
    pub roles: Option<Vec<Role>>,
    /// Whether `1/12/2010` is the first of December (else the twelfth of January).
    pub day_first: Option<bool>,
    /// Whether `2,55` is a number with a decimal part (else the comma groups thousands).
    pub decimal_comma: Option<bool>,
    /// What event words mean, over the built-in list; `None` ignores such rows. Words are compared in lower case.
    /// The empty word stands for rows of a log without an event column.
    pub event_types: BTreeMap<String, Option<EventType>>,
    /// Minutes without an event that end a session where the log has no session column; above 0.
    pub session_gap_minutes: f64,
    /// Whether an event equal in item and type to the one before it in its session is dropped.
    pub merge_repeats: bool,
    /// Whether the first bad row stops the import.
    pub strict: bool,
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self {
            encoding: None,
            delimiter: None,
            header: None,
            roles: None,
            day_first: None,
            decimal_comma: None,
            event_types: BTreeMap::new(),
            session_gap_minutes: 30.0,
            merge_repeats: false,
            strict: false,
        }
    }
}

/// How a file was read: every choice made. Importing the same bytes with [`Dialect::options`] gives the same log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dialect {
    /// Encoding of the text.
    pub encoding: TextEncoding,
    /// What stands between columns.
    pub delimiter: Delimiter,
    /// Whether the first row holds the names of the columns.
    pub header: bool,
    /// Names of the columns (`column 1` ... where the file has none).
    pub columns: Vec<String>,
    /// The role of each column.
    pub roles: Vec<Role>,
    /// Whether days come before months where dates leave it open.
    pub day_first: bool,
    /// Whether numbers have decimal commas.
    pub decimal_comma: bool,
    /// What every event word of the file means; `None` is ignored.
    pub event_types: BTreeMap<String, Option<EventType>>,
    /// Minutes without an event that end a session.
    pub session_gap_minutes: f64,
    /// Whether repeated events were dropped.
    pub merge_repeats: bool,
    /// Whether the first bad row would have stopped the import.
    pub strict: bool,
}

impl Dialect {
    /// The options that read the same bytes in the same way.
    #[must_use]
    pub fn options(&self) -> ImportOptions {
        ImportOptions {
            encoding: Some(self.encoding),
            delimiter: Some(self.delimiter),
            header: Some(self.header),
            roles: Some(self.roles.clone()),
            day_first: Some(self.day_first),
            decimal_comma: Some(self.decimal_comma),
            event_types: self.event_types.clone(),
            session_gap_minutes: self.session_gap_minutes,
            merge_repeats: self.merge_repeats,
            strict: self.strict,
        }
    }
}

/// One column as the preview shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PreviewColumn {
    /// Name in the header, or `column 1` ... without one.
    pub name: String,
    /// The role that it plays.
    pub role: Role,
    /// Why it was given that role.
    pub why: Text,
    /// Up to five different values of it.
    pub samples: Vec<String>,
}

/// What the first 64 KiB of a file say about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// Encoding, guessed or given.
    pub encoding: TextEncoding,
    /// Delimiter, guessed or given.
    pub delimiter: Delimiter,
    /// Whether the first row holds names.
    pub header: bool,
    /// Whether numbers have decimal commas.
    pub decimal_comma: bool,
    /// Whether days come before months where dates leave it open.
    pub day_first: bool,
    /// How times are written, in words; says so when there are none.
    pub time_format: Text,
    /// The columns, left to right.
    pub columns: Vec<PreviewColumn>,
    /// Up to the first 100 rows (without the header) as text.
    pub rows: Vec<Vec<String>>,
}

/// How far an import has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportProgress {
    /// Size of the file where known, in bytes.
    pub size: Option<u64>,
    /// Bytes pushed so far, as in the file.
    pub bytes_in: u64,
    /// Bytes of text read so far, after decompression and decoding to UTF-8.
    pub bytes_text: u64,
    /// Rows read so far, without the header.
    pub rows: u64,
    /// Rows that became events.
    pub accepted: u64,
    /// Rows left out because they were bad.
    pub rejected: u64,
    /// Rows left out because their event word is not one of those wanted.
    pub ignored: u64,
}

/// The file an import came from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceFile {
    /// Name as the person's computer has it.
    pub name: String,
    /// Bytes as in the file.
    pub size: u64,
    /// BLAKE3 of the bytes as in the file, in hexadecimal.
    pub fingerprint: String,
}
