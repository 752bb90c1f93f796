//! Finished words to the bytes of one message, with the headers of a newsletter.
//!
//! Each message can be written by itself; readers get theirs from `compiled.rs`, where every story was
//! rendered and encoded once for all their copies.
//!
//! Sources: RFC 5322 (format), RFC 2369 (List-*), RFC 2919 (List-Id), RFC 8058 (one-click),
//! RFC 3834 (Auto-Submitted). A Message-ID is unique per recipient, as Gmail asks.

mod letter;
mod sender;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use courant_subscribers::{Counting, EmailAddress, Format, Recipient};
use courant_templates::Theme;
use courant_templates::view::Copy;
use email_encoding::headers::rfc2047;
use email_encoding::headers::writer::EmailWriter;
use lettre::Address;
use lettre::address::Envelope;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, Message, MultiPart, SinglePart};

use super::compiled::{self, Blocks, Compiled, Sentence, Source, Values};
use super::dkim::{self, Form, Signer};
use super::{DeliveryId, hex_hash};
use crate::clock::Clock;
use crate::edition::Edition;
use crate::edition::slates::Variant;
use crate::links::{Kind, Links, Token};
use crate::render::{self, Prepared, Reader, Rendered, Tokens, Urls, budget};

pub use letter::letter;
pub use sender::Sender;

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
    /// For readers who are not counted, and for the others.
    blocks: Arc<[Blocks; 2]>,
    copies: Arc<Mutex<Copies>>,
}

/// Copies that were compiled, by list, stories left out, and kind of reader.
#[derive(Debug, Default)]
struct Copies {
    /// Nothing where a copy's messages are written the slow way.
    known: HashMap<CopyKey, Option<Arc<Compiled>>>,
    /// Kinds of readers, designed and counted or not, whose first copy read back as it was written.
    checked: HashSet<(bool, bool)>,
    date: (i64, Arc<str>),
    /// By the day of signing up and the length of the address.
    sentences: HashMap<(jiff::civil::Date, usize), Arc<Sentence>>,
}

/// The copy, whether it is designed, and whether it is counted.
type CopyKey = (Variant, bool, bool);

/// So many copies are kept, at a few KB each: their blocks are shared.
const MOST_COPIES: usize = 4096;
/// So many sentences are kept.
const MOST_SENTENCES: usize = 8192;

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
            blocks: Arc::default(),
            copies: Arc::default(),
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
        if purpose == Purpose::Edition
            && let Some(compiled) = self.compiled(recipient, variant)
            && let Some(mail) = self.filled_in(&compiled, recipient)?
        {
            return Ok(mail);
        }
        self.mail_by_itself(recipient, variant, purpose)
    }

    /// The message for one recipient, rendered and encoded for them alone.
    ///
    /// # Errors
    /// As [`Composer::mail`].
    pub fn mail_by_itself(
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
        let envelope = self.envelope(recipient, purpose)?;
        let bytes = self
            .message(recipient, (&name, &envelope.to()[0]), rendered)?
            .formatted();
        Ok(Mail {
            envelope,
            bytes: match &self.signer {
                Some(signer) => signer.signed(&bytes, self.clock.unix())?,
                None => bytes,
            },
            name,
        })
    }

    /// A compiled copy with one reader's values in its slots; nothing if their sentence does not fit.
    fn filled_in(&self, compiled: &Compiled, recipient: &Recipient) -> Result<Option<Mail>, Error> {
        let now = self.clock.unix();
        let name = DeliveryId::of(&self.edition.id, recipient.id.as_i64()).0;
        let date = self.date(now);
        let Some(why) = self.sentence(recipient) else {
            return Ok(None);
        };
        let values = Values {
            address: recipient.address.as_str(),
            name: &name,
            date: &date,
            why: &why,
        };
        let tokens = compiled.tokens(recipient.id.as_i64(), &self.links);
        let mut bytes = Vec::with_capacity(compiled.bytes());
        let end = compiled.write(&values, &tokens, &mut bytes);
        if let Some(signer) = &self.signer {
            let (head, body) = bytes.split_at(end);
            let body = body.get(2..).unwrap_or_default();
            // What blocks hold is its own relaxed form; only a body's last lines may be empty.
            let form = if body.ends_with(b"\r\n\r\n") {
                Form::Any
            } else {
                Form::Relaxed
            };
            let mut signed = signer.sign(head, (body, form), now)?;
            signed.extend_from_slice(&bytes);
            bytes = signed;
        }
        Ok(Some(Mail {
            envelope: self.envelope(recipient, Purpose::Edition)?,
            bytes,
            name,
        }))
    }

    /// From where to where: a copy of an edition may have an address of its own to come back to.
    fn envelope(&self, recipient: &Recipient, purpose: Purpose) -> Result<Envelope, Error> {
        if !self.sender.verp || purpose != Purpose::Edition {
            return envelope(&self.sender, &recipient.address);
        }
        let tag = self.links.tag(Token {
            subscriber: recipient.id.as_i64(),
            edition: self.edition.number,
            kind: Kind::Bounce,
        });
        let from = self.sender.return_path(&tag)?;
        enveloped(from, &recipient.address)
    }

    /// Why a reader gets the edition; nothing if that is for the templates to wrap.
    fn sentence(&self, recipient: &Recipient) -> Option<Arc<Sentence>> {
        let day = self.prepared.day(recipient.subscribed_at);
        let address = recipient.address.as_str();
        let why = |address: &str| self.prepared.why(&self.edition, address, day);
        if !compiled::is_plain(address) {
            return Sentence::whole(&why(address)).map(Arc::new);
        }
        // Addresses of one length stand in the same lines.
        let key = (day, address.len());
        {
            let copies = self.copies.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = copies.sentences.get(&key) {
                return Some(Arc::clone(known));
            }
        }
        let stand_in = compiled::stand_in(address.len());
        let around = Sentence::around(&why(&stand_in), address.len()).map(Arc::new)?;
        let mut copies = self.copies.lock().unwrap_or_else(PoisonError::into_inner);
        if copies.sentences.len() >= MOST_SENTENCES {
            copies.sentences.clear();
        }
        copies.sentences.insert(key, Arc::clone(&around));
        Some(around)
    }

    /// An instant as a Date header has it.
    fn date(&self, now: i64) -> Arc<str> {
        let mut copies = self.copies.lock().unwrap_or_else(PoisonError::into_inner);
        if copies.date.0 != now || copies.date.1.is_empty() {
            let at = jiff::Timestamp::from_second(now).unwrap_or_default();
            let text = at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
            copies.date = (now, text.into());
        }
        Arc::clone(&copies.date.1)
    }

    /// The compiled copy of a reader, if it can be made.
    fn compiled(&self, recipient: &Recipient, variant: &Variant) -> Option<Arc<Compiled>> {
        let key = (
            variant.clone(),
            recipient.format == Format::Designed,
            recipient.counting == Counting::Allowed,
        );
        let kind = (key.1, key.2);
        let is_checked = {
            let copies = self.copies.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = copies.known.get(&key) {
                return known.clone();
            }
            copies.checked.contains(&kind)
        };
        let compiled = self.compile(recipient, variant);
        let compiled =
            compiled.filter(|compiled| is_checked || self.reads_back(compiled, recipient, variant));
        let compiled = compiled.map(Arc::new);
        let mut copies = self.copies.lock().unwrap_or_else(PoisonError::into_inner);
        if compiled.is_some() {
            copies.checked.insert(kind);
        }
        if copies.known.len() >= MOST_COPIES {
            copies.known.clear();
        }
        copies.known.insert(key, compiled.clone());
        compiled
    }

    fn compile(&self, recipient: &Recipient, variant: &Variant) -> Option<Compiled> {
        let sample = compiled::sample(recipient.format, recipient.counting)?;
        let copied = self.prepared.copy(&self.edition, variant);
        let tokens = Tokens::of(&copied, &reader(&sample));
        // Blocks are the same for every copy: in them a story's link says nothing of its place.
        let own = |token: Token| Token {
            subscriber: sample.id.as_i64(),
            ..token
        };
        let clicks = tokens.clicks.iter().map(|click| click.map(own)).collect();
        let in_blocks = Tokens {
            clicks,
            open: tokens.open.map(own),
            ..tokens
        };
        let urls = Urls::from_tokens(&copied, &in_blocks, &self.links);
        let why = copied.why(&reader(&sample));
        let source = Source {
            view: copied.view(&urls, Some(&why), Copy::Mail),
            theme: &self.theme,
            is_designed: sample.format == Format::Designed,
            subject: &copied.subject,
            why: &why,
            links: &self.links,
            clicks: &tokens.clicks,
            open: tokens.open,
            edition: self.edition.number,
        };
        let blocks = &self.blocks[usize::from(sample.counting == Counting::Allowed)];
        blocks.copy(source, || self.head(&sample, &copied.subject))
    }

    /// The header section of the invented reader's message.
    fn head(&self, sample: &Recipient, subject: &str) -> Option<compiled::Head> {
        let name = DeliveryId::of(&self.edition.id, sample.id.as_i64()).0;
        let envelope = envelope(&self.sender, &sample.address).ok()?;
        let rendered = Rendered {
            subject: subject.to_owned(),
            preheader: String::new(),
            html: (sample.format == Format::Designed).then(String::new),
            text: String::new(),
            trimmed: None,
        };
        let message = self.message(sample, (&name, &envelope.to()[0]), rendered);
        let message = String::from_utf8(message.ok()?.formatted()).ok()?;
        let (head, _) = message.split_once("\r\n\r\n")?;
        let text = format!("{head}\r\n");
        let date = text.lines().find_map(|line| line.strip_prefix("Date: "))?;
        Some(compiled::Head {
            date: date.to_owned(),
            name,
            text,
        })
    }

    /// Whether a compiled copy says what would be rendered for its reader alone.
    fn reads_back(&self, compiled: &Compiled, recipient: &Recipient, variant: &Variant) -> bool {
        let Ok(Some(mail)) = self.filled_in(compiled, recipient) else {
            return false;
        };
        let rendered = self.rendered(recipient, variant);
        let Some(parsed) = mail_parser::MessageParser::default().parse(&mail.bytes) else {
            return false;
        };
        let same = |part: Option<std::borrow::Cow<'_, str>>, wanted: &str| {
            part.is_some_and(|part| part.replace("\r\n", "\n") == wanted)
        };
        let html = rendered.html.as_deref();
        let is_same = same(parsed.body_text(0), &rendered.text)
            && html.is_none_or(|html| same(parsed.body_html(0), html));
        if !is_same {
            tracing::error!(edition.id = %self.edition.id, "a copy does not read back as it was written");
        }
        is_same
    }

    fn message(
        &self,
        recipient: &Recipient,
        (name, to): (&str, &Address),
        rendered: Rendered,
    ) -> Result<Message, Error> {
        let mut headers = Vec::new();
        for (name, value) in self.list_headers(recipient) {
            let name = HeaderName::new_from_ascii(name.to_owned())
                .map_err(|error| Error::Message(error.to_string()))?;
            headers.push(HeaderValue::new(name, value));
        }
        let headers = (headers, self.clock.unix());
        message(&self.sender, (name, to), rendered, headers)
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

fn envelope(sender: &Sender, to: &EmailAddress) -> Result<Envelope, Error> {
    enveloped(sender.return_path.clone(), to)
}

fn enveloped(from: Address, to: &EmailAddress) -> Result<Envelope, Error> {
    let to: Address = to
        .as_str()
        .parse()
        .map_err(|_| Error::Message("recipient".into()))?;
    Envelope::new(Some(from), vec![to]).map_err(|error| Error::Message(error.to_string()))
}

/// One message with its own name, and headers beside those that every message has.
fn message(
    sender: &Sender,
    (name, to): (&str, &Address),
    rendered: Rendered,
    (headers, now): (Vec<HeaderValue>, i64),
) -> Result<Message, Error> {
    let wrong = |error: lettre::error::Error| Error::Message(error.to_string());
    let since = std::time::Duration::from_secs(u64::try_from(now).unwrap_or(0));
    let mut builder = Message::builder()
        .from(sender.from.clone())
        .to(Mailbox::new(None, to.clone()))
        .date(std::time::UNIX_EPOCH + since)
        .message_id(Some(format!("<{name}@{}>", sender.from.email.domain())));
    builder = if rendered.subject.contains("=?") {
        builder.raw_header(in_encoded_words("Subject", rendered.subject)?)
    } else {
        builder.subject(rendered.subject)
    };
    if let Some(reply_to) = &sender.reply_to {
        builder = builder.reply_to(reply_to.clone());
    }
    for header in headers {
        builder = builder.raw_header(header);
    }
    let text = SinglePart::builder()
        .header(ContentType::TEXT_PLAIN)
        .body(encoded(rendered.text)?);
    match rendered.html {
        None => builder.singlepart(text).map_err(wrong),
        Some(html) => {
            let html = SinglePart::builder()
                .header(ContentType::TEXT_HTML)
                .body(encoded(html)?);
            // No part can hold this line: names are hashes or random, and depend on neither part.
            let parts = MultiPart::alternative().boundary(format!("={name}="));
            builder
                .multipart(parts.singlepart(text).singlepart(html))
                .map_err(wrong)
        }
    }
}

/// A header that says `text` whatever it looks like: what has the shape of an encoded word would be
/// decoded by mail programs (RFC 2047 section 6.2), and lettre encodes only what is not ASCII.
fn in_encoded_words(name: &'static str, text: String) -> Result<HeaderValue, Error> {
    let mut encoded = String::new();
    {
        let mut writer = EmailWriter::new(&mut encoded, name.len() + 2, 0, false);
        rfc2047::encode(&text, &mut writer).map_err(|error| Error::Message(error.to_string()))?;
    }
    let name = HeaderName::new_from_ascii_str(name);
    Ok(HeaderValue::dangerous_new_pre_encoded(name, text, encoded))
}

/// A part in the smaller of the two encodings that every server passes on unchanged.
fn encoded(text: String) -> Result<Body, Error> {
    let encoding = if budget::base64_is_smaller(&text) {
        ContentTransferEncoding::Base64
    } else {
        ContentTransferEncoding::QuotedPrintable
    };
    Body::new_with_encoding(text, encoding)
        .map_err(|_| Error::Message("a part cannot be encoded".to_owned()))
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
pub fn nobody(address: EmailAddress, clock: &Clock) -> Recipient {
    Recipient {
        id: courant_subscribers::SubscriberId::from_i64(0),
        address,
        name: None,
        format: Format::Designed,
        counting: Counting::Allowed,
        subscribed_at: clock.unix(),
        time_zone: None,
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
    /// A name of `[delivery]` is written as it would stand in a header.
    #[error("{key}: the name holds \"=?\", as encoded names do; write it as people read it")]
    EncodedName {
        /// The key.
        key: &'static str,
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
