//! Who sends: the addresses of `[delivery]`.

use std::collections::BTreeSet;

use lettre::Address;
use lettre::message::Mailbox;

use super::Error;
use crate::delivery::Config;
use crate::links::TAG_CHARS;

/// The addresses of `[delivery]`, parsed.
#[derive(Debug, Clone)]
pub struct Sender {
    pub(super) from: Mailbox,
    pub(super) reply_to: Option<Mailbox>,
    pub(super) return_path: Address,
    /// Each copy comes back to an address of its own.
    pub(super) verp: bool,
    pub(super) unsubscribe_address: Address,
    pub(super) list_domain: String,
}

impl Sender {
    /// The From address.
    #[must_use]
    pub fn address(&self) -> &str {
        self.from.email.as_ref()
    }

    /// The name readers see, else the address.
    #[must_use]
    pub fn name(&self) -> &str {
        self.from
            .name
            .as_deref()
            .unwrap_or(self.from.email.as_ref())
    }

    /// The domain of the From address.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.from.email.domain()
    }

    /// The mailboxes where notices and requests to leave arrive.
    #[must_use]
    pub fn mailboxes(&self) -> [&str; 2] {
        [self.return_path.as_ref(), self.unsubscribe_address.as_ref()]
    }

    /// The envelope sender: what stands before its @, and its domain.
    #[must_use]
    pub fn bounces(&self) -> (&str, &str) {
        (self.return_path.user(), self.return_path.domain())
    }

    /// Domains that readers' mail to us goes to: replies, bounces, wishes to leave.
    #[must_use]
    pub fn domains(&self) -> BTreeSet<String> {
        let reply_to = self.reply_to.as_ref().map(|it| &it.email);
        let addresses = [
            &self.from.email,
            &self.return_path,
            &self.unsubscribe_address,
        ];
        let all = addresses.into_iter().chain(reply_to);
        all.map(|it| it.domain().to_ascii_lowercase()).collect()
    }

    /// Where a copy comes back to, with a tag between the mailbox and the domain.
    pub(super) fn return_path(&self, tag: &str) -> Result<Address, Error> {
        let path = &self.return_path;
        Address::new(format!("{}+{tag}", path.user()), path.domain()).map_err(|_| Error::Address {
            key: "delivery.return_path",
            text: path.to_string(),
        })
    }

    /// Parses the addresses of `[delivery]`.
    ///
    /// # Errors
    /// [`Error::Address`] naming the key and its text.
    pub fn parse(config: &Config) -> Result<Self, Error> {
        let from = mailbox("delivery.from", &config.from)?;
        let address = |key: &'static str, text: &Option<String>| match text {
            Some(text) => mailbox(key, text).map(|mailbox| mailbox.email),
            None => Ok(from.email.clone()),
        };
        let reply_to = config
            .reply_to
            .as_deref()
            .map(|text| mailbox("delivery.reply_to", text));
        let return_path = address("delivery.return_path", &config.return_path)?;
        // A local part holds 64 characters (RFC 5321 section 4.5.3.1.1), plus and tag among them.
        if config.verp && return_path.user().len() + 1 + TAG_CHARS > 64 {
            return Err(Error::Address {
                key: "delivery.return_path",
                text: format!("{return_path}, which is too long for verp"),
            });
        }
        Ok(Self {
            reply_to: reply_to.transpose()?,
            return_path,
            verp: config.verp,
            unsubscribe_address: address(
                "delivery.unsubscribe_address",
                &config.unsubscribe_address,
            )?,
            list_domain: config
                .list_domain
                .clone()
                .unwrap_or_else(|| from.email.domain().to_owned()),
            from,
        })
    }
}

fn mailbox(key: &'static str, text: &str) -> Result<Mailbox, Error> {
    // lettre panics on control characters in a display name, so they never reach it.
    if text.chars().any(char::is_control) {
        return Err(Error::Address {
            key,
            text: text.escape_debug().to_string(),
        });
    }
    let wrong = || Error::Address {
        key,
        text: text.to_owned(),
    };
    let mailbox: Mailbox = text.parse().map_err(|_| wrong())?;
    // Mail programs would decode it into another name: it is written as it is read.
    if mailbox
        .name
        .as_ref()
        .is_some_and(|name| name.contains("=?"))
    {
        return Err(Error::EncodedName { key });
    }
    if mailbox.email.domain().is_ascii() {
        return Ok(mailbox);
    }
    // Every relay takes A-labels; a domain in Unicode would ask all of them for SMTPUTF8.
    let Ok(url::Host::Domain(domain)) = url::Host::parse(mailbox.email.domain()) else {
        return Err(wrong());
    };
    let email = Address::new(mailbox.email.user(), domain).map_err(|_| wrong())?;
    Ok(Mailbox::new(mailbox.name, email))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_in_unicode_goes_out_as_a_labels() {
        let config = Config {
            from: "B\u{fc}cher <post@b\u{fc}cher.example>".to_owned(),
            ..Config::default()
        };
        let sender = Sender::parse(&config).unwrap();
        assert_eq!(sender.domain(), "xn--bcher-kva.example");
        assert_eq!(sender.return_path.to_string(), "post@xn--bcher-kva.example");
        let config = Config {
            from: "x <x@\u{fc}..example>".to_owned(),
            ..Config::default()
        };
        assert!(Sender::parse(&config).is_err());
    }
}
