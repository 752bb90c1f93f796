//! SQL of what the ledger says of one person.

use serde::Serialize;

use super::{Conn, DeliveryId, Error};

/// One copy of an edition that somebody was sent, or was to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Mailed {
    /// Which edition.
    pub edition: String,
    /// What became of the copy.
    pub status: String,
    /// When it left, Unix seconds.
    pub sent_at: Option<i64>,
    /// The relay's last words about it.
    pub reply: Option<String>,
}

/// The copies of a person, by edition.
///
/// # Errors
/// When the database refuses.
pub async fn mailed(conn: &mut Conn, subscriber: i64) -> Result<Vec<Mailed>, Error> {
    Ok(sqlx::query_as(
        "SELECT edition_id AS edition, status, sent_at, reply FROM deliveries
         WHERE subscriber_id = $1 ORDER BY edition_id",
    )
    .bind(subscriber)
    .fetch_all(&mut *conn)
    .await?)
}

/// Takes the relays' words about a person away: they name the address. What became of the copies stays.
///
/// # Errors
/// When the database refuses.
pub async fn erase_words(conn: &mut Conn, subscriber: i64) -> Result<(), Error> {
    sqlx::query(
        "UPDATE attempts SET reply = ''
         WHERE delivery_id IN (SELECT id FROM deliveries WHERE subscriber_id = $1)",
    )
    .bind(subscriber)
    .execute(&mut *conn)
    .await?;
    sqlx::query("UPDATE deliveries SET reply = NULL WHERE subscriber_id = $1")
        .bind(subscriber)
        .execute(&mut *conn)
        .await?;
    Ok(())
}

/// Whose copy something was done with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// Nobody's: a test mail, or a reader who was erased.
    Nobody,
    /// A reader's who is not to be counted.
    Uncounted,
    /// A reader's.
    Counted,
}

/// Whose copy this is.
///
/// # Errors
/// When the database refuses.
pub async fn holder(conn: &mut Conn, id: &DeliveryId) -> Result<Holder, Error> {
    let counting: Option<String> = sqlx::query_scalar(
        "SELECT subscribers.counting FROM deliveries
         JOIN subscribers ON subscribers.id = deliveries.subscriber_id
         WHERE deliveries.id = $1",
    )
    .bind(id.as_str())
    .fetch_optional(&mut *conn)
    .await?;
    Ok(match counting.as_deref() {
        None => Holder::Nobody,
        Some("declined") => Holder::Uncounted,
        Some(_) => Holder::Counted,
    })
}
