//! Notices that come again, late, or from nobody: on each database.

use courant::clock::Clock;
use courant::database::Database;
use courant::feedback::apply::{Applied, Outcome, apply};
use courant_subscribers::Reason;
use courant_subscribers::store::suppressions;
use jiff::ToSpan as _;

use super::feedback::{address, fixture, grounds, reason, start};
use super::support::databases;

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
