//! Signing up: an address typed into a form becomes a reader once its owner has said so.
//!
//! Asking and confirming only change the list and put letters into a table, in one transaction; they
//! leave afterwards, by whichever process serves readers, and are tried again when the relay is not
//! there. Whether an address is on the list is told to nobody but its owner: the form answers alike, and
//! an address gets one letter an hour at most.

pub mod limits;
pub mod post;
pub mod store;

use courant_subscribers::store::subscribers;
use courant_subscribers::{
    Added, Beginning, EmailAddress, How, NewSubscriber, Outcome, Preferences, Status, Subscriber,
    SubscriberId,
};
use serde::Deserialize;

use crate::database::{self, Conn, Database, Error};

/// `[signup]` in `digest.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether there is a sign-up page.
    pub open: bool,
    /// Whether new readers get a letter that welcomes them.
    pub welcome: bool,
    /// Whether who leaves gets a letter with a way back.
    pub goodbye: bool,
    /// How many times an hour one network may sign up.
    pub per_network: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            open: true,
            welcome: true,
            goodbye: false,
            per_network: 20,
        }
    }
}

/// How long a confirmation link holds.
pub const CONFIRM_SECONDS: i64 = 48 * 3600;
/// An address is written to at most once in so long because somebody typed it into a form.
const QUIET_SECONDS: i64 = 3600;

/// What somebody typed into the form.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The address.
    pub address: EmailAddress,
    /// What they call themselves.
    pub name: Option<String>,
    /// What they chose.
    pub preferences: Preferences,
    /// The words that stood on the form.
    pub wording: String,
}

/// Takes a wish: a new person waits for their confirmation, one who waits or has left gets the letter
/// again, anybody else gets nothing. Whoever asks learns nothing from it.
///
/// # Errors
/// When the database refuses.
pub async fn ask(database: &Database, wish: Wish, now: i64) -> Result<(), Error> {
    let mut transaction = database.begin_write().await?;
    if let Some(id) = waiting(&mut transaction, wish, now).await? {
        let since = now - QUIET_SECONDS;
        if !store::was_written(&mut transaction, id, store::Kind::Confirm, since).await? {
            store::add(&mut transaction, id, store::Kind::Confirm, now).await?;
        }
    }
    database::commit(transaction).await
}

/// Who is to be asked for a confirmation.
async fn waiting(conn: &mut Conn, wish: Wish, now: i64) -> Result<Option<SubscriberId>, Error> {
    let how = How::form(&wish.wording);
    let mut new = NewSubscriber::new(wish.address, Beginning::Pending, how)?;
    new.name = wish.name;
    new.preferences = wish.preferences;
    Ok(match subscribers::add(conn, &new, now).await? {
        Added::New(id) => Some(id),
        Added::Existing(person) => match person.status {
            Status::Pending | Status::Unsubscribed => Some(person.id),
            Status::Active | Status::Suppressed => None,
        },
        Added::Suppressed(_) => None,
    })
}

/// What pressing the button came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirmed {
    /// They are a reader now, or were one already.
    Reader(Box<Subscriber>),
    /// The link is older than what became of the person.
    TooLate,
    /// There is nobody of this id.
    Nobody,
}

/// The owner of the mailbox pressed the button of a letter that was written at `asked_at`. Twice is fine.
///
/// # Errors
/// When the database refuses.
pub async fn confirm(
    database: &Database,
    (id, asked_at): (SubscriberId, i64),
    welcome: bool,
    now: i64,
) -> Result<Confirmed, Error> {
    let mut transaction = database.begin_write().await?;
    let Some(person) = subscribers::find_by_id(&mut transaction, id).await? else {
        return Ok(Confirmed::Nobody);
    };
    let outcome = match person.status {
        Status::Active => Outcome::Unchanged,
        Status::Pending => subscribers::confirm(&mut transaction, id, How::Button, now).await?,
        // Who left after this letter was written has said the last word.
        Status::Unsubscribed if person.unsubscribed_at.is_none_or(|left| left < asked_at) => {
            subscribers::resubscribe(&mut transaction, id, How::Button, now).await?
        }
        Status::Unsubscribed | Status::Suppressed => return Ok(Confirmed::TooLate),
    };
    if outcome == Outcome::Changed && welcome {
        store::add(&mut transaction, id, store::Kind::Welcome, now).await?;
    }
    let person = subscribers::find_by_id(&mut transaction, id).await?;
    database::commit(transaction).await?;
    Ok(person.map_or(Confirmed::Nobody, |person| {
        Confirmed::Reader(Box::new(person))
    }))
}
