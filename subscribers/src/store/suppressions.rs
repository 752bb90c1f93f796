//! SQL: suppressions, and the status of the person behind the address.

use super::{subscribers, unknown};
use crate::{
    Conn, EmailAddress, Error, Outcome, Reason, Step, Suppression,
    address::{erased, mask},
    subscriber,
    suppression::{Lifted, Recorded},
    text,
};

/// Longest note or reason kept, in characters: a server's reply with room to spare.
const MAX_NOTE: usize = 500;

/// How many ended blocks are lifted in one call: bounds the transaction.
const LIFT_AT_ONCE: i64 = 1_000;

#[derive(sqlx::FromRow)]
pub(super) struct SuppressionRow {
    address_key: String,
    reason: String,
    since_at: i64,
    until_at: Option<i64>,
    note: String,
    lifted_at: Option<i64>,
    lifted_because: Option<String>,
}

impl TryFrom<SuppressionRow> for Recorded {
    type Error = Error;

    fn try_from(row: SuppressionRow) -> Result<Self, Error> {
        let reason = Reason::parse(&row.reason)
            .ok_or_else(|| unknown("suppressions", &mask(&row.address_key), &row.reason))?;
        let because = row.lifted_because.unwrap_or_default();
        Ok(Self {
            suppression: Suppression {
                key: row.address_key,
                reason,
                since: row.since_at,
                until: row.until_at,
                note: row.note,
            },
            lifted: row.lifted_at.map(|at| Lifted { at, because }),
        })
    }
}

/// How much a reason weighs: whoever takes a block back must know the heaviest.
macro_rules! weight {
    ($reason:literal) => {
        concat!(
            "CASE ",
            $reason,
            " WHEN 'complaint' THEN 4 WHEN 'unsubscribed' THEN 3 WHEN 'manual' THEN 2
              WHEN 'hard-bounce' THEN 1 ELSE 0 END"
        )
    };
}

/// Blocks an address, on the list or not; a person behind it becomes Suppressed.
///
/// `Unchanged` when a block that lasts as long stands already for a reason that weighs as much (a complaint
/// more than leaving, that more than the operator's word, that more than a bounce), and when the cause is
/// older than the day a former block was lifted: the same notice, read again, does nothing. The note of a
/// heavier reason tells of the one before.
///
/// # Errors
/// When the database fails; [`Error::Contended`] may be tried again.
pub async fn suppress(conn: &mut Conn, block: &Suppression) -> Result<Outcome, Error> {
    // Somebody who was erased and let back in: what was held against them then is answered as well.
    let let_back: Option<i64> = sqlx::query_scalar(
        "SELECT lifted_at FROM suppressions WHERE address_key = $1 AND lifted_at IS NOT NULL",
    )
    .bind(erased(&block.key))
    .fetch_optional(&mut *conn)
    .await?;
    if let_back.is_some_and(|at| block.since <= at) {
        return Ok(Outcome::Unchanged);
    }
    let done = sqlx::query(concat!(
        "INSERT INTO suppressions (address_key, reason, since_at, until_at, note)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (address_key) DO UPDATE
         SET reason = excluded.reason, since_at = excluded.since_at, until_at = excluded.until_at,
             note = CASE
                 WHEN suppressions.lifted_at IS NULL AND suppressions.reason <> excluded.reason
                 THEN excluded.note || ' (before: ' || suppressions.reason || ')'
                 ELSE excluded.note END,
             lifted_at = NULL, lifted_because = NULL
         WHERE (suppressions.lifted_at IS NOT NULL AND suppressions.lifted_at < excluded.since_at)
            OR (suppressions.lifted_at IS NULL
                AND suppressions.until_at IS NOT NULL
                AND (excluded.until_at IS NULL OR excluded.until_at > suppressions.until_at))
            OR (suppressions.lifted_at IS NULL
                AND suppressions.until_at IS NULL AND excluded.until_at IS NULL AND ",
        weight!("excluded.reason"),
        " > ",
        weight!("suppressions.reason"),
        ")"
    ))
    .bind(block.key.as_str())
    .bind(block.reason.as_str())
    .bind(block.since)
    .bind(block.until)
    .bind(text::clean(&block.note, MAX_NOTE).unwrap_or_default())
    .execute(&mut *conn)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(Outcome::Unchanged);
    }
    if let Some(person) = subscribers::find_by_key(conn, &block.key).await? {
        let _of_the_person =
            subscribers::take(conn, person.id, Step::Suppress, block.since).await?;
    }
    Ok(Outcome::Changed)
}

/// Takes a block back, with the reason; a person who was Suppressed is what they were before, or has left when
/// the block says that they asked for that.
///
/// `Unchanged` when it was taken back already, `Unknown` when there never was one.
///
/// # Errors
/// [`Error::ReasonMissing`] when `because` says nothing; else when the database fails.
pub async fn unsuppress(
    conn: &mut Conn,
    address: &EmailAddress,
    because: &str,
    now: i64,
) -> Result<Outcome, Error> {
    match lift(conn, address.key(), because, now).await? {
        Outcome::Changed => Ok(Outcome::Changed),
        otherwise => match lift(conn, &address.erased_key(), because, now).await? {
            Outcome::Unknown => Ok(otherwise),
            erased => Ok(erased),
        },
    }
}

/// Takes back the blocks whose end has come, up to a thousand of them; returns how many.
///
/// The audience leaves out everybody with a block, ended or not, so call this before queueing.
///
/// # Errors
/// When the database fails; safe to call again.
pub async fn lift_expired(conn: &mut Conn, now: i64) -> Result<u64, Error> {
    let keys: Vec<String> = sqlx::query_scalar(
        "SELECT address_key FROM suppressions
         WHERE lifted_at IS NULL AND until_at <= $1
         ORDER BY address_key
         LIMIT $2",
    )
    .bind(now)
    .bind(LIFT_AT_ONCE)
    .fetch_all(&mut *conn)
    .await?;
    let mut lifted = 0;
    for key in keys {
        if lift(conn, &key, "its time was over", now).await? == Outcome::Changed {
            lifted += 1;
        }
    }
    Ok(lifted)
}

async fn lift(conn: &mut Conn, key: &str, because: &str, now: i64) -> Result<Outcome, Error> {
    let because = text::clean(because, MAX_NOTE)
        .filter(|because| because.contains(char::is_alphanumeric))
        .ok_or(Error::ReasonMissing)?;
    let done = sqlx::query(
        "UPDATE suppressions SET lifted_at = $2, lifted_because = $3
         WHERE address_key = $1 AND lifted_at IS NULL",
    )
    .bind(key)
    .bind(now)
    .bind(because)
    .execute(&mut *conn)
    .await?;
    if done.rows_affected() == 0 {
        let known = find_by_key(conn, key).await?.is_some();
        return Ok(if known {
            Outcome::Unchanged
        } else {
            Outcome::Unknown
        });
    }
    if let Some(person) = subscribers::find_by_key(conn, key).await? {
        let block = find_by_key(conn, key).await?;
        let asked = block.is_some_and(|it| it.suppression.reason == Reason::Unsubscribed);
        // Only they can take back that they asked for no more mail.
        let step = if asked {
            Step::Unsubscribe
        } else {
            came_from(&person)
        };
        let _of_the_person = subscribers::take(conn, person.id, step, now).await?;
    }
    Ok(Outcome::Changed)
}

/// The way back for somebody who was suppressed.
fn came_from(person: &subscriber::Subscriber) -> Step {
    match person.confirmed_at {
        Some(_) => Step::Unsuppress,
        None => Step::UnsuppressUnconfirmed,
    }
}

/// Whether the address must not be mailed at `now`.
///
/// # Errors
/// When the database fails or holds a reason this version does not know.
pub async fn is_suppressed(
    conn: &mut Conn,
    address: &EmailAddress,
    now: i64,
) -> Result<bool, Error> {
    Ok(find(conn, address)
        .await?
        .is_some_and(|recorded| recorded.stands(now)))
}

/// What the table holds about the address, also when it was taken back.
///
/// # Errors
/// When the database fails or holds a reason this version does not know.
pub async fn find(conn: &mut Conn, address: &EmailAddress) -> Result<Option<Recorded>, Error> {
    match find_by_key(conn, address.key()).await? {
        Some(recorded) if recorded.lifted.is_none() => Ok(Some(recorded)),
        plain => Ok(find_by_key(conn, &address.erased_key()).await?.or(plain)),
    }
}

/// When a block of the address was taken back last; `None` if none ever was, and while one stands
/// that came after it.
///
/// # Errors
/// When the database fails.
pub async fn lifted_at(conn: &mut Conn, address: &EmailAddress) -> Result<Option<i64>, Error> {
    Ok(sqlx::query_scalar(
        "SELECT MAX(lifted_at) FROM suppressions WHERE address_key = $1 OR address_key = $2",
    )
    .bind(address.key())
    .bind(address.erased_key())
    .fetch_one(conn)
    .await?)
}

/// Turns what the table holds about an address into a block on its hash.
pub(super) async fn erase(conn: &mut Conn, address: &EmailAddress, now: i64) -> Result<(), Error> {
    let plain = find_by_key(conn, address.key()).await?;
    let standing = plain.filter(|recorded| recorded.lifted.is_none());
    let block = Suppression {
        key: address.erased_key(),
        reason: standing.map_or(Reason::Unsubscribed, |recorded| recorded.suppression.reason),
        since: now,
        until: None,
        note: "erased".to_owned(),
    };
    let _also_again = suppress(conn, &block).await?;
    sqlx::query("DELETE FROM suppressions WHERE address_key = $1")
        .bind(address.key())
        .execute(conn)
        .await?;
    Ok(())
}

async fn find_by_key(conn: &mut Conn, key: &str) -> Result<Option<Recorded>, Error> {
    let row: Option<SuppressionRow> = sqlx::query_as(
        "SELECT address_key, reason, since_at, until_at, note, lifted_at, lifted_because
         FROM suppressions
         WHERE address_key = $1",
    )
    .bind(key)
    .fetch_optional(conn)
    .await?;
    row.map(Recorded::try_from).transpose()
}

/// One page of all blocks, lifted ones too, by address: those after `after`, at most `limit`.
///
/// # Errors
/// When the database fails or holds a reason this version does not know.
pub async fn list_page(
    conn: &mut Conn,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<Recorded>, Error> {
    let rows: Vec<SuppressionRow> = sqlx::query_as(
        "SELECT address_key, reason, since_at, until_at, note, lifted_at, lifted_because
         FROM suppressions
         WHERE address_key > $1
         ORDER BY address_key
         LIMIT $2",
    )
    .bind(after.unwrap_or_default())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Recorded::try_from).collect()
}
