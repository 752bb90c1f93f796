//! How a source is doing: what it usually brings, and whether it has gone quiet.
//!
//! Pure rules over what is known of a source and of its articles. A feed that answers well and has
//! brought nothing for a week is the failure nobody notices.

use super::{Config, State};

/// How far back the habits of a source are counted.
pub const WINDOW_SECONDS: i64 = 28 * DAY;
const DAY: i64 = 86_400;
/// Nobody is alarmed by a weekend.
const SHORTEST_ALARM: i64 = 2 * DAY;

/// What a source brought within the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Brought {
    /// Articles.
    pub articles: i64,
    /// The oldest one's date, Unix seconds.
    pub first_at: i64,
    /// The newest one's date, Unix seconds.
    pub last_at: i64,
}

impl Brought {
    /// Articles a day, over the days since the first.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts and days are small")]
    pub fn per_day(&self, now: i64) -> f64 {
        let days = (now - self.first_at).clamp(DAY, WINDOW_SECONDS) as f64 / DAY as f64;
        self.articles as f64 / days
    }

    /// Seconds between two articles; the whole window for a source with only one, nothing without.
    fn usual_gap(&self) -> i64 {
        match self.articles {
            0 => 0,
            1 => WINDOW_SECONDS,
            articles => (self.last_at - self.first_at) / (articles - 1),
        }
    }
}

/// The date of the newest item anybody knows of.
#[must_use]
pub fn newest_at(known: &State, brought: Brought) -> Option<i64> {
    let stored = (brought.articles > 0).then_some(brought.last_at);
    known.newest_at.max(stored)
}

/// Since when a source that answers has brought nothing new, if that is longer than `quiet_after`,
/// else than three times its usual gap and two days.
#[must_use]
pub fn quiet_since(config: &Config, known: &State, brought: Brought, now: i64) -> Option<i64> {
    known.succeeded_at?;
    let newest = newest_at(known, brought)?;
    let patience = match config.quiet_after {
        Some(after) => after.as_seconds(),
        None => SHORTEST_ALARM.max(3 * brought.usual_gap()),
    };
    (now - newest > patience).then_some(newest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_new_for_three_usual_gaps_is_quiet() {
        let now = 100 * DAY;
        let days_ago = |days: i64| now - days * DAY;
        let brought = |articles, first, last| Brought {
            articles,
            first_at: days_ago(first),
            last_at: days_ago(last),
        };
        for (quiet_after, brought, newest, quiet) in [
            ("", brought(200, 28, 1), 1, false),
            ("", brought(200, 28, 3), 3, true),
            ("", brought(4, 26, 5), 5, false), // weekly
            ("", brought(4, 28, 22), 22, true),
            ("", brought(1, 20, 20), 20, false), // monthly
            ("", Brought::default(), 40, true),
            ("", Brought::default(), 1, false),
            ("quiet_after = '12h'", brought(200, 28, 1), 1, true),
            ("quiet_after = '30d'", brought(200, 28, 3), 3, false),
        ] {
            let text = format!("name = 'a'\nurl = 'https://tarn.example/'\n{quiet_after}");
            let config: Config = toml::from_str(&text).unwrap();
            let known = State {
                succeeded_at: Some(now),
                newest_at: Some(days_ago(newest)),
                ..State::default()
            };
            let found = quiet_since(&config, &known, brought, now);
            assert_eq!(
                found,
                quiet.then_some(days_ago(newest)),
                "{text} {brought:?}"
            );
        }
    }

    #[test]
    fn a_young_source_is_measured_by_its_own_days() {
        let brought = Brought {
            articles: 10,
            first_at: 0,
            last_at: DAY,
        };
        for (now, rate) in [(1, 10.0), (2 * DAY, 5.0), (1000 * DAY, 10.0 / 28.0)] {
            assert!((brought.per_day(now) - rate).abs() < 1e-9, "{now}");
        }
    }
}
