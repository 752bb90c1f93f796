//! SQL of readers who show no sign of life.
//!
//! A sign is what only a person does: a click or an opened picture that no program made, a form, a button. A mail
//! service's own loading of pictures is none, and so is its absence.

use courant_subscribers::SubscriberId;
use serde::Serialize;

use crate::database::{Conn, Error};

/// Whom to look for.
#[derive(Debug, Clone, Copy)]
pub struct Silent {
    /// No sign since this instant, Unix seconds, and on the list since before it.
    pub since: i64,
    /// At least so many copies were sent to them meanwhile.
    pub copies: i64,
    /// They do not pause at this instant.
    pub now: i64,
}

/// Readers who showed no sign and were not asked in that time, by their numbers; only of those who may be counted.
///
/// # Errors
/// When the database refuses.
pub async fn silent(
    conn: &mut Conn,
    whom: &Silent,
    limit: i64,
) -> Result<Vec<SubscriberId>, Error> {
    let ids: Vec<i64> = sqlx::query_scalar(
        "SELECT s.id FROM subscribers s
         WHERE s.status = 'active' AND s.counting = 'allowed'
           AND (s.paused_until IS NULL OR s.paused_until <= $1)
           AND COALESCE(s.confirmed_at, s.created_at) < $2
           AND NOT EXISTS (SELECT 1 FROM still_there t
                           WHERE t.subscriber_id = s.id AND t.decided_at >= $2)
           AND NOT EXISTS (SELECT 1 FROM signs_of_life l
                           WHERE l.subscriber_id = s.id AND l.seen_at >= $2)
           AND NOT EXISTS (SELECT 1 FROM consents c WHERE c.subscriber_id = s.id AND c.at >= $2)
           AND $3 <= (SELECT COUNT(*) FROM deliveries d
                      WHERE d.subscriber_id = s.id AND d.status = 'sent' AND d.sent_at >= $2)
           AND NOT EXISTS (SELECT 1 FROM deliveries d JOIN events e
                               ON e.edition_id = d.edition_id AND e.delivery_id = d.id
                           WHERE d.subscriber_id = s.id AND e.last_at >= $2
                             AND e.agent NOT IN ('scanner', 'privacy_proxy'))
         ORDER BY s.id LIMIT $4",
    )
    .bind(whom.now)
    .bind(whom.since)
    .bind(whom.copies)
    .bind(limit)
    .fetch_all(&mut *conn)
    .await?;
    Ok(ids.into_iter().map(SubscriberId::from_i64).collect())
}

/// Readers whose letter left before an instant and who have shown no sign since it did.
///
/// # Errors
/// When the database refuses.
pub async fn unanswered(
    conn: &mut Conn,
    asked_before: i64,
    limit: i64,
) -> Result<Vec<SubscriberId>, Error> {
    let ids: Vec<i64> = sqlx::query_scalar(
        "SELECT t.subscriber_id FROM still_there t JOIN subscribers s ON s.id = t.subscriber_id
         WHERE t.asked_at < $1 AND t.answered_at IS NULL AND t.paused_at IS NULL
           AND s.status = 'active'
           AND NOT EXISTS (SELECT 1 FROM signs_of_life l
                           WHERE l.subscriber_id = s.id AND l.seen_at >= t.asked_at)
           AND NOT EXISTS (SELECT 1 FROM consents c
                           WHERE c.subscriber_id = s.id AND c.at >= t.asked_at)
           AND NOT EXISTS (SELECT 1 FROM deliveries d JOIN events e
                               ON e.edition_id = d.edition_id AND e.delivery_id = d.id
                           WHERE d.subscriber_id = s.id AND e.last_at >= t.asked_at
                             AND e.agent NOT IN ('scanner', 'privacy_proxy'))
         ORDER BY t.subscriber_id LIMIT $2",
    )
    .bind(asked_before)
    .bind(limit)
    .fetch_all(&mut *conn)
    .await?;
    Ok(ids.into_iter().map(SubscriberId::from_i64).collect())
}

/// Writes down that somebody is to be asked who was not since an instant; whether this call is the one that does.
///
/// # Errors
/// When the database refuses.
pub async fn decide(
    conn: &mut Conn,
    id: SubscriberId,
    (since, now): (i64, i64),
) -> Result<bool, Error> {
    let changed = sqlx::query(
        "INSERT INTO still_there (subscriber_id, decided_at) VALUES ($1, $2)
         ON CONFLICT (subscriber_id) DO UPDATE
         SET decided_at = excluded.decided_at, asked_at = NULL, answered_at = NULL, paused_at = NULL
         WHERE still_there.decided_at < $3",
    )
    .bind(id.as_i64())
    .bind(now)
    .bind(since)
    .execute(&mut *conn)
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// How many are to be asked since it was decided after an instant.
///
/// # Errors
/// When the database refuses.
pub async fn decided_since(conn: &mut Conn, since: i64) -> Result<i64, Error> {
    Ok(
        sqlx::query_scalar("SELECT COUNT(*) FROM still_there WHERE decided_at > $1")
            .bind(since)
            .fetch_one(&mut *conn)
            .await?,
    )
}

/// The letter has left.
///
/// # Errors
/// When the database refuses.
pub async fn asked(conn: &mut Conn, id: SubscriberId, now: i64) -> Result<(), Error> {
    sqlx::query("UPDATE still_there SET asked_at = $1 WHERE subscriber_id = $2")
        .bind(now)
        .bind(id.as_i64())
        .execute(&mut *conn)
        .await?;
    Ok(())
}

/// The button was pressed.
///
/// # Errors
/// When the database refuses.
pub async fn answered(conn: &mut Conn, id: SubscriberId, now: i64) -> Result<(), Error> {
    sqlx::query("UPDATE still_there SET answered_at = $1 WHERE subscriber_id = $2")
        .bind(now)
        .bind(id.as_i64())
        .execute(&mut *conn)
        .await?;
    Ok(())
}

/// Nothing came; whether this call is the one that says so.
///
/// # Errors
/// When the database refuses.
pub async fn paused(conn: &mut Conn, id: SubscriberId, now: i64) -> Result<bool, Error> {
    let changed = sqlx::query(
        "UPDATE still_there SET paused_at = $1
         WHERE subscriber_id = $2 AND paused_at IS NULL AND answered_at IS NULL",
    )
    .bind(now)
    .bind(id.as_i64())
    .execute(&mut *conn)
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// What is held about a reader who was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Asking {
    /// When it was decided to ask, Unix seconds.
    pub decided_at: i64,
    /// When the letter left.
    pub asked_at: Option<i64>,
    /// When the button was pressed.
    pub answered_at: Option<i64>,
    /// When silence became a pause.
    pub paused_at: Option<i64>,
}

/// Whether and when somebody was asked.
///
/// # Errors
/// When the database refuses.
pub async fn asking(conn: &mut Conn, id: SubscriberId) -> Result<Option<Asking>, Error> {
    Ok(sqlx::query_as(
        "SELECT decided_at, asked_at, answered_at, paused_at FROM still_there WHERE subscriber_id = $1",
    )
    .bind(id.as_i64())
    .fetch_optional(&mut *conn)
    .await?)
}
