//! Lists from elsewhere, on each database: read twice, two at once, beside people who are there.

use courant::database::Database;
use courant_subscribers::import::{self, Importer, Options, Outcome};
use courant_subscribers::store::subscribers;
use courant_subscribers::{Digests, EmailAddress, Status, Subscriber};

use super::support::databases;

/// A list longer than one statement: every ninth left, every eleventh made choices, one is named twice, and
/// some leave on a second line.
fn list() -> String {
    let mut text = String::from("email,name,status,digests\n");
    for number in 0..1_000 {
        let status = if number % 9 == 0 {
            "unsubscribed"
        } else {
            "active"
        };
        let digests = if number % 11 == 0 { "weekly" } else { "" };
        let person = format!("Reader.{number}@example.org,Ann {number},{status},{digests}\n");
        text.push_str(&person);
    }
    text += "reader.1@example.org,Ann,active,\nreader.2@example.org,,unsubscribed,\n";
    text += "nobody,,,\nreader.4@example.org,,bounced,\n";
    text
}

async fn import(database: &Database, text: &str) -> Outcome {
    let mut importer = Importer::new(&Options {
        file: "list.csv".to_owned(),
    });
    let mut outcome = Outcome::default();
    let mut rows = import::read(text.as_bytes()).unwrap().peekable();
    let mut tx = database.begin_write_much().await.unwrap();
    while rows.peek().is_some() {
        let part: Vec<_> = rows.by_ref().take(300).collect();
        outcome.append(importer.apply(&mut tx, part, 1_000).await.unwrap());
    }
    outcome.append(importer.finish(&mut tx, 1_000).await.unwrap());
    tx.commit().await.unwrap();
    outcome
}

fn counts(outcome: &Outcome) -> [u64; 5] {
    let lines: Vec<_> = outcome.rows.iter().map(|row| row.line).collect();
    assert!(lines.is_sorted(), "rows come in the order of the file");
    [
        outcome.added,
        outcome.updated,
        outcome.unchanged,
        outcome.refused,
        outcome.suppressed,
    ]
}

async fn person(database: &Database, text: &str) -> Subscriber {
    let mut conn = database.reader().await.unwrap();
    let address = EmailAddress::parse(text).unwrap();
    let found = subscribers::find_by_address(&mut conn, &address).await;
    found.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_taken_in_once_and_a_second_time_changes_nothing() {
    for scratch in databases::each().await {
        let database = &scratch.database;
        let first = import(database, &list()).await;
        // 112 left in the file; one more on a second line, and one bounced there.
        assert_eq!(
            counts(&first),
            [888, 0, 1, 1, 114],
            "{:?}",
            scratch.database.kind()
        );
        let again = import(database, &list()).await;
        assert_eq!(counts(&again), [0, 0, 887, 1, 116]);

        let mut conn = database.reader().await.unwrap();
        let active = subscribers::count(&mut conn, Status::Active).await.unwrap();
        let left = subscribers::count(&mut conn, Status::Unsubscribed).await;
        assert_eq!((active, left.unwrap()), (886, 113));
        let chosen = person(database, "reader.11@example.org").await;
        assert_eq!(chosen.address.as_str(), "Reader.11@example.org");
        let preferences = subscribers::preferences(&mut conn, chosen.id).await;
        let weekly = Digests::Only(vec!["weekly".to_owned()]);
        assert_eq!(preferences.unwrap().unwrap().digests, weekly);
        let plain = person(database, "reader.12@example.org").await;
        let preferences = subscribers::preferences(&mut conn, plain.id).await;
        assert_eq!(preferences.unwrap().unwrap().digests, Digests::All);
        for (address, status) in [
            ("reader.2@example.org", Status::Unsubscribed),
            ("reader.4@example.org", Status::Suppressed),
            ("reader.9@example.org", Status::Unsubscribed),
        ] {
            assert_eq!(person(database, address).await.status, status, "{address}");
            let consents = courant_subscribers::store::consents::list(
                &mut conn,
                person(database, address).await.id,
            );
            assert!(!consents.await.unwrap().is_empty(), "{address}");
        }
        drop(conn);
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_imports_at_once_put_everybody_on_the_list_once() {
    for scratch in databases::each().await {
        let database = &scratch.database;
        let text = list();
        let (one, other) = tokio::join!(import(database, &text), import(database, &text));
        assert_eq!(one.added + other.added, 888, "{:?}", database.kind());
        let mut conn = database.reader().await.unwrap();
        let active = subscribers::count(&mut conn, Status::Active).await.unwrap();
        assert_eq!(active, 886);
        drop(conn);
        scratch.end().await;
    }
}
