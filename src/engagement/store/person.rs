//! SQL of what is known of one person's reading.

use serde::Serialize;

use crate::database::{Conn, Error};

/// One thing that was done with a person's copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Done {
    /// In which edition.
    pub edition: String,
    /// open, click, unsubscribe
    pub kind: String,
    /// Which link of the edition, from 0; -1 for what is none.
    pub link: i64,
    /// Who we think it was.
    pub agent: String,
    /// Why.
    pub reason: String,
    /// The first time, Unix seconds.
    pub first_at: i64,
    /// The last time, Unix seconds.
    pub last_at: i64,
    /// How often.
    pub hits: i64,
}

/// How a person's mailbox behaved so far; see `mailboxes`.
#[derive(Debug, Clone, PartialEq, Serialize, sqlx::FromRow)]
pub struct Habit {
    /// Copies, older ones for less.
    pub copies: f64,
    /// Stories followed.
    pub clicks: f64,
    /// Editions with the behaviour of a program.
    pub flags: f64,
    /// 1: a proxy loads the pictures.
    pub proxied: i64,
}

/// What was done with a person's copies, in the order of time.
///
/// # Errors
/// When the database refuses.
pub async fn done(conn: &mut Conn, subscriber: i64) -> Result<Vec<Done>, Error> {
    Ok(sqlx::query_as(
        "SELECT e.edition_id AS edition, e.kind, e.link, e.agent, e.reason, e.first_at, e.last_at, e.hits
         FROM events e JOIN deliveries d ON d.id = e.delivery_id
         WHERE d.subscriber_id = $1 ORDER BY e.first_at, e.kind, e.link",
    )
    .bind(subscriber)
    .fetch_all(&mut *conn)
    .await?)
}

/// How their mailbox behaved; nothing while that is not known.
///
/// # Errors
/// When the database refuses.
pub async fn habit(conn: &mut Conn, subscriber: i64) -> Result<Option<Habit>, Error> {
    Ok(sqlx::query_as(
        "SELECT copies, clicks, flags, proxied FROM mailboxes WHERE subscriber_id = $1",
    )
    .bind(subscriber)
    .fetch_optional(&mut *conn)
    .await?)
}
