//! Notices that come again, late, or from nobody: on each database.

use courant::clock::Clock;
use courant::database::Database;
use courant::delivery::DeliveryId;
use courant::edition::slates;
use courant::feedback::apply::{Applied, Grounds, Outcome, apply};
use courant::feedback::rates::{self, Level};
use courant_subscribers::Reason;
use courant_subscribers::store::suppressions;
use jiff::ToSpan as _;

use super::feedback::{address, fixture, grounds, reason, start};
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
        let proven = complaint("r1@example.org");
        for (raw, wanted) in [(ours, Outcome::Alarm), (proven, Outcome::Suppressed)] {
            let applied = apply(database, raw.as_bytes(), &own, &clock).await.unwrap();
            assert_eq!(applied[0].outcome, wanted, "{}", applied[0].because);
        }
        let all = returned().await;
        assert_eq!((all.our_fault, all.bounced, all.complained), (1, 1, 1));
        assert_eq!(all.level, Level::Alarm);
        scratch.end().await;
    }
}
