//! How often each ad is clicked, estimated from a log of ads that were shown.
//!
//! Few ads are clicked often enough for their own count to be trusted: the best of thirty at five clicks each is mostly
//! lucky. So rates are taken as drawn from one beta distribution and each is moved towards the mean as far as its own
//! impressions leave it open (empirical Bayes; Kleinman, JASA 68 (1973), by moments). Where the counts differ no more than
//! chance makes them, all rates are the mean.

use super::table::{Table, number};
use crate::distribution::{normal_cdf, normal_quantile};
use crate::problem::{Problem, Text};

/// Fewest impressions and clicks to estimate from.
const FEWEST_SHOWN: f64 = 30.0;
const FEWEST_CLICKS: f64 = 5.0;
/// Most ads; those shown most are kept.
pub const MOST_ADS: usize = 100;

/// An ad as the log has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Ad {
    /// Its name.
    pub name: String,
    /// How often it was shown.
    pub shown: f64,
    /// How often it was clicked.
    pub clicks: f64,
}

/// An ad with its rates.
#[derive(Clone, Debug, PartialEq)]
pub struct AdRate {
    /// What the log has of it.
    pub ad: Ad,
    /// 95 % interval of its own rate (Wilson 1927).
    pub interval: (f64, f64),
    /// Its rate, moved towards the mean.
    pub rate: f64,
}

/// The rates of all ads.
#[derive(Clone, Debug, PartialEq)]
pub struct ClickRates {
    /// Ads, those shown most first.
    pub ads: Vec<AdRate>,
    /// Clicks among all impressions.
    pub mean: f64,
    /// How many impressions at the mean rate each ad is moved by; absent where all rates are the mean.
    pub strength: Option<f64>,
    /// Pearson's statistic of equal rates; without differences it is about the number of ads less one.
    pub chi_square: f64,
    /// Chance of a statistic as large without differences (Wilson & Hilferty 1931); 1 for a single ad.
    pub chance: f64,
}

/// Reads a log of ads: one row an impression with the ad and `click` (0 or 1), or one row an ad with `ad`, `clicks` and
/// `impressions`. Without names the columns are taken in this order.
///
/// # Errors
/// `clicks.columns` where there is no ad or no result, `clicks.row` naming the first row without an ad or with numbers out of
/// range.
pub fn read(text: &str) -> Result<Vec<Ad>, Problem> {
    let table = Table::of(text);
    let names = [
        "ad", "ad_id", "item", "item_id", "banner", "creative", "广告", "商品",
    ];
    let name = table.place(&names, 0);
    let click = table.place(&["click", "clicks", "clicked", "点击", "点击次数"], 1);
    let all = table.place(
        &["impressions", "shown", "n", "count", "展示", "展示次数"],
        2,
    );
    let (Some(name), Some(click)) = (name, click) else {
        return Err(no_columns());
    };
    let mut ads: Vec<Ad> = Vec::new();
    let mut places = std::collections::BTreeMap::new();
    for (row, fields) in table.rows() {
        let at = |place: usize| fields.get(place).and_then(|field| number(field));
        let (clicks, shown) = (at(click), all.map_or(Some(1.0), at));
        let fine = clicks
            .zip(shown)
            .filter(|&(clicks, shown)| (0.0..=shown).contains(&clicks) && shown <= 1e12);
        let named = fields.get(name).filter(|name| !name.is_empty());
        let (Some((clicks, shown)), Some(name)) = (fine, named) else {
            return Err(bad_row(row));
        };
        let place = *places.entry(name.clone()).or_insert(ads.len());
        if place == ads.len() {
            ads.push(Ad {
                name: name.clone(),
                shown: 0.0,
                clicks: 0.0,
            });
        }
        ads[place].shown += shown;
        ads[place].clicks += clicks;
    }
    Ok(ads)
}

/// Estimates the rates of the ads that were shown most, at most [`MOST_ADS`] of them.
///
/// # Errors
/// `clicks.few` with fewer than 30 impressions, 5 clicks, or 5 impressions without one.
pub fn fit(ads: &[Ad]) -> Result<ClickRates, Problem> {
    let mut ads: Vec<Ad> = ads.iter().filter(|ad| ad.shown > 0.0).cloned().collect();
    ads.sort_by(|a, b| b.shown.total_cmp(&a.shown));
    ads.truncate(MOST_ADS);
    let sum = |of: fn(&Ad) -> f64| ads.iter().map(of).sum::<f64>();
    let (shown, clicks) = (sum(|ad| ad.shown), sum(|ad| ad.clicks));
    if shown < FEWEST_SHOWN || clicks.min(shown - clicks) < FEWEST_CLICKS {
        return Err(too_few(shown, clicks));
    }
    let mean = clicks / shown;
    let spread: f64 = ads
        .iter()
        .map(|ad| ad.shown * (ad.clicks / ad.shown - mean) * (ad.clicks / ad.shown - mean))
        .sum();
    let chi_square = spread / (mean * (1.0 - mean));
    let free = ads.len() as f64 - 1.0;
    // Kleinman's weights: the impressions. `open` is how much of them tells of differences between ads.
    let open = shown - ads.iter().map(|ad| ad.shown * ad.shown).sum::<f64>() / shown - free;
    let correlation = (chi_square - free) / open;
    let strength =
        (free > 0.0 && correlation > 0.0 && correlation < 1.0).then(|| 1.0 / correlation - 1.0);
    let rate = |ad: &Ad| match strength {
        Some(strength) => (ad.clicks + strength * mean) / (ad.shown + strength),
        None if correlation >= 1.0 => ad.clicks / ad.shown,
        None => mean,
    };
    Ok(ClickRates {
        mean,
        strength,
        chi_square,
        chance: chance(chi_square, free),
        ads: ads
            .iter()
            .map(|ad| AdRate {
                interval: wilson(ad),
                rate: rate(ad),
                ad: ad.clone(),
            })
            .collect(),
    })
}

/// Chance that chi-square with so many degrees of freedom is as large.
fn chance(chi_square: f64, free: f64) -> f64 {
    if free < 1.0 {
        return 1.0;
    }
    let scatter = 2.0 / (9.0 * free);
    let z = (libm::cbrt(chi_square / free) - (1.0 - scatter)) / libm::sqrt(scatter);
    normal_cdf(-z)
}

/// The interval for a share that is neither below 0 nor above 1 however few the clicks.
fn wilson(ad: &Ad) -> (f64, f64) {
    let z = normal_quantile(0.975);
    let (n, p) = (ad.shown, ad.clicks / ad.shown);
    let middle = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * libm::sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n));
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

fn no_columns() -> Problem {
    Problem::new(
        "clicks.columns",
        Text::new(
            "The log of ads has no columns ad and click.",
            "广告记录缺少 ad 与 click 两列。",
        ),
        Text::new(
            "Give one row an impression with ad (or item_id) and click (0 or 1), or one row an ad with ad, clicks and impressions.",
            "每行一次展示，含 ad（或 item_id）与 click（0 或 1）；或每行一个广告，含 ad、clicks、impressions。",
        ),
    )
}

fn bad_row(row: usize) -> Problem {
    Problem::new(
        "clicks.row",
        Text::new(
            format!("Row {row} names no ad, or its clicks are not between 0 and its impressions."),
            format!("第 {row} 行没有广告名，或点击数不在 0 与展示数之间。"),
        ),
        Text::new(
            "Write numbers with a point, and leave out rows that tell nothing.",
            "数字请用小数点；没有信息的行请去掉。",
        ),
    )
}

fn too_few(shown: f64, clicks: f64) -> Problem {
    Problem::new(
        "clicks.few",
        Text::new(
            format!("The log holds {shown} impressions and {clicks} clicks: too little for rates."),
            format!("记录含 {shown} 次展示、{clicks} 次点击：不足以估计点击率。"),
        ),
        Text::new(
            "It takes 30 impressions, 5 of them clicked and 5 not; or type the rates.",
            "至少需要 30 次展示，其中 5 次有点击、5 次没有；或手工输入点击率。",
        ),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::random::draw;
    use crate::random::stream;

    fn ad(name: &str, shown: f64, clicks: f64) -> Ad {
        Ad {
            name: name.to_owned(),
            shown,
            clicks,
        }
    }

    #[test]
    fn impressions_are_counted_by_ad_and_tables_of_counts_taken() {
        let rows = read("time,item_id,click\n1,b,0\n2,A,1\n3,b,1\n").unwrap();
        assert_eq!(rows, [ad("b", 2.0, 1.0), ad("A", 1.0, 1.0)]);
        let counted = read("广告;点击次数;展示次数\n7;3;10\n").unwrap();
        assert_eq!(counted, [ad("7", 10.0, 3.0)]);
        assert_eq!(read("7\t3\t10").unwrap(), counted);
        assert_eq!(read("shoes,3,10").unwrap(), [ad("shoes", 10.0, 3.0)]);
        for (text, code) in [
            ("", "clicks.columns"),
            ("a,b\n1,2\n", "clicks.columns"),
            ("ad,click\n,1\n", "clicks.row"),
            ("ad,click\nx,2\n", "clicks.row"),
            ("ad,clicks,impressions\nx,3,2\n", "clicks.row"),
            ("ad,clicks,impressions\nx,-1,2\n", "clicks.row"),
            ("ad,click\nx,nan\n", "clicks.row"),
        ] {
            assert_eq!(read(text).unwrap_err().code, code, "{text}");
        }
    }

    /// Worked by hand: mean 0.1, spread 2000 * 0.05 ^ 2, open 1000 - 1, so that the correlation is (500 / 9 - 1) / 999.
    #[test]
    fn two_ads_are_moved_towards_their_mean_by_kleinmans_moments() {
        let found = fit(&[ad("a", 1000.0, 50.0), ad("b", 1000.0, 150.0)]).unwrap();
        assert!((found.mean - 0.1).abs() < 1e-15);
        assert!((found.chi_square - 500.0 / 9.0).abs() < 1e-10);
        let strength = 999.0 / (500.0 / 9.0 - 1.0) - 1.0;
        assert!((found.strength.unwrap() - strength).abs() < 1e-9);
        let rate = (50.0 + strength * 0.1) / (1000.0 + strength);
        assert!((found.ads[0].rate - rate).abs() < 1e-12);
        assert!(found.chance < 1e-9);
    }

    #[test]
    fn counts_that_differ_by_chance_alone_share_their_mean() {
        let equal = ["a", "b", "c"].map(|name| ad(name, 500.0, 20.0));
        let found = fit(&equal).unwrap();
        assert_eq!(found.strength, None);
        assert!(found.ads.iter().all(|ad| ad.rate == found.mean));
        assert!(found.chance > 0.99);
        let alone = fit(&[ad("a", 500.0, 20.0)]).unwrap();
        assert_eq!((alone.ads[0].rate, alone.chance), (0.04, 1.0));
    }

    /// Drawn from one beta distribution, the moved rates are nearer to the truth than the counts, and the intervals of the counts hold it.
    #[test]
    fn moved_rates_err_less_than_counts() {
        let mut rng = stream(1, "clicks");
        let (mut moved, mut own, mut held, mut all) = (0.0, 0.0, 0, 0);
        for _ in 0..40 {
            // The middle one of three uniform draws follows beta (2, 2); a tenth of it is the rate.
            let mut truth = Vec::new();
            let mut ads = Vec::new();
            for i in 0..20 {
                let mut three = [(); 3].map(|()| draw::unit(&mut rng));
                three.sort_by(f64::total_cmp);
                let rate = 0.1 * three[1];
                let clicks = (0..200).filter(|_| draw::unit(&mut rng) < rate).count();
                truth.push(rate);
                ads.push(ad(&i.to_string(), 200.0, clicks as f64));
            }
            for (found, rate) in fit(&ads).unwrap().ads.iter().zip(truth) {
                moved += (found.rate - rate) * (found.rate - rate);
                own += (found.ad.clicks / 200.0 - rate) * (found.ad.clicks / 200.0 - rate);
                held += usize::from((found.interval.0..=found.interval.1).contains(&rate));
                all += 1;
            }
        }
        assert!(moved < 0.8 * own, "{moved} {own}");
        // 760 of 800 are expected; the binomial law leaves 739 to 779 with 99.9 %, and Wilson's interval leans a little.
        assert!((735..=785).contains(&held) && all == 800, "{held}");
    }

    #[test]
    fn too_little_is_refused() {
        for ads in [
            vec![],
            vec![ad("a", 29.0, 10.0)],
            vec![ad("a", 1000.0, 4.0)],
            vec![ad("a", 1000.0, 998.0)],
        ] {
            assert_eq!(fit(&ads).unwrap_err().code, "clicks.few");
        }
    }
}
