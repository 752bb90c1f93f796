//! The desk: the people of the house, what each may do, and the record of what they did.
//!
//! Signing in is by name and password (Argon2id, RFC 9106). A session is a random number in a cookie, of which only
//! a hash is stored; it is renewed while it is used and ends by itself. Every form brings a second number along that
//! no other site can know. Programs show a token instead.

pub mod addresses;
pub mod password;
pub mod store;
pub mod tokens;

use serde::{Deserialize, Serialize};

use crate::database::{self, Database, Error};
use crate::units::hexadecimal;

/// How long a session lasts that nobody uses.
const IDLE_SECONDS: i64 = 12 * 3600;
/// How long any session lasts.
const LIFE_SECONDS: i64 = 14 * 86_400;
/// After so long what the cookie holds is changed.
const RENEW_SECONDS: i64 = 1800;
/// How long what it held before is good for requests that are under way.
const FORMER_SECONDS: i64 = 60;
/// How long the record is kept.
const LOG_SECONDS: i64 = 366 * 86_400;

/// What somebody is at the desk.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees everything, writes words, sends tests.
    Marketing,
    /// Also chooses, approves and calls off.
    Editor,
    /// Also says who may do what.
    Admin,
}

/// What can be done at the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Act {
    /// Look at editions, reports, checks.
    Look,
    /// Write subject, preheader, notice, note, sponsor.
    Write,
    /// Choose, move, rewrite and take out stories.
    Arrange,
    /// Send tests.
    Test,
    /// Say that an edition may go out.
    Approve,
    /// Call an edition off.
    Cancel,
    /// Say who may do what, and read the record.
    Manage,
}

impl Role {
    const ALL: [Self; 3] = [Self::Marketing, Self::Editor, Self::Admin];

    /// Whether somebody of this role may do something.
    #[must_use]
    pub fn may(self, act: Act) -> bool {
        let least = match act {
            Act::Look | Act::Write | Act::Test => Self::Marketing,
            Act::Arrange | Act::Approve | Act::Cancel => Self::Editor,
            Act::Manage => Self::Admin,
        };
        self >= least
    }

    /// Its name in the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Marketing => "marketing",
            Self::Editor => "editor",
            Self::Admin => "admin",
        }
    }

    /// The role of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

impl Act {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Look,
        Self::Write,
        Self::Arrange,
        Self::Test,
        Self::Approve,
        Self::Cancel,
        Self::Manage,
    ];

    /// Its name in the record.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Look => "look",
            Self::Write => "write",
            Self::Arrange => "arrange",
            Self::Test => "test",
            Self::Approve => "approve",
            Self::Cancel => "cancel",
            Self::Manage => "manage",
        }
    }
}

/// Somebody of the house.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Person {
    /// Their number.
    pub id: i64,
    /// What they sign in with.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

/// A session in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub person: Person,
    /// What forms have to bring along.
    pub form_token: String,
    /// What the cookie is to hold from now on, where that changes.
    pub renewed: Option<String>,
}

/// A name as it is stored; nothing if it cannot be one: 2 to 60 letters, digits, and `. _ - @`.
#[must_use]
pub fn name(text: &str) -> Option<String> {
    let name = text.trim().to_lowercase();
    let is_good = |c: char| c.is_alphanumeric() || "._-@".contains(c);
    ((2..=60).contains(&name.chars().count()) && name.chars().all(is_good)).then_some(name)
}

/// A number that nobody can guess, as text.
///
/// # Errors
/// When the system has no random bytes.
pub fn random() -> Result<String, Error> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| courant_subscribers::Error::Random)?;
    Ok(hexadecimal(&bytes))
}

/// What is stored of a session's number.
fn digest(token: &str) -> String {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
    hexadecimal(hash.as_ref())
}

/// Begins a session for somebody who has proven who they are; returns what the cookie is to hold.
///
/// # Errors
/// When the database refuses.
pub async fn begin(database: &Database, person: &Person, now: i64) -> Result<String, Error> {
    let (token, form_token) = (random()?, random()?);
    let mut transaction = database.begin_write().await?;
    store::tidy_sessions(&mut transaction, (now - IDLE_SECONDS, now - LIFE_SECONDS)).await?;
    store::tidy_log(&mut transaction, now - LOG_SECONDS).await?;
    let whose = (person.id, form_token.as_str());
    store::begin_session(&mut transaction, &digest(&token), whose, now).await?;
    database::commit(transaction).await?;
    Ok(token)
}

/// The session of a cookie, if it still lasts.
///
/// # Errors
/// When the database refuses.
pub async fn resume(database: &Database, token: &str, now: i64) -> Result<Option<Session>, Error> {
    let hash = digest(token);
    let mut reader = database.reader().await?;
    let found = store::session(&mut reader, &hash).await?;
    drop(reader);
    let Some(found) = found else { return Ok(None) };
    let is_over = now - found.used_at > IDLE_SECONDS || now - found.created_at > LIFE_SECONDS;
    let is_former = found.token != hash;
    if is_over || (is_former && now - found.renewed_at > FORMER_SECONDS) {
        return Ok(None);
    }
    let mut renewed = None;
    if !is_former && now - found.renewed_at > RENEW_SECONDS {
        let next = random()?;
        let mut transaction = database.begin_write().await?;
        if store::renew_session(&mut transaction, (&hash, &digest(&next)), now).await? {
            renewed = Some(next);
        }
        database::commit(transaction).await?;
    }
    Ok(Some(Session {
        person: found.person,
        form_token: found.form_token,
        renewed,
    }))
}

/// Ends the session of a cookie.
///
/// # Errors
/// When the database refuses.
pub async fn end(database: &Database, token: &str) -> Result<(), Error> {
    let mut transaction = database.begin_write().await?;
    store::end_session(&mut transaction, &digest(token)).await?;
    database::commit(transaction).await
}

/// Who decides where no person does: the digest's rule.
pub const RULE: &str = "rule";

/// What is written into the record.
#[derive(Debug, Clone, Copy)]
pub struct Note<'a> {
    /// Who did it, or tried to.
    pub who: &'a str,
    /// What.
    pub act: &'a str,
    /// To what.
    pub about: &'a str,
    /// Whether it was done.
    pub done: bool,
    /// What else there is to say.
    pub detail: &'a str,
}

/// Writes into the record.
///
/// # Errors
/// When the database refuses.
pub async fn note(database: &Database, note: &Note<'_>, now: i64) -> Result<(), Error> {
    let mut transaction = database.begin_write().await?;
    store::log(&mut transaction, note, now).await?;
    database::commit(transaction).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_what_the_one_below_it_may_and_more() {
        use Act::{Approve, Arrange, Cancel, Look, Manage, Test, Write};
        for (role, may, may_not) in [
            (
                Role::Marketing,
                vec![Look, Write, Test],
                vec![Arrange, Approve, Cancel, Manage],
            ),
            (
                Role::Editor,
                vec![Look, Write, Test, Arrange, Approve, Cancel],
                vec![Manage],
            ),
            (Role::Admin, vec![Look, Approve, Manage], vec![]),
        ] {
            assert!(may.into_iter().all(|act| role.may(act)), "{role:?}");
            assert!(!may_not.into_iter().any(|act| role.may(act)), "{role:?}");
            assert_eq!(Role::parse(role.name()), Some(role));
        }
    }

    #[test]
    fn names_are_plain() {
        assert_eq!(name(" Ida.Berg "), Some("ida.berg".to_owned()));
        for bad in ["", "a", "two words", "a\nb", "<b>", &"x".repeat(61)] {
            assert_eq!(name(bad), None, "{bad:?}");
        }
    }
}
