//! What comes back, acted on: on each database, twice, and two at once.

use std::path::Path;

use courant::clock::Clock;
use courant::database::{Conn, Database};
use courant::delivery::DeliveryId;
use courant::edition::slates;
use courant::engagement;
use courant::feedback::apply::{Grounds, Outcome, apply};
use courant::feedback::replay::{Plan, Reading, replay};
use courant::feedback::store as reports;
use courant::feedback::{Config, rates};
use courant::links::{Kind, Links, Token};
use courant::secret::Secret;
use courant_subscribers::store::{subscribers, suppressions};
use courant_subscribers::{
    Added, Beginning, EmailAddress, How, NewSubscriber, Reason, Status, SubscriberId,
};
use jiff::{Timestamp, ToSpan as _};

use super::support::databases;
use super::support::program;
use super::support::site::Site;

pub(crate) fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bounces");
    std::fs::read(folder.join(format!("{name}.eml"))).unwrap()
}

/// As without `verp`, with a key that made no link.
pub(crate) fn grounds() -> Grounds {
    Grounds {
        links: Links::new("https://go.example.org", &Secret::new(&Links::new_key())).unwrap(),
        verp: false,
        config: Config::default(),
    }
}

pub(crate) fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

pub(crate) fn start() -> Timestamp {
    "2026-11-01T07:00:00Z".parse().unwrap()
}

pub(crate) async fn add(database: &Database, text: &str) {
    let new = NewSubscriber::new(address(text), Beginning::Active, How::CommandLine).unwrap();
    let mut tx = database.begin_write().await.unwrap();
    let added = subscribers::add(&mut tx, &new, 500).await.unwrap();
    assert!(matches!(added, Added::New(_)));
    tx.commit().await.unwrap();
}

pub(crate) async fn reason(database: &Database, text: &str) -> Option<Reason> {
    let mut conn = database.reader().await.unwrap();
    let found = suppressions::find(&mut conn, &address(text)).await.unwrap();
    found
        .filter(|recorded| recorded.lifted.is_none())
        .map(|recorded| recorded.suppression.reason)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_address_is_suppressed_and_a_second_reading_does_nothing() {
    for scratch in databases::each().await {
        let database = &scratch.database;
        add(database, "ann@example.org").await;
        let clock = Clock::fixed(start());
        let raw = fixture("postfix-unknown");
        let first = apply(database, &raw, &grounds(), &clock).await.unwrap();
        assert_eq!(
            first[0].outcome,
            Outcome::Suppressed,
            "{}",
            first[0].because
        );
        assert_eq!(
            reason(database, "ann@example.org").await,
            Some(Reason::HardBounce)
        );
        let mut conn = database.reader().await.unwrap();
        let person = subscribers::find_by_address(&mut conn, &address("ann@example.org")).await;
        assert_eq!(person.unwrap().unwrap().status, Status::Suppressed);
        drop(conn);

        // Taken back by a person, the same notice does not bring it again.
        let mut tx = database.begin_write().await.unwrap();
        let now = start().as_second() + 60;
        let lifted =
            suppressions::unsuppress(&mut tx, &address("ann@example.org"), "typo", now).await;
        assert_eq!(lifted.unwrap(), courant_subscribers::Outcome::Changed);
        tx.commit().await.unwrap();
        clock.set(start() + 2.hours());
        let again = apply(database, &raw, &grounds(), &clock).await.unwrap();
        assert_eq!(again[0].outcome, Outcome::Known);
        assert_eq!(reason(database, "ann@example.org").await, None);
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_readers_of_one_notice_act_once() {
    for scratch in databases::each().await {
        let database = &scratch.database;
        let clock = Clock::fixed(start());
        let raw = fixture("qmail");
        let grounds = grounds();
        let (a, b) = tokio::join!(
            apply(database, &raw, &grounds, &clock),
            apply(database, &raw, &grounds, &clock)
        );
        let mut outcomes: Vec<String> = [a.unwrap(), b.unwrap()]
            .concat()
            .iter()
            .map(|applied| format!("{:?}", applied.outcome))
            .collect();
        outcomes.sort();
        assert_eq!(outcomes, ["Counted", "Known", "Known", "Suppressed"]);
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_pass_suppresses_only_after_two_weeks() {
    for scratch in databases::each().await {
        let database = &scratch.database;
        let clock = Clock::fixed(start());
        let text = String::from_utf8(fixture("qmail")).unwrap();
        for (week, wanted) in [Outcome::Counted, Outcome::Counted, Outcome::Suppressed]
            .into_iter()
            .enumerate()
        {
            clock.set(start() + (168 * i64::try_from(week).unwrap()).hours());
            let raw = text.replace("given up.", &format!("given up {week} times."));
            let applied = apply(database, raw.as_bytes(), &grounds(), &clock)
                .await
                .unwrap();
            let bob = applied
                .iter()
                .find(|one| one.report.recipient.as_deref() == Some("bob@example.net"))
                .unwrap();
            assert_eq!(bob.outcome, wanted, "{}", bob.because);
        }
        assert_eq!(
            reason(database, "bob@example.net").await,
            Some(Reason::SoftBounces)
        );
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_nobodys_fault_changes_nothing() {
    for scratch in databases::each().await {
        let database = &scratch.database;
        let clock = Clock::fixed(start());
        for name in [
            "delayed",
            "delivered",
            "exim",
            "vacation",
            "letter",
            "unnamed",
            "gmail-words",
        ] {
            for applied in apply(database, &fixture(name), &grounds(), &clock)
                .await
                .unwrap()
            {
                let harmless = matches!(
                    applied.outcome,
                    Outcome::Ignored | Outcome::Counted | Outcome::Alarm
                );
                assert!(harmless, "{name}: {:?}", applied.outcome);
            }
        }
        assert_eq!(reason(database, "ann@example.org").await, None);
        let complaint = apply(database, &fixture("arf-abuse"), &grounds(), &clock)
            .await
            .unwrap();
        assert_eq!(complaint[0].outcome, Outcome::Suppressed);
        assert_eq!(
            reason(database, "ann@example.org").await,
            Some(Reason::Complaint)
        );
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_live_on_each_database() {
    for scratch in databases::each().await {
        let mut tx = scratch.database.begin_write().await.unwrap();
        let conn: &mut Conn = &mut tx;
        let report = courant::feedback::read(&fixture("postfix-unknown")).remove(0);
        let kept = |id| reports::Kept {
            id,
            address_key: "ann@example.org",
            report: &report,
            delivery: None,
            happened_at: if id == "a" { 100 } else { 300 },
            raw: "raw",
        };
        assert!(reports::add(conn, &kept("a"), 100).await.unwrap());
        assert!(!reports::add(conn, &kept("a"), 200).await.unwrap());
        assert!(reports::add(conn, &kept("b"), 300).await.unwrap());
        reports::settle(conn, "a", "counted", "because")
            .await
            .unwrap();
        reports::settle(conn, "b", "counted", "because")
            .await
            .unwrap();
        let counted = reports::counted_since(conn, "ann@example.org", 200)
            .await
            .unwrap();
        assert_eq!(counted, [300]);
        assert_eq!(
            reports::sent_since(conn, "ann@example.org", 0)
                .await
                .unwrap(),
            0
        );
        let about = reports::about(conn, "ann@example.org").await.unwrap();
        let nobody =
            DeliveryId::parse(&"a".repeat(24)).unwrap_or_else(|| panic!("the form of an id"));
        assert!(
            !reports::is_of(conn, &nobody, "ann@example.org")
                .await
                .unwrap()
        );
        assert_eq!(reports::purge(conn, 0).await.unwrap(), 0);
        let page = reports::page(conn, (100, "a"), 9).await.unwrap();
        assert_eq!((page.len(), page[0].id.as_str()), (1, "b"));
        assert!(reports::is_kept(conn, "a").await.unwrap());
        assert!(!reports::is_kept(conn, "c").await.unwrap());
        assert!(
            !reports::reopen(conn, ("a", "ignored"), &report)
                .await
                .unwrap()
        );
        assert!(
            reports::reopen(conn, ("a", "counted"), &report)
                .await
                .unwrap()
        );
        assert_eq!(about.len(), 2);
        assert_eq!(reports::forget(conn, "ann@example.org").await.unwrap(), 2);
        assert_eq!(reports::forget(conn, "ann@example.org").await.unwrap(), 0);
        tx.rollback().await.unwrap();
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_a_notice_came_to_says_whose_it_is_and_a_forged_one_changes_nothing() {
    for scratch in databases::each().await {
        let database = &scratch.database;
        let mut site = Site::new(database, slates::Config::default(), 3).await;
        let day = site.sent(0, 3).await;
        let clock = Clock::fixed(start());
        let own = Grounds {
            verp: true,
            ..grounds()
        };
        let tagged = |links: &Links, subscriber: i64| {
            let tag = links.tag(Token {
                subscriber,
                edition: day.edition.number,
                kind: Kind::Bounce,
            });
            // A relay that forwards names somebody else.
            format!(
                "Delivered-To: bounces+{tag}@tarn.example\r\nContent-Type: multipart/report; \
                 report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: \
                 message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\nFinal-Recipient: \
                 rfc822; elsewhere@example.net\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
            )
        };
        let status = async |subscriber: i64| {
            let mut conn = database.reader().await.unwrap();
            let id = SubscriberId::from_i64(subscriber);
            let person = subscribers::find_by_id(&mut conn, id).await.unwrap();
            person.unwrap().status
        };
        let (first, second) = (site.readers[0], site.readers[1]);
        // Somebody else's key, and a copy of the address with one letter changed.
        let forged = tagged(&grounds().links, first);
        let bent = tagged(&own.links, first).replacen("bounces+", "bounces+z", 1);
        for raw in [forged, bent] {
            let applied = apply(database, raw.as_bytes(), &own, &clock).await.unwrap();
            assert_eq!(
                applied[0].outcome,
                Outcome::Ignored,
                "{}",
                applied[0].because
            );
        }
        assert_eq!(status(first).await, Status::Active);
        // Nothing proves what names a reader without a tag.
        let mut conn = database.reader().await.unwrap();
        let person = subscribers::find_by_id(&mut conn, SubscriberId::from_i64(second)).await;
        let named = person.unwrap().unwrap().address.to_string();
        drop(conn);
        let bare = tagged(&own.links, second)
            .split_once("\r\n")
            .unwrap()
            .1
            .replace("elsewhere@example.net", &named);
        let applied = apply(database, bare.as_bytes(), &own, &clock)
            .await
            .unwrap();
        assert_eq!(
            applied[0].outcome,
            Outcome::Ignored,
            "{}",
            applied[0].because
        );
        assert_eq!(status(second).await, Status::Active);
        // The real one, twice.
        let raw = tagged(&own.links, first);
        for outcome in [Outcome::Suppressed, Outcome::Known] {
            let applied = apply(database, raw.as_bytes(), &own, &clock).await.unwrap();
            assert_eq!(applied[0].outcome, outcome, "{}", applied[0].because);
        }
        assert_eq!(status(first).await, Status::Suppressed);
        assert_eq!(reason(database, "elsewhere@example.net").await, None);
        let mut conn = database.reader().await.unwrap();
        let (all, services) = rates::returned(&mut conn, &day.edition.id).await.unwrap();
        assert_eq!(
            (all.sent, all.bounced, all.dead, all.complained),
            (3, 1, 1, 0)
        );
        assert_eq!(services.len(), 1, "{services:?}");
        drop(conn);
        // Who leaves by mail leaves by that edition, once.
        let wish = Token {
            subscriber: second,
            edition: day.edition.number,
            kind: Kind::Unsubscribe,
        };
        let raw = format!(
            "From: {named}\r\nSubject: unsubscribe {}\r\n\r\n",
            own.links.sign(wish)
        );
        for outcome in [Outcome::Left, Outcome::Known] {
            let applied = apply(database, raw.as_bytes(), &own, &clock).await.unwrap();
            assert_eq!(applied[0].outcome, outcome, "{}", applied[0].because);
        }
        let mut conn = database.reader().await.unwrap();
        let left = engagement::store::unsubscribed(&mut conn, &day.edition.id).await;
        assert_eq!(left.unwrap(), 1);
        drop(conn);
        scratch.end().await;
    }
}

/// Puts a message into the table as rules of before left it: about `key`, with their verdict.
async fn left(database: &Database, (name, key): (&str, &str), verdict: &str) {
    let raw = String::from_utf8(fixture(name)).unwrap();
    let report = courant::feedback::read(b"Subject: x\r\n\r\n").remove(0);
    let id = format!("{name} {key}");
    let kept = reports::Kept {
        id: &id,
        address_key: key,
        report: &report,
        delivery: None,
        happened_at: 1_000,
        raw: &raw,
    };
    let mut tx = database.begin_write().await.unwrap();
    assert!(reports::add(&mut tx, &kept, 1_000).await.unwrap());
    reports::settle(&mut tx, &id, verdict, "old rules")
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_rules_missed_is_made_good_by_reading_again() {
    for scratch in databases::each().await {
        let database = &scratch.database;
        let clock = Clock::fixed(start());
        for who in ["ann@example.org", "full@example.org"] {
            add(database, who).await;
        }
        let ann = ("postfix-unknown", "ann@example.org");
        left(database, ann, "ignored").await;
        let read = async |act| {
            let plan = Plan { since: 0, act };
            replay(database, &grounds(), plan, &clock).await.unwrap()
        };
        let Reading {
            read: count, found, ..
        } = read(false).await;
        assert_eq!((count, found.len()), (1, 1), "{found:?}");
        assert_eq!(
            (found[0].was.as_str(), found[0].outcome),
            ("ignored", Outcome::Suppressed)
        );
        assert_eq!(reason(database, "ann@example.org").await, None, "only said");
        // Two at once: one of them does it.
        let (one, other) = tokio::join!(read(true), read(true));
        let acted = one.found.len() + other.found.len();
        assert_eq!(acted, 1, "{one:?} {other:?}");
        assert_eq!(
            reason(database, "ann@example.org").await,
            Some(Reason::HardBounce)
        );
        let nothing = Reading {
            read: 1,
            ..Reading::default()
        };
        assert_eq!(read(true).await, nothing, "nothing is left to do");
        // What was suppressed and would not be today is a person's matter.
        let milder = ["exim", "vacation"].map(|name| (name, "ann@example.org"));
        for (name, key) in milder {
            left(database, (name, key), "suppressed").await;
        }
        let Reading { found, .. } = read(true).await;
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].because.contains("stays suppressed"), "{found:?}");
        // Whoever was let back in since stays there.
        let mut tx = database.begin_write().await.unwrap();
        let _back =
            suppressions::unsuppress(&mut tx, &address("ann@example.org"), "told us", 2_000)
                .await
                .unwrap();
        reports::settle(&mut tx, "postfix-unknown ann@example.org", "ignored", "x")
            .await
            .unwrap();
        tx.commit().await.unwrap();
        for act in [false, true] {
            let Reading {
                let_back, found, ..
            } = read(act).await;
            assert_eq!((let_back, found), (3, Vec::new()), "nothing to do");
        }
        assert_eq!(reason(database, "ann@example.org").await, None);
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_named_nobody_is_kept_for_the_day_it_can_be_read() {
    for scratch in databases::each().await {
        let database = &scratch.database;
        let clock = Clock::fixed(start());
        add(database, "ann@example.org").await;
        let unreadable =
            b"From: MAILER-DAEMON@example.net\r\nSubject: hm\r\n\r\nIt did not work.\r\n";
        for _twice in 0..2 {
            apply(database, unreadable, &grounds(), &clock)
                .await
                .unwrap();
        }
        let person = b"From: ann@example.org\r\nSubject: hello\r\n\r\nHow are you?\r\n";
        apply(database, person, &grounds(), &clock).await.unwrap();
        let mut conn = database.reader().await.unwrap();
        assert_eq!(reports::page(&mut conn, (0, ""), 9).await.unwrap().len(), 1);
        drop(conn);
        left(database, ("postfix-unknown", ""), "ignored").await;
        let plan = Plan {
            since: 0,
            act: true,
        };
        let reading = replay(database, &grounds(), plan, &clock).await.unwrap();
        let Reading { read, found, .. } = reading;
        assert_eq!((read, found.len()), (2, 1), "{found:?}");
        assert_eq!(
            reason(database, "ann@example.org").await,
            Some(Reason::HardBounce)
        );
        let reading = replay(database, &grounds(), plan, &clock).await.unwrap();
        assert!(reading.found.is_empty(), "{reading:?}");
        scratch.end().await;
    }
}

#[test]
fn these_tests_visit_every_store_function() {
    let here = include_str!("feedback.rs");
    let store = include_str!("../../src/feedback/store.rs");
    for (at, prefix) in store.match_indices("\npub async fn ") {
        let rest = &store[at + prefix.len()..];
        let function = rest.split('(').next().unwrap();
        assert!(
            here.contains(&format!("reports::{function}(")),
            "{function}"
        );
    }
}

#[test]
fn the_program_classifies_without_configuration() {
    let folder = tempfile::TempDir::new().unwrap();
    let run = |arguments: &[&str], input: &[u8]| {
        let output = program::answer(folder.path(), arguments, input);
        let stdout = String::from_utf8(output.stdout).unwrap();
        (output.status.code().unwrap(), stdout)
    };
    let (code, stdout) = run(&["bounce", "classify", "-", "--json"], &fixture("qmail"));
    assert_eq!(code, 0);
    let answer: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(answer["events"][0]["recipient"], "ann@example.org");
    assert_eq!(answer["events"][1]["hard"], false);
    let (code, stdout) = run(&["bounce", "classify", "-", "--json"], b"\x00\xff");
    assert_eq!(code, 0);
    assert!(stdout.contains("\"kind\":\"none\""));
    let (code, stdout) = run(&["bounce", "classify", "missing.eml", "--json"], b"");
    assert_eq!((code, stdout.as_str()), (2, ""));
    let both = [
        b"From a@b.example Mon Nov 23 07:00:00 2026\n".to_vec(),
        fixture("exim"),
        b"\nFrom a@b.example Mon Nov 23 07:00:01 2026\n".to_vec(),
        fixture("notes"),
    ]
    .concat();
    let (code, stdout) = run(&["bounce", "classify", "--mbox", "-", "--json"], &both);
    assert_eq!((code, stdout.lines().count()), (0, 2));
}
