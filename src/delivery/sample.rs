//! A test of an edition: one copy to somebody who is to look at it.

use courant_subscribers::{EmailAddress, Recipient, SubscriberId};

use super::Error;
use super::compose::{Composer, Purpose};
use super::smtp::Sent;
use super::transport::Outlet;
use crate::edition::slates::Variant;

/// What became of a test to one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// The address.
    pub address: String,
    /// Whether the relay took it.
    pub went: bool,
    /// What the relay said, or why it was not asked.
    pub reply: String,
}

/// Sends a reader's copy to an address, with links that belong to nobody. The outlet is [ready](Outlet::ready).
///
/// # Errors
/// When the message cannot be written, or the program that sends cannot be started.
pub async fn sample(
    outlet: &mut Outlet,
    composer: &Composer,
    (reader, variant): (&Recipient, &Variant),
    address: &EmailAddress,
) -> Result<Sample, Error> {
    let recipient = Recipient {
        id: SubscriberId::from_i64(0),
        address: address.clone(),
        ..reader.clone()
    };
    let mail = composer.mail(&recipient, variant, Purpose::Test)?;
    let (went, reply) = match outlet.send(&mail).await? {
        Sent::Answered(_, reply) => (reply.code / 100 == 2, reply.to_string()),
        Sent::LostBefore(why) | Sent::LostDuring(why) => (false, why),
    };
    Ok(Sample {
        address: address.to_string(),
        went,
        reply,
    })
}
