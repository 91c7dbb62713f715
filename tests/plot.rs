//! Charts as a user meets them: drawn natively into SVG and onto a recording backend.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use qcart::plot::backend::typical_width;
use qcart::plot::{Chart, Series, View};

#[test]
fn a_line_chart_becomes_an_svg_document() {
    let chart = Chart {
        title: "Value < optimum".to_owned(),
        series: vec![Series {
            label: "run".to_owned(),
            x: vec![0.0, 1.0, 2.0],
            y: vec![0.0, 1.0, 0.5],
            ..Series::default()
        }],
        ..Chart::default()
    };
    let svg = View::new(chart).unwrap().svg(&typical_width).unwrap();
    assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"));
    assert!(svg.contains("<title>Value &lt; optimum</title>"));
    assert!(svg.contains("<polyline"));
}
