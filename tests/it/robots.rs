//! Machines at the door: what they ask for is answered and counted for nothing, and nothing about a reader
//! changes by it. Later, what single readers did becomes numbers.

use std::net::SocketAddr;
use std::time::Duration;

use courant::edition::{Edition, slates};
use courant::engagement::{EventKind, store};
use courant::links::{Kind, Links, Token};
use courant::pipeline;
use courant::tracking::Tracking;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::support::databases::{self, Scratch};
use super::support::site::{PHONE, Site};

const APPLE: &str = "Mozilla/5.0";
const GMAIL: &str =
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)";

/// One request by way of a proxy; the status of its answer.
async fn ask(at: SocketAddr, request: &str, user_agent: &str, from: &str) -> u16 {
    let mut stream = TcpStream::connect(at).await.unwrap();
    let request = format!(
        "{request} HTTP/1.0\r\nHost: tarn\r\nUser-Agent: {user_agent}\r\nX-Forwarded-For: {from}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer);
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

fn path(links: &Links, edition: &Edition, subscriber: i64, kind: Kind) -> String {
    let token = Token {
        subscriber,
        edition: edition.number,
        kind,
    };
    let letter = if kind == Kind::Open { 'o' } else { 'c' };
    format!("/{letter}/{}", links.sign(token))
}

/// Waits until so many deeds are written; who did them, by kind.
async fn tallies(scratch: &Scratch, edition: &Edition, deeds: u64) -> Vec<(String, String, u64)> {
    for _ in 0..100 {
        let mut reader = scratch.database.reader().await.unwrap();
        let all = store::tallies(&mut reader, &edition.id).await.unwrap();
        if all.iter().map(|tally| tally.readers).sum::<u64>() >= deeds {
            let all = all.into_iter();
            return all.map(|it| (it.kind, it.agent, it.readers)).collect();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nothing was written");
}

fn sum(tallies: &[(String, String, u64)], kind: &str, agent: &str) -> u64 {
    let own = tallies.iter().filter(|it| it.0 == kind && it.1 == agent);
    own.map(|it| it.2).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn machines_are_told_by_what_comes_with_them_even_afterwards() {
    for scratch in databases::each().await {
        let mut site = Site::new(&scratch.database, slates::Config::default(), 12).await;
        let day = site.sent(0, 12).await;
        let (at, links) = site.serve("").await;
        let edition = &day.edition;
        let readers = site.readers.clone();
        let click = |reader: usize, link| path(&links, edition, readers[reader], Kind::Click(link));
        let open = |reader: usize| path(&links, edition, readers[reader], Kind::Open);
        // A gateway with a browser's name follows three links of one message: the first two as well.
        for link in 0..3 {
            let request = format!("GET {}", click(0, link));
            assert_eq!(ask(at, &request, PHONE, "198.51.100.1").await, 302);
        }
        // Another one loads the pictures of five readers.
        for reader in 1..=5 {
            let request = format!("GET {}", open(reader));
            assert_eq!(ask(at, &request, PHONE, "203.0.113.9").await, 200);
        }
        let found = tallies(&scratch, edition, 8).await;
        assert_eq!(sum(&found, "click", "scanner"), 3, "{found:?}");
        assert_eq!(sum(&found, "open", "scanner"), 5, "{found:?}");
        assert_eq!(found.len(), 4, "{found:?}");
        // Each by itself.
        for (request, agent, from, status) in [
            (format!("GET {}", click(6, 1)), PHONE, "198.51.100.7", 302),
            (format!("GET {}", open(7)), APPLE, "198.51.100.8", 200),
            (format!("GET {}", open(8)), GMAIL, "66.249.84.1", 200),
            (format!("HEAD {}", click(9, 1)), PHONE, "198.51.100.9", 302),
            (format!("GET {}", click(10, 1)), PHONE, "209.222.82.4", 302),
        ] {
            assert_eq!(ask(at, &request, agent, from).await, status, "{request}");
        }
        let found = tallies(&scratch, edition, 13).await;
        assert_eq!(sum(&found, "click", "person"), 1, "{found:?}");
        assert_eq!(sum(&found, "open", "person"), 0, "{found:?}");
        assert_eq!(sum(&found, "open", "privacy_proxy"), 1, "{found:?}");
        assert_eq!(sum(&found, "open", "image_proxy"), 1, "{found:?}");
        assert_eq!(sum(&found, "click", "scanner"), 5, "{found:?}");
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn links_without_identity_are_taken_back_from_machines_as_well() {
    for scratch in databases::each().await {
        let mut site = Site::new(&scratch.database, slates::Config::default(), 60).await;
        site.config.tracking.mode = Tracking::Aggregate;
        let day = site.sent(0, 12).await;
        let (at, links) = site.serve("").await;
        let follow = async |link: u16, from: &str| {
            let token = Token::anonymous(day.edition.number, (1, link + 1), Kind::Click(link));
            let request = format!("GET /c/{}", links.sign(token));
            assert_eq!(ask(at, &request, PHONE, from).await, 302);
        };
        for link in 0..3 {
            follow(link, "198.51.100.1").await;
        }
        follow(0, "198.51.100.2").await;
        let mut found = Vec::new();
        for _ in 0..100 {
            let mut reader = scratch.database.reader().await.unwrap();
            let all = store::anonymous(&mut reader, &day.edition.id).await;
            found = all.unwrap();
            if found.iter().map(|(_, hits)| hits).sum::<u64>() == 4 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let by = |name: &str| {
            let own = found.iter().filter(|(event, _)| event.agent.name() == name);
            own.map(|(_, hits)| hits).sum::<u64>()
        };
        assert_eq!((by("scanner"), by("person")), (3, 1), "{found:?}");
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_single_readers_did_becomes_numbers_once() {
    for scratch in databases::each().await {
        let mut site = Site::new(&scratch.database, slates::Config::default(), 9).await;
        let day = site.sent(0, 12).await;
        for reader in &site.readers {
            for kind in [EventKind::Open, EventKind::Click(1)] {
                site.asked((&day.edition, *reader), kind, PHONE, 3600).await;
            }
        }
        let id = &day.edition.id;
        let all = async || {
            let mut reader = scratch.database.reader().await.unwrap();
            store::tallies(&mut reader, id).await.unwrap()
        };
        let (before, late) = (all().await, day.edition.built_at.as_second() + 90 * 86_400);
        let forget = || pipeline::forget(&scratch.database, late, false);
        assert_eq!(forget().await.unwrap(), 0, "it is not accounted for");
        let at = jiff::Timestamp::from_second(late).unwrap();
        pipeline::settle(&scratch.database, at).await.unwrap();
        // Two at once, and again.
        let (one, other) = tokio::join!(forget(), forget());
        assert_eq!(one.unwrap() + other.unwrap(), 18);
        assert_eq!(forget().await.unwrap(), 0);
        let single = databases::number(&scratch.url(), "SELECT COUNT(*) FROM events").await;
        assert_eq!(single, 0);
        assert_eq!(all().await, before);
        // Somebody opens it half a year later: new, and then a number too.
        let whose = (&day.edition, site.readers[0]);
        site.asked(whose, EventKind::Open, PHONE, 180 * 86_400)
            .await;
        assert_eq!(forget().await.unwrap(), 0);
        scratch.end().await;
    }
}
