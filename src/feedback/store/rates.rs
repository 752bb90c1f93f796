//! SQL of what came back of one edition, by mail service.

use crate::database::{Conn, Error};
use crate::edition::EditionId;

/// The mail services that most readers use, by the ends of their addresses.
macro_rules! by_service {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "CASE
             WHEN s.address_key LIKE '%@gmail.com' OR s.address_key LIKE '%@googlemail.com' THEN 'Gmail'
             WHEN s.address_key LIKE '%@outlook.%' OR s.address_key LIKE '%@hotmail.%'
               OR s.address_key LIKE '%@live.%' OR s.address_key LIKE '%@msn.com' THEN 'Outlook.com'
             WHEN s.address_key LIKE '%@yahoo.%' OR s.address_key LIKE '%@ymail.com'
               OR s.address_key LIKE '%@aol.%' THEN 'Yahoo'
             WHEN s.address_key LIKE '%@icloud.com' OR s.address_key LIKE '%@me.com'
               OR s.address_key LIKE '%@mac.com' THEN 'iCloud'
             WHEN s.address_key LIKE '%@gmx.%' OR s.address_key LIKE '%@web.de' THEN 'GMX and WEB.DE'
             ELSE 'others' END",
            $after
        )
    };
}

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

/// How many readers of a service brought reports of a kind that led to a verdict.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Told {
    /// Which service.
    pub service: String,
    /// `bounce` or `complaint`.
    pub kind: String,
    /// `suppressed`, `counted`, `alarm` or `ignored`.
    pub verdict: String,
    /// How many readers.
    pub readers: i64,
}

/// The copies of an edition by service and status.
///
/// # Errors
/// When the database refuses.
pub async fn ended(conn: &mut Conn, edition: &EditionId) -> Result<Vec<Ended>, Error> {
    Ok(sqlx::query_as(by_service!(
        "SELECT service, status, CAST(COUNT(*) AS BIGINT) AS copies FROM (SELECT d.status, ",
        " AS service FROM deliveries d LEFT JOIN subscribers s ON s.id = d.subscriber_id
          WHERE d.edition_id = $1) AS ends
         GROUP BY service, status ORDER BY service, status"
    ))
    .bind(edition.as_str())
    .fetch_all(&mut *conn)
    .await?)
}

/// What came back of an edition by service, kind and verdict.
///
/// # Errors
/// When the database refuses.
pub async fn told(conn: &mut Conn, edition: &EditionId) -> Result<Vec<Told>, Error> {
    Ok(sqlx::query_as(by_service!(
        "SELECT service, kind, verdict, CAST(COUNT(DISTINCT address_key) AS BIGINT) AS readers
         FROM (SELECT r.kind, r.verdict, r.address_key, ",
        " AS service FROM feedback_reports r JOIN deliveries d ON d.id = r.delivery_id
          LEFT JOIN subscribers s ON s.id = d.subscriber_id
          WHERE d.edition_id = $1 AND r.kind IN ('bounce', 'complaint')) AS told
         GROUP BY service, kind, verdict ORDER BY service, kind, verdict"
    ))
    .bind(edition.as_str())
    .fetch_all(&mut *conn)
    .await?)
}
