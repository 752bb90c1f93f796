//! When an edition is due: slots in local time, safe across daylight saving.
//!
//! A slot is named by its local date, so a day has one slot whatever its length: a time that does not
//! exist (clocks go forward) is taken at the same distance after the gap, a time that exists twice is
//! taken the first time.

use courant_languages::{Locale, Rhythm};
use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::{Digest, Edition, Error};

/// How often a digest comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Every {
    /// On every chosen weekday.
    Day,
    /// Once a week, on the first of the chosen weekdays.
    Week,
}

/// A weekday as written in `digest.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the days of the week need no words")]
pub enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Day {
    fn weekday(self) -> Weekday {
        match self {
            Self::Monday => Weekday::Monday,
            Self::Tuesday => Weekday::Tuesday,
            Self::Wednesday => Weekday::Wednesday,
            Self::Thursday => Weekday::Thursday,
            Self::Friday => Weekday::Friday,
            Self::Saturday => Weekday::Saturday,
            Self::Sunday => Weekday::Sunday,
        }
    }

    /// Its English name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Monday => "Monday",
            Self::Tuesday => "Tuesday",
            Self::Wednesday => "Wednesday",
            Self::Thursday => "Thursday",
            Self::Friday => "Friday",
            Self::Saturday => "Saturday",
            Self::Sunday => "Sunday",
        }
    }
}

/// Reads "07:00".
///
/// # Errors
/// When it is none.
pub fn time_of_day(text: &str) -> Result<Time, Error> {
    let (hour, minute) = text.split_once(':').unwrap_or_default();
    let is_whole = hour.len() == 2 && minute.len() == 2;
    let numbers = hour.parse().ok().zip(minute.parse().ok());
    let time = numbers.and_then(|(hour, minute)| Time::new(hour, minute, 0, 0).ok());
    let message = || Error::Schedule(format!("\"{text}\" is not a time of day such as \"07:00\""));
    time.filter(|_| is_whole).ok_or_else(message)
}

/// The time of the day at which an edition reaches each reader where they are.
#[derive(Debug, Clone)]
pub struct Morning {
    at: Time,
    slot: Timestamp,
    zone: TimeZone,
}

impl Morning {
    /// That of an edition, if its digest has one.
    #[must_use]
    pub fn of_edition(digest: &Digest, edition: &Edition) -> Option<Self> {
        Some(Self {
            at: time_of_day(digest.local_at.as_deref()?).ok()?,
            slot: edition.slot_at,
            zone: edition.frame.zone(),
        })
    }

    /// When that is for a reader of this time zone, Unix seconds: the first such time after the slot began.
    /// A zone that is unknown, or none, is the digest's. Where clocks skip the time, it is as much later.
    #[must_use]
    pub fn of(&self, zone: Option<&str>) -> i64 {
        let zone = zone.and_then(|name| TimeZone::get(name).ok());
        let zone = zone.unwrap_or_else(|| self.zone.clone());
        let date = self.slot.to_zoned_datetime(zone.clone()).date();
        let on = |date: Date| {
            let local = date.to_datetime(self.at).to_zoned_datetime(zone.clone());
            local.ok().map(|local| local.timestamp())
        };
        let today = on(date).filter(|at| *at >= self.slot);
        let morning = today.or_else(|| on(date.tomorrow().ok()?));
        morning.unwrap_or(self.slot).as_second()
    }
}

/// When a digest is due.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// How often.
    pub every: Every,
    /// On which weekdays; a weekly digest takes the first.
    pub on: Vec<Day>,
    /// At which local time.
    pub at: Time,
    /// Where.
    pub zone: TimeZone,
}

/// One due time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The local date that names it.
    pub date: Date,
    /// When it begins.
    pub begins: Timestamp,
    /// When the next one begins: until then this one can be caught up.
    pub ends: Timestamp,
}

impl Schedule {
    /// Reads "07:00" and an IANA zone name.
    ///
    /// # Errors
    /// When either is not one, or no weekday is chosen.
    pub fn parse(every: Every, on: &[Day], at: &str, zone: &str) -> Result<Self, Error> {
        let wrong = |what: &str, text: &str| Error::Schedule(format!("\"{text}\" is not {what}"));
        let at = time_of_day(at)?;
        let zone = TimeZone::get(zone)
            .map_err(|_| wrong("a time zone such as \"Europe/Berlin\"", zone))?;
        if on.is_empty() {
            return Err(Error::Schedule("no weekday is chosen".to_owned()));
        }
        Ok(Self {
            every,
            on: on.to_vec(),
            at,
            zone,
        })
    }

    fn is_due_on(&self, date: Date) -> bool {
        let weekday = date.weekday();
        match self.every {
            Every::Day => self.on.iter().any(|day| day.weekday() == weekday),
            Every::Week => self.on.first().is_some_and(|day| day.weekday() == weekday),
        }
    }

    fn begins(&self, date: Date) -> Result<Timestamp, Error> {
        let local = date.to_datetime(self.at);
        let zoned = local.to_zoned_datetime(self.zone.clone());
        Ok(zoned
            .map_err(|error| Error::Schedule(error.to_string()))?
            .timestamp())
    }

    /// The slot that `now` lies in: the latest one that has begun.
    ///
    /// # Errors
    /// Only at the ends of the calendar.
    pub fn slot(&self, now: Timestamp) -> Result<Slot, Error> {
        let calendar = |error: jiff::Error| Error::Schedule(error.to_string());
        // From tomorrow backwards: a zone's date can differ from ours, and a week has at most 7 days.
        let mut date = now
            .to_zoned_datetime(self.zone.clone())
            .date()
            .tomorrow()
            .map_err(calendar)?;
        let mut ends = None;
        for _ in 0..16 {
            if self.is_due_on(date) {
                let begins = self.begins(date)?;
                if begins <= now {
                    let ends = match ends {
                        Some(ends) => ends,
                        None => self.next_after(date)?,
                    };
                    return Ok(Slot { date, begins, ends });
                }
                ends = Some(begins);
            }
            date = date.yesterday().map_err(calendar)?;
        }
        Err(Error::Schedule("no slot found in two weeks".to_owned()))
    }

    fn next_after(&self, date: Date) -> Result<Timestamp, Error> {
        let mut date = date;
        for _ in 0..8 {
            date = date
                .tomorrow()
                .map_err(|error| Error::Schedule(error.to_string()))?;
            if self.is_due_on(date) {
                break;
            }
        }
        self.begins(date)
    }

    /// The same as [`Schedule::in_words`], as readers of a language are told.
    #[must_use]
    pub fn in_language(&self, locale: &Locale) -> String {
        use Weekday::{Friday, Monday, Thursday, Tuesday, Wednesday};
        let days: Vec<_> = self.on.iter().map(|day| day.weekday()).collect();
        let rhythm = match (self.every, days.as_slice()) {
            (Every::Week, [day, ..]) => Rhythm::Weekly(*day),
            (_, days) if days.len() == 7 => Rhythm::Daily,
            (_, [Monday, Tuesday, Wednesday, Thursday, Friday]) => Rhythm::Weekdays,
            (_, days) => Rhythm::Days(days.to_vec()),
        };
        locale.schedule(&rhythm, self.at)
    }

    /// "every day at 07:00", "on Monday and Friday at 07:00", "every Saturday at 08:00".
    #[must_use]
    pub fn in_words(&self) -> String {
        let at = self.at.strftime("%H:%M");
        let names: Vec<_> = self.on.iter().map(|day| day.name()).collect();
        match (self.every, names.as_slice()) {
            (Every::Week, [day, ..]) => format!("every {day} at {at}"),
            (Every::Day, days) if days.len() == 7 => format!("every day at {at}"),
            (Every::Day, ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]) => {
                format!("weekdays at {at}")
            }
            (Every::Day, [before @ .., last]) if !before.is_empty() => {
                format!("on {} and {last} at {at}", before.join(", "))
            }
            (_, days) => format!("on {} at {at}", days.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Day; 7] = [
        Day::Monday,
        Day::Tuesday,
        Day::Wednesday,
        Day::Thursday,
        Day::Friday,
        Day::Saturday,
        Day::Sunday,
    ];

    fn slot(schedule: &Schedule, now: &str) -> (String, String, String) {
        let slot = schedule.slot(now.parse().unwrap()).unwrap();
        (
            slot.date.to_string(),
            slot.begins.to_string(),
            slot.ends.to_string(),
        )
    }

    fn expect(schedule: &Schedule, cases: &[(&str, &str, &str, &str)]) {
        for (now, date, begins, ends) in cases {
            let found = slot(schedule, now);
            assert_eq!(
                (found.0.as_str(), found.1.as_str(), found.2.as_str()),
                (*date, *begins, *ends),
                "{now}"
            );
        }
    }

    #[test]
    fn a_daily_slot_lasts_until_the_next() {
        let schedule = Schedule::parse(Every::Day, &ALL, "07:00", "Europe/Berlin").unwrap();
        expect(
            &schedule,
            &[
                (
                    "2026-11-23T05:59:59Z",
                    "2026-11-22",
                    "2026-11-22T06:00:00Z",
                    "2026-11-23T06:00:00Z",
                ),
                (
                    "2026-11-23T06:00:00Z",
                    "2026-11-23",
                    "2026-11-23T06:00:00Z",
                    "2026-11-24T06:00:00Z",
                ),
                (
                    "2026-11-23T23:30:00Z",
                    "2026-11-23",
                    "2026-11-23T06:00:00Z",
                    "2026-11-24T06:00:00Z",
                ),
            ],
        );
    }

    #[test]
    fn one_slot_a_day_when_the_clocks_change() {
        // 02:30 does not exist on 2027-03-28 and exists twice on 2026-10-25.
        let schedule = Schedule::parse(Every::Day, &ALL, "02:30", "Europe/Berlin").unwrap();
        expect(
            &schedule,
            &[
                (
                    "2027-03-28T01:30:00Z",
                    "2027-03-28",
                    "2027-03-28T01:30:00Z",
                    "2027-03-29T00:30:00Z",
                ),
                (
                    "2027-03-28T01:29:59Z",
                    "2027-03-27",
                    "2027-03-27T01:30:00Z",
                    "2027-03-28T01:30:00Z",
                ),
                (
                    "2026-10-25T00:30:00Z",
                    "2026-10-25",
                    "2026-10-25T00:30:00Z",
                    "2026-10-26T01:30:00Z",
                ),
                (
                    "2026-10-25T01:45:00Z",
                    "2026-10-25",
                    "2026-10-25T00:30:00Z",
                    "2026-10-26T01:30:00Z",
                ),
            ],
        );
    }

    #[test]
    fn weekdays_and_weeks_skip_the_other_days() {
        let working = Schedule::parse(Every::Day, &ALL[..5], "07:00", "UTC").unwrap();
        let weekly =
            Schedule::parse(Every::Week, &[Day::Saturday], "08:00", "America/New_York").unwrap();
        expect(
            &working,
            &[(
                "2026-11-22T12:00:00Z",
                "2026-11-20",
                "2026-11-20T07:00:00Z",
                "2026-11-23T07:00:00Z",
            )],
        );
        expect(
            &weekly,
            &[(
                "2026-11-27T12:00:00Z",
                "2026-11-21",
                "2026-11-21T13:00:00Z",
                "2026-11-28T13:00:00Z",
            )],
        );
        assert_eq!(working.in_words(), "weekdays at 07:00");
        assert_eq!(weekly.in_words(), "every Saturday at 08:00");
    }

    #[test]
    fn mistakes_are_named() {
        for (at, zone, named) in [
            (
                "7:00",
                "UTC",
                "\"7:00\" is not a time of day such as \"07:00\"",
            ),
            (
                "25:00",
                "UTC",
                "\"25:00\" is not a time of day such as \"07:00\"",
            ),
            (
                "07:00",
                "Mars/Olympus",
                "\"Mars/Olympus\" is not a time zone such as \"Europe/Berlin\"",
            ),
        ] {
            let error = Schedule::parse(Every::Day, &ALL, at, zone).unwrap_err();
            assert_eq!(error.to_string(), named);
        }
    }

    #[test]
    fn a_morning_is_the_first_after_the_slot_where_a_reader_is() {
        let morning = |slot: &str| Morning {
            at: time_of_day("07:00").unwrap(),
            slot: slot.parse().unwrap(),
            zone: TimeZone::get("Europe/Berlin").unwrap(),
        };
        for (slot, zone, wanted) in [
            (
                "2026-11-27T05:00:00Z",
                Some("Europe/Berlin"),
                "2026-11-27T06:00:00Z",
            ),
            ("2026-11-27T05:00:00Z", None, "2026-11-27T06:00:00Z"),
            (
                "2026-11-27T05:00:00Z",
                Some("No/Where"),
                "2026-11-27T06:00:00Z",
            ),
            (
                "2026-11-27T05:00:00Z",
                Some("America/New_York"),
                "2026-11-27T12:00:00Z",
            ),
            // It is past seven there: the next morning.
            (
                "2026-11-27T05:00:00Z",
                Some("Asia/Tokyo"),
                "2026-11-27T22:00:00Z",
            ),
            (
                "2026-11-27T06:00:00Z",
                Some("Europe/Berlin"),
                "2026-11-27T06:00:00Z",
            ),
            // Seven o'clock is at another distance on the day when clocks change.
            (
                "2026-03-29T00:30:00Z",
                Some("Europe/Berlin"),
                "2026-03-29T05:00:00Z",
            ),
            (
                "2026-10-25T00:30:00Z",
                Some("Europe/Berlin"),
                "2026-10-25T06:00:00Z",
            ),
        ] {
            let at = Timestamp::from_second(morning(slot).of(zone)).unwrap();
            assert_eq!(at.to_string(), wanted, "{slot} {zone:?}");
        }
        // A time that the clocks skip is as much later.
        let skipped = Morning {
            at: time_of_day("02:30").unwrap(),
            ..morning("2026-03-29T00:00:00Z")
        };
        let at = Timestamp::from_second(skipped.of(None)).unwrap();
        assert_eq!(at.to_string(), "2026-03-29T01:30:00Z");
    }
}
