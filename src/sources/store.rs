//! SQL: the `sources` table, one row a source that was ever looked at.
//!
//! A failure never clears what is known: validators, last success and counts stay.

use crate::database::{self, Conn};
use crate::fetch::Validators;

use super::{Config, News};

/// What is known of a source between two looks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// The source's name; empty if it was never looked at.
    pub name: String,
    /// What was read and how, as [`Config::reading`] has it.
    pub location: String,
    /// What to ask with; only worth anything at the same location.
    pub validators: Validators,
    /// The last look, Unix seconds.
    pub checked_at: Option<i64>,
    /// The last look that succeeded, "nothing changed" included, Unix seconds.
    pub succeeded_at: Option<i64>,
    /// Failures in a row.
    pub failures: i64,
    /// Why the last look failed, if it did.
    pub last_error: Option<String>,
    /// Items in the last answer that was read.
    pub items: i64,
    /// What had to be repaired in it.
    pub repaired: Vec<String>,
    /// Where it says it has moved for good.
    pub moved_to: Option<String>,
}

impl State {
    /// The validators to ask with: none if it is read from elsewhere or otherwise since.
    #[must_use]
    pub fn validators_for(&self, config: &Config) -> Validators {
        if self.location == config.reading() {
            self.validators.clone()
        } else {
            Validators::default()
        }
    }
}

#[derive(sqlx::FromRow)]
struct SourceRow {
    name: String,
    location: String,
    etag: Option<String>,
    last_modified: Option<String>,
    checked_at: i64,
    succeeded_at: Option<i64>,
    failures: i64,
    last_error: Option<String>,
    items: i64,
    repaired: String,
    moved_to: Option<String>,
}

impl TryFrom<SourceRow> for State {
    type Error = database::Error;

    fn try_from(row: SourceRow) -> Result<Self, database::Error> {
        let repaired = serde_json::from_str(&row.repaired)
            .map_err(|error| database::Error::row("sources", &row.name, error))?;
        Ok(Self {
            name: row.name,
            location: row.location,
            validators: Validators {
                etag: row.etag,
                last_modified: row.last_modified,
            },
            checked_at: Some(row.checked_at),
            succeeded_at: row.succeeded_at,
            failures: row.failures,
            last_error: row.last_error,
            items: row.items,
            repaired,
            moved_to: row.moved_to,
        })
    }
}

const BY_NAME: &str = "SELECT name, location, etag, last_modified, checked_at, succeeded_at,
        failures, last_error, items, repaired, moved_to
    FROM sources
    WHERE name = $1";

/// What is known of the source `name`; the default if it was never looked at.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn state(conn: &mut Conn, name: &str) -> Result<State, database::Error> {
    let row: Option<SourceRow> = sqlx::query_as(BY_NAME)
        .bind(name)
        .fetch_optional(conn)
        .await?;
    row.map_or_else(|| Ok(State::default()), State::try_from)
}

const ALL: &str = "SELECT name, location, etag, last_modified, checked_at, succeeded_at,
        failures, last_error, items, repaired, moved_to
    FROM sources
    ORDER BY name";

/// Every source that was ever looked at, by name.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn all(conn: &mut Conn) -> Result<Vec<State>, database::Error> {
    let rows: Vec<SourceRow> = sqlx::query_as(ALL).fetch_all(conn).await?;
    rows.into_iter().map(State::try_from).collect()
}

const SUCCESS: &str = "INSERT INTO sources (name, location, etag, last_modified, checked_at,
        succeeded_at, failures, last_error, items, repaired, moved_to)
    VALUES ($1, $2, $3, $4, $5, $6, 0, NULL, $7, $8, $9)
    ON CONFLICT (name) DO UPDATE SET location = excluded.location, etag = excluded.etag,
        last_modified = excluded.last_modified, checked_at = excluded.checked_at,
        succeeded_at = excluded.succeeded_at, failures = 0, last_error = NULL,
        items = excluded.items, repaired = excluded.repaired, moved_to = excluded.moved_to";

/// Records an answer that was read, in the transaction that stores its items.
///
/// # Errors
/// When the database refuses.
pub async fn record_success(
    conn: &mut Conn,
    config: &Config,
    news: &News,
    now: i64,
) -> Result<(), database::Error> {
    let repaired = serde_json::Value::from(news.parsed.repaired.clone()).to_string();
    sqlx::query(SUCCESS)
        .bind(&config.name)
        .bind(config.reading())
        .bind(&news.validators.etag)
        .bind(&news.validators.last_modified)
        .bind(now)
        .bind(now)
        .bind(i64::try_from(news.parsed.items.len()).unwrap_or(i64::MAX))
        .bind(repaired)
        .bind(news.moved_to.as_ref().map(ToString::to_string))
        .execute(conn)
        .await?;
    Ok(())
}

const UNCHANGED: &str = "UPDATE sources
    SET checked_at = $1, succeeded_at = $2, failures = 0, last_error = NULL
    WHERE name = $3";

/// Records that nothing changed.
///
/// # Errors
/// When the database refuses.
pub async fn record_unchanged(
    conn: &mut Conn,
    config: &Config,
    now: i64,
) -> Result<(), database::Error> {
    sqlx::query(UNCHANGED)
        .bind(now)
        .bind(now)
        .bind(&config.name)
        .execute(conn)
        .await?;
    Ok(())
}

const FAILURE: &str = "INSERT INTO sources (name, location, etag, last_modified, checked_at,
        succeeded_at, failures, last_error, items, repaired, moved_to)
    VALUES ($1, $2, NULL, NULL, $3, NULL, 1, $4, 0, '[]', NULL)
    ON CONFLICT (name) DO UPDATE SET
        etag = CASE WHEN sources.location = excluded.location THEN sources.etag END,
        last_modified =
            CASE WHEN sources.location = excluded.location THEN sources.last_modified END,
        location = excluded.location, checked_at = excluded.checked_at,
        failures = sources.failures + 1, last_error = excluded.last_error";

/// Records a failure and counts it.
///
/// # Errors
/// When the database refuses.
pub async fn record_failure(
    conn: &mut Conn,
    config: &Config,
    message: &str,
    now: i64,
) -> Result<(), database::Error> {
    sqlx::query(FAILURE)
        .bind(&config.name)
        .bind(config.reading())
        .bind(now)
        .bind(message)
        .execute(conn)
        .await?;
    Ok(())
}
