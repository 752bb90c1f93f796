//! SQL of the list's health: counts over tables of others, read only.

use crate::database::{Conn, Error};

/// How many addresses are blocked for a reason, and how many of those since an instant.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Blocked {
    /// The reason's name.
    pub reason: String,
    /// How many.
    pub addresses: i64,
    /// Of these, since the instant.
    pub lately: i64,
}

/// The addresses that are blocked, by reason.
///
/// # Errors
/// When the database refuses.
pub async fn blocked(conn: &mut Conn, since: i64) -> Result<Vec<Blocked>, Error> {
    Ok(sqlx::query_as(
        "SELECT reason, CAST(COUNT(*) AS BIGINT) AS addresses,
           CAST(SUM(CASE WHEN since_at >= $1 THEN 1 ELSE 0 END) AS BIGINT) AS lately
         FROM suppressions WHERE lifted_at IS NULL
         GROUP BY reason ORDER BY reason",
    )
    .bind(since)
    .fetch_all(conn)
    .await?)
}
