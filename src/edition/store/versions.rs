//! SQL: changes of editions, each with what was before it.

use jiff::Timestamp;
use serde::Serialize;

use super::{insert_entries, json};
use crate::database::{Conn, Error};
use crate::edition::edit::Snapshot;
use crate::edition::{Edition, EditionId, Status};

/// A change about to be stored.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// Who makes it.
    pub who: &'a str,
    /// What it is, in words.
    pub what: &'a str,
    /// The edition as it was.
    pub before: &'a Snapshot,
    /// What the edition is afterwards.
    pub status: Status,
}

/// Stores an edition as somebody changed it; false if it is on its way, or no longer the version that this one was.
///
/// # Errors
/// When the database refuses.
pub async fn change(
    conn: &mut Conn,
    edition: &Edition,
    change: &Change<'_>,
    now: Timestamp,
) -> Result<bool, Error> {
    let id = &edition.id;
    let changed = sqlx::query(
        "UPDATE editions SET subject = $1, preheader = $2, frame = $3, slates = $4, passed_over = $5,
             status = $6, version = version + 1
         WHERE id = $7 AND version = $8 AND queued_at IS NULL
           AND (status = 'draft' OR status = 'approved')",
    )
    .bind(&edition.subject)
    .bind(&edition.preheader)
    .bind(json(id, &edition.frame)?)
    .bind(json(id, &edition.slates)?)
    .bind(json(id, &edition.passed_over)?)
    .bind(change.status.name())
    .bind(id.as_str())
    .bind(edition.version)
    .execute(&mut *conn)
    .await?
    .rows_affected();
    if changed != 1 {
        return Ok(false);
    }
    sqlx::query("DELETE FROM edition_entries WHERE edition_id = $1")
        .bind(id.as_str())
        .execute(&mut *conn)
        .await?;
    insert_entries(conn, edition).await?;
    sqlx::query(
        "INSERT INTO edition_versions (edition_id, version, at, who, what, before)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(id.as_str())
    .bind(edition.version + 1)
    .bind(now.as_second())
    .bind(change.who)
    .bind(change.what)
    .bind(json(id, change.before)?)
    .execute(&mut *conn)
    .await?;
    Ok(true)
}

/// A change that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Version {
    /// Its number, from 1.
    pub version: i64,
    /// When, Unix seconds.
    pub at: i64,
    /// Who made it.
    pub who: String,
    /// What it was, in words.
    pub what: String,
}

/// The changes of an edition, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn versions(conn: &mut Conn, id: &EditionId) -> Result<Vec<Version>, Error> {
    Ok(sqlx::query_as(
        "SELECT version, at, who, what FROM edition_versions
         WHERE edition_id = $1 ORDER BY version DESC",
    )
    .bind(id.as_str())
    .fetch_all(&mut *conn)
    .await?)
}

/// The edition as it was before a change.
///
/// # Errors
/// When the database refuses or the row is not ours.
pub async fn before(
    conn: &mut Conn,
    id: &EditionId,
    version: i64,
) -> Result<Option<Snapshot>, Error> {
    let text: Option<String> = sqlx::query_scalar(
        "SELECT before FROM edition_versions WHERE edition_id = $1 AND version = $2",
    )
    .bind(id.as_str())
    .bind(version)
    .fetch_optional(&mut *conn)
    .await?;
    text.map(|text| {
        serde_json::from_str(&text).map_err(|error| Error::row("edition_versions", id, error))
    })
    .transpose()
}

/// Says yes to an edition as it was seen; false if it has changed since, or is no draft.
///
/// # Errors
/// When the database refuses.
pub async fn approve(conn: &mut Conn, edition: &Edition, now: Timestamp) -> Result<bool, Error> {
    let approved = sqlx::query(
        "UPDATE editions SET status = 'approved', approved_at = $1
         WHERE id = $2 AND version = $3 AND status = 'draft'",
    )
    .bind(now.as_second())
    .bind(edition.id.as_str())
    .bind(edition.version)
    .execute(&mut *conn)
    .await?;
    Ok(approved.rows_affected() == 1)
}
