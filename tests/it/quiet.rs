//! Readers without a sign of life: who is asked, who is paused, and how one press ends it.

use courant::database::{self, Database};
use courant::edition::slates;
use courant::engagement::{EventKind, store as events};
use courant::signup::quiet::{self, Config, Swept};
use courant::signup::store::{self as letters, quiet as store};
use courant::units::Span;
use courant_subscribers::store::subscribers;
use courant_subscribers::{Counting, Preferences, SubscriberId};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::support::databases;
use super::support::site::{PHONE, Site, get, morning};

const SAFARI_PROXY: &str = "Mozilla/5.0";
const DAY: i64 = 86_400;

fn rules() -> Config {
    Config {
        after: Span::days(30),
        copies: 2,
        pause_after: Some(Span::days(14)),
        per_day: 10,
    }
}

async fn preferences(database: &Database, id: SubscriberId) -> Preferences {
    let mut conn = database.reader().await.unwrap();
    let found = subscribers::preferences(&mut conn, id).await.unwrap();
    found.unwrap_or_default()
}

/// Two editions to five readers: 0 clicks, 1 does nothing, 2 may not be counted, 3 has a service that loads
/// pictures, 4 opens.
async fn two_editions(site: &mut Site<'_>) {
    let two = SubscriberId::from_i64(site.readers[2]);
    let mut tx = site.database.begin_write().await.unwrap();
    let chosen = Preferences {
        counting: Counting::Declined,
        ..Preferences::default()
    };
    let _saved = subscribers::save_preferences(&mut tx, two, &chosen)
        .await
        .unwrap();
    database::commit(tx).await.unwrap();
    for day in 1..3 {
        let sent = site.sent(day, 8).await;
        let edition = &sent.edition;
        let click = EventKind::Click(0);
        site.asked((edition, site.readers[0]), click, PHONE, 3600)
            .await;
        let proxied = (edition, site.readers[3]);
        site.asked(proxied, EventKind::Open, SAFARI_PROXY, 3600)
            .await;
        site.asked((edition, site.readers[4]), EventKind::Open, PHONE, 3600)
            .await;
    }
}

/// The letters of the silent leave, as the post would have it.
async fn leave(database: &Database, ids: &[SubscriberId], now: i64) {
    let mut tx = database.begin_write().await.unwrap();
    let due = letters::take(&mut tx, (now, now + 60), 100).await.unwrap();
    let whom: Vec<_> = due.iter().map(|letter| letter.subscriber).collect();
    assert_eq!(whom.len(), ids.len(), "{whom:?}");
    for letter in due {
        assert_eq!(letter.kind, letters::Kind::StillThere);
        letters::done(&mut tx, letter.id, "250 ok", now)
            .await
            .unwrap();
        store::asked(&mut tx, letter.subscriber, now).await.unwrap();
    }
    database::commit(tx).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_shows_no_sign_is_asked_once_and_paused_only_without_an_answer() {
    for scratch in databases::each().await {
        let database = &scratch.database;
        let mut site = Site::new(database, slates::Config::default(), 5).await;
        two_editions(&mut site).await;
        let silent = [1, 3].map(|reader: usize| SubscriberId::from_i64(site.readers[reader]));
        let now = morning(30).as_second();
        let mut conn = database.reader().await.unwrap();
        let found = quiet::silent(&mut conn, &rules(), (now, 9)).await.unwrap();
        assert_eq!(found, silent, "the clicks and opens of people are signs");
        let three = Config {
            copies: 3,
            ..rules()
        };
        let found = quiet::silent(&mut conn, &three, (now, 9)).await.unwrap();
        assert!(found.is_empty(), "only two copies were sent");
        drop(conn);
        // So many a day, however often it runs.
        let few = Config {
            per_day: 1,
            ..rules()
        };
        for (at, asked) in [(now - 2 * DAY, 1), (now - 2 * DAY + 60, 0)] {
            let swept = quiet::sweep(database, &few, at).await.unwrap();
            assert_eq!(swept.asked, asked);
        }
        databases::execute(&scratch.url(), "DELETE FROM still_there".to_owned()).await;
        databases::execute(&scratch.url(), "DELETE FROM letters".to_owned()).await;
        // Two at once ask nobody twice.
        let all = rules();
        let (one, other) = tokio::join!(
            quiet::sweep(database, &all, now),
            quiet::sweep(database, &all, now)
        );
        let (one, other) = (one.unwrap(), other.unwrap());
        assert_eq!((one.asked + other.asked, one.paused + other.paused), (2, 0));
        // Nobody is paused whose letter did not leave, however long ago.
        let later = now + 20 * DAY;
        let swept = quiet::sweep(database, &rules(), later).await.unwrap();
        assert_eq!((swept.asked, swept.paused), (0, 0));
        leave(database, &silent, later).await;
        let swept = quiet::sweep(database, &rules(), later + 13 * DAY).await;
        assert_eq!(swept.unwrap(), Swept::default(), "they have two weeks");
        quiet::answer(database, silent[1], later + 13 * DAY)
            .await
            .unwrap();
        let over = later + 15 * DAY;
        let swept = quiet::sweep(database, &rules(), over).await.unwrap();
        assert_eq!(swept.paused, 1);
        let chosen = preferences(database, silent[0]).await;
        assert_eq!(chosen.paused_until, Some(Preferences::UNTIL_ASKED));
        assert_eq!(preferences(database, silent[1]).await.paused_until, None);
        // One press ends it, and twice is fine.
        for _twice in 0..2 {
            quiet::answer(database, silent[0], over + DAY)
                .await
                .unwrap();
        }
        assert_eq!(preferences(database, silent[0]).await.paused_until, None);
        let swept = quiet::sweep(database, &rules(), over + 2 * DAY).await;
        assert_eq!(swept.unwrap().paused, 0, "who answered is not paused again");
        let mut conn = database.reader().await.unwrap();
        let held = store::asking(&mut conn, silent[0]).await.unwrap().unwrap();
        assert_eq!((held.decided_at, held.asked_at), (now, Some(later)));
        assert_eq!(
            (held.paused_at, held.answered_at),
            (Some(over), Some(over + DAY))
        );
        drop(conn);
        scratch.end().await;
    }
}

/// Whoever runs every quarter of an hour writes no more letters than who does once a day.
#[tokio::test(flavor = "multi_thread")]
async fn the_limit_holds_for_a_day_and_for_all_sweeps_together() {
    for scratch in databases::each().await {
        let database = &scratch.database;
        let mut site = Site::new(database, slates::Config::default(), 9).await;
        for day in 1..3 {
            site.sent(day, 8).await;
        }
        let now = morning(20).as_second();
        let few = Config {
            per_day: 4,
            ..rules()
        };
        let asked = async |at: i64| {
            let mut sweeps = Vec::new();
            for _at_once in 0..6 {
                let (database, few) = (database.clone(), few.clone());
                sweeps.push(tokio::spawn(async move {
                    quiet::sweep(&database, &few, at).await.unwrap().asked
                }));
            }
            let mut asked = 0;
            for sweep in sweeps {
                asked += sweep.await.unwrap();
            }
            asked
        };
        let mut found = Vec::new();
        for at in [now, now + 900, now + DAY - 1, now + DAY, now + 2 * DAY] {
            found.push(asked(at).await);
        }
        assert_eq!(found, [4, 0, 0, 4, 1]);
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_outlives_its_event_and_goes_when_nobody_wants_it() {
    for scratch in databases::each().await {
        let database = &scratch.database;
        let mut site = Site::new(database, slates::Config::default(), 5).await;
        two_editions(&mut site).await;
        let now = morning(30).as_second();
        let mut tx = database.begin_write().await.unwrap();
        let mut conn = database.reader().await.unwrap();
        let editions = courant::edition::store::list(&mut conn, 9).await.unwrap();
        drop(conn);
        for edition in &editions {
            events::forget_before(&mut tx, &edition.id, now, true)
                .await
                .unwrap();
        }
        database::commit(tx).await.unwrap();
        let mut conn = database.reader().await.unwrap();
        let found = quiet::silent(&mut conn, &rules(), (now, 9)).await.unwrap();
        let found: Vec<_> = found.iter().map(|id| id.as_i64()).collect();
        assert_eq!(found, [site.readers[1], site.readers[3]]);
        let seen = events::seen_at(&mut conn, site.readers[0]).await.unwrap();
        assert_eq!(seen, Some(morning(2).as_second() + 30 + 3600));
        assert_eq!(
            events::seen_at(&mut conn, site.readers[3]).await.unwrap(),
            None
        );
        drop(conn);
        let mut tx = database.begin_write().await.unwrap();
        assert_eq!(events::forget_signs(&mut tx).await.unwrap(), 2);
        database::commit(tx).await.unwrap();
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_changes_nothing_and_its_button_does() {
    for scratch in databases::each().await {
        let database = &scratch.database;
        let site = Site::new(database, slates::Config::default(), 1).await;
        let id = SubscriberId::from_i64(site.readers[0]);
        let mut tx = database.begin_write().await.unwrap();
        assert!(store::decide(&mut tx, id, (0, 1_000)).await.unwrap());
        store::asked(&mut tx, id, 1_000).await.unwrap();
        assert!(store::paused(&mut tx, id, 2_000).await.unwrap());
        assert!(!store::paused(&mut tx, id, 2_000).await.unwrap());
        let chosen = Preferences {
            paused_until: Some(Preferences::UNTIL_ASKED),
            ..Preferences::default()
        };
        let _saved = subscribers::save_preferences(&mut tx, id, &chosen)
            .await
            .unwrap();
        database::commit(tx).await.unwrap();
        let (address, links) = site.serve("").await;
        let token =
            courant::links::Token::dated(id.as_i64(), courant::links::Kind::Stay, 1_800_000_000);
        let path = format!("/s/{}", links.sign(token));
        let page = get(address, &path).await;
        assert!(page.contains("Keep it coming"), "{page}");
        let own = courant::links::Token {
            subscriber: id.as_i64(),
            edition: 0,
            kind: courant::links::Kind::Preferences,
        };
        let own = format!("/p/{}", links.sign(own));
        let page = get(address, &own).await;
        assert!(page.contains("nothing was opened or clicked"), "{page}");
        let wrong = get(address, &path.replace("/s/", "/y/")).await;
        assert!(wrong.starts_with("HTTP/1.0 404"), "{wrong}");
        let post = async |body: &str| {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let request = format!(
                "POST {path} HTTP/1.0\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut told = String::new();
            stream.read_to_string(&mut told).await.unwrap();
            told[9..12].to_owned()
        };
        assert_ne!(post("").await, "200", "no button was pressed");
        assert!(preferences(database, id).await.paused_until.is_some());
        assert_eq!(post("confirm=1").await, "200");
        assert_eq!(preferences(database, id).await.paused_until, None);
        scratch.end().await;
    }
}
