//! A message as it is known again and as it is kept.
//!
//! Reading the same notice twice must do nothing the second time, and the second reading rarely has the same
//! bytes: a mailbox file has other line ends, and mail software writes on what it stores. So a message is known
//! by what it says. An event that a service tells is known by the number that the service gives it.
//!
//! A notice that returns a whole edition is long. What is kept of it is all that is read today: the returned mail
//! is shortened first. Where that is not enough only the beginning is kept, and it shows: such a row is not read
//! again.

use aws_lc_rs::digest;
use courant_subscribers::EmailAddress;
use serde_json::Value;

use super::free_text;
use super::message::{self, LIMIT_BYTES, Mail, RETURNED};
use crate::units::hexadecimal;

/// Bytes of a text that is not kept whole; one that is has fewer.
const KEPT_BYTES: usize = 64_000;
/// Bytes of a returned mail that are kept behind its headers: more than any rule looks at.
const RETURNED_BYTES: usize = 20_000;
/// Bytes by which a message is known. Where a long one was cut depends on its line ends.
const KNOWN_BYTES: usize = LIMIT_BYTES / 2;

/// Header fields that say how a message travelled and how it is stored, and not what it says.
const TRACE: &[&str] = &[
    "received",
    "received-spf",
    "authentication-results",
    "return-path",
    "delivered-to",
    "x-delivered-to",
    "x-original-to",
    "x-received",
    "envelope-to",
    "x-envelope-to",
    "x-envelope-from",
    "x-rcpt-to",
    "apparently-to",
    "delivery-date",
    "status",
    "x-status",
    "x-keywords",
    "x-label",
    "x-labels",
    "x-folder",
    "x-sieve",
    "x-uid",
    "x-uidl",
    "x-imap",
    "x-imapbase",
    "x-evolution-source",
    "content-length",
    "lines",
];

/// Beginnings of the names of such fields.
const TRACES: &[&str] = &[
    "arc-",
    "x-spam-",
    "x-virus-",
    "x-mozilla-",
    "x-gm-",
    "x-gmail-",
    "x-google-",
    "x-forwarded-",
];

/// A message, or an event of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    key: String,
    text: String,
}

impl Original {
    /// A mail as it came in.
    pub(super) fn of_mail(raw: &[u8]) -> Self {
        Self {
            key: essence(raw),
            text: kept(raw),
        }
    }

    /// A mail that was kept, under the key of the row that keeps it.
    pub(super) fn kept(key: &str, text: &str) -> Self {
        Self {
            key: key.to_owned(),
            text: text.to_owned(),
        }
    }

    /// An event of a service, by what the service calls it; by all that it says where a part of the name is empty.
    pub(super) fn of_event(service: &str, name: &[String], event: &Value) -> Self {
        let key = if name.is_empty() || name.iter().any(String::is_empty) {
            let mut event = event.clone();
            event.sort_all_objects();
            hash([service, &event.to_string()])
        } else {
            hash([service].into_iter().chain(name.iter().map(String::as_str)))
        };
        Self {
            key,
            text: beginning(&event.to_string()).to_owned(),
        }
    }

    /// A reply, as the notice it would have been later: one ends a delivery.
    pub(super) fn of_reply(delivery: &str, text: String) -> Self {
        Self {
            key: hash(["reply", delivery]),
            text,
        }
    }

    /// What it is known by.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// What is kept of it, as text that both databases can hold.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// What that which it says of an address is known by.
    pub(super) fn about(&self, address: &EmailAddress) -> String {
        hash([address.key(), &self.key])
    }
}

/// Whether the end of a kept message is missing; of those of which nobody knows it is said, too.
pub(super) fn is_cut(kept: &str) -> bool {
    kept.len() >= KEPT_BYTES
}

/// A hash of parts that have no line ends of their own.
fn hash<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part.as_bytes());
        context.update(b"\n");
    }
    hexadecimal(context.finish().as_ref())
}

/// A hash of what a message says: the same for every copy of it, wherever it is stored.
fn essence(raw: &[u8]) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    let (headers, body) = Mail::opened(raw);
    for (name, value) in headers.fields().filter(|(name, _)| !is_trace(name)) {
        context.update(plain(format!("{name}:{}\n", value.trim()).as_bytes()).as_bytes());
    }
    let (mut blank, mut bytes) = (0, 0);
    for line in plain(body).lines() {
        let line = unquoted(line.trim_end());
        bytes += line.len() + 1;
        if bytes > KNOWN_BYTES {
            break;
        }
        // Mailbox files end in empty lines of their own.
        if line.is_empty() {
            blank += 1;
            continue;
        }
        context.update(&b"\n".repeat(std::mem::take(&mut blank) + 1));
        context.update(line.as_bytes());
    }
    hexadecimal(context.finish().as_ref())
}

fn is_trace(name: &str) -> bool {
    TRACE.contains(&name) || TRACES.iter().any(|begins| name.starts_with(begins))
}

/// Mailbox files put a ">" before lines that begin with "From ".
fn unquoted(line: &str) -> &str {
    let bare = line.trim_start_matches('>');
    if bare.starts_with("From ") {
        bare
    } else {
        line
    }
}

/// Text that both databases can hold.
fn plain(raw: &[u8]) -> String {
    String::from_utf8_lossy(raw).replace('\0', "\u{fffd}")
}

/// All of a message; all but the end of the mail that it returns; or its beginning.
fn kept(raw: &[u8]) -> String {
    let whole = plain(raw);
    if !is_cut(&whole) {
        return whole;
    }
    let short = plain(&without_rest(raw));
    if !is_cut(&short) && super::read(short.as_bytes()) == super::read(raw) {
        return short;
    }
    beginning(&whole).to_owned()
}

fn beginning(text: &str) -> &str {
    text.get(..text.ceil_char_boundary(KEPT_BYTES))
        .unwrap_or(text)
}

/// A message without the end of the mail that it returns.
fn without_rest(raw: &[u8]) -> Vec<u8> {
    let raw = raw.get(..LIMIT_BYTES).unwrap_or(raw);
    let (headers, body) = Mail::opened(raw);
    let mut short = Vec::new();
    let mut at = 0;
    for (headers, body) in message::leaves(&headers, body) {
        let from = returned_from(&headers.kind(), body);
        let rest = from.and_then(|from| body.get(from + RETURNED_BYTES..));
        let Some(rest) = rest.filter(|rest| !rest.is_empty()) else {
            continue;
        };
        let start = rest.as_ptr().addr() - raw.as_ptr().addr();
        short.extend_from_slice(raw.get(at..start).unwrap_or_default());
        let left_out = format!("\r\n[{} bytes are left out]\r\n", rest.len());
        short.extend_from_slice(left_out.as_bytes());
        at = start + rest.len();
    }
    short.extend_from_slice(raw.get(at..).unwrap_or_default());
    short
}

/// Where the text of a returned mail begins, in a part of its own or below the words of a notice.
fn returned_from(kind: &str, body: &[u8]) -> Option<usize> {
    if RETURNED.contains(&kind) {
        return Some(message::split_head(body).0.len());
    }
    let text = std::str::from_utf8(body).ok()?;
    let words = free_text::before_returned(text).len();
    (kind.starts_with("text") && words < body.len()).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTICE: &str = "From: MAILER-DAEMON@mx.example\nTo: bounces+tag@tarn.example\nSubject: failure notice\n\
        Date: Mon, 2 Nov 2026 07:00:00 +0000\n\nHi.\nFrom now on:\n\n<ann@example.org>:\nno such user\n";

    #[test]
    fn a_message_is_known_whatever_a_mailbox_writes_on_it() {
        let key = essence(NOTICE.as_bytes());
        let received = "Received: from a\n\tby b;\n Mon, 2 Nov 2026 07:00:00 +0000\n";
        for same in [
            NOTICE.replace('\n', "\r\n"),
            format!("{NOTICE}\n\n"),
            format!("From x Mon Nov  2 07:00:00 2026\n{NOTICE}")
                .replace("\nFrom now", "\n>From now"),
            format!("Return-Path: <>\nDelivered-To: b@c.example\n{received}{NOTICE}"),
            NOTICE.replace(
                "\n\nHi",
                "\nStatus: RO\nX-Status: A\nX-Keywords:  \nX-UID: 7\n\nHi",
            ),
            NOTICE.replace("Subject: failure", "Subject:\n failure"),
        ] {
            assert_eq!(essence(same.as_bytes()), key, "{same}");
        }
        for other in [
            NOTICE.replace("no such", "such a"),
            NOTICE.replace("07:00:00", "07:00:01"),
            NOTICE.replace("\nno such", "\n\nno such"),
            NOTICE.replace("+tag@", "+tar@"),
        ] {
            assert_ne!(essence(other.as_bytes()), key, "{other}");
        }
    }

    #[test]
    fn a_long_message_is_known_whatever_its_line_ends() {
        let long = format!("{NOTICE}{}", "a line of some length\n".repeat(120_000));
        let other = long.replace('\n', "\r\n");
        assert!(long.len() > LIMIT_BYTES);
        let cut = |text: &str| essence(&text.as_bytes()[..LIMIT_BYTES]);
        assert_eq!(cut(&long), cut(&other));
    }

    #[test]
    fn what_is_kept_of_a_long_notice_reads_as_the_whole() {
        let page = "<p>a story</p>\n".repeat(10_000);
        let returned = format!(
            "Message-ID: <{}@tarn.example>\nTo: ann@example.org\n\n{page}",
            "a".repeat(24)
        );
        let report = format!(
            "From: MAILER-DAEMON@mx.example\nContent-Type: multipart/report; report-type=delivery-status; \
             boundary=b\n\n--b\n\nHello\n--b\nContent-Type: message/rfc822\n\n{returned}\n--b\n\
             Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; \
             ann@example.org\nAction: failed\nStatus: 5.1.1\n\n--b--\n"
        );
        let words =
            format!("{NOTICE}\n--- Below this line is a copy of the message.\n\n{returned}");
        for long in [report, words] {
            let short = kept(long.as_bytes());
            assert!(
                !is_cut(&short) && short.len() > RETURNED_BYTES,
                "{}",
                short.len()
            );
            assert!(short.contains("bytes are left out]"), "{short}");
            let (short, long) = (
                super::super::read(short.as_bytes()),
                super::super::read(long.as_bytes()),
            );
            assert_eq!(short, long);
            assert!(short[0].hard && short[0].recipient.is_some(), "{short:?}");
        }
    }

    #[test]
    fn what_cannot_be_shortened_shows_that_it_is_cut() {
        let letter = format!("From: ann@example.org\n\n{}", "\u{e4}".repeat(40_000));
        let short = kept(letter.as_bytes());
        assert!(is_cut(&short) && short.len() <= KEPT_BYTES + 4);
        let whole = kept(&letter.as_bytes()[..50_000]);
        assert!(!is_cut(&whole));
    }

    #[test]
    fn an_event_is_known_by_its_name_or_by_all_of_it() {
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let key = |name: &str, text: &str| {
            let name = [name.to_owned()];
            Original::of_event("x", &name, &read(text)).key
        };
        assert_eq!(key("7", r#"{"a":1}"#), key("7", r#"{"a":2}"#));
        assert_ne!(key("7", r#"{"a":1}"#), key("8", r#"{"a":1}"#));
        assert_eq!(
            key("", r#"{"a":1,"b":2}"#),
            key("", r#"{ "b": 2, "a": 1 }"#)
        );
        assert_ne!(key("", r#"{"a":1}"#), key("", r#"{"a":2}"#));
    }
}
