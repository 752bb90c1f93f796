//! SQL: the `sources` table, one row a source that was ever looked at, and `pages`, one row an
//! article page that was asked for what a feed left out.
//!
//! A failure never clears what is known: validators, last success and counts stay.

use url::Url;

use crate::database::{self, Conn};
use crate::fetch::Validators;

use super::poll::sha256_hex;
use super::{Config, News};

/// What is known of a source between two looks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// The source's name; empty if it was never looked at.
    pub name: String,
    /// What was read and how, as [`Config::reading`] has it.
    pub location: String,
    /// How it was read last, as in [`Config::reading`].
    pub reading: String,
    /// What to ask with; only worth anything when it is read the same way.
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
    /// Where the next look asks instead of the configured place: it has moved for good, or the
    /// configured place is a page that names its feed.
    pub moved_to: Option<String>,
    /// Not before this instant, after failures; Unix seconds.
    pub next_at: Option<i64>,
    /// Not before this instant, because the server said so; Unix seconds.
    pub retry_after_at: Option<i64>,
    /// When the server said that there is nothing any more; Unix seconds.
    pub gone_at: Option<i64>,
    /// Answers that said "not modified".
    pub not_modified: i64,
    /// Bytes those answers saved.
    pub saved_bytes: i64,
    /// The latest date an item ever had, never after the look; Unix seconds.
    pub newest_at: Option<i64>,
}

impl State {
    /// Where to ask instead of the configured place, unless that has changed since.
    #[must_use]
    pub fn moved_for(&self, config: &Config) -> Option<Url> {
        let moved_to = self.moved_to.as_deref()?;
        (self.location == config.location_text())
            .then(|| Url::parse(moved_to).ok())
            .flatten()
    }

    /// The validators to ask with: none if it is read from elsewhere or otherwise since.
    #[must_use]
    pub fn validators_for(&self, config: &Config) -> Validators {
        if self.reading == config.reading() {
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
    reading: String,
    etag: Option<String>,
    last_modified: Option<String>,
    checked_at: i64,
    succeeded_at: Option<i64>,
    failures: i64,
    last_error: Option<String>,
    items: i64,
    repaired: String,
    moved_to: Option<String>,
    next_at: Option<i64>,
    retry_after_at: Option<i64>,
    gone_at: Option<i64>,
    not_modified: i64,
    saved_bytes: i64,
    newest_at: Option<i64>,
}

impl TryFrom<SourceRow> for State {
    type Error = database::Error;

    fn try_from(row: SourceRow) -> Result<Self, database::Error> {
        let repaired = serde_json::from_str(&row.repaired)
            .map_err(|error| database::Error::row("sources", &row.name, error))?;
        Ok(Self {
            name: row.name,
            location: row.location,
            reading: row.reading,
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
            next_at: row.next_at,
            retry_after_at: row.retry_after_at,
            gone_at: row.gone_at,
            not_modified: row.not_modified,
            saved_bytes: row.saved_bytes,
            newest_at: row.newest_at,
        })
    }
}

/// Statements are static texts; this joins the column list to what selects.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT name, location, reading, etag, last_modified, checked_at, succeeded_at, failures,
                last_error, items, repaired, moved_to, next_at, retry_after_at, gone_at,
                not_modified, saved_bytes, newest_at
            FROM sources ",
            $rest
        )
    };
}

const BY_NAME: &str = select!("WHERE name = $1");

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

const ALL: &str = select!("ORDER BY name");

/// Every source that was ever looked at, by name.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn all(conn: &mut Conn) -> Result<Vec<State>, database::Error> {
    let rows: Vec<SourceRow> = sqlx::query_as(ALL).fetch_all(conn).await?;
    rows.into_iter().map(State::try_from).collect()
}

const SUCCESS: &str = "INSERT INTO sources (name, location, etag, last_modified, checked_at,
        succeeded_at, failures, last_error, items, repaired, moved_to, body_bytes, newest_at,
        reading)
    VALUES ($1, $2, $3, $4, $5, $6, 0, NULL, $7, $8, $9, $10, $11, $12)
    ON CONFLICT (name) DO UPDATE SET location = excluded.location, etag = excluded.etag,
        reading = excluded.reading,
        last_modified = excluded.last_modified, checked_at = excluded.checked_at,
        succeeded_at = excluded.succeeded_at, failures = 0, last_error = NULL,
        items = excluded.items, repaired = excluded.repaired, moved_to = excluded.moved_to,
        body_bytes = excluded.body_bytes, next_at = NULL, retry_after_at = NULL, gone_at = NULL,
        newest_at = CASE
            WHEN excluded.newest_at > COALESCE(sources.newest_at, 0) THEN excluded.newest_at
            ELSE sources.newest_at END";

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
    let dates = news.parsed.items.iter();
    let newest_at = dates
        .filter_map(|item| item.published_at.or(item.updated_at))
        .map(|at| at.min(now))
        .max();
    sqlx::query(SUCCESS)
        .bind(&config.name)
        .bind(config.location_text())
        .bind(&news.validators.etag)
        .bind(&news.validators.last_modified)
        .bind(now)
        .bind(now)
        .bind(i64::try_from(news.parsed.items.len()).unwrap_or(i64::MAX))
        .bind(repaired)
        .bind(news.moved_to.as_ref().map(ToString::to_string))
        .bind(i64::try_from(news.wire_bytes).unwrap_or(i64::MAX))
        .bind(newest_at)
        .bind(config.reading())
        .execute(conn)
        .await?;
    Ok(())
}

const UNCHANGED: &str = "UPDATE sources
    SET checked_at = $1, succeeded_at = $2, failures = 0, last_error = NULL, next_at = NULL,
        retry_after_at = NULL, gone_at = NULL, not_modified = not_modified + $3,
        saved_bytes = saved_bytes + body_bytes
    WHERE name = $4";

/// Records that nothing changed.
///
/// # Errors
/// When the database refuses.
pub async fn record_unchanged(
    conn: &mut Conn,
    config: &Config,
    now: i64,
) -> Result<(), database::Error> {
    // A file that is read again saved nothing.
    let answered = i64::from(config.url.is_some());
    sqlx::query(UNCHANGED)
        .bind(now)
        .bind(now)
        .bind(answered)
        .bind(&config.name)
        .execute(conn)
        .await?;
    Ok(())
}

/// A failed look, and when the next one may be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Setback<'a> {
    /// Why, in words.
    pub message: &'a str,
    /// As [`State::next_at`].
    pub next_at: Option<i64>,
    /// As [`State::retry_after_at`].
    pub retry_after_at: Option<i64>,
    /// As [`State::gone_at`].
    pub gone_at: Option<i64>,
}

const FAILURE: &str = "INSERT INTO sources (name, location, etag, last_modified, checked_at,
        succeeded_at, failures, last_error, items, repaired, moved_to, next_at, retry_after_at,
        gone_at)
    VALUES ($1, $2, NULL, NULL, $3, NULL, 1, $4, 0, '[]', NULL, $5, $6, $7)
    ON CONFLICT (name) DO UPDATE SET
        etag = CASE WHEN sources.location = excluded.location THEN sources.etag END,
        last_modified =
            CASE WHEN sources.location = excluded.location THEN sources.last_modified END,
        moved_to = CASE WHEN sources.location = excluded.location THEN sources.moved_to END,
        failures =
            CASE WHEN sources.location = excluded.location THEN sources.failures + 1 ELSE 1 END,
        location = excluded.location, checked_at = excluded.checked_at,
        last_error = excluded.last_error, next_at = excluded.next_at,
        retry_after_at = excluded.retry_after_at, gone_at = excluded.gone_at";

/// Records a failure and counts it.
///
/// # Errors
/// When the database refuses.
pub async fn record_failure(
    conn: &mut Conn,
    config: &Config,
    setback: &Setback<'_>,
    now: i64,
) -> Result<(), database::Error> {
    sqlx::query(FAILURE)
        .bind(&config.name)
        .bind(config.location_text())
        .bind(now)
        .bind(setback.message)
        .bind(setback.next_at)
        .bind(setback.retry_after_at)
        .bind(setback.gone_at)
        .execute(conn)
        .await?;
    Ok(())
}

/// What is known of an article page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Visited {
    /// The last time it was asked for; Unix seconds.
    pub fetched_at: i64,
    /// When it was read; Unix seconds.
    pub read_at: Option<i64>,
    /// Failures in a row.
    pub failures: i64,
}

const PAGE: &str = "SELECT fetched_at, read_at, failures FROM pages WHERE url_hash = $1";

/// What is known of these pages, in their order; none for those never asked for.
///
/// # Errors
/// When the database refuses.
pub async fn pages(conn: &mut Conn, urls: &[Url]) -> Result<Vec<Option<Visited>>, database::Error> {
    let mut all = Vec::with_capacity(urls.len());
    for url in urls {
        let row: Option<(i64, Option<i64>, i64)> = sqlx::query_as(PAGE)
            .bind(sha256_hex(url.as_str().as_bytes()))
            .fetch_optional(&mut *conn)
            .await?;
        all.push(row.map(|(fetched_at, read_at, failures)| Visited {
            fetched_at,
            read_at,
            failures,
        }));
    }
    Ok(all)
}

const PAGE_READ: &str = "INSERT INTO pages (url_hash, fetched_at, read_at, failures)
    VALUES ($1, $2, $3, 0)
    ON CONFLICT (url_hash) DO UPDATE SET fetched_at = excluded.fetched_at,
        read_at = excluded.read_at, failures = 0";

const PAGE_FAILED: &str = "INSERT INTO pages (url_hash, fetched_at, read_at, failures)
    VALUES ($1, $2, NULL, 1)
    ON CONFLICT (url_hash) DO UPDATE SET fetched_at = excluded.fetched_at,
        failures = pages.failures + 1";

/// How asking for a page ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visit {
    /// It was read.
    Read,
    /// It was not.
    Failed,
}

/// Records that a page was asked for, in the transaction that stores its article.
///
/// # Errors
/// When the database refuses.
pub async fn record_visit(
    conn: &mut Conn,
    url: &Url,
    visit: Visit,
    now: i64,
) -> Result<(), database::Error> {
    let hash = sha256_hex(url.as_str().as_bytes());
    match visit {
        Visit::Read => sqlx::query(PAGE_READ).bind(hash).bind(now).bind(now),
        Visit::Failed => sqlx::query(PAGE_FAILED).bind(hash).bind(now),
    }
    .execute(conn)
    .await?;
    Ok(())
}
