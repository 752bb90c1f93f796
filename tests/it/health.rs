//! What is known of sources survives what an editor changes, and hostile ones harm nobody else.

use std::fs;

use crate::polling::{block, courant, lines, text};
use crate::support::feeds::Feeds;

#[tokio::test(flavor = "multi_thread")]
async fn new_rules_for_tags_read_again_and_forget_nothing() {
    let feeds = Feeds::start().await;
    let home = tempfile::tempdir().unwrap();
    let sources: String = [
        ("good", "/etag"),
        ("gone", "/gone"),
        ("bad", "/error"),
        ("busy", "/busy"),
    ]
    .into_iter()
    .map(|(name, path)| block(name, feeds.url(path)))
    .collect();
    let config = text("host_delay = \"0s\"", &sources);
    let file = home.path().join("digest.toml");
    fs::write(&file, &config).unwrap();
    assert_eq!(courant(home.path(), &["fetch"]).status.code(), Some(4));
    fs::write(&file, format!("{config}\n[tags]\ndrop = [\"homepage\"]\n")).unwrap();
    let fetched = courant(home.path(), &["fetch", "--json"]);
    let status: Vec<_> = lines(&fetched)
        .iter()
        .map(|line| line["status"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(status, ["ok", "gone", "waiting", "waiting"]);
    let listed = lines(&courant(home.path(), &["source", "list", "--json"]));
    let status: Vec<_> = listed.iter().map(|line| line["status"].clone()).collect();
    assert_eq!(status, ["ok", "gone", "failing", "failing"]);
    let fetched = courant(home.path(), &["fetch", "--json"]);
    assert_eq!(lines(&fetched)[0]["status"], "unchanged");
}

#[tokio::test(flavor = "multi_thread")]
async fn sources_that_are_no_feeds_are_listed_with_their_failures() {
    let home = tempfile::tempdir().unwrap();
    let block = |name: &str, rest: &str| format!("[[source]]\nname = \"{name}\"\n{rest}\n");
    let sources = block("index", "file = \"index.xml\"\nformat = \"sitemap\"")
        + &block(
            "posts",
            "file = \"posts\"\nformat = \"markdown\"\nhome_url = \"https://tarn.example/\"",
        );
    fs::write(home.path().join("digest.toml"), text("", &sources)).unwrap();
    let index =
        "<sitemapindex><sitemap><loc>https://tarn.example/a.xml</loc></sitemap></sitemapindex>";
    fs::write(home.path().join("index.xml"), index).unwrap();
    fs::create_dir(home.path().join("posts")).unwrap();
    fs::write(home.path().join("posts/a.md"), "# Low tide\n\nIt ebbs.\n").unwrap();
    assert_eq!(courant(home.path(), &["fetch"]).status.code(), Some(4));
    let listed = lines(&courant(home.path(), &["source", "list", "--json"]));
    assert_eq!(listed[0]["status"], "failing");
    assert_eq!(
        listed[0]["last_error"],
        "is an index of sitemaps, which are followed from a url only"
    );
    assert_eq!(listed[1]["status"], "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_of_many_attributes_stops_no_other_source() {
    let home = tempfile::tempdir().unwrap();
    let item = |markup: &str| {
        format!(
            "<rss version='2.0'><channel><title>T</title><item><title>Low tide</title>\
             <link>https://tarn.example/a</link><description><![CDATA[{markup}]]></description>\
             </item></channel></rss>"
        )
    };
    let hostile = item(&format!("<p {}>It ebbs.</p>", "a=\"1\" ".repeat(100_000)));
    fs::write(home.path().join("bad.xml"), hostile).unwrap();
    fs::write(home.path().join("good.xml"), item("<p>It ebbs.</p>")).unwrap();
    let block = |name: &str| format!("[[source]]\nname = \"{name}\"\nfile = \"{name}.xml\"\n");
    let sources = block("bad") + &block("good");
    fs::write(home.path().join("digest.toml"), text("", &sources)).unwrap();
    assert_eq!(courant(home.path(), &["fetch"]).status.code(), Some(0));
    let listed = lines(&courant(home.path(), &["source", "list", "--json"]));
    assert!(
        listed.iter().all(|line| line["status"] == "ok"),
        "{listed:?}"
    );
}
