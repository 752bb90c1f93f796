//! The public archive, as anybody meets it.

use std::net::SocketAddr;

use courant::edition::slates;

use super::support::databases;
use super::support::site::{self, Site};

/// Asks below the archive of a site that is served under a path.
async fn get(address: SocketAddr, path: &str) -> String {
    site::get(address, &format!("/mail/archive{path}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_is_there_for_everybody_and_names_nobody() {
    for scratch in databases::each().await {
        let mut site = Site::new(&scratch.database, slates::Config::default(), 20).await;
        let mut ids = Vec::new();
        for day in 0..3 {
            ids.push(site.sent(day, 12).await.edition.id);
        }
        site.publish(3, 12).await;
        let draft = site.build(3).await.id;
        let address = site.serve("/mail").await.0;

        let list = get(address, "").await;
        assert!(list.starts_with("HTTP/1.0 200"), "{list}");
        let place = |id: &str| list.find(&format!("http://127.0.0.1/mail/archive/{id}\""));
        let places: Vec<_> = ids.iter().map(|id| place(id.as_str()).unwrap()).collect();
        assert!(places.is_sorted_by(|a, b| a > b), "the newest first");
        assert_eq!(place(draft.as_str()), None, "nobody has it yet");
        assert!(list.contains("cache-control: public") && !list.contains("noindex"));

        let page = get(address, &format!("/{}", ids[1])).await;
        assert!(page.starts_with("HTTP/1.0 200"), "{page}");
        for known in [&ids[0], &ids[2]] {
            assert!(
                page.contains(&format!("/archive/{known}\"")),
                "its neighbours"
            );
        }
        let canonical = format!("link: <http://127.0.0.1/mail/archive/{}>", ids[1]);
        assert!(page.contains(&canonical));
        for path in ["/mail/c/", "/mail/o/", "/mail/u/", "/mail/p/", "/mail/v/"] {
            assert!(!page.contains(path), "a link of somebody's: {path}");
        }
        assert!(
            page.contains("https://www.tarn.example/"),
            "straight to the articles"
        );
        for missing in [draft.as_str(), "daily-1999-01-01", "%00", "feed.txt"] {
            let answer = get(address, &format!("/{missing}")).await;
            assert!(answer.starts_with("HTTP/1.0 404"), "{missing}: {answer}");
        }
        let wrong = get(address, "?before=x").await;
        assert!(wrong.starts_with("HTTP/1.0 404"), "{wrong}");

        let (_, feed) = split(&get(address, "/feed.json").await);
        let feed: serde_json::Value = serde_json::from_str(&feed).unwrap();
        let items = feed["items"].as_array().unwrap();
        assert_eq!(items.len(), 3);
        assert!(items[0]["id"].as_str().unwrap().ends_with(ids[2].as_str()));
        let (head, rss) = split(&get(address, "/feed.xml").await);
        assert!(head.contains("application/rss+xml"));
        assert_eq!(rss.matches("<item>").count(), 3);

        site.config.digest[0].archive = false;
        let closed = site.serve("/mail").await.0;
        for path in ["", "/feed.xml", "/feed.json"] {
            assert!(get(closed, path).await.starts_with("HTTP/1.0 404"));
        }
        let page = get(closed, &format!("/{}", ids[1])).await;
        assert!(page.starts_with("HTTP/1.0 404"), "for its readers only");
        scratch.end().await;
    }
}

fn split(answer: &str) -> (String, String) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}
