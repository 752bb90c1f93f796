//! Whole messages of whole editions, with the links that real readers get: sizes, MIME, both parts.
//!
//! The messages are also written to `target/tmp/mails`, where validators of other makers look at them
//! (`checks/`).

pub(crate) mod days;

use std::path::Path;

use courant::clock::Clock;
use courant::delivery::Composer;
use courant::delivery::compose::{Purpose, Sender, nobody};
use courant::edition::Edition;
use courant::edition::slates::Variant;
use courant::links::Links;
use courant::render::budget;
use courant::secret::Secret;
use courant_subscribers::{EmailAddress, Recipient, SubscriberId};
use courant_templates::Theme;
use mail_parser::{MessageParser, MimeHeaders as _, PartType};

struct Sent {
    name: &'static str,
    bytes: Vec<u8>,
    subject: String,
    html: String,
    text: String,
}

fn recipient(clock: &Clock) -> Recipient {
    let address = EmailAddress::parse("anika.lindqvist@mail.tarn.example").unwrap();
    Recipient {
        id: SubscriberId::from_i64(i64::MAX / 3),
        ..nobody(address, clock)
    }
}

fn composer(edition: Edition, clock: &Clock) -> Composer {
    let delivery = toml::from_str(
        "from = 'Tarnfold Post <letter@tarnfoldpost.example>'\n\
         unsubscribe_address = 'leave@tarnfoldpost.example'",
    )
    .unwrap();
    let key = Secret::new("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    Composer::new(
        edition,
        Theme::default(),
        Links::new("https://go.tarnfoldpost.example", &key).unwrap(),
        Sender::parse(&delivery).unwrap(),
        clock.clone(),
    )
}

/// The message of an edition, read again by a parser that is not the one which wrote it.
fn send(name: &'static str, edition: Edition) -> Sent {
    let clock = Clock::fixed(edition.slot_at);
    let composer = composer(edition, &clock);
    let reader = recipient(&clock);
    let mail = composer
        .mail(&reader, &Variant::default(), Purpose::Edition)
        .unwrap();
    let message = MessageParser::default().parse(&mail.bytes).unwrap();
    let part = |number: usize, subtype: &str| {
        let part = message.part(u32::try_from(number).unwrap()).unwrap();
        let kind = part.content_type().unwrap();
        assert_eq!((kind.ctype(), kind.subtype()), ("text", Some(subtype)));
        assert_eq!(kind.attribute("charset"), Some("utf-8"));
        match &part.body {
            PartType::Text(text) | PartType::Html(text) => text.replace("\r\n", "\n"),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(message.parts.len(), 3, "alternative of text and html");
    Sent {
        name,
        subject: message.subject().unwrap().to_owned(),
        // The last is the preferred one (RFC 2046 section 5.1.4).
        text: part(1, "plain"),
        html: part(2, "html"),
        bytes: mail.bytes,
    }
}

fn all() -> Vec<Sent> {
    vec![
        send("twenty", days::twenty()),
        send("thirty-one", days::thirty_one()),
        send("one", days::one()),
        send("four", days::four()),
        send("no-images", days::without_pictures()),
        send("stress", days::stress()),
        send("arabic", days::arabic()),
        send("japanese", days::japanese()),
    ]
}

#[test]
fn messages_are_written_for_the_checks_and_read_back_as_they_were() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mails");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    std::fs::create_dir_all(&folder).unwrap();
    for sent in all() {
        let Sent {
            name, bytes, text, ..
        } = &sent;
        std::fs::write(folder.join(format!("{name}.eml")), bytes).unwrap();
        // What 7-bit servers and old gateways ask for (RFC 5322 section 2.1.1, RFC 2045 section 6.7).
        assert!(bytes.is_ascii(), "{name}");
        for line in bytes.split(|byte| *byte == b'\n') {
            assert!(line.len() <= 999, "{name}: a line of {} bytes", line.len());
            if !line.is_empty() {
                assert!(line.ends_with(b"\r"), "{name}: a bare line feed");
            }
        }
        let body = bytes
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .unwrap();
        let body = String::from_utf8_lossy(&bytes[body..]);
        assert!(body.lines().all(|line| line.len() <= 76), "{name}");
        for tag in ["</td", "<p ", "</a>", "&amp;"] {
            assert!(
                *name == "stress" || !text.contains(tag),
                "{name} has {tag} in its text part"
            );
        }
    }
}

#[test]
fn sizes_are_those_of_the_real_links() {
    for (name, edition, most) in [
        ("twenty", days::twenty(), 40_000),
        ("thirty-one", days::thirty_one(), 60_000),
        ("japanese", days::japanese(), 60_000),
    ] {
        let html = send(name, edition).html;
        let bytes = budget::encoded_bytes(&html);
        assert!(bytes <= most, "{name}: {bytes} bytes");
        println!("{name}: {bytes} bytes");
    }
}

#[test]
fn the_encoding_is_the_smaller_one() {
    for (name, edition, of_text, of_html) in [
        (
            "twenty",
            days::twenty(),
            "quoted-printable",
            "quoted-printable",
        ),
        ("arabic", days::arabic(), "base64", "quoted-printable"),
        ("dense", days::all_japanese(), "base64", "base64"),
    ] {
        let sent = send(name, edition);
        let message = String::from_utf8(sent.bytes).unwrap();
        let (text, html) = message.split_once("text/html").unwrap();
        for (part, encoding) in [(text, of_text), (html, of_html)] {
            assert!(
                part.contains(&format!("Content-Transfer-Encoding: {encoding}")),
                "{name}: {part:.200}"
            );
        }
        let written = html.split("\r\n\r\n").nth(1).unwrap().len();
        let counted = budget::encoded_bytes(&sent.html);
        // A token is never broken over two lines, which costs a soft line break here and there.
        assert!(
            written.abs_diff(counted) <= counted / 200,
            "{name}: {written} written, {counted} counted"
        );
    }
}

#[test]
fn a_copy_over_the_limit_is_trimmed_in_the_stated_order_and_keeps_its_footer() {
    let html = send("long", days::far_too_long()).html;
    assert!(budget::encoded_bytes(&html) <= budget::LIMIT_BYTES);
    assert!(html.contains(">Unsubscribe</a>"));
    assert_eq!(html.matches("Read more</a>").count(), 3, "ranks 1 to 3");
    let clock = Clock::fixed(days::hopeless().slot_at);
    let composer = composer(days::hopeless(), &clock);
    let refused = composer.mail(&recipient(&clock), &Variant::default(), Purpose::Edition);
    assert!(refused.unwrap_err().to_string().contains("over 100000"));
}

#[test]
fn every_link_of_the_html_part_stands_in_the_text_part() {
    for sent in all() {
        for link in sent.html.split(" href=\"").skip(1) {
            let url = link.split('"').next().unwrap().replace("&amp;", "&");
            assert!(sent.text.contains(&url), "{} lacks {url}", sent.name);
        }
    }
}

#[test]
fn subjects_are_cut_at_a_word_and_encoded_only_where_they_must_be() {
    for sent in all() {
        let head = String::from_utf8_lossy(&sent.bytes);
        let head = head.split("\r\n\r\n").next().unwrap();
        assert!(sent.subject.chars().count() <= 60, "{}", sent.subject);
        assert!(!sent.subject.chars().any(char::is_control));
        for line in head.lines().filter(|line| line.contains("=?")) {
            assert!(line.len() <= 76, "{}: {line}", sent.name);
            for word in line
                .split_whitespace()
                .filter(|word| word.starts_with("=?"))
            {
                assert!(word.len() <= 75 && word.ends_with("?="), "{word}");
            }
        }
        let subject = head
            .lines()
            .find(|line| line.starts_with("Subject:"))
            .unwrap();
        assert_eq!(
            subject.contains("=?"),
            !sent.subject.is_ascii(),
            "{subject}"
        );
    }
}

#[test]
fn hostile_words_are_shown_and_do_nothing() {
    let stress = send("stress", days::stress());
    for (name, part) in [("html", &stress.html), ("text", &stress.text)] {
        let bad = |c: char| c.is_control() && c != '\n';
        assert!(!part.contains(bad), "{name} has control characters");
    }
    assert!(stress.html.contains("&lt;b&gt;not bold&lt;/b&gt;"));
    assert!(stress.text.contains("<b>not bold</b>"));
    assert!(stress.html.contains("lang=\"ar\"") && stress.html.contains("dir=\"rtl\""));
    assert!(stress.html.contains("lang=\"ja\""));
    let url_as_shown = "archive.tarn.example/2023/12/";
    assert!(stress.html.contains(url_as_shown) && !stress.html.contains(&"x".repeat(60)));
}

#[test]
fn an_arabic_edition_is_a_mirror_in_its_own_words() {
    let Sent { html, text, .. } = send("arabic", days::arabic());
    assert!(html.contains("<html lang=\"ar\" dir=\"rtl\">"));
    assert!(html.contains("border-right:4px solid"), "the note's edge");
    assert!(html.contains("\u{200e}−4.6\u{a0}°C"));
    for words in ["أبرز الأخبار", "إلغاء الاشتراك", "الأربعاء، 6 ديسمبر 2023"]
    {
        assert!(html.contains(words) && text.contains(words), "{words}");
    }
    for english in ["Read more", "Unsubscribe", "Top stories", "December"] {
        assert!(!html.contains(english), "{english}");
    }
}
