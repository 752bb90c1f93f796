//! The header section, as the standards and the large mail services want it.
//!
//! Sources: RFC 5322, RFC 2369, RFC 2919, RFC 8058, and the sender rules of Google, Yahoo and Microsoft.

use url::Url;

use super::Checking;
use super::finding::Findings;
use super::mail::Written;
use crate::config::Check;
use crate::preflight::dkim::tags;

/// Fields of which there has to be one, no more and no less.
const ONCE: [&str; 8] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "List-Id",
];
/// Octets of a line without its end (RFC 5322 section 2.1.1).
const LONGEST_LINE: usize = 998;
/// Seconds by which Date may differ from now.
const DATE: i64 = 600;

pub(super) fn check(checking: &Checking<'_>, written: &Written) -> Findings {
    let mut findings = Findings::default();
    if written.message.is_empty() {
        let message = "not looked at, since the mail is too large to be written";
        for check in [Check::Headers, Check::ListUnsubscribe, Check::DkimSignature] {
            findings.look_at(check, "headers", message);
        }
        return findings;
    }
    form(&mut findings, written);
    identity(&mut findings, checking, written);
    leaving(&mut findings, written);
    signature(&mut findings, written);
    findings.or_pass(Check::Headers, "headers", "as the standards want them");
    let leave = written.values("List-Unsubscribe");
    let words = if leave.iter().any(|it| it.contains("<https://")) {
        "one https address, with List-Unsubscribe-Post"
    } else {
        "one address, with List-Unsubscribe-Post; that it is plain http is told above"
    };
    findings.or_pass(Check::ListUnsubscribe, "List-Unsubscribe", words);
    findings
}

fn form(findings: &mut Findings, written: &Written) {
    for name in ONCE {
        let count = written.values(name).len();
        if count != 1 {
            let message = format!(
                "the header stands there {count} times, and services refuse mail with other than one"
            );
            findings.fail(Check::Headers, name, message);
        }
    }
    let bytes = &written.message;
    let longest = bytes.split(|byte| *byte == b'\n').map(<[u8]>::len).max();
    if longest.is_some_and(|it| it > LONGEST_LINE + 1) {
        findings.fail(
            Check::Headers,
            "message",
            format!("a line is longer than {LONGEST_LINE} characters"),
        );
    }
    let bare = bytes
        .windows(2)
        .any(|two| (two[0] != b'\r') && two[1] == b'\n')
        || bytes
            .windows(2)
            .any(|two| two[0] == b'\r' && two[1] != b'\n');
    if bare || bytes.contains(&0) {
        findings.fail(
            Check::Headers,
            "message",
            "a line does not end with CRLF, or a NUL stands in it",
        );
    }
    if !bytes.is_ascii() {
        findings.fail(
            Check::Headers,
            "message",
            "it holds bytes that are no ASCII, unencoded",
        );
    }
    if written
        .kinds
        .first()
        .is_none_or(|kind| kind != "multipart/alternative")
        || written.kinds.get(1).is_none_or(|kind| kind != "text/plain")
        || written.kinds.get(2).is_none_or(|kind| kind != "text/html")
    {
        let message = format!(
            "the parts are {}: text first, html last is wanted",
            written.kinds.join(", ")
        );
        findings.fail(Check::Headers, "Content-Type", message);
    }
}

fn identity(findings: &mut Findings, checking: &Checking<'_>, written: &Written) {
    let now = checking.subject.clock.now().as_second();
    let date = written.values("Date").first().and_then(|text| {
        let parser = jiff::fmt::rfc2822::DateTimeParser::new();
        parser.parse_timestamp(text).ok()
    });
    if date.is_none_or(|date| (date.as_second() - now).abs() > DATE) {
        findings.fail(Check::Headers, "Date", "it is no date of now");
    }
    let id = written.values("Message-ID");
    let domain = id
        .first()
        .and_then(|id| id.strip_prefix('<')?.strip_suffix('>')?.split_once('@'));
    if domain.is_none_or(|(left, right)| left.is_empty() || right.is_empty()) {
        findings.fail(Check::Headers, "Message-ID", "it is no <unique@domain>");
    }
    let from = written.values("From");
    if from.first().is_none_or(|from| {
        !from
            .to_ascii_lowercase()
            .contains(&format!("@{}", checking.sender.domain()).to_ascii_lowercase())
    }) {
        findings.fail(
            Check::Headers,
            "From",
            "it is not the address of delivery.from",
        );
    }
    let own = ["noreply", "no-reply", "donotreply", "do-not-reply"];
    let address = checking.sender.address().to_ascii_lowercase();
    if own.iter().any(|name| address.starts_with(name)) && written.values("Reply-To").is_empty() {
        let message = "nobody reads answers to this address, which Microsoft and readers mind: name one in \
                       delivery.reply_to";
        findings.look_at(Check::Headers, "delivery.from", message);
    }
}

fn leaving(findings: &mut Findings, written: &Written) {
    const PLACE: &str = "List-Unsubscribe";
    let values = written.values(PLACE);
    let [value] = values.as_slice() else {
        let message = format!(
            "the header stands there {} times instead of once",
            values.len()
        );
        findings.fail(Check::ListUnsubscribe, PLACE, message);
        return;
    };
    let addresses: Vec<_> = value
        .split(',')
        .filter_map(|it| it.trim().strip_prefix('<')?.strip_suffix('>'))
        .collect();
    let web: Vec<_> = addresses
        .iter()
        .filter_map(|it| Url::parse(it).ok())
        .collect();
    let secure = web.iter().filter(|it| it.scheme() == "https").count();
    let plain = web.iter().filter(|it| it.scheme() == "http").count();
    // That links.base_url is in plain http is said once, where it is mended.
    if secure + plain != 1 {
        let message = format!(
            "it has {} web addresses instead of one (RFC 8058)",
            secure + plain
        );
        findings.fail(Check::ListUnsubscribe, PLACE, message);
    }
    if !web.iter().any(|it| it.scheme() == "mailto") {
        let message =
            "it has no mailto: address, which some programs need: set delivery.unsubscribe_address";
        findings.look_at(Check::ListUnsubscribe, PLACE, message);
    }
    if written.values("List-Unsubscribe-Post") != ["List-Unsubscribe=One-Click"] {
        let message =
            "it is not \"List-Unsubscribe=One-Click\", so mail programs show no button (RFC 8058)";
        findings.fail(Check::ListUnsubscribe, "List-Unsubscribe-Post", message);
    }
}

/// What the signatures cover. That there is none, or with the wrong key, is for `dkim.rs` to say.
fn signature(findings: &mut Findings, written: &Written) {
    const PLACE: &str = "DKIM-Signature";
    let signatures = written.values(PLACE);
    if signatures.is_empty() {
        return;
    }
    for signature in signatures {
        let tags = tags(signature).unwrap_or_default();
        let tag = |name: &str| {
            let found = tags.iter().find(|(known, _)| *known == name);
            found.map_or("", |(_, value)| value)
        };
        let covered = tag("h").to_ascii_lowercase();
        let covered: Vec<_> = covered.split(':').map(str::trim).collect();
        let wanted = [
            "from",
            "to",
            "subject",
            "date",
            "message-id",
            "list-unsubscribe",
            "list-unsubscribe-post",
        ];
        let missing: Vec<_> = wanted
            .into_iter()
            .filter(|name| !covered.contains(name))
            .collect();
        if !missing.is_empty() {
            let message = format!("it does not cover {}", missing.join(", "));
            findings.fail(Check::DkimSignature, PLACE, message);
        }
        if !tag("l").is_empty() {
            findings.fail(
                Check::DkimSignature,
                PLACE,
                "it covers only the beginning (\"l=\")",
            );
        }
    }
    findings.or_pass(
        Check::DkimSignature,
        PLACE,
        "it covers sender, subject and the way to leave",
    );
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    const HEAD: &str = "From: Tarn <digest@tarn.example>\r\nTo: reader@example.org\r\nSubject: Wall\r\n\
        Date: Sat, 28 Nov 2026 19:00:00 +0000\r\nMessage-ID: <1@tarn.example>\r\nMIME-Version: 1.0\r\n\
        List-Id: <daily.tarn.example>\r\nContent-Type: multipart/alternative; boundary=b\r\n\
        List-Unsubscribe: <https://go.tarn.example/u/x>, <mailto:u@tarn.example>\r\n\
        List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n";

    /// What is said of a message that has something else in its head.
    fn said(from: &str, to: &str) -> Vec<(Severity, String)> {
        let head = HEAD.replace(from, to);
        let message = format!("{head}\r\nbody\r\n");
        let fields = head.split("\r\n").filter_map(|it| it.split_once(": "));
        let written = Written {
            head: fields
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            message: message.into_bytes(),
            kinds: ["multipart/alternative", "text/plain", "text/html"]
                .map(str::to_owned)
                .to_vec(),
            ..Written::default()
        };
        let mut findings = Findings::default();
        form(&mut findings, &written);
        leaving(&mut findings, &written);
        signature(&mut findings, &written);
        let all = findings
            .into_vec()
            .into_iter()
            .filter(|it| it.severity != Severity::Pass);
        all.map(|it| (it.severity, it.message)).collect()
    }

    #[test]
    fn each_mistake_of_the_head_is_named() {
        assert_eq!(said("", ""), []);
        for (from, to, severity, words) in [
            ("Subject: Wall\r\n", "", Severity::Fail, "0 times"),
            (
                "Subject: Wall\r\n",
                "Subject: a\r\nSubject: b\r\n",
                Severity::Fail,
                "2 times",
            ),
            (
                "Subject: Wall\r\n",
                "Subject: W\u{e4}ll\r\n",
                Severity::Fail,
                "no ASCII",
            ),
            (
                "Subject: Wall\r\n",
                "Subject: Wall\r\nX: a\n b\r\n",
                Severity::Fail,
                "CRLF",
            ),
            (", <mailto:u@tarn.example>", "", Severity::LookAt, "mailto:"),
            (
                "<https://go.tarn.example/u/x>, ",
                "",
                Severity::Fail,
                "0 web addresses",
            ),
            (
                "<https://go.tarn.example/u/x>",
                "<https://a.example/>, <https://b.example/>",
                Severity::Fail,
                "2 web",
            ),
            (
                "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
                "",
                Severity::Fail,
                "no button",
            ),
        ] {
            let found = said(from, to);
            assert_eq!(found.len(), 1, "{to}: {found:?}");
            assert_eq!(found[0].0, severity, "{to}");
            assert!(found[0].1.contains(words), "{to}: {found:?}");
        }
        let signed = |tags: &str| format!("DKIM-Signature: v=1; {tags}\r\nSubject: Wall\r\n");
        let all = "from:to:subject:date:message-id:list-unsubscribe";
        for (tags, words) in [
            (format!("h={all}:list-unsubscribe-post"), None),
            (
                format!("h={all}"),
                Some("does not cover list-unsubscribe-post"),
            ),
            (
                format!("h={all}:list-unsubscribe-post; l=100"),
                Some("only the beginning"),
            ),
        ] {
            let found = said("Subject: Wall\r\n", &signed(&tags));
            assert_eq!(
                found.len(),
                usize::from(words.is_some()),
                "{tags}: {found:?}"
            );
            let told = found.first().map_or("", |it| &it.1);
            assert!(told.contains(words.unwrap_or("")), "{tags}: {told}");
        }
        let long = format!("Subject: {}\r\n", "x".repeat(1000));
        let found = said("Subject: Wall\r\n", &long);
        assert!(
            found.iter().any(|it| it.1.contains("longer than 998")),
            "{found:?}"
        );
    }
}
