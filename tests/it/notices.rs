//! Notices that come again, late, or from nobody: on each database.

use courant::clock::Clock;
use courant::database::{Database, Kind};
use courant::delivery::DeliveryId;
use courant::edition::slates;
use courant::feedback::apply::{Applied, Grounds, Outcome, apply};
use courant::feedback::rates::{self, Level};
use courant::feedback::replay::{Plan, replay};
use courant::feedback::store as reports;
use courant_subscribers::store::suppressions;
use courant_subscribers::{Reason, Suppression};
use jiff::{Timestamp, ToSpan as _};

use super::feedback::{add, address, fixture, grounds, reason, start};
use super::support::databases;
use super::support::site::Site;

const BOB: &str = "bob@example.net";

/// What a message says of Bob.
fn of_bob(applied: Vec<Applied>) -> Applied {
    let mut applied = applied.into_iter();
    let bob = applied.find(|one| one.report.recipient.as_deref() == Some(BOB));
    bob.expect("the notice names Bob")
}

/// Bob's mailbox is full in that week.
async fn full(database: &Database, week: i64) -> Applied {
    let clock = Clock::fixed(start() + (168 * week).hours());
    let text = String::from_utf8(fixture("qmail")).unwrap();
    let raw = text.replace("given up.", &format!("given up {week} times."));
    let applied = apply(database, raw.as_bytes(), &grounds(), &clock).await;
    of_bob(applied.unwrap())
}

async fn let_back(database: &Database, who: &str, at: i64) {
    let mut tx = database.begin_write().await.unwrap();
    let lifted = suppressions::unsuppress(&mut tx, &address(who), "wrote to us", at).await;
    assert_eq!(lifted.unwrap(), courant_subscribers::Outcome::Changed);
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_let_back_in_begins_anew() {
    for scratch in databases::each().await {
        let database = &scratch.database;
        let counted = [Outcome::Counted, Outcome::Counted, Outcome::Suppressed];
        for (week, wanted) in (0..).zip(counted) {
            let bob = full(database, week).await;
            assert_eq!(bob.outcome, wanted, "{week}: {}", bob.because);
        }
        let at = start() + (168 * 2 + 24).hours();
        let_back(database, BOB, at.as_second()).await;
        for (week, wanted) in (3..).zip(counted) {
            let bob = full(database, week).await;
            assert_eq!(bob.outcome, wanted, "{week}: {}", bob.because);
        }
        assert_eq!(reason(database, BOB).await, Some(Reason::SoftBounces));
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nothing_proves_and_what_only_waits_is_in_no_rate() {
    for scratch in databases::each().await {
        let database = &scratch.database;
        let mut site = Site::new(database, slates::Config::default(), 120).await;
        let day = site.sent(0, 3).await;
        let clock = Clock::fixed(start());
        let own = Grounds {
            verp: true,
            ..grounds()
        };
        // Returns the copy of reader 1 and speaks of somebody else.
        let copy = DeliveryId::of(&day.edition.id, site.readers[1]);
        let returned = format!(
            "--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <{}@tarn.example>\r\n\r\nx\r\n--b--\r\n",
            copy.as_str()
        );
        let complaint = |about: &str| {
            format!(
                "Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n--b\r\n\
                 Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n\
                 Original-Rcpt-To: {about}\r\n\r\n{returned}"
            )
        };
        let bounce = |about: &str, action: &str, status: &str| {
            format!(
                "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\
                 Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\nFinal-Recipient: \
                 rfc822; {about}\r\nAction: {action}\r\nStatus: {status}\r\n\r\n{returned}"
            )
        };
        let returned = async || {
            let mut conn = database.reader().await.unwrap();
            rates::returned(&mut conn, &day.edition.id).await.unwrap().0
        };
        for (raw, wanted) in [
            (complaint("r2@example.org"), Outcome::Ignored),
            (
                bounce("r3@example.org", "failed", "5.1.1"),
                Outcome::Ignored,
            ),
            (
                bounce("r1@example.org", "delayed", "4.4.1"),
                Outcome::Ignored,
            ),
        ] {
            let applied = apply(database, raw.as_bytes(), &own, &clock).await.unwrap();
            assert_eq!(applied[0].outcome, wanted, "{}", applied[0].because);
        }
        let all = returned().await;
        assert_eq!((all.sent, all.bounced, all.complained), (120, 0, 0));
        assert_eq!(all.level, Level::Fine);
        // Our own fault and what is proven are.
        let ours = bounce("r1@example.org", "failed", "5.7.26");
        let full = bounce("r1@example.org", "failed", "4.2.2");
        let proven = complaint("r1@example.org");
        // Two notices of one reader's copy under two verdicts: one reader, and the worse verdict.
        for (raw, wanted) in [
            (ours, Outcome::Alarm),
            (full, Outcome::Counted),
            (proven, Outcome::Suppressed),
        ] {
            let applied = apply(database, raw.as_bytes(), &own, &clock).await.unwrap();
            assert_eq!(applied[0].outcome, wanted, "{}", applied[0].because);
        }
        let all = returned().await;
        assert_eq!((all.our_fault, all.bounced, all.complained), (1, 1, 1));
        assert_eq!(all.level, Level::Alarm);
        scratch.end().await;
    }
}

/// What mailbox software makes of a message that it stores, and hands out.
fn stored(raw: &str) -> Vec<String> {
    let received = "Received: from mx.example (mx.example [192.0.2.1])\n\tby store.example; Mon, 2 Nov 2026 \
                    07:00:00 +0000\n";
    let state = "Status: RO\nX-Status: A\nX-Keywords:  \n";
    vec![
        raw.replace('\n', "\r\n"),
        format!("Return-Path: <>\nDelivered-To: bounces@tarn.example\n{received}{raw}\n"),
        raw.replacen("\n\n", &format!("\n{state}\n"), 1),
        format!("X-Original-To: bounces@tarn.example\n{raw}").replace('\n', "\r\n"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_was_stored_elsewhere_is_the_same() {
    for scratch in databases::each().await {
        let database = &scratch.database;
        let text = String::from_utf8(fixture("qmail")).unwrap();
        let clock = Clock::fixed(start());
        let first = apply(database, text.as_bytes(), &grounds(), &clock).await;
        assert_eq!(of_bob(first.unwrap()).outcome, Outcome::Counted);
        for raw in stored(&text) {
            clock.set(clock.now() + 24.hours());
            let again = apply(database, raw.as_bytes(), &grounds(), &clock).await;
            assert_eq!(of_bob(again.unwrap()).outcome, Outcome::Known, "{raw}");
        }
        let mut conn = database.reader().await.unwrap();
        let kept = reports::about(&mut conn, BOB).await.unwrap();
        assert_eq!(kept.len(), 1);
        drop(conn);
        scratch.end().await;
    }
}

/// Ann's address is dead; the notice returns so much of an edition, before it says so or behind.
fn returning(bytes: usize, is_first: bool) -> String {
    let page = "<p>a story</p>\n".repeat(bytes / 15);
    let returned = format!("--b\nContent-Type: message/rfc822\n\nTo: ann@example.org\n\n{page}\n");
    let status = "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n\
                  Final-Recipient: rfc822; ann@example.org\nAction: failed\nStatus: 5.1.1\n\n";
    let parts = if is_first {
        [&returned, status]
    } else {
        [status, &returned]
    };
    format!(
        "From: MAILER-DAEMON@mx.example\nContent-Type: multipart/report; report-type=delivery-status; \
         boundary=b\n\n{}--b--\n",
        parts.concat()
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cut_off_changes_no_verdict() {
    for scratch in databases::each().await {
        let database = &scratch.database;
        let clock = Clock::fixed(start());
        for is_first in [true, false] {
            let raw = returning(150_000, is_first);
            let applied = apply(database, raw.as_bytes(), &grounds(), &clock).await;
            assert!(applied.unwrap()[0].report.hard);
        }
        // The words that would be read differently stand behind what is kept of it.
        let long = format!(
            "From: ann@example.org\nSubject: hello\nX-Failed-Recipients: ann@example.org\n\n{}\n550 5.1.1 no such user\n",
            "How are you? ".repeat(6_000)
        );
        let applied = apply(database, long.as_bytes(), &grounds(), &clock).await;
        assert_eq!(applied.unwrap().len(), 1);
        let plan = Plan {
            since: 0,
            act: true,
        };
        let reading = replay(database, &grounds(), plan, &clock).await.unwrap();
        assert_eq!((reading.read, reading.left_out), (2, 1));
        assert_eq!((reading.let_back, reading.found), (0, Vec::new()));
        let mut conn = database.reader().await.unwrap();
        let kept = reports::about(&mut conn, "ann@example.org").await.unwrap();
        assert!(kept.iter().all(|kept| kept.raw.len() < 64_100));
        drop(conn);
        scratch.end().await;
    }
}

/// Waits until one transaction waits for another.
async fn somebody_waits(database: &Database) {
    let mut conn = database.reader().await.unwrap();
    for _try in 0..3_000 {
        let waiting: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM pg_stat_activity
             WHERE datname = current_database() AND wait_event_type = 'Lock'",
        )
        .fetch_one(&mut *conn)
        .await
        .unwrap();
        if waiting > 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("nobody waits");
}

/// Another process has Bob and wants Ann; this one has Ann and wants Bob. PostgreSQL ends the one that waited first.
#[tokio::test(flavor = "multi_thread")]
async fn who_gives_way_to_another_process_begins_anew() {
    for scratch in databases::each().await {
        let database = scratch.database.clone();
        if database.kind() == Kind::Postgres {
            let block = |who| {
                let at = start().as_second();
                Suppression::new(&address(who), Reason::Complaint, at)
            };
            let mut other = database.begin_write().await.unwrap();
            let bob = suppressions::suppress(&mut other, &block(BOB)).await;
            assert_eq!(bob.unwrap(), courant_subscribers::Outcome::Changed);
            let ours = tokio::spawn({
                let database = database.clone();
                // Both addresses are dead.
                let text = String::from_utf8(fixture("qmail")).unwrap();
                let raw = text.replace(
                    &text[text.find("<bob@example.net>:").unwrap()..],
                    "<bob@example.net>:\n550 5.1.1 no such user\n",
                );
                async move {
                    let clock = Clock::fixed(start());
                    apply(&database, raw.as_bytes(), &grounds(), &clock).await
                }
            });
            somebody_waits(&database).await;
            let ann = suppressions::suppress(&mut other, &block("ann@example.org")).await;
            assert_eq!(ann.unwrap(), courant_subscribers::Outcome::Changed);
            other.commit().await.unwrap();
            let applied = ours.await.unwrap().unwrap();
            let outcomes: Vec<_> = applied.iter().map(|one| one.outcome).collect();
            assert_eq!(outcomes, [Outcome::SuppressedBefore; 2], "{applied:?}");
            let mut conn = database.reader().await.unwrap();
            for who in [BOB, "ann@example.org"] {
                assert_eq!(reports::about(&mut conn, who).await.unwrap().len(), 1);
            }
        }
        drop(database);
        scratch.end().await;
    }
}

/// A mailbox that nobody read for a month: the notices say on which days it happened, and what is older than the
/// day on which somebody let the address back in is answered.
#[tokio::test(flavor = "multi_thread")]
async fn notices_of_days_past_count_on_those_days() {
    for scratch in databases::each().await {
        let database = &scratch.database;
        add(database, "ann@example.org").await;
        let clock = Clock::fixed(start());
        let text = String::from_utf8(fixture("qmail")).unwrap();
        let mut last = None;
        for day in ["Fri, 2", "Fri, 9", "Sat, 17"] {
            let raw = format!("Date: {day} Oct 2026 07:00:00 +0200\n{text}");
            let done = apply(database, raw.as_bytes(), &grounds(), &clock).await;
            last = Some(of_bob(done.unwrap()));
        }
        let last = last.unwrap();
        assert_eq!(last.outcome, Outcome::Suppressed, "{}", last.because);
        let mut conn = database.reader().await.unwrap();
        let block = suppressions::find(&mut conn, &address(BOB)).await.unwrap();
        drop(conn);
        let happened: Timestamp = "2026-10-17T05:00:00Z".parse().unwrap();
        assert_eq!(block.unwrap().suppression.since, happened.as_second());

        let dead = String::from_utf8(fixture("postfix-unknown")).unwrap();
        let of = |date: &str| format!("Date: {date}\n{dead}");
        let ann = async |raw: String| {
            let done = apply(database, raw.as_bytes(), &grounds(), &clock).await;
            done.unwrap().remove(0).outcome
        };
        // That notice names her, too, and her address is dead.
        let dead = Some(Reason::HardBounce);
        assert_eq!(reason(database, "ann@example.org").await, dead);
        let_back(database, "ann@example.org", happened.as_second()).await;
        let older = ann(of("Wed, 7 Oct 2026 07:00:00 +0000")).await;
        assert_eq!(
            (older, reason(database, "ann@example.org").await),
            (Outcome::SuppressedBefore, None)
        );
        // A day that is still to come, or no day at all, is today.
        let odd = ann(of("Sat, 7 Nov 2099 07:00:00 +0000")).await;
        assert_eq!(odd, Outcome::Suppressed);
        scratch.end().await;
    }
}
