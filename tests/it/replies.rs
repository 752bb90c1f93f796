//! Readers whose copies are refused while they are sent: judged as those whose copies come back later.

use courant::clock::Clock;
use courant::delivery::Config;
use courant::feedback::apply::Outcome;
use courant::feedback::{rates, replay, replies, store as reports};
use tempfile::TempDir;

use super::faults::{plan, queued, send};
use super::feedback::{grounds, reason};
use super::support::databases;
use super::support::relay::{Act, At, PIPELINED, Relay, Script};

fn refusing(reply: &'static str, times: u32) -> Script {
    Script {
        at: At::Recipient,
        act: Act::Say(reply),
        times,
        offers: PIPELINED,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_refused_at_rcpt_is_suppressed_once_and_shown_with_the_words() {
    for scratch in databases::each().await {
        let database = &scratch.database;
        let edition = queued(database, 3).await;
        let relay = Relay::start(refusing("550 5.1.1 no such user here\r\n", 1)).await;
        let folder = TempDir::new().unwrap();
        let plan = plan(&edition, relay.port, folder.path(), |_: &mut Config| {});
        let clock = Clock::fixed(edition.built_at);
        let sent = send(database, plan).await.unwrap();
        assert_eq!((sent.accepted, sent.refused), (2, 1));

        let grounds = grounds();
        let (one, other) = tokio::join!(
            replies::apply(database, &grounds, &clock),
            replies::apply(database, &grounds, &clock)
        );
        let mut judged = one.unwrap();
        judged.extend(other.unwrap());
        let acted = |outcome| judged.iter().filter(|it| it.outcome == outcome).count();
        assert_eq!(acted(Outcome::Suppressed), 1);
        assert_eq!(judged.len(), 1 + acted(Outcome::Known));
        assert!(
            replies::apply(database, &grounds, &clock)
                .await
                .unwrap()
                .is_empty()
        );

        let suppressed = judged
            .iter()
            .find(|it| it.outcome == Outcome::Suppressed)
            .unwrap();
        let address = suppressed.report.recipient.clone().unwrap();
        let why = courant_subscribers::Reason::HardBounce;
        assert_eq!(reason(database, &address).await, Some(why));
        let mut reader = database.reader().await.unwrap();
        let kept = reports::about(&mut reader, &address).await.unwrap();
        assert_eq!(kept.len(), 1);
        assert!(kept[0].raw.contains("550 5.1.1 no such user here"));
        let (all, _) = rates::returned(&mut reader, &edition.id).await.unwrap();
        assert_eq!(
            (all.refused, all.dead, all.dead_at_once, all.bounced),
            (1, 1, 1, 0)
        );
        drop(reader);
        let plan = replay::Plan {
            since: 0,
            act: false,
        };
        let again = replay::replay(database, &grounds, plan, &clock).await;
        let again = again.unwrap();
        assert_eq!((again.read, again.found.len()), (1, 0));
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_refuses_everybody_says_nothing_of_anybody() {
    for scratch in databases::each().await {
        let database = &scratch.database;
        let edition = queued(database, 3).await;
        let relay = Relay::start(refusing("550 5.1.1 no such user here\r\n", 99)).await;
        let folder = TempDir::new().unwrap();
        let plan = plan(&edition, relay.port, folder.path(), |_: &mut Config| {});
        let sent = send(database, plan).await.unwrap();
        assert_eq!((sent.accepted, sent.refused), (0, 3));
        let clock = Clock::fixed(edition.built_at);
        let judged = replies::apply(database, &grounds(), &clock).await.unwrap();
        assert_eq!(judged, []);
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_mailbox_is_counted_and_a_refusal_of_us_alarms() {
    for (reply, outcome) in [
        ("552 5.2.2 over quota\r\n", Outcome::Counted),
        ("550 blocked using zen.spamhaus.org\r\n", Outcome::Alarm),
    ] {
        for scratch in databases::each().await {
            let database = &scratch.database;
            let edition = queued(database, 3).await;
            let relay = Relay::start(refusing(reply, 1)).await;
            let folder = TempDir::new().unwrap();
            let plan = plan(&edition, relay.port, folder.path(), |_: &mut Config| {});
            send(database, plan).await.unwrap();
            let clock = Clock::fixed(edition.built_at);
            let judged = replies::apply(database, &grounds(), &clock).await.unwrap();
            let outcomes: Vec<_> = judged.iter().map(|it| it.outcome).collect();
            assert_eq!(outcomes, [outcome], "{reply}");
            let address = judged[0].report.recipient.clone().unwrap();
            assert_eq!(reason(database, &address).await, None);
            scratch.end().await;
        }
    }
}
