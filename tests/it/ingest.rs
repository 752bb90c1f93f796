//! From feeds to articles: what the web serves, what the tables hold.

use std::path::Path;

use courant::articles::store::{Acted, Prefix};
use courant::articles::{self, Draft, Rejected, Sighting};
use courant::database::Database;
use courant::fetch::{self, Error, Fetched, Fetcher, Validators};
use courant::sources::{self, Config, Polled, State};
use url::Url;

use crate::support::databases;
use crate::support::feeds::{Feeds, fetcher, fixture, folder};

/// 2026-11-23T12:00:00Z.
const NOON: i64 = 1_795_435_200;

fn source(name: &str, url: &Url) -> Config {
    toml::from_str(&format!("name = '{name}'\nurl = '{url}'")).unwrap()
}

fn file_source(name: &str, file: &str) -> Config {
    toml::from_str(&format!(
        "name = '{name}'\nfile = '{file}'\nhome_url = 'https://herald.example/'"
    ))
    .unwrap()
}

async fn look(config: &Config, known: &State) -> Polled {
    sources::poll(&fetcher(), config, &folder(), known).await
}

async fn news(config: &Config) -> sources::News {
    match look(config, &State::default()).await {
        Polled::News(news) => *news,
        other => panic!("{}: {other:?}", config.name),
    }
}

async fn drafts(config: &Config) -> Vec<Result<Draft, Rejected>> {
    let items = news(config).await.parsed.items;
    items
        .iter()
        .map(|item| articles::draft(item, config, NOON))
        .collect()
}

async fn failure(config: &Config) -> (String, bool) {
    match look(config, &State::default()).await {
        Polled::Failed { message, temporary } => (message, temporary),
        other => panic!("{}: {other:?}", config.name),
    }
}

#[tokio::test]
async fn the_same_stories_come_out_of_every_format() {
    let feeds = Feeds::start().await;
    let storm =
        articles::Canonical::of(&Url::parse("https://herald.example/news/storm?id=7").unwrap());
    for (name, format, bakery_url) in [
        (
            "harbour.rss.xml",
            "RSS 2.0",
            feeds.url("/news/bakery").to_string(),
        ),
        (
            "harbour.atom.xml",
            "Atom",
            "https://herald.example/news/bakery".to_owned(),
        ),
        (
            "harbour.feed.json",
            "JSON Feed",
            "https://herald.example/news/bakery".to_owned(),
        ),
    ] {
        let config = source("herald", &feeds.url(&format!("/feed/{name}")));
        let parsed = news(&config).await.parsed;
        assert_eq!(parsed.format.to_string(), format);
        assert_eq!(
            parsed.title.as_deref(),
            Some("The Harbour Herald"),
            "{name}"
        );
        assert_eq!(
            parsed.link.unwrap().as_str(),
            "https://herald.example/",
            "{name}"
        );
        let found: Vec<_> = drafts(&config)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        let [first, second, third] = found.as_slice() else {
            panic!("{found:?}")
        };
        // JSON Feed knows no categories, only tags.
        let json = format == "JSON Feed";
        let expected = Draft {
            id: storm.id(),
            url: "https://herald.example/news/storm?id=7".to_owned(),
            title: "Storm & high tide close the harbour".to_owned(),
            summary: Some("All ferries are cancelled until Tuesday.".to_owned()),
            source: "herald".to_owned(),
            category: (!json).then(|| "Town".to_owned()),
            tags: if json {
                vec!["Town".to_owned(), "Weather".to_owned()]
            } else {
                vec!["Weather".to_owned()]
            },
            author: Some("Ida Larsen".to_owned()),
            image_url: Some("https://herald.example/pictures/storm.jpg".to_owned()),
            image_alt: Some("Waves over the mole".to_owned()),
            language: Some("en-GB".to_owned()),
            minutes: None,
            published_at: Some(1_795_415_400),
        };
        assert_eq!(*first, expected, "{name}");
        assert_eq!(second.url, bakery_url, "{name}");
        assert_eq!(
            second.summary.as_deref(),
            Some("Bread again, from six in the morning."),
            "{name}"
        );
        assert_eq!(
            second.image_url.as_deref(),
            Some("https://herald.example/pictures/bread.png"),
            "{name}"
        );
        assert_eq!(second.published_at, Some(1_795_345_200), "{name}");
        assert_eq!(
            (third.url.as_str(), third.published_at),
            ("https://herald.example/letters", None),
            "{name}"
        );
    }
}

#[tokio::test]
async fn nothing_active_survives_a_hostile_feed() {
    let found = drafts(&file_source("hostile", "hostile.xml")).await;
    let [Ok(article), Err(no_link), Err(no_title)] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(article.title, "Quiet title <b>");
    assert_eq!(article.summary.as_deref(), Some("Text"));
    assert_eq!(article.published_at, Some(NOON));
    assert_eq!((*no_link, *no_title), (Rejected::NoLink, Rejected::NoTitle));
}

#[tokio::test]
async fn a_bare_ampersand_is_repaired_and_said() {
    let config = file_source("fish", "ampersand.xml");
    assert_eq!(
        news(&config).await.parsed.repaired,
        ["escaped 2 bare \"&\""]
    );
    let found = drafts(&config).await.remove(0).unwrap();
    assert_eq!(found.title, "Fish & chips");
    assert_eq!(found.url, "https://herald.example/a?x=1&y=2");
    assert_eq!(found.summary.as_deref(), Some("Salt & vinegar & more"));
}

#[tokio::test]
async fn compressed_answers_are_read() {
    let feeds = Feeds::start().await;
    for path in ["/gzip", "/brotli"] {
        let Ok(Fetched::Body(body)) = fetcher()
            .get(&feeds.url(path), &Validators::default())
            .await
        else {
            panic!("{path}");
        };
        assert_eq!(body.bytes, fixture("harbour.rss.xml"), "{path}");
    }
}

#[tokio::test]
async fn redirects_are_followed_and_a_move_for_good_is_noted() {
    let feeds = Feeds::start().await;
    let end = feeds.url("/feed/harbour.rss.xml");
    for (path, moved_to) in [
        ("/moved", Some(&end)),
        ("/found", None),
        ("/feed/harbour.rss.xml", None),
    ] {
        let Ok(Fetched::Body(body)) = fetcher()
            .get(&feeds.url(path), &Validators::default())
            .await
        else {
            panic!("{path}");
        };
        assert_eq!(
            (&body.final_url, body.moved_to.as_ref()),
            (&end, moved_to),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_failing_source_is_an_outcome_in_words() {
    let feeds = Feeds::start().await;
    for (path, message, temporary) in [
        ("/error", "answered 500 Internal Server Error", true),
        ("/gone", "answered 404 Not Found", false),
        ("/teapot", "answered 304 Not Modified", false),
        ("/slow", "took longer than 1s", true),
        ("/large", "is larger than 100 KB", false),
        ("/bomb", "is larger than 100 KB", false),
        ("/loop", "redirects more than 5 times", false),
        (
            "/inside",
            "the address 169.254.169.254 is private and not allowed (fetch.allow_private)",
            false,
        ),
        ("/disk", "\"file:\" is neither http: nor https:", false),
        (
            "/nowhere",
            "redirects to \"http://[\", which is no URL",
            false,
        ),
        ("/page", "is an HTML page, not a feed", true),
    ] {
        let found = failure(&source("a", &feeds.url(path))).await;
        assert_eq!(found, (message.to_owned(), temporary), "{path}");
    }
    let (message, _) = failure(&source("a", &feeds.url("/feed/truncated.xml"))).await;
    assert!(message.starts_with("is a broken feed: "), "{message}");
    let (message, temporary) = failure(&source(
        "a",
        &Url::parse("http://courant.invalid/").unwrap(),
    ))
    .await;
    assert_eq!(
        (message.as_str(), temporary),
        ("courant.invalid cannot be resolved", true)
    );
}

#[tokio::test]
async fn a_closed_port_is_a_refused_connection() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let url = Url::parse(&format!("http://{address}/")).unwrap();
    let found = failure(&source("a", &url)).await;
    assert_eq!(
        found,
        (
            "127.0.0.1 refused the connection (connection refused)".to_owned(),
            true
        )
    );
}

#[tokio::test]
async fn loopback_is_refused_unless_the_configuration_allows_it() {
    let feeds = Feeds::start().await;
    let url = feeds.url("/feed/harbour.rss.xml");
    let mut by_name = url.clone();
    by_name.set_host(Some("localhost")).unwrap();
    let cautious = Fetcher::new(&fetch::Config::default()).unwrap();
    let found = cautious.get(&url, &Validators::default()).await;
    assert!(
        matches!(found, Err(Error::PrivateAddress { .. })),
        "{found:?}"
    );
    let found = cautious.get(&by_name, &Validators::default()).await;
    assert!(matches!(found, Err(Error::PrivateName { .. })), "{found:?}");
    let config = fetch::Config {
        allow_private: vec!["localhost".to_owned()],
        ..fetch::Config::default()
    };
    let found = Fetcher::new(&config)
        .unwrap()
        .get(&by_name, &Validators::default())
        .await;
    assert!(matches!(found, Ok(Fetched::Body(_))), "{found:?}");
}

#[tokio::test]
async fn a_file_is_read_again_when_its_bytes_change() {
    let home = tempfile::tempdir().unwrap();
    let config = file_source("local", "feed.xml");
    let look = async |known: &State| sources::poll(&fetcher(), &config, home.path(), known).await;
    let Polled::Failed { message, temporary } = look(&State::default()).await else {
        panic!()
    };
    assert!(
        message.contains("feed.xml cannot be read: No such file") && !temporary,
        "{message}"
    );
    std::fs::write(home.path().join("feed.xml"), fixture("harbour.rss.xml")).unwrap();
    let Polled::News(news) = look(&State::default()).await else {
        panic!()
    };
    assert_eq!(
        news.parsed.items[1].link.as_ref().unwrap().as_str(),
        "https://herald.example/news/bakery"
    );
    let known = State {
        location: config.location_text(),
        validators: news.validators.clone(),
        ..State::default()
    };
    assert_eq!(look(&known).await, Polled::Unchanged);
    std::fs::write(home.path().join("feed.xml"), fixture("ampersand.xml")).unwrap();
    assert!(matches!(look(&known).await, Polled::News(_)));
    std::fs::write(home.path().join("feed.xml"), " ".repeat(100_001)).unwrap();
    let Polled::Failed { message, .. } = look(&known).await else {
        panic!()
    };
    assert_eq!(message, "is larger than 100 KB");
}

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

async fn sources_story(database: &Database) {
    use sources::store::{all, record_failure, record_success, record_unchanged, state};
    let config = file_source("fish", "ampersand.xml");
    let news = news(&config).await;
    let mut conn = database.begin_write().await.unwrap();
    assert_eq!(state(&mut conn, "fish").await.unwrap(), State::default());
    record_failure(&mut conn, &config, "answered 500", 10)
        .await
        .unwrap();
    record_failure(&mut conn, &config, "took longer than 30s", 20)
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
        validators: news.validators.clone(),
        checked_at: Some(30),
        succeeded_at: Some(30),
        failures: 0,
        last_error: None,
        items: 1,
        repaired: vec!["escaped 2 bare \"&\"".to_owned()],
        moved_to: None,
    };
    assert_eq!(state(&mut conn, "fish").await.unwrap(), succeeded);

    record_failure(&mut conn, &config, "cannot be read", 40)
        .await
        .unwrap();
    let failed = State {
        checked_at: Some(40),
        failures: 1,
        last_error: Some("cannot be read".to_owned()),
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
    record_failure(&mut conn, &elsewhere, "cannot be read", 60)
        .await
        .unwrap();
    let found = state(&mut conn, "fish").await.unwrap();
    assert_eq!(
        (found.location.as_str(), found.validators),
        ("harbour.rss.xml", Validators::default())
    );
    conn.commit().await.unwrap();
}

#[tokio::test]
async fn an_article_is_stored_once_and_obeys_the_editor() {
    for scratch in databases::each().await {
        articles_story(&scratch.database).await;
        scratch.end().await;
    }
}

async fn articles_story(database: &Database) {
    use articles::store::{by_ids, candidates, find, find_prefix, list, upsert};
    let found = drafts(&file_source("herald", "harbour.rss.xml")).await;
    let all: Vec<Draft> = found.into_iter().map(Result::unwrap).collect();
    let [storm, bakery, letters] = all.as_slice() else {
        panic!("{all:?}")
    };
    let mut conn = database.begin_write().await.unwrap();
    for (sighting, now) in [(Sighting::New, NOON), (Sighting::Unchanged, NOON + 60)] {
        for draft in &all {
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

    // The letters have no date: they are as new as their first sighting.
    let newest: Vec<_> = list(&mut conn, 2)
        .await
        .unwrap()
        .into_iter()
        .map(|article| article.id)
        .collect();
    assert_eq!(newest, [letters.id.clone(), storm.id.clone()]);
    let since = async |conn: &mut _, at| -> Vec<_> {
        let found = candidates(conn, at).await.unwrap();
        found.into_iter().map(|article| article.id).collect()
    };
    let mut sorted = [storm, bakery, letters].map(|draft| draft.id.clone());
    sorted.sort();
    assert_eq!(since(&mut conn, 0).await, sorted);
    assert_eq!(
        since(&mut conn, NOON).await,
        std::slice::from_ref(&letters.id)
    );
    let asked = [
        letters.id.clone(),
        articles::ArticleId::parse("0123456789abcdef").unwrap(),
        storm.id.clone(),
    ];
    let found: Vec<_> = by_ids(&mut conn, &asked)
        .await
        .unwrap()
        .into_iter()
        .map(|article| article.id)
        .collect();
    assert_eq!(found, [letters.id.clone(), storm.id.clone()]);

    let beginning = storm.id.as_str()[..8].to_uppercase();
    assert_eq!(
        find_prefix(&mut conn, &beginning).await.unwrap(),
        Prefix::One(Box::new(second))
    );
    for nothing in ["", "%", "zz", "00000000000000000"] {
        assert_eq!(
            find_prefix(&mut conn, nothing).await.unwrap(),
            Prefix::Nothing,
            "{nothing}"
        );
    }
    conn.commit().await.unwrap();
    editor_story(database, storm).await;
}

async fn editor_story(database: &Database, storm: &Draft) {
    use articles::store::{boost, candidates, find, hide, pin, unhide, unpin, upsert};
    let mut conn = database.begin_write().await.unwrap();
    let id = &storm.id;
    for expected in [Acted::Done, Acted::Nothing] {
        assert_eq!(hide(&mut conn, id, NOON).await.unwrap(), expected);
        assert_eq!(pin(&mut conn, id, NOON + 1).await.unwrap(), expected);
        assert_eq!(boost(&mut conn, id, 2.5).await.unwrap(), expected);
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
        (Some(NOON), Some(NOON + 1), 2.5)
    );
    let shown = candidates(&mut conn, 0).await.unwrap();
    assert!(shown.iter().all(|article| article.id != *id));
    for expected in [Acted::Done, Acted::Nothing] {
        assert_eq!(unhide(&mut conn, id).await.unwrap(), expected);
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

#[test]
fn fixtures_are_all_used() {
    let known = include_str!("../fixtures/sources/README.md");
    for entry in std::fs::read_dir(Path::new(&folder())).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            name == "README.md" || known.contains(&format!("`{name}`")),
            "{name}"
        );
    }
}
