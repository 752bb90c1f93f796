//! A relay that misbehaves at every phase: nobody is lost, nobody gets a message twice.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use courant::database::{self, Database};
use courant::delivery::shaping;
use courant::delivery::smtp::{self, Relays, Tls};
use courant::delivery::store::{self as ledger, Counts};
use courant::delivery::{self, Config, Ended, Plan, Progress, Summary, Transport, Uncertain};
use courant::edition::{Edition, Status, Step, store as editions};
use courant::units::Span;
use courant_subscribers::store::subscribers;
use courant_subscribers::{Added, Beginning, EmailAddress, How, NewSubscriber, Outcome};
use jiff::ToSpan as _;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::support::relay::{Act, At, PIPELINED, PLAIN, Relay, Script};
use super::support::{databases, mails};

struct Silent;

impl Progress for Silent {
    fn begins(&mut self, _owed: u64) {}
    fn settled(&mut self, _count: u64) {}
    fn ends(&mut self) {}
}

/// An edition with so many recipients in the ledger.
pub(super) async fn queued(database: &Database, readers: usize) -> Edition {
    let mut tx = database.begin_write().await.unwrap();
    let built = Edition {
        status: Status::Draft,
        ..mails::edition(6)
    };
    assert!(editions::insert(&mut tx, &built).await.unwrap());
    let now = built.built_at;
    let (from, to) = (Status::Draft, Status::Draft.after(Step::Approve).unwrap());
    editions::set_status(&mut tx, &built.id, from, to, now)
        .await
        .unwrap();
    editions::set_enqueued(&mut tx, &built.id, now)
        .await
        .unwrap();
    let variant = courant::edition::slates::Variant::default();
    let mut rows = Vec::new();
    for number in 0..readers {
        let address = EmailAddress::parse(&format!("r{number}@example.org")).unwrap();
        let new = NewSubscriber::new(address, Beginning::Active, How::CommandLine).unwrap();
        match subscribers::add(&mut tx, &new, 500).await.unwrap() {
            Added::New(id) => rows.push(ledger::ToQueue::now(id.as_i64(), Some(&variant))),
            other => panic!("{other:?}"),
        }
    }
    ledger::queue(&mut tx, &built.id, &rows).await.unwrap();
    let edition = editions::find(&mut tx, &built.id).await.unwrap().unwrap();
    database::commit(tx).await.unwrap();
    edition
}

pub(super) fn plan(
    edition: &Edition,
    port: u16,
    folder: &Path,
    change: impl Fn(&mut Config),
) -> Plan {
    let mut config = Config {
        connections: 1,
        smtp: smtp::Config {
            host: "localhost".to_owned(),
            port: Some(port),
            tls: Tls::None,
            timeout: Span::seconds(1),
            ..smtp::Config::default()
        },
        ..Config::default()
    };
    change(&mut config);
    let relay = smtp::Relay::open(&config.smtp, folder, None).unwrap();
    Plan {
        composer: mails::composer(edition.clone(), None),
        transport: Transport::Smtp(Arc::new(Relays::new(vec![relay]))),
        journal: folder.join("journal"),
        config,
        limit: None,
        clock: courant::clock::Clock::fixed(edition.built_at),
    }
}

pub(super) async fn send(database: &Database, plan: Plan) -> Result<Summary, delivery::Error> {
    delivery::send(database, plan, &CancellationToken::new(), &mut Silent).await
}

async fn counts(database: &Database, edition: &Edition) -> Counts {
    let mut reader = database.reader().await.unwrap();
    ledger::counts(&mut reader, &edition.id).await.unwrap()
}

fn states(counts: &Counts) -> [u64; 4] {
    [
        counts.sent,
        counts.deferred,
        counts.refused,
        counts.uncertain,
    ]
}

/// What a script leaves of three recipients: sent, deferred, refused, uncertain.
const PHASES: &[(At, Act, [u64; 4])] = &[
    (At::Sender, Act::Say("451 4.3.0 later\r\n"), [2, 1, 0, 0]),
    (At::Sender, Act::Say("550 5.7.1 not you\r\n"), [2, 1, 0, 0]),
    (
        At::Sender,
        Act::SayAndClose("421 4.3.2 closing\r\n"),
        [2, 1, 0, 0],
    ),
    (
        At::Recipient,
        Act::Say("550 5.1.1 nobody\r\n"),
        [2, 0, 1, 0],
    ),
    (At::Recipient, Act::Say("550 nobody\r\n"), [2, 0, 1, 0]),
    (
        At::Recipient,
        Act::Say("550 5.2.1 inactive\r\n"),
        [2, 0, 1, 0],
    ),
    (
        At::Recipient,
        Act::Say("451 4.7.1 greylisted\r\n"),
        [2, 1, 0, 0],
    ),
    (At::Recipient, Act::Say("452 4.2.2 full\r\n"), [2, 1, 0, 0]),
    (
        At::Recipient,
        Act::Say("550 5.7.1 blocked\r\n"),
        [2, 1, 0, 0],
    ),
    (At::Recipient, Act::Close, [3, 0, 0, 0]),
    (At::Data, Act::Say("451 4.3.0 later\r\n"), [2, 1, 0, 0]),
    (At::Data, Act::Say("554 5.5.1 no\r\n"), [2, 1, 0, 0]),
    (At::Data, Act::Close, [3, 0, 0, 0]),
    // An answer that fits no question: nothing has left, and the next connection begins anew.
    (At::Data, Act::Say("250 2.0.0 ok\r\n"), [3, 0, 0, 0]),
    (
        At::Recipient,
        Act::Say("250 2.1.5 ok\r\n250 2.1.5 ok\r\n"),
        [3, 0, 0, 0],
    ),
    (At::Sender, Act::Say("354 go on\r\n"), [3, 0, 0, 0]),
    (At::Dot, Act::Say("354 go on\r\n"), [2, 0, 0, 1]),
    (At::Dot, Act::Say("552 5.2.2 full\r\n"), [2, 0, 1, 0]),
    (At::Dot, Act::Say("554 5.7.1 spam\r\n"), [2, 1, 0, 0]),
    (At::Dot, Act::Say("451 4.3.0 later\r\n"), [2, 1, 0, 0]),
    (
        At::Dot,
        Act::SayAndClose("421 4.3.0 closing\r\n"),
        [2, 1, 0, 0],
    ),
    (At::Dot, Act::Close, [2, 0, 0, 1]),
    (At::Taken, Act::Close, [2, 0, 0, 1]),
    (At::Taken, Act::Say("what?\r\n"), [2, 0, 0, 1]),
    (At::Taken, Act::Stall, [2, 0, 0, 1]),
    (At::Sender, Act::Stall, [3, 0, 0, 0]),
    (At::Greeting, Act::Close, [3, 0, 0, 0]),
    (
        At::Greeting,
        Act::SayAndClose("421 4.3.2 busy\r\n"),
        [3, 0, 0, 0],
    ),
    (At::Hello, Act::Close, [3, 0, 0, 0]),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_reply_at_every_phase_has_its_state() {
    let mut wrong = Vec::new();
    for offers in [PIPELINED, PLAIN] {
        for (at, act, wanted) in PHASES {
            let scratch = databases::sqlite().await;
            let folder = TempDir::new().unwrap();
            let edition = queued(&scratch.database, 3).await;
            let relay = Relay::start(Script {
                at: *at,
                act: *act,
                times: 1,
                offers,
            })
            .await;
            let plan = plan(&edition, relay.port, folder.path(), |_| {});
            let summary = send(&scratch.database, plan).await.unwrap();
            let counts = counts(&scratch.database, &edition).await;
            if states(&counts) != *wanted {
                wrong.push(format!("{at:?} {act:?} {offers:?}: {:?}", states(&counts)));
            }
            assert_eq!(summary.ended, Ended::Done);
            {
                let heard = relay.heard.lock().unwrap();
                let all: BTreeSet<_> = heard.ids.iter().collect();
                assert_eq!(all.len(), heard.ids.len(), "twice: {at:?} {act:?}");
                assert!(heard.ids.len() as u64 >= counts.sent, "{at:?} {act:?}");
            }
            let files = std::fs::read_dir(folder.path().join("journal")).unwrap();
            assert_eq!(files.count(), 0, "the journal is settled");
            scratch.end().await;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_breaks_off_half_way_has_not_been_sent() {
    let scratch = databases::sqlite().await;
    let folder = TempDir::new().unwrap();
    let edition = queued(&scratch.database, 3).await;
    let relay = Relay::start(Script {
        at: At::Body,
        act: Act::Close,
        times: 1,
        offers: PIPELINED,
    })
    .await;
    let plan = plan(&edition, relay.port, folder.path(), |_| {});
    send(&scratch.database, plan).await.unwrap();
    // A small message is in the socket's buffers as a whole: then it is in doubt. Never is it lost.
    let counts = counts(&scratch.database, &edition).await;
    assert_eq!(counts.sent + counts.uncertain, 3, "{counts:?}");
    scratch.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_refuses_everybody_stops_the_edition_and_blames_nobody() {
    let scratch = databases::sqlite().await;
    let folder = TempDir::new().unwrap();
    let edition = queued(&scratch.database, 40).await;
    let relay = Relay::start(Script {
        at: At::Recipient,
        act: Act::Say("550 5.1.1 nobody at all\r\n"),
        times: u32::MAX,
        offers: PIPELINED,
    })
    .await;
    let plan = || {
        plan(&edition, relay.port, folder.path(), |config| {
            config.stop_after_refusals = 5;
        })
    };
    let (plan, again) = (plan(), plan());
    let error = send(&scratch.database, plan).await.unwrap_err();
    assert!(
        matches!(error, delivery::Error::AllRefused { count: 5, .. }),
        "{error}"
    );
    let after = counts(&scratch.database, &edition).await;
    assert!(after.queued >= 34 && after.sending == 0, "{after:?}");
    assert!(after.refused == 0 && after.deferred >= 5, "{after:?}");
    // Others are asked the next time, and nobody has lost the edition.
    assert!(send(&scratch.database, again).await.is_err());
    let last = counts(&scratch.database, &edition).await;
    assert!(last.refused == 0 && last.deferred >= 10, "{last:?}");
    scratch.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_that_finds_us_too_fast_is_left_alone() {
    let scratch = databases::sqlite().await;
    let folder = TempDir::new().unwrap();
    let edition = queued(&scratch.database, 30).await;
    let relay = Relay::start(Script {
        at: At::Recipient,
        act: Act::Say("450 4.7.28 unusual rate\r\n"),
        times: 1,
        offers: PIPELINED,
    })
    .await;
    let plan = plan(&edition, relay.port, folder.path(), |_| {});
    let summary = send(&scratch.database, plan).await.unwrap();
    assert!(summary.deferred >= 28, "{summary:?}");
    assert!(relay.heard.lock().unwrap().taken.len() <= 2);
    scratch.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_is_too_small_is_told_of_and_its_destinations_are_not_blamed() {
    let scratch = databases::sqlite().await;
    let folder = TempDir::new().unwrap();
    let edition = queued(&scratch.database, 12).await;
    let relay = |offers| async move {
        let script = Script {
            at: At::Greeting,
            act: Act::Close,
            times: 0,
            offers,
        };
        Relay::start(script).await
    };
    let small = relay("250-here\r\n250-PIPELINING\r\n250 SIZE 1000\r\n").await;
    let few = |config: &mut Config| config.stop_after_refusals = 5;
    let early = plan(&edition, small.port, folder.path(), few);
    let error = send(&scratch.database, early)
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("1000 bytes at most"), "{error}");
    assert!(small.heard.lock().unwrap().senders.is_empty());
    let whole = relay(PIPELINED).await;
    let mut later = plan(&edition, whole.port, folder.path(), few);
    later.clock = courant::clock::Clock::fixed(edition.built_at + 3.hours());
    send(&scratch.database, later).await.unwrap();
    assert_eq!(counts(&scratch.database, &edition).await.sent, 12);
    scratch.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_while_an_edition_goes_out_slowly_is_not_mailed() {
    for scratch in databases::each().await {
        let folder = TempDir::new().unwrap();
        let edition = queued(&scratch.database, 60).await;
        let relay = Relay::start(Script {
            at: At::Recipient,
            act: Act::Pause(std::time::Duration::from_millis(100)),
            times: u32::MAX,
            offers: PIPELINED,
        })
        .await;
        let plan = plan(&edition, relay.port, folder.path(), |_| {});
        let leaving = async {
            while relay.heard.lock().unwrap().taken.len() < 5 {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            let mut tx = scratch.database.begin_write().await.unwrap();
            // Rows are given out in the order of the readers' ids, which are random.
            let mut last = None;
            for number in 0..60 {
                let address = EmailAddress::parse(&format!("r{number}@example.org")).unwrap();
                let found = subscribers::find_by_address(&mut tx, &address)
                    .await
                    .unwrap();
                last = last.max(found.map(|found| found.id));
            }
            let how = How::CommandLine;
            let left = subscribers::unsubscribe(&mut tx, last.unwrap(), how, 600).await;
            assert_eq!(left.unwrap(), Outcome::Changed);
            database::commit(tx).await.unwrap();
        };
        let (summary, ()) = tokio::join!(send(&scratch.database, plan), leaving);
        let summary = summary.unwrap();
        assert_eq!(
            (summary.accepted, summary.suppressed),
            (59, 1),
            "{summary:?}"
        );
        scratch.end().await;
    }
}

/// A relay that takes everything.
async fn good_relay() -> Relay {
    Relay::start(Script {
        at: At::Greeting,
        act: Act::Close,
        times: 0,
        offers: PIPELINED,
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limited_destination_waits_and_holds_nobody_up() {
    for scratch in databases::each().await {
        let folder = TempDir::new().unwrap();
        let edition = queued(&scratch.database, 12).await;
        let relay = good_relay().await;
        let slow = |config: &mut Config| {
            config.connections = 3;
            config.destination = vec![shaping::Config {
                domains: vec!["example.org".to_owned()],
                per_second: Some(4),
                per_hour: Some(10),
                ..shaping::Config::default()
            }];
        };
        let mut plan = plan(&edition, relay.port, folder.path(), slow);
        plan.clock = courant::clock::Clock::System;
        let again = plan.clone();
        plan.composer = mails::composer(
            Edition {
                enqueued_at: Some(jiff::Timestamp::now()),
                ..edition.clone()
            },
            None,
        );
        let summary = send(&scratch.database, plan.clone()).await.unwrap();
        // Four in each of three seconds, the first of which may be nearly over; of the hour's ten none is left for the last two.
        assert_eq!(
            (summary.accepted, summary.remaining),
            (10, 2),
            "{summary:?}"
        );
        assert!(
            summary.seconds >= 1.0 && summary.next_attempt_at.is_some(),
            "{summary:?}"
        );
        let plan = Plan {
            composer: plan.composer,
            ..again
        };
        let summary = send(&scratch.database, plan).await.unwrap();
        assert_eq!((summary.accepted, summary.remaining), (0, 2), "{summary:?}");
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_has_had_its_share_leaves_the_rest_to_another() {
    for scratch in databases::each().await {
        let folder = TempDir::new().unwrap();
        let edition = queued(&scratch.database, 12).await;
        let (few, many) = (good_relay().await, good_relay().await);
        let mut plan = plan(&edition, few.port, folder.path(), |config| {
            config.connections = 2;
            config.smtp.per_hour = Some(4);
        });
        let open = |port: u16, per_hour| {
            let config = smtp::Config {
                host: "localhost".to_owned(),
                port: Some(port),
                tls: Tls::None,
                per_hour,
                ..smtp::Config::default()
            };
            smtp::Relay::open(&config, folder.path(), None).unwrap()
        };
        let relays = vec![open(few.port, Some(4)), open(many.port, None)];
        plan.transport = Transport::Smtp(Arc::new(Relays::new(relays)));
        let summary = send(&scratch.database, plan.clone()).await.unwrap();
        assert_eq!(summary.accepted, 12, "{summary:?}");
        let taken = few.heard.lock().unwrap().taken.len();
        assert!((1..=5).contains(&taken), "{taken}");
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_every_relay_has_had_its_share_the_rest_waits() {
    let scratch = databases::sqlite().await;
    let folder = TempDir::new().unwrap();
    let edition = queued(&scratch.database, 12).await;
    let relay = good_relay().await;
    let mut plan = plan(&edition, relay.port, folder.path(), |_| {});
    let config = smtp::Config {
        per_day: Some(5),
        ..plan.config.smtp.clone()
    };
    let limited = smtp::Relay::open(&config, folder.path(), None).unwrap();
    plan.transport = Transport::Smtp(Arc::new(Relays::new(vec![limited])));
    for (accepted, remaining) in [(5, 7), (0, 7)] {
        let summary = send(&scratch.database, plan.clone()).await.unwrap();
        assert_eq!(
            (summary.accepted, summary.remaining),
            (accepted, remaining),
            "{summary:?}"
        );
    }
    scratch.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_deadline_passes_while_an_edition_goes_out() {
    let scratch = databases::sqlite().await;
    let folder = TempDir::new().unwrap();
    let edition = queued(&scratch.database, 60).await;
    let relay = Relay::start(Script {
        at: At::Recipient,
        act: Act::Pause(std::time::Duration::from_millis(100)),
        times: u32::MAX,
        offers: PIPELINED,
    })
    .await;
    let mut plan = plan(&edition, relay.port, folder.path(), |_| {});
    let queued_at =
        jiff::Timestamp::now() - plan.config.deadline.as_seconds().seconds() + 2.seconds();
    plan.clock = courant::clock::Clock::System;
    plan.composer = mails::composer(
        Edition {
            enqueued_at: Some(queued_at),
            ..edition.clone()
        },
        None,
    );
    let summary = send(&scratch.database, plan).await.unwrap();
    assert!(
        summary.accepted >= 5 && summary.expired >= 20,
        "{summary:?}"
    );
    assert_eq!(summary.remaining, 0);
    scratch.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_in_doubt_goes_again_with_its_message_id_if_told_so() {
    for scratch in databases::each().await {
        let folder = TempDir::new().unwrap();
        let edition = queued(&scratch.database, 3).await;
        let relay = Relay::start(Script {
            at: At::Taken,
            act: Act::Close,
            times: 1,
            offers: PIPELINED,
        })
        .await;
        let resend = |config: &mut Config| config.uncertain = Uncertain::Resend;
        for _ in 0..2 {
            let plan = plan(&edition, relay.port, folder.path(), resend);
            send(&scratch.database, plan).await.unwrap();
        }
        {
            let heard = relay.heard.lock().unwrap();
            let all: BTreeSet<_> = heard.ids.iter().collect();
            assert_eq!(
                (heard.ids.len(), all.len()),
                (4, 3),
                "one twice, by one name"
            );
        }
        let counts = counts(&scratch.database, &edition).await;
        assert_eq!((counts.sent, counts.once_uncertain), (3, 1));
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_senders_share_an_edition_on_postgres_and_nobody_gets_it_twice() {
    for scratch in databases::each().await {
        if scratch.database.kind() == database::Kind::Sqlite {
            scratch.end().await;
            continue;
        }
        let folder = TempDir::new().unwrap();
        let edition = queued(&scratch.database, 300).await;
        let relay = good_relay().await;
        let one = || {
            let plan = plan(&edition, relay.port, folder.path(), |config| {
                config.connections = 3;
            });
            send(&scratch.database, plan)
        };
        let (first, second) = tokio::join!(one(), one());
        let (first, second) = (first.unwrap(), second.unwrap());
        assert_eq!(first.accepted + second.accepted, 300);
        let heard = relay.heard.lock().unwrap().ids.clone();
        let all: BTreeSet<_> = heard.iter().collect();
        assert_eq!((heard.len(), all.len()), (300, 300));
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_s_limit_is_everybody_s() {
    for scratch in databases::each().await {
        if scratch.database.kind() == database::Kind::Sqlite {
            scratch.end().await;
            continue;
        }
        let folder = TempDir::new().unwrap();
        let edition = queued(&scratch.database, 100).await;
        let relay = good_relay().await;
        let one = || {
            let limited = |config: &mut Config| {
                config.connections = 3;
                config.limits.per_hour = Some(20);
            };
            send(
                &scratch.database,
                plan(&edition, relay.port, folder.path(), limited),
            )
        };
        let (first, second) = tokio::join!(one(), one());
        let (first, second) = (first.unwrap(), second.unwrap());
        assert_eq!(first.accepted + second.accepted, 20);
        assert_eq!(
            (first.ended, second.ended),
            (Ended::Resting, Ended::Resting)
        );
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_takes_messages_without_a_word_gets_a_few() {
    for scratch in databases::each().await {
        let folder = TempDir::new().unwrap();
        let edition = queued(&scratch.database, 60).await;
        let relay = Relay::start(Script {
            at: At::Dot,
            act: Act::Close,
            times: u32::MAX,
            offers: PIPELINED,
        })
        .await;
        let two = |config: &mut Config| config.connections = 2;
        let failed = send(
            &scratch.database,
            plan(&edition, relay.port, folder.path(), two),
        )
        .await;
        assert!(
            matches!(failed, Err(delivery::Error::AllInDoubt { .. })),
            "{failed:?}"
        );
        let counts = counts(&scratch.database, &edition).await;
        assert!((4..=6).contains(&counts.uncertain), "{counts:?}");
        assert_eq!(counts.uncertain + counts.remaining(), 60, "{counts:?}");
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_s_limit_ends_a_call_and_the_next_goes_on() {
    let scratch = databases::sqlite().await;
    let folder = TempDir::new().unwrap();
    let edition = queued(&scratch.database, 10).await;
    let relay = good_relay().await;
    let limited = |config: &mut Config| config.limits.per_hour = Some(4);
    let first = plan(&edition, relay.port, folder.path(), limited);
    let clock = first.clock.clone();
    let summary = send(&scratch.database, first).await.unwrap();
    assert_eq!((summary.accepted, summary.ended), (4, Ended::Resting));
    let again = plan(&edition, relay.port, folder.path(), limited);
    assert_eq!(send(&scratch.database, again).await.unwrap().accepted, 0);
    clock.set(edition.built_at + jiff::SignedDuration::from_secs(3661));
    let mut later = plan(&edition, relay.port, folder.path(), limited);
    later.clock = clock;
    assert_eq!(send(&scratch.database, later).await.unwrap().accepted, 4);
    scratch.end().await;
}
