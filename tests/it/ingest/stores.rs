//! What the tables hold, on both databases.

use courant::articles::store::{Acted, Prefix};
use courant::articles::{self, Article, ArticleId, Draft, Sighting};
use courant::database::{self, Database};
use courant::fetch::Validators;
use courant::sources::health::Brought;
use courant::sources::store::Setback;
use courant::sources::{self, Polled, State};
use url::Url;

use crate::support::databases;
use crate::support::feeds::Feeds;

use super::{NOON, drafts, file_source, look, news, source};

#[tokio::test]
async fn an_unchanged_source_is_asked_with_what_it_said() {
    let feeds = Feeds::start().await;
    for scratch in databases::each().await {
        for (name, path) in [("tagged", "/etag"), ("dated", "/dated")] {
            let config = source(name, &feeds.url(path));
            let news = news(&config).await;
            let mut write = scratch.database.begin_write().await.unwrap();
            sources::store::record_success(&mut write, &config, &news, NOON)
                .await
                .unwrap();
            write.commit().await.unwrap();
            let mut conn = scratch.database.reader().await.unwrap();
            let known = sources::store::state(&mut conn, name).await.unwrap();
            assert_eq!(known.validators, news.validators);
            assert_eq!(look(&config, &known).await, Polled::Unchanged, "{name}");
            let elsewhere = source(name, &feeds.url("/feed/harbour.rss.xml"));
            assert!(
                matches!(look(&elsewhere, &known).await, Polled::News(_)),
                "{name}"
            );
        }
        scratch.end().await;
    }
}

#[tokio::test]
async fn what_is_known_of_a_source_outlives_its_failures() {
    for scratch in databases::each().await {
        sources_story(&scratch.database).await;
        scratch.end().await;
    }
}

fn said(message: &str) -> Setback<'_> {
    Setback {
        message,
        next_at: Some(100),
        retry_after_at: Some(200),
        gone_at: Some(300),
    }
}

async fn sources_story(database: &Database) {
    use sources::store::{all, record_failure, record_success, record_unchanged, state};
    let config = file_source("fish", "ampersand.xml");
    let news = news(&config).await;
    let mut conn = database.begin_write().await.unwrap();
    assert_eq!(state(&mut conn, "fish").await.unwrap(), State::default());
    record_failure(&mut conn, &config, &said("answered 500"), 10)
        .await
        .unwrap();
    record_failure(&mut conn, &config, &said("took longer than 30s"), 20)
        .await
        .unwrap();
    let found = state(&mut conn, "fish").await.unwrap();
    assert_eq!(
        (
            found.failures,
            found.last_error.as_deref(),
            found.succeeded_at
        ),
        (2, Some("took longer than 30s"), None)
    );

    record_success(&mut conn, &config, &news, 30).await.unwrap();
    let succeeded = State {
        name: "fish".to_owned(),
        location: "ampersand.xml".to_owned(),
        reading: "ampersand.xml".to_owned(),
        validators: news.validators.clone(),
        checked_at: Some(30),
        succeeded_at: Some(30),
        failures: 0,
        last_error: None,
        items: 1,
        repaired: vec!["escaped 2 bare \"&\"".to_owned()],
        ..State::default()
    };
    assert_eq!(state(&mut conn, "fish").await.unwrap(), succeeded);

    record_failure(&mut conn, &config, &said("cannot be read"), 40)
        .await
        .unwrap();
    let failed = State {
        checked_at: Some(40),
        failures: 1,
        last_error: Some("cannot be read".to_owned()),
        next_at: Some(100),
        retry_after_at: Some(200),
        gone_at: Some(300),
        ..succeeded.clone()
    };
    assert_eq!(state(&mut conn, "fish").await.unwrap(), failed);
    record_unchanged(&mut conn, &config, 50).await.unwrap();
    let unchanged = State {
        checked_at: Some(50),
        succeeded_at: Some(50),
        ..succeeded
    };
    assert_eq!(all(&mut conn).await.unwrap(), [unchanged]);

    let elsewhere = file_source("fish", "harbour.rss.xml");
    record_failure(&mut conn, &elsewhere, &said("cannot be read"), 60)
        .await
        .unwrap();
    let found = state(&mut conn, "fish").await.unwrap();
    assert_eq!(
        (found.location.as_str(), found.validators, found.failures),
        ("harbour.rss.xml", Validators::default(), 1)
    );
    pages_story(&mut conn).await;
    conn.commit().await.unwrap();
}

async fn pages_story(conn: &mut database::Conn) {
    use sources::store::{Visit, Visited, pages, record_visit};
    let urls = ["https://herald.example/1", "https://herald.example/2"];
    let urls = urls.map(|url| Url::parse(url).unwrap());
    assert_eq!(pages(conn, &urls).await.unwrap(), [None, None]);
    for (visit, now) in [(Visit::Failed, 10), (Visit::Failed, 20), (Visit::Read, 30)] {
        record_visit(conn, &urls[1], visit, now).await.unwrap();
        let (read_at, failures) = match visit {
            Visit::Failed => (None, now / 10),
            Visit::Read => (Some(30), 0),
        };
        let known = Visited {
            fetched_at: now,
            read_at,
            failures,
        };
        assert_eq!(pages(conn, &urls).await.unwrap(), [None, Some(known)]);
    }
}

#[tokio::test]
async fn an_article_is_stored_once_and_obeys_the_editor() {
    for scratch in databases::each().await {
        let found = drafts(&file_source("herald", "harbour.rss.xml")).await;
        let all: Vec<Draft> = found.into_iter().map(Result::unwrap).collect();
        sightings_story(&scratch.database, &all).await;
        reading_story(&scratch.database, &all).await;
        editor_story(&scratch.database, &all[0]).await;
        scratch.end().await;
    }
}

async fn sightings_story(database: &Database, all: &[Draft]) {
    use articles::store::{find, upsert};
    let storm = &all[0];
    let mut conn = database.begin_write().await.unwrap();
    for (sighting, now) in [(Sighting::New, NOON), (Sighting::Unchanged, NOON + 60)] {
        for draft in all {
            assert_eq!(upsert(&mut conn, draft, now).await.unwrap(), sighting);
        }
    }
    let first = find(&mut conn, &storm.id).await.unwrap().unwrap();
    assert_eq!(
        (first.title.as_str(), &first.tags, first.boost),
        (storm.title.as_str(), &storm.tags, 1.0)
    );
    assert_eq!(
        (first.published_at, first.first_seen_at, first.updated_at),
        (1_795_415_400, NOON, NOON)
    );

    let corrected = Draft {
        title: "Storm is over".to_owned(),
        summary: None,
        image_url: None,
        minutes: Some(3),
        ..storm.clone()
    };
    assert_eq!(
        upsert(&mut conn, &corrected, NOON + 120).await.unwrap(),
        Sighting::Updated
    );
    let second = find(&mut conn, &storm.id).await.unwrap().unwrap();
    assert_eq!(
        (second.title.as_str(), &second.summary, second.minutes),
        ("Storm is over", &first.summary, Some(3))
    );
    assert_eq!(
        (&second.image_url, second.first_seen_at, second.updated_at),
        (&first.image_url, NOON, NOON + 120)
    );

    let wire = Draft {
        source: "wire".to_owned(),
        title: "STORM".to_owned(),
        ..storm.clone()
    };
    assert_eq!(
        upsert(&mut conn, &wire, NOON + 180).await.unwrap(),
        Sighting::Unchanged
    );

    conn.commit().await.unwrap();
}

async fn ids(found: impl Future<Output = Result<Vec<Article>, database::Error>>) -> Vec<ArticleId> {
    found
        .await
        .unwrap()
        .into_iter()
        .map(|article| article.id)
        .collect()
}

async fn reading_story(database: &Database, all: &[Draft]) {
    use articles::store::{by_ids, candidates, find, find_prefix, list};
    let [storm, bakery, letters] = all else {
        panic!("{all:?}")
    };
    let mut conn = database.reader().await.unwrap();
    // The letters have no date: they are as new as their first sighting.
    let newest = ids(list(&mut conn, 2)).await;
    assert_eq!(newest, [letters.id.clone(), storm.id.clone()]);
    let mut sorted = [storm, bakery, letters].map(|draft| draft.id.clone());
    sorted.sort();
    assert_eq!(ids(candidates(&mut conn, 0)).await, sorted);
    let since_noon = ids(candidates(&mut conn, NOON)).await;
    assert_eq!(since_noon, std::slice::from_ref(&letters.id));
    let unknown = ArticleId::parse("0123456789abcdef").unwrap();
    let asked = [letters.id.clone(), unknown, storm.id.clone()];
    let found = ids(by_ids(&mut conn, &asked)).await;
    assert_eq!(found, [letters.id.clone(), storm.id.clone()]);

    let brought = articles::store::brought(&mut conn, 1_795_345_200)
        .await
        .unwrap();
    let herald = Brought {
        articles: 3,
        first_at: 1_795_345_200,
        last_at: NOON,
    };
    assert_eq!(brought, [("herald".to_owned(), herald)].into());

    let known = find(&mut conn, &storm.id).await.unwrap().unwrap();
    let beginning = storm.id.as_str()[..8].to_uppercase();
    assert_eq!(
        find_prefix(&mut conn, &beginning).await.unwrap(),
        Prefix::One(Box::new(known))
    );
    for nothing in ["", "%", "zz", "00000000000000000"] {
        assert_eq!(
            find_prefix(&mut conn, nothing).await.unwrap(),
            Prefix::Nothing,
            "{nothing}"
        );
    }
}

async fn editor_story(database: &Database, storm: &Draft) {
    use articles::store::{boost, candidates, find, hide, pin, unhide, unpin, upsert};
    let mut conn = database.begin_write().await.unwrap();
    let id = &storm.id;
    for expected in [Acted::Done, Acted::Nothing] {
        assert_eq!(pin(&mut conn, id, NOON + 1).await.unwrap(), expected);
        assert_eq!(boost(&mut conn, id, 2.5).await.unwrap(), expected);
    }
    let pinned = find(&mut conn, id).await.unwrap().unwrap();
    assert_eq!((pinned.pinned_at, pinned.hidden_at), (Some(NOON + 1), None));
    // Pinned and hidden at once makes no sense: the last word counts.
    for expected in [Acted::Done, Acted::Nothing] {
        assert_eq!(hide(&mut conn, id, NOON).await.unwrap(), expected);
    }
    let again = Draft {
        title: "Storm returns".to_owned(),
        ..storm.clone()
    };
    assert_eq!(
        upsert(&mut conn, &again, NOON).await.unwrap(),
        Sighting::Updated
    );
    let found = find(&mut conn, id).await.unwrap().unwrap();
    assert_eq!(
        (found.hidden_at, found.pinned_at, found.boost),
        (Some(NOON), None, 2.5)
    );
    let shown = candidates(&mut conn, 0).await.unwrap();
    let hidden: Vec<_> = shown
        .iter()
        .filter(|article| article.hidden_at.is_some())
        .map(|article| &article.id)
        .collect();
    assert_eq!(
        hidden,
        [id],
        "listed, so that an edition can say why it is not in"
    );
    for expected in [Acted::Done, Acted::Nothing] {
        assert_eq!(unhide(&mut conn, id).await.unwrap(), expected);
    }
    pin(&mut conn, id, NOON).await.unwrap();
    for expected in [Acted::Done, Acted::Nothing] {
        assert_eq!(unpin(&mut conn, id).await.unwrap(), expected);
    }
    let found = find(&mut conn, id).await.unwrap().unwrap();
    assert_eq!((found.hidden_at, found.pinned_at), (None, None));
    conn.commit().await.unwrap();
}

#[tokio::test]
async fn a_beginning_that_two_ids_share_is_ambiguous() {
    let scratch = databases::sqlite().await;
    let base = drafts(&file_source("herald", "harbour.rss.xml"))
        .await
        .remove(0)
        .unwrap();
    let mut conn = scratch.database.begin_write().await.unwrap();
    // Seventeen ids share a first digit.
    for number in 0..17 {
        let link = Url::parse(&format!("https://herald.example/{number}")).unwrap();
        let draft = Draft {
            id: articles::Canonical::of(&link).id(),
            ..base.clone()
        };
        articles::store::upsert(&mut conn, &draft, NOON)
            .await
            .unwrap();
    }
    let mut several = 0;
    for digit in "0123456789abcdef".chars() {
        let found = articles::store::find_prefix(&mut conn, &digit.to_string())
            .await
            .unwrap();
        several += usize::from(found == Prefix::Several);
    }
    assert!(several > 0);
    conn.commit().await.unwrap();
    scratch.end().await;
}

#[tokio::test]
async fn two_polls_at_once_store_an_article_once() {
    for scratch in databases::each().await {
        let draft = drafts(&file_source("herald", "harbour.rss.xml"))
            .await
            .remove(0)
            .unwrap();
        let store = async || {
            let mut conn = scratch.database.begin_write().await.unwrap();
            let sighting = articles::store::upsert(&mut conn, &draft, NOON)
                .await
                .unwrap();
            conn.commit().await.unwrap();
            sighting
        };
        let (one, other) = tokio::join!(store(), store());
        let mut both = [one, other].map(|sighting| sighting == Sighting::New);
        both.sort_unstable();
        assert_eq!(both, [false, true]);
        let mut conn = scratch.database.reader().await.unwrap();
        assert_eq!(articles::store::list(&mut conn, 10).await.unwrap().len(), 1);
        drop(conn);
        scratch.end().await;
    }
}
