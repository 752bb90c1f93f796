//! Dates as pages write them: for machines, for people, and in addresses.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use url::Url;

use super::super::dates;

/// An instant and how far the clock it was written by is from UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct When {
    /// Unix seconds.
    pub(super) at: i64,
    /// Seconds east of UTC; 0 if the page does not say.
    pub(super) offset: i32,
}

/// Which of day and month stands first in "04/05/2026".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    DayFirst,
    MonthFirst,
}

impl Order {
    /// Only readers of American English put the month first.
    pub(super) fn of(language: Option<&str>) -> Self {
        let language = language.unwrap_or("en").to_ascii_lowercase();
        let other = [
            "en-gb", "en_gb", "en-au", "en-nz", "en-ie", "en-in", "en-za",
        ];
        if language.starts_with("en") && !other.contains(&language.as_str()) {
            Self::MonthFirst
        } else {
            Self::DayFirst
        }
    }
}

const EARLIEST_YEAR: i64 = 1990;
const LATEST_YEAR: i64 = 2100;

/// The first three letters of months where they differ from English, as far as news sites write them.
const MONTHS: &[(&str, i64)] = &[
    ("jan", 1),
    ("ene", 1),
    ("gen", 1),
    ("feb", 2),
    ("fév", 2),
    ("fev", 2),
    ("mar", 3),
    ("mär", 3),
    ("maa", 3),
    ("mrz", 3),
    ("apr", 4),
    ("avr", 4),
    ("abr", 4),
    ("may", 5),
    ("mai", 5),
    ("mag", 5),
    ("mei", 5),
    ("jun", 6),
    ("giu", 6),
    ("jul", 7),
    ("lug", 7),
    ("aug", 8),
    ("aoû", 8),
    ("ago", 8),
    ("sep", 9),
    ("set", 9),
    ("oct", 10),
    ("okt", 10),
    ("ott", 10),
    ("out", 10),
    ("nov", 11),
    ("dec", 12),
    ("dez", 12),
    ("dic", 12),
    ("déc", 12),
];

/// A date meant for machines, or else one found in text.
pub(super) fn parse(text: &str, order: Order) -> Option<When> {
    let text = text.trim();
    let at = numbered(text, order)
        .and_then(|text| dates::parse(&text))
        .or_else(|| dates::parse(text))
        .or_else(|| dates::parse(&joined(text)));
    match at.filter(|at| *at > 0) {
        // "2019" alone is a year, no date.
        Some(at) if text.len() > 7 => Some(When {
            at,
            offset: offset(text).unwrap_or(0),
        }),
        _ => found(text, order),
    }
}

/// "04/05/2026 10:30" with its numbers in the order of ISO 8601; nothing else.
fn numbered(text: &str, order: Order) -> Option<String> {
    let (date, time) = text.split_once(' ').unwrap_or((text, ""));
    let mut parts = date.split('/').map(str::parse::<u16>);
    let numbers = (
        parts.next()?.ok()?,
        parts.next()?.ok()?,
        parts.next()?.ok()?,
    );
    let (first, second, year) = numbers;
    let (month, day) = match order {
        Order::MonthFirst if first <= 12 => (first, second),
        Order::DayFirst if second > 12 => (first, second),
        Order::MonthFirst | Order::DayFirst => (second, first),
    };
    let whole = parts.next().is_none() && year >= 1000;
    whole.then(|| {
        format!("{year}-{month:02}-{day:02} {time}")
            .trim()
            .to_owned()
    })
}

/// "2019-11-20 10:30:00 +0100" as ISO 8601 writes it.
fn joined(text: &str) -> String {
    let mut text = text.replacen(' ', "T", 1).replace(' ', "");
    let tail = text.len().saturating_sub(5);
    let short = text.get(tail..).is_some_and(|zone| {
        zone.starts_with(['+', '-']) && zone.bytes().skip(1).all(|b| b.is_ascii_digit())
    });
    if short {
        text.insert(tail + 3, ':');
    }
    text
}

fn offset(text: &str) -> Option<i32> {
    let bare: String = text.chars().filter(|c| *c != ':').collect();
    if !bare.contains('T') && bare.matches(' ').count() < 2 {
        return None;
    }
    let zone = bare.get(bare.len().checked_sub(5)?..)?;
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours: i32 = zone.get(1..3)?.parse().ok()?;
    let minutes: i32 = zone.get(3..5)?.parse().ok()?;
    (hours <= 15 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Number(i64),
    Month(i64),
}

/// The first day in a text for people; midnight in UTC.
fn found(text: &str, order: Order) -> Option<When> {
    let text: String = text.chars().take(300).collect::<String>().to_lowercase();
    let pieces: Vec<Piece> = text
        .split(|c: char| !c.is_alphanumeric())
        .flat_map(split_digits)
        .filter_map(|word| {
            if word.starts_with(|c: char| c.is_ascii_digit()) {
                return word.parse().ok().map(Piece::Number);
            }
            let start: String = word.chars().take(3).collect();
            let month = MONTHS
                .iter()
                .find(|(name, _)| *name == start && word.len() < 12);
            month.map(|(_, month)| Piece::Month(*month))
        })
        .collect();
    pieces.windows(3).find_map(|three| {
        use Piece::{Month, Number};
        match *three {
            [Number(day), Month(month), Number(year)]
            | [Month(month), Number(day), Number(year)]
            | [Number(year), Month(month), Number(day)]
                if year >= EARLIEST_YEAR =>
            {
                day_of(year, month, day)
            }
            [Number(year), Number(month), Number(day)] if year >= EARLIEST_YEAR => {
                day_of(year, month, day)
            }
            [Number(a), Number(b), Number(year)] if year >= EARLIEST_YEAR => {
                let dotted = text.contains(&format!("{a}.")) || text.contains(&format!("{b}."));
                if b > 12 || (order == Order::MonthFirst && a <= 12 && !dotted) {
                    day_of(year, a, b)
                } else {
                    day_of(year, b, a)
                }
            }
            _ => None,
        }
    })
}

/// "20th" and "2019年" are a number and a word.
fn split_digits(word: &str) -> impl Iterator<Item = &str> {
    let end = word
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(word.len());
    let (digits, mut rest) = word.split_at(end);
    let mut parts = vec![digits];
    // Chinese and Japanese put no space between the parts of a date.
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let tail = &rest[at..];
        let end = tail
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(tail.len());
        parts.push(&tail[..end]);
        rest = &tail[end..];
    }
    if end == 0 {
        parts = vec![word];
    }
    parts.into_iter().filter(|part| !part.is_empty())
}

fn day_of(year: i64, month: i64, day: i64) -> Option<When> {
    if !(EARLIEST_YEAR..LATEST_YEAR).contains(&year) {
        return None;
    }
    let date = Date::new(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
    );
    let midnight = date.ok()?.to_zoned_datetime(TimeZone::UTC).ok()?;
    Some(When {
        at: midnight.timestamp().as_second(),
        offset: 0,
    })
}

/// The day in an address: `/2019/11/20/`, `/2019-11-20-`, `/20191120/`.
pub(super) fn in_url(url: &Url) -> Option<When> {
    let path = url.path();
    let bytes = path.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    (0..bytes.len()).find_map(|at| {
        if (at > 0 && digit(at - 1)) || !matches!(path.get(at..at + 2), Some("19" | "20")) {
            return None;
        }
        let run = (at..at + 9).take_while(|at| digit(*at)).count();
        let number = |from: usize, to: usize| path.get(from..to)?.parse::<i64>().ok();
        match run {
            8 => day_of(
                number(at, at + 4)?,
                number(at + 4, at + 6)?,
                number(at + 6, at + 8)?,
            ),
            4 => {
                let mut parts = path.get(at..)?.split(['/', '-', '_']);
                let year = parts.next()?.parse().ok()?;
                let mut short = || {
                    let part = parts.next()?;
                    (part.len() <= 2).then(|| part.parse().ok()).flatten()
                };
                let (month, day) = (short()?, short()?);
                day_of(year, month, day)
            }
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn day(when: Option<When>) -> Option<String> {
        let at = Timestamp::from_second(when?.at).unwrap().to_string();
        Some(at[..10].to_owned())
    }

    #[test]
    fn dates_for_people_and_machines_are_read() {
        for (text, order, expected) in [
            (
                "2019-11-20T10:30:00+0100",
                Order::MonthFirst,
                Some("2019-11-20"),
            ),
            (
                "2019-11-20 10:30:00 +0100",
                Order::MonthFirst,
                Some("2019-11-20"),
            ),
            (
                "Published: November 20th, 2019 at 4:20am",
                Order::MonthFirst,
                Some("2019-11-20"),
            ),
            (
                "Mittwoch, 20. März 2019",
                Order::DayFirst,
                Some("2019-03-20"),
            ),
            ("20.11.2019", Order::MonthFirst, Some("2019-11-20")),
            ("04/05/2019", Order::MonthFirst, Some("2019-04-05")),
            ("04/05/2019", Order::DayFirst, Some("2019-05-04")),
            (
                "20 de noviembre de 2019",
                Order::DayFirst,
                Some("2019-11-20"),
            ),
            ("2019年11月20日", Order::DayFirst, Some("2019-11-20")),
            ("yesterday", Order::DayFirst, None),
            ("2019", Order::DayFirst, None),
            ("99.99.2019", Order::DayFirst, None),
        ] {
            assert_eq!(day(parse(text, order)).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn the_clock_of_the_page_is_remembered() {
        for (text, offset) in [
            ("2019-11-20T00:30:00+02:00", 7200),
            ("2019-11-20T00:30:00-0530", -19800),
            ("2019-11-20T00:30:00Z", 0),
            ("2019-11-20", 0),
        ] {
            assert_eq!(
                parse(text, Order::DayFirst).unwrap().offset,
                offset,
                "{text}"
            );
        }
    }

    #[test]
    fn addresses_tell_their_day() {
        for (path, expected) in [
            ("/2019/11/20/boats", Some("2019-11-20")),
            ("/news/2019-11-20-boats.html", Some("2019-11-20")),
            ("/a/20191120/b", Some("2019-11-20")),
            ("/2019/boats", None),
            ("/story-201911201234", None),
            ("/2019/13/40/", None),
        ] {
            let url = Url::parse(&format!("https://example.org{path}")).unwrap();
            assert_eq!(day(in_url(&url)).as_deref(), expected, "{path}");
        }
    }
}
