//! Events of single services as reports. What a service calls them is documented on its own pages; unknown
//! ones are nothing.

use serde_json::Value;

use super::super::notification::{self, address, word};
use super::super::original::Original;
use super::super::reason::{self, Evidence, Reason};
use super::super::{Action, Report, ReportKind, scan};
use super::Told;

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

/// What an event says, and what it is known by: the names its service gives it.
fn told(original: &Original, reports: Vec<Report>) -> Vec<Told> {
    let told = reports.into_iter().map(|report| Told {
        report,
        original: original.clone(),
    });
    told.collect()
}

/// A part of an event's name; empty if it has none.
fn name(event: &Value, pointer: &str) -> String {
    match event.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// Postmark: `ID` is a bounce's own; changes of a subscription have none.
pub(super) fn postmark(event: &Value) -> Vec<Told> {
    let names = ["/RecordType", "/ID"].map(|pointer| name(event, pointer));
    let original = Original::of_event("postmark", &names, event);
    told(&original, of_postmark(event))
}

/// Mailgun: `id` is the event's own for a day.
pub(super) fn mailgun(event: &Value) -> Vec<Told> {
    told(&mailgun_original(event), of_mailgun(event))
}

/// What an event of Mailgun's is known by, with whom it is about and what it says of them.
pub(super) fn mailgun_key(event: &Value) -> String {
    let of = |name: &str| event.get(name).map(ToString::to_string).unwrap_or_default();
    let parts = ["recipient", "event", "severity", "reason"].map(of);
    format!("{} {}", mailgun_original(event).key(), parts.join(" "))
}

fn mailgun_original(event: &Value) -> Original {
    let names = ["/id", "/timestamp"].map(|pointer| name(event, pointer));
    Original::of_event("mailgun", &names, event)
}

/// `SendGrid`: a list of events, of which each has its `sg_event_id`.
pub(super) fn sendgrid(events: &Value) -> Vec<Told> {
    let events = events.as_array().map(Vec::as_slice).unwrap_or_default();
    let of_one = |event: &Value| {
        let names = [name(event, "/sg_event_id")];
        told(
            &Original::of_event("sendgrid", &names, event),
            of_sendgrid(event).into_iter().collect(),
        )
    };
    events.iter().take(MOST_EVENTS).flat_map(of_one).collect()
}

/// Brevo: `id` is the webhook's, so a message has one event of a kind at an instant.
pub(super) fn brevo(event: &Value) -> Vec<Told> {
    let times = ["/ts_epoch", "/ts_event", "/ts"].map(|pointer| name(event, pointer));
    let at = times.into_iter().find(|time| !time.is_empty());
    let names = [
        name(event, "/message-id"),
        name(event, "/event"),
        at.unwrap_or_default(),
    ];
    told(&Original::of_event("brevo", &names, event), of_brevo(event))
}

/// Amazon SES: `feedbackId` is the same in every topic; else the number of the message of SNS.
pub(super) fn ses(text: &str, message_id: &str) -> Vec<Told> {
    let event: Value = serde_json::from_str(text).unwrap_or_else(|_| text.into());
    let names = ["/bounce/feedbackId", "/complaint/feedbackId"];
    let names = names.map(|pointer| name(&event, pointer));
    let feedback = names.into_iter().find(|name| !name.is_empty());
    let names = [feedback.unwrap_or_else(|| message_id.to_owned())];
    told(
        &Original::of_event("ses", &names, &event),
        notification::of_json(text),
    )
}

/// `RecordType` and, for bounces, `Type`.
fn of_postmark(event: &Value) -> Vec<Report> {
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

/// `event`, and `severity` for failures.
fn of_mailgun(event: &Value) -> Vec<Report> {
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

/// `event`, and `type` for bounces.
fn of_sendgrid(event: &Value) -> Option<Report> {
    let (recipient, words) = (word(event, "/email"), word(event, "/reason"));
    let status = word(event, "/status");
    match (word(event, "/event"), word(event, "/type")) {
        ("spamreport", _) => Some(complaint(recipient, Reason::Abuse)),
        ("unsubscribe" | "group_unsubscribe", _) => Some(complaint(recipient, Reason::OptOut)),
        ("bounce", "blocked") => Some(bounce(recipient, (words, status), Reason::Blocked)),
        ("bounce", _) => Some(bounce(recipient, (words, status), Reason::Undefined)),
        ("dropped", _) => match words {
            "Bounced Address" | "Invalid" => Some(bounce(recipient, ("", ""), Reason::UserUnknown)),
            "Spam Reporting Address" => Some(complaint(recipient, Reason::Abuse)),
            "Unsubscribed Address" => Some(complaint(recipient, Reason::OptOut)),
            _ => None,
        },
        _ => None,
    }
}

/// `event`.
fn of_brevo(event: &Value) -> Vec<Report> {
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
