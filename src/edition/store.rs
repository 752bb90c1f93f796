//! SQL for editions and their entries.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::slates::Slates;
use super::trial::Choice;
use super::{Edition, EditionId, Entry, Frame, SectionKind, Status};
use crate::articles::ArticleId;
use crate::database::{Conn, Error};

pub mod versions;

/// Stores a new edition under the next number; false if its slot already has one.
///
/// # Errors
/// When the database refuses.
pub async fn insert(conn: &mut Conn, edition: &Edition) -> Result<bool, Error> {
    let inserted = sqlx::query(
        "INSERT INTO editions (id, number, digest, slot_at, status, subject, preheader, frame, passed_over, built_at, slates)
         SELECT $1, (SELECT COALESCE(MAX(number), 0) + 1 FROM editions), $2, $3, $4, $5, $6, $7, $8, $9, $10
         WHERE 1 = 1 ON CONFLICT (digest, slot_at) DO NOTHING",
    )
    .bind(edition.id.as_str())
    .bind(&edition.digest)
    .bind(edition.slot_at.as_second())
    .bind(edition.status.name())
    .bind(&edition.subject)
    .bind(&edition.preheader)
    .bind(json(&edition.id, &edition.frame)?)
    .bind(json(&edition.id, &edition.passed_over)?)
    .bind(edition.built_at.as_second())
    .bind(if edition.slates == Slates::default() {
        String::new()
    } else {
        json(&edition.id, &edition.slates)?
    })
    .execute(&mut *conn)
    .await?
    .rows_affected();
    if inserted == 0 {
        return Ok(false);
    }
    insert_entries(conn, edition).await?;
    Ok(true)
}

/// A value as the tables keep it.
fn json<T: serde::Serialize>(id: &EditionId, value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::row("editions", id, error))
}

async fn insert_entries(conn: &mut Conn, edition: &Edition) -> Result<(), Error> {
    for entry in &edition.entries {
        sqlx::query(
            "INSERT INTO edition_entries
             (edition_id, position, section, section_title, article_id, link, url, article, score, reason, own)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(edition.id.as_str())
        .bind(i64::from(entry.position))
        .bind(entry.section.name())
        .bind(&entry.section_title)
        .bind(entry.article.id.as_str())
        .bind(i64::from(entry.link))
        .bind(&entry.article.url)
        .bind(json(&edition.id, &entry.article)?)
        .bind(match &entry.score {
            Some(score) => json(&edition.id, score)?,
            None => String::new(),
        })
        .bind(&entry.reason)
        .bind(i64::from(entry.own))
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

#[derive(sqlx::FromRow)]
struct EditionRow {
    id: String,
    number: i64,
    digest: String,
    slot_at: i64,
    status: String,
    subject: String,
    preheader: String,
    frame: String,
    passed_over: String,
    built_at: i64,
    first_wave_at: Option<i64>,
    enqueued_at: Option<i64>,
    slates: String,
    subject_choice: String,
    version: i64,
}

#[derive(sqlx::FromRow)]
struct EntryRow {
    edition_id: String,
    position: i64,
    section: String,
    section_title: String,
    link: i64,
    article: String,
    score: String,
    reason: String,
    own: i64,
}

fn instant(table: &'static str, id: &str, seconds: i64) -> Result<Timestamp, Error> {
    Timestamp::from_second(seconds).map_err(|error| Error::row(table, id, error))
}

impl TryFrom<EditionRow> for Edition {
    type Error = Error;

    fn try_from(row: EditionRow) -> Result<Self, Error> {
        let wrong = |problem: String| Error::row("editions", &row.id, problem);
        Ok(Self {
            number: u32::try_from(row.number).map_err(|error| wrong(error.to_string()))?,
            slot_at: instant("editions", &row.id, row.slot_at)?,
            status: Status::parse(&row.status)
                .ok_or_else(|| wrong(format!("unknown status \"{}\"", row.status)))?,
            frame: serde_json::from_str::<Frame>(&row.frame)
                .map_err(|error| wrong(error.to_string()))?,
            passed_over: serde_json::from_str(&row.passed_over)
                .map_err(|error| wrong(error.to_string()))?,
            built_at: instant("editions", &row.id, row.built_at)?,
            first_wave_at: row
                .first_wave_at
                .map(|seconds| instant("editions", &row.id, seconds))
                .transpose()?,
            enqueued_at: row
                .enqueued_at
                .map(|seconds| instant("editions", &row.id, seconds))
                .transpose()?,
            slates: match row.slates.as_str() {
                "" => Slates::default(),
                text => serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?,
            },
            choice: match row.subject_choice.as_str() {
                "" => None,
                text => Some(serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?),
            },
            entries: Vec::new(),
            version: row.version,
            id: EditionId(row.id),
            digest: row.digest,
            subject: row.subject,
            preheader: row.preheader,
        })
    }
}

impl TryFrom<EntryRow> for Entry {
    type Error = Error;

    fn try_from(row: EntryRow) -> Result<Self, Error> {
        let id = format!("{}/{}", row.edition_id, row.position);
        let wrong = |problem: String| Error::row("edition_entries", &id, problem);
        Ok(Self {
            position: u32::try_from(row.position).map_err(|error| wrong(error.to_string()))?,
            section: SectionKind::parse(&row.section)
                .ok_or_else(|| wrong(format!("unknown section \"{}\"", row.section)))?,
            link: u16::try_from(row.link).map_err(|error| wrong(error.to_string()))?,
            article: serde_json::from_str(&row.article)
                .map_err(|error| wrong(error.to_string()))?,
            score: match row.score.as_str() {
                "" => None,
                text => Some(serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?),
            },
            section_title: row.section_title,
            reason: row.reason,
            own: row.own != 0,
        })
    }
}

macro_rules! editions {
    ($rest:literal) => {
        concat!(
            "SELECT id, number, digest, slot_at, status, subject, preheader, frame, passed_over,
             built_at, first_wave_at, enqueued_at, slates, subject_choice, version FROM editions ",
            $rest
        )
    };
}

async fn with_entries(conn: &mut Conn, row: Option<EditionRow>) -> Result<Option<Edition>, Error> {
    let Some(row) = row else { return Ok(None) };
    let mut edition = Edition::try_from(row)?;
    let entries: Vec<EntryRow> = sqlx::query_as(
        "SELECT edition_id, position, section, section_title, link, article, score, reason, own
         FROM edition_entries WHERE edition_id = $1 ORDER BY position",
    )
    .bind(edition.id.as_str())
    .fetch_all(&mut *conn)
    .await?;
    edition.entries = entries
        .into_iter()
        .map(Entry::try_from)
        .collect::<Result<_, _>>()?;
    Ok(Some(edition))
}

/// One edition with its entries.
///
/// # Errors
/// When the database refuses or a row is not ours.
pub async fn find(conn: &mut Conn, id: &EditionId) -> Result<Option<Edition>, Error> {
    let row = sqlx::query_as(editions!("WHERE id = $1"))
        .bind(id.as_str())
        .fetch_optional(&mut *conn)
        .await?;
    with_entries(conn, row).await
}

/// The edition of a digest's slot.
///
/// # Errors
/// When the database refuses or a row is not ours.
pub async fn find_slot(
    conn: &mut Conn,
    digest: &str,
    slot_at: Timestamp,
) -> Result<Option<Edition>, Error> {
    let row = sqlx::query_as(editions!("WHERE digest = $1 AND slot_at = $2"))
        .bind(digest)
        .bind(slot_at.as_second())
        .fetch_optional(&mut *conn)
        .await?;
    with_entries(conn, row).await
}

/// The edition with this number in its tokens.
///
/// # Errors
/// When the database refuses or a row is not ours.
pub async fn find_number(conn: &mut Conn, number: u32) -> Result<Option<Edition>, Error> {
    let row = sqlx::query_as(editions!("WHERE number = $1"))
        .bind(i64::from(number))
        .fetch_optional(&mut *conn)
        .await?;
    with_entries(conn, row).await
}

/// The id of the edition with this number in its tokens.
///
/// # Errors
/// When the database refuses.
pub async fn find_id(conn: &mut Conn, number: u32) -> Result<Option<EditionId>, Error> {
    let id: Option<String> = sqlx::query_scalar("SELECT id FROM editions WHERE number = $1")
        .bind(i64::from(number))
        .fetch_optional(&mut *conn)
        .await?;
    Ok(id.map(EditionId))
}

/// The latest editions with their entries, newest first.
///
/// # Errors
/// When the database refuses or a row is not ours.
pub async fn list(conn: &mut Conn, limit: i64) -> Result<Vec<Edition>, Error> {
    let rows: Vec<EditionRow> =
        sqlx::query_as(editions!("ORDER BY slot_at DESC, number DESC LIMIT $1"))
            .bind(limit)
            .fetch_all(&mut *conn)
            .await?;
    all_with_entries(conn, rows).await
}

/// Editions with their entries, newest first: those before one, or all.
///
/// # Errors
/// When the database refuses or a row is not ours.
pub async fn page(
    conn: &mut Conn,
    before: Option<&Edition>,
    limit: i64,
) -> Result<Vec<Edition>, Error> {
    let Some(before) = before else {
        return list(conn, limit).await;
    };
    let rows: Vec<EditionRow> = sqlx::query_as(editions!(
        "WHERE slot_at < $1 OR (slot_at = $1 AND number < $2)
         ORDER BY slot_at DESC, number DESC LIMIT $3"
    ))
    .bind(before.slot_at.as_second())
    .bind(i64::from(before.number))
    .bind(limit)
    .fetch_all(&mut *conn)
    .await?;
    all_with_entries(conn, rows).await
}

/// Editions of these digests that are out, the newest first, without entries: those numbered below
/// `before`.
///
/// # Errors
/// When the database refuses or a row is not ours.
pub async fn published(
    conn: &mut Conn,
    digests: &[&str],
    before: i64,
    limit: i64,
) -> Result<Vec<Edition>, Error> {
    let rows: Vec<EditionRow> = sqlx::query_as(editions!(
        "WHERE status IN ('sending', 'sent') AND number < $1 AND REPLACE($2, ' ' || digest || ' ', '') <> $2
         ORDER BY number DESC LIMIT $3"
    ))
    .bind(before)
    .bind(format!(" {} ", digests.join("  ")))
    .bind(limit)
    .fetch_all(&mut *conn)
    .await?;
    rows.into_iter().map(Edition::try_from).collect()
}

/// The editions of the same digest that are out, before and after one.
///
/// # Errors
/// When the database refuses.
pub async fn neighbours(
    conn: &mut Conn,
    edition: &Edition,
) -> Result<(Option<EditionId>, Option<EditionId>), Error> {
    let slot = edition.slot_at.as_second();
    let older: Option<String> = sqlx::query_scalar(
        "SELECT id FROM editions WHERE digest = $1 AND status IN ('sending', 'sent') AND slot_at < $2
         ORDER BY slot_at DESC LIMIT 1",
    )
    .bind(&edition.digest)
    .bind(slot)
    .fetch_optional(&mut *conn)
    .await?;
    let newer: Option<String> = sqlx::query_scalar(
        "SELECT id FROM editions WHERE digest = $1 AND status IN ('sending', 'sent') AND slot_at > $2
         ORDER BY slot_at LIMIT 1",
    )
    .bind(&edition.digest)
    .bind(slot)
    .fetch_optional(&mut *conn)
    .await?;
    Ok((older.map(EditionId), newer.map(EditionId)))
}

async fn all_with_entries(conn: &mut Conn, rows: Vec<EditionRow>) -> Result<Vec<Edition>, Error> {
    let mut editions = Vec::with_capacity(rows.len());
    for row in rows {
        editions.extend(with_entries(conn, Some(row)).await?);
    }
    Ok(editions)
}

/// Editions built since an instant that were not called off, oldest first, with entries: what the
/// ranking learns from.
///
/// # Errors
/// When the database refuses or a row is not ours.
pub async fn since(conn: &mut Conn, built_since: i64) -> Result<Vec<Edition>, Error> {
    let rows: Vec<EditionRow> = sqlx::query_as(editions!(
        "WHERE built_at >= $1 AND status <> 'cancelled' ORDER BY slot_at, number"
    ))
    .bind(built_since)
    .fetch_all(&mut *conn)
    .await?;
    all_with_entries(conn, rows).await
}

/// Every article that stood in the own copies of a digest's editions, with the edition: the own copy
/// of the next has none of them.
///
/// # Errors
/// When the database refuses.
pub async fn sent_articles(
    conn: &mut Conn,
    digest: &str,
) -> Result<BTreeMap<ArticleId, EditionId>, Error> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT n.article_id, n.edition_id FROM edition_entries n
         JOIN editions e ON e.id = n.edition_id
         WHERE e.digest = $1 AND e.status <> 'cancelled' AND n.own = 1",
    )
    .bind(digest)
    .fetch_all(&mut *conn)
    .await?;
    rows.into_iter()
        .map(|(article, edition)| {
            let id = ArticleId::parse(&article)
                .ok_or_else(|| Error::row("edition_entries", &edition, "not an article id"))?;
            Ok((id, EditionId(edition)))
        })
        .collect()
}

/// The digest's last edition before a slot.
///
/// # Errors
/// When the database refuses.
pub async fn before(
    conn: &mut Conn,
    digest: &str,
    slot_at: Timestamp,
) -> Result<Option<EditionId>, Error> {
    let id: Option<String> = sqlx::query_scalar(
        "SELECT id FROM editions WHERE digest = $1 AND slot_at < $2 AND status <> 'cancelled'
         ORDER BY slot_at DESC LIMIT 1",
    )
    .bind(digest)
    .bind(slot_at.as_second())
    .fetch_optional(&mut *conn)
    .await?;
    Ok(id.map(EditionId))
}

/// When the digest's last edition before a slot was built, Unix seconds.
///
/// # Errors
/// When the database refuses.
pub async fn latest_before(
    conn: &mut Conn,
    digest: &str,
    slot_at: Timestamp,
) -> Result<Option<i64>, Error> {
    Ok(sqlx::query_scalar(
        "SELECT MAX(built_at) FROM editions
         WHERE digest = $1 AND slot_at < $2 AND status <> 'cancelled'",
    )
    .bind(digest)
    .bind(slot_at.as_second())
    .fetch_one(&mut *conn)
    .await?)
}

/// Moves an edition from one status to another; false if it is no longer where it was.
///
/// # Errors
/// When the database refuses.
pub async fn set_status(
    conn: &mut Conn,
    id: &EditionId,
    from: Status,
    to: Status,
    now: Timestamp,
) -> Result<bool, Error> {
    let changed = sqlx::query(
        "UPDATE editions SET status = $1,
            approved_at = CASE WHEN $1 = 'approved' THEN $2 ELSE approved_at END,
            finished_at = CASE WHEN $1 = 'sent' OR $1 = 'cancelled' THEN $2 ELSE finished_at END
         WHERE id = $3 AND status = $4",
    )
    .bind(to.name())
    .bind(now.as_second())
    .bind(id.as_str())
    .bind(from.name())
    .execute(&mut *conn)
    .await?
    .rows_affected();
    Ok(changed == 1)
}

/// Says that readers get rows in the ledger for this version of an edition, so that it changes no more; false if it is
/// another by now, or may not be sent.
///
/// # Errors
/// When the database refuses.
pub async fn hold(conn: &mut Conn, edition: &Edition, now: Timestamp) -> Result<bool, Error> {
    let held = sqlx::query(
        "UPDATE editions SET queued_at = COALESCE(queued_at, $1)
         WHERE id = $2 AND version = $3 AND (status = 'approved' OR status = 'sending')",
    )
    .bind(now.as_second())
    .bind(edition.id.as_str())
    .bind(edition.version)
    .execute(&mut *conn)
    .await?;
    Ok(held.rows_affected() == 1)
}

/// Records that every recipient has its row in the ledger.
///
/// # Errors
/// When the database refuses.
pub async fn set_enqueued(conn: &mut Conn, id: &EditionId, now: Timestamp) -> Result<(), Error> {
    sqlx::query("UPDATE editions SET enqueued_at = $1 WHERE id = $2 AND enqueued_at IS NULL")
        .bind(now.as_second())
        .bind(id.as_str())
        .execute(&mut *conn)
        .await?;
    Ok(())
}

/// Records that every recipient of the first wave has its row in the ledger.
///
/// # Errors
/// When the database refuses.
pub async fn set_first_wave(conn: &mut Conn, id: &EditionId, now: Timestamp) -> Result<(), Error> {
    sqlx::query("UPDATE editions SET first_wave_at = $1 WHERE id = $2 AND first_wave_at IS NULL")
        .bind(now.as_second())
        .bind(id.as_str())
        .execute(&mut *conn)
        .await?;
    Ok(())
}

/// Keeps an edition's lists with those of its second wave added; those of the first stay as they are.
///
/// # Errors
/// When the database refuses.
pub async fn set_slates(conn: &mut Conn, id: &EditionId, slates: &Slates) -> Result<(), Error> {
    let text = serde_json::to_string(slates).map_err(|error| Error::row("editions", id, error))?;
    sqlx::query("UPDATE editions SET slates = $1 WHERE id = $2 AND enqueued_at IS NULL")
        .bind(text)
        .bind(id.as_str())
        .execute(&mut *conn)
        .await?;
    Ok(())
}

/// Keeps which subject the readers who wait get, unless that is decided; whether it is this choice.
///
/// # Errors
/// When the database refuses.
pub async fn set_choice(conn: &mut Conn, id: &EditionId, choice: &Choice) -> Result<bool, Error> {
    let set = sqlx::query(
        "UPDATE editions SET subject_choice = $1
         WHERE id = $2 AND subject_choice = '' AND enqueued_at IS NULL",
    )
    .bind(json(id, choice)?)
    .bind(id.as_str())
    .execute(&mut *conn)
    .await?;
    Ok(set.rows_affected() == 1)
}

/// Where an edition stands; nothing if there is none.
///
/// # Errors
/// When the database refuses or the status is not ours.
pub async fn status(conn: &mut Conn, id: &EditionId) -> Result<Option<Status>, Error> {
    let found: Option<String> = sqlx::query_scalar("SELECT status FROM editions WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(&mut *conn)
        .await?;
    found
        .map(|name| {
            Status::parse(&name)
                .ok_or_else(|| Error::row("editions", id, format!("unknown status \"{name}\"")))
        })
        .transpose()
}
