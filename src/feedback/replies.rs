//! What mail servers said while the mail was handed over: the first and surest bounces.
//!
//! The ledger knows of a refused copy that it is not to be tried again; what the words mean for the reader is
//! judged here, by the same rules as a notice. Each reply is written as the notice that the relay would have sent
//! had it refused later, so that it is kept, shown, replayed and forgotten as all others are.

use super::apply::{self, Applied, Grounds};
use super::original::Original;
use super::store::replies::{self, Ended};
use super::webhooks::Told;
use super::{Report, ReportKind};
use crate::clock::Clock;
use crate::database::{Database, Error};
use crate::delivery::reply::Reply;

/// Replies judged in one transaction.
const PAGE: i64 = 200;
/// How old an edition may be whose replies are still judged: a process may have died before it did.
const MOST_SECONDS: i64 = 7 * 86_400;

/// Judges the replies that refused copies of the last days' editions and acts on them, each once; safe to
/// repeat, to kill, and to do twice at once.
///
/// # Errors
/// When the database refuses; replies before that are done.
pub async fn apply(
    database: &Database,
    grounds: &Grounds,
    clock: &Clock,
) -> Result<Vec<Applied>, Error> {
    // A reply is known by its report: none may be older than these are kept.
    let days = MOST_SECONDS.min(grounds.config.keep.as_seconds());
    let since = clock.unix() - days;
    let mut after = String::new();
    let mut all = Vec::new();
    loop {
        let mut reader = database.reader().await?;
        let page = replies::page(&mut reader, (since, &after), PAGE).await?;
        drop(reader);
        let Some(last) = page.last() else {
            return Ok(all);
        };
        after.clone_from(&last.id);
        let events = page.iter().map(told).collect();
        all.extend(apply::told(database, events, (grounds, clock)).await?);
    }
}

/// A reply as the event it is.
fn told(ended: &Ended) -> Told {
    let text = notice(ended);
    let mut reports = super::read(text.as_bytes());
    let mut report = match reports.len() {
        1 => reports.remove(0),
        _ => Report::nothing(),
    };
    if report.kind == ReportKind::Bounce {
        report.recipient = Some(ended.address.clone());
        report.hard |= report.would_be_hard();
    }
    report.delivery = Some(ended.id.clone());
    Told {
        report,
        original: Original::of_reply(&ended.id, text),
    }
}

/// The notice of RFC 3464 that says what a reply said.
fn notice(ended: &Ended) -> String {
    let Ended {
        id,
        edition,
        address,
        reply,
    } = ended;
    let reply = &reply.split_whitespace().collect::<Vec<_>>().join(" ");
    let (code, text) = reply.split_once(' ').unwrap_or((reply, ""));
    let parsed = code.parse().ok().map(|code| Reply {
        code,
        text: text.to_owned(),
    });
    let status = parsed.as_ref().and_then(Reply::enhanced);
    let status = match (status, code.starts_with('4')) {
        (Some((class, subject, detail)), _) => format!("{class}.{subject}.{detail}"),
        (None, true) => "4.0.0".to_owned(),
        (None, false) => "5.0.0".to_owned(),
    };
    let kind = if address.is_ascii() {
        "rfc822"
    } else {
        "utf-8"
    };
    format!(
        "From: MAILER-DAEMON\nSubject: Refused while edition {edition} was sent\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"reply\"\n\n\
         --reply\nContent-Type: text/plain; charset=utf-8\n\n\
         Delivery {id} of edition {edition}.\n\
         In answer to our RCPT TO for <{address}>: {reply}\n\n\
         --reply\nContent-Type: message/delivery-status\n\n\
         Reporting-MTA: dns; courant\n\n\
         Final-Recipient: {kind}; {address}\nAction: failed\nStatus: {status}\n\
         Diagnostic-Code: smtp; {reply}\n\n--reply--\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feedback::Reason;
    use crate::feedback::policy::{Decision, decide};

    fn said(reply: &str) -> Report {
        let ended = Ended {
            id: "d0123456789abcdef01234567".to_owned(),
            edition: "daily-2026-11-29".to_owned(),
            address: "ann@example.org".to_owned(),
            reply: reply.to_owned(),
        };
        told(&ended).report
    }

    #[test]
    fn a_reply_is_judged_as_a_notice_is() {
        for (reply, reason, hard) in [
            ("550 5.1.1 no such user", Reason::UserUnknown, true),
            ("550 nope", Reason::UserUnknown, true),
            ("556 5.1.10 null MX", Reason::NotAccepting, true),
            ("552 5.2.2 over quota", Reason::MailboxFull, false),
            ("452 4.2.2 mailbox full", Reason::MailboxFull, false),
            (
                "550 5.2.1 the account is inactive",
                Reason::Suspended,
                false,
            ),
            ("550 blocked using zen.spamhaus.org", Reason::Blocked, false),
            ("550 sender verify failed", Reason::Rejected, false),
        ] {
            let report = said(reply);
            let got = (report.kind, report.reason, report.hard);
            assert_eq!(got, (ReportKind::Bounce, reason, hard), "{reply}");
            assert_eq!(report.recipient.as_deref(), Some("ann@example.org"));
            let is_disabled = report.status.as_deref() == Some("5.2.1");
            assert_eq!(
                matches!(decide(&report), Decision::Suppress(..)),
                hard || is_disabled,
                "{reply}"
            );
        }
    }

    #[test]
    fn any_letters_in_an_address_come_through() {
        let ended = Ended {
            id: "d0123456789abcdef01234567".to_owned(),
            edition: "daily-2026-11-29".to_owned(),
            address: "jürgen@exämple.org".to_owned(),
            reply: "550 5.1.1 niemand".to_owned(),
        };
        let read = crate::feedback::read(notice(&ended).as_bytes());
        let wanted = courant_subscribers::EmailAddress::parse(&ended.address).unwrap();
        let got = read[0].recipient.as_deref().unwrap();
        let got = courant_subscribers::EmailAddress::parse(got).unwrap();
        assert_eq!(got.key(), wanted.key());
    }
}
