//! How demand answered the price, estimated from past periods, with standard errors and a refusal where prices hardly vary.

use super::orders::Observation;
use super::response::PriceResponse;
use crate::distribution::student_quantile;
use crate::problem::{Problem, Text};

/// Fewest periods to fit on.
const FEWEST: usize = 8;

/// Prices vary enough when their standard deviation is at least this share of their mean.
const SPREAD: f64 = 0.02;

/// Sweeps of iteratively reweighted least squares; a handful suffice.
const SWEEPS: u32 = 60;

/// The form of a response to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Units linear in the price, by least squares.
    Linear,
    /// Logarithm of expected units linear in the price, by Poisson regression, so that periods without sales count.
    LogLinear,
    /// Logarithm of expected units linear in the logarithm of the price, by Poisson regression.
    IsoElastic,
    /// Share of visitors who buy, logistic in the price.
    Logit,
}

/// A fitted response.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PriceFit {
    /// The response.
    pub response: PriceResponse,
    /// Price slope (elasticity for [`Form::IsoElastic`]): how fast demand falls.
    pub slope: f64,
    /// Its standard error, allowing for more scatter than the model has (quasi-likelihood).
    pub slope_error: f64,
    /// Its 95 % interval.
    pub slope_interval: (f64, f64),
    /// Standard error of the intercept (for [`Form::Linear`] in units, else of its logarithm or utility).
    pub intercept_error: f64,
    /// Percent of demand lost for each percent of price, at the mean price.
    pub elasticity: f64,
    /// Variance of units over what the model expects of it (1: Poisson or binomial; for [`Form::Linear`] the residual variance).
    pub scatter: f64,
    /// Periods used.
    pub periods: usize,
    /// Lowest and highest price seen: beyond them the response is a guess.
    pub seen: (f64, f64),
}

impl PriceFit {
    /// Whether the data tell the price effect from none.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.slope_interval.0 > 0.0
    }
}

/// Fits a response to past periods. Prices were not set by chance: what else moved with them is in the slope too.
///
/// # Errors
/// `demand.few_prices` with fewer than 8 usable periods; `demand.flat_prices` when there are fewer than 3 different prices
/// or they vary by less than 2 %; `demand.no_visits` when a logit has no visitors; `demand.no_sales` when nothing was
/// sold; `demand.price_sign` when more was sold at higher prices; `demand.no_fit` when the estimate does not settle.
pub fn fit(observations: &[Observation], form: Form) -> Result<PriceFit, Problem> {
    let usable: Vec<Observation> = observations
        .iter()
        .copied()
        .filter(|o| is_usable(o, form))
        .collect();
    if form == Form::Logit && !observations.is_empty() && usable.is_empty() {
        return Err(no_visits());
    }
    check_prices(&usable)?;
    if usable.iter().all(|o| o.units == 0.0) {
        return Err(no_sales());
    }
    let x: Vec<f64> = usable
        .iter()
        .map(|o| {
            if form == Form::IsoElastic {
                libm::log(o.price)
            } else {
                o.price
            }
        })
        .collect();
    let line = regress(&usable, &x, form)?;
    let slope = -line.slope;
    if slope < 0.0 {
        return Err(wrong_sign(slope, line.slope_error));
    }
    let n = usable.len();
    let mean_price = usable.iter().map(|o| o.price).sum::<f64>() / n as f64;
    let visits = usable.iter().map(|o| o.visits).sum::<f64>() / n as f64;
    let (response, elasticity) = match form {
        Form::Linear => {
            let response = PriceResponse::Linear {
                base: line.intercept,
                slope,
            };
            let units = response.units(mean_price);
            (
                response,
                if units > 0.0 {
                    slope * mean_price / units
                } else {
                    f64::INFINITY
                },
            )
        }
        Form::LogLinear => (
            PriceResponse::LogLinear {
                base: libm::exp(line.intercept),
                slope,
            },
            slope * mean_price,
        ),
        Form::IsoElastic => (
            PriceResponse::IsoElastic {
                base: libm::exp(line.intercept),
                elasticity: slope,
            },
            slope,
        ),
        Form::Logit => {
            let response = PriceResponse::Logit {
                visitors: visits,
                utility: line.intercept,
                slope,
            };
            let share = response.units(mean_price) / visits;
            (response, slope * mean_price * (1.0 - share))
        }
    };
    let half = student_quantile(0.975, (n - 2) as f64) * line.slope_error;
    Ok(PriceFit {
        response,
        slope,
        slope_error: line.slope_error,
        slope_interval: (slope - half, slope + half),
        intercept_error: line.intercept_error,
        elasticity,
        scatter: line.scatter,
        periods: n,
        seen: extremes(&usable),
    })
}

fn is_usable(o: &Observation, form: Form) -> bool {
    let numbers = o.price.is_finite() && o.price > 0.0 && o.units.is_finite() && o.units >= 0.0;
    numbers && (form != Form::Logit || (o.visits > 0.0 && o.visits.is_finite()))
}

/// A fitted line `intercept + slope * x` on the scale of the link.
struct Line {
    intercept: f64,
    slope: f64,
    intercept_error: f64,
    slope_error: f64,
    scatter: f64,
}

/// Iteratively reweighted least squares (McCullagh & Nelder 1989) on centred `x`.
fn regress(observations: &[Observation], x: &[f64], form: Form) -> Result<Line, Problem> {
    let n = x.len() as f64;
    let center = x.iter().sum::<f64>() / n;
    let units = observations.iter().map(|o| o.units).sum::<f64>() / n;
    let visits = observations.iter().map(visitors).sum::<f64>() / n;
    let (mut a, mut b) = match form {
        Form::Linear => (units, 0.0),
        Form::LogLinear | Form::IsoElastic => (libm::log(units), 0.0),
        Form::Logit => (
            libm::log(units.min(visits - 1e-6 * visits) / (visits - units).max(1e-6 * visits)),
            0.0,
        ),
    };
    for _ in 0..SWEEPS {
        let mut sums = Sums::default();
        for (o, x) in observations.iter().zip(x) {
            let x = x - center;
            let eta = a + b * x;
            let (mean, weight) = mean_and_weight(o, eta, form);
            sums.add(
                x,
                eta + (o.units - mean) / slope_of_link(weight, form),
                weight_of(weight, form),
            );
        }
        let (next_a, next_b) = sums.solve().ok_or_else(no_fit)?;
        let moved = (next_a - a).abs() + (next_b - b).abs();
        (a, b) = (next_a, next_b);
        if !(a.is_finite() && b.is_finite()) {
            return Err(no_fit());
        }
        if moved <= 1e-12 * (1.0 + a.abs() + b.abs()) {
            return Ok(finish(observations, x, center, (a, b), form));
        }
    }
    Err(no_fit())
}

/// Buyers can't outnumber visitors: where a log says so, everyone is taken to have bought.
fn visitors(o: &Observation) -> f64 {
    o.visits.max(o.units)
}

/// Expected units at a value of the linear predictor, and their variance under the model.
fn mean_and_weight(o: &Observation, eta: f64, form: Form) -> (f64, f64) {
    match form {
        Form::Linear => (eta, 1.0),
        Form::LogLinear | Form::IsoElastic => {
            let mean = libm::exp(eta.clamp(-30.0, 30.0));
            (mean, mean)
        }
        Form::Logit => {
            let share = 1.0 / (1.0 + libm::exp(-eta.clamp(-30.0, 30.0)));
            (visitors(o) * share, visitors(o) * share * (1.0 - share))
        }
    }
}

/// All links are canonical: the mean's slope in the predictor is the variance, and so is the weight.
fn slope_of_link(variance: f64, form: Form) -> f64 {
    if form == Form::Linear {
        1.0
    } else {
        variance.max(1e-12)
    }
}

fn weight_of(variance: f64, form: Form) -> f64 {
    slope_of_link(variance, form)
}

#[derive(Default)]
struct Sums {
    w: f64,
    wx: f64,
    wxx: f64,
    wz: f64,
    wxz: f64,
}

impl Sums {
    fn add(&mut self, x: f64, z: f64, w: f64) {
        self.w += w;
        self.wx += w * x;
        self.wxx += w * x * x;
        self.wz += w * z;
        self.wxz += w * x * z;
    }

    fn determinant(&self) -> f64 {
        self.w * self.wxx - self.wx * self.wx
    }

    fn solve(&self) -> Option<(f64, f64)> {
        let determinant = self.determinant();
        if !(determinant > 0.0) {
            return None;
        }
        let b = (self.w * self.wxz - self.wx * self.wz) / determinant;
        Some(((self.wz - b * self.wx) / self.w, b))
    }
}

/// Standard errors from the information, scaled by Pearson's statistic over its degrees of freedom.
fn finish(
    observations: &[Observation],
    x: &[f64],
    center: f64,
    (a, b): (f64, f64),
    form: Form,
) -> Line {
    let mut sums = Sums::default();
    let mut pearson = 0.0;
    for (o, x) in observations.iter().zip(x) {
        let x = x - center;
        let (mean, variance) = mean_and_weight(o, a + b * x, form);
        sums.add(x, 0.0, weight_of(variance, form));
        pearson += (o.units - mean) * (o.units - mean) / slope_of_link(variance, form);
    }
    let scatter = pearson / (x.len() as f64 - 2.0);
    let determinant = sums.determinant();
    let slope_variance = scatter * sums.w / determinant;
    let level_variance = scatter * sums.wxx / determinant;
    let covariance = -scatter * sums.wx / determinant;
    // Moved back from the centre: intercept = a - b * center.
    let intercept_variance =
        level_variance + center * center * slope_variance - 2.0 * center * covariance;
    Line {
        intercept: a - b * center,
        slope: b,
        intercept_error: libm::sqrt(intercept_variance.max(0.0)),
        slope_error: libm::sqrt(slope_variance.max(0.0)),
        scatter,
    }
}

fn extremes(usable: &[Observation]) -> (f64, f64) {
    let prices = usable.iter().map(|o| o.price);
    prices.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), p| {
        (low.min(p), high.max(p))
    })
}

fn check_prices(usable: &[Observation]) -> Result<(), Problem> {
    if usable.len() < FEWEST {
        return Err(Problem::new(
            "demand.few_prices",
            Text::new(
                format!(
                    "Only {} periods have a price; {FEWEST} are needed.",
                    usable.len()
                ),
                format!("只有 {} 个周期有价格，至少需要 {FEWEST} 个。", usable.len()),
            ),
            type_it(),
        ));
    }
    let mut prices: Vec<f64> = usable.iter().map(|o| o.price).collect();
    prices.sort_by(f64::total_cmp);
    // Prices within half a percent of each other are one price: averages over a period blur it.
    let mut distinct = 1;
    let mut last = prices[0];
    for &price in &prices {
        if price > last * 1.005 {
            distinct += 1;
            last = price;
        }
    }
    let n = prices.len() as f64;
    let mean = prices.iter().sum::<f64>() / n;
    let spread = libm::sqrt(prices.iter().map(|p| (p - mean) * (p - mean)).sum::<f64>() / n);
    if distinct >= 3 && spread >= SPREAD * mean {
        return Ok(());
    }
    let percent = libm::round(1000.0 * spread / mean) / 10.0;
    Err(Problem::new(
        "demand.flat_prices",
        Text::new(
            format!(
                "The price hardly varied ({distinct} different prices, {percent} % around their mean), so the log can't tell how demand answers it."
            ),
            format!(
                "价格几乎没有变化({distinct} 个不同价格，相对均值波动 {percent}%)，日志无法说明需求如何随价格变化。"
            ),
        ),
        type_it(),
    ))
}

fn type_it() -> Text {
    Text::new(
        "Choose another item, or type the price response by hand.",
        "请选择其他商品，或手工输入价格响应。",
    )
}

fn no_visits() -> Problem {
    Problem::new(
        "demand.no_visits",
        Text::new(
            "A logit needs the number of visitors, and the log has no views of this item in periods with a price.",
            "Logit 模型需要访客数，但日志中该商品在有价格的周期内没有浏览记录。",
        ),
        Text::new(
            "Fit a linear or log-linear response instead.",
            "请改用线性或对数线性响应。",
        ),
    )
}

fn no_sales() -> Problem {
    Problem::new(
        "demand.no_sales",
        Text::new("Nothing of this item was sold.", "该商品没有销量。"),
        type_it(),
    )
}

fn no_fit() -> Problem {
    Problem::new(
        "demand.no_fit",
        Text::new(
            "The estimate does not settle: sales are too few or too one-sided.",
            "估计不收敛：销量太少或过于集中。",
        ),
        type_it(),
    )
}

fn wrong_sign(slope: f64, error: f64) -> Problem {
    Problem::new(
        "demand.price_sign",
        Text::new(
            format!(
                "More was sold at higher prices (slope {slope:.4}, standard error {error:.4}): something other than the price moved demand."
            ),
            format!(
                "价格越高销量反而越大(斜率 {slope:.4}，标准误 {error:.4}):影响需求的是价格以外的因素。"
            ),
        ),
        type_it(),
    )
}
