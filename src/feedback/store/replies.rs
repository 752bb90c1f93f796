//! SQL of the replies that ended deliveries while they were sent.

use crate::database::{Conn, Error};

/// A delivery that a reply ended.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Ended {
    /// The delivery.
    pub id: String,
    /// Its edition.
    pub edition: String,
    /// Whose it was.
    pub address: String,
    /// The relay's words.
    pub reply: String,
}

/// Copies behind a delivery, in the order of their ids, that were refused or given up with a mailbox that took
/// nothing.
///
/// Of editions built since an instant, and of which nothing is written down yet. None of an edition of which nothing was accepted: a relay that refuses everybody says nothing of anybody.
///
/// # Errors
/// When the database refuses.
pub async fn page(
    conn: &mut Conn,
    (since, after): (i64, &str),
    limit: i64,
) -> Result<Vec<Ended>, Error> {
    Ok(sqlx::query_as(
        "SELECT d.id, d.edition_id AS edition, s.address, d.reply
         FROM deliveries d JOIN subscribers s ON s.id = d.subscriber_id
         WHERE d.status IN ('refused', 'expired')
           AND d.edition_id IN (SELECT id FROM editions WHERE built_at >= $1)
           AND (d.status = 'refused' OR d.reply LIKE '4__ 4.2.%')
           AND d.reply IS NOT NULL AND d.id > $2
           AND EXISTS (SELECT 1 FROM deliveries o
                       WHERE o.edition_id = d.edition_id AND o.status = 'sent')
           AND NOT EXISTS (SELECT 1 FROM feedback_reports r
                           WHERE r.delivery_id = d.id AND r.kind = 'bounce')
         ORDER BY d.id LIMIT $3",
    )
    .bind(since)
    .bind(after)
    .bind(limit)
    .fetch_all(&mut *conn)
    .await?)
}
