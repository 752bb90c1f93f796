//! What editors change in an edition before it is sent: on both databases, with lists for groups of readers.

use std::collections::BTreeSet;

use courant::edition::edit::{Edit, EditError};
use courant::edition::slates::{self, Variant};
use courant::edition::store::versions;
use courant::edition::{self, Edition, EditionId, SectionKind, Status, Step};
use courant::pipeline::{self, Built, Error};
use jiff::Timestamp;

use super::support::databases;
use super::support::site::{Site, morning};

const READERS: usize = 40;

fn groups() -> slates::Config {
    slates::Config {
        groups: Some(4),
        ..slates::Config::default()
    }
}

/// An edition that nobody has approved.
async fn draft(site: &mut Site<'_>) -> Edition {
    site.publish(1, 24).await;
    let digest = &site.config.digest[0];
    let built = pipeline::build(site.database, &site.config, digest, morning(1), false).await;
    match built.unwrap() {
        Built::New(edition) | Built::Existing(edition) => edition,
        nothing @ Built::Nothing { .. } => panic!("{nothing:?}"),
    }
}

fn ids(edition: &Edition) -> Vec<String> {
    edition.own().map(|it| it.article.id.to_string()).collect()
}

/// Whatever was done: numbers are in order, lists name entries that are there, and every reader has a copy.
fn check(edition: &Edition) {
    for (at, entry) in edition.entries.iter().enumerate() {
        assert_eq!(usize::from(entry.link), at);
        assert_eq!(usize::try_from(entry.position).unwrap(), at + 1);
    }
    let own = edition.own().count();
    assert!(edition.entries[..own].iter().all(|entry| entry.own));
    let all = u16::try_from(edition.entries.len()).unwrap();
    assert!(edition.slates.every_link().iter().all(|link| *link < all));
    let leads = edition.own().filter(|it| it.section == SectionKind::Lead);
    assert_eq!(leads.count(), 1);
    assert_eq!(edition.entries[0].section, SectionKind::Lead);
    for reader in 0..i64::try_from(READERS).unwrap() {
        let slate = edition.slates.of(&edition.id, reader);
        let variant = Variant {
            slate,
            skipped: Vec::new(),
            subject: 0,
        };
        let copy = edition.copy(&variant);
        let stories: BTreeSet<_> = copy.iter().map(|placed| placed.entry.link).collect();
        assert_eq!(stories.len(), copy.len(), "no story twice");
        assert!(copy.len() > 3);
    }
}

async fn stored(site: &Site<'_>, id: &EditionId) -> Edition {
    let mut conn = site.database.reader().await.unwrap();
    edition::store::find(&mut conn, id).await.unwrap().unwrap()
}

async fn change(site: &Site<'_>, edition: &Edition, edits: &[Edit]) -> Result<Edition, Error> {
    let by = "Ida";
    let changed = pipeline::change(
        site.database,
        &site.config,
        (edition, edits),
        by,
        morning(1),
    );
    changed.await.map(|(edition, _)| edition)
}

#[tokio::test(flavor = "multi_thread")]
async fn any_changes_leave_an_edition_whole_and_can_be_taken_back() {
    for scratch in databases::each().await {
        let mut site = Site::new(&scratch.database, groups(), READERS).await;
        let built = draft(&mut site).await;
        check(&built);
        assert!(!built.slates.groups.is_empty());
        let mut edition = built.clone();
        // The same odd order of changes on every run.
        let mut number = 12_345_u64;
        for _ in 0..60 {
            number = number
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let own = ids(&edition);
            let at = usize::try_from(number >> 33).unwrap() % own.len();
            let article = own[at].clone();
            let edit = match (number >> 20) % 8 {
                0 | 1 => Edit::Up { article },
                2 | 3 => Edit::Down { article },
                4 => Edit::Lead { article },
                5 => Edit::Remove { article },
                6 => Edit::Headline {
                    article,
                    text: format!("Headline {number}"),
                },
                _ => Edit::Alt {
                    article,
                    text: "A boat".to_owned(),
                },
            };
            let before = ids(&edition);
            match edition.edit(&edit) {
                Ok(()) => check(&edition),
                Err(EditError::AtTheEdge(_) | EditError::Fixed(_)) => {
                    assert_eq!(ids(&edition), before);
                }
                Err(other) => panic!("{edit:?}: {other}"),
            }
        }
        // All at once through the database, and back.
        let edits = [
            Edit::Remove {
                article: ids(&built)[0].clone(),
            },
            Edit::Lead {
                article: ids(&built)[7].clone(),
            },
            Edit::Subject {
                text: "By hand".to_owned(),
            },
        ];
        let changed = change(&site, &built, &edits).await.unwrap();
        check(&changed);
        assert_eq!(stored(&site, &built.id).await, changed);
        assert_eq!(changed.subject, "By hand");
        assert_eq!(ids(&changed)[0], ids(&built)[7]);
        assert!(!ids(&changed).contains(&ids(&built)[0]));
        for reader in 0..i64::try_from(READERS).unwrap() {
            let slate = changed.slates.of(&changed.id, reader);
            let skipped = Vec::new();
            let copy = changed.copy(&Variant {
                slate,
                skipped,
                subject: 0,
            });
            let articles: Vec<_> = copy.iter().map(|it| it.entry.article.id.as_str()).collect();
            assert!(!articles.contains(&ids(&built)[0].as_str()), "{slate}");
            if slate != slates::NEWEST {
                assert_eq!(articles[0], ids(&built)[7], "{slate}");
            }
        }
        let by = "Ida";
        let back = pipeline::restore(
            &scratch.database,
            &site.config,
            (&changed, 1),
            by,
            morning(1),
        );
        let (back, _) = back.await.unwrap();
        assert_eq!(Edition { version: 0, ..back }, built);
        let mut conn = scratch.database.reader().await.unwrap();
        let all = versions::versions(&mut conn, &built.id).await.unwrap();
        assert_eq!((all.len(), all[0].who.as_str()), (2, "Ida"));
        assert!(all[1].what.contains("subject: By hand"), "{all:?}");
        drop(conn);
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_editors_lose_nothing_and_nobody_approves_what_they_did_not_see() {
    for scratch in databases::each().await {
        let mut site = Site::new(&scratch.database, groups(), READERS).await;
        let built = draft(&mut site).await;
        let said = |text: &str| {
            [Edit::Subject {
                text: text.to_owned(),
            }]
        };
        let (one, other) = (said("One"), said("Other"));
        let (first, second) =
            tokio::join!(change(&site, &built, &one), change(&site, &built, &other));
        assert!(first.is_ok() != second.is_ok(), "one of them was later");
        let late = if first.is_ok() { second } else { first };
        assert!(matches!(late.unwrap_err(), Error::Changed(_)));
        let database = &scratch.database;
        let step = pipeline::take_step(database, &built, Step::Approve, morning(1)).await;
        assert_eq!(step.unwrap(), None, "it has changed since they saw it");
        let seen = stored(&site, &built.id).await;
        let step = pipeline::take_step(database, &seen, Step::Approve, morning(1)).await;
        assert_eq!(step.unwrap(), Some(Status::Approved));
        // A change takes the yes back; a yes of a rule stands.
        let approved = stored(&site, &built.id).await;
        let changed = change(&site, &approved, &said("Again")).await.unwrap();
        assert_eq!(changed.status, Status::Draft);
        let step = pipeline::take_step(database, &changed, Step::Approve, morning(1)).await;
        assert_eq!(step.unwrap(), Some(Status::Approved));
        scratch.end().await;
    }
}

/// Rows in the ledger name stories by number: from the first of them on an edition stays as it is.
#[tokio::test(flavor = "multi_thread")]
async fn what_readers_have_rows_for_changes_no_more() {
    for scratch in databases::each().await {
        let mut site = Site::new(&scratch.database, groups(), READERS).await;
        let built = draft(&mut site).await;
        let database = &scratch.database;
        let step = pipeline::take_step(database, &built, Step::Approve, morning(1)).await;
        assert_eq!(step.unwrap(), Some(Status::Approved));
        let approved = stored(&site, &built.id).await;
        // Somebody edits between the sender's look and its first row.
        let out = [Edit::Remove {
            article: ids(&approved)[2].clone(),
        }];
        let by = "Ida";
        let edited = (&approved, out.as_slice());
        let edited = pipeline::change(database, &site.config, edited, by, morning(1));
        let (edited, _) = edited.await.unwrap();
        assert_eq!(edited.status, Status::Draft);
        let edited = site.approved(edited, morning(1)).await;
        let now: Timestamp = morning(1);
        let late = pipeline::enqueue(database, &site.config, approved, now).await;
        assert!(matches!(late.unwrap_err(), Error::Changed(_)));
        let sent = pipeline::enqueue(database, &site.config, edited.clone(), now).await;
        assert!(sent.unwrap().enqueued_at.is_some());
        let article = ids(&edited)[1].clone();
        let refused = change(&site, &edited, &[Edit::Up { article }]).await;
        assert!(matches!(refused.unwrap_err(), Error::Changed(_)));
        scratch.end().await;
    }
}

/// Copies of the groups, by article, and of the edition itself first.
fn copies(edition: &Edition) -> Vec<Vec<&str>> {
    let groups = edition.slates.groups.len();
    let groups = (0..u32::try_from(groups).unwrap()).map(|group| slates::FIRST_GROUP + group);
    let slates = std::iter::once(slates::OWN).chain(groups);
    let copy = |slate| {
        let copy = edition.copy(&Variant {
            slate,
            ..Variant::default()
        });
        copy.iter().map(|it| it.entry.article.id.as_str()).collect()
    };
    slates.map(copy).collect()
}

/// What an editor moved stands there for everybody, not in a copy that nobody gets.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_moved_is_moved_in_every_groups_copy() {
    for scratch in databases::each().await {
        let mut site = Site::new(&scratch.database, groups(), READERS).await;
        let built = draft(&mut site).await;
        let own = ids(&built);
        let (third, fourth) = (own[2].clone(), own[3].clone());
        let up = Edit::Up {
            article: fourth.clone(),
        };
        let moved = change(&site, &built, &[up]).await.unwrap();
        check(&moved);
        assert_eq!(ids(&moved)[2..4], [fourth.clone(), third.clone()]);
        for copy in copies(&moved) {
            let at = |id: &str| copy.iter().position(|other| *other == id);
            assert!(at(&fourth).unwrap() <= 2, "{copy:?}");
            assert!(at(&third).is_none_or(|at| at >= 3), "{copy:?}");
        }
        // Down again is where it was, and the one that led for a while leads nobody.
        let edits = [
            Edit::Lead {
                article: fourth.clone(),
            },
            Edit::Down {
                article: fourth.clone(),
            },
            Edit::Down {
                article: fourth.clone(),
            },
        ];
        let moved = change(&site, &moved, &edits).await.unwrap();
        check(&moved);
        for copy in copies(&moved) {
            assert_eq!(copy[..2], [own[0].as_str(), own[1].as_str()]);
            assert!(copy.iter().position(|id| *id == fourth) >= Some(2));
        }
        let made = moved.own().find(|it| it.article.id.as_str() == fourth);
        assert_eq!(made.unwrap().reason, "an editor put it here");
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_the_newest_goes_up_into_the_top_stories_of_all() {
    for scratch in databases::each().await {
        let mut site = Site::new(&scratch.database, groups(), READERS).await;
        let built = draft(&mut site).await;
        let of = |edition: &Edition, section| {
            let all = edition.own().filter(|it| it.section == section);
            all.map(|it| it.article.id.to_string()).collect::<Vec<_>>()
        };
        let newest = of(&built, SectionKind::Newest);
        let wanted = newest.last().unwrap().clone();
        let down = Edit::Down {
            article: newest[0].clone(),
        };
        let refused = change(&site, &built, &[down]).await.unwrap_err();
        assert!(matches!(refused, Error::Edit(EditError::Fixed(_))));
        let up = Edit::Up {
            article: wanted.clone(),
        };
        let moved = change(&site, &built, &[up]).await.unwrap();
        check(&moved);
        let top = of(&moved, SectionKind::Top);
        assert_eq!(top.last(), Some(&wanted));
        assert_eq!(top.len(), of(&built, SectionKind::Top).len() + 1);
        assert_eq!(of(&moved, SectionKind::Newest).len(), newest.len() - 1);
        let whole = ids(&built).len();
        for copy in copies(&moved) {
            let at = copy.iter().position(|id| *id == wanted).unwrap();
            assert!(at <= top.len(), "{at} of {copy:?}");
            assert_eq!(copy.len(), whole);
        }
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_story_of_some_copies_only_is_rewritten_and_taken_out_too() {
    for scratch in databases::each().await {
        let mut site = Site::new(&scratch.database, groups(), READERS).await;
        let built = draft(&mut site).await;
        let own = ids(&built);
        let all = copies(&built);
        let mut others = all
            .iter()
            .flatten()
            .filter(|id| !own.iter().any(|it| it == *id));
        let other = others.next().expect("a group has a story of its own");
        let article = (*other).to_owned();
        let title = Edit::Headline {
            article: article.clone(),
            text: "Said better".to_owned(),
        };
        let written = change(&site, &built, &[title]).await.unwrap();
        let mut entries = written.entries.iter();
        let found = entries
            .find(|it| it.article.id.as_str() == article)
            .unwrap();
        assert_eq!(found.article.title, "Said better");
        let up = Edit::Up {
            article: article.clone(),
        };
        let refused = change(&site, &written, &[up]).await.unwrap_err();
        assert!(matches!(refused, Error::Edit(EditError::NotOwn(_))));
        let out = Edit::Remove {
            article: article.clone(),
        };
        let gone = change(&site, &written, &[out]).await.unwrap();
        check(&gone);
        assert_eq!(ids(&gone), own);
        assert!(copies(&gone).iter().flatten().all(|id| *id != article));
        let mut passed = gone
            .passed_over
            .iter()
            .filter(|it| it.article.as_str() == article);
        assert_eq!(passed.next().unwrap().reason, "an editor took it out");
        assert!(passed.next().is_none());
        scratch.end().await;
    }
}
