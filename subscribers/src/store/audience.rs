//! SQL: who receives an edition. The words about it stand in [`crate::audience`].

use std::collections::HashMap;
use std::sync::LazyLock;

use super::{preferences, unknown};
use crate::{Conn, EmailAddress, Error, SubscriberId, Topics, audience::Recipient};

#[derive(sqlx::FromRow)]
struct RecipientRow {
    id: i64,
    address: String,
    name: Option<String>,
    format: String,
    counting: String,
    subscribed_at: i64,
    time_zone: Option<String>,
}

impl TryFrom<RecipientRow> for Recipient {
    type Error = Error;

    fn try_from(row: RecipientRow) -> Result<Self, Error> {
        Ok(Self {
            id: SubscriberId::from_i64(row.id),
            address: EmailAddress::parse(&row.address)
                .map_err(|why| unknown("subscribers", &row.id, &why.to_string()))?,
            name: row.name,
            format: preferences::format(row.id, &row.format)?,
            counting: preferences::counting(row.id, &row.counting)?,
            subscribed_at: row.subscribed_at,
            time_zone: row.time_zone,
        })
    }
}

/// One page of the digest's audience, by id: those after `after`, at most `limit`.
///
/// An empty page is the end. People who come, go or change while paging are caught by
/// [`still_mailable`].
///
/// # Errors
/// When the database fails or holds a value this version does not know.
pub async fn page(
    conn: &mut Conn,
    (digest, now): (&str, i64),
    after: Option<SubscriberId>,
    limit: i64,
) -> Result<Vec<Recipient>, Error> {
    // REPLACE finds the name without LIKE, whose wildcards and letter case differ.
    let rows: Vec<RecipientRow> = sqlx::query_as(
        "SELECT s.id, s.address, s.name, s.format, s.counting, s.time_zone,
                COALESCE(s.confirmed_at, s.created_at) AS subscribed_at
         FROM subscribers s
         WHERE s.id > $1
           AND s.status = 'active'
           AND (s.digests = '' OR REPLACE(s.digests, $2, '') <> s.digests)
           AND (s.paused_until IS NULL OR s.paused_until <= $4)
           AND NOT EXISTS (SELECT 1 FROM suppressions x
                           WHERE x.address_key = s.address_key AND x.lifted_at IS NULL)
         ORDER BY s.id
         LIMIT $3",
    )
    .bind(after.map_or(i64::MIN, SubscriberId::as_i64))
    .bind(between_spaces(digest))
    .bind(limit)
    .bind(now)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Recipient::try_from).collect()
}

/// How many people would get the digest now.
///
/// # Errors
/// When the database fails.
pub async fn count(conn: &mut Conn, (digest, now): (&str, i64)) -> Result<i64, Error> {
    Ok(sqlx::query_scalar(
        "SELECT COUNT(*)
         FROM subscribers s
         WHERE s.status = 'active'
           AND (s.digests = '' OR REPLACE(s.digests, $1, '') <> s.digests)
           AND (s.paused_until IS NULL OR s.paused_until <= $2)
           AND NOT EXISTS (SELECT 1 FROM suppressions x
                           WHERE x.address_key = s.address_key AND x.lifted_at IS NULL)",
    )
    .bind(between_spaces(digest))
    .bind(now)
    .fetch_one(conn)
    .await?)
}

/// How many people of the digest's audience have a smaller id, and the largest of these.
///
/// # Errors
/// When the database fails.
pub async fn before(
    conn: &mut Conn,
    (digest, now): (&str, i64),
    id: SubscriberId,
) -> Result<(i64, Option<SubscriberId>), Error> {
    let (count, last): (i64, Option<i64>) = sqlx::query_as(
        "SELECT COUNT(*), MAX(s.id)
         FROM subscribers s
         WHERE s.id < $1
           AND s.status = 'active'
           AND (s.digests = '' OR REPLACE(s.digests, $2, '') <> s.digests)
           AND (s.paused_until IS NULL OR s.paused_until <= $3)
           AND NOT EXISTS (SELECT 1 FROM suppressions x
                           WHERE x.address_key = s.address_key AND x.lifted_at IS NULL)",
    )
    .bind(id.as_i64())
    .bind(between_spaces(digest))
    .bind(now)
    .fetch_one(conn)
    .await?;
    Ok((count, last.map(SubscriberId::from_i64)))
}

/// The person as they are now, if the digest may still be mailed to them.
///
/// Asked just before a mail leaves: between queueing and sending they may have left, chosen
/// otherwise, changed their name, or been suppressed.
///
/// # Errors
/// When the database fails or holds a value this version does not know.
pub async fn still_mailable(
    conn: &mut Conn,
    id: SubscriberId,
    (digest, now): (&str, i64),
) -> Result<Option<Recipient>, Error> {
    let row: Option<RecipientRow> = sqlx::query_as(
        "SELECT s.id, s.address, s.name, s.format, s.counting, s.time_zone,
                COALESCE(s.confirmed_at, s.created_at) AS subscribed_at
         FROM subscribers s
         WHERE s.id = $1
           AND s.status = 'active'
           AND (s.digests = '' OR REPLACE(s.digests, $2, '') <> s.digests)
           AND (s.paused_until IS NULL OR s.paused_until <= $3)
           AND NOT EXISTS (SELECT 1 FROM suppressions x
                           WHERE x.address_key = s.address_key AND x.lifted_at IS NULL)",
    )
    .bind(id.as_i64())
    .bind(between_spaces(digest))
    .bind(now)
    .fetch_optional(conn)
    .await?;
    row.map(Recipient::try_from).transpose()
}

/// What people with these ids, both ends included, want to read of, where that is not everything.
///
/// # Errors
/// When the database fails.
pub async fn topics(
    conn: &mut Conn,
    (from, to): (i64, i64),
) -> Result<HashMap<i64, Topics>, Error> {
    let rows: Vec<(i64, String)> = sqlx::query_as(
        "SELECT id, topics FROM subscribers WHERE id >= $1 AND id <= $2 AND topics <> ''",
    )
    .bind(from)
    .bind(to)
    .fetch_all(conn)
    .await?;
    let topics = rows
        .iter()
        .map(|(id, column)| (*id, Topics::from_column(column)));
    Ok(topics.collect())
}

/// The domains of these people's addresses, by their ids.
///
/// # Errors
/// When the database fails.
pub async fn domains(conn: &mut Conn, ids: &[SubscriberId]) -> Result<HashMap<i64, String>, Error> {
    let mut found = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let Some(last) = chunk.last() else { continue };
        let fill = std::iter::repeat_n(last, CHUNK - chunk.len());
        let query = sqlx::query_as::<_, (i64, String)>(ADDRESSES.as_str());
        let query = chunk
            .iter()
            .chain(fill)
            .fold(query, |query, id| query.bind(id.as_i64()));
        for (id, address) in query.fetch_all(&mut *conn).await? {
            let domain = address.rsplit('@').next().unwrap_or_default();
            found.insert(id, domain.to_owned());
        }
    }
    Ok(found)
}

static ADDRESSES: LazyLock<String> = LazyLock::new(|| {
    let ids: Vec<String> = (1..=CHUNK).map(|n| format!("${n}")).collect();
    format!(
        "SELECT id, address FROM subscribers WHERE id IN ({})",
        ids.join(", ")
    )
});

/// Ids in one statement of [`all_still_mailable`].
const CHUNK: usize = 128;

static STILL_MAILABLE: LazyLock<String> = LazyLock::new(|| {
    let ids: Vec<String> = (5..5 + CHUNK).map(|n| format!("${n}")).collect();
    // All rows come as one text: what the driver does for a row and its columns costs more than the row.
    format!(
        "SELECT string_agg(
             s.id || $2 || s.address || $2 || s.format || $2 || s.counting || $2
             || COALESCE(s.confirmed_at, s.created_at) || $2 || COALESCE(s.time_zone, '') || $2
             || REPLACE(REPLACE(COALESCE(s.name, ''), $2, ' '), $3, ' '), $3)
         FROM subscribers s
         WHERE s.id IN ({})
           AND s.status = 'active'
           AND (s.digests = '' OR REPLACE(s.digests, $1, '') <> s.digests)
           AND (s.paused_until IS NULL OR s.paused_until <= $4)
           AND NOT EXISTS (SELECT 1 FROM suppressions x
                           WHERE x.address_key = s.address_key AND x.lifted_at IS NULL)",
        ids.join(", ")
    )
});
/// Between the columns of a row, and between rows: no address and no code holds one.
const COLUMN: &str = "\u{1f}";
const ROW: &str = "\u{1e}";

/// The people of `ids` as they are now, those whom the digest may still be mailed to.
///
/// [`still_mailable`] for many at once, in no order: one call of the driver costs more than a row.
///
/// # Errors
/// When the database fails or holds a value this version does not know.
pub async fn all_still_mailable(
    conn: &mut Conn,
    ids: &[SubscriberId],
    (digest, now): (&str, i64),
) -> Result<Vec<Recipient>, Error> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let Some(last) = chunk.last() else { continue };
        let fill = std::iter::repeat_n(last, CHUNK - chunk.len());
        let query = sqlx::query_scalar(STILL_MAILABLE.as_str())
            .bind(between_spaces(digest))
            .bind(COLUMN)
            .bind(ROW)
            .bind(now);
        let filled = chunk.iter().chain(fill);
        let query = filled.fold(query, |query, id| query.bind(id.as_i64()));
        let rows: Option<String> = query.fetch_one(&mut *conn).await?;
        for row in rows.as_deref().unwrap_or_default().split_terminator(ROW) {
            found.push(recipient(row)?);
        }
    }
    Ok(found)
}

fn recipient(row: &str) -> Result<Recipient, Error> {
    let mut columns = row.splitn(7, COLUMN);
    let mut next = || columns.next().unwrap_or_default();
    let (id, address, format) = (next(), next(), next());
    let (counting, subscribed_at) = (next(), next());
    let (time_zone, name) = (next(), next());
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let number = |text: &str| {
        let wrong = || unknown("subscribers", &id, &format!("{text:?} is no number"));
        text.parse().map_err(|_| wrong())
    };
    let row = RecipientRow {
        id: number(id)?,
        address: address.to_owned(),
        name: given(name),
        format: format.to_owned(),
        counting: counting.to_owned(),
        subscribed_at: number(subscribed_at)?,
        time_zone: given(time_zone),
    };
    row.try_into()
}

/// Those of `ids` whose address is not blocked, whatever their status and choices.
///
/// For mail that answers a person: confirmation, welcome, goodbye. Never for an edition. Ids of
/// nobody are left out; the order is that of `ids`.
///
/// # Errors
/// When the database fails or holds a value this version does not know.
pub async fn recipients(conn: &mut Conn, ids: &[SubscriberId]) -> Result<Vec<Recipient>, Error> {
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        let row: Option<RecipientRow> = sqlx::query_as(
            "SELECT s.id, s.address, s.name, s.format, s.counting, s.time_zone,
                    COALESCE(s.confirmed_at, s.created_at) AS subscribed_at
             FROM subscribers s
             WHERE s.id = $1
               AND s.status <> 'suppressed'
               AND NOT EXISTS (SELECT 1 FROM suppressions x
                               WHERE x.address_key = s.address_key AND x.lifted_at IS NULL)",
        )
        .bind(id.as_i64())
        .fetch_optional(&mut *conn)
        .await?;
        if let Some(row) = row {
            found.push(row.try_into()?);
        }
    }
    Ok(found)
}

/// The name as it stands in the column.
fn between_spaces(digest: &str) -> String {
    format!(" {digest} ")
}
