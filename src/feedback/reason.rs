//! Why a mail came back: the words of the server first, then its codes, then a closed set of reasons.
//!
//! Words come first because codes lie: a full mailbox is reported as 5.1.1, an unknown user as 5.7.1,
//! a blocked sender as 5.1.1. Only four reasons mean that the address itself is dead; everything else
//! may pass, or is about us.

use serde::Serialize;

use super::patterns;
use super::scan::{self, Status};

/// Why a mail came back, or what its reader said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Nobody has this address.
    UserUnknown,
    /// The domain does not exist.
    HostUnknown,
    /// Its owner has left, without forwarding.
    HasMoved,
    /// The domain takes no mail at all (RFC 7505).
    NotAccepting,
    /// No room.
    MailboxFull,
    /// Disabled or inactive; may come back.
    Suspended,
    /// Refused after the message was read, whatever words were given.
    Filtered,
    /// The sender's address was refused.
    Rejected,
    /// Our machine was refused.
    Blocked,
    /// Taken for spam.
    Spam,
    /// Taken for malware.
    Virus,
    /// A rule of the receiver.
    Policy,
    /// SPF, DKIM or DMARC failed.
    AuthFailure,
    /// The message is too large.
    TooLarge,
    /// Too many messages or connections.
    RateLimited,
    /// The receiver's machine has a problem.
    SystemError,
    /// It could not be reached, or the message went in circles.
    Network,
    /// Tried too long.
    Expired,
    /// Something in the message.
    Content,
    /// TLS or log-in.
    Security,
    /// Greylisted, or asked to come back later.
    Deferred,
    /// The machine does not take mail for this domain.
    RelayingDenied,
    /// A complaint: called spam or abuse.
    Abuse,
    /// A complaint: called fraud.
    Fraud,
    /// A complaint: wants no more.
    OptOut,
    /// A complaint of another kind.
    OtherComplaint,
    /// Somebody is away.
    Vacation,
    /// It arrived.
    Delivered,
    /// Nothing tells.
    Undefined,
}

impl Reason {
    /// Its name in the table and in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::UserUnknown => "user_unknown",
            Self::HostUnknown => "host_unknown",
            Self::HasMoved => "has_moved",
            Self::NotAccepting => "not_accepting",
            Self::MailboxFull => "mailbox_full",
            Self::Suspended => "suspended",
            Self::Filtered => "filtered",
            Self::Rejected => "rejected",
            Self::Blocked => "blocked",
            Self::Spam => "spam",
            Self::Virus => "virus",
            Self::Policy => "policy",
            Self::AuthFailure => "auth_failure",
            Self::TooLarge => "too_large",
            Self::RateLimited => "rate_limited",
            Self::SystemError => "system_error",
            Self::Network => "network",
            Self::Expired => "expired",
            Self::Content => "content",
            Self::Security => "security",
            Self::Deferred => "deferred",
            Self::RelayingDenied => "relaying_denied",
            Self::Abuse => "abuse",
            Self::Fraud => "fraud",
            Self::OptOut => "opt_out",
            Self::OtherComplaint => "other_complaint",
            Self::Vacation => "vacation",
            Self::Delivered => "delivered",
            Self::Undefined => "undefined",
        }
    }

    /// Whether the address itself is dead.
    #[must_use]
    pub fn is_dead(self) -> bool {
        matches!(
            self,
            Self::UserUnknown | Self::HostUnknown | Self::HasMoved | Self::NotAccepting
        )
    }

    /// Whether it is about us or our message, so that the recipient is not to blame.
    #[must_use]
    pub fn is_about_us(self) -> bool {
        matches!(
            self,
            Self::Filtered
                | Self::Rejected
                | Self::Blocked
                | Self::Spam
                | Self::Virus
                | Self::Policy
                | Self::AuthFailure
                | Self::TooLarge
                | Self::RateLimited
                | Self::Content
                | Self::Security
                | Self::RelayingDenied
        )
    }
}

/// What a server said about one recipient.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Evidence<'a> {
    /// Its own words, as far as they could be told from the rest.
    pub(super) diagnostic: &'a str,
    /// The notice around them.
    pub(super) notice: &'a str,
    /// The status the notice settled on.
    pub(super) status: Option<Status>,
}

/// Judges the words, then the codes.
pub(super) fn judge(evidence: &Evidence<'_>) -> Reason {
    let codes = scan::codes(evidence.diagnostic);
    let status = evidence.status.or(codes.status);
    let temporary = status.map_or_else(
        || codes.code.is_some_and(|code| code < 500),
        |status| status.class == 4,
    );
    let words = scan::plain(own_words(evidence.diagnostic));
    let notice = scan::plain(evidence.notice);
    let late = [&words, &notice]
        .iter()
        .any(|text| text.contains("after end of data"));
    let said = patterns::reason_of(&words)
        .or_else(|| by_reply(codes.code))
        .or_else(|| status.and_then(by_status))
        .or_else(|| patterns::reason_of(&notice))
        .or_else(|| unexplained(codes.code, &notice))
        .or_else(|| status.and_then(by_class));
    let reason = settle(said.unwrap_or(Reason::Undefined), status, temporary, late);
    let sure = PLAIN_WORDS
        .iter()
        .any(|phrase| words.contains(phrase) || notice.contains(phrase));
    match reason {
        // "Mailbox unavailable" with a 450 is busy, with a 550 gone (RFC 5321 §4.2.3).
        Reason::UserUnknown if temporary && !sure => Reason::Deferred,
        reason => reason,
    }
}

/// Words that leave no doubt, even when the server says 450 and gives up later.
const PLAIN_WORDS: &[&str] = &[
    "user unknown",
    "unknown user",
    "no such user",
    "no such mailbox",
    "does not exist",
    "user not found",
    "mailbox not found",
];

/// Gateways put a class of errors before what the server itself said: `5.1.0 - Unknown address error
/// 550-'5.7.1 Access denied'`.
fn own_words(diagnostic: &str) -> &str {
    match diagnostic.split_once("-'") {
        Some((class, words)) if class.contains(" - ") && words.len() > 8 => words,
        _ => diagnostic,
    }
}

/// Words weighed against codes.
fn settle(reason: Reason, status: Option<Status>, temporary: bool, late: bool) -> Reason {
    let code = status.map(|status| (status.class, status.subject, status.detail));
    match reason {
        // Somebody inactive for whom the server also says "no such mailbox" is gone.
        Reason::Suspended if code == Some((5, 1, 1)) => Reason::UserUnknown,
        // A name server that may know better tomorrow.
        Reason::HostUnknown if temporary => Reason::Network,
        // The address was taken at RCPT, so it exists: the message was disliked.
        Reason::UserUnknown if late && code != Some((5, 1, 1)) => Reason::Filtered,
        other => other,
    }
}

/// Reply codes that mean one thing (RFC 7504).
fn by_reply(code: Option<u16>) -> Option<Reason> {
    match code {
        Some(521 | 556) => Some(Reason::NotAccepting),
        _ => None,
    }
}

/// A 550 to RCPT without a word of explanation is about the mailbox (RFC 5321 §4.2.3).
fn unexplained(code: Option<u16>, notice: &str) -> Option<Reason> {
    let at_recipient = notice.contains("after rcpt to") || notice.contains("our rcpt to");
    (code == Some(550) && at_recipient).then_some(Reason::UserUnknown)
}

/// Status codes (RFC 3463, RFC 5248, RFC 7372, RFC 7505 and what large services add).
fn by_status(status: Status) -> Option<Reason> {
    let reason = match (status.class, status.subject, status.detail) {
        (4, 2, 2) | (5, 2, 2) => Reason::MailboxFull,
        (4, 3, 1) => Reason::SystemError,
        (4, 4, 7) | (5, 4, 7) => Reason::Expired,
        (4, 7, 28) => Reason::RateLimited,
        (4, 7, 23..=27 | 30..=32) => Reason::AuthFailure,
        (4, 7, 29) => Reason::Security,
        (4, 7, _) => Reason::Deferred,
        (4, ..) => return None,
        (5, 1, 0 | 1 | 3 | 351) => Reason::UserUnknown,
        (5, 1, 2) => Reason::HostUnknown,
        (5, 1, 6) => Reason::HasMoved,
        (5, 1, 10) => Reason::NotAccepting,
        (5, 1, 7..=9) => Reason::Rejected,
        (5, 1, _) | (5, 2, 0 | 4) => Reason::Filtered,
        (5, 2, 1) => Reason::Suspended,
        (5, 2, 3) | (5, 3, 4) => Reason::TooLarge,
        (5, 3, 2) => Reason::NotAccepting,
        (5, 3, _) | (5, 4, 3) => Reason::SystemError,
        (5, 4, 4 | 310) => Reason::HostUnknown,
        (5, 4, _) => Reason::Network,
        (5, 5, 1..=6) | (5, 6, _) => Reason::Content,
        (5, 7, 20..=27) => Reason::AuthFailure,
        (5, 7, 8..=13) => Reason::Security,
        (5, 7, _) => Reason::Policy,
        _ => return None,
    };
    Some(reason)
}

/// What is left when nothing else tells.
fn by_class(status: Status) -> Option<Reason> {
    (status.class == 4).then_some(Reason::Deferred)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(diagnostic: &str, status: &str) -> Reason {
        judge(&Evidence {
            diagnostic,
            notice: "",
            status: scan::status_word(status),
        })
    }

    #[test]
    fn words_come_before_codes() {
        for (diagnostic, status, reason) in [
            (
                "550 5.1.1 <ann@example.org>... User unknown",
                "5.1.1",
                Reason::UserUnknown,
            ),
            (
                "552 sorry, mailbox is over quota (#5.1.1)",
                "5.1.1",
                Reason::MailboxFull,
            ),
            (
                "554 5.7.1 <a@example.org>: Recipient address rejected: Access denied",
                "5.7.1",
                Reason::UserUnknown,
            ),
            (
                "450 4.1.1 User unknown in virtual alias table",
                "4.1.1",
                Reason::UserUnknown,
            ),
            (
                "550 5.7.1 IP address blacklisted by recipient",
                "5.1.1",
                Reason::Blocked,
            ),
            (
                "Host or domain name not found. type=A: Host not found",
                "5.4.4",
                Reason::HostUnknown,
            ),
            (
                "DNS lookup responded with code NXDOMAIN",
                "4.0.0",
                Reason::Network,
            ),
            ("The domain returned Null MX", "4.0.0", Reason::NotAccepting),
            (
                "550-5.2.1 The account you tried to reach is disabled",
                "5.2.1",
                Reason::Suspended,
            ),
            (
                "550 5.1.1 <a@example.org>: inactive email address",
                "5.1.1",
                Reason::UserUnknown,
            ),
            (
                "550 5.7.26 Unauthenticated email; DMARC policy",
                "5.7.26",
                Reason::AuthFailure,
            ),
            (
                "550 5.2.3 message too large for this recipient",
                "5.2.3",
                Reason::TooLarge,
            ),
            (
                "451 4.7.1 Greylisted, come back in 300 seconds",
                "4.7.1",
                Reason::Deferred,
            ),
            (
                "550 sender address rejected: domain not found",
                "5.1.8",
                Reason::Rejected,
            ),
            ("550 5.1.1 x", "5.1.1", Reason::UserUnknown),
            (
                "502 5.5.2 Error: command not recognized",
                "5.5.2",
                Reason::Content,
            ),
            (
                "503 5.5.1 Error: need MAIL command",
                "5.5.1",
                Reason::Content,
            ),
            ("421 4.7.28 unusual rate", "4.7.28", Reason::RateLimited),
            ("450 4.2.1 mailbox unavailable", "4.2.1", Reason::Deferred),
            ("550 mailbox unavailable", "5.5.0", Reason::UserUnknown),
            (
                "5.1.0 - Unknown address error 550-'5.7.1 Access denied' (attempts: 0)",
                "5.7.1",
                Reason::Policy,
            ),
            (
                "554 5.3.0 <a@example.org>: Recipient address rejected: Mailer error",
                "5.3.0",
                Reason::SystemError,
            ),
            (
                "550 <a@example.org>: Recipient address rejected",
                "5.0.0",
                Reason::UserUnknown,
            ),
            ("521 we take no mail", "5.0.0", Reason::NotAccepting),
            ("", "5.0.0", Reason::Undefined),
        ] {
            assert_eq!(told(diagnostic, status), reason, "{diagnostic} {status}");
        }
    }

    #[test]
    fn who_was_accepted_first_exists() {
        let evidence = Evidence {
            diagnostic: "550 User unknown",
            notice: "SMTP error from remote mail server after end of data",
            status: None,
        };
        assert_eq!(judge(&evidence), Reason::Filtered);
    }
}
