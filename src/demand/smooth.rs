//! The recursions behind forecasts: each runs along a series, predicting every value from those before it.

/// How to look ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The last value again.
    Naive,
    /// The value one season earlier again; the season's length in periods, at least 1.
    SeasonalNaive(usize),
    /// Simple exponential smoothing.
    Smoothing,
    /// Holt-Winters with additive trend and season; the season's length in periods, at least 2.
    HoltWinters(usize),
    /// Croston's method for demand that is mostly 0, corrected by Syntetos & Boylan (2005).
    Croston,
}

/// What a method is tuned by; each uses those it knows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tuning {
    /// Smoothing of the level (Croston: of sizes and gaps), in `(0, 1)`.
    pub alpha: f64,
    /// Smoothing of the trend, in `(0, 1)`.
    pub beta: f64,
    /// Smoothing of the season, in `(0, 1)`.
    pub gamma: f64,
    /// Level before the first value (simple smoothing).
    pub level: f64,
}

/// A method run along a series.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    method: Method,
    tuning: Tuning,
    /// Prediction of each value from those before it; NaN while warming up.
    pub predicted: Vec<f64>,
    level: f64,
    trend: f64,
    /// The last season, oldest first.
    season: Vec<f64>,
}

impl Run {
    /// Runs a method along a series at least as long as [`Method::warm_up`] asks.
    #[must_use]
    pub fn new(method: Method, tuning: Tuning, series: &[f64]) -> Self {
        let mut run = Self {
            method,
            tuning,
            predicted: Vec::with_capacity(series.len()),
            level: 0.0,
            trend: 0.0,
            season: Vec::new(),
        };
        match method {
            Method::Naive => run.repeat(series, 1),
            Method::SeasonalNaive(season) => run.repeat(series, season),
            Method::Smoothing => run.smooth(series),
            Method::HoltWinters(season) => run.holt_winters(series, season),
            Method::Croston => run.croston(series),
        }
        run
    }

    fn repeat(&mut self, series: &[f64], lag: usize) {
        self.predicted.resize(lag.min(series.len()), f64::NAN);
        self.predicted
            .extend_from_slice(&series[..series.len().saturating_sub(lag)]);
        self.season = series[series.len().saturating_sub(lag)..].to_vec();
    }

    fn smooth(&mut self, series: &[f64]) {
        self.level = self.tuning.level;
        for value in series {
            self.predicted.push(self.level);
            self.level += self.tuning.alpha * (value - self.level);
        }
    }

    /// Error-correction form (Hyndman & Athanasopoulos, *Forecasting*, 3rd ed., section 8.5), started from the
    /// means of the first two seasons.
    fn holt_winters(&mut self, series: &[f64], season: usize) {
        let Tuning {
            alpha, beta, gamma, ..
        } = self.tuning;
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let (first, second) = (mean(&series[..season]), mean(&series[season..2 * season]));
        self.trend = (second - first) / season as f64;
        // The mean of a season is the level at its middle.
        let middle = (season as f64 - 1.0) / 2.0;
        self.level = first - self.trend * (middle + 1.0);
        let line = |i: usize| first + self.trend * (i as f64 - middle);
        self.season = (0..season).map(|i| series[i] - line(i)).collect();
        for (t, value) in series.iter().enumerate() {
            let now = &mut self.season[t % season];
            let base = self.level + self.trend;
            let predicted = base + *now;
            self.predicted
                .push(if t < season { f64::NAN } else { predicted });
            let error = value - predicted;
            self.level = base + alpha * error;
            self.trend += alpha * beta * error;
            *now += gamma * (1.0 - alpha) * error;
        }
        self.season.rotate_left(series.len() % season);
    }

    /// Size and gap smoothed apart; level is their ratio times `1 - alpha / 2`.
    fn croston(&mut self, series: &[f64]) {
        let alpha = self.tuning.alpha;
        let (mut size, mut gap, mut since) = (f64::NAN, f64::NAN, 0.0);
        for &value in series {
            self.predicted.push((1.0 - 0.5 * alpha) * size / gap);
            since += 1.0;
            if value > 0.0 {
                if size.is_nan() {
                    (size, gap) = (value, since);
                } else {
                    size += alpha * (value - size);
                    gap += alpha * (since - gap);
                }
                since = 0.0;
            }
        }
        let rate = (1.0 - 0.5 * alpha) * size / gap;
        self.level = if rate.is_nan() { 0.0 } else { rate };
    }

    /// What the method expects `steps` (from 1) periods after the end of the series.
    #[must_use]
    pub fn ahead(&self, steps: usize) -> f64 {
        match self.method {
            Method::Naive | Method::SeasonalNaive(_) => {
                self.season[(steps - 1) % self.season.len()]
            }
            Method::Smoothing | Method::Croston => self.level,
            Method::HoltWinters(season) => {
                self.level + self.trend * steps as f64 + self.season[(steps - 1) % season]
            }
        }
    }

    /// Standard deviation of the error `steps` periods ahead, in standard deviations one period ahead (Hyndman et al. 2008,
    /// table 6.1; for Croston's method, whose model is none, 1).
    #[must_use]
    pub fn growth(&self, steps: usize) -> f64 {
        let Tuning {
            alpha, beta, gamma, ..
        } = self.tuning;
        let variance = match self.method {
            Method::Naive => steps as f64,
            Method::SeasonalNaive(season) => ((steps - 1) / season + 1) as f64,
            Method::Smoothing => 1.0 + (steps - 1) as f64 * alpha * alpha,
            Method::HoltWinters(season) => {
                let weight = |j: usize| {
                    let seasonal = if j.is_multiple_of(season) {
                        gamma * (1.0 - alpha)
                    } else {
                        0.0
                    };
                    alpha * (1.0 + j as f64 * beta) + seasonal
                };
                1.0 + (1..steps).map(|j| weight(j) * weight(j)).sum::<f64>()
            }
            Method::Croston => 1.0,
        };
        libm::sqrt(variance)
    }

    /// Errors of the predictions, warm-up left out.
    #[must_use]
    pub fn errors(&self, series: &[f64]) -> Vec<f64> {
        let pairs = series.iter().zip(&self.predicted);
        pairs
            .filter(|(_, p)| !p.is_nan())
            .map(|(y, p)| y - p)
            .collect()
    }
}

impl Method {
    /// How many values a series needs before the method says anything.
    #[must_use]
    pub fn warm_up(self) -> usize {
        match self {
            Self::Naive | Self::Smoothing | Self::Croston => 2,
            Self::SeasonalNaive(season) => season + 1,
            Self::HoltWinters(season) => 2 * season + 1,
        }
    }

    /// Numbers estimated from the series.
    #[must_use]
    pub fn degrees(self) -> usize {
        match self {
            Self::Naive | Self::SeasonalNaive(_) => 0,
            Self::Croston => 1,
            Self::Smoothing => 2,
            Self::HoltWinters(_) => 3,
        }
    }

    /// The tuning with the least squared error of predictions one period ahead along the series.
    #[must_use]
    pub fn tune(self, series: &[f64]) -> Tuning {
        let mut tuning = Tuning {
            alpha: 0.1,
            beta: 0.05,
            gamma: 0.1,
            level: 0.0,
        };
        match self {
            Self::Naive | Self::SeasonalNaive(_) | Self::Croston => {}
            Self::Smoothing => {
                tuning.alpha = least(|alpha| squared_smoothing(series, alpha).0);
                tuning.level = squared_smoothing(series, tuning.alpha).1;
            }
            Self::HoltWinters(_) => {
                let squared =
                    |tuning: Tuning| sum_of_squares(&Run::new(self, tuning, series).errors(series));
                // Coordinate by coordinate: the surface is smooth and a few rounds settle it.
                for _ in 0..4 {
                    tuning.alpha = least(|alpha| squared(Tuning { alpha, ..tuning }));
                    tuning.beta = least(|beta| squared(Tuning { beta, ..tuning }));
                    tuning.gamma = least(|gamma| squared(Tuning { gamma, ..tuning }));
                }
            }
        }
        tuning
    }
}

/// Squared error of simple smoothing at the first level that makes it least, and that level: errors are linear in it.
fn squared_smoothing(series: &[f64], alpha: f64) -> (f64, f64) {
    let (mut known, mut weight) = (0.0, 1.0);
    let (mut aa, mut ab, mut bb) = (0.0, 0.0, 0.0);
    for value in series {
        let rest = value - known;
        aa += rest * rest;
        ab += rest * weight;
        bb += weight * weight;
        known += alpha * (value - known);
        weight *= 1.0 - alpha;
    }
    (aa - ab * ab / bb, ab / bb)
}

fn sum_of_squares(errors: &[f64]) -> f64 {
    errors.iter().map(|error| error * error).sum()
}

/// Where a function on `(0, 1)` is least: the best of a grid, refined by golden-section search around it.
fn least(of: impl Fn(f64) -> f64) -> f64 {
    const GRID: u32 = 20;
    let at = |i: u32| (f64::from(i) + 0.5) / f64::from(GRID);
    let mut best = 0;
    for i in 1..GRID {
        if of(at(i)) < of(at(best)) {
            best = i;
        }
    }
    let step = 1.0 / f64::from(GRID);
    let (mut low, mut high) = (
        (at(best) - step).max(1e-4),
        (at(best) + step).min(1.0 - 1e-4),
    );
    let golden = 0.5 * (libm::sqrt(5.0) - 1.0);
    for _ in 0..25 {
        let width = golden * (high - low);
        if of(high - width) <= of(low + width) {
            high = low + width;
        } else {
            low = high - width;
        }
    }
    0.5 * (low + high)
}
