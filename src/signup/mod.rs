//! Signing up: an address typed into a form becomes a reader once its owner has said so.
//!
//! Asking and confirming only change the list and put letters into a table, in one transaction; they
//! leave afterwards, by whichever process serves readers, and are tried again when the relay is not
//! there. Whether an address is on the list is told to nobody but its owner: the form answers alike, and
//! an address gets one letter an hour at most.

pub mod leaving;
pub mod limits;
pub mod post;
pub mod quiet;
pub mod store;

use courant_subscribers::store::subscribers;
use courant_subscribers::{
    Added, Beginning, Digests, EmailAddress, How, NewSubscriber, Outcome, Preferences, Status,
    Subscriber, SubscriberId, Topics,
};
use serde::{Deserialize, Serialize};

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
    /// When readers who show no sign of life are asked; nothing for never.
    pub quiet: Option<quiet::Config>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            open: true,
            welcome: true,
            goodbye: false,
            per_network: 20,
            quiet: None,
        }
    }
}

/// How long a confirmation link holds.
pub const CONFIRM_SECONDS: i64 = 48 * 3600;
/// Who has not confirmed for so long since their last letter is forgotten: the address may be a stranger's.
const UNCONFIRMED_SECONDS: i64 = 14 * 86_400;
/// An address is written to at most once in so long because somebody typed it into a form.
pub(crate) const QUIET_SECONDS: i64 = 3600;

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
/// What the form says of somebody who is on the list is kept with the letter and counts when they confirm.
///
/// # Errors
/// When the database refuses.
pub async fn ask(database: &Database, wish: Wish, now: i64) -> Result<(), Error> {
    let mut transaction = database.begin_write().await?;
    let said = Said::of(&wish);
    if let Some((id, is_new)) = waiting(&mut transaction, wish, now).await? {
        let since = now - QUIET_SECONDS;
        if !store::was_written(&mut transaction, id, store::Kind::Confirm, since).await? {
            store::add(&mut transaction, id, store::Kind::Confirm, now).await?;
        }
        if !is_new {
            let said = serde_json::to_string(&said).unwrap_or_default();
            store::set_wish(&mut transaction, id, &said).await?;
        }
    }
    database::commit(transaction).await
}

/// What a form said, as it is kept with a letter.
#[derive(Debug, Serialize, Deserialize)]
struct Said {
    name: Option<String>,
    /// Nothing for all.
    digests: Option<Vec<String>>,
    /// Nothing for all.
    topics: Option<Vec<String>>,
    wording: String,
}

impl Said {
    fn of(wish: &Wish) -> Self {
        Self {
            name: wish.name.clone(),
            digests: match &wish.preferences.digests {
                Digests::All => None,
                Digests::Only(names) => Some(names.clone()),
            },
            topics: match &wish.preferences.topics {
                Topics::All => None,
                Topics::Only(names) => Some(names.clone()),
            },
            wording: wish.wording.clone(),
        }
    }

    /// The choices as they would be with it.
    fn over(&self, before: Preferences) -> Preferences {
        let topics = self.topics.as_ref();
        Preferences {
            digests: self.digests.clone().map_or(Digests::All, Digests::Only),
            topics: topics.map_or(Topics::All, |names| {
                Topics::of(names.iter().map(String::as_str))
            }),
            ..before
        }
    }

    /// Does what it says, with the evidence that it was asked for.
    async fn count(self, conn: &mut Conn, id: SubscriberId, at: i64) -> Result<(), Error> {
        let before = subscribers::preferences(conn, id).await?;
        let chosen = self.over(before.unwrap_or_default());
        let _saved = subscribers::save_preferences(conn, id, &chosen).await?;
        if self.name.is_some() {
            let _called = subscribers::set_name(conn, id, self.name.as_deref()).await?;
        }
        Ok(subscribers::asked(conn, id, How::form(&self.wording), at).await?)
    }
}

/// What the form said whose letter was asked for at an instant; nothing of those whom it put on the list.
async fn wished(conn: &mut Conn, id: SubscriberId, asked_at: i64) -> Result<Option<Said>, Error> {
    let said = store::wish(conn, id, asked_at).await?;
    Ok(said.and_then(|said| serde_json::from_str(&said).ok()))
}

/// Who is to be asked for a confirmation, and whether the form put them on the list.
async fn waiting(
    conn: &mut Conn,
    wish: Wish,
    now: i64,
) -> Result<Option<(SubscriberId, bool)>, Error> {
    let how = How::form(&wish.wording);
    let mut new = NewSubscriber::new(wish.address, Beginning::Pending, how)?;
    new.name = wish.name;
    new.preferences = wish.preferences;
    Ok(match subscribers::add(conn, &new, now).await? {
        Added::New(id) => Some((id, true)),
        Added::Existing(person) => match person.status {
            Status::Pending | Status::Unsubscribed => Some((person.id, false)),
            Status::Active | Status::Suppressed => None,
        },
        Added::Suppressed(_) => None,
    })
}

/// Forgets who was asked and never confirmed, once their last letter's link has long ceased to hold; how many.
///
/// # Errors
/// When the database refuses; safe to repeat.
pub async fn tidy(database: &Database, now: i64) -> Result<u64, Error> {
    let before = now - UNCONFIRMED_SECONDS;
    let mut transaction = database.begin_write().await?;
    let mut gone = 0;
    for id in subscribers::pending_since(&mut transaction, before).await? {
        let kind = store::Kind::Confirm;
        if !store::was_written(&mut transaction, id, kind, before).await?
            && subscribers::drop_pending(&mut transaction, id).await? == Outcome::Changed
        {
            gone += 1;
        }
    }
    database::commit(transaction).await?;
    Ok(gone)
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
    if outcome == Outcome::Changed
        && let Some(said) = wished(&mut transaction, id, asked_at).await?
    {
        said.count(&mut transaction, id, asked_at).await?;
    }
    if outcome == Outcome::Changed && welcome {
        store::add(&mut transaction, id, store::Kind::Welcome, now).await?;
    }
    let person = subscribers::find_by_id(&mut transaction, id).await?;
    database::commit(transaction).await?;
    Ok(person.map_or(Confirmed::Nobody, |person| {
        Confirmed::Reader(Box::new(person))
    }))
}
