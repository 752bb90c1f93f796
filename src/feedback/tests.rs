//! Whole messages, and bytes that are none.

use proptest::prelude::*;

use super::*;

fn fixture(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/bounces/");
    std::fs::read(format!("{folder}{name}.eml")).unwrap()
}

type Told = (&'static str, ReportKind, bool, &'static str, Reason);

const ANN: &str = "ann@example.org";
const BOB: &str = "bob@example.net";
const KIM: &str = "kim@example.org";

/// Each fixture and what it says: recipient, kind, hard, status, reason.
fn table() -> Vec<(&'static str, Vec<Told>)> {
    use ReportKind::{AutoReply, Bounce, Complaint, None as Nothing};
    vec![
        (
            "arf-abuse",
            vec![(ANN, Complaint, false, "", Reason::Abuse)],
        ),
        (
            "arf-without-report",
            vec![(ANN, Complaint, false, "", Reason::Abuse)],
        ),
        (
            "delayed",
            vec![(ANN, Bounce, false, "4.1.1", Reason::UserUnknown)],
        ),
        (
            "delivered",
            vec![(ANN, Nothing, false, "2.0.0", Reason::Delivered)],
        ),
        (
            "exchange-german",
            vec![(ANN, Bounce, true, "", Reason::UserUnknown)],
        ),
        ("exim", vec![(ANN, Bounce, false, "5.7.1", Reason::Blocked)]),
        (
            "exim-after-data",
            vec![(ANN, Bounce, false, "", Reason::Filtered)],
        ),
        (
            "forwarded",
            vec![(KIM, Bounce, true, "5.1.1", Reason::UserUnknown)],
        ),
        (
            "global-two-recipients",
            vec![
                (
                    "jürgen@xn--bcher-kva.example",
                    Bounce,
                    false,
                    "5.2.2",
                    Reason::MailboxFull,
                ),
                (
                    "bea@example.net",
                    Bounce,
                    true,
                    "5.1.2",
                    Reason::HostUnknown,
                ),
            ],
        ),
        (
            "gmail-words",
            vec![(ANN, Bounce, false, "5.2.3", Reason::TooLarge)],
        ),
        ("letter", vec![("", Nothing, false, "", Reason::Undefined)]),
        ("notes", vec![(ANN, Bounce, true, "", Reason::UserUnknown)]),
        (
            "postfix-unknown",
            vec![(ANN, Bounce, true, "5.1.1", Reason::UserUnknown)],
        ),
        (
            "qmail",
            vec![
                (ANN, Bounce, true, "5.1.1", Reason::UserUnknown),
                (BOB, Bounce, false, "5.2.2", Reason::MailboxFull),
            ],
        ),
        (
            "sendmail-old",
            vec![
                (ANN, Bounce, true, "", Reason::HostUnknown),
                (BOB, Bounce, false, "5.7.1", Reason::Blocked),
            ],
        ),
        (
            "unnamed",
            vec![(ANN, Bounce, false, "", Reason::UserUnknown)],
        ),
        (
            "vacation",
            vec![(ANN, AutoReply, false, "", Reason::Vacation)],
        ),
        (
            "wrapped-by-gateway",
            vec![(KIM, Bounce, true, "5.1.6", Reason::HasMoved)],
        ),
    ]
}

#[test]
fn each_layout_says_what_it_says() {
    for (name, wanted) in table() {
        let reports = read(&fixture(name));
        let got: Vec<_> = reports
            .iter()
            .map(|report| {
                (
                    report.recipient.as_deref().unwrap_or_default(),
                    report.kind,
                    report.hard,
                    report.status.as_deref().unwrap_or_default(),
                    report.reason,
                )
            })
            .collect();
        assert_eq!(got, wanted, "{name}");
    }
}

#[test]
fn our_own_message_id_names_the_delivery() {
    for (name, wanted) in [
        ("postfix-unknown", Some("0123456789abcdef01234567")),
        ("arf-abuse", Some("0123456789abcdef01234567")),
        ("unnamed", None),
    ] {
        assert_eq!(
            read(&fixture(name))[0].delivery.as_deref(),
            wanted,
            "{name}"
        );
    }
}

#[test]
fn line_ends_do_not_matter() {
    for (name, _) in table() {
        let raw = fixture(name);
        let text = String::from_utf8(raw.clone()).unwrap();
        let crlf = text.replace('\n', "\r\n");
        let (ours, theirs) = (read(&raw), read(crlf.as_bytes()));
        assert_eq!(ours.len(), theirs.len(), "{name}");
        for (a, b) in ours.iter().zip(&theirs) {
            assert_eq!(
                (&a.recipient, a.hard, a.reason),
                (&b.recipient, b.hard, b.reason),
                "{name}"
            );
        }
    }
}

#[test]
fn large_and_deep_messages_end() {
    let head = "From: mailer-daemon@a.example\nSubject: failure notice\n\nunable to deliver\n";
    for body in [
        "a@b.example ".repeat(200_000),
        "<a@b.example>:\n".repeat(150_000),
        "@".repeat(2_500_000),
        "x".repeat(2_500_000),
        "550 5.1.1 ".repeat(250_000),
        "Final-Recipient: rfc822; a@b.example\nAction: failed\n\n".repeat(40_000),
        "\\x{".repeat(500_000),
        "user ".repeat(400_000),
    ] {
        assert!(!read(format!("{head}{body}").as_bytes()).is_empty());
        let report = "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; ";
        assert!(!read(format!("{report}{body}").as_bytes()).is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_are_reports(raw in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        prop_assert!(!read(&raw).is_empty());
    }

    #[test]
    fn any_body_of_a_notice_is_reports(body in "(?s).{0,400}") {
        let raw = format!("From: mailer-daemon@a.example\nSubject: failure notice\n\nundeliverable\n{body}");
        let reports = read(raw.as_bytes());
        prop_assert!(!reports.is_empty());
    }

    #[test]
    fn damaged_notices_are_reports(
        number in 0_usize..18,
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        end in any::<prop::sample::Index>(),
    ) {
        let seeds = table();
        let mut raw = fixture(seeds[number % seeds.len()].0);
        for (at, byte) in cuts {
            let at = at.index(raw.len());
            raw[at] = byte;
        }
        raw.truncate(end.index(raw.len()) + 1);
        for report in read(&raw) {
            prop_assert!(!report.hard || report.recipient.is_some());
            prop_assert!(!report.hard || report.action == Some(Action::Failed));
        }
    }
}
