//! Two ways to write a message say the same, whatever the reader and the copy.

use std::process::Command;

use courant::delivery::compose::{Mail, Purpose};
use courant::edition::slates::{List, NEWEST, Shape, Slates, Variant};
use courant::edition::{Edition, Entry};
use courant::tracking::Tracking;
use courant_subscribers::{Counting, EmailAddress, Format, Recipient, SubscriberId};
use mail_parser::{Message, MessageParser};
use proptest::prelude::*;

use super::support::{databases, mails};

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
                time_zone: None,
            },
        )
}

/// An edition with lists of its own for some readers, each in an order of its own.
fn edition(stories: u32, orders: &[Vec<u16>], tracking: Tracking) -> Edition {
    let mut edition = mails::edition(stories);
    edition.frame.tracking = tracking;
    let groups = orders.iter().map(|order| {
        let known = order
            .iter()
            .copied()
            .filter(|link| u32::from(*link) < stories);
        let (new, top): (Vec<u16>, Vec<u16>) = known.partition(|link| link % 5 == 0);
        List { top, new }
    });
    let links = |category: &str| {
        let of = |entry: &&Entry| entry.article.category.as_deref() == Some(category);
        let entries = edition.entries.iter().filter(of);
        (
            category.to_owned(),
            entries.map(|entry| entry.link).collect(),
        )
    };
    edition.slates = Slates {
        shape: Shape {
            lead: 1,
            top: 3,
            newest: 2,
            per_category: 2,
            fewest: 1,
        },
        groups: groups.collect(),
        categories: ["Quay", "Sport", "Welt"].map(links).to_vec(),
        ..Slates::default()
    };
    edition
}

fn tracking() -> impl Strategy<Value = Tracking> {
    prop_oneof![
        Just(Tracking::Full),
        Just(Tracking::Aggregate),
        Just(Tracking::Off)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]
    #[test]
    fn a_mail_of_blocks_says_what_each_reader_would_be_written(
        stories in 1..18_u32,
        orders in proptest::collection::vec(Just((0..18_u16).collect::<Vec<_>>()).prop_shuffle(), 2),
        tracking in tracking(),
        copies in proptest::collection::vec(
            (0..4_u32, proptest::collection::btree_set(0..18_u16, 0..6), reader()),
            1..12,
        ),
    ) {
        let composer = mails::composer(edition(stories, &orders, tracking), None);
        for (slate, skipped, reader) in copies {
            // The edition's own copy, newest first, and one of the lists.
            let variant = Variant { slate, skipped: skipped.into_iter().collect(), subject: 0 };
            if slate == NEWEST || composer.edition().copy(&variant).is_empty() {
                continue;
            }
            let fast = composer.mail(&reader, &variant, Purpose::Edition).unwrap();
            let slow = composer.mail_by_itself(&reader, &variant, Purpose::Edition).unwrap();
            prop_assert_eq!(said(&fast), said(&slow));
            prop_assert_eq!(&fast.envelope, &slow.envelope);
            prop_assert!(fast.bytes != slow.bytes, "it was not made of blocks");
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

/// So many messages of an edition as large as real ones, for [`a_message_costs_what_joining_costs`].
#[test]
fn messages_are_composed() {
    let count = databases::variable("COURANT_TEST_COMPOSE").map_or(1, |text| text.parse().unwrap());
    let composer = mails::composer(mails::edition(20), None);
    for number in 0..count {
        let reader = mails::recipient(5 * 7 * (number % 50));
        let mail = composer.mail(&reader, &Variant::default(), Purpose::Edition);
        assert!(mail.unwrap().bytes.len() > 10_000);
    }
}

/// Instructions do not depend on what else a machine does. This is an unoptimized build: the limit stands
/// for the 50 000 of an optimized one, which `benches/delivery` counts.
#[test]
fn a_message_costs_what_joining_costs() {
    let count = |messages: u32| -> u64 {
        let output = Command::new("valgrind")
            .env("COURANT_TEST_COMPOSE", messages.to_string())
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "compose::messages_are_composed",
                "--test-threads=1",
            ])
            .output()
            .expect("valgrind");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let line = said.lines().find(|line| line.contains("Collected"));
        let line = line.unwrap_or_else(|| panic!("{said}"));
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    let each = (count(220) - count(20)) / 200;
    println!("{each} instructions a message, unoptimized");
    assert!(each < 450_000, "{each} instructions a message");
}
