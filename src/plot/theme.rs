//! Colours, dashes and markers: eight styles that differ in more than hue.

use plotters::style::RGBAColor;
use serde::{Deserialize, Serialize};

use super::spec::Look;

/// Sets of colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Theme {
    /// Dark on light.
    #[default]
    Light,
    /// Light on dark.
    Dark,
    /// Strong lines and no tints; with `ink` and `paper` it follows a system's forced colours.
    HighContrast,
}

/// Shapes of the points of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Marker {
    /// A disc.
    Circle,
    /// A square on its side.
    Square,
    /// A triangle on its base.
    Triangle,
    /// A square on its corner.
    Diamond,
    /// A triangle on its tip.
    Wedge,
}

/// An opaque colour.
pub type Colour = [u8; 3];

/// Dash patterns in CSS pixels: drawn, left out, drawn, ...
const DASHES: [&[f64]; 5] = [
    &[],
    &[7.0, 4.0],
    &[2.0, 3.0],
    &[9.0, 3.0, 2.0, 3.0],
    &[14.0, 4.0],
];

const MARKERS: [Marker; 5] = [
    Marker::Circle,
    Marker::Square,
    Marker::Triangle,
    Marker::Diamond,
    Marker::Wedge,
];

/// Okabe and Ito (2008), the lightest darkened to 3:1 on white (WCAG 2.2, 1.4.11).
const ON_LIGHT: [Colour; 8] = [
    [0x00, 0x72, 0xB2],
    [0xD5, 0x5E, 0x00],
    [0x00, 0x8F, 0x68],
    [0xBD, 0x5E, 0x92],
    [0xB5, 0x7D, 0x00],
    [0x2E, 0x8B, 0xC0],
    [0x4B, 0x52, 0x5B],
    [0x85, 0x7E, 0x00],
];

/// The same hues for a dark ground.
const ON_DARK: [Colour; 8] = [
    [0x56, 0xB4, 0xE9],
    [0xF0, 0x7F, 0x2E],
    [0x1C, 0xBB, 0x8E],
    [0xDD, 0x93, 0xBC],
    [0xE6, 0x9F, 0x00],
    [0x6F, 0x9C, 0xF0],
    [0xC3, 0xC9, 0xD1],
    [0xF0, 0xE4, 0x42],
];

/// The colours of one drawing.
#[derive(Clone, Debug)]
pub struct Palette {
    /// Ground.
    pub paper: Colour,
    /// Text that matters.
    pub ink: Colour,
    /// Tick labels and axis names.
    pub soft: Colour,
    /// Grid lines.
    pub grid: Colour,
    /// Axis lines.
    pub axis: Colour,
    /// Curves.
    pub series: [Colour; 8],
    /// Width of a curve in CSS pixels.
    pub stroke: f64,
}

impl Palette {
    /// The colours that a look asks for.
    pub fn of(look: &Look) -> Self {
        let (paper, ink) = match look.theme {
            Theme::Light => ([0xFF; 3], [0x1B, 0x1F, 0x24]),
            Theme::Dark => ([0x15, 0x19, 0x1E], [0xE8, 0xEA, 0xED]),
            Theme::HighContrast => ([0xFF; 3], [0; 3]),
        };
        let (paper, ink) = (look.paper.unwrap_or(paper), look.ink.unwrap_or(ink));
        let strong = look.theme == Theme::HighContrast;
        let toward = |share: f64| mix(ink, paper, share);
        Self {
            paper,
            ink,
            soft: if strong { ink } else { toward(0.30) },
            grid: toward(if strong { 0.70 } else { 0.90 }),
            axis: if strong { ink } else { toward(0.55) },
            series: if luminance(paper) > 0.4 {
                ON_LIGHT
            } else {
                ON_DARK
            },
            stroke: if strong { 2.5 } else { 1.75 },
        }
    }

    /// Colour of style `n`.
    pub fn series(&self, n: usize) -> Colour {
        self.series[n % self.series.len()]
    }
}

/// Dash pattern number `n` in CSS pixels; empty is solid.
pub fn dash(n: usize) -> &'static [f64] {
    DASHES[n % DASHES.len()]
}

/// Marker of style `n`.
pub fn marker(n: usize) -> Marker {
    MARKERS[n % MARKERS.len()]
}

/// `share` of the second colour in the first, 0 to 1.
pub fn mix(a: Colour, b: Colour, share: f64) -> Colour {
    let one = |i: usize| {
        let (a, b) = (f64::from(a[i]), f64::from(b[i]));
        (a + (b - a) * share).round() as u8
    };
    [one(0), one(1), one(2)]
}

/// A colour that lets `1 - alpha` of what is below through.
pub fn tint(colour: Colour, alpha: f64) -> RGBAColor {
    RGBAColor(colour[0], colour[1], colour[2], alpha)
}

/// `#rrggbb`.
pub fn hex(colour: Colour) -> String {
    let [r, g, b] = colour;
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Relative luminance, 0 to 1 (WCAG 2.2).
pub fn luminance(colour: Colour) -> f64 {
    let linear = |v: u8| {
        let v = f64::from(v) / 255.0;
        if v <= 0.04045 {
            v / 12.92
        } else {
            libm::pow((v + 0.055) / 1.055, 2.4)
        }
    };
    0.2126 * linear(colour[0]) + 0.7152 * linear(colour[1]) + 0.0722 * linear(colour[2])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Contrast ratio, 1 to 21 (WCAG 2.2).
    fn contrast(a: Colour, b: Colour) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_curve_and_text_stands_out_from_its_ground() {
        for theme in [Theme::Light, Theme::Dark, Theme::HighContrast] {
            let look = Look {
                theme,
                ..Look::default()
            };
            let palette = Palette::of(&look);
            for colour in palette.series {
                let got = contrast(colour, palette.paper);
                assert!(got >= 3.0, "{theme:?} {} {got}", hex(colour));
            }
            assert!(contrast(palette.soft, palette.paper) >= 4.5, "{theme:?}");
        }
    }

    #[test]
    fn contrast_of_black_and_white() {
        assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 1e-9);
    }
}
