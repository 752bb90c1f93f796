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

#[test]
fn a_mail_of_ours_that_was_forwarded_is_about_its_reader() {
    let text = "From: Mail Delivery System <Mailer-Daemon@mx.example>\nTo: bounces@news.example\n\
        Subject: Mail delivery failed: returning message to sender\n\
        X-Failed-Recipients: hidden@forward.example\n\n\
        A message that you sent could not be delivered to one or more of its recipients.\n\n  \
        hidden@forward.example\n    (generated from ann@example.org)\n    \
        550 5.1.1 User unknown\n\n\
        ------ This is a copy of the message, including all the headers. ------\n\n\
        From: news@news.example\nTo: ann@example.org\nMessage-ID: <ID@news.example>\n\nHello\n";
    let of = |id: &str| {
        let reports = read(text.replace("ID@", &format!("{id}@")).as_bytes());
        (reports[0].recipient.clone().unwrap(), reports[0].hard)
    };
    let ours = of("8f8330496e2de55a659de7ac");
    assert_eq!(ours, ("ann@example.org".to_owned(), true));
    assert_eq!(of("elsewhere").0, "hidden@forward.example");
}

#[test]
fn what_is_said_of_us_is_not_held_against_the_reader() {
    for (words, status, hard) in [
        (
            "550 Requested action not taken: mailbox unavailable invalid DNS MX or A/AAAA resource record",
            "5.0.0",
            false,
        ),
        (
            "550-Requested action not taken: mailbox unavailable 550 Sender address has null MX",
            "5.0.0",
            false,
        ),
        (
            "550-Requested action not taken: mailbox unavailable 550-Reject due to policy restrictions.",
            "5.0.0",
            false,
        ),
        (
            "550 it does not accept mail from you (sender blocked)",
            "5.0.0",
            false,
        ),
        (
            "550 Requested action not taken: mailbox unavailable",
            "5.0.0",
            true,
        ),
        (
            "550 5.2.1 This mailbox has been blocked due to inactivity",
            "5.2.1",
            false,
        ),
    ] {
        let text = format!(
            "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; ann@example.org\n\
             Action: failed\nStatus: {status}\nDiagnostic-Code: smtp; {words}\n"
        );
        let report = &read(text.as_bytes())[0];
        assert_eq!(
            (report.kind, report.hard),
            (ReportKind::Bounce, hard),
            "{words}"
        );
        assert_eq!(
            report.reason.is_about_us(),
            !hard && !words.contains("inactivity"),
            "{words}"
        );
    }
}

#[test]
fn exchange_speaks_many_languages() {
    for (subject, lead, words) in [
        (
            "Non recapitabile: x",
            "Impossibile recapitare il messaggio ai seguenti destinatari:",
            "L'indirizzo di posta elettronica immesso non è stato trovato.",
        ),
        (
            "Olevererbart: x",
            "Det gick inte att leverera till följande mottagare eller grupper:",
            "Den e-postadress du angav kunde inte hittas.",
        ),
        (
            "Kan ikke leveres: x",
            "Levering til følgende modtagere eller grupper mislykkedes:",
            "Den angivne mailadresse blev ikke fundet.",
        ),
        (
            "Nie można dostarczyć: x",
            "Dostarczenie do następujących adresatów lub grup nie powiodło się:",
            "Nie można odnaleźć wprowadzonego adresu e-mail.",
        ),
        (
            "배달되지 않음: x",
            "다음 받는 사람 또는 그룹에게 배달하지 못했습니다.",
            "입력한 전자 메일 주소를 찾을 수 없습니다.",
        ),
        (
            "Teslim Edilemedi: x",
            "Şu alıcılara veya gruplara teslim başarısız oldu:",
            "Girdiğiniz e-posta adresi bulunamadı.",
        ),
        (
            "Fehlernotiz",
            "Leider konnte ich Ihre Nachricht an die folgenden Adressen nicht zustellen.",
            "Empfaenger unbekannt.",
        ),
    ] {
        let text = format!(
            "From: postmaster@example.org\nSubject: {subject}\nContent-Type: text/plain; charset=utf-8\n\n\
             {lead}\n\nann@example.org\n{words}\n"
        );
        let report = &read(text.as_bytes())[0];
        assert_eq!(report.recipient.as_deref(), Some(ANN), "{subject}");
        assert!(report.hard, "{subject} {report:?}");
    }
}

/// In words: what arrived, and what is tried again, counts against nobody.
#[test]
fn arrivals_and_delays_in_words_are_no_failures() {
    let cases = [
        (
            "Successful Mail Delivery Report",
            "This is the mail system at host mail.example.\n\nYour message was successfully delivered to\n\
             the destination(s) listed below. If the message was delivered to\nmailbox you will receive no further \
             notifications. Otherwise you\nmay still receive notifications of mail delivery errors from other\n\
             systems.\n\n<ann@example.org>: delivery via mx.example[192.0.2.1]:25: 250 2.0.0 Ok\n",
            Some(Action::Delivered),
        ),
        (
            "Delivered: News",
            "Your message has been delivered to the following recipients:\n\nann@example.org\n",
            Some(Action::Delivered),
        ),
        (
            "Zustellung verz\u{f6}gert",
            "Ihre Nachricht konnte bisher noch nicht zugestellt werden:\n\n<ann@example.org>: 450 4.1.1 User unknown\n\n\
             Weitere Zustellversuche folgen.\n",
            Some(Action::Delayed),
        ),
        (
            "Aviso de entrega",
            "Su mensaje todavia no se ha podido entregar:\n\n<ann@example.org>: 450 4.1.1 User unknown\n\n\
             Se seguira intentando.\n",
            Some(Action::Delayed),
        ),
        (
            "Undelivered Mail Returned to Sender",
            "Your message could not be successfully delivered to\n\n<ann@example.org>: 550 5.1.1 User unknown\n",
            Some(Action::Failed),
        ),
    ];
    for (subject, text, action) in cases {
        let raw = format!(
            "From: MAILER-DAEMON@mail.example\r\nTo: news@example.com\r\nSubject: {subject}\r\n\
             Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}"
        );
        let reports = read(raw.as_bytes());
        let [report] = reports.as_slice() else {
            panic!("{subject}: {reports:?}")
        };
        let is_failed = action == Some(Action::Failed);
        assert_eq!(
            (report.action, report.hard),
            (action, is_failed),
            "{subject}: {report:?}"
        );
        let arrived = action == Some(Action::Delivered);
        assert_eq!(report.kind == ReportKind::None, arrived, "{subject}");
    }
}
