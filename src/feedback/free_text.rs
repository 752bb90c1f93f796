//! Bounces written for people, as mail servers without RFC 3464 write them: recipients and the words
//! about each, out of running text.
//!
//! Dozens of layouts share four habits: a notice stands before the returned mail; a failed address
//! begins a line or follows one of a few phrases; what is said about it stands behind it, up to the
//! next address; and the addresses of helpers stand on lines that say so. The tables are in `markers`.

use super::markers::{
    ARRIVALS, ASIDES, BODIES, DELAYS, FAILURES, HEADINGS, LEADS, LOSSES, RETURNED, SENDERS,
    SUBJECTS,
};
use super::message::Mail;
use super::patterns::{any_in, split};
use super::reason::{self, Evidence, Reason};
use super::{Action, Report, ReportKind, scan};

/// Recipients of one notice.
const MOST_RECIPIENTS: usize = 100;
/// Lines of a notice that are read: the longest transcripts have a few hundred.
const MOST_LINES: usize = 600;
/// Bytes of what is said about one address.
const SAID_BYTES: usize = 1_200;
/// Bytes of a notice that are compared with phrases.
const NOTICE_BYTES: usize = 16_000;

/// Whether the mail looks like a notice of a mail server.
pub(super) fn is_notice(mail: &Mail, texts: &[String]) -> bool {
    let from = mail.headers.decoded("from").to_lowercase();
    let subject = mail.headers.decoded("subject").to_lowercase();
    let text = texts.first().map_or("", |text| before_returned(text));
    let text = cut(text, NOTICE_BYTES).to_lowercase();
    let sender = any_in(&from, SENDERS);
    let titled = any_in(&subject, SUBJECTS);
    let said = any_in(&text, BODIES);
    let failed = mail.headers.get("x-failed-recipients").is_some();
    let unsigned = mail
        .headers
        .get("return-path")
        .is_some_and(|path| path.trim() == "<>");
    failed
        || (sender && (titled || said))
        || (titled && said)
        || (said && (unsigned || mail.returned().is_some()))
}

/// Whether a mail that looks like a notice says, in lower case, beyond doubt that something was not delivered.
pub(super) fn tells_of_a_failure(mail: &Mail, text: &str) -> bool {
    let codes = scan::codes(text);
    mail.headers.get("x-failed-recipients").is_some()
        || codes.code.is_some()
        || codes.status.is_some()
        || any_in(text, FAILURES)
}

/// Whether the text alone says so, at once and with an address, whoever sent it under whatever subject.
pub(super) fn says_so(texts: &[String]) -> bool {
    let text = texts.first().map_or("", |text| before_returned(text));
    let opening = cut(text, 700).to_lowercase();
    any_in(&opening, BODIES)
        && text
            .lines()
            .take(MOST_LINES)
            .any(|line| !scan::addresses(line).is_empty())
}

/// The text up to where the returned mail begins.
pub(super) fn before_returned(text: &str) -> &str {
    let mut at = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if number > 0 && begins_returned(line) {
            return text.get(..at).unwrap_or(text);
        }
        at += line.len();
    }
    text
}

/// As much of that as a notice needs.
pub(super) fn beginning(text: &str) -> &str {
    before_returned(cut(text, NOTICE_BYTES))
}

fn begins_returned(line: &str) -> bool {
    let trimmed = line.trim_start_matches(['>', ' ']).trim();
    if trimmed.len() > 120 || trimmed.len() < 5 {
        return false;
    }
    let lower = trimmed.to_lowercase();
    if [
        "received: from",
        "received: by",
        "received:from",
        "return-path:",
        "received: (qmail",
    ]
    .iter()
    .any(|field| lower.starts_with(field))
    {
        return true;
    }
    if any_in(&lower, HEADINGS) {
        return false;
    }
    if !any_in(&lower, RETURNED) {
        return false;
    }
    let ruled = ["---", "***", "===", "___"]
        .iter()
        .any(|rule| lower.starts_with(rule));
    let closes = lower.ends_with([':', '-', '*', '=', '_'])
        || lower.ends_with("follows.")
        || lower.ends_with("follow.")
        || lower.ends_with("following.");
    let opens = split(RETURNED).any(|phrase| lower.starts_with(phrase.as_ref()))
        || [
            "this is a copy",
            "below is a copy",
            "here is a copy",
            "included is",
            "the header",
            "the original message follows",
        ]
        .iter()
        .any(|phrase| lower.starts_with(phrase));
    ruled || closes || (opens && lower.len() < 80)
}

/// How sure a place in the text is that its address failed; smaller is surer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Begins,
    Follows,
    Reply,
    Anywhere,
}

#[derive(Debug)]
struct Mention {
    address: String,
    place: Place,
    line: usize,
}

/// One report for each recipient the notice names; one without recipient if it names nobody.
pub(super) fn reports(mail: &Mail, texts: &[String]) -> Vec<Report> {
    let whole = texts.first().map_or("", String::as_str);
    let first = before_returned(whole);
    let ours = ours(mail);
    let mut notice = first.to_owned();
    let mut mentions = mentions(&notice, &ours);
    if !mentions
        .iter()
        .any(|mention| mention.place < Place::Anywhere)
    {
        // Whoever writes to themselves is sender and recipient.
        let relaxed = self::mentions(&notice, &own(mail, &["from", "reply-to", "return-path"]));
        mentions.extend(
            relaxed
                .into_iter()
                .filter(|mention| mention.place < Place::Anywhere),
        );
    }
    // Some servers put their words into a second part, or behind a copy of their own headers.
    for other in texts.iter().skip(1).map(String::as_str).chain([whole]) {
        if mentions.is_empty() && other != first {
            other.clone_into(&mut notice);
            mentions = self::mentions(&notice, &ours);
            mentions.retain(|mention| mention.place < Place::Anywhere);
        }
    }
    let failed = failed_header(mail);
    let lines: Vec<&str> = notice.lines().take(MOST_LINES).collect();
    let mut recipients = if failed.is_empty() {
        best(&mentions)
    } else {
        failed
    };
    let named = !recipients.is_empty();
    if !named {
        let reader = super::returned_reader(mail);
        recipients.extend(reader.filter(|reader| !ours.contains(&reader.to_lowercase())));
    }
    let about_all = transcript(mail, &notice);
    if recipients.is_empty() {
        return vec![report(None, &notice, &about_all)];
    }
    let alone = recipients.len() == 1;
    let is_ours = super::own_delivery(mail).is_some();
    let told = Told::of(&notice);
    recipients
        .into_iter()
        .take(MOST_RECIPIENTS)
        .map(|address| {
            let said = said_about(&address, &mentions, &lines);
            let around = if alone { about_all.as_str() } else { "" };
            report(Some(address), &said, around)
        })
        .map(|mut report| {
            // Headers say whom a mail was for, not who of them failed, unless the mail is ours.
            report.hard &= named || is_ours;
            told.about(report)
        })
        .collect()
}

fn report(recipient: Option<String>, said: &str, notice: &str) -> Report {
    let status = scan::codes(said)
        .status
        .or_else(|| scan::codes(notice).status);
    let reason = reason::judge(&Evidence {
        diagnostic: said,
        notice,
        status,
    });
    let diagnostic = if said.trim().is_empty() { notice } else { said };
    Report::new(ReportKind::Bounce, recipient, reason)
        .with_action(Action::Failed)
        .with_status(status)
        .with_diagnostic(diagnostic)
}

/// What a notice says of all its recipients, if they did not fail.
#[derive(Clone, Copy)]
struct Told {
    is_delayed: bool,
    has_arrived: bool,
}

impl Told {
    fn of(notice: &str) -> Self {
        let text = scan::plain(cut(notice, NOTICE_BYTES));
        Self {
            is_delayed: any_in(&text, DELAYS),
            has_arrived: any_in(&text, ARRIVALS) && !any_in(&text, LOSSES),
        }
    }

    fn about(self, report: Report) -> Report {
        if self.is_delayed {
            return report.with_action(Action::Delayed);
        }
        let status = report.status.as_deref();
        let is_lost = report.hard || status.is_some_and(|status| !status.starts_with('2'));
        if !self.has_arrived || is_lost {
            return report;
        }
        Report {
            kind: ReportKind::None,
            reason: Reason::Delivered,
            ..report.with_action(Action::Delivered)
        }
    }
}

/// The notice, and server replies in the returned part, where gateways bury them.
fn transcript(mail: &Mail, notice: &str) -> String {
    let mut text = cut(notice, NOTICE_BYTES).to_owned();
    let returned = mail
        .returned()
        .map_or("", |part| cut(&part.text, NOTICE_BYTES));
    for line in returned
        .lines()
        .filter(|line| line.trim_start().starts_with("<<< "))
    {
        text.push('\n');
        text.push_str(line);
    }
    text
}

/// Addresses that are ours or the notice's own.
fn ours(mail: &Mail) -> Vec<String> {
    let names = [
        "to",
        "from",
        "delivered-to",
        "reply-to",
        "return-path",
        "errors-to",
    ];
    let mut ours = own(mail, &names);
    if let Some(part) = mail.returned() {
        let headers = super::Headers::parse(part.text.trim_start());
        let from = headers.get("from").unwrap_or_default();
        ours.extend(
            scan::addresses(from)
                .into_iter()
                .map(|found| found.address.to_lowercase()),
        );
    }
    ours
}

/// Addresses in some of the notice's headers.
fn own(mail: &Mail, names: &[&str]) -> Vec<String> {
    names
        .iter()
        .flat_map(|name| mail.headers.all(name))
        .take(20)
        .flat_map(scan::addresses)
        .map(|found| found.address.to_lowercase())
        .collect()
}

/// Exim and Gmail name the failed addresses in a header.
fn failed_header(mail: &Mail) -> Vec<String> {
    let mut failed: Vec<String> = Vec::new();
    for value in mail.headers.all("x-failed-recipients") {
        for found in scan::addresses(value) {
            if !failed.contains(&found.address) {
                failed.push(found.address);
            }
        }
    }
    failed
}

fn mentions(notice: &str, ours: &[String]) -> Vec<Mention> {
    let mut mentions = Vec::new();
    for (number, line) in notice.lines().take(MOST_LINES).enumerate() {
        let found = scan::addresses(line);
        if found.is_empty() {
            continue;
        }
        for (order, found) in found.into_iter().take(8).enumerate() {
            let lower = found.address.to_lowercase();
            let place = place(line, &found, order);
            let aside = place > Place::Begins && is_aside(line, &found);
            if aside || ours.contains(&lower) || is_id(&found.address) {
                continue;
            }
            mentions.push(Mention {
                address: found.address,
                place,
                line: number,
            });
        }
        if mentions.len() > MOST_RECIPIENTS * 8 {
            break;
        }
    }
    mentions
}

/// Where in its line an address stands.
fn place(line: &str, found: &scan::Found, order: usize) -> Place {
    let before = line.get(..found.start).unwrap_or_default();
    let after = line.get(found.end..).unwrap_or_default();
    let lead = before.trim_start_matches(|c: char| c.is_whitespace() || "<\"'(>*-•–[".contains(c));
    let lead = lead.trim_end_matches(['<', '"', '\'', '(', '[', ' ', '\t']);
    let lower = lead.to_lowercase();
    if before.trim_start().starts_with(">>> ") || before.trim_start().starts_with("<<< ") {
        return Place::Reply;
    }
    let kinds = [
        "smtp", "rfc822", "mailto", "to", "internet", "smtp:", "rfc822;", "mailto:", "to:",
    ];
    if order == 0 && (lead.is_empty() || kinds.contains(&lower.as_str())) && !after.starts_with('/')
    {
        return Place::Begins;
    }
    if lower
        .split_whitespace()
        .last()
        .is_some_and(|word| scan::code_word(word).is_some() || scan::status_word(word).is_some())
    {
        return Place::Reply;
    }
    let phrase_end = lower.trim_end_matches([':', ' ']);
    if split(LEADS)
        .any(|phrase| lower.ends_with(phrase.as_ref()) || phrase_end.ends_with(phrase.as_ref()))
    {
        return Place::Follows;
    }
    if lower.starts_with("user ") || after.trim_start_matches(['>', ')', '"']).starts_with("...") {
        return Place::Reply;
    }
    Place::Anywhere
}

/// Whether the line speaks of helpers or senders before the address.
fn is_aside(line: &str, found: &scan::Found) -> bool {
    let before = line.get(..found.start).unwrap_or_default().to_lowercase();
    any_in(&before, ASIDES)
}

/// Message-IDs look like addresses: a long local part, mostly digits.
fn is_id(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default();
    let digits = local.chars().filter(char::is_ascii_digit).count();
    local.len() > 24 && digits * 2 > local.len()
}

/// People answer these; they rarely are whom a mail was for.
fn is_helper(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default().to_lowercase();
    [
        "postmaster",
        "mailer-daemon",
        "abuse",
        "support",
        "helpdesk",
        "webmaster",
        "hostmaster",
        "noreply",
        "no-reply",
        "root",
        "admin",
    ]
    .contains(&local.as_str())
}

/// The addresses in the surest places, helpers only if nobody else stands there.
fn best(mentions: &[Mention]) -> Vec<String> {
    for helpers in [false, true] {
        let fit = |mention: &&Mention| is_helper(&mention.address) == helpers;
        let Some(surest) = mentions
            .iter()
            .filter(fit)
            .map(|mention| mention.place)
            .min()
        else {
            continue;
        };
        if helpers && surest > Place::Follows {
            return Vec::new();
        }
        let mut chosen: Vec<String> = Vec::new();
        for mention in mentions
            .iter()
            .filter(fit)
            .filter(|mention| mention.place == surest)
        {
            let known = chosen
                .iter()
                .any(|address| address.eq_ignore_ascii_case(&mention.address));
            if !known {
                chosen.push(mention.address.clone());
            }
            // Running text names many; only the first of them is what it is about.
            if surest == Place::Anywhere {
                break;
            }
        }
        return chosen;
    }
    Vec::new()
}

/// The lines from each mention of an address up to where another address has its turn.
fn said_about(address: &str, mentions: &[Mention], lines: &[&str]) -> String {
    let mut said = String::new();
    let mut until = 0;
    for mention in mentions
        .iter()
        .filter(|mention| mention.address.eq_ignore_ascii_case(address))
    {
        if mention.line < until {
            continue;
        }
        let next = mentions
            .iter()
            .filter(|other| {
                other.line > mention.line && !other.address.eq_ignore_ascii_case(address)
            })
            .map(|other| other.line)
            .min()
            .unwrap_or(lines.len());
        let (from, next) = match mention.place {
            Place::Reply => reply_lines(lines, mention.line, next),
            Place::Begins | Place::Follows | Place::Anywhere => (mention.line, next),
        };
        for line in lines.get(from..next).unwrap_or_default() {
            if said.len() + line.len() > SAID_BYTES {
                break;
            }
            said.push_str(line);
            said.push('\n');
        }
        until = next;
    }
    said
}

/// The lines of a transcript that belong to the reply at `line`: what the server said just before, and
/// what goes on behind it. The line after that may be about the next recipient's machine.
fn reply_lines(lines: &[&str], line: usize, next: usize) -> (usize, usize) {
    let text = |number: usize| lines.get(number).copied().unwrap_or_default();
    let said = |number: usize| text(number).trim_start().starts_with("<<<");
    let from = if line > 0 && said(line - 1) {
        line - 1
    } else {
        line
    };
    let own = text(line);
    let explains = !own.trim_start().starts_with(">>>")
        && own
            .rsplit(['>', ')'])
            .next()
            .is_some_and(|rest| rest.trim().len() >= 10);
    if !explains {
        return (from, next);
    }
    let follows = |number: &usize| said(*number) || text(*number).starts_with([' ', '\t']);
    let more = (line + 1..next).take_while(follows).count();
    (from, line + 1 + more)
}

fn cut(text: &str, bytes: usize) -> &str {
    let end = text
        .char_indices()
        .map(|(at, _)| at)
        .find(|at| *at >= bytes);
    text.get(..end.unwrap_or(text.len())).unwrap_or(text)
}
