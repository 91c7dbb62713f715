//! Simple methods and bounds on the same problem: what learning has to beat, and what nothing can.

use super::super::protocol::BaselineRow;
use super::simple::{self, Search};
use super::{Entry, Operation, registry, view};
use crate::demand::response::PriceResponse;
use crate::env::Environment;
use crate::env::ads::Campaign;
use crate::env::ads::baseline::{Baseline, play};
use crate::env::axes::Axes;
use crate::env::inventory::backorder::Backorder;
use crate::env::inventory::lost::LostSales;
use crate::env::inventory::newsvendor::Newsvendor;
use crate::env::inventory::perishable::Perishable;
use crate::env::mountain_car::MountainCar;
use crate::env::pricing::Pricing;
use crate::experiment::parameters::Settings;
use crate::problem::Text;
use crate::random::stream;
use crate::solve::backward;
use crate::solve::closed_form::{fluid, monopoly, newsvendor, season};
use crate::solve::value_iteration::Optimum;

/// Days that learning methods play, of which the second half counts.
const DAYS: u32 = 2_000;
/// Decisions that they make at most.
const DECISIONS: u32 = 2_000_000;

/// Every simple method and bound that fits the problem.
pub fn rows(
    entry: &Entry,
    operation: &Operation,
    optimum: &Optimum,
    settings: &Settings,
) -> Vec<BaselineRow> {
    let mut rows = Rows {
        optimum,
        settings,
        rows: Vec::new(),
    };
    match operation {
        Operation::Pricing(model) if entry.id == "price" => rows.price(model),
        Operation::Pricing(model) => rows.season(model),
        Operation::Newsvendor(model) => rows.newsvendor(model),
        Operation::Backorder(model) => rows.reorder(model),
        Operation::LostSales(model) => rows.lost_sales(model),
        Operation::Perishable(model) => rows.perishable(model),
        Operation::Campaign(model) => {
            rows.campaign(model, &view::amounts(operation));
        }
        Operation::MountainCar(model) => rows.mountain_car(model),
    }
    rows.rows
}

struct Rows<'a> {
    optimum: &'a Optimum,
    settings: &'a Settings,
    rows: Vec<BaselineRow>,
}

impl Rows<'_> {
    fn search(&self) -> Search<'_> {
        Search::new(self.optimum.gamma, self.optimum.start_value, self.settings)
    }

    fn add(&mut self, name: (&str, &str), detail: String, value: f64) -> &mut BaselineRow {
        let best = self.optimum.start_value;
        self.rows.push(BaselineRow {
            name: Text::new(name.0, name.1),
            detail,
            value,
            percent: (best.abs() > 1e-9).then(|| 100.0 * (1.0 - (best - value) / best.abs())),
            played: None,
            bound: false,
        });
        let last = self.rows.len() - 1;
        &mut self.rows[last]
    }

    fn bound(&mut self, name: (&str, &str), detail: String, value: f64) {
        self.add(name, detail, value).bound = true;
    }

    fn price(&mut self, model: &Pricing) {
        let cost = self.settings.number("unitCost");
        let (dearest, cheapest) = (model.ladder().len() - 1, 0);
        for (name, action) in [
            (("always the lowest price", "总是最低价"), cheapest),
            (("always the highest price", "总是最高价"), dearest),
        ] {
            let values = backward::evaluate(model, &[action as u32], 1.0);
            self.add(name, short(model.ladder()[action]), values[0]);
        }
        // Certain demand is rounded to whole units, so that a price just below the half sells more than the formula says.
        let rounded = self.settings.number("scatter") == 0.0;
        if let (false, Ok(best)) = (
            rounded,
            monopoly::best_price(registry::response(self.settings), cost),
        ) {
            let name = ("best price without a ladder", "不限档位的最优价格");
            self.bound(name, short(best.price), best.profit);
        }
    }

    fn season(&mut self, model: &Pricing) {
        let number = |key| self.settings.number(key);
        if let Some((action, value)) = backward::best_fixed_action(model, self.optimum.gamma) {
            let detail = short(model.ladder()[action as usize]);
            self.add(("best fixed price", "最优固定价格"), detail, value);
        }
        if self.optimum.gamma == 1.0 {
            let name = ("fluid bound", "流体上界");
            self.bound(name, String::new(), fluid::season(model).bound);
        }
        let plain = self.settings.choice("situation") == "none" && number("scatter") == 1.0;
        let free = ["unitCost", "salvage", "holdingCost"]
            .iter()
            .all(|key| number(key) == 0.0);
        if let (PriceResponse::LogLinear { base, slope }, true) = (
            registry::response(self.settings),
            plain && free && self.optimum.gamma == 1.0,
        ) {
            let time = number("periods");
            let stock = self.settings.integer("stock");
            if let Ok(best) = season::best_dynamic_price(base, slope, stock, time) {
                let name = (
                    "any price at any moment (formula)",
                    "任意时刻任意价格（公式）",
                );
                self.bound(name, String::new(), best.profit);
            }
        }
    }

    /// Full throttle the way it rolls: each swing gains height.
    fn mountain_car(&mut self, model: &MountainCar) {
        let mut point = [0.0; 2];
        let pump = |state| {
            model.point(state, &mut point);
            if point[1] < 0.0 { 0 } else { 2 }
        };
        let policy = (0..model.states()).map(pump).collect();
        let value = self.search().value(model, policy);
        let name = ("full throttle the way it rolls", "顺着滚动方向全油门");
        self.add(name, String::new(), value);
    }

    fn newsvendor(&mut self, model: &Newsvendor) {
        let number = |key| self.settings.number(key);
        let Ok(demand) = registry::demand(self.settings) else {
            return;
        };
        let over = number("unitCost") + number("holdingCost") - number("salvage");
        let under = number("sellingPrice") - number("unitCost") + number("penalty");
        let last = model.expected().len() - 1;
        if let Ok(level) = newsvendor::discrete(&demand, over, under) {
            let units = (level.units as usize).min(last);
            self.add(
                ("critical ratio", "临界比"),
                units.to_string(),
                model.expected()[units],
            );
        }
        let mean = (libm::round(demand.mean()) as usize).min(last);
        self.add(
            ("order the mean demand", "订平均需求"),
            mean.to_string(),
            model.expected()[mean],
        );
    }

    fn reorder(&mut self, model: &Backorder) {
        let number = |key| self.settings.number(key);
        if let Some(best) = simple::long_run(self.settings, number("fixedCost")) {
            let value = self
                .search()
                .value(model, model.reorder_policy(best.reorder, best.up_to));
            let detail = format!("s = {}, S = {}", best.reorder, best.up_to);
            self.add(
                ("best (s, S) in the long run", "长期最优 (s, S)"),
                detail,
                value,
            );
        }
        if let Some(best) = simple::long_run(self.settings, 0.0) {
            let value = self
                .search()
                .value(model, model.reorder_policy(best.up_to - 1, best.up_to));
            let detail = format!("S = {}", best.up_to);
            self.add(
                ("base stock, ordering every period", "基准库存，每期订货"),
                detail,
                value,
            );
        }
    }

    fn lost_sales(&mut self, model: &LostSales) {
        let most = self.settings.integer("maxStock");
        let cap = self.settings.integer("maxOrder");
        let plain = self.search().best(model, 1..=most, |up_to| {
            model.capped_base_stock(up_to, u32::MAX)
        });
        if let Some((up_to, value)) = plain {
            self.add(
                ("best base stock", "最优基准库存"),
                format!("S = {up_to}"),
                value,
            );
        }
        let capped = self.search().capped(model, most, cap);
        if let Some(((up_to, cap), value)) = capped {
            let detail = format!("S = {up_to}, ≤ {cap}");
            self.add(
                ("best capped base stock", "最优限量基准库存"),
                detail,
                value,
            );
        }
    }

    fn perishable(&mut self, model: &Perishable) {
        let most = self.settings.integer("maxOrder") * self.settings.integer("lifetime");
        let search = self.search();
        let best = search.best(model, 1..=most, |up_to| model.base_stock(up_to));
        if let Some((up_to, value)) = best {
            self.add(
                (
                    "best base stock, whatever the age",
                    "最优基准库存（不看期限）",
                ),
                format!("S = {up_to}"),
                value,
            );
        }
    }

    fn campaign(&mut self, model: &Campaign, amounts: &[f64]) {
        let days = DAYS.min(DECISIONS / model.decisions()).max(20);
        for (name, label, baseline) in [
            (
                ("greedy on mean value", "按平均价值贪心"),
                "greedy",
                Baseline::Greedy,
            ),
            (
                ("adaptive pacing", "自适应匀速"),
                "pacing",
                Baseline::Pacing,
            ),
            (
                ("Thompson sampling, paced", "汤普森采样（匀速）"),
                "thompson",
                Baseline::Thompson,
            ),
        ] {
            let mut rng = stream(u64::from(self.settings.integer("seed")), label);
            let values = play(model, baseline, days, &mut rng);
            let late = &values[values.len() / 2..];
            let n = late.len() as f64;
            let mean = late.iter().sum::<f64>() / n;
            let variance = late.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0);
            let half = 1.96 * libm::sqrt(variance / n);
            let row = self.add(name, String::new(), mean);
            row.played = Some((mean - half, mean + half, late.len() as u32));
        }
        if let Some((action, value)) = backward::best_fixed_action(model, self.optimum.gamma) {
            let detail = short(amounts[action as usize]);
            self.add(("best fixed choice", "最优固定选择"), detail, value);
        }
        if self.optimum.gamma == 1.0 {
            let name = ("fluid bound", "流体上界");
            self.bound(name, String::new(), fluid::bound(model).bound);
        }
    }
}

/// A price or bid without needless digits.
fn short(price: f64) -> String {
    (libm::round(price * 1e4) / 1e4).to_string()
}
