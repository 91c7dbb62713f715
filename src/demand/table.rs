//! Small tables of text that are typed or opened beside the log: comma, semicolon or tab between columns, names in the first
//! row or none.

/// Most rows that are read.
const MOST_ROWS: usize = 5_000_000;

/// A table and where its rows begin.
pub(super) struct Table<'a> {
    text: &'a str,
    separator: char,
    first: Vec<String>,
    named: bool,
}

impl<'a> Table<'a> {
    /// The first row holds names if none of its fields is a number.
    pub(super) fn of(text: &'a str) -> Self {
        let text = text.trim_start_matches('\u{feff}');
        let first = lines(text).next().map_or("", |(_, line)| line);
        let separator = [';', '\t']
            .into_iter()
            .find(|&mark| first.contains(mark))
            .unwrap_or(',');
        let first: Vec<String> = fields(first, separator);
        let named = first.iter().all(|field| field.parse::<f64>().is_err());
        Self {
            text,
            separator,
            first,
            named,
        }
    }

    /// The column with one of these names; without names, the one at this place.
    pub(super) fn place(&self, names: &[&str], at: usize) -> Option<usize> {
        if self.named {
            let mut fields = self.first.iter().map(|field| field.to_lowercase());
            fields.position(|field| names.contains(&&*field))
        } else {
            (at < self.first.len()).then_some(at)
        }
    }

    /// The rows below the names with their numbers, from 1.
    pub(super) fn rows(&self) -> impl Iterator<Item = (usize, Vec<String>)> + '_ {
        let below = lines(self.text).skip(usize::from(self.named));
        below.map(|(row, line)| (row + 1, fields(line, self.separator)))
    }
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate();
    lines
        .filter(|(_, line)| !line.trim().is_empty())
        .take(MOST_ROWS)
}

fn fields(line: &str, separator: char) -> Vec<String> {
    let plain = |field: &str| field.trim().trim_matches('"').to_owned();
    line.split(separator).map(plain).collect()
}

/// A finite number, or a word that stands for 1 or 0.
pub(super) fn number(field: &str) -> Option<f64> {
    match &*field.to_lowercase() {
        "true" | "yes" | "won" | "是" => Some(1.0),
        "false" | "no" | "lost" | "否" => Some(0.0),
        other => other.parse().ok().filter(|x: &f64| x.is_finite()),
    }
}
