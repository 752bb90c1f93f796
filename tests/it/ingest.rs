//! From feeds to articles: what the web serves. What the tables hold stands in `ingest/stores.rs`
//! and, for stories told twice, in `ingest/clusters.rs`.

mod clusters;
mod formats;
mod stores;

use std::path::Path;

use courant::articles::topics::Rules;
use courant::articles::{self, Draft, Rejected, clean};
use courant::fetch::{self, Error, Fetched, Fetcher, Validators};
use courant::sources::{self, Config, Polled, State};
use url::Url;

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
        .map(|item| articles::draft(item, config, &Rules::default(), NOON))
        .collect()
}

async fn failure(config: &Config) -> (String, bool) {
    match look(config, &State::default()).await {
        Polled::Failed {
            message, temporary, ..
        } => (message, temporary),
        other => panic!("{}: {other:?}", config.name),
    }
}

#[tokio::test]
async fn the_same_stories_come_out_of_every_format() {
    let feeds = Feeds::start().await;
    let storm =
        articles::Canonical::of(&Url::parse("https://herald.example/news/storm?id=7").unwrap());
    for (name, format) in [
        ("harbour.rss.xml", "RSS 2.0"),
        ("harbour.atom.xml", "Atom"),
        ("harbour.feed.json", "JSON Feed"),
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
        // JSON Feed knows no categories, only tags: the first one becomes the category.
        let expected = Draft {
            id: storm.id(),
            origin: None,
            url: "https://herald.example/news/storm?id=7".to_owned(),
            title: "Storm & high tide close the harbour".to_owned(),
            summary: Some("All ferries are cancelled until Tuesday.".to_owned()),
            source: "herald".to_owned(),
            category: Some("Town".to_owned()),
            tags: vec!["Weather".to_owned()],
            author: Some("Ida Larsen".to_owned()),
            image_url: Some("https://herald.example/pictures/storm.jpg".to_owned()),
            image_alt: Some("Waves over the mole".to_owned()),
            language: Some("en-GB".to_owned()),
            minutes: None,
            published_at: Some(1_795_415_400),
        };
        assert_eq!(*first, expected, "{name}");
        assert_eq!(second.url, "https://herald.example/news/bakery", "{name}");
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
    for path in ["/gzip", "/brotli", "/zstd"] {
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

const BOMB: &str = "unpacks more than 100-fold to over 100 KB, which no honest answer does";

#[tokio::test]
async fn a_failing_source_is_an_outcome_in_words() {
    let feeds = Feeds::start().await;
    for (path, message, temporary) in [
        ("/error", "answered 500 Internal Server Error", true),
        ("/lost", "answered 404 Not Found", false),
        ("/gone", "answered 410 Gone", false),
        ("/busy", "answered 429 Too Many Requests", true),
        ("/teapot", "answered 304 Not Modified", false),
        ("/slow", "took longer than 1s", true),
        ("/drip", "took longer than 1s", true),
        ("/bomb", BOMB, false),
        ("/zstd-bomb", BOMB, false),
        (
            "/wide",
            "says it is packed as zstd, but does not unpack",
            true,
        ),
        (
            "/not-gzip",
            "says it is packed as gzip, but does not unpack",
            true,
        ),
        (
            "/compress",
            "is packed as \"compress\", which was not asked for",
            false,
        ),
        ("/loop", "redirects in a circle", false),
        ("/hop/1", "redirects more than 5 times", false),
        (
            "/inside",
            "the address 169.254.169.254 is private and not allowed (fetch.allow_private)",
            false,
        ),
        (
            "/mapped",
            "the address ::ffff:169.254.169.254 is private and not allowed (fetch.allow_private)",
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
    let Polled::Failed {
        message, temporary, ..
    } = look(&State::default()).await
    else {
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
        reading: config.reading(),
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
    assert_eq!(message, "is empty");
}

const ONLY_THE_BEGINNING: &str = "is larger than 100 KB: only its beginning was read";

#[tokio::test]
async fn of_a_large_feed_the_beginning_is_read_and_said() {
    let feeds = Feeds::start().await;
    let home = tempfile::tempdir().unwrap();
    for path in ["/large", "/large.json", "/endless"] {
        let found = news(&source("a", &feeds.url(path))).await;
        let items = found.parsed.items.len();
        assert!((1000..2100).contains(&items), "{path}: {items}");
        assert_eq!(found.parsed.repaired[0], ONLY_THE_BEGINNING);
        assert!(found.wire_bytes <= 200_000, "{path}: {}", found.wire_bytes);
    }
    let item = "<item><title>A</title><link>https://herald.example/a</link></item>".repeat(4000);
    let feed = format!("<rss version='2.0'><channel><title>Large</title>{item}</channel></rss>");
    std::fs::write(home.path().join("large.xml"), feed).unwrap();
    let config = file_source("a", "large.xml");
    let found = sources::poll(&fetcher(), &config, home.path(), &State::default()).await;
    let Polled::News(found) = found else {
        panic!("{found:?}")
    };
    assert_eq!(found.parsed.repaired[0], ONLY_THE_BEGINNING);
}

#[tokio::test]
async fn a_length_that_is_not_true_is_survived() {
    let shorter = b"HTTP/1.1 200 OK\r\nContent-Length: 75\r\n\r\n<rss version='2.0'><channel>\
        <item><title>A</title><link>https://herald.example/</link></item>";
    let feeds = Feeds::start_raw(shorter).await;
    let found = news(&source("a", &feeds.url("/"))).await;
    assert_eq!(found.parsed.items.len(), 1);
    let longer = b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n<rss version='2.0'><channel>";
    let feeds = Feeds::start_raw(longer).await;
    let found = failure(&source("a", &feeds.url("/"))).await;
    assert_eq!(
        found,
        ("the answer broke off before its end".to_owned(), true)
    );
}

#[tokio::test]
async fn a_certificate_nobody_vouches_for_is_refused() {
    let feeds = Feeds::start_tls().await;
    let mut url = feeds.url("/feed/harbour.rss.xml");
    url.set_scheme("https").unwrap();
    let (message, temporary) = failure(&source("a", &url)).await;
    assert!(
        message.starts_with("no secure connection to 127.0.0.1: "),
        "{message}"
    );
    assert!(message.contains("certificate") && !temporary, "{message}");
}

#[test]
fn a_configuration_that_cannot_work_is_refused() {
    for (text, problem) in [
        ("user_agent = 'a\\nb'", None),
        (
            "user_agent = \"a\\nb\"",
            Some("the HTTP client cannot be set up (is fetch.user_agent one plain line?)"),
        ),
        (
            "allow_private = ['10.0.0.0/40']",
            Some(
                "\"10.0.0.0/40\" in fetch.allow_private is neither a host name nor a network such as 10.0.0.0/8",
            ),
        ),
    ] {
        let config: fetch::Config = toml::from_str(text).unwrap();
        let found = Fetcher::new(&config).err().map(|error| error.to_string());
        assert_eq!(found.as_deref(), problem, "{text}");
    }
    let error = toml::from_str::<fetch::Config>("timeuot = '3s'")
        .unwrap_err()
        .to_string();
    assert!(error.contains("unknown field `timeuot`"), "{error}");
}

/// Each of these is quadratic in some reader of markup, or overflows its stack.
#[test]
fn hostile_shapes_are_read_in_bounded_time() {
    for piece in [
        "<",
        "<a ",
        "<a b=",
        "<div>",
        "</p>",
        "<!--",
        "<![CDATA[",
        "&",
        "&#",
        "&amp",
        "<script>",
        "<template>",
        "<head>",
        "<img src=x ",
        "version",
        "\u{301}",
        "\u{1f1e9}",
        "\u{600}",
        "a. ",
    ] {
        let body = piece.repeat(50_000 / piece.len());
        let feed = format!("<rss {body}>{body}");
        let item = format!(
            "<rss version='2.0'><channel><item><title>a</title><description><![CDATA[{body}"
        );
        let started = courant::clock::stop_watch();
        for text in [&body, &feed, &item] {
            let _either = sources::feed::parse(text.as_bytes(), None, None);
        }
        let _texts = (
            clean::title(&body),
            clean::summary(&body),
            clean::reading_minutes(&body),
        );
        let seconds = started.elapsed().as_secs();
        assert!(seconds < 10, "{piece}: {seconds} s");
    }
}

#[test]
fn every_fixture_says_what_is_odd_about_it() {
    let known = include_str!("../fixtures/sources/README.md");
    for entry in std::fs::read_dir(Path::new(&folder())).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            name == "README.md" || known.contains(&format!("`{name}`")),
            "{name}"
        );
    }
}
