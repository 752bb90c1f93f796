//! Dates and times as a place writes them, in the Gregorian calendar.
//!
//! The CLDR puts a narrow no-break space before "AM"; fonts of mail programs often have none and show
//! a box, so the ordinary no-break space takes its place.

use icu_calendar::{Date as IcuDate, Gregorian};
use icu_datetime::FixedCalendarDateTimeFormatter;
use icu_datetime::fieldsets::{E, MD, MDE, T, YM, YMD, YMDE};
use icu_datetime::input::{DateTime as IcuDateTime, Time as IcuTime};
use jiff::civil::{Date, DateTime, Time, Weekday, date};

use crate::Locale;

/// Formats with one set of fields; `$else` where the calendar or the data cannot.
macro_rules! format {
    ($locale:expr, $fields:expr, $input:expr, $else:expr) => {{
        let formatter =
            FixedCalendarDateTimeFormatter::<Gregorian, _>::try_new((&$locale.icu).into(), $fields);
        match formatter.ok().zip($input) {
            Some((formatter, input)) => formatter
                .format(&input)
                .to_string()
                .replace('\u{202f}', "\u{a0}"),
            None => $else.to_string(),
        }
    }};
}

fn day_of(day: Date) -> Option<IcuDate<Gregorian>> {
    let part = |part: i8| u8::try_from(part).ok();
    IcuDate::try_new_gregorian(day.year().into(), part(day.month())?, part(day.day())?).ok()
}

fn time_of(time: Time) -> Option<IcuTime> {
    let part = |part: i8| u8::try_from(part).ok();
    IcuTime::try_new(part(time.hour())?, part(time.minute())?, 0, 0).ok()
}

impl Locale {
    /// "Tuesday, December 5, 2023".
    #[must_use]
    pub fn date(&self, day: Date) -> String {
        format!(self, YMDE::long(), day_of(day), day)
    }

    /// "December 5, 2023".
    #[must_use]
    pub fn day(&self, day: Date) -> String {
        format!(self, YMD::long(), day_of(day), day)
    }

    /// "Tuesday, December 5".
    #[must_use]
    pub fn weekday_and_day(&self, day: Date) -> String {
        format!(self, MDE::long(), day_of(day), day)
    }

    /// "December 2023".
    #[must_use]
    pub fn month(&self, day: Date) -> String {
        format!(self, YM::long(), day_of(day), day)
    }

    /// "Dec 5".
    #[must_use]
    pub fn short_day(&self, day: Date) -> String {
        format!(self, MD::medium(), day_of(day), day)
    }

    /// "6:12 AM".
    #[must_use]
    pub fn time(&self, time: Time) -> String {
        format!(self, T::hm(), time_of(time), time)
    }

    /// "Mon 6:12 PM".
    #[must_use]
    pub fn weekday_and_time(&self, at: DateTime) -> String {
        let input = day_of(at.date())
            .zip(time_of(at.time()))
            .map(|(date, time)| IcuDateTime { date, time });
        format!(self, E::short().with_time_hm(), input, at)
    }

    /// "Monday".
    #[must_use]
    pub fn weekday(&self, day: Weekday) -> String {
        // The first of January 2024 was a Monday.
        let day = date(2024, 1, 1 + day.to_monday_zero_offset());
        format!(self, E::long(), day_of(day), day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::datetime;

    #[test]
    fn dates_and_times_are_written_as_the_place_does() {
        let at = datetime(2023, 12, 5, 18, 12, 0, 0);
        for (tag, date, day, time, weekday, short) in [
            (
                "en",
                "Tuesday, December 5, 2023",
                "December 5, 2023",
                "6:12\u{a0}PM",
                "Tue 6:12\u{a0}PM",
                "Dec 5",
            ),
            (
                "en-GB",
                "Tuesday, 5 December 2023",
                "5 December 2023",
                "18:12",
                "Tue 18:12",
                "5 Dec",
            ),
            (
                "de",
                "Dienstag, 5. Dezember 2023",
                "5. Dezember 2023",
                "18:12",
                "Di., 18:12",
                "5. Dez.",
            ),
            (
                "fr",
                "mardi 5 décembre 2023",
                "5 décembre 2023",
                "18:12",
                "mar. 18:12",
                "5 déc.",
            ),
            (
                "es",
                "martes, 5 de diciembre de 2023",
                "5 de diciembre de 2023",
                "18:12",
                "mar, 18:12",
                "5 dic",
            ),
            (
                "zh",
                "2023年12月5日星期二",
                "2023年12月5日",
                "18:12",
                "周二18:12",
                "12月5日",
            ),
            (
                "ja",
                "2023年12月5日火曜日",
                "2023年12月5日",
                "18:12",
                "18:12 (火)",
                "12月5日",
            ),
            (
                "ar",
                "الثلاثاء، 5 ديسمبر 2023",
                "5 ديسمبر 2023",
                "6:12 م",
                "الثلاثاء 6:12 م",
                "5 ديسمبر",
            ),
        ] {
            let locale = Locale::of(tag);
            assert_eq!(
                [
                    locale.date(at.date()),
                    locale.day(at.date()),
                    locale.time(at.time()),
                    locale.weekday_and_time(at),
                    locale.short_day(at.date()),
                ],
                [date, day, time, weekday, short],
                "{tag}"
            );
        }
        assert_eq!(Locale::of("en").weekday(Weekday::Sunday), "Sunday");
        assert_eq!(Locale::of("ar-SA").day(at.date()), "٥ ديسمبر ٢٠٢٣");
    }
}
