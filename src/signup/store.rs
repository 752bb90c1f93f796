//! SQL of the letters.

pub mod quiet;

use courant_subscribers::SubscriberId;
use serde::Serialize;

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
    /// Whether they still read.
    StillThere,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Welcome => "welcome",
            Self::Goodbye => "goodbye",
            Self::StillThere => "still_there",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [
            Self::Confirm,
            Self::Welcome,
            Self::Goodbye,
            Self::StillThere,
        ]
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

/// Keeps what a form said with the latest letter that asks somebody to confirm; whether there is one.
///
/// # Errors
/// When the database refuses.
pub async fn set_wish(
    conn: &mut Conn,
    subscriber: SubscriberId,
    wish: &str,
) -> Result<bool, Error> {
    let changed = sqlx::query(
        "UPDATE letters SET wish = $1 WHERE id = (
             SELECT id FROM letters WHERE subscriber_id = $2 AND kind = 'confirm'
             ORDER BY created_at DESC, id LIMIT 1)",
    )
    .bind(wish)
    .bind(subscriber.as_i64())
    .execute(&mut *conn)
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// What the form said whose letter was asked for at an instant.
///
/// # Errors
/// When the database refuses.
pub async fn wish(
    conn: &mut Conn,
    subscriber: SubscriberId,
    asked_at: i64,
) -> Result<Option<String>, Error> {
    let found: Option<Option<String>> = sqlx::query_scalar(
        "SELECT wish FROM letters
         WHERE subscriber_id = $1 AND kind = 'confirm' AND created_at = $2 AND wish IS NOT NULL
         ORDER BY id LIMIT 1",
    )
    .bind(subscriber.as_i64())
    .bind(asked_at)
    .fetch_optional(&mut *conn)
    .await?;
    Ok(found.flatten())
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

/// A letter as it is shown to the person it went to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Written {
    /// As in the table: `confirm`, `welcome`, `goodbye`, `still_there`.
    pub kind: String,
    /// When it was asked for, Unix seconds.
    pub created_at: i64,
    /// When it left or was given up, Unix seconds.
    pub done_at: Option<i64>,
    /// The relay's last words about it.
    pub reply: Option<String>,
}

/// The letters to a person that are still kept, oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn written(conn: &mut Conn, subscriber: SubscriberId) -> Result<Vec<Written>, Error> {
    Ok(sqlx::query_as(
        "SELECT kind, created_at, done_at, reply FROM letters
         WHERE subscriber_id = $1 ORDER BY created_at, id",
    )
    .bind(subscriber.as_i64())
    .fetch_all(&mut *conn)
    .await?)
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
