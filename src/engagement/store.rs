//! SQL for events; beside it copies with what happened to them, and what editions came to.

use super::{Agent, EventKind};
use crate::database::{Conn, Error};
use crate::delivery::DeliveryId;
use crate::edition::EditionId;

mod accounts;
mod cohorts;
mod copies;
mod daily;
pub mod person;

pub use accounts::{
    Anonymous, Settlement, account, add_account, add_anonymous, anonymous, put_mailbox,
    put_settlement, settlement, take_anonymous, take_settlement, unsettled,
};
pub use cohorts::{clicked_by_day_of_joining, unsubscribed};
pub use copies::{Copy, Happened, copies_after, copies_between};
pub use daily::{forget_before, forget_signs, outdated, seen_at};

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

/// How often the same happened, from when to when; Unix seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// How often.
    pub hits: u64,
    /// The first time.
    pub first_at: i64,
    /// The last time.
    pub last_at: i64,
}

impl Times {
    /// Once.
    #[must_use]
    pub const fn once(now: i64) -> Self {
        Self {
            hits: 1,
            first_at: now,
            last_at: now,
        }
    }

    fn hits(self) -> i64 {
        i64::try_from(self.hits).unwrap_or(i64::MAX)
    }
}

/// Adds an event; the same again only counts up.
///
/// # Errors
/// When the database refuses.
pub async fn add(conn: &mut Conn, event: &Event<'_>, times: Times) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO events
         (edition_id, delivery_id, kind, link, agent, reason, first_at, last_at, hits)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (edition_id, delivery_id, kind, link, agent)
         DO UPDATE SET hits = events.hits + excluded.hits, last_at = excluded.last_at",
    )
    .bind(event.edition.as_str())
    .bind(event.delivery.as_str())
    .bind(event.kind.name())
    .bind(event.kind.link())
    .bind(event.agent.name())
    .bind(event.reason)
    .bind(times.first_at)
    .bind(times.last_at)
    .bind(times.hits())
    .execute(&mut *conn)
    .await?;
    Ok(())
}

/// Takes back that an event happened once; whether it was there.
///
/// # Errors
/// When the database refuses.
pub async fn take(
    conn: &mut Conn,
    (edition, delivery): (&EditionId, &DeliveryId),
    (kind, agent): (EventKind, Agent),
) -> Result<bool, Error> {
    let mut was_there = false;
    for statement in [
        "UPDATE events SET hits = hits - 1
         WHERE edition_id = $1 AND delivery_id = $2 AND kind = $3 AND link = $4 AND agent = $5",
        "DELETE FROM events
         WHERE edition_id = $1 AND delivery_id = $2 AND kind = $3 AND link = $4 AND agent = $5
           AND hits <= 0",
    ] {
        let done = sqlx::query(statement)
            .bind(edition.as_str())
            .bind(delivery.as_str())
            .bind(kind.name())
            .bind(kind.link())
            .bind(agent.name())
            .execute(&mut *conn)
            .await?;
        was_there |= done.rows_affected() > 0;
    }
    Ok(was_there)
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
        "SELECT kind, link, agent, CAST(SUM(readers) AS BIGINT) FROM (
             SELECT kind, link, agent, COUNT(DISTINCT delivery_id) AS readers FROM events
             WHERE edition_id = $1 GROUP BY kind, link, agent
             UNION ALL
             SELECT kind, link, agent, readers FROM daily_events WHERE edition_id = $1
         ) AS told GROUP BY kind, link, agent ORDER BY kind, link, agent",
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
