//! Which column plays which role: by its name in the header, checked against its values; without names, by values.

use std::collections::{BTreeMap, BTreeSet};

use super::EventType;
use super::options::{ImportOptions, Role};
use super::time::{TimeFormat, TimeOffset};
use super::{number, words};
use crate::problem::{Place, Problem, Text};

/// The meaning of a table's columns.
#[derive(Clone, Debug)]
pub(super) struct Schema {
    pub(super) columns: Vec<String>,
    pub(super) roles: Vec<Role>,
    pub(super) why: Vec<Text>,
    pub(super) samples: Vec<Vec<String>>,
    /// The column that says when.
    pub(super) time: Option<(usize, TimeFormat)>,
    /// The column that adds to it.
    pub(super) offset: Option<(usize, TimeOffset)>,
    pub(super) day_first: bool,
    /// Whether the dates of the sample can be read day first as well as month first.
    pub(super) day_unsure: bool,
    pub(super) decimal_comma: bool,
    /// Meanings that this file gives to event words, before the person's own.
    pub(super) event_types: BTreeMap<String, Option<EventType>>,
    /// Whether the price column holds totals of rows.
    pub(super) price_is_total: bool,
    /// What a person should know.
    pub(super) notes: Vec<Text>,
}

/// Names of columns by role, in lower case without spaces and punctuation, the best name first.
const NAMES: &[(Role, &[&str])] = &[
    (
        Role::Event,
        &[
            "eventtype",
            "event",
            "behaviortype",
            "behaviourtype",
            "behavior",
            "behaviour",
            "action",
            "actiontype",
            "eventname",
            "interaction",
            "interactiontype",
            "activity",
            "type",
            "click",
            "clicked",
            "isclick",
            "clicks",
            "purchased",
            "purchase",
            "bought",
            "label",
            "行为类型",
            "行为",
            "事件类型",
            "事件",
            "动作",
            "操作",
        ],
    ),
    (
        Role::Time,
        &[
            "timestamp",
            "eventtime",
            "time",
            "datetime",
            "ts",
            "tsms",
            "timestampms",
            "eventtimestamp",
            "transactiontimestamp",
            "unixtime",
            "unixtimestamp",
            "createdat",
            "created",
            "invoicedate",
            "orderdate",
            "eventdate",
            "date",
            "day",
            "timeframe",
            "timeofday",
            "step",
            "seq",
            "sequence",
            "eventnumber",
            "时间戳",
            "时间",
            "日期",
            "发生时间",
            "下单时间",
        ],
    ),
    (
        Role::Session,
        &[
            "sessionid",
            "session",
            "usersession",
            "sid",
            "visitid",
            "visit",
            "basketid",
            "basket",
            "invoiceno",
            "invoice",
            "invoiceid",
            "orderid",
            "ordernumber",
            "transactionid",
            "cartid",
            "会话",
            "会话id",
            "订单号",
            "订单编号",
        ],
    ),
    (
        Role::User,
        &[
            "userid",
            "user",
            "visitorid",
            "visitor",
            "customerid",
            "customer",
            "clientid",
            "client",
            "uid",
            "memberid",
            "member",
            "householdid",
            "householdkey",
            "household",
            "buyerid",
            "buyer",
            "accountid",
            "account",
            "personid",
            "person",
            "cookieid",
            "cookie",
            "deviceid",
            "fullvisitorid",
            "customerno",
            "用户",
            "用户id",
            "用户编号",
            "会员",
            "会员id",
            "顾客",
            "顾客id",
            "客户",
            "客户id",
            "买家",
            "买家id",
        ],
    ),
    (
        Role::Item,
        &[
            "itemid",
            "item",
            "productid",
            "product",
            "skuid",
            "sku",
            "stockcode",
            "aid",
            "articleid",
            "article",
            "goodsid",
            "goods",
            "asin",
            "movieid",
            "contentid",
            "iid",
            "productcode",
            "商品",
            "商品id",
            "商品编号",
            "物品",
            "物品id",
            "产品",
            "产品id",
            "货号",
        ],
    ),
    (
        Role::Price,
        &[
            "unitprice",
            "price",
            "saleprice",
            "itemprice",
            "salesvalue",
            "amount",
            "total",
            "linetotal",
            "revenue",
            "单价",
            "价格",
            "金额",
        ],
    ),
    (
        Role::Quantity,
        &["quantity", "qty", "units", "数量", "件数"],
    ),
    (
        Role::Category,
        &[
            "categoryid",
            "category",
            "itemcategory",
            "productcategory",
            "categorycode",
            "cat",
            "catid",
            "categoryname",
            "department",
            "类目",
            "类目id",
            "商品类目",
            "类别",
            "品类",
            "分类",
        ],
    ),
    (
        Role::Propensity,
        &["propensityscore", "propensity", "pscore", "倾向得分"],
    ),
    (Role::Position, &["position", "pos", "slot", "rank", "位置"]),
    (
        Role::Variant,
        &[
            "variant",
            "abgroup",
            "testgroup",
            "experimentgroup",
            "arm",
            "bucket",
            "group",
            "实验分组",
            "分组",
        ],
    ),
];

/// Percent of the values that must be times in a column that is called so, or was said to be times: the rest are bad rows.
const NAMED: usize = 50;
/// The same for a column that nothing but its values speaks for.
const UNNAMED: usize = 80;

/// Names of price columns that hold the total of a row.
const TOTALS: &[&str] = &[
    "salesvalue",
    "amount",
    "total",
    "linetotal",
    "revenue",
    "金额",
];
/// Names of columns that only order events.
const ORDERS: &[&str] = &["step", "seq", "sequence", "eventnumber"];

/// A column's name without case, spaces and punctuation.
fn normal(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether a field is a name that columns of logs have.
pub(super) fn is_column_name(field: &str) -> bool {
    let name = normal(field);
    NAMES
        .iter()
        .any(|(_, names)| names.contains(&name.as_str()))
}

/// What the sample says about one column.
struct Column<'a> {
    name: String,
    values: Vec<&'a str>,
    /// Values that are there.
    present: Vec<&'a str>,
    distinct: BTreeSet<&'a str>,
}

impl<'a> Column<'a> {
    fn new(name: &str, index: usize, rows: &'a [Vec<String>]) -> Self {
        let values: Vec<&str> = rows
            .iter()
            .filter_map(|row| row.get(index))
            .map(|value| value.trim())
            .collect();
        let present: Vec<&str> = values
            .iter()
            .copied()
            .filter(|value| !words::is_missing(value.as_bytes()))
            .collect();
        Self {
            name: normal(name),
            distinct: present.iter().copied().collect(),
            values,
            present,
        }
    }

    /// Whether at least `percent` of the values present pass.
    fn mostly(&self, percent: usize, pass: impl Fn(&str) -> bool) -> bool {
        let passed = self.present.iter().filter(|value| pass(value)).count();
        !self.present.is_empty() && passed * 100 >= self.present.len() * percent
    }

    fn mostly_present(&self) -> bool {
        self.present.len() * 2 >= self.values.len()
    }

    fn is_flag(&self) -> bool {
        self.mostly(100, |value| value == "0" || value == "1")
    }

    fn is_number(&self) -> bool {
        self.mostly(80, |value| {
            number::parse(value.as_bytes(), false).is_some()
                || number::parse(value.as_bytes(), true).is_some()
        })
    }

    fn is_whole(&self) -> bool {
        self.mostly(80, |value| value.parse::<i64>().is_ok())
    }

    fn has_words(&self, percent: usize) -> bool {
        self.mostly(percent, |value| {
            words::meaning(&words::normal(value)).is_some()
        })
    }

    /// Whether values look like names of things: not empty, no decimals, no sentences.
    fn is_id(&self) -> bool {
        self.mostly_present()
            && !self.mostly(20, |value| {
                value.parse::<f64>().is_ok() && value.contains('.') && !value.ends_with(".0")
            })
            && !self.mostly(50, |value| value.len() > 80)
    }

    /// The time format that at least `percent` of the values have.
    fn time_format(&self, day_first: bool, percent: usize) -> Option<TimeFormat> {
        use TimeFormat::*;
        let dated = if day_first {
            [DayFirst, MonthFirst]
        } else {
            [MonthFirst, DayFirst]
        };
        let formats = [
            Compact,
            Seconds,
            Milliseconds,
            Microseconds,
            Nanoseconds,
            YearFirst,
            dated[0],
            dated[1],
            Mail,
        ];
        let count = |format: TimeFormat| {
            self.present
                .iter()
                .filter(|value| format.parse(value.as_bytes()).is_ok())
                .count()
        };
        let mut best = (0, None);
        for format in formats {
            let count = count(format);
            if count > best.0 {
                best = (count, Some(format));
            }
        }
        best.1
            .filter(|_| best.0 * 100 >= self.present.len() * percent)
    }

    fn time_offset(&self) -> Option<TimeOffset> {
        [TimeOffset::Clock, TimeOffset::Milliseconds]
            .into_iter()
            .find(|offset| self.mostly(80, |value| offset.parse(value.as_bytes()).is_some()))
    }

    /// Whether every value of `item` comes with one value of this column, and values repeat over items.
    fn belongs_to(&self, item: &Self) -> bool {
        let mut first = BTreeMap::new();
        let pairs = item.values.iter().zip(&self.values);
        let (mut agree, mut all) = (0, 0);
        for (item, value) in pairs {
            agree += usize::from(*first.entry(item).or_insert(value) == value);
            all += 1;
        }
        all > 0 && agree * 100 >= all * 98 && self.distinct.len() * 10 <= item.distinct.len() * 8
    }

    /// Whether the values may play the role that the name suggests.
    fn fits(&self, role: Role) -> bool {
        match role {
            Role::Event => match self.name.as_str() {
                "type" | "label" | "activity" => self.has_words(50) || self.is_flag(),
                "click" | "clicked" | "isclick" | "clicks" | "purchased" | "purchase"
                | "bought" => self.is_flag() || self.has_words(50),
                _ => self.distinct.len() <= 50,
            },
            Role::Time => {
                self.time_format(true, NAMED).is_some()
                    || self.time_offset().is_some()
                    || (ORDERS.contains(&self.name.as_str()) && self.is_number())
            }
            Role::Session => self.mostly_present(),
            Role::User => !self.present.is_empty(),
            Role::Item => self.mostly_present(),
            Role::Price | Role::Quantity | Role::Propensity => self.is_number(),
            Role::Position => self.is_whole(),
            Role::Category | Role::Variant => !self.present.is_empty(),
            Role::Ignore => true,
        }
    }
}

/// Everything a guess works on.
struct Guess<'a> {
    columns: Vec<Column<'a>>,
    header: bool,
    names: Vec<String>,
    roles: Vec<Role>,
    why: Vec<Text>,
    day_first: bool,
}

/// Finds out what the columns mean. `names` are those of the header, or `None`; `rows` are the sample's data rows
/// with as many fields as there are columns.
///
/// # Errors
/// `log.roles` when the given roles don't fit the columns, `log.no-item` when no column names items,
/// `log.time-format` when the times can't be read.
pub(super) fn guess(
    names: Option<&[String]>,
    width: usize,
    rows: &[Vec<String>],
    semicolons: bool,
    options: &ImportOptions,
) -> (Schema, Result<(), Problem>) {
    let header = names.is_some();
    let names: Vec<String> = (0..width)
        .map(|index| match names.and_then(|names| names.get(index)) {
            Some(name) if !name.trim().is_empty() => name.trim().to_owned(),
            _ => format!("column {}", index + 1),
        })
        .collect();
    let columns: Vec<Column> = names
        .iter()
        .enumerate()
        .map(|(index, name)| Column::new(name, index, rows))
        .collect();
    let decimal_comma = options
        .decimal_comma
        .unwrap_or_else(|| has_decimal_commas(&columns));
    let european = semicolons || decimal_comma;
    let (day_first, day_unsure) = day_order(&columns, european, options.day_first);
    let mut guess = Guess {
        roles: vec![Role::Ignore; width],
        why: vec![Text::new("nothing speaks for a use", "没有可用的依据"); width],
        columns,
        header,
        names,
        day_first,
    };
    let mut checked = Ok(());
    match &options.roles {
        Some(roles) => checked = guess.take(roles),
        None => guess.find(),
    }
    let mut notes = guess.duplicate_names();
    let (time, offset) = match guess.times(&mut notes) {
        Ok(times) => times,
        Err(problem) => {
            checked = checked.and(Err(problem));
            (None, None)
        }
    };
    if checked.is_ok() && guess.column(Role::Item).is_none() {
        checked = Err(no_item(&guess.names));
    }
    let schema = Schema {
        event_types: guess.event_types(),
        price_is_total: guess
            .column(Role::Price)
            .is_some_and(|column| TOTALS.contains(&guess.columns[column].name.as_str()))
            && guess.column(Role::Quantity).is_some(),
        samples: guess.samples(),
        columns: guess.names,
        roles: guess.roles,
        why: guess.why,
        time,
        offset,
        day_first,
        day_unsure,
        decimal_comma,
        notes,
    };
    (schema, checked)
}

impl Schema {
    /// Whether dates are written with days and months first.
    pub(super) fn time_is_slashed(&self) -> bool {
        matches!(
            self.time,
            Some((_, TimeFormat::DayFirst | TimeFormat::MonthFirst))
        )
    }

    /// How times are written, in words.
    pub(super) fn time_text(&self) -> Text {
        let mut text = match self.time {
            None => Text::new(
                "no time column: the order of the rows is used",
                "没有时间列：按行的顺序",
            ),
            Some((_, format)) => format.text(),
        };
        match self.offset {
            Some((_, TimeOffset::Milliseconds)) => {
                text.en
                    .push_str(", plus milliseconds since the session began");
                text.zh.push_str(",加会话开始后的毫秒数");
            }
            Some((_, TimeOffset::Clock)) => {
                text.en
                    .push_str(", plus the time of day of a second column");
                text.zh.push_str(",加另一列的时刻");
            }
            None => {}
        }
        if self.time_is_slashed() && self.day_unsure {
            text.en
                .push_str(" (a guess: the first rows could be read either way)");
            text.zh.push_str("(猜测：前面的行两种读法都可以)");
        }
        text
    }
}

impl Guess<'_> {
    fn column(&self, role: Role) -> Option<usize> {
        self.roles.iter().position(|&other| other == role)
    }

    fn set(&mut self, column: usize, role: Role, en: &str, zh: &str) {
        self.roles[column] = role;
        self.why[column] = Text::new(en, zh);
    }

    /// Takes the roles that a person gave.
    fn take(&mut self, roles: &[Role]) -> Result<(), Problem> {
        if roles.len() != self.roles.len() {
            return Err(wrong_role_count(roles.len(), self.roles.len()));
        }
        self.roles = roles.to_vec();
        self.why = vec![Text::new("chosen by you", "由您指定"); roles.len()];
        for role in Role::ALL {
            let most = match role {
                Role::Ignore => usize::MAX,
                Role::Time => 2,
                _ => 1,
            };
            if roles.iter().filter(|&&other| other == role).count() > most {
                return Err(role_twice(role));
            }
        }
        Ok(())
    }

    fn find(&mut self) {
        if self.header {
            self.find_by_name();
        }
        self.find_by_values();
        self.say_what_does_not_fit();
    }

    /// A column whose name says a role that its values can't play.
    fn say_what_does_not_fit(&mut self) {
        for index in 0..self.columns.len() {
            let column = &self.columns[index];
            let named = NAMES
                .iter()
                .find(|(_, known)| known.contains(&column.name.as_str()));
            if let Some(&(role, _)) = named
                && self.roles[index] == Role::Ignore
                && !column.fits(role)
            {
                let Text { en, zh } = role.text();
                let name = &self.names[index];
                self.why[index] = if column.mostly_present() {
                    Text::new(
                        format!("called {name}, but its values can't be read as {en}"),
                        format!("列名为 {name},但其值无法作为{zh}解读"),
                    )
                } else {
                    Text::new("mostly empty", "大多为空")
                };
            }
        }
    }

    fn find_by_name(&mut self) {
        for &(role, known) in NAMES {
            let best = (0..self.columns.len())
                .filter(|&index| self.roles[index] == Role::Ignore)
                .filter_map(|index| {
                    let column = &self.columns[index];
                    let rank = known.iter().position(|name| *name == column.name)?;
                    column.fits(role).then_some((rank, index))
                })
                .min();
            if let Some((_, index)) = best {
                self.name_says(index, role);
            }
        }
        self.find_second_time();
        for (role, stems) in [
            (Role::Session, &["session"][..]),
            (
                Role::User,
                &["user", "customer", "visitor", "client", "member", "shopper"],
            ),
            (Role::Item, &["item", "product", "sku", "goods", "article"]),
        ] {
            if self.column(role).is_none() {
                self.find_by_stem(role, stems);
            }
        }
    }

    /// `shop_user_id` and the like: a stem at the beginning or anywhere, and an ending that says "id".
    fn find_by_stem(&mut self, role: Role, stems: &[&str]) {
        let found = (0..self.columns.len()).find(|&index| {
            let column = &self.columns[index];
            self.roles[index] == Role::Ignore
                && stems.iter().any(|stem| column.name.contains(stem))
                && ["id", "no", "number", "code", "key", "hash"]
                    .iter()
                    .any(|end| column.name.ends_with(end))
                && column.fits(role)
        });
        if let Some(index) = found {
            self.name_says(index, role);
        }
    }

    fn name_says(&mut self, index: usize, role: Role) {
        let name = self.names[index].clone();
        self.set(
            index,
            role,
            &format!("the column is called {name}"),
            &format!("列名为 {name}"),
        );
    }

    /// A date alone may come with milliseconds since the session began, or with a time of day.
    fn find_second_time(&mut self) {
        let Some(first) = self.column(Role::Time) else {
            return;
        };
        if !self.columns[first].mostly(80, |value| !value.contains(':') && value.len() <= 10)
            || !matches!(
                self.columns[first].time_format(self.day_first, NAMED),
                Some(
                    TimeFormat::YearFirst
                        | TimeFormat::DayFirst
                        | TimeFormat::MonthFirst
                        | TimeFormat::Compact
                )
            )
        {
            return;
        }
        let second = (0..self.columns.len()).find(|&index| {
            let column = &self.columns[index];
            self.roles[index] == Role::Ignore
                && matches!(
                    column.name.as_str(),
                    "timeframe" | "time" | "timeofday" | "timestamp" | "时间"
                )
                && column.time_format(self.day_first, UNNAMED).is_none()
                && column.time_offset().is_some()
        });
        if let Some(index) = second {
            let (en, zh) = match self.columns[index].time_offset() {
                Some(TimeOffset::Clock) => ("time of day, added to the date", "时刻，与日期相加"),
                _ => (
                    "milliseconds since the session began, added to the date",
                    "会话开始后的毫秒数，与日期相加",
                ),
            };
            self.set(index, Role::Time, en, zh);
        }
    }

    fn find_by_values(&mut self) {
        let free = |guess: &Self, index: usize| guess.roles[index] == Role::Ignore;
        if self.column(Role::Event).is_none()
            && let Some(index) =
                (0..self.columns.len()).find(|&i| free(self, i) && self.columns[i].has_words(80))
        {
            self.set(
                index,
                Role::Event,
                "its values are event words",
                "其值为行为词",
            );
        }
        if self.column(Role::Time).is_none()
            && let Some(index) = self.time_by_values()
        {
            self.set(index, Role::Time, "its values are times", "其值为时间");
        }
        let ids: Vec<usize> = (0..self.columns.len())
            .filter(|&i| free(self, i) && self.columns[i].is_id() && !self.described(i))
            .collect();
        let mut ids = ids.into_iter();
        let alone = self.column(Role::User).is_none() && self.column(Role::Session).is_none();
        if alone
            && (ids.len() > 1 || self.column(Role::Item).is_some())
            && !self.header
            && let Some(index) = ids.next()
        {
            self.actor_by_values(index);
        }
        if self.column(Role::Item).is_none()
            && let Some(index) = ids.next()
        {
            self.set(
                index,
                Role::Item,
                "the first column of names that is left",
                "余下的第一个标识列",
            );
        }
        if !self.header {
            self.rest_by_values();
        }
    }

    /// Whether a named column says that it holds something else than an id.
    fn described(&self, index: usize) -> bool {
        let name = &self.columns[index].name;
        self.header
            && [
                "feature",
                "age",
                "gender",
                "name",
                "country",
                "brand",
                "city",
                "title",
                "description",
                "price",
                "rating",
            ]
            .iter()
            .any(|word| name.contains(word))
    }

    /// The column of times; dates before numbers, which may be ids by chance.
    fn time_by_values(&self) -> Option<usize> {
        let formats: Vec<(usize, TimeFormat)> = (0..self.columns.len())
            .filter(|&index| self.roles[index] == Role::Ignore)
            .filter_map(|index| {
                Some((
                    index,
                    self.columns[index].time_format(self.day_first, UNNAMED)?,
                ))
            })
            .collect();
        let written = |format: TimeFormat| {
            matches!(
                format,
                TimeFormat::YearFirst
                    | TimeFormat::DayFirst
                    | TimeFormat::MonthFirst
                    | TimeFormat::Mail
            )
        };
        formats
            .iter()
            .find(|(_, format)| written(*format))
            .or_else(|| formats.last().filter(|_| !self.header))
            .map(|&(index, _)| index)
    }

    /// The first column without a name is who acted: visits come in one piece and are short, users come back.
    fn actor_by_values(&mut self, index: usize) {
        if self.is_visit(index) {
            self.set(
                index,
                Role::Session,
                "first column; equal values stand together and span little time",
                "第一列；相同的值相邻且时间跨度短",
            );
        } else {
            self.set(index, Role::User, "first column of names", "第一个标识列");
        }
    }

    fn is_visit(&self, index: usize) -> bool {
        const SHORT: i64 = 6 * 3_600_000;
        let Some(time) = self.column(Role::Time) else {
            return false;
        };
        let Some(format) = self.columns[time].time_format(self.day_first, NAMED) else {
            return false;
        };
        let times = self.columns[time]
            .values
            .iter()
            .map(|value| format.parse(value.as_bytes()).ok());
        let mut spans: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
        let mut last = "";
        for (value, time) in self.columns[index].values.iter().zip(times) {
            let Some(time) = time else { continue };
            match spans.get_mut(value) {
                Some(_) if *value != last => return false,
                Some(span) => *span = (span.0.min(time), span.1.max(time)),
                None => {
                    spans.insert(value, (time, time));
                }
            }
            last = value;
        }
        let short = spans
            .values()
            .filter(|span| span.1 - span.0 < SHORT)
            .count();
        spans.len() >= 20 && short * 100 >= spans.len() * 95
    }

    /// Prices, then categories, among the columns without a name that are left.
    fn rest_by_values(&mut self) {
        let Some(item) = self.column(Role::Item) else {
            return;
        };
        for index in 0..self.columns.len() {
            if self.roles[index] != Role::Ignore {
                continue;
            }
            let column = &self.columns[index];
            let decimals =
                column.is_number() && column.mostly(50, |value| value.contains(['.', ',']));
            if decimals && self.column(Role::Price).is_none() {
                self.set(
                    index,
                    Role::Price,
                    "its values are numbers with decimals",
                    "其值为小数",
                );
            } else if self.column(Role::Category).is_none()
                && column.belongs_to(&self.columns[item])
            {
                self.set(
                    index,
                    Role::Category,
                    "each item has one value of it",
                    "每个商品对应一个值",
                );
            }
        }
    }

    /// How the time columns are written: the one with dates first, what adds to it second.
    #[allow(clippy::type_complexity)]
    fn times(
        &mut self,
        notes: &mut Vec<Text>,
    ) -> Result<(Option<(usize, TimeFormat)>, Option<(usize, TimeOffset)>), Problem> {
        let columns: Vec<usize> = (0..self.roles.len())
            .filter(|&i| self.roles[i] == Role::Time)
            .collect();
        let order = |column: &Column| ORDERS.contains(&column.name.as_str());
        let format = |index: usize| {
            let column = &self.columns[index];
            if order(column) {
                None
            } else {
                column.time_format(self.day_first, NAMED)
            }
        };
        let Some(first) = columns
            .iter()
            .copied()
            .find(|&index| format(index).is_some())
        else {
            let Some(&first) = columns.first() else {
                return Ok((None, None));
            };
            if !self.columns[first].is_number() {
                return Err(unreadable_time(
                    first,
                    &self.names[first],
                    self.columns[first].present.first(),
                ));
            }
            let name = &self.names[first];
            notes.push(Text::new(
                format!("Column {name} only orders the events of a session: the log has no dates."),
                format!("{name} 列只表示会话内的顺序：日志没有日期。"),
            ));
            return Ok((Some((first, TimeFormat::Order)), None));
        };
        let time = format(first).map(|format| (first, format));
        let Some(second) = columns.into_iter().find(|&index| index != first) else {
            return Ok((time, None));
        };
        match self.columns[second].time_offset() {
            Some(offset) => Ok((time, Some((second, offset)))),
            None => Err(unreadable_time(
                second,
                &self.names[second],
                self.columns[second].present.first(),
            )),
        }
    }

    /// Meanings of event words that follow from the file itself.
    fn event_types(&self) -> BTreeMap<String, Option<EventType>> {
        let Some(event) = self.column(Role::Event) else {
            let bought = self.column(Role::Quantity).is_some()
                || (self.column(Role::Price).is_some() && self.column(Role::Session).is_some());
            let kind = if bought {
                EventType::Purchase
            } else {
                EventType::View
            };
            return BTreeMap::from([(String::new(), Some(kind))]);
        };
        let column = &self.columns[event];
        if column.is_flag() {
            words::flag_meaning(&column.name)
        } else if column.name == "behaviortype"
            && column.mostly(100, |value| matches!(value, "1" | "2" | "3" | "4"))
        {
            words::tianchi_meaning()
        } else {
            BTreeMap::new()
        }
    }

    fn samples(&self) -> Vec<Vec<String>> {
        let of = |column: &Column| {
            let mut seen = BTreeSet::new();
            column
                .values
                .iter()
                .filter(|value| seen.insert(**value))
                .take(5)
                .map(|value| value.chars().take(80).collect())
                .collect()
        };
        self.columns.iter().map(of).collect()
    }

    fn duplicate_names(&self) -> Vec<Text> {
        let mut first: BTreeMap<&str, usize> = BTreeMap::new();
        let mut notes = Vec::new();
        for (index, column) in self.columns.iter().enumerate() {
            if !self.header || column.name.is_empty() {
                continue;
            }
            if let Some(other) = first.insert(&column.name, index) {
                let (name, one, two) = (&self.names[index], other + 1, index + 1);
                notes.push(Text::new(
                    format!("Columns {one} and {two} are both called {name}. Check in the table of columns which one is meant."),
                    format!("第 {one} 列和第 {two} 列都叫 {name}。请在列表中确认使用哪一列。"),
                ));
            }
        }
        notes
    }
}

fn has_decimal_commas(columns: &[Column]) -> bool {
    columns.iter().any(|column| {
        let commas = column.mostly(30, |value| {
            value.split_once(',').is_some_and(|(whole, part)| {
                whole.trim_start_matches('-').parse::<u64>().is_ok()
                    && part.parse::<u64>().is_ok()
                    && part.len() != 3
            })
        });
        commas && column.mostly(90, |value| number::parse(value.as_bytes(), true).is_some())
    })
}

/// Whether days come first, and whether the sample leaves that open.
fn day_order(columns: &[Column], european: bool, given: Option<bool>) -> (bool, bool) {
    if let Some(given) = given {
        return (given, false);
    }
    let count = |format: TimeFormat, column: &Column| {
        column
            .present
            .iter()
            .filter(|value| format.parse(value.as_bytes()).is_ok())
            .count()
    };
    for column in columns {
        let (day, month) = (
            count(TimeFormat::DayFirst, column),
            count(TimeFormat::MonthFirst, column),
        );
        if day.max(month) * 5 < column.present.len() * 4 || day.max(month) == 0 {
            continue;
        }
        if day != month {
            return (day > month, false);
        }
        let slashes = column.mostly(50, |value| value.contains('/'));
        return (european || !slashes, true);
    }
    (european, false)
}

fn wrong_role_count(given: usize, columns: usize) -> Problem {
    Problem::new(
        "log.roles",
        Text::new(
            format!("{given} roles were given for {columns} columns."),
            format!("为 {columns} 列指定了 {given} 个角色。"),
        ),
        Text::new(
            "Give every column one role, left to right.",
            "请从左到右为每列指定一个角色。",
        ),
    )
}

fn role_twice(role: Role) -> Problem {
    let Text { en, zh } = role.text();
    Problem::new(
        "log.roles",
        Text::new(
            format!("Too many columns have the role {en}."),
            format!("角色“{zh}”被指定给了过多的列。"),
        ),
        Text::new(
            "Set all but one of them to \"not used\".",
            "请将其余的列设为“不使用”。",
        ),
    )
}

fn no_item(names: &[String]) -> Problem {
    let names = names.join(", ");
    Problem::new(
        "log.no-item",
        Text::new(
            format!("None of the columns seems to name the items. The columns are: {names}"),
            format!("没有一列像是商品。各列为：{names}"),
        ),
        Text::new(
            "Say in the table of columns which one holds the item.",
            "请在列表中指定商品所在的列。",
        ),
    )
    .at(Place {
        line: 1,
        column: 0,
        byte: 0,
    })
}

fn unreadable_time(column: usize, name: &str, value: Option<&&str>) -> Problem {
    let value = value
        .copied()
        .unwrap_or("")
        .chars()
        .take(80)
        .collect::<String>();
    Problem::new(
        "log.time-format",
        Text::new(
            format!("The times in column {name} are written in a way that can't be read, such as \"{value}\"."),
            format!("无法解读 {name} 列的时间，例如“{value}”。"),
        ),
        Text::new(
            "Write them as 2024-05-31 18:00:00 or as seconds since 1970, or set the column to \"not used\".",
            "请写成 2024-05-31 18:00:00 或自 1970 年起的秒数，或将该列设为“不使用”。",
        ),
    )
    .at(Place { line: 1, column: column as u32 + 1, byte: 0 })
}
