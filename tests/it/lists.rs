//! Lists from elsewhere, on each database: read twice, two at once, beside people who are there.

use courant::database::Database;
use courant_subscribers::import::{self, Importer, Options, Outcome};
use courant_subscribers::store::{consents, subscribers, suppressions};
use courant_subscribers::{
    Counting, Digests, EmailAddress, Format, Outcome as Changed, Preferences, Reason, Status,
    Subscriber, Suppression, export,
};

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
        ..Options::default()
    });
    let mut outcome = Outcome::default();
    let mut rows = import::read(text.as_bytes()).unwrap().peekable();
    let mut writer = database.bulk_writer().await.unwrap();
    let mut tx = writer.begin().await.unwrap();
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
        let people = subscribers::count(&mut conn).await.unwrap();
        let (active, left) = (people.of(Status::Active), people.of(Status::Unsubscribed));
        assert_eq!((active, left), (886, 113));
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
            let evidence = consents::list(&mut conn, person(database, address).await.id);
            assert!(!evidence.await.unwrap().is_empty(), "{address}");
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
        let people = subscribers::count(&mut conn).await.unwrap();
        assert_eq!(people.of(Status::Active), 886);
        drop(conn);
        scratch.end().await;
    }
}

/// Whoever complains while a list comes in is told of: blocked and on the list as blocked, whoever is first.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_blocked_during_an_import_is_not_active_afterwards() {
    for scratch in databases::each().await {
        let database = &scratch.database;
        let mut importer = Importer::new(&Options::default());
        let mut writer = database.bulk_writer().await.unwrap();
        let mut tx = writer.begin().await.unwrap();
        let rows = import::read(&b"email\nann@example.org\n"[..]).unwrap();
        importer.apply(&mut tx, rows, 1_000).await.unwrap();
        let ann = EmailAddress::parse("ann@example.org").unwrap();
        let complaint = Suppression::new(&ann, Reason::Complaint, 1_001);
        let blocking = async {
            let mut tx = database.begin_write().await.unwrap();
            let done = suppressions::suppress(&mut tx, &complaint).await.unwrap();
            tx.commit().await.unwrap();
            done
        };
        let importing = async {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            importer.finish(&mut tx, 1_000).await.unwrap();
            tx.commit().await.unwrap();
        };
        let (done, ()) = tokio::join!(blocking, importing);
        drop(writer);
        assert_eq!(done, Changed::Changed);
        let ann = person(database, "ann@example.org").await;
        assert_eq!(ann.status, Status::Suppressed, "{:?}", database.kind());
        scratch.end().await;
    }
}

/// An import does not ask SQLite whether every row refers to one that is there; it does, and others are asked again.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_refers_to_nobody_after_an_import() {
    let scratch = databases::sqlite().await;
    let database = &scratch.database;
    import(database, "email\nhere@x.org\nthere@x.org\n").await;
    let list = "email,status,name\nhere@x.org,unsubscribed,\nthere@x.org,active,Called\nnew@x.org,active,\n\
        left@x.org,unsubscribed,\nback@x.org,bounced,\n";
    let outcome = import(database, list).await;
    assert_eq!(counts(&outcome), [1, 1, 0, 0, 3]);
    let mut conn = database.reader().await.unwrap();
    let lost = sqlx::raw_sql("PRAGMA foreign_key_check").fetch_all(&mut *conn);
    assert_eq!(lost.await.unwrap().len(), 0);
    let evidence: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM consents")
        .fetch_one(&mut *conn)
        .await
        .unwrap();
    assert_eq!(evidence, 5);
    for _ in 0..12 {
        let mut tx = database.begin_write().await.unwrap();
        let nobody = sqlx::query(
            "INSERT INTO consents (subscriber_id, position, at, act, how) VALUES (5, 1, 0, 'asked', 'mail')",
        );
        assert!(nobody.execute(&mut *tx).await.is_err());
    }
    drop(conn);
    scratch.end().await;
}

/// What a row leaves in doubt no other row decides, in an export of ours neither.
#[tokio::test(flavor = "multi_thread")]
async fn a_doubt_about_an_address_stands_for_the_whole_file() {
    let scratch = databases::sqlite().await;
    let database = &scratch.database;
    let ours = "email,status,format,counting,origin,created_at\n\
        one@x.org,gold,designed,allowed,mail,\none@x.org,active,designed,allowed,mail,\n\
        two@x.org,active,designed,allowed,mail,\n";
    let outcome = import(database, ours).await;
    assert_eq!(counts(&outcome), [1, 0, 0, 2, 0]);
    let foreign = "email,origin,format,counting,bounced\nfar@x.org,shop,html,yes,2022-01-01\n";
    let outcome = import(database, foreign).await;
    assert_eq!(counts(&outcome), [0, 0, 0, 0, 1]);
    scratch.end().await;
}

/// Who left stays away when a block that the same file brought is taken back, in whatever order it said so.
#[tokio::test(flavor = "multi_thread")]
async fn leaving_is_kept_beside_a_block() {
    for scratch in databases::each().await {
        let database = &scratch.database;
        import(database, "email\nhere@x.org\n").await;
        let list = "email,status,bounced_at\nhere@x.org,unsubscribed,2022-01-01\n\
            new@x.org,unsubscribed,2022-01-01\ntwo@x.org,bounced,\ntwo@x.org,unsubscribed,\n\
            owt@x.org,unsubscribed,\nowt@x.org,bounced,\nonly@x.org,bounced,\n";
        import(database, list).await;
        let everybody = "email\nhere@x.org\nnew@x.org\ntwo@x.org\nowt@x.org\nonly@x.org\n";
        for address in ["here", "new", "two", "owt", "only"] {
            let address = EmailAddress::parse(&format!("{address}@x.org")).unwrap();
            let mut tx = database.begin_write().await.unwrap();
            let lifted = suppressions::unsuppress(&mut tx, &address, "it works", 2_000).await;
            assert_eq!(lifted.unwrap(), Changed::Changed, "{address}");
            tx.commit().await.unwrap();
        }
        import(database, everybody).await;
        for (address, status) in [
            ("here@x.org", Status::Unsubscribed),
            ("new@x.org", Status::Unsubscribed),
            ("two@x.org", Status::Unsubscribed),
            ("owt@x.org", Status::Unsubscribed),
            ("only@x.org", Status::Active),
        ] {
            assert_eq!(person(database, address).await.status, status, "{address}");
        }
        scratch.end().await;
    }
}

/// Choices that stood in a table of their own are kept by the migration that joins it to the people.
#[tokio::test(flavor = "multi_thread")]
async fn choices_survive_the_joining_of_their_table() {
    let migration = include_str!("../../subscribers/migrations/202611291110_join_preferences.sql");
    for scratch in databases::each().await {
        let database = &scratch.database;
        import(database, "email\nann@x.org\nben@x.org\n").await;
        let ann = person(database, "ann@x.org").await.id;
        let before = format!(
            "DROP INDEX subscribers_pending;
             CREATE INDEX subscribers_by_status ON subscribers (status, id);
             CREATE TABLE preferences (
                 subscriber_id BIGINT NOT NULL PRIMARY KEY REFERENCES subscribers (id) ON DELETE CASCADE,
                 digests TEXT NOT NULL, format TEXT NOT NULL, counting TEXT NOT NULL, time_zone TEXT,
                 language TEXT, paused_until BIGINT, topics TEXT NOT NULL DEFAULT '');
             INSERT INTO preferences SELECT id, '', 'designed', 'allowed', NULL, NULL, NULL, ''
             FROM subscribers;
             UPDATE preferences SET digests = ' weekly ', format = 'text', counting = 'declined',
                 time_zone = 'Asia/Tokyo', language = 'de', paused_until = 77
             WHERE subscriber_id = {};
             {}",
            ann.as_i64(),
            ["digests", "format", "counting", "time_zone", "language", "paused_until", "topics"]
                .map(|column| format!("ALTER TABLE subscribers DROP COLUMN {column};"))
                .join("\n")
        );
        let mut tx = database.begin_write().await.unwrap();
        for text in [before.as_str(), migration] {
            let text = sqlx::AssertSqlSafe(text.to_owned());
            sqlx::raw_sql(text).execute(&mut *tx).await.unwrap();
        }
        tx.commit().await.unwrap();
        let mut conn = database.reader().await.unwrap();
        let chosen = subscribers::preferences(&mut conn, ann)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(chosen.digests, Digests::Only(vec!["weekly".to_owned()]));
        assert_eq!(
            (chosen.format, chosen.counting),
            (Format::Text, Counting::Declined)
        );
        assert_eq!(chosen.time_zone.as_deref(), Some("Asia/Tokyo"));
        assert_eq!(
            (chosen.language.as_deref(), chosen.paused_until),
            (Some("de"), Some(77))
        );
        drop(conn);
        let ben = person(database, "ben@x.org").await.id;
        let mut conn = database.reader().await.unwrap();
        let chosen = subscribers::preferences(&mut conn, ben)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(chosen, Preferences::default());
        drop(conn);
        scratch.end().await;
    }
}

async fn exported(database: &Database) -> Vec<String> {
    let mut conn = database.reader().await.unwrap();
    let mut file = Vec::new();
    export::csv(&mut conn, &mut file, 5_000).await.unwrap();
    let text = String::from_utf8(file).unwrap();
    // In the order of ids, which are drawn by lot; a row may have line ends inside.
    let mut rows: Vec<String> = text.split("\n").map(str::to_owned).collect();
    rows.sort();
    rows
}

/// Blocks with their reasons, days and notes, also of addresses that are not on the list, and the days of all.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_exported_comes_back_as_it_was() {
    let [from, to] = [databases::each().await, databases::each().await];
    for (from, to) in from.into_iter().zip(to) {
        let database = &from.database;
        let list = "email,status,name,unsubscribed_at\na@x.org,active,=Ann,\nb@x.org,unsubscribed,,\n\
            c@x.org,active,,\nd@x.org,active,,\ne@x.org,bounced,,\n";
        import(database, list).await;
        let mut tx = database.begin_write().await.unwrap();
        for (text, reason, since) in [
            ("b@x.org", Reason::HardBounce, 1_500),
            ("c@x.org", Reason::HardBounce, 1_500),
            ("c@x.org", Reason::Complaint, 1_600),
            ("f@x.org", Reason::Manual, 1_700),
        ] {
            let mut block = Suppression::new(&EmailAddress::parse(text).unwrap(), reason, since);
            "-said, \"so\"".clone_into(&mut block.note);
            let done = suppressions::suppress(&mut tx, &block).await.unwrap();
            assert_eq!(done, Changed::Changed, "{text}");
        }
        tx.commit().await.unwrap();
        let before = exported(database).await;
        let c = before.iter().find(|row| row.starts_with("c@x.org"));
        let said = "complaint,1970-01-01T00:26:40Z,,\"'-said, \"\"so\"\" (before: hard-bounce)\"";
        assert!(c.unwrap().ends_with(said), "{c:?}");
        assert_eq!(before.len(), 8, "{before:?}");

        let (header, rows): (Vec<_>, Vec<_>) = before
            .iter()
            .cloned()
            .partition(|row| row.starts_with("email,"));
        let file = [header, rows].concat().join("\n");
        for _again in 0..2 {
            let outcome = import(&to.database, &file).await;
            assert_eq!(outcome.refused, 0, "{outcome:?}");
            assert_eq!(exported(&to.database).await, before);
        }
        to.end().await;
        from.end().await;
    }
}

/// Who left stays away, whoever takes back what a bounce did.
#[tokio::test(flavor = "multi_thread")]
async fn leaving_is_not_forgotten_behind_a_block() {
    for scratch in databases::each().await {
        let database = &scratch.database;
        import(database, "email\nann@example.org\n").await;
        let mut tx = database.begin_write().await.unwrap();
        let [ann, bob, cai] = ["ann", "bob", "cai"]
            .map(|name| EmailAddress::parse(&format!("{name}@example.org")).unwrap());
        for who in [&ann, &bob] {
            let block = Suppression::new(who, Reason::HardBounce, 1_100);
            let done = suppressions::suppress(&mut tx, &block).await.unwrap();
            assert_eq!(done, Changed::Changed);
        }
        tx.commit().await.unwrap();
        import(
            database,
            "email,status\nann@example.org,unsubscribed\nbob@example.org,left\n",
        )
        .await;
        import(database, "email\ncai@example.org\n").await;
        let mut tx = database.begin_write().await.unwrap();
        let found = suppressions::find(&mut tx, &bob).await.unwrap().unwrap();
        assert_eq!(found.suppression.reason, Reason::HardBounce);
        // Asked for by a mail server's report: not by their own act here.
        let asked = Suppression::new(&cai, Reason::Unsubscribed, 1_200);
        let done = suppressions::suppress(&mut tx, &asked).await.unwrap();
        assert_eq!(done, Changed::Changed);
        for who in [&ann, &bob, &cai] {
            let done = suppressions::unsuppress(&mut tx, who, "a mistake", 1_300).await;
            assert_eq!(done.unwrap(), Changed::Changed);
        }
        tx.commit().await.unwrap();
        for name in ["ann", "cai"] {
            let found = person(database, &format!("{name}@example.org")).await;
            assert_eq!(found.status, Status::Unsubscribed, "{name}");
            let mut conn = database.reader().await.unwrap();
            assert!(
                !consents::list(&mut conn, found.id)
                    .await
                    .unwrap()
                    .is_empty()
            );
        }
        scratch.end().await;
    }
}
