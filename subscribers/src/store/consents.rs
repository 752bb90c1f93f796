//! SQL: consents.

use super::unknown;
use crate::{Act, Conn, Consent, Error, How, SubscriberId};

#[derive(sqlx::FromRow)]
struct ConsentRow {
    subscriber_id: i64,
    at: i64,
    act: String,
    how: String,
}

impl TryFrom<ConsentRow> for Consent {
    type Error = Error;

    fn try_from(row: ConsentRow) -> Result<Self, Error> {
        let id = row.subscriber_id;
        Ok(Self {
            at: row.at,
            act: Act::parse(&row.act).ok_or_else(|| unknown("consents", &id, &row.act))?,
            how: How::parse(&row.how).ok_or_else(|| unknown("consents", &id, &row.how))?,
        })
    }
}

/// Everything the person agreed to and took back, in that order.
///
/// # Errors
/// When the database fails or holds an act this version does not know.
pub async fn list(conn: &mut Conn, id: SubscriberId) -> Result<Vec<Consent>, Error> {
    let rows: Vec<ConsentRow> = sqlx::query_as(
        "SELECT subscriber_id, at, act, how FROM consents WHERE subscriber_id = $1 ORDER BY position",
    )
    .bind(id.as_i64())
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Consent::try_from).collect()
}

/// Adds one line of evidence.
///
/// The caller has just written the person's own row, which keeps others from taking the same
/// position until the transaction ends.
pub(super) async fn record(
    conn: &mut Conn,
    id: SubscriberId,
    consent: &Consent,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO consents (subscriber_id, position, at, act, how)
         SELECT $1, COALESCE(MAX(position), 0) + 1, $2, $3, $4
         FROM consents
         WHERE subscriber_id = $1",
    )
    .bind(id.as_i64())
    .bind(consent.at)
    .bind(consent.act.as_str())
    .bind(consent.how.to_string())
    .execute(conn)
    .await?;
    Ok(())
}
