//! Events of single services as reports. What a service calls them is documented on its own pages; unknown
//! ones are nothing.

use serde_json::Value;

use super::super::notification::{address, word};
use super::super::reason::{self, Evidence, Reason};
use super::super::{Action, Report, ReportKind, scan};

/// Events of one request.
const MOST_EVENTS: usize = 2_000;

/// What the server's words say, or what the service says where these say nothing.
fn bounce(recipient: &str, (diagnostic, status): (&str, &str), usual: Reason) -> Report {
    let status = scan::codes(diagnostic)
        .status
        .or_else(|| scan::status_word(status));
    let told = reason::judge(&Evidence {
        diagnostic,
        notice: "",
        status,
    });
    let reason = if told == Reason::Undefined {
        usual
    } else {
        told
    };
    Report::new(ReportKind::Bounce, address(recipient), reason)
        .with_action(Action::Failed)
        .with_status(status)
        .with_diagnostic(diagnostic)
}

fn complaint(recipient: &str, reason: Reason) -> Report {
    Report::new(ReportKind::Complaint, address(recipient), reason)
}

/// Postmark: `RecordType` and, for bounces, `Type`.
pub(super) fn postmark(event: &Value) -> Vec<Report> {
    let recipient = [word(event, "/Email"), word(event, "/Recipient")].concat();
    let words = [word(event, "/Details"), word(event, "/Description")];
    let words = words
        .into_iter()
        .find(|it| !it.is_empty())
        .unwrap_or_default();
    match (word(event, "/RecordType"), word(event, "/Type")) {
        ("SpamComplaint", _) | (_, "SpamComplaint") => vec![complaint(&recipient, Reason::Abuse)],
        ("SubscriptionChange", _)
            if event.pointer("/SuppressSending") == Some(&Value::Bool(true)) =>
        {
            match word(event, "/SuppressionReason") {
                "ManualSuppression" => vec![complaint(&recipient, Reason::OptOut)],
                "SpamComplaint" => vec![complaint(&recipient, Reason::Abuse)],
                "HardBounce" => vec![bounce(&recipient, (words, ""), Reason::UserUnknown)],
                _ => Vec::new(),
            }
        }
        ("Bounce", "HardBounce" | "BadEmailAddress") => {
            vec![bounce(&recipient, (words, ""), Reason::UserUnknown)]
        }
        ("Bounce", "SpamNotification") => vec![bounce(&recipient, (words, ""), Reason::Spam)],
        ("Bounce", "Blocked") => vec![bounce(&recipient, (words, ""), Reason::Blocked)],
        ("Bounce", "DMARCPolicy") => vec![bounce(&recipient, (words, ""), Reason::AuthFailure)],
        ("Bounce", "Unsubscribe") => vec![complaint(&recipient, Reason::OptOut)],
        (
            "Bounce",
            "AutoResponder" | "ChallengeVerification" | "AddressChange" | "OpenRelayTest",
        ) => {
            vec![Report::new(
                ReportKind::AutoReply,
                address(&recipient),
                Reason::Vacation,
            )]
        }
        ("Bounce", _) => vec![bounce(&recipient, (words, ""), Reason::Undefined)],
        _ => Vec::new(),
    }
}

/// Mailgun: `event-data` with `event`, and `severity` for failures.
pub(super) fn mailgun(value: &Value) -> Vec<Report> {
    let Some(event) = value.get("event-data") else {
        return Vec::new();
    };
    let recipient = word(event, "/recipient");
    let words = [
        word(event, "/delivery-status/message"),
        word(event, "/delivery-status/description"),
        word(event, "/reason"),
    ];
    let words = words
        .into_iter()
        .find(|it| !it.is_empty())
        .unwrap_or_default();
    let status = word(event, "/delivery-status/enhanced-code");
    match (word(event, "/event"), word(event, "/severity")) {
        ("complained", _) => vec![complaint(recipient, Reason::Abuse)],
        ("unsubscribed", _) => vec![complaint(recipient, Reason::OptOut)],
        // "Suppressed" means that Mailgun itself would not send: it bounced, left or complained before.
        ("failed", "permanent") => match word(event, "/reason") {
            "suppress-bounce" => vec![bounce(recipient, ("", ""), Reason::UserUnknown)],
            "suppress-complaint" => vec![complaint(recipient, Reason::Abuse)],
            "suppress-unsubscribe" => vec![complaint(recipient, Reason::OptOut)],
            _ => vec![bounce(recipient, (words, status), Reason::Undefined)],
        },
        // It tries again by itself, and says so at the end.
        ("failed", "temporary") => {
            vec![bounce(recipient, (words, status), Reason::Deferred).with_action(Action::Delayed)]
        }
        _ => Vec::new(),
    }
}

/// `SendGrid`: a list of events.
pub(super) fn sendgrid(events: &Value) -> Vec<Report> {
    let events = events.as_array().map(Vec::as_slice).unwrap_or_default();
    let told = events.iter().take(MOST_EVENTS).filter_map(|event| {
        let (recipient, words) = (word(event, "/email"), word(event, "/reason"));
        let status = word(event, "/status");
        match (word(event, "/event"), word(event, "/type")) {
            ("spamreport", _) => Some(complaint(recipient, Reason::Abuse)),
            ("unsubscribe" | "group_unsubscribe", _) => Some(complaint(recipient, Reason::OptOut)),
            ("bounce", "blocked") => Some(bounce(recipient, (words, status), Reason::Blocked)),
            ("bounce", _) => Some(bounce(recipient, (words, status), Reason::Undefined)),
            ("dropped", _) => match words {
                "Bounced Address" | "Invalid" => {
                    Some(bounce(recipient, ("", ""), Reason::UserUnknown))
                }
                "Spam Reporting Address" => Some(complaint(recipient, Reason::Abuse)),
                "Unsubscribed Address" => Some(complaint(recipient, Reason::OptOut)),
                _ => None,
            },
            _ => None,
        }
    });
    told.collect()
}

/// Brevo: one event a request.
pub(super) fn brevo(event: &Value) -> Vec<Report> {
    let (recipient, words) = (word(event, "/email"), word(event, "/reason"));
    let told = match word(event, "/event") {
        "hard_bounce" => bounce(recipient, (words, ""), Reason::UserUnknown),
        "invalid_email" => bounce(recipient, ("", ""), Reason::UserUnknown),
        "soft_bounce" => bounce(recipient, (words, ""), Reason::Undefined),
        "blocked" => bounce(recipient, (words, ""), Reason::Blocked),
        "spam" | "complaint" => complaint(recipient, Reason::Abuse),
        "unsubscribed" | "unsubscribe" => complaint(recipient, Reason::OptOut),
        _ => return Vec::new(),
    };
    vec![told]
}
