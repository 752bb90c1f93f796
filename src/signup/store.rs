//! SQL of the letters.

use courant_subscribers::SubscriberId;

use crate::database::{Conn, Error};

/// What a letter is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Whether somebody wants what was asked for in their name.
    Confirm,
    /// That they are a reader now.
    Welcome,
    /// That they are none any more.
    Goodbye,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Welcome => "welcome",
            Self::Goodbye => "goodbye",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Confirm, Self::Welcome, Self::Goodbye]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// A letter that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Its number.
    pub id: i64,
    /// To whom.
    pub subscriber: SubscriberId,
    /// What it is about.
    pub kind: Kind,
    /// When it was asked for, Unix seconds.
    pub created_at: i64,
    /// How often it was tried, this time included.
    pub attempts: i64,
}

/// Puts a letter into the table, due at once.
///
/// # Errors
/// When the database refuses.
pub async fn add(
    conn: &mut Conn,
    subscriber: SubscriberId,
    kind: Kind,
    now: i64,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO letters (id, subscriber_id, kind, created_at, due_at, attempts)
         VALUES ($1, $2, $3, $4, $4, 0)",
    )
    .bind(SubscriberId::random()?.as_i64())
    .bind(subscriber.as_i64())
    .bind(kind.as_str())
    .bind(now)
    .execute(&mut *conn)
    .await?;
    Ok(())
}

/// Whether somebody has got, or will get, a letter of this kind that was asked for after an instant.
///
/// # Errors
/// When the database refuses.
pub async fn was_written(
    conn: &mut Conn,
    subscriber: SubscriberId,
    kind: Kind,
    since: i64,
) -> Result<bool, Error> {
    let found: Option<i64> = sqlx::query_scalar(
        "SELECT CAST(1 AS BIGINT) FROM letters
         WHERE subscriber_id = $1 AND kind = $2 AND created_at > $3 LIMIT 1",
    )
    .bind(subscriber.as_i64())
    .bind(kind.as_str())
    .bind(since)
    .fetch_optional(&mut *conn)
    .await?;
    Ok(found.is_some())
}

/// Takes letters in hand that are due, at most `limit`; until `again` nobody else does.
///
/// # Errors
/// When the database refuses or a row is not ours.
pub async fn take(
    conn: &mut Conn,
    (now, again): (i64, i64),
    limit: i64,
) -> Result<Vec<Due>, Error> {
    let rows: Vec<(i64, i64, String, i64, i64, i64)> = sqlx::query_as(
        "SELECT id, subscriber_id, kind, created_at, due_at, attempts FROM letters
         WHERE done_at IS NULL AND due_at <= $1 ORDER BY due_at LIMIT $2",
    )
    .bind(now)
    .bind(limit)
    .fetch_all(&mut *conn)
    .await?;
    let mut taken = Vec::with_capacity(rows.len());
    for (id, subscriber, kind, created_at, due_at, attempts) in rows {
        let wrong = || Error::row("letters", id, format!("unknown kind \"{kind}\""));
        let kind = Kind::parse(&kind).ok_or_else(wrong)?;
        let claimed = sqlx::query(
            "UPDATE letters SET due_at = $1, attempts = attempts + 1
             WHERE id = $2 AND due_at = $3 AND done_at IS NULL",
        )
        .bind(again)
        .bind(id)
        .bind(due_at)
        .execute(&mut *conn)
        .await?;
        if claimed.rows_affected() == 1 {
            taken.push(Due {
                id,
                subscriber: SubscriberId::from_i64(subscriber),
                kind,
                created_at,
                attempts: attempts + 1,
            });
        }
    }
    Ok(taken)
}

/// Settles a letter: the next hop has it, or it is given up.
///
/// # Errors
/// When the database refuses.
pub async fn done(conn: &mut Conn, id: i64, reply: &str, now: i64) -> Result<(), Error> {
    sqlx::query("UPDATE letters SET done_at = $1, reply = $2 WHERE id = $3")
        .bind(now)
        .bind(reply)
        .bind(id)
        .execute(&mut *conn)
        .await?;
    Ok(())
}

/// Tries a letter again at an instant.
///
/// # Errors
/// When the database refuses.
pub async fn put_off(conn: &mut Conn, id: i64, reply: &str, until: i64) -> Result<(), Error> {
    sqlx::query("UPDATE letters SET due_at = $1, reply = $2 WHERE id = $3 AND done_at IS NULL")
        .bind(until)
        .bind(reply)
        .bind(id)
        .execute(&mut *conn)
        .await?;
    Ok(())
}

/// Forgets letters that were settled before an instant.
///
/// # Errors
/// When the database refuses.
pub async fn purge(conn: &mut Conn, before: i64) -> Result<u64, Error> {
    let gone = sqlx::query("DELETE FROM letters WHERE done_at < $1")
        .bind(before)
        .execute(&mut *conn)
        .await?;
    Ok(gone.rows_affected())
}
