//! The people of Courant: addresses, consent, preferences, suppression and their tables.
//!
//! Nothing about articles or mails is in here, so that the promises made to readers can be
//! reviewed alone: who may be mailed ([`Status`]), why ([`consent`]), what they chose
//! ([`Preferences`]), and which addresses are never mailed again ([`suppression`]).
//!
//! | module | holds |
//! |---|---|
//! | [`address`] | [`EmailAddress`]: what we accept, one form for uniqueness, a masked one for logs |
//! | [`mailbox`] | marks: role addresses, mailboxes for a few minutes |
//! | [`subscriber`] | [`Subscriber`], [`SubscriberId`], [`Status`] and the steps it may take |
//! | [`preferences`] | which digests, in which form, counted or not |
//! | [`consent`] | the evidence kept of every act |
//! | [`suppression`] | blocks on addresses |
//! | [`audience`] | who receives an edition: pages of [`Recipient`] |
//! | [`import`], [`export`] | CSV in with a verdict a row; CSV and everything held out |
//! | [`store`] | the only SQL; `store::subscribers`, `store::suppressions`, `store::consents` |
//!
//! Types are re-exported here; functions that touch the database are called by module path, as
//! in `store::subscribers::add`. All of them take the caller's connection, never commit and are
//! safe to repeat, so that calls from both packages compose in one transaction: wrap writes into
//! one, because an error may leave half of a call behind. Instants are Unix seconds.
//!
//! ```no_run
//! # async fn example(conn: &mut courant_subscribers::Conn, now: i64) -> Result<(), Box<dyn std::error::Error>> {
//! use courant_subscribers::{Added, Beginning, EmailAddress, How, NewSubscriber, store::subscribers};
//!
//! let address = EmailAddress::parse("ann@example.org")?;
//! let new = NewSubscriber::new(address, Beginning::Pending, How::form(""))?;
//! if let Added::New(id) = subscribers::add(conn, &new, now).await? {
//!     // … queue the confirmation mail in the same transaction; later:
//!     let outcome = subscribers::confirm(conn, id, How::Button, now).await?;
//! }
//! # Ok(())
//! # }
//! ```

pub mod address;
pub mod audience;
pub mod consent;
mod error;
pub mod export;
pub mod import;
mod labels;
pub mod mailbox;
pub mod preferences;
pub mod store;
pub mod subscriber;
pub mod suppression;
mod text;

pub use address::{AddressError, EmailAddress};
pub use audience::Recipient;
pub use consent::{Act, Consent, How};
pub use error::Error;
pub use preferences::{Counting, Digests, Format, Preferences, Topics};
pub use subscriber::{
    Added, Beginning, Dates, IllegalStep, NewSubscriber, Outcome, Status, Step, Subscriber,
    SubscriberId,
};
pub use suppression::{Reason, Suppression};

/// The connection every store function takes: SQLite or PostgreSQL.
///
/// On SQLite the caller must have set `PRAGMA foreign_keys = ON`, or erasing a person leaves
/// their preferences and consents behind.
pub type Conn = sqlx::AnyConnection;

/// The tables of this crate, to be merged with the caller's own migrations.
///
/// The text is the same for both databases; versions are UTC minutes.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");
