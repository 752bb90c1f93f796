//! What mailbox relays tell by a request of theirs: bounces, complaints, people who left there.
//!
//! Each proves itself in its own way, and one that does not is refused before its body is looked at. What it then
//! says is trusted: it carried the mail.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::{hmac, signature};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

use super::Report;
use super::original::Original;
use crate::secret::{Secret, SecretError};

mod events;
pub mod sns;

/// `[feedback.webhooks]` in `digest.toml`: those who may tell us, each by what it proves itself with.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Postmark: file with `name:password`, which stand in the URL it is given.
    pub postmark: Option<PathBuf>,
    /// Brevo: file with `name:password`, likewise.
    pub brevo: Option<PathBuf>,
    /// Mailgun: file with the HTTP webhook signing key.
    pub mailgun: Option<PathBuf>,
    /// `SendGrid`: file with the verification key of the signed event webhook.
    pub sendgrid: Option<PathBuf>,
    /// Amazon SES: the topics of SNS that may write, by their ARN.
    pub ses: Vec<String>,
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Nobody of this name is in the configuration.
    Unknown,
    /// It does not prove who sent it.
    Unproven,
    /// It is older than a proof may be, or its proof was used for something else.
    Stale,
    /// Whoever could prove it did not answer us.
    Unasked,
    /// It cannot be read.
    Unreadable,
}

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read.
    #[error("a key of feedback.webhooks cannot be read")]
    Secret(#[from] SecretError),
    /// It is none.
    #[error("feedback.webhooks.sendgrid is no public key of SendGrid's")]
    Key,
}

/// How far the clock of whoever signs may be from ours, and how old a request may be.
const MOST_SECONDS: i64 = 15 * 60;

/// Tokens of that time that are known, of some hundred bytes each.
const MOST_TOKENS: usize = 50_000;

/// What a request says beside its body.
#[derive(Debug, Clone, Copy, Default)]
pub struct Said<'a> {
    /// `Authorization`.
    pub authorization: Option<&'a str>,
    /// `X-Twilio-Email-Event-Webhook-Signature`.
    pub signature: Option<&'a str>,
    /// `X-Twilio-Email-Event-Webhook-Timestamp`.
    pub timestamp: Option<&'a str>,
}

/// A report, and the event of a service that it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What is said of one recipient.
    pub report: Report,
    /// What the event is known by, and what is kept of it: nothing of the others in the same request.
    pub original: Original,
}

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// To act on these.
    Reports(Vec<Told>),
    /// A topic wants to know that we are there: its URL is to be opened once.
    Confirm(String),
}

/// Those who may tell us.
pub struct Doors {
    postmark: Option<Secret>,
    brevo: Option<Secret>,
    mailgun: Option<hmac::Key>,
    sendgrid: Option<Vec<u8>>,
    topics: Vec<String>,
    /// What Mailgun signed lately.
    tokens: Mutex<Tokens>,
    /// Certificates of SNS by their URL.
    certificates: Mutex<HashMap<String, Vec<u8>>>,
}

/// Without the keys.
impl fmt::Debug for Doors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Doors").finish_non_exhaustive()
    }
}

impl Doors {
    /// Reads the keys.
    ///
    /// # Errors
    /// When one cannot be read or is none.
    pub fn open(config: &Config, folder: &Path) -> Result<Self, Error> {
        let read = |file: &Option<PathBuf>| {
            let file = file.as_ref().map(|file| Secret::read(&folder.join(file)));
            file.transpose()
        };
        let mailgun = read(&config.mailgun)?;
        let sendgrid = read(&config.sendgrid)?;
        let sendgrid = sendgrid.map(|key| {
            let der = STANDARD.decode(key.expose().trim());
            der.ok().and_then(|der| point(&der)).ok_or(Error::Key)
        });
        Ok(Self {
            postmark: read(&config.postmark)?,
            brevo: read(&config.brevo)?,
            mailgun: mailgun
                .map(|key| hmac::Key::new(hmac::HMAC_SHA256, key.expose().trim().as_bytes())),
            sendgrid: sendgrid.transpose()?,
            topics: config.ses.clone(),
            tokens: Mutex::default(),
            certificates: Mutex::default(),
        })
    }

    /// What a request asks for, once it has proven who sent it; SNS goes by [`Doors::sns`].
    ///
    /// # Errors
    /// [`Refused`], which tells whoever asked as little as that.
    pub fn receive(
        &self,
        provider: &str,
        said: Said<'_>,
        body: &[u8],
        now: i64,
    ) -> Result<Asked, Refused> {
        match provider {
            "postmark" => {
                basic(self.postmark.as_ref(), said)?;
                Ok(Asked::Reports(events::postmark(&json(body)?)))
            }
            "brevo" => {
                basic(self.brevo.as_ref(), said)?;
                Ok(Asked::Reports(events::brevo(&json(body)?)))
            }
            "mailgun" => {
                let key = self.mailgun.as_ref().ok_or(Refused::Unknown)?;
                let value = json(body)?;
                let (token, at) = mailgun(key, &value, now)?;
                let event = value.get("event-data").unwrap_or(&Value::Null);
                let mut tokens = self.tokens.lock();
                let tokens = tokens.as_mut().unwrap_or_else(PoisonError::get_mut);
                tokens.used(token, (&events::mailgun_key(event), at), now)?;
                Ok(Asked::Reports(events::mailgun(event)))
            }
            "sendgrid" => {
                let key = self.sendgrid.as_ref().ok_or(Refused::Unknown)?;
                sendgrid(key, said, body, now)?;
                Ok(Asked::Reports(events::sendgrid(&json(body)?)))
            }
            _ => Err(Refused::Unknown),
        }
    }

    /// The certificate of SNS behind a URL, if it was kept.
    #[must_use]
    pub fn certificate(&self, url: &str) -> Option<Vec<u8>> {
        let kept = self.certificates.lock();
        kept.unwrap_or_else(PoisonError::into_inner)
            .get(url)
            .cloned()
    }

    /// Keeps a certificate of SNS.
    pub fn keep(&self, url: &str, certificate: Vec<u8>) {
        let kept = self.certificates.lock();
        let mut kept = kept.unwrap_or_else(PoisonError::into_inner);
        // There are few, and they change once a year.
        if kept.len() > 50 {
            kept.clear();
        }
        kept.insert(url.to_owned(), certificate);
    }

    /// What a message of SNS asks for, once its signature is verified with the certificate of its URL.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn sns(&self, message: &sns::Message, certificate: &[u8]) -> Result<Asked, Refused> {
        if !self.topics.contains(&message.topic_arn) {
            return Err(Refused::Unknown);
        }
        message.verify(certificate)?;
        Ok(match &message.subscribe_url {
            Some(url) if message.is_subscription() => Asked::Confirm(url.clone()),
            _ => Asked::Reports(events::ses(&message.message, &message.message_id)),
        })
    }
}

fn json(body: &[u8]) -> Result<Value, Refused> {
    serde_json::from_slice(body).map_err(|_| Refused::Unreadable)
}

/// `Authorization: Basic …` (RFC 7617), compared in constant time.
fn basic(secret: Option<&Secret>, said: Said<'_>) -> Result<(), Refused> {
    let secret = secret.ok_or(Refused::Unknown)?;
    let given = said.authorization.and_then(|it| it.strip_prefix("Basic "));
    let given = given.and_then(|it| STANDARD.decode(it.trim()).ok());
    let given = given.ok_or(Refused::Unproven)?;
    let wanted = secret.expose().trim().as_bytes();
    aws_lc_rs::constant_time::verify_slices_are_equal(wanted, &given).map_err(|_| Refused::Unproven)
}

/// The instant that was signed, if it is not long ago.
fn recent(timestamp: &str, now: i64) -> Result<i64, Refused> {
    let at: i64 = timestamp.parse().map_err(|_| Refused::Unproven)?;
    if now.saturating_sub(at).saturating_abs() > MOST_SECONDS {
        return Err(Refused::Stale);
    }
    Ok(at)
}

/// HMAC-SHA256 of timestamp and token, in hexadecimal; returns the token, and when it was signed.
fn mailgun<'a>(key: &hmac::Key, value: &'a Value, now: i64) -> Result<(&'a str, i64), Refused> {
    let field = |name: &str| {
        let field = value.pointer(&format!("/signature/{name}"));
        field.and_then(Value::as_str).ok_or(Refused::Unproven)
    };
    let (timestamp, token, claimed) = (field("timestamp")?, field("token")?, field("signature")?);
    let claimed = unhex(claimed).ok_or(Refused::Unproven)?;
    let signed = format!("{timestamp}{token}");
    hmac::verify(key, signed.as_bytes(), &claimed).map_err(|_| Refused::Unproven)?;
    Ok((token, recent(timestamp, now)?))
}

/// Tokens that were used, for as long as their signatures are believed.
///
/// A signature of Mailgun's says nothing of the event: who has seen one could put another event below it. The
/// same event may come again under it, as after an answer that got lost.
#[derive(Default)]
struct Tokens(HashMap<String, (String, i64)>);

impl Tokens {
    /// Takes a token for an event, signed at an instant.
    fn used(&mut self, token: &str, (event, at): (&str, i64), now: i64) -> Result<(), Refused> {
        if self.0.len() >= MOST_TOKENS {
            self.0.retain(|_, (_, at)| now - *at <= MOST_SECONDS);
        }
        if self.0.len() >= MOST_TOKENS {
            self.0.clear();
        }
        let (known, _) = self
            .0
            .entry(token.to_owned())
            .or_insert_with(|| (event.to_owned(), at));
        if known == event {
            Ok(())
        } else {
            Err(Refused::Stale)
        }
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let digits = digits?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty()
        .then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

/// ECDSA on P-256 with SHA-256 over timestamp and body.
fn sendgrid(key: &[u8], said: Said<'_>, body: &[u8], now: i64) -> Result<(), Refused> {
    let timestamp = said.timestamp.ok_or(Refused::Unproven)?;
    let claimed = said.signature.ok_or(Refused::Unproven)?;
    let claimed = STANDARD.decode(claimed).map_err(|_| Refused::Unproven)?;
    let key = signature::UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_ASN1, key);
    let signed = [timestamp.as_bytes(), body].concat();
    key.verify(&signed, &claimed)
        .map_err(|_| Refused::Unproven)?;
    recent(timestamp, now).map(|_at| ())
}

/// The point of a P-256 key in its envelope (RFC 5480): the last 65 bytes.
fn point(der: &[u8]) -> Option<Vec<u8>> {
    let start = der.len().checked_sub(65)?;
    let point = der.get(start..)?;
    (der.len() == 91 && point.first() == Some(&4)).then(|| point.to_vec())
}

#[cfg(test)]
mod tests;
