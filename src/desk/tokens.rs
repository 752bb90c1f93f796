//! Tokens: how programs come to the desk's API for somebody, and may what that person may.
//!
//! A token is a random number that is shown once and of which only a hash is stored. It ends by itself, when it is
//! taken away, or with its person; what the person may do is looked up each time it is shown.

use serde::Serialize;

use super::{Person, digest, random, store};
use crate::database::{self, Database, Error};

/// How long a token lasts unless somebody says otherwise, in days.
pub const USUAL_DAYS: u32 = 365;
/// How long it can last, in days.
pub const MOST_DAYS: u32 = 3650;
/// Longest label, in characters.
const MOST_LABEL: usize = 60;
/// That a token was used is written once in this time.
const USED_SECONDS: i64 = 3600;
/// In front of every token, so that who finds one knows what it is.
const PREFIX: &str = "courant_";

/// A token as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Token {
    /// Whose it is.
    pub person: String,
    /// What it is for.
    pub label: String,
    /// When it was made, Unix seconds.
    pub created_at: i64,
    /// When it was used, give or take an hour; nothing if it was not.
    pub used_at: Option<i64>,
    /// When it ends.
    pub expires_at: i64,
}

/// Who shows a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    /// Whose it is.
    pub person: Person,
    /// The token, without its secret.
    pub token: Token,
}

/// A label as it is stored; nothing if it cannot be one: 1 to 60 characters on one line.
#[must_use]
pub fn label(text: &str) -> Option<String> {
    let label = text.trim();
    let is_good = (1..=MOST_LABEL).contains(&label.chars().count());
    (is_good && !label.chars().any(char::is_control)).then(|| label.to_owned())
}

/// Makes a token and returns it, this once; nothing if the person has one with that label.
///
/// # Errors
/// When the database refuses, or the system has no random bytes.
pub async fn issue(
    database: &Database,
    (person, label): (&Person, &str),
    (now, expires_at): (i64, i64),
) -> Result<Option<String>, Error> {
    let token = format!("{PREFIX}{}", random()?);
    let mut transaction = database.begin_write().await?;
    let whose = (person.id, label);
    let (hash, lasts) = (digest(&token), (now, expires_at));
    let added = store::tokens::add(&mut transaction, &hash, whose, lasts).await?;
    database::commit(transaction).await?;
    Ok(added.then_some(token))
}

/// Who shows a token, if it is one of ours and lasts.
///
/// # Errors
/// When the database refuses.
pub async fn bearer(database: &Database, token: &str, now: i64) -> Result<Option<Bearer>, Error> {
    if !token.starts_with(PREFIX) {
        return Ok(None);
    }
    let hash = digest(token);
    let mut reader = database.reader().await?;
    let found = store::tokens::find(&mut reader, &hash).await?;
    drop(reader);
    let Some(found) = found.filter(|found| now < found.token.expires_at) else {
        return Ok(None);
    };
    let used = found.token.used_at;
    if used.is_none_or(|used| now - used >= USED_SECONDS) {
        let mut transaction = database.begin_write().await?;
        store::tokens::set_used(&mut transaction, &hash, now).await?;
        database::commit(transaction).await?;
    }
    Ok(Some(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_stand_on_one_line() {
        assert_eq!(label(" nightly report "), Some("nightly report".to_owned()));
        for bad in ["", "  ", "a\nb", &"x".repeat(61)] {
            assert_eq!(label(bad), None, "{bad:?}");
        }
    }
}
