//! Charts as a user meets them: drawn natively into SVG and onto a recording backend.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod plot_recorder;

use plot_recorder::{Recorded, Recorder};
use proptest::prelude::*;
use qcart::plot::backend::{Measured, UNITS, typical_width};
use qcart::plot::{
    Axis, Bar, Cell, Chart, Direction, Grid, Kind, Layout, Look, Mark, Reference, Scale, Series,
    Smoother, View, clip_line, decimate,
};

/// Draws a view and gives what reached the backend, in CSS pixels.
fn record(view: &mut View, look: &Look) -> (Recorded, Layout) {
    let size = view.device_size();
    let mut recorded = Recorded::new(UNITS * look.ratio);
    let backend = Measured::new(Recorder::new(&mut recorded, size), size, &typical_width);
    let layout = view.draw(backend).expect("the recorder never fails");
    (recorded, layout)
}

fn line(label: &str, x: Vec<f64>, y: Vec<f64>) -> Series {
    Series {
        label: label.to_owned(),
        x,
        y,
        ..Series::default()
    }
}

fn steps(n: u32) -> Vec<f64> {
    (0..n).map(f64::from).collect()
}

/// One chart of each kind with long names in both languages, and everything that can be switched on.
fn gallery(look: &Look) -> Vec<Chart> {
    let curve = |k: f64| steps(300).iter().map(|x| k / (1.0 + x)).collect::<Vec<_>>();
    let mut banded = line("double Q-learning 双重 Q 学习", steps(300), curve(2.0));
    banded.low = curve(1.5);
    banded.high = curve(2.5);
    let axis = |label: &str, log: bool| Axis {
        label: label.to_owned(),
        unit: "reward".to_owned(),
        log,
        ..Axis::default()
    };
    let lines = Chart {
        title: "A title that is far too long for a narrow telephone 收敛曲线".to_owned(),
        x: axis("updates of the table since the last reset", false),
        y: axis(
            "mean absolute distance to the optimal values |Q − Q*|",
            true,
        ),
        series: vec![line("Q-learning", steps(300), curve(1e6)), banded],
        marks: (0..9)
            .map(|i| Mark {
                x: f64::from(i) * 36.0,
                label: format!("exploration rate 0.{i}"),
            })
            .collect(),
        references: vec![Reference {
            y: 1e6,
            label: "a limit with a long explanation 上限".to_owned(),
        }],
        smoothing: 0.9,
        look: look.clone(),
        ..Chart::default()
    };
    let bars = Chart {
        kind: Kind::Bars,
        x: axis("expected value of recommending this item now", false),
        parts: vec!["immediate".to_owned(), "discounted future".to_owned()],
        baseline: "most popular".to_owned(),
        bars: (0..8)
            .map(|i| Bar {
                label: format!("{i}: an item with a very long name 不锈钢意式浓缩咖啡机"),
                parts: vec![1e5 / f64::from(i + 1), -2e4],
                baseline: Some(5e4),
                interval: Some([-1e4, 2e5]),
            })
            .collect(),
        ..lines.clone()
    };
    let histogram = Chart {
        kind: Kind::Histogram,
        series: vec![line("sessions", steps(300), curve(1e7))],
        y: axis("sessions", false),
        ..lines.clone()
    };
    let grid = Chart {
        kind: Kind::Grid,
        grid: Grid {
            columns: 4,
            cells: (0..16)
                .map(|i| Cell {
                    value: Some(f64::from(i) * -1.37),
                    text: "S".to_owned(),
                    wall: i == 5,
                    best: vec![Direction::Up, Direction::Left],
                })
                .collect(),
            ..Grid::default()
        },
        ..lines.clone()
    };
    let map = Chart {
        grid: Grid {
            across: (1..=4).map(|i| i.to_string()).collect(),
            down: (1..=4).map(|i| format!("row {i}")).collect(),
            ..grid.grid.clone()
        },
        ..grid.clone()
    };
    let forest = Chart {
        kind: Kind::Forest,
        ..bars.clone()
    };
    vec![lines, bars, histogram, grid, map, forest]
}

fn look(width: f64, height: f64, ratio: f64) -> Look {
    Look {
        width,
        height,
        ratio,
        ..Look::default()
    }
}

#[test]
fn a_line_chart_becomes_an_svg_document() {
    let chart = Chart {
        title: "Value < optimum".to_owned(),
        series: vec![line("run", vec![0.0, 1.0, 2.0], vec![0.0, 1.0, 0.5])],
        ..Chart::default()
    };
    let svg = View::new(chart).unwrap().svg(&typical_width).unwrap();
    assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"));
    assert!(svg.contains("<title>Value &lt; optimum</title>"));
    assert!(svg.contains("<polyline"));
}

#[test]
fn every_label_of_every_chart_stays_on_the_canvas_and_off_its_neighbours() {
    for (width, height, ratio) in [
        (320.0, 240.0, 2.0),
        (640.0, 320.0, 1.0),
        (1600.0, 800.0, 1.5),
        (60.0, 60.0, 1.0),
    ] {
        let look = look(width, height, ratio);
        for chart in gallery(&look) {
            let kind = chart.kind;
            let (recorded, _) = record(&mut View::new(chart).unwrap(), &look);
            for text in &recorded.texts {
                let (left, right) = (text.left, text.right);
                assert!(
                    left >= -0.5 && right <= width + 0.5,
                    "{kind:?} at {width}: {text:?}"
                );
                assert!(
                    text.top >= -0.5 && text.bottom <= height + 0.5,
                    "{kind:?} at {width}: {text:?}"
                );
            }
            if width >= 320.0 {
                for (i, a) in recorded.texts.iter().enumerate() {
                    for b in &recorded.texts[i + 1..] {
                        assert!(!a.overlaps(b), "{kind:?} at {width}: {a:?} over {b:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn curves_never_leave_the_plot() {
    let look = look(400.0, 300.0, 1.0);
    let wild = (0..500)
        .map(|i| if i % 2 == 0 { 1e9 } else { -1e9 })
        .collect();
    let mut chart = Chart {
        series: vec![line("wild", steps(500), wild)],
        look: look.clone(),
        ..Chart::default()
    };
    chart.y.range = Some([-1.0, 1.0]);
    let (recorded, layout) = record(&mut View::new(chart).unwrap(), &look);
    let [left, top, right, bottom] = layout.plot;
    // Ticks reach five pixels out, labels are texts; all else lies within.
    for &(x, y) in &recorded.points {
        assert!(
            (left - 5.0..=right + 5.0).contains(&x) && (top - 5.0..=bottom + 5.0).contains(&y),
            "{x} {y}"
        );
    }
}

#[test]
fn degenerate_ranges_terminate_and_stay_finite() {
    let odd = [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        0.0,
        1.0,
        -1.0,
        1e308,
        -1e308,
        f64::MIN_POSITIVE,
        5e-324,
        1e-300,
    ];
    for low in odd {
        for high in odd {
            for log in [false, true] {
                let scale = Scale::new([low, high], log, [0.0, 500.0]);
                let ticks = scale.ticks(8, false);
                assert!(ticks.at.len() <= 220 && ticks.at.len() == ticks.labels.len());
                assert!(scale.domain[0] < scale.domain[1], "{low} {high} {log}");
                for value in odd.into_iter().filter(|v| !v.is_nan()) {
                    assert!(scale.place(value).is_finite(), "{low} {high} {log} {value}");
                }
            }
        }
    }
}

#[test]
fn charts_of_odd_numbers_are_drawn() {
    let look = look(320.0, 200.0, 1.0);
    let columns = [
        vec![],
        vec![1.0],
        vec![f64::NAN; 3],
        vec![f64::INFINITY, 1.0, f64::NEG_INFINITY],
        vec![1e308, -1e308],
        vec![5.0; 40],
        vec![0.0; 3],
        vec![-1.0, -2.0],
    ];
    for y in columns {
        for log in [false, true] {
            let x = steps(y.len() as u32);
            let mut chart = Chart {
                series: vec![line("odd", x, y.clone())],
                look: look.clone(),
                ..Chart::default()
            };
            (chart.y.log, chart.x.log) = (log, log);
            let mut view = View::new(chart).unwrap();
            let (recorded, _) = record(&mut view, &look);
            assert!(
                recorded
                    .points
                    .iter()
                    .all(|p| p.0.is_finite() && p.1.is_finite())
            );
            view.hover(100.0, 100.0);
            view.key("ArrowRight");
            view.zoom_by(2.0, None);
            record(&mut view, &look);
        }
    }
}

#[test]
fn a_log_axis_from_2_to_8_has_ticks() {
    let ticks = Scale::new([2.0, 8.0], true, [0.0, 400.0]).ticks(8, false);
    assert_eq!(ticks.at, [2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
    let few = Scale::new([2.0, 8.0], true, [0.0, 100.0]).ticks(3, false);
    assert_eq!(few.labels, ["2", "5"]);
    let narrow = Scale::new([2.1, 2.4], true, [0.0, 400.0]).ticks(6, false);
    assert!(narrow.at.len() >= 3, "{narrow:?}");
}

#[test]
fn a_log_axis_labels_many_decades_by_powers_and_puts_zero_at_its_foot() {
    let scale = Scale::new([1e-9, 1.0], true, [300.0, 0.0]);
    let ticks = scale.ticks(6, false);
    assert!(ticks.labels.contains(&"10⁻⁸".to_owned()), "{ticks:?}");
    assert!(ticks.at.len() >= 3 && ticks.at.len() <= 7);
    assert_eq!(scale.place(0.0), 300.0);
    assert_eq!(scale.place(-5.0), 300.0);
}

#[test]
fn whole_axes_have_whole_ticks() {
    let ticks = Scale::new([0.0, 3.0], false, [0.0, 1000.0]).ticks(12, true);
    assert_eq!(ticks.labels, ["0", "1", "2", "3"]);
}

#[test]
fn every_point_of_a_sparse_chart_is_found_under_its_own_pixel() {
    let look = look(800.0, 400.0, 1.0);
    for log in [false, true] {
        let y = [vec![1.0, 5.0, 2.0, 9.0, 3.0], vec![2.0, 1.0, 7.0, 4.0, 8.0]];
        let mut chart = Chart {
            series: y.iter().map(|y| line("s", steps(5), y.clone())).collect(),
            look: look.clone(),
            ..Chart::default()
        };
        chart.y.log = log;
        let mut view = View::new(chart).unwrap();
        record(&mut view, &look);
        for (series, column) in y.iter().enumerate() {
            for (index, &value) in column.iter().enumerate() {
                let [px, py] = view.place_of(index as f64, value).unwrap();
                let found = view.hover(px, py).unwrap();
                assert_eq!((found.series, found.index, found.y), (series, index, value));
                assert!((found.px - px).abs() < 1e-9 && (found.py - py).abs() < 1e-9);
            }
        }
    }
}

#[test]
fn keys_walk_points_and_series() {
    let look = look(400.0, 300.0, 1.0);
    let chart = Chart {
        series: vec![line("a", steps(5), steps(5)), line("b", steps(3), steps(3))],
        look: look.clone(),
        ..Chart::default()
    };
    let mut view = View::new(chart).unwrap();
    record(&mut view, &look);
    let mut at = |key: &str| view.key(key).map(|r| (r.series, r.index));
    assert_eq!(at("ArrowRight"), Some((0, 0)));
    assert_eq!(at("ArrowRight"), Some((0, 1)));
    assert_eq!(at("End"), Some((0, 4)));
    assert_eq!(at("ArrowRight"), Some((0, 4)));
    assert_eq!(at("ArrowDown"), Some((1, 2)));
    assert_eq!(at("ArrowUp"), Some((0, 2)));
    assert_eq!(at("x"), None);
    assert_eq!(at("Escape"), None);
    assert!(view.readout().is_none());
}

#[test]
fn zooming_shows_a_part_and_reset_shows_all() {
    let look = look(400.0, 300.0, 1.0);
    let chart = Chart {
        series: vec![line("a", steps(101), steps(101))],
        look: look.clone(),
        ..Chart::default()
    };
    let mut view = View::new(chart).unwrap();
    let (_, all) = record(&mut view, &look);
    let [from, _] = view.place_of(20.0, 0.0).unwrap();
    let [to, _] = view.place_of(40.0, 0.0).unwrap();
    view.zoom_to(to, from);
    let (_, part) = record(&mut view, &look);
    assert!(part.zoomed && (part.x[0] - 20.0).abs() < 1e-6 && (part.x[1] - 40.0).abs() < 1e-6);
    assert!(
        part.y[0] > 15.0 && part.y[1] < 45.0,
        "the height follows what is seen"
    );
    view.pan(10.0);
    let (_, moved) = record(&mut view, &look);
    assert!((moved.x[0] - 40.0).abs() < 1e-6 && (moved.x[1] - 60.0).abs() < 1e-6);
    view.zoom_by(0.01, None);
    let (_, out) = record(&mut view, &look);
    assert_eq!((out.x, out.zoomed), (all.x, false));
    view.zoom_by(8.0, None);
    view.reset();
    assert_eq!(record(&mut view, &look).1, all);
}

#[test]
fn appended_points_give_the_same_chart_as_points_given_at_once() {
    let y: Vec<f64> = steps(50).iter().map(|x| libm::sin(*x)).collect();
    let whole = |x: Vec<f64>, y: Vec<f64>| Chart {
        series: vec![line("a", x, y)],
        smoothing: 0.8,
        ..Chart::default()
    };
    let at_once = View::new(whole(steps(50), y.clone())).unwrap();
    let mut grown = View::new(whole(vec![], vec![])).unwrap();
    for (x, y) in steps(50).chunks(7).zip(y.chunks(7)) {
        grown.append(0, x, y);
    }
    assert_eq!(
        grown.svg(&typical_width).unwrap(),
        at_once.svg(&typical_width).unwrap()
    );
}

#[test]
fn csv_comes_back_with_every_digit() {
    let first = [0.1, -2.5e-12, 1e200];
    let chart = Chart {
        series: vec![
            line("a, \"quoted\"", vec![1.0, 2.0, 3.0], first.to_vec()),
            line("b", vec![2.0], vec![7.0]),
        ],
        ..Chart::default()
    };
    let view = View::new(chart).unwrap();
    let rows = parsed(&view.csv());
    assert_eq!(rows[0], ["x", "a, \"quoted\"", "b"]);
    let back: Vec<f64> = rows[1..].iter().map(|r| r[1].parse().unwrap()).collect();
    assert_eq!(back, first);
    let column: Vec<&str> = rows[1..].iter().map(|r| r[2].as_str()).collect();
    assert_eq!(column, ["", "7", ""]);
}

fn parsed(csv: &str) -> Vec<Vec<String>> {
    let mut reader = csv_core::Reader::new();
    let (mut input, mut rows, mut row) = (csv.as_bytes(), Vec::new(), Vec::new());
    let mut field = [0; 256];
    loop {
        let (result, read, written) = reader.read_field(input, &mut field);
        input = &input[read..];
        match result {
            csv_core::ReadFieldResult::Field { record_end } => {
                row.push(String::from_utf8(field[..written].to_vec()).unwrap());
                if record_end {
                    rows.push(std::mem::take(&mut row));
                }
            }
            csv_core::ReadFieldResult::End => return rows,
            _ => assert!(input.is_empty(), "fields of this test are short"),
        }
    }
}

#[test]
fn tables_keep_the_first_and_the_last_row() {
    let chart = Chart {
        series: vec![line("a", steps(1000), steps(1000))],
        ..Chart::default()
    };
    let table = View::new(chart).unwrap().table(10);
    assert_eq!((table.rows.len(), table.total), (10, 1000));
    assert_eq!(
        (table.rows[0][0].as_str(), table.rows[9][0].as_str()),
        ("0", "999")
    );
}

#[test]
fn the_summary_says_it_in_both_languages() {
    let chart = Chart {
        title: "TD error".to_owned(),
        series: vec![line(
            "run 1",
            steps(30),
            steps(30).iter().map(|x| 30.0 - x).collect(),
        )],
        ..Chart::default()
    };
    let text = View::new(chart).unwrap().summary();
    assert!(text.en.contains("run 1: from 30 to 1"), "{}", text.en);
    assert!(text.en.contains("falling") && text.zh.contains("下降"));
}

#[test]
fn lengths_and_sizes_that_cannot_be_drawn_are_refused() {
    let uneven = Chart {
        series: vec![line("a", steps(2), steps(3))],
        ..Chart::default()
    };
    assert_eq!(View::new(uneven).err().unwrap().code, "plot.lengths");
    for (width, height, ratio) in [
        (0.0, 100.0, 1.0),
        (f64::NAN, 100.0, 1.0),
        (100.0, 1e9, 1.0),
        (100.0, 100.0, 0.0),
    ] {
        let chart = Chart {
            look: look(width, height, ratio),
            ..Chart::default()
        };
        assert_eq!(View::new(chart).err().unwrap().code, "plot.size");
    }
}

#[test]
fn a_description_is_read_as_the_page_writes_it() {
    let chart: Chart = serde_json::from_str(
        r#"{"kind":"bars","title":"t","x":{"label":"value","log":false},"bars":[{"label":"a","parts":[1,2]}],
            "look":{"theme":"highContrast","width":320,"height":200,"ratio":2,"ink":[0,0,0]}}"#,
    )
    .unwrap();
    assert_eq!((chart.kind, chart.bars[0].parts.len()), (Kind::Bars, 2));
}

proptest! {
    #[test]
    fn decimation_keeps_the_extremes_of_every_pixel_column(
        mut x in prop::collection::vec(0.0..50.0_f64, 1..400),
        seed in prop::collection::vec(-1e3..1e3_f64, 400),
    ) {
        x.sort_by(f64::total_cmp);
        let points: Vec<(f64, f64)> = x.into_iter().zip(seed).collect();
        let kept = decimate(points.iter().copied());
        for column in 0..50 {
            let inside = |p: &&(f64, f64)| p.0.floor() == f64::from(column);
            let extremes = |points: &[(f64, f64)]| {
                let values = || points.iter().filter(inside).map(|p| p.1);
                (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max))
            };
            prop_assert_eq!(extremes(&points), extremes(&kept));
            prop_assert!(kept.iter().filter(inside).count() <= 2);
        }
    }

    #[test]
    fn pixels_and_values_are_inverse(low in -1e6..1e6_f64, span in 1e-3..1e6_f64, share in 0.0..1.0_f64, log: bool) {
        let low = if log { low.abs() + 1e-3 } else { low };
        let scale = Scale::new([low, low + span], log, [40.0, 900.0]);
        let pixel = 40.0 + share * 860.0;
        prop_assert!((scale.place(scale.value(pixel)) - pixel).abs() < 1e-3);
    }

    #[test]
    fn smoothing_keeps_constants_and_bounds(weight in 0.0..1.5_f64, level in -1e9..1e9_f64, values in prop::collection::vec(-1e3..1e3_f64, 1..100)) {
        let mut constant = Smoother::new(weight);
        for _ in 0..50 {
            prop_assert_eq!(constant.next(level), level);
        }
        let mut smoother = Smoother::new(weight);
        let (low, high) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (v.min(l), v.max(h)));
        for &value in &values {
            let smooth = smoother.next(value);
            prop_assert!(smooth >= low - 1e-9 && smooth <= high + 1e-9);
        }
    }

    #[test]
    fn clipped_lines_lie_inside(points in prop::collection::vec((-100.0..200.0_f64, -100.0..200.0_f64), 2..40)) {
        let to = qcart::plot::Rect { left: 0.0, top: 0.0, right: 100.0, bottom: 100.0 };
        for part in clip_line(&points, to) {
            for (x, y) in part {
                prop_assert!((-1e-9..=100.0 + 1e-9).contains(&x) && (-1e-9..=100.0 + 1e-9).contains(&y));
            }
        }
    }
}

#[test]
fn a_forest_plot_tells_what_is_clear_of_zero() {
    let row = |label: &str, value: f64, interval: [f64; 2]| Bar {
        label: label.to_owned(),
        parts: vec![value],
        baseline: None,
        interval: Some(interval),
    };
    let chart = Chart {
        kind: Kind::Forest,
        title: "Against vsknn".to_owned(),
        x: Axis {
            label: "MRR@20".to_owned(),
            ..Axis::default()
        },
        y: Axis {
            label: "model".to_owned(),
            ..Axis::default()
        },
        bars: vec![
            row("blend", 0.02, [0.01, 0.03]),
            row("stan", 0.001, [-0.004, 0.006]),
            row("pop", -0.2, [-0.22, f64::NAN]),
        ],
        look: look(480.0, 150.0, 1.0),
        ..Chart::default()
    };
    let mut view = View::new(chart.clone()).unwrap();
    let words = view.summary();
    assert!(
        words.en.contains("3 rows, 2 of them clear of zero"),
        "{}",
        words.en
    );
    assert!(
        words.en.contains("stan 0.001 [−0.004, 0.006]"),
        "{}",
        words.en
    );
    assert!(words.zh.contains("其中 2 行"), "{}", words.zh);
    let table = view.table(10);
    assert_eq!(
        table.columns,
        ["model", "MRR@20", "MRR@20 low", "MRR@20 high"]
    );
    assert_eq!(table.rows[0], ["blend", "0.02", "0.01", "0.03"]);
    record(&mut view, &chart.look);
    let readout = view.key("ArrowDown").unwrap();
    assert_eq!(readout.label, "blend");
    assert_eq!(readout.y_text, "0.02 [0.01, 0.03]");
    let svg = view.svg(&typical_width).unwrap();
    for label in ["blend", "stan", "pop", "MRR@20"] {
        assert!(svg.contains(label), "{label} is written in the picture");
    }
    assert!(!svg.contains("NaN"));
}
