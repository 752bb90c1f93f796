//! SQL: the copies that reached a relay, each with what happened to it and what its mailbox was like.

use std::collections::HashMap;

use super::super::filter::Mailbox;
use super::super::{Agent, EventKind};
use crate::database::{Conn, Error};
use crate::delivery::store::services::service_of;
use crate::edition::EditionId;
use crate::edition::slates::Variant;

/// One copy of an edition that the next hop took.
#[derive(Debug, Clone, PartialEq)]
pub struct Copy {
    /// Its row in the ledger.
    pub delivery: String,
    /// Whose; nobody once they are erased.
    pub subscriber: Option<i64>,
    /// The mail service of the address; `others` for one that is erased.
    pub service: String,
    /// Which copy.
    pub variant: Variant,
    /// When the next hop took it, Unix seconds.
    pub sent_at: i64,
    /// Whether what this reader does may be counted.
    pub is_counted: bool,
    /// Whether it holds the picture that tells of opens.
    pub has_pixel: bool,
    /// What the mailbox was like in settled editions.
    pub mailbox: Mailbox,
    /// What happened to it, in the order it was recorded.
    pub happened: Vec<Happened>,
}

/// Something that happened to a copy, once or again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Happened {
    /// What; never [`EventKind::Unsubscribe`].
    pub kind: EventKind,
    /// Who, as far as the request told.
    pub agent: Agent,
    /// When for the first time, Unix seconds.
    pub first_at: i64,
    /// When for the last time, Unix seconds.
    pub last_at: i64,
}

#[derive(sqlx::FromRow)]
struct CopyRow {
    id: String,
    subscriber_id: Option<i64>,
    service: String,
    slate: i64,
    subject: i64,
    skipped: String,
    sent_at: i64,
    counting: Option<String>,
    format: Option<String>,
    copies: Option<f64>,
    clicks: Option<f64>,
    flags: Option<f64>,
    proxied: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct EventRow {
    delivery_id: String,
    kind: String,
    link: i64,
    agent: String,
    first_at: i64,
    last_at: i64,
}

macro_rules! copies {
    ($rest:literal) => {
        concat!(
            "SELECT d.id, d.subscriber_id, d.slate, d.subject, d.skipped, d.sent_at, s.counting, s.format,
                    m.copies, m.clicks, m.flags, m.proxied, ",
            service_of!(),
            " AS service
             FROM deliveries d
             LEFT JOIN subscribers s ON s.id = d.subscriber_id
             LEFT JOIN mailboxes m ON m.subscriber_id = d.subscriber_id
             WHERE d.edition_id = $1 AND d.status = 'sent' AND d.sent_at IS NOT NULL ",
            $rest
        )
    };
}

macro_rules! events {
    ($rest:literal) => {
        concat!(
            "SELECT e.delivery_id, e.kind, e.link, e.agent, e.first_at, e.last_at FROM events e ",
            $rest,
            " AND (e.kind = 'open' OR e.kind = 'click')
              ORDER BY e.delivery_id, e.first_at, e.kind, e.link, e.agent"
        )
    };
}

/// The next copies after a row of the ledger, in the order of their ids.
///
/// # Errors
/// When the database refuses or a row is not ours.
pub async fn copies_after(
    conn: &mut Conn,
    edition: &EditionId,
    after: &str,
    limit: i64,
) -> Result<Vec<Copy>, Error> {
    let rows: Vec<CopyRow> = sqlx::query_as(copies!("AND d.id > $2 ORDER BY d.id LIMIT $3"))
        .bind(edition.as_str())
        .bind(after)
        .bind(limit)
        .fetch_all(&mut *conn)
        .await?;
    let Some(last) = rows.last() else {
        return Ok(Vec::new());
    };
    let events: Vec<EventRow> = sqlx::query_as(events!(
        "WHERE e.edition_id = $1 AND e.delivery_id > $2 AND e.delivery_id <= $3"
    ))
    .bind(edition.as_str())
    .bind(after)
    .bind(&last.id)
    .fetch_all(&mut *conn)
    .await?;
    together(rows, events)
}

/// The copies of subscribers with these ids, both ends included, in the order of these.
///
/// # Errors
/// When the database refuses or a row is not ours.
pub async fn copies_between(
    conn: &mut Conn,
    edition: &EditionId,
    (from, to): (i64, i64),
) -> Result<Vec<Copy>, Error> {
    let rows: Vec<CopyRow> = sqlx::query_as(copies!(
        "AND d.subscriber_id >= $2 AND d.subscriber_id <= $3 ORDER BY d.subscriber_id"
    ))
    .bind(edition.as_str())
    .bind(from)
    .bind(to)
    .fetch_all(&mut *conn)
    .await?;
    let events: Vec<EventRow> = sqlx::query_as(events!(
        "JOIN deliveries d ON d.id = e.delivery_id
         WHERE e.edition_id = $1 AND d.subscriber_id >= $2 AND d.subscriber_id <= $3"
    ))
    .bind(edition.as_str())
    .bind(from)
    .bind(to)
    .fetch_all(&mut *conn)
    .await?;
    together(rows, events)
}

fn together(rows: Vec<CopyRow>, events: Vec<EventRow>) -> Result<Vec<Copy>, Error> {
    let mut happened: HashMap<String, Vec<Happened>> = HashMap::new();
    for row in events {
        let known = happened_of(&row)?;
        happened.entry(row.delivery_id).or_default().push(known);
    }
    rows.into_iter()
        .map(|row| {
            let variant = Variant::from_ledger((row.slate, row.subject), &row.skipped)
                .ok_or_else(|| Error::row("deliveries", &row.id, "no copy of ours"))?;
            Ok(Copy {
                happened: happened.remove(&row.id).unwrap_or_default(),
                delivery: row.id,
                subscriber: row.subscriber_id,
                service: row.service,
                variant,
                sent_at: row.sent_at,
                has_pixel: row.format.as_deref() != Some("text"),
                is_counted: row.counting.as_deref() != Some("declined"),
                mailbox: Mailbox {
                    copies: row.copies.unwrap_or(0.0),
                    clicks: row.clicks.unwrap_or(0.0),
                    flags: row.flags.unwrap_or(0.0),
                    proxied: row.proxied == Some(1),
                },
            })
        })
        .collect()
}

fn happened_of(row: &EventRow) -> Result<Happened, Error> {
    let wrong = |problem: &str| Error::row("events", &row.delivery_id, problem);
    let kind = match row.kind.as_str() {
        "open" => EventKind::Open,
        _ => EventKind::Click(u16::try_from(row.link).map_err(|_| wrong("no link of ours"))?),
    };
    Ok(Happened {
        kind,
        agent: Agent::parse(&row.agent).ok_or_else(|| wrong("unknown agent"))?,
        first_at: row.first_at,
        last_at: row.last_at,
    })
}
