//! How often a bid wins, estimated from a log of bids: the win-rate curve of a second-price auction.
//!
//! In such an auction a bid wins when it is at least the highest competing one, whatever is paid then. So wins among
//! auctions tried at different bids tell the distribution of the highest competing bid. It is taken as log-logistic,
//! `F(b) = 1 / (1 + (b / median)^-shape)`, whose logit is a line in the logarithm of the bid: binomial regression
//! (McCullagh & Nelder 1989) by Newton's method. The errors are those of independent auctions.

use super::table::{Table, number};
use crate::distribution::normal_quantile;
use crate::problem::{Problem, Text};

/// Fewest auctions, wins, and losses to fit on.
const FEWEST_AUCTIONS: f64 = 30.0;
const FEWEST_OF_A_KIND: f64 = 5.0;
/// Fewest different bids.
const FEWEST_BIDS: usize = 3;
/// Newton's steps; a handful suffice.
const STEPS: u32 = 60;

/// Auctions in which the same was bid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tried {
    /// The bid, in currency, above 0.
    pub bid: f64,
    /// How often it was made.
    pub auctions: f64,
    /// How often it won.
    pub wins: f64,
}

/// A fitted win-rate curve.
#[derive(Clone, Debug, PartialEq)]
pub struct WinRate {
    /// The bid that wins half of the auctions, in currency.
    pub median: f64,
    /// Its 95 % interval.
    pub median_interval: (f64, f64),
    /// Its standard error (delta method).
    pub median_error: f64,
    /// How steeply the odds of winning rise: percent of odds for each percent of the bid.
    pub shape: f64,
    /// Its standard error.
    pub shape_error: f64,
    /// Its 95 % interval.
    pub shape_interval: (f64, f64),
    /// Different bids, cheapest first.
    pub tried: Vec<Tried>,
}

impl WinRate {
    /// The share of auctions that a bid wins.
    #[must_use]
    pub fn at(&self, bid: f64) -> f64 {
        log_logistic(self.median, self.shape, bid)
    }
}

/// The share of auctions that a bid wins against a highest competing bid with the log-logistic distribution, whose odds are
/// `(bid / median)^shape`: a logistic curve in the logarithm of the bid. 0 to 1; `bid` and `median` in the same unit.
#[must_use]
pub fn log_logistic(median: f64, shape: f64, bid: f64) -> f64 {
    if bid <= 0.0 {
        0.0
    } else {
        1.0 / (1.0 + libm::pow(bid / median, -shape))
    }
}

/// Reads a log of bids: comma, semicolon or tab between columns, one row an auction with `bid` and `won` (0 or 1), or one row a
/// bid with `bid`, `wins` and `auctions`. Without a header the columns are taken in this order.
///
/// # Errors
/// `bids.columns` where there is no bid or no result, `bids.row` naming the first row that holds no numbers in range.
pub fn read(text: &str) -> Result<Vec<Tried>, Problem> {
    let table = Table::of(text);
    let bid = table.place(&["bid", "bid_price", "price", "出价"], 0);
    let won = table.place(&["won", "win", "wins", "胜出", "胜出次数"], 1);
    let all = table.place(&["auctions", "n", "count", "次数", "竞价次数"], 2);
    let (Some(bid), Some(won)) = (bid, won) else {
        return Err(no_columns());
    };
    let mut tried = Vec::new();
    for (row, fields) in table.rows() {
        let at = |place: usize| fields.get(place).and_then(|field| number(field));
        let (bid, wins) = (at(bid), at(won));
        let auctions = all.map_or(Some(1.0), at);
        let one = bid.zip(wins).zip(auctions);
        let fine = one.filter(|&((bid, wins), auctions)| {
            bid > 0.0 && bid <= 1e9 && (0.0..=auctions).contains(&wins) && auctions <= 1e12
        });
        let Some(((bid, wins), auctions)) = fine else {
            return Err(bad_row(row));
        };
        tried.push(Tried {
            bid,
            auctions,
            wins,
        });
    }
    Ok(tried)
}

/// Fits the curve. What else moved with the bids (the hour, the placement) is in it too: bids were not made by chance.
///
/// # Errors
/// `bids.few` with fewer than 30 auctions, 3 different bids, or 5 wins and 5 losses; `bids.separate` where bids above some
/// price always won and bids below never did; `bids.falling` where higher bids did not win more often.
pub fn fit(rows: &[Tried]) -> Result<WinRate, Problem> {
    let tried = gathered(rows);
    let sum = |of: fn(&Tried) -> f64| tried.iter().map(of).sum::<f64>();
    let (auctions, wins) = (sum(|t| t.auctions), sum(|t| t.wins));
    let enough = auctions >= FEWEST_AUCTIONS
        && tried.len() >= FEWEST_BIDS
        && wins.min(auctions - wins) >= FEWEST_OF_A_KIND;
    if !enough {
        return Err(too_few(auctions, tried.len(), wins));
    }
    // Where one bid may both win and lose, or a higher one loses and a lower one wins, the likelihood has a maximum.
    let highest_lost = tried.iter().rev().find(|t| t.wins < t.auctions);
    let lowest_won = tried.iter().find(|t| t.wins > 0.0);
    if let (Some(lost), Some(won)) = (highest_lost, lowest_won)
        && lost.bid < won.bid
    {
        return Err(separate(won.bid));
    }
    let line = regress(&tried, auctions, wins).ok_or_else(falling)?;
    let Line {
        center,
        intercept: a,
        slope: b,
        covariance: [aa, ab, bb],
    } = line;
    let point = normal_quantile(0.975);
    let shape_error = libm::sqrt(bb);
    if b - point * shape_error <= 0.0 {
        return Err(falling());
    }
    let u = -a / b;
    let log_error = libm::sqrt((aa + 2.0 * u * ab + u * u * bb).max(0.0)) / b;
    let median = libm::exp(center + u);
    let around = |z: f64| median * libm::exp(z * log_error);
    Ok(WinRate {
        median,
        median_interval: (around(-point), around(point)),
        median_error: median * log_error,
        shape: b,
        shape_error,
        shape_interval: (b - point * shape_error, b + point * shape_error),
        tried,
    })
}

/// Equal bids together, cheapest first.
fn gathered(rows: &[Tried]) -> Vec<Tried> {
    let mut sorted: Vec<Tried> = rows.iter().copied().filter(|t| t.auctions > 0.0).collect();
    sorted.sort_by(|a, b| a.bid.total_cmp(&b.bid));
    let groups = sorted.chunk_by(|a, b| a.bid == b.bid);
    groups
        .map(|group| Tried {
            bid: group[0].bid,
            auctions: group.iter().map(|t| t.auctions).sum(),
            wins: group.iter().map(|t| t.wins).sum(),
        })
        .collect()
}

/// A line `intercept + slope (ln bid - center)` on the logit, with the covariance of the two: aa, ab, bb.
struct Line {
    center: f64,
    intercept: f64,
    slope: f64,
    covariance: [f64; 3],
}

fn regress(tried: &[Tried], auctions: f64, wins: f64) -> Option<Line> {
    let logs: Vec<f64> = tried.iter().map(|t| libm::log(t.bid)).collect();
    let weighed = tried.iter().zip(&logs).map(|(t, x)| t.auctions * x);
    let center = weighed.sum::<f64>() / auctions;
    let (mut a, mut b) = (libm::log(wins / (auctions - wins)), 0.0);
    for _ in 0..STEPS {
        // Gradient and information of the log-likelihood.
        let (mut ga, mut gb, mut aa, mut ab, mut bb) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (t, x) in tried.iter().zip(&logs) {
            let x = x - center;
            let share = 1.0 / (1.0 + libm::exp(-(a + b * x).clamp(-30.0, 30.0)));
            let (missed, weight) = (
                t.wins - t.auctions * share,
                t.auctions * share * (1.0 - share),
            );
            ga += missed;
            gb += missed * x;
            aa += weight;
            ab += weight * x;
            bb += weight * x * x;
        }
        let determinant = aa * bb - ab * ab;
        if !(determinant > 1e-12 * aa * bb) {
            return None;
        }
        let step = [
            (bb * ga - ab * gb) / determinant,
            (aa * gb - ab * ga) / determinant,
        ];
        // Longer steps may overshoot where a few bids tell all.
        let length = step[0].abs().max(step[1].abs() / 4.0);
        let scale = if length > 2.0 { 2.0 / length } else { 1.0 };
        a += scale * step[0];
        b += scale * step[1];
        if length <= 1e-10 * (1.0 + a.abs() + b.abs()) {
            return Some(Line {
                center,
                intercept: a,
                slope: b,
                covariance: [bb, -ab, aa].map(|c| c / determinant),
            });
        }
    }
    None
}

fn no_columns() -> Problem {
    Problem::new(
        "bids.columns",
        Text::new(
            "The log of bids has no columns bid and won.",
            "出价记录缺少 bid 与 won 两列。",
        ),
        Text::new(
            "Give one row an auction with bid and won (0 or 1), or one row a bid with bid, wins and auctions.",
            "每行一次竞价，含 bid 与 won（0 或 1）；或每行一个出价，含 bid、wins、auctions。",
        ),
    )
}

fn bad_row(row: usize) -> Problem {
    Problem::new(
        "bids.row",
        Text::new(
            format!("Row {row} has no bid above 0 with a result between 0 and its auctions."),
            format!("第 {row} 行没有大于 0 的出价，或结果不在 0 与竞价次数之间。"),
        ),
        Text::new(
            "Write numbers with a point; a bid that was free or unknown tells nothing, leave it out.",
            "数字请用小数点；免费或未知的出价没有信息，请去掉。",
        ),
    )
}

fn too_few(auctions: f64, bids: usize, wins: f64) -> Problem {
    let lost = auctions - wins;
    Problem::new(
        "bids.few",
        Text::new(
            format!(
                "The log holds {auctions} auctions at {bids} different bids, {wins} won and {lost} lost: too little for a curve."
            ),
            format!(
                "记录含 {auctions} 次竞价、{bids} 个不同出价，胜 {wins} 次、负 {lost} 次：不足以拟合曲线。"
            ),
        ),
        Text::new(
            "It takes 30 auctions, 3 different bids, 5 wins and 5 losses; or type the median and the steepness.",
            "至少需要 30 次竞价、3 个不同出价、5 胜 5 负；或手工输入中位数与陡度。",
        ),
    )
}

fn separate(bid: f64) -> Problem {
    Problem::new(
        "bids.separate",
        Text::new(
            format!(
                "Every bid of {bid} or more won and every lower one lost: any steep curve fits."
            ),
            format!("不低于 {bid} 的出价全胜，更低的全负：任何陡峭曲线都吻合。"),
        ),
        Text::new(
            "Try bids between the highest that lost and the lowest that won.",
            "请在最高的负出价与最低的胜出价之间尝试出价。",
        ),
    )
}

fn falling() -> Problem {
    Problem::new(
        "bids.falling",
        Text::new(
            "In this log higher bids did not win more often, as far as can be told.",
            "在此记录中，看不出更高的出价更常胜出。",
        ),
        Text::new(
            "Bids were perhaps raised where the competition was strong; use a log in which they varied by chance.",
            "可能是竞争激烈处才提高出价；请使用出价随机变化的记录。",
        ),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::random::draw;
    use crate::random::stream;

    fn row(bid: f64, auctions: f64, wins: f64) -> Tried {
        Tried {
            bid,
            auctions,
            wins,
        }
    }

    /// With two unknowns and expected counts in their place, the curve is met exactly.
    #[test]
    fn a_planted_curve_is_found_and_its_interval_covers_it() {
        let planted = |bid: f64| 1.0 / (1.0 + libm::pow(bid / 0.02, -3.0));
        let bids = [0.01, 0.015, 0.02, 0.03, 0.05];
        let exact: Vec<Tried> = bids
            .iter()
            .map(|&bid| row(bid, 1000.0, 1000.0 * planted(bid)))
            .collect();
        let found = fit(&exact).unwrap();
        assert!((found.median - 0.02).abs() < 1e-9, "{found:?}");
        assert!((found.shape - 3.0).abs() < 1e-7);
        assert!((found.at(0.03) - planted(0.03)).abs() < 1e-9);
        let mut covered = [0, 0];
        let mut rng = stream(1, "wins");
        for _ in 0..400 {
            let mut drawn = Vec::new();
            for bid in bids {
                let wins = (0..60)
                    .filter(|_| draw::unit(&mut rng) < planted(bid))
                    .count();
                drawn.push(row(bid, 60.0, wins as f64));
            }
            let found = fit(&drawn).unwrap();
            let inside = |(low, high): (f64, f64), x: f64| i32::from(low <= x && x <= high);
            covered[0] += inside(found.median_interval, 0.02);
            covered[1] += inside(found.shape_interval, 3.0);
        }
        // 380 of 400 are expected; the binomial law leaves 365 to 393 with 99.9 % (and shape leans a little to either side).
        assert!(
            covered.iter().all(|c| (364..=395).contains(c)),
            "{covered:?}"
        );
    }

    #[test]
    fn rows_are_read_by_name_or_by_place() {
        let by_name = read("hour,won,bid\n3,1,0.02\n4,0,0.01\n").unwrap();
        assert_eq!(by_name, [row(0.02, 1.0, 1.0), row(0.01, 1.0, 0.0)]);
        let counted = read("bid;wins;auctions\n0.5;3;10\n\n").unwrap();
        assert_eq!(counted, [row(0.5, 10.0, 3.0)]);
        assert_eq!(read("0.5\t3\t10").unwrap(), counted);
        assert_eq!(read("出价,胜出\n2,是\n").unwrap(), [row(2.0, 1.0, 1.0)]);
        for (text, code) in [
            ("", "bids.columns"),
            ("a,b\n1,2\n", "bids.columns"),
            ("bid,won\n-1,0\n", "bids.row"),
            ("bid,won\n1,2\n", "bids.row"),
            ("bid,won\n1,nan\n", "bids.row"),
            ("bid,won\n1\n", "bids.row"),
        ] {
            assert_eq!(read(text).unwrap_err().code, code, "{text}");
        }
    }

    #[test]
    fn what_tells_no_curve_is_refused() {
        let code = |rows: &[Tried]| fit(rows).unwrap_err().code;
        assert_eq!(code(&[]), "bids.few");
        assert_eq!(
            code(&[row(1.0, 500.0, 100.0), row(2.0, 500.0, 300.0)]),
            "bids.few"
        );
        let all_won = [1.0, 2.0, 3.0].map(|bid| row(bid, 50.0, 50.0));
        assert_eq!(code(&all_won), "bids.few");
        let step = [
            row(1.0, 50.0, 0.0),
            row(2.0, 50.0, 50.0),
            row(3.0, 50.0, 50.0),
        ];
        assert_eq!(code(&step), "bids.separate");
        let falls = [
            row(1.0, 50.0, 40.0),
            row(2.0, 50.0, 25.0),
            row(3.0, 50.0, 10.0),
        ];
        assert_eq!(code(&falls), "bids.falling");
        let flat = [
            row(1.0, 50.0, 25.0),
            row(2.0, 50.0, 25.0),
            row(3.0, 50.0, 25.0),
        ];
        assert_eq!(code(&flat), "bids.falling");
    }
}
