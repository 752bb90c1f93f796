//! Every reader's own copy: groups, repeats, what the ledger keeps of it, and the same again.

use std::collections::{BTreeMap, BTreeSet};

use courant::articles::{self, ArticleId, Draft};
use courant::clock::Clock;
use courant::config::Config;
use courant::database::{self, Database};
use courant::delivery::{self, DeliveryId};
use courant::edition::slates::{self, NEWEST, OWN, Repeat, Variant};
use courant::edition::{Digest, Edition, Step};
use courant::engagement::{EventKind, Facts, record};
use courant::http::{State, router};
use courant::links::{Kind, Links, Token};
use courant::pipeline::{self, Built};
use courant::secret::Secret;
use courant_subscribers::store::subscribers;
use courant_subscribers::{Added, Beginning, EmailAddress, How, NewSubscriber, SubscriberId};
use jiff::{Timestamp, ToSpan as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::support::databases;

const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15";

/// A site whose days are made by hand.
struct Site<'a> {
    database: &'a Database,
    config: Config,
    readers: Vec<i64>,
    told: u64,
}

/// What one day's edition became.
struct Day {
    edition: Edition,
    variants: BTreeMap<i64, Variant>,
}

impl Day {
    fn stories(&self, reader: i64) -> Vec<ArticleId> {
        let placed = self.edition.copy(&self.variants[&reader]);
        placed
            .iter()
            .map(|placed| placed.entry.article.id.clone())
            .collect()
    }
}

fn morning(day: i64) -> Timestamp {
    let first: Timestamp = "2026-11-01T07:00:00Z".parse().unwrap();
    first + (day * 24).hours()
}

impl<'a> Site<'a> {
    async fn new(database: &'a Database, selection: slates::Config, readers: usize) -> Self {
        let mut tx = database.begin_write().await.unwrap();
        let mut ids = Vec::new();
        for number in 0..readers {
            let address = EmailAddress::parse(&format!("r{number}@example.org")).unwrap();
            let new = NewSubscriber::new(address, Beginning::Active, How::CommandLine).unwrap();
            // Not by chance: what a reader gets depends on who they are.
            let new = NewSubscriber {
                id: SubscriberId::from_i64(i64::try_from(number).unwrap() + 1),
                ..new
            };
            match subscribers::add(&mut tx, &new, 500).await.unwrap() {
                Added::New(id) => ids.push(id.as_i64()),
                other => panic!("{other:?}"),
            }
        }
        database::commit(tx).await.unwrap();
        let digest = Digest {
            name: "daily".to_owned(),
            title: "Morning".to_owned(),
            ..Digest::default()
        };
        let config = Config {
            digest: vec![digest],
            selection,
            ..Config::default()
        };
        Self {
            database,
            config,
            readers: ids,
            told: 0,
        }
    }

    /// Publishes so many stories in the hours before a morning.
    async fn publish(&mut self, day: i64, count: u64) {
        let mut tx = self.database.begin_write().await.unwrap();
        for number in 0..count {
            self.told += 1;
            let id = format!("{:016x}", self.told.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let hours_ago = i64::try_from(number % 20).unwrap() * 3600 + 600;
            let draft = Draft {
                id: ArticleId::parse(&id).unwrap(),
                origin: None,
                url: format!("https://www.tarn.example/{id}"),
                title: format!("{id} {:x}", self.told.wrapping_mul(0x2545_f491_4f6c_dd1d)),
                summary: None,
                source: format!("source {}", number % 3),
                category: Some(
                    ["Quay", "Field", "Stage"][usize::try_from(number % 3).unwrap()].to_owned(),
                ),
                tags: Vec::new(),
                author: None,
                image_url: None,
                image_alt: None,
                language: None,
                minutes: None,
                published_at: Some(morning(day).as_second() - hours_ago),
            };
            articles::store::upsert(&mut tx, &draft, morning(day).as_second() - 60)
                .await
                .unwrap();
        }
        database::commit(tx).await.unwrap();
    }

    async fn build(&self, day: i64) -> Edition {
        let digest = &self.config.digest[0];
        let built = pipeline::build(self.database, &self.config, digest, morning(day), false).await;
        let (Built::New(edition) | Built::Existing(edition)) = built.unwrap() else {
            panic!("nothing to send on day {day}")
        };
        let step = pipeline::take_step(self.database, &edition, Step::Approve, morning(day)).await;
        Edition {
            status: step.unwrap().unwrap(),
            ..edition
        }
    }

    /// A day from its stories to the last opened mail.
    async fn day(&mut self, day: i64, stories: u64, opens: impl Fn(usize) -> bool) -> Day {
        self.publish(day, stories).await;
        let edition = self.build(day).await;
        let edition = pipeline::enqueue(self.database, &self.config, edition, morning(day))
            .await
            .unwrap();
        let mut tx = self.database.begin_write().await.unwrap();
        let mut variants = BTreeMap::new();
        for (index, reader) in self.readers.iter().enumerate() {
            let id = DeliveryId::of(&edition.id, *reader);
            let variant = delivery::store::variant(&mut tx, &id)
                .await
                .unwrap()
                .unwrap();
            variants.insert(*reader, variant);
            if !delivery::store::begin(&mut tx, &id).await.unwrap() {
                continue;
            }
            let end = delivery::store::End {
                status: "sent",
                next_attempt_at: None,
                reply: "accepted",
            };
            let now = morning(day).as_second() + 30;
            delivery::store::end(&mut tx, &id, &end, now).await.unwrap();
            if opens(index) {
                let facts = Facts {
                    method: "GET",
                    user_agent: PHONE,
                    ..Facts::default()
                };
                let whose = (&edition.id, *reader);
                record::record(&mut tx, whose, EventKind::Open, &facts, now + 3600)
                    .await
                    .unwrap();
            }
        }
        database::commit(tx).await.unwrap();
        Day { edition, variants }
    }
}

fn counted(days: &[Day], reader: i64) -> BTreeMap<ArticleId, usize> {
    let mut counts = BTreeMap::new();
    for story in days.iter().flat_map(|day| day.stories(reader)) {
        *counts.entry(story).or_insert(0) += 1;
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn who_opened_is_spared_and_who_did_not_gets_a_story_once_more() {
    for scratch in databases::each().await {
        let mut site = Site::new(&scratch.database, slates::Config::default(), 24).await;
        let mut days = Vec::new();
        for day in 0..4 {
            days.push(site.day(day, 7, |index| index % 2 == 0).await);
        }
        let mut again = 0;
        for (index, reader) in site.readers.iter().enumerate() {
            let most = counted(&days, *reader).into_values().max().unwrap();
            if index % 2 == 0 {
                assert_eq!(most, 1, "reader {index} opens every mail");
            } else {
                assert!(most <= 2, "reader {index} got a story {most} times");
                again += usize::from(most == 2);
            }
        }
        assert!(again > 6, "only {again} of 12 got something again");
        let own: Vec<_> = days
            .iter()
            .flat_map(|day| day.edition.own().map(|entry| &entry.article.id))
            .collect();
        let distinct: BTreeSet<_> = own.iter().collect();
        assert_eq!(own.len(), distinct.len(), "the archive repeats nothing");
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_a_story_twice_if_the_publisher_says_so() {
    for scratch in databases::each().await {
        let never = slates::Config {
            repeat: Repeat::Never,
            ..slates::Config::default()
        };
        let mut site = Site::new(&scratch.database, never, 12).await;
        let mut days = Vec::new();
        for day in 0..3 {
            days.push(site.day(day, 8, |_| false).await);
        }
        for reader in &site.readers {
            assert!(counted(&days, *reader).values().all(|count| *count == 1));
        }
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_canonical_edition_can_be_had() {
    let scratch = databases::sqlite().await;
    let one = slates::Config {
        groups: Some(1),
        repeat: Repeat::Never,
        ..slates::Config::default()
    };
    let mut site = Site::new(&scratch.database, one, 9).await;
    let day = site.day(0, 30, |_| true).await;
    assert!(day.variants.values().all(|variant| variant.slate == OWN));
    assert_eq!(day.edition.entries.len(), day.edition.own().count());
    scratch.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_new_story_is_tried_on_its_first_day() {
    let scratch = databases::sqlite().await;
    let mut site = Site::new(&scratch.database, slates::Config::default(), 240).await;
    let day = site.day(0, 40, |_| true).await;
    let seen: BTreeSet<_> = site
        .readers
        .iter()
        .flat_map(|id| day.stories(*id))
        .collect();
    assert_eq!(seen.len(), 40);
    let whole: BTreeSet<u32> = day.variants.values().map(|variant| variant.slate).collect();
    assert_eq!(
        whole.len(),
        8,
        "eight groups, and nobody held out of so few"
    );
    assert!(!whole.contains(&OWN) && !whole.contains(&NEWEST));
    for reader in &site.readers {
        let placed = day.edition.copy(&day.variants[reader]);
        let positions: Vec<u32> = placed.iter().map(|placed| placed.position).collect();
        let counted: Vec<u32> = (1..=u32::try_from(placed.len()).unwrap()).collect();
        assert_eq!(positions, counted);
        let links: BTreeSet<u16> = placed.iter().map(|placed| placed.entry.link).collect();
        assert_eq!(links.len(), placed.len(), "a story stands in a copy once");
    }
    scratch.end().await;
}

/// Everything that decides who gets what, as bytes.
async fn copies(database: &Database) -> Vec<String> {
    let mut site = Site::new(database, slates::Config::default(), 40).await;
    let mut all = Vec::new();
    for day in 0..3 {
        let day = site.day(day, 25, |index| index % 3 == 0).await;
        all.push(format!("{:?}", day.edition));
        all.push(serde_json::to_string(&day.edition.slates).unwrap());
        all.push(format!("{:?}", day.variants));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_store_gives_the_same_copies_to_the_last_byte() {
    let mut all = Vec::new();
    for scratch in databases::each().await {
        all.push(copies(&scratch.database).await);
        scratch.end().await;
    }
    let again = databases::sqlite().await;
    all.push(copies(&again.database).await);
    again.end().await;
    for (number, other) in all.iter().enumerate().skip(1) {
        for (one, two) in all[0].iter().zip(other) {
            assert_eq!(one, two, "database {number}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn queueing_killed_half_way_goes_on_with_the_same_copies() {
    for scratch in databases::each().await {
        let mut site = Site::new(&scratch.database, slates::Config::default(), 30).await;
        site.day(0, 20, |index| index < 15).await;
        site.publish(1, 20).await;
        let edition = site.build(1).await;
        let mut tx = scratch.database.begin_write().await.unwrap();
        let mut expected = BTreeMap::new();
        for (index, reader) in site.readers.iter().enumerate() {
            let variant = pipeline::variant(&mut tx, &edition, *reader).await.unwrap();
            if index < 10 {
                let queued = delivery::store::queue(&mut tx, &edition.id, *reader, Some(&variant));
                assert!(queued.await.unwrap());
            }
            expected.insert(*reader, variant);
        }
        database::commit(tx).await.unwrap();
        for _ in 0..2 {
            pipeline::enqueue(&scratch.database, &site.config, edition.clone(), morning(1))
                .await
                .unwrap();
        }
        let mut tx = scratch.database.begin_write().await.unwrap();
        for (reader, variant) in expected {
            let id = DeliveryId::of(&edition.id, reader);
            let kept = delivery::store::variant(&mut tx, &id).await.unwrap();
            assert_eq!(kept, Some(variant));
        }
        let counts = delivery::store::counts(&mut tx, &edition.id).await.unwrap();
        assert_eq!(counts.all(), 30);
        drop(tx);
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_copy_in_a_browser_has_the_stories_of_the_mail() {
    let scratch = databases::sqlite().await;
    let mut site = Site::new(&scratch.database, slates::Config::default(), 60).await;
    let day = site.day(0, 40, |_| true).await;
    let key = Secret::new(&Links::new_key());
    let links = Links::new("http://127.0.0.1", &key).unwrap();
    let state = State::new(
        scratch.database.clone(),
        site.config.clone(),
        links.clone(),
        Clock::default(),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router(state)).await });
    let mut pages = BTreeSet::new();
    for reader in &site.readers[..12] {
        let token = links.sign(Token {
            subscriber: *reader,
            edition: day.edition.number,
            kind: Kind::View,
        });
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = format!("GET /v/{token} HTTP/1.0\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut page = String::new();
        stream.read_to_string(&mut page).await.unwrap();
        let shown = day.stories(*reader);
        for entry in &day.edition.entries {
            let stands = page.contains(&format!("{} ", entry.article.id.as_str()));
            assert_eq!(
                stands,
                shown.contains(&entry.article.id),
                "{}",
                entry.article.title
            );
        }
        pages.insert(shown);
    }
    assert!(pages.len() > 3, "groups differ");
    scratch.end().await;
}
