//! SQL: preferences, columns of a person's own row.

use sqlx::{Any, any::AnyArguments};

use super::unknown;
use crate::{Conn, Counting, Digests, Error, Format, Outcome, Preferences, SubscriberId, Topics};

#[derive(sqlx::FromRow)]
struct PreferencesRow {
    id: i64,
    digests: String,
    topics: String,
    format: String,
    counting: String,
    time_zone: Option<String>,
    language: Option<String>,
    paused_until: Option<i64>,
}

impl TryFrom<PreferencesRow> for Preferences {
    type Error = Error;

    fn try_from(row: PreferencesRow) -> Result<Self, Error> {
        Ok(Self {
            digests: Digests::from_column(&row.digests),
            topics: Topics::from_column(&row.topics),
            format: format(row.id, &row.format)?,
            counting: counting(row.id, &row.counting)?,
            time_zone: row.time_zone,
            language: row.language,
            paused_until: row.paused_until,
        })
    }
}

pub(super) fn format(id: i64, word: &str) -> Result<Format, Error> {
    Format::parse(word).ok_or_else(|| unknown("subscribers", &id, word))
}

pub(super) fn counting(id: i64, word: &str) -> Result<Counting, Error> {
    Counting::parse(word).ok_or_else(|| unknown("subscribers", &id, word))
}

type Query<'q> = sqlx::query::Query<'q, Any, AnyArguments>;

/// Binds the columns in the order digests, format, counting, time zone, language, pause, topics.
///
/// # Errors
/// [`Error::DigestName`] when a name cannot be stored.
pub(super) fn bind<'q>(query: Query<'q>, chosen: &Preferences) -> Result<Query<'q>, Error> {
    Ok(query
        .bind(chosen.digests.to_column()?)
        .bind(chosen.format.as_str())
        .bind(chosen.counting.as_str())
        .bind(chosen.time_zone.clone())
        .bind(chosen.language.clone())
        .bind(chosen.paused_until)
        .bind(chosen.topics.to_column()))
}

/// What the person chose; `None` when there is no such person.
///
/// # Errors
/// When the database fails or holds a choice this version does not know.
pub async fn preferences(conn: &mut Conn, id: SubscriberId) -> Result<Option<Preferences>, Error> {
    let row: Option<PreferencesRow> = sqlx::query_as(
        "SELECT id, digests, topics, format, counting, time_zone, language, paused_until
         FROM subscribers WHERE id = $1",
    )
    .bind(id.as_i64())
    .fetch_optional(conn)
    .await?;
    row.map(Preferences::try_from).transpose()
}

/// Replaces what the person chose; `Unknown` when there is no such person.
///
/// # Errors
/// [`Error::DigestName`] when a name cannot be stored; else when the database fails.
pub async fn save_preferences(
    conn: &mut Conn,
    id: SubscriberId,
    chosen: &Preferences,
) -> Result<Outcome, Error> {
    if preferences(conn, id).await?.as_ref() == Some(chosen) {
        return Ok(Outcome::Unchanged);
    }
    let query = sqlx::query(
        "UPDATE subscribers SET digests = $2, format = $3, counting = $4, time_zone = $5,
            language = $6, paused_until = $7, topics = $8
         WHERE id = $1",
    )
    .bind(id.as_i64());
    let done = bind(query, chosen)?.execute(conn).await?;
    Ok(if done.rows_affected() == 0 {
        Outcome::Unknown
    } else {
        Outcome::Changed
    })
}
