//! A mail to one person about their subscription.

use courant_subscribers::EmailAddress;
use lettre::message::header::{HeaderName, HeaderValue};

use super::{Error, Mail, Sender, envelope, message};
use crate::delivery::dkim::Signer;
use crate::render::Rendered;

/// Writes a letter to an address, under a name that no other letter has; signs it if there is a signer.
///
/// It answers what a person did, so it carries no headers of a list.
///
/// # Errors
/// [`Error::Message`] when lettre refuses.
pub fn letter(
    (sender, signer): (&Sender, Option<&Signer>),
    (to, name): (&EmailAddress, &str),
    rendered: Rendered,
    now: i64,
) -> Result<Mail, Error> {
    let envelope = envelope(sender, to)?;
    let name_of = HeaderName::new_from_ascii_str("Auto-Submitted");
    let headers = vec![HeaderValue::new(name_of, "auto-generated".to_owned())];
    let bytes = message(sender, (name, &envelope.to()[0]), rendered, (headers, now))?.formatted();
    Ok(Mail {
        envelope,
        bytes: match signer {
            Some(signer) => signer.signed(&bytes, now)?,
            None => bytes,
        },
        name: name.to_owned(),
    })
}
