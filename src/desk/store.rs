//! SQL of the desk.

use courant_subscribers::SubscriberId;
use serde::Serialize;

use super::{Note, Person, Role};
use crate::database::{Conn, Error};

pub mod tokens;

#[derive(sqlx::FromRow)]
struct PersonRow {
    id: i64,
    name: String,
    role: String,
}

impl TryFrom<PersonRow> for Person {
    type Error = Error;

    fn try_from(row: PersonRow) -> Result<Self, Error> {
        let unknown = || {
            Error::row(
                "desk_people",
                row.id,
                format!("unknown role \"{}\"", row.role),
            )
        };
        Ok(Self {
            role: Role::parse(&row.role).ok_or_else(unknown)?,
            id: row.id,
            name: row.name,
        })
    }
}

/// Adds somebody; false if the name is taken.
///
/// # Errors
/// When the database refuses.
pub async fn add_person(
    conn: &mut Conn,
    (name, role): (&str, Role),
    password: &str,
    now: i64,
) -> Result<bool, Error> {
    let added = sqlx::query(
        "INSERT INTO desk_people (id, name, role, password, created_at)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
    )
    .bind(SubscriberId::random()?.as_i64())
    .bind(name)
    .bind(role.name())
    .bind(password)
    .bind(now)
    .execute(&mut *conn)
    .await?;
    Ok(added.rows_affected() == 1)
}

/// Everybody, by name.
///
/// # Errors
/// When the database refuses or a row is not ours.
pub async fn people(conn: &mut Conn) -> Result<Vec<Person>, Error> {
    let rows: Vec<PersonRow> =
        sqlx::query_as("SELECT id, name, role FROM desk_people ORDER BY name")
            .fetch_all(&mut *conn)
            .await?;
    rows.into_iter().map(Person::try_from).collect()
}

/// The person of a name, and what is stored of their password.
///
/// # Errors
/// When the database refuses or the row is not ours.
pub async fn person(conn: &mut Conn, name: &str) -> Result<Option<(Person, String)>, Error> {
    let row: Option<(i64, String, String, String)> =
        sqlx::query_as("SELECT id, name, role, password FROM desk_people WHERE name = $1")
            .bind(name)
            .fetch_optional(&mut *conn)
            .await?;
    row.map(|(id, name, role, password)| {
        Ok((Person::try_from(PersonRow { id, name, role })?, password))
    })
    .transpose()
}

/// Changes a password and ends the person's sessions; false if there is nobody of that name.
///
/// # Errors
/// When the database refuses.
pub async fn set_password(conn: &mut Conn, name: &str, password: &str) -> Result<bool, Error> {
    let changed = sqlx::query("UPDATE desk_people SET password = $1 WHERE name = $2")
        .bind(password)
        .bind(name)
        .execute(&mut *conn)
        .await?;
    end_sessions_of(conn, name).await?;
    Ok(changed.rows_affected() == 1)
}

/// Changes what somebody may do and ends their sessions; false if there is nobody of that name.
///
/// # Errors
/// When the database refuses.
pub async fn set_role(conn: &mut Conn, name: &str, role: Role) -> Result<bool, Error> {
    let changed = sqlx::query("UPDATE desk_people SET role = $1 WHERE name = $2")
        .bind(role.name())
        .bind(name)
        .execute(&mut *conn)
        .await?;
    end_sessions_of(conn, name).await?;
    Ok(changed.rows_affected() == 1)
}

async fn end_sessions_of(conn: &mut Conn, name: &str) -> Result<(), Error> {
    sqlx::query(
        "DELETE FROM desk_sessions
         WHERE person_id IN (SELECT id FROM desk_people WHERE name = $1)",
    )
    .bind(name)
    .execute(&mut *conn)
    .await?;
    Ok(())
}

/// Takes somebody out, sessions and all; false if there is nobody of that name.
///
/// # Errors
/// When the database refuses.
pub async fn remove_person(conn: &mut Conn, name: &str) -> Result<bool, Error> {
    let gone = sqlx::query("DELETE FROM desk_people WHERE name = $1")
        .bind(name)
        .execute(&mut *conn)
        .await?;
    Ok(gone.rows_affected() == 1)
}

/// Begins a session by the hash of its number.
///
/// # Errors
/// When the database refuses.
pub async fn begin_session(
    conn: &mut Conn,
    token: &str,
    (person, form_token): (i64, &str),
    now: i64,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO desk_sessions (token, person_id, form_token, created_at, renewed_at, used_at)
         VALUES ($1, $2, $3, $4, $4, $4)",
    )
    .bind(token)
    .bind(person)
    .bind(form_token)
    .bind(now)
    .execute(&mut *conn)
    .await?;
    Ok(())
}

/// A session as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Hash of its present number.
    pub token: String,
    /// Whose it is.
    pub person: Person,
    /// What forms bring along.
    pub form_token: String,
    /// When it began, Unix seconds.
    pub created_at: i64,
    /// When its number was changed.
    pub renewed_at: i64,
    /// When it was used; no more exact than its renewal.
    pub used_at: i64,
}

/// The session of a number's hash, present or former.
///
/// # Errors
/// When the database refuses or the row is not ours.
pub async fn session(conn: &mut Conn, token: &str) -> Result<Option<Kept>, Error> {
    let row: Option<SessionRow> = sqlx::query_as(
        "SELECT s.token, s.form_token, s.created_at, s.renewed_at, s.used_at, p.id, p.name, p.role
         FROM desk_sessions s JOIN desk_people p ON p.id = s.person_id
         WHERE s.token = $1 OR s.former = $1",
    )
    .bind(token)
    .fetch_optional(&mut *conn)
    .await?;
    row.map(|row| {
        let person = PersonRow {
            id: row.id,
            name: row.name,
            role: row.role,
        };
        Ok(Kept {
            person: Person::try_from(person)?,
            token: row.token,
            form_token: row.form_token,
            created_at: row.created_at,
            renewed_at: row.renewed_at,
            used_at: row.used_at,
        })
    })
    .transpose()
}

#[derive(sqlx::FromRow)]
struct SessionRow {
    token: String,
    form_token: String,
    created_at: i64,
    renewed_at: i64,
    used_at: i64,
    id: i64,
    name: String,
    role: String,
}

/// Gives a session another number; false if somebody else just did.
///
/// # Errors
/// When the database refuses.
pub async fn renew_session(
    conn: &mut Conn,
    (token, next): (&str, &str),
    now: i64,
) -> Result<bool, Error> {
    let changed = sqlx::query(
        "UPDATE desk_sessions SET token = $1, former = $2, renewed_at = $3, used_at = $3
         WHERE token = $2",
    )
    .bind(next)
    .bind(token)
    .bind(now)
    .execute(&mut *conn)
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// Ends a session.
///
/// # Errors
/// When the database refuses.
pub async fn end_session(conn: &mut Conn, token: &str) -> Result<(), Error> {
    sqlx::query("DELETE FROM desk_sessions WHERE token = $1 OR former = $1")
        .bind(token)
        .execute(&mut *conn)
        .await?;
    Ok(())
}

/// Ends sessions that nobody used since one instant, or that began before another.
///
/// # Errors
/// When the database refuses.
pub async fn tidy_sessions(
    conn: &mut Conn,
    (used_before, begun_before): (i64, i64),
) -> Result<(), Error> {
    sqlx::query("DELETE FROM desk_sessions WHERE used_at < $1 OR created_at < $2")
        .bind(used_before)
        .bind(begun_before)
        .execute(&mut *conn)
        .await?;
    Ok(())
}

/// Writes into the record.
///
/// # Errors
/// When the database refuses.
pub async fn log(conn: &mut Conn, note: &Note<'_>, now: i64) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO desk_log (id, at, who, act, about, outcome, detail, place)
         SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), $3, $4, $5, $6, $7, COALESCE(MAX(place), 0) + 1
         FROM desk_log WHERE at = CAST($2 AS BIGINT)",
    )
    .bind(SubscriberId::random()?.as_i64())
    .bind(now)
    .bind(note.who)
    .bind(note.act)
    .bind(note.about)
    .bind(if note.done { "done" } else { "refused" })
    .bind(note.detail)
    .execute(&mut *conn)
    .await?;
    Ok(())
}

/// A line of the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Line {
    /// When, Unix seconds.
    pub at: i64,
    /// Who.
    pub who: String,
    /// What.
    pub act: String,
    /// To what.
    pub about: String,
    /// `done` or `refused`.
    pub outcome: String,
    /// What else there is to say.
    pub detail: String,
}

/// The latest lines of the record.
///
/// # Errors
/// When the database refuses.
pub async fn lines(conn: &mut Conn, limit: i64) -> Result<Vec<Line>, Error> {
    Ok(sqlx::query_as(
        "SELECT at, who, act, about, outcome, detail FROM desk_log
         ORDER BY at DESC, place DESC, id LIMIT $1",
    )
    .bind(limit)
    .fetch_all(&mut *conn)
    .await?)
}

/// Who did something, to what, the latest first; with `about` to this alone.
///
/// # Errors
/// When the database refuses.
pub async fn doers(
    conn: &mut Conn,
    (act, about): (&str, Option<&str>),
) -> Result<Vec<(String, String, i64)>, Error> {
    Ok(sqlx::query_as(
        "SELECT about, who, at FROM desk_log
         WHERE act = $1 AND outcome = 'done' AND about = COALESCE(CAST($2 AS TEXT), about)
         ORDER BY at DESC, place DESC, id",
    )
    .bind(act)
    .bind(about)
    .fetch_all(&mut *conn)
    .await?)
}

/// Forgets lines from before an instant.
///
/// # Errors
/// When the database refuses.
pub async fn tidy_log(conn: &mut Conn, before: i64) -> Result<(), Error> {
    sqlx::query("DELETE FROM desk_log WHERE at < $1")
        .bind(before)
        .execute(&mut *conn)
        .await?;
    Ok(())
}

/// Groups of addresses that tests go to, by name; addresses one a line.
///
/// # Errors
/// When the database refuses.
pub async fn groups(conn: &mut Conn) -> Result<Vec<(String, String)>, Error> {
    Ok(
        sqlx::query_as("SELECT name, addresses FROM desk_groups ORDER BY name")
            .fetch_all(&mut *conn)
            .await?,
    )
}

/// The addresses of a group, one a line; nothing if there is no group of that name.
///
/// # Errors
/// When the database refuses.
pub async fn group(conn: &mut Conn, name: &str) -> Result<Option<String>, Error> {
    Ok(
        sqlx::query_scalar("SELECT addresses FROM desk_groups WHERE name = $1")
            .bind(name)
            .fetch_optional(&mut *conn)
            .await?,
    )
}

/// Keeps a group; one without addresses goes.
///
/// # Errors
/// When the database refuses.
pub async fn set_group(conn: &mut Conn, name: &str, addresses: &str) -> Result<(), Error> {
    if addresses.is_empty() {
        sqlx::query("DELETE FROM desk_groups WHERE name = $1")
            .bind(name)
            .execute(&mut *conn)
            .await?;
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO desk_groups (name, addresses) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET addresses = excluded.addresses",
    )
    .bind(name)
    .bind(addresses)
    .execute(&mut *conn)
    .await?;
    Ok(())
}
