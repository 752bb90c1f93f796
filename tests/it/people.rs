//! A person's rights over the tables of all stages: what is held is shown, and what is erased is gone.

use courant::clock::Clock;
use courant::delivery::DeliveryId;
use courant::edition::slates;
use courant::engagement::record::{self, Verdict};
use courant::engagement::store::Times;
use courant::engagement::{Agent, EventKind};
use courant::feedback::{self, apply};
use courant::links::{Kind, Links, Token};
use courant::secret::Secret;
use courant::{people, signup};
use courant_subscribers::store::subscribers;
use courant_subscribers::{
    Counting, EmailAddress, Outcome, Preferences, Status, Subscriber, SubscriberId,
};

use super::support::databases::{self, Scratch};
use super::support::site::Site;

const DAY: i64 = 86_400;

async fn person(scratch: &Scratch, id: i64) -> Subscriber {
    let mut reader = scratch.database.reader().await.unwrap();
    let found = subscribers::find_by_id(&mut reader, SubscriberId::from_i64(id)).await;
    found.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_shown_and_then_nothing_is_left() {
    for scratch in databases::each().await {
        let mut site = Site::new(&scratch.database, slates::Config::default(), 3).await;
        let day = site.sent(0, 3).await;
        let edition = &day.edition;
        let (own, other, shy) = (site.readers[0], site.readers[1], site.readers[2]);
        let address = person(&scratch, own).await.address;
        let delivery = DeliveryId::of(&edition.id, own);
        let link = |subscriber| Token {
            subscriber,
            edition: edition.number,
            kind: Kind::Click(1),
        };
        let click = async |subscriber| {
            let mut tx = scratch.database.begin_write().await.unwrap();
            let verdict = Verdict {
                agent: Agent::Person,
                reason: "nothing speaks against it",
            };
            let whose = (edition, link(subscriber));
            let times = Times::once(1_000);
            let noted = record::note(&mut tx, whose, EventKind::Click(1), verdict, times).await;
            tx.commit().await.unwrap();
            noted.unwrap()
        };
        assert!(click(own).await && click(other).await);

        // Whoever says afterwards that they are not to be counted is not, in mails from before as well.
        let mut tx = scratch.database.begin_write().await.unwrap();
        let chosen = Preferences {
            counting: Counting::Declined,
            ..Preferences::default()
        };
        let shy = SubscriberId::from_i64(shy);
        let saved = subscribers::save_preferences(&mut tx, shy, &chosen).await;
        assert_eq!(saved.unwrap(), Outcome::Changed);
        // The relay's words name the address.
        let words = format!("550 5.1.1 <{address}>: no such user");
        for statement in [
            "UPDATE deliveries SET reply = $1 WHERE id = $2",
            "INSERT INTO attempts (reply, delivery_id, attempt, ended_at, outcome)
             VALUES ($1, $2, 9, 1000, 'deferred')",
        ] {
            let done = sqlx::query(statement).bind(&words).bind(delivery.as_str());
            done.execute(&mut *tx).await.unwrap();
        }
        tx.commit().await.unwrap();
        assert!(!click(shy.as_i64()).await);
        let notice = format!(
            "Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n\
             Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n\
             Final-Recipient: rfc822; {address}\r\nAction: failed\r\nStatus: 4.2.2\r\n\r\n--b--\r\n"
        );
        let clock = Clock::fixed(jiff::Timestamp::from_second(2_000).unwrap());
        let grounds = apply::Grounds {
            links: Links::new("https://go.example.org", &Secret::new(&Links::new_key())).unwrap(),
            verp: false,
            config: feedback::Config::default(),
        };
        let applied = apply::apply(&scratch.database, notice.as_bytes(), &grounds, &clock);
        assert_eq!(applied.await.unwrap().len(), 1);

        let mut reader = scratch.database.reader().await.unwrap();
        let all = people::everything(&mut reader, &address)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (all.mails.len(), all.events.len(), all.reports.len()),
            (1, 1, 1)
        );
        assert_eq!(all.events[0].kind, "click");
        assert!(
            all.mails[0]
                .reply
                .as_deref()
                .unwrap()
                .contains("no such user")
        );
        drop(reader);

        let gone = people::forget(&scratch.database, &address, 3_000).await;
        assert_eq!(gone.unwrap(), Outcome::Changed);
        let again = people::forget(&scratch.database, &address, 3_000).await;
        assert_eq!(again.unwrap(), Outcome::Unknown, "twice");
        assert!(!click(own).await, "their old links say nothing any more");
        let mut reader = scratch.database.reader().await.unwrap();
        let all = people::everything(&mut reader, &address)
            .await
            .unwrap()
            .unwrap();
        assert!(all.held.subscriber.is_none() && all.reports.is_empty());
        let (words,): (i64,) = sqlx::query_as(
            "SELECT CAST((SELECT COUNT(*) FROM deliveries WHERE reply LIKE '%no such user%')
                + (SELECT COUNT(*) FROM attempts WHERE reply LIKE '%no such user%') AS BIGINT)",
        )
        .fetch_one(&mut *reader)
        .await
        .unwrap();
        assert_eq!(words, 0);
        drop(reader);
        assert!(click(other).await, "others stay as they were");
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_never_confirmed_is_forgotten_after_a_while() {
    for scratch in databases::each().await {
        let database = &scratch.database;
        let ask = async |address: &str, at| {
            let wish = signup::Wish {
                address: EmailAddress::parse(address).unwrap(),
                name: None,
                preferences: Preferences::default(),
                wording: "Sign up".to_owned(),
            };
            signup::ask(database, wish, at).await.unwrap();
        };
        ask("once@example.org", 0).await;
        ask("again@example.org", 0).await;
        ask("again@example.org", 10 * DAY).await;
        assert_eq!(signup::tidy(database, 13 * DAY).await.unwrap(), 0);
        let (one, other) = tokio::join!(
            signup::tidy(database, 15 * DAY),
            signup::tidy(database, 15 * DAY)
        );
        assert_eq!(one.unwrap() + other.unwrap(), 1, "two at once");
        let mut reader = database.reader().await.unwrap();
        let people = subscribers::count(&mut reader).await.unwrap();
        assert_eq!(people.of(Status::Pending), 1);
        drop(reader);
        assert_eq!(signup::tidy(database, 25 * DAY).await.unwrap(), 1);
        scratch.end().await;
    }
}
