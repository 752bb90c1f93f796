//! The only reader of the system's clocks.
//!
//! Everything that depends on the time takes a [`Clock`]: tests fix it, `--at` shifts it, and no
//! rule can look at the time behind its caller's back.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::Value;

/// Where the time comes from.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The system's clock.
    #[default]
    System,
    /// A clock that stands still until it is set: Unix seconds.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that shows `at` until it is set.
    #[must_use]
    pub fn fixed(at: Timestamp) -> Self {
        Self::Fixed(Arc::new(AtomicI64::new(at.as_second())))
    }

    /// The present instant.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the clock"
    )]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => {
                Timestamp::try_from(std::time::SystemTime::now()).unwrap_or(Timestamp::UNIX_EPOCH)
            }
            Self::Fixed(seconds) => Timestamp::from_second(seconds.load(Ordering::Relaxed))
                .unwrap_or(Timestamp::UNIX_EPOCH),
        }
    }

    /// The present instant in Unix seconds, as the tables hold it.
    #[must_use]
    pub fn unix(&self) -> i64 {
        self.now().as_second()
    }

    /// Moves a fixed clock to `at`; the system's clock is not moved.
    pub fn set(&self, at: Timestamp) {
        if let Self::Fixed(seconds) = self {
            seconds.store(at.as_second(), Ordering::Relaxed);
        }
    }
}

/// Starts a stop-watch, for rates and durations in reports.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the clock"
)]
pub fn stop_watch() -> Instant {
    Instant::now()
}

/// A day and a time in a zone, for people of the house: "Mon, Nov 23, 2026, 07:00 CET".
#[must_use]
pub fn moment(at: Timestamp, zone: &TimeZone) -> String {
    let zoned = at.to_zoned_datetime(zone.clone());
    zoned.strftime("%a, %b %-d, %Y, %H:%M %Z").to_string()
}

/// A value as JSON, with the instants of the tables, Unix seconds under names that end with `_at`, as
/// RFC 3339.
///
/// # Errors
/// When the value is none that JSON can hold.
pub fn in_words(value: &impl Serialize) -> Result<Value, serde_json::Error> {
    let mut value = serde_json::to_value(value)?;
    put_into_words(&mut value);
    Ok(value)
}

fn put_into_words(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let seconds = member.as_i64().filter(|_| name.ends_with("_at"));
                let at = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
                match at {
                    Some(at) => *member = Value::String(at.to_string()),
                    None => put_into_words(member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(put_into_words),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_stands_until_it_is_set() {
        let clock = Clock::fixed(Timestamp::from_second(100).unwrap());
        assert_eq!((clock.unix(), clock.unix()), (100, 100));
        clock.set(Timestamp::from_second(160).unwrap());
        assert_eq!(clock.clone().unix(), 160);
    }
}
