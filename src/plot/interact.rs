//! What a person does to a chart: point, step, zoom, move.

use super::frame::Frame;
use super::lines::{self, Zoom};
use super::reading::{self, Focus, Readout};
use super::scale::Scale;
use super::spec::Kind;
use super::view::View;

impl View {
    /// Focuses what is nearest to a place in CSS pixels, and reads it out.
    pub fn hover(&mut self, x: f64, y: f64) -> Option<Readout> {
        self.focus = match (&self.scene.frame, self.chart.kind) {
            (Some(frame), Kind::Lines) => reading::nearest_point(&self.curves, frame, (x, y)),
            _ => {
                let hit = self.scene.targets.iter().find(|t| t.rect.holds((x, y)));
                hit.map(|t| Focus {
                    series: 0,
                    index: t.index,
                })
            }
        };
        self.readout()
    }

    /// Moves the focus by a key (arrows, Home, End, PageUp, PageDown; Escape leaves) and reads it out.
    /// None if the key means nothing here or nothing is in focus afterwards.
    pub fn key(&mut self, key: &str) -> Option<Readout> {
        if key == "Escape" {
            self.focus = None;
            return None;
        }
        let next = match (&self.scene.frame, self.chart.kind) {
            (Some(frame), Kind::Lines) => {
                reading::step_points(&self.curves, frame, self.focus, key)
            }
            (_, kind) => {
                let columns = if kind == Kind::Grid {
                    self.chart.grid.columns as usize
                } else {
                    1
                };
                reading::step_targets(self.scene.targets.len(), columns, self.focus, key)
            }
        };
        self.focus = Some(next?);
        self.readout()
    }

    /// What is in focus.
    pub fn readout(&self) -> Option<Readout> {
        let focus = self.focus?;
        match (&self.scene.frame, self.chart.kind) {
            (Some(frame), Kind::Lines) => {
                reading::read_point(&self.chart, &self.curves, frame, focus)
            }
            _ => {
                let target = self.scene.targets.get(focus.index)?;
                reading::read_target(&self.chart, &self.curves, *target)
            }
        }
    }

    /// Takes the focus away.
    pub fn leave(&mut self) {
        self.focus = None;
    }

    /// The values at a place in CSS pixels; none if there are no axes.
    pub fn values_at(&self, x: f64, y: f64) -> Option<[f64; 2]> {
        self.scene
            .frame
            .as_ref()
            .map(|f| [f.x.value(x), f.y.value(y)])
    }

    /// The place of two values in CSS pixels; none if there are no axes.
    pub fn place_of(&self, x: f64, y: f64) -> Option<[f64; 2]> {
        self.scene.frame.as_ref().map(|f| f.place(x, y).into())
    }

    /// Shows the part between two horizontal places in CSS pixels, as of the last drawing. A part of less than
    /// four pixels is a click, not a choice.
    pub fn zoom_to(&mut self, from: f64, to: f64) {
        if (from - to).abs() >= 4.0 {
            self.zoom_pixels(from.min(to), from.max(to));
        }
    }

    /// Zooms in by a factor above 1, or out by one below, around a horizontal place; the middle if none.
    pub fn zoom_by(&mut self, factor: f64, around: Option<f64>) {
        let Some(frame) = &self.scene.frame else {
            return;
        };
        if !(0.01..=100.0).contains(&factor) {
            return;
        }
        let [left, right] = frame.x.pixels;
        let at = around.unwrap_or((left + right) / 2.0).clamp(left, right);
        self.zoom_pixels(at - (at - left) / factor, at + (right - at) / factor);
    }

    /// Moves by a share of the width shown; to the right if positive.
    pub fn pan(&mut self, share: f64) {
        let Some(frame) = &self.scene.frame else {
            return;
        };
        let [left, right] = frame.x.pixels;
        let all = self.everything(frame);
        // No further than there are data.
        let room = [frame.x.place(all[0]) - left, frame.x.place(all[1]) - right];
        let shift =
            (share.clamp(-1.0, 1.0) * (right - left)).clamp(room[0].min(0.0), room[1].max(0.0));
        self.zoom_pixels(left + shift, right + shift);
    }

    /// Shows everything again.
    pub fn reset(&mut self) {
        self.zoom = Zoom::default();
    }

    fn everything(&self, frame: &Frame) -> [f64; 2] {
        let (x, y) = lines::ranges(&self.chart, &self.curves, Zoom::default());
        debug_assert!(y[0] <= y[1]);
        Scale::new(x, frame.x.log, frame.x.pixels).domain
    }

    fn zoom_pixels(&mut self, from: f64, to: f64) {
        let Some(frame) = self
            .scene
            .frame
            .as_ref()
            .filter(|_| self.chart.kind == Kind::Lines)
        else {
            return;
        };
        let all = self.everything(frame);
        let part = [
            frame.x.value(from).max(all[0]),
            frame.x.value(to).min(all[1]),
        ];
        let least = (all[1] - all[0]) * 1e-6;
        self.zoom.x = if part == all {
            None
        } else if part[1] - part[0] > least {
            Some(part)
        } else {
            self.zoom.x
        };
    }
}
