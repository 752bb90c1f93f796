//! What stands around the articles of an edition: weather, language, an editor's words.

mod written;

use axum::http::header::CONTENT_TYPE;
use courant::articles::{self, ArticleId, Draft};
use courant::config::Config;
use courant::database::{self, Database};
use courant::edition::edit::Edit;
use courant::edition::{Digest, Edition, Status, Step, masthead};
use courant::pipeline::{self, Built};
use jiff::Timestamp;

use crate::support::databases;
use crate::support::feeds::{Feeds, fetch_config};

/// 2026-11-23T06:10:00Z.
const MORNING: i64 = 1_795_414_200;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

async fn publish(database: &Database, pictures: &[String]) {
    let mut tx = database.begin_write().await.unwrap();
    for (number, title) in ["港の船はなぜ静か", "Night buses stay", "Seabirds return"]
        .into_iter()
        .enumerate()
    {
        let draft = Draft {
            id: ArticleId::parse(&format!("{number:016x}")).unwrap(),
            origin: None,
            url: format!("https://www.tarn.example/{number}"),
            title: title.to_owned(),
            summary: None,
            source: "news".to_owned(),
            category: None,
            tags: Vec::new(),
            author: None,
            image_url: pictures.get(number).cloned(),
            image_alt: None,
            language: None,
            minutes: None,
            published_at: Some(MORNING - 3600),
        };
        articles::store::upsert(&mut tx, &draft, MORNING - 60)
            .await
            .unwrap();
    }
    database::commit(tx).await.unwrap();
}

fn weather(feeds: &Feeds) -> masthead::Config {
    let text = format!(
        "url = '{}'\nlatitude = 53.5\nlongitude = 10.0\nplace = 'Northquay'\ntimeout = '1s'",
        feeds.url("/weather")
    );
    toml::from_str(&text).unwrap()
}

fn config(names: &[&str], weather: Option<masthead::Config>) -> Config {
    let digest = |name: &&str| Digest {
        name: (*name).to_owned(),
        title: "Morning".to_owned(),
        at: "06:00".to_owned(),
        ..Digest::default()
    };
    Config {
        digest: names.iter().map(digest).collect(),
        fetch: fetch_config(),
        weather,
        ..Config::default()
    }
}

async fn build(database: &Database, config: &Config, digest: usize) -> Edition {
    let built = pipeline::build(database, config, &config.digest[digest], at(MORNING), false).await;
    match built.unwrap() {
        Built::New(edition) | Built::Existing(edition) => edition,
        Built::Nothing { .. } => panic!("nothing to send"),
    }
}

fn answer(observed_at: i64) -> String {
    format!(
        "{{\"current\":{{\"time\":{observed_at},\"temperature_2m\":-1.1,\"weather_code\":71}}}}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_weather_is_fetched_once_and_taken_again() {
    for scratch in databases::each().await {
        let database = &scratch.database;
        publish(database, &[]).await;
        let feeds = Feeds::start().await;
        feeds.say_body("/weather", 200, &answer(MORNING - 300));
        let config = config(&["daily", "second"], Some(weather(&feeds)));
        let first = build(database, &config, 0).await;
        let shown = first.frame.weather.clone().unwrap();
        assert_eq!(
            (shown.tenths_celsius, shown.place.as_str()),
            (-11, "Northquay")
        );
        assert_eq!(
            build(database, &config, 0).await.frame.weather,
            Some(shown.clone())
        );
        assert_eq!(build(database, &config, 1).await.frame.weather, Some(shown));
        assert_eq!(feeds.asked(), ["/weather"]);
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_weather_stops_or_delays_an_edition() {
    let scratch = databases::each().await.remove(0);
    publish(&scratch.database, &[]).await;
    let feeds = Feeds::start().await;
    let names = ["stale", "broken", "down", "slow", "elsewhere"];
    let mut config = config(&names, Some(weather(&feeds)));
    let began = courant::clock::stop_watch();
    for (index, name) in names.iter().enumerate() {
        match *name {
            "stale" => feeds.say_body("/weather", 200, &answer(MORNING - 4 * 3600)),
            "broken" => feeds.say_body("/weather", 200, "<html>Sunny</html>"),
            "down" => feeds.say("/weather", 503, Some((CONTENT_TYPE, "text/plain"))),
            "slow" => config.weather.as_mut().unwrap().url = feeds.url("/slow").to_string(),
            _ => config.weather.as_mut().unwrap().url = "http://127.0.0.1:9/".to_owned(),
        }
        let edition = build(&scratch.database, &config, index).await;
        assert_eq!(edition.frame.weather, None, "{name}");
    }
    assert!(began.elapsed().as_secs() < 10);
    scratch.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_is_gone_or_none_is_left_out() {
    let scratch = databases::each().await.remove(0);
    let feeds = Feeds::start().await;
    feeds.say_body("/good.gif", 200, "GIF89a and more");
    feeds.say_body("/page.jpg", 200, "<!doctype html><title>Not found</title>");
    feeds.say_body("/gone.png", 404, "gone");
    let url = |path: &str| feeds.url(path).to_string();
    let pictures = [url("/good.gif"), url("/page.jpg"), url("/gone.png")];
    publish(&scratch.database, &pictures).await;
    let mut config = config(&["daily", "unseen", "down"], None);
    let shown = |edition: &Edition| {
        let mut all: Vec<_> = edition.entries.iter().collect();
        all.sort_by_key(|entry| entry.article.id.clone());
        let urls = all.iter().map(|entry| entry.article.image_url.clone());
        urls.collect::<Vec<_>>()
    };
    let edition = build(&scratch.database, &config, 0).await;
    assert_eq!(shown(&edition), [Some(pictures[0].clone()), None, None]);
    // What is built again is what was built.
    let again = build(&scratch.database, &config, 0).await;
    assert_eq!(shown(&again), shown(&edition));
    config.fetch.pictures_timeout = "0s".parse().unwrap();
    let edition = build(&scratch.database, &config, 1).await;
    assert_eq!(shown(&edition), pictures.clone().map(Some));
    scratch.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edition_speaks_the_language_of_its_digest() {
    let scratch = databases::each().await.remove(0);
    publish(&scratch.database, &[]).await;
    let mut config = config(&["daily", "german", "japanese"], None);
    config.digest[1].language = Some("de-AT".to_owned());
    config.digest[2].language = Some("ja".to_owned());
    for (index, schedule, plus) in [
        (0, "every day at 6:00\u{a0}AM", "Plus: "),
        (1, "täglich um 06:00 Uhr", "Außerdem: "),
        (2, "毎日6:00", "ほかに："),
    ] {
        let edition = build(&scratch.database, &config, index).await;
        assert_eq!(edition.frame.schedule, schedule);
        assert!(edition.preheader.starts_with(plus), "{}", edition.preheader);
    }
    scratch.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_editor_writes_stays_until_the_edition_leaves() {
    for scratch in databases::each().await {
        let database = &scratch.database;
        publish(database, &[]).await;
        let config = config(&["daily"], None);
        let built = build(database, &config, 0).await;
        let text = |text: &str| text.to_owned();
        let edits = [
            Edit::Subject {
                text: text("Why the harbour is quiet"),
            },
            Edit::Notice {
                text: text("A quiet morning. Three stories."),
            },
            Edit::Note {
                text: text("The lake froze."),
                hello: None,
                by: None,
            },
        ];
        let by = "Ida";
        let changed = pipeline::change(database, &config, (&built, &edits), by, at(MORNING));
        let (mut edition, _) = changed.await.unwrap();
        assert_eq!(build(database, &config, 0).await, edition);
        assert!(edition.frame.note.is_some() && edition.frame.notice.is_some());

        let approved = pipeline::take_step(database, &edition, Step::Approve, at(MORNING)).await;
        edition.status = approved.unwrap().unwrap();
        pipeline::take_step(database, &edition, Step::Start, at(MORNING))
            .await
            .unwrap();
        let late = [Edit::Subject {
            text: text("Too late"),
        }];
        let changed = pipeline::change(database, &config, (&edition, &late), by, at(MORNING));
        assert!(matches!(
            changed.await.unwrap_err(),
            pipeline::Error::Changed(_)
        ));
        let stored = build(database, &config, 0).await;
        assert_eq!(stored.subject, "Why the harbour is quiet");
        assert_eq!(stored.status, Status::Sending);
        scratch.end().await;
    }
}
