//! SQL for the ledger.
//!
//! `store/leases.rs`: what sending processes have in hand.

use std::sync::LazyLock;

use super::DeliveryId;
use crate::database::{Conn, Error};
use crate::edition::EditionId;
use crate::edition::slates::Variant;

pub mod departures;
pub mod leases;
pub mod person;
pub(crate) mod services;

/// Recipients in one statement of [`queue`].
const QUEUED_AT_ONCE: usize = 100;

static QUEUE: LazyLock<String> = LazyLock::new(|| {
    let row = |row: usize| {
        let at = 2 + row * 8;
        let places: Vec<String> = (at..at + 8).map(|n| format!("${n}")).collect();
        let [
            id,
            subscriber,
            status,
            slate,
            skipped,
            subject,
            reply,
            not_before,
        ] = &places[..]
        else {
            return String::new();
        };
        format!(
            "({id}, $1, {subscriber}, {status}, 0, {slate}, {skipped}, {subject}, {reply}, {not_before})"
        )
    };
    let rows: Vec<String> = (0..QUEUED_AT_ONCE).map(row).collect();
    format!(
        "INSERT INTO deliveries
         (id, edition_id, subscriber_id, status, attempts, slate, skipped, subject, reply, not_before)
         VALUES {} ON CONFLICT DO NOTHING",
        rows.join(", ")
    )
});

/// A recipient to be queued.
#[derive(Debug, Clone, Copy)]
pub struct ToQueue<'a> {
    /// Who.
    pub subscriber: i64,
    /// Which copy; without one there is nothing they have not had, and the row is settled at once.
    pub variant: Option<&'a Variant>,
    /// Unix seconds before which it does not leave.
    pub not_before: Option<i64>,
}

impl<'a> ToQueue<'a> {
    /// One whose copy may leave at once.
    #[must_use]
    pub fn now(subscriber: i64, variant: Option<&'a Variant>) -> Self {
        Self {
            subscriber,
            variant,
            not_before: None,
        }
    }
}

/// What stands in the row of somebody for whom an edition has no story left.
const NOTHING_NEW: &str = "nothing this reader has not had";

/// Writes queued rows, each with the copy its reader gets; how many recipients had none yet.
///
/// # Errors
/// When the database refuses.
pub async fn queue(
    conn: &mut Conn,
    edition: &EditionId,
    readers: &[ToQueue<'_>],
) -> Result<u64, Error> {
    let mut inserted = 0;
    for chunk in readers.chunks(QUEUED_AT_ONCE) {
        let Some(last) = chunk.last() else { continue };
        let mut query = sqlx::query(QUEUE.as_str()).bind(edition.as_str());
        // The statement always has the same rows; one that is there already does nothing.
        let fill = std::iter::repeat_n(last, QUEUED_AT_ONCE - chunk.len());
        for ToQueue {
            subscriber,
            variant,
            not_before,
        } in chunk.iter().chain(fill)
        {
            let status = variant.map_or("suppressed", |_| "queued");
            let reply = variant.is_none().then_some(NOTHING_NEW);
            query = query
                .bind(DeliveryId::of(edition, *subscriber).0)
                .bind(*subscriber)
                .bind(status)
                .bind(variant.map_or(0, |variant| i64::from(variant.slate)))
                .bind(variant.map_or_else(String::new, Variant::skipped_text))
                .bind(variant.map_or(0, |variant| i64::from(variant.subject)))
                .bind(reply)
                .bind(*not_before);
        }
        inserted += query.execute(&mut *conn).await?.rows_affected();
    }
    Ok(inserted)
}

fn variant_of(id: &str, list: (i64, i64), skipped: &str) -> Result<Variant, Error> {
    Variant::from_ledger(list, skipped)
        .ok_or_else(|| Error::row("deliveries", id, format!("no copy: {list:?} \"{skipped}\"")))
}

/// Which copy a reader got, or will get; nothing if there is no such row, or it says that no story was left.
///
/// # Errors
/// When the database refuses or the row is not ours.
pub async fn variant(conn: &mut Conn, id: &DeliveryId) -> Result<Option<Variant>, Error> {
    let row: Option<(i64, i64, String)> = sqlx::query_as(
        "SELECT slate, subject, skipped FROM deliveries
             WHERE id = $1 AND NOT (status = 'suppressed' AND COALESCE(reply, '') = $2)",
    )
    .bind(id.as_str())
    .bind(NOTHING_NEW)
    .fetch_optional(&mut *conn)
    .await?;
    row.map(|(slate, subject, skipped)| variant_of(id.as_str(), (slate, subject), &skipped))
        .transpose()
}

/// The copies of an edition that may have reached subscribers of these ids, both ends included.
///
/// # Errors
/// When the database refuses or a row is not ours.
pub async fn reached(
    conn: &mut Conn,
    edition: &EditionId,
    (from, to): (i64, i64),
) -> Result<Vec<(i64, Variant)>, Error> {
    let rows: Vec<(i64, i64, i64, String)> = sqlx::query_as(
        "SELECT subscriber_id, slate, subject, skipped FROM deliveries
         WHERE edition_id = $1 AND subscriber_id >= $2 AND subscriber_id <= $3
           AND (status = 'sent' OR status = 'uncertain' OR status = 'sending')
         ORDER BY subscriber_id",
    )
    .bind(edition.as_str())
    .bind(from)
    .bind(to)
    .fetch_all(&mut *conn)
    .await?;
    rows.into_iter()
        .map(|(subscriber, slate, subject, skipped)| {
            let variant = variant_of(edition.as_str(), (slate, subject), &skipped)?;
            Ok((subscriber, variant))
        })
        .collect()
}

/// Puts uncertain rows back into the queue; returns how many. They stay marked.
///
/// # Errors
/// When the database refuses.
pub async fn requeue_uncertain(conn: &mut Conn, edition: &EditionId) -> Result<u64, Error> {
    let moved = sqlx::query(
        "UPDATE deliveries SET status = 'queued', next_attempt_at = NULL
         WHERE edition_id = $1 AND status = 'uncertain'",
    )
    .bind(edition.as_str())
    .execute(&mut *conn)
    .await?;
    Ok(moved.rows_affected())
}

/// Gives up on what is still owed and could have left before an instant: when it was queued, or when
/// its reader's morning was. Returns how many.
///
/// # Errors
/// When the database refuses.
pub async fn expire(
    conn: &mut Conn,
    edition: &EditionId,
    (queued_at, before): (i64, i64),
) -> Result<u64, Error> {
    let expired = sqlx::query(
        "UPDATE deliveries SET status = 'expired'
         WHERE edition_id = $1 AND (status = 'queued' OR status = 'deferred')
           AND COALESCE(not_before, $2) < $3",
    )
    .bind(edition.as_str())
    .bind(queued_at)
    .bind(before)
    .execute(&mut *conn)
    .await?;
    Ok(expired.rows_affected())
}

/// A row's new state after an attempt, or instead of one.
#[derive(Debug, Clone, Copy)]
pub struct End<'a> {
    /// The new status.
    pub status: &'a str,
    /// When to try again, for `deferred`.
    pub next_attempt_at: Option<i64>,
    /// The relay's words, or ours.
    pub reply: &'a str,
}

/// Records how an attempt ended, whatever state the row is in but `sent`.
///
/// # Errors
/// When the database refuses.
pub async fn end(conn: &mut Conn, id: &DeliveryId, end: &End<'_>, now: i64) -> Result<(), Error> {
    sqlx::query(
        "UPDATE deliveries SET status = $1, next_attempt_at = $2, reply = $3, sender = NULL,
            sent_at = CASE WHEN $1 = 'sent' THEN $4 ELSE sent_at END,
            uncertain_at = CASE WHEN $1 = 'uncertain' THEN $4 ELSE uncertain_at END
         WHERE id = $5 AND status <> 'sent'",
    )
    .bind(end.status)
    .bind(end.next_attempt_at)
    .bind(end.reply)
    .bind(now)
    .bind(id.as_str())
    .execute(&mut *conn)
    .await?;
    if end.status != "sent" && end.status != "queued" {
        sqlx::query(
            "INSERT INTO attempts (delivery_id, attempt, ended_at, outcome, reply)
             SELECT id, attempts, $1, $2, $3 FROM deliveries WHERE id = $4
             ON CONFLICT DO NOTHING",
        )
        .bind(now)
        .bind(end.status)
        .bind(end.reply)
        .bind(id.as_str())
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// Defers, until an instant, rows that were refused since another one; returns how many.
///
/// # Errors
/// When the database refuses.
pub async fn take_back_refusals(
    conn: &mut Conn,
    edition: &EditionId,
    (since, until): (i64, i64),
) -> Result<u64, Error> {
    let moved = sqlx::query(
        "UPDATE deliveries SET status = 'deferred', next_attempt_at = $1
         WHERE edition_id = $2 AND status = 'refused' AND id IN (
             SELECT delivery_id FROM attempts WHERE outcome = 'refused' AND ended_at >= $3)",
    )
    .bind(until)
    .bind(edition.as_str())
    .bind(since)
    .execute(&mut *conn)
    .await?;
    Ok(moved.rows_affected())
}

/// How many attempts a row has had.
///
/// # Errors
/// When the database refuses.
pub async fn attempts(conn: &mut Conn, id: &DeliveryId) -> Result<i64, Error> {
    let count = sqlx::query_scalar("SELECT attempts FROM deliveries WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(&mut *conn)
        .await?;
    Ok(count.unwrap_or(0))
}

/// An edition's rows by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Not tried yet.
    pub queued: u64,
    /// Leased by a process for its connections, or left so by a dead one.
    pub sending: u64,
    /// Accepted by the next hop.
    pub sent: u64,
    /// Waiting for another attempt.
    pub deferred: u64,
    /// Refused for good.
    pub refused: u64,
    /// Not mailed because the reader left or is suppressed.
    pub suppressed: u64,
    /// Not mailed because the reader has had all its stories.
    pub nothing_new: u64,
    /// Given up at the deadline.
    pub expired: u64,
    /// Held because a crash left their fate unknown.
    pub uncertain: u64,
    /// Rows whose fate a crash once left unknown, whatever became of them.
    pub once_uncertain: u64,
}

impl Counts {
    /// Rows that may still be served.
    #[must_use]
    pub fn remaining(&self) -> u64 {
        self.queued + self.sending + self.deferred
    }

    /// All rows.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.remaining()
            + self.sent
            + self.refused
            + self.suppressed
            + self.nothing_new
            + self.expired
            + self.uncertain
    }
}

#[derive(sqlx::FromRow)]
struct CountsRow {
    queued: i64,
    sending: i64,
    sent: i64,
    deferred: i64,
    refused: i64,
    suppressed: i64,
    nothing_new: i64,
    expired: i64,
    uncertain: i64,
    once_uncertain: i64,
    other: Option<String>,
}

/// Counts an edition's rows by state.
///
/// # Errors
/// When the database refuses.
pub async fn counts(conn: &mut Conn, edition: &EditionId) -> Result<Counts, Error> {
    // Not grouped: a group a row is sorted first, which for a million rows takes 45 MB.
    let row: CountsRow = sqlx::query_as(
        "SELECT
             COALESCE(SUM(CASE WHEN status = 'queued' THEN 1 ELSE 0 END), 0) AS queued,
             COALESCE(SUM(CASE WHEN status = 'sending' THEN 1 ELSE 0 END), 0) AS sending,
             COALESCE(SUM(CASE WHEN status = 'sent' THEN 1 ELSE 0 END), 0) AS sent,
             COALESCE(SUM(CASE WHEN status = 'deferred' THEN 1 ELSE 0 END), 0) AS deferred,
             COALESCE(SUM(CASE WHEN status = 'refused' THEN 1 ELSE 0 END), 0) AS refused,
             COALESCE(SUM(CASE WHEN status = 'suppressed' AND COALESCE(reply, '') <> $2 THEN 1 ELSE 0 END), 0)
                 AS suppressed,
             COALESCE(SUM(CASE WHEN status = 'suppressed' AND COALESCE(reply, '') = $2 THEN 1 ELSE 0 END), 0)
                 AS nothing_new,
             COALESCE(SUM(CASE WHEN status = 'expired' THEN 1 ELSE 0 END), 0) AS expired,
             COALESCE(SUM(CASE WHEN status = 'uncertain' THEN 1 ELSE 0 END), 0) AS uncertain,
             COUNT(uncertain_at) AS once_uncertain,
             MIN(CASE WHEN status IN ('queued', 'sending', 'sent', 'deferred', 'refused',
                                      'suppressed', 'expired', 'uncertain')
                 THEN NULL ELSE status END) AS other
         FROM deliveries WHERE edition_id = $1",
    )
    .bind(edition.as_str())
    .bind(NOTHING_NEW)
    .fetch_one(&mut *conn)
    .await?;
    if let Some(other) = row.other {
        let problem = format!("unknown status \"{other}\"");
        return Err(Error::row("deliveries", edition, problem));
    }
    let count = |count: i64| u64::try_from(count).unwrap_or(0);
    Ok(Counts {
        queued: count(row.queued),
        sending: count(row.sending),
        sent: count(row.sent),
        deferred: count(row.deferred),
        refused: count(row.refused),
        suppressed: count(row.suppressed),
        nothing_new: count(row.nothing_new),
        expired: count(row.expired),
        uncertain: count(row.uncertain),
        once_uncertain: count(row.once_uncertain),
    })
}

/// When the next hop took the last message so far.
///
/// # Errors
/// When the database refuses.
pub async fn last_sent_at(conn: &mut Conn, edition: &EditionId) -> Result<Option<i64>, Error> {
    Ok(
        sqlx::query_scalar("SELECT MAX(sent_at) FROM deliveries WHERE edition_id = $1")
            .bind(edition.as_str())
            .fetch_one(&mut *conn)
            .await?,
    )
}

/// When the first row is due that waits: for another attempt, for a place at its destination, for its
/// reader's morning.
///
/// # Errors
/// When the database refuses.
pub async fn next_attempt(conn: &mut Conn, edition: &EditionId) -> Result<Option<i64>, Error> {
    Ok(sqlx::query_scalar(
        "SELECT MIN(COALESCE(next_attempt_at, not_before)) FROM deliveries
         WHERE edition_id = $1 AND status IN ('queued', 'deferred')",
    )
    .bind(edition.as_str())
    .fetch_one(&mut *conn)
    .await?)
}

/// When the first row is due that waits for a place at its destination, if there is one.
///
/// # Errors
/// When the database refuses.
pub async fn next_place(conn: &mut Conn, edition: &EditionId) -> Result<Option<i64>, Error> {
    Ok(sqlx::query_scalar(
        "SELECT MIN(next_attempt_at) FROM deliveries WHERE edition_id = $1 AND status = 'queued'",
    )
    .bind(edition.as_str())
    .fetch_one(&mut *conn)
    .await?)
}

/// Whether a reader has a row in an edition's ledger, sent or not.
///
/// # Errors
/// When the database refuses.
pub async fn exists(conn: &mut Conn, id: &DeliveryId) -> Result<bool, Error> {
    let found: Option<i64> =
        sqlx::query_scalar("SELECT CAST(1 AS BIGINT) FROM deliveries WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&mut *conn)
            .await?;
    Ok(found.is_some())
}
