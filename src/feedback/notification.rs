//! Notifications of Amazon SES that come by mail: JSON in the body, by way of SNS.

use serde_json::Value;

use super::message::Mail;
use super::reason::{self, Evidence, Reason};
use super::{Action, Report, ReportKind, scan};

/// Recipients of one notification.
const MOST_RECIPIENTS: usize = 200;

/// Reports of a notification; none if the mail is something else.
pub(super) fn reports(mail: &Mail) -> Vec<Report> {
    let texts = mail.texts();
    let Some(text) = texts.first().map(|text| text.trim_start()) else {
        return Vec::new();
    };
    if !text.starts_with('{') {
        return Vec::new();
    }
    // SNS breaks long lines with "!" and a line end; JSON has neither inside its texts.
    let joined = text.replace("!\r\n ", "").replace("!\n ", "");
    let Some(value) = first_value(&joined) else {
        return Vec::new();
    };
    // The envelope of SNS holds the notification as a text.
    match value.get("Message").and_then(Value::as_str) {
        Some(inner) => first_value(inner)
            .map(|inner| told(&inner))
            .unwrap_or_default(),
        None => told(&value),
    }
}

/// Reports of a notification by itself.
pub(super) fn of_json(text: &str) -> Vec<Report> {
    first_value(text)
        .map(|value| told(&value))
        .unwrap_or_default()
}

/// A footer in words may follow the JSON.
fn first_value(text: &str) -> Option<Value> {
    serde_json::Deserializer::from_str(text)
        .into_iter()
        .next()?
        .ok()
}

fn told(value: &Value) -> Vec<Report> {
    let kind = value
        .get("notificationType")
        .or_else(|| value.get("eventType"))
        .and_then(Value::as_str)
        .unwrap_or_default();
    match kind {
        "Bounce" => people(value, "/bounce/bouncedRecipients")
            .map(|person| bounce(person, value))
            .collect(),
        "Complaint" => people(value, "/complaint/complainedRecipients")
            .map(|person| Report::new(ReportKind::Complaint, recipient(person), complaint(value)))
            .collect(),
        "Delivery" => vec![
            Report::new(ReportKind::None, None, Reason::Delivered).with_action(Action::Delivered),
        ],
        _ => Vec::new(),
    }
}

fn people<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    value
        .pointer(pointer)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .take(MOST_RECIPIENTS)
}

/// The text behind a JSON pointer; empty where there is none.
pub(super) fn word<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// The first address in a text.
pub(super) fn address(text: &str) -> Option<String> {
    let found = scan::addresses(text).into_iter().next();
    found.map(|found| found.address)
}

fn recipient(person: &Value) -> Option<String> {
    address(word(person, "/emailAddress"))
}

fn bounce(person: &Value, value: &Value) -> Report {
    let diagnostic = word(person, "/diagnosticCode");
    let codes = scan::codes(diagnostic);
    let status = codes
        .status
        .or_else(|| scan::status_word(word(person, "/status")));
    let permanent = word(value, "/bounce/bounceType") == "Permanent";
    let by_words = reason::judge(&Evidence {
        diagnostic,
        notice: "",
        status,
    });
    let reason = match (by_words, word(value, "/bounce/bounceSubType")) {
        (Reason::Undefined, "NoEmail" | "Suppressed" | "OnAccountSuppressionList") if permanent => {
            Reason::UserUnknown
        }
        (Reason::Undefined, "MailboxFull") => Reason::MailboxFull,
        (Reason::Undefined, "MessageTooLarge") => Reason::TooLarge,
        (Reason::Undefined, "ContentRejected" | "AttachmentRejected") => Reason::Content,
        (reason, _) => reason,
    };
    let action = if word(person, "/action") == "delayed" {
        Action::Delayed
    } else {
        Action::Failed
    };
    Report::new(ReportKind::Bounce, recipient(person), reason)
        .with_action(action)
        .with_status(status)
        .with_diagnostic(diagnostic)
}

fn complaint(value: &Value) -> Reason {
    match word(value, "/complaint/complaintFeedbackType") {
        "fraud" => Reason::Fraud,
        "auth-failure" => Reason::AuthFailure,
        "virus" => Reason::Virus,
        "" | "abuse" => Reason::Abuse,
        _ => Reason::OtherComplaint,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Vec<Report> {
        reports(&Mail::parse(
            format!("From: x\n\n{json}\n--\nfooter").as_bytes(),
        ))
    }

    #[test]
    fn notifications_are_read_bare_and_wrapped() {
        let bounce = r#"{"notificationType":"Bounce","bounce":{"bounceType":"Permanent","bouncedRecipients":[{"emailAddress":"ann@example.org","action":"failed","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 user unknown"}]}}"#;
        let wrapped = serde_json::json!({ "Type": "Notification", "Message": bounce }).to_string();
        for text in [bounce, &wrapped] {
            let got = read(text);
            assert_eq!(got.len(), 1, "{text}");
            assert_eq!(got[0].recipient.as_deref(), Some("ann@example.org"));
            assert!(got[0].hard);
        }
        let complaint = r#"{"eventType":"Complaint","complaint":{"complainedRecipients":[{"emailAddress":"ann@example.org"}],"complaintFeedbackType":"abuse"}}"#;
        assert_eq!(read(complaint)[0].reason, Reason::Abuse);
        let delivered = r#"{"notificationType":"Delivery"}"#;
        assert_eq!(read(delivered)[0].kind, ReportKind::None);
    }

    #[test]
    fn other_json_is_nothing() {
        for text in [
            "{}",
            "{",
            "[1]",
            r#"{"Message":"x"}"#,
            &"{\"a\":".repeat(10_000),
        ] {
            assert!(read(text).is_empty());
        }
    }
}
