//! Delivery status notifications (RFC 3464, RFC 6533): fields by recipient in, reports out.
//!
//! Blocks are taken as they come: separated by blank lines or not, in any order of fields, with fields
//! missing, and also out of the middle of a text when a relay has flattened the parts.

use super::reason::{self, Evidence, Reason};
use super::scan::{self, Status};
use super::{Action, Report, ReportKind};

/// Recipients of one notice: one mail had one, but relays bundle.
const MOST_RECIPIENTS: usize = 1_000;
/// Bytes of a diagnostic that are kept.
const DIAGNOSTIC_BYTES: usize = 1_000;

/// The fields of one recipient.
#[derive(Debug, Clone, Default)]
pub(super) struct Group {
    original: Option<String>,
    last: Option<String>,
    actual: Option<String>,
    action: Option<String>,
    status: Option<String>,
    diagnostic: Option<String>,
}

impl Group {
    fn has_recipient(&self) -> bool {
        self.original.is_some() || self.last.is_some() || self.actual.is_some()
    }

    fn has_verdict(&self) -> bool {
        self.action.is_some() || self.status.is_some() || self.diagnostic.is_some()
    }

    fn slot(&mut self, name: &str) -> Option<&mut Option<String>> {
        match name {
            "original-recipient" => Some(&mut self.original),
            "final-recipient" => Some(&mut self.last),
            "x-actual-recipient" => Some(&mut self.actual),
            "action" => Some(&mut self.action),
            "status" => Some(&mut self.status),
            "diagnostic-code" => Some(&mut self.diagnostic),
            _ => None,
        }
    }

    /// Takes from another what is missing here.
    fn fill(&mut self, other: Self) {
        self.original = self.original.take().or(other.original);
        self.last = self.last.take().or(other.last);
        self.actual = self.actual.take().or(other.actual);
        self.action = self.action.take().or(other.action);
        self.status = self.status.take().or(other.status);
        self.diagnostic = self.diagnostic.take().or(other.diagnostic);
    }

    /// The address the mail was sent to, as far as the notice knows it.
    fn recipient(&self) -> Option<String> {
        [&self.original, &self.last, &self.actual]
            .into_iter()
            .flatten()
            .find_map(|value| address(value))
    }
}

/// An address out of a field such as `rfc822; <ann@example.org>`.
fn address(value: &str) -> Option<String> {
    let text = match value.split_once(';') {
        Some((kind, rest)) if !kind.contains('@') => rest,
        _ => value,
    };
    let end = text
        .char_indices()
        .map(|(at, _)| at)
        .find(|at| *at >= DIAGNOSTIC_BYTES);
    let text = unescaped(text.get(..end.unwrap_or(text.len())).unwrap_or_default());
    let found = scan::addresses(&text).into_iter().next()?;
    Some(found.address)
}

/// Undoes what senders of mail escape in an address: `+2B` and `+3D` (RFC 3461 §4), `\x{F6}` (RFC 6533 §3).
fn unescaped(text: &str) -> String {
    let mut plain = text.replace("+2B", "+").replace("+3D", "=");
    while let Some((before, rest)) = plain.split_once("\\x{") {
        let Some((digits, after)) = rest.split_once('}') else {
            break;
        };
        let letter = u32::from_str_radix(digits, 16)
            .ok()
            .and_then(char::from_u32);
        plain = format!("{before}{}{after}", letter.unwrap_or('\u{fffd}'));
    }
    plain
}

/// Reads every group of a text; text that holds none gives none.
pub(super) fn groups(text: &str) -> Vec<Group> {
    let mut done: Vec<Group> = Vec::new();
    let mut current = Group::default();
    let mut open = false;
    for (name, value) in fields(text) {
        let Some(name) = name else {
            finish(&mut done, &mut current);
            continue;
        };
        if current.slot(&name).is_some_and(|slot| slot.is_some()) {
            finish(&mut done, &mut current);
        }
        if done.len() >= MOST_RECIPIENTS {
            break;
        }
        if let Some(slot) = current.slot(&name) {
            *slot = Some(value);
            open = true;
        }
    }
    if open {
        finish(&mut done, &mut current);
    }
    done.retain(|group| group.has_recipient() && group.has_verdict());
    done
}

/// Closes a group, or joins it with the one before that lacks what it has.
fn finish(done: &mut Vec<Group>, current: &mut Group) {
    if !current.has_recipient() && !current.has_verdict() {
        return;
    }
    let group = std::mem::take(current);
    match done.last_mut() {
        Some(before)
            if before.has_recipient() && !before.has_verdict() && !group.has_recipient() =>
        {
            before.fill(group);
        }
        Some(before) if !before.has_recipient() && before.has_verdict() && !group.has_verdict() => {
            before.fill(group);
        }
        Some(before)
            if before.has_recipient()
                && !group.has_recipient()
                && (before.status.is_none()
                    || before.action.is_none()
                    || before.diagnostic.is_none()) =>
        {
            before.fill(group);
        }
        _ => done.push(group),
    }
}

/// Fields of a text with folded lines joined; `None` for a blank line.
fn fields(text: &str) -> Vec<(Option<String>, String)> {
    let mut fields: Vec<(Option<String>, String)> = Vec::new();
    for line in text.lines() {
        // A forwarded notice is quoted.
        let line = line.trim_start_matches("> ").trim_end();
        let line = if line == ">" { "" } else { line };
        if line.is_empty() {
            fields.push((None, String::new()));
            continue;
        }
        if line.starts_with([' ', '\t']) {
            if let Some((Some(_), value)) = fields.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
            continue;
        }
        if let Some((name, value)) = line.split_once(':') {
            let name = name.trim().to_ascii_lowercase();
            fields.push((Some(name), value.trim().to_owned()));
        }
    }
    fields
}

/// A field's words without what stands in parentheses (RFC 5322 section 3.2.2).
fn without_comments(text: &str) -> String {
    let mut depth = 0_u32;
    text.chars()
        .filter(|c| match c {
            '(' => {
                depth += 1;
                false
            }
            ')' => {
                depth = depth.saturating_sub(1);
                false
            }
            _ => depth == 0,
        })
        .collect()
}

/// What an action field means; without one the status tells.
fn action(group: &Group, status: Option<Status>) -> Action {
    let text = group.action.as_deref().unwrap_or_default();
    let text = without_comments(text).to_ascii_lowercase();
    let mut words = text.split(|c: char| !c.is_ascii_alphabetic());
    match words.find(|word| !word.is_empty()).unwrap_or_default() {
        "delayed" | "delay" => Action::Delayed,
        "delivered" | "deliverable" => Action::Delivered,
        "relayed" => Action::Relayed,
        "expanded" => Action::Expanded,
        "failed" | "failure" | "error" | "fail" | "undeliverable" => Action::Failed,
        _ => match status.map(|status| status.class) {
            Some(2) => Action::Delivered,
            Some(4) => Action::Delayed,
            _ => Action::Failed,
        },
    }
}

/// One report for each recipient; `notice` is the text for people beside the fields.
pub(super) fn reports(groups: &[Group], notice: &str) -> Vec<Report> {
    let mut reports: Vec<Report> = Vec::new();
    let alone = groups.len() == 1;
    for group in groups {
        let report = report(group, notice, alone);
        let known = reports
            .iter_mut()
            .find(|known| known.recipient == report.recipient);
        match known {
            // Some relays repeat a recipient for every alias; the worst of it counts.
            Some(known) if report.hard && !known.hard => *known = report,
            Some(_) => {}
            None => reports.push(report),
        }
    }
    reports
}

fn report(group: &Group, notice: &str, alone: bool) -> Report {
    let recipient = group.recipient();
    let field = group
        .status
        .as_deref()
        .and_then(|text| text.split([' ', '(', ',']).find_map(scan::status_word));
    let mut diagnostic = diagnostic(group);
    let about = match (&recipient, alone) {
        (_, true) | (None, false) => notice.to_owned(),
        (Some(address), false) => around(notice, address),
    };
    // What is tried again has not failed for good, whatever an earlier answer said that is quoted.
    let is_delayed = action(group, None) == Action::Delayed;
    let own = scan::codes(&diagnostic)
        .status
        .filter(|own| !(is_delayed && own.class == 5 && field.is_some_and(|it| it.class == 4)));
    let status = own
        .filter(|status| status.is_specific())
        .or(field.filter(|status| status.is_specific() && *status != GENERIC))
        .or_else(|| {
            scan::codes(&about)
                .status
                .filter(|status| status.is_specific())
        })
        .or(field)
        .or(own);
    let action = action(group, status.or(field));
    // The text for people is only as good as a diagnostic where it quotes a server's reply.
    let words = if diagnostic.chars().any(char::is_alphabetic) {
        diagnostic.as_str()
    } else if scan::codes(&about).code.is_some() {
        about.as_str()
    } else {
        ""
    };
    let reason = match action {
        Action::Delivered | Action::Relayed | Action::Expanded => Reason::Delivered,
        Action::Failed | Action::Delayed => reason::judge(&Evidence {
            diagnostic: words,
            notice: &about,
            status,
        }),
    };
    if diagnostic.is_empty() {
        diagnostic = super::shortened(&about);
    }
    let kind = match action {
        Action::Failed | Action::Delayed => ReportKind::Bounce,
        Action::Delivered | Action::Relayed | Action::Expanded => ReportKind::None,
    };
    Report::new(kind, recipient, reason)
        .with_action(action)
        .with_status(status)
        .with_diagnostic(&diagnostic)
}

/// Sendmail's "protocol error" for whatever it did not understand.
const GENERIC: Status = Status {
    class: 5,
    subject: 5,
    detail: 0,
};

/// The diagnostic without its type.
fn diagnostic(group: &Group) -> String {
    let text = group.diagnostic.as_deref().unwrap_or_default();
    let text = match text.split_once(';') {
        Some((kind, rest)) if !kind.contains(' ') => rest,
        _ => text,
    };
    // The status field is where some servers put their only words.
    let text = match (text.trim(), group.status.as_deref()) {
        ("", Some(status)) if status.chars().filter(|c| c.is_alphabetic()).count() > 8 => status,
        (text, _) => text,
    };
    let end = text
        .char_indices()
        .map(|(at, _)| at)
        .find(|at| *at >= DIAGNOSTIC_BYTES);
    text.get(..end.unwrap_or(text.len()))
        .unwrap_or_default()
        .trim()
        .to_owned()
}

/// Lines of the notice that speak of one address, and what follows them up to the next address.
fn around(notice: &str, address: &str) -> String {
    let needle = address.to_lowercase();
    let mut kept = String::new();
    let mut speaking = false;
    for line in notice.lines() {
        let named = scan::addresses(line);
        if !named.is_empty() {
            speaking = named
                .iter()
                .any(|found| found.address.to_lowercase() == needle);
        } else if line.trim().is_empty() {
            speaking = false;
        }
        if speaking && kept.len() < DIAGNOSTIC_BYTES {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(Option<String>, Action, Option<String>, bool)> {
        reports(&groups(text), "")
            .into_iter()
            .map(|report| {
                (
                    report.recipient,
                    report.action.unwrap(),
                    report.status,
                    report.hard,
                )
            })
            .collect()
    }

    #[test]
    fn fields_are_read_in_any_order_and_spacing() {
        let wanted = vec![(
            Some("ann@example.org".to_owned()),
            Action::Failed,
            Some("5.1.1".to_owned()),
            true,
        )];
        for text in [
            "Reporting-MTA: dns; a.example\n\nFinal-Recipient: rfc822; ann@example.org\nAction: failed\nStatus: 5.1.1\n",
            "Status: 5.1.1 (unknown)\nFinal-Recipient: RFC822;<ann@example.org>\nAction: failed",
            "Final-Recipient: rfc822; ann@example.org\n\nAction: failed\n\nStatus: 5.1.1\n",
            "Final-recipient: ann@example.org\nDiagnostic-code: smtp; 550\n 5.1.1 nobody\n",
            "Original-Recipient: rfc822;ann@example.org\nFinal-Recipient: rfc822;box7@inner.example\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n",
            "> Final-Recipient: utf-8; ann@example.org\n> Action: failed\n> Status: 5.1.1",
            "Original-Recipient: rfc822;ann@example.org\nAction: error\nStatus: 5.1.1",
        ] {
            assert_eq!(read(text), wanted, "{text}");
        }
    }

    #[test]
    fn several_recipients_are_several_reports() {
        let text = "Reporting-MTA: dns; a\n\nFinal-Recipient: rfc822; a@example.org\nAction: failed\nStatus: 5.1.1\n\n\
                    Final-Recipient: rfc822; b@example.org\nAction: delayed\nStatus: 4.2.2\n\n\
                    Final-Recipient: rfc822; c@example.org\nAction: relayed\nStatus: 2.0.0\n";
        let got: Vec<_> = read(text)
            .into_iter()
            .map(|(who, action, _, hard)| (who.unwrap(), action, hard))
            .collect();
        assert_eq!(
            got,
            [
                ("a@example.org".to_owned(), Action::Failed, true),
                ("b@example.org".to_owned(), Action::Delayed, false),
                ("c@example.org".to_owned(), Action::Relayed, false),
            ]
        );
    }

    #[test]
    fn a_delay_is_never_hard() {
        let text = "Final-Recipient: rfc822; a@example.org\nAction: delayed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 User unknown";
        assert!(!read(text)[0].3);
    }

    #[test]
    fn an_action_is_read_however_it_is_written() {
        for (written, wanted) in [
            ("\n delayed", Action::Delayed),
            ("(x) delayed", Action::Delayed),
            ("\"delayed\"", Action::Delayed),
            ("delayed.", Action::Delayed),
            ("delayed (in queue)", Action::Delayed),
            ("\n\tdelivered", Action::Delivered),
            ("FAILED", Action::Failed),
        ] {
            let text = format!(
                "Final-Recipient: rfc822; a@example.org\nAction:{written}\nStatus: 4.1.1\n\
                 Diagnostic-Code: smtp; 550 5.1.1 user unknown\n"
            );
            let (_, action, _, hard) = read(&text).remove(0);
            assert_eq!(
                (action, hard),
                (wanted, wanted == Action::Failed),
                "{written:?}"
            );
        }
    }

    #[test]
    fn escapes_in_addresses_are_undone() {
        for (value, wanted) in [
            ("rfc822; ann+2Bnews@example.org", "ann+news@example.org"),
            ("utf-8; j\\x{FC}rgen@example.org", "jürgen@example.org"),
            ("rfc822;\"ann@example.org\" (Ann)", "ann@example.org"),
        ] {
            assert_eq!(address(value).as_deref(), Some(wanted), "{value}");
        }
        assert_eq!(address("x-unix; |/bin/catch"), None);
    }
}
