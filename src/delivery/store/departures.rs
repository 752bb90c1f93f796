//! SQL of limits: how many messages went where, minute by minute, whichever process sent them.

use crate::database::{Conn, Error};

/// How long minutes are kept.
const KEPT_MINUTES: i64 = 24 * 60 + 60;
/// A minute that never comes; its row counts nothing and is what one locks.
const LOCK_MINUTE: i64 = i64::MAX;

/// Counts messages that leave to a destination or a relay in the minute of `now` (Unix seconds).
///
/// # Errors
/// When the database refuses.
pub async fn count(conn: &mut Conn, name: &str, messages: u64, now: i64) -> Result<(), Error> {
    add(conn, name, i64::try_from(messages).unwrap_or(i64::MAX), now).await
}

/// Takes back that messages were counted which did not leave.
///
/// # Errors
/// When the database refuses.
pub async fn take_back(conn: &mut Conn, name: &str, messages: u64, now: i64) -> Result<(), Error> {
    add(
        conn,
        name,
        -i64::try_from(messages).unwrap_or(i64::MAX),
        now,
    )
    .await
}

async fn add(conn: &mut Conn, name: &str, messages: i64, now: i64) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO departures (name, minute, count) VALUES ($1, $2, $3)
         ON CONFLICT (name, minute) DO UPDATE SET count = departures.count + excluded.count",
    )
    .bind(name)
    .bind(now / 60)
    .bind(messages)
    .execute(&mut *conn)
    .await?;
    sqlx::query("DELETE FROM departures WHERE name = $1 AND minute < $2")
        .bind(name)
        .bind(now / 60 - KEPT_MINUTES)
        .execute(&mut *conn)
        .await?;
    Ok(())
}

/// How many left there in the last hour and in the last 24, whole minutes: rather some too many than too few.
///
/// Who asks is about to count more: on PostgreSQL others who ask wait for the end of this transaction, or
/// two would give out the same places. SQLite has one writer anyway.
///
/// # Errors
/// When the database refuses.
pub async fn recent(conn: &mut Conn, name: &str, now: i64) -> Result<(u64, u64), Error> {
    sqlx::query(
        "INSERT INTO departures (name, minute, count) VALUES ($1, $2, 0)
         ON CONFLICT (name, minute) DO UPDATE SET count = departures.count",
    )
    .bind(name)
    .bind(LOCK_MINUTE)
    .execute(&mut *conn)
    .await?;
    let (hour, day): (Option<i64>, Option<i64>) = sqlx::query_as(
        "SELECT CAST(SUM(CASE WHEN minute >= $1 THEN count ELSE 0 END) AS BIGINT),
                CAST(SUM(count) AS BIGINT)
         FROM departures WHERE name = $2 AND minute >= $3",
    )
    .bind(now / 60 - 60)
    .bind(name)
    .bind(now / 60 - 24 * 60)
    .fetch_one(&mut *conn)
    .await?;
    let count = |sum: Option<i64>| u64::try_from(sum.unwrap_or(0)).unwrap_or(0);
    Ok((count(hour), count(day)))
}
