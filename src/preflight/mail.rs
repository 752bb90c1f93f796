//! The mail that is judged: written as it would be sent, and read back as a mail program does.

use std::collections::BTreeSet;

use courant_subscribers::EmailAddress;
use dom_query::Document;
use mail_parser::{MessageParser, MimeHeaders as _, PartType};

use super::Checking;
use super::finding::Findings;
use crate::config::Check;
use crate::delivery::Composer;
use crate::delivery::compose::{self, Purpose, nobody};
use crate::delivery::dkim::Signer;
use crate::edition::Edition;
use crate::edition::slates::Variant;

/// Who the mail is written for: nobody there is, so that no link in it counts.
const READER: &str = "reader@example.org";

/// One copy of an edition.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// As it leaves; empty if it is too large to be written.
    pub(super) message: Vec<u8>,
    /// Header fields in order, unfolded.
    pub(super) head: Vec<(String, String)>,
    /// The kind of the message and of its parts, in order.
    pub(super) kinds: Vec<String>,
    pub(super) html: String,
    pub(super) text: String,
    /// Addresses of pictures, once each, without the pixel.
    pub(super) pictures: BTreeSet<String>,
    /// Whether it tells of being opened.
    pub(super) has_pixel: bool,
}

impl Written {
    /// The values of a header.
    pub(super) fn values(&self, name: &str) -> Vec<&str> {
        let named = self
            .head
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    }
}

/// Writes the edition's own copy; nothing if there is no way to.
pub(super) fn write(
    checking: &Checking<'_>,
    edition: &Edition,
    signer: Option<Signer>,
) -> (Option<Written>, Findings) {
    let mut findings = Findings::default();
    let subject = checking.subject;
    let Ok(address) = EmailAddress::parse(READER) else {
        return (None, findings);
    };
    let recipient = nobody(address, subject.clock);
    let (theme, links) = (subject.config.theme.clone(), subject.links.clone());
    let (sender, clock) = (checking.sender.clone(), subject.clock.clone());
    let composer = Composer::new(edition.clone(), theme, links, sender, clock).signed_by(signer);
    let variant = Variant::default();
    let written = match composer.mail(&recipient, &variant, Purpose::Edition) {
        Ok(mail) => read_back(mail.bytes),
        // How large it is, `size.rs` says; what it looks like can be judged all the same.
        Err(compose::Error::TooLarge { .. }) => {
            let rendered = composer.rendered(&recipient, &variant);
            Some(Written {
                html: rendered.html.unwrap_or_default(),
                text: rendered.text,
                ..Written::default()
            })
        }
        Err(error) => {
            let message = format!("the mail cannot be written: {error}");
            findings.fail(Check::Headers, edition.id.as_str(), message);
            return (None, findings);
        }
    };
    if written.is_none() {
        let message = "the mail does not read back as a message of two parts: please report this";
        findings.fail(Check::Headers, edition.id.as_str(), message);
    }
    (written.map(with_pictures), findings)
}

fn read_back(bytes: Vec<u8>) -> Option<Written> {
    let parsed = MessageParser::default().parse(&bytes)?;
    let kind = |part: &mail_parser::MessagePart<'_>| {
        let kind = part.content_type()?;
        Some(format!("{}/{}", kind.ctype(), kind.subtype()?).to_ascii_lowercase())
    };
    let parts = parsed.parts.iter();
    let kinds = parts.map(|part| kind(part).unwrap_or_default()).collect();
    let html = parsed.html_part(0).and_then(|part| match &part.body {
        PartType::Html(html) => Some(html.to_string()),
        _ => None,
    });
    let text = parsed.text_part(0).and_then(|part| match &part.body {
        PartType::Text(text) => Some(text.to_string()),
        _ => None,
    });
    let head = head(&bytes);
    let (html, text) = (html?, text?);
    drop(parsed);
    Some(Written {
        message: bytes,
        head,
        kinds,
        html,
        text: text.replace("\r\n", "\n"),
        ..Written::default()
    })
}

/// The header fields, unfolded.
fn head(bytes: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(bytes);
    let head = text.split("\r\n\r\n").next().unwrap_or_default();
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let fields = unfolded.split("\r\n");
    let fields = fields.filter_map(|field| field.split_once(':'));
    fields
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect()
}

fn with_pictures(mut written: Written) -> Written {
    let document = Document::from(written.html.as_str());
    for image in document.select("img").nodes() {
        let is_dot = |name: &str| image.attr(name).is_some_and(|it| &*it == "1");
        if is_dot("width") && is_dot("height") {
            written.has_pixel = true;
        } else if let Some(address) = image.attr("src") {
            written.pictures.insert(address.to_string());
        }
    }
    written
}
