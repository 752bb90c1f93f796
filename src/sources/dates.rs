//! Dates as feeds write them, most of them wrong in some way.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, fmt::rfc2822};

static MAIL_DATES: rfc2822::DateTimeParser = rfc2822::DateTimeParser::new().relaxed_weekday(true);

/// Forms without a zone, taken as UTC.
const LOCAL: [&str; 8] = [
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
    "%Y%m%dT%H%M%S",
    "%d %b %Y %H:%M:%S",
    "%d %B %Y %H:%M:%S",
    "%a %b %d %H:%M:%S %Y",
];
const DAYS: [&str; 6] = [
    "%Y-%m-%d",
    "%Y%m%d",
    "%d %b %Y",
    "%d %B %Y",
    "%B %d, %Y",
    "%Y/%m/%d",
];

/// Unix seconds of a date in RFC 3339, RFC 2822, or one of the forms seen; nothing if it is none.
pub(super) fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    if text.len() > 64 {
        return None;
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.as_second());
    }
    if let Ok(at) = MAIL_DATES.parse_timestamp(text) {
        return Some(at.as_second());
    }
    // "Thu, 01 Jan 2004 19:48:21" and "… UTC": the weekday and a zone of letters say nothing new.
    let bare = text.split_once(", ").map_or(text, |(_, rest)| rest);
    let bare = bare.trim_end_matches(|c: char| c.is_ascii_uppercase() || c == ' ');
    for candidate in [text, bare] {
        for form in LOCAL {
            if let Ok(local) = DateTime::strptime(form, candidate) {
                return Some(
                    local
                        .to_zoned_datetime(TimeZone::UTC)
                        .ok()?
                        .timestamp()
                        .as_second(),
                );
            }
        }
        for form in DAYS {
            if let Ok(day) = Date::strptime(form, candidate) {
                return Some(
                    day.to_zoned_datetime(TimeZone::UTC)
                        .ok()?
                        .timestamp()
                        .as_second(),
                );
            }
        }
    }
    parts(text)
}

/// "2003" and "2003-12" (W3C-DTF): the first day of it.
fn parts(text: &str) -> Option<i64> {
    let (year, month) = text.split_once('-').unwrap_or((text, "1"));
    if year.len() != 4 || month.len() > 2 {
        return None;
    }
    let day = Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()?;
    Some(
        day.to_zoned_datetime(TimeZone::UTC)
            .ok()?
            .timestamp()
            .as_second(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_the_wild_are_read() {
        for (text, seconds) in [
            ("2003-12-31T10:14:55Z", Some(1_072_865_695)),
            ("2003-12-31T10:14:55-08:00", Some(1_072_894_495)),
            ("Thu, 01 Jan 2004 19:48:21 GMT", Some(1_072_986_501)),
            ("Fri, 01 Jan 2004 19:48:21 GMT", Some(1_072_986_501)),
            ("Thu, 01 Jan 2004 19:48:21", Some(1_072_986_501)),
            ("2004-01-01 19:48:21", Some(1_072_986_501)),
            ("2003-12-31", Some(1_072_828_800)),
            ("2003-12", Some(1_070_236_800)),
            ("2003", Some(1_041_379_200)),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(parse(text), seconds, "{text}");
        }
    }
}
