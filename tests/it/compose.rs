//! Two ways to write a message say the same, whatever the reader and the copy.

use courant::delivery::compose::{Mail, Purpose};
use courant::edition::slates::Variant;
use courant_subscribers::{Counting, EmailAddress, Format, Recipient, SubscriberId};
use mail_parser::{Message, MessageParser};
use proptest::prelude::*;

use super::support::mails;

fn parsed(mail: &Mail) -> Message<'_> {
    MessageParser::default().parse(&mail.bytes).unwrap()
}

/// Everything a reader's program shows or acts on.
fn said(mail: &Mail) -> Vec<(String, String)> {
    let message = parsed(mail);
    let mut all: Vec<(String, String)> = message
        .headers_raw()
        .filter(|(name, _)| !name.starts_with("Content-") && *name != "MIME-Version")
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    let text = message.body_text(0).unwrap().replace("\r\n", "\n");
    // A message of one part ends with a line end more when it is written by itself.
    all.push(("text".to_owned(), text.trim_end().to_owned()));
    let is_html = message.html_body_count() > 0 && message.parts.len() > 1;
    let html = is_html.then(|| message.body_html(0).unwrap().replace("\r\n", "\n"));
    all.push(("html".to_owned(), html.unwrap_or_default()));
    all
}

fn reader() -> impl Strategy<Value = Recipient> {
    let address = "[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,40}".prop_map(|local| {
        let atoms: Vec<&str> = local.split('.').filter(|atom| !atom.is_empty()).collect();
        let local = if atoms.is_empty() {
            "x".to_owned()
        } else {
            atoms.join(".")
        };
        EmailAddress::parse(&format!("{local}@tarn-reader.example")).unwrap()
    });
    (
        address,
        1..i64::MAX,
        0..2_000_000_000_i64,
        any::<(bool, bool)>(),
    )
        .prop_map(
            |(address, id, subscribed_at, (designed, counted))| Recipient {
                id: SubscriberId::from_i64(id),
                address,
                name: None,
                format: if designed {
                    Format::Designed
                } else {
                    Format::Text
                },
                counting: if counted {
                    Counting::Allowed
                } else {
                    Counting::Declined
                },
                subscribed_at,
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn a_copy_compiled_once_says_what_each_reader_would_be_written(
        stories in 1..18_u32,
        skipped in proptest::collection::btree_set(0..18_u16, 0..6),
        readers in proptest::collection::vec(reader(), 1..4),
    ) {
        let composer = mails::composer(mails::edition(stories), None);
        let variant = Variant { slate: 0, skipped: skipped.into_iter().collect() };
        for reader in &readers {
            let fast = composer.mail(reader, &variant, Purpose::Edition).unwrap();
            let slow = composer.mail_by_itself(reader, &variant, Purpose::Edition).unwrap();
            prop_assert_eq!(said(&fast), said(&slow));
            prop_assert_eq!(&fast.envelope, &slow.envelope);
            prop_assert!(fast.bytes != slow.bytes, "it was not compiled");
        }
    }
}

#[test]
fn a_message_from_a_compiled_copy_holds_to_the_limits_of_the_wire() {
    let composer = mails::composer(mails::edition(14), None);
    for number in 1..40 {
        let reader = mails::recipient(number);
        let mail = composer.mail(&reader, &Variant::default(), Purpose::Edition);
        let bytes = mail.unwrap().bytes;
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.is_ascii() && !text.replace("\r\n", "").contains(['\r', '\n']));
        assert!(
            text.split("\r\n")
                .all(|line| line.len() <= 200 && !line.starts_with('.'))
        );
        let (_, body) = text.split_once("\r\n\r\n").unwrap();
        let is_encoded = |line: &&str| line.len() <= 76 || line.starts_with("Content-");
        assert!(body.split("\r\n").all(|line| is_encoded(&line)));
        assert!(!text.contains("sample.invalid"), "nobody else's address");
    }
}
