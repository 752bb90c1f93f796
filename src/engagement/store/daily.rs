//! SQL: events of single readers become counts by day, and go.

use super::accounts::take_settlement;
use crate::database::{Conn, Error};
use crate::edition::EditionId;

/// Editions that are accounted for and still have events from before an instant.
///
/// # Errors
/// When the database refuses.
pub async fn outdated(conn: &mut Conn, before: i64) -> Result<Vec<EditionId>, Error> {
    let rows: Vec<String> = sqlx::query_scalar(
        // Nothing happened to an edition before it was built: the events of younger ones need no look.
        "SELECT s.edition_id FROM settlements s JOIN editions d ON d.id = s.edition_id
         WHERE s.settled_at IS NOT NULL AND d.built_at < $1 AND EXISTS (
             SELECT 1 FROM events e WHERE e.edition_id = s.edition_id AND e.last_at < $1)
         ORDER BY s.edition_id",
    )
    .bind(before)
    .fetch_all(&mut *conn)
    .await?;
    Ok(rows.iter().map(|id| EditionId::from_text(id)).collect())
}

/// Turns an edition's events from before an instant into counts by day; returns how many are gone.
///
/// If asked to, remembers when each reader last did something that only people do. In one transaction of the
/// caller, which others wait for.
///
/// # Errors
/// When the database refuses.
pub async fn forget_before(
    conn: &mut Conn,
    edition: &EditionId,
    before: i64,
    remember: bool,
) -> Result<u64, Error> {
    // Two at once would count the same events twice.
    take_settlement(conn, edition).await?;
    sqlx::query(
        "INSERT INTO daily_events (edition_id, day, kind, link, agent, readers, hits)
         SELECT edition_id, first_at / 86400, kind, link, agent, COUNT(*), CAST(SUM(hits) AS BIGINT)
         FROM events WHERE edition_id = $1 AND last_at < $2
         GROUP BY edition_id, first_at / 86400, kind, link, agent
         ON CONFLICT (edition_id, day, kind, link, agent) DO UPDATE SET
             readers = daily_events.readers + excluded.readers,
             hits = daily_events.hits + excluded.hits",
    )
    .bind(edition.as_str())
    .bind(before)
    .execute(&mut *conn)
    .await?;
    if remember {
        sqlx::query(
            "INSERT INTO signs_of_life (subscriber_id, seen_at)
             SELECT d.subscriber_id, MAX(e.last_at) FROM events e
             JOIN deliveries d ON d.edition_id = e.edition_id AND d.id = e.delivery_id
             WHERE e.edition_id = $1 AND e.last_at < $2 AND d.subscriber_id IS NOT NULL
               AND e.agent NOT IN ('scanner', 'privacy_proxy')
             GROUP BY d.subscriber_id
             ON CONFLICT (subscriber_id) DO UPDATE SET seen_at =
                 CASE WHEN excluded.seen_at > signs_of_life.seen_at
                      THEN excluded.seen_at ELSE signs_of_life.seen_at END",
        )
        .bind(edition.as_str())
        .bind(before)
        .execute(&mut *conn)
        .await?;
    }
    let gone = sqlx::query("DELETE FROM events WHERE edition_id = $1 AND last_at < $2")
        .bind(edition.as_str())
        .bind(before)
        .execute(&mut *conn)
        .await?;
    Ok(gone.rows_affected())
}

/// When a reader last did something that only people do, as far as it is remembered beyond the events, Unix seconds.
///
/// # Errors
/// When the database refuses.
pub async fn seen_at(conn: &mut Conn, subscriber: i64) -> Result<Option<i64>, Error> {
    Ok(
        sqlx::query_scalar("SELECT seen_at FROM signs_of_life WHERE subscriber_id = $1")
            .bind(subscriber)
            .fetch_optional(&mut *conn)
            .await?,
    )
}

/// Forgets what [`forget_before`] remembered: nobody asks for it any more.
///
/// # Errors
/// When the database refuses.
pub async fn forget_signs(conn: &mut Conn) -> Result<u64, Error> {
    let gone = sqlx::query("DELETE FROM signs_of_life")
        .execute(&mut *conn)
        .await?;
    Ok(gone.rows_affected())
}
