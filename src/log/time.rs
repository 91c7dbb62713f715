//! Times as logs write them, read to milliseconds since 1970-01-01 UTC. Times without a zone are taken as UTC.

use super::numerals::{eight_digits, last_digits};
use crate::problem::Text;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;
/// 1990-01-01, the first time taken for real.
pub(super) const EARLIEST: i64 = 631_152_000_000;
/// 2100-01-01, the first time no longer taken for real.
pub(super) const LATEST: i64 = 4_102_444_800_000;

/// How a column writes times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeFormat {
    /// Seconds since 1970, with or without a fraction.
    Seconds,
    /// Milliseconds since 1970.
    Milliseconds,
    /// Microseconds since 1970.
    Microseconds,
    /// Nanoseconds since 1970.
    Nanoseconds,
    /// `2019-10-01 00:00:00 UTC`, `2019-11-24T00:01:03.979Z`, `2019/10/1`, with or without a time of day or zone.
    YearFirst,
    /// `1/12/2010 08:26`: the first of December.
    DayFirst,
    /// `1/12/2010 08:26`: the twelfth of January.
    MonthFirst,
    /// `20191001` or `20191001083000`.
    Compact,
    /// `Tue, 01 Oct 2019 00:00:00 GMT` (RFC 2822).
    Mail,
    /// A number that only orders the events of a session.
    Order,
}

/// What a second time column adds to the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeOffset {
    /// Milliseconds.
    Milliseconds,
    /// `08:26:00`.
    Clock,
}

/// Why a time could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeFault {
    /// It is not written in the column's format.
    Unreadable,
    /// It is before 1990 or after 2099.
    OutOfRange,
}

impl TimeFormat {
    /// The format in words.
    pub(super) fn text(self) -> Text {
        let (en, zh) = match self {
            Self::Seconds => ("seconds since 1970 (UTC)", "自 1970 年起的秒数(UTC)"),
            Self::Milliseconds => ("milliseconds since 1970 (UTC)", "自 1970 年起的毫秒数(UTC)"),
            Self::Microseconds => ("microseconds since 1970 (UTC)", "自 1970 年起的微秒数(UTC)"),
            Self::Nanoseconds => ("nanoseconds since 1970 (UTC)", "自 1970 年起的纳秒数(UTC)"),
            Self::YearFirst => (
                "year-month-day, time of day if given, UTC unless a zone is written",
                "年-月-日，可带时刻；未注明时区按 UTC",
            ),
            Self::DayFirst => ("day/month/year, taken as UTC", "日/月/年，按 UTC"),
            Self::MonthFirst => ("month/day/year, taken as UTC", "月/日/年，按 UTC"),
            Self::Compact => (
                "YYYYMMDD, with or without hhmmss, taken as UTC",
                "YYYYMMDD，可带 hhmmss，按 UTC",
            ),
            Self::Mail => (
                "day, month name and year (RFC 2822)",
                "英文月份日期(RFC 2822)",
            ),
            Self::Order => (
                "no time, only the order of events within a session",
                "没有时间，只有会话内的顺序",
            ),
        };
        Text::new(en, zh)
    }

    /// Reads one value.
    #[inline(always)]
    pub(super) fn parse(self, text: &[u8]) -> Result<i64, TimeFault> {
        let time = match self {
            Self::Seconds => seconds(text),
            Self::Milliseconds => integer(text),
            Self::Microseconds => integer(text).map(|value| value.div_euclid(1000)),
            Self::Nanoseconds => integer(text).map(|value| value.div_euclid(1_000_000)),
            Self::YearFirst => year_first(text),
            Self::DayFirst => day_or_month_first(text, true),
            Self::MonthFirst => day_or_month_first(text, false),
            Self::Compact => compact(text),
            Self::Mail => mail(text),
            Self::Order => return seconds(text).ok_or(TimeFault::Unreadable),
        };
        match time {
            None => Err(TimeFault::Unreadable),
            Some(time) if (EARLIEST..LATEST).contains(&time) => Ok(time),
            Some(_) => Err(TimeFault::OutOfRange),
        }
    }
}

impl TimeOffset {
    /// Reads one value, in milliseconds.
    pub(super) fn parse(self, text: &[u8]) -> Option<i64> {
        match self {
            Self::Milliseconds => integer(text).filter(|value| (0..LATEST).contains(value)),
            Self::Clock => {
                let (clock, rest) = clock(text)?;
                rest.is_empty().then_some(clock)
            }
        }
    }
}

/// A time as ISO 8601 in UTC, to the second, or to the millisecond where it has a fraction.
pub(super) fn iso(ms: i64) -> String {
    let (days, of_day) = (ms.div_euclid(DAY), ms.rem_euclid(DAY));
    let (year, month, day) = date_of(days);
    let (second, part) = (of_day / 1000, of_day % 1000);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let mut text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    if part > 0 {
        text.push_str(format!(".{part:03}").trim_end_matches('0'));
    }
    text.push('Z');
    text
}

/// An unsigned number of 8 to 16 digits: the last eight, and those before them.
#[inline]
fn long_digits(text: &[u8]) -> Option<u64> {
    let first = u64::from_le_bytes(*text.first_chunk()?);
    let last = u64::from_le_bytes(*text.last_chunk()?);
    match text.len() - 8 {
        0 => eight_digits(last),
        before @ 1..=8 => {
            Some(eight_digits(last_digits(first, before))? * 100_000_000 + eight_digits(last)?)
        }
        _ => None,
    }
}

/// A whole number with at most 19 digits; a fraction of zeros is allowed.
#[inline(always)]
fn integer(text: &[u8]) -> Option<i64> {
    match long_digits(text) {
        Some(value) => Some(value as i64),
        None => any_integer(text),
    }
}

#[inline(never)]
fn any_integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let digits = match digits.iter().position(|&byte| byte == b'.') {
        Some(point) if digits[point + 1..].iter().all(|&byte| byte == b'0') => &digits[..point],
        Some(_) => return None,
        None => digits,
    };
    let value = small_digits(digits)?;
    Some(if negative { -value } else { value })
}

/// One to 19 digits, one after the other.
fn small_digits(text: &[u8]) -> Option<i64> {
    if text.is_empty() || text.len() > 19 {
        return None;
    }
    let mut value = 0_i64;
    for &byte in text {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(i64::from(byte - b'0'))?;
    }
    Some(value)
}

/// Seconds, with or without a fraction, to milliseconds; what is finer is cut off.
#[inline]
fn seconds(text: &[u8]) -> Option<i64> {
    if text.len() == 10
        && let Some(value) = long_digits(text)
    {
        return Some(value as i64 * 1000);
    }
    any_seconds(text)
}

#[inline(never)]
fn any_seconds(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let point = digits.iter().position(|&byte| byte == b'.');
    let whole = integer(&digits[..point.unwrap_or(digits.len())])?;
    let fraction = point.map_or(Some(0), |point| fraction(&digits[point + 1..]))?;
    let value = whole.checked_mul(1000)?.checked_add(fraction)?;
    Some(if negative { -value } else { value })
}

/// The digits after a decimal point, as milliseconds.
fn fraction(text: &[u8]) -> Option<i64> {
    let mut value = 0;
    for index in 0..3 {
        let digit = text.get(index).copied().unwrap_or(b'0');
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i64::from(digit - b'0');
    }
    text.iter().all(u8::is_ascii_digit).then_some(value)
}

/// Midnight of a day of the calendar, which is checked.
fn day(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    let known = (0..=9999).contains(&year) && (1..=longest).contains(&day);
    known.then(|| days_since_1970(year, month, day) * DAY)
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar (H. Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms").
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month and day of the day so many after 1970-01-01: the inverse, from the same source.
fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = (shifted + 2) % 12 + 1;
    (era * 400 + year + i64::from(month <= 2), month, day)
}

/// Takes a number of one to `most` digits off the front.
fn number(text: &[u8], most: usize) -> Option<(i64, &[u8])> {
    let count = text
        .iter()
        .take(most)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    Some((small_digits(&text[..count])?, &text[count..]))
}

/// Takes three numbers off the front, with the same `-`, `/` or `.` between them.
fn three(text: &[u8], first_most: usize) -> Option<([i64; 3], &[u8])> {
    let (first, rest) = number(text, first_most)?;
    let (&separator, rest) = rest.split_first()?;
    if !matches!(separator, b'-' | b'/' | b'.') {
        return None;
    }
    let (second, rest) = number(rest, 2)?;
    let (&again, rest) = rest.split_first()?;
    if again != separator {
        return None;
    }
    let (third, rest) = number(rest, 4)?;
    Some(([first, second, third], rest))
}

fn year_first(text: &[u8]) -> Option<i64> {
    let ([year, month, of_month], rest) = three(text, 4)?;
    if year < 1000 {
        return None;
    }
    day(year, month, of_month)?.checked_add(time_of_day(rest)?)
}

fn day_or_month_first(text: &[u8], day_first: bool) -> Option<i64> {
    let ([first, second, year], rest) = three(text, 2)?;
    let year = match year {
        0..=68 => year + 2000,
        69..=99 => year + 1900,
        _ => year,
    };
    let (of_month, month) = if day_first {
        (first, second)
    } else {
        (second, first)
    };
    day(year, month, of_month)?.checked_add(time_of_day(rest)?)
}

/// `YYYYMMDD`, optionally followed by `hhmmss`.
fn compact(text: &[u8]) -> Option<i64> {
    let (date, clock) = text.split_at_checked(8)?;
    let date = small_digits(date)?;
    let midnight = day(date / 10_000, date / 100 % 100, date % 100)?;
    match clock.len() {
        0 => Some(midnight),
        6 => {
            let value = small_digits(clock)?;
            let (hour, minute, second) = (value / 10_000, value / 100 % 100, value % 100);
            (hour < 24 && minute < 60 && second < 61)
                .then_some(midnight + ((hour * 60 + minute) * 60 + second) * 1000)
        }
        _ => None,
    }
}

/// RFC 2822: `[Tue, ]1 Oct 2019 00:00[:00] +0000`.
fn mail(text: &[u8]) -> Option<i64> {
    let mut words = text
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    let mut first = words.next()?;
    if let [weekday @ .., b','] = first {
        index_of(b"MonTueWedThuFriSatSun", weekday)?;
        first = words.next()?;
    }
    let (of_month, []) = number(first, 2)? else {
        return None;
    };
    let month = index_of(b"JanFebMarAprMayJunJulAugSepOctNovDec", words.next()?)? + 1;
    let (year, []) = number(words.next()?, 4)? else {
        return None;
    };
    // Section 4.3: years of two and three digits.
    let year = match year {
        0..=49 => year + 2000,
        50..=999 => year + 1900,
        _ => year,
    };
    let (clock, []) = clock(words.next()?)? else {
        return None;
    };
    let zone = mail_zone(words.next()?)?;
    if words.next().is_some() {
        return None;
    }
    Some(day(year, month, of_month)? + clock - zone)
}

/// Which of the three-letter names this is.
fn index_of(names: &[u8], name: &[u8]) -> Option<i64> {
    let index = names
        .chunks(3)
        .position(|known| known.eq_ignore_ascii_case(name))?;
    i64::try_from(index).ok()
}

/// Zones of RFC 2822, section 4.3, beside those by number.
fn mail_zone(text: &[u8]) -> Option<i64> {
    let hours = match text {
        b"UT" => 0,
        b"EDT" => -4,
        b"EST" | b"CDT" => -5,
        b"CST" | b"MDT" => -6,
        b"MST" | b"PDT" => -7,
        b"PST" => -8,
        _ => return zone_offset(text),
    };
    Some(hours * 3_600_000)
}

/// What follows a date: nothing, or a time of day with or without a zone.
fn time_of_day(text: &[u8]) -> Option<i64> {
    let Some((&separator, rest)) = text.split_first() else {
        return Some(0);
    };
    if !matches!(separator, b' ' | b'T' | b't' | b'_') {
        return None;
    }
    let rest = rest.trim_ascii_start();
    let (clock, zone) = clock(rest)?;
    Some(clock - zone_offset(zone)?)
}

/// Takes `h`, `h:m`, `h:m:s` or `h:m:s.fraction`, and am or pm, off the front: milliseconds since midnight.
fn clock(text: &[u8]) -> Option<(i64, &[u8])> {
    let (mut hour, mut rest) = number(text, 2)?;
    let (mut minute, mut second, mut part) = (0, 0, 0);
    if let [b':', tail @ ..] = rest {
        (minute, rest) = number(tail, 2)?;
        if let [b':', tail @ ..] = rest {
            (second, rest) = number(tail, 2)?;
            if let [b'.' | b',', tail @ ..] = rest {
                let count = tail.iter().take_while(|b| b.is_ascii_digit()).count();
                part = fraction(&tail[..count])?;
                rest = &tail[count..];
            }
        }
    }
    let trimmed = rest.trim_ascii_start();
    if let [half @ (b'a' | b'A' | b'p' | b'P'), b'm' | b'M', tail @ ..] = trimmed {
        if !(1..=12).contains(&hour) {
            return None;
        }
        hour = hour % 12
            + if half.eq_ignore_ascii_case(&b'p') {
                12
            } else {
                0
            };
        rest = tail;
    }
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    Some((((hour * 60 + minute) * 60 + second) * 1000 + part, rest))
}

/// The zone's offset from UTC in milliseconds; none means UTC.
fn zone_offset(text: &[u8]) -> Option<i64> {
    let text = text.trim_ascii();
    let (sign, rest) = match text {
        [] | b"Z" | b"z" | b"UTC" | b"GMT" => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hour, rest) = number(rest, 2)?;
    let (minute, rest) = match rest {
        [] => (0, rest),
        [b':', rest @ ..] => number(rest, 2)?,
        _ => number(rest, 2)?,
    };
    (rest.is_empty() && hour < 24 && minute < 60).then_some(sign * (hour * 60 + minute) * 60_000)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_the_times_of_the_wild() {
        for (format, text, want) in [
            (TimeFormat::Seconds, "1511544070", "2017-11-24T17:21:10Z"),
            (
                TimeFormat::Seconds,
                "1396437466.94",
                "2014-04-02T11:17:46.94Z",
            ),
            (TimeFormat::Seconds, "1592337718.0", "2020-06-16T20:01:58Z"),
            (
                TimeFormat::Milliseconds,
                "1433221332117",
                "2015-06-02T05:02:12.117Z",
            ),
            (
                TimeFormat::Microseconds,
                "1433221332117000",
                "2015-06-02T05:02:12.117Z",
            ),
            (
                TimeFormat::Nanoseconds,
                "1433221332117000000",
                "2015-06-02T05:02:12.117Z",
            ),
            (
                TimeFormat::YearFirst,
                "2019-10-01 00:00:00 UTC",
                "2019-10-01T00:00:00Z",
            ),
            (
                TimeFormat::YearFirst,
                "2019-11-24T00:01:03.979Z",
                "2019-11-24T00:01:03.979Z",
            ),
            (
                TimeFormat::YearFirst,
                "2019-11-24T08:01:03+08:00",
                "2019-11-24T00:01:03Z",
            ),
            (
                TimeFormat::YearFirst,
                "2014-12-06 02",
                "2014-12-06T02:00:00Z",
            ),
            (TimeFormat::YearFirst, "2016/5/9", "2016-05-09T00:00:00Z"),
            (
                TimeFormat::DayFirst,
                "1/12/2010 08:26",
                "2010-12-01T08:26:00Z",
            ),
            (
                TimeFormat::MonthFirst,
                "1/12/2010 8:26 PM",
                "2010-01-12T20:26:00Z",
            ),
            (TimeFormat::DayFirst, "01.12.10", "2010-12-01T00:00:00Z"),
            (
                TimeFormat::Compact,
                "20140401123000",
                "2014-04-01T12:30:00Z",
            ),
            (
                TimeFormat::Mail,
                "Tue, 01 Oct 2019 00:00:00 GMT",
                "2019-10-01T00:00:00Z",
            ),
        ] {
            assert_eq!(
                format.parse(text.as_bytes()).map(iso),
                Ok(want.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn refuses_what_is_no_time() {
        for (format, text, want) in [
            (TimeFormat::Seconds, "15", TimeFault::OutOfRange),
            (TimeFormat::Seconds, "-5", TimeFault::OutOfRange),
            (TimeFormat::Seconds, "NaN", TimeFault::Unreadable),
            (TimeFormat::Seconds, "", TimeFault::Unreadable),
            (
                TimeFormat::Milliseconds,
                "99999999999999999999",
                TimeFault::Unreadable,
            ),
            (TimeFormat::YearFirst, "2019-02-29", TimeFault::Unreadable),
            (
                TimeFormat::YearFirst,
                "2019-02-28 24:00:00",
                TimeFault::Unreadable,
            ),
            (
                TimeFormat::YearFirst,
                "2019-02-28junk",
                TimeFault::Unreadable,
            ),
            (TimeFormat::YearFirst, "1019-02-28", TimeFault::OutOfRange),
            (TimeFormat::DayFirst, "1/13/2010", TimeFault::Unreadable),
        ] {
            assert_eq!(format.parse(text.as_bytes()), Err(want), "{text}");
        }
    }

    proptest! {
        #[test]
        fn digits_at_once_equal_digits_one_by_one(value in 0_u64..1_000_000_000_000_000) {
            let text = value.to_string();
            prop_assert_eq!(integer(text.as_bytes()), Some(value as i64));
            let padded = format!("{value:016}");
            prop_assert_eq!(integer(padded.as_bytes()), Some(value as i64));
        }

        #[test]
        fn times_agree_with_the_calendar_library(ms in EARLIEST..LATEST, minutes in -720_i32..840) {
            let time = jiff::Timestamp::from_millisecond(ms).unwrap();
            prop_assert_eq!(iso(ms), time.to_string());
            prop_assert_eq!(TimeFormat::YearFirst.parse(iso(ms).as_bytes()), Ok(ms));
            let zone = jiff::tz::Offset::from_seconds(minutes * 60).unwrap().to_time_zone();
            let mail = jiff::fmt::rfc2822::to_string(&time.to_zoned_datetime(zone)).unwrap();
            prop_assert_eq!(TimeFormat::Mail.parse(mail.as_bytes()), Ok(ms / 1000 * 1000), "{}", mail);
        }

        #[test]
        fn dates_are_those_of_the_calendar(year in 0_i16..=9999, month in -1_i8..14, of_month in -1_i8..33) {
            let want = jiff::civil::Date::new(year, month, of_month).ok();
            let got = day(year.into(), month.into(), of_month.into());
            prop_assert_eq!(want.is_some(), got.is_some());
            if let Some(ms) = got {
                prop_assert_eq!(date_of(ms / DAY), (year.into(), month.into(), of_month.into()));
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..24)) {
            for format in [TimeFormat::Seconds, TimeFormat::Milliseconds, TimeFormat::YearFirst,
                TimeFormat::DayFirst, TimeFormat::Compact, TimeFormat::Mail, TimeFormat::Order] {
                let _ = format.parse(&bytes);
            }
        }
    }
}
