//! Dates as feeds write them, most of them wrong in some way.
//!
//! In comes what stands in the element, out come Unix seconds or nothing: no date is invented. What
//! names no zone is taken for UTC, what names no time for midnight, and a day past the end of its
//! month for the first of the next, as clocks that count on do.

mod iso;
mod words;

use jiff::civil::Date;
use jiff::tz::TimeZone;

/// No date is longer, and none has to be looked for in a text that is.
const LONGEST: usize = 120;

/// Unix seconds of a date in RFC 3339, ISO 8601, RFC 2822, or one of the forms seen.
pub(super) fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST {
        return None;
    }
    let found = iso::parse(text).or_else(|| words::parse(text));
    // A day with something unreadable behind it is still that day.
    let found = found.or_else(|| iso::day(text));
    found?.instant()
}

/// A point in time as written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Written {
    year: i64,
    /// 1 to 12.
    month: i64,
    /// 1 to 31, or up to 366 in the first month for the days of a year.
    day: i64,
    second_of_day: i64,
    /// East of Greenwich.
    offset_seconds: i64,
}

impl Written {
    fn instant(self) -> Option<i64> {
        let first = Date::new(
            i16::try_from(self.year).ok()?,
            i8::try_from(self.month).ok()?,
            1,
        );
        let first = first.ok()?.to_zoned_datetime(TimeZone::UTC).ok()?;
        let days = (self.day - 1) * 86_400;
        Some(first.timestamp().as_second() + days + self.second_of_day - self.offset_seconds)
    }
}

/// A year of two digits, by the custom of POSIX.
fn full_year(year: i64, digits: usize) -> i64 {
    match (digits, year) {
        (2, 0..=68) => year + 2000,
        (2, _) => year + 1900,
        // Programs that write the years since 1900.
        (3, 100..=199) => year + 1900,
        _ => year,
    }
}

/// Seconds of a day; 24:00 and leap seconds run on into the next.
fn second_of_day(hour: i64, minute: i64, second: i64) -> Option<i64> {
    let known = (0..=24).contains(&hour) && (0..60).contains(&minute) && (0..=61).contains(&second);
    known.then_some(hour * 3600 + minute * 60 + second)
}

/// Seconds east of Greenwich of a zone's name in lower case.
fn zone(name: &str) -> Option<i64> {
    let minutes = match name {
        "z" | "ut" | "utc" | "gmt" | "wet" => 0,
        "bst" | "west" | "cet" | "met" | "mez" => 60,
        "cest" | "mest" | "mesz" | "eet" | "sast" => 120,
        "eest" | "msk" | "trt" => 180,
        "gst" => 240,
        "pkt" => 300,
        "ist" => 330,
        "hkt" | "sgt" | "awst" => 480,
        "jst" | "kst" => 540,
        "acst" => 570,
        "aest" => 600,
        "acdt" => 630,
        "aedt" => 660,
        "nzst" => 720,
        "nzdt" => 780,
        "brt" | "art" | "adt" => -180,
        "nst" => -210,
        "ndt" => -150,
        "ast" | "edt" => -240,
        "est" | "cdt" | "et" => -300,
        "cst" | "mdt" | "ct" => -360,
        "mst" | "pdt" | "mt" => -420,
        "pst" | "akdt" | "pt" => -480,
        "akst" => -540,
        "hst" => -600,
        letter => return military(letter),
    };
    Some(minutes * 60)
}

/// The letters of RFC 822 section 5, with the signs it gives them.
fn military(letter: &str) -> Option<i64> {
    let [letter] = letter.as_bytes() else {
        return None;
    };
    let hours = match letter {
        b'a'..=b'i' => -i64::from(letter - b'a') - 1,
        b'k'..=b'm' => -i64::from(letter - b'k') - 10,
        b'n'..=b'y' => i64::from(letter - b'n') + 1,
        _ => return None,
    };
    Some(hours * 3600)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_of_the_wild_are_read() {
        for (text, shown) in [
            ("2003-12-31T10:14:55Z", "2003-12-31T10:14:55Z"),
            ("2003-12-31t10:14:55.25z", "2003-12-31T10:14:55Z"),
            ("2003-12-31T10:14:55-08:00", "2003-12-31T18:14:55Z"),
            ("2003-12-31T10:14:55-0800", "2003-12-31T18:14:55Z"),
            ("2003-12-31T10:14:55+01", "2003-12-31T09:14:55Z"),
            ("2003-12-31 10:14:55 EST", "2003-12-31T15:14:55Z"),
            ("2003-12-31T10:14Z", "2003-12-31T10:14:00Z"),
            ("2003-12-31", "2003-12-31T00:00:00Z"),
            ("2003-12", "2003-12-01T00:00:00Z"),
            ("2003", "2003-01-01T00:00:00Z"),
            ("2003-335", "2003-12-01T00:00:00Z"),
            ("2003335", "2003-12-01T00:00:00Z"),
            ("20031231", "2003-12-31T00:00:00Z"),
            ("20031231T101455Z", "2003-12-31T10:14:55Z"),
            ("20031231101455", "2003-12-31T10:14:55Z"),
            ("031231", "2003-12-31T00:00:00Z"),
            ("03-12-31", "2003-12-31T00:00:00Z"),
            ("2004-W01-1", "2003-12-29T00:00:00Z"),
            ("2003-12-31T24:00:00Z", "2004-01-01T00:00:00Z"),
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
            ("2003/12/31 10:14:55", "2003-12-31T10:14:55Z"),
            ("2004-07-08 23:56:58.0", "2004-07-08T23:56:58Z"),
            ("2003-06-31T12:00:00Z", "2003-07-01T12:00:00Z"),
            ("2003-12-31Tnoon", "2003-12-31T00:00:00Z"),
            ("1072865695", "2003-12-31T10:14:55Z"),
            ("1072865695000", "2003-12-31T10:14:55Z"),
            ("Thu, 01 Jan 2004 19:48:21 GMT", "2004-01-01T19:48:21Z"),
            ("Fri, 01 Jan 2004 19:48:21 GMT", "2004-01-01T19:48:21Z"),
            ("Thu, 01 Jan 04 19:48:21 GMT", "2004-01-01T19:48:21Z"),
            ("Thu, 01 Jan 2004 19:48:21", "2004-01-01T19:48:21Z"),
            ("01 Jan 2004 19:48 +0130", "2004-01-01T18:18:00Z"),
            ("Thu, 1 January 2004 19:48:21 PST", "2004-01-02T03:48:21Z"),
            ("Thu,01 Jan 2004 19:48:21GMT", "2004-01-01T19:48:21Z"),
            ("Thu, 01 Jan 2004 19:48:21 B", "2004-01-01T21:48:21Z"),
            ("Thu, 01 Jan 2004", "2004-01-01T00:00:00Z"),
            ("Thursday, 01-Jan-04 19:48:21 GMT", "2004-01-01T19:48:21Z"),
            ("Thu Jan  1 19:48:21 2004", "2004-01-01T19:48:21Z"),
            ("Thu Jan 1 19:48:21 EST 2004", "2004-01-02T00:48:21Z"),
            (
                "Thu Jan 01 2004 19:48:21 GMT+0100 (CET)",
                "2004-01-01T18:48:21Z",
            ),
            ("January 1, 2004 7:48 PM", "2004-01-01T19:48:00Z"),
            ("July 4th, 2004 at 12:05 am", "2004-07-04T00:05:00Z"),
            ("Fri, 2006/09/15 08:19:53 EDT", "2006-09-15T12:19:53Z"),
            ("7/18/2004 5:00:00 PM", "2004-07-18T17:00:00Z"),
            ("18/7/2004", "2004-07-18T00:00:00Z"),
            ("18.07.2004 17:00", "2004-07-18T17:00:00Z"),
            ("2004-július-13T9:15-05:00", "2004-07-13T14:15:00Z"),
            ("mar., 13 avr. 2004 10:00 +0200", "2004-04-13T08:00:00Z"),
            ("13. März 2004, 10:00 MEZ", "2004-03-13T09:00:00Z"),
            ("Κυρ, 11 Ιούλ 2004 12:00:00 EST", "2004-07-11T17:00:00Z"),
            ("вс, 11 июля 2004 12:00:00 +0400", "2004-07-11T08:00:00Z"),
            ("2004년 05월 28일  01:31:15", "2004-05-27T16:31:15Z"),
            ("2004-05-25 오후 11:23:17", "2004-05-25T14:23:17Z"),
            ("December 2003", "2003-12-01T00:00:00Z"),
        ] {
            let found = parse(text).and_then(|at| jiff::Timestamp::from_second(at).ok());
            let found = found.map(|at| at.to_string());
            assert_eq!(found.as_deref(), Some(shown), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "yesterday",
            "12:30",
            "1 Jan",
            "13",
            "2003-13-01",
            "31.13.2004",
            "Thu, 01 Foo 2004 19:48:21 GMT",
            "99999999999999999999",
            "Jan Jan Jan",
            &"1".repeat(200),
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1024))]

        #[test]
        fn any_text_is_a_date_or_none(text in r"([0-9]{1,4}|[-+:/., TZ()]|Jan|märz|GMT|pm|\PC){0,16}") {
            let _either = parse(&text);
        }

        #[test]
        fn what_jiff_writes_is_read_back(at in 0_i64..4_000_000_000) {
            let instant = jiff::Timestamp::from_second(at).unwrap();
            prop_assert_eq!(parse(&instant.to_string()), Some(at));
            let mail = jiff::fmt::rfc2822::to_string(&instant.to_zoned_datetime(TimeZone::UTC)).unwrap();
            prop_assert_eq!(parse(&mail), Some(at));
        }
    }
}
