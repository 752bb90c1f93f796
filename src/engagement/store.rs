//! SQL for events.

use std::collections::BTreeSet;

use super::{Agent, EventKind};
use crate::database::{Conn, Error};
use crate::delivery::DeliveryId;
use crate::edition::EditionId;

/// One thing a reader, or something in their place, did.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// In which edition.
    pub edition: &'a EditionId,
    /// With which copy.
    pub delivery: &'a DeliveryId,
    /// What.
    pub kind: EventKind,
    /// Who.
    pub agent: Agent,
    /// Why we think so.
    pub reason: &'a str,
}

/// Adds an event; the same again only counts up.
///
/// # Errors
/// When the database refuses.
pub async fn add(conn: &mut Conn, event: &Event<'_>, now: i64) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO events
         (edition_id, delivery_id, kind, link, agent, reason, first_at, last_at, hits)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7, 1)
         ON CONFLICT (edition_id, delivery_id, kind, link, agent)
         DO UPDATE SET hits = events.hits + 1, last_at = excluded.last_at",
    )
    .bind(event.edition.as_str())
    .bind(event.delivery.as_str())
    .bind(event.kind.name())
    .bind(event.kind.link())
    .bind(event.agent.name())
    .bind(event.reason)
    .bind(now)
    .execute(&mut *conn)
    .await?;
    Ok(())
}

/// Readers who did something in an edition, by who it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// `open`, `click` or `unsubscribe`.
    pub kind: String,
    /// The link for clicks, else -1.
    pub link: i64,
    /// Who.
    pub agent: String,
    /// How many readers.
    pub readers: u64,
}

/// Counts an edition's readers by what they did.
///
/// # Errors
/// When the database refuses.
pub async fn tallies(conn: &mut Conn, edition: &EditionId) -> Result<Vec<Tally>, Error> {
    let rows: Vec<(String, i64, String, i64)> = sqlx::query_as(
        "SELECT kind, link, agent, COUNT(DISTINCT delivery_id) FROM events
         WHERE edition_id = $1 GROUP BY kind, link, agent ORDER BY kind, link, agent",
    )
    .bind(edition.as_str())
    .fetch_all(&mut *conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(kind, link, agent, readers)| Tally {
            kind,
            link,
            agent,
            readers: u64::try_from(readers).unwrap_or(0),
        })
        .collect())
}

/// Clicks by people (and by whoever may be one), a reader once, by link.
///
/// # Errors
/// When the database refuses.
pub async fn clicks_by_link(
    conn: &mut Conn,
    edition: &EditionId,
) -> Result<Vec<(u16, u64)>, Error> {
    let rows: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT link, COUNT(DISTINCT delivery_id) FROM events
         WHERE edition_id = $1 AND kind = 'click' AND (agent = 'person' OR agent = 'unknown')
         GROUP BY link ORDER BY link",
    )
    .bind(edition.as_str())
    .fetch_all(&mut *conn)
    .await?;
    rows.into_iter()
        .map(|(link, readers)| {
            let link = u16::try_from(link).map_err(|error| Error::row("events", edition, error))?;
            Ok((link, u64::try_from(readers).unwrap_or(0)))
        })
        .collect()
}

/// Readers whose copy was opened by somebody who is no proxy and no scanner.
///
/// # Errors
/// When the database refuses.
pub async fn honest_opens(conn: &mut Conn, edition: &EditionId) -> Result<u64, Error> {
    let readers: i64 = sqlx::query_scalar(
        "SELECT COUNT(DISTINCT delivery_id) FROM events
         WHERE edition_id = $1 AND kind = 'open' AND (agent = 'person' OR agent = 'unknown')",
    )
    .bind(edition.as_str())
    .fetch_one(&mut *conn)
    .await?;
    Ok(u64::try_from(readers).unwrap_or(0))
}

/// Readers whose pictures a proxy loads, so that their opens cannot be seen.
///
/// # Errors
/// When the database refuses.
pub async fn proxied(conn: &mut Conn, edition: &EditionId) -> Result<u64, Error> {
    let readers: i64 = sqlx::query_scalar(
        "SELECT COUNT(DISTINCT delivery_id) FROM events
         WHERE edition_id = $1 AND kind = 'open' AND agent = 'privacy_proxy'",
    )
    .bind(edition.as_str())
    .fetch_one(&mut *conn)
    .await?;
    Ok(u64::try_from(readers).unwrap_or(0))
}

/// Subscribers of these ids, both ends included, who showed that they opened an edition: pictures
/// that a person loaded, or a link that a person followed.
///
/// # Errors
/// When the database refuses.
pub async fn signs(
    conn: &mut Conn,
    edition: &EditionId,
    (from, to): (i64, i64),
) -> Result<BTreeSet<i64>, Error> {
    let rows: Vec<i64> = sqlx::query_scalar(
        "SELECT DISTINCT d.subscriber_id FROM events e
         JOIN deliveries d ON d.id = e.delivery_id
         WHERE e.edition_id = $1 AND d.subscriber_id >= $2 AND d.subscriber_id <= $3
           AND (e.kind = 'open' OR e.kind = 'click')
           AND (e.agent = 'person' OR e.agent = 'unknown')",
    )
    .bind(edition.as_str())
    .bind(from)
    .bind(to)
    .fetch_all(&mut *conn)
    .await?;
    Ok(rows.into_iter().collect())
}
