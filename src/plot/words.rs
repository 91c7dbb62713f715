//! The same chart as a table, as CSV, and in words.

use serde::Serialize;

use super::bars;
use super::curve::Curve;
use super::forest;
use super::frame::axis_name;
use super::number::short;
use super::spec::{Chart, Kind};
use crate::problem::Text;

/// The numbers of a chart, written out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Table {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Rows, each with one text per column.
    pub rows: Vec<Vec<String>>,
    /// How many rows there are in all; `rows` may be an even selection with the first and the last.
    pub total: usize,
}

enum Entry {
    Word(String),
    Number(f64),
    Nothing,
}

/// All numbers with all their digits, as CSV with a header (RFC 4180, lines ended by CR LF).
pub fn csv(chart: &Chart, curves: &[Curve]) -> String {
    let (columns, rows) = entries(chart, curves);
    let header: Vec<String> = columns.iter().map(|c| quoted(c)).collect();
    let mut out = header.join(",") + "\r\n";
    for row in rows {
        let fields: Vec<String> = row.iter().map(exact).collect();
        out.push_str(&fields.join(","));
        out.push_str("\r\n");
    }
    out
}

/// The table twin of the picture, at most `most` rows.
pub fn table(chart: &Chart, curves: &[Curve], most: usize) -> Table {
    let (columns, rows) = entries(chart, curves);
    let (total, most) = (rows.len(), most.max(2));
    let kept: Vec<&Vec<Entry>> = if total <= most {
        rows.iter().collect()
    } else {
        (0..most)
            .map(|i| &rows[i * (total - 1) / (most - 1)])
            .collect()
    };
    let text = |entry: &Entry| match entry {
        Entry::Word(word) => word.clone(),
        Entry::Number(value) => short(*value),
        Entry::Nothing => String::new(),
    };
    Table {
        columns,
        rows: kept
            .into_iter()
            .map(|row| row.iter().map(text).collect())
            .collect(),
        total,
    }
}

fn exact(entry: &Entry) -> String {
    match entry {
        Entry::Word(word) => quoted(word),
        Entry::Number(v) if *v == 0.0 || (1e-6..1e17).contains(&v.abs()) => format!("{v}"),
        Entry::Number(v) => format!("{v:e}"),
        Entry::Nothing => String::new(),
    }
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

type Entries = (Vec<String>, Vec<Vec<Entry>>);

fn entries(chart: &Chart, curves: &[Curve]) -> Entries {
    match chart.kind {
        Kind::Lines | Kind::Histogram => of_curves(chart, curves),
        Kind::Bars => of_bars(chart),
        Kind::Grid => of_grid(chart),
        Kind::Forest => of_forest(chart),
    }
}

/// One row for each position of any curve.
fn of_curves(chart: &Chart, curves: &[Curve]) -> Entries {
    let named = |name: String, instead: &str| {
        if name.is_empty() {
            instead.to_owned()
        } else {
            name
        }
    };
    let mut columns = vec![named(axis_name(&chart.x), "x")];
    for (series, curve) in chart.series.iter().zip(curves) {
        let label = named(series.label.clone(), "y");
        if !curve.low.is_empty() {
            columns.extend([
                label.clone(),
                format!("{label} low"),
                format!("{label} high"),
            ]);
        } else {
            columns.push(label);
        }
    }
    let mut next = vec![0_usize; curves.len()];
    let mut rows = Vec::new();
    loop {
        let heads = curves.iter().zip(&next).filter_map(|(c, &i)| c.x.get(i));
        let Some(x) = heads.copied().reduce(f64::min) else {
            return (columns, rows);
        };
        let mut row = vec![Entry::Number(x)];
        for (curve, i) in curves.iter().zip(&mut next) {
            let here = curve.x.get(*i) == Some(&x);
            let entry = |column: &[f64]| {
                if here {
                    Entry::Number(column[*i])
                } else {
                    Entry::Nothing
                }
            };
            row.push(entry(&curve.raw));
            if !curve.low.is_empty() {
                row.extend([entry(&curve.low), entry(&curve.high)]);
            }
            *i += usize::from(here);
        }
        rows.push(row);
    }
}

fn of_bars(chart: &Chart) -> Entries {
    let mut columns = vec![chart.y.label.clone()];
    columns.extend(chart.parts.iter().cloned());
    columns.push(axis_name(&chart.x));
    if !chart.baseline.is_empty() {
        columns.push(chart.baseline.clone());
    }
    let number = |v: Option<f64>| v.map_or(Entry::Nothing, Entry::Number);
    let row = |bar: &super::spec::Bar| {
        let mut row = vec![Entry::Word(bar.label.clone())];
        row.extend((0..chart.parts.len()).map(|i| number(bar.parts.get(i).copied())));
        row.push(Entry::Number(bars::total(bar)));
        if !chart.baseline.is_empty() {
            row.push(number(bar.baseline));
        }
        row
    };
    (columns, chart.bars.iter().map(row).collect())
}

fn of_forest(chart: &Chart) -> Entries {
    let name = axis_name(&chart.x);
    let columns = vec![
        chart.y.label.clone(),
        name.clone(),
        format!("{name} low"),
        format!("{name} high"),
    ];
    let row = |bar: &super::spec::Bar| {
        let end = |place: usize| {
            bar.interval
                .map_or(Entry::Nothing, |ends| Entry::Number(ends[place]))
        };
        let total = Entry::Number(bars::total(bar));
        vec![Entry::Word(bar.label.clone()), total, end(0), end(1)]
    };
    (columns, chart.bars.iter().map(row).collect())
}

fn of_grid(chart: &Chart) -> Entries {
    let columns = (chart.grid.columns as usize).max(1);
    let row = |cells: &[super::spec::Cell]| {
        let entry = |c: &super::spec::Cell| match c.value {
            Some(value) if !c.wall => Entry::Number(value),
            _ => Entry::Word(c.text.clone()),
        };
        let mut row: Vec<Entry> = cells.iter().map(entry).collect();
        row.resize_with(columns, || Entry::Nothing);
        row
    };
    let rows = chart.grid.cells.chunks(columns).map(row);
    if chart.grid.across.is_empty() {
        return (
            (1..=columns).map(|c| c.to_string()).collect(),
            rows.collect(),
        );
    }
    let corner = format!("{} \\ {}", chart.y.label, chart.x.label);
    let names = std::iter::once(corner).chain(chart.grid.across.iter().cloned());
    let named = chart
        .grid
        .down
        .iter()
        .cloned()
        .zip(rows)
        .map(|(name, mut row)| {
            row.insert(0, Entry::Word(name));
            row
        });
    (names.collect(), named.collect())
}

/// What the picture shows, in words.
pub fn summary(chart: &Chart, curves: &[Curve]) -> Text {
    let mut sentences = vec![Text::new(
        ended(&chart.title, "."),
        ended(&chart.title, "。"),
    )];
    match chart.kind {
        Kind::Lines => sentences.extend(
            chart
                .series
                .iter()
                .zip(curves)
                .map(|(s, c)| of_curve(chart, &s.label, c)),
        ),
        Kind::Histogram => sentences.extend(curves.first().map(|c| of_histogram(chart, c))),
        Kind::Bars => sentences.push(of_all_bars(chart)),
        Kind::Grid => sentences.push(of_all_cells(chart)),
        Kind::Forest => sentences.push(of_all_points(chart)),
    }
    for level in &chart.references {
        let v = short(level.y);
        sentences.push(Text::new(
            format!("Line at {v}: {}.", level.label),
            format!("参考线 {v}：{}。", level.label),
        ));
    }
    let join = |pick: fn(&Text) -> &str, gap: &str| {
        let parts: Vec<&str> = sentences
            .iter()
            .map(pick)
            .filter(|s| !s.is_empty())
            .collect();
        parts.join(gap)
    };
    Text::new(join(|t| &t.en, " "), join(|t| &t.zh, ""))
}

fn ended(title: &str, stop: &str) -> String {
    if title.is_empty() {
        String::new()
    } else {
        format!("{title}{stop}")
    }
}

fn of_curve(chart: &Chart, label: &str, curve: &Curve) -> Text {
    let (Some(&first), Some(&last)) = (curve.raw.first(), curve.raw.last()) else {
        return Text::new(
            format!("{label}: no values yet."),
            format!("{label}：尚无数值。"),
        );
    };
    let low = curve.raw.iter().copied().fold(f64::INFINITY, f64::min);
    let high = curve.raw.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let trend = trend(&curve.raw, chart.y.log);
    let n = curve.x.len();
    let [a, b, low, high] = [first, last, low, high].map(short);
    let [from, to] = [curve.x[0], curve.x[n - 1]].map(short);
    let unit = if chart.y.unit.is_empty() {
        String::new()
    } else {
        format!(" {}", chart.y.unit)
    };
    let (xe, te, tz) = (&chart.x.label, &trend.en, &trend.zh);
    Text::new(
        format!(
            "{label}: from {a} to {b}{unit} between {from} and {to} {xe} ({n} points); lowest {low}, highest {high}; {te}."
        ),
        format!(
            "{label}：{xe} 从 {from} 到 {to}（{n} 个点），由 {a} 变为 {b}{unit}；最低 {low}，最高 {high}；{tz}。"
        ),
    )
}

/// Rising, falling or level: the last third compared with the third before it, against the whole range.
fn trend(values: &[f64], log: bool) -> Text {
    let third = values.len() / 3;
    let measure = |v: f64| {
        if log {
            libm::log(v.max(f64::MIN_POSITIVE))
        } else {
            v
        }
    };
    let mean = |part: &[f64]| {
        part.iter()
            .map(|&v| measure(v) / part.len() as f64)
            .sum::<f64>()
    };
    if third == 0 {
        return Text::new("too few points for a trend", "点数太少，无法判断趋势");
    }
    let n = values.len();
    let (before, after) = (
        mean(&values[n - 2 * third..n - third]),
        mean(&values[n - third..]),
    );
    let low = values
        .iter()
        .map(|&v| measure(v))
        .fold(f64::INFINITY, f64::min);
    let high = values
        .iter()
        .map(|&v| measure(v))
        .fold(f64::NEG_INFINITY, f64::max);
    if (after - before).abs() <= 0.02 * (high - low) {
        Text::new("level at the end", "末段平稳")
    } else if after > before {
        Text::new("rising at the end", "末段上升")
    } else {
        Text::new("falling at the end", "末段下降")
    }
}

fn of_histogram(chart: &Chart, curve: &Curve) -> Text {
    let most = (0..curve.x.len()).max_by(|&a, &b| curve.raw[a].total_cmp(&curve.raw[b]));
    let Some(most) = most else {
        return Text::new("No values.", "没有数值。");
    };
    let n = curve.x.len();
    let (from, to) = (short(curve.x[0]), short(bars::bin(curve, n - 1, false).1));
    let (at, count, name) = (short(curve.x[most]), short(curve.raw[most]), &chart.x.label);
    Text::new(
        format!("{n} bins of {name} from {from} to {to}; the fullest, at {at}, holds {count}."),
        format!("{name} 从 {from} 到 {to}，共 {n} 组；最多的一组在 {at}，为 {count}。"),
    )
}

fn of_all_bars(chart: &Chart) -> Text {
    let n = chart.bars.len();
    let list = |stop: &str| {
        let one = |b: &super::spec::Bar| {
            format!("{} {}", b.label, bars::with_unit(bars::total(b), &chart.x))
        };
        chart
            .bars
            .iter()
            .take(10)
            .map(one)
            .collect::<Vec<_>>()
            .join(stop)
    };
    Text::new(
        format!("{n} bars, from the top: {}.", list(", ")),
        format!("共 {n} 条，自上而下：{}。", list("、")),
    )
}

fn of_all_points(chart: &Chart) -> Text {
    let list = |stop: &str| {
        let one = |bar| forest::with_interval(bar, &chart.x);
        let named = chart.bars.iter().map(|b| format!("{} {}", b.label, one(b)));
        named.collect::<Vec<_>>().join(stop)
    };
    let clear = chart.bars.iter().filter(|b| !forest::undecided(b)).count();
    let n = chart.bars.len();
    Text::new(
        format!("{n} rows, {clear} of them clear of zero: {}.", list("; ")),
        format!("共 {n} 行，其中 {clear} 行的区间不含零：{}。", list("；")),
    )
}

fn of_all_cells(chart: &Chart) -> Text {
    let columns = (chart.grid.columns as usize).max(1);
    let rows = chart.grid.cells.len().div_ceil(columns);
    let values: Vec<f64> = chart.grid.cells.iter().filter_map(|c| c.value).collect();
    let low = short(values.iter().copied().fold(f64::INFINITY, f64::min));
    let high = short(values.iter().copied().fold(f64::NEG_INFINITY, f64::max));
    if values.is_empty() {
        return Text::new(
            format!("A grid of {rows} rows and {columns} columns, no values yet."),
            format!("{rows} 行 {columns} 列的网格，尚无数值。"),
        );
    }
    Text::new(
        format!("A grid of {rows} rows and {columns} columns; values from {low} to {high}."),
        format!("{rows} 行 {columns} 列的网格；数值从 {low} 到 {high}。"),
    )
}
