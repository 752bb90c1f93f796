//! SQL of what came back of one edition, by mail service.

use crate::database::{Conn, Error};
use crate::delivery::store::services::service_of;
use crate::edition::EditionId;

/// How many copies of an edition ended in a status at a service.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Ended {
    /// Which service.
    pub service: String,
    /// The status of the ledger.
    pub status: String,
    /// How many.
    pub copies: i64,
}

/// How many readers of a service brought reports of a kind that led to a verdict; of several the worst.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Told {
    /// Which service.
    pub service: String,
    /// `bounce` or `complaint`.
    pub kind: String,
    /// `suppressed`, `counted` or `alarm`.
    pub verdict: String,
    /// Whether their copies were refused while they were sent: 1, or 0 where they came back.
    pub refused: i64,
    /// How many readers.
    pub readers: i64,
}

/// The copies of an edition by service and status.
///
/// # Errors
/// When the database refuses.
pub async fn ended(conn: &mut Conn, edition: &EditionId) -> Result<Vec<Ended>, Error> {
    Ok(sqlx::query_as(concat!(
        "SELECT service, status, CAST(COUNT(*) AS BIGINT) AS copies FROM (SELECT d.status, ",
        service_of!(),
        " AS service FROM deliveries d LEFT JOIN subscribers s ON s.id = d.subscriber_id
          WHERE d.edition_id = $1) AS ends
         GROUP BY service, status ORDER BY service, status"
    ))
    .bind(edition.as_str())
    .fetch_all(&mut *conn)
    .await?)
}

/// What came back of an edition by service, kind and verdict; what was ignored says nothing of it: a delay, or
/// what nothing proves. A reader counts once for each kind.
///
/// # Errors
/// When the database refuses.
pub async fn told(conn: &mut Conn, edition: &EditionId) -> Result<Vec<Told>, Error> {
    Ok(sqlx::query_as(concat!(
        "SELECT service, kind, refused,
                CASE worst WHEN 3 THEN 'suppressed' WHEN 2 THEN 'alarm' ELSE 'counted' END AS verdict,
                CAST(COUNT(*) AS BIGINT) AS readers
         FROM (SELECT r.kind,
                CAST(CASE WHEN d.status IN ('refused', 'expired') THEN 1 ELSE 0 END AS BIGINT) AS refused, ",
        service_of!(),
        " AS service,
                MAX(CASE r.verdict WHEN 'suppressed' THEN 3 WHEN 'alarm' THEN 2 ELSE 1 END) AS worst
          FROM feedback_reports r JOIN deliveries d ON d.id = r.delivery_id
          LEFT JOIN subscribers s ON s.id = d.subscriber_id
          WHERE d.edition_id = $1 AND r.kind IN ('bounce', 'complaint')
            AND r.verdict <> 'ignored'
          GROUP BY r.delivery_id, r.kind, d.status, service) AS told
         GROUP BY service, kind, refused, worst ORDER BY service, kind, refused, worst"
    ))
    .bind(edition.as_str())
    .fetch_all(&mut *conn)
    .await?)
}
