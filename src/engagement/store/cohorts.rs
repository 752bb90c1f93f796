//! SQL for reports: who clicked at all by when they joined, and how many left by an edition's links.

use crate::database::{Conn, Error};
use crate::edition::EditionId;

/// How many readers who joined on a day (days since 1970, UTC) followed a link, as persons, in the editions
/// of a digest with these numbers, both ends included; oldest day first.
///
/// Of single events: what is older than `tracking.keep` is not there, and nothing of those who are not counted.
///
/// # Errors
/// When the database refuses.
pub async fn clicked_by_day_of_joining(
    conn: &mut Conn,
    digest: &str,
    (from, to): (u32, u32),
) -> Result<Vec<(i64, u64)>, Error> {
    let rows: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT COALESCE(s.confirmed_at, s.created_at) / 86400 AS day, CAST(COUNT(DISTINCT s.id) AS BIGINT)
         FROM editions e
         JOIN events v ON v.edition_id = e.id AND v.kind = 'click'
             AND (v.agent = 'person' OR v.agent = 'unknown')
         JOIN deliveries d ON d.id = v.delivery_id
         JOIN subscribers s ON s.id = d.subscriber_id
         WHERE e.digest = $1 AND e.number >= $2 AND e.number <= $3
         GROUP BY COALESCE(s.confirmed_at, s.created_at) / 86400 ORDER BY day",
    )
    .bind(digest)
    .bind(i64::from(from))
    .bind(i64::from(to))
    .fetch_all(&mut *conn)
    .await?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|(day, readers)| (day, u64::try_from(readers).unwrap_or(0)))
        .collect())
}

/// How many readers left by an edition's own links.
///
/// # Errors
/// When the database refuses.
pub async fn unsubscribed(conn: &mut Conn, edition: &EditionId) -> Result<u64, Error> {
    let readers: i64 = sqlx::query_scalar(
        "SELECT CAST(
             (SELECT COUNT(DISTINCT delivery_id) FROM events
              WHERE edition_id = $1 AND kind = 'unsubscribe')
           + (SELECT COALESCE(SUM(readers), 0) FROM daily_events
              WHERE edition_id = $1 AND kind = 'unsubscribe') AS BIGINT)",
    )
    .bind(edition.as_str())
    .fetch_one(&mut *conn)
    .await?;
    Ok(u64::try_from(readers).unwrap_or(0))
}
