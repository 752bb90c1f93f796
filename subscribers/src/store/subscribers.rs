//! SQL: subscribers, and with them the consents that every change leaves behind.
//!
//! A change of status reads the row, asks [`Status::after`], and writes with the old status in
//! the `WHERE`: two at once cannot both win, and repeating a change writes nothing.

use std::collections::HashMap;

pub use super::preferences::{preferences, save_preferences};

use super::{consents, preferences, suppressions, unknown};
use crate::{
    Act, Added, Beginning, Conn, Consent, EmailAddress, Error, How, IllegalStep, NewSubscriber,
    Outcome, Status, Step, Subscriber, SubscriberId, text,
};

/// Longest name kept, in characters.
const MAX_NAME: usize = 100;

#[derive(sqlx::FromRow)]
pub(super) struct SubscriberRow {
    id: i64,
    address: String,
    name: Option<String>,
    status: String,
    created_at: i64,
    confirmed_at: Option<i64>,
    unsubscribed_at: Option<i64>,
    origin: String,
}

impl TryFrom<SubscriberRow> for Subscriber {
    type Error = Error;

    fn try_from(row: SubscriberRow) -> Result<Self, Error> {
        let id = row.id;
        Ok(Self {
            id: SubscriberId::from_i64(id),
            // The reason, not the address: errors end up in logs.
            address: EmailAddress::parse(&row.address)
                .map_err(|why| unknown("subscribers", &id, &why.to_string()))?,
            name: row.name,
            status: Status::parse(&row.status)
                .ok_or_else(|| unknown("subscribers", &id, &row.status))?,
            created_at: row.created_at,
            confirmed_at: row.confirmed_at,
            unsubscribed_at: row.unsubscribed_at,
            origin: How::parse(&row.origin)
                .ok_or_else(|| unknown("subscribers", &id, &row.origin))?,
        })
    }
}

/// Puts a person on the list, with their preferences and the evidence.
///
/// An address that is there already is left alone, whatever its status; one that is suppressed
/// is not added. A public form answers all three alike, or it tells strangers who reads us.
///
/// # Errors
/// [`Error::DigestName`] when the preferences name an impossible digest; else when the database
/// fails.
pub async fn add(conn: &mut Conn, new: &NewSubscriber, now: i64) -> Result<Added, Error> {
    if let Some(recorded) = suppressions::find(conn, &new.address).await?
        && recorded.stands(now)
    {
        return Ok(Added::Suppressed(recorded.suppression));
    }
    let act = match new.beginning {
        Beginning::Pending => Act::Asked,
        Beginning::Active => Act::Subscribed,
        Beginning::Unsubscribed => Act::Unsubscribed,
    };
    let dates = new.beginning.dates(new.dates, now);
    let query = sqlx::query(
        "INSERT INTO subscribers
             (id, address, address_key, name, status, created_at, confirmed_at, unsubscribed_at, origin,
              digests, format, counting, time_zone, language, paused_until, topics)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
         ON CONFLICT (address_key) DO NOTHING",
    )
    .bind(new.id.as_i64())
    .bind(new.address.as_str())
    .bind(new.address.key())
    .bind(new.name.as_deref().and_then(|name| text::clean(name, MAX_NAME)))
    .bind(new.beginning.status().as_str())
    .bind(dates.created_at)
    .bind(dates.confirmed_at)
    .bind(dates.unsubscribed_at)
    .bind(new.how.to_string());
    let query = preferences::bind(query, &new.preferences)?;
    let done = query.execute(&mut *conn).await?;
    if done.rows_affected() == 0 {
        let existing = find_by_address(conn, &new.address)
            .await?
            .ok_or(Error::Contended)?;
        return Ok(Added::Existing(Box::new(existing)));
    }
    consents::record(
        conn,
        new.id,
        &Consent {
            at: match act {
                Act::Unsubscribed => dates.unsubscribed_at,
                _ => dates.confirmed_at,
            }
            .unwrap_or(dates.created_at),
            act,
            how: new.how.clone(),
        },
    )
    .await?;
    Ok(Added::New(new.id))
}

/// The person with this address, in any spelling of it.
///
/// # Errors
/// When the database fails or holds a value this version does not know.
pub async fn find_by_address(
    conn: &mut Conn,
    address: &EmailAddress,
) -> Result<Option<Subscriber>, Error> {
    find_by_key(conn, address.key()).await
}

pub(super) async fn find_by_key(conn: &mut Conn, key: &str) -> Result<Option<Subscriber>, Error> {
    let row: Option<SubscriberRow> = sqlx::query_as(
        "SELECT id, address, name, status, created_at, confirmed_at, unsubscribed_at, origin
         FROM subscribers
         WHERE address_key = $1",
    )
    .bind(key)
    .fetch_optional(conn)
    .await?;
    row.map(Subscriber::try_from).transpose()
}

/// The person with this id.
///
/// # Errors
/// When the database fails or holds a value this version does not know.
pub async fn find_by_id(conn: &mut Conn, id: SubscriberId) -> Result<Option<Subscriber>, Error> {
    let row: Option<SubscriberRow> = sqlx::query_as(
        "SELECT id, address, name, status, created_at, confirmed_at, unsubscribed_at, origin
         FROM subscribers
         WHERE id = $1",
    )
    .bind(id.as_i64())
    .fetch_optional(conn)
    .await?;
    row.map(Subscriber::try_from).transpose()
}

/// One page of the list by id: those after `after`, at most `limit`; of one status or of all.
///
/// # Errors
/// When the database fails or holds a value this version does not know.
pub async fn list_page(
    conn: &mut Conn,
    status: Option<Status>,
    after: Option<SubscriberId>,
    limit: i64,
) -> Result<Vec<Subscriber>, Error> {
    let rows: Vec<SubscriberRow> = sqlx::query_as(
        "SELECT id, address, name, status, created_at, confirmed_at, unsubscribed_at, origin
         FROM subscribers
         WHERE id > $1 AND ($2 = '' OR status = $2)
         ORDER BY id
         LIMIT $3",
    )
    .bind(after.map_or(i64::MIN, SubscriberId::as_i64))
    .bind(status.map_or("", Status::as_str))
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Subscriber::try_from).collect()
}

/// How many people have each status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(HashMap<Status, i64>);

impl Counts {
    /// How many have this one.
    #[must_use]
    pub fn of(&self, status: Status) -> i64 {
        self.0.get(&status).copied().unwrap_or_default()
    }
}

/// How many people have each status.
///
/// # Errors
/// When the database fails or holds a status this version does not know.
pub async fn count(conn: &mut Conn) -> Result<Counts, Error> {
    let rows: Vec<(String, i64)> =
        sqlx::query_as("SELECT status, CAST(COUNT(*) AS BIGINT) FROM subscribers GROUP BY status")
            .fetch_all(conn)
            .await?;
    let counts = rows.into_iter().map(|(word, count)| {
        let status = Status::parse(&word).ok_or_else(|| unknown("subscribers", &word, &word))?;
        Ok((status, count))
    });
    Ok(Counts(counts.collect::<Result<_, Error>>()?))
}

/// Changes what the person is called; `None` or a name without letters takes it away.
///
/// # Errors
/// When the database fails.
pub async fn set_name(
    conn: &mut Conn,
    id: SubscriberId,
    name: Option<&str>,
) -> Result<Outcome, Error> {
    let name = name.and_then(|name| text::clean(name, MAX_NAME));
    let Some(person) = find_by_id(conn, id).await? else {
        return Ok(Outcome::Unknown);
    };
    if person.name == name {
        return Ok(Outcome::Unchanged);
    }
    let done = sqlx::query("UPDATE subscribers SET name = $2 WHERE id = $1")
        .bind(id.as_i64())
        .bind(name)
        .execute(conn)
        .await?;
    Ok(if done.rows_affected() == 0 {
        Outcome::Unknown
    } else {
        Outcome::Changed
    })
}

/// The owner of the mailbox agreed: Pending becomes Active.
///
/// Who had left comes back by [`resubscribe`], also when they signed up and confirmed anew.
///
/// # Errors
/// When the database fails; [`Error::Contended`] may be tried again.
pub async fn confirm(
    conn: &mut Conn,
    id: SubscriberId,
    how: How,
    now: i64,
) -> Result<Outcome, Error> {
    act(
        conn,
        id,
        Step::Confirm,
        Consent {
            at: now,
            act: Act::Subscribed,
            how,
        },
    )
    .await
}

/// Writes down that somebody who is on the list asked for mail anew, by a form.
///
/// # Errors
/// When the database fails.
pub async fn asked(conn: &mut Conn, id: SubscriberId, how: How, at: i64) -> Result<(), Error> {
    let act = Act::Asked;
    consents::record(conn, id, &Consent { at, act, how }).await
}

/// Writes down that somebody says they still read.
///
/// # Errors
/// When the database fails.
pub async fn stayed(conn: &mut Conn, id: SubscriberId, how: How, at: i64) -> Result<(), Error> {
    let act = Act::Stayed;
    consents::record(conn, id, &Consent { at, act, how }).await
}

/// Who has waited for their confirmation since before an instant, at most a thousand of them.
///
/// # Errors
/// When the database fails.
pub async fn pending_since(conn: &mut Conn, before: i64) -> Result<Vec<SubscriberId>, Error> {
    let ids: Vec<i64> = sqlx::query_scalar(
        "SELECT id FROM subscribers
         WHERE status = 'pending' AND created_at < $1 ORDER BY created_at LIMIT 1000",
    )
    .bind(before)
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(SubscriberId::from_i64).collect())
}

/// Takes somebody off the list who never confirmed, without a block: they never were a reader.
///
/// # Errors
/// When the database fails.
pub async fn drop_pending(conn: &mut Conn, id: SubscriberId) -> Result<Outcome, Error> {
    let done = sqlx::query("DELETE FROM subscribers WHERE id = $1 AND status = 'pending'")
        .bind(id.as_i64())
        .execute(conn)
        .await?;
    Ok(if done.rows_affected() == 0 {
        Outcome::Unchanged
    } else {
        Outcome::Changed
    })
}

/// The person left. Twice is fine: the first time counts and is the one recorded.
///
/// # Errors
/// When the database fails; [`Error::Contended`] may be tried again.
pub async fn unsubscribe(
    conn: &mut Conn,
    id: SubscriberId,
    how: How,
    now: i64,
) -> Result<Outcome, Error> {
    act(
        conn,
        id,
        Step::Unsubscribe,
        Consent {
            at: now,
            act: Act::Unsubscribed,
            how,
        },
    )
    .await
}

/// The person came back by their own act: the undo button, or a new confirmed sign-up.
///
/// # Errors
/// When the database fails; [`Error::Contended`] may be tried again.
pub async fn resubscribe(
    conn: &mut Conn,
    id: SubscriberId,
    how: How,
    now: i64,
) -> Result<Outcome, Error> {
    act(
        conn,
        id,
        Step::Resubscribe,
        Consent {
            at: now,
            act: Act::Resubscribed,
            how,
        },
    )
    .await
}

/// Erases the person with their preferences and consents; whether anybody was there.
///
/// What stays is a block on the hash of the address: the promise not to mail it, kept without saying
/// whose it was, so that no old list brings the person back.
///
/// # Errors
/// When the database fails.
pub async fn forget(conn: &mut Conn, id: SubscriberId, now: i64) -> Result<Outcome, Error> {
    if let Some(person) = find_by_id(conn, id).await? {
        suppressions::erase(conn, &person.address, now).await?;
    }
    let done = sqlx::query("DELETE FROM subscribers WHERE id = $1")
        .bind(id.as_i64())
        .execute(conn)
        .await?;
    Ok(if done.rows_affected() == 0 {
        Outcome::Unknown
    } else {
        Outcome::Changed
    })
}

/// A step taken by a person or for them, with its evidence.
async fn act(
    conn: &mut Conn,
    id: SubscriberId,
    step: Step,
    evidence: Consent,
) -> Result<Outcome, Error> {
    if matches!(step, Step::Confirm | Step::Resubscribe) {
        let Some(person) = find_by_id(conn, id).await? else {
            return Ok(Outcome::Unknown);
        };
        // The status alone does not say so: who left before the block came is Unsubscribed.
        if suppressions::is_suppressed(conn, &person.address, evidence.at).await? {
            return Ok(Outcome::Refused(IllegalStep {
                from: Status::Suppressed,
                step,
            }));
        }
    }
    let outcome = take(conn, id, step, evidence.at).await?;
    if outcome == Outcome::Changed {
        consents::record(conn, id, &evidence).await?;
    }
    Ok(outcome)
}

/// Takes one step of [`Status`], without evidence.
pub(super) async fn take(
    conn: &mut Conn,
    id: SubscriberId,
    step: Step,
    now: i64,
) -> Result<Outcome, Error> {
    // Only another transaction between the two statements brings a second round.
    for _ in 0..3 {
        let Some(person) = find_by_id(conn, id).await? else {
            return Ok(Outcome::Unknown);
        };
        let to = match person.status.after(step) {
            Err(illegal) => return Ok(Outcome::Refused(illegal)),
            Ok(to) if to == person.status => return Ok(Outcome::Unchanged),
            Ok(to) => to,
        };
        let (confirmed_at, unsubscribed_at) = stamps(&person, to, now);
        let done = sqlx::query(
            "UPDATE subscribers SET status = $3, confirmed_at = $4, unsubscribed_at = $5
             WHERE id = $1 AND status = $2",
        )
        .bind(id.as_i64())
        .bind(person.status.as_str())
        .bind(to.as_str())
        .bind(confirmed_at)
        .bind(unsubscribed_at)
        .execute(&mut *conn)
        .await?;
        if done.rows_affected() == 1 {
            return Ok(Outcome::Changed);
        }
    }
    Err(Error::Contended)
}

/// When they confirmed and when they left, once they are `to`.
fn stamps(person: &Subscriber, to: Status, now: i64) -> (Option<i64>, Option<i64>) {
    match to {
        Status::Active => (person.confirmed_at.or(Some(now)), None),
        Status::Unsubscribed => (person.confirmed_at, person.unsubscribed_at.or(Some(now))),
        Status::Pending | Status::Suppressed => (person.confirmed_at, person.unsubscribed_at),
    }
}
