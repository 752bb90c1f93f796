//! SQL of sending: who sends, what they have in hand, how it ended; a statement for many rows.
//!
//! One call of the driver costs as much as the row itself, so every statement that runs for every
//! message takes 128 ids at a time, the last one repeated to fill it.

use std::sync::LazyLock;

use super::super::DeliveryId;
use super::variant_of;
use crate::database::{Conn, Error, Kind};
use crate::edition::EditionId;
use crate::edition::slates::Variant;

/// Ids in one statement.
const CHUNK: usize = 128;

/// A statement with `$FIRST` to the last of a chunk in the place of `{ids}`.
fn with_ids(text: &str, first: usize) -> String {
    let ids: Vec<String> = (first..first + CHUNK).map(|n| format!("${n}")).collect();
    text.replace("{ids}", &ids.join(", "))
}

/// Values in chunks of exactly [`CHUNK`], the last filled with its own last value.
fn filled<T: Copy>(values: &[T]) -> impl Iterator<Item = Vec<T>> {
    values.chunks(CHUNK).map(|chunk| {
        let mut full = chunk.to_vec();
        full.extend(std::iter::repeat_n(chunk.last(), CHUNK - chunk.len()).flatten());
        full
    })
}

/// Runs a statement for the values, a chunk of them after the first ones; how many rows it changed.
macro_rules! in_chunks {
    ($conn:ident, $text:ident, $values:expr; $($first:expr),+) => {{
        let mut changed = 0;
        for chunk in filled($values) {
            let query = sqlx::query($text.as_str())$(.bind($first))+;
            let query = chunk.into_iter().fold(query, |query, value| query.bind(value));
            changed += query.execute(&mut *$conn).await?.rows_affected();
        }
        Ok(changed)
    }};
}

fn texts<'a>(ids: &[&'a DeliveryId]) -> Vec<&'a str> {
    ids.iter().map(|id| id.as_str()).collect()
}

/// Says that a process begins to send an edition.
///
/// # Errors
/// When the database refuses.
pub async fn register(
    conn: &mut Conn,
    sender: &str,
    edition: &EditionId,
    now: i64,
) -> Result<(), Error> {
    sqlx::query("INSERT INTO senders (id, edition_id, seen_at) VALUES ($1, $2, $3)")
        .bind(sender)
        .bind(edition.as_str())
        .bind(now)
        .execute(&mut *conn)
        .await?;
    Ok(())
}

/// Says that a process is alive; false if the others have given it up for dead.
///
/// # Errors
/// When the database refuses.
pub async fn beat(conn: &mut Conn, sender: &str, now: i64) -> Result<bool, Error> {
    let changed = sqlx::query("UPDATE senders SET seen_at = $1 WHERE id = $2")
        .bind(now)
        .bind(sender)
        .execute(&mut *conn)
        .await?
        .rows_affected();
    Ok(changed == 1)
}

/// Forgets senders of an edition that were not seen since; how many.
///
/// # Errors
/// When the database refuses.
pub async fn bury(conn: &mut Conn, edition: &EditionId, since: i64) -> Result<u64, Error> {
    let gone = sqlx::query("DELETE FROM senders WHERE edition_id = $1 AND seen_at < $2")
        .bind(edition.as_str())
        .bind(since)
        .execute(&mut *conn)
        .await?;
    Ok(gone.rows_affected())
}

/// Forgets one sender, whose rows are settled.
///
/// # Errors
/// When the database refuses.
pub async fn sign_off(conn: &mut Conn, sender: &str) -> Result<(), Error> {
    sqlx::query("DELETE FROM senders WHERE id = $1")
        .bind(sender)
        .execute(&mut *conn)
        .await?;
    Ok(())
}

/// A row that is owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed {
    /// The row.
    pub id: DeliveryId,
    /// Whose.
    pub subscriber: i64,
    /// Which copy.
    pub variant: Variant,
    /// The second it has waited for at its destination, Unix seconds.
    pub place: Option<i64>,
}

// All rows come as one text: what the driver does for a row and its columns costs more than the row.
macro_rules! owed {
    ($locking:literal) => {
        concat!(
            "SELECT string_agg(
                 id || ' ' || subscriber_id || ' ' || slate || ' ' || subject || ' '
                 || CASE WHEN status = 'queued' AND next_attempt_at IS NOT NULL
                    THEN next_attempt_at ELSE 0 END
                 || ' ' || skipped, $1)
             FROM (
                 SELECT id, subscriber_id, slate, subject, skipped, status, next_attempt_at FROM deliveries
                 WHERE edition_id = $2 AND status IN ('queued', 'deferred')
                   AND subscriber_id IS NOT NULL
                   AND CASE WHEN status = 'queued'
                       THEN COALESCE(next_attempt_at, not_before, 0) <= $5
                       ELSE next_attempt_at <= $3 END
                 ORDER BY subscriber_id LIMIT $4",
            $locking,
            ") AS owed"
        )
    };
}

const OWED: &str = owed!("");
const OWED_BESIDE_OTHERS: &str = owed!(" FOR UPDATE SKIP LOCKED");

/// The owed rows to hand out next, those of the first readers; [`mark_sending`] follows in the same
/// transaction.
///
/// Deferred rows that were due at `due`, others whose time has come by `now`. On PostgreSQL beside other
/// senders, none of whom sees the same row.
///
/// # Errors
/// When the database refuses.
pub async fn lease(
    conn: &mut Conn,
    kind: Kind,
    edition: &EditionId,
    (due, now): (i64, i64),
    limit: i64,
) -> Result<Vec<Owed>, Error> {
    let text = match kind {
        Kind::Sqlite => OWED,
        Kind::Postgres => OWED_BESIDE_OTHERS,
    };
    let lines: Option<String> = sqlx::query_scalar(text)
        .bind("\n")
        .bind(edition.as_str())
        .bind(due)
        .bind(limit)
        .bind(now)
        .fetch_one(&mut *conn)
        .await?;
    let lines = lines.unwrap_or_default();
    lines.lines().map(owed).collect()
}

fn owed(line: &str) -> Result<Owed, Error> {
    let mut fields = line.splitn(6, ' ');
    let mut next = || fields.next().unwrap_or_default();
    let (id, subscriber, slate, subject) = (next(), next(), next(), next());
    let (place, skipped) = (next().parse().ok(), next());
    let number = |column: &str, text: &str| {
        let wrong = || Error::row("deliveries", id, format!("{column} is {text:?}"));
        text.parse().map_err(|_| wrong())
    };
    Ok(Owed {
        variant: variant_of(
            id,
            (number("slate", slate)?, number("subject", subject)?),
            skipped,
        )?,
        id: DeliveryId(id.to_owned()),
        subscriber: number("subscriber_id", subscriber)?,
        place: place.filter(|place| *place != 0),
    })
}

// Rows that are handed out together stand together by reader, and apart by id, which is a hash.
static SENDING: LazyLock<String> = LazyLock::new(|| {
    with_ids(
        "UPDATE deliveries SET status = 'sending', attempts = attempts + 1, sender = $1
         WHERE edition_id = $2 AND subscriber_id IN ({ids}) AND status IN ('queued', 'deferred')",
        3,
    )
});

/// Takes owed rows into a sender's hand, to be given to its connections; how many were.
///
/// # Errors
/// When the database refuses.
pub async fn mark_sending(
    conn: &mut Conn,
    (edition, sender): (&EditionId, &str),
    readers: &[i64],
) -> Result<u64, Error> {
    in_chunks!(conn, SENDING, readers; sender, edition.as_str())
}

static WAITING: LazyLock<String> = LazyLock::new(|| {
    with_ids(
        "UPDATE deliveries SET next_attempt_at = $1
         WHERE edition_id = $2 AND subscriber_id IN ({ids}) AND status IN ('queued', 'deferred')",
        3,
    )
});

/// Lets owed rows wait until an instant for a place at their destination; how many there are.
///
/// # Errors
/// When the database refuses.
pub async fn let_wait(
    conn: &mut Conn,
    edition: &EditionId,
    readers: &[i64],
    until: i64,
) -> Result<u64, Error> {
    in_chunks!(conn, WAITING, readers; until, edition.as_str())
}

static SENT_BY_READER: LazyLock<String> = LazyLock::new(|| {
    with_ids(
        "UPDATE deliveries SET status = 'sent', sent_at = $1, reply = 'accepted', sender = NULL,
            next_attempt_at = NULL
         WHERE edition_id = $2 AND subscriber_id IN ({ids}) AND status = 'sending' AND sender = $3",
        4,
    )
});

/// Marks the rows of these readers in a sender's hand as accepted by the next hop; how many were.
///
/// # Errors
/// When the database refuses.
pub async fn mark_sent_by_reader(
    conn: &mut Conn,
    (edition, sender): (&EditionId, &str),
    readers: &[i64],
    now: i64,
) -> Result<u64, Error> {
    in_chunks!(conn, SENT_BY_READER, readers; now, edition.as_str(), sender)
}

static SENT: LazyLock<String> = LazyLock::new(|| {
    with_ids(
        "UPDATE deliveries SET status = 'sent', sent_at = $1, reply = 'accepted', sender = NULL,
            next_attempt_at = NULL
         WHERE id IN ({ids}) AND status <> 'sent'",
        2,
    )
});

/// Marks rows as accepted by the next hop, whatever state they are in.
///
/// # Errors
/// When the database refuses.
pub async fn mark_sent(conn: &mut Conn, ids: &[&DeliveryId], now: i64) -> Result<u64, Error> {
    in_chunks!(conn, SENT, &texts(ids); now)
}

static RELEASE: LazyLock<String> = LazyLock::new(|| {
    with_ids(
        "UPDATE deliveries SET status = 'queued', sender = NULL, attempts = attempts - 1,
            next_attempt_at = NULL
         WHERE id IN ({ids}) AND status = 'sending' AND sender = $1",
        2,
    )
});

/// Puts rows that certainly did not leave back into the queue; how many were in a sender's hand.
///
/// # Errors
/// When the database refuses.
pub async fn release(conn: &mut Conn, sender: &str, ids: &[&DeliveryId]) -> Result<u64, Error> {
    in_chunks!(conn, RELEASE, &texts(ids); sender)
}

/// Puts everything a sender has in hand back into the queue. Only when its journal says what was
/// leaving, and that is settled.
///
/// # Errors
/// When the database refuses.
pub async fn release_all(conn: &mut Conn, sender: &str, edition: &EditionId) -> Result<u64, Error> {
    let moved = sqlx::query(
        "UPDATE deliveries SET status = 'queued', sender = NULL, attempts = attempts - 1,
            next_attempt_at = NULL
         WHERE edition_id = $1 AND status = 'sending' AND sender = $2",
    )
    .bind(edition.as_str())
    .bind(sender)
    .execute(&mut *conn)
    .await?;
    Ok(moved.rows_affected())
}

/// Settles what dead senders without a journal left: rows in their hand are in doubt; returns how many
/// those are. A sender is dead that was not seen since.
///
/// # Errors
/// When the database refuses.
pub async fn recover(
    conn: &mut Conn,
    edition: &EditionId,
    since: i64,
    now: i64,
) -> Result<u64, Error> {
    sqlx::query(
        "INSERT INTO attempts (delivery_id, attempt, ended_at, outcome, reply)
         SELECT id, attempts, $1, 'uncertain', 'the sending process died before the reply' FROM deliveries
         WHERE edition_id = $2 AND status = 'sending'
           AND (sender IS NULL OR sender NOT IN (SELECT id FROM senders WHERE seen_at >= $3))
         ON CONFLICT DO NOTHING",
    )
    .bind(now)
    .bind(edition.as_str())
    .bind(since)
    .execute(&mut *conn)
    .await?;
    let doubtful = sqlx::query(
        "UPDATE deliveries SET status = 'uncertain', uncertain_at = $1, sender = NULL
         WHERE edition_id = $2 AND status = 'sending'
           AND (sender IS NULL OR sender NOT IN (SELECT id FROM senders WHERE seen_at >= $3))",
    )
    .bind(now)
    .bind(edition.as_str())
    .bind(since)
    .execute(&mut *conn)
    .await?;
    // Whoever was erased meanwhile is owed nothing.
    sqlx::query(
        "UPDATE deliveries SET status = 'suppressed'
         WHERE edition_id = $1 AND subscriber_id IS NULL
           AND (status = 'queued' OR status = 'deferred')",
    )
    .bind(edition.as_str())
    .execute(&mut *conn)
    .await?;
    Ok(doubtful.rows_affected())
}

/// The rows of an edition whose fate is unknown, with whom they are for and since when.
///
/// # Errors
/// When the database refuses.
pub async fn uncertain(
    conn: &mut Conn,
    edition: &EditionId,
) -> Result<Vec<(DeliveryId, Option<i64>, i64)>, Error> {
    let rows: Vec<(String, Option<i64>, Option<i64>)> = sqlx::query_as(
        "SELECT id, subscriber_id, uncertain_at FROM deliveries
         WHERE edition_id = $1 AND status = 'uncertain' ORDER BY id",
    )
    .bind(edition.as_str())
    .fetch_all(&mut *conn)
    .await?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|(id, subscriber, at)| (DeliveryId(id), subscriber, at.unwrap_or(0)))
        .collect())
}

/// Settles a row whose fate was unknown: back into the queue, or accepted after all; false if it is
/// not in doubt any more.
///
/// # Errors
/// When the database refuses.
pub async fn reconcile(
    conn: &mut Conn,
    id: &DeliveryId,
    resolution: Resolution,
    now: i64,
) -> Result<bool, Error> {
    let (status, sent_at) = match resolution {
        Resolution::Resend => ("queued", None),
        Resolution::Arrived => ("sent", Some(now)),
    };
    let changed = sqlx::query(
        "UPDATE deliveries SET status = $1, sent_at = $2, next_attempt_at = NULL
         WHERE id = $3 AND status = 'uncertain'",
    )
    .bind(status)
    .bind(sent_at)
    .bind(id.as_str())
    .execute(&mut *conn)
    .await?
    .rows_affected();
    Ok(changed == 1)
}

/// What somebody who looked at the relay's log says of a message in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// It did not arrive, or may arrive again: sent once more with the same Message-ID.
    Resend,
    /// It arrived, or shall count as if it had.
    Arrived,
}
