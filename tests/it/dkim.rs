//! Signatures, judged by two verifiers that are not ours.

use std::path::Path;
use std::process::Command;

use courant::delivery::compose::Purpose;
use courant::delivery::dkim::{Algorithm, Config, Key, Signer};
use courant::edition::slates::Variant;
use tempfile::TempDir;

use super::support::{databases, mails};

const DOMAIN: &str = "tarn.example";

/// A signer with new keys, and what the DNS says of them.
fn signer(algorithms: &[Algorithm]) -> (Signer, String) {
    let (mut keys, mut records) = (Vec::new(), serde_json::Map::new());
    for (number, algorithm) in algorithms.iter().enumerate() {
        let selector = format!("s{number}");
        let key = Key::parse(&Key::generate(*algorithm).unwrap()).unwrap();
        records.insert(
            format!("{selector}._domainkey.{DOMAIN}"),
            key.record().unwrap().into(),
        );
        keys.push((selector, key));
    }
    let records = serde_json::Value::Object(records).to_string();
    (Signer::new(DOMAIN, keys), records)
}

/// What the two verifiers count; they fail the test if one message is not as its folder says.
fn judged(folder: &Path) -> serde_json::Value {
    let tool = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/verify_dkim.py");
    let ran = Command::new("/usr/bin/python3")
        .args([&tool, folder])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    let errors = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}{errors}");
    serde_json::from_str(&said).unwrap()
}

fn write(folder: &TempDir, kind: &str, name: &str, bytes: &[u8]) {
    let kind = folder.path().join(kind);
    std::fs::create_dir_all(&kind).unwrap();
    std::fs::write(kind.join(format!("{name}.eml")), bytes).unwrap();
}

/// More of them on request, as a release check does.
fn samples() -> i64 {
    let wanted = databases::variable("COURANT_TEST_SAMPLES");
    wanted.map_or(21, |text| text.parse().unwrap())
}

#[test]
fn every_signature_is_accepted_by_both_verifiers() {
    let folder = TempDir::new().unwrap();
    let (signer, records) = signer(&[Algorithm::Rsa]);
    std::fs::write(folder.path().join("records.json"), records).unwrap();
    let composer = mails::composer(mails::edition(14), Some(signer));
    for number in 1..=samples() {
        let variant = Variant {
            skipped: vec![u16::try_from(number % 14).unwrap()],
            ..Variant::default()
        };
        let mail = composer.mail(&mails::recipient(number), &variant, Purpose::Edition);
        write(&folder, "good", &format!("{number}"), &mail.unwrap().bytes);
    }
    assert_eq!(judged(folder.path())["good"], samples());
}

#[test]
fn both_kinds_of_key_sign_one_message() {
    let folder = TempDir::new().unwrap();
    let (signer, records) = signer(&[Algorithm::Rsa, Algorithm::Ed25519]);
    std::fs::write(folder.path().join("records.json"), records).unwrap();
    let composer = mails::composer(mails::edition(3), Some(signer));
    let variant = Variant::default();
    let mail = composer.mail(&mails::recipient(1), &variant, Purpose::Edition);
    let bytes = mail.unwrap().bytes;
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert_eq!(text.matches("DKIM-Signature:").count(), 2);
    write(&folder, "good", "both", &bytes);
    judged(folder.path());
}

#[test]
fn whoever_changes_a_message_is_found_out() {
    let folder = TempDir::new().unwrap();
    let (signer, records) = signer(&[Algorithm::Rsa]);
    std::fs::write(folder.path().join("records.json"), records).unwrap();
    let composer = mails::composer(mails::edition(5), Some(signer));
    let variant = Variant::default();
    let mail = composer.mail(&mails::recipient(1), &variant, Purpose::Edition);
    let text = String::from_utf8(mail.unwrap().bytes).unwrap();
    write(&folder, "good", "untouched", text.as_bytes());
    let one_click = "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n";
    for (name, changed) in [
        ("body", text.replacen("Harbour", "Harbor", 1)),
        (
            "link",
            text.replacen("go.tarn.example/u/", "go.evil.example/u/", 1),
        ),
        ("from", format!("From: x@evil.example\r\n{text}")),
        ("subject", format!("Subject: buy now\r\n{text}")),
        ("one-click", text.replacen(one_click, "", 1)),
        (
            "date",
            text.replacen(
                "\r\nDate: ",
                "\r\nDate: Mon, 2 Feb 2026 01:02:03 +0000\r\nX: ",
                1,
            ),
        ),
        ("more", format!("{text}more\r\n")),
    ] {
        assert_ne!(changed, text, "{name} changes something");
        write(&folder, "bad", name, changed.as_bytes());
    }
    assert_eq!(judged(folder.path())["bad"], 7);
}

#[test]
fn the_next_key_waits_and_the_one_in_use_signs() {
    let folder = TempDir::new().unwrap();
    let config = Config {
        sign: true,
        selector: "old".to_owned(),
        next_selector: Some("new".to_owned()),
        ..Config::default()
    };
    assert_eq!(
        config.selectors(),
        [("old", Algorithm::Rsa), ("new", Algorithm::Rsa)]
    );
    for (selector, algorithm) in config.selectors() {
        let path = config.key_file(folder.path(), selector);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, Key::generate(algorithm).unwrap().expose()).unwrap();
    }
    let signer = Signer::open(&config, DOMAIN, folder.path())
        .unwrap()
        .unwrap();
    let signed = signer.signed(b"From: a@tarn.example\r\n\r\nx\r\n", mails::AT);
    let text = String::from_utf8(signed.unwrap()).unwrap();
    assert!(
        text.contains("s=old;") && !text.contains("s=new;"),
        "{text}"
    );
    let unsigned = Config::default();
    assert!(
        Signer::open(&unsigned, DOMAIN, folder.path())
            .unwrap()
            .is_none()
    );
}
