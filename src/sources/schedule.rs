//! When a source may be asked again.
//!
//! Pure rules over what is known of it: failures in a row wait longer and longer, a server that asks
//! for time gets it, and what is gone for good is left alone until somebody points elsewhere.

use crate::fetch::RetryAfter;

use super::poll::{Polled, Wish};
use super::store::Setback;
use super::{Config, State};

/// Who wants a source to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// The timetable: whatever has to wait waits.
    Regularly,
    /// An edition is due: a source that failed a moment ago is worth another look.
    ForAnEdition,
    /// A person, by the source's name: only the server itself may still say no.
    ByName,
}

/// Whether a source may be asked now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// It may.
    Now,
    /// Not before an instant.
    Waiting {
        /// Unix seconds.
        until: i64,
        /// For people: "the server asked to be left alone".
        why: String,
    },
    /// There is nothing any more (410).
    Gone,
    /// It is read from standard input, which only a person who names it has anything in.
    OnlyByName,
}

/// The first pause; each further failure doubles it.
const FIRST_PAUSE: i64 = 5 * 60;
const LONGEST_PAUSE: i64 = 12 * 3600;
/// A server's wish is granted up to a day.
const LONGEST_WISH: i64 = 24 * 3600;

/// Whether the source `config` may be asked at `now`, by what is `known` of it. Files always may:
/// looking costs nobody anything.
#[must_use]
pub fn due(config: &Config, known: &State, asked: Asked, now: i64) -> Due {
    if config.is_input() && asked != Asked::ByName {
        return Due::OnlyByName;
    }
    if config.url.is_none() || known.location != config.location_text() {
        return Due::Now;
    }
    if known.gone_at.is_some() && asked != Asked::ByName {
        return Due::Gone;
    }
    if let Some(until) = known.retry_after_at.filter(|until| *until > now) {
        let why = "the server asked to be left alone until then".to_owned();
        return Due::Waiting { until, why };
    }
    match known.next_at.filter(|until| *until > now) {
        Some(until) if asked == Asked::Regularly => {
            let error = known.last_error.as_deref().unwrap_or("it failed");
            let why = format!("after {} failures in a row: {error}", known.failures);
            Due::Waiting { until, why }
        }
        _ => Due::Now,
    }
}

/// What a failed look means for the next one.
#[must_use]
pub fn setback<'a>(config: &Config, known: &State, polled: &'a Polled, now: i64) -> Setback<'a> {
    let Polled::Failed { message, wish, .. } = polled else {
        return Setback::default();
    };
    let failures = if known.location == config.location_text() {
        known.failures + 1
    } else {
        1
    };
    let longest = now.saturating_add(LONGEST_WISH);
    Setback {
        message,
        next_at: config
            .url
            .as_ref()
            .map(|_| now.saturating_add(pause(&config.name, failures))),
        retry_after_at: match wish {
            Wish::Later(RetryAfter::Seconds(seconds)) => {
                Some(now.saturating_add(*seconds).min(longest))
            }
            Wish::Later(RetryAfter::At(at)) => Some((*at).min(longest)),
            Wish::Nothing | Wish::Never => None,
        },
        gone_at: (*wish == Wish::Never).then_some(now),
    }
}

/// Seconds to wait after so many failures in a row. Up to a fifth less than the doubled time, by name
/// and number, so that sources which failed together do not come back together.
fn pause(name: &str, failures: i64) -> i64 {
    let doublings = u32::try_from(failures.saturating_sub(1).clamp(0, 20)).unwrap_or(20);
    let whole = (FIRST_PAUSE << doublings).min(LONGEST_PAUSE);
    let mut hash = 0xcbf2_9ce4_8422_2325_u64; // FNV-1a: any even spread does
    for byte in name.bytes().chain(failures.to_le_bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let share = i64::try_from((hash >> 32) % 1000).unwrap_or(0);
    whole - whole * share / 5000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        toml::from_str("name = 'tarn'\nurl = 'https://tarn.example/feed'").unwrap()
    }

    fn known() -> State {
        State {
            name: "tarn".to_owned(),
            location: config().location_text(),
            ..State::default()
        }
    }

    fn failed(wish: Wish) -> Polled {
        Polled::Failed {
            message: "answered 503".to_owned(),
            temporary: true,
            wish,
        }
    }

    #[test]
    fn pauses_double_up_to_half_a_day_and_differ_between_sources() {
        for (failures, whole) in [
            (0, 300),
            (1, 300),
            (2, 600),
            (3, 1200),
            (8, 38_400),
            (9, 43_200),
            (i64::MAX, 43_200),
        ] {
            for name in ["a", "b", "c"] {
                let found = pause(name, failures);
                assert!(
                    found <= whole && found >= whole * 4 / 5,
                    "{name} {failures}: {found}"
                );
                assert_eq!(found, pause(name, failures));
            }
        }
        assert_ne!(pause("a", 9), pause("b", 9));
    }

    #[test]
    fn a_servers_wish_is_granted_up_to_a_day() {
        for (wish, until) in [
            (Wish::Nothing, None),
            (Wish::Later(RetryAfter::Seconds(120)), Some(1120)),
            (Wish::Later(RetryAfter::Seconds(i64::MAX)), Some(87_400)),
            (Wish::Later(RetryAfter::At(1500)), Some(1500)),
            (Wish::Later(RetryAfter::At(i64::MAX)), Some(87_400)),
        ] {
            let polled = failed(wish);
            let found = setback(&config(), &known(), &polled, 1000);
            assert_eq!((found.retry_after_at, found.gone_at), (until, None));
        }
        let gone = failed(Wish::Never);
        assert_eq!(
            setback(&config(), &known(), &gone, 1000).gone_at,
            Some(1000)
        );
    }

    #[test]
    fn who_asks_decides_what_has_to_wait() {
        use Asked::{ByName, ForAnEdition, Regularly};
        let failing = State {
            next_at: Some(200),
            failures: 2,
            ..known()
        };
        let wished = State {
            retry_after_at: Some(200),
            ..known()
        };
        let gone = State {
            gone_at: Some(50),
            ..known()
        };
        let file: Config = toml::from_str("name = 'tarn'\nfile = 'a.xml'").unwrap();
        let input: Config = toml::from_str("name = 'tarn'\nfile = '-'").unwrap();
        let elsewhere: Config =
            toml::from_str("name = 'tarn'\nurl = 'https://tarn.example/2'").unwrap();
        for (config, state, asked, now, waits) in [
            (&config(), &failing, Regularly, 100, "waits"),
            (&config(), &failing, Regularly, 200, "due"),
            (&config(), &failing, ForAnEdition, 100, "due"),
            (&config(), &failing, ByName, 100, "due"),
            (&config(), &wished, Regularly, 100, "waits"),
            (&config(), &wished, ForAnEdition, 100, "waits"),
            (&config(), &wished, ByName, 100, "waits"),
            (&config(), &wished, Regularly, 200, "due"),
            (&config(), &gone, Regularly, 100, "gone"),
            (&config(), &gone, ForAnEdition, 100, "gone"),
            (&config(), &gone, ByName, 100, "due"),
            (&elsewhere, &gone, Regularly, 100, "due"),
            (&elsewhere, &wished, Regularly, 100, "due"),
            (&file, &failing, Regularly, 100, "due"),
            (&input, &failing, ForAnEdition, 100, "by name"),
            (&input, &failing, ByName, 100, "due"),
            (&config(), &State::default(), Regularly, 100, "due"),
        ] {
            let found = match due(config, state, asked, now) {
                Due::Now => "due",
                Due::Waiting { .. } => "waits",
                Due::Gone => "gone",
                Due::OnlyByName => "by name",
            };
            assert_eq!(found, waits, "{asked:?} at {now}: {state:?}");
        }
    }
}
