//! Tile coding: a point of a box as a handful of active tiles (Sutton & Barto 2018, section 9.5.4).

use crate::env::axes::Axis;
use crate::problem::{Problem, Text};

/// Most tiles of all tilings together.
const MOST: u64 = 50_000_000;

/// Several grids over the same box, each shifted against the others: a point lies in one tile of each.
///
/// The grids are dense and no tile is shared by hashing, so that a weight always stands for one place.
#[derive(Clone, Debug, PartialEq)]
pub struct TileCoder {
    axes: Vec<AxisTiles>,
    tilings: u32,
    /// Tiles of one tiling.
    each: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct AxisTiles {
    low: f64,
    /// Tiles a unit; 0 for an axis of one value.
    scale: f64,
    /// Tiles along the axis: one more than asked for, so that a shifted grid still covers the box.
    tiles: u32,
    /// Tiles of one tiling for one step along this axis.
    stride: u32,
    /// Shift of one tiling against the next, in shares of a tile over the tilings: 1, 3, 5, ... by axis.
    shift: u32,
}

impl TileCoder {
    /// `tilings` grids (1 to 64) with `tiles[i]` tiles along axis `i` (1 to 1,000); shifts by the odd numbers
    /// 1, 3, 5, ... along successive axes, as Miller & Glanz (1996) advise against diagonal artefacts.
    ///
    /// # Errors
    /// `tiles.size` when a number is out of range, there is not one for each of 1 to 8 axes, or all tiles together
    /// exceed 50 million.
    pub fn new(axes: &[Axis], tiles: &[u32], tilings: u32) -> Result<Self, Problem> {
        let counted = (1..=64).contains(&tilings)
            && (1..=8).contains(&axes.len())
            && axes.len() == tiles.len();
        let sized = tiles.iter().all(|tiles| (1..=1_000).contains(tiles));
        let finite = axes
            .iter()
            .all(|axis| axis.low.is_finite() && axis.high.is_finite() && axis.high >= axis.low);
        let mut stride = 1u64;
        let mut prepared = Vec::new();
        for (i, (axis, &tiles)) in axes.iter().zip(tiles).enumerate() {
            let width = axis.high - axis.low;
            let along = if width > 0.0 { u64::from(tiles) + 1 } else { 1 };
            prepared.push(AxisTiles {
                low: axis.low,
                scale: if width > 0.0 {
                    f64::from(tiles) / width
                } else {
                    0.0
                },
                tiles: along as u32,
                stride: stride.min(MOST) as u32,
                shift: 2 * i as u32 + 1,
            });
            stride = stride.saturating_mul(along);
        }
        if !(counted && sized && finite) || stride.saturating_mul(u64::from(tilings)) > MOST {
            return Err(wrong_size());
        }
        Ok(Self {
            axes: prepared,
            tilings,
            each: stride as u32,
        })
    }

    /// Tiles of all tilings together: the number of features.
    #[must_use]
    pub fn features(&self) -> u32 {
        self.each * self.tilings
    }

    /// How many tiles are active at a point: one of each tiling.
    #[must_use]
    pub fn tilings(&self) -> u32 {
        self.tilings
    }

    /// How many axes a point has.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.axes.len()
    }

    /// Writes the active tile of each tiling, one number below [`TileCoder::features`] each. Points outside the box count as its edge.
    pub fn active(&self, point: &[f64], tiles: &mut [u32]) {
        let n = self.tilings;
        for (tiling, place) in (0..n).zip(tiles) {
            let mut tile = tiling * self.each;
            for (axis, value) in self.axes.iter().zip(point) {
                let offset = f64::from(tiling * axis.shift % n) / f64::from(n);
                let along = (value - axis.low) * axis.scale + offset;
                // A cast takes what is below 0 to 0.
                tile += (along as u32).min(axis.tiles - 1) * axis.stride;
            }
            *place = tile;
        }
    }
}

fn wrong_size() -> Problem {
    Problem::new(
        "tiles.size",
        Text::new(
            "The tiles don't fit: 1 to 8 axes of 1 to 1,000 tiles each, 1 to 64 tilings, and at most 50 million tiles in all.",
            "瓦片设置无效：需要 1 到 8 个维度，每维 1 到 1,000 个瓦片，1 到 64 层，总数不超过 5,000 万。",
        ),
        Text::new(
            "Use fewer tiles along each axis, or fewer tilings.",
            "请减少每个维度的瓦片数或层数。",
        ),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const SQUARE: [Axis; 2] = [Axis {
        name: ("x", "x"),
        low: -1.0,
        high: 1.0,
        step: 0.01,
    }; 2];

    #[test]
    fn near_points_share_tiles_and_far_points_none() {
        let coder = TileCoder::new(&SQUARE, &[8, 8], 8).unwrap();
        let tiles = |x: f64, y: f64| {
            let mut tiles = [0; 8];
            coder.active(&[x, y], &mut tiles);
            tiles
        };
        let shared = |a: [u32; 8], b: [u32; 8]| a.iter().zip(b).filter(|(a, b)| **a == *b).count();
        let here = tiles(0.1, 0.1);
        assert!(shared(here, tiles(0.11, 0.1)) >= 7);
        assert_eq!(shared(here, tiles(0.4, 0.1)), 0);
        // Half a tile along one axis keeps half of the tilings.
        assert_eq!(shared(here, tiles(0.1 + 0.125, 0.1)), 4);
        assert!(tiles(9.0, -9.0).iter().all(|&tile| tile < coder.features()));
        assert_eq!(tiles(f64::NAN, 0.0), tiles(-1.0, 0.0));
    }

    #[test]
    fn sizes_out_of_range_are_refused() {
        for (tiles, tilings) in [
            (&[8][..], 8),
            (&[0, 8], 8),
            (&[8, 8], 0),
            (&[1000, 1000], 64),
        ] {
            assert_eq!(
                TileCoder::new(&SQUARE, tiles, tilings).unwrap_err().code,
                "tiles.size"
            );
        }
    }
}
