//! The domain name system wrong in one place at a time, and SPF as the standard has it.

use courant::config::{Check, Checks};
use courant::delivery::dkim::{Algorithm, Key};
use courant::preflight::{Severity, dns, spf};
use courant::secret::Secret;

use super::{KEY, SENDING, World, assert_wrong};
use crate::support::names::{Names, Zone};

/// A change of the zone, what it is, and what is then said.
type Case = (
    &'static str,
    fn(&mut Zone),
    Severity,
    Check,
    &'static str,
    &'static str,
);

const DMARC: &str = "_dmarc.tarn.example";
const BOUNCE: &str = "bounce.tarn.example";

fn other_key() -> String {
    let text = Key::generate(Algorithm::Rsa).unwrap();
    Key::parse(&text).unwrap().record().unwrap()
}

/// Each record wrong in turn: exactly that is named.
const RECORDS: &[Case] = &[
    (
        "no key",
        |zone| zone.remove(KEY),
        Severity::Fail,
        Check::DkimKey,
        KEY,
        "no DKIM key is published",
    ),
    (
        "no text at the key",
        |zone| zone.set(KEY, "TXT", &[]),
        Severity::Fail,
        Check::DkimKey,
        KEY,
        "no DKIM key is published",
    ),
    (
        "revoked",
        |zone| zone.set(KEY, "TXT", &["v=DKIM1; k=rsa; p="]),
        Severity::Fail,
        Check::DkimKey,
        KEY,
        "revoked",
    ),
    (
        "another key",
        |zone| zone.set(KEY, "TXT", &[&other_key()]),
        Severity::Fail,
        Check::DkimKey,
        KEY,
        "another key",
    ),
    (
        "two keys",
        |zone| zone.add(KEY, "TXT v=DKIM1; p=QUJD"),
        Severity::Fail,
        Check::DkimKey,
        KEY,
        "there are 2 TXT records",
    ),
    (
        "key in trouble",
        |zone| _ = zone.broken.insert(KEY.to_owned()),
        Severity::LookAt,
        Check::DkimKey,
        KEY,
        "could not be found out",
    ),
    (
        "key in silence",
        |zone| _ = zone.silent.insert(KEY.to_owned()),
        Severity::LookAt,
        Check::DkimKey,
        KEY,
        "could not be found out",
    ),
    (
        "no SPF",
        |zone| zone.set(BOUNCE, "TXT", &["hello"]),
        Severity::Fail,
        Check::Spf,
        BOUNCE,
        "v=spf1 ip4:192.0.2.25 -all",
    ),
    (
        "two SPF",
        |zone| zone.add(BOUNCE, "TXT v=spf1 mx -all"),
        Severity::Fail,
        Check::Spf,
        BOUNCE,
        "several SPF records",
    ),
    (
        "SPF without us",
        |zone| zone.set(BOUNCE, "TXT", &["v=spf1 ip4:198.51.100.0/24 -all"]),
        Severity::Fail,
        Check::Spf,
        BOUNCE,
        "put ip4:192.0.2.25 before",
    ),
    (
        "SPF of softness",
        |zone| zone.set("_spf.tarn.example", "TXT", &["v=spf1 ~all"]),
        Severity::Fail,
        Check::Spf,
        BOUNCE,
        "\"-all\" catches it",
    ),
    (
        "SPF misspelt",
        |zone| zone.set(BOUNCE, "TXT", &["v=spf1 ipv4:192.0.2.25 -all"]),
        Severity::Fail,
        Check::Spf,
        BOUNCE,
        "\"ipv4:192.0.2.25\"",
    ),
    (
        "SPF to nowhere",
        |zone| zone.remove("_spf.tarn.example"),
        Severity::Fail,
        Check::Spf,
        BOUNCE,
        "which has no SPF record",
    ),
    (
        "SPF for all",
        |zone| zone.set(BOUNCE, "TXT", &["v=spf1 +all"]),
        Severity::Fail,
        Check::Spf,
        BOUNCE,
        "lets everybody send",
    ),
    (
        "SPF that says nothing of others",
        |zone| zone.set(BOUNCE, "TXT", &["v=spf1 ip4:192.0.2.25 ?all"]),
        Severity::LookAt,
        Check::Spf,
        BOUNCE,
        "does not say that others may not",
    ),
    (
        "SPF without an end",
        |zone| zone.set(BOUNCE, "TXT", &["v=spf1 ip4:192.0.2.25"]),
        Severity::LookAt,
        Check::Spf,
        BOUNCE,
        "does not say that others may not",
    ),
    (
        "SPF in circles",
        |zone| {
            zone.set(
                "_spf.tarn.example",
                "TXT",
                &["v=spf1 include:_spf.tarn.example ip4:192.0.2.25 -all"],
            );
        },
        Severity::Fail,
        Check::Spf,
        BOUNCE,
        "more than 10 look-ups",
    ),
    (
        "SPF in trouble",
        |zone| _ = zone.broken.insert("_spf.tarn.example".to_owned()),
        Severity::LookAt,
        Check::Spf,
        BOUNCE,
        "SERVFAIL",
    ),
    (
        "no reverse",
        |zone| zone.remove("25.2.0.192.in-addr.arpa"),
        Severity::Fail,
        Check::Ptr,
        SENDING,
        "has no name",
    ),
    (
        "reverse astray",
        |zone| zone.set("25.2.0.192.in-addr.arpa", "PTR", &["tarn.example"]),
        Severity::Fail,
        Check::Ptr,
        SENDING,
        "does not lead back",
    ),
    (
        "reverse in trouble",
        |zone| _ = zone.broken.insert("25.2.0.192.in-addr.arpa".to_owned()),
        Severity::LookAt,
        Check::Ptr,
        SENDING,
        "could not be found out",
    ),
    (
        "null MX",
        |zone| zone.set(BOUNCE, "MX", &["0 ."]),
        Severity::Fail,
        Check::Mx,
        BOUNCE,
        "takes no mail",
    ),
    (
        "no MX",
        |zone| zone.set(BOUNCE, "MX", &[]),
        Severity::Fail,
        Check::Mx,
        BOUNCE,
        "no MX record and no host",
    ),
    (
        "no MX but a host",
        |zone| zone.set("tarn.example", "MX", &[]),
        Severity::LookAt,
        Check::Mx,
        "tarn.example",
        "publish one",
    ),
    (
        "MX to nowhere",
        |zone| zone.set(BOUNCE, "MX", &["10 gone.tarn.example"]),
        Severity::Fail,
        Check::Mx,
        BOUNCE,
        "gone.tarn.example has no address",
    ),
    (
        "one MX to nowhere",
        |zone| zone.add(BOUNCE, "MX 20 gone.tarn.example"),
        Severity::LookAt,
        Check::Mx,
        BOUNCE,
        "one of its exchangers",
    ),
    (
        "policy without reports",
        |zone| zone.set(DMARC, "TXT", &["v=DMARC1; p=none"]),
        Severity::LookAt,
        Check::Dmarc,
        DMARC,
        "neither stopped nor told of",
    ),
    (
        "a policy for no mail",
        |zone| {
            zone.set(
                DMARC,
                "TXT",
                &["v=DMARC1; p=reject; pct=0; rua=mailto:dmarc@tarn.example"],
            );
        },
        Severity::LookAt,
        Check::Dmarc,
        DMARC,
        "\"p=reject\" with \"pct=\"",
    ),
    (
        "a policy on trial",
        |zone| {
            zone.set(
                DMARC,
                "TXT",
                &["v=DMARC1; p=reject; t=y; rua=mailto:dmarc@tarn.example"],
            );
        },
        Severity::LookAt,
        Check::Dmarc,
        DMARC,
        "\"p=reject\" with \"t=y\"",
    ),
    (
        "reports to strangers",
        |zone| {
            zone.set(
                DMARC,
                "TXT",
                &["v=DMARC1; p=reject; rua=mailto:x@reports.example"],
            );
        },
        Severity::LookAt,
        Check::Dmarc,
        DMARC,
        "tarn.example._report._dmarc.reports.example",
    ),
    (
        "strict",
        |zone| {
            zone.set(
                DMARC,
                "TXT",
                &["v=DMARC1; p=reject; aspf=s; rua=mailto:dmarc@tarn.example"],
            );
        },
        Severity::LookAt,
        Check::Alignment,
        "delivery.return_path",
        "does not belong to tarn.example exactly",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_record_wrong_in_turn_is_named_and_no_other() {
    let world = World::new().await;
    for (name, change, severity, check, place, words) in RECORDS {
        let found = world.with(change).await;
        assert_wrong(name, &found, &[(*severity, *check, place, words)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_policy_alignment_is_not_judged() {
    let world = World::new().await;
    type Policy = (&'static str, fn(&mut Zone), &'static str);
    let cases: &[Policy] = &[
        (
            "none",
            |zone| zone.remove(DMARC),
            "there is no DMARC record",
        ),
        (
            "two",
            |zone| zone.add(DMARC, "TXT v=DMARC1; p=none"),
            "there are 2 DMARC records",
        ),
        (
            "misspelt",
            |zone| zone.set(DMARC, "TXT", &["v=DMARC1; p=quarantin"]),
            "\"p=quarantin\" is no policy",
        ),
        (
            "empty",
            |zone| zone.set(DMARC, "TXT", &["v=DMARC1"]),
            "no policy",
        ),
        (
            "version",
            |zone| zone.set(DMARC, "TXT", &["v=DMARC2; p=none"]),
            "there is no DMARC record",
        ),
        (
            "without a semicolon",
            |zone| zone.set(DMARC, "TXT", &["v=DMARC1 p=none"]),
            "\"v=DMARC1 p=none\" is no DMARC record",
        ),
        (
            "in small letters",
            |zone| zone.set(DMARC, "TXT", &["v=dmarc1; p=none"]),
            "\"v=dmarc1; p=none\" is no DMARC record",
        ),
    ];
    for (name, change, words) in cases {
        let found = world.with(change).await;
        let wanted = [(Severity::Fail, Check::Dmarc, DMARC, *words)];
        assert_wrong(name, &found, &wanted);
    }
    let found = world
        .with(|zone| _ = zone.broken.insert(DMARC.to_owned()))
        .await;
    let unknown = "could not be found out";
    let wanted = [(Severity::LookAt, Check::Dmarc, DMARC, unknown)];
    assert_wrong("in trouble", &found, &wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_are_not_ours_do_not_carry_dmarc() {
    let mut world = World::new().await;
    world.config.delivery.dkim.domain = Some("other.example".to_owned());
    let key = world.names.zone.lock().unwrap().clone();
    let found = world
        .with(|zone| {
            *zone = key;
            let text = std::fs::read_to_string(world.folder.path().join("keys/dkim/courant1.pem"));
            let key = Key::parse(&Secret::new(&text.unwrap())).unwrap();
            let record = format!("TXT {}", key.record().unwrap());
            zone.add("courant1._domainkey.other.example", &record);
        })
        .await;
    let wanted = [(
        Severity::Fail,
        Check::Alignment,
        "delivery.dkim.domain",
        "only SPF would carry DMARC",
    )];
    assert_wrong("another signing domain", &found, &wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn spf_is_evaluated_as_the_standard_says() {
    let mut zone = Zone::default();
    for (name, record) in [
        (
            "all.example",
            "TXT v=spf1 a mx:mail.example/28 ip6:2001:db8::/32 -all",
        ),
        ("all.example", "A 192.0.2.1"),
        ("all.example", "AAAA 2001:db9::1"),
        ("mail.example", "MX 10 a.mail.example"),
        ("a.mail.example", "A 198.51.100.17"),
        ("redirect.example", "TXT v=spf1 redirect=all.example"),
        ("lost.example", "TXT v=spf1 redirect=nowhere.example"),
        ("soft.example", "TXT v=spf1 ?ip4:192.0.2.7 ~all"),
        ("silent.example", "TXT v=spf1 ip4:203.0.113.9"),
        (
            "nested.example",
            "TXT v=spf1 include:soft.example -ip4:192.0.2.7 +ip4:192.0.2.8 -all",
        ),
        (
            "exists.example",
            "TXT v=spf1 exists:%{ir}.%{l1r-}.list.example -all",
        ),
        ("5.2.0.192.bounces.list.example", "A 127.0.0.2"),
        ("ptr.example", "TXT v=spf1 ptr -all"),
        ("6.2.0.192.in-addr.arpa", "PTR host.ptr.example"),
        ("host.ptr.example", "A 192.0.2.6"),
        (
            "void.example",
            "TXT v=spf1 a:a.void.example a:b.void.example a:c.void.example -all",
        ),
        (
            "ten.example",
            "TXT v=spf1 include:five.example include:five.example -all",
        ),
        (
            "eleven.example",
            "TXT v=spf1 include:five.example include:five.example a:mail2.example -all",
        ),
        (
            "five.example",
            "TXT v=spf1 a:h.example a:h.example a:h.example a:h.example ~all",
        ),
        ("h.example", "A 203.0.113.1"),
        ("mail2.example", "A 203.0.113.2"),
        ("wrong.example", "TXT v=spf1 ip4:192.0.2.1 nonsense -all"),
        ("two.example", "TXT v=spf1 -all"),
        ("two.example", "TXT v=spf1 +all"),
        ("none.example", "TXT hello"),
    ] {
        zone.add(name, record);
    }
    zone.broken.insert("trouble.example".to_owned());
    let names = Names::start(zone).await;
    let config = Checks {
        resolver: Some(names.address),
        ..Checks::default()
    };
    let dns = dns::Dns::open(&config).unwrap();
    for (domain, address, wanted) in [
        ("all.example", "192.0.2.1", "Pass"),
        ("all.example", "2001:db9::1", "Pass"),
        ("all.example", "2001:db8:7::1", "Pass"),
        ("all.example", "198.51.100.30", "Pass"),
        ("all.example", "198.51.100.32", "Fail"),
        ("redirect.example", "192.0.2.1", "Pass"),
        ("redirect.example", "192.0.2.2", "Fail"),
        ("lost.example", "192.0.2.2", "Broken"),
        ("soft.example", "192.0.2.7", "Neutral"),
        ("soft.example", "192.0.2.8", "SoftFail"),
        ("silent.example", "192.0.2.8", "Neutral"),
        ("nested.example", "192.0.2.7", "Fail"),
        ("nested.example", "192.0.2.8", "Pass"),
        ("exists.example", "192.0.2.5", "Pass"),
        ("exists.example", "192.0.2.6", "Fail"),
        ("ptr.example", "192.0.2.6", "Pass"),
        ("ptr.example", "192.0.2.5", "Fail"),
        ("void.example", "192.0.2.5", "Broken"),
        ("ten.example", "192.0.2.5", "Fail"),
        ("ten.example", "203.0.113.1", "Pass"),
        ("eleven.example", "192.0.2.5", "Broken"),
        ("eleven.example", "203.0.113.1", "Pass"),
        ("wrong.example", "192.0.2.1", "Broken"),
        ("two.example", "192.0.2.1", "Broken"),
        ("none.example", "192.0.2.1", "None"),
        ("unheard-of.example", "192.0.2.1", "None"),
        ("trouble.example", "192.0.2.1", "Unknown"),
    ] {
        let address = address.parse().unwrap();
        let found = spf::evaluate(&dns, ("bounces-7", domain), address).await;
        let verdict = format!("{:?}", found.verdict);
        assert!(verdict.starts_with(wanted), "{domain} {address}: {found:?}");
    }
}
