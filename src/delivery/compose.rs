//! Finished words to the bytes of one message, with the headers of a newsletter.
//!
//! Sources: RFC 5322 (format), RFC 2369 (List-*), RFC 2919 (List-Id), RFC 8058 (one-click),
//! RFC 3834 (Auto-Submitted). A Message-ID is unique per recipient, as Gmail asks.

use std::sync::Arc;

use courant_subscribers::{Counting, Format, Recipient};
use courant_templates::Theme;
use lettre::address::Envelope;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};
use lettre::{Address, message::header::ContentType};

use super::dkim::{self, Signer};
use super::{Config, DeliveryId, hex_hash};
use crate::clock::Clock;
use crate::edition::Edition;
use crate::edition::slates::Variant;
use crate::links::{Kind, Links, Token};
use crate::render::{self, Prepared, Reader, Rendered, Urls, budget};

/// A message ready for the wire.
#[derive(Debug, Clone)]
pub struct Mail {
    /// MAIL FROM and RCPT TO.
    pub envelope: Envelope,
    /// The message, CRLF line ends, not dot-stuffed.
    pub bytes: Vec<u8>,
    /// Left half of the Message-ID; a good file name.
    pub name: String,
}

/// Whether a copy is the real one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To a subscriber, counted and in the ledger.
    Edition,
    /// A test: `[Test]` in the subject, links that change nothing, not in the ledger.
    Test,
}

/// Writes the messages of one edition.
#[derive(Debug, Clone)]
pub struct Composer {
    edition: Edition,
    prepared: Prepared,
    theme: Theme,
    links: Links,
    sender: Sender,
    signer: Option<Arc<Signer>>,
    clock: Clock,
}

/// The addresses of `[delivery]`, parsed.
#[derive(Debug, Clone)]
pub struct Sender {
    from: Mailbox,
    reply_to: Option<Mailbox>,
    return_path: Address,
    unsubscribe_address: Address,
    list_domain: String,
}

impl Sender {
    /// The domain of the From address.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.from.email.domain()
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
        Ok(Self {
            reply_to: reply_to.transpose()?,
            return_path: address("delivery.return_path", &config.return_path)?,
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
    text.parse().map_err(|_| Error::Address {
        key,
        text: text.to_owned(),
    })
}

impl Composer {
    /// Prepares an edition for many readers.
    #[must_use]
    pub fn new(edition: Edition, theme: Theme, links: Links, sender: Sender, clock: Clock) -> Self {
        Self {
            prepared: Prepared::new(&edition),
            edition,
            theme,
            links,
            sender,
            signer: None,
            clock,
        }
    }

    /// The same, with every message signed.
    #[must_use]
    pub fn signed_by(mut self, signer: Option<Signer>) -> Self {
        self.signer = signer.map(Arc::new);
        self
    }

    /// The edition.
    #[must_use]
    pub fn edition(&self) -> &Edition {
        &self.edition
    }

    /// The words of one recipient's mail, before MIME.
    #[must_use]
    pub fn rendered(&self, recipient: &Recipient, variant: &Variant) -> Rendered {
        let reader = reader(recipient);
        let copy = self.prepared.copy(&self.edition, variant);
        let urls = Urls::of(&copy, &reader, &self.links);
        render::render(&copy, &reader, &urls, &self.theme)
    }

    /// The message for one recipient.
    ///
    /// # Errors
    /// [`Error::TooLarge`] over Gmail's limit, [`Error::Message`] when lettre refuses.
    pub fn mail(
        &self,
        recipient: &Recipient,
        variant: &Variant,
        purpose: Purpose,
    ) -> Result<Mail, Error> {
        let mut rendered = self.rendered(recipient, variant);
        if let Some(html) = &rendered.html {
            let bytes = budget::encoded_bytes(html);
            if bytes > budget::LIMIT_BYTES {
                return Err(Error::TooLarge { bytes });
            }
        }
        if purpose == Purpose::Test {
            rendered.subject.insert_str(0, "[Test] ");
        }
        let name = message_name(&self.edition, recipient, purpose, &self.clock);
        let to: Address = recipient
            .address
            .as_str()
            .parse()
            .map_err(|_| Error::Message("recipient".into()))?;
        let message = self.message(recipient, (&name, &to), rendered)?;
        let envelope = Envelope::new(Some(self.sender.return_path.clone()), vec![to])
            .map_err(|error| Error::Message(error.to_string()))?;
        Ok(Mail {
            envelope,
            bytes: match &self.signer {
                Some(signer) => signer.signed(&message.formatted(), self.clock.unix())?,
                None => message.formatted(),
            },
            name,
        })
    }

    fn message(
        &self,
        recipient: &Recipient,
        (name, to): (&str, &Address),
        rendered: Rendered,
    ) -> Result<Message, Error> {
        let wrong = |error: lettre::error::Error| Error::Message(error.to_string());
        let mut builder = Message::builder()
            .from(self.sender.from.clone())
            .to(Mailbox::new(None, to.clone()))
            .subject(rendered.subject)
            .date(
                std::time::UNIX_EPOCH
                    + std::time::Duration::from_secs(u64::try_from(self.clock.unix()).unwrap_or(0)),
            )
            .message_id(Some(format!(
                "<{name}@{}>",
                self.sender.from.email.domain()
            )));
        if let Some(reply_to) = &self.sender.reply_to {
            builder = builder.reply_to(reply_to.clone());
        }
        for (name, value) in self.list_headers(recipient) {
            let name = HeaderName::new_from_ascii(name.to_owned())
                .map_err(|error| Error::Message(error.to_string()))?;
            builder = builder.raw_header(HeaderValue::new(name, value));
        }
        let text = SinglePart::builder()
            .header(ContentType::TEXT_PLAIN)
            .body(rendered.text);
        match rendered.html {
            None => builder.singlepart(text).map_err(wrong),
            Some(html) => {
                let html = SinglePart::builder()
                    .header(ContentType::TEXT_HTML)
                    .body(html);
                // No part can hold this line: the id is a hash that depends on neither part.
                let parts = MultiPart::alternative().boundary(format!("={name}="));
                builder
                    .multipart(parts.singlepart(text).singlepart(html))
                    .map_err(wrong)
            }
        }
    }

    fn list_headers(&self, recipient: &Recipient) -> Vec<(&'static str, String)> {
        let token = Token {
            subscriber: recipient.id.as_i64(),
            edition: self.edition.number,
            kind: Kind::Unsubscribe,
        };
        let (digest, domain) = (&self.edition.digest, &self.sender.list_domain);
        let name = &self.edition.frame.title;
        let phrase: String = name
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == ' ')
            .collect();
        vec![
            (
                "List-Id",
                format!("{} <{digest}.{domain}>", phrase.trim())
                    .trim()
                    .to_owned(),
            ),
            (
                "List-Unsubscribe",
                format!(
                    "<{}>, <mailto:{}?subject=unsubscribe%20{}>",
                    self.links.url(token),
                    self.sender.unsubscribe_address,
                    self.links.sign(token),
                ),
            ),
            (
                "List-Unsubscribe-Post",
                "List-Unsubscribe=One-Click".to_owned(),
            ),
            ("List-Post", "NO".to_owned()),
            ("Auto-Submitted", "auto-generated".to_owned()),
        ]
    }
}

fn message_name(
    edition: &Edition,
    recipient: &Recipient,
    purpose: Purpose,
    clock: &Clock,
) -> String {
    match purpose {
        Purpose::Edition => DeliveryId::of(&edition.id, recipient.id.as_i64())
            .as_str()
            .to_owned(),
        // Two tests to one address are two messages.
        Purpose::Test => {
            let text = format!(
                "{}\n{}\n{}",
                edition.id,
                recipient.address.key(),
                clock.now()
            );
            format!("test-{}", hex_hash(&text, 10))
        }
    }
}

fn reader(recipient: &Recipient) -> Reader<'_> {
    Reader {
        subscriber: recipient.id.as_i64(),
        address: recipient.address.as_str(),
        subscribed_at: recipient.subscribed_at,
        format: recipient.format,
        counting: recipient.counting,
    }
}

/// A recipient who is nobody: tests and previews, whose links change nothing.
#[must_use]
pub fn nobody(address: courant_subscribers::EmailAddress, clock: &Clock) -> Recipient {
    Recipient {
        id: courant_subscribers::SubscriberId::from_i64(0),
        address,
        name: None,
        format: Format::Designed,
        counting: Counting::Allowed,
        subscribed_at: clock.unix(),
    }
}

/// Why a message cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An address of `[delivery]` is none.
    #[error("{key} = \"{text}\" is not an address such as \"Name <name@example.org>\"")]
    Address {
        /// The key.
        key: &'static str,
        /// Its text.
        text: String,
    },
    /// Mail programs would cut it.
    #[error(
        "the html part has {bytes} bytes as sent; over {} mail programs cut off the footer with the unsubscribe link",
        budget::LIMIT_BYTES
    )]
    TooLarge {
        /// Its size as encoded.
        bytes: usize,
    },
    /// The message could not be signed.
    #[error(transparent)]
    Dkim(#[from] dkim::Error),
    /// The message could not be put together.
    #[error("the message could not be put together: {0}")]
    Message(String),
}
