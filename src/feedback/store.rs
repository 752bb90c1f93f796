//! SQL for reports.

use serde::Serialize;

use super::Report;
use crate::database::{Conn, Error};
use crate::delivery::DeliveryId;

pub mod rates;
pub mod replies;

/// A report about to be kept.
#[derive(Debug, Clone, Copy)]
pub struct Kept<'a> {
    /// Hash of message and recipient.
    pub id: &'a str,
    /// The recipient in the form addresses are compared in.
    pub address_key: &'a str,
    /// What the message says of them.
    pub report: &'a Report,
    /// The delivery it is about, if it exists.
    pub delivery: Option<&'a DeliveryId>,
    /// When the message was written, as far as it can be known.
    pub happened_at: i64,
    /// The beginning of the message.
    pub raw: &'a str,
}

/// Keeps a report without a verdict; false if the same message was read before.
///
/// # Errors
/// When the database refuses.
pub async fn add(conn: &mut Conn, kept: &Kept<'_>, now: i64) -> Result<bool, Error> {
    let inserted = sqlx::query(
        "INSERT INTO feedback_reports
         (id, address_key, kind, reason, status, delivery_id, received_at, happened_at, verdict, because, raw)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', '', $9) ON CONFLICT DO NOTHING",
    )
    .bind(kept.id)
    .bind(kept.address_key)
    .bind(kept.report.kind.name())
    .bind(kept.report.reason.name())
    .bind(kept.report.status.as_deref().unwrap_or_default())
    .bind(kept.delivery.map(DeliveryId::as_str))
    .bind(now)
    .bind(kept.happened_at)
    .bind(kept.raw)
    .execute(&mut *conn)
    .await?
    .rows_affected();
    Ok(inserted == 1)
}

/// Writes what was decided about a report.
///
/// # Errors
/// When the database refuses.
pub async fn settle(conn: &mut Conn, id: &str, verdict: &str, because: &str) -> Result<(), Error> {
    sqlx::query("UPDATE feedback_reports SET verdict = $1, because = $2 WHERE id = $3")
        .bind(verdict)
        .bind(because)
        .bind(id)
        .execute(&mut *conn)
        .await?;
    Ok(())
}

/// A kept report.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Row {
    /// Hash of message and recipient.
    pub id: String,
    /// Empty if the message names nobody.
    pub address_key: String,
    /// When the message was read first, Unix seconds.
    pub received_at: i64,
    /// When it was written, as far as it can be known.
    pub happened_at: i64,
    /// What was decided.
    pub verdict: String,
    delivery_id: Option<String>,
    /// The beginning of the message.
    pub raw: String,
}

impl Row {
    /// The delivery it is about, if it names one of ours.
    #[must_use]
    pub fn delivery(&self) -> Option<DeliveryId> {
        self.delivery_id.as_deref().and_then(DeliveryId::parse)
    }
}

/// Reports behind one, in the order they were read.
///
/// # Errors
/// When the database refuses.
pub async fn page(
    conn: &mut Conn,
    (received_at, id): (i64, &str),
    limit: i64,
) -> Result<Vec<Row>, Error> {
    Ok(sqlx::query_as(
        "SELECT id, address_key, received_at, happened_at, verdict, delivery_id, raw FROM feedback_reports
         WHERE received_at > $1 OR (received_at = $1 AND id > $2)
         ORDER BY received_at, id LIMIT $3",
    )
    .bind(received_at)
    .bind(id)
    .bind(limit)
    .fetch_all(&mut *conn)
    .await?)
}

/// Whether a report of this id is kept.
///
/// # Errors
/// When the database refuses.
pub async fn is_kept(conn: &mut Conn, id: &str) -> Result<bool, Error> {
    let found: Option<i64> =
        sqlx::query_scalar("SELECT CAST(1 AS BIGINT) FROM feedback_reports WHERE id = $1")
            .bind(id)
            .fetch_optional(&mut *conn)
            .await?;
    Ok(found.is_some())
}

/// Writes what a report says as it is read today, and no verdict; false if somebody else has decided meanwhile.
///
/// # Errors
/// When the database refuses.
pub async fn reopen(
    conn: &mut Conn,
    (id, verdict): (&str, &str),
    report: &Report,
) -> Result<bool, Error> {
    let changed = sqlx::query(
        "UPDATE feedback_reports SET kind = $1, reason = $2, status = $3, verdict = ''
         WHERE id = $4 AND verdict = $5",
    )
    .bind(report.kind.name())
    .bind(report.reason.name())
    .bind(report.status.as_deref().unwrap_or_default())
    .bind(id)
    .bind(verdict)
    .execute(&mut *conn)
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// When failures of an address happened that were counted, since an instant, oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn counted_since(
    conn: &mut Conn,
    address_key: &str,
    since: i64,
) -> Result<Vec<i64>, Error> {
    Ok(sqlx::query_scalar(
        "SELECT happened_at FROM feedback_reports
         WHERE address_key = $1 AND verdict = 'counted' AND happened_at >= $2
         ORDER BY happened_at",
    )
    .bind(address_key)
    .bind(since)
    .fetch_all(&mut *conn)
    .await?)
}

/// How many copies of editions were sent to an address since an instant.
///
/// # Errors
/// When the database refuses.
pub async fn sent_since(conn: &mut Conn, address_key: &str, since: i64) -> Result<u64, Error> {
    let sent: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM deliveries
         JOIN subscribers ON subscribers.id = deliveries.subscriber_id
         WHERE subscribers.address_key = $1 AND deliveries.status = 'sent'
           AND deliveries.sent_at >= $2",
    )
    .bind(address_key)
    .bind(since)
    .fetch_one(&mut *conn)
    .await?;
    Ok(u64::try_from(sent).unwrap_or(0))
}

/// Whether a delivery went to an address.
///
/// # Errors
/// When the database refuses.
pub async fn is_of(
    conn: &mut Conn,
    delivery: &DeliveryId,
    address_key: &str,
) -> Result<bool, Error> {
    let found: Option<i64> = sqlx::query_scalar(
        "SELECT CAST(1 AS BIGINT) FROM deliveries
         JOIN subscribers ON subscribers.id = deliveries.subscriber_id
         WHERE deliveries.id = $1 AND subscribers.address_key = $2",
    )
    .bind(delivery.as_str())
    .bind(address_key)
    .fetch_optional(&mut *conn)
    .await?;
    Ok(found.is_some())
}

/// Forgets reports that were read before an instant; how many.
///
/// # Errors
/// When the database refuses.
pub async fn purge(conn: &mut Conn, before: i64) -> Result<u64, Error> {
    let gone = sqlx::query("DELETE FROM feedback_reports WHERE received_at < $1")
        .bind(before)
        .execute(&mut *conn)
        .await?;
    Ok(gone.rows_affected())
}

/// A report as it is shown to the person it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct About {
    /// `bounce`, `complaint`, `auto_reply` or `none`.
    pub kind: String,
    /// Why.
    pub reason: String,
    /// Enhanced status code; may be empty.
    pub status: String,
    /// When it was read, Unix seconds.
    pub received_at: i64,
    /// What was decided.
    pub verdict: String,
    /// Why.
    pub because: String,
    /// The beginning of the message.
    pub raw: String,
}

/// The reports about an address, oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn about(conn: &mut Conn, address_key: &str) -> Result<Vec<About>, Error> {
    Ok(sqlx::query_as(
        "SELECT kind, reason, status, received_at, verdict, because, raw FROM feedback_reports
         WHERE address_key = $1 ORDER BY received_at, id",
    )
    .bind(address_key)
    .fetch_all(&mut *conn)
    .await?)
}

/// Erases what is held about an address; returns how many reports.
///
/// # Errors
/// When the database refuses.
pub async fn forget(conn: &mut Conn, address_key: &str) -> Result<u64, Error> {
    let gone = sqlx::query("DELETE FROM feedback_reports WHERE address_key = $1")
        .bind(address_key)
        .execute(&mut *conn)
        .await?;
    Ok(gone.rows_affected())
}
