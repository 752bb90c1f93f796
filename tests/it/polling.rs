//! Polling over days: what is asked when, what is remembered, and what an editor sees of it.

use std::path::Path;
use std::process::Output;
use std::time::Duration;

use axum::http::header::{LOCATION, RETRY_AFTER};
use courant::articles;
use courant::clock::Clock;
use courant::config::Config;
use courant::pipeline::{self, Polled, Which};
use courant::sources::{self, State};
use jiff::Timestamp;
use serde_json::Value;

use super::support::databases::{self, Scratch};
use super::support::feeds::Feeds;
use super::support::program;

/// 2026-11-23T12:00:00Z.
const NOON: i64 = 1_795_435_200;
const FEED: &str = "/feed/harbour.rss.xml";

pub(crate) fn text(fetch: &str, sources: &str) -> String {
    format!(
        r#"# Our digest.
[publication]
name = "Tarn Post"
home_url = "https://www.tarn.example/"
postal_address = "Tarn Post, 1 Quay, Tarn"

[fetch]
allow_private = ["127.0.0.1", "localhost"]
timeout = "1s"
{fetch}

{sources}
[[digest]]
name = "daily"  # every morning
title = "Morning Digest"
at = "07:00"

[delivery]
from = "Tarn Post <digest@tarn.example>"
transport = "file"
"#
    )
}

pub(crate) fn block(name: &str, url: impl std::fmt::Display) -> String {
    format!("[[source]]\nname = \"{name}\"\nurl = \"{url}\"\n")
}

/// One list of sources with a database and a clock that stands.
struct Newsroom {
    scratch: Scratch,
    config: Config,
    clock: Clock,
}

impl Newsroom {
    async fn new(fetch: &str, sources: &str) -> Self {
        Self {
            scratch: databases::sqlite().await,
            config: Config::parse(&text(fetch, sources), "digest.toml").unwrap(),
            clock: Clock::fixed(Timestamp::from_second(NOON).unwrap()),
        }
    }

    /// One source at `path`, and no pauses.
    async fn with(feeds: &Feeds, path: &str) -> Self {
        Self::new("host_delay = \"0s\"", &block("tarn", feeds.url(path))).await
    }

    fn point_to(&mut self, feeds: &Feeds, path: &str) {
        self.config.source[0].url = Some(feeds.url(path));
    }

    fn at(&self, seconds: i64) {
        self.clock
            .set(Timestamp::from_second(NOON + seconds).unwrap());
    }

    async fn all(&self, which: Which<'_>) -> Vec<Polled> {
        let (database, config) = (&self.scratch.database, &self.config);
        pipeline::fetch(database, config, &self.clock, which)
            .await
            .unwrap()
    }

    async fn poll(&self, which: Which<'_>) -> Polled {
        self.all(which).await.remove(0)
    }

    async fn state(&self) -> State {
        let mut conn = self.scratch.database.reader().await.unwrap();
        sources::store::state(&mut conn, "tarn").await.unwrap()
    }

    async fn articles(&self) -> Vec<articles::Article> {
        let mut conn = self.scratch.database.reader().await.unwrap();
        articles::store::list(&mut conn, 100).await.unwrap()
    }
}

#[tokio::test]
async fn a_move_for_good_is_asked_first_until_the_url_changes() {
    let feeds = Feeds::start().await;
    let mut room = Newsroom::with(&feeds, "/moved").await;
    assert_eq!(room.poll(Which::Due).await.status, "ok");
    assert_eq!(feeds.asked(), ["/moved", FEED]);
    assert_eq!(room.poll(Which::Due).await.status, "ok");
    assert_eq!(feeds.asked(), [FEED]);
    let moved_to = room.state().await.moved_to;
    assert_eq!(moved_to, Some(feeds.url(FEED).to_string()));

    // Where it is no longer, the configured place has the word.
    feeds.say(FEED, 404, None);
    feeds.say("/moved", 301, Some((LOCATION, "/etag")));
    assert_eq!(room.poll(Which::Due).await.status, "ok");
    assert_eq!(feeds.asked(), [FEED, "/moved", "/etag"]);
    assert_eq!(room.poll(Which::Due).await.status, "unchanged");
    assert_eq!(feeds.asked(), ["/etag"]);

    room.point_to(&feeds, "/dated");
    assert_eq!(room.poll(Which::Due).await.status, "ok");
    assert_eq!(feeds.asked(), ["/dated"]);
    assert_eq!(room.state().await.moved_to, None);
    room.scratch.end().await;
}

#[tokio::test]
async fn a_move_to_nothing_is_not_remembered() {
    let feeds = Feeds::start().await;
    let room = Newsroom::with(&feeds, "/away").await;
    for target in ["/lost", "/page"] {
        feeds.say("/away", 308, Some((LOCATION, target)));
        assert_eq!(room.poll(Which::ForAnEdition).await.status, "failed");
        assert_eq!(room.state().await.moved_to, None, "{target}");
    }
    room.scratch.end().await;
}

#[tokio::test]
async fn a_page_leads_to_its_feed_once_and_says_so() {
    let feeds = Feeds::start().await;
    let mut room = Newsroom::with(&feeds, "/front").await;
    let found = room.poll(Which::Due).await;
    let said = format!(
        "{} is a page; its feed {} was read",
        feeds.url("/front"),
        feeds.url(FEED)
    );
    assert_eq!(
        (found.status, found.new, &found.errors[0]),
        ("ok", 3, &said)
    );
    assert_eq!(feeds.asked(), ["/front", FEED]);
    assert_eq!(room.poll(Which::Due).await.status, "ok");
    assert_eq!(feeds.asked(), [FEED]);
    room.point_to(&feeds, "/maze");
    let found = room.poll(Which::Due).await;
    let said = format!("is a page, and its feed {} is one too", feeds.url("/front"));
    assert_eq!((found.status, &found.errors[0]), ("failed", &said));
    room.scratch.end().await;
}

#[tokio::test]
async fn what_is_gone_is_asked_again_only_by_name_or_elsewhere() {
    let feeds = Feeds::start().await;
    let mut room = Newsroom::with(&feeds, "/gone").await;
    let found = room.poll(Which::Due).await;
    assert_eq!((found.status, found.failed()), ("gone", true));
    assert_eq!(found.errors, ["answered 410 Gone"]);
    for which in [Which::Due, Which::ForAnEdition] {
        let found = room.poll(which).await;
        assert_eq!((found.status, found.failed()), ("gone", false));
    }
    assert_eq!(feeds.asked(), ["/gone"]);
    assert_eq!(room.poll(Which::Named("tarn")).await.status, "gone");
    room.point_to(&feeds, FEED);
    assert_eq!(room.poll(Which::Due).await.status, "ok");
    assert_eq!(feeds.asked(), ["/gone", FEED]);
    assert_eq!(room.state().await.gone_at, None);
    room.scratch.end().await;
}

#[tokio::test]
async fn a_server_that_asks_for_time_gets_it_from_everybody() {
    let feeds = Feeds::start().await;
    let room = Newsroom::with(&feeds, "/busy").await;
    assert_eq!(room.poll(Which::Due).await.status, "failed");
    for which in [Which::Due, Which::ForAnEdition, Which::Named("tarn")] {
        let found = room.poll(which).await;
        assert_eq!(
            (found.status, found.until.as_deref(), found.failed()),
            ("waiting", Some("2026-11-23T12:02:00Z"), false)
        );
    }
    assert_eq!(feeds.asked(), ["/busy"]);
    room.at(120);
    feeds.say(
        "/busy",
        503,
        Some((RETRY_AFTER, "Mon, 23 Nov 2026 13:00:00 GMT")),
    );
    assert_eq!(room.poll(Which::ForAnEdition).await.status, "failed");
    let found = room.poll(Which::Named("tarn")).await;
    assert_eq!(found.until.as_deref(), Some("2026-11-23T13:00:00Z"));
    room.scratch.end().await;
}

#[tokio::test]
async fn a_bad_fetch_never_clears_what_is_known() {
    let feeds = Feeds::start().await;
    let room = Newsroom::with(&feeds, "/etag").await;
    assert_eq!(room.poll(Which::Due).await.new, 3);
    let (known, stories) = (room.state().await, room.articles().await);
    for (number, status) in [500, 404, 200, 301].into_iter().enumerate() {
        let header = (status == 301).then_some((LOCATION, "/etag"));
        feeds.say("/etag", status, header);
        assert_eq!(
            room.poll(Which::ForAnEdition).await.status,
            "failed",
            "{status}"
        );
        let found = room.state().await;
        assert_eq!(
            (
                &found.validators,
                found.items,
                found.succeeded_at,
                &found.moved_to
            ),
            (
                &known.validators,
                known.items,
                known.succeeded_at,
                &known.moved_to
            ),
            "{status}"
        );
        assert_eq!(found.failures, number as i64 + 1);
        assert_eq!(room.articles().await, stories, "{status}");
    }
    feeds.asked();
    let found = room.poll(Which::Due).await;
    assert_eq!((found.status, found.failed()), ("waiting", false));
    assert!(
        found
            .why
            .unwrap()
            .starts_with("after 4 failures in a row: ")
    );
    assert!(feeds.asked().is_empty());
    feeds.as_usual("/etag");
    room.at(12 * 3600);
    assert_eq!(room.poll(Which::Due).await.status, "unchanged");
    let found = room.state().await;
    assert_eq!(
        (found.failures, found.next_at, found.not_modified),
        (0, None, 1)
    );
    assert_eq!(found.saved_bytes, 1647);
    room.scratch.end().await;
}

#[tokio::test]
async fn hosts_are_asked_at_once_and_one_host_with_pauses() {
    let feeds = Feeds::start().await;
    let mut elsewhere = feeds.url("/slow");
    elsewhere.set_host(Some("localhost")).unwrap();
    let slow = block("a", feeds.url("/slow")) + &block("b", elsewhere);
    let room = Newsroom::new("host_delay = \"0s\"", &slow).await;
    let found = room.all(Which::Due).await;
    let names: Vec<_> = found
        .iter()
        .map(|one| (one.source.as_str(), one.status))
        .collect();
    assert_eq!(names, [("a", "failed"), ("b", "failed")]);
    // One after the other, the second would be asked when the first one's second is over.
    let asked = feeds.asked_by();
    let gap = asked[1].2.duration_since(asked[0].2);
    assert!(gap < Duration::from_millis(900), "{gap:?}");
    room.scratch.end().await;

    let same = block("a", feeds.url("/etag")) + &block("b", feeds.url("/dated"));
    let room = Newsroom::new("host_delay = \"1s\"", &same).await;
    room.all(Which::Due).await;
    let asked = feeds.asked_by();
    let [(_, agent, first), (_, _, second)] = asked.as_slice() else {
        panic!("{asked:?}")
    };
    assert_eq!(
        agent,
        "Courant/0.1 (+https://www.tarn.example/; news digest)"
    );
    assert!(second.duration_since(*first) >= Duration::from_secs(1));
    room.scratch.end().await;
}

#[tokio::test]
async fn what_a_feed_leaves_out_comes_from_its_pages_once() {
    let feeds = Feeds::start().await;
    let thin = block("tarn", feeds.url("/thin.xml")) + "complete = \"missing\"\n";
    let room = Newsroom::new("host_delay = \"0s\"", &thin).await;
    let found = room.poll(Which::Due).await;
    assert_eq!((found.status, found.new), ("ok", 5));
    assert_eq!(
        found.errors,
        [
            format!(
                "the page {} the robots.txt of 127.0.0.1 does not allow it",
                feeds.url("/article/secret")
            ),
            format!(
                "the page {} answered 500 Internal Server Error",
                feeds.url("/article/broken")
            ),
        ]
    );
    let pages = [
        "/article/new",
        "/article/broken",
        "/article/bare",
        "/article/old",
    ];
    assert_eq!(
        feeds.asked(),
        [["/thin.xml", "/robots.txt"].as_slice(), &pages].concat()
    );
    let stories = room.articles().await;
    let told = |title: &str| {
        let story = stories.iter().find(|story| story.title == title).unwrap();
        (story.summary.as_deref(), story.image_url.is_some())
    };
    assert_eq!(told("New"), (Some("All about new."), true));
    assert_eq!(
        told("Page"),
        (Some("All about bare."), true),
        "its title comes from its page"
    );
    assert_eq!(told("Secret"), (None, false));
    // Nothing is asked for twice, and a failing page not before some hours.
    room.at(60);
    let found = room.poll(Which::Due).await;
    assert_eq!((found.new, found.updated, found.errors.len()), (0, 0, 0));
    assert_eq!(feeds.asked(), ["/thin.xml"]);
    room.at(3 * 3600);
    room.poll(Which::Due).await;
    assert_eq!(
        feeds.asked(),
        ["/thin.xml", "/robots.txt", "/article/broken"]
    );
    room.scratch.end().await;
}

#[tokio::test]
async fn pages_beyond_the_limit_wait_for_the_next_polls() {
    let feeds = Feeds::start().await;
    let thin = block("tarn", feeds.url("/thin.xml")) + "complete = \"missing\"\n";
    let room = Newsroom::new("host_delay = \"0s\"\npages_per_poll = 1", &thin).await;
    for (page, stories) in [
        ("/article/new", 4),
        ("", 4),
        ("/article/broken", 4),
        ("/article/bare", 5),
    ] {
        room.poll(Which::Due).await;
        let mut expected = vec!["/thin.xml", "/robots.txt", page];
        expected.retain(|path| !path.is_empty());
        assert_eq!(feeds.asked(), expected);
        assert_eq!(room.articles().await.len(), stories, "{page}");
    }
    room.scratch.end().await;
}

/// The program in a folder of its own.
pub(crate) fn courant(folder: &Path, arguments: &[&str]) -> Output {
    program::command(folder, arguments).output().unwrap()
}

pub(crate) fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_sources_says_how_each_is_doing() {
    let feeds = Feeds::start().await;
    let home = tempfile::tempdir().unwrap();
    let sources: String = [
        ("good", "/etag"),
        ("moved", "/moved"),
        ("gone", "/gone"),
        ("bad", "/error"),
        ("busy", "/busy"),
    ]
    .into_iter()
    .map(|(name, path)| block(name, feeds.url(path)))
    .collect();
    std::fs::write(
        home.path().join("digest.toml"),
        text("host_delay = \"0s\"", &sources),
    )
    .unwrap();
    let never = courant(home.path(), &["source", "list", "--json"]);
    assert_eq!(never.status.code(), Some(0));
    assert!(lines(&never).iter().all(|line| line["status"] == "never"));
    for (arguments, code) in [
        (&["fetch"][..], 4),
        (&["fetch"], 0),
        (&["fetch", "--source", "busy"], 0),
        (&["fetch", "--source", "bad"], 75),
    ] {
        let output = courant(home.path(), arguments);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    }
    let listed = courant(home.path(), &["source", "list", "--json"]);
    assert_eq!(listed.status.code(), Some(0));
    let found = lines(&listed);
    let by_name = |name: &str| found.iter().find(|line| line["source"] == name).unwrap();
    let (good, bad) = (by_name("good"), by_name("bad"));
    assert_eq!(
        (&good["not_modified"], &good["saved_bytes"]),
        (&1.into(), &1647.into())
    );
    assert_eq!((&good["items"], &good["failures"]), (&3.into(), &0.into()));
    assert_eq!(
        (&bad["status"], &bad["failures"]),
        (&"failing".into(), &2.into())
    );
    assert!(bad["next_at"].is_string(), "{bad}");
    assert_eq!(by_name("gone")["status"], "gone");
    let moved = feeds.url(FEED).to_string();
    assert_eq!(by_name("moved")["moved_to"], moved.as_str());
    let words = String::from_utf8(courant(home.path(), &["source", "list"]).stdout).unwrap();
    assert!(
        words.contains(&format!("moved: asks {moved} instead")),
        "{words}"
    );
    assert!(words.contains("gone: is gone (410)"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_is_added_once_and_every_comment_stays() {
    let feeds = Feeds::start().await;
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("digest.toml");
    let before = text(
        "host_delay = \"0s\"",
        &block("old", "https://old.example/feed"),
    );
    std::fs::write(&path, &before).unwrap();
    let front = feeds.url("/front").to_string();
    let feed = feeds.url(FEED);
    let dry = courant(
        home.path(),
        &["source", "add", &front, "--dry-run", "--json"],
    );
    assert_eq!(lines(&dry)[0]["source"], "the-harbour-herald");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), before);

    let added = courant(
        home.path(),
        &["source", "add", &front, "--category", "Town"],
    );
    assert_eq!(
        added.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&added.stderr)
    );
    let after = std::fs::read_to_string(&path).unwrap();
    let new = format!(
        "\n{}category = \"Town\"\n",
        block("the-harbour-herald", &feed)
    );
    assert_eq!(after.replacen(&new, "", 1), before);
    assert!(after.contains(&new), "{after}");
    for address in [&front, feed.as_str()] {
        let again = courant(home.path(), &["source", "add", address]);
        assert_eq!(again.status.code(), Some(3));
        let said = String::from_utf8_lossy(&again.stderr).into_owned();
        assert!(
            said.contains("is there already, as \"the-harbour-herald\""),
            "{said}"
        );
    }
    for (arguments, code) in [
        (["source", "add", "ftp://tarn.example/"].as_slice(), 2),
        (
            &[
                "source",
                "add",
                feeds.url("/dated").as_str(),
                "--name",
                "old",
            ],
            2,
        ),
        (
            &[
                "source",
                "add",
                feeds.url("/dated").as_str(),
                "--name",
                "Old News",
            ],
            2,
        ),
        (&["source", "add", feeds.url("/lost").as_str()], 5),
        (&["source", "add", feeds.url("/page").as_str()], 5),
    ] {
        assert_eq!(
            courant(home.path(), arguments).status.code(),
            Some(code),
            "{arguments:?}"
        );
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), after);
    // Two at once lose nothing, and each gets a name of its own.
    let (etag, dated) = (
        feeds.url("/etag").to_string(),
        feeds.url("/dated").to_string(),
    );
    std::thread::scope(|scope| {
        for url in [&etag, &dated] {
            let folder = home.path();
            scope.spawn(move || {
                assert_eq!(
                    courant(folder, &["source", "add", url]).status.code(),
                    Some(0)
                );
            });
        }
    });
    let config = Config::parse(&std::fs::read_to_string(&path).unwrap(), "digest.toml").unwrap();
    let mut names: Vec<_> = config
        .source
        .iter()
        .map(|source| source.name.as_str())
        .collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "old",
            "the-harbour-herald",
            "the-harbour-herald-2",
            "the-harbour-herald-3"
        ]
    );
}

/// Run by hand: `cargo test --release --test it -- --ignored --nocapture beside_many`.
#[tokio::test]
#[ignore = "a measurement"]
async fn an_unchanged_source_beside_many_articles_costs_little() {
    let feeds = Feeds::start().await;
    let room = Newsroom::with(&feeds, "/etag").await;
    room.poll(Which::Due).await;
    feeds.asked();
    let mut conn = room.scratch.database.begin_write().await.unwrap();
    sqlx::query(
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100000)
        INSERT INTO articles (id, url, title, source, tags, published_at, first_seen_at, updated_at, boost)
        SELECT printf('%016x', n), 'https://herald.example/' || n, 'Story ' || n, 'tarn', '[]', n, n, n, 1.0
        FROM numbers",
    )
    .execute(&mut *conn)
    .await
    .unwrap();
    conn.commit().await.unwrap();
    let mut best = Duration::MAX;
    for _ in 0..20 {
        let started = courant::clock::stop_watch();
        assert_eq!(room.poll(Which::Due).await.status, "unchanged");
        best = best.min(started.elapsed());
        assert_eq!(feeds.asked(), ["/etag"], "one conditional request");
    }
    println!("an unchanged source beside 100,000 articles: {best:?}");
    assert!(best < Duration::from_millis(50), "{best:?}");
    room.scratch.end().await;
}
