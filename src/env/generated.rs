//! The generated shop: a behaviour log with a planted structure, so that the right answers are known.
//!
//! What is planted:
//! - Items fall into categories in turn; the `r`-th item of a category has rank `r`. Its price grows with the category, in
//!   three tiers by rank.
//! - **Complements**: an item of even rank is a main product, the next rank of its category is its accessory. After a main product
//!   the accessory follows with probability [`ACCESSORY_FOLLOWS`] and is then bought with probability
//!   [`ACCESSORY_BOUGHT`]; nothing else is bought so often. So from a main product, its accessory is the best recommendation.
//! - **Showpieces**: the last item of a category that has at least [`SHOWPIECE_FROM`] items is looked at more than any other
//!   and never bought; from there users leave more often. Popularity recommends it, value does not.
//! - **Loyalty**: each user has a favourite category, in which a session starts with probability [`LOYALTY`], and sessions mostly
//!   stay within their category.
//! - **Returning users**: after a session a user comes back on a later day with probability [`RETURNS`].

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::problem::{Problem, Text};
use crate::random::draw::{below, unit};
use crate::random::{Rng, stream};

/// Probability that the accessory is looked at right after its main product.
pub const ACCESSORY_FOLLOWS: f64 = 0.3;
/// Probability that it is bought then.
pub const ACCESSORY_BOUGHT: f64 = 0.6;
/// Probability that any other item is bought when it is looked at (showpieces never).
pub const BOUGHT: f64 = 0.03;
/// Probability that an item is put in the cart without being bought.
pub const CARTED: f64 = 0.05;
/// Probability that the showpiece of the category follows an item.
pub const SHOWPIECE_FOLLOWS: f64 = 0.15;
/// Categories of at least this many items have a showpiece.
pub const SHOWPIECE_FROM: u32 = 5;
/// Probability that a session starts in the user's favourite category.
pub const LOYALTY: f64 = 0.7;
/// Probability that the next item is of the same category when nothing planted decides.
pub const STAYS: f64 = 0.85;
/// Probability that a user comes back on a later day.
pub const RETURNS: f64 = 0.6;
/// Probability of leaving after an item; twice that after a showpiece.
pub const LEAVES: f64 = 0.15;

/// Midnight of 1 January 2024 UTC, in seconds: the first day.
const FIRST_DAY: u64 = 1_704_067_200;
/// Most events of a session.
const LONGEST: u32 = 60;
/// Bytes after which a chunk is handed out.
const CHUNK: usize = 1 << 16;

/// The size and seed of a generated shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GeneratorConfig {
    /// Users, 1 to 10,000,000.
    pub users: u32,
    /// Items, 2 to 1,000,000.
    pub items: u32,
    /// Categories, 1 to 1,000 and at most half the items.
    pub categories: u32,
    /// Days that the log spans, 1 to 3,650.
    pub days: u32,
    /// Seed of every draw.
    pub seed: u64,
}

impl Default for GeneratorConfig {
    fn default() -> Self {
        Self {
            users: 1000,
            items: 200,
            categories: 10,
            days: 30,
            seed: 1,
        }
    }
}

impl GeneratorConfig {
    /// Checks every range.
    ///
    /// # Errors
    /// `generator.range`, naming the setting and its range.
    pub fn check(&self) -> Result<(), Problem> {
        let ranges = [
            ("users", self.users, 1, 10_000_000),
            ("items", self.items, 2, 1_000_000),
            ("categories", self.categories, 1, (self.items / 2).min(1000)),
            ("days", self.days, 1, 3650),
        ];
        for (name, value, least, most) in ranges {
            if !(least..=most).contains(&value) {
                return Err(Problem::new(
                    "generator.range",
                    Text::new(
                        format!(
                            "The setting {name} of the generated shop is {value}, outside its range."
                        ),
                        format!("生成商店的设置项 {name} 为 {value}，超出范围。"),
                    ),
                    Text::new(
                        format!("Give a whole number from {least} to {most}."),
                        format!("请给出 {least} 到 {most} 之间的整数。"),
                    ),
                ));
            }
        }
        Ok(())
    }

    /// The name of an item, such as `c03-07`: category 3, rank 7.
    #[must_use]
    pub fn item_name(&self, item: u32) -> String {
        format!(
            "c{:02}-{:02}",
            item % self.categories,
            item / self.categories
        )
    }

    /// The price of an item: 10 per category number, times 1/2, 1 or 2 by rank.
    #[must_use]
    pub fn price(&self, item: u32) -> f64 {
        let tier = [0.5, 1.0, 2.0][(item / self.categories % 3) as usize];
        10.0 * f64::from(item % self.categories + 1) * tier
    }

    /// The accessory of a main product.
    #[must_use]
    pub fn accessory(&self, item: u32) -> Option<u32> {
        let accessory = item + self.categories;
        let main = (item / self.categories).is_multiple_of(2);
        (main
            && accessory < self.items
            && !self.is_showpiece(item)
            && !self.is_showpiece(accessory))
        .then_some(accessory)
    }

    /// Whether an item is the showpiece of its category.
    #[must_use]
    pub fn is_showpiece(&self, item: u32) -> bool {
        let category = item % self.categories;
        item + self.categories >= self.items && self.ranks(category) >= SHOWPIECE_FROM
    }

    fn ranks(&self, category: u32) -> u32 {
        (self.items - category).div_ceil(self.categories)
    }
}

/// Writes the log of a generated shop, chunk by chunk: CSV with the columns
/// `user,item,event,time,price,category`, users one after the other, times in seconds.
#[derive(Clone, Debug)]
pub struct Generator {
    config: GeneratorConfig,
    rng: Rng,
    user: u32,
    text: String,
}

impl Generator {
    /// A generator at the first line.
    ///
    /// # Errors
    /// Those of [`GeneratorConfig::check`].
    pub fn new(config: GeneratorConfig) -> Result<Self, Problem> {
        config.check()?;
        Ok(Self {
            config,
            rng: stream(config.seed, "generated shop"),
            user: 0,
            text: "user,item,event,time,price,category\n".to_owned(),
        })
    }

    /// Users written so far: for progress.
    #[must_use]
    pub fn users_done(&self) -> u32 {
        self.user
    }

    /// The next bytes of the file, some 64 KiB; `None` at the end.
    pub fn next_chunk(&mut self) -> Option<Vec<u8>> {
        while self.user < self.config.users && self.text.len() < CHUNK {
            self.write_user();
            self.user += 1;
        }
        (!self.text.is_empty()).then(|| std::mem::take(&mut self.text).into_bytes())
    }

    fn write_user(&mut self) {
        let favourite = below(&mut self.rng, self.config.categories);
        let mut day = below(&mut self.rng, self.config.days);
        while day < self.config.days {
            self.write_session(favourite, day);
            if unit(&mut self.rng) >= RETURNS {
                break;
            }
            day += 1 + below(&mut self.rng, 7);
        }
    }

    fn write_session(&mut self, favourite: u32, day: u32) {
        let hour = 8 + below(&mut self.rng, 12);
        let mut time = FIRST_DAY + 86_400 * u64::from(day) + 3600 * u64::from(hour);
        time += u64::from(below(&mut self.rng, 3600));
        let category = if unit(&mut self.rng) < LOYALTY {
            favourite
        } else {
            below(&mut self.rng, self.config.categories)
        };
        let mut item = self.item_of(category);
        let mut bought_with = BOUGHT;
        for _ in 0..LONGEST {
            time = self.write_visit(item, time, bought_with);
            let leaves = if self.config.is_showpiece(item) {
                2.0 * LEAVES
            } else {
                LEAVES
            };
            if unit(&mut self.rng) < leaves {
                break;
            }
            (item, bought_with) = self.next_item(item);
        }
    }

    /// The item after this one, and the probability that it is bought.
    fn next_item(&mut self, item: u32) -> (u32, f64) {
        let config = self.config;
        let u = unit(&mut self.rng);
        let accessory = config.accessory(item).filter(|_| u < ACCESSORY_FOLLOWS);
        if let Some(accessory) = accessory {
            return (accessory, ACCESSORY_BOUGHT);
        }
        let category = item % config.categories;
        let showpiece = category + config.categories * (config.ranks(category) - 1);
        if u >= 1.0 - SHOWPIECE_FOLLOWS && config.is_showpiece(showpiece) && item != showpiece {
            return (showpiece, 0.0);
        }
        let category = if unit(&mut self.rng) < STAYS {
            category
        } else {
            below(&mut self.rng, config.categories)
        };
        let next = self.item_of(category);
        let bought = if config.is_showpiece(next) {
            0.0
        } else {
            BOUGHT
        };
        (next, bought)
    }

    /// An item of a category; low ranks are more popular: the smaller of two equally likely ranks.
    fn item_of(&mut self, category: u32) -> u32 {
        let ranks = self.config.ranks(category);
        let rank = below(&mut self.rng, ranks).min(below(&mut self.rng, ranks));
        category + self.config.categories * rank
    }

    fn write_visit(&mut self, item: u32, time: u64, bought: f64) -> u64 {
        self.write_event(item, "view", time);
        let u = unit(&mut self.rng);
        let bought = if self.config.is_showpiece(item) {
            0.0
        } else {
            bought
        };
        let mut time = time;
        if u < bought + CARTED {
            time += 10 + u64::from(below(&mut self.rng, 50));
            self.write_event(item, "cart", time);
        }
        if u < bought {
            time += 10 + u64::from(below(&mut self.rng, 50));
            self.write_event(item, "purchase", time);
        }
        time + 20 + u64::from(below(&mut self.rng, 160))
    }

    fn write_event(&mut self, item: u32, event: &str, time: u64) {
        let config = &self.config;
        let (name, price) = (config.item_name(item), config.price(item));
        let (user, category) = (self.user + 1, item % config.categories);
        // Writing into a String can't fail.
        let _ = writeln!(
            self.text,
            "u{user:05},{name},{event},{time},{price:.2},c{category:02}"
        );
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn text(config: GeneratorConfig) -> String {
        let mut generator = Generator::new(config).unwrap();
        let mut bytes = Vec::new();
        while let Some(chunk) = generator.next_chunk() {
            bytes.extend(chunk);
        }
        String::from_utf8(bytes).unwrap()
    }

    fn shop() -> GeneratorConfig {
        GeneratorConfig {
            users: 2000,
            items: 50,
            categories: 5,
            ..GeneratorConfig::default()
        }
    }

    #[test]
    fn the_same_seed_writes_the_same_bytes() {
        let config = shop();
        assert_eq!(text(config), text(config));
        assert_ne!(text(config), text(GeneratorConfig { seed: 2, ..config }));
    }

    #[test]
    fn the_accessory_follows_and_is_bought_as_often_as_planted() {
        let config = shop();
        let (main, accessory) = (
            config.item_name(0),
            config.item_name(config.accessory(0).unwrap()),
        );
        let text = text(config);
        let events: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
        let views: Vec<usize> = (1..events.len())
            .filter(|&i| events[i][2] == "view")
            .collect();
        let (mut seen, mut followed, mut bought) = (0.0, 0.0, 0.0);
        for pair in views.windows(2) {
            let (now, next) = (&events[pair[0]], &events[pair[1]]);
            if now[1] != main {
                continue;
            }
            seen += 1.0;
            let time = |row: &[&str]| row[3].parse::<u64>().unwrap();
            if now[0] == next[0] && next[1] == accessory && time(next) - time(now) < 1800 {
                followed += 1.0;
                let after = events.get(pair[1] + 2).filter(|row| row[1] == accessory);
                bought += f64::from(u8::from(after.is_some_and(|row| row[2] == "purchase")));
            }
        }
        // Five standard errors. The accessory also follows by chance (one in ten ranks or so), then it is rarely bought.
        let planted = (1.0 - LEAVES) * ACCESSORY_FOLLOWS;
        for (found, expected, by_chance) in [
            (followed / seen, planted, 0.15),
            (bought / seen, planted * ACCESSORY_BOUGHT, 0.02),
        ] {
            let error = 5.0 * (expected / seen).sqrt();
            assert!(
                found > expected - error && found < expected + by_chance + error,
                "{found}"
            );
        }
    }

    #[test]
    fn showpieces_are_never_bought() {
        let config = shop();
        let showpieces: Vec<String> = (0..config.items)
            .filter(|&item| config.is_showpiece(item))
            .map(|item| config.item_name(item))
            .collect();
        assert_eq!(showpieces.len(), 5);
        for line in text(config)
            .lines()
            .filter(|line| line.contains(",purchase,"))
        {
            assert!(!showpieces.iter().any(|name| line.contains(name)), "{line}");
        }
    }

    #[test]
    fn sizes_out_of_range_are_refused_and_the_smallest_shop_works() {
        let smallest = GeneratorConfig {
            users: 1,
            items: 2,
            categories: 1,
            days: 1,
            seed: 0,
        };
        assert!(text(smallest).lines().count() > 1);
        let too_many = GeneratorConfig {
            categories: 2,
            items: 3,
            ..smallest
        };
        assert_eq!(
            Generator::new(too_many).unwrap_err().code,
            "generator.range"
        );
    }
}
