//! Every reader's own copy: groups, repeats, what the ledger keeps of it, and the same again.

use std::collections::{BTreeMap, BTreeSet};

use courant::articles::ArticleId;
use courant::database::{self, Database};
use courant::delivery::store as ledger;
use courant::delivery::{self, DeliveryId};
use courant::edition::slates::{self, NEWEST, OWN, Repeat};
use courant::engagement::EventKind;
use courant::links::{Kind, Token};
use courant::pipeline;

use courant_subscribers::store::subscribers;
use courant_subscribers::{Outcome, Preferences, SubscriberId, Topics};

use super::support::databases;
use super::support::site::{self, Day, PHONE, Site, morning};

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

/// Says which topics a reader wants.
async fn choose(site: &Site<'_>, reader: usize, topics: &[&str]) {
    let mut tx = site.database.begin_write().await.unwrap();
    let id = SubscriberId::from_i64(site.readers[reader]);
    let chosen = subscribers::preferences(&mut tx, id)
        .await
        .unwrap()
        .unwrap();
    let chosen = Preferences {
        topics: Topics::of(topics),
        ..chosen
    };
    let saved = subscribers::save_preferences(&mut tx, id, &chosen).await;
    assert_eq!(saved.unwrap(), Outcome::Changed);
    database::commit(tx).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_chose_topics_gets_these_and_no_mail_without_any() {
    for groups in [None, Some(1)] {
        for scratch in databases::each().await {
            let config = slates::Config {
                groups,
                ..slates::Config::default()
            };
            let mut site = Site::new(&scratch.database, config, 9).await;
            choose(&site, 0, &["Quay"]).await;
            choose(&site, 1, &["Quay", "Stage"]).await;
            choose(&site, 2, &["Weather"]).await;
            let day = site.day(0, 30, |_| true).await;
            let topics = |reader: usize| {
                let placed = day.edition.copy(&day.variants[&site.readers[reader]]);
                let positions: Vec<u32> = placed.iter().map(|placed| placed.position).collect();
                let counted: Vec<u32> = (1..=u32::try_from(placed.len()).unwrap()).collect();
                assert_eq!(positions, counted);
                let all = placed
                    .iter()
                    .map(|placed| placed.entry.article.category.clone().unwrap());
                all.collect::<BTreeSet<String>>()
            };
            let of = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
            assert_eq!(topics(0), of(&["Quay"]));
            assert_eq!(topics(1), of(&["Quay", "Stage"]));
            assert_eq!(topics(3), of(&["Field", "Quay", "Stage"]));
            let mut reader = scratch.database.reader().await.unwrap();
            let counts = ledger::counts(&mut reader, &day.edition.id).await.unwrap();
            assert_eq!(
                (counts.sent, counts.suppressed, counts.nothing_new),
                (8, 0, 1),
                "nothing about the weather"
            );
            drop(reader);
            scratch.end().await;
        }
    }
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
    for day in 0..4 {
        let day = site.day(day, 25, |index| index % 3 == 0).await;
        for reader in &site.readers[..15] {
            let placed = day.edition.copy(&day.variants[reader]);
            let link = placed[usize::try_from(reader % 3).unwrap()].entry.link;
            let whose = (&day.edition, *reader);
            site.asked(whose, EventKind::Click(link), PHONE, 5000).await;
        }
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
                let row = [delivery::store::ToQueue::now(*reader, Some(&variant))];
                let queued = delivery::store::queue(&mut tx, &edition.id, &row).await;
                assert_eq!(queued.unwrap(), 1);
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
    let (address, links) = site.serve("").await;
    let mut pages = BTreeSet::new();
    for reader in &site.readers[..12] {
        let token = links.sign(Token {
            subscriber: *reader,
            edition: day.edition.number,
            kind: Kind::View,
        });
        let page = site::get(address, &format!("/v/{token}")).await;
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
