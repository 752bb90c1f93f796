//! Who receives an edition.
//!
//! An edition's audience is read in pages by id, so that queueing can be killed and resumed, and
//! each person is asked about once more when their mail is about to leave. Both questions share
//! one rule: active, wants the digest, not pausing, no block on the address. A block with an end counts until
//! [`lift_expired`](crate::store::suppressions::lift_expired) takes it away: the doubt goes
//! against mailing.
//!
//! The functions stand here for their callers; their SQL is in the store.

pub use crate::store::audience::{
    all_still_mailable, before, count, domains, page, recipients, still_mailable, topics,
};

use crate::{
    EmailAddress, SubscriberId,
    preferences::{Counting, Format},
};

/// What one mail to one person needs to know of them, nothing more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Who.
    pub id: SubscriberId,
    /// Where to.
    pub address: EmailAddress,
    /// What they call themselves.
    pub name: Option<String>,
    /// What kind of mail they get.
    pub format: Format,
    /// Whether their opens and clicks may be counted.
    pub counting: Counting,
    /// Since when they are a reader, for "you get this because …"; Unix seconds.
    pub subscribed_at: i64,
    /// Where they are, by its IANA name, if they said so.
    pub time_zone: Option<String>,
}
