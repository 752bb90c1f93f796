use super::*;
use crate::feedback::{Reason, ReportKind};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};

const NOW: i64 = 1_800_000_000;

fn doors(config: impl FnOnce(&Path) -> Config) -> Doors {
    let folder = tempfile::TempDir::new().unwrap();
    let config = config(folder.path());
    Doors::open(&config, folder.path()).unwrap()
}

fn file(folder: &Path, text: &str) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt as _;
    let path = folder.join("key");
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    Some("key".into())
}

fn one(asked: Result<Asked, Refused>) -> Report {
    match asked {
        Ok(Asked::Reports(mut told)) if told.len() == 1 => told.remove(0).report,
        other => panic!("{other:?}"),
    }
}

#[test]
fn nobody_tells_who_is_not_in_the_configuration() {
    let doors = doors(|_| Config::default());
    for provider in ["postmark", "brevo", "mailgun", "sendgrid", "ses", "x"] {
        let refused = doors.receive(provider, Said::default(), b"{}", NOW);
        assert_eq!(refused, Err(Refused::Unknown), "{provider}");
    }
}

#[test]
fn postmark_and_brevo_know_a_password() {
    let doors = doors(|folder| Config {
        postmark: file(folder, "ann:secret\n"),
        brevo: file(folder, "ann:secret\n"),
        ..Config::default()
    });
    let good = format!("Basic {}", STANDARD.encode("ann:secret"));
    let bounce = br#"{"RecordType":"Bounce","Type":"HardBounce","Email":"ann@example.org","Details":"smtp;550 5.1.1 no such user"}"#;
    for authorization in [None, Some("Basic YW5uOng="), Some("Bearer x")] {
        let said = Said {
            authorization,
            ..Said::default()
        };
        let refused = doors.receive("postmark", said, bounce, NOW);
        assert_eq!(refused, Err(Refused::Unproven));
    }
    let said = Said {
        authorization: Some(&good),
        ..Said::default()
    };
    let report = one(doors.receive("postmark", said, bounce, NOW));
    assert_eq!(
        (report.hard, report.status.as_deref()),
        (true, Some("5.1.1"))
    );
    for (body, kind, hard, reason) in [
        (
            r#"{"RecordType":"SpamComplaint","Email":"a@b.example"}"#,
            ReportKind::Complaint,
            false,
            Reason::Abuse,
        ),
        (
            r#"{"RecordType":"Bounce","Type":"SoftBounce","Email":"a@b.example","Details":"mailbox full"}"#,
            ReportKind::Bounce,
            false,
            Reason::MailboxFull,
        ),
        (
            r#"{"RecordType":"Bounce","Type":"SpamNotification","Email":"a@b.example","Details":""}"#,
            ReportKind::Bounce,
            false,
            Reason::Spam,
        ),
        (
            r#"{"RecordType":"Bounce","Type":"AutoResponder","Email":"a@b.example"}"#,
            ReportKind::AutoReply,
            false,
            Reason::Vacation,
        ),
    ] {
        let report = one(doors.receive("postmark", said, body.as_bytes(), NOW));
        assert_eq!(
            (report.kind, report.hard, report.reason),
            (kind, hard, reason),
            "{body}"
        );
    }
    let brevo = br#"{"event":"hard_bounce","email":"a@b.example","reason":"550 5.1.1 unknown"}"#;
    assert!(one(doors.receive("brevo", said, brevo, NOW)).hard);
    assert_eq!(
        doors.receive("brevo", said, b"[", NOW),
        Err(Refused::Unreadable)
    );
}

#[test]
fn mailgun_signs_with_a_shared_key() {
    let doors = doors(|folder| Config {
        mailgun: file(folder, "key-1"),
        ..Config::default()
    });
    let signed = |key: &str, at: i64, token: &str| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
        let tag = hmac::sign(&key, format!("{at}{token}").as_bytes());
        let hex: String = tag.as_ref().iter().map(|b| format!("{b:02x}")).collect();
        serde_json::json!({
            "signature": { "timestamp": at.to_string(), "token": token, "signature": hex },
            "event-data": { "id": "e1", "timestamp": 1_799_990_000.25, "event": "failed", "severity": "permanent", "recipient": "a@b.example",
                "delivery-status": { "code": 550, "message": "5.1.1 user unknown" } },
        })
        .to_string()
    };
    let body = |key: &str, at: i64| signed(key, at, "tok");
    let ask = |body: &str| doors.receive("mailgun", Said::default(), body.as_bytes(), NOW);
    assert!(one(ask(&body("key-1", NOW - 10))).hard);
    assert_eq!(ask(&body("key-2", NOW)), Err(Refused::Unproven));
    assert_eq!(ask(&body("key-1", NOW - 3600)), Err(Refused::Stale));
    let delayed = signed("key-1", NOW, "other").replace("permanent", "temporary");
    assert!(!one(ask(&delayed)).hard);
    // The same event under the same signature may come again; another one may not.
    let again = body("key-1", NOW - 10);
    assert!(one(ask(&again)).hard);
    let other = again.replace("\"e1\"", "\"e2\"");
    assert_eq!(ask(&other), Err(Refused::Stale));
    let anew = signed("key-1", NOW + 28_000, "tok-2");
    let asked = doors.receive("mailgun", Said::default(), anew.as_bytes(), NOW + 28_000);
    assert!(one(asked).hard, "eight hours later, signed anew");
}

#[test]
fn tokens_are_forgotten_when_their_time_is_over() {
    let mut tokens = Tokens::default();
    for number in 0..MOST_TOKENS {
        tokens.used(&number.to_string(), ("a", NOW), NOW).unwrap();
    }
    let late = NOW + MOST_SECONDS + 1;
    tokens.used("new", ("a", late), late).unwrap();
    assert_eq!(tokens.0.len(), 1);
}

/// What an event is known by does not hang on how it is written, nor on what came in the same request.
#[test]
fn an_event_is_known_when_it_comes_again() {
    let key = |told: Vec<Told>| match told.as_slice() {
        [told] => told.original.key().to_owned(),
        other => panic!("{other:?}"),
    };
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    type Reader = fn(&Value) -> Vec<Told>;
    let cases: [(Reader, &str, &str, &str); 5] = [
        (
            events::postmark,
            r#"{"RecordType":"Bounce","ID":42,"Type":"HardBounce","Email":"a@b.example"}"#,
            r#"{"ID":42, "RecordType":"Bounce","Type":"HardBounce","Email":"a@b.example","Server":"1"}"#,
            r#"{"RecordType":"Bounce","ID":43,"Type":"HardBounce","Email":"a@b.example"}"#,
        ),
        (
            events::mailgun,
            r#"{"id":"x","timestamp":1.5,"event":"complained","recipient":"a@b.example"}"#,
            r#"{"id":"x","timestamp":1.50,"event":"complained","recipient":"a@b.example","tags":[]}"#,
            r#"{"id":"x","timestamp":90001.5,"event":"complained","recipient":"a@b.example"}"#,
        ),
        (
            events::sendgrid,
            r#"[{"sg_event_id":"x","event":"spamreport","email":"a@b.example"}]"#,
            r#"[{"event":"open"},{"sg_event_id":"x","event":"spamreport","email":"a@b.example","ip":"1"}]"#,
            r#"[{"sg_event_id":"y","event":"spamreport","email":"a@b.example"}]"#,
        ),
        (
            events::brevo,
            r#"{"id":7,"message-id":"<m@x>","ts_epoch":1,"event":"spam","email":"a@b.example"}"#,
            r#"{"id":8,"message-id":"<m@x>","ts_epoch":1,"event":"spam","email":"a@b.example","tag":""}"#,
            r#"{"id":7,"message-id":"<m@x>","ts_epoch":2,"event":"spam","email":"a@b.example"}"#,
        ),
        (
            // Without a name: by all of it.
            events::brevo,
            r#"{"id":7,"event":"spam","email":"a@b.example"}"#,
            r#"{"email":"a@b.example", "event":"spam","id":7}"#,
            r#"{"id":7,"event":"spam","email":"a@b.example","tag":"x"}"#,
        ),
    ];
    for (reader, first, same, other) in cases {
        let [first, same, other] = [first, same, other].map(|text| key(reader(&read(text))));
        assert_eq!(first, same);
        assert_ne!(first, other);
    }
    let complaint = |feedback: &str, spaces: &str| {
        format!(
            r#"{{"notificationType":"Complaint",{spaces}"complaint":{{{feedback}"complainedRecipients":[{{"emailAddress":"a@b.example"}}]}}}}"#
        )
    };
    let named = complaint(r#""feedbackId":"f","#, "");
    let spaced = complaint(r#""feedbackId":"f","#, "  ");
    assert_eq!(
        key(events::ses(&named, "1")),
        key(events::ses(&spaced, "2"))
    );
    let bare = complaint("", "");
    assert_eq!(key(events::ses(&bare, "1")), key(events::ses(&bare, "1")));
    assert_ne!(key(events::ses(&bare, "1")), key(events::ses(&bare, "2")));
}

#[test]
fn sendgrid_signs_with_a_key_of_its_own() {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref()).unwrap();
    // RFC 5480: the algorithm, the curve, and the point.
    let mut der = vec![
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08,
        0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
    ];
    der.extend_from_slice(pair.public_key().as_ref());
    let doors = doors(|folder| Config {
        sendgrid: file(folder, &STANDARD.encode(&der)),
        ..Config::default()
    });
    let body = br#"[{"event":"bounce","type":"bounce","email":"a@b.example","status":"5.1.1","reason":"550 unknown user"},{"event":"open"}]"#;
    let at = NOW.to_string();
    let signed = [at.as_bytes(), body.as_slice()].concat();
    let signature = STANDARD.encode(pair.sign(&random, &signed).unwrap());
    let said = Said {
        signature: Some(&signature),
        timestamp: Some(&at),
        ..Said::default()
    };
    assert!(one(doors.receive("sendgrid", said, body, NOW)).hard);
    let other = doors.receive("sendgrid", said, b"[]", NOW);
    assert_eq!(other, Err(Refused::Unproven), "another body");
    let late = doors.receive("sendgrid", said, body, NOW + 3600);
    assert_eq!(late, Err(Refused::Stale));
    let none = doors.receive("sendgrid", Said::default(), body, NOW);
    assert_eq!(none, Err(Refused::Unproven));
}

#[test]
fn a_topic_of_sns_signs_with_the_key_of_its_certificate() {
    use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
    let made = |_| {
        let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
        let certificate = CertificateParams::new(vec!["sns.amazonaws.com".to_owned()]).unwrap();
        let certificate = certificate.self_signed(&key).unwrap().pem();
        let pair = aws_lc_rs::rsa::KeyPair::from_pkcs8(&key.serialize_der()).unwrap();
        (certificate, pair)
    };
    let [(certificate, pair), (other, _)] = [0, 1].map(made);
    let doors = doors(|_| Config {
        ses: vec!["arn:aws:sns:eu-central-1:1:bounces".to_owned()],
        ..Config::default()
    });
    let inner = r#"{"notificationType":"Bounce","bounce":{"bounceType":"Permanent","bouncedRecipients":[{"emailAddress":"ann@example.org","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 user unknown"}]}}"#;
    let message = |topic: &str, kind: &str, version: &str| {
        let url = "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription";
        let signed = if kind == "Notification" {
            format!(
                "Message\n{inner}\nMessageId\n7\nTimestamp\nT\nTopicArn\n{topic}\nType\n{kind}\n"
            )
        } else {
            format!(
                "Message\n{inner}\nMessageId\n7\nSubscribeURL\n{url}\nTimestamp\nT\nToken\nt\nTopicArn\n{topic}\nType\n{kind}\n"
            )
        };
        let mut signature = vec![0; pair.public_modulus_len()];
        let random = SystemRandom::new();
        pair.sign(
            &signature::RSA_PKCS1_SHA256,
            &random,
            signed.as_bytes(),
            &mut signature,
        )
        .unwrap();
        let mut told = serde_json::json!({
            "Type": kind, "MessageId": "7", "TopicArn": topic, "Message": inner, "Timestamp": "T",
            "SignatureVersion": version, "Signature": STANDARD.encode(&signature),
            "SigningCertURL": "https://sns.eu-central-1.amazonaws.com/a.pem",
        });
        if kind != "Notification" {
            told["Token"] = "t".into();
            told["SubscribeURL"] = url.into();
        }
        sns::Message::read(told.to_string().as_bytes()).unwrap()
    };
    let ours = "arn:aws:sns:eu-central-1:1:bounces";
    let certificate = certificate.as_bytes();
    let good = message(ours, "Notification", "2");
    assert!(one(doors.sns(&good, certificate)).hard);
    assert_eq!(doors.sns(&good, other.as_bytes()), Err(Refused::Unproven));
    assert_eq!(doors.sns(&good, b"nonsense"), Err(Refused::Unproven));
    let weak = message(ours, "Notification", "1");
    assert_eq!(doors.sns(&weak, certificate), Err(Refused::Unproven));
    let strange = message("arn:aws:sns:eu-central-1:2:x", "Notification", "2");
    assert_eq!(doors.sns(&strange, certificate), Err(Refused::Unknown));
    let asked = doors.sns(&message(ours, "SubscriptionConfirmation", "2"), certificate);
    assert!(matches!(asked, Ok(Asked::Confirm(url)) if url.contains("ConfirmSubscription")));
}
