//! Readers with no sign of life are asked whether they still read, and may be paused when they do not answer.
//!
//! Off unless `[signup.quiet]` is there. Nobody is judged by opens alone: a click, a button, a form, an opened
//! picture each say that somebody is there; that none of them came says only that it is time to ask. Nobody is
//! paused who was not asked, and a pause ends with one press.

use courant_subscribers::store::subscribers;
use courant_subscribers::{How, Preferences, SubscriberId};
use serde::Deserialize;

use super::store::quiet::Silent;
use super::store::{self, Kind};
use crate::database::{self, Conn, Database, Error};
use crate::tracking::Tracking;
use crate::units::Span;

/// Seconds for which `per_day` holds.
const DAY: i64 = 86_400;

/// `[signup.quiet]` in `digest.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// After so long without a sign somebody is asked, and so long not again.
    pub after: Span,
    /// Only who was sent so many copies meanwhile.
    pub copies: u32,
    /// Who does not answer for so long is paused; nothing follows without it.
    pub pause_after: Option<Span>,
    /// So many are asked within 24 hours at most: mail to silent addresses is best sent in small numbers.
    pub per_day: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            after: Span::days(365),
            copies: 10,
            pause_after: None,
            per_day: 200,
        }
    }
}

impl Config {
    /// What is wrong with it: key, what, and what to write instead.
    #[must_use]
    pub fn mistakes(
        &self,
        tracking: Tracking,
    ) -> Vec<(&'static str, &'static str, Option<&'static str>)> {
        let mut found = Vec::new();
        if tracking != Tracking::Full {
            let what = "who reads and who does not cannot be told where clicks are not counted (tracking.mode)";
            found.push(("signup.quiet", what, None));
        }
        if self.after < Span::days(30) {
            let what = "a month without a sign says nothing yet";
            found.push(("signup.quiet.after", what, Some("such as \"365d\"")));
        }
        if self.pause_after.is_some_and(|pause| pause < Span::days(7)) {
            let what = "people are away for a week";
            found.push(("signup.quiet.pause_after", what, Some("such as \"30d\"")));
        }
        found
    }
}

/// What one sweep did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Readers to whom a letter goes.
    pub asked: u64,
    /// Readers who are paused now.
    pub paused: u64,
}

/// Asks who is to be asked, and pauses who did not answer. Safe to repeat, to kill and to run twice at once: who
/// comes while another sweep is under way does nothing.
///
/// # Errors
/// When the database refuses; then nothing was done.
pub async fn sweep(database: &Database, config: &Config, now: i64) -> Result<Swept, Error> {
    let mut swept = Swept::default();
    // On PostgreSQL two transactions would not see whom the other one asks, and both count to the limit.
    let Some(_lock) = database.lock("quiet").await? else {
        return Ok(swept);
    };
    let mut transaction = database.begin_write().await?;
    if let Some(pause) = config.pause_after {
        let before = now - pause.as_seconds();
        let limit = i64::from(config.per_day);
        for id in store::quiet::unanswered(&mut transaction, before, limit).await? {
            if store::quiet::paused(&mut transaction, id, now).await? {
                set_pause(&mut transaction, id, Some(Preferences::UNTIL_ASKED)).await?;
                swept.paused += 1;
            }
        }
    }
    let left = left(&mut transaction, config, now).await?;
    for id in silent(&mut transaction, config, (now, left)).await? {
        let when = (now - config.after.as_seconds(), now);
        if store::quiet::decide(&mut transaction, id, when).await? {
            store::add(&mut transaction, id, Kind::StillThere, now).await?;
            swept.asked += 1;
        }
    }
    database::commit(transaction).await?;
    Ok(swept)
}

/// How many may be asked at present: what was asked within a day counts.
///
/// # Errors
/// When the database refuses.
pub async fn left(conn: &mut Conn, config: &Config, now: i64) -> Result<i64, Error> {
    let asked = store::quiet::decided_since(conn, now - DAY).await?;
    Ok(i64::from(config.per_day).saturating_sub(asked).max(0))
}

/// Those who are to be asked, so many of them at most, in the order in which they will be.
///
/// # Errors
/// When the database refuses.
pub async fn silent(
    conn: &mut Conn,
    config: &Config,
    (now, most): (i64, i64),
) -> Result<Vec<SubscriberId>, Error> {
    let whom = Silent {
        since: now - config.after.as_seconds(),
        copies: i64::from(config.copies),
        now,
    };
    store::quiet::silent(conn, &whom, most).await
}

/// Somebody pressed the button: they read, and what silence paused comes again. Twice is fine.
///
/// # Errors
/// When the database refuses.
pub async fn answer(database: &Database, id: SubscriberId, now: i64) -> Result<(), Error> {
    let mut transaction = database.begin_write().await?;
    store::quiet::answered(&mut transaction, id, now).await?;
    let chosen = subscribers::preferences(&mut transaction, id).await?;
    if chosen.is_some_and(|chosen| chosen.paused_until == Some(Preferences::UNTIL_ASKED)) {
        set_pause(&mut transaction, id, None).await?;
    }
    subscribers::stayed(&mut transaction, id, How::Button, now).await?;
    database::commit(transaction).await
}

async fn set_pause(conn: &mut Conn, id: SubscriberId, until: Option<i64>) -> Result<(), Error> {
    let chosen = subscribers::preferences(conn, id).await?;
    let chosen = Preferences {
        paused_until: until,
        ..chosen.unwrap_or_default()
    };
    // Who was erased meanwhile needs none.
    let _saved = subscribers::save_preferences(conn, id, &chosen).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_that_would_pause_readers_are_refused() {
        assert!(Config::default().mistakes(Tracking::Full).is_empty());
        let hasty = Config {
            after: Span::days(7),
            pause_after: Some(Span::days(1)),
            ..Config::default()
        };
        let keys: Vec<_> = hasty
            .mistakes(Tracking::Off)
            .into_iter()
            .map(|it| it.0)
            .collect();
        assert_eq!(
            keys,
            [
                "signup.quiet",
                "signup.quiet.after",
                "signup.quiet.pause_after"
            ]
        );
    }
}
