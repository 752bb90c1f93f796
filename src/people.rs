//! A person's rights: everything that is held about them, and its erasure, over the tables of all stages.
//!
//! Both are offered on the reader's own page and on the command line, and both are the same there.

use courant_subscribers::export::{self, Held};
use courant_subscribers::store::subscribers;
use courant_subscribers::{EmailAddress, Outcome};
use serde::Serialize;

use crate::database::{self, Conn, Database, Error};
use crate::delivery::store::person::{self as ledger, Mailed};
use crate::engagement::store as engagement;
use crate::engagement::store::person::{self as reading, Done, Habit};
use crate::feedback::store::{self as reports, About};
use crate::signup::store::quiet::{self, Asking};
use crate::signup::store::{self as letters, Written};

/// Everything that is held about an address.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Everything {
    /// Who they are, what they chose and agreed to, and whether they may be mailed.
    #[serde(flatten)]
    pub held: Held,
    /// The copies of editions they were sent.
    pub mails: Vec<Mailed>,
    /// What was done with these copies.
    pub events: Vec<Done>,
    /// How their mailbox behaved so far.
    pub mailbox: Option<Habit>,
    /// When they were last there, beyond the events; Unix seconds.
    pub seen_at: Option<i64>,
    /// Whether they were asked if they still read.
    pub asking: Option<Asking>,
    /// Letters about their subscription.
    pub letters: Vec<Written>,
    /// What came back from their address.
    pub reports: Vec<About>,
}

/// Reads everything held about an address; `None` when that is nothing.
///
/// # Errors
/// When the database fails or holds a value this version does not know.
pub async fn everything(
    conn: &mut Conn,
    address: &EmailAddress,
) -> Result<Option<Everything>, Error> {
    let held = export::held(conn, address).await?;
    let reports = reports::about(conn, address.key()).await?;
    let Some(held) = held else {
        let nobody = Everything {
            held: Held::default(),
            mails: Vec::new(),
            events: Vec::new(),
            mailbox: None,
            seen_at: None,
            asking: None,
            letters: Vec::new(),
            reports,
        };
        return Ok((!nobody.reports.is_empty()).then_some(nobody));
    };
    let mut all = Everything {
        mails: Vec::new(),
        events: Vec::new(),
        mailbox: None,
        seen_at: None,
        asking: None,
        letters: Vec::new(),
        reports,
        held,
    };
    if let Some(person) = &all.held.subscriber {
        let number = person.id.as_i64();
        all.mails = ledger::mailed(conn, number).await?;
        all.events = reading::done(conn, number).await?;
        all.mailbox = reading::habit(conn, number).await?;
        all.seen_at = engagement::seen_at(conn, number).await?;
        all.asking = quiet::asking(conn, person.id).await?;
        all.letters = letters::written(conn, person.id).await?;
    }
    Ok(Some(all))
}

/// Erases a person, and whatever names their address; counts stay, and a block on the address's hash.
///
/// `Unknown` when nothing was held. What is gone is gone from the files as well.
///
/// # Errors
/// When the database refuses; then nothing is erased.
pub async fn forget(
    database: &Database,
    address: &EmailAddress,
    now: i64,
) -> Result<Outcome, Error> {
    let mut transaction = database.begin_write().await?;
    let reports = reports::forget(&mut transaction, address.key()).await?;
    let person = subscribers::find_by_address(&mut transaction, address).await?;
    let outcome = match person {
        Some(person) => {
            ledger::erase_words(&mut transaction, person.id.as_i64()).await?;
            subscribers::forget(&mut transaction, person.id, now).await?
        }
        None if reports > 0 => Outcome::Changed,
        None => Outcome::Unknown,
    };
    database::commit(transaction).await?;
    database.fold().await;
    Ok(outcome)
}
