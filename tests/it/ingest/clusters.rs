//! One story from several sources, on both databases.

use std::collections::BTreeMap;

use courant::articles::store::clusters::{join, members, sources, split, unsplit};
use courant::articles::store::{Acted, candidates, find, upsert};
use courant::articles::{Canonical, Draft, Sighting};
use courant::database::Database;
use url::Url;

use crate::support::databases;

use super::NOON;

const FIRE: &str = "Fire destroys old mill in Dunmere";
const MILL: &str = "Old mill in Dunmere destroyed by fire";
const BLAZE: &str = "Dunmere: fire at the old mill, roof destroyed";
const BUSES: &str = "Council votes on new bus fares for Quarne";

fn draft(source: &str, path: &str, title: &str, hours: i64) -> Draft {
    let url = Url::parse(&format!("https://{source}.example/{path}")).unwrap();
    Draft {
        id: Canonical::of(&url).id(),
        origin: None,
        url: url.to_string(),
        title: title.to_owned(),
        summary: None,
        source: source.to_owned(),
        category: None,
        tags: Vec::new(),
        author: None,
        image_url: None,
        image_alt: None,
        language: Some("en".to_owned()),
        minutes: None,
        published_at: Some(NOON + hours * 3600),
    }
}

fn day() -> [Draft; 4] {
    [
        draft("herald", "fire", FIRE, 0),
        draft("wire", "mill", MILL, 1),
        draft("courier", "buses", BUSES, 1),
        draft("courier", "blaze", BLAZE, 3),
    ]
}

/// Stores these in one transaction, without comparing them: what a kill leaves behind.
async fn store(database: &Database, drafts: &[&Draft]) {
    let mut conn = database.begin_write().await.unwrap();
    for draft in drafts {
        upsert(&mut conn, draft, NOON).await.unwrap();
    }
    conn.commit().await.unwrap();
}

async fn compare(database: &Database) -> usize {
    let mut conn = database.begin_write().await.unwrap();
    let moved = join(&mut conn, NOON).await.unwrap();
    conn.commit().await.unwrap();
    moved
}

/// The title of each article and of the one that told its story first.
async fn told(database: &Database) -> BTreeMap<String, String> {
    let mut conn = database.reader().await.unwrap();
    let all = candidates(&mut conn, 0).await.unwrap();
    let mut found = BTreeMap::new();
    for article in &all {
        let first = article.cluster.as_ref().unwrap();
        let first = find(&mut conn, first).await.unwrap().unwrap();
        found.insert(article.title.clone(), first.title);
    }
    found
}

fn pairs(expected: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(title, first): &(&str, &str)| ((*title).to_owned(), (*first).to_owned());
    expected.iter().map(owned).collect()
}

#[tokio::test]
async fn a_story_is_one_cluster_in_whatever_order_it_comes() {
    let [fire, mill, buses, blaze] = &day();
    let expected = pairs(&[(FIRE, FIRE), (MILL, FIRE), (BLAZE, FIRE), (BUSES, BUSES)]);
    let orders = [
        [fire, mill, buses, blaze],
        [blaze, buses, mill, fire],
        [mill, blaze, fire, buses],
    ];
    for order in orders {
        for one_by_one in [true, false] {
            for scratch in databases::each().await {
                let database = &scratch.database;
                for draft in order {
                    store(database, &[draft]).await;
                    if one_by_one {
                        compare(database).await;
                    }
                }
                compare(database).await;
                assert_eq!(told(database).await, expected);
                // The same feed again changes nothing.
                store(database, &order).await;
                assert_eq!(compare(database).await, 0);
                assert_eq!(told(database).await, expected);
                scratch.end().await;
            }
        }
    }
}

#[tokio::test]
async fn two_comparisons_at_once_come_to_the_same() {
    for scratch in databases::each().await {
        let database = &scratch.database;
        let [fire, mill, buses, blaze] = &day();
        store(database, &[fire, mill, buses, blaze]).await;
        tokio::join!(compare(database), compare(database));
        let expected = pairs(&[(FIRE, FIRE), (MILL, FIRE), (BLAZE, FIRE), (BUSES, BUSES)]);
        assert_eq!(told(database).await, expected);
        scratch.end().await;
    }
}

#[tokio::test]
async fn what_becomes_another_story_leaves_its_cluster() {
    for scratch in databases::each().await {
        let database = &scratch.database;
        let [fire, mill, _, _] = &day();
        store(database, &[fire, mill]).await;
        compare(database).await;
        let renamed = Draft {
            title: BUSES.to_owned(),
            ..fire.clone()
        };
        store(database, &[&renamed]).await;
        assert_eq!(
            compare(database).await,
            1,
            "its follower has lost its first"
        );
        assert_eq!(told(database).await, pairs(&[(BUSES, BUSES), (MILL, MILL)]));
        scratch.end().await;
    }
}

#[tokio::test]
async fn the_editor_splits_and_every_source_is_remembered() {
    for scratch in databases::each().await {
        let database = &scratch.database;
        let [fire, mill, _, blaze] = &day();
        let taken_over = Draft {
            source: "blog".to_owned(),
            title: "Mill fire!".to_owned(),
            ..fire.clone()
        };
        store(database, &[fire, mill, &taken_over, fire]).await;
        compare(database).await;
        let mut conn = database.begin_write().await.unwrap();
        let had = sources(&mut conn, &fire.id).await.unwrap();
        let had: Vec<_> = had.iter().map(|had| (&*had.source, &*had.title)).collect();
        assert_eq!(had, [("blog", "Mill fire!"), ("herald", FIRE)]);
        let first = find(&mut conn, &fire.id).await.unwrap().unwrap();
        let all = members(&mut conn, &first).await.unwrap();
        assert_eq!(all.len(), 2);

        assert_eq!(split(&mut conn, &fire.id, NOON).await.unwrap(), Acted::Done);
        assert_eq!(
            split(&mut conn, &fire.id, NOON).await.unwrap(),
            Acted::Nothing
        );
        join(&mut conn, NOON).await.unwrap();
        let sighting = upsert(&mut conn, blaze, NOON).await.unwrap();
        assert_eq!(sighting, Sighting::New);
        join(&mut conn, NOON).await.unwrap();
        conn.commit().await.unwrap();
        let apart = pairs(&[(FIRE, FIRE), (MILL, MILL), (BLAZE, MILL)]);
        assert_eq!(told(database).await, apart);

        let mut conn = database.begin_write().await.unwrap();
        assert_eq!(unsplit(&mut conn, &fire.id).await.unwrap(), Acted::Done);
        join(&mut conn, NOON).await.unwrap();
        conn.commit().await.unwrap();
        let together = pairs(&[(FIRE, FIRE), (MILL, FIRE), (BLAZE, FIRE)]);
        assert_eq!(told(database).await, together);
        scratch.end().await;
    }
}
