//! What a person should know about how a log was understood, in sentences.

use super::Log;
use super::options::Role;
use super::report::Report;
use super::schema::Schema;
use super::session::Found;
use super::time;
use crate::problem::Text;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// What follows from the columns.
pub(super) fn of_schema(schema: &Schema) -> Vec<Text> {
    let has = |role: Role| schema.roles.contains(&role);
    let mut notes = Vec::new();
    if schema.time.is_none() {
        notes.push(Text::new(
            "No time column: the order of the rows is used, and sessions can't be cut by pauses.",
            "没有时间列：按行的顺序，且无法按停顿切分会话。",
        ));
    }
    if !has(Role::User) && has(Role::Session) {
        notes.push(Text::new(
            "A session column without a user column: each session is its own user.",
            "有会话列而没有用户列：每个会话视为一个用户。",
        ));
    }
    if !has(Role::User) && !has(Role::Session) {
        notes.push(Text::new(
            "Neither a user nor a session column: each row is a session of its own.",
            "既没有用户列也没有会话列：每行视为一个会话。",
        ));
    }
    if !has(Role::Event) {
        let bought = schema
            .event_types
            .values()
            .any(|kind| *kind == Some(super::EventType::Purchase));
        notes.push(if bought {
            Text::new(
                "No event column, but quantities or prices: every row is taken for a purchase.",
                "没有行为列，但有数量或价格：每行视为一次购买。",
            )
        } else {
            Text::new(
                "No event column: every row is taken for a view.",
                "没有行为列：每行视为一次浏览。",
            )
        });
    }
    if schema.price_is_total {
        notes.push(Text::new(
            "The price column holds totals of rows: the unit price is the total divided by the quantity.",
            "价格列为每行总额：单价为总额除以数量。",
        ));
    }
    if schema.day_unsure && schema.time_is_slashed() {
        let (en, zh) = if schema.day_first {
            ("day", "日")
        } else {
            ("month", "月")
        };
        notes.push(Text::new(
            format!("The dates could be read either way; the {en} was taken to come first. Change it if the range of dates is wrong."),
            format!("日期有两种读法；此处按{zh}在前。如果日期范围不对，请更改。"),
        ));
    }
    notes
}

/// What follows from the events.
pub(super) fn of_log(
    report: &mut Report,
    log: &Log,
    found: &Found,
    has_users: bool,
    has_sessions: bool,
) {
    let mut say = |en: String, zh: String| report.notes.push(Text::new(en, zh));
    if found.disordered > 0 {
        let count = found.disordered;
        say(
            format!(
                "Rows were not in time order within sessions or users ({count} came late): they were sorted."
            ),
            format!("会话或用户内的行不按时间顺序({count} 行靠后):已排序。"),
        );
    }
    let shared = found.shared;
    if shared > 0 && found.split {
        say(
            format!(
                "{shared} session ids occur with several users, so a session is a user and an id together."
            ),
            format!("{shared} 个会话编号对应多个用户，因此会话由用户和编号共同确定。"),
        );
    } else if shared > 0 {
        say(
            format!(
                "{shared} sessions name several users: each was kept whole, under the first of them."
            ),
            format!("{shared} 个会话含有多个用户：保持完整，归于第一个用户。"),
        );
    }
    if found.anonymous > 0 && has_users && has_sessions {
        let (count, known) = (found.anonymous, report.users);
        say(
            format!(
                "{count} sessions name no user: each stands as a user of its own beside the {known} named ones."
            ),
            format!("{count} 个会话没有用户：在 {known} 个具名用户之外各自视为一个用户。"),
        );
    }
    if report.returns > 0 {
        let count = report.returns;
        say(
            format!("{count} events have a negative quantity: they are returns."),
            format!("{count} 个事件的数量为负：为退货。"),
        );
    }
    let unknown: Vec<&str> = report
        .event_words
        .iter()
        .filter(|word| !word.known)
        .take(10)
        .map(|word| word.word.as_str())
        .collect();
    if !unknown.is_empty() {
        let list = unknown.join(", ");
        say(
            format!(
                "Some event words are not known, and their rows were left out: {list}. Say what they mean to have them read."
            ),
            format!("有些行为词未知，其行未被读取：{list}。请指定其含义。"),
        );
    }
    if log.items.len() == 1 {
        say(
            "The log has only one item: there is nothing to choose between.".into(),
            "日志只有一个商品：没有可选择的余地。".into(),
        );
    }
    if log.users.len() == 1 {
        say(
            "The log has only one user.".into(),
            "日志只有一个用户。".into(),
        );
    }
    strays(report, log);
}

/// A few events far before or after all others are likely mistakes of a clock.
fn strays(report: &mut Report, log: &Log) {
    let Some(dates) = &report.dates else { return };
    let count = log.len();
    if count < 1000 {
        return;
    }
    let mut times = log.events.time.clone();
    let edge = count / 1000;
    let (_, &mut low, _) = times.select_nth_unstable(edge);
    let (_, &mut high, _) = times.select_nth_unstable(count - 1 - edge);
    let room = (high - low).max(DAY) * 2;
    if dates.first_ms >= low - room && dates.last_ms <= high + room {
        return;
    }
    let strays = log
        .events
        .time
        .iter()
        .filter(|&&t| t < low - room || t > high + room)
        .count();
    let (from, to) = (time::iso(low), time::iso(high));
    report.notes.push(Text::new(
        format!(
            "{} far outside the time of all others ({from} to {to}), perhaps by mistake.",
            if strays == 1 {
                "1 event lies".to_owned()
            } else {
                format!("{strays} events lie")
            }
        ),
        format!("{strays} 个事件远在其他事件的时间之外({from} 至 {to}),可能有误。"),
    ));
}
