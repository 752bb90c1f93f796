//! One edition's life through every store function, on each database.

use std::collections::BTreeSet;

use courant::articles::{self, Article};
use courant::database::{Conn, Database};
use courant::delivery::DeliveryId;
use courant::delivery::store::{self as ledger, departures, leases};
use courant::edition::edit::Snapshot;
use courant::edition::slates::{Slates, Variant};
use courant::edition::store::versions::{self, Change};
use courant::edition::trial::{self, Arm};
use courant::edition::{
    Edition, EditionId, Entry, Frame, More, Publication, SectionKind, Status, store as editions,
};
use courant::engagement::{Account, Agent, EventKind, store as events};
use courant::ranking::page_views::Lines;
use courant::ranking::store::{self as popularity, PageViews};
use courant::tracking::Tracking;
use courant_subscribers::store::subscribers;
use courant_subscribers::{Added, Beginning, EmailAddress, How, NewSubscriber};
use jiff::Timestamp;

use super::support::databases;

fn article(number: u32) -> Article {
    let id = articles::ArticleId::parse(&format!("{number:016x}")).unwrap();
    Article {
        id,
        url: format!("https://www.tarn.example/{number}"),
        title: format!("Story {number}"),
        summary: None,
        source: "news".to_owned(),
        category: Some("Quay".to_owned()),
        tags: vec!["Boats".to_owned()],
        author: None,
        image_url: None,
        image_alt: None,
        language: None,
        minutes: Some(3),
        published_at: 1_000,
        first_seen_at: 1_000,
        updated_at: 1_000,
        hidden_at: None,
        pinned_at: None,
        boost: 1.0,
        cluster: None,
    }
}

fn edition(id: &str, slot: i64, first_article: u32) -> Edition {
    let entry = |number: u32| Entry {
        position: number + 1,
        section: if number == 0 {
            SectionKind::Lead
        } else {
            SectionKind::Top
        },
        section_title: "Top stories".to_owned(),
        link: u16::try_from(number).unwrap(),
        article: article(first_article + number),
        score: None,
        reason: "because".to_owned(),
        own: true,
    };
    Edition {
        id: EditionId::from_text(id),
        number: 0,
        digest: "daily".to_owned(),
        slot_at: Timestamp::from_second(slot).unwrap(),
        status: Status::Draft,
        subject: "Ümlaut".to_owned(),
        preheader: String::new(),
        frame: Frame {
            publication: Publication::default(),
            title: "Morning".to_owned(),
            schedule: "every day at 07:00".to_owned(),
            time_zone: "UTC".to_owned(),
            categories: Vec::new(),
            tags: Vec::new(),
            more: More::default(),
            sponsor: None,
            order: vec![(SectionKind::Lead, String::new())],
            tracking: Tracking::Full,
            ..Frame::default()
        },
        entries: vec![entry(0), entry(1)],
        slates: Slates::default(),
        passed_over: Vec::new(),
        built_at: Timestamp::from_second(slot).unwrap(),
        first_wave_at: None,
        enqueued_at: None,
        choice: None,
        version: 0,
    }
}

async fn reader(conn: &mut Conn, address: &str) -> i64 {
    let address = EmailAddress::parse(address).unwrap();
    let new = NewSubscriber::new(address, Beginning::Active, How::CommandLine).unwrap();
    match subscribers::add(conn, &new, 500).await.unwrap() {
        Added::New(id) => id.as_i64(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edition_lives_on_each_database() {
    for scratch in databases::each().await {
        live(&scratch.database).await;
        scratch.end().await;
    }
}

async fn live(database: &Database) {
    let mut tx = database.begin_write().await.unwrap();
    let conn: &mut Conn = &mut tx;
    let at = |seconds| Timestamp::from_second(seconds).unwrap();

    // Editions: one a slot, frozen as built, found by id, slot and number.
    let built = edition("daily-1", 10_000, 1);
    assert!(editions::insert(conn, &built).await.unwrap());
    assert!(
        !editions::insert(conn, &edition("daily-1b", 10_000, 5))
            .await
            .unwrap()
    );
    assert!(
        editions::insert(conn, &edition("daily-2", 20_000, 9))
            .await
            .unwrap()
    );
    let first = editions::find(conn, &built.id).await.unwrap().unwrap();
    let numbered = Edition {
        number: 1,
        ..built.clone()
    };
    assert_eq!(first, numbered);
    assert!(!editions::hold(conn, &first, at(10_100)).await.unwrap());
    let before = Snapshot::of(&first);
    let change = Change {
        who: "Ida",
        what: "nothing",
        before: &before,
        status: Status::Draft,
    };
    assert!(
        versions::change(conn, &first, &change, at(10_100))
            .await
            .unwrap()
    );
    // Whoever saw the version before is too late.
    assert!(
        !versions::change(conn, &first, &change, at(10_200))
            .await
            .unwrap()
    );
    assert!(!versions::approve(conn, &first, at(10_200)).await.unwrap());
    let all = versions::versions(conn, &first.id).await.unwrap();
    assert_eq!((all.len(), all[0].version, all[0].at), (1, 1, 10_100));
    let kept = versions::before(conn, &first.id, 1).await.unwrap();
    assert_eq!(kept, Some(before));
    let first = editions::find(conn, &built.id).await.unwrap().unwrap();
    assert_eq!(first.version, 1);
    assert_eq!(
        editions::find_slot(conn, "daily", at(10_000))
            .await
            .unwrap()
            .unwrap(),
        first
    );
    assert_eq!(
        editions::find_number(conn, 1).await.unwrap().unwrap(),
        first
    );
    assert_eq!(editions::find_number(conn, 77).await.unwrap(), None);
    assert_eq!(editions::find_id(conn, 77).await.unwrap(), None);
    assert_eq!(
        editions::list(conn, 1).await.unwrap()[0].id.as_str(),
        "daily-2"
    );
    let latest = editions::page(conn, None, 1).await.unwrap().remove(0);
    let older = editions::page(conn, Some(&latest), 9).await.unwrap();
    assert_eq!(latest.id.as_str(), "daily-2");
    assert!(
        !older.is_empty()
            && older
                .iter()
                .all(|it| it.slot_at <= latest.slot_at && it.id != latest.id)
    );
    assert_eq!(editions::since(conn, 15_000).await.unwrap().len(), 1);
    assert_eq!(
        editions::sent_articles(conn, "daily").await.unwrap().len(),
        4
    );
    assert_eq!(
        editions::sent_articles(conn, "weekly").await.unwrap().len(),
        0
    );
    let id = &first.id;
    let (from, to) = (Status::Draft, Status::Approved);
    assert!(
        editions::set_status(conn, id, from, to, at(10_001))
            .await
            .unwrap()
    );
    assert!(
        !editions::set_status(conn, id, from, to, at(10_002))
            .await
            .unwrap(),
        "only once"
    );
    assert_eq!(
        editions::status(conn, id).await.unwrap(),
        Some(Status::Approved)
    );
    for instant in [10_002, 99_998] {
        editions::set_first_wave(conn, id, at(instant))
            .await
            .unwrap();
    }
    let slates = Slates {
        holdout: 0.25,
        ..Slates::default()
    };
    editions::set_slates(conn, id, &slates).await.unwrap();
    let found = editions::find(conn, id).await.unwrap().unwrap();
    assert_eq!(
        (found.first_wave_at, &found.slates),
        (Some(at(10_002)), &slates)
    );
    let choice = trial::choose(&[Arm::default(); 2], 0.9, 10_002);
    assert!(editions::set_choice(conn, id, &choice).await.unwrap());
    let other = trial::choose(&[Arm::default(); 2], 0.9, 10_099);
    assert!(!editions::set_choice(conn, id, &other).await.unwrap());
    let kept = editions::find(conn, id).await.unwrap().unwrap().choice;
    assert_eq!(kept.as_deref(), Some(&choice), "the first choice stays");
    editions::set_enqueued(conn, id, at(10_003)).await.unwrap();
    let too_late = editions::set_slates(conn, id, &Slates::default()).await;
    too_late.unwrap();
    let kept = editions::find(conn, id).await.unwrap().unwrap().slates;
    assert_eq!(kept, slates, "what is queued stays");
    editions::set_enqueued(conn, id, at(99_999)).await.unwrap();
    let enqueued = editions::find(conn, id).await.unwrap().unwrap().enqueued_at;
    assert_eq!(enqueued, Some(at(10_003)), "the first time stays");

    // The ledger: queued once, begun once, each end in its state.
    let variant = Variant {
        slate: 3,
        skipped: vec![0, 12],
        subject: 2,
    };
    let mut people = Vec::new();
    for number in 0..5 {
        people.push(reader(conn, &format!("r{number}@example.org")).await);
    }
    let rows: Vec<_> = people
        .iter()
        .map(|id| ledger::ToQueue::now(*id, Some(&variant)))
        .collect();
    assert_eq!(ledger::queue(conn, id, &rows).await.unwrap(), 5);
    let again = [(people[0], None), (people[4], Some(&variant))];
    let again = again.map(|(id, variant)| ledger::ToQueue::now(id, variant));
    assert_eq!(ledger::queue(conn, id, &again).await.unwrap(), 0);
    // A place at a destination is waited for, and windows count what left, minute by minute.
    assert_eq!(ledger::next_place(conn, id).await.unwrap(), None);
    let waiting = leases::let_wait(conn, id, &people[..2], 10_990).await;
    assert_eq!(waiting.unwrap(), 2);
    assert_eq!(ledger::next_place(conn, id).await.unwrap(), Some(10_990));
    for (messages, now) in [(3, 7_000), (2, 10_980), (4, 10_999)] {
        let counted = departures::count(conn, "domain x", messages, now).await;
        counted.unwrap();
    }
    for (name, recent) in [("domain x", (6, 9)), ("domain y", (0, 0))] {
        assert_eq!(
            departures::recent(conn, name, 11_000).await.unwrap(),
            recent
        );
    }
    let taken_back = departures::take_back(conn, "domain x", 3, 10_999).await;
    taken_back.unwrap();
    let left = departures::recent(conn, "domain x", 11_000).await.unwrap();
    assert_eq!(left, (3, 6), "what did not leave after all");
    departures::count(conn, "domain x", 1, 200_000)
        .await
        .unwrap();
    let left = departures::recent(conn, "domain x", 11_000).await.unwrap();
    assert_eq!(left, (1, 1), "old minutes are forgotten");
    leases::register(conn, "s1", id, 11_000).await.unwrap();
    leases::register(conn, "s2", id, 11_000).await.unwrap();
    let take = async |conn: &mut Conn, sender, limit| {
        let owed = leases::lease(conn, database.kind(), id, (11_000, 11_000), limit).await;
        let owed = owed.unwrap();
        let readers: Vec<_> = owed.iter().map(|owed| owed.subscriber).collect();
        let taken = leases::mark_sending(conn, (id, sender), &readers).await;
        assert_eq!(taken.unwrap(), readers.len() as u64);
        owed
    };
    let owed = take(conn, "s1", 4).await;
    let rest = take(conn, "s2", 9).await;
    assert_eq!((owed.len(), rest.len()), (4, 1), "nobody twice");
    assert!(take(conn, "s1", 9).await.is_empty());
    assert!(owed.iter().all(|owed| owed.variant == variant));
    let readers: Vec<_> = owed.iter().map(|owed| owed.subscriber).collect();
    let mut in_order = people.clone();
    in_order.sort_unstable();
    assert_eq!(readers, in_order[..4], "in the order of the readers");
    let kept = ledger::variant(conn, &owed[0].id).await.unwrap();
    assert_eq!(kept, Some(variant.clone()));
    let nobody = DeliveryId::of(id, 999);
    assert_eq!(ledger::variant(conn, &nobody).await.unwrap(), None);
    leases::release(conn, "s1", &[&rest[0].id]).await.unwrap();
    let counts = ledger::counts(conn, id).await.unwrap();
    assert_eq!(counts.sending, 5, "not its own");
    assert_eq!(leases::release_all(conn, "s2", id).await.unwrap(), 1);
    let mut ours: Vec<_> = owed.iter().map(|owed| &owed.id).collect();
    let again = leases::mark_sending(conn, (id, "s2"), &readers).await;
    assert_eq!(again.unwrap(), 0, "it is in another's hand");
    let stolen = leases::mark_sent_by_reader(conn, (id, "s2"), &readers, 11_000).await;
    assert_eq!(stolen.unwrap(), 0, "it is in another's hand");
    // The order of ids is a hash's; the story needs names.
    ours.sort();
    let names = [
        ours[0].clone(),
        ours[1].clone(),
        ours[2].clone(),
        ours[3].clone(),
    ];
    let delivery = |index: usize| names[index].clone();
    let person = |index: usize| {
        let is_theirs = |person: &&i64| DeliveryId::of(id, **person) == names[index];
        people.iter().find(is_theirs).copied().unwrap()
    };
    let end = |status, next_attempt_at| ledger::End {
        status,
        next_attempt_at,
        reply: "words",
    };
    let sent = leases::mark_sent_by_reader(conn, (id, "s1"), &[person(0)], 11_001).await;
    assert_eq!(sent.unwrap(), 1);
    let sent = leases::mark_sent(conn, &[&delivery(0)], 11_009).await;
    assert_eq!(sent.unwrap(), 0, "once");
    ledger::end(conn, &delivery(0), &end("refused", None), 11_002)
        .await
        .unwrap();
    ledger::end(conn, &delivery(1), &end("deferred", Some(12_000)), 11_003)
        .await
        .unwrap();
    ledger::end(conn, &delivery(2), &end("refused", None), 11_004)
        .await
        .unwrap();
    for (since, moved) in [(11_005, 0), (11_002, 1)] {
        let back = ledger::take_back_refusals(conn, id, (since, 13_000)).await;
        assert_eq!(
            back.unwrap(),
            moved,
            "not what was sent before it was refused"
        );
    }
    ledger::end(conn, &delivery(2), &end("refused", None), 11_004)
        .await
        .unwrap();
    assert_eq!(ledger::attempts(conn, &delivery(1)).await.unwrap(), 1);
    assert_eq!(ledger::next_attempt(conn, id).await.unwrap(), Some(12_000));
    assert!(leases::beat(conn, "s1", 11_005).await.unwrap());
    let recover =
        async |conn: &mut Conn, since| leases::recover(conn, id, since, 11_005).await.unwrap();
    assert_eq!(recover(conn, 11_005).await, 0, "its sender lives");
    assert_eq!(leases::bury(conn, id, 11_005).await.unwrap(), 1, "s2");
    leases::sign_off(conn, "s1").await.unwrap();
    assert!(!leases::beat(conn, "s1", 11_006).await.unwrap());
    assert_eq!(recover(conn, 11_005).await, 1, "one was in flight");
    assert_eq!(recover(conn, 11_005).await, 0);
    let doubtful = leases::uncertain(conn, id).await.unwrap();
    assert_eq!(doubtful, [(delivery(3), Some(person(3)), 11_005)]);
    let reached = ledger::reached(conn, id, (i64::MIN, i64::MAX)).await;
    let reached: BTreeSet<i64> = reached.unwrap().into_iter().map(|(id, _)| id).collect();
    let both = BTreeSet::from([person(0), person(3)]);
    assert_eq!(reached, both, "accepted, and in doubt");
    let counts = ledger::counts(conn, id).await.unwrap();
    let states = (
        counts.sent,
        counts.deferred,
        counts.refused,
        counts.uncertain,
        counts.queued,
    );
    assert_eq!(states, (1, 1, 1, 1, 1), "what is sent stays sent");
    for (how, done) in [
        (leases::Resolution::Resend, true),
        (leases::Resolution::Arrived, false),
    ] {
        let settled = leases::reconcile(conn, &delivery(3), how, 11_006).await;
        assert_eq!(settled.unwrap(), done, "once");
    }
    ledger::end(conn, &delivery(3), &end("uncertain", None), 11_006)
        .await
        .unwrap();
    assert_eq!(ledger::requeue_uncertain(conn, id).await.unwrap(), 1);
    assert_eq!(
        ledger::counts(conn, id).await.unwrap().once_uncertain,
        1,
        "the mark stays"
    );
    assert_eq!(ledger::expire(conn, id, (10_003, 10_004)).await.unwrap(), 3);
    assert_eq!(ledger::counts(conn, id).await.unwrap().remaining(), 0);
    assert!(ledger::exists(conn, &delivery(0)).await.unwrap());
    assert!(!ledger::exists(conn, &DeliveryId::of(id, 1)).await.unwrap());

    // Events: a reader once, machines apart.
    let event = |index: usize, kind, agent| (delivery(index), kind, agent);
    for (delivery, kind, agent) in [
        event(0, EventKind::Open, Agent::Person),
        event(0, EventKind::Open, Agent::Person),
        event(1, EventKind::Open, Agent::PrivacyProxy),
        event(0, EventKind::Click(1), Agent::Person),
        event(0, EventKind::Click(1), Agent::Unknown),
        event(2, EventKind::Click(1), Agent::Scanner),
    ] {
        let event = events::Event {
            edition: id,
            delivery: &delivery,
            kind,
            agent,
            reason: "test",
        };
        events::add(conn, &event, events::Times::once(12_000))
            .await
            .unwrap();
    }
    // Once of twice is taken back, then the other, then nothing is there.
    let (twice, other) = (
        delivery(0),
        events::Event {
            edition: id,
            delivery: &delivery(0),
            kind: EventKind::Click(9),
            agent: Agent::Person,
            reason: "test",
        },
    );
    for _ in 0..2 {
        events::add(conn, &other, events::Times::once(12_000))
            .await
            .unwrap();
    }
    for was_there in [true, true, false] {
        let what = (other.kind, other.agent);
        let taken = events::take(conn, (id, &twice), what).await;
        assert_eq!(taken.unwrap(), was_there);
    }
    let all = (i64::MIN, i64::MAX);
    let copies = events::copies_between(conn, id, all).await.unwrap();
    let whose: Vec<_> = copies.iter().map(|copy| copy.subscriber).collect();
    assert_eq!(whose, [Some(person(0))], "accepted");
    let happened: Vec<_> = copies[0].happened.iter().map(|h| h.kind).collect();
    let clicked = EventKind::Click(1);
    assert_eq!(happened, [clicked, clicked, EventKind::Open]);
    assert_eq!(
        events::copies_after(conn, id, "", 10).await.unwrap(),
        copies
    );
    let last = copies[0].delivery.clone();
    let rest = events::copies_after(conn, id, &last, 10).await.unwrap();
    assert!(rest.is_empty());
    assert_eq!(ledger::last_sent_at(conn, id).await.unwrap(), Some(11_001));

    // What it came to is kept, and how mailboxes behave.
    assert_eq!(events::settlement(conn, id).await.unwrap(), None);
    assert_eq!(
        events::unsettled(conn).await.unwrap(),
        [],
        "nothing left yet"
    );
    let (from, to) = (Status::Approved, Status::Sending);
    let started = editions::set_status(conn, id, from, to, at(12_000)).await;
    assert!(started.unwrap());
    assert_eq!(
        events::unsettled(conn).await.unwrap(),
        std::slice::from_ref(id)
    );
    let mut settlement = events::take_settlement(conn, id).await.unwrap();
    settlement.settled_at = Some(12_500);
    let state = settlement.clone();
    events::put_settlement(conn, id, &settlement).await.unwrap();
    assert_eq!(events::settlement(conn, id).await.unwrap(), Some(state));
    assert_eq!(events::unsettled(conn).await.unwrap(), []);
    let mut account = Account::default();
    let mut mailbox = copies[0].mailbox;
    account.add(&[(1, 3)], 1, &copies[0], &mut mailbox);
    for times in 1..=2 {
        events::add_account(conn, id, &account).await.unwrap();
        let kept = events::account(conn, id).await.unwrap();
        assert_eq!(kept.waves[&1].recipients, times);
        let cell = kept.cells.values().next().unwrap();
        assert_eq!((cell.people, cell.machines), (times, 0));
    }
    for _ in 0..2 {
        events::put_mailbox(conn, person(0), &mailbox)
            .await
            .unwrap();
        let again = events::copies_between(conn, id, all).await.unwrap();
        assert_eq!(again[0].mailbox, mailbox);
    }
    let counted = events::Anonymous {
        kind: EventKind::Click(1),
        wave: 2,
        position: 3,
        agent: Agent::ImageProxy,
    };
    for times in 1..=2 {
        events::add_anonymous(conn, id, &counted, events::Times::once(12_000))
            .await
            .unwrap();
        let found = events::anonymous(conn, id).await.unwrap();
        assert_eq!(found, [(counted, times)]);
    }
    for left in [1, 0] {
        assert!(events::take_anonymous(conn, id, &counted).await.unwrap());
        let found = events::anonymous(conn, id).await.unwrap();
        assert_eq!(found.iter().map(|(_, hits)| hits).sum::<u64>(), left);
    }
    assert!(!events::take_anonymous(conn, id, &counted).await.unwrap());
    assert_eq!(events::tallies(conn, id).await.unwrap().len(), 5);
    let left = events::unsubscribed(conn, id).await.unwrap();
    let clicked = async |conn: &mut Conn, from| {
        let found = events::clicked_by_day_of_joining(conn, "daily", (from, u32::MAX)).await;
        found.unwrap().iter().map(|(_, people)| people).sum::<u64>()
    };
    assert_eq!((left, clicked(conn, 1).await), (0, 1));
    assert_eq!(clicked(conn, u32::MAX).await, 0);
    // Later they are numbers by day; here nothing is old enough.
    assert_eq!(events::outdated(conn, 12_000).await.unwrap(), []);
    let outdated = events::outdated(conn, 12_001).await.unwrap();
    assert_eq!(outdated, std::slice::from_ref(id));
    let gone = events::forget_before(conn, id, 12_000, true).await.unwrap();
    assert_eq!(gone, 0);
    assert_eq!(events::seen_at(conn, 0).await.unwrap(), None);
    assert_eq!(events::forget_signs(conn).await.unwrap(), 0);
    let after = editions::before(conn, "daily", at(20_000)).await;
    assert_eq!(after.unwrap().as_ref(), Some(id));
    let before = editions::latest_before(conn, "daily", at(20_000)).await;
    assert_eq!(before.unwrap(), Some(10_000));
    let ours = editions::find(conn, id).await.unwrap().unwrap();
    let out = editions::published(conn, &["weekly", "daily"], i64::MAX, 9).await;
    let out: Vec<_> = out.unwrap().into_iter().map(|it| it.id).collect();
    assert_eq!(out.contains(id), ours.status.is_published());
    for (digests, before) in [(vec!["dail", "aily"], i64::MAX), (vec!["daily"], 1)] {
        let none = editions::published(conn, &digests, before, 9).await;
        assert!(none.unwrap().is_empty());
    }
    let alone = editions::neighbours(conn, &ours).await.unwrap();
    assert_eq!(alone, (None, None));

    // Views counted outside: a table replaces, a log only raises, origins are added up.
    let seen = |views| PageViews {
        article: article(1).id,
        day: 20_000,
        views,
    };
    for (lines, origin, views, changed) in [
        (Lines::Table, "csv", 9, true),
        (Lines::Table, "csv", 9, false),
        (Lines::Table, "csv", 7, true),
        (Lines::Log, "log", 5, true),
        (Lines::Log, "log", 4, false),
        (Lines::Log, "log", 6, true),
    ] {
        let stored = popularity::put_page_views(conn, lines, origin, &seen(views)).await;
        assert_eq!(stored.unwrap(), changed, "{origin} {views}");
    }
    assert_eq!(
        popularity::page_views(conn, 20_000).await.unwrap(),
        [seen(13)]
    );
    assert_eq!(popularity::page_views(conn, 20_001).await.unwrap(), []);
    for (number, total) in [(1, 13), (2, 0)] {
        let id = article(number).id;
        assert_eq!(
            popularity::total_page_views(conn, &id).await.unwrap(),
            total
        );
    }
    assert_eq!(popularity::known_articles(conn).await.unwrap(), []);

    // A person erased: nothing owed, the counts stay.
    let gone = courant_subscribers::SubscriberId::from_i64(person(0));
    let _erased = subscribers::forget(conn, gone, 13_000).await.unwrap();
    assert_eq!(ledger::counts(conn, id).await.unwrap().sent, 1);
    let copies = events::copies_after(conn, id, "", 10).await.unwrap();
    assert_eq!(copies[0].subscriber, None);
    assert_eq!(copies[0].happened.len(), 3);
    tx.rollback().await.unwrap();
}

#[test]
fn the_story_visits_every_store_function() {
    let story = include_str!("story.rs");
    let stores = [
        ("editions", include_str!("../../src/edition/store.rs")),
        ("ledger", include_str!("../../src/delivery/store.rs")),
        ("leases", include_str!("../../src/delivery/store/leases.rs")),
        (
            "departures",
            include_str!("../../src/delivery/store/departures.rs"),
        ),
        ("events", include_str!("../../src/engagement/store.rs")),
        (
            "events",
            include_str!("../../src/engagement/store/accounts.rs"),
        ),
        (
            "versions",
            include_str!("../../src/edition/store/versions.rs"),
        ),
        (
            "events",
            include_str!("../../src/engagement/store/copies.rs"),
        ),
        (
            "events",
            include_str!("../../src/engagement/store/cohorts.rs"),
        ),
        (
            "events",
            include_str!("../../src/engagement/store/daily.rs"),
        ),
        ("popularity", include_str!("../../src/ranking/store.rs")),
    ];
    for (name, text) in stores {
        for (at, prefix) in text.match_indices("\npub async fn ") {
            let function: String = text[at + prefix.len()..]
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            let call = format!("{name}::{function}(");
            assert!(story.contains(&call), "{call} is not in the story");
        }
    }
}
