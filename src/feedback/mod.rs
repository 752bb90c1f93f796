//! Feedback: what mail servers and mailbox services tell later about a mail that was sent.
//!
//! One message comes in: a delivery status notification, a complaint, a bounce in words, an automatic
//! reply, or something else altogether. Reports go out, one for each recipient it speaks of. Reading is
//! pure and never fails: what cannot be told is said to be nothing. `policy` decides which reports
//! suppress an address, and `apply` does it, once for each message and recipient.
//!
//! "Hard" means that the address itself is dead. A full mailbox, a filter, a policy, a machine that
//! does not answer are none of that, whatever their codes say.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

pub mod apply;
mod arf;
mod auto_reply;
mod dsn;
mod free_text;
pub mod listener;
pub mod mailbox;
mod markers;
mod message;
mod notification;
pub mod original;
mod patterns;
pub mod policy;
mod proof;
pub mod rates;
mod reason;
pub mod replay;
pub mod replies;
mod scan;
pub mod store;
pub mod webhooks;

pub use message::LIMIT_BYTES;
pub use reason::Reason;

use crate::delivery::DeliveryId;
use crate::units::Span;
use message::{Headers, Mail};
use scan::Status;

/// `[feedback]` in `digest.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Failures that may pass, on as many days, before an address is given up.
    pub soft_failures: usize,
    /// The least time these have to span.
    pub soft_within: Span,
    /// How long reports and their messages are kept.
    pub keep: Span,
    /// Where the mail server beside us hands notices over, by LMTP or SMTP.
    pub listen: Option<String>,
    /// The mailbox that notices arrive in.
    pub mailbox: Option<mailbox::Config>,
    /// Who may tell us by a request.
    pub webhooks: webhooks::Config,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            soft_failures: 3,
            soft_within: Span::days(14),
            keep: Span::days(365),
            listen: None,
            mailbox: None,
            webhooks: webhooks::Config::default(),
        }
    }
}

/// Characters of a diagnostic that are kept.
const DIAGNOSTIC_CHARS: usize = 400;

/// What kind of message it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportKind {
    /// The mail did not arrive, or not yet.
    Bounce,
    /// The reader, or their service on their behalf, complained.
    Complaint,
    /// A program answered for somebody.
    AutoReply,
    /// Nothing that asks for anything.
    None,
}

impl ReportKind {
    /// Its name in the table and in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bounce => "bounce",
            Self::Complaint => "complaint",
            Self::AutoReply => "auto_reply",
            Self::None => "none",
        }
    }
}

/// What the reporting server did (RFC 3464 §2.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Gave up.
    Failed,
    /// Keeps trying.
    Delayed,
    /// Delivered it.
    Delivered,
    /// Passed it to a system that reports nothing.
    Relayed,
    /// Passed it to the members of a list.
    Expanded,
}

/// What one message says of one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The address, normalised if it is one we could mail; empty if the message hides it.
    pub recipient: Option<String>,
    /// What kind of message it was.
    pub kind: ReportKind,
    /// Whether the address itself is dead.
    pub hard: bool,
    /// Enhanced status code, such as "5.1.1".
    pub status: Option<String>,
    /// Why.
    pub reason: Reason,
    /// What the server did, for bounces.
    pub action: Option<Action>,
    /// The server's words, shortened.
    pub diagnostic: String,
    /// The delivery it is about, if the returned headers name one of ours; not proven by anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<String>,
}

impl Report {
    fn new(kind: ReportKind, recipient: Option<String>, reason: Reason) -> Self {
        let recipient = recipient.map(|text| normalised(&text));
        Self {
            hard: kind == ReportKind::Bounce && recipient.is_some() && reason.is_dead(),
            recipient,
            kind,
            status: None,
            reason,
            action: None,
            diagnostic: String::new(),
            delivery: None,
        }
    }

    /// Whether it is hard once its recipient is known by other means.
    fn would_be_hard(&self) -> bool {
        let gave_up = self.action.is_none_or(|action| action == Action::Failed);
        self.kind == ReportKind::Bounce && self.reason.is_dead() && gave_up
    }

    /// A message that asks for nothing.
    fn nothing() -> Self {
        Self::new(ReportKind::None, None, Reason::Undefined)
    }

    fn with_action(mut self, action: Action) -> Self {
        // Whoever keeps trying has not been refused for good.
        self.hard &= action == Action::Failed;
        self.action = Some(action);
        self
    }

    fn with_status(mut self, status: Option<Status>) -> Self {
        self.status = status.map(|status| status.to_string());
        self
    }

    fn with_diagnostic(mut self, text: &str) -> Self {
        self.diagnostic = shortened(text);
        self
    }
}

/// The spelling an address is compared in; the text itself if it is none that we could mail.
fn normalised(text: &str) -> String {
    courant_subscribers::EmailAddress::parse(text)
        .map_or_else(|_| text.to_owned(), |address| address.as_str().to_owned())
}

/// One line of a readable length.
fn shortened(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if line.len() + word.len() > DIAGNOSTIC_CHARS {
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// Reads one message: at least one report, of kind `None` if it asks for nothing.
///
/// What lies beyond [`LIMIT_BYTES`] is not looked at.
#[must_use]
pub fn read(raw: &[u8]) -> Vec<Report> {
    reports(&Mail::parse(raw))
}

/// As [`read`], of a message that was taken apart.
fn reports(mail: &Mail) -> Vec<Report> {
    let inner = wrapped(mail);
    let mail = inner.as_ref().unwrap_or(mail);
    let mut reports = told(mail);
    if reports.is_empty() {
        reports.push(Report::nothing());
    }
    let delivery = own_delivery(mail);
    if let (Some(_), [report], Some(reader)) =
        (&delivery, reports.as_mut_slice(), returned_reader(mail))
        && report.kind == ReportKind::Bounce
    {
        // A mail of ours has one reader; a server that forwards it names whom it forwards to.
        report.recipient = Some(normalised(&reader));
        report.hard |= report.would_be_hard();
    }
    for report in &mut reports {
        report.delivery.clone_from(&delivery);
    }
    reports
}

/// Whether a mail comes from a mail system, and not from a person: nobody answers it (RFC 5321 section 4.5.5), or it
/// bears the name of one.
fn is_from_a_mail_system(mail: &Mail) -> bool {
    let is_null = mail
        .headers
        .get("return-path")
        .is_some_and(|path| path.trim() == "<>");
    let from = mail.headers.decoded("from").to_lowercase();
    let names = [
        "mailer-daemon",
        "postmaster",
        "mail delivery",
        "mailerdaemon",
    ];
    is_null || names.iter().any(|name| from.contains(name))
}

/// The notice within a notice: gateways wrap one that passes through them.
fn wrapped(mail: &Mail) -> Option<Mail> {
    if mail.parts.iter().any(|part| {
        part.kind.ends_with("delivery-status") || part.kind.ends_with("feedback-report")
    }) {
        return None;
    }
    let part = mail.part(&["message/rfc822", "message/global"])?;
    let headers = Headers::parse(part.text.trim_start());
    let kind = headers.get("content-type")?.to_ascii_lowercase();
    let report = kind.starts_with("multipart/report") && kind.contains("delivery-status");
    report.then(|| Mail::parse(part.text.as_bytes()))
}

/// Structured reports first, then words, then whatever answers by itself.
fn told(mail: &Mail) -> Vec<Report> {
    let complaints = arf::reports(mail);
    if !complaints.is_empty() {
        return complaints;
    }
    let notified = notification::reports(mail);
    if !notified.is_empty() {
        return notified;
    }
    let texts = mail.texts();
    let notice = texts.first().map_or("", |text| free_text::beginning(text));
    let groups: Vec<_> = mail
        .parts
        .iter()
        .filter(|part| {
            matches!(
                part.kind.as_str(),
                "message/delivery-status"
                    | "message/global-delivery-status"
                    | "text/delivery-status"
            )
        })
        .flat_map(|part| dsn::groups(&part.text))
        .collect();
    if !groups.is_empty() {
        return dsn::reports(&groups, notice);
    }
    let sent_as_notice =
        free_text::is_notice(mail, &texts) && !auto_reply::is_absence(mail, &texts);
    if auto_reply::is_one(mail) && !sent_as_notice {
        return vec![auto_reply::report(mail)];
    }
    // Relays that flatten the parts leave the fields in the text.
    if sent_as_notice || free_text::says_so(&texts) {
        let groups: Vec<_> = texts.iter().flat_map(|text| dsn::groups(text)).collect();
        if !groups.is_empty() {
            return dsn::reports(&groups, notice);
        }
        return free_text::reports(mail, &texts);
    }
    Vec::new()
}

/// What stands behind the words of a notice that returns a mail in its text.
fn behind_words(mail: &Mail) -> Option<String> {
    let texts = mail.texts();
    let whole = texts.first()?;
    let behind = whole.get(free_text::before_returned(whole).len()..)?;
    behind.split_once('\n').map(|(_, rest)| rest.to_owned())
}

/// The reader a returned mail was addressed to, in a part of its own or behind the words.
fn returned_reader(mail: &Mail) -> Option<String> {
    arf::returned_reader(mail).or_else(|| arf::reader_of(&behind_words(mail)?))
}

/// The left half of our own Message-ID among the returned headers: a delivery's id.
fn own_delivery(mail: &Mail) -> Option<String> {
    let returned = match mail.returned() {
        Some(part) => Cow::Borrowed(part.text.as_str()),
        None => Cow::Owned(behind_words(mail)?),
    };
    let headers = Headers::parse(returned.trim_start());
    let id = headers.get("message-id")?;
    let (left, _) = id.trim().strip_prefix('<')?.split_once('@')?;
    DeliveryId::parse(left).map(|id| id.as_str().to_owned())
}

#[cfg(test)]
mod tests;
