//! Numbers from the year down: RFC 3339, W3C-DTF, ISO 8601 in its compact, ordinal and week forms.

use jiff::civil::{ISOWeekDate, Weekday};

use super::{Written, full_year, second_of_day, zone};

/// The whole text as a date, or nothing.
pub(super) fn parse(text: &str) -> Option<Written> {
    if let Some(written) = counted(text) {
        return Some(written);
    }
    let (mut written, rest) = date(text)?;
    let rest = rest.trim_start_matches(['T', 't', ' ', '_']);
    if rest.is_empty() {
        return Some(written);
    }
    let (seconds, rest) = time(rest)?;
    written.second_of_day = seconds;
    written.offset_seconds = offset(rest.trim())?;
    Some(written)
}

/// The day a text begins with, whatever follows it.
pub(super) fn day(text: &str) -> Option<Written> {
    let (written, rest) = date(text)?;
    // "2003-13-01" is no year with something unreadable behind it.
    let cut = rest.starts_with(['-', '/', '.']) || rest.starts_with(|c: char| c.is_ascii_digit());
    (!cut && text.len() - rest.len() >= 8).then_some(written)
}

/// Unix seconds or milliseconds, and the fourteen digits of a date and time.
fn counted(text: &str) -> Option<Written> {
    let number: i64 = text.parse().ok().filter(|_| all_digits(text))?;
    let since_epoch = |seconds: i64| Written {
        year: 1970,
        month: 1,
        day: 1,
        second_of_day: seconds,
        offset_seconds: 0,
    };
    match text.len() {
        10 => Some(since_epoch(number)),
        13 => Some(since_epoch(number / 1000)),
        14 => {
            let (written, time_of_day) = (date(&text[..8])?.0, time(&text[8..])?.0);
            Some(Written {
                second_of_day: time_of_day,
                ..written
            })
        }
        _ => None,
    }
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The digits a text begins with, and the rest.
fn digits(text: &str) -> (&str, &str) {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit());
    text.split_at(end.unwrap_or(text.len()))
}

fn date(text: &str) -> Option<(Written, &str)> {
    let (first, rest) = digits(text);
    let number = |part: &str| part.parse::<i64>().ok();
    let part = |from: usize, to: usize| number(first.get(from..to)?);
    match first.len() {
        8 => Some((month_day(part(0, 4)?, part(4, 6)?, part(6, 8)?)?, rest)),
        7 => Some((day_of_year(part(0, 4)?, part(4, 7)?)?, rest)),
        6 => Some((
            month_day(full_year(part(0, 2)?, 2), part(2, 4)?, part(4, 6)?)?,
            rest,
        )),
        length @ (2 | 4) => separated(full_year(number(first)?, length), length, rest),
        _ => None,
    }
}

/// What follows a year: months and days, days of the year, or weeks.
fn separated(year: i64, year_digits: usize, rest: &str) -> Option<(Written, &str)> {
    let whole = year_digits == 4;
    let alone = || Some((month_day(year, 1, 1)?, rest)).filter(|_| whole);
    let Some(separator) = rest.chars().next().filter(|c| matches!(c, '-' | '/' | '.')) else {
        return alone();
    };
    let after = &rest[1..];
    if let Some(week) = after.strip_prefix(['W', 'w']) {
        return week_day(year, week).filter(|_| whole);
    }
    let (second, rest) = digits(after);
    let number: i64 = second.parse().ok()?;
    if second.len() == 3 {
        return Some((day_of_year(year, number)?, rest));
    }
    if second.len() > 2 {
        return None;
    }
    match rest.strip_prefix(separator) {
        Some(after) => {
            let (third, rest) = digits(after);
            let day = third.parse().ok().filter(|_| third.len() <= 2)?;
            Some((month_day(year, number, day)?, rest))
        }
        None => Some((month_day(year, number, 1)?, rest)).filter(|_| whole),
    }
}

fn month_day(year: i64, month: i64, day: i64) -> Option<Written> {
    let known = (1..=12).contains(&month) && (1..=31).contains(&day);
    known.then_some(Written {
        year,
        month,
        day,
        ..Written::default()
    })
}

fn day_of_year(year: i64, day: i64) -> Option<Written> {
    (1..=366).contains(&day).then_some(Written {
        year,
        month: 1,
        day,
        ..Written::default()
    })
}

fn week_day(year: i64, text: &str) -> Option<(Written, &str)> {
    let (first, rest) = digits(text);
    let (day, rest) = match rest.strip_prefix('-').map(digits) {
        Some((day, rest)) => (day, rest),
        None => ("1", rest),
    };
    let (week, day) = match first.len() {
        2 => (first, day),
        3 => first.split_at(2),
        _ => return None,
    };
    let weekday = Weekday::from_monday_one_offset(day.parse().ok()?).ok()?;
    let week = ISOWeekDate::new(i16::try_from(year).ok()?, week.parse().ok()?, weekday).ok()?;
    let date = week.date();
    let written = month_day(date.year().into(), date.month().into(), date.day().into())?;
    Some((written, rest))
}

/// "10:14", "10:14:55.25", "101455", "1014".
fn time(text: &str) -> Option<(i64, &str)> {
    let (first, rest) = digits(text);
    let number = |part: &str| part.parse::<i64>().ok();
    let (hour, minute, second, rest) = match (first.len(), rest.strip_prefix(':')) {
        (1 | 2, Some(after)) => {
            let (minute, rest) = digits(after);
            let seconds = rest.strip_prefix(':').map(digits);
            let (second, rest) = seconds.unwrap_or(("0", rest));
            (number(first)?, number(minute)?, number(second)?, rest)
        }
        (4, None) => (number(&first[..2])?, number(&first[2..])?, 0, rest),
        (6, None) => (
            number(&first[..2])?,
            number(&first[2..4])?,
            number(&first[4..])?,
            rest,
        ),
        _ => return None,
    };
    let rest = match rest.strip_prefix(['.', ',']).map(digits) {
        Some((_fraction, rest)) => rest,
        None => rest,
    };
    Some((second_of_day(hour, minute, second)?, rest))
}

/// "", "Z", "EST", "+01:00", "-0800", "+01".
pub(super) fn offset(text: &str) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    let sign = match text.as_bytes().first() {
        Some(b'+') => 1,
        Some(b'-') => -1,
        _ => return zone(&text.to_ascii_lowercase()),
    };
    let packed = text[1..].replace(':', "");
    if !all_digits(&packed) {
        return None;
    }
    let (hours, minutes) = match packed.len() {
        1 | 2 => (packed.as_str(), "0"),
        3 | 4 => packed.split_at(packed.len() - 2),
        _ => return None,
    };
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 23 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}
