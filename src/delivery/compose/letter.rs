//! A mail to one person about their subscription.

use courant_subscribers::EmailAddress;
use lettre::Address;
use lettre::address::Envelope;
use lettre::message::header::{HeaderName, HeaderValue};

use super::{Error, Mail, Sender, message};
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
    let to: Address = to
        .as_str()
        .parse()
        .map_err(|_| Error::Message("recipient".into()))?;
    let envelope = Envelope::new(Some(sender.return_path.clone()), vec![to.clone()])
        .map_err(|error| Error::Message(error.to_string()))?;
    let name_of = HeaderName::new_from_ascii_str("Auto-Submitted");
    let headers = vec![HeaderValue::new(name_of, "auto-generated".to_owned())];
    let bytes = message(sender, (name, &to), rendered, (headers, now))?.formatted();
    Ok(Mail {
        envelope,
        bytes: match signer {
            Some(signer) => signer.signed(&bytes, now)?,
            None => bytes,
        },
        name: name.to_owned(),
    })
}
