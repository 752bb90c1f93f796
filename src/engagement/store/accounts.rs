//! SQL: what editions came to, kept when their readers had their time; and how mailboxes behave.

use std::collections::BTreeMap;

use super::super::accounts::{Account, Cell, Hour, Moment, Place, Wave};
use super::super::filter::Mailbox;
use super::super::{Agent, EventKind};
use super::Times;
use crate::database::{Conn, Error};
use crate::edition::EditionId;

/// How far an edition is accounted for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// The last delivery accounted for; empty at the beginning.
    pub through: String,
    /// When the last was.
    pub settled_at: Option<i64>,
}

/// How far an edition is accounted for, if anybody began.
///
/// # Errors
/// When the database refuses.
pub async fn settlement(conn: &mut Conn, edition: &EditionId) -> Result<Option<Settlement>, Error> {
    let row: Option<(String, Option<i64>)> =
        sqlx::query_as("SELECT through, settled_at FROM settlements WHERE edition_id = $1")
            .bind(edition.as_str())
            .fetch_optional(&mut *conn)
            .await?;
    Ok(row.map(|(through, settled_at)| Settlement {
        through,
        settled_at,
    }))
}

/// Editions that left or were called off and are not wholly accounted for, the oldest slot first.
///
/// # Errors
/// When the database refuses.
pub async fn unsettled(conn: &mut Conn) -> Result<Vec<EditionId>, Error> {
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT e.id FROM editions e
         WHERE (e.status = 'sending' OR e.status = 'sent' OR e.status = 'cancelled') AND NOT EXISTS (SELECT 1 FROM settlements s
                           WHERE s.edition_id = e.id AND s.settled_at IS NOT NULL)
         ORDER BY e.slot_at, e.number",
    )
    .fetch_all(&mut *conn)
    .await?;
    Ok(rows.iter().map(|id| EditionId::from_text(id)).collect())
}

/// Takes an edition's settlement for this transaction; others wait for its end.
///
/// # Errors
/// When the database refuses.
pub async fn take_settlement(conn: &mut Conn, edition: &EditionId) -> Result<Settlement, Error> {
    sqlx::query(
        "INSERT INTO settlements (edition_id, through) VALUES ($1, '') ON CONFLICT DO NOTHING",
    )
    .bind(edition.as_str())
    .execute(&mut *conn)
    .await?;
    // Writing the row locks it on PostgreSQL; SQLite has one writer anyway.
    sqlx::query("UPDATE settlements SET through = through WHERE edition_id = $1")
        .bind(edition.as_str())
        .execute(&mut *conn)
        .await?;
    let found = settlement(conn, edition).await?;
    found.ok_or_else(|| Error::row("settlements", edition, "gone after it was written"))
}

/// Notes how far an edition is accounted for now, and whether that is all.
///
/// # Errors
/// When the database refuses.
pub async fn put_settlement(
    conn: &mut Conn,
    edition: &EditionId,
    now: &Settlement,
) -> Result<(), Error> {
    sqlx::query("UPDATE settlements SET through = $1, settled_at = $2 WHERE edition_id = $3")
        .bind(&now.through)
        .bind(now.settled_at)
        .bind(edition.as_str())
        .execute(&mut *conn)
        .await?;
    Ok(())
}

/// Adds a part of an edition's account to what is kept of it.
///
/// # Errors
/// When the database refuses.
pub async fn add_account(
    conn: &mut Conn,
    edition: &EditionId,
    account: &Account,
) -> Result<(), Error> {
    for (number, wave) in &account.waves {
        sqlx::query(
            "INSERT INTO readerships (edition_id, wave, sent_at, recipients, counted, visible, opens, signs, proxied, machines)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             ON CONFLICT (edition_id, wave) DO UPDATE SET
                 sent_at = CASE WHEN excluded.sent_at < readerships.sent_at THEN excluded.sent_at ELSE readerships.sent_at END,
                 recipients = readerships.recipients + excluded.recipients,
                 counted = readerships.counted + excluded.counted,
                 visible = readerships.visible + excluded.visible,
                 opens = readerships.opens + excluded.opens,
                 signs = readerships.signs + excluded.signs,
                 proxied = readerships.proxied + excluded.proxied,
                 machines = readerships.machines + excluded.machines",
        )
        .bind(edition.as_str())
        .bind(i64::from(*number))
        .bind(wave.sent_at)
        .bind(count(wave.recipients))
        .bind(count(wave.counted))
        .bind(count(wave.visible))
        .bind(count(wave.opens))
        .bind(count(wave.signs))
        .bind(count(wave.proxied))
        .bind(count(wave.machines))
        .execute(&mut *conn)
        .await?;
    }
    for (place, cell) in &account.cells {
        sqlx::query(
            "INSERT INTO exposures (edition_id, wave, link, position, recipients, counted, visible, opens, people, credit, machines)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
             ON CONFLICT (edition_id, wave, link, position) DO UPDATE SET
                 recipients = exposures.recipients + excluded.recipients,
                 counted = exposures.counted + excluded.counted,
                 visible = exposures.visible + excluded.visible,
                 opens = exposures.opens + excluded.opens,
                 people = exposures.people + excluded.people,
                 credit = exposures.credit + excluded.credit,
                 machines = exposures.machines + excluded.machines",
        )
        .bind(edition.as_str())
        .bind(i64::from(place.wave))
        .bind(i64::from(place.link))
        .bind(i64::from(place.position))
        .bind(count(cell.recipients))
        .bind(count(cell.counted))
        .bind(count(cell.visible))
        .bind(count(cell.opens))
        .bind(count(cell.people))
        .bind(cell.credit)
        .bind(count(cell.machines))
        .execute(&mut *conn)
        .await?;
    }
    for (moment, hour) in &account.hours {
        sqlx::query(
            "INSERT INTO readings (edition_id, hour, service, sent, counted, opens, clicks)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (edition_id, hour, service) DO UPDATE SET
                 sent = readings.sent + excluded.sent,
                 counted = readings.counted + excluded.counted,
                 opens = readings.opens + excluded.opens,
                 clicks = readings.clicks + excluded.clicks",
        )
        .bind(edition.as_str())
        .bind(moment.hour)
        .bind(&moment.service)
        .bind(count(hour.sent))
        .bind(count(hour.counted))
        .bind(count(hour.opens))
        .bind(count(hour.clicks))
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

#[derive(sqlx::FromRow)]
struct WaveRow {
    wave: i64,
    sent_at: i64,
    recipients: i64,
    counted: i64,
    visible: i64,
    opens: i64,
    signs: i64,
    proxied: i64,
    machines: i64,
}

#[derive(sqlx::FromRow)]
struct CellRow {
    wave: i64,
    link: i64,
    position: i64,
    recipients: i64,
    counted: i64,
    visible: i64,
    opens: i64,
    people: i64,
    credit: f64,
    machines: i64,
}

/// What is kept of an edition; complete once it is settled.
///
/// # Errors
/// When the database refuses or a row is not ours.
pub async fn account(conn: &mut Conn, edition: &EditionId) -> Result<Account, Error> {
    let wrong = |error: std::num::TryFromIntError| Error::row("exposures", edition, error);
    let waves: Vec<WaveRow> = sqlx::query_as(
        "SELECT wave, sent_at, recipients, counted, visible, opens, signs, proxied, machines
         FROM readerships WHERE edition_id = $1",
    )
    .bind(edition.as_str())
    .fetch_all(&mut *conn)
    .await?;
    let cells: Vec<CellRow> = sqlx::query_as(
        "SELECT wave, link, position, recipients, counted, visible, opens, people, credit, machines
         FROM exposures WHERE edition_id = $1",
    )
    .bind(edition.as_str())
    .fetch_all(&mut *conn)
    .await?;
    let mut account = Account {
        hours: hours(conn, edition).await?,
        ..Account::default()
    };
    for row in waves {
        let wave = Wave {
            sent_at: row.sent_at,
            recipients: number(row.recipients),
            counted: number(row.counted),
            visible: number(row.visible),
            opens: number(row.opens),
            signs: number(row.signs),
            proxied: number(row.proxied),
            machines: number(row.machines),
        };
        let number = u32::try_from(row.wave).map_err(wrong)?;
        account.waves.insert(number, wave);
    }
    for row in cells {
        let place = Place {
            wave: u32::try_from(row.wave).map_err(wrong)?,
            link: u16::try_from(row.link).map_err(wrong)?,
            position: u32::try_from(row.position).map_err(wrong)?,
        };
        let cell = Cell {
            recipients: number(row.recipients),
            counted: number(row.counted),
            visible: number(row.visible),
            opens: number(row.opens),
            people: number(row.people),
            credit: row.credit,
            machines: number(row.machines),
        };
        account.cells.insert(place, cell);
    }
    Ok(account)
}

async fn hours(conn: &mut Conn, edition: &EditionId) -> Result<BTreeMap<Moment, Hour>, Error> {
    let rows: Vec<(i64, String, i64, i64, i64, i64)> = sqlx::query_as(
        "SELECT hour, service, sent, counted, opens, clicks FROM readings WHERE edition_id = $1",
    )
    .bind(edition.as_str())
    .fetch_all(&mut *conn)
    .await?;
    let hours = rows.into_iter();
    let hours = hours.map(|(hour, service, sent, counted, opens, clicks)| {
        let found = Hour {
            sent: number(sent),
            counted: number(counted),
            opens: number(opens),
            clicks: number(clicks),
        };
        (Moment { hour, service }, found)
    });
    Ok(hours.collect())
}

fn count(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn number(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// Keeps what a mailbox is like now.
///
/// # Errors
/// When the database refuses.
pub async fn put_mailbox(conn: &mut Conn, subscriber: i64, mailbox: &Mailbox) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO mailboxes (subscriber_id, copies, clicks, flags, proxied)
         SELECT id, $2, $3, $4, $5 FROM subscribers WHERE id = $1
         ON CONFLICT (subscriber_id) DO UPDATE SET copies = excluded.copies, clicks = excluded.clicks,
             flags = excluded.flags, proxied = excluded.proxied",
    )
    .bind(subscriber)
    .bind(mailbox.copies)
    .bind(mailbox.clicks)
    .bind(mailbox.flags)
    .bind(i64::from(mailbox.proxied))
    .execute(&mut *conn)
    .await?;
    Ok(())
}

/// What was done with copies that carry no identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anonymous {
    /// What.
    pub kind: EventKind,
    /// Which wave the copy was of.
    pub wave: u32,
    /// The link's place in the whole list; 0 for opens.
    pub position: u32,
    /// Who, as far as the request told.
    pub agent: Agent,
}

/// Counts something that was done with a copy of no known reader.
///
/// # Errors
/// When the database refuses.
pub async fn add_anonymous(
    conn: &mut Conn,
    edition: &EditionId,
    event: &Anonymous,
    times: Times,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO anonymous_events (edition_id, kind, wave, link, position, agent, hits)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (edition_id, kind, wave, link, position, agent)
         DO UPDATE SET hits = anonymous_events.hits + excluded.hits",
    )
    .bind(edition.as_str())
    .bind(event.kind.name())
    .bind(i64::from(event.wave))
    .bind(event.kind.link())
    .bind(i64::from(event.position))
    .bind(event.agent.name())
    .bind(times.hits())
    .execute(&mut *conn)
    .await?;
    Ok(())
}

/// Takes back that something without identity happened once; whether it was there.
///
/// # Errors
/// When the database refuses.
pub async fn take_anonymous(
    conn: &mut Conn,
    edition: &EditionId,
    event: &Anonymous,
) -> Result<bool, Error> {
    let mut was_there = false;
    for statement in [
        "UPDATE anonymous_events SET hits = hits - 1
         WHERE edition_id = $1 AND kind = $2 AND wave = $3 AND link = $4 AND position = $5 AND agent = $6",
        "DELETE FROM anonymous_events
         WHERE edition_id = $1 AND kind = $2 AND wave = $3 AND link = $4 AND position = $5 AND agent = $6
           AND hits <= 0",
    ] {
        let done = sqlx::query(statement)
            .bind(edition.as_str())
            .bind(event.kind.name())
            .bind(i64::from(event.wave))
            .bind(event.kind.link())
            .bind(i64::from(event.position))
            .bind(event.agent.name())
            .execute(&mut *conn)
            .await?;
        was_there |= done.rows_affected() > 0;
    }
    Ok(was_there)
}

/// Everything counted of an edition's copies without identity, with how often.
///
/// # Errors
/// When the database refuses or a row is not ours.
pub async fn anonymous(
    conn: &mut Conn,
    edition: &EditionId,
) -> Result<Vec<(Anonymous, u64)>, Error> {
    let rows: Vec<(String, i64, i64, i64, String, i64)> = sqlx::query_as(
        "SELECT kind, wave, link, position, agent, hits FROM anonymous_events
         WHERE edition_id = $1 ORDER BY kind, wave, link, position, agent",
    )
    .bind(edition.as_str())
    .fetch_all(&mut *conn)
    .await?;
    rows.into_iter()
        .map(|(kind, wave, link, position, agent, hits)| {
            let wrong = |problem: &str| Error::row("anonymous_events", edition, problem);
            let kind = match kind.as_str() {
                "open" => EventKind::Open,
                _ => EventKind::Click(u16::try_from(link).map_err(|_| wrong("no link of ours"))?),
            };
            let event = Anonymous {
                kind,
                wave: u32::try_from(wave).map_err(|_| wrong("no wave of ours"))?,
                position: u32::try_from(position).map_err(|_| wrong("no place of ours"))?,
                agent: Agent::parse(&agent).ok_or_else(|| wrong("unknown agent"))?,
            };
            Ok((event, number(hits)))
        })
        .collect()
}
