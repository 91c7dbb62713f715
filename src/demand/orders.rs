//! From the purchases of a log to units sold per item and period: gaps are zeros, returns are netted and counted.

use serde::{Deserialize, Serialize};

use crate::log::{EventType, Log};
use crate::problem::{Problem, Text};

/// Most periods that one item's series may span.
const MOST_PERIODS: i64 = 100_000;

/// How long a period is. Days and weeks begin at midnight UTC, weeks on Monday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Period {
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A week.
    Week,
}

impl Period {
    /// Length in milliseconds.
    #[must_use]
    pub fn millis(self) -> i64 {
        match self {
            Self::Hour => 3_600_000,
            Self::Day => 86_400_000,
            Self::Week => 604_800_000,
        }
    }

    /// Number of the period that holds a time, counted from the one that holds 1970-01-01.
    #[must_use]
    pub fn number(self, time: i64) -> i64 {
        // 1970-01-01 was a Thursday: three days after a Monday.
        let shift = if self == Self::Week {
            3 * 86_400_000
        } else {
            0
        };
        time.saturating_add(shift).div_euclid(self.millis())
    }
}

/// What was found among the rows of a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OrderReport {
    /// Rows with a quantity above 0.
    pub orders: u64,
    /// Rows with a quantity below 0.
    pub returns: u64,
    /// Units returned.
    pub returned_units: f64,
    /// Units returned that no earlier order of the item in the log accounts for; they are left out.
    pub unmatched_units: f64,
    /// Rows left out because their quantity is 0 or not a number.
    pub ignored: u64,
    /// Orders whose price is missing, 0 or below 0: they count as units sold, not for the price.
    pub unpriced: u64,
}

/// One item in one period in which something happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// The period, counted from the first of the log.
    pub period: u32,
    /// Units sold, less units returned.
    pub units: f64,
    /// Mean unit price of the orders, weighted by quantity, in the log's currency; NaN where none is known.
    pub price: f64,
    /// Views and clicks of the item.
    pub visits: u32,
}

/// One period of one item as a price fit sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation {
    /// Unit price, in the log's currency.
    pub price: f64,
    /// Units sold.
    pub units: f64,
    /// Visitors who saw the item; 0 where the log has no views.
    pub visits: f64,
}

/// What a row of the log says of its item.
#[derive(Clone, Copy)]
enum Happened {
    /// An order, or a return, of so many units.
    Order(f64),
    /// Somebody saw the item.
    Visit,
    /// Neither: who puts an item in the cart has seen it before.
    Other,
}

impl Happened {
    /// What an event that is no order says.
    fn of(kind: EventType) -> Self {
        match kind {
            EventType::View | EventType::Click => Self::Visit,
            EventType::Cart | EventType::Purchase => Self::Other,
        }
    }
}

/// Units sold per item and period.
#[derive(Clone, Debug, PartialEq)]
pub struct Demand {
    period: Period,
    first: i64,
    periods: u32,
    cells: Vec<Cell>,
    /// Item `i` has `cells[start[i] .. start[i + 1]]`, in the order of time.
    start: Vec<u32>,
    report: OrderReport,
}

impl Demand {
    /// Demand of every item of a log. Orders are its purchases or, where the log has quantities but no event types, all rows;
    /// without a quantity column each is one unit. A return is taken off the same period and, beyond that, off the
    /// latest earlier ones.
    ///
    /// # Errors
    /// `demand.no_time` when the log has no times; `demand.no_orders` when nothing was bought; `demand.span` when it spans
    /// over 100,000 periods.
    pub fn of(log: &Log, period: Period) -> Result<Self, Problem> {
        if !log.has_time {
            return Err(no_time());
        }
        let rows_are_orders = !log.has_kinds && log.events.quantity.is_some();
        let is_order = |event: usize| {
            rows_are_orders || (log.has_kinds && log.events.kind[event] == EventType::Purchase)
        };
        if !(0..log.len()).any(is_order) {
            return Err(no_orders(log.has_kinds));
        }
        let times = log.events.time.iter();
        let (low, high) = times.fold((i64::MAX, i64::MIN), |(low, high), &time| {
            (low.min(time), high.max(time))
        });
        let first = period.number(low);
        let span = period.number(high) - first + 1;
        if span > MOST_PERIODS {
            return Err(too_long(span));
        }
        let mut demand = Self {
            period,
            first,
            periods: span as u32,
            cells: Vec::new(),
            start: vec![0],
            report: OrderReport::default(),
        };
        let (events, event_start) = by_item(log);
        let mut rows = Vec::new();
        for item in 0..log.items.len() {
            rows.clear();
            for &event in &events[event_start[item] as usize..event_start[item + 1] as usize] {
                let event = event as usize;
                let at = (period.number(log.events.time[event]) - first) as u32;
                let happened = match (is_order(event), &log.events.quantity) {
                    (false, _) => Happened::of(log.events.kind[event]),
                    (true, None) => Happened::Order(1.0),
                    (true, Some(quantities)) => Happened::Order(f64::from(quantities[event])),
                };
                let price = log
                    .events
                    .price
                    .as_ref()
                    .map_or(f64::NAN, |prices| f64::from(prices[event]));
                rows.push((at, happened, price));
            }
            rows.sort_by_key(|row| row.0);
            demand.add_item(&rows);
        }
        Ok(demand)
    }

    /// Adds the cells of the next item from its `(period, what happened, price)` in the order of time.
    fn add_item(&mut self, rows: &[(u32, Happened, f64)]) {
        let begin = self.cells.len();
        for group in rows.chunk_by(|a, b| a.0 == b.0) {
            let mut cell = Cell {
                period: group[0].0,
                units: 0.0,
                price: f64::NAN,
                visits: 0,
            };
            let (mut paid, mut priced) = (0.0, 0.0);
            for &(_, happened, price) in group {
                match happened {
                    Happened::Visit => cell.visits += 1,
                    Happened::Other => {}
                    Happened::Order(units) if units > 0.0 && units.is_finite() => {
                        self.report.orders += 1;
                        cell.units += units;
                        if price > 0.0 && price.is_finite() {
                            paid += units * price;
                            priced += units;
                        } else {
                            self.report.unpriced += 1;
                        }
                    }
                    Happened::Order(units) if units < 0.0 && units.is_finite() => {
                        self.report.returns += 1;
                        self.report.returned_units -= units;
                        cell.units += units;
                    }
                    Happened::Order(_) => self.report.ignored += 1,
                }
            }
            if priced > 0.0 {
                cell.price = paid / priced;
            }
            self.cells.push(cell);
            self.carry_back(begin);
        }
        self.start.push(self.cells.len() as u32);
    }

    /// Takes what the last cell returned beyond its own sales off the latest earlier cells of the item.
    fn carry_back(&mut self, begin: usize) {
        let Some((last, earlier)) = self.cells[begin..].split_last_mut() else {
            return;
        };
        let mut owed = (-last.units).max(0.0);
        last.units = last.units.max(0.0);
        for cell in earlier.iter_mut().rev() {
            let taken = owed.min(cell.units);
            cell.units -= taken;
            owed -= taken;
        }
        self.report.unmatched_units += owed;
    }

    /// What was found among the rows.
    #[must_use]
    pub fn report(&self) -> &OrderReport {
        &self.report
    }

    /// How long a period is.
    #[must_use]
    pub fn period(&self) -> Period {
        self.period
    }

    /// Periods from the first event of the log to its last.
    #[must_use]
    pub fn periods(&self) -> u32 {
        self.periods
    }

    /// When a period begins, in milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub fn begin(&self, period: u32) -> i64 {
        let shift = if self.period == Period::Week {
            3 * 86_400_000
        } else {
            0
        };
        (self.first + i64::from(period)) * self.period.millis() - shift
    }

    /// The periods of an item in which something happened, in the order of time.
    #[must_use]
    pub fn cells(&self, item: u32) -> &[Cell] {
        &self.cells[self.start[item as usize] as usize..self.start[item as usize + 1] as usize]
    }

    /// Units sold of an item over the whole log.
    #[must_use]
    pub fn units(&self, item: u32) -> f64 {
        self.cells(item).iter().map(|cell| cell.units).sum()
    }

    /// Item numbers by units sold, most first (ties: lower number first).
    #[must_use]
    pub fn best_sellers(&self) -> Vec<u32> {
        let mut items: Vec<u32> = (0..self.start.len() as u32 - 1).collect();
        let units: Vec<f64> = items.iter().map(|&item| self.units(item)).collect();
        items.sort_by(|&a, &b| {
            units[b as usize]
                .total_cmp(&units[a as usize])
                .then(a.cmp(&b))
        });
        items
    }

    /// Units per period from the first in which the item was sold to the last of the log, zeros where nothing was
    /// sold; empty when it never was.
    #[must_use]
    pub fn series(&self, item: u32) -> Vec<f64> {
        let cells = self.cells(item);
        let Some(launch) = cells.iter().position(|cell| cell.units > 0.0) else {
            return Vec::new();
        };
        let first = cells[launch].period;
        let mut series = vec![0.0; (self.periods - first) as usize];
        for cell in &cells[launch..] {
            series[(cell.period - first) as usize] = cell.units;
        }
        series
    }

    /// Price, units and visits per period from the first whose price is known. A period without orders has no price of its
    /// own: the last one is taken to have stood, so that not selling counts too.
    #[must_use]
    pub fn observations(&self, item: u32) -> Vec<Observation> {
        let cells = self.cells(item);
        let Some(launch) = cells.iter().position(|cell| !cell.price.is_nan()) else {
            return Vec::new();
        };
        let mut price = cells[launch].price;
        let mut left = cells[launch..].iter().peekable();
        let mut observations = Vec::new();
        for period in cells[launch].period..self.periods {
            let cell = left.next_if(|cell| cell.period == period);
            if let Some(cell) = cell
                && !cell.price.is_nan()
            {
                price = cell.price;
            }
            observations.push(Observation {
                price,
                units: cell.map_or(0.0, |cell| cell.units),
                visits: cell.map_or(0.0, |cell| f64::from(cell.visits)),
            });
        }
        observations
    }
}

/// Event numbers grouped by item (counting sort), and where each item's begin.
fn by_item(log: &Log) -> (Vec<u32>, Vec<u32>) {
    let mut start = vec![0u32; log.items.len() + 1];
    for &item in &log.events.item {
        start[item as usize + 1] += 1;
    }
    for item in 0..log.items.len() {
        start[item + 1] += start[item];
    }
    let mut place = start.clone();
    let mut events = vec![0; log.len()];
    for (event, &item) in log.events.item.iter().enumerate() {
        events[place[item as usize] as usize] = event as u32;
        place[item as usize] += 1;
    }
    (events, start)
}

fn no_time() -> Problem {
    Problem::new(
        "demand.no_time",
        Text::new(
            "The log has no times, so it can't tell how much was sold in a day or week.",
            "日志没有时间列，无法得知每天或每周的销量。",
        ),
        Text::new(
            "Choose the column with the time, or type the demand by hand.",
            "请选择时间列，或手工输入需求。",
        ),
    )
}

fn no_orders(has_kinds: bool) -> Problem {
    let (en, zh) = if has_kinds {
        (
            "None of the log's events is a purchase.",
            "日志中没有购买事件。",
        )
    } else {
        (
            "The log has neither event types nor quantities, so every row counts as a view and nothing as an order.",
            "日志既没有事件类型也没有数量列，因此所有行都视为浏览，没有订单。",
        )
    };
    Problem::new(
        "demand.no_orders",
        Text::new(en, zh),
        Text::new(
            "Choose the column that tells purchases (or the quantity), or type the demand by hand.",
            "请选择表示购买(或数量)的列，或手工输入需求。",
        ),
    )
}

fn too_long(span: i64) -> Problem {
    Problem::new(
        "demand.span",
        Text::new(
            format!(
                "The log spans {span} periods, more than 100,000: some of its times are probably wrong."
            ),
            format!("日志跨越 {span} 个周期，超过 100,000 个，可能有时间错误。"),
        ),
        Text::new(
            "Check the time column, or choose a longer period.",
            "请检查时间列，或选择更长的周期。",
        ),
    )
}
