//! SQL of the tokens that programs show.

use crate::database::{Conn, Error};
use crate::desk::tokens::{Bearer, Token};
use crate::desk::{Person, Role};

/// Keeps a token by its hash; false if the person has one with that label.
///
/// # Errors
/// When the database refuses.
pub async fn add(
    conn: &mut Conn,
    token: &str,
    (person, label): (i64, &str),
    (now, expires_at): (i64, i64),
) -> Result<bool, Error> {
    let added = sqlx::query(
        "INSERT INTO desk_tokens (token, person_id, label, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
    )
    .bind(token)
    .bind(person)
    .bind(label)
    .bind(now)
    .bind(expires_at)
    .execute(&mut *conn)
    .await?;
    Ok(added.rows_affected() == 1)
}

#[derive(sqlx::FromRow)]
struct BearerRow {
    label: String,
    created_at: i64,
    used_at: Option<i64>,
    expires_at: i64,
    id: i64,
    name: String,
    role: String,
}

/// Who shows a token, by its hash, expired or not.
///
/// # Errors
/// When the database refuses or the row is not ours.
pub async fn find(conn: &mut Conn, token: &str) -> Result<Option<Bearer>, Error> {
    let row: Option<BearerRow> = sqlx::query_as(
        "SELECT t.label, t.created_at, t.used_at, t.expires_at, p.id, p.name, p.role
         FROM desk_tokens t JOIN desk_people p ON p.id = t.person_id
         WHERE t.token = $1",
    )
    .bind(token)
    .fetch_optional(&mut *conn)
    .await?;
    row.map(|row| {
        let role = Role::parse(&row.role).ok_or_else(|| {
            let why = format!("unknown role \"{}\"", row.role);
            Error::row("desk_people", row.id, why)
        })?;
        let token = Token {
            person: row.name.clone(),
            label: row.label,
            created_at: row.created_at,
            used_at: row.used_at,
            expires_at: row.expires_at,
        };
        let person = Person {
            id: row.id,
            name: row.name,
            role,
        };
        Ok(Bearer { person, token })
    })
    .transpose()
}

/// Says that a token was used.
///
/// # Errors
/// When the database refuses.
pub async fn set_used(conn: &mut Conn, token: &str, now: i64) -> Result<(), Error> {
    sqlx::query("UPDATE desk_tokens SET used_at = $1 WHERE token = $2")
        .bind(now)
        .bind(token)
        .execute(&mut *conn)
        .await?;
    Ok(())
}

/// All tokens, by person and label.
///
/// # Errors
/// When the database refuses.
pub async fn all(conn: &mut Conn) -> Result<Vec<Token>, Error> {
    Ok(sqlx::query_as(
        "SELECT p.name AS person, t.label, t.created_at, t.used_at, t.expires_at
         FROM desk_tokens t JOIN desk_people p ON p.id = t.person_id
         ORDER BY p.name, t.label",
    )
    .fetch_all(&mut *conn)
    .await?)
}

/// Takes a person's token away, or all of theirs where no label is named; how many that were.
///
/// # Errors
/// When the database refuses.
pub async fn remove(conn: &mut Conn, name: &str, label: Option<&str>) -> Result<u64, Error> {
    let gone = sqlx::query(
        "DELETE FROM desk_tokens
         WHERE person_id IN (SELECT id FROM desk_people WHERE name = $1)
           AND ($2 = 1 OR label = $3)",
    )
    .bind(name)
    .bind(i64::from(label.is_none()))
    .bind(label.unwrap_or_default())
    .execute(&mut *conn)
    .await?;
    Ok(gone.rows_affected())
}
