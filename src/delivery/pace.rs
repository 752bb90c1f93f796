//! How fast we may be: so many a second, an hour, a day, less on the first days, only at some hours.
//!
//! Seconds are kept by waiting. Hours and days are sliding windows over what was given out, whichever
//! process and edition gave it: a call gives out what is left and ends, and the next one goes on, as cron
//! does every ten minutes.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil::Date};
use serde::Deserialize;

use crate::clock;

/// `[delivery.limits]` in `digest.toml`; nothing is limited that is not given.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Messages a second, of one process.
    pub per_second: Option<u32>,
    /// Messages in any hour.
    pub per_hour: Option<u64>,
    /// Messages in any 24 hours.
    pub per_day: Option<u64>,
    /// First day of a new sender, such as "2026-11-27"; with `warm_up_from` the days' limits grow.
    pub warm_up_since: Option<String>,
    /// Messages on that day; half as many more on each further day.
    pub warm_up_from: Option<u64>,
    /// Nothing is sent before this time of the day, such as "06:00" …
    pub from: Option<String>,
    /// … nor from this time on.
    pub until: Option<String>,
    /// The time zone of both, and of the days.
    pub time_zone: Option<String>,
}

impl Config {
    /// What is wrong with it: a key and why.
    #[must_use]
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let mut all = Vec::new();
        if let Some(date) = &self.warm_up_since
            && date.parse::<Date>().is_err()
        {
            all.push(("warm_up_since", format!("\"{date}\" is not a date")));
        }
        if self.warm_up_since.is_some() != self.warm_up_from.is_some() {
            let message = "warm_up_since and warm_up_from belong together".to_owned();
            all.push(("warm_up_from", message));
        }
        for (key, time) in [("from", &self.from), ("until", &self.until)] {
            if let Some(time) = time
                && time.parse::<Time>().is_err()
            {
                all.push((key, format!("\"{time}\" is not a time of the day")));
            }
        }
        if let Some(zone) = &self.time_zone
            && TimeZone::get(zone).is_err()
        {
            all.push(("time_zone", format!("\"{zone}\" is not a time zone")));
        }
        if self.per_second == Some(0) {
            all.push(("per_second", "this has to be at least 1".to_owned()));
        }
        all
    }

    fn zone(&self) -> TimeZone {
        let zone = self.time_zone.as_deref().map(TimeZone::get);
        zone.and_then(Result::ok).unwrap_or(TimeZone::UTC)
    }

    /// Whether mail may leave at this time of the day.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        let time = now.to_zoned_datetime(self.zone()).time();
        let parsed = |text: &Option<String>| text.as_deref().and_then(|text| text.parse().ok());
        match (parsed(&self.from), parsed(&self.until)) {
            (None, None) => true,
            (Some(from), None) => time >= from,
            (None, Some(until)) => time < until,
            (Some(from), Some(until)) if from <= until => time >= from && time < until,
            // Over midnight.
            (Some(from), Some(until)) => time >= from || time < until,
        }
    }

    /// Whether hours or days are limited.
    #[must_use]
    pub fn has_windows(&self) -> bool {
        self.per_hour.is_some() || self.per_day.is_some() || self.warm_up_from.is_some()
    }

    /// Messages that may still leave, by what left in the last hour and the last 24.
    #[must_use]
    pub fn left(&self, now: Timestamp, last_hour: u64, last_day: u64) -> u64 {
        let hour = self.per_hour;
        let hour = hour.map_or(u64::MAX, |limit| limit.saturating_sub(last_hour));
        let day = match (self.per_day, self.warm_up(now)) {
            (None, u64::MAX) => u64::MAX,
            (limit, warm_up) => limit
                .unwrap_or(u64::MAX)
                .min(warm_up)
                .saturating_sub(last_day),
        };
        hour.min(day)
    }

    /// The day's limit while a sender is new: half as many more every day.
    fn warm_up(&self, now: Timestamp) -> u64 {
        let since = self.warm_up_since.as_deref();
        let since = since.and_then(|text| text.parse::<Date>().ok());
        let (Some(since), Some(first)) = (since, self.warm_up_from) else {
            return u64::MAX;
        };
        let today = now.to_zoned_datetime(self.zone()).date();
        let days = today.duration_since(since).as_hours() / 24;
        (0..days.clamp(0, 100)).fold(first, |limit, _| limit.saturating_add(limit / 2))
    }
}

/// Keeps the seconds.
#[derive(Debug)]
pub(super) struct Pace {
    every: Option<Duration>,
    next: Mutex<Instant>,
}

impl Pace {
    /// So many a second, where that is given.
    pub(super) fn of(per_second: Option<u32>) -> Self {
        Self {
            every: per_second.map(|rate| Duration::from_secs(1) / rate.max(1)),
            next: Mutex::new(clock::stop_watch()),
        }
    }

    /// Whether the next place in the line is there already.
    pub(super) fn is_free(&self) -> bool {
        self.every.is_none() || {
            let next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            *next <= clock::stop_watch()
        }
    }

    /// Takes the next place in the line; how long to wait until it is there.
    pub(super) fn take(&self) -> Duration {
        let Some(every) = self.every else {
            return Duration::ZERO;
        };
        let now = clock::stop_watch();
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let at = (*next).max(now);
        *next = at + every;
        at - now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn what_may_leave_is_what_the_windows_leave() {
        let config = Config {
            per_hour: Some(100),
            per_day: Some(1000),
            ..Config::default()
        };
        let now = at("2026-11-27T10:00:00Z");
        for (hour, day, left) in [(0, 0, 100), (40, 40, 60), (0, 950, 50), (0, 1200, 0)] {
            assert_eq!(config.left(now, hour, day), left);
        }
        assert_eq!(Config::default().left(now, 5, 5), u64::MAX);
    }

    #[test]
    fn a_new_sender_starts_small_and_grows_daily() {
        let config = Config {
            warm_up_since: Some("2026-11-27".to_owned()),
            warm_up_from: Some(1000),
            time_zone: Some("Europe/Berlin".to_owned()),
            ..Config::default()
        };
        assert!(config.problems().is_empty());
        for (now, limit) in [
            ("2026-11-27T10:00:00Z", 1000),
            ("2026-11-27T23:30:00Z", 1500),
            ("2026-11-30T10:00:00Z", 3375),
            ("2028-11-30T10:00:00Z", 405_000_000),
        ] {
            assert!(config.left(at(now), 0, 0) >= limit, "{now}");
        }
        assert_eq!(config.left(at("2026-11-27T10:00:00Z"), 0, 300), 700);
    }

    #[test]
    fn nothing_leaves_outside_the_hours() {
        let open = |from: &str, until: &str, now| {
            let config = Config {
                from: Some(from.to_owned()),
                until: Some(until.to_owned()),
                ..Config::default()
            };
            config.is_open(at(now))
        };
        assert!(open("06:00", "22:00", "2026-11-27T06:00:00Z"));
        assert!(!open("06:00", "22:00", "2026-11-27T22:00:00Z"));
        assert!(open("22:00", "06:00", "2026-11-27T23:00:00Z"));
        assert!(!open("22:00", "06:00", "2026-11-27T12:00:00Z"));
    }

    #[test]
    fn seconds_are_shared_out() {
        let config = Config {
            per_second: Some(10),
            ..Config::default()
        };
        let pace = Pace::of(config.per_second);
        let waits: Vec<_> = (0..3).map(|_| pace.take()).collect();
        assert!(waits[2] > Duration::from_millis(150) && waits[0] < Duration::from_millis(5));
        assert_eq!(Pace::of(None).take(), Duration::ZERO);
    }
}
